/* SPDX-License-Identifier: ISC */
/* A site's own key: made once, told again, and what is no key. */
#include <sys/types.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "parent/keys.h"

static char dir[] = "/tmp/keys_test.XXXXXX";
static char path[64], why[256], text[KEY_STRLEN];

static int
begin(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/key", dir);
	(void)unlink(path);
	why[0] = text[0] = '\0';
	return 0;
}

static void
write_file(const char *content)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(content, f) != EOF && fclose(f) == 0);
}

static void
made_once(void **state)
{
	char again[KEY_STRLEN], other[KEY_STRLEN];
	struct stat st;

	(void)state;
	assert_int_equal(keys_generate(path, why, sizeof(why)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(keys_public(path, text, why, sizeof(why)), 0);
	assert_int_equal(keys_public(path, again, why, sizeof(why)), 0);
	assert_string_equal(again, text);
	assert_int_equal(keys_generate(path, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "File exists"));
	assert_int_equal(keys_public(path, again, why, sizeof(why)), 0);
	assert_string_equal(again, text);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(keys_generate(path, why, sizeof(why)), 0);
	assert_int_equal(keys_public(path, other, why, sizeof(why)), 0);
	assert_string_not_equal(other, text);
}

/* RFC 8032 7.1, TEST 1. */
static void
as_others_make_it(void **state)
{
	uint8_t key[KEY_LEN];

	(void)state;
	write_file("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n");
	assert_int_equal(keys_public(path, text, why, sizeof(why)), 0);
	assert_string_equal(
	    text, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
	assert_int_equal(key_parse(text, key), 0);
	/* an editor's line end does no harm */
	write_file("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\r\n");
	assert_int_equal(keys_public(path, text, why, sizeof(why)), 0);
	write_file("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
	assert_int_equal(keys_public(path, text, why, sizeof(why)), 0);
}

static void
no_key(void **state)
{
	static const char *const contents[] = { "", "\n", "no key\n",
		"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2\n",
		"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=x\n",
		" nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
		write_file(contents[i]);
		assert_int_equal(keys_public(path, text, why, sizeof(why)), -1);
		assert_non_null(strstr(why, "not a key"));
		assert_null(strstr(why, "nWGx"));
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(keys_public(path, text, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "No such file"));
}

/* Nothing is left that looks like a key. */
static void
no_room(void **state)
{
	(void)state;
	assert_int_equal(
	    keys_generate("/nonexistent/key", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "/nonexistent/key"));
	assert_int_equal(keys_generate("/dev/full", why, sizeof(why)), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(made_once, begin),
		cmocka_unit_test_setup(as_others_make_it, begin),
		cmocka_unit_test_setup(no_key, begin),
		cmocka_unit_test_setup(no_room, begin),
	};
	int bad;

	if (mkdtemp(dir) == NULL)
		return 1;
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return bad;
}
