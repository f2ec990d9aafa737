/* SPDX-License-Identifier: ISC */
/*
 * Twins: while a tunnel changes its address, a second link takes what still
 * comes for the other one and hands it to the tunnel, since the kernel takes
 * packets of most kinds only with both of a tunnel's outer addresses.  A twin
 * sends nothing.  It is there
 *	- "l", with any address of ours: while an uplink drains by which the
 *	  tunnel went, which goes on to use it until its far end knows;
 *	- "r", as the tunnel was: a while after its far end was elsewhere.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

#define PREFIX "dialfail"

int
plan_twin_name(uint32_t ifindex, char side, char name[IFNAMSIZ])
{
	int n = snprintf(name, IFNAMSIZ, PREFIX "%" PRIu32 "%c", ifindex, side);

	return n > 0 && n < IFNAMSIZ ? 0 : -1;
}

static int
is_twin(const struct net_link *l)
{
	return l->group == NET_GROUP_TWIN &&
	       strncmp(l->name, PREFIX, sizeof(PREFIX) - 1) == 0;
}

/* Whose twin it is, with its side. */
static uint32_t
twin_of(const struct net_link *l, char *side)
{
	char *end;
	unsigned long n = strtoul(l->name + sizeof(PREFIX) - 1, &end, 10);

	*side = *end;
	return n < UINT32_MAX ? (uint32_t)n : 0;
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
is_wanted(const struct net_want *w, const struct net_link *twin)
{
	char side;
	uint32_t ifindex = twin_of(twin, &side);

	if (w->clear)
		return 0;
	return side == PLAN_TWIN_LOCAL ? w->drain != MSG_UPLINK_NONE
				       : is_held(w, ifindex);
}

/* VXLAN takes its packets from anywhere (vxlan_vs_find_vni() in the kernel). */
int
plan_takes_two_only(const struct net_link *l)
{
	return l->tunnel == NET_TUNNEL && strcmp(l->kind, "vxlan") != 0;
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

/* Thousands of links more would hold up the site for longer than they help. */
int
plan_tunnel_waits(const struct net_want *w, const struct net_state *s,
    const struct net_link *l)
{
	const struct net_tunnel *t;

	if (w->clear || w->drain == MSG_UPLINK_NONE ||
	    w->ntunnels > NET_TWINS_MAX || !plan_takes_two_only(l) ||
	    l->local.family == AF_UNSPEC)
		return 0;
	t = plan_tunnel_find(w, l->name);
	return t != NULL && t->acknowledges && !t->follows &&
	       drains(w, s, &l->local);
}

int
plan_tunnels_wait(const struct net_want *w, const struct net_state *s)
{
	size_t i;

	if (w->drain == MSG_UPLINK_NONE || w->ntunnels > NET_TWINS_MAX)
		return 0;
	for (i = 0; i < s->nlinks; i++)
		if (plan_tunnel_waits(w, s, &s->links[i]))
			return 1;
	return 0;
}

void
plan_twins_add(
    struct plan *p, const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	char name[IFNAMSIZ];
	size_t i;

	if (w->drain == MSG_UPLINK_NONE || w->ntunnels > NET_TWINS_MAX)
		return;
	for (i = 0; i < s->nlinks; i++) {
		l = &s->links[i];
		if (plan_tunnel_waits(w, s, l) &&
		    plan_twin_name(l->ifindex, PLAN_TWIN_LOCAL, name) == 0 &&
		    net_link_find(s, name) == NULL)
			(void)plan_link_step(p, STEP_TWIN_ADD, l);
	}
}

void
plan_twins_del(
    struct plan *p, const struct net_want *w, const struct net_state *s)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (is_twin(&s->links[i]) && !is_wanted(w, &s->links[i]))
			(void)plan_link_step(p, STEP_TWIN_DEL, &s->links[i]);
}

void
plan_show_twins(const struct net_want *w, const struct net_state *s,
    plan_line *line, void *arg)
{
	char text[MSG_TEXT_LEN];
	size_t i;
	int wanted;

	for (i = 0; i < s->nlinks; i++) {
		if (!is_twin(&s->links[i]))
			continue;
		wanted = is_wanted(w, &s->links[i]);
		snprintf(text, sizeof(text), "link %s: a tunnel's twin%s",
		    s->links[i].name, wanted ? "" : ": not wanted");
		line(text, !wanted, arg);
	}
}
