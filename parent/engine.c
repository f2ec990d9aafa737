/* SPDX-License-Identifier: ISC */
/*
 * Events into the state machine, its actions out: the loop around the core
 * that decides.  What an action takes more than one message is in link.c.
 */
#include <sys/types.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/histogram.h"
#include "common/log.h"
#include "common/wall.h"
#include "parent/alarms.h"
#include "parent/capture.h"
#include "parent/control.h"
#include "parent/cost.h"
#include "parent/drilling.h"
#include "parent/history.h"
#include "parent/machine_conf.h"
#include "parent/parent.h"
#include "parent/peering.h"
#include "parent/refusal.h"
#include "parent/samples.h"

#define QUEUE_MAX 64

static struct event tick;
static struct mevent queue[QUEUE_MAX];
static size_t qhead, qlen;
static int running; /* inside machine_step's actions */
static int adopted; /* NET_ADOPT has come: events may flow */
static int hooks_told; /* netconf, of this run */

static uint32_t net_gen; /* of the last message to netconf */
static uint32_t apply_gen; /* that which carried the machine's wish */
static uint32_t apply_active; /* and wanted traffic there */
static uint32_t apply_machine_gen; /* as the machine counts */
static uint32_t prepare_gen[CONF_UPLINKS_MAX]; /* 0: none under way */
static uint32_t clear_gen; /* 0: no clear under way */
static uint32_t clear_ctl;
static struct event clear_timer;
static uint32_t flows_cut; /* when the last drain ended */

static void act(const struct maction *);
static void on_tick(int, short, void *);
static void on_clear_timeout(int, short, void *);

const char *
uplink_name(uint32_t id)
{
	if (id >= parent->conf.nuplinks)
		return "none";
	return parent->uplink[id].conf.label;
}

static void
rearm(void)
{
	struct monotime due;
	struct timeval tv;

	due = machine_deadline(&parent->machine, &parent->mconf);
	if (!monotime_valid(due)) {
		evtimer_del(&tick);
		return;
	}
	tv = monotime_until(due, monotime_now());
	evtimer_add(&tick, &tv);
}

static void
act_all(const struct mactions *out)
{
	const char *broken;
	size_t i;

	broken = machine_check(&parent->machine, &parent->mconf, out);
	if (broken != NULL)
		log_warnx("state machine: broken rule: %s", broken);
	for (i = 0; i < out->n; i++)
		act(&out->list[i]);
}

/* The time that each uplink was wanted for goes to its account. */
static void
count_active(void)
{
	struct monotime now = monotime_now();

	if (parent->machine.want.active == parent->active)
		return;
	if (monotime_valid(parent->active_since))
		parent->uplink[parent->active].active_ms +=
		    monotime_ms_between(parent->active_since, now);
	parent->active = parent->machine.want.active;
	parent->active_since = now;
}

static void
step(const struct mevent *ev)
{
	struct mactions out;
	enum mreason why;

	why = machine_step(
	    &parent->machine, &parent->mconf, ev, monotime_now(), &out);
	log_debug("event %s of %s: %s", mevent_name(ev->type),
	    uplink_name(ev->uplink), mreason_text(why));
	count_active();
	act_all(&out);
	cost_stepped();
}

/* A deadline that has passed is told before what came after it. */
static void
late_tick(void)
{
	struct mevent ev = { .type = MEV_TICK };
	struct monotime due;

	due = machine_deadline(&parent->machine, &parent->mconf);
	if (monotime_valid(due) && monotime_cmp(due, monotime_now()) <= 0)
		step(&ev);
}

/*
 * One event.  Actions may cause further events; those wait in the queue
 * until the actions of this one are done, so that their order holds.  So do
 * the few that come before netconf said what it found (engine_adopt).
 */
void
engine_event(struct mevent *ev)
{
	struct mevent next;

	if (qlen == QUEUE_MAX)
		fatalx("state machine: too many events at once");
	queue[(qhead + qlen++) % QUEUE_MAX] = *ev;
	if (running || !adopted)
		return;
	running = 1;
	while (qlen > 0) {
		late_tick();
		next = queue[qhead];
		qhead = (qhead + 1) % QUEUE_MAX;
		qlen--;
		step(&next);
	}
	running = 0;
	rearm();
	alarms_review();
}

static void
on_tick(int fd, short what, void *arg)
{
	struct mevent ev = { .type = MEV_TICK };

	(void)fd;
	(void)what;
	(void)arg;
	engine_event(&ev);
}

void
engine_start(void)
{
	struct mactions out;

	evtimer_set(&tick, on_tick, NULL);
	evtimer_set(&clear_timer, on_clear_timeout, NULL);
	machine_conf_of(&parent->mconf, &parent->conf.global,
	    parent->conf.uplink, parent->conf.nuplinks);
	machine_init(&parent->machine, &parent->mconf,
	    ((uint64_t)arc4random() << 32) | arc4random(), monotime_now(),
	    &out);
	parent->since_ns = wall_now();
	parent->active_since = monotime_now();
	cost_started();
	act_all(&out);
}

/* The new id of each old uplink that has not changed. */
void
engine_reloaded(const struct config *old)
{
	struct mevent ev = { .type = MEV_RELOAD };
	uint32_t i, j;

	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		ev.map[i] = MACHINE_NONE;
		for (j = 0; i < old->nuplinks && j < parent->conf.nuplinks; j++)
			if (conf_uplink_same(
				&old->uplink[i], &parent->conf.uplink[j]))
				ev.map[i] = j;
	}
	machine_conf_of(&parent->mconf, &parent->conf.global,
	    parent->conf.uplink, parent->conf.nuplinks);
	engine_event(&ev);
	cost_reloaded();
}

static void
probe(uint32_t id, enum msg_probe_mode mode, uint32_t every_ms)
{
	struct uplink *u = &parent->uplink[id];
	struct msg_probe p;

	u->probe_mode = mode;
	u->probe_every_ms = every_ms;
	p.uplink = id;
	p.gen = ++u->probe_gen;
	p.mode = mode;
	p.every_ms = every_ms;
	/* it may not know this uplink any more; told again in a moment */
	if (!reload_changing())
		parent_send(CHILD_PROBER, IMSG_PROBE, -1, &p, sizeof(p));
}

void
engine_probe_again(uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];

	probe(id, u->probe_mode, u->probe_every_ms);
}

void
engine_fill_want(const struct machine_want *w, struct msg_net_want *m)
{
	memset(m, 0, sizeof(*m));
	m->active = w->active;
	m->drain = w->drain;
	m->drain_ms = w->drain_ms;
	m->flush = w->flush;
	m->shut = w->shut;
}

/* netconf answers with NET_DONE of the same generation. */
static uint32_t
send_want(void)
{
	struct msg_net_want m;

	engine_fill_want(&parent->machine.want, &m);
	m.gen = ++net_gen;
	parent_send(CHILD_NETCONF, IMSG_NET_WANT, -1, &m, sizeof(m));
	return m.gen;
}

void
engine_prepare(uint32_t id)
{
	prepare_gen[id] = send_want();
}

uint32_t
engine_primary_cause(void)
{
	const struct uplink *u = &parent->uplink[0];
	uint32_t cause = parent->machine.primary.cause;

	if (cause != MSG_CAUSE_CARRIER || !u->facts_known)
		return cause;
	if (u->facts.ifindex == 0)
		return MSG_CAUSE_NO_INTERFACE;
	return u->facts.up ? cause : MSG_CAUSE_LINK_DOWN;
}

/* The site's own programs come last, and hold up nobody. */
static void
run_hooks(uint32_t uplink, uint32_t found)
{
	struct msg_hooks m;

	hooks_told = 1;
	memset(&m, 0, sizeof(m));
	m.found = found;
	m.uplink = uplink;
	if (!parent->event.ended)
		strlcpy(m.event, parent->event.id, sizeof(m.event));
	parent_send(CHILD_NETCONF, IMSG_HOOKS, -1, &m, sizeof(m));
}

void
engine_hook_done(const struct msg_hook_done *d)
{
	char text[MSG_TEXT_LEN];

	if (d->ok) {
		history_line("hook", "%s: %s after %.1f s", d->name,
		    d->text[0] != '\0' ? d->text : "done", d->ms / 1e3);
		return;
	}
	parent->hook_failures++;
	snprintf(text, sizeof(text), "%s failed after %.1f s: %.120s", d->name,
	    d->ms / 1e3, d->text);
	history_line("hook", "%s", text);
	alarms_raise("hook", d->uplink, text);
}

/* Traffic has moved, and that was read back: the one write of a switch. */
static void
count_switch(enum malarm alarm)
{
	if (alarm == MALARM_FAILOVER) {
		history_counters()->failovers++;
		parent->failovers[parent->event_cause]++;
		histogram_add(
		    &parent->phase[CTL_PHASE_APPLY], parent->apply_us);
		engine_event_moved();
	} else if (alarm == MALARM_FALLBACK) {
		history_counters()->fallbacks++;
		parent->fallbacks[parent->event_cause]++;
		parent->returned = monotime_now();
	} else {
		if (alarm == MALARM_STRANDED) /* it is left on the primary */
			engine_backup_time();
		return;
	}
	engine_backup_time();
	history_flush(&parent->event);
	cost_write();
	samples_write();
	cost_ask_octets();
	alarms_hurry();
	run_hooks(parent->machine.want.active, 0);
}

static void
machine_alarm(const struct maction *a)
{
	const struct ctl_event *ev = &parent->event;
	char text[MSG_TEXT_LEN] = "", event[sizeof(ev->cause) + 32];
	char why[MSG_TEXT_LEN];

	if (a->uplink < parent->conf.nuplinks)
		snprintf(text, sizeof(text), "%s: ", uplink_name(a->uplink));
	strlcat(text, mreason_text(a->reason), sizeof(text));
	if (a->alarm == MALARM_APPLY && parent->network_why[0] != '\0') {
		strlcat(text, ": ", sizeof(text));
		strlcat(text, parent->network_why, sizeof(text));
	}
	if ((a->alarm == MALARM_DRILL || a->alarm == MALARM_GIVE_UP) &&
	    a->uplink < parent->conf.nuplinks) {
		failure_text(a->uplink, why, sizeof(why));
		strlcat(text, why[0] != '\0' ? ": " : "", sizeof(text));
		strlcat(text, why, sizeof(text));
	}
	if (ev->id[0] != '\0' && !ev->ended) {
		snprintf(
		    event, sizeof(event), "; event %s: %s", ev->id, ev->cause);
		strlcat(text, event, sizeof(text));
	}
	alarms_raise(malarm_name(a->alarm), a->uplink, text);
	count_switch(a->alarm);
}

/* Why, and if somebody asked, for how long. */
static const char *
reason_text(enum mreason reason)
{
	static char text[MSG_TEXT_LEN];

	if (reason != MWHY_ASKED || parent->machine.request_ms == 0)
		return mreason_text(reason);
	snprintf(text, sizeof(text), "%s, for %u s unless confirmed",
	    mreason_text(reason), parent->machine.request_ms / 1000);
	return text;
}

static void
changed_state(const struct maction *a)
{
	struct ctl_event *ev = &parent->event;

	parent->since_ns = wall_now();
	if (a->from == a->to)
		history_line("state", "%s: %s", machine_state_name(a->to),
		    reason_text(a->reason));
	else if (a->to == MACHINE_SUSPECT ||
		 (a->from == MACHINE_SUSPECT && a->to == MACHINE_ON_PRIMARY))
		history_detail("state", "%s -> %s: %s",
		    machine_state_name(a->from), machine_state_name(a->to),
		    mreason_text(a->reason));
	else
		history_line("state", "%s -> %s: %s",
		    machine_state_name(a->from), machine_state_name(a->to),
		    reason_text(a->reason));
	engine_event_state(a->to, a->reason);
	if (a->reason == MWHY_TARGET && ev->backup[0] == '\0')
		strlcpy(ev->cause, "target: dead through every uplink",
		    sizeof(ev->cause));
	if (a->from == MACHINE_STARTING && a->to == MACHINE_ON_PRIMARY)
		history_close_open();
	if (a->to != MACHINE_ON_BACKUP)
		return;
	engine_event_anew(parent->machine.want.active);
	strlcpy(ev->backup, uplink_name(parent->machine.want.active),
	    sizeof(ev->backup));
	if (!monotime_valid(parent->backup_since))
		parent->backup_since = monotime_now();
}

/* Everything of ours out of the kernel, then the end. */
static void
clear(uint32_t ctl)
{
	struct timeval tv = monotime_ms(HEARTBEAT_DEAD_MS);

	clear_ctl = ctl;
	clear_gen = ++net_gen;
	parent_send(
	    CHILD_NETCONF, IMSG_NET_CLEAR, -1, &clear_gen, sizeof(clear_gen));
	evtimer_add(&clear_timer, &tv);
}

static void
leave(const struct maction *a)
{
	if (a->ok) {
		clear(a->id);
		return;
	}
	history_line("state", "leaving the network as it is, traffic on %s",
	    uplink_name(parent->machine.want.active));
	parent_quit(0);
}

/* What was seen through it before says nothing of this link. */
static void
forget_rounds(struct uplink *u)
{
	uint32_t f;

	memset(&u->seen.decide, 0, sizeof(u->seen.decide));
	for (f = 0; f < FAMILIES; f++) {
		u->seen.rounds[f].known = 0;
		u->seen.rounds[f].bad = 0;
	}
}

static void
prove(uint32_t id)
{
	struct uplink *u = &parent->uplink[id];

	engine_event_anew(id);
	u->proving = 1;
	u->proving_since = monotime_now();
	u->proving_until = parent->machine.try.deadline;
	forget_rounds(u);
	probe(id, MSG_PROBE_BURST, 0);
}

static void
keep(uint32_t id, uint32_t ms)
{
	engine_proof_ends(id);
	if (parent->uplink[id].probe_mode == MSG_PROBE_OFF)
		forget_rounds(&parent->uplink[id]);
	probe(id, MSG_PROBE_ROUNDS, ms);
}

/* What was done, and what is left of it. */
static void
done(const struct maction *a)
{
	const struct machine *m = &parent->machine;
	char more[MSG_TEXT_LEN] = "";

	if (a->reason == MWHY_OK && a->uplink == MACHINE_PRIMARY &&
	    m->want.drain != MACHINE_NONE)
		snprintf(more, sizeof(more),
		    "; old flows drain off %s for %u s at most: fallback again "
		    "cuts them",
		    uplink_name(m->want.drain), m->want.drain_ms / 1000);
	else if (a->reason == MWHY_CUT)
		snprintf(more, sizeof(more), ": %u flow%s cut", flows_cut,
		    flows_cut == 1 ? "" : "s");
	control_result(a->id, CTL_OK, "%s%s",
	    a->reason == MWHY_DRILLED ? drilling_result()
				      : mreason_text(a->reason),
	    more);
}

static void
reply(const struct maction *a)
{
	char text[REFUSAL_LEN];

	if (a->ok)
		done(a);
	else
		control_result(a->id, CTL_REFUSED, "%s",
		    refusal(a->reason, a->uplink, text));
}

static void
act(const struct maction *a)
{
	switch (a->type) {
	case MACT_STATE:
		changed_state(a);
		break;
	case MACT_APPLY:
		apply_machine_gen = a->gen;
		apply_gen = send_want();
		apply_active = parent->machine.want.active;
		break;
	case MACT_START:
		engine_event_anew(a->uplink);
		link_start(a->uplink);
		break;
	case MACT_STOP:
		link_stop(a->uplink);
		break;
	case MACT_PROVE:
		prove(a->uplink);
		break;
	case MACT_PROBE:
		keep(a->uplink, 0);
		break;
	case MACT_KEEP:
		keep(a->uplink, a->ms);
		break;
	case MACT_PROBE_OFF:
		engine_proof_ends(a->uplink);
		probe(a->uplink, MSG_PROBE_OFF, 0);
		break;
	case MACT_BURST:
		probe(0, MSG_PROBE_BURST, 0);
		break;
	case MACT_DRILL_BEGIN:
		drilling_begin(a->uplink);
		break;
	case MACT_MEASURE:
		drilling_measure(a->uplink, a->ms);
		break;
	case MACT_DRILL_END:
		drilling_end(a->uplink, a->ok, a->reason);
		break;
	case MACT_EVENT_BEGIN:
		engine_event_begin(a->reason);
		break;
	case MACT_EVENT_END:
		engine_event_end(a->reason);
		break;
	case MACT_ALARM:
		machine_alarm(a);
		break;
	case MACT_REPLY:
		reply(a);
		break;
	case MACT_EXIT:
		leave(a);
		break;
	case MACTION_MAX:
		fatalx("%s: no such action", __func__);
	}
}

void
engine_net_step(const struct msg_net_step *s)
{
	history_line("network", "%s", s->text);
}

static void
tell_steps(const struct msg_net_done *d)
{
	char moved[48] = "";

	if (d->moved_us > 0)
		snprintf(moved, sizeof(moved), ", traffic after %.1f ms",
		    (double)d->moved_us / 1000);
	history_line("network",
	    "%u step%s in %.1f ms%s, read back equal; %u flow%s forgotten",
	    d->nsteps, d->nsteps == 1 ? "" : "s", (double)d->apply_us / 1000,
	    moved, d->flows, d->flows == 1 ? "" : "s");
}

static void
applied(const struct msg_net_done *d)
{
	struct mevent ev = { .type = d->ok ? MEV_APPLIED : MEV_APPLY_FAILED };
	uint32_t active = apply_active;

	ev.gen = apply_machine_gen;
	if (d->moved_us > 0) { /* a link that goes down later is no switch */
		parent->apply_us = (uint32_t)d->apply_us;
		parent->event.apply_us = parent->apply_us;
		parent->moved_us = (uint32_t)d->moved_us;
	}
	if (!d->ok)
		history_line("network", "failed: %s", d->text);
	else if (d->nsteps > 0)
		tell_steps(d);
	if (d->ok)
		peering_carried(active);
	engine_event(&ev);
	if (d->ok && !hooks_told)
		run_hooks(active, 1);
}

static void
cleared(const struct msg_net_done *d)
{
	if (d->ok) {
		history_line("network", "everything of ours is out");
		engine_event_end(
		    MWHY_STOP); /* nothing is left for a next run */
	} else
		history_line("network", "clear failed: %s", d->text);
	evtimer_del(&clear_timer);
	if (clear_ctl != 0)
		control_result(clear_ctl, d->ok ? CTL_OK : CTL_FAILED, "%s",
		    d->ok ? "everything is out; dialfaild ends" : d->text);
	parent_quit(d->ok ? 0 : 1);
}

void
engine_net_done(const struct msg_net_done *d)
{
	uint32_t i;

	if (d->gen == clear_gen && clear_gen != 0) {
		cleared(d);
		return;
	}
	if (d->gen == net_gen) { /* or later: somebody changed what is ours */
		parent->network_known = 1;
		parent->network_ok = d->ok != 0;
		strlcpy(
		    parent->network_why, d->text, sizeof(parent->network_why));
	}
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		if (prepare_gen[i] == d->gen && d->gen != 0) {
			prepare_gen[i] = 0;
			link_prepared(i);
		}
	if (d->gen == apply_gen)
		applied(d);
}

/* What operators asked an earlier run for. */
static void
tell_wish(void)
{
	const struct machine *m = &parent->machine;

	if (m->held != MACHINE_NONE)
		history_line(
		    "state", "the hold of %s goes on", uplink_name(m->held));
	if (monotime_valid(m->manual_until))
		history_line("state",
		    "traffic is on %s for %u s more, unless confirmed",
		    uplink_name(m->want.active),
		    show_seconds_left(m->manual_until));
}

/* Links that were found are told first; then what carries traffic. */
void
engine_adopt(const struct msg_net_adopt *a)
{
	struct mevent ev = { .type = MEV_ADOPT };
	uint32_t i;

	if (adopted || !parent->conf.complete) {
		parent_distrust(CHILD_NETCONF, IMSG_NET_ADOPT);
		return;
	}
	adopted = 1;
	for (i = 1; i < parent->conf.nuplinks; i++)
		engine_tell_link(i);
	ev.uplink = a->active < parent->conf.nuplinks ? a->active : 0;
	ev.up = ev.uplink == 0 || parent->uplink[ev.uplink].was_up ||
		parent->uplink[ev.uplink].link.phase == LINK_UP;
	if (a->found)
		history_line("state", "found traffic on %s from before",
		    uplink_name(ev.uplink));
	engine_event(&ev);
	tell_wish();
	engine_tell_link(0);
}

void
engine_drained(const struct msg_net_drained *d)
{
	struct mevent ev = { .type = MEV_DRAINED, .uplink = d->uplink };
	struct ctl_event *of = engine_draining(d->uplink);

	history_line(uplink_name(d->uplink), "drained: %u flow%s cut", d->cut,
	    d->cut == 1 ? "" : "s");
	if (of == NULL)
		of = &parent->event;
	of->flows_cut += d->cut;
	flows_cut = d->cut;
	engine_amend(of);
	/* of a call there is more to come, until it is hung up */
	if (!conf_dialled(&parent->uplink[d->uplink].conf))
		engine_event_anew(d->uplink);
	engine_event(&ev);
}

void
engine_net_blocked(const struct msg_net_blocked *b)
{
	char text[MSG_TEXT_LEN];

	snprintf(text, sizeof(text),
	    "the forward chain drops what the LAN sends by %s: %u packets of "
	    "new connections, none of them passed",
	    uplink_name(b->uplink), b->tried);
	alarms_raise("forward", b->uplink, text);
}

static int
is_home(void)
{
	const struct machine *m = &parent->machine;

	return m->state == MACHINE_ON_PRIMARY || m->state == MACHINE_SUSPECT ||
	       m->state == MACHINE_RETURNING;
}

/* The lines come first, then what they amount to. */
void
engine_net_proof(const struct msg_net_proof *p)
{
	char text[MSG_TEXT_LEN];

	if (p->kind == MSG_PROOF_FOREIGN) {
		history_line("others", "%s", p->text);
		return;
	}
	if (p->kind == MSG_PROOF_LEFT) {
		history_line("return", "not as before: %s", p->text);
		return;
	}
	/* else it is of a return that was before this event */
	if (is_home())
		parent->left = p->n;
	if (p->n == 0) {
		history_line("return", "all of ours is as before");
		return;
	}
	snprintf(text, sizeof(text), "%u of ours not as before: %.180s", p->n,
	    p->text);
	alarms_raise("leftover", MACHINE_PRIMARY, text);
}

int
engine_ready(void)
{
	return adopted;
}

static void
on_clear_timeout(int fd, short what, void *arg)
{
	struct msg_net_done d = { .gen = clear_gen };

	(void)fd;
	(void)what;
	(void)arg;
	strlcpy(d.text, "netconf: no answer in time", sizeof(d.text));
	cleared(&d);
}
