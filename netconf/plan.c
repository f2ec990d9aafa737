/* SPDX-License-Identifier: ISC */
/*
 * From wanted and found to steps.  The order: what a link needs to be an
 * uplink (group, rp_filter, marks), rules, the backups' own tables, and only
 * then the one route that moves traffic; links are set down last and put up
 * first.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/nft.h"
#include "netconf/plan.h"

#define ROUTES_MAX 64
#define RULES_MAX  64

struct wanted {
	struct net_rule rule[RULES_MAX];
	size_t nrules;
	struct net_route route[ROUTES_MAX];
	size_t nroutes;
};

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

static const struct net_addr *
address(const struct net_state *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->naddrs; i++)
		if (s->addrs[i].ifindex == ifindex && !s->addrs[i].secondary)
			return &s->addrs[i];
	return NULL;
}

static int
is_default(const struct net_route *r)
{
	return r->dst.len == 0 && r->type == NET_UNICAST;
}

/* Main's best default by this interface. */
static const struct net_route *
main_default(const struct net_state *s, uint32_t ifindex)
{
	const struct net_route *best = NULL, *r;
	size_t i;

	for (i = 0; i < s->nroutes; i++) {
		r = &s->routes[i];
		if (r->table == NET_MAIN && is_default(r) &&
		    r->ifindex == ifindex &&
		    (best == NULL || r->metric < best->metric))
			best = r;
	}
	return best;
}

void
plan_facts(const struct net_uplink *u, const char *carrier_of,
    int carrier_none, const struct net_state *s, struct msg_facts *f)
{
	const struct net_link *l, *c;
	const struct net_addr *a;
	const struct net_route *r;

	memset(f, 0, sizeof(*f));
	f->uplink = u->id;
	strlcpy(f->ifname, u->ifname, sizeof(f->ifname));
	f->gateway = u->gateway;
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
		f->address = a->local;
		f->peer = a->peer;
		f->prefixlen = a->prefixlen;
	}
	if ((r = main_default(s, l->ifindex)) != NULL) {
		f->has_route = 1;
		if (!u->gateway_configured && r->gateway.family != AF_UNSPEC)
			f->gateway = r->gateway;
	} else if (u->gateway_configured)
		f->has_route = 1; /* we lay it ourselves */
}

uint32_t
plan_active(const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	uint32_t i;
	size_t j;

	for (j = 0; j < s->nroutes; j++) {
		if (s->routes[j].table != NET_TABLE ||
		    !is_default(&s->routes[j]))
			continue;
		for (i = 0; i < w->nuplinks; i++) {
			l = net_link_find(s, w->uplink[i].ifname);
			if (l != NULL && l->ifindex == s->routes[j].ifindex)
				return w->uplink[i].id;
		}
	}
	return 0;
}

/* ---- what is wanted ---- */

static void
add_rule(struct wanted *d, uint32_t table, const struct net_rule *like)
{
	if (d->nrules == RULES_MAX)
		return;
	d->rule[d->nrules] = *like;
	d->rule[d->nrules++].table = table;
}

static void
want_rules(struct wanted *d, const struct net_want *w,
    const struct net_state *s)
{
	static const struct net_rule any;
	const struct net_link *l;
	const struct net_addr *a;
	struct net_rule r;
	uint32_t i;

	for (i = 1; i < w->nuplinks; i++) {
		if (net_link_find(s, w->uplink[i].ifname) == NULL)
			continue;
		r = any;
		r.mark = plan_mark(w->uplink[i].id);
		r.mask = NET_MARK_MASK;
		add_rule(d, plan_table(w->uplink[i].id), &r);
	}
	for (i = 0; i < w->nuplinks; i++) {
		uint32_t table = i == 0 ? NET_MAIN :
					  plan_table(w->uplink[i].id);

		l = net_link_find(s, w->uplink[i].ifname);
		if (l == NULL)
			continue;
		r = any;
		if ((a = address(s, l->ifindex)) != NULL) {
			r.from = a->local;
			add_rule(d, table, &r);
		}
		r = any;
		strlcpy(r.oif, l->name, sizeof(r.oif));
		if (i > 0)
			add_rule(d, table, &r);
	}
	r = any;
	r.suppress = 1;
	add_rule(d, NET_MAIN, &r);
	add_rule(d, NET_TABLE, &any);
}

static struct net_route *
add_route(struct wanted *d, uint32_t table)
{
	struct net_route *r;

	if (d->nroutes == ROUTES_MAX)
		return &d->route[ROUTES_MAX - 1];
	r = &d->route[d->nroutes++];
	memset(r, 0, sizeof(*r));
	r->table = table;
	r->proto = NET_PROTO;
	r->dst.addr.family = AF_INET;
	return r;
}

/* Connected networks do not move with the rest. */
static void
want_connected(struct wanted *d, uint32_t table, const struct net_link *l,
    const struct net_addr *a)
{
	struct net_route *r;

	if (l->pointopoint || !l->up || a == NULL || a->prefixlen >= 31)
		return;
	r = add_route(d, table);
	r->dst.addr = a->local;
	r->dst.len = a->prefixlen;
	prefix_mask(&r->dst);
	r->ifindex = l->ifindex;
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
want_routes(struct wanted *d, const struct net_want *w,
    const struct net_state *s)
{
	const struct net_uplink *u;
	const struct net_link *l;
	struct net_route *r;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		u = &w->uplink[i];
		if ((l = net_link_find(s, u->ifname)) == NULL)
			continue;
		want_connected(d, NET_TABLE, l, address(s, l->ifindex));
		if (i == 0)
			continue;
		want_connected(d, plan_table(u->id), l,
		    address(s, l->ifindex));
		want_default(d, plan_table(u->id), l, u);
		r = add_route(d, plan_table(u->id));
		r->type = NET_UNREACHABLE;
		r->metric = NET_METRIC_LAST;
	}
	u = &w->uplink[w->active];
	l = net_link_find(s, u->ifname);
	if (l == NULL)
		return;
	if (w->active != 0)
		want_default(d, NET_TABLE, l, u);
	else if (u->gateway_configured && main_default(s, l->ifindex) == NULL)
		want_default(d, NET_TABLE, l, u);
}

/* ---- steps ---- */

static struct step *
add_step(struct plan *p, enum step_type type)
{
	struct step *st;

	if (p->n == PLAN_STEPS_MAX) {
		strlcpy(p->error, "too many steps", sizeof(p->error));
		return &p->step[PLAN_STEPS_MAX - 1];
	}
	st = &p->step[p->n++];
	memset(st, 0, sizeof(*st));
	st->type = type;
	return st;
}

static void
link_step(struct plan *p, enum step_type type, const struct net_link *l)
{
	struct step *st = add_step(p, type);

	strlcpy(st->ifname, l->name, sizeof(st->ifname));
	st->ifindex = l->ifindex;
	st->old = l->group;
}

/* What makes an interface one of ours. */
static void
plan_links(struct plan *p, const struct net_want *w,
    const struct net_state *s)
{
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		if ((l = net_link_find(s, w->uplink[i].ifname)) == NULL)
			continue;
		if (l->group != NET_GROUP && l->group != 0) {
			snprintf(p->error, sizeof(p->error),
			    "%s is in interface group %u already: dialfail "
			    "needs it in group %u",
			    l->name, l->group, NET_GROUP);
			return;
		}
		if (l->group == 0)
			link_step(p, STEP_GROUP, l);
		/* replies to drained flows fail the strict test */
		if (i > 0 && l->rp_filter == 1)
			link_step(p, STEP_RP_FILTER, l);
	}
}

static int
same_rule(const struct net_rule *a, const struct net_rule *b)
{
	return a->table == b->table && a->mark == b->mark &&
	    a->mask == b->mask && addr_cmp(&a->from, &b->from) == 0 &&
	    strcmp(a->oif, b->oif) == 0 && a->suppress == b->suppress;
}

/*
 * Rules of one preference keep the order in which they came, so a set that
 * differs is laid anew behind the old one, and then the old one goes, last
 * rule first: at each moment a whole set is in force.  (The kernel deletes
 * the first rule that matches, which is the old one.)
 */
static void
plan_rules(struct plan *p, const struct wanted *d, const struct net_state *s)
{
	size_t i;

	if (s->nrules == d->nrules) {
		for (i = 0; i < d->nrules; i++)
			if (!same_rule(&s->rules[i], &d->rule[i]))
				break;
		if (i == d->nrules)
			return;
	}
	for (i = 0; i < d->nrules; i++)
		add_step(p, STEP_RULE_ADD)->rule = d->rule[i];
	for (i = s->nrules; i > 0; i--)
		add_step(p, STEP_RULE_DEL)->rule = s->rules[i - 1];
}

/* The same place in a table: one would replace the other. */
static int
same_place(const struct net_route *a, const struct net_route *b)
{
	return a->table == b->table && prefix_cmp(&a->dst, &b->dst) == 0 &&
	    a->metric == b->metric;
}

static int
same_route(const struct net_route *a, const struct net_route *b)
{
	return same_place(a, b) && a->type == b->type &&
	    a->ifindex == b->ifindex && addr_cmp(&a->gateway, &b->gateway) == 0;
}

static int
ours(const struct net_route *r)
{
	return r->proto == NET_PROTO;
}

static int
moves_traffic(const struct net_route *r)
{
	return r->table == NET_TABLE && r->dst.len == 0;
}

/* Routes that are missing; those that move traffic come last. */
static void
plan_routes_add(struct plan *p, const struct wanted *d,
    const struct net_state *s, int moving)
{
	size_t i, j;

	for (i = 0; i < d->nroutes; i++) {
		if (moves_traffic(&d->route[i]) != moving)
			continue;
		for (j = 0; j < s->nroutes; j++)
			if (ours(&s->routes[j]) &&
			    same_route(&s->routes[j], &d->route[i]))
				break;
		if (j == s->nroutes)
			add_step(p, STEP_ROUTE_ADD)->route = d->route[i];
	}
}

static void
plan_routes_del(struct plan *p, const struct wanted *d,
    const struct net_state *s, int moving)
{
	size_t i, j;

	for (j = 0; j < s->nroutes; j++) {
		if (!ours(&s->routes[j]) ||
		    moves_traffic(&s->routes[j]) != moving)
			continue;
		for (i = 0; i < d->nroutes; i++)
			if (same_place(&d->route[i], &s->routes[j]))
				break;
		if (i == d->nroutes)
			add_step(p, STEP_ROUTE_DEL)->route = s->routes[j];
	}
}

/* Links that `shutdown` and `companion` name. */
static void
plan_shutdown(struct plan *p, const struct net_want *w,
    const struct net_state *s, int down)
{
	const struct net_uplink *u = &w->uplink[0];
	const struct net_link *l;
	uint32_t i;

	if (!u->shutdown)
		return;
	l = net_link_find(s, u->ifname);
	if (l != NULL && l->up == down)
		link_step(p, down ? STEP_LINK_DOWN : STEP_LINK_UP, l);
	for (i = 0; i < u->ncompanions; i++) {
		l = net_link_find(s, u->companion[i]);
		if (l != NULL && l->up == down)
			link_step(p, down ? STEP_LINK_DOWN : STEP_LINK_UP, l);
	}
}

static void
plan_clear(struct plan *p, const struct net_want *w,
    const struct net_state *s)
{
	static const struct wanted nothing;

	plan_shutdown(p, w, s, 0);
	plan_routes_del(p, &nothing, s, 1);
	plan_rules(p, &nothing, s);
	plan_routes_del(p, &nothing, s, 0);
	if (s->nat) {
		strlcpy(p->nat, NFT_DELETE, sizeof(p->nat));
		add_step(p, STEP_NAT);
	}
	add_step(p, STEP_UNDO);
}

int
plan_make(const struct net_want *w, const struct net_state *s, struct plan *p)
{
	struct wanted d;

	memset(p, 0, sizeof(*p));
	if (w->clear) {
		plan_clear(p, w, s);
		return 0;
	}
	memset(&d, 0, sizeof(d));
	want_rules(&d, w, s);
	want_routes(&d, w, s);
	if (!w->shut)
		plan_shutdown(p, w, s, 0);
	plan_links(p, w, s);
	if (nft_text(w, s, p->nat, sizeof(p->nat)) == -1)
		strlcpy(p->error, "nft: too many networks", sizeof(p->error));
	if (!s->nat || w->nat_loaded == NULL ||
	    strcmp(p->nat, w->nat_loaded) != 0)
		add_step(p, STEP_NAT);
	plan_routes_add(p, &d, s, 0);
	plan_rules(p, &d, s);
	plan_routes_add(p, &d, s, 1);
	plan_routes_del(p, &d, s, 1);
	plan_routes_del(p, &d, s, 0);
	if (w->shut)
		plan_shutdown(p, w, s, 1);
	return p->error[0] == '\0' ? 0 : -1;
}

/* ---- words ---- */

static const char *
name_of(const struct net_state *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (s->links[i].ifindex == ifindex)
			return s->links[i].name;
	return "?";
}

static void
rule_text(const struct net_rule *r, const char *verb, char *buf, size_t size)
{
	char from[ADDR_STRLEN] = "", what[128] = "", table[16];

	if (r->from.family != AF_UNSPEC) {
		addr_format(&r->from, from, sizeof(from));
		snprintf(what, sizeof(what), "from %s ", from);
	} else if (r->mask != 0)
		snprintf(what, sizeof(what), "fwmark 0x%x/0x%x ", r->mark,
		    r->mask);
	else if (r->oif[0] != '\0')
		snprintf(what, sizeof(what), "oif %s ", r->oif);
	snprintf(table, sizeof(table), "%u", r->table);
	snprintf(buf, size, "rule %s pref %u %slookup %s%s", verb, NET_PREF,
	    what, r->table == NET_MAIN ? "main" : table,
	    r->suppress ? " suppress_ifgroup 157" : "");
}

static void
route_text(const struct net_route *r, const struct net_state *s,
    const char *verb, char *buf, size_t size)
{
	char dst[PREFIX_STRLEN] = "default", via[ADDR_STRLEN + 8] = "";
	char gateway[ADDR_STRLEN];

	if (r->dst.len > 0)
		prefix_format(&r->dst, dst, sizeof(dst));
	if (r->type == NET_UNREACHABLE) {
		snprintf(buf, size, "route %s unreachable %s table %u", verb,
		    dst, r->table);
		return;
	}
	if (r->gateway.family != AF_UNSPEC) {
		addr_format(&r->gateway, gateway, sizeof(gateway));
		snprintf(via, sizeof(via), "via %s ", gateway);
	}
	snprintf(buf, size, "route %s %s %sdev %s table %u", verb, dst, via,
	    name_of(s, r->ifindex), r->table);
}

void
plan_step_text(const struct step *st, const struct net_state *s, char *buf,
    size_t size)
{
	switch (st->type) {
	case STEP_GROUP:
		snprintf(buf, size, "link set %s group %u", st->ifname,
		    NET_GROUP);
		break;
	case STEP_RP_FILTER:
		snprintf(buf, size, "sysctl net.ipv4.conf.%s.rp_filter=2",
		    st->ifname);
		break;
	case STEP_NAT:
		strlcpy(buf, "nft table inet dialfail", size);
		break;
	case STEP_RULE_ADD:
		rule_text(&st->rule, "add", buf, size);
		break;
	case STEP_RULE_DEL:
		rule_text(&st->rule, "del", buf, size);
		break;
	case STEP_ROUTE_ADD:
		route_text(&st->route, s, "add", buf, size);
		break;
	case STEP_ROUTE_DEL:
		route_text(&st->route, s, "del", buf, size);
		break;
	case STEP_LINK_UP:
		snprintf(buf, size, "link set %s up", st->ifname);
		break;
	case STEP_LINK_DOWN:
		snprintf(buf, size, "link set %s down", st->ifname);
		break;
	case STEP_UNDO:
		strlcpy(buf, "give back what was overwritten", size);
		break;
	}
}
