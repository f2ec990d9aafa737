/* SPDX-License-Identifier: ISC */
/* Echo inside IPv4 and IPv6; see icmp.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/icmp.h"
#include "prober/octets.h"

#define ECHO_REPLY    0
#define ECHO_REQUEST  8
#define ECHO6_REQUEST 128
#define ECHO6_REPLY   129
#define PROTO_ICMP    1
#define PROTO_ICMP6   58
#define IP_LEN        20
#define HOPS          64
#define FRAGMENT      0x3fff /* more fragments, or an offset */

/* RFC 1071: the sum so far and more octets; all but the last piece even. */
static uint32_t
add(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len == 1)
		sum += (uint32_t)p[0] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* With the pseudo-header of RFC 8200 section 8.1. */
uint16_t
icmp6_checksum(const struct addr *src, const struct addr *dst, const uint8_t *p,
    size_t len)
{
	uint32_t sum = (uint32_t)len + PROTO_ICMP6;

	sum = add(sum, src->octet, 16);
	sum = add(sum, dst->octet, 16);
	return fold(add(sum, p, len));
}

static uint16_t
checksum(const struct icmp_echo *e, const uint8_t *p, size_t len)
{
	if (e->dst.family == AF_INET6)
		return icmp6_checksum(&e->src, &e->dst, p, len);
	return fold(add(0, p, len));
}

void
icmp_build_padded(const struct icmp_echo *e, uint8_t *out, size_t len)
{
	size_t i;

	out[0] = e->dst.family == AF_INET6 ? ECHO6_REQUEST : ECHO_REQUEST;
	memset(out + 1, 0, 3);
	put16(out + 4, e->id);
	put16(out + 6, e->seq);
	memcpy(out + 8, &e->token, sizeof(e->token));
	for (i = 16; i < len; i++)
		out[i] = (uint8_t)i;
	put16(out + 2, checksum(e, out, len));
}

void
icmp_build(const struct icmp_echo *e, uint8_t out[ICMP_LEN])
{
	icmp_build_padded(e, out, ICMP_LEN);
}

static void
ip4_header(const struct icmp_echo *e, uint8_t out[IP_LEN])
{
	memset(out, 0, IP_LEN);
	out[0] = 0x45;
	put16(out + 2, ICMP_IP4_LEN);
	put16(out + 4, e->seq);
	put16(out + 6, 0x4000); /* don't fragment */
	out[8] = HOPS;
	out[9] = PROTO_ICMP;
	memcpy(out + 12, e->src.octet, 4);
	memcpy(out + 16, e->dst.octet, 4);
	put16(out + 10, fold(add(0, out, IP_LEN)));
}

void
icmp_ip6_header(const struct addr *src, const struct addr *dst,
    unsigned int hops, size_t len, uint8_t out[ICMP_IP6_HEADER])
{
	memset(out, 0, 8);
	out[0] = 0x60;
	put16(out + 4, (unsigned int)len);
	out[6] = PROTO_ICMP6;
	out[7] = (uint8_t)hops;
	memcpy(out + 8, src->octet, 16);
	memcpy(out + 24, dst->octet, 16);
}

size_t
icmp_build_ip(const struct icmp_echo *e, uint8_t out[ICMP_IP6_LEN])
{
	if (e->dst.family == AF_INET6) {
		icmp_ip6_header(&e->src, &e->dst, HOPS, ICMP_LEN, out);
		icmp_build(e, out + ICMP_IP6_HEADER);
		return ICMP_IP6_LEN;
	}
	ip4_header(e, out);
	icmp_build(e, out + IP_LEN);
	return ICMP_IP4_LEN;
}

int
icmp_parse(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	uint8_t reply = e->dst.family == AF_INET6 ? ECHO6_REPLY : ECHO_REPLY;

	if (len != ICMP_LEN || p[0] != reply || p[1] != 0 ||
	    checksum(e, p, len) != 0)
		return -1;
	e->id = get16(p + 4);
	e->seq = get16(p + 6);
	memcpy(&e->token, p + 8, sizeof(e->token));
	return 0;
}

static int
parse_ip4(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	size_t head, total;

	if (len < IP_LEN)
		return -1;
	head = (size_t)(p[0] & 0x0f) * 4;
	total = get16(p + 2);
	if (head < IP_LEN || total > len || total != head + ICMP_LEN ||
	    p[9] != PROTO_ICMP || (get16(p + 6) & FRAGMENT) != 0 ||
	    fold(add(0, p, head)) != 0)
		return -1;
	addr_set(&e->src, AF_INET, p + 12, 4);
	addr_set(&e->dst, AF_INET, p + 16, 4);
	return icmp_parse(p + head, ICMP_LEN, e);
}

const uint8_t *
icmp_ip6_message(const uint8_t *p, size_t len, struct addr *src,
    struct addr *dst, size_t *message_len)
{
	if (len < ICMP_IP6_HEADER || p[0] >> 4 != 6 || p[6] != PROTO_ICMP6 ||
	    get16(p + 4) > len - ICMP_IP6_HEADER)
		return NULL;
	*message_len = get16(p + 4);
	addr_set(src, AF_INET6, p + 8, 16);
	addr_set(dst, AF_INET6, p + 24, 16);
	return p + ICMP_IP6_HEADER;
}

int
icmp_parse_ip(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	if (len > 0 && p[0] >> 4 == 4)
		return parse_ip4(p, len, e);
	if ((p = icmp_ip6_message(p, len, &e->src, &e->dst, &len)) == NULL)
		return -1;
	return icmp_parse(p, len, e);
}
