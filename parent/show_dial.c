/* SPDX-License-Identifier: ISC */
/*
 * How long a backup's last dial took, from the command to a link with an
 * address: in an outage, which history remembers over restarts, or a drill.
 */
#include <sys/types.h>

#include <string.h>

#include "parent/cost.h"
#include "parent/history.h"
#include "parent/ledger.h"
#include "parent/parent.h"

struct dialled {
	const char *backup;
	int64_t at_ns; /* wall clock */
	uint32_t ms; /* 0: not yet */
};

/* The newest event comes last. */
static void
dialled(const struct ctl_event *ev, void *arg)
{
	struct dialled *d = arg;

	if (ev->dials == 0 || ev->dial_ms == 0 ||
	    strcmp(ev->backup, d->backup) != 0)
		return;
	d->at_ns = ev->began_ns;
	d->ms = ev->dial_ms;
}

uint32_t
show_last_dial(uint32_t id)
{
	struct dialled d = { .backup = uplink_name(id) };
	const struct drill_past *p;
	uint32_t drill_ms;

	if (id == 0)
		return 0;
	p = &cost_entry(id)->drill;
	drill_ms = p->dial_ms + p->negotiate_ms; /* of the last good one */
	history_events(dialled, &d);
	if (drill_ms != 0 &&
	    (d.ms == 0 || (p->ok && p->last_s * 1000000000 > d.at_ns)))
		return drill_ms;
	return d.ms;
}
