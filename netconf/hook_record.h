/* SPDX-License-Identifier: ISC */
/*
 * Hooks that are owed, in RUNDIR/hooks: all of them end when netconf does,
 * however that ends, and what it leaves undone the next one is to do.  Text, a
 * line for the last switch while traffic is on a backup or one of its hooks
 * runs, one for each link whose hook runs, and one for each hook that runs:
 *
 *	switch lte eth1 20261125-1 10-relay
 *	link stick
 *	group 812 48213
 *
 * The uplink, the one before, the event and the hook that runs; - is none.
 * The process group and when its leader started, in the kernel's ticks.
 */
#ifndef NETCONF_HOOK_RECORD_H
#define NETCONF_HOOK_RECORD_H

#include <sys/types.h>

#include <stdint.h>

#include "common/conf.h"
#include "common/msg.h"

#define HOOK_GROUPS_MAX (1 + CONF_UPLINKS_MAX)

struct hook_group {
	pid_t pid;
	uint64_t started;
};

struct hook_record {
	char label[CONF_LABEL_LEN]; /* empty: no switch */
	char from[CONF_LABEL_LEN];
	char event[MSG_EVENT_LEN]; /* or empty */
	char hook[CONF_HOOK_LEN]; /* empty: all were run */
	uint32_t nlinks;
	char link[CONF_UPLINKS_MAX][CONF_LABEL_LEN];
	uint32_t ngroups;
	struct hook_group group[HOOK_GROUPS_MAX];
};

/* Exactly what is described above, or -1; text must end in a NUL. */
int hook_record_parse(const char *text, struct hook_record *);

/* What an earlier run has left; why it cannot be read is logged. */
void hook_record_open(void);
const struct hook_record *hook_record(void);
/* What is on disk then; that it cannot be written is logged. */
void hook_record_switch(
    const char *label, const char *from, const char *event, const char *hook);
void hook_record_no_switch(void);
void hook_record_link(const char *label, int runs);
int hook_record_has_link(const char *label);
void hook_record_group(pid_t, uint64_t started);
void hook_record_no_group(pid_t);

#endif
