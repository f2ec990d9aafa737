/* SPDX-License-Identifier: ISC */
/*
 * The state machine explored: breadth first over all events, each state (with
 * its times relative to now) visited once, as deep as the number of states
 * that DIALFAIL_EXPLORE allows.  Beside the machine runs a world of its own:
 * what links do, on which uplinks the kernel may have traffic, who still waits
 * for an answer.  The world knows the rules of machine.h, not the machine.
 *
 * What a check is worth is shown at the end: the same rules, given a world in
 * which one thing was done wrongly, must complain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parent/machine.h"

#define STATES_DEFAULT 20000
#define EVENTS_MAX     96
#define STEPS_MAX      400 /* of the way to a happy end */
#define WALKS          100
#define WALK_LENGTH    2000

static size_t states_max = STATES_DEFAULT;

struct world {
	enum machine_link link[MACHINE_UPLINKS];
	struct monotime stop_at[MACHINE_UPLINKS]; /* hung up by then */
	struct monotime
	    good[MACHINE_UPLINKS]; /* the last round; or it failed */
	uint32_t bad[MACHINE_UPLINKS]; /* rounds in a row */
	uint32_t probed; /* bit mask: rounds are asked for */
	uint32_t barred; /* bit mask: no call may be placed */
	uint32_t kernel; /* bit mask: uplinks that may carry traffic */
	uint32_t asked[3]; /* ids of requests not answered, 0: free */
	bool drilling;
	bool event; /* one is open */
	bool over; /* and traffic is back on the primary, verified */
	uint32_t last_id;
};

struct node {
	struct machine m;
	struct world w;
	struct monotime now;
	size_t parent;
	struct mevent by;
	uint32_t depth;
};

/* What is done wrongly on purpose, to see that a rule complains. */
enum wrong {
	RIGHT,
	HANGS_UP_ACTIVE,
	STARTS_TWICE,
	FORGETS_REPLY,
	REPLIES_TWICE,
	NEVER_PROVED,
	CONGESTED_IS_BAD,
	IGNORES_HOLD,
	NO_DEADLINE,
	NO_UPLINK,
	UNVERIFIED_SHUTDOWN,
	RETRY_IGNORED,
	HOT_HUNG_UP,
	HOT_FORGOTTEN,
	HOT_UNPROVED,
	BUDGET_IGNORED,
	DRILL_IN_DOUBT,
	DRILL_NOT_ENDED,
	EVENT_GOES_ON,
	EVENT_IS_SPLIT,
	WRONG_MAX
};

struct search {
	const struct machine_conf *conf;
	struct node *node;
	size_t n;
	uint64_t *seen; /* open addressing, 0 is free */
	size_t nseen;
	size_t steps;
	uint32_t depth;
	enum wrong wrong;
};

static const char *why_not;

/* ---- the world ---- */

static bool
world_start(struct world *w, const struct machine *m, const struct maction *a)
{
	uint32_t i;

	if (w->barred & (1u << a->uplink) &&
	    !(m->request != 0 && m->request_uplink == a->uplink)) {
		why_not = "started what may cost no more";
		return (false);
	}

	for (i = 1; i < MACHINE_UPLINKS; i++)
		if (w->link[i] == MACHINE_LINK_STARTING ||
		    w->link[i] == MACHINE_LINK_STOPPING) {
			why_not = "started while another link is busy";
			return (false);
		}
	if (w->link[a->uplink] != MACHINE_LINK_DOWN) {
		why_not = "started a link that is not down";
		return (false);
	}
	w->link[a->uplink] = MACHINE_LINK_STARTING;
	return (true);
}

static bool
world_stop(struct world *w, const struct machine *m,
    const struct machine_conf *conf, const struct maction *a,
    struct monotime now)
{
	if (w->link[a->uplink] == MACHINE_LINK_UP &&
	    conf->uplink[a->uplink].hot_ms != 0 &&
	    (w->barred & (1u << a->uplink)) == 0 &&
	    monotime_valid(w->good[a->uplink])) {
		why_not = "hung up a hot backup that works";
		return (false);
	}
	if (w->link[a->uplink] == MACHINE_LINK_UP &&
	    ((w->kernel & (1u << a->uplink)) != 0 ||
		m->want.drain == a->uplink)) {
		why_not = "hung up a link that may carry traffic";
		return (false);
	}
	w->link[a->uplink] = MACHINE_LINK_STOPPING;
	w->stop_at[a->uplink] = monotime_add_ms(now, MACHINE_STOP_MS);
	return (true);
}

static bool
world_reply(struct world *w, const struct maction *a)
{
	int i;

	for (i = 0; i < 3; i++)
		if (a->id != 0 && w->asked[i] == a->id) {
			w->asked[i] = 0;
			return (true);
		}
	why_not = "answered what was not asked, or twice";
	return (false);
}

/* Only its pending switch and its drill may be without an answer. */
static bool
world_waits(const struct world *w, const struct machine *m)
{
	int i;

	for (i = 0; i < 3; i++)
		if (w->asked[i] != 0 && w->asked[i] != m->request &&
		    w->asked[i] != m->drill.id) {
			why_not = "a request was forgotten";
			return (false);
		}
	return (true);
}

static bool
world_drill(struct world *w, const struct machine *m, const struct maction *a)
{
	if (w->drilling != (a->type == MACT_DRILL_END)) {
		why_not = "drills do not begin and end in turn";
		return (false);
	}
	w->drilling = a->type == MACT_DRILL_BEGIN;
	if (w->drilling &&
	    (!m->primary.good || m->primary.down || m->primary.congested ||
		m->want.active != MACHINE_PRIMARY || m->held != MACHINE_NONE)) {
		why_not = "a drill began while the primary was in doubt";
		return (false);
	}
	return (true);
}

/*
 * Each failover is of an event that no return was verified of; and the next
 * event begins after such a return only.
 */
static bool
world_told(struct world *w, const struct maction *a)
{
	bool begins = a->type == MACT_EVENT_BEGIN;

	switch (a->type) {
	case MACT_EVENT_BEGIN:
	case MACT_EVENT_END:
		if (w->event == begins) {
			why_not = "events do not begin and end in turn";
			return (false);
		}
		if (!begins && a->reason == MWHY_NEXT && !w->over) {
			why_not = "one outage is told as two";
			return (false);
		}
		w->event = begins;
		w->over = false;
		return (true);
	default:
		break;
	}
	if (a->alarm == MALARM_FALLBACK)
		w->over = true;
	else if (a->alarm == MALARM_FAILOVER && (!w->event || w->over)) {
		why_not = "a failover is of no event, or of one that is over";
		return (false);
	}
	return (true);
}

static bool
world_actions(struct world *w, const struct machine *m,
    const struct machine_conf *conf, struct monotime now,
    const struct mactions *out)
{
	const struct maction *a;
	size_t i;

	for (i = 0; i < out->n; i++) {
		a = &out->list[i];
		switch (a->type) {
		case MACT_START:
			if (!world_start(w, m, a))
				return (false);
			break;
		case MACT_STOP:
			if (!world_stop(w, m, conf, a, now))
				return (false);
			break;
		case MACT_APPLY:
			w->kernel |= 1u << m->want.active;
			break;
		case MACT_PROVE:
			if (w->link[a->uplink] != MACHINE_LINK_UP &&
			    w->link[a->uplink] != MACHINE_LINK_DOWN) {
				why_not = "proved a link that is busy";
				return (false);
			}
			/* it may end by its deadline */
			w->good[a->uplink] = (struct monotime){ 0 };
			w->probed |= 1u << a->uplink;
			break;
		case MACT_KEEP:
		case MACT_PROBE:
			w->probed |= 1u << a->uplink;
			break;
		case MACT_PROBE_OFF:
			w->probed &= ~(1u << a->uplink);
			break;
		case MACT_DRILL_BEGIN:
		case MACT_DRILL_END:
			if (!world_drill(w, m, a))
				return (false);
			break;
		case MACT_EVENT_BEGIN:
		case MACT_EVENT_END:
		case MACT_ALARM:
			if (!world_told(w, a))
				return (false);
			break;
		case MACT_REPLY:
			if (!world_reply(w, a))
				return (false);
			break;
		default:
			break;
		}
	}
	return (true);
}

/* Through a backup: one that fails its rounds is worth nothing any more. */
static void
world_round(struct world *w, const struct machine *m,
    const struct machine_conf *conf, const struct mevent *ev,
    struct monotime now)
{
	uint32_t i = ev->uplink;

	if (w->link[i] != MACHINE_LINK_UP || i == m->proving ||
	    (w->probed & (1u << i)) == 0)
		return;
	if (ev->verdict == MSG_GOOD) {
		w->bad[i] = 0;
		w->good[i] = now;
	} else if (ev->verdict == MSG_BAD && ++w->bad[i] > conf->retry)
		w->good[i] = (struct monotime){ 0 };
}

/* What an event means for the world, before the machine hears of it. */
static void
world_event(struct world *w, const struct machine *m,
    const struct machine_conf *conf, const struct mevent *ev,
    struct monotime now)
{
	uint32_t i = ev->uplink;

	switch (ev->type) {
	case MEV_ADOPT:
		if (m->adopted || i == MACHINE_NONE)
			break;
		w->kernel |= 1u << i;
		if (ev->up)
			w->link[i] = MACHINE_LINK_UP;
		break;
	case MEV_ROUND:
		if (i != MACHINE_PRIMARY)
			world_round(w, m, conf, ev, now);
		break;
	case MEV_LINK_UP:
		if (w->link[i] == MACHINE_LINK_UP ||
		    w->link[i] == MACHINE_LINK_STOPPING)
			break;
		w->link[i] = MACHINE_LINK_UP;
		w->good[i] = (struct monotime){ 0 };
		w->bad[i] = 0;
		break;
	case MEV_LINK_FAILED:
	case MEV_LINK_DOWN:
		w->link[i] = MACHINE_LINK_DOWN;
		w->good[i] = (struct monotime){ 0 };
		break;
	case MEV_PROVED:
	case MEV_PROOF_FAILED:
		if (m->try.phase != MACHINE_TRY_PROVE || m->try.uplink != i)
			break;
		w->good[i] = (struct monotime){ 0 };
		if (ev->type != MEV_PROVED)
			break;
		w->link[i] = MACHINE_LINK_UP;
		w->good[i] = now;
		w->bad[i] = 0;
		break;
	case MEV_ALLOW:
		w->barred &= ~(1u << i);
		w->barred |= (uint32_t)!ev->up << i;
		break;
	case MEV_APPLIED:
		if (m->applying && ev->gen == m->gen)
			w->kernel = 1u << m->want.active;
		break;
	case MEV_FAILOVER:
	case MEV_FALLBACK:
	case MEV_CONFIRM:
	case MEV_HOLD:
	case MEV_RELEASE:
	case MEV_DRILL:
		if (ev->id == 0)
			break;
		w->last_id = ev->id;
		w->asked[w->asked[0] == 0   ? 0
			 : w->asked[1] == 0 ? 1
					    : 2] = ev->id;
		break;
	default:
		break;
	}
}

/* The bound of a hang-up. */
static void
world_time(struct world *w, struct monotime now)
{
	uint32_t i;

	for (i = 1; i < MACHINE_UPLINKS; i++)
		if (w->link[i] == MACHINE_LINK_STOPPING &&
		    monotime_cmp(w->stop_at[i], now) <= 0)
			w->link[i] = MACHINE_LINK_DOWN;
}

/* ---- rules about one step, seen from both its ends ---- */

static bool
by_operator(const struct machine *m, const struct mevent *ev)
{
	return (m->request != 0 || ev->type == MEV_FAILOVER ||
		ev->type == MEV_FALLBACK);
}

static bool
may_move_to_backup(
    const struct machine *was, const struct machine *m, const struct mevent *ev)
{
	const struct machine_backup *b = &m->backup[m->want.active];

	if (b->proved || ev->type == MEV_ADOPT || m->reason == MWHY_TARGET)
		return (true);
	if (m->state == MACHINE_STRANDED && !m->primary.carrier)
		return (true);
	/* called back while it drained: it was never given up */
	return (was->state == MACHINE_RETURNING &&
		was->want.drain == m->want.active);
}

/* To a hot backup on the strength of an earlier proof: how old is it? */
static bool
may_move_to_hot(const struct world *w, const struct machine *m,
    const struct machine_conf *conf, struct monotime now)
{
	const struct machine_uplink_conf *u = &conf->uplink[m->want.active];
	struct monotime good = w->good[m->want.active];

	if (m->reason != MWHY_PROVED_BEFORE)
		return (true);
	return (u->hot_ms != 0 && monotime_valid(good) &&
		w->bad[m->want.active] == 0 &&
		monotime_ms_between(good, now) <
		    2 * (int64_t)u->hot_ms + u->prove_ms);
}

/* From a backup to a better one: the rounds through it have been good. */
static bool
may_move_to_better(const struct world *w, const struct machine *was,
    const struct machine *m, const struct machine_conf *conf)
{
	if (m->reason != MWHY_BETTER)
		return (true);
	return (was->want.active != MACHINE_PRIMARY &&
		m->want.active < was->want.active && conf->automatic &&
		!was->manual && monotime_valid(w->good[m->want.active]) &&
		w->bad[m->want.active] == 0);
}

static bool
check_move(const struct world *w, const struct machine_conf *conf,
    const struct machine *was, const struct machine *m, const struct mevent *ev,
    struct monotime now)
{
	if (was->want.active == m->want.active || ev->type == MEV_RELOAD)
		return (true);
	if (ev->type == MEV_ROUND &&
	    (ev->verdict == MSG_CONGESTED || ev->verdict == MSG_VOID) &&
	    !(m->reason == MWHY_PROVED_BEFORE && by_operator(was, ev))) {
		why_not = "a congested or void round moved traffic";
		return (false);
	}
	if (was->held != MACHINE_NONE &&
	    (m->held != MACHINE_NONE || ev->type == MEV_ROUND) &&
	    !by_operator(was, ev)) {
		why_not = "traffic moved under a hold";
		return (false);
	}
	if (m->want.active != MACHINE_PRIMARY &&
	    !may_move_to_backup(was, m, ev)) {
		why_not = "traffic moved to an unproved backup";
		return (false);
	}
	if (w->barred & (1u << m->want.active) && ev->type != MEV_ADOPT &&
	    was->state != MACHINE_RETURNING && !by_operator(was, ev) &&
	    /* nothing else has a link */
	    !(m->state == MACHINE_STRANDED && !m->primary.carrier) &&
	    m->reason != MWHY_MOMENTARY &&
	    !(was->try.uplink == m->want.active &&
		was->try.phase == MACHINE_TRY_PROVE)) {
		why_not = "traffic moved to what may cost no more";
		return (false);
	}
	if (m->want.active != MACHINE_PRIMARY &&
	    !may_move_to_hot(w, m, conf, now)) {
		why_not = "traffic moved to a hot backup that is not ready";
		return (false);
	}
	if (!may_move_to_better(w, was, m, conf)) {
		why_not = "traffic moved to a better backup that is none";
		return (false);
	}
	/* not good is enough only after a backup was lost */
	if (was->want.active == MACHINE_PRIMARY &&
	    (was->primary.good || !was->event) && !was->primary.down &&
	    !m->primary.down && !by_operator(was, ev) &&
	    ev->type != MEV_ADOPT && was->state != MACHINE_RETURNING) {
		why_not = "traffic left a primary that is not down";
		return (false);
	}
	return (true);
}

static bool
check_time(const struct search *s, const struct machine *m, struct monotime now,
    const struct mevent *ev)
{
	struct monotime t = machine_deadline(m, s->conf);

	if (ev->type == MEV_TICK && monotime_valid(t) &&
	    monotime_cmp(t, now) <= 0) {
		why_not = "a tick left its own deadline due";
		return (false);
	}
	return (true);
}

static void
drop_replies(struct mactions *out)
{
	size_t i;

	for (i = 0; i < out->n; i++)
		if (out->list[i].type == MACT_REPLY)
			out->list[i].type = MACT_STATE;
}

/* One that ends and one that begins are the same. */
static void
join_events(struct mactions *out)
{
	struct maction *end = NULL;
	size_t i;

	for (i = 0; i < out->n; i++)
		if (out->list[i].type == MACT_EVENT_END)
			end = &out->list[i];
		else if (out->list[i].type == MACT_EVENT_BEGIN && end != NULL)
			end->type = out->list[i].type = MACT_STATE;
}

static void
split_event(const struct machine *m, struct mactions *out)
{
	if (!m->event || out->n + 2 > MACTIONS_MAX)
		return;
	out->list[out->n++] =
	    (struct maction){ .type = MACT_EVENT_END, .reason = MWHY_NEXT };
	out->list[out->n++] = (struct maction){ .type = MACT_EVENT_BEGIN };
}

static void
repeat(struct mactions *out, enum maction_type type)
{
	size_t i;

	for (i = 0; i < out->n; i++)
		if (out->list[i].type == type && out->n < MACTIONS_MAX) {
			out->list[out->n++] = out->list[i];
			return;
		}
}

/* Before the step: the machine is told, or remembers, the wrong thing. */
static void
wrong_before(enum wrong wrong, struct machine *m, struct mevent *ev)
{
	if (wrong == CONGESTED_IS_BAD && ev->type == MEV_ROUND &&
	    ev->verdict == MSG_CONGESTED)
		ev->verdict = MSG_BAD;
	if (wrong == IGNORES_HOLD && ev->type != MEV_RELEASE)
		m->held = MACHINE_NONE;
	if (wrong == DRILL_IN_DOUBT && ev->type == MEV_DRILL &&
	    m->state == MACHINE_SUSPECT) {
		m->state = MACHINE_ON_PRIMARY;
		m->primary.good = true;
		m->primary.bad = 0;
	}
	if (wrong == BUDGET_IGNORED)
		m->backup[1].barred = false;
	if (wrong == RETRY_IGNORED && ev->type == MEV_ROUND &&
	    ev->verdict == MSG_VOID && ev->uplink == MACHINE_PRIMARY) {
		ev->type = MEV_CARRIER;
		ev->up = false;
	}
}

/* After it: the wrong thing was done. */
static void
wrong_after(enum wrong wrong, struct machine *m, struct mactions *out)
{
	uint32_t i = m->want.active;

	switch (wrong) {
	case EVENT_GOES_ON:
		join_events(out);
		break;
	case EVENT_IS_SPLIT:
		if (m->state == MACHINE_STRANDED)
			split_event(m, out);
		break;
	case HANGS_UP_ACTIVE:
		if (m->state == MACHINE_ON_BACKUP && out->n < MACTIONS_MAX)
			out->list[out->n++] =
			    (struct maction){ .type = MACT_STOP, .uplink = i };
		break;
	case STARTS_TWICE:
		repeat(out, MACT_START);
		break;
	case FORGETS_REPLY:
		drop_replies(out);
		break;
	case REPLIES_TWICE:
		repeat(out, MACT_REPLY);
		break;
	case NEVER_PROVED:
		if (i != MACHINE_PRIMARY && i < MACHINE_UPLINKS)
			m->backup[i].proved = false;
		break;
	case NO_DEADLINE:
		m->deadline = (struct monotime){ 0 };
		break;
	case NO_UPLINK:
		if (m->state == MACHINE_STRANDED)
			m->want.active = MACHINE_NONE;
		break;
	case HOT_HUNG_UP:
		if (m->backup[1].kept && out->n < MACTIONS_MAX)
			out->list[out->n++] =
			    (struct maction){ .type = MACT_STOP, .uplink = 1 };
		break;
	case DRILL_IN_DOUBT:
		if (m->drill.uplink != MACHINE_NONE)
			m->primary.good = false;
		break;
	case DRILL_NOT_ENDED:
		m->drill.uplink =
		    m->state == MACHINE_DIALING ? 1 : MACHINE_NONE;
		break;
	case HOT_FORGOTTEN:
		if (m->state == MACHINE_ON_PRIMARY)
			m->backup[1].kept = false;
		break;
	case HOT_UNPROVED: /* that its link is up is taken for a proof */
		if (m->backup[1].kept && !m->backup[1].proved) {
			m->backup[1].proved = true;
			m->backup[1].good_at = m->backup[1].since;
		}
		break;
	case UNVERIFIED_SHUTDOWN:
		m->want.shut = m->state == MACHINE_ON_BACKUP;
		break;
	default:
		break;
	}
}

/* One event through machine and world, with all rules. */
static bool
advance(struct search *s, struct machine *m, struct world *w,
    struct monotime now, const struct mevent *ev)
{
	struct machine was = *m;
	struct mevent told = *ev;
	struct mactions out;
	const char *why;

	s->steps++;
	world_time(w, now);
	world_event(w, m, s->conf, ev, now);
	wrong_before(s->wrong, m, &told);
	machine_step(m, s->conf, &told, now, &out);
	wrong_after(s->wrong, m, &out);
	if ((why = machine_check(m, s->conf, &out)) != NULL) {
		why_not = why;
		return (false);
	}
	if (!world_actions(w, m, s->conf, now, &out) ||
	    !check_move(w, s->conf, &was, m, ev, now) ||
	    !check_time(s, m, now, ev))
		return (false);
	return (world_waits(w, m));
}

/* ---- which states are the same ---- */

static void
mix(uint64_t *h, uint64_t v)
{
	*h = (*h ^ v) * 0x100000001b3u;
	*h ^= *h >> 29;
}

static void
mix_time(uint64_t *h, struct monotime t, struct monotime now)
{
	int64_t ms;

	if (!monotime_valid(t)) {
		mix(h, 0x5a5a);
		return;
	}
	ms = monotime_sub(t, now) / 1000000;
	if (ms < -2 * 3600 * 1000)
		ms = -2 * 3600 * 1000;
	mix(h, (uint64_t)(ms / 500));
}

static void
mix_backup(uint64_t *h, const struct machine_backup *b, struct monotime now)
{
	mix(h, (uint64_t)b->link);
	mix(h, (uint64_t)(b->proved | b->stale << 1 | b->same << 2 |
			  b->gave_up << 3 | b->barred << 4 | b->drilled << 5));
	mix(h, b->fails > 3 ? 3 : b->fails);
	mix(h, b->refused);
	mix(h, b->tries);
	mix(h, b->bad > 3 ? 3 : b->bad);
	mix_time(h, b->since, now);
	mix_time(h, b->not_before, now);
}

static void
mix_hot(uint64_t *h, const struct machine_backup *b, struct monotime now)
{
	mix(h, (uint64_t)(b->kept | b->eager << 1 | b->told << 2));
	mix_time(h, b->good_at, now);
	mix_time(h, b->good_since, now);
	mix_time(h, b->unready, now);
}

static void
mix_primary(uint64_t *h, const struct machine_health *p, struct monotime now)
{
	mix(h, (uint64_t)(p->known | p->good << 1 | p->down << 2 |
			  p->carrier << 3 | p->congested << 4));
	mix(h, p->bad > 3 ? 3 : p->bad);
	mix(h, p->cause);
	mix_time(h, p->last_bad, now);
	mix_time(h, p->good_since, now);
}

static void
mix_try(uint64_t *h, const struct machine_try *t, struct monotime now)
{
	mix(h, (uint64_t)t->phase);
	if (t->phase == MACHINE_TRY_NONE)
		return;
	mix(h, t->uplink);
	mix(h, t->done);
	mix(h, (uint64_t)(t->dialed | t->hangup << 1 | t->uncalled << 2 |
			  t->before << 3));
	mix_time(h, t->deadline, now);
}

static void
mix_drill(uint64_t *h, const struct machine_drill *d)
{
	mix(h, d->uplink);
	mix(h, (uint64_t)(d->measuring | d->measured << 1 | (d->id != 0) << 2));
}

static uint64_t
fingerprint(const struct machine *m, const struct world *w,
    const struct machine_conf *conf, struct monotime now)
{
	uint64_t h = 0xcbf29ce484222325u;
	uint32_t i;

	mix(&h, (uint64_t)m->state);
	mix_time(&h, m->deadline, now);
	mix(&h, (uint64_t)(m->adopted | m->stopped << 1 | m->applying << 2 |
			   m->applied << 3 | m->event << 4 | m->go_back << 5 |
			   m->target << 6 | m->manual << 7 | m->flapping << 8 |
			   m->want.shut << 9 | m->returned << 10));
	mix(&h, m->want.active);
	mix(&h, m->want.drain);
	mix(&h, m->verified);
	mix(&h, m->announced);
	mix(&h, m->held);
	mix(&h, m->request != 0 ? m->request_uplink : 99);
	mix(&h, m->request != 0 && m->request_cuts);
	mix(&h, m->apply_fails > 3 ? 3 : m->apply_fails);
	mix(&h, m->target_fails > 2 ? 2 : m->target_fails);
	mix_time(&h, m->apply_at, now);
	mix_time(&h, m->drain_until, now);
	mix_time(&h, m->down_at, now);
	mix_time(&h, m->failover_at, now);
	mix_time(&h, m->not_before, now);
	mix_time(&h, m->target_again, now);
	mix_time(&h, m->manual_until, now);
	mix_time(&h, m->held_until, now);
	mix_time(&h, m->request_until, now);
	mix_primary(&h, &m->primary, now);
	mix_try(&h, &m->try, now);
	mix_drill(&h, &m->drill);
	mix(&h, w->kernel);
	for (i = 1; i < conf->nuplinks; i++) {
		mix_backup(&h, &m->backup[i], now);
		mix(&h, (uint64_t)w->link[i]);
		if (conf->uplink[i].hot_ms == 0 && !m->backup[i].kept)
			continue;
		mix_hot(&h, &m->backup[i], now);
		mix_time(&h, m->primary.bad_since, now);
	}
	return (h == 0 ? 1 : h);
}

/* True if it was not seen before. */
static bool
mark(struct search *s, uint64_t h)
{
	size_t i = h % s->nseen;

	while (s->seen[i] != 0) {
		if (s->seen[i] == h)
			return (false);
		i = (i + 1) % s->nseen;
	}
	s->seen[i] = h;
	return (true);
}

/* ---- which events there are ---- */

struct events {
	size_t n;
	struct mevent list[EVENTS_MAX];
};

static struct mevent *
add(struct events *e, enum mevent_type type, uint32_t uplink)
{
	struct mevent *ev = &e->list[e->n++];
	uint32_t i;

	assert_true(e->n < EVENTS_MAX);
	memset(ev, 0, sizeof(*ev));
	ev->type = type;
	ev->uplink = uplink;
	for (i = 0; i < MACHINE_UPLINKS; i++)
		ev->map[i] = i;
	return (ev);
}

static void
add_rounds(struct events *e, uint32_t uplink)
{
	static const uint32_t cause[] = { MSG_CAUSE_UPSTREAM, MSG_CAUSE_GATEWAY,
		MSG_CAUSE_TARGET };
	struct mevent *ev;
	uint32_t i;

	add(e, MEV_ROUND, uplink)->verdict = MSG_GOOD;
	add(e, MEV_ROUND, uplink)->verdict = MSG_CONGESTED;
	add(e, MEV_ROUND, uplink)->verdict = MSG_VOID;
	for (i = 0; i < (uplink == 0 ? 3 : 1); i++) {
		ev = add(e, MEV_ROUND, uplink);
		ev->verdict = MSG_BAD;
		ev->cause = cause[i];
	}
}

static void
add_backup(struct events *e, uint32_t i)
{
	static const uint32_t class[] = { MSG_LINK_RETRY, MSG_LINK_BACKOFF,
		MSG_LINK_NEXT, MSG_LINK_REFUSED, MSG_LINK_GIVEUP };
	uint32_t k;

	add(e, MEV_LINK_UP, i);
	for (k = 0; k < 5; k++)
		add(e, MEV_LINK_FAILED, i)->class = class[k];
	add(e, MEV_LINK_FAILED, i)->uncalled = true;
	add(e, MEV_LINK_DOWN, i);
	add(e, MEV_PROVED, i);
	add(e, MEV_PROOF_FAILED, i)->same = true;
	add(e, MEV_PROOF_FAILED, i);
	add(e, MEV_DRAINED, i);
	add(e, MEV_DRILL, i);
	add(e, MEV_MEASURED, i);
	add(e, MEV_ALLOW, i);
	add(e, MEV_ALLOW, i)->up = true;
	add_rounds(e, i);
}

static void
add_op(struct events *e, const struct world *w, enum mevent_type type,
    uint32_t uplink, uint32_t ms)
{
	struct mevent *ev = add(e, type, uplink);

	ev->id = w->last_id + 1;
	ev->ms = ms;
}

static void
all_events(struct events *e, const struct search *s, const struct node *n)
{
	uint32_t i, none = MACHINE_NONE;

	e->n = 0;
	add_rounds(e, 0);
	add(e, MEV_CARRIER, 0)->up = true;
	add(e, MEV_CARRIER, 0);
	for (i = 1; i < s->conf->nuplinks; i++)
		add_backup(e, i);
	add(e, MEV_ADOPT, none);
	add(e, MEV_ADOPT, s->conf->nuplinks - 1)->up = true;
	add(e, MEV_APPLIED, none)->gen = n->m.gen;
	add(e, MEV_APPLIED, none)->gen = n->m.gen - 1;
	add(e, MEV_APPLY_FAILED, none)->gen = n->m.gen;
	add(e, MEV_TICK, none);
	add_op(e, &n->w, MEV_FAILOVER, none, 0);
	add_op(e, &n->w, MEV_FAILOVER, s->conf->nuplinks - 1, 60000);
	add_op(e, &n->w, MEV_DRILL, none, 0);
	add_op(e, &n->w, MEV_FALLBACK, none, 0);
	add_op(e, &n->w, MEV_CONFIRM, none, 0);
	add_op(e, &n->w, MEV_HOLD, none, 60000);
	add_op(e, &n->w, MEV_HOLD, none, 0);
	add_op(e, &n->w, MEV_RELEASE, none, 0);
	add(e, MEV_RELOAD, none);
	add(e, MEV_RELOAD, none)->map[0] = MACHINE_NONE;
	add(e, MEV_STOP, none);
}

/* ---- the search ---- */

static void
show_path(const struct search *s, size_t i)
{
	const struct node *n = &s->node[i];

	if (i != 0) {
		show_path(s, n->parent);
		print_message("  +%lld ms %s uplink %d verdict %u cause %u "
			      "class %u same %d up %d\n",
		    (long long)(monotime_sub(n->now, s->node[n->parent].now) /
				1000000),
		    mevent_name(n->by.type), (int)n->by.uplink, n->by.verdict,
		    n->by.cause, n->by.class, n->by.same, n->by.up);
	}
	print_message("    %s (%s) active %u drain %d try %d@%d\n",
	    machine_state_name(n->m.state), mreason_text(n->m.reason),
	    n->m.want.active, (int)n->m.want.drain, n->m.try.phase,
	    (int)n->m.try.uplink);
}

static void
complain(const struct search *s, size_t i, const struct mevent *ev)
{
	print_message("%s, after\n", why_not);
	show_path(s, i);
	fail_msg("%s: uplink %d verdict %u cause %u class %u: %s",
	    mevent_name(ev->type), (int)ev->uplink, ev->verdict, ev->cause,
	    ev->class, why_not);
}

/* A tick comes at its deadline. */
static struct monotime
time_of(const struct search *s, const struct node *n, const struct mevent *ev)
{
	struct monotime t = machine_deadline(&n->m, s->conf);

	if (ev->type != MEV_TICK || !monotime_valid(t) ||
	    monotime_cmp(t, n->now) < 0)
		return (n->now);
	return (t);
}

/* Time passes before the event; a tick that is due by then comes first. */
static void
pass(const struct search *s, struct node *n, struct mevent *ev, int64_t ms)
{
	struct events e = { .n = 0 };
	struct monotime t = machine_deadline(&n->m, s->conf);
	struct monotime then = monotime_add_ms(n->now, ms);

	if (ev->type == MEV_TICK ||
	    (monotime_valid(t) && monotime_cmp(t, then) <= 0)) {
		*ev = *add(&e, MEV_TICK, 0);
		n->now = time_of(s, n, ev);
	} else
		n->now = then;
}

static bool
expand(struct search *s, size_t i)
{
	struct events e;
	struct node *to;
	size_t k;

	all_events(&e, s, &s->node[i]);
	for (k = 0; k < e.n; k++) {
		if (s->n == states_max)
			return (true);
		to = &s->node[s->n];
		*to = s->node[i];
		to->parent = i;
		to->depth = s->node[i].depth + 1;
		to->by = e.list[k];
		to->now = time_of(s, &s->node[i], &e.list[k]);
		if (!advance(s, &to->m, &to->w, to->now, &e.list[k])) {
			if (s->wrong == RIGHT)
				complain(s, i, &e.list[k]);
			return (false);
		}
		if (to->m.stopped)
			continue;
		if (mark(s, fingerprint(&to->m, &to->w, s->conf, to->now))) {
			s->depth = to->depth;
			s->n++;
		}
	}
	return (true);
}

/* ---- the way to a happy end ---- */

/* What a friendly world does next: links and network do as they are told. */
static void
friendly(const struct machine *m, const struct machine_conf *conf, bool primary,
    size_t turn, struct mevent *ev)
{
	struct events e = { .n = 0 };
	uint32_t i;

	for (i = 1; i < conf->nuplinks; i++) {
		if (m->backup[i].link == MACHINE_LINK_STOPPING) {
			*ev = *add(&e, MEV_LINK_DOWN, i);
			return;
		}
		if (m->backup[i].barred) {
			*ev = *add(&e, MEV_ALLOW, i);
			ev->up = true;
			return;
		}
	}
	if (m->applying) {
		*ev = *add(&e, MEV_APPLIED, 0);
		ev->gen = m->gen;
	} else if (!m->adopted)
		*ev = *add(&e, MEV_ADOPT, 0);
	else if (m->try.phase == MACHINE_TRY_START)
		*ev = *add(&e, MEV_LINK_UP, m->try.uplink);
	else if (m->try.phase == MACHINE_TRY_PROVE)
		*ev = *add(&e, MEV_PROVED, m->try.uplink);
	else if (m->drill.measuring)
		*ev = *add(&e, MEV_MEASURED, m->drill.uplink);
	else if (turn % 4 == 0)
		*ev = *add(&e, MEV_TICK, 0);
	else {
		*ev = *add(&e, MEV_ROUND, 0);
		ev->verdict = primary ? MSG_GOOD : MSG_BAD;
		ev->cause = primary ? MSG_CAUSE_NONE : MSG_CAUSE_GATEWAY;
	}
}

/*
 * From any state, after a release: with a good primary the site ends on the
 * primary (fallback automatic), with a dead one on a backup, and all answers
 * are given.
 */
static void
check_end(struct search *s, size_t from, bool primary)
{
	struct node n = s->node[from];
	struct events e = { .n = 0 };
	struct mevent ev;
	size_t i;

	add_op(&e, &n.w, MEV_RELEASE, 0, 0);
	ev = e.list[0];
	for (i = 0; i < STEPS_MAX; i++) {
		if (!advance(s, &n.m, &n.w, n.now, &ev))
			complain(s, from, &ev);
		if (n.m.applied && n.m.request == 0 &&
		    n.m.want.drain == MACHINE_NONE &&
		    n.m.state ==
			(primary ? MACHINE_ON_PRIMARY : MACHINE_ON_BACKUP))
			return;
		if (n.m.manual && n.m.request == 0) { /* a failover pended */
			e.n = 0;
			add_op(&e, &n.w, MEV_RELEASE, 0, 0);
			ev = e.list[0];
			continue;
		}
		friendly(&n.m, s->conf, primary, i, &ev);
		n.by = ev;
		pass(s, &n, &ev, ev.type == MEV_ROUND ? 1400 : 0);
	}
	print_message("ended in %s (%s)\n", machine_state_name(n.m.state),
	    mreason_text(n.m.reason));
	why_not = primary ? "a good primary does not bring traffic back"
			  : "a good backup does not get traffic";
	complain(s, from, &ev);
}

/* A world that is silent from now on: the operator is answered all the same. */
static void
check_answer(struct search *s, size_t from)
{
	struct node n = s->node[from];
	struct events e = { .n = 0 };
	struct mevent tick = *add(&e, MEV_TICK, 0);
	size_t i;

	for (i = 0; i < STEPS_MAX && (n.m.request != 0 || n.m.drill.id != 0);
	     i++) {
		n.now = time_of(s, &n, &tick);
		if (!advance(s, &n.m, &n.w, n.now, &tick))
			complain(s, from, &tick);
	}
	why_not = "a request is never answered";
	if (n.m.request != 0 || n.m.drill.id != 0)
		complain(s, from, &tick);
}

/* ---- far ways ---- */

/*
 * What the search cannot reach in depth: long walks, mostly of events that
 * fit the moment, always the same ones.
 */
static bool
walk(struct search *s, uint64_t seed)
{
	struct events e;
	struct mevent ev;
	struct node *n;
	size_t i;

	s->n = 1;
	for (i = 0; i < WALK_LENGTH; i++) {
		n = &s->node[s->n];
		*n = s->node[s->n - 1];
		n->parent = s->n - 1;
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if ((seed >> 60) < 9)
			friendly(&n->m, s->conf, (seed >> 40 & 3) == 0,
			    (size_t)(seed >> 33), &ev);
		else {
			all_events(&e, s, n);
			ev = e.list[(seed >> 33) % e.n];
		}
		if (ev.type == MEV_STOP)
			continue;
		pass(s, n, &ev, (int64_t)(seed >> 50 & 2047));
		n->by = ev;
		if (!advance(s, &n->m, &n->w, n->now, &ev)) {
			if (s->wrong == RIGHT)
				complain(s, n->parent, &ev);
			return (false);
		}
		if (s->n + 1 < states_max)
			s->n++;
	}
	return (true);
}

/* ---- configurations ---- */

static void
make_conf(struct machine_conf *conf, uint32_t nbackups, uint32_t dialed,
    uint32_t hot, bool automatic, bool shutdown)
{
	uint32_t i;

	memset(conf, 0, sizeof(*conf));
	conf->nuplinks = nbackups + 1;
	conf->retry = 1;
	conf->automatic = automatic;
	conf->shutdown = shutdown;
	conf->after_ms = 300000;
	conf->stable_ms = 60000;
	conf->flap_failovers = 3;
	conf->flap_every_ms = 3600000;
	conf->flap_hold_ms = 3600000;
	conf->uplink[0].drain_ms = 30000;
	for (i = 1; i <= nbackups; i++) {
		conf->uplink[i].needs_dial = (dialed & (1u << i)) != 0;
		conf->uplink[i].dial_after_ms =
		    conf->uplink[i].needs_dial ? 10000 : 0;
		conf->uplink[i].hot_ms = (hot & (1u << i)) != 0 ? 60000 : 0;
		conf->uplink[i].free = !conf->uplink[i].needs_dial;
		conf->uplink[i].start_ms = 60000;
		conf->uplink[i].prove_ms = 10000;
		conf->uplink[i].redial = 2;
		conf->uplink[i].backoff_ms = 5000;
		conf->uplink[i].backoff_max_ms = 300000;
		conf->uplink[i].drain_ms = 30000;
	}
}

static void
search_begin(struct search *s, const struct machine_conf *conf)
{
	struct mactions out;

	memset(s, 0, sizeof(*s));
	s->conf = conf;
	s->nseen = states_max * 2 + 1;
	s->node = calloc(states_max, sizeof(*s->node));
	s->seen = calloc(s->nseen, sizeof(*s->seen));
	assert_non_null(s->node);
	assert_non_null(s->seen);
	s->node[0].now = monotime_add_ms(s->node[0].now, 1000000000);
	machine_init(&s->node[0].m, conf, 1, s->node[0].now, &out);
	s->n = 1;
}

static void
explore(const char *name, const struct machine_conf *conf)
{
	struct search s;
	uint32_t states = 0, k;
	size_t i;

	search_begin(&s, conf);
	for (k = 1; k < conf->nuplinks; k++) {
		s.node[0].w.link[k] = s.node[0].m.backup[k].link;
		s.node[0].w.probed |= (uint32_t)s.node[0].m.backup[k].kept << k;
	}
	mark(&s, fingerprint(&s.node[0].m, &s.node[0].w, conf, s.node[0].now));
	for (i = 0; i < s.n; i++) {
		states |= 1u << s.node[i].m.state;
		expand(&s, i);
		check_answer(&s, i);
		if (i % 7 != 0)
			continue;
		if (conf->automatic)
			check_end(&s, i, true);
		if (conf->nuplinks > 1)
			check_end(&s, i, false);
	}
	print_message("%-28s %6zu states, depth %u%s, %zu steps\n", name, s.n,
	    s.depth, s.n == states_max ? " (cut)" : " (all)", s.steps);
	assert_int_equal(states, (1u << MACHINE_STATE_MAX) - 1);
	for (k = 0; k < WALKS; k++)
		assert_true(walk(&s, k));
	free(s.node);
	free(s.seen);
}

static void
test_explore(void **state)
{
	static const struct {
		const char *name;
		uint32_t nbackups, dialed, hot;
		bool automatic, shutdown;
	} t[] = {
		{ "1 interface, automatic", 1, 0, 0, true, false },
		{ "1 interface, manual", 1, 0, 0, false, false },
		{ "1 modem, automatic", 1, 2, 0, true, false },
		{ "1 modem, manual", 1, 2, 0, false, false },
		{ "1 modem, shutdown", 1, 2, 0, true, true },
		{ "2 interfaces, automatic", 2, 0, 0, true, false },
		{ "modem, interface", 2, 2, 0, true, false },
		{ "interface, modem, manual", 2, 4, 0, false, false },
		{ "2 modems, automatic", 2, 6, 0, true, false },
		{ "2 modems, manual, shutdown", 2, 6, 0, false, true },
		{ "1 hot interface, automatic", 1, 0, 2, true, false },
		{ "1 hot modem, automatic", 1, 2, 2, true, true },
		{ "cold modem, hot interface", 2, 2, 4, true, false },
		{ "2 hot modems, manual", 2, 6, 6, false, false },
	};
	struct machine_conf conf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_conf(&conf, t[i].nbackups, t[i].dialed, t[i].hot,
		    t[i].automatic, t[i].shutdown);
		explore(t[i].name, &conf);
	}
}

/* Near the beginning, or far from it. */
static bool
noticed(struct search *s)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < s->n; i++)
		if (!expand(s, i))
			return (true);
	for (k = 0; k < WALKS; k++)
		if (!walk(s, k))
			return (true);
	return (false);
}

/* Each wrong doing must be complained of. */
static void
test_rules_bite(void **state)
{
	struct machine_conf conf;
	struct search s;
	uint32_t w;

	(void)state;
	for (w = RIGHT + 1; w < WRONG_MAX; w++) {
		make_conf(&conf, 1, 2, w >= HOT_HUNG_UP ? 2 : 0, true, true);
		conf.uplink[1].dial_after_ms = 0;
		search_begin(&s, &conf);
		s.wrong = (enum wrong)w;
		if (!noticed(&s))
			fail_msg("nobody noticed wrong doing %u", w);
		print_message("wrong doing %2u noticed: %s\n", w, why_not);
		free(s.node);
		free(s.seen);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explore),
		cmocka_unit_test(test_rules_bite),
	};
	const char *n = getenv("DIALFAIL_EXPLORE");

	if (n != NULL)
		states_max = strtoul(n, NULL, 10);
	if (states_max < STATES_DEFAULT)
		states_max = STATES_DEFAULT;
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
