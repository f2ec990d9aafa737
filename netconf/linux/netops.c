/* SPDX-License-Identifier: ISC */
/* struct netops on Linux: long-lived sockets and who uses which. */
#include <sys/types.h>

#include <linux/netlink.h>

#include <errno.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define TRIES 10 /* of a dump that changes meanwhile (NLM_F_DUMP_INTR) */

static struct nl route, netfilter, generic;

static int
linux_open(void)
{
	return nl_open(&route, NETLINK_ROUTE) == -1 ||
		       nl_open(&netfilter, NETLINK_NETFILTER) == -1 ||
		       nl_open(&generic, NETLINK_GENERIC) == -1
		   ? -1
		   : 0;
}

static int
dump_once(struct net_state *s, const struct net_uplinks *u)
{
	memset(s, 0, sizeof(*s));
	if (link_dump(&route, s) == 0 && addr_dump(&route, s) == 0 &&
	    rule_dump(&route, s) == 0 && route_dump(&route, s, u) == 0 &&
	    ruleset_dump(&netfilter, s) == 0) {
		nl_fit(&s->links, s->nlinks, sizeof(*s->links));
		nl_fit(&s->addrs, s->naddrs, sizeof(*s->addrs));
		return 0;
	}
	return -1;
}

static int
linux_dump(struct net_state *s, const struct net_uplinks *u)
{
	int saved, tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (dump_once(s, u) == 0)
			return 0;
		saved = errno;
		net_state_free(s);
		errno = saved;
		if (errno != EINTR && errno != ENOBUFS)
			break;
	}
	return -1;
}

static int
linux_rule(int add, const struct net_rule *r)
{
	return rule_change(&route, add, r);
}

static int
linux_route(int add, const struct net_route *r)
{
	return route_change(&route, add, r);
}

static int
linux_link_group(uint32_t ifindex, uint32_t group)
{
	return link_group(&route, ifindex, group);
}

static int
linux_link_up(uint32_t ifindex, int up)
{
	return link_up(&route, ifindex, up);
}

static int
linux_rp_filter(uint32_t ifindex, int *old, int value)
{
	return link_rp_filter(&route, ifindex, old, value);
}

static int
linux_tunnels(struct net_move *m, size_t n)
{
	return tunnel_move(&route, m, n);
}

static int
linux_tunnels_lead(struct net_lead *l, size_t n)
{
	return tunnel_lead(&route, l, n);
}

static int
linux_twin(uint32_t ifindex, const char *name, const struct net_place *place)
{
	return twin_add(&route, ifindex, name, place);
}

static int
linux_link_del(uint32_t ifindex)
{
	return link_del(&route, ifindex);
}

static int
linux_wireguard(uint32_t ifindex, net_wgpeer *ours, const void *arg,
    const struct addr to[FAMILIES], struct net_wgpeers *n)
{
	return wireguard_renew(&generic, ifindex, ours, arg, to, n);
}

static int
linux_linkdown(uint32_t ifindex, enum family family, uint32_t value)
{
	return link_linkdown(&route, ifindex, family, value);
}

static int
linux_elements(const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd)
{
	return set_change(&netfilter, del, ndel, add, nadd);
}

static int
linux_forwarded(uint32_t uplink, uint64_t *tried, uint64_t *passed)
{
	return counter_forwarded(&netfilter, uplink, tried, passed);
}

static int
linux_octets(
    uint32_t ifindex, uint64_t *received, uint64_t *sent, uint64_t *packets)
{
	return octets_read(&route, ifindex, received, sent, packets);
}

static int
linux_flows_flush(const struct net_flows *f, uint32_t *n)
{
	return ct_flush(&netfilter, f, n);
}

static int
linux_flows_mark(const struct net_marks *m, int end, uint32_t *n)
{
	return ct_marks(&netfilter, m, end, n);
}

static int
linux_flows_flush_plain(
    const struct net_element *net, size_t nnets, uint32_t mask, uint32_t *n)
{
	return ct_flush_plain(&netfilter, net, nnets, mask, n);
}

static int
linux_flows_count(uint32_t mark, uint32_t mask, uint32_t *n)
{
	return ct_count(&netfilter, mark, mask, n);
}

static int
linux_routes_save(
    uint32_t ifindex, void (*one)(const char *, void *), void *arg)
{
	int n, tries = 0;

	do
		n = saved_routes(&route, ifindex, one, arg);
	while (n == -1 && errno == EINTR && ++tries < TRIES);
	return n;
}

static int
linux_route_restore(const char *line)
{
	return saved_restore(&route, line);
}

static int
linux_others(void (*one)(int, uint32_t, const char *, void *), void *arg)
{
	struct others o = { one, arg };

	return others_dump(&route, &netfilter, &o);
}

const struct netops netops_linux = {
	.open = linux_open,
	.dump = linux_dump,
	.rule = linux_rule,
	.route = linux_route,
	.link_group = linux_link_group,
	.link_up = linux_link_up,
	.rp_filter = linux_rp_filter,
	.tunnels = linux_tunnels,
	.tunnels_lead = linux_tunnels_lead,
	.twin = linux_twin,
	.link_del = linux_link_del,
	.wireguard = linux_wireguard,
	.linkdown = linux_linkdown,
	.router_ask = router_ask,
	.nat_load = nft_load,
	.elements = linux_elements,
	.forwarded = linux_forwarded,
	.octets = linux_octets,
	.flows_flush = linux_flows_flush,
	.flows_mark = linux_flows_mark,
	.flows_flush_plain = linux_flows_flush_plain,
	.flows_count = linux_flows_count,
	.routes_save = linux_routes_save,
	.route_restore = linux_route_restore,
	.others = linux_others,
	.missing = nft_missing,
	.machine = machine_look,
	.pppoe = pppoe_try,
	.monitor = monitor_open,
	.changes = monitor_changes,
};
