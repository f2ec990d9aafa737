/* SPDX-License-Identifier: ISC */
/*
 * What is known of a target's answers: totals, and loss and round-trip times
 * (with their percentiles) of the last five minutes.  No I/O, no clock.
 */
#ifndef PROBER_STATS_H
#define PROBER_STATS_H

#include <stdint.h>

#include "common/monotime.h"
#include "common/msg.h"

#define STATS_WINDOW_MS (5 * 60 * 1000)
#define STATS_SAMPLES   1024 /* at most; more than that shorten the window */

struct stats_sample {
	struct monotime at;
	int64_t rtt_ns; /* 0: no answer in time, or not yet */
	uint16_t seq;
};

/* One of zeros knows nothing yet. */
struct stats {
	uint64_t sent;
	uint64_t received;
	uint64_t late;
	int64_t rtt_last_ns;
	struct histogram rtt;
	uint32_t next; /* sample to be overwritten */
	struct stats_sample sample[STATS_SAMPLES];
};

void stats_sent(struct stats *, uint16_t seq, struct monotime now);
/* An answer would not be seen: the probe says nothing. */
void stats_forget(struct stats *, uint16_t seq);
/* rtt_ns at least 1; in_time: 0 counts as lost, and as late. */
void stats_answer(struct stats *, uint16_t seq, int64_t rtt_ns, int in_time);
/* Probes younger than open_ms and unanswered are not lost yet. */
void stats_report(const struct stats *, struct monotime now, int64_t open_ms,
    struct msg_stats *);
/* Of the last n probes that were not forgotten or open: answered, and lost. */
void stats_last(const struct stats *, struct monotime now, int64_t open_ms,
    uint32_t n, uint32_t *answered, uint32_t *lost);

#endif
