/* SPDX-License-Identifier: ISC */
/*
 * Backups that stand by hot, in stories: kept up and proved while the primary
 * works, used at once when it does not, and missed aloud when they are lost.
 */
#include "machine_story.h"

#define EVERY 60000

/* On the primary, the first backup hot, its link up. */
static void
hot_home(struct story *s, uint32_t nbackups, bool dialed)
{
	begin(s, nbackups, dialed);
	s->conf.uplink[1].hot_ms = EVERY;
	machine_init(&s->m, &s->conf, 7, s->now, &s->all);
	event(s, MEV_ADOPT, MACHINE_NONE);
	applied(s);
	good(s);
	in(s, MACHINE_ON_PRIMARY, 0);
	if (!dialed)
		return;
	assert_true(did(s, MACT_START, 1));
	event(s, MEV_LINK_UP, 1);
	assert_true(did(s, MACT_KEEP, 1));
}

static void
good_of(struct story *s, uint32_t i)
{
	round_of(s, i, MSG_GOOD, MSG_CAUSE_NONE);
}

static void
ready(struct story *s, uint32_t nbackups, bool dialed)
{
	hot_home(s, nbackups, dialed);
	good_of(s, 1);
	assert_int_equal(machine_ready(&s->m, &s->conf, 1, s->now), MWHY_OK);
}

static void
bad_of(struct story *s, uint32_t i, bool same)
{
	struct mevent ev = { .type = MEV_ROUND,
		.uplink = i,
		.verdict = MSG_BAD,
		.cause = MSG_CAUSE_UPSTREAM,
		.same = same };

	step(s, &ev);
}

/* No carrier: one step, and the network is asked for. */
static void
test_at_once(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 2, true);
	carrier(&s, false);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_true(did(&s, MACT_APPLY, MACHINE_NONE));
	assert_true(did(&s, MACT_PROBE, 1)); /* and it is looked at */
	assert_int_equal(s.m.reason, MWHY_PROVED_BEFORE);
	assert_int_equal(s.proves, 0);
	assert_int_equal(s.starts, 1);
	/* dead, as it turns out: the next one */
	applied(&s);
	bad_of(&s, 1, false);
	bad_of(&s, 1, false);
	assert_int_equal(s.alarms[MALARM_BACKUP], 1);
	assert_int_equal(s.m.state, MACHINE_DIALING);
}

/* What the last proof is worth: two times every, and a round. */
static void
test_fresh(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, false);
	wait_ms(&s, 2 * EVERY + 9999);
	assert_int_equal(machine_ready(&s.m, &s.conf, 1, s.now), MWHY_OK);
	wait_ms(&s, 1);
	assert_int_equal(
	    machine_ready(&s.m, &s.conf, 1, s.now), MWHY_PROOF_OLD);
	carrier(&s, false);
	in(&s, MACHINE_DIALING, 0); /* as a cold one: */
	assert_true(did(&s, MACT_PROVE, 1));
}

/* One round lost: it must be asked again before traffic goes there. */
static void
test_doubted(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, false);
	bad_of(&s, 1, false);
	carrier(&s, false);
	in(&s, MACHINE_DIALING, 0);
	assert_true(did(&s, MACT_PROVE, 1));
}

/*
 * Beyond the first router the older proof does not count, since the targets
 * may be dead; it is renewed while the primary is in doubt.
 */
static void
test_upstream(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, false);
	wait_ms(&s, 1000);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0);
	assert_true(did(&s, MACT_PROBE, 1));
	good_of(&s, 1);
	wait_ms(&s, 1200);
	bad(&s);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.proves, 0);
}

static void
test_targets_dead(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, true);
	wait_ms(&s, 1000);
	down(&s);
	in(&s, MACHINE_DIALING, 0);
	assert_true(did(&s, MACT_PROVE, 1));
	unproved(&s, 1, true);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.alarms[MALARM_TARGET], 1);
	/* its link is good: it is not dialled again, neither now nor then */
	good(&s);
	wait_ms(&s, 1000);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.starts, 1);
}

/* A momentary outage: back to one round in a minute. */
static void
test_eager(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, false);
	bad(&s);
	assert_true(s.m.backup[1].eager);
	good(&s);
	assert_true(did(&s, MACT_KEEP, 1));
	in(&s, MACHINE_ON_PRIMARY, 0);
}

/* A hot one goes before cold ones that are written before it. */
static void
test_order(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 2, true);
	s.conf.uplink[2].hot_ms = EVERY;
	machine_init(&s.m, &s.conf, 7, s.now, &s.all);
	assert_true(did(&s, MACT_KEEP, 2));
	event(&s, MEV_ADOPT, MACHINE_NONE);
	good(&s);
	assert_int_equal(s.starts, 0);
	carrier(&s, false);
	in(&s, MACHINE_DIALING, 0);
	wait_ms(&s, 10000);
	assert_int_equal(s.starts, 1); /* as long as it is not ready */
	good_of(&s, 2);
	in(&s, MACHINE_ON_BACKUP, 2);
	hung_up(&s, 1);
}

/* Lost in standby: dialled again by its back-off, and people are told. */
static void
test_lost(void **state)
{
	struct story s;
	int i;

	(void)state;
	ready(&s, 1, true);
	event(&s, MEV_LINK_DOWN, 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(machine_ready(&s.m, &s.conf, 1, s.now), MWHY_NOT_UP);
	for (i = 0; i < 6; i++) {
		wait_ms(&s, 100000);
		if (s.m.backup[1].link == MACHINE_LINK_STARTING)
			failed(&s, 1, MSG_LINK_BACKOFF);
	}
	assert_true(s.starts > 2 && s.starts < 10);
	assert_int_equal(s.alarms[MALARM_NOT_READY], 1);
	assert_int_equal(s.alarms[MALARM_READY], 0);
	for (; s.m.backup[1].link != MACHINE_LINK_STARTING; i++) {
		assert_true(i < 100);
		wait_ms(&s, 10000);
	}
	event(&s, MEV_LINK_UP, 1);
	assert_int_equal(s.alarms[MALARM_READY], 0);
	good_of(&s, 1);
	assert_int_equal(s.alarms[MALARM_READY], 1);
	assert_int_equal(s.alarms[MALARM_NOT_READY], 1);
}

/* Its line is up but dead: hung up, and dialled again. */
static void
test_silent(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, true);
	bad_of(&s, 1, false);
	bad_of(&s, 1, false);
	assert_int_equal(s.stops, 1);
	hung_up(&s, 1);
	wait_ms(&s, 10000);
	assert_int_equal(s.starts, 2);
	assert_int_equal(s.alarms[MALARM_NOT_READY], 0); /* not for that */
}

/* The cap on failed dials holds for what keeps it up, too. */
static void
test_cap(void **state)
{
	struct story s;
	uint32_t i, starts;

	(void)state;
	ready(&s, 1, true);
	event(&s, MEV_LINK_DOWN, 1);
	for (i = 0; i < 3600 && s.m.nfailed_dials < MACHINE_DIAL_CAP; i++) {
		wait_ms(&s, 1000);
		if (s.m.backup[1].link == MACHINE_LINK_STARTING)
			failed(&s, 1, MSG_LINK_RETRY);
	}
	assert_int_equal(s.m.nfailed_dials, MACHINE_DIAL_CAP);
	starts = s.starts;
	for (i = 0; i < MACHINE_DIAL_CAP_GAP_MS / 1000 - 1; i++)
		wait_ms(&s, 1000);
	assert_int_equal(s.starts, starts);
	wait_ms(&s, 2000);
	assert_int_equal(s.starts, starts + 1);
}

/* An outage in the middle of a dial goes on with it, without dial after. */
static void
test_outage_while_dialled(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, true);
	wait_ms(&s, 61000);
	event(&s, MEV_LINK_DOWN, 1);
	assert_int_equal(s.starts, 2);
	down(&s);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.stops, 0);
	event(&s, MEV_LINK_UP, 1);
	assert_true(did(&s, MACT_PROVE, 1));
	/* and the other way round: the primary returns, the dial goes on */
	ready(&s, 1, true);
	event(&s, MEV_LINK_DOWN, 1);
	down(&s);
	wait_ms(&s, 5000);
	assert_int_equal(s.m.backup[1].link, MACHINE_LINK_STARTING);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.m.backup[1].link, MACHINE_LINK_STARTING);
	event(&s, MEV_LINK_UP, 1);
	assert_int_equal(s.stops, 0);
}

/* After the return it stands by again; it is never hung up. */
static void
test_return(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, true);
	carrier(&s, false);
	applied(&s);
	carrier(&s, true);
	good(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	assert_true(did(&s, MACT_KEEP, 1));
	applied(&s);
	wait_for(&s, MACHINE_ON_PRIMARY, 120000);
	in(&s, MACHINE_ON_PRIMARY, 0);
	wait_ms(&s, 1000);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.starts, 1);
}

static void
test_held(void **state)
{
	struct story s;

	(void)state;
	ready(&s, 1, true);
	ask(&s, MEV_HOLD, 0, 0);
	carrier(&s, false);
	in(&s, MACHINE_ON_PRIMARY, 0);
	/* it is kept up all the same, and an operator may use it */
	event(&s, MEV_LINK_DOWN, 1);
	wait_ms(&s, 6000);
	event(&s, MEV_LINK_UP, 1);
	good_of(&s, 1);
	ask(&s, MEV_FAILOVER, 1, 0);
	in(&s, MACHINE_ON_BACKUP, 1);
	applied(&s);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.proves, 0);
}

/* Not hot any more: hung up.  Hot under another number: kept up. */
static void
test_reload(void **state)
{
	struct mevent ev = { .type = MEV_RELOAD };
	struct story s;

	(void)state;
	ready(&s, 2, true);
	s.conf.uplink[2] = s.conf.uplink[1];
	s.conf.uplink[1] = (struct machine_uplink_conf){ .prove_ms = 10000 };
	ev.map[1] = 2;
	ev.map[2] = MACHINE_NONE;
	step(&s, &ev);
	applied(&s);
	assert_int_equal(s.stops, 0);
	assert_true(did(&s, MACT_KEEP, 2) || s.m.backup[2].kept);
	assert_int_equal(machine_ready(&s.m, &s.conf, 2, s.now), MWHY_OK);
	carrier(&s, false);
	in(&s, MACHINE_ON_BACKUP, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_doubted),
		cmocka_unit_test(test_upstream),
		cmocka_unit_test(test_targets_dead),
		cmocka_unit_test(test_eager),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_outage_while_dialled),
		cmocka_unit_test(test_return),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_reload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
