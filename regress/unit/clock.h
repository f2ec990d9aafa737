/* SPDX-License-Identifier: ISC */
/*
 * The clocks of a test: those of the kernel, and so much ahead.  The program's
 * own clock_gettime is taken before that of the C library, by libevent, too.
 */
#ifndef REGRESS_UNIT_CLOCK_H
#define REGRESS_UNIT_CLOCK_H

#include <sys/syscall.h>

#include <stdint.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ahead_ms; /* time that has passed */
static int64_t clock_set_ms; /* by which the clock on the wall was set */

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ms = clock_ahead_ms + (id == CLOCK_REALTIME ? clock_set_ms : 0);
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	ts->tv_sec += ms / 1000;
	ts->tv_nsec += ms % 1000 * 1000000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_sec++;
		ts->tv_nsec -= 1000000000;
	}
	if (ts->tv_nsec < 0) {
		ts->tv_sec--;
		ts->tv_nsec += 1000000000;
	}
	return rc;
}

#endif
