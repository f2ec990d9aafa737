/* SPDX-License-Identifier: ISC */
/* Peers' datagrams, octets in and out; see talk.h. */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <event.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "prober/device.h"
#include "prober/gate.h"
#include "prober/talk.h"

#define READS 32 /* in a row; probes wait meanwhile */
/* ip(7), ipv6(7): for one of these there is room in either. */
union control {
	struct cmsghdr head; /* for its alignment */
	uint8_t octet[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static struct msg_peer_listen here;
static talk_heard *heard;
static talk_dropped *lost;
static struct talk {
	int fd; /* valid if open */
	int open;
	int complained;
	struct event ev;
} talk[FAMILIES];
static struct msg_facts facts[CONF_UPLINKS_MAX];

static const int af[FAMILIES] = { AF_INET, AF_INET6 };

/* ---- in ---- */

static uint32_t
uplink_of(uint32_t ifindex)
{
	uint32_t i;

	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		if (facts[i].ifindex == ifindex && ifindex != 0)
			return i;
	return MSG_UPLINK_NONE;
}

/* By which uplink it came, and to which address of ours. */
static void
came_by(struct msghdr *msg, struct msg_peer_packet *p)
{
	struct in6_pktinfo v6;
	struct in_pktinfo v4;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO &&
		    c->cmsg_len == CMSG_LEN(sizeof(v4))) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			p->uplink = uplink_of((uint32_t)v4.ipi_ifindex);
			p->own.family = AF_INET;
			p->own.v4 = v4.ipi_spec_dst;
		}
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO &&
		    c->cmsg_len == CMSG_LEN(sizeof(v6))) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			p->uplink = uplink_of(v6.ipi6_ifindex);
			p->own.family = AF_INET6;
			p->own.v6 = v6.ipi6_addr;
		}
	}
}

/*
 * Where we listen: what we say by an uplink leaves with its own address, and
 * its answers come there.
 */
static int
is_for_us(const struct addr *own)
{
	enum family family = addr_family(own);
	uint32_t i;

	if (here.address.family == AF_UNSPEC ||
	    addr_cmp(own, &here.address) == 0)
		return 1;
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		if (addr_cmp(own, &facts[i].family[family].address) == 0)
			return 1;
	return 0;
}

/* 0: nothing more is there. */
static int
hear(const struct talk *t)
{
	struct msg_peer_packet p;
	union device_name from;
	union control control;
	struct iovec iov = { p.data, sizeof(p.data) };
	struct msghdr msg;
	ssize_t n;

	memset(&p, 0, sizeof(p));
	memset(&msg, 0, sizeof(msg));
	msg.msg_name = &from;
	msg.msg_namelen = sizeof(from);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control);
	if ((n = recvmsg(t->fd, &msg, MSG_DONTWAIT)) == -1)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	p.addr.family = from.any.sa_family;
	if (from.any.sa_family == AF_INET) {
		p.addr.v4 = from.v4.sin_addr;
		p.port = ntohs(from.v4.sin_port);
	} else {
		p.addr.v6 = from.v6.sin6_addr;
		p.port = ntohs(from.v6.sin6_port);
	}
	if (msg.msg_flags & MSG_TRUNC || p.port == 0)
		return 1;
	p.uplink = MSG_UPLINK_NONE;
	came_by(&msg, &p);
	if (!is_for_us(&p.own))
		return 1;
	if (!gate_passes(&p.addr, p.port, p.data, (size_t)n, monotime_now())) {
		lost();
		return 1;
	}
	p.len = (uint32_t)n;
	heard(&p);
	return 1;
}

static void
on_datagram(int fd, short what, void *arg)
{
	int i;

	(void)fd;
	(void)what;
	for (i = 0; i < READS && hear(arg); i++)
		;
}

/* ---- sockets ---- */

static int
prepare(int fd, enum family family)
{
	union device_name name;
	struct addr any;
	socklen_t len;
	int on = 1;

	memset(&any, 0, sizeof(any));
	any.family = (uint32_t)af[family];
	len = device_name(&any, here.port, 0, &name);
	if (family == FAMILY_INET6 &&
	    (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == -1 ||
		setsockopt(
		    fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) == -1))
		return -1;
	if (family == FAMILY_INET &&
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == -1)
		return -1;
	return bind(fd, &name.any, len);
}

/* What cannot be had is tried again with the next datagram. */
static void
open_one(enum family family)
{
	struct talk *t = &talk[family];

	if (t->open || here.port == 0 ||
	    (here.address.family != AF_UNSPEC &&
		addr_family(&here.address) != family))
		return;
	t->fd =
	    socket(af[family], SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd == -1 && errno == EAFNOSUPPORT)
		return; /* a kernel without IPv6 */
	if (t->fd == -1 || prepare(t->fd, family) == -1) {
		if (!t->complained)
			log_warn("peers: listen: port %u", here.port);
		t->complained = 1;
		if (t->fd != -1)
			close(t->fd);
		return;
	}
	t->complained = 0;
	t->open = 1;
	event_set(&t->ev, t->fd, EV_READ | EV_PERSIST, on_datagram, t);
	event_add(&t->ev, NULL);
}

static void
close_one(struct talk *t)
{
	if (!t->open)
		return;
	event_del(&t->ev);
	close(t->fd);
	t->open = 0;
}

void
talk_listen(
    const struct msg_peer_listen *l, talk_heard *user, talk_dropped *dropped)
{
	uint32_t f;

	heard = user;
	lost = dropped;
	gate_open(l->key, l->npeers);
	if (l->port == here.port && addr_cmp(&l->address, &here.address) == 0)
		return;
	for (f = 0; f < FAMILIES; f++)
		close_one(&talk[f]);
	here = *l;
	for (f = 0; f < FAMILIES; f++)
		open_one(f);
}

void
talk_facts(const struct msg_facts *f)
{
	facts[f->uplink] = *f;
}

void
talk_forget(void)
{
	memset(facts, 0, sizeof(facts));
}

/* ---- out ---- */

/* f: NULL: by any uplink, as the routes say. */
static void
leave_by(struct msghdr *msg, const struct msg_facts *f, const struct addr *own)
{
	uint32_t ifindex = f != NULL ? f->ifindex : 0;
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct in6_pktinfo v6;
	struct in_pktinfo v4;

	if (own->family == AF_INET) {
		memset(&v4, 0, sizeof(v4));
		v4.ipi_ifindex = (int)ifindex;
		v4.ipi_spec_dst = own->v4;
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(v4));
		memcpy(CMSG_DATA(c), &v4, sizeof(v4));
	} else {
		memset(&v6, 0, sizeof(v6));
		v6.ipi6_ifindex = ifindex;
		v6.ipi6_addr = own->v6;
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(v6));
		memcpy(CMSG_DATA(c), &v6, sizeof(v6));
	}
	msg->msg_controllen = CMSG_SPACE(c->cmsg_len - CMSG_LEN(0));
}

void
talk_send(const struct msg_peer_packet *p)
{
	enum family family = addr_family(&p->addr);
	struct talk *t = &talk[family];
	const struct msg_facts *f = NULL;
	const struct addr *own = &p->own;
	struct iovec iov = { (void *)(uintptr_t)p->data, p->len };
	union device_name to;
	union control control;
	struct msghdr msg;

	open_one(family);
	if (p->uplink != MSG_UPLINK_NONE) {
		f = &facts[p->uplink];
		if (f->ifindex == 0 ||
		    f->family[family].address.family == AF_UNSPEC)
			return;
		if (own->family == AF_UNSPEC)
			own = &f->family[family].address;
	}
	if (!t->open)
		return;
	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	msg.msg_name = &to;
	msg.msg_namelen = device_name(&p->addr, p->port, 0, &to);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (own->family != AF_UNSPEC) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		leave_by(&msg, f, own);
	}
	if (sendmsg(t->fd, &msg, MSG_DONTWAIT) == -1)
		log_debug("peers: send: %s", strerror(errno));
}
