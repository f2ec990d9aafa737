/* SPDX-License-Identifier: ISC */
/*
 * Tests of backups in the daemon: when they are due, what they show, and
 * where that is kept.  What happens in one is the machine's (machine_drill.c).
 */
#ifndef PARENT_DRILLING_H
#define PARENT_DRILLING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/msg.h"
#include "parent/ctl.h"
#include "parent/machine.h"

/*
 * Is one due?  wall_s: 0 while the clock is not set.  true: yes, but it has
 * to wait.
 */
bool drilling_look(int64_t wall_s);
/* What the machine asks for, in this order. */
void drilling_begin(uint32_t uplink);
void drilling_measure(uint32_t uplink, uint32_t ms);
void drilling_measured(const struct msg_measured *);
/* uplink may be MACHINE_NONE: it is no more. */
void drilling_end(uint32_t uplink, bool ok, enum mreason);
/* What the last one has shown, for who asked for it. */
const char *drilling_result(void);
void drilling_fill(uint32_t uplink, struct ctl_drill *);

#endif
