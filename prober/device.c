/* SPDX-License-Identifier: ISC */
/* Sockets bound to a device; see device.h. */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <string.h>
#include <time.h>

#include "prober/device.h"
#include "prober/wire.h"

#define CONTROL_LEN 128 /* a stamp, twice as long as any */

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

static struct monotime
stamp_of(struct msghdr *msg)
{
	struct timespec stamp;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS &&
		    c->cmsg_len == CMSG_LEN(sizeof(stamp))) {
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			return wire_arrived(&stamp);
		}
	return monotime_now();
}

ssize_t
device_receive(int fd, uint8_t *data, size_t size, union device_name *from,
    struct monotime *at)
{
	union {
		struct cmsghdr head; /* for its alignment */
		uint8_t octet[CONTROL_LEN];
	} control;
	struct iovec iov = { data, size };
	struct msghdr msg;
	ssize_t n;

	memset(&msg, 0, sizeof(msg));
	msg.msg_name = from;
	msg.msg_namelen = from != NULL ? sizeof(*from) : 0;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control);
	if ((n = recvmsg(fd, &msg, MSG_DONTWAIT)) != -1)
		*at = stamp_of(&msg);
	return n;
}
