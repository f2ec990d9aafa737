/* SPDX-License-Identifier: ISC */
/*
 * What was overwritten and is to be given back: the kernel keeps what carries
 * our tag, but not what stood before in a sysctl or a link's flags.  Each
 * old value is on disk, in RUNDIR, before the new one is in force, so it
 * outlives kill -9 (and not a boot, as what was overwritten does not either).
 * Text, one entry a line:
 *
 *	group eth1 3 0
 *	rp_filter wwan0 5 1
 *	linkdown eth1 3 0
 *	down eth1 3
 *	route eth1 3 whatever the backend wrote
 *
 * The number behind the name is the interface's index: what was re-created
 * has nothing to get back.
 */
#ifndef NETCONF_UNDO_H
#define NETCONF_UNDO_H

#include <net/if.h>

#include <stddef.h>
#include <stdint.h>

#define UNDO_MAX       256
#define UNDO_ROUTE_LEN 512

enum undo_kind {
	UNDO_GROUP,
	UNDO_RP_FILTER,
	UNDO_DOWN, /* we set it down */
	UNDO_ROUTE, /* of others, which went when we set it down */
	UNDO_LINKDOWN, /* ignore_routes_with_linkdown, of IPv4 */
	UNDO_LINKDOWN6 /* and of IPv6 */
};

struct undo_entry {
	enum undo_kind kind;
	char ifname[IFNAMSIZ];
	uint32_t ifindex;
	uint32_t value; /* before */
	char route[UNDO_ROUTE_LEN];
};

struct undo {
	size_t n;
	struct undo_entry entry[UNDO_MAX];
};

/* One that is there already stays as it is.  0, or -1: no room. */
int undo_add(struct undo *, const struct undo_entry *);
const struct undo_entry *undo_find(
    const struct undo *, enum undo_kind, const char *ifname);
void undo_drop(struct undo *, enum undo_kind, const char *ifname);

/* Exactly what is described above, or -1; text must end in a NUL. */
int undo_parse(const char *text, struct undo *);
/* In words, without the index: "eth1 group 0". */
void undo_text(const struct undo_entry *, char *buf, size_t size);

/* 0 or -1 with errno; no such file is an empty one. */
int undo_read(const char *path, struct undo *);
/* By rename; an empty one is removed. */
int undo_write(const char *path, const struct undo *);

#endif
