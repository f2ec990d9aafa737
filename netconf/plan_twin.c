/* SPDX-License-Identifier: ISC */
/*
 * Twins: the kernel takes packets of most tunnels only from one address to
 * another, so what comes for the other place of a tunnel that moves is taken
 * by a second link, which hands it to the tunnel.  There is one
 *	- "l", where the tunnel is to be: it goes on to use an uplink that
 *	  drains until its far end knows that place, and sends there already;
 *	- "r", where it was: a while after it, or its far end, has moved.
 * What IPsec must have seen, and has not, comes as far as to neither
 * (encrypted() in nft.c).
 */
#include <sys/types.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

#define PREFIX "dialfail"

int
plan_twin_name(uint32_t ifindex, enum twin_side side, char name[IFNAMSIZ])
{
	int n = snprintf(name, IFNAMSIZ, PREFIX "%" PRIu32 "%c", ifindex, side);

	return n > 0 && n < IFNAMSIZ ? 0 : -1;
}

/* Whose twin it is, and which; 0: it is none. */
static uint32_t
twin_of(const struct net_link *l, char *side)
{
	const char *p = l->name + sizeof(PREFIX) - 1;
	uint32_t n = 0;

	if (l->group != NET_GROUP_TWIN ||
	    strncmp(l->name, PREFIX, sizeof(PREFIX) - 1) != 0)
		return 0;
	for (; isdigit((unsigned char)*p); p++)
		n = 10 * n + (uint32_t)(*p - '0');
	*side = *p;
	return (*p == TWIN_LOCAL || *p == TWIN_REMOTE) && p[1] == '\0' ? n : 0;
}

int
plan_is_twin(const struct net_link *l)
{
	char side;

	return twin_of(l, &side) != 0;
}

const struct net_link *
plan_twin(const struct net_state *s, uint32_t ifindex, enum twin_side side)
{
	const struct net_link *l;
	char name[IFNAMSIZ];

	if (plan_twin_name(ifindex, side, name) == -1)
		return NULL;
	l = net_link_find(s, name);
	return l != NULL && plan_is_twin(l) ? l : NULL;
}

static const struct net_link *
by_index(const struct net_state *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (s->links[i].ifindex == ifindex)
			return &s->links[i];
	return NULL;
}

static int
is_held(const struct net_want *w, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < w->ntwins; i++)
		if (w->twin[i].ifindex == ifindex)
			return 1;
	return 0;
}

static int
is_wanted(const struct net_want *w, const struct net_state *s,
    const struct net_link *twin)
{
	const struct net_link *l;
	char side;
	uint32_t ifindex = twin_of(twin, &side);

	if (w->clear || (l = by_index(s, ifindex)) == NULL)
		return 0;
	return side == TWIN_LOCAL ? plan_tunnel_waits(w, s, l)
				  : is_held(w, ifindex);
}

int
plan_any_twin_left(const struct net_want *w, const struct net_state *s)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (plan_is_twin(&s->links[i]) &&
		    !is_wanted(w, s, &s->links[i]))
			return 1;
	return 0;
}

/* ---- who needs one ---- */

/* VXLAN takes its packets from anywhere (vxlan_vs_find_vni() in the kernel). */
int
plan_may_have_twin(const struct net_link *l)
{
	return l->tunnel == NET_TUNNEL && l->local.family != AF_UNSPEC &&
	       strcmp(l->kind, "vxlan") != 0;
}

static int
drains(const struct net_want *w, const struct net_state *s,
    const struct addr *local)
{
	const struct net_link *l = net_link_find(s, w->uplink[w->drain].ifname);
	size_t i;

	for (i = 0; l != NULL && i < s->naddrs; i++)
		if (s->addrs[i].ifindex == l->ifindex &&
		    addr_cmp(&s->addrs[i].local, local) == 0)
			return 1;
	return 0;
}

/*
 * Back to the primary: its far end tells when it knows where we are, and has a
 * twin of its own as long, which it has for no other move.  Thousands of links
 * more would hold up the site for longer than they help.
 */
static const struct net_tunnel *
leaves_slowly(const struct net_want *w, const struct net_state *s,
    const struct net_link *l)
{
	const struct net_tunnel *t;

	if (w->clear || w->active != 0 || w->drain == MSG_UPLINK_NONE ||
	    w->ntunnels > NET_TWINS_MAX || !plan_may_have_twin(l))
		return NULL;
	t = plan_tunnel_find(w, l->name);
	return t != NULL && t->acknowledges && drains(w, s, &l->local) ? t
								       : NULL;
}

int
plan_tunnel_waits(const struct net_want *w, const struct net_state *s,
    const struct net_link *l)
{
	const struct net_tunnel *t = leaves_slowly(w, s, l);

	return t != NULL && t->follows == TUNNEL_WAITS;
}

int
plan_any_waits(const struct net_want *w, const struct net_state *s)
{
	size_t i;

	for (i = 0; w->drain != MSG_UPLINK_NONE && i < s->nlinks; i++)
		if (plan_tunnel_waits(w, s, &s->links[i]))
			return 1;
	return 0;
}

/* ---- steps ---- */

/*
 * The same addresses may be had twice if the bindings differ (ip_tunnel_find()
 * and its like in the kernel); packets are taken if they come in where the
 * link is bound, or if it is bound to nothing (ipip6_tunnel_lookup(), the
 * strictest).  So one is bound to the interface that has the address.
 */
struct net_place
plan_beside(const struct net_state *s, const struct net_place *p)
{
	struct net_place beside = { p->local, 0 };
	size_t i;

	for (i = 0; p->bound == 0 && i < s->naddrs; i++)
		if (addr_cmp(&s->addrs[i].local, &p->local) == 0)
			beside.bound = s->addrs[i].ifindex;
	return beside;
}

/* One that is not up was not finished; one elsewhere is of another wish. */
void
plan_twin_ahead(struct plan *p, const struct net_state *s,
    const struct net_link *l, const struct net_place *to)
{
	const struct net_link *twin = plan_twin(s, l->ifindex, TWIN_LOCAL);
	const struct net_place place = plan_beside(s, to);

	if (twin != NULL && twin->up && twin->bound == place.bound &&
	    addr_cmp(&twin->local, &place.local) == 0)
		return;
	if (twin != NULL)
		(void)plan_link_step(p, STEP_TWIN_DEL, twin);
	plan_link_step(p, STEP_TWIN_AHEAD, l)->place = place;
}

void
plan_twin_behind(struct plan *p, const struct net_want *w,
    const struct net_state *s, const struct net_link *l)
{
	const struct net_tunnel *t = leaves_slowly(w, s, l);

	if (t != NULL && t->follows == TUNNEL_FOLLOWS)
		(void)plan_link_step(p, STEP_TWIN_BEHIND, l);
}

/* The kernel takes its time for each: a switch does not wait for that. */
void
plan_twins_del(
    struct plan *p, const struct net_want *w, const struct net_state *s)
{
	size_t i;

	for (i = 0; (!w->hurry || w->clear) && i < s->nlinks; i++)
		if (plan_is_twin(&s->links[i]) &&
		    !is_wanted(w, s, &s->links[i]))
			(void)plan_link_step(p, STEP_TWIN_DEL, &s->links[i]);
}

void
plan_twin_text(const struct step *st, char *buf, size_t size)
{
	char local[ADDR_STRLEN];

	if (st->type == STEP_TWIN_AHEAD)
		snprintf(buf, size, "tunnel %s takes packets for %s as well",
		    st->ifname,
		    addr_format(&st->place.local, local, sizeof(local)));
	else if (st->type == STEP_TWIN_BEHIND)
		snprintf(buf, size,
		    "tunnel %s still takes what comes as before", st->ifname);
	else
		snprintf(buf, size, "link delete %s", st->ifname);
}

void
plan_show_twins(const struct net_want *w, const struct net_state *s,
    plan_line *line, void *arg)
{
	char text[MSG_TEXT_LEN];
	size_t i;
	int wanted;

	for (i = 0; i < s->nlinks; i++) {
		if (!plan_is_twin(&s->links[i]))
			continue;
		wanted = is_wanted(w, s, &s->links[i]);
		snprintf(text, sizeof(text), "link %s: a tunnel's twin%s",
		    s->links[i].name, wanted ? "" : ": not wanted");
		line(text, !wanted, arg);
	}
}
