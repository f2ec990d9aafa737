/* SPDX-License-Identifier: ISC */
/*
 * Events on disk: from the first lost probe to the last verified route, each
 * under one id, with its lines; and the counters that outlive a restart.
 * Written when an event begins, at each switch, once an hour and at its end,
 * not line by line: flash wears out.  Bounded to about 1 MB; the oldest goes first.  A
 * state directory that cannot be written is said once, and history is then
 * kept in memory alone.
 */
#ifndef PARENT_HISTORY_H
#define PARENT_HISTORY_H

#include <stdint.h>

#include "common/monotime.h"
#include "parent/ctl.h"

struct history_counters {
	uint64_t failovers;
	uint64_t fallbacks;
	uint32_t last_id; /* of an event */
};

/*
 * Read what is there.  dir is a directory as this process sees it ("/" in
 * its chroot); NULL: memory only.  boot tells which one this is, empty: that
 * is unknown.  Broken lines are skipped and counted in the log.
 */
void history_open(const char *dir, const char *boot);
struct history_counters *history_counters(void);

/*
 * A new event; its id goes to ev->id (hexadecimal, counted up).  Unless seen
 * is NULL the one that was open when the daemon ended is continued instead,
 * if any: *ev becomes that, and *seen when it was written last, or never: it
 * is new, or that was not in this boot.  Returns when it began, from which
 * lines tell their distance.
 */
struct monotime history_begin(
    struct ctl_event *ev, struct monotime began, struct monotime *seen);
/* The present event was not written for an hour, or what there is waits. */
int history_overdue(void);
/*
 * Lines of the present event since then are none of it: the one that begins
 * next has them, if it began by then.
 */
void history_split(struct monotime since);
/* The number of the event that is not over, be it of an earlier run; or 0. */
uint32_t history_present(void);
/*
 * Events that an earlier run left open and that are not continued are over,
 * since it was last known to live.
 */
void history_close_open(void);
/* A line of the present event, or of none: to disk (later), monitors. */
void history_line(const char *who, const char *, ...)
    __attribute__((__format__(printf, 2, 3)));
/* As history_line, but a few in an hour are all that the log gets. */
void history_detail(const char *who, const char *, ...)
    __attribute__((__format__(printf, 2, 3)));
/*
 * As history_line, of an operator.  Of what was asked before an event only the
 * last is kept for it, unless that was refused.
 */
void history_asked(const char *, ...) __attribute__((__format__(printf, 1, 2)));
void history_refused(const char *, ...)
    __attribute__((__format__(printf, 1, 2)));
/* Write out what is waiting: at a switch. ev as known by now. */
void history_flush(const struct ctl_event *ev);
void history_end(const struct ctl_event *ev);
/* More became known of an event that is over, or was left open and is not
 * continued yet. */
void history_amend(const struct ctl_event *ev);

/* Newest last; each returns the number of calls made. */
int history_events(void (*)(const struct ctl_event *, void *), void *);
int history_last(int most, void (*)(const struct ctl_event *, void *), void *);
/* id empty: the last one.  -1: there is no such event. */
int history_event(const char *id, struct ctl_event *,
    void (*)(const struct ctl_line *, void *), void *);

#endif
