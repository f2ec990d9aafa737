/* SPDX-License-Identifier: ISC */
/* Ethernet frames; see frame.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/frame.h"
#include "prober/octets.h"

#define TYPE_IPV4   0x0800
#define TYPE_ARP    0x0806
#define TYPE_VLAN   0x8100
#define TYPE_IPV6   0x86dd
#define VLAN_LEN    4
#define VLAN_ID     0x0fff
#define ARP_BODY    (FRAME_ARP_LEN - FRAME_HEADER)
#define ARP_REQUEST 1
#define ARP_REPLY   2
#define GROUP       1 /* in the first octet of a MAC */

static void
ether(uint8_t *out, const uint8_t *dst, const uint8_t *src, unsigned int type)
{
	memcpy(out, dst, FRAME_MAC_LEN);
	memcpy(out + 6, src, FRAME_MAC_LEN);
	put16(out + 12, type);
}

static size_t
ask_arp(const uint8_t *mac, const struct addr *ip, const struct addr *asked,
    uint8_t *out)
{
	static const uint8_t all[FRAME_MAC_LEN] = { 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff };
	static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST };
	uint8_t *p = out + FRAME_HEADER;

	ether(out, all, mac, TYPE_ARP);
	memcpy(p, head, sizeof(head));
	memcpy(p + 8, mac, FRAME_MAC_LEN);
	memcpy(p + 14, ip->octet, 4);
	memset(p + 18, 0, FRAME_MAC_LEN);
	memcpy(p + 24, asked->octet, 4);
	return FRAME_ARP_LEN;
}

size_t
frame_ask(const uint8_t mac[FRAME_MAC_LEN], const struct addr *ip,
    const struct addr *asked, uint8_t out[FRAME_ASK_MAX])
{
	uint8_t group[FRAME_MAC_LEN];

	if (asked->family != AF_INET6)
		return ask_arp(mac, ip, asked, out);
	nd_solicit(mac, ip, asked, out + FRAME_HEADER, group);
	ether(out, group, mac, TYPE_IPV6);
	return FRAME_HEADER + ND_SOLICIT_LEN;
}

size_t
frame_echo(const uint8_t mac[FRAME_MAC_LEN], const uint8_t to[FRAME_MAC_LEN],
    const struct icmp_echo *e, uint8_t out[FRAME_MAX])
{
	ether(out, to, mac, e->dst.family == AF_INET6 ? TYPE_IPV6 : TYPE_IPV4);
	return FRAME_HEADER + icmp_build_ip(e, out + FRAME_HEADER);
}

/* The MAC of one, not of a group or of nobody. */
static int
is_unicast(const uint8_t mac[FRAME_MAC_LEN])
{
	static const uint8_t nobody[FRAME_MAC_LEN];

	return !(mac[0] & GROUP) && memcmp(mac, nobody, FRAME_MAC_LEN) != 0;
}

static void
parse_arp(const uint8_t *p, size_t len, struct frame *f)
{
	static const uint8_t head[7] = { 0, 1, 8, 0, 6, 4, 0 };

	if (len < ARP_BODY || memcmp(p, head, sizeof(head)) != 0 ||
	    (p[7] != ARP_REQUEST && p[7] != ARP_REPLY) || !is_unicast(p + 8))
		return;
	memcpy(f->neighbour.mac, p + 8, FRAME_MAC_LEN);
	addr_set(&f->neighbour.ip, AF_INET, p + 14, 4);
	addr_set(&f->neighbour.to, AF_INET, p + 24, 4);
	f->neighbour.answer = p[7] == ARP_REPLY;
	f->kind = FRAME_NEIGHBOUR;
}

static void
parse_advert(const uint8_t *p, size_t len, struct frame *f)
{
	struct nd_advert a;

	if (nd_parse(p, len, &a) == -1 || !is_unicast(a.mac))
		return;
	memcpy(f->neighbour.mac, a.mac, FRAME_MAC_LEN);
	f->neighbour.ip = a.target;
	f->neighbour.to = a.to;
	f->neighbour.answer = a.solicited;
	f->kind = FRAME_NEIGHBOUR;
}

/*
 * VLAN 0 only carries a priority (IEEE 802.1Q, 9.6), others are other links:
 * a tap on the parent device sees their frames as well, with the tag that
 * libpcap puts in again, and a VLAN's own device sees its own without one.
 */
void
frame_parse(const uint8_t *p, size_t len, struct frame *f)
{
	unsigned int type;
	size_t at = FRAME_HEADER;

	f->kind = FRAME_OTHER;
	if (len < FRAME_HEADER)
		return;
	memcpy(f->dst, p, FRAME_MAC_LEN);
	type = get16(p + 12);
	if (type == TYPE_VLAN && len >= FRAME_HEADER + VLAN_LEN &&
	    (get16(p + FRAME_HEADER) & VLAN_ID) == 0) {
		type = get16(p + 16);
		at += VLAN_LEN;
	}
	p += at;
	len -= at;
	if (type == TYPE_ARP)
		parse_arp(p, len, f);
	else if ((type == TYPE_IPV4 || type == TYPE_IPV6) && len > 0 &&
		 p[0] >> 4 == (type == TYPE_IPV6 ? 6 : 4)) {
		if (icmp_parse_ip(p, len, &f->echo) == 0)
			f->kind = FRAME_ECHO_REPLY;
		else if (type == TYPE_IPV6)
			parse_advert(p, len, f);
	}
}
