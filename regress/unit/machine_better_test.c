/* SPDX-License-Identifier: ISC */
/*
 * Stories of two backups: traffic is on the second, and the first, which
 * costs nothing or stands by hot, works again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/machine_story.h"

#define ROUND_MS 10000

/* Rounds through the first backup for so long, one after the other. */
static void
rounds(struct story *s, int64_t ms, enum msg_verdict verdict)
{
	for (; ms > 0 && s->m.want.active != 1; ms -= ROUND_MS) {
		round_of(s, 1, verdict,
		    verdict == MSG_GOOD ? MSG_CAUSE_NONE : MSG_CAUSE_UPSTREAM);
		applied(s);
		if (s->m.want.active != 1)
			wait_ms(s, ROUND_MS);
	}
}

/* On the second, an interface, since the first was dead, too. */
static void
on_second(struct story *s, bool dialed, bool free, uint32_t hot_ms)
{
	home(s, 2, dialed);
	s->conf.uplink[1].free = free;
	s->conf.uplink[1].hot_ms = hot_ms;
	event(s, MEV_TICK, 0);
	down(s);
	wait_ms(s, dialed ? 10000 : 0);
	if (dialed)
		failed(s, 1, MSG_LINK_NEXT);
	else
		unproved(s, 1, false);
	event(s, MEV_PROVED, 2);
	in(s, MACHINE_ON_BACKUP, 2);
	applied(s);
}

static void
test_back_to_the_first(void **state)
{
	struct story s;

	(void)state;
	on_second(&s, false, true, 0);
	assert_true(s.m.backup[1].kept);
	rounds(&s, 240000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 2); /* after 5m on the second */
	rounds(&s, 20000, MSG_BAD);
	rounds(&s, 110000, MSG_GOOD); /* stable counts from the last bad */
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.m.reason, MWHY_BETTER);
	assert_int_equal(s.m.want.drain, 2);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 2);
	assert_int_equal(s.m.nfailovers, 1);
	assert_false(s.m.backup[1].kept);
}

/* Without a round that is good nothing moves, whatever time has passed. */
static void
test_not_by_time(void **state)
{
	struct story s;

	(void)state;
	on_second(&s, false, true, 0);
	rounds(&s, 250000, MSG_GOOD);
	wait_ms(&s, 3600000); /* its proof is too old when it is due */
	in(&s, MACHINE_ON_BACKUP, 2);
	rounds(&s, 50000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 2);
	rounds(&s, 30000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 1);
}

/* One that costs by volume, or must be dialled, is left alone. */
static void
test_not_for_money(void **state)
{
	struct story s;

	(void)state;
	on_second(&s, false, false, 0);
	assert_false(s.m.backup[1].kept);
	rounds(&s, 3600000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 2);
	on_second(&s, true, true, 0);
	assert_false(s.m.backup[1].kept);
	wait_ms(&s, 3600000);
	in(&s, MACHINE_ON_BACKUP, 2);
	assert_int_equal(s.starts, 1);
}

/* A hot one is brought up again anyway, and then it is used. */
static void
test_hot(void **state)
{
	struct story s;

	(void)state;
	on_second(&s, true, false, 60000);
	wait_ms(&s, 400000);
	while (s.m.backup[1].link != MACHINE_LINK_STARTING)
		wait_ms(&s, 1000);
	event(&s, MEV_LINK_UP, 1);
	assert_true(s.m.backup[1].kept);
	rounds(&s, 50000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 2);
	rounds(&s, 20000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 1);
}

/* Where a person has put traffic, or holds it, it stays. */
static void
test_by_hand(void **state)
{
	struct story s;

	(void)state;
	on_second(&s, false, true, 0);
	ask(&s, MEV_HOLD, 0, 0);
	assert_false(s.m.backup[1].kept);
	rounds(&s, 600000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 2);
	ask(&s, MEV_RELEASE, 0, 0);
	assert_true(s.m.backup[1].kept);
	rounds(&s, 50000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 2);
	s.conf.automatic = false;
	rounds(&s, 600000, MSG_GOOD);
	in(&s, MACHINE_ON_BACKUP, 2);
}

/* The primary is better than all. */
static void
test_primary_first(void **state)
{
	struct story s;
	int i;

	(void)state;
	on_second(&s, false, true, 0);
	for (i = 0; i < 40 && s.m.state == MACHINE_ON_BACKUP; i++) {
		good(&s);
		rounds(&s, ROUND_MS, MSG_GOOD);
	}
	in(&s, MACHINE_RETURNING, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back_to_the_first),
		cmocka_unit_test(test_not_by_time),
		cmocka_unit_test(test_not_for_money),
		cmocka_unit_test(test_hot),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_primary_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
