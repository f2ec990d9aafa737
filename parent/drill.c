/* SPDX-License-Identifier: ISC */
/* Drills: their schedule and their figures; see drill.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parent/drill.h"

#define DAY_S     86400
#define DAYS_MAX  40 /* more than any period */
#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

/* That time of the day, n days after the day that t is in. */
static int64_t
time_of_day(int64_t t, int n, uint32_t minutes)
{
	time_t day = (time_t)t;
	struct tm tm;

	if (localtime_r(&day, &tm) == NULL)
		return 0;
	tm.tm_mday += n;
	tm.tm_hour = (int)(minutes / 60);
	tm.tm_min = (int)(minutes % 60);
	tm.tm_sec = 0;
	tm.tm_isdst = -1; /* as it is then */
	return (int64_t)mktime(&tm);
}

int64_t
drill_due(const struct conf_drill *conf, const struct drill_past *past,
    int64_t now_s, uint32_t offset_s)
{
	int64_t every_s = conf->every_ms / 1000, first, at;
	int n;

	if (every_s == 0 || now_s == 0 || past->last_s == 0)
		return 0;
	if (!conf->timed)
		return past->last_s + every_s + (past->done ? 0 : offset_s);
	/* one that was late does not make the next one late, too */
	first = past->done ? past->last_s + every_s - DAY_S / 2 : past->last_s;
	if (first < now_s - DRILL_WINDOW_S)
		first = now_s - DRILL_WINDOW_S;
	for (n = -1; n < DAYS_MAX; n++) {
		at = time_of_day(first, n, conf->at) + offset_s;
		if (at >= first && at + DRILL_WINDOW_S > now_s)
			return at;
	}
	return 0;
}

static uint64_t
hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len-- > 0)
		h = (h ^ *p++) * FNV_PRIME;
	return h;
}

uint32_t
drill_offset(const struct conf_drill *conf, const void *site, size_t len,
    const char *label)
{
	uint64_t h = hash(FNV_BASIS, site, len);

	h = hash(h, label, strlen(label));
	/* its low bits are mixed worst */
	return (uint32_t)((h >> 20) % (conf->spread_ms / 1000 + 1));
}

void
drill_sample(struct drill_past *past, uint32_t ready_ms)
{
	if (past->n == DRILL_SAMPLES) {
		past->n--;
		memmove(past->sample, past->sample + 1,
		    past->n * sizeof(past->sample[0]));
	}
	past->sample[past->n++] = ready_ms;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* By nearest rank. */
static uint32_t
percentile(const uint32_t *sample, uint32_t n, uint32_t percent)
{
	uint32_t sorted[DRILL_SAMPLES];

	memcpy(sorted, sample, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return sorted[(n * percent + 99) / 100 - 1];
}

bool
drill_p95(const struct drill_past *past, uint32_t *was, uint32_t *is)
{
	uint32_t half = past->n / 2;

	if (past->n < DRILL_SAMPLES_MIN)
		return false;
	*was = percentile(past->sample, half, 95);
	*is = percentile(past->sample + half, past->n - half, 95);
	return true;
}

void
drill_spread(const struct drill_past *past, uint32_t *p50, uint32_t *p95)
{
	*p50 = *p95 = 0;
	if (past->n == 0)
		return;
	*p50 = percentile(past->sample, past->n, 50);
	*p95 = percentile(past->sample, past->n, 95);
}

const char *
drill_rate(char text[DRILL_RATE_LEN], uint32_t kbps)
{
	if (kbps < 1000)
		snprintf(text, DRILL_RATE_LEN, "%u kbit/s", kbps);
	else
		snprintf(text, DRILL_RATE_LEN, "%.1f Mbit/s", kbps / 1e3);
	return text;
}
