/* SPDX-License-Identifier: ISC */
/* 16 bits in network order, wherever they stand. */
#ifndef PROBER_OCTETS_H
#define PROBER_OCTETS_H

#include <stdint.h>

static inline uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void
put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

#endif
