/* SPDX-License-Identifier: ISC */
/* One verdict of two families; see decide.h. */
#include <sys/types.h>

#include "parent/decide.h"

static const uint32_t deciding[] = {
	[CONF_DECIDE_INET] = DECIDE_INET,
	[CONF_DECIDE_INET6] = DECIDE_INET6,
	[CONF_DECIDE_ANY] = DECIDE_INET | DECIDE_INET6,
	[CONF_DECIDE_ALL] = DECIDE_INET | DECIDE_INET6,
};

uint32_t
decide_families(uint32_t policy, uint32_t probed, bool has_inet6)
{
	uint32_t mask = deciding[policy] & probed;

	if (!has_inet6)
		mask &= ~DECIDE_INET6;
	if (mask == 0)
		mask = probed & DECIDE_INET ? DECIDE_INET : probed;
	return mask;
}

static bool
counts(const struct decide_rule *r, uint32_t family)
{
	return (r->families & 1u << family) != 0;
}

/* From good to bad; what is not known lies in the way of both. */
static uint32_t
rank(uint32_t verdict)
{
	return verdict == MSG_GOOD ? 0 : verdict == MSG_CONGESTED ? 1 : 2;
}

/*
 * Is this family's verdict that of the whole?  With `any` the best one is,
 * with `all` the worst.
 */
static bool
speaks(const struct decide *d, const struct decide_rule *r, uint32_t family)
{
	uint32_t i, own = rank(d->family[family].verdict), other;

	for (i = 0; i < FAMILIES; i++) {
		if (i == family || !counts(r, i))
			continue;
		other = rank(d->family[i].verdict);
		if (r->policy == CONF_DECIDE_ANY
			? own > 0 && (!d->family[i].known || other < own)
			: own < 2 && (!d->family[i].known || other > own))
			return false;
	}
	return true;
}

uint32_t
decide_bad(const struct decide *d, const struct decide_rule *r)
{
	uint32_t i, n, bad = 0;
	bool first = true;

	for (i = 0; i < FAMILIES; i++) {
		if (!counts(r, i))
			continue;
		n = d->family[i].known ? d->family[i].bad : 0;
		if (first || (r->policy == CONF_DECIDE_ANY ? n < bad : n > bad))
			bad = n;
		first = false;
	}
	return bad;
}

/* Long without a verdict, while the other family had some. */
static void
forget_stale(struct decide *d, const struct decide_rule *r, struct monotime now)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (d->family[i].known &&
		    d->family[i].others > DECIDE_STALE_ROUNDS &&
		    monotime_ms_between(d->family[i].when, now) > r->stale_ms) {
			d->family[i].known = false;
			d->family[i].bad = 0;
		}
}

static void
note(struct decide *d, enum family f, uint32_t verdict, struct monotime now)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (i != f && d->family[i].others < UINT32_MAX)
			d->family[i].others++;
	if (verdict == MSG_VOID)
		return;
	d->family[f].known = true;
	d->family[f].verdict = verdict;
	d->family[f].when = now;
	d->family[f].others = 0;
	if (verdict == MSG_GOOD)
		d->family[f].bad = 0;
	else if (verdict == MSG_BAD && d->family[f].bad < UINT32_MAX)
		d->family[f].bad++;
}

uint32_t
decide_round(struct decide *d, const struct decide_rule *r, enum family f,
    uint32_t verdict, struct monotime now)
{
	uint32_t bad;

	forget_stale(d, r, now);
	note(d, f, verdict, now);
	if (verdict == MSG_VOID || !counts(r, f) || !speaks(d, r, f))
		return MSG_VOID;
	if (verdict == MSG_GOOD)
		d->told = 0;
	if (verdict != MSG_BAD)
		return verdict;
	bad = decide_bad(d, r);
	if (bad <= d->told && bad < r->limit)
		return MSG_VOID;
	d->told = bad;
	return MSG_BAD;
}

void
decide_forget(struct decide *d, enum family f)
{
	d->family[f].known = false;
}
