/* SPDX-License-Identifier: ISC */
/*
 * One hook: a program of the site's own, run as root, so neither it nor a
 * directory above it may be anybody else's to write.
 */
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/above.h"
#include "common/log.h"
#include "netconf/hook.h"
#include "netconf/hook_record.h"
#include "netconf/ppp_process.h"
#include "netconf/run.h"

#define LEFT_MS      2000
#define LEFT_LOOK_MS 5

void
hook_fact(struct hook_facts *f, const char *name, const char *value)
{
	if (f->n == HOOK_FACTS_MAX)
		fatalx("%s: too many", __func__);
	snprintf(
	    f->text[f->n], sizeof(f->text[0]), "DIALFAIL_%s=%s", name, value);
	f->n++;
}

static void
address_fact(struct hook_facts *f, const char *name, const struct addr *a)
{
	char text[ADDR_STRLEN] = "";

	if (a->family != AF_UNSPEC)
		addr_format(a, text, sizeof(text));
	hook_fact(f, name, text);
}

void
hook_facts_uplink(struct hook_facts *f, uint32_t uplink)
{
	const struct msg_family *family = net_facts(uplink)->family;

	hook_fact(f, "UPLINK", config_current()->uplink[uplink].label);
	hook_fact(f, "INTERFACE", net_facts(uplink)->ifname);
	address_fact(f, "ADDRESS", &family[FAMILY_INET].address);
	address_fact(f, "GATEWAY", &family[FAMILY_INET].gateway);
	address_fact(f, "ADDRESS6", &family[FAMILY_INET6].address);
	address_fact(f, "GATEWAY6", &family[FAMILY_INET6].gateway);
}

const char *
hook_unfit(const char *path, char *buf, size_t size)
{
	const char *why = above_unfit(path, buf, size);

	return why != NULL ? why : program_unfit(path);
}

static void
on_line(const char *line, void *arg)
{
	const struct hook *h = arg;

	log_info("hook %s: %s", h->name, line);
}

static void
on_born(pid_t group, void *arg)
{
	uint64_t started;

	(void)arg;
	if (process_started(group, &started) == 0)
		hook_record_group(group, started);
}

static void
on_end(int ok, const char *text, void *arg)
{
	struct hook *h = arg;

	hook_record_no_group(h->program.pid);
	if (ok)
		log_debug("hook %s: done", h->name);
	else
		log_warnx("hook %s: %s", h->name, text);
	h->done(ok, text, h->arg);
}

void
hook_run(struct hook *h, const char *name, const struct hook_facts *f,
    uint32_t deadline_ms, hook_done *done, void *arg)
{
	char path[PATH_MAX], text[MSG_TEXT_LEN], *env[HOOK_FACTS_MAX + 2];
	struct program_how how = { .path = path,
		.env = env,
		.umask = 077,
		.deadline_ms = deadline_ms,
		.said = on_line,
		.bound = 1,
		.born = on_born };
	const char *why;
	size_t i;

	strlcpy(h->name, name, sizeof(h->name));
	h->began = monotime_now();
	h->done = done;
	h->arg = arg;
	snprintf(path, sizeof(path), "%s/%s", HOOK_DIR, name);
	env[0] = child_environment[0];
	for (i = 0; i < f->n; i++)
		env[i + 1] = (char *)(uintptr_t)f->text[i];
	env[i + 1] = NULL;
	if ((why = hook_unfit(path, text, sizeof(text))) != NULL)
		on_end(0, why, h);
	else if (program_start(&h->program, &how, on_end, h) == -1)
		on_end(0, strerror(errno), h);
}

uint32_t
hook_ms(const struct hook *h)
{
	return (uint32_t)monotime_ms_between(h->began, monotime_now());
}

/* Its leader may not have made it one yet.  0 or -1, as kill(2). */
static int
signal_left(const struct hook_group *g, int sig)
{
	int group = kill(-g->pid, sig), leader = kill(g->pid, sig);

	return group == 0 ? 0 : leader;
}

/*
 * The keeper of a group that netconf has left ends it as soon as it gets to
 * run, which may be later than we do; and a process may have to come out of
 * the kernel first.  What such a hook still does would undo its next one.
 */
static void
end_group(const struct hook_group *g, int *left_ms)
{
	uint64_t started;

	if (process_started(g->pid, &started) == 0 && started != g->started)
		return; /* its number is given again: it is gone */
	/* while one of the group is left, its number is not given again */
	signal_left(g, SIGKILL);
	for (; signal_left(g, 0) == 0; *left_ms -= LEFT_LOOK_MS) {
		if (*left_ms <= 0) {
			log_warnx("hook: process group %d of an earlier run "
				  "does not end",
			    (int)g->pid);
			return;
		}
		usleep(LEFT_LOOK_MS * 1000);
	}
}

static void
end_left(void)
{
	const struct hook_record *r = hook_record();
	struct hook_group g;
	int left_ms = LEFT_MS; /* of all: the parent waits for our answers */

	while (r->ngroups > 0) {
		g = r->group[0];
		end_group(&g, &left_ms);
		hook_record_no_group(g.pid);
	}
}

void
hook_open(uint32_t active)
{
	hook_record_open();
	end_left();
	hook_switch_open();
	hook_link_open(active);
}
