/* SPDX-License-Identifier: ISC */
/*
 * What is wanted: rules and routes as a whole, from the configuration and
 * from what interfaces there are now; and what the kernel says of an uplink.
 * IPv6 is led as IPv4 is, but only where an uplink has it.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

#define ADDRS_MAX 8 /* per uplink that get a rule */
#define MTU_INET6 1280

void
net_state_free(struct net_state *s)
{
	free(s->links);
	free(s->byname);
	free(s->addrs);
	free(s->rules);
	free(s->routes);
	free(s->elements);
	memset(s, 0, sizeof(*s));
}

static int
by_name(const void *p, const void *q, void *links)
{
	const struct net_link *l = links;

	return strcmp(
	    l[*(const uint32_t *)p].name, l[*(const uint32_t *)q].name);
}

/* Without memory for it, they are found one by one. */
void
net_state_index(struct net_state *s)
{
	uint32_t i;

	free(s->byname);
	s->byname = calloc(s->nlinks + 1, sizeof(*s->byname));
	if (s->byname == NULL)
		return;
	for (i = 0; i < s->nlinks; i++)
		s->byname[i] = i;
	qsort_r(s->byname, s->nlinks, sizeof(*s->byname), by_name, s->links);
}

static const struct net_link *
find_sorted(const struct net_state *s, const char *name)
{
	size_t low = 0, high = s->nlinks, mid;
	const struct net_link *l;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		l = &s->links[s->byname[mid]];
		if ((c = strcmp(l->name, name)) == 0)
			return l;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct net_link *
net_link_find(const struct net_state *s, const char *name)
{
	size_t i;

	if (s->byname != NULL)
		return name[0] != '\0' ? find_sorted(s, name) : NULL;
	for (i = 0; i < s->nlinks; i++)
		if (name[0] != '\0' && strcmp(s->links[i].name, name) == 0)
			return &s->links[i];
	return NULL;
}

uint32_t
plan_table(uint32_t uplink)
{
	return uplink == 0 ? NET_TABLE_OWN : NET_TABLE_FIRST + uplink - 1;
}

static const uint32_t af[FAMILIES] = { AF_INET, AF_INET6 };

static int
is_of(const struct net_addr *a, uint32_t ifindex, enum family family)
{
	return a->ifindex == ifindex && a->local.family == af[family];
}

/*
 * How little an address is fit to be the source of what goes far, after RFC
 * 6724 section 5; a temporary one would be another one every day, and a
 * unique local one (RFC 4193) gets no answer from the internet.
 */
static int
unfit(const struct net_addr *a)
{
	return 4 * (a->deprecated != 0) +
	       2 * (a->local.family == AF_INET6 &&
		       (a->local.octet[0] & 0xfe) == 0xfc) +
	       (a->temporary != 0);
}

/*
 * Its source for what goes far: in IPv4 the first one, which the kernel takes
 * by itself.
 */
const struct net_addr *
plan_address(const struct net_state *s, uint32_t ifindex, enum family family)
{
	const struct net_addr *best = NULL, *a;
	size_t i;

	for (i = 0; i < s->naddrs; i++) {
		a = &s->addrs[i];
		if (is_of(a, ifindex, family) && !a->secondary &&
		    !a->tentative &&
		    (family == FAMILY_INET || !addr_is_linklocal(&a->local)) &&
		    (best == NULL || unfit(a) < unfit(best)))
			best = a;
	}
	return best;
}

static int
is_default(const struct net_route *r)
{
	return r->dst.len == 0 && r->type == NET_UNICAST;
}

/* A table's best default by this interface. */
static const struct net_route *
default_route(const struct net_state *s, uint32_t table, uint32_t ifindex,
    enum family family)
{
	const struct net_route *best = NULL, *r;
	size_t i;

	for (i = 0; i < s->nroutes; i++) {
		r = &s->routes[i];
		if (r->table == table && is_default(r) &&
		    r->dst.addr.family == af[family] && r->ifindex == ifindex &&
		    (best == NULL || r->metric < best->metric))
			best = r;
	}
	return best;
}

/* Configured, or main's; or as long as there is none, as it was before. */
static void
facts_route(const struct net_uplink *u, const struct net_state *s,
    uint32_t ifindex, enum family family, struct msg_family *f)
{
	const struct net_route *r;

	r = default_route(s, NET_MAIN, ifindex, family);
	f->has_route = r != NULL || u->gateway_configured[family];
	if (u->gateway_configured[family])
		return;
	if (r == NULL && u->id != 0) {
		r = default_route(s, plan_table(u->id), ifindex, family);
		f->has_route = r != NULL;
		if (f->gateway.family != AF_UNSPEC)
			return; /* fresher than what an earlier run laid */
	}
	if (r != NULL && r->gateway.family == af[family])
		f->gateway = r->gateway;
}

static void
facts_family(const struct net_uplink *u, const struct net_state *s,
    uint32_t ifindex, enum family family, struct msg_family *f)
{
	const struct net_addr *a;

	if ((a = plan_address(s, ifindex, family)) != NULL) {
		f->address = a->local;
		f->peer = a->peer;
		f->prefixlen = a->prefixlen;
	}
	facts_route(u, s, ifindex, family, f);
	/* written without one, or known since it had another index */
	if (family == FAMILY_INET6 && addr_is_linklocal(&f->gateway))
		f->gateway.scope = ifindex;
}

void
plan_facts(const struct net_uplink *u, const char *carrier_of, int carrier_none,
    const struct net_state *s, struct msg_facts *f)
{
	const struct net_link *l, *c;
	uint32_t i;

	memset(f, 0, sizeof(*f));
	f->uplink = u->id;
	strlcpy(f->ifname, u->ifname, sizeof(f->ifname));
	for (i = 0; i < FAMILIES; i++)
		f->family[i].gateway = u->gateway[i];
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
	f->pointopoint = l->pointopoint || !l->ethernet;
	f->mtu = l->mtu;
	for (i = 0; i < FAMILIES; i++)
		facts_family(u, s, l->ifindex, i, &f->family[i]);
}

/* Cut off between the two, IPv4 says which. */
uint32_t
plan_active(const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	uint32_t f, i;

	for (f = 0; f < FAMILIES; f++)
		for (i = 0; i < w->nuplinks; i++) {
			l = net_link_find(s, w->uplink[i].ifname);
			if (l != NULL &&
			    default_route(s, NET_TABLE, l->ifindex, f) != NULL)
				return w->uplink[i].id;
		}
	return 0;
}

uint32_t
plan_refused(const struct net_state *s)
{
	const struct net_route *r;
	uint32_t families = 0;
	size_t i;

	for (i = 0; i < s->nroutes; i++) {
		r = &s->routes[i];
		if (plan_ours(r) && r->table == NET_TABLE && r->dst.len == 0 &&
		    r->type == NET_UNREACHABLE)
			families |= 1u << addr_family(&r->dst.addr);
	}
	return families;
}

int
plan_found(const struct net_state *s)
{
	size_t i;

	if (s->nrules > 0 || s->nat)
		return 1;
	for (i = 0; i < s->nroutes; i++)
		if (plan_ours(&s->routes[i]) || plan_behind(&s->routes[i]))
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
add_rule(struct wanted *d, enum family family, uint32_t table)
{
	struct net_rule *r;

	if (d->nrules == WANTED_MAX) {
		d->too_many = 1;
		return &d->rule[WANTED_MAX - 1];
	}
	r = &d->rule[d->nrules++];
	memset(r, 0, sizeof(*r));
	r->pref = NET_PREF;
	r->family = af[family];
	r->table = table;
	return r;
}

/* Where what is the uplink's goes; not the primary's bound sockets. */
static uint32_t
table_of(uint32_t uplink)
{
	return uplink == 0 ? NET_MAIN : plan_table(uplink);
}

/*
 * Does it have IPv6?  A router of which we know is enough where the provider
 * gives networks, but no address for the way to them (RFC 7084 WAA-8); with
 * no IPv6 in the kernel, or none on this interface, there is no address.
 */
static int
has_inet6(const struct net_uplink *u, const struct net_link *l,
    const struct net_state *s)
{
	size_t i;

	if (plan_address(s, l->ifindex, FAMILY_INET6) != NULL)
		return 1;
	for (i = 0; i < s->naddrs; i++)
		if (is_of(&s->addrs[i], l->ifindex, FAMILY_INET6))
			return u->gateway[FAMILY_INET6].family != AF_UNSPEC;
	return 0;
}

/* A site without IPv6, here and behind peers, gets no rules of it. */
static int
is_led(const struct net_want *w, const struct net_state *s, enum family family)
{
	const struct net_link *l;
	uint32_t i;

	if (family == FAMILY_INET || plan_has_behind(w, family))
		return 1;
	for (i = 0; i < w->nuplinks; i++) {
		l = net_link_find(s, w->uplink[i].ifname);
		if (l != NULL && has_inet6(&w->uplink[i], l, s))
			return 1;
	}
	return 0;
}

/*
 * Does it have a table of its own?  A backup always, since main has none for
 * it alone.  Any other uplink where sockets are bound to it: without one they
 * would take a far target for a neighbour as soon as main's default is gone,
 * or be answered by another interface's.
 */
static int
has_own_table(const struct net_uplink *u, const struct net_link *l,
    const struct net_state *s, enum family family)
{
	if (family == FAMILY_INET6 &&
	    plan_address(s, l->ifindex, family) == NULL)
		return 0;
	return u->id != 0 ||
	       (u->targets[family] &&
		   (!l->ethernet || l->pointopoint || u->sockets[family]));
}

/*
 * Can it have a default route of this family?  A backup's router of IPv6 that
 * does not advertise itself any more is none (RFC 4861 6.3.5).
 */
static int
has_router(const struct net_uplink *u, const struct net_link *l,
    const struct net_state *s, enum family family)
{
	if (l->pointopoint)
		return l->up;
	return l->up && u->gateway[family].family != AF_UNSPEC &&
	       (family == FAMILY_INET || u->id == 0 ||
		   u->gateway_configured[family] ||
		   default_route(s, NET_MAIN, l->ifindex, family) != NULL);
}

/*
 * And may traffic go by it?  Without an address for what is new (RFC 4862
 * 5.5.4) Linux would take another uplink's.
 */
static int
carries(const struct net_uplink *u, const struct net_link *l,
    const struct net_state *s, enum family family)
{
	const struct net_addr *a = plan_address(s, l->ifindex, family);

	return has_router(u, l, s, family) &&
	       (family == FAMILY_INET || (a != NULL && !a->deprecated));
}

/*
 * A backup that has nothing of this family refuses it at once: else it would
 * leave by the dead primary, and who has both families would wait for a timer
 * each time.  An address of IPv4 whose router is not known is no reason to
 * refuse: then the backup cannot be used at all.
 */
static int
refuses(const struct net_uplink *u, const struct net_link *l,
    const struct net_state *s, enum family family)
{
	if (carries(u, l, s, family))
		return 0;
	if (family == FAMILY_INET6)
		return carries(u, l, s, FAMILY_INET);
	return carries(u, l, s, FAMILY_INET6) &&
	       plan_address(s, l->ifindex, FAMILY_INET) == NULL;
}

/* Flows that have the uplink's mark stay on it: answers, and drained ones. */
static void
want_mark_rule(
    struct wanted *d, enum family family, uint32_t uplink, uint32_t mask)
{
	struct net_rule *r = add_rule(d, family, table_of(uplink));

	r->mark = plan_mark(mask, uplink);
	r->mask = mask;
}

/*
 * What has the uplink's address leaves by it, or its provider drops it; one
 * that is still in question, too, as it may be used before we hear of it.
 */
static void
want_from_rules(struct wanted *d, enum family family, uint32_t uplink,
    const struct net_link *l, const struct net_state *s)
{
	const struct net_addr *a;
	size_t i;
	int n = 0;

	for (i = 0; i < s->naddrs && n < ADDRS_MAX; i++) {
		a = &s->addrs[i];
		if (!is_of(a, l->ifindex, family) ||
		    (family == FAMILY_INET6 && addr_is_linklocal(&a->local)))
			continue;
		add_rule(d, family, table_of(uplink))->from = a->local;
		n++;
	}
}

/*
 * Does main lead by the primary?  By its best default, and not if the kernel
 * leaves that out.
 */
static int
main_leads(
    const struct net_want *w, const struct net_state *s, enum family family)
{
	const struct net_link *l = net_link_find(s, w->uplink[0].ifname);
	const struct net_route *best, *r;
	size_t i;

	if (l == NULL || !l->up ||
	    (!l->carrier &&
		(w->uplink[0].linkdown || l->linkdown[family] == 1)) ||
	    (best = default_route(s, NET_MAIN, l->ifindex, family)) == NULL)
		return 0;
	for (i = 0; i < s->nroutes; i++) {
		r = &s->routes[i];
		if (r->table == NET_MAIN && r->dst.len == 0 &&
		    r->dst.addr.family == af[family] &&
		    r->ifindex != l->ifindex && r->metric < best->metric)
			return 0;
	}
	return 1;
}

int
plan_stays(const struct wanted *d, const struct net_want *w,
    const struct net_state *s, const struct addr *from)
{
	size_t i;

	for (i = 0; i < d->nrules; i++)
		if (addr_cmp(&d->rule[i].from, from) == 0)
			return d->rule[i].table != NET_MAIN ||
			       main_leads(w, s, addr_family(from));
	return 0;
}

/*
 * A socket of IPv6 that is refused with no source of its own is asked for
 * again with one that the kernel picks for it (ip6_dst_lookup_tail()), which
 * may be of any uplink: no address may have a way then.
 */
static int
has_from_rules(
    const struct net_want *w, const struct net_state *s, enum family family)
{
	const struct net_uplink *u = &w->uplink[w->active];
	const struct net_link *l = net_link_find(s, u->ifname);

	return family == FAMILY_INET || w->active == 0 || l == NULL ||
	       !refuses(u, l, s, family);
}

/* May the kernel itself go over to it? */
static int
takes_over(
    const struct net_uplink *u, const struct net_state *s, enum family family)
{
	const struct net_link *l = net_link_find(s, u->ifname);

	return u->id != 0 && u->hot && l != NULL &&
	       has_own_table(u, l, s, family) && carries(u, l, s, family);
}

/*
 * What main leads nowhere goes by a backup that stands by hot: a primary whose
 * routes the kernel took away, or leaves out by linkdown ignore.  Not what is
 * held back: private networks that main has no route of their own for.
 */
static void
want_hot_rules(struct wanted *d, enum family family, const struct net_want *w,
    const struct net_state *s)
{
	uint32_t i, n = 0;

	for (i = 0; i < w->nuplinks; i++)
		n += takes_over(&w->uplink[i], s, family) != 0;
	if (n > 0 && plan_want_held(d, family, w, s) > 0) {
		add_rule(d, family, NET_MAIN)->no_default = 1;
		(void)add_rule(d, family, NET_TABLE_HELD);
	}
	for (i = 0; i < w->nuplinks; i++)
		if (takes_over(&w->uplink[i], s, family))
			add_rule(d, family, plan_table(i))->pref = NET_PREF_HOT;
}

/*
 * Before all else, but never for a network of our own in a larger one; what
 * main's default leads, as a VPN's, has yet to answer by what it came in by.
 * By their preference, since a rule that says less is taken for them when it is
 * deleted (rule_find() in net/core/fib_rules.c).
 */
static void
want_hop_rules(struct wanted *d, enum family family, const struct net_want *w)
{
	struct net_rule *r;

	if (!plan_has_hops(w, family))
		return;
	r = add_rule(d, family, NET_MAIN);
	r->suppress = r->no_default = 1;
	r->pref = NET_PREF_HOPS;
	add_rule(d, family, NET_TABLE_HOPS)->pref = NET_PREF_HOPS;
}

static void
want_rules(struct wanted *d, enum family family, const struct net_want *w,
    const struct net_state *s)
{
	int from = has_from_rules(w, s, family);
	const struct net_uplink *u;
	const struct net_link *l;
	uint32_t i;

	want_hop_rules(d, family, w);
	for (i = 0; i < w->nuplinks; i++) {
		u = &w->uplink[i];
		l = net_link_find(s, u->ifname);
		if (l != NULL && (i == 0 || has_own_table(u, l, s, family)))
			want_mark_rule(d, family, u->id, w->mask);
	}
	for (i = 0; i < w->nuplinks; i++) {
		u = &w->uplink[i];
		if ((l = net_link_find(s, u->ifname)) == NULL)
			continue;
		/* before its addresses: what is bound has one, too */
		if (has_own_table(u, l, s, family))
			strlcpy(add_rule(d, family, plan_table(u->id))->oif,
			    l->name, IFNAMSIZ);
		if (from && (i == 0 || has_own_table(u, l, s, family)))
			want_from_rules(d, family, u->id, l, s);
	}
	add_rule(d, family, NET_MAIN)->suppress = 1;
	(void)add_rule(d, family, NET_TABLE);
	want_hot_rules(d, family, w, s);
}

struct net_route *
plan_add_route(struct wanted *d, enum family family, uint32_t table)
{
	struct net_route *r;

	if (d->nroutes == ROUTES_MAX) {
		d->too_many = 1;
		return &d->route[ROUTES_MAX - 1];
	}
	r = &d->route[d->nroutes++];
	memset(r, 0, sizeof(*r));
	r->table = table;
	r->proto = NET_PROTO;
	r->dst.addr.family = af[family];
	r->metric = family == FAMILY_INET6 ? NET_METRIC_V6 : 0;
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

/*
 * Connected networks do not move with the rest.  In IPv6 every link has the
 * link-local one, which nothing is routed to: it is in no table of several.
 */
static void
want_connected(struct wanted *d, enum family family, uint32_t table,
    const struct net_link *l, const struct net_state *s)
{
	const struct net_addr *a;
	struct net_route *r;
	struct prefix dst;
	size_t i;

	if (l->pointopoint || !l->up)
		return;
	for (i = 0; i < s->naddrs; i++) {
		a = &s->addrs[i];
		if (!is_of(a, l->ifindex, family) ||
		    a->prefixlen >= 8 * addr_len(&a->local) ||
		    (table == NET_TABLE && family == FAMILY_INET6 &&
			addr_is_linklocal(&a->local)))
			continue;
		dst.addr = a->local;
		dst.addr.scope = 0;
		dst.len = a->prefixlen;
		prefix_mask(&dst);
		if (has_place(d, table, &dst))
			continue;
		r = plan_add_route(d, family, table);
		r->dst = dst;
		r->ifindex = l->ifindex;
	}
}

/* No link of IPv6 carries less than its least MTU (RFC 8200 section 5). */
static const struct net_route *
want_default(struct wanted *d, enum family family, uint32_t table,
    const struct net_uplink *u, const struct net_link *l)
{
	const struct addr *gateway = &u->gateway[family];
	struct net_route *r = plan_add_route(d, family, table);

	r->ifindex = l->ifindex;
	r->mtu = u->mtu;
	if (family == FAMILY_INET6 && u->mtu != 0 && u->mtu < MTU_INET6)
		r->mtu = MTU_INET6;
	if (l->pointopoint)
		return r;
	r->gateway = *gateway;
	if (family == FAMILY_INET6 && addr_is_linklocal(gateway))
		r->gateway.scope = l->ifindex;
	return r;
}

/* It ends in an unreachable one: nothing falls through to main's. */
static void
want_own_table(struct wanted *d, enum family family, const struct net_uplink *u,
    const struct net_link *l, const struct net_state *s)
{
	struct net_route *r;

	if (!has_own_table(u, l, s, family))
		return;
	want_connected(d, family, plan_table(u->id), l, s);
	if (has_router(u, l, s, family))
		(void)want_default(d, family, plan_table(u->id), u, l);
	r = plan_add_route(d, family, plan_table(u->id));
	r->type = NET_UNREACHABLE;
	r->metric = NET_METRIC_LAST;
}

/* What moves traffic, or NULL. */
static const struct net_route *
want_backup(struct wanted *d, enum family family, const struct net_uplink *u,
    const struct net_link *l, const struct net_state *s)
{
	struct net_route *r;

	if (refuses(u, l, s, family)) {
		r = plan_add_route(d, family, NET_TABLE);
		r->type = NET_UNREACHABLE;
		return r;
	}
	if (carries(u, l, s, family) &&
	    (family == FAMILY_INET || carries(u, l, s, FAMILY_INET) ||
		refuses(u, l, s, FAMILY_INET)))
		return want_default(d, family, NET_TABLE, u, l);
	return NULL;
}

/* The primary: as main has it, or as it is configured if main lost it. */
static void
want_primary(struct wanted *d, enum family family, const struct net_uplink *u,
    const struct net_link *l, const struct net_state *s)
{
	if (u->gateway_configured[family] && carries(u, l, s, family) &&
	    default_route(s, NET_MAIN, l->ifindex, family) == NULL)
		(void)want_default(d, family, NET_TABLE, u, l);
}

static void
want_routes(struct wanted *d, enum family family, const struct net_want *w,
    const struct net_state *s)
{
	const struct net_uplink *u;
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		u = &w->uplink[i];
		if ((l = net_link_find(s, u->ifname)) == NULL)
			continue;
		want_connected(d, family, NET_TABLE, l, s);
		want_own_table(d, family, u, l, s);
	}
	u = &w->uplink[w->active];
	if ((l = net_link_find(s, u->ifname)) == NULL)
		return;
	if (w->active != 0)
		plan_want_private(
		    d, family, w, s, want_backup(d, family, u, l, s));
	else
		want_primary(d, family, u, l, s);
}

void
plan_wanted(
    const struct net_want *w, const struct net_state *s, struct wanted *d)
{
	uint32_t f;

	for (f = 0; !w->clear && f < FAMILIES; f++)
		if (is_led(w, s, f)) {
			want_rules(d, f, w, s);
			want_routes(d, f, w, s);
		}
	if (!w->clear)
		plan_want_elements(d, w, s);
}
