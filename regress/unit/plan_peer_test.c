/* SPDX-License-Identifier: ISC */
/*
 * Networks behind peers on a simulated kernel, and what of our nft table
 * keeps tunnels from leaving in clear.
 */
#include <sys/types.h>

#include <stdbool.h>

#include "netconf/nft.h"
#include "netconf/plan_int.h"
#include "regress/unit/sim_net.h"

#define WG0  7
#define GRE1 8
#define MANY 10000

static struct sim *k;
static struct plan plan;
static struct net_behind behind[4];
static char nft[PLAN_NFT_MAX];

static void
lies_behind(const char *ifname, const char *net)
{
	struct net_behind *b = &behind[k->w.nbehind++];

	strlcpy(b->ifname, ifname, IFNAMSIZ);
	assert_int_equal(prefix_parse(net, &b->dst), 0);
}

static int
begin(void **state)
{
	(void)state;
	k = site();
	memset(behind, 0, sizeof(behind));
	k->w.behind = behind;
	lies_behind("gre1", "10.8.0.0/16");
	lies_behind("wg0", "10.7.2.0/24");
	lies_behind("wg0", "10.7.1.0/24");
	add_link(k, WG0, "wg0", 1, "10.99.0.1", 24);
	add_link(k, GRE1, "gre1", 1, "10.99.1.1", 24);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(k);
	return 0;
}

/* Steps for them, done. */
static size_t
steps(enum step_type type)
{
	size_t i, n = 0;

	own(k);
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	for (i = 0; i < plan.n; i++) {
		if (!plan_behind(&plan.step[i].route))
			continue;
		n += plan.step[i].type == type;
		if (plan.step[i].type == STEP_ROUTE_ADD)
			kernel_route_add(k, &plan.step[i].route);
		else if (plan.step[i].type == STEP_ROUTE_DEL)
			kernel_route_del(k, &plan.step[i].route);
	}
	return n;
}

/* The interface that this network is routed by; 0: by none. */
static uint32_t
way_to(const char *net)
{
	struct prefix dst;
	size_t i;

	assert_int_equal(prefix_parse(net, &dst), 0);
	for (i = 0; i < k->s.nroutes; i++)
		if (prefix_cmp(&k->route[i].dst, &dst) == 0 &&
		    k->route[i].table == NET_TABLE &&
		    k->route[i].type == NET_UNICAST)
			return k->route[i].ifindex;
	return 0;
}

static bool
is_refused(const char *net)
{
	struct prefix dst;
	size_t i;

	assert_int_equal(prefix_parse(net, &dst), 0);
	for (i = 0; i < k->s.nroutes; i++)
		if (prefix_cmp(&k->route[i].dst, &dst) == 0 &&
		    k->route[i].type == NET_UNREACHABLE)
			return true;
	return false;
}

static void
each_by_its_tunnel(void **state)
{
	(void)state;
	assert_int_equal(steps(STEP_ROUTE_ADD), 3 + 3);
	assert_int_equal(way_to("10.7.1.0/24"), WG0);
	assert_int_equal(way_to("10.7.2.0/24"), WG0);
	assert_int_equal(way_to("10.8.0.0/16"), GRE1);
	assert_int_equal(steps(STEP_ROUTE_ADD), 0);
	k->w.active = 1; /* uplinks move, this does not */
	assert_int_equal(steps(STEP_ROUTE_ADD), 0);
	assert_int_equal(steps(STEP_ROUTE_DEL), 0);
}

static void
by_one_that_is_up(void **state)
{
	(void)state;
	sim_link(k, "wg0")->up = 0;
	assert_int_equal(steps(STEP_ROUTE_ADD), 1 + 3);
	assert_int_equal(way_to("10.7.1.0/24"), 0);
	assert_true(is_refused("10.7.1.0/24"));
	sim_link(k, "wg0")->up = 1;
	assert_int_equal(steps(STEP_ROUTE_ADD), 2);
}

/* It was deleted and made again, or the file says another one. */
static void
by_another_one(void **state)
{
	(void)state;
	(void)steps(STEP_ROUTE_ADD);
	strlcpy(behind[1].ifname, "gre1", IFNAMSIZ);
	assert_int_equal(steps(STEP_ROUTE_ADD), 1);
	assert_int_equal(way_to("10.7.2.0/24"), GRE1);
	assert_int_equal(way_to("10.7.1.0/24"), WG0);
}

static void
gone_from_the_file(void **state)
{
	(void)state;
	(void)steps(STEP_ROUTE_ADD);
	k->w.nbehind = 1;
	assert_int_equal(steps(STEP_ROUTE_DEL), 2 + 2);
	assert_false(is_refused("10.7.1.0/24"));
	assert_int_equal(way_to("10.8.0.0/16"), GRE1);
	assert_int_equal(way_to("10.7.1.0/24"), 0);
}

static void
cleared(void **state)
{
	(void)state;
	(void)steps(STEP_ROUTE_ADD);
	assert_true(plan_found(&k->s));
	k->w.clear = 1;
	assert_int_equal(steps(STEP_ROUTE_DEL), 3 + 3);
	assert_int_equal(way_to("10.8.0.0/16"), 0);
}

static size_t nlines, ndifferent;

static void
count_line(const char *text, int different, void *arg)
{
	(void)arg;
	assert_non_null(strstr(text, " 10."));
	nlines++;
	ndifferent += different != 0;
}

static size_t
shown_different(size_t lines)
{
	nlines = ndifferent = 0;
	own(k);
	plan_show_peer_routes(&k->w, &k->s, count_line, NULL);
	assert_int_equal(nlines, lines);
	return ndifferent;
}

static void
shown(void **state)
{
	(void)state;
	assert_int_equal(shown_different(6), 6);
	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(shown_different(6), 0);
	k->w.nbehind = 2;
	assert_int_equal(shown_different(6), 2);
}

/* IPv6 behind peers is looked up though no uplink has it. */
static void
inet6_alone(void **state)
{
	size_t i, n = 0;

	(void)state;
	lies_behind("wg0", "2001:db8:7::/48");
	assert_int_equal(steps(STEP_ROUTE_ADD), 4 + 4);
	assert_int_equal(way_to("2001:db8:7::/48"), WG0);
	for (i = 0; i < plan.wanted.nrules; i++)
		n += plan.wanted.rule[i].family == AF_INET6 &&
		     plan.wanted.rule[i].table == NET_TABLE;
	assert_int_equal(n, 1);
}

/* A hub's: each is in its place, found and wanted alike. */
static void
thousands(void **state)
{
	struct net_behind *many = calloc(MANY, sizeof(*many));
	struct net_route *routes = calloc(2 * MANY, sizeof(*routes));
	size_t i, n = 0;

	(void)state;
	assert_non_null(many);
	assert_non_null(routes);
	for (i = 0; i < MANY; i++) {
		strlcpy(many[i].ifname, "wg0", IFNAMSIZ);
		(void)addr_set(&many[i].dst.addr, AF_INET,
		    (uint8_t[]){ 10, (uint8_t)(i >> 8), (uint8_t)i, 0 }, 4);
		many[i].dst.len = 24;
	}
	own(k);
	k->w.behind = many;
	k->w.nbehind = MANY;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	for (i = 0; i < plan.n; i++)
		if (plan_behind(&plan.step[i].route)) {
			assert_int_equal(plan.step[i].type, STEP_ROUTE_ADD);
			routes[2 * MANY - ++n] = plan.step[i].route;
		}
	assert_int_equal(n, 2 * MANY);
	k->s.routes = routes;
	k->s.nroutes = 2 * MANY;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	for (i = 0; i < plan.n; i++)
		assert_false(plan_behind(&plan.step[i].route));
	free(many);
	free(routes);
}

/* ---- next hops ---- */

#define METRO1 9
#define METRO2 10

static struct conf_peer branch;
static struct addr configured[2];
static struct net_hop hop[2];

/* Two networks that we share with the branch, which is .7 in both. */
static int
begin_hops(void **state)
{
	(void)begin(state);
	k->w.nbehind = 0;
	add_link(k, METRO1, "metro1", 0, "10.20.0.1", 24);
	add_link(k, METRO2, "metro2", 0, "10.30.0.1", 24);
	(void)add_addr(k, METRO2, "2001:db8:30::1", 64);
	memset(&branch, 0, sizeof(branch));
	configured[0] = ip("10.20.0.7");
	configured[1] = ip("10.30.0.7");
	branch.address = configured;
	branch.naddresses = 2;
	memset(hop, 0, sizeof(hop));
	hop[0].peer = hop[1].peer = &branch;
	assert_int_equal(prefix_parse("10.7.0.0/24", &hop[0].dst), 0);
	assert_int_equal(prefix_parse("2001:db8:7::/48", &hop[1].dst), 0);
	k->w.hop = hop;
	k->w.nhops = 1;
	return 0;
}

/* The next hop to this network and its link; 0: there is none. */
static uint32_t
hop_to(const struct prefix *net, struct addr *gateway)
{
	size_t i;

	for (i = 0; i < k->s.nroutes; i++)
		if (prefix_cmp(&k->route[i].dst, net) == 0 &&
		    k->route[i].table == NET_TABLE_HOPS &&
		    k->route[i].metric == NET_METRIC_BEHIND) {
			*gateway = k->route[i].gateway;
			return k->route[i].ifindex;
		}
	return 0;
}

static void
goes_by(const char *address, uint32_t ifindex)
{
	struct addr gateway, wanted = ip(address);

	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(hop_to(&hop[0].dst, &gateway), ifindex);
	assert_int_equal(addr_cmp(&gateway, &wanted), 0);
	assert_true(is_refused("10.7.0.0/24")); /* behind it */
	assert_int_equal(steps(STEP_ROUTE_ADD), 0);
	assert_int_equal(steps(STEP_ROUTE_DEL), 0);
}

static void
goes_nowhere(void)
{
	struct addr gateway;

	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(hop_to(&hop[0].dst, &gateway), 0);
	assert_true(is_refused("10.7.0.0/24"));
	assert_int_equal(steps(STEP_ROUTE_ADD), 0);
}

static void
by_the_peer_itself(void **state)
{
	(void)state;
	goes_by("10.20.0.7", METRO1); /* as configured */
	hop[0].to = ip("10.30.0.7");
	goes_by("10.30.0.7", METRO2);
	hop[0].to = ip("10.20.0.8");
	goes_by("10.20.0.8", METRO1);
}

static void
by_a_link_that_is_up(void **state)
{
	(void)state;
	sim_link(k, "metro1")->up = 0;
	goes_by("10.30.0.7", METRO2); /* the first that is on-link */
	sim_link(k, "metro1")->up = 1;
	hop[0].to = ip("10.20.0.7"); /* it said so */
	goes_by("10.20.0.7", METRO1);
	sim_link(k, "metro1")->up = 0;
	kernel_down(k, METRO1);
	goes_nowhere();
	sim_link(k, "metro1")->up = 1;
	goes_by("10.20.0.7", METRO1);
}

/* Nor to what the kernel would refuse, which would end the whole plan. */
static void
to_no_host_of_ours(void **state)
{
	static const char *const addresses[] = { "203.0.113.1", "10.20.0.1",
		"10.20.0.255", "10.20.0.0", "198.51.100.3" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		hop[0].to = ip(addresses[i]);
		goes_nowhere();
	}
	branch.naddresses = 0;
	hop[0].to.family = AF_UNSPEC;
	goes_nowhere();
}

/* The longest prefix; a point-to-point link has the other end's address. */
static void
on_the_nearest_link(void **state)
{
	(void)state;
	add_link(k, 11, "metro3", 0, "10.20.0.65", 26);
	hop[0].to = ip("10.20.0.70");
	goes_by("10.20.0.70", 11);
	dial(k);
	hop[0].to = k->addr[k->s.naddrs - 1].peer = ip("10.98.0.1");
	goes_by("10.98.0.1", PPP0);
}

static void
of_its_own_family(void **state)
{
	struct addr gateway, wanted = ip("2001:db8:30::7");
	size_t i, n = 0;

	(void)state;
	k->w.nhops = 2;
	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(hop_to(&hop[1].dst, &gateway), 0);
	assert_true(is_refused("2001:db8:7::/48"));
	hop[1].to = ip("2001:db8:30::7");
	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(hop_to(&hop[1].dst, &gateway), METRO2);
	assert_int_equal(addr_cmp(&gateway, &wanted), 0);
	for (i = 0; i < plan.wanted.nrules; i++)
		n += plan.wanted.rule[i].family == AF_INET6 &&
		     plan.wanted.rule[i].table == NET_TABLE_HOPS;
	assert_int_equal(n, 1);
}

/* Till it is heard, if it may be there. */
static void
a_restart_keeps_it(void **state)
{
	(void)state;
	hop[0].to = ip("10.30.0.7");
	goes_by("10.30.0.7", METRO2);
	hop[0].to.family = AF_UNSPEC;
	plan_note_hops(&k->w, &k->s);
	goes_by("10.30.0.7", METRO2);
	plan_note_hops(&k->w, &k->s); /* once */
	hop[0].to.family = AF_UNSPEC;
	goes_by("10.20.0.7", METRO1);
	hop[0].to = ip("10.20.0.9");
	goes_by("10.20.0.9", METRO1);
	hop[0].to.family = AF_UNSPEC;
	k->w.hops_noted = 0;
	plan_note_hops(&k->w, &k->s);
	goes_by("10.20.0.7", METRO1); /* 10.20.0.9 is private, and not named */
}

/* The mark and the address of an uplink would lead to its router. */
static void
before_marks_and_addresses(void **state)
{
	size_t i, n;

	(void)state;
	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(plan.wanted.rule[0].table, NET_MAIN);
	assert_int_equal(plan.wanted.rule[0].suppress, 1);
	assert_int_equal(plan.wanted.rule[0].no_default, 1);
	assert_int_equal(plan.wanted.rule[1].table, NET_TABLE_HOPS);
	for (i = n = 0; i < plan.wanted.nrules; i++)
		n += plan.wanted.rule[i].suppress != 0;
	assert_int_equal(n, 2);
	k->w.nhops = 0;
	assert_int_equal(steps(STEP_ROUTE_DEL), 2);
	for (i = n = 0; i < plan.wanted.nrules; i++)
		n += plan.wanted.rule[i].table == NET_TABLE_HOPS;
	assert_int_equal(n, 0);
}

/* All steps, as the kernel does them. */
static void
reach(void)
{
	const struct step *st;
	size_t i;

	own(k);
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	for (i = 0; i < plan.n; i++) {
		st = &plan.step[i];
		if (st->type == STEP_ROUTE_ADD)
			kernel_route_add(k, &st->route);
		else if (st->type == STEP_ROUTE_DEL)
			kernel_route_del(k, &st->route);
		else if (st->type == STEP_RULE_ADD)
			kernel_rule_add(k, &st->rule);
		else if (st->type == STEP_RULE_DEL)
			kernel_rule_del(k, &st->rule);
	}
	assert_true(plan_rules_equal(&plan.wanted, &k->s, AF_INET));
}

/* One that is deleted is never taken for another that says more. */
static void
its_rules_come_and_go(void **state)
{
	(void)state;
	reach();
	dial(k); /* another set of them */
	reach();
	k->w.nhops = 0;
	reach();
	k->w.nhops = 1;
	reach();
	k->w.clear = 1;
	reach();
	assert_int_equal(k->s.nrules, 0);
}

/* Inbound by an uplink is answered by it: a VPN's default changes nothing. */
static void
behind_no_default(void **state)
{
	struct addr backup = ip("198.51.100.2");

	(void)state;
	k->route[0].metric = 50; /* the primary's default */
	add_link(k, 11, "vpn0", 1, "10.97.0.1", 24);
	(void)add_main(k, 11, "10.97.0.2", 0);
	reach();
	assert_int_equal(way(k, 0, NULL), 11);
	assert_int_equal(way(k, 0, &backup), WAN2);
}

/* Each finds its link among those of a hub. */
static void
thousands_of_hops(void **state)
{
	struct net_hop *many = calloc(MANY, sizeof(*many));
	size_t i, n = 0;

	(void)state;
	assert_non_null(many);
	for (i = 0; i < MANY; i++) {
		many[i].peer = &branch;
		(void)addr_set(&many[i].dst.addr, AF_INET,
		    (uint8_t[]){ 10, 128 | (uint8_t)(i >> 8), (uint8_t)i, 0 },
		    4);
		many[i].dst.len = 24;
		many[i].to = ip(i % 2 == 0 ? "10.20.0.7" : "10.30.0.7");
	}
	k->w.hop = many;
	k->w.nhops = MANY;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	for (i = 0; i < plan.n; i++)
		n += plan_behind(&plan.step[i].route) &&
		     plan.step[i].route.ifindex != 0;
	assert_int_equal(n, MANY);
	free(many);
}

/* And from a tunnel to the peer itself: the other table's is left over. */
static void
from_a_tunnel(void **state)
{
	(void)state;
	k->w.nhops = 0;
	k->w.nbehind = 1;
	behind[0].dst = hop[0].dst;
	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(way_to("10.7.0.0/24"), GRE1);
	k->w.nhops = 1;
	k->w.nbehind = 0;
	(void)steps(STEP_ROUTE_ADD);
	assert_int_equal(way_to("10.7.0.0/24"), 0);
	goes_by("10.20.0.7", METRO1);
	k->w.clear = 1;
	assert_int_equal(steps(STEP_ROUTE_DEL), 2);
}

/* ---- encrypted ---- */

static const char encrypted[][IFNAMSIZ] = { "gre1", "vx1", "wg0" };

static const char *
text(void)
{
	own(k);
	plan_note_encrypted(&k->w, &k->s);
	assert_int_equal(nft_text(&k->w, NULL, nft, sizeof(nft)), 0);
	return nft;
}

static void
name_kind(const char *ifname, const char *kind, uint32_t port)
{
	struct net_link *l = sim_link(k, ifname);

	strlcpy(l->kind, kind, sizeof(l->kind));
	l->port = (uint16_t)port;
}

static void
never_in_clear(void **state)
{
	(void)state;
	name_kind("gre1", "gre", 0);
	name_kind("wg0", "wireguard", 0);
	assert_null(strstr(text(), "chain encrypted"));
	k->w.encrypted = encrypted;
	k->w.nencrypted = 3;
	assert_non_null(strstr(text(), "hook output"));
	assert_non_null(strstr(nft,
	    "meta nfproto ipv4 meta l4proto 47 rt ipsec missing counter "
	    "drop\n"));
	assert_non_null(strstr(nft, "hook input"));
	assert_non_null(strstr(nft,
	    "meta nfproto ipv4 meta l4proto 47 meta secpath missing counter "
	    "drop\n"));
	assert_null(strstr(nft, "udp dport"));
	/* others of that name in the file may come at any time */
	add_link(k, 9, "vx1", 0, "10.99.2.1", 24);
	name_kind("vx1", "vxlan", 0); /* where it sends to is not known */
	assert_null(strstr(text(), "udp"));
	assert_null(strstr(nft, "l4proto 17"));
	name_kind("vx1", "vxlan", 4789);
	assert_non_null(strstr(text(), "udp dport 4789 rt ipsec missing"));
	/* and it stays so when one is gone, or another one comes */
	k->s.nlinks -= 2;
	assert_non_null(strstr(text(), "meta l4proto 47 rt ipsec missing"));
	assert_non_null(strstr(nft, "udp dport 4789 rt ipsec missing"));
}

static void
each_kind(void **state)
{
	static const char *const kinds[] = { "gre", "gretap", "ip6gre",
		"ip6gretap", "ipip", "sit", "ip6tnl", "vxlan" };
	size_t i;

	(void)state;
	k->w.encrypted = encrypted;
	k->w.nencrypted = 1;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		k->w.nouter = 0;
		name_kind("gre1", kinds[i], i == 7 ? 8472 : 0);
		assert_non_null(strstr(text(), "rt ipsec missing counter"));
		assert_non_null(strstr(nft, "meta secpath missing counter"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define HOPS(name) cmocka_unit_test_setup_teardown(name, begin_hops, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_by_its_tunnel),
		TEST(by_one_that_is_up),
		TEST(by_another_one),
		TEST(gone_from_the_file),
		TEST(cleared),
		TEST(shown),
		TEST(inet6_alone),
		TEST(thousands),
		HOPS(by_the_peer_itself),
		HOPS(by_a_link_that_is_up),
		HOPS(to_no_host_of_ours),
		HOPS(on_the_nearest_link),
		HOPS(of_its_own_family),
		HOPS(a_restart_keeps_it),
		HOPS(before_marks_and_addresses),
		HOPS(behind_no_default),
		HOPS(its_rules_come_and_go),
		HOPS(thousands_of_hops),
		HOPS(from_a_tunnel),
		TEST(never_in_clear),
		TEST(each_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
