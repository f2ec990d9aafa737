/* SPDX-License-Identifier: ISC */
/* A moment by the clock on the wall of where the test is: TZ says where. */
#ifndef LOCAL_TIME_H
#define LOCAL_TIME_H

#include <stdint.h>
#include <time.h>

static inline int64_t
at(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_isdst = -1 };

	return (int64_t)mktime(&tm);
}

#endif
