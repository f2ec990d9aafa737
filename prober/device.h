/* SPDX-License-Identifier: ISC */
/* What all sockets that are bound to a device have in common. */
#ifndef PROBER_DEVICE_H
#define PROBER_DEVICE_H

#include <sys/types.h>
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
/*
 * One datagram, without waiting: its length or what there was room for, who
 * sent it (from may be NULL), and when the kernel got it, or now if it has no
 * stamp (SO_TIMESTAMPNS).  -1: errno says why.
 */
ssize_t device_receive(int fd, uint8_t *data, size_t size,
    union device_name *from, struct monotime *at);

#endif
