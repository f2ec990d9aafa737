/* SPDX-License-Identifier: ISC */
/*
 * Alarms that wait: none is lost, none is told too often, none holds up
 * another; and the file from which they come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parent/alarm_queue.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define WALL   INT64_C(1790000000000000000)

static struct alarm_queue q;
static struct monotime now;

static int
setup(void **arg)
{
	(void)arg;
	memset(&q, 0, sizeof(q));
	now = monotime_from_ns(INT64_C(1000000000000));
	return 0;
}

static void
later(int64_t ms)
{
	now = monotime_add_ms(now, ms);
}

static uint32_t
add(const char *kind, const char *uplink, const char *text)
{
	struct msg_alarm m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.kind, kind, sizeof(m.kind));
	strlcpy(m.uplink, uplink, sizeof(m.uplink));
	strlcpy(m.text, text, sizeof(m.text));
	return alarm_add(&q, &m, 0, now);
}

/* The program is given this one now. */
static void
given(const char *text, uint32_t count)
{
	const struct alarm *a = alarm_take(&q, now);

	assert_non_null(a);
	assert_string_equal(a->msg.text, text);
	assert_int_equal(a->msg.count, count);
}

/* Nothing is due for so long, and then something is. */
static void
due_in(int64_t ms)
{
	assert_int_equal(monotime_ms_between(now, alarm_due(&q, now)), ms);
	if (ms > 0) {
		assert_null(alarm_take(&q, now));
		later(ms);
	}
}

static void
test_order(void **arg)
{
	(void)arg;
	assert_false(monotime_valid(alarm_due(&q, now)));
	add("failover", "lte", "1");
	add("peer", "", "2");
	add("fallback", "eth1", "3");
	given("1", 1);
	assert_null(alarm_take(&q, now)); /* one at a time */
	assert_false(monotime_valid(alarm_due(&q, now)));
	assert_int_equal(alarm_waiting(&q), 3);
	alarm_done(&q, 1, now);
	given("2", 1);
	alarm_done(&q, 1, now);
	given("3", 1);
	alarm_done(&q, 1, now);
	assert_int_equal(alarm_waiting(&q), 0);
	assert_false(monotime_valid(alarm_due(&q, now)));
}

static void
test_retries(void **arg)
{
	static const int64_t pause[] = { 30000, 60000, 120000, 240000, 480000,
		900000, 900000 };
	size_t i;

	(void)arg;
	add("failover", "lte", "1");
	for (i = 0; i < sizeof(pause) / sizeof(pause[0]); i++) {
		given("1", 1);
		alarm_done(&q, 0, now);
		due_in(pause[i]);
	}
	alarm_hurry(&q);
	given("1", 1);
	alarm_done(&q, 0, now);
	due_in(30000);
	alarm_hurry(&q);
	due_in(0);
	/* a try that began before traffic moved is no reason to wait */
	given("1", 1);
	alarm_hurry(&q);
	alarm_done(&q, 0, now);
	due_in(0);
	given("1", 1);
	alarm_done(&q, 0, now);
	due_in(30000);
}

/* One that always fails does not hold up the others. */
static void
test_poison(void **arg)
{
	(void)arg;
	add("failover", "lte", "bad");
	add("fallback", "eth1", "good");
	given("bad", 1);
	alarm_done(&q, 0, now);
	due_in(30000);
	given("good", 1);
	alarm_done(&q, 1, now);
	given("bad", 1);
}

static void
test_repeats(void **arg)
{
	int i;

	(void)arg;
	add("peer", "", "other");
	given("other", 1);
	alarm_done(&q, 0, now);
	for (i = 0; i < 5; i++)
		add("failover", "lte", i < 4 ? "old" : "newest");
	add("failover", "pots", "its own");
	due_in(30000);
	given("other", 1);
	/* while that one runs another of its kind has come */
	add("peer", "", "newer");
	alarm_done(&q, 0, now);
	assert_int_equal(alarm_waiting(&q), 3);
	due_in(60000);
	given("newest", 5);
	alarm_done(&q, 1, now);
	given("its own", 1);
	alarm_done(&q, 1, now);
	given("newer", 2);
}

static void
test_rate(void **arg)
{
	int i;

	(void)arg;
	for (i = 0; i < ALARM_AN_HOUR; i++) {
		add("failover", "lte", "one");
		given("one", 1);
		alarm_done(&q, 1, now);
		later(MINUTE);
	}
	add("failover", "lte", "too many");
	add("failover", "lte", "too many");
	assert_null(alarm_take(&q, now));
	add("failover", "pots", "its own");
	given("its own", 1);
	alarm_done(&q, 1, now);
	due_in(HOUR - ALARM_AN_HOUR * MINUTE);
	given("too many", 2);
}

static void
test_full(void **arg)
{
	char kind[16];
	uint32_t i;

	(void)arg;
	for (i = 0; i < ALARM_WAITING_MAX; i++) {
		snprintf(kind, sizeof(kind), "kind%u", i);
		assert_int_equal(add(kind, "", kind), 0);
	}
	assert_int_equal(add("last", "", "last"), 1);
	assert_int_equal(alarm_waiting(&q), ALARM_WAITING_MAX);
	given("kind1", 1);
	assert_int_equal(add("more", "", "more"), 0);
	alarm_done(&q, 0, now); /* there is no room to come back to */
	assert_int_equal(alarm_waiting(&q), ALARM_WAITING_MAX);
}

static int64_t
oldest_ms(void)
{
	return monotime_ms_between(alarm_oldest(&q), now);
}

static void
test_expire(void **arg)
{
	(void)arg;
	add("failover", "lte", "1");
	later(6 * HOUR);
	add("fallback", "eth1", "2");
	assert_int_equal(oldest_ms(), 6 * HOUR);
	assert_int_equal(alarm_expire(&q, 6 * HOUR, now), 0);
	later(1);
	assert_int_equal(alarm_expire(&q, 6 * HOUR, now), 1);
	given("2", 1);
	assert_int_equal(alarm_expire(&q, 0, now), 0);
}

/* First, whatever waits, whatever failed; and only once. */
static void
test_test(void **arg)
{
	struct msg_alarm m = { .kind = "test" };

	(void)arg;
	add("failover", "lte", "1");
	given("1", 1);
	alarm_done(&q, 0, now);
	(void)alarm_add(&q, &m, 7, now);
	due_in(0);
	assert_int_equal(alarm_take(&q, now)->ctl, 7);
	alarm_done(&q, 0, now);
	assert_int_equal(alarm_waiting(&q), 1);
	due_in(30000);
	(void)alarm_add(&q, &m, 8, now);
	assert_int_equal(alarm_take(&q, now)->ctl, 8);
	alarm_done(&q, 1, now);
	due_in(0);
}

/* Write the queue and read it into an empty one, on another clock. */
static void
restart(int64_t wall_then, struct monotime boot, int64_t wall_now)
{
	char *text = NULL, *next, *line;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	alarm_print(f, &q, now, wall_then);
	fclose(f);
	memset(&q, 0, sizeof(q));
	now = boot;
	for (next = text; (line = strsep(&next, "\n")) != NULL;)
		if (line[0] != '\0')
			assert_int_equal(
			    alarm_parse(&q, line, now, wall_now), 0);
	free(text);
}

static void
test_restart(void **arg)
{
	struct msg_alarm m = { .kind = "test" };

	(void)arg;
	add("failover", "lte", "1; with \"quotes\"");
	add("failover", "lte", "2");
	add("fallback", "eth1", "3");
	(void)alarm_add(&q, &m, 7, now); /* nobody waits for it then */
	assert_int_equal(alarm_take(&q, now)->ctl, 7);
	alarm_done(&q, 1, now);
	given("2", 2); /* the program had it: it is told again */
	later(HOUR);
	/* a day without power; the new clock begins near 0 */
	restart(WALL, monotime_from_ns(5000000000), WALL + 24 * HOUR * 1000000);
	assert_int_equal(alarm_waiting(&q), 2);
	assert_int_equal(oldest_ms(), 25 * HOUR);
	/* and then one in which nobody knows the time */
	restart(0, monotime_from_ns(9000000000), 0);
	assert_int_equal(oldest_ms(), 25 * HOUR);
	/* or in which it is 1971 */
	restart(WALL, monotime_from_ns(9000000000), 40000000000000000);
	assert_int_equal(oldest_ms(), 25 * HOUR);
	given("2", 2);
	alarm_done(&q, 1, now);
	given("3", 1);
}

static void
test_garbage(void **arg)
{
	static const char *const bad[] = { "", "A", "A\t",
		"B\t0\t0\t1\ta\tb\tc\td\te", "A\t0\t0\t1\ta\tb\tc\td",
		"A\t0\t0\t1\ta\tb\tc\td\te\tf", "A\t-1\t0\t1\ta\tb\tc\td\te",
		"A\t0\t-1\t1\ta\tb\tc\td\te",
		"A\t0\t99999999\t1\ta\tb\tc\td\te", "A\t0\t0\t0\ta\tb\tc\td\te",
		"A\t0\t0\tx\ta\tb\tc\td\te",
		"A\t0\t0\t1\tkind-that-is-far-too-long-to-be-one-of-"
		"ours\tb\tc\td"
		"\te",
		"A\t0\t0\t1\ta\tb\tc\td\te\033[2J" };
	char line[256];
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strlcpy(line, bad[i], sizeof(line));
		assert_int_equal(alarm_parse(&q, line, now, WALL), -1);
	}
	assert_int_equal(alarm_waiting(&q), 0);
	for (i = 0; i <= ALARM_WAITING_MAX; i++) {
		strlcpy(line, "A\t0\t0\t1\ta\tb\tc\td\te", sizeof(line));
		assert_int_equal(alarm_parse(&q, line, now, WALL),
		    i < ALARM_WAITING_MAX ? 0 : -1);
	}
}

static void
test_remind(void **arg)
{
	struct alarm_reminder r = { { 0 } };

	(void)arg;
	assert_int_equal(alarm_remind(&r, 0, 24 * HOUR, now), 0);
	assert_false(monotime_valid(r.next));
	assert_int_equal(alarm_remind(&r, 1, 24 * HOUR, now), 0);
	later(HOUR - 1);
	assert_int_equal(alarm_remind(&r, 1, 24 * HOUR, now), 0);
	later(1);
	assert_int_equal(alarm_remind(&r, 1, 24 * HOUR, now), 1);
	later(24 * HOUR - 1);
	assert_int_equal(alarm_remind(&r, 1, 24 * HOUR, now), 0);
	later(1);
	assert_int_equal(alarm_remind(&r, 1, 24 * HOUR, now), 1);
	/* back, and away again: it begins anew */
	assert_int_equal(alarm_remind(&r, 0, 24 * HOUR, now), 0);
	assert_int_equal(alarm_remind(&r, 1, 24 * HOUR, now), 0);
	assert_int_equal(monotime_ms_between(now, r.next), HOUR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_retries, setup),
		cmocka_unit_test_setup(test_poison, setup),
		cmocka_unit_test_setup(test_repeats, setup),
		cmocka_unit_test_setup(test_rate, setup),
		cmocka_unit_test_setup(test_full, setup),
		cmocka_unit_test_setup(test_expire, setup),
		cmocka_unit_test_setup(test_test, setup),
		cmocka_unit_test_setup(test_restart, setup),
		cmocka_unit_test_setup(test_garbage, setup),
		cmocka_unit_test_setup(test_remind, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
