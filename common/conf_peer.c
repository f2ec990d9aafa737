/* SPDX-License-Identifier: ISC */
/*
 * Peers: thousands at a hub, so that they have an array of their own, and
 * what must not be there twice is found by sorting.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

/* Room doubles; 0 or -1. */
static int
grow(struct conf_build *b)
{
	struct conf_peer_build *peer;
	size_t n = b->conf->npeers;

	if ((n & (n - 1)) != 0)
		return 0;
	n = n == 0 ? 1 : 2 * n;
	if ((peer = reallocarray(b->peer, n, sizeof(*peer))) == NULL)
		return -1;
	b->peer = peer;
	return 0;
}

/* One too many takes the place of the last. */
void
conf_build_peer(struct conf_build *b, const struct conf_text *name)
{
	struct conf *conf = b->conf;
	uint32_t i = conf->npeers;

	b->errors_before = conf_src_errors(b->src);
	if (i == CONF_PEERS_MAX) {
		conf_src_error(
		    b->src, name, "more than %d peers", CONF_PEERS_MAX);
		i--;
	} else if (grow(b) == -1) {
		conf_src_error(b->src, name, "out of memory");
		return;
	} else
		conf->npeers++;
	memset(&b->peer[i], 0, sizeof(b->peer[i]));
	b->peer[i].where = *name;
	b->peer[i].is.id = (uint16_t)i;
	b->peer[i].is.port = conf_range[CONF_F_PEER_PORT].value;
	b->in_peer = 1;
	conf_build_label(b, b->peer[i].is.name, name);
}

struct conf_peer_build *
conf_build_peer_now(struct conf_build *b)
{
	if (b->in_group && !b->in_peer)
		return &b->group;
	return b->conf->npeers > 0 ? &b->peer[b->conf->npeers - 1] : NULL;
}

struct conf_peer_build *
conf_build_peer_keyed(struct conf_build *b, const struct conf_text *word)
{
	struct conf_peer_build *p = conf_build_peer_now(b);

	if (b->in_peer && p != NULL)
		p->alone = *word;
	return p;
}

void
conf_build_tunnel(struct conf_build *b, const struct conf_text *ifname,
    const struct conf_tunnel_words *how)
{
	const struct conf_text *wgpeer = &how->wgpeer;
	struct conf_peer_build *p;
	struct conf_tunnel *t;

	if ((p = conf_build_peer_now(b)) == NULL)
		return;
	if (p->is.ntunnels == CONF_TUNNELS_MAX) {
		conf_src_error(b->src, ifname,
		    "more than %d tunnels to one peer", CONF_TUNNELS_MAX);
		return;
	}
	p->tunnel_where[p->is.ntunnels] = *ifname;
	t = &p->tunnel[p->is.ntunnels++];
	conf_build_ifname(b, t->ifname, ifname);
	t->encrypted = how->encrypted.s != NULL;
	if (wgpeer->s == NULL)
		return;
	t->wgpeer = 1;
	if (key_parse(wgpeer->s, t->key) == -1)
		/* it is not repeated: a private one looks the same */
		conf_src_error(b->src, wgpeer,
		    "wgpeer: not a public key as wg(8) prints it: 44 "
		    "characters of base64");
}

/* One without a point on the curve would be heard from nobody. */
void
conf_build_key(struct conf_build *b, const struct conf_text *text)
{
	uint8_t x[crypto_scalarmult_curve25519_BYTES];
	struct conf_peer_build *p = conf_build_peer_now(b);

	if (p == NULL)
		return;
	p->is.keyed = 1;
	b->conf->nkeyed++;
	p->key_where = *text;
	if (key_parse(text->s, p->is.key) == -1 ||
	    crypto_sign_ed25519_pk_to_curve25519(x, p->is.key) == -1)
		/* it is not repeated: a secret one looks the same */
		conf_src_error(b->src, text,
		    "key: not a public key as dialfailctl pubkey prints it, "
		    "in quotes");
}

void
conf_build_peer_address(struct conf_build *b, const struct conf_text *text)
{
	struct conf_peer_build *p = conf_build_peer_keyed(b, text);
	struct addr *a;

	if (p == NULL)
		return;
	a = &p->address[p->is.naddresses];
	if (p->is.naddresses == CONF_PEER_ADDRS_MAX)
		conf_src_error(b->src, text, "more than %d addresses",
		    CONF_PEER_ADDRS_MAX);
	else if (addr_parse(text->s, a) == -1 || !conf_address_valid(a))
		conf_src_error(
		    b->src, text, "\"%s\" is not a host's address", text->s);
	else
		p->is.naddresses++;
}

void
conf_build_peer_port(struct conf_build *b, const struct conf_text *text)
{
	struct conf_peer_build *p = conf_build_peer_now(b);

	if (p != NULL && text->s != NULL)
		conf_build_number(b, CONF_F_PEER_PORT, &p->is.port, text);
}

void
conf_build_hello(struct conf_build *b, const struct conf_text *text,
    const struct conf_text *metered)
{
	struct conf_peer_build *p = conf_build_peer_keyed(b, text);

	if (p == NULL)
		return;
	conf_build_number(b, CONF_F_HELLO, &p->is.hello_ms, text);
	if (metered->s != NULL)
		conf_build_number(
		    b, CONF_F_HELLO, &p->is.hello_metered_ms, metered);
}

/* Something is led when it moves, or it is told where our networks are. */
static int
has_use(const struct conf_build *b, const struct conf_peer_build *p)
{
	return p->is.ntunnels > 0 || p->hop.s != NULL || p->is.nannounce > 0 ||
	       (b->in_group && p->is.keyed && b->group.is.nannounce > 0);
}

void
conf_build_peer_end(struct conf_build *b)
{
	struct conf_peer_build *p = conf_build_peer_now(b);

	if (p == NULL)
		return;
	b->in_peer = 0;
	if (conf_src_errors(b->src) != b->errors_before)
		return;
	if (!has_use(b, p))
		conf_src_error(b->src, &p->where,
		    "a peer needs a tunnel: tunnel INTERFACE; or, with a key, "
		    "route NETWORK or announce NETWORK");
	if (!p->is.keyed && p->hop.s != NULL)
		conf_src_error(b->src, &p->hop,
		    "route %s: without via the peer is the next hop, and needs "
		    "its key: key \"KEY\"",
		    p->hop.s);
	else if (!p->is.keyed && p->alone.s != NULL)
		conf_src_error(b->src, &p->alone,
		    "a peer that is to be talked to needs its key: key "
		    "\"KEY\"");
}

void
conf_build_identity(struct conf_build *b, const struct conf_text *text)
{
	conf_build_path(b, b->conf->identity, text, "identity");
	conf_build_where(&b->conf->identity_where, text);
}

void
conf_build_listen(struct conf_build *b, const struct conf_text *word,
    const struct conf_text *address, const struct conf_text *port)
{
	struct conf_global *g = &b->conf->global;

	b->listen = *word;
	g->port = conf_range[CONF_F_PEER_PORT].value;
	if (port->s != NULL)
		conf_build_number(b, CONF_F_PEER_PORT, &g->port, port);
	if (address->s == NULL)
		return;
	if (addr_parse(address->s, &g->listen) == -1 ||
	    !conf_address_valid(&g->listen))
		conf_src_error(b->src, address,
		    "\"%s\" is not a host's address", address->s);
}

/*
 * What costs by the octet is talked by ten times as seldom.  A NAT may forget
 * who was silent for 30 seconds, and then nobody hears where a hub moves to:
 * that is worth the octets, unless somebody has reckoned otherwise.
 */
static void
default_hellos(struct conf_build *b)
{
	const uint32_t max = conf_range[CONF_F_HELLO].max;
	struct conf_peer *p;
	uint32_t i;

	for (i = 0; i < b->conf->npeers; i++) {
		p = &b->conf->peer[i];
		if (p->hello_ms == 0) {
			p->hello_ms = conf_range[CONF_F_HELLO].value;
			p->hello_nat_ms = CONF_HELLO_NAT_MS;
		}
		if (p->hello_metered_ms == 0)
			p->hello_metered_ms =
			    p->hello_ms > max / 10 ? max : 10 * p->hello_ms;
	}
}

/* A peer, or one of its tunnels. */
struct ref {
	const struct conf_peer *peer;
	const struct conf_tunnel *tunnel;
	const struct conf_text *where;
	size_t order;
};

static int
by_order(const struct ref *a, const struct ref *b)
{
	return a->order < b->order ? -1 : a->order > b->order;
}

static int
by_name(const void *p, const void *q)
{
	const struct ref *a = p, *b = q;
	int c = strcmp(a->peer->name, b->peer->name);

	return c != 0 ? c : by_order(a, b);
}

/* One without a key comes before those with one. */
static int
by_tunnel(const void *p, const void *q)
{
	const struct ref *a = p, *b = q;
	const struct conf_tunnel *s = a->tunnel, *t = b->tunnel;
	int c = strcmp(s->ifname, t->ifname);

	if (c == 0)
		c = (int)s->wgpeer - (int)t->wgpeer;
	if (c == 0)
		c = memcmp(s->key, t->key, sizeof(s->key));
	return c != 0 ? c : by_order(a, b);
}

static void
names_once(struct conf_build *b, struct ref *ref)
{
	size_t n = b->conf->npeers, i;

	for (i = 0; i < n; i++)
		ref[i] = (struct ref){ &b->conf->peer[i], NULL,
			&b->peer[i].where, i };
	qsort(ref, n, sizeof(*ref), by_name);
	for (i = 1; i < n; i++)
		if (ref[i].peer->name[0] != '\0' &&
		    strcmp(ref[i - 1].peer->name, ref[i].peer->name) == 0)
			conf_src_error(b->src, ref[i].where,
			    "peer \"%s\" is written twice", ref[i].peer->name);
}

static int
by_key(const void *p, const void *q)
{
	const struct ref *a = p, *b = q;
	int c = memcmp(a->peer->key, b->peer->key, KEY_LEN);

	return c != 0 ? c : by_order(a, b);
}

/* A peer is known by its key. */
static void
keys_once(struct conf_build *b, struct ref *ref)
{
	size_t n = 0, i;

	for (i = 0; i < b->conf->npeers; i++)
		if (b->conf->peer[i].keyed)
			ref[n++] = (struct ref){ &b->conf->peer[i], NULL,
				&b->peer[i].key_where, i };
	qsort(ref, n, sizeof(*ref), by_key);
	for (i = 1; i < n; i++)
		if (memcmp(ref[i - 1].peer->key, ref[i].peer->key, KEY_LEN) ==
		    0)
			conf_src_error(b->src, ref[i].where,
			    "this key belongs to peer \"%s\" already",
			    ref[i - 1].peer->name);
}

/* Words that stand together, or not at all. */
static void
check_identity(struct conf_build *b)
{
	struct conf *conf = b->conf;
	uint32_t i;

	if (conf->identity[0] == '\0' && b->listen.s != NULL)
		conf_src_error(b->src, &b->listen,
		    "listen: our own key is missing: identity \"FILE\"");
	for (i = 0; i < conf->npeers && conf->identity[0] == '\0'; i++)
		if (conf->peer[i].keyed) {
			conf_src_error(b->src, &b->peer[i].key_where,
			    "key: our own is missing: identity \"FILE\"");
			break;
		}
	if (conf->nkeyed > 0 && conf->global.port == 0)
		conf->global.port = conf_range[CONF_F_PEER_PORT].value;
}

/* All of an interface to one peer, or one key of it. */
static void
claimed_once(
    struct conf_build *b, const struct ref *first, const struct ref *second)
{
	const struct ref *later = first->order > second->order ? first : second;
	const struct ref *other = later == first ? second : first;

	if (first->tunnel->ifname[0] == '\0' || other->peer->name[0] == '\0' ||
	    strcmp(first->tunnel->ifname, second->tunnel->ifname) != 0)
		return;
	if (!first->tunnel->wgpeer)
		conf_src_error(b->src, later->where,
		    "tunnel %s belongs to peer \"%s\" already; several peers "
		    "of a WireGuard interface have their wgpeer each",
		    later->tunnel->ifname, other->peer->name);
	else if (memcmp(first->tunnel->key, second->tunnel->key, KEY_LEN) == 0)
		conf_src_error(b->src, later->where,
		    "this wgpeer of tunnel %s belongs to peer \"%s\" already",
		    later->tunnel->ifname, other->peer->name);
}

static void
tunnels_once(struct conf_build *b, struct ref *ref)
{
	const struct conf_peer *p;
	size_t n = 0, i;
	uint32_t j;

	for (i = 0; i < b->conf->npeers; i++) {
		p = &b->conf->peer[i];
		for (j = 0; j < p->ntunnels; j++, n++)
			ref[n] = (struct ref){ p, &p->tunnel[j],
				&b->peer[i].tunnel_where[j], n };
	}
	qsort(ref, n, sizeof(*ref), by_tunnel);
	for (i = 1; i < n; i++)
		claimed_once(b, &ref[i - 1], &ref[i]);
}

/* What follows the active uplink is none itself. */
static void
check_uplinks(struct conf_build *b)
{
	const struct conf_peer *p;
	uint32_t i, j, u;

	for (i = 0; i < b->conf->npeers; i++) {
		p = &b->conf->peer[i];
		for (j = 0; j < p->ntunnels; j++)
			for (u = 0; u < b->conf->nuplinks; u++)
				if (p->tunnel[j].ifname[0] != '\0' &&
				    strcmp(b->conf->uplink[u].ifname,
					p->tunnel[j].ifname) == 0)
					conf_src_error(b->src,
					    &b->peer[i].tunnel_where[j],
					    "tunnel %s is itself an uplink",
					    p->tunnel[j].ifname);
	}
}

/* From now on they are the configuration's.  0 or -1. */
static int
hand_over(struct conf_build *b)
{
	struct conf *conf = b->conf;
	struct conf_peer_build *p;
	size_t lists = 0;
	uint8_t *at;
	uint32_t i;

	for (i = 0; i < conf->npeers; i++)
		lists += conf_peer_lists(&b->peer[i].is);
	conf->peer = calloc((size_t)conf->npeers + 1, sizeof(*conf->peer));
	at = conf->peer_lists = malloc(lists + 1);
	if (conf->peer == NULL || conf->peer_lists == NULL) {
		conf->npeers = conf->nkeyed = 0;
		return -1;
	}
	for (i = 0; i < conf->npeers; i++) {
		p = &b->peer[i];
		p->is.tunnel = p->tunnel;
		p->is.address = p->address;
		p->is.announce = p->announce;
		p->is.accept = p->accept;
		p->is.route = p->route;
		conf_peer_copy(&conf->peer[i], &p->is, &at);
	}
	return 0;
}

void
conf_build_peers_finish(struct conf_build *b)
{
	struct conf_text file = { NULL, b->conf->path, 0 };
	struct ref *ref;
	int handed = hand_over(b);

	default_hellos(b);
	ref = calloc(
	    (size_t)b->conf->npeers + 1, CONF_TUNNELS_MAX * sizeof(*ref));
	if (handed == -1 || ref == NULL)
		conf_src_error(b->src, &file, "out of memory");
	else {
		names_once(b, ref);
		keys_once(b, ref);
		tunnels_once(b, ref);
		check_uplinks(b);
		conf_build_routes_finish(b);
		check_identity(b);
	}
	free(ref);
	free(b->peer);
	b->peer = NULL;
}
