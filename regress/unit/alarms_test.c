/* SPDX-License-Identifier: ISC */
/*
 * Alarms of the real parent: that a site away from its primary is told of
 * again and again, that one of another card comes, and how many go out in an
 * hour.  Their queue has a test of its own (alarm_queue_test.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/clock.h"
#include "regress/unit/parent_rig.h"

#define MINUTE_MS 60000

static const char *site = "primary eth1 { target 198.51.100.7 }\n"
			  "backup dsl { interface eth3 }\n"
			  "fallback manual\n"
			  "alarm \"/bin/true\" { repeat 2h }\n";

static void
away(void)
{
	struct mevent e = { .type = MEV_FAILOVER, .uplink = 1, .id = 1 };
	struct msg_alarm a;

	rig_home(site);
	rig_facts(1, 1);
	engine_event(&e);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	rig_alarm("failover", &a);
}

static void
reminded_after(int64_t minutes, const char *text)
{
	struct msg_alarm a;

	clock_ahead_ms += (minutes - 1) * MINUTE_MS;
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	clock_ahead_ms += MINUTE_MS;
	rig_alarm("reminder", &a);
	CHECK(strcmp(a.text, text) == 0);
	CHECK(strcmp(a.uplink, "dsl") == 0);
}

/* After an hour, and then as often as the configuration has it. */
static void
story_reminder(void)
{
	struct mevent e = { .type = MEV_FALLBACK, .id = 2 };
	struct msg_alarm a;

	away();
	reminded_after(60, "traffic is on dsl for 60 minutes");
	reminded_after(120, "traffic is on dsl for 180 minutes");
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	engine_event(&e);
	rig_apply();
	rig_alarm("fallback", &a);
	clock_ahead_ms += 5 * 60 * MINUTE_MS;
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
}

static void
story_sim(void)
{
	struct msg_link_text t;
	struct msg_alarm a;

	rig_home(site);
	memset(&t, 0, sizeof(t));
	t.uplink = 1;
	t.gen = parent->uplink[1].link.gen;
	strlcpy(t.text, "dsl: SIM changed", sizeof(t.text));
	rig_send(CHILD_NETCONF, IMSG_SIM_CHANGED, &t, sizeof(t));
	rig_alarm("sim", &a);
	CHECK(strcmp(a.text, t.text) == 0 && strcmp(a.uplink, "dsl") == 0);
}

/* Four an hour: the program works, and still one waits. */
static void
story_limit(void)
{
	struct ctl_summary s = { .alarms_waiting = 0 };
	struct msg_alarm a;
	int i;

	rig_home(site);
	for (i = 0; i < 4; i++) {
		alarms_raise("hook", MSG_UPLINK_NONE, "failed");
		rig_alarm("hook", &a);
	}
	alarms_raise("hook", MSG_UPLINK_NONE, "failed");
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	alarms_count(&s);
	CHECK(s.alarms_waiting == 1 &&
	      strcmp(s.alarm_why,
		  "4 of its kind went out within an hour: the next one in "
		  "60 min") == 0);
}

static void
fails(void)
{
	struct msg_alarm_done d = { .ok = 0 };
	struct msg_alarm a;

	rig_expect(CHILD_NETCONF, IMSG_ALARM, &a, sizeof(a));
	d.id = a.id;
	rig_send(CHILD_NETCONF, IMSG_ALARM_DONE, &d, sizeof(d));
}

/* One that nobody can be told of is given up after keep, not after a day. */
static void
story_keep(void)
{
	struct ctl_summary s = { .alarms_waiting = 0 };

	site = "primary eth1 { target 198.51.100.7 }\n"
	       "backup dsl { interface eth3 }\n"
	       "alarm \"/bin/true\" { keep 2h }\n";
	rig_home(site);
	alarms_raise("hook", MSG_UPLINK_NONE, "failed");
	fails();
	clock_ahead_ms += 119 * MINUTE_MS;
	fails();
	alarms_count(&s);
	CHECK(s.alarms_waiting == 1);
	clock_ahead_ms += 60 * MINUTE_MS;
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	alarms_count(&s);
	CHECK(s.alarms_waiting == 0);
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}
STORY(reminder)
STORY(sim)
STORY(limit)
STORY(keep)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reminder),
		cmocka_unit_test(test_sim),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
