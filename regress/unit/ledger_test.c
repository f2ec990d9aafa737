/* SPDX-License-Identifier: ISC */
/*
 * What outlives a restart: it comes back as it was written, a broken file
 * costs only its broken lines, and octets are counted once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parent/ledger.h"

static unsigned int
read_text(const char *text, struct ledger *l)
{
	unsigned int broken;
	FILE *f;

	f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	assert_non_null(f);
	broken = ledger_read(f, l);
	fclose(f);
	return broken;
}

static int
all(const char *label)
{
	(void)label;
	return 1;
}

static int
only_b(const char *label)
{
	return label[0] == 'b';
}

static void
test_round_trip(void **state)
{
	static struct ledger l, again;
	struct ledger_entry *e;
	char text[4096] = "";
	FILE *f;
	int i;

	(void)state;
	memset(&l, 0, sizeof(l));
	strlcpy(l.boot, "0b1f-77", sizeof(l.boot));
	l.mono_ms = 123456;
	l.sha256[0] = 0xfe;
	l.nfailed = 2;
	l.failed_ms[0] = 3000000;
	l.failed_ms[1] = 7;
	l.wall_s = 1760000000;
	strlcpy(l.held, "pots", sizeof(l.held));
	l.stay = (struct machine_stay){ 7 * 86400 * 1000, 1, 1, 600000, 1 };
	l.nfailovers = CONF_FLAP_MAX;
	for (i = 0; i < CONF_FLAP_MAX; i++)
		l.failover_ms[i] = 30LL * 86400 * 1000 - i;
	e = ledger_get(&l, "pots", all);
	e->budget.since_s = 1760000000;
	e->budget.used[CONF_COST_BYTES] = 1ULL << 40;
	e->budget.granted[CONF_COST_TIME] = 3600000;
	e->budget.told[CONF_COST_DIALS] = 90;
	e->grudge.fails = 9;
	e->grudge.refused = 3;
	e->grudge.gave_up = 1;
	e->grudge.wait_ms = 3500000;
	e->drill = (struct drill_past){ 1760000000, 1, 1, 5100, 3000, 800, 8900,
		1492, 14000, 1, 2, { 8800, 8900 } };
	e = ledger_get(&l, "lte", all);
	strlcpy(e->counter.ifname, "wwan0", sizeof(e->counter.ifname));
	e->counter.ifindex = 4;
	e->counter.octets = 99;
	assert_ptr_equal(ledger_find(&l, "lte"), e);
	f = fmemopen(text, sizeof(text), "w");
	ledger_write(f, &l);
	fclose(f);
	assert_int_equal(read_text(text, &again), 0);
	assert_memory_equal(&l, &again, sizeof(l));
}

static void
test_broken(void **state)
{
	static const char good[] =
	    "B\tlte\t0\t1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t0\t0\t0\n";
	static const char *const bad[] = {
		"\n",
		"x\n",
		"V\t2\t-\t0\t00\n",
		"V\t1\tboot\t-1\t00\n",
		"F\t1\t2\n",
		"F\t-1\n",
		"F\t3600001\n",
		"F\tx\n",
		"F\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\n",
		"O\t0\t-\t0\t0\t0\t0\n",
		"O\t-1\tpots\t0\t0\t0\t0\t0\n",
		"O\t0\tpots\t604800001\t0\t0\t0\t0\n",
		"O\t0\tpots\t0\t2\t0\t0\t0\n",
		"O\t0\tpots\t0\t0\t2\t0\t0\n",
		"O\t0\tpots\t0\t0\t0\t-1\t0\n",
		"O\t0\tpots\t0\t0\t0\t0\t2\n",
		"T\t1\t2\n",
		"T\t9223372036854775807\n",
		"B\t\t0\t1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t0\t0\t0\n",
		"B\ta\t0\t1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t0\t0\n",
		"B\ta\t0\t1\t2\t3\t0\t0\t0\t0\t0\t101\t-\t0\t0\t0\t0\t0\t0\n",
		"B\ta\t0\t1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t4\t0\t0\n",
		"B\ta\t0\t1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t0\t2\t0\n",
		"B\ta\t0\t1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t0\t0\t-1\n",
		"B\ta\t0\t-1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t0\t0\t0\n",
		"B\tlte\t0\t1\t2\t3\t0\t0\t0\t0\t0\t0\t-\t0\t0\t0\t0\t0\t0\n",
		"D\tlte\t0\t2\t0\t0\t0\t0\t0\t0\t0\t0\n",
		"D\tpots\t0\t1\t0\t0\t0\t0\t0\t0\t0\t0\n",
		"D\tlte\t0\t1\t0\n",
		"R\tlte\n",
		"R\tlte\tx\n",
		"R\tpots\t5\n",
		"B\tcut\t0\t1",
	};
	static struct ledger l;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", good, bad[i]);
		assert_int_equal(read_text(text, &l), 1);
		assert_int_equal(l.n, 1);
		assert_int_equal(l.nfailed, 0);
		assert_int_equal(l.nfailovers, 0);
		assert_int_equal(l.wall_s, 0);
		assert_string_equal(l.held, "");
		assert_int_equal(l.mono_ms, 0);
		assert_int_equal(l.entry[0].budget.used[CONF_COST_DIALS], 3);
	}
}

/* Of those that nobody needs the oldest goes. */
static void
test_full(void **state)
{
	static struct ledger l;
	char label[8];
	int i;

	(void)state;
	for (i = 0; i < LEDGER_MAX; i++) {
		snprintf(label, sizeof(label), "%c%d", i < 2 ? 'b' : 'x', i);
		(void)ledger_get(&l, label, only_b);
	}
	(void)ledger_get(&l, "b99", only_b);
	assert_int_equal(l.n, LEDGER_MAX);
	assert_non_null(ledger_find(&l, "b0"));
	assert_non_null(ledger_find(&l, "b1"));
	assert_null(ledger_find(&l, "x2"));
	assert_non_null(ledger_find(&l, "x3"));
	assert_string_equal(l.entry[LEDGER_MAX - 1].label, "b99");
}

static void
test_octets(void **state)
{
	struct ledger_counter c = { 0 };

	(void)state;
	/* what it had when it was first seen is others' */
	assert_int_equal(ledger_count(&c, "wwan0", 3, 5000, 1), 0);
	assert_int_equal(ledger_count(&c, "wwan0", 3, 5600, 1), 600);
	assert_int_equal(ledger_count(&c, "wwan0", 3, 5600, 1), 0);
	/* a new one begins at 0, and so does a driver that counts anew */
	assert_int_equal(ledger_count(&c, "wwan0", 7, 200, 1), 200);
	assert_int_equal(ledger_count(&c, "wwan0", 7, 50, 1), 50);
	assert_int_equal(ledger_count(&c, "ppp0", 7, 70, 1), 70);
	/* and so do all after a boot, whatever their number */
	assert_int_equal(ledger_count(&c, "ppp0", 7, 90, 0), 90);
	assert_int_equal(ledger_count(&c, "ppp0", 7, 100, 1), 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_octets),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
