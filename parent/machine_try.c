/* SPDX-License-Identifier: ISC */
/*
 * The backups' links and the one try at them.  A try is a turn at one backup
 * (wait, start, prove, again up to its redial) and goes on to the next; while
 * one pauses after a failure the others are tried.  While stranded it takes
 * whichever may be tried first, for ever.  The back-off doubles up to a
 * maximum, +-20 % so that a region does not dial in step, and begins afresh
 * only after the link has stood for a minute.
 */
#include "parent/machine_int.h"

static uint32_t
bit(uint32_t uplink)
{
	return (1u << uplink);
}

/* A failover that an operator asked for is under way. */
bool
machine_asked(const struct machine *m)
{
	return (m->request != 0 && m->request_uplink != MACHINE_PRIMARY);
}

/* May traffic be brought to this uplink?  An operator outranks a hold. */
bool
machine_usable(const struct machine *m, uint32_t uplink)
{
	if (machine_asked(m))
		return (uplink == m->request_uplink);
	return (m->held == MACHINE_NONE || m->held == uplink);
}

/* Do its budget and hours allow a call?  An operator outranks them. */
static bool
may_call(const struct machine *m, uint32_t uplink)
{
	return (!m->backup[uplink].barred ||
		(machine_asked(m) && uplink == m->request_uplink));
}

/* Do they, or is no call needed? */
bool
machine_allowed(const struct machine *m, uint32_t uplink)
{
	return (may_call(m, uplink) ||
		(uplink == m->want.active &&
		    m->backup[uplink].link == MACHINE_LINK_UP));
}

/* May it be chosen now, of all that there are? */
bool
machine_eligible(const struct machine *m, uint32_t uplink)
{
	return (machine_usable(m, uplink) && machine_allowed(m, uplink));
}

uint32_t
machine_pause_ms(
    const struct machine_uplink_conf *u, uint32_t fails, uint32_t spread)
{
	uint64_t ms = u->backoff_ms, max = u->backoff_max_ms;

	if (ms == 0) {
		ms = MACHINE_BACKOFF_MS;
		max = MACHINE_BACKOFF_MAX_MS;
	}
	if (max < ms)
		max = ms;
	if (fails <= 1)
		return ((uint32_t)ms);
	ms = fails > 32 ? max : ms << (fails - 1);
	if (ms > max)
		ms = max;
	return ((uint32_t)(ms * (1000 - MACHINE_SPREAD / 2 + spread) / 1000));
}

/* The back-off after the fails-th failure in a row. */
static uint32_t
backoff_ms(struct mctx *c, uint32_t uplink)
{
	uint32_t fails = c->m->backup[uplink].fails;

	return (machine_pause_ms(&c->conf->uplink[uplink], fails,
	    fails > 1 ? machine_random(c->m, MACHINE_SPREAD + 1) : 0));
}

/* When the cap on failed dials allows the next one. */
static struct monotime
cap_due(const struct machine *m, struct monotime now)
{
	uint32_t n = m->nfailed_dials;
	struct monotime oldest, last;

	if (n < MACHINE_DIAL_CAP)
		return (machine_never);
	oldest = m->failed_dial[n % MACHINE_DIAL_CAP];
	last = m->failed_dial[(n - 1) % MACHINE_DIAL_CAP];
	if (monotime_cmp(
		monotime_add_ms(oldest, MACHINE_DIAL_CAP_EVERY_MS), now) <= 0)
		return (machine_never);
	return (monotime_add_ms(last, MACHINE_DIAL_CAP_GAP_MS));
}

static void
count_failed_dial(struct mctx *c, uint32_t uplink)
{
	struct machine *m = c->m;

	m->failed_dial[m->nfailed_dials % MACHINE_DIAL_CAP] = c->now;
	m->nfailed_dials++;
	if (monotime_valid(cap_due(m, c->now)))
		machine_alarm_once(c, MALARM_DIAL_CAP, uplink, MWHY_DIAL_CAP);
}

/* Traffic is on it, or was until a moment ago: it may cost money already. */
static bool
is_in_use(const struct machine *m, uint32_t uplink)
{
	return (uplink == m->want.active || uplink == m->verified);
}

/* When this backup may be tried; not valid: at once. */
static struct monotime
try_due(const struct machine *m, const struct machine_conf *conf,
    uint32_t uplink, struct monotime now)
{
	const struct machine_uplink_conf *u = &conf->uplink[uplink];
	const struct machine_backup *b = &m->backup[uplink];
	struct monotime due = b->not_before;

	if (machine_asked(m))
		return (machine_never);
	if (u->needs_dial && b->link == MACHINE_LINK_UP && !b->stale)
		return (due);
	if (u->needs_dial)
		due = machine_later(due, cap_due(m, now));
	if (u->dial_after_ms != 0 && monotime_valid(m->down_at) &&
	    !machine_is_hot(conf, uplink) && !is_in_use(m, uplink))
		due = machine_later(
		    due, monotime_add_ms(m->down_at, u->dial_after_ms));
	return (due);
}

/* Without an outage hot backups are brought up, else those usable. */
static bool
is_wanted(const struct mctx *c, uint32_t uplink)
{
	return (machine_keeping(c->m) ? machine_hot_down(c, uplink)
				      : machine_eligible(c->m, uplink));
}

/* While stranded, or keeping hot ones up: which may be tried first. */
static uint32_t
first_due(const struct mctx *c)
{
	struct monotime best = machine_never, due;
	uint32_t i, found = MACHINE_NONE;

	if (!machine_keeping(c->m) &&
	    (i = machine_hot_first(c)) != MACHINE_NONE)
		return (i);
	for (i = 1; i < c->conf->nuplinks; i++) {
		if (!is_wanted(c, i))
			continue;
		due = try_due(c->m, c->conf, i, c->now);
		if (found == MACHINE_NONE ||
		    (monotime_valid(best) && monotime_cmp(due, best) < 0)) {
			found = i;
			best = due;
		}
	}
	return (found);
}

/* In an outage: the next backup that has not had its turn, or none. */
static uint32_t
outage_turn(const struct mctx *c)
{
	uint32_t i;

	if ((i = machine_hot_first(c)) != MACHINE_NONE)
		return (i);
	for (i = 1; i < c->conf->nuplinks; i++)
		if ((c->m->try.done & bit(i)) == 0 && machine_eligible(c->m, i))
			return (i);
	return (MACHINE_NONE);
}

static uint32_t
next_turn(const struct mctx *c)
{
	return (c->m->state == MACHINE_DIALING ? outage_turn(c) : first_due(c));
}

static void
turn_begin(struct mctx *c, uint32_t uplink)
{
	struct machine_try *t = &c->m->try;

	if (t->phase == MACHINE_TRY_START && t->uplink == uplink)
		return; /* it is being started already */
	t->uplink = uplink;
	t->phase = uplink == MACHINE_NONE ? MACHINE_TRY_NONE : MACHINE_TRY_WAIT;
	t->dialed = t->uncalled = t->hangup = t->before = false;
	t->deadline = machine_never;
}

static void
turn_over(struct mctx *c)
{
	c->m->try.done |= bit(c->m->try.uplink);
	c->m->backup[c->m->try.uplink].tries = 0;
	turn_begin(c, next_turn(c));
}

/* Try the backups, this one first; MACHINE_NONE: in the order written. */
void
machine_try_begin(struct mctx *c, uint32_t first)
{
	uint32_t i;

	c->m->try.done = 0;
	for (i = 1; i < c->conf->nuplinks; i++) {
		c->m->backup[i].same = false;
		c->m->backup[i].tries = 0;
	}
	if (first == MACHINE_NONE || !machine_eligible(c->m, first))
		first = c->m->state == MACHINE_STRANDED ? first_due(c)
							: outage_turn(c);
	turn_begin(c, first);
}

/* No backup is needed any more; but a hot one is brought up all the same. */
void
machine_try_end(struct mctx *c)
{
	struct machine_try *t = &c->m->try;

	if (t->phase == MACHINE_TRY_START && machine_is_hot(c->conf, t->uplink))
		c->m->backup[t->uplink].tries = 0;
	else
		turn_begin(c, MACHINE_NONE);
}

/* A turn at this one, though nobody needs it. */
void
machine_try_drill(struct mctx *c, uint32_t uplink)
{
	c->m->backup[uplink].tries = 0;
	turn_begin(c, uplink);
}

/* The try under way failed; what follows is decided by try_run. */
void
machine_try_failed(struct mctx *c, uint32_t class, uint32_t ms)
{
	c->m->try.phase = MACHINE_TRY_FAILED;
	c->m->try.class = class;
	c->m->try.ms = ms;
}

static void
link_set(struct mctx *c, uint32_t uplink, enum machine_link link)
{
	c->m->backup[uplink].link = link;
	c->m->backup[uplink].since = c->now;
}

static void
link_stop(struct mctx *c, uint32_t uplink)
{
	link_set(c, uplink, MACHINE_LINK_STOPPING);
	c->m->backup[uplink].proved = false;
	machine_emit(c, MACT_STOP)->uplink = uplink;
}

/*
 * A dial that came to nothing, or a link that died young, backs off, whoever
 * ended it: rounds that go good and bad in turn must not dial in turn.
 */
static void
back_off(struct mctx *c, uint32_t uplink)
{
	struct machine_backup *b = &c->m->backup[uplink];

	b->fails++;
	b->not_before = monotime_add_ms(c->now, backoff_ms(c, uplink));
}

static void
link_ended(struct mctx *c, uint32_t uplink)
{
	struct machine_backup *b = &c->m->backup[uplink];

	if (machine_passed(
		c, monotime_add_ms(b->since, MACHINE_BACKOFF_RESET_MS))) {
		b->fails = 0;
		b->not_before = machine_never;
	} else
		back_off(c, uplink);
}

/* A link that stood is gone. */
void
machine_link_lost(struct mctx *c, uint32_t uplink)
{
	struct machine_backup *b = &c->m->backup[uplink];

	link_ended(c, uplink);
	link_set(c, uplink, MACHINE_LINK_DOWN);
	b->proved = b->stale = false;
	b->bad = 0;
}

/* How often it is tried before the next one has its turn. */
static uint32_t
tries_max(const struct mctx *c, uint32_t uplink)
{
	const struct machine_uplink_conf *u = &c->conf->uplink[uplink];

	if (machine_asked(c->m) || machine_drilling(c->m, uplink))
		return (c->m->try.class == MSG_LINK_RETRY ? 2 : 1);
	return (u->needs_dial && u->redial > 1 ? u->redial : 1);
}

/* Its targets are those that are dead through the primary: no redial. */
static bool
targets_fault(const struct machine *m, uint32_t uplink)
{
	return (m->backup[uplink].same && m->primary.down &&
		!machine_link_level(m->primary.cause));
}

/* A refused account waits long, and not often: who tries more is locked out. */
static void
refused(struct mctx *c, struct machine_backup *b)
{
	struct machine_try *t = &c->m->try;

	if (b->refused < MACHINE_REFUSED_MAX)
		b->refused++;
	t->class =
	    b->refused < MACHINE_REFUSED_MAX ? MSG_LINK_NEXT : MSG_LINK_GIVEUP;
	if (t->ms < MACHINE_REFUSED_MS)
		t->ms = MACHINE_REFUSED_MS;
}

static void
set_pause(struct mctx *c, struct machine_backup *b)
{
	const struct machine_try *t = &c->m->try;
	struct monotime at;
	uint32_t ms = backoff_ms(c, t->uplink);

	if (t->uncalled && ms > MACHINE_UNCALLED_MS)
		ms = MACHINE_UNCALLED_MS;
	at = monotime_add_ms(c->now, ms);
	if (t->class == MSG_LINK_GIVEUP)
		at = monotime_add_ms(c->now, MACHINE_GIVEUP_MS);
	else if (t->class == MSG_LINK_RETRY && b->tries == 1 &&
		 c->m->state != MACHINE_STRANDED)
		at = machine_never;
	if (t->ms != 0)
		at = machine_later(at, monotime_add_ms(c->now, t->ms));
	b->not_before = at;
}

static void
try_after_failure(struct mctx *c)
{
	struct machine *m = c->m;
	struct machine_try *t = &m->try;
	struct machine_backup *b = &m->backup[t->uplink];

	if (t->dialed && !t->uncalled)
		count_failed_dial(c, t->uplink);
	if (b->link == MACHINE_LINK_STARTING)
		link_stop(c, t->uplink);
	b->stale = b->link == MACHINE_LINK_UP;
	b->fails++;
	b->tries++;
	if (t->class == MSG_LINK_REFUSED)
		refused(c, b);
	set_pause(c, b);
	t->dialed = t->uncalled = t->hangup = false;
	if (t->class == MSG_LINK_GIVEUP && !b->gave_up) {
		b->gave_up = true;
		machine_alarm(c, MALARM_GIVE_UP, t->uplink, MWHY_GAVE_UP);
	}
	if (machine_drilling(m, t->uplink) &&
	    b->tries >= tries_max(c, t->uplink)) {
		machine_drill_end(
		    c, false, b->stale ? MWHY_NOT_PROVED : MWHY_NOT_STARTED);
		b->tries = 0;
		turn_begin(c, MACHINE_NONE);
		return;
	}
	if (m->state == MACHINE_STRANDED || t->class == MSG_LINK_GIVEUP ||
	    t->class == MSG_LINK_NEXT || b->tries >= tries_max(c, t->uplink) ||
	    targets_fault(m, t->uplink))
		turn_over(c);
	else {
		t->phase = MACHINE_TRY_WAIT;
		t->deadline = machine_never;
	}
}

static bool
link_busy(const struct mctx *c)
{
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++)
		if (c->m->backup[i].link == MACHINE_LINK_STARTING ||
		    c->m->backup[i].link == MACHINE_LINK_STOPPING)
			return (true);
	return (false);
}

static void
try_start(struct mctx *c)
{
	struct machine_try *t = &c->m->try;
	struct maction *a;

	c->m->backup[t->uplink].gave_up = false;
	link_set(c, t->uplink, MACHINE_LINK_STARTING);
	t->phase = MACHINE_TRY_START;
	t->dialed = true;
	t->hangup = false;
	t->deadline =
	    monotime_add_ms(c->now, c->conf->uplink[t->uplink].start_ms);
	a = machine_emit(c, MACT_START);
	a->uplink = t->uplink;
	a->ms = c->conf->uplink[t->uplink].start_ms;
}

static void
try_prove(struct mctx *c)
{
	struct machine_try *t = &c->m->try;
	struct maction *a;

	c->m->backup[t->uplink].proved = false;
	t->phase = MACHINE_TRY_PROVE;
	t->hangup = false;
	t->deadline =
	    monotime_add_ms(c->now, c->conf->uplink[t->uplink].prove_ms);
	a = machine_emit(c, MACT_PROVE);
	a->uplink = t->uplink;
	a->ms = c->conf->uplink[t->uplink].prove_ms;
	/* The proof ends its rounds as the active uplink; ask for them again. */
	if (c->m->probing == t->uplink)
		c->m->probing = MACHINE_NONE;
	c->m->proving = t->uplink;
}

/* Must this link be hung up before it is worth trying?  It could be last. */
static bool
must_redial(const struct mctx *c, uint32_t uplink)
{
	const struct machine_backup *b = &c->m->backup[uplink];

	return (b->link == MACHINE_LINK_UP && b->stale &&
		c->conf->uplink[uplink].needs_dial && c->m->held != uplink &&
		may_call(c->m, uplink));
}

/* Its time has come: prove it, hang it up, or start it. */
static bool
try_go(struct mctx *c)
{
	struct machine_try *t = &c->m->try;
	const struct machine_backup *b = &c->m->backup[t->uplink];

	if (must_redial(c, t->uplink)) {
		if (t->hangup)
			return (false);
		t->hangup = true;
		t->deadline =
		    monotime_add_ms(c->now, MACHINE_APPLY_MS + MACHINE_STOP_MS);
		return (true);
	}
	if (machine_hot_can(c, t->uplink) &&
	    !machine_drilling(c->m, t->uplink)) {
		t->phase = MACHINE_TRY_PROVED;
		t->before = true;
		return (true);
	}
	if (b->link == MACHINE_LINK_UP ||
	    !c->conf->uplink[t->uplink].needs_dial) {
		try_prove(c);
		return (true);
	}
	if (link_busy(c)) {
		t->deadline = machine_never; /* the hang-up has its own */
		return (false);
	}
	try_start(c);
	return (true);
}

/* Until when it pauses: after a failure, or for the cap. */
static struct monotime
paused_until(const struct mctx *c, uint32_t uplink)
{
	struct monotime until = c->m->backup[uplink].not_before;

	if (c->conf->uplink[uplink].needs_dial)
		until = machine_later(until, cap_due(c->m, c->now));
	return (until);
}

/* Back-off of an earlier turn, or the cap: the next backup is sooner. */
static bool
blocked(const struct mctx *c, uint32_t uplink)
{
	struct monotime until = machine_never;

	if (machine_asked(c->m))
		return (false);
	if (c->m->backup[uplink].tries == 0)
		until = paused_until(c, uplink);
	else if (c->conf->uplink[uplink].needs_dial)
		until = cap_due(c->m, c->now);
	return (monotime_valid(until) &&
		monotime_cmp(
		    until, monotime_add_ms(c->now, MACHINE_TURN_WAIT_MS)) > 0);
}

/*
 * While this one pauses: the first that may be tried now, or else which is
 * due before it.  `dial after' is no pause: what is written first goes first.
 */
static uint32_t
meanwhile(const struct mctx *c, uint32_t uplink)
{
	struct monotime due, best = try_due(c->m, c->conf, uplink, c->now);
	uint32_t i, found = uplink;

	if (!monotime_valid(paused_until(c, uplink)) ||
	    machine_passed(c, paused_until(c, uplink)))
		return (uplink);
	for (i = 1; i < c->conf->nuplinks; i++) {
		if (i == uplink || (c->m->try.done & bit(i)) != 0 ||
		    !machine_eligible(c->m, i))
			continue;
		due = try_due(c->m, c->conf, i, c->now);
		if (!monotime_valid(due) || machine_passed(c, due))
			return (i);
		if (monotime_cmp(due, best) < 0) {
			found = i;
			best = due;
		}
	}
	return (found);
}

static bool
try_wait(struct mctx *c)
{
	struct machine *m = c->m;
	struct machine_try *t = &m->try;
	struct monotime due;

	if (t->hangup && machine_passed(c, t->deadline)) {
		machine_try_failed(c, MSG_LINK_NEXT, 0);
		return (true);
	}
	/* one whose call has come through is not left for another */
	if (!t->hangup && !t->dialed && m->state == MACHINE_STRANDED)
		t->uplink = first_due(c);
	if (machine_drilling(m, t->uplink))
		return (try_go(c));
	if (machine_keeping(m) && (t->hangup ? !machine_hot_down(c, t->uplink)
					     : t->uplink != first_due(c))) {
		turn_begin(c, first_due(c));
		return (true);
	}
	due = try_due(m, c->conf, t->uplink, c->now);
	if (!monotime_valid(due) || machine_passed(c, due))
		return (try_go(c));
	if (m->state == MACHINE_DIALING && blocked(c, t->uplink)) {
		turn_over(c);
		return (true);
	}
	if (m->state == MACHINE_DIALING && !t->hangup &&
	    meanwhile(c, t->uplink) != t->uplink) {
		turn_begin(c, meanwhile(c, t->uplink));
		return (true);
	}
	t->deadline = due;
	return (false);
}

/*
 * A hold began, an operator called it off, it is not hot any more, or it may
 * cost no more: but a call that is placed already is not wasted.
 */
static bool
called_off(const struct mctx *c)
{
	const struct machine_try *t = &c->m->try;

	if (t->phase == MACHINE_TRY_NONE)
		return (false);
	if (t->phase == MACHINE_TRY_WAIT && !t->dialed &&
	    !machine_allowed(c->m, t->uplink))
		return (true);
	return (machine_keeping(c->m) ? !machine_is_hot(c->conf, t->uplink) &&
					    !machine_drilling(c->m, t->uplink)
				      : !machine_usable(c->m, t->uplink));
}

/* A hot backup has become ready while another one is tried. */
static bool
overtaken(const struct mctx *c)
{
	const struct machine_try *t = &c->m->try;
	uint32_t hot;

	if (machine_keeping(c->m) || t->phase == MACHINE_TRY_PROVED ||
	    t->phase == MACHINE_TRY_FAILED)
		return (false);
	hot = machine_hot_first(c);
	return (hot != MACHINE_NONE && hot != t->uplink);
}

/* Drive the try; true if it came a step further. */
bool
machine_try_run(struct mctx *c)
{
	struct machine_try *t = &c->m->try;

	if (called_off(c)) {
		if (machine_keeping(c->m))
			turn_begin(c, MACHINE_NONE);
		else
			machine_try_begin(c, MACHINE_NONE);
		return (true);
	}
	if (overtaken(c)) {
		turn_begin(c, machine_hot_first(c));
		return (true);
	}
	switch (t->phase) {
	case MACHINE_TRY_NONE:
		if (c->m->state == MACHINE_STRANDED ||
		    (machine_keeping(c->m) && next_turn(c) != MACHINE_NONE))
			turn_begin(c, next_turn(c));
		return (t->phase != MACHINE_TRY_NONE);
	case MACHINE_TRY_WAIT:
		return (try_wait(c));
	case MACHINE_TRY_START:
	case MACHINE_TRY_PROVE:
		if (!machine_passed(c, t->deadline))
			return (false);
		machine_try_failed(c, MSG_LINK_BACKOFF, 0);
		return (true);
	case MACHINE_TRY_FAILED:
		try_after_failure(c);
		return (true);
	case MACHINE_TRY_PROVED:
		return (machine_drilling(c->m, t->uplink) &&
			machine_drill_proved(c));
	case MACHINE_TRY_MAX:
		break;
	}
	return (false);
}

/* The link that the try is about, and must not be hung up. */
static bool
is_goal(const struct machine *m, uint32_t uplink)
{
	return (m->try.phase != MACHINE_TRY_NONE && m->try.uplink == uplink &&
		!m->try.hangup);
}

/* One that is to be brought up again must be hung up before. */
static bool
is_kept(const struct mctx *c, uint32_t uplink)
{
	return (machine_is_hot(c->conf, uplink) &&
		machine_allowed(c->m, uplink) &&
		!(c->m->try.hangup && c->m->try.uplink == uplink));
}

/*
 * Hang up what nobody needs: a dial that was called off, at once; a link
 * that was up only when another uplink is verified as the active one.
 */
void
machine_hangup(struct mctx *c)
{
	const struct machine *m = c->m;
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++) {
		if (!c->conf->uplink[i].needs_dial || is_goal(m, i))
			continue;
		if (m->backup[i].link == MACHINE_LINK_STARTING) {
			back_off(c, i);
			link_stop(c, i);
		} else if (m->backup[i].link == MACHINE_LINK_UP && m->applied &&
			   m->state != MACHINE_STARTING &&
			   m->want.active != i && m->want.drain != i &&
			   !is_kept(c, i)) {
			/* unless its failure was counted, or it had none */
			if (!m->backup[i].drilled &&
			    (!m->try.hangup || m->try.uplink != i) &&
			    (!monotime_valid(m->backup[i].not_before) ||
				machine_passed(c, m->backup[i].not_before)))
				link_ended(c, i);
			c->m->backup[i].drilled = false;
			link_stop(c, i);
		}
	}
}

/* A hang-up that nobody reports ends by itself: the line may be gone. */
void
machine_link_timers(struct mctx *c)
{
	struct machine_backup *b;
	uint32_t i;

	for (i = 1; i < c->conf->nuplinks; i++) {
		b = &c->m->backup[i];
		if (b->link == MACHINE_LINK_STOPPING &&
		    machine_passed(
			c, monotime_add_ms(b->since, MACHINE_STOP_MS)))
			link_set(c, i, MACHINE_LINK_DOWN);
	}
}

/* Of two deadlines the earlier, where not valid means never. */
static struct monotime
earlier(struct monotime a, struct monotime b)
{
	if (!monotime_valid(a))
		return (b);
	if (!monotime_valid(b))
		return (a);
	return (monotime_cmp(a, b) < 0 ? a : b);
}

/* The earliest deadline of links and try, and the one given. */
struct monotime
machine_earliest(
    const struct machine *m, const struct machine_conf *conf, struct monotime t)
{
	uint32_t i;

	for (i = 1; i < conf->nuplinks; i++)
		if (m->backup[i].link == MACHINE_LINK_STOPPING)
			t = earlier(t, monotime_add_ms(m->backup[i].since,
					   MACHINE_STOP_MS));
	if (m->try.phase != MACHINE_TRY_NONE)
		t = earlier(t, m->try.deadline);
	for (i = 1; i < conf->nuplinks; i++)
		t = earlier(t, machine_hot_deadline(m, conf, i));
	return (t);
}
