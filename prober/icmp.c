/* SPDX-License-Identifier: ISC */
/* ICMP echo inside IPv4; see icmp.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/icmp.h"

#define ECHO_REPLY   0
#define ECHO_REQUEST 8
#define PROTO_ICMP   1
#define IP_LEN       20
#define TTL          64
#define FRAGMENT     0x3fff /* more fragments, or an offset */

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 1071. */
static uint16_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len == 1)
		sum += (uint32_t)p[0] << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void
icmp_build(const struct icmp_echo *e, uint8_t out[ICMP_LEN])
{
	size_t i;

	memset(out, 0, ICMP_LEN);
	out[0] = ECHO_REQUEST;
	put16(out + 4, e->id);
	put16(out + 6, e->seq);
	memcpy(out + 8, &e->token, sizeof(e->token));
	for (i = 16; i < ICMP_LEN; i++)
		out[i] = (uint8_t)i;
	put16(out + 2, checksum(out, ICMP_LEN));
}

void
icmp_build_ip(const struct icmp_echo *e, uint8_t out[ICMP_IP_LEN])
{
	memset(out, 0, IP_LEN);
	out[0] = 0x45;
	put16(out + 2, ICMP_IP_LEN);
	put16(out + 4, e->seq);
	put16(out + 6, 0x4000); /* don't fragment */
	out[8] = TTL;
	out[9] = PROTO_ICMP;
	memcpy(out + 12, e->src.octet, 4);
	memcpy(out + 16, e->dst.octet, 4);
	put16(out + 10, checksum(out, IP_LEN));
	icmp_build(e, out + IP_LEN);
}

int
icmp_parse_ip(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	size_t head, total;

	if (len < IP_LEN || p[0] >> 4 != 4)
		return -1;
	head = (size_t)(p[0] & 0x0f) * 4;
	total = get16(p + 2);
	if (head < IP_LEN || total > len || total != head + ICMP_LEN ||
	    p[9] != PROTO_ICMP || (get16(p + 6) & FRAGMENT) != 0 ||
	    checksum(p, head) != 0)
		return -1;
	addr_set(&e->src, AF_INET, p + 12, 4);
	addr_set(&e->dst, AF_INET, p + 16, 4);
	p += head;
	if (p[0] != ECHO_REPLY || p[1] != 0 || checksum(p, ICMP_LEN) != 0)
		return -1;
	e->id = get16(p + 4);
	e->seq = get16(p + 6);
	memcpy(&e->token, p + 8, sizeof(e->token));
	return 0;
}
