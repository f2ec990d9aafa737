/* SPDX-License-Identifier: ISC */
/*
 * The outer addresses that tunnels had of their own, on disk before they get
 * a backup's: as in undo.h, but there may be thousands that change at once.
 * Text, one a line: name, index, whether it was bound to an uplink, address.
 *
 *	gre1 7 0 192.0.2.2
 */
#ifndef NETCONF_UNDO_TUNNEL_H
#define NETCONF_UNDO_TUNNEL_H

#include <net/if.h>

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

struct undo_tunnel {
	uint32_t ifindex;
	char ifname[IFNAMSIZ];
	uint32_t bound; /* 1: to an uplink, whichever that was */
	struct addr local;
};

struct undo_tunnels { /* by index */
	size_t n;
	struct undo_tunnel *tunnel;
};

const struct undo_tunnel *undo_tunnel_find(
    const struct undo_tunnels *, uint32_t ifindex);
/* In the place of what it had.  0, or -1: no memory. */
int undo_tunnel_put(struct undo_tunnels *, const struct undo_tunnel *);
void undo_tunnel_drop(struct undo_tunnels *, uint32_t ifindex);

/* Exactly what is described above, or -1; text must end in a NUL. */
int undo_tunnels_parse(const char *text, struct undo_tunnels *);
/* 0 or -1 with errno; no such file is an empty one. */
int undo_tunnels_read(const char *path, struct undo_tunnels *);
/* By rename; an empty one is removed. */
int undo_tunnels_write(const char *path, const struct undo_tunnels *);

#endif
