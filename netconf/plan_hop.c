/* SPDX-License-Identifier: ISC */
/*
 * Networks whose next hop is a peer itself.  They have a table of their own,
 * which is asked before marks and addresses lead anywhere: where the network
 * that we share with the peer is an uplink's, its mark or address would lead
 * to that uplink's router instead.
 *
 * A gateway that the kernel refuses would end a whole plan, so that none is
 * tried which is not in a connected network or no host there
 * (fib_check_nh_onlink() in net/ipv4/fib_semantics.c,
 * ip6_route_check_nh_onlink() in net/ipv6/route.c).
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

/* ---- connected networks ---- */

/* By network and then by link: 0, which is no host's, comes first. */
static int
by_net(const void *p, const void *q)
{
	const struct onlink_net *a = p, *b = q;
	int c = prefix_cmp(&a->net, &b->net);

	return c != 0 ? c
		      : (a->ifindex > b->ifindex) - (a->ifindex < b->ifindex);
}

static void
add_net(struct onlink *o, const struct addr *a, uint32_t len, uint32_t ifindex)
{
	struct onlink_net *n = &o->net[o->n++];

	n->net = (struct prefix){ *a, len };
	prefix_mask(&n->net);
	n->ifindex = ifindex;
	o->lens[addr_family(a)][len / 64] |= (uint64_t)1 << len % 64;
}

/* Our own; and of a network, but a link to one other: its first and last. */
static void
add_unfit(struct onlink *o, const struct net_addr *a)
{
	uint32_t max = 8 * (uint32_t)addr_len(&a->local), i;
	struct prefix net = { a->local, a->prefixlen };

	add_net(o, &a->local, max, 0);
	if (a->prefixlen + 1 >= max)
		return;
	prefix_mask(&net);
	add_net(o, &net.addr, max, 0);
	if (a->local.family == AF_INET6)
		return; /* it has no broadcast */
	for (i = net.len; i < max; i++)
		net.addr.octet[i / 8] |= (uint8_t)(0x80 >> i % 8);
	add_net(o, &net.addr, max, 0);
}

static int
by_number(const void *p, const void *q)
{
	const uint32_t *a = p, *b = q;

	return (*a > *b) - (*a < *b);
}

/* Indices of links that are up, sorted; the caller frees them. */
static uint32_t *
links_up(const struct net_state *s, size_t *n)
{
	uint32_t *up = calloc(s->nlinks + 1, sizeof(*up));
	size_t i;

	*n = 0;
	for (i = 0; up != NULL && i < s->nlinks; i++)
		if (s->links[i].up)
			up[(*n)++] = s->links[i].ifindex;
	if (up != NULL)
		qsort(up, *n, sizeof(*up), by_number);
	return up;
}

int
plan_onlink_open(struct onlink *o, const struct net_state *s)
{
	const struct net_addr *a;
	uint32_t *up;
	size_t i, nup;

	memset(o, 0, sizeof(*o));
	up = links_up(s, &nup);
	o->net = calloc(4 * s->naddrs + 1, sizeof(*o->net));
	for (i = 0; up != NULL && o->net != NULL && i < s->naddrs; i++) {
		a = &s->addrs[i];
		if (addr_is_linklocal(&a->local))
			continue; /* none that a peer may name */
		add_unfit(o, a);
		if (a->prefixlen > 0 && bsearch(&a->ifindex, up, nup,
					    sizeof(*up), by_number) != NULL)
			add_net(o,
			    a->peer.family != AF_UNSPEC ? &a->peer : &a->local,
			    a->prefixlen, a->ifindex);
	}
	if (o->net != NULL)
		qsort(o->net, o->n, sizeof(*o->net), by_net);
	i = up == NULL || o->net == NULL;
	free(up);
	return i ? -1 : 0;
}

void
plan_onlink_close(struct onlink *o)
{
	free(o->net);
}

/* The first one that is this network, or NULL. */
static const struct onlink_net *
find_net(const struct onlink *o, const struct prefix *net)
{
	size_t low = 0, high = o->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (prefix_cmp(&o->net[mid].net, net) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < o->n && prefix_cmp(&o->net[low].net, net) == 0
		   ? &o->net[low]
		   : NULL;
}

uint32_t
plan_onlink(const struct onlink *o, const struct addr *a)
{
	const uint64_t *lens = o->lens[addr_family(a)];
	const struct onlink_net *n;
	struct prefix net;
	uint32_t len;

	for (len = 8 * (uint32_t)addr_len(a); len > 0; len--) {
		if ((lens[len / 64] >> len % 64 & 1) == 0)
			continue;
		net = (struct prefix){ *a, len };
		prefix_mask(&net);
		if ((n = find_net(o, &net)) != NULL)
			return n->ifindex;
	}
	return 0;
}

/* ---- next hops ---- */

/* Where the peer was last led to, or else is configured to be. */
static uint32_t
way(const struct net_hop *h, const struct onlink *o, struct addr *gateway)
{
	const struct conf_peer *p = h->peer;
	uint32_t i, ifindex;

	*gateway = h->to;
	if (h->to.family != AF_UNSPEC)
		return plan_onlink(o, &h->to);
	for (i = 0; i < p->naddresses; i++) {
		*gateway = p->address[i];
		if (gateway->family == h->dst.addr.family &&
		    (ifindex = plan_onlink(o, gateway)) != 0)
			return ifindex;
	}
	return 0;
}

int
plan_hop_route(
    const struct net_hop *h, const struct onlink *o, struct net_route *r)
{
	struct addr gateway;
	uint32_t ifindex = way(h, o, &gateway);

	/* what is taken away is named by its place alone */
	plan_behind_route(r, NET_TABLE_HOPS, &h->dst, ifindex);
	r->type = NET_UNICAST;
	r->metric = NET_METRIC_BEHIND;
	if (ifindex != 0)
		r->gateway = gateway;
	return ifindex != 0;
}

int
plan_want_hops(const struct net_want *w, const struct net_state *s,
    struct net_route *list, size_t *n)
{
	struct onlink o;
	size_t i;
	int failed;

	if (w->nhops == 0)
		return 0;
	failed = plan_onlink_open(&o, s);
	for (i = 0; failed == 0 && i < w->nhops; i++) {
		plan_behind_route(
		    &list[(*n)++], NET_TABLE_HOPS, &w->hop[i].dst, 0);
		*n += (size_t)plan_hop_route(&w->hop[i], &o, &list[*n]);
	}
	plan_onlink_close(&o);
	return failed;
}

int
plan_has_hops(const struct net_want *w, enum family family)
{
	size_t i;

	for (i = 0; i < w->nhops; i++)
		if (addr_family(&w->hop[i].dst.addr) == family)
			return 1;
	return 0;
}

/* An earlier run knew where it is. */
static void
note_hop(struct net_hop *h, const struct onlink *o, const struct net_route *r)
{
	if (h->to.family == AF_UNSPEC && r->type == NET_UNICAST &&
	    r->gateway.family == h->dst.addr.family &&
	    plan_onlink(o, &r->gateway) != 0 &&
	    conf_peer_accepts(h->peer, &r->gateway))
		h->to = r->gateway;
}

void
plan_note_hops(struct net_want *w, const struct net_state *s)
{
	struct net_route key, *is = NULL, *r;
	struct onlink o;
	size_t i, n;

	if (w->nhops == 0 || w->hops_noted)
		return;
	w->hops_noted = 1;
	if (plan_onlink_open(&o, s) == 0)
		is = plan_behind_found(s, &n);
	for (i = 0; is != NULL && i < w->nhops; i++) {
		plan_behind_route(&key, NET_TABLE_HOPS, &w->hop[i].dst, 1);
		r = bsearch(&key, is, n, sizeof(*is), plan_behind_order);
		if (r != NULL)
			note_hop(&w->hop[i], &o, r);
	}
	free(is);
	plan_onlink_close(&o);
}
