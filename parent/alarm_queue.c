/* SPDX-License-Identifier: ISC */
/* Alarms that wait; see alarm_queue.h. */
#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parent/alarm_queue.h"

#define HOUR_MS   (60 * 60 * 1000)
#define FIELDS    8
#define AGE_MAX_S (60 * 24 * 60 * 60) /* none is kept for so long */

/* Is it about the same thing? */
static int
same(const struct msg_alarm *a, const char *kind, const char *uplink)
{
	return strcmp(a->kind, kind) == 0 && strcmp(a->uplink, uplink) == 0;
}

static void
drop(struct alarm_queue *q, uint32_t i)
{
	q->n--;
	memmove(
	    &q->alarm[i], &q->alarm[i + 1], (q->n - i) * sizeof(q->alarm[0]));
}

/* A place at the end; the oldest goes if there is none. */
static uint32_t
append(struct alarm_queue *q, const struct alarm *a)
{
	uint32_t dropped = q->n == ALARM_WAITING_MAX;

	if (dropped)
		drop(q, 0);
	q->alarm[q->n++] = *a;
	return dropped;
}

/* The one that waits already about the same thing, or NULL. */
static struct alarm *
find(struct alarm_queue *q, const struct msg_alarm *m)
{
	uint32_t i;

	for (i = 0; i < q->n; i++)
		if (q->alarm[i].ctl == 0 &&
		    same(&q->alarm[i].msg, m->kind, m->uplink))
			return &q->alarm[i];
	return NULL;
}

uint32_t
alarm_add(struct alarm_queue *q, const struct msg_alarm *m, uint32_t ctl,
    struct monotime now)
{
	struct alarm a = { .msg = *m, .raised = now, .count = 1, .ctl = ctl };
	struct alarm *waits;

	if (ctl != 0 || (waits = find(q, m)) == NULL)
		return append(q, &a);
	waits->msg = *m; /* the newest says how it is */
	waits->count++;
	return 0;
}

void
alarm_hurry(struct alarm_queue *q)
{
	q->failed = 0;
	q->next = (struct monotime){ 0 };
	q->moved = 1;
}

/* The end of the hour that has had enough of these; invalid: none. */
static struct monotime
enough(
    const struct alarm_queue *q, const struct msg_alarm *m, struct monotime now)
{
	const struct monotime none = { 0 };
	struct monotime oldest = none;
	uint32_t i, n = 0;

	for (i = 0; i < ALARM_SENT_MAX; i++) {
		const struct alarm_sent *s = &q->sent[i];

		if (!monotime_valid(s->when) || !same(m, s->kind, s->uplink) ||
		    monotime_ms_between(s->when, now) >= HOUR_MS)
			continue;
		n++;
		if (!monotime_valid(oldest) ||
		    monotime_cmp(s->when, oldest) < 0)
			oldest = s->when;
	}
	return n < ALARM_AN_HOUR ? none : monotime_add_ms(oldest, HOUR_MS);
}

/* When this one may be tried. */
static struct monotime
due(const struct alarm_queue *q, const struct alarm *a, struct monotime now)
{
	struct monotime when = enough(q, &a->msg, now);

	if (a->ctl != 0)
		return now;
	if (!monotime_valid(when) || monotime_cmp(when, now) < 0)
		when = now;
	return monotime_cmp(q->next, when) > 0 ? q->next : when;
}

/* The first of those that are due soonest; -1: none waits. */
static int
soonest(const struct alarm_queue *q, struct monotime now, struct monotime *when)
{
	struct monotime w;
	uint32_t i;
	int found = -1;

	for (i = 0; i < q->n; i++) {
		w = due(q, &q->alarm[i], now);
		if (found == -1 || monotime_cmp(w, *when) < 0 ||
		    (monotime_cmp(w, *when) == 0 && q->alarm[i].ctl != 0 &&
			q->alarm[found].ctl == 0)) {
			found = (int)i;
			*when = w;
		}
	}
	return found;
}

struct monotime
alarm_due(const struct alarm_queue *q, struct monotime now)
{
	struct monotime when = { 0 };

	if (q->running || soonest(q, now, &when) == -1)
		return (struct monotime){ 0 };
	return when;
}

const struct alarm *
alarm_take(struct alarm_queue *q, struct monotime now)
{
	struct monotime when;
	int i;

	if (q->running || (i = soonest(q, now, &when)) == -1 ||
	    monotime_cmp(when, now) > 0)
		return NULL;
	q->taken = q->alarm[i];
	q->running = 1;
	q->moved = 0;
	drop(q, (uint32_t)i);
	q->taken.msg.id = ++q->last_id;
	q->taken.msg.count = q->taken.count;
	return &q->taken;
}

static void
remember(struct alarm_queue *q, const struct msg_alarm *m, struct monotime now)
{
	struct alarm_sent *s = &q->sent[q->nsent++ % ALARM_SENT_MAX];

	strlcpy(s->kind, m->kind, sizeof(s->kind));
	strlcpy(s->uplink, m->uplink, sizeof(s->uplink));
	s->when = now;
}

/* It waits again; if another of its kind has come, they wait as one. */
static void
give_back(struct alarm_queue *q, const struct alarm *a)
{
	struct alarm *newer = find(q, &a->msg);

	if (newer == NULL) {
		/* behind the others: one that always fails holds up none */
		(void)append(q, a);
		return;
	}
	newer->count += a->count;
	newer->raised = a->raised;
}

void
alarm_done(struct alarm_queue *q, int ok, struct monotime now)
{
	int64_t pause = ALARM_RETRY_MS;
	uint32_t i;

	q->running = 0;
	if (q->taken.ctl != 0)
		return;
	if (!ok && q->moved) {
		/* by the way that was: says nothing of the one that is */
		give_back(q, &q->taken);
		return;
	}
	if (ok) {
		remember(q, &q->taken.msg, now);
		alarm_hurry(q);
		return;
	}
	for (i = 0; i < q->failed && pause < ALARM_RETRY_MAX; i++)
		pause *= 2;
	q->failed++;
	q->next = monotime_add_ms(
	    now, pause < ALARM_RETRY_MAX ? pause : ALARM_RETRY_MAX);
	give_back(q, &q->taken);
}

uint32_t
alarm_expire(struct alarm_queue *q, uint32_t keep_ms, struct monotime now)
{
	uint32_t i, n = 0;

	for (i = q->n; i-- > 0;)
		if (monotime_ms_between(q->alarm[i].raised, now) > keep_ms) {
			drop(q, i);
			n++;
		}
	return n;
}

uint32_t
alarm_waiting(const struct alarm_queue *q)
{
	return q->n + (uint32_t)q->running;
}

struct monotime
alarm_oldest(const struct alarm_queue *q)
{
	struct monotime oldest = { 0 };
	uint32_t i;

	if (q->running)
		oldest = q->taken.raised;
	for (i = 0; i < q->n; i++)
		if (!monotime_valid(oldest) ||
		    monotime_cmp(q->alarm[i].raised, oldest) < 0)
			oldest = q->alarm[i].raised;
	return oldest;
}

/* ---- the file: A time age-s count kind event state uplink text ---- */

static void
print_one(FILE *f, const struct alarm *a, struct monotime now, int64_t wall_ns)
{
	int64_t age_ms = monotime_ms_between(a->raised, now);

	if (a->ctl != 0)
		return;
	fprintf(f, "A\t%" PRId64 "\t%" PRId64 "\t%u\t%s\t%s\t%s\t%s\t%s\n",
	    wall_ns == 0 ? 0 : wall_ns / 1000000000 - age_ms / 1000,
	    age_ms / 1000, a->count, a->msg.kind, a->msg.event, a->msg.state,
	    a->msg.uplink, a->msg.text);
}

void
alarm_print(
    FILE *f, const struct alarm_queue *q, struct monotime now, int64_t wall_ns)
{
	uint32_t i;

	if (q->running)
		print_one(f, &q->taken, now, wall_ns);
	for (i = 0; i < q->n; i++)
		print_one(f, &q->alarm[i], now, wall_ns);
}

static int
number(const char *text, int64_t max, int64_t *n)
{
	const char *why;

	*n = strtonum(text, 0, max, &why);
	return why == NULL ? 0 : -1;
}

static int
word(char *to, size_t size, const char *from)
{
	if (strlcpy(to, from, size) >= size || !msg_text_valid(to, size))
		return -1;
	return 0;
}

int
alarm_parse(
    struct alarm_queue *q, char *line, struct monotime now, int64_t wall_ns)
{
	struct alarm a;
	struct msg_alarm *m = &a.msg;
	char *f[FIELDS];
	int64_t then, age, count;
	int i;

	memset(&a, 0, sizeof(a));
	if (line[0] != 'A' || line[1] != '\t' || q->n == ALARM_WAITING_MAX)
		return -1;
	for (i = 0, line += 2; i < FIELDS; i++)
		if ((f[i] = strsep(&line, "\t")) == NULL)
			return -1;
	if (line != NULL || number(f[0], INT64_MAX / 1000000000, &then) == -1 ||
	    number(f[1], AGE_MAX_S, &age) == -1 ||
	    number(f[2], UINT32_MAX, &count) == -1 || count == 0 ||
	    word(m->kind, sizeof(m->kind), f[3]) == -1 ||
	    word(m->event, sizeof(m->event), f[4]) == -1 ||
	    word(m->state, sizeof(m->state), f[5]) == -1 ||
	    word(m->uplink, sizeof(m->uplink), f[6]) == -1 ||
	    word(m->text, sizeof(m->text), f[7]) == -1)
		return -1;
	if (then != 0 && wall_ns / 1000000000 - then > age)
		age = wall_ns / 1000000000 - then;
	a.raised = monotime_add_ms(now, -age * 1000);
	a.count = (uint32_t)count;
	q->alarm[q->n++] = a;
	return 0;
}

/* ---- reminders ---- */

int
alarm_remind(
    struct alarm_reminder *r, int away, uint32_t every_ms, struct monotime now)
{
	if (!away) {
		r->next = (struct monotime){ 0 };
		return 0;
	}
	if (!monotime_valid(r->next)) {
		r->next = monotime_add_ms(now, ALARM_REMIND_MS);
		return 0;
	}
	if (monotime_cmp(now, r->next) < 0)
		return 0;
	r->next = monotime_add_ms(now, every_ms);
	return 1;
}
