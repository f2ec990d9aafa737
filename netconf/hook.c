/* SPDX-License-Identifier: ISC */
/*
 * One hook: a program of the site's own, run as root, so neither it nor a
 * directory above it may be anybody else's to write.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/hook.h"
#include "netconf/run.h"

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

/* Of root's, from so many bytes of the path on. */
static const char *
directories_unfit(const char *path, size_t from)
{
	char dir[PATH_MAX];
	struct stat st;
	const char *p;

	for (p = path + from; p != NULL; p = strchr(p + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s",
		    p == path ? 1 : (int)(p - path), path);
		if (stat(dir, &st) == -1)
			return strerror(errno);
		if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
			return "others than root can write its directory";
	}
	return NULL;
}

/* Nor what it is a link to, which elsewhere is looked at from the root on. */
static const char *
unfit(const char *path)
{
	static const char top[] = SYSCONFDIR "/dialfail";
	char real[PATH_MAX], real_top[PATH_MAX];
	const char *why;
	size_t n;

	if (realpath(path, real) == NULL || realpath(top, real_top) == NULL)
		return strerror(errno);
	n = strlen(real_top);
	if (strncmp(real, real_top, n) != 0 || real[n] != '/')
		n = 0;
	if ((why = directories_unfit(path, sizeof(top) - 1)) == NULL &&
	    (why = directories_unfit(real, n)) == NULL)
		why = program_unfit(path);
	return why;
}

static void
on_line(const char *line, void *arg)
{
	const struct hook *h = arg;

	log_info("hook %s: %s", h->name, line);
}

static void
on_end(int ok, const char *text, void *arg)
{
	struct hook *h = arg;

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
	char path[PATH_MAX], *env[HOOK_FACTS_MAX + 2];
	struct program_how how = { .path = path,
		.env = env,
		.umask = 077,
		.deadline_ms = deadline_ms,
		.said = on_line,
		.bound = 1 };
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
	if ((why = unfit(path)) != NULL)
		on_end(0, why, h);
	else if (program_start(&h->program, &how, on_end, h) == -1)
		on_end(0, strerror(errno), h);
}

uint32_t
hook_ms(const struct hook *h)
{
	return (uint32_t)monotime_ms_between(h->began, monotime_now());
}
