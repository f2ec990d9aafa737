/* SPDX-License-Identifier: ISC */
/*
 * What a configuration names must be fit to be used by root: secrets that
 * only root can read, an alarm program and hooks that only root can replace, a
 * directory for captures where nobody else can put a link.  The
 * modem's device is not looked for: it may be plugged in later.
 */
#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "common/above.h"
#include "common/conf_int.h"

struct check {
	conf_report *report;
	void *arg;
	int result;
};

static void
complain(struct check *c, const struct conf_where *where, const char *what,
    const char *path, const char *why)
{
	char text[2 * PATH_MAX + 256];

	snprintf(text, sizeof(text), "%s \"%s\": %s", what, path, why);
	c->report(where->file, where->line, text, c->arg);
	c->result = -1;
}

/* forbidden: permission bits; needed: at least one of these. */
static void
check_file(struct check *c, const struct conf_where *where, const char *what,
    const char *path, mode_t forbidden, mode_t needed)
{
	struct stat st;

	/* netconf opens no secret through a link */
	if ((needed == 0 ? lstat(path, &st) : stat(path, &st)) == -1)
		complain(c, where, what, path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		complain(c, where, what, path, "not a file");
	else if (st.st_uid != 0)
		complain(c, where, what, path, "not owned by root");
	else if (st.st_mode & forbidden & (S_IWGRP | S_IWOTH))
		complain(c, where, what, path, "writable by group or others");
	else if (st.st_mode & forbidden)
		complain(c, where, what, path, "readable by group or others");
	else if (needed != 0 && (st.st_mode & needed) == 0)
		complain(c, where, what, path, "not executable");
}

/* Made when it is missing; only the root process writes there. */
static void
check_directory(struct check *c, const struct conf_where *where,
    const char *what, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno != ENOENT)
			complain(c, where, what, path, strerror(errno));
	} else if (!S_ISDIR(st.st_mode)) {
		complain(c, where, what, path, "not a directory");
	} else if (st.st_uid != 0) {
		complain(c, where, what, path, "not owned by root");
	} else if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		complain(c, where, what, path, "writable by group or others");
	}
}

static void
check_hook(struct check *c, const struct conf_where *where, const char *what,
    const char *name)
{
	char path[PATH_MAX], text[PATH_MAX + 64];
	int was = c->result;
	const char *why;

	if (name[0] == '\0')
		return;
	snprintf(path, sizeof(path), SYSCONFDIR "/dialfail/hooks/%s", name);
	c->result = 0;
	check_file(c, where, what, path, S_IWGRP | S_IWOTH, S_IXUSR);
	if (c->result == 0 &&
	    (why = above_unfit(path, text, sizeof(text))) != NULL)
		complain(c, where, what, path, why);
	c->result |= was;
}

/* pppd runs programs that it names, as root. */
static void
check_call(struct check *c, const struct conf_where *where, const char *name)
{
	char path[PATH_MAX];

	if (name[0] == '\0')
		return;
	snprintf(path, sizeof(path), CONF_PEERS_DIR "/%s", name);
	check_file(c, where, "call", path, S_IWGRP | S_IWOTH, 0);
}

int
conf_check_system(const struct conf *conf, conf_report *report, void *arg)
{
	struct check c = { report, arg, 0 };
	uint32_t i;

	for (i = 0; i < conf->nuplinks; i++) {
		if (conf->private[i].secret[0] != '\0')
			check_file(&c, &conf->secret_where[i], "secret file",
			    conf->private[i].secret, S_IRWXG | S_IRWXO, 0);
		check_call(&c, &conf->call_where[i], conf->private[i].call);
		if (conf->private[i].pin[0] != '\0')
			check_file(&c, &conf->pin_where[i], "pin file",
			    conf->private[i].pin, S_IRWXG | S_IRWXO, 0);
		check_hook(
		    &c, &conf->hook_where[i], "start", conf->private[i].start);
		check_hook(
		    &c, &conf->hook_where[i], "stop", conf->private[i].stop);
	}
	if (conf->identity[0] != '\0')
		check_file(&c, &conf->identity_where, "identity",
		    conf->identity, S_IRWXG | S_IRWXO, 0);
	if (conf->alarm[0] != '\0')
		check_file(&c, &conf->alarm_where, "alarm", conf->alarm,
		    S_IWGRP | S_IWOTH, S_IXUSR | S_IXGRP | S_IXOTH);
	if (conf->capture[0] != '\0')
		check_directory(
		    &c, &conf->capture_where, "capture", conf->capture);
	return c.result;
}
