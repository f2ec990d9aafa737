/* SPDX-License-Identifier: ISC */
/*
 * Links.  What is IPv4's of them is read and written with the link, by
 * IFLA_AF_SPEC (inet_fill_link_af() and inet_set_link_af() in
 * net/ipv4/devinet.c): by the index, so a name that another interface has
 * meanwhile cannot be hit.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netconf/linux/nl.h"

/* A value of an array that a family has of its own; NET_NO_VALUE: none. */
static uint32_t
own_value(const struct nlattr *conf, size_t index)
{
	const size_t at = index * sizeof(uint32_t);
	const uint8_t *values;
	uint32_t value;

	if (conf == NULL || mnl_attr_get_payload_len(conf) < at + sizeof(value))
		return NET_NO_VALUE;
	values = mnl_attr_get_payload(conf);
	memcpy(&value, values + at, sizeof(value));
	return value;
}

/* A link that does not do a family has no values of it. */
static void
decode_own(const struct nlattr *spec, struct net_link *l)
{
	const struct nlattr *family[AF_INET6 + 1], *inet[IFLA_INET_MAX + 1];
	const struct nlattr *inet6[IFLA_INET6_MAX + 1];

	nl_nested(spec, family, AF_INET6);
	nl_nested(family[AF_INET], inet, IFLA_INET_MAX);
	nl_nested(family[AF_INET6], inet6, IFLA_INET6_MAX);
	l->rp_filter =
	    own_value(inet[IFLA_INET_CONF], IPV4_DEVCONF_RP_FILTER - 1);
	if (l->rp_filter == NET_NO_VALUE)
		l->rp_filter = 0;
	l->linkdown[FAMILY_INET] = own_value(
	    inet[IFLA_INET_CONF], IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1);
	l->linkdown[FAMILY_INET6] = own_value(
	    inet6[IFLA_INET6_CONF], DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
}

static int
has_carrier(const struct nlattr *a)
{
	return a != NULL && mnl_attr_get_payload_len(a) == 1 &&
	       mnl_attr_get_u8(a) != 0;
}

/* What kind it is of, and where one in UDP sends to. */
static void
decode_kind(const struct nlattr *linkinfo, struct net_link *l)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1];
	const struct nlattr *data[IFLA_VXLAN_PORT + 1];

	nl_nested(linkinfo, info, IFLA_INFO_MAX);
	if (info[IFLA_INFO_KIND] == NULL ||
	    nl_string(info[IFLA_INFO_KIND], l->kind, sizeof(l->kind)) == -1) {
		l->kind[0] = '\0';
		return;
	}
	nl_nested(info[IFLA_INFO_DATA], data, IFLA_VXLAN_PORT);
	if (strcmp(l->kind, "vxlan") == 0 && data[IFLA_VXLAN_PORT] != NULL &&
	    mnl_attr_get_payload_len(data[IFLA_VXLAN_PORT]) == 2)
		l->port = ntohs(mnl_attr_get_u16(data[IFLA_VXLAN_PORT]));
}

int
link_decode(const struct nlmsghdr *h, void *state)
{
	const struct nlattr *tb[IFLA_CARRIER + 1];
	struct net_state *s = state;
	const struct ifinfomsg *m;
	struct net_link *l;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, IFLA_CARRIER) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	if (m->ifi_index <= 0 || tb[IFLA_IFNAME] == NULL) {
		errno = EBADMSG;
		return -1;
	}
	if ((l = nl_grow(&s->links, &s->nlinks, sizeof(*l))) == NULL ||
	    nl_string(tb[IFLA_IFNAME], l->name, sizeof(l->name)) == -1 ||
	    (tb[IFLA_MTU] != NULL && nl_u32(tb[IFLA_MTU], &l->mtu) == -1) ||
	    (tb[IFLA_GROUP] != NULL && nl_u32(tb[IFLA_GROUP], &l->group) == -1))
		return -1;
	l->ifindex = (uint32_t)m->ifi_index;
	l->up = (m->ifi_flags & IFF_UP) != 0;
	/* the one tells at once that it is lost, the other when it is good
	 * for traffic (RFC 2863) */
	l->carrier =
	    has_carrier(tb[IFLA_CARRIER]) && (m->ifi_flags & IFF_RUNNING) != 0;
	l->pointopoint = (m->ifi_flags & IFF_POINTOPOINT) != 0;
	l->ethernet = m->ifi_type == ARPHRD_ETHER;
	decode_own(tb[IFLA_AF_SPEC], l);
	decode_kind(tb[IFLA_LINKINFO], l);
	tunnel_decode(tb[IFLA_LINKINFO], l);
	return 0;
}

int
link_all_rp_filter(const struct nlmsghdr *h, void *value)
{
	const struct nlattr *tb[NETCONFA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWNETCONF)
		return 0;
	if (nl_attrs(h, sizeof(struct netconfmsg), tb, NETCONFA_MAX) == -1)
		return -1;
	return tb[NETCONFA_RP_FILTER] == NULL
		   ? 0
		   : nl_u32(tb[NETCONFA_RP_FILTER], value);
}

int
link_dump(struct nl *nl, struct net_state *s)
{
	struct netconfmsg *c;
	struct ifinfomsg *m;
	uint32_t all = 0;
	size_t i;

	m = nl_begin(nl, RTM_GETLINK, NLM_F_DUMP, sizeof(*m));
	m->ifi_family = AF_UNSPEC;
	mnl_attr_put_u32(&nl->hdr, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (nl_request(nl, link_decode, s) == -1)
		return -1;
	c = nl_begin(nl, RTM_GETNETCONF, 0, sizeof(*c));
	c->ncm_family = AF_INET;
	mnl_attr_put_u32(
	    &nl->hdr, NETCONFA_IFINDEX, (uint32_t)NETCONFA_IFINDEX_ALL);
	if (nl_request(nl, link_all_rp_filter, &all) == -1)
		return -1;
	/* the larger one is in force (networking/ip-sysctl.rst) */
	for (i = 0; i < s->nlinks; i++)
		if (s->links[i].rp_filter < all)
			s->links[i].rp_filter = all;
	return 0;
}

static struct ifinfomsg *
begin_link(struct nl *nl, uint16_t type, uint32_t ifindex)
{
	struct ifinfomsg *m = nl_begin(nl, type, 0, sizeof(*m));

	/* with 0 the kernel would take every link of a group */
	m->ifi_family = AF_UNSPEC;
	m->ifi_index = (int)ifindex;
	return m;
}

int
link_group(struct nl *nl, uint32_t ifindex, uint32_t group)
{
	(void)begin_link(nl, RTM_SETLINK, ifindex);
	mnl_attr_put_u32(&nl->hdr, IFLA_GROUP, group);
	return nl_request(nl, NULL, NULL);
}

int
link_up(struct nl *nl, uint32_t ifindex, int up)
{
	struct ifinfomsg *m = begin_link(nl, RTM_SETLINK, ifindex);

	m->ifi_change = IFF_UP;
	m->ifi_flags = up ? IFF_UP : 0;
	return nl_request(nl, NULL, NULL);
}

int
link_del(struct nl *nl, uint32_t ifindex)
{
	(void)begin_link(nl, RTM_DELLINK, ifindex);
	return nl_request(nl, NULL, NULL);
}

static int
set_inet(struct nl *nl, uint32_t ifindex, uint16_t what, uint32_t value)
{
	struct nlattr *spec, *family, *conf;

	(void)begin_link(nl, RTM_SETLINK, ifindex);
	spec = mnl_attr_nest_start(&nl->hdr, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(&nl->hdr, AF_INET);
	conf = mnl_attr_nest_start(&nl->hdr, IFLA_INET_CONF);
	mnl_attr_put_u32(&nl->hdr, what, value);
	mnl_attr_nest_end(&nl->hdr, conf);
	mnl_attr_nest_end(&nl->hdr, family);
	mnl_attr_nest_end(&nl->hdr, spec);
	return nl_request(nl, NULL, NULL);
}

/* IPv6 has no message for its values (inet6_set_link_af()): a file. */
int
link_inet6(uint32_t ifindex, const char *what, uint32_t value)
{
	char path[128], name[IF_NAMESIZE];
	int fd, n;

	if (if_indextoname(ifindex, name) == NULL) {
		errno = ENODEV; /* not ENXIO: as of a message */
		return -1;
	}
	snprintf(
	    path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, what);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1) {
		if (errno == ENOENT)
			errno = ENODEV;
		return -1;
	}
	n = dprintf(fd, "%u\n", value);
	close(fd);
	return n > 0 ? 0 : -1;
}

int
link_linkdown(
    struct nl *nl, uint32_t ifindex, enum family family, uint32_t value)
{
	if (family == FAMILY_INET6)
		return link_inet6(
		    ifindex, "ignore_routes_with_linkdown", value);
	return set_inet(
	    nl, ifindex, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, value);
}

int
link_rp_filter(struct nl *nl, uint32_t ifindex, int *old, int value)
{
	struct net_state s;

	memset(&s, 0, sizeof(s));
	(void)begin_link(nl, RTM_GETLINK, ifindex);
	mnl_attr_put_u32(&nl->hdr, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (nl_request(nl, link_decode, &s) == -1 || s.nlinks != 1) {
		net_state_free(&s);
		return -1;
	}
	*old = (int)s.links[0].rp_filter;
	net_state_free(&s);
	return value == -1 ? 0
			   : set_inet(nl, ifindex, IPV4_DEVCONF_RP_FILTER,
				 (uint32_t)value);
}
