/* SPDX-License-Identifier: ISC */
/* Whether a child hangs; see heartbeat.h. */
#include "parent/heartbeat.h"

static enum heartbeat_says
answered(struct heartbeat *h)
{
	enum heartbeat_says says =
	    h->waits > 0 ? HEARTBEAT_AGAIN : HEARTBEAT_GOOD;

	h->silent = h->waits = 0;
	return says;
}

enum heartbeat_says
heartbeat_look(struct heartbeat *h, int waits, int late)
{
	if (h->ping == h->pong)
		return answered(h);
	if (late)
		return HEARTBEAT_GOOD;
	/* it may get out and in again: it is not asleep by itself */
	h->silent = waits ? 0 : h->silent + 1;
	if (h->silent >= HEARTBEAT_SILENT_MAX)
		return HEARTBEAT_DEAD;
	/* its minute is one of time, not of looks that found it there */
	if (!waits && h->waits == 0)
		return HEARTBEAT_GOOD;
	if (++h->waits > HEARTBEAT_WAITS_MAX)
		return HEARTBEAT_DEAD;
	return h->waits == 1 ? HEARTBEAT_WAITS : HEARTBEAT_GOOD;
}
