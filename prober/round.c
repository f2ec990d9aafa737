/* SPDX-License-Identifier: ISC */
/* One round of probes and its verdict; see round.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/round.h"

void
round_init(struct round *r, const struct conf_uplink *conf, enum family family)
{
	struct monotime answer = r->last_answer, heard = r->last_heard;

	memset(r, 0, sizeof(*r));
	r->conf = conf;
	r->family = family;
	r->last_answer = answer;
	r->last_heard = heard;
}

int64_t
round_patience_ms(const struct conf_probe *p)
{
	return p->timeout_ms > ROUND_LATE_MS ? p->timeout_ms : ROUND_LATE_MS;
}

bool
round_has(const struct round *r, uint32_t target)
{
	return target < r->conf->ntargets &&
	       addr_family(&r->conf->target[target].address) == r->family;
}

/* The next of its family from here on, and from 0: for (i = ...). */
static uint32_t
from(const struct round *r, uint32_t i)
{
	while (i < r->conf->ntargets && !round_has(r, i))
		i++;
	return i;
}

#define EACH(r, i)                 \
	(i) = from((r), 0);        \
	(i) < (r)->conf->ntargets; \
	(i) = from((r), (i) + 1)

static bool
is_far(const struct round *r, uint32_t i)
{
	return !r->conf->target[i].near;
}

void
round_begin(struct round *r, struct monotime now)
{
	uint32_t i;

	r->serial++;
	r->running = true;
	r->began = now;
	r->planned = now;
	for (i = 0; i < r->conf->ntargets; i++) {
		struct round_target *t = &r->target[i];

		t->sent = t->received = t->lost = t->late = t->failed = 0;
		t->rtt_ns = 0;
		t->postponed = 0;
		t->absent = false;
		t->due = now;
	}
}

void
round_abort(struct round *r)
{
	uint32_t i;

	r->running = false;
	for (i = 0; i < r->conf->ntargets; i++) {
		r->target[i].wrong = 0;
		r->target[i].told = false;
	}
}

int
round_next(const struct round *r, struct monotime now)
{
	uint32_t i;

	if (!r->running)
		return -1;
	for (EACH(r, i))
		if (!r->target[i].absent &&
		    r->target[i].sent < r->conf->probe.count &&
		    monotime_cmp(r->target[i].due, now) <= 0)
			return (int)i;
	return -1;
}

uint16_t
round_sent(
    struct round *r, uint32_t target, uint64_t token, struct monotime now)
{
	struct round_target *t = &r->target[target];
	struct round_probe *p = &t->probe[t->seq % ROUND_PROBES];

	p->fate = ROUND_OPEN;
	p->sent = now;
	p->token = token;
	p->serial = r->serial;
	p->seq = t->seq++;
	if ((uint16_t)(t->seq - t->oldest) > ROUND_PROBES)
		t->oldest = (uint16_t)(t->seq - ROUND_PROBES);
	t->sent++;
	t->due = monotime_add_ms(now, r->conf->probe.interval_ms);
	return p->seq;
}

static void
take_back(struct round_target *t)
{
	uint16_t seq = (uint16_t)(t->seq - 1);

	t->probe[seq % ROUND_PROBES].fate = ROUND_FREE;
}

void
round_unsent(struct round *r, uint32_t target)
{
	struct round_target *t = &r->target[target];

	take_back(t);
	t->failed++;
	t->lost++;
}

bool
round_postpone(struct round *r, uint32_t target)
{
	struct round_target *t = &r->target[target];

	if (t->postponed == r->conf->probe.count) {
		round_unsent(r, target);
		return false;
	}
	take_back(t);
	t->postponed++;
	t->sent--;
	return true;
}

void
round_absent(struct round *r, uint32_t target)
{
	struct round_target *t = &r->target[target];

	take_back(t);
	t->sent--;
	t->absent = true;
}

bool
round_forget(struct round *r, uint32_t target, uint16_t *seq)
{
	struct round_target *t = &r->target[target];
	uint32_t i;

	for (i = 0; i < ROUND_PROBES; i++)
		if (t->probe[i].fate == ROUND_OPEN) {
			t->probe[i].fate = ROUND_FREE;
			*seq = t->probe[i].seq;
			return true;
		}
	return false;
}

static void
lose(struct round *r, struct round_target *t, struct round_probe *p)
{
	p->fate = ROUND_LOST;
	if (p->serial == r->serial)
		t->lost++;
}

/* The probe with this number and token that waits for an answer, or NULL. */
static struct round_probe *
find(struct round *r, uint32_t target, uint16_t seq, uint64_t token)
{
	struct round_probe *p = &r->target[target].probe[seq % ROUND_PROBES];

	if ((p->fate != ROUND_OPEN && p->fate != ROUND_LOST) || p->seq != seq ||
	    p->token != token)
		return NULL;
	return p;
}

enum round_credit
round_answer(struct round *r, uint32_t target, uint16_t seq, uint64_t token,
    struct monotime at, struct monotime *sent)
{
	struct round_target *t = &r->target[target];
	struct round_probe *p;
	int64_t ms;

	if (!round_has(r, target) || (p = find(r, target, seq, token)) == NULL)
		return ROUND_FOREIGN;
	/* before it was sent: the clock that stamps was set */
	if (monotime_cmp(at, p->sent) < 0)
		at = p->sent;
	ms = monotime_ms_between(p->sent, at);
	if (ms > round_patience_ms(&r->conf->probe))
		return ROUND_FOREIGN;
	*sent = p->sent;
	t->wrong = 0;
	t->told = true;
	if (is_far(r, target) && monotime_cmp(at, r->last_heard) > 0)
		r->last_heard = at;
	if (p->fate == ROUND_OPEN && ms >= r->conf->probe.timeout_ms)
		lose(r, t, p);
	if (p->fate == ROUND_LOST) {
		p->fate = ROUND_ANSWERED;
		t->late++;
		return ROUND_TOO_LATE;
	}
	p->fate = ROUND_ANSWERED;
	if (is_far(r, target))
		r->last_answer = at;
	if (p->serial == r->serial) {
		t->received++;
		t->rtt_ns += monotime_sub(at, p->sent);
	}
	return ROUND_IN_TIME;
}

void
round_denied(struct round *r, uint32_t target, uint16_t seq, uint64_t token,
    bool captive)
{
	struct round_probe *p;

	if (!round_has(r, target) || (p = find(r, target, seq, token)) == NULL)
		return;
	if (p->fate == ROUND_OPEN)
		lose(r, &r->target[target], p);
	p->fate = ROUND_ANSWERED; /* once, and never for good */
	if (captive)
		r->target[target].wrong++;
}

bool
round_newest(
    const struct round *r, uint32_t target, uint16_t *seq, uint64_t *token)
{
	const struct round_target *t = &r->target[target];
	uint16_t last = (uint16_t)(t->seq - 1);
	const struct round_probe *p = &t->probe[last % ROUND_PROBES];

	if (p->fate != ROUND_OPEN || p->seq != last)
		return false;
	*seq = last;
	*token = p->token;
	return true;
}

bool
round_lossless(const struct round *r)
{
	uint32_t i;

	for (EACH(r, i))
		if (is_far(r, i) &&
		    (r->target[i].lost > 0 || r->target[i].late > 0))
			return false;
	return true;
}

/* When a probe has waited for so long that its line is in doubt. */
static struct monotime
half_time(const struct round *r, const struct round_probe *p)
{
	return monotime_add_ms(p->sent, r->conf->probe.timeout_ms / 2);
}

bool
round_doubtful(const struct round *r, struct monotime now)
{
	const struct round_target *t;
	const struct round_probe *p;
	uint32_t i;
	uint16_t seq;

	if (!r->running)
		return false;
	for (EACH(r, i)) {
		t = &r->target[i];
		if (!is_far(r, i))
			continue;
		for (seq = t->oldest; seq != t->seq; seq++) {
			p = &t->probe[seq % ROUND_PROBES];
			if (p->fate == ROUND_OPEN && p->serial == r->serial &&
			    monotime_cmp(half_time(r, p), now) <= 0)
				return true;
		}
	}
	return !round_lossless(r);
}

static struct monotime
earlier(struct monotime a, struct monotime b)
{
	if (!monotime_valid(a) || monotime_cmp(b, a) < 0)
		return b;
	return a;
}

/* Lose what has timed out; the next moment to look at this target. */
static struct monotime
time_out(struct round *r, struct round_target *t, struct monotime now)
{
	struct monotime next = { 0 }, due, half;
	struct round_probe *p;
	uint16_t seq;

	while (t->oldest != t->seq &&
	       t->probe[t->oldest % ROUND_PROBES].fate != ROUND_OPEN)
		t->oldest++;
	for (seq = t->oldest; seq != t->seq; seq++) {
		p = &t->probe[seq % ROUND_PROBES];
		if (p->fate != ROUND_OPEN)
			continue;
		due = monotime_add_ms(p->sent, r->conf->probe.timeout_ms);
		if (monotime_cmp(due, now) <= 0) {
			lose(r, t, p);
			t->wrong = 0;
			t->told = true;
		} else if (p->serial == r->serial) {
			half = half_time(r, p);
			next = earlier(
			    next, monotime_cmp(half, now) > 0 ? half : due);
		}
	}
	if (!t->absent && t->sent < r->conf->probe.count)
		next = earlier(next, t->due);
	return next;
}

static bool
counts(const struct round *r, uint32_t i)
{
	return !r->target[i].absent &&
	       (is_far(r, i) || r->conf->probe.require.kind == CONF_QUORUM_ALL);
}

int
round_target(const struct round *r, uint32_t target)
{
	const struct conf_probe *p = &r->conf->probe;
	const struct round_target *t = &r->target[target];
	uint32_t need = conf_quorum_need(&p->success, p->count);

	if (t->received >= need)
		return 1;
	return t->lost > p->count - need ? 0 : -1;
}

/* Too few of its last probes were not answered by somebody else. */
static bool
is_captive(const struct round *r, uint32_t i)
{
	const struct conf_probe *p = &r->conf->probe;

	return is_far(r, i) &&
	       r->target[i].wrong >
		   p->count - conf_quorum_need(&p->success, p->count);
}

/* The first time it is asked whether somebody lies, the truth is awaited. */
static bool
untold(const struct round *r, uint32_t i)
{
	const struct round_target *t = &r->target[i];

	return is_far(r, i) && r->conf->target[i].answer.family != AF_UNSPEC &&
	       !t->told && !t->absent && round_target(r, i) == -1;
}

/*
 * The verdict, once enough of the targets are good or too many dead.  Where
 * nothing counts (near targets alone prove nothing), it stays void.
 *
 * Who answers in the place of one target answers in the place of others, too:
 * in a captive network the good ones prove nothing.  Its lies may come when
 * the round is over already, so those of the one before count as well, until
 * the truth or silence has come.
 */
static bool
decided(const struct round *r, enum msg_verdict *verdict)
{
	uint32_t i, n = 0, good = 0, dead = 0, open = 0, want;
	bool captive = false, wait = false;

	for (EACH(r, i)) {
		captive = captive || is_captive(r, i);
		wait = wait || untold(r, i);
		open += !r->target[i].absent && round_target(r, i) == -1;
		if (!counts(r, i))
			continue;
		n++;
		good += round_target(r, i) == 1;
		dead += round_target(r, i) == 0;
	}
	*verdict = MSG_VOID;
	if (n == 0)
		return open == 0;
	want = conf_quorum_need(&r->conf->probe.require, n);
	*verdict = good >= want && !captive ? MSG_GOOD : MSG_BAD;
	if (*verdict == MSG_GOOD && wait)
		return false;
	return good >= want || dead > n - want;
}

static void
fill(const struct round *r, struct monotime now, struct msg_round *out)
{
	const struct round_target *t;
	uint32_t i;

	memset(out, 0, sizeof(*out));
	out->uplink = r->conf->id;
	out->family = r->family;
	out->began_ns = r->began.ns;
	out->ended_ns = now.ns;
	out->last_answer_ns = r->last_answer.ns;
	out->ntargets = r->conf->ntargets;
	for (EACH(r, i)) {
		t = &r->target[i];
		out->target[i].sent = t->sent;
		out->target[i].received = t->received;
		out->target[i].lost = t->lost;
		if (t->received > 0)
			out->target[i].rtt_us =
			    (uint32_t)((t->rtt_ns / t->received + 999) / 1000);
		switch (is_captive(r, i) ? 0 : round_target(r, i)) {
		case 1:
			out->target[i].state = MSG_TARGET_UP;
			break;
		case 0:
			out->target[i].state = MSG_TARGET_DOWN;
			break;
		default:
			out->target[i].state = MSG_TARGET_UNKNOWN;
		}
	}
}

/* What did and what did not answer. */
struct tally {
	uint32_t far; /* targets */
	uint32_t sent; /* to these */
	uint32_t failed;
	uint32_t answered; /* of these */
	uint32_t good;
	uint32_t captive;
	uint32_t silent; /* far ones but DNS, without an answer */
	uint32_t silent_dns;
	bool gateway_silent; /* a `target gateway` */
};

static void
tally_far(const struct round *r, uint32_t i, struct tally *y)
{
	const struct round_target *t = &r->target[i];

	y->far++;
	y->sent += t->sent;
	y->failed += t->failed;
	y->answered += t->received > 0;
	y->good += round_target(r, i) == 1;
	y->captive += is_captive(r, i);
	if (t->received == 0 && r->conf->target[i].method == CONF_METHOD_DNS)
		y->silent_dns++;
	else if (t->received == 0)
		y->silent++;
}

static struct tally
tally(const struct round *r)
{
	const struct round_target *t;
	struct tally y = { 0 };
	uint32_t i;

	for (EACH(r, i)) {
		t = &r->target[i];
		if (r->conf->target[i].method == CONF_METHOD_GATEWAY &&
		    t->received == 0 && t->lost > 0)
			y.gateway_silent = true;
		if (is_far(r, i))
			tally_far(r, i, &y);
	}
	return y;
}

/* Why it was bad: of what fits, what is nearest to us. */
static enum msg_cause
cause(const struct round *r, const struct round_signs *signs)
{
	struct tally y = tally(r);

	if (y.sent > 0 && y.failed == y.sent)
		return MSG_CAUSE_SEND;
	if (y.captive > 0)
		return MSG_CAUSE_CAPTIVE;
	if (y.answered == 0) {
		if (signs->gateway_silent || y.gateway_silent)
			return MSG_CAUSE_GATEWAY;
		return y.far > 0 ? MSG_CAUSE_UPSTREAM : MSG_CAUSE_SOME_TARGETS;
	}
	if (y.silent_dns > 0 && y.silent == 0 && y.good > 0)
		return MSG_CAUSE_DNS;
	return MSG_CAUSE_SOME_TARGETS;
}

/* A full uplink, not a dead one; see round.h. */
static bool
congested(
    const struct round *r, struct monotime now, const struct round_signs *signs)
{
	uint32_t i, late = 0, received = 0;

	for (EACH(r, i))
		if (is_far(r, i)) {
			late += r->target[i].late;
			received += r->target[i].received;
		}
	if (late > 0)
		return true;
	return received == 0 && monotime_valid(signs->life) &&
	       monotime_cmp(signs->life, r->began) >= 0 &&
	       monotime_valid(r->last_heard) &&
	       monotime_ms_between(r->last_heard, now) < ROUND_LATE_MS;
}

/* The next moment to look; what has timed out until now is lost. */
static struct monotime
plan(struct round *r, struct monotime now)
{
	struct monotime next = { 0 }, t;
	uint32_t i;

	for (EACH(r, i)) {
		t = time_out(r, &r->target[i], now);
		if (monotime_valid(t))
			next = earlier(next, t);
	}
	return monotime_valid(next) ? next : now;
}

bool
round_check(struct round *r, struct monotime now,
    const struct round_signs *signs, struct msg_round *out,
    struct monotime *next)
{
	enum msg_verdict verdict;
	bool overslept;

	*next = (struct monotime){ 0 };
	if (!r->running)
		return false;
	overslept = monotime_ms_between(r->planned, now) > ROUND_OVERSLEPT_MS;
	*next = r->planned = plan(r, now);
	if (overslept) {
		round_void(r, now, out);
		return true;
	}
	if (!decided(r, &verdict))
		return false;
	r->running = false;
	fill(r, now, out);
	out->verdict = verdict;
	if (verdict == MSG_BAD) {
		out->cause = cause(r, signs);
		if (out->cause != MSG_CAUSE_CAPTIVE &&
		    congested(r, now, signs)) {
			out->verdict = MSG_CONGESTED;
			out->cause = MSG_CAUSE_CONGESTED;
		}
	}
	return true;
}

void
round_bad(struct round *r, struct monotime now, enum msg_cause why,
    struct msg_round *out)
{
	if (!r->running)
		round_begin(r, now);
	r->running = false;
	fill(r, now, out);
	out->verdict = MSG_BAD;
	out->cause = why;
}

void
round_void(struct round *r, struct monotime now, struct msg_round *out)
{
	r->running = false;
	fill(r, now, out);
	out->verdict = MSG_VOID;
}
