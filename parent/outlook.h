/* SPDX-License-Identifier: ISC */
/* How long an outage lasts with each backup: its bounds. */
#ifndef PARENT_OUTLOOK_H
#define PARENT_OUTLOOK_H

#include <stdio.h>

#include "common/conf.h"

struct machine_conf;

/* At most, one after the other; 0: there is no need of it. */
struct outlook {
	uint32_t detect_ms;
	uint32_t after_ms; /* dial after; not of one that stands by hot */
	uint32_t start_ms; /* from the command to a link with an address */
	uint32_t prove_ms;
};
/* If backup i is tried first, and its first call or start works. */
void outlook_of(const struct conf_uplink *uplinks, const struct machine_conf *,
    uint32_t i, struct outlook *);
/* Of each backup, for dialfaild -nv. */
void outlook_print(const struct conf *, FILE *);

#endif
