/* SPDX-License-Identifier: ISC */
/* What backups cost; see cost.h. */
#include <sys/types.h>

#include <event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/keep.h"
#include "common/log.h"
#include "common/wall.h"
#include "parent/alarms.h"
#include "parent/control.h"
#include "parent/cost.h"
#include "parent/disk.h"
#include "parent/drilling.h"
#include "parent/history.h"
#include "parent/ledger.h"
#include "parent/parent.h"

#define LOOK_MS      (60 * 1000) /* while nothing is connected */
#define LOOK_SOON_MS (10 * 1000)
#define WRITE_MS     (60 * 60 * 1000)
#define WARN_MS      (10 * 60 * 1000) /* before nothing more is allowed */

static const char *state_dir; /* NULL: nothing outlives us */
static struct ledger ledger;
static int64_t elapsed_ms; /* since it was written, as far as is known */
static int same_boot; /* in which it was written */
static struct budget_clock wall_clock;
static struct event timer;
static int dirty; /* it says more than the file */
static struct monotime written;
static struct disk disk; /* that it is on */
static struct machine_memory last; /* as in the file */
static struct machine_wish wish; /* the same */

static void on_timer(int, short, void *);

static int
is_backup(const char *label)
{
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++)
		if (strcmp(parent->uplink[i].conf.label, label) == 0)
			return 1;
	return 0;
}

struct ledger_entry *
cost_entry(uint32_t id)
{
	return ledger_get(&ledger, parent->uplink[id].conf.label, is_backup);
}

static int64_t
wall_s(void)
{
	return wall_now() / 1000000000;
}

/* ---- the file ---- */

void
cost_open(const char *dir)
{
	char path[64];
	unsigned int broken;
	int64_t now_ms;
	FILE *f;

	state_dir = dir;
	same_boot = 0;
	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/backups", dir);
	if ((f = fopen(path, "re")) == NULL)
		return;
	if ((broken = ledger_read(f, &ledger)) > 0)
		log_warnx("%s: %u broken lines skipped", path, broken);
	fclose(f);
	now_ms = monotime_now().ns / 1000000;
	same_boot = ledger.boot[0] != '\0' && now_ms >= ledger.mono_ms &&
		    strcmp(ledger.boot, parent->boot) == 0;
	/* how long a power cut took nobody knows: no time at all */
	elapsed_ms = same_boot ? now_ms - ledger.mono_ms : 0;
}

static void
fill_wish(void)
{
	machine_wish_of(&parent->machine, &wish);
	ledger.wall_s = wall_s();
	/* before adoption it is an earlier run's, and may be no uplink here */
	if (parent->machine.adopted)
		strlcpy(ledger.held,
		    last.held != MACHINE_NONE ? uplink_name(last.held) : "",
		    sizeof(ledger.held));
	ledger.stay = last.stay;
	ledger.nfailovers = last.nfailovers;
	memcpy(
	    ledger.failover_ms, last.failover_ms, sizeof(ledger.failover_ms));
}

static void
fill_ledger(void)
{
	struct monotime now = monotime_now();
	uint32_t i;

	machine_remember(&parent->machine, now, &last);
	fill_wish();
	strlcpy(ledger.boot, parent->boot, sizeof(ledger.boot));
	ledger.mono_ms = now.ns / 1000000;
	memcpy(ledger.sha256, parent->conf.sha256, sizeof(ledger.sha256));
	ledger.nfailed = last.nfailed;
	memcpy(ledger.failed_ms, last.failed_ms, sizeof(ledger.failed_ms));
	for (i = 1; i < parent->conf.nuplinks; i++)
		cost_entry(i)->grudge = last.backup[i];
}

static void
print(FILE *f, const void *l)
{
	ledger_write(f, l);
}

void
cost_write(void)
{
	char path[64];

	if (state_dir == NULL || !parent->conf.complete)
		return;
	fill_ledger();
	written = monotime_now();
	snprintf(path, sizeof(path), "%s/backups", state_dir);
	/* a power cut is just what it is for */
	dirty = disk_wrote(&disk, "backups",
		    keep_write_through(path, print, &ledger)) == -1;
}

/* ---- what is told ---- */

static const char *
amount(enum conf_cost cost, uint64_t n, char buf[32])
{
	uint64_t s = n / 1000;

	if (cost == CONF_COST_TIME)
		snprintf(buf, 32, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
		    s / 3600, s / 60 % 60, s % 60);
	else if (cost == CONF_COST_BYTES)
		snprintf(buf, 32, "%.1f MB", (double)n / 1e6);
	else
		snprintf(buf, 32, "%" PRIu64, n);
	return buf;
}

static void
alarm_budget(uint32_t id, enum conf_cost cost, uint32_t percent)
{
	const struct uplink *u = &parent->uplink[id];
	const struct conf_budget *conf = &u->conf.budget;
	const struct budget *b = &cost_entry(id)->budget;
	char text[MSG_TEXT_LEN], used[32], limit[32];

	snprintf(text, sizeof(text), "%s: %u %% of its budget: %s %s of %s%s",
	    u->conf.label, percent, conf_cost_words[cost],
	    amount(cost, b->used[cost], used),
	    amount(cost, budget_limit(b, conf, cost), limit),
	    percent < 100  ? ""
	    : conf->refuse ? "; in 10 minutes it is used for no new call, "
			     "unless more is granted"
			   : "; it goes on");
	alarms_raise("budget", id, text);
}

/* ---- what may be used ---- */

/* Used up, and there was time to do something about it. */
static const char *
over_budget(uint32_t id)
{
	static const char *const texts[CONF_COSTS] = { "its time is used up",
		"its bytes are used up", "its dials are used up" };
	struct uplink *u = &parent->uplink[id];
	struct monotime now = monotime_now();
	enum conf_cost up;

	up = budget_used_up(&cost_entry(id)->budget, &u->conf.budget);
	if (up == CONF_COSTS || !u->conf.budget.refuse) {
		u->account.used_up = (struct monotime){ 0 };
		return NULL;
	}
	if (!monotime_valid(u->account.used_up))
		u->account.used_up =
		    /* of an earlier run, which has told */
		    u->account.told == 0 &&
			    cost_entry(id)->budget.told[up] == 100
			? monotime_add_ms(now, -WARN_MS)
			: now;
	return monotime_ms_between(u->account.used_up, now) >= WARN_MS
		   ? texts[up]
		   : NULL;
}

static const char *
why_not(uint32_t id)
{
	const char *why = over_budget(id);

	if (why == NULL &&
	    !budget_hours(&parent->uplink[id].conf.hours, wall_s()))
		return "these are not its hours";
	return why;
}

/* Its hours end soon, and it is in use. */
static void
warn_hours(uint32_t id, int64_t now_s)
{
	struct uplink *u = &parent->uplink[id];
	char text[MSG_TEXT_LEN];
	int ends;

	ends = budget_hours(&u->conf.hours, now_s) && now_s != 0 &&
	       !budget_hours(&u->conf.hours, now_s + WARN_MS / 1000);
	if (ends && !u->account.hours_told &&
	    monotime_valid(u->account.connected)) {
		snprintf(text, sizeof(text),
		    "%s: its hours end in 10 minutes: it is used for no new "
		    "call then",
		    u->conf.label);
		alarms_raise("budget", id, text);
		u->account.hours_told = 1;
	} else if (!ends)
		u->account.hours_told = 0;
}

static void
tell_machine(uint32_t id, int anyway)
{
	struct uplink *u = &parent->uplink[id];
	struct mevent ev = { .type = MEV_ALLOW, .uplink = id };
	const char *why = why_not(id);

	if (!anyway && why == u->account.barred)
		return;
	if (why != u->account.barred)
		history_line(u->conf.label, "%s%s",
		    why != NULL ? "used for no new call: "
				: "may be used for calls again",
		    why != NULL ? why : "");
	u->account.barred = why;
	ev.up = why == NULL;
	engine_event(&ev);
}

static void
judge(uint32_t id, bool steady)
{
	struct uplink *u = &parent->uplink[id];
	const struct conf_budget *conf = &u->conf.budget;
	struct budget *b = &cost_entry(id)->budget;
	uint32_t i, percent;

	if (conf_budgeted(conf)) {
		if (budget_roll(b, conf, wall_s(), steady)) {
			history_line(u->conf.label, "a new period begins");
			dirty = 1;
		}
		for (i = 0; i < CONF_COSTS; i++)
			if ((percent = budget_alarm(
				 b, conf, (enum conf_cost)i)) != 0) {
				alarm_budget(id, (enum conf_cost)i, percent);
				u->account.told = 1;
			}
	}
	warn_hours(id, wall_s());
	tell_machine(id, 0);
}

/* ---- what is counted ---- */

/* At a price: from the answer of a modem, or the end of a hook, on. */
static int
is_connected(const struct uplink *u)
{
	if (!conf_dialled(&u->conf))
		return parent->machine.want.active == u->conf.id;
	switch (u->link.phase) {
	case LINK_NEGOTIATING:
	case LINK_AWAITING:
	case LINK_PREPARING:
	case LINK_UP:
	case LINK_ENDING:
	case LINK_STOPPING:
		return 1;
	default:
		return 0;
	}
}

static void
count_time(uint32_t id)
{
	struct account *a = &parent->uplink[id].account;
	struct monotime now = monotime_now();

	if (monotime_valid(a->connected)) {
		budget_use(&cost_entry(id)->budget, CONF_COST_TIME,
		    (uint64_t)monotime_ms_between(a->connected, now));
		dirty = 1;
	}
	a->connected =
	    is_connected(&parent->uplink[id]) ? now : (struct monotime){ 0 };
}

static struct msg_net_count asked; /* the last question */

void
cost_ask_octets(void)
{
	asked.gen = parent->conf.gen;
	asked.event = history_present();
	parent_send(CHILD_NETCONF, IMSG_NET_COUNT, -1, &asked, sizeof(asked));
}

static void
rearm(int soon)
{
	struct timeval tv;
	int64_t ms = soon ? LOOK_SOON_MS : LOOK_MS;
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++)
		if (monotime_valid(parent->uplink[i].account.connected))
			ms = LOOK_SOON_MS;
	tv = monotime_ms(ms);
	evtimer_add(&timer, &tv);
}

static void
look(void)
{
	struct monotime now = monotime_now();
	bool steady = budget_clock_look(&wall_clock, now, wall_s()), soon;
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++) {
		count_time(i);
		judge(i, steady);
	}
	soon = drilling_look(wall_s());
	if (dirty &&
	    (disk.bad || monotime_ms_between(written, now) >= WRITE_MS))
		cost_write();
	if (history_overdue())
		engine_account();
	rearm(soon);
}

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	cost_ask_octets();
	look();
}

/*
 * Packets since the last look.  They are of no account beyond the event, so
 * what was before the first look is not known, and a new interface of the
 * same name begins at 0.
 */
static uint64_t
new_packets(uint32_t id, const char *ifname, uint32_t ifindex, uint64_t packets)
{
	static struct {
		char ifname[IFNAMSIZ];
		uint32_t ifindex;
		uint64_t packets;
	} seen[CONF_UPLINKS_MAX];
	uint64_t n = 0;

	if (strcmp(seen[id].ifname, ifname) == 0) {
		n = packets;
		if (seen[id].ifindex == ifindex && packets >= seen[id].packets)
			n -= seen[id].packets;
	}
	(void)strlcpy(seen[id].ifname, ifname, sizeof(seen[id].ifname));
	seen[id].ifindex = ifindex;
	seen[id].packets = packets;
	return n;
}

/*
 * What a backup has carried for the event in which that was asked.  The last
 * question is asked when the event ends, and the answer may come when others
 * have been asked, and the next event has begun.
 */
static void
count_event(uint32_t id, uint32_t event, uint64_t octets, uint64_t packets)
{
	const struct machine_want *want = &parent->machine.want;
	struct ctl_event *ev = engine_draining(id);

	if (ev == NULL)
		ev = engine_event_of(event);
	if (ev == NULL || ev->backup[0] == '\0')
		return; /* of none, or of a drill that is one itself */
	if ((ev->ended || (id != want->active && id != want->drain)) &&
	    strcmp(uplink_name(id), ev->backup) != 0)
		return; /* a proof, a drill */
	ev->backup_octets += octets;
	ev->backup_packets += packets;
	engine_amend(ev);
}

void
cost_counted(const struct msg_net_counted *c)
{
	struct uplink *u;
	uint64_t octets, packets, n;
	uint32_t i;

	if (c->asked.gen != parent->conf.gen)
		return;
	for (i = 0; i < parent->conf.nuplinks; i++) {
		u = &parent->uplink[i];
		if (c->uplink[i].ifindex == 0)
			continue;
		u->octets_known = 1;
		u->received = c->uplink[i].received;
		u->sent = c->uplink[i].sent;
		if (i == 0)
			continue;
		octets = c->uplink[i].received + c->uplink[i].sent;
		packets = new_packets(i, c->uplink[i].ifname,
		    c->uplink[i].ifindex, c->uplink[i].packets);
		n = ledger_count(&cost_entry(i)->counter, c->uplink[i].ifname,
		    c->uplink[i].ifindex, octets, same_boot);
		if (n == 0)
			continue;
		budget_use(&cost_entry(i)->budget, CONF_COST_BYTES, n);
		count_event(i, c->asked.event, n, packets);
		dirty = 1;
		judge(i, false);
	}
	same_boot = 1; /* from now on */
}

/*
 * The interface has taken with it what was not read of its count.  It was
 * read when the line came up, so pppd's is of the same one.
 */
void
cost_ended(uint32_t id, uint64_t octets)
{
	struct ledger_counter *c = &cost_entry(id)->counter;

	if (c->ifname[0] == '\0' || octets <= c->octets)
		return;
	/* pppd tells octets alone */
	count_event(id, asked.event, octets - c->octets, 0);
	budget_use(
	    &cost_entry(id)->budget, CONF_COST_BYTES, octets - c->octets);
	c->octets = octets;
	dirty = 1;
	judge(id, false);
}

void
cost_link(uint32_t id)
{
	int was = monotime_valid(parent->uplink[id].account.connected);

	count_time(id);
	/* when it goes, its count goes with it */
	if (was || monotime_valid(parent->uplink[id].account.connected))
		cost_ask_octets();
	if (!was)
		rearm(1);
}

void
cost_called(uint32_t id)
{
	budget_use(&cost_entry(id)->budget, CONF_COST_DIALS, 1);
	dirty = 1;
	judge(id, false);
}

/* Refusals and failed dials are worth a write at once, a pause is not. */
static int
failed_since(void)
{
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++)
		if (parent->machine.backup[i].refused !=
			last.backup[i].refused ||
		    parent->machine.backup[i].gave_up !=
			(last.backup[i].gave_up != 0))
			return 1;
	return parent->failed_dials != parent->machine.nfailed_dials;
}

/* What an operator asked for, or that it is over. */
static int
asked_since(void)
{
	struct machine_wish w;

	machine_wish_of(&parent->machine, &w);
	return w.held != wish.held || w.manual != wish.manual ||
	       w.go_back != wish.go_back ||
	       monotime_cmp(w.held_until, wish.held_until) != 0 ||
	       monotime_cmp(w.manual_until, wish.manual_until) != 0;
}

void
cost_stepped(void)
{
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++)
		if (!conf_dialled(&parent->uplink[i].conf) &&
		    is_connected(&parent->uplink[i]) !=
			monotime_valid(parent->uplink[i].account.connected))
			cost_link(i);
	if (!failed_since() && !asked_since())
		return;
	parent->failed_dials = parent->machine.nfailed_dials;
	cost_write();
}

/* ---- beginnings ---- */

/* 0 is for ever, so what has none left ends in a moment. */
static int64_t
less(int64_t ms, int64_t away_ms)
{
	return ms == 0 ? 0 : ms > away_ms ? ms - away_ms : 1;
}

static int64_t
more(int64_t ms, int64_t away_ms)
{
	return away_ms < LEDGER_AGE_MAX_MS - ms ? ms + away_ms
						: LEDGER_AGE_MAX_MS;
}

/*
 * A hold has an end on the operator's clock, and operators count failovers
 * by it: of another boot the one has lost, and the others have gained, the
 * time that both boots' clocks tell, if they were set.
 */
static void
recall_wish(struct machine_memory *mem)
{
	int64_t now_s = wall_s(), away_ms = 0;
	uint32_t i;

	if (!same_boot && ledger.wall_s != 0 && now_s > ledger.wall_s)
		away_ms = (now_s - ledger.wall_s) * 1000;
	mem->stay = ledger.stay;
	mem->stay.hold_ms = less(mem->stay.hold_ms, away_ms);
	mem->held = MACHINE_NONE;
	/* one of an uplink that is no more is found nowhere */
	if (ledger.held[0] != '\0')
		mem->held = MACHINE_UPLINKS;
	for (i = 0; i < parent->conf.nuplinks; i++)
		if (strcmp(ledger.held, uplink_name(i)) == 0)
			mem->held = i;
	mem->nfailovers = ledger.nfailovers;
	for (i = 0; i < ledger.nfailovers; i++)
		mem->failover_ms[i] = more(ledger.failover_ms[i], away_ms);
}

static void
recall(void)
{
	struct machine_memory mem = { .nfailed = ledger.nfailed };
	struct ledger_entry *e;
	uint32_t i;

	memcpy(mem.failed_ms, ledger.failed_ms, sizeof(mem.failed_ms));
	/* what stood in the way may be what was changed, as at a reload */
	if (memcmp(ledger.sha256, parent->conf.sha256, sizeof(ledger.sha256)) ==
	    0)
		for (i = 1; i < parent->conf.nuplinks; i++)
			if ((e = ledger_find(&ledger, uplink_name(i))) != NULL)
				mem.backup[i] = e->grudge;
	recall_wish(&mem);
	machine_recall(
	    &parent->machine, &parent->mconf, monotime_now(), &mem, elapsed_ms);
	parent->failed_dials = parent->machine.nfailed_dials;
	last = mem;
	machine_wish_of(&parent->machine, &wish);
}

/* Said once: an hour that is not known is allowed. */
static void
note_clock(void)
{
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks && !wall_sane(); i++)
		if (parent->uplink[i].conf.hours.nspans != 0)
			history_line(uplink_name(i),
			    "the clock is not set: every hour is taken for "
			    "one of its hours");
}

void
cost_reloaded(void)
{
	uint32_t i;

	for (i = 1; i < parent->conf.nuplinks; i++)
		tell_machine(i, 1);
	note_clock();
	look();
	cost_ask_octets();
}

void
cost_started(void)
{
	evtimer_set(&timer, on_timer, NULL);
	written = monotime_now();
	recall();
	cost_reloaded();
}

/* ---- operators ---- */

void
cost_grant(uint32_t ctl, uint32_t id, enum conf_cost cost, uint64_t n)
{
	const struct conf_budget *conf = &parent->uplink[id].conf.budget;
	struct budget *b = &cost_entry(id)->budget;
	char more[32], limit[32];

	if (conf->limit[cost] == 0) {
		control_result(ctl, CTL_REFUSED,
		    "%s has no budget of %s: there is nothing to add to",
		    uplink_name(id), conf_cost_words[cost]);
		return;
	}
	budget_grant(b, cost, n);
	history_line(uplink_name(id), "granted: %s %s more, %s in all",
	    conf_cost_words[cost], amount(cost, n, more),
	    amount(cost, budget_limit(b, conf, cost), limit));
	judge(id, false);
	cost_write();
	control_result(ctl, CTL_OK, "%s: %s %s of %s, in this period",
	    uplink_name(id), conf_cost_words[cost],
	    amount(cost, b->used[cost], more), limit);
}

const char *
cost_barred(uint32_t id)
{
	return parent->uplink[id].account.barred;
}

void
cost_refusal(uint32_t id, char *text, size_t size)
{
	const struct uplink *u = &parent->uplink[id];
	bool over = over_budget(id) != NULL;
	int64_t opens = wall_s();
	char when[32];
	struct tm tm;

	text[0] = '\0';
	if (u->account.barred == NULL)
		return;
	strlcpy(text, u->account.barred, size);
	if (opens != 0 && over)
		opens = budget_ends(&u->conf.budget, opens);
	if (opens != 0)
		opens = budget_opens(&u->conf.hours, opens);
	if (opens != 0 && localtime_r(&(time_t){ opens }, &tm) != NULL &&
	    strftime(when, sizeof(when), "; not before %a %e %b %H:%M", &tm) >
		0)
		strlcat(text, when, size);
	if (over)
		strlcat(text, ", unless more is granted", size);
}

void
cost_fill(uint32_t id, struct ctl_budget *r)
{
	const struct uplink *u = &parent->uplink[id];
	const struct conf_budget *conf = &u->conf.budget;
	const struct budget *b;
	uint32_t i;

	if (id == 0)
		return;
	count_time(id);
	b = &cost_entry(id)->budget;
	r->limited = conf_budgeted(conf);
	r->refuse = conf->refuse;
	r->since_ns = b->since_s * 1000000000;
	for (i = 0; i < CONF_COSTS; i++) {
		r->used[i] = b->used[i];
		r->limit[i] = budget_limit(b, conf, (enum conf_cost)i);
	}
	if (u->account.barred != NULL)
		strlcpy(r->barred, u->account.barred, sizeof(r->barred));
	r->hours = u->conf.hours.nspans != 0;
}
