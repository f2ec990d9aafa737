/* SPDX-License-Identifier: ISC */
/*
 * The outer address of a tunnel by SIOCCHGTUNNEL, which is older than netlink.
 * The kernel tells itself once of what it changes, by netlink twice
 * (ip_tunnel_update(), do_setlink()), and looks at all of its IPv6 routes each
 * time (rt6_sync_up()), which is most of what a change takes.
 *
 * It is by name: between these requests a link that is up cannot get another
 * one before Linux 6.2, and later ones would have to be as quick as we are.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h> /* before what includes linux/if.h */

#include <linux/if_tunnel.h>
#include <netinet/in.h>

#include <errno.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define DF 0x4000 /* do not fragment (RFC 791 3.1) */

int
tunnel_parm_move(uint32_t ifindex, const struct addr *local)
{
	static int fd = -1;
	struct ip_tunnel_parm p;
	struct ifreq r;

	if (fd == -1 &&
	    (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	memset(&p, 0, sizeof(p));
	memset(&r, 0, sizeof(r));
	r.ifr_ifindex = (int)ifindex;
	if (ioctl(fd, SIOCGIFNAME, &r) == -1)
		return -1;
	r.ifr_data = (void *)&p;
	if (ioctl(fd, SIOCGETTUNNEL, &r) == -1)
		return -1;
	/* the kernel would set the one for the other (ip_tunnel_ctl()) */
	if (p.iph.ttl != 0 && !(p.iph.frag_off & htons(DF))) {
		errno = EOPNOTSUPP;
		return -1;
	}
	memcpy(&p.iph.saddr, local->octet, sizeof(p.iph.saddr));
	return ioctl(fd, SIOCCHGTUNNEL, &r);
}
