/* SPDX-License-Identifier: ISC */
/*
 * When a backup is drilled, and what its drills have shown so far.  Nothing
 * here reads a clock; without one there is no schedule.
 */
#ifndef PARENT_DRILL_H
#define PARENT_DRILL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"

#define DRILL_SAMPLES 40
/* A drill at a time of the day may begin so much later; else another day. */
#define DRILL_WINDOW_S (CONF_DRILL_WINDOW_MIN * 60)
/* Fewer say nothing of their spread. */
#define DRILL_SAMPLES_MIN 10

struct drill_past {
	int64_t last_s; /* wall clock; without one done: since when it waits */
	uint32_t done; /* there was one, and the next ones are its */
	uint32_t ok;
	uint32_t dial_ms; /* until the call was answered, or the hook ended */
	uint32_t negotiate_ms; /* until the link had an address */
	uint32_t prove_ms;
	uint32_t ready_ms; /* all of that */
	uint32_t mtu; /* of the path, 0: unknown */
	uint32_t kbps; /* roughly, 0: unknown */
	uint32_t slow_told; /* that it takes longer than it did */
	uint32_t n;
	uint32_t sample[DRILL_SAMPLES]; /* ready_ms, the oldest first */
};

/*
 * When the next one is due by the wall clock, which may have come; 0: there
 * is no schedule, or it is not known what time it is (now_s 0).  offset_s:
 * this site's part of the spread.
 */
int64_t drill_due(const struct conf_drill *, const struct drill_past *,
    int64_t now_s, uint32_t offset_s);
/* The same for the same site and backup, and another one elsewhere. */
uint32_t drill_offset(
    const struct conf_drill *, const void *site, size_t len, const char *label);

void drill_sample(struct drill_past *, uint32_t ready_ms);
/* The p95 of the older half of the samples, and of the newer one. */
bool drill_p95(const struct drill_past *, uint32_t *was, uint32_t *is);
/* Of all samples; 0: there are none. */
void drill_spread(const struct drill_past *, uint32_t *p50, uint32_t *p95);

/* What a path could carry: "950 kbit/s", "14.0 Mbit/s". */
#define DRILL_RATE_LEN 24
const char *drill_rate(char text[DRILL_RATE_LEN], uint32_t kbps);

#endif
