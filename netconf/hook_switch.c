/* SPDX-License-Identifier: ISC */
/*
 * After traffic has moved: every executable of hooks/switch.d, one after the
 * other in the order of their names.  What runs when the next switch comes
 * is not disturbed, since half of a change is worse than either; of switches
 * that wait only the last one counts.  What our own end cut off, or kept from
 * beginning, is done by the next netconf (hook_record.h).
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/hook.h"
#include "netconf/hook_record.h"
#include "netconf/run.h"

#define SWITCH_DIR         HOOK_DIR "/switch.d"
#define SWITCH_DEADLINE_MS (30 * 1000)
#define SWITCH_HOOKS_MAX   64

static struct {
	char label[CONF_LABEL_LEN]; /* of the uplink, by which numbers change */
	char from[CONF_LABEL_LEN];
	char event[MSG_EVENT_LEN];
	struct hook_facts facts;
	struct dirent **file; /* NULL: none is run */
	int nfiles, next;
	struct hook hook;
} now;

static struct later {
	char label[CONF_LABEL_LEN]; /* empty: nothing waits */
	char event[MSG_EVENT_LEN];
} later;
static char carried[CONF_LABEL_LEN]; /* traffic, after the last switch */

static void run_next(void);

static void
tell(const char *name, int ok, uint32_t ms, const char *text)
{
	struct msg_hook_done m;

	memset(&m, 0, sizeof(m));
	m.uplink = config_uplink(now.label);
	m.ok = ok != 0;
	m.ms = ms;
	strlcpy(m.name, name, sizeof(m.name));
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_HOOK_DONE, -1, &m, sizeof(m));
}

static int
is_hook(const struct dirent *d)
{
	char path[sizeof(SWITCH_DIR) + NAME_MAX + 1];
	struct stat st;

	snprintf(path, sizeof(path), SWITCH_DIR "/%s", d->d_name);
	return conf_hook_valid(d->d_name) && stat(path, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_mode & S_IXUSR;
}

/* Bytes, whatever locale: the same order everywhere. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
list_hooks(void)
{
	now.next = 0;
	now.nfiles = scandir(SWITCH_DIR, &now.file, is_hook, by_name);
	if (now.nfiles == -1) {
		now.file = NULL;
		if (errno != ENOENT)
			tell("switch.d", 0, 0, strerror(errno));
	} else if (now.nfiles > SWITCH_HOOKS_MAX)
		tell("switch.d", 0, 0, "too many hooks: the first 64 are run");
}

/*
 * From this hook on, or all of them.  Nothing if a reload took the uplink
 * away: traffic is elsewhere, too.
 */
static void
begin(const char *label, const char *from, const char *event, const char *hook)
{
	uint32_t id = config_uplink(label);
	const struct conf_uplink *u;

	if (id == MSG_UPLINK_NONE)
		return;
	u = &config_current()->uplink[id];
	strlcpy(now.from, from, sizeof(now.from));
	strlcpy(now.event, event, sizeof(now.event));
	memset(&now.facts, 0, sizeof(now.facts));
	hook_fact(&now.facts, "EVENT", now.event);
	hook_fact(&now.facts, "KIND",
	    u->role == CONF_PRIMARY ? "fallback" : "failover");
	hook_fact(&now.facts, "FROM", now.from);
	hook_facts_uplink(&now.facts, id);
	strlcpy(now.label, u->label, sizeof(now.label));
	strlcpy(carried, u->label, sizeof(carried));
	list_hooks();
	while (now.next < now.nfiles &&
	       strcmp(now.file[now.next]->d_name, hook) < 0)
		now.next++;
	run_next();
}

/* On the primary there is nothing to be known of what was done. */
static void
all_done(void)
{
	if (config_uplink(now.label) == 0)
		hook_record_no_switch();
	else
		hook_record_switch(now.label, now.from, now.event, "");
}

static void
finish(void)
{
	struct later then;

	while (now.nfiles > 0)
		free(now.file[--now.nfiles]);
	free(now.file);
	now.file = NULL;
	all_done();
	then = later;
	memset(&later, 0, sizeof(later));
	if (then.label[0] != '\0')
		begin(then.label, now.label, then.event, "");
}

static void
on_done(int ok, const char *text, void *arg)
{
	(void)arg;
	tell(now.hook.name, ok, hook_ms(&now.hook), text);
	run_next();
}

static void
run_next(void)
{
	char name[MSG_HOOK_LEN], file[CONF_HOOK_LEN];

	if (now.next >= now.nfiles || now.next == SWITCH_HOOKS_MAX) {
		finish();
		return;
	}
	strlcpy(file, now.file[now.next++]->d_name, sizeof(file));
	hook_record_switch(now.label, now.from, now.event, file);
	snprintf(name, sizeof(name), "switch.d/%s", file);
	hook_run(
	    &now.hook, name, &now.facts, SWITCH_DEADLINE_MS, on_done, NULL);
}

/*
 * The first word of this run: what hooks know may be of another uplink, or
 * one of them was cut off.
 */
static void
found(const char *label, const char *event)
{
	const struct hook_record owed = *hook_record();

	if (strcmp(label, carried) != 0)
		begin(label, carried, event, "");
	else if (owed.hook[0] != '\0') {
		log_info("hook switch.d/%s was cut off: again", owed.hook);
		begin(label, owed.from, owed.event, owed.hook);
	}
}

void
hook_switch_plan(plan_line *line, void *arg)
{
	char path[PATH_MAX], why[MSG_TEXT_LEN], text[MSG_TEXT_LEN];
	const char *unfit;
	struct dirent **file;
	int i, n;

	n = scandir(SWITCH_DIR, &file, is_hook, by_name);
	for (i = 0; i < n; i++) {
		if (i < SWITCH_HOOKS_MAX) {
			snprintf(path, sizeof(path), SWITCH_DIR "/%s",
			    file[i]->d_name);
			unfit = hook_unfit(path, why, sizeof(why));
			snprintf(text, sizeof(text),
			    "hook switch.d/%.64s%s%.120s", file[i]->d_name,
			    unfit == NULL ? "" : ": ",
			    unfit == NULL ? "" : unfit);
			line(text, 0, arg);
		}
		free(file[i]);
	}
	if (n != -1)
		free(file);
}

void
hook_switched(const struct msg_hooks *m)
{
	const char *label = config_current()->uplink[m->uplink].label;

	if (now.file == NULL) {
		if (m->found)
			found(label, m->event);
		else
			begin(label, carried, m->event, "");
		return;
	}
	if (later.label[0] != '\0')
		tell(later.label, 1, 0, "skipped, a newer switch came");
	strlcpy(later.label, label, sizeof(later.label));
	strlcpy(later.event, m->event, sizeof(later.event));
}

void
hook_switch_open(void)
{
	const char *label = hook_record()->label;

	strlcpy(carried,
	    label[0] != '\0' ? label : config_current()->uplink[0].label,
	    sizeof(carried));
}
