/* SPDX-License-Identifier: ISC */
/*
 * A line in virtual time under a round: answers that are under way, and what
 * the line does to probes.
 */
#ifndef REGRESS_UNIT_SIM_LINE_H
#define REGRESS_UNIT_SIM_LINE_H

#include <stdlib.h>
#include <string.h>

#include "prober/round.h"

#define ANSWERS_MAX 512

struct line {
	struct conf_uplink conf;
	struct round round;
	struct msg_round out;
	struct monotime now;
	uint32_t nanswers; /* under way */
	struct {
		uint32_t target;
		uint16_t seq;
		uint64_t token;
		struct monotime at;
	} answer[ANSWERS_MAX];
	double loss;
	int64_t rtt_ms[CONF_TARGETS_MAX];
	uint32_t dead; /* bits: targets that never answer */
	struct monotime outage; /* probes sent from then on are lost */
	struct round_signs signs;
	/* what else delays a probe; -1: it is lost */
	int64_t (*queue_ms)(struct line *);
	/* see to signs and whatever else goes on until now */
	void (*pass)(struct line *);
	unsigned short seed[3];
	uint64_t probes;
};

static void
line_init(struct line *n, uint32_t far, uint32_t near)
{
	uint32_t i;

	memset(n, 0, sizeof(*n));
	n->conf.probe.count = 3;
	n->conf.probe.interval_ms = 200;
	n->conf.probe.timeout_ms = 1000;
	n->conf.probe.delay_ms = 1000;
	n->conf.probe.retry = 1;
	n->conf.probe.success.kind = CONF_QUORUM_MOST;
	n->conf.probe.require.kind = CONF_QUORUM_ANY;
	n->conf.ntargets = far + near;
	for (i = 0; i < n->conf.ntargets; i++) {
		n->conf.target[i].id = i;
		n->conf.target[i].near = i >= far;
		n->rtt_ms[i] = 20;
	}
	n->now = monotime_from_ns(INT64_C(1000000000));
	n->seed[0] = 157;
	round_init(&n->round, &n->conf, FAMILY_INET);
}

static void
answer_later(struct line *n, uint32_t target, uint16_t seq, uint64_t token)
{
	int64_t queued = 0;

	if (n->dead & 1u << target || erand48(n->seed) < n->loss ||
	    (monotime_valid(n->outage) && monotime_cmp(n->now, n->outage) >= 0))
		return;
	if (n->queue_ms != NULL && (queued = n->queue_ms(n)) == -1)
		return;
	if (n->nanswers == ANSWERS_MAX)
		abort();
	n->answer[n->nanswers].target = target;
	n->answer[n->nanswers].seq = seq;
	n->answer[n->nanswers].token = token;
	n->answer[n->nanswers++].at =
	    monotime_add_ms(n->now, n->rtt_ms[target] + queued);
}

/* The next answer up to this moment, or ANSWERS_MAX. */
static uint32_t
next_answer(const struct line *n, struct monotime until)
{
	uint32_t i, best = ANSWERS_MAX;

	for (i = 0; i < n->nanswers; i++)
		if (monotime_cmp(n->answer[i].at, until) <= 0 &&
		    (best == ANSWERS_MAX ||
			monotime_cmp(n->answer[i].at, n->answer[best].at) < 0))
			best = i;
	return best;
}

static void
send_due(struct line *n)
{
	uint64_t token;
	uint16_t seq;
	int t;

	while ((t = round_next(&n->round, n->now)) != -1) {
		token = (uint64_t)nrand48(n->seed) << 20 ^ ++n->probes;
		seq = round_sent(&n->round, (uint32_t)t, token, n->now);
		answer_later(n, (uint32_t)t, seq, token);
	}
}

static bool
check(struct line *n, struct monotime *next)
{
	if (n->pass != NULL)
		n->pass(n);
	return round_check(&n->round, n->now, &n->signs, &n->out, next);
}

/* Answers and timers until then; true when the round ended on the way. */
static bool
deliver(struct line *n, struct monotime until)
{
	struct monotime sent, next;
	uint32_t i;

	while ((i = next_answer(n, until)) != ANSWERS_MAX) {
		if (monotime_cmp(n->answer[i].at, n->now) > 0)
			n->now = n->answer[i].at;
		round_answer(&n->round, n->answer[i].target, n->answer[i].seq,
		    n->answer[i].token, n->now, &sent);
		n->answer[i] = n->answer[--n->nanswers];
		if (!n->round.running)
			continue;
		send_due(n);
		if (check(n, &next))
			return true;
	}
	if (monotime_cmp(until, n->now) > 0)
		n->now = until;
	return false;
}

static void
run(struct line *n)
{
	struct monotime next;

	for (;;) {
		send_due(n);
		if (check(n, &next))
			return;
		if (monotime_cmp(next, n->now) <= 0)
			abort(); /* it spins */
		if (deliver(n, next))
			return;
	}
}

static uint32_t
one_round(struct line *n)
{
	round_begin(&n->round, n->now);
	run(n);
	if (!msg_round_valid(&n->out))
		abort();
	return n->out.verdict;
}

#endif
