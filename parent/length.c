/* SPDX-License-Identifier: ISC */
/* A length of time for people; see length.h. */
#include <stdio.h>

#include "parent/length.h"

const char *
length_text(char buf[LENGTH_LEN], uint32_t s)
{
	if (s >= 2 * 86400)
		snprintf(buf, LENGTH_LEN, "%u days", s / 86400);
	else
		snprintf(buf, LENGTH_LEN, "%u:%02u:%02u", s / 3600, s / 60 % 60,
		    s % 60);
	return buf;
}

const char *
length_ago(char buf[LENGTH_LEN], uint32_t s)
{
	if (s < 120)
		snprintf(buf, LENGTH_LEN, "%u s ago", s);
	else if (s < 2 * 3600)
		snprintf(buf, LENGTH_LEN, "%u min ago", s / 60);
	else if (s < 2 * 86400)
		snprintf(buf, LENGTH_LEN, "%u h ago", s / 3600);
	else
		snprintf(buf, LENGTH_LEN, "%u d ago", s / 86400);
	return buf;
}
