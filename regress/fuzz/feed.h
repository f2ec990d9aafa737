/* SPDX-License-Identifier: ISC */
/* A fuzzer's input, octet by octet; zeros when nothing is left. */
#ifndef REGRESS_FUZZ_FEED_H
#define REGRESS_FUZZ_FEED_H

#include <stddef.h>
#include <stdint.h>

static const uint8_t *in;
static size_t left;

static uint8_t
octet(void)
{
	if (left == 0)
		return 0;
	left--;
	return *in++;
}

#endif
