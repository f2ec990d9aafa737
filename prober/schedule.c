/* SPDX-License-Identifier: ISC */
/* When the next round is due; see schedule.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/schedule.h"

#define PURSE_PART 32 /* of the budget is what the purse can hold */

void
schedule_init(struct schedule *s, const struct conf_uplink *conf,
    enum family family, struct monotime now)
{
	double budget = conf_family_budget(conf);
	uint32_t n = conf_family_targets(conf, family);

	memset(s, 0, sizeof(*s));
	s->conf = conf;
	s->delay_ms = conf_delay_ms(conf, family);
	s->due = now;
	s->cost = (double)conf_round_octets(conf, family);
	/* all targets are probed as often */
	s->probe = s->cost / (n * conf_quorum_need(
				      &conf->probe.success, conf->probe.count));
	s->worst = s->probe * n * conf->probe.count;
	s->purse = s->size = budget / PURSE_PART;
	s->per_ms = (budget - s->size) / (double)CONF_MONTH_MS;
	s->filled = now;
}

bool
schedule_listens(const struct schedule *s)
{
	return s->size > 0;
}

static void
fill(struct schedule *s, struct monotime now)
{
	s->purse +=
	    s->per_ms * (double)monotime_sub(now, s->filled) / 1000000.0;
	if (s->purse > s->size)
		s->purse = s->size;
	s->filled = now;
}

void
schedule_sent(struct schedule *s)
{
	s->paid += s->probe;
	s->purse -= s->probe;
	if (s->purse < -s->size)
		s->purse = -s->size;
}

/* The delay, or until the purse holds what is kept and a round. */
static int64_t
affordable_ms(const struct schedule *s)
{
	double missing, ms = s->delay_ms;

	if (ms < s->every_ms)
		ms = s->every_ms;
	if (!schedule_listens(s))
		return (int64_t)ms;
	missing = s->size / 2 + s->cost - s->purse;
	if (missing > ms * s->per_ms)
		ms = missing / s->per_ms;
	if (ms > 2.0 * s->delay_ms)
		ms = 2.0 * s->delay_ms;
	return (int64_t)ms;
}

static int64_t
pause_ms(const struct schedule *s, const struct msg_round *r, bool burst)
{
	if (burst || (r->verdict == MSG_BAD && s->bad <= s->conf->probe.retry))
		return 0;
	/* what said nothing is asked again, if that can be paid */
	if ((r->verdict == MSG_VOID || r->verdict == MSG_CONGESTED) &&
	    (!schedule_listens(s) || s->purse >= s->worst))
		return s->conf->probe.delay_ms;
	return affordable_ms(s);
}

void
schedule_round(struct schedule *s, const struct msg_round *r, bool burst,
    struct monotime now)
{
	struct monotime from = now;
	int64_t pause;

	fill(s, now);
	if (r->verdict == MSG_BAD)
		s->bad++;
	else if (r->verdict == MSG_GOOD)
		s->bad = 0;
	if (r->verdict == MSG_GOOD && s->paid > 0)
		s->cost = s->paid;
	s->paid = 0;
	pause = pause_ms(s, r, burst);
	if (pause < CONF_QUICK_MS &&
	    r->ended_ns - r->began_ns < CONF_QUICK_MS * INT64_C(1000000))
		pause = CONF_QUICK_MS;
	/* we may have taken the answer that made it good later than it came */
	if (r->verdict == MSG_GOOD && r->last_answer_ns > r->began_ns)
		from = monotime_from_ns(r->last_answer_ns);
	s->due = monotime_add_ms(from, pause);
	s->looked = now;
}

void
schedule_every(struct schedule *s, uint32_t ms)
{
	s->every_ms = ms;
}

void
schedule_hurry(struct schedule *s, struct monotime now)
{
	s->due = now;
}

bool
schedule_look(struct schedule *s, struct monotime life, struct monotime now,
    struct monotime *next)
{
	bool alive = monotime_cmp(life, s->looked) > 0, silent;

	*next = s->due;
	if (monotime_cmp(s->due, now) <= 0)
		return true;
	if (!schedule_listens(s))
		return false;
	if (monotime_ms_between(s->looked, now) >= s->conf->probe.timeout_ms) {
		silent = s->busy && !alive;
		s->busy = alive;
		s->looked = now;
		fill(s, now);
		if (silent && s->purse >= s->worst)
			return true;
	}
	*next = monotime_add_ms(s->looked, s->conf->probe.timeout_ms);
	if (monotime_cmp(s->due, *next) < 0)
		*next = s->due;
	return false;
}
