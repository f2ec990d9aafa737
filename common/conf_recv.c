/* SPDX-License-Identifier: ISC */
/* A configuration that comes in messages; see conf_recv.h. */
#include <sys/types.h>

#include <string.h>

#include "common/conf_recv.h"

int
conf_recv_begin(struct conf_recv *r, const struct msg_conf_begin *b)
{
	if (b->nuplinks == 0 || b->nuplinks > CONF_UPLINKS_MAX)
		return -1;
	memset(r, 0, sizeof(*r));
	r->begun = 1;
	r->gen = b->gen;
	r->nuplinks = b->nuplinks;
	return 0;
}

int
conf_recv_uplink(struct conf_recv *r, const struct conf_uplink *u)
{
	if (!r->begun || !conf_uplink_valid(u) || u->id >= r->nuplinks ||
	    (r->got & 1u << u->id) != 0)
		return -1;
	r->got |= 1u << u->id;
	r->uplink[u->id] = *u;
	return 0;
}

int
conf_recv_end(struct conf_recv *r, uint32_t gen)
{
	if (!r->begun || gen != r->gen || r->got != (1u << r->nuplinks) - 1)
		return -1;
	r->begun = 0;
	return 0;
}
