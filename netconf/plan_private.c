/* SPDX-License-Identifier: ISC */
/*
 * Private networks that main leads by an uplink, those of an MPLS line for
 * instance: they mean nothing to another provider, who might even answer for
 * them.  While a backup is active table 157 holds a copy of each of these
 * routes, and behind it that the network is unreachable: so they stay where
 * they are, or are refused once their uplink is gone.  Networks of `follow`
 * are moved with the rest.
 *
 * With a hot backup a primary that is gone is no reason to wait for us: what
 * main leads nowhere goes by the backup, and main's own default may lead there.
 * So table 155 refuses what main has no other route for than a default.
 */
#include <sys/types.h>

#include <string.h>

#include "netconf/plan_int.h"

/* Instead of more networks than we want to copy: all that are private. */
static const char *const ranges[] = { "10.0.0.0/8", "100.64.0.0/10",
	"172.16.0.0/12", "192.168.0.0/16", "fc00::/7" };

static int
follows(const struct net_want *w, const struct prefix *net)
{
	uint32_t i;

	for (i = 0; i < w->nfollow; i++)
		if (prefix_covers(&w->follow[i], net))
			return 1;
	return 0;
}

int
plan_is_uplinks(
    const struct net_want *w, const struct net_state *s, uint32_t ifindex)
{
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		l = net_link_find(s, w->uplink[i].ifname);
		if (l != NULL && l->ifindex == ifindex)
			return 1;
	}
	return 0;
}

/* A private network of this family that does not follow. */
static int
stays(const struct net_want *w, enum family family, const struct prefix *net)
{
	return net->len > 0 && addr_family(&net->addr) == family &&
	       prefix_is_private(net) && !follows(w, net);
}

/* How many more may stay: both families share it. */
static size_t
room(const struct wanted *d, uint32_t table)
{
	size_t i, n = 0;

	for (i = 0; i < d->nroutes; i++)
		n += d->route[i].table == table &&
		     d->route[i].metric == NET_METRIC_LAST;
	return n < PRIVATE_MAX ? PRIVATE_MAX - n : 0;
}

/* Each network once, by the route that main prefers.  -1: more than max. */
static int
collect(const struct net_want *w, const struct net_state *s, enum family family,
    size_t max, const struct net_route **list, size_t *n)
{
	const struct net_route *r;
	size_t i, j;

	for (*n = i = 0; i < s->nroutes; i++) {
		r = &s->routes[i];
		if (r->table != NET_MAIN || r->type != NET_UNICAST ||
		    !stays(w, family, &r->dst) ||
		    !plan_is_uplinks(w, s, r->ifindex))
			continue;
		for (j = 0; j < *n; j++)
			if (prefix_cmp(&list[j]->dst, &r->dst) == 0)
				break;
		if (j == max)
			return -1;
		if (j == *n)
			list[(*n)++] = r;
		else if (r->metric < list[j]->metric)
			list[j] = r;
	}
	return 0;
}

int
plan_private_too_many(const struct net_want *w, const struct net_state *s)
{
	const struct net_route *list[PRIVATE_MAX];
	size_t n, sum = 0;
	uint32_t f;

	for (f = 0; f < FAMILIES; f++, sum += n)
		if (collect(w, s, f, PRIVATE_MAX - sum, list, &n) == -1)
			return 1;
	return 0;
}

/* Is there a route for it already, a copy of a connected network? */
static int
has_route(const struct wanted *d, uint32_t table, const struct prefix *dst,
    uint32_t metric)
{
	const struct net_route *r;
	size_t i;

	for (i = 0; i < d->nroutes; i++) {
		r = &d->route[i];
		if (r->table == table && r->metric == metric &&
		    prefix_cmp(&r->dst, dst) == 0)
			return 1;
	}
	return 0;
}

static void
copy(struct wanted *d, enum family family, const struct net_route *main)
{
	struct net_route *r;

	if (has_route(d, NET_TABLE, &main->dst,
		family == FAMILY_INET6 ? NET_METRIC_V6 : 0))
		return;
	r = plan_add_route(d, family, NET_TABLE);
	r->dst = main->dst;
	r->gateway = main->gateway;
	r->ifindex = main->ifindex;
	r->mtu = main->mtu;
}

static void
refuse(struct wanted *d, enum family family, uint32_t table,
    const struct prefix *net)
{
	struct net_route *r;

	if (has_route(d, table, net, NET_METRIC_LAST))
		return;
	r = plan_add_route(d, family, table);
	r->type = NET_UNREACHABLE;
	r->metric = NET_METRIC_LAST;
	r->dst = *net;
}

/*
 * The primary's link, with all of its routes: one that we have set down gets
 * them back after it is up, and we may have been ended in between.
 */
static const struct net_link *
whole(const struct net_want *w, const struct net_state *s)
{
	const char *ifname = w->uplink[0].ifname;
	const struct net_link *l = net_link_find(s, ifname);

	return l != NULL && l->up &&
		       undo_find(w->undo, UNDO_DOWN, ifname) == NULL
		   ? l
		   : NULL;
}

void
plan_note_private(struct net_want *w, const struct net_state *s)
{
	const struct net_link *l = whole(w, s);
	const struct net_route *r;
	size_t i;

	if (l == NULL)
		return;
	for (w->nprivate = i = 0; i < s->nroutes; i++) {
		r = &s->routes[i];
		if (r->table == NET_MAIN && r->type == NET_UNICAST &&
		    r->ifindex == l->ifindex && r->dst.len > 0 &&
		    prefix_is_private(&r->dst) && w->nprivate < PRIVATE_MAX)
			w->private[w->nprivate++] = r->dst;
	}
}

/* What was seen of them; an interface that is gone took its routes along. */
static void
refuse_noted(struct wanted *d, enum family family, uint32_t table,
    const struct net_want *w)
{
	size_t i, n = room(d, table);

	for (i = 0; i < w->nprivate && n > 0; i++)
		if (stays(w, family, &w->private[i])) {
			refuse(d, family, table, &w->private[i]);
			n--;
		}
}

/* What is refused already tells which they were to an earlier process. */
static void
refuse_as_before(struct wanted *d, enum family family, uint32_t table,
    const struct net_want *w, const struct net_state *s)
{
	const struct net_route *r;
	size_t i, n = room(d, table);

	for (i = 0; i < s->nroutes && n > 0; i++) {
		r = &s->routes[i];
		if (plan_ours(r) && r->table == table &&
		    r->type == NET_UNREACHABLE &&
		    r->metric == NET_METRIC_LAST && stays(w, family, &r->dst)) {
			refuse(d, family, table, &r->dst);
			n--;
		}
	}
}

static void
refuse_all(struct wanted *d, enum family family)
{
	struct prefix net;
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (prefix_parse(ranges[i], &net) == 0 &&
		    addr_family(&net.addr) == family)
			refuse(d, family, NET_TABLE, &net);
}

/* Is it a part of one that this table has a route for, of the first n? */
static int
is_part(
    const struct wanted *d, size_t n, uint32_t table, const struct prefix *net)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (d->route[i].table == table && d->route[i].dst.len > 0 &&
		    prefix_covers(&d->route[i].dst, net))
			return 1;
	return 0;
}

/* Parts of networks that stay, in this table, as moved says. */
static void
move_parts(struct wanted *d, enum family family, const struct net_want *w,
    struct net_route moved)
{
	size_t n = d->nroutes;
	uint32_t f;

	for (f = 0; f < w->nfollow; f++) {
		moved.dst = w->follow[f];
		if (addr_family(&moved.dst.addr) == family &&
		    !has_route(d, moved.table, &moved.dst, moved.metric) &&
		    is_part(d, n, moved.table, &moved.dst))
			*plan_add_route(d, family, moved.table) = moved;
	}
}

void
plan_want_private(struct wanted *d, enum family family,
    const struct net_want *w, const struct net_state *s,
    const struct net_route *moved)
{
	const struct net_route *list[PRIVATE_MAX];
	size_t i, n;

	if (collect(w, s, family, room(d, NET_TABLE), list, &n) == -1)
		refuse_all(d, family);
	else {
		for (i = 0; i < n; i++) {
			copy(d, family, list[i]);
			refuse(d, family, NET_TABLE, &list[i]->dst);
		}
		if (whole(w, s) == NULL) {
			refuse_as_before(d, family, NET_TABLE, w, s);
			refuse_noted(d, family, NET_TABLE, w);
		}
	}
	if (moved != NULL)
		move_parts(d, family, w, *moved);
}

size_t
plan_want_held(struct wanted *d, enum family family, const struct net_want *w,
    const struct net_state *s)
{
	struct net_route through = { .type = NET_THROW,
		.table = NET_TABLE_HELD,
		.proto = NET_PROTO,
		.metric = family == FAMILY_INET6 ? NET_METRIC_V6 : 0 };
	size_t n = d->nroutes;

	if (whole(w, s) == NULL)
		refuse_as_before(d, family, NET_TABLE_HELD, w, s);
	refuse_noted(d, family, NET_TABLE_HELD, w);
	n = d->nroutes - n;
	move_parts(d, family, w, through);
	return n;
}
