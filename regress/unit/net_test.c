/* SPDX-License-Identifier: ISC */
/*
 * netconf's network: what is asked for is done, and told, in which order.
 */
#include "regress/unit/net_rig.h"

static void
test_begin(void **arg)
{
	(void)arg;
	assert_int_equal(nsent, 4);
	assert_int_equal(count(IMSG_FACTS), 3);
	assert_int_equal(sent[0].body.facts.ifindex, ETH1);
	assert_int_equal(
	    sent[1].body.facts.family[FAMILY_INET].gateway.family, AF_INET);
	assert_int_equal(sent[3].type, IMSG_NET_ADOPT);
	assert_int_equal(sent[3].body.adopt.found, 0);
	assert_int_equal(sent[3].body.adopt.active, 0);
	assert_int_equal(calls, 0);
}

static void
test_want(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_true(last_done()->nsteps > 10);
	assert_int_equal(access(UNDO_FILE, F_OK), 0);
	assert_int_equal(active(0)->nsteps, 0);
	flows[0] = 7;
	m.flush = 0;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(last_done()->nsteps, 1);
	assert_int_equal(last_done()->flows, 7);
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(nat_loads, 1);
	/* those without our mark, and what slipped through in between */
	assert_int_equal(flushed_from[FAMILY_INET].family, AF_UNSPEC);
	while (sweeps < 2)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(flushed_from[FAMILY_INET].family, AF_INET);
	flows[0] = 1;
	while (sweeps < 3)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(flows[0], 0);
	assert_int_equal(active(0)->nsteps, 1);
	assert_int_equal(way(k, 0, NULL), ETH1);
}

/*
 * While nothing was heard since the last look, a wish needs but the one that
 * reads back; and a change that nobody has looked at yet is not overlooked.
 */
static void
test_still_so(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	dumps = 0;
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(dumps, 1);
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(dumps, 2); /* our own doing was not heard yet */
	loop_quiet();
	dumps = 0;
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(dumps, 0);
	sim_link(k, "wan2")->rp_filter = 1;
	changed();
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(dumps, 2);
	assert_int_equal(sim_link(k, "wan2")->rp_filter, 2);
}

/* Nothing is known after a refusal, or a dump that failed, heard or not. */
static void
test_not_known(void **arg)
{
	(void)arg;
	fail_at = 12; /* some rules were there by then */
	assert_int_equal(active(1)->ok, 0);
	netops->changes();
	fail_at = calls + 3;
	assert_int_equal(active(1)->ok, 0);
	assert_int_equal(k->s.nrules, 0); /* undone to what was there */
	netops->changes();
	dumps = 0;
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(dumps, 2);
	loop_quiet();
	dumps_fail = 1;
	assert_null(net_look());
	dumps = 0;
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(dumps, 1);
}

/* Any change may be refused: traffic stays, and the next try succeeds. */
static void
test_refused(void **arg)
{
	int n, steps = 0;

	(void)arg;
	for (n = 1;; n++) {
		end(NULL);
		begin(NULL);
		assert_int_equal(active(0)->ok, 1);
		/* both: a new link's rules, and the switch to it */
		dial(k);
		strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
		net_ppp_changed(2);
		calls = 0;
		fail_at = n;
		if (active(2)->ok)
			break;
		steps++;
		if (strstr(last_done()->text, "No buffer space") == NULL &&
		    strstr(last_done()->text, "syntax error") == NULL)
			fail_msg("%s", last_done()->text);
		assert_int_equal(way(k, 0, NULL), ETH1);
		fail_at = 0;
		assert_int_equal(active(2)->ok, 1);
		assert_int_equal(way(k, 0, NULL), PPP0);
	}
	assert_true(steps > 20);
}

/* A link that was lost since the dump is no reason to give up. */
static void
test_overtaken(void **arg)
{
	int n;

	(void)arg;
	for (n = 1;; n++) {
		end(NULL);
		begin(NULL);
		calls = 0;
		fail_at = n;
		fail_errno = ENODEV;
		assert_int_equal(active(1)->ok, 1);
		assert_int_equal(way(k, 0, NULL), WAN2);
		if (calls < n)
			break;
		loop_quiet();
		assert_int_equal(active(1)->nsteps, 0);
	}
	assert_true(n > 10);
}

/* The link goes down last; if that is refused, traffic goes back too. */
static void
test_refused_shutdown(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	conf.uplink[0].shutdown = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	m.shut = 1;
	calls = 0;
	fail_at = 2;
	assert_int_equal(ask(&m)->ok, 0);
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(sim_link(k, "eth1")->up, 1);
	fail_at = 0;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(sim_link(k, "eth1")->up, 0);
	assert_int_equal(way(k, 0, NULL), WAN2);
	/* its default route is gone; killed, and begun again */
	forget();
	net_reloaded();
	assert_int_equal(sent[nsent - 1].body.adopt.active, 1);
	assert_int_equal(sent[nsent - 1].body.adopt.found, 1);
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(sim_link(k, "eth1")->up, 1);
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(way(k, 0, NULL), ETH1);
}

static void
test_cannot(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(2)->ok, 0);
	assert_string_equal(last_done()->text, "pots: no interface");
	assert_int_equal(way(k, 0, NULL), ETH1);
}

static void
test_drain(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	flows[1] = 2;
	assert_int_equal(ask(&m)->ok, 1);
	while (count(IMSG_NET_DRAINED) == 0 && flows[1] > 0) {
		event_loop(EVLOOP_ONCE);
		assert_int_equal(count(IMSG_NET_DRAINED), 0);
		if (evtimer_pending(&drain_timer, NULL))
			flows[1]--;
	}
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].body.drained.uplink, 1);
	/* by time, and asked for twice it is no longer */
	assert_int_equal(active(1)->ok, 1);
	flows[1] = 5;
	m.drain_ms = 300;
	assert_int_equal(ask(&m)->ok, 1);
	m.drain_ms = 600 * 1000;
	assert_int_equal(ask(&m)->ok, 1);
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].body.drained.cut, 5);
	/* asked to end */
	assert_int_equal(active(1)->ok, 1);
	flows[1] = 3;
	assert_int_equal(ask(&m)->ok, 1);
	m.drain_ms = 0;
	assert_int_equal(ask(&m)->ok, 1);
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].body.drained.cut, 3);
	/* called off */
	assert_int_equal(active(1)->ok, 1);
	m.drain_ms = 1;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DRAINED), 0);
}

/* What a draining primary needs goes when it has drained. */
/* A reload with other bits: a drain waits for flows to get them. */
static void
test_other_marks(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	m.drain = 1;
	m.drain_ms = 1;
	flows[1] = 2;
	assert_int_equal(ask(&m)->ok, 1);
	conf.global.mark = CONF_MARK_DEFAULT >> 8;
	marked = 0;
	net_reloaded();
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DRAINED), 0);
	assert_int_equal(marked, 0);
	fail_at = calls + 20; /* it is taken back, flows and all */
	fail_errno = ENOBUFS;
	assert_int_equal(ask(&m)->ok, 0);
	assert_int_equal(marked, 202);
	assert_int_equal(k->rule[0].mask, CONF_MARK_DEFAULT);
	marked = 0;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(marked, 101);
	assert_int_equal(k->rule[0].mask, CONF_MARK_DEFAULT >> 8);
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].body.drained.cut, 2);
	assert_int_equal(marked, 101);
}

static void
test_drain_primary(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	sim_link(k, "eth1")->rp_filter = 1;
	assert_int_equal(active(0)->ok, 1);
	m.drain = 0;
	m.drain_ms = 600 * 1000;
	flows[0] = 1;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(sim_link(k, "eth1")->rp_filter, 2);
	flows[0] = 0;
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sim_link(k, "eth1")->rp_filter, 1);
	assert_null(undo_find(&undo, UNDO_RP_FILTER, "eth1"));
	assert_int_equal(nat_loads, 1);
}

static int
primary_stays(void)
{
	size_t i;

	for (i = 0; i < k->s.nelements; i++)
		if (k->element[i].set == NET_SET_STAY &&
		    k->element[i].uplink == 0)
			return 1;
	return 0;
}

/* What follows a drain is our own doing, however often: nobody fights. */
static void
test_drain_often(void **arg)
{
	struct msg_net_want m;
	int i;

	(void)arg;
	for (i = 0; i < PACE + 3; i++) {
		assert_int_equal(active(0)->ok, 1);
		m = wish(1);
		m.drain = 0;
		m.drain_ms = 1;
		assert_int_equal(ask(&m)->ok, 1);
		assert_true(primary_stays());
		loop_until(IMSG_NET_DRAINED, 1);
		assert_false(primary_stays());
	}
}

static void
test_recreated(void **arg)
{
	size_t i;

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	loop_quiet();
	nsent = 0;
	kernel_down(k, ETH1);
	sim_link(k, "eth1")->group = 0;
	sim_link(k, "eth1")->ifindex = 9;
	for (i = 0; i < k->s.naddrs; i++)
		if (k->addr[i].ifindex == ETH1)
			k->addr[i].ifindex = 9;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	assert_int_equal(sent[0].body.facts.ifindex, 9);
	assert_int_equal(sent[0].body.facts.family[FAMILY_INET].has_route, 0);
	/* the last known one */
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET].gateway.family, AF_INET);
	assert_int_equal(sim_link(k, "eth1")->group, NET_GROUP);
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(undo_find(&undo, UNDO_GROUP, "eth1")->ifindex, 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_begin),
		T(test_want),
		T(test_still_so),
		T(test_not_known),
		T(test_refused),
		T(test_overtaken),
		T(test_refused_shutdown),
		T(test_cannot),
		T(test_drain),
		T(test_other_marks),
		T(test_drain_primary),
		T(test_drain_often),
		T(test_recreated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
