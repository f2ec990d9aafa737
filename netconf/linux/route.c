/* SPDX-License-Identifier: ISC */
/*
 * Routes (rtnetlink(7)): ours in any table; main's defaults, and those of its
 * private networks.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>
#include <unistd.h>

#include "netconf/linux/nl.h"

static int
malformed(void)
{
	errno = EBADMSG;
	return -1;
}

/* RTA_VIA: a gateway of another family than the destination's. */
static int
decode_gateway(const struct nlattr **tb, int family, struct addr *gateway)
{
	const struct rtvia *via;
	size_t len;

	if (tb[RTA_GATEWAY] != NULL)
		return nl_addr(tb[RTA_GATEWAY], family, gateway);
	if (tb[RTA_VIA] == NULL)
		return 0;
	via = mnl_attr_get_payload(tb[RTA_VIA]);
	len = mnl_attr_get_payload_len(tb[RTA_VIA]);
	if (len < sizeof(*via) ||
	    addr_set(gateway, via->rtvia_family, via->rtvia_addr,
		len - sizeof(*via)) == -1)
		return malformed();
	return 0;
}

static int
push(struct net_state *s, const struct net_route *r)
{
	struct net_route *more;

	more = nl_grow(&s->routes, &s->nroutes, sizeof(*more));
	if (more == NULL)
		return -1;
	*more = *r;
	if (r->gateway.family == AF_INET6 && addr_is_linklocal(&r->gateway))
		more->gateway.scope = r->ifindex;
	return 0;
}

/*
 * What a router advertises has an end.  The kernel takes no such route from
 * then on, but deletes it, and tells, up to gc_interval (30 s) later: -1 is
 * what is still there and gone.
 */
static int64_t
lifetime_ms(const struct nlattr *cacheinfo)
{
	struct rta_cacheinfo ci;
	long hz = sysconf(_SC_CLK_TCK);

	if (cacheinfo == NULL ||
	    mnl_attr_get_payload_len(cacheinfo) < sizeof(ci) || hz <= 0)
		return 0;
	memcpy(&ci, mnl_attr_get_payload(cacheinfo), sizeof(ci));
	if (ci.rta_expires < 0)
		return -1;
	return (int64_t)ci.rta_expires * 1000 / hz;
}

static void
set_beside(struct net_route *r, size_t n)
{
	uint32_t other = 0;
	size_t i;

	for (i = 1; i < n && other == 0; i++)
		if (r[i].ifindex != r[0].ifindex)
			other = r[i].ifindex;
	for (i = 0; other != 0 && i < n; i++)
		r[i].beside =
		    r[i].ifindex == r[0].ifindex ? other : r[0].ifindex;
}

/* A route over several links is, to us, one by each of them. */
static int
push_each(struct net_state *s, const struct net_route *r,
    const struct nlattr *multipath, int family)
{
	const uint8_t *hop = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath), len;
	const struct nlattr *tb[RTA_MAX + 1];
	size_t first = s->nroutes;
	struct rtnexthop nh;
	struct net_route one;

	for (; left >= sizeof(nh); hop += len, left -= len) {
		memcpy(&nh, hop, sizeof(nh));
		len = MNL_ALIGN(nh.rtnh_len);
		if (nh.rtnh_len < sizeof(nh) || len > left ||
		    nh.rtnh_ifindex <= 0)
			return malformed();
		nl_attrs_of(
		    hop + sizeof(nh), nh.rtnh_len - sizeof(nh), tb, RTA_MAX);
		one = *r;
		one.ifindex = (uint32_t)nh.rtnh_ifindex;
		if (decode_gateway(tb, family, &one.gateway) == -1 ||
		    push(s, &one) == -1)
			return -1;
	}
	if (s->nroutes > first)
		set_beside(&s->routes[first], s->nroutes - first);
	return 0;
}

static int
decode_mtu(const struct nlattr *metrics, uint32_t *mtu)
{
	const struct nlattr *tb[RTAX_MTU + 1];

	nl_nested(metrics, tb, RTAX_MTU);
	return tb[RTAX_MTU] == NULL ? 0 : nl_u32(tb[RTAX_MTU], mtu);
}

static const uint8_t types[] = {
	[NET_UNICAST] = RTN_UNICAST,
	[NET_UNREACHABLE] = RTN_UNREACHABLE,
	[NET_THROW] = RTN_THROW,
};
#define TYPES (sizeof(types) / sizeof(types[0]))

/* 0, or -1: none that matters. */
static int
decode_type(uint8_t rtm_type, enum net_route_type *type)
{
	size_t i;

	for (i = 0; i < TYPES && types[i] != rtm_type; i++)
		;
	*type = (enum net_route_type)i;
	return i < TYPES ? 0 : -1;
}

static int
decode_attrs(
    const struct rtmsg *m, const struct nlattr **tb, struct net_route *r)
{
	r->table = m->rtm_table;
	r->proto = m->rtm_protocol;
	r->dst.addr.family = m->rtm_family;
	r->dst.len = m->rtm_dst_len;
	if (r->dst.len > 8 * addr_len(&r->dst.addr))
		return malformed();
	if (tb[RTA_TABLE] != NULL && nl_u32(tb[RTA_TABLE], &r->table) == -1)
		return -1;
	if (tb[RTA_DST] != NULL &&
	    nl_addr(tb[RTA_DST], m->rtm_family, &r->dst.addr) == -1)
		return -1;
	prefix_mask(&r->dst);
	if (tb[RTA_PRIORITY] != NULL &&
	    nl_u32(tb[RTA_PRIORITY], &r->metric) == -1)
		return -1;
	/* IPv6 has those that lead nowhere on lo */
	if (r->type == NET_UNICAST && tb[RTA_OIF] != NULL &&
	    nl_u32(tb[RTA_OIF], &r->ifindex) == -1)
		return -1;
	if (decode_mtu(tb[RTA_METRICS], &r->mtu) == -1)
		return -1;
	return decode_gateway(tb, m->rtm_family, &r->gateway);
}

/* For all that comes from anywhere, and is of any kind. */
static int
is_plain(const struct rtmsg *m)
{
	return m->rtm_type == RTN_UNICAST && m->rtm_src_len == 0 &&
	       m->rtm_tos == 0;
}

int
route_decode(const struct nlmsghdr *h, void *state)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *m;
	struct net_route r;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, RTA_MAX) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	if ((m->rtm_family != AF_INET && m->rtm_family != AF_INET6) ||
	    m->rtm_flags & RTM_F_CLONED)
		return 0;
	memset(&r, 0, sizeof(r));
	if (decode_type(m->rtm_type, &r.type) == -1)
		return 0;
	if (decode_attrs(m, tb, &r) == -1)
		return -1;
	if (r.proto != NET_PROTO &&
	    (r.table != NET_MAIN ||
		(r.dst.len != 0 &&
		    !(is_plain(m) && prefix_is_private(&r.dst)))))
		return 0;
	if ((r.expires_ms = lifetime_ms(tb[RTA_CACHEINFO])) == -1)
		return 0;
	if (tb[RTA_MULTIPATH] != NULL)
		return push_each(state, &r, tb[RTA_MULTIPATH], m->rtm_family);
	return push(state, &r);
}

static int
dump_some(struct nl *nl, struct net_state *s, uint8_t proto, uint32_t ifindex)
{
	struct rtmsg *m;

	m = nl_begin(nl, RTM_GETROUTE, NLM_F_DUMP, sizeof(*m));
	m->rtm_family = AF_UNSPEC;
	m->rtm_protocol = proto;
	if (ifindex != 0) {
		mnl_attr_put_u32(&nl->hdr, RTA_TABLE, NET_MAIN);
		mnl_attr_put_u32(&nl->hdr, RTA_OIF, ifindex);
	}
	return nl_request(nl, route_decode, s);
}

/* Hops by other links, which their own dump tells, and ours again. */
static void
keep_mains(struct net_state *s, size_t first, uint32_t ifindex)
{
	size_t i, kept = first;

	for (i = first; i < s->nroutes; i++)
		if (s->routes[i].ifindex == ifindex &&
		    s->routes[i].table == NET_MAIN)
			s->routes[kept++] = s->routes[i];
	s->nroutes = kept;
}

/*
 * A router may hold the whole internet's: the kernel is asked for those that
 * matter only, if it can be.
 */
int
route_dump(struct nl *nl, struct net_state *s, const struct net_uplinks *u)
{
	const struct net_link *l;
	size_t i, first;

	if (!nl->strict)
		return dump_some(nl, s, RTPROT_UNSPEC, 0);
	if (dump_some(nl, s, NET_PROTO, 0) == -1)
		return -1;
	for (i = 0; i < u->n; i++) {
		if ((l = net_link_find(s, u->ifname[i])) == NULL)
			continue;
		first = s->nroutes;
		if (dump_some(nl, s, RTPROT_UNSPEC, l->ifindex) == -1 &&
		    errno != ENODEV) /* it is gone again */
			return -1;
		keep_mains(s, first, l->ifindex);
	}
	return 0;
}

/* The route itself, for both directions. */
static struct rtmsg *
begin_route(
    struct nl *nl, uint16_t type, uint16_t flags, const struct net_route *r)
{
	struct rtmsg *m = nl_begin(nl, type, flags, sizeof(*m));

	m->rtm_family = (uint8_t)r->dst.addr.family;
	m->rtm_dst_len = (uint8_t)r->dst.len;
	m->rtm_protocol = NET_PROTO;
	m->rtm_type = types[r->type];
	mnl_attr_put_u32(&nl->hdr, RTA_TABLE, r->table);
	if (r->dst.len > 0)
		nl_put_addr(&nl->hdr, RTA_DST, &r->dst.addr);
	if (r->metric != 0)
		mnl_attr_put_u32(&nl->hdr, RTA_PRIORITY, r->metric);
	if (r->ifindex != 0)
		mnl_attr_put_u32(&nl->hdr, RTA_OIF, r->ifindex);
	return m;
}

static int
route_add(struct nl *nl, const struct net_route *r)
{
	struct nlattr *metrics;
	struct rtmsg *m;

	m = begin_route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r);
	m->rtm_scope = RT_SCOPE_UNIVERSE;
	if (r->mtu != 0) {
		metrics = mnl_attr_nest_start(&nl->hdr, RTA_METRICS);
		mnl_attr_put_u32(&nl->hdr, RTAX_MTU, r->mtu);
		mnl_attr_nest_end(&nl->hdr, metrics);
	}
	if (r->gateway.family != AF_UNSPEC) {
		m->rtm_flags = RTNH_F_ONLINK;
		nl_put_addr(&nl->hdr, RTA_GATEWAY, &r->gateway);
	} else if (r->type == NET_UNICAST)
		m->rtm_scope = RT_SCOPE_LINK;
	return nl_request(nl, NULL, NULL);
}

/*
 * Type, protocol and interface are named, so that another route of this
 * prefix is never taken for it; RT_SCOPE_NOWHERE is any scope.
 */
static int
route_del(struct nl *nl, const struct net_route *r)
{
	begin_route(nl, RTM_DELROUTE, 0, r)->rtm_scope = RT_SCOPE_NOWHERE;
	if (nl_request(nl, NULL, NULL) == -1 && errno != ESRCH &&
	    errno != ENODEV) /* gone with its interface */
		return -1;
	return 0;
}

int
route_change(struct nl *nl, int add, const struct net_route *r)
{
	return add ? route_add(nl, r) : route_del(nl, r);
}
