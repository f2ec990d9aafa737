/* SPDX-License-Identifier: ISC */
/*
 * Drills: a backup is brought up and proved while nobody needs it, without a
 * packet of traffic on it, measured, and hung up.  A drill is the one try
 * (machine_try.c) in the states of a primary that works; an outage on the way
 * takes it over as it is.
 */
#include "parent/machine_int.h"

bool
machine_drilling(const struct machine *m, uint32_t uplink)
{
	return (uplink != MACHINE_NONE && m->drill.uplink == uplink);
}

/* All is quiet: a switch is not near, and nothing is under way. */
static enum mreason
calm(const struct machine *m, const struct machine_conf *conf)
{
	uint32_t i;

	if (m->state == MACHINE_STARTING)
		return (MWHY_NOT_YET);
	if (m->state == MACHINE_ON_BACKUP)
		return (MWHY_AWAY);
	if (m->held != MACHINE_NONE)
		return (MWHY_IS_HELD);
	if (m->primary.down && !m->target)
		return (MWHY_IS_DOWN);
	if (m->state == MACHINE_SUSPECT || !machine_primary_usable(m) ||
	    m->primary.bad > 0 || m->target)
		return (MWHY_NOT_CALM);
	if (m->state != MACHINE_ON_PRIMARY || m->request != 0 ||
	    m->drill.uplink != MACHINE_NONE ||
	    m->try.phase != MACHINE_TRY_NONE || !m->applied ||
	    m->want.drain != MACHINE_NONE)
		return (MWHY_BUSY);
	for (i = 1; i < conf->nuplinks; i++)
		if (m->backup[i].link == MACHINE_LINK_STARTING ||
		    m->backup[i].link == MACHINE_LINK_STOPPING ||
		    (conf->uplink[i].needs_dial && m->backup[i].stale))
			return (MWHY_BUSY);
	return (MWHY_OK);
}

enum mreason
machine_may_drill(
    const struct machine *m, const struct machine_conf *conf, uint32_t *uplink)
{
	enum mreason why;

	if (conf->nuplinks <= 1)
		return (MWHY_NO_BACKUP);
	if (*uplink == MACHINE_NONE)
		*uplink = 1;
	if (*uplink == MACHINE_PRIMARY || *uplink >= conf->nuplinks)
		return (MWHY_NO_SUCH_UPLINK);
	if ((why = calm(m, conf)) != MWHY_OK)
		return (why);
	return (m->backup[*uplink].barred ? MWHY_BARRED : MWHY_OK);
}

/* An operator's, or the schedule's. */
enum mreason
machine_drill_begin(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t i = c->ev->uplink;
	enum mreason why;

	if ((why = machine_may_drill(m, c->conf, &i)) != MWHY_OK) {
		if (c->ev->id != 0)
			machine_reply(c, c->ev->id, i, false, why);
		return (why);
	}
	m->drill = (struct machine_drill){ .uplink = i, .id = c->ev->id };
	machine_emit(c, MACT_DRILL_BEGIN)->uplink = i;
	machine_try_drill(c, i);
	return (MWHY_NOTED);
}

void
machine_drill_end(struct mctx *c, bool ok, enum mreason why)
{
	struct machine_drill d = c->m->drill;
	struct maction *a = machine_emit(c, MACT_DRILL_END);

	a->uplink = d.uplink;
	a->ok = ok;
	a->reason = why;
	c->m->drill = (struct machine_drill){ .uplink = MACHINE_NONE };
	if (why == MWHY_NOT_STARTED || why == MWHY_NOT_PROVED ||
	    why == MWHY_LINK_FAILED)
		machine_alarm(c, MALARM_DRILL, d.uplink, why);
	if (d.id != 0)
		machine_reply(c, d.id, d.uplink, ok, why);
}

/* It is needed now: its link is used as it is; which one, or none. */
uint32_t
machine_drill_taken(struct mctx *c)
{
	uint32_t i = c->m->drill.uplink;
	enum machine_link link;

	if (i == MACHINE_NONE)
		return (MACHINE_NONE);
	link = c->m->backup[i].link;
	machine_drill_end(c, false, MWHY_TAKEN);
	return (link == MACHINE_LINK_UP || link == MACHINE_LINK_STARTING
		    ? i
		    : MACHINE_NONE);
}

/* The link is up and proved: once it is measured, that is all. */
bool
machine_drill_proved(struct mctx *c)
{
	struct machine_drill *d = &c->m->drill;
	struct maction *a;

	if (d->measuring)
		return (false);
	d->measuring = true;
	c->m->try.deadline = monotime_add_ms(c->now, CONF_MEASURE_MS);
	a = machine_emit(c, MACT_MEASURE);
	a->uplink = d->uplink;
	a->ms = CONF_MEASURE_MS;
	return (true);
}

enum mreason
machine_drill_measured(struct mctx *c)
{
	struct machine_drill *d = &c->m->drill;

	if (!machine_drilling(c->m, c->ev->uplink) || !d->measuring)
		return (MWHY_NOT_OURS);
	d->measured = true;
	return (MWHY_NOTED);
}

/* Is it over, or has something come in its way? */
bool
machine_drill_review(struct mctx *c)
{
	struct machine *m = c->m;
	const struct machine_drill *d = &m->drill;
	struct machine_backup *b;

	if (d->uplink == MACHINE_NONE)
		return (false);
	b = &m->backup[d->uplink];
	if ((m->state != MACHINE_ON_PRIMARY && m->state != MACHINE_SUSPECT) ||
	    m->try.phase == MACHINE_TRY_NONE || m->try.uplink != d->uplink)
		machine_drill_end(c, false, MWHY_CALLED_OFF);
	else if (d->measuring && b->link != MACHINE_LINK_UP) {
		machine_drill_end(c, false, MWHY_LINK_FAILED);
		machine_try_end(c);
	} else if (d->measuring &&
		   (d->measured || machine_passed(c, m->try.deadline))) {
		b->drilled = true;
		b->fails = 0;
		b->not_before = machine_never;
		machine_drill_end(c, true, MWHY_DRILLED);
		machine_try_end(c);
	} else
		return (false);
	return (true);
}
