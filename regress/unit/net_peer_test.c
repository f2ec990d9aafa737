/* SPDX-License-Identifier: ISC */
/*
 * A peer that is elsewhere, in netconf: which of its tunnels are led there,
 * where it may not be, and what is told of what the kernel refuses.
 */
#include <sys/types.h>

#include <errno.h>

#include "netconf/net.h"
#include "netconf/run.h"
#include "regress/unit/sim_net.h"

#define GRE1 6
#define SIT1 7
#define WG0  8
#define GRE2 9
#define GRE3 10

static struct sim *k;
static struct conf conf;
static struct conf_peer peer;
static struct conf_tunnel tunnel[3];
static struct addr configured;
static struct prefix accepted;
static struct msg_net_peer question;
static struct msg_net_peer_done said;
static struct msg_net_peer_done all_said[20]; /* since it was counted */
static int nsaid;
static struct addr remote[GRE3 + 1]; /* by interface */
static int led[GRE3 + 1];
static int refuses; /* a tunnel's index */
static int deaf, overwritten, nrequests;
static int unheard; /* WireGuard's peer has no endpoint, */
static int unknown; /* or is none */

/* ---- what it calls ---- */

const struct conf *
config_current(void)
{
	return &conf;
}

uint32_t
config_gen(void)
{
	return 7;
}

const struct net_state *
net_known(void)
{
	return &k->s;
}

const struct net_want *
net_wish(void)
{
	return &k->w;
}

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	assert_int_equal(type, IMSG_NET_PEER_DONE);
	assert_int_equal(fd, -1);
	assert_int_equal(len, sizeof(said));
	memcpy(&said, data, len);
	all_said[nsaid] = said;
	assert_int_equal(msg_net_peer_done_valid(&said), 1);
	nsaid++;
}

static int holds; /* twins that were asked for */

int
twin_hold(const struct net_state *s, const struct net_link *l)
{
	assert_ptr_equal(s, &k->s);
	assert_string_equal(l->name, "gre1");
	assert_int_equal(led[GRE1], holds); /* before it is led elsewhere */
	holds++;
	return 1;
}

static int renewed; /* those of a tunnel that waits */

void
twin_renew(const struct net_state *s, const struct net_link *l)
{
	assert_ptr_equal(s, &k->s);
	renewed += l->ifindex == GRE1;
}

static void
lead_one(struct net_lead *l)
{
	const struct addr *there = &l->to[addr_family(&remote[l->ifindex])];

	l->error = refuses == (int)l->ifindex ? EPERM : 0;
	if (l->error == 0 && there->family != AF_UNSPEC &&
	    addr_cmp(there, &remote[l->ifindex]) != 0) {
		led[l->ifindex]++;
		if (!overwritten)
			remote[l->ifindex] = *there;
	}
	l->is = remote[l->ifindex];
}

static int
sim_lead(struct net_lead *l, size_t n)
{
	size_t i;

	assert_in_range(n, 1, NET_MOVES_MAX);
	nrequests++;
	if (deaf) {
		errno = ENOBUFS;
		return -1;
	}
	for (i = 0; i < n; i++)
		lead_one(&l[i]);
	return 0;
}

static int
sim_wireguard(uint32_t ifindex, net_wgpeer *ours, const void *arg,
    const struct addr to[FAMILIES], struct net_wgpeers *n)
{
	static const uint8_t meant[KEY_LEN] = { 1 }, other[KEY_LEN] = { 2 };

	assert_non_null(to);
	assert_int_equal(ours(meant, arg), 1);
	assert_int_equal(ours(other, arg), 0);
	n->left = 0;
	n->meant = !unknown;
	n->set = !unknown && !unheard;
	if (n->set == 0)
		return 0;
	to += addr_family(&remote[ifindex]);
	if (to->family == AF_UNSPEC) {
		n->left = n->set;
		n->set = 0;
		return 0;
	}
	remote[ifindex] = *to;
	led[ifindex]++;
	return 0;
}

static int route_refused; /* an errno */
static int nlaid; /* routes that were asked for */

static int
sim_route(int add, const struct net_route *r)
{
	size_t i;

	if (route_refused != 0) {
		errno = route_refused;
		return -1;
	}
	nlaid++;
	if (add) {
		kernel_route_add(k, r);
		return 0;
	}
	for (i = 0; i < k->s.nroutes; i++)
		if (same_place(&k->route[i], r)) {
			kernel_route_del(k, r);
			break;
		}
	return 0;
}

static const struct netops sim_ops = {
	.tunnels_lead = sim_lead, .wireguard = sim_wireguard, .route = sim_route
};
const struct netops *netops = &sim_ops;

/* ---- a peer with one tunnel of each kind ---- */

static void
name_tunnel(uint32_t ifindex, const char *name, enum net_tunnel_kind kind,
    const char *to)
{
	char own_address[ADDR_STRLEN];

	snprintf(own_address, sizeof(own_address), "10.99.%u.1", ifindex);
	add_link(k, ifindex, name, 1, own_address, 24);
	sim_link(k, name)->tunnel = kind;
	sim_link(k, name)->local = ip("192.0.2.2");
	remote[ifindex] = ip(to);
	strlcpy(peer.tunnel[peer.ntunnels++].ifname, name, IFNAMSIZ);
}

static int
begin(void **state)
{
	(void)state;
	k = site();
	memset(&conf, 0, sizeof(conf));
	memset(&peer, 0, sizeof(peer));
	memset(tunnel, 0, sizeof(tunnel));
	peer.tunnel = tunnel;
	peer.address = &configured;
	peer.accept = &accepted;
	memset(&question, 0, sizeof(question));
	memset(led, 0, sizeof(led));
	nsaid = refuses = deaf = overwritten = nrequests = holds = renewed = 0;
	unheard = unknown = 0;
	name_tunnel(GRE1, "gre1", NET_TUNNEL, "9.0.0.1");
	name_tunnel(WG0, "wg0", NET_WIREGUARD, "9.0.0.1");
	peer.tunnel[1].wgpeer = 1;
	peer.tunnel[1].key[0] = 1;
	peer.keyed = 1;
	conf.npeers = 1;
	conf.peer = &peer;
	question.gen = 7;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(k);
	return 0;
}

static void
asked_as_it_is(enum msg_net_peer_result result)
{
	assert_int_equal(msg_net_peer_valid(&question), 1);
	nsaid = 0;
	net_peer(&question);
	net_peers_lead();
	assert_int_equal(nsaid, 1);
	assert_int_equal(said.gen, question.gen);
	assert_int_equal(said.result, result);
	assert_int_equal(said.text[0] != '\0', result != MSG_PEER_APPLIED);
}

static void
asked(const char *address, enum msg_net_peer_result result)
{
	struct addr a = ip(address);

	question.address[addr_family(&a)] = a;
	asked_as_it_is(result);
}

static int
leads_to(uint32_t ifindex, const char *address)
{
	struct addr a = ip(address);

	return addr_cmp(&remote[ifindex], &a) == 0;
}

static void
all_its_tunnels_are_led(void **state)
{
	(void)state;
	asked("9.0.0.2", MSG_PEER_APPLIED);
	assert_true(leads_to(GRE1, "9.0.0.2") && leads_to(WG0, "9.0.0.2"));
	/* what is there already is not written again, but for WireGuard,
	 * whose own packets may have changed it */
	asked("9.0.0.2", MSG_PEER_APPLIED);
	assert_int_equal(led[GRE1], 1);
	assert_int_equal(led[WG0], 2);
}

static void
each_by_its_own_family(void **state)
{
	(void)state;
	name_tunnel(SIT1, "gre6", NET_TUNNEL, "2a00::1");
	asked("9.0.0.2", MSG_PEER_APPLIED);
	assert_int_equal(led[SIT1], 0); /* it has no such address now */
	asked("2a00::2", MSG_PEER_APPLIED);
	assert_true(leads_to(SIT1, "2a00::2") && leads_to(GRE1, "9.0.0.2"));
	assert_true(leads_to(WG0, "9.0.0.2"));
	memset(&question.address[FAMILY_INET], 0, sizeof(struct addr));
	asked("2a00::3", MSG_PEER_APPLIED);
	assert_true(leads_to(WG0, "2a00::3") && leads_to(GRE1, "9.0.0.2"));
}

/* The parent has looked already; it talks to strangers. */
static void
not_where_it_must_not_be(void **state)
{
	static const char *const addresses[] = {
		"192.0.2.2", /* ours, on an uplink */
		"10.1.0.1", /* and on the LAN */
		"10.1.0.77", /* of the LAN, were it accepted by name */
		"127.0.0.1", "224.0.0.5", "10.8.0.1", "169.254.1.1"
	};
	size_t i;

	(void)state;
	peer.naddresses = 1;
	peer.address[0] = ip("10.1.0.77");
	for (i = 0; i < sizeof(addresses) / sizeof(*addresses); i++)
		asked(addresses[i], MSG_PEER_ADDRESS);
	assert_int_equal(led[GRE1] + led[WG0], 0);
	/* an uplink's network may have others */
	asked("192.0.2.77", MSG_PEER_APPLIED);
}

static void
only_where_it_is_accepted(void **state)
{
	(void)state;
	peer.naccept = 1;
	assert_int_equal(prefix_parse("9.0.1.0/24", &peer.accept[0]), 0);
	asked("9.0.2.1", MSG_PEER_ADDRESS);
	asked("9.0.1.1", MSG_PEER_APPLIED);
	assert_true(leads_to(GRE1, "9.0.1.1"));
}

static void
wireguard_alone(void)
{
	peer.ntunnels = 1;
	peer.tunnel[0] = peer.tunnel[1];
}

static void
behind_nat(void **state)
{
	(void)state;
	question.nat = 1u << FAMILY_INET;
	asked_as_it_is(MSG_PEER_NAT);
	assert_int_equal(led[GRE1] + led[WG0] + renewed, 0);
	assert_string_equal(said.text, "gre1: behind NAT");
	assert_int_equal(said.bound, 1u << FAMILY_INET);
	wireguard_alone();
	asked_as_it_is(MSG_PEER_APPLIED); /* its handshake does it */
	assert_int_equal(said.bound, 0);
	assert_int_equal(led[WG0], 0);
}

/* Of a tunnel's own family alone it matters what is wrong. */
static void
one_family_behind_nat(void **state)
{
	(void)state;
	name_tunnel(SIT1, "gre6", NET_TUNNEL, "2a00::1");
	question.nat = 1u << FAMILY_INET;
	asked("2a00::2", MSG_PEER_NAT);
	assert_string_equal(said.text, "gre1: behind NAT");
	assert_true(leads_to(SIT1, "2a00::2") && leads_to(GRE1, "9.0.0.1"));
	/* WireGuard talks IPv4, and is left to the peer's handshake */
	assert_true(leads_to(WG0, "9.0.0.1"));
	peer.tunnel[0] = peer.tunnel[2];
	peer.ntunnels = 2;
	asked("2a00::3", MSG_PEER_APPLIED);
	assert_true(leads_to(SIT1, "2a00::3") && leads_to(WG0, "9.0.0.1"));
	assert_int_equal(said.barred, 0);
}

static void
one_family_barred(void **state)
{
	(void)state;
	name_tunnel(SIT1, "gre6", NET_TUNNEL, "2a00::1");
	question.barred = 1u << FAMILY_INET; /* as the parent says */
	asked("2a00::2", MSG_PEER_ADDRESS);
	assert_string_equal(said.text, "gre1: not where it may be");
	assert_true(leads_to(SIT1, "2a00::2") && leads_to(GRE1, "9.0.0.1"));
	assert_true(leads_to(WG0, "2a00::2")); /* which can go there */
	assert_int_equal(said.barred, 0);
	question.barred = 0; /* or as it does not know */
	question.address[FAMILY_INET] = ip("10.1.0.77");
	asked("2a00::3", MSG_PEER_ADDRESS);
	assert_int_equal(said.barred, 1u << FAMILY_INET);
	assert_true(leads_to(SIT1, "2a00::3") && leads_to(GRE1, "9.0.0.1"));
	/* nothing at all is led where all is barred */
	question.address[FAMILY_INET] = ip("10.1.0.77");
	memset(led, 0, sizeof(led));
	asked("fd00::1", MSG_PEER_ADDRESS);
	assert_int_equal(said.barred, 3);
	assert_int_equal(led[SIT1] + led[WG0], 0);
	/* of the one barred and of the other behind NAT */
	memset(question.address, 0, sizeof(question.address));
	question.nat = 1u << FAMILY_INET6;
	asked("10.1.0.77", MSG_PEER_NAT);
	assert_string_equal(said.text, "gre6: behind NAT");
	assert_int_equal(led[SIT1] + led[WG0], 0);
}

static void
wireguard_by_the_family_that_it_talks(void **state)
{
	(void)state;
	wireguard_alone();
	question.address[FAMILY_INET] = ip("9.0.0.2");
	asked("2a00::2", MSG_PEER_APPLIED);
	assert_true(leads_to(WG0, "9.0.0.2"));
	remote[WG0] = ip("2a00::1");
	asked("2a00::2", MSG_PEER_APPLIED);
	assert_true(leads_to(WG0, "2a00::2"));
	memset(&question.address[FAMILY_INET6], 0, sizeof(struct addr));
	asked("9.0.0.3", MSG_PEER_APPLIED); /* none of that is announced */
	assert_true(leads_to(WG0, "9.0.0.3"));
}

/* What is on its way from where it was is taken, if it says so. */
static void
from_where_it_was(void **state)
{
	(void)state;
	asked("9.0.0.2", MSG_PEER_APPLIED);
	assert_int_equal(holds, 0);
	assert_int_equal(renewed, 1);
	memset(led, 0, sizeof(led));
	question.drains = 1;
	asked("9.0.0.3", MSG_PEER_APPLIED);
	assert_int_equal(holds, 1);
	asked("9.0.0.3", MSG_PEER_APPLIED); /* it is there */
	assert_int_equal(holds, 1);
}

/* One that cannot be led keeps no other from it. */
static void
refused_by_the_kernel(void **state)
{
	(void)state;
	refuses = GRE1;
	asked("9.0.0.2", MSG_PEER_FAILED);
	assert_true(leads_to(WG0, "9.0.0.2"));
	assert_string_equal(said.text, "gre1: Operation not permitted");
	refuses = 0;
	deaf = 1;
	asked("9.0.0.2", MSG_PEER_FAILED);
	assert_string_equal(said.text, "gre1: No buffer space available");
	deaf = 0;
	overwritten = 1;
	asked("9.0.0.2", MSG_PEER_FAILED);
	overwritten = 0;
	strlcpy(peer.tunnel[0].ifname, "gre9", IFNAMSIZ);
	asked("9.0.0.3", MSG_PEER_FAILED);
	assert_string_equal(said.text, "gre9: No such device");
	assert_true(leads_to(WG0, "9.0.0.3"));
}

/* Its port is not known, and nothing leads there: it is not told otherwise. */
static void
without_an_endpoint(void **state)
{
	(void)state;
	unheard = 1;
	asked("9.0.0.2", MSG_PEER_FAILED);
	assert_string_equal(said.text, "wg0: no endpoint");
	unknown = 1;
	asked("9.0.0.2", MSG_PEER_FAILED);
	assert_string_equal(said.text, "wg0: no such peer");
	unknown = 0;
	assert_true(leads_to(GRE1, "9.0.0.2"));
	memset(question.address, 0, sizeof(question.address));
	question.nat = 1u << FAMILY_INET;
	wireguard_alone();
	asked_as_it_is(MSG_PEER_APPLIED); /* its handshake is waited for */
	question.nat = 0;
	unheard = 0;
	asked("9.0.0.2", MSG_PEER_APPLIED);
}

static void
of_another_configuration(void **state)
{
	(void)state;
	question.gen = 6;
	question.id = 9;
	net_peer(&question);
	net_peers_lead();
	assert_int_equal(nsaid, 0);
	assert_int_equal(led[GRE1] + led[WG0], 0);
}

#define MANY 20

/* Each has its own answer, in turn, and the kernel a few requests. */
static void
many_at_once(void **state)
{
	static struct conf_tunnel of[MANY][2];
	struct conf_peer many[MANY];
	char name[IFNAMSIZ];
	uint32_t i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "gre%u", 2 + i % 2);
		many[i] = peer;
		many[i].id = (uint16_t)i;
		many[i].ntunnels = 2;
		many[i].tunnel = of[i];
		strlcpy(of[i][0].ifname, "gre1", IFNAMSIZ);
		strlcpy(of[i][1].ifname, name, IFNAMSIZ);
	}
	name_tunnel(GRE2, "gre2", NET_TUNNEL, "9.0.0.1");
	name_tunnel(GRE3, "gre3", NET_TUNNEL, "9.0.0.1");
	conf.peer = many;
	conf.npeers = MANY;
	refuses = GRE3;
	for (i = 0; i < MANY; i++) {
		question.id = i;
		question.nat = i == 4;
		question.address[FAMILY_INET] =
		    i == 4 ? (struct addr){ 0 } : ip("9.0.0.2");
		net_peer(&question);
	}
	net_peers_lead();
	assert_int_equal(nsaid, MANY);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(all_said[i].id, i);
		assert_int_equal(all_said[i].result, i == 4 ? MSG_PEER_NAT
						     : i % 2 == 1
							 ? MSG_PEER_FAILED
							 : MSG_PEER_APPLIED);
		assert_string_equal(all_said[i].text,
		    i == 4       ? "gre1: behind NAT"
		    : i % 2 == 1 ? "gre3: Operation not permitted"
				 : "");
	}
	assert_true(leads_to(GRE1, "9.0.0.2") && leads_to(GRE2, "9.0.0.2"));
	assert_true(leads_to(GRE3, "9.0.0.1"));
	assert_in_range(nrequests, 2, 4);
	net_peers_lead();
	assert_int_equal(nsaid, MANY);
}

/* ---- networks whose next hop it is ---- */

static struct conf_behind networks[2];

static void
add_network(const char *net)
{
	peer.route = networks;
	assert_int_equal(prefix_parse(net, &networks[peer.nroutes++].net), 0);
	behind_fill(&k->w, &conf);
}

/* Its networks are routed by this address; NULL: they are refused. */
static int
hops_lead_to(const char *address)
{
	struct addr a = ip(address == NULL ? "0.0.0.0" : address);
	const struct net_route *r;
	int n = 0;
	size_t i;

	for (i = 0; i < k->s.nroutes; i++) {
		r = &k->route[i];
		if (r->table == NET_TABLE_HOPS &&
		    r->metric == NET_METRIC_BEHIND)
			n += addr_cmp(&r->gateway, &a) == 0 ? 1 : 100;
	}
	return n == (address == NULL ? 0 : 1);
}

static int
begin_hops(void **state)
{
	(void)begin(state);
	peer.ntunnels = 0;
	peer.naccept = 1;
	assert_int_equal(prefix_parse("10.0.0.0/8", &peer.accept[0]), 0);
	add_link(k, GRE2, "metro1", 0, "10.20.0.1", 24);
	add_link(k, GRE3, "metro2", 0, "10.30.0.1", 24);
	networks[0].ifname[0] = networks[1].ifname[0] = '\0';
	behind_fill(&k->w, &conf); /* nothing is known of an earlier one */
	add_network("10.7.0.0/24");
	nlaid = route_refused = 0;
	hops_looked();
	return 0;
}

/* Laid before it is said, and nothing besides. */
static void
its_networks_are_led(void **state)
{
	(void)state;
	asked("10.20.0.7", MSG_PEER_APPLIED);
	assert_true(hops_lead_to("10.20.0.7"));
	assert_int_equal(nlaid, 1);
	asked("10.30.0.7", MSG_PEER_APPLIED);
	assert_true(hops_lead_to("10.30.0.7"));
	add_network("2001:db8:7::/48"); /* its family's address is not told */
	asked("10.20.0.7", MSG_PEER_APPLIED);
	assert_true(hops_lead_to("10.20.0.7"));
}

static void
its_networks_beside_tunnels(void **state)
{
	(void)state;
	peer.ntunnels = 1;
	asked("10.20.0.7", MSG_PEER_APPLIED);
	assert_true(hops_lead_to("10.20.0.7") && leads_to(GRE1, "10.20.0.7"));
	refuses = GRE1;
	asked("10.30.0.7", MSG_PEER_FAILED);
	assert_true(hops_lead_to("10.30.0.7"));
}

static void
not_on_link(void **state)
{
	(void)state;
	asked("10.20.0.7", MSG_PEER_APPLIED);
	asked("10.40.0.7", MSG_PEER_FAILED);
	assert_string_equal(said.text, "10.7.0.0/24: not on-link");
	assert_true(hops_lead_to(NULL));
	asked("10.20.0.7", MSG_PEER_APPLIED);
	memset(question.address, 0, sizeof(question.address));
	question.nat = 1u << FAMILY_INET;
	asked_as_it_is(MSG_PEER_NAT);
	assert_string_equal(said.text, "10.7.0.0/24: behind NAT");
	assert_true(hops_lead_to("10.20.0.7"));
}

static int
is_known_at(size_t hop, const char *address)
{
	const struct addr a = ip(address), *to = &behind_hop(&peer,
					       behind_first_hop(&peer) + hop)
						      ->to;

	return to->family == a.family && addr_cmp(to, &a) == 0;
}

/* It says nothing new: where it is nobody would tell again. */
static void
a_reload_knows_where_it_is(void **state)
{
	static struct conf_peer two[2];

	(void)state;
	asked("10.20.0.7", MSG_PEER_APPLIED);
	add_network("10.8.0.0/24"); /* of a network that is new, too */
	assert_true(is_known_at(0, "10.20.0.7"));
	assert_true(is_known_at(1, "10.20.0.7"));
	peer.nroutes = 1;
	add_network("2001:db8:7::/48"); /* but by its own family */
	assert_true(is_known_at(0, "10.20.0.7"));
	assert_int_equal(behind_hop(&peer, 1)->to.family, AF_UNSPEC);
	/* by its key, wherever it stands */
	two[1] = two[0] = peer;
	two[0].key[0]++;
	two[1].id = 1;
	conf.peer = two;
	conf.npeers = 2;
	behind_fill(&k->w, &conf);
	assert_int_equal(behind_hop(&two[0], 0)->to.family, AF_UNSPEC);
	assert_int_equal(
	    addr_cmp(&behind_hop(&two[1], 2)->to, &question.address[0]), 0);
	/* where it may be no more it is not */
	conf.peer = &peer;
	conf.npeers = 1;
	assert_int_equal(prefix_parse("10.30.0.0/16", &peer.accept[0]), 0);
	behind_fill(&k->w, &conf);
	assert_int_equal(behind_hop(&peer, 0)->to.family, AF_UNSPEC);
}

/* A network that we share with it may be the site's: but only by name. */
static void
only_where_it_is_named(void **state)
{
	(void)state;
	asked("10.20.0.1", MSG_PEER_ADDRESS); /* ours */
	(void)add_addr(k, GRE2, "9.1.0.1", 24);
	hops_looked();
	peer.naccept = 0;
	asked("9.1.0.7", MSG_PEER_ADDRESS); /* public, and not named */
	peer.naddresses = 1;
	peer.address[0] = ip("9.1.0.7");
	asked("9.1.0.7", MSG_PEER_APPLIED);
	assert_true(hops_lead_to("9.1.0.7"));
}

static void
not_laid(void **state)
{
	size_t nlinks;

	(void)state;
	asked("10.20.0.7", MSG_PEER_APPLIED);
	route_refused = EPERM;
	asked("10.30.0.7", MSG_PEER_FAILED);
	assert_string_equal(said.text, "10.7.0.0/24: Operation not permitted");
	assert_true(hops_lead_to("10.20.0.7"));
	route_refused = 0;
	nlinks = k->s.nlinks;
	k->s.nlinks = 0; /* a look that failed says nothing of where it is */
	hops_looked();
	asked("10.30.0.7", MSG_PEER_FAILED);
	assert_true(hops_lead_to("10.20.0.7"));
	k->s.nlinks = nlinks;
	asked("10.30.0.7", MSG_PEER_APPLIED);
}

/* What is on-link is sorted once for all of a region, not for each turn. */
static void
once_for_many(void **state)
{
	(void)state;
	asked("10.20.0.7", MSG_PEER_APPLIED);
	k->s.addrs[k->s.naddrs - 1].local = ip("10.40.0.1"); /* metro2's */
	asked("10.30.0.7", MSG_PEER_APPLIED);
	hops_looked();
	asked("10.30.0.7", MSG_PEER_FAILED);
	asked("10.40.0.7", MSG_PEER_APPLIED);
	hops_looked();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define HOPS(name) cmocka_unit_test_setup_teardown(name, begin_hops, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_its_tunnels_are_led),
		TEST(each_by_its_own_family),
		TEST(not_where_it_must_not_be),
		TEST(only_where_it_is_accepted),
		TEST(behind_nat),
		TEST(one_family_behind_nat),
		TEST(one_family_barred),
		TEST(wireguard_by_the_family_that_it_talks),
		TEST(from_where_it_was),
		TEST(refused_by_the_kernel),
		TEST(without_an_endpoint),
		TEST(of_another_configuration),
		TEST(many_at_once),
		HOPS(its_networks_are_led),
		HOPS(its_networks_beside_tunnels),
		HOPS(not_on_link),
		HOPS(a_reload_knows_where_it_is),
		HOPS(only_where_it_is_named),
		HOPS(not_laid),
		HOPS(once_for_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
