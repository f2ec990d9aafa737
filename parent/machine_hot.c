/* SPDX-License-Identifier: ISC */
/*
 * Backups that stand by hot: their links are kept up while the primary works
 * (by the one try, machine_try.c), and rounds go through them now and then.
 * As long as the last good one is fresh, traffic may move there at once.
 *
 * An outage beyond the primary's first router may be the targets' fault,
 * which an older proof says nothing of: then the round must be younger than
 * the outage.  So while the primary is in doubt they are made without a
 * pause, and have ended before it is declared down.
 */
#include "parent/machine_int.h"

bool
machine_is_hot(const struct machine_conf *conf, uint32_t uplink)
{
	return (uplink != MACHINE_PRIMARY && uplink < conf->nuplinks &&
		conf->uplink[uplink].hot_ms != 0);
}

/* No backup is looked for: the try, if any, brings a hot one up. */
bool
machine_keeping(const struct machine *m)
{
	return (m->state != MACHINE_DIALING && m->state != MACHINE_STRANDED);
}

/* Between two rounds through a backup without traffic. */
uint32_t
machine_keep_ms(const struct machine_conf *conf, uint32_t uplink)
{
	return (machine_is_hot(conf, uplink) ? conf->uplink[uplink].hot_ms
					     : MACHINE_BETTER_MS);
}

/* One round may be missed. */
static struct monotime
fresh_until(
    const struct machine *m, const struct machine_conf *conf, uint32_t uplink)
{
	return (monotime_add_ms(m->backup[uplink].good_at,
	    2 * (int64_t)machine_keep_ms(conf, uplink) +
		conf->uplink[uplink].prove_ms));
}

enum mreason
machine_ready(const struct machine *m, const struct machine_conf *conf,
    uint32_t uplink, struct monotime now)
{
	const struct machine_backup *b = &m->backup[uplink];

	if (!machine_allowed(m, uplink))
		return (MWHY_BARRED);
	if (b->link != MACHINE_LINK_UP)
		return (MWHY_NOT_UP);
	if (b->bad > 0 || b->stale)
		return (MWHY_NO_ANSWER);
	if (!b->proved || !monotime_valid(b->good_at) ||
	    monotime_cmp(fresh_until(m, conf, uplink), now) <= 0)
		return (MWHY_PROOF_OLD);
	return (MWHY_OK);
}

/* May traffic move to it as it is? */
bool
machine_hot_can(const struct mctx *c, uint32_t uplink)
{
	const struct machine *m = c->m;

	if (!machine_is_hot(c->conf, uplink) ||
	    machine_ready(m, c->conf, uplink, c->now) != MWHY_OK)
		return (false);
	return (
	    !m->primary.down || machine_asked(m) ||
	    machine_link_level(m->primary.cause) ||
	    monotime_cmp(m->backup[uplink].good_at, m->primary.bad_since) >= 0);
}

/* The first of those that traffic may move to as they are, or none. */
uint32_t
machine_hot_first(const struct mctx *c)
{
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++)
		if (machine_eligible(c->m, i) && machine_hot_can(c, i))
			return (i);
	return (MACHINE_NONE);
}

/* Is it to be brought up, or hung up and brought up again? */
bool
machine_hot_down(const struct mctx *c, uint32_t uplink)
{
	const struct machine_backup *b = &c->m->backup[uplink];

	return (
	    machine_is_hot(c->conf, uplink) && machine_allowed(c->m, uplink) &&
	    c->m->state != MACHINE_STARTING && c->m->want.active != uplink &&
	    c->conf->uplink[uplink].needs_dial &&
	    (b->link != MACHINE_LINK_UP || (b->stale && !b->same)));
}

/* Rounds through those that stand by, and through better ones. */
void
machine_hot_probes(struct mctx *c)
{
	struct machine *m = c->m;
	bool eager = m->state == MACHINE_SUSPECT, keep;
	struct machine_backup *b;
	struct maction *a;
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++) {
		b = &m->backup[i];
		keep = (machine_is_hot(c->conf, i) ||
			   machine_is_better(m, c->conf, i)) &&
		       machine_allowed(m, i) && b->link == MACHINE_LINK_UP &&
		       i != m->want.active && i != m->proving;
		if (keep && (!b->kept || b->eager != eager)) {
			a = machine_emit(c, eager ? MACT_PROBE : MACT_KEEP);
			a->uplink = i;
			a->ms = machine_keep_ms(c->conf, i);
		} else if (!keep && b->kept && i != m->want.active &&
			   i != m->proving)
			machine_emit(c, MACT_PROBE_OFF)->uplink = i;
		b->kept = keep;
		b->eager = keep && eager;
	}
}

/* It has so long to come up and to be proved before people are told. */
static struct monotime
patience_ends(
    const struct machine *m, const struct machine_conf *conf, uint32_t uplink)
{
	const struct machine_uplink_conf *u = &conf->uplink[uplink];

	return (monotime_add_ms(m->backup[uplink].unready,
	    (u->needs_dial ? (int64_t)u->start_ms : 0) + u->prove_ms));
}

/* A hot backup that is none would be found out in the next outage only. */
void
machine_hot_watch(struct mctx *c)
{
	struct machine *m = c->m;
	struct machine_backup *b;
	enum mreason why;
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++) {
		b = &m->backup[i];
		if (!machine_is_hot(c->conf, i) || m->state == MACHINE_STARTING)
			continue;
		why = machine_ready(m, c->conf, i, c->now);
		if (b->barred && i != m->want.active) {
			b->told = false; /* as configured: no news */
			b->unready = machine_never;
		} else if (why == MWHY_OK || i == m->want.active) {
			if (b->told)
				machine_alarm(c, MALARM_READY, i, MWHY_PROVED);
			b->told = false;
			b->unready = machine_never;
		} else if (!monotime_valid(b->unready))
			b->unready = c->now;
		else if (!b->told &&
			 machine_passed(c, patience_ends(m, c->conf, i))) {
			b->told = true;
			machine_alarm(c, MALARM_NOT_READY, i, why);
		}
	}
}

/* When the watch is to look at it again. */
struct monotime
machine_hot_deadline(
    const struct machine *m, const struct machine_conf *conf, uint32_t uplink)
{
	const struct machine_backup *b = &m->backup[uplink];

	if (!machine_is_hot(conf, uplink) || m->state == MACHINE_STARTING ||
	    uplink == m->want.active || b->told || b->barred)
		return (machine_never);
	if (monotime_valid(b->unready))
		return (patience_ends(m, conf, uplink));
	return (monotime_valid(b->good_at) ? fresh_until(m, conf, uplink)
					   : machine_never);
}
