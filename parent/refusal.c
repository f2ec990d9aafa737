/* SPDX-License-Identifier: ISC */
/*
 * What an operator must know of a refusal: which switch is in the way, which
 * limit, which hold, and when it will be gone.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "parent/cost.h"
#include "parent/parent.h"
#include "parent/refusal.h"

#define MORE_LEN (REFUSAL_LEN - 80)

/* ---- what is under way ---- */

/* How far the one try is, and how long that may take. */
static const char *
step(char buf[64])
{
	const struct machine_try *t = &parent->machine.try;
	const char *is = t->phase == MACHINE_TRY_START   ? "is brought up"
			 : t->phase == MACHINE_TRY_PROVE ? "is proved"
			 : t->hangup                     ? "is hung up"
							 : NULL;

	buf[0] = '\0';
	if (is == NULL && t->phase == MACHINE_TRY_WAIT &&
	    monotime_valid(t->deadline))
		snprintf(buf, 64, ", which is tried in %u s",
		    show_seconds_left(t->deadline));
	else if (is != NULL && monotime_valid(t->deadline))
		snprintf(buf, 64, ", which %s, for %u s at most", is,
		    show_seconds_left(t->deadline));
	return buf;
}

static void
request(char *text, size_t size)
{
	const struct machine *m = &parent->machine;
	char buf[64];

	if (m->request_cuts)
		snprintf(text, size, "old flows are cut");
	else if (m->request_uplink != MACHINE_PRIMARY)
		snprintf(text, size, "failover to %s%s",
		    uplink_name(m->request_uplink), step(buf));
	else
		snprintf(text, size, "fallback, for %u s at most",
		    show_seconds_left(m->request_until));
}

/* Links of backups that nobody waits for, but a drill would. */
static void
link(char *text, size_t size)
{
	const struct machine *m = &parent->machine;
	const struct machine_backup *b;
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++) {
		b = &m->backup[i];
		if (parent->mconf.uplink[i].needs_dial && b->stale)
			snprintf(
			    text, size, "%s is to be stopped", uplink_name(i));
		if (b->link == MACHINE_LINK_STARTING)
			snprintf(
			    text, size, "%s is brought up", uplink_name(i));
		else if (b->link == MACHINE_LINK_STOPPING)
			snprintf(text, size, "%s is stopped, for %u s at most",
			    uplink_name(i),
			    show_seconds_left(
				monotime_add_ms(b->since, MACHINE_STOP_MS)));
	}
}

static void
drain(char *text, size_t size)
{
	char more[32] = "";
	uint32_t s = show_drain_left();

	if (s > 0)
		snprintf(more, sizeof(more), " for %u s at most", s);
	snprintf(text, size, "old flows drain off %s%s",
	    uplink_name(parent->machine.want.drain), more);
}

static void
busy(char *text, size_t size)
{
	const struct machine *m = &parent->machine;
	char buf[64];

	if (m->request != 0)
		request(text, size);
	else if (m->drill.uplink != MACHINE_NONE)
		snprintf(text, size, "drill of %s%s",
		    uplink_name(m->drill.uplink), step(buf));
	else if (m->want.drain != MACHINE_NONE)
		drain(text, size);
	else if (!m->applied)
		strlcpy(text, "the network is being set", size);
	else if (m->try.phase != MACHINE_TRY_NONE)
		snprintf(text, size, "a try of %s%s",
		    uplink_name(m->try.uplink), step(buf));
	else
		link(text, size);
}

/* ---- the others ---- */

static void
held(char *text, size_t size)
{
	const struct machine *m = &parent->machine;

	if (monotime_valid(m->held_until))
		snprintf(text, size, "for %u s more",
		    show_seconds_left(m->held_until));
	else
		strlcpy(text, "until release", size);
}

/* When traffic returns by itself, if the primary is good from now on. */
static void
earliest(char *text, size_t size)
{
	const struct machine *m = &parent->machine;
	struct monotime now = monotime_now();
	struct machine_return r;
	int64_t ms;

	text[0] = '\0';
	machine_return_due(m, &parent->mconf, now, &r);
	ms = r.after_ms > r.stable_ms ? r.after_ms : r.stable_ms;
	if (r.put_off_ms > ms)
		ms = r.put_off_ms;
	if (r.flap_ms > ms)
		ms = r.flap_ms;
	if (monotime_valid(m->manual_until))
		ms = monotime_ms_between(now, m->manual_until);
	if (r.possible && ms > 0)
		snprintf(text, size,
		    "; traffic returns by itself in %lld s at the earliest",
		    (long long)((ms + 999) / 1000));
}

/* Of the primary; just after a start nothing need be wrong with it. */
static void
cause(char *text, size_t size)
{
	const struct machine_health *p = &parent->machine.primary;
	uint32_t found = engine_primary_cause();

	if (found == MSG_CAUSE_NONE && p->congested)
		found = MSG_CAUSE_CONGESTED;
	if (found != MSG_CAUSE_NONE)
		snprintf(text, size, "%s%s", uplink_faulty_family(0, found),
		    msg_cause_text(found));
	else if (!p->known)
		strlcpy(text, "not judged yet", size);
}

static void
primary(char *text, size_t size)
{
	char when[80];

	cause(text, size);
	earliest(when, sizeof(when));
	if (text[0] != '\0')
		strlcat(text, when, size);
}

/* A doubt ends with a verdict, and without one, too. */
static void
doubt(char *text, size_t size)
{
	const struct machine *m = &parent->machine;

	if (m->state == MACHINE_SUSPECT && monotime_valid(m->deadline))
		snprintf(text, size, "for %u s at most",
		    show_seconds_left(m->deadline));
}

/* Of this backup: a call that may not be placed, or one that failed. */
static void
backup(enum mreason why, uint32_t id, char *text, size_t size)
{
	char more[MSG_TEXT_LEN];

	if (id >= parent->conf.nuplinks)
		return;
	if (why == MWHY_BARRED)
		cost_refusal(id, more, sizeof(more));
	else
		failure_text(id, more, sizeof(more));
	snprintf(text, size, "%s%s%s", uplink_name(id),
	    more[0] != '\0' ? ": " : "", more);
}

const char *
refusal(enum mreason why, uint32_t uplink, char text[REFUSAL_LEN])
{
	char more[MORE_LEN] = "";

	switch (why) {
	case MWHY_BARRED:
	case MWHY_NOT_PROVED:
	case MWHY_NOT_STARTED:
		backup(why, uplink, more, sizeof(more));
		break;
	case MWHY_BUSY:
		busy(more, sizeof(more));
		break;
	case MWHY_IS_HELD:
		held(more, sizeof(more));
		break;
	case MWHY_AWAY:
		strlcpy(more, uplink_name(parent->machine.want.active),
		    sizeof(more));
		break;
	case MWHY_APPLY_FAILED:
		strlcpy(more, parent->network_why, sizeof(more));
		break;
	case MWHY_PRIMARY_NOT_GOOD:
		primary(more, sizeof(more));
		break;
	case MWHY_IS_DOWN:
		cause(more, sizeof(more));
		break;
	case MWHY_NOT_CALM:
		doubt(more, sizeof(more));
		break;
	default:
		break;
	}
	snprintf(text, REFUSAL_LEN, "%s%s%s", mreason_text(why),
	    more[0] != '\0' ? ": " : "", more);
	return text;
}
