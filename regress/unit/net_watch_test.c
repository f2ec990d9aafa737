/* SPDX-License-Identifier: ISC */
/*
 * Others change what is ours, links and addresses come and go, netconf was
 * killed and comes again: what is wanted is laid again, and no more.
 */
#include "regress/unit/net_rig.h"

static void
healthy(uint32_t differences, uint32_t repairs_done)
{
	assert_int_equal(net_differences(), differences);
	assert_int_equal(net_repairs(), repairs_done);
}

static void
test_others_change(void **arg)
{
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nrepairs = 0;
	healthy(0, 0);
	nsent = 0;
	for (i = 0; i < PACE + 3; i++) {
		kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
		changed();
		loop_quiet();
		assert_int_equal(k->s.nrules, i < PACE ? 7 : 6 + PACE - i);
	}
	healthy(3, PACE);
	/* told once */
	assert_int_equal(count(IMSG_NET_DONE), 1);
	assert_int_equal(last_done()->ok, 0);
	/* when it may be tried again, it is told to be well again */
	memset(&repairs, 0, sizeof(repairs));
	on_settle(-1, 0, NULL);
	assert_int_equal(k->s.nrules, 7);
	assert_int_equal(count(IMSG_NET_DONE), 2);
	assert_int_equal(last_done()->ok, 1);
	healthy(0, PACE + 1);
}

/* After a quiet time a lost link is told before anything is repaired. */
static void
test_lost(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	looked = monotime_add_ms(monotime_now(), -QUIET_MS);
	nsent = 0;
	kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
	sim_link(k, "eth1")->carrier = 0;
	changed();
	event_loop(EVLOOP_ONCE);
	assert_int_equal(nsent, 1);
	assert_int_equal(sent[0].body.facts.ifindex, ETH1);
	assert_int_equal(sent[0].body.facts.carrier, 0);
	assert_int_equal(k->s.nrules, 6);
	loop_quiet();
	assert_int_equal(k->s.nrules, 7);
	assert_int_equal(count(IMSG_FACTS), 1);

	/* what comes then is looked at when all of it has come, */
	sim_link(k, "wan2")->carrier = 0;
	looked = monotime_now();
	changed();
	event_loop(EVLOOP_ONCE);
	assert_int_equal(count(IMSG_FACTS), 1);
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 2);
	/* and so is good news */
	looked = monotime_add_ms(monotime_now(), -QUIET_MS);
	sim_link(k, "eth1")->carrier = 1;
	changed();
	event_loop(EVLOOP_ONCE);
	assert_int_equal(count(IMSG_FACTS), 2);
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 3);
}

/* An uplink that is gone is told as that; a failure it is if that lasts. */
static void
test_gone(void **arg)
{
	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	loop_quiet();
	nsent = 0;
	kernel_down(k, WAN2);
	sim_link(k, "wan2")->up = 0;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DONE), 0);
	lost = monotime_add_ms(lost, -LOST_MS);
	on_settle(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_DONE), 1);
	assert_int_equal(last_done()->ok, 0);
	assert_int_equal(active(0)->ok, 1);
	assert_false(monotime_valid(lost));
}

/* What could not be repaired is tried again, though nobody says anything. */
static void
test_repair_refused(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
	fail_at = calls + 1;
	fail_errno = ENOBUFS;
	on_settle(-1, 0, NULL);
	assert_int_equal(last_done()->ok, 0);
	loop_until(IMSG_NET_DONE, 2);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(k->s.nrules, 7);

	loop_quiet();
	nsent = 0;
	kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
	dumps_fail = 1;
	on_settle(-1, 0, NULL);
	assert_int_equal(k->s.nrules, 6);
	loop_until(IMSG_NET_STEP, 1);
	assert_int_equal(k->s.nrules, 7);
}

/* A router tells its lifetimes again and again: that is no news. */
static void
test_advertised(void **arg)
{
	struct net_route *r, advertised;
	struct monotime began;
	int64_t ms;
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	add_addr(k, ETH1, "2001:db8::2", 64);
	r = add_main(k, ETH1, "fe80::1", 1024);
	r->gateway.scope = ETH1;
	advertised = *r;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 1);
	assert_int_equal(count(IMSG_NET_STEP), 5); /* its rules */
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET6].address.octet[15], 2);
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET6].gateway.scope, ETH1);
	nsent = 0;

	dumps = 0;
	began = monotime_now();
	for (i = 0; i < 20000; i++) {
		changed();
		event_loop(EVLOOP_NONBLOCK);
	}
	loop_quiet();
	ms = monotime_sub(monotime_now(), began) / 1000000;
	assert_in_range(dumps, 1, (ms / LOOKS_MS + 2) * PACE);
	assert_int_equal(nsent, 0);
	/* the last one it had */
	kernel_route_del(k, &advertised);
	changed();
	loop_until(IMSG_FACTS, 1);
	assert_int_equal(sent[0].body.facts.family[FAMILY_INET6].has_route, 0);
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET6].gateway.octet[15], 1);
}

/* What a router has told ends by itself, and nobody says so. */
static void
test_expired(void **arg)
{
	struct net_route *r;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	add_addr(k, ETH1, "2001:db8::2", 64);
	r = add_main(k, ETH1, "fe80::1", 1024);
	r->gateway.scope = ETH1;
	r->expires_ms = 100;
	nsent = 0;
	on_settle(-1, 0, NULL);
	assert_int_equal(count(IMSG_FACTS), 1);
	assert_int_equal(sent[0].body.facts.family[FAMILY_INET6].has_route, 1);
	kernel_route_del(k, r);
	loop_until(IMSG_FACTS, 2);
	assert_int_equal(sent[1].body.facts.family[FAMILY_INET6].has_route, 0);
	assert_false(evtimer_pending(&expiry, NULL));
}

/* A provider that gives another address each time is nobody to fight. */
static void
test_many_addresses(void **arg)
{
	char text[16];
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	for (i = 0; i < 3 * PACE; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", 10 + i);
		k->addr[1].local = ip(text);
		changed();
		loop_until(IMSG_FACTS, (size_t)i + 1);
	}
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 3 * PACE);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	assert_int_equal(addr_cmp(&k->rule[2].from, &k->addr[1].local), 0);
	assert_int_equal(k->s.nrules, 7);
}

/*
 * Taken away to be given anew it was never gone; what is really gone is told,
 * a bit late, but with the rules at once.  A link that is lost does not wait.
 */
static void
test_address_gone(void **arg)
{
	struct net_addr had = k->addr[1];
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	for (i = 0; i < 3; i++) {
		k->addr[1].ifindex = 77;
		on_settle(-1, 0, NULL);
		assert_int_equal(k->s.nrules, 6);
		k->addr[1] = had;
		on_settle(-1, 0, NULL);
		assert_int_equal(k->s.nrules, 7);
	}
	assert_int_equal(count(IMSG_FACTS), 0);
	k->addr[1].ifindex = 77;
	changed();
	loop_until(IMSG_FACTS, 1);
	assert_int_equal(
	    sent[nsent - 1].body.facts.family[0].address.family, AF_UNSPEC);
	nsent = 0;
	k->addr[1] = had;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	nsent = 0;
	k->addr[1].ifindex = 77;
	sim_link(k, "eth1")->carrier = 0;
	on_settle(-1, 0, NULL);
	assert_int_equal(count(IMSG_FACTS), 1);
}

/* Only what sockets must probe has the primary's own table. */
static void
test_socket_targets(void **arg)
{
	struct conf_uplink *u = &conf.uplink[0];

	(void)arg;
	u->ntargets = 2;
	u->target[0].address = ip("203.0.113.7");
	u->target[1].address = ip("2001:db8:1::7");
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(way_of(k, 0, NULL, "eth1"), ETH1);
	assert_int_equal(k->s.nrules, 7);
	u->target[0].method = CONF_METHOD_TCP;
	u->target[1].method = CONF_METHOD_DNS;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(k->s.nrules, 8); /* it has no address of IPv6 */
	assert_string_equal(k->rule[2].oif, "eth1");
	add_addr(k, ETH1, "2001:db8::2", 64);
	changed();
	loop_quiet();
	assert_int_equal(k->s.nrules, 8 + 5);
	kernel_route_del(k, &k->route[0]); /* main's default */
	changed();
	loop_quiet();
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(way_of(k, 0, NULL, "eth1"), ETH1);
	u->target[0].method = u->target[1].method = CONF_METHOD_ICMP;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(k->s.nrules, 7 + 4);
}

/* Configured in one family, learnt in the other; and no more configured. */
static void
test_gateways(void **arg)
{
	struct net_uplink *u = &want.uplink[0];
	struct addr own = ip("192.0.2.254"), learnt = ip("192.0.2.1");

	(void)arg;
	add_main(k, ETH1, "fe80::1", 1024)->gateway.scope = ETH1;
	conf.uplink[0].gateway[FAMILY_INET] = own;
	net_reloaded();
	assert_int_equal(addr_cmp(&u->gateway[FAMILY_INET], &own), 0);
	assert_int_equal(u->gateway[FAMILY_INET6].family, AF_INET6);
	kernel_route_del(k, &k->route[2]);
	memset(&conf.uplink[0].gateway, 0, sizeof(conf.uplink[0].gateway));
	net_reloaded();
	assert_int_equal(addr_cmp(&u->gateway[FAMILY_INET], &learnt), 0);
	assert_int_equal(u->gateway[FAMILY_INET6].family, AF_INET6);
	kernel_down(k, ETH1);
	conf.uplink[0].gateway[FAMILY_INET] = own;
	net_reloaded();
	memset(&conf.uplink[0].gateway, 0, sizeof(conf.uplink[0].gateway));
	net_reloaded();
	assert_int_equal(u->gateway[FAMILY_INET].family, AF_UNSPEC);
}

/* Flushed, or put back from a copy of another time: ours is laid again. */
static void
test_others_table(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	assert_int_equal(nat_loads, 1);
	k->s.nat = 0;
	changed();
	loop_quiet();
	assert_int_equal(nat_loads, 2);
	k->s.nat = ++tables;
	changed();
	loop_quiet();
	assert_int_equal(nat_loads, 3);
	assert_int_equal(active(0)->nsteps, 0);
}

/* At two looks packets had come, and none had gone: told once. */
static void
test_blocked(void **arg)
{
	(void)arg;
	forwarded[0] = forwarded[1] = 7;
	assert_int_equal(active(0)->ok, 1);
	assert_false(evtimer_pending(&forward_timer, NULL));
	assert_int_equal(active(1)->ok, 1);
	assert_true(evtimer_pending(&forward_timer, NULL));
	on_forward(-1, 0, NULL);
	forwarded[0] += 2;
	on_forward(-1, 0, NULL);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 0);
	forwarded[0] += 1;
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 0);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 1);
	assert_int_equal(sent[nsent - 1].body.blocked.uplink, 1);
	assert_int_equal(sent[nsent - 1].body.blocked.tried, 3);
	evtimer_del(&forward_timer);
	assert_int_equal(active(1)->ok, 1);
	assert_false(evtimer_pending(&forward_timer, NULL));

	/* again after another failover; the table is loaded anew meanwhile */
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	forwarded[0] = forwarded[1] = 0;
	on_forward(-1, 0, NULL);
	forwarded[0] = 9;
	on_forward(-1, 0, NULL);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 1);
	assert_int_equal(sent[nsent - 1].body.blocked.tried, 9);

	/* one that went out is enough */
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	forwarded[0] += 5;
	on_forward(-1, 0, NULL);
	forwarded[1]++;
	evtimer_del(&forward_timer);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 0);
	assert_false(evtimer_pending(&forward_timer, NULL));
}

/* Another uplink's number: the address of before was not its own. */
static void
test_renumbered(void **arg)
{
	struct msg_net_want m = wish(0);
	struct conf_uplink lte = conf.uplink[1];

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	strlcpy(conf.uplink[1].label, "dsl", CONF_LABEL_LEN);
	strlcpy(conf.uplink[1].ifname, "wan9", IFNAMSIZ);
	conf.uplink[2] = lte;
	conf.uplink[2].id = 2;
	net_reloaded();
	memset(flushed_from, 0, sizeof(flushed_from));
	m.flush = 1;
	sweeps = 0;
	assert_int_equal(ask(&m)->ok, 1);
	while (sweeps < 2)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(flushed_from[FAMILY_INET].family, AF_UNSPEC);
}

static void
test_adoption(void **arg)
{
	int laid;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	dial(k);
	strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
	net_ppp_changed(2);
	assert_int_equal(active(2)->ok, 1);
	/* main's default of the other backup is gone meanwhile */
	kernel_route_del(k, &k->route[1]);
	forget();
	net_reloaded();
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_ADOPT);
	assert_int_equal(sent[nsent - 1].body.adopt.active, 2);
	assert_int_equal(sent[nsent - 1].body.adopt.found, 1);
	assert_int_equal(active(2)->ok, 1);
	/* the table's text is not in the kernel: loaded once, by one commit */
	assert_int_equal(last_done()->nsteps, 1);
	laid = calls;
	assert_int_equal(laid, 1);
	/* what was overwritten is still known */
	assert_int_equal(undo_find(&undo, UNDO_RP_FILTER, "wan2")->value, 1);
}

static void
test_clear(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	dial(k);
	strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
	net_ppp_changed(2);
	assert_int_equal(active(2)->ok, 1);
	nsent = 0;
	net_clear(99);
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->gen, 99);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(plan_found(&k->s), 0);
	assert_int_equal(sim_link(k, "wan2")->rp_filter, 1);
	assert_int_equal(sim_link(k, "eth1")->group, 0);
	assert_int_equal(access(UNDO_FILE, F_OK), -1);
	/* nothing comes back by itself */
	changed();
	loop_quiet();
	assert_int_equal(plan_found(&k->s), 0);
}

static void
test_uplink_leaves(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	conf.nuplinks = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(sim_link(k, "wan2")->group, 0);
	assert_int_equal(sim_link(k, "wan2")->rp_filter, 1);
	assert_int_equal(undo.n, 1);
}

/* The primary's interface goes, and with it what told of its networks. */
static void
test_private_remembered(void **arg)
{
	struct net_route *r = &k->route[k->s.nroutes];
	size_t i, refused = 0;

	(void)arg;
	*r = (struct net_route){ .table = NET_MAIN, .ifindex = ETH1 };
	assert_int_equal(prefix_parse("10.9.0.0/16", &r->dst), 0);
	k->s.nroutes++;
	assert_int_equal(active(0)->ok, 1);
	sim_link(k, "eth1")->up = 0;
	kernel_down(k, ETH1);
	assert_int_equal(active(1)->ok, 1);
	for (i = 0; i < k->s.nroutes; i++)
		refused += k->route[i].table == NET_TABLE &&
			   k->route[i].type == NET_UNREACHABLE &&
			   k->route[i].dst.len == 16;
	assert_int_equal(refused, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_others_change),
		T(test_lost),
		T(test_gone),
		T(test_repair_refused),
		T(test_advertised),
		T(test_expired),
		T(test_many_addresses),
		T(test_address_gone),
		T(test_socket_targets),
		T(test_gateways),
		T(test_others_table),
		T(test_blocked),
		T(test_renumbered),
		T(test_adoption),
		T(test_clear),
		T(test_uplink_leaves),
		T(test_private_remembered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
