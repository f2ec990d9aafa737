/* SPDX-License-Identifier: ISC */
/*
 * The kernel's neighbours by rtnetlink(7); see neighbour.h.  It looks one up
 * within send(2), so that the answer is there at once (Linux 5.1 and later;
 * before that it refuses).  Nothing can be changed by this: we have no
 * CAP_NET_ADMIN.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <libmnl/libmnl.h>
#include <string.h>

#include "netconf/linux/nl.h"
#include "prober/neighbour.h"

#define ROOM 1024

union message {
	struct nlmsghdr hdr;
	uint8_t buf[ROOM];
};

int
neighbour_open(void)
{
	return socket(
	    AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
}

static int
ask(int s, uint32_t seq, uint32_t ifindex, const struct addr *a)
{
	union message m;
	struct ndmsg *nd;

	mnl_nlmsg_put_header(m.buf);
	m.hdr.nlmsg_type = RTM_GETNEIGH;
	m.hdr.nlmsg_flags = NLM_F_REQUEST;
	m.hdr.nlmsg_seq = seq;
	nd = mnl_nlmsg_put_extra_header(&m.hdr, sizeof(*nd));
	nd->ndm_family = (uint8_t)a->family;
	nd->ndm_ifindex = (int)ifindex;
	nl_put_addr(&m.hdr, NDA_DST, a);
	return send(s, m.buf, m.hdr.nlmsg_len, 0) == -1 ? -1 : 0;
}

/* Of the kernel: others can send to a netlink socket as well. */
static ssize_t
receive(int s, union message *m)
{
	struct sockaddr_nl from;
	socklen_t len;
	ssize_t n;

	do {
		len = sizeof(from);
		n = recvfrom(s, m->buf, sizeof(m->buf), 0,
		    (struct sockaddr *)&from, &len);
	} while (n != -1 && (len != sizeof(from) || from.nl_pid != 0));
	return n;
}

/* A MAC that packets are sent to, if it is known. */
static int
decode(const struct nlmsghdr *h, uint8_t mac[FRAME_MAC_LEN])
{
	const struct nlattr *tb[NDA_LLADDR + 1];
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    nl_attrs(h, sizeof(*nd), tb, NDA_LLADDR) == -1 ||
	    nd->ndm_state & (NUD_INCOMPLETE | NUD_FAILED) ||
	    tb[NDA_LLADDR] == NULL ||
	    mnl_attr_get_payload_len(tb[NDA_LLADDR]) != FRAME_MAC_LEN)
		return -1;
	memcpy(mac, mnl_attr_get_payload(tb[NDA_LLADDR]), FRAME_MAC_LEN);
	return 0;
}

int
neighbour_mac(
    int s, uint32_t ifindex, const struct addr *ip, uint8_t mac[FRAME_MAC_LEN])
{
	static uint32_t seq;
	union message m;
	ssize_t n;

	if (ask(s, ++seq, ifindex, ip) == -1)
		return -1;
	while ((n = receive(s, &m)) != -1)
		if (nl_whole(&m.hdr, (int)n) && m.hdr.nlmsg_seq == seq)
			return decode(&m.hdr, mac);
	return -1;
}
