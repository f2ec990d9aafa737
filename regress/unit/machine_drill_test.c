/* SPDX-License-Identifier: ISC */
/* Stories of drills: while all is well, and when it does not stay so. */
#include "regress/unit/machine_story.h"

static void
drill(struct story *s, uint32_t i)
{
	ask(s, MEV_DRILL, i, 0);
	applied(s);
}

static void
test_good(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	drill(&s, MACHINE_NONE);
	assert_true(did(&s, MACT_DRILL_BEGIN, 1));
	assert_true(did(&s, MACT_START, 1));
	assert_false(s.replied);
	event(&s, MEV_LINK_UP, 1);
	assert_true(did(&s, MACT_PROVE, 1));
	in(&s, MACHINE_ON_PRIMARY, 0);
	event(&s, MEV_PROVED, 1);
	assert_true(did(&s, MACT_PROBE_OFF, 1));
	assert_true(did(&s, MACT_MEASURE, 1));
	assert_int_equal(s.stops, 0);
	in(&s, MACHINE_ON_PRIMARY, 0);
	event(&s, MEV_MEASURED, 1);
	assert_true(did(&s, MACT_DRILL_END, 1));
	assert_true(s.replied && s.ok);
	assert_int_equal(s.answer, MWHY_DRILLED);
	assert_int_equal(s.stops, 1);
	hung_up(&s, 1);
	/* it died young, but by our own will */
	assert_false(monotime_valid(s.m.backup[1].not_before));
	assert_int_equal(s.m.nfailed_dials, 0);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

/* An interface that is there is only proved; nobody measures for ever. */
static void
test_interface(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	drill(&s, 2);
	assert_int_equal(s.proves, 1);
	event(&s, MEV_PROVED, 2);
	assert_true(did(&s, MACT_MEASURE, 2));
	wait_ms(&s, CONF_MEASURE_MS);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.starts, 0);
	assert_int_equal(s.stops, 0);
}

static void
test_failed(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	drill(&s, 1);
	failed(&s, 1, MSG_LINK_BACKOFF);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_NOT_STARTED);
	assert_int_equal(s.alarms[MALARM_DRILL], 1);
	wait_ms(&s, 3600 * 1000);
	assert_int_equal(s.starts, 1);
	/* unproved: hung up, and that is told */
	drill(&s, 1);
	event(&s, MEV_LINK_UP, 1);
	unproved(&s, 1, false);
	assert_int_equal(s.answer, MWHY_NOT_PROVED);
	assert_int_equal(s.alarms[MALARM_DRILL], 2);
	assert_int_equal(s.stops, 1);
	hung_up(&s, 1);
	/* lost while it is measured */
	wait_ms(&s, 3600 * 1000);
	drill(&s, 1);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	event(&s, MEV_LINK_DOWN, 1);
	assert_int_equal(s.answer, MWHY_LINK_FAILED);
	assert_int_equal(s.alarms[MALARM_DRILL], 3);
	/* one that never ends */
	wait_ms(&s, 3600 * 1000);
	drill(&s, 1);
	wait_ms(&s, 60000);
	assert_int_equal(s.alarms[MALARM_DRILL], 4);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 0);
}

/* The outage comes while it is dialled: that is the call that is needed. */
static void
test_taken_while_dialled(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	drill(&s, 1);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0);
	assert_false(s.replied);
	bad(&s);
	in(&s, MACHINE_DIALING, 0);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_TAKEN);
	assert_int_equal(s.alarms[MALARM_DRILL], 0);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.starts, 1);
	assert_int_equal(s.stops, 0);
}

/* Or while it is measured: it is proved again at once, and used. */
static void
test_taken_while_measured(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	uplink(&s, 2, true);
	s.m.backup[2].link = MACHINE_LINK_DOWN;
	drill(&s, 2);
	event(&s, MEV_LINK_UP, 2);
	event(&s, MEV_PROVED, 2);
	carrier(&s, false);
	in(&s, MACHINE_DIALING, 0);
	assert_true(did(&s, MACT_PROVE, 2));
	event(&s, MEV_PROVED, 2);
	in(&s, MACHINE_ON_BACKUP, 2);
	assert_int_equal(s.starts, 1);
	assert_int_equal(s.stops, 0);
}

/* A blip takes nothing: the drill goes on. */
static void
test_suspect(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	drill(&s, 1);
	bad(&s);
	good(&s);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	event(&s, MEV_MEASURED, 1);
	assert_true(s.replied && s.ok);
}

static void
refused(struct story *s, enum mreason why)
{
	uint32_t starts = s->starts;

	drill(s, 1);
	assert_true(s->replied && !s->ok);
	assert_int_equal(s->answer, why);
	assert_int_equal(s->starts, starts);
}

static void
test_refused(void **state)
{
	struct story s;
	struct mevent bar = { .type = MEV_ALLOW, .uplink = 1 };

	(void)state;
	begin(&s, 1, true);
	refused(&s, MWHY_NOT_YET);
	home(&s, 1, true);
	bad(&s);
	refused(&s, MWHY_NOT_CALM);
	good(&s);
	round_of(&s, 0, MSG_CONGESTED, MSG_CAUSE_CONGESTED);
	refused(&s, MWHY_NOT_CALM);
	good(&s);
	ask(&s, MEV_HOLD, 0, 0);
	refused(&s, MWHY_IS_HELD);
	ask(&s, MEV_RELEASE, 0, 0);
	step(&s, &bar);
	refused(&s, MWHY_BARRED);
	bar.up = true;
	step(&s, &bar);
	ask(&s, MEV_DRILL, 7, 0);
	assert_int_equal(s.answer, MWHY_NO_SUCH_UPLINK);
	to_state(&s, MACHINE_ON_BACKUP);
	refused(&s, MWHY_AWAY);
	to_state(&s, MACHINE_DIALING);
	refused(&s, MWHY_IS_DOWN);
	to_state(&s, MACHINE_STRANDED);
	refused(&s, MWHY_IS_DOWN);
	to_state(&s, MACHINE_SUSPECT);
	refused(&s, MWHY_NOT_CALM);
	to_state(&s, MACHINE_RETURNING);
	applied(&s);
	in(&s, MACHINE_RETURNING, 0); /* it drains */
	refused(&s, MWHY_BUSY);
	home(&s, 2, true);
	ask(&s, MEV_FAILOVER, 1, 0);
	refused(&s, MWHY_BUSY); /* the primary is well */
}

/* One at a time; an operator's switch comes first. */
static void
test_failover_asked(void **state)
{
	struct story s;
	uint32_t first;

	(void)state;
	home(&s, 2, true);
	drill(&s, 1);
	first = s.id;
	s.id++;
	s.replied = false;
	step(
	    &s, &(struct mevent){ .type = MEV_DRILL, .uplink = 2, .id = s.id });
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_BUSY);
	s.id = first;
	s.replied = false;
	step(&s, &(struct mevent){
		     .type = MEV_FAILOVER, .uplink = 2, .id = first + 5 });
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_TAKEN);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.m.try.uplink, 2);
	assert_true(did(&s, MACT_STOP, 1));
}

/* A hot one is proved as it is, and stays up. */
static void
test_hot(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].hot_ms = 60000;
	good(&s);
	event(&s, MEV_LINK_UP, 1);
	round_of(&s, 1, MSG_GOOD, MSG_CAUSE_NONE);
	drill(&s, 1);
	assert_true(did(&s, MACT_PROVE, 1));
	event(&s, MEV_PROVED, 1);
	event(&s, MEV_MEASURED, 1);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.starts, 1);
	assert_int_equal(s.stops, 0);
	assert_true(s.m.backup[1].kept);
}

static void
test_reload(void **state)
{
	struct mevent ev = { .type = MEV_RELOAD };
	struct story s;
	uint32_t i;

	(void)state;
	home(&s, 2, true);
	drill(&s, 1);
	for (i = 0; i < MACHINE_UPLINKS; i++)
		ev.map[i] = i;
	step(&s, &ev);
	assert_false(s.replied);
	assert_int_equal(s.m.drill.uplink, 1);
	ev.map[1] = MACHINE_NONE;
	step(&s, &ev);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_CALLED_OFF);
	assert_int_equal(s.m.drill.uplink, MACHINE_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_taken_while_dialled),
		cmocka_unit_test(test_taken_while_measured),
		cmocka_unit_test(test_suspect),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_failover_asked),
		cmocka_unit_test(test_hot),
		cmocka_unit_test(test_reload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
