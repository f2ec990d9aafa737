/* SPDX-License-Identifier: ISC */
/* Queries as they leave, and what is believed of answers. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prober/dns.h"

#define ID      0x1035
#define FLAGS   0x8180 /* an answer, recursion asked for and done */
#define MESSAGE 2048

static const uint8_t upper[DNS_CASES] = { 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t lower[DNS_CASES];
static const struct addr none;

static struct dns_query query;
static struct addr right, other, right6, other6;
static uint8_t m[MESSAGE]; /* the answer in the making */
static size_t len;

static void
put16(size_t at, unsigned int v)
{
	m[at] = (uint8_t)(v >> 8);
	m[at + 1] = (uint8_t)v;
}

static void
add16(unsigned int v)
{
	put16(len, v);
	len += 2;
}

static void
add(const void *p, size_t n)
{
	memcpy(m + len, p, n);
	len += n;
}

/* A record whose name is that of the question. */
static void
add_record(unsigned int type, const void *data, size_t n)
{
	put16(6, (unsigned int)(m[6] << 8 | m[7]) + 1);
	add16(0xc000 + DNS_HEADER);
	add16(type);
	add16(1);
	add16(0);
	add16(60);
	add16((unsigned int)n);
	add(data, n);
}

static void
add_a(const struct addr *a)
{
	add_record(a->family == AF_INET ? 1 : 28, a->octet, addr_len(a));
}

/* An answer without records to a query for a name. */
static void
begin(const char *name, const struct addr *answer)
{
	assert_int_equal(dns_build(&query, name, answer, ID, lower), 0);
	len = 0;
	add(query.octet, query.len);
	put16(2, FLAGS);
}

static enum dns_result
answered(const struct addr *answer)
{
	return dns_answer(&query, answer, m, len);
}

/* ---- queries ---- */

static void
queries(void **state)
{
	static const uint8_t expect[] = "\x10\x35\x01\x00\0\1\0\0\0\0\0\0"
					"\3WWW\7EXAMPLE\0\0\1\0\1";
	static const uint8_t mixed[DNS_CASES] = { 0x0a, 0x05 };
	struct dns_query q;

	(void)state;
	assert_int_equal(dns_build(&q, "www.example", &none, ID, upper), 0);
	assert_int_equal(q.len, sizeof(expect) - 1);
	assert_memory_equal(q.octet, expect, q.len);
	assert_int_equal(dns_build(&q, "www.example.", &right, ID, upper), 0);
	assert_memory_equal(q.octet, expect, q.len);
	assert_int_equal(dns_build(&q, "WWW.example", &right6, ID, mixed), 0);
	assert_memory_equal(
	    q.octet + 12, "\3WwW\7exaMpLe\0\0\x1c\0\1", q.len - 12);
	assert_int_equal(dns_build(&q, ".", &none, ID, upper), 0);
	assert_int_equal(q.len, 17);
	/* digits have no case */
	assert_int_equal(dns_build(&q, "4-_", &none, ID, upper), 0);
	assert_memory_equal(q.octet + 12,
	    "\3"
	    "4-_",
	    4);
}

static void
no_names(void **state)
{
	static const char *const names[] = { "", "..", ".a", "a..b", "a.." };
	char name[300];
	struct dns_query q;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(dns_build(&q, names[i], &none, ID, lower), -1);
	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	assert_int_equal(dns_build(&q, name, &none, ID, lower), 0);
	name[63] = 'a';
	name[64] = '\0';
	assert_int_equal(dns_build(&q, name, &none, ID, lower), -1);
	/* 253 letters and dots are 255 octets */
	memset(name, 'a', sizeof(name));
	name[63] = name[127] = name[191] = '.';
	name[253] = '\0';
	assert_int_equal(dns_build(&q, name, &none, ID, lower), 0);
	assert_int_equal(q.len, DNS_QUERY_MAX);
	name[253] = 'a';
	name[254] = '\0';
	assert_int_equal(dns_build(&q, name, &none, ID, lower), -1);
}

/* ---- answers ---- */

static void
without_answer(void **state)
{
	(void)state;
	begin("www.example", &none);
	assert_int_equal(answered(&none), DNS_GOOD);
	add_a(&right);
	assert_int_equal(answered(&none), DNS_GOOD);
	put16(2, FLAGS | 3); /* no such name */
	assert_int_equal(answered(&none), DNS_GOOD);
	put16(2, FLAGS | 0x200); /* truncated */
	assert_int_equal(answered(&none), DNS_GOOD);
	put16(2, FLAGS | 2); /* server failure */
	assert_int_equal(answered(&none), DNS_FAILED);
	put16(2, FLAGS | 5); /* refused */
	assert_int_equal(answered(&none), DNS_FAILED);
}

static void
with_answer(void **state)
{
	(void)state;
	begin("www.example", &right);
	assert_int_equal(answered(&right), DNS_FAILED); /* no address at all */
	add_a(&right);
	assert_int_equal(answered(&right), DNS_GOOD);
	put16(2, FLAGS | 3);
	assert_int_equal(answered(&right), DNS_FAILED);
	put16(2, FLAGS | 2);
	assert_int_equal(answered(&right), DNS_FAILED);

	begin("www.example", &right);
	add_a(&other);
	assert_int_equal(answered(&right), DNS_WRONG);
	add_a(&right); /* one of several */
	assert_int_equal(answered(&right), DNS_GOOD);

	begin("www.example", &right6);
	add_a(&other6);
	assert_int_equal(answered(&right6), DNS_WRONG);
	add_a(&right6);
	assert_int_equal(answered(&right6), DNS_GOOD);

	/* of another family: neither right nor wrong */
	begin("www.example", &right);
	add_a(&right6);
	assert_int_equal(answered(&right), DNS_FAILED);
}

static void
cut_off(void **state)
{
	(void)state;
	begin("www.example", &right);
	put16(2, FLAGS | 0x200);
	add_a(&right);
	add_a(&other);
	assert_int_equal(answered(&right), DNS_GOOD);
	len -= 5; /* in the middle of the other */
	assert_int_equal(answered(&right), DNS_GOOD);
	put16(2, FLAGS);
	assert_int_equal(answered(&right), DNS_FOREIGN);

	begin("www.example", &right);
	put16(2, FLAGS | 0x200);
	add_a(&other); /* the right one may have been behind it */
	assert_int_equal(answered(&right), DNS_FAILED);
}

static void
chains(void **state)
{
	static const uint8_t www[] = "\3web\xc0\x10"; /* web.example */
	static const uint8_t end[] = "\3end\7invalid";

	(void)state;
	begin("www.example", &right);
	add_record(5, www, sizeof(www) - 1);
	add_record(5, end, sizeof(end)); /* with its root */
	assert_int_equal(answered(&right), DNS_FAILED);
	add_a(&right);
	assert_int_equal(answered(&right), DNS_GOOD);

	begin("www.example", &right);
	add_record(5, end, sizeof(end) - 1); /* without it: runs into A */
	add_a(&right);
	assert_int_equal(answered(&right), DNS_FOREIGN);
}

/* Each of these alone makes it somebody else's. */
static void
not_ours(void **state)
{
	static const struct {
		size_t at;
		uint8_t change;
	} changes[] = {
		{ 0, 1 }, /* id */
		{ 1, 0x80 },
		{ 2, 0x80 }, /* a query */
		{ 2, 0x08 }, /* opcodes */
		{ 2, 0x40 },
		{ 4, 1 }, /* questions */
		{ 5, 1 },
		{ 5, 2 },
		{ 6, 1 }, /* more answers than there are */
		{ 7, 3 },
		{ 12, 1 }, /* the question: its lengths, letters, case, end */
		{ 13, 1 },
		{ 13, 0x20 },
		{ 24, 1 },
		{ 26, 3 }, /* type */
		{ 28, 2 }, /* class */
		{ 30, 0x11 }, /* a pointer to itself */
		{ 30, 0x13 }, /* forward */
		{ 30, 0x0c }, /* into the header */
		{ 29, 0x40 }, /* neither label nor pointer */
		{ 29, 0x80 },
		{ 34, 2 }, /* class of the record */
		{ 40, 1 }, /* its length */
		{ 39, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		begin("www.example", &right);
		assert_int_equal(len, 29);
		add_a(&right);
		assert_int_equal(answered(&right), DNS_GOOD);
		m[changes[i].at] ^= changes[i].change;
		if (answered(&right) != DNS_FOREIGN)
			fail_msg("change %zu", i);
	}
}

static void
lengths(void **state)
{
	static const uint8_t text[400];
	size_t whole;

	(void)state;
	begin("www.example", &right);
	add_a(&right);
	for (whole = len, len = 0; len < whole; len++)
		assert_int_equal(answered(&right), DNS_FOREIGN);
	add_record(16, text, sizeof(text));
	assert_int_equal(answered(&right), DNS_GOOD);
	len = DNS_ANSWER_MAX; /* what is behind the answers is not looked at */
	assert_int_equal(answered(&right), DNS_GOOD);
	len++;
	assert_int_equal(answered(&right), DNS_FOREIGN);
}

/* As long as the longest, by pointers to pointers, and longer. */
static void
long_names(void **state)
{
	uint8_t name[2 + 64];
	unsigned int at;
	int i;

	(void)state;
	begin(".", &none);
	memset(name, 'x', sizeof(name));
	name[0] = 62;
	at = DNS_HEADER; /* the root */
	for (i = 0; i < 5; i++) {
		name[63] = (uint8_t)(0xc0 + (at >> 8));
		name[64] = (uint8_t)at;
		at = (unsigned int)len + 12;
		add_record(5, name, 65);
		/* 4 labels are 253 octets with the root's, 5 are too many */
		assert_int_equal(
		    answered(&none), i < 4 ? DNS_GOOD : DNS_FOREIGN);
	}
}

static int
set_up(void **state)
{
	(void)state;
	addr_parse("192.0.2.1", &right);
	addr_parse("192.0.2.2", &other);
	addr_parse("2001:db8::1", &right6);
	addr_parse("2001:db8::2", &other6);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries),
		cmocka_unit_test(no_names),
		cmocka_unit_test(without_answer),
		cmocka_unit_test(with_answer),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(chains),
		cmocka_unit_test(not_ours),
		cmocka_unit_test(lengths),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests_name("dns", tests, set_up, NULL);
}
