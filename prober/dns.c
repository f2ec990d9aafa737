/* SPDX-License-Identifier: ISC */
/* A DNS query and its answer; see dns.h. */
#include <sys/types.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "prober/dns.h"
#include "prober/octets.h"

/* RFC 1035 4.1.1: the second 16 bits of a header */
#define RESPONSE  0x8000
#define OPCODE    0x7800
#define TRUNCATED 0x0200
#define RECURSION 0x0100 /* desired */
#define RCODE     0x000f
#define NOERROR   0
#define NXDOMAIN  3

#define TYPE_A     1
#define TYPE_CNAME 5
#define TYPE_AAAA  28
#define CLASS_IN   1

#define LABEL_MAX 63
#define POINTER   0xc0 /* RFC 1035 4.1.4; 0x40 and 0x80 are not in use */

struct message {
	const uint8_t *octet;
	size_t len;
};

struct record {
	unsigned int type;
	size_t data; /* where it begins */
	size_t len;
	size_t end;
};

/* A letter in the case that a bit chooses. */
static uint8_t
in_case(char c, size_t i, const uint8_t cases[DNS_CASES])
{
	int upper = cases[i / 8] >> (i % 8) & 1;

	return (uint8_t)(upper ? toupper((unsigned char)c)
			       : tolower((unsigned char)c));
}

/* As labels, in so many octets; 0: it is no name. */
static size_t
put_name(
    uint8_t out[DNS_NAME_MAX], const char *name, const uint8_t cases[DNS_CASES])
{
	size_t at = 0, n;

	if (name[0] == '\0')
		return 0;
	if (strcmp(name, ".") == 0)
		name++;
	while (name[0] != '\0') {
		n = strcspn(name, ".");
		/* its length before it, and room for the root's behind */
		if (n == 0 || n > LABEL_MAX || at + n + 2 > DNS_NAME_MAX)
			return 0;
		out[at++] = (uint8_t)n;
		for (; n > 0; n--, at++)
			out[at] = in_case(*name++, at, cases);
		if (name[0] == '.')
			name++;
	}
	out[at++] = 0;
	return at;
}

static unsigned int
type_of(const struct addr *answer)
{
	return answer->family == AF_INET6 ? TYPE_AAAA : TYPE_A;
}

int
dns_build(struct dns_query *q, const char *name, const struct addr *answer,
    uint16_t id, const uint8_t cases[DNS_CASES])
{
	size_t n;

	memset(q, 0, sizeof(*q));
	put16(q->octet, id);
	put16(q->octet + 2, RECURSION);
	put16(q->octet + 4, 1);
	n = put_name(q->octet + DNS_HEADER, name, cases);
	if (n == 0)
		return -1;
	q->len = DNS_HEADER + n + 4;
	put16(q->octet + q->len - 4, type_of(answer));
	put16(q->octet + q->len - 2, CLASS_IN);
	return 0;
}

/*
 * Behind the name that begins there; 0: it is none.  A pointer leads to where
 * no part of this name has begun yet, so that none can lead in a circle.
 */
static size_t
name_end(const struct message *m, size_t at)
{
	size_t end = 0, bound = at, total = 1, to;

	while (at < m->len && m->octet[at] != 0) {
		if (m->octet[at] <= LABEL_MAX) {
			total += m->octet[at] + 1u;
			at += m->octet[at] + 1u;
			if (total > DNS_NAME_MAX)
				return 0;
			continue;
		}
		if (m->octet[at] < POINTER || at + 1 >= m->len)
			return 0;
		to = get16(m->octet + at) & 0x3fff;
		if (to < DNS_HEADER || to >= bound)
			return 0;
		if (end == 0)
			end = at + 2;
		at = bound = to;
	}
	if (at >= m->len)
		return 0;
	return end == 0 ? at + 1 : end;
}

/* The record that begins there; -1: it is not whole, or not one of ours. */
static int
get_record(const struct message *m, size_t at, struct record *r)
{
	if ((at = name_end(m, at)) == 0 || m->len - at < 10 ||
	    get16(m->octet + at + 2) != CLASS_IN)
		return -1;
	r->type = get16(m->octet + at);
	r->len = get16(m->octet + at + 8);
	r->data = at + 10;
	r->end = r->data + r->len;
	if (r->end > m->len)
		return -1;
	switch (r->type) {
	case TYPE_A:
		return r->len == 4 ? 0 : -1;
	case TYPE_AAAA:
		return r->len == 16 ? 0 : -1;
	case TYPE_CNAME:
		return name_end(m, r->data) == r->end ? 0 : -1;
	default:
		return 0;
	}
}

/* The answers alone; what servers add behind them proves nothing. */
static enum dns_result
compare(const struct dns_query *q, const struct addr *answer,
    const struct message *m, unsigned int flags)
{
	unsigned int n = get16(m->octet + 6);
	size_t at = q->len;
	bool good = answer->family == AF_UNSPEC, others = false;
	struct record r;

	for (; n > 0 && get_record(m, at, &r) == 0; n--, at = r.end)
		if (answer->family != AF_UNSPEC && r.type == type_of(answer)) {
			if (memcmp(m->octet + r.data, answer->octet, r.len) ==
			    0)
				good = true;
			else
				others = true;
		}
	if (n > 0 && !(flags & TRUNCATED))
		return DNS_FOREIGN; /* no server makes this */
	if (good)
		return DNS_GOOD;
	/* the right one may be what was cut off */
	return others && !(flags & TRUNCATED) ? DNS_WRONG : DNS_FAILED;
}

/* Our id and our question, and the head of an answer. */
static bool
is_ours(const struct dns_query *q, const struct message *m)
{
	return m->len >= q->len && m->len <= DNS_ANSWER_MAX &&
	       get16(m->octet) == get16(q->octet) &&
	       (get16(m->octet + 2) & (RESPONSE | OPCODE)) == RESPONSE &&
	       get16(m->octet + 4) == 1 &&
	       memcmp(m->octet + DNS_HEADER, q->octet + DNS_HEADER,
		   q->len - DNS_HEADER) == 0;
}

enum dns_result
dns_answer(const struct dns_query *q, const struct addr *answer,
    const uint8_t *octet, size_t len)
{
	const struct message m = { octet, len };
	enum dns_result result;
	unsigned int flags;

	if (!is_ours(q, &m))
		return DNS_FOREIGN;
	flags = get16(octet + 2);
	result = compare(q, answer, &m, flags);
	if (result == DNS_FOREIGN || (flags & RCODE) == NOERROR)
		return result;
	/* a name that is not there has no address, whatever is with it */
	if ((flags & RCODE) == NXDOMAIN && answer->family == AF_UNSPEC)
		return result;
	return DNS_FAILED;
}
