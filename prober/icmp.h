/* SPDX-License-Identifier: ISC */
/*
 * Echo of ICMP (RFC 792) and ICMPv6 (RFC 4443) inside their IP: octets in
 * and out.  The payload begins with a random token, since identifier and
 * sequence number can be guessed by anybody who wants a dead line to look
 * alive.
 */
#ifndef PROBER_ICMP_H
#define PROBER_ICMP_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define ICMP_LEN     64 /* the seed's: header and payload */
#define ICMP_IP4_LEN (20 + ICMP_LEN)
#define ICMP_IP6_LEN (40 + ICMP_LEN)

struct icmp_echo {
	struct addr src; /* both of one family, and without a scope */
	struct addr dst;
	uint16_t id;
	uint16_t seq;
	uint64_t token;
};

/*
 * The request alone, by the family of its addresses; and one of another
 * length, at least 16.
 */
void icmp_build_padded(const struct icmp_echo *, uint8_t *out, size_t len);
void icmp_build(const struct icmp_echo *, uint8_t out[ICMP_LEN]);
/* In its packet; how long that is. */
size_t icmp_build_ip(const struct icmp_echo *, uint8_t out[ICMP_IP6_LEN]);
/*
 * 0: an echo reply, whole and with good checksums; -1: anything else, also
 * a fragment of one and one behind extension headers, which no host sends.
 */
int icmp_parse_ip(const uint8_t *, size_t len, struct icmp_echo *);
/* The same of a reply alone; its addresses are in the struct already. */
int icmp_parse(const uint8_t *, size_t len, struct icmp_echo *);

/* IPv6's header before a message of ICMPv6 of that length. */
#define ICMP_IP6_HEADER 40
void icmp_ip6_header(const struct addr *src, const struct addr *dst,
    unsigned int hops, size_t len, uint8_t out[ICMP_IP6_HEADER]);
/*
 * The message in an IPv6 packet without extensions, its addresses and its
 * length; NULL: there is none.  Its checksum is not looked at.
 */
const uint8_t *icmp_ip6_message(const uint8_t *packet, size_t len,
    struct addr *src, struct addr *dst, size_t *message_len);
/* Of a message of ICMPv6; 0 if its own checksum is in it and is right. */
uint16_t icmp6_checksum(const struct addr *src, const struct addr *dst,
    const uint8_t *, size_t len);

#endif
