/* SPDX-License-Identifier: ISC */
/* The configuration as the state machine knows it; see machine_conf.h. */
#include <sys/types.h>

#include <string.h>

#include "parent/machine_conf.h"
#include "prober/round.h"

/* When traffic leaves an uplink, old flows may stay on it for so long. */
static uint32_t
drain_ms(const struct conf_global *g, const struct conf_uplink *u)
{
	if (g->drain_ms != CONF_DRAIN_DEFAULT)
		return g->drain_ms;
	return u->metered ? 30 * 1000 : 10 * 60 * 1000;
}

static void
uplink_of(struct machine_uplink_conf *m, const struct conf_global *g,
    const struct conf_uplink *u)
{
	m->needs_dial = conf_dialled(u);
	m->dial_after_ms = u->dial.after_ms;
	m->start_ms = LINK_GRACE_MS +
		      (u->start_ms != 0 ? u->start_ms : u->dial.timeout_ms);
	m->prove_ms = conf_prove_ms(u);
	m->redial = u->dial.redial;
	m->backoff_ms = u->dial.backoff_ms;
	m->backoff_max_ms = u->dial.backoff_max_ms;
	m->drain_ms = drain_ms(g, u);
	m->hot_ms = u->hot_ms;
	m->free = !u->metered;
}

void
machine_conf_of(struct machine_conf *mc, const struct conf_global *g,
    const struct conf_uplink *u, uint32_t n)
{
	uint32_t i;

	memset(mc, 0, sizeof(*mc));
	mc->nuplinks = n;
	for (i = 0; i < n; i++)
		uplink_of(&mc->uplink[i], g, &u[i]);
	mc->retry = u[0].probe.retry;
	mc->automatic = g->fallback == CONF_FALLBACK_AUTOMATIC;
	mc->shutdown = u[0].shutdown != 0;
	mc->after_ms = g->after_ms;
	mc->stable_ms = g->stable_ms;
	mc->flap_failovers = g->flap_failovers;
	mc->flap_every_ms = g->flap_every_ms;
	mc->flap_hold_ms = g->flap_hold_ms;
}

void
decide_rule_of(struct decide_rule *r, const struct conf_uplink *u,
    uint32_t families, uint32_t limit)
{
	r->policy = u->decide;
	r->families = families;
	r->limit = limit;
	r->stale_ms = DECIDE_STALE_ROUNDS * ((int64_t)conf_round_ms(&u->probe) +
						u->probe.delay_ms) +
		      ROUND_LATE_MS;
}

uint32_t
uplink_probed(const struct conf_uplink *u)
{
	uint32_t f, mask = 0;

	for (f = 0; f < FAMILIES; f++)
		if (conf_far_targets(u, f) > 0)
			mask |= 1u << f;
	return mask;
}
