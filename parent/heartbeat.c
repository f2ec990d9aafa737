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
	if (!waits)
		return ++h->silent < HEARTBEAT_SILENT_MAX ? HEARTBEAT_GOOD
							  : HEARTBEAT_DEAD;
	/* it may get out and in again: it is not asleep by itself */
	h->silent = 0;
	if (++h->waits > HEARTBEAT_WAITS_MAX)
		return HEARTBEAT_DEAD;
	return h->waits == 1 ? HEARTBEAT_WAITS : HEARTBEAT_GOOD;
}
