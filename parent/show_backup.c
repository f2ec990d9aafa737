/* SPDX-License-Identifier: ISC */
/*
 * What is known of a backup by its past, in an outage, which history remembers
 * over restarts, or a drill: when it was last proved, how long its last dial
 * took, and how long the next outage would be with it.
 */
#include <sys/types.h>

#include <string.h>

#include "common/wall.h"
#include "parent/cost.h"
#include "parent/drill.h"
#include "parent/history.h"
#include "parent/ledger.h"
#include "parent/outlook.h"
#include "parent/parent.h"

/* Of events in which it was used, the newest that knows each. */
struct used {
	const char *backup;
	int64_t at_ns; /* wall clock, of the last one */
	int64_t dialled_ns;
	uint32_t dial_ms;
	uint32_t prove_ms;
	uint32_t outage_ms;
};

/* The newest event comes last. */
static void
used(const struct ctl_event *ev, void *arg)
{
	struct used *d = arg;

	if (strcmp(ev->backup, d->backup) == 0)
		d->at_ns = ev->began_ns;
	if (strcmp(ev->by, d->backup) != 0)
		return;
	if (ev->dials != 0 && ev->dial_ms != 0) {
		d->dialled_ns = ev->began_ns;
		d->dial_ms = ev->dial_ms;
	}
	if (ev->prove_ms != 0)
		d->prove_ms = ev->prove_ms;
	if (ev->outage_ms != 0)
		d->outage_ms = ev->outage_ms;
}

static void
find_used(uint32_t id, struct used *d)
{
	memset(d, 0, sizeof(*d));
	d->backup = uplink_name(id);
	history_events(used, d);
}

/* When it was, by a good drill or in an event before this run; 0: never. */
static int64_t
proved_before(uint32_t id)
{
	const struct drill_past *p = &cost_entry(id)->drill;
	int64_t ns = p->done && p->ok ? p->last_s * 1000000000 : 0;
	struct used d;

	find_used(id, &d);
	return d.at_ns > ns ? d.at_ns : ns;
}

int
show_proved(uint32_t id, int64_t *at_ns, uint32_t *ago_s)
{
	struct monotime proved = parent->uplink[id].proved;
	int64_t now = wall_now(), ns;

	*at_ns = 0;
	*ago_s = 0;
	if (monotime_valid(proved)) {
		*at_ns = wall_steady(proved);
		*ago_s =
		    (uint32_t)(monotime_ms_between(proved, monotime_now()) /
			       1000);
		return 1;
	}
	if (id == 0 || (ns = proved_before(id)) <= 0 || ns > now)
		return 0;
	*at_ns = ns;
	*ago_s = (uint32_t)((now - ns) / 1000000000);
	return 1;
}

static uint32_t
last_dial(uint32_t id, const struct used *d)
{
	const struct drill_past *p = &cost_entry(id)->drill;
	uint32_t drill_ms =
	    p->dial_ms + p->negotiate_ms; /* of the last good one */

	if (drill_ms != 0 &&
	    (d->dial_ms == 0 ||
		(p->ok && p->last_s * 1000000000 > d->dialled_ns)))
		return drill_ms;
	return d->dial_ms;
}

/* From its start to its proof: half of its drills took less; 0: unknown. */
static uint32_t
start_took(uint32_t id, const struct used *d)
{
	uint32_t p50 = 0, p95 = 0;

	drill_spread(&cost_entry(id)->drill, &p50, &p95);
	if (p50 != 0)
		return p50;
	if (d->prove_ms == 0)
		return 0;
	if (!conf_dialled(&parent->uplink[id].conf))
		return d->prove_ms;
	return d->dial_ms != 0 ? d->dial_ms + d->prove_ms : 0;
}

static void
fill_takes(struct ctl_uplink *r, uint32_t id, const struct used *d)
{
	uint32_t measured = start_took(id, d);
	struct outlook o;

	if (r->active || r->unfit[0] != '\0')
		return;
	outlook_of(parent->conf.uplink, &parent->mconf, id, &o);
	r->takes_ms = o.detect_ms;
	if (r->hot && r->ready)
		return;
	r->takes_measured = measured != 0;
	r->takes_ms +=
	    o.after_ms + (measured != 0 ? measured : o.start_ms + o.prove_ms);
}

void
show_backup(struct ctl_uplink *r, uint32_t id)
{
	struct used d;

	if (id == 0)
		return;
	find_used(id, &d);
	r->last_dial_ms = last_dial(id, &d);
	r->last_outage_ms = d.outage_ms;
	fill_takes(r, id, &d);
}
