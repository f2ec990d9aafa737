/* SPDX-License-Identifier: ISC */
/* What a link has carried: RTM_GETSTATS (linux/if_link.h). */
#include <sys/socket.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <string.h>

#include "netconf/linux/nl.h"

static uint64_t
field(const uint8_t *stats, size_t offset)
{
	uint64_t n;

	memcpy(&n, stats + offset, sizeof(n));
	return n;
}

int
octets_decode(const struct nlmsghdr *h, void *octets)
{
	const struct nlattr *tb[IFLA_STATS_LINK_64 + 1], *a;
	const uint8_t *s;
	uint64_t *n = octets;

	if (h->nlmsg_type != RTM_NEWSTATS)
		return 0;
	if (nl_attrs(h, sizeof(struct if_stats_msg), tb, IFLA_STATS_LINK_64) ==
	    -1)
		return -1;
	a = tb[IFLA_STATS_LINK_64];
	/* it grows with the kernel; these are among the first */
	if (a == NULL || mnl_attr_get_payload_len(a) <
			     offsetof(struct rtnl_link_stats64, rx_errors)) {
		errno = EBADMSG;
		return -1;
	}
	s = mnl_attr_get_payload(a);
	n[0] = field(s, offsetof(struct rtnl_link_stats64, rx_bytes));
	n[1] = field(s, offsetof(struct rtnl_link_stats64, tx_bytes));
	n[2] = field(s, offsetof(struct rtnl_link_stats64, rx_packets)) +
	       field(s, offsetof(struct rtnl_link_stats64, tx_packets));
	return 0;
}

int
octets_read(struct nl *nl, uint32_t ifindex, uint64_t *received, uint64_t *sent,
    uint64_t *packets)
{
	struct if_stats_msg *m;
	uint64_t n[3] = { 0, 0, 0 };

	m = nl_begin(nl, RTM_GETSTATS, 0, sizeof(*m));
	m->ifindex = ifindex;
	m->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	if (nl_request(nl, octets_decode, n) == -1)
		return -1;
	*received = n[0];
	*sent = n[1];
	*packets = n[2];
	return 0;
}
