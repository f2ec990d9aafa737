/* SPDX-License-Identifier: ISC */
/*
 * Our nft table with its elements, as last read: as long as the generation of
 * all rules is the same (NFT_MSG_GETGEN), nobody has changed it.  A switch
 * reads it twice and changes nothing of it, and each set is a dump of its own.
 */
#include <sys/types.h>

#include <arpa/inet.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

static struct {
	uint32_t gen; /* 0: nothing is known */
	uint64_t handle;
	struct net_element *elements;
	size_t n;
} last;

static int
decode(const struct nlmsghdr *h, void *gen)
{
	const struct nlattr *tb[NFTA_GEN_ID + 1];
	uint32_t id;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN))
		return 0;
	if (nl_attrs(h, sizeof(struct nfgenmsg), tb, NFTA_GEN_ID) == -1 ||
	    (tb[NFTA_GEN_ID] != NULL && nl_u32(tb[NFTA_GEN_ID], &id) == -1))
		return -1;
	if (tb[NFTA_GEN_ID] != NULL)
		*(uint32_t *)gen = ntohl(id);
	return 0;
}

/* The kernel's never is 0; if it cannot tell, each time is the first. */
static uint32_t
generation(struct nl *nl)
{
	uint32_t gen = 0;

	(void)nl_begin(nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0,
	    sizeof(struct nfgenmsg));
	return nl_request(nl, decode, &gen) == -1 ? 0 : gen;
}

/* calloc(0) may give NULL, which is no failure. */
static struct net_element *
copy(const struct net_element *e, size_t n)
{
	struct net_element *new = calloc(n + 1, sizeof(*new));

	if (new != NULL && n > 0)
		memcpy(new, e, n * sizeof(*e));
	return new;
}

static void
keep(uint32_t gen, const struct net_state *s)
{
	free(last.elements);
	last.elements = copy(s->elements, s->nelements);
	last.gen = last.elements == NULL ? 0 : gen;
	last.handle = s->nat;
	last.n = s->nelements;
}

/* What is changed after the question is of a later generation. */
int
ruleset_dump(struct nl *nl, struct net_state *s)
{
	uint32_t gen = generation(nl);

	if (gen != 0 && gen == last.gen) {
		s->nat = last.handle;
		s->nelements = last.n;
		s->elements = copy(last.elements, last.n);
		return s->elements == NULL ? -1 : 0;
	}
	if (nft_handle(nl, &s->nat) == -1 || set_dump_all(nl, s) == -1)
		return -1;
	keep(gen, s);
	return 0;
}
