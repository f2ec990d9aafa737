/* SPDX-License-Identifier: ISC */
/*
 * What operators asked for survives a restart: a hold, and the time of a
 * failover; and so does the flap cap.  All of it where traffic is found.
 */
#include "regress/unit/machine_story.h"

static void
next_run(struct story *s, int64_t elapsed_ms)
{
	struct machine_memory mem;

	machine_remember(&s->m, s->now, &mem);
	s->now = monotime_add_ms(s->now, elapsed_ms);
	machine_init(&s->m, &s->conf, 1, s->now, &s->all);
	note(s);
	machine_recall(&s->m, &s->conf, s->now, &mem, elapsed_ms);
	memset(s->alarms, 0, sizeof(s->alarms));
}

static void
adopt(struct story *s, uint32_t active)
{
	step(s, &(struct mevent){
		    .type = MEV_ADOPT, .uplink = active, .up = active != 0 });
	applied(s);
}

/* The next run begins elapsed_ms later, and finds traffic on this uplink. */
static void
restart(struct story *s, uint32_t active, int64_t elapsed_ms)
{
	next_run(s, elapsed_ms);
	adopt(s, active);
}

/* It ends before it has found out where traffic is. */
static void
restart_twice(struct story *s, uint32_t active, int64_t elapsed_ms)
{
	next_run(s, elapsed_ms);
	restart(s, active, 1000);
}

/* The primary works for so long. */
static void
good_for(struct story *s, int64_t ms)
{
	for (; ms > 0; ms -= 1000) {
		good(s);
		wait_ms(s, 1000);
	}
}

static void
test_hold_forever(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	ask(&s, MEV_HOLD, 0, 0);
	restart(&s, 1, 2000);
	in(&s, MACHINE_ON_BACKUP, 1);
	good_for(&s, 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	ask(&s, MEV_RELEASE, 0, 0);
	assert_true(s.ok);
	good_for(&s, 400 * 1000);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
}

/* Where traffic is takes netconf longer than a verdict may take. */
static void
test_found_late(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	ask(&s, MEV_HOLD, 0, 0);
	next_run(&s, 1000);
	event(&s, MEV_ALLOW, 1); /* as every start tells */
	wait_ms(&s, 2 * MACHINE_START_MS);
	event(&s, MEV_TICK, 0);
	in(&s, MACHINE_STARTING, 0);
	adopt(&s, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.m.held, 1);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 0);
}

/* A verdict has its time from then on. */
static void
test_found_late_at_home(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	ask(&s, MEV_HOLD, 0, 0);
	next_run(&s, 1000);
	wait_ms(&s, 2 * MACHINE_START_MS);
	adopt(&s, 0);
	in(&s, MACHINE_STARTING, 0);
	assert_int_equal(s.m.held, MACHINE_PRIMARY);
	wait_ms(&s, MACHINE_START_MS);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

/* A reload before that takes the held backup away. */
static void
test_held_is_removed(void **state)
{
	struct mevent ev = { .type = MEV_RELOAD };
	struct story s;
	uint32_t i;

	(void)state;
	away(&s, 1);
	ask(&s, MEV_HOLD, 0, 0);
	next_run(&s, 1000);
	for (i = 1; i < MACHINE_UPLINKS; i++)
		ev.map[i] = MACHINE_NONE;
	step(&s, &ev);
	step(&s, &ev); /* nor does another one bring it back */
	adopt(&s, 0);
	assert_int_equal(s.m.held, MACHINE_NONE);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 1);
}

static void
test_hold_ends(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	ask(&s, MEV_HOLD, 0, 3600 * 1000);
	wait_ms(&s, 600 * 1000);
	restart_twice(&s, 1, 100 * 1000);
	good_for(&s, 2890 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.m.held, 1);
	good_for(&s, 20 * 1000);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 1);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
}

static void
test_hold_ended_meanwhile(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	ask(&s, MEV_HOLD, 0, 600 * 1000);
	restart(&s, 1, 700 * 1000);
	wait_ms(&s, 0);
	assert_int_equal(s.m.held, MACHINE_NONE);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 1);
}

/* Also after a boot: the site is where it was held. */
static void
test_primary_held(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	ask(&s, MEV_HOLD, 0, 0);
	restart(&s, 0, 0);
	assert_int_equal(s.m.held, MACHINE_PRIMARY);
	good(&s);
	down(&s);
	wait_ms(&s, 3600 * 1000);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
	assert_int_equal(s.alarms[MALARM_HELD], 1);
	assert_int_equal(s.starts, 0);
}

/* After a boot it would hold traffic where nobody asked for it. */
static void
test_held_elsewhere(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	ask(&s, MEV_HOLD, 0, 0);
	restart(&s, 0, 0);
	assert_int_equal(s.m.held, MACHINE_NONE);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 1);
	assert_false(s.m.manual);
	/* and is not heard of again */
	restart(&s, 0, 0);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 0);
}

/* On the backup for ten minutes, since somebody asked for it. */
static void
on_trial(struct story *s, bool automatic)
{
	home(s, 1, true);
	s->conf.automatic = automatic;
	ask(s, MEV_FAILOVER, 1, 600 * 1000);
	dial(s, 1);
	assert_true(s->ok);
}

static void
test_failover_ends(void **state)
{
	struct story s;

	(void)state;
	on_trial(&s, false);
	good_for(&s, 100 * 1000);
	restart_twice(&s, 1, 3000);
	good_for(&s, 490 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	good_for(&s, 10 * 1000);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
	assert_int_equal(s.alarms[MALARM_UNCONFIRMED], 1);
}

/* Its time is over, and the primary is not good yet: still after a restart. */
static void
test_failover_ended(void **state)
{
	struct story s;

	(void)state;
	on_trial(&s, false);
	down(&s);
	restart(&s, 1, 700 * 1000);
	wait_ms(&s, 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.alarms[MALARM_UNCONFIRMED], 1);
	restart(&s, 1, 1000);
	assert_int_equal(s.alarms[MALARM_UNCONFIRMED], 0);
	good_for(&s, 2000);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
}

/* One that was confirmed, or had no end, stays until fallback. */
static void
test_failover_stays(void **state)
{
	struct story s;

	(void)state;
	on_trial(&s, true);
	ask(&s, MEV_CONFIRM, 0, 0);
	assert_true(s.ok);
	restart(&s, 1, 1000);
	good_for(&s, 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	ask(&s, MEV_FALLBACK, 0, 0);
	applied(&s);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
}

static void
fail_over_and_back(struct story *s)
{
	down(s);
	wait_ms(s, 10000);
	if (s->m.backup[1].link != MACHINE_LINK_UP)
		event(s, MEV_LINK_UP, 1);
	event(s, MEV_PROVED, 1);
	applied(s);
	in(s, MACHINE_ON_BACKUP, 1);
}

static void
test_flapping(void **state)
{
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	for (i = 0; i < 2; i++) {
		fail_over_and_back(&s);
		good_for(&s, 400 * 1000);
		assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
		if (s.m.backup[1].link == MACHINE_LINK_STOPPING)
			event(&s, MEV_LINK_DOWN, 1);
		good_for(&s, 40 * 1000);
		restart(&s, 0, 1000);
		good(&s);
		in(&s, MACHINE_ON_PRIMARY, 0);
	}
	fail_over_and_back(&s);
	assert_int_equal(s.alarms[MALARM_FLAP], 1);
	restart(&s, 1, 1000);
	good_for(&s, 3590 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	good_for(&s, 20 * 1000);
	assert_int_equal(s.m.want.active, MACHINE_PRIMARY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_forever),
		cmocka_unit_test(test_found_late),
		cmocka_unit_test(test_found_late_at_home),
		cmocka_unit_test(test_held_is_removed),
		cmocka_unit_test(test_hold_ends),
		cmocka_unit_test(test_hold_ended_meanwhile),
		cmocka_unit_test(test_primary_held),
		cmocka_unit_test(test_held_elsewhere),
		cmocka_unit_test(test_failover_ends),
		cmocka_unit_test(test_failover_ended),
		cmocka_unit_test(test_failover_stays),
		cmocka_unit_test(test_flapping),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
