/* SPDX-License-Identifier: ISC */
/* The own outer addresses of tunnels, in memory and on disk. */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "common/keep.h"
#include "netconf/undo_tunnel.h"

#define LINE_LEN (IFNAMSIZ + ADDR_STRLEN + 32)
#define FILE_MAX ((size_t)CONF_PEERS_MAX * CONF_TUNNELS_MAX * LINE_LEN)

/* Where it is, or where it would have to be. */
static size_t
place(const struct undo_tunnels *u, uint32_t ifindex)
{
	size_t low = 0, high = u->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (u->tunnel[mid].ifindex < ifindex)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int
is_at(const struct undo_tunnels *u, size_t i, uint32_t ifindex)
{
	return i < u->n && u->tunnel[i].ifindex == ifindex;
}

const struct undo_tunnel *
undo_tunnel_find(const struct undo_tunnels *u, uint32_t ifindex)
{
	size_t i = place(u, ifindex);

	return is_at(u, i, ifindex) ? &u->tunnel[i] : NULL;
}

int
undo_tunnel_put(struct undo_tunnels *u, const struct undo_tunnel *t)
{
	size_t i = place(u, t->ifindex);
	struct undo_tunnel *more;

	if (!is_at(u, i, t->ifindex)) {
		/* room doubles */
		if ((u->n & (u->n - 1)) == 0) {
			more = reallocarray(
			    u->tunnel, u->n == 0 ? 1 : u->n * 2, sizeof(*more));
			if (more == NULL)
				return -1;
			u->tunnel = more;
		}
		memmove(&u->tunnel[i + 1], &u->tunnel[i],
		    (u->n++ - i) * sizeof(*t));
	}
	u->tunnel[i] = *t;
	return 0;
}

/* What is left keeps its room: it may be one less than a power of two. */
void
undo_tunnel_drop(struct undo_tunnels *u, uint32_t ifindex)
{
	size_t i = place(u, ifindex);

	if (is_at(u, i, ifindex))
		memmove(&u->tunnel[i], &u->tunnel[i + 1],
		    (--u->n - i) * sizeof(u->tunnel[0]));
}

static int
parse_line(const char *line, void *tunnels)
{
	char address[ADDR_STRLEN];
	struct undo_tunnel t;

	memset(&t, 0, sizeof(t));
	if (keep_word(&line, t.ifname, sizeof(t.ifname)) == -1 ||
	    keep_number(&line, 1, INT32_MAX, &t.ifindex) == -1 ||
	    keep_number(&line, 0, 1, &t.bound) == -1 ||
	    keep_word(&line, address, sizeof(address)) == -1 || *line != '\0' ||
	    addr_parse(address, &t.local) == -1)
		return -1;
	return undo_tunnel_put(tunnels, &t);
}

int
undo_tunnels_parse(const char *text, struct undo_tunnels *u)
{
	u->n = 0;
	return keep_lines(text, LINE_LEN, parse_line, u);
}

int
undo_tunnels_read(const char *path, struct undo_tunnels *u)
{
	char *text;
	int n;

	u->n = 0;
	if ((text = keep_read(path, FILE_MAX)) == NULL)
		return errno == ENOENT ? 0 : -1;
	if ((n = undo_tunnels_parse(text, u)) == -1) {
		u->n = 0;
		errno = EBADMSG;
	}
	free(text);
	return n;
}

static void
print(FILE *f, const void *tunnels)
{
	const struct undo_tunnels *u = tunnels;
	const struct undo_tunnel *t;
	char local[ADDR_STRLEN];
	size_t i;

	for (i = 0; i < u->n; i++) {
		t = &u->tunnel[i];
		fprintf(f, "%s %u %u %s\n", t->ifname, t->ifindex, t->bound,
		    addr_format(&t->local, local, sizeof(local)));
	}
}

int
undo_tunnels_write(const char *path, const struct undo_tunnels *u)
{
	return u->n == 0 ? keep_remove(path) : keep_write(path, print, u);
}
