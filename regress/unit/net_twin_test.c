/* SPDX-License-Identifier: ISC */
/*
 * Tunnels that stay where they are until their far ends know, and the links
 * that take packets for both addresses meanwhile.
 */
#include "regress/unit/net_rig.h"

#define GRE1 100
#define FROM "198.51.100.2"
#define TO   "192.0.2.2"
/* its twins, where it is to be and where it was */
#define AHEAD  "dialfail100l"
#define BEHIND "dialfail100r"

static struct conf_tunnel tunnel;
static struct conf_peer peer;

/* On the primary; its far end acknowledges. */
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
	l->local = ip(TO);
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

/* Back from the backup, which drains for so long. */
static const struct msg_net_done *
drained_for(uint32_t ms)
{
	struct msg_net_want m = wish(0);

	net_reloaded();
	assert_int_equal(active(1)->ok, 1);
	m.drain = 1;
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
	loop_quiet();
}

/* The one of this name takes packets here. */
static int
twin_is_at(const char *name, const char *local, uint32_t bound)
{
	struct addr a = ip(local);
	const struct net_link *l = twin(name);

	return l != NULL && addr_cmp(&l->local, &a) == 0 && l->bound == bound;
}

static void
loop_while(int (*so)(void))
{
	int i;

	for (i = 0; i < PATIENCE_MS / LOOK_STEP && so(); i++) {
		struct timeval tv = monotime_ms(LOOK_STEP);

		event_loopexit(&tv);
		event_dispatch();
	}
	assert_false(so());
}

static int
has_a_twin(void)
{
	return twin(AHEAD) != NULL || twin(BEHIND) != NULL;
}

static void
waits_until_its_far_end_knows(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	assert_int_equal(drained_for(600 * 1000)->ok, 1);
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_true(is_at(FROM));
	assert_true(twin_is_at(AHEAD, TO, ETH1));
	loop_quiet();
	assert_true(is_at(FROM));
	acknowledged_by(0, 0); /* of another configuration */
	assert_true(is_at(FROM));
	acknowledged_by(1, 0);
	assert_true(is_at(TO));
	assert_null(twin(AHEAD));
	assert_true(twin_is_at(BEHIND, FROM, WAN2));
	/* no flow is left, but what was on its way takes its time */
	assert_int_equal(count(IMSG_NET_DRAINED), 0);
	loop_until(IMSG_NET_DRAINED, 1);
	twin_ms = 0;
	rearm_twins();
	loop_while(has_a_twin);
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
	loop_quiet();
	assert_false(has_a_twin());
}

static int
has_not_moved(void)
{
	return is_at(FROM);
}

/* A far end that is dead keeps no backup up. */
static void
waits_for_a_while_only(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	twin_ms = 100;
	assert_int_equal(drained_for(600 * 1000)->ok, 1);
	assert_true(is_at(FROM));
	loop_while(has_not_moved);
	loop_while(has_a_twin);
	assert_int_equal(last_done()->ok, 1);
}

/* What was acknowledged before another switch does not count for it. */
static void
waits_at_each_return(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	waits_until_its_far_end_knows(NULL);
	twin_ms = PATIENCE_MS;
	assert_int_equal(active(1)->ok, 1);
	assert_true(is_at(FROM));
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_true(is_at(FROM));
	net_want(&m); /* asked for again it goes on to wait */
	assert_true(is_at(FROM));
	assert_true(twin_is_at(AHEAD, TO, ETH1));
	acknowledged_by(1, 0);
	assert_true(is_at(TO));
	net_want(&m); /* and does not begin anew */
	assert_null(twin(AHEAD));
}

/* Where its far end has no twin, and may be dead. */
static void
does_not_wait_when_it_leaves(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	tunnel_to_hub();
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	m.drain = 0;
	m.drain_ms = 600 * 1000;
	net_want(&m);
	assert_true(is_at(FROM));
	assert_false(has_a_twin());
}

/* The primary has another address meanwhile: so has the twin. */
static void
goes_where_it_is_wanted(void **arg)
{
	size_t i;

	(void)arg;
	tunnel_to_hub();
	(void)drained_for(600 * 1000);
	for (i = 0; i < k->s.naddrs; i++)
		if (k->addr[i].ifindex == ETH1)
			k->addr[i].local = ip("192.0.2.99");
	net_look_again();
	assert_true(twin_is_at(AHEAD, "192.0.2.99", ETH1));
	assert_true(is_at(FROM));
}

/* A wish is not held up by others who take twins away. */
static void
made_twice_at_most(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	tunnel_to_hub();
	(void)drained_for(600 * 1000);
	twins_go = 1;
	sim_link_del(twin(AHEAD)->ifindex);
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	net_want(&m);
	twins_go = 0;
	assert_int_equal(last_done()->ok, 1);
	assert_true(is_at(TO));
}

static void
does_not_wait_without_reason(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	peer.keyed = 0; /* it tells nothing */
	(void)drained_for(600 * 1000);
	assert_true(is_at(TO));
	assert_false(has_a_twin());
	assert_int_equal(active(0)->ok, 1);
	peer.keyed = 1; /* it takes packets from anywhere */
	strlcpy(sim_link(k, "gre1")->kind, "vxlan", sizeof(k->link[0].kind));
	(void)drained_for(600 * 1000);
	assert_true(is_at(TO));
	assert_false(has_a_twin());
	assert_int_equal(active(0)->ok, 1);
}

/* What is not in IPsec does not come as far as to it (encrypted() in nft.c). */
static void
waits_inside_ipsec(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	tunnel.encrypted = 1;
	(void)drained_for(600 * 1000);
	assert_true(is_at(FROM));
	assert_true(twin_is_at(AHEAD, TO, ETH1));
	tunnel.encrypted = 0;
}

/* A kernel without them. */
static void
does_not_wait_if_none_can_be_had(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	k->link[k->s.nlinks++] = (struct net_link){ .ifindex = 700 };
	strlcpy(sim_link(k, "")->name, AHEAD, IFNAMSIZ); /* of others */
	assert_int_equal(drained_for(600 * 1000)->ok, 1);
	assert_true(is_at(TO));
	assert_int_equal(twin(AHEAD)->ifindex, 700);
	assert_null(twin(BEHIND));
}

/* One that was begun by a netconf that was killed is made anew. */
static void
not_half_of_one(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	tunnel_to_hub();
	(void)drained_for(600 * 1000);
	sim_link(k, AHEAD)->up = 0;
	forget();
	net_reloaded();
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_true(is_at(FROM));
	assert_int_equal(twin(AHEAD)->up, 1);
}

static void
goes_with_the_rest(void **arg)
{
	(void)arg;
	tunnel_to_hub();
	(void)drained_for(600 * 1000);
	forget(); /* killed */
	net_reloaded();
	assert_non_null(twin(AHEAD));
	assert_int_equal(active(0)->ok, 1);
	loop_while(has_a_twin);
	(void)drained_for(600 * 1000);
	net_clear(7);
	loop_until(IMSG_NET_DONE, 1);
	assert_false(has_a_twin());
	assert_true(is_at(TO));
}

static int
holds_one(void)
{
	return twin(BEHIND) != NULL;
}

/* Its far end is led elsewhere; no fight with others, however often. */
static void
held_for_a_while(void **arg)
{
	int i;

	(void)arg;
	tunnel_to_hub();
	twin_ms = 20;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	for (i = 0; i < PACE + 2; i++) {
		(void)twin_hold(
		    net_known(), net_link_find(net_known(), "gre1"));
		assert_true(twin_is_at(BEHIND, TO, ETH1));
		loop_while(holds_one);
	}
	assert_int_equal(ntwins, 0);
	assert_int_equal(last_done()->ok, 1);
}

static void
held_for_so_many(void **arg)
{
	struct net_link *l;
	size_t before;

	(void)arg;
	tunnel_to_hub();
	l = sim_link(k, "gre1");
	l->bound = ETH1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	before = k->s.nlinks;
	memset(twins, 0, sizeof(twins));
	for (ntwins = 0; ntwins < NET_TWINS_MAX; ntwins++)
		twins[ntwins].ifindex = 1000 + (uint32_t)ntwins;
	assert_int_equal(twin_hold(net_known(), l), 0);
	assert_int_equal(k->s.nlinks, before);
	ntwins--;
	assert_int_equal(twin_hold(net_known(), l), 1);
	assert_true(twin_is_at(BEHIND, TO, 0)); /* the tunnel is bound */
	ntwins = 0;
}

/* What is called alike is not ours. */
static void
told_from_others(void **arg)
{
	static const struct {
		const char *name;
		uint32_t group;
		int is;
	} links[] = { { AHEAD, NET_GROUP_TWIN, 1 },
		{ BEHIND, NET_GROUP_TWIN, 1 }, { AHEAD, 0, 0 },
		{ "dialfail-lan", NET_GROUP_TWIN, 0 },
		{ "dialfail100", NET_GROUP_TWIN, 0 },
		{ "dialfail100lr", NET_GROUP_TWIN, 0 },
		{ "dialfaill", NET_GROUP_TWIN, 0 },
		{ "dial100l", NET_GROUP_TWIN, 0 } };
	struct net_link l;
	char name[IFNAMSIZ];
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
		memset(&l, 0, sizeof(l));
		strlcpy(l.name, links[i].name, sizeof(l.name));
		l.group = links[i].group;
		assert_int_equal(plan_is_twin(&l), links[i].is);
	}
	assert_int_equal(plan_twin_name(999999, TWIN_LOCAL, name), 0);
	assert_int_equal(plan_twin_name(1000000, TWIN_LOCAL, name), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(waits_until_its_far_end_knows),
		T(waits_no_longer_than_the_drain),
		T(waits_for_a_while_only),
		T(waits_at_each_return),
		T(does_not_wait_without_reason),
		T(waits_inside_ipsec),
		T(does_not_wait_when_it_leaves),
		T(goes_where_it_is_wanted),
		T(made_twice_at_most),
		T(does_not_wait_if_none_can_be_had),
		T(not_half_of_one),
		T(goes_with_the_rest),
		T(held_for_a_while),
		T(held_for_so_many),
		T(told_from_others),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
