/* SPDX-License-Identifier: ISC */
/*
 * Tunnels: which ones peers name, and what of WireGuard has to follow the
 * active uplink without being a state of the kernel that could be compared.
 * A peer's endpoint is set again whenever the uplink or its address is
 * another one, after the routes; and some more times (net.h), since a packet
 * that is still on its way to the old address undoes it, and since the one that
 * tells the other end may be lost.
 */
#include <sys/types.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/net.h"

#define ON_ITS_WAY_MS 1000 /* a packet, on a slow backup */

#define TWIN_TRIES 2 /* for a drain; a plan has more rounds (net.c) */

#define AGAIN_MS     1000 /* after a refusal, doubled, up to */
#define AGAIN_MAX_MS (5 * 60 * 1000)

static struct net_tunnel *tunnels; /* by name and key */
static size_t ntunnels;
static struct event timer;
static struct event again; /* those refused may be tried */
static int64_t again_ms; /* the last pause; 0: none yet */
static struct source {
	uint32_t uplink;
	struct addr address[FAMILIES];
} source; /* what was renewed for */
static int renewals; /* done since */
static size_t renewed; /* links that this one has seen */
static struct {
	size_t first; /* peers of the next link that it has seen */
	size_t seen; /* ours, since it was asked about */
} part;
static const struct net_state *state_now;
static struct event waited; /* for all that have yet to acknowledge */
static struct monotime acknowledged; /* last, what was waited for */

int
tunnel_order(const struct net_tunnel *p, const struct net_tunnel *q)
{
	const struct conf_tunnel *a = p->conf, *b = q->conf;
	int c = strcmp(a->ifname, b->ifname);

	return c != 0 ? c : memcmp(a->key, b->key, sizeof(a->key));
}

static int
by_tunnel(const void *p, const void *q)
{
	return tunnel_order(p, q);
}

static void
allow_all(void)
{
	size_t i;

	for (i = 0; i < ntunnels; i++) {
		free(tunnels[i].refused);
		tunnels[i].refused = NULL;
	}
}

void
tunnels_fill(struct net_want *w, const struct conf *conf)
{
	struct net_tunnel *t, *was = tunnels;
	size_t nwas = ntunnels;
	uint32_t i, j;

	allow_all();
	for (ntunnels = 0, i = 0; i < conf->npeers; i++)
		ntunnels += conf->peer[i].ntunnels;
	if ((tunnels = calloc(ntunnels + 1, sizeof(*tunnels))) == NULL)
		fatal(NULL);
	t = tunnels;
	for (i = 0; i < conf->npeers; i++)
		for (j = 0; j < conf->peer[i].ntunnels; j++, t++) {
			t->conf = &conf->peer[i].tunnel[j];
			t->peer = i;
			t->acknowledges = conf->peer[i].keyed != 0;
			if (conf->peer[i].keyed)
				memcpy(&t->whose, conf->peer[i].key,
				    sizeof(t->whose));
		}
	qsort(tunnels, ntunnels, sizeof(*tunnels), by_tunnel);
	again_keep(tunnels, ntunnels, was, nwas);
	free(was);
	w->tunnel = tunnels;
	w->ntunnels = ntunnels;
}

static struct net_tunnel *
named(const char *ifname)
{
	const struct net_want w = { .tunnel = tunnels, .ntunnels = ntunnels };

	return plan_tunnel_find(&w, ifname);
}

void
tunnels_allow(void)
{
	allow_all();
	evtimer_del(&again);
	again_ms = 0;
}

static void
on_again(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	allow_all();
	net_look_again();
}

void
tunnel_refused(const char *ifname, const struct net_place *place)
{
	struct net_tunnel *t = named(ifname);
	struct timeval tv;

	if (t == NULL)
		return;
	if (t->refused == NULL &&
	    (t->refused = malloc(sizeof(*t->refused))) == NULL)
		fatal(NULL);
	*t->refused = *place;
	if (evtimer_pending(&again, NULL))
		return;
	again_ms = again_ms == 0 ? AGAIN_MS : 2 * again_ms;
	if (again_ms > AGAIN_MAX_MS)
		again_ms = AGAIN_MAX_MS;
	tv = monotime_ms(again_ms);
	evtimer_add(&again, &tv);
}

/* ---- those that wait until their far ends know ---- */

/* Not for ever: a far end that is dead must not keep an uplink in use. */
static void
on_waited(int fd, short what, void *arg)
{
	size_t i;

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < ntunnels; i++)
		if (tunnels[i].follows == TUNNEL_WAITS)
			tunnels[i].follows = TUNNEL_FOLLOWS;
	net_own_doing("though a far end does not answer");
}

void
tunnels_unacknowledged(int drains)
{
	struct timeval tv = monotime_ms(NET_TWIN_MS);
	size_t i;

	for (i = 0; i < ntunnels; i++) {
		tunnels[i].follows = TUNNEL_WAITS;
		tunnels[i].tries = 0;
	}
	acknowledged = (struct monotime){ 0 };
	evtimer_del(&waited);
	if (drains && ntunnels > 0 && ntunnels <= NET_TWINS_MAX)
		evtimer_add(&waited, &tv);
}

int
tunnels_acknowledged(
    uint32_t peer, const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	int waited_for = 0;
	size_t i;

	for (i = 0; ntunnels <= NET_TWINS_MAX && i < ntunnels; i++) {
		if (tunnels[i].peer != peer ||
		    tunnels[i].follows != TUNNEL_WAITS)
			continue;
		l = net_link_find(s, tunnels[i].conf->ifname);
		waited_for |= l != NULL && plan_tunnel_waits(w, s, l);
		tunnels[i].follows = TUNNEL_FOLLOWS;
	}
	if (waited_for)
		acknowledged = monotime_now();
	return waited_for;
}

void
tunnel_alone(const char *ifname)
{
	struct net_tunnel *t = named(ifname);

	if (t != NULL)
		t->follows = TUNNEL_ALONE;
}

int
tunnel_may_try(const char *ifname)
{
	struct net_tunnel *t = named(ifname);

	return t != NULL && t->tries++ < TWIN_TRIES;
}

/* Between two looks it is not known. */
int
tunnels_busy(const struct net_want *w, const struct net_state *s)
{
	return s->nlinks == 0 || plan_any_waits(w, s) ||
	       (monotime_valid(acknowledged) &&
		   monotime_ms_between(acknowledged, monotime_now()) <
		       ON_ITS_WAY_MS);
}

/* ---- WireGuard ---- */

static int
is_named(const uint8_t key[KEY_LEN], const void *link)
{
	const struct net_link *l = link;
	struct conf_tunnel c;
	const struct net_tunnel t = { .conf = &c };

	memset(&c, 0, sizeof(c));
	strlcpy(c.ifname, l->name, sizeof(c.ifname));
	/* without a key it is all of the interface, and has the key 0 */
	if (bsearch(&t, tunnels, ntunnels, sizeof(t), by_tunnel) != NULL)
		return 1;
	memcpy(c.key, key, sizeof(c.key));
	return bsearch(&t, tunnels, ntunnels, sizeof(t), by_tunnel) != NULL;
}

static int
is_ours(const uint8_t key[KEY_LEN], const void *link)
{
	size_t n;

	if (!is_named(key, link))
		return 0;
	n = part.seen++;
	return n >= part.first && n < part.first + NET_WGPEERS_MAX;
}

/* A part of its peers, or all; 1: it is one of ours. */
static int
renew_link(const struct net_link *l)
{
	struct net_wgpeers n;

	if (l->tunnel != NET_WIREGUARD || named(l->name) == NULL) {
		renewed++;
		return 0;
	}
	part.seen = 0;
	if (netops->wireguard(l->ifindex, is_ours, l, NULL, &n) == -1)
		log_warn("%s: WireGuard", l->name);
	else
		log_debug("%s: %u endpoint%s set again", l->name, n.set,
		    n.set == 1 ? "" : "s");
	part.first += NET_WGPEERS_MAX;
	if (part.seen <= part.first) {
		part.first = 0;
		renewed++;
	}
	return 1;
}

/* Those of a state that is as last dumped, for a while at once. */
static void
renew(int fd, short what, void *arg)
{
	struct monotime until = monotime_add_ms(monotime_now(), NET_TURN_MS);
	struct timeval tv;

	(void)fd;
	(void)what;
	(void)arg;
	/* one that is missed since links went meanwhile has its next turn */
	while (renewed < state_now->nlinks)
		if (renew_link(&state_now->links[renewed]) &&
		    monotime_cmp(monotime_now(), until) >= 0) {
			tv = monotime_ms(0);
			evtimer_add(&timer, &tv);
			return;
		}
	renewed = part.first = 0;
	if (++renewals == NET_RENEWALS)
		return;
	tv = monotime_ms(NET_RENEW_MS(renewals));
	evtimer_add(&timer, &tv);
}

void
tunnels_open(void)
{
	evtimer_set(&timer, renew, NULL);
	evtimer_set(&again, on_again, NULL);
	evtimer_set(&waited, on_waited, NULL);
	source.uplink = MSG_UPLINK_NONE;
}

void
tunnels_follow(
    const struct net_state *s, uint32_t uplink, const struct msg_facts *f)
{
	struct source now;
	uint32_t i;

	if (ntunnels == 0)
		return;
	memset(&now, 0, sizeof(now));
	now.uplink = uplink;
	for (i = 0; i < FAMILIES; i++)
		now.address[i] = f->family[i].address;
	if (memcmp(&now, &source, sizeof(now)) == 0)
		return;
	source = now;
	state_now = s;
	renewals = 0;
	renewed = part.first = 0;
	evtimer_del(&timer);
	renew(-1, 0, NULL);
}
