/* SPDX-License-Identifier: ISC */
/*
 * struct netops that touches nothing and knows no interface: it remembers
 * what it is told, so that what was laid is found again, and says it in the
 * log.  For tests, and for systems whose own backend is yet to come.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "netconf/nft.h"
#include "netconf/plan.h"

static struct net_state state;
static int events[2] = { -1, -1 }; /* nothing ever comes */

static int
null_open(void)
{
	return 0;
}

static void *
copy(const void *array, size_t n, size_t size)
{
	void *p;

	/* calloc(0) may give NULL, which is no failure */
	if ((p = calloc(n + 1, size)) != NULL && n > 0)
		memcpy(p, array, n * size);
	return p;
}

static int
null_dump(struct net_state *s, const struct net_uplinks *u)
{
	(void)u;
	memset(s, 0, sizeof(*s));
	s->rules = copy(state.rules, state.nrules, sizeof(*s->rules));
	s->routes = copy(state.routes, state.nroutes, sizeof(*s->routes));
	s->elements =
	    copy(state.elements, state.nelements, sizeof(*s->elements));
	s->nat = state.nat;
	if (s->rules == NULL || s->routes == NULL || s->elements == NULL) {
		net_state_free(s);
		return -1;
	}
	s->nrules = state.nrules;
	s->nroutes = state.nroutes;
	s->nelements = state.nelements;
	return 0;
}

static int
null_rule(int add, const struct net_rule *r)
{
	struct net_rule *more;
	size_t i;

	log_debug("null: rule %s to %u", add ? "added" : "deleted", r->table);
	if (add) {
		more =
		    reallocarray(state.rules, state.nrules + 1, sizeof(*more));
		if (more == NULL)
			return -1;
		state.rules = more;
		more[state.nrules++] = *r;
		return 0;
	}
	for (i = 0; i < state.nrules; i++)
		if (memcmp(&state.rules[i], r, sizeof(*r)) == 0)
			break;
	if (i == state.nrules)
		return 0;
	memmove(&state.rules[i], &state.rules[i + 1],
	    (--state.nrules - i) * sizeof(*r));
	return 0;
}

/* Of the same table, prefix and metric, or as many as there are. */
static size_t
place(const struct net_route *r)
{
	size_t i;

	for (i = 0; i < state.nroutes; i++)
		if (state.routes[i].table == r->table &&
		    prefix_cmp(&state.routes[i].dst, &r->dst) == 0 &&
		    state.routes[i].metric == r->metric)
			break;
	return i;
}

static int
null_route(int add, const struct net_route *r)
{
	struct net_route *more;
	size_t i = place(r);

	log_debug("null: route %s in %u", add ? "added" : "deleted", r->table);
	if (!add) {
		if (i < state.nroutes)
			memmove(&state.routes[i], &state.routes[i + 1],
			    (--state.nroutes - i) * sizeof(*r));
		return 0;
	}
	if (i == state.nroutes) {
		more = reallocarray(
		    state.routes, state.nroutes + 1, sizeof(*more));
		if (more == NULL)
			return -1;
		state.routes = more;
		state.nroutes++;
	}
	state.routes[i] = *r;
	return 0;
}

/* It knows no link. */
static int
null_link(uint32_t ifindex)
{
	log_debug("null: link %u", ifindex);
	errno = ENODEV;
	return -1;
}

static int
null_link_group(uint32_t ifindex, uint32_t group)
{
	(void)group;
	return null_link(ifindex);
}

static int
null_link_up(uint32_t ifindex, int up)
{
	(void)up;
	return null_link(ifindex);
}

static int
null_rp_filter(uint32_t ifindex, int *old, int value)
{
	(void)old;
	(void)value;
	return null_link(ifindex);
}

static int
null_tunnels(struct net_move *m, size_t n)
{
	(void)n;
	return null_link(m[0].ifindex);
}

static int
null_tunnels_lead(struct net_lead *l, size_t n)
{
	(void)n;
	return null_link(l[0].ifindex);
}

static int
null_twin(uint32_t ifindex, const char *name, const struct net_place *place)
{
	(void)name;
	(void)place;
	return null_link(ifindex);
}

static int
null_wireguard(uint32_t ifindex, net_wgpeer *ours, const void *arg,
    const struct addr to[FAMILIES], struct net_wgpeers *n)
{
	(void)ours;
	(void)arg;
	(void)to;
	memset(n, 0, sizeof(*n));
	return null_link(ifindex);
}

static int
null_linkdown(uint32_t ifindex, enum family family, uint32_t value)
{
	(void)family;
	(void)value;
	return null_link(ifindex);
}

static int
null_nat_load(const char *text, char *why, size_t size)
{
	(void)why;
	(void)size;
	log_debug("null: nft table, %zu octets", strlen(text));
	state.nat = strcmp(text, NFT_DELETE) != 0;
	state.nelements = 0;
	return 0;
}

static int
null_elements(const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd)
{
	struct net_element *more;
	size_t i, j, kept = 0;

	log_debug("null: %zu elements deleted, %zu added", ndel, nadd);
	for (i = 0; i < state.nelements; i++) {
		for (j = 0; j < ndel; j++)
			if (memcmp(&state.elements[i], &del[j], sizeof(*del)) ==
			    0)
				break;
		if (j == ndel)
			state.elements[kept++] = state.elements[i];
	}
	state.nelements = kept;
	more = reallocarray(state.elements, kept + nadd + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	memcpy(more + kept, add, nadd * sizeof(*add));
	state.elements = more;
	state.nelements += nadd;
	return 0;
}

static int
null_flows(uint32_t mark, uint32_t mask, uint32_t *n)
{
	log_debug("null: flows 0x%08x/0x%08x", mark, mask);
	*n = 0;
	return 0;
}

static int
null_forwarded(uint32_t uplink, uint64_t *tried, uint64_t *passed)
{
	(void)uplink;
	*tried = *passed = 0;
	return 0;
}

static int
null_octets(
    uint32_t ifindex, uint64_t *received, uint64_t *sent, uint64_t *packets)
{
	(void)ifindex;
	*received = *sent = *packets = 0;
	return 0;
}

static int
null_flows_flush(const struct net_flows *f, uint32_t *n)
{
	return null_flows(f->mark, f->mask, n);
}

static int
null_flows_mark(const struct net_marks *m, int end, uint32_t *n)
{
	(void)end;
	return null_flows(0, m->was_mask, n);
}

static int
null_flows_flush_plain(
    const struct net_element *net, size_t nnets, uint32_t mask, uint32_t *n)
{
	(void)net;
	(void)nnets;
	return null_flows(0, mask, n);
}

static int
null_routes_save(uint32_t ifindex, void (*one)(const char *, void *), void *arg)
{
	(void)one;
	(void)arg;
	return null_link(ifindex);
}

static int
null_route_restore(const char *line)
{
	log_debug("null: route %s", line);
	return 0;
}

static int
null_monitor(void)
{
	if (events[0] == -1 &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, events) == -1)
		return -1;
	return events[0];
}

static void
null_changes(void)
{
}

static int
null_others(void (*one)(int, uint32_t, const char *, void *), void *arg)
{
	(void)one;
	(void)arg;
	return 0;
}

static const char *
null_missing(void)
{
	return NULL;
}

static void
null_machine(struct net_machine *m, const struct net_uplinks *u)
{
	(void)u;
	memset(m, 0, sizeof(*m));
}

static int
null_pppoe(void)
{
	return 0;
}

const struct netops netops_null = {
	.open = null_open,
	.dump = null_dump,
	.rule = null_rule,
	.route = null_route,
	.link_group = null_link_group,
	.link_up = null_link_up,
	.rp_filter = null_rp_filter,
	.tunnels = null_tunnels,
	.tunnels_lead = null_tunnels_lead,
	.twin = null_twin,
	.link_del = null_link,
	.wireguard = null_wireguard,
	.linkdown = null_linkdown,
	.router_ask = null_link,
	.nat_load = null_nat_load,
	.elements = null_elements,
	.forwarded = null_forwarded,
	.octets = null_octets,
	.flows_flush = null_flows_flush,
	.flows_mark = null_flows_mark,
	.flows_flush_plain = null_flows_flush_plain,
	.flows_count = null_flows,
	.routes_save = null_routes_save,
	.route_restore = null_route_restore,
	.others = null_others,
	.missing = null_missing,
	.machine = null_machine,
	.pppoe = null_pppoe,
	.monitor = null_monitor,
	.changes = null_changes,
};
