/* SPDX-License-Identifier: ISC */
/*
 * Networks behind peers and tunnels that are encrypted, as configured; and
 * where peers are that are next hops themselves.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"

static struct net_behind *behind; /* by interface */
static struct net_hop *hops; /* by peer */
static size_t nhops;
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
	size_t nroutes = 0, via_none = 0, nencrypted = 0;
	uint32_t i, j;

	for (i = 0; i < conf->npeers; i++) {
		nroutes += conf->peer[i].nroutes;
		for (j = 0; j < conf->peer[i].nroutes; j++)
			via_none += conf->peer[i].route[j].ifname[0] == '\0';
		for (j = 0; j < conf->peer[i].ntunnels; j++)
			nencrypted += conf->peer[i].tunnel[j].encrypted;
	}
	free(behind);
	free(encrypted);
	behind = calloc(nroutes - via_none + 1, sizeof(*behind));
	hops = calloc(via_none + 1, sizeof(*hops));
	encrypted = calloc(nencrypted + 1, sizeof(*encrypted));
	if (behind == NULL || hops == NULL || encrypted == NULL)
		fatal(NULL);
}

static void
add_route(
    struct net_want *w, const struct conf_peer *p, const struct conf_behind *r)
{
	if (r->ifname[0] == '\0') {
		hops[nhops].dst = r->net;
		hops[nhops++].peer = p;
		return;
	}
	behind[w->nbehind].dst = r->net;
	strlcpy(behind[w->nbehind++].ifname, r->ifname, IFNAMSIZ);
}

/* By peer and family, and those that were led come first. */
static int
by_key(const void *p, const void *q)
{
	const struct net_hop *a = p, *b = q;
	int c = memcmp(a->peer->key, b->peer->key, sizeof(a->peer->key));

	if (c == 0)
		c = (int)a->dst.addr.family - (int)b->dst.addr.family;
	return c != 0
		   ? c
		   : (a->to.family == AF_UNSPEC) - (b->to.family == AF_UNSPEC);
}

/* The first of the same peer and family, or NULL. */
static const struct net_hop *
find_like(const struct net_hop *list, size_t n, const struct net_hop *key)
{
	size_t low = 0, high = n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (by_key(&list[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && list[low].dst.addr.family == key->dst.addr.family &&
		       memcmp(list[low].peer->key, key->peer->key, KEY_LEN) == 0
		   ? &list[low]
		   : NULL;
}

/*
 * Where peers were led by the configuration before, which is still there
 * (config.c): they say nothing new, so the parent does not ask for it again.
 */
static void
keep_hops(struct net_hop *was, size_t nwas)
{
	const struct net_hop *like;
	struct net_hop key;
	size_t i;

	if (nwas > 0)
		qsort(was, nwas, sizeof(*was), by_key);
	for (i = 0; i < nhops; i++) {
		key = hops[i];
		key.to.family = key.dst.addr.family; /* the least of them */
		like = find_like(was, nwas, &key);
		hops[i].is_new = like == NULL;
		if (like != NULL && like->to.family != AF_UNSPEC &&
		    conf_peer_accepts(hops[i].peer, &like->to))
			hops[i].to = like->to;
	}
}

void
behind_fill(struct net_want *w, const struct conf *conf)
{
	struct net_hop *was = hops;
	const struct conf_peer *p;
	size_t nwas = nhops;
	uint32_t i, j;

	make_room(conf);
	w->nbehind = w->nencrypted = w->nouter = 0;
	nhops = 0;
	for (i = 0; i < conf->npeers; i++) {
		p = &conf->peer[i];
		for (j = 0; j < p->nroutes; j++)
			add_route(w, p, &p->route[j]);
		for (j = 0; j < p->ntunnels; j++)
			if (p->tunnel[j].encrypted)
				strlcpy(encrypted[w->nencrypted++],
				    p->tunnel[j].ifname, IFNAMSIZ);
	}
	keep_hops(was, nwas);
	free(was);
	qsort(behind, w->nbehind, sizeof(*behind), by_ifname);
	qsort(encrypted, w->nencrypted, sizeof(*encrypted), by_name);
	w->behind = behind;
	w->hop = hops;
	w->nhops = nhops;
	w->hops_noted = 0;
	w->encrypted = encrypted;
}

size_t
behind_first_hop(const struct conf_peer *p)
{
	size_t low = 0, high = nhops, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (hops[mid].peer->id < p->id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct net_hop *
behind_hop(const struct conf_peer *p, size_t i)
{
	return i < nhops && hops[i].peer == p ? &hops[i] : NULL;
}
