/* SPDX-License-Identifier: ISC */
/*
 * Which rounds count: IPv4 and IPv6 are probed side by side, the state
 * machine knows one verdict of an uplink.  `decide` of the configuration
 * says how the one is made of the two; a pure function, so that it can be
 * tested in every order in which rounds may come.
 *
 * The machine counts bad rounds in a row.  It is told of one only when the
 * whole got worse by one: with `any` the family with fewer bad rounds in a
 * row sets the pace, with `all` the one with more, so that 1 + retry always
 * means as many rounds of one family.
 */
#ifndef PARENT_DECIDE_H
#define PARENT_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "common/msg.h"

#define DECIDE_INET  (1u << FAMILY_INET)
#define DECIDE_INET6 (1u << FAMILY_INET6)
/* What is older than so many rounds of the other family says nothing. */
#define DECIDE_STALE_ROUNDS 3

struct decide {
	struct {
		bool known;
		uint32_t verdict; /* enum msg_verdict, never MSG_VOID */
		uint32_t bad; /* in a row */
		struct monotime when;
		uint32_t others; /* rounds of the other family since then */
	} family[FAMILIES];
	uint32_t told; /* bad rounds, since the last good one */
};

struct decide_rule {
	uint32_t policy; /* enum conf_decide */
	uint32_t families; /* mask: decide_families */
	uint32_t limit; /* bad rounds in a row that mean down */
	int64_t stale_ms; /* a few rounds, at their longest */
};

/*
 * The families that count, of those with far targets.  An uplink may have no
 * IPv6 at all, as many backups: then IPv4 alone tells whether it works.
 */
uint32_t decide_families(uint32_t policy, uint32_t probed, bool has_inet6);

/*
 * A round of a family.  Returns the verdict that the machine is to be told,
 * or MSG_VOID: nothing.
 */
uint32_t decide_round(struct decide *, const struct decide_rule *, enum family,
    uint32_t verdict, struct monotime now);

/* Bad rounds in a row of all that counts; as many as the limit: down. */
uint32_t decide_bad(const struct decide *, const struct decide_rule *);

/* What a family had said is of an uplink that has changed since. */
void decide_forget(struct decide *, enum family);

#endif
