/* SPDX-License-Identifier: ISC */
/*
 * Router advertisements on one link (RFC 4861).  Linux leaves them unread
 * where it forwards, but for accept_ra=2, and asks for them when the link gets
 * its own address, and only then (addrconf_dad_completed() in
 * net/ipv6/addrconf.c): pppd may have set that before we knew of the link.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "netconf/linux/nl.h"

/* RFC 4861 4.1; the kernel fills in the checksum (RFC 3542 3.1). */
static int
solicit(int fd, uint32_t ifindex)
{
	const struct nd_router_solicit rs = { .nd_rs_type = ND_ROUTER_SOLICIT };
	const struct sockaddr_in6 routers = {
		.sin6_family = AF_INET6,
		.sin6_addr = { { { 0xff, 0x02, [15] = 2 } } },
		.sin6_scope_id = ifindex,
	};
	const int hops = 255;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		sizeof(hops)) == -1)
		return -1;
	if (sendto(fd, &rs, sizeof(rs), MSG_DONTWAIT, (const void *)&routers,
		sizeof(routers)) == sizeof(rs))
		return 0;
	/* no address yet, or never: the kernel asks when there is one */
	return errno == EADDRNOTAVAIL || errno == ENETUNREACH ? 0 : -1;
}

int
router_ask(uint32_t ifindex)
{
	int fd, n, saved;

	if (link_inet6(ifindex, "accept_ra_defrtr", 0) == -1 ||
	    link_inet6(ifindex, "accept_ra", 2) == -1 ||
	    (fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6)) ==
		-1)
		return -1;
	n = solicit(fd, ifindex);
	saved = errno;
	close(fd);
	errno = saved;
	return n;
}
