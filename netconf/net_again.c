/* SPDX-License-Identifier: ISC */
/*
 * Tunnels of peers that are there again: made anew, set up, or named since now.
 * They lead to where they were made for, while the peer may have moved since:
 * the parent knows where it is, and asks for it to be led there.  As its
 * hellos say nothing new, nothing else would ask.
 */
#include <sys/types.h>

#include <string.h>

#include "common/log.h"
#include "netconf/net.h"
#include "netconf/run.h"

static int
same_peer(const struct net_tunnel *a, const struct net_tunnel *b)
{
	return a->whose != 0 && a->whose == b->whose;
}

void
again_keep(struct net_tunnel *now, size_t nnow, const struct net_tunnel *was,
    size_t nwas)
{
	size_t i, j;
	int c;

	for (i = j = 0; i < nnow && j < nwas;) {
		c = tunnel_order(&now[i], &was[j]);
		if (c == 0 && same_peer(&now[i], &was[j]))
			now[i].there = was[j].there;
		i += c <= 0;
		j += c >= 0;
	}
}

static void
tell(uint32_t peer)
{
	const struct msg_net_peer_again m = { config_gen(), peer };

	netconf_send(IMSG_NET_PEER_AGAIN, -1, &m, sizeof(m));
}

/*
 * The first networks that a peer of tunnels is the next hop of: the parent may
 * know where it is, and would not say it again.
 */
static void
tell_hops(const struct net_want *w, int begun)
{
	const struct conf_peer *told = NULL;
	struct net_hop *h;
	size_t i;

	for (i = 0; i < w->nhops; i++) {
		h = &w->hop[i];
		if (begun && h->is_new && h->peer != told) {
			tell(h->peer->id);
			told = h->peer;
		}
		h->is_new = 0;
	}
}

/* One line, whatever their number. */
static void
log_again(const char *ifname, uint32_t n)
{
	if (n == 1)
		log_info("peers: %s is there again: led to where its peer is, "
			 "if that is known",
		    ifname);
	else if (n > 1)
		log_info("peers: %s and %u more are there again: led to where "
			 "their peers are, if that is known",
		    ifname, n - 1);
}

/* Set down it keeps its far end, or WireGuard's endpoints. */
static uint32_t
seen(const struct net_link *l, uint32_t there)
{
	if (l == NULL)
		return 0;
	return l->up ? l->ifindex : there;
}

/*
 * One link may have thousands of them (WireGuard); they stand in a row.  When
 * we have just started, the parent has too, and believes nobody yet.
 */
void
again_tell(const struct net_want *w, const struct net_state *s)
{
	static int begun;
	const struct net_link *l = NULL;
	const char *first = NULL;
	struct net_tunnel *t;
	uint32_t there, n = 0;
	size_t i;

	for (i = 0; i < w->ntunnels; i++) {
		t = &w->tunnel[i];
		if (i == 0 || strcmp(t->conf->ifname, t[-1].conf->ifname) != 0)
			l = net_link_find(s, t->conf->ifname);
		there = seen(l, t->there);
		if (begun && there != 0 && there != t->there && t->whose != 0) {
			tell(t->peer);
			if (n++ == 0)
				first = t->conf->ifname;
		}
		t->there = there;
	}
	log_again(first, n);
	tell_hops(w, begun);
	begun = 1;
}
