/* SPDX-License-Identifier: ISC */
/*
 * Stories of operators: switching and holding by hand, and the daemon starting,
 * stopping and reloading in the middle of it all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/machine_story.h"

/* ---- by hand ---- */

static void
test_failover_by_hand(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	ask(&s, MEV_FAILOVER, 5, 0);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_NO_SUCH_UPLINK);
	ask(&s, MEV_FAILOVER, MACHINE_NONE, 0);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.starts, 1); /* no dial after */
	good(&s);
	in(&s, MACHINE_DIALING, 0); /* a good primary does not end it */
	failed(&s, 1, MSG_LINK_BACKOFF);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_NOT_STARTED);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.m.reason, MWHY_NOT_STARTED);
	ask(&s, MEV_FAILOVER, 1, 0);
	event(&s, MEV_LINK_UP, 1);
	unproved(&s, 1, false);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_NOT_PROVED);
	assert_int_equal(s.m.reason, MWHY_NOT_PROVED);
	in(&s, MACHINE_ON_PRIMARY, 0);
	hung_up(&s, 1);
	ask(&s, MEV_FAILOVER, 1, 0);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	assert_false(s.replied);
	assert_int_equal(s.m.want.drain, 0); /* the primary works */
	applied(&s);
	assert_true(s.replied && s.ok);
	good(&s);
	wait_ms(&s, 24 * 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1); /* not undone by the monitor */
	ask(&s, MEV_RELEASE, 0, 0);
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_failover_for(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	ask(&s, MEV_FAILOVER, 1, 60000);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	wait_ms(&s, 59999);
	in(&s, MACHINE_ON_BACKUP, 1);
	wait_ms(&s, 1);
	in(&s, MACHINE_RETURNING, 0);
	assert_int_equal(s.alarms[MALARM_UNCONFIRMED], 1);

	home(&s, 1, false);
	ask(&s, MEV_FAILOVER, 1, 60000);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	ask(&s, MEV_CONFIRM, 0, 0);
	assert_true(s.ok);
	wait_ms(&s, 3600000);
	in(&s, MACHINE_ON_BACKUP, 1);
	ask(&s, MEV_CONFIRM, 0, 0);
	assert_false(s.ok);
	assert_int_equal(s.answer, MWHY_NOTHING_TO_CONFIRM);

	home(&s, 1, false);
	ask(&s, MEV_FAILOVER, 1, 60000);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	ask(&s, MEV_FAILOVER, 1, 60000);
	assert_int_equal(s.answer, MWHY_STAYS_FOR);
	ask(&s, MEV_FAILOVER, 1, 0);
	assert_true(s.ok);
	assert_int_equal(s.answer, MWHY_STAYS_UNTIMED);
	wait_ms(&s, 3600000);
	in(&s, MACHINE_ON_BACKUP, 1);
	ask(&s, MEV_FAILOVER, 1, 0);
	assert_int_equal(s.answer, MWHY_STAYS);
}

static void
test_failover_between_backups(void **state)
{
	struct story s;

	(void)state;
	away(&s, 2);
	ask(&s, MEV_FAILOVER, 2, 0);
	in(&s, MACHINE_DIALING, 1); /* make before break */
	unproved(&s, 2, false);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_true(s.replied && !s.ok);
	ask(&s, MEV_FAILOVER, 2, 0);
	event(&s, MEV_PROVED, 2);
	in(&s, MACHINE_ON_BACKUP, 2);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.m.want.drain, 1);
	applied(&s);
	event(&s, MEV_DRAINED, 1);
	assert_int_equal(s.stops, 1);
}

static void
test_hold(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	ask(&s, MEV_HOLD, 0, 3600000);
	assert_true(s.ok);
	down(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.alarms[MALARM_HELD], 1);
	wait_ms(&s, 3600000);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 1);
	in(&s, MACHINE_DIALING, 0);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	ask(&s, MEV_HOLD, 0, 0);
	good(&s);
	wait_ms(&s, 24 * 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	event(&s, MEV_LINK_DOWN, 1);
	in(&s, MACHINE_DIALING, 1); /* only the held one is tried */
	assert_int_equal(s.alarms[MALARM_HELD], 2);
	ask(&s, MEV_RELEASE, 0, 0);
	assert_true(s.ok);
	assert_int_equal(s.m.want.active, 0);
	ask(&s, MEV_RELEASE, 0, 0);
	assert_false(s.ok);
}

/* Nothing had returned before what was said, and nothing after it. */
static void
one_outage(struct story *s)
{
	assert_true(s->m.event);
	assert_int_equal(s->begins, 1);
	assert_int_equal(s->ends, 0);
}

static void
test_one_outage(void **state)
{
	struct mevent changed = { .type = MEV_RELOAD, .map = { MACHINE_NONE } };
	struct story s;
	uint32_t backups;

	(void)state;
	for (backups = 0; backups < 2; backups++) {
		home(&s, backups, true); /* stranded, or dialing */
		down(&s);
		ask(&s, MEV_HOLD, 0, 3600000);
		in(&s, MACHINE_ON_PRIMARY, 0);
		wait_ms(&s, 3600000);
		one_outage(&s);
		ask(&s, MEV_HOLD, 0, 0);
		in(&s, MACHINE_ON_PRIMARY, 0);
		ask(&s, MEV_RELEASE, 0, 0);
		one_outage(&s);
		changed.map[1] = backups > 0 ? 1 : MACHINE_NONE;
		step(&s, &changed);
		in(&s, MACHINE_STARTING, 0);
		down(&s);
		assert_int_not_equal(s.m.state, MACHINE_STARTING);
		one_outage(&s);
		applied(&s);
		good(&s);
		assert_int_equal(s.ends, 1);
	}
}

/* ---- starting, stopping, reloading ---- */

static void
test_adoption(void **state)
{
	struct story s;
	struct mevent ev = { .type = MEV_ADOPT, .uplink = 1, .up = true };

	(void)state;
	begin(&s, 1, true);
	bad(&s);
	step(&s, &ev);
	in(&s, MACHINE_ON_BACKUP, 1);
	applied(&s);
	wait_ms(&s, 60000);
	assert_int_equal(s.starts + s.stops + s.proves, 0);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 0); /* told before */
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_start_dead(void **state)
{
	struct story s;
	struct mevent gone = { .type = MEV_ADOPT, .uplink = 1, .up = false };

	(void)state;
	begin(&s, 1, true);
	assert_true(did(&s, MACT_BURST, 0));
	step(&s, &gone); /* a left-over whose link is gone */
	in(&s, MACHINE_STARTING, 0);
	applied(&s);
	down(&s);
	in(&s, MACHINE_DIALING, 0);

	begin(&s, 1, true);
	event(&s, MEV_ADOPT, MACHINE_NONE);
	wait_ms(&s, MACHINE_START_MS);
	in(&s, MACHINE_ON_PRIMARY, 0); /* unknown is no outage */

	home(&s, 0, false);
	down(&s);
	in(&s, MACHINE_STRANDED, 0);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

/* What cannot be laid now is not dialled for, nor is it an event. */
static void
test_network_not_set(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 1, true);
	event(&s, MEV_ADOPT, MACHINE_NONE);
	good(&s);
	event(&s, MEV_APPLY_FAILED, 0);
	while (s.m.apply_fails < MACHINE_APPLY_TRIES) {
		s.now = s.m.apply_at;
		event(&s, MEV_TICK, 0);
		assert_int_equal(
		    event(&s, MEV_APPLY_FAILED, 0), MWHY_APPLY_FAILED);
	}
	in(&s, MACHINE_ON_PRIMARY, 0);
	ask(&s, MEV_FAILOVER, 1, 0);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_APPLY_FAILED);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.starts, 0);
	wait_ms(&s, MACHINE_APPLY_PAUSE_MS << MACHINE_APPLY_TRIES);
	applied(&s);
	ask(&s, MEV_FAILOVER, 1, 0);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.starts, 1);
}

static void
test_found_link_is_used(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 1, true);
	event(&s, MEV_LINK_UP, 1); /* pppd of a killed run */
	event(&s, MEV_ADOPT, MACHINE_NONE);
	applied(&s);
	down(&s);
	assert_true(did(&s, MACT_PROVE, 1));
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.starts, 0);
}

static bool
stop_clears(struct story *s)
{
	event(s, MEV_STOP, 0);
	assert_int_equal(s->all.list[s->all.n - 1].type, MACT_EXIT);
	assert_int_equal(event(s, MEV_TICK, 0), MWHY_STOPPING);
	return (s->all.n == 0 && s->m.stopped);
}

static bool
exit_clear(struct story *s, uint32_t id)
{
	struct mevent ev = { .type = MEV_STOP, .id = id };

	step(s, &ev);
	assert_int_equal(s->all.list[s->all.n - 1].id, id);
	return (s->all.list[s->all.n - 1].ok);
}

static void
test_stop(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	assert_true(exit_clear(&s, 0));
	away(&s, 1);
	assert_false(exit_clear(&s, 0)); /* never cuts a site off */
	away(&s, 1);
	assert_true(exit_clear(&s, 7)); /* unless that is asked for */
	away(&s, 1);
	good(&s);
	assert_true(exit_clear(&s, 0)); /* the primary is proved */
	home(&s, 1, true);
	assert_true(stop_clears(&s));
	begin(&s, 1, true);
	assert_false(exit_clear(&s, 0)); /* nothing is known yet */
}

static enum mreason
reload(struct story *s, uint32_t primary, uint32_t first, uint32_t second)
{
	struct mevent ev = { .type = MEV_RELOAD,
		.map = { primary, first, second } };

	return (step(s, &ev));
}

static void
test_reload(void **state)
{
	struct story s;

	(void)state;
	away(&s, 2);
	reload(&s, 0, 1, 2);
	in(&s, MACHINE_ON_BACKUP, 1); /* nothing changed */
	assert_int_equal(s.starts, 1);

	s.conf.uplink[3] = s.conf.uplink[1]; /* renumbered */
	s.conf.uplink[1] = s.conf.uplink[2];
	s.conf.uplink[2] = s.conf.uplink[3];
	reload(&s, 0, 2, 1);
	in(&s, MACHINE_ON_BACKUP, 2);
	applied(&s);
	assert_int_equal(s.m.verified, 2);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.m.backup[2].link, MACHINE_LINK_UP);

	s.conf.nuplinks = 2; /* the active one is removed */
	reload(&s, 0, 1, MACHINE_NONE);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.stops, 0);
	applied(&s);

	home(&s, 1, true);
	reload(&s, MACHINE_NONE, 1, MACHINE_NONE);
	in(&s, MACHINE_STARTING, 0);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failover_by_hand),
		cmocka_unit_test(test_failover_for),
		cmocka_unit_test(test_failover_between_backups),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_one_outage),
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_start_dead),
		cmocka_unit_test(test_network_not_set),
		cmocka_unit_test(test_found_link_is_used),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_reload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
