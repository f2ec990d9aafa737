/* SPDX-License-Identifier: ISC */
/* The text of our nft table. */
#ifndef NETCONF_NFT_H
#define NETCONF_NFT_H

#include <stddef.h>

#include "netconf/plan.h"

#define NFT_DELETE "table inet dialfail\ndelete table inet dialfail\n"

/* With elements, or without (NULL).  0, or -1: it does not fit into size. */
int nft_text(
    const struct net_want *, const struct wanted *, char *, size_t size);

#endif
