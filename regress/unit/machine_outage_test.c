/* SPDX-License-Identifier: ISC */
/*
 * Stories of outages: when traffic leaves the primary and when it stays, what
 * happens if there is nowhere to go, and the outage that is only the targets'.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/machine_story.h"

/* ---- outages ---- */

static void
test_normal_outage(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0);
	assert_true(did(&s, MACT_BURST, 0));
	bad(&s);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.starts, 0); /* dial after 10 s */
	wait_ms(&s, 9999);
	assert_int_equal(s.starts, 0);
	wait_ms(&s, 1);
	assert_int_equal(s.starts, 1);
	event(&s, MEV_LINK_UP, 1);
	in(&s, MACHINE_DIALING, 0); /* not before it is proved */
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.m.want.flush, 0);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 0);
	applied(&s);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 1);
	good(&s);
	wait_ms(&s, 299999);
	in(&s, MACHINE_ON_BACKUP, 1);
	wait_for(&s, MACHINE_RETURNING, 60001);
	in(&s, MACHINE_RETURNING, 0);
	assert_int_equal(s.m.want.drain, 1);
	assert_int_equal(s.stops, 0);
	event(&s, MEV_DRAINED, 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.stops, 1);
	hung_up(&s, 1);
	assert_int_equal(s.ends, 1);
}

static void
test_momentary_outage(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0);
	round_of(&s, 0, MSG_VOID, MSG_CAUSE_NONE);
	round_of(&s, 0, MSG_CONGESTED, MSG_CAUSE_NONE);
	in(&s, MACHINE_SUSPECT, 0);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0); /* counted afresh */
	wait_ms(&s, MACHINE_SUSPECT_MS);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.proves, 0);
}

static void
test_carrier_at_once(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	carrier(&s, false);
	in(&s, MACHINE_DIALING, 0);
	assert_true(did(&s, MACT_PROVE, 1));
	assert_int_equal(s.m.reason, MWHY_CARRIER);
}

static void
test_primary_returns_while_dialing(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 5000);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.starts, 0); /* dial after saved the call */
	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.stops, 1);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 0);
	assert_int_equal(s.m.nfailovers, 0);
}

/* A metered line is not probed for nothing. */
static void
test_proof_ends(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	assert_true(did(&s, MACT_PROVE, 1));
	unproved(&s, 1, false);
	assert_true(did(&s, MACT_PROBE_OFF, 1));

	home(&s, 1, false);
	down(&s);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_true(did(&s, MACT_PROBE_OFF, 1));

	home(&s, 1, false);
	down(&s);
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_true(did(&s, MACT_PROBE, 1));
	assert_false(did(&s, MACT_PROBE_OFF, 1));
}

/* Others change what was set, and win: told once, nothing moves. */
static void
test_network_taken(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	event(&s, MEV_APPLY_FAILED, 0);
	event(&s, MEV_APPLY_FAILED, 0);
	assert_int_equal(s.alarms[MALARM_APPLY], 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_false(s.m.applying);
}

/* ---- stranded ---- */

static void
test_stranded_by_primary(void **state)
{
	struct story s;

	(void)state;
	to_state(&s, MACHINE_STRANDED);
	in(&s, MACHINE_STRANDED, 0);
	assert_int_equal(s.alarms[MALARM_STRANDED], 1);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.ends, 1);
}

static void
test_stranded_by_backup(void **state)
{
	struct story s;

	(void)state;
	to_state(&s, MACHINE_STRANDED);
	wait_ms(&s, 5000);
	assert_int_equal(s.starts, 2);
	dial(&s, 1);
}

static void
test_stranded_leaves_traffic_on_carrier(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	carrier(&s, false);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	assert_int_equal(s.m.state, MACHINE_DIALING);
	applied(&s);
	event(&s, MEV_TICK, 0);
	hung_up(&s, 1);
	wait_ms(&s, 20000);
	event(&s, MEV_LINK_UP, 1);
	unproved(&s, 1, true); /* same, but the primary has no carrier */
	applied(&s);
	while (s.m.state == MACHINE_DIALING) {
		if (s.m.backup[1].link == MACHINE_LINK_STOPPING)
			event(&s, MEV_LINK_DOWN, 1);
		wait_ms(&s, 1000);
		if (s.m.try.phase == MACHINE_TRY_START)
			event(&s, MEV_LINK_UP, 1);
		if (s.m.try.phase == MACHINE_TRY_PROVE)
			unproved(&s, 1, false);
	}
	in(&s, MACHINE_STRANDED, 1); /* the link that is there */
	carrier(&s, true);
	in(&s, MACHINE_STRANDED, 0); /* primary first */
}

/* ---- the targets' fault ---- */

static void
test_target_only(void **state)
{
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	unproved(&s, 1, true);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.m.reason, MWHY_TARGET);
	assert_int_equal(s.alarms[MALARM_TARGET], 1);
	assert_int_equal(s.alarms[MALARM_STRANDED], 0);
	hung_up(&s, 1);
	for (i = 0; i < 599; i++) {
		wait_ms(&s, 1000);
		bad(&s);
	}
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.starts, 1); /* no repeated dials */
	good(&s);
	assert_int_equal(s.ends, 1);
	down(&s); /* a real outage dials without delay by the fault */
	wait_ms(&s, 10000);
	assert_int_equal(s.starts, 2);
}

static void
test_target_then_real(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	unproved(&s, 1, true);
	in(&s, MACHINE_ON_PRIMARY, 0);
	round_of(&s, 0, MSG_BAD, MSG_CAUSE_GATEWAY);
	in(&s, MACHINE_SUSPECT, 0);
	round_of(&s, 0, MSG_BAD, MSG_CAUSE_GATEWAY);
	in(&s, MACHINE_DIALING, 0);
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
}

static void
test_target_looked_at_again(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	unproved(&s, 1, true);
	wait_ms(&s, MACHINE_TARGET_MS);
	in(&s, MACHINE_DIALING, 0);
	event(&s, MEV_PROVED, 1); /* it was the primary after all */
	in(&s, MACHINE_ON_BACKUP, 1);
}

/* The targets die while on the backup: a dead primary is no better. */
static void
test_target_on_backup(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	in(&s, MACHINE_DIALING, 1);
	unproved(&s, 1, true);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.m.reason, MWHY_TARGET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal_outage),
		cmocka_unit_test(test_momentary_outage),
		cmocka_unit_test(test_carrier_at_once),
		cmocka_unit_test(test_primary_returns_while_dialing),
		cmocka_unit_test(test_proof_ends),
		cmocka_unit_test(test_network_taken),
		cmocka_unit_test(test_stranded_by_primary),
		cmocka_unit_test(test_stranded_by_backup),
		cmocka_unit_test(test_stranded_leaves_traffic_on_carrier),
		cmocka_unit_test(test_target_only),
		cmocka_unit_test(test_target_then_real),
		cmocka_unit_test(test_target_looked_at_again),
		cmocka_unit_test(test_target_on_backup),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
