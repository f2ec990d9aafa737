/* SPDX-License-Identifier: ISC */
/*
 * What is foreseen is what is done; what is shown.
 */
#include "regress/unit/net_rig.h"
#include "regress/unit/net_story.h"

#define FORESEEN_MAX 64

static struct msg_net_plan_step foreseen[FORESEEN_MAX];
static size_t nforeseen;

static const struct msg_net_plan_end *
ask_plan(const struct msg_net_want *m, uint32_t undialled, int shut)
{
	struct msg_net_plan q = { .asker = 7, .want = *m };
	int before = calls;
	size_t i;

	q.undialled = q.proof = undialled;
	q.shut = shut != 0;
	nsent = nforeseen = 0;
	net_plan(&q);
	assert_int_equal(calls, before);
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_PLAN_END);
	for (i = 0; i < nsent - 1; i++) {
		assert_int_equal(sent[i].type, IMSG_NET_PLAN_STEP);
		assert_int_equal(sent[i].body.plan_step.asker, 7);
		assert_true(nforeseen < FORESEEN_MAX);
		foreseen[nforeseen++] = sent[i].body.plan_step;
	}
	return &sent[nsent - 1].body.plan_end;
}

/* What was foreseen is what is done, but for what a link up brings. */
static void
test_plan(void **arg)
{
	struct msg_net_want m;
	size_t s, i, n;

	(void)arg;
	for (s = 0; s < STORIES; s++) {
		end(NULL);
		begin(NULL);
		if (stories[s].begin == story_up)
			continue;
		m = stories[s].begin();
		if (m.drain == MSG_UPLINK_NONE)
			m.flush = m.active == 0 ? 2 : 0;
		assert_int_equal(ask_plan(&m, 0, 0)->ok, 1);
		assert_int_equal(ask(&m)->ok, 1);
		assert_true(nforeseen >= (size_t)stories[s].steps);
		for (i = n = 0; i < nsent; i++) {
			if (sent[i].type != IMSG_NET_STEP)
				continue;
			assert_true(n < nforeseen);
			assert_string_equal(
			    sent[i].body.step.text, foreseen[n++].text);
		}
		assert_int_equal(n, nforeseen);
	}
}

static void
test_plan_flows(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	conf.uplink[0].shutdown = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	flows[0] = 7;
	m.flush = 0;
	assert_int_equal(ask_plan(&m, 0, 1)->ok, 1);
	assert_int_equal(nforeseen, 3);
	assert_string_equal(foreseen[0].what, "route");
	assert_int_equal(foreseen[0].flows, MSG_FLOWS_NONE);
	assert_string_equal(foreseen[1].text, "forget flows of eth1");
	assert_int_equal(foreseen[1].flows, 7);
	assert_string_equal(foreseen[2].text, "link set eth1 down");
	assert_int_equal(flows[0], 7);
	/* not there, or yet to come */
	m.active = 2;
	assert_int_equal(ask_plan(&m, 0, 1)->ok, 0);
	assert_string_equal(
	    sent[nsent - 1].body.plan_end.text, "pots: no interface");
	assert_int_equal(ask_plan(&m, 1, 1)->ok, 1);
	assert_int_equal(nforeseen, 4);
	assert_string_equal(foreseen[0].text, "dial pots");
	assert_string_equal(foreseen[1].what, "prove");
	assert_string_equal(foreseen[3].what, "flows");
	/* and the wish is what it was */
	assert_int_equal(active(0)->nsteps, 0);
}

/* Programs come behind the flows, and before the primary is set down. */
static void
test_plan_programs(void **arg)
{
	static const char *const what[] = { "route", "flows", "resolvers",
		"hook", "link" };
	struct msg_net_want m = wish(1);
	size_t i;

	(void)arg;
	conf.uplink[0].shutdown = 1;
	conf.uplink[1].start_ms = 1000;
	strlcpy(conf.private[1].start, "up", CONF_HOOK_LEN);
	strlcpy(conf.private[1].stop, "down", CONF_HOOK_LEN);
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	planned_hook = "hook switch.d/1";
	m.flush = 0;
	assert_int_equal(ask_plan(&m, 0, 1)->ok, 1);
	assert_int_equal(nforeseen, 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(foreseen[i].what, what[i]);
	assert_int_equal(ask_plan(&m, 1, 1)->ok, 1);
	assert_string_equal(foreseen[0].text, "hook up");
	assert_int_equal(active(1)->ok, 1);
	m.active = 0;
	m.flush = 1;
	assert_int_equal(ask_plan(&m, 0, 0)->ok, 1);
	assert_string_equal(foreseen[nforeseen - 2].text, planned_hook);
	assert_string_equal(foreseen[nforeseen - 1].text, "hook down");
	/* it was not to be had, and drains: there is nothing to be left */
	assert_int_equal(active(0)->ok, 1);
	m.flush = MSG_UPLINK_NONE;
	assert_int_equal(ask_plan(&m, 0, 0)->ok, 1);
	m.drain = 1;
	assert_int_equal(ask_plan(&m, 0, 0)->ok, 1);
	assert_string_equal(foreseen[nforeseen - 1].text, "hook down");
	planned_hook = NULL;
	memset(&conf.private[1], 0, sizeof(conf.private[1]));
}

static void
test_show(void **arg)
{
	size_t i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	nsent = 0;
	net_show(77);
	assert_true(nsent > 10);
	for (i = 0; i < nsent - 1; i++) {
		assert_int_equal(sent[i].type, IMSG_NET_LINE);
		assert_int_equal(sent[i].body.line.asker, 77);
		if (sent[i].body.line.different)
			fail_msg("%s", sent[i].body.line.text);
	}
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_LINE_END);
	assert_int_equal(sent[nsent - 1].body.number, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plan),
		T(test_plan_flows),
		T(test_plan_programs),
		T(test_show),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
