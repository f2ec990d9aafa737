/* SPDX-License-Identifier: ISC */
/*
 * What people are told of rounds that move nothing: a family that does not
 * decide, a target that is silent while others answer, a congested uplink.
 * Each is told once when it begins and once when it ends, and only after it
 * has lasted, so that a lossy line does not tell the same story all day.
 */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parent/alarms.h"
#include "parent/history.h"
#include "parent/parent.h"
#include "parent/target.h"

#define SILENT_ROUNDS 5 /* in a row, both ways */
#define SILENT_MS     (60 * 60 * 1000) /* one alarm per target in it */
#define CONGESTED_MS  (30 * 1000)

static void __attribute__((__format__(printf, 3, 4)))
alarm_of(uint32_t id, const char *kind, const char *fmt, ...)
{
	char what[MSG_TEXT_LEN], text[MSG_TEXT_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s: ", uplink_name(id));
	strlcat(text, what, sizeof(text));
	alarms_raise(kind, id, text);
}

/*
 * A family is down while the whole is good: told at a good round, so that
 * one that only dies first of two is not an alarm of its own.
 */
static void
families(uint32_t id, struct uplink *u)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++) {
		struct rounds *n = &u->seen.rounds[f];

		if (n->alarmed || n->bad <= u->conf.probe.retry)
			continue;
		n->alarmed = 1;
		alarm_of(id, "family",
		    "%sdown: %s; the site stays, decide is %s",
		    uplink_family(u, f), msg_cause_text(n->last.cause),
		    conf_decide_words[u->conf.decide]);
	}
}

static void
family_back(uint32_t id, struct uplink *u, uint32_t family)
{
	struct rounds *n = &u->seen.rounds[family];

	if (!n->alarmed)
		return;
	n->alarmed = 0;
	alarm_of(id, "family", "%sup again", uplink_family(u, family));
}

/* One that comes and goes all day gets one alarm an hour. */
static void
silent(uint32_t id, struct silence *s, const char *name)
{
	struct monotime now = monotime_now();

	if (s->told || ++s->rounds < SILENT_ROUNDS)
		return;
	s->told = 1;
	if (monotime_valid(s->alarmed) &&
	    monotime_ms_between(s->alarmed, now) < SILENT_MS) {
		history_detail(uplink_name(id),
		    "target %s does not answer, once more", name);
		return;
	}
	s->alarmed = now;
	alarm_of(id, "one-target", "target %s does not answer", name);
}

static void
answers(uint32_t id, struct silence *s, const char *name)
{
	if (!s->told) {
		s->rounds = 0;
		return;
	}
	if (++s->answered < SILENT_ROUNDS)
		return;
	history_detail(uplink_name(id), "target %s answers again", name);
	s->told = 0;
	s->rounds = s->answered = 0;
}

static void
targets(uint32_t id, struct uplink *u, const struct msg_round *r)
{
	char name[TARGET_NAME_LEN];
	uint32_t i;

	for (i = 0; i < r->ntargets; i++) {
		const struct conf_target *t = &u->conf.target[i];
		struct silence *s = &u->seen.silence[i];

		if (t->near || target_family(t) != r->family ||
		    r->target[i].sent == 0)
			continue;
		target_name(t, name, sizeof(name));
		if (r->target[i].state == MSG_TARGET_UP)
			answers(id, s, name);
		else if (r->target[i].state == MSG_TARGET_DOWN) {
			s->answered = 0;
			silent(id, s, name);
		}
	}
}

static void
congested(uint32_t id, struct uplink *u)
{
	struct seen *s = &u->seen;
	struct monotime now = monotime_now();

	if (!monotime_valid(s->congested_since))
		s->congested_since = now;
	if (s->congested_told || id != parent->machine.want.active ||
	    monotime_ms_between(s->congested_since, now) < CONGESTED_MS)
		return;
	s->congested_told = 1;
	alarm_of(id, "congested",
	    "congested: answers come late; nothing is switched for that");
}

static void
not_congested(uint32_t id, struct uplink *u)
{
	struct seen *s = &u->seen;

	if (s->congested_told)
		history_line(uplink_name(id),
		    "no longer congested, after %lld s",
		    (long long)(monotime_ms_between(
				    s->congested_since, monotime_now()) /
				1000));
	s->congested_told = 0;
	s->congested_since = (struct monotime){ 0 };
}

void
notice_round(uint32_t id, const struct msg_round *r, uint32_t verdict)
{
	struct uplink *u = &parent->uplink[id];

	if (r->verdict == MSG_GOOD) {
		family_back(id, u, r->family);
		targets(id, u, r);
	}
	if (verdict == MSG_GOOD && id == 0)
		families(id, u);
	if (verdict == MSG_CONGESTED)
		congested(id, u);
	else if (verdict != MSG_VOID)
		not_congested(id, u);
}
