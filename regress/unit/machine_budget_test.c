/* SPDX-License-Identifier: ISC */
/*
 * Stories of a site whose backups may not cost any more, and of failures
 * that a restart does not forget.
 */
#include "regress/unit/machine_story.h"

static void
allow(struct story *s, uint32_t i, bool up)
{
	struct mevent ev = { .type = MEV_ALLOW, .uplink = i, .up = up };

	step(s, &ev);
	applied(s);
}

/* Nothing is left of the budget: no call, until more is granted. */
static void
test_refused(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	allow(&s, 1, false);
	down(&s);
	assert_int_equal(s.m.state, MACHINE_STRANDED);
	assert_int_equal(s.m.reason, MWHY_BARRED);
	wait_ms(&s, 3600 * 1000);
	assert_int_equal(s.starts, 0);
	ask(&s, MEV_FAILOVER, MACHINE_NONE, 0);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_BARRED);
	allow(&s, 1, true);
	wait_ms(&s, 1);
	assert_int_equal(s.starts, 1);
}

/* Another one may still be used. */
static void
test_the_other(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	allow(&s, 1, false);
	down(&s);
	wait_ms(&s, 10000);
	assert_int_equal(s.m.try.uplink, 2);
	assert_int_equal(s.proves, 1);
	assert_int_equal(s.starts, 0);
}

/* A call that is being placed, or carries traffic, is not cut. */
static void
test_not_cut(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	assert_int_equal(s.starts, 1);
	allow(&s, 1, false);
	assert_int_equal(s.stops, 0);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	assert_int_equal(s.m.state, MACHINE_ON_BACKUP);
	wait_ms(&s, 3600 * 1000);
	assert_int_equal(s.stops, 0);
	/* but it is left as soon as the primary is stable, not later */
	good(&s);
	wait_ms(&s, 2 * (int64_t)s.conf.stable_ms);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
}

static void
test_return_at_once(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.after_ms = 24 * 3600 * 1000;

	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	good(&s);
	wait_ms(&s, 2 * (int64_t)s.conf.stable_ms);
	assert_int_equal(s.m.want.active, 1);
	allow(&s, 1, false);
	wait_ms(&s, 1);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
}

/* One that is lost is not dialled again. */
static void
test_lost(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	allow(&s, 1, false);
	event(&s, MEV_LINK_DOWN, 1);
	wait_ms(&s, 3600 * 1000);
	assert_int_equal(s.m.state, MACHINE_STRANDED);
	assert_int_equal(s.starts, 1);
}

/* A hot one is hung up when its hours are over, and is no news. */
static void
test_hot(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].hot_ms = 60000;
	good(&s);
	assert_int_equal(s.starts, 1);
	event(&s, MEV_LINK_UP, 1);
	round_of(&s, 1, MSG_GOOD, MSG_CAUSE_NONE);
	allow(&s, 1, false);
	assert_int_equal(s.stops, 1);
	event(&s, MEV_LINK_DOWN, 1);
	wait_ms(&s, 3600 * 1000);
	assert_int_equal(s.starts, 1);
	assert_int_equal(s.alarms[MALARM_NOT_READY], 0);
	allow(&s, 1, true);
	wait_ms(&s, 60000);
	assert_int_equal(s.starts, 2);
}

/* The site starts again: after a power cut, nothing is known of the time. */
static void
again(struct story *s, int64_t elapsed_ms)
{
	struct machine_memory mem;

	machine_remember(&s->m, s->now, &mem);
	s->now = monotime_from_ns(5000000000);
	machine_init(&s->m, &s->conf, 1, s->now, &s->all);
	machine_recall(&s->m, &s->conf, s->now, &mem, elapsed_ms);
	s->starts = 0;
	memset(s->alarms, 0, sizeof(s->alarms));
	event(s, MEV_ADOPT, MACHINE_NONE);
	applied(s);
	good(s);
}

static void
test_refusals_remembered(void **state)
{
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	down(&s);
	for (i = 0; i < 2; i++) {
		wait_ms(&s, i == 0 ? 10000 : MACHINE_REFUSED_MS + 1);
		failed(&s, 1, MSG_LINK_REFUSED);
		event(&s, MEV_LINK_DOWN, 1);
	}
	assert_int_equal(s.starts, 2);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 0);
	again(&s, 0);
	down(&s);
	wait_ms(&s, MACHINE_REFUSED_MS - 1000);
	assert_int_equal(s.starts, 0);
	wait_ms(&s, 2000);
	assert_int_equal(s.starts, 1);
	failed(&s, 1, MSG_LINK_REFUSED);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 1);
	/* thrice: now it is an hour, and a restart is none */
	again(&s, 600 * 1000);
	down(&s);
	wait_ms(&s, MACHINE_GIVEUP_MS - 601 * 1000);
	assert_int_equal(s.starts, 0);
	wait_ms(&s, 2000);
	assert_int_equal(s.starts, 1);
}

/* A pause that dead targets made is none for the next outage. */
static void
test_target_forgotten(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.m.backup[1].not_before = monotime_add_ms(s.now, 3600 * 1000);
	s.m.backup[1].same = true;
	again(&s, 0);
	down(&s);
	wait_ms(&s, 10000);
	assert_int_equal(s.starts, 1);
}

static void
test_cap_remembered(void **state)
{
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].backoff_max_ms = 5000;

	down(&s);
	wait_ms(&s, 10000);
	for (i = 0; i < MACHINE_DIAL_CAP; i++) {
		failed(&s, 1, MSG_LINK_BACKOFF);
		event(&s, MEV_LINK_DOWN, 1);
		wait_ms(&s, 10000);
	}
	assert_int_equal(s.starts, MACHINE_DIAL_CAP);
	again(&s, 0);
	down(&s);
	wait_ms(&s, MACHINE_DIAL_CAP_GAP_MS - 20000);
	assert_int_equal(s.starts, 0);
	wait_ms(&s, 30000);
	assert_int_equal(s.starts, 1);
	/* an hour that is known to have passed is enough */
	again(&s, MACHINE_DIAL_CAP_EVERY_MS);
	down(&s);
	wait_ms(&s, 10000);
	assert_int_equal(s.starts, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_the_other),
		cmocka_unit_test(test_not_cut),
		cmocka_unit_test(test_return_at_once),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_hot),
		cmocka_unit_test(test_refusals_remembered),
		cmocka_unit_test(test_target_forgotten),
		cmocka_unit_test(test_cap_remembered),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
