/* SPDX-License-Identifier: ISC */
/* Tests of backups in the daemon; see drilling.h. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "common/wall.h"
#include "parent/alarms.h"
#include "parent/cost.h"
#include "parent/drilling.h"
#include "parent/history.h"
#include "parent/ledger.h"
#include "parent/parent.h"
#include "parent/peering.h"
#include "parent/refusal.h"

/* The present one, or the last. */
static struct {
	uint32_t uplink; /* MACHINE_NONE: none is under way */
	uint32_t gen; /* of what was asked of the prober */
	struct monotime began;
	struct monotime proved;
	uint32_t mtu;
	uint32_t kbps;
	struct ctl_event event; /* without an id: there was another one */
	char result[MSG_TEXT_LEN];
} now = { .uplink = MACHINE_NONE };

/* Why the schedule waits, as last told. */
static enum mreason waits;

static uint32_t
offset(const struct uplink *u)
{
	static const struct msg_identity none;
	const struct config *c = &parent->conf;

	if (c->npeers > 0 && memcmp(&c->identity, &none, sizeof(none)) != 0)
		return drill_offset(&u->conf.drill, &c->identity,
		    sizeof(c->identity), u->conf.label);
	return drill_offset(
	    &u->conf.drill, parent->host, strlen(parent->host), u->conf.label);
}

/* ---- when ---- */

/* After failures a dial has to wait, and so does its test. */
static bool
backs_off(uint32_t id)
{
	struct monotime t = parent->machine.backup[id].not_before;

	return monotime_valid(t) && monotime_cmp(t, monotime_now()) > 0;
}

static bool
try(uint32_t id)
{
	struct mevent ev = { .type = MEV_DRILL, .uplink = id };
	char text[REFUSAL_LEN];
	enum mreason why =
	    machine_may_drill(&parent->machine, &parent->mconf, &id);

	if (why == MWHY_OK && (backs_off(id) || reload_changing()))
		why = MWHY_BUSY;
	if (why != MWHY_OK && why != waits)
		history_line(uplink_name(id), "its drill waits: %s",
		    refusal(why, id, text));
	waits = why;
	if (why == MWHY_OK)
		engine_event(&ev);
	return why != MWHY_OK;
}

bool
drilling_look(int64_t wall_s)
{
	struct drill_past *past;
	const struct uplink *u;
	bool waiting = false;
	int64_t due;
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks && wall_s != 0; i++) {
		u = &parent->uplink[i];
		if (u->conf.drill.every_ms == 0)
			continue;
		past = &cost_entry(i)->drill;
		/* it is new here, or the clock was ahead */
		if (past->last_s == 0 || past->last_s > wall_s)
			past->last_s = wall_s;
		due = drill_due(&u->conf.drill, past, wall_s, offset(u));
		if (due == 0 || due > wall_s ||
		    parent->machine.drill.uplink != MACHINE_NONE)
			continue;
		waiting = try(i) || waiting;
	}
	return waiting;
}

/* ---- one of them ---- */

void
drilling_begin(uint32_t id)
{
	struct ctl_event *ev = &now.event;

	now.uplink = id;
	now.began = monotime_now();
	now.proved = (struct monotime){ 0 };
	now.mtu = now.kbps = 0;
	memset(ev, 0, sizeof(*ev));
	if (parent->event.id[0] == '\0' || parent->event.ended) {
		snprintf(ev->cause, sizeof(ev->cause), "drill of %s",
		    uplink_name(id));
		ev->began_ns = wall_now();
		(void)history_begin(ev, now.began, NULL);
	}
	history_line(uplink_name(id), "drill begins");
}

void
drilling_measure(uint32_t id, uint32_t ms)
{
	struct msg_measure m = { id, ++now.gen, ms - 1000 };

	now.proved = monotime_now();
	parent_send(CHILD_PROBER, IMSG_MEASURE, -1, &m, sizeof(m));
}

void
drilling_measured(const struct msg_measured *m)
{
	struct mevent ev = { .type = MEV_MEASURED, .uplink = m->uplink };

	if (m->gen != now.gen || m->uplink != now.uplink)
		return;
	now.mtu = m->mtu;
	now.kbps = m->kbps;
	engine_event(&ev);
}

/* From one moment to another, if there were both. */
static uint32_t
between(struct monotime a, struct monotime b)
{
	int64_t ms;

	if (!monotime_valid(a) || !monotime_valid(b))
		return 0;
	ms = monotime_ms_between(a, b);
	return ms < 0 || ms > UINT32_MAX ? 0 : (uint32_t)ms;
}

static void
note_phases(const struct uplink *u, struct drill_past *p)
{
	struct monotime up = now.began;

	p->dial_ms = p->negotiate_ms = 0;
	/* one that was up already was not dialled for it */
	if (monotime_cmp(u->link.began, now.began) >= 0) {
		up = u->link.prepared;
		p->dial_ms = between(now.began, u->link.answered);
		p->negotiate_ms = between(u->link.answered, up);
	}
	p->prove_ms = between(up, now.proved);
	p->ready_ms = between(now.began, now.proved);
	p->mtu = now.mtu;
	p->kbps = now.kbps;
}

static void
watch_p95(uint32_t id, struct drill_past *p)
{
	char text[MSG_TEXT_LEN];
	uint32_t was, is;

	drill_sample(p, p->ready_ms);
	if (!drill_p95(p, &was, &is) || is < 2 * was) {
		p->slow_told = 0;
		return;
	}
	if (p->slow_told)
		return;
	p->slow_told = 1;
	snprintf(text, sizeof(text),
	    "%s: 95 of 100 drills are ready within %.1f s; it was %.1f s",
	    uplink_name(id), is / 1e3, was / 1e3);
	alarms_raise("drill", id, text);
}

static void
good_text(const struct drill_past *p, char *text, size_t size)
{
	char more[64], rate[DRILL_RATE_LEN];

	snprintf(text, size,
	    "good: ready after %.1f s (dial %.1f s, negotiation %.1f s, proof "
	    "%.1f s)",
	    p->ready_ms / 1e3, p->dial_ms / 1e3, p->negotiate_ms / 1e3,
	    p->prove_ms / 1e3);
	if (p->mtu != 0) {
		snprintf(more, sizeof(more), ", MTU %u", p->mtu);
		strlcat(text, more, size);
	}
	if (p->kbps != 0) {
		snprintf(more, sizeof(more), ", about %s",
		    drill_rate(rate, p->kbps));
		strlcat(text, more, size);
	}
}

static void
note(uint32_t id, bool ok, enum mreason why)
{
	struct uplink *u = &parent->uplink[id];
	struct drill_past *p = &cost_entry(id)->drill;
	int64_t wall_s = wall_now() / 1000000000;
	char text[MSG_TEXT_LEN];

	if (wall_s != 0)
		p->last_s = wall_s;
	p->done = 1;
	p->ok = ok;
	if (ok) {
		note_phases(u, p);
		watch_p95(id, p);
		good_text(p, now.result, sizeof(now.result));
		return;
	}
	u->drill_failed = monotime_now();
	failure_text(id, text, sizeof(text));
	snprintf(now.result, sizeof(now.result), "failed: %s%s%.180s",
	    mreason_text(why), text[0] != '\0' ? ": " : "", text);
}

/* Its own event is over, unless that of an outage has begun. */
static void
end_event(const char *label, bool ok, enum mreason why)
{
	struct ctl_event *ev = &now.event;

	if (ev->id[0] == '\0' || why == MWHY_TAKEN)
		return;
	ev->ended = 1;
	ev->ended_ns = wall_now();
	ev->duration_s = between(now.began, monotime_now()) / 1000;
	snprintf(ev->cause, sizeof(ev->cause), "drill of %.31s %s", label,
	    ok ? "good" : "failed");
	history_end(ev);
}

void
drilling_end(uint32_t id, bool ok, enum mreason why)
{
	const char *label =
	    id < parent->conf.nuplinks ? uplink_name(id) : "drill";

	snprintf(
	    now.result, sizeof(now.result), "drill: %s", mreason_text(why));
	/* one that came to no end says nothing of the backup */
	if (id < parent->conf.nuplinks &&
	    (ok || why == MWHY_NOT_STARTED || why == MWHY_NOT_PROVED ||
		why == MWHY_LINK_FAILED))
		note(id, ok, why);
	history_line(label, "drill %s", now.result);
	if (ok && id < parent->conf.nuplinks)
		peering_drilled(id);
	end_event(label, ok, why);
	now.uplink = MACHINE_NONE;
	cost_write();
}

const char *
drilling_result(void)
{
	return now.result;
}

void
drilling_fill(uint32_t id, struct ctl_drill *r)
{
	const struct uplink *u = &parent->uplink[id];
	const struct drill_past *p;
	int64_t due;

	if (id == 0)
		return;
	p = &cost_entry(id)->drill;
	r->going_on = now.uplink == id;
	r->done = p->done;
	r->ok = p->ok;
	r->last_ns = p->done ? p->last_s * 1000000000 : 0;
	r->dial_ms = p->dial_ms;
	r->negotiate_ms = p->negotiate_ms;
	r->prove_ms = p->prove_ms;
	r->ready_ms = p->ready_ms;
	r->mtu = p->mtu;
	r->kbps = p->kbps;
	r->samples = p->n;
	drill_spread(p, &r->p50_ms, &r->p95_ms);
	due = drill_due(&u->conf.drill, p, wall_now() / 1000000000, offset(u));
	r->scheduled = u->conf.drill.every_ms != 0;
	r->next_ns = due * 1000000000;
}
