/* SPDX-License-Identifier: ISC */
/*
 * Alarms on their way: queued and kept on disk here (alarm_queue.h), run by
 * netconf one at a time.  And the reminders, so that nobody forgets a site
 * on its backup.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/keep.h"
#include "common/log.h"
#include "common/wall.h"
#include "parent/alarm_queue.h"
#include "parent/alarms.h"
#include "parent/control.h"
#include "parent/disk.h"
#include "parent/history.h"
#include "parent/parent.h"

#define FILE_MAX (ALARM_WAITING_MAX * 1024)

static struct alarm_queue queue;
static struct alarm_reminder reminder;
static struct event timer;
static char file[PATH_MAX]; /* empty: memory only */
static char why_not[MSG_TEXT_LEN]; /* the last try failed; empty: it did not */

static void on_timer(int, short, void *);

static void
print(FILE *f, const void *q)
{
	alarm_print(f, q, monotime_now(), wall_now());
}

/* No fsync(2): what a power cut takes is told again by the next alarm. */
static void
save(void)
{
	static struct disk disk;

	if (file[0] != '\0')
		disk_wrote(&disk, "alarms", keep_write(file, print, &queue));
}

static void
load(void)
{
	char *text, *next, *line;
	uint32_t broken = 0;

	if ((text = keep_read(file, FILE_MAX)) == NULL) {
		if (errno != ENOENT)
			log_warn("alarms: %s is left alone", file);
		return;
	}
	for (next = text; (line = strsep(&next, "\n")) != NULL;)
		if (line[0] != '\0' &&
		    alarm_parse(&queue, line, monotime_now(), wall_now()) == -1)
			broken++;
	free(text);
	if (broken > 0)
		log_warnx("alarms: %u broken lines skipped", broken);
}

void
alarms_open(const char *dir)
{
	evtimer_set(&timer, on_timer, NULL);
	if (dir == NULL || snprintf(file, sizeof(file), "%s/alarms", dir) >=
			       (int)sizeof(file)) {
		file[0] = '\0';
		return;
	}
	load();
}

/* RFC 3339; empty while the clock is not set. */
static void
when(char *text, size_t size, struct monotime raised)
{
	time_t t = (time_t)(wall_of(raised) / 1000000000);
	struct tm tm;

	text[0] = '\0';
	if (t != 0 && gmtime_r(&t, &tm) != NULL)
		strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* The next one, if there is one and it is time; else when it will be. */
static void
go_on(void)
{
	struct monotime due, now = monotime_now();
	const struct alarm *a;
	struct msg_alarm m;
	struct timeval tv;

	if ((a = alarm_take(&queue, now)) != NULL) {
		m = a->msg;
		when(m.time, sizeof(m.time), a->raised);
		parent_send(CHILD_NETCONF, IMSG_ALARM, -1, &m, sizeof(m));
	}
	due = alarm_due(&queue, now);
	if (monotime_valid(reminder.next) &&
	    (!monotime_valid(due) || monotime_cmp(reminder.next, due) < 0))
		due = reminder.next;
	evtimer_del(&timer);
	if (monotime_valid(due)) {
		tv = monotime_until(due, now);
		evtimer_add(&timer, &tv);
	}
}

static void
fill(struct msg_alarm *m, const char *kind, uint32_t uplink, const char *text)
{
	memset(m, 0, sizeof(*m));
	strlcpy(m->kind, kind, sizeof(m->kind));
	if (!parent->event.ended)
		strlcpy(m->event, parent->event.id, sizeof(m->event));
	strlcpy(m->state, machine_state_name(parent->machine.state),
	    sizeof(m->state));
	if (uplink < parent->conf.nuplinks)
		strlcpy(m->uplink, uplink_name(uplink), sizeof(m->uplink));
	strlcpy(m->text, text, sizeof(m->text));
}

void
alarms_raise(const char *kind, uint32_t uplink, const char *text)
{
	struct msg_alarm m;

	history_line("alarm", "%s: %s", kind, text);
	fill(&m, kind, uplink, text);
	if (alarm_add(&queue, &m, 0, monotime_now()) > 0)
		log_warnx("alarms: too many wait, the oldest is dropped");
	save();
	go_on();
}

void
alarms_test(uint32_t ctl)
{
	struct msg_alarm m;

	fill(&m, "test", MSG_UPLINK_NONE, "a test, as asked");
	(void)alarm_add(&queue, &m, ctl, monotime_now());
	go_on();
}

void
alarms_done(const struct msg_alarm_done *d)
{
	uint32_t ctl = queue.taken.ctl;
	const char *why = d->text[0] != '\0' ? ": " : "";

	if (!queue.running || d->id != queue.taken.msg.id)
		return;
	alarm_done(&queue, (int)d->ok, monotime_now());
	(void)strlcpy(why_not, d->ok ? "" : d->text, sizeof(why_not));
	if (ctl != 0)
		control_result(ctl, d->ok ? CTL_OK : CTL_REFUSED, "%s%s%s",
		    d->ok ? "sent" : "failed", why, d->text);
	else if (d->ok)
		history_line("alarm", "sent%s%s", why, d->text);
	else if (queue.failed <= 1)
		history_line(
		    "alarm", "failed%s%s; will be tried again", why, d->text);
	else
		log_debug("alarm: failed once more%s%s", why, d->text);
	save();
	go_on();
}

/* ---- what is not as it should be is told again ---- */

static void
remind(void)
{
	const struct machine *m = &parent->machine;
	uint32_t active = m->want.active;
	char text[MSG_TEXT_LEN], where[sizeof(text) / 2];

	if (m->state == MACHINE_STRANDED)
		strlcpy(where, "no uplink works", sizeof(where));
	else
		snprintf(where, sizeof(where), "traffic is on %s",
		    uplink_name(active));
	snprintf(text, sizeof(text), "%s for %lld minutes%s", where,
	    (long long)(monotime_ms_between(m->since, monotime_now()) / 60000),
	    m->held != MACHINE_NONE ? ", held" : "");
	alarms_raise("reminder", active, text);
}

static void
on_timer(int fd, short what, void *arg)
{
	uint32_t n;

	(void)fd;
	(void)what;
	(void)arg;
	n = alarm_expire(
	    &queue, parent->conf.global.alarm_keep_ms, monotime_now());
	if (n > 0) {
		log_warnx("alarms: %u could not be sent in time: dropped", n);
		save();
	}
	alarms_review();
	go_on();
}

void
alarms_review(void)
{
	const struct machine *m = &parent->machine;
	int away = m->want.active != MACHINE_PRIMARY ||
		   m->state == MACHINE_STRANDED || m->held != MACHINE_NONE;
	int was = monotime_valid(reminder.next);

	if (alarm_remind(&reminder, away, parent->conf.global.alarm_repeat_ms,
		monotime_now()))
		remind();
	else if (was != away)
		go_on();
}

void
alarms_hurry(void)
{
	why_not[0] = '\0';
	alarm_hurry(&queue);
	go_on();
}

/* Why none goes out though the program works; empty: it does not. */
static void
why_held(char *text, size_t size)
{
	struct monotime now = monotime_now(), due = alarm_due(&queue, now);

	if (why_not[0] == '\0' && monotime_valid(due) &&
	    monotime_cmp(due, now) > 0)
		snprintf(text, size,
		    "%d of its kind went out within an hour: the next one in "
		    "%lld min",
		    ALARM_AN_HOUR,
		    (long long)(monotime_ms_between(now, due) / 60000 + 1));
	else
		(void)strlcpy(text, why_not, size);
}

void
alarms_count(struct ctl_summary *s)
{
	struct monotime oldest = alarm_oldest(&queue);

	if ((s->alarms_waiting = alarm_waiting(&queue)) == 0)
		return;
	s->alarm_oldest_s =
	    (uint32_t)(monotime_ms_between(oldest, monotime_now()) / 1000);
	s->alarm_oldest_ns = wall_steady(oldest);
	why_held(s->alarm_why, sizeof(s->alarm_why));
}
