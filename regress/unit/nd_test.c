/* SPDX-License-Identifier: ISC */
/*
 * Neighbour discovery: the solicitation octet by octet, and advertisements
 * by the list of RFC 4861 section 7.1.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prober/nd.h"
#include "regress/unit/exact.h"

#define ADVERT_LEN 32 /* with one option */
#define ROOM       128

static const uint8_t our_mac[ND_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t their_mac[ND_MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
static struct addr ours, theirs;

static int
set_up(void **state)
{
	(void)state;
	addr_parse("2001:db8:1::10", &ours);
	addr_parse("fe80::12:3456", &theirs);
	return 0;
}

/* RFC 4443 section 2.3, by its words. */
static unsigned int
sum(const uint8_t *packet, size_t len)
{
	unsigned long s = 58 + (unsigned long)(len - 40);
	size_t i;

	for (i = 8; i < len; i++)
		s += i % 2 == 0 ? (unsigned long)packet[i] << 8 : packet[i];
	while (s > 0xffff)
		s = (s >> 16) + (s & 0xffff);
	return ~(unsigned int)s & 0xffff;
}

static void
seal(uint8_t *p, size_t len)
{
	unsigned int s;

	p[4] = (uint8_t)((len - 40) >> 8);
	p[5] = (uint8_t)(len - 40);
	p[42] = p[43] = 0;
	s = sum(p, len);
	p[42] = (uint8_t)(s >> 8);
	p[43] = (uint8_t)s;
}

/* Solicited, with the target's address; its length. */
static size_t
advert(uint8_t p[ROOM])
{
	memset(p, 0, ROOM);
	p[0] = 0x60;
	p[6] = 58;
	p[7] = 255;
	memcpy(p + 8, theirs.octet, 16);
	memcpy(p + 24, ours.octet, 16);
	p[40] = 136;
	p[44] = 0x60;
	memcpy(p + 48, theirs.octet, 16);
	p[64] = 2;
	p[65] = 1;
	memcpy(p + 66, their_mac, ND_MAC_LEN);
	seal(p, 40 + ADVERT_LEN);
	return 40 + ADVERT_LEN;
}

static int
parse(const uint8_t *p, size_t len, struct nd_advert *a)
{
	uint8_t *copy = exact(p, len);
	int n;

	n = nd_parse(copy, len, a);
	free(copy);
	return n;
}

static void
solicits(void **state)
{
	static const uint8_t group[ND_MAC_LEN] = { 0x33, 0x33, 0xff, 0x12, 0x34,
		0x56 };
	uint8_t p[ND_SOLICIT_LEN], mac[ND_MAC_LEN];
	struct nd_advert a;
	struct addr nodes;

	(void)state;
	nd_solicit(our_mac, &ours, &theirs, p, mac);
	assert_memory_equal(mac, group, sizeof(group));
	addr_parse("ff02::1:ff12:3456", &nodes);
	assert_int_equal(p[0], 0x60);
	assert_int_equal(p[5], ADVERT_LEN);
	assert_int_equal(p[6], 58);
	assert_int_equal(p[7], 255);
	assert_memory_equal(p + 8, ours.octet, 16);
	assert_memory_equal(p + 24, nodes.octet, 16);
	assert_int_equal(p[40], 135);
	assert_int_equal(p[41], 0);
	assert_memory_equal(p + 48, theirs.octet, 16);
	assert_int_equal(p[64], 1);
	assert_int_equal(p[65], 1);
	assert_memory_equal(p + 66, our_mac, ND_MAC_LEN);
	assert_int_equal(sum(p, sizeof(p)), 0);
	assert_int_equal(parse(p, sizeof(p), &a), -1);
}

static void
taken(void **state)
{
	uint8_t p[ROOM];
	struct nd_advert a;
	size_t len, i;

	(void)state;
	len = advert(p);
	assert_int_equal(parse(p, len, &a), 0);
	assert_true(a.solicited);
	assert_int_equal(addr_cmp(&a.target, &theirs), 0);
	assert_int_equal(addr_cmp(&a.from, &theirs), 0);
	assert_int_equal(addr_cmp(&a.to, &ours), 0);
	assert_memory_equal(a.mac, their_mac, ND_MAC_LEN);
	for (i = 0; i < len; i++)
		assert_int_equal(parse(p, i, &a), -1);
	p[44] = 0x20;
	seal(p, len);
	assert_int_equal(parse(p, len, &a), 0);
	assert_false(a.solicited);
	/* an option that we do not know, before and behind */
	len = advert(p) + 16;
	memmove(p + 72, p + 64, 8);
	memset(p + 64, 0, 8);
	memset(p + 80, 0, 8);
	p[64] = p[80] = 200;
	p[65] = p[81] = 1;
	seal(p, len);
	assert_int_equal(parse(p, len, &a), 0);
	assert_memory_equal(a.mac, their_mac, ND_MAC_LEN);
}

static void
refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 6, 44 }, /* a fragment: RFC 6980 */
		{ 6, 0 }, /* hop-by-hop options before it */
		{ 7, 254 }, /* a router let it pass */
		{ 40, 135 }, { 41, 1 }, { 48, 0xff }, /* of a group */
		{ 24, 0xff }, /* solicited, but to a group */
		{ 64, 1 }, /* the source's address, not the target's */
		{ 65, 0 }, /* an option without a length */
		{ 65, 2 }, /* longer than the packet */
	};
	uint8_t p[ROOM];
	struct nd_advert a;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		len = advert(p);
		p[bad[i].at] = bad[i].value;
		seal(p, len);
		assert_int_equal(parse(p, len, &a), -1);
	}
	len = advert(p);
	seal(p, len - 8); /* no option at all */
	assert_int_equal(parse(p, len, &a), -1);
	advert(p);
	seal(p, len - 1); /* one that is cut */
	assert_int_equal(parse(p, len, &a), -1);
	/* every bit of the message is under its checksum */
	for (advert(p), i = 40 * 8; i < len * 8; i++) {
		p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(parse(p, len, &a), -1);
		p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(solicits),
		cmocka_unit_test(taken),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("nd", tests, set_up, NULL);
}
