/* SPDX-License-Identifier: ISC */
/* What a backup has cost in this period; see budget.h. */
#include <string.h>
#include <time.h>

#include "parent/budget.h"

#define PERCENT_MAX 999
#define WEEK        ((int)CONF_WEEK_DAYS)

bool
budget_clock_look(struct budget_clock *c, struct monotime now, int64_t wall_s)
{
	int64_t gone_ms = monotime_ms_between(c->seen, now), off_ms;

	off_ms = (wall_s - c->wall_s) * 1000 - gone_ms;
	if (wall_s == 0)
		c->steady = (struct monotime){ 0 };
	else if (!monotime_valid(c->steady) || off_ms > BUDGET_STEP_MS ||
		 off_ms < -BUDGET_STEP_MS)
		c->steady = now;
	c->seen = now;
	c->wall_s = wall_s;
	return monotime_valid(c->steady) &&
	       monotime_ms_between(c->steady, now) >= BUDGET_STEADY_MS;
}

/* The n-th period after the one of this moment, or 0. */
static int64_t
period(const struct conf_budget *conf, int64_t wall_s, int n)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return 0;
	if (conf->period == CONF_MONTHLY) {
		if (tm.tm_mday < (int)conf->day)
			tm.tm_mon--;
		tm.tm_mday = (int)conf->day;
		tm.tm_mon += n;
	} else if (conf->period == CONF_WEEKLY)
		tm.tm_mday +=
		    n * WEEK - (tm.tm_wday + WEEK - (int)conf->day) % WEEK;
	else
		tm.tm_mday += n;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1; /* as it was then */
	return (int64_t)mktime(&tm);
}

int64_t
budget_began(const struct conf_budget *conf, int64_t wall_s)
{
	return period(conf, wall_s, 0);
}

int64_t
budget_ends(const struct conf_budget *conf, int64_t wall_s)
{
	return period(conf, wall_s, 1);
}

bool
budget_roll(struct budget *b, const struct conf_budget *conf, int64_t wall_s,
    bool steady)
{
	int64_t began;

	if (wall_s == 0 || (began = budget_began(conf, wall_s)) <= 0 ||
	    began == b->since_s)
		return false;
	if (b->since_s == 0) {
		b->since_s = began;
		return false;
	}
	if (!steady)
		return false;
	if (began < b->since_s) { /* the clock was ahead when it was noted */
		b->since_s = began;
		return false;
	}
	memset(b, 0, sizeof(*b));
	b->since_s = began;
	return true;
}

static uint64_t
sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void
budget_use(struct budget *b, enum conf_cost cost, uint64_t n)
{
	b->used[cost] = sum(b->used[cost], n);
}

uint64_t
budget_limit(
    const struct budget *b, const struct conf_budget *conf, enum conf_cost cost)
{
	if (conf->limit[cost] == 0)
		return 0;
	return sum(conf->limit[cost], b->granted[cost]);
}

uint32_t
budget_percent(
    const struct budget *b, const struct conf_budget *conf, enum conf_cost cost)
{
	uint64_t limit = budget_limit(b, conf, cost);
	double percent;

	if (limit == 0)
		return 0;
	/* what is not quite used up is not told as 100 */
	percent = (double)b->used[cost] * 100 / (double)limit;
	if (b->used[cost] < limit && percent >= 100)
		return 99;
	return percent > PERCENT_MAX ? PERCENT_MAX : (uint32_t)percent;
}

static uint32_t
step_of(uint32_t percent)
{
	return percent >= 100  ? 100
	       : percent >= 90 ? 90
	       : percent >= 75 ? 75
			       : 0;
}

void
budget_grant(struct budget *b, enum conf_cost cost, uint64_t n)
{
	b->granted[cost] = sum(b->granted[cost], n);
}

uint32_t
budget_alarm(
    struct budget *b, const struct conf_budget *conf, enum conf_cost cost)
{
	uint32_t step = step_of(budget_percent(b, conf, cost));
	bool more = step > b->told[cost];

	b->told[cost] = step; /* after a grant it may be reached again */
	return more ? step : 0;
}

enum conf_cost
budget_used_up(const struct budget *b, const struct conf_budget *conf)
{
	uint64_t limit;
	uint32_t i;

	for (i = 0; i < CONF_COSTS; i++) {
		limit = budget_limit(b, conf, (enum conf_cost)i);
		if (limit != 0 && b->used[i] >= limit)
			break;
	}
	return (enum conf_cost)i;
}

bool
budget_hours(const struct conf_hours *h, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (wall_s == 0 || localtime_r(&t, &tm) == NULL)
		return true;
	return conf_hours_allow(
	    h, (uint32_t)tm.tm_wday, (uint32_t)(tm.tm_hour * 60 + tm.tm_min));
}

/* Each minute is looked at by itself: the clock may be put on in between. */
int64_t
budget_opens(const struct conf_hours *h, int64_t wall_s)
{
	int64_t t, end = wall_s + (WEEK + 1) * 86400;

	for (t = wall_s; t < end; t += 60 - t % 60)
		if (budget_hours(h, t))
			return t;
	return 0;
}
