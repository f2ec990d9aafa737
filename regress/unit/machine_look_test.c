/* SPDX-License-Identifier: ISC */
/*
 * The clock of the machine, as the kernel tells how it is kept: the program's
 * own adjtimex is taken before that of the C library.
 */
#include <sys/types.h>
#include <sys/timex.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "netconf/linux/nl.h"

static int told; /* what adjtimex(2) returns */
static unsigned int calls;

int
adjtimex(struct timex *t)
{
	assert_int_equal(t->modes, 0); /* it only asks */
	calls++;
	if (told == -1)
		errno = EPERM;
	return told;
}

static int
clock_wrong(int state)
{
	const struct net_uplinks none = { .n = 0 };
	struct net_machine m = { .clock_wrong = 2 };

	told = state;
	calls = 0;
	machine_look(&m, &none);
	assert_int_equal(calls, 1);
	free(m.ruleset);
	return m.clock_wrong;
}

static void
test_clock(void **state)
{
	(void)state;
	assert_int_equal(clock_wrong(TIME_ERROR), 1);
	assert_int_equal(clock_wrong(TIME_OK), 0);
	/* a leap second is at hand, which only who keeps the clock knows */
	assert_int_equal(clock_wrong(TIME_INS), 0);
	assert_int_equal(clock_wrong(TIME_WAIT), 0);
	/* who may not ask says nothing */
	assert_int_equal(clock_wrong(-1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
