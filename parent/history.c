/* SPDX-License-Identifier: ISC */
/*
 * Events in memory and on disk.  The file is text, one record a line, tabs
 * between fields; the last E record of an id counts, so an event is
 * completed by appending:
 *
 *	C failovers fallbacks last-id
 *	E id began ended over clean detect dial apply backup-s dials cut
 *	  duration backup cause octets packets seen end-unknown prove peers
 *	  outage by
 *	M id boot began seen		in ms of that boot
 *	L id time offset who text
 *
 * history_file.c reads and writes lines; this file keeps the events.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/wall.h"
#include "parent/control.h"
#include "parent/disk.h"
#include "parent/grow.h"
#include "parent/history.h"
#include "parent/history_file.h"

#define EVENTS_MAX  64
#define LINES_MAX   200 /* of one event */
#define EARLIER_MAX 8 /* lines kept from before an event */
#define DETAILS_MAX 12 /* in the log, in DETAILS_MS */
#define DETAILS_MS  (60 * 60 * 1000)
#define OVERDUE_MS  (60 * 60 * 1000)
#define FILE_MAX    (400 * 1024) /* twice that in all */
#define FILE_NAME   "history"
#define FILE_OLD    FILE_NAME GROW_OLD

struct line {
	TAILQ_ENTRY(line) entry;
	int written; /* on disk */
	struct ctl_line l;
};

struct event_record {
	TAILQ_ENTRY(event_record) entry;
	struct ctl_event ev;
	struct history_life life; /* without a boot: unknown */
	struct monotime began;
	TAILQ_HEAD(line_list, line) lines;
	unsigned int nlines;
	int due; /* to be written, or could not be when it was */
};

TAILQ_HEAD(event_list, event_record);
static struct event_list events = TAILQ_HEAD_INITIALIZER(events);
static unsigned int nevents;
static struct history_counters counters, counters_written;
static struct event_record *present; /* lines go here; NULL: to none */
static int dirfd_ = -1; /* -1: memory only */
static char boot_[LEDGER_BOOT_LEN];

/*
 * The last lines of no event: the next one may have begun with them; behind
 * them the last of what an operator asked for, which pushes out none.
 */
static struct {
	struct monotime when; /* invalid: none */
	struct ctl_line l;
} earlier[EARLIER_MAX + 1];
static unsigned int nearlier; /* ever */
static unsigned int broken;

static struct event_record *
find(const char *id)
{
	struct event_record *r;

	TAILQ_FOREACH(r, &events, entry)
		if (strcmp(r->ev.id, id) == 0)
			return r;
	return NULL;
}

static void
forget_oldest(void)
{
	struct event_record *r = TAILQ_FIRST(&events);
	struct line *l;

	TAILQ_REMOVE(&events, r, entry);
	nevents--;
	while ((l = TAILQ_FIRST(&r->lines)) != NULL) {
		TAILQ_REMOVE(&r->lines, l, entry);
		free(l);
	}
	free(r);
}

static struct event_record *
add_event(const struct ctl_event *ev)
{
	struct event_record *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		fatal(NULL);
	r->ev = *ev;
	TAILQ_INIT(&r->lines);
	TAILQ_INSERT_TAIL(&events, r, entry);
	if (++nevents > EVENTS_MAX)
		forget_oldest();
	return r;
}

/* Of a long story its middle goes: how it began and how it ends counts. */
static void
forget_middle(struct event_record *r)
{
	struct line *l = TAILQ_FIRST(&r->lines);
	unsigned int i;

	for (i = 0; i < r->nlines / 2; i++)
		l = TAILQ_NEXT(l, entry);
	TAILQ_REMOVE(&r->lines, l, entry);
	r->nlines--;
	free(l);
}

static void
add_line(struct event_record *r, const struct ctl_line *l, int written)
{
	struct line *n;

	if (r->nlines == LINES_MAX)
		forget_middle(r);
	if ((n = calloc(1, sizeof(*n))) == NULL)
		fatal(NULL);
	n->l = *l;
	n->written = written;
	TAILQ_INSERT_TAIL(&r->lines, n, entry);
	r->nlines++;
}

/* One line of the file. */
static void
load_line(char *text)
{
	struct history_counters c;
	struct history_life life;
	struct ctl_event ev;
	struct ctl_line l;
	struct event_record *r;

	if (history_parse_counters(text, &c) == 0) {
		counters = counters_written = c;
	} else if (history_parse_event(text, &ev) == 0) {
		if ((r = find(ev.id)) != NULL)
			r->ev = ev;
		else
			add_event(&ev);
	} else if (history_parse_life(text, &life) == 0) {
		if ((r = find(life.id)) != NULL)
			r->life = life;
	} else if (history_parse_line(text, &l) == 0) {
		if ((r = find(l.event)) != NULL)
			add_line(r, &l, 1);
	} else
		broken++;
}

static void
load(const char *name)
{
	struct stat st;
	char *text = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *f;
	int fd;

	fd = openat(
	    dirfd_, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size > 2 * FILE_MAX) {
		log_warnx("history: %s is none of ours", name);
		close(fd);
		return;
	}
	if ((f = fdopen(fd, "r")) == NULL) {
		close(fd);
		return;
	}
	while ((n = getline(&text, &size, f)) != -1) {
		/* without its newline it was cut short by a crash */
		if (n > 0 && text[n - 1] == '\n') {
			text[n - 1] = '\0';
			load_line(text);
		} else
			broken++;
	}
	free(text);
	fclose(f);
}

void
history_open(const char *dir, const char *boot)
{
	struct event_record *r;
	uint32_t id;

	strlcpy(boot_, boot, sizeof(boot_));
	if (dir == NULL)
		return;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd_ == -1) {
		log_warn("%s: history will not outlive a restart", dir);
		return;
	}
	load(FILE_OLD);
	load(FILE_NAME);
	TAILQ_FOREACH(r, &events, entry) {
		id = (uint32_t)strtoul(r->ev.id, NULL, 16);
		if (id > counters.last_id)
			counters.last_id = id;
	}
	if (broken > 0)
		log_warnx("history: %u broken lines skipped", broken);
}

struct history_counters *
history_counters(void)
{
	return &counters;
}

static void
print_event(FILE *f, const struct event_record *r)
{
	const struct line *l;

	history_print_event(f, &r->ev);
	if (!r->ev.ended && r->life.boot[0] != '\0')
		history_print_life(f, &r->life);
	TAILQ_FOREACH(l, &r->lines, entry)
		if (!l->written)
			history_print_line(f, &l->l);
}

/* The counters, and an event unless r is NULL.  -1 with errno. */
static int
append_file(const struct event_record *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int rc = -1;

	if ((f = open_memstream(&text, &len)) == NULL)
		return -1;
	history_print_counters(f, &counters);
	if (r != NULL)
		print_event(f, r);
	if (fclose(f) == 0)
		rc = grow_append(dirfd_, FILE_NAME, FILE_MAX, text, len);
	free(text);
	return rc;
}

static void
note_written(struct event_record *r)
{
	struct line *l;

	r->due = 0;
	TAILQ_FOREACH(l, &r->lines, entry)
		l->written = 1;
}

/* One by one, since the file grows by one of them at most beyond its bound. */
static int
append_due(void)
{
	struct event_record *r;

	TAILQ_FOREACH(r, &events, entry) {
		if (!r->due)
			continue;
		if (append_file(r) == -1)
			return -1;
		note_written(r);
	}
	return 0;
}

/*
 * The event as it is known by now, and its lines that are not there yet, or
 * the counters alone; and what could not be written before.
 */
static void
append(struct event_record *r)
{
	static struct disk disk;
	int rc;

	if (dirfd_ == -1)
		return;
	if (r != NULL) {
		r->due = 1;
		if (r == present) {
			r->ev.seen_ns = wall_now();
			r->life.seen_ms = monotime_now().ns / 1000000;
		}
	}
	rc = r != NULL ? 0 : append_file(NULL);
	if (disk_wrote(&disk, FILE_NAME, rc == -1 ? -1 : append_due()) != -1)
		counters_written = counters;
}

/* Nobody saw its end: when its run was last known to live. */
static void
end_unseen(struct event_record *r)
{
	const struct line *l = TAILQ_LAST(&r->lines, line_list);
	struct ctl_event *ev = &r->ev;
	int64_t ms;

	/* of an earlier version, or the clock was not set */
	if (ev->seen_ns == 0)
		ev->seen_ns = l != NULL ? l->l.time_ns : ev->began_ns;
	if (ev->seen_ns < ev->began_ns) /* it was set back */
		ev->seen_ns = ev->began_ns;
	ev->ended = ev->end_unknown = 1;
	ev->ended_ns = ev->seen_ns;
	ms = r->life.boot[0] != '\0' ? r->life.seen_ms - r->life.began_ms
	     : ev->began_ns != 0     ? (ev->ended_ns - ev->began_ns) / 1000000
				     : 0;
	ev->duration_s = (uint32_t)(ms / 1000);
}

void
history_close_open(void)
{
	struct event_record *r;

	TAILQ_FOREACH(r, &events, entry)
		if (r != present && !r->ev.ended) {
			end_unseen(r);
			append(r);
		}
}

static void
keep_earlier(const struct ctl_line *l, struct monotime when)
{
	earlier[nearlier % EARLIER_MAX].when = when;
	earlier[nearlier++ % EARLIER_MAX].l = *l;
}

static void
keep_asked(const struct ctl_line *l, struct monotime when)
{
	earlier[EARLIER_MAX].when = when;
	earlier[EARLIER_MAX].l = *l;
}

void
history_split(struct monotime since)
{
	struct line *l, *next;
	struct monotime when;

	TAILQ_FOREACH_SAFE(l, &present->lines, entry, next) {
		when = monotime_add_ms(present->began, l->l.offset_ms);
		if (l->written || monotime_cmp(when, since) < 0)
			continue;
		keep_earlier(&l->l, when);
		TAILQ_REMOVE(&present->lines, l, entry);
		present->nlines--;
		free(l);
	}
}

/* The first since then, or EARLIER_MAX + 1: none is. */
static unsigned int
first_since(struct monotime since)
{
	unsigned int i, first = EARLIER_MAX + 1;

	for (i = 0; i <= EARLIER_MAX; i++)
		if (monotime_valid(earlier[i].when) &&
		    monotime_cmp(earlier[i].when, since) >= 0 &&
		    (first > EARLIER_MAX ||
			monotime_cmp(earlier[i].when, earlier[first].when) < 0))
			first = i;
	return first;
}

/* Lines since the event began were written before it was known as one. */
static void
take_earlier(void)
{
	unsigned int k;

	while ((k = first_since(present->began)) <= EARLIER_MAX) {
		strlcpy(earlier[k].l.event, present->ev.id,
		    sizeof(earlier[k].l.event));
		earlier[k].l.offset_ms =
		    monotime_ms_between(present->began, earlier[k].when);
		add_line(present, &earlier[k].l, 0);
		earlier[k].when = (struct monotime){ 0 };
	}
}

/* It began then: as its next record says. */
static void
live(struct event_record *r, struct monotime began)
{
	r->began = began;
	strlcpy(r->life.id, r->ev.id, sizeof(r->life.id));
	strlcpy(r->life.boot, boot_, sizeof(r->life.boot));
	r->life.began_ms = began.ns / 1000000;
	r->life.seen_ms = monotime_now().ns / 1000000;
}

/*
 * The same event as before a restart.  Of another boot the clock on the wall
 * has to tell how long that is ago.
 */
static void
resume(struct event_record *r, struct monotime since, struct monotime *seen)
{
	struct monotime began = wall_moment(r->ev.began_ns);
	const struct history_life *life = &r->life;

	if (life->boot[0] != '\0' && strcmp(life->boot, boot_) == 0 &&
	    life->seen_ms <= monotime_now().ns / 1000000) {
		began = monotime_from_ns(life->began_ms * 1000000);
		*seen = monotime_from_ns(life->seen_ms * 1000000);
	}
	live(r, monotime_valid(began) ? began : since);
}

struct monotime
history_begin(
    struct ctl_event *ev, struct monotime since, struct monotime *seen)
{
	struct event_record *last = TAILQ_LAST(&events, event_list);

	if (seen != NULL)
		*seen = (struct monotime){ 0 };
	if (seen != NULL && last != NULL && !last->ev.ended) {
		present = last;
		*ev = last->ev;
		resume(last, since, seen);
		return present->began;
	}
	history_close_open();
	snprintf(ev->id, sizeof(ev->id), "%04x", ++counters.last_id);
	present = add_event(ev);
	live(present, since);
	take_earlier();
	append(present);
	return since;
}

uint32_t
history_present(void)
{
	const struct event_record *last = TAILQ_LAST(&events, event_list);

	return last != NULL && !last->ev.ended ? counters.last_id : 0;
}

static int
is_due(void)
{
	const struct event_record *r;

	TAILQ_FOREACH(r, &events, entry)
		if (r->due)
			return 1;
	return 0;
}

int
history_overdue(void)
{
	int64_t now_ms = monotime_now().ns / 1000000;

	return dirfd_ != -1 &&
	       (is_due() || (present != NULL &&
				now_ms - present->life.seen_ms >= OVERDUE_MS));
}

void
history_flush(const struct ctl_event *ev)
{
	if (present != NULL && strcmp(present->ev.id, ev->id) == 0) {
		present->ev = *ev;
		append(present);
	} else if (counters.failovers != counters_written.failovers ||
		   counters.fallbacks != counters_written.fallbacks || is_due())
		append(NULL);
}

void
history_end(const struct ctl_event *ev)
{
	history_flush(ev);
	present = NULL;
}

void
history_amend(const struct ctl_event *ev)
{
	struct event_record *r = find(ev->id);

	if (r != NULL) {
		r->ev = *ev;
		append(r);
	}
}

/* A lossy line has a short outage every minute, which is no news. */
static int
is_news(struct monotime now)
{
	static struct monotime since;
	static unsigned int n;

	if (!monotime_valid(since) ||
	    monotime_ms_between(since, now) >= DETAILS_MS) {
		if (n > DETAILS_MAX)
			log_info("%u more lines like the following one were "
				 "left out",
			    n - DETAILS_MAX);
		since = now;
		n = 0;
	}
	return n++ < DETAILS_MAX;
}

enum kind { NEWS, DETAIL, ASKED, REFUSED };

static void __attribute__((__format__(printf, 3, 0)))
line(const char *who, enum kind kind, const char *fmt, va_list ap)
{
	struct monotime now = monotime_now();
	struct ctl_line l;
	size_t i;

	memset(&l, 0, sizeof(l));
	l.time_ns = wall_now();
	if (present != NULL) {
		strlcpy(l.event, present->ev.id, sizeof(l.event));
		l.offset_ms = monotime_ms_between(present->began, now);
	}
	strlcpy(l.who, who, sizeof(l.who));
	vsnprintf(l.text, sizeof(l.text), fmt, ap);
	/* one line in the log and in the file, whatever it quotes */
	for (i = 0; l.text[i] != '\0'; i++)
		if ((unsigned char)l.text[i] < ' ' || l.text[i] == 0x7f)
			l.text[i] = ' ';
	if (kind != DETAIL || is_news(now))
		log_info("%s: %s", l.who, l.text);
	else
		log_debug("%s: %s", l.who, l.text);
	control_monitor(&l);
	if (present != NULL)
		add_line(present, &l, 0);
	else if (kind == ASKED)
		keep_asked(&l, now);
	else if (kind == REFUSED)
		earlier[EARLIER_MAX].when = (struct monotime){ 0 };
	else
		keep_earlier(&l, now);
}

void
history_line(const char *who, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(who, NEWS, fmt, ap);
	va_end(ap);
}

void
history_detail(const char *who, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(who, DETAIL, fmt, ap);
	va_end(ap);
}

void
history_asked(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("operator", ASKED, fmt, ap);
	va_end(ap);
}

void
history_refused(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("operator", REFUSED, fmt, ap);
	va_end(ap);
}

/* From this one on. */
static int
events_from(struct event_record *r,
    void (*one)(const struct ctl_event *, void *), void *arg)
{
	int n = 0;

	for (; r != NULL; r = TAILQ_NEXT(r, entry), n++)
		one(&r->ev, arg);
	return n;
}

int
history_events(void (*one)(const struct ctl_event *, void *), void *arg)
{
	return events_from(TAILQ_FIRST(&events), one, arg);
}

int
history_last(int most, void (*one)(const struct ctl_event *, void *), void *arg)
{
	struct event_record *r = NULL, *older = TAILQ_LAST(&events, event_list);

	for (; older != NULL && most > 0; most--) {
		r = older;
		older = TAILQ_PREV(r, event_list, entry);
	}
	return events_from(r, one, arg);
}

int
history_event(const char *id, struct ctl_event *ev,
    void (*one)(const struct ctl_line *, void *), void *arg)
{
	struct event_record *r;
	struct line *l;
	int n = 0;

	r = id[0] == '\0' ? TAILQ_LAST(&events, event_list) : find(id);
	if (r == NULL)
		return -1;
	*ev = r->ev;
	if (one == NULL)
		return 0;
	TAILQ_FOREACH(l, &r->lines, entry) {
		one(&l->l, arg);
		n++;
	}
	return n;
}
