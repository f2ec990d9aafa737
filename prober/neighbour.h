/* SPDX-License-Identifier: ISC */
/*
 * What the kernel has in its own table of neighbours, which is where the
 * site's traffic goes.  It believes whoever speaks last (RFC 826), so that
 * may be another MAC than the one that works.
 */
#ifndef PROBER_NEIGHBOUR_H
#define PROBER_NEIGHBOUR_H

#include <stdint.h>

#include "common/addr.h"
#include "prober/frame.h"

/* A socket to ask it by, or -1. */
int neighbour_open(void);
/* 0: that MAC; -1: it has none, or tells nobody. */
int neighbour_mac(
    int s, uint32_t ifindex, const struct addr *, uint8_t mac[FRAME_MAC_LEN]);

#endif
