/* SPDX-License-Identifier: ISC */
/*
 * Tunnels move with a switch, thousands of them in several turns.
 */
#include "regress/unit/net_rig.h"

#define TUNNELS 40

/* More than are moved at once. */
static void
tunnels_to_hub(void)
{
	static struct conf_tunnel tunnel[TUNNELS];
	static struct conf_peer peers[TUNNELS];
	struct net_link *l;
	uint32_t i;

	_Static_assert(TUNNELS > NET_MOVES_MAX, "more than one batch");
	for (i = 0; i < TUNNELS; i++) {
		l = &k->link[k->s.nlinks++];
		memset(l, 0, sizeof(*l));
		l->ifindex = 100 + i;
		snprintf(l->name, sizeof(l->name), "gre%u", i);
		l->up = l->carrier = l->pointopoint = 1;
		l->tunnel = NET_TUNNEL;
		l->local = ip("192.0.2.2");
		memset(&peers[i], 0, sizeof(peers[i]));
		peers[i].ntunnels = 1;
		peers[i].tunnel = &tunnel[i];
		strlcpy(peers[i].tunnel[0].ifname, l->name, IFNAMSIZ);
	}
	conf.npeers = TUNNELS;
	conf.peer = peers;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	batches = 0;
}

/* What the primary's address sends would go with the traffic. */
static void
main_leads_nowhere(void)
{
	size_t i = 0;

	while (i < k->s.nroutes)
		if (k->route[i].table == NET_MAIN && k->route[i].dst.len == 0)
			kernel_route_del(k, &k->route[i]);
		else
			i++;
	net_look_again();
}

static size_t
tunnels_with(const char *local)
{
	struct addr a = ip(local);
	size_t i, n = 0;

	for (i = 0; i < k->s.nlinks; i++)
		n += k->link[i].tunnel == NET_TUNNEL &&
		     addr_cmp(&k->link[i].local, &a) == 0;
	return n;
}

static size_t
told_of(const char *text)
{
	size_t i, n = 0;

	for (i = 0; i < nsent; i++)
		n += sent[i].type == IMSG_NET_STEP &&
		     strstr(sent[i].body.step.text, text) != NULL;
	return n;
}

static void
test_tunnels(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	tunnels_to_hub();
	nsent = 0;
	net_want(&m);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
	assert_int_equal(batches, 2);
	assert_int_equal(told_of("tunnel gre"), TELL_TUNNELS);
	assert_int_equal(told_of("32 more tunnels alike"), 1);
	assert_int_equal(access(TUNNELS_FILE, F_OK), 0);
	/* and after a crash nothing is to be done */
	forget();
	net_reloaded();
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(batches, 2);
	m = wish(0);
	net_want(&m);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(access(TUNNELS_FILE, F_OK), -1);
}

static void
test_tunnel_refused(void **arg)
{
	struct msg_net_want m = wish(1);
	int i;

	(void)arg;
	tunnels_to_hub();
	refused_tunnel = 105;
	nsent = 0;
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(last_done()->nsteps, TUNNELS);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS - 1);
	assert_int_equal(told_of("tunnel gre5 cannot have local 198.51.100.2:"
				 " File exists"),
	    1);
	assert_int_equal(way(k, 0, NULL), WAN2);
	/* once is enough, until the next wish */
	batches = 0;
	loop_quiet();
	assert_int_equal(batches, 0);
	refused_tunnel = 0;
	assert_int_equal(active(1)->nsteps, 1);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
	/* or for a while, if none comes */
	refused_tunnel = 105;
	m = wish(0);
	net_want(&m);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS - 1);
	refused_tunnel = 0;
	for (i = 0; i < PATIENCE_MS / LOOK_STEP; i++) {
		struct timeval tv = monotime_ms(LOOK_STEP);

		if (tunnels_with("192.0.2.2") == TUNNELS)
			break;
		event_loopexit(&tv);
		event_dispatch();
	}
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	m = wish(1);
	net_want(&m);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	/* a whole batch: the others of it wait for the next wish, too */
	calls = 0;
	fail_at = 2; /* the route back comes first */
	m = wish(0);
	nsent = 0;
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS - NET_MOVES_MAX);
	assert_int_equal(told_of("24 more tunnels cannot have theirs"), 1);
	m = wish(0);
	net_want(&m);
	assert_int_equal(last_done()->nsteps, NET_MOVES_MAX);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
}

/* There is no time: one batch in each turn of the loop. */
static void
turns(uint32_t home, uint32_t meanwhile)
{
	struct msg_net_want m = wish(1), other = wish(0);
	struct addr old = ip("192.0.2.2");

	turn_ms = 0;
	nsent = 0;
	flows[0] = 7;
	m.flush = 0;
	net_want(&m);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	assert_int_equal(way(k, 0, &old), home);
	/* which do not wait for tunnels either */
	assert_int_equal(flows[0], meanwhile == WAN2 ? 0 : 7);
	assert_int_equal(tunnels_with("198.51.100.2"), NET_MOVES_MAX);
	assert_int_equal(way(k, 0, NULL), meanwhile);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->gen, m.gen);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	assert_int_equal(last_done()->flows, 7);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
	assert_int_equal(way(k, 0, NULL), WAN2);
	loop_quiet();
	/* traffic first, on the way back; then all is said to be done */
	nsent = 0;
	net_want(&other);
	assert_int_equal(way(k, 0, NULL), home);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DONE), 1);
}

static void
test_turns(void **arg)
{
	(void)arg;
	tunnels_to_hub();
	turns(ETH1, WAN2);
	main_leads_nowhere();
	turns(0, 0);
}

/* What comes between two turns: another wish, or the end. */
static void
test_turns_overtaken(void **arg)
{
	struct msg_net_want m = wish(1), other = wish(0);

	(void)arg;
	tunnels_to_hub();
	turn_ms = 0;
	nsent = 0;
	net_want(&m);
	net_want(&other);
	loop_until(IMSG_NET_DONE, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DONE), 1);
	assert_int_equal(last_done()->gen, other.gen);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(access(TUNNELS_FILE, F_OK), -1);
	/* killed */
	m = wish(1);
	net_want(&m);
	forget();
	net_reloaded();
	assert_int_equal(tunnels_with("198.51.100.2"), NET_MOVES_MAX);
	m = wish(0);
	net_want(&m);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	/* cleared */
	m = wish(1);
	net_want(&m);
	nsent = 0;
	net_clear(7);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->gen, 7);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(access(TUNNELS_FILE, F_OK), -1);
}

/* The route behind them is refused: those of earlier turns go back, too. */
static void
test_turns_taken_back(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	tunnels_to_hub();
	main_leads_nowhere();
	turn_ms = 0;
	calls = 0;
	fail_at = 3;
	nsent = 0;
	net_want(&m);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->ok, 0);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(way(k, 0, NULL), 0);
	loop_quiet();
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
}

/* None moves that is not written down, and then traffic goes back, too. */
static void
test_not_written_down(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	tunnels_to_hub();
	assert_int_equal(mkdir(TUNNELS_FILE, 0700), 0);
	net_want(&m);
	assert_int_equal(last_done()->ok, 0);
	assert_non_null(strstr(last_done()->text, TUNNELS_FILE ": "));
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(rmdir(TUNNELS_FILE), 0);
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
}

/* What moves before traffic is written down, and so is what moves behind it. */
static void
test_both_written_down(void **arg)
{
	struct msg_net_want m = wish(1), home = wish(0);
	struct net_link *l;
	size_t i;

	(void)arg;
	add_addr(k, ETH1, "192.0.2.3", 24);
	tunnels_to_hub();
	for (i = 0; i < TUNNELS; i++) {
		l = &k->link[k->s.nlinks - 1 - i];
		l->local = ip(i == 0 ? "192.0.2.77" : "192.0.2.3");
	}
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
	net_want(&home);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("192.0.2.3"), TUNNELS - 1);
}

static void
until_renewed(void)
{
	int i;

	for (i = 0; i < PATIENCE_MS && evtimer_pending(&timer, NULL); i++) {
		struct timeval tv = monotime_ms(1);

		event_loopexit(&tv);
		event_dispatch();
	}
	assert_false(evtimer_pending(&timer, NULL));
}

/* What tells the far end may be lost, and it cannot be known. */
static void
test_wireguard_again(void **arg)
{
	static struct conf_tunnel tunnel;
	static struct conf_peer peer;
	struct msg_net_want m = wish(1);
	struct net_link *l = &k->link[k->s.nlinks++];

	(void)arg;
	memset(l, 0, sizeof(*l));
	l->ifindex = 100;
	strlcpy(l->name, "wg0", sizeof(l->name));
	l->up = l->carrier = l->pointopoint = 1;
	l->tunnel = NET_WIREGUARD;
	peer.ntunnels = 1;
	peer.tunnel = &tunnel;
	strlcpy(tunnel.ifname, l->name, IFNAMSIZ);
	conf.npeers = 1;
	conf.peer = &peer;
	net_reloaded();
	renew_ms = 1;
	assert_int_equal(active(0)->ok, 1);
	until_renewed();
	wireguards = 0;
	net_want(&m);
	assert_int_equal(wireguards, 1); /* at once */
	until_renewed();
	assert_int_equal(wireguards, NET_RENEWALS);
	/* thousands, in parts */
	wgpeers = 2 * NET_WGPEERS_MAX;
	wireguards = 0;
	m = wish(0);
	net_want(&m);
	until_renewed();
	assert_int_equal(wireguards, NET_RENEWALS * wgpeers);
	wgpeers++;
	wireguards = 0;
	m = wish(1);
	net_want(&m);
	until_renewed();
	assert_int_equal(wireguards, NET_RENEWALS * wgpeers);
	wgpeers = 1;
	renew_ms = 1000;
}

static struct conf_tunnel gres[2];
static struct conf_peer hubs[2];

static void
two_hubs(void)
{
	struct net_link *l = &k->link[k->s.nlinks++];
	uint32_t i;

	memset(l, 0, sizeof(*l));
	l->ifindex = 100;
	strlcpy(l->name, "gre0", sizeof(l->name));
	l->up = 1;
	l->tunnel = NET_TUNNEL;
	memset(hubs, 0, sizeof(hubs));
	memset(gres, 0, sizeof(gres));
	for (i = 0; i < 2; i++) {
		snprintf(gres[i].ifname, IFNAMSIZ, "gre%u", i);
		hubs[i].ntunnels = 1;
		hubs[i].tunnel = &gres[i];
		hubs[i].keyed = 1;
		hubs[i].key[0] = (uint8_t)(i + 1);
	}
	conf.npeers = 2;
	conf.peer = hubs;
}

/* So often since the last look, and of this one. */
static int
told_again(uint32_t peer)
{
	size_t i;
	int n = 0;

	for (i = 0; i < nsent; i++)
		if (sent[i].type == IMSG_NET_PEER_AGAIN) {
			assert_int_equal(sent[i].body.again.gen, config_gen());
			assert_int_equal(sent[i].body.again.id, peer);
			n++;
		}
	nsent = 0;
	return n;
}

static void
test_there_again(void **arg)
{
	(void)arg;
	two_hubs();
	net_reloaded();
	nsent = 0;
	net_look_again();
	assert_int_equal(told_again(0), 0); /* as before */
	k->link[k->s.nlinks - 1].up = 0;
	net_look_again();
	assert_int_equal(told_again(0), 0);
	k->link[k->s.nlinks - 1].up = 1;
	net_look_again();
	assert_int_equal(told_again(0), 0); /* it has its far end yet */
	k->link[k->s.nlinks - 1].up = 0;
	k->link[k->s.nlinks - 1].ifindex++; /* made anew, */
	net_look_again();
	assert_int_equal(told_again(0), 0);
	k->link[k->s.nlinks - 1].up = 1; /* and set up */
	net_look_again();
	assert_int_equal(told_again(0), 1);
	k->link[k->s.nlinks - 1].ifindex++; /* between two looks */
	net_look_again();
	assert_int_equal(told_again(0), 1);
	hubs[0].keyed = 0; /* it does not say where it is */
	net_reloaded();
	k->link[k->s.nlinks - 1].ifindex++;
	net_look_again();
	assert_int_equal(told_again(0), 0);
}

/* One that another configuration names, of a link that was there. */
static void
test_named_again(void **arg)
{
	static struct conf_peer before[2];

	(void)arg;
	two_hubs();
	net_reloaded();
	nsent = 0;
	net_reloaded();
	assert_int_equal(told_again(0), 0);
	/* what a peer had is now the other one's */
	memcpy(before, hubs, sizeof(before));
	before[0].tunnel = &gres[1];
	before[1].tunnel = &gres[0];
	conf.peer = before;
	net_reloaded();
	assert_int_equal(told_again(1), 1);
	strlcpy(gres[0].ifname, "gre9", IFNAMSIZ);
	net_reloaded();
	assert_int_equal(told_again(1), 0);
}

/* What is behind it is routed by itself from now on. */
static void
test_next_hop_asked_for(void **arg)
{
	static struct conf_behind behind[2];

	(void)arg;
	two_hubs();
	net_reloaded();
	nsent = 0;
	hubs[1].id = 1;
	assert_int_equal(prefix_parse("10.7.0.0/24", &behind[0].net), 0);
	assert_int_equal(prefix_parse("10.8.0.0/24", &behind[1].net), 0);
	hubs[1].route = behind;
	hubs[1].nroutes = 2;
	net_reloaded();
	assert_int_equal(told_again(1), 1); /* once for both */
	net_look_again();
	net_reloaded();
	assert_int_equal(told_again(1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_tunnels),
		T(test_tunnel_refused),
		T(test_turns),
		T(test_turns_overtaken),
		T(test_turns_taken_back),
		T(test_not_written_down),
		T(test_both_written_down),
		T(test_wireguard_again),
		T(test_there_again),
		T(test_named_again),
		T(test_next_hop_asked_for),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
