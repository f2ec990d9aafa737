/* SPDX-License-Identifier: ISC */
/*
 * Peers by an uplink that has a private address, or one of a carrier's (RFC
 * 6598): a NAT is before it, where what cannot say who it is does not follow,
 * and where who says nothing for long is forgotten.
 */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>

#include "netconf/advice.h"

#define NAT_REMEMBERS_MS 30000

/* A hub's peers are thousands: the first one stands for them. */
struct named {
	const char *first;
	uint32_t more;
};

static void
name(struct named *n, const char *peer)
{
	if (n->first == NULL)
		n->first = peer;
	else
		n->more++;
}

static const char *
names(const struct named *n, char *buf, size_t size)
{
	if (n->first == NULL || n->more == 0)
		snprintf(buf, size, "%s", n->first != NULL ? n->first : "");
	else
		snprintf(buf, size, "%s and %u more", n->first, n->more);
	return buf;
}

static int
is_private(const struct addr *a)
{
	const struct prefix p = { .addr = *a,
		.len = (uint32_t)addr_len(a) * 8 };

	return prefix_is_private(&p);
}

/* IPv4, since IPv6 is rarely translated. */
static const struct addr *
private_address(const struct net_state *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->naddrs; i++)
		if (s->addrs[i].ifindex == ifindex &&
		    s->addrs[i].local.family == AF_INET &&
		    !s->addrs[i].secondary)
			return is_private(&s->addrs[i].local)
				   ? &s->addrs[i].local
				   : NULL;
	return NULL;
}

/* One that is at private addresses itself is in our own network. */
static int
is_far(const struct conf_peer *p)
{
	uint32_t i;

	for (i = 0; i < p->naddresses; i++)
		if (!is_private(&p->address[i]))
			return 1;
	return p->naddresses == 0;
}

static int
has_tunnel(const struct net_state *s, const struct conf_peer *p,
    enum net_tunnel_kind kind)
{
	const struct net_link *l;
	uint32_t i;

	for (i = 0; i < p->ntunnels; i++) {
		l = net_link_find(s, p->tunnel[i].ifname);
		if (l != NULL && l->tunnel == kind &&
		    l->local.family != AF_INET6)
			return 1;
	}
	return 0;
}

static int
is_forgotten(const struct net_state *s, const struct conf_peer *p,
    const struct conf_uplink *u)
{
	uint32_t hello_ms = u->metered ? p->hello_metered_ms : p->hello_ms;

	return p->hello_nat_ms == 0 && hello_ms > NAT_REMEMBERS_MS &&
	       has_tunnel(s, p, NET_WIREGUARD);
}

struct nat {
	const char *ifname;
	const struct addr *address;
	plan_line *line;
	void *arg;
};

static void __attribute__((__format__(printf, 3, 4)))
say(const struct nat *n, const struct named *peers, const char *fmt, ...)
{
	char text[MSG_TEXT_LEN], why[MSG_TEXT_LEN - 80], at[ADDR_STRLEN];
	va_list ap;

	if (peers->first == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text),
	    "%s has %s, so that it may be behind NAT: %s", n->ifname,
	    addr_format(n->address, at, sizeof(at)), why);
	n->line(text, 0, n->arg);
}

static void
behind(const struct nat *n, const struct conf *conf, const struct net_state *s,
    const struct conf_uplink *u)
{
	struct named forgotten = { NULL, 0 }, stuck = { NULL, 0 };
	struct named quiet = { NULL, 0 };
	char buf[CONF_LABEL_LEN + 32];
	const struct conf_peer *p;
	uint32_t i;

	for (i = 0; i < conf->npeers; i++) {
		p = &conf->peer[i];
		if (!p->keyed || !is_far(p))
			continue;
		if (has_tunnel(s, p, NET_TUNNEL))
			name(&stuck, p->name);
		if (is_forgotten(s, p, u))
			name(&forgotten, p->name);
		else if (p->hello_nat_ms != 0 &&
			 has_tunnel(s, p, NET_WIREGUARD))
			name(&quiet, p->name);
	}
	say(n, &stuck, "of the tunnels to %s only WireGuard can follow there",
	    names(&stuck, buf, sizeof(buf)));
	say(n, &forgotten,
	    "it may forget us within a minute; hello to %s should be 30s at "
	    "most there, and WireGuard needs PersistentKeepalive",
	    names(&forgotten, buf, sizeof(buf)));
	say(n, &quiet,
	    "it may forget us within a minute; hellos go out often enough "
	    "then, and WireGuard to %s needs PersistentKeepalive",
	    names(&quiet, buf, sizeof(buf)));
}

void
advice_peers(const struct conf *conf, const struct net_state *s,
    plan_line *line, void *arg)
{
	const struct net_link *l;
	const struct addr *a;
	uint32_t i;

	for (i = 0; conf->npeers > 0 && i < conf->nuplinks; i++) {
		l = net_link_find(s, conf->uplink[i].ifname);
		if (l == NULL || (a = private_address(s, l->ifindex)) == NULL)
			continue;
		behind(&(struct nat){ l->name, a, line, arg }, conf, s,
		    &conf->uplink[i]);
	}
}
