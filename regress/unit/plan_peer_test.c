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
		TEST(never_in_clear),
		TEST(each_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
