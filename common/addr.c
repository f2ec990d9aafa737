/* SPDX-License-Identifier: ISC */
/* IPv4 and IPv6 addresses and prefixes. */
#include <sys/types.h>

#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

int
addr_parse(const char *text, struct addr *a)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->v4) == 1)
		a->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a->v6) == 1)
		a->family = AF_INET6;
	else
		return -1;
	return 0;
}

const char *
addr_format(const struct addr *a, char *buf, size_t size)
{
	if (a->family == AF_UNSPEC ||
	    inet_ntop((int)a->family, a->octet, buf, (socklen_t)size) == NULL)
		strlcpy(buf, "none", size);
	return buf;
}

enum family
addr_family(const struct addr *a)
{
	return a->family == AF_INET6 ? FAMILY_INET6 : FAMILY_INET;
}

size_t
addr_len(const struct addr *a)
{
	switch (a->family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

void
addr_pair_set(struct addr_pair *p, const struct addr a[FAMILIES])
{
	memset(p, 0, sizeof(*p));
	if (a[FAMILY_INET].family == AF_INET)
		p->v4 = a[FAMILY_INET].v4;
	if (a[FAMILY_INET6].family == AF_INET6)
		p->v6 = a[FAMILY_INET6].v6;
}

void
addr_pair_get(const struct addr_pair *p, struct addr a[FAMILIES])
{
	uint32_t f;

	(void)addr_set(&a[FAMILY_INET], AF_INET, &p->v4, sizeof(p->v4));
	(void)addr_set(&a[FAMILY_INET6], AF_INET6, &p->v6, sizeof(p->v6));
	for (f = 0; f < FAMILIES; f++)
		if (addr_is_any(&a[f]))
			memset(&a[f], 0, sizeof(a[f]));
}

int
addr_cmp(const struct addr *a, const struct addr *b)
{
	int n;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if ((n = memcmp(a->octet, b->octet, addr_len(a))) != 0)
		return n;
	if (a->scope != b->scope)
		return a->scope < b->scope ? -1 : 1;
	return 0;
}

int
addr_set(struct addr *a, int family, const void *octets, size_t len)
{
	memset(a, 0, sizeof(*a));
	a->family = (uint32_t)family;
	if (len == 0 || len != addr_len(a)) {
		a->family = AF_UNSPEC;
		return -1;
	}
	memcpy(a->octet, octets, len);
	return 0;
}

int
addr_valid(const struct addr *a)
{
	return a->family == AF_UNSPEC || addr_len(a) != 0;
}

int
addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return addr_len(a) != 0 && memcmp(a->octet, zero, addr_len(a)) == 0;
}

int
addr_is_loopback(const struct addr *a)
{
	if (a->family == AF_INET)
		return a->octet[0] == 127;
	return a->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->v6);
}

int
addr_is_multicast(const struct addr *a)
{
	if (a->family == AF_INET)
		return (a->octet[0] & 0xf0) == 0xe0;
	return a->family == AF_INET6 && a->octet[0] == 0xff;
}

int
addr_is_linklocal(const struct addr *a)
{
	if (a->family == AF_INET)
		return a->octet[0] == 169 && a->octet[1] == 254;
	return a->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->v6);
}

void
prefix_mask(struct prefix *p)
{
	size_t i, len = addr_len(&p->addr);

	for (i = 0; i < len; i++) {
		if (p->len >= 8 * (i + 1))
			continue;
		if (p->len <= 8 * i)
			p->addr.octet[i] = 0;
		else
			p->addr.octet[i] &=
			    (uint8_t)(0xff << (8 * (i + 1) - p->len));
	}
}

int
prefix_parse(const char *text, struct prefix *p)
{
	char address[ADDR_STRLEN];
	const char *slash, *why;
	size_t n;

	slash = strchr(text, '/');
	n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (n >= sizeof(address))
		return -1;
	memcpy(address, text, n);
	address[n] = '\0';
	if (addr_parse(address, &p->addr) == -1)
		return -1;
	p->len = (uint32_t)addr_len(&p->addr) * 8;
	if (slash != NULL) {
		/* strtonum would take a sign and blanks, too */
		if (strspn(slash + 1, "0123456789") != strlen(slash + 1))
			return -1;
		p->len = (uint32_t)strtonum(slash + 1, 0, p->len, &why);
		if (why != NULL)
			return -1;
	}
	prefix_mask(p);
	return 0;
}

const char *
prefix_format(const struct prefix *p, char *buf, size_t size)
{
	char address[ADDR_STRLEN];

	addr_format(&p->addr, address, sizeof(address));
	snprintf(buf, size, "%s/%u", address, p->len);
	return buf;
}

int
prefix_valid(const struct prefix *p)
{
	return addr_len(&p->addr) != 0 && p->len <= 8 * addr_len(&p->addr);
}

int
prefix_contains(const struct prefix *p, const struct addr *a)
{
	struct prefix q;

	if (p->addr.family != a->family || !prefix_valid(p))
		return 0;
	q.addr = *a;
	q.len = p->len;
	prefix_mask(&q);
	return memcmp(q.addr.octet, p->addr.octet, addr_len(a)) == 0;
}

int
prefix_covers(const struct prefix *p, const struct prefix *inner)
{
	return p->len <= inner->len && prefix_contains(p, &inner->addr);
}

int
prefix_is_private(const struct prefix *p)
{
	static const struct {
		uint32_t first; /* octets, as a number */
		uint32_t len;
	} v4[] = { { 0x0a000000, 8 }, { 0x64400000, 10 }, { 0xac100000, 12 },
		{ 0xc0a80000, 16 } };
	uint32_t a, i;

	if (p->addr.family == AF_INET6)
		return p->len >= 7 && (p->addr.octet[0] & 0xfe) == 0xfc;
	if (p->addr.family != AF_INET)
		return 0;
	a = ntohl(p->addr.v4.s_addr);
	for (i = 0; i < sizeof(v4) / sizeof(v4[0]); i++)
		if (p->len >= v4[i].len &&
		    (a ^ v4[i].first) >> (32 - v4[i].len) == 0)
			return 1;
	return 0;
}

int
prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int n;

	if ((n = addr_cmp(&a->addr, &b->addr)) != 0)
		return n;
	return (a->len > b->len) - (a->len < b->len);
}
