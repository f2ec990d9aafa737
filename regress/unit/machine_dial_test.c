/* SPDX-License-Identifier: ISC */
/*
 * Stories of dials: those that fail and the pauses between them, when the next
 * backup has its turn, and how many calls an hour a line may cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/machine_story.h"

/* ---- dials that fail ---- */

static void
test_dial_fails_then_next(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	down(&s);
	wait_ms(&s, 10000);
	assert_int_equal(s.proves, 0); /* what is written first goes first */
	failed(&s, 1, MSG_LINK_BACKOFF);
	assert_true(did(&s, MACT_PROVE, 2)); /* the other, while it pauses */
	unproved(&s, 2, false);
	assert_int_equal(s.starts, 1);
	wait_ms(&s, 4999);
	assert_int_equal(s.starts, 1); /* the first pause has no jitter */
	wait_ms(&s, 1);
	assert_int_equal(s.starts, 2);
	failed(&s, 1, MSG_LINK_BACKOFF);
	wait_ms(&s, 12000); /* 10 s +- 20 % */
	assert_int_equal(s.starts, 3);
	assert_int_equal(s.proves, 1);
	failed(&s, 1, MSG_LINK_BACKOFF);
	in(&s, MACHINE_STRANDED, 0); /* redial 3 used up */
	assert_int_equal(s.stops, 0);
}

/* Of two modems each is dialled while the other one pauses. */
static void
test_in_turn(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	uplink(&s, 2, true);
	s.conf.uplink[2].redial = 2;
	s.m.backup[2].link = MACHINE_LINK_DOWN;
	down(&s);
	wait_ms(&s, 10000);
	failed(&s, 1, MSG_LINK_BACKOFF);
	assert_int_equal(s.m.try.uplink, 2);
	assert_true(did(&s, MACT_START, 2));
	wait_ms(&s, 6000); /* the first one could be dialled again */
	assert_int_equal(s.starts, 2); /* but there is one try at a time */
	failed(&s, 2, MSG_LINK_BACKOFF);
	assert_true(did(&s, MACT_START, 1));
	wait_ms(&s, 1000);
	failed(&s, 1, MSG_LINK_BACKOFF); /* pauses 8 s at least */
	assert_int_equal(s.starts, 3);
	wait_ms(&s, 4000); /* 5 s since the second one failed */
	assert_int_equal(s.starts, 4);
	assert_int_equal(s.m.try.uplink, 2);
	failed(&s, 2, MSG_LINK_BACKOFF); /* that was its redial 2 */
	wait_ms(&s, 12000);
	assert_int_equal(s.starts, 5);
	assert_int_equal(s.m.try.uplink, 1);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.stops, 0);
}

static void
test_classes(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	down(&s);
	wait_ms(&s, 10000);
	failed(&s, 1, MSG_LINK_RETRY);
	assert_int_equal(s.starts, 2); /* at once, once */
	failed(&s, 1, MSG_LINK_RETRY);
	assert_int_equal(s.starts, 2);
	wait_ms(&s, 12000);
	assert_int_equal(s.starts, 3);
	failed(&s, 1, MSG_LINK_GIVEUP);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 1);
	unproved(&s, 2, false);
	in(&s, MACHINE_STRANDED, 0);
	wait_ms(&s, 30 * 60 * 1000);
	assert_int_equal(s.starts, 3); /* no endless redial */
	wait_ms(&s, 31 * 60 * 1000);
	assert_int_equal(s.starts, 4); /* but never none */
}

/* A wrong password: few tries, far apart, and a reload may have cured it. */
static void
test_refused(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	failed(&s, 1, MSG_LINK_REFUSED);
	in(&s, MACHINE_STRANDED, 0);
	wait_ms(&s, MACHINE_REFUSED_MS - 1000);
	assert_int_equal(s.starts, 1);
	wait_ms(&s, 2000);
	assert_int_equal(s.starts, 2);
	failed(&s, 1, MSG_LINK_REFUSED);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 0);
	wait_ms(&s, MACHINE_REFUSED_MS + 1000);
	assert_int_equal(s.starts, 3);
	failed(&s, 1, MSG_LINK_REFUSED);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 1);
	wait_ms(&s, 30 * 60 * 1000);
	assert_int_equal(s.starts, 3);
	event(&s, MEV_RELOAD, 0);
	assert_int_equal(s.starts, 4);
	failed(&s, 1, MSG_LINK_REFUSED);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 1);
}

/* Without a port there is no call: no cap, and it may come back any time. */
static void
test_uncalled(void **state)
{
	struct mevent ev = { .type = MEV_LINK_FAILED,
		.uplink = 1,
		.class = MSG_LINK_BACKOFF,
		.uncalled = true };
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	for (i = 0; i < 2 * MACHINE_DIAL_CAP; i++) {
		assert_int_equal(s.starts, i + 1);
		step(&s, &ev);
		wait_ms(&s, MACHINE_UNCALLED_MS * 12 / 10);
	}
	assert_int_equal(s.alarms[MALARM_DIAL_CAP], 0);
}

/* From a failure to the next start. */
static int64_t
pause_ms(struct story *s, int64_t max_ms)
{
	struct monotime from = s->now;
	uint32_t starts = s->starts;

	failed(s, 1, MSG_LINK_BACKOFF);
	while (s->starts == starts &&
	       monotime_sub(s->now, from) < max_ms * 1000000)
		wait_ms(s, 100);
	return (monotime_sub(s->now, from) / 1000000);
}

static void
test_backoff(void **state)
{
	struct story s;
	int64_t want, ms;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].redial = 9;
	s.conf.uplink[1].backoff_max_ms = 40000;
	down(&s);
	wait_ms(&s, 10000);
	assert_int_equal(pause_ms(&s, 60000), 5000);
	for (want = 10000; want <= 80000; want *= 2) {
		ms = pause_ms(&s, 60000);
		assert_true(ms >= (want > 40000 ? 40000 : want) * 8 / 10);
		assert_true(
		    ms <= (want > 40000 ? 40000 : want) * 12 / 10 + 100);
	}
	dial(&s, 1);
	wait_ms(&s, 59000); /* too short a life: no fresh start */
	event(&s, MEV_LINK_DOWN, 1);
	assert_false(did(&s, MACT_START, 1));
	wait_ms(&s, 48100);
	dial(&s, 1);
	wait_ms(&s, 60000);
	event(&s, MEV_LINK_DOWN, 1);
	assert_true(did(&s, MACT_START, 1));
	assert_int_equal(pause_ms(&s, 60000), 5000);
}

static void
test_start_deadline(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000 + 60000);
	assert_int_equal(s.stops, 1); /* silence until the deadline */
	hung_up(&s, 1);
	wait_ms(&s, 5000);
	assert_int_equal(s.starts, 2);
}

/* One that needs no call may cost money as well. */
static void
test_after_without_a_call(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, false);
	s.conf.uplink[1].dial_after_ms = 90000;
	down(&s);
	assert_int_equal(s.m.state, MACHINE_DIALING);
	assert_int_equal(s.proves, 0); /* nor is the next one in its place */
	wait_ms(&s, 89000);
	assert_int_equal(s.proves, 0);
	wait_ms(&s, 1000);
	assert_int_equal(s.proves, 1);
	assert_int_equal(s.m.try.uplink, 1);
}

/* Traffic is on an interface, and the primary is dead since this moment. */
static void
down_on_backup(struct story *s)
{
	home(s, 1, false);
	s->conf.uplink[1].dial_after_ms = 90000;
	down(s);
	wait_ms(s, 90000);
	event(s, MEV_PROVED, 1);
	applied(s);
	wait_ms(s, 61000); /* no back-off */
	good(s);
	down(s);
	in(s, MACHINE_ON_BACKUP, 1);
	s->proves = 0;
}

/* What carries traffic costs money already: that is not put off again. */
static void
test_after_not_for_active(void **state)
{
	struct story s;

	(void)state;
	down_on_backup(&s);
	event(&s, MEV_LINK_DOWN, 1);
	assert_int_equal(s.proves, 1);
	down_on_backup(&s);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	in(&s, MACHINE_DIALING, 1);
	assert_int_equal(s.proves, 1);
}

/* ---- how many ---- */

/* A primary that is dead and alive in turn, or a prober that says so. */
static void
test_changing_rounds_do_not_dial(void **state)
{
	struct monotime end;
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].dial_after_ms = 0;
	end = monotime_add_ms(s.now, 3600000);
	while (monotime_cmp(s.now, end) < 0) {
		down(&s);
		wait_ms(&s, 1000);
		if (s.m.backup[1].link == MACHINE_LINK_STARTING)
			event(&s, MEV_LINK_UP, 1);
		if (s.m.try.phase == MACHINE_TRY_PROVE)
			event(&s, MEV_PROVED, 1);
		applied(&s);
		if (s.m.state == MACHINE_ON_BACKUP) {
			round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
			round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
		}
		good(&s);
		applied(&s);
		wait_ms(&s, 1000);
		if (s.m.backup[1].link == MACHINE_LINK_STOPPING)
			hung_up(&s, 1);
		applied(&s);
	}
	assert_true(s.starts >= 3); /* never none */
	assert_true(s.starts <= 20);
}

/* Dials called off long ago do not hold up the one that is needed. */
static void
test_called_off_long_ago(void **state)
{
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].dial_after_ms = 0;
	for (i = 0; i < 10; i++) {
		down(&s);
		good(&s);
		if (s.m.backup[1].link == MACHINE_LINK_STOPPING)
			hung_up(&s, 1);
		wait_ms(&s, 600000);
	}
	s.starts = 0;
	down(&s);
	assert_int_equal(s.starts, 1);
}

static void
test_dial_cap(void **state)
{
	struct story s;
	int minute;
	uint32_t at_hour;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].backoff_max_ms = 5000;
	down(&s);
	for (minute = 0; minute < 60; minute++) {
		if (s.m.try.phase == MACHINE_TRY_START)
			failed(&s, 1, MSG_LINK_BACKOFF);
		wait_ms(&s, 60000);
	}
	assert_int_equal(s.alarms[MALARM_DIAL_CAP], 1);
	at_hour = s.starts;
	assert_true(at_hour >= 12 && at_hour <= 18);
	for (minute = 0; minute < 600; minute++) {
		if (s.m.try.phase == MACHINE_TRY_START)
			failed(&s, 1, MSG_LINK_BACKOFF);
		wait_ms(&s, 60000);
	}
	assert_true(s.starts - at_hour >= 50); /* never none */
	assert_true(s.starts - at_hour <= 125); /* 12 an hour at most */
	in(&s, MACHINE_STRANDED, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dial_fails_then_next),
		cmocka_unit_test(test_in_turn),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_uncalled),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_start_deadline),
		cmocka_unit_test(test_after_without_a_call),
		cmocka_unit_test(test_after_not_for_active),
		cmocka_unit_test(test_changing_rounds_do_not_dial),
		cmocka_unit_test(test_called_off_long_ago),
		cmocka_unit_test(test_dial_cap),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
