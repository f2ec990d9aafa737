/* SPDX-License-Identifier: ISC */
/* When rounds are due, in virtual time; a month of it with a budget. */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prober/schedule.h"

static struct conf_uplink conf;
static struct schedule schedule;
static struct monotime now;
static unsigned short seed[3];

/* What happened since the start. */
static struct {
	double octets;
	uint32_t rounds;
	uint32_t early; /* before the delay was over */
	double bad_octets;
} sum;

static void
set_up(uint64_t budget)
{
	memset(&conf, 0, sizeof(conf));
	memset(&sum, 0, sizeof(sum));
	conf.probe.count = 3;
	conf.probe.interval_ms = 200;
	conf.probe.timeout_ms = 1000;
	conf.probe.delay_ms = 1000;
	conf.probe.retry = 1;
	conf.probe.success.kind = CONF_QUORUM_MOST;
	conf.probe.require.kind = CONF_QUORUM_ANY;
	conf.probe.budget = budget;
	conf.ntargets = 2;
	conf.target[0].address.family = AF_INET;
	conf.target[1].address.family = AF_INET;
	now = monotime_from_ns(INT64_C(1000000000));
	seed[0] = 157;
	schedule_init(&schedule, &conf, FAMILY_INET, now);
}

/* A round with so many probes that took so long; when the next is due. */
static int64_t
round_of(uint32_t verdict, uint32_t probes, int64_t ms, bool burst)
{
	double one = (double)conf_round_octets(&conf, FAMILY_INET) / 4;
	struct msg_round r = { .verdict = verdict, .began_ns = now.ns };
	uint32_t i;

	for (i = 0; i < probes; i++)
		schedule_sent(&schedule);
	sum.octets += one * probes;
	if (verdict == MSG_BAD)
		sum.bad_octets += one * probes;
	sum.rounds++;
	now = monotime_add_ms(now, ms);
	r.ended_ns = now.ns;
	if (verdict == MSG_GOOD)
		r.last_answer_ns = now.ns;
	schedule_round(&schedule, &r, burst, now);
	return monotime_ms_between(now, schedule.due);
}

static void
without_budget(void **state)
{
	struct monotime next;

	(void)state;
	set_up(0);
	assert_false(schedule_listens(&schedule));
	assert_true(schedule_look(&schedule, now, now, &next));
	assert_int_equal(round_of(MSG_GOOD, 4, 220, false), 1000);
	assert_false(schedule_look(&schedule, now, now, &next));
	assert_int_equal(next.ns, schedule.due.ns);
	assert_true(schedule_look(&schedule, now, next, &next));
	/* once again at once, then at leisure */
	assert_int_equal(round_of(MSG_BAD, 6, 1200, false), 0);
	assert_int_equal(round_of(MSG_CONGESTED, 6, 1200, false), 1000);
	assert_int_equal(round_of(MSG_BAD, 6, 1200, false), 1000);
	assert_int_equal(round_of(MSG_BAD, 6, 1200, false), 1000);
	assert_int_equal(round_of(MSG_GOOD, 4, 220, false), 1000);
	/* nothing spins */
	assert_int_equal(round_of(MSG_BAD, 0, 0, false), CONF_QUICK_MS);
	assert_int_equal(round_of(MSG_GOOD, 4, 220, true), 0);
	assert_int_equal(round_of(MSG_GOOD, 4, 20, true), CONF_QUICK_MS);
	schedule_hurry(&schedule, now);
	assert_true(schedule_look(&schedule, now, now, &next));
}

/* The pause begins with the answer, however late it was read. */
static void
from_the_answer(void **state)
{
	struct msg_round r = { .verdict = MSG_GOOD };

	(void)state;
	set_up(0);
	r.began_ns = now.ns;
	r.last_answer_ns = now.ns + 200 * INT64_C(1000000);
	now = monotime_add_ms(now, 230);
	r.ended_ns = now.ns;
	schedule_round(&schedule, &r, false, now);
	assert_int_equal(monotime_ms_between(now, schedule.due), 970);
}

/* Wait for the next round on a line that is busy until then; how long. */
static int64_t
wait_ms(struct monotime busy_until)
{
	struct monotime next, began = now, life;

	for (;;) {
		life = monotime_cmp(now, busy_until) < 0 ? now : busy_until;
		if (schedule_look(&schedule, life, now, &next))
			return monotime_ms_between(began, now);
		assert_true(monotime_cmp(next, now) > 0);
		now = next;
	}
}

static void
silence_is_looked_into(void **state)
{
	struct monotime never = { 0 };
	int64_t delay, ms;

	(void)state;
	set_up(8000000);
	assert_true(schedule_listens(&schedule));
	delay = conf_delay_ms(&conf, FAMILY_INET);
	assert_in_range(delay, 100000, 1000000);
	(void)wait_ms(never);
	/* idle all the time, or busy all the time: in its time */
	(void)round_of(MSG_GOOD, 4, 220, false);
	ms = wait_ms(never);
	assert_in_range(ms, delay, delay + 1000);
	(void)round_of(MSG_GOOD, 4, 220, false);
	ms = wait_ms(monotime_add_ms(now, 10 * delay));
	assert_in_range(ms, delay, delay + 1000);
	/* busy and then silent: at once */
	(void)round_of(MSG_GOOD, 4, 220, false);
	ms = wait_ms(monotime_add_ms(now, 20500));
	assert_in_range(ms, 21500, 23500);
	/* and a silence is looked into once */
	(void)round_of(MSG_GOOD, 4, 220, false);
	ms = wait_ms(never);
	assert_in_range(ms, delay, delay + 1000);
	/* just before a round */
	(void)round_of(MSG_GOOD, 4, 220, false);
	ms = wait_ms(monotime_add_ms(now, delay + 500));
	assert_in_range(ms, delay, delay + 1000);
	(void)round_of(MSG_GOOD, 4, 220, false);
	assert_in_range(wait_ms(never), 1000, 2000);
}

/* Traffic that stops and goes, as often as it can hurt. */
static void
spend(int64_t ms, double loss, struct monotime outage, int64_t outage_ms)
{
	struct monotime end = monotime_add_ms(now, ms), back;
	int64_t delay = conf_delay_ms(&conf, FAMILY_INET);

	back = monotime_add_ms(outage, outage_ms);
	while (monotime_cmp(now, end) < 0) {
		if (wait_ms(monotime_add_ms(now, nrand48(seed) % 60000)) <
		    delay - 1000)
			sum.early++;
		if (monotime_cmp(now, outage) >= 0 &&
		    monotime_cmp(now, back) < 0)
			(void)round_of(MSG_BAD, 6, 1200, false);
		else if (erand48(seed) < loss)
			(void)round_of(MSG_BAD, 6, 1400, false);
		else
			(void)round_of(MSG_GOOD, 4, 220, false);
	}
}

#define DAY INT64_C(86400000)

static void
a_month(void **state)
{
	static const uint64_t budget[] = { 1000000, 20000000, 500000000 };
	struct monotime never = { INT64_MAX / 2 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(budget) / sizeof(budget[0]); i++) {
		set_up(budget[i]);
		spend(31 * DAY, 0, never, 0);
		print_message("%.1f MB: %.1f spent by %u rounds, "
			      "%u of them for silence\n",
		    (double)budget[i] / 1e6, sum.octets / 1e6, sum.rounds,
		    sum.early);
		assert_true(sum.octets <= (double)budget[i]);
		assert_true(sum.octets > 0.9 * (double)budget[i]);
		assert_true(sum.early > 0);
		/* three days without a line are paid back */
		set_up(budget[i]);
		spend(31 * DAY, 0, monotime_add_ms(now, 5 * DAY), 3 * DAY);
		assert_true(sum.octets <= (double)budget[i]);
	}
}

/* Bad rounds are tried again whatever is left. */
static void
verdicts_come_first(void **state)
{
	int i;

	(void)state;
	set_up(1000000);
	for (i = 0; i < 2000; i++) {
		assert_int_equal(round_of(MSG_BAD, 6, 1200, false), 0);
		(void)round_of(MSG_GOOD, 4, 220, false);
	}
	assert_in_range(round_of(MSG_GOOD, 4, 220, false),
	    conf_delay_ms(&conf, FAMILY_INET),
	    2 * (uint64_t)conf_delay_ms(&conf, FAMILY_INET));
	/* and what says nothing is asked again at once only when it is paid */
	assert_true(round_of(MSG_VOID, 0, 100, false) > 1000);
	set_up(1000000);
	assert_int_equal(round_of(MSG_VOID, 0, 200, false), 1000);
}

/* Two families share what there is. */
static void
two_families(void **state)
{
	double all;

	(void)state;
	set_up(8000000);
	all = schedule.size;
	conf.target[1].address.family = AF_INET6;
	schedule_init(&schedule, &conf, FAMILY_INET, now);
	assert_true(schedule.size == all / 2);
	schedule_init(&schedule, &conf, FAMILY_INET6, now);
	assert_true(schedule.size == all / 2);
	assert_true(schedule.cost > 0);
}

/* What stands by is asked now and then, but a bad round is tried again. */
static void
standing_by(void **state)
{
	(void)state;
	set_up(0);
	schedule_every(&schedule, 60000);
	assert_int_equal(round_of(MSG_GOOD, 4, 100, false), 60000);
	assert_int_equal(round_of(MSG_BAD, 6, 1200, false), 0);
	assert_int_equal(round_of(MSG_BAD, 6, 1200, false), 60000);
	schedule_every(&schedule, 0);
	assert_int_equal(round_of(MSG_GOOD, 4, 100, false), 1000);
	schedule_every(&schedule, 10); /* never more often than configured */
	assert_int_equal(round_of(MSG_GOOD, 4, 100, false), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_budget),
		cmocka_unit_test(from_the_answer),
		cmocka_unit_test(silence_is_looked_into),
		cmocka_unit_test(a_month),
		cmocka_unit_test(verdicts_come_first),
		cmocka_unit_test(two_families),
		cmocka_unit_test(standing_by),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
