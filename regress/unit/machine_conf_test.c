/* SPDX-License-Identifier: ISC */
/*
 * What the configuration makes of an uplink for the state machine, where the
 * words say other than what is the case without them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/parent_rig.h"

#define SITE(modem, stick, drain)                                       \
	"primary eth1 { target 198.51.100.7 }\n"                        \
	"backup pots {\n"                                               \
	"	modem \"/dev/ttyS0\"\n	phone \"5551\"\n"                      \
	"	account \"b017\" secret file \"/etc/dialfail/private/isp\"\n" \
	"	" modem "\n}\n"                                         \
	"backup stick { interface wwan0\n	" stick " }\n"          \
	"fallback automatic { " drain " }\n"

static const struct machine_uplink_conf *
is(uint32_t id)
{
	return &parent->mconf.uplink[id];
}

/* What is dialled costs, an interface does not. */
static void
story_metered_by_kind(void)
{
	rig_home(SITE("", "", ""));
	CHECK(!is(1)->free && is(2)->free);
	CHECK(is(1)->drain_ms == 30 * 1000);
	CHECK(is(2)->drain_ms == 10 * 60 * 1000);
}

static void
story_metered_as_said(void)
{
	rig_home(SITE("metered no", "metered yes", ""));
	CHECK(is(1)->free && !is(2)->free);
	CHECK(is(1)->drain_ms == 10 * 60 * 1000);
	CHECK(is(2)->drain_ms == 30 * 1000);
}

static void
story_drain(void)
{
	rig_home(SITE("metered no", "metered yes", "drain 7s"));
	CHECK(is(0)->drain_ms == 7000);
	CHECK(is(1)->drain_ms == 7000 && is(2)->drain_ms == 7000);
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}
STORY(metered_by_kind)
STORY(metered_as_said)
STORY(drain)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metered_by_kind),
		cmocka_unit_test(test_metered_as_said),
		cmocka_unit_test(test_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
