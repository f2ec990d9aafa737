/* SPDX-License-Identifier: ISC */
/*
 * Tunnels: their outer address and the interface they are bound to.  A change
 * of most kinds takes what is not sent for 0 (ipgre_netlink_parms() and its
 * like in net/ipv4 and net/ipv6), so everything that the kernel has is sent
 * back with the change, and the MTU, which would be reckoned anew for another
 * interface; VXLAN keeps what is not sent, and refuses much of what is, even
 * unchanged (vxlan_nl2conf()).
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h> /* before what includes linux/if.h */

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define DATA_MAX    2048 /* of a kind's own attributes, of which few have 300 */
#define ATTR_MAX    63
#define KIND_LEN    32
#define REQUEST_MAX (DATA_MAX + 256)

_Static_assert(IFLA_GRE_MAX <= ATTR_MAX && IFLA_IPTUN_MAX <= ATTR_MAX,
    "what is sent back is all there is");

static const struct kind {
	const char *name;
	int family; /* of the outer addresses */
	uint16_t local;
	uint16_t remote;
	uint16_t link;
	int whole; /* what is not sent is lost */
	uint16_t fwmark; /* if SIOCCHGTUNNEL is for it, which loses that */
} kinds[] = {
	{ "gre", AF_INET, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_GRE_LINK, 1,
	    IFLA_GRE_FWMARK },
	{ "gretap", AF_INET, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_GRE_LINK, 1,
	    0 },
	{ "ip6gre", AF_INET6, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_GRE_LINK, 1,
	    0 },
	{ "ip6gretap", AF_INET6, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_GRE_LINK,
	    1, 0 },
	{ "ipip", AF_INET, IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE, IFLA_IPTUN_LINK,
	    1, IFLA_IPTUN_FWMARK },
	{ "sit", AF_INET, IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE, IFLA_IPTUN_LINK,
	    1, IFLA_IPTUN_FWMARK },
	{ "ip6tnl", AF_INET6, IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE,
	    IFLA_IPTUN_LINK, 1, 0 },
	{ "vxlan", AF_INET, IFLA_VXLAN_LOCAL, IFLA_VXLAN_GROUP, IFLA_VXLAN_LINK,
	    0, 0 },
	{ "vxlan", AF_INET6, IFLA_VXLAN_LOCAL6, IFLA_VXLAN_GROUP6,
	    IFLA_VXLAN_LINK, 0, 0 },
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The kind of which an address is there, or the last of that name, or NULL. */
static const struct kind *
find_kind(const struct nlattr *const *info, const struct nlattr **data)
{
	const struct kind *found = NULL;
	char name[KIND_LEN];
	size_t i;

	if (info[IFLA_INFO_KIND] == NULL ||
	    nl_string(info[IFLA_INFO_KIND], name, sizeof(name)) == -1)
		return NULL;
	nl_nested(info[IFLA_INFO_DATA], data, ATTR_MAX);
	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			found = &kinds[i];
			if (data[found->local] != NULL ||
			    data[found->remote] != NULL)
				break;
		}
	return found;
}

static int
is_wireguard(const struct nlattr *const *info)
{
	char name[KIND_LEN];

	return info[IFLA_INFO_KIND] != NULL &&
	       nl_string(info[IFLA_INFO_KIND], name, sizeof(name)) == 0 &&
	       strcmp(name, "wireguard") == 0;
}

/* What is not as it should be is no tunnel that we can lead. */
void
tunnel_decode(const struct nlattr *linkinfo, struct net_link *l)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *data[ATTR_MAX + 1];
	const struct kind *k;
	struct addr local;

	nl_nested(linkinfo, info, IFLA_INFO_MAX);
	if (is_wireguard(info))
		l->tunnel = NET_WIREGUARD;
	if ((k = find_kind(info, data)) == NULL)
		return;
	l->tunnel = NET_TUNNEL;
	if (data[k->link] != NULL && nl_u32(data[k->link], &l->bound) == -1)
		l->bound = 0;
	if (data[k->local] != NULL &&
	    nl_addr(data[k->local], k->family, &local) == 0 &&
	    !addr_is_any(&local))
		l->local = local;
}

/* One as it is now. */
struct found {
	const struct kind *kind;
	uint32_t mtu;
	uint32_t bound;
	uint32_t fwmark;
	struct addr remote;
	size_t hwlen;
	uint8_t hwaddr[ETH_ALEN]; /* of one that has frames */
	size_t len;
	union {
		struct nlattr attr; /* for its alignment */
		uint8_t data[DATA_MAX];
	};
};

static int
copy_found(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[IFLA_LINKINFO + 1], *info[IFLA_INFO_MAX + 1];
	const struct nlattr *data[ATTR_MAX + 1];
	struct found *f = arg;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	f->bound = f->fwmark = 0;
	f->hwlen = 0;
	if (nl_attrs(h, sizeof(struct ifinfomsg), tb, IFLA_LINKINFO) == -1)
		return -1;
	nl_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	if ((f->kind = find_kind(info, data)) == NULL || tb[IFLA_MTU] == NULL ||
	    nl_u32(tb[IFLA_MTU], &f->mtu) == -1 ||
	    info[IFLA_INFO_DATA] == NULL ||
	    (data[f->kind->link] != NULL &&
		nl_u32(data[f->kind->link], &f->bound) == -1) ||
	    (f->kind->fwmark != 0 && data[f->kind->fwmark] != NULL &&
		nl_u32(data[f->kind->fwmark], &f->fwmark) == -1)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (tb[IFLA_ADDRESS] != NULL &&
	    mnl_attr_get_payload_len(tb[IFLA_ADDRESS]) == ETH_ALEN) {
		f->hwlen = ETH_ALEN;
		memcpy(f->hwaddr, mnl_attr_get_payload(tb[IFLA_ADDRESS]),
		    ETH_ALEN);
	}
	memset(&f->remote, 0, sizeof(f->remote));
	f->remote.family = (uint32_t)f->kind->family;
	if (data[f->kind->remote] != NULL)
		(void)nl_addr(
		    data[f->kind->remote], f->kind->family, &f->remote);
	f->len = mnl_attr_get_payload_len(info[IFLA_INFO_DATA]);
	if (f->len > sizeof(f->data)) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(f->data, mnl_attr_get_payload(info[IFLA_INFO_DATA]), f->len);
	return 0;
}

static void
begin_find(struct nl *nl, uint32_t ifindex)
{
	struct ifinfomsg *m = nl_begin(nl, RTM_GETLINK, 0, sizeof(*m));

	m->ifi_index = (int)ifindex;
	mnl_attr_put_u32(&nl->hdr, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

/* What an attribute is to be, besides what is there. */
struct change {
	uint16_t address; /* attribute */
	const struct addr *to;
	int relink;
	uint32_t bound;
};

static void
put_back(struct nl *nl, const struct found *f, const struct change *c)
{
	const struct nlattr *tb[ATTR_MAX + 1];
	uint16_t i;

	nl_attrs_of(f->data, f->len, tb, ATTR_MAX);
	for (i = 0; i <= ATTR_MAX; i++)
		if (tb[i] != NULL && i != c->address &&
		    (i != f->kind->link || !c->relink))
			mnl_attr_put(&nl->hdr, tb[i]->nla_type,
			    mnl_attr_get_payload_len(tb[i]),
			    mnl_attr_get_payload(tb[i]));
}

static int
begin_change(struct nl *nl, uint32_t ifindex, const struct found *f,
    const struct change *c)
{
	struct nlattr *info, *data;
	struct ifinfomsg *m;

	if (f->kind->family != (int)c->to->family) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	m = nl_begin(nl, RTM_NEWLINK, 0, sizeof(*m));
	m->ifi_index = (int)ifindex;
	if (f->kind->whole)
		mnl_attr_put_u32(&nl->hdr, IFLA_MTU, f->mtu);
	info = mnl_attr_nest_start(&nl->hdr, IFLA_LINKINFO);
	mnl_attr_put_strz(&nl->hdr, IFLA_INFO_KIND, f->kind->name);
	data = mnl_attr_nest_start(&nl->hdr, IFLA_INFO_DATA);
	if (f->kind->whole)
		put_back(nl, f, c);
	nl_put_addr(&nl->hdr, c->address, c->to);
	if (c->relink && (f->kind->whole || c->bound != f->bound))
		mnl_attr_put_u32(&nl->hdr, f->kind->link, c->bound);
	mnl_attr_nest_end(&nl->hdr, data);
	mnl_attr_nest_end(&nl->hdr, info);
	return 0;
}

/* ---- many of them ---- */

/* How they are is asked for right before, in case others change them, too. */
static struct work {
	size_t n;
	uint32_t ifindex[NET_MOVES_MAX];
	int error[NET_MOVES_MAX];
	struct found found[NET_MOVES_MAX];
	size_t whose[NET_MOVES_MAX]; /* the nth request is for this one */
	size_t nrequests;
	size_t len;
	union {
		struct nlmsghdr hdr; /* for its alignment */
		uint8_t requests[NET_MOVES_MAX * REQUEST_MAX];
	};
} work;

/* The request that was begun is for tunnel i. */
static void
add_request(const struct nl *nl, size_t i)
{
	memcpy(work.requests + work.len, nl->buf, nl->hdr.nlmsg_len);
	work.len += nl->hdr.nlmsg_len;
	work.whose[work.nrequests++] = i;
}

static int
is_found(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	size_t i;

	(void)arg;
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return 0;
	for (i = 0; i < work.n; i++)
		if ((int)work.ifindex[i] == m->ifi_index &&
		    copy_found(h, &work.found[i]) == -1)
			work.error[i] = errno;
	return 0;
}

static void
has_failed(size_t nth, int error, void *arg)
{
	(void)arg;
	work.error[work.whose[nth]] = error;
}

static int
send_requests(struct nl *nl)
{
	static const struct nl_many many = { is_found, has_failed, NULL };
	int error = 0;

	if (work.len > 0)
		error = nl_send_all(nl, work.requests, work.len, &many);
	work.len = work.nrequests = 0;
	return error;
}

/* Those that are no tunnel have an error then. */
static int
find_all(struct nl *nl)
{
	size_t i;

	for (i = 0; i < work.n; i++) {
		work.found[i].kind = NULL;
		if (work.error[i] != 0)
			continue;
		begin_find(nl, work.ifindex[i]);
		add_request(nl, i);
	}
	if (send_requests(nl) == -1)
		return -1;
	for (i = 0; i < work.n; i++)
		if (work.error[i] == 0 && work.found[i].kind == NULL)
			work.error[i] = EAFNOSUPPORT;
	return 0;
}

static void
add_change(struct nl *nl, size_t i, const struct change *c)
{
	if (begin_change(nl, work.ifindex[i], &work.found[i], c) == -1)
		work.error[i] = errno;
	else
		add_request(nl, i);
}

static void
add_move(struct nl *nl, size_t i, const struct net_move *m)
{
	const struct change c = { .address = work.found[i].kind->local,
		.to = &m->place.local,
		.relink = 1,
		.bound = m->place.bound };

	add_change(nl, i, &c);
}

/* 1: it is moved, and no more is asked for. */
static int
move_parm(const struct net_move *m, const struct found *f)
{
	return f->kind->fwmark != 0 && f->fwmark == 0 &&
	       f->bound == m->place.bound &&
	       f->kind->family == (int)m->place.local.family &&
	       tunnel_parm_move(m->ifindex, &m->place.local) == 0;
}

int
tunnel_move(struct nl *nl, struct net_move *move, size_t n)
{
	int result;
	size_t i;

	work.n = n;
	for (i = 0; i < n; i++) {
		work.ifindex[i] = move[i].ifindex;
		work.error[i] = 0;
	}
	if (find_all(nl) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (work.error[i] == 0 && !move_parm(&move[i], &work.found[i]))
			add_move(nl, i, &move[i]);
	result = send_requests(nl);
	for (i = 0; i < n; i++)
		move[i].error = work.error[i];
	return result;
}

/* ---- their far ends ---- */

/* 1: it shall be elsewhere. */
static int
add_lead(struct nl *nl, size_t i, const struct net_lead *l)
{
	const struct found *f = &work.found[i];
	const struct change c = { .address = f->kind->remote,
		.to = &l->to[addr_family(&f->remote)] };

	if (c.to->family == AF_UNSPEC || addr_cmp(c.to, &f->remote) == 0)
		return 0;
	add_change(nl, i, &c);
	return 1;
}

int
tunnel_lead(struct nl *nl, struct net_lead *lead, size_t n)
{
	int changed = 0;
	size_t i;

	work.n = n;
	for (i = 0; i < n; i++) {
		work.ifindex[i] = lead[i].ifindex;
		work.error[i] = 0;
	}
	if (find_all(nl) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (work.error[i] == 0)
			changed |= add_lead(nl, i, &lead[i]);
	if (changed && (send_requests(nl) == -1 || find_all(nl) == -1))
		return -1;
	for (i = 0; i < n; i++) {
		lead[i].error = work.error[i];
		lead[i].is = work.found[i].remote;
	}
	return 0;
}

/* ---- one more like it ---- */

static const struct found *
find_one(struct nl *nl, uint32_t ifindex)
{
	work.n = 1;
	work.ifindex[0] = ifindex;
	work.error[0] = 0;
	if (find_all(nl) == -1)
		return NULL;
	errno = work.error[0];
	return work.error[0] == 0 ? &work.found[0] : NULL;
}

int
tunnel_copy(struct nl *nl, uint32_t ifindex, const char *name,
    const struct net_place *place)
{
	const struct found *f = find_one(nl, ifindex);
	struct change c = { .relink = 1 };
	struct nlattr *info, *data;

	if (f == NULL)
		return -1;
	c.address = f->kind->local;
	(void)nl_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	    sizeof(struct ifinfomsg));
	mnl_attr_put_strz(&nl->hdr, IFLA_IFNAME, name);
	mnl_attr_put_u32(&nl->hdr, IFLA_GROUP, NET_GROUP_TWIN);
	mnl_attr_put_u32(&nl->hdr, IFLA_MTU, f->mtu);
	if (f->hwlen > 0) /* or its frames would be for somebody else */
		mnl_attr_put(&nl->hdr, IFLA_ADDRESS, f->hwlen, f->hwaddr);
	info = mnl_attr_nest_start(&nl->hdr, IFLA_LINKINFO);
	mnl_attr_put_strz(&nl->hdr, IFLA_INFO_KIND, f->kind->name);
	data = mnl_attr_nest_start(&nl->hdr, IFLA_INFO_DATA);
	put_back(nl, f, &c);
	nl_put_addr(&nl->hdr, f->kind->local, &place->local);
	if (place->bound != 0)
		mnl_attr_put_u32(&nl->hdr, f->kind->link, place->bound);
	mnl_attr_nest_end(&nl->hdr, data);
	mnl_attr_nest_end(&nl->hdr, info);
	return nl_request(nl, NULL, NULL);
}
