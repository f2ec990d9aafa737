/* SPDX-License-Identifier: ISC */
/* Which MAC a next hop has, in virtual time: moves, quarrels, lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "prober/hop.h"

static const uint8_t old[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t new[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t third[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 3 };
static struct hop hop;
static struct monotime now;

static void
pass(int64_t ms)
{
	now = monotime_add_ms(now, ms);
}

static int
uses(const uint8_t *mac)
{
	return hop.known && memcmp(hop.mac, mac, FRAME_MAC_LEN) == 0;
}

static enum hop_news
answers(const uint8_t *mac)
{
	return hop_answer(&hop, mac, now);
}

static void
ask(void)
{
	hop_asked(&hop, now);
	pass(1);
}

/* A probe through it, and whether it works. */
static int
probe(const uint8_t *working)
{
	int moved = hop_probe(&hop, now);

	pass(20);
	if (uses(working))
		hop_works(&hop, now);
	return moved;
}

static int
known(void **state)
{
	(void)state;
	memset(&hop, 0, sizeof(hop));
	now = monotime_from_ns(INT64_C(1000000000000));
	ask();
	assert_int_equal(answers(old), HOP_SAME);
	assert_true(uses(old));
	probe(old);
	pass(2000);
	return 0;
}

static void
asked(void **state)
{
	(void)state;
	assert_false(hop_wants_asking(&hop, now));
	assert_false(hop_is_asked(&hop, now));
	ask();
	assert_false(hop_wants_asking(&hop, now));
	assert_true(hop_is_asked(&hop, now));
	pass(200);
	assert_true(hop_wants_asking(&hop, now));
	assert_false(hop_is_asked(&hop, now));
	assert_int_equal(answers(old), HOP_SAME);
	assert_false(hop_wants_asking(&hop, now));
	pass(5000);
	assert_int_equal(answers(old), HOP_IGNORED);
	assert_int_equal(answers(new), HOP_IGNORED);
	assert_true(uses(old));
	memset(&hop, 0, sizeof(hop));
	assert_true(hop_wants_asking(&hop, now));
	assert_int_equal(answers(new), HOP_IGNORED);
	assert_false(hop.known);
}

/* A new router: the first answer is followed, but not one a moment later. */
static void
moves(void **state)
{
	(void)state;
	ask();
	assert_int_equal(answers(new), HOP_MOVED);
	assert_true(uses(new));
	probe(new);
	ask();
	assert_int_equal(answers(third), HOP_IGNORED);
	assert_true(uses(new));
	pass(1000);
	ask();
	assert_int_equal(answers(third), HOP_MOVED);
	assert_true(uses(third));
}

/* Flapping as fast as it can: once a second at most. */
static void
flaps(void **state)
{
	uint32_t i, n = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		ask();
		n += answers(i & 1 ? old : third) == HOP_MOVED;
		pass(9);
	}
	assert_in_range(n, 1, 11);
}

/* The liar is quicker than the router, again and again. */
static void
liar_first(void **state)
{
	int i;

	(void)state;
	ask();
	assert_int_equal(answers(new), HOP_MOVED);
	pass(1);
	assert_int_equal(answers(old), HOP_CONTESTED);
	assert_true(uses(old));
	for (i = 0; i < 100; i++) {
		assert_int_equal(probe(old), 0);
		assert_true(uses(old));
		pass(500);
		ask();
		assert_int_equal(answers(new), HOP_CONTESTED);
		assert_true(uses(old));
		pass(1);
		assert_int_equal(answers(old), HOP_SAME);
		assert_true(uses(old));
	}
}

static void
liar_second(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		ask();
		assert_int_equal(answers(old), HOP_SAME);
		assert_int_equal(answers(new), HOP_CONTESTED);
		assert_true(uses(old));
		assert_int_equal(probe(old), 0);
		pass(500);
	}
}

/* Both answer, and the one in use has stopped to work: the other is tried. */
static void
dead_one_is_left(void **state)
{
	int i, moved = 0;

	(void)state;
	for (i = 0; i < 10 && !moved; i++) {
		ask();
		answers(old);
		answers(new);
		moved = probe(new);
		pass(80);
	}
	assert_true(moved);
	assert_true(uses(new));
	assert_true(i <= 5);
	for (; i < 100; i++) {
		ask();
		answers(old);
		answers(new);
		assert_int_equal(probe(new), 0);
		pass(80);
	}
	assert_true(uses(new));
}

/* Neither works: each has its second, and the one that heals is found. */
static void
both_dead(void **state)
{
	int i, moved = 0;

	(void)state;
	for (i = 0; i < 100; i++) {
		ask();
		answers(old);
		answers(new);
		moved += probe(third);
		pass(80);
	}
	assert_in_range(moved, 2, 11);
	for (i = 0; i < 40; i++) {
		ask();
		answers(old);
		answers(new);
		probe(old);
		pass(80);
	}
	assert_true(uses(old));
}

/* A line that takes its time does not make us leave. */
static void
slow(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		ask();
		answers(old);
		answers(new);
		assert_int_equal(hop_probe(&hop, now), 0);
		/* the first time it is not known yet that it is slow */
		pass(i == 0 ? 200 : 390);
		assert_int_equal(hop_probe(&hop, now), 0);
		hop_works(&hop, now);
		pass(500);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(asked, known),
		cmocka_unit_test_setup(moves, known),
		cmocka_unit_test_setup(flaps, known),
		cmocka_unit_test_setup(liar_first, known),
		cmocka_unit_test_setup(liar_second, known),
		cmocka_unit_test_setup(dead_one_is_left, known),
		cmocka_unit_test_setup(both_dead, known),
		cmocka_unit_test_setup(slow, known),
	};

	return cmocka_run_group_tests_name("hop", tests, NULL, NULL);
}
