/* SPDX-License-Identifier: ISC */
/*
 * Flows, by ctnetlink (linux/netfilter/nfnetlink_conntrack.h).  The kernel
 * itself passes over those whose mark differs: in a dump, and in the one
 * message that deletes all the others.  Marks are big-endian there.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <arpa/inet.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define CT(x)       (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_##x)
#define REQUEST_MAX 512 /* header, a tuple, zone and id */

/* Of both families: a version other than 0 would limit a flush to one. */
static void
begin_ct(
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
	begin_ct(nl, CT(GET), NLM_F_DUMP, mark, mask);
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
	begin_ct(nl, CT(DELETE), 0, mark, mask);
	if (nl_request(nl, NULL, NULL) == -1)
		return -1;
	(void)entries(nl, &after);
	*n = before > after ? before - after : 0;
	return 0;
}

/* ---- by address ---- */

/* To whom answers come: the address that the flow leaves from, after NAT. */
static int
leaves_from(const struct nlattr *reply, const struct addr *address)
{
	const struct nlattr *tuple[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1],
	    *dst;
	struct addr a;

	if (address->family == AF_UNSPEC)
		return 0;
	nl_nested(reply, tuple, CTA_TUPLE_MAX);
	nl_nested(tuple[CTA_TUPLE_IP], ip, CTA_IP_MAX);
	dst = ip[address->family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST];
	return dst != NULL && nl_addr(dst, (int)address->family, &a) == 0 &&
	       memcmp(a.octet, address->octet, addr_len(&a)) == 0;
}

static int
copy(struct nlmsghdr *h, const struct nlattr *a)
{
	return a == NULL ||
	       mnl_attr_put_check(h, REQUEST_MAX, a->nla_type,
		   mnl_attr_get_payload_len(a), mnl_attr_get_payload(a));
}

/* The id, so that a flow born meanwhile with the same addresses lives on. */
static int
add_request(struct ct_from *f, uint8_t family, const struct nlattr **tb)
{
	union {
		struct nlmsghdr hdr;
		uint8_t buf[REQUEST_MAX];
	} m;
	struct nfgenmsg *g;
	uint8_t *more;

	mnl_nlmsg_put_header(m.buf);
	m.hdr.nlmsg_type = CT(DELETE);
	m.hdr.nlmsg_flags = NLM_F_REQUEST;
	g = mnl_nlmsg_put_extra_header(&m.hdr, sizeof(*g));
	g->nfgen_family = family;
	if (!copy(&m.hdr, tb[CTA_TUPLE_ORIG]) || !copy(&m.hdr, tb[CTA_ZONE]) ||
	    !copy(&m.hdr, tb[CTA_ID])) {
		errno = EBADMSG;
		return -1;
	}
	/* n counts, so room doubles with it: see nl_grow() */
	if ((f->n & (f->n - 1)) == 0) {
		more = reallocarray(
		    f->requests, f->n == 0 ? 1 : 2 * f->n, REQUEST_MAX);
		if (more == NULL)
			return -1;
		f->requests = more;
	}
	memcpy(f->requests + f->len, m.buf, m.hdr.nlmsg_len);
	f->len += m.hdr.nlmsg_len;
	f->n++;
	return 0;
}

int
ct_from_decode(const struct nlmsghdr *h, void *from)
{
	const struct nlattr *tb[CTA_MAX + 1], *reply;
	const struct nfgenmsg *g;
	struct ct_from *f = from;

	if (h->nlmsg_type != CT(NEW))
		return 0;
	if (nl_attrs(h, sizeof(*g), tb, CTA_MAX) == -1)
		return -1;
	reply = tb[CTA_TUPLE_REPLY];
	if (tb[CTA_TUPLE_ORIG] == NULL ||
	    (!leaves_from(reply, &f->address[FAMILY_INET]) &&
		!leaves_from(reply, &f->address[FAMILY_INET6])))
		return 0;
	g = mnl_nlmsg_get_payload(h);
	return add_request(f, g->nfgen_family, tb);
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
	begin_ct(nl, CT(GET), NLM_F_DUMP, 0, 0); /* any mark */
	error = nl_request(nl, ct_from_decode, &f);
	if (error == 0)
		error = nl_send_all(nl, f.requests, f.len);
	free(f.requests);
	if (error == 0)
		*n = f.n;
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
