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

static void
make_room(const struct conf *conf)
{
	size_t nroutes = 0, nencrypted = 0;
	uint32_t i, j;

	for (i = 0; i < conf->npeers; i++) {
		nroutes += conf->peer[i].nroutes;
		for (j = 0; j < conf->peer[i].ntunnels; j++)
			nencrypted += conf->peer[i].tunnel[j].encrypted;
	}
	free(behind);
	free(encrypted);
	behind = calloc(nroutes + 1, sizeof(*behind));
	encrypted = calloc(nencrypted + 1, sizeof(*encrypted));
	if (behind == NULL || encrypted == NULL)
		fatal(NULL);
}

void
behind_fill(struct net_want *w, const struct conf *conf)
{
	const struct conf_peer *p;
	uint32_t i, j;

	make_room(conf);
	w->nbehind = w->nencrypted = w->nouter = 0;
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
