/* SPDX-License-Identifier: ISC */
/*
 * Links without neighbours: a raw ICMP or ICMPv6 socket bound to the device.
 * The rule `oif DEVICE lookup TABLE` of netconf gives it the uplink's own
 * table, which ends in an unreachable route, so that no probe leaves
 * elsewhere.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <linux/filter.h>
#include <linux/sock_diag.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/device.h"
#include "prober/wire.h"

#define HOPS     64 /* whatever net.ipv4.ip_default_ttl says */
#define DATA_LEN 256
#define WITH_ID  4 /* offset in a message of ICMP */

/* linux/icmp.h has these, but cannot stand beside net/if.h. */
#define ICMP_FILTER    1
#define ICMP_ECHOREPLY 0
struct icmp_filter {
	uint32_t data; /* bit mask of types that are dropped */
};

static socklen_t
to_name(const struct wire *w, const struct addr *a, union device_name *name)
{
	return device_name(a, 0, (uint32_t)w->ifindex, name);
}

static void
got(struct wire *w, const uint8_t *data, size_t len,
    const union device_name *from, struct monotime at)
{
	struct icmp_echo e;
	int n;

	if (w->family == FAMILY_INET)
		n = icmp_parse_ip(data, len, &e);
	else { /* RFC 3542, section 3: without its header */
		addr_set(&e.src, AF_INET6, &from->v6.sin6_addr, 16);
		e.dst = w->own;
		n = icmp_parse(data, len, &e);
	}
	if (n == -1 || e.id != w->id || addr_cmp(&e.dst, &w->own) != 0)
		return;
	w->user->answer(w->arg, &e, at);
}

static int
bound_receive(struct wire *w)
{
	uint8_t data[DATA_LEN];
	union device_name from;
	struct monotime at;
	ssize_t n;
	int i;

	for (i = 0; i < WIRE_READS_MAX; i++) {
		n = device_receive(w->fd, data, sizeof(data), &from, &at);
		if (n != -1) {
			got(w, data, (size_t)n, &from, at);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		log_debug("%s: receive: %s", w->facts.ifname, strerror(errno));
		return -1;
	}
	return 0;
}

static int
set(int fd, int level, int option, const void *value, size_t len)
{
	return setsockopt(fd, level, option, value, (socklen_t)len);
}

/*
 * Each raw socket of a machine is given each reply: only those with our id
 * may wake us.  The packet begins with its IPv4 header, or with ICMPv6.
 */
static int
filter_id(const struct wire *w)
{
	struct sock_filter prog[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, WITH_ID),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, w->id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, DATA_LEN),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog all = { sizeof(prog) / sizeof(prog[0]), prog };

	if (w->family == FAMILY_INET6)
		prog[0] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 0);
	return set(w->fd, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof(all));
}

static int
only_replies(const struct wire *w)
{
	struct icmp_filter v4 = { ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter v6;
	int hops = HOPS;

	if (w->family == FAMILY_INET) {
		if (set(w->fd, SOL_RAW, ICMP_FILTER, &v4, sizeof(v4)) == -1)
			return -1;
		return set(w->fd, IPPROTO_IP, IP_TTL, &hops, sizeof(hops));
	}
	ICMP6_FILTER_SETBLOCKALL(&v6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &v6);
	if (set(w->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &v6, sizeof(v6)) == -1)
		return -1;
	return set(w->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
}

/* By its name, which may be another interface's one day. */
static int
index_now(const struct wire *w)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, w->facts.ifname, sizeof(ifr.ifr_name));
	return ioctl(w->fd, SIOCGIFINDEX, &ifr) == -1 ? -1 : ifr.ifr_ifindex;
}

static int
set_up(struct wire *w)
{
	union device_name own;
	int on = 1;

	if (set(w->fd, SOL_SOCKET, SO_BINDTODEVICE, w->facts.ifname,
		strlen(w->facts.ifname) + 1) == -1 ||
	    (w->ifindex = index_now(w)) == -1 || filter_id(w) == -1 ||
	    only_replies(w) == -1 ||
	    bind(w->fd, &own.any, to_name(w, &w->own, &own)) == -1)
		return -1;
	return set(w->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

static int
bound_open(struct wire *w)
{
	int inet6 = w->family == FAMILY_INET6;

	w->fd = socket(inet6 ? AF_INET6 : AF_INET,
	    SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    inet6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (w->fd != -1 && set_up(w) == 0)
		return w->fd;
	snprintf(w->why, sizeof(w->why), "raw socket: %s", strerror(errno));
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	return -1;
}

static void
bound_close(struct wire *w)
{
	close(w->fd);
	w->fd = -1;
}

/*
 * What the device's own queue drops is not told (ip(7): IP_RECVERR), and is
 * a probe lost: with that option errors of ICMP would end sending, which
 * anybody can forge.  ENOBUFS comes of a full socket buffer only.
 */
static int
bound_send(struct wire *w, const struct icmp_echo *e)
{
	uint8_t out[ICMP_LEN];
	union device_name to;
	socklen_t len = to_name(w, &e->dst, &to);
	int tries = 0;
	ssize_t n;

	icmp_build(e, out);
	do
		n = sendto(w->fd, out, sizeof(out), 0, &to.any, len);
	while (n == -1 && wire_again(&tries));
	return n == -1 ? -1 : 0;
}

/* Nobody to ask; but the interface may have come back as another one. */
static int
bound_refresh(struct wire *w)
{
	return index_now(w) == w->ifindex ? 0 : -1;
}

static int
bound_silent(const struct wire *w, struct monotime since)
{
	(void)w;
	(void)since;
	return 0;
}

static int
bound_ask(struct wire *w)
{
	(void)w;
	errno = EOPNOTSUPP;
	return -1;
}

static const uint8_t *
bound_next_hop(const struct wire *w)
{
	(void)w;
	return NULL;
}

static uint32_t
bound_dropped(struct wire *w)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t len = sizeof(info);

	if (getsockopt(w->fd, SOL_SOCKET, SO_MEMINFO, info, &len) == -1 ||
	    len <= SK_MEMINFO_DROPS * sizeof(info[0]))
		return w->dropped;
	return info[SK_MEMINFO_DROPS];
}

static void
bound_works(struct wire *w, const struct addr *target)
{
	(void)w;
	(void)target;
}

const struct wire_ops wire_bound = { bound_open, bound_close, bound_send,
	bound_receive, bound_refresh, bound_silent, bound_ask, bound_next_hop,
	bound_dropped, bound_works };
