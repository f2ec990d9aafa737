/* SPDX-License-Identifier: ISC */
/*
 * The Linux backend against the real kernel, in network and mount namespaces
 * of its own and with netconf's capabilities; ip(8) and nft(8), which get no
 * more of them, are the other opinion.
 */
#include <sys/types.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "common/monotime.h"
#include "common/sandbox.h"
#include "netconf/linux/nl.h"
#include "netconf/nft.h"
#include "netconf/plan.h"

#define OUT_MAX  32768
#define QUIET_MS 50
#define ROUNDS   100 /* to time a default route, laid and taken away */

static const struct netops *const ops = &netops_linux;
static int monitor = -1;

/* ---- helpers ---- */

static void run(const char *, ...) __attribute__((__format__(printf, 1, 2)));

static void
run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* What a command prints, until the next call. */
static const char *
says(const char *command)
{
	static char out[2][OUT_MAX];
	static int turn;
	char *o = out[turn ^= 1];
	size_t n;
	FILE *f;

	assert_non_null(f = popen(command, "r"));
	n = fread(o, 1, OUT_MAX - 1, f);
	o[n] = '\0';
	assert_int_equal(pclose(f), 0);
	return o;
}

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix
net(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static uint32_t
ifindex(const char *name)
{
	return if_nametoindex(name);
}

static struct net_state
dump(void)
{
	static const struct net_uplinks uplinks = { 4,
		{ "eth1", "", "none", "wan2.7" } };
	struct net_state s;

	assert_int_equal(ops->dump(&s, &uplinks), 0);
	return s;
}

static struct net_link
link_now(const char *name)
{
	struct net_state s = dump();
	const struct net_link *l = net_link_find(&s, name);
	struct net_link copy;

	assert_non_null(l);
	copy = *l;
	net_state_free(&s);
	return copy;
}

/* Routes of ours or, with ours 0, what is told of main's; how many. */
static size_t
routes(int ours, struct net_route *r, size_t max)
{
	struct net_state s = dump();
	size_t i, n = 0;

	for (i = 0; i < s.nroutes; i++)
		if ((s.routes[i].proto == NET_PROTO) == ours && n < max)
			r[n++] = s.routes[i];
	net_state_free(&s);
	return n;
}

static struct net_route
default_by(const char *ifname, const char *gateway, uint32_t table)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.table = table;
	r.dst = net("0.0.0.0/0");
	r.gateway = ip(gateway);
	r.ifindex = ifindex(ifname);
	r.proto = NET_PROTO;
	return r;
}

static struct net_route
unreachable(uint32_t table)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.type = NET_UNREACHABLE;
	r.table = table;
	r.dst = net("0.0.0.0/0");
	r.metric = NET_METRIC_LAST;
	r.proto = NET_PROTO;
	return r;
}

static int
set_up(void **state)
{
	(void)state;
	/* no addresses and no news but those that are made here */
	run("sysctl -qw net.ipv6.conf.default.addr_gen_mode=1");
	run("ip link add eth1 type veth peer name peer1");
	run("ip link add wan2.7 type veth peer name peer2");
	run("ip link set lo up; ip link set eth1 up; ip link set wan2.7 up; "
	    "ip link set peer1 up; ip link set peer2 up");
	run("ip address add 192.0.2.2/24 dev eth1; "
	    "ip address add 198.51.100.2/30 dev wan2.7");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	run("ip link del eth1 2>/dev/null; ip link del wan2.7 2>/dev/null; "
	    "ip rule flush; ip rule add lookup main pref 32766; "
	    "ip -6 rule flush; ip -6 rule add lookup main pref 32766; "
	    "ip -6 route flush proto 157 table all; "
	    "ip route flush proto 157 table all; nft flush ruleset");
	return 0;
}

/* ---- links and addresses ---- */

static void
links(void **state)
{
	struct net_link l;

	(void)state;
	run("ip link set wan2.7 mtu 1400");
	l = link_now("wan2.7");
	assert_int_equal(l.ifindex, ifindex("wan2.7"));
	assert_int_equal(l.mtu, 1400);
	assert_true(l.up && l.carrier && !l.pointopoint && l.group == 0);

	run("ip link set peer2 down");
	l = link_now("wan2.7");
	assert_true(l.up && !l.carrier);

	assert_int_equal(ops->link_up(l.ifindex, 0), 0);
	assert_int_equal(ops->link_up(l.ifindex, 0), 0);
	assert_false(link_now("wan2.7").up);
	assert_int_equal(ops->link_up(l.ifindex, 1), 0);
	assert_true(link_now("wan2.7").up);

	assert_int_equal(ops->link_group(l.ifindex, NET_GROUP), 0);
	assert_int_equal(ops->link_group(l.ifindex, NET_GROUP), 0);
	assert_int_equal(link_now("wan2.7").group, NET_GROUP);
	assert_int_equal(link_now("eth1").group, 0);
	assert_string_equal(
	    says("ip -o link show group 157 | cut -d: -f2 | cut -d@ -f1"),
	    " wan2.7\n");

	assert_int_equal(ops->link_group(9999, 1), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(ops->link_up(9999, 1), -1);
	assert_int_equal(errno, ENODEV);
}

static void
rp_filter(void **state)
{
	int old = -1;

	(void)state;
	run("sysctl -qw net.ipv4.conf.all.rp_filter=0 "
	    "net.ipv4.conf.wan2/7.rp_filter=1");
	assert_int_equal(ops->rp_filter(ifindex("wan2.7"), &old, -1), 0);
	assert_int_equal(old, 1);
	assert_int_equal(link_now("wan2.7").rp_filter, 1);

	assert_int_equal(ops->rp_filter(ifindex("wan2.7"), &old, 2), 0);
	assert_int_equal(old, 1);
	assert_string_equal(
	    says("cat /proc/sys/net/ipv4/conf/wan2.7/rp_filter"), "2\n");

	/* all's counts when it is larger, and is not the link's own */
	run("sysctl -qw net.ipv4.conf.all.rp_filter=1 "
	    "net.ipv4.conf.wan2/7.rp_filter=0");
	assert_int_equal(link_now("wan2.7").rp_filter, 1);
	assert_int_equal(ops->rp_filter(ifindex("wan2.7"), &old, -1), 0);
	assert_int_equal(old, 0);
	run("sysctl -qw net.ipv4.conf.all.rp_filter=0");

	assert_int_equal(ops->rp_filter(99999, &old, -1), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(ops->rp_filter(99999, &old, 1), -1);
}

static void
linkdown(void **state)
{
	uint32_t f;

	(void)state;
	for (f = 0; f < FAMILIES; f++) {
		assert_int_equal(link_now("wan2.7").linkdown[f], 0);
		assert_int_equal(ops->linkdown(ifindex("wan2.7"), f, 1), 0);
		assert_int_equal(link_now("wan2.7").linkdown[f], 1);
		assert_string_equal(
		    says(f == FAMILY_INET6
			     ? "cat /proc/sys/net/ipv6/conf/wan2.7/"
			       "ignore_routes_with_linkdown"
			     : "cat /proc/sys/net/ipv4/conf/wan2.7/"
			       "ignore_routes_with_linkdown"),
		    "1\n");
		assert_int_equal(ops->linkdown(ifindex("wan2.7"), f, 0), 0);
		assert_int_equal(link_now("wan2.7").linkdown[f], 0);
		assert_int_equal(ops->linkdown(99999, f, 1), -1);
		assert_int_equal(errno, ENODEV);
	}
}

static void
routers(void **state)
{
	(void)state;
	assert_int_equal(ops->router_ask(ifindex("wan2.7")), 0);
	assert_string_equal(says("cd /proc/sys/net/ipv6/conf/wan2.7 && "
				 "cat accept_ra accept_ra_defrtr"),
	    "2\n0\n");
	assert_int_equal(ops->router_ask(99999), -1);
	assert_int_equal(errno, ENODEV);
}

/* ---- tunnels ---- */

static struct net_move
move(const char *ifname, const char *local, uint32_t bound)
{
	struct net_move m;

	memset(&m, 0, sizeof(m));
	m.ifindex = ifindex(ifname);
	m.place.local = ip(local);
	m.place.bound = bound;
	return m;
}

static void
at(const char *ifname, const char *local, uint32_t bound)
{
	const struct net_link l = link_now(ifname);
	const struct addr a = ip(local);

	assert_int_equal(l.tunnel, NET_TUNNEL);
	assert_int_equal(addr_cmp(&l.local, &a), 0);
	assert_int_equal(l.bound, bound);
}

/* Others keep theirs when one of them is refused, in whatever order. */
static void
tunnels(void **state)
{
	const uint32_t eth1 = ifindex("eth1"), wan2 = ifindex("wan2.7");
	char before[OUT_MAX];
	struct net_move m[5];
	struct addr to[FAMILIES], other[FAMILIES];
	struct net_lead lead[4];
	int i;

	(void)state;
	if (system("ip link add t0 type vxlan id 9 dstport 4789 "
		   "local 192.0.2.2 remote 203.0.113.9 dev eth1 2>&1") != 0)
		skip();
	for (i = 1; i < 3; i++)
		run("ip link add t%d type vxlan id %d dstport 4789 ttl 9 "
		    "local 192.0.2.2 remote 203.0.113.9 nolearning",
		    i, i);
	at("t0", "192.0.2.2", eth1);
	strlcpy(before, says("ip -d link show type vxlan"), sizeof(before));
	m[0] = move("t0", "198.51.100.2", wan2);
	m[1] = move("eth1", "198.51.100.2", 0); /* no tunnel */
	m[2] = move("t1", "198.51.100.2", 0);
	m[3] = move("none", "198.51.100.2", 0);
	m[3].ifindex = 9999;
	m[4] = move("t2", "224.0.0.1", 0); /* that is nobody's own */
	assert_int_equal(ops->tunnels(m, 5), 0);
	assert_int_equal(m[0].error, 0);
	assert_int_equal(m[1].error, EOPNOTSUPP);
	assert_int_equal(m[2].error, 0);
	assert_int_equal(m[3].error, ENODEV);
	assert_int_not_equal(m[4].error, 0);
	at("t0", "198.51.100.2", wan2);
	at("t1", "198.51.100.2", 0);
	at("t2", "192.0.2.2", 0);
	m[0] = move("t0", "192.0.2.2", eth1);
	m[1] = move("t1", "192.0.2.2", 0);
	m[2] = move("t2", "2001:db8::2", 0); /* of the other family */
	assert_int_equal(ops->tunnels(m, 3), 0);
	assert_int_equal(m[0].error | m[1].error, 0);
	assert_int_equal(m[2].error, EAFNOSUPPORT);
	assert_string_equal(says("ip -d link show type vxlan"), before);

	memset(to, 0, sizeof(to));
	to[FAMILY_INET6] = ip("2001:db8::9"); /* of no use to it */
	lead[0] = (struct net_lead){ .ifindex = ifindex("t1"), .to = to };
	assert_int_equal(ops->tunnels_lead(lead, 1), 0);
	assert_int_equal(lead[0].error, 0);
	to[FAMILY_INET] = ip("203.0.113.9");
	assert_int_equal(addr_cmp(&lead[0].is, &to[FAMILY_INET]), 0);
	/* each is told of by itself */
	memset(other, 0, sizeof(other));
	other[FAMILY_INET] = ip("203.0.113.11");
	to[FAMILY_INET] = ip("203.0.113.10");
	lead[1] = (struct net_lead){ .ifindex = eth1, .to = to };
	lead[2] = (struct net_lead){ .ifindex = ifindex("t2"), .to = other };
	lead[3] = (struct net_lead){ .ifindex = 9999, .to = to };
	assert_int_equal(ops->tunnels_lead(lead, 4), 0);
	assert_int_equal(lead[0].error | lead[2].error, 0);
	assert_int_equal(addr_cmp(&lead[0].is, &to[FAMILY_INET]), 0);
	assert_int_equal(addr_cmp(&lead[2].is, &other[FAMILY_INET]), 0);
	assert_int_equal(lead[1].error, EOPNOTSUPP);
	assert_int_equal(lead[3].error, ENODEV);
	assert_non_null(strstr(says("ip -d link show t2"), "203.0.113.11"));
	run("ip link del t0; ip link del t1; ip link del t2");
}

/* Those that have two ways: what one of them would lose is still there. */
static void
tunnels_parm(void **state)
{
	const char *const home = "192.0.2.2", *const away = "198.51.100.2";
	char before[OUT_MAX];
	struct net_move m[4];
	int i, j;

	(void)state;
	if (system("ip link add t0 type gre key 7 local 192.0.2.2 "
		   "remote 203.0.113.9 2>&1") != 0)
		skip();
	run("ip link add t1 mtu 1300 type gre key 1 fwmark 5 local %s "
	    "remote 203.0.113.9",
	    home);
	run("ip link add t2 mtu 1301 type gre key 2 ttl 9 nopmtudisc local %s "
	    "remote 203.0.113.9",
	    home);
	run("ip link add t3 type gre key 3 local %s remote 203.0.113.9", home);
	run("ip link add there type gre key 3 local %s remote 203.0.113.9",
	    away);
	strlcpy(before, says("ip -d link show type gre"), sizeof(before));
	for (j = 0; j < 2; j++) {
		for (i = 0; i < 4; i++) {
			const char name[] = { 't', (char)('0' + i), '\0' };

			m[i] = move(name, j == 0 ? away : home, 0);
		}
		assert_int_equal(ops->tunnels(m, 4), 0);
		assert_int_equal(m[0].error | m[1].error | m[2].error, 0);
		at("t0", j == 0 ? away : home, 0);
		at("t1", j == 0 ? away : home, 0);
		at("t2", j == 0 ? away : home, 0);
		/* another one is there already */
		assert_int_equal(m[3].error, j == 0 ? EEXIST : 0);
		at("t3", home, 0);
	}
	assert_string_equal(says("ip -d link show type gre"), before);
	for (i = 0; i < 4; i++)
		run("ip link del t%d", i);
	run("ip link del there");
}

static void
addresses(void **state)
{
	const struct net_addr *a[3] = { NULL };
	struct net_state s;
	size_t i, n = 0;

	(void)state;
	run("ip address add 192.0.2.3/24 dev eth1; "
	    "ip address add 10.99.0.2 peer 10.99.0.1/32 dev eth1");
	s = dump();
	for (i = 0; i < s.naddrs; i++)
		if (s.addrs[i].ifindex == ifindex("eth1") && n < 3)
			a[n++] = &s.addrs[i];
	assert_int_equal(n, 3);
	for (i = 0; i < n; i++) {
		if (a[i]->prefixlen == 32) {
			struct addr local = ip("10.99.0.2");
			struct addr peer = ip("10.99.0.1");

			assert_int_equal(addr_cmp(&a[i]->local, &local), 0);
			assert_int_equal(addr_cmp(&a[i]->peer, &peer), 0);
			continue;
		}
		assert_int_equal(a[i]->prefixlen, 24);
		assert_int_equal(a[i]->peer.family, AF_UNSPEC);
		assert_int_equal(a[i]->secondary, a[i]->local.octet[3] == 3);
	}
	net_state_free(&s);
}

static int
has_address(const char *ifname, const char *text, struct net_addr *found)
{
	struct net_state s = dump();
	struct addr a = ip(text);
	int n = 0;
	size_t i;

	if (addr_is_linklocal(&a))
		a.scope = ifindex(ifname);
	for (i = 0; i < s.naddrs; i++)
		if (s.addrs[i].ifindex == ifindex(ifname) &&
		    addr_cmp(&s.addrs[i].local, &a) == 0) {
			*found = s.addrs[i];
			n++;
		}
	net_state_free(&s);
	return n;
}

static void
addresses_inet6(void **state)
{
	struct net_addr a;

	(void)state;
	run("sysctl -qw net.ipv6.conf.wan2/7.accept_dad=1; "
	    "ip link set peer2 down; " /* no carrier: in question for ever */
	    "ip address add 2001:db8::1/64 dev eth1 nodad; "
	    "ip address add 2001:db8::2/64 dev eth1 nodad preferred_lft 0; "
	    "ip address add 2001:db8::5 peer 2001:db8::6 dev eth1 nodad; "
	    "ip address add 2001:db8::4/64 dev wan2.7; "
	    "ip address add fe80::77/64 dev eth1 nodad");
	assert_int_equal(has_address("eth1", "2001:db8::1", &a), 1);
	assert_true(!a.secondary && !a.tentative && !a.deprecated);
	assert_int_equal(a.prefixlen, 64);
	assert_int_equal(a.peer.family, AF_UNSPEC);
	assert_int_equal(has_address("eth1", "2001:db8::2", &a), 1);
	assert_true(a.deprecated && !a.tentative && !a.temporary);
	assert_int_equal(has_address("wan2.7", "2001:db8::4", &a), 1);
	assert_true(a.tentative);
	assert_int_equal(has_address("eth1", "2001:db8::5", &a), 1);
	assert_int_equal(a.peer.octet[15], 6);
	assert_int_equal(has_address("eth1", "fe80::77", &a), 1);
}

/* ---- rules ---- */

#define NRULES 9

static void
make_rules(struct net_rule *r)
{
	size_t i;

	memset(r, 0, NRULES * sizeof(*r));
	for (i = 0; i < NRULES; i++) {
		r[i].family = i < 5 ? AF_INET : AF_INET6;
		r[i].pref = NET_PREF;
	}
	r[0].table = NET_TABLE_FIRST;
	r[0].mark = plan_mark(CONF_MARK_DEFAULT, 1);
	r[0].mask = CONF_MARK_DEFAULT;
	r[1].table = NET_MAIN;
	r[1].from = ip("192.0.2.2");
	r[2].table = NET_TABLE_FIRST;
	strlcpy(r[2].oif, "wan2.7", IFNAMSIZ);
	r[3].table = NET_MAIN;
	r[3].suppress = 1;
	r[4].table = NET_TABLE;
	r[5].table = NET_TABLE_OWN;
	strlcpy(r[5].oif, "eth1", IFNAMSIZ);
	r[6].table = NET_TABLE_FIRST;
	r[6].mark = plan_mark(CONF_MARK_DEFAULT, 1);
	r[6].mask = CONF_MARK_DEFAULT;
	r[7].table = NET_TABLE_FIRST;
	r[7].from = ip("2001:db8:b::2");
	r[8].table = NET_MAIN;
	r[8].suppress = 1;
}

static void
same_rules(const struct net_rule *want, const size_t *order, size_t n)
{
	struct net_state s = dump();
	size_t i;

	assert_int_equal(s.nrules, n);
	for (i = 0; i < n; i++)
		assert_memory_equal(
		    &s.rules[i], &want[order[i]], sizeof(*want));
	net_state_free(&s);
}

static void
rules(void **state)
{
	/* those of IPv6 come behind */
	static const size_t once[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const size_t twice[] = { 0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 5, 6, 7,
		8, 8, 7, 6, 5 };
	static const size_t turned[] = { 4, 3, 2, 1, 0, 8, 7, 6, 5 };
	static const size_t behind[] = { 0, 2 };
	struct net_rule r[NRULES];
	size_t i;

	(void)state;
	/* others', of the same preference or of our protocol elsewhere */
	run("ip rule add from 10.0.0.0/8 lookup 100 pref 32765; "
	    "ip rule add from 10.0.0.0/8 lookup 100 pref 500 protocol 157");
	make_rules(r);
	for (i = 0; i < NRULES; i++)
		assert_int_equal(ops->rule(1, &r[i]), 0);
	same_rules(r, once, NRULES);
	assert_non_null(strstr(says("ip rule"),
	    "32765:\tfrom all lookup main suppress_ifgroup 157 proto 157"));
	assert_non_null(strstr(says("ip -6 rule"),
	    "32765:\tfrom all oif eth1 lookup 156 proto 157\n"
	    "32765:\tfrom all fwmark 0x2000000/0xf000000 lookup 158 proto 157\n"
	    "32765:\tfrom 2001:db8:b::2 lookup 158 proto 157\n"
	    "32765:\tfrom all lookup main suppress_ifgroup 157 proto 157\n"));

	/* another set is laid behind, then the old one goes */
	for (i = NRULES; i > 0; i--)
		assert_int_equal(ops->rule(1, &r[i - 1]), 0);
	same_rules(r, twice, 2 * NRULES);
	for (i = NRULES; i > 0; i--)
		assert_int_equal(ops->rule(0, &r[i - 1]), 0);
	same_rules(r, turned, NRULES);

	for (i = 0; i < 2 * NRULES; i++)
		assert_int_equal(ops->rule(0, &r[i % NRULES]), 0);
	same_rules(r, once, 0);

	/* behind main, whenever it was added */
	r[2].pref = NET_PREF_HOT;
	memset(r[2].oif, 0, sizeof(r[2].oif));
	assert_int_equal(ops->rule(1, &r[2]), 0);
	assert_int_equal(ops->rule(1, &r[0]), 0);
	same_rules(r, behind, 2);
	assert_non_null(
	    strstr(says("ip rule"), "32767:\tfrom all lookup 158 proto 157\n"));
	assert_int_equal(ops->rule(0, &r[2]), 0);
	assert_int_equal(ops->rule(0, &r[0]), 0);
	same_rules(r, once, 0);

	/* main without its defaults is not main */
	memset(&r[1], 0, sizeof(r[1]));
	r[1].pref = NET_PREF;
	r[1].family = AF_INET;
	r[1].table = NET_MAIN;
	r[0] = r[1];
	r[1].no_default = 1;
	assert_int_equal(ops->rule(1, &r[0]), 0);
	assert_int_equal(ops->rule(1, &r[1]), 0);
	same_rules(r, once, 2);
	assert_int_equal(ops->rule(0, &r[1]), 0);
	same_rules(r, once, 1);
	assert_int_equal(ops->rule(0, &r[0]), 0);
	assert_non_null(strstr(says("ip rule"), "32765:\tfrom 10.0.0.0/8"));
	assert_non_null(strstr(says("ip rule"), "500:\tfrom 10.0.0.0/8"));
}

/* ---- routes ---- */

static void
our_routes(void **state)
{
	struct net_route r = default_by("wan2.7", "198.51.100.1", 1157), got[4];
	struct net_route last = unreachable(1157), connected, through;

	(void)state;
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(ops->route(1, &last), 0);
	assert_int_equal(routes(1, got, 4), 2);
	assert_memory_equal(&got[0], &r, sizeof(r));
	assert_memory_equal(&got[1], &last, sizeof(last));

	/* replaced, by a gateway that no network holds */
	r.mtu = 1400;
	r.gateway = ip("10.64.64.64");
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(routes(1, got, 4), 2);
	assert_memory_equal(&got[0], &r, sizeof(r));

	memset(&connected, 0, sizeof(connected));
	connected.table = NET_TABLE;
	connected.dst = net("192.0.2.0/24");
	connected.ifindex = ifindex("eth1");
	connected.proto = NET_PROTO;
	assert_int_equal(ops->route(1, &connected), 0);
	assert_string_equal(says("ip route show table 157"),
	    "192.0.2.0/24 dev eth1 proto 157 scope link \n");
	assert_int_equal(ops->route(0, &connected), 0);

	/* as if it were not in the table */
	through = last;
	through.type = NET_THROW;
	through.dst = net("10.9.0.0/16");
	assert_int_equal(ops->route(1, &through), 0);
	assert_int_equal(routes(1, got, 4), 3);
	assert_memory_equal(&got[2], &through, sizeof(through));
	assert_int_equal(ops->route(0, &through), 0);

	/* the second time it is gone, and the last one is not it */
	assert_int_equal(ops->route(0, &r), 0);
	assert_int_equal(ops->route(0, &r), 0);
	assert_int_equal(routes(1, got, 4), 1);
	assert_memory_equal(&got[0], &last, sizeof(last));
	assert_int_equal(ops->route(0, &last), 0);
	assert_int_equal(ops->route(0, &last), 0);
	assert_int_equal(routes(1, got, 4), 0);
}

static void
our_routes_inet6(void **state)
{
	struct net_route r, connected, last, got[8];

	(void)state;
	memset(&r, 0, sizeof(r));
	r.table = NET_TABLE_OWN;
	r.dst = net("::/0");
	r.gateway = ip("fe80::1");
	r.gateway.scope = r.ifindex = ifindex("eth1");
	r.metric = NET_METRIC_V6;
	r.proto = NET_PROTO;
	connected = last = r;
	memset(&connected.gateway, 0, sizeof(connected.gateway));
	connected.dst = net("fe80::/64");
	memset(&last.gateway, 0, sizeof(last.gateway));
	last.type = NET_UNREACHABLE;
	last.ifindex = 0;
	last.metric = NET_METRIC_LAST;
	assert_int_equal(ops->route(1, &connected), 0);
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(ops->route(1, &last), 0);
	assert_int_equal(routes(1, got, 8), 3);
	assert_string_equal(says("ip -6 route show table 156"),
	    "fe80::/64 dev eth1 proto 157 metric 1024 pref medium\n"
	    "default via fe80::1 dev eth1 proto 157 metric 1024 onlink "
	    "pref medium\n"
	    "unreachable default dev lo proto 157 metric 9999 pref medium\n");

	/* replaced, by one that no network holds */
	r.mtu = 1280;
	r.gateway = ip("2001:db8:ffff::1");
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(routes(1, got, 8), 3);
	assert_int_equal(ops->route(0, &connected), 0);
	assert_int_equal(ops->route(0, &last), 0);
	assert_int_equal(ops->route(0, &last), 0);
	assert_int_equal(routes(1, got, 8), 1);
	assert_memory_equal(&got[0], &r, sizeof(r));
	assert_int_equal(ops->route(0, &r), 0);
	assert_int_equal(routes(1, got, 8), 0);
}

/* Of any kind by any other, in its place. */
static void
inet6_replaced(void **state)
{
	struct net_route r[3], got[4];
	size_t i, j;

	(void)state;
	memset(r, 0, sizeof(r));
	for (i = 0; i < 3; i++) {
		r[i].table = NET_TABLE;
		r[i].dst = net("::/0");
		r[i].metric = NET_METRIC_V6;
		r[i].proto = NET_PROTO;
	}
	r[0].gateway = ip("fe80::1");
	r[0].gateway.scope = r[0].ifindex = ifindex("eth1");
	r[1].ifindex = ifindex("wan2.7"); /* as by a point-to-point link */
	r[2].type = NET_UNREACHABLE;
	/* a default of others with the same metric stays */
	run("ip -6 route add default via fe80::7 dev eth1 metric 1024");
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			assert_int_equal(ops->route(1, &r[i]), 0);
			assert_int_equal(ops->route(1, &r[j]), 0);
			assert_int_equal(routes(1, got, 4), 1);
			assert_memory_equal(&got[0], &r[j], sizeof(r[j]));
			assert_int_equal(ops->route(0, &r[j]), 0);
			assert_int_equal(routes(1, got, 4), 0);
		}
	assert_int_equal(routes(0, got, 4), 1);
	run("ip -6 route del default");
}

static void
route_without_link(void **state)
{
	struct net_route r = default_by("wan2.7", "198.51.100.1", NET_TABLE);

	(void)state;
	assert_int_equal(ops->route(1, &r), 0);
	run("ip link del wan2.7");
	assert_int_equal(ops->route(0, &r), 0);
	assert_int_equal(ops->route(1, &r), -1);
	assert_int_equal(errno, ENODEV);
}

static void
mains_defaults(void **state)
{
	struct net_route got[4];
	struct addr gateway = ip("192.0.2.1");
	size_t i;

	(void)state;
	run("ip route add 203.0.113.0/24 via 192.0.2.1; "
	    "ip route add default via 192.0.2.1; "
	    "ip route add default metric 50 nexthop via 192.0.2.1 "
	    "nexthop via 198.51.100.1; "
	    "ip route add default via 192.0.2.1 table 100");
	assert_int_equal(routes(0, got, 4), 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(got[i].table, NET_MAIN);
		assert_int_equal(got[i].dst.len, 0);
		assert_int_equal(got[i].metric, i == 0 ? 0 : 50);
		assert_int_equal(got[i].beside,
		    i == 0 ? 0 : ifindex(i == 2 ? "eth1" : "wan2.7"));
		assert_int_equal(
		    got[i].ifindex, ifindex(i == 2 ? "wan2.7" : "eth1"));
	}
	assert_int_equal(addr_cmp(&got[0].gateway, &gateway), 0);
	assert_int_equal(addr_cmp(&got[1].gateway, &gateway), 0);
	run("ip route del default; ip -4 route add default via inet6 fe80::1 "
	    "dev eth1");
	assert_int_equal(routes(0, got, 1), 1);
	assert_int_equal(got[0].gateway.family, AF_INET6);
	run("ip route del default");
}

/* Only what all packets to such a network take. */
static void
mains_private_networks(void **state)
{
	struct net_route got[8], v4 = default_by("eth1", "192.0.2.1", NET_MAIN);
	struct net_route v6 = v4;

	(void)state;
	v4.proto = 3;
	v4.metric = 7;
	v4.mtu = 1400;
	v4.dst = net("10.9.0.0/16");
	run("ip route add 10.9.0.0/16 via 192.0.2.1 metric 7 mtu 1400; "
	    "ip route add 10.9.0.0/16 tos 8 via 192.0.2.1; "
	    "ip route add 10.0.0.0/7 via 192.0.2.1; "
	    "ip route add unreachable 10.8.0.0/16; "
	    "ip route add 10.7.0.0/16 via 192.0.2.1 table 100");
	assert_int_equal(routes(0, got, 8), 1);
	assert_memory_equal(&got[0], &v4, sizeof(v4));
	run("ip route del 10.9.0.0/16 metric 7; ip route del 10.9.0.0/16; "
	    "ip route del 10.0.0.0/7; ip route del unreachable 10.8.0.0/16");
	v6.dst = net("fd00:9::/32");
	v6.gateway = ip("fe80::1");
	v6.gateway.scope = v6.ifindex;
	v6.metric = NET_METRIC_V6;
	v6.proto = 3;
	run("ip -6 route add fd00:9::/32 via fe80::1 dev eth1; "
	    "ip -6 route add fd00:9::/32 from 2001:db8::/64 via fe80::1 "
	    "dev eth1");
	assert_int_equal(routes(0, got, 8), 1);
	assert_memory_equal(&got[0], &v6, sizeof(v6));
	run("ip -6 route flush fd00:9::/32");
}

/*
 * A table as large as the internet's: learnt from a neighbour in the LAN, it
 * is not told at all.
 */
static void
full_table(void **state)
{
	struct monotime began;
	struct net_state s;
	size_t before;
	double us[2];

	(void)state;
	s = dump();
	before = s.nroutes;
	net_state_free(&s);
	began = monotime_now();
	s = dump();
	us[0] = (double)monotime_sub(monotime_now(), began) / 1e3;
	net_state_free(&s);
	run("ip link add lan0 type veth peer name lan1; "
	    "ip link set lan1 up; ip link set lan0 up; "
	    "i=0; while [ $i -lt 781 ]; do a=$((20 + i / 256)).$((i %% 256)); "
	    "j=0; while [ $j -lt 256 ]; do "
	    "echo \"route add $a.$j.0/24 dev lan0 proto bird\"; j=$((j + 1)); "
	    "done; i=$((i + 1)); done | ip -batch -");
	began = monotime_now();
	s = dump();
	us[1] = (double)monotime_sub(monotime_now(), began) / 1e3;
	assert_int_equal(s.nroutes, before);
	net_state_free(&s);
	print_message(
	    "a dump: %.0f us, with 200,000 routes of others %.0f us\n", us[0],
	    us[1]);
	run("ip link del lan0");
}

/* As one of a static configuration, two of a router's, and over both. */
static int
is_in(const struct net_state *s, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < s->nroutes; i++)
		if (memcmp(&s->routes[i], r, sizeof(*r)) == 0)
			return 1;
	return 0;
}

/* Before Linux 4.20 all routes are told, whatever is asked for. */
static void
no_strict_dumps(void **state)
{
	static const struct net_uplinks uplinks = { 2, { "eth1", "wan2.7" } };
	struct net_state asked, s;
	struct nl nl;
	size_t i;
	int no = 0;

	(void)state;
	run("ip route add default via 192.0.2.1; "
	    "ip route add 10.9.0.0/16 via 192.0.2.1; "
	    "ip route add 10.8.0.0/16 dev peer1; "
	    "ip route add 203.0.113.0/24 via 192.0.2.1; "
	    "ip route add default via 198.51.100.1 table 157 proto 157; "
	    "ip -6 address add 2001:db8::2/64 dev eth1 nodad; "
	    "ip -6 route add default via 2001:db8::1; "
	    "ip -6 route add unreachable default table 157 proto 157");
	asked = dump();
	memset(&s, 0, sizeof(s));
	assert_int_equal(nl_open(&nl, NETLINK_ROUTE), 0);
	assert_int_equal(setsockopt(mnl_socket_get_fd(nl.sock), SOL_NETLINK,
			     NETLINK_GET_STRICT_CHK, &no, sizeof(no)),
	    0);
	nl.strict = 0;
	assert_int_equal(link_dump(&nl, &s), 0);
	assert_int_equal(addr_dump(&nl, &s), 0);
	assert_int_equal(rule_dump(&nl, &s), 0);
	assert_int_equal(route_dump(&nl, &s, &uplinks), 0);
	assert_int_equal(s.nlinks, asked.nlinks);
	assert_int_equal(s.naddrs, asked.naddrs);
	assert_int_equal(s.nrules, asked.nrules);
	assert_int_equal(asked.nroutes, 5);
	for (i = 0; i < asked.nroutes; i++)
		assert_true(is_in(&s, &asked.routes[i]));
	/* and, of those that matter, the one that is by no uplink */
	assert_int_equal(s.nroutes, asked.nroutes + 1);
	net_state_free(&asked);
	net_state_free(&s);
	mnl_socket_close(nl.sock);
}

static void
mains_defaults_inet6(void **state)
{
	struct net_route got[8];
	size_t i;

	(void)state;
	run("ip -6 route add default via fe80::1 dev eth1 metric 7; "
	    "ip -6 route add default via fe80::1 dev eth1 proto ra expires 99; "
	    "ip -6 route add default via fe80::2 dev wan2.7 metric 512; "
	    "ip -6 route append default via fe80::3 dev eth1 metric 512; "
	    "ip -6 route add 2001:db8:9::/48 via fe80::1 dev eth1");
	assert_int_equal(routes(0, got, 8), 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(got[i].dst.addr.family, AF_INET6);
		assert_int_equal(got[i].gateway.family, AF_INET6);
		assert_int_equal(got[i].gateway.scope, got[i].ifindex);
	}
	/* by one uplink, then by the other */
	assert_int_equal(got[0].metric, 7);
	assert_int_equal(got[0].ifindex, ifindex("eth1"));
	assert_int_equal(got[2].metric, 1024);
	assert_int_equal(got[3].ifindex, ifindex("wan2.7"));
	run("ip -6 route flush default");
}

/* Without a shell between. */
static void
spawn(char *const *argv)
{
	pid_t pid;
	int status;

	assert_int_equal(
	    posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* For people: what an exec would cost instead. */
static void
time_of_a_route(void **state)
{
	struct net_route r = default_by("wan2.7", "198.51.100.1", NET_TABLE);
	char *const add[] = { "ip", "route", "replace", "default", "via",
		"198.51.100.1", "table", "157", NULL };
	char *const del[] = { "ip", "route", "del", "default", "table", "157",
		NULL };
	struct monotime began = monotime_now();
	int64_t ours, theirs;
	int i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		assert_int_equal(ops->route(1, &r), 0);
		assert_int_equal(ops->route(0, &r), 0);
	}
	ours = monotime_sub(monotime_now(), began);
	began = monotime_now();
	for (i = 0; i < ROUNDS; i++) {
		spawn(add);
		spawn(del);
	}
	theirs = monotime_sub(monotime_now(), began);
	print_message("a default route, added and deleted: netlink %.1f us, "
		      "ip(8) %.1f us, ratio %.0f\n",
	    (double)ours / ROUNDS / 1e3, (double)theirs / ROUNDS / 1e3,
	    (double)theirs / (double)ours);
}

/* ---- routes of others by a link that is set down ---- */

struct kept {
	size_t n;
	char line[8][512];
};

static void
keep(const char *line, void *arg)
{
	struct kept *k = arg;

	assert_true(k->n < 8);
	strlcpy(k->line[k->n++], line, sizeof(k->line[0]));
}

static void
routes_saved(void **state)
{
	static struct kept k;
	char before[OUT_MAX];
	uint32_t eth1 = ifindex("eth1");
	size_t i;

	(void)state;
	memset(&k, 0, sizeof(k));
	run("ip route add default via 192.0.2.1 src 192.0.2.2 proto dhcp; "
	    "ip route add 10.9.0.0/16 via 192.0.2.1 metric 7 mtu 1300; "
	    "ip route add 10.8.0.1 dev eth1 proto static; "
	    "ip route add 10.7.0.0/16 via 10.64.0.1 dev eth1 onlink tos 0x10; "
	    "ip -6 route add 2001:db8:9::/48 dev eth1; "
	    "ip route add default via 192.0.2.1 table 200; "
	    "ip route add 10.6.0.0/16 dev eth1 proto bird; "
	    "ip route add 10.5.0.0/16 via 198.51.100.1");
	strlcpy(before,
	    says("ip route show dev eth1 | grep -v bird; "
		 "ip route show table 200; "
		 "ip -6 route show 2001:db8:9::/48"),
	    sizeof(before));
	assert_int_equal(ops->routes_save(eth1, keep, &k), 0);
	assert_int_equal(k.n, 6);
	assert_int_equal(ops->link_up(eth1, 0), 0);
	assert_int_equal(ops->link_up(eth1, 1), 0);
	assert_string_equal(says("ip route show default"), "");
	for (i = 0; i < k.n; i++)
		if (ops->route_restore(k.line[i]) == -1)
			fail_msg("%s: %s", k.line[i], strerror(errno));
	/* a second time it is there */
	assert_int_equal(ops->route_restore(k.line[0]), 0);
	assert_string_equal(says("ip route show dev eth1 | grep -v bird; "
				 "ip route show table 200; "
				 "ip -6 route show 2001:db8:9::/48"),
	    before);
}

/* ---- nft and flows ---- */

/* An ICMP error, which has no mark, belongs to the flow that it is about. */
#define MARKING                                          \
	"table inet dialfail {\n\tchain output {\n"      \
	"\t\ttype filter hook output priority mangle;\n" \
	"\t\tmeta mark != 0 ct mark set meta mark\n\t}\n}\n"

static uint64_t
nat_there(void)
{
	struct net_state s = dump();
	uint64_t handle = s.nat;

	net_state_free(&s);
	return handle;
}

static void
our_text(const struct wanted *d, char text[PLAN_NFT_MAX])
{
	static struct net_want w;

	w.mask = CONF_MARK_DEFAULT;
	w.nuplinks = CONF_UPLINKS_MAX;
	w.nmasq = 2;
	w.masq[1].family = FAMILY_INET6;
	assert_int_equal(nft_text(&w, d, text, PLAN_NFT_MAX), 0);
}

static void
nat(void **state)
{
	static char text[PLAN_NFT_MAX];
	uint64_t first;
	char why[256];

	(void)state;
	our_text(NULL, text);

	assert_true(nat_there() == 0);
	if (ops->nat_load(text, why, sizeof(why)) == -1)
		fail_msg("%s", why);
	first = nat_there();
	assert_true(first > 0);
	assert_true(nat_there() == first);
	assert_int_equal(ops->nat_load(text, why, sizeof(why)), 0);
	assert_true(nat_there() > first);
	assert_non_null(
	    strstr(says("nft list chain inet dialfail nat"), "masquerade"));

	assert_int_equal(ops->nat_load("table inet dialfail {\n\tnonsense\n",
			     why, sizeof(why)),
	    -1);
	assert_non_null(strstr(why, "rror"));
	assert_null(strchr(why, '\n'));
	assert_int_equal(ops->nat_load("nonsense", why, 5), -1);
	assert_int_equal(strlen(why), 4);
	assert_true(nat_there() > 0);

	assert_int_equal(ops->nat_load(NFT_DELETE, why, sizeof(why)), 0);
	assert_true(nat_there() == 0);
	assert_int_equal(ops->nat_load(NFT_DELETE, why, sizeof(why)), 0);
}

static struct net_element
network(const char *first, const char *last)
{
	struct net_element e;

	memset(&e, 0, sizeof(e));
	e.first = ip(first);
	e.last = ip(last);
	e.set = e.first.family == AF_INET ? NET_SET_LAN : NET_SET_LAN6;
	return e;
}

/* Each of these is there, and no other one. */
static void
same_elements(const struct net_element *e, size_t n)
{
	struct net_state s = dump();
	size_t i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < s.nelements; j++)
			if (memcmp(&s.elements[j], &e[i], sizeof(*e)) == 0)
				break;
		if (j == s.nelements)
			fail_msg("element %zu is not there", i);
	}
	assert_int_equal(s.nelements, n);
	net_state_free(&s);
}

#define LIST "nft list table inet dialfail"

static void
elements(void **state)
{
	static char text[PLAN_NFT_MAX];
	static struct wanted d;
	struct net_element e[16], other;
	size_t n = 0;
	char why[256];

	(void)state;
	memset(e, 0, sizeof(e));
	e[0].set = e[1].set = NET_SET_UPLINK;
	strlcpy(e[0].ifname, "eth1", IFNAMSIZ);
	strlcpy(e[1].ifname, "a-longest.4094x", IFNAMSIZ);
	e[1].uplink = CONF_UPLINKS_MAX - 1;
	e[2].set = e[3].set = NET_SET_STAY;
	e[2].mark = plan_mark(CONF_MARK_DEFAULT, 0);
	e[3].mark = plan_mark(CONF_MARK_DEFAULT, 1);
	e[3].uplink = 1;
	n = 4;
	/* side by side, alone, first and last */
	e[n++] = network("10.1.1.0", "10.1.1.255");
	e[n++] = network("10.1.0.0", "10.1.0.255");
	e[n++] = network("10.1.2.0", "10.1.2.0");
	e[n++] = network("0.0.0.0", "0.255.255.255");
	e[n++] = network("255.255.255.0", "255.255.255.255");
	e[n++] = network("192.168.255.0", "192.168.255.255");
	e[n++] = network("fd00:1::", "fd00:1::ffff:ffff:ffff:ffff");
	e[n++] = network("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

	our_text(NULL, text);
	assert_int_equal(ops->nat_load(text, why, sizeof(why)), 0);
	same_elements(e, 0);
	if (ops->elements(NULL, 0, e, n) == -1)
		fail_msg("%s", strerror(errno));
	same_elements(e, n);
	assert_non_null(strstr(says(LIST), "\"eth1\" : jump mark0"));
	assert_non_null(strstr(says(LIST), "\"a-longest.4094x\" : jump mark8"));
	assert_non_null(strstr(says(LIST), "0x02000000 : jump stay1"));
	assert_non_null(strstr(says(LIST), "10.1.1.0/24"));
	assert_non_null(strstr(says(LIST), "fd00:1::/64"));

	/* a network in the place of two, another verdict: all at once */
	other = network("10.1.0.0", "10.1.255.255");
	assert_int_equal(ops->elements(&e[4], 3, &other, 1), 0);
	assert_int_equal(ops->elements(&other, 1, &e[4], 3), 0);
	other = e[0];
	other.uplink = 3;
	assert_int_equal(ops->elements(&e[0], 1, &other, 1), 0);
	assert_non_null(strstr(says(LIST), "\"eth1\" : jump mark3"));
	assert_int_equal(ops->elements(&other, 1, &e[0], 1), 0);
	same_elements(e, n);

	/* all or none: the last one is not there */
	other = network("10.9.0.0", "10.9.0.255");
	assert_int_equal(ops->elements(&other, 1, NULL, 0), -1);
	assert_int_equal(errno, ENOENT);
	e[n] = other;
	assert_int_equal(ops->elements(&e[4], n - 3, NULL, 0), -1);
	assert_int_equal(errno, ENOENT);
	same_elements(e, n);
	other = e[0];
	other.uplink = 77; /* no such chain */
	assert_int_equal(ops->elements(&e[0], 1, &other, 1), -1);
	same_elements(e, n);

	/* as nft loads them with the table, and in bulk */
	memcpy(d.element, e, n * sizeof(*e));
	d.nelements = n;
	our_text(&d, text);
	if (ops->nat_load(text, why, sizeof(why)) == -1)
		fail_msg("%s", why);
	same_elements(e, n);
	assert_int_equal(ops->elements(e, n, NULL, 0), 0);
	same_elements(e, 0);
	assert_int_equal(ops->elements(NULL, 0, e, n), 0);

	/* of others */
	run("nft add element inet dialfail lan { 10.7.0.3-10.7.0.9 }");
	run("nft add element inet dialfail stay { 0x77 : accept }");
	e[n] = network("10.7.0.3", "10.7.0.9");
	memset(&e[n + 1], 0, sizeof(e[0]));
	e[n + 1].set = NET_SET_STAY;
	e[n + 1].mark = 0x77;
	e[n + 1].uplink = NET_UPLINK_ODD;
	same_elements(e, n + 2);
	assert_int_equal(ops->elements(&e[n], 2, NULL, 0), 0);
	same_elements(e, n);

	run("nft delete table inet dialfail; nft add table inet dialfail; "
	    "nft add set inet dialfail lan '{ type ipv6_addr; }'; "
	    "nft add element inet dialfail lan '{ ::1 }'");
	same_elements(e, 0);
	run("nft delete table inet dialfail");
	same_elements(e, 0);
	assert_int_equal(ops->elements(NULL, 0, e, n), -1);
	assert_int_equal(errno, ENOENT);
}

/* A LAN that sends out by an uplink, and a forward chain of others. */
static void
counters(void **state)
{
	static char text[PLAN_NFT_MAX];
	uint64_t tried, passed, packets;
	char why[256];

	(void)state;
	our_text(NULL, text);
	if (ops->nat_load(text, why, sizeof(why)) == -1)
		fail_msg("%s", why);
	assert_int_equal(
	    ops->octets(if_nametoindex("lo"), &tried, &passed, &packets), 0);
	assert_int_equal(tried, passed);
	assert_true(packets * 28 <= tried + passed);
	assert_int_equal(packets > 0, tried > 0);
	assert_int_equal(ops->octets(99999, &tried, &passed, &packets), -1);
	assert_int_equal(ops->forwarded(1, &tried, &passed), 0);
	assert_true(tried == 0 && passed == 0);
	run("nft list counters table inet dialfail | grep -q tried8");
	assert_int_equal(ops->forwarded(CONF_UPLINKS_MAX, &tried, &passed), -1);
	assert_int_equal(errno, ENOENT);
}

/* A flow of UDP on lo with this mark, from this address and port. */
static void
udp_flow(const char *from, uint16_t port, uint32_t mark)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct addr a = ip(from);
	struct sockaddr *sa = (struct sockaddr *)&sin;
	socklen_t len = sizeof(sin);
	int fd;

	if (a.family == AF_INET6) {
		sa = (struct sockaddr *)&sin6;
		len = sizeof(sin6);
	}
	fd = socket((int)a.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)), 0);
	sin.sin_addr = a.v4;
	sin6.sin6_addr = a.v6;
	sin.sin_port = sin6.sin6_port = htons(port);
	assert_int_equal(bind(fd, sa, len), 0);
	sin.sin_addr = ip("127.0.0.1").v4;
	sin6.sin6_addr = ip("::1").v6;
	sin.sin_port = sin6.sin6_port = htons(9);
	assert_int_equal(sendto(fd, "", 1, 0, sa, len), 1);
	close(fd);
}

/* A flow of TCP on lo that has ended (TIME_WAIT). */
static void
tcp_flow(uint32_t mark)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int server, client, conn;

	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sin.sin_addr = ip("127.0.0.1").v4;
	assert_int_equal(bind(server, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(listen(server, 1), 0);
	setsockopt(client, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	setsockopt(server, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	assert_int_equal(connect(client, (struct sockaddr *)&sin, len), 0);
	assert_int_not_equal(conn = accept(server, NULL, NULL), -1);
	close(client);
	close(conn);
	close(server);
}

static uint32_t
count(uint32_t uplink)
{
	uint32_t n;

	assert_int_equal(ops->flows_count(plan_mark(CONF_MARK_DEFAULT, uplink),
			     CONF_MARK_DEFAULT, &n),
	    0);
	return n;
}

/* Those with its mark, or of these addresses. */
static uint32_t
forget(uint32_t uplink, const char *inet, const char *inet6)
{
	struct net_flows f = { .mask = CONF_MARK_DEFAULT,
		.mark = plan_mark(CONF_MARK_DEFAULT, uplink) };
	struct monotime began;
	uint32_t n;

	if (inet != NULL)
		f.address[FAMILY_INET] = ip(inet);
	if (inet6 != NULL)
		f.address[FAMILY_INET6] = ip(inet6);
	began = monotime_now();
	assert_int_equal(ops->flows_flush(&f, &n), 0);
	print_message("%u flows forgotten by %s in %.1f ms\n", n,
	    inet != NULL || inet6 != NULL ? "mark and addresses" : "mark",
	    (double)monotime_sub(monotime_now(), began) / 1e6);
	return n;
}

static uint32_t
marked(uint32_t mark, uint32_t mask)
{
	uint32_t n;

	assert_int_equal(ops->flows_count(mark, mask, &n), 0);
	return n;
}

/* Other bits for marks: beside the old ones first, if they are apart. */
static void
flows_marked(void **state)
{
	struct net_marks m = { .was_mask = 0x0f000000,
		.mask = 0x00f00000,
		.n = 2,
		.mark = {
		    { 0x01000000, 0x00100000 }, { 0x02000000, 0x00200000 } } };
	char why[256];
	uint32_t n;

	(void)state;
	assert_int_equal(ops->nat_load(MARKING, why, sizeof(why)), 0);
	udp_flow("127.0.0.2", 2000, 0x01000077);
	udp_flow("127.0.0.2", 2001, 0x02000077);
	udp_flow("::1", 2000, 0x02000077);
	udp_flow("127.0.0.2", 2002, 0x03000077); /* of nobody */
	udp_flow("127.0.0.2", 2003, 0x77);
	assert_int_equal(ops->flows_mark(&m, 0, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(marked(0x01100077, UINT32_MAX), 1);
	assert_int_equal(marked(0x02200077, UINT32_MAX), 2);
	assert_int_equal(ops->flows_mark(&m, 1, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(marked(0x00100077, UINT32_MAX), 1);
	assert_int_equal(marked(0x00200077, UINT32_MAX), 2);

	/* what is the one's was the other's; and one is nobody's any more */
	m.was_mask = 0x00f00000;
	m.mask = 0x01e00000;
	m.mark[0] = (struct net_mark){ 0x00100000, 0x00200000 };
	m.mark[1] = (struct net_mark){ 0x00200000, 0 };
	assert_int_equal(ops->flows_mark(&m, 0, &n), 0);
	assert_int_equal(n, 0);
	udp_flow("127.0.0.2", 2004, 0x00200077); /* born with the new one */
	assert_int_equal(ops->flows_mark(&m, 1, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(marked(0x00200077, UINT32_MAX), 2);
	assert_int_equal(marked(0x77, UINT32_MAX), 3);
	assert_int_equal(marked(0x03000077, UINT32_MAX), 1);
}

/* Without NAT: those of a network that were not answered are forgotten. */
static void
flows_plain(void **state)
{
	struct net_element net[2] = { { .set = NET_SET_LAN },
		{ .set = NET_SET_LAN6 } };
	char why[256];
	uint32_t n;

	(void)state;
	net[0].first = net[0].last = ip("127.0.0.2");
	net[0].last.octet[3] = 7;
	net[1].first = net[1].last = ip("2001:db8::77");
	assert_int_equal(ops->nat_load(MARKING, why, sizeof(why)), 0);
	run("ip address replace 2001:db8::77/128 dev lo nodad");
	/* of other tests */
	assert_int_equal(
	    ops->flows_flush_plain(net, 2, CONF_MARK_DEFAULT, &n), 0);
	udp_flow("127.0.0.2", 2000, 0);
	udp_flow("127.0.0.7", 2000, 0x5a);
	udp_flow("2001:db8::77", 2000, 0);
	udp_flow("127.0.0.8", 2000, 0x78); /* of others */
	udp_flow("127.0.0.2", 2001, 0x01000078); /* it was ours */
	assert_int_equal(
	    ops->flows_flush_plain(net, 2, CONF_MARK_DEFAULT, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(marked(0x5a, 0xff), 0);
	assert_int_equal(marked(0x78, 0xff), 2);
	net[0].first = ip("127.0.0.1"); /* within */
	udp_flow("127.0.0.2", 2002, 0x79);
	assert_int_equal(
	    ops->flows_flush_plain(net, 2, CONF_MARK_DEFAULT, &n), 0);
	assert_int_equal(marked(0x79, 0xff), 1);
}

static void
flows(void **state)
{
	char why[256];
	uint16_t i;

	(void)state;
	assert_int_equal(ops->nat_load(MARKING, why, sizeof(why)), 0);
	run("ip address replace 2001:db8::77/128 dev lo nodad");
	for (i = 0; i < 3; i++)
		udp_flow("127.0.0.2", (uint16_t)(2000 + i),
		    plan_mark(CONF_MARK_DEFAULT, 0));
	/* bits of others beside ours */
	udp_flow("127.0.0.2", 2100, plan_mark(CONF_MARK_DEFAULT, 1) | 0x3f00);
	udp_flow("127.0.0.2", 2101, plan_mark(CONF_MARK_DEFAULT, 1));
	for (i = 0; i < 200; i++)
		udp_flow("127.0.0.2", (uint16_t)(3000 + i), 0xff0000);
	udp_flow("127.0.0.3", 2102, 0);
	tcp_flow(plan_mark(CONF_MARK_DEFAULT, 1));
	udp_flow("::1", 2000, plan_mark(CONF_MARK_DEFAULT, 0));
	udp_flow("2001:db8::77", 2001, plan_mark(CONF_MARK_DEFAULT, 0));
	udp_flow("2001:db8::77", 2002, plan_mark(CONF_MARK_DEFAULT, 1));

	assert_int_equal(count(0), 5);
	/* TCP's end is told by packets of both sides, in softirq: soon */
	for (i = 0; i < 100 && count(1) != 3; i++)
		usleep(10000);
	assert_int_equal(count(1), 3);
	assert_int_equal(forget(1, NULL, NULL), 4);
	assert_int_equal(count(1), 0);
	assert_int_equal(count(0), 5);
	assert_int_equal(forget(1, NULL, NULL), 0);

	/* those of that address with any mark, by many requests */
	assert_int_equal(forget(2, "127.0.0.2", "2001:db8::1"), 203);
	assert_int_equal(forget(2, "127.0.0.2", "2001:db8::1"), 0);
	assert_int_equal(count(0), 2);
	assert_int_equal(forget(2, "127.0.0.3", "2001:db8::77"), 2);
	assert_int_equal(count(0), 1);
	assert_int_equal(forget(0, NULL, "2001:db8::77"), 1);
	assert_int_equal(forget(0, "127.0.0.2", "2001:db8::77"), 0);
}

/* ---- events ---- */

static int
woken(int ms)
{
	struct pollfd p = { monitor, POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

/* Until nothing more comes of what went before. */
static void
quiet(void)
{
	while (woken(QUIET_MS))
		ops->changes();
}

static void
tells(const char *command)
{
	quiet();
	run("%s", command);
	if (!woken(5000))
		fail_msg("not told: %s", command);
}

static void
events(void **state)
{
	static const char *const news[] = {
		"ip link set peer1 down",
		"ip link set peer1 up",
		"ip address add 192.0.2.9/24 dev eth1",
		"ip address del 192.0.2.9/24 dev eth1",
		"ip address add 2001:db8::9/64 dev eth1 nodad",
		"ip address del 2001:db8::9/64 dev eth1",
		"ip rule add lookup 100 pref 77",
		"ip rule del lookup 100 pref 77",
		"ip route add default via 192.0.2.1",
		"ip route del default via 192.0.2.1",
		"ip -6 route add default via fe80::1 dev eth1",
		"ip -6 route del default via fe80::1 dev eth1",
		"ip -6 rule add lookup 100 pref 77",
		"ip -6 rule del lookup 100 pref 77",
		"ip route add 10.9.0.0/16 via 192.0.2.1",
		"ip route del 10.9.0.0/16",
		"ip route add 172.31.255.0/24 via 192.0.2.1",
		"ip route del 172.31.255.0/24",
		"ip route add 192.168.9.9 via 192.0.2.1",
		"ip route del 192.168.9.9",
		"ip route add 100.127.0.0/16 via 192.0.2.1",
		"ip route del 100.127.0.0/16",
		"ip -6 route add fd00:9::/32 dev eth1",
		"ip -6 route del fd00:9::/32",
		"ip route add 203.0.113.0/24 dev eth1 table 157 proto 157",
		"ip route flush table 157",
		"sysctl -qw net.ipv4.conf.eth1.rp_filter=1",
		"sysctl -qw "
		"net.ipv4.conf.eth1.ignore_routes_with_linkdown=1",
		"sysctl -qw "
		"net.ipv6.conf.eth1.ignore_routes_with_linkdown=1",
		"nft add table inet dialfail",
		"nft delete table inet dialfail",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(news) / sizeof(news[0]); i++)
		tells(news[i]);
	quiet();
	run("ip route add 203.0.113.0/24 via 192.0.2.1; "
	    "ip route del 203.0.113.0/24; "
	    "ip -6 route add 2001:db8:9::/48 dev eth1; "
	    "ip -6 route del 2001:db8:9::/48");
	assert_false(woken(QUIET_MS));
}

/* More than the socket's buffer holds: told all the same, and emptied. */
static void
too_many_events(void **state)
{
	int i;

	(void)state;
	run("for i in $(seq 9999); do "
	    "echo route replace default via 192.0.2.1 metric $i; done | "
	    "ip -batch -");
	assert_true(woken(0));
	for (i = 0; i < 100 && woken(0); i++)
		ops->changes();
	assert_false(woken(0));
}

/* ---- */

/* Rights are missing: each test would only say so. */
static void
no_namespaces(void **state)
{
	(void)state;
	print_message("no namespaces: %s\n", strerror(errno));
	skip();
}

static int
open_all(void **state)
{
	char sandbox[256];

	(void)state;
	assert_int_equal(ops->open(), 0);
	assert_int_not_equal(monitor = ops->monitor(), -1);
	sandbox_enter(SANDBOX_NETCONF, sandbox, sizeof(sandbox));
	print_message("%s\n", sandbox);
	return 0;
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(links),
		TEST(rp_filter),
		TEST(linkdown),
		TEST(routers),
		TEST(tunnels),
		TEST(tunnels_parm),
		TEST(addresses),
		TEST(addresses_inet6),
		TEST(rules),
		TEST(our_routes),
		TEST(our_routes_inet6),
		TEST(inet6_replaced),
		TEST(route_without_link),
		TEST(mains_defaults),
		TEST(mains_defaults_inet6),
		TEST(mains_private_networks),
		TEST(no_strict_dumps),
		TEST(full_table),
		TEST(time_of_a_route),
		TEST(routes_saved),
		TEST(nat),
		TEST(elements),
		TEST(counters),
		TEST(flows),
		TEST(flows_marked),
		TEST(flows_plain),
		TEST(events),
		TEST(too_many_events),
	};

	const struct CMUnitTest none[] = {
		cmocka_unit_test(no_namespaces),
	};

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return cmocka_run_group_tests(none, NULL, NULL);
	return cmocka_run_group_tests(tests, open_all, NULL);
}
