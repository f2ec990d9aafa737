/* SPDX-License-Identifier: ISC */
/*
 * What a backup may cost, when it may be used, and when it is tested: the
 * words, what is valid of them, and how they are printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

#define DAY_MS   86400000U
#define ALL_DAYS ((1U << CONF_WEEK_DAYS) - 1)

const char *const conf_cost_words[] = {
	[CONF_COST_TIME] = "time",
	[CONF_COST_BYTES] = "bytes",
	[CONF_COST_DIALS] = "dials",
};

/* As struct tm counts them. */
static const char *const days[CONF_WEEK_DAYS] = { "sun", "mon", "tue", "wed",
	"thu", "fri", "sat" };

bool
conf_budgeted(const struct conf_budget *b)
{
	uint32_t i;

	for (i = 0; i < CONF_COSTS; i++)
		if (b->limit[i] != 0)
			return true;
	return false;
}

void
conf_build_limit(
    struct conf_build *b, enum conf_cost cost, const struct conf_text *text)
{
	uint64_t *limit = &conf_build_uplink(b)->budget.limit[cost];
	uint32_t n = 0;

	if (cost == CONF_COST_BYTES) {
		conf_build_size(b, CONF_S_BYTES, limit, text);
		return;
	}
	conf_build_number(b,
	    cost == CONF_COST_TIME ? CONF_F_BUDGET_TIME : CONF_F_DIALS, &n,
	    text);
	*limit = n;
}

/* "08:00", which ends there; the minute of the day, or -1. */
static int
minute(const char *s, const char **end)
{
	unsigned int h, m;
	int n = 0;

	if (strspn(s, "0123456789") != 2 || s[2] != ':' ||
	    strspn(s + 3, "0123456789") != 2 ||
	    sscanf(s, "%2u:%2u%n", &h, &m, &n) != 2 || n != 5)
		return -1;
	*end = s + n;
	return h > 24 || m > 59 || (h == 24 && m > 0) ? -1 : (int)(h * 60 + m);
}

/* "mon", which ends there; its number, or -1. */
static int
weekday(const char *s, const char **end)
{
	uint32_t i;

	for (i = 0; i < CONF_WEEK_DAYS; i++)
		if (strncmp(s, days[i], 3) == 0) {
			*end = s + 3;
			return (int)i;
		}
	return -1;
}

/* "mon-fri,sun": bits of days; 0: it is none. */
static uint32_t
weekdays(const char *s, const char **end)
{
	uint32_t mask = 0;
	int from, to;

	do {
		if ((from = to = weekday(s, &s)) == -1)
			return 0;
		if (*s == '-' && (to = weekday(s + 1, &s)) == -1)
			return 0;
		for (; from != to; from = (from + 1) % (int)CONF_WEEK_DAYS)
			mask |= 1U << from;
		mask |= 1U << to;
	} while (*s == ',' && s++ != NULL);
	*end = s;
	return mask;
}

static int
span(const char *s, struct conf_span *to)
{
	int from, until;

	to->days = ALL_DAYS;
	if (strcspn(s, "0123456789") > 0) {
		if ((to->days = weekdays(s, &s)) == 0 || *s != ' ')
			return -1;
		s += strspn(s, " ");
	}
	if ((from = minute(s, &s)) == -1 || from == (int)CONF_DAY_MINUTES ||
	    *s != '-' || (until = minute(s + 1, &s)) == -1 || *s != '\0' ||
	    until == 0 || until == from)
		return -1;
	to->from = (uint32_t)from;
	to->to = (uint32_t)until;
	return 0;
}

static bool
on_day(const struct conf_span *s, uint32_t day)
{
	return (s->days & 1u << day) != 0;
}

bool
conf_hours_allow(const struct conf_hours *h, uint32_t day, uint32_t minute)
{
	uint32_t before = (day + CONF_WEEK_DAYS - 1) % CONF_WEEK_DAYS, i;
	const struct conf_span *s;

	for (i = 0; i < h->nspans; i++) {
		s = &h->span[i];
		if (s->from < s->to
			? on_day(s, day) && minute >= s->from && minute < s->to
			: (on_day(s, day) && minute >= s->from) ||
			      (on_day(s, before) && minute < s->to))
			return true;
	}
	return h->nspans == 0;
}

void
conf_build_hours(struct conf_build *b, const struct conf_text *text)
{
	struct conf_hours *h = &conf_build_uplink(b)->hours;

	if (h->nspans == CONF_SPANS_MAX)
		conf_src_error(b->src, text, "more than %d spans of hours",
		    CONF_SPANS_MAX);
	else if (span(text->s, &h->span[h->nspans]) == -1)
		conf_src_error(b->src, text,
		    "\"%s\" are not hours, such as \"08:00-18:00\", "
		    "\"mon-fri 08:00-18:00\" or \"fri,sat 22:00-06:00\"",
		    text->s);
	else
		h->nspans++;
}

void
conf_build_period(struct conf_build *b, enum conf_period period,
    const struct conf_text *word, const struct conf_text *day)
{
	struct conf_text *before = &b->uplink[b->now].period;
	struct conf_budget *budget = &conf_build_uplink(b)->budget;
	const char *end = "";
	int n;

	if (before->s != NULL && budget->period != period)
		conf_src_error(b->src, word, "either %s or %s, not both",
		    before->s, word->s);
	*before = *word;
	budget->period = period;
	if (period == CONF_MONTHLY)
		conf_build_number(b, CONF_F_MONTHLY, &budget->day, day);
	else if (period == CONF_DAILY)
		budget->day = 0;
	else if ((n = weekday(day->s, &end)) != -1 && *end == '\0')
		budget->day = (uint32_t)n;
	else
		conf_src_error(b->src, day,
		    "weekly \"%s\" is not a day of the week, such as mon",
		    day->s);
}

void
conf_build_drill(struct conf_build *b, const struct conf_text *every,
    const struct conf_text *at, const struct conf_text *spread)
{
	struct conf_drill *d = &conf_build_uplink(b)->drill;
	const char *end = "";
	int m;

	conf_build_number(b, CONF_F_DRILL, &d->every_ms, every);
	if (spread->s != NULL)
		conf_build_number(b, CONF_F_SPREAD, &d->spread_ms, spread);
	if (at->s == NULL)
		return;
	if ((m = minute(at->s, &end)) == -1 || *end != '\0' ||
	    m == (int)CONF_DAY_MINUTES)
		conf_src_error(b->src, at,
		    "at \"%s\" is not a time of the day, such as 03:30", at->s);
	else if (d->every_ms % DAY_MS != 0)
		conf_src_error(b->src, every,
		    "at a time of the day is every 1d, or some of them");
	else {
		d->timed = 1;
		d->at = (uint32_t)m;
	}
}

void
conf_build_cost_end(struct conf_build *b)
{
	const struct conf_uplink_build *ub = &b->uplink[b->now];
	struct conf_uplink *u = conf_build_uplink(b);

	if (ub->budget.s == NULL)
		return;
	if (!conf_budgeted(&u->budget))
		conf_src_error(b->src, &ub->budget,
		    "a budget needs a limit: time, bytes or dials");
	if (ub->dials.s != NULL && !conf_dialled(u))
		conf_src_error(b->src, &ub->dials,
		    "dials are those of a modem or a start hook");
	if (ub->period.s == NULL)
		u->budget.day = conf_range[CONF_F_MONTHLY].value;
}

static int
day_valid(const struct conf_budget *b)
{
	switch (b->period) {
	case CONF_MONTHLY:
		return conf_in_range(CONF_F_MONTHLY, b->day);
	case CONF_WEEKLY:
		return b->day < CONF_WEEK_DAYS;
	default:
		return b->period == CONF_DAILY && b->day == 0;
	}
}

static int
budget_valid(const struct conf_budget *b)
{
	static const struct conf_budget none;
	const uint64_t *limit = b->limit;

	if (!conf_budgeted(b))
		return memcmp(b, &none, sizeof(none)) == 0;
	return (limit[CONF_COST_TIME] == 0 ||
		   (limit[CONF_COST_TIME] <= UINT32_MAX &&
		       conf_in_range(CONF_F_BUDGET_TIME,
			   (uint32_t)limit[CONF_COST_TIME]))) &&
	       (limit[CONF_COST_DIALS] == 0 ||
		   (limit[CONF_COST_DIALS] <= UINT32_MAX &&
		       conf_in_range(
			   CONF_F_DIALS, (uint32_t)limit[CONF_COST_DIALS]))) &&
	       limit[CONF_COST_BYTES] <= conf_size_range[CONF_S_BYTES].max &&
	       day_valid(b) && b->refuse <= 1 && b->reserved == 0;
}

int
conf_cost_valid(const struct conf_uplink *u)
{
	const struct conf_drill *d = &u->drill;
	const struct conf_span *s;
	uint32_t i;

	if (u->role == CONF_PRIMARY &&
	    (conf_budgeted(&u->budget) || u->hours.nspans != 0 ||
		d->every_ms != 0))
		return 0;
	if (!budget_valid(&u->budget) || u->hours.nspans > CONF_SPANS_MAX)
		return 0;
	for (i = 0; i < u->hours.nspans; i++) {
		s = &u->hours.span[i];
		if (s->days == 0 || s->days > ALL_DAYS ||
		    s->from >= CONF_DAY_MINUTES || s->to == 0 ||
		    s->to > CONF_DAY_MINUTES || s->from == s->to)
			return 0;
	}
	return (d->every_ms == 0 || conf_in_range(CONF_F_DRILL, d->every_ms)) &&
	       d->timed <= 1 && d->at < CONF_DAY_MINUTES &&
	       conf_in_range(CONF_F_SPREAD, d->spread_ms);
}

static void
print_budget(const struct conf_budget *b, FILE *f)
{
	char buf[CONF_SIZE_LEN], ms[CONF_DURATION_LEN];

	fprintf(f, "\tbudget {\n");
	if (b->limit[CONF_COST_TIME] != 0)
		fprintf(f, "\t\ttime %s\n",
		    conf_duration((uint32_t)b->limit[CONF_COST_TIME], ms));
	if (b->limit[CONF_COST_BYTES] != 0)
		fprintf(f, "\t\tbytes %s\n",
		    conf_size(b->limit[CONF_COST_BYTES], buf));
	if (b->limit[CONF_COST_DIALS] != 0)
		fprintf(
		    f, "\t\tdials %u\n", (uint32_t)b->limit[CONF_COST_DIALS]);
	if (b->period == CONF_MONTHLY)
		fprintf(f, "\t\tmonthly %u\n", b->day);
	else if (b->period == CONF_WEEKLY)
		fprintf(f, "\t\tweekly %s\n", days[b->day]);
	else
		fprintf(f, "\t\tdaily\n");
	fprintf(f, "\t\tthen %s\n\t}\n", b->refuse ? "refuse" : "alarm");
}

static void
print_days(uint32_t mask, FILE *f)
{
	const char *sep = "";
	uint32_t i;

	if (mask == ALL_DAYS)
		return;
	for (i = 0; i < CONF_WEEK_DAYS; i++)
		if (mask & 1U << i) {
			fprintf(f, "%s%s", sep, days[i]);
			sep = ",";
		}
	fputc(' ', f);
}

void
conf_print_cost(const struct conf_uplink *u, FILE *f)
{
	const struct conf_drill *d = &u->drill;
	char ms[CONF_DURATION_LEN];
	const struct conf_span *s;
	uint32_t i;

	if (conf_budgeted(&u->budget))
		print_budget(&u->budget, f);
	for (i = 0; i < u->hours.nspans; i++) {
		s = &u->hours.span[i];
		fprintf(f, "%s\"", i == 0 ? "\thours " : " ");
		print_days(s->days, f);
		fprintf(f, "%02u:%02u-%02u:%02u\"", s->from / 60, s->from % 60,
		    s->to / 60, s->to % 60);
	}
	if (u->hours.nspans > 0)
		fputc('\n', f);
	if (d->every_ms == 0)
		return;
	fprintf(f, "\tdrill every %s", conf_duration(d->every_ms, ms));
	if (d->timed)
		fprintf(f, " at %02u:%02u", d->at / 60, d->at % 60);
	if (d->spread_ms != 0)
		fprintf(f, " spread %s", conf_duration(d->spread_ms, ms));
	fputc('\n', f);
}
