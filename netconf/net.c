/* SPDX-License-Identifier: ISC */
/*
 * The network: what is wanted (the running configuration and the parent's
 * last word), what is there (a dump), and when to look.  Start, switch,
 * reload, drift and restart are one path: dump, plan, apply, read back.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/monotime.h"
#include "common/os.h"
#include "netconf/net.h"
#include "netconf/resolver.h"
#include "netconf/run.h"

#define ROUNDS        4 /* a link put up has routes that the plan before lacks */
#define SETTLE_MS     5 /* events of one change come together */
#define QUIET_MS      100 /* not looked at for so long: the first is news */
#define EXPIRED_MS    50 /* what was to expire has done so */
#define LOOK_LONG_MS  100 /* at so many links, or on a machine so slow, */
#define LOOK_SHARE    10 /* looks take a tenth of the time */
#define PACE          10 /* of what follows, in its time */
#define LOOKS_MS      200 /* events may come without end (RFC 4861 6.2.1) */
#define REPAIRS_MS    (60 * 1000) /* more is a fight that we leave */
#define AGAIN_MS      1000 /* after what the kernel refused */
#define LOST_MS       3000 /* pppd ends that much later than its interface */
#define CLEAR_MS      (12 * 1000) /* pppd: SIGTERM, SIGKILL, and its group */
#define CLEAR_LOOK_MS 50

#ifdef __linux__
const struct netops *netops = &netops_linux;
#else
const struct netops *netops = &netops_null;
#endif

static struct net_want want;
static struct net_state state; /* as last dumped */
static int fresh; /* and nothing was changed by us since */
static struct plan plan;
static struct net_before past; /* the last change, if there was any */
static int past_taken;
static uint32_t want_gen; /* of the parent's last word */
static int wanted; /* it has come */
static int adopted; /* NET_ADOPT was sent */
static struct event monitor, settle, later, expiry, clear_timer;
static struct monotime looked; /* when that dump was made */
static int64_t look_ms; /* and how long it took */
static struct pace {
	struct monotime at[PACE]; /* ring */
	uint32_t n;
} looks, repairs;
static struct wanted repaired; /* what it was made into last */
static int drifting; /* what is there is not what is wanted: told */
static int unlike; /* and so it is after a wish that failed */
static const char laid_again[] = "laid again"; /* what others undid */
static uint32_t nrepairs; /* of that */
static struct monotime lost; /* since when no plan leads there; or never */
static uint32_t clear_gen; /* 0: no clear under way */
static int clear_tunnels; /* some have yet to come back */
static struct monotime clear_until;

/* What takes more than one turn of the loop: thousands of tunnels. */
static struct turn {
	int under_way;
	const char *repairs; /* what it did, in words; NULL: it is a wish */
	struct msg_net_want wish;
	struct msg_net_want was; /* as before all wishes that are unfulfilled */
	int known; /* what was there before was as wanted */
	struct monotime began;
	struct monotime moved; /* traffic has; or not yet */
	int flushed; /* its old flows are forgotten: */
	uint32_t flows; /* so many, */
	int64_t flush_us; /* in so long */
	int nsteps;
	int proves; /* when it has ended, the return is to be proved */
	struct event next;
} turn;

static void on_monitor(int, short, void *);
static void settle_now(const char *);
static void settle_soon(void);
static void on_settle(int, short, void *);
static void on_clear(int, short, void *);
static void on_turn(int, short, void *);

void
net_open(void)
{
	int fd;

	if (netops->open() == -1)
		fatal("network");
	if ((fd = netops->monitor()) == -1)
		fatal("network events");
	apply_open();
	flow_open();
	forward_open();
	resolver_open();
	want.drain = MSG_UPLINK_NONE;
	want.undo = apply_undo();
	want.undo_tunnels = move_undo();
	tunnels_open();
	twins_open();
	facts_open();
	event_set(&monitor, fd, EV_READ | EV_PERSIST, on_monitor, NULL);
	event_add(&monitor, NULL);
	evtimer_set(&settle, on_settle, NULL);
	evtimer_set(&later, on_settle, NULL);
	evtimer_set(&expiry, on_settle, NULL);
	evtimer_set(&clear_timer, on_clear, NULL);
	evtimer_set(&turn.next, on_turn, NULL);
}

/* Nobody tells when a route ends by itself: look at that moment. */
static void
await_expiry(void)
{
	int64_t ms, first = 0;
	struct timeval tv;
	size_t i;

	for (i = 0; i < state.nroutes; i++) {
		ms = state.routes[i].expires_ms;
		if (ms > 0 && (first == 0 || ms < first))
			first = ms;
	}
	evtimer_del(&expiry);
	if (first == 0)
		return;
	tv = monotime_ms(first + EXPIRED_MS);
	evtimer_add(&expiry, &tv);
}

static int
dump(void)
{
	struct net_uplinks u = { .n = want.nuplinks };
	uint32_t i;

	_Static_assert(CONF_UPLINKS_MAX <= NET_UPLINKS_MAX, "all of them");
	for (i = 0; i < want.nuplinks; i++)
		strlcpy(u.ifname[i], want.uplink[i].ifname, IFNAMSIZ);
	fresh = 0;
	looked = monotime_now();
	hops_looked();
	net_state_free(&state);
	if (netops->dump(&state, &u) == -1) {
		log_warn("network: dump");
		net_state_free(&state);
		return -1;
	}
	net_state_index(&state);
	fresh = 1;
	look_ms = monotime_ms_between(looked, monotime_now());
	apply_prune(&state);
	plan_note_private(&want, &state);
	plan_note_encrypted(&want, &state);
	plan_note_hops(&want, &state);
	again_tell(&want, &state);
	await_expiry();
	return 0;
}

/*
 * What came before the dump was read away before it, or is still to be read:
 * the kernel tells of a change before it lets go of its lock.  Only a carrier
 * it may tell of later (linkwatch); no plan asks for that.
 */
static int
still_so(void)
{
	struct pollfd told = { .fd = EVENT_FD(&monitor), .events = POLLIN };

	return fresh && poll(&told, 1, 0) == 0;
}

/* When the next one may be: PACE of them in ms are enough. */
static struct monotime
pace_next(const struct pace *p, struct monotime now, uint32_t ms)
{
	struct monotime next = p->at[p->n % PACE];

	if (!monotime_valid(next))
		return now;
	next = monotime_add_ms(next, ms);
	return monotime_cmp(next, now) > 0 ? next : now;
}

static void
pace_count(struct pace *p, struct monotime now)
{
	p->at[p->n++ % PACE] = now;
}

uint32_t
net_mask(void)
{
	return want.mask;
}

/* What the plan must know besides what is wanted. */
static void
complete_wish(void)
{
	want.nat_loaded = apply_nat_loaded(&state);
	want.twin = twins_held(&want.ntwins);
}

static void
make_plan(void)
{
	complete_wish();
	(void)plan_begin(&want, &state, &plan);
}

static void
consider(int anyway)
{
	net_lint(&want, &state);
	facts_tell(&want, &state, anyway);
}

static int
look(int anyway)
{
	if (dump() == -1)
		return -1;
	consider(anyway);
	return 0;
}

/* ---- from found to wanted ---- */

enum progress { FAILED = -1, REACHED, UNFINISHED };

/*
 * Until the plan is empty, so that what was done is read back; or until this
 * turn's time is over.  How many steps it took is added to n; past is what
 * there was, if any step was tried.
 */
static enum progress
converge(int *n, char *why, size_t size)
{
	struct apply apply = { .want = &want,
		.gen = want_gen,
		.until = monotime_add_ms(monotime_now(), NET_TURN_MS) };
	int rounds, done;

	for (rounds = 0; rounds <= ROUNDS; rounds++) {
		if (rounds == 0 && still_so())
			consider(0);
		else if (look(0) == -1) {
			snprintf(why, size, "dump: %s", strerror(errno));
			return FAILED;
		}
		make_plan();
		if (plan.error[0] != '\0') {
			strlcpy(why, plan.error, size);
			return FAILED;
		}
		if (plan.n == 0)
			return REACHED;
		if (rounds == ROUNDS)
			break;
		if (!past_taken)
			apply_before(&past, want.nat_loaded);
		fresh = 0;
		done = apply_plan(&plan, &state, &apply, why, size);
		/* once: flows that are forgotten then are not counted in */
		if (!monotime_valid(turn.moved))
			turn.moved = apply.moved;
		if (!past_taken) {
			past.state = state;
			memset(&state, 0, sizeof(state));
			past_taken = 1;
		}
		if (done == -1)
			return FAILED;
		*n += done;
		if (apply.unfinished)
			return UNFINISHED;
	}
	strlcpy(why, "read back, it differs at: ", size);
	plan_step_text(
	    &plan.step[0], &state, why + strlen(why), size - strlen(why));
	return FAILED;
}

/* What comes now is another change. */
static void
forget_past(void)
{
	net_state_free(&past.state);
	past_taken = 0;
}

const struct net_state *
net_look(void)
{
	if (look(0) == -1)
		return NULL;
	complete_wish();
	return &state;
}

const struct net_state *
net_known(void)
{
	return &state;
}

int
net_in_turn(void)
{
	return turn.under_way;
}

static void
count_line(const char *text, int different, void *arg)
{
	(void)text;
	*(uint32_t *)arg += different != 0;
}

/* After a wish that failed all may be as before it, and still it is not well. */
uint32_t
net_differences(void)
{
	uint32_t n = 0;

	if (!unlike)
		return 0;
	complete_wish();
	if (state.nlinks > 0)
		plan_show(&want, &state, count_line, &n);
	return n == 0 ? 1 : n;
}

uint32_t
net_repairs(void)
{
	return nrepairs;
}

const struct net_want *
net_wish(void)
{
	return &want;
}

static int64_t
us_since(struct monotime began)
{
	return monotime_sub(monotime_now(), began) / 1000;
}

/* done: how long it took and what else, or NULL. */
static void
send_done(
    uint32_t gen, int nsteps, const struct msg_net_done *done, const char *why)
{
	struct msg_net_done m;

	memset(&m, 0, sizeof(m));
	if (done != NULL)
		m = *done;
	m.gen = gen;
	m.ok = nsteps != -1;
	unlike = nsteps == -1;
	m.nsteps = nsteps == -1 ? 0 : (uint32_t)nsteps;
	if (nsteps == -1) {
		strlcpy(m.text, why, sizeof(m.text));
		log_warnx("network: %s", why);
	}
	netconf_send(IMSG_NET_DONE, -1, &m, sizeof(m));
}

static void
flush(const struct msg_net_want *m)
{
	struct monotime began = monotime_now();

	if (m->flush == MSG_UPLINK_NONE || turn.flushed)
		return;
	turn.flows = flow_flush(m->flush, facts_last_address(m->flush));
	turn.flush_us = us_since(began);
	turn.flushed = 1;
}

/* Tunnels wait for flows, as those would for a thousand tunnels. */
void
net_moved(void)
{
	if (clear_gen == 0 && turn.repairs == NULL)
		flush(&turn.wish);
}

static void
settle_flows(const struct msg_net_want *m)
{
	char text[MSG_TEXT_LEN];
	int begins = 0;

	forward_watch(m->active);
	flow_keep(m->active);
	flow_keep(m->drain);
	if (m->drain == MSG_UPLINK_NONE)
		flow_drain_stop();
	flush(m);
	if (m->drain != MSG_UPLINK_NONE)
		begins = flow_drain(
		    m->drain, facts_last_address(m->drain), m->drain_ms);
	if (m->flush != MSG_UPLINK_NONE || begins) {
		(void)flow_text(m, &want, text, sizeof(text));
		apply_tell(m->gen, text);
	}
}

void
net_take_wish(const struct msg_net_want *m, struct net_want *w)
{
	w->active = m->active;
	w->drain = m->drain;
	w->shut = m->shut != 0;
}

/* known: what was there before was as wanted. */
static void
prove_leave(int known)
{
	if (want.active != 0 && known && past.state.nlinks > 0 &&
	    plan_active(&want, &past.state) == 0)
		proof_leave(&past.state);
}

static void
own_doing_soon(void)
{
	memset(&repairs, 0, sizeof(repairs));
	settle_soon();
}

/*
 * A wish that could not be fulfilled is none: what is watched over from then
 * on is the one before, until the parent asks again.
 */
static void
wish_done(int n, const char *why)
{
	struct msg_net_done done = { .apply_us =
					 us_since(turn.began) - turn.flush_us };
	const struct msg_net_want *m = &turn.wish;

	if (n != -1 && monotime_valid(turn.moved))
		done.moved_us = monotime_sub(turn.moved, turn.began) / 1000;
	if (n != -1) {
		tunnels_follow(&state, want.active, net_facts(want.active));
		settle_flows(m);
		done.flows = turn.flows;
		if (want.active == 0 && want.drain == MSG_UPLINK_NONE)
			proof_return();
		wanted = 1;
	} else if (turn.known)
		net_take_wish(&turn.was, &want);
	if (n == -1 && turn.flushed)
		flow_keep(m->flush); /* its traffic is back */
	want.hurry = 0;
	drifting = 0;
	lost = (struct monotime){ 0 };
	send_done(m->gen, n, &done, why);
	if (n == -1)
		return;
	netconf_flush();
	resolver_follow(m->active);
	prove_leave(turn.known);
	if (plan_any_twin_left(&want, &state))
		own_doing_soon();
}

/* One that is overtaken by another one led to nothing yet. */
void
net_want(const struct msg_net_want *m)
{
	if (clear_gen != 0)
		return;
	if (!turn.under_way || turn.repairs != NULL) {
		turn.was.active = want.active;
		turn.was.drain = want.drain;
		turn.was.shut = want.shut != 0;
		turn.known = wanted;
		forget_past();
	}
	want_gen = m->gen;
	if (m->drain != want.drain || !wanted)
		tunnels_unacknowledged(m->drain != MSG_UPLINK_NONE);
	net_take_wish(m, &want);
	want.hurry = 1;
	tunnels_allow();
	turn.wish = *m;
	turn.repairs = NULL;
	turn.proves = 0;
	turn.began = monotime_now();
	turn.moved = (struct monotime){ 0 };
	turn.flushed = 0;
	turn.flows = 0;
	turn.flush_us = 0;
	turn.nsteps = 0;
	on_turn(-1, 0, NULL);
}

/*
 * 1 if it is too often for the same end: then it is somebody else's will, for
 * a while.  An address that comes and goes is nobody's fight.
 */
static int
too_often(struct monotime now)
{
	struct monotime next = pace_next(&repairs, now, REPAIRS_MS);
	struct timeval tv;

	if (memcmp(&repaired, &plan.wanted, sizeof(repaired)) != 0) {
		repaired = plan.wanted;
		memset(&repairs, 0, sizeof(repairs));
	} else if (monotime_cmp(next, now) > 0) {
		tv = monotime_until(next, now);
		evtimer_add(&later, &tv);
		return 1;
	}
	pace_count(&repairs, now);
	return 0;
}

/* What was refused changes nothing, so no event tells when to try again. */
static void
look_again_soon(void)
{
	struct timeval tv = monotime_ms(AGAIN_MS);

	evtimer_add(&later, &tv);
}

static void
repair_done(int n, const char *why)
{
	int proves = turn.proves;

	if (n != -1)
		log_info("network: %d step%s %s", n, n == 1 ? "" : "s",
		    turn.repairs);
	else
		look_again_soon();
	if (n > 0 && turn.repairs == laid_again)
		nrepairs++;
	if (drifting != (n == -1))
		send_done(want_gen, n == -1 ? -1 : 0, NULL, why);
	drifting = n == -1;
	tunnels_follow(&state, want.active, net_facts(want.active));
	turn.proves = 0;
	if (proves && want.active == 0)
		proof_return();
}

/*
 * Without its interface the wanted uplink cannot be had.  The parent hears of
 * that by itself and then wants another one, so it is no failure yet.
 */
static int
just_lost(struct monotime now)
{
	if (plan.error[0] == '\0') {
		lost = (struct monotime){ 0 };
		return 0;
	}
	if (!monotime_valid(lost))
		lost = now;
	if (monotime_ms_between(lost, now) >= LOST_MS)
		return 0;
	look_again_soon();
	return 1;
}

/*
 * Interfaces came or went, or somebody changed what is ours: what was done is
 * "laid again" then.
 */
static void
repair(const char *what)
{
	struct monotime now = monotime_now();

	make_plan();
	if (just_lost(now))
		return;
	if (plan.n == 0 && plan.error[0] == '\0') {
		if (drifting)
			send_done(want_gen, 0, NULL, "");
		drifting = 0;
		return;
	}
	if (drifting && plan.error[0] != '\0')
		return;
	if (plan.error[0] == '\0' && too_often(now)) {
		if (!drifting)
			send_done(want_gen, -1, NULL,
			    "others change it again and again: left alone");
		drifting = 1;
		return;
	}
	forget_past();
	turn.repairs = what;
	turn.nsteps = 0;
	on_turn(-1, 0, NULL);
}

/* A wish that fails leaves all as it was before it. */
static void
on_turn(int fd, short what, void *arg)
{
	struct timeval at_once = { 0, 0 };
	char why[MSG_TEXT_LEN] = "";
	enum progress progress;

	(void)fd;
	(void)what;
	(void)arg;
	evtimer_del(&turn.next);
	progress = converge(&turn.nsteps, why, sizeof(why));
	if (progress != REACHED && state.nlinks == 0)
		(void)dump(); /* others may ask before the next turn */
	if ((turn.under_way = progress == UNFINISHED)) {
		evtimer_add(&turn.next, &at_once);
		return;
	}
	if (progress == FAILED) {
		turn.nsteps = -1;
		if (turn.repairs == NULL && past.state.nlinks > 0 &&
		    dump() == 0) {
			fresh = 0;
			apply_back(&past, &state);
		}
	}
	if (turn.repairs == NULL)
		wish_done(turn.nsteps, why);
	else
		repair_done(turn.nsteps, why);
	forget_past();
}

/* What is wanted is another thing now. */
static void
turn_drop(void)
{
	turn.under_way = want.hurry = 0;
	evtimer_del(&turn.next);
}

/* Not in the middle of a turn, nor of a wish: that ends as it would anyhow. */
void
net_own_doing(const char *what)
{
	memset(&repairs, 0, sizeof(repairs));
	if (!turn.under_way && clear_gen == 0)
		settle_now(what);
}

/* What still has to move when it no longer drains comes first. */
void
net_drained(void)
{
	want.drain = MSG_UPLINK_NONE;
	tunnels_unacknowledged(0);
	net_own_doing("after the drain");
	if (want.active != 0)
		return;
	if (turn.under_way)
		turn.proves = 1;
	else
		proof_return();
}

void
net_follow(const struct msg_net_follow *m)
{
	if (m->gen != config_gen())
		return; /* it acknowledged as another one, perhaps */
	if (m->id >= config_current()->npeers)
		fatalx("parent: NET_FOLLOW: no such peer");
	if (!tunnels_acknowledged(m->id, &want, &state))
		return;
	own_doing_soon();
}

/* A hub's thousands of links are not looked at all the time. */
static struct monotime
not_before(void)
{
	return monotime_add_ms(
	    looked, look_ms < LOOK_LONG_MS ? 0 : LOOK_SHARE * look_ms);
}

static void
settle_soon(void)
{
	struct monotime now = monotime_now(), at, next;
	struct timeval tv;

	if (evtimer_pending(&settle, NULL))
		return;
	at = monotime_add_ms(now, SETTLE_MS);
	if (monotime_cmp(not_before(), at) > 0)
		at = not_before();
	next = pace_next(&looks, now, LOOKS_MS);
	tv = monotime_until(monotime_cmp(next, at) > 0 ? next : at, now);
	evtimer_add(&settle, &tv);
}

/* Not heard again until it is looked at: a flood wakes nobody. */
static void
on_monitor(int fd, short what, void *arg)
{
	struct monotime now = monotime_now();

	(void)fd;
	(void)what;
	(void)arg;
	event_del(&monitor);
	if (monotime_cmp(monotime_add_ms(looked, QUIET_MS), now) <= 0 &&
	    monotime_cmp(not_before(), now) <= 0) {
		netops->changes();
		if (dump() == 0)
			facts_tell_losses(&want, &state);
	}
	settle_soon();
}

static void
settle_now(const char *what)
{
	/* what comes after this is news again */
	netops->changes();
	event_add(&monitor, NULL);
	pace_count(&looks, monotime_now());
	if (look(0) == -1)
		look_again_soon();
	else if (wanted && clear_gen == 0 && !turn.under_way) {
		repair(what);
		if (!turn.under_way)
			tunnels_follow(
			    &state, want.active, net_facts(want.active));
	}
	os_memory_trim(); /* of the dump before; not while traffic waits */
}

static void
on_settle(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	settle_now(laid_again);
}

void
net_look_again(void)
{
	settle_now(laid_again);
}

void
net_ppp_changed(uint32_t uplink)
{
	fill_uplink(&want.uplink[uplink], &config_current()->uplink[uplink]);
	(void)look(0);
	if (want.uplink[uplink].ifname[0] == '\0')
		settle_soon(); /* the table is to be rid of its name, too */
}

/* ---- configuration ---- */

static void
adopt(void)
{
	struct msg_net_adopt m;

	adopted = 1;
	ppp_adopt();
	memset(&m, 0, sizeof(m));
	m.active = plan_active(&want, &state);
	m.found = (uint32_t)plan_found(&state);
	hook_open(m.active);
	netconf_send(IMSG_NET_ADOPT, -1, &m, sizeof(m));
}

/* The parent's next word says what of it carries traffic. */
void
net_reloaded(void)
{
	fill_want(&want, config_current());
	facts_renumbered();
	forward_stop();
	flow_drain_pause();
	turn_drop();
	wanted = 0;
	if (look(1) == -1)
		fatalx("network: no dump, no start");
	if (!adopted)
		adopt();
}

/* ---- everything out ---- */

/* 1: some tunnels have yet to come back. */
static int
clear_traffic(void)
{
	char why[MSG_TEXT_LEN] = "";
	enum progress progress;
	int n = 0;

	progress = converge(&n, why, sizeof(why));
	if (progress == FAILED)
		log_warnx("network: %s", why);
	return progress == UNFINISHED;
}

static void
clear_done(void)
{
	struct monotime began = monotime_now();
	struct msg_net_done done = { 0 };
	char why[MSG_TEXT_LEN] = "";
	enum progress progress;
	int n = 0;

	tty_clear();
	progress = converge(&n, why, sizeof(why));
	if ((clear_tunnels = progress == UNFINISHED))
		return;
	done.apply_us = us_since(began);
	send_done(clear_gen, progress == FAILED ? -1 : n, &done, why);
}

/* pppd takes its interface along when it ends; a hook leaves it. */
static int
still_ending(void)
{
	return ppp_running() || hook_link_running() || resolver_busy();
}

static void
on_clear(int fd, short what, void *arg)
{
	struct timeval tv = monotime_ms(CLEAR_LOOK_MS), at_once = { 0, 0 };

	(void)fd;
	(void)what;
	(void)arg;
	if (clear_tunnels)
		clear_tunnels = clear_traffic();
	else if (still_ending() &&
		 monotime_cmp(monotime_now(), clear_until) < 0) {
		evtimer_add(&clear_timer, &tv);
		return;
	} else {
		if (still_ending())
			log_warnx("clear: programs that still run are not "
				  "waited for");
		clear_done();
		if (!clear_tunnels)
			return;
	}
	evtimer_add(&clear_timer, &at_once);
}

/* Traffic first, then the lines that it was on. */
void
net_clear(uint32_t gen)
{
	forward_stop();
	flow_drain_stop();
	proof_forget();
	turn_drop();
	clear_gen = want_gen = gen;
	clear_until = monotime_add_ms(monotime_now(), CLEAR_MS);
	want.clear = 1;
	clear_tunnels = clear_traffic();
	resolver_clear();
	ppp_clear();
	hook_link_clear();
	on_clear(-1, 0, NULL);
}
