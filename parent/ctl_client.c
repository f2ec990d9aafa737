/* SPDX-License-Identifier: ISC */
/* One request over the control socket, its records, one result. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/imsg.h"
#include "common/monotime.h"
#include "parent/ctl_client.h"
#include "parent/target.h"

/*
 * Of an answer altogether.  The longest is that of a hub: 10,000 peers with
 * four tunnels, eight routes and what goes with them are 100 MB of lines, and
 * their configuration 30 MB.
 */
#define ANSWER_MB 128
#define START_MS  2000 /* a daemon that is just started is waited for */
#define AGAIN_US  (50 * 1000)

static int __attribute__((format(printf, 3, 4)))
fail(struct ctl_client *c, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return code;
}

/* 0, or why not. */
static int
try_socket(const char *path, int *fd)
{
	struct sockaddr_un sun;
	int error;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		return ENAMETOOLONG;
	if ((*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return errno;
	if (connect(*fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return 0;
	error = errno;
	close(*fd);
	return error;
}

/* Who may only look is served by the socket beside it. */
static int
open_socket(struct ctl_client *c, const struct ctl_command *cmd, int *fd)
{
	char beside[PATH_MAX];
	int error = try_socket(c->socket, fd), other;

	if (error == 0)
		return CTL_EXIT_DONE;
	if (error == ENAMETOOLONG)
		return fail(c, CTL_EXIT_USAGE,
		    "%.100s...: path too long for a socket", c->socket);
	if (error != EACCES)
		return fail(c, CTL_EXIT_NO_DAEMON,
		    "%s: %s: is dialfaild running?", c->socket,
		    strerror(error));
	snprintf(beside, sizeof(beside), "%s" CTL_READONLY_SUFFIX, c->socket);
	if (ctl_only_looks(cmd->type, &cmd->data)) {
		if ((other = try_socket(beside, fd)) == 0)
			return CTL_EXIT_DONE;
		if (other !=
		    EACCES) /* what is left of a dead one forbids, too */
			return fail(c, CTL_EXIT_NO_DAEMON,
			    "%s: %s: is dialfaild running?", beside,
			    strerror(other));
	}
	return fail(c, CTL_EXIT_REFUSED,
	    "%s: permission denied: this is for root and the group " DAEMON_USER
	    "; others may show, plan and monitor",
	    c->socket);
}

/* Strings end inside their arrays, whoever it is that answers. */
#define TEXT(x) msg_text_valid(x, sizeof(x))

static int
summary_ok(const void *data)
{
	const struct ctl_summary *s = data;

	return TEXT(s->version) && TEXT(s->host) && TEXT(s->verdict) &&
	       TEXT(s->state) && TEXT(s->event) && TEXT(s->event_text) &&
	       TEXT(s->fallback_text) && TEXT(s->file_where) &&
	       msg_net_notes_valid(&s->notes) && s->decide <= CONF_DECIDE_ALL &&
	       s->conf_source <= MSG_CONF_CONFIRMED && s->file <= MSG_FILE_BAD;
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
	       TEXT(u->modem) && TEXT(u->standby) && TEXT(u->unfit) &&
	       TEXT(u->budget.barred) && u->id < CONF_UPLINKS_MAX &&
	       u->role <= CONF_BACKUP && u->kind <= CONF_CALL &&
	       radio_ok(&u->radio) && family_ok(&u->family[FAMILY_INET]) &&
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

	return TEXT(p->name) && TEXT(p->update) && TEXT(p->answer) &&
	       TEXT(p->result) && addr_valid(&p->address[FAMILY_INET]) &&
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

	return TEXT(e->id) && TEXT(e->cause) && TEXT(e->backup) && TEXT(e->by);
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

/* 0, or -1: not so long, or not such a record. */
static int
take(struct imsg *imsg, void *record, size_t size, int (*ok)(const void *))
{
	return imsg_get_data(imsg, record, size) == -1 || !ok(record) ? -1 : 0;
}

/*
 * Room for one more behind n: doubled when it is used up, or a large hub's
 * records would be copied once for each of them.
 */
static void *
room(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : 2 * n, size);
}

/*
 * The array with one more record of a kind.  A record that is malformed makes
 * it *bad.
 */
static void *
add(void *array, size_t *n, size_t size, int (*ok)(const void *),
    struct imsg *imsg, int *bad)
{
	void *bigger;

	if ((bigger = room(array, *n, size)) == NULL) {
		*bad = 1;
		return array;
	}
	if (take(imsg, (char *)bigger + *n * size, size, ok) == -1)
		*bad = 1;
	else
		(*n)++;
	return bigger;
}

static int
add_text(struct ctl_answer *a, struct imsg *imsg)
{
	size_t len = imsg_get_len(imsg), size = a->textsize;
	char *bigger = a->text;

	if (len == 0)
		return 0;
	if (a->textlen + len > size) {
		size = 2 * (a->textlen + len);
		if ((bigger = realloc(a->text, size)) == NULL)
			return -1;
		a->text = bigger;
		a->textsize = size;
	}
	if (imsg_get_data(imsg, bigger + a->textlen, len) == -1 ||
	    bigger[a->textlen + len - 1] != '\0')
		return -1;
	a->textlen += len - 1;
	return 0;
}

static int
got_line(struct ctl_client *c, struct imsg *imsg)
{
	struct ctl_line l;

	if (take(imsg, &l, sizeof(l), line_ok) == -1)
		return -1;
	c->line(&l);
	return 0;
}

/* The arrays of records by the kind of one; 0, or -1: malformed. */
static int
got_record(struct ctl_answer *a, struct imsg *imsg)
{
	int bad = 0;

#define ADD(array, n, ok)                                                   \
	a->array = add(a->array, &a->n, sizeof(*a->array), ok, imsg, &bad); \
	break
	switch (imsg_get_type(imsg)) {
	case IMSG_CTL_UPLINK:
		ADD(uplinks, nuplinks, uplink_ok);
	case IMSG_CTL_TARGET:
		ADD(targets, ntargets, target_ok);
	case IMSG_CTL_PROCESS:
		ADD(processes, nprocesses, process_ok);
	case IMSG_CTL_PEER:
		ADD(peers, npeers, peer_ok);
	case IMSG_CTL_EVENT:
		ADD(events, nevents, event_ok);
	case IMSG_CTL_LINE:
		ADD(lines, nlines, line_ok);
	case IMSG_CTL_STEP:
		ADD(steps, nsteps, step_ok);
	}
#undef ADD
	return bad ? -1 : 0;
}

/* A record of the answer: 0; 1: it was the result; -1: malformed. */
static int
got(struct ctl_client *c, struct imsg *imsg)
{
	struct ctl_answer *a = &c->answer;

	switch (imsg_get_type(imsg)) {
	case IMSG_CTL_SUMMARY:
		a->has_summary = 1;
		return take(imsg, &a->summary, sizeof(a->summary), summary_ok);
	case IMSG_CTL_PLAN:
		return take(imsg, &a->plan, sizeof(a->plan), plan_ok);
	case IMSG_CTL_TEXT:
		return add_text(a, imsg);
	case IMSG_CTL_RESULT:
		if (take(imsg, &c->result, sizeof(c->result), result_ok) == -1)
			return -1;
		return 1;
	case IMSG_CTL_LINE:
		if (c->line != NULL)
			return got_line(c, imsg);
		break;
	}
	return got_record(a, imsg);
}

/* Wait for the daemon, at most until the deadline (not valid: for ever). */
static int
wait_for(struct ctl_client *c, int fd, struct monotime deadline)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int64_t left = -1;

	if (monotime_valid(deadline)) {
		left = monotime_ms_between(monotime_now(), deadline);
		if (left <= 0)
			return fail(c, CTL_EXIT_REFUSED,
			    "no answer from dialfaild in time");
	}
	if (poll(&p, 1, (int)left) == -1 && errno != EINTR)
		return fail(c, CTL_EXIT_REFUSED, "poll: %s", strerror(errno));
	return CTL_EXIT_DONE;
}

/* A part of an answer must not look like the whole: too much is an error. */
static int
too_long(struct ctl_client *c, struct imsg *imsg)
{
	/* of lines that are told at once nothing is kept */
	if (c->line != NULL && imsg_get_type(imsg) == IMSG_CTL_LINE)
		return 0;
	c->answer.octets += imsg_get_len(imsg);
	return c->answer.octets > ANSWER_MB * 1000000;
}

/* Until the result has come. */
static int
collect(struct ctl_client *c, struct imsgbuf *ibuf, struct monotime deadline)
{
	struct imsg imsg;
	int n, code, done = 0, much = 0;

	while (!done) {
		if ((code = wait_for(c, ibuf->fd, deadline)) != CTL_EXIT_DONE)
			return code;
		if ((n = imsgbuf_read(ibuf)) == -1)
			return fail(c, CTL_EXIT_REFUSED, "dialfaild: %s",
			    strerror(errno));
		if (n == 0)
			return fail(c, CTL_EXIT_REFUSED, "dialfaild ended");
		while (!done && !much && (n = imsgbuf_get(ibuf, &imsg)) > 0) {
			much = too_long(c, &imsg);
			done = got(c, &imsg);
			imsg_free(&imsg);
		}
		if (much)
			return fail(c, CTL_EXIT_REFUSED,
			    "the answer is longer than %d MB", ANSWER_MB);
		if (n == -1 || done == -1)
			return fail(c, CTL_EXIT_REFUSED,
			    "malformed answer (another version?)");
	}
	return CTL_EXIT_DONE;
}

static int
converse(struct ctl_client *c, const struct ctl_command *cmd, int fd)
{
	struct monotime deadline = { 0 };
	struct imsgbuf ibuf;
	int code;

	if (cmd->wait_s > 0)
		deadline = monotime_add_ms(
		    monotime_now(), (int64_t)cmd->wait_s * 1000);
	if (imsgbuf_init(&ibuf, fd) == -1)
		return fail(c, CTL_EXIT_REFUSED, "%s", strerror(errno));
	/* one that refused us before we asked has left its reason */
	if (imsg_compose(&ibuf, cmd->type, 0, 0, -1,
		cmd->len > 0 ? &cmd->data : NULL, cmd->len) == -1 ||
	    (imsgbuf_flush(&ibuf) == -1 && errno != EPIPE))
		code =
		    fail(c, CTL_EXIT_REFUSED, "dialfaild: %s", strerror(errno));
	else
		code = collect(c, &ibuf, deadline);
	imsgbuf_clear(&ibuf);
	return code;
}

static int
ask_once(struct ctl_client *c, const struct ctl_command *cmd)
{
	int fd = -1, code;

	if ((code = open_socket(c, cmd, &fd)) != CTL_EXIT_DONE)
		return code;
	code = converse(c, cmd, fd);
	close(fd);
	return code;
}

int
ctl_client_ask(struct ctl_client *c, const struct ctl_command *cmd)
{
	struct monotime until = monotime_add_ms(monotime_now(), START_MS);
	int code;

	while ((code = ask_once(c, cmd)) == CTL_EXIT_DONE &&
	       c->result.code == CTL_REFUSED &&
	       strcmp(c->result.text, CTL_STARTING) == 0 &&
	       monotime_cmp(monotime_now(), until) < 0)
		usleep(AGAIN_US);
	return code;
}

int
ctl_client_show(struct ctl_client *c, uint32_t what, const char *name)
{
	struct ctl_command cmd = { .type = IMSG_CTL_SHOW,
		.len = sizeof(cmd.data.show),
		.wait_s = CTL_WAIT_S };

	cmd.data.show.what = what;
	(void)strlcpy(cmd.data.show.name, name, sizeof(cmd.data.show.name));
	return ctl_client_ask(c, &cmd);
}

struct ctl_answer *
ctl_client_need(struct ctl_client *c, uint32_t what, const char *name)
{
	int code;

	ctl_client_free(c);
	if ((code = ctl_client_show(c, what, name)) != CTL_EXIT_DONE)
		errx(code, "%s", c->why);
	if (c->result.code != CTL_OK)
		errx(CTL_EXIT_REFUSED, "%s", c->result.text);
	return &c->answer;
}

void
ctl_client_free(struct ctl_client *c)
{
	struct ctl_answer *a = &c->answer;

	free(a->uplinks);
	free(a->targets);
	free(a->processes);
	free(a->peers);
	free(a->events);
	free(a->lines);
	free(a->steps);
	free(a->text);
	memset(a, 0, sizeof(*a));
}
