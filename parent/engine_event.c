/* SPDX-License-Identifier: ISC */
/*
 * The account of an event: when it began and was over, for what, and what is
 * of it, though another one may have begun while its backup still drains.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/histogram.h"
#include "common/wall.h"
#include "parent/capture.h"
#include "parent/cost.h"
#include "parent/history.h"
#include "parent/parent.h"

static char asked[CTL_NAME_LEN]; /* the backup, where an event was asked for */

/* An event's cause for people: the uplink and what was wrong with it. */
static void
event_cause(char *buf, size_t size, enum mreason why)
{
	const struct uplink *u = &parent->uplink[0];

	if (why == MWHY_ASKED)
		strlcpy(buf, "asked for", size);
	else if (parent->machine.primary.cause != MSG_CAUSE_NONE)
		snprintf(buf, size, "%s %s%s", u->conf.label,
		    uplink_faulty_family(0, engine_primary_cause()),
		    msg_cause_text(engine_primary_cause()));
	else
		snprintf(buf, size, "%s %s", u->conf.label, mreason_text(why));
}

/* When a far target last answered, of those families that are bad now. */
static int64_t
last_answer_ns(const struct seen *s, uint32_t families)
{
	int64_t ns = 0;
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (families & 1u << f && s->rounds[f].known &&
		    (s->rounds[f].bad > 0 || s->decide.told == 0) &&
		    s->rounds[f].last.last_answer_ns > ns)
			ns = s->rounds[f].last.last_answer_ns;
	return ns;
}

/* The same, as far as the prober can be believed. */
static struct monotime
last_answer(struct monotime now)
{
	const struct seen *s = &parent->uplink[0].seen;
	struct monotime t =
	    monotime_from_ns(last_answer_ns(s, uplink_families(0)));

	if (!monotime_valid(t) || monotime_cmp(t, now) > 0 ||
	    monotime_ms_between(t, now) > UINT32_MAX)
		return now;
	return t;
}

/*
 * What begins now began with the request or with the last answer, and not
 * before the last end.
 */
static struct monotime
beginning(struct monotime now, bool by_request)
{
	struct monotime last = last_answer(now);

	if (by_request)
		last = monotime_valid(parent->asked) ? parent->asked : now;
	return monotime_cmp(last, parent->returned) > 0 ? last
							: parent->returned;
}

/* What was so when we began to look was not detected. */
static void
tell_detected(const struct ctl_event *ev)
{
	if (ev->detect_ms > 0)
		history_line("state",
		    "%s: detected %u ms after the last answer", ev->cause,
		    ev->detect_ms);
	else
		history_line(
		    "state", "%s: no answer was seen before", ev->cause);
}

void
engine_event_begin(enum mreason why)
{
	struct ctl_event *ev = &parent->event;
	struct monotime now = monotime_now(), last = now, seen;

	memset(ev, 0, sizeof(*ev));
	parent->left = 0;
	event_cause(ev->cause, sizeof(ev->cause), why);
	if (why != MWHY_ADOPTED)
		last = beginning(now, why == MWHY_ASKED);
	ev->began_ns = wall_of(last);
	if (why != MWHY_ASKED)
		ev->detect_ms = (uint32_t)monotime_ms_between(last, now);
	/* what was before is not of a new event; where one ended it was asked */
	if (!monotime_valid(parent->returned))
		cost_ask_octets();
	parent->returned = (struct monotime){ 0 };
	parent->event_began =
	    history_begin(ev, last, why == MWHY_ADOPTED ? &seen : NULL);
	parent->outage_began = (struct monotime){ 0 };
	if (why != MWHY_ADOPTED && ev->detect_ms != 0)
		parent->outage_began = parent->event_began;
	if (ev->backup[0] != '\0') /* traffic is there since, as it was left */
		parent->backup_since = seen;
	if (why != MWHY_ADOPTED && why != MWHY_ASKED) {
		tell_detected(ev);
		capture_ask(ev->id);
	}
	parent->detect_ms = ev->detect_ms;
	parent->dial_ms = 0; /* of what is dialled for it */
	strlcpy(
	    asked, uplink_name(parent->machine.request_uplink), sizeof(asked));
	parent->event_cause = why == MWHY_ASKED     ? CTL_CAUSE_ASKED
			      : why == MWHY_ADOPTED ? MSG_CAUSE_NONE
						    : engine_primary_cause();
	if (why != MWHY_ADOPTED && ev->detect_ms > 0)
		histogram_add(&parent->phase[CTL_PHASE_DETECT],
		    (int64_t)ev->detect_ms * 1000);
}

/*
 * Time with traffic on a backup goes to the event's account, in whole seconds:
 * what is left of one belongs to the next.
 */
void
engine_backup_time(void)
{
	struct monotime now = monotime_now(), since = parent->backup_since;
	uint32_t s;

	if (!monotime_valid(since))
		since = now;
	s = (uint32_t)(monotime_ms_between(since, now) / 1000);
	parent->event.backup_s += s;
	parent->backup_since = parent->machine.want.active != 0
				   ? monotime_add_ms(since, (int64_t)s * 1000)
				   : (struct monotime){ 0 };
}

bool
engine_event_open(void)
{
	return parent->event.id[0] != '\0' && !parent->event.ended;
}

/* Times of another backup's try say nothing of this one's. */
static void
spans_by(struct ctl_event *ev, uint32_t uplink)
{
	if (strcmp(ev->by, uplink_name(uplink)) == 0)
		return;
	strlcpy(ev->by, uplink_name(uplink), sizeof(ev->by));
	ev->dial_ms = ev->prove_ms = 0;
}

struct ctl_event *
engine_event_spans(uint32_t uplink)
{
	struct ctl_event *ev = &parent->event;

	if (!engine_event_open() || ev->backup[0] != '\0')
		return NULL;
	spans_by(ev, uplink);
	return ev;
}

/*
 * While targets are dead for everybody the LAN is online, for hours maybe.  A
 * look at them that ends in a failover cannot tell since when it is not any
 * more; a primary that fails by itself can.
 */
void
engine_event_state(enum machine_state to, enum mreason why)
{
	const struct machine *m = &parent->machine;

	if (why == MWHY_TARGET)
		parent->outage_began = (struct monotime){ 0 };
	else if (to == MACHINE_DIALING &&
		 !monotime_valid(parent->outage_began) &&
		 m->want.active == MACHINE_PRIMARY &&
		 parent->event.detect_ms != 0 &&
		 (why == MWHY_DOWN || why == MWHY_CARRIER))
		parent->outage_began = m->primary.bad_since;
}

/*
 * Traffic is on a backup, which was read back: its route had been laid before
 * the rest was done.  What was asked for is no outage, one without an answer
 * before it has no length, and only the first switch of an event ends one.
 */
void
engine_event_moved(void)
{
	struct ctl_event *ev = &parent->event;
	int64_t rest_us = (int64_t)parent->apply_us - parent->moved_us;

	if (!monotime_valid(parent->outage_began) || ev->outage_ms != 0)
		return;
	ev->outage_ms = engine_ms_since(
	    monotime_add_ns(parent->outage_began, rest_us * 1000));
	spans_by(ev, parent->machine.want.active);
}

uint32_t
engine_ms_since(struct monotime then)
{
	int64_t ms = (monotime_sub(monotime_now(), then) + 999999) / 1000000;

	return ms < 1 ? 1 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

struct ctl_event *
engine_event_of(uint32_t number)
{
	static struct ctl_event old;

	if (number == strtoul(parent->event.id, NULL, 16))
		return &parent->event;
	snprintf(old.id, sizeof(old.id), "%04x", number);
	return history_event(old.id, &old, NULL, NULL) == -1 ? NULL : &old;
}

void
engine_amend(struct ctl_event *ev)
{
	if (ev != &parent->event || ev->ended)
		history_amend(ev);
}

struct ctl_event *
engine_draining(uint32_t uplink)
{
	struct ctl_event *ev = NULL;

	if (parent->draining != 0)
		ev = engine_event_of(parent->draining);
	return ev != NULL && strcmp(ev->backup, uplink_name(uplink)) == 0
		   ? ev
		   : NULL;
}

/* What this uplink carries from now on is of no event before. */
void
engine_event_anew(uint32_t uplink)
{
	if (engine_draining(uplink) != NULL)
		parent->draining = 0;
}

/* Another event begins: this one was over when traffic had returned. */
static struct monotime
end_before(const struct ctl_event *ev)
{
	const struct machine *m = &parent->machine;
	uint32_t drain = m->want.drain;

	/* why the next one begins is not told yet */
	history_split(beginning(monotime_now(),
	    m->request != 0 && m->request_uplink != MACHINE_PRIMARY));
	if (drain != MACHINE_NONE && drain != MACHINE_PRIMARY)
		parent->draining = (uint32_t)strtoul(ev->id, NULL, 16);
	return parent->returned;
}

void
engine_event_end(enum mreason why)
{
	struct ctl_event *ev = &parent->event;
	struct monotime end = monotime_now();

	if (ev->id[0] == '\0' || ev->ended)
		return;
	if (why == MWHY_NEXT)
		end = end_before(ev);
	else
		parent->returned = (struct monotime){ 0 };
	ev->ended = 1;
	ev->ended_ns = wall_of(end);
	ev->duration_s =
	    (uint32_t)(monotime_ms_between(parent->event_began, end) / 1000);
	if ((why == MWHY_NOT_PROVED || why == MWHY_NOT_STARTED) &&
	    parent->event_cause == CTL_CAUSE_ASKED && ev->backup[0] == '\0')
		snprintf(ev->cause, sizeof(ev->cause),
		    "asked for, %.31s failed", asked);
	ev->clean = why == MWHY_DONE && parent->network_ok && parent->left == 0;
	engine_backup_time();
	cost_ask_octets(); /* since traffic has left it, the rest has drained */
	history_line("state", "event %s ends after %u s: %s%s", ev->id,
	    ev->duration_s, mreason_text(why), ev->clean ? ", clean" : "");
	history_end(ev);
}

void
engine_account(void)
{
	engine_backup_time();
	history_flush(&parent->event);
}
