/* SPDX-License-Identifier: ISC */
/*
 * The life of each pppd: started on a line that the dialer connected, or to
 * dial by itself (call), told of by its ip-up program, ended, or found again
 * after we were restarted.
 *
 * It has a session of its own and a record on disk (ppp_record.h), so it
 * outlives us, and a later netconf adopts it.  One that was on its way to
 * IP then is ended: dialling again is simpler than to guess how far it came.
 * How a pppd of an earlier netconf ended cannot be known, only that it did.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <net/if.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "dialer/policy.h"
#include "netconf/ppp_event.h"
#include "netconf/ppp_exec.h"
#include "netconf/ppp_file.h"
#include "netconf/ppp_inet6.h"
#include "netconf/ppp_process.h"
#include "netconf/ppp_secret.h"
#include "netconf/run.h"
#include "netconf/tty_lock.h"

#define TERM_MS    3000 /* lcp-max-terminate x lcp-restart is 1 s */
#define GROUP_MS   3000 /* the copying child after a SIGKILL */
#define LAST_READS 64 /* whoever writes on is not waited for */
#define LOOK_MS    20 /* there is no event for the end of a group */

struct session {
	TAILQ_ENTRY(session) entry;
	struct ppp_record record; /* as it is on disk */
	struct ppp_exec exec; /* an adopted one has none of its descriptors */
	int pidfd; /* adopted: tells its end */
	struct event log, event, end, timer;
	struct ppp_inet6 inet6;
	char line[256]; /* of the log, so far */
	size_t len;
	int refused; /* it said so */
	struct monotime up_since;
	int up; /* PPP_UP was sent */
	uint64_t octets; /* as ip-down told */
	int ours; /* it ends because we want it to */
	int silent; /* the parent does not know it */
	int gone; /* only its process group may be left */
	struct monotime group_until;
	enum policy_end how;
	int status;
	int error; /* errno: it never became pppd */
	int recorded; /* and it was the exec that failed */
};

static TAILQ_HEAD(, session) sessions = TAILQ_HEAD_INITIALIZER(sessions);

static struct session *
session_find(const char *label)
{
	struct session *s;

	TAILQ_FOREACH(s, &sessions, entry)
		if (strcmp(s->record.label, label) == 0)
			return s;
	return NULL;
}

/* The backup of this number if pppd makes its interface, or NULL. */
static const struct conf_uplink *
ppp_uplink(uint32_t uplink)
{
	const struct conf *conf = config_current();

	if (conf == NULL || uplink >= conf->nuplinks ||
	    !conf_ppp(&conf->uplink[uplink]))
		return NULL;
	return &conf->uplink[uplink];
}

static void
send_down(uint32_t uplink, uint32_t gen, uint32_t class, const char *text)
{
	struct msg_ppp_down m;

	memset(&m, 0, sizeof(m));
	m.uplink = uplink;
	m.gen = gen;
	m.class = class;
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_PPP_DOWN, -1, &m, sizeof(m));
}

/* How it ended, in the words of the policy. */
static void
describe(const struct session *s, struct msg_ppp_down *m)
{
	struct policy_seen seen = { s->refused, s->up, 0 };
	int64_t ms = 0;

	if (s->up)
		ms = monotime_ms_between(s->up_since, monotime_now());
	/* seven weeks of a line that stays up fit */
	seen.up_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
	m->up_ms = seen.up_ms;
	m->was_up = (uint32_t)s->up;
	if (s->error != 0) {
		m->class = s->recorded ? MSG_LINK_GIVEUP : MSG_LINK_BACKOFF;
		snprintf(m->text, sizeof(m->text), "%s: %s",
		    s->recorded ? "cannot run " PPPD_PATH
				: "cannot write pppd's record",
		    strerror(s->error));
		return;
	}
	m->class =
	    policy_pppd(s->how, s->status, &seen, m->text, sizeof(m->text));
	if (s->ours)
		m->class = MSG_LINK_OK;
}

static void
session_free(struct session *s)
{
	TAILQ_REMOVE(&sessions, s, entry);
	event_del(&s->log);
	event_del(&s->event);
	event_del(&s->end);
	event_del(&s->timer);
	ppp_inet6_end(&s->inet6);
	ppp_exec_close(&s->exec);
	if (s->pidfd != -1)
		close(s->pidfd);
	free(s);
}

/* The line is nobody's now, or the dialer's, to hang up. */
static void
free_line(const struct session *s)
{
	if (strcmp(s->record.tty, PPP_TTY_NONE) == 0)
		return;
	if (s->pidfd == -1)
		tty_return(s->record.label);
	else
		tty_lock_drop(TTY_LOCK_DIR, s->record.tty, s->record.pid);
}

/* All of it is gone: the line is free, and the parent may know. */
static void
finish(struct session *s)
{
	uint32_t uplink = config_uplink(s->record.label);
	struct msg_ppp_down m;

	memset(&m, 0, sizeof(m));
	m.uplink = uplink;
	m.gen = s->record.gen;
	m.octets = s->octets;
	describe(s, &m);
	log_info("%s: pppd %d ended: %s", s->record.label, (int)s->record.pid,
	    m.text);
	ppp_file_remove(s->record.label);
	free_line(s);
	if (!s->silent && uplink != MSG_UPLINK_NONE)
		netconf_send(IMSG_PPP_DOWN, -1, &m, sizeof(m));
	session_free(s);
}

static void
look_again(struct session *s, int64_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(&s->timer, &tv);
}

/*
 * Its copying child has our line open and would eat the modem's answers.  It
 * was killed; from now on the group's number may be another's.
 */
static void
wait_for_group(struct session *s)
{
	if (kill(-s->record.pid, 0) == -1)
		finish(s);
	else if (monotime_cmp(monotime_now(), s->group_until) >= 0) {
		log_warnx("%s: what pppd %d started does not end",
		    s->record.label, (int)s->record.pid);
		finish(s);
	} else
		look_again(s, LOOK_MS);
}

static void
signal_pppd(const struct session *s, int sig)
{
	int n;

	if (s->pidfd != -1)
		n = process_signal(s->pidfd, sig);
	else
		n = kill(s->record.pid, sig);
	if (n == -1 && errno != ESRCH)
		log_warn("%s: signal to pppd %d", s->record.label,
		    (int)s->record.pid);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	if (s->gone) {
		wait_for_group(s);
		return;
	}
	log_warnx("%s: pppd %d does not end: killed", s->record.label,
	    (int)s->record.pid);
	signal_pppd(s, SIGKILL);
}

static void
session_end(struct session *s)
{
	if (s->ours || s->gone)
		return;
	s->ours = 1;
	signal_pppd(s, SIGTERM);
	look_again(s, TERM_MS);
}

static void
log_line(struct session *s)
{
	s->line[s->len] = '\0';
	if (s->len > 0)
		log_debug("%s: pppd: %s", s->record.label, s->line);
	s->refused |= policy_is_refusal(s->line);
	s->len = 0;
}

static void
log_byte(struct session *s, char c)
{
	if (c == '\n' || s->len == sizeof(s->line) - 1)
		log_line(s);
	if (c != '\n')
		s->line[s->len++] = isprint((unsigned char)c) ? c : '?';
}

/* A piece, and whether there may be another one. */
static int
read_log(struct session *s)
{
	char buf[1024];
	ssize_t n, i;

	n = read(s->exec.log, buf, sizeof(buf));
	for (i = 0; i < n; i++)
		log_byte(s, buf[i]);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		event_del(&s->log);
	return n > 0;
}

static void
on_log(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)read_log(arg);
}

/* Do both halves fit, and is there such an interface? */
static int
really_up(const struct ppp_record *r)
{
	return ppp_record_coherent(r) && if_nametoindex(r->ifname) != 0;
}

static void
send_up(struct session *s)
{
	const struct ppp_record *r = &s->record;
	struct msg_ppp_up m;

	memset(&m, 0, sizeof(m));
	m.uplink = config_uplink(r->label);
	m.gen = r->gen;
	m.pid = (uint32_t)r->pid;
	m.adopted = s->pidfd != -1;
	strlcpy(m.ifname, r->ifname, sizeof(m.ifname));
	m.local = r->local;
	m.remote = r->remote;
	m.dns[0] = r->dns[0];
	m.dns[1] = r->dns[1];
	s->up = 1;
	s->up_since = monotime_now();
	if (m.uplink == MSG_UPLINK_NONE)
		return;
	net_ppp_changed(m.uplink);
	netconf_send(IMSG_PPP_UP, -1, &m, sizeof(m));
	ppp_inet6_up(&s->inet6, r->ifname);
}

static int
moved(const struct ppp_record *a, const struct ppp_record *b)
{
	return strcmp(a->ifname, b->ifname) != 0 ||
	       addr_cmp(&a->local, &b->local) != 0 ||
	       addr_cmp(&a->remote, &b->remote) != 0;
}

/* The ip-up program was there: see what it wrote. */
static void
ip_up(struct session *s)
{
	const char *label = s->record.label;
	struct ppp_record r;

	if (s->ours || s->gone)
		return;
	if (ppp_file_read(label, &r) == -1) {
		log_warn("%s: record", label);
		return;
	}
	if (!ppp_record_same(&r, &s->record) || !really_up(&r)) {
		log_warnx("%s: record does not fit pppd %d", label,
		    (int)s->record.pid);
		return;
	}
	if (s->up && moved(&r, &s->record)) {
		/* rules and flows hang on the old ones: a new call is clean */
		log_warnx("%s: addresses changed: hang up", label);
		signal_pppd(s, SIGTERM);
		look_again(s, TERM_MS);
	} else if (!s->up) {
		s->record = r;
		send_up(s);
	}
}

/* One datagram, and whether there may be another one. */
static int
read_event(struct session *s)
{
	char data[PPP_EVENT_MAX];
	struct ppp_event e;
	ssize_t n;

	if ((n = recv(s->exec.event, data, sizeof(data), MSG_TRUNC)) == -1)
		return 0;
	if (n >= (ssize_t)sizeof(data) ||
	    ppp_event_parse(data, (size_t)n, &e) == -1 ||
	    e.pid != s->record.pid ||
	    !ppp_record_names(e.linkname, s->record.label))
		log_warnx("%s: ip-up: unexpected datagram", s->record.label);
	else if (e.kind == PPP_EVENT_UP)
		ip_up(s);
	else {
		log_info("%s: up for %llu s, %llu bytes sent, %llu received",
		    s->record.label, (unsigned long long)e.seconds,
		    (unsigned long long)e.sent, (unsigned long long)e.received);
		s->octets = e.sent + e.received;
	}
	return 1;
}

static void
on_event(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)read_event(arg);
}

/* What it said last, the reason of its end among it. */
static void
last_words(struct session *s)
{
	int i;

	if (s->pidfd != -1)
		return;
	for (i = 0; i < LAST_READS && read_event(s); i++)
		;
	for (i = 0; i < LAST_READS && read_log(s); i++)
		;
	log_byte(s, '\n');
}

static void
session_gone(struct session *s)
{
	uint32_t uplink = config_uplink(s->record.label);

	s->gone = 1;
	event_del(&s->end); /* a pidfd stays readable */
	ppp_inet6_end(&s->inet6);
	s->group_until = monotime_add_ms(monotime_now(), GROUP_MS);
	if (s->up && uplink != MSG_UPLINK_NONE)
		net_ppp_changed(uplink);
	last_words(s);
	wait_for_group(s);
}

/* Nothing of it outlives it. */
static void
on_last(pid_t pid, void *arg)
{
	(void)arg;
	(void)kill(-pid, SIGKILL);
}

/* One of our own ended: status is waitpid's. */
static void
on_exit_status(pid_t pid, int status, void *arg)
{
	struct session *s = arg;

	(void)pid;
	if (s->recorded)
		s->error = ppp_exec_error(&s->exec);
	s->how = WIFEXITED(status) ? POLICY_EXITED : POLICY_KILLED;
	s->status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	session_gone(s);
}

/* An adopted one ended. */
static void
on_pidfd(int fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	s->how = POLICY_GONE;
	on_last(s->record.pid, NULL);
	session_gone(s);
}

static void
watch(struct event *ev, int fd, void (*handler)(int, short, void *),
    struct session *s)
{
	event_set(ev, fd, EV_READ | EV_PERSIST, handler, s);
	if (fd != -1)
		event_add(ev, NULL);
}

static struct session *
session_new(const struct ppp_record *r, const struct ppp_exec *x, int pidfd)
{
	struct session *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal(NULL);
	s->record = *r;
	s->exec = *x;
	s->pidfd = pidfd;
	watch(&s->log, x->log, on_log, s);
	watch(&s->event, x->event, on_event, s);
	watch(&s->end, pidfd, on_pidfd, s);
	evtimer_set(&s->timer, on_timer, s);
	ppp_inet6_init(&s->inet6, s->record.label);
	TAILQ_INSERT_TAIL(&sessions, s, entry);
	return s;
}

/* The options file's text, or a reason.  text is wiped by the caller. */
static int
account(const struct conf_private *p, char *text, size_t size, char *why,
    size_t whysize)
{
	char password[PPP_SECRET_MAX];
	const char *reason;
	int n;

	n = ppp_secret_read(p->secret, password, sizeof(password), &reason);
	if (n == 0 &&
	    ppp_options_account(p->account, password, text, size) == -1) {
		n = -1;
		reason = "cannot be told to pppd";
	}
	explicit_bzero(password, sizeof(password));
	if (n == -1)
		snprintf(why, whysize, "secret file %s: %s", p->secret, reason);
	return n;
}

/*
 * Fork it and write its record while it waits.  0, and its end will be told;
 * or -1 with errno.
 */
static int
launch(struct ppp_record *r, const char *call, int tty, const char *text)
{
	char path[PATH_MAX];
	struct ppp_args args;
	struct ppp_exec x;
	struct session *s;
	int error = 0;

	ppp_file_path(r->label, path, sizeof(path));
	ppp_options_args(&args, r->label, path, call, text != NULL,
	    ppp_inet6_wanted(r->label));
	if (process_boot(r->boot, sizeof(r->boot)) == -1 ||
	    ppp_exec_fork(&x, &args, tty, text) == -1)
		return -1;
	r->pid = x.pid;
	if (process_started(r->pid, &r->started) == -1 ||
	    ppp_file_write(r) == -1)
		error = errno;
	s = session_new(r, &x, -1);
	s->error = error;
	s->recorded = error == 0;
	child_watch(r->pid, on_last, on_exit_status, s);
	tty_lend(r->label, r->pid);
	if (s->recorded)
		ppp_exec_go(&s->exec);
	else
		ppp_exec_forget(&s->exec);
	log_debug("%s: pppd %d starts", r->label, (int)r->pid);
	return 0;
}

static void
cannot_start(const struct msg_link *m)
{
	char why[MSG_TEXT_LEN];

	snprintf(why, sizeof(why), "cannot start pppd: %s", strerror(errno));
	send_down(m->uplink, m->gen, MSG_LINK_BACKOFF, why);
}

static void
record_init(struct ppp_record *r, const struct msg_link *m, const char *label,
    const char *device)
{
	memset(r, 0, sizeof(*r));
	strlcpy(r->label, label, sizeof(r->label));
	strlcpy(r->tty, device, sizeof(r->tty));
	r->gen = m->gen;
}

/* It finds its line by itself, and must not find one of ours. */
static void
start_call(const struct msg_link *m, const char *label)
{
	const char *call = config_current()->private[m->uplink].call;
	struct ppp_record r;
	int null;

	record_init(&r, m, label, PPP_TTY_NONE);
	if ((null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC)) == -1 ||
	    launch(&r, call, null, NULL) == -1)
		cannot_start(m);
	if (null != -1)
		close(null);
}

static void
start_line(const struct msg_link *m, const char *label)
{
	const struct conf_private *p = &config_current()->private[m->uplink];
	char text[PPP_ACCOUNT_TEXT_MAX] = "", why[MSG_TEXT_LEN];
	int tty, has_account = p->account[0] != '\0';
	const char *device;
	struct ppp_record r;

	if ((tty = tty_descriptor(label, &device)) == -1) {
		send_down(m->uplink, m->gen, MSG_LINK_BACKOFF,
		    "the port is not open");
		return;
	}
	record_init(&r, m, label, device);
	if (has_account &&
	    account(p, text, sizeof(text), why, sizeof(why)) == -1)
		send_down(m->uplink, m->gen, MSG_LINK_GIVEUP, why);
	else if (launch(&r, NULL, tty, has_account ? text : NULL) == -1)
		cannot_start(m);
	explicit_bzero(text, sizeof(text));
}

void
ppp_start(const struct msg_link *m)
{
	const struct conf_uplink *u;

	if ((u = ppp_uplink(m->uplink)) == NULL)
		send_down(m->uplink, m->gen, MSG_LINK_GIVEUP,
		    "nothing to dial in the configuration");
	else if (session_find(u->label) != NULL)
		send_down(m->uplink, m->gen, MSG_LINK_BACKOFF,
		    "an earlier pppd has not ended yet");
	else if (u->kind == CONF_CALL)
		start_call(m, u->label);
	else
		start_line(m, u->label);
}

void
ppp_stop(const struct msg_link *m)
{
	const struct conf_uplink *u = ppp_uplink(m->uplink);
	struct session *s;

	if (u == NULL || (s = session_find(u->label)) == NULL) {
		/* its end and this crossed on the way: answered all the same */
		send_down(m->uplink, m->gen, MSG_LINK_OK, "no pppd runs");
		return;
	}
	s->record.gen = m->gen;
	s->silent = 0; /* who asks is answered */
	session_end(s);
}

void
ppp_clear(void)
{
	struct session *s;

	TAILQ_FOREACH(s, &sessions, entry)
		session_end(s);
}

int
ppp_running(void)
{
	return !TAILQ_EMPTY(&sessions);
}

/* The numbers of uplinks may have changed; labels are what we go by. */
void
ppp_reloaded(void)
{
	struct session *s;

	TAILQ_FOREACH(s, &sessions, entry)
		if (ppp_uplink(config_uplink(s->record.label)) == NULL) {
			s->silent = 1;
			session_end(s);
		}
}

/* The one whose IP is up, or NULL. */
static const struct session *
session_up(uint32_t uplink)
{
	const struct conf_uplink *u = ppp_uplink(uplink);
	const struct session *s;

	if (u == NULL || (s = session_find(u->label)) == NULL || !s->up ||
	    s->gone)
		return NULL;
	return s;
}

const char *
ppp_interface(uint32_t uplink)
{
	const struct session *s = session_up(uplink);

	return s == NULL ? "" : s->record.ifname;
}

uint32_t
ppp_dns(uint32_t uplink, struct addr *dns)
{
	const struct session *s = session_up(uplink);
	uint32_t i, n = 0;

	for (i = 0; s != NULL && i < 2; i++)
		if (s->record.dns[i].family != AF_UNSPEC)
			dns[n++] = s->record.dns[i];
	return n;
}

/* Is the recorded process the one that runs now?  A descriptor, or -1. */
static int
open_recorded(const struct ppp_record *r)
{
	char boot[PPP_BOOT_LEN], program[64];
	uint64_t started;
	int pidfd;

	if (process_boot(boot, sizeof(boot)) == -1 ||
	    strcmp(boot, r->boot) != 0)
		return -1;
	/* opened first: then it cannot become another one behind us */
	if ((pidfd = process_open(r->pid)) == -1)
		return -1;
	process_program(r->pid, program, sizeof(program));
	if (process_started(r->pid, &started) == 0 && started == r->started &&
	    (program[0] == '\0' || strcmp(program, "pppd") == 0))
		return pidfd;
	close(pidfd);
	return -1;
}

static void
adopt(const char *label)
{
	static const struct ppp_exec none = { -1, -1, -1, -1, -1 };
	struct ppp_record r;
	struct session *s;
	int pidfd;

	if (ppp_file_read(label, &r) == -1) {
		log_warn("%s/%s: removed", PPP_DIR, label);
		ppp_file_remove(label);
		return;
	}
	if ((pidfd = open_recorded(&r)) == -1) {
		log_info("%s: pppd %d of before is gone", label, (int)r.pid);
		ppp_file_remove(label);
		if (strcmp(r.tty, PPP_TTY_NONE) != 0)
			tty_lock_drop(TTY_LOCK_DIR, r.tty, r.pid);
		return;
	}
	s = session_new(&r, &none, pidfd);
	if (ppp_uplink(config_uplink(label)) != NULL && really_up(&r)) {
		log_info(
		    "%s: adopted pppd %d on %s", label, (int)r.pid, r.ifname);
		send_up(s);
		return;
	}
	log_info("%s: pppd %d of before is not up, or not wanted: ended", label,
	    (int)r.pid);
	s->silent = 1;
	session_end(s);
}

void
ppp_adopt(void)
{
	ppp_file_each(adopt);
}
