/* SPDX-License-Identifier: ISC */
/*
 * Point-to-point links: a raw ICMP socket bound to the device.  The rule
 * `oif DEVICE lookup TABLE` of netconf gives it the uplink's own table, which
 * ends in an unreachable route, so that no probe leaves elsewhere.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/wire.h"

#define TTL 64 /* whatever net.ipv4.ip_default_ttl says */

/* linux/icmp.h has these, but cannot stand beside net/if.h. */
#define ICMP_FILTER    1
#define ICMP_ECHOREPLY 0
struct icmp_filter {
	uint32_t data; /* bit mask of types that are dropped */
};

static void
got(struct wire *w, const uint8_t *data, size_t len, struct msghdr *msg)
{
	struct timespec stamp;
	struct icmp_echo e;
	struct cmsghdr *c;

	if (icmp_parse_ip(data, len, &e) == -1 || e.id != w->id ||
	    addr_cmp(&e.dst, &w->facts.family[FAMILY_INET].address) != 0)
		return;
	clock_gettime(CLOCK_REALTIME, &stamp);
	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
	w->user->answer(w->arg, &e, wire_arrived(&stamp));
}

static int
bound_receive(struct wire *w)
{
	uint8_t data[256];
	char control[256];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg;
	ssize_t n;
	int i;

	for (i = 0; i < WIRE_READS_MAX; i++) {
		memset(&msg, 0, sizeof(msg));
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		if ((n = recvmsg(w->fd, &msg, MSG_DONTWAIT)) == -1) {
			if (errno == EAGAIN || errno == EINTR)
				return 0;
			log_debug("%s: receive: %s", w->facts.ifname,
			    strerror(errno));
			return -1;
		}
		got(w, data, (size_t)n, &msg);
	}
	return 0;
}

static int
set_up(struct wire *w)
{
	struct icmp_filter only_replies = { ~(1u << ICMP_ECHOREPLY) };
	struct sockaddr_in sin;
	int on = 1, ttl = TTL;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr = w->facts.family[FAMILY_INET].address.v4;
	if (setsockopt(w->fd, SOL_SOCKET, SO_BINDTODEVICE, w->facts.ifname,
		(socklen_t)strlen(w->facts.ifname) + 1) == -1 ||
	    bind(w->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    setsockopt(w->fd, SOL_RAW, ICMP_FILTER, &only_replies,
		sizeof(only_replies)) == -1 ||
	    setsockopt(w->fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) == -1 ||
	    setsockopt(w->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ==
		-1)
		return -1;
	return 0;
}

static int
bound_open(struct wire *w)
{
	w->fd = socket(
	    AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
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

static int
bound_send(struct wire *w, const struct icmp_echo *e)
{
	uint8_t out[ICMP_LEN];
	struct sockaddr_in sin;

	icmp_build(e, out);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr = e->dst.v4;
	if (sendto(w->fd, out, sizeof(out), 0, (struct sockaddr *)&sin,
		sizeof(sin)) == -1) {
		log_debug("%s: send: %s", w->facts.ifname, strerror(errno));
		return -1;
	}
	return 0;
}

static int
bound_refresh(struct wire *w)
{
	(void)w; /* nobody to ask on a point-to-point link */
	return 0;
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
	return w->dropped;
}

const struct wire_ops wire_bound = { bound_open, bound_close, bound_send,
	bound_receive, bound_refresh, bound_silent, bound_ask, bound_next_hop,
	bound_dropped };
