/* SPDX-License-Identifier: ISC */
/*
 * While traffic is on a backup, those written before it: as soon as one has
 * been good as long as the primary would have to be, traffic moves there.
 * Only what costs nothing is watched, and what stands by hot anyway: nobody
 * dials to see whether he could.
 */
#include "parent/machine_int.h"

bool
machine_is_better(
    const struct machine *m, const struct machine_conf *conf, uint32_t uplink)
{
	const struct machine_uplink_conf *u = &conf->uplink[uplink];

	return (m->state == MACHINE_ON_BACKUP && conf->automatic &&
		!m->manual && m->held == MACHINE_NONE && m->request == 0 &&
		uplink != MACHINE_PRIMARY && uplink < m->want.active &&
		machine_allowed(m, uplink) &&
		(machine_is_hot(conf, uplink) || (u->free && !u->needs_dial)));
}

/* When traffic moves there if nothing changes; not valid: not by time. */
static struct monotime
better_at(
    const struct machine *m, const struct machine_conf *conf, uint32_t uplink)
{
	const struct machine_backup *b = &m->backup[uplink];
	struct monotime at;

	if (!machine_is_better(m, conf, uplink) ||
	    !monotime_valid(b->good_since) ||
	    (machine_primary_usable(m) && !m->flapping)) /* it returns soon */
		return (machine_never);
	at = machine_later(monotime_add_ms(m->since, machine_after_ms(m, conf)),
	    monotime_add_ms(b->good_since, conf->stable_ms));
	/* by then it would have to be proved again */
	return (
	    machine_ready(m, conf, uplink, at) == MWHY_OK ? at : machine_never);
}

/* The first that traffic may move to, or none. */
uint32_t
machine_better(const struct mctx *c)
{
	uint32_t i;

	for (i = 1; i < c->m->want.active; i++)
		if (machine_passed(c, better_at(c->m, c->conf, i)))
			return (i);
	return (MACHINE_NONE);
}

/* Whose proof has become too old when its time has come begins anew. */
void
machine_better_timers(struct mctx *c)
{
	uint32_t i;

	for (i = 1; i < c->m->want.active; i++)
		if (machine_passed(c, better_at(c->m, c->conf, i)) &&
		    machine_ready(c->m, c->conf, i, c->now) != MWHY_OK)
			c->m->backup[i].good_since = machine_never;
}

/* When the first of them is due. */
struct monotime
machine_better_deadline(
    const struct machine *m, const struct machine_conf *conf)
{
	struct monotime at, first = machine_never;
	uint32_t i;

	for (i = 1; i < m->want.active; i++) {
		at = better_at(m, conf, i);
		if (!monotime_valid(first) ||
		    (monotime_valid(at) && monotime_cmp(at, first) < 0))
			first = at;
	}
	return (first);
}
