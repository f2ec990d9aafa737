/* SPDX-License-Identifier: ISC */
/* How things stand, in the few words that every screen begins with. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "parent/length.h"
#include "parent/parent.h"

#define WHY_MAX 136 /* of the line, for what is wrong with backups */

/* What is held is dead, and nothing is done about it, as asked. */
static int
held_dead(const struct machine *m)
{
	const struct machine_backup *b;

	if (m->held == MACHINE_NONE || m->held != m->want.active || m->target)
		return 0;
	if (m->held == MACHINE_PRIMARY)
		return m->primary.down;
	b = &m->backup[m->held];
	return b->link != MACHINE_LINK_UP || b->stale;
}

/* "upstream dead", "IPv6 upstream dead" */
static const char *
cause_text(uint32_t id, uint32_t cause)
{
	static char text[CTL_WORD_LEN + 8];

	snprintf(text, sizeof(text), "%s%s", uplink_faulty_family(id, cause),
	    msg_cause_text(cause));
	return text;
}

static const char *
primary_cause(void)
{
	return cause_text(0, engine_primary_cause());
}

static const char *
held_cause(const struct machine *m)
{
	if (m->held == MACHINE_PRIMARY)
		return primary_cause();
	if (m->backup[m->held].link != MACHINE_LINK_UP)
		return "link lost";
	return cause_text(m->held, parent->uplink[m->held].seen.cause);
}

/* A link that is on its way, which the others wait for; or none. */
static uint32_t
busy_link(const struct machine *m)
{
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++)
		if (m->backup[i].link == MACHINE_LINK_STARTING ||
		    m->backup[i].link == MACHINE_LINK_STOPPING)
			return i;
	return MACHINE_NONE;
}

/* Why not at once. */
static const char *
pause_text(const struct machine *m)
{
	const struct machine_try *t = &m->try;
	uint32_t after_ms = parent->mconf.uplink[t->uplink].dial_after_ms;

	if (monotime_cmp(t->deadline, m->backup[t->uplink].not_before) == 0)
		return "its last try failed";
	if (monotime_valid(m->down_at) &&
	    monotime_cmp(t->deadline, monotime_add_ms(m->down_at, after_ms)) ==
		0)
		return "dial after";
	return mreason_text(MWHY_DIAL_CAP);
}

/* What is being done about a backup, or waited for. */
static void
try_text(const struct machine *m, char *buf, size_t size)
{
	const struct machine_try *t = &m->try;
	const char *name = uplink_name(t->uplink);
	uint32_t busy = busy_link(m);
	int waits = t->phase == MACHINE_TRY_WAIT;
	int starts = busy != MACHINE_NONE &&
		     m->backup[busy].link == MACHINE_LINK_STARTING;

	if (waits && (t->hangup || (busy == t->uplink && !starts)))
		snprintf(buf, size, "%s is hung up before it is tried", name);
	else if (waits && monotime_valid(t->deadline))
		snprintf(buf, size, "%s is tried in %u s: %s", name,
		    show_seconds_left(t->deadline), pause_text(m));
	else if (waits && busy != MACHINE_NONE && busy != t->uplink)
		snprintf(buf, size, "%s waits until %s is %s", name,
		    uplink_name(busy), starts ? "brought up" : "hung up");
	else
		snprintf(buf, size, "bringing up %s", name);
}

/* A dead primary, or an operator's wish while it works. */
static void
verdict_dialing(struct ctl_summary *s)
{
	const struct machine *m = &parent->machine;
	char what[128];

	try_text(m, what, sizeof(what));
	if (m->primary.down)
		snprintf(s->verdict, sizeof(s->verdict),
		    "DOWN  primary %s: %s; %s", uplink_name(0), primary_cause(),
		    what);
	else
		snprintf(s->verdict, sizeof(s->verdict),
		    "SWITCHING  %s; traffic is on %s", what,
		    uplink_name(m->want.active));
}

/* As netconf was told, whose own end of it we wait for a little longer. */
uint32_t
show_drain_left(void)
{
	struct monotime until = parent->machine.drain_until;

	if (!monotime_valid(until))
		return 0;
	return show_seconds_left(
	    monotime_add_ms(until, -(int64_t)MACHINE_DRAIN_GRACE_MS));
}

/* Until when what is left of old connections may stay on the backup. */
static void
verdict_returning(struct ctl_summary *s, const char *since)
{
	const struct machine *m = &parent->machine;
	char text[MSG_TEXT_LEN] = "", left[LENGTH_LEN], some[16] = "";
	uint32_t n = parent->glance.draining;
	uint32_t s_left = show_drain_left();

	if (n != MSG_FLOWS_NONE && n != 0)
		snprintf(some, sizeof(some), "%u ", n);
	if (s_left > 0)
		snprintf(text, sizeof(text),
		    "; %sold flow%s drain%s off %s within %s; dialfailctl "
		    "fallback cuts %s now",
		    some, n == 1 ? "" : "s", n == 1 ? "s" : "",
		    uplink_name(m->want.drain), length_text(left, s_left),
		    n == 1 ? "it" : "them");
	snprintf(s->verdict, sizeof(s->verdict), "RETURNING to %s for %s%s",
	    uplink_name(0), since, text);
}

/* Where traffic is without what was never laid, main alone knows. */
static void
verdict_not_set(struct ctl_summary *s)
{
	const struct machine *m = &parent->machine;
	const char *name = uplink_name(m->want.active);

	if (s->active != m->want.active)
		snprintf(s->verdict, sizeof(s->verdict),
		    "NOT SWITCHED  traffic is on %s; wanted on %s: %.160s",
		    uplink_name(s->active), name, parent->network_why);
	else
		snprintf(s->verdict, sizeof(s->verdict),
		    "NETWORK NOT SET  %.160s; traffic is wanted on %s",
		    parent->network_why, name);
}

/* Each backup with its reason; 0: one could take over, or there is none. */
static int
none_fit(char *text, size_t size)
{
	uint32_t i, n = parent->conf.nuplinks;
	char why[MSG_TEXT_LEN], one[2 * MSG_TEXT_LEN];
	size_t used;

	text[0] = '\0';
	for (i = 1; i < n; i++) {
		if (!uplink_unfit(i, why, sizeof(why)))
			return 0;
		/* each has its share of what the others left, with its name */
		snprintf(one, sizeof(one), "%s%s: %s", i > 1 ? "; " : "",
		    uplink_name(i), why);
		used = strlen(text);
		strlcpy(text + used, one, (size - 1 - used) / (n - i) + 1);
	}
	return n > 1;
}

/* When one that could take over was last proved, the latest of them. */
static void
proved_text(char *text, size_t size)
{
	uint32_t i, s, least = UINT32_MAX, n = parent->conf.nuplinks;
	char why[MSG_TEXT_LEN], ago[LENGTH_LEN];
	int64_t at_ns;

	for (i = 1; i < n; i++)
		if (!uplink_unfit(i, why, sizeof(why)) &&
		    show_proved(i, &at_ns, &s) && s < least)
			least = s;
	if (least != UINT32_MAX)
		snprintf(
		    text, size, "; backup proved %s", length_ago(ago, least));
	else
		strlcpy(text, n > 1 ? "; backup not proved yet" : "", size);
}

/* It works; but would anything, if it did not? */
static void
verdict_primary(struct ctl_summary *s, const char *since)
{
	const struct machine *m = &parent->machine;
	char why[WHY_MAX], but[sizeof(why) + 40] = "  ", proved[48] = "";

	if (!m->target && none_fit(why, sizeof(why)))
		snprintf(but, sizeof(but),
		    ", but no backup can take over: %s; ", why);
	else if (!m->target)
		proved_text(proved, sizeof(proved));
	snprintf(s->verdict, sizeof(s->verdict), "%s%sprimary %s for %s%s%s",
	    m->target ? "UNSURE" : "OK", but, uplink_name(m->want.active),
	    since, proved, m->primary.congested ? "; congested" : "");
}

void
show_verdict(struct ctl_summary *s)
{
	const struct machine *m = &parent->machine;
	char since[LENGTH_LEN], then[64] = "";
	const char *name = uplink_name(m->want.active);

	length_text(since, s->since_s);
	if (s->fallback_due)
		snprintf(then, sizeof(then), "; returns to %s in %u s",
		    uplink_name(0), s->due_s);
	if (held_dead(m)) {
		snprintf(s->verdict, sizeof(s->verdict),
		    "DOWN  %s: %s; held: nothing is switched", name,
		    held_cause(m));
		return;
	}
	if (m->apply_fails > 0) {
		verdict_not_set(s);
		return;
	}
	switch (m->state) {
	case MACHINE_STARTING:
		strlcpy(s->verdict, "STARTING  nothing is known yet",
		    sizeof(s->verdict));
		break;
	case MACHINE_ON_PRIMARY:
		verdict_primary(s, since);
		break;
	case MACHINE_SUSPECT:
		snprintf(s->verdict, sizeof(s->verdict),
		    "SUSPECT  primary %s: %s", name, primary_cause());
		break;
	case MACHINE_DIALING:
		verdict_dialing(s);
		break;
	case MACHINE_ON_BACKUP:
		snprintf(s->verdict, sizeof(s->verdict),
		    "ON BACKUP %s for %s%s", name, since, then);
		break;
	case MACHINE_RETURNING:
		verdict_returning(s, since);
		break;
	case MACHINE_STRANDED:
		snprintf(s->verdict, sizeof(s->verdict),
		    "STRANDED for %s; no uplink works; traffic left on %s",
		    since, name);
		break;
	case MACHINE_STATE_MAX:
		break;
	}
	if (m->target)
		strlcat(s->verdict, "; far targets dead through every uplink",
		    sizeof(s->verdict));
}
