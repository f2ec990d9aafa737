/* SPDX-License-Identifier: ISC */
/*
 * What an event tells, before anything is decided: the primary's health,
 * the backups' links, the end of a try.  A round counts here, nowhere else.
 */
#include "parent/machine_int.h"

bool
machine_link_level(uint32_t cause)
{
	switch (cause) {
	case MSG_CAUSE_NO_INTERFACE:
	case MSG_CAUSE_LINK_DOWN:
	case MSG_CAUSE_CARRIER:
	case MSG_CAUSE_NO_ADDRESS:
	case MSG_CAUSE_NO_ROUTE:
	case MSG_CAUSE_SEND:
	case MSG_CAUSE_GATEWAY:
		return (true);
	default:
		/* captive everywhere: the answer asked for has changed */
		return (false);
	}
}

/* The targets answer again, or the fault lies elsewhere: forget it. */
void
machine_target_clear(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t i;

	m->target = false;
	m->target_fails = 0;
	m->target_again = machine_never;
	for (i = 1; i < c->conf->nuplinks; i++) {
		if (m->backup[i].same)
			m->backup[i].not_before = machine_never;
		if (m->backup[i].same && machine_is_hot(c->conf, i))
			m->backup[i].stale = false; /* its link was good */
		m->backup[i].same = false;
	}
}

static void
primary_good(struct mctx *c)
{
	struct machine_health *p = &c->m->primary;

	if (!p->known || !p->good)
		p->good_since = c->now;
	p->known = p->good = p->carrier = true;
	p->down = p->congested = false;
	p->bad = 0;
	p->cause = MSG_CAUSE_NONE;
	c->m->down_at = machine_never;
	machine_target_clear(c);
}

static void
primary_bad(struct mctx *c, uint32_t cause, bool at_once)
{
	struct machine *m = c->m;
	struct machine_health *p = &m->primary;

	if (m->target && machine_link_level(cause)) {
		machine_target_clear(c);
		p->bad = 0;
		p->down = false;
	}
	p->known = true;
	p->good = p->congested = false;
	p->good_since = machine_never;
	p->last_bad = c->now;
	p->cause = cause;
	if (p->bad == 0)
		p->bad_since = c->now;
	if (p->bad < UINT32_MAX)
		p->bad++;
	if (at_once && p->bad <= c->conf->retry)
		p->bad = c->conf->retry + 1;
	if (p->bad <= c->conf->retry || p->down)
		return;
	p->down = true;
	m->down_at = c->now;
}

/* The prober's own finding, by a backup in standby: no switch. */
static void
primary_target(struct mctx *c)
{
	struct machine_health *p = &c->m->primary;

	p->known = true;
	p->good = p->congested = false;
	p->good_since = machine_never;
	p->last_bad = c->now;
	p->cause = MSG_CAUSE_TARGET;
	p->bad = 0;
	machine_alarm_once(c, MALARM_TARGET, MACHINE_PRIMARY, MWHY_TARGET);
}

static enum mreason
primary_round(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t cause = c->ev->cause;

	switch (c->ev->verdict) {
	case MSG_GOOD:
		primary_good(c);
		break;
	case MSG_BAD:
		if (cause == MSG_CAUSE_TARGET && !m->primary.down)
			primary_target(c);
		else
			primary_bad(c, cause, false);
		break;
	case MSG_CONGESTED:
		m->primary.congested = true;
		break;
	default: /* void says nothing */
		break;
	}
	return (MWHY_NOTED);
}

static enum mreason
backup_round(struct mctx *c, uint32_t uplink)
{
	struct machine *m = c->m;
	struct machine_backup *b = &m->backup[uplink];

	switch (c->ev->verdict) {
	case MSG_GOOD:
		/* the one before was not good, or is too long ago */
		if (machine_ready(m, c->conf, uplink, c->now) != MWHY_OK)
			b->good_since = c->now;
		b->bad = b->tries = 0;
		b->stale = b->same = false;
		b->proved = true;
		b->good_at = c->now;
		if (machine_is_hot(c->conf, uplink))
			b->not_before = machine_never;
		if (m->target)
			machine_target_clear(c);
		break;
	case MSG_BAD:
		if (b->bad < UINT32_MAX)
			b->bad++;
		if (b->bad <= c->conf->retry)
			break;
		b->proved = false;
		/* what stands by is not redialled for the targets' sake */
		if (!b->kept || !c->ev->same)
			b->stale = true;
		break;
	default: /* congested or void: still there, as far as is known */
		break;
	}
	return (MWHY_NOTED);
}

static enum mreason
fact_round(struct mctx *c)
{
	const struct machine *m = c->m;
	uint32_t i = c->ev->uplink;

	if (i == MACHINE_PRIMARY)
		return (primary_round(c));
	if (i >= c->conf->nuplinks ||
	    (i != m->want.active && !m->backup[i].kept) ||
	    m->backup[i].link != MACHINE_LINK_UP ||
	    (m->try.phase == MACHINE_TRY_PROVE && m->try.uplink == i))
		return (MWHY_NOT_OURS);
	return (backup_round(c, i));
}

static enum mreason
fact_carrier(struct mctx *c)
{
	if (c->ev->uplink != MACHINE_PRIMARY)
		return (MWHY_NOT_OURS);
	if (c->ev->up) {
		c->m->primary.carrier = true;
		return (MWHY_NOTED);
	}
	primary_bad(c, MSG_CAUSE_CARRIER, true);
	c->m->primary.carrier = false;
	return (MWHY_NOTED);
}

/* Is this try in this phase, at the uplink that the event is about? */
static bool
trying(const struct mctx *c, enum machine_phase phase)
{
	return (c->m->try.phase == phase && c->m->try.uplink == c->ev->uplink);
}

static enum mreason
fact_link_up(struct mctx *c)
{
	struct machine_backup *b = &c->m->backup[c->ev->uplink];

	switch (b->link) {
	case MACHINE_LINK_STARTING:
		c->m->try.phase = MACHINE_TRY_WAIT;
		break;
	case MACHINE_LINK_DOWN: /* found, or an interface that came back */
		break;
	case MACHINE_LINK_UP: /* it may have got another address */
		if (c->ev->uplink == c->m->want.active)
			machine_want_changed(c->m);
		return (MWHY_NOTED);
	default:
		return (MWHY_STALE);
	}
	b->link = MACHINE_LINK_UP;
	b->since = c->now;
	b->not_before = machine_never;
	b->proved = b->stale = b->same = false;
	b->bad = b->refused = 0;
	return (MWHY_NOTED);
}

static enum mreason
fact_link_down(struct mctx *c)
{
	struct machine_backup *b = &c->m->backup[c->ev->uplink];
	bool failed = c->ev->type == MEV_LINK_FAILED;
	uint32_t class = failed ? c->ev->class : MSG_LINK_BACKOFF;

	switch (b->link) {
	case MACHINE_LINK_STARTING:
		machine_try_failed(c, class, failed ? c->ev->ms : 0);
		c->m->try.uncalled = failed && c->ev->uncalled;
		/* FALLTHROUGH */
	case MACHINE_LINK_STOPPING:
		b->link = MACHINE_LINK_DOWN;
		b->since = c->now;
		b->stale = false;
		return (MWHY_NOTED);
	case MACHINE_LINK_UP:
		if (trying(c, MACHINE_TRY_PROVE)) {
			b->link = MACHINE_LINK_DOWN;
			b->since = c->now;
			machine_try_failed(c, class, failed ? c->ev->ms : 0);
		} else
			machine_link_lost(c, c->ev->uplink);
		return (MWHY_NOTED);
	default:
		return (MWHY_STALE);
	}
}

static enum mreason
fact_proof(struct mctx *c)
{
	struct machine_backup *b = &c->m->backup[c->ev->uplink];

	if (!trying(c, MACHINE_TRY_PROVE))
		return (MWHY_NOT_OURS);
	b->bad = 0;
	b->proved = c->ev->type == MEV_PROVED;
	b->stale = !b->proved;
	b->same = !b->proved && c->ev->same;
	if (b->proved) {
		if (b->link != MACHINE_LINK_UP) /* an interface, seen down */
			b->since = c->now;
		b->link = MACHINE_LINK_UP;
		b->good_at = c->now;
		if (machine_is_hot(c->conf, c->ev->uplink))
			b->not_before = machine_never;
		c->m->try.phase = MACHINE_TRY_PROVED;
	} else
		machine_try_failed(c, MSG_LINK_BACKOFF, 0);
	return (MWHY_NOTED);
}

static enum mreason
fact_adopt(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t i = c->ev->uplink;
	struct machine_backup *b;

	if (m->adopted)
		return (MWHY_STALE);
	m->adopted = true;
	m->deadline = monotime_add_ms(c->now, MACHINE_START_MS);
	machine_want_changed(m);
	if (i == MACHINE_PRIMARY || i >= c->conf->nuplinks || !c->ev->up) {
		machine_wish_adopt(c);
		return (MWHY_NOTED);
	}
	b = &m->backup[i];
	b->link = MACHINE_LINK_UP;
	b->since = c->now;
	b->proved = true;
	b->good_at = machine_never;
	b->stale = false;
	b->bad = 0;
	m->want.active = m->verified = m->announced = i;
	machine_wish_adopt(c);
	return (MWHY_NOTED);
}

static enum mreason
fact_drained(struct mctx *c)
{
	struct machine *m = c->m;

	if (c->ev->uplink != m->want.drain || m->want.drain == MACHINE_NONE)
		return (MWHY_NOT_OURS);
	m->want.drain = MACHINE_NONE;
	m->drain_until = machine_never;
	if (m->request != 0 && m->request_cuts)
		machine_finish_request(c, true, MWHY_CUT);
	return (MWHY_NOTED);
}

static enum mreason
fact_allow(struct mctx *c)
{
	c->m->backup[c->ev->uplink].barred = !c->ev->up;
	return (MWHY_NOTED);
}

/* A stop cuts nobody off; who asks to clear gets it, whatever the state. */
static enum mreason
fact_stop(struct mctx *c)
{
	struct machine *m = c->m;
	struct maction *a;
	bool home;

	home = m->adopted && (machine_primary_usable(m) ||
				 (m->want.active == MACHINE_PRIMARY &&
				     m->verified == MACHINE_PRIMARY));
	if (m->request != 0)
		machine_finish_request(c, false, MWHY_STOPPING);
	if (m->drill.uplink != MACHINE_NONE)
		machine_drill_end(c, false, MWHY_STOPPING);
	m->stopped = true;
	a = machine_emit(c, MACT_EXIT);
	a->ok = home || c->ev->id != 0;
	a->id = c->ev->id;
	return (MWHY_STOP);
}

static bool
is_backup(const struct mctx *c)
{
	return (c->ev->uplink != MACHINE_PRIMARY &&
		c->ev->uplink < c->conf->nuplinks);
}

/* Note what the event tells; MWHY_NOTED, or why it tells nothing. */
enum mreason
machine_fact(struct mctx *c)
{
	switch (c->ev->type) {
	case MEV_ADOPT:
		return (fact_adopt(c));
	case MEV_ROUND:
		return (fact_round(c));
	case MEV_CARRIER:
		return (fact_carrier(c));
	case MEV_LINK_UP:
		return (is_backup(c) ? fact_link_up(c) : MWHY_NOT_OURS);
	case MEV_LINK_FAILED:
	case MEV_LINK_DOWN:
		return (is_backup(c) ? fact_link_down(c) : MWHY_NOT_OURS);
	case MEV_PROVED:
	case MEV_PROOF_FAILED:
		return (is_backup(c) ? fact_proof(c) : MWHY_NOT_OURS);
	case MEV_APPLIED:
	case MEV_APPLY_FAILED:
		return (machine_applied(c, c->ev->type == MEV_APPLIED));
	case MEV_DRAINED:
		return (fact_drained(c));
	case MEV_ALLOW:
		return (is_backup(c) ? fact_allow(c) : MWHY_NOT_OURS);
	case MEV_MEASURED:
		return (machine_drill_measured(c));
	case MEV_TICK:
		return (MWHY_NOTED);
	case MEV_FAILOVER:
	case MEV_FALLBACK:
	case MEV_CONFIRM:
	case MEV_HOLD:
	case MEV_RELEASE:
		return (machine_op(c));
	case MEV_DRILL:
		return (machine_drill_begin(c));
	case MEV_RELOAD:
		return (machine_reload(c));
	case MEV_STOP:
		return (fact_stop(c));
	case MEVENT_MAX:
		break;
	}
	return (MWHY_NOT_OURS);
}
