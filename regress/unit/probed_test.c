/* SPDX-License-Identifier: ISC */
/*
 * The driver of the rounds in virtual time, between its parent's facts and a
 * line: what happens to interfaces, addresses and clocks makes no verdict
 * that the line does not deserve.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/log.h"
#include "prober/evidence.h"
#include "prober/probed.h"
#include "prober/round.h"
#include "prober/schedule.h"
#include "prober/socks.h"
#include "prober/stats.h"
#include "prober/wire.h"

#define ANSWERS 256
#define MS      INT64_C(1000000)

/* The world. */
static struct {
	struct monotime now;
	int64_t asleep_ms; /* CLOCK_MONOTONIC stood still so long */
	struct monotime due; /* the one timer; invalid: not set */
	void (*on_timer)(int, short, void *);
	void *arg;
	struct wire *wire; /* the last that was opened */
	struct {
		struct icmp_echo e;
		struct monotime at; /* invalid: slot is free */
	} answer[ANSWERS];
	bool dead;
	bool missing; /* the interface */
	bool sleeps; /* the wire */
	int fails; /* sending: errno, or 0 */
	int ask_fails; /* the same of asking the gateway, once */
	int dropped;
	int64_t stamp_ms; /* the clock that stamps was set by this */
	uint32_t opened;
	int warnings;
	/* what was told */
	uint32_t verdict[MSG_VOID + 1];
	struct msg_round last;
} w;

static struct msg_facts facts;
static struct conf_uplink uplink;
static struct probed *driver;

/* --- what the driver calls instead ------------------------------------------ */

static struct monotime
sim_now(void)
{
	return w.now;
}

static int
sim_clock(clockid_t id, struct timespec *ts)
{
	int64_t ns = w.now.ns + (id == CLOCK_BOOTTIME ? w.asleep_ms * MS : 0);

	ts->tv_sec = (time_t)(ns / 1000000000);
	ts->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

static void
sim_timer_set(struct event *ev, void (*fn)(int, short, void *), void *arg)
{
	(void)ev;
	w.on_timer = fn;
	w.arg = arg;
}

static void
sim_timer_add(struct event *ev, const struct timeval *tv)
{
	(void)ev;
	w.due = monotime_add_ns(
	    w.now, tv->tv_sec * INT64_C(1000000000) + tv->tv_usec * 1000);
}

static void
sim_timer_del(struct event *ev)
{
	(void)ev;
	w.due = (struct monotime){ 0 };
}

static int
sim_send(struct wire *wire, const struct icmp_echo *e)
{
	size_t i;

	assert_ptr_equal(wire, w.wire);
	assert_int_equal(addr_cmp(&e->src, &facts.family[0].address), 0);
	if (w.missing || w.fails != 0) {
		errno = w.missing ? ENXIO : w.fails;
		return -1;
	}
	for (i = 0; i < ANSWERS && !w.dead; i++)
		if (!monotime_valid(w.answer[i].at)) {
			w.answer[i].e = *e;
			w.answer[i].e.src = e->dst;
			w.answer[i].e.dst = e->src;
			w.answer[i].at = monotime_add_ms(w.now, 20);
			return 0;
		}
	return 0;
}

static int
sim_ask(struct wire *wire)
{
	errno = w.ask_fails;
	w.ask_fails = 0;
	if (errno != 0)
		return -1;
	wire->user->gateway(wire->arg, monotime_add_ms(w.now, 1));
	return 0;
}

static int
sim_refresh(struct wire *wire)
{
	(void)wire;
	return w.missing ? -1 : 0;
}

static int
sim_silent(const struct wire *wire, struct monotime since)
{
	(void)wire;
	(void)since;
	return 0;
}

static const uint8_t *
sim_next_hop(const struct wire *wire)
{
	(void)wire;
	return NULL;
}

static const struct wire_ops sim_ops = {
	.send = sim_send,
	.ask = sim_ask,
	.refresh = sim_refresh,
	.silent = sim_silent,
	.next_hop = sim_next_hop,
};

static void
sim_close(struct wire *wire)
{
	wire->ops = NULL;
}

static int
sim_open(struct wire *wire, const struct msg_facts *f, enum family family,
    uint16_t id, const struct wire_user *user, void *arg)
{
	memset(wire, 0, sizeof(*wire));
	wire->facts = *f;
	wire->family = family;
	wire->id = id;
	wire->user = user;
	wire->arg = arg;
	if (w.missing)
		return -1;
	wire->ops = &sim_ops;
	w.wire = wire;
	w.sleeps = false;
	w.opened++;
	return 0;
}

static int
sim_is_open(const struct wire *wire)
{
	return wire->ops != NULL;
}

/* All answers that are there by now, if they are of this wire. */
static void
sim_drain(struct wire *wire)
{
	size_t i;

	for (i = 0; i < ANSWERS; i++) {
		if (!monotime_valid(w.answer[i].at) ||
		    monotime_cmp(w.answer[i].at, w.now) > 0)
			continue;
		if (wire->ops != NULL && w.answer[i].e.id == wire->id &&
		    addr_cmp(&w.answer[i].e.dst,
			&wire->facts.family[0].address) == 0)
			wire->user->answer(wire->arg, &w.answer[i].e,
			    monotime_add_ms(w.answer[i].at, w.stamp_ms));
		w.answer[i].at = (struct monotime){ 0 };
	}
}

static int
sim_dropped(struct wire *wire)
{
	int n = w.dropped;

	(void)wire;
	w.dropped = 0;
	return n;
}

static void
sim_warnx(const char *fmt, ...)
{
	(void)fmt;
	w.warnings++;
}

#undef evtimer_set
#undef evtimer_add
#undef evtimer_del
#define evtimer_set           sim_timer_set
#define evtimer_add           sim_timer_add
#define evtimer_del           sim_timer_del
#define monotime_now          sim_now
#define clock_gettime         sim_clock
#define log_warnx             sim_warnx
#define wire_open             sim_open
#define wire_close            sim_close
#define wire_is_open          sim_is_open
#define wire_drain            sim_drain
#define wire_works(x, target) ((void)(target))
#define wire_sleep(x)         (w.sleeps = true)
#define wire_wake(x)          (w.sleeps = false)
#define wire_dropped          sim_dropped

#include "prober/probed.c"

/* --- the world goes on ------------------------------------------------------ */

static void
told(const struct msg_round *r)
{
	assert_true(msg_round_valid(r));
	w.verdict[r->verdict]++;
	w.last = *r;
}

/* The next answer that wakes somebody, or invalid. */
static struct monotime
next_answer(void)
{
	struct monotime next = { 0 };
	size_t i;

	for (i = 0; i < ANSWERS && !w.sleeps; i++)
		if (monotime_valid(w.answer[i].at) &&
		    (!monotime_valid(next) ||
			monotime_cmp(w.answer[i].at, next) < 0))
			next = w.answer[i].at;
	return next;
}

static void
pass_ms(int64_t ms)
{
	struct monotime end = monotime_add_ms(w.now, ms), next;
	bool answer;

	for (;;) {
		next = next_answer();
		answer =
		    monotime_valid(next) &&
		    (!monotime_valid(w.due) || monotime_cmp(next, w.due) < 0);
		if (!answer)
			next = w.due;
		if (!monotime_valid(next) || monotime_cmp(next, end) > 0)
			break;
		if (monotime_cmp(next, w.now) > 0)
			w.now = next;
		if (answer) {
			sim_drain(w.wire);
			w.wire->user->done(w.wire->arg);
		} else {
			w.due = (struct monotime){ 0 };
			w.on_timer(-1, EV_TIMEOUT, w.arg);
		}
	}
	w.now = end;
}

static void
forget_rounds(void)
{
	memset(w.verdict, 0, sizeof(w.verdict));
}

static int
set_up(void **state)
{
	static const struct msg_probe mode = { 0, 1, MSG_PROBE_ROUNDS, 0 };
	uint32_t i;

	(void)state;
	memset(&w, 0, sizeof(w));
	memset(&uplink, 0, sizeof(uplink));
	memset(&facts, 0, sizeof(facts));
	w.now = monotime_from_ns(INT64_C(1000000000));
	uplink.probe.count = 3;
	uplink.probe.interval_ms = 200;
	uplink.probe.timeout_ms = 1000;
	uplink.probe.delay_ms = 1000;
	uplink.probe.retry = 1;
	uplink.probe.success.kind = CONF_QUORUM_MOST;
	uplink.probe.require.kind = CONF_QUORUM_ANY;
	uplink.ntargets = 4;
	for (i = 0; i < 4; i++) {
		uplink.target[i].id = i;
		addr_parse("198.51.100.7", &uplink.target[i].address);
		uplink.target[i].address.octet[3] = (uint8_t)(7 + i);
	}
	facts.ifindex = 3;
	facts.up = facts.carrier = 1;
	facts.family[0].has_route = 1;
	addr_parse("192.0.2.10", &facts.family[0].address);
	addr_parse("192.0.2.1", &facts.family[0].gateway);
	driver = probed_new(&uplink, FAMILY_INET, told);
	probed_mode(driver, &mode);
	probed_facts(driver, &facts);
	pass_ms(5000);
	assert_true(w.verdict[MSG_GOOD] >= 3);
	assert_int_equal(w.verdict[MSG_BAD], 0);
	forget_rounds();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	probed_free(driver);
	return 0;
}

static void
deleted_for_an_hour(void **state)
{
	(void)state;
	/* nobody says so at first */
	w.missing = true;
	pass_ms(10000);
	assert_true(w.verdict[MSG_BAD] >= 3);
	assert_int_equal(w.last.cause, MSG_CAUSE_SEND);
	facts.ifindex = 0;
	probed_facts(driver, &facts);
	pass_ms(100);
	assert_int_equal(w.last.cause, MSG_CAUSE_NO_INTERFACE);
	forget_rounds();
	pass_ms(3600000);
	assert_in_range(w.verdict[MSG_BAD], 3200, 3700); /* no loop spins */
	assert_int_equal(w.last.cause, MSG_CAUSE_NO_INTERFACE);
	assert_int_equal(w.last.target[0].state, MSG_TARGET_DOWN);
	/* back as another one */
	forget_rounds();
	w.missing = false;
	facts.ifindex = 9;
	probed_facts(driver, &facts);
	pass_ms(10000);
	assert_true(w.verdict[MSG_GOOD] >= 7);
	assert_int_equal(w.verdict[MSG_BAD], 0);
	assert_int_equal(w.wire->facts.ifindex, 9);
}

/* At any moment of a round, and another gateway now and then. */
static void
a_hundred_addresses(void **state)
{
	uint32_t i, opened = w.opened;

	(void)state;
	for (i = 0; i < 100; i++) {
		facts.family[0].address.octet[3] = (uint8_t)(20 + i);
		if (i % 10 == 0)
			facts.family[0].gateway.octet[3] = (uint8_t)(i + 1);
		probed_facts(driver, &facts);
		pass_ms(i * 13 % 1500);
	}
	pass_ms(1000);
	assert_int_equal(w.verdict[MSG_BAD], 0);
	assert_true(w.verdict[MSG_GOOD] > 50);
	assert_true(w.opened >= opened + 90);
	/* what happens to the other family is not looked at */
	opened = w.opened;
	addr_parse("2001:db8::1", &facts.family[1].address);
	probed_facts(driver, &facts);
	pass_ms(1000);
	assert_int_equal(w.opened, opened);
}

static void
clock_steps(void **state)
{
	static const int64_t by[] = { -3600000, -10, -1, -100000 };
	struct msg_stats s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		w.stamp_ms = by[i];
		pass_ms(1500);
		w.stamp_ms = 0;
		pass_ms(5000);
	}
	assert_int_equal(w.verdict[MSG_BAD] + w.verdict[MSG_VOID], 0);
	probed_stats(driver, 0, &s);
	assert_true(msg_stats_valid(&s));
	assert_int_equal(s.rtt_last_ns, 20 * MS);
	assert_int_equal(s.rtt_p50_ns, 20 * MS);
	assert_true(s.rtt_max_ns < 200 * MS);
}

/* Asleep or stopped in the middle of a round: it says nothing. */
static void
suspended(void **state)
{
	int64_t ms;

	(void)state;
	w.dead = true;
	for (ms = 0; ms < 1100; ms += 50) {
		w.asleep_ms += 3600000;
		pass_ms(50);
	}
	w.dead = false;
	pass_ms(2500);
	assert_int_equal(w.verdict[MSG_BAD], 0);
	assert_true(w.verdict[MSG_VOID] > 0);
	assert_int_equal(w.last.verdict, MSG_GOOD);
	/* not scheduled: the timer is late by seconds */
	forget_rounds();
	for (ms = 0; ms < 30; ms++) {
		w.now = monotime_add_ms(w.now, 2500);
		pass_ms(ms * 17);
	}
	assert_int_equal(w.verdict[MSG_BAD], 0);
}

static void
queue_full(void **state)
{
	(void)state;
	w.fails = ENOBUFS;
	pass_ms(500);
	w.fails = 0;
	pass_ms(3000);
	assert_int_equal(w.verdict[MSG_BAD], 0);
	assert_true(w.verdict[MSG_GOOD] > 0);
	/* for good: nothing is sent any more, whoever's fault it is */
	w.fails = ENOBUFS;
	pass_ms(10000);
	assert_int_equal(w.last.verdict, MSG_BAD);
	assert_int_equal(w.last.cause, MSG_CAUSE_SEND);
}

/* A tunnel without a key refuses each probe, and that is one line. */
static void
refused(void **state)
{
	int i;

	(void)state;
	w.fails = ENOKEY;
	pass_ms(60000);
	assert_int_equal(w.last.cause, MSG_CAUSE_SEND);
	assert_int_equal(w.warnings, 1);
	/* neither are some that are refused now and then */
	for (i = 0; i < 10; i++) {
		w.fails = 0;
		pass_ms(3000);
		w.fails = EPERM;
		pass_ms(1000);
	}
	assert_int_equal(w.warnings, 1);
	w.fails = 0;
	pass_ms(60000);
	w.fails = ENOKEY;
	pass_ms(60000);
	assert_int_equal(w.warnings, 2);
	/* another link, another story */
	facts.family[0].prefixlen--;
	probed_facts(driver, &facts);
	pass_ms(60000);
	assert_int_equal(w.warnings, 3);
}

/* The last target is the gateway itself. */
static void
with_gateway(void)
{
	static const struct msg_probe mode = { 0, 1, MSG_PROBE_ROUNDS, 0 };

	probed_free(driver);
	memset(&uplink.target[3].address.octet, 0, 16);
	uplink.target[3].method = CONF_METHOD_GATEWAY;
	uplink.target[3].near = 1;
	driver = probed_new(&uplink, FAMILY_INET, told);
	probed_mode(driver, &mode);
	probed_facts(driver, &facts);
	pass_ms(5000);
	assert_int_equal(w.last.target[3].state, MSG_TARGET_UP);
	forget_rounds();
}

/* What cannot be asked for now is there all the same. */
static void
gateway_not_asked(void **state)
{
	(void)state;
	with_gateway();
	w.ask_fails = ENOBUFS;
	pass_ms(1300);
	assert_int_equal(w.ask_fails, 0);
	assert_int_equal(w.last.target[3].state, MSG_TARGET_UP);
	assert_int_equal(w.last.target[3].sent, w.last.target[3].received);
	w.ask_fails = ENETDOWN;
	pass_ms(1300);
	assert_int_equal(w.ask_fails, 0);
	assert_int_not_equal(w.last.target[3].state, MSG_TARGET_UNKNOWN);
	w.ask_fails = EOPNOTSUPP;
	pass_ms(1300);
	assert_int_equal(w.last.target[3].sent, 0);
	assert_int_equal(w.last.target[3].state, MSG_TARGET_UNKNOWN);
	assert_int_equal(w.verdict[MSG_BAD], 0);
}

/* How often it is seen napping. */
static int
naps(int64_t ms)
{
	int n = 0;

	for (; ms > 0; ms -= 5) {
		pass_ms(5);
		n += w.sleeps;
	}
	return n;
}

/* Answers must not wait where others take their room. */
static void
awake_in_a_flood(void **state)
{
	int i;

	(void)state;
	assert_true(naps(3000) > 0);
	w.dropped = 100;
	pass_ms(1200);
	for (i = 0; i < 5; i++) {
		w.dropped = 100;
		assert_int_equal(naps(1200), 0);
	}
	pass_ms(3000);
	assert_true(naps(3000) > 0);
	assert_int_equal(w.verdict[MSG_BAD], 0);
}

/* A flood hides answers: void, but it does not hide a dead line for ever. */
static void
frames_dropped(void **state)
{
	uint16_t id = w.wire->id;
	int i;

	(void)state;
	w.dead = true;
	for (i = 0; i < 200 && w.verdict[MSG_BAD] == 0; i++) {
		w.dropped = 100;
		pass_ms(50);
	}
	assert_int_equal(w.verdict[MSG_VOID], SPOILED_MAX);
	assert_int_equal(w.verdict[MSG_BAD], 1);
	assert_int_not_equal(w.wire->id, id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    deleted_for_an_hour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_hundred_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(clock_steps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(suspended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(queue_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    gateway_not_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    awake_in_a_flood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    frames_dropped, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("probed", tests, NULL, NULL);
}
