/* SPDX-License-Identifier: ISC */
/* Ethernet frames with ARP or IPv4; see frame.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/frame.h"

#define ETHER_LEN   14
#define TYPE_IPV4   0x0800
#define TYPE_ARP    0x0806
#define TYPE_VLAN   0x8100
#define VLAN_LEN    4
#define VLAN_ID     0x0fff
#define ARP_BODY    28
#define ARP_REQUEST 1
#define ARP_REPLY   2

static unsigned int
get16(const uint8_t *p)
{
	return (unsigned int)(p[0] << 8 | p[1]);
}

static void
ether(uint8_t *out, const uint8_t *dst, const uint8_t *src, unsigned int type)
{
	memcpy(out, dst, FRAME_MAC_LEN);
	memcpy(out + 6, src, FRAME_MAC_LEN);
	out[12] = (uint8_t)(type >> 8);
	out[13] = (uint8_t)type;
}

void
frame_arp_request(const uint8_t mac[FRAME_MAC_LEN], const struct addr *ip,
    const struct addr *asked, uint8_t out[FRAME_ARP_LEN])
{
	static const uint8_t all[FRAME_MAC_LEN] = { 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff };
	static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST };
	uint8_t *p = out + ETHER_LEN;

	ether(out, all, mac, TYPE_ARP);
	memcpy(p, head, sizeof(head));
	memcpy(p + 8, mac, FRAME_MAC_LEN);
	memcpy(p + 14, ip->octet, 4);
	memset(p + 18, 0, FRAME_MAC_LEN);
	memcpy(p + 24, asked->octet, 4);
}

void
frame_echo(const uint8_t mac[FRAME_MAC_LEN], const uint8_t to[FRAME_MAC_LEN],
    const struct icmp_echo *e, uint8_t out[FRAME_ICMP_LEN])
{
	ether(out, to, mac, TYPE_IPV4);
	icmp_build_ip(e, out + ETHER_LEN);
}

static void
parse_arp(const uint8_t *p, size_t len, struct frame *f)
{
	static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, ARP_REPLY };

	if (len < ARP_BODY || memcmp(p, head, sizeof(head)) != 0)
		return;
	memcpy(f->arp_mac, p + 8, FRAME_MAC_LEN);
	addr_set(&f->arp_ip, AF_INET, p + 14, 4);
	addr_set(&f->arp_for, AF_INET, p + 24, 4);
	f->kind = FRAME_ARP_REPLY;
}

void
frame_parse(const uint8_t *p, size_t len, struct frame *f)
{
	unsigned int type;
	size_t at = ETHER_LEN;

	memset(f, 0, sizeof(*f));
	if (len < ETHER_LEN)
		return;
	memcpy(f->dst, p, FRAME_MAC_LEN);
	type = get16(p + 12);
	/* VLAN 0 only carries a priority; others are other links */
	if (type == TYPE_VLAN && len >= ETHER_LEN + VLAN_LEN &&
	    (get16(p + ETHER_LEN) & VLAN_ID) == 0) {
		type = get16(p + 16);
		at += VLAN_LEN;
	}
	if (type == TYPE_ARP)
		parse_arp(p + at, len - at, f);
	else if (type == TYPE_IPV4 &&
		 icmp_parse_ip(p + at, len - at, &f->echo) == 0)
		f->kind = FRAME_ECHO_REPLY;
}
