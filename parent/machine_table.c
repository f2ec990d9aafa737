/* SPDX-License-Identifier: ISC */
/*
 * The transitions: (states, event, guard) -> (action, next state, reason).
 * The first row that fits is taken.  Rows of MEV_TICK hold at any time: they
 * are looked at after every event, again and again until none fits, so that
 * whatever made a guard true (a round, a timer, a release, a reload), the
 * answer is the same.  machine_enter is the only place that sets the state.
 */
#include "parent/machine_int.h"

#define S(x)   (1u << MACHINE_##x)
#define ALL    ((1u << MACHINE_STATE_MAX) - 1)
#define STAY   MACHINE_STATE_MAX
#define ATHOME (S(STARTING) | S(ON_PRIMARY) | S(SUSPECT))

struct row {
	uint32_t states;
	enum mevent_type event;
	bool (*guard)(const struct mctx *);
	void (*action)(struct mctx *, enum mreason);
	enum machine_state next;
	enum mreason why;
};

/* ---- guards ---- */

static bool
g_always(const struct mctx *c)
{
	(void)c;
	return (true);
}

static bool
g_on_backup(const struct mctx *c)
{
	return (c->m->want.active != MACHINE_PRIMARY);
}

static bool
g_deadline(const struct mctx *c)
{
	return (machine_passed(c, c->m->deadline));
}

/*
 * Traffic may go by the primary: its last verdict was good, and no hold or
 * wish is against.  Congested is still better than no uplink at all.
 */
static bool
g_primary_good(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (m->adopted && m->primary.good && !m->primary.down &&
		(m->state == MACHINE_ON_BACKUP || !machine_asked(m)) &&
		(m->held == MACHINE_NONE || m->held == MACHINE_PRIMARY));
}

static bool
g_good_at_home(const struct mctx *c)
{
	return (g_primary_good(c) && c->m->want.active == MACHINE_PRIMARY);
}

/* In doubt, but not down: it gets its chance before a backup does. */
static bool
g_not_down(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (m->primary.known && !m->primary.down && !machine_asked(m) &&
		m->want.active == MACHINE_PRIMARY);
}

static bool
g_good_on_backup(const struct mctx *c)
{
	return (g_primary_good(c) && c->m->want.active != MACHINE_PRIMARY);
}

static bool
g_congested(const struct mctx *c)
{
	return (c->m->adopted && c->m->primary.congested);
}

static bool
g_bad(const struct mctx *c)
{
	return (c->m->primary.bad > 0 && !c->m->primary.down);
}

static bool
g_no_bad(const struct mctx *c)
{
	return (c->m->primary.bad == 0);
}

/* The primary is dead, and it is not the targets' fault. */
static bool
g_down(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (m->adopted && m->primary.down && !m->target &&
		m->held == MACHINE_NONE);
}

static bool
g_down_alone(const struct mctx *c)
{
	return (g_down(c) && c->conf->nuplinks <= 1);
}

static bool
g_down_carrier(const struct mctx *c)
{
	return (g_down(c) && !c->m->primary.carrier);
}

/* Dead, but held: it stays the wanted uplink. */
static bool
g_down_held(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (m->held == MACHINE_PRIMARY && !machine_asked(m) &&
		m->want.active == MACHINE_PRIMARY &&
		(m->state == MACHINE_DIALING || m->state == MACHINE_STRANDED ||
		    m->primary.down));
}

static bool
g_down_drain_up(const struct mctx *c)
{
	const struct machine *m = c->m;
	uint32_t i = m->want.drain;

	return (g_down(c) && i != MACHINE_NONE && i != MACHINE_PRIMARY &&
		m->backup[i].link == MACHINE_LINK_UP && !m->backup[i].stale);
}

static bool
g_asked(const struct mctx *c)
{
	return (machine_asked(c->m) &&
		(c->m->state == MACHINE_STRANDED ||
		    c->m->request_uplink != c->m->want.active));
}

static bool
g_asked_other(const struct mctx *c)
{
	return (machine_asked(c->m) && c->m->try.phase != MACHINE_TRY_NONE &&
		c->m->try.uplink != c->m->request_uplink);
}

static bool
g_asked_back(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (m->request != 0 && m->request_uplink == MACHINE_PRIMARY &&
		m->want.active != MACHINE_PRIMARY && machine_primary_usable(m));
}

static bool
g_proved(const struct mctx *c)
{
	return (c->m->try.phase == MACHINE_TRY_PROVED);
}

static bool
g_proved_before(const struct mctx *c)
{
	return (g_proved(c) && c->m->try.before);
}

static bool
g_exhausted(const struct mctx *c)
{
	return (c->m->try.phase == MACHINE_TRY_NONE);
}

/* None was tried at all: none may be. */
static bool
g_barred(const struct mctx *c)
{
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++)
		if (machine_allowed(c->m, i))
			return (false);
	return (g_exhausted(c));
}

static bool
lost(const struct machine *m)
{
	const struct machine_backup *b = &m->backup[m->want.active];

	return (b->link != MACHINE_LINK_UP ||
		(b->stale && !m->target && m->held != m->want.active));
}

static bool
g_asked_failed_lost(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (g_exhausted(c) && machine_asked(m) &&
		(m->want.active == MACHINE_PRIMARY
			? m->primary.down && !m->target &&
			      m->held != MACHINE_PRIMARY
			: lost(m)));
}

static bool
g_asked_failed_home(const struct mctx *c)
{
	return (g_exhausted(c) && machine_asked(c->m) &&
		c->m->want.active == MACHINE_PRIMARY);
}

static bool
g_asked_failed(const struct mctx *c)
{
	return (g_exhausted(c) && machine_asked(c->m));
}

/* Its link is up, but nothing answers; else there is none. */
static bool
unproved(const struct machine *m)
{
	return (m->backup[m->request_uplink].stale);
}

static bool
g_asked_unproved_home(const struct mctx *c)
{
	return (g_asked_failed_home(c) && unproved(c->m));
}

static bool
g_asked_unproved(const struct mctx *c)
{
	return (g_asked_failed(c) && unproved(c->m));
}

/* A backup's link works, but exactly the primary's dead targets do not. */
static bool
same_targets(const struct mctx *c)
{
	const struct machine *m = c->m;
	uint32_t i;

	if (!m->primary.down || machine_link_level(m->primary.cause))
		return (false);
	for (i = 1; i < c->conf->nuplinks; i++)
		if (m->backup[i].same)
			return (true);
	return (false);
}

static bool
g_target(const struct mctx *c)
{
	return (!machine_asked(c->m) && g_exhausted(c) &&
		!monotime_valid(c->m->failover_at) &&
		c->m->want.active == MACHINE_PRIMARY && same_targets(c));
}

static bool
g_target_stranded(const struct mctx *c)
{
	return (c->m->try.phase == MACHINE_TRY_FAILED &&
		!monotime_valid(c->m->failover_at) &&
		c->m->want.active == MACHINE_PRIMARY && same_targets(c));
}

/* Has every backup but the one that is tried now had its turn? */
static bool
is_last(const struct mctx *c)
{
	const struct machine_try *t = &c->m->try;
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++)
		if (i != t->uplink && (t->done & (1u << i)) == 0 &&
		    machine_eligible(c->m, i))
			return (false);
	return (true);
}

/* A backup whose link works, but not the targets: the one in use first. */
static uint32_t
same_backup(const struct mctx *c)
{
	const struct machine_backup *b = c->m->backup;
	uint32_t i, active = c->m->want.active;

	if (active != MACHINE_PRIMARY && b[active].same &&
	    b[active].link == MACHINE_LINK_UP)
		return (active);
	for (i = 1; i < c->conf->nuplinks; i++)
		if (b[i].same && b[i].link == MACHINE_LINK_UP)
			return (i);
	return (MACHINE_NONE);
}

/*
 * The same after a failover: the primary was seen dead while the targets
 * lived, so traffic is better left on the backup whose link works.
 */
static bool
g_target_backup(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (!machine_asked(m) &&
		(m->try.phase == MACHINE_TRY_FAILED ||
		    m->try.phase == MACHINE_TRY_NONE) &&
		is_last(c) && monotime_valid(m->failover_at) &&
		same_targets(c) && same_backup(c) != MACHINE_NONE);
}

static bool
g_target_again(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (m->target && m->held == MACHINE_NONE &&
		machine_passed(c, m->target_again));
}

static bool
g_lost(const struct mctx *c)
{
	return (lost(c->m));
}

static bool
g_lost_good(const struct mctx *c)
{
	return (lost(c->m) && g_primary_good(c));
}

/* What traffic was left on works again by itself. */
static bool
g_recovered(const struct mctx *c)
{
	const struct machine *m = c->m;
	uint32_t i = m->want.active;

	return (i != MACHINE_PRIMARY && !machine_asked(m) &&
		m->backup[i].link == MACHINE_LINK_UP && m->backup[i].proved);
}

static bool
g_due(const struct mctx *c)
{
	const struct machine *m = c->m;

	return (c->conf->automatic && !m->manual && g_good_on_backup(c) &&
		!m->primary.congested && m->held == MACHINE_NONE &&
		machine_passed(c, machine_return_at(m, c->conf)));
}

static bool
g_better(const struct mctx *c)
{
	return (machine_better(c) != MACHINE_NONE);
}

static bool
g_unconfirmed(const struct mctx *c)
{
	return (c->m->go_back && !c->m->primary.congested &&
		g_good_on_backup(c) && c->m->held == MACHINE_NONE);
}

static bool
g_done(const struct mctx *c)
{
	return (c->m->applied && c->m->want.drain == MACHINE_NONE);
}

static bool
apply_hopeless(const struct mctx *c)
{
	return (!c->m->applied && c->m->verified != MACHINE_PRIMARY &&
		c->m->apply_fails >= MACHINE_APPLY_TRIES);
}

static bool
g_apply_failed(const struct mctx *c)
{
	const struct machine *m = c->m;
	uint32_t i = m->want.drain;

	return (apply_hopeless(c) && i != MACHINE_NONE &&
		i != MACHINE_PRIMARY && m->backup[i].link == MACHINE_LINK_UP);
}

static bool
g_apply_hopeless(const struct mctx *c)
{
	return (apply_hopeless(c));
}

static bool
g_primary_changed(const struct mctx *c)
{
	return (c->ev->map[MACHINE_PRIMARY] != MACHINE_PRIMARY &&
		c->m->want.active == MACHINE_PRIMARY);
}

static bool
g_removed(const struct mctx *c)
{
	return (c->m->want.active == MACHINE_PRIMARY);
}

static bool
g_removed_unknown(const struct mctx *c)
{
	return (g_removed(c) && !c->m->primary.known);
}

/* ---- actions ---- */

/*
 * What comes after a return that was verified, while a backup still drains,
 * has a cause of its own.
 */
static void
event_begin(struct mctx *c, enum mreason why)
{
	struct machine *m = c->m;

	if (m->returned)
		machine_event_end(c, MWHY_NEXT);
	if (m->event)
		return;
	m->event = true;
	machine_emit(c, MACT_EVENT_BEGIN)->reason = why;
}

static void
a_none(struct mctx *c, enum mreason why)
{
	(void)c;
	(void)why;
}

/* Flows may still be draining off a backup that an earlier run left up. */
static void
a_home(struct mctx *c, enum mreason why)
{
	struct machine *m = c->m;
	uint32_t i;

	(void)why;
	for (i = 1; i < c->conf->nuplinks; i++) {
		if (m->want.drain != MACHINE_NONE ||
		    !c->conf->uplink[i].needs_dial ||
		    c->conf->uplink[i].drain_ms == 0 ||
		    m->backup[i].link != MACHINE_LINK_UP)
			continue;
		m->want.drain = i;
		m->want.drain_ms = c->conf->uplink[i].drain_ms;
		machine_want_changed(m);
	}
}

static void
a_adopt(struct mctx *c, enum mreason why)
{
	event_begin(c, why);
	c->m->failover_at = c->now;
	c->m->jitter = machine_random(c->m, 201);
}

static void
a_outage(struct mctx *c, enum mreason why)
{
	event_begin(c, why);
	machine_try_begin(c, machine_drill_taken(c));
}

static void
a_asked(struct mctx *c, enum mreason why)
{
	event_begin(c, why);
	(void)machine_drill_taken(c);
	machine_try_begin(c, c->m->request_uplink);
}

static void
a_refuse(struct mctx *c, enum mreason why)
{
	machine_finish_request(c, false, why);
	machine_try_end(c);
}

static void
a_refuse_outage(struct mctx *c, enum mreason why)
{
	machine_finish_request(
	    c, false, unproved(c->m) ? MWHY_NOT_PROVED : MWHY_NOT_STARTED);
	a_outage(c, why);
}

/* The active backup is gone: that one first, then the others. */
static void
a_lost(struct mctx *c, enum mreason why)
{
	struct machine *m = c->m;

	event_begin(c, why);
	if (machine_asked(m))
		machine_finish_request(c, false, MWHY_LINK_FAILED);
	m->manual = m->go_back = false;
	m->manual_until = machine_never;
	if (!monotime_valid(m->down_at))
		m->down_at = c->now;
	machine_alarm(c, MALARM_BACKUP, m->want.active, why);
	machine_try_begin(c, m->want.active);
}

static void
a_return(struct mctx *c, enum mreason why)
{
	if (why == MWHY_BACKUP_LOST)
		machine_alarm(c, MALARM_BACKUP, c->m->want.active, why);
	if (machine_asked(c->m))
		machine_finish_request(c, false, MWHY_SUPERSEDED);
	machine_try_end(c);
	machine_return(c);
}

static void
a_cancel(struct mctx *c, enum mreason why)
{
	(void)why;
	machine_try_end(c);
}

static void
a_switch(struct mctx *c, enum mreason why)
{
	struct machine *m = c->m;
	uint32_t goal = m->try.uplink;

	(void)why;
	machine_try_end(c);
	machine_switch(c, goal);
	m->target = false;
	if (machine_asked(m)) {
		m->manual = true;
		m->manual_until = m->request_ms == 0
				      ? machine_never
				      : monotime_add_ms(c->now, m->request_ms);
	}
}

/* Its link is up and proved: no try is needed. */
static void
a_better(struct mctx *c, enum mreason why)
{
	(void)why;
	machine_switch(c, machine_better(c));
	c->m->target = false;
}

static void
a_keep(struct mctx *c, enum mreason why)
{
	(void)why;
	machine_try_end(c);
}

/* The return is called off: the draining backup is the wanted one again. */
static void
a_back(struct mctx *c, enum mreason why)
{
	struct machine *m = c->m;
	uint32_t drained = m->want.drain;

	event_begin(c, why);
	if (m->request != 0)
		machine_finish_request(c, false, why);
	machine_switch(c, drained);
	if (why == MWHY_APPLY_FAILED)
		m->not_before =
		    monotime_add_ms(c->now, MACHINE_RETURN_PAUSE_MS);
}

static void
a_stranded(struct mctx *c, enum mreason why)
{
	event_begin(c, why);
	machine_alarm(c, MALARM_STRANDED, MACHINE_NONE, why);
	machine_try_end(c);
}

static uint32_t
doubled(uint32_t ms, uint32_t times, uint32_t max)
{
	while (times-- > 0 && ms < max)
		ms = ms > max / 2 ? max : ms * 2;
	return (ms);
}

/* When a target's fault is looked at again, by the cheapest backup. */
static void
a_target(struct mctx *c, enum mreason why)
{
	struct machine *m = c->m;
	struct machine_backup *b;
	struct monotime at, first = machine_never;
	uint32_t i, ms;

	machine_try_end(c);
	m->target = true;
	machine_alarm_once(c, MALARM_TARGET, MACHINE_NONE, why);
	for (i = 1; i < c->conf->nuplinks; i++) {
		b = &m->backup[i];
		ms = c->conf->uplink[i].needs_dial
			 ? doubled(MACHINE_TARGET_DIAL_MS, m->target_fails,
			       MACHINE_TARGET_DIAL_MAX_MS)
			 : doubled(MACHINE_TARGET_MS, m->target_fails,
			       MACHINE_TARGET_MAX_MS);
		at = monotime_add_ms(c->now, ms);
		if (b->same)
			b->not_before = at;
		if (!monotime_valid(first) || monotime_cmp(at, first) < 0)
			first = at;
	}
	if (m->target_fails < UINT32_MAX)
		m->target_fails++;
	m->target_again = first;
}

static void
a_target_backup(struct mctx *c, enum mreason why)
{
	uint32_t goal = same_backup(c);

	a_target(c, why);
	machine_switch(c, goal);
}

/* ---- the table ---- */

static const struct row table[] = {
	/* what an earlier run left */
	{ S(STARTING), MEV_ADOPT, g_on_backup, a_adopt, MACHINE_ON_BACKUP,
	    MWHY_ADOPTED },

	/* another configuration */
	{ ATHOME | S(RETURNING) | S(DIALING) | S(STRANDED), MEV_RELOAD,
	    g_primary_changed, a_cancel, MACHINE_STARTING, MWHY_RELOADED },
	{ S(ON_BACKUP), MEV_RELOAD, g_removed_unknown, a_cancel,
	    MACHINE_STARTING, MWHY_BACKUP_REMOVED },
	{ S(ON_BACKUP), MEV_RELOAD, g_good_at_home, a_cancel, MACHINE_RETURNING,
	    MWHY_BACKUP_REMOVED },
	{ S(ON_BACKUP), MEV_RELOAD, g_removed, a_outage, MACHINE_DIALING,
	    MWHY_BACKUP_REMOVED },

	/* starting: decide within seconds */
	{ S(STARTING), MEV_TICK, g_good_at_home, a_home, MACHINE_ON_PRIMARY,
	    MWHY_GOOD },
	{ S(STARTING), MEV_TICK, g_congested, a_home, MACHINE_ON_PRIMARY,
	    MWHY_CONGESTED },

	/* an operator wants a backup */
	{ S(ON_PRIMARY) | S(SUSPECT) | S(ON_BACKUP) | S(RETURNING) |
		S(STRANDED),
	    MEV_TICK, g_asked, a_asked, MACHINE_DIALING, MWHY_ASKED },
	{ S(DIALING), MEV_FAILOVER, g_asked_other, a_asked, MACHINE_DIALING,
	    MWHY_ASKED },

	/* the primary is dead but held */
	{ S(STARTING) | S(SUSPECT) | S(DIALING) | S(STRANDED), MEV_TICK,
	    g_down_held, a_cancel, MACHINE_ON_PRIMARY, MWHY_HELD },

	/* the primary is dead */
	{ ATHOME, MEV_TICK, g_down_alone, a_stranded, MACHINE_STRANDED,
	    MWHY_NO_BACKUP },
	{ ATHOME, MEV_TICK, g_down_carrier, a_outage, MACHINE_DIALING,
	    MWHY_CARRIER },
	{ ATHOME, MEV_TICK, g_down, a_outage, MACHINE_DIALING, MWHY_DOWN },
	{ S(STARTING), MEV_TICK, g_deadline, a_home, MACHINE_ON_PRIMARY,
	    MWHY_NO_VERDICT },

	/* a momentary outage */
	{ S(ON_PRIMARY), MEV_TICK, g_bad, a_none, MACHINE_SUSPECT, MWHY_BAD },
	{ S(SUSPECT), MEV_TICK, g_no_bad, a_none, MACHINE_ON_PRIMARY,
	    MWHY_MOMENTARY },

	/* a target's fault, looked at again */
	{ S(ON_PRIMARY) | S(ON_BACKUP), MEV_TICK, g_target_again, a_outage,
	    MACHINE_DIALING, MWHY_TARGET_AGAIN },

	/* back by an operator's wish, before anything automatic */
	{ S(ON_BACKUP) | S(DIALING) | S(STRANDED), MEV_TICK, g_asked_back,
	    a_return, MACHINE_RETURNING, MWHY_ASKED },

	/* dialing and stranded: whichever works first */
	{ S(DIALING) | S(STRANDED), MEV_TICK, g_good_at_home, a_cancel,
	    MACHINE_ON_PRIMARY, MWHY_PRIMARY_GOOD },
	{ S(DIALING) | S(STRANDED), MEV_TICK, g_not_down, a_cancel,
	    MACHINE_ON_PRIMARY, MWHY_NOT_DOWN },
	{ S(DIALING) | S(STRANDED), MEV_TICK, g_good_on_backup, a_return,
	    MACHINE_RETURNING, MWHY_PRIMARY_GOOD },
	{ S(DIALING) | S(STRANDED), MEV_TICK, g_proved_before, a_switch,
	    MACHINE_ON_BACKUP, MWHY_PROVED_BEFORE },
	{ S(DIALING) | S(STRANDED), MEV_TICK, g_proved, a_switch,
	    MACHINE_ON_BACKUP, MWHY_PROVED },
	{ S(DIALING) | S(STRANDED), MEV_TICK, g_recovered, a_keep,
	    MACHINE_ON_BACKUP, MWHY_MOMENTARY },
	{ S(DIALING) | S(STRANDED), MEV_TICK, g_target_backup, a_target_backup,
	    MACHINE_ON_BACKUP, MWHY_TARGET },
	{ S(STRANDED), MEV_TICK, g_target_stranded, a_target,
	    MACHINE_ON_PRIMARY, MWHY_TARGET },

	/* dialing: every backup had its turn */
	{ S(DIALING), MEV_TICK, g_asked_failed_lost, a_refuse_outage,
	    MACHINE_DIALING, MWHY_DOWN },
	{ S(DIALING), MEV_TICK, g_asked_unproved_home, a_refuse,
	    MACHINE_ON_PRIMARY, MWHY_NOT_PROVED },
	{ S(DIALING), MEV_TICK, g_asked_failed_home, a_refuse,
	    MACHINE_ON_PRIMARY, MWHY_NOT_STARTED },
	{ S(DIALING), MEV_TICK, g_asked_unproved, a_refuse, MACHINE_ON_BACKUP,
	    MWHY_NOT_PROVED },
	{ S(DIALING), MEV_TICK, g_asked_failed, a_refuse, MACHINE_ON_BACKUP,
	    MWHY_NOT_STARTED },
	{ S(DIALING), MEV_TICK, g_target, a_target, MACHINE_ON_PRIMARY,
	    MWHY_TARGET },
	{ S(DIALING), MEV_TICK, g_barred, a_stranded, MACHINE_STRANDED,
	    MWHY_BARRED },
	{ S(DIALING), MEV_TICK, g_exhausted, a_stranded, MACHINE_STRANDED,
	    MWHY_TRIES_USED_UP },

	/* on a backup */
	{ S(ON_BACKUP), MEV_TICK, g_lost_good, a_return, MACHINE_RETURNING,
	    MWHY_BACKUP_LOST },
	{ S(ON_BACKUP), MEV_TICK, g_lost, a_lost, MACHINE_DIALING,
	    MWHY_BACKUP_LOST },
	{ S(ON_BACKUP), MEV_TICK, g_unconfirmed, a_return, MACHINE_RETURNING,
	    MWHY_UNCONFIRMED },
	{ S(ON_BACKUP), MEV_TICK, g_due, a_return, MACHINE_RETURNING,
	    MWHY_DUE },
	{ S(ON_BACKUP), MEV_TICK, g_better, a_better, MACHINE_ON_BACKUP,
	    MWHY_BETTER },

	/* returning: the backup is at hand until the primary is verified */
	{ S(RETURNING), MEV_TICK, g_down_drain_up, a_back, MACHINE_ON_BACKUP,
	    MWHY_PRIMARY_BAD },
	{ S(RETURNING), MEV_TICK, g_down, a_outage, MACHINE_DIALING,
	    MWHY_PRIMARY_BAD },
	{ S(RETURNING), MEV_TICK, g_apply_failed, a_back, MACHINE_ON_BACKUP,
	    MWHY_APPLY_FAILED },
	{ S(RETURNING), MEV_TICK, g_apply_hopeless, a_none, MACHINE_ON_PRIMARY,
	    MWHY_APPLY_FAILED },
	{ S(RETURNING), MEV_TICK, g_done, a_none, MACHINE_ON_PRIMARY,
	    MWHY_DONE },

	{ S(SUSPECT), MEV_TICK, g_deadline, a_none, MACHINE_ON_PRIMARY,
	    MWHY_NO_VERDICT },

	/* all else changes no state */
	{ ALL, MEVENT_MAX, g_always, a_none, STAY, MWHY_NOTED },
};

static bool
fits(const struct mctx *c, const struct row *r, enum mevent_type event)
{
	return ((r->states & (1u << c->m->state)) != 0 &&
		(r->event == event || r->event == MEVENT_MAX) && r->guard(c));
}

/*
 * Take the first row that fits the state and this event.  The last one fits
 * always, so that no event is without a defined answer.
 */
enum mreason
machine_fire(struct mctx *c, enum mevent_type event, bool *fired)
{
	const struct row *r = table;

	while (!fits(c, r, event))
		r++;
	*fired = r->next != STAY;
	if (!*fired)
		return (r->why);
	r->action(c, r->why);
	machine_enter(c, r->next, r->why);
	return (r->why);
}

/* The only function that sets the state. */
void
machine_enter(struct mctx *c, enum machine_state next, enum mreason why)
{
	struct machine *m = c->m;
	struct maction *a = machine_emit(c, MACT_STATE);

	a->from = m->state;
	a->to = next;
	a->reason = why;
	if (next == MACHINE_ON_PRIMARY && why == MWHY_NO_VERDICT)
		m->primary.bad = 0;
	m->state = next;
	m->since = c->now;
	m->reason = why;
	m->deadline = machine_never;
	/* where traffic is comes first: fact_adopt */
	if (next == MACHINE_STARTING && m->adopted)
		m->deadline = monotime_add_ms(c->now, MACHINE_START_MS);
	else if (next == MACHINE_SUSPECT)
		m->deadline = monotime_add_ms(c->now, MACHINE_SUSPECT_MS);
}
