/* SPDX-License-Identifier: ISC */
/*
 * A kernel's network as the plan sees it: links, addresses, rules in their
 * order, routes; with the kernel's own manners where they matter.
 */
#ifndef REGRESS_UNIT_SIM_NET_H
#define REGRESS_UNIT_SIM_NET_H

#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/plan.h"

#define ETH0 2
#define ETH1 3
#define WAN2 4
#define PPP0 5

#define LINKS    64
#define ADDRS    16
#define RULES    128
#define ROUTES   64
#define ELEMENTS 64

/* A kernel with one LAN, a primary on Ethernet and two backups. */
struct sim {
	struct net_state s;
	struct net_link link[LINKS];
	struct net_addr addr[ADDRS];
	struct net_rule rule[RULES];
	struct net_route route[ROUTES];
	struct net_element element[ELEMENTS];
	struct net_route lost[ROUTES]; /* main's, while a link is down */
	size_t nlost;
	struct undo undo;
	struct undo_tunnels undo_tunnels;
	struct net_want w;
	char nat[PLAN_NFT_MAX];
};

static inline struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static inline struct net_addr *
add_addr(struct sim *k, uint32_t ifindex, const char *address, uint32_t len)
{
	struct net_addr *a = &k->addr[k->s.naddrs++];

	memset(a, 0, sizeof(*a));
	a->ifindex = ifindex;
	a->local = ip(address);
	a->prefixlen = len;
	return a;
}

static inline void
add_link(struct sim *k, uint32_t ifindex, const char *name, int pointopoint,
    const char *address, uint32_t len)
{
	struct net_link *l = &k->link[k->s.nlinks++];

	memset(l, 0, sizeof(*l));
	l->ifindex = ifindex;
	strlcpy(l->name, name, sizeof(l->name));
	l->up = l->carrier = 1;
	l->pointopoint = pointopoint;
	l->ethernet = !pointopoint;
	l->mtu = 1500;
	(void)add_addr(k, ifindex, address, len);
}

static inline struct net_route *
add_main(struct sim *k, uint32_t ifindex, const char *gateway, uint32_t metric)
{
	struct net_route *r = &k->route[k->s.nroutes++];

	memset(r, 0, sizeof(*r));
	r->table = NET_MAIN;
	r->gateway = ip(gateway);
	r->dst.addr.family = r->gateway.family;
	r->ifindex = ifindex;
	r->metric = metric;
	r->proto = 3; /* boot */
	return r;
}

static inline void
add_uplink(struct sim *k, const char *label, const char *ifname)
{
	struct net_uplink *u = &k->w.uplink[k->w.nuplinks];

	u->id = k->w.nuplinks++;
	u->role = u->id == 0 ? CONF_PRIMARY : CONF_BACKUP;
	strlcpy(u->label, label, sizeof(u->label));
	strlcpy(u->ifname, ifname, sizeof(u->ifname));
	u->targets[FAMILY_INET] = 1;
}

static inline void
add_masq(struct sim *k, const char *ifname)
{
	strlcpy(k->w.masq[k->w.nmasq++].ifname, ifname, IFNAMSIZ);
}

/* Arrays of its own, so that a copy is a copy. */
static inline void
own(struct sim *k)
{
	k->s.links = k->link;
	k->s.addrs = k->addr;
	k->s.rules = k->rule;
	k->s.routes = k->route;
	k->s.elements = k->element;
	k->w.undo = &k->undo;
	k->w.undo_tunnels = &k->undo_tunnels;
	k->w.nat_loaded = k->nat[0] != '\0' ? k->nat : NULL;
}

static inline struct sim *
site(void)
{
	struct sim *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	own(k);
	add_link(k, ETH0, "eth0", 0, "10.1.0.1", 24);
	add_link(k, ETH1, "eth1", 0, "192.0.2.2", 24);
	add_link(k, WAN2, "wan2", 0, "198.51.100.2", 30);
	(void)add_main(k, ETH1, "192.0.2.1", 0);
	(void)add_main(k, WAN2, "198.51.100.1", 100);
	add_uplink(k, "eth1", "eth1");
	add_uplink(k, "lte", "wan2");
	add_uplink(k, "pots", "");
	add_masq(k, "eth0");
	k->w.mask = CONF_MARK_DEFAULT;
	k->w.drain = MSG_UPLINK_NONE;
	k->w.uplink[1].gateway[FAMILY_INET] = ip("198.51.100.1");
	return k;
}

static inline void
dial(struct sim *k)
{
	add_link(k, PPP0, "ppp0", 1, "10.99.0.2", 32);
	k->addr[k->s.naddrs - 1].peer = ip("10.99.0.1");
	strlcpy(k->w.uplink[2].ifname, "ppp0", IFNAMSIZ);
}

static inline struct net_link *
sim_link(struct sim *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->s.nlinks; i++)
		if (strcmp(k->link[i].name, name) == 0)
			return &k->link[i];
	fail_msg("no link %s", name);
	return NULL;
}

/* fib_rules.c, rule_find(): what is not given matches anything. */
static inline int
kernel_matches(const struct net_rule *r, const struct net_rule *given)
{
	return r->pref == given->pref && r->family == given->family &&
	       r->table == given->table &&
	       (given->mark == 0 || r->mark == given->mark) &&
	       (given->mask == 0 || r->mask == given->mask) &&
	       (given->oif[0] == '\0' || strcmp(r->oif, given->oif) == 0) &&
	       (given->from.family == AF_UNSPEC ||
		   addr_cmp(&r->from, &given->from) == 0) &&
	       (!given->suppress || r->suppress) &&
	       (!given->no_default || r->no_default);
}

/* Behind all of its preference and of smaller ones. */
static inline void
kernel_rule_add(struct sim *k, const struct net_rule *r)
{
	size_t i = k->s.nrules;

	assert_true(k->s.nrules < RULES);
	for (; i > 0 && k->rule[i - 1].pref > r->pref; i--)
		k->rule[i] = k->rule[i - 1];
	k->rule[i] = *r;
	k->s.nrules++;
}

static inline void
kernel_rule_del(struct sim *k, const struct net_rule *given)
{
	size_t i;

	for (i = 0; i < k->s.nrules; i++)
		if (kernel_matches(&k->rule[i], given))
			break;
	assert_true(i < k->s.nrules);
	memmove(&k->rule[i], &k->rule[i + 1],
	    (k->s.nrules - i - 1) * sizeof(k->rule[0]));
	k->s.nrules--;
}

static inline int
same_place(const struct net_route *a, const struct net_route *b)
{
	return a->table == b->table && a->metric == b->metric &&
	       prefix_cmp(&a->dst, &b->dst) == 0;
}

static inline void
kernel_route_add(struct sim *k, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < k->s.nroutes; i++)
		if (same_place(&k->route[i], r))
			break;
	assert_true(i < ROUTES);
	k->route[i] = *r;
	if (i == k->s.nroutes)
		k->s.nroutes++;
}

static inline void
kernel_route_del(struct sim *k, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < k->s.nroutes; i++)
		if (same_place(&k->route[i], r))
			break;
	assert_true(i < k->s.nroutes);
	k->route[i] = k->route[--k->s.nroutes];
}

/* All of them, or none. */
static inline void
kernel_elements(struct sim *k, const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd)
{
	size_t i, j;

	for (i = 0; i < ndel; i++) {
		for (j = 0; j < k->s.nelements; j++)
			if (memcmp(&k->element[j], &del[i], sizeof(*del)) == 0)
				break;
		assert_true(j < k->s.nelements);
		k->element[j] = k->element[--k->s.nelements];
	}
	assert_true(k->s.nelements + nadd <= ELEMENTS);
	for (i = 0; i < nadd; i++)
		k->element[k->s.nelements++] = add[i];
}

static inline void
kernel_down(struct sim *k, uint32_t ifindex)
{
	size_t i, kept = 0;

	for (i = 0; i < k->s.nroutes; i++)
		if (k->route[i].ifindex != ifindex)
			k->route[kept++] = k->route[i];
		else if (k->route[i].table == NET_MAIN)
			k->lost[k->nlost++] = k->route[i];
	k->s.nroutes = kept;
}

/* ignore_routes_with_linkdown, and there is no carrier. */
static inline int
left_out(const struct sim *k, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < k->s.nlinks; i++)
		if (k->link[i].ifindex == r->ifindex)
			return !k->link[i].carrier &&
			       k->link[i].linkdown[addr_family(&r->dst.addr)] !=
				   0;
	return 0;
}

/* The interface that a table's best default leads out by; -1: unreachable. */
static inline int
table_default(
    const struct sim *k, uint32_t family, uint32_t table, int suppress)
{
	const struct net_route *best = NULL, *r;
	size_t i, j;

	for (i = 0; i < k->s.nroutes; i++) {
		r = &k->route[i];
		if (r->table == table && r->dst.len == 0 &&
		    r->dst.addr.family == family && !left_out(k, r) &&
		    (best == NULL || r->metric < best->metric))
			best = r;
	}
	if (best == NULL)
		return 0;
	if (best->type == NET_UNREACHABLE)
		return -1;
	for (j = 0; suppress && j < k->s.nlinks; j++)
		if (k->link[j].ifindex == best->ifindex &&
		    k->link[j].group == NET_GROUP)
			return 0;
	return (int)best->ifindex;
}

/* Where a packet to a far address leaves; 0 nowhere. */
static inline int
way_in(const struct sim *k, uint32_t family, uint32_t mark,
    const struct addr *from, const char *oif)
{
	const struct net_rule *r;
	size_t i;
	int out, main_done = 0;

	for (i = 0; i < k->s.nrules; i++) {
		r = &k->rule[i];
		if (r->pref > NET_PREF && !main_done++ &&
		    (out = table_default(k, family, NET_MAIN, 0)) != 0)
			return out;
		if (r->family != family ||
		    (r->mask != 0 && (mark & r->mask) != r->mark) ||
		    (r->oif[0] != '\0' && strcmp(r->oif, oif) != 0) ||
		    (r->from.family != AF_UNSPEC &&
			(from == NULL || addr_cmp(&r->from, from) != 0)))
			continue;
		if (!r->no_default && (out = table_default(k, family, r->table,
					   r->suppress)) != 0)
			return out;
	}
	return table_default(k, family, NET_MAIN, 0);
}

static inline int
way_of(const struct sim *k, uint32_t mark, const struct addr *from,
    const char *oif)
{
	return way_in(k, AF_INET, mark, from, oif);
}

static inline int
way(const struct sim *k, uint32_t mark, const struct addr *from)
{
	return way_of(k, mark, from, "");
}

static inline int
way6(const struct sim *k, uint32_t mark, const struct addr *from)
{
	return way_in(k, AF_INET6, mark, from, "");
}

/* IPv6 as a router's advertisements make it, on the primary and on wan2. */
static inline void
dual(struct sim *k)
{
	add_addr(k, ETH1, "2001:db8:a::2", 64);
	add_addr(k, ETH1, "fe80::2", 64)->local.scope = ETH1;
	add_addr(k, WAN2, "2001:db8:b::2", 64);
	add_addr(k, WAN2, "fe80::3", 64)->local.scope = WAN2;
	add_main(k, ETH1, "fe80::1", 1024)->gateway.scope = ETH1;
	add_main(k, WAN2, "fe80::9", 2048)->gateway.scope = WAN2;
	k->w.uplink[0].gateway[FAMILY_INET6] = ip("fe80::1");
	k->w.uplink[1].gateway[FAMILY_INET6] = ip("fe80::9");
}

#endif
