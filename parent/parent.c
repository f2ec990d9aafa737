/* SPDX-License-Identifier: ISC */
/*
 * The parent's loop: its children, what comes from each of them, and what
 * happens when one is gone.  One function per edge, named
 * parent_dispatch_SENDER; a case only unpacks, checks and calls.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/os.h"
#include "common/sandbox.h"
#include "parent/capture.h"
#include "parent/alarms.h"
#include "parent/control.h"
#include "parent/cost.h"
#include "parent/drilling.h"
#include "parent/history.h"
#include "parent/parent.h"
#include "parent/peering.h"
#include "parent/run.h"
#include "parent/samples.h"

#define READY_MS        (30 * 1000) /* from exec to READY */
#define LATE_MS         500
#define GOODBYE_MS      900 /* children leave by themselves: fd 3 closes */
#define GOODBYE_STEP_MS 10

struct parent *parent;

static struct parent the_parent;
static struct event ping_timer;
static struct monotime pinged; /* when the last pings went out */
static struct event sigs[5];

static void parent_dispatch(int, short, void *);
static void reap_children(void);

void
parent_send(
    enum child_id to, uint32_t type, int fd, const void *data, size_t len)
{
	if (imsg_compose_event(
		&parent->child[to].iev, type, 0, -1, fd, data, len) == -1)
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

/* A child is lost: the rest ends, the network does not. */
static void
give_up(void)
{
	if (parent->quitting)
		return;
	log_warnx("the network stays as it is, traffic on %s",
	    uplink_name(parent->machine.want.active));
	parent_quit(1);
}

void
parent_distrust(enum child_id id, uint32_t type)
{
	const struct child *c = &parent->child[id];

	log_warnx(
	    "%s (pid %d): %s: invalid", c->name, (int)c->pid, msg_name(type));
	give_up();
}

int
parent_get(enum child_id from, struct imsg *imsg, void *data, size_t len)
{
	if (imsg_get_data(imsg, data, len) == 0)
		return 0;
	parent_distrust(from, imsg_get_type(imsg));
	return -1;
}

static void
got_ready(enum child_id from, struct imsg *imsg)
{
	struct child *c = &parent->child[from];
	struct msg_ready r;

	if (parent_get(from, imsg, &r, sizeof(r)) == -1)
		return;
	if (c->ready || !msg_text_valid(r.sandbox, sizeof(r.sandbox))) {
		parent_distrust(from, IMSG_READY);
		return;
	}
	strlcpy(c->sandbox, r.sandbox, sizeof(c->sandbox));
	c->ready = 1;
	c->heartbeat = (struct heartbeat){ 0 };
	if (parent->child[CHILD_PROBER].ready &&
	    parent->child[CHILD_DIALER].ready &&
	    parent->child[CHILD_NETCONF].ready)
		reload_begin(parent->conf_source, 0, 0);
}

static void
got_pong(enum child_id from, struct imsg *imsg)
{
	(void)parent_get(from, imsg, &parent->child[from].heartbeat.pong,
	    sizeof(parent->child[from].heartbeat.pong));
}

static void
got_ack(enum child_id from, struct imsg *imsg)
{
	uint32_t gen;

	if (parent_get(from, imsg, &gen, sizeof(gen)) == 0)
		reload_ack(from, gen);
}

static void
got_round(struct imsg *imsg)
{
	struct msg_round r;

	if (parent_get(CHILD_PROBER, imsg, &r, sizeof(r)) == -1)
		return;
	if (!msg_round_valid(&r))
		parent_distrust(CHILD_PROBER, IMSG_ROUND);
	else if (r.uplink < parent->conf.nuplinks)
		engine_round(&r);
}

static void
got_stats(struct imsg *imsg)
{
	struct msg_stats s;

	if (parent_get(CHILD_PROBER, imsg, &s, sizeof(s)) == -1)
		return;
	if (!msg_stats_valid(&s))
		parent_distrust(CHILD_PROBER, IMSG_STATS);
	else
		show_stats(&s);
}

static void
got_measured(struct imsg *imsg)
{
	struct msg_measured m;

	if (parent_get(CHILD_PROBER, imsg, &m, sizeof(m)) == -1)
		return;
	if (!msg_measured_valid(&m))
		parent_distrust(CHILD_PROBER, IMSG_MEASURED);
	else
		drilling_measured(&m);
}

static void
got_stats_end(struct imsg *imsg)
{
	uint32_t asker;

	if (parent_get(CHILD_PROBER, imsg, &asker, sizeof(asker)) == 0)
		show_stats_end(asker);
}

static void
got_peer(struct imsg *imsg)
{
	struct msg_peer_packet p;

	if (parent_get(CHILD_PROBER, imsg, &p, sizeof(p)) == -1)
		return;
	if (!msg_peer_packet_valid(&p))
		parent_distrust(CHILD_PROBER, IMSG_PEER_IN);
	else
		peering_heard(&p);
}

static void
got_dropped(struct imsg *imsg)
{
	struct msg_peer_dropped d;

	if (parent_get(CHILD_PROBER, imsg, &d, sizeof(d)) == 0)
		peering_dropped(&d);
}

static void
parent_dispatch_prober(uint32_t type, struct imsg *imsg)
{
	switch (type) {
	case IMSG_READY:
		got_ready(CHILD_PROBER, imsg);
		break;
	case IMSG_PONG:
		got_pong(CHILD_PROBER, imsg);
		break;
	case IMSG_CONF_ACK:
		got_ack(CHILD_PROBER, imsg);
		break;
	case IMSG_ROUND:
		got_round(imsg);
		break;
	case IMSG_STATS:
		got_stats(imsg);
		break;
	case IMSG_STATS_END:
		got_stats_end(imsg);
		break;
	case IMSG_MEASURED:
		got_measured(imsg);
		break;
	case IMSG_PEER_IN:
		got_peer(imsg);
		break;
	case IMSG_PEER_DROPPED:
		got_dropped(imsg);
		break;
	case IMSG_CAPTURE_DONE:
		capture_got_done(CHILD_PROBER, imsg);
		break;
	default:
		parent_distrust(CHILD_PROBER, type);
	}
}

static void
parent_dispatch_dialer(uint32_t type, struct imsg *imsg)
{
	switch (type) {
	case IMSG_READY:
		got_ready(CHILD_DIALER, imsg);
		break;
	case IMSG_PONG:
		got_pong(CHILD_DIALER, imsg);
		break;
	case IMSG_CONF_ACK:
		got_ack(CHILD_DIALER, imsg);
		break;
	case IMSG_DIAL_PHASE:
	case IMSG_DIAL_RESULT:
	case IMSG_HANGUP_DONE:
		link_dispatch_dialer(type, imsg);
		break;
	case IMSG_MODEM:
		link_got_modem(imsg);
		break;
	case IMSG_PIN_WANTED:
	case IMSG_SIM_USED:
	case IMSG_STATUS_GONE:
	case IMSG_RADIO:
		link_radio_dispatch(CHILD_DIALER, type, imsg);
		break;
	default:
		parent_distrust(CHILD_DIALER, type);
	}
}

static void
got_alarm_done(struct imsg *imsg)
{
	struct msg_alarm_done d;

	if (parent_get(CHILD_NETCONF, imsg, &d, sizeof(d)) == -1)
		return;
	if (!msg_alarm_done_valid(&d))
		parent_distrust(CHILD_NETCONF, IMSG_ALARM_DONE);
	else
		alarms_done(&d);
}

static void
got_hook_done(struct imsg *imsg)
{
	struct msg_hook_done d;

	if (parent_get(CHILD_NETCONF, imsg, &d, sizeof(d)) == -1)
		return;
	if (!msg_hook_done_valid(&d))
		parent_distrust(CHILD_NETCONF, IMSG_HOOK_DONE);
	else
		engine_hook_done(&d);
}

/* What netconf says of the network: facts, steps, ends. */
static void
dispatch_network(uint32_t type, struct imsg *imsg)
{
	union {
		struct msg_facts facts;
		struct msg_net_step step;
		struct msg_net_done done;
		struct msg_net_adopt adopt;
		struct msg_net_drained drained;
		struct msg_net_notes notes;
		struct msg_net_blocked blocked;
		struct msg_net_proof proof;
		struct msg_net_peer_done peer;
		struct msg_net_peer_again again;
		struct msg_net_counted counted;
		struct msg_net_line line;
		struct msg_conf_text text;
		struct msg_net_plan_step plan_step;
		struct msg_net_plan_end plan_end;
		struct msg_glance glance;
		uint32_t asker;
	} m;
	int valid = 0;

/* One message: its struct, its check, and who takes it. */
#define TAKE(type_, field, check, taker)                                       \
	case IMSG_##type_:                                                     \
		if (parent_get(                                                \
			CHILD_NETCONF, imsg, &m.field, sizeof(m.field)) == -1) \
			return;                                                \
		if ((valid = (check)))                                         \
			taker;                                                 \
		break
	switch (type) {
		TAKE(FACTS, facts, msg_facts_valid(&m.facts),
		    engine_facts(&m.facts));
		TAKE(NET_STEP, step, msg_net_step_valid(&m.step),
		    engine_net_step(&m.step));
		TAKE(NET_DONE, done, msg_net_done_valid(&m.done),
		    engine_net_done(&m.done));
		TAKE(NET_ADOPT, adopt, msg_net_adopt_valid(&m.adopt),
		    engine_adopt(&m.adopt));
		TAKE(NET_DRAINED, drained, msg_net_drained_valid(&m.drained),
		    engine_drained(&m.drained));
		TAKE(NET_NOTES, notes, msg_net_notes_valid(&m.notes),
		    parent->notes = m.notes);
		TAKE(NET_BLOCKED, blocked, msg_net_blocked_valid(&m.blocked),
		    engine_net_blocked(&m.blocked));
		TAKE(NET_PROOF, proof, msg_net_proof_valid(&m.proof),
		    engine_net_proof(&m.proof));
		TAKE(NET_PEER_DONE, peer, msg_net_peer_done_valid(&m.peer),
		    peering_done(&m.peer));
		TAKE(NET_PEER_AGAIN, again, 1, peering_again(&m.again));
		TAKE(NET_COUNTED, counted, msg_net_counted_valid(&m.counted),
		    cost_counted(&m.counted));
		TAKE(NET_LINE, line, msg_net_line_valid(&m.line),
		    show_net_line(&m.line));
		TAKE(NET_LINE_END, asker, 1, show_text_end(m.asker));
		TAKE(CONF_TEXT, text, msg_conf_text_valid(&m.text),
		    show_conf_text(&m.text));
		TAKE(CONF_TEXT_END, asker, 1, show_text_end(m.asker));
		TAKE(NET_PLAN_STEP, plan_step,
		    msg_net_plan_step_valid(&m.plan_step),
		    foresee_step(&m.plan_step));
		TAKE(NET_PLAN_END, plan_end,
		    msg_net_plan_end_valid(&m.plan_end),
		    foresee_end(&m.plan_end));
		TAKE(GLANCED, glance, msg_glance_valid(&m.glance),
		    show_glance(&m.glance));
	}
#undef TAKE
	if (!valid)
		parent_distrust(CHILD_NETCONF, type);
}

static void
parent_dispatch_netconf(uint32_t type, struct imsg *imsg)
{
	switch (type) {
	case IMSG_READY:
		got_ready(CHILD_NETCONF, imsg);
		break;
	case IMSG_PONG:
		got_pong(CHILD_NETCONF, imsg);
		break;
	case IMSG_CONF_BEGIN:
	case IMSG_CONF_GLOBAL:
	case IMSG_CONF_UPLINK:
	case IMSG_CONF_IDENTITY:
	case IMSG_CONF_PEER:
	case IMSG_CONF_ERROR:
	case IMSG_CONF_FAILED:
	case IMSG_CONF_END:
		reload_dispatch_netconf(type, imsg);
		break;
	case IMSG_TTY:
	case IMSG_TTY_FAILED:
	case IMSG_PPP_UP:
	case IMSG_PPP_DOWN:
	case IMSG_LINK_DONE:
	case IMSG_LINK_UNFIT:
		link_dispatch_netconf(type, imsg);
		break;
	case IMSG_PIN:
	case IMSG_PIN_REFUSED:
	case IMSG_SIM_CHANGED:
	case IMSG_STATUS_TTY:
	case IMSG_STATUS_FAILED:
		link_radio_dispatch(CHILD_NETCONF, type, imsg);
		break;
	case IMSG_ALARM_DONE:
		got_alarm_done(imsg);
		break;
	case IMSG_HOOK_DONE:
		got_hook_done(imsg);
		break;
	case IMSG_CAPTURE_FILE:
		capture_got_file(imsg);
		break;
	case IMSG_CAPTURE_DONE:
		capture_got_done(CHILD_NETCONF, imsg);
		break;
	default:
		dispatch_network(type, imsg);
	}
}

void
parent_dispatch_one(enum child_id from, struct imsg *imsg)
{
	uint32_t type = imsg_get_type(imsg);

	switch (from) {
	case CHILD_PROBER:
		parent_dispatch_prober(type, imsg);
		break;
	case CHILD_DIALER:
		parent_dispatch_dialer(type, imsg);
		break;
	case CHILD_NETCONF:
		parent_dispatch_netconf(type, imsg);
		break;
	case CHILD_MAX:
		fatalx("%s: no such child", __func__);
	}
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
	give_up();
}

static void
parent_dispatch(int fd, short what, void *arg)
{
	struct child *c = arg;
	struct imsg imsg;
	int n = 0;

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
	while (
	    !parent->quitting && (n = imsgbuf_get(&c->iev.ibuf, &imsg)) > 0) {
		parent_dispatch_one((enum child_id)(c - parent->child), &imsg);
		imsg_free(&imsg);
	}
	if (n == -1)
		lost(c);
	else if (!parent->quitting)
		imsg_event_add(&c->iev);
}

/*
 * A child has ended: say who and why, and end; the network stays.  While
 * all leave, only those are named that did not leave in peace.
 */
static void
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
		if (WIFSIGNALED(status))
			log_warnx("%s (pid %d) ended by signal %d (%s)",
			    parent->child[i].name, (int)pid, WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
		else if (!parent->quitting || WEXITSTATUS(status) != 0)
			log_warnx("%s (pid %d) ended with status %d",
			    parent->child[i].name, (int)pid,
			    WEXITSTATUS(status));
		give_up();
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
		if (!engine_ready() || reload_confirm_s() != 0 ||
		    reload_begin(MSG_CONF_FILE, 0, 0) != 0)
			log_warnx("no reload while another one, or the start, "
				  "is not over");
		break;
	case SIGUSR1:
		log_info("restart asked for: the network stays as it is");
		parent_quit(0);
		break;
	default:
		log_info("stop asked for");
		if (engine_ready())
			engine_event(&ev);
		else
			parent_quit(0);
	}
}

/*
 * It is asked from READY on: a busy machine takes its time until then, and
 * READY is awaited like an answer after that.
 */
static int
answers(struct child *c, int late)
{
	struct heartbeat *h = &c->heartbeat;

	if (!c->ready &&
	    monotime_ms_between(parent->started, monotime_now()) < READY_MS)
		return 1;
	switch (heartbeat_look(
	    h, h->ping != h->pong && os_process_waits(c->state), late)) {
	case HEARTBEAT_WAITS:
		log_warnx("%s (pid %d) waits for the kernel: it is left alone "
			  "for %d s",
		    c->name, (int)c->pid,
		    HEARTBEAT_WAITS_MAX * HEARTBEAT_MS / 1000);
		return 1;
	case HEARTBEAT_AGAIN:
		log_info("%s (pid %d) answers again", c->name, (int)c->pid);
		return 1;
	case HEARTBEAT_GOOD:
		return 1;
	case HEARTBEAT_DEAD:
		return 0;
	}
	fatalx("%s: no such answer", __func__);
}

/* Where even we did not run, a child's silence tells nothing. */
static int
late_ourselves(void)
{
	struct monotime now = monotime_now(), was = pinged;

	pinged = now;
	return monotime_valid(was) &&
	       monotime_ms_between(was, now) > HEARTBEAT_MS + LATE_MS;
}

static void
on_ping(int fd, short what, void *arg)
{
	struct timeval tv = monotime_ms(HEARTBEAT_MS);
	int i, late = late_ourselves();

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < CHILD_MAX; i++) {
		struct child *c = &parent->child[i];

		if (!answers(c, late)) {
			log_warnx("%s (pid %d) does not answer", c->name,
			    (int)c->pid);
			give_up();
			return;
		}
		c->heartbeat.ping++;
		if (c->ready)
			parent_send((enum child_id)i, IMSG_PING, -1,
			    &c->heartbeat.ping, sizeof(c->heartbeat.ping));
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
		(void)shutdown(parent->child[i].iev.ibuf.fd, SHUT_WR);
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
	if ((c->state = os_process_open(pid)) == -1)
		log_warn("%s: its state", c->name);
	if (imsgbuf_init(&c->iev.ibuf, fd) == -1)
		fatal("%s: channel", c->name);
	imsgbuf_allow_fdpass(&c->iev.ibuf);
	c->iev.handler = parent_dispatch;
	c->iev.data = c;
	c->iev.events = EV_READ;
}

int
parent_loop(int control, int readonly, const char *history)
{
	int i;

	event_init();
	watch_signals();
	for (i = 0; i < CHILD_MAX; i++)
		imsg_event_add(&parent->child[i].iev);
	peering_open(history);
	sandbox_enter(SANDBOX_PARENT, parent->sandbox, sizeof(parent->sandbox));
	history_open(history, parent->boot);
	alarms_open(history);
	cost_open(history);
	samples_open(history);
	control_init(control, readonly);
	evtimer_set(&ping_timer, on_ping, NULL);
	on_ping(-1, 0, NULL);
	event_dispatch();
	engine_account();
	cost_write();
	samples_write();
	control_close();
	goodbye();
	log_info("exit");
	return parent->exit_code;
}
