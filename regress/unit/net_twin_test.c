/* SPDX-License-Identifier: ISC */
/*
 * Tunnels that stay where they are until their far ends know, and the links
 * that take packets for both addresses meanwhile.
 */
#include "regress/unit/net_rig.h"

#undef NET_TWIN_MS
#define NET_TWIN_MS 50
#include "netconf/net_twin.c"

#define GRE1 100
#define FROM "192.0.2.2"
#define TO   "198.51.100.2"

static struct conf_tunnel tunnel;
static struct conf_peer peer;

/* On the primary, which is good; its far end acknowledges. */
static void
tunnel_to_hub(void)
{
	struct net_link *l = &k->link[k->s.nlinks++];

	memset(l, 0, sizeof(*l));
	l->ifindex = GRE1;
	strlcpy(l->name, "gre1", sizeof(l->name));
	strlcpy(l->kind, "gre", sizeof(l->kind));
	l->up = l->carrier = l->pointopoint = 1;
	l->tunnel = NET_TUNNEL;
	l->local = ip(FROM);
	memset(&peer, 0, sizeof(peer));
	peer.keyed = 1;
	peer.ntunnels = 1;
	peer.tunnel = &tunnel;
	strlcpy(tunnel.ifname, l->name, IFNAMSIZ);
	conf.npeers = 1;
	conf.peer = &peer;
}

static int
is_at(const char *local)
{
	struct addr a = ip(local);

	return addr_cmp(&sim_link(k, "gre1")->local, &a) == 0;
}

static const struct net_link *
twin(const char *name)
{
	size_t i;

	for (i = 0; i < k->s.nlinks; i++)
		if (strcmp(k->link[i].name, name) == 0)
			return &k->link[i];
	return NULL;
}

/* The primary is left though it works, for so long. */
static const struct msg_net_done *
drained_for(uint32_t ms)
{
	struct msg_net_want m = wish(1);

	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	m.drain = 0;
	m.drain_ms = ms;
	nsent = 0;
	net_want(&m);
	return last_done();
}

static void
acknowledged_by(uint32_t gen, uint32_t id)
{
	const struct msg_net_follow m = { gen, id };

	net_follow(&m);
}

static void
waits_until_its_far_end_knows(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	assert_int_equal(drained_for(600 * 1000)->ok, 1);
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_true(is_at(FROM));
	assert_non_null(twin("dialfail100l"));
	assert_int_equal(twin("dialfail100l")->local.family, AF_UNSPEC);
	loop_quiet();
	assert_true(is_at(FROM));
	acknowledged_by(0, 0); /* of another configuration */
	assert_true(is_at(FROM));
	acknowledged_by(1, 0);
	assert_true(is_at(TO));
	assert_non_null(twin("dialfail100l"));
	/* no flow is left, but what was on its way takes its time */
	assert_int_equal(count(IMSG_NET_DRAINED), 0);
	loop_until(IMSG_NET_DRAINED, 1);
	assert_null(twin("dialfail100l"));
	assert_true(is_at(TO));
}

static void
waits_no_longer_than_the_drain(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	assert_int_equal(drained_for(100)->ok, 1);
	assert_true(is_at(FROM));
	loop_until(IMSG_NET_DRAINED, 1);
	assert_true(is_at(TO));
	assert_null(twin("dialfail100l"));
}

/* What was acknowledged before another switch does not count for it. */
static void
waits_at_each_switch(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	waits_until_its_far_end_knows(NULL);
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_true(is_at(TO));
	assert_non_null(twin("dialfail100l"));
	m.gen++; /* asked for again, it goes on */
	acknowledged_by(1, 0);
	net_want(&m);
	assert_true(is_at(FROM));
}

static void
does_not_wait_without_reason(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	peer.keyed = 0; /* it tells nothing */
	(void)drained_for(600 * 1000);
	assert_true(is_at(TO));
	assert_null(twin("dialfail100l"));
	assert_int_equal(active(0)->ok, 1);
	peer.keyed = 1; /* it takes packets from anywhere */
	strlcpy(sim_link(k, "gre1")->kind, "vxlan", sizeof(k->link[0].kind));
	(void)drained_for(600 * 1000);
	assert_true(is_at(TO));
	assert_null(twin("dialfail100l"));
}

/* A kernel without them. */
static void
does_not_wait_if_none_can_be_had(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	calls = 0;
	fail_at = 3; /* behind rp_filter and the route */
	fail_errno = EOPNOTSUPP;
	assert_int_equal(drained_for(600 * 1000)->ok, 1);
	assert_true(is_at(TO));
	assert_null(twin("dialfail100l"));
}

static void
goes_with_the_rest(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	(void)drained_for(600 * 1000);
	forget(); /* killed */
	net_reloaded();
	assert_non_null(twin("dialfail100l"));
	assert_int_equal(active(1)->ok, 1);
	assert_null(twin("dialfail100l"));
	(void)drained_for(600 * 1000);
	net_clear(7);
	loop_until(IMSG_NET_DONE, 1);
	assert_null(twin("dialfail100l"));
	assert_true(is_at(FROM));
}

/* Its far end is led elsewhere. */
static void
held_for_a_while(void **arg)
{
	int i;

	(void)arg;
	tunnel_to_hub();
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	twin_hold(net_link_find(net_known(), "gre1"));
	assert_non_null(twin("dialfail100r"));
	/* of two alike one is bound to where their packets come in */
	assert_true(sim_link(k, "gre1")->bound == 0);
	assert_int_equal(twin("dialfail100r")->bound, ETH1);
	assert_int_equal(active(0)->ok, 1);
	assert_non_null(twin("dialfail100r"));
	for (i = 0; i < PATIENCE_MS / LOOK_STEP; i++) {
		struct timeval tv = monotime_ms(LOOK_STEP);

		if (twin("dialfail100r") == NULL)
			break;
		event_loopexit(&tv);
		event_dispatch();
	}
	assert_null(twin("dialfail100r"));
	assert_int_equal(ntwins, 0);
}

static void
held_for_so_many(void **arg)
{
	struct net_link l;
	size_t before;

	(void)arg;
	tunnel_to_hub();
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	l = *net_link_find(net_known(), "gre1");
	l.bound = ETH1;
	before = k->s.nlinks;
	memset(twins, 0, sizeof(twins));
	for (ntwins = 0; ntwins < NET_TWINS_MAX; ntwins++)
		twins[ntwins].ifindex = 1000 + (uint32_t)ntwins;
	twin_hold(&l);
	assert_int_equal(k->s.nlinks, before);
	ntwins--;
	twin_hold(&l);
	assert_int_equal(k->s.nlinks, before + 1);
	assert_int_equal(twin("dialfail100r")->bound, 0);
	ntwins = 0;
	strlcpy(l.kind, "vxlan", sizeof(l.kind)); /* it takes all anyhow */
	twin_hold(&l);
	assert_int_equal(k->s.nlinks, before + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(waits_until_its_far_end_knows),
		T(waits_no_longer_than_the_drain),
		T(waits_at_each_switch),
		T(does_not_wait_without_reason),
		T(does_not_wait_if_none_can_be_had),
		T(goes_with_the_rest),
		T(held_for_a_while),
		T(held_for_so_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
