/* SPDX-License-Identifier: ISC */
/* A netlink message under construction, as the kernel would send it. */
#ifndef REGRESS_NETLINK_MESSAGE_H
#define REGRESS_NETLINK_MESSAGE_H

#include <libmnl/libmnl.h>

static union {
	struct nlmsghdr hdr;
	uint8_t buf[4096];
} m;

static void *
message(uint16_t type, size_t header)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m.buf);

	h->nlmsg_type = type;
	return mnl_nlmsg_put_extra_header(h, header);
}

#endif
