/* SPDX-License-Identifier: ISC */
/* Echo in IPv4 and IPv6: what is built, that only a whole reply is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prober/icmp.h"
#include "regress/unit/exact.h"

#define WITH_OPTIONS (60 + ICMP_LEN)

static const uint8_t from[4] = { 198, 51, 100, 7 };
static const uint8_t to[4] = { 192, 0, 2, 10 };

static void
put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* By RFC 1071's words, not by the code under test. */
static unsigned int
sum(const uint8_t *p, size_t len)
{
	unsigned long s = 0;
	size_t i;

	for (i = 0; i < len; i++)
		s += i % 2 == 0 ? (unsigned long)p[i] << 8 : p[i];
	while (s > 0xffff)
		s = (s >> 16) + (s & 0xffff);
	return ~(unsigned int)s & 0xffff;
}

static void
seal(uint8_t *p)
{
	size_t head = (size_t)(p[0] & 15) * 4;

	put16(p + 10, 0);
	put16(p + 10, sum(p, head));
	put16(p + head + 2, 0);
	put16(p + head + 2, sum(p + head, ICMP_LEN));
}

/* A reply with so many octets of options; its whole length. */
static size_t
reply(uint8_t *p, size_t options)
{
	struct icmp_echo e;
	uint8_t request[ICMP_IP6_LEN];

	memset(&e, 0, sizeof(e));
	addr_set(&e.src, AF_INET, from, 4);
	addr_set(&e.dst, AF_INET, to, 4);
	e.id = 0x1234;
	e.seq = 0xfffe;
	e.token = UINT64_C(0x0123456789abcdef);
	icmp_build_ip(&e, request);
	memcpy(p, request, 20);
	memset(p + 20, 1, options); /* no-operation */
	memcpy(p + 20 + options, request + 20, ICMP_LEN);
	p[0] = (uint8_t)(0x40 | (20 + options) / 4);
	put16(p + 2, (unsigned int)(20 + options + ICMP_LEN));
	p[20 + options] = 0;
	seal(p);
	return 20 + options + ICMP_LEN;
}

static int
parse(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	uint8_t *copy = exact(p, len);
	int n;

	n = icmp_parse_ip(copy, len, e);
	free(copy);
	return n;
}

static void
built(void **state)
{
	uint8_t p[ICMP_IP6_LEN];
	struct icmp_echo e;

	(void)state;
	memset(&e, 0, sizeof(e));
	addr_set(&e.src, AF_INET, to, 4);
	addr_set(&e.dst, AF_INET, from, 4);
	e.id = 0xabcd;
	assert_int_equal(icmp_build_ip(&e, p), ICMP_IP4_LEN);
	assert_int_equal(sum(p, 20), 0);
	assert_int_equal(sum(p + 20, ICMP_LEN), 0);
	assert_int_equal(p[8], 64);
	assert_int_equal(p[9], 1);
	assert_memory_equal(p + 12, to, 4);
	assert_memory_equal(p + 16, from, 4);
	assert_int_equal(p[20], 8);
	assert_int_equal(parse(p, ICMP_IP4_LEN, &e), -1); /* not a reply */
}

static void
taken(void **state)
{
	uint8_t p[WITH_OPTIONS + 46];
	struct icmp_echo e;
	size_t options, len;

	(void)state;
	memset(p, 0, sizeof(p));
	for (options = 0; options <= 40; options += 4) {
		len = reply(p, options);
		memset(&e, 0, sizeof(e));
		assert_int_equal(parse(p, len, &e), 0);
		assert_int_equal(e.id, 0x1234);
		assert_int_equal(e.seq, 0xfffe);
		assert_true(e.token == UINT64_C(0x0123456789abcdef));
		assert_memory_equal(e.src.octet, from, 4);
		assert_memory_equal(e.dst.octet, to, 4);
		/* padding behind it is no part of it */
		assert_int_equal(parse(p, len + 2, &e), 0);
	}
}

static void
truncated(void **state)
{
	uint8_t p[WITH_OPTIONS];
	struct icmp_echo e;
	size_t options, len, i;

	(void)state;
	for (options = 0; options <= 40; options += 20) {
		len = reply(p, options);
		for (i = 0; i < len; i++)
			assert_int_equal(parse(p, i, &e), -1);
	}
}

/* Every single bit is under a checksum or is looked at. */
static void
flipped(void **state)
{
	uint8_t p[WITH_OPTIONS];
	struct icmp_echo e;
	size_t len, i;

	(void)state;
	len = reply(p, 8);
	for (i = 0; i < len * 8; i++) {
		p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(parse(p, len, &e), -1);
		p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(parse(p, len, &e), 0);
}

static void
refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 0, 0x65 }, /* version 6 */
		{ 0, 0x44 }, /* header of 16 octets */
		{ 0, 0x4f }, /* header longer than it is */
		{ 3, ICMP_IP4_LEN - 1 }, { 3, ICMP_IP4_LEN + 1 }, { 3, 0 },
		{ 6, 0x20 }, /* more fragments */
		{ 7, 0x01 }, /* behind another fragment */
		{ 9, 17 }, /* UDP */
		{ 20, 8 }, /* a request */
		{ 20, 3 }, /* unreachable */
		{ 21, 1 }, /* a code that no reply has */
	};
	uint8_t p[WITH_OPTIONS];
	struct icmp_echo e;
	size_t i;

	(void)state;
	memset(p, 0, sizeof(p));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		reply(p, 0);
		p[bad[i].at] = bad[i].value;
		if (bad[i].at != 0)
			seal(p);
		assert_int_equal(parse(p, sizeof(p), &e), -1);
	}
}

/* --- IPv6 -------------------------------------------------------------- */

static const uint8_t from6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
static const uint8_t to6[16] = { 0x20, 1, 0xd, 0xb8, 0, 1, [15] = 10 };

/* RFC 4443 section 2.3, by its words: pseudo-header, then message. */
static void
seal6(uint8_t *p, size_t len)
{
	uint8_t all[40 + ICMP_LEN];

	memset(all, 0, sizeof(all));
	memcpy(all, p + 8, 32);
	put16(all + 34, (unsigned int)len);
	all[39] = 58;
	put16(p + 42, 0);
	memcpy(all + 40, p + 40, len);
	put16(p + 42, sum(all, 40 + len));
}

static size_t
reply6(uint8_t p[ICMP_IP6_LEN])
{
	struct icmp_echo e;
	size_t len;

	memset(&e, 0, sizeof(e));
	addr_set(&e.src, AF_INET6, from6, 16);
	addr_set(&e.dst, AF_INET6, to6, 16);
	e.id = 0x1234;
	e.seq = 0xfffe;
	e.token = UINT64_C(0x0123456789abcdef);
	len = icmp_build_ip(&e, p);
	assert_int_equal(len, ICMP_IP6_LEN);
	p[40] = 129;
	seal6(p, ICMP_LEN);
	return len;
}

static void
built6(void **state)
{
	uint8_t p[ICMP_IP6_LEN], q[ICMP_IP6_LEN];
	struct icmp_echo e;

	(void)state;
	reply6(p);
	assert_int_equal(p[0] >> 4, 6);
	assert_int_equal(p[5], ICMP_LEN);
	assert_int_equal(p[6], 58);
	assert_int_equal(p[7], 64);
	assert_memory_equal(p + 8, from6, 16);
	assert_memory_equal(p + 24, to6, 16);
	p[40] = 128; /* as it was: a request, with the right checksum */
	seal6(p, ICMP_LEN);
	assert_int_equal(parse(p, sizeof(p), &e), -1);
	reply6(q);
	assert_int_equal(parse(q, sizeof(q), &e), 0);
	icmp_build(&e, q + 40);
	assert_memory_equal(p, q, sizeof(p));
}

static void
taken6(void **state)
{
	uint8_t p[ICMP_IP6_LEN + 4];
	struct icmp_echo e;
	size_t len, i;

	(void)state;
	memset(p, 0, sizeof(p));
	len = reply6(p);
	assert_int_equal(parse(p, len, &e), 0);
	assert_int_equal(e.id, 0x1234);
	assert_int_equal(e.seq, 0xfffe);
	assert_true(e.token == UINT64_C(0x0123456789abcdef));
	assert_memory_equal(e.src.octet, from6, 16);
	assert_memory_equal(e.dst.octet, to6, 16);
	assert_int_equal(parse(p, len + 4, &e), 0); /* padding */
	for (i = 0; i < len; i++)
		assert_int_equal(parse(p, i, &e), -1);
	/* traffic class, flow label, hops may be any; all else may not */
	for (i = 0; i < len * 8; i++) {
		p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(parse(p, len, &e),
		    i / 8 == 7 || (i / 8 < 4 && (i / 8 > 0 || i < 4)) ? 0 : -1);
		p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

/* Whole, but not what we asked for. */
static void
refused6(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 0, 0x50 },
		{ 5, ICMP_LEN - 1 },
		{ 5, ICMP_LEN + 1 },
		{ 5, 0 },
		{ 6, 0 }, /* hop-by-hop options */
		{ 6, 43 }, /* routing */
		{ 6, 44 }, /* a fragment */
		{ 6, 60 }, /* destination options */
		{ 40, 128 },
		{ 40, 1 }, /* unreachable */
		{ 41, 1 },
	};
	uint8_t p[ICMP_IP6_LEN + 8];
	struct icmp_echo e;
	size_t i;

	(void)state;
	memset(p, 0, sizeof(p));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		reply6(p);
		p[bad[i].at] = bad[i].value;
		seal6(p, p[5] < ICMP_LEN ? p[5] : ICMP_LEN);
		assert_int_equal(parse(p, sizeof(p), &e), -1);
	}
	/* of the other family's checksum, as a raw socket would tell it */
	reply6(p);
	memset(&e, 0, sizeof(e));
	addr_set(&e.src, AF_INET6, from6, 16);
	addr_set(&e.dst, AF_INET6, to6, 16);
	assert_int_equal(icmp_parse(p + 40, ICMP_LEN, &e), 0);
	addr_set(&e.src, AF_INET6, to6, 16);
	assert_int_equal(icmp_parse(p + 40, ICMP_LEN, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built),
		cmocka_unit_test(taken),
		cmocka_unit_test(truncated),
		cmocka_unit_test(flipped),
		cmocka_unit_test(refused),
		cmocka_unit_test(built6),
		cmocka_unit_test(taken6),
		cmocka_unit_test(refused6),
	};

	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
