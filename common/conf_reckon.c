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

/* From a good round to the next one. */
static uint32_t
pause_ms(const struct conf_probe *p)
{
	uint32_t need = conf_quorum_need(&p->success, p->count);

	if (p->delay_ms < CONF_QUICK_MS &&
	    (need - 1) * p->interval_ms < CONF_QUICK_MS)
		return CONF_QUICK_MS;
	return p->delay_ms;
}

/*
 * From the beginning of an outage to "down", while nothing answers any more.
 *
 * A target is lost with the loss that leaves too few probes for success:
 * the (count - need + 1)th.  Probes leave every interval and are lost timeout
 * after they left, and all targets are probed together, so a round is bad
 *	bad = (count - need) * interval + timeout
 * after it began; the retries follow at once: (1 + retry) * bad.  Only rounds
 * that are over in less than CONF_QUICK_MS are followed by a pause.
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
	uint64_t bad, unseen, least, most;

	bad = (uint64_t)(p->count - need) * p->interval_ms + p->timeout_ms;
	unseen = pause_ms(p);
	if (need > 1 && p->interval_ms > unseen)
		unseen = p->interval_ms;
	least = (1 + (uint64_t)p->retry) * bad;
	if (bad < CONF_QUICK_MS)
		least += (uint64_t)p->retry * CONF_QUICK_MS;
	most = least + unseen;
	/* a round that begins with answers may last long enough without */
	if (bad < CONF_QUICK_MS && p->retry > 0 &&
	    bad + (uint64_t)(need - 1) * p->interval_ms >= CONF_QUICK_MS)
		least -= CONF_QUICK_MS;
	b->detect_min_ms = least < UINT32_MAX ? (uint32_t)least : UINT32_MAX;
	b->detect_max_ms = most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
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
	ms = (double)pause_ms(p) + (double)(need - 1) * p->interval_ms;
	return row * 365.25 * 86400e3 / ms;
}
