/* SPDX-License-Identifier: ISC */
/*
 * What outlives a restart: failed dials, refusals and pauses, but for those
 * that a fault of the targets made, which is not known then.  Time that is not
 * known to have passed has not.
 */
#include <string.h>

#include "parent/machine_int.h"

void
machine_remember(
    const struct machine *m, struct monotime now, struct machine_memory *mem)
{
	const struct machine_backup *b;
	uint32_t i, n = m->nfailed_dials;

	memset(mem, 0, sizeof(*mem));
	mem->nfailed = n < MACHINE_DIAL_CAP ? n : MACHINE_DIAL_CAP;
	for (i = 0; i < mem->nfailed; i++)
		mem->failed_ms[i] = monotime_ms_between(
		    m->failed_dial[(n - mem->nfailed + i) % MACHINE_DIAL_CAP],
		    now);
	for (i = 1; i < MACHINE_UPLINKS; i++) {
		b = &m->backup[i];
		mem->backup[i].fails = b->fails;
		mem->backup[i].refused = b->refused;
		mem->backup[i].gave_up = b->gave_up;
		if (!b->same && monotime_valid(b->not_before) &&
		    monotime_cmp(b->not_before, now) > 0)
			mem->backup[i].wait_ms =
			    monotime_ms_between(now, b->not_before);
	}
}

/* Zero would be never. */
static struct monotime
ago(struct monotime now, int64_t ms)
{
	struct monotime t = monotime_add_ms(now, -ms);

	return (monotime_valid(t) ? t : monotime_add_ns(t, -1));
}

void
machine_recall(struct machine *m, const struct machine_conf *conf,
    struct monotime now, const struct machine_memory *mem, int64_t elapsed_ms)
{
	const struct machine_grudge *g;
	struct machine_backup *b;
	uint32_t i;
	int64_t ms;

	for (i = 0; i < mem->nfailed; i++) {
		ms = mem->failed_ms[i] + elapsed_ms;
		if (ms < MACHINE_DIAL_CAP_EVERY_MS)
			m->failed_dial[m->nfailed_dials++ % MACHINE_DIAL_CAP] =
			    ago(now, ms);
	}
	for (i = 1; i < conf->nuplinks; i++) {
		g = &mem->backup[i];
		b = &m->backup[i];
		b->fails = g->fails;
		b->refused = g->refused;
		b->gave_up = g->gave_up != 0;
		if (g->wait_ms > elapsed_ms)
			b->not_before =
			    monotime_add_ms(now, g->wait_ms - elapsed_ms);
	}
}
