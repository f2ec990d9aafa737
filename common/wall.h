/* SPDX-License-Identifier: ISC */
/* Wall clock, for printing only: no decision may depend on it. */
#ifndef COMMON_WALL_H
#define COMMON_WALL_H

#include <stdint.h>

#include "common/monotime.h"

/* Nanoseconds since 1970, or 0 while the clock was clearly never set. */
int64_t wall_now(void);
/* The wall-clock time of a moment of the monotonic clock, or 0. */
int64_t wall_of(struct monotime);
/*
 * The same, to a second, and equal each time until the clock is set: what is
 * watched for changes must not change by how long it takes to look.
 */
int64_t wall_steady(struct monotime);
/*
 * The moment of the monotonic clock that this was, or never: it is not known,
 * or lies in the future.
 */
struct monotime wall_moment(int64_t ns);
/* 1 if the clock seems to have been set since boot. */
int wall_sane(void);

#endif
