/* SPDX-License-Identifier: ISC */
/* Neighbour solicitations and advertisements; see nd.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/icmp.h"
#include "prober/nd.h"
#include "prober/octets.h"

#define SOLICIT          135
#define ADVERT           136
#define MESSAGE_LEN      24 /* before the options */
#define FLAG_SOLICITED   0x40
#define OPTION_SOURCE    1
#define OPTION_TARGET    2
#define OPTION_LEN       8 /* of a MAC's */
#define HOPS             255 /* no router let it pass (section 7.1) */
#define SOLICITED_PREFIX 13 /* octets of ff02::1:ff00:0 (RFC 4291, 2.7.1) */

void
nd_solicit(const uint8_t mac[ND_MAC_LEN], const struct addr *ip,
    const struct addr *asked, uint8_t out[ND_SOLICIT_LEN],
    uint8_t group[ND_MAC_LEN])
{
	static const uint8_t nodes[SOLICITED_PREFIX] = { 0xff, 2, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 1, 0xff };
	uint8_t *p = out + ICMP_IP6_HEADER;
	struct addr to = *asked;

	memcpy(to.octet, nodes, sizeof(nodes));
	group[0] = group[1] = 0x33; /* RFC 2464, section 7 */
	memcpy(group + 2, to.octet + 12, 4);
	icmp_ip6_header(ip, &to, HOPS, MESSAGE_LEN + OPTION_LEN, out);
	memset(p, 0, 8);
	p[0] = SOLICIT;
	memcpy(p + 8, asked->octet, 16);
	p[24] = OPTION_SOURCE;
	p[25] = OPTION_LEN / 8;
	memcpy(p + 26, mac, ND_MAC_LEN);
	put16(p + 2, icmp6_checksum(ip, &to, p, MESSAGE_LEN + OPTION_LEN));
}

/* The target's MAC; -1: it is not told, or an option is no option. */
static int
parse_options(const uint8_t *p, size_t len, uint8_t mac[ND_MAC_LEN])
{
	size_t n;
	int found = -1;

	for (; len > 0; p += n, len -= n) {
		if (len < 2 || p[1] == 0 || (n = (size_t)p[1] * 8) > len)
			return -1;
		if (p[0] != OPTION_TARGET || n != OPTION_LEN)
			continue;
		memcpy(mac, p + 2, ND_MAC_LEN);
		found = 0;
	}
	return found;
}

/* Section 7.1.2, point by point. */
int
nd_parse(const uint8_t *packet, size_t len, struct nd_advert *a)
{
	const uint8_t *p;

	if ((p = icmp_ip6_message(packet, len, &a->from, &a->to, &len)) ==
		NULL ||
	    packet[7] != HOPS || len < MESSAGE_LEN || p[0] != ADVERT ||
	    p[1] != 0 || icmp6_checksum(&a->from, &a->to, p, len) != 0)
		return -1;
	addr_set(&a->target, AF_INET6, p + 8, 16);
	a->solicited = (p[4] & FLAG_SOLICITED) != 0;
	if (addr_is_multicast(&a->target) ||
	    (addr_is_multicast(&a->to) && a->solicited))
		return -1;
	return parse_options(p + MESSAGE_LEN, len - MESSAGE_LEN, a->mac);
}
