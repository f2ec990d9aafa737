/* SPDX-License-Identifier: ISC */
/*
 * What outlives a restart: failed dials, refusals and pauses, but for those
 * that a fault of the targets made, which is not known then; failovers, for
 * the flap cap; and what an operator asked for, where traffic is found there.
 * Time that is not known to have passed has not.
 */
#include <string.h>

#include "parent/machine_int.h"

void
machine_wish_of(const struct machine *m, struct machine_wish *w)
{
	if (!m->adopted) {
		*w = m->wish;
		return;
	}
	w->held = m->held;
	w->held_until = m->held_until;
	w->manual = m->manual;
	w->go_back = m->go_back;
	w->manual_until = m->manual_until;
	w->flapping = m->flapping;
}

/* What is due already is due in a moment: 0 stands for never. */
static int64_t
due_in_ms(struct monotime now, struct monotime until)
{
	int64_t ms;

	if (!monotime_valid(until))
		return (0);
	ms = monotime_ms_between(now, until);
	return (ms > 0 ? ms : 1);
}

static void
remember_wish(
    const struct machine *m, struct monotime now, struct machine_memory *mem)
{
	uint32_t i, n = m->nfailovers;
	struct machine_wish w;

	machine_wish_of(m, &w);
	mem->held = w.held;
	mem->stay.hold_ms = due_in_ms(now, w.held_until);
	mem->stay.manual = w.manual;
	mem->stay.go_back = w.go_back;
	mem->stay.confirm_ms = due_in_ms(now, w.manual_until);
	mem->stay.flapping = w.flapping;
	mem->nfailovers = n < CONF_FLAP_MAX ? n : CONF_FLAP_MAX;
	for (i = 0; i < mem->nfailovers; i++)
		mem->failover_ms[i] = monotime_ms_between(
		    m->failover[(n - mem->nfailovers + i) % CONF_FLAP_MAX],
		    now);
}

static void
remember_backup(const struct machine_backup *b, struct monotime now,
    struct machine_grudge *g)
{
	g->fails = b->fails;
	g->refused = b->refused;
	g->gave_up = b->gave_up;
	if (!b->same && monotime_valid(b->not_before) &&
	    monotime_cmp(b->not_before, now) > 0)
		g->wait_ms = monotime_ms_between(now, b->not_before);
}

void
machine_remember(
    const struct machine *m, struct monotime now, struct machine_memory *mem)
{
	uint32_t i, n = m->nfailed_dials;

	memset(mem, 0, sizeof(*mem));
	mem->nfailed = n < MACHINE_DIAL_CAP ? n : MACHINE_DIAL_CAP;
	for (i = 0; i < mem->nfailed; i++)
		mem->failed_ms[i] = monotime_ms_between(
		    m->failed_dial[(n - mem->nfailed + i) % MACHINE_DIAL_CAP],
		    now);
	for (i = 1; i < MACHINE_UPLINKS; i++)
		remember_backup(&m->backup[i], now, &mem->backup[i]);
	remember_wish(m, now, mem);
}

/* Zero would be never. */
static struct monotime
ago(struct monotime now, int64_t ms)
{
	struct monotime t = monotime_add_ms(now, -ms);

	return (monotime_valid(t) ? t : monotime_add_ns(t, -1));
}

static void
recall_wish(struct machine *m, struct monotime now,
    const struct machine_memory *mem, int64_t elapsed_ms)
{
	const struct machine_stay *s = &mem->stay;
	struct machine_wish *w = &m->wish;
	uint32_t i;

	w->held = mem->held;
	if (s->hold_ms != 0)
		w->held_until = ago(now, elapsed_ms - s->hold_ms);
	w->manual = s->manual != 0;
	w->go_back = s->go_back != 0;
	if (s->confirm_ms != 0)
		w->manual_until = ago(now, elapsed_ms - s->confirm_ms);
	w->flapping = s->flapping != 0;
	for (i = 0; i < mem->nfailovers; i++)
		m->failover[m->nfailovers++ % CONF_FLAP_MAX] =
		    ago(now, mem->failover_ms[i] + elapsed_ms);
}

void
machine_recall(struct machine *m, const struct machine_conf *conf,
    struct monotime now, const struct machine_memory *mem, int64_t elapsed_ms)
{
	const struct machine_grudge *g;
	struct machine_backup *b;
	uint32_t i;
	int64_t ms;

	for (i = 0; i < mem->nfailed; i++) {
		ms = mem->failed_ms[i] + elapsed_ms;
		if (ms < MACHINE_DIAL_CAP_EVERY_MS)
			m->failed_dial[m->nfailed_dials++ % MACHINE_DIAL_CAP] =
			    ago(now, ms);
	}
	for (i = 1; i < conf->nuplinks; i++) {
		g = &mem->backup[i];
		b = &m->backup[i];
		b->fails = g->fails;
		b->refused = g->refused;
		b->gave_up = g->gave_up != 0;
		if (g->wait_ms > elapsed_ms)
			b->not_before =
			    monotime_add_ms(now, g->wait_ms - elapsed_ms);
	}
	recall_wish(m, now, mem, elapsed_ms);
}

/*
 * A hold keeps traffic where it is: one of an uplink that does not carry it
 * any more would now keep it elsewhere, which nobody asked for.
 */
void
machine_wish_adopt(struct mctx *c)
{
	struct machine *m = c->m;
	const struct machine_wish *w = &m->wish;

	if (w->held == m->want.active) {
		m->held = w->held;
		m->held_until = w->held_until;
	} else if (w->held != MACHINE_NONE)
		machine_alarm(
		    c, MALARM_HOLD_ENDED, MACHINE_NONE, MWHY_HELD_ELSEWHERE);
	if (m->want.active == MACHINE_PRIMARY)
		return;
	m->manual = w->manual;
	m->go_back = w->go_back;
	m->manual_until = w->manual_until;
	m->flapping = w->flapping;
}
