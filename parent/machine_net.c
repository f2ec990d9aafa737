/* SPDX-License-Identifier: ISC */
/*
 * The network as it shall be: which uplink is wanted, which one drains, when
 * the way back is due, and what netconf has verified of it.  A change only
 * marks the want dirty; it goes out once, at the end of the step.
 */
#include "parent/machine_int.h"

/* What netconf verified before is not what is wanted now. */
void
machine_want_changed(struct machine *m)
{
	m->dirty = true;
	m->applied = false;
}

/* Old flows of this uplink still work: let them end by themselves. */
static bool
can_drain(
    const struct machine *m, const struct machine_conf *conf, uint32_t uplink)
{
	if (conf->uplink[uplink].drain_ms == 0)
		return (false);
	if (uplink == MACHINE_PRIMARY)
		return (m->primary.good && !m->primary.down);
	return (m->backup[uplink].link == MACHINE_LINK_UP &&
		!m->backup[uplink].stale);
}

/* The old one, or what has drained so far, drains or is flushed. */
void
machine_switch_want(const struct machine *m, const struct machine_conf *conf,
    uint32_t uplink, struct machine_want *w)
{
	uint32_t old = m->want.active;
	bool drains = can_drain(m, conf, old);

	if (uplink == old) {
		old = m->want.drain;
		drains = false;
	}
	*w = (struct machine_want){ .active = uplink,
		.drain = drains ? old : MACHINE_NONE,
		.drain_ms = drains ? conf->uplink[old].drain_ms : 0,
		.flush = drains ? MACHINE_NONE : old };
}

/* Make an uplink the wanted one. */
static void
want_active(struct mctx *c, uint32_t uplink)
{
	struct machine *m = c->m;
	struct machine_want w;

	machine_want_changed(m);
	if (m->want.active == uplink)
		return;
	if (m->request != 0 && m->request_cuts)
		machine_finish_request(c, false, MWHY_SUPERSEDED);
	if (m->want.shut) /* unknown, until an event or a round says */
		m->primary.carrier = true;
	machine_switch_want(m, c->conf, uplink, &w);
	m->want = w;
	m->drain_until = machine_never;
	m->apply_fails = 0;
}

/* Note a failover; too many of them make the way back wait longer. */
static void
count_failover(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t n = c->conf->flap_failovers;
	struct monotime first;

	m->failover_at = c->now;
	m->jitter = machine_random(m, 201);
	m->not_before = machine_never;
	m->flapping = false;
	if (machine_asked(m))
		return; /* an operator's wish is no flapping */
	m->failover[m->nfailovers % CONF_FLAP_MAX] = c->now;
	m->nfailovers++;
	if (n == 0 || n > CONF_FLAP_MAX || m->nfailovers < n)
		return;
	first = m->failover[(m->nfailovers - n) % CONF_FLAP_MAX];
	if (monotime_cmp(
		monotime_add_ms(first, c->conf->flap_every_ms), c->now) < 0)
		return;
	m->flapping = true;
	machine_alarm(c, MALARM_FLAP, MACHINE_NONE, MWHY_FLAP);
}

/* Bring traffic to a backup. */
void
machine_switch(struct mctx *c, uint32_t uplink)
{
	struct machine *m = c->m;

	want_active(c, uplink);
	m->backup[uplink].drilled = false;
	m->go_back = false;
	if (!monotime_valid(m->failover_at))
		count_failover(c);
	if (m->held != MACHINE_NONE)
		m->held = uplink;
}

/* Bring traffic back to the primary. */
void
machine_return(struct mctx *c)
{
	struct machine *m = c->m;

	want_active(c, MACHINE_PRIMARY);
	m->go_back = m->manual = false;
	m->manual_until = machine_never;
	if (m->held != MACHINE_NONE)
		m->held = MACHINE_PRIMARY;
}

static bool
has_link(const struct machine *m, uint32_t uplink)
{
	return (m->backup[uplink].link == MACHINE_LINK_UP &&
		!(m->try.hangup && m->try.uplink == uplink));
}

/* Where traffic is left while nothing is proved: what still has a link. */
static uint32_t
left_on(const struct mctx *c)
{
	const struct machine *m = c->m;
	uint32_t i, active = m->want.active;

	if (m->held != MACHINE_NONE)
		return (active);
	if (m->state == MACHINE_STRANDED && m->primary.carrier)
		return (MACHINE_PRIMARY);
	if (active != MACHINE_PRIMARY && has_link(m, active))
		return (active);
	if (m->state == MACHINE_STRANDED)
		for (i = 1; i < c->conf->nuplinks; i++)
			if (has_link(m, i))
				return (i);
	return (MACHINE_PRIMARY);
}

/* How long a failover lasts at least: no longer than what it may cost. */
uint32_t
machine_after_ms(const struct machine *m, const struct machine_conf *conf)
{
	return (m->backup[m->want.active].barred ? 0 : conf->after_ms);
}

/* When a primary that was set down is put up to see whether it works. */
struct monotime
machine_look_at(const struct machine *m, const struct machine_conf *conf)
{
	if (!conf->automatic || m->manual || m->held != MACHINE_NONE ||
	    !monotime_valid(m->failover_at))
		return (machine_never);
	return (monotime_add_ms(m->failover_at, machine_after_ms(m, conf)));
}

static bool
want_shut(const struct mctx *c)
{
	const struct machine *m = c->m;
	struct monotime look = machine_look_at(m, c->conf);

	return (c->conf->shutdown && m->state == MACHINE_ON_BACKUP &&
		m->verified == m->want.active && !m->target && !m->go_back &&
		!(m->request != 0 && m->request_uplink == MACHINE_PRIMARY) &&
		!(monotime_valid(look) && machine_passed(c, look)));
}

/* What follows for the wanted network from state, links and time. */
void
machine_want_review(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t active;
	bool shut;

	if (m->state == MACHINE_DIALING || m->state == MACHINE_STRANDED) {
		active = left_on(c);
		if (active != m->want.active)
			want_active(c, active);
	}
	if (m->want.drain != MACHINE_NONE && m->want.drain != MACHINE_PRIMARY &&
	    m->backup[m->want.drain].link != MACHINE_LINK_UP) {
		m->want.flush = m->want.drain;
		m->want.drain = MACHINE_NONE;
		machine_want_changed(m);
	}
	shut = want_shut(c);
	if (shut != m->want.shut) {
		m->want.shut = shut;
		if (!shut) /* unknown, until an event or a round says */
			m->primary.carrier = true;
		machine_want_changed(m);
	}
}

/* The primary works, seen through itself. */
bool
machine_primary_usable(const struct machine *m)
{
	return (m->primary.known && m->primary.good && !m->primary.down &&
		!m->primary.congested);
}

/* Up to a fifth later: of a region not all return at once. */
struct monotime
machine_jitter(const struct machine *m, struct monotime t, uint32_t ms)
{
	return (
	    monotime_add_ms(t, (int64_t)ms + (int64_t)ms * m->jitter / 1000));
}

/* When all that the way back waits for is served, if nothing changes. */
struct monotime
machine_return_at(const struct machine *m, const struct machine_conf *conf)
{
	struct monotime at, bad = m->primary.last_bad;

	at = machine_jitter(m, m->failover_at, machine_after_ms(m, conf));
	if (!monotime_valid(bad))
		bad = m->primary.good_since;
	at = machine_later(at, machine_jitter(m, bad, conf->stable_ms));
	if (m->flapping && !m->backup[m->want.active].barred)
		at = machine_later(at,
		    monotime_add_ms(m->primary.good_since, conf->flap_hold_ms));
	return (machine_later(at, m->not_before));
}

static void
apply_failed(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t shift;

	m->applying = false;
	if (m->apply_fails < UINT32_MAX)
		m->apply_fails++;
	if (m->apply_fails == MACHINE_APPLY_TRIES)
		machine_alarm_once(
		    c, MALARM_APPLY, m->want.active, MWHY_APPLY_FAILED);
	shift = m->apply_fails < 7 ? m->apply_fails - 1 : 6;
	m->apply_at =
	    monotime_add_ms(c->now, (int64_t)MACHINE_APPLY_PAUSE_MS << shift);
}

/*
 * netconf's answer to the current generation; or later, that others changed
 * what was set by it, and that it was not set again.
 */
enum mreason
machine_applied(struct mctx *c, bool ok)
{
	struct machine *m = c->m;

	if (c->ev->gen != m->gen)
		return (MWHY_STALE);
	if (!m->applying) {
		if (m->applied && !ok)
			machine_alarm_once(
			    c, MALARM_APPLY, m->want.active, MWHY_APPLY_FAILED);
		return (MWHY_NOT_OURS);
	}
	if (!ok) {
		apply_failed(c);
		return (MWHY_APPLY_FAILED);
	}
	m->applying = false;
	m->applied = true;
	m->apply_fails = 0;
	m->apply_at = machine_never;
	m->verified = m->want.active;
	m->want.flush = MACHINE_NONE;
	if (m->want.drain != MACHINE_NONE && !monotime_valid(m->drain_until))
		m->drain_until = monotime_add_ms(
		    c->now, (int64_t)m->want.drain_ms + MACHINE_DRAIN_GRACE_MS);
	return (MWHY_NOTED);
}

void
machine_net_timers(struct mctx *c)
{
	struct machine *m = c->m;

	if (machine_passed(c, m->apply_at)) {
		if (m->applying)
			apply_failed(c);
		else {
			m->apply_at = machine_never;
			machine_want_changed(m);
		}
	}
	if (machine_passed(c, m->drain_until)) {
		m->drain_until = machine_never;
		m->want.flush = m->want.drain;
		m->want.drain = MACHINE_NONE;
		machine_want_changed(m);
	}
}

static void
apply(struct mctx *c)
{
	struct machine *m = c->m;

	m->dirty = false;
	m->gen++;
	m->applying = true;
	m->applied = false;
	m->apply_at = monotime_add_ms(c->now, MACHINE_APPLY_MS);
	machine_emit(c, MACT_APPLY)->gen = m->gen;
}

static void
announce(struct mctx *c)
{
	struct machine *m = c->m;

	if (!m->applied || m->announced == m->want.active)
		return;
	if (m->state == MACHINE_ON_BACKUP) {
		machine_alarm(c, MALARM_FAILOVER, m->want.active, m->reason);
	} else if (m->state == MACHINE_RETURNING ||
		   m->state == MACHINE_ON_PRIMARY ||
		   m->state == MACHINE_SUSPECT) {
		machine_alarm(c, MALARM_FALLBACK, MACHINE_PRIMARY, m->reason);
		m->failover_at = machine_never;
		m->returned = m->event;
	} else
		return;
	m->announced = m->want.active;
}

static void
answer(struct mctx *c)
{
	struct machine *m = c->m;
	bool there = m->state == MACHINE_ON_BACKUP ||
		     m->state == MACHINE_RETURNING ||
		     m->state == MACHINE_ON_PRIMARY;

	if (m->request == 0)
		return;
	if (m->request_cuts)
		there = m->want.drain == MACHINE_NONE;
	if (m->applied && m->request_uplink == m->want.active && there)
		machine_finish_request(c, true, MWHY_OK);
	else if (m->apply_fails >= MACHINE_APPLY_TRIES)
		machine_finish_request(c, false, MWHY_APPLY_FAILED);
}

/* The rounds of a proof end with it, however it ended. */
static void
proof_ends(struct mctx *c)
{
	struct machine *m = c->m;

	if (m->proving == MACHINE_NONE ||
	    (m->try.phase == MACHINE_TRY_PROVE && m->try.uplink == m->proving))
		return;
	if (m->proving != m->want.active)
		machine_emit(c, MACT_PROBE_OFF)->uplink = m->proving;
	m->proving = MACHINE_NONE;
}

static void
probe_modes(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t active = m->want.active;
	bool burst;

	burst = m->state == MACHINE_STARTING || m->state == MACHINE_SUSPECT;
	if (!m->burst_known || burst != m->burst)
		machine_emit(c, burst ? MACT_BURST : MACT_PROBE)->uplink =
		    MACHINE_PRIMARY;
	m->burst = burst;
	m->burst_known = true;
	proof_ends(c);
	if (m->proving == active)
		return; /* its rounds are the proof now */
	if (active == MACHINE_PRIMARY)
		active = MACHINE_NONE;
	if (active == m->probing)
		return;
	if (m->probing != MACHINE_NONE)
		machine_emit(c, MACT_PROBE_OFF)->uplink = m->probing;
	if (active != MACHINE_NONE)
		machine_emit(c, MACT_PROBE)->uplink = active;
	m->probing = active;
}

/* The end of a step: send what changed, tell what was verified. */
void
machine_net_run(struct mctx *c)
{
	if (c->m->dirty)
		apply(c);
	announce(c);
	answer(c);
	probe_modes(c);
	machine_hot_probes(c);
}
