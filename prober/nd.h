/* SPDX-License-Identifier: ISC */
/*
 * Neighbour discovery (RFC 4861), as much of it as finding a next hop takes:
 * a solicitation goes out, an advertisement comes in.
 */
#ifndef PROBER_ND_H
#define PROBER_ND_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define ND_SOLICIT_LEN (40 + 24 + 8)
#define ND_MAC_LEN     6

struct nd_advert {
	struct addr from; /* the packet's; none of these has a scope */
	struct addr to;
	struct addr target; /* whose link-layer address it tells */
	uint8_t mac[ND_MAC_LEN];
	int solicited; /* it answers a question */
};

/* Ask all on the link: the packet, and the group's MAC that it goes to. */
void nd_solicit(const uint8_t mac[ND_MAC_LEN], const struct addr *ip,
    const struct addr *asked, uint8_t out[ND_SOLICIT_LEN],
    uint8_t group[ND_MAC_LEN]);
/* 0: an advertisement as it must be, with a MAC in it; -1: anything else. */
int nd_parse(const uint8_t *packet, size_t len, struct nd_advert *);

#endif
