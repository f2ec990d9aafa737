/* SPDX-License-Identifier: ISC */
/*
 * How long things took, as counts for the metrics; bounds fit a round
 * trip, a change of routes and a telephone call.
 */
#ifndef COMMON_HISTOGRAM_H
#define COMMON_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 11

extern const int64_t histogram_bound_us[HISTOGRAM_BOUNDS];

struct histogram {
	uint64_t bucket[HISTOGRAM_BOUNDS + 1]; /* the last: beyond all */
	uint64_t sum_us;
};

void histogram_add(struct histogram *, int64_t us);
uint64_t histogram_count(const struct histogram *);

#endif
