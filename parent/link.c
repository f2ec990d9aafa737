/* SPDX-License-Identifier: ISC */
/*
 * One backup on a modem, brought up and hung up step by step.  The steps
 * belong to different processes, so this is where they meet:
 *
 *	OPENING	    netconf opens and locks the tty, the dialer gets it
 *	DIALING	    the dialer talks to the modem until CONNECT
 *	NEGOTIATING netconf runs pppd on the line until IP is up
 *	PREPARING   netconf gives the new interface its own table
 *	UP	    the machine may prove and use it
 *	ENDING	    pppd is being ended
 *	REOPENING   an adopted line's tty is on its way to the dialer
 *	HANGING_UP  the dialer hangs up and resets the modem
 *
 * One that pppd dials by itself (call) has neither tty nor dialer: it begins
 * with NEGOTIATING and is at rest after ENDING.
 *
 * One that is an interface with hooks goes through STARTING, AWAITING,
 * PREPARING, UP and STOPPING instead (link_hook.c).
 *
 * Every step has a deadline, and the machine is told exactly once how a try
 * ended.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "parent/alarms.h"
#include "parent/cost.h"
#include "parent/history.h"
#include "parent/link_int.h"

#define ENDING_MS     (8 * 1000) /* SIGTERM, 3 s, SIGKILL, and some */
#define HANGING_UP_MS (15 * 1000) /* the dialer's whole ladder */
#define OPENING_MS    (5 * 1000)
#define ABSENT_TOLD   2 /* times in a row that a port is not opened */

static const char *const phases[] = {
	"idle",
	"opening",
	"dialing",
	"negotiating",
	"preparing",
	"up",
	"ending",
	"reopening",
	"hanging up",
	"starting",
	"awaiting",
	"stopping",
};
_Static_assert(sizeof(phases) / sizeof(phases[0]) == LINK_PHASE_MAX,
    "a name for each phase");

static void on_timer(int, short, void *);

static struct uplink *
uplink(uint32_t id)
{
	return &parent->uplink[id];
}

void
link_init(uint32_t id)
{
	struct link *l = &uplink(id)->link;

	memset(l, 0, sizeof(*l));
	evtimer_set(&l->timer, on_timer, &parent->uplink[id]);
	link_warm_init(&parent->uplink[id]);
}

void
link_timer(struct link *l, uint32_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(&l->timer, &tv);
}

void
link_phase(struct uplink *u, enum link_phase phase)
{
	log_debug("%s: link %s -> %s", u->conf.label, phases[u->link.phase],
	    phases[phase]);
	u->link.phase = phase;
	cost_link(u->conf.id);
}

void
link_tell(const struct uplink *u, enum child_id to, uint32_t type)
{
	struct msg_link m = { u->conf.id, u->link.gen };

	parent_send(to, type, -1, &m, sizeof(m));
}

void
link_rest(struct uplink *u)
{
	struct link *l = &u->link;
	struct mevent ev = {
		.uplink = u->conf.id, .class = l->class, .uncalled = !l->called
	};
	enum link_report report = l->report;

	evtimer_del(&l->timer);
	l->report = LINK_REPORT_NONE;
	l->dialer_has_tty = 0;
	memset(&l->ppp, 0, sizeof(l->ppp));
	link_phase(u, LINK_IDLE);
	if (report == LINK_REPORT_FAILED && l->called)
		l->failed++;
	if (report != LINK_REPORT_NONE) {
		ev.type = report == LINK_REPORT_FAILED ? MEV_LINK_FAILED
						       : MEV_LINK_DOWN;
		engine_event(&ev);
	}
	reload_link_idle();
	if (l->phase != LINK_IDLE)
		return;
	if (l->again)
		link_start(u->conf.id);
	else
		link_warm_rest(u);
}

/* netconf lets go of the tty, and that is the end. */
static void
close_tty(struct uplink *u)
{
	link_tell(u, CHILD_NETCONF, IMSG_TTY_CLOSE);
	link_rest(u);
}

static void
hang_up(struct uplink *u)
{
	link_phase(u, LINK_HANGING_UP);
	link_timer(&u->link, HANGING_UP_MS);
	link_tell(u, CHILD_DIALER, IMSG_HANGUP);
}

/* pppd is gone: hang up, if need be by opening an adopted line's tty. */
static void
after_ppp(struct uplink *u)
{
	if (u->conf.kind == CONF_CALL) {
		link_rest(u);
		return;
	}
	if (u->link.dialer_has_tty) {
		hang_up(u);
		return;
	}
	link_phase(u, LINK_REOPENING);
	link_timer(&u->link, OPENING_MS);
	link_tell(u, CHILD_NETCONF, IMSG_TTY_OPEN);
}

/* Begin to end it, from whatever step it is in. */
static void
end(struct uplink *u)
{
	if (u->conf.start_ms != 0) {
		link_hook_end(u);
		return;
	}
	switch (u->link.phase) {
	case LINK_DIALING:
		hang_up(u);
		break;
	case LINK_NEGOTIATING:
	case LINK_PREPARING:
	case LINK_UP:
		link_phase(u, LINK_ENDING);
		link_timer(&u->link, ENDING_MS);
		link_tell(u, CHILD_NETCONF, IMSG_PPP_STOP);
		break;
	case LINK_IDLE:
		link_rest(u);
		break;
	case LINK_OPENING: /* goes on when the tty is there, or not */
	case LINK_ENDING:
	case LINK_REOPENING:
	case LINK_HANGING_UP:
		break;
	case LINK_STARTING:
	case LINK_AWAITING:
	case LINK_STOPPING:
	case LINK_PHASE_MAX:
		fatalx("%s: no such phase", __func__);
	}
}

void
link_error(struct uplink *u, const char *text)
{
	strlcpy(u->link.last_error, text, sizeof(u->link.last_error));
	u->link.failed_at = monotime_now();
	u->link.was_proved = monotime_valid(u->proved) &&
			     monotime_cmp(u->proved, u->link.began) >= 0;
}

void
link_fail(struct uplink *u, uint32_t class, const char *text)
{
	struct link *l = &u->link;

	link_error(u, text);
	history_line(u->conf.label, "failed: %s", text);
	if (l->report == LINK_REPORT_NONE) {
		l->report = LINK_REPORT_FAILED;
		l->class = class;
	}
}

static uint32_t
link_left_ms(const struct uplink *u)
{
	int64_t gone;

	gone = monotime_ms_between(u->link.began, monotime_now());
	if (gone >= u->conf.dial.timeout_ms)
		return 1;
	return u->conf.dial.timeout_ms - (uint32_t)gone;
}

/* The dialer has the tty. */
static void
dial(struct uplink *u)
{
	struct link *l = &u->link;
	struct msg_dial d;

	memset(&d, 0, sizeof(d));
	d.uplink = u->conf.id;
	d.gen = l->gen;
	d.phone = l->phone % u->conf.modem.nphones;
	d.deadline_ms = link_left_ms(u);
	link_called(u);
	link_phase(u, LINK_DIALING);
	link_timer(l, link_left_ms(u) + 2000);
	parent_send(CHILD_DIALER, IMSG_DIAL, -1, &d, sizeof(d));
}

static void
negotiate(struct uplink *u)
{
	u->link.answered = monotime_now();
	link_phase(u, LINK_NEGOTIATING);
	link_timer(&u->link, link_left_ms(u));
	link_tell(u, CHILD_NETCONF, IMSG_PPP_START);
}

/* Standby has opened the port, or is about to. */
static void
opened(struct uplink *u)
{
	if (u->link.dialer_has_tty) {
		dial(u);
		return;
	}
	link_phase(u, LINK_OPENING);
	link_timer(&u->link, OPENING_MS);
}

void
link_start(uint32_t id)
{
	struct uplink *u = uplink(id);
	struct link *l = &u->link;

	if (l->phase != LINK_IDLE || reload_changing()) {
		/* still being hung up, or its configuration may change */
		l->again = 1;
		l->report = LINK_REPORT_NONE;
		return;
	}
	l->again = 0;
	l->report = LINK_REPORT_NONE;
	l->began = monotime_now();
	l->called = 0;
	if (link_warm_take(u)) {
		opened(u);
		return;
	}
	l->gen++;
	if (u->conf.start_ms != 0) {
		link_hook_start(u);
		return;
	}
	if (u->conf.kind == CONF_CALL) {
		link_called(u);
		history_line(u->conf.label, "pppd dials");
		negotiate(u);
		return;
	}
	link_phase(u, LINK_OPENING);
	link_timer(l, OPENING_MS);
	link_tell(u, CHILD_NETCONF, IMSG_TTY_OPEN);
}

void
link_resume(void)
{
	uint32_t i;

	for (i = 0; i < parent->conf.nuplinks; i++)
		if (uplink(i)->link.again && uplink(i)->link.phase == LINK_IDLE)
			link_start(i);
}

void
link_stop(uint32_t id)
{
	struct uplink *u = uplink(id);

	u->link.again = 0;
	u->link.report = LINK_REPORT_DOWN;
	end(u);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct uplink *u = arg;

	(void)fd;
	(void)what;
	switch (u->link.phase) {
	case LINK_OPENING:
		link_fail(u, MSG_LINK_BACKOFF, "port not opened in time");
		close_tty(u);
		break;
	case LINK_DIALING:
	case LINK_NEGOTIATING:
	case LINK_PREPARING:
		link_fail(u, MSG_LINK_BACKOFF, "no connection in time");
		end(u);
		break;
	case LINK_ENDING:
		log_warnx("%s: pppd does not end", u->conf.label);
		after_ppp(u);
		break;
	case LINK_REOPENING:
	case LINK_HANGING_UP:
		log_warnx("%s: modem does not hang up", u->conf.label);
		close_tty(u);
		break;
	case LINK_STARTING:
	case LINK_AWAITING:
	case LINK_STOPPING:
		link_hook_late(u);
		break;
	case LINK_IDLE:
	case LINK_UP:
	case LINK_PHASE_MAX:
		break;
	}
}

void
link_called(struct uplink *u)
{
	u->link.called = 1;
	u->link.dials++;
	cost_called(u->conf.id);
	if (engine_event_open())
		parent->event.dials++;
}

/* netconf opened the tty: pass it on and dial, or hang up with it. */
static void
got_tty(struct uplink *u, struct imsg *imsg)
{
	struct link *l = &u->link;
	struct msg_link m = { u->conf.id, l->gen };
	int fd;

	if ((fd = imsg_get_fd(imsg)) == -1) {
		parent_distrust(CHILD_NETCONF, IMSG_TTY);
		return;
	}
	if (l->phase == LINK_OPENING && l->report != LINK_REPORT_NONE) {
		close(fd); /* stopped meanwhile */
		close_tty(u);
		return;
	}
	if (l->absent >= ABSENT_TOLD)
		history_line(u->conf.label, "the modem is back");
	l->absent = 0;
	if (l->phase == LINK_IDLE && l->warm == LINK_WARM_OPENING) {
		link_warm_tty(u, fd);
		return;
	}
	if (l->phase != LINK_OPENING && l->phase != LINK_REOPENING) {
		close(fd);
		return;
	}
	parent_send(CHILD_DIALER, IMSG_TTY, fd, &m, sizeof(m));
	l->dialer_has_tty = 1;
	if (l->phase == LINK_REOPENING) {
		hang_up(u);
		return;
	}
	dial(u);
}

/*
 * Unplugged, or another program's: told once until it is back.  One that has
 * just lost its carrier, or is found again by its bus, has a second chance.
 */
static void
no_modem(struct uplink *u, const struct msg_link_result *r)
{
	struct link *l = &u->link;
	char text[MSG_TEXT_LEN];

	if (l->absent >= ABSENT_TOLD)
		return;
	l->absent = r->class == MSG_LINK_GIVEUP ? ABSENT_TOLD : l->absent + 1;
	if (l->absent < ABSENT_TOLD)
		return;
	snprintf(text, sizeof(text), "%s: ", u->conf.label);
	strlcat(text, r->text, sizeof(text));
	alarms_raise("no-modem", u->conf.id, text);
}

static void
tty_failed(struct uplink *u, const struct msg_link_result *r)
{
	no_modem(u, r);
	if (u->link.phase == LINK_OPENING) {
		link_fail(u, r->class, r->text);
		link_rest(u);
	} else if (u->link.phase == LINK_REOPENING)
		link_rest(u);
	else if (u->link.warm == LINK_WARM_OPENING)
		link_warm_failed(u, r->text);
}

static void
dial_result(struct uplink *u, const struct msg_link_result *r)
{
	struct link *l = &u->link;

	if (l->phase != LINK_DIALING)
		return;
	if (r->class != MSG_LINK_OK) {
		l->phone = r->phone + 1;
		link_fail(u, r->class, r->text);
		hang_up(u);
		return;
	}
	history_line(u->conf.label, "%s, pppd starts", r->text);
	l->phone = r->phone;
	negotiate(u);
}

static void
ppp_up(struct uplink *u, const struct msg_ppp_up *m)
{
	struct link *l = &u->link;
	char local[ADDR_STRLEN], remote[ADDR_STRLEN];

	if (m->adopted && l->phase == LINK_IDLE) {
		link_cool(u->conf.id);
		l->gen = m->gen;
		l->began = monotime_now();
		history_line(
		    u->conf.label, "adopted pppd %u on %s", m->pid, m->ifname);
	} else if (l->phase != LINK_NEGOTIATING)
		return;
	l->ppp = *m;
	link_phase(u, LINK_PREPARING);
	if (m->adopted) {
		link_prepared(u->conf.id); /* its table is in the kernel */
		return;
	}
	addr_format(&m->local, local, sizeof(local));
	addr_format(&m->remote, remote, sizeof(remote));
	history_line(u->conf.label, "%s up: %s, peer %s, after %u ms",
	    m->ifname, local, remote,
	    (uint32_t)monotime_ms_between(l->began, monotime_now()));
	engine_prepare(u->conf.id);
}

/* An event has the time of its own dials, not of those that keep one hot. */
static void
dialed(struct uplink *u)
{
	uint32_t ms =
	    (uint32_t)monotime_ms_between(u->link.began, monotime_now());
	struct ctl_event *ev;

	u->link.dialed++;
	histogram_add(&parent->phase[CTL_PHASE_DIAL], (int64_t)ms * 1000);
	if (engine_event_open())
		parent->dial_ms = ms;
	if ((ev = engine_event_spans(u->conf.id)) != NULL)
		ev->dial_ms = ms;
}

/* netconf laid what the interface needs: it can be proved now. */
void
link_prepared(uint32_t id)
{
	struct uplink *u = uplink(id);
	struct mevent ev = { .type = MEV_LINK_UP, .uplink = id };

	if (u->link.phase != LINK_PREPARING)
		return;
	evtimer_del(&u->link.timer);
	u->link.last_error[0] = '\0';
	u->link.prepared = monotime_now();
	link_phase(u, LINK_UP);
	if (!u->link.ppp.adopted)
		dialed(u);
	engine_event(&ev);
}

/* Lost while in use: told at once, the line is hung up behind it. */
static void
ppp_down(struct uplink *u, const struct msg_ppp_down *m)
{
	struct link *l = &u->link;
	struct mevent ev = { .type = MEV_LINK_DOWN, .uplink = u->conf.id };

	switch (l->phase) {
	case LINK_NEGOTIATING:
	case LINK_PREPARING:
		l->phone++;
		link_fail(u, m->class, m->text);
		break;
	case LINK_UP:
		link_error(u, m->text);
		history_line(u->conf.label, "lost: %s", m->text);
		after_ppp(u);
		engine_event(&ev);
		return;
	case LINK_ENDING:
		break;
	default:
		return;
	}
	after_ppp(u);
}

struct uplink *
link_addressed(uint32_t id, uint32_t gen)
{
	struct uplink *u;

	if (id >= parent->conf.nuplinks)
		return NULL;
	u = uplink(id);
	return u->link.gen == gen ? u : NULL;
}

static void
got_ppp_up(struct imsg *imsg)
{
	struct msg_ppp_up m;
	struct uplink *u;

	if (parent_get(CHILD_NETCONF, imsg, &m, sizeof(m)) == -1)
		return;
	if (!msg_ppp_up_valid(&m)) {
		parent_distrust(CHILD_NETCONF, IMSG_PPP_UP);
		return;
	}
	if (m.uplink >= parent->conf.nuplinks ||
	    !conf_ppp(&uplink(m.uplink)->conf))
		return;
	u = m.adopted ? uplink(m.uplink) : link_addressed(m.uplink, m.gen);
	if (u != NULL)
		ppp_up(u, &m);
}

static void
got_ppp_down(struct imsg *imsg)
{
	struct msg_ppp_down m;
	struct uplink *u;

	if (parent_get(CHILD_NETCONF, imsg, &m, sizeof(m)) == -1)
		return;
	if (!msg_ppp_down_valid(&m))
		parent_distrust(CHILD_NETCONF, IMSG_PPP_DOWN);
	else if ((u = link_addressed(m.uplink, m.gen)) != NULL) {
		if (m.was_up)
			cost_ended(m.uplink, m.octets);
		ppp_down(u, &m);
	}
}

/* It would be told too late, when it is dialled. */
static void
got_unfit(struct imsg *imsg)
{
	struct msg_link_text t;

	if (parent_get(CHILD_NETCONF, imsg, &t, sizeof(t)) == -1)
		return;
	if (!msg_link_text_valid(&t))
		parent_distrust(CHILD_NETCONF, IMSG_LINK_UNFIT);
	else if (t.gen == parent->conf.gen && t.uplink < parent->conf.nuplinks)
		alarms_raise("not-ready", t.uplink, t.text);
}

void
link_dispatch_netconf(uint32_t type, struct imsg *imsg)
{
	struct msg_link m;
	struct msg_link_result r;
	struct uplink *u;

	switch (type) {
	case IMSG_TTY:
		if (parent_get(CHILD_NETCONF, imsg, &m, sizeof(m)) == -1)
			break;
		if (!msg_link_valid(&m))
			parent_distrust(CHILD_NETCONF, type);
		else if ((u = link_addressed(m.uplink, m.gen)) != NULL)
			got_tty(u, imsg);
		break;
	case IMSG_TTY_FAILED:
		if (parent_get(CHILD_NETCONF, imsg, &r, sizeof(r)) == -1)
			break;
		if (!msg_link_result_valid(&r))
			parent_distrust(CHILD_NETCONF, type);
		else if ((u = link_addressed(r.uplink, r.gen)) != NULL)
			tty_failed(u, &r);
		break;
	case IMSG_LINK_DONE:
		if (parent_get(CHILD_NETCONF, imsg, &r, sizeof(r)) == -1)
			break;
		if (!msg_link_result_valid(&r))
			parent_distrust(CHILD_NETCONF, type);
		else if ((u = link_addressed(r.uplink, r.gen)) != NULL)
			link_hook_done(u, &r);
		break;
	case IMSG_PPP_UP:
		got_ppp_up(imsg);
		break;
	case IMSG_PPP_DOWN:
		got_ppp_down(imsg);
		break;
	case IMSG_LINK_UNFIT:
		got_unfit(imsg);
		break;
	}
}

void
link_dispatch_dialer(uint32_t type, struct imsg *imsg)
{
	struct msg_link_text t;
	struct msg_link_result r;
	struct uplink *u;

	if (type == IMSG_DIAL_PHASE) {
		if (parent_get(CHILD_DIALER, imsg, &t, sizeof(t)) == -1)
			return;
		if (!msg_link_text_valid(&t))
			parent_distrust(CHILD_DIALER, type);
		else if ((u = link_addressed(t.uplink, t.gen)) != NULL)
			history_line(u->conf.label, "%s", t.text);
		return;
	}
	if (parent_get(CHILD_DIALER, imsg, &r, sizeof(r)) == -1)
		return;
	if (!msg_link_result_valid(&r)) {
		parent_distrust(CHILD_DIALER, type);
		return;
	}
	if ((u = link_addressed(r.uplink, r.gen)) == NULL)
		return;
	if (type == IMSG_DIAL_RESULT)
		dial_result(u, &r);
	else if (u->link.phase == LINK_HANGING_UP)
		close_tty(u);
}

/* As show says it; design section 9 has the words. */
const char *
link_status(const struct uplink *u)
{
	if (u->proving)
		return "proving";
	if (!conf_dialled(&u->conf))
		return u->was_up ? "up" : "failed";
	switch (u->link.phase) {
	case LINK_IDLE:
		return u->link.last_error[0] != '\0' ? "failed" : "idle";
	case LINK_OPENING:
	case LINK_DIALING:
	case LINK_STARTING:
		return "dialing";
	case LINK_AWAITING:
	case LINK_NEGOTIATING:
	case LINK_PREPARING:
		return "negotiating";
	case LINK_UP:
		return "up";
	default:
		return "waiting";
	}
}
