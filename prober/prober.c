/* SPDX-License-Identifier: ISC */
/*
 * The prober's process: facts and modes come in, rounds go out.  When a
 * round is due, what it sends and what it proves is in round.c; the way the
 * probes take in wire.c.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "prober/prober.h"
#include "prober/round.h"
#include "prober/stats.h"
#include "prober/wire.h"

#define PAUSE_MIN_MS 100 /* after a round that needed no time at all */
#define SECOND_NS    INT64_C(1000000000)

struct probed {
	int used;
	struct conf_uplink conf;
	struct msg_facts facts;
	struct msg_probe mode;
	struct round round;
	struct wire wire;
	struct event timer;
	uint32_t bad; /* rounds in a row */
	uint16_t id; /* of our echo requests */
	struct stats stats[CONF_TARGETS_MAX];
	uint8_t up[CONF_TARGETS_MAX]; /* in its last round */
	uint8_t known[CONF_TARGETS_MAX];
	struct timespec left[CONF_TARGETS_MAX][ROUND_PROBES]; /* wall clock */
};

static struct imsgev iev_parent;
static struct probed probed[CONF_UPLINKS_MAX];
static struct conf_uplink pending[CONF_UPLINKS_MAX];
static uint32_t pending_n, pending_got;

static void on_timer(int, short, void *);

static void
send_parent(uint32_t type, const void *data, size_t len)
{
	if (imsg_compose_event(&iev_parent, type, 0, 0, -1, data, len) == -1)
		fatal("%s", msg_name(type));
}

static void
after_ms(struct probed *p, int64_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(&p->timer, &tv);
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
	if (f->address.family != AF_INET)
		return MSG_CAUSE_NO_ADDRESS;
	/* layer-2 probes alone would say "up" while the LAN is dead */
	if (p->conf.id == 0 && p->conf.gateway.family == AF_UNSPEC &&
	    !f->has_route)
		return MSG_CAUSE_NO_ROUTE;
	if (!f->pointopoint && f->gateway.family != AF_INET)
		return MSG_CAUSE_NO_ROUTE;
	return MSG_CAUSE_NONE;
}

/* The round is over: report it, and plan the next one. */
static void
report(struct probed *p, struct msg_round *r)
{
	uint32_t i;
	int64_t pause = p->conf.probe.delay_ms;

	r->gen = p->mode.gen;
	for (i = 0; i < r->ntargets; i++)
		if (r->verdict == MSG_GOOD || r->verdict == MSG_BAD) {
			p->up[i] = r->target[i].good != 0;
			p->known[i] |= r->target[i].sent > 0;
		}
	if (r->verdict == MSG_BAD)
		p->bad++;
	else if (r->verdict == MSG_GOOD)
		p->bad = 0;
	/* a bad round is tried again at once, `retry` times */
	if (p->mode.mode == MSG_PROBE_BURST ||
	    (r->verdict == MSG_BAD && p->bad <= p->conf.probe.retry))
		pause = 0;
	if (r->ended_ns - r->began_ns < PAUSE_MIN_MS * 1000000 &&
	    r->verdict != MSG_GOOD && pause < PAUSE_MIN_MS)
		pause = PAUSE_MIN_MS;
	send_parent(IMSG_ROUND, r, sizeof(*r));
	after_ms(p, pause);
}

static void
bad_at_once(struct probed *p, enum msg_cause why)
{
	struct msg_round r;

	round_bad(&p->round, monotime_now(), why, &r);
	report(p, &r);
}

/* RTT by the kernel's stamp; our own clock if the wall clock was set. */
static int64_t
rtt(const struct timespec *left, const struct timespec *stamp,
    struct monotime sent, struct monotime now)
{
	int64_t ns, longest = monotime_sub(now, sent);

	ns = ((int64_t)stamp->tv_sec - left->tv_sec) * SECOND_NS +
	    (stamp->tv_nsec - left->tv_nsec);
	if (ns <= 0 || ns > longest)
		ns = longest;
	return ns > 0 ? ns : 1;
}

static void step(struct probed *);

static void
on_answer(void *arg, const struct icmp_echo *e, const struct timespec *stamp)
{
	struct probed *p = arg;
	struct monotime now = monotime_now(), sent;
	enum round_credit credit;
	uint32_t i;

	if (e->id != p->id)
		return;
	for (i = 0; i < p->conf.ntargets; i++)
		if (addr_cmp(&p->conf.target[i].address, &e->src) == 0)
			break;
	if (i == p->conf.ntargets)
		return;
	credit = round_answer(&p->round, i, e->seq, e->token, now, &sent);
	if (credit == ROUND_FOREIGN) {
		log_debug("%s: answer to no probe of ours", p->conf.label);
		return;
	}
	stats_answer(&p->stats[i], e->seq,
	    rtt(&p->left[i][e->seq % ROUND_PROBES], stamp, sent, now),
	    credit == ROUND_IN_TIME);
	if (p->round.running)
		step(p);
}

static void
send_probe(struct probed *p, uint32_t target)
{
	struct icmp_echo e;
	struct monotime now = monotime_now();

	arc4random_buf(&e.token, sizeof(e.token));
	e.src = p->facts.address;
	e.dst = p->conf.target[target].address;
	e.id = p->id;
	e.seq = round_sent(&p->round, target, e.token, now);
	stats_sent(&p->stats[target], e.seq, now);
	clock_gettime(CLOCK_REALTIME,
	    &p->left[target][e.seq % ROUND_PROBES]);
	if (!wire_is_open(&p->wire) || p->wire.ops->send(&p->wire, &e) == -1)
		round_unsent(&p->round, target);
}

static void
begin(struct probed *p)
{
	enum msg_cause why;

	if ((why = obstacle(p)) != MSG_CAUSE_NONE) {
		wire_close(&p->wire);
		bad_at_once(p, why);
		return;
	}
	if (!wire_is_open(&p->wire))
		(void)wire_open(&p->wire, &p->facts, on_answer, p);
	if (wire_is_open(&p->wire))
		p->wire.ops->refresh(&p->wire);
	round_begin(&p->round, monotime_now());
	step(p);
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
	struct msg_round r;
	struct monotime next, now;
	struct timeval tv;
	int target;

	while ((target = round_next(&p->round, monotime_now())) != -1)
		send_probe(p, (uint32_t)target);
	now = monotime_now();
	if (round_check(&p->round, now, gateway_silent(p), &r, &next)) {
		report(p, &r);
		return;
	}
	tv = monotime_until(next, now);
	evtimer_add(&p->timer, &tv);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct probed *p = arg;

	(void)fd;
	(void)what;
	if (p->mode.mode == MSG_PROBE_OFF)
		return;
	if (p->round.running)
		step(p);
	else
		begin(p);
}

/* Facts changed what probes would say: begin afresh, now. */
static void
restart(struct probed *p)
{
	round_abort(&p->round);
	evtimer_del(&p->timer);
	if (p->mode.mode != MSG_PROBE_OFF)
		after_ms(p, 0);
}

static int
same_link(const struct msg_facts *a, const struct msg_facts *b)
{
	return a->ifindex == b->ifindex && a->up == b->up &&
	    a->carrier == b->carrier && a->pointopoint == b->pointopoint &&
	    strcmp(a->ifname, b->ifname) == 0 &&
	    addr_cmp(&a->address, &b->address) == 0 &&
	    a->prefixlen == b->prefixlen &&
	    addr_cmp(&a->gateway, &b->gateway) == 0;
}

static void
got_facts(const struct msg_facts *f)
{
	struct probed *p = &probed[f->uplink];
	enum msg_cause before;

	if (!p->used)
		return;
	before = obstacle(p);
	if (!same_link(&p->facts, f)) {
		wire_close(&p->wire);
		p->facts = *f;
		restart(p);
		return;
	}
	p->facts = *f;
	if (obstacle(p) != before)
		restart(p);
}

static void
got_probe(const struct msg_probe *m)
{
	struct probed *p = &probed[m->uplink];

	if (!p->used)
		return;
	p->mode = *m;
	p->bad = 0;
	if (m->mode == MSG_PROBE_OFF) {
		round_abort(&p->round);
		evtimer_del(&p->timer);
		wire_close(&p->wire);
	} else if (!p->round.running)
		after_ms(p, 0);
}

static void
got_stats_req(uint32_t asker)
{
	struct msg_stats s;
	uint32_t i, j;

	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		for (j = 0; probed[i].used && j < probed[i].conf.ntargets;
		     j++) {
			memset(&s, 0, sizeof(s));
			s.asker = asker;
			s.uplink = i;
			s.target = j;
			s.up = probed[i].up[j];
			s.known = probed[i].known[j];
			stats_report(&probed[i].stats[j], monotime_now(),
			    probed[i].conf.probe.timeout_ms, &s);
			send_parent(IMSG_STATS, &s, sizeof(s));
		}
	send_parent(IMSG_STATS_END, &asker, sizeof(asker));
}

/* An uplink that did not change keeps everything. */
static void
install(uint32_t i)
{
	struct probed *p = &probed[i];
	int was = p->used;

	if (was && i < pending_n &&
	    memcmp(&p->conf, &pending[i], sizeof(p->conf)) == 0)
		return;
	if (was) {
		wire_close(&p->wire);
		evtimer_del(&p->timer);
	}
	memset(p, 0, sizeof(*p));
	p->wire.fd = -1;
	if (i >= pending_n)
		return;
	p->used = 1;
	p->conf = pending[i];
	p->id = (uint16_t)arc4random();
	round_init(&p->round, &p->conf);
	evtimer_set(&p->timer, on_timer, p);
}

static void
got_conf(uint32_t type, struct imsg *imsg)
{
	struct msg_conf_begin b;
	struct conf_uplink u;
	uint32_t i, gen;

	switch (type) {
	case IMSG_CONF_BEGIN:
		proc_get(imsg, &b, sizeof(b));
		if (b.nuplinks > CONF_UPLINKS_MAX)
			fatalx("parent: CONF_BEGIN: %u uplinks", b.nuplinks);
		pending_n = b.nuplinks;
		pending_got = 0;
		break;
	case IMSG_CONF_UPLINK:
		proc_get(imsg, &u, sizeof(u));
		if (!conf_uplink_valid(&u) || u.id >= pending_n)
			fatalx("parent: CONF_UPLINK: invalid");
		pending[u.id] = u;
		pending_got |= 1u << u.id;
		break;
	case IMSG_CONF_END:
		proc_get(imsg, &gen, sizeof(gen));
		if (pending_got != (1u << pending_n) - 1)
			fatalx("parent: CONF_END: not complete");
		for (i = 0; i < CONF_UPLINKS_MAX; i++)
			install(i);
		send_parent(IMSG_CONF_ACK, &gen, sizeof(gen));
		break;
	}
}

static void
prober_dispatch_parent(uint32_t type, struct imsg *imsg)
{
	struct msg_facts f;
	struct msg_probe m;
	uint32_t asker;

	switch (type) {
	case IMSG_CONF_BEGIN:
	case IMSG_CONF_UPLINK:
	case IMSG_CONF_END:
		got_conf(type, imsg);
		break;
	case IMSG_FACTS:
		proc_get(imsg, &f, sizeof(f));
		if (!msg_facts_valid(&f))
			fatalx("parent: FACTS: invalid");
		got_facts(&f);
		break;
	case IMSG_PROBE:
		proc_get(imsg, &m, sizeof(m));
		if (!msg_probe_valid(&m))
			fatalx("parent: PROBE: invalid");
		got_probe(&m);
		break;
	case IMSG_STATS_REQ:
		proc_get(imsg, &asker, sizeof(asker));
		got_stats_req(asker);
		break;
	default:
		fatalx("parent: %s: not for the prober", msg_name(type));
	}
}

static void
on_channel(int fd, short what, void *arg)
{
	(void)fd;
	proc_child_dispatch(arg, what, prober_dispatch_parent);
}

void
prober(int debug, int verbose)
{
	char sandbox[MSG_TEXT_LEN];

	proc_child_init(&iev_parent, "prober", debug, verbose, 0, on_channel);
	proc_drop(proc_user(), RUNDIR "/empty");
	sandbox_enter(SANDBOX_PROBER, sandbox, sizeof(sandbox));
	proc_child_ready(&iev_parent, sandbox);
	event_dispatch();
	exit(0);
}
