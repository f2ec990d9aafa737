/* SPDX-License-Identifier: ISC */
/* Octets in memory of just their length: a sanitizer sees each one too far. */
#ifndef REGRESS_UNIT_EXACT_H
#define REGRESS_UNIT_EXACT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The caller frees it; NULL at most for no octets. */
static inline uint8_t *
exact(const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len);

	assert_true(copy != NULL || len == 0);
	if (len > 0)
		memcpy(copy, p, len);
	return copy;
}

#endif
