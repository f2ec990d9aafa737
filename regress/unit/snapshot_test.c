/* SPDX-License-Identifier: ISC */
/*
 * Snapshots: in any order the same, told apart line by line, no larger than
 * they may be, and read as they were written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/snapshot.h"

static struct snapshot before, now;
static char told[4096];

static void
one(enum snapshot_whose whose, const char *text, void *arg)
{
	(void)arg;
	strlcat(told, &"o \0l \0f "[3 * whose], sizeof(told));
	strlcat(told, text, sizeof(told));
	strlcat(told, "\n", sizeof(told));
}

static void
add(struct snapshot *s, enum snapshot_whose whose, const char *key,
    const char *value)
{
	assert_int_equal(snapshot_add(s, whose, key, value), 0);
}

static void
assert_told(const char *expected)
{
	assert_int_equal(snapshot_end(&before), 0);
	assert_int_equal(snapshot_end(&now), 0);
	told[0] = '\0';
	snapshot_compare(&before, &now, one, NULL);
	assert_string_equal(told, expected);
}

static int
end(void **arg)
{
	(void)arg;
	snapshot_free(&before);
	snapshot_free(&now);
	return 0;
}

static void
test_order(void **arg)
{
	(void)arg;
	assert_told("");
	add(&before, SNAPSHOT_FOREIGN, "rule pref 1", "");
	add(&before, SNAPSHOT_FOREIGN, "rule pref 2", "");
	add(&before, SNAPSHOT_OURS, "rule pref 1", "");
	add(&now, SNAPSHOT_OURS, "rule pref 1", "");
	add(&now, SNAPSHOT_FOREIGN, "rule pref 2", "");
	add(&now, SNAPSHOT_FOREIGN, "rule pref 1", "");
	assert_told("");
}

static void
test_differences(void **arg)
{
	(void)arg;
	add(&before, SNAPSHOT_FOREIGN, "link eth0", "up");
	add(&before, SNAPSHOT_FOREIGN, "link eth0 and more", "");
	add(&before, SNAPSHOT_FOREIGN, "gone", "");
	add(&before, SNAPSHOT_LINK, "link eth1/3 rp_filter", "1");
	add(&before, SNAPSHOT_LINK, "link wan2/4 rp_filter", "2");
	add(&now, SNAPSHOT_FOREIGN, "link eth0", "down");
	add(&now, SNAPSHOT_FOREIGN, "link eth0 and more", "");
	add(&now, SNAPSHOT_FOREIGN, "twice", "");
	add(&now, SNAPSHOT_FOREIGN, "twice", "");
	add(&now, SNAPSHOT_LINK, "link eth1/3 rp_filter", "0");
	/* created anew: it has what it has */
	add(&now, SNAPSHOT_LINK, "link wan2/9 rp_filter", "0");
	add(&now, SNAPSHOT_OURS, "rule", "of ours");
	assert_told("f gone: gone\n"
		    "f link eth0: down, was up\n"
		    "f twice: new\n"
		    "f twice: new\n"
		    "l link eth1/3 rp_filter: 0, was 1\n"
		    "o rule of ours: new\n");
}

static void
add_routes(struct snapshot *s, int from, int to)
{
	char key[64];
	int i, step = from < to ? 1 : -1;

	for (i = from; i != to; i += step) {
		snprintf(key, sizeof(key), "route 10.%d.%d.0/24 dev eth0",
		    i / 256, i % 256);
		add(s, SNAPSHOT_FOREIGN, key, "");
	}
}

/* The table of a provider is a number and a hash. */
static void
test_many_routes(void **arg)
{
	(void)arg;
	add_routes(&before, 0, 20000);
	add_routes(&now, 19999, -1);
	add(&before, SNAPSHOT_FOREIGN, "rule", "");
	add(&now, SNAPSHOT_FOREIGN, "rule", "");
	assert_told("");
	assert_int_equal(now.n, 2);
	add(&now, SNAPSHOT_FOREIGN, "route 10.254.0.0/24", "");
	end(NULL);
	add_routes(&before, 0, 20000);
	add_routes(&now, 0, 19999);
	assert_int_equal(snapshot_end(&before), 0);
	assert_int_equal(snapshot_end(&now), 0);
	told[0] = '\0';
	snapshot_compare(&before, &now, one, NULL);
	assert_int_equal(strncmp(told, "f routes: 19999, hash ", 22), 0);
	assert_non_null(strstr(told, ", was 20000, hash "));
}

static void
test_too_many(void **arg)
{
	char key[32];
	int i, n = 0;

	(void)arg;
	for (i = 0; n == 0 && i <= SNAPSHOT_LINES_MAX; i++) {
		snprintf(key, sizeof(key), "rule %d", i);
		n = snapshot_add(&now, SNAPSHOT_FOREIGN, key, "");
	}
	assert_int_equal(n, -1);
	assert_int_equal(now.n, SNAPSHOT_LINES_MAX);
}

static char *
text_of(const struct snapshot *s)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	f = open_memstream(&text, &len);
	assert_non_null(f);
	snapshot_print(f, s);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
test_text(void **arg)
{
	char *text;

	(void)arg;
	add(&before, SNAPSHOT_FOREIGN, "rule", "");
	add(&before, SNAPSHOT_LINK, "link eth1/3 group", "157");
	add(&before, SNAPSHOT_OURS, "rule", "");
	assert_int_equal(snapshot_end(&before), 0);
	text = text_of(&before);
	assert_string_equal(text, "f rule\nl link eth1/3 group\t157\no rule\n");
	assert_int_equal(snapshot_parse(text, &now), 0);
	free(text);
	assert_told("");
	assert_int_equal(now.n, 3);
}

/* Names of interfaces and tables may hold anything. */
static void
test_odd_names(void **arg)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)arg;
	add(&before, SNAPSHOT_FOREIGN, "link w\xc3\xbcrmer\t\n", "up");
	assert_int_equal(snapshot_end(&before), 0);
	snapshot_print(f, &before);
	fclose(f);
	assert_string_equal(text, "f link w??rmer??\tup\n");
	assert_int_equal(snapshot_parse(text, &now), 0);
	free(text);
}

static void
test_malformed(void **arg)
{
	static const char *const bad[] = { "f rule", "x rule\n", "f\n", "f \n",
		"f rule\n\n", "\n", "f ru\001le\n", "frule\n" };
	char text[SNAPSHOT_LINE_LEN + 8];
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strlcpy(text, bad[i], sizeof(text));
		if (snapshot_parse(text, &now) != -1)
			fail_msg("taken: %s", bad[i]);
	}
	memset(text, 'a', sizeof(text));
	memcpy(text, "f ", 2);
	strlcpy(text + sizeof(text) - 2, "\n", 2);
	assert_int_equal(snapshot_parse(text, &now), -1);
	text[0] = '\0';
	assert_int_equal(snapshot_parse(text, &now), 0);
	assert_int_equal(now.n, 0);
}

#define T(test) cmocka_unit_test_teardown(test, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_order),
		T(test_differences),
		T(test_many_routes),
		T(test_too_many),
		T(test_text),
		T(test_odd_names),
		T(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
