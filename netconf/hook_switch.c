/* SPDX-License-Identifier: ISC */
/*
 * After traffic has moved: every executable of hooks/switch.d, one after the
 * other in the order of their names.  What runs when the next switch comes
 * is not disturbed, since half of a change is worse than either; of switches
 * that wait only the last one counts.
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
#include "netconf/run.h"

#define SWITCH_DIR         HOOK_DIR "/switch.d"
#define SWITCH_DEADLINE_MS (30 * 1000)
#define SWITCH_HOOKS_MAX   64

static struct {
	char label[CONF_LABEL_LEN]; /* of the uplink, by which numbers change */
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

/* Nothing if a reload took the uplink away: traffic is elsewhere, too. */
static void
begin(const char *label, const char *event)
{
	uint32_t id = config_uplink(label);
	const struct conf_uplink *u;

	if (id == MSG_UPLINK_NONE)
		return;
	u = &config_current()->uplink[id];
	memset(&now.facts, 0, sizeof(now.facts));
	hook_fact(&now.facts, "EVENT", event);
	hook_fact(&now.facts, "KIND",
	    u->role == CONF_PRIMARY ? "fallback" : "failover");
	hook_fact(&now.facts, "FROM", carried);
	hook_facts_uplink(&now.facts, id);
	strlcpy(now.label, u->label, sizeof(now.label));
	strlcpy(carried, u->label, sizeof(carried));
	now.next = 0;
	now.nfiles = scandir(SWITCH_DIR, &now.file, is_hook, by_name);
	if (now.nfiles == -1) {
		now.file = NULL;
		if (errno != ENOENT)
			tell("switch.d", 0, 0, strerror(errno));
	} else if (now.nfiles > SWITCH_HOOKS_MAX)
		tell("switch.d", 0, 0, "too many hooks: the first 64 are run");
	run_next();
}

static void
finish(void)
{
	struct later then;

	while (now.nfiles > 0)
		free(now.file[--now.nfiles]);
	free(now.file);
	now.file = NULL;
	then = later;
	memset(&later, 0, sizeof(later));
	if (then.label[0] != '\0')
		begin(then.label, then.event);
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
	char name[MSG_HOOK_LEN];

	if (now.next >= now.nfiles || now.next == SWITCH_HOOKS_MAX) {
		finish();
		return;
	}
	snprintf(name, sizeof(name), "switch.d/%.*s", CONF_HOOK_LEN - 1,
	    now.file[now.next++]->d_name);
	hook_run(
	    &now.hook, name, &now.facts, SWITCH_DEADLINE_MS, on_done, NULL);
}

void
hook_switched(const struct msg_hooks *m)
{
	const char *label = config_current()->uplink[m->uplink].label;

	if (now.file == NULL) {
		begin(label, m->event);
		return;
	}
	if (later.label[0] != '\0')
		tell(later.label, 1, 0, "skipped, a newer switch came");
	strlcpy(later.label, label, sizeof(later.label));
	strlcpy(later.event, m->event, sizeof(later.event));
}

void
hook_adopt(uint32_t active)
{
	strlcpy(
	    carried, config_current()->uplink[active].label, sizeof(carried));
}
