/* SPDX-License-Identifier: ISC */
/*
 * What a backup may cost: periods by local time, over changes of daylight
 * saving; alarms once each; clocks that are not set or are set by years; and
 * hours of the week.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "parent/budget.h"
#include "regress/unit/local_time.h"

#define HOUR 3600

static const struct conf_budget monthly = {
	.limit = { 10 * HOUR * 1000, 500000000, 30 }, .day = 14
};
static const struct conf_budget daily = { .limit = { 0, 0, 4 },
	.period = CONF_DAILY };
static const struct conf_budget weekly = {
	.limit = { 0, 0, 10 }, .period = CONF_WEEKLY, .day = 1
};

static struct monotime
mono(int64_t s)
{
	return monotime_from_ns((1000 + s) * 1000000000);
}

static void
test_began(void **state)
{
	(void)state;
	assert_int_equal(budget_began(&monthly, at(2026, 11, 14, 0, 0)),
	    at(2026, 11, 14, 0, 0));
	assert_int_equal(budget_began(&monthly, at(2026, 11, 13, 23, 59)),
	    at(2026, 10, 14, 0, 0));
	assert_int_equal(budget_began(&monthly, at(2027, 1, 3, 12, 0)),
	    at(2026, 12, 14, 0, 0));
	/* winter began on 2026-10-25, summer on 2026-03-29 */
	assert_int_equal(budget_began(&daily, at(2026, 10, 25, 12, 0)),
	    at(2026, 10, 25, 12, 0) - 13 * HOUR);
	assert_int_equal(budget_began(&daily, at(2026, 3, 29, 12, 0)),
	    at(2026, 3, 29, 12, 0) - 11 * HOUR);
}

static void
test_week_began(void **state)
{
	struct conf_budget sunday = weekly, saturday = weekly;

	(void)state;
	sunday.day = 0;
	saturday.day = 6;
	/* 2026-11-16 is a Monday */
	assert_int_equal(budget_began(&weekly, at(2026, 11, 16, 0, 0)),
	    at(2026, 11, 16, 0, 0));
	assert_int_equal(budget_began(&weekly, at(2026, 11, 15, 23, 59)),
	    at(2026, 11, 9, 0, 0));
	assert_int_equal(budget_began(&sunday, at(2026, 11, 15, 23, 59)),
	    at(2026, 11, 15, 0, 0));
	assert_int_equal(budget_began(&saturday, at(2026, 11, 20, 12, 0)),
	    at(2026, 11, 14, 0, 0));
	assert_int_equal(budget_began(&saturday, at(2026, 11, 21, 12, 0)),
	    at(2026, 11, 21, 0, 0));
	/* over the end of a month and of a year */
	assert_int_equal(budget_began(&weekly, at(2027, 1, 3, 12, 0)),
	    at(2026, 12, 28, 0, 0));
	/* winter began on Sunday, 2026-10-25 */
	assert_int_equal(budget_began(&weekly, at(2026, 10, 25, 23, 0)),
	    at(2026, 10, 25, 23, 0) - (6 * 24 + 24) * HOUR);
}

static void
test_ends(void **state)
{
	struct conf_budget sunday = weekly;

	(void)state;
	sunday.day = 0;
	assert_int_equal(budget_ends(&monthly, at(2026, 11, 13, 23, 59)),
	    at(2026, 11, 14, 0, 0));
	assert_int_equal(budget_ends(&monthly, at(2026, 12, 14, 0, 0)),
	    at(2027, 1, 14, 0, 0));
	assert_int_equal(budget_ends(&weekly, at(2026, 11, 15, 23, 59)),
	    at(2026, 11, 16, 0, 0));
	assert_int_equal(budget_ends(&sunday, at(2026, 11, 15, 12, 0)),
	    at(2026, 11, 22, 0, 0));
	/* a day of 25 hours */
	assert_int_equal(budget_ends(&daily, at(2026, 10, 25, 12, 0)),
	    at(2026, 10, 25, 12, 0) + 12 * HOUR);
	assert_int_equal(budget_ends(&daily, at(2026, 10, 25, 0, 0)),
	    at(2026, 10, 25, 0, 0) + 25 * HOUR);
}

static void
test_alarms(void **state)
{
	struct budget b = { 0 };

	(void)state;
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 0);
	budget_use(&b, CONF_COST_BYTES, 374999999);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 0);
	budget_use(&b, CONF_COST_BYTES, 1);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 75);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 0);
	budget_use(&b, CONF_COST_BYTES, 124999999);
	assert_int_equal(budget_percent(&b, &monthly, CONF_COST_BYTES), 99);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 90);
	assert_int_equal(budget_used_up(&b, &monthly), CONF_COSTS);
	budget_use(&b, CONF_COST_BYTES, 1);
	assert_int_equal(budget_used_up(&b, &monthly), CONF_COST_BYTES);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 100);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 0);
	/* more, once: its steps are told again */
	budget_grant(&b, CONF_COST_BYTES, 500000000);
	assert_int_equal(budget_used_up(&b, &monthly), CONF_COSTS);
	assert_int_equal(budget_percent(&b, &monthly, CONF_COST_BYTES), 50);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 0);
	budget_use(&b, CONF_COST_BYTES, 250000000);
	assert_int_equal(budget_alarm(&b, &monthly, CONF_COST_BYTES), 75);
	/* what has no limit is counted, and never told */
	budget_use(&b, CONF_COST_TIME, UINT64_MAX);
	budget_use(&b, CONF_COST_TIME, UINT64_MAX);
	assert_int_equal(budget_alarm(&b, &daily, CONF_COST_TIME), 0);
	assert_int_equal(budget_used_up(&b, &daily), CONF_COSTS);
	assert_int_equal(budget_percent(&b, &monthly, CONF_COST_TIME), 999);
}

static void
test_roll(void **state)
{
	struct budget b = { 0 };

	(void)state;
	budget_use(&b, CONF_COST_DIALS, 3);
	/* in 1970, or before it is known what time it is */
	assert_false(budget_roll(&b, &monthly, 0, true));
	assert_int_equal(b.since_s, 0);
	assert_false(budget_roll(&b, &monthly, at(2026, 11, 20, 0, 0), false));
	assert_int_equal(b.since_s, at(2026, 11, 14, 0, 0));
	assert_int_equal(b.used[CONF_COST_DIALS], 3);
	assert_false(budget_roll(&b, &monthly, at(2026, 12, 13, 23, 59), true));
	/* set by years, just now */
	assert_false(budget_roll(&b, &monthly, at(2038, 1, 20, 0, 0), false));
	assert_int_equal(b.used[CONF_COST_DIALS], 3);
	budget_grant(&b, CONF_COST_DIALS, 7);
	assert_true(budget_roll(&b, &monthly, at(2026, 12, 14, 0, 0), true));
	assert_int_equal(b.used[CONF_COST_DIALS], 0);
	assert_int_equal(b.granted[CONF_COST_DIALS], 0);
	/* back by a year, for good: what was used stays so */
	budget_use(&b, CONF_COST_DIALS, 5);
	assert_false(budget_roll(&b, &monthly, at(2025, 12, 14, 0, 0), false));
	assert_int_equal(b.since_s, at(2026, 12, 14, 0, 0));
	assert_false(budget_roll(&b, &monthly, at(2025, 12, 14, 0, 0), true));
	assert_int_equal(b.since_s, at(2025, 12, 14, 0, 0));
	assert_int_equal(b.used[CONF_COST_DIALS], 5);
}

static void
test_week_roll(void **state)
{
	struct budget b = { 0 };

	(void)state;
	assert_false(budget_roll(&b, &weekly, at(2026, 11, 18, 9, 0), false));
	assert_int_equal(b.since_s, at(2026, 11, 16, 0, 0));
	budget_use(&b, CONF_COST_DIALS, 4);
	/* Sunday is its last day */
	assert_false(budget_roll(&b, &weekly, at(2026, 11, 22, 23, 59), true));
	assert_int_equal(b.used[CONF_COST_DIALS], 4);
	/* a start in 1970, the clock not set, or believed set */
	assert_false(budget_roll(&b, &weekly, 0, true));
	assert_false(budget_roll(&b, &weekly, at(1970, 1, 1, 12, 0), true));
	assert_int_equal(b.since_s, at(2026, 11, 16, 0, 0));
	assert_int_equal(b.used[CONF_COST_DIALS], 4);
	/* set again on Monday: not yet steady, then it is */
	assert_false(budget_roll(&b, &weekly, at(2026, 11, 23, 0, 0), false));
	assert_int_equal(b.used[CONF_COST_DIALS], 4);
	assert_true(budget_roll(&b, &weekly, at(2026, 11, 23, 1, 0), true));
	assert_int_equal(b.since_s, at(2026, 11, 23, 0, 0));
	assert_int_equal(b.used[CONF_COST_DIALS], 0);
}

/* At midnight by local time, be the day one of 23 hours or of 25. */
static void
test_day_roll(void **state)
{
	struct budget b = { 0 };

	(void)state;
	assert_false(budget_roll(&b, &daily, at(2026, 10, 24, 9, 0), false));
	assert_int_equal(b.since_s, at(2026, 10, 24, 0, 0));
	budget_use(&b, CONF_COST_DIALS, 3);
	assert_int_equal(budget_alarm(&b, &daily, CONF_COST_DIALS), 75);
	budget_grant(&b, CONF_COST_DIALS, 2);
	assert_false(budget_roll(&b, &daily, at(2026, 10, 24, 23, 59), true));
	assert_int_equal(b.used[CONF_COST_DIALS], 3);
	assert_true(budget_roll(&b, &daily, at(2026, 10, 25, 0, 0), true));
	assert_int_equal(b.used[CONF_COST_DIALS], 0);
	assert_int_equal(budget_limit(&b, &daily, CONF_COST_DIALS), 4);
	/* what was told is told again */
	budget_use(&b, CONF_COST_DIALS, 4);
	assert_int_equal(budget_alarm(&b, &daily, CONF_COST_DIALS), 100);
	assert_int_equal(budget_used_up(&b, &daily), CONF_COST_DIALS);
	/* the hour that comes twice is of the same day, as is its 25th */
	assert_false(budget_roll(
	    &b, &daily, at(2026, 10, 25, 0, 0) + 25 * HOUR - 60, true));
	assert_int_equal(budget_used_up(&b, &daily), CONF_COST_DIALS);
	assert_true(
	    budget_roll(&b, &daily, at(2026, 10, 25, 0, 0) + 25 * HOUR, true));
	assert_int_equal(b.since_s, at(2026, 10, 26, 0, 0));
	assert_int_equal(budget_used_up(&b, &daily), CONF_COSTS);
	/* after days without a call, and into one of 23 hours */
	assert_true(budget_roll(&b, &daily, at(2027, 3, 28, 12, 0), true));
	assert_int_equal(b.since_s, at(2027, 3, 28, 0, 0));
	assert_false(budget_roll(
	    &b, &daily, at(2027, 3, 28, 0, 0) + 23 * HOUR - 1, true));
	assert_true(
	    budget_roll(&b, &daily, at(2027, 3, 28, 0, 0) + 23 * HOUR, true));
	/* not by a clock that was just set */
	assert_false(budget_roll(&b, &daily, at(2027, 3, 30, 0, 0), false));
	assert_int_equal(b.since_s, at(2027, 3, 29, 0, 0));
}

static void
test_clock(void **state)
{
	struct budget_clock c = { 0 };
	int64_t wall = at(2026, 11, 20, 12, 0);
	int i;

	(void)state;
	assert_false(budget_clock_look(&c, mono(0), 0));
	assert_false(budget_clock_look(&c, mono(60), wall));
	for (i = 1; i < 60; i++)
		assert_false(budget_clock_look(
		    &c, mono(60 + 60 * i), wall + 60 * i + (i > 30)));
	assert_true(budget_clock_look(&c, mono(60 + HOUR), wall + HOUR));
	/* forth by ten years, and back */
	assert_false(budget_clock_look(
	    &c, mono(60 + HOUR + 60), wall + 10 * 365 * 86400));
	assert_false(
	    budget_clock_look(&c, mono(60 + HOUR + 120), wall + HOUR + 120));
	assert_false(
	    budget_clock_look(&c, mono(60 + HOUR + 180), wall + HOUR + 180));
	assert_true(budget_clock_look(
	    &c, mono(60 + 2 * HOUR + 120), wall + 2 * HOUR + 120));
	/* and it is lost again */
	assert_false(budget_clock_look(&c, mono(60 + 2 * HOUR + 180), 0));
	assert_false(budget_clock_look(
	    &c, mono(60 + 2 * HOUR + 240), wall + 2 * HOUR + 240));
}

#define SUN 1u
#define MON 2u
#define FRI (1u << 5)
#define SAT (1u << 6)

static void
test_hours(void **state)
{
	const struct conf_hours none = { 0 };
	const struct conf_hours office = { 1, { { MON | FRI, 480, 1080 } } };
	const struct conf_hours night = { 2,
		{ { SAT, 1320, 360 }, { SUN, 720, 1440 } } };

	(void)state;
	assert_true(budget_hours(&none, at(2026, 11, 21, 3, 0)));
	assert_true(budget_hours(&office, 0));
	/* 2026-11-20 is a Friday */
	assert_false(budget_hours(&office, at(2026, 11, 20, 7, 59)));
	assert_true(budget_hours(&office, at(2026, 11, 20, 8, 0)));
	assert_true(budget_hours(&office, at(2026, 11, 20, 17, 59)));
	assert_false(budget_hours(&office, at(2026, 11, 20, 18, 0)));
	assert_false(budget_hours(&office, at(2026, 11, 21, 12, 0)));
	/* in summer as in winter */
	assert_true(budget_hours(&office, at(2026, 7, 3, 8, 0)));
	assert_false(budget_hours(&office, at(2026, 7, 3, 7, 59)));
	/* over midnight, and until midnight */
	assert_false(budget_hours(&night, at(2026, 11, 21, 21, 59)));
	assert_true(budget_hours(&night, at(2026, 11, 21, 22, 0)));
	assert_true(budget_hours(&night, at(2026, 11, 22, 5, 59)));
	assert_false(budget_hours(&night, at(2026, 11, 22, 6, 0)));
	assert_true(budget_hours(&night, at(2026, 11, 22, 23, 59)));
	assert_false(budget_hours(&night, at(2026, 11, 23, 0, 0)));
}

static void
test_opens(void **state)
{
	const struct conf_hours none = { 0 };
	const struct conf_hours office = { 1, { { MON | FRI, 480, 1080 } } };
	const struct conf_hours no_day = { 1, { { 0, 480, 1080 } } };

	(void)state;
	assert_int_equal(budget_opens(&none, at(2026, 11, 21, 3, 0) + 5),
	    at(2026, 11, 21, 3, 0) + 5);
	assert_int_equal(budget_opens(&office, at(2026, 11, 20, 12, 0)),
	    at(2026, 11, 20, 12, 0));
	assert_int_equal(budget_opens(&office, at(2026, 11, 20, 7, 58) + 59),
	    at(2026, 11, 20, 8, 0));
	assert_int_equal(budget_opens(&office, at(2026, 11, 20, 18, 0)),
	    at(2026, 11, 23, 8, 0));
	assert_int_equal(budget_opens(&no_day, at(2026, 11, 20, 18, 0)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_began),
		cmocka_unit_test(test_week_began),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_roll),
		cmocka_unit_test(test_week_roll),
		cmocka_unit_test(test_day_roll),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_opens),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
