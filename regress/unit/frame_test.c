/* SPDX-License-Identifier: ISC */
/* Ethernet frames: ARP and echo, tagged and not, whole and not; see nd_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prober/frame.h"
#include "regress/unit/exact.h"

static const uint8_t ours[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t theirs[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t our_ip[4] = { 192, 0, 2, 10 };
static const uint8_t their_ip[4] = { 192, 0, 2, 1 };

static enum frame_kind
parse(const uint8_t *p, size_t len, struct frame *f)
{
	uint8_t *copy = exact(p, len);

	frame_parse(copy, len, f);
	free(copy);
	return f->kind;
}

static void
arp_reply(uint8_t p[FRAME_ASK_MAX])
{
	struct addr a, b;

	addr_set(&a, AF_INET, their_ip, 4);
	addr_set(&b, AF_INET, our_ip, 4);
	assert_int_equal(frame_ask(theirs, &a, &b, p), FRAME_ARP_LEN);
	memcpy(p, ours, FRAME_MAC_LEN);
	p[21] = 2;
	memcpy(p + 32, ours, FRAME_MAC_LEN);
}

/* The whole length of the reply to a request of ours. */
static size_t
echo_reply(uint8_t p[FRAME_MAX])
{
	struct icmp_echo e;
	unsigned int sum;

	memset(&e, 0, sizeof(e));
	addr_set(&e.src, AF_INET, their_ip, 4);
	addr_set(&e.dst, AF_INET, our_ip, 4);
	e.id = 7;
	e.seq = 8;
	e.token = 9;
	frame_echo(theirs, ours, &e, p);
	/* type 8 becomes 0: the sum grows by as much, end-around */
	sum = (unsigned int)(p[36] << 8 | p[37]) + 0x800;
	sum = (sum & 0xffff) + (sum >> 16);
	p[34] = 0;
	p[36] = (uint8_t)(sum >> 8);
	p[37] = (uint8_t)sum;
	return FRAME_HEADER + ICMP_IP4_LEN;
}

static size_t
tagged(const uint8_t *p, size_t len, unsigned int tag, uint8_t *out)
{
	memcpy(out, p, 12);
	out[12] = 0x81;
	out[13] = 0;
	out[14] = (uint8_t)(tag >> 8);
	out[15] = (uint8_t)tag;
	memcpy(out + 16, p + 12, len - 12);
	return len + 4;
}

static void
asks_all(void **state)
{
	uint8_t p[FRAME_ASK_MAX];
	struct addr a, b;
	struct frame f;

	(void)state;
	addr_set(&a, AF_INET, our_ip, 4);
	addr_set(&b, AF_INET, their_ip, 4);
	assert_int_equal(frame_ask(ours, &a, &b, p), FRAME_ARP_LEN);
	/* it tells who asks, and answers nothing */
	assert_int_equal(parse(p, FRAME_ARP_LEN, &f), FRAME_NEIGHBOUR);
	assert_false(f.neighbour.answer);
	assert_memory_equal(f.neighbour.ip.octet, our_ip, 4);
	assert_memory_equal(f.dst, "\377\377\377\377\377\377", FRAME_MAC_LEN);
	assert_memory_equal(p + 28, our_ip, 4);
	assert_memory_equal(p + 38, their_ip, 4);
}

static void
arp(void **state)
{
	uint8_t p[FRAME_ASK_MAX];
	struct frame f;
	size_t i;

	(void)state;
	arp_reply(p);
	assert_int_equal(parse(p, FRAME_ARP_LEN, &f), FRAME_NEIGHBOUR);
	assert_true(f.neighbour.answer);
	assert_memory_equal(f.neighbour.mac, theirs, FRAME_MAC_LEN);
	assert_memory_equal(f.neighbour.ip.octet, their_ip, 4);
	assert_memory_equal(f.neighbour.to.octet, our_ip, 4);
	for (i = 0; i < FRAME_ARP_LEN; i++)
		assert_int_equal(parse(p, i, &f), FRAME_OTHER);
	/* hardware, protocol, their lengths, the operation */
	for (i = 14; i < 22; i++) {
		arp_reply(p);
		p[i] ^= i == 21 ? 4 : 1;
		assert_int_equal(parse(p, FRAME_ARP_LEN, &f), FRAME_OTHER);
	}
	arp_reply(p);
	p[22] |= 1; /* the MAC of a group */
	assert_int_equal(parse(p, FRAME_ARP_LEN, &f), FRAME_OTHER);
	memset(p + 22, 0, FRAME_MAC_LEN);
	assert_int_equal(parse(p, FRAME_ARP_LEN, &f), FRAME_OTHER);
}

static void
echo(void **state)
{
	uint8_t p[FRAME_MAX];
	struct frame f;
	size_t i, len;

	(void)state;
	len = echo_reply(p);
	assert_int_equal(parse(p, len, &f), FRAME_ECHO_REPLY);
	assert_int_equal(f.echo.id, 7);
	assert_int_equal(f.echo.seq, 8);
	assert_true(f.echo.token == 9);
	assert_memory_equal(f.dst, ours, FRAME_MAC_LEN);
	for (i = 0; i < len; i++)
		assert_int_equal(parse(p, i, &f), FRAME_OTHER);
	p[12] = 0x86; /* IPv6 */
	p[13] = 0xdd;
	assert_int_equal(parse(p, len, &f), FRAME_OTHER);
}

/* A priority tag is the same link, VLAN 5 is another. */
static void
vlan(void **state)
{
	uint8_t p[FRAME_MAX], t[FRAME_MAX + 8];
	struct frame f;
	size_t i, len;

	(void)state;
	len = tagged(p, echo_reply(p), 0xe000, t);
	assert_int_equal(parse(t, len, &f), FRAME_ECHO_REPLY);
	for (i = 0; i < len; i++)
		assert_int_equal(parse(t, i, &f), FRAME_OTHER);
	len = tagged(p, echo_reply(p), 0xe005, t);
	assert_int_equal(parse(t, len, &f), FRAME_OTHER);
	/* a tag within a tag */
	len = tagged(p, echo_reply(p), 0, t);
	memmove(t + 16, t + 12, len - 12);
	assert_int_equal(parse(t, len + 4, &f), FRAME_OTHER);
}

/* The type of the frame and the version of the packet must agree. */
static void
echo6(void **state)
{
	static const uint8_t from[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	static const uint8_t to[16] = { 0x20, 1, 0xd, 0xb8, [15] = 10 };
	uint8_t p[FRAME_MAX];
	struct icmp_echo e;
	struct frame f;
	unsigned int sum;
	size_t i, len;

	(void)state;
	memset(&e, 0, sizeof(e));
	addr_set(&e.src, AF_INET6, from, 16);
	addr_set(&e.dst, AF_INET6, to, 16);
	e.id = 7;
	len = frame_echo(theirs, ours, &e, p);
	assert_int_equal(len, FRAME_MAX);
	assert_int_equal(parse(p, len, &f), FRAME_OTHER);
	/* type 128 becomes 129: one's complement of the sum */
	sum = (unsigned int)(p[56] << 8 | p[57]) + 0xfeff;
	sum = (sum & 0xffff) + (sum >> 16);
	p[54] = 129;
	p[56] = (uint8_t)(sum >> 8);
	p[57] = (uint8_t)sum;
	assert_int_equal(parse(p, len, &f), FRAME_ECHO_REPLY);
	assert_int_equal(f.echo.id, 7);
	for (i = 0; i < len; i++)
		assert_int_equal(parse(p, i, &f), FRAME_OTHER);
	p[12] = 0x08;
	p[13] = 0x00;
	assert_int_equal(parse(p, len, &f), FRAME_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_all),
		cmocka_unit_test(arp),
		cmocka_unit_test(echo),
		cmocka_unit_test(vlan),
		cmocka_unit_test(echo6),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
