/* SPDX-License-Identifier: ISC */
/*
 * Long stories in virtual time: a million rounds of random loss, uploads that
 * fill a buffer of four seconds, cuts in the middle of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "prober/schedule.h"
#include "regress/unit/sim_line.h"

#define HOUR_MS INT64_C(3600000)
#define YEAR_MS (365.25 * 86400e3)

static struct line line;
static struct schedule schedule;
static uint32_t verdicts[MSG_VOID + 1];

static const struct conf_probe fast = {
	.count = 3,
	.interval_ms = 90,
	.timeout_ms = 100,
	.success = { CONF_QUORUM_ANY, 0 },
	.require = { CONF_QUORUM_ANY, 0 },
};

/* With two far targets. */
static void
begin(const struct conf_probe *probe, uint16_t seed)
{
	line_init(&line, 2, 0);
	if (probe != NULL)
		line.conf.probe = *probe;
	line.seed[1] = seed;
	schedule_init(&schedule, &line.conf, FAMILY_INET, line.now);
	memset(verdicts, 0, sizeof(verdicts));
}

/* A round and the pause behind it; true: the line is down by now. */
static bool
story_round(void)
{
	struct monotime next;

	verdicts[one_round(&line)]++;
	schedule_round(&schedule, &line.out, false, line.now);
	if (schedule.bad > line.conf.probe.retry)
		return true;
	while (
	    !schedule_look(&schedule, (struct monotime){ 0 }, line.now, &next))
		(void)deliver(&line, next);
	return false;
}

/* --- loss ------------------------------------------------------------------ */

static void
a_million_rounds(const struct conf_probe *probe, const char *name)
{
	uint32_t i, down = 0;

	begin(probe, 1);
	line.loss = 0.05;
	for (i = 0; i < 1000000; i++)
		down += story_round();
	print_message("%s: %u rounds at 5 %% loss: %u bad, %u failovers, "
		      "expected %.4f\n",
	    name, i, verdicts[MSG_BAD], down,
	    conf_false_failovers(&line.conf, line.loss) / YEAR_MS *
		(double)(line.now.ns / 1000000));
	assert_int_equal(down, 0);
}

static void
no_false_failover(void **state)
{
	(void)state;
	a_million_rounds(NULL, "default profile");
	a_million_rounds(&fast, "fast profile");
}

/* As often as dialfaild -nv says: each time from a line that is up. */
static void
as_reckoned(const struct conf_probe *probe, double loss, uint32_t rounds)
{
	double expected, off;
	uint32_t i, down = 0;

	begin(probe, 2);
	line.loss = loss;
	for (i = 0; i < rounds; i++)
		if (story_round()) {
			down++;
			schedule.bad = 0;
			(void)deliver(&line, monotime_add_ms(line.now,
						 line.conf.probe.delay_ms));
		}
	expected = conf_false_failovers(&line.conf, loss) / YEAR_MS *
		   (double)(line.now.ns / 1000000);
	print_message("%2.0f %% loss: %u failovers, expected %.1f\n",
	    loss * 100, down, expected);
	/* four standard deviations, and what bad rounds take more time */
	off = down - expected;
	assert_true(expected > 20);
	assert_true(
	    off * off < 16 * expected + 0.15 * expected * 0.15 * expected);
}

static void
false_failovers_as_reckoned(void **state)
{
	(void)state;
	as_reckoned(NULL, 0.2, 400000);
	as_reckoned(NULL, 0.3, 100000);
	as_reckoned(NULL, 0.4, 20000);
	as_reckoned(&fast, 0.2, 500000);
	as_reckoned(&fast, 0.3, 100000);
}

/* Until the line is called down, in seconds; 0: not within the hour. */
static double
down_after_s(double loss, uint16_t seed)
{
	begin(NULL, seed);
	line.loss = loss;
	while (line.now.ns < HOUR_MS * 1000000)
		if (story_round())
			return (double)line.now.ns / 1e9;
	return 0;
}

/* 20 % is bad but carries traffic; 40 % does not, and is left in minutes. */
static void
heavy_loss(void **state)
{
	double s, worst = 0;
	uint32_t stayed = 0;
	uint16_t seed;

	(void)state;
	for (seed = 1; seed <= 50; seed++)
		stayed += down_after_s(0.2, seed) == 0;
	for (seed = 1; seed <= 50; seed++) {
		s = down_after_s(0.4, seed);
		assert_true(s > 0);
		worst = s > worst ? s : worst;
	}
	print_message("20 %% loss: an hour without a failover in %u of 50; "
		      "40 %%: left after %.0f s at most\n",
	    stayed, worst);
	assert_true(stayed >= 25);
	assert_true(worst < 900);
}

/* From the cut to down, whenever it is. */
static void
fast_detection(void **state)
{
	int64_t ms, worst = 0;
	int at;

	(void)state;
	for (at = 0; at < 1000; at += 3) {
		begin(&fast, 3);
		line.rtt_ms[0] = line.rtt_ms[1] = 8;
		line.outage = monotime_add_ms(line.now, 5000 + at);
		while (!story_round())
			continue;
		ms = monotime_ms_between(line.outage, line.now);
		worst = ms > worst ? ms : worst;
	}
	print_message("fast profile: down %lld ms after the cut at most\n",
	    (long long)worst);
	assert_true(worst < 400);
}

/* --- an upload ------------------------------------------------------------- */

#define PACKET_US   12000 /* 1500 octets at 1 Mbit/s */
#define BUFFER_US   INT64_C(4000000)
#define BASE_RTT_US 20000
#define FLIGHT_MAX  1024

/*
 * The sender of a file: Reno, with a window that its acknowledgements open.
 * Packets queue in one buffer with the probes; what finds it full is dropped.
 */
static struct {
	int64_t now_us;
	int64_t busy_until_us; /* the buffer is empty by then */
	struct {
		int64_t ack_us;
		bool lost;
	} flight[FLIGHT_MAX];
	uint32_t first, n; /* under way */
	double window, threshold;
	int64_t reduced_us; /* the window, last */
	int64_t starts_us, stops_us;
	int64_t cut_us;
	int64_t last_ack_us;
	uint32_t longest_ms;
} up;

static void
send_packets(void)
{
	int64_t start;
	uint32_t i;

	while (up.n < (uint32_t)up.window && up.n < FLIGHT_MAX) {
		i = (up.first + up.n++) % FLIGHT_MAX;
		start =
		    up.busy_until_us > up.now_us ? up.busy_until_us : up.now_us;
		up.flight[i].lost =
		    start - up.now_us > BUFFER_US || erand48(line.seed) < 0.001;
		if (start - up.now_us <= BUFFER_US)
			up.busy_until_us = start += PACKET_US;
		up.flight[i].ack_us = start + BASE_RTT_US;
	}
}

static void
got_ack(void)
{
	bool lost = up.flight[up.first].lost;

	up.now_us = up.flight[up.first].ack_us;
	up.first = (up.first + 1) % FLIGHT_MAX;
	up.n--;
	if (!lost)
		up.last_ack_us = up.now_us;
	/* once in a round trip */
	if (lost && up.now_us - up.reduced_us >
			up.busy_until_us - up.now_us + BASE_RTT_US) {
		up.threshold = up.window = up.window / 2 + 1;
		up.reduced_us = up.now_us;
	} else if (!lost)
		up.window += up.window < up.threshold ? 1 : 8 / up.window;
}

static void
next_file(void)
{
	up.starts_us = up.stops_us + 1000000 + nrand48(line.seed) % 60000000;
	up.stops_us = up.starts_us + 30000000 + nrand48(line.seed) % 600000000;
	up.window = 10; /* RFC 6928 */
	up.threshold = FLIGHT_MAX;
}

/* Let the upload go on until now; its acknowledgements are signs of life. */
static void
upload(struct line *n)
{
	int64_t now_us = n->now.ns / 1000;

	for (;;) {
		if (up.n > 0 && up.flight[up.first].ack_us <= now_us &&
		    up.flight[up.first].ack_us < up.cut_us)
			got_ack();
		else if (up.n == 0 && up.stops_us <= now_us)
			next_file();
		else
			break;
		if (up.now_us < up.starts_us)
			up.now_us = up.starts_us;
		if (up.now_us < up.stops_us && up.now_us <= now_us)
			send_packets();
	}
	if (up.n == 0 && up.starts_us <= now_us && up.stops_us > now_us) {
		up.now_us = now_us;
		send_packets();
	}
	n->signs.life = monotime_from_ns(up.last_ack_us * 1000);
}

/* How long a probe sent now waits in the buffer. */
static int64_t
buffered(struct line *n)
{
	int64_t now_us, ms;

	upload(n);
	now_us = n->now.ns / 1000;
	if (up.busy_until_us <= now_us)
		return 0;
	if (up.busy_until_us - now_us > BUFFER_US)
		return -1;
	ms = (up.busy_until_us - now_us) / 1000;
	if (ms > up.longest_ms)
		up.longest_ms = (uint32_t)ms;
	return ms;
}

static void
begin_upload(const struct conf_probe *probe, uint16_t seed)
{
	begin(probe, seed);
	memset(&up, 0, sizeof(up));
	up.cut_us = INT64_MAX;
	up.stops_us = 2000000;
	line.loss = 0.01;
	line.queue_ms = buffered;
	line.pass = upload;
}

static void
six_hours(const struct conf_probe *probe, uint16_t seed)
{
	uint32_t down = 0;

	begin_upload(probe, seed);
	while (line.now.ns < 6 * HOUR_MS * 1000000)
		down += story_round();
	print_message("six hours of uploads: %u good, %u congested, %u bad "
		      "rounds, %u failovers; up to %u ms in the buffer\n",
	    verdicts[MSG_GOOD], verdicts[MSG_CONGESTED], verdicts[MSG_BAD],
	    down, up.longest_ms);
	assert_int_equal(down, 0);
	assert_true(up.longest_ms > 3900);
	assert_true(verdicts[MSG_CONGESTED] > 1000);
}

static void
full_is_not_dead(void **state)
{
	uint16_t seed;

	(void)state;
	for (seed = 1; seed <= 4; seed++)
		six_hours(NULL, seed);
}

/* Everything stops, both ways, while the buffer is full or is not. */
static int64_t
cut(uint16_t seed, int64_t at_ms)
{
	begin_upload(NULL, seed);
	line.outage = monotime_add_ms(line.now, at_ms);
	up.cut_us = line.outage.ns / 1000;
	while (!story_round()) {
		uint32_t i, kept = 0;

		/* what was under way is cut, too */
		for (i = 0; i < line.nanswers; i++)
			if (monotime_cmp(line.answer[i].at, line.outage) < 0)
				line.answer[kept++] = line.answer[i];
		line.nanswers = kept;
	}
	return monotime_ms_between(line.outage, line.now);
}

static void
a_cut_is_seen(void **state)
{
	int64_t ms, worst = 0, at;
	uint16_t seed;

	(void)state;
	for (seed = 1; seed <= 10; seed++)
		for (at = 60000; at < 600000; at += 17771) {
			ms = cut(seed, at);
			assert_true(ms > 0);
			worst = ms > worst ? ms : worst;
		}
	print_message("a cut during uploads: down after %lld ms at most\n",
	    (long long)worst);
	assert_true(worst <= 12000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_false_failover),
		cmocka_unit_test(false_failovers_as_reckoned),
		cmocka_unit_test(heavy_loss),
		cmocka_unit_test(fast_detection),
		cmocka_unit_test(full_is_not_dead),
		cmocka_unit_test(a_cut_is_seen),
	};

	return cmocka_run_group_tests_name("simulation", tests, NULL, NULL);
}
