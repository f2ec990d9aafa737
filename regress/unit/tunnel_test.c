/* SPDX-License-Identifier: ISC */
/*
 * Tunnels that follow the active uplink, on a simulated kernel: where their
 * outer addresses go and come back to, what is written down of them, keys in
 * base64, and WireGuard's peers as the kernel tells them.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h> /* before what includes linux/if.h */

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>

#include <libmnl/libmnl.h>
#include <unistd.h>

#include "netconf/linux/nl.h"
#include "regress/unit/netlink_message.h"
#include "regress/unit/sim_net.h"

#define GRE1 7

static struct sim *k;
static struct plan plan;
static struct conf_tunnel configured[3];
static struct net_tunnel named[3];
static struct net_place refused;

/* ---- the plan ---- */

static struct net_link *
tunnel(uint32_t ifindex, const char *name, const char *local)
{
	struct net_link *l;

	add_link(k, ifindex, name, 1, "10.99.0.1", 24);
	l = sim_link(k, name);
	l->tunnel = NET_TUNNEL;
	if (local != NULL)
		l->local = ip(local);
	strlcpy(configured[k->w.ntunnels].ifname, name, IFNAMSIZ);
	named[k->w.ntunnels].conf = &configured[k->w.ntunnels];
	k->w.ntunnels++;
	return l;
}

static int
begin(void **state)
{
	(void)state;
	k = site();
	memset(named, 0, sizeof(named));
	k->w.tunnel = named;
	sim_link(k, "eth1")->group = sim_link(k, "wan2")->group = NET_GROUP;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(k->undo_tunnels.tunnel);
	free(k);
	return 0;
}

/* The one step for a tunnel, done; or NULL. */
static const struct step *
step(void)
{
	const struct step *found = NULL;
	size_t i;

	own(k);
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	for (i = 0; i < plan.n; i++)
		if (plan.step[i].type == STEP_TUNNEL) {
			assert_null(found);
			found = &plan.step[i];
		}
	return found;
}

static void
moved(const char *local, enum step_own keeps)
{
	const struct step *st = step();
	struct net_link *l;
	struct undo_tunnel u;
	struct addr to;

	assert_non_null(st);
	assert_int_equal(st->own, keeps);
	l = sim_link(k, st->ifname);
	if (keeps == STEP_OWN_KEEP) {
		memset(&u, 0, sizeof(u));
		u.ifindex = l->ifindex;
		u.local = l->local;
		u.bound = l->bound != st->place.bound;
		assert_int_equal(undo_tunnel_put(&k->undo_tunnels, &u), 0);
	} else if (keeps == STEP_OWN_DROP)
		undo_tunnel_drop(&k->undo_tunnels, l->ifindex);
	l->local = st->place.local;
	l->bound = st->place.bound;
	to = ip(local);
	assert_int_equal(addr_cmp(&l->local, &to), 0);
	assert_null(step());
}

static void
there_and_back(void **state)
{
	struct net_link *l;

	(void)state;
	add_addr(k, ETH1, "192.0.2.3", 24);
	l = tunnel(GRE1, "gre1", "192.0.2.3");
	assert_null(step());
	k->w.active = 1;
	moved("198.51.100.2", STEP_OWN_KEEP);
	dial(k);
	k->w.active = 2;
	moved("10.99.0.2", STEP_OWN_AS_IS);
	k->w.active = 0;
	/* its own, not the primary's first */
	moved("192.0.2.3", STEP_OWN_DROP);
	/* and not the primary's at all: it was renumbered */
	l->local = ip("192.0.2.77");
	moved("192.0.2.2", STEP_OWN_DROP);
}

static void
bound(void **state)
{
	struct net_link *l = tunnel(GRE1, "gre1", "192.0.2.2");

	(void)state;
	l->bound = ETH1;
	k->w.active = 1;
	moved("198.51.100.2", STEP_OWN_KEEP);
	assert_int_equal(l->bound, WAN2);
	k->w.active = 0;
	moved("192.0.2.2", STEP_OWN_DROP);
	assert_int_equal(l->bound, ETH1);
	l->bound = ETH0;
	k->w.active = 1;
	moved("198.51.100.2", STEP_OWN_KEEP);
	assert_int_equal(l->bound, ETH0);
}

/* Does the tunnel move before traffic does?  Another uplink had its address. */
static int
goes_ahead(uint32_t active)
{
	size_t i, route = 0, at = 0;

	k->w.active = active;
	assert_non_null(step());
	for (i = 0; i < plan.n; i++) {
		if (plan.step[i].type == STEP_TUNNEL)
			at = i;
		if (plan_moves_traffic(&plan.step[i]))
			route = i;
	}
	assert_int_not_equal(at, route);
	return at < route;
}

/* Traffic waits for a tunnel whose old address would go with it, only. */
static void
order(void **state)
{
	struct net_link *l = tunnel(GRE1, "gre1", "192.0.2.2");
	struct net_link *eth1 = sim_link(k, "eth1");

	(void)state;
	assert_false(goes_ahead(1));
	eth1->carrier = 0;
	assert_false(goes_ahead(1));
	eth1->linkdown[FAMILY_INET] = 1; /* the kernel leaves its routes out */
	assert_true(goes_ahead(1));
	eth1->linkdown[FAMILY_INET] = 0;
	k->w.uplink[0].linkdown = 1; /* and it is to */
	assert_true(goes_ahead(1));
	eth1->carrier = 1;
	assert_false(goes_ahead(1));
	eth1->up = 0;
	assert_true(goes_ahead(1));
	eth1->up = 1;
	l->local = ip("192.0.2.77"); /* an address that it has no more */
	assert_true(goes_ahead(1));
	l->local = ip("198.51.100.2"); /* a backup's leads nowhere else */
	dial(k);
	assert_false(goes_ahead(2));
	l->local = ip("192.0.2.2");
	k->route[0].metric = 300; /* main's best default is another one */
	assert_true(goes_ahead(2));
	k->route[0].metric = 0;
	assert_false(goes_ahead(2));
	k->route[0].ifindex = ETH0;
	assert_true(goes_ahead(2));
}

/* Its rest can be made when traffic has moved; if none moves, there is none. */
static void
halves(void **state)
{
	size_t n;

	(void)state;
	(void)tunnel(GRE1, "gre1", "192.0.2.2");
	k->w.active = 1;
	assert_non_null(step());
	n = plan.n;
	assert_int_equal(plan_begin(&k->w, &k->s, &plan), 0);
	assert_true(plan.half);
	assert_true(plan_moves_traffic(&plan.step[plan.n - 1]));
	plan_rest(&k->w, &k->s, &plan);
	assert_false(plan.half);
	assert_int_equal(plan.n, n);
	assert_int_equal(plan.step[n - 1].type, STEP_TUNNEL);
	k->w.active = 0;
	assert_int_equal(plan_begin(&k->w, &k->s, &plan), 0);
	assert_false(plan.half);
	k->w.active = 1;
	sim_link(k, "wan2")->up = 0;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), -1);
	assert_int_equal(plan.n, 0);
}

static void
left_alone(void **state)
{
	struct net_link *l = tunnel(GRE1, "gre1", NULL);

	(void)state;
	k->w.active = 1;
	assert_null(step());
	l->local = ip("2001:db8:a::2"); /* the backup has no IPv6 */
	assert_null(step());
	l->local = ip("192.0.2.2");
	refused = (struct net_place){ ip("198.51.100.2"), 0 };
	named[0].refused = &refused;
	assert_null(step());
	refused.bound = 1; /* something else */
	assert_non_null(step());
	k->w.ntunnels = 0; /* nobody names it any more */
	assert_null(step());
}

static void
cleared(void **state)
{
	(void)state;
	(void)tunnel(GRE1, "gre1", "192.0.2.2");
	k->w.clear = 1;
	assert_null(step());
	k->w.clear = 0;
	k->w.active = 1;
	moved("198.51.100.2", STEP_OWN_KEEP);
	k->w.clear = 1;
	k->s.naddrs = 0; /* nobody has it now */
	moved("192.0.2.2", STEP_OWN_DROP);
}

/* ---- written down ---- */

static void
file(void **state)
{
	static const char text[] = "gre6 3 1 2001:db8::1\ngre1 7 0 192.0.2.2\n";
	static const char *const bad[] = { "gre1 7 0 192.0.2.2", "gre1 7\n",
		"gre1 0 0 192.0.2.2\n", "gre1 7 2 192.0.2.2\n",
		"gre1 7 0 192.0.2\n", "gre1 7 0 192.0.2.2 x\n",
		"a-name-much-too-long 7 0 192.0.2.2\n", "gre1 +7 0 192.0.2.2\n",
		"gre1 4294967303 0 192.0.2.2\n", "gre1  7 0 192.0.2.2\n",
		" gre1 7 0 192.0.2.2\n", "gre1 7 0 192.0.2.2 \n",
		"gre\x1b 7 0 192.0.2.2\n", "\n" };
	struct undo_tunnels u = { 0, NULL }, v = { 0, NULL };
	char path[] = "/tmp/tunnel_test.XXXXXX";
	size_t i;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(undo_tunnels_parse(text, &u), 0);
	assert_int_equal(u.n, 2);
	assert_int_equal(undo_tunnel_find(&u, 3)->bound, 1);
	assert_string_equal(undo_tunnel_find(&u, 7)->ifname, "gre1");
	assert_null(undo_tunnel_find(&u, 5));
	assert_int_equal(undo_tunnels_write(path, &u), 0);
	assert_int_equal(undo_tunnels_read(path, &v), 0);
	assert_int_equal(v.n, 2);
	assert_memory_equal(u.tunnel, v.tunnel, 2 * sizeof(*u.tunnel));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(undo_tunnels_parse(bad[i], &v), -1);
	undo_tunnel_drop(&u, 3);
	undo_tunnel_drop(&u, 3);
	undo_tunnel_drop(&u, 7);
	assert_int_equal(undo_tunnels_write(path, &u), 0);
	assert_int_equal(access(path, F_OK), -1);
	free(u.tunnel);
	free(v.tunnel);
}

static void
keys(void **state)
{
	static const char *const bad[] = { "",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH==",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-h8=" };
	uint8_t key[KEY_LEN], again[KEY_LEN];
	char text[KEY_STRLEN];
	size_t i;

	(void)state;
	for (i = 0; i < KEY_LEN; i++)
		key[i] = (uint8_t)i;
	assert_string_equal(key_format(key, text),
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
	assert_int_equal(key_parse(text, again), 0);
	assert_memory_equal(key, again, sizeof(key));
	memset(key, 0xff, sizeof(key));
	assert_int_equal(key_parse(key_format(key, text), again), 0);
	assert_memory_equal(key, again, sizeof(key));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(key_parse(bad[i], again), -1);
}

/* ---- netlink ---- */

static struct net_link
decoded(const char *kind, uint16_t type, const char *local, uint16_t link)
{
	struct ifinfomsg *i = message(RTM_NEWLINK, sizeof(*i));
	struct nlattr *info, *data;
	struct addr a = ip(local);
	struct net_state s;
	struct net_link l;

	memset(&s, 0, sizeof(s));
	i->ifi_index = 7;
	mnl_attr_put_strz(&m.hdr, IFLA_IFNAME, "t0");
	info = mnl_attr_nest_start(&m.hdr, IFLA_LINKINFO);
	mnl_attr_put_strz(&m.hdr, IFLA_INFO_KIND, kind);
	data = mnl_attr_nest_start(&m.hdr, IFLA_INFO_DATA);
	nl_put_addr(&m.hdr, type, &a);
	mnl_attr_put_u32(&m.hdr, link, 3);
	mnl_attr_nest_end(&m.hdr, data);
	mnl_attr_nest_end(&m.hdr, info);
	assert_int_equal(link_decode(&m.hdr, &s), 0);
	l = s.links[0];
	net_state_free(&s);
	return l;
}

static void
kinds(void **state)
{
	static const struct {
		const char *kind;
		uint16_t local;
		uint16_t link;
		const char *address;
	} all[] = {
		{ "gre", IFLA_GRE_LOCAL, IFLA_GRE_LINK, "192.0.2.2" },
		{ "ip6gretap", IFLA_GRE_LOCAL, IFLA_GRE_LINK, "2001:db8::2" },
		{ "sit", IFLA_IPTUN_LOCAL, IFLA_IPTUN_LINK, "192.0.2.2" },
		{ "ip6tnl", IFLA_IPTUN_LOCAL, IFLA_IPTUN_LINK, "2001:db8::2" },
		{ "vxlan", IFLA_VXLAN_LOCAL, IFLA_VXLAN_LINK, "192.0.2.2" },
		{ "vxlan", IFLA_VXLAN_LOCAL6, IFLA_VXLAN_LINK, "2001:db8::2" },
	};
	struct addr a;
	struct net_link l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		l = decoded(
		    all[i].kind, all[i].local, all[i].address, all[i].link);
		a = ip(all[i].address);
		assert_int_equal(l.tunnel, NET_TUNNEL);
		assert_int_equal(addr_cmp(&l.local, &a), 0);
		assert_int_equal(l.bound, 3);
	}
	l = decoded("gre", IFLA_GRE_LOCAL, "0.0.0.0", IFLA_GRE_LINK);
	assert_int_equal(l.tunnel, NET_TUNNEL);
	assert_int_equal(l.local.family, AF_UNSPEC);
	/* of another length than its kind's */
	l = decoded("ip6gre", IFLA_GRE_LOCAL, "192.0.2.2", IFLA_GRE_LINK);
	assert_int_equal(l.local.family, AF_UNSPEC);
	l = decoded("bridge", IFLA_GRE_LOCAL, "192.0.2.2", IFLA_GRE_LINK);
	assert_int_equal(l.tunnel, NET_NO_TUNNEL);
}

static void
put_peer(uint8_t first, const void *endpoint, size_t len, uint16_t keepalive)
{
	struct nlattr *nest = mnl_attr_nest_start(&m.hdr, 0);
	uint8_t key[KEY_LEN] = { first };

	mnl_attr_put(&m.hdr, WGPEER_A_PUBLIC_KEY, sizeof(key), key);
	if (len > 0)
		mnl_attr_put(&m.hdr, WGPEER_A_ENDPOINT, len, endpoint);
	mnl_attr_put_u16(
	    &m.hdr, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, keepalive);
	mnl_attr_nest_end(&m.hdr, nest);
}

static void
wireguard(void **state)
{
	const struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	const struct sockaddr_in four = { .sin_family = AF_INET };
	struct wg_peers peers = { NULL, 0 };
	struct nlattr *nest;

	(void)state;
	(void)message(0x20, sizeof(struct genlmsghdr));
	nest = mnl_attr_nest_start(&m.hdr, WGDEVICE_A_PEERS);
	put_peer(1, &four, sizeof(four), 25);
	put_peer(1, NULL, 0, 0); /* its other networks */
	put_peer(2, NULL, 0, 0); /* it has not been heard of */
	put_peer(3, &six, sizeof(six), 0);
	put_peer(4, &six, sizeof(four), 0); /* cut short */
	mnl_attr_nest_end(&m.hdr, nest);
	assert_int_equal(wireguard_decode(&m.hdr, &peers), 0);
	assert_int_equal(peers.n, 4);
	assert_int_equal(peers.peer[0].key[0], 1);
	assert_int_equal(peers.peer[0].keepalive, 25);
	assert_int_equal(peers.peer[0].endpointlen, sizeof(four));
	assert_int_equal(peers.peer[1].endpointlen, 0);
	assert_int_equal(peers.peer[2].key[0], 3);
	assert_int_equal(peers.peer[2].endpointlen, sizeof(six));
	assert_int_equal(peers.peer[3].endpointlen, 0);
	free(peers.peer);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(there_and_back),
		T(bound),
		T(order),
		T(halves),
		T(left_alone),
		T(cleared),
		cmocka_unit_test(file),
		cmocka_unit_test(keys),
		cmocka_unit_test(kinds),
		cmocka_unit_test(wireguard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
