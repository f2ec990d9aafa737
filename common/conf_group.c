/* SPDX-License-Identifier: ISC */
/*
 * What holds for all peers of a group, and networks: those behind us, which
 * peers are told, and those behind a peer, to which its tunnels lead, or it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

/* Its name is for people alone. */
void
conf_build_group(struct conf_build *b, const struct conf_text *name)
{
	char label[CONF_LABEL_LEN];

	conf_build_label(b, label, name);
	b->in_group = 1;
	b->group_first = b->conf->npeers;
	memset(&b->group, 0, sizeof(b->group));
}

/* Those of the group come first. */
static void
add_nets(struct conf_build *b, const struct conf_text *where,
    struct prefix *net, uint8_t *n, const struct prefix *more, uint8_t nmore)
{
	if (*n + nmore > CONF_PEER_NETS_MAX) {
		conf_src_error(b->src, where,
		    "more than %d networks, with those of its group",
		    CONF_PEER_NETS_MAX);
		return;
	}
	memmove(&net[nmore], net, *n * sizeof(*net));
	memcpy(net, more, nmore * sizeof(*net));
	*n = (uint8_t)(*n + nmore);
}

void
conf_build_group_end(struct conf_build *b)
{
	const struct conf_peer_build *g = &b->group;
	struct conf_peer_build *p;
	uint32_t i;

	for (i = b->group_first; i < b->conf->npeers; i++) {
		p = &b->peer[i];
		add_nets(b, &p->where, p->accept, &p->is.naccept, g->accept,
		    g->is.naccept);
		add_nets(b, &p->where, p->announce, &p->is.nannounce,
		    g->announce, g->is.nannounce);
		if (p->is.hello_ms == 0) {
			p->is.hello_ms = g->is.hello_ms;
			p->is.hello_metered_ms = g->is.hello_metered_ms;
		}
	}
	b->in_group = 0;
}

/* 1: it is one, and there is room for it. */
static int
take_net(struct conf_build *b, const struct conf_text *text, uint32_t n,
    struct prefix *net)
{
	if (n == CONF_PEER_NETS_MAX)
		conf_src_error(
		    b->src, text, "more than %d networks", CONF_PEER_NETS_MAX);
	else if (prefix_parse(text->s, net) == -1)
		conf_src_error(
		    b->src, text, "\"%s\" is not a network", text->s);
	else
		return 1;
	return 0;
}

void
conf_build_announce(struct conf_build *b, const struct conf_text *text)
{
	struct conf_peer_build *p = conf_build_peer_keyed(b, text);

	if (p != NULL &&
	    take_net(b, text, p->is.nannounce, &p->announce[p->is.nannounce]))
		p->is.nannounce++;
}

void
conf_build_accept(struct conf_build *b, const struct conf_text *text)
{
	struct conf_peer_build *p = conf_build_peer_keyed(b, text);

	if (p != NULL &&
	    take_net(b, text, p->is.naccept, &p->accept[p->is.naccept]))
		p->is.naccept++;
}

void
conf_build_route(struct conf_build *b, const struct conf_text *text,
    const struct conf_text *ifname)
{
	struct conf_peer_build *p = conf_build_peer_now(b);
	struct conf_behind net;

	if (p == NULL || !take_net(b, text, p->is.nroutes, &net.net))
		return;
	memset(net.ifname, 0, sizeof(net.ifname));
	if (ifname->s != NULL)
		conf_build_ifname(b, net.ifname, ifname);
	if (net.net.len == 0) {
		conf_src_error(b->src, text,
		    "route %s: a default route is the uplinks' alone", text->s);
		return;
	}
	if (ifname->s == NULL && b->in_peer)
		p->hop = *text;
	p->route_where[p->is.nroutes] = *text;
	p->route[p->is.nroutes++] = net;
}

static int
has_tunnel(const struct conf_peer *p, const char *ifname)
{
	uint32_t i;

	for (i = 0; i < p->ntunnels; i++)
		if (strcmp(p->tunnel[i].ifname, ifname) == 0)
			return 1;
	return 0;
}

struct ref {
	const struct conf_peer *peer;
	const struct prefix *net;
	const struct conf_text *where;
	size_t order;
};

static int
by_net(const void *p, const void *q)
{
	const struct ref *a = p, *b = q;
	int c = prefix_cmp(a->net, b->net);

	return c != 0 ? c : a->order < b->order ? -1 : a->order > b->order;
}

/* Each by its peer or a tunnel of it, and there by one way only. */
void
conf_build_routes_finish(struct conf_build *b)
{
	struct conf_text file = { NULL, b->conf->path, 0 };
	const struct conf_peer *p;
	struct ref *ref;
	size_t n = 0, i;
	uint32_t j;

	ref = calloc(
	    (size_t)b->conf->npeers * CONF_PEER_NETS_MAX + 1, sizeof(*ref));
	if (ref == NULL)
		conf_src_error(b->src, &file, "out of memory");
	for (i = 0; ref != NULL && i < b->conf->npeers; i++) {
		p = &b->conf->peer[i];
		for (j = 0; j < p->nroutes; j++, n++) {
			ref[n] = (struct ref){ p, &p->route[j].net,
				&b->peer[i].route_where[j], n };
			if (p->route[j].ifname[0] != '\0' &&
			    !has_tunnel(p, p->route[j].ifname))
				conf_src_error(b->src, ref[n].where,
				    "route via %s: that is no tunnel of this "
				    "peer",
				    p->route[j].ifname);
		}
	}
	if (n > 1)
		qsort(ref, n, sizeof(*ref), by_net);
	for (i = 1; i < n; i++)
		if (prefix_cmp(ref[i - 1].net, ref[i].net) == 0)
			conf_src_error(b->src, ref[i].where,
			    "this network is behind peer \"%s\" already",
			    ref[i - 1].peer->name);
	free(ref);
}
