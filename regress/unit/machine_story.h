/* SPDX-License-Identifier: ISC */
/*
 * The state machine in stories: an outage as an operator would tell it,
 * second by second.  A story is a machine, its configuration and its clock,
 * with what the machine asked for on the way; after each step the machine's
 * own rules are checked.
 */
#ifndef REGRESS_UNIT_MACHINE_STORY_H
#define REGRESS_UNIT_MACHINE_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parent/machine.h"

struct story {
	struct machine m;
	struct machine_conf conf;
	struct monotime now;
	struct mactions all; /* of the last call of an event or of wait */
	uint32_t starts, stops, proves, begins, ends; /* since the beginning */
	uint32_t alarms[MALARM_MAX];
	uint32_t id;
	bool replied, ok;
	enum mreason answer;
};

static inline void
uplink(struct story *s, uint32_t i, bool needs_dial)
{
	struct machine_uplink_conf *u = &s->conf.uplink[i];

	u->needs_dial = needs_dial;
	u->dial_after_ms = needs_dial ? 10000 : 0;
	u->start_ms = 60000;
	u->prove_ms = 10000;
	u->redial = 3;
	u->backoff_ms = 5000;
	u->backoff_max_ms = 300000;
	u->drain_ms = 30000;
}

static inline void
note(struct story *s)
{
	const struct maction *a;
	size_t i;

	assert_null(machine_check(&s->m, &s->conf, &s->all));
	for (i = 0; i < s->all.n; i++) {
		a = &s->all.list[i];
		s->starts += a->type == MACT_START;
		s->stops += a->type == MACT_STOP;
		s->proves += a->type == MACT_PROVE;
		s->begins += a->type == MACT_EVENT_BEGIN;
		s->ends += a->type == MACT_EVENT_END;
		if (a->type == MACT_ALARM)
			s->alarms[a->alarm]++;
		if (a->type == MACT_REPLY) {
			assert_int_equal(a->id, s->id);
			s->replied = true;
			s->ok = a->ok;
			s->answer = a->reason;
		}
	}
}

static inline enum mreason
step(struct story *s, const struct mevent *ev)
{
	enum mreason why;

	why = machine_step(&s->m, &s->conf, ev, s->now, &s->all);
	note(s);
	return (why);
}

static inline enum mreason
event(struct story *s, enum mevent_type type, uint32_t i)
{
	struct mevent ev = { .type = type, .uplink = i, .gen = s->m.gen };
	uint32_t k;

	for (k = 0; k < MACHINE_UPLINKS; k++)
		ev.map[k] = k;
	return (step(s, &ev));
}

/* netconf does what it is told. */
static inline void
applied(struct story *s)
{
	if (s->m.applying)
		event(s, MEV_APPLIED, 0);
}

static inline enum mreason
round_of(
    struct story *s, uint32_t i, enum msg_verdict verdict, enum msg_cause cause)
{
	struct mevent ev = { .type = MEV_ROUND,
		.uplink = i,
		.verdict = (uint32_t)verdict,
		.cause = (uint32_t)cause };

	return (step(s, &ev));
}

static inline void
good(struct story *s)
{
	round_of(s, 0, MSG_GOOD, MSG_CAUSE_NONE);
}

static inline void
bad(struct story *s)
{
	round_of(s, 0, MSG_BAD, MSG_CAUSE_UPSTREAM);
}

static inline void
down(struct story *s)
{
	bad(s);
	bad(s);
}

static inline void
carrier(struct story *s, bool up)
{
	struct mevent ev = { .type = MEV_CARRIER, .up = up };

	step(s, &ev);
}

static inline void
failed(struct story *s, uint32_t i, enum msg_link_class class)
{
	struct mevent ev = { .type = MEV_LINK_FAILED,
		.uplink = i,
		.class = (uint32_t) class };

	step(s, &ev);
}

static inline void
unproved(struct story *s, uint32_t i, bool same)
{
	struct mevent ev = {
		.type = MEV_PROOF_FAILED, .uplink = i, .same = same
	};

	step(s, &ev);
}

static inline void
ask(struct story *s, enum mevent_type type, uint32_t i, uint32_t ms)
{
	struct mevent ev = {
		.type = type, .uplink = i, .ms = ms, .id = ++s->id
	};

	s->replied = false;
	step(s, &ev);
}

/* Time passes; each deadline on the way is ticked. */
static inline void
wait_ms(struct story *s, int64_t ms)
{
	struct monotime end = monotime_add_ms(s->now, ms), t;
	int i;

	for (i = 0; i < 2000; i++) {
		t = machine_deadline(&s->m, &s->conf);
		if (!monotime_valid(t) || monotime_cmp(t, end) > 0)
			break;
		if (monotime_cmp(t, s->now) > 0)
			s->now = t;
		event(s, MEV_TICK, 0);
		applied(s);
	}
	assert_true(i < 2000);
	s->now = end;
}

static inline void
wait_for(struct story *s, enum machine_state state, int64_t max_ms)
{
	for (; s->m.state != state && max_ms > 0; max_ms -= 1000)
		wait_ms(s, 1000);
}

static inline bool
did(const struct story *s, enum maction_type type, uint32_t i)
{
	size_t k;

	for (k = 0; k < s->all.n; k++)
		if (s->all.list[k].type == type && s->all.list[k].uplink == i)
			return (true);
	return (false);
}

static inline void
in(const struct story *s, enum machine_state state, uint32_t active)
{
	if (s->m.state != state)
		print_error("in %s (%s)\n", machine_state_name(s->m.state),
		    mreason_text(s->m.reason));
	assert_int_equal(s->m.state, state);
	assert_int_equal(s->m.want.active, active);
}

/* At work on the primary, with a modem (1) and, if two, an interface (2). */
static inline void
begin(struct story *s, uint32_t nbackups, bool dialed)
{
	memset(s, 0, sizeof(*s));
	s->conf.nuplinks = nbackups + 1;
	s->conf.retry = 1;
	s->conf.automatic = true;
	s->conf.after_ms = 300000;
	s->conf.stable_ms = 60000;
	s->conf.flap_failovers = 3;
	s->conf.flap_every_ms = 3600000;
	s->conf.flap_hold_ms = 3600000;
	s->conf.uplink[0].drain_ms = 30000;
	uplink(s, 1, dialed);
	uplink(s, 2, false);
	s->now = monotime_add_ms(s->now, 1000000);
	machine_init(&s->m, &s->conf, 7, s->now, &s->all);
	note(s);
}

static inline void
home(struct story *s, uint32_t nbackups, bool dialed)
{
	begin(s, nbackups, dialed);
	event(s, MEV_ADOPT, MACHINE_NONE);
	applied(s);
	good(s);
	in(s, MACHINE_ON_PRIMARY, 0);
}

static inline void
dial(struct story *s, uint32_t i)
{
	event(s, MEV_LINK_UP, i);
	assert_true(did(s, MACT_PROVE, i));
	event(s, MEV_PROVED, i);
	in(s, MACHINE_ON_BACKUP, i);
	applied(s);
}

/* On the modem because the primary is dead. */
static inline void
away(struct story *s, uint32_t nbackups)
{
	home(s, nbackups, true);
	down(s);
	wait_ms(s, 10000);
	dial(s, 1);
}

static inline void
hung_up(struct story *s, uint32_t i)
{
	assert_int_equal(s->m.backup[i].link, MACHINE_LINK_STOPPING);
	event(s, MEV_LINK_DOWN, i);
	assert_int_not_equal(s->m.backup[i].link, MACHINE_LINK_STOPPING);
}

/* The shortest way into each state. */
static inline void
to_state(struct story *s, enum machine_state state)
{
	home(s, 2, true);
	switch (state) {
	case MACHINE_STARTING:
		begin(s, 2, true);
		break;
	case MACHINE_SUSPECT:
		bad(s);
		break;
	case MACHINE_DIALING:
		down(s);
		break;
	case MACHINE_ON_BACKUP:
		away(s, 2);
		break;
	case MACHINE_RETURNING:
		away(s, 2);
		good(s);
		ask(s, MEV_FALLBACK, 0, 0);
		break;
	case MACHINE_STRANDED:
		home(s, 1, true);
		down(s);
		wait_ms(s, 10000);
		failed(s, 1, MSG_LINK_NEXT);
		break;
	default:
		break;
	}
	assert_int_equal(s->m.state, state);
}

#endif
