/* SPDX-License-Identifier: ISC */
/*
 * What is known beyond one run of the daemon: what backups have cost, what
 * failed, and where operators want traffic to stay.  By labels of uplinks,
 * since their order may change.
 */
#ifndef PARENT_LEDGER_H
#define PARENT_LEDGER_H

#include <net/if.h>

#include <stdio.h>

#include "parent/budget.h"
#include "parent/drill.h"
#include "parent/machine.h"

#define LEDGER_MAX      16 /* also some that are not configured any more */
#define LEDGER_BOOT_LEN 40
/* of a failover: in ns it is a number, too */
#define LEDGER_AGE_MAX_MS (INT64_MAX / 2000000)

/* An interface's octets as last read; they begin at 0 with the interface. */
struct ledger_counter {
	char ifname[IFNAMSIZ]; /* empty: never read */
	uint32_t ifindex;
	uint64_t octets; /* both ways */
};

struct ledger_entry {
	char label[CONF_LABEL_LEN];
	struct budget budget;
	struct ledger_counter counter;
	struct machine_grudge grudge;
	struct drill_past drill;
};

struct ledger {
	/* when it was written: moments of another boot say nothing here */
	char boot[LEDGER_BOOT_LEN]; /* empty: unknown */
	int64_t mono_ms;
	uint8_t sha256[32]; /* of the configuration then */
	uint32_t nfailed;
	int64_t failed_ms[MACHINE_DIAL_CAP]; /* before it was written */
	/* what operators asked for, and failovers, for the flap cap */
	int64_t wall_s; /* when it was written; 0: unknown */
	char held[CONF_LABEL_LEN]; /* empty: nothing is */
	struct machine_stay stay;
	uint32_t nfailovers;
	int64_t failover_ms[CONF_FLAP_MAX];
	uint32_t n;
	struct ledger_entry entry[LEDGER_MAX]; /* the latest to be new: last */
};

struct ledger_entry *ledger_find(struct ledger *, const char *label);
/* A new one, if there is none; the oldest that needed(label) denies goes. */
struct ledger_entry *ledger_get(
    struct ledger *, const char *label, int (*needed)(const char *));

/*
 * The octets of an interface now; how many are new.  same_boot: those that
 * were read before are of this boot.
 */
uint64_t ledger_count(struct ledger_counter *, const char *ifname,
    uint32_t ifindex, uint64_t octets, int same_boot);

/* How many lines were none of ours; what they said is left out. */
unsigned int ledger_read(FILE *, struct ledger *);
void ledger_write(FILE *, const struct ledger *);

#endif
