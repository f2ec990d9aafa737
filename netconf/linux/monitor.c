/* SPDX-License-Identifier: ISC */
/*
 * Something has changed: what, the next dump tells, so nothing is read here
 * but away.  On a router with many routes a filter drops in the kernel what
 * no dump of ours would show.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include <arpa/inet.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <unistd.h>

#include "netconf/linux/nl.h"

#define RCVBUF     (1024 * 1024)
#define AT_ONCE    4096 /* messages; what is left wakes us again */
#define NL_TYPE    offsetof(struct nlmsghdr, nlmsg_type)
#define RTM_FAMILY (NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_family))
#define RTM_LEN    (NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len))
#define RTM_PROTO  (NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol))
#define RTM_ATTRS  (NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct rtmsg)))
#define NLATTR     ((uint32_t)SKF_AD_OFF + SKF_AD_NLATTR)

static struct mnl_socket *sock[2];

/*
 * Routes count when they are defaults, ours, or to a private network
 * (prefix_is_private()); BPF loads big-endian.
 */
static int
attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, NL_TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 24),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, RTM_LEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 22, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, RTM_PROTO),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NET_PROTO, 20, 0),
		/* X: where its destination is */
		BPF_STMT(BPF_LDX | BPF_IMM, RTA_DST),
		BPF_STMT(BPF_LD | BPF_IMM, RTM_ATTRS),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLATTR),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 15, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, RTM_FAMILY),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 9, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, sizeof(struct nlattr)),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc0a8, 10, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xac1, 8, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x6440 >> 6, 6, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0a, 4, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, sizeof(struct nlattr)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfe),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfc, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(
	    fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static struct mnl_socket *
listen_to(int bus, const int *groups, size_t n, int epoll)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct mnl_socket *s;
	int size = RCVBUF, group;
	size_t i;

	s = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (s == NULL || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == -1)
		return NULL;
	for (i = 0; i < n; i++) {
		group = groups[i];
		if (mnl_socket_setsockopt(
			s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == -1)
			return NULL;
	}
	(void)setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUFFORCE,
	    &size, sizeof(size));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, mnl_socket_get_fd(s), &ev) == -1)
		return NULL;
	return s;
}

int
monitor_open(void)
{
	static const int route[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV4_NETCONF,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE,
		RTNLGRP_IPV6_NETCONF };
	static const int netfilter[] = { NFNLGRP_NFTABLES };
	int epoll;

	if ((epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return -1;
	sock[0] = listen_to(
	    NETLINK_ROUTE, route, sizeof(route) / sizeof(route[0]), epoll);
	sock[1] = listen_to(NETLINK_NETFILTER, netfilter, 1, epoll);
	if (sock[0] != NULL && sock[1] != NULL &&
	    attach_filter(mnl_socket_get_fd(sock[0])) == 0)
		return epoll;
	close(epoll);
	return -1;
}

/* ENOBUFS: some were lost, which is news as well. */
static void
empty(int fd)
{
	uint8_t octet;
	int n;

	for (n = 0; n < AT_ONCE; n++)
		if (recv(fd, &octet, sizeof(octet), MSG_TRUNC) == -1 &&
		    errno != ENOBUFS && errno != EINTR)
			return;
}

void
monitor_changes(void)
{
	empty(mnl_socket_get_fd(sock[0]));
	empty(mnl_socket_get_fd(sock[1]));
}
