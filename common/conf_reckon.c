/* SPDX-License-Identifier: ISC */
/*
 * The arithmetic of a probing schedule: how many answers make a quorum, how
 * soon an outage is seen, how often one is seen that is none, what it all
 * costs.  The prober's verdicts and pauses (prober/round.c, schedule.c) and
 * what dialfaild -nv promises are of one mind because both come here.
 */
#include <string.h>

#include "common/conf_int.h"

#define DRILL_MTU 1500 /* of most links */

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

uint32_t
conf_far_targets(const struct conf_uplink *u, enum family family)
{
	uint32_t i, far = 0;

	for (i = 0; i < u->ntargets; i++)
		if (!u->target[i].near &&
		    addr_family(&u->target[i].address) == family)
			far++;
	return far;
}

uint32_t
conf_family_targets(const struct conf_uplink *u, enum family family)
{
	uint32_t i, n = 0;

	for (i = 0; i < u->ntargets; i++)
		n += addr_family(&u->target[i].address) == family;
	return n;
}

bool
conf_family_decides(const struct conf_uplink *u, enum family family)
{
	switch (u->decide) {
	case CONF_DECIDE_INET:
		return family == FAMILY_INET;
	case CONF_DECIDE_INET6:
		return family == FAMILY_INET6;
	default:
		return true;
	}
}

/*
 * What an answered probe costs both ways: octets of IP packets, which is what
 * providers count, without the frames around them.
 *	echo	2 * (ip + CONF_ECHO_LEN)
 *	gateway	nothing: ARP and neighbour discovery end there, as do those
 *		by which every round finds it
 *	tcp	SYN and SYN+ACK with 40 octets of header, ACK and RST with 32,
 *		as usual with timestamps (RFC 7323)
 *	dns	2 * (ip + UDP 8 + header 12 + the question: the name with its
 *		first length and the root's, type and class), and one record:
 *		a pointer, 10, and the address (RFC 1035 4.1)
 */
static uint64_t
probe_octets(const struct conf_target *t)
{
	uint64_t ip = t->address.family == AF_INET6 ? 40 : 20;

	switch (t->method) {
	case CONF_METHOD_GATEWAY:
		return 0;
	case CONF_METHOD_TCP:
		return 4 * ip + 2 * 40 + 2 * 32;
	case CONF_METHOD_DNS:
		return 2 * (ip + 8 + 12 + strlen(t->query) + 2 + 4) + 2 + 10 +
		       (t->answer.family == AF_INET6 ? 16 : 4);
	default:
		return 2 * (ip + CONF_ECHO_LEN);
	}
}

/*
 * Answers come before the next probe is due, so a round is good after as many
 * probes as success asks for, and all targets have got as many by then.
 */
uint64_t
conf_round_octets(const struct conf_uplink *u, enum family family)
{
	uint64_t octets = 0;
	uint32_t i;

	for (i = 0; i < u->ntargets; i++)
		if (addr_family(&u->target[i].address) == family)
			octets += probe_octets(&u->target[i]);
	return octets * conf_quorum_need(&u->probe.success, u->probe.count);
}

/* From the first probe of a good round to the last one that it needs. */
static uint32_t
good_ms(const struct conf_probe *p)
{
	return (conf_quorum_need(&p->success, p->count) - 1) * p->interval_ms;
}

static uint32_t
families(const struct conf_uplink *u)
{
	uint32_t i, n = 0;

	for (i = 0; i < FAMILIES; i++)
		n += conf_family_targets(u, i) > 0;
	return n;
}

double
conf_family_budget(const struct conf_uplink *u)
{
	return (double)u->probe.budget / families(u);
}

/* What each round of a family would cost if all families were like it. */
static uint64_t
budget_octets(const struct conf_uplink *u, enum family family)
{
	return conf_round_octets(u, family) * families(u);
}

/*
 * A budget is shared evenly by the families that have targets.  A round of
 * a family begins every good_ms + delay, so that good rounds cost
 *	octets * CONF_MONTH_MS / (good_ms + delay) <= budget / families
 */
uint32_t
conf_delay_ms(const struct conf_uplink *u, enum family family)
{
	const struct conf_probe *p = &u->probe;
	uint64_t period;

	if (p->budget == 0)
		return p->delay_ms;
	period = (budget_octets(u, family) * CONF_MONTH_MS + p->budget - 1) /
		 p->budget;
	if (period <= (uint64_t)p->delay_ms + good_ms(p))
		return p->delay_ms;
	period -= good_ms(p);
	return period < UINT32_MAX ? (uint32_t)period : UINT32_MAX;
}

/* So much that the delay need not be longer, in whole kilobytes. */
uint64_t
conf_budget_least(const struct conf_uplink *u, uint32_t delay_ms)
{
	uint64_t period = (uint64_t)delay_ms + good_ms(&u->probe);
	uint64_t most = 0, octets;
	uint32_t i;

	for (i = 0; i < FAMILIES; i++) {
		octets = budget_octets(u, i) * CONF_MONTH_MS / period;
		most = octets > most ? octets : most;
	}
	return (most / 1000 + 1) * 1000;
}

/* From a good round to the next one. */
static uint32_t
pause_ms(const struct conf_uplink *u, enum family family)
{
	uint32_t delay = conf_delay_ms(u, family);

	if (delay < CONF_QUICK_MS && good_ms(&u->probe) < CONF_QUICK_MS)
		return CONF_QUICK_MS;
	return delay;
}

/* From the beginning of a good round to that of the next one. */
static double
period_ms(const struct conf_uplink *u, enum family family)
{
	return (double)pause_ms(u, family) + good_ms(&u->probe);
}

double
conf_month_octets(const struct conf_uplink *u)
{
	double octets = 0;
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		octets += (double)conf_round_octets(u, i) *
			  (double)CONF_MONTH_MS / period_ms(u, i);
	return octets;
}

/* With the heads of IPv4 and UDP: dialfail-peers(7). */
static uint32_t
hello_octets(const struct conf_peer *p)
{
	uint32_t places = p->naddresses > 0 ? p->naddresses : 1;
	uint32_t networks = p->nannounce;

	return places * (28 + 148 + 18 * networks + 28 + 132);
}

static uint32_t
hello_every_ms(const struct conf_peer *p, const struct conf_uplink *u,
    enum conf_hellos which)
{
	uint32_t ms = u->metered ? p->hello_metered_ms : p->hello_ms;

	if (which == CONF_BEHIND_NAT && p->hello_nat_ms != 0 &&
	    p->hello_nat_ms < ms)
		ms = p->hello_nat_ms;
	return ms;
}

double
conf_hello_octets(const struct conf *conf, const struct conf_uplink *u,
    enum conf_hellos which)
{
	double octets = 0;
	uint32_t i;

	for (i = 0; i < conf->npeers; i++)
		if (conf->peer[i].keyed)
			octets += (double)hello_octets(&conf->peer[i]) *
				  (double)CONF_MONTH_MS /
				  hello_every_ms(&conf->peer[i], u, which);
	return octets;
}

double
conf_hot_octets(const struct conf_uplink *u)
{
	double octets = 0;
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		octets += (double)conf_round_octets(u, i) *
			  (double)CONF_MONTH_MS / u->hot_ms;
	return octets;
}

/*
 * Packets of full size there and back: those of the least number of sizes,
 * which is one, and the burst.  And a round that proves it.
 */
uint64_t
conf_drill_octets(const struct conf_uplink *u)
{
	uint64_t size = u->mtu != 0 ? u->mtu : DRILL_MTU, octets;
	uint32_t i;

	octets = 2 * size * (CONF_MEASURE_COPIES + CONF_MEASURE_BURST);
	for (i = 0; i < FAMILIES; i++)
		octets += conf_round_octets(u, i);
	return octets;
}

uint32_t
conf_round_ms(const struct conf_probe *p)
{
	return (p->count - 1) * p->interval_ms + p->timeout_ms;
}

uint32_t
conf_prove_ms(const struct conf_uplink *u)
{
	return 3 * (u->probe.retry + 1) * (conf_round_ms(&u->probe) + 500);
}

/* Answered at once, and slow from then on. */
uint64_t
conf_drill_ms(const struct conf_uplink *u)
{
	return (uint64_t)(u->start_ms != 0 ? u->start_ms : u->dial.timeout_ms) +
	       conf_prove_ms(u) + CONF_MEASURE_MS;
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
conf_family_bounds(
    const struct conf_uplink *u, enum family family, struct conf_bounds *b)
{
	const struct conf_probe *p = &u->probe;
	uint32_t need = conf_quorum_need(&p->success, p->count);
	uint64_t bad, unseen, least, most;

	bad = (uint64_t)(p->count - need) * p->interval_ms + p->timeout_ms;
	unseen = pause_ms(u, family);
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

/* When all decide the first family that is down does, with any the last. */
void
conf_bounds(const struct conf_uplink *u, struct conf_bounds *b)
{
	struct conf_bounds f[FAMILIES], *least = &f[0], *most = &f[0];
	uint32_t i;

	for (i = 0; i < FAMILIES; i++) {
		conf_family_bounds(u, i, &f[i]);
		if (f[i].detect_max_ms < least->detect_max_ms)
			least = &f[i];
		if (f[i].detect_max_ms > most->detect_max_ms)
			most = &f[i];
	}
	if (u->decide == CONF_DECIDE_ANY)
		*b = *most;
	else if (u->decide == CONF_DECIDE_ALL)
		*b = *least;
	else
		*b = f[u->decide == CONF_DECIDE_INET6 ? FAMILY_INET6
						      : FAMILY_INET];
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
 * How often in a millisecond independent losses alone make a family look
 * down: 1 + retry bad rounds in a row.
 */
static double
false_rate(const struct conf_uplink *u, enum family family, double loss)
{
	const struct conf_probe *p = &u->probe;
	uint32_t need, n, i;
	double lost, bad, row = 1;

	/* small probabilities: sum the bad cases, never 1 - good */
	need = conf_quorum_need(&p->success, p->count);
	lost = at_least(p->count - need + 1, p->count, loss);
	n = p->require.kind == CONF_QUORUM_ALL ? conf_family_targets(u, family)
					       : conf_far_targets(u, family);
	bad = at_least(n - conf_quorum_need(&p->require, n) + 1, n, lost);
	for (i = 0; i <= p->retry; i++)
		row *= bad;
	return row / period_ms(u, family);
}

/*
 * In a year.  When any family keeps the primary up, one must look down while
 * the other does: that is until its next good round, one period later.
 */
double
conf_false_failovers(const struct conf_uplink *u, double loss)
{
	double inet = false_rate(u, FAMILY_INET, loss);
	double inet6 = false_rate(u, FAMILY_INET6, loss), rate;

	switch (u->decide) {
	case CONF_DECIDE_INET6:
		rate = inet6;
		break;
	case CONF_DECIDE_ANY:
		rate = inet * inet6 *
		       (period_ms(u, FAMILY_INET) + period_ms(u, FAMILY_INET6));
		break;
	case CONF_DECIDE_ALL:
		rate = inet + inet6;
		break;
	default:
		rate = inet;
	}
	return rate * 365.25 * 86400e3;
}
