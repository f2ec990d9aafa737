/* SPDX-License-Identifier: ISC */
/*
 * Links.  rp_filter is read and written with the link, by IFLA_AF_SPEC
 * (inet_fill_link_af() and inet_set_link_af() in net/ipv4/devinet.c): by the
 * index, so a name that another interface has meanwhile cannot be hit.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include <net/if_arp.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "netconf/linux/nl.h"

/* 0 if the link has none: it does not do IPv4. */
static uint32_t
own_rp_filter(const struct nlattr *spec)
{
	const struct nlattr *family[AF_INET + 1], *inet[IFLA_INET_MAX + 1];
	const size_t at = (IPV4_DEVCONF_RP_FILTER - 1) * sizeof(uint32_t);
	const uint8_t *conf;
	uint32_t value;

	nl_nested(spec, family, AF_INET);
	nl_nested(family[AF_INET], inet, IFLA_INET_MAX);
	if (inet[IFLA_INET_CONF] == NULL ||
	    mnl_attr_get_payload_len(inet[IFLA_INET_CONF]) < at + sizeof(value))
		return 0;
	conf = mnl_attr_get_payload(inet[IFLA_INET_CONF]);
	memcpy(&value, conf + at, sizeof(value));
	return value;
}

static int
has_carrier(const struct nlattr *a)
{
	return a != NULL && mnl_attr_get_payload_len(a) == 1 &&
	       mnl_attr_get_u8(a) != 0;
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
	l->rp_filter = own_rp_filter(tb[IFLA_AF_SPEC]);
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

static int
set_rp_filter(struct nl *nl, uint32_t ifindex, int value)
{
	struct nlattr *spec, *family, *conf;

	(void)begin_link(nl, RTM_SETLINK, ifindex);
	spec = mnl_attr_nest_start(&nl->hdr, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(&nl->hdr, AF_INET);
	conf = mnl_attr_nest_start(&nl->hdr, IFLA_INET_CONF);
	mnl_attr_put_u32(&nl->hdr, IPV4_DEVCONF_RP_FILTER, (uint32_t)value);
	mnl_attr_nest_end(&nl->hdr, conf);
	mnl_attr_nest_end(&nl->hdr, family);
	mnl_attr_nest_end(&nl->hdr, spec);
	return nl_request(nl, NULL, NULL);
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
	return value == -1 ? 0 : set_rp_filter(nl, ifindex, value);
}
