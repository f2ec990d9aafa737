/* SPDX-License-Identifier: ISC */
/*
 * The parent's loop: its children, what comes from each of them, and what
 * happens when one is gone.  One function per edge, named
 * parent_dispatch_SENDER; a case only unpacks, checks and calls.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/sandbox.h"
#include "parent/control.h"
#include "parent/history.h"
#include "parent/parent.h"
#include "parent/run.h"

#define PING_MS	    2000
#define PONG_MS	    5000 /* design: without an answer by then it is dead */
#define GOODBYE_MS  900 /* children leave by themselves: fd 3 closes */
#define GOODBYE_STEP_MS 10

struct parent *parent;

static struct parent the_parent;
static struct event ping_timer;
static struct event sigs[5];

static void parent_dispatch(int, short, void *);

void
parent_send(enum child_id to, uint32_t type, int fd, const void *data,
    size_t len)
{
	if (imsg_compose_event(&parent->child[to].iev, type, 0, -1, fd, data,
		len) == -1)
		fatal("%s: cannot queue %s", parent->child[to].name,
		    msg_name(type));
}

void
parent_quit(int code)
{
	if (parent->quitting)
		return;
	parent->quitting = 1;
	parent->exit_code = code;
	event_loopexit(NULL);
}

static void
get(const struct child *c, struct imsg *imsg, void *data, size_t len)
{
	if (imsg_get_data(imsg, data, len) == -1)
		fatalx("%s: %s: wrong length %zu", c->name,
		    msg_name(imsg_get_type(imsg)), imsg_get_len(imsg));
}

static void
bad(const struct child *c, uint32_t type)
{
	fatalx("%s: %s: invalid", c->name, msg_name(type));
}

/* What each of them may send.  1: it was one of these. */
static int
dispatch_common(struct child *c, uint32_t type, struct imsg *imsg)
{
	struct msg_ready r;

	switch (type) {
	case IMSG_READY:
		get(c, imsg, &r, sizeof(r));
		if (!msg_text_valid(r.sandbox, sizeof(r.sandbox)) || c->ready)
			bad(c, type);
		strlcpy(c->sandbox, r.sandbox, sizeof(c->sandbox));
		c->ready = 1;
		if (parent->child[CHILD_PROBER].ready &&
		    parent->child[CHILD_DIALER].ready &&
		    parent->child[CHILD_NETCONF].ready)
			reload_begin(MSG_CONF_FILE, 0, 0);
		return 1;
	case IMSG_PONG:
		get(c, imsg, &c->pong, sizeof(c->pong));
		return 1;
	}
	return 0;
}

static void
parent_dispatch_prober(struct child *c, uint32_t type, struct imsg *imsg)
{
	struct msg_round r;
	struct msg_stats s;
	uint32_t n;

	switch (type) {
	case IMSG_CONF_ACK:
		get(c, imsg, &n, sizeof(n));
		reload_ack(CHILD_PROBER, n);
		break;
	case IMSG_ROUND:
		get(c, imsg, &r, sizeof(r));
		if (!msg_round_valid(&r))
			bad(c, type);
		if (r.uplink < parent->conf.nuplinks)
			engine_round(&r);
		break;
	case IMSG_STATS:
		get(c, imsg, &s, sizeof(s));
		if (!msg_stats_valid(&s))
			bad(c, type);
		show_stats(&s);
		break;
	case IMSG_STATS_END:
		get(c, imsg, &n, sizeof(n));
		show_stats_end(n);
		break;
	default:
		bad(c, type);
	}
}

static void
parent_dispatch_dialer(struct child *c, uint32_t type, struct imsg *imsg)
{
	uint32_t n;

	switch (type) {
	case IMSG_CONF_ACK:
		get(c, imsg, &n, sizeof(n));
		reload_ack(CHILD_DIALER, n);
		break;
	case IMSG_DIAL_PHASE:
	case IMSG_DIAL_RESULT:
	case IMSG_HANGUP_DONE:
		link_dispatch_dialer(type, imsg);
		break;
	default:
		bad(c, type);
	}
}

static void
got_alarm_done(const struct msg_alarm_done *d)
{
	if (parent->alarms_waiting > 0)
		parent->alarms_waiting--;
	history_line("alarm", "%s%s%s", d->ok ? "sent" : "failed",
	    d->text[0] != '\0' ? ": " : "", d->text);
}

/* What netconf says of the network: facts, steps, ends. */
static int
dispatch_network(struct child *c, uint32_t type, struct imsg *imsg)
{
	union {
		struct msg_facts facts;
		struct msg_net_step step;
		struct msg_net_done done;
		struct msg_net_adopt adopt;
		struct msg_net_drained drained;
		struct msg_net_line line;
	} m;

	switch (type) {
	case IMSG_FACTS:
		get(c, imsg, &m.facts, sizeof(m.facts));
		if (!msg_facts_valid(&m.facts))
			bad(c, type);
		if (m.facts.uplink < parent->conf.nuplinks)
			engine_facts(&m.facts);
		return 1;
	case IMSG_NET_STEP:
		get(c, imsg, &m.step, sizeof(m.step));
		if (!msg_net_step_valid(&m.step))
			bad(c, type);
		engine_net_step(&m.step);
		return 1;
	case IMSG_NET_DONE:
		get(c, imsg, &m.done, sizeof(m.done));
		if (!msg_net_done_valid(&m.done))
			bad(c, type);
		engine_net_done(&m.done);
		return 1;
	case IMSG_NET_ADOPT:
		get(c, imsg, &m.adopt, sizeof(m.adopt));
		if (!msg_net_adopt_valid(&m.adopt))
			bad(c, type);
		engine_adopt(&m.adopt);
		return 1;
	case IMSG_NET_DRAINED:
		get(c, imsg, &m.drained, sizeof(m.drained));
		if (!msg_net_drained_valid(&m.drained))
			bad(c, type);
		engine_drained(&m.drained);
		return 1;
	case IMSG_NET_LINE:
		get(c, imsg, &m.line, sizeof(m.line));
		if (!msg_net_line_valid(&m.line))
			bad(c, type);
		show_net_line(&m.line);
		return 1;
	}
	return 0;
}

static void
parent_dispatch_netconf(struct child *c, uint32_t type, struct imsg *imsg)
{
	struct msg_alarm_done d;
	uint32_t n;

	if (dispatch_network(c, type, imsg))
		return;
	switch (type) {
	case IMSG_CONF_BEGIN:
	case IMSG_CONF_GLOBAL:
	case IMSG_CONF_UPLINK:
	case IMSG_CONF_TEXT:
	case IMSG_CONF_ERROR:
	case IMSG_CONF_FAILED:
	case IMSG_CONF_END:
		reload_dispatch_netconf(type, imsg);
		break;
	case IMSG_TTY:
	case IMSG_TTY_FAILED:
	case IMSG_PPP_UP:
	case IMSG_PPP_DOWN:
		link_dispatch_netconf(type, imsg);
		break;
	case IMSG_NET_LINE_END:
		get(c, imsg, &n, sizeof(n));
		show_net_line_end(n);
		break;
	case IMSG_ALARM_DONE:
		get(c, imsg, &d, sizeof(d));
		if (!msg_alarm_done_valid(&d))
			bad(c, type);
		got_alarm_done(&d);
		break;
	default:
		bad(c, type);
	}
}

static void
dispatch_one(struct child *c, struct imsg *imsg)
{
	uint32_t type = imsg_get_type(imsg);

	if (dispatch_common(c, type, imsg))
		return;
	if (c == &parent->child[CHILD_PROBER])
		parent_dispatch_prober(c, type, imsg);
	else if (c == &parent->child[CHILD_DIALER])
		parent_dispatch_dialer(c, type, imsg);
	else
		parent_dispatch_netconf(c, type, imsg);
}

/* Its end of the channel is closed: SIGCHLD says why, if it comes first. */
static void
lost(struct child *c)
{
	event_del(&c->iev.ev);
	if (parent->quitting)
		return;
	log_warnx("%s (pid %d): channel closed", c->name, (int)c->pid);
	reap_children();
	parent_quit(1);
}

static void
parent_dispatch(int fd, short what, void *arg)
{
	struct child *c = arg;
	struct imsg imsg;
	int n;

	(void)fd;
	if (what & EV_READ) {
		n = imsgbuf_read(&c->iev.ibuf);
		if (n == -1)
			log_warn("%s: read", c->name);
		if (n != 1) {
			lost(c);
			return;
		}
	}
	if (what & EV_WRITE && imsgbuf_write(&c->iev.ibuf) == -1) {
		if (errno != EPIPE)
			log_warn("%s: write", c->name);
		lost(c);
		return;
	}
	for (;;) {
		if ((n = imsgbuf_get(&c->iev.ibuf, &imsg)) == -1)
			fatal("%s: malformed message", c->name);
		if (n == 0)
			break;
		dispatch_one(c, &imsg);
		imsg_free(&imsg);
	}
	imsg_event_add(&c->iev);
}

/* A child has ended: say who and why, and end; the network stays. */
void
reap_children(void)
{
	pid_t pid;
	int status, i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < CHILD_MAX; i++)
			if (parent->child[i].pid == pid)
				break;
		if (i == CHILD_MAX)
			continue;
		parent->child[i].pid = -1;
		if (parent->quitting)
			continue;
		if (WIFSIGNALED(status))
			log_warnx("%s (pid %d) ended by signal %d (%s)",
			    parent->child[i].name, (int)pid, WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
		else
			log_warnx("%s (pid %d) ended with status %d",
			    parent->child[i].name, (int)pid,
			    WEXITSTATUS(status));
		log_warnx("the network stays as it is, traffic on %s",
		    uplink_name(parent->machine.want.active));
		parent_quit(1);
	}
}

/* The handler runs in the loop, so it may call anything. */
static void
on_signal(int sig, short what, void *arg)
{
	struct mevent ev = { .type = MEV_STOP };

	(void)what;
	(void)arg;
	switch (sig) {
	case SIGCHLD:
		reap_children();
		break;
	case SIGHUP:
		if (parent->conf.complete && reload_confirm_s() == 0)
			reload_begin(MSG_CONF_FILE, 0, 0);
		break;
	case SIGUSR1:
		log_info("restart asked for: the network stays as it is");
		parent_quit(0);
		break;
	default:
		log_info("stop asked for");
		if (parent->conf.complete)
			engine_event(&ev);
		else
			parent_quit(0);
	}
}

static void
on_ping(int fd, short what, void *arg)
{
	static const struct timeval tv = { PING_MS / 1000, 0 };
	int i;

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < CHILD_MAX; i++) {
		struct child *c = &parent->child[i];

		if (c->ping - c->pong > PONG_MS / PING_MS) {
			log_warnx("%s (pid %d) does not answer", c->name,
			    (int)c->pid);
			parent_quit(1);
			return;
		}
		c->ping++;
		parent_send(i, IMSG_PING, -1, &c->ping, sizeof(c->ping));
	}
	evtimer_add(&ping_timer, &tv);
}

static void
watch_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1,
		SIGCHLD };
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		signal_set(&sigs[i], numbers[i], on_signal, NULL);
		signal_add(&sigs[i], NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

/* Children end when their channel does; they are given a moment. */
static void
goodbye(void)
{
	int i, ms, left;

	for (i = 0; i < CHILD_MAX; i++) {
		imsgbuf_clear(&parent->child[i].iev.ibuf);
		close(parent->child[i].iev.ibuf.fd);
	}
	for (ms = 0; ms < GOODBYE_MS; ms += GOODBYE_STEP_MS) {
		reap_children();
		for (i = left = 0; i < CHILD_MAX; i++)
			left += parent->child[i].pid != -1;
		if (left == 0)
			return;
		usleep(GOODBYE_STEP_MS * 1000);
	}
	log_warnx("not all children ended in time");
}

struct parent *
parent_init(void)
{
	static const char *const names[CHILD_MAX] = { "prober", "dialer",
		"netconf" };
	int i;

	parent = &the_parent;
	parent->started = monotime_now();
	for (i = 0; i < CHILD_MAX; i++)
		parent->child[i].name = names[i];
	return parent;
}

void
parent_adopt_child(enum child_id id, pid_t pid, int fd)
{
	struct child *c = &parent->child[id];

	c->pid = pid;
	if (imsgbuf_init(&c->iev.ibuf, fd) == -1)
		fatal("%s: channel", c->name);
	if (id != CHILD_PROBER)
		imsgbuf_allow_fdpass(&c->iev.ibuf);
	c->iev.handler = parent_dispatch;
	c->iev.data = c;
	c->iev.events = EV_READ;
}

int
parent_loop(int control, const char *history)
{
	int i;

	event_init();
	watch_signals();
	for (i = 0; i < CHILD_MAX; i++)
		imsg_event_add(&parent->child[i].iev);
	sandbox_enter(SANDBOX_PARENT, parent->sandbox,
	    sizeof(parent->sandbox));
	history_open(history);
	control_init(control);
	evtimer_set(&ping_timer, on_ping, NULL);
	on_ping(-1, 0, NULL);
	event_dispatch();
	history_flush(&parent->event);
	control_close();
	goodbye();
	log_info("exit");
	return parent->exit_code;
}
