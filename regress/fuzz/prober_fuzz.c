/* SPDX-License-Identifier: ISC */
/*
 * The prober between its parent and the line, in virtual time: any messages
 * in any order, any answers, a wire that fails.  Whatever it was told, what
 * it tells must be valid, since the parent would call it hostile otherwise.
 *
 * The input is a row of commands: an octet, then what it takes.  Most of a
 * message is sound, since random octets would be refused at the first check;
 * one command sends raw octets all the same.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "prober/capture.h"
#include "prober/evidence.h"
#include "prober/probed.h"
#include "prober/prober.h"
#include "prober/round.h"
#include "prober/schedule.h"
#include "prober/socks.h"
#include "prober/stats.h"
#include "prober/talk.h"
#include "prober/wire.h"
#include "regress/fuzz/deliver.h"
#include "regress/fuzz/feed.h"

#define TIMERS    (4 * FAMILIES * CONF_UPLINKS_MAX)
#define ECHOES    64
#define STEPS_MAX 2000 /* timers that one input may fire */
#define COMMANDS  11

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct {
	struct event *ev;
	void (*fn)(int, short, void *);
	void *arg;
	struct monotime due; /* invalid: not set */
} timer[TIMERS];

static struct {
	struct wire *wire; /* NULL: slot is free */
	struct icmp_echo e;
} echo[ECHOES];

static struct monotime clock_now;
static uint32_t nechoes, steps;
static int wire_fails, wire_silent;
static const struct socks_user *socks_user; /* the last opened */
static void *socks_arg;
static uint32_t sock_target;
static uint16_t sock_seq;
static uint64_t sock_token;

/* --- what the prober's code calls instead ---------------------------------- */

static int
fuzz_compose(struct imsgev *iev, uint32_t type, uint32_t id, pid_t pid, int fd,
    const void *data, size_t len)
{
	(void)iev;
	(void)id;
	(void)pid;
	(void)fd;
	if (type == IMSG_ROUND &&
	    (len != sizeof(struct msg_round) || !msg_round_valid(data)))
		abort();
	if (type == IMSG_STATS &&
	    (len != sizeof(struct msg_stats) || !msg_stats_valid(data)))
		abort();
	if (type == IMSG_CAPTURE_DONE &&
	    (len != sizeof(struct msg_capture_done) ||
		!msg_capture_done_valid(data)))
		abort();
	return 1;
}

static void
fuzz_write(const struct msg_capture *m, int fd, struct msg_capture_done *out)
{
	if (fd == -1)
		abort();
	memset(out, 0, sizeof(*out));
	strlcpy(out->event, m->event, sizeof(out->event));
	out->ok = octet() & 1;
}

static struct monotime
fuzz_now(void)
{
	return clock_now;
}

static void
fuzz_timer_set(struct event *ev, void (*fn)(int, short, void *), void *arg)
{
	uint32_t i;

	for (i = 0; i < TIMERS && timer[i].ev != NULL; i++)
		continue;
	if (i == TIMERS)
		abort(); /* never freed */
	timer[i].ev = ev;
	timer[i].fn = fn;
	timer[i].arg = arg;
	timer[i].due = (struct monotime){ 0 };
}

static void
fuzz_timer_add(struct event *ev, const struct timeval *tv)
{
	uint32_t i;

	for (i = 0; i < TIMERS; i++)
		if (timer[i].ev == ev) {
			timer[i].due = monotime_add_ns(
			    clock_now, tv->tv_sec * INT64_C(1000000000) +
					   tv->tv_usec * INT64_C(1000));
			return;
		}
	abort();
}

static void
fuzz_timer_del(struct event *ev)
{
	uint32_t i;

	for (i = 0; i < TIMERS; i++)
		if (timer[i].ev == ev)
			timer[i].due = (struct monotime){ 0 };
}

static int
fuzz_send(struct wire *w, const struct icmp_echo *e)
{
	if (wire_fails)
		return -1;
	echo[nechoes % ECHOES].wire = w;
	echo[nechoes++ % ECHOES].e = *e;
	return 0;
}

static int
fuzz_refresh(struct wire *w)
{
	(void)w;
	return wire_fails ? -1 : 0;
}

static int
fuzz_silent(const struct wire *w, struct monotime since)
{
	(void)w;
	(void)since;
	return wire_silent;
}

static int
fuzz_ask(struct wire *w)
{
	if (wire_fails || w->facts.pointopoint) {
		errno = wire_fails ? ENETDOWN : EOPNOTSUPP;
		return -1;
	}
	if (octet() & 1)
		w->user->gateway(w->arg, clock_now);
	return 0;
}

static const uint8_t *
fuzz_next_hop(const struct wire *w)
{
	static const uint8_t mac[FRAME_MAC_LEN] = { 2 };

	return w->facts.pointopoint ? NULL : mac;
}

static const struct wire_ops fuzz_ops = {
	.send = fuzz_send,
	.ask = fuzz_ask,
	.next_hop = fuzz_next_hop,
	.refresh = fuzz_refresh,
	.silent = fuzz_silent,
};

static void
fuzz_close(struct wire *w)
{
	uint32_t i;

	w->ops = NULL;
	for (i = 0; i < ECHOES; i++)
		if (echo[i].wire == w)
			echo[i].wire = NULL;
}

static int
fuzz_open(struct wire *w, const struct msg_facts *f, enum family family,
    uint16_t id, const struct wire_user *user, void *arg)
{
	fuzz_close(w);
	memset(w, 0, sizeof(*w));
	w->facts = *f;
	w->family = family;
	w->id = id;
	w->user = user;
	w->arg = arg;
	if (wire_fails)
		return -1;
	w->ops = &fuzz_ops;
	return 0;
}

static int
fuzz_is_open(const struct wire *w)
{
	return w->ops != NULL;
}

static void
fuzz_drain(struct wire *w)
{
	(void)w;
}

static int
fuzz_dropped(struct wire *w)
{
	(void)w;
	return octet() & 1;
}

/* Of the last query or connection: answered, denied, or nothing. */
static void
fuzz_socks_open(struct socks *s, const struct msg_facts *f, enum family family,
    int64_t patience_ms, const struct socks_user *user, void *arg)
{
	(void)patience_ms;
	(void)s;
	(void)f;
	(void)family;
	socks_user = user;
	socks_arg = arg;
}

static int
fuzz_socks_send(
    struct socks *s, const struct conf_target *t, uint16_t seq, uint64_t token)
{
	(void)s;
	sock_target = t->id;
	sock_seq = seq;
	sock_token = token;
	return wire_fails ? -1 : 0;
}

static void
fuzz_socks_close(struct socks *s)
{
	(void)s;
	socks_user = NULL;
}

static int
fuzz_evidence_open(struct evidence *e, const struct msg_facts *f,
    enum family family, const uint8_t *mac)
{
	(void)f;
	(void)family;
	(void)mac;
	e->pcap = octet() & 1 ? (pcap_t *)(void *)e : NULL;
	return e->pcap == NULL ? -1 : 0;
}

static int
fuzz_evidence_is_open(const struct evidence *e)
{
	return e->pcap != NULL;
}

static struct monotime
fuzz_evidence_last(struct evidence *e)
{
	if (octet() & 1)
		e->last = clock_now;
	return e->last;
}

static void
fuzz_evidence_close(struct evidence *e)
{
	e->pcap = NULL;
}

static void __attribute__((__format__(printf, 1, 2)))
fuzz_quiet(const char *fmt, ...)
{
	(void)fmt;
}

#undef evtimer_set
#undef evtimer_add
#undef evtimer_del
#define evtimer_set                 fuzz_timer_set
#define evtimer_add                 fuzz_timer_add
#define evtimer_del                 fuzz_timer_del
#define monotime_now                fuzz_now
#define fatalx(...)                 longjmp(refused, 1)
#define log_warnx                   fuzz_quiet
#define proc_get                    fuzz_get
#define imsg_compose_event          fuzz_compose
#define wire_open                   fuzz_open
#define wire_close                  fuzz_close
#define wire_is_open                fuzz_is_open
#define wire_drain                  fuzz_drain
#define wire_works(w, target)       ((void)0)
#define wire_sleep(w)               ((void)(w))
#define wire_wake(w)                ((void)(w))
#define wire_dropped                fuzz_dropped
#define socks_open                  fuzz_socks_open
#define socks_send                  fuzz_socks_send
#define socks_close                 fuzz_socks_close
#define evidence_open               fuzz_evidence_open
#define evidence_is_open            fuzz_evidence_is_open
#define evidence_last               fuzz_evidence_last
#define evidence_close              fuzz_evidence_close
#define capture_configure(c)        ((void)(c))
#define capture_facts(f)            ((void)(f))
#define capture_write               fuzz_write
#define talk_listen(l, heard, lost) ((void)(l), (void)(heard), (void)(lost))
#define talk_facts(f)               ((void)(f))
#define talk_forget()               ((void)0)
#define talk_send(p)                ((void)(p))
#define imsg_get_fd(imsg)           ((void)(imsg), octet() & 1 ? 9 : -1)

#include "prober/probed.c"
#include "prober/prober.c"

/* --- the commands ----------------------------------------------------------- */

static void
deliver(uint32_t type, const void *data, size_t len)
{
	deliver_to(prober_dispatch_parent, type, data, len);
}

static void
send_uplink(uint32_t id)
{
	struct conf_uplink u;
	uint32_t i;

	memset(&u, 0, sizeof(u));
	u.id = id;
	u.role = id == 0 ? CONF_PRIMARY : CONF_BACKUP;
	u.kind = CONF_INTERFACE;
	strlcpy(u.label, octet() & 1 ? "one" : "two", sizeof(u.label));
	strlcpy(u.ifname, "eth1", sizeof(u.ifname));
	u.probe.count = 1 + octet() % 100;
	u.probe.interval_ms = 10 + octet();
	u.probe.timeout_ms = 10 + octet() * 4u;
	u.probe.delay_ms = 10 + octet();
	u.probe.retry = octet() % 101;
	u.probe.success.kind = octet() % 4;
	u.probe.require.kind = octet() % 4;
	if (u.probe.success.kind == CONF_QUORUM_NUMBER)
		u.probe.success.number = octet();
	if (u.probe.require.kind == CONF_QUORUM_NUMBER)
		u.probe.require.number = octet();
	u.ntargets = octet() % (CONF_TARGETS_MAX + 2);
	for (i = 0; i < u.ntargets && i < CONF_TARGETS_MAX; i++) {
		uint8_t ip[4] = { 198, 51, 100, (uint8_t)(i + 1) };

		u.target[i].id = i;
		u.target[i].method = octet() % (CONF_METHOD_DNS + 1);
		u.target[i].near =
		    u.target[i].method == CONF_METHOD_GATEWAY || octet() & 1;
		if (octet() & 1) {
			addr_parse("2001:db8::7", &u.target[i].address);
			u.target[i].address.octet[15] = (uint8_t)(i + 1);
		} else
			addr_set(&u.target[i].address, AF_INET, ip, 4);
		if (u.target[i].method == CONF_METHOD_GATEWAY)
			memset(u.target[i].address.octet, 0, 16);
		if (u.target[i].method >= CONF_METHOD_TCP)
			u.target[i].port = 53;
		if (u.target[i].method == CONF_METHOD_DNS)
			strlcpy(u.target[i].query, "example.net",
			    sizeof(u.target[i].query));
	}
	if (octet() & 1)
		u.probe.budget = 100000 + octet() * UINT64_C(1000000);
	u.dial.timeout_ms = 60000;
	u.dial.redial = 1;
	u.dial.backoff_ms = u.dial.backoff_max_ms = 1000;
	deliver(IMSG_CONF_UPLINK, &u, sizeof(u));
}

static void
send_conf(void)
{
	struct msg_conf_begin b;
	uint32_t i;

	memset(&b, 0, sizeof(b));
	b.gen = octet();
	b.nuplinks = octet();
	if (b.nuplinks > CONF_UPLINKS_MAX)
		b.nuplinks %= 4; /* few are as good as many, and faster */
	deliver(IMSG_CONF_BEGIN, &b, sizeof(b));
	for (i = 0; i < b.nuplinks; i++)
		send_uplink(i);
	deliver(IMSG_CONF_END, &b.gen, sizeof(b.gen));
}

static void
send_facts(void)
{
	static const uint8_t ip[4] = { 192, 0, 2, 10 };
	static const uint8_t gateway[4] = { 192, 0, 2, 1 };
	struct msg_facts f;
	uint8_t flags = octet();

	memset(&f, 0, sizeof(f));
	f.uplink = octet() % (CONF_UPLINKS_MAX + 1);
	f.ifindex = octet() % 3;
	f.up = flags & 1;
	f.carrier = flags >> 1 & 1;
	f.pointopoint = flags >> 2 & 1;
	f.family[FAMILY_INET].has_route = flags >> 3 & 1;
	f.family[FAMILY_INET].prefixlen = octet();
	strlcpy(f.ifname, "eth1", sizeof(f.ifname));
	if (flags & 16)
		addr_set(&f.family[FAMILY_INET].address, AF_INET, ip, 4);
	if (flags & 32)
		addr_set(&f.family[FAMILY_INET].gateway, AF_INET, gateway, 4);
	if (flags & 64) {
		f.family[FAMILY_INET6] = f.family[FAMILY_INET];
		addr_parse("2001:db8::2", &f.family[FAMILY_INET6].address);
		addr_parse("2001:db8::1", &f.family[FAMILY_INET6].gateway);
	}
	deliver(IMSG_FACTS, &f, sizeof(f));
}

static void
send_mode(void)
{
	struct msg_probe m;

	m.uplink = octet() % (CONF_UPLINKS_MAX + 1);
	m.gen = octet();
	m.mode = octet() % (MSG_PROBE_BURST + 2);
	m.every_ms = octet() * 1000U;
	deliver(IMSG_PROBE, &m, sizeof(m));
}

static void
send_raw(void)
{
	uint32_t type = octet() % (IMSG_TYPE_MAX + 2);
	size_t len = octet() | (size_t)octet() << 8;

	if (len > left)
		len = left;
	in += len;
	left -= len;
	deliver(type, in - len, len);
}

/* An answer to something that was sent, true or not quite. */
static void
answer(void)
{
	uint32_t i = octet() % ECHOES;
	struct wire *w = echo[i].wire;
	struct icmp_echo e = echo[i].e;
	struct monotime at = clock_now;
	uint8_t wrong = octet();

	if (w == NULL)
		return;
	e.src = echo[i].e.dst;
	e.dst = echo[i].e.src;
	if (wrong & 1)
		e.token++;
	if (wrong & 2)
		e.seq = (uint16_t)(e.seq + octet());
	if (wrong & 4)
		e.src.octet[3] = octet();
	if (wrong & 8)
		at = monotime_add_ms(at, -40 * octet());
	w->user->answer(w->arg, &e, at);
	w->user->done(w->arg);
}

/* What a socket got, of the last probe or not quite. */
static void
sock_answer(void)
{
	uint8_t wrong = octet();
	uint64_t token = sock_token + (wrong & 1);
	struct monotime at = monotime_add_ms(clock_now, -10 * (wrong >> 4));

	if (socks_user == NULL)
		return;
	if (wrong & 2)
		socks_user->denied(
		    socks_arg, sock_target, sock_seq, token, wrong & 4);
	else
		socks_user->answer(socks_arg, sock_target, sock_seq, token, at);
}

/* Time goes on, by steps that may be late. */
static void
pass(int64_t ms, int late)
{
	struct monotime end = monotime_add_ms(clock_now, ms);
	uint32_t i, first;

	for (; steps < STEPS_MAX; steps++) {
		first = TIMERS;
		for (i = 0; i < TIMERS; i++)
			if (monotime_valid(timer[i].due) &&
			    monotime_cmp(timer[i].due, end) <= 0 &&
			    (first == TIMERS || monotime_cmp(timer[i].due,
						    timer[first].due) < 0))
				first = i;
		if (first == TIMERS)
			break;
		if (late)
			clock_now = end;
		else if (monotime_cmp(timer[first].due, clock_now) > 0)
			clock_now = timer[first].due;
		timer[first].due = (struct monotime){ 0 };
		timer[first].fn(-1, EV_TIMEOUT, timer[first].arg);
	}
	clock_now = end;
}

static void
command(void)
{
	uint32_t asker = 1;

	switch (octet() % COMMANDS) {
	case 0:
		send_conf();
		break;
	case 1:
		send_facts();
		break;
	case 2:
		send_mode();
		break;
	case 3:
		send_raw();
		break;
	case 4:
		answer();
		break;
	case 5:
		pass(octet(), 0);
		break;
	case 6:
		pass(20 * octet(), octet() & 1);
		break;
	case 7:
		wire_fails = octet() & 1;
		break;
	case 8:
		wire_silent = octet() & 1;
		break;
	case 9:
		deliver(IMSG_STATS_REQ, &asker, sizeof(asker));
		break;
	case 10:
		sock_answer();
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t i;

	in = data;
	left = len;
	steps = nechoes = 0;
	memset(echo, 0, sizeof(echo));
	clock_now = monotime_from_ns(INT64_C(1000000000));
	wire_fails = wire_silent = 0;
	if (setjmp(refused) == 0)
		while (left > 0)
			command();
	for (i = 0; i < CONF_UPLINKS_MAX * FAMILIES; i++) {
		probed_free(probed[i / FAMILIES][i % FAMILIES]);
		probed[i / FAMILIES][i % FAMILIES] = NULL;
	}
	socks_user = NULL;
	memset(&pending, 0, sizeof(pending));
	memset(timer, 0, sizeof(timer));
	return 0;
}
