/* SPDX-License-Identifier: ISC */
/*
 * What dialfaild -nv says of a backup's budget, hours and drills: how much of
 * the budget standing by and drills take, what outage the rest carries, what
 * follows when it is used up, and drills that will never be due.
 */
#include <stdio.h>

#include "common/conf_int.h"

#define DAY_MS (24 * 60 * 60 * 1000.0)

struct period {
	double ms;
	const char *name;
};

static struct period
period_of(const struct conf_budget *b)
{
	if (b->period == CONF_DAILY)
		return (struct period){ DAY_MS, "a day" };
	if (b->period == CONF_WEEKLY)
		return (struct period){ CONF_WEEK_DAYS * DAY_MS, "a week" };
	return (struct period){ (double)CONF_MONTH_MS, "a month" };
}

static double
drills_in(const struct conf_uplink *u, double ms)
{
	return u->drill.every_ms == 0 ? 0 : ms / u->drill.every_ms;
}

/* A hot one is up already. */
static double
drill_calls_in(const struct conf_uplink *u, double ms)
{
	return conf_dialled(u) && u->hot_ms == 0 ? drills_in(u, ms) : 0;
}

/* It is up while it stands by: hellos go out by it, too. */
static bool
stands_by(const struct conf_uplink *u)
{
	return u->role == CONF_BACKUP && (!conf_dialled(u) || u->hot_ms != 0);
}

/* Standing by and drills, while there is no outage. */
static double
idle_octets_in(const struct conf *conf, const struct conf_uplink *u, double ms)
{
	double month = 0;

	if (u->hot_ms != 0)
		month += conf_hot_octets(u);
	if (stands_by(u))
		month += conf_hello_octets(conf, u, CONF_STANDING_BY);
	return month * ms / (double)CONF_MONTH_MS +
	       drills_in(u, ms) * (double)conf_drill_octets(u);
}

static void
print_minutes(double minutes, FILE *f)
{
	char buf[CONF_ROUNDED_LEN];

	if (minutes < 60)
		fprintf(f, "%s min", conf_rounded(minutes, buf));
	else
		fprintf(f, "%s h", conf_rounded(minutes / 60, buf));
}

static void
print_time(const struct conf_uplink *u, const struct period *p, FILE *f)
{
	uint64_t ms = u->budget.limit[CONF_COST_TIME];
	double drills = drill_calls_in(u, p->ms) * (double)conf_drill_ms(u);
	char time[CONF_DURATION_LEN];

	if (ms == 0)
		return;
	conf_spaced((uint32_t)ms, time);
	if (conf_dialled(u) && u->hot_ms != 0 && (double)ms < p->ms)
		fprintf(f, "# %s stands by hot: its time %s is over after %s\n",
		    u->label, p->name, time);
	else if (drills <= 0)
		fprintf(f, "# the time of %s carries %s of outage %s\n",
		    u->label, time, p->name);
	else if (drills >= (double)ms)
		fprintf(f, "# slow drills alone use up the %s %s of %s\n", time,
		    p->name, u->label);
	else {
		fprintf(f, "# the time of %s carries ", u->label);
		print_minutes(((double)ms - drills) / 60e3, f);
		fprintf(f, " of outage %s, beside up to ", p->name);
		print_minutes(drills / 60e3, f);
		fprintf(f, " of drills\n");
	}
}

static void
print_bytes(const struct conf *conf, const struct conf_uplink *u,
    const struct period *p, FILE *f)
{
	double limit = (double)u->budget.limit[CONF_COST_BYTES];
	double idle = idle_octets_in(conf, u, p->ms);
	char all[CONF_ROUNDED_LEN], used[CONF_ROUNDED_LEN];

	if (limit <= 0)
		return;
	conf_rounded(limit / 1e6, all);
	if (idle >= limit) {
		fprintf(f,
		    "# standing by and drills alone use up the %s MB %s of %s "
		    "in %s h\n",
		    all, p->name, u->label,
		    conf_rounded(limit / idle * p->ms / 3600e3, used));
		return;
	}
	fprintf(f, "# the %s MB %s of %s carry ", all, p->name, u->label);
	/* at 1 Mbit/s */
	print_minutes((limit - idle) * 8 / 1e6 / 60, f);
	fprintf(f, " of outage at 1 Mbit/s");
	if (idle > 0)
		fprintf(f, ", beside %s MB for standing by and drills",
		    conf_rounded(idle / 1e6, used));
	fputc('\n', f);
}

static void
print_dials(const struct conf_uplink *u, const struct period *p, FILE *f)
{
	uint64_t limit = u->budget.limit[CONF_COST_DIALS];
	double drills = drill_calls_in(u, p->ms);
	char buf[CONF_ROUNDED_LEN];

	if (limit == 0 || drills <= 0)
		return;
	if (drills >= (double)limit)
		fprintf(f, "# drills alone use up");
	else
		fprintf(f, "# drills take %s of", conf_rounded(drills, buf));
	fprintf(
	    f, " the %u calls %s of %s\n", (uint32_t)limit, p->name, u->label);
}

static void
print_budget(const struct conf *conf, const struct conf_uplink *u, FILE *f)
{
	struct period p = period_of(&u->budget);

	if (!conf_budgeted(&u->budget))
		return;
	print_time(u, &p, f);
	print_bytes(conf, u, &p, f);
	print_dials(u, &p, f);
	fprintf(f, "# when its budget is used up, %s %s\n", u->label,
	    u->budget.refuse
		? "is used for no new call, not even if nothing else is left"
		: "goes on, and that is told");
}

/* Is it ever due within its hours, at a site that begins it so much later? */
static bool
ever_due(const struct conf_uplink *u, uint32_t offset)
{
	uint32_t day, minute, at = u->drill.at + offset;

	for (day = 0; day < CONF_WEEK_DAYS; day++)
		for (minute = at; minute < at + CONF_DRILL_WINDOW_MIN; minute++)
			if (conf_hours_allow(&u->hours,
				(day + minute / CONF_DAY_MINUTES) %
				    CONF_WEEK_DAYS,
				minute % CONF_DAY_MINUTES))
				return true;
	return false;
}

static void
print_hours(const struct conf_uplink *u, FILE *f)
{
	uint32_t offset, never = 0;
	uint32_t offsets = u->drill.spread_ms / 60000 + 1;

	if (u->hours.nspans == 0)
		return;
	fprintf(f, "# outside its hours %s is used for no new call%s\n",
	    u->label, u->hot_ms != 0 ? ", nor kept up" : "");
	if (u->drill.every_ms == 0 || !u->drill.timed)
		return;
	for (offset = 0; offset < offsets; offset++)
		never += !ever_due(u, offset);
	if (never > 0)
		fprintf(f,
		    "# its drill at %02u:%02u lies outside its hours: %s\n",
		    u->drill.at / 60, u->drill.at % 60,
		    never == offsets ? "it is never drilled"
				     : "some sites never drill it");
}

static void
print_drills(const struct conf_uplink *u, FILE *f)
{
	char times[CONF_ROUNDED_LEN], octets[CONF_ROUNDED_LEN];
	double n = drills_in(u, (double)CONF_MONTH_MS);

	if (u->drill.every_ms == 0)
		return;
	fprintf(f,
	    "# drills %s %s times a month, which costs about %s MB of IP%s\n",
	    u->label, conf_rounded(n, times),
	    conf_rounded(n * (double)conf_drill_octets(u) / 1e6, octets),
	    conf_dialled(u) && u->hot_ms == 0 ? " and as many calls" : "");
}

/* By the active one the mapping of a NAT is held, whatever that costs. */
void
conf_print_hellos(const struct conf *conf, const struct conf_uplink *u, FILE *f)
{
	double nat = conf_hello_octets(conf, u, CONF_BEHIND_NAT) /
		     ((double)CONF_MONTH_MS / DAY_MS);
	char a[CONF_ROUNDED_LEN], b[CONF_ROUNDED_LEN];

	if (!u->metered || nat <= 0)
		return;
	fprintf(f, "# hellos to peers by %s:", u->label);
	if (stands_by(u))
		fprintf(f, " about %s MB of IP a month while it stands by,",
		    conf_rounded(
			conf_hello_octets(conf, u, CONF_STANDING_BY) / 1e6, a));
	fprintf(f, " %s MB a day while it is used behind NAT\n",
	    conf_rounded(nat / 1e6, b));
}

void
conf_print_afford(const struct conf *conf, const struct conf_uplink *u, FILE *f)
{
	print_drills(u, f);
	conf_print_hellos(conf, u, f);
	print_budget(conf, u, f);
	print_hours(u, f);
}
