/* SPDX-License-Identifier: ISC */
/*
 * Ethernet frames with ARP (RFC 826), neighbour discovery (nd.h) or an echo
 * (icmp.h) inside: octets in and out.
 */
#ifndef PROBER_FRAME_H
#define PROBER_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "prober/icmp.h"
#include "prober/nd.h"

#define FRAME_MAC_LEN 6
#define FRAME_HEADER  14
#define FRAME_ARP_LEN (FRAME_HEADER + 28)
#define FRAME_ASK_MAX (FRAME_HEADER + ND_SOLICIT_LEN)
#define FRAME_MAX     (FRAME_HEADER + ICMP_IP6_LEN)

enum frame_kind { FRAME_OTHER, FRAME_NEIGHBOUR, FRAME_ECHO_REPLY };

struct frame {
	enum frame_kind kind;
	uint8_t dst[FRAME_MAC_LEN];
	struct { /* NEIGHBOUR: somebody tells his MAC, by ARP or ND */
		struct addr ip;
		uint8_t mac[FRAME_MAC_LEN];
		struct addr to; /* who is told */
		int answer; /* who has asked for it */
	} neighbour;
	struct icmp_echo echo; /* ECHO_REPLY */
};

/* A question to everybody on the link, by its family; its length. */
size_t frame_ask(const uint8_t mac[FRAME_MAC_LEN], const struct addr *ip,
    const struct addr *asked, uint8_t out[FRAME_ASK_MAX]);
/* An echo request; its length. */
size_t frame_echo(const uint8_t mac[FRAME_MAC_LEN],
    const uint8_t to[FRAME_MAC_LEN], const struct icmp_echo *,
    uint8_t out[FRAME_MAX]);
/* What a received frame is; never reads behind len. */
void frame_parse(const uint8_t *, size_t len, struct frame *);

#endif
