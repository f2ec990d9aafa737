/* SPDX-License-Identifier: ISC */
/*
 * Alarms that wait for the alarm program, without I/O and without a clock.
 * What tells people often needs the very link that has failed, so an alarm
 * is kept until the program has taken it: tried again after 30 s, 1 m, ...
 * up to 15 m, and at once when traffic has moved.  Repeats are digested: of
 * one kind and uplink one alarm waits, with the count, and after a few in an
 * hour the next ones wait for the hour's end together.
 */
#ifndef PARENT_ALARM_QUEUE_H
#define PARENT_ALARM_QUEUE_H

#include <stdint.h>
#include <stdio.h>

#include "common/monotime.h"
#include "common/msg.h"

#define ALARM_WAITING_MAX 64
#define ALARM_SENT_MAX    64 /* remembered */
#define ALARM_AN_HOUR     4 /* of one kind and uplink */
#define ALARM_RETRY_MS    (30 * 1000) /* doubled, up to */
#define ALARM_RETRY_MAX   (15 * 60 * 1000)
#define ALARM_REMIND_MS   (60 * 60 * 1000) /* the first reminder */

struct alarm {
	struct msg_alarm msg; /* id, time and count are filled in by take */
	struct monotime raised; /* the first of them; may be before boot */
	uint32_t count;
	uint32_t ctl; /* a test: who asked; once, and before all others */
};

struct alarm_sent {
	char kind[32];
	char uplink[CONF_LABEL_LEN];
	struct monotime when; /* invalid: none */
};

/* A struct of zeros is an empty one. */
struct alarm_queue {
	uint32_t n;
	struct alarm alarm[ALARM_WAITING_MAX]; /* oldest first */
	int running; /* the program has this one: */
	struct alarm taken;
	int moved; /* since it was taken, traffic has */
	uint32_t failed; /* in a row */
	struct monotime next; /* no other try before; invalid: at any time */
	struct alarm_sent sent[ALARM_SENT_MAX];
	uint32_t nsent; /* ever */
	uint32_t last_id;
};

/* Add one, raised now.  Returns how many were dropped for it: 0 or 1. */
uint32_t alarm_add(struct alarm_queue *, const struct msg_alarm *, uint32_t ctl,
    struct monotime now);

/* Traffic has moved: the way out may be there again. */
void alarm_hurry(struct alarm_queue *);

/* When alarm_take() will give one; invalid: not before something happens. */
struct monotime alarm_due(const struct alarm_queue *, struct monotime now);

/* The next one for the program, or NULL.  alarm_done() must follow. */
const struct alarm *alarm_take(struct alarm_queue *, struct monotime now);

/* The program has taken it, or not: then it waits again, but for a test. */
void alarm_done(struct alarm_queue *, int ok, struct monotime now);

/* Drop those older than this; how many. */
uint32_t alarm_expire(
    struct alarm_queue *, uint32_t keep_ms, struct monotime now);

/* How many, with the one that the program has; when the oldest was raised. */
uint32_t alarm_waiting(const struct alarm_queue *);
struct monotime alarm_oldest(const struct alarm_queue *); /* or never */

/*
 * The file: a line each.  Age counts also while the clock is not set, the
 * wall clock also while nothing runs; what is longer counts.  wall_ns: now,
 * or 0.  alarm_parse() changes the line; -1: none of ours, or no room.
 */
void alarm_print(
    FILE *, const struct alarm_queue *, struct monotime now, int64_t wall_ns);
int alarm_parse(
    struct alarm_queue *, char *line, struct monotime now, int64_t wall_ns);

/* What is not as it should be, and was said last then. */
struct alarm_reminder {
	struct monotime next; /* invalid: all is well */
};

/* Is a reminder due?  away: the site is on a backup, stranded or held. */
int alarm_remind(
    struct alarm_reminder *, int away, uint32_t every_ms, struct monotime now);

#endif
