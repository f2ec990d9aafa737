/* SPDX-License-Identifier: ISC */
/* Moments and lengths, and the wall clock that is for printing only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/monotime.h"
#include "common/wall.h"

#define SECOND_NS INT64_C(1000000000)

static void
test_arithmetic(void **state)
{
	struct monotime t = monotime_from_ns(5 * SECOND_NS);
	struct monotime u = monotime_add_ms(t, 1500);

	(void)state;
	assert_false(monotime_valid((struct monotime){ 0 }));
	assert_true(monotime_valid(t));
	assert_int_equal(u.ns, 6500000000);
	assert_int_equal(monotime_add_ns(t, -7).ns, 4999999993);
	assert_int_equal(monotime_sub(u, t), 1500000000);
	assert_int_equal(monotime_ms_between(t, u), 1500);
	assert_int_equal(monotime_ms_between(u, t), -1500);
	assert_true(monotime_cmp(t, u) < 0);
	assert_true(monotime_cmp(u, t) > 0);
	assert_int_equal(monotime_cmp(t, t), 0);
	/* a month's length does not overflow */
	assert_int_equal(monotime_add_ms(t, INT64_C(2678400000)).ns,
	    INT64_C(2678405) * SECOND_NS);
}

static void
test_timeouts_are_never_early(void **state)
{
	struct monotime now = monotime_from_ns(10 * SECOND_NS);
	struct timeval tv;

	(void)state;
	tv = monotime_until(monotime_add_ms(now, 2250), now);
	assert_int_equal(tv.tv_sec, 2);
	assert_int_equal(tv.tv_usec, 250000);
	/* rounded up: a timer that fires before its time fires twice */
	tv = monotime_until(monotime_add_ns(now, 1), now);
	assert_int_equal(tv.tv_sec, 0);
	assert_int_equal(tv.tv_usec, 1);
	tv = monotime_until(now, monotime_add_ms(now, 5000));
	assert_int_equal(tv.tv_sec, 0);
	assert_int_equal(tv.tv_usec, 0);
	tv = monotime_ms(61001);
	assert_int_equal(tv.tv_sec, 61);
	assert_int_equal(tv.tv_usec, 1000);
}

static void
test_the_clock_goes_forward(void **state)
{
	struct monotime a = monotime_now(), b = monotime_now();

	(void)state;
	assert_true(monotime_valid(a));
	assert_true(monotime_cmp(a, b) <= 0);
}

static void
test_wall(void **state)
{
	struct monotime now = monotime_now(), ago;
	int64_t wall, then;

	(void)state;
	if (!wall_sane()) {
		assert_int_equal(wall_now(), 0);
		assert_int_equal(wall_of(now), 0);
		skip();
	}
	wall = wall_now();
	assert_true(wall > 0);
	assert_int_equal(wall_of((struct monotime){ 0 }), 0);
	ago = monotime_add_ms(now, -500);
	then = wall_of(ago);
	/* whatever the machine's load between the two looks at the clock */
	assert_true(then < wall_of(now));
	assert_true(then > wall - 3600 * SECOND_NS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_timeouts_are_never_early),
		cmocka_unit_test(test_the_clock_goes_forward),
		cmocka_unit_test(test_wall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
