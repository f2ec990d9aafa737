/* SPDX-License-Identifier: ISC */
/*
 * What a forward chain of somebody else's makes of the LAN's new connections,
 * read from what nft(8) prints.  What cannot be told is taken for let out.
 */
#ifndef NETCONF_FIREWALL_H
#define NETCONF_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"

/* An uplink as rules may name it. */
struct firewall_exit {
	const char *ifname; /* empty: pppd chooses, pppN */
	const struct conf *conf; /* whose uplinks let nothing of the LAN in */
};

enum firewall_kind { FIREWALL_CHAIN, FIREWALL_SET };

/* From the line behind its head to its brace. */
struct firewall_block {
	enum firewall_kind kind; /* a map is a set, too */
	const char *name;
	size_t len;
	const char *body;
};

#define FIREWALL_BLOCKS_MAX 1024

struct firewall_table {
	const char *head; /* "table inet fw" */
	size_t len;
	size_t nblocks;
	bool full; /* it has more than fit: nothing is told of it */
	uint32_t told; /* bit mask: uplinks, since it may have two chains */
	struct firewall_block block[FIREWALL_BLOCKS_MAX];
};

/* NULL: there is none of this name. */
const struct firewall_block *firewall_block(const struct firewall_table *,
    enum firewall_kind, const char *name, size_t len);

enum firewall_verdict {
	FIREWALL_NOTHING,
	FIREWALL_ACCEPT, /* also what cannot be told */
	FIREWALL_DROP,
	FIREWALL_RETURN,
	FIREWALL_JUMP, /* goes on in another chain */
	FIREWALL_GOTO /* the same, and does not come back */
};

struct firewall_rule {
	enum firewall_verdict verdict;
	bool always; /* it has no condition */
	bool other; /* new connections of the LAN by this exit are not meant */
	const char *chain;
	size_t len;
};

void firewall_rule(struct firewall_rule *, const struct firewall_table *,
    const struct firewall_exit *, const char *line, size_t len);

/* Called for each table that lets out by the primary, but not by a backup. */
typedef void firewall_found(
    const char *head, size_t len, uint32_t uplink, void *arg);

/* names: of interfaces that the configuration has no name for, or empty. */
void firewall_forward(const char *ruleset, const struct conf *,
    const char names[][IFNAMSIZ], firewall_found *, void *arg);

#endif
