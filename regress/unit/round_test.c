/* SPDX-License-Identifier: ISC */
/*
 * Rounds in virtual time: what each configuration word means, what losses
 * and late answers make of a round, and how often chance looks like an
 * outage.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "regress/unit/sim_line.h"

static struct line net;

static int64_t
took_ms(const struct line *n)
{
	return (n->out.ended_ns - n->out.began_ns) / 1000000;
}

static void
ends_when_decided(void **state)
{
	(void)state;
	line_init(&net, 2, 0);
	assert_int_equal(one_round(&net), MSG_GOOD);
	assert_int_equal(took_ms(&net), 220); /* 2 of 3 is most */
	assert_int_equal(net.out.last_answer_ns, net.now.ns);

	net.conf.probe.success.kind = CONF_QUORUM_ANY;
	assert_int_equal(one_round(&net), MSG_GOOD);
	assert_int_equal(took_ms(&net), 20);

	net.conf.probe.success.kind = CONF_QUORUM_ALL;
	assert_int_equal(one_round(&net), MSG_GOOD);
	assert_int_equal(took_ms(&net), 420);

	/* dead: all can fail with the first loss, any only with the last */
	net.dead = 3;
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(took_ms(&net), 1000);
	net.conf.probe.success.kind = CONF_QUORUM_MOST;
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(took_ms(&net), 1200);
	net.conf.probe.success.kind = CONF_QUORUM_ANY;
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(took_ms(&net), 1400);
}

static void
quorums(void **state)
{
	struct conf_quorum *q = &net.conf.probe.require;

	(void)state;
	line_init(&net, 3, 0);
	net.dead = 1;
	assert_int_equal(one_round(&net), MSG_GOOD);
	q->kind = CONF_QUORUM_MOST;
	assert_int_equal(one_round(&net), MSG_GOOD);
	q->kind = CONF_QUORUM_ALL;
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_SOME_TARGETS);
	assert_int_equal(round_target(&net.round, 0), 0);
	assert_int_equal(round_target(&net.round, 1), 1);
	net.dead = 3;
	q->kind = CONF_QUORUM_MOST;
	assert_int_equal(one_round(&net), MSG_BAD);
	q->kind = CONF_QUORUM_NUMBER;
	q->number = 1;
	assert_int_equal(one_round(&net), MSG_GOOD);
	q->number = 2;
	assert_int_equal(one_round(&net), MSG_BAD);
	q->number = 100; /* of three: all */
	net.dead = 0;
	assert_int_equal(one_round(&net), MSG_GOOD);
}

/* Near targets tell, and count only under require all. */
static void
near_targets(void **state)
{
	(void)state;
	line_init(&net, 2, 1);
	net.dead = 4;
	assert_int_equal(one_round(&net), MSG_GOOD);
	net.conf.probe.require.kind = CONF_QUORUM_ALL;
	assert_int_equal(one_round(&net), MSG_BAD);
	net.conf.probe.require.kind = CONF_QUORUM_MOST;
	assert_int_equal(one_round(&net), MSG_GOOD);
	net.dead = 3; /* the first router never proves anything */
	net.conf.probe.require.kind = CONF_QUORUM_ANY;
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_UPSTREAM);
	net.signs.gateway_silent = true;
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_GATEWAY);
}

static void
late_is_congested(void **state)
{
	(void)state;
	line_init(&net, 2, 0);
	net.rtt_ms[0] = net.rtt_ms[1] = 999;
	assert_int_equal(one_round(&net), MSG_GOOD);

	line_init(&net, 2, 0);
	net.rtt_ms[0] = net.rtt_ms[1] = 1500;
	/* the first one cannot know yet, since nothing came at all */
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(one_round(&net), MSG_CONGESTED);
	assert_int_equal(net.out.cause, MSG_CAUSE_CONGESTED);
	assert_int_equal(net.out.target[0].received, 0);
	assert_int_equal(net.out.last_answer_ns, 0);

	/* later than ten seconds is one only for who wants to wait for it */
	line_init(&net, 1, 0);
	net.rtt_ms[0] = 15000;
	net.conf.probe.count = 1;
	net.conf.probe.timeout_ms = 20000;
	assert_int_equal(one_round(&net), MSG_GOOD);
	/* and no answer at all for the others */
	line_init(&net, 1, 0);
	net.rtt_ms[0] = 10001;
	net.conf.probe.count = 1;
	while (monotime_ms_between(
		   monotime_from_ns(INT64_C(1000000000)), net.now) < 30000)
		assert_int_equal(one_round(&net), MSG_BAD);
}

/* What else answers while no probe does: whose word counts. */
static void
signs_of_life(void **state)
{
	int64_t ms;

	(void)state;
	line_init(&net, 2, 0);
	assert_int_equal(one_round(&net), MSG_GOOD);
	/* a buffer of four seconds fills at once */
	net.rtt_ms[0] = net.rtt_ms[1] = 4000;
	net.signs.life = monotime_add_ms(net.now, 1100);
	assert_int_equal(one_round(&net), MSG_CONGESTED);
	assert_int_equal(net.out.cause, MSG_CAUSE_CONGESTED);
	/* life from before the round is none */
	net.now = monotime_add_ms(net.now, 100);
	assert_int_equal(one_round(&net), MSG_BAD);

	/* what only comes in hides a dead line for ten seconds */
	line_init(&net, 2, 0);
	assert_int_equal(one_round(&net), MSG_GOOD);
	net.dead = 3;
	do {
		net.signs.life = monotime_add_ms(net.now, 1);
		(void)one_round(&net);
		ms = (net.now.ns - net.out.last_answer_ns) / 1000000;
		assert_int_equal(net.out.verdict,
		    ms < ROUND_LATE_MS ? MSG_CONGESTED : MSG_BAD);
	} while (ms < 20000);

	/* nor is it life where a probe is answered and others are not */
	line_init(&net, 2, 0);
	net.conf.probe.require.kind = CONF_QUORUM_ALL;
	net.dead = 1;
	net.signs.life = monotime_add_ms(net.now, 500);
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_SOME_TARGETS);
}

/* One probe of each target; what is denied is so after others answered. */
static uint32_t
denied_round(struct line *n, uint32_t refused, uint32_t captive)
{
	uint16_t seq[CONF_TARGETS_MAX];
	uint32_t i;

	n->conf.probe.count = 1;
	round_begin(&n->round, n->now);
	for (i = 0; i < n->conf.ntargets; i++) {
		seq[i] = round_sent(&n->round, i, 5, n->now);
		if (((refused | captive) & 1u << i) == 0)
			answer_later(n, i, seq[i], 5);
	}
	if (deliver(n, monotime_add_ms(n->now, 30)))
		return n->out.cause;
	for (i = 0; i < n->conf.ntargets; i++)
		if ((refused | captive) & 1u << i)
			round_denied(
			    &n->round, i, seq[i], 5, captive & 1u << i);
	run(n);
	return n->out.cause;
}

static void
denied(void **state)
{
	struct monotime sent;
	uint16_t seq;

	(void)state;
	line_init(&net, 2, 0);
	assert_int_equal(denied_round(&net, 3, 0), MSG_CAUSE_UPSTREAM);
	assert_int_equal(net.out.verdict, MSG_BAD);
	assert_int_equal(took_ms(&net), 30);
	assert_int_equal(denied_round(&net, 1, 0), MSG_CAUSE_NONE);
	assert_int_equal(net.out.verdict, MSG_GOOD);

	/* refused once, it is not answered later */
	round_begin(&net.round, net.now);
	seq = round_sent(&net.round, 0, 6, net.now);
	round_denied(&net.round, 0, seq, 7, true);
	assert_false(round_doubtful(&net.round, net.now));
	round_denied(&net.round, 0, seq, 6, false);
	assert_true(round_doubtful(&net.round, net.now));
	assert_int_equal(
	    round_answer(&net.round, 0, seq, 6, net.now, &sent), ROUND_FOREIGN);
	round_abort(&net.round);
	assert_false(round_doubtful(&net.round, net.now));

	/* overdue, and a moment to look at that is asked for */
	line_init(&net, 1, 0);
	round_begin(&net.round, net.now);
	(void)round_sent(&net.round, 0, 8, net.now);
	net.round.target[0].due = monotime_add_ms(net.now, 5000);
	assert_false(
	    round_check(&net.round, net.now, &net.signs, &net.out, &sent));
	assert_int_equal(monotime_ms_between(net.now, sent), 500);
	assert_false(round_doubtful(&net.round, net.now));
	assert_true(round_doubtful(&net.round, sent));
	round_abort(&net.round);
}

static void
causes(void **state)
{
	(void)state;
	line_init(&net, 2, 1);
	net.conf.target[0].method = CONF_METHOD_DNS;
	net.conf.target[2].method = CONF_METHOD_GATEWAY;
	net.conf.probe.require.kind = CONF_QUORUM_ALL;
	/* somebody lies, whatever else is good */
	assert_int_equal(denied_round(&net, 2, 1), MSG_CAUSE_CAPTIVE);
	assert_int_equal(denied_round(&net, 0, 1), MSG_CAUSE_CAPTIVE);
	assert_int_equal(net.out.target[0].state, MSG_TARGET_DOWN);
	/* silence is no lie */
	net.dead = 1;
	assert_int_equal(denied_round(&net, 0, 0), MSG_CAUSE_DNS);
	net.dead = 2;
	assert_int_equal(denied_round(&net, 0, 0), MSG_CAUSE_SOME_TARGETS);
	/* the gateway as a target: nothing beyond it is asked */
	net.dead = 7;
	assert_int_equal(denied_round(&net, 0, 0), MSG_CAUSE_GATEWAY);
	net.dead = 3;
	assert_int_equal(denied_round(&net, 0, 0), MSG_CAUSE_UPSTREAM);
	/* a lie comes from somewhere: upstream is not dead */
	net.dead = 6;
	assert_int_equal(denied_round(&net, 0, 1), MSG_CAUSE_CAPTIVE);
}

/* Lies that come when the round is over count in the next one. */
static void
captive(void **state)
{
	struct monotime sent;
	uint16_t seq;

	(void)state;
	line_init(&net, 2, 0);
	net.conf.target[0].method = CONF_METHOD_DNS;
	net.conf.probe.count = 1;
	round_begin(&net.round, net.now);
	seq = round_sent(&net.round, 0, 5, net.now);
	answer_later(&net, 1, round_sent(&net.round, 1, 5, net.now), 5);
	assert_true(deliver(&net, monotime_add_ms(net.now, 30)));
	assert_int_equal(net.out.verdict, MSG_GOOD);
	round_denied(&net.round, 0, seq, 5, true);

	round_begin(&net.round, net.now);
	seq = round_sent(&net.round, 0, 6, net.now);
	answer_later(&net, 1, round_sent(&net.round, 1, 6, net.now), 6);
	assert_true(deliver(&net, monotime_add_ms(net.now, 30)));
	assert_int_equal(net.out.verdict, MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_CAPTIVE);
	assert_int_equal(
	    round_answer(&net.round, 0, seq, 6, net.now, &sent), ROUND_IN_TIME);
	assert_int_equal(denied_round(&net, 0, 0), MSG_CAUSE_NONE);

	/* the first time it is waited for */
	line_init(&net, 2, 0);
	net.conf.target[0].method = CONF_METHOD_DNS;
	net.conf.target[0].answer.family = AF_INET;
	assert_int_equal(denied_round(&net, 0, 1), MSG_CAUSE_CAPTIVE);
	assert_int_equal(took_ms(&net), 30);
	round_abort(&net.round);
	net.dead = 1;
	assert_int_equal(one_round(&net), MSG_GOOD);
	assert_int_equal(took_ms(&net), net.conf.probe.timeout_ms);
	assert_int_equal(one_round(&net), MSG_GOOD);
	assert_true(took_ms(&net) < 300);

	/* or until there is silence */
	line_init(&net, 2, 0);
	net.conf.probe.count = 1;
	round_begin(&net.round, net.now);
	seq = round_sent(&net.round, 0, 7, net.now);
	round_denied(&net.round, 0, seq, 7, true);
	net.dead = 1;
	assert_int_equal(one_round(&net), MSG_BAD);
	net.now = monotime_add_ms(net.now, net.conf.probe.timeout_ms);
	assert_int_equal(one_round(&net), MSG_GOOD);
}

static void
one_family(void **state)
{
	struct monotime sent;

	(void)state;
	line_init(&net, 2, 0);
	net.conf.target[0].address.family = AF_INET6;
	net.dead = 1;
	net.conf.probe.require.kind = CONF_QUORUM_ALL;
	assert_int_equal(one_round(&net), MSG_GOOD);
	assert_int_equal(net.out.family, FAMILY_INET);
	assert_int_equal(net.out.ntargets, 2);
	assert_int_equal(net.out.target[0].sent, 0);
	assert_int_equal(net.out.target[0].state, MSG_TARGET_UNKNOWN);
	assert_int_equal(net.out.target[1].state, MSG_TARGET_UP);
	assert_int_equal(
	    round_answer(&net.round, 0, 0, 0, net.now, &sent), ROUND_FOREIGN);
	round_init(&net.round, &net.conf, FAMILY_INET6);
	assert_int_equal(one_round(&net), MSG_BAD);
	assert_int_equal(net.out.family, FAMILY_INET6);
	assert_int_equal(net.out.target[0].state, MSG_TARGET_DOWN);
	assert_int_equal(net.out.target[1].sent, 0);
}

/* Nobody can be asked on this link: it counts neither way. */
static void
absent(void **state)
{
	struct monotime next;
	uint16_t seq;
	uint64_t token;

	(void)state;
	line_init(&net, 1, 1);
	net.conf.probe.require.kind = CONF_QUORUM_ALL;
	net.conf.probe.count = 1;
	round_begin(&net.round, net.now);
	assert_false(round_newest(&net.round, 1, &seq, &token));
	(void)round_sent(&net.round, 1, 8, net.now);
	assert_true(round_newest(&net.round, 1, &seq, &token));
	assert_int_equal(token, 8);
	round_absent(&net.round, 1);
	assert_false(round_newest(&net.round, 1, &seq, &token));
	run(&net);
	assert_int_equal(net.out.verdict, MSG_GOOD);
	assert_int_equal(net.out.target[1].sent, 0);
	assert_int_equal(net.out.target[1].state, MSG_TARGET_UNKNOWN);

	/* and where nothing is left that counts, nothing is proved */
	line_init(&net, 0, 1);
	round_begin(&net.round, net.now);
	(void)round_sent(&net.round, 0, 8, net.now);
	round_absent(&net.round, 0);
	assert_true(
	    round_check(&net.round, net.now, &net.signs, &net.out, &next));
	assert_int_equal(net.out.verdict, MSG_VOID);
	line_init(&net, 0, 1);
	assert_int_equal(one_round(&net), MSG_VOID);
	assert_int_equal(net.out.target[0].received, 2);
}

/* Our own queue is full: tried again, but not for ever. */
static void
postponed(void **state)
{
	struct monotime next;
	uint32_t tries = 0;

	(void)state;
	line_init(&net, 1, 0);
	round_begin(&net.round, net.now);
	(void)round_sent(&net.round, 0, 1, net.now);
	assert_true(round_postpone(&net.round, 0));
	run(&net);
	assert_int_equal(net.out.verdict, MSG_GOOD);
	assert_int_equal(net.out.target[0].sent, 2);
	assert_int_equal(took_ms(&net), 420);

	round_begin(&net.round, net.now);
	for (;;) {
		if (round_next(&net.round, net.now) != -1) {
			(void)round_sent(&net.round, 0, 1, net.now);
			(void)round_postpone(&net.round, 0);
			tries++;
		}
		if (round_check(
			&net.round, net.now, &net.signs, &net.out, &next))
			break;
		net.now = next;
	}
	assert_int_equal(net.out.verdict, MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_SEND);
	assert_int_equal(tries, 5); /* three times, and two that were lost */
}

static void
foreign_answers(void **state)
{
	struct monotime sent, next;
	uint16_t seq;

	(void)state;
	line_init(&net, 1, 0);
	round_begin(&net.round, net.now);
	seq = round_sent(&net.round, 0, 42, net.now);
	net.now = monotime_add_ms(net.now, 5);
	assert_int_equal(round_answer(&net.round, 0, seq, 43, net.now, &sent),
	    ROUND_FOREIGN);
	assert_int_equal(round_answer(&net.round, 0, (uint16_t)(seq + 1), 42,
			     net.now, &sent),
	    ROUND_FOREIGN);
	assert_int_equal(
	    round_answer(&net.round, 0, (uint16_t)(seq + ROUND_PROBES), 42,
		net.now, &sent),
	    ROUND_FOREIGN);
	assert_int_equal(round_answer(&net.round, 0, seq, 42, net.now, &sent),
	    ROUND_IN_TIME);
	/* a duplicate is not a second answer */
	assert_int_equal(round_answer(&net.round, 0, seq, 42, net.now, &sent),
	    ROUND_FOREIGN);
	assert_false(
	    round_check(&net.round, net.now, &net.signs, &net.out, &next));
	round_abort(&net.round);
}

/* Our own lateness says nothing, whatever came or did not come. */
static void
own_lateness(void **state)
{
	struct monotime next;

	(void)state;
	line_init(&net, 2, 0);
	net.dead = 3;
	round_begin(&net.round, net.now);
	send_due(&net);
	assert_false(
	    round_check(&net.round, net.now, &net.signs, &net.out, &next));
	net.now = monotime_add_ms(next, ROUND_OVERSLEPT_MS + 1);
	send_due(&net);
	assert_true(
	    round_check(&net.round, net.now, &net.signs, &net.out, &next));
	assert_int_equal(net.out.verdict, MSG_VOID);

	round_begin(&net.round, net.now);
	round_void(&net.round, net.now, &net.out);
	assert_int_equal(net.out.verdict, MSG_VOID);
	assert_false(net.round.running);
}

/* An answer that came in time and was read late is in time. */
static void
read_late(void **state)
{
	struct monotime sent, began;
	uint16_t seq;

	(void)state;
	line_init(&net, 1, 0);
	began = net.now;
	round_begin(&net.round, net.now);
	seq = round_sent(&net.round, 0, 7, net.now);
	net.now = monotime_add_ms(net.now, 1900);
	assert_int_equal(round_answer(&net.round, 0, seq, 7,
			     monotime_add_ms(began, 30), &sent),
	    ROUND_IN_TIME);
	assert_int_equal(sent.ns, began.ns);

	/* and a stamp from before the sending is of a clock that was set */
	seq = round_sent(&net.round, 0, 8, net.now);
	assert_int_equal(round_answer(&net.round, 0, seq, 8,
			     monotime_add_ms(net.now, -5000), &sent),
	    ROUND_IN_TIME);
	assert_int_equal(net.round.last_answer.ns, net.now.ns);
}

static void
cannot_send(void **state)
{
	struct monotime next;
	int t;

	(void)state;
	line_init(&net, 2, 1); /* the near one goes another way */
	round_begin(&net.round, net.now);
	for (;;) {
		while ((t = round_next(&net.round, net.now)) != -1) {
			round_sent(&net.round, (uint32_t)t, 1, net.now);
			if (t < 2)
				round_unsent(&net.round, (uint32_t)t);
		}
		if (round_check(
			&net.round, net.now, &net.signs, &net.out, &next))
			break;
		net.now = next;
	}
	assert_int_equal(net.out.verdict, MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_SEND);
	assert_int_equal(took_ms(&net), 200);

	round_bad(&net.round, net.now, MSG_CAUSE_CARRIER, &net.out);
	assert_int_equal(net.out.verdict, MSG_BAD);
	assert_int_equal(net.out.cause, MSG_CAUSE_CARRIER);
	assert_int_equal(net.out.target[0].sent, 0);
}

static void
forgotten(void **state)
{
	struct monotime sent;
	uint16_t seq, got, n = 0;

	(void)state;
	line_init(&net, 1, 0);
	round_begin(&net.round, net.now);
	seq = round_sent(&net.round, 0, 9, net.now);
	(void)round_sent(&net.round, 0, 10, net.now);
	while (round_forget(&net.round, 0, &got))
		n++;
	assert_int_equal(n, 2);
	assert_int_equal(
	    round_answer(&net.round, 0, seq, 9, net.now, &sent), ROUND_FOREIGN);
}

/* Independent losses make as many rounds bad as the binomial says. */
static void
chance(uint32_t success, uint32_t require, double expected)
{
	uint32_t i, bad = 0;
	double n = 40000;

	line_init(&net, 2, 0);
	net.loss = 0.2;
	net.conf.probe.success.kind = success;
	net.conf.probe.require.kind = require;
	for (i = 0; i < (uint32_t)n; i++)
		bad += one_round(&net) == MSG_BAD;
	/* five standard deviations: once in two million runs by chance */
	assert_true(
	    (bad - n * expected) * (bad - n * expected) < 25 * n * expected);
}

static void
chances(void **state)
{
	const double most = 3 * 0.2 * 0.2 * 0.8 + 0.2 * 0.2 * 0.2;
	const double any = 0.2 * 0.2 * 0.2, all = 1 - 0.8 * 0.8 * 0.8;

	(void)state;
	chance(CONF_QUORUM_MOST, CONF_QUORUM_ANY, most * most);
	chance(CONF_QUORUM_ANY, CONF_QUORUM_ANY, any * any);
	chance(CONF_QUORUM_ALL, CONF_QUORUM_ANY, all * all);
	chance(CONF_QUORUM_MOST, CONF_QUORUM_ALL, 1 - (1 - most) * (1 - most));
}

/* 5 % loss and two far targets: a day and a half of rounds, never down. */
static void
no_false_alarm(void **state)
{
	uint32_t i, row = 0, worst = 0;

	(void)state;
	line_init(&net, 2, 0);
	net.loss = 0.05;
	for (i = 0; i < 100000; i++) {
		row = one_round(&net) == MSG_BAD ? row + 1 : 0;
		worst = row > worst ? row : worst;
		if (row == 0)
			(void)deliver(&net,
			    monotime_add_ms(net.now, net.conf.probe.delay_ms));
	}
	assert_true(worst <= net.conf.probe.retry);
}

/* From the last answer to down. */
static int64_t
detect_ms(struct monotime outage)
{
	uint32_t row = 0;

	net.outage = outage;
	for (;;) {
		row = one_round(&net) == MSG_BAD ? row + 1 : 0;
		if (row > net.conf.probe.retry)
			return (net.now.ns - net.out.last_answer_ns) / 1000000;
		if (row == 0)
			(void)deliver(&net,
			    monotime_add_ms(net.now, net.conf.probe.delay_ms));
	}
}

/* What dialfaild -nv promises, whenever it dies. */
static void
within_bounds(void **state)
{
	static const struct conf_probe probes[] = {
		{ 3, 200, 1000, 1000, 1, { CONF_QUORUM_MOST, 0 },
		    { CONF_QUORUM_ANY, 0 }, 0 },
		{ 1, 200, 500, 2000, 0, { CONF_QUORUM_MOST, 0 },
		    { CONF_QUORUM_ANY, 0 }, 0 },
		{ 5, 100, 300, 500, 3, { CONF_QUORUM_ALL, 0 },
		    { CONF_QUORUM_ALL, 0 }, 0 },
		{ 10, 50, 1000, 100, 2, { CONF_QUORUM_NUMBER, 4 },
		    { CONF_QUORUM_MOST, 0 }, 0 },
	};
	struct conf_bounds b;
	int64_t ms;
	size_t i;
	int at;

	(void)state;
	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		for (at = 0; at < 4000; at += 37) {
			line_init(&net, 2, 0);
			net.rtt_ms[0] = net.rtt_ms[1] = 1;
			net.conf.probe = probes[i];
			conf_bounds(&net.conf, &b);
			ms = detect_ms(monotime_add_ms(net.now, 5000 + at));
			assert_true(ms >= b.detect_min_ms);
			assert_true(ms <= b.detect_max_ms);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_when_decided),
		cmocka_unit_test(quorums),
		cmocka_unit_test(near_targets),
		cmocka_unit_test(late_is_congested),
		cmocka_unit_test(signs_of_life),
		cmocka_unit_test(denied),
		cmocka_unit_test(causes),
		cmocka_unit_test(captive),
		cmocka_unit_test(one_family),
		cmocka_unit_test(absent),
		cmocka_unit_test(postponed),
		cmocka_unit_test(foreign_answers),
		cmocka_unit_test(own_lateness),
		cmocka_unit_test(read_late),
		cmocka_unit_test(cannot_send),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(chances),
		cmocka_unit_test(no_false_alarm),
		cmocka_unit_test(within_bounds),
	};

	return cmocka_run_group_tests_name("round", tests, NULL, NULL);
}
