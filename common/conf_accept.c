/* SPDX-License-Identifier: ISC */
/*
 * A peer as it comes in a message, and where it may say that it is: asked by
 * the parent, which hears it, and again by netconf, which acts on it.
 */
#include <sys/types.h>

#include <string.h>

#include "common/conf_int.h"
#include "common/msg.h"

/* Not to be reached from the internet (RFC 6890). */
static bool
is_public(const struct addr *a)
{
	static const char *const nets[] = { "0.0.0.0/8", "10.0.0.0/8",
		"100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
		"172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
		"198.18.0.0/15", "240.0.0.0/4" };
	static const struct prefix global = {
		.addr.family = AF_INET6, .addr.octet = { 0x20 }, .len = 3
	};
	struct prefix net;
	size_t i;

	if (a->family == AF_INET6)
		return prefix_contains(&global, a);
	for (i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		if (prefix_parse(nets[i], &net) == 0 &&
		    prefix_contains(&net, a))
			return false;
	return true;
}

static bool
is_configured(const struct conf_peer *c, const struct addr *a)
{
	uint32_t i;

	for (i = 0; i < c->naddresses; i++)
		if (addr_cmp(&c->address[i], a) == 0)
			return true;
	return false;
}

static bool
is_accepted(const struct conf_peer *c, const struct addr *a)
{
	uint32_t i;

	for (i = 0; i < c->naccept; i++)
		if (prefix_contains(&c->accept[i], a))
			return true;
	return c->naccept == 0 && is_public(a);
}

bool
conf_peer_accepts(const struct conf_peer *c, const struct addr *a)
{
	if (addr_is_loopback(a) || addr_is_multicast(a) ||
	    addr_is_linklocal(a) || addr_is_any(a))
		return false;
	return is_configured(c, a) || is_accepted(c, a);
}

bool
conf_peer_names(const struct conf_peer *c, const struct addr *a)
{
	return conf_peer_accepts(c, a) &&
	       (is_configured(c, a) || c->naccept > 0);
}

bool
conf_peer_is_hop(const struct conf_peer *c)
{
	uint32_t i;

	for (i = 0; i < c->nroutes; i++)
		if (c->route[i].ifname[0] == '\0')
			return true;
	return false;
}

static bool
nets_valid(const struct prefix *net, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!prefix_valid(&net[i]))
			return false;
	return true;
}

int
conf_peer_valid(const struct conf_peer *c)
{
	uint32_t i;

	if (c->id >= CONF_PEERS_MAX ||
	    !msg_text_valid(c->name, sizeof(c->name)) ||
	    !conf_in_range(CONF_F_PEER_PORT, c->port) ||
	    !nets_valid(c->announce, c->nannounce) ||
	    !nets_valid(c->accept, c->naccept) ||
	    !conf_in_range(CONF_F_HELLO, c->hello_ms) ||
	    !conf_in_range(CONF_F_HELLO, c->hello_metered_ms) ||
	    (c->hello_nat_ms != 0 &&
		!conf_in_range(CONF_F_HELLO, c->hello_nat_ms)))
		return 0;
	for (i = 0; i < c->naddresses; i++)
		if (!conf_address_valid(&c->address[i]))
			return 0;
	for (i = 0; i < c->nroutes; i++)
		if (!prefix_valid(&c->route[i].net) ||
		    !msg_text_valid(
			c->route[i].ifname, sizeof(c->route[i].ifname)))
			return 0;
	return 1;
}
