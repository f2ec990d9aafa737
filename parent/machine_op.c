/* SPDX-License-Identifier: ISC */
/*
 * What operators ask for, and a new configuration.  A request is answered at
 * once, or it becomes the pending one, which the table carries out and
 * machine_net.c answers when the network was read back.
 */
#include "parent/machine_int.h"

static enum mreason
answer(struct mctx *c, bool ok, enum mreason why)
{
	machine_reply(c, c->ev->id, c->ev->uplink, ok, why);
	return (why);
}

static void
pend(struct mctx *c, uint32_t uplink)
{
	struct machine *m = c->m;

	m->request = c->ev->id;
	m->request_uplink = uplink;
	m->request_ms = c->ev->ms;
	m->request_until = machine_never;
	m->request_cuts = false;
}

/* Traffic stays where an operator put it, or for so long. */
static enum mreason
stay(struct mctx *c, uint32_t ms)
{
	bool timed = monotime_valid(c->m->manual_until);

	c->m->manual = true;
	c->m->go_back = false;
	c->m->manual_until =
	    ms == 0 ? machine_never : monotime_add_ms(c->now, ms);
	if (ms != 0)
		return (MWHY_STAYS_FOR);
	return (timed ? MWHY_STAYS_UNTIMED : MWHY_STAYS);
}

static uint32_t
first_other(const struct machine *m, const struct machine_conf *conf)
{
	uint32_t i;

	for (i = 1; i < conf->nuplinks; i++)
		if ((m->state != MACHINE_ON_BACKUP || i != m->want.active) &&
		    !m->backup[i].barred)
			return (i);
	return (m->state == MACHINE_ON_BACKUP ? m->want.active : 1);
}

enum mreason
machine_may_failover(
    const struct machine *m, const struct machine_conf *conf, uint32_t *uplink)
{
	uint32_t i = *uplink;

	if (conf->nuplinks <= 1)
		return (MWHY_NO_BACKUP);
	if (i == MACHINE_PRIMARY || (i != MACHINE_NONE && i >= conf->nuplinks))
		return (MWHY_NO_SUCH_UPLINK);
	if (m->state == MACHINE_STARTING)
		return (MWHY_NOT_YET);
	if (m->request != 0)
		return (MWHY_BUSY);
	if (i == MACHINE_NONE)
		i = m->state == MACHINE_ON_BACKUP ? m->want.active
						  : first_other(m, conf);
	*uplink = i;
	if (m->state == MACHINE_ON_BACKUP && i == m->want.active)
		return (MWHY_STAYS);
	if (m->apply_fails >= MACHINE_APPLY_TRIES)
		return (MWHY_APPLY_FAILED); /* nor would this switch be */
	return (m->backup[i].barred ? MWHY_BARRED : MWHY_OK);
}

static enum mreason
op_failover(struct mctx *c)
{
	uint32_t i = c->ev->uplink;
	enum mreason why = machine_may_failover(c->m, c->conf, &i);

	if (why == MWHY_STAYS)
		return (answer(c, true, stay(c, c->ev->ms)));
	if (why != MWHY_OK) {
		machine_reply(c, c->ev->id, i, false, why); /* of this one */
		return (why);
	}
	pend(c, i);
	return (MWHY_NOTED);
}

/* A failover that is still being dialled is called off; was there one? */
static bool
call_off(struct mctx *c)
{
	if (!machine_asked(c->m) || c->m->state != MACHINE_DIALING)
		return (false);
	machine_finish_request(c, false, MWHY_SUPERSEDED);
	return (true);
}

enum mreason
machine_may_fallback(const struct machine *m)
{
	if (m->state == MACHINE_STARTING)
		return (MWHY_NOT_YET);
	if (m->request != 0)
		return (MWHY_BUSY);
	if (m->want.active == MACHINE_PRIMARY && m->primary.down && !m->target)
		return (MWHY_PRIMARY_NOT_GOOD);
	if (m->want.active == MACHINE_PRIMARY) /* a return may yet fail */
		return (m->applied && m->want.drain != MACHINE_NONE
			    ? MWHY_DRAINS
			    : MWHY_ALREADY);
	if (!machine_primary_usable(m) && !m->want.shut)
		return (MWHY_PRIMARY_NOT_GOOD);
	return (MWHY_OK);
}

/* netconf cuts what is left, and says how many. */
static enum mreason
end_drain(struct mctx *c)
{
	struct machine *m = c->m;

	pend(c, MACHINE_PRIMARY);
	m->request_cuts = true;
	m->want.drain_ms = 0;
	m->drain_until = monotime_add_ms(c->now, MACHINE_DRAIN_GRACE_MS);
	machine_want_changed(m);
	return (MWHY_NOTED);
}

static enum mreason
op_fallback(struct mctx *c)
{
	bool called_off = call_off(c);
	struct machine *m = c->m;
	enum mreason why;

	if ((why = machine_may_fallback(m)) == MWHY_DRAINS && !called_off)
		return (end_drain(c));
	if (why != MWHY_OK)
		return (
		    answer(c, why == MWHY_ALREADY || why == MWHY_DRAINS, why));
	pend(c, MACHINE_PRIMARY);
	m->request_until = monotime_add_ms(c->now, MACHINE_FALLBACK_MS);
	return (MWHY_NOTED);
}

static enum mreason
op_confirm(struct mctx *c)
{
	struct machine *m = c->m;

	if (machine_asked(m) && m->request_ms != 0)
		m->request_ms = 0;
	else if (monotime_valid(m->manual_until))
		m->manual_until = machine_never;
	else
		return (answer(c, false, MWHY_NOTHING_TO_CONFIRM));
	return (answer(c, true, MWHY_OK));
}

static enum mreason
op_hold(struct mctx *c)
{
	struct machine *m = c->m;

	if (m->state == MACHINE_STARTING)
		return (answer(c, false, MWHY_NOT_YET));
	m->held = m->want.active;
	m->held_until =
	    c->ev->ms == 0 ? machine_never : monotime_add_ms(c->now, c->ev->ms);
	return (answer(c, true, MWHY_OK));
}

static enum mreason
op_release(struct mctx *c)
{
	struct machine *m = c->m;

	if (m->held == MACHINE_NONE && !m->manual)
		return (answer(c, false, MWHY_NOT_HELD));
	m->held = MACHINE_NONE;
	m->held_until = m->manual_until = machine_never;
	m->manual = false;
	m->alarmed &= ~(1u << MALARM_HELD);
	return (answer(c, true, MWHY_OK));
}

enum mreason
machine_op(struct mctx *c)
{
	switch (c->ev->type) {
	case MEV_FAILOVER:
		return (op_failover(c));
	case MEV_FALLBACK:
		return (op_fallback(c));
	case MEV_CONFIRM:
		return (op_confirm(c));
	case MEV_HOLD:
		return (op_hold(c));
	default:
		return (op_release(c));
	}
}

static uint32_t
mapped(const struct mctx *c, uint32_t old)
{
	uint32_t new;

	if (old >= MACHINE_UPLINKS)
		return (MACHINE_NONE);
	new = c->ev->map[old];
	return (new < c->conf->nuplinks ? new : MACHINE_NONE);
}

static void
fresh_backup(const struct mctx *c, uint32_t uplink, struct machine_backup *b)
{
	*b = (struct machine_backup){ .since = c->now,
		.not_before = machine_never,
		.link = c->conf->uplink[uplink].needs_dial ? MACHINE_LINK_DOWN
							   : MACHINE_LINK_UP };
}

static void
move_backups(struct mctx *c)
{
	struct machine_backup old[MACHINE_UPLINKS];
	uint32_t i, new;

	for (i = 0; i < MACHINE_UPLINKS; i++)
		old[i] = c->m->backup[i];
	for (i = 1; i < MACHINE_UPLINKS; i++)
		fresh_backup(
		    c, i < c->conf->nuplinks ? i : 0, &c->m->backup[i]);
	for (i = 1; i < MACHINE_UPLINKS; i++) {
		new = mapped(c, i);
		if (new == MACHINE_NONE || new == MACHINE_PRIMARY)
			continue;
		c->m->backup[new] = old[i];
		c->m->backup[new].kept = c->m->backup[new].eager = false;
		/* Whatever stood in the way may be what was changed. */
		if (old[i].gave_up || old[i].refused > 0)
			c->m->backup[new].not_before = machine_never;
		c->m->backup[new].gave_up = false;
		c->m->backup[new].refused = 0;
	}
}

/* The try goes on under its new id; a proof is asked for again. */
static void
move_try(struct mctx *c)
{
	struct machine_try *t = &c->m->try;
	uint32_t new;

	if (t->phase == MACHINE_TRY_NONE)
		return;
	new = mapped(c, t->uplink);
	if (new == MACHINE_NONE) {
		t->phase = MACHINE_TRY_NONE;
		if (!machine_keeping(c->m))
			machine_try_begin(c, MACHINE_NONE);
		return;
	}
	t->uplink = new;
	t->done = 0;
	if (t->phase == MACHINE_TRY_PROVE)
		t->phase = MACHINE_TRY_WAIT;
}

static void
move_drill(struct mctx *c)
{
	struct machine *m = c->m;

	if (m->drill.uplink == MACHINE_NONE)
		return;
	m->drill.uplink = mapped(c, m->drill.uplink);
	if (m->drill.uplink == MACHINE_NONE)
		machine_drill_end(c, false, MWHY_CALLED_OFF);
}

static void
move_request(struct mctx *c)
{
	struct machine *m = c->m;

	if (m->request != 0 && m->request_uplink != MACHINE_PRIMARY) {
		m->request_uplink = mapped(c, m->request_uplink);
		if (m->request_uplink == MACHINE_NONE)
			machine_finish_request(c, false, MWHY_NO_SUCH_UPLINK);
	}
	if (m->wish.held != MACHINE_NONE && m->wish.held != MACHINE_PRIMARY) {
		m->wish.held = mapped(c, m->wish.held);
		if (m->wish.held == MACHINE_NONE)
			m->wish.held = MACHINE_UPLINKS; /* found nowhere */
	}
	if (m->held == MACHINE_NONE || m->held == MACHINE_PRIMARY)
		return;
	m->held = mapped(c, m->held);
	if (m->held == MACHINE_NONE)
		machine_alarm(
		    c, MALARM_HOLD_ENDED, MACHINE_NONE, MWHY_BACKUP_REMOVED);
}

static void
move_want(struct mctx *c)
{
	struct machine *m = c->m;

	if (m->want.active != MACHINE_PRIMARY)
		m->want.active = mapped(c, m->want.active);
	if (m->want.active == MACHINE_NONE) {
		m->want.active = MACHINE_PRIMARY;
		m->manual = m->go_back = false;
		m->manual_until = machine_never;
	}
	if (m->verified != MACHINE_PRIMARY)
		m->verified = mapped(c, m->verified);
	if (m->announced != MACHINE_PRIMARY)
		m->announced = mapped(c, m->announced);
	if (m->want.drain != MACHINE_PRIMARY)
		m->want.drain = mapped(c, m->want.drain);
	if (m->want.drain == MACHINE_NONE)
		m->drain_until = machine_never;
	if (m->want.flush != MACHINE_PRIMARY)
		m->want.flush = mapped(c, m->want.flush);
	m->want.shut = false;
	m->probing = MACHINE_NONE;
	m->proving = mapped(c, m->proving);
	m->burst_known = false;
	machine_want_changed(m);
}

enum mreason
machine_reload(struct mctx *c)
{
	struct machine *m = c->m;

	move_want(c);
	move_backups(c);
	move_request(c);
	move_drill(c);
	move_try(c);
	machine_target_clear(c);
	if (mapped(c, MACHINE_PRIMARY) == MACHINE_NONE) {
		m->primary = (struct machine_health){ .carrier = true,
			.cause = MSG_CAUSE_NONE,
			.last_bad = machine_never,
			.good_since = machine_never,
			.anew = c->now };
		m->down_at = machine_never;
	}
	return (MWHY_NOTED);
}
