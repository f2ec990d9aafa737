/* SPDX-License-Identifier: ISC */
/*
 * Marks that change while flows carry them: a reload may give us other bits,
 * or uplinks other numbers.  What they were, the kernel tells: the bits by our
 * rules, the numbers by our nft table.  Flows are marked anew around the change
 * of that table; meanwhile the rules know old marks and new ones.
 */
#include <sys/types.h>

#include <string.h>

#include "netconf/plan_int.h"

/* Bits that these rules ask for; if there are several, not those. */
static uint32_t
mask_of(const struct net_rule *rule, size_t n, uint32_t but)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (rule[i].mask != 0 && rule[i].mask != but)
			return rule[i].mask;
	return but;
}

/* Of an uplink's interface; 0: it is none. */
static uint32_t
mark_of(
    const struct net_element *e, size_t n, const char *ifname, uint32_t mask)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (e[i].set == NET_SET_UPLINK &&
		    strcmp(e[i].ifname, ifname) == 0)
			return plan_mark(mask, e[i].uplink) & mask;
	return 0;
}

/* 1: flows that are there have other marks than they are to have. */
static int
compare(const struct net_state *was, uint32_t was_mask,
    const struct net_element *is, size_t nis, uint32_t mask,
    struct net_marks *m)
{
	const struct net_element *e;
	struct net_mark *mark;
	int differ = 0;
	size_t i;

	memset(m, 0, sizeof(*m));
	m->was_mask = was_mask;
	m->mask = mask;
	for (i = 0; i < was->nelements && m->n < NET_UPLINKS_MAX; i++) {
		e = &was->elements[i];
		if (e->set != NET_SET_UPLINK)
			continue;
		mark = &m->mark[m->n];
		mark->was = mark_of(e, 1, e->ifname, was_mask);
		mark->is = mark_of(is, nis, e->ifname, mask);
		if (mark->was == 0)
			continue;
		differ |= mark->was != mark->is;
		m->n++;
	}
	return differ;
}

int
plan_marks_differ(
    struct plan *p, const struct net_want *w, const struct net_state *s)
{
	return !w->clear &&
	       compare(s, mask_of(s->rules, s->nrules, w->mask),
		   p->wanted.element, p->wanted.nelements, w->mask, &p->marks);
}

static void
marks_step(struct plan *p, enum step_type type)
{
	struct step *st = plan_step(p, type);

	st->old = p->marks.was_mask;
	st->value = p->marks.mask;
}

/* Our rules for old bits, if they are others, before those that are wanted. */
static void
both(struct wanted *b, const struct plan *p, const struct net_state *s)
{
	const struct wanted *d = &p->wanted;
	uint32_t was_mask = p->marks.was_mask;
	size_t i;

	b->nrules = 0;
	for (i = 0; i < s->nrules && b->nrules < WANTED_MAX; i++)
		if (was_mask != p->marks.mask && s->rules[i].mask == was_mask)
			b->rule[b->nrules++] = s->rules[i];
	for (i = 0; i < d->nrules && b->nrules < WANTED_MAX; i++)
		b->rule[b->nrules++] = d->rule[i];
}

void
plan_change_marks(
    struct plan *p, const struct net_want *w, const struct net_state *s)
{
	static struct wanted between;
	struct net_state found = *s;

	both(&between, p, s);
	plan_rules(p, &between, s, AF_INET);
	plan_rules(p, &between, s, AF_INET6);
	marks_step(p, STEP_MARKS);
	plan_nat(p, w, s);
	marks_step(p, STEP_MARKS_END);
	found.rules = between.rule;
	found.nrules = between.nrules;
	plan_rules(p, &p->wanted, &found, AF_INET);
	plan_rules(p, &p->wanted, &found, AF_INET6);
}

/* Back to what flows had before: from what they may have now. */
void
plan_marks_back(
    struct plan *p, const struct net_before *b, const struct net_state *now)
{
	uint32_t mask = mask_of(b->state.rules, b->state.nrules, 0);
	int differ;

	differ = mask != 0 &&
		 compare(now, mask_of(now->rules, now->nrules, mask),
		     b->state.elements, b->state.nelements, mask, &p->marks);
	if (differ)
		marks_step(p, STEP_MARKS);
	plan_nat_back(p, b, now);
	if (differ)
		marks_step(p, STEP_MARKS_END);
}
