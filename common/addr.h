/* SPDX-License-Identifier: ISC */
/* IPv4 and IPv6 addresses and prefixes, as plain data for messages. */
#ifndef COMMON_ADDR_H
#define COMMON_ADDR_H

#include <sys/socket.h>

#include <netinet/in.h>

#include <stddef.h>
#include <stdint.h>

struct addr {
	uint32_t family; /* AF_UNSPEC: none, AF_INET, AF_INET6 */
	uint32_t scope; /* interface index of an IPv6 link-local one */
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t octet[16];
	};
};

/* Where something is there once for each family. */
enum family { FAMILY_INET, FAMILY_INET6, FAMILIES };

/* One of each, as tables of thousands hold them; zeros: none. */
struct addr_pair {
	struct in_addr v4;
	struct in6_addr v6;
};

struct prefix {
	struct addr addr; /* host bits are 0 */
	uint32_t len;
};

#define ADDR_STRLEN   64
#define PREFIX_STRLEN 72

/* 0, or -1: not an address.  Numeric only; never asks a resolver. */
int addr_parse(const char *, struct addr *);
/* Always terminates; "none" for AF_UNSPEC.  Returns buf. */
const char *addr_format(const struct addr *, char *buf, size_t size);
/* Order by family, then by octets; 0: equal (scope counts). */
int addr_cmp(const struct addr *, const struct addr *);
size_t addr_len(const struct addr *); /* octets: 0, 4 or 16 */
/* FAMILY_INET6 for an IPv6 address, FAMILY_INET for all others. */
enum family addr_family(const struct addr *);
/* From network octets; len must fit the family.  0 or -1. */
int addr_set(struct addr *, int family, const void *octets, size_t len);

/* Scopes are not kept; 0.0.0.0 and :: are none. */
void addr_pair_set(struct addr_pair *, const struct addr[FAMILIES]);
void addr_pair_get(const struct addr_pair *, struct addr[FAMILIES]);

/* 1 if its family is one of the three: for what came in a message. */
int addr_valid(const struct addr *);
int addr_is_loopback(const struct addr *);
int addr_is_multicast(const struct addr *);
int addr_is_linklocal(const struct addr *);
int addr_is_any(const struct addr *); /* 0.0.0.0, :: */

/* "192.0.2.0/24" or an address alone.  Host bits are cleared. */
int prefix_parse(const char *, struct prefix *);
const char *prefix_format(const struct prefix *, char *buf, size_t size);
int prefix_valid(const struct prefix *);
int prefix_contains(const struct prefix *, const struct addr *);
int prefix_covers(const struct prefix *, const struct prefix *inner);
/*
 * Wholly within what no provider routes for others: RFC 1918, RFC 6598, and
 * unique local addresses, RFC 4193.
 */
int prefix_is_private(const struct prefix *);
int prefix_cmp(const struct prefix *, const struct prefix *);
/* Clear what is behind len. */
void prefix_mask(struct prefix *);

#endif
