/* SPDX-License-Identifier: ISC */
/* Statistics of a target in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "prober/stats.h"

#define MS INT64_C(1000000)

static struct stats stats;
static struct msg_stats out;

static struct monotime
at(int64_t ms)
{
	return monotime_add_ms(monotime_from_ns(INT64_C(1000000000)), ms);
}

static void
report(int64_t now_ms)
{
	memset(&out, 0, sizeof(out));
	stats_report(&stats, at(now_ms), 1000, &out);
	assert_true(msg_stats_valid(&out));
}

static void
nothing_yet(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof(stats));
	report(0);
	assert_int_equal(out.sent, 0);
	assert_int_equal(out.recent_sent, 0);
	assert_int_equal(out.rtt_min_ns, 0);
}

static void
times(void **state)
{
	uint16_t i;

	(void)state;
	memset(&stats, 0, sizeof(stats));
	for (i = 0; i < 3; i++)
		stats_sent(&stats, i, at(i));
	stats_answer(&stats, 0, 10 * MS, 1);
	stats_answer(&stats, 1, 20 * MS, 1);
	stats_answer(&stats, 2, 60 * MS, 1);
	report(100);
	assert_int_equal(out.sent, 3);
	assert_int_equal(out.received, 3);
	assert_int_equal(out.recent_lost, 0);
	assert_int_equal(out.rtt_last_ns, 60 * MS);
	assert_int_equal(out.rtt_min_ns, 10 * MS);
	assert_int_equal(out.rtt_avg_ns, 30 * MS);
	assert_int_equal(out.rtt_max_ns, 60 * MS);
	assert_int_equal(out.rtt_mdev_ns, 20 * MS);
	assert_int_equal(out.rtt.bucket[2], 1);
	assert_int_equal(out.rtt.bucket[3], 1);
	assert_int_equal(out.rtt.bucket[4], 1);
	assert_int_equal(out.rtt.sum_us, 90000);
}

/* By nearest rank, whatever the order in which they came. */
static void
percentiles(void **state)
{
	uint16_t i;

	(void)state;
	memset(&stats, 0, sizeof(stats));
	stats_sent(&stats, 0, at(0));
	stats_answer(&stats, 0, 7 * MS, 1);
	report(10);
	assert_int_equal(out.rtt_p50_ns, 7 * MS);
	assert_int_equal(out.rtt_p99_ns, 7 * MS);
	memset(&stats, 0, sizeof(stats));
	for (i = 0; i < 200; i++) {
		stats_sent(&stats, i, at(i));
		stats_answer(&stats, i, (i * 77 % 200 + 1) * MS, 1);
	}
	report(1000);
	assert_int_equal(out.rtt_p50_ns, 100 * MS);
	assert_int_equal(out.rtt_p95_ns, 190 * MS);
	assert_int_equal(out.rtt_p99_ns, 198 * MS);
	assert_int_equal(out.rtt_max_ns, 200 * MS);
}

/* Lost only once it had its time; late is lost, and counted apart. */
static void
losses(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof(stats));
	stats_sent(&stats, 0, at(0));
	report(999);
	assert_int_equal(out.recent_sent, 0);
	report(1000);
	assert_int_equal(out.recent_sent, 1);
	assert_int_equal(out.recent_lost, 1);
	stats_answer(&stats, 0, 1500 * MS, 0);
	report(2000);
	assert_int_equal(out.late, 1);
	assert_int_equal(out.rtt.bucket[7], 1); /* 1 to 3 s */
	assert_int_equal(out.received, 0);
	assert_int_equal(out.recent_lost, 1);
	assert_int_equal(out.rtt_last_ns, 0);
}

static void
forgotten(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof(stats));
	stats_sent(&stats, 0, at(0));
	stats_sent(&stats, 1, at(1));
	stats_forget(&stats, 0);
	stats_forget(&stats, 77);
	stats_answer(&stats, 1, 5 * MS, 1);
	report(5000);
	assert_int_equal(out.sent, 1);
	assert_int_equal(out.recent_sent, 1);
	assert_int_equal(out.recent_lost, 0);
}

/* Five minutes, or what there is room for; totals never forget. */
static void
window(void **state)
{
	uint32_t i;

	(void)state;
	memset(&stats, 0, sizeof(stats));
	for (i = 0; i < 70000; i++) {
		stats_sent(&stats, (uint16_t)i, at(i * 10));
		if (i % 10 != 0)
			stats_answer(&stats, (uint16_t)i, (i % 7 + 1) * MS, 1);
	}
	report(70000 * 10 + 1000);
	assert_int_equal(out.sent, 70000);
	assert_int_equal(out.received, 63000);
	assert_int_equal(out.recent_sent, STATS_SAMPLES);
	assert_in_range(
	    out.recent_lost, STATS_SAMPLES / 10 - 1, STATS_SAMPLES / 10 + 1);
	assert_int_equal(out.rtt_min_ns, MS);
	assert_int_equal(out.rtt_max_ns, 7 * MS);
	report(70000 * 10 + STATS_WINDOW_MS + 1000);
	assert_int_equal(out.recent_sent, 0);
	assert_int_equal(out.rtt_avg_ns, 0);
	assert_int_equal(out.sent, 70000);
}

static void
last(void **state)
{
	uint32_t answered, lost;
	uint16_t i;

	(void)state;
	memset(&stats, 0, sizeof(stats));
	stats_last(&stats, at(0), 1000, 3, &answered, &lost);
	assert_int_equal(answered + lost, 0);
	for (i = 0; i < 5; i++)
		stats_sent(&stats, i, at(i * 100));
	stats_answer(&stats, 0, MS, 1);
	stats_answer(&stats, 2, MS, 1);
	stats_forget(&stats, 3);
	stats_last(&stats, at(1350), 1000, 3, &answered, &lost);
	assert_int_equal(answered, 2); /* 4 is open, 3 forgotten */
	assert_int_equal(lost, 1);
	stats_last(&stats, at(1400), 1000, 2, &answered, &lost);
	assert_int_equal(answered, 1);
	assert_int_equal(lost, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_yet),
		cmocka_unit_test(times),
		cmocka_unit_test(percentiles),
		cmocka_unit_test(losses),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(window),
		cmocka_unit_test(last),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
