/* SPDX-License-Identifier: ISC */
/*
 * WireGuard (linux/wireguard.h).  With each packet that comes in, the kernel
 * keeps the address that it came to as the source of the answers, for as long
 * as there is such an address (wg_socket_set_peer_endpoint_from_skb()), and
 * our rules lead what has an uplink's address out by that uplink.  An
 * endpoint that is set again, even the same, has no source: it is chosen by
 * the routes as they are now.  That the interval of keepalives was 0 and is
 * not any more has one sent at once (set_peer() in netlink.c), and by it the
 * other end learns where we are.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define ROOM 512 /* for one peer, at the end of a request */

static int
take_family(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[CTRL_ATTR_FAMILY_ID + 1];
	uint16_t *id = arg;

	if (nl_attrs(h, sizeof(struct genlmsghdr), tb, CTRL_ATTR_FAMILY_ID) ==
	    -1)
		return -1;
	if (tb[CTRL_ATTR_FAMILY_ID] != NULL &&
	    mnl_attr_get_payload_len(tb[CTRL_ATTR_FAMILY_ID]) == sizeof(*id))
		*id = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static void
begin(struct nl *nl, uint16_t type, uint16_t flags, uint8_t cmd)
{
	struct genlmsghdr *g = nl_begin(nl, type, flags, sizeof(*g));

	g->cmd = cmd;
	g->version = 1;
}

/* It may be another one after its module was loaded again. */
static int
family_of_wireguard(struct nl *nl, uint16_t *id)
{
	*id = 0;
	begin(nl, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(&nl->hdr, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
	if (nl_request(nl, take_family, id) == -1)
		return -1;
	if (*id >= NLMSG_MIN_TYPE)
		return 0;
	errno = EBADMSG;
	return -1;
}

static int
endpoint_valid(const struct nlattr *a)
{
	size_t len = mnl_attr_get_payload_len(a);
	const struct sockaddr *sa = mnl_attr_get_payload(a);

	return (len == sizeof(struct sockaddr_in) &&
		   sa->sa_family == AF_INET) ||
	       (len == sizeof(struct sockaddr_in6) &&
		   sa->sa_family == AF_INET6);
}

/* The rest of a peer with many networks comes in the next message. */
static int
is_rest(const struct wg_peers *all, const uint8_t *key)
{
	return all->n > 0 &&
	       memcmp(all->peer[all->n - 1].key, key, KEY_LEN) == 0;
}

static int
take_peer(const struct nlattr *peer, struct wg_peers *all)
{
	const struct nlattr *tb[WGPEER_A_MAX + 1], *end;
	const uint8_t *key;
	struct wg_peer *p;

	nl_nested(peer, tb, WGPEER_A_MAX);
	if (tb[WGPEER_A_PUBLIC_KEY] == NULL ||
	    mnl_attr_get_payload_len(tb[WGPEER_A_PUBLIC_KEY]) != KEY_LEN)
		return 0;
	key = mnl_attr_get_payload(tb[WGPEER_A_PUBLIC_KEY]);
	if (is_rest(all, key))
		return 0;
	if ((p = nl_grow(&all->peer, &all->n, sizeof(*p))) == NULL)
		return -1;
	memcpy(p->key, key, KEY_LEN);
	end = tb[WGPEER_A_ENDPOINT];
	if (end != NULL && endpoint_valid(end)) {
		p->endpointlen = mnl_attr_get_payload_len(end);
		memcpy(p->endpoint, mnl_attr_get_payload(end), p->endpointlen);
	}
	if (tb[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL] != NULL &&
	    mnl_attr_get_payload_len(
		tb[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL]) ==
		sizeof(p->keepalive))
		p->keepalive = mnl_attr_get_u16(
		    tb[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL]);
	return 0;
}

static int
each_peer(const struct nlattr *a, void *arg)
{
	return take_peer(a, arg) == -1 ? MNL_CB_ERROR : MNL_CB_OK;
}

int
wireguard_decode(const struct nlmsghdr *h, void *peers)
{
	const struct nlattr *tb[WGDEVICE_A_MAX + 1];

	if (nl_attrs(h, sizeof(struct genlmsghdr), tb, WGDEVICE_A_MAX) == -1)
		return -1;
	if (tb[WGDEVICE_A_PEERS] == NULL)
		return 0;
	return mnl_attr_parse_payload(
		   mnl_attr_get_payload(tb[WGDEVICE_A_PEERS]),
		   mnl_attr_get_payload_len(tb[WGDEVICE_A_PEERS]), each_peer,
		   peers) == MNL_CB_ERROR
		   ? -1
		   : 0;
}

/* A peer of the request, that must be there, with this interval. */
static void
put_peer(
    struct nl *nl, const struct wg_peer *p, uint16_t keepalive, int endpoint)
{
	struct nlattr *nest = mnl_attr_nest_start(&nl->hdr, 0);

	mnl_attr_put(&nl->hdr, WGPEER_A_PUBLIC_KEY, KEY_LEN, p->key);
	mnl_attr_put_u32(&nl->hdr, WGPEER_A_FLAGS, WGPEER_F_UPDATE_ONLY);
	if (endpoint)
		mnl_attr_put(
		    &nl->hdr, WGPEER_A_ENDPOINT, p->endpointlen, p->endpoint);
	mnl_attr_put_u16(
	    &nl->hdr, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, keepalive);
	mnl_attr_nest_end(&nl->hdr, nest);
}

static void
put_renewed(struct nl *nl, const struct wg_peer *p)
{
	put_peer(nl, p, 0, 1);
	put_peer(nl, p, p->keepalive != 0 ? p->keepalive : 1, 0);
	if (p->keepalive == 0)
		put_peer(nl, p, 0, 0);
}

/* As many from i on as one request holds; how many. */
static ssize_t
set_some(struct nl *nl, uint16_t family, uint32_t ifindex,
    const struct wg_peers *all, size_t i)
{
	struct nlattr *peers;
	size_t first = i;

	begin(nl, family, 0, WG_CMD_SET_DEVICE);
	mnl_attr_put_u32(&nl->hdr, WGDEVICE_A_IFINDEX, ifindex);
	peers = mnl_attr_nest_start(&nl->hdr, WGDEVICE_A_PEERS);
	for (; i < all->n && nl->hdr.nlmsg_len < sizeof(nl->buf) - ROOM; i++)
		put_renewed(nl, &all->peer[i]);
	mnl_attr_nest_end(&nl->hdr, peers);
	return nl_request(nl, NULL, NULL) == -1 ? -1 : (ssize_t)(i - first);
}

static int
set_all(struct nl *nl, uint16_t family, uint32_t ifindex,
    const struct wg_peers *all)
{
	ssize_t done;
	size_t i;

	for (i = 0; i < all->n; i += (size_t)done)
		if ((done = set_some(nl, family, ifindex, all, i)) == -1)
			return -1;
	return 0;
}

/* Elsewhere, at the port that it had. */
static void
set_endpoint(struct wg_peer *p, const struct addr *to)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	in_port_t port;

	/* in both families it stands at the same place */
	memcpy(&v4, p->endpoint, sizeof(v4));
	port = v4.sin_port;
	memset(&v4, 0, sizeof(v4));
	memset(&v6, 0, sizeof(v6));
	v4.sin_family = AF_INET;
	v4.sin_port = port;
	v4.sin_addr = to->v4;
	v6.sin6_family = AF_INET6;
	v6.sin6_port = port;
	v6.sin6_addr = to->v6;
	p->endpointlen = to->family == AF_INET ? sizeof(v4) : sizeof(v6);
	memcpy(p->endpoint, to->family == AF_INET ? (const void *)&v4 : &v6,
	    p->endpointlen);
}

static enum family
endpoint_family(const struct wg_peer *p)
{
	return p->endpointlen == sizeof(struct sockaddr_in) ? FAMILY_INET
							    : FAMILY_INET6;
}

/* Without an endpoint there is nothing to set again. */
static void
keep_meant(struct wg_peers *all, net_wgpeer *ours, const void *arg,
    const struct addr to[FAMILIES], struct net_wgpeers *n)
{
	struct wg_peer *p;
	size_t i;

	for (i = 0; i < all->n; i++) {
		p = &all->peer[i];
		if (!ours(p->key, arg))
			continue;
		n->meant++;
		if (p->endpointlen == 0)
			continue;
		if (to != NULL && to[endpoint_family(p)].family == AF_UNSPEC)
			n->left++;
		else
			all->peer[n->set++] = *p;
	}
	all->n = n->set;
}

int
wireguard_renew(struct nl *nl, uint32_t ifindex, net_wgpeer *ours,
    const void *arg, const struct addr to[FAMILIES], struct net_wgpeers *n)
{
	struct wg_peers all = { NULL, 0 };
	int result = -1, got;
	uint16_t family;
	size_t i;

	memset(n, 0, sizeof(*n));
	if (family_of_wireguard(nl, &family) == -1)
		return -1;
	begin(nl, family, NLM_F_DUMP, WG_CMD_GET_DEVICE);
	mnl_attr_put_u32(&nl->hdr, WGDEVICE_A_IFINDEX, ifindex);
	got = nl_request(nl, wireguard_decode, &all);
	nl_forget(); /* the kernel tells the private key, too */
	if (got == 0) {
		keep_meant(&all, ours, arg, to, n);
		for (i = 0; to != NULL && i < all.n; i++)
			set_endpoint(
			    &all.peer[i], &to[endpoint_family(&all.peer[i])]);
		result = set_all(nl, family, ifindex, &all);
	}
	free(all.peer);
	return result;
}
