/* SPDX-License-Identifier: ISC */
/* Sockets bound to a device; see device.h. */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <string.h>
#include <time.h>

#include "prober/device.h"
#include "prober/wire.h"

socklen_t
device_name(const struct addr *a, uint32_t port, uint32_t ifindex,
    union device_name *name)
{
	memset(name, 0, sizeof(*name));
	name->any.sa_family = (sa_family_t)a->family;
	if (a->family == AF_INET) {
		name->v4.sin_addr = a->v4;
		name->v4.sin_port = htons((uint16_t)port);
		return sizeof(name->v4);
	}
	name->v6.sin6_addr = a->v6;
	name->v6.sin6_port = htons((uint16_t)port);
	if (addr_is_linklocal(a))
		name->v6.sin6_scope_id = ifindex;
	return sizeof(name->v6);
}

struct monotime
device_stamp(struct msghdr *msg)
{
	struct timespec stamp;
	struct cmsghdr *c;

	clock_gettime(CLOCK_REALTIME, &stamp);
	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
	return wire_arrived(&stamp);
}
