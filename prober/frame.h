/* SPDX-License-Identifier: ISC */
/* Ethernet frames with ARP (RFC 826) or IPv4 inside: octets in and out. */
#ifndef PROBER_FRAME_H
#define PROBER_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "prober/icmp.h"

#define FRAME_MAC_LEN  6
#define FRAME_ARP_LEN  42
#define FRAME_ICMP_LEN (14 + ICMP_IP_LEN)

enum frame_kind { FRAME_OTHER, FRAME_ARP_REPLY, FRAME_ECHO_REPLY };

struct frame {
	enum frame_kind kind;
	uint8_t dst[FRAME_MAC_LEN];
	struct addr arp_ip; /* ARP_REPLY: who answers, and its MAC */
	struct addr arp_for; /* who asked */
	uint8_t arp_mac[FRAME_MAC_LEN];
	struct icmp_echo echo; /* ECHO_REPLY */
};

/* Asks everybody on the link. */
void frame_arp_request(const uint8_t mac[FRAME_MAC_LEN], const struct addr *ip,
    const struct addr *asked, uint8_t out[FRAME_ARP_LEN]);
void frame_echo(const uint8_t mac[FRAME_MAC_LEN],
    const uint8_t to[FRAME_MAC_LEN], const struct icmp_echo *,
    uint8_t out[FRAME_ICMP_LEN]);
/* What a received frame is; never reads behind len. */
void frame_parse(const uint8_t *, size_t len, struct frame *);

#endif
