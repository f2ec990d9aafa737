/* SPDX-License-Identifier: ISC */
/*
 * The arithmetic of a probing schedule: how many answers make a quorum, how
 * soon an outage is seen, how often one is seen that is none.  The prober's
 * verdicts (prober/round.c) and what dialfaild -nv promises are of one mind
 * because both come here.
 */
#include "common/conf_int.h"

uint32_t
conf_quorum_need(const struct conf_quorum *q, uint32_t n)
{
	if (n == 0)
		return 0;
	switch (q->kind) {
	case CONF_QUORUM_ALL:
		return n;
	case CONF_QUORUM_MOST:
		return n / 2 + 1;
	case CONF_QUORUM_NUMBER:
		return q->number < n ? q->number : n;
	default:
		return 1;
	}
}

/*
 * From the last answer that came to "down", while nothing answers any more.
 *
 * A target is lost with the loss that leaves too few probes for success:
 * the (count - need + 1)th.  Probes leave every interval and are lost timeout
 * after they left, and all targets are probed together, so a round is bad
 *	bad = (count - need) * interval + timeout
 * after it began; the retries follow at once: (1 + retry) * bad.
 *
 * At best the outage begins just as a round does.  At worst it begins just
 * after the answer that made a round good: delay passes unseen; or, when one
 * answer is not enough, just after an answer within a round: the next probe
 * is only sent after interval.  Round trip times are left out: they can only
 * make the time shorter, since loss counts from the sending.
 */
void
conf_bounds(const struct conf_uplink *u, struct conf_bounds *b)
{
	const struct conf_probe *p = &u->probe;
	uint32_t need = conf_quorum_need(&p->success, p->count);
	uint64_t bad, unseen, down;

	bad = (uint64_t)(p->count - need) * p->interval_ms + p->timeout_ms;
	unseen = p->delay_ms;
	if (need > 1 && p->interval_ms > unseen)
		unseen = p->interval_ms;
	down = (1 + (uint64_t)p->retry) * bad;
	b->detect_min_ms = down < UINT32_MAX ? (uint32_t)down : UINT32_MAX;
	down += unseen;
	b->detect_max_ms = down < UINT32_MAX ? (uint32_t)down : UINT32_MAX;
}

/*
 * P(at least need of n are good), each with probability p by itself: the sum
 * of the binomial distribution's upper end, its terms made by multiplying.
 */
static double
at_least(uint32_t need, uint32_t n, double p)
{
	double term, sum = 0;
	uint32_t i, k;

	for (k = need; k <= n; k++) {
		term = 1;
		for (i = 0; i < k; i++)
			term *= p * (double)(n - i) / (double)(k - i);
		for (i = 0; i < n - k; i++)
			term *= 1 - p;
		sum += term;
	}
	return sum;
}

/*
 * How often in a year independent losses alone look like an outage: 1 + retry
 * bad rounds in a row.  A round begins every delay plus the time that a good
 * one takes, from its first probe to the last that it needs.
 */
double
conf_false_failovers(const struct conf_uplink *u, double loss)
{
	const struct conf_probe *p = &u->probe;
	uint32_t need, n, i;
	double lost, bad, ms, row = 1;

	/* small probabilities: sum the bad cases, never 1 - good */
	need = conf_quorum_need(&p->success, p->count);
	lost = at_least(p->count - need + 1, p->count, loss);
	n = p->require.kind == CONF_QUORUM_ALL ? u->ntargets
					       : conf_far_targets(u);
	bad = at_least(n - conf_quorum_need(&p->require, n) + 1, n, lost);
	for (i = 0; i <= p->retry; i++)
		row *= bad;
	ms = (double)p->delay_ms + (double)(need - 1) * p->interval_ms;
	return row * 365.25 * 86400e3 / ms;
}
