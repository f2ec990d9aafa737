/* SPDX-License-Identifier: ISC */
/* How long things took; see histogram.h. */
#include <sys/types.h>

#include "common/histogram.h"

const int64_t histogram_bound_us[HISTOGRAM_BOUNDS] = { 1000, 3000, 10000, 30000,
	100000, 300000, 1000000, 3000000, 10000000, 30000000, 100000000 };

void
histogram_add(struct histogram *h, int64_t us)
{
	int i;

	for (i = 0; i < HISTOGRAM_BOUNDS && us > histogram_bound_us[i]; i++)
		;
	h->bucket[i]++;
	h->sum_us += us > 0 ? (uint64_t)us : 0;
}

uint64_t
histogram_count(const struct histogram *h)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i <= HISTOGRAM_BOUNDS; i++)
		n += h->bucket[i];
	return n;
}
