/* SPDX-License-Identifier: ISC */
/*
 * A DNS query (RFC 1035) and what an answer to it proves; octets in and out.
 *
 * The server works when it gives an authentic answer: our id and our name,
 * each letter in the case that we chose (draft-vixie-dnsext-dns0x20), which
 * all servers in use give back, so that somebody off the path must guess a
 * bit per letter more.  Somebody on the path cannot be told from the server,
 * but for what he says: a captive network gives every name the address of its
 * own page, and an operator who knows the right one writes it as `answer`.
 */
#ifndef PROBER_DNS_H
#define PROBER_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define DNS_HEADER     12
#define DNS_NAME_MAX   255 /* RFC 1035 2.3.4, as octets */
#define DNS_QUERY_MAX  (DNS_HEADER + DNS_NAME_MAX + 4)
#define DNS_ANSWER_MAX 512 /* the same, since we ask for no more (EDNS) */
#define DNS_CASES      32 /* a bit for each octet of a name */

struct dns_query {
	uint8_t octet[DNS_QUERY_MAX];
	size_t len;
};

enum dns_result {
	DNS_FOREIGN, /* not an answer to this query */
	DNS_GOOD,
	DNS_FAILED, /* authentic, but the server cannot or will not answer */
	DNS_WRONG /* authentic, with other addresses than the right one */
};

/*
 * Ask for a name's addresses of the family of answer, IPv4 without one.  id
 * and cases are to be random.  0, or -1: not a name.
 */
int dns_build(struct dns_query *, const char *name, const struct addr *answer,
    uint16_t id, const uint8_t cases[DNS_CASES]);
/*
 * What these octets prove.  Without answer (AF_UNSPEC) the server works if it
 * knows the name or knows that there is none; with it, only if the address is
 * among those that it gives.
 */
enum dns_result dns_answer(const struct dns_query *, const struct addr *answer,
    const uint8_t *, size_t len);

#endif
