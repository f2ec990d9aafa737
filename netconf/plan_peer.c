/* SPDX-License-Identifier: ISC */
/*
 * What peers have besides their tunnels' addresses.  Networks behind them are
 * routed by their tunnels in table 157, with metrics that nothing else there
 * has, or by the peers themselves (plan_hop.c); while a tunnel is down they
 * are refused, or they would leave by an uplink in clear, and flows that began
 * so would stay there.  A hub has thousands, so both sides are sorted and gone
 * through once.
 * And the outer packets of tunnels that must be encrypted, by their kind: once
 * seen they stay forbidden in clear, whatever becomes of the interface.
 */
#include <sys/types.h>

#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "netconf/plan_int.h"

int
plan_behind(const struct net_route *r)
{
	return r->proto == NET_PROTO &&
	       (r->table == NET_TABLE || r->table == NET_TABLE_HOPS) &&
	       (r->metric == NET_METRIC_BEHIND ||
		   r->metric == NET_METRIC_REFUSE);
}

int
plan_behind_order(const void *p, const void *q)
{
	const struct net_route *a = p, *b = q;
	int c = prefix_cmp(&a->dst, &b->dst);

	if (c == 0)
		c = (a->table > b->table) - (a->table < b->table);
	return c != 0 ? c : (a->metric > b->metric) - (a->metric < b->metric);
}

/* The first one that leaves by this interface, or where it would be. */
static size_t
first_by(const struct net_want *w, const char *ifname)
{
	size_t low = 0, high = w->nbehind, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(w->behind[mid].ifname, ifname) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void
plan_behind_route(struct net_route *r, uint32_t table, const struct prefix *dst,
    uint32_t ifindex)
{
	memset(r, 0, sizeof(*r));
	r->type = ifindex != 0 ? NET_UNICAST : NET_UNREACHABLE;
	r->table = table;
	r->dst = *dst;
	r->ifindex = ifindex;
	r->metric = ifindex != 0 ? NET_METRIC_BEHIND : NET_METRIC_REFUSE;
	r->proto = NET_PROTO;
}

static size_t
add_by(const struct net_want *w, const struct net_link *l,
    struct net_route *list, size_t n)
{
	size_t i;

	for (i = first_by(w, l->name);
	     i < w->nbehind && strcmp(w->behind[i].ifname, l->name) == 0; i++)
		plan_behind_route(
		    &list[n++], NET_TABLE, &w->behind[i].dst, l->ifindex);
	return n;
}

/* A list of those that are wanted now, sorted; the caller frees it. */
static struct net_route *
wanted(const struct net_want *w, const struct net_state *s, size_t *n)
{
	struct net_route *list =
	    calloc(2 * (w->nbehind + w->nhops) + 1, sizeof(*list));
	size_t i;

	*n = 0;
	if (list == NULL ||
	    (!w->clear && plan_want_hops(w, s, list, n) == -1)) {
		free(list);
		return NULL;
	}
	for (i = 0; !w->clear && i < w->nbehind; i++)
		plan_behind_route(
		    &list[(*n)++], NET_TABLE, &w->behind[i].dst, 0);
	/* the kernel has no routes by a link that is down */
	for (i = 0; !w->clear && w->nbehind > 0 && i < s->nlinks; i++)
		if (s->links[i].up)
			*n = add_by(w, &s->links[i], list, *n);
	qsort(list, *n, sizeof(*list), plan_behind_order);
	return list;
}

struct net_route *
plan_behind_found(const struct net_state *s, size_t *n)
{
	struct net_route *list = calloc(s->nroutes + 1, sizeof(*list));
	size_t i;

	*n = 0;
	for (i = 0; list != NULL && i < s->nroutes; i++)
		if (plan_behind(&s->routes[i]))
			list[(*n)++] = s->routes[i];
	if (list != NULL)
		qsort(list, *n, sizeof(*list), plan_behind_order);
	return list;
}

/* Each that is wanted, or there, or both; the other one is NULL. */
typedef void behind_pair(
    const struct net_route *wanted, const struct net_route *found, void *arg);

static int
each_pair(const struct net_want *w, const struct net_state *s,
    behind_pair *pair, void *arg)
{
	size_t nw, nf, i = 0, j = 0;
	struct net_route *want = wanted(w, s, &nw),
			 *is = plan_behind_found(s, &nf);
	int c, bad = want == NULL || is == NULL;

	while (!bad && (i < nw || j < nf)) {
		c = i == nw   ? 1
		    : j == nf ? -1
			      : plan_behind_order(&want[i], &is[j]);
		pair(c <= 0 ? &want[i] : NULL, c >= 0 ? &is[j] : NULL, arg);
		i += c <= 0;
		j += c >= 0;
	}
	free(want);
	free(is);
	return bad ? -1 : 0;
}

static void
pair_step(const struct net_route *want, const struct net_route *is, void *arg)
{
	struct plan *p = arg;

	if (want == NULL)
		plan_step(p, STEP_ROUTE_DEL)->route = *is;
	else if (is == NULL || !plan_same_route(want, is))
		plan_step(p, STEP_ROUTE_ADD)->route = *want;
}

void
plan_peer_routes(
    struct plan *p, const struct net_want *w, const struct net_state *s)
{
	if (each_pair(w, s, pair_step, p) == -1)
		strlcpy(p->error, "out of memory", sizeof(p->error));
}

struct show {
	const struct net_state *s;
	plan_line *line;
	void *arg;
};

static void
pair_line(const struct net_route *want, const struct net_route *is, void *arg)
{
	int differs = want == NULL || is == NULL || !plan_same_route(want, is);
	const struct show *sh = arg;
	char text[MSG_TEXT_LEN];

	plan_route_text(
	    want != NULL ? want : is, sh->s, "", text, sizeof(text));
	if (differs)
		strlcat(text, want != NULL ? ": missing" : ": not wanted",
		    sizeof(text));
	sh->line(text, differs, sh->arg);
}

void
plan_show_peer_routes(const struct net_want *w, const struct net_state *s,
    plan_line *line, void *arg)
{
	struct show sh = { s, line, arg };

	(void)each_pair(w, s, pair_line, &sh);
}

int
plan_has_behind(const struct net_want *w, enum family family)
{
	size_t i;

	for (i = 0; i < w->nbehind; i++)
		if (addr_family(&w->behind[i].dst.addr) == family)
			return 1;
	return plan_has_hops(w, family);
}

/* ---- encrypted ---- */

/* How their packets look outside (RFC 2784, 2003, 4213, 2473, 7348). */
static const struct {
	const char *kind; /* as ip-link(8) calls it */
	struct net_outer outer;
} outers[] = {
	{ "gre", { AF_INET, IPPROTO_GRE, 0 } },
	{ "gretap", { AF_INET, IPPROTO_GRE, 0 } },
	{ "ip6gre", { AF_INET6, IPPROTO_GRE, 0 } },
	{ "ip6gretap", { AF_INET6, IPPROTO_GRE, 0 } },
	{ "ipip", { AF_INET, IPPROTO_IPIP, 0 } },
	{ "sit", { AF_INET, IPPROTO_IPV6, 0 } },
	{ "ip6tnl", { AF_INET6, IPPROTO_IPV6, 0 } },
	{ "ip6tnl", { AF_INET6, IPPROTO_IPIP, 0 } },
	{ "vxlan", { AF_UNSPEC, IPPROTO_UDP, 0 } },
};

static void
note_outer(struct net_want *w, const struct net_outer *o)
{
	uint32_t i;

	for (i = 0; i < w->nouter; i++)
		if (w->outer[i].family == o->family &&
		    w->outer[i].proto == o->proto &&
		    w->outer[i].port == o->port)
			return;
	if (w->nouter < OUTER_MAX)
		w->outer[w->nouter++] = *o;
}

static int
by_name(const void *name, const void *ifname)
{
	return strcmp(name, ifname);
}

int
plan_is_encrypted(const struct net_want *w, const char *ifname)
{
	return w->nencrypted > 0 && bsearch(ifname, w->encrypted, w->nencrypted,
					sizeof(*w->encrypted), by_name) != NULL;
}

void
plan_note_encrypted(struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	struct net_outer o;
	size_t i, j;

	for (i = 0; w->nencrypted > 0 && i < s->nlinks; i++) {
		l = &s->links[i];
		if (!plan_is_encrypted(w, l->name))
			continue;
		for (j = 0; j < sizeof(outers) / sizeof(*outers); j++)
			if (strcmp(outers[j].kind, l->kind) == 0) {
				o = outers[j].outer;
				o.port = l->port;
				/* not all of UDP */
				if (o.proto != IPPROTO_UDP || o.port != 0)
					note_outer(w, &o);
			}
	}
}
