/* SPDX-License-Identifier: ISC */
/* What a backup has cost and may, and its drills, as text and as JSON. */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "parent/ctl_output.h"
#include "parent/drill.h"
#include "parent/json.h"

/* "0:14 of 10:00 h", "12 of 500 MB", "1 of 30 dials" */
static void
cost(char *buf, size_t size, const struct ctl_budget *b, enum conf_cost c)
{
	uint64_t used = b->used[c], limit = b->limit[c];

	if (c == CONF_COST_TIME)
		snprintf(buf, size,
		    "%" PRIu64 ":%02" PRIu64 " of %" PRIu64 ":%02" PRIu64 " h",
		    used / 3600000, used / 60000 % 60, limit / 3600000,
		    limit / 60000 % 60);
	else if (c == CONF_COST_BYTES)
		snprintf(buf, size, "%.1f of %.1f MB", (double)used / 1e6,
		    (double)limit / 1e6);
	else
		snprintf(
		    buf, size, "%" PRIu64 " of %" PRIu64 " dials", used, limit);
}

static void
budget(FILE *f, const struct ctl_budget *b)
{
	time_t since = (time_t)(b->since_ns / 1000000000);
	char text[256] = "", one[80];
	const char *comma = "";
	struct tm tm;
	uint32_t i;

	if (b->since_ns != 0 && localtime_r(&since, &tm) != NULL)
		strftime(text, sizeof(text), "since %e %b: ", &tm);
	for (i = 0; i < CONF_COSTS; i++) {
		if (b->limit[i] == 0)
			continue;
		cost(one, sizeof(one), b, (enum conf_cost)i);
		strlcat(text, comma, sizeof(text));
		strlcat(text, one, sizeof(text));
		comma = ", ";
	}
	ctl_below(f, "budget ", text);
}

/* "Sat 21 Nov 03:41 good (8.9 s, MTU 1500, 14.0 Mbit/s)" */
static void
drill(char *text, size_t size, const struct ctl_drill *d)
{
	time_t t = (time_t)(d->last_ns / 1000000000);
	char one[64], rate[DRILL_RATE_LEN];
	struct tm tm;

	text[0] = '\0';
	if (d->last_ns != 0 && localtime_r(&t, &tm) != NULL &&
	    strftime(one, sizeof(one), "%a %e %b %H:%M ", &tm) > 0)
		strlcat(text, one, size);
	strlcat(text, d->ok ? "good" : "FAILED", size);
	if (d->ok) {
		snprintf(one, sizeof(one), " (%.1f s", d->ready_ms / 1e3);
		strlcat(text, one, size);
		if (d->mtu != 0) {
			snprintf(one, sizeof(one), ", MTU %u", d->mtu);
			strlcat(text, one, size);
		}
		if (d->kbps != 0) {
			snprintf(one, sizeof(one), ", %s",
			    drill_rate(rate, d->kbps));
			strlcat(text, one, size);
		}
		strlcat(text, ")", size);
	}
}

/* Of several: how long it takes as a rule, and at worst. */
static void
spread(FILE *f, const struct ctl_drill *d)
{
	char text[96];

	if (d->samples < 2)
		return;
	snprintf(text, sizeof(text), "in %u drills: p50 %.1f s, p95 %.1f s",
	    d->samples, d->p50_ms / 1e3, d->p95_ms / 1e3);
	ctl_below(f, "ready ", text);
}

static void
drill_lines(FILE *f, const struct ctl_drill *d)
{
	time_t next = (time_t)(d->next_ns / 1000000000);
	char text[128];
	struct tm tm;

	if (d->going_on) {
		ctl_below(f, "drill ", "goes on");
		return;
	}
	if (d->done) {
		drill(text, sizeof(text), d);
		ctl_below(f, "drill ", text);
		spread(f, d);
	}
	if (d->next_ns != 0 && localtime_r(&next, &tm) != NULL &&
	    strftime(text, sizeof(text), "%a %e %b %H:%M", &tm) > 0)
		ctl_below(f, "next drill ", text);
}

void
ctl_cost_text(FILE *f, const struct ctl_uplink *u)
{
	if (u->budget.limited)
		budget(f, &u->budget);
	drill_lines(f, &u->drill);
	if (u->budget.barred[0] != '\0')
		ctl_below(f, "no new call: ", u->budget.barred);
}

static void
amounts(struct json *j, const char *key, uint64_t used, uint64_t limit,
    uint64_t unit)
{
	if (limit == 0) {
		json_null(j, key);
		return;
	}
	json_open(j, key, '{');
	json_int(j, "used", (int64_t)(used / unit));
	json_int(j, "limit", (int64_t)(limit / unit));
	json_int(
	    j, "left", (int64_t)(used < limit ? (limit - used) / unit : 0));
	json_close(j, '}');
}

static void
drill_json(struct json *j, const struct ctl_drill *d)
{
	if (!d->done && !d->scheduled && !d->going_on) {
		json_null(j, "drill");
		return;
	}
	json_open(j, "drill", '{');
	json_bool(j, "going_on", d->going_on != 0);
	json_time(j, "next", d->next_ns);
	json_time(j, "last", d->last_ns);
	if (!d->done) {
		json_null(j, "ok");
		json_close(j, '}');
		return;
	}
	json_bool(j, "ok", d->ok != 0);
	json_int(j, "ready_ms", d->ready_ms);
	json_int(j, "dial_ms", d->dial_ms);
	json_int(j, "negotiate_ms", d->negotiate_ms);
	json_int(j, "prove_ms", d->prove_ms);
	json_int(j, "mtu", d->mtu);
	json_int(j, "kbps", d->kbps);
	json_int(j, "samples", d->samples);
	json_int(j, "p50_ms", d->p50_ms);
	json_int(j, "p95_ms", d->p95_ms);
	json_close(j, '}');
}

void
ctl_cost_json(struct json *j, const struct ctl_uplink *u)
{
	const struct ctl_budget *b = &u->budget;

	if (!b->limited)
		json_null(j, "budget");
	else {
		json_open(j, "budget", '{');
		json_time(j, "since", b->since_ns);
		amounts(j, "time_s", b->used[CONF_COST_TIME],
		    b->limit[CONF_COST_TIME], 1000);
		amounts(j, "bytes", b->used[CONF_COST_BYTES],
		    b->limit[CONF_COST_BYTES], 1);
		amounts(j, "dials", b->used[CONF_COST_DIALS],
		    b->limit[CONF_COST_DIALS], 1);
		json_string(j, "then", b->refuse ? "refuse" : "alarm");
		json_close(j, '}');
	}
	json_string_or_null(j, "no_new_call", b->barred);
	drill_json(j, &u->drill);
}
