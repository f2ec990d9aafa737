/* SPDX-License-Identifier: ISC */
/*
 * Wall clock, for printing only.  A router without a battery boots in 1970
 * or at its firmware's date, so times before 2020 count as unknown.
 */
#include <time.h>

#include "common/wall.h"

#define STEADY_NS  INT64_C(1000000000)
#define SANE_SINCE INT64_C(1577836800) /* 2020-01-01T00:00:00Z */

int64_t
wall_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ts.tv_sec < SANE_SINCE)
		return 0;
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
wall_of(struct monotime t)
{
	int64_t now = wall_now();

	if (now == 0 || !monotime_valid(t))
		return 0;
	return now - monotime_sub(monotime_now(), t);
}

int64_t
wall_steady(struct monotime t)
{
	static int64_t kept; /* how far the clocks are apart */
	int64_t now = wall_now(), apart = now - monotime_now().ns;

	if (now == 0 || !monotime_valid(t))
		return 0;
	if (apart - kept > STEADY_NS || kept - apart > STEADY_NS)
		kept = apart;
	return t.ns + kept;
}

struct monotime
wall_moment(int64_t ns)
{
	int64_t now = wall_now();

	if (now == 0 || ns == 0 || ns > now)
		return (struct monotime){ 0 };
	return monotime_add_ns(monotime_now(), ns - now);
}

int
wall_sane(void)
{
	return wall_now() != 0;
}
