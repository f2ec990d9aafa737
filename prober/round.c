/* SPDX-License-Identifier: ISC */
/* One round of probes and its verdict; see round.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/round.h"

void
round_init(struct round *r, const struct conf_uplink *conf)
{
	struct monotime last = r->last_answer;

	memset(r, 0, sizeof(*r));
	r->conf = conf;
	r->last_answer = last;
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
		t->due = now;
	}
}

void
round_abort(struct round *r)
{
	r->running = false;
}

int
round_next(const struct round *r, struct monotime now)
{
	uint32_t i;

	if (!r->running)
		return -1;
	for (i = 0; i < r->conf->ntargets; i++)
		if (r->target[i].sent < r->conf->probe.count &&
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
	t->sent++;
	t->due = monotime_add_ms(now, r->conf->probe.interval_ms);
	return p->seq;
}

void
round_unsent(struct round *r, uint32_t target)
{
	struct round_target *t = &r->target[target];
	uint16_t seq = (uint16_t)(t->seq - 1);

	t->probe[seq % ROUND_PROBES].fate = ROUND_FREE;
	t->failed++;
	t->lost++;
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

enum round_credit
round_answer(struct round *r, uint32_t target, uint16_t seq, uint64_t token,
    struct monotime at, struct monotime *sent)
{
	struct round_target *t = &r->target[target];
	struct round_probe *p = &t->probe[seq % ROUND_PROBES];
	int64_t ms;

	if ((p->fate != ROUND_OPEN && p->fate != ROUND_LOST) || p->seq != seq ||
	    p->token != token)
		return ROUND_FOREIGN;
	/* before it was sent: the clock that stamps was set */
	if (monotime_cmp(at, p->sent) < 0)
		at = p->sent;
	ms = monotime_ms_between(p->sent, at);
	if (ms > ROUND_LATE_MS)
		return ROUND_FOREIGN;
	*sent = p->sent;
	if (p->fate == ROUND_OPEN && ms >= r->conf->probe.timeout_ms)
		lose(r, t, p);
	if (p->fate == ROUND_LOST) {
		p->fate = ROUND_ANSWERED;
		t->late++;
		return ROUND_TOO_LATE;
	}
	p->fate = ROUND_ANSWERED;
	if (!r->conf->target[target].near)
		r->last_answer = at;
	if (p->serial == r->serial)
		t->received++;
	return ROUND_IN_TIME;
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
	struct monotime next = { 0 }, due;
	uint32_t i;

	for (i = 0; i < ROUND_PROBES; i++) {
		struct round_probe *p = &t->probe[i];

		if (p->fate != ROUND_OPEN)
			continue;
		due = monotime_add_ms(p->sent, r->conf->probe.timeout_ms);
		if (monotime_cmp(due, now) <= 0)
			lose(r, t, p);
		else if (p->serial == r->serial)
			next = earlier(next, due);
	}
	if (t->sent < r->conf->probe.count)
		next = earlier(next, t->due);
	return next;
}

static bool
counts(const struct round *r, uint32_t i)
{
	return !r->conf->target[i].near ||
	       r->conf->probe.require.kind == CONF_QUORUM_ALL;
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

/* The verdict, once enough of the targets are good or too many dead. */
static bool
decided(const struct round *r, enum msg_verdict *verdict)
{
	uint32_t i, n = 0, good = 0, dead = 0, want;

	for (i = 0; i < r->conf->ntargets; i++) {
		if (!counts(r, i))
			continue;
		n++;
		good += round_target(r, i) == 1;
		dead += round_target(r, i) == 0;
	}
	want = conf_quorum_need(&r->conf->probe.require, n);
	if (good >= want) {
		*verdict = MSG_GOOD;
		return true;
	}
	*verdict = MSG_BAD;
	return dead > n - want;
}

static void
fill(const struct round *r, struct monotime now, struct msg_round *out)
{
	uint32_t i;

	memset(out, 0, sizeof(*out));
	out->uplink = r->conf->id;
	out->began_ns = r->began.ns;
	out->ended_ns = now.ns;
	out->last_answer_ns = r->last_answer.ns;
	out->ntargets = r->conf->ntargets;
	for (i = 0; i < r->conf->ntargets; i++) {
		out->target[i].sent = r->target[i].sent;
		out->target[i].received = r->target[i].received;
		switch (round_target(r, i)) {
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

/* Why it was bad, from what did and what did not answer. */
static enum msg_cause
cause(const struct round *r, bool gateway_silent)
{
	uint32_t i, far = 0, answered = 0, sent = 0, failed = 0;

	for (i = 0; i < r->conf->ntargets; i++) {
		sent += r->target[i].sent;
		failed += r->target[i].failed;
		if (r->conf->target[i].near)
			continue;
		far++;
		answered += r->target[i].received > 0;
	}
	if (answered > 0)
		return MSG_CAUSE_SOME_TARGETS;
	if (sent > 0 && failed == sent)
		return MSG_CAUSE_SEND;
	if (gateway_silent)
		return MSG_CAUSE_GATEWAY;
	return far > 0 ? MSG_CAUSE_UPSTREAM : MSG_CAUSE_SOME_TARGETS;
}

static bool
any_late(const struct round *r)
{
	uint32_t i;

	for (i = 0; i < r->conf->ntargets; i++)
		if (!r->conf->target[i].near && r->target[i].late > 0)
			return true;
	return false;
}

bool
round_check(struct round *r, struct monotime now, bool gateway_silent,
    struct msg_round *out, struct monotime *next)
{
	enum msg_verdict verdict;
	struct monotime t;
	uint32_t i;
	bool overslept;

	*next = (struct monotime){ 0 };
	if (!r->running)
		return false;
	overslept = monotime_ms_between(r->planned, now) > ROUND_OVERSLEPT_MS;
	for (i = 0; i < r->conf->ntargets; i++) {
		t = time_out(r, &r->target[i], now);
		if (monotime_valid(t))
			*next = earlier(*next, t);
	}
	if (!monotime_valid(*next))
		*next = now;
	r->planned = *next;
	if (overslept) {
		round_void(r, now, out);
		return true;
	}
	if (!decided(r, &verdict))
		return false;
	r->running = false;
	fill(r, now, out);
	out->verdict = verdict;
	if (verdict == MSG_BAD && any_late(r))
		out->verdict = MSG_CONGESTED;
	if (out->verdict == MSG_BAD)
		out->cause = cause(r, gateway_silent);
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
