/* SPDX-License-Identifier: ISC */
/*
 * The facts that a client asks for.  Statistics live in the prober, files and
 * the kernel's state in netconf, so an answer may wait for theirs: asker is the
 * client's number, which comes back with each of their messages.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/wall.h"
#include "parent/alarms.h"
#include "parent/control.h"
#include "parent/cost.h"
#include "parent/drilling.h"
#include "parent/history.h"
#include "parent/parent.h"
#include "parent/samples.h"
#include "parent/target.h"

#define STATS_MS 1000 /* then the answer tells what was known before */

#define BOTH (1u << CHILD_PROBER | 1u << CHILD_NETCONF)

/* Who waits for statistics and a glance, and what for. */
static struct waiting {
	uint32_t ctl; /* 0: free */
	uint32_t what;
	struct event timer;
} waiting[CONTROL_CLIENTS_MAX];
static uint32_t asked; /* by whom they were, for all who wait; or 0 */
static uint32_t heard; /* mask of children: who has answered */
static struct monotime asked_at;

static void on_stats_timeout(int, short, void *);

/* A far target whose last probes were lost, though the round was good. */
static int
far_dead(const struct uplink *u, uint32_t families)
{
	uint32_t i;

	for (i = 0; i < u->conf.ntargets; i++)
		if (!u->conf.target[i].near &&
		    families & 1u << target_family(&u->conf.target[i]) &&
		    u->stats[i].known && !u->stats[i].up)
			return 1;
	return 0;
}

static uint32_t
seconds(struct monotime since)
{
	return (uint32_t)(monotime_ms_between(since, monotime_now()) / 1000);
}

uint32_t
show_seconds_left(struct monotime then)
{
	int64_t ms = monotime_ms_between(monotime_now(), then);

	return ms <= 0 ? 0 : (uint32_t)((ms + 999) / 1000);
}

static const char *
primary_status(const struct machine_health *p)
{
	if (!p->known)
		return "unknown";
	return p->good ? "up" : "down";
}

/* The machine waits before the next try at it. */
static int
waits(uint32_t id)
{
	const struct machine_try *t = &parent->machine.try;

	return t->uplink == id && t->phase == MACHINE_TRY_WAIT;
}

/* Rounds go out through it: always the primary, a backup in use, or proved. */
static int
probed(uint32_t id)
{
	return id == 0 || id == parent->machine.probing ||
	       id == parent->machine.proving || parent->machine.backup[id].kept;
}

/* What is wrong with an uplink, or with one family of it. */
static void
fill_cause(char cause[CTL_WORD_LEN], const struct uplink *u, uint32_t verdict,
    uint32_t bad, uint32_t families)
{
	if (verdict == MSG_BAD)
		strlcpy(cause, msg_cause_text(bad), CTL_WORD_LEN);
	else if (verdict == MSG_CONGESTED)
		strlcpy(
		    cause, msg_cause_text(MSG_CAUSE_CONGESTED), CTL_WORD_LEN);
	else if (far_dead(u, families))
		strlcpy(cause, msg_cause_text(MSG_CAUSE_SOME_TARGETS),
		    CTL_WORD_LEN);
}

static void
fill_status(struct ctl_uplink *r, uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];
	const struct machine *m = &parent->machine;
	const char *status;

	if (id == 0)
		status = primary_status(&m->primary);
	else
		status = waits(id) ? "waiting" : link_status(u);
	strlcpy(r->status, status, sizeof(r->status));
	if (waits(id) && monotime_valid(m->try.deadline))
		r->next_s = show_seconds_left(m->try.deadline);
	if (u->seen.known)
		fill_cause(r->cause, u, u->seen.verdict,
		    m->target ? (uint32_t)MSG_CAUSE_TARGET : u->seen.cause,
		    uplink_families(id));
}

static void
fill_address(struct ctl_family *r, const struct uplink *u, uint32_t family)
{
	const struct msg_family *f = &u->facts.family[family];

	r->address = f->address;
	r->gateway = u->facts.pointopoint ? f->peer : f->gateway;
}

/* What pppd negotiated counts until the kernel's facts have come. */
static void
fill_interface(struct ctl_uplink *r, const struct uplink *u)
{
	const struct machine_health *p = &parent->machine.primary;
	const struct msg_facts *f = &u->facts;
	const char *why;

	strlcpy(r->ifname, f->ifindex == 0 ? u->conf.ifname : f->ifname,
	    sizeof(r->ifname));
	r->facts_known = (uint32_t)u->facts_known;
	r->carrier = f->ifindex != 0 && f->up && f->carrier;
	if (u->link.phase == LINK_UP && f->ifindex == 0) {
		strlcpy(r->ifname, u->link.ppp.ifname, sizeof(r->ifname));
		r->family[FAMILY_INET].address = u->link.ppp.local;
		r->family[FAMILY_INET].gateway = u->link.ppp.remote;
	}
	if ((why = uplink_lacks(u->conf.id)) != NULL)
		snprintf(r->note, sizeof(r->note), "cannot take over: %s", why);
	else if ((u->conf.id == 0 || u->conf.start_ms != 0) && u->facts_known &&
		 f->ifindex == 0)
		strlcpy(r->note, "interface missing", sizeof(r->note));
	else if (u->conf.id == 0 && !p->known && monotime_valid(p->anew))
		snprintf(r->note, sizeof(r->note),
		    "unknown since the reload, %u s", seconds(p->anew));
}

/* Many a first router answers no echo: a near target says nothing of loss. */
static void
fill_probes(struct ctl_family *r, const struct uplink *u, uint32_t family)
{
	int64_t rtt = 0, n = 0;
	uint32_t i;

	for (i = 0; i < u->conf.ntargets; i++) {
		if (target_family(&u->conf.target[i]) != family)
			continue;
		r->probed = 1;
		if (u->conf.target[i].near)
			continue;
		r->recent_sent += u->stats[i].recent_sent;
		r->recent_lost += u->stats[i].recent_lost;
		if (u->stats[i].rtt_avg_ns > 0) {
			rtt += u->stats[i].rtt_avg_ns;
			n++;
		}
	}
	r->rtt_ns = n > 0 ? rtt / n : 0;
}

static void
fill_family(struct ctl_family *r, uint32_t id, uint32_t family)
{
	const struct uplink *u = &parent->uplink[id];
	const struct rounds *n = &u->seen.rounds[family];

	fill_address(r, u, family);
	fill_probes(r, u, family);
	memcpy(r->rounds, n->count, sizeof(r->rounds));
	if (!n->known || !probed(id)) /* how it was says nothing of now */
		return;
	r->known = 1;
	r->good = n->last.verdict == MSG_GOOD;
	r->bad_rounds = n->bad;
	fill_cause(r->cause, u,
	    n->congested ? (uint32_t)MSG_CONGESTED : n->last.verdict,
	    n->last.cause, 1u << family);
}

/*
 * The uplink that traffic is on: the wanted one, unless the kernel refused
 * that, and what was there before was left or put back.
 */
static uint32_t
carries(void)
{
	const struct machine *m = &parent->machine;

	return m->apply_fails > 0 && m->verified != MACHINE_NONE
		   ? m->verified
		   : m->want.active;
}

/* Families that no target proves, though what moves takes them along. */
static int
moves_unproved(const struct uplink *u, enum family family)
{
	const struct msg_family *f = &u->facts.family[family];

	return conf_far_targets(&u->conf, family) == 0 &&
	       f->address.family != AF_UNSPEC &&
	       (u->facts.pointopoint || f->gateway.family != AF_UNSPEC);
}

static void
add_unproved(struct ctl_uplink *r, const struct uplink *u)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (moves_unproved(u, f)) {
			strlcat(r->standby, "; ", sizeof(r->standby));
			strlcat(r->standby, conf_family_names[f],
			    sizeof(r->standby));
			strlcat(
			    r->standby, " moves unproved", sizeof(r->standby));
		}
}

static void
fill_standby(struct ctl_uplink *r, const struct uplink *u, uint32_t id)
{
	enum mreason why;

	r->proved_known =
	    (uint32_t)show_proved(id, &r->proved_ns, &r->proved_s);
	r->hot = u->conf.hot_ms != 0;
	if (!r->hot)
		return;
	why =
	    machine_ready(&parent->machine, &parent->mconf, id, monotime_now());
	r->ready = r->proved_known = r->active || why == MWHY_OK;
	if (r->active)
		strlcpy(r->standby, "in use", sizeof(r->standby));
	else if (why == MWHY_OK) {
		snprintf(r->standby, sizeof(r->standby), "proved %u s ago",
		    r->proved_s);
		add_unproved(r, u);
	} else
		strlcpy(r->standby, mreason_text(why), sizeof(r->standby));
}

static void
fill_refused(struct ctl_uplink *r, const struct uplink *u)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (u->facts.refused & 1u << f)
			snprintf(r->note, sizeof(r->note),
			    "%s refused: the backup has none",
			    conf_family_names[f]);
}

static void
send_uplink(uint32_t ctl, uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];
	struct ctl_uplink r;
	uint32_t f;

	memset(&r, 0, sizeof(r));
	r.id = id;
	r.role = u->conf.role;
	r.kind = u->conf.kind;
	r.active = carries() == id;
	strlcpy(r.name, u->conf.label, sizeof(r.name));
	fill_status(&r, id);
	r.bad_rounds = uplink_bad_rounds(id);
	r.retry = u->conf.probe.retry;
	if (monotime_valid(u->seen.good_since))
		r.good_s = seconds(u->seen.good_since);
	for (f = 0; f < FAMILIES; f++)
		fill_family(&r.family[f], id, f);
	fill_interface(&r, u);
	if (r.active && r.note[0] == '\0')
		fill_refused(&r, u);
	r.active_ms = u->active_ms;
	if (r.active)
		r.active_ms +=
		    monotime_ms_between(parent->active_since, monotime_now());
	r.octets_known = (uint32_t)u->octets_known;
	r.received = u->received;
	r.sent = u->sent;
	cost_fill(id, &r.budget);
	drilling_fill(id, &r.drill);
	fill_standby(&r, u, id);
	if (id != 0 && !r.active)
		(void)uplink_unfit(id, r.unfit, sizeof(r.unfit));
	show_radio(&r.radio, id);
	r.dialled = conf_dialled(&u->conf);
	show_backup(&r, id);
	r.dials = u->link.dials;
	r.dialed = u->link.dialed;
	r.failed = u->link.failed;
	strlcpy(r.last_error, u->link.last_error, sizeof(r.last_error));
	link_modem_text(u, r.modem, sizeof(r.modem));
	control_record(ctl, IMSG_CTL_UPLINK, &r, sizeof(r));
}

static void
send_targets(uint32_t ctl)
{
	struct ctl_target r;
	uint32_t i, j;

	for (i = 0; i < parent->conf.nuplinks; i++)
		for (j = 0; j < parent->uplink[i].conf.ntargets; j++) {
			const struct uplink *u = &parent->uplink[i];

			memset(&r, 0, sizeof(r));
			r.uplink = i;
			strlcpy(r.via, u->conf.label, sizeof(r.via));
			r.target = u->conf.target[j];
			r.gateway =
			    u->facts.family[target_family(&r.target)].gateway;
			r.stats = u->stats[j];
			if (!probed(i))
				r.stats.known = 0;
			control_record(ctl, IMSG_CTL_TARGET, &r, sizeof(r));
		}
}

static void
send_process(uint32_t ctl, pid_t pid, const char *name, const char *sandbox)
{
	struct ctl_process r;

	memset(&r, 0, sizeof(r));
	r.pid = (uint32_t)pid;
	strlcpy(r.name, name, sizeof(r.name));
	strlcpy(r.sandbox, sandbox, sizeof(r.sandbox));
	control_record(ctl, IMSG_CTL_PROCESS, &r, sizeof(r));
}

static void
send_processes(uint32_t ctl)
{
	int i;

	send_process(ctl, getpid(), "parent", parent->sandbox);
	for (i = 0; i < CHILD_MAX; i++)
		send_process(ctl, parent->child[i].pid, parent->child[i].name,
		    parent->child[i].sandbox);
}

static void
left(struct ctl_summary *s, const char *what, int64_t ms)
{
	char text[64];

	if (ms <= 0)
		snprintf(text, sizeof(text), "; %s: met", what);
	else
		snprintf(text, sizeof(text), "; %s: %lld s left", what,
		    (long long)(ms + 999) / 1000);
	strlcat(s->fallback_text, text, sizeof(s->fallback_text));
}

static void
due(struct ctl_summary *s, int64_t ms)
{
	s->fallback_due = 1;
	s->due_s = ms <= 0 ? 0 : (uint32_t)((ms + 999) / 1000);
}

/* What the way back waits for, in words. */
static void
return_text(struct ctl_summary *s)
{
	const struct machine *m = &parent->machine;
	struct machine_return r;
	int64_t ms;

	if (m->want.active == 0)
		return;
	if (monotime_valid(m->manual_until)) {
		ms = monotime_ms_between(monotime_now(), m->manual_until);
		strlcpy(s->fallback_text, "goes back unless confirmed",
		    sizeof(s->fallback_text));
		left(s, "time to confirm", ms);
		if (m->held == MACHINE_NONE)
			due(s, ms);
		else
			strlcat(s->fallback_text, "; held: waits for release",
			    sizeof(s->fallback_text));
		return;
	}
	machine_return_due(
	    &parent->machine, &parent->mconf, monotime_now(), &r);
	if (!r.possible) {
		strlcpy(s->fallback_text,
		    m->held != MACHINE_NONE ? "held: waits for release"
		    : m->primary.down && m->state != MACHINE_ON_BACKUP
			? "the first uplink that works takes over"
			: "manual: waits for dialfailctl fallback",
		    sizeof(s->fallback_text));
		return;
	}
	snprintf(s->fallback_text, sizeof(s->fallback_text), "primary %s",
	    r.good             ? "good"
	    : m->primary.known ? "bad"
			       : "unknown");
	left(s, "after", r.after_ms);
	if (r.good) /* else it has not begun */
		left(s, "stable", r.stable_ms);
	if (r.put_off_ms > 0)
		left(s, "put off, the last one failed", r.put_off_ms);
	if (r.flap_ms > 0)
		left(s, "flapped too often", r.flap_ms);
	if (r.due_ms >= 0)
		due(s, r.due_ms);
}

static void
fill_summary(struct ctl_summary *s)
{
	const struct machine *m = &parent->machine;
	struct history_counters *c = history_counters();

	s->pid = (uint32_t)getpid();
	s->time_ns = wall_now();
	s->clock_sane = (uint32_t)wall_sane();
	s->uptime_s = seconds(parent->started);
	s->started_ns = wall_steady(parent->started);
	strlcpy(s->version, VERSION, sizeof(s->version));
	strlcpy(s->host, parent->host, sizeof(s->host));
	strlcpy(s->state, machine_state_name(m->state), sizeof(s->state));
	s->since_ns = parent->since_ns;
	s->since_s = seconds(m->since);
	if (parent->event.id[0] != '\0' && !parent->event.ended) {
		strlcpy(s->event, parent->event.id, sizeof(s->event));
		strlcpy(
		    s->event_text, parent->event.cause, sizeof(s->event_text));
	}
	s->held = m->held != MACHINE_NONE;
	s->hold_s = CTL_FOREVER;
	if (s->held && monotime_valid(m->held_until)) {
		s->hold_s = show_seconds_left(m->held_until);
		s->hold_until_ns = wall_steady(m->held_until);
	}
	s->active = carries();
	s->fallback = parent->conf.global.fallback;
	return_text(s);
	memcpy(s->sha256, parent->conf.sha256, sizeof(s->sha256));
	s->loaded_ns = parent->loaded_ns;
	s->conf_source = parent->conf_source;
	s->file = parent->glance.file;
	s->file_errors = parent->glance.errors;
	strlcpy(s->file_where, parent->glance.where, sizeof(s->file_where));
	s->confirm_s = reload_confirm_s();
	s->confirm_due = s->confirm_s != 0;
	alarms_count(s);
	/* while a change is under way, what was read back is out of date */
	s->network_known = parent->network_known && !parent->machine.applying;
	s->network_ok = (uint32_t)parent->network_ok;
	strlcpy(s->network_why, parent->network_why, sizeof(s->network_why));
	s->network_differences = parent->glance.differences;
	s->network_repairs = parent->glance.repairs;
	s->notes = parent->notes;
	show_count_peers(s);
	s->failovers = c->failovers;
	s->fallbacks = c->fallbacks;
	s->detect_ms = parent->detect_ms;
	s->dial_ms = parent->dial_ms;
	s->apply_us = parent->apply_us;
	s->moved_us = parent->moved_us;
	s->decide = parent->uplink[0].conf.decide;
	s->reload_failed = (uint32_t)parent->reload_failed;
	memcpy(s->failovers_by, parent->failovers, sizeof(s->failovers_by));
	memcpy(s->fallbacks_by, parent->fallbacks, sizeof(s->fallbacks_by));
	memcpy(s->phase, parent->phase, sizeof(s->phase));
	s->hook_failures = parent->hook_failures;
	show_verdict(s);
}

static void
one_event(const struct ctl_event *ev, void *arg)
{
	struct ctl_event now = *ev;

	/* what history has of an open one is as old as the last switch */
	if (!ev->ended && strcmp(ev->id, parent->event.id) == 0) {
		now = parent->event;
		if (monotime_valid(parent->backup_since))
			now.backup_s += seconds(parent->backup_since);
		now.duration_s = seconds(parent->event_began);
	}
	control_record(*(uint32_t *)arg, IMSG_CTL_EVENT, &now, sizeof(now));
}

static void
send_summary(uint32_t ctl)
{
	struct ctl_summary s;
	uint32_t i;

	memset(&s, 0, sizeof(s));
	fill_summary(&s);
	control_record(ctl, IMSG_CTL_SUMMARY, &s, sizeof(s));
	for (i = 0; i < parent->conf.nuplinks; i++)
		send_uplink(ctl, i);
	send_targets(ctl);
	send_processes(ctl);
	history_last(CTL_SUMMARY_EVENTS, one_event, &ctl);
}

static void
one_line(const struct ctl_line *l, void *arg)
{
	control_record(*(uint32_t *)arg, IMSG_CTL_LINE, l, sizeof(*l));
}

static void
send_event(uint32_t ctl, const char *id)
{
	struct ctl_event ev;

	if (history_event(id, &ev, NULL, NULL) == -1) {
		control_result(ctl, CTL_REFUSED,
		    id[0] == '\0' ? "there was no event yet" : "no such event");
		return;
	}
	one_event(&ev, &ctl);
	history_event(id, &ev, one_line, &ctl);
	control_result(ctl, CTL_OK, "done");
}

/* What others know first: the answer goes out in answered_by. */
static void
ask_others(uint32_t ctl, uint32_t what)
{
	struct timeval tv = monotime_ms(STATS_MS);
	struct waiting *w = waiting;

	/* there are as many as clients, and one that is gone needs none */
	while (w->ctl != 0 && control_present(w->ctl))
		w++;
	if (w->ctl != 0)
		evtimer_del(&w->timer);
	w->ctl = ctl;
	w->what = what;
	evtimer_set(&w->timer, on_stats_timeout, w);
	evtimer_add(&w->timer, &tv);
	if (asked != 0)
		return;
	asked = ctl;
	asked_at = monotime_now();
	heard = 0;
	parent_send(CHILD_PROBER, IMSG_STATS_REQ, -1, &ctl, sizeof(ctl));
	parent_send(CHILD_NETCONF, IMSG_GLANCE, -1, &ctl, sizeof(ctl));
}

void
show_stats(const struct msg_stats *s)
{
	if (s->uplink < parent->conf.nuplinks &&
	    s->target < parent->uplink[s->uplink].conf.ntargets)
		parent->uplink[s->uplink].stats[s->target] = *s;
}

static void
send_with_stats(struct waiting *w)
{
	uint32_t i, ctl = w->ctl;

	evtimer_del(&w->timer);
	w->ctl = 0;
	switch (w->what) {
	case CTL_SHOW_SUMMARY:
	case CTL_SHOW_METRICS:
	case CTL_SHOW_PROMETHEUS:
		send_summary(ctl);
		break;
	case CTL_SHOW_TARGETS:
		send_targets(ctl);
		break;
	case CTL_SHOW_BACKUP:
		for (i = 1; i < parent->conf.nuplinks; i++)
			send_uplink(ctl, i);
		break;
	}
	control_result(ctl, CTL_OK, "done");
}

static void
answered_by(enum child_id child, uint32_t asker)
{
	struct waiting *w;

	if (asker != asked) /* it was late: that one was given up */
		return;
	heard |= 1u << child;
	if (heard != BOTH)
		return;
	asked = 0;
	for (w = waiting; w < waiting + CONTROL_CLIENTS_MAX; w++)
		if (w->ctl != 0)
			send_with_stats(w);
}

void
show_stats_end(uint32_t asker)
{
	answered_by(CHILD_PROBER, asker);
}

void
show_glance(const struct msg_glance *g)
{
	parent->glance = *g;
	answered_by(CHILD_NETCONF, g->asker);
}

/* Who joined an earlier question does not give up a younger one. */
static void
on_stats_timeout(int fd, short what, void *arg)
{
	const struct waiting *w = arg;

	(void)fd;
	(void)what;
	if (w->ctl == asked ||
	    monotime_ms_between(asked_at, monotime_now()) >= STATS_MS)
		asked = 0;
	send_with_stats(arg);
}

void
show_net_line(const struct msg_net_line *l)
{
	struct ctl_line r;

	memset(&r, 0, sizeof(r));
	r.different = l->different;
	strlcpy(r.who, "network", sizeof(r.who));
	strlcpy(r.text, l->text, sizeof(r.text));
	control_record(l->asker, IMSG_CTL_LINE, &r, sizeof(r));
}

void
show_conf_text(const struct msg_conf_text *m)
{
	_Static_assert(sizeof(m->text) <= CTL_PIECE_MAX, "a piece is one");
	control_record(m->asker, IMSG_CTL_TEXT, m->text, strlen(m->text) + 1);
}

void
show_text_end(uint32_t asker)
{
	control_result(asker, CTL_OK, "done");
}

void
show_send(uint32_t ctl, const struct ctl_show *s)
{
	switch (s->what) {
	case CTL_SHOW_SUMMARY:
	case CTL_SHOW_TARGETS:
	case CTL_SHOW_BACKUP:
	case CTL_SHOW_METRICS:
	case CTL_SHOW_PROMETHEUS:
		ask_others(ctl, s->what);
		break;
	case CTL_SHOW_PEERS:
	case CTL_SHOW_PEER_METRICS:
	case CTL_SHOW_PEER_PROMETHEUS:
		show_peers(ctl, s->name);
		break;
	case CTL_SHOW_NETWORK:
		parent_send(
		    CHILD_NETCONF, IMSG_NET_SHOW, -1, &ctl, sizeof(ctl));
		break;
	case CTL_SHOW_HISTORY:
		history_events(one_event, &ctl);
		control_result(ctl, CTL_OK, "done");
		break;
	case CTL_SHOW_EVENT:
		send_event(ctl, s->name);
		break;
	case CTL_SHOW_CONFIG:
		parent_send(
		    CHILD_NETCONF, IMSG_CONF_SHOW, -1, &ctl, sizeof(ctl));
		break;
	case CTL_SHOW_PROBES:
		samples_send(ctl);
		break;
	default:
		control_result(ctl, CTL_REFUSED,
		    "nothing to show by that "
		    "number: %u",
		    s->what);
	}
}
