/* SPDX-License-Identifier: ISC */
/*
 * From found to wanted, step by step.  The order: links that were set down
 * come up; what a link needs to be an uplink (group, rp_filter, marks); the
 * backups' own tables, rules, and then the one route that moves traffic; what
 * is left over goes; tunnels, which come before that route only where their
 * old address would go with it; and links are set down last of all.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

/* Valid until the next one is added. */
struct step *
plan_step(struct plan *p, enum step_type type)
{
	static struct step none;
	struct step *st;

	if (p->n == p->room) {
		st = reallocarray(
		    p->step, p->room == 0 ? 64 : p->room * 2, sizeof(*st));
		if (st == NULL) {
			strlcpy(p->error, "out of memory", sizeof(p->error));
			return &none;
		}
		p->step = st;
		p->room = p->room == 0 ? 64 : p->room * 2;
	}
	st = &p->step[p->n++];
	memset(st, 0, sizeof(*st));
	st->type = type;
	return st;
}

/* Nothing in it, but its room; what was not used is zero already. */
static void
begin(struct plan *p)
{
	struct wanted *d = &p->wanted;

	memset(d->rule, 0, d->nrules * sizeof(d->rule[0]));
	memset(d->route, 0, d->nroutes * sizeof(d->route[0]));
	memset(d->element, 0, d->nelements * sizeof(d->element[0]));
	d->nrules = d->nroutes = d->nelements = 0;
	d->too_many = 0;
	p->n = 0;
	p->half = 0;
	p->nat[0] = p->load[0] = p->error[0] = '\0';
}

struct step *
plan_link_step(struct plan *p, enum step_type type, const struct net_link *l)
{
	struct step *st = plan_step(p, type);

	strlcpy(st->ifname, l->name, sizeof(st->ifname));
	st->ifindex = l->ifindex;
	st->old = l->group;
	return st;
}

static void
set_step(struct plan *p, enum step_type type, const struct net_link *l,
    uint32_t value)
{
	plan_link_step(p, type, l)->value = value;
}

/*
 * Replies to drained flows fail the strict test: the way back to where they
 * come from leads elsewhere.  A backup is always loose, since it is drained
 * at each return; the primary only as long as it drains.
 */
static void
plan_rp_filter(struct plan *p, const struct net_want *w, uint32_t i,
    const struct net_link *l)
{
	const struct undo_entry *e;

	if (i > 0 || w->drain == 0) {
		if (l->rp_filter == 1)
			set_step(p, STEP_RP_FILTER, l, 2);
	} else if ((e = undo_find(w->undo, UNDO_RP_FILTER, l->name)) != NULL)
		set_step(p, STEP_RP_FILTER, l, e->value);
}

/* Its kind of undo_entry, by family. */
static const struct undo_entry *
linkdown_before(const struct undo *undo, enum family f, const char *ifname)
{
	return undo_find(
	    undo, f == FAMILY_INET6 ? UNDO_LINKDOWN6 : UNDO_LINKDOWN, ifname);
}

static void
linkdown_step(
    struct plan *p, const struct net_link *l, enum family f, uint32_t value)
{
	struct step *st = plan_link_step(p, STEP_LINKDOWN, l);

	st->family = f;
	st->value = value;
}

/* The primary's routes count without carrier, or not, as it is wished. */
static void
plan_linkdown(
    struct plan *p, const struct net_want *w, const struct net_link *l)
{
	const struct undo_entry *before;
	uint32_t f, value;

	for (f = 0; f < FAMILIES; f++) {
		before = linkdown_before(w->undo, f, l->name);
		if (w->uplink[0].linkdown && l->linkdown[f] == 0)
			value = 1;
		else if (!w->uplink[0].linkdown && before != NULL)
			value = before->value;
		else
			continue;
		linkdown_step(p, l, f, value);
	}
}

int
plan_group_taken(const struct net_link *l, char *why, size_t size)
{
	if (l->group == 0 || l->group == NET_GROUP)
		return 0;
	snprintf(why, size,
	    "%s is in interface group %u already: dialfail needs it in group "
	    "%u",
	    l->name, l->group, NET_GROUP);
	return 1;
}

/*
 * What makes an interface one of ours.  A backup that cannot be one holds
 * nobody up as long as it is not used.
 */
static void
plan_links(struct plan *p, const struct net_want *w, const struct net_state *s)
{
	char why[MSG_TEXT_LEN];
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		if ((l = net_link_find(s, w->uplink[i].ifname)) == NULL)
			continue;
		if (plan_group_taken(l, why, sizeof(why))) {
			if (i == 0 || i == w->active)
				strlcpy(p->error, why, sizeof(p->error));
			continue;
		}
		if (l->group == 0)
			set_step(p, STEP_GROUP, l, NET_GROUP);
		plan_rp_filter(p, w, i, l);
		if (i == 0)
			plan_linkdown(p, w, l);
	}
}

int
plan_same_rule(const struct net_rule *a, const struct net_rule *b)
{
	return a->pref == b->pref && a->family == b->family &&
	       a->table == b->table && a->mark == b->mark &&
	       a->mask == b->mask && addr_cmp(&a->from, &b->from) == 0 &&
	       strcmp(a->oif, b->oif) == 0 && a->suppress == b->suppress &&
	       a->no_default == b->no_default;
}

/* The next one of this family from i on, which moves behind it; or NULL. */
static const struct net_rule *
next_rule(const struct net_rule *r, size_t n, size_t *i, uint32_t family)
{
	while (*i < n && r[*i].family != family)
		(*i)++;
	return *i < n ? &r[(*i)++] : NULL;
}

int
plan_rules_equal(
    const struct wanted *d, const struct net_state *s, uint32_t family)
{
	const struct net_rule *a, *b;
	size_t i = 0, j = 0;

	do {
		a = next_rule(d->rule, d->nrules, &i, family);
		b = next_rule(s->rules, s->nrules, &j, family);
	} while (a != NULL && b != NULL && plan_same_rule(a, b));
	return a == NULL && b == NULL;
}

/*
 * Rules of one preference keep the order in which they came, so a set that
 * differs is laid anew behind the old one, and then the old one goes, last
 * rule first: at each moment a whole set is in force.  (The kernel deletes
 * the first rule that matches, which is the old one.)
 */
void
plan_rules(struct plan *p, const struct wanted *d, const struct net_state *s,
    uint32_t family)
{
	size_t i;

	if (plan_rules_equal(d, s, family))
		return;
	for (i = 0; i < d->nrules; i++)
		if (d->rule[i].family == family)
			plan_step(p, STEP_RULE_ADD)->rule = d->rule[i];
	for (i = s->nrules; i > 0; i--)
		if (s->rules[i - 1].family == family)
			plan_step(p, STEP_RULE_DEL)->rule = s->rules[i - 1];
}

int
plan_same_place(const struct net_route *a, const struct net_route *b)
{
	return a->table == b->table && prefix_cmp(&a->dst, &b->dst) == 0 &&
	       a->metric == b->metric;
}

int
plan_same_route(const struct net_route *a, const struct net_route *b)
{
	return plan_same_place(a, b) && a->type == b->type &&
	       a->ifindex == b->ifindex && a->mtu == b->mtu &&
	       addr_cmp(&a->gateway, &b->gateway) == 0;
}

/* The main table is never touched, whatever tag a route there has. */
int
plan_ours(const struct net_route *r)
{
	return r->proto == NET_PROTO && r->table != NET_MAIN && !plan_behind(r);
}

static int
moves_traffic(const struct net_route *r)
{
	return r->table == NET_TABLE && r->dst.len == 0;
}

int
plan_moves_traffic(const struct step *st)
{
	return (st->type == STEP_ROUTE_ADD || st->type == STEP_ROUTE_DEL) &&
	       moves_traffic(&st->route);
}

/*
 * When routes come: what a network has behind its way, after that; what moves
 * traffic, last.  They go the other way round.
 */
enum turn { TURN_WAY, TURN_REFUSAL, TURN_MOVE };

static enum turn
turn(const struct net_route *r)
{
	if (moves_traffic(r))
		return TURN_MOVE;
	return r->type == NET_UNREACHABLE && r->dst.len > 0 ? TURN_REFUSAL
							    : TURN_WAY;
}

/* Routes that are missing. */
static void
plan_routes_add(struct plan *p, const struct wanted *d,
    const struct net_state *s, enum turn now)
{
	size_t i, j;

	for (i = 0; i < d->nroutes; i++) {
		if (turn(&d->route[i]) != now)
			continue;
		for (j = 0; j < s->nroutes; j++)
			if (plan_ours(&s->routes[j]) &&
			    plan_same_route(&s->routes[j], &d->route[i]))
				break;
		if (j == s->nroutes)
			plan_step(p, STEP_ROUTE_ADD)->route = d->route[i];
	}
}

static void
plan_routes_del(struct plan *p, const struct wanted *d,
    const struct net_state *s, enum turn now)
{
	size_t i, j;

	for (j = 0; j < s->nroutes; j++) {
		if (!plan_ours(&s->routes[j]) || turn(&s->routes[j]) != now)
			continue;
		for (i = 0; i < d->nroutes; i++)
			if (plan_same_place(&d->route[i], &s->routes[j]))
				break;
		if (i == d->nroutes)
			plan_step(p, STEP_ROUTE_DEL)->route = s->routes[j];
	}
}

/* Where packets find their way, once rules lead there. */
static void
plan_ways(struct plan *p, const struct wanted *d, const struct net_state *s)
{
	plan_routes_add(p, d, s, TURN_WAY);
	plan_routes_add(p, d, s, TURN_REFUSAL);
}

static void
plan_tables(struct plan *p, const struct wanted *d, const struct net_state *s)
{
	plan_ways(p, d, s);
	plan_rules(p, d, s, AF_INET);
	plan_rules(p, d, s, AF_INET6);
}

/* And where they find it then; what is left over goes. */
static void
plan_moves(struct plan *p, const struct wanted *d, const struct net_state *s)
{
	plan_routes_add(p, d, s, TURN_MOVE);
	plan_routes_del(p, d, s, TURN_MOVE);
	plan_routes_del(p, d, s, TURN_REFUSAL);
	plan_routes_del(p, d, s, TURN_WAY);
}

/* Links that we set down, and that shall not be down any more. */
static void
plan_up(struct plan *p, const struct net_want *w, const struct net_state *s)
{
	const struct undo_entry *e;
	const struct net_link *l;
	size_t i;

	for (i = 0; i < w->undo->n; i++) {
		e = &w->undo->entry[i];
		if (e->kind != UNDO_DOWN || plan_shut(w, e->ifname))
			continue;
		l = net_link_find(s, e->ifname);
		if (l != NULL && l->ifindex == e->ifindex)
			(void)plan_link_step(p, STEP_LINK_UP, l);
	}
}

/* Links that `shutdown` and `companion` name. */
static void
plan_down(struct plan *p, const struct net_want *w, const struct net_state *s)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (s->links[i].up && plan_shut(w, s->links[i].name))
			(void)plan_link_step(p, STEP_LINK_DOWN, &s->links[i]);
}

static int
is_uplink(const struct net_want *w, const char *ifname)
{
	uint32_t i;

	for (i = 0; !w->clear && i < w->nuplinks; i++)
		if (strcmp(w->uplink[i].ifname, ifname) == 0)
			return 1;
	return 0;
}

/* A link that is no uplink any more gets back what it was. */
static void
plan_undo(struct plan *p, const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	size_t i;

	for (i = 0; i < s->nlinks; i++) {
		l = &s->links[i];
		if (!is_uplink(w, l->name) &&
		    (undo_find(w->undo, UNDO_GROUP, l->name) != NULL ||
			undo_find(w->undo, UNDO_RP_FILTER, l->name) != NULL ||
			linkdown_before(w->undo, FAMILY_INET, l->name) !=
			    NULL ||
			linkdown_before(w->undo, FAMILY_INET6, l->name) !=
			    NULL))
			(void)plan_link_step(p, STEP_UNDO, l);
	}
}

/* A backup that shall carry traffic must be able to. */
static void
check_active(struct plan *p, const struct net_want *w,
    const struct net_state *s, const struct wanted *d)
{
	const struct net_uplink *u = &w->uplink[w->active];
	const struct net_link *l = net_link_find(s, u->ifname);
	size_t i;

	for (i = 0; i < d->nroutes; i++)
		if (moves_traffic(&d->route[i]))
			return;
	snprintf(p->error, sizeof(p->error), "%s: %s", u->label,
	    l == NULL ? "no interface"
	    : !l->up  ? "its interface is down"
		      : "no gateway is known");
}

static int
checked(struct plan *p)
{
	if (p->error[0] == '\0')
		return 0;
	p->n = 0;
	p->half = 0;
	return -1;
}

static int
moves(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (plan_moves_traffic(&p->step[i]))
			return 1;
	return 0;
}

int
plan_rest(const struct net_want *w, const struct net_state *s, struct plan *p)
{
	p->half = 0;
	plan_tunnels(p, w, s, 0);
	plan_twins_del(p, w, s);
	if (w->clear)
		plan_nat(p, w, s);
	plan_undo(p, w, s);
	plan_down(p, w, s);
	return p->error[0] == '\0' ? 0 : -1;
}

int
plan_begin(const struct net_want *w, const struct net_state *s, struct plan *p)
{
	const struct wanted *d = &p->wanted;

	begin(p);
	plan_wanted(w, s, &p->wanted);
	if (d->too_many)
		strlcpy(p->error, "too many addresses", sizeof(p->error));
	else if (!w->clear && w->active != 0)
		check_active(p, w, s, d);
	plan_up(p, w, s);
	if (!w->clear)
		plan_links(p, w, s);
	if (plan_marks_differ(p, w, s)) {
		plan_ways(p, d, s);
		plan_change_marks(p, w, s);
	} else {
		if (!w->clear)
			plan_nat(p, w, s);
		plan_tables(p, d, s);
	}
	plan_peer_routes(p, w, s);
	if (!w->clear && w->active != 0)
		plan_tunnels(p, w, s, 1);
	plan_moves(p, d, s);
	if (!(p->half = moves(p)))
		(void)plan_rest(w, s, p);
	return checked(p);
}

int
plan_make(const struct net_want *w, const struct net_state *s, struct plan *p)
{
	if (plan_begin(w, s, p) == 0 && p->half)
		(void)plan_rest(w, s, p);
	return checked(p);
}

/* ---- back ---- */

/* Rules, routes and elements of ours, as they were. */
static void
wanted_before(const struct net_state *s, struct wanted *d)
{
	size_t i;

	for (i = 0; i < s->nrules && i < WANTED_MAX; i++)
		d->rule[d->nrules++] = s->rules[i];
	for (i = 0; i < s->nroutes; i++) {
		if (!plan_ours(&s->routes[i]))
			continue;
		if (d->nroutes == ROUTES_MAX)
			break;
		d->route[d->nroutes++] = s->routes[i];
	}
	d->too_many = i < s->nroutes || s->nrules > WANTED_MAX ||
		      s->nelements > WANTED_MAX;
	for (i = 0; i < s->nelements && i < WANTED_MAX; i++)
		d->element[d->nelements++] = s->elements[i];
}

static const struct net_link *
link_before(const struct net_state *s, const struct net_link *l)
{
	const struct net_link *was = net_link_find(s, l->name);

	return was != NULL && was->ifindex == l->ifindex ? was : NULL;
}

/* Links that we set down or up meanwhile: the undo file knows whose that is. */
static void
back_updown(struct plan *p, const struct net_before *b,
    const struct net_state *now, const struct undo *undo, int up)
{
	const struct undo *mine = up ? undo : &b->undo;
	const struct net_link *l, *was;
	size_t i;

	for (i = 0; i < now->nlinks; i++) {
		l = &now->links[i];
		if ((was = link_before(&b->state, l)) != NULL &&
		    was->up == up && l->up != up &&
		    undo_find(mine, UNDO_DOWN, l->name) != NULL)
			(void)plan_link_step(
			    p, up ? STEP_LINK_UP : STEP_LINK_DOWN, l);
	}
}

static void
back_linkdown(struct plan *p, const struct net_before *b,
    const struct net_link *was, const struct net_link *l,
    const struct undo *undo)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (was->linkdown[f] != l->linkdown[f] &&
		    was->linkdown[f] != NET_NO_VALUE &&
		    (linkdown_before(undo, f, l->name) != NULL ||
			linkdown_before(&b->undo, f, l->name) != NULL))
			linkdown_step(p, l, f, was->linkdown[f]);
}

static void
back_values(struct plan *p, const struct net_before *b,
    const struct net_state *now, const struct undo *undo)
{
	const struct net_link *l, *was;
	const struct undo_entry *e;
	size_t i;

	for (i = 0; i < now->nlinks; i++) {
		l = &now->links[i];
		if ((was = link_before(&b->state, l)) == NULL)
			continue;
		if (was->group != l->group)
			set_step(p, STEP_GROUP, l, was->group);
		e = undo_find(undo, UNDO_RP_FILTER, l->name);
		if (was->rp_filter == 2 && l->rp_filter != 2)
			set_step(p, STEP_RP_FILTER, l, 2);
		else if (was->rp_filter != l->rp_filter && e != NULL)
			set_step(p, STEP_RP_FILTER, l, e->value);
		back_linkdown(p, b, was, l, undo);
	}
}

/* Traffic first; a link that was up last time has routes to be laid again. */
void
plan_back(const struct net_before *b, const struct net_state *now,
    const struct undo *undo, struct plan *p)
{
	begin(p);
	wanted_before(&b->state, &p->wanted);
	back_updown(p, b, now, undo, 1);
	if (!p->wanted.too_many) {
		plan_tables(p, &p->wanted, now);
		plan_moves(p, &p->wanted, now);
	}
	plan_tunnels_back(p, &b->state, now);
	plan_marks_back(p, b, now);
	back_values(p, b, now, undo);
	back_updown(p, b, now, undo, 0);
}
