/* SPDX-License-Identifier: ISC */
/* An uplink being probed; see probed.h. */
#include <sys/types.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "prober/probed.h"
#include "prober/round.h"
#include "prober/stats.h"
#include "prober/wire.h"

struct probed {
	struct conf_uplink conf;
	struct msg_facts facts;
	int facts_known;
	struct msg_probe mode;
	void (*tell)(const struct msg_round *);
	struct round round;
	int64_t suspended_ms; /* when the round began */
	struct wire wire;
	int stale; /* the wire is of a link that was */
	int complained; /* that it cannot be opened */
	struct event timer;
	uint32_t bad; /* rounds in a row */
	uint16_t id; /* of our echo requests */
	struct stats stats[CONF_TARGETS_MAX];
	uint8_t up[CONF_TARGETS_MAX]; /* in the last round that told */
	uint8_t known[CONF_TARGETS_MAX];
};

static void
after_ms(struct probed *p, int64_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(&p->timer, &tv);
}

/* How long the machine has slept since it started, CLOCK_MONOTONIC does not. */
static int64_t
suspended_ms(void)
{
	struct timespec boot, mono;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return ((int64_t)boot.tv_sec - mono.tv_sec) * 1000 +
	       (boot.tv_nsec - mono.tv_nsec) / 1000000;
}

/* What makes probing pointless, in the order in which it is looked at. */
static enum msg_cause
obstacle(const struct probed *p)
{
	const struct msg_facts *f = &p->facts;

	if (f->ifindex == 0)
		return MSG_CAUSE_NO_INTERFACE;
	if (!f->up)
		return MSG_CAUSE_LINK_DOWN;
	if (!f->carrier)
		return MSG_CAUSE_CARRIER;
	if (f->family[FAMILY_INET].address.family != AF_INET)
		return MSG_CAUSE_NO_ADDRESS;
	/* layer-2 probes alone would say "up" while the LAN is dead */
	if (p->conf.id == 0 &&
	    p->conf.gateway[FAMILY_INET].family == AF_UNSPEC &&
	    !f->family[FAMILY_INET].has_route)
		return MSG_CAUSE_NO_ROUTE;
	if (!f->pointopoint && f->family[FAMILY_INET].gateway.family != AF_INET)
		return MSG_CAUSE_NO_ROUTE;
	return MSG_CAUSE_NONE;
}

/* Probes whose answers we cannot see are neither sent nor lost. */
static void
forget_open(struct probed *p)
{
	uint32_t i;
	uint16_t seq;

	for (i = 0; i < p->conf.ntargets; i++)
		while (round_forget(&p->round, i, &seq))
			stats_forget(&p->stats[i], seq);
}

/*
 * With `require any` a round is over before the silence of one target is
 * known: its last probes of this round and others tell.  As round_target.
 */
static int
by_last_probes(const struct probed *p, uint32_t target)
{
	const struct conf_probe *c = &p->conf.probe;
	uint32_t need = conf_quorum_need(&c->success, c->count);
	uint32_t answered, lost;

	stats_last(&p->stats[target], monotime_now(), c->timeout_ms, c->count,
	    &answered, &lost);
	if (answered >= need)
		return 1;
	return lost > c->count - need ? 0 : -1;
}

static void
note_targets(struct probed *p, const struct msg_round *r)
{
	uint32_t i;
	int up;

	if (r->verdict == MSG_VOID)
		return;
	for (i = 0; i < p->conf.ntargets; i++) {
		up = round_target(&p->round, i);
		if (up == -1 && r->target[i].sent > 0 &&
		    (up = by_last_probes(p, i)) == -1)
			continue;
		p->up[i] = up == 1;
		p->known[i] |= r->target[i].sent > 0;
	}
}

/* A bad round is tried again at once, `retry` times. */
static int64_t
pause_ms(const struct probed *p, const struct msg_round *r)
{
	int64_t pause = p->conf.probe.delay_ms;

	if (p->mode.mode == MSG_PROBE_BURST ||
	    (r->verdict == MSG_BAD && p->bad <= p->conf.probe.retry))
		pause = 0;
	if (pause < CONF_QUICK_MS &&
	    r->ended_ns - r->began_ns < CONF_QUICK_MS * 1000000)
		pause = CONF_QUICK_MS;
	return pause;
}

/* The round is over: tell it, and plan the next one. */
static void
finish(struct probed *p, struct msg_round *r)
{
	note_targets(p, r);
	if (r->verdict == MSG_BAD)
		p->bad++;
	else if (r->verdict == MSG_GOOD)
		p->bad = 0;
	if (r->verdict == MSG_VOID)
		forget_open(p);
	/* a socket that sends nothing may be of an interface that was */
	if (r->verdict == MSG_BAD && r->cause == MSG_CAUSE_SEND)
		wire_close(&p->wire);
	r->gen = p->mode.gen;
	p->tell(r);
	after_ms(p, pause_ms(p, r));
}

static void
send_probe(struct probed *p, uint32_t target)
{
	struct icmp_echo e;
	struct monotime now = monotime_now();

	arc4random_buf(&e.token, sizeof(e.token));
	e.src = p->facts.family[FAMILY_INET].address;
	e.dst = p->conf.target[target].address;
	e.id = p->id;
	e.seq = round_sent(&p->round, target, e.token, now);
	stats_sent(&p->stats[target], e.seq, now);
	if (!wire_is_open(&p->wire) || p->wire.ops->send(&p->wire, &e) == -1)
		round_unsent(&p->round, target);
}

static bool
gateway_silent(const struct probed *p)
{
	return wire_is_open(&p->wire) &&
	       p->wire.ops->silent(&p->wire, p->round.began);
}

/* Send what is due, look at what is there, sleep until the next moment. */
static void
step(struct probed *p)
{
	struct round_signs signs = { gateway_silent(p), { 0 } };
	struct msg_round r;
	struct monotime next, now;
	struct timeval tv;
	int target;

	if (suspended_ms() - p->suspended_ms > ROUND_OVERSLEPT_MS) {
		round_void(&p->round, monotime_now(), &r);
		finish(p, &r);
		return;
	}
	while ((target = round_next(&p->round, monotime_now())) != -1)
		send_probe(p, (uint32_t)target);
	now = monotime_now();
	if (round_check(&p->round, now, &signs, &r, &next)) {
		finish(p, &r);
		return;
	}
	tv = monotime_until(next, now);
	evtimer_add(&p->timer, &tv);
}

static void
on_answer(void *arg, const struct icmp_echo *e, struct monotime at)
{
	struct probed *p = arg;
	struct monotime sent;
	enum round_credit credit;
	int64_t rtt;
	uint32_t i;

	for (i = 0; i < p->conf.ntargets; i++)
		if (addr_cmp(&p->conf.target[i].address, &e->src) == 0)
			break;
	if (i == p->conf.ntargets)
		return;
	credit = round_answer(&p->round, i, e->seq, e->token, at, &sent);
	if (credit == ROUND_FOREIGN) {
		log_debug("%s: answer to no probe of ours", p->conf.label);
		return;
	}
	wire_works(&p->wire, &e->src);
	rtt = monotime_sub(at, sent);
	if (rtt <= 0) /* the clock that stamps was set */
		rtt = monotime_sub(monotime_now(), sent);
	stats_answer(
	    &p->stats[i], e->seq, rtt > 0 ? rtt : 1, credit == ROUND_IN_TIME);
}

static void
on_gateway(void *arg, struct monotime at)
{
	(void)arg;
	(void)at; /* the wire's silent() tells */
}

static void
on_answers(void *arg)
{
	struct probed *p = arg;

	if (p->round.running)
		step(p);
}

static void
open_wire(struct probed *p)
{
	static const struct wire_user user = { on_answer, on_gateway,
		on_answers };

	if (wire_open(&p->wire, &p->facts, FAMILY_INET, p->id, &user, p) == 0) {
		p->complained = 0;
		(void)p->wire.ops->refresh(&p->wire);
	} else if (!p->complained) {
		log_warnx("%s: cannot probe: %s", p->facts.ifname, p->wire.why);
		p->complained = 1;
	}
}

static void
begin(struct probed *p)
{
	enum msg_cause why = obstacle(p);
	struct msg_round r;

	if (why != MSG_CAUSE_NONE) {
		round_bad(&p->round, monotime_now(), why, &r);
		finish(p, &r);
		return;
	}
	if (p->stale ||
	    (wire_is_open(&p->wire) && p->wire.ops->refresh(&p->wire) == -1))
		wire_close(&p->wire);
	p->stale = 0;
	if (!wire_is_open(&p->wire))
		open_wire(p);
	p->suspended_ms = suspended_ms();
	round_begin(&p->round, monotime_now());
	step(p);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct probed *p = arg;

	(void)fd;
	(void)what;
	if (!p->round.running) {
		begin(p);
		return;
	}
	/* we may be late: what lies in the socket is not lost */
	wire_drain(&p->wire);
	step(p);
}

static void
stop(struct probed *p)
{
	round_abort(&p->round);
	forget_open(p);
	evtimer_del(&p->timer);
}

struct probed *
probed_new(
    const struct conf_uplink *conf, void (*tell)(const struct msg_round *))
{
	struct probed *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("%s", conf->label);
	p->conf = *conf;
	p->tell = tell;
	p->id = (uint16_t)arc4random();
	round_init(&p->round, &p->conf, FAMILY_INET);
	evtimer_set(&p->timer, on_timer, p);
	return p;
}

void
probed_free(struct probed *p)
{
	if (p == NULL)
		return;
	stop(p);
	wire_close(&p->wire);
	free(p);
}

const struct conf_uplink *
probed_conf(const struct probed *p)
{
	return &p->conf;
}

void
probed_move(struct probed *p, uint32_t id)
{
	p->conf.id = id;
}

void
probed_inherit(struct probed *p, const struct probed *from)
{
	p->facts = from->facts;
	p->facts_known = from->facts_known;
}

static int
same_family(const struct msg_family *a, const struct msg_family *b)
{
	return addr_cmp(&a->address, &b->address) == 0 &&
	       a->prefixlen == b->prefixlen &&
	       addr_cmp(&a->gateway, &b->gateway) == 0;
}

static int
same_link(const struct msg_facts *a, const struct msg_facts *b)
{
	return a->ifindex == b->ifindex && a->up == b->up &&
	       a->carrier == b->carrier && a->pointopoint == b->pointopoint &&
	       strcmp(a->ifname, b->ifname) == 0 &&
	       same_family(&a->family[FAMILY_INET], &b->family[FAMILY_INET]);
}

void
probed_facts(struct probed *p, const struct msg_facts *f)
{
	enum msg_cause before = obstacle(p);
	int same = p->facts_known && same_link(&p->facts, f);

	p->facts = *f;
	p->facts_known = 1;
	if (same && obstacle(p) == before)
		return;
	/*
	 * What a round under way would say is of another link: begin afresh.
	 * Closing a packet socket takes the kernel tens of milliseconds; the
	 * bad round of a pulled cable does not wait for that.
	 */
	stop(p);
	p->stale = 1;
	if (p->mode.mode != MSG_PROBE_OFF)
		after_ms(p, 0);
}

void
probed_mode(struct probed *p, const struct msg_probe *m)
{
	if (p->mode.mode == MSG_PROBE_OFF)
		p->bad = 0;
	p->mode = *m;
	if (m->mode == MSG_PROBE_OFF) {
		stop(p);
		wire_close(&p->wire);
	} else if (!p->round.running && p->facts_known)
		after_ms(p, 0);
}

void
probed_stats(const struct probed *p, uint32_t target, struct msg_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->uplink = p->conf.id;
	s->target = target;
	s->up = p->up[target];
	s->known = p->known[target];
	stats_report(
	    &p->stats[target], monotime_now(), p->conf.probe.timeout_ms, s);
}
