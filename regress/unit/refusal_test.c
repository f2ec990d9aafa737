/* SPDX-License-Identifier: ISC */
/*
 * Refusals in the real parent: each names what is in the way, and until when.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wall.h"
#include "parent/cost.h"
#include "parent/ledger.h"
#include "parent/refusal.h"
#include "regress/unit/clock.h"
#include "regress/unit/local_time.h"
#include "regress/unit/parent_rig.h"

static const char site[] =
    "primary eth1 { target 198.51.100.7\n target 198.51.100.8 }\n"
    "backup stick {\n"
    "	interface wwan0 { start \"up\" stop \"down\" }\n"
    "	dial { redial 1 }\n"
    "	budget { dials 2 monthly 1 then refuse }\n"
    "	hours \"mon-fri 08:00-18:00\"\n"
    "}\n"
    "backup wan2\n";

static char said[REFUSAL_LEN];

/* The clock on the wall shows this, by local time. */
static void
it_is(int64_t t)
{
	struct timespec now;

	clock_set_ms = 0;
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
	clock_set_ms = (t - now.tv_sec) * 1000;
}

static void
expect(enum mreason why, uint32_t uplink, const char *text)
{
	refusal(why, uplink, said);
	if (strcmp(said, text) != 0)
		fprintf(stderr, "%s\n", said);
	CHECK(strcmp(said, text) == 0);
}

/* After the warning that its calls are used up, by an earlier run. */
static void
use_up(void)
{
	struct budget *b = &cost_entry(1)->budget;

	b->since_s = budget_began(
	    &parent->uplink[1].conf.budget, wall_now() / 1000000000);
	b->used[CONF_COST_DIALS] = 2;
	b->told[CONF_COST_DIALS] = 100;
	cost_reloaded();
}

static void
story_barred(void)
{
	it_is(at(2026, 11, 27, 18, 0)); /* a Friday */
	rig_home(site);
	expect(MWHY_BARRED, 1,
	    "budget or hours allow no call: stick: these are not its hours; "
	    "not before Mon 30 Nov 08:00");
	use_up();
	expect(MWHY_BARRED, 1,
	    "budget or hours allow no call: stick: its dials are used up; not "
	    "before Tue  1 Dec 08:00, unless more is granted");
	expect(MWHY_BARRED, MACHINE_NONE, "budget or hours allow no call");
}

/* Without a clock nobody can tell until when. */
static void
story_no_clock(void)
{
	it_is(1000);
	rig_home(site);
	use_up();
	expect(MWHY_BARRED, 1,
	    "budget or hours allow no call: stick: its dials are used up, "
	    "unless more is granted");
}

static void
story_held(void)
{
	rig_home(site);
	parent->machine.held_until =
	    monotime_add_ms(monotime_now(), 3599 * 1000 + 900);
	expect(MWHY_IS_HELD, 1, "not while traffic is held: for 3600 s more");
	parent->machine.held_until = (struct monotime){ 0 };
	expect(MWHY_IS_HELD, 1, "not while traffic is held: until release");
}

#define BUSY "another switch is under way: "

static void
story_busy(void)
{
	struct monotime soon;
	struct machine *m;

	rig_home(site);
	m = &parent->machine;
	soon = monotime_add_ms(monotime_now(), 29900);
	m->backup[1].link = MACHINE_LINK_STOPPING;
	m->backup[1].since = monotime_now();
	expect(MWHY_BUSY, 2, BUSY "stick is stopped, for 20 s at most");
	m->applied = false;
	expect(MWHY_BUSY, 2, BUSY "the network is being set");
	m->want.drain = 2;
	m->drain_until = soon;
	expect(MWHY_BUSY, 2, BUSY "old flows drain off wan2 for 20 s at most");
	m->drain_until = monotime_now();
	expect(MWHY_BUSY, 2, BUSY "old flows drain off wan2");
	m->drill.uplink = 1;
	m->try.uplink = 1;
	m->try.phase = MACHINE_TRY_PROVE;
	m->try.deadline = soon;
	expect(MWHY_BUSY, 2,
	    BUSY "drill of stick, which is proved, for 30 s at most");
	m->try.phase = MACHINE_TRY_WAIT;
	expect(MWHY_BUSY, 2, BUSY "drill of stick, which is tried in 30 s");
	m->try.hangup = true;
	expect(MWHY_BUSY, 2,
	    BUSY "drill of stick, which is hung up, for 30 s at most");
	m->request = 7;
	m->request_uplink = 1;
	m->try.phase = MACHINE_TRY_START;
	expect(MWHY_BUSY, 2,
	    BUSY "failover to stick, which is brought up, for 30 s at most");
	m->request_uplink = MACHINE_PRIMARY;
	m->request_until = soon;
	expect(MWHY_BUSY, 2, BUSY "fallback, for 30 s at most");
	m->request_cuts = true;
	expect(MWHY_BUSY, 2, BUSY "old flows are cut");
}

static void
story_others(void)
{
	rig_home(site);
	parent->machine.want.active = 2;
	expect(MWHY_AWAY, 1, "traffic is on the backup: wan2");
	strlcpy(parent->network_why, "rule: no", sizeof(parent->network_why));
	expect(MWHY_APPLY_FAILED, 1, "the network could not be set: rule: no");
	expect(MWHY_NOT_CALM, 1, "not while the primary is in doubt");
	parent->machine.primary.cause = MSG_CAUSE_UPSTREAM;
	expect(MWHY_IS_DOWN, 1, "not while the primary is down: upstream dead");
	parent->machine.state = MACHINE_SUSPECT;
	parent->machine.deadline = monotime_add_ms(monotime_now(), 29900);
	expect(MWHY_NOT_CALM, 1,
	    "not while the primary is in doubt: for 30 s at most");
	expect(MWHY_NOT_PROVED, 1, "the backup could not be proved: stick");
}

#define BAD "the primary is not good: upstream dead"

/* The primary is dead, and traffic has just come to a backup. */
static struct machine *
away(void)
{
	struct machine *m;

	rig_home(site);
	m = &parent->machine;
	m->state = MACHINE_ON_BACKUP;
	m->want.active = 2;
	m->primary.good = false;
	m->primary.cause = MSG_CAUSE_UPSTREAM;
	m->primary.last_bad = m->failover_at = monotime_now();
	m->jitter = 0;
	return m;
}

static void
story_primary_not_good(void)
{
	struct machine *m = away();

	expect(MWHY_PRIMARY_NOT_GOOD, 0,
	    BAD "; traffic returns by itself in 300 s at the earliest");
	m->flapping = true;
	expect(MWHY_PRIMARY_NOT_GOOD, 0,
	    BAD "; traffic returns by itself in 3600 s at the earliest");
	m->flapping = false;
	m->not_before = monotime_add_ms(monotime_now(), 400 * 1000);
	expect(MWHY_PRIMARY_NOT_GOOD, 0,
	    BAD "; traffic returns by itself in 400 s at the earliest");
	m->manual = true;
	expect(MWHY_PRIMARY_NOT_GOOD, 0, BAD);
	m->manual_until = monotime_add_ms(monotime_now(), 60 * 1000);
	expect(MWHY_PRIMARY_NOT_GOOD, 0,
	    BAD "; traffic returns by itself in 60 s at the earliest");
	m->held = 2;
	expect(MWHY_PRIMARY_NOT_GOOD, 0, BAD);
}

/* Just after a restart, or in a drought of bandwidth, it is not bad. */
static void
story_primary_not_bad(void)
{
	struct machine *m = away();

	m->primary.cause = MSG_CAUSE_NONE;
	m->primary.congested = true;
	expect(MWHY_PRIMARY_NOT_GOOD, 0,
	    "the primary is not good: congested; traffic returns by itself in "
	    "300 s at the earliest");
	m->primary.known = m->primary.congested = false;
	expect(MWHY_PRIMARY_NOT_GOOD, 0,
	    "the primary is not good: not judged yet; traffic returns by "
	    "itself in 300 s at the earliest");
	m->manual = true;
	expect(MWHY_PRIMARY_NOT_GOOD, 0,
	    "the primary is not good: not judged yet");
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}

STORY(barred)
STORY(no_clock)
STORY(held)
STORY(busy)
STORY(others)
STORY(primary_not_good)
STORY(primary_not_bad)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_barred),
		cmocka_unit_test(test_no_clock),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_primary_not_good),
		cmocka_unit_test(test_primary_not_bad),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
