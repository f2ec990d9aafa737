/* SPDX-License-Identifier: ISC */
/*
 * What the files of the hooks share; the interface is in run.h.
 *
 *	hook.c		one hook: may it be run, what it finds, how it ends
 *	hook_switch.c	those of switch.d, after traffic has moved
 *	hook_link.c	those that start and stop a backup's interface
 *	hook_record.c	what of them is owed, if we end
 */
#ifndef NETCONF_HOOK_H
#define NETCONF_HOOK_H

#include <stddef.h>
#include <stdint.h>

#include "common/monotime.h"
#include "common/msg.h"
#include "netconf/program.h"

#define HOOK_DIR       SYSCONFDIR "/dialfail/hooks"
#define HOOK_FACTS_MAX 12

/* Its environment. */
struct hook_facts {
	char text[HOOK_FACTS_MAX][96];
	size_t n;
};

/* text is empty, or why it failed. */
typedef void hook_done(int ok, const char *text, void *arg);

struct hook {
	char name[MSG_HOOK_LEN]; /* below HOOK_DIR */
	struct program program;
	struct monotime began;
	hook_done *done;
	void *arg;
};

/* DIALFAIL_NAME=value; one that is too long is cut. */
void hook_fact(struct hook_facts *, const char *name, const char *value);
/* An uplink's label, interface, addresses and gateways. */
void hook_facts_uplink(struct hook_facts *, uint32_t uplink);
/* Why it must not be run, or NULL. */
const char *hook_unfit(const char *path, char *buf, size_t size);
/* done is called once, at once if it must not be run. */
void hook_run(struct hook *, const char *name, const struct hook_facts *,
    uint32_t deadline_ms, hook_done *, void *arg);
/* How long it took, or takes. */
uint32_t hook_ms(const struct hook *);

/* hook_switch.c, hook_link.c: what the record says is taken up. */
void hook_switch_open(void);
void hook_link_open(uint32_t active);

#endif
