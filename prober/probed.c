/* SPDX-License-Identifier: ISC */
/* An uplink being probed; see probed.h. */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "prober/evidence.h"
#include "prober/probed.h"
#include "prober/round.h"
#include "prober/schedule.h"
#include "prober/socks.h"
#include "prober/stats.h"
#include "prober/wire.h"

/* Rounds in a row that may be void because the kernel dropped frames. */
#define SPOILED_MAX 2
/* Closing a packet socket takes time: not after each lossy round of many. */
#define CLEAN_ROUNDS 10
/* So many probes under way and more are worth a nap: their answers come. */
#define NAP_PROBES 3

struct probed {
	struct conf_uplink conf;
	enum family family;
	struct msg_facts facts;
	int facts_known;
	struct msg_probe mode;
	void (*tell)(const struct msg_round *);
	struct round round;
	struct schedule schedule;
	int64_t suspended_ms; /* when the round began */
	struct wire wire;
	struct socks socks;
	int sockets; /* these are open */
	struct evidence evidence;
	uint8_t heard[FRAME_MAC_LEN]; /* the gateway's, of the evidence */
	uint32_t clean; /* good rounds without loss in a row */
	int deaf; /* it cannot be opened in this round */
	int stale; /* the wire is of a link that was */
	int complained; /* that it cannot be opened */
	int refused; /* a probe was, which is told already */
	int napping; /* the wire's answers wait for the timer */
	int flooded; /* frames were dropped before this round */
	uint32_t spoiled; /* rounds in a row, by frames that were dropped */
	struct event timer;
	uint16_t id; /* of our echo requests */
	struct stats stats[CONF_TARGETS_MAX];
	uint32_t state[CONF_TARGETS_MAX]; /* enum msg_target_state */
};

/* What became of a probe that was to be sent. */
enum fate { SENT, FAILED, QUEUE_FULL, NOT_HERE };

static void
after_ms(struct probed *p, int64_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(&p->timer, &tv);
}

static void
at_time(struct probed *p, struct monotime then)
{
	struct timeval tv = monotime_until(then, monotime_now());

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
	const struct msg_family *of = &f->family[p->family];

	if (f->ifindex == 0)
		return MSG_CAUSE_NO_INTERFACE;
	if (!f->up)
		return MSG_CAUSE_LINK_DOWN;
	if (!f->carrier)
		return MSG_CAUSE_CARRIER;
	if (of->address.family == AF_UNSPEC)
		return MSG_CAUSE_NO_ADDRESS;
	/* layer-2 probes alone would say "up" while the LAN is dead */
	if (p->conf.id == 0 && p->conf.gateway[p->family].family == AF_UNSPEC &&
	    !of->has_route)
		return MSG_CAUSE_NO_ROUTE;
	if (!f->pointopoint && of->gateway.family == AF_UNSPEC)
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
static uint32_t
by_last_probes(const struct probed *p, uint32_t target)
{
	const struct conf_probe *c = &p->conf.probe;
	uint32_t need = conf_quorum_need(&c->success, c->count);
	uint32_t answered, lost;

	stats_last(&p->stats[target], monotime_now(), c->timeout_ms, c->count,
	    &answered, &lost);
	if (answered >= need)
		return MSG_TARGET_UP;
	return lost > c->count - need ? MSG_TARGET_DOWN : MSG_TARGET_UNKNOWN;
}

/* What a round says of a target, or else what was known before. */
static uint32_t
state_of(const struct probed *p, uint32_t target, const struct msg_round *r)
{
	uint32_t state = r->target[target].state;

	if (r->verdict == MSG_VOID)
		return p->state[target];
	if (p->round.target[target].absent)
		return MSG_TARGET_UNKNOWN;
	if (state == MSG_TARGET_UNKNOWN && r->target[target].sent > 0)
		state = by_last_probes(p, target);
	if (state != MSG_TARGET_UNKNOWN)
		return state;
	/* no interface, no carrier: whoever was known is out of reach */
	if (r->verdict == MSG_BAD && r->target[target].sent == 0 &&
	    p->state[target] != MSG_TARGET_UNKNOWN)
		return MSG_TARGET_DOWN;
	return p->state[target];
}

static void
note_targets(struct probed *p, struct msg_round *r)
{
	uint32_t i;

	for (i = 0; i < p->conf.ntargets; i++)
		if (round_has(&p->round, i))
			p->state[i] = r->target[i].state = state_of(p, i, r);
}

/* Evidence is of the gateway by this MAC; NULL: of a link without them. */
static void
open_evidence(struct probed *p, const uint8_t *gateway)
{
	if (gateway != NULL)
		memcpy(p->heard, gateway, sizeof(p->heard));
	if (evidence_open(&p->evidence, &p->facts, p->family, gateway) == 0)
		return;
	log_debug("%s: no evidence: %s", p->facts.ifname, p->evidence.why);
	p->deaf = 1;
}

/*
 * See what others hear of the line: once a far probe is overdue, for the
 * verdict; always with a budget, which it saves rounds of.
 */
static void
hear(struct probed *p)
{
	const uint8_t *gateway;

	if (p->deaf || !wire_is_open(&p->wire) ||
	    (!schedule_listens(&p->schedule) &&
		!round_doubtful(&p->round, monotime_now())))
		return;
	gateway = p->wire.ops->next_hop(&p->wire);
	if (gateway == NULL && p->wire.ops != &wire_bound)
		return; /* it has never answered */
	if (evidence_is_open(&p->evidence) &&
	    (gateway == NULL ||
		memcmp(gateway, p->heard, sizeof(p->heard)) == 0))
		return;
	open_evidence(p, gateway);
}

static struct monotime
life(struct probed *p)
{
	if (!evidence_is_open(&p->evidence))
		return (struct monotime){ 0 };
	return evidence_last(&p->evidence);
}

/* Until the next round is due, with a look at the line now and then. */
static void
wait_for_round(struct probed *p)
{
	struct monotime now = monotime_now(), next;

	if (schedule_look(&p->schedule, life(p), now, &next))
		next = now;
	at_time(p, next);
}

/* The round is over: tell it, and plan the next one. */
static void
finish(struct probed *p, struct msg_round *r)
{
	note_targets(p, r);
	if (r->verdict == MSG_VOID)
		forget_open(p);
	if (r->verdict == MSG_GOOD)
		p->spoiled = 0;
	/* a socket that sends nothing may be of an interface that was */
	if (r->verdict == MSG_BAD && r->cause == MSG_CAUSE_SEND)
		wire_close(&p->wire);
	p->clean = r->verdict == MSG_GOOD && round_lossless(&p->round)
		       ? p->clean + 1
		       : 0;
	if (p->clean >= CLEAN_ROUNDS) {
		p->refused = 0;
		if (!schedule_listens(&p->schedule))
			evidence_close(&p->evidence);
	}
	r->gen = p->mode.gen;
	p->tell(r);
	schedule_round(
	    &p->schedule, r, p->mode.mode == MSG_PROBE_BURST, monotime_now());
	wait_for_round(p);
}

/* Each probe may be refused for hours: told once, until all is well again. */
static void
tell_refused(struct probed *p, int error)
{
	if (!p->refused)
		log_warnx("%s: %scannot send: %s", p->facts.ifname,
		    p->family == FAMILY_INET6 ? "IPv6: " : "", strerror(error));
	p->refused = 1;
}

/* Our own queue may be full, or descriptors used up: see wire.h, socks.h. */
static enum fate
fate_of(struct probed *p, int sent)
{
	if (sent == 0)
		return SENT;
	if (errno == ENOBUFS)
		return QUEUE_FULL;
	tell_refused(p, errno);
	return FAILED;
}

static enum fate
send_echo(struct probed *p, uint32_t target, uint16_t seq, uint64_t token)
{
	struct icmp_echo e;

	if (!wire_is_open(&p->wire))
		return FAILED;
	memset(&e, 0, sizeof(e));
	e.src = p->facts.family[p->family].address;
	e.dst = p->conf.target[target].address;
	e.id = p->id;
	e.seq = seq;
	e.token = token;
	return fate_of(p, p->wire.ops->send(&p->wire, &e));
}

static enum fate
ask_gateway(struct probed *p)
{
	int asked;

	if (!wire_is_open(&p->wire))
		return FAILED;
	asked = p->wire.ops->ask(&p->wire);
	if (asked == -1 && errno == EOPNOTSUPP)
		return NOT_HERE;
	return fate_of(p, asked);
}

static enum fate
transmit(struct probed *p, uint32_t target, uint16_t seq, uint64_t token)
{
	const struct conf_target *t = &p->conf.target[target];

	switch (t->method) {
	case CONF_METHOD_GATEWAY:
		return ask_gateway(p);
	case CONF_METHOD_TCP:
	case CONF_METHOD_DNS:
		return fate_of(p, socks_send(&p->socks, t, seq, token));
	default:
		return send_echo(p, target, seq, token);
	}
}

static void
send_probe(struct probed *p, uint32_t target)
{
	struct monotime now = monotime_now();
	uint64_t token;
	uint16_t seq;

	arc4random_buf(&token, sizeof(token));
	seq = round_sent(&p->round, target, token, now);
	stats_sent(&p->stats[target], seq, now);
	switch (transmit(p, target, seq, token)) {
	case SENT:
		schedule_sent(&p->schedule);
		break;
	case FAILED:
		round_unsent(&p->round, target);
		break;
	case QUEUE_FULL:
		if (round_postpone(&p->round, target))
			stats_forget(&p->stats[target], seq);
		break;
	case NOT_HERE:
		round_absent(&p->round, target);
		stats_forget(&p->stats[target], seq);
		break;
	}
}

static bool
gateway_silent(const struct probed *p)
{
	return wire_is_open(&p->wire) &&
	       p->wire.ops->silent(&p->wire, p->round.began);
}

/*
 * The kernel had no room for frames of ours, perhaps answers.  Whoever sends
 * so many knows our identifier: the next ones have another.
 */
static void
spoil(struct probed *p, struct msg_round *r)
{
	if (wire_dropped(&p->wire) == 0 || p->spoiled == SPOILED_MAX)
		return;
	log_debug("%s: frames were dropped: round void", p->facts.ifname);
	round_void(&p->round, monotime_from_ns(r->ended_ns), r);
	p->spoiled++;
	p->id = (uint16_t)arc4random();
	p->stale = 1;
}

/* When the last answer to the probes just sent will be there, or invalid. */
static struct monotime
expected(const struct probed *p, struct monotime now)
{
	int64_t rtt, longest = 0;
	uint32_t i, n = 0;

	for (i = 0; i < p->conf.ntargets; i++)
		if (round_has(&p->round, i)) {
			rtt = p->stats[i].rtt_last_ns;
			longest = rtt > longest ? rtt : longest;
			n++;
		}
	if (n < NAP_PROBES || longest == 0)
		return (struct monotime){ 0 };
	return monotime_add_ms(monotime_add_ns(now, longest / 4 * 5), 2);
}

/*
 * While all is well nothing hangs on the moment at which an answer is read,
 * the kernel stamps it: many are taken in one wake-up.  Not in a flood: the
 * kernel's room for frames is full long before the nap ends.
 */
static struct monotime
nap(struct probed *p, struct monotime now, struct monotime next)
{
	struct monotime then;

	if (p->mode.mode != MSG_PROBE_ROUNDS || p->schedule.bad > 0 ||
	    p->flooded || p->spoiled > 0 || round_doubtful(&p->round, now) ||
	    !wire_is_open(&p->wire))
		return next;
	then = expected(p, now);
	if (!monotime_valid(then))
		return next;
	wire_sleep(&p->wire);
	p->napping = 1;
	return monotime_cmp(then, next) < 0 ? then : next;
}

static void
wake(struct probed *p)
{
	if (p->napping)
		wire_wake(&p->wire);
	p->napping = 0;
}

/* Send what is due, look at what is there, sleep until the next moment. */
static void
step(struct probed *p)
{
	struct round_signs signs;
	struct msg_round r;
	struct monotime next, now;
	int target, sent = 0;

	if (suspended_ms() - p->suspended_ms > ROUND_OVERSLEPT_MS) {
		round_void(&p->round, monotime_now(), &r);
		finish(p, &r);
		return;
	}
	for (; (target = round_next(&p->round, monotime_now())) != -1; sent = 1)
		send_probe(p, (uint32_t)target);
	hear(p);
	signs.gateway_silent = gateway_silent(p);
	signs.life = life(p);
	now = monotime_now();
	if (round_check(&p->round, now, &signs, &r, &next)) {
		if (r.verdict == MSG_BAD)
			spoil(p, &r);
		finish(p, &r);
		return;
	}
	at_time(p, sent ? nap(p, now, next) : next);
}

/* An answer to a probe of this target, authentic if the round says so. */
static void
credit(struct probed *p, uint32_t target, uint16_t seq, uint64_t token,
    struct monotime at)
{
	struct monotime sent;
	enum round_credit worth;
	int64_t rtt;

	worth = round_answer(&p->round, target, seq, token, at, &sent);
	if (worth == ROUND_FOREIGN) {
		log_debug("%s: answer to no probe of ours", p->conf.label);
		return;
	}
	rtt = monotime_sub(at, sent);
	if (rtt <= 0) /* the clock that stamps was set */
		rtt = monotime_sub(monotime_now(), sent);
	stats_answer(
	    &p->stats[target], seq, rtt > 0 ? rtt : 1, worth == ROUND_IN_TIME);
	if (p->conf.target[target].method == CONF_METHOD_ICMP)
		wire_works(&p->wire, &p->conf.target[target].address);
}

static void
on_answer(void *arg, const struct icmp_echo *e, struct monotime at)
{
	struct probed *p = arg;
	const struct conf_target *t;
	uint32_t i;

	for (i = 0; i < p->conf.ntargets; i++) {
		t = &p->conf.target[i];
		if (t->method == CONF_METHOD_ICMP &&
		    addr_cmp(&t->address, &e->src) == 0) {
			credit(p, i, e->seq, e->token, at);
			return;
		}
	}
}

/* It quotes no token: the wire says that it answered a question of ours. */
static void
on_gateway(void *arg, struct monotime at)
{
	struct probed *p = arg;
	uint64_t token;
	uint32_t i;
	uint16_t seq;

	for (i = 0; i < p->conf.ntargets; i++)
		if (p->conf.target[i].method == CONF_METHOD_GATEWAY &&
		    round_newest(&p->round, i, &seq, &token))
			credit(p, i, seq, token, at);
}

static void
on_answers(void *arg)
{
	struct probed *p = arg;

	if (p->round.running)
		step(p);
}

/* These come one by one; the round is looked at when all were read. */
static void
on_socks_answer(void *arg, uint32_t target, uint16_t seq, uint64_t token,
    struct monotime at)
{
	struct probed *p = arg;

	credit(p, target, seq, token, at);
	if (p->round.running)
		after_ms(p, 0);
}

static void
on_socks_denied(
    void *arg, uint32_t target, uint16_t seq, uint64_t token, int captive)
{
	struct probed *p = arg;

	round_denied(&p->round, target, seq, token, captive != 0);
	if (p->round.running)
		after_ms(p, 0);
}

static void
open_wire(struct probed *p)
{
	static const struct wire_user user = { on_answer, on_gateway,
		on_answers };

	if (wire_open(&p->wire, &p->facts, p->family, p->id, &user, p) == 0) {
		p->complained = 0;
		p->napping = 0;
		(void)p->wire.ops->refresh(&p->wire);
	} else if (!p->complained) {
		log_warnx("%s: cannot probe: %s", p->facts.ifname, p->wire.why);
		p->complained = 1;
	}
}

static void
close_all(struct probed *p)
{
	wire_close(&p->wire);
	socks_close(&p->socks);
	evidence_close(&p->evidence);
	p->sockets = 0;
}

static void
open_all(struct probed *p)
{
	static const struct socks_user user = { on_socks_answer,
		on_socks_denied };

	if (p->stale)
		close_all(p);
	p->stale = 0;
	if (wire_is_open(&p->wire) && p->wire.ops->refresh(&p->wire) == -1)
		wire_close(&p->wire);
	if (!wire_is_open(&p->wire))
		open_wire(p);
	if (!p->sockets)
		socks_open(&p->socks, &p->facts, p->family,
		    round_patience_ms(&p->conf.probe), &user, p);
	p->sockets = 1;
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
	open_all(p);
	/* what was before is no excuse, but a warning */
	p->flooded = wire_dropped(&p->wire) > 0;
	p->deaf = 0;
	p->suspended_ms = suspended_ms();
	round_begin(&p->round, monotime_now());
	step(p);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct probed *p = arg;
	struct monotime next;

	(void)fd;
	(void)what;
	wake(p);
	if (p->round.running) {
		/* we may be late: what lies in the socket is not lost */
		wire_drain(&p->wire);
		step(p);
	} else if (schedule_look(&p->schedule, life(p), monotime_now(), &next))
		begin(p);
	else
		at_time(p, next);
}

/* A round at once, whatever was planned. */
static void
hurry(struct probed *p)
{
	schedule_hurry(&p->schedule, monotime_now());
	after_ms(p, 0);
}

static void
stop(struct probed *p)
{
	wake(p);
	round_abort(&p->round);
	forget_open(p);
	evtimer_del(&p->timer);
}

struct probed *
probed_new(const struct conf_uplink *conf, enum family family,
    void (*tell)(const struct msg_round *))
{
	struct probed *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("%s", conf->label);
	p->conf = *conf;
	p->family = family;
	p->tell = tell;
	p->id = (uint16_t)arc4random();
	round_init(&p->round, &p->conf, family);
	schedule_init(&p->schedule, &p->conf, family, monotime_now());
	evtimer_set(&p->timer, on_timer, p);
	return p;
}

void
probed_free(struct probed *p)
{
	if (p == NULL)
		return;
	stop(p);
	close_all(p);
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

/* For this family; what happens to the other does not disturb its round. */
static int
same_link(
    const struct msg_facts *a, const struct msg_facts *b, enum family family)
{
	return a->ifindex == b->ifindex && a->up == b->up &&
	       a->carrier == b->carrier && a->pointopoint == b->pointopoint &&
	       strcmp(a->ifname, b->ifname) == 0 &&
	       same_family(&a->family[family], &b->family[family]);
}

const struct msg_facts *
probed_known_facts(const struct probed *p)
{
	return &p->facts;
}

void
probed_facts(struct probed *p, const struct msg_facts *f)
{
	enum msg_cause before = obstacle(p);
	int same = p->facts_known && same_link(&p->facts, f, p->family);

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
	p->refused = 0;
	if (p->mode.mode != MSG_PROBE_OFF)
		hurry(p);
}

void
probed_mode(struct probed *p, const struct msg_probe *m)
{
	if (p->mode.mode == MSG_PROBE_OFF)
		p->schedule.bad = 0;
	p->mode = *m;
	schedule_every(&p->schedule, m->every_ms);
	if (m->mode == MSG_PROBE_OFF) {
		stop(p);
		close_all(p);
	} else if (!p->round.running && p->facts_known)
		hurry(p);
}

void
probed_stats(const struct probed *p, uint32_t target, struct msg_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->uplink = p->conf.id;
	s->target = target;
	s->up = p->state[target] == MSG_TARGET_UP;
	s->known = p->state[target] != MSG_TARGET_UNKNOWN;
	stats_report(
	    &p->stats[target], monotime_now(), p->conf.probe.timeout_ms, s);
}
