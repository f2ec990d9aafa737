/* SPDX-License-Identifier: ISC */
/*
 * A moment of CLOCK_MONOTONIC, in a struct so that it cannot be mixed up
 * with a length or with the wall clock.  A struct of zeros is "never".
 */
#ifndef COMMON_MONOTIME_H
#define COMMON_MONOTIME_H

#include <sys/time.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct monotime {
	int64_t ns;
};

static inline struct monotime
monotime_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (
	    struct monotime){ (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec };
}

static inline struct monotime
monotime_from_ns(int64_t ns)
{
	return (struct monotime){ ns };
}

static inline bool
monotime_valid(struct monotime t)
{
	return t.ns != 0;
}

static inline struct monotime
monotime_add_ns(struct monotime t, int64_t ns)
{
	return (struct monotime){ t.ns + ns };
}

static inline struct monotime
monotime_add_ms(struct monotime t, int64_t ms)
{
	return (struct monotime){ t.ns + ms * 1000000 };
}

/* a - b in nanoseconds. */
static inline int64_t
monotime_sub(struct monotime a, struct monotime b)
{
	return a.ns - b.ns;
}

/* From a to b in whole milliseconds; negative if b came first. */
static inline int64_t
monotime_ms_between(struct monotime a, struct monotime b)
{
	return (b.ns - a.ns) / 1000000;
}

/* Less than, equal to or greater than 0, as a is earlier, same or later. */
static inline int
monotime_cmp(struct monotime a, struct monotime b)
{
	return (a.ns > b.ns) - (a.ns < b.ns);
}

/* For evtimer_add: how long from now until then, not negative. */
static inline struct timeval
monotime_until(struct monotime then, struct monotime now)
{
	int64_t us = (then.ns - now.ns + 999) / 1000;
	struct timeval tv;

	if (us < 0)
		us = 0;
	tv.tv_sec = (time_t)(us / 1000000);
	tv.tv_usec = (suseconds_t)(us % 1000000);
	return tv;
}

/* For evtimer_add: a length. */
static inline struct timeval
monotime_ms(int64_t ms)
{
	struct timeval tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	return tv;
}

#endif
