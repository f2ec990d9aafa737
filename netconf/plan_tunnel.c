/* SPDX-License-Identifier: ISC */
/*
 * Tunnels that peers name follow the active uplink: their outer address is
 * one of its own.  One without an address follows by the routes; WireGuard
 * has none (net_tunnel.c sees to it).  What a tunnel had on the primary is
 * written down when it gets a backup's, and is had back on the primary, if
 * that still has it.  There may be thousands of tunnels, so nothing here
 * looks for one in a list.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

#define SIDE_ADDRS 32

/* The uplink that tunnels are to use. */
struct side {
	int primary;
	const struct net_link *link; /* NULL: it is not there */
	size_t naddrs;
	const struct addr *addr[SIDE_ADDRS];
	const struct net_addr *source[FAMILIES];
	size_t nuplinks;
	uint32_t uplink[CONF_UPLINKS_MAX]; /* indexes of all of them */
};

static void
side_of(const struct net_want *w, const struct net_state *s, struct side *side)
{
	uint32_t id = w->clear ? 0 : w->active, i;
	const struct net_link *l;
	size_t j;

	memset(side, 0, sizeof(*side));
	side->primary = id == 0;
	side->link = net_link_find(s, w->uplink[id].ifname);
	for (i = 0; i < w->nuplinks; i++)
		if ((l = net_link_find(s, w->uplink[i].ifname)) != NULL)
			side->uplink[side->nuplinks++] = l->ifindex;
	if (side->link == NULL)
		return;
	for (i = 0; i < FAMILIES; i++)
		side->source[i] = plan_address(s, side->link->ifindex, i);
	for (j = 0; j < s->naddrs && side->naddrs < SIDE_ADDRS; j++)
		if (s->addrs[j].ifindex == side->link->ifindex)
			side->addr[side->naddrs++] = &s->addrs[j].local;
}

static int
has(const struct side *side, const struct addr *a)
{
	size_t i;

	for (i = 0; i < side->naddrs; i++)
		if (addr_cmp(side->addr[i], a) == 0)
			return 1;
	return 0;
}

static int
by_name(const void *name, const void *tunnel)
{
	return strcmp(name, ((const struct net_tunnel *)tunnel)->conf->ifname);
}

struct net_tunnel *
plan_tunnel_find(const struct net_want *w, const char *ifname)
{
	return bsearch(
	    ifname, w->tunnel, w->ntunnels, sizeof(w->tunnel[0]), by_name);
}

/* 0: it has no address that it could follow by. */
static int
wanted_local(const struct net_want *w, const struct side *side,
    const struct net_link *l, const struct undo_tunnel *own, struct addr *to)
{
	const struct net_addr *source = side->source[addr_family(&l->local)];

	if (has(side, &l->local))
		*to = l->local;
	else if (side->primary && own != NULL && has(side, &own->local))
		*to = own->local;
	else if (source != NULL)
		*to = source->local;
	else if (w->clear)
		*to = own->local;
	else
		return 0;
	return 1;
}

static uint32_t
wanted_bound(const struct side *side, const struct net_link *l,
    const struct undo_tunnel *own)
{
	size_t i;

	if (side->link == NULL || l->bound == 0)
		return l->bound;
	if (own != NULL && own->bound)
		return side->link->ifindex;
	for (i = 0; i < side->nuplinks; i++)
		if (side->uplink[i] == l->bound)
			return side->link->ifindex;
	return l->bound;
}

/* How it is to be; 0: it is left as it is. */
static int
wanted_place(const struct net_want *w, const struct side *side,
    const struct net_link *l, struct net_place *to)
{
	const struct undo_tunnel *own;

	if (l->tunnel != NET_TUNNEL || l->local.family == AF_UNSPEC)
		return 0;
	own = undo_tunnel_find(w->undo_tunnels, l->ifindex);
	if (w->clear ? own == NULL : plan_tunnel_find(w, l->name) == NULL)
		return 0;
	to->bound = wanted_bound(side, l, own);
	return wanted_local(w, side, l, own, &to->local);
}

static int
is_at(const struct net_link *l, const struct net_place *p)
{
	return addr_cmp(&l->local, &p->local) == 0 && l->bound == p->bound;
}

/* The kernel did not want it: it is not asked again for the same. */
static int
is_refused(const struct net_want *w, const struct net_link *l,
    const struct net_place *p)
{
	const struct net_tunnel *t = plan_tunnel_find(w, l->name);

	return t != NULL && t->refused != NULL &&
	       t->refused->bound == p->bound &&
	       addr_cmp(&t->refused->local, &p->local) == 0;
}

static void
tunnel_step(struct plan *p, const struct net_link *l,
    const struct net_place *to, enum step_own own)
{
	struct step *st = plan_link_step(p, STEP_TUNNEL, l);

	st->place = *to;
	st->before = (struct net_place){ l->local, l->bound };
	st->own = own;
}

/* On the primary's address it is its own, whatever was written before. */
static enum step_own
own_address(const struct net_want *w, const struct net_link *l,
    const struct side *side, const struct side *primary)
{
	if (side->primary)
		return STEP_OWN_DROP;
	return undo_tunnel_find(w->undo_tunnels, l->ifindex) == NULL ||
		       has(primary, &l->local)
		   ? STEP_OWN_KEEP
		   : STEP_OWN_AS_IS;
}

struct ahead {
	struct addr local; /* the last one, as most have the same */
	int stays;
};

/*
 * Traffic does not wait for tunnels, of which there may be thousands, unless
 * one would send from its old address by the new uplink, where no provider
 * takes that.
 */
static int
goes_ahead(const struct plan *p, const struct net_want *w,
    const struct net_state *s, const struct net_link *l, struct ahead *a)
{
	if (w->clear || w->active == 0)
		return 0;
	if (addr_cmp(&l->local, &a->local) != 0) {
		a->local = l->local;
		a->stays = plan_stays(&p->wanted, w, s, &l->local);
	}
	return !a->stays;
}

void
plan_tunnels(struct plan *p, const struct net_want *w,
    const struct net_state *s, int ahead)
{
	struct net_want on_primary = *w;
	struct ahead last = { 0 };
	struct side side, primary;
	const struct net_link *l;
	struct net_place to;
	size_t i;

	if (w->ntunnels == 0 && w->undo_tunnels->n == 0)
		return;
	on_primary.active = 0;
	side_of(w, s, &side);
	side_of(&on_primary, s, &primary);
	for (i = 0; i < s->nlinks; i++) {
		l = &s->links[i];
		if (l->tunnel != NET_TUNNEL ||
		    goes_ahead(p, w, s, l, &last) != ahead ||
		    !wanted_place(w, &side, l, &to) || is_at(l, &to))
			continue;
		if (plan_tunnel_waits(w, s, l)) {
			plan_twin_ahead(p, s, l, &to);
			continue;
		}
		if (is_refused(w, l, &to))
			continue;
		plan_twin_behind(p, w, s, l);
		tunnel_step(p, l, &to, own_address(w, l, &side, &primary));
	}
}

void
plan_tunnels_back(
    struct plan *p, const struct net_state *before, const struct net_state *now)
{
	const struct net_link *l, *was;
	struct net_place to;
	size_t i, j = 0;

	/* the same order but for what came and went */
	for (i = 0; i < now->nlinks; i++) {
		l = &now->links[i];
		if (l->tunnel != NET_TUNNEL)
			continue;
		for (; j < before->nlinks &&
		       before->links[j].ifindex != l->ifindex;
		     j++)
			;
		if (j == before->nlinks)
			j = 0;
		was = &before->links[j];
		to = (struct net_place){ was->local, was->bound };
		if (was->ifindex == l->ifindex &&
		    was->local.family != AF_UNSPEC && !is_at(l, &to))
			tunnel_step(p, l, &to, STEP_OWN_AS_IS);
	}
}

/* ---- in words ---- */

static void
show_tunnel(const struct net_want *w, const struct net_state *s,
    const struct side *side, const struct net_link *l, plan_line *line,
    void *arg)
{
	char now[ADDR_STRLEN], then[ADDR_STRLEN], text[MSG_TEXT_LEN];
	struct net_place to;
	int moves;

	if (l->tunnel != NET_TUNNEL || l->local.family == AF_UNSPEC) {
		snprintf(text, sizeof(text), "tunnel %s: %s", l->name,
		    l->tunnel == NET_NO_TUNNEL ? "not of a kind that can be led"
		    : l->tunnel == NET_WIREGUARD
			? "WireGuard, by the routes"
			: "no local address, by the routes");
		line(text, l->tunnel == NET_NO_TUNNEL, arg);
		return;
	}
	addr_format(&l->local, now, sizeof(now));
	if (!wanted_place(w, side, l, &to)) {
		snprintf(text, sizeof(text),
		    "tunnel %s local %s: the uplink has no such address",
		    l->name, now);
		line(text, !w->clear, arg);
		return;
	}
	if (plan_tunnel_waits(w, s, l)) {
		snprintf(text, sizeof(text),
		    "tunnel %s local %s, until its far end knows better",
		    l->name, now);
		line(text, 0, arg);
		return;
	}
	moves = !is_at(l, &to);
	snprintf(text, sizeof(text), "tunnel %s local %s%s%s%s", l->name, now,
	    moves ? ", to be " : "",
	    moves ? addr_format(&to.local, then, sizeof(then)) : "",
	    moves && is_refused(w, l, &to) ? ": the kernel refuses" : "");
	line(text, moves, arg);
}

static void
show_missing(
    const struct net_want *w, const uint8_t *seen, plan_line *line, void *arg)
{
	char text[MSG_TEXT_LEN];
	size_t i;

	for (i = 0; i < w->ntunnels; i++) {
		if (seen[i] || w->clear)
			continue;
		snprintf(text, sizeof(text), "tunnel %s: no such interface",
		    w->tunnel[i].conf->ifname);
		line(text, 0, arg); /* it holds up nobody */
	}
}

void
plan_show_tunnels(const struct net_want *w, const struct net_state *s,
    plan_line *line, void *arg)
{
	const struct net_tunnel *t;
	struct side side;
	uint8_t *seen;
	size_t i;

	if (w->ntunnels == 0 ||
	    (seen = calloc(w->ntunnels, sizeof(*seen))) == NULL)
		return;
	side_of(w, s, &side);
	for (i = 0; i < s->nlinks; i++) {
		t = plan_tunnel_find(w, s->links[i].name);
		if (t == NULL)
			continue;
		seen[t - w->tunnel] = 1;
		show_tunnel(w, s, &side, &s->links[i], line, arg);
	}
	show_missing(w, seen, line, arg);
	free(seen);
}

void
plan_tunnel_text(
    const struct step *st, const struct net_state *s, char *buf, size_t size)
{
	char local[ADDR_STRLEN], dev[IFNAMSIZ + 8] = "";
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (st->place.bound != st->before.bound &&
		    s->links[i].ifindex == st->place.bound)
			snprintf(dev, sizeof(dev), " dev %s", s->links[i].name);
	snprintf(buf, size, "tunnel %s local %s%s", st->ifname,
	    addr_format(&st->place.local, local, sizeof(local)), dev);
}
