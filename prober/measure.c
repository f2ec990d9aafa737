/* SPDX-License-Identifier: ISC */
/*
 * What the path can carry; see measure.h.  First the MTU: the interface's own
 * is tried, and if that does not come back, others between the largest that
 * does and the least that does not.  Then a burst of that size: the time from its first
 * to its last answer is what the slower way takes for all but one of them.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/device.h"
#include "prober/icmp.h"
#include "prober/measure.h"
#include "prober/octets.h"

#define MTU_MIN     576 /* RFC 791: what every host takes */
#define MTU_MIN6    1280 /* RFC 8200 section 5 */
#define MTU_MAX     9216
#define WAIT_MS     1500 /* for the answers to one size */
#define WAIT_MIN    150 /* where answers are quick */
#define WAIT_RTTS   4
#define SILENT_MS   1000 /* behind the last answer of a burst */
#define IP4_LEN     20
#define ICMP_REPLY  0 /* RFC 792 */
#define ICMP6_REPLY 129 /* RFC 4443 section 4.2 */

static struct {
	struct msg_measured m;
	void (*tell)(const struct msg_measured *);
	int fd; /* -1: nothing is under way */
	struct event ev, timer, end;
	struct addr to;
	union device_name name;
	socklen_t namelen;
	uint16_t id;
	uint16_t seq; /* of the packets that are out: this and the next ones */
	uint64_t token;
	uint32_t header; /* of IP */
	uint32_t good, bad; /* sizes: comes back, or 0; does not */
	uint32_t size; /* that is tried */
	int bursting;
	struct monotime sent;
	uint32_t wait_ms; /* for an answer, by those that came */
	uint32_t answers;
	struct monotime first, last;
} now = { .fd = -1 };

static void
stop(void)
{
	if (now.fd == -1)
		return;
	event_del(&now.ev);
	evtimer_del(&now.timer);
	evtimer_del(&now.end);
	close(now.fd);
	now.fd = -1;
}

static void
finish(void)
{
	int64_t us = monotime_sub(now.last, now.first) / 1000;
	uint64_t bits = (uint64_t)(now.answers - 1) * now.size * 8;

	now.m.mtu = now.good;
	if (now.bursting && now.answers >= CONF_MEASURE_BURST / 2 && us > 0)
		now.m.kbps = (uint32_t)(bits * 1000 / (uint64_t)us);
	stop();
	now.tell(&now.m);
}

static void
wait_ms(uint32_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(&now.timer, &tv);
}

/* Packets of this size in one go; a full queue is a packet lost. */
static void
send_some(uint32_t n)
{
	uint8_t out[MTU_MAX];
	struct icmp_echo e = { .dst = now.to, .id = now.id };
	size_t len = now.size - now.header;
	uint32_t i;

	now.sent = monotime_now();
	e.token = now.token;
	for (i = 0; i < n; i++) {
		e.seq = (uint16_t)(now.seq + i);
		icmp_build_padded(&e, out, len);
		(void)sendto(now.fd, out, len, 0, &now.name.any, now.namelen);
	}
}

static void
burst(void)
{
	now.bursting = 1;
	now.size = now.good;
	now.answers = 0;
	now.seq = (uint16_t)(now.seq + CONF_MEASURE_COPIES);
	send_some(CONF_MEASURE_BURST);
	wait_ms(WAIT_MS + SILENT_MS);
}

static uint32_t
least(void)
{
	return now.to.family == AF_INET6 ? MTU_MIN6 : MTU_MIN;
}

/* A size came back, or did not: the next one, or the burst. */
static void
next_size(void)
{
	if (now.good == 0 && now.size == least()) {
		finish(); /* not even that */
		return;
	}
	if (now.good != 0 && now.bad - now.good == 1) {
		burst();
		return;
	}
	now.seq = (uint16_t)(now.seq + CONF_MEASURE_COPIES);
	now.size =
	    now.good == 0 ? least() : now.good + (now.bad - now.good) / 2;
	now.answers = 0;
	send_some(CONF_MEASURE_COPIES);
	wait_ms(now.wait_ms);
}

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (now.bursting) {
		finish();
		return;
	}
	now.bad = now.size;
	next_size();
}

static void
on_end(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	finish();
}

/* An answer to one of ours, whole.  Its sum is the kernel's, or in vain. */
static int
is_ours(const uint8_t *p, size_t len)
{
	uint32_t n = now.bursting ? CONF_MEASURE_BURST : CONF_MEASURE_COPIES;

	if (now.to.family == AF_INET) {
		if (len < IP4_LEN || p[0] != 0x45)
			return 0;
		p += IP4_LEN;
		len -= IP4_LEN;
	}
	return len == now.size - now.header &&
	       p[0] == (now.to.family == AF_INET6 ? ICMP6_REPLY : ICMP_REPLY) &&
	       get16(p + 4) == now.id &&
	       memcmp(p + 8, &now.token, sizeof(now.token)) == 0 &&
	       (uint16_t)(get16(p + 6) - now.seq) < n;
}

static void
answered(struct monotime at)
{
	int64_t ms;

	if (now.answers++ == 0)
		now.first = at;
	now.last = at;
	if (now.bursting) {
		if (now.answers == CONF_MEASURE_BURST)
			finish();
		else
			wait_ms(SILENT_MS);
		return;
	}
	if (now.answers > 1)
		return; /* the copy of one that has come */
	now.good = now.size;
	ms = WAIT_MIN + WAIT_RTTS * monotime_ms_between(now.sent, at);
	now.wait_ms = ms > WAIT_MS ? WAIT_MS : (uint32_t)ms;
	next_size();
}

static void
on_read(int fd, short what, void *arg)
{
	uint8_t data[MTU_MAX + 1];
	struct monotime at;
	ssize_t n;
	int i;

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < CONF_MEASURE_BURST && now.fd != -1; i++) {
		n = device_receive(now.fd, data, sizeof(data), NULL, &at);
		if (n <= 0)
			return;
		if (is_ours(data, (size_t)n))
			answered(at);
	}
}

/* As large as it is, or an error; the kernel's own idea does not count. */
static int
undivided(int fd, int inet6)
{
	int probe = inet6 ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;

	return inet6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe,
			   sizeof(probe))
		     : setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe,
			   sizeof(probe));
}

static int
open_socket(const struct msg_facts *f, int inet6)
{
	int fd, on = 1;

	fd = socket(inet6 ? AF_INET6 : AF_INET,
	    SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    inet6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (fd != -1 && (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, f->ifname,
			     (socklen_t)strlen(f->ifname) + 1) == -1 ||
			    undivided(fd, inet6) == -1 ||
			    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on,
				sizeof(on)) == -1)) {
		log_warn("%s: measure", f->ifname);
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The first far target that answers to echoes, of a family that is there. */
static const struct addr *
find_target(const struct conf_uplink *u, const struct msg_facts *f)
{
	uint32_t i;

	for (i = 0; i < u->ntargets; i++)
		if (!u->target[i].near &&
		    u->target[i].method == CONF_METHOD_ICMP &&
		    f->family[addr_family(&u->target[i].address)]
			    .address.family != AF_UNSPEC)
			return &u->target[i].address;
	return NULL;
}

void
measure_begin(const struct msg_measure *m, const struct conf_uplink *u,
    const struct msg_facts *f, void (*tell)(const struct msg_measured *))
{
	struct timeval tv = monotime_ms(m->ms);
	const struct addr *to = find_target(u, f);
	uint32_t mtu = f->mtu > MTU_MAX ? MTU_MAX : f->mtu;

	stop();
	memset(&now, 0, sizeof(now));
	now.fd = -1;
	now.tell = tell;
	now.m.uplink = m->uplink;
	now.m.gen = m->gen;
	if (to == NULL || mtu < MTU_MIN ||
	    (to->family == AF_INET6 && mtu < MTU_MIN6) ||
	    (now.fd = open_socket(f, to->family == AF_INET6)) == -1) {
		tell(&now.m);
		return;
	}
	now.to = *to;
	now.namelen = device_name(to, 0, f->ifindex, &now.name);
	now.id = (uint16_t)arc4random();
	arc4random_buf(&now.token, sizeof(now.token));
	now.header = to->family == AF_INET6 ? ICMP_IP6_HEADER : IP4_LEN;
	now.bad = mtu + 1;
	now.size = mtu;
	event_set(&now.ev, now.fd, EV_READ | EV_PERSIST, on_read, NULL);
	event_add(&now.ev, NULL);
	evtimer_set(&now.timer, on_timer, NULL);
	evtimer_set(&now.end, on_end, NULL);
	evtimer_add(&now.end, &tv);
	now.wait_ms = WAIT_MS;
	send_some(CONF_MEASURE_COPIES);
	wait_ms(WAIT_MS);
}
