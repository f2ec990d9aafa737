/* SPDX-License-Identifier: ISC */
/*
 * A peer is elsewhere: exactly its tunnels are led there.  The parent has
 * verified that the peer said so; what it may say is checked here again,
 * since the parent talks to strangers.  It stays where it is when we leave:
 * our routes go, the peer does not.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"
#include "netconf/run.h"

/* ---- where it may be ---- */

/* Ours, or in a network of our site; an uplink's may have others, too. */
static int
is_ours(const struct net_state *s, const struct addr *a)
{
	struct prefix net;
	size_t i;

	for (i = 0; i < s->naddrs; i++) {
		net.addr = s->addrs[i].local;
		net.len = s->addrs[i].prefixlen;
		if (addr_cmp(&net.addr, a) == 0)
			return 1;
		prefix_mask(&net);
		if (net.len > 0 && prefix_contains(&net, a) &&
		    !plan_is_uplinks(net_wish(), s, s->addrs[i].ifindex))
			return 1;
	}
	return 0;
}

static int
may_be_there(const struct conf_peer *p, const struct net_state *s,
    const struct msg_net_peer *m)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (m->address[f].family != AF_UNSPEC &&
		    (!conf_peer_accepts(p, &m->address[f]) ||
			is_ours(s, &m->address[f])))
			return 0;
	return 1;
}

/* ---- its tunnels ---- */

static int
is_meant(const uint8_t key[KEY_LEN], const void *tunnel)
{
	const struct conf_tunnel *t = tunnel;

	return !t->wgpeer || memcmp(t->key, key, KEY_LEN) == 0;
}

/*
 * Not read back: each packet of the peer's own may have changed it since
 * (wg_socket_set_peer_endpoint() in the kernel).  Which family it talks is
 * for its side to choose; IPv4 comes first.
 */
static int
lead_wireguard(
    uint32_t ifindex, const struct conf_tunnel *t, const struct msg_net_peer *m)
{
	const struct addr *to = &m->address[FAMILY_INET];
	uint32_t n;

	if (m->nat)
		return 0; /* the handshake that it sends tells more */
	if (to->family == AF_UNSPEC)
		to = &m->address[FAMILY_INET6];
	if (to->family == AF_UNSPEC)
		return 0;
	return netops->wireguard(ifindex, is_meant, t, to, &n);
}

static int
lead_tunnel(uint32_t ifindex, const struct msg_net_peer *m)
{
	const struct addr *to;
	struct addr is;

	if (netops->tunnel_remote(ifindex, &is, m->address) == -1)
		return -1;
	to = &m->address[addr_family(&is)];
	if (to->family == AF_UNSPEC || addr_cmp(&is, to) == 0)
		return 0;
	errno = EAGAIN; /* somebody else wrote it in between */
	return -1;
}

static enum msg_net_peer_result
lead(const struct net_state *s, const struct conf_tunnel *t,
    const struct msg_net_peer *m)
{
	const struct net_link *l = net_link_find(s, t->ifname);
	int result;

	errno = ENODEV;
	if (l == NULL)
		return MSG_PEER_FAILED;
	if (l->tunnel == NET_WIREGUARD)
		result = lead_wireguard(l->ifindex, t, m);
	else if (m->nat)
		return MSG_PEER_NAT;
	else
		result = lead_tunnel(l->ifindex, m);
	return result == -1 ? MSG_PEER_FAILED : MSG_PEER_APPLIED;
}

/* All of them are tried; the worst of what became of them is told. */
static void
lead_all(const struct net_state *s, const struct conf_peer *p,
    const struct msg_net_peer *m, struct msg_net_peer_done *done)
{
	enum msg_net_peer_result one;
	uint32_t i;

	for (i = 0; i < p->ntunnels; i++) {
		one = lead(s, &p->tunnel[i], m);
		if (one <= done->result)
			continue;
		done->result = one;
		snprintf(done->text, sizeof(done->text), "%s: %s",
		    p->tunnel[i].ifname,
		    one == MSG_PEER_NAT ? "behind NAT" : strerror(errno));
	}
}

void
net_peer(const struct msg_net_peer *m)
{
	const struct conf *conf = config_current();
	const struct net_state *s = net_known();
	struct msg_net_peer_done done;
	const struct conf_peer *p;

	memset(&done, 0, sizeof(done));
	done.gen = m->gen;
	done.id = m->id;
	if (m->gen != config_gen())
		return; /* ids may be others' now; the parent asks again */
	if (m->id >= conf->npeers || !conf->peer[m->id].keyed)
		fatalx("parent: NET_PEER: no such peer");
	p = &conf->peer[m->id];
	if (m->nat || may_be_there(p, s, m))
		lead_all(s, p, m, &done);
	else {
		done.result = MSG_PEER_ADDRESS;
		strlcpy(done.text, "not where it may be", sizeof(done.text));
	}
	netconf_send(IMSG_NET_PEER_DONE, -1, &done, sizeof(done));
}
