/* SPDX-License-Identifier: ISC */
/*
 * IPv6 on the interface of a pppd.  IPv6CP settles addresses of the link
 * alone (RFC 5072); a global one comes from the advertisements of the peer,
 * which is asked for them as a host asks (RFC 4861 6.3.7).
 */
#ifndef NETCONF_PPP_INET6_H
#define NETCONF_PPP_INET6_H

#include <sys/types.h>

#include <event.h>
#include <stdint.h>

struct ppp_inet6 {
	const char *label; /* of the uplink */
	uint32_t ifindex;
	int left; /* times to ask */
	struct event timer;
};

/* Is it worth negotiating: are there targets of IPv6 on this uplink? */
int ppp_inet6_wanted(const char *label);
/* label stays the caller's; in the loop of events. */
void ppp_inet6_init(struct ppp_inet6 *, const char *label);
/* IP is up on this interface: ask, if it is wanted. */
void ppp_inet6_up(struct ppp_inet6 *, const char *ifname);
void ppp_inet6_end(struct ppp_inet6 *);

#endif
