/* SPDX-License-Identifier: ISC */
/*
 * The last frames, their headers only, in memory of a fixed size: the newest
 * takes the place of the oldest.
 */
#ifndef PROBER_RING_H
#define PROBER_RING_H

#include <stdint.h>

#define RING_SNAPLEN 96
#define RING_FRAMES  2304 /* 252 KB */

struct ring_frame {
	int64_t stamp_ns; /* since 1970 */
	uint32_t len; /* on the line */
	uint16_t caplen; /* kept of it */
	uint8_t data[RING_SNAPLEN];
};

struct ring { /* zeroed: empty */
	uint32_t next; /* where the next one goes */
	uint32_t n;
	struct ring_frame frame[RING_FRAMES];
};

/* A pcap file of all of them is never larger (pcap-savefile(5)). */
#define RING_FILE_MAX (24 + RING_FRAMES * (16 + RING_SNAPLEN))

void ring_clear(struct ring *);
void ring_add(struct ring *, int64_t stamp_ns, const uint8_t *data,
    uint32_t caplen, uint32_t len);
/* The oldest one is 0; NULL: there are not so many. */
const struct ring_frame *ring_at(const struct ring *, uint32_t i);

#endif
