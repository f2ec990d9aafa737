/* SPDX-License-Identifier: ISC */
/*
 * What a backup has cost in this period, against what it may.  Nothing here
 * reads a clock.  The wall clock only says when a period begins and which
 * hours it is; one that is not set, or was just set, begins no period, so a
 * start in 1970 and a step by years roll nothing over.
 */
#ifndef PARENT_BUDGET_H
#define PARENT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"

/* So long the clock must have gone evenly before it begins a new period. */
#define BUDGET_STEADY_MS (60 * 60 * 1000)
/* By so much in one go it was set, and did not go. */
#define BUDGET_STEP_MS (2 * 60 * 1000)

struct budget {
	int64_t since_s; /* wall clock, when the period began; 0: unknown */
	uint64_t used[CONF_COSTS];
	uint64_t granted[CONF_COSTS]; /* more for this period */
	uint32_t told[CONF_COSTS]; /* per cent of the last alarm */
};

/* What is remembered of the wall clock between two looks at it. */
struct budget_clock {
	struct monotime seen;
	int64_t wall_s; /* 0: it was not set */
	struct monotime steady; /* since then; invalid: it is not set */
};

/*
 * Look at the clock, now and then (wall_s 0: not set); true if it has gone
 * evenly for long enough to be believed.
 */
bool budget_clock_look(
    struct budget_clock *, struct monotime now, int64_t wall_s);

/* When the period that this moment lies in began, by local time. */
int64_t budget_began(const struct conf_budget *, int64_t wall_s);

/* When that period ends. */
int64_t budget_ends(const struct conf_budget *, int64_t wall_s);

/*
 * True if a new period has begun, and nothing is used of it.  Else all that
 * was counted stays, also when the clock has gone back.
 */
bool budget_roll(
    struct budget *, const struct conf_budget *, int64_t wall_s, bool steady);

void budget_use(struct budget *, enum conf_cost, uint64_t n);
/* Once, for this period. */
void budget_grant(struct budget *, enum conf_cost, uint64_t n);

/* With what was granted; 0: there is no limit. */
uint64_t budget_limit(
    const struct budget *, const struct conf_budget *, enum conf_cost);
/* Of the limit, at most 999; 0 without one. */
uint32_t budget_percent(
    const struct budget *, const struct conf_budget *, enum conf_cost);
/* 75, 90 or 100: reached, and not told before; else 0. */
uint32_t budget_alarm(
    struct budget *, const struct conf_budget *, enum conf_cost);
/* The first of all that is used up, or CONF_COSTS. */
enum conf_cost budget_used_up(
    const struct budget *, const struct conf_budget *);

/* May a call be placed at that hour?  wall_s 0: unknown, so it may. */
bool budget_hours(const struct conf_hours *, int64_t wall_s);
/* The first minute from then on in which it may; 0: there is none. */
int64_t budget_opens(const struct conf_hours *, int64_t wall_s);

#endif
