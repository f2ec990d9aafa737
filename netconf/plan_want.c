/* SPDX-License-Identifier: ISC */
/*
 * What is wanted: rules and routes as a whole, from the configuration and
 * from what interfaces there are now; and what the kernel says of an uplink.
 * Only IPv4 is led yet, so addresses of other families are passed over.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

#define ADDRS_MAX 8 /* per uplink that get a rule */

void
net_state_free(struct net_state *s)
{
	free(s->links);
	free(s->addrs);
	free(s->rules);
	free(s->routes);
	memset(s, 0, sizeof(*s));
}

const struct net_link *
net_link_find(const struct net_state *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (name[0] != '\0' && strcmp(s->links[i].name, name) == 0)
			return &s->links[i];
	return NULL;
}

uint32_t
plan_mark(uint32_t uplink)
{
	return (uplink + 1) << NET_MARK_SHIFT;
}

uint32_t
plan_table(uint32_t uplink)
{
	return NET_TABLE_FIRST + uplink - 1;
}

static int
led(const struct net_addr *a, uint32_t ifindex)
{
	return a->ifindex == ifindex && a->local.family == AF_INET;
}

/* The first address, which the kernel takes as source by itself. */
static const struct net_addr *
address(const struct net_state *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->naddrs; i++)
		if (led(&s->addrs[i], ifindex) && !s->addrs[i].secondary)
			return &s->addrs[i];
	return NULL;
}

static int
is_default(const struct net_route *r)
{
	return r->dst.len == 0 && r->type == NET_UNICAST;
}

/* A table's best default by this interface. */
static const struct net_route *
default_route(const struct net_state *s, uint32_t table, uint32_t ifindex)
{
	const struct net_route *best = NULL, *r;
	size_t i;

	for (i = 0; i < s->nroutes; i++) {
		r = &s->routes[i];
		if (r->table == table && is_default(r) &&
		    r->dst.addr.family == AF_INET && r->ifindex == ifindex &&
		    (best == NULL || r->metric < best->metric))
			best = r;
	}
	return best;
}

/* Configured, or main's; or as long as there is none, as it was before. */
static void
facts_route(
    const struct net_uplink *u, const struct net_state *s, struct msg_facts *f)
{
	const struct net_route *r;

	r = default_route(s, NET_MAIN, f->ifindex);
	f->family[FAMILY_INET].has_route = r != NULL || u->gateway_configured;
	if (u->gateway_configured)
		return;
	if (r == NULL && u->id != 0) {
		r = default_route(s, plan_table(u->id), f->ifindex);
		f->family[FAMILY_INET].has_route = r != NULL;
		if (u->gateway.family != AF_UNSPEC)
			return; /* fresher than what an earlier run laid */
	}
	if (r != NULL && r->gateway.family == AF_INET)
		f->family[FAMILY_INET].gateway = r->gateway;
}

void
plan_facts(const struct net_uplink *u, const char *carrier_of, int carrier_none,
    const struct net_state *s, struct msg_facts *f)
{
	const struct net_link *l, *c;
	const struct net_addr *a;

	memset(f, 0, sizeof(*f));
	f->uplink = u->id;
	strlcpy(f->ifname, u->ifname, sizeof(f->ifname));
	f->family[FAMILY_INET].gateway = u->gateway;
	if ((l = net_link_find(s, u->ifname)) == NULL)
		return;
	f->ifindex = l->ifindex;
	f->up = l->up != 0;
	f->carrier = l->carrier != 0;
	if (carrier_none)
		f->carrier = 1;
	else if (carrier_of[0] != '\0') {
		c = net_link_find(s, carrier_of);
		f->carrier = c != NULL && c->carrier;
	}
	f->pointopoint = l->pointopoint != 0;
	f->mtu = l->mtu;
	if ((a = address(s, l->ifindex)) != NULL) {
		f->family[FAMILY_INET].address = a->local;
		f->family[FAMILY_INET].peer = a->peer;
		f->family[FAMILY_INET].prefixlen = a->prefixlen;
	}
	facts_route(u, s, f);
}

uint32_t
plan_active(const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		l = net_link_find(s, w->uplink[i].ifname);
		if (l != NULL &&
		    default_route(s, NET_TABLE, l->ifindex) != NULL)
			return w->uplink[i].id;
	}
	return 0;
}

int
plan_found(const struct net_state *s)
{
	size_t i;

	if (s->nrules > 0 || s->nat)
		return 1;
	for (i = 0; i < s->nroutes; i++)
		if (plan_ours(&s->routes[i]))
			return 1;
	return 0;
}

int
plan_shut(const struct net_want *w, const char *ifname)
{
	const struct net_uplink *u = &w->uplink[0];
	uint32_t i;

	if (w->clear || !w->shut || w->active == 0 || !u->shutdown)
		return 0;
	if (strcmp(u->ifname, ifname) == 0)
		return 1;
	for (i = 0; i < u->ncompanions; i++)
		if (strcmp(u->companion[i], ifname) == 0)
			return 1;
	return 0;
}

static struct net_rule *
add_rule(struct wanted *d, uint32_t table)
{
	struct net_rule *r;

	if (d->nrules == WANTED_MAX) {
		d->too_many = 1;
		return &d->rule[WANTED_MAX - 1];
	}
	r = &d->rule[d->nrules++];
	memset(r, 0, sizeof(*r));
	r->table = table;
	return r;
}

static uint32_t
table_of(uint32_t uplink)
{
	return uplink == 0 ? NET_MAIN : plan_table(uplink);
}

/* Flows that have the uplink's mark stay on it: answers, and drained ones. */
static void
want_mark_rule(struct wanted *d, uint32_t uplink)
{
	struct net_rule *r = add_rule(d, table_of(uplink));

	r->mark = plan_mark(uplink);
	r->mask = NET_MARK_MASK;
}

/* What has the uplink's address leaves by it, or its provider drops it. */
static void
want_from_rules(struct wanted *d, uint32_t uplink, const struct net_link *l,
    const struct net_state *s)
{
	size_t i;
	int n = 0;

	for (i = 0; i < s->naddrs && n < ADDRS_MAX; i++)
		if (led(&s->addrs[i], l->ifindex)) {
			add_rule(d, table_of(uplink))->from = s->addrs[i].local;
			n++;
		}
}

static void
want_rules(
    struct wanted *d, const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++)
		if (net_link_find(s, w->uplink[i].ifname) != NULL)
			want_mark_rule(d, w->uplink[i].id);
	for (i = 0; i < w->nuplinks; i++) {
		l = net_link_find(s, w->uplink[i].ifname);
		if (l == NULL)
			continue;
		want_from_rules(d, w->uplink[i].id, l, s);
		if (i > 0)
			strlcpy(add_rule(d, table_of(w->uplink[i].id))->oif,
			    l->name, IFNAMSIZ);
	}
	add_rule(d, NET_MAIN)->suppress = 1;
	(void)add_rule(d, NET_TABLE);
}

static struct net_route *
add_route(struct wanted *d, uint32_t table)
{
	struct net_route *r;

	if (d->nroutes == WANTED_MAX) {
		d->too_many = 1;
		return &d->route[WANTED_MAX - 1];
	}
	r = &d->route[d->nroutes++];
	memset(r, 0, sizeof(*r));
	r->table = table;
	r->proto = NET_PROTO;
	r->dst.addr.family = AF_INET;
	return r;
}

static int
has_place(const struct wanted *d, uint32_t table, const struct prefix *dst)
{
	size_t i;

	for (i = 0; i < d->nroutes; i++)
		if (d->route[i].table == table &&
		    prefix_cmp(&d->route[i].dst, dst) == 0)
			return 1;
	return 0;
}

/* Connected networks do not move with the rest. */
static void
want_connected(struct wanted *d, uint32_t table, const struct net_link *l,
    const struct net_state *s)
{
	struct net_route *r;
	struct prefix dst;
	size_t i;

	if (l->pointopoint || !l->up)
		return;
	for (i = 0; i < s->naddrs; i++) {
		if (!led(&s->addrs[i], l->ifindex) ||
		    s->addrs[i].prefixlen >= 32)
			continue;
		dst.addr = s->addrs[i].local;
		dst.len = s->addrs[i].prefixlen;
		prefix_mask(&dst);
		if (has_place(d, table, &dst))
			continue;
		r = add_route(d, table);
		r->dst = dst;
		r->ifindex = l->ifindex;
	}
}

static void
want_default(struct wanted *d, uint32_t table, const struct net_link *l,
    const struct net_uplink *u)
{
	struct net_route *r;

	if (!l->up || (!l->pointopoint && u->gateway.family != AF_INET))
		return;
	r = add_route(d, table);
	r->ifindex = l->ifindex;
	if (!l->pointopoint)
		r->gateway = u->gateway;
}

static void
want_own_table(struct wanted *d, const struct net_uplink *u,
    const struct net_link *l, const struct net_state *s)
{
	struct net_route *r;

	want_connected(d, plan_table(u->id), l, s);
	want_default(d, plan_table(u->id), l, u);
	r = add_route(d, plan_table(u->id));
	r->type = NET_UNREACHABLE;
	r->metric = NET_METRIC_LAST;
}

static void
want_routes(
    struct wanted *d, const struct net_want *w, const struct net_state *s)
{
	const struct net_uplink *u;
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		u = &w->uplink[i];
		if ((l = net_link_find(s, u->ifname)) == NULL)
			continue;
		want_connected(d, NET_TABLE, l, s);
		if (i > 0)
			want_own_table(d, u, l, s);
	}
	u = &w->uplink[w->active];
	if ((l = net_link_find(s, u->ifname)) == NULL)
		return;
	if (w->active != 0 ||
	    (u->gateway_configured &&
		default_route(s, NET_MAIN, l->ifindex) == NULL))
		want_default(d, NET_TABLE, l, u);
}

void
plan_wanted(
    const struct net_want *w, const struct net_state *s, struct wanted *d)
{
	memset(d, 0, sizeof(*d));
	if (w->clear)
		return;
	want_rules(d, w, s);
	want_routes(d, w, s);
}
