/* SPDX-License-Identifier: ISC */
/* What is to be given back: written, read again, and nothing else believed. */
#include <sys/types.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "netconf/undo.h"

static char dir[] = "/tmp/undo_test.XXXXXX";
static char path[64];
static struct undo u, v;

static int
setup(void **arg)
{
	(void)arg;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/undo", dir);
	return 0;
}

static int
teardown(void **arg)
{
	(void)arg;
	unlink(path);
	return rmdir(dir);
}

static void
add(enum undo_kind kind, const char *ifname, uint32_t ifindex, uint32_t value,
    const char *route)
{
	struct undo_entry e = { .kind = kind, .value = value };

	strlcpy(e.ifname, ifname, sizeof(e.ifname));
	e.ifindex = ifindex;
	strlcpy(e.route, route, sizeof(e.route));
	assert_int_equal(undo_add(&u, &e), 0);
}

static void
fill(void)
{
	memset(&u, 0, sizeof(u));
	add(UNDO_GROUP, "eth1", 3, 0, "");
	add(UNDO_RP_FILTER, "wwan0", 5, 1, "");
	add(UNDO_DOWN, "eth1.7", 6, 0, "");
	add(UNDO_ROUTE, "eth1.7", 6, 0, "10.0.0.0/8 via 192.0.2.1");
}

static void
test_round_trip(void **arg)
{
	(void)arg;
	fill();
	assert_int_equal(undo_write(path, &u), 0);
	assert_int_equal(undo_read(path, &v), 0);
	assert_int_equal(v.n, 4);
	assert_memory_equal(u.entry, v.entry, 4 * sizeof(u.entry[0]));
	u.n = 0;
	assert_int_equal(undo_write(path, &u), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(undo_read(path, &v), 0);
	assert_int_equal(v.n, 0);
	assert_int_equal(undo_write(path, &u), 0);
}

/* What we put there ourselves is not what was there before. */
static void
test_oldest_counts(void **arg)
{
	(void)arg;
	fill();
	add(UNDO_RP_FILTER, "wwan0", 5, 2, "");
	assert_int_equal(u.n, 4);
	assert_int_equal(undo_find(&u, UNDO_RP_FILTER, "wwan0")->value, 1);
	undo_drop(&u, UNDO_RP_FILTER, "wwan0");
	assert_int_equal(u.n, 3);
	assert_null(undo_find(&u, UNDO_RP_FILTER, "wwan0"));
	assert_non_null(undo_find(&u, UNDO_ROUTE, "eth1.7"));
}

static void
test_full(void **arg)
{
	struct undo_entry e = { .kind = UNDO_ROUTE, .ifindex = 1 };
	int i;

	(void)arg;
	memset(&u, 0, sizeof(u));
	strlcpy(e.ifname, "eth1", sizeof(e.ifname));
	for (i = 0; i < UNDO_MAX; i++) {
		memset(e.route, 'r', sizeof(e.route) - 1);
		snprintf(e.route, 8, "%06d", i);
		e.route[6] = ' ';
		assert_int_equal(undo_add(&u, &e), 0);
	}
	e.route[0] = 'x';
	assert_int_equal(undo_add(&u, &e), -1);
	assert_int_equal(undo_write(path, &u), 0);
	assert_int_equal(undo_read(path, &v), 0);
	assert_int_equal(v.n, UNDO_MAX);
	assert_memory_equal(
	    &u.entry[UNDO_MAX - 1], &v.entry[UNDO_MAX - 1], sizeof(u.entry[0]));
	assert_int_equal(unlink(path), 0);
}

static void
test_nonsense(void **arg)
{
	static const char *const bad[] = {
		"group eth1 3",
		"group eth1 3\n",
		"group eth1 3 0",
		"group eth1 3 0 \n",
		"group eth1 3 0 1\n",
		"group eth1 3 -1\n",
		"group eth1 3 4294967296\n",
		"group eth1 0 0\n",
		"group eth1 03x 0\n",
		"group  3 0\n",
		"group eth1  0\n",
		"Group eth1 3 0\n",
		"group ../../x 3 0\n",
		"group .. 3 0\n",
		"group sixteencharacter 3 0\n",
		"rp_filter eth1 3 3\n",
		"rp_filter eth1 3 +1\n",
		"linkdown eth1 3 2\n",
		"linkdown6 eth1 3\n",
		"down eth1 3 1\n",
		"down eth1\n",
		"route eth1 3\n",
		"route eth1 3 \n",
		"route eth1 3 \x1b[2J\n",
		"\n",
		" group eth1 3 0\n",
		"group eth1 3 0\n\n",
		"group eth1 3 0\ngroup\n",
	};
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (undo_parse(bad[i], &v) != -1)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(undo_parse("", &v), 0);
	assert_int_equal(v.n, 0);
	assert_int_equal(undo_parse("group eth1 3 4294967295\n", &v), 0);
	assert_int_equal(v.entry[0].value, UINT32_MAX);
}

static void
test_long(void **arg)
{
	char text[UNDO_ROUTE_LEN + 64];
	int n;

	(void)arg;
	n = snprintf(text, sizeof(text), "route eth1 3 ");
	memset(text + n, 'r', UNDO_ROUTE_LEN);
	strlcpy(text + n + UNDO_ROUTE_LEN - 1, "\n", 2);
	assert_int_equal(undo_parse(text, &v), 0);
	strlcpy(text + n + UNDO_ROUTE_LEN - 1, "r\n", 3);
	assert_int_equal(undo_parse(text, &v), -1);
}

static void
test_file_of_others(void **arg)
{
	char link_[64];
	FILE *f;

	(void)arg;
	fill();
	assert_int_equal(undo_write(path, &u), 0);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(undo_read(path, &v), -1);
	assert_int_equal(v.n, 0);
	assert_int_equal(chmod(path, 0600), 0);
	snprintf(link_, sizeof(link_), "%s/link", dir);
	assert_int_equal(symlink(path, link_), 0);
	assert_int_equal(undo_read(link_, &v), -1);
	assert_int_equal(unlink(link_), 0);
	assert_int_equal(undo_read(dir, &v), -1);
	f = fopen(path, "w");
	assert_non_null(f);
	fwrite("group eth1 3 0\n\0\n", 1, 17, f);
	fclose(f);
	assert_int_equal(undo_read(path, &v), -1);
}

static void
test_words(void **arg)
{
	char text[UNDO_ROUTE_LEN + 64];

	(void)arg;
	fill();
	undo_text(&u.entry[0], text, sizeof(text));
	assert_string_equal(text, "eth1 group 0");
	undo_text(&u.entry[1], text, sizeof(text));
	assert_string_equal(text, "wwan0 rp_filter 1");
	undo_text(&u.entry[2], text, sizeof(text));
	assert_string_equal(text, "eth1.7 up");
	undo_text(&u.entry[3], text, sizeof(text));
	assert_string_equal(text, "eth1.7 route 10.0.0.0/8 via 192.0.2.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_oldest_counts),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_file_of_others),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
