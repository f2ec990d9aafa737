/* SPDX-License-Identifier: ISC */
/*
 * A configuration on its way in, at start and at reload: netconf reads the
 * file and sends it, prober and dialer get their part and acknowledge, and
 * only then does everybody change over, netconf last of all.  Until that
 * moment any error leaves the old one in force.
 *
 *	IDLE -> LOADING -> (WAITING) -> OFFERED -> IDLE
 *
 * A backup that carries traffic must come out of a reload as it went in;
 * one that is just being dialled is waited for.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/os.h"
#include "common/wall.h"
#include "parent/alarms.h"
#include "parent/control.h"
#include "parent/history.h"
#include "parent/parent.h"
#include "parent/samples.h"
#include "parent/peering.h"

#define LOAD_MS  (50 * 1000) /* a link being dialled is waited for */
#define AGAIN_MS (10 * 1000) /* a way back that could not be gone yet */

enum reload_phase { IDLE, LOADING, WAITING, OFFERED };

static enum reload_phase phase;
static enum msg_conf_source source;
static struct config pending;
static uint32_t last_gen;
static uint32_t for_s; /* of this reload */
static uint32_t ctl; /* who asked for it, or 0 */
static int acked[CHILD_MAX];
static struct event deadline, confirm;
static struct monotime load_until;
static struct monotime confirm_at; /* invalid: nothing to confirm */
static int stuck; /* the way back is not open; that has been told */
static int timers_set;

static void on_deadline(int, short, void *);
static void on_confirm(int, short, void *);

static void
timer(struct event *ev, int64_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(ev, &tv);
}

static void
free_config(struct config *c)
{
	free(c->peer);
	free(c->peer_lists);
	explicit_bzero(c, sizeof(*c));
}

int
reload_begin(enum msg_conf_source from, uint32_t limit_s, uint32_t asker)
{
	struct msg_conf_load m;

	if (phase != IDLE)
		return 1;
	if (!timers_set) {
		evtimer_set(&deadline, on_deadline, NULL);
		evtimer_set(&confirm, on_confirm, NULL);
		timers_set = 1;
	}
	phase = LOADING;
	source = from;
	for_s = limit_s;
	ctl = asker;
	free_config(&pending);
	memset(acked, 0, sizeof(acked));
	timer(&deadline, LOAD_MS);
	load_until = monotime_add_ms(monotime_now(), LOAD_MS);
	m.gen = ++last_gen;
	m.source = from;
	m.limited = limit_s != 0;
	parent_send(CHILD_NETCONF, IMSG_CONF_LOAD, -1, &m, sizeof(m));
	return 0;
}

/* Nobody confirmed, and it cannot go back yet: told once, tried again. */
static void
try_again(const char *text)
{
	timer(&confirm, AGAIN_MS);
	if (stuck)
		return;
	stuck = 1;
	history_line("config", "cannot go back yet: %s", text);
	alarms_raise("unconfirmed", MSG_UPLINK_NONE,
	    "nobody confirmed the reload; it goes back as soon as it can");
}

static void
finish(enum ctl_code code, const char *text)
{
	evtimer_del(&deadline);
	phase = IDLE;
	parent->reload_failed = code != CTL_OK || source == MSG_CONF_CONFIRMED;
	if (code != CTL_OK && parent->conf.complete) {
		parent_send(CHILD_NETCONF, IMSG_CONF_FORGET, -1, &last_gen,
		    sizeof(last_gen));
		if (source == MSG_CONF_PREVIOUS)
			try_again(text);
		else
			history_line("config", "reload failed: %s", text);
	}
	if (ctl != 0)
		control_result(ctl, code, "%s", text);
	ctl = 0;
	link_resume();
}

static void
on_deadline(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!parent->conf.complete || phase == OFFERED) {
		/* half of the processes may have the new one: start afresh */
		log_warnx("%s: configuration not answered in time",
		    phase != OFFERED      ? "netconf"
		    : acked[CHILD_PROBER] ? "dialer"
					  : "prober");
		parent_quit(1);
		return;
	}
	finish(CTL_FAILED, phase == WAITING
			       ? "a backup that would change is being dialled"
			       : "no answer in time");
}

static void
on_confirm(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	/* confirm_at stays until it is back: no other reload may begin */
	if (reload_begin(MSG_CONF_PREVIOUS, 0, 0) != 0)
		timer(&confirm, AGAIN_MS);
}

/* Nothing waits for it any more. */
static void
confirm_over(void)
{
	confirm_at = (struct monotime){ 0 };
	stuck = 0;
	evtimer_del(&confirm);
}

/* Should the file have errors at the next start, it runs with this one. */
static void
keep(void)
{
	parent_send(CHILD_NETCONF, IMSG_CONF_KEEP, -1, &parent->conf.gen,
	    sizeof(parent->conf.gen));
}

int
reload_confirm(void)
{
	if (!monotime_valid(confirm_at) || phase != IDLE)
		return -1; /* or it is on its way back already */
	confirm_over();
	keep();
	history_line("config", "confirmed");
	return 0;
}

uint32_t
reload_confirm_s(void)
{
	int64_t left;

	if (!monotime_valid(confirm_at))
		return 0;
	left = monotime_ms_between(monotime_now(), confirm_at);
	return left <= 0 ? 1 : (uint32_t)((left + 999) / 1000);
}

/* Is traffic on it, or may old flows still be? */
static int
carries(uint32_t id)
{
	const struct machine_want *w = &parent->machine.want;

	return id != 0 && (w->active == id || w->drain == id);
}

static int
unchanged(uint32_t id)
{
	return id < pending.nuplinks &&
	       conf_uplink_same(&parent->conf.uplink[id], &pending.uplink[id]);
}

static void
send_uplinks(enum child_id to)
{
	struct msg_conf_begin b;
	uint32_t i;

	memset(&b, 0, sizeof(b));
	b.gen = pending.gen;
	b.nuplinks = pending.nuplinks;
	memcpy(b.sha256, pending.sha256, sizeof(b.sha256));
	parent_send(to, IMSG_CONF_BEGIN, -1, &b, sizeof(b));
	for (i = 0; i < pending.nuplinks; i++)
		parent_send(to, IMSG_CONF_UPLINK, -1, &pending.uplink[i],
		    sizeof(pending.uplink[i]));
	parent_send(to, IMSG_CONF_END, -1, &b.gen, sizeof(b.gen));
}

static void
refuse(uint32_t id)
{
	finish(CTL_REFUSED,
	    parent->machine.want.active == id
		? "the backup in use would change or move in the order: fall "
		  "back first"
		: "a backup that old flows still drain off would change or "
		  "move in the order: wait, or end that by dialfailctl "
		  "fallback");
}

/* All of it is here and valid: offer it, unless a link is in the way. */
static void
offer(void)
{
	uint32_t i;

	phase = WAITING;
	for (i = 1; i < parent->conf.nuplinks; i++) {
		if (unchanged(i))
			continue;
		if (carries(i)) {
			refuse(i);
			return;
		}
		if (parent->uplink[i].link.phase != LINK_IDLE)
			return; /* reload_link_idle comes back here */
	}
	for (i = 1; i < parent->conf.nuplinks; i++)
		if (!unchanged(i))
			link_cool(i);
	phase = OFFERED;
	send_uplinks(CHILD_PROBER);
	send_uplinks(CHILD_DIALER);
}

int
reload_changing(void)
{
	return phase == OFFERED;
}

uint32_t
reload_left_s(void)
{
	return show_seconds_left(load_until);
}

void
reload_link_idle(void)
{
	if (phase == WAITING)
		offer();
}

/* What is known of each uplink goes to its new place, or is forgotten. */
static void
move_uplinks(const struct config *old)
{
	static struct uplink was[CONF_UPLINKS_MAX];
	uint32_t i, j;

	memcpy(was, parent->uplink, sizeof(was));
	for (j = 0; j < parent->conf.nuplinks; j++) {
		struct uplink *u = &parent->uplink[j];

		if (j < old->nuplinks && conf_uplink_same(&old->uplink[j],
					     &parent->conf.uplink[j])) {
			/* as it was, timers and all, but for what it may cost */
			u->conf = parent->conf.uplink[j];
			continue;
		}
		link_warm_end(u);
		if (event_initialized(&u->link.timer))
			evtimer_del(&u->link.timer);
		memset(u, 0, sizeof(*u));
		u->conf = parent->conf.uplink[j];
		link_init(j);
		for (i = 0; i < old->nuplinks; i++) {
			if (!conf_uplink_same(&old->uplink[i], &u->conf))
				continue;
			u->was_up = was[i].was_up;
			u->lacks_told = was[i].lacks_told;
			u->seen = was[i].seen;
			u->proved = was[i].proved;
			u->drill_failed = was[i].drill_failed;
			u->rounds_failed = was[i].rounds_failed;
			u->link.dials = was[i].link.dials;
			u->link.dialed = was[i].link.dialed;
			u->link.failed = was[i].link.failed;
			u->active_ms = was[i].active_ms;
			u->account = was[i].account;
		}
	}
}

/* Everybody has it: change over. */
static void
commit(void)
{
	static const char *const origin[] = { "", " (the one before)",
		" (the last confirmed one)" };
	struct config old = parent->conf;
	int first = !old.complete;
	uint32_t i, limit_s = for_s;

	samples_reload();
	parent->conf = pending;
	memset(&pending, 0, sizeof(pending));
	parent->loaded_ns = wall_now();
	memset(&parent->glance, 0, sizeof(parent->glance));
	parent_send(CHILD_NETCONF, IMSG_CONF_COMMIT, -1, &parent->conf.gen,
	    sizeof(parent->conf.gen));
	phase = IDLE;
	move_uplinks(&old);
	peering_reloaded();
	link_radio_reloaded();
	for (i = 0; i < parent->conf.nuplinks; i++)
		engine_probe_again(i);
	if (first)
		engine_start();
	else
		engine_reloaded(&old);
	free_config(&old);
	os_memory_trim();
	history_line("config", "in force: %u uplinks, %02x%02x%02x%02x%s",
	    parent->conf.nuplinks, parent->conf.sha256[0],
	    parent->conf.sha256[1], parent->conf.sha256[2],
	    parent->conf.sha256[3], origin[source]);
	parent->conf_source = source;
	alarms_hurry();
	if (source == MSG_CONF_PREVIOUS) {
		confirm_over();
		alarms_raise("unconfirmed", MSG_UPLINK_NONE,
		    "nobody confirmed the reload: the configuration before it "
		    "is back in force");
	}
	if (source == MSG_CONF_CONFIRMED)
		alarms_raise("config", MSG_UPLINK_NONE,
		    "the file has errors, or nobody confirmed it: the last "
		    "configuration that was confirmed is in force");
	finish(CTL_OK, limit_s != 0
			   ? "in force; goes back by itself unless confirmed"
			   : "in force");
	if (limit_s != 0) {
		confirm_at =
		    monotime_add_ms(monotime_now(), (int64_t)limit_s * 1000);
		timer(&confirm, (int64_t)limit_s * 1000);
	} else if (source == MSG_CONF_FILE && !(first && parent->unconfirmed))
		keep();
}

void
reload_ack(enum child_id from, uint32_t gen)
{
	if (phase != OFFERED || gen != pending.gen)
		return;
	acked[from] = 1;
	if (acked[CHILD_PROBER] && acked[CHILD_DIALER])
		commit();
}

/* What came cannot be a configuration. */
static void
malformed(uint32_t type)
{
	parent_distrust(CHILD_NETCONF, type);
}

static void
got_begin(struct imsg *imsg)
{
	struct msg_conf_begin b;

	if (parent_get(CHILD_NETCONF, imsg, &b, sizeof(b)) == -1 ||
	    b.gen != last_gen)
		return;
	if (b.nuplinks == 0 || b.nuplinks > CONF_UPLINKS_MAX ||
	    b.npeers > CONF_PEERS_MAX ||
	    b.peer_lists > b.npeers * MSG_PEER_LISTS_MAX ||
	    pending.nuplinks != 0) {
		malformed(IMSG_CONF_BEGIN);
		return;
	}
	pending.gen = b.gen;
	pending.peer = calloc((size_t)b.npeers + 1, sizeof(*pending.peer));
	pending.peer_lists = pending.lists_end =
	    malloc((size_t)b.peer_lists + 1);
	if (pending.peer == NULL || pending.peer_lists == NULL)
		fatal(NULL);
	pending.lists_left = b.peer_lists;
	pending.nuplinks = b.nuplinks;
	pending.peers_due = b.npeers;
	memcpy(pending.sha256, b.sha256, sizeof(pending.sha256));
}

static void
got_global(struct imsg *imsg)
{
	struct conf_global g;

	if (parent_get(CHILD_NETCONF, imsg, &g, sizeof(g)) == -1)
		return;
	if (!conf_global_valid(&g))
		malformed(IMSG_CONF_GLOBAL);
	else {
		pending.global = g;
		pending.has_global = 1;
	}
}

static void
got_uplink(struct imsg *imsg)
{
	struct conf_uplink u;

	if (parent_get(CHILD_NETCONF, imsg, &u, sizeof(u)) == -1)
		return;
	if (!conf_uplink_valid(&u) || u.id >= pending.nuplinks ||
	    pending.got & (1u << u.id)) {
		malformed(IMSG_CONF_UPLINK);
		return;
	}
	pending.got |= 1u << u.id;
	pending.uplink[u.id] = u;
}

/* By their ids, each once. */
static void
got_peer(struct imsg *imsg)
{
	size_t len = imsg_get_len(imsg);
	struct msg_conf_peer m;
	struct conf_peer p;

	if (len > sizeof(m)) {
		malformed(IMSG_CONF_PEER);
		return;
	}
	if (parent_get(CHILD_NETCONF, imsg, &m, len) == -1)
		return;
	if (msg_conf_peer_decode(&m, len, &p) == -1 ||
	    conf_peer_lists(&p) > pending.lists_left ||
	    pending.npeers == pending.peers_due ||
	    (pending.npeers > 0 &&
		p.id <= pending.peer[pending.npeers - 1].id)) {
		malformed(IMSG_CONF_PEER);
		return;
	}
	pending.lists_left -= conf_peer_lists(&p);
	conf_peer_copy(&pending.peer[pending.npeers++], &p, &pending.lists_end);
}

/* For whoever asked, and for the log. */
static void
got_error(struct imsg *imsg)
{
	size_t len = imsg_get_len(imsg);
	char text[MSG_CONF_TEXT_MAX + 1]; /* and a newline */

	if (len == 0 || len >= MSG_CONF_TEXT_MAX) {
		malformed(IMSG_CONF_ERROR);
		return;
	}
	if (parent_get(CHILD_NETCONF, imsg, text, len) == -1)
		return;
	text[len] = '\0';
	log_warnx("%s", text);
	strlcat(text, "\n", sizeof(text));
	if (ctl != 0)
		control_record(ctl, IMSG_CTL_TEXT, text, strlen(text) + 1);
}

static void
got_end(struct imsg *imsg)
{
	uint32_t gen;

	if (parent_get(CHILD_NETCONF, imsg, &gen, sizeof(gen)) == -1 ||
	    gen != last_gen)
		return;
	if (pending.got != (1u << pending.nuplinks) - 1 ||
	    pending.npeers != pending.peers_due || pending.lists_left != 0 ||
	    !pending.has_global) {
		malformed(IMSG_CONF_END);
		return;
	}
	pending.complete = 1;
	offer();
}

static void
got_failed(struct imsg *imsg)
{
	uint32_t gen;

	if (parent_get(CHILD_NETCONF, imsg, &gen, sizeof(gen)) == -1 ||
	    gen != last_gen)
		return;
	if (!parent->conf.complete) {
		log_warnx("the configuration has errors");
		if (parent->restore && source == MSG_CONF_FILE) {
			phase = IDLE;
			reload_begin(MSG_CONF_CONFIRMED, 0, 0);
			return;
		}
		parent_quit(1);
		return;
	}
	finish(CTL_FAILED, "the configuration has errors; the old one stays");
}

/* Of a load that was given up, nothing counts until the next one begins. */
void
reload_dispatch_netconf(uint32_t type, struct imsg *imsg)
{
	int begun = pending.nuplinks != 0;

	if (phase != LOADING)
		return;
	if (type == IMSG_CONF_BEGIN)
		got_begin(imsg);
	else if (type == IMSG_CONF_FAILED)
		got_failed(imsg);
	else if (type == IMSG_CONF_ERROR)
		got_error(imsg);
	else if (begun && type == IMSG_CONF_GLOBAL)
		got_global(imsg);
	else if (begun && type == IMSG_CONF_UPLINK)
		got_uplink(imsg);
	else if (begun && type == IMSG_CONF_IDENTITY)
		(void)parent_get(CHILD_NETCONF, imsg, &pending.identity,
		    sizeof(pending.identity));
	else if (begun && type == IMSG_CONF_PEER)
		got_peer(imsg);
	else if (begun && type == IMSG_CONF_END)
		got_end(imsg);
}
