/* SPDX-License-Identifier: ISC */
/*
 * Flows, by ctnetlink (linux/netfilter/nfnetlink_conntrack.h).  The kernel
 * itself passes over those whose mark differs: in a dump, and in the one
 * message that deletes all the others.  Marks are big-endian there.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <arpa/inet.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define REQUEST_MAX 512 /* header, a tuple, zone and id */

/* Of both families: a version other than 0 would limit a flush to one. */
void
ct_begin(
    struct nl *nl, uint16_t type, uint16_t flags, uint32_t mark, uint32_t mask)
{
	struct nfgenmsg *m = nl_begin(nl, type, flags, sizeof(*m));

	m->nfgen_family = AF_UNSPEC;
	m->version = NFNETLINK_V0;
	mnl_attr_put_u32(&nl->hdr, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(&nl->hdr, CTA_MARK_MASK, htonl(mask));
}

/* TCP says when a flow has ended; of others only their timeout does. */
static int
ended(const struct nlattr *protoinfo)
{
	const struct nlattr *info[CTA_PROTOINFO_MAX + 1];
	const struct nlattr *tcp[CTA_PROTOINFO_TCP_MAX + 1], *state;

	nl_nested(protoinfo, info, CTA_PROTOINFO_MAX);
	nl_nested(info[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX);
	state = tcp[CTA_PROTOINFO_TCP_STATE];
	if (state == NULL || mnl_attr_get_payload_len(state) != 1)
		return 0;
	return mnl_attr_get_u8(state) == TCP_CONNTRACK_TIME_WAIT ||
	       mnl_attr_get_u8(state) == TCP_CONNTRACK_CLOSE;
}

int
ct_count_decode(const struct nlmsghdr *h, void *count)
{
	const struct nlattr *tb[CTA_MAX + 1];
	uint32_t *n = count;

	if (h->nlmsg_type != CT(NEW))
		return 0;
	if (nl_attrs(h, sizeof(struct nfgenmsg), tb, CTA_MAX) == -1)
		return -1;
	if (!ended(tb[CTA_PROTOINFO]))
		(*n)++;
	return 0;
}

int
ct_count(struct nl *nl, uint32_t mark, uint32_t mask, uint32_t *n)
{
	*n = 0;
	ct_begin(nl, CT(GET), NLM_F_DUMP, mark, mask);
	return nl_request(nl, ct_count_decode, n);
}

int
ct_entries_decode(const struct nlmsghdr *h, void *count)
{
	const struct nlattr *tb[CTA_STATS_GLOBAL_MAX + 1], *a;
	uint32_t *n = count;

	if (h->nlmsg_type != CT(GET_STATS))
		return 0;
	if (nl_attrs(h, sizeof(struct nfgenmsg), tb, CTA_STATS_GLOBAL_MAX) ==
	    -1)
		return -1;
	a = tb[CTA_STATS_GLOBAL_ENTRIES];
	if (a == NULL || mnl_attr_get_payload_len(a) != sizeof(*n)) {
		errno = EBADMSG;
		return -1;
	}
	*n = ntohl(mnl_attr_get_u32(a));
	return 0;
}

/* Of all marks: the kernel keeps that number. */
static int
entries(struct nl *nl, uint32_t *n)
{
	(void)nl_begin(nl, CT(GET_STATS), 0, sizeof(struct nfgenmsg));
	return nl_request(nl, ct_entries_decode, n);
}

/*
 * How many there were is told by what is left, about: to list them costs
 * tens of times what it costs to delete them, and users wait.  Without that
 * number they are forgotten all the same.
 */
static int
flush_marked(struct nl *nl, uint32_t mark, uint32_t mask, uint32_t *n)
{
	uint32_t before = 0, after = UINT32_MAX;

	(void)entries(nl, &before);
	ct_begin(nl, CT(DELETE), 0, mark, mask);
	if (nl_request(nl, NULL, NULL) == -1)
		return -1;
	(void)entries(nl, &after);
	*n = before > after ? before - after : 0;
	return 0;
}

/* ---- by address ---- */

/* -1: none of this family. */
static int
tuple_addr(const struct nlattr *in, int family, int destination, struct addr *a)
{
	const struct nlattr *tuple[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1];
	int type = family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC;

	nl_nested(in, tuple, CTA_TUPLE_MAX);
	nl_nested(tuple[CTA_TUPLE_IP], ip, CTA_IP_MAX);
	if (destination)
		type = family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST;
	return ip[type] == NULL ? -1 : nl_addr(ip[type], family, a);
}

/* To whom answers come: the address that the flow leaves from, after NAT. */
static int
leaves_from(const struct nlattr *reply, const struct addr *address)
{
	struct addr a;

	return address->family != AF_UNSPEC &&
	       tuple_addr(reply, (int)address->family, 1, &a) == 0 &&
	       memcmp(a.octet, address->octet, addr_len(&a)) == 0;
}

static int
copy(struct nlmsghdr *h, const struct nlattr *a)
{
	return a == NULL ||
	       mnl_attr_put_check(h, REQUEST_MAX, a->nla_type,
		   mnl_attr_get_payload_len(a), mnl_attr_get_payload(a));
}

static int
make_room(struct ct_list *list)
{
	size_t room = list->room == 0 ? 8 * REQUEST_MAX : 2 * list->room;
	uint8_t *more;

	if (list->room - list->len >= REQUEST_MAX)
		return 0;
	if ((more = realloc(list->requests, room)) == NULL)
		return -1;
	list->requests = more;
	list->room = room;
	return 0;
}

/*
 * Deleted with its id, so that a flow born meanwhile with the same addresses
 * lives on.  To be changed it must be there: no NLM_F_CREATE.
 */
int
ct_request(struct ct_list *list, const struct nlmsghdr *flow,
    const struct nlattr **tb, uint32_t mark, uint32_t mask)
{
	const struct nfgenmsg *from = mnl_nlmsg_get_payload(flow);
	union {
		struct nlmsghdr hdr;
		uint8_t buf[REQUEST_MAX];
	} m;
	struct nfgenmsg *g;

	mnl_nlmsg_put_header(m.buf);
	m.hdr.nlmsg_type = mask == 0 ? CT(DELETE) : CT(NEW);
	m.hdr.nlmsg_flags = NLM_F_REQUEST;
	g = mnl_nlmsg_put_extra_header(&m.hdr, sizeof(*g));
	g->nfgen_family = from->nfgen_family;
	if (mask != 0) {
		mnl_attr_put_u32(&m.hdr, CTA_MARK, htonl(mark));
		mnl_attr_put_u32(&m.hdr, CTA_MARK_MASK, htonl(mask));
	}
	if (!copy(&m.hdr, tb[CTA_TUPLE_ORIG]) || !copy(&m.hdr, tb[CTA_ZONE]) ||
	    (mask == 0 && !copy(&m.hdr, tb[CTA_ID]))) {
		errno = EBADMSG;
		return -1;
	}
	if (make_room(list) == -1)
		return -1;
	memcpy(list->requests + list->len, m.buf, m.hdr.nlmsg_len);
	list->len += m.hdr.nlmsg_len;
	list->n++;
	return 0;
}

int
ct_is_flow(const struct nlmsghdr *h, const struct nlattr **tb)
{
	if (h->nlmsg_type != CT(NEW))
		return 0;
	if (nl_attrs(h, sizeof(struct nfgenmsg), tb, CTA_MAX) == -1)
		return -1;
	return tb[CTA_TUPLE_ORIG] != NULL;
}

int
ct_from_decode(const struct nlmsghdr *h, void *from)
{
	const struct nlattr *tb[CTA_MAX + 1], *reply;
	struct ct_from *f = from;
	int flow;

	if ((flow = ct_is_flow(h, tb)) != 1)
		return flow;
	reply = tb[CTA_TUPLE_REPLY];
	if (!leaves_from(reply, &f->address[FAMILY_INET]) &&
	    !leaves_from(reply, &f->address[FAMILY_INET6]))
		return 0;
	return ct_request(&f->list, h, tb, 0, 0);
}

/* What is gone already is what was asked for; the first other error counts. */
static void
not_done(size_t nth, int error, void *arg)
{
	int *first = arg;

	(void)nth;
	if (*first == 0 && error != ENOENT)
		*first = error;
}

int
ct_send(struct nl *nl, const struct ct_list *list)
{
	int error = 0;
	const struct nl_many many = { NULL, not_done, &error };

	if (nl_send_all(nl, list->requests, list->len, &many) == -1)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}

/* Those that are left after the marked ones, by one walk for both families. */
static int
flush_from(struct nl *nl, const struct addr address[FAMILIES], uint32_t *n)
{
	struct ct_from f;
	int error;

	*n = 0;
	if (address[FAMILY_INET].family == AF_UNSPEC &&
	    address[FAMILY_INET6].family == AF_UNSPEC)
		return 0;
	memset(&f, 0, sizeof(f));
	memcpy(f.address, address, sizeof(f.address));
	ct_begin(nl, CT(GET), NLM_F_DUMP, 0, 0); /* any mark */
	error = nl_request(nl, ct_from_decode, &f);
	if (error == 0)
		error = ct_send(nl, &f.list);
	free(f.list.requests);
	if (error == 0)
		*n = f.list.n;
	return error;
}

int
ct_flush(struct nl *nl, const struct net_flows *f, uint32_t *n)
{
	uint32_t more = 0;
	int marked, from;

	/* each as far as it goes */
	marked = flush_marked(nl, f->mark, f->mask, n);
	from = flush_from(nl, f->address, &more);
	*n = (marked == 0 ? *n : 0) + more;
	return marked == -1 || from == -1 ? -1 : 0;
}

/* ---- without NAT ---- */

static int
in_nets(const struct ct_plain *p, const struct addr *a)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if ((p->net[i].set == NET_SET_LAN ||
			p->net[i].set == NET_SET_LAN6) &&
		    p->net[i].first.family == a->family &&
		    addr_cmp(&p->net[i].first, a) <= 0 &&
		    addr_cmp(a, &p->net[i].last) <= 0)
			return 1;
	return 0;
}

static uint32_t
number(const struct nlattr *a)
{
	uint32_t n;

	return a == NULL || nl_u32(a, &n) == -1 ? 0 : ntohl(n);
}

int
ct_plain_decode(const struct nlmsghdr *h, void *plain)
{
	const struct nlattr *tb[CTA_MAX + 1], *orig;
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	struct ct_plain *p = plain;
	struct addr from, to;
	int flow;

	if ((flow = ct_is_flow(h, tb)) != 1)
		return flow;
	orig = tb[CTA_TUPLE_ORIG];
	if ((g->nfgen_family != AF_INET && g->nfgen_family != AF_INET6) ||
	    number(tb[CTA_STATUS]) & IPS_SEEN_REPLY ||
	    number(tb[CTA_MARK]) & p->mask ||
	    tuple_addr(orig, g->nfgen_family, 0, &from) == -1 ||
	    tuple_addr(orig, g->nfgen_family, 1, &to) == -1 ||
	    !in_nets(p, &from) || in_nets(p, &to) ||
	    !leaves_from(tb[CTA_TUPLE_REPLY], &from))
		return 0;
	return ct_request(&p->list, h, tb, 0, 0);
}

int
ct_flush_plain(struct nl *nl, const struct net_element *net, size_t nnets,
    uint32_t mask, uint32_t *n)
{
	struct ct_plain p = { net, nnets, mask, { 0 } };
	int error;

	ct_begin(nl, CT(GET), NLM_F_DUMP, 0, 0);
	error = nl_request(nl, ct_plain_decode, &p);
	if (error == 0)
		error = ct_send(nl, &p.list);
	free(p.list.requests);
	*n = error == 0 ? p.list.n : 0;
	return error;
}
