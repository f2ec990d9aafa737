/* SPDX-License-Identifier: ISC */
/* Named counters of our nft table (linux/netfilter/nf_tables.h). */
#include <arpa/inet.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define NFT(x) (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_##x)

int
counter_decode(const struct nlmsghdr *h, void *packets)
{
	const struct nlattr *tb[NFTA_OBJ_MAX + 1], *c[NFTA_COUNTER_MAX + 1], *a;
	uint64_t n;

	if (h->nlmsg_type != NFT(NEWOBJ))
		return 0;
	if (nl_attrs(h, sizeof(struct nfgenmsg), tb, NFTA_OBJ_MAX) == -1)
		return -1;
	nl_nested(tb[NFTA_OBJ_DATA], c, NFTA_COUNTER_MAX);
	a = c[NFTA_COUNTER_PACKETS];
	if (a == NULL || mnl_attr_get_payload_len(a) != sizeof(n)) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(&n, mnl_attr_get_payload(a), sizeof(n));
	*(uint64_t *)packets = be64toh(n);
	return 0;
}

static int
packets(struct nl *nl, const char *what, uint32_t uplink, uint64_t *n)
{
	struct nfgenmsg *m;
	char name[24];

	*n = 0;
	snprintf(name, sizeof(name), "%s%u", what, uplink);
	m = nl_begin(nl, NFT(GETOBJ), 0, sizeof(*m));
	m->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(&nl->hdr, NFTA_OBJ_TABLE, "dialfail");
	mnl_attr_put_strz(&nl->hdr, NFTA_OBJ_NAME, name);
	mnl_attr_put_u32(&nl->hdr, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
	return nl_request(nl, counter_decode, n);
}

/* What was tried is read last: it is never less than what passed. */
int
counter_forwarded(
    struct nl *nl, uint32_t uplink, uint64_t *tried, uint64_t *passed)
{
	return packets(nl, "passed", uplink, passed) == -1 ||
		       packets(nl, "tried", uplink, tried) == -1
		   ? -1
		   : 0;
}
