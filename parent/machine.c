/* SPDX-License-Identifier: ISC */
/*
 * One step of the state machine: timers, what the event tells, transitions
 * until nothing more follows, then what the network and the links need.
 * machine.h tells what it is for, machine_table.c the transitions.
 */
#include <string.h>

#include "parent/machine_int.h"

/* A step that has not settled after so many rounds is a bug. */
#define SETTLE_MAX 32

const struct monotime machine_never = { 0 };

struct maction *
machine_emit(struct mctx *c, enum maction_type type)
{
	struct mactions *out = c->out;
	struct maction *a;

	if (out->n == MACTIONS_MAX) {
		out->overflow = true;
		a = &out->list[MACTIONS_MAX - 1];
	} else
		a = &out->list[out->n++];
	*a = (struct maction){ .type = type, .uplink = MACHINE_NONE };
	return (a);
}

void
machine_alarm(
    struct mctx *c, enum malarm alarm, uint32_t uplink, enum mreason why)
{
	struct maction *a = machine_emit(c, MACT_ALARM);

	a->alarm = alarm;
	a->uplink = uplink;
	a->reason = why;
}

/* Of a condition that lasts: told once until it has ended. */
void
machine_alarm_once(
    struct mctx *c, enum malarm alarm, uint32_t uplink, enum mreason why)
{
	if (c->m->alarmed & (1u << alarm))
		return;
	c->m->alarmed |= 1u << alarm;
	machine_alarm(c, alarm, uplink, why);
}

void
machine_reply(
    struct mctx *c, uint32_t id, uint32_t uplink, bool ok, enum mreason why)
{
	struct maction *a = machine_emit(c, MACT_REPLY);

	a->id = id;
	a->uplink = uplink;
	a->ok = ok;
	a->reason = why;
}

/* The pending switch is done, or will not be. */
void
machine_finish_request(struct mctx *c, bool ok, enum mreason why)
{
	machine_reply(c, c->m->request, c->m->request_uplink, ok, why);
	c->m->request = 0;
	c->m->request_until = machine_never;
}

/* 0 to n - 1; splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
uint32_t
machine_random(struct machine *m, uint32_t n)
{
	uint64_t z;

	z = m->seed += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return ((uint32_t)((z ^ (z >> 31)) % n));
}

bool
machine_passed(const struct mctx *c, struct monotime t)
{
	return (monotime_valid(t) && monotime_cmp(t, c->now) <= 0);
}

/* The later of two; one that is not valid does not count. */
struct monotime
machine_later(struct monotime a, struct monotime b)
{
	if (!monotime_valid(a))
		return (b);
	if (!monotime_valid(b))
		return (a);
	return (monotime_cmp(a, b) > 0 ? a : b);
}

static void
init_uplinks(struct mctx *c)
{
	struct machine *m = c->m;
	uint32_t i;

	m->primary.carrier = true;
	m->want.drain = m->want.flush = MACHINE_NONE;
	m->verified = m->probing = m->proving = m->held = MACHINE_NONE;
	m->try.uplink = m->drill.uplink = MACHINE_NONE;
	m->wish.held = MACHINE_NONE;
	for (i = 0; i < MACHINE_UPLINKS; i++) {
		m->backup[i].link = MACHINE_LINK_DOWN;
		m->backup[i].since = c->now;
		if (i > 0 && i < c->conf->nuplinks &&
		    !c->conf->uplink[i].needs_dial)
			m->backup[i].link = MACHINE_LINK_UP;
	}
}

void
machine_init(struct machine *m, const struct machine_conf *conf, uint64_t seed,
    struct monotime now, struct mactions *out)
{
	struct mctx c = { .m = m, .conf = conf, .now = now, .out = out };

	memset(m, 0, sizeof(*m)); /* and so no time is valid */
	out->n = 0;
	out->overflow = false;
	m->seed = seed;
	init_uplinks(&c);
	machine_enter(&c, MACHINE_STARTING, MWHY_START);
	machine_net_run(&c);
}

static void
hold_timers(struct mctx *c)
{
	struct machine *m = c->m;

	if (machine_passed(c, m->held_until)) {
		m->held = MACHINE_NONE;
		m->held_until = machine_never;
		m->alarmed &= ~(1u << MALARM_HELD);
		machine_alarm(
		    c, MALARM_HOLD_ENDED, MACHINE_NONE, MWHY_HOLD_ENDED);
	}
	if (machine_passed(c, m->manual_until)) {
		m->manual_until = machine_never;
		m->manual = false;
		m->go_back = true;
		machine_alarm(
		    c, MALARM_UNCONFIRMED, m->want.active, MWHY_UNCONFIRMED);
	}
	if (machine_passed(c, m->request_until))
		machine_finish_request(c, false, MWHY_PRIMARY_NOT_GOOD);
}

/* Conditions of their own that people should know of. */
static void
watch(struct mctx *c)
{
	struct machine *m = c->m;
	bool bad;

	if (m->held == MACHINE_PRIMARY)
		bad = m->primary.down && !m->target;
	else
		bad = m->held != MACHINE_NONE &&
		      (m->backup[m->held].link != MACHINE_LINK_UP ||
			  m->backup[m->held].stale);
	if (bad && !machine_asked(m))
		machine_alarm_once(c, MALARM_HELD, m->held, MWHY_HELD);
	machine_hot_watch(c);
}

/* What was told of the return belongs to the event. */
void
machine_event_end(struct mctx *c, enum mreason why)
{
	struct machine *m = c->m;

	m->event = m->returned = false;
	m->manual = m->go_back = false;
	m->manual_until = machine_never;
	m->alarmed = 0;
	machine_emit(c, MACT_EVENT_END)->reason = why;
}

/* All is well again. */
static void
end_event(struct mctx *c)
{
	const struct machine *m = c->m;

	if (m->event && m->state == MACHINE_ON_PRIMARY && !m->target &&
	    !m->primary.down && m->applied)
		machine_event_end(c, m->reason);
}

/* Transitions and tries until nothing more follows from this event. */
static enum mreason
settle(struct mctx *c, enum mreason why)
{
	enum mreason moved = why;
	bool fired, ran;
	int i;

	if (why == MWHY_NOTED)
		moved = machine_fire(c, c->ev->type, &fired);
	for (i = 0; i < SETTLE_MAX; i++) {
		machine_want_review(c);
		why = machine_fire(c, MEV_TICK, &fired);
		if (fired) {
			moved = why;
			machine_want_review(c);
		}
		ran = machine_drill_review(c);
		machine_hangup(c);
		ran = machine_try_run(c) || ran;
		if (!fired && !ran)
			return (moved);
	}
	c->out->overflow = true;
	return (moved);
}

enum mreason
machine_step(struct machine *m, const struct machine_conf *conf,
    const struct mevent *ev, struct monotime now, struct mactions *out)
{
	struct mctx c = { m, conf, ev, now, out };
	enum mreason why;

	out->n = 0;
	out->overflow = false;
	if (m->stopped)
		return (MWHY_STOPPING);
	if (ev->type != MEV_RELOAD) {
		hold_timers(&c);
		machine_link_timers(&c);
		machine_net_timers(&c);
		machine_better_timers(&c);
	}
	why = machine_fact(&c);
	if (m->stopped)
		return (why);
	why = settle(&c, why);
	watch(&c);
	machine_net_run(&c);
	end_event(&c);
	return (why);
}

static void
sooner(struct monotime *t, struct monotime other)
{
	if (monotime_valid(other) &&
	    (!monotime_valid(*t) || monotime_cmp(other, *t) < 0))
		*t = other;
}

struct monotime
machine_deadline(const struct machine *m, const struct machine_conf *conf)
{
	struct monotime t = m->deadline;

	if (m->stopped)
		return (machine_never);
	t = machine_earliest(m, conf, t);
	sooner(&t, m->apply_at);
	sooner(&t, m->drain_until);
	sooner(&t, m->held_until);
	sooner(&t, m->manual_until);
	sooner(&t, m->request_until);
	if (m->target && m->held == MACHINE_NONE &&
	    (m->state == MACHINE_ON_PRIMARY || m->state == MACHINE_ON_BACKUP))
		sooner(&t, m->target_again);
	if (m->state != MACHINE_ON_BACKUP)
		return (t);
	sooner(&t, machine_better_deadline(m, conf));
	if (m->want.shut)
		sooner(&t, machine_look_at(m, conf));
	if (conf->automatic && !m->manual && m->held == MACHINE_NONE &&
	    machine_primary_usable(m))
		sooner(&t, machine_return_at(m, conf));
	return (t);
}

static int64_t
left_ms(struct monotime until, struct monotime now)
{
	if (!monotime_valid(until) || monotime_cmp(until, now) <= 0)
		return (0);
	return ((monotime_sub(until, now) + 999999) / 1000000);
}

void
machine_return_due(const struct machine *m, const struct machine_conf *conf,
    struct monotime now, struct machine_return *r)
{
	struct monotime bad = m->primary.last_bad;

	memset(r, 0, sizeof(*r));
	if (m->state != MACHINE_ON_BACKUP)
		return;
	r->possible = m->held == MACHINE_NONE &&
		      (m->go_back || monotime_valid(m->manual_until) ||
			  (conf->automatic && !m->manual));
	r->good = machine_primary_usable(m);
	r->due_ms = -1;
	if (m->go_back)
		return;
	if (r->good && r->possible && !m->manual)
		r->due_ms = left_ms(machine_return_at(m, conf), now);
	r->after_ms = left_ms(
	    machine_jitter(m, m->failover_at, machine_after_ms(m, conf)), now);
	if (!monotime_valid(bad))
		bad = m->primary.good_since;
	if (!monotime_valid(bad))
		bad = now;
	r->stable_ms = left_ms(machine_jitter(m, bad, conf->stable_ms), now);
	if (monotime_valid(m->not_before))
		r->put_off_ms = left_ms(m->not_before, now);
	if (!m->flapping || m->backup[m->want.active].barred)
		return;
	r->flap_ms = conf->flap_hold_ms;
	if (r->good)
		r->flap_ms = left_ms(
		    monotime_add_ms(m->primary.good_since, conf->flap_hold_ms),
		    now);
}
