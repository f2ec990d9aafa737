/* SPDX-License-Identifier: ISC */
/*
 * ICMP echo (RFC 792) inside IPv4 (RFC 791): octets in and out.  The payload
 * begins with a random token, since identifier and sequence number can be
 * guessed by anybody who wants a dead line to look alive.
 */
#ifndef PROBER_ICMP_H
#define PROBER_ICMP_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define ICMP_LEN    64 /* the seed's: header and payload */
#define ICMP_IP_LEN (20 + ICMP_LEN)

struct icmp_echo {
	struct addr src;
	struct addr dst;
	uint16_t id;
	uint16_t seq;
	uint64_t token;
};

/* The ICMP message alone, or in its IPv4 packet. */
void icmp_build(const struct icmp_echo *, uint8_t out[ICMP_LEN]);
void icmp_build_ip(const struct icmp_echo *, uint8_t out[ICMP_IP_LEN]);
/* 0: an echo reply, whole and with good checksums; -1: anything else. */
int icmp_parse_ip(const uint8_t *, size_t len, struct icmp_echo *);

#endif
