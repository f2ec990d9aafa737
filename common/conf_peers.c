/* SPDX-License-Identifier: ISC */
/*
 * Peers in memory and in a message: what all of them have, and their lists,
 * one after the other.
 */
#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "common/conf.h"
#include "common/msg.h"

#define HEAD offsetof(struct msg_conf_peer, lists)

/* Behind any other one, each is where it may be read. */
#define STANDS_ANYWHERE(type)                                    \
	_Static_assert(_Alignof(type) <= _Alignof(uint32_t) &&   \
			   sizeof(type) % sizeof(uint32_t) == 0, \
	    #type)

STANDS_ANYWHERE(struct conf_tunnel);
STANDS_ANYWHERE(struct addr);
STANDS_ANYWHERE(struct prefix);
STANDS_ANYWHERE(struct conf_behind);

size_t
conf_peer_lists(const struct conf_peer *c)
{
	return c->ntunnels * sizeof(*c->tunnel) +
	       c->naddresses * sizeof(*c->address) +
	       c->nannounce * sizeof(*c->announce) +
	       c->naccept * sizeof(*c->accept) + c->nroutes * sizeof(*c->route);
}

/* Where a list of so many octets is now. */
static void *
take(uint8_t **at, size_t len)
{
	uint8_t *list = *at;

	*at += len;
	return list;
}

static void *
put(uint8_t **at, const void *list, size_t len)
{
	return len == 0 ? NULL : memcpy(take(at, len), list, len);
}

void
conf_peer_copy(struct conf_peer *to, const struct conf_peer *c, uint8_t **at)
{
	*to = *c;
	to->tunnel = put(at, c->tunnel, c->ntunnels * sizeof(*c->tunnel));
	to->address = put(at, c->address, c->naddresses * sizeof(*c->address));
	to->announce =
	    put(at, c->announce, c->nannounce * sizeof(*c->announce));
	to->accept = put(at, c->accept, c->naccept * sizeof(*c->accept));
	to->route = put(at, c->route, c->nroutes * sizeof(*c->route));
}

uint32_t
msg_conf_lists(const struct conf *conf)
{
	struct conf_peer said;
	size_t sum = 0;
	uint32_t i;

	for (i = 0; i < conf->npeers; i++) {
		said = conf->peer[i];
		said.ntunnels = 0;
		if (said.keyed)
			sum += conf_peer_lists(&said);
	}
	return (uint32_t)sum;
}

size_t
msg_conf_peer_encode(struct msg_conf_peer *m, const struct conf_peer *c)
{
	uint8_t *at = (uint8_t *)m->lists;
	struct conf_peer said = *c, ignored;

	said.ntunnels = 0;
	m->id = c->id;
	m->port = c->port;
	m->hello_ms = c->hello_ms;
	m->hello_metered_ms = c->hello_metered_ms;
	m->hello_nat_ms = c->hello_nat_ms;
	m->naddresses = c->naddresses;
	m->nannounce = c->nannounce;
	m->naccept = c->naccept;
	m->nroutes = c->nroutes;
	memcpy(m->key, c->key, sizeof(m->key));
	memcpy(m->name, c->name, sizeof(m->name));
	conf_peer_copy(&ignored, &said, &at);
	return (size_t)(at - (uint8_t *)m);
}

/* None is longer than any can be, so that their sum is none of others. */
static bool
counts_valid(const struct msg_conf_peer *m)
{
	return m->naddresses <= CONF_PEER_ADDRS_MAX &&
	       m->nannounce <= CONF_PEER_NETS_MAX &&
	       m->naccept <= CONF_PEER_NETS_MAX &&
	       m->nroutes <= CONF_PEER_NETS_MAX;
}

int
msg_conf_peer_decode(struct msg_conf_peer *m, size_t len, struct conf_peer *c)
{
	uint8_t *at = (uint8_t *)m->lists;

	memset(c, 0, sizeof(*c));
	if (len < HEAD || !counts_valid(m))
		return -1;
	c->keyed = 1;
	c->id = (uint16_t)m->id;
	c->port = m->port;
	c->hello_ms = m->hello_ms;
	c->hello_metered_ms = m->hello_metered_ms;
	c->hello_nat_ms = m->hello_nat_ms;
	c->naddresses = (uint8_t)m->naddresses;
	c->nannounce = (uint8_t)m->nannounce;
	c->naccept = (uint8_t)m->naccept;
	c->nroutes = (uint8_t)m->nroutes;
	memcpy(c->key, m->key, sizeof(c->key));
	memcpy(c->name, m->name, sizeof(c->name));
	if (conf_peer_lists(c) != len - HEAD)
		return -1;
	c->address = take(&at, c->naddresses * sizeof(*c->address));
	c->announce = take(&at, c->nannounce * sizeof(*c->announce));
	c->accept = take(&at, c->naccept * sizeof(*c->accept));
	c->route = take(&at, c->nroutes * sizeof(*c->route));
	return conf_peer_valid(c) ? 0 : -1;
}
