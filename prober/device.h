/* SPDX-License-Identifier: ISC */
/* What all sockets that are bound to a device have in common. */
#ifndef PROBER_DEVICE_H
#define PROBER_DEVICE_H

#include <sys/socket.h>

#include <netinet/in.h>

#include <stdint.h>

#include "common/addr.h"
#include "common/monotime.h"

union device_name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* An address for bind(2) and its like, on this interface; its length. */
socklen_t device_name(
    const struct addr *, uint32_t port, uint32_t ifindex, union device_name *);
/* When the kernel got a message; now if it has no stamp. */
struct monotime device_stamp(struct msghdr *);

#endif
