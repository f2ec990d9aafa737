/* SPDX-License-Identifier: ISC */
/*
 * One verdict of two families, in every order in which rounds may come.
 * What the machine counts from what it is told is held against what the
 * rounds mean: down after 1 + retry bad ones of a family in a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "parent/decide.h"

#define DEPTH     7
#define STALE_MS  10000
#define ROUND_MS  1000
#define BOTH      (DECIDE_INET | DECIDE_INET6)
#define NVERDICTS 4

/* The machine, as far as it counts. */
struct counter {
	uint32_t bad;
	bool down;
	bool good; /* the last that it was told of */
};

/* What the rounds mean, from their whole story. */
struct truth {
	uint32_t bad[FAMILIES];
	bool known[FAMILIES];
	bool good[FAMILIES];
	bool dead[FAMILIES]; /* the last one was bad: congested is alive */
	bool smooth; /* no round was congested: nothing held it up */
};

static struct decide_rule rule;
static unsigned long seen;

static void
setup_rule(uint32_t policy, uint32_t retry)
{
	rule.policy = policy;
	rule.families = decide_families(policy, BOTH, true);
	rule.limit = retry + 1;
	rule.stale_ms = STALE_MS;
}

static bool
truly_down(const struct truth *t)
{
	bool any = false, all = true, one;
	uint32_t f;

	for (f = 0; f < FAMILIES; f++) {
		if (!(rule.families & 1u << f))
			continue;
		one = t->dead[f] && t->bad[f] >= rule.limit;
		any = any || one;
		all = all && one;
	}
	return rule.policy == CONF_DECIDE_ALL ? any : all;
}

static bool
truly_good(const struct truth *t)
{
	bool any = false, all = true, one;
	uint32_t f;

	for (f = 0; f < FAMILIES; f++) {
		if (!(rule.families & 1u << f))
			continue;
		one = t->known[f] && t->good[f];
		any = any || one;
		all = all && one;
	}
	return rule.policy == CONF_DECIDE_ALL ? all : any;
}

static void
count(struct counter *m, uint32_t verdict)
{
	if (verdict == MSG_GOOD) {
		m->bad = 0;
		m->down = false;
		m->good = true;
	} else if (verdict == MSG_BAD) {
		m->good = false;
		if (++m->bad >= rule.limit)
			m->down = true;
	}
}

static void
learn(struct truth *t, enum family f, uint32_t verdict)
{
	switch (verdict) {
	case MSG_GOOD:
		t->bad[f] = 0;
		t->known[f] = t->good[f] = true;
		t->dead[f] = false;
		break;
	case MSG_BAD:
		t->bad[f]++;
		t->known[f] = t->dead[f] = true;
		t->good[f] = false;
		break;
	case MSG_CONGESTED:
		t->known[f] = true;
		t->good[f] = t->dead[f] = t->smooth = false;
		break;
	}
}

static void
check(const struct truth *before, const struct truth *t,
    const struct counter *was, const struct counter *m, enum family f,
    uint32_t verdict, uint32_t told)
{
	/* nothing is told but what this round says */
	assert_true(told == MSG_VOID || told == verdict);
	/* only by a round of what decides */
	if (!(rule.families & 1u << f))
		assert_int_equal(told, MSG_VOID);
	/* never down but when it is */
	if (m->down && !was->down)
		assert_true(truly_down(t));
	/* and at once when it is, unless a congested round held it up */
	if (t->smooth && truly_down(t) && !truly_down(before))
		assert_true(m->down);
	/* good when it is, never else */
	if (told == MSG_GOOD)
		assert_true(truly_good(t));
	if (verdict == MSG_GOOD && truly_good(t) && (rule.families & 1u << f))
		assert_int_equal(told, MSG_GOOD);
}

static void
explore(struct decide d, struct truth t, struct counter m, int depth)
{
	struct monotime now = { (int64_t)(depth + 1) * 1000000 };
	uint32_t f, v;

	for (f = 0; f < FAMILIES; f++)
		for (v = 0; v < NVERDICTS; v++) {
			struct decide nd = d;
			struct truth nt = t;
			struct counter nm = m;
			uint32_t told;

			learn(&nt, (enum family)f, v);
			told = decide_round(&nd, &rule, (enum family)f, v, now);
			count(&nm, told);
			check(&t, &nt, &m, &nm, (enum family)f, v, told);
			seen++;
			if (depth + 1 < DEPTH)
				explore(nd, nt, nm, depth + 1);
		}
}

static void
test_every_order(void **state)
{
	static const struct truth nothing = { .smooth = true };
	uint32_t policy, retry;

	(void)state;
	for (policy = 0; policy <= CONF_DECIDE_ALL; policy++)
		for (retry = 0; retry < 3; retry++) {
			setup_rule(policy, retry);
			explore((struct decide){ 0 }, nothing,
			    (struct counter){ 0 }, 0);
		}
	print_message("%lu rounds\n", seen);
}

static void
test_families(void **state)
{
	static const struct {
		uint32_t policy, probed;
		bool inet6;
		uint32_t families;
	} all[] = {
		{ CONF_DECIDE_INET, DECIDE_INET, false, DECIDE_INET },
		{ CONF_DECIDE_INET, BOTH, true, DECIDE_INET },
		{ CONF_DECIDE_INET6, BOTH, true, DECIDE_INET6 },
		{ CONF_DECIDE_ANY, BOTH, true, BOTH },
		{ CONF_DECIDE_ALL, BOTH, true, BOTH },
		{ CONF_DECIDE_ALL, DECIDE_INET, true, DECIDE_INET },
		{ CONF_DECIDE_ALL, DECIDE_INET6, true, DECIDE_INET6 },
		/* a backup without IPv6 is judged by IPv4 */
		{ CONF_DECIDE_INET6, BOTH, false, DECIDE_INET },
		{ CONF_DECIDE_ANY, BOTH, false, DECIDE_INET },
		{ CONF_DECIDE_ALL, BOTH, false, DECIDE_INET },
		/* and one with targets of one family only, by that */
		{ CONF_DECIDE_INET, DECIDE_INET6, true, DECIDE_INET6 },
		{ CONF_DECIDE_INET6, DECIDE_INET6, false, DECIDE_INET6 },
		{ CONF_DECIDE_INET6, DECIDE_INET, true, DECIDE_INET },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(
		    decide_families(all[i].policy, all[i].probed, all[i].inet6),
		    all[i].families);
}

static uint32_t
a_round(struct decide *d, enum family f, uint32_t verdict, int64_t ms)
{
	return decide_round(
	    d, &rule, f, verdict, (struct monotime){ 1 + ms * 1000000 });
}

/* Dead for hours, IPv6 has no voice; then IPv4 needs its own two rounds. */
static void
test_any_long_dead(void **state)
{
	struct decide d = { 0 };
	int64_t ms = 0;
	int i;

	(void)state;
	setup_rule(CONF_DECIDE_ANY, 1);
	for (i = 0; i < 5000; i++, ms += ROUND_MS) {
		assert_int_equal(
		    a_round(&d, FAMILY_INET, MSG_GOOD, ms), MSG_GOOD);
		assert_int_equal(
		    a_round(&d, FAMILY_INET6, MSG_BAD, ms), MSG_VOID);
	}
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_BAD, ms), MSG_BAD);
	assert_int_equal(decide_bad(&d, &rule), 1);
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_BAD, ms), MSG_VOID);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_BAD, ms), MSG_BAD);
	assert_int_equal(decide_bad(&d, &rule), 2);
}

/* Down by one family, and then by the other: told of on and on. */
static void
test_all_in_turn(void **state)
{
	struct decide d = { 0 };
	int i;

	(void)state;
	setup_rule(CONF_DECIDE_ALL, 1);
	for (i = 0; i < 5; i++)
		assert_int_equal(a_round(&d, FAMILY_INET, MSG_BAD, 0), MSG_BAD);
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_BAD, 0), MSG_BAD);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_GOOD, 0), MSG_VOID);
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_BAD, 0), MSG_BAD);
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_GOOD, 0), MSG_GOOD);
}

/* A verdict that is old and not renewed is none: unknown moves nothing. */
static void
test_stale(void **state)
{
	struct decide d = { 0 };
	int64_t ms = 0;
	int i;

	(void)state;
	setup_rule(CONF_DECIDE_ANY, 1);
	a_round(&d, FAMILY_INET6, MSG_BAD, ms);
	for (i = 0; i < 20; i++, ms += ROUND_MS)
		a_round(&d, FAMILY_INET, MSG_GOOD, ms);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_BAD, ms), MSG_VOID);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_BAD, ms), MSG_VOID);
	/* nor is the next one in a row with it */
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_BAD, ms), MSG_BAD);
	assert_int_equal(decide_bad(&d, &rule), 1);
}

/* Long ago, but the other family was as silent: a pause is of both. */
static void
test_pause(void **state)
{
	struct decide d = { 0 };
	int64_t ms = 0;
	int i;

	(void)state;
	setup_rule(CONF_DECIDE_ANY, 0);
	for (i = 0; i < 20; i++, ms += ROUND_MS) {
		a_round(&d, FAMILY_INET, MSG_GOOD, ms);
		a_round(&d, FAMILY_INET6, MSG_BAD, ms);
	}
	for (ms += 3600 * 1000, i = 0; i < DECIDE_STALE_ROUNDS; i++)
		assert_int_equal(
		    a_round(&d, FAMILY_INET, MSG_BAD, ms), MSG_BAD);
}

/* An uplink that has changed: what the other family said is of the old one. */
static void
test_changed(void **state)
{
	struct decide d = { 0 };

	(void)state;
	setup_rule(CONF_DECIDE_ALL, 0);
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_GOOD, 0), MSG_VOID);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_GOOD, 0), MSG_GOOD);
	decide_forget(&d, FAMILY_INET6);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_GOOD, 0), MSG_VOID);
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_GOOD, 0), MSG_GOOD);
	a_round(&d, FAMILY_INET6, MSG_BAD, 0);
	assert_int_equal(decide_bad(&d, &rule), 1);
	decide_forget(&d, FAMILY_INET6);
	assert_int_equal(decide_bad(&d, &rule), 0);

	setup_rule(CONF_DECIDE_ANY, 0);
	memset(&d, 0, sizeof(d));
	a_round(&d, FAMILY_INET6, MSG_BAD, 0);
	decide_forget(&d, FAMILY_INET6);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_CONGESTED, 0), MSG_VOID);
	assert_int_equal(a_round(&d, FAMILY_INET, MSG_BAD, 0), MSG_VOID);
	assert_int_equal(a_round(&d, FAMILY_INET6, MSG_BAD, 0), MSG_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_any_long_dead),
		cmocka_unit_test(test_all_in_turn),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
