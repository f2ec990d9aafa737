/* SPDX-License-Identifier: ISC */
/*
 * Stories of the way back: a backup that is lost, when the primary is trusted
 * again, and that nothing is hung up before traffic has left it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/machine_story.h"

/* ---- on the backup ---- */

static void
test_backup_lost_redial(void **state)
{
	struct story s;

	(void)state;
	away(&s, 2);
	wait_ms(&s, 120000);
	event(&s, MEV_LINK_DOWN, 1);
	in(&s, MACHINE_DIALING, 0);
	assert_true(did(&s, MACT_START, 1)); /* it had stood: at once */
	assert_int_equal(s.alarms[MALARM_BACKUP], 1);
	dial(&s, 1);
	assert_int_equal(s.m.nfailovers, 1); /* the same outage */
}

static void
test_backup_lost_primary_good(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	event(&s, MEV_LINK_DOWN, 1);
	in(&s, MACHINE_RETURNING, 0); /* no after, no stable */
	applied(&s);
	event(&s, MEV_TICK, 0);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

/* ---- the return ---- */

static void
test_no_hangup_before_verified(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	s.conf.uplink[1].drain_ms = 0;
	good(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	in(&s, MACHINE_RETURNING, 0);
	event(&s, MEV_APPLY_FAILED, 0);
	s.now = monotime_add_ms(s.now, 1000);
	event(&s, MEV_TICK, 0);
	assert_int_equal(s.stops, 0);
	assert_false(s.replied);
	event(&s, MEV_APPLIED, 0);
	event(&s, MEV_TICK, 0);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.stops, 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

static void
test_primary_bad_while_returning(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	in(&s, MACHINE_RETURNING, 0);
	applied(&s);
	down(&s);
	in(&s, MACHINE_ON_BACKUP, 1); /* no dial: it was still there */
	assert_int_equal(s.starts, 1);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.m.nfailovers, 2);
}

/* The story of an outage ends with the verified return, not with the drain. */
static void
begins(const struct story *s, enum mreason why)
{
	size_t i, ended = 0, begun = 0;

	for (i = 0; i < s->all.n; i++) {
		const struct maction *a = &s->all.list[i];

		if (a->type == MACT_EVENT_END) {
			assert_int_equal(a->reason, MWHY_NEXT);
			assert_int_equal(begun, 0);
			ended++;
		} else if (a->type == MACT_EVENT_BEGIN) {
			assert_int_equal(a->reason, why);
			begun++;
		}
	}
	assert_int_equal(ended, 1);
	assert_int_equal(begun, 1);
	assert_true(s->m.event);
}

static void
test_outage_while_draining(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	applied(&s);
	down(&s);
	in(&s, MACHINE_ON_BACKUP, 1);
	begins(&s, MWHY_PRIMARY_BAD);

	away(&s, 1); /* and the backup that drained is gone */
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	applied(&s);
	event(&s, MEV_LINK_DOWN, 1);
	applied(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	down(&s);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.ends, 1);
}

static void
test_asked_while_draining(void **state)
{
	struct story s;

	(void)state;
	away(&s, 2);
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	applied(&s);
	ask(&s, MEV_FAILOVER, 2, 60000);
	begins(&s, MWHY_ASKED);
	event(&s, MEV_PROVED, 2);
	in(&s, MACHINE_ON_BACKUP, 2);
	assert_true(monotime_valid(s.m.manual_until));

	away(&s, 2); /* called off again, which cuts nothing */
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	applied(&s);
	ask(&s, MEV_FAILOVER, 2, 0);
	in(&s, MACHINE_DIALING, 0);
	s.id--; /* both are answered now */
	ask(&s, MEV_FALLBACK, 0, 0);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.answer, MWHY_DRAINS);
	assert_int_equal(s.m.want.drain, 1);
	assert_int_not_equal(s.m.want.drain_ms, 0);
}

/* Asked again, what is left of old flows is cut. */
static void
test_drain_cut(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	ask(&s, MEV_FALLBACK, 0, 0);
	assert_int_equal(s.answer, MWHY_BUSY);
	s.id = 1; /* the first one is answered now */
	applied(&s);
	assert_int_equal(s.answer, MWHY_OK);
	assert_int_equal(machine_may_fallback(&s.m), MWHY_DRAINS);
	s.id = 2;
	ask(&s, MEV_FALLBACK, 0, 0);
	assert_true(did(&s, MACT_APPLY, MACHINE_NONE));
	assert_int_equal(s.m.want.drain, 1);
	assert_int_equal(s.m.want.drain_ms, 0);
	applied(&s);
	assert_false(s.replied);
	in(&s, MACHINE_RETURNING, 0);
	event(&s, MEV_DRAINED, 1);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.answer, MWHY_CUT);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.m.backup[1].link, MACHINE_LINK_STOPPING);
	ask(&s, MEV_FALLBACK, 0, 0);
	assert_int_equal(s.answer, MWHY_ALREADY);
}

/* netconf does not say: it is ended for it; or traffic is needed there again. */
static void
test_drain_cut_unheard(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	s.conf.after_ms = s.conf.stable_ms = 0;
	good(&s);
	in(&s, MACHINE_RETURNING, 0);
	assert_int_equal(machine_may_fallback(&s.m), MWHY_ALREADY);
	applied(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	applied(&s);
	wait_ms(&s, MACHINE_DRAIN_GRACE_MS);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.answer, MWHY_OK);
	in(&s, MACHINE_ON_PRIMARY, 0);

	away(&s, 1);
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	applied(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	down(&s);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_PRIMARY_BAD);
	in(&s, MACHINE_ON_BACKUP, 1);
}

/* Not verified, it was no return. */
static void
test_return_called_off(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	in(&s, MACHINE_RETURNING, 0);
	down(&s);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.ends, 0);
	assert_int_equal(s.m.nfailovers, 1);
}

static void
test_stable_counts_from_last_bad(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	wait_ms(&s, 600000);
	bad(&s);
	wait_ms(&s, 40000); /* rounds that were void */
	good(&s);
	wait_ms(&s, 19999);
	in(&s, MACHINE_ON_BACKUP, 1);
	wait_for(&s, MACHINE_RETURNING, 13000); /* up to 20 % more */
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_congested_never_returns(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	round_of(&s, 0, MSG_CONGESTED, MSG_CAUSE_NONE);
	wait_ms(&s, 3600000);
	in(&s, MACHINE_ON_BACKUP, 1);
	good(&s);
	in(&s, MACHINE_RETURNING, 0);
}

/* What is told of each condition and of all of them is one truth. */
static void
test_told(void **state)
{
	struct story s;
	struct machine_return r;
	int64_t most;

	(void)state;
	away(&s, 1);
	s.m.jitter = 173;
	for (good(&s); s.m.state == MACHINE_ON_BACKUP; wait_ms(&s, 7000)) {
		machine_return_due(&s.m, &s.conf, s.now, &r);
		most = r.after_ms > r.stable_ms ? r.after_ms : r.stable_ms;
		assert_int_equal(r.due_ms, most);
	}
	applied(&s);
	event(&s, MEV_DRAINED, 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

static void
test_flap_cap(void **state)
{
	struct story s;
	struct machine_return r;
	int i;

	(void)state;
	home(&s, 1, false);
	for (i = 0; i < 3; i++) {
		down(&s);
		event(&s, MEV_PROVED, 1);
		in(&s, MACHINE_ON_BACKUP, 1); /* never pins a dead primary */
		applied(&s);
		good(&s);
		if (i == 2)
			break;
		wait_ms(&s, 360000);
		applied(&s);
		event(&s, MEV_DRAINED, 1);
		in(&s, MACHINE_ON_PRIMARY, 0);
	}
	assert_int_equal(s.alarms[MALARM_FLAP], 1);
	wait_ms(&s, 3599000);
	in(&s, MACHINE_ON_BACKUP, 1);
	machine_return_due(&s.m, &s.conf, s.now, &r);
	assert_int_equal(r.flap_ms, 1000);
	assert_int_equal(r.due_ms, 1000);
	wait_ms(&s, 1000);
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_manual(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.automatic = false;
	down(&s);
	wait_ms(&s, 10000);
	dial(&s, 1);
	good(&s);
	wait_ms(&s, 24 * 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	bad(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_PRIMARY_NOT_GOOD);
	good(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	in(&s, MACHINE_RETURNING, 0);
	assert_false(s.replied);
	applied(&s);
	assert_true(s.replied && s.ok);
}

static void
test_shutdown(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.shutdown = true;
	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	assert_false(s.m.want.shut);
	applied(&s);
	event(&s, MEV_TICK, 0);
	assert_true(s.m.want.shut); /* only after the proof */
	applied(&s);
	carrier(&s, false); /* our own doing */
	wait_ms(&s, 300000);
	assert_false(s.m.want.shut); /* put up to be looked at */
	applied(&s);
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 72000);
	in(&s, MACHINE_RETURNING, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backup_lost_redial),
		cmocka_unit_test(test_backup_lost_primary_good),
		cmocka_unit_test(test_no_hangup_before_verified),
		cmocka_unit_test(test_primary_bad_while_returning),
		cmocka_unit_test(test_outage_while_draining),
		cmocka_unit_test(test_asked_while_draining),
		cmocka_unit_test(test_drain_cut),
		cmocka_unit_test(test_drain_cut_unheard),
		cmocka_unit_test(test_return_called_off),
		cmocka_unit_test(test_stable_counts_from_last_bad),
		cmocka_unit_test(test_congested_never_returns),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_flap_cap),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_shutdown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
