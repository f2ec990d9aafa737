/* SPDX-License-Identifier: ISC */
/*
 * A tunnel's twin: a link with the tunnel's attributes, whose packets are
 * redirected to come in by the tunnel (tc-mirred(8)), so that firewalls and
 * rp_filter see nothing new.
 */
#include <sys/types.h>

#include <arpa/inet.h>
#include <net/if.h> /* before what includes linux/if.h */

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>

#include <errno.h>
#include <libmnl/libmnl.h>

#include "netconf/linux/nl.h"

static struct tcmsg *
begin_tc(struct nl *nl, uint16_t type, uint32_t ifindex, const char *kind)
{
	struct tcmsg *m =
	    nl_begin(nl, type, NLM_F_CREATE | NLM_F_EXCL, sizeof(*m));

	m->tcm_ifindex = (int)ifindex;
	mnl_attr_put_strz(&nl->hdr, TCA_KIND, kind);
	return m;
}

static int
hook_ingress(struct nl *nl, uint32_t ifindex)
{
	struct tcmsg *m = begin_tc(nl, RTM_NEWQDISC, ifindex, "clsact");

	m->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	m->tcm_parent = TC_H_CLSACT;
	return nl_request(nl, NULL, NULL);
}

static int
redirect(struct nl *nl, uint32_t ifindex, uint32_t to)
{
	struct tcmsg *m = begin_tc(nl, RTM_NEWTFILTER, ifindex, "matchall");
	const struct tc_mirred mirred = { .action = TC_ACT_STOLEN,
		.eaction = TCA_INGRESS_REDIR,
		.ifindex = to };
	struct nlattr *options, *actions, *first, *inner;

	m->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	m->tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL)); /* its priority */
	options = mnl_attr_nest_start(&nl->hdr, TCA_OPTIONS);
	actions = mnl_attr_nest_start(&nl->hdr, TCA_MATCHALL_ACT);
	first = mnl_attr_nest_start(&nl->hdr, 1);
	mnl_attr_put_strz(&nl->hdr, TCA_ACT_KIND, "mirred");
	inner = mnl_attr_nest_start(&nl->hdr, TCA_ACT_OPTIONS);
	mnl_attr_put(&nl->hdr, TCA_MIRRED_PARMS, sizeof(mirred), &mirred);
	mnl_attr_nest_end(&nl->hdr, inner);
	mnl_attr_nest_end(&nl->hdr, first);
	mnl_attr_nest_end(&nl->hdr, actions);
	mnl_attr_nest_end(&nl->hdr, options);
	return nl_request(nl, NULL, NULL);
}

/* Not up before all is there; what is no neighbour needs no IPv6. */
static int
set_up(struct nl *nl, uint32_t ifindex, uint32_t tunnel)
{
	if (link_inet6(ifindex, "disable_ipv6", 1) == -1 && errno != ENODEV)
		return -1; /* ENODEV: a kernel without IPv6 */
	return hook_ingress(nl, ifindex) == -1 ||
		       redirect(nl, ifindex, tunnel) == -1
		   ? -1
		   : link_up(nl, ifindex, 1);
}

int
twin_add(struct nl *nl, uint32_t tunnel, const char *name,
    const struct net_place *place)
{
	uint32_t ifindex;
	int error;

	if (tunnel_copy(nl, tunnel, name, place) == -1)
		return -1;
	ifindex = if_nametoindex(name);
	if (ifindex != 0 && set_up(nl, ifindex, tunnel) == 0)
		return 0;
	error = errno;
	(void)link_del(nl, ifindex);
	errno = error;
	return -1;
}
