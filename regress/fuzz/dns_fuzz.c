/* SPDX-License-Identifier: ISC */
/*
 * Answers of a DNS server.  The first octets choose the question: its length
 * as text and whether an IPv4, an IPv6 or no address is expected; then come
 * the name and the datagram.  What is believed must fit its question.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "prober/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
expected(unsigned int how, struct addr *answer)
{
	memset(answer, 0, sizeof(*answer));
	if (how % 3 == 1)
		addr_parse("192.0.2.80", answer);
	else if (how % 3 == 2)
		addr_parse("2001:db8::80", answer);
}

/* Its id is the answer's, so that the rest of it is looked at. */
static int
question(struct dns_query *q, const struct addr *answer, const uint8_t *text,
    size_t textlen, const uint8_t *data, size_t len)
{
	static const uint8_t cases[DNS_CASES] = { 0x55, 0x33, 0xf0 };
	char name[256];

	memcpy(name, text, textlen);
	name[textlen] = '\0';
	return dns_build(q, name, answer,
	    len < 2 ? 0 : (uint16_t)(data[0] << 8 | data[1]), cases);
}

static void
check(const struct dns_query *q, const struct addr *answer, const uint8_t *data,
    size_t len)
{
	enum dns_result result = dns_answer(q, answer, data, len);
	uint8_t copy[DNS_ANSWER_MAX];

	if (result == DNS_FOREIGN)
		return;
	if (len < q->len || len > DNS_ANSWER_MAX ||
	    memcmp(data + DNS_HEADER, q->octet + DNS_HEADER,
		q->len - DNS_HEADER) != 0)
		abort();
	/* the right address is somewhere in what is good */
	if (result == DNS_GOOD && answer->family != AF_UNSPEC &&
	    memmem(data, len, answer->octet, addr_len(answer)) == NULL)
		abort();
	if (result == DNS_WRONG && answer->family == AF_UNSPEC)
		abort();
	/* our own question is no answer to it */
	memcpy(copy, q->octet, q->len);
	if (dns_answer(q, answer, copy, q->len) != DNS_FOREIGN)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dns_query q;
	struct addr answer;
	size_t n;

	if (len < 2 || len < 2u + data[1])
		return 0;
	expected(data[0], &answer);
	n = data[1];
	if (question(&q, &answer, data + 2, n, data + 2 + n, len - 2 - n) == 0)
		check(&q, &answer, data + 2 + n, len - 2 - n);
	return 0;
}
