/* SPDX-License-Identifier: ISC */
/* ICMP echo in IPv4: what is built, and that only a whole reply is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prober/icmp.h"

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
	uint8_t request[ICMP_IP_LEN];

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

/* In memory of just that length, so that a sanitizer sees each octet. */
static int
parse(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	uint8_t *copy = malloc(len);
	int n;

	assert_true(copy != NULL || len == 0);
	if (len > 0)
		memcpy(copy, p, len);
	n = icmp_parse_ip(copy, len, e);
	free(copy);
	return n;
}

static void
built(void **state)
{
	uint8_t p[ICMP_IP_LEN];
	struct icmp_echo e;

	(void)state;
	memset(&e, 0, sizeof(e));
	addr_set(&e.src, AF_INET, to, 4);
	addr_set(&e.dst, AF_INET, from, 4);
	e.id = 0xabcd;
	icmp_build_ip(&e, p);
	assert_int_equal(sum(p, 20), 0);
	assert_int_equal(sum(p + 20, ICMP_LEN), 0);
	assert_int_equal(p[8], 64);
	assert_int_equal(p[9], 1);
	assert_memory_equal(p + 12, to, 4);
	assert_memory_equal(p + 16, from, 4);
	assert_int_equal(p[20], 8);
	assert_int_equal(parse(p, sizeof(p), &e), -1); /* not a reply */
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
		{ 3, ICMP_IP_LEN - 1 }, { 3, ICMP_IP_LEN + 1 }, { 3, 0 },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built),
		cmocka_unit_test(taken),
		cmocka_unit_test(truncated),
		cmocka_unit_test(flipped),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
