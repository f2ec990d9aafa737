/* SPDX-License-Identifier: ISC */
/*
 * What backups cost: counts, alarms, and the word to the machine that one may
 * cost no more (budget.h decides); and the file that this and the failures of
 * dials outlive a restart in (ledger.h).  It is written at a switch, after a
 * dial that failed, when more is granted, and once an hour, and soon again when
 * that failed: a crash loses at most an hour of connected time, and no octets.
 */
#ifndef PARENT_COST_H
#define PARENT_COST_H

#include <stdint.h>

#include "common/msg.h"
#include "parent/ctl.h"

struct ledger_entry;

/* dir as this process sees it; NULL: nothing outlives us. */
void cost_open(const char *dir);
/* The machine has begun, or its uplinks have changed: tell it all. */
void cost_started(void);
void cost_reloaded(void);
/* A link is on its way from one step to another, before and behind. */
void cost_link(uint32_t uplink);
/* A call is placed, or a start hook runs. */
void cost_called(uint32_t uplink);
/* Traffic goes elsewhere, or the machine counted a failure. */
void cost_stepped(void);
void cost_counted(const struct msg_net_counted *);
/* A line has ended, after so many octets both ways; 0: nobody knows. */
void cost_ended(uint32_t uplink, uint64_t octets);
/* What is kept of a backup. */
struct ledger_entry *cost_entry(uint32_t uplink);
/* To disk, now. */
void cost_write(void);
/* What uplinks have carried by now; cost_counted comes later. */
void cost_ask_octets(void);
void cost_grant(uint32_t ctl, uint32_t uplink, enum conf_cost, uint64_t amount);
/* Why it may not be used now; NULL: it may. */
const char *cost_barred(uint32_t uplink);
/* The same in full, with how long; empty: it may. */
void cost_refusal(uint32_t uplink, char *text, size_t size);
void cost_fill(uint32_t uplink, struct ctl_budget *);

#endif
