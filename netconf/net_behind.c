/* SPDX-License-Identifier: ISC */
/* Networks behind peers and tunnels that are encrypted, as configured. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"

static struct net_behind *behind; /* by interface */
static char (*encrypted)[IFNAMSIZ]; /* sorted */

static int
by_ifname(const void *p, const void *q)
{
	const struct net_behind *a = p, *b = q;

	return strcmp(a->ifname, b->ifname);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void
behind_fill(struct net_want *w, const struct conf *conf)
{
	const struct conf_peer *p;
	uint32_t i, j;

	free(behind);
	free(encrypted);
	w->nbehind = w->nencrypted = w->nouter = 0;
	behind = calloc(
	    (size_t)conf->npeers * CONF_PEER_NETS_MAX + 1, sizeof(*behind));
	encrypted = calloc(
	    (size_t)conf->npeers * CONF_TUNNELS_MAX + 1, sizeof(*encrypted));
	if (behind == NULL || encrypted == NULL)
		fatal(NULL);
	for (i = 0; i < conf->npeers; i++) {
		p = &conf->peer[i];
		for (j = 0; j < p->nroutes; j++, w->nbehind++) {
			behind[w->nbehind].dst = p->route[j].net;
			strlcpy(behind[w->nbehind].ifname, p->route[j].ifname,
			    IFNAMSIZ);
		}
		for (j = 0; j < p->ntunnels; j++)
			if (p->tunnel[j].encrypted)
				strlcpy(encrypted[w->nencrypted++],
				    p->tunnel[j].ifname, IFNAMSIZ);
	}
	qsort(behind, w->nbehind, sizeof(*behind), by_ifname);
	qsort(encrypted, w->nencrypted, sizeof(*encrypted), by_name);
	w->behind = behind;
	w->encrypted = encrypted;
}
