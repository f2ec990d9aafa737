/* SPDX-License-Identifier: ISC */
/*
 * The elements of our nft table's sets (linux/netfilter/nf_tables.h): read
 * with all the rest, and changed by one transaction of nfnetlink, which takes
 * a thousandth of nft(8)'s time.
 *
 * A network is two elements: its first address, and the one behind its last
 * with a flag, which is not there where nothing is behind it (nft_set_rbtree.c).
 */
#include <sys/types.h>

#include <arpa/inet.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "netconf/linux/nl.h"

#define NFT(x)      (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_##x)
#define TABLE       "dialfail"
#define ELEMENT_MAX 256 /* octets of a request with one */
#define CHAIN_LEN   16 /* "stay4294967295" */

/* What its verdicts lead to: a chain's name without the number. */
static const struct {
	const char *name;
	const char *chain; /* NULL: it is a set of networks */
	int family;
} sets[NET_SETS] = {
	[NET_SET_UPLINK] = { "uplink", "mark", 0 },
	[NET_SET_STAY] = { "stay", "stay", 0 },
	[NET_SET_LAN] = { "lan", NULL, AF_INET },
	[NET_SET_LAN6] = { "lan6", NULL, AF_INET6 },
};

/* ---- read ---- */

/* The number behind the chain's name; anything else is not ours. */
static uint32_t
uplink_of(const struct nlattr *data, const char *chain)
{
	const struct nlattr *d[NFTA_DATA_MAX + 1], *v[NFTA_VERDICT_MAX + 1];
	char name[CHAIN_LEN], ours[CHAIN_LEN];
	uint32_t code, i;

	nl_nested(data, d, NFTA_DATA_MAX);
	nl_nested(d[NFTA_DATA_VERDICT], v, NFTA_VERDICT_MAX);
	if (v[NFTA_VERDICT_CODE] == NULL || v[NFTA_VERDICT_CHAIN] == NULL ||
	    nl_u32(v[NFTA_VERDICT_CODE], &code) == -1 ||
	    (int)ntohl(code) != NFT_JUMP ||
	    nl_string(v[NFTA_VERDICT_CHAIN], name, sizeof(name)) == -1)
		return NET_UPLINK_ODD;
	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		snprintf(ours, sizeof(ours), "%s%u", chain, i);
		if (strcmp(name, ours) == 0)
			return i;
	}
	return NET_UPLINK_ODD;
}

static int
add_element(struct set_dump *d, const struct net_element *e)
{
	struct net_element *new;

	new = nl_grow(&d->state->elements, &d->state->nelements, sizeof(*new));
	if (new == NULL)
		return -1;
	*new = *e;
	new->set = d->set;
	return MNL_CB_OK;
}

static int
add_point(struct set_dump *d, const struct addr *a, int end)
{
	struct set_point *p = nl_grow(&d->point, &d->npoints, sizeof(*p));

	if (p == NULL)
		return -1;
	p->addr = *a;
	p->end = end;
	return MNL_CB_OK;
}

/* What is of another kind than ours is not looked at. */
static int
one_element(const struct nlattr *element, void *dump)
{
	struct set_dump *d = dump;
	const struct nlattr *tb[NFTA_SET_ELEM_MAX + 1];
	const struct nlattr *value[NFTA_DATA_MAX + 1], *key;
	struct net_element e;
	uint32_t flags = 0;
	struct addr a;

	nl_nested(element, tb, NFTA_SET_ELEM_MAX);
	nl_nested(tb[NFTA_SET_ELEM_KEY], value, NFTA_DATA_MAX);
	if ((key = value[NFTA_DATA_VALUE]) == NULL)
		return MNL_CB_OK;
	if (tb[NFTA_SET_ELEM_FLAGS] != NULL &&
	    nl_u32(tb[NFTA_SET_ELEM_FLAGS], &flags) == -1)
		return MNL_CB_OK;
	if (sets[d->set].chain == NULL)
		return nl_addr(key, sets[d->set].family, &a) == -1
			   ? MNL_CB_OK
			   : add_point(d, &a,
				 (ntohl(flags) & NFT_SET_ELEM_INTERVAL_END) !=
				     0);
	memset(&e, 0, sizeof(e));
	if (d->set == NET_SET_UPLINK
		? nl_string(key, e.ifname, sizeof(e.ifname)) == -1
		: nl_u32(key, &e.mark) == -1)
		return MNL_CB_OK;
	e.uplink = uplink_of(tb[NFTA_SET_ELEM_DATA], sets[d->set].chain);
	return add_element(d, &e);
}

int
set_decode(const struct nlmsghdr *h, void *dump)
{
	const struct nlattr *tb[NFTA_SET_ELEM_LIST_MAX + 1], *list;

	if (h->nlmsg_type != NFT(NEWSETELEM))
		return 0;
	if (nl_attrs(h, sizeof(struct nfgenmsg), tb, NFTA_SET_ELEM_LIST_MAX) ==
	    -1)
		return -1;
	if ((list = tb[NFTA_SET_ELEM_LIST_ELEMENTS]) == NULL)
		return 0;
	return mnl_attr_parse_payload(mnl_attr_get_payload(list),
		   mnl_attr_get_payload_len(list), one_element,
		   dump) == MNL_CB_ERROR
		   ? -1
		   : 0;
}

/* One up or down; 0: there is none. */
static int
neighbour(struct addr *a, int up)
{
	uint8_t wraps = up ? 0 : 0xff;
	size_t i = addr_len(a);

	while (i-- > 0) {
		a->octet[i] = (uint8_t)(a->octet[i] + (up ? 1 : -1));
		if (a->octet[i] != wraps)
			return 1;
	}
	return 0;
}

/* By address; where one network ends and the next begins, the end first. */
static int
compare(const void *a, const void *b)
{
	const struct set_point *p = a, *q = b;
	int n = addr_cmp(&p->addr, &q->addr);

	return n != 0 ? n : q->end - p->end;
}

/* nft(8) puts an end before the first beginning, too. */
int
set_networks(struct set_dump *d)
{
	const struct set_point *p, *first = NULL;
	struct net_element e;
	size_t i;

	if (d->npoints > 0)
		qsort(d->point, d->npoints, sizeof(d->point[0]), compare);
	for (i = 0; i <= d->npoints; i++) {
		p = i < d->npoints ? &d->point[i] : NULL;
		if (p != NULL && !p->end) {
			first = p;
			continue;
		}
		if (first == NULL)
			continue;
		memset(&e, 0, sizeof(e));
		e.first = first->addr;
		if (p != NULL)
			e.last = p->addr;
		else
			e.last.family = first->addr.family;
		(void)neighbour(&e.last, 0);
		first = NULL;
		if (add_element(d, &e) == -1)
			return -1;
	}
	return 0;
}

static int
dump_set(struct nl *nl, struct set_dump *d)
{
	struct nfgenmsg *m;

	m = nl_begin(nl, NFT(GETSETELEM), NLM_F_DUMP, sizeof(*m));
	m->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(&nl->hdr, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	mnl_attr_put_strz(&nl->hdr, NFTA_SET_ELEM_LIST_SET, sets[d->set].name);
	/* a table of that name that is not ours may have no such set */
	if (nl_request(nl, set_decode, d) == -1 && errno != ENOENT)
		return -1;
	return set_networks(d);
}

int
set_dump_all(struct nl *nl, struct net_state *s)
{
	struct set_dump d;
	uint32_t i;
	int error = 0;

	for (i = 0; s->nat != 0 && error == 0 && i < NET_SETS; i++) {
		memset(&d, 0, sizeof(d));
		d.set = i;
		d.state = s;
		error = dump_set(nl, &d);
		free(d.point);
	}
	return error;
}

/* ---- changed ---- */

static void
put_key(struct nlmsghdr *h, const void *key, size_t len, uint32_t flags)
{
	struct nlattr *nest = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);

	mnl_attr_put(h, NFTA_DATA_VALUE, len, key);
	mnl_attr_nest_end(h, nest);
	if (flags != 0)
		mnl_attr_put_u32(h, NFTA_SET_ELEM_FLAGS, htonl(flags));
}

static void
put_jump(struct nlmsghdr *h, const char *chain, uint32_t uplink)
{
	struct nlattr *data, *verdict;
	char name[CHAIN_LEN];

	snprintf(name, sizeof(name), "%s%u", chain, uplink);
	data = mnl_attr_nest_start(h, NFTA_SET_ELEM_DATA);
	verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(h, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_JUMP));
	mnl_attr_put_strz(h, NFTA_VERDICT_CHAIN, name);
	mnl_attr_nest_end(h, verdict);
	mnl_attr_nest_end(h, data);
}

static void
put_map(struct nlmsghdr *h, const struct net_element *e, int add)
{
	struct nlattr *element = mnl_attr_nest_start(h, NFTA_LIST_ELEM);

	if (e->set == NET_SET_UPLINK)
		put_key(h, e->ifname, sizeof(e->ifname), 0);
	else
		put_key(h, &e->mark, sizeof(e->mark), 0);
	if (add)
		put_jump(h, sets[e->set].chain, e->uplink);
	mnl_attr_nest_end(h, element);
}

static void
put_point(struct nlmsghdr *h, const struct addr *a, uint32_t flags)
{
	struct nlattr *element = mnl_attr_nest_start(h, NFTA_LIST_ELEM);

	put_key(h, a->octet, addr_len(a), flags);
	mnl_attr_nest_end(h, element);
}

static void
put_network(struct nlmsghdr *h, const struct net_element *e)
{
	struct addr end = e->last;

	put_point(h, &e->first, 0);
	if (neighbour(&end, 1))
		put_point(h, &end, NFT_SET_ELEM_INTERVAL_END);
}

/* One more message behind len octets of others; where it ends. */
static size_t
put_message(
    uint8_t *buf, size_t len, uint16_t type, const struct net_element *e)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf + len);
	struct nfgenmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct nlattr *list;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	m->version = NFNETLINK_V0;
	if (e == NULL) { /* of the transaction itself */
		m->res_id = htons(NFNL_SUBSYS_NFTABLES);
		return len + h->nlmsg_len;
	}
	m->nfgen_family = NFPROTO_INET;
	if (type == NFT(NEWSETELEM))
		h->nlmsg_flags |= NLM_F_CREATE;
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, sets[e->set].name);
	list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	if (sets[e->set].chain == NULL)
		put_network(h, e);
	else
		put_map(h, e, type == NFT(NEWSETELEM));
	mnl_attr_nest_end(h, list);
	return len + h->nlmsg_len;
}

int
set_change(struct nl *nl, const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd)
{
	size_t i, last = 0, len = 0;
	uint8_t *buf;
	int error;

	if ((buf = calloc(ndel + nadd + 2, ELEMENT_MAX)) == NULL)
		return -1;
	len = put_message(buf, len, NFNL_MSG_BATCH_BEGIN, NULL);
	for (i = 0; i < ndel + nadd; i++) {
		last = len;
		len = i < ndel ? put_message(buf, len, NFT(DELSETELEM), &del[i])
			       : put_message(
				     buf, len, NFT(NEWSETELEM), &add[i - ndel]);
	}
	/* each that fails is told of; that the last one did not, is asked */
	((struct nlmsghdr *)(void *)(buf + last))->nlmsg_flags |= NLM_F_ACK;
	len = put_message(buf, len, NFNL_MSG_BATCH_END, NULL);
	error = nl_batch(nl, buf, len);
	free(buf);
	return error;
}
