/* SPDX-License-Identifier: ISC */
/*
 * dialfailctl: main.  One request, its records, one result; the exit code
 * says how it went: 0 done, 1 refused or failed, 2 usage, 3 no daemon.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/imsg.h"
#include "common/monotime.h"
#include "parent/ctl_output.h"
#include "parent/ctl_parse.h"
#include "parent/import.h"
#include "parent/keys.h"
#include "parent/target.h"

#define SOCKET_FILE RUNDIR "/dialfail.sock"

enum { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_NO_DAEMON };

static const struct ctl_output *output = &ctl_text;
static struct ctl_answer answer;

static void __dead
usage(void)
{
	fprintf(stderr, "usage: dialfailctl [-j] [-s socket] command "
			"[argument ...]\n");
	exit(EXIT_USAGE);
}

static int
open_socket(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		errx(EXIT_USAGE, "%s: path too long for a socket", path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		err(EXIT_REFUSED, "socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		if (errno == EACCES)
			errx(EXIT_REFUSED,
			    "%s: permission denied; to look only: -s %s.ro",
			    path, SOCKET_FILE);
		errx(EXIT_NO_DAEMON, "%s: %s: is dialfaild running?", path,
		    strerror(errno));
	}
	return fd;
}

static void __dead
malformed(void)
{
	errx(EXIT_REFUSED, "malformed answer (another version?)");
}

/* Strings end inside their arrays, whoever it is that answers. */
#define TEXT(x) msg_text_valid(x, sizeof(x))

static int
summary_ok(const void *data)
{
	const struct ctl_summary *s = data;

	return TEXT(s->version) && TEXT(s->host) && TEXT(s->verdict) &&
	       TEXT(s->state) && TEXT(s->event) && TEXT(s->event_text) &&
	       TEXT(s->fallback_text) && s->decide <= CONF_DECIDE_ALL;
}

static int
family_ok(const struct ctl_family *f)
{
	return TEXT(f->cause) && addr_valid(&f->address) &&
	       addr_valid(&f->gateway) && f->recent_lost <= f->recent_sent;
}

static int
radio_ok(const struct ctl_radio *r)
{
	return TEXT(r->sim) && TEXT(r->card) && TEXT(r->registration) &&
	       TEXT(r->technology) && TEXT(r->operator) && TEXT(r->signal) &&
	       addr_valid(&r->address);
}

static int
uplink_ok(const void *data)
{
	const struct ctl_uplink *u = data;

	return TEXT(u->name) && TEXT(u->ifname) && TEXT(u->status) &&
	       TEXT(u->cause) && TEXT(u->last_error) && TEXT(u->note) &&
	       TEXT(u->modem) && TEXT(u->standby) && TEXT(u->budget.barred) &&
	       u->id < CONF_UPLINKS_MAX && u->role <= CONF_BACKUP &&
	       u->kind <= CONF_CALL && radio_ok(&u->radio) &&
	       family_ok(&u->family[FAMILY_INET]) &&
	       family_ok(&u->family[FAMILY_INET6]);
}

static int
target_ok(const void *data)
{
	const struct ctl_target *t = data;

	return TEXT(t->via) && target_valid(&t->target) &&
	       addr_valid(&t->gateway) && msg_stats_valid(&t->stats);
}

static int
peer_ok(const void *data)
{
	const struct ctl_peer *p = data;

	return TEXT(p->name) && TEXT(p->answer) && TEXT(p->result) &&
	       addr_valid(&p->address[FAMILY_INET]) &&
	       addr_valid(&p->address[FAMILY_INET6]);
}

static int
process_ok(const void *data)
{
	const struct ctl_process *p = data;

	return TEXT(p->name) && TEXT(p->sandbox);
}

static int
event_ok(const void *data)
{
	const struct ctl_event *e = data;

	return TEXT(e->id) && TEXT(e->cause) && TEXT(e->backup);
}

static int
line_ok(const void *data)
{
	const struct ctl_line *l = data;

	return TEXT(l->event) && TEXT(l->who) && TEXT(l->text);
}

static int
plan_ok(const void *data)
{
	const struct ctl_plan *p = data;

	return TEXT(p->name) && p->kind <= CTL_PLAN_FALLBACK;
}

static int
step_ok(const void *data)
{
	const struct ctl_step *s = data;

	return TEXT(s->what) && TEXT(s->text);
}

static int
result_ok(const void *data)
{
	const struct ctl_result *r = data;

	return TEXT(r->text) && r->code <= CTL_FAILED;
}

static void
take(struct imsg *imsg, void *record, size_t size, int (*ok)(const void *))
{
	if (imsg_get_data(imsg, record, size) == -1 || !ok(record))
		malformed();
}

/* One more record of a kind; what a daemon sends is bounded here too. */
static void *
add(void *array, size_t *n, size_t size, int (*ok)(const void *),
    struct imsg *imsg)
{
	void *bigger;

	if (*n >= CTL_RECORDS_MAX)
		return array;
	if ((bigger = reallocarray(array, *n + 1, size)) == NULL)
		err(EXIT_REFUSED, NULL);
	take(imsg, (char *)bigger + *n * size, size, ok);
	(*n)++;
	return bigger;
}

static void
add_text(struct imsg *imsg)
{
	size_t len = imsg_get_len(imsg);
	char *bigger;

	if (len == 0 || answer.textlen > 1024 * 1024)
		return;
	bigger = realloc(answer.text, answer.textlen + len);
	if (bigger == NULL)
		err(EXIT_REFUSED, NULL);
	answer.text = bigger;
	if (imsg_get_data(imsg, bigger + answer.textlen, len) == -1 ||
	    bigger[answer.textlen + len - 1] != '\0')
		malformed();
	answer.textlen += len - 1;
}

static void
monitor_line(struct imsg *imsg)
{
	struct ctl_line l;

	take(imsg, &l, sizeof(l), line_ok);
	output->line(stdout, &l);
	if (fflush(stdout) == EOF)
		err(EXIT_REFUSED, "standard output");
}

/* A record of the answer; 1: it was the result. */
static int
got(const struct ctl_command *c, struct imsg *imsg, struct ctl_result *r)
{
	struct ctl_answer *a = &answer;

	switch (imsg_get_type(imsg)) {
	case IMSG_CTL_SUMMARY:
		take(imsg, &a->summary, sizeof(a->summary), summary_ok);
		a->has_summary = 1;
		break;
	case IMSG_CTL_UPLINK:
		a->uplinks = add(a->uplinks, &a->nuplinks, sizeof(*a->uplinks),
		    uplink_ok, imsg);
		break;
	case IMSG_CTL_TARGET:
		a->targets = add(a->targets, &a->ntargets, sizeof(*a->targets),
		    target_ok, imsg);
		break;
	case IMSG_CTL_PROCESS:
		a->processes = add(a->processes, &a->nprocesses,
		    sizeof(*a->processes), process_ok, imsg);
		break;
	case IMSG_CTL_PEER:
		a->peers =
		    add(a->peers, &a->npeers, sizeof(*a->peers), peer_ok, imsg);
		break;
	case IMSG_CTL_EVENT:
		a->events = add(
		    a->events, &a->nevents, sizeof(*a->events), event_ok, imsg);
		break;
	case IMSG_CTL_LINE:
		if (c->type == IMSG_CTL_MONITOR)
			monitor_line(imsg);
		else
			a->lines = add(a->lines, &a->nlines, sizeof(*a->lines),
			    line_ok, imsg);
		break;
	case IMSG_CTL_PLAN:
		take(imsg, &a->plan, sizeof(a->plan), plan_ok);
		break;
	case IMSG_CTL_STEP:
		a->steps =
		    add(a->steps, &a->nsteps, sizeof(*a->steps), step_ok, imsg);
		break;
	case IMSG_CTL_TEXT:
		add_text(imsg);
		break;
	case IMSG_CTL_RESULT:
		take(imsg, r, sizeof(*r), result_ok);
		return 1;
	}
	return 0;
}

/* Wait for the daemon, at most until the deadline (not valid: for ever). */
static void
wait_for(int fd, struct monotime deadline)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int64_t left = -1;

	if (monotime_valid(deadline)) {
		left = monotime_ms_between(monotime_now(), deadline);
		if (left <= 0)
			errx(EXIT_REFUSED, "no answer from dialfaild in time");
	}
	if (poll(&p, 1, (int)left) == -1 && errno != EINTR)
		err(EXIT_REFUSED, "poll");
}

static void
converse(int fd, const struct ctl_command *c, struct ctl_result *r)
{
	struct monotime deadline = { 0 };
	struct imsgbuf ibuf;
	struct imsg imsg;
	int n, done = 0;

	if (c->wait_s > 0)
		deadline =
		    monotime_add_ms(monotime_now(), (int64_t)c->wait_s * 1000);
	if (imsgbuf_init(&ibuf, fd) == -1)
		err(EXIT_REFUSED, NULL);
	if (imsg_compose(&ibuf, c->type, 0, 0, -1, c->len > 0 ? &c->data : NULL,
		c->len) == -1)
		err(EXIT_REFUSED, NULL);
	/* one that refused us before we asked has left its reason */
	if (imsgbuf_flush(&ibuf) == -1 && errno != EPIPE)
		err(EXIT_REFUSED, "dialfaild");
	while (!done) {
		wait_for(fd, deadline);
		if ((n = imsgbuf_read(&ibuf)) == -1)
			err(EXIT_REFUSED, "dialfaild");
		if (n == 0)
			errx(EXIT_REFUSED, "dialfaild ended");
		while (!done && (n = imsgbuf_get(&ibuf, &imsg)) > 0) {
			done = got(c, &imsg, r);
			imsg_free(&imsg);
		}
		if (n == -1)
			malformed();
	}
	imsgbuf_clear(&ibuf);
}

/*
 * Options may stand before, between and behind the words, which are moved to
 * the front of argv.  Returns how many words there are.
 */
static int
options(int argc, char *argv[], const char **path)
{
	int c, n = 0;

	for (;;) {
		while ((c = getopt(argc, argv, "+js:")) != -1)
			switch (c) {
			case 'j':
				output = &ctl_json;
				break;
			case 's':
				*path = optarg;
				break;
			default:
				usage();
			}
		if (optind >= argc)
			return n;
		argv[n++] = argv[optind++];
	}
}

/* What needs no daemon: a site's key is made before there is one. */
static int
offline(const struct ctl_command *c)
{
	char key[KEY_STRLEN] = "", why[PATH_MAX + 256];
	int bad = 0;

	if (c->type == IMSG_CTL_IMPORT)
		bad = import_files(
		    c->file, c->script, c->directory, stdout, why, sizeof(why));
	else if (c->type == IMSG_CTL_KEYGEN)
		bad = keys_generate(c->file, why, sizeof(why));
	if (bad == 0 && c->type != IMSG_CTL_IMPORT)
		bad = keys_public(c->file, key, why, sizeof(why));
	if (bad == -1)
		errx(EXIT_REFUSED, "%s", why);
	if (key[0] != '\0')
		puts(key);
	if (fflush(stdout) == EOF)
		err(EXIT_REFUSED, "standard output");
	return EXIT_DONE;
}

int
main(int argc, char *argv[])
{
	const char *path = SOCKET_FILE;
	char error[2048] = "";
	struct ctl_command command;
	struct ctl_result r;
	int fd, n;

	n = options(argc, argv, &path);
	ctl_colours = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	if (ctl_parse(n, argv, &command, error, sizeof(error)) == -1)
		errx(EXIT_USAGE, "%s", error);
	if (command.file != NULL)
		return offline(&command);
	signal(SIGPIPE, SIG_IGN);
	fd = open_socket(path);
	converse(fd, &command, &r);
	if (r.code != CTL_OK) {
		if (answer.text != NULL)
			fputs(answer.text, stderr);
		if (output == &ctl_json)
			output->result(stdout, &r);
		errx(EXIT_REFUSED, "%s", r.text);
	}
	if (command.type == IMSG_CTL_SHOW)
		output->show(stdout, command.data.show.what, &answer);
	else if (command.type == IMSG_CTL_PLAN)
		output->plan(stdout, &answer, &r);
	else if (command.type != IMSG_CTL_MONITOR)
		output->result(stdout, &r);
	if (fflush(stdout) == EOF)
		err(EXIT_REFUSED, "standard output");
	return EXIT_DONE;
}
