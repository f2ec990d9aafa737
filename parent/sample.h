/* SPDX-License-Identifier: ISC */
/*
 * Rounds of probes as they are kept for reports and replays: rounds in a row
 * that are alike become one sample, of a minute at most, so that a quiet line
 * costs little.  A line of text each:
 *
 *	T uplink backup target inet6 near name
 *	R time span uplink family verdict cause rounds { received lost rtt }
 *
 * T names a target before R lines have it at that place; time is the wall
 * clock and span the length, in ms, rtt the average in microseconds.
 */
#ifndef PARENT_SAMPLE_H
#define PARENT_SAMPLE_H

#include <stdint.h>
#include <stdio.h>

#include "common/conf.h"
#include "common/msg.h"
#include "parent/target.h"

#define SAMPLE_SPAN_MS  60000
#define SAMPLE_LINE_MAX 1024 /* with its end */

struct sample_target {
	char uplink[CONF_LABEL_LEN];
	uint32_t backup; /* not the primary's */
	uint32_t target; /* its place in rounds */
	uint32_t family; /* enum family */
	uint32_t near;
	char name[TARGET_NAME_LEN];
};

struct sample {
	char uplink[CONF_LABEL_LEN];
	int64_t began_ms; /* wall clock */
	uint32_t span_ms; /* to the end of the last round */
	uint32_t family; /* enum family */
	uint32_t verdict; /* enum msg_verdict */
	uint32_t cause; /* enum msg_cause, of a bad or congested one */
	uint32_t rounds;
	uint32_t ntargets;
	struct {
		uint32_t received; /* of all its rounds */
		uint32_t lost;
		uint32_t rtt_us; /* 0: no answer */
	} target[CONF_TARGETS_MAX];
};

/* One round that began at this time of the wall clock. */
void sample_of_round(struct sample *, const struct msg_round *,
    const char *uplink, int64_t began_ms);
/* Make the second a part of the first; 0: they differ, or it is too long. */
int sample_merge(struct sample *, const struct sample *);

void sample_print(FILE *, const struct sample *);
void sample_print_target(FILE *, const struct sample_target *);
/* A line without its end: 0, or -1: it is none, or out of range. */
int sample_parse(const char *, struct sample *);
int sample_parse_target(const char *, struct sample_target *);

extern const char *const sample_verdicts[]; /* by enum msg_verdict */

#endif
