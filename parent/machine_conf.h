/* SPDX-License-Identifier: ISC */
/* The configuration as the state machine and decide.h know it. */
#ifndef PARENT_MACHINE_CONF_H
#define PARENT_MACHINE_CONF_H

#include "common/conf.h"
#include "parent/decide.h"
#include "parent/machine.h"

/* Beyond the dial's own time-out: a hang-up and an orderly end of pppd. */
#define LINK_GRACE_MS (25 * 1000)

/* Of n uplinks, the first of them the primary. */
void machine_conf_of(struct machine_conf *, const struct conf_global *,
    const struct conf_uplink *, uint32_t n);
/* limit: bad rounds in a row that mean down. */
void decide_rule_of(struct decide_rule *, const struct conf_uplink *,
    uint32_t families, uint32_t limit);
/* Mask of the families that have far targets. */
uint32_t uplink_probed(const struct conf_uplink *);

#endif
