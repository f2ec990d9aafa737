/* SPDX-License-Identifier: ISC */
/* When drills are due, through nights and summers, and what they have shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "parent/drill.h"
#include "regress/unit/local_time.h"

#define HOUR 3600
#define DAY  86400

static const struct conf_drill weekly = {
	.every_ms = 7U * DAY * 1000, .timed = 1, .at = 210
};
static const struct conf_drill often = { .every_ms = 12U * HOUR * 1000 };

static void
test_timed(void **state)
{
	struct drill_past p = { .last_s = at(2026, 11, 20, 12, 0) };

	(void)state;
	/* the first night after it was configured */
	assert_int_equal(
	    drill_due(&weekly, &p, p.last_s, 0), at(2026, 11, 21, 3, 30));
	assert_int_equal(drill_due(&weekly, &p, at(2026, 11, 21, 3, 31), 600),
	    at(2026, 11, 21, 3, 40));
	/* not possible for long: another night */
	assert_int_equal(drill_due(&weekly, &p, at(2026, 11, 21, 5, 29), 0),
	    at(2026, 11, 21, 3, 30));
	assert_int_equal(drill_due(&weekly, &p, at(2026, 11, 21, 5, 31), 0),
	    at(2026, 11, 22, 3, 30));
	/* done late: a week after the night, not after that hour */
	p.done = 1;
	p.last_s = at(2026, 11, 21, 5, 0);
	assert_int_equal(drill_due(&weekly, &p, at(2026, 11, 21, 5, 1), 0),
	    at(2026, 11, 28, 3, 30));
	/* the site was off for a month */
	assert_int_equal(drill_due(&weekly, &p, at(2026, 12, 30, 12, 0), 0),
	    at(2026, 12, 31, 3, 30));
	/* the night that has no 02:30, and the one that has two */
	p.last_s = at(2027, 3, 21, 3, 30);
	assert_int_equal(drill_due(&weekly, &p, at(2027, 3, 22, 0, 0), 0),
	    at(2027, 3, 28, 3, 30));
	p.last_s = at(2026, 10, 18, 3, 30);
	assert_int_equal(drill_due(&weekly, &p, at(2026, 10, 19, 0, 0), 0),
	    at(2026, 10, 25, 3, 30));
}

static void
test_untimed(void **state)
{
	struct drill_past p = { .last_s = at(2026, 11, 20, 12, 0) };

	(void)state;
	assert_int_equal(
	    drill_due(&often, &p, p.last_s, 60), p.last_s + 12 * HOUR + 60);
	p.done = 1;
	assert_int_equal(drill_due(&often, &p, p.last_s + 99 * HOUR, 60),
	    p.last_s + 12 * HOUR);
}

static void
test_none(void **state)
{
	const struct conf_drill none = { 0 };
	struct drill_past p = { .last_s = at(2026, 11, 20, 12, 0) };

	(void)state;
	assert_int_equal(drill_due(&none, &p, p.last_s, 0), 0);
	/* it is not known what time it is, or was never */
	assert_int_equal(drill_due(&weekly, &p, 0, 0), 0);
	p.last_s = 0;
	assert_int_equal(drill_due(&weekly, &p, at(2026, 11, 21, 3, 31), 0), 0);
}

static void
test_offset(void **state)
{
	struct conf_drill c = { .every_ms = 1, .spread_ms = 7200 * 1000 };
	uint32_t i, o, early = 0, late = 0;

	(void)state;
	for (i = 0; i < 400; i++) {
		o = drill_offset(&c, &i, sizeof(i), "lte");
		assert_in_range(o, 0, 7200);
		assert_int_equal(o, drill_offset(&c, &i, sizeof(i), "lte"));
		early += o < 1800;
		late += o > 5400;
	}
	assert_in_range(early, 60, 140);
	assert_in_range(late, 60, 140);
	assert_int_not_equal(drill_offset(&c, "site", 4, "lte"),
	    drill_offset(&c, "site", 4, "pots"));
	c.spread_ms = 0;
	assert_int_equal(drill_offset(&c, "site", 4, "lte"), 0);
}

static void
test_p95(void **state)
{
	struct drill_past p = { 0 };
	uint32_t i, was, is;

	(void)state;
	for (i = 0; i < DRILL_SAMPLES_MIN - 1; i++)
		drill_sample(&p, 5000);
	assert_false(drill_p95(&p, &was, &is));
	while (p.n < DRILL_SAMPLES)
		drill_sample(&p, 5000);
	drill_sample(&p, 90000); /* one of twenty is none */
	assert_int_equal(p.n, DRILL_SAMPLES);
	assert_true(drill_p95(&p, &was, &is));
	assert_int_equal(was, 5000);
	assert_int_equal(is, 5000);
	drill_sample(&p, 11000);
	assert_true(drill_p95(&p, &was, &is));
	assert_int_equal(is, 11000);
	for (i = 0; i < DRILL_SAMPLES; i++)
		drill_sample(&p, 11000);
	assert_true(drill_p95(&p, &was, &is));
	assert_int_equal(was, 11000);
}

static void
test_spread(void **state)
{
	struct drill_past p = { 0 };
	uint32_t i, p50, p95;

	(void)state;
	drill_spread(&p, &p50, &p95);
	assert_int_equal(p50 + p95, 0);
	for (i = 20; i > 0; i--)
		drill_sample(&p, i * 1000);
	drill_spread(&p, &p50, &p95);
	assert_int_equal(p50, 10000);
	assert_int_equal(p95, 19000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timed),
		cmocka_unit_test(test_untimed),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_offset),
		cmocka_unit_test(test_p95),
		cmocka_unit_test(test_spread),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
