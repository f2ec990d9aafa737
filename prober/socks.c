/* SPDX-License-Identifier: ISC */
/* Probes by sockets of their own; see socks.h. */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/device.h"
#include "prober/dns.h"
#include "prober/socks.h"

#define READS_MAX 16 /* datagrams at once; the loop comes again for more */

struct socks_probe {
	TAILQ_ENTRY(socks_probe) entry;
	struct socks *of;
	int fd;
	struct event ev;
	struct monotime sent;
	uint32_t target;
	uint16_t seq;
	uint64_t token;
	int dns; /* or TCP */
	struct addr answer;
	struct dns_query query;
};

enum outcome { WAITS, ANSWERED, REFUSED, CAPTIVE };

/* An established connection leaves no TIME_WAIT: it ends by a reset. */
static void
forget(struct socks_probe *p)
{
	TAILQ_REMOVE(&p->of->probes, p, entry);
	p->of->nprobes--;
	event_del(&p->ev);
	close(p->fd);
	free(p);
}

/* It is gone before it is told, see socks.h. */
static void
finish(struct socks_probe *p, enum outcome outcome, struct monotime at)
{
	const struct socks_user *user = p->of->user;
	void *arg = p->of->arg;
	uint32_t target = p->target;
	uint16_t seq = p->seq;
	uint64_t token = p->token;

	forget(p);
	if (outcome == ANSWERED)
		user->answer(arg, target, seq, token, at);
	else
		user->denied(arg, target, seq, token, outcome == CAPTIVE);
}

/* TCP has no stamps, but the kernel has measured how long it took. */
static struct monotime
connected_at(const struct socks_probe *p)
{
	struct monotime now = monotime_now(), at;
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(p->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1 ||
	    info.tcpi_rtt == 0 || info.tcpi_total_retrans > 0)
		return now; /* the time of a second try is not the whole */
	at = monotime_add_ns(p->sent, (int64_t)info.tcpi_rtt * 1000);
	return monotime_cmp(at, now) < 0 ? at : now;
}

static enum outcome
look_tcp(struct socks_probe *p, struct monotime *at)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0) {
		*at = connected_at(p);
		return ANSWERED;
	}
	log_debug("%s: connect: %s", p->of->ifname, strerror(error));
	return REFUSED;
}

static enum outcome
judge(const struct socks_probe *p, const uint8_t *data, size_t len)
{
	switch (dns_answer(&p->query, &p->answer, data, len)) {
	case DNS_GOOD:
		return ANSWERED;
	case DNS_FAILED:
		return REFUSED;
	case DNS_WRONG:
		return CAPTIVE;
	case DNS_FOREIGN:
		break;
	}
	return WAITS; /* the right one may come behind it */
}

/* One datagram, and when the kernel got it. */
static enum outcome
look_datagram(struct socks_probe *p, struct monotime *at, int *more)
{
	uint8_t data[DNS_ANSWER_MAX + 1];
	ssize_t n;

	n = device_receive(p->fd, data, sizeof(data), NULL, at);
	if (n == -1) {
		*more = 0;
		if (errno == EAGAIN || errno == EINTR)
			return WAITS;
		log_debug("%s: query: %s", p->of->ifname, strerror(errno));
		return REFUSED;
	}
	return judge(p, data, (size_t)n);
}

static enum outcome
look_dns(struct socks_probe *p, struct monotime *at)
{
	enum outcome outcome = WAITS;
	int i, more = 1;

	for (i = 0; i < READS_MAX && more && outcome == WAITS; i++)
		outcome = look_datagram(p, at, &more);
	return outcome;
}

/* Not EV_PERSIST: what is not ours must not make its life longer. */
static void
wait_on(struct socks_probe *p)
{
	struct monotime ends = monotime_add_ms(p->sent, p->of->patience_ms);
	struct timeval tv = monotime_until(ends, monotime_now());

	event_add(&p->ev, &tv);
}

static void
on_event(int fd, short what, void *arg)
{
	struct socks_probe *p = arg;
	struct monotime at = monotime_now();
	enum outcome outcome;

	(void)fd;
	if (what == EV_TIMEOUT) {
		forget(p);
		return;
	}
	outcome = p->dns ? look_dns(p, &at) : look_tcp(p, &at);
	if (outcome == WAITS)
		wait_on(p);
	else
		finish(p, outcome, at);
}

/* To the interface, its address and a port that the kernel draws. */
static int
bind_own(const struct socks *s, int fd, const struct conf_target *t)
{
	union device_name name;

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->ifname,
		(socklen_t)strlen(s->ifname) + 1) == -1 ||
	    bind(fd, &name.any, device_name(&s->own, 0, s->ifindex, &name)) ==
		-1)
		return -1;
	if (connect(fd, &name.any,
		device_name(&t->address, t->port, s->ifindex, &name)) == -1 &&
	    errno != EINPROGRESS)
		return -1;
	return 0;
}

static int
ask(struct socks_probe *p, const struct conf_target *t)
{
	uint8_t cases[DNS_CASES];
	int on = 1;

	arc4random_buf(cases, sizeof(cases));
	if (dns_build(&p->query, t->query, &t->answer, (uint16_t)arc4random(),
		cases) == -1) {
		errno = EINVAL;
		return -1;
	}
	if (setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ==
		-1 ||
	    bind_own(p->of, p->fd, t) == -1)
		return -1;
	return send(p->fd, p->query.octet, p->query.len, 0) == -1 ? -1 : 0;
}

static int
call(struct socks_probe *p, const struct conf_target *t)
{
	static const struct linger reset = { 1, 0 };

	if (setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ==
	    -1)
		return -1;
	return bind_own(p->of, p->fd, t);
}

static int
start(struct socks_probe *p, const struct conf_target *t)
{
	p->fd = socket((int)p->of->own.family,
	    (p->dns ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (p->fd == -1)
		return -1;
	return p->dns ? ask(p, t) : call(p, t);
}

/* As the caller is told: one name for all that only we lack. */
static int
why(int error)
{
	switch (error) {
	case EAGAIN:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return ENOBUFS;
	default:
		return error;
	}
}

static int
fail(struct socks_probe *p, const struct socks *s)
{
	int error = why(errno);

	if (error != errno) /* else the caller tells */
		log_debug("%s: socket: %s", s->ifname, strerror(errno));
	if (p != NULL) {
		if (p->fd != -1)
			close(p->fd);
		free(p);
	}
	errno = error;
	return -1;
}

int
socks_send(
    struct socks *s, const struct conf_target *t, uint16_t seq, uint64_t token)
{
	struct socks_probe *p;

	if (s->user == NULL || t->address.family != s->own.family) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	if (s->nprobes == SOCKS_MAX)
		forget(TAILQ_FIRST(&s->probes));
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return fail(NULL, s);
	p->of = s;
	p->dns = t->method == CONF_METHOD_DNS;
	p->target = t->id;
	p->seq = seq;
	p->token = token;
	p->answer = t->answer;
	p->sent = monotime_now();
	if (start(p, t) == -1)
		return fail(p, s);
	TAILQ_INSERT_TAIL(&s->probes, p, entry);
	s->nprobes++;
	event_set(&p->ev, p->fd, p->dns ? EV_READ : EV_WRITE, on_event, p);
	wait_on(p);
	return 0;
}

void
socks_open(struct socks *s, const struct msg_facts *facts, enum family family,
    int64_t patience_ms, const struct socks_user *user, void *arg)
{
	socks_close(s);
	memset(s, 0, sizeof(*s));
	TAILQ_INIT(&s->probes);
	strlcpy(s->ifname, facts->ifname, sizeof(s->ifname));
	s->ifindex = facts->ifindex;
	s->own = facts->family[family].address;
	s->patience_ms = patience_ms;
	s->user = user;
	s->arg = arg;
}

void
socks_close(struct socks *s)
{
	if (s->user == NULL)
		return;
	while (!TAILQ_EMPTY(&s->probes))
		forget(TAILQ_FIRST(&s->probes));
	s->user = NULL;
}
