/* SPDX-License-Identifier: ISC */
/* Rounds as they are kept: what becomes one sample, and what does not. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "parent/sample_list.h"

#define NOON INT64_C(1790000000000) /* ms */

static struct msg_round round_;
static struct sample sample;

/* A round of two targets, n ms after noon; lost[] of 3 probes each. */
static void
one(struct sample *s, int64_t ms, uint32_t lost0, uint32_t lost1)
{
	memset(&round_, 0, sizeof(round_));
	round_.family = FAMILY_INET;
	round_.verdict = lost0 + lost1 > 3 ? MSG_BAD : MSG_GOOD;
	round_.began_ns = 1;
	round_.ended_ns = 200000001;
	round_.ntargets = 2;
	round_.target[0].received = 3 - lost0;
	round_.target[0].lost = lost0;
	round_.target[0].rtt_us = lost0 == 3 ? 0 : 1000;
	round_.target[1].received = 3 - lost1;
	round_.target[1].lost = lost1;
	round_.target[1].rtt_us = lost1 == 3 ? 0 : 2000;
	sample_of_round(s, &round_, "eth1", NOON + ms);
}

static void
alike(void **state)
{
	struct sample next;

	(void)state;
	one(&sample, 0, 0, 0);
	one(&next, 1200, 0, 0);
	next.target[0].rtt_us = 3000;
	assert_int_equal(sample_merge(&sample, &next), 1);
	assert_int_equal(sample.rounds, 2);
	assert_int_equal(sample.span_ms, 1400);
	assert_int_equal(sample.target[0].received, 6);
	assert_int_equal(sample.target[0].rtt_us, 2000);
	/* a quick verdict leaves probes that are neither received nor lost */
	one(&next, 2400, 0, 0);
	next.target[1].received = 2;
	assert_int_equal(sample_merge(&sample, &next), 1);
	assert_int_equal(sample.target[1].received, 8);
}

static void
different(void **state)
{
	struct sample next;

	(void)state;
	one(&sample, 0, 0, 0);
	one(&next, 1200, 1, 0);
	assert_int_equal(sample_merge(&sample, &next), 0);
	one(&next, 1200, 0, 3);
	assert_int_equal(sample_merge(&sample, &next), 0);
	one(&next, SAMPLE_SPAN_MS, 0, 0);
	assert_int_equal(sample_merge(&sample, &next), 0);
	one(&next, -1, 0, 0); /* the clock was set back */
	assert_int_equal(sample_merge(&sample, &next), 0);
	one(&next, 1200, 0, 0);
	next.verdict = MSG_CONGESTED;
	assert_int_equal(sample_merge(&sample, &next), 0);
	one(&next, 1200, 0, 0);
	strlcpy(next.uplink, "lte", sizeof(next.uplink));
	assert_int_equal(sample_merge(&sample, &next), 0);
	/* some lost: only as many again */
	one(&sample, 0, 1, 0);
	one(&next, 1200, 1, 0);
	assert_int_equal(sample_merge(&sample, &next), 1);
	one(&next, 2400, 1, 0);
	assert_int_equal(sample_merge(&sample, &next), 1);
	assert_int_equal(sample.target[0].lost, 3);
	one(&next, 3600, 2, 0);
	assert_int_equal(sample_merge(&sample, &next), 0);
	/* a dead line is one sample a minute */
	one(&sample, 0, 3, 3);
	one(&next, 1200, 3, 3);
	next.target[0].lost = 2;
	assert_int_equal(sample_merge(&sample, &next), 1);
}

static void
there_and_back(void **state)
{
	struct sample_target t = { "eth1", 0, 1, FAMILY_INET6, 1,
		"2001:db8::7" },
			     t2;
	struct sample back;
	char text[SAMPLE_LINE_MAX] = "";
	FILE *f;

	(void)state;
	one(&sample, 0, 1, 3);
	assert_non_null(f = fmemopen(text, sizeof(text), "w"));
	sample_print(f, &sample);
	fclose(f);
	assert_int_equal(sample_parse(text, &back), -1); /* with its end */
	text[strcspn(text, "\n")] = '\0';
	assert_int_equal(sample_parse(text, &back), 0);
	assert_memory_equal(&back, &sample, sizeof(back));
	assert_non_null(f = fmemopen(text, sizeof(text), "w"));
	sample_print_target(f, &t);
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	assert_int_equal(sample_parse_target(text, &t2), 0);
	assert_memory_equal(&t, &t2, sizeof(t));
	assert_int_equal(sample_parse(text, &back), -1);
}

static void
broken(void **state)
{
	static const char *const bad[] = { "", "R", "R\t", "R\t1\t2\teth1",
		"R\t1\t2\teth1\t0\t0\t0\t1\t1", /* not three by three */
		"R\t-1\t2\teth1\t0\t0\t0\t1", "R\t1\t2\teth1\t2\t0\t0\t1",
		"R\t1\t2\teth1\t0\t4\t0\t1", "R\t1\t2\teth1\t0\t0\t99\t1",
		"R\t1\t2\teth1\t0\t0\t0\t0", "R\t1\t2\teth1\t0\t0\t0\t60001",
		"R\t1\t60001\teth1\t0\t0\t0\t2",
		"R\t1\t7200001\teth1\t0\t0\t0\t1",
		"R\t1\t2\teth1\t0\t0\t0\t1\t101\t0\t0",
		"R\t1\t2\teth1\t0\t0\t0\t1\t0\t0\t3600000001",
		"R\t1\t2\t\033[2J\t0\t0\t0\t1" };
	static const char *const bad_targets[] = { "T\teth1\t0\t0\t0\t0",
		"T\teth1\t2\t0\t0\t0\tx", "T\teth1\t0\t16\t0\t0\tx",
		"T\teth1\t0\t0\t2\t0\tx", "T\teth1\t0\t0\t0\t2\tx" };
	struct sample_target t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sample_parse(bad[i], &sample), -1);
	for (i = 0; i < sizeof(bad_targets) / sizeof(bad_targets[0]); i++)
		assert_int_equal(sample_parse_target(bad_targets[i], &t), -1);
	assert_int_equal(sample_parse("R\t1\t2\teth1\t0\t0\t0\t1", &sample), 0);
	assert_int_equal(
	    sample_parse("R\t1\t7200000\teth1\t0\t0\t0\t1", &sample), 0);
}

/* Names come before, may change, and may be missing; time puts in order. */
static void
listed(void **state)
{
	struct sample_list l;

	(void)state;
	sample_list_load(&l,
	    "R\t1000\t200\teth1\t0\t0\t0\t1\t3\t0\t1000\n"
	    "T\teth1\t0\t0\t0\t0\t198.51.100.7\n"
	    "T\tlte\t1\t0\t0\t0\t198.51.100.7\n"
	    "R\t3000\t200\teth1\t0\t0\t0\t1\t3\t0\t1000\n"
	    "R\t2000\t200\tlte\t0\t0\t0\t1\t3\t0\t1000\n"
	    "R\t30x\n"
	    "T\teth1\t0\t0\t0\t0\t198.51.100.9\n"
	    "T\teth1\t0\t1\t0\t0\t198.51.100.7\n"
	    "R\t4000\t200\teth1\t0\t0\t0\t1\t3\t0\t1000\t3\t0\t1000\n"
	    "R\t5000\t200\teth1\t0\t0\t0\t1\t3\t0\t10");
	assert_int_equal(l.n, 5);
	assert_int_equal(l.broken, 1);
	assert_int_equal(l.nseries, 3);
	assert_true(l.entry[0].series[0] == SAMPLE_NO_SERIES);
	assert_string_equal(l.entry[1].sample.uplink, "lte");
	assert_int_equal(l.entry[1].series[0], 1);
	assert_int_equal(l.entry[2].series[0], 0);
	assert_int_equal(l.entry[3].series[0], 2);
	assert_int_equal(l.entry[3].series[1], 0);
	sample_list_free(&l);
	sample_list_load(&l, "");
	assert_int_equal(l.n, 0);
	sample_list_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alike),
		cmocka_unit_test(different),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(broken),
		cmocka_unit_test(listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
