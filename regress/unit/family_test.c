/* SPDX-License-Identifier: ISC */
/*
 * Two families through the real parent: which of them moves the site, and
 * what is told of that which does not.  The rounds are decide_test's; here
 * it is about alarms, events and proofs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/parent_rig.h"

#define BAD(family)  a_round(0, family, MSG_BAD, MSG_CAUSE_UPSTREAM)
#define GOOD(family) a_round(0, family, MSG_GOOD, MSG_CAUSE_NONE)

static void
a_round(uint32_t id, uint32_t family, uint32_t verdict, uint32_t cause)
{
	struct msg_round r;

	rig_fill_round(&r, id, family, verdict, cause);
	rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
}

static void
home(uint32_t decide)
{
	char site[512];

	snprintf(site, sizeof(site),
	    "primary eth1 {\n"
	    "	target 198.51.100.7\n	target 198.51.100.8\n"
	    "	target 2001:db8:5::7\n	decide %s\n"
	    "}\n"
	    "backup dsl { interface eth3 }\n"
	    "fallback automatic { after 0s stable 0s drain 0s }\n",
	    conf_decide_words[decide]);
	rig_configured(site);
	rig_facts(0, 1);
	rig_facts(1, 1);
	rig_adopt(0, 0);
	rig_apply();
	GOOD(FAMILY_INET6);
	GOOD(FAMILY_INET);
	GOOD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
}

/* The next alarm is this one. */
static void
alarm_is(const char *kind, const char *text)
{
	struct msg_alarm_done d = { .ok = 1 };
	struct msg_alarm a;

	rig_expect(CHILD_NETCONF, IMSG_ALARM, &a, sizeof(a));
	d.id = a.id;
	rig_send(CHILD_NETCONF, IMSG_ALARM_DONE, &d, sizeof(d));
	if (strcmp(a.kind, kind) != 0 || strcmp(a.text, text) != 0)
		fprintf(stderr, "%s: %s\n", a.kind, a.text);
	CHECK(strcmp(a.kind, kind) == 0);
	CHECK(strcmp(a.text, text) == 0);
}

/* IPv6 dies alone where IPv4 decides: one alarm, no switch; then it is back. */
static void
story_inet(void)
{
	int i;

	home(CONF_DECIDE_INET);
	for (i = 0; i < 9; i++) {
		BAD(FAMILY_INET6);
		GOOD(FAMILY_INET);
	}
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	alarm_is("family",
	    "eth1: IPv6 down: upstream dead; the site stays, decide is inet");
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	GOOD(FAMILY_INET6);
	alarm_is("family", "eth1: IPv6 up again");
	/* IPv4 then moves it */
	BAD(FAMILY_INET);
	BAD(FAMILY_INET);
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(strcmp(parent->event.cause, "eth1 IPv4 upstream dead") == 0);
}

/* Both die: that of IPv6 is no alarm of its own. */
static void
story_inet_both(void)
{
	home(CONF_DECIDE_INET);
	BAD(FAMILY_INET6);
	BAD(FAMILY_INET6);
	BAD(FAMILY_INET);
	BAD(FAMILY_INET);
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(strcmp(parent->event.cause, "eth1 upstream dead") == 0);
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
}

static void
story_inet6(void)
{
	home(CONF_DECIDE_INET6);
	BAD(FAMILY_INET);
	BAD(FAMILY_INET);
	GOOD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	alarm_is("family",
	    "eth1: IPv4 down: upstream dead; the site stays, decide is inet6");
	BAD(FAMILY_INET6);
	BAD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_DIALING);
}

static void
story_all(void)
{
	struct msg_net_want w;

	home(CONF_DECIDE_ALL);
	BAD(FAMILY_INET6);
	GOOD(FAMILY_INET);
	CHECK(parent->machine.state == MACHINE_SUSPECT);
	BAD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(strcmp(parent->event.cause, "eth1 IPv6 upstream dead") == 0);
	/* the backup has no IPv6: IPv4 proves it */
	CHECK(parent->uplink[1].proving);
	a_round(1, FAMILY_INET6, MSG_BAD, MSG_CAUSE_NO_ADDRESS);
	a_round(1, FAMILY_INET6, MSG_BAD, MSG_CAUSE_NO_ADDRESS);
	CHECK(parent->uplink[1].proving);
	a_round(1, FAMILY_INET, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	w = rig_apply();
	CHECK(w.active == 1);
	CHECK(parent->failovers[MSG_CAUSE_UPSTREAM] == 1);
	/* back when both work */
	GOOD(FAMILY_INET);
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	GOOD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_RETURNING);
}

static void
story_any(void)
{
	int i;

	home(CONF_DECIDE_ANY);
	for (i = 0; i < 9; i++) {
		BAD(FAMILY_INET);
		GOOD(FAMILY_INET6);
	}
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	alarm_is("family",
	    "eth1: IPv4 down: upstream dead; the site stays, decide is any");
	BAD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_SUSPECT);
	BAD(FAMILY_INET);
	CHECK(parent->machine.state == MACHINE_SUSPECT);
	BAD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_DIALING);
}

/* The targets of one family dead through both uplinks, the other alive. */
static void
story_same_targets(void)
{
	int i;

	home(CONF_DECIDE_INET);
	BAD(FAMILY_INET);
	BAD(FAMILY_INET);
	CHECK(parent->uplink[1].proving);
	for (i = 0; i < 4 && parent->uplink[1].proving; i++)
		a_round(1, FAMILY_INET, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.target);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
}

/* One target silent while the other answers: told once, moves nothing. */
static void
one_dead(int rounds)
{
	struct msg_round r;
	int i;

	for (i = 0; i < rounds; i++) {
		rig_fill_round(&r, 0, FAMILY_INET, MSG_GOOD, MSG_CAUSE_NONE);
		r.target[1].state = MSG_TARGET_DOWN;
		r.target[1].received = 0;
		rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
	}
}

static void
story_one_target(void)
{
	int i;

	home(CONF_DECIDE_INET);
	one_dead(4);
	GOOD(FAMILY_INET);
	one_dead(4);
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	one_dead(9);
	alarm_is("one-target", "eth1: target 198.51.100.8 does not answer");
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	CHECK(parent->uplink[0].seen.silence[1].told);
	for (i = 0; i < 5; i++)
		GOOD(FAMILY_INET);
	CHECK(!parent->uplink[0].seen.silence[1].told);
	/* once more within the hour is no second alarm */
	one_dead(9);
	CHECK(parent->uplink[0].seen.silence[1].told);
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
}

/* A full line: told when it has lasted, moves nothing. */
static void
story_congested(void)
{
	struct seen *s;

	home(CONF_DECIDE_INET);
	s = &parent->uplink[0].seen;
	a_round(0, FAMILY_INET, MSG_CONGESTED, MSG_CAUSE_CONGESTED);
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	s->congested_since = monotime_add_ms(monotime_now(), -31 * 1000);
	a_round(0, FAMILY_INET, MSG_CONGESTED, MSG_CAUSE_CONGESTED);
	a_round(0, FAMILY_INET, MSG_CONGESTED, MSG_CAUSE_CONGESTED);
	alarm_is("congested", "eth1: congested: answers come late; nothing is "
			      "switched for that");
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	GOOD(FAMILY_INET);
	CHECK(!s->congested_told && !monotime_valid(s->congested_since));
}

/* What a family said of an uplink that has changed since moves nothing. */
static void
story_changed(void)
{
	struct msg_facts f;

	home(CONF_DECIDE_ANY);
	BAD(FAMILY_INET6);
	BAD(FAMILY_INET6);
	f = parent->uplink[0].facts;
	CHECK(
	    addr_parse("2001:db8:6::17", &f.family[FAMILY_INET6].address) == 0);
	f.family[FAMILY_INET6].prefixlen = 64;
	rig_send(CHILD_NETCONF, IMSG_FACTS, &f, sizeof(f));
	BAD(FAMILY_INET);
	BAD(FAMILY_INET);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	GOOD(FAMILY_INET6);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
}

/* The link is both families', whichever was dead before. */
static void
story_carrier(void)
{
	home(CONF_DECIDE_ANY);
	BAD(FAMILY_INET6);
	GOOD(FAMILY_INET);
	rig_facts(0, 0);
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(strcmp(parent->event.cause, "eth1 no carrier") == 0);
	CHECK(
	    strcmp(uplink_faulty_family(0, MSG_CAUSE_UPSTREAM), "IPv6 ") == 0);
}

/* What does not decide is no fault of the whole. */
static void
story_undecided(void)
{
	home(CONF_DECIDE_INET);
	BAD(FAMILY_INET6);
	CHECK(strcmp(uplink_faulty_family(0, MSG_CAUSE_UPSTREAM), "") == 0);
	GOOD(FAMILY_INET6);
	BAD(FAMILY_INET);
	CHECK(
	    strcmp(uplink_faulty_family(0, MSG_CAUSE_UPSTREAM), "IPv4 ") == 0);
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}
STORY(inet)
STORY(inet_both)
STORY(inet6)
STORY(all)
STORY(any)
STORY(same_targets)
STORY(one_target)
STORY(congested)
STORY(changed)
STORY(carrier)
STORY(undecided)

/* Far targets are those of the primary, however a name is written. */
static void
test_same_name(void **state)
{
	struct conf_target a = { .method = CONF_METHOD_DNS,
		.port = 53,
		.query = "probe.example.net" };
	struct conf_target b = a;

	(void)state;
	strlcpy(b.query, "Probe.EXAMPLE.net", sizeof(b.query));
	assert_true(conf_target_same(&a, &b));
	b.port = 54;
	assert_false(conf_target_same(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inet),
		cmocka_unit_test(test_inet_both),
		cmocka_unit_test(test_inet6),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_same_targets),
		cmocka_unit_test(test_one_target),
		cmocka_unit_test(test_congested),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_carrier),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_same_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
