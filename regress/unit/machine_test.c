/* SPDX-License-Identifier: ISC */
/*
 * The state machine in stories: each test is an outage as an operator would
 * tell it, second by second, with what must happen on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parent/machine.h"

struct story {
	struct machine m;
	struct machine_conf conf;
	struct monotime now;
	struct mactions all; /* of the last call of an event or of wait */
	uint32_t starts, stops, proves, ends; /* since the beginning */
	uint32_t alarms[MALARM_MAX];
	uint32_t id;
	bool replied, ok;
	enum mreason answer;
};

static void
uplink(struct story *s, uint32_t i, bool needs_dial)
{
	struct machine_uplink_conf *u = &s->conf.uplink[i];

	u->needs_dial = needs_dial;
	u->dial_after_ms = needs_dial ? 10000 : 0;
	u->start_ms = 60000;
	u->prove_ms = 10000;
	u->redial = 3;
	u->backoff_ms = 5000;
	u->backoff_max_ms = 300000;
	u->drain_ms = 30000;
}

static void
note(struct story *s)
{
	const struct maction *a;
	size_t i;

	assert_null(machine_check(&s->m, &s->conf, &s->all));
	for (i = 0; i < s->all.n; i++) {
		a = &s->all.list[i];
		s->starts += a->type == MACT_START;
		s->stops += a->type == MACT_STOP;
		s->proves += a->type == MACT_PROVE;
		s->ends += a->type == MACT_EVENT_END;
		if (a->type == MACT_ALARM)
			s->alarms[a->alarm]++;
		if (a->type == MACT_REPLY) {
			assert_int_equal(a->id, s->id);
			s->replied = true;
			s->ok = a->ok;
			s->answer = a->reason;
		}
	}
}

static enum mreason
step(struct story *s, const struct mevent *ev)
{
	enum mreason why;

	why = machine_step(&s->m, &s->conf, ev, s->now, &s->all);
	note(s);
	return (why);
}

static enum mreason
event(struct story *s, enum mevent_type type, uint32_t i)
{
	struct mevent ev = { .type = type, .uplink = i, .gen = s->m.gen };
	uint32_t k;

	for (k = 0; k < MACHINE_UPLINKS; k++)
		ev.map[k] = k;
	return (step(s, &ev));
}

/* netconf does what it is told. */
static void
applied(struct story *s)
{
	if (s->m.applying)
		event(s, MEV_APPLIED, 0);
}

static enum mreason
round_of(
    struct story *s, uint32_t i, enum msg_verdict verdict, enum msg_cause cause)
{
	struct mevent ev = { .type = MEV_ROUND,
		.uplink = i,
		.verdict = (uint32_t)verdict,
		.cause = (uint32_t)cause };

	return (step(s, &ev));
}

static void
good(struct story *s)
{
	round_of(s, 0, MSG_GOOD, MSG_CAUSE_NONE);
}

static void
bad(struct story *s)
{
	round_of(s, 0, MSG_BAD, MSG_CAUSE_UPSTREAM);
}

static void
down(struct story *s)
{
	bad(s);
	bad(s);
}

static void
carrier(struct story *s, bool up)
{
	struct mevent ev = { .type = MEV_CARRIER, .up = up };

	step(s, &ev);
}

static void
failed(struct story *s, uint32_t i, enum msg_link_class class)
{
	struct mevent ev = { .type = MEV_LINK_FAILED,
		.uplink = i,
		.class = (uint32_t) class };

	step(s, &ev);
}

static void
unproved(struct story *s, uint32_t i, bool same)
{
	struct mevent ev = {
		.type = MEV_PROOF_FAILED, .uplink = i, .same = same
	};

	step(s, &ev);
}

static void
ask(struct story *s, enum mevent_type type, uint32_t i, uint32_t ms)
{
	struct mevent ev = {
		.type = type, .uplink = i, .ms = ms, .id = ++s->id
	};

	s->replied = false;
	step(s, &ev);
}

/* Time passes; each deadline on the way is ticked. */
static void
wait_ms(struct story *s, int64_t ms)
{
	struct monotime end = monotime_add_ms(s->now, ms), t;
	int i;

	for (i = 0; i < 2000; i++) {
		t = machine_deadline(&s->m, &s->conf);
		if (!monotime_valid(t) || monotime_cmp(t, end) > 0)
			break;
		if (monotime_cmp(t, s->now) > 0)
			s->now = t;
		event(s, MEV_TICK, 0);
		applied(s);
	}
	assert_true(i < 2000);
	s->now = end;
}

static void
wait_for(struct story *s, enum machine_state state, int64_t max_ms)
{
	for (; s->m.state != state && max_ms > 0; max_ms -= 1000)
		wait_ms(s, 1000);
}

static bool
did(const struct story *s, enum maction_type type, uint32_t i)
{
	size_t k;

	for (k = 0; k < s->all.n; k++)
		if (s->all.list[k].type == type && s->all.list[k].uplink == i)
			return (true);
	return (false);
}

static void
in(const struct story *s, enum machine_state state, uint32_t active)
{
	if (s->m.state != state)
		print_error("in %s (%s)\n", machine_state_name(s->m.state),
		    mreason_text(s->m.reason));
	assert_int_equal(s->m.state, state);
	assert_int_equal(s->m.want.active, active);
}

/* At work on the primary, with a modem (1) and, if two, an interface (2). */
static void
begin(struct story *s, uint32_t nbackups, bool dialed)
{
	memset(s, 0, sizeof(*s));
	s->conf.nuplinks = nbackups + 1;
	s->conf.retry = 1;
	s->conf.automatic = true;
	s->conf.after_ms = 300000;
	s->conf.stable_ms = 60000;
	s->conf.flap_failovers = 3;
	s->conf.flap_every_ms = 3600000;
	s->conf.flap_hold_ms = 3600000;
	s->conf.uplink[0].drain_ms = 30000;
	uplink(s, 1, dialed);
	uplink(s, 2, false);
	s->now = monotime_add_ms(s->now, 1000000);
	machine_init(&s->m, &s->conf, 7, s->now, &s->all);
	note(s);
}

static void
home(struct story *s, uint32_t nbackups, bool dialed)
{
	begin(s, nbackups, dialed);
	event(s, MEV_ADOPT, MACHINE_NONE);
	applied(s);
	good(s);
	in(s, MACHINE_ON_PRIMARY, 0);
}

static void
dial(struct story *s, uint32_t i)
{
	event(s, MEV_LINK_UP, i);
	assert_true(did(s, MACT_PROVE, i));
	event(s, MEV_PROVED, i);
	in(s, MACHINE_ON_BACKUP, i);
	applied(s);
}

/* On the modem because the primary is dead. */
static void
away(struct story *s, uint32_t nbackups)
{
	home(s, nbackups, true);
	down(s);
	wait_ms(s, 10000);
	dial(s, 1);
}

static void
hung_up(struct story *s, uint32_t i)
{
	assert_int_equal(s->m.backup[i].link, MACHINE_LINK_STOPPING);
	event(s, MEV_LINK_DOWN, i);
	assert_int_not_equal(s->m.backup[i].link, MACHINE_LINK_STOPPING);
}

/* ---- the table ---- */

static void
to_state(struct story *s, enum machine_state state)
{
	home(s, 2, true);
	switch (state) {
	case MACHINE_STARTING:
		begin(s, 2, true);
		break;
	case MACHINE_SUSPECT:
		bad(s);
		break;
	case MACHINE_DIALING:
		down(s);
		break;
	case MACHINE_ON_BACKUP:
		away(s, 2);
		break;
	case MACHINE_RETURNING:
		away(s, 2);
		good(s);
		ask(s, MEV_FALLBACK, 0, 0);
		break;
	case MACHINE_STRANDED:
		home(s, 1, true);
		down(s);
		wait_ms(s, 10000);
		failed(s, 1, MSG_LINK_NEXT);
		break;
	default:
		break;
	}
	assert_int_equal(s->m.state, state);
}

static void
test_every_event_in_every_state(void **state)
{
	struct story s;
	uint32_t st, t, i;
	enum mreason why;

	(void)state;
	for (st = 0; st < MACHINE_STATE_MAX; st++)
		for (t = 0; t < MEVENT_MAX; t++)
			for (i = 0; i < 3; i++) {
				to_state(&s, (enum machine_state)st);
				s.id = 99;
				struct mevent ev = { .type =
							 (enum mevent_type)t,
					.uplink = i,
					.id = 99,
					.gen = s.m.gen };
				ev.map[1] = 1;
				ev.map[2] = 2;
				s.m.request = 0;
				why = step(&s, &ev);
				assert_int_not_equal(why, MWHY_NONE);
				assert_true(why < MREASON_MAX);
				assert_true(s.m.state < MACHINE_STATE_MAX);
			}
}

static void
test_names(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < MREASON_MAX; i++)
		assert_non_null(mreason_text((enum mreason)i));
	assert_string_equal(machine_state_name(MACHINE_ON_BACKUP), "backup");
	assert_string_equal(machine_state_name(MACHINE_STATE_MAX), "unknown");
	assert_string_equal(mevent_name(MEV_STOP), "stop");
	assert_string_equal(maction_name(MACT_EXIT), "exit");
	assert_string_equal(malarm_name(MALARM_APPLY), "apply");
	assert_string_equal(machine_link_name(MACHINE_LINK_UP), "up");
}

/* ---- outages ---- */

static void
test_normal_outage(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0);
	assert_true(did(&s, MACT_BURST, 0));
	bad(&s);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.starts, 0); /* dial after 10 s */
	wait_ms(&s, 9999);
	assert_int_equal(s.starts, 0);
	wait_ms(&s, 1);
	assert_int_equal(s.starts, 1);
	event(&s, MEV_LINK_UP, 1);
	in(&s, MACHINE_DIALING, 0); /* not before it is proved */
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.m.want.flush, 0);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 0);
	applied(&s);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 1);
	good(&s);
	wait_ms(&s, 299999);
	in(&s, MACHINE_ON_BACKUP, 1);
	wait_for(&s, MACHINE_RETURNING, 60001);
	in(&s, MACHINE_RETURNING, 0);
	assert_int_equal(s.m.want.drain, 1);
	assert_int_equal(s.stops, 0);
	event(&s, MEV_DRAINED, 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.stops, 1);
	hung_up(&s, 1);
	assert_int_equal(s.ends, 1);
}

static void
test_no_hangup_before_verified(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	s.conf.uplink[1].drain_ms = 0;
	good(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	in(&s, MACHINE_RETURNING, 0);
	event(&s, MEV_APPLY_FAILED, 0);
	s.now = monotime_add_ms(s.now, 1000);
	event(&s, MEV_TICK, 0);
	assert_int_equal(s.stops, 0);
	assert_false(s.replied);
	event(&s, MEV_APPLIED, 0);
	event(&s, MEV_TICK, 0);
	assert_true(s.replied && s.ok);
	assert_int_equal(s.stops, 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

static void
test_momentary_outage(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0);
	round_of(&s, 0, MSG_VOID, MSG_CAUSE_NONE);
	round_of(&s, 0, MSG_CONGESTED, MSG_CAUSE_NONE);
	in(&s, MACHINE_SUSPECT, 0);
	assert_int_equal(s.alarms[MALARM_CONGESTED], 1);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	bad(&s);
	in(&s, MACHINE_SUSPECT, 0); /* counted afresh */
	wait_ms(&s, MACHINE_SUSPECT_MS);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.proves, 0);
}

static void
test_carrier_at_once(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	carrier(&s, false);
	in(&s, MACHINE_DIALING, 0);
	assert_true(did(&s, MACT_PROVE, 1));
	assert_int_equal(s.m.reason, MWHY_CARRIER);
}

static void
test_dial_fails_then_next(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	down(&s);
	wait_ms(&s, 10000);
	failed(&s, 1, MSG_LINK_BACKOFF);
	assert_int_equal(s.starts, 1);
	wait_ms(&s, 4999);
	assert_int_equal(s.starts, 1); /* the first pause has no jitter */
	wait_ms(&s, 1);
	assert_int_equal(s.starts, 2);
	failed(&s, 1, MSG_LINK_BACKOFF);
	wait_ms(&s, 12000); /* 10 s +- 20 % */
	assert_int_equal(s.starts, 3);
	failed(&s, 1, MSG_LINK_BACKOFF);
	assert_true(did(&s, MACT_PROVE, 2)); /* redial 3 used up */
	event(&s, MEV_PROVED, 2);
	in(&s, MACHINE_ON_BACKUP, 2);
	assert_int_equal(s.stops, 0);
}

static void
test_classes(void **state)
{
	struct story s;

	(void)state;
	home(&s, 2, true);
	down(&s);
	wait_ms(&s, 10000);
	failed(&s, 1, MSG_LINK_RETRY);
	assert_int_equal(s.starts, 2); /* at once, once */
	failed(&s, 1, MSG_LINK_RETRY);
	assert_int_equal(s.starts, 2);
	wait_ms(&s, 12000);
	assert_int_equal(s.starts, 3);
	failed(&s, 1, MSG_LINK_GIVEUP);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 1);
	unproved(&s, 2, false);
	in(&s, MACHINE_STRANDED, 0);
	wait_ms(&s, 30 * 60 * 1000);
	assert_int_equal(s.starts, 3); /* no endless redial */
	wait_ms(&s, 31 * 60 * 1000);
	assert_int_equal(s.starts, 4); /* but never none */
}

/* A wrong password: few tries, far apart, and a reload may have cured it. */
static void
test_refused(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	failed(&s, 1, MSG_LINK_REFUSED);
	in(&s, MACHINE_STRANDED, 0);
	wait_ms(&s, MACHINE_REFUSED_MS - 1000);
	assert_int_equal(s.starts, 1);
	wait_ms(&s, 2000);
	assert_int_equal(s.starts, 2);
	failed(&s, 1, MSG_LINK_REFUSED);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 0);
	wait_ms(&s, MACHINE_REFUSED_MS + 1000);
	assert_int_equal(s.starts, 3);
	failed(&s, 1, MSG_LINK_REFUSED);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 1);
	wait_ms(&s, 30 * 60 * 1000);
	assert_int_equal(s.starts, 3);
	event(&s, MEV_RELOAD, 0);
	assert_int_equal(s.starts, 4);
	failed(&s, 1, MSG_LINK_REFUSED);
	assert_int_equal(s.alarms[MALARM_GIVE_UP], 1);
}

/* Without a port there is no call: no cap, and it may come back any time. */
static void
test_uncalled(void **state)
{
	struct mevent ev = { .type = MEV_LINK_FAILED,
		.uplink = 1,
		.class = MSG_LINK_BACKOFF,
		.uncalled = true };
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	for (i = 0; i < 2 * MACHINE_DIAL_CAP; i++) {
		assert_int_equal(s.starts, i + 1);
		step(&s, &ev);
		wait_ms(&s, MACHINE_UNCALLED_MS * 12 / 10);
	}
	assert_int_equal(s.alarms[MALARM_DIAL_CAP], 0);
}

/* From a failure to the next start. */
static int64_t
pause_ms(struct story *s, int64_t max_ms)
{
	struct monotime from = s->now;
	uint32_t starts = s->starts;

	failed(s, 1, MSG_LINK_BACKOFF);
	while (s->starts == starts &&
	       monotime_sub(s->now, from) < max_ms * 1000000)
		wait_ms(s, 100);
	return (monotime_sub(s->now, from) / 1000000);
}

static void
test_backoff(void **state)
{
	struct story s;
	int64_t want, ms;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].redial = 9;
	s.conf.uplink[1].backoff_max_ms = 40000;
	down(&s);
	wait_ms(&s, 10000);
	assert_int_equal(pause_ms(&s, 60000), 5000);
	for (want = 10000; want <= 80000; want *= 2) {
		ms = pause_ms(&s, 60000);
		assert_true(ms >= (want > 40000 ? 40000 : want) * 8 / 10);
		assert_true(
		    ms <= (want > 40000 ? 40000 : want) * 12 / 10 + 100);
	}
	dial(&s, 1);
	wait_ms(&s, 59000); /* too short a life: no fresh start */
	event(&s, MEV_LINK_DOWN, 1);
	assert_false(did(&s, MACT_START, 1));
	wait_ms(&s, 48100);
	dial(&s, 1);
	wait_ms(&s, 60000);
	event(&s, MEV_LINK_DOWN, 1);
	assert_true(did(&s, MACT_START, 1));
	assert_int_equal(pause_ms(&s, 60000), 5000);
}

static void
test_start_deadline(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000 + 60000);
	assert_int_equal(s.stops, 1); /* silence until the deadline */
	hung_up(&s, 1);
	wait_ms(&s, 5000);
	assert_int_equal(s.starts, 2);
}

static void
test_primary_returns_while_dialing(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 5000);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.starts, 0); /* dial after saved the call */
	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.stops, 1);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 0);
	assert_int_equal(s.m.nfailovers, 0);
}

/* A primary that is dead and alive in turn, or a prober that says so. */
static void
test_changing_rounds_do_not_dial(void **state)
{
	struct monotime end;
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].dial_after_ms = 0;
	end = monotime_add_ms(s.now, 3600000);
	while (monotime_cmp(s.now, end) < 0) {
		down(&s);
		wait_ms(&s, 1000);
		if (s.m.backup[1].link == MACHINE_LINK_STARTING)
			event(&s, MEV_LINK_UP, 1);
		if (s.m.try.phase == MACHINE_TRY_PROVE)
			event(&s, MEV_PROVED, 1);
		applied(&s);
		if (s.m.state == MACHINE_ON_BACKUP) {
			round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
			round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
		}
		good(&s);
		applied(&s);
		wait_ms(&s, 1000);
		if (s.m.backup[1].link == MACHINE_LINK_STOPPING)
			hung_up(&s, 1);
		applied(&s);
	}
	assert_true(s.starts >= 3); /* never none */
	assert_true(s.starts <= 20);
}

/* Dials called off long ago do not hold up the one that is needed. */
static void
test_called_off_long_ago(void **state)
{
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].dial_after_ms = 0;
	for (i = 0; i < 10; i++) {
		down(&s);
		good(&s);
		if (s.m.backup[1].link == MACHINE_LINK_STOPPING)
			hung_up(&s, 1);
		wait_ms(&s, 600000);
	}
	s.starts = 0;
	down(&s);
	assert_int_equal(s.starts, 1);
}

/* ---- stranded ---- */

static void
test_stranded_by_primary(void **state)
{
	struct story s;

	(void)state;
	to_state(&s, MACHINE_STRANDED);
	in(&s, MACHINE_STRANDED, 0);
	assert_int_equal(s.alarms[MALARM_STRANDED], 1);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.ends, 1);
}

static void
test_stranded_by_backup(void **state)
{
	struct story s;

	(void)state;
	to_state(&s, MACHINE_STRANDED);
	wait_ms(&s, 5000);
	assert_int_equal(s.starts, 2);
	dial(&s, 1);
}

static void
test_stranded_leaves_traffic_on_carrier(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	carrier(&s, false);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	assert_int_equal(s.m.state, MACHINE_DIALING);
	applied(&s);
	event(&s, MEV_TICK, 0);
	hung_up(&s, 1);
	wait_ms(&s, 20000);
	event(&s, MEV_LINK_UP, 1);
	unproved(&s, 1, true); /* same, but the primary has no carrier */
	applied(&s);
	while (s.m.state == MACHINE_DIALING) {
		if (s.m.backup[1].link == MACHINE_LINK_STOPPING)
			event(&s, MEV_LINK_DOWN, 1);
		wait_ms(&s, 1000);
		if (s.m.try.phase == MACHINE_TRY_START)
			event(&s, MEV_LINK_UP, 1);
		if (s.m.try.phase == MACHINE_TRY_PROVE)
			unproved(&s, 1, false);
	}
	in(&s, MACHINE_STRANDED, 1); /* the link that is there */
	carrier(&s, true);
	in(&s, MACHINE_STRANDED, 0); /* primary first */
}

static void
test_dial_cap(void **state)
{
	struct story s;
	int minute;
	uint32_t at_hour;

	(void)state;
	home(&s, 1, true);
	s.conf.uplink[1].backoff_max_ms = 5000;
	down(&s);
	for (minute = 0; minute < 60; minute++) {
		if (s.m.try.phase == MACHINE_TRY_START)
			failed(&s, 1, MSG_LINK_BACKOFF);
		wait_ms(&s, 60000);
	}
	assert_int_equal(s.alarms[MALARM_DIAL_CAP], 1);
	at_hour = s.starts;
	assert_true(at_hour >= 12 && at_hour <= 18);
	for (minute = 0; minute < 600; minute++) {
		if (s.m.try.phase == MACHINE_TRY_START)
			failed(&s, 1, MSG_LINK_BACKOFF);
		wait_ms(&s, 60000);
	}
	assert_true(s.starts - at_hour >= 50); /* never none */
	assert_true(s.starts - at_hour <= 125); /* 12 an hour at most */
	in(&s, MACHINE_STRANDED, 0);
}

/* ---- on the backup ---- */

static void
test_backup_lost_redial(void **state)
{
	struct story s;

	(void)state;
	away(&s, 2);
	wait_ms(&s, 120000);
	event(&s, MEV_LINK_DOWN, 1);
	in(&s, MACHINE_DIALING, 0);
	assert_true(did(&s, MACT_START, 1)); /* it had stood: at once */
	assert_int_equal(s.alarms[MALARM_BACKUP], 1);
	dial(&s, 1);
	assert_int_equal(s.m.nfailovers, 1); /* the same outage */
}

static void
test_backup_lost_primary_good(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	event(&s, MEV_LINK_DOWN, 1);
	in(&s, MACHINE_RETURNING, 0); /* no after, no stable */
	applied(&s);
	event(&s, MEV_TICK, 0);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

static void
test_primary_bad_while_returning(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	in(&s, MACHINE_RETURNING, 0);
	applied(&s);
	down(&s);
	in(&s, MACHINE_ON_BACKUP, 1); /* no dial: it was still there */
	assert_int_equal(s.starts, 1);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.m.nfailovers, 2);
}

static void
test_stable_counts_from_last_bad(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	wait_ms(&s, 600000);
	bad(&s);
	wait_ms(&s, 40000); /* rounds that were void */
	good(&s);
	wait_ms(&s, 19999);
	in(&s, MACHINE_ON_BACKUP, 1);
	wait_for(&s, MACHINE_RETURNING, 13000); /* up to 20 % more */
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_congested_never_returns(void **state)
{
	struct story s;

	(void)state;
	away(&s, 1);
	good(&s);
	round_of(&s, 0, MSG_CONGESTED, MSG_CAUSE_NONE);
	wait_ms(&s, 3600000);
	in(&s, MACHINE_ON_BACKUP, 1);
	good(&s);
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_flap_cap(void **state)
{
	struct story s;
	struct machine_return r;
	int i;

	(void)state;
	home(&s, 1, false);
	for (i = 0; i < 3; i++) {
		down(&s);
		event(&s, MEV_PROVED, 1);
		in(&s, MACHINE_ON_BACKUP, 1); /* never pins a dead primary */
		applied(&s);
		good(&s);
		if (i == 2)
			break;
		wait_ms(&s, 360000);
		applied(&s);
		event(&s, MEV_DRAINED, 1);
		in(&s, MACHINE_ON_PRIMARY, 0);
	}
	assert_int_equal(s.alarms[MALARM_FLAP], 1);
	wait_ms(&s, 3599000);
	in(&s, MACHINE_ON_BACKUP, 1);
	machine_return_due(&s.m, &s.conf, s.now, &r);
	assert_int_equal(r.flap_ms, 1000);
	assert_int_equal(r.due_ms, 1000);
	wait_ms(&s, 1000);
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_manual(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.automatic = false;
	down(&s);
	wait_ms(&s, 10000);
	dial(&s, 1);
	good(&s);
	wait_ms(&s, 24 * 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	bad(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_PRIMARY_NOT_GOOD);
	good(&s);
	ask(&s, MEV_FALLBACK, 0, 0);
	in(&s, MACHINE_RETURNING, 0);
	assert_false(s.replied);
	applied(&s);
	assert_true(s.replied && s.ok);
}

static void
test_shutdown(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	s.conf.shutdown = true;
	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	assert_false(s.m.want.shut);
	applied(&s);
	event(&s, MEV_TICK, 0);
	assert_true(s.m.want.shut); /* only after the proof */
	applied(&s);
	carrier(&s, false); /* our own doing */
	wait_ms(&s, 300000);
	assert_false(s.m.want.shut); /* put up to be looked at */
	applied(&s);
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 72000);
	in(&s, MACHINE_RETURNING, 0);
}

/* ---- operators ---- */

static void
test_failover_by_hand(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	ask(&s, MEV_FAILOVER, 5, 0);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_NO_SUCH_UPLINK);
	ask(&s, MEV_FAILOVER, MACHINE_NONE, 0);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.starts, 1); /* no dial after */
	good(&s);
	in(&s, MACHINE_DIALING, 0); /* a good primary does not end it */
	failed(&s, 1, MSG_LINK_BACKOFF);
	assert_true(s.replied && !s.ok);
	assert_int_equal(s.answer, MWHY_NOT_PROVED);
	in(&s, MACHINE_ON_PRIMARY, 0);
	ask(&s, MEV_FAILOVER, 1, 0);
	event(&s, MEV_LINK_UP, 1);
	event(&s, MEV_PROVED, 1);
	assert_false(s.replied);
	assert_int_equal(s.m.want.drain, 0); /* the primary works */
	applied(&s);
	assert_true(s.replied && s.ok);
	good(&s);
	wait_ms(&s, 24 * 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1); /* not undone by the monitor */
	ask(&s, MEV_RELEASE, 0, 0);
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_failover_for(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	ask(&s, MEV_FAILOVER, 1, 60000);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	wait_ms(&s, 59999);
	in(&s, MACHINE_ON_BACKUP, 1);
	wait_ms(&s, 1);
	in(&s, MACHINE_RETURNING, 0);
	assert_int_equal(s.alarms[MALARM_UNCONFIRMED], 1);

	home(&s, 1, false);
	ask(&s, MEV_FAILOVER, 1, 60000);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	ask(&s, MEV_CONFIRM, 0, 0);
	assert_true(s.ok);
	wait_ms(&s, 3600000);
	in(&s, MACHINE_ON_BACKUP, 1);
	ask(&s, MEV_CONFIRM, 0, 0);
	assert_false(s.ok);
	assert_int_equal(s.answer, MWHY_NOTHING_TO_CONFIRM);
}

static void
test_failover_between_backups(void **state)
{
	struct story s;

	(void)state;
	away(&s, 2);
	ask(&s, MEV_FAILOVER, 2, 0);
	in(&s, MACHINE_DIALING, 1); /* make before break */
	unproved(&s, 2, false);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_true(s.replied && !s.ok);
	ask(&s, MEV_FAILOVER, 2, 0);
	event(&s, MEV_PROVED, 2);
	in(&s, MACHINE_ON_BACKUP, 2);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.m.want.drain, 1);
	applied(&s);
	event(&s, MEV_DRAINED, 1);
	assert_int_equal(s.stops, 1);
}

static void
test_hold(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	ask(&s, MEV_HOLD, 0, 3600000);
	assert_true(s.ok);
	down(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.alarms[MALARM_HELD], 1);
	wait_ms(&s, 3600000);
	assert_int_equal(s.alarms[MALARM_HOLD_ENDED], 1);
	in(&s, MACHINE_DIALING, 0);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	ask(&s, MEV_HOLD, 0, 0);
	good(&s);
	wait_ms(&s, 24 * 3600 * 1000);
	in(&s, MACHINE_ON_BACKUP, 1);
	event(&s, MEV_LINK_DOWN, 1);
	in(&s, MACHINE_DIALING, 1); /* only the held one is tried */
	assert_int_equal(s.alarms[MALARM_HELD], 2);
	ask(&s, MEV_RELEASE, 0, 0);
	assert_true(s.ok);
	assert_int_equal(s.m.want.active, 0);
	ask(&s, MEV_RELEASE, 0, 0);
	assert_false(s.ok);
}

/* ---- starting, stopping, reloading ---- */

static void
test_adoption(void **state)
{
	struct story s;
	struct mevent ev = { .type = MEV_ADOPT, .uplink = 1, .up = true };

	(void)state;
	begin(&s, 1, true);
	bad(&s);
	step(&s, &ev);
	in(&s, MACHINE_ON_BACKUP, 1);
	applied(&s);
	wait_ms(&s, 60000);
	assert_int_equal(s.starts + s.stops + s.proves, 0);
	assert_int_equal(s.alarms[MALARM_FAILOVER], 0); /* told before */
	good(&s);
	wait_for(&s, MACHINE_RETURNING, 360000);
	in(&s, MACHINE_RETURNING, 0);
}

static void
test_start_dead(void **state)
{
	struct story s;
	struct mevent gone = { .type = MEV_ADOPT, .uplink = 1, .up = false };

	(void)state;
	begin(&s, 1, true);
	assert_true(did(&s, MACT_BURST, 0));
	step(&s, &gone); /* a left-over whose link is gone */
	in(&s, MACHINE_STARTING, 0);
	applied(&s);
	down(&s);
	in(&s, MACHINE_DIALING, 0);

	begin(&s, 1, true);
	wait_ms(&s, MACHINE_START_MS);
	in(&s, MACHINE_ON_PRIMARY, 0); /* unknown is no outage */

	home(&s, 0, false);
	down(&s);
	in(&s, MACHINE_STRANDED, 0);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

static void
test_found_link_is_used(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 1, true);
	event(&s, MEV_LINK_UP, 1); /* pppd of a killed run */
	event(&s, MEV_ADOPT, MACHINE_NONE);
	applied(&s);
	down(&s);
	assert_true(did(&s, MACT_PROVE, 1));
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.starts, 0);
}

static bool
stop_clears(struct story *s)
{
	event(s, MEV_STOP, 0);
	assert_int_equal(s->all.list[s->all.n - 1].type, MACT_EXIT);
	assert_int_equal(event(s, MEV_TICK, 0), MWHY_STOPPING);
	return (s->all.n == 0 && s->m.stopped);
}

static bool
exit_clear(struct story *s, uint32_t id)
{
	struct mevent ev = { .type = MEV_STOP, .id = id };

	step(s, &ev);
	assert_int_equal(s->all.list[s->all.n - 1].id, id);
	return (s->all.list[s->all.n - 1].ok);
}

static void
test_stop(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, true);
	assert_true(exit_clear(&s, 0));
	away(&s, 1);
	assert_false(exit_clear(&s, 0)); /* never cuts a site off */
	away(&s, 1);
	assert_true(exit_clear(&s, 7)); /* unless that is asked for */
	away(&s, 1);
	good(&s);
	assert_true(exit_clear(&s, 0)); /* the primary is proved */
	home(&s, 1, true);
	assert_true(stop_clears(&s));
	begin(&s, 1, true);
	assert_false(exit_clear(&s, 0)); /* nothing is known yet */
}

static enum mreason
reload(struct story *s, uint32_t primary, uint32_t first, uint32_t second)
{
	struct mevent ev = { .type = MEV_RELOAD,
		.map = { primary, first, second } };

	return (step(s, &ev));
}

static void
test_reload(void **state)
{
	struct story s;

	(void)state;
	away(&s, 2);
	reload(&s, 0, 1, 2);
	in(&s, MACHINE_ON_BACKUP, 1); /* nothing changed */
	assert_int_equal(s.starts, 1);

	s.conf.uplink[3] = s.conf.uplink[1]; /* renumbered */
	s.conf.uplink[1] = s.conf.uplink[2];
	s.conf.uplink[2] = s.conf.uplink[3];
	reload(&s, 0, 2, 1);
	in(&s, MACHINE_ON_BACKUP, 2);
	applied(&s);
	assert_int_equal(s.m.verified, 2);
	assert_int_equal(s.stops, 0);
	assert_int_equal(s.m.backup[2].link, MACHINE_LINK_UP);

	s.conf.nuplinks = 2; /* the active one is removed */
	reload(&s, 0, 1, MACHINE_NONE);
	in(&s, MACHINE_DIALING, 0);
	assert_int_equal(s.stops, 0);
	applied(&s);

	home(&s, 1, true);
	reload(&s, MACHINE_NONE, 1, MACHINE_NONE);
	in(&s, MACHINE_STARTING, 0);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
}

/* ---- the targets' fault ---- */

static void
test_target_only(void **state)
{
	struct story s;
	int i;

	(void)state;
	home(&s, 1, true);
	down(&s);
	wait_ms(&s, 10000);
	event(&s, MEV_LINK_UP, 1);
	unproved(&s, 1, true);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.m.reason, MWHY_TARGET);
	assert_int_equal(s.alarms[MALARM_TARGET], 1);
	assert_int_equal(s.alarms[MALARM_STRANDED], 0);
	hung_up(&s, 1);
	for (i = 0; i < 599; i++) {
		wait_ms(&s, 1000);
		bad(&s);
	}
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_int_equal(s.starts, 1); /* no repeated dials */
	good(&s);
	assert_int_equal(s.ends, 1);
	down(&s); /* a real outage dials without delay by the fault */
	wait_ms(&s, 10000);
	assert_int_equal(s.starts, 2);
}

static void
test_target_then_real(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	unproved(&s, 1, true);
	in(&s, MACHINE_ON_PRIMARY, 0);
	round_of(&s, 0, MSG_BAD, MSG_CAUSE_GATEWAY);
	in(&s, MACHINE_SUSPECT, 0);
	round_of(&s, 0, MSG_BAD, MSG_CAUSE_GATEWAY);
	in(&s, MACHINE_DIALING, 0);
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
}

static void
test_target_looked_at_again(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	unproved(&s, 1, true);
	wait_ms(&s, MACHINE_TARGET_MS);
	in(&s, MACHINE_DIALING, 0);
	event(&s, MEV_PROVED, 1); /* it was the primary after all */
	in(&s, MACHINE_ON_BACKUP, 1);
}

/* The targets die while on the backup: a dead primary is no better. */
static void
test_target_on_backup(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	event(&s, MEV_PROVED, 1);
	applied(&s);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	round_of(&s, 1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	in(&s, MACHINE_DIALING, 1);
	unproved(&s, 1, true);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_int_equal(s.m.reason, MWHY_TARGET);
}

/* A metered line is not probed for nothing. */
static void
test_proof_ends(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	down(&s);
	assert_true(did(&s, MACT_PROVE, 1));
	unproved(&s, 1, false);
	assert_true(did(&s, MACT_PROBE_OFF, 1));

	home(&s, 1, false);
	down(&s);
	good(&s);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_true(did(&s, MACT_PROBE_OFF, 1));

	home(&s, 1, false);
	down(&s);
	event(&s, MEV_PROVED, 1);
	in(&s, MACHINE_ON_BACKUP, 1);
	assert_true(did(&s, MACT_PROBE, 1));
	assert_false(did(&s, MACT_PROBE_OFF, 1));
}

/* Others change what was set, and win: told once, nothing moves. */
static void
test_network_taken(void **state)
{
	struct story s;

	(void)state;
	home(&s, 1, false);
	event(&s, MEV_APPLY_FAILED, 0);
	event(&s, MEV_APPLY_FAILED, 0);
	assert_int_equal(s.alarms[MALARM_APPLY], 1);
	in(&s, MACHINE_ON_PRIMARY, 0);
	assert_false(s.m.applying);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network_taken),
		cmocka_unit_test(test_proof_ends),
		cmocka_unit_test(test_every_event_in_every_state),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_normal_outage),
		cmocka_unit_test(test_no_hangup_before_verified),
		cmocka_unit_test(test_momentary_outage),
		cmocka_unit_test(test_carrier_at_once),
		cmocka_unit_test(test_dial_fails_then_next),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_uncalled),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_start_deadline),
		cmocka_unit_test(test_primary_returns_while_dialing),
		cmocka_unit_test(test_changing_rounds_do_not_dial),
		cmocka_unit_test(test_called_off_long_ago),
		cmocka_unit_test(test_stranded_by_primary),
		cmocka_unit_test(test_stranded_by_backup),
		cmocka_unit_test(test_stranded_leaves_traffic_on_carrier),
		cmocka_unit_test(test_dial_cap),
		cmocka_unit_test(test_backup_lost_redial),
		cmocka_unit_test(test_backup_lost_primary_good),
		cmocka_unit_test(test_primary_bad_while_returning),
		cmocka_unit_test(test_stable_counts_from_last_bad),
		cmocka_unit_test(test_congested_never_returns),
		cmocka_unit_test(test_flap_cap),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_shutdown),
		cmocka_unit_test(test_failover_by_hand),
		cmocka_unit_test(test_failover_for),
		cmocka_unit_test(test_failover_between_backups),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_start_dead),
		cmocka_unit_test(test_found_link_is_used),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_target_only),
		cmocka_unit_test(test_target_then_real),
		cmocka_unit_test(test_target_looked_at_again),
		cmocka_unit_test(test_target_on_backup),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
