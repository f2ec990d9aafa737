/* SPDX-License-Identifier: ISC */
/*
 * The state machine as a table: every event in every state has an answer,
 * and everything has a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/machine_story.h"

static void
test_every_event_in_every_state(void **state)
{
	struct story s;
	uint32_t st, t, i;
	enum mreason why;

	(void)state;
	for (st = 0; st < MACHINE_STATE_MAX; st++)
		for (t = 0; t < MEVENT_MAX; t++)
			for (i = 0; i < 3; i++) {
				to_state(&s, (enum machine_state)st);
				s.id = 99;
				struct mevent ev = { .type =
							 (enum mevent_type)t,
					.uplink = i,
					.id = 99,
					.gen = s.m.gen };
				ev.map[1] = 1;
				ev.map[2] = 2;
				s.m.request = 0;
				why = step(&s, &ev);
				assert_int_not_equal(why, MWHY_NONE);
				assert_true(why < MREASON_MAX);
				assert_true(s.m.state < MACHINE_STATE_MAX);
			}
}

static void
test_names(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < MREASON_MAX; i++)
		assert_non_null(mreason_text((enum mreason)i));
	assert_string_equal(machine_state_name(MACHINE_ON_BACKUP), "backup");
	assert_string_equal(machine_state_name(MACHINE_STATE_MAX), "unknown");
	assert_string_equal(mevent_name(MEV_STOP), "stop");
	assert_string_equal(maction_name(MACT_EXIT), "exit");
	assert_string_equal(malarm_name(MALARM_APPLY), "apply");
	assert_string_equal(machine_link_name(MACHINE_LINK_UP), "up");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event_in_every_state),
		cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
