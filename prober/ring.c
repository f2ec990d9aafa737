/* SPDX-License-Identifier: ISC */
/* The last frames in fixed memory; see ring.h. */
#include <string.h>

#include "prober/ring.h"

void
ring_clear(struct ring *r)
{
	r->next = r->n = 0;
}

void
ring_add(struct ring *r, int64_t stamp_ns, const uint8_t *data, uint32_t caplen,
    uint32_t len)
{
	struct ring_frame *f = &r->frame[r->next];

	f->stamp_ns = stamp_ns;
	f->len = len;
	f->caplen = (uint16_t)(caplen < RING_SNAPLEN ? caplen : RING_SNAPLEN);
	memcpy(f->data, data, f->caplen);
	r->next = (r->next + 1) % RING_FRAMES;
	if (r->n < RING_FRAMES)
		r->n++;
}

const struct ring_frame *
ring_at(const struct ring *r, uint32_t i)
{
	if (i >= r->n)
		return NULL;
	return &r->frame[(r->next + RING_FRAMES - r->n + i) % RING_FRAMES];
}
