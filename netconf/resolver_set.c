/* SPDX-License-Identifier: ISC */
/*
 * Resolvers set and given back.  What is in force is on disk before it is,
 * with the file's old and new content, so it is known after kill -9:
 *
 *	RUNDIR/resolver		who was told what, for which interface
 *	RUNDIR/resolver.before	the file as it was
 *	RUNDIR/resolver.ours	the file as we wrote it
 *
 * A file that is not as we wrote it is somebody else's by now, and stays.
 * RUNDIR does not outlive a boot, but /etc does: the file tells by itself what
 * it was.
 * Programs run after the route, beside the loop, one after the other.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <event.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/program.h"
#include "netconf/resolver.h"
#include "netconf/run.h"

#define RECORD      RUNDIR "/resolver"
#define BEFORE      RUNDIR "/resolver.before"
#define OURS        RUNDIR "/resolver.ours"
#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLVED    "/run/systemd/resolve/io.systemd.Resolve"
#define PROGRAM_MS  (5 * 1000)
#define AGAIN_MS    (5 * 1000) /* after a program that failed, and doubled ... */
#define DOUBLED_MAX 6 /* ... to five minutes */
#define JOBS_MAX    3
#define ARGS_MAX    (4 + CONF_DNS_MAX)

static struct resolver want; /* n 0: what was there before */
static struct resolver now; /* in force, as on disk */
static int seen; /* by this process: it is as on disk */
static struct resolver left; /* what others have overwritten meanwhile */
static int refused; /* to give back, since it was asked for */
static uint32_t fails; /* of programs, in a row */
static struct event again;

/* What is to be run, in order. */
static struct {
	char path[PATH_MAX];
	char text[JOBS_MAX][ARGS_MAX][ADDR_STRLEN];
	char input[512];
	int n, next, running;
	int back; /* they give back what is in force */
	struct program program;
} jobs;

static const char *by_whom(const struct resolver *);
static void given_back(void);
static void settle(void);
static void on_again(int, short, void *);

static void __attribute__((__format__(printf, 1, 2))) tell(const char *fmt, ...)
{
	struct msg_net_step m;
	va_list ap;
	int n;

	memset(&m, 0, sizeof(m));
	n = snprintf(m.text, sizeof(m.text), "resolvers: ");
	va_start(ap, fmt);
	vsnprintf(m.text + n, sizeof(m.text) - (size_t)n, fmt, ap);
	va_end(ap);
	netconf_send(IMSG_NET_STEP, -1, &m, sizeof(m));
}

/* ---- on disk ---- */

static int
record(void)
{
	char line[PATH_MAX + 256];

	resolver_format(&now, line, sizeof(line));
	return resolver_file_write(RECORD, line);
}

static void
forget(void)
{
	unlink(RECORD); /* first: the others mean nothing without it */
	unlink(BEFORE);
	unlink(OURS);
	memset(&now, 0, sizeof(now));
}

/* ---- who keeps them ---- */

static int
resolved_runs(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
		.sun_path = RESOLVED };
	int fd, n;

	/* its files outlive it, so only an answer counts */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return 0;
	n = connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	close(fd);
	return n == 0;
}

/* In one of the directories of a program's environment. */
static int
find_program(const char *name)
{
	char list[256], *rest = list, *dir;

	strlcpy(list, child_environment[0] + strlen("PATH="), sizeof(list));
	while ((dir = strsep(&rest, ":")) != NULL) {
		snprintf(jobs.path, sizeof(jobs.path), "%s/%s", dir, name);
		if (access(jobs.path, X_OK) == 0)
			return program_unfit(jobs.path) == NULL;
	}
	return 0;
}

/* systemd's own is resolvectl by another name, in vain without resolved. */
static int
find_resolvconf(void)
{
	char real[PATH_MAX];
	const char *base;

	if (!find_program("resolvconf") || realpath(jobs.path, real) == NULL)
		return 0;
	base = strrchr(real, '/');
	return strcmp(base + 1, "resolvectl") != 0;
}

static enum resolver_how
choose(void)
{
	if (resolved_runs() && find_program("resolvectl"))
		return RESOLVER_RESOLVED;
	return find_resolvconf() ? RESOLVER_RESOLVCONF : RESOLVER_FILE;
}

/* ---- programs ---- */

static void run_job(void);

/* Who keeps resolvers may be about to start, or to come back. */
static void
has_failed(const char *text)
{
	struct timeval tv = monotime_ms(
	    (int64_t)AGAIN_MS << (fails < DOUBLED_MAX ? fails : DOUBLED_MAX));

	/* once, however often it is tried */
	if (fails++ == 0)
		tell("%s %s: %.120s", jobs.path, jobs.text[jobs.next - 1][0],
		    text);
	evtimer_add(&again, &tv);
	refused = jobs.back;
	settle();
}

static void
not_failed(void)
{
	fails = 0;
	evtimer_del(&again);
}

static void
on_end(int ok, const char *text, void *arg)
{
	(void)arg;
	jobs.running = 0;
	if (ok)
		run_job();
	else
		has_failed(text);
}

static void
run_job(void)
{
	char *argv[ARGS_MAX + 2];
	/* others read the resolv.conf that these write */
	struct program_how how = { .path = jobs.path,
		.argv = argv,
		.env = child_environment,
		.umask = 022,
		.deadline_ms = PROGRAM_MS,
		.input = jobs.input[0] != '\0' ? jobs.input : NULL };
	int i;

	if (jobs.next == jobs.n) {
		if (fails > 0 && !jobs.back)
			tell("%s has them now", by_whom(&now));
		not_failed();
		if (jobs.back)
			given_back();
		settle();
		return;
	}
	argv[0] = jobs.path;
	for (i = 0; i < ARGS_MAX && jobs.text[jobs.next][i][0] != '\0'; i++)
		argv[i + 1] = jobs.text[jobs.next][i];
	argv[i + 1] = NULL;
	jobs.next++;
	jobs.running = 1;
	if (program_start(&jobs.program, &how, on_end, NULL) == -1)
		on_end(0, strerror(errno), NULL);
}

/* One more, with up to three words. */
static void
add_job(const char *a, const char *b, const char *c)
{
	char(*text)[ADDR_STRLEN] = jobs.text[jobs.n++];

	strlcpy(text[0], a, ADDR_STRLEN);
	strlcpy(text[1], b, ADDR_STRLEN);
	strlcpy(text[2], c, ADDR_STRLEN);
}

static void
fresh_jobs(int back)
{
	memset(jobs.text, 0, sizeof(jobs.text));
	jobs.input[0] = '\0';
	jobs.n = jobs.next = 0;
	jobs.back = back;
}

static void
add_resolved(const struct resolver *r)
{
	uint32_t i;

	add_job("dns", r->ifname, "");
	for (i = 0; i < r->n; i++)
		addr_format(&r->server[i], jobs.text[0][2 + i], ADDR_STRLEN);
	add_job("domain", r->ifname, "~.");
	add_job("default-route", r->ifname, "yes");
}

static void
by_resolved(const struct resolver *r, int back)
{
	fresh_jobs(back);
	if (find_program("resolvectl")) {
		if (!back)
			add_resolved(r);
		/* with its interface went what was set for it */
		else if (if_nametoindex(r->ifname) != 0)
			add_job("revert", r->ifname, "");
	}
	run_job();
}

static void
by_resolvconf(const struct resolver *r, int back)
{
	char name[IFNAMSIZ + 16];

	fresh_jobs(back);
	snprintf(name, sizeof(name), "%s.dialfail", r->ifname);
	if (find_resolvconf())
		add_job(back ? "-d" : "-a", name, "");
	if (!back)
		(void)resolver_lines(r, jobs.input, sizeof(jobs.input));
	run_job();
}

/* ---- the file ---- */

static char before[RESOLVER_TEXT_MAX], ours[RESOLVER_TEXT_MAX];
static char found[RESOLVER_TEXT_MAX];

/* As we wrote it; else whose it is. */
enum whose { WHOSE_OURS, WHOSE_BEFORE, WHOSE_OTHERS };

static enum whose
look(void)
{
	if (resolver_file_read(now.path, found, sizeof(found)) == -1)
		return now.how == RESOLVER_MADE && errno == ENOENT
			   ? WHOSE_BEFORE
			   : WHOSE_OTHERS;
	if (resolver_file_read(OURS, ours, sizeof(ours)) == 0 &&
	    strcmp(found, ours) == 0)
		return WHOSE_OURS;
	if (now.how == RESOLVER_FILE &&
	    resolver_file_read(BEFORE, before, sizeof(before)) == 0 &&
	    strcmp(found, before) == 0)
		return WHOSE_BEFORE;
	return WHOSE_OTHERS;
}

static int
keep_before(void)
{
	struct stat st;

	before[0] = '\0';
	if (realpath(RESOLV_CONF, now.path) == NULL) {
		/* a link that leads nowhere may lead somewhere soon */
		strlcpy(now.path, RESOLV_CONF, sizeof(now.path));
		if (errno != ENOENT || lstat(RESOLV_CONF, &st) == 0)
			return -1;
		now.how = RESOLVER_MADE;
		return 0;
	}
	if (resolver_file_read(now.path, before, sizeof(before)) == -1)
		return -1;
	return resolver_file_write(BEFORE, before);
}

static void
take_file(void)
{
	if (keep_before() == -1 ||
	    resolver_text(&now, before, ours, sizeof(ours)) == -1 ||
	    resolver_file_write(OURS, ours) == -1 || record() == -1 ||
	    resolver_file_write(now.path, ours) == -1) {
		tell("%s: %s", now.path, strerror(errno));
		forget();
		left = want; /* not again and again */
	}
}

static void
give_back_file(void)
{
	switch (look()) {
	case WHOSE_OURS:
		if (now.how == RESOLVER_MADE
			? unlink(now.path) == -1
			: resolver_file_read(BEFORE, before, sizeof(before)) ==
				  -1 ||
			      resolver_file_write(now.path, before) == -1) {
			tell("%s cannot be given back: %s", now.path,
			    strerror(errno));
			refused = 1;
			return; /* and what it was is not forgotten */
		}
		tell("%s is as it was", now.path);
		break;
	case WHOSE_OTHERS:
		tell("%s was changed by others: left alone", now.path);
		break;
	case WHOSE_BEFORE:
		break;
	}
	forget();
}

/* Power was lost on a backup; a file that we made had nothing in it before. */
static void
after_boot(void)
{
	char path[PATH_MAX];

	if (realpath(RESOLV_CONF, path) == NULL ||
	    resolver_file_read(path, found, sizeof(found)) == -1 ||
	    resolver_old(found, before, sizeof(before)) == -1)
		return;
	if (before[0] == '\0' ? unlink(path) == -1
			      : resolver_file_write(path, before) == -1)
		log_warn("%s cannot be given back", path);
	else
		log_info("%s is as it was before a boot", path);
}

void
resolver_open(void)
{
	char line[PATH_MAX + 256];

	evtimer_set(&again, on_again, NULL);
	if (resolver_file_read(RECORD, line, sizeof(line)) == -1) {
		if (errno != ENOENT)
			log_warn(RECORD);
	} else if (resolver_parse(line, &now) == -1) {
		log_warnx(RECORD ": ignored");
		memset(&now, 0, sizeof(now));
	}
	if (now.how == RESOLVER_NONE)
		after_boot();
}

/* ---- from found to wanted ---- */

static int
by_file(const struct resolver *r)
{
	return r->how == RESOLVER_FILE || r->how == RESOLVER_MADE;
}

static const char *
by_whom(const struct resolver *r)
{
	return r->how == RESOLVER_RESOLVED     ? "systemd-resolved"
	       : r->how == RESOLVER_RESOLVCONF ? "resolvconf"
					       : r->path;
}

/* By programs: it is known until they have ended well. */
static void
given_back(void)
{
	tell("%s has none of %s any more", by_whom(&now), now.ifname);
	forget();
}

static void
give_back(void)
{
	if (by_file(&now))
		give_back_file();
	else if (now.how == RESOLVER_RESOLVED)
		by_resolved(&now, 1);
	else
		by_resolvconf(&now, 1);
}

/* All of its programs, from the first one on. */
static void
take_by_program(void)
{
	if (now.how == RESOLVER_RESOLVED)
		by_resolved(&now, 0);
	else if (now.how == RESOLVER_RESOLVCONF)
		by_resolvconf(&now, 0);
}

static void
take(void)
{
	char servers[CONF_DNS_MAX * ADDR_STRLEN];

	now = want;
	now.how = choose();
	seen = 1;
	if (by_file(&now))
		take_file();
	else if (record() == -1) {
		tell(RECORD ": %s", strerror(errno));
		memset(&now, 0, sizeof(now));
		left = want;
	}
	if (now.how == RESOLVER_NONE)
		return;
	resolver_servers(&now, " ", servers, sizeof(servers));
	tell("%s by %s", servers, by_whom(&now));
	take_by_program();
}

static void
on_again(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (jobs.running)
		return; /* it tells how it goes on */
	if (!refused && resolver_same(&now, &want)) {
		take_by_program();
		return;
	}
	refused = 0;
	settle();
}

/* Is what the record says so?  It may have been written just before. */
static void
check(void)
{
	if (!by_file(&now)) {
		if (!seen)
			take();
		return;
	}
	switch (look()) {
	case WHOSE_OURS:
		break;
	case WHOSE_BEFORE:
		forget();
		take();
		break;
	case WHOSE_OTHERS:
		left = want;
		give_back_file();
		break;
	}
	seen = 1;
}

static void
settle(void)
{
	if (jobs.running)
		return; /* and comes back here */
	if (now.how != RESOLVER_NONE && !resolver_same(&now, &want)) {
		if (!refused)
			give_back();
		if (jobs.running || refused)
			return;
	}
	if (!resolver_same(&left, &want))
		memset(&left, 0, sizeof(left));
	if (now.how != RESOLVER_NONE)
		check();
	else if (want.n > 0 && left.n == 0)
		take();
}

/* What belongs to this uplink. */
static void
wish(uint32_t active, struct resolver *w)
{
	const struct conf *conf = config_current();
	const struct conf_uplink *u = &conf->uplink[active];
	const struct conf_private *p = &conf->private[active];

	memset(w, 0, sizeof(*w));
	if (conf->dns == CONF_DNS_FOLLOW && u->role == CONF_BACKUP) {
		w->n = p->ndns;
		memcpy(w->server, p->dns, sizeof(p->dns));
		strlcpy(w->ifname, u->ifname, IFNAMSIZ);
		if (conf_ppp(u)) {
			w->n = ppp_dns(active, w->server);
			strlcpy(w->ifname, ppp_interface(active), IFNAMSIZ);
		}
	}
	if (w->n == 0)
		memset(w, 0, sizeof(*w));
}

void
resolver_follow(uint32_t active)
{
	const struct resolver was = want;

	wish(active, &want);
	refused = 0;
	if (!jobs.running && !resolver_same(&want, &was))
		not_failed();
	settle();
}

/* jobs.path is what runs. */
static void
choose_now(struct resolver *r)
{
	if (jobs.running)
		return;
	r->how = choose();
	if (by_file(r) && realpath(RESOLV_CONF, r->path) == NULL)
		strlcpy(r->path, RESOLV_CONF, sizeof(r->path));
}

void
resolver_plan(uint32_t active, int undialled, plan_line *line, void *arg)
{
	char servers[CONF_DNS_MAX * ADDR_STRLEN], text[MSG_TEXT_LEN];
	int modem = conf_ppp(&config_current()->uplink[active]);
	struct resolver r;

	if (config_current()->dns == CONF_DNS_FOLLOW && modem && undialled) {
		line("resolvers that it gets", 0, arg);
		return;
	}
	wish(active, &r);
	if (resolver_same(&r, &now))
		return;
	resolver_servers(&r, " ", servers, sizeof(servers));
	if (r.n > 0)
		choose_now(&r);
	else
		r = now;
	snprintf(text, sizeof(text), "resolvers %s",
	    servers[0] != '\0' ? servers : "as before");
	if (r.how != RESOLVER_NONE) {
		strlcat(text, " by ", sizeof(text));
		strlcat(text, by_whom(&r), sizeof(text));
	}
	line(text, 0, arg);
}

void
resolver_clear(void)
{
	memset(&want, 0, sizeof(want));
	refused = 0;
	settle();
}

int
resolver_busy(void)
{
	return jobs.running;
}

void
resolver_show(plan_line *line, void *arg)
{
	const struct resolver *r = now.how != RESOLVER_NONE ? &now : &want;
	char servers[CONF_DNS_MAX * ADDR_STRLEN], text[MSG_TEXT_LEN];
	const char *why = "";

	if (r->n == 0)
		return;
	resolver_servers(r, " ", servers, sizeof(servers));
	if (now.how == RESOLVER_NONE)
		why = ": wanted, but not set";
	else if (!resolver_same(&now, &want))
		why = ": not wanted";
	else if (by_file(&now) && look() != WHOSE_OURS)
		why = ": changed by others";
	else if (fails > 0)
		why = ": wanted, but refused";
	snprintf(text, sizeof(text), "resolvers %s", servers);
	if (now.how != RESOLVER_NONE) {
		strlcat(text, " by ", sizeof(text));
		strlcat(text, by_whom(&now), sizeof(text));
	}
	strlcat(text, why, sizeof(text));
	line(text, why[0] != '\0', arg);
}
