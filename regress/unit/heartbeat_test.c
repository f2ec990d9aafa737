/* SPDX-License-Identifier: ISC */
/* Who hangs, and who only waits. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent/heartbeat.h"

static struct heartbeat h;

static int
begin(void **state)
{
	(void)state;
	h = (struct heartbeat){ .ping = 1 };
	return 0;
}

/* So often the same, each with a ping of its own. */
static void
looks(int n, int waits, int late, enum heartbeat_says says)
{
	for (; n > 0; n--) {
		assert_int_equal(heartbeat_look(&h, waits, late), says);
		h.ping++;
	}
}

static void
who_answers_lives(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		h.pong = h.ping;
		looks(1, i % 2, 0, HEARTBEAT_GOOD);
	}
}

static void
who_is_silent_is_dead(void **state)
{
	(void)state;
	looks(HEARTBEAT_SILENT_MAX - 1, 0, 0, HEARTBEAT_GOOD);
	looks(1, 0, 0, HEARTBEAT_DEAD);
}

/* An answer that came too late for its own ping is none of the next one's. */
static void
an_answer_in_time_counts(void **state)
{
	(void)state;
	looks(1, 0, 0, HEARTBEAT_GOOD);
	h.pong = h.ping;
	looks(1, 0, 0, HEARTBEAT_GOOD);
	assert_int_equal(h.silent, 0);
	h.pong = h.ping - 1;
	looks(1, 0, 0, HEARTBEAT_GOOD);
	looks(1, 0, 0, HEARTBEAT_DEAD);
}

static void
what_we_missed_ourselves_tells_nothing(void **state)
{
	(void)state;
	looks(100, 0, 1, HEARTBEAT_GOOD);
	looks(100, 1, 1, HEARTBEAT_GOOD);
	assert_true(h.silent == 0 && h.waits == 0);
}

static void
who_waits_has_a_minute(void **state)
{
	(void)state;
	looks(1, 1, 0, HEARTBEAT_WAITS);
	looks(HEARTBEAT_WAITS_MAX - 1, 1, 0, HEARTBEAT_GOOD);
	looks(1, 1, 0, HEARTBEAT_DEAD);
	assert_true(HEARTBEAT_WAITS_MAX * HEARTBEAT_MS == 60000);
}

/* Told again the next time. */
static void
who_has_waited_answers_again(void **state)
{
	(void)state;
	looks(1, 1, 0, HEARTBEAT_WAITS);
	looks(5, 1, 0, HEARTBEAT_GOOD);
	h.pong = h.ping;
	looks(1, 0, 0, HEARTBEAT_AGAIN);
	h.pong = h.ping;
	looks(1, 0, 0, HEARTBEAT_GOOD);
	looks(1, 1, 0, HEARTBEAT_WAITS);
}

/* Out of one wait and into the next one: its minute goes on. */
static void
in_and_out(void **state)
{
	int i;

	(void)state;
	looks(1, 1, 0, HEARTBEAT_WAITS);
	for (i = 1; i < HEARTBEAT_WAITS_MAX; i++)
		looks(1, i % 2 == 0, 0, HEARTBEAT_GOOD);
	looks(1, 1, 0, HEARTBEAT_DEAD);
}

/* It came out and hangs all the same. */
static void
out_and_silent(void **state)
{
	(void)state;
	looks(1, 1, 0, HEARTBEAT_WAITS);
	looks(HEARTBEAT_SILENT_MAX - 1, 0, 0, HEARTBEAT_GOOD);
	looks(1, 0, 0, HEARTBEAT_DEAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_answers_lives, begin),
		cmocka_unit_test_setup(who_is_silent_is_dead, begin),
		cmocka_unit_test_setup(an_answer_in_time_counts, begin),
		cmocka_unit_test_setup(
		    what_we_missed_ourselves_tells_nothing, begin),
		cmocka_unit_test_setup(who_waits_has_a_minute, begin),
		cmocka_unit_test_setup(who_has_waited_answers_again, begin),
		cmocka_unit_test_setup(in_and_out, begin),
		cmocka_unit_test_setup(out_and_silent, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
