/* SPDX-License-Identifier: ISC */
/*
 * Rules, routes and nft tables that a switch must leave as they are, as lines
 * in the manner of ip(8).  What a line has no word for is in a hash at its
 * end; what changes by itself (lifetimes, use, dead next hops) is left out.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <linux/fib_rules.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netconf/linux/nl.h"
#include "netconf/snapshot.h"

#define LINE_LEN 200

struct line {
	char text[LINE_LEN];
	uint64_t rest; /* hash of what has no word */
};

static void __attribute__((__format__(printf, 2, 3)))
put(struct line *l, const char *fmt, ...)
{
	size_t len = strlen(l->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->text + len, sizeof(l->text) - len, fmt, ap);
	va_end(ap);
}

static void
rest(struct line *l, const struct nlattr *a)
{
	l->rest += snapshot_hash(
		       mnl_attr_get_payload(a), mnl_attr_get_payload_len(a)) *
		   (2u * mnl_attr_get_type(a) + 1);
}

static void
put_u32(struct line *l, const char *word, const struct nlattr *a)
{
	uint32_t n;

	if (a != NULL && nl_u32(a, &n) == 0)
		put(l, " %s %u", word, n);
}

static void
put_name(struct line *l, const char *word, const struct nlattr *a)
{
	char name[IFNAMSIZ];

	if (a != NULL && nl_string(a, name, sizeof(name)) == 0)
		put(l, " %s %s", word, name);
}

static void
put_addr(struct line *l, const char *word, const struct nlattr *a, int family)
{
	char text[ADDR_STRLEN];
	struct addr addr;

	memset(&addr, 0, sizeof(addr));
	if (a != NULL && nl_addr(a, family, &addr) == 0)
		put(l, " %s %s", word, addr_format(&addr, text, sizeof(text)));
}

static void
put_end(struct line *l)
{
	if (l->rest != 0)
		put(l, " and %016" PRIx64, l->rest);
}

/* A table is full of routes by the same few: the last name is kept. */
static void
put_device(struct line *l, uint32_t ifindex)
{
	static char name[IFNAMSIZ];
	static uint32_t last;

	if (ifindex == 0)
		return;
	if (ifindex != last && if_indextoname(ifindex, name) == NULL)
		snprintf(name, sizeof(name), "%u", ifindex);
	last = ifindex;
	put(l, " dev %s", name);
}

static int
is_ip(uint32_t family)
{
	return family == AF_INET || family == AF_INET6;
}

/* ---- rules ---- */

static int
rule_is_planned(const struct nlmsghdr *h)
{
	struct net_state s;
	int n;

	memset(&s, 0, sizeof(s));
	n = rule_decode(h, &s) == -1 ? -1 : s.nrules > 0;
	net_state_free(&s);
	return n;
}

static void
put_rule(struct line *l, const struct fib_rule_hdr *m, const struct nlattr **tb)
{
	static const uint8_t told[FRA_MAX + 1] = { [FRA_DST] = 1,
		[FRA_SRC] = 1,
		[FRA_IIFNAME] = 1,
		[FRA_OIFNAME] = 1,
		[FRA_PRIORITY] = 1,
		[FRA_FWMARK] = 1,
		[FRA_FWMASK] = 1,
		[FRA_TABLE] = 1,
		[FRA_PROTOCOL] = 1,
		[FRA_SUPPRESS_PREFIXLEN] = 1 };
	uint32_t n;
	int i;

	put(l, "rule%s", m->family == AF_INET6 ? " -6" : "");
	put_u32(l, "pref", tb[FRA_PRIORITY]);
	if (m->flags & FIB_RULE_INVERT)
		put(l, " not");
	put_addr(l, "from", tb[FRA_SRC], m->family);
	if (m->src_len != 0)
		put(l, "/%u", m->src_len);
	put_addr(l, "to", tb[FRA_DST], m->family);
	if (m->dst_len != 0)
		put(l, "/%u", m->dst_len);
	put_name(l, "iif", tb[FRA_IIFNAME]);
	put_name(l, "oif", tb[FRA_OIFNAME]);
	put_u32(l, "fwmark", tb[FRA_FWMARK]);
	put_u32(l, "mask", tb[FRA_FWMASK]);
	if (m->tos != 0)
		put(l, " tos %u", m->tos);
	if (m->action == FR_ACT_TO_TBL)
		put_u32(l, "lookup", tb[FRA_TABLE]);
	else
		put(l, " action %u", m->action);
	/* always there, and -1 suppresses nothing */
	if (tb[FRA_SUPPRESS_PREFIXLEN] != NULL &&
	    nl_u32(tb[FRA_SUPPRESS_PREFIXLEN], &n) == 0 && n != UINT32_MAX)
		put(l, " suppress_prefixlength %u", n);
	for (i = 0; i <= FRA_MAX; i++)
		if (tb[i] != NULL && !told[i])
			rest(l, tb[i]);
}

int
others_rule_decode(const struct nlmsghdr *h, void *others)
{
	const struct nlattr *tb[FRA_MAX + 1], *proto;
	const struct fib_rule_hdr *m;
	struct others *o = others;
	struct line l = { "", 0 };
	int ours, planned;

	if (h->nlmsg_type != RTM_NEWRULE)
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, FRA_MAX) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	if (!is_ip(m->family))
		return 0;
	if ((planned = rule_is_planned(h)) != 0)
		return planned == -1 ? -1 : 0;
	put_rule(&l, m, tb);
	put_end(&l);
	proto = tb[FRA_PROTOCOL];
	ours = proto != NULL && mnl_attr_get_payload_len(proto) == 1 &&
	       mnl_attr_get_u8(proto) == NET_PROTO;
	if (ours)
		put(&l, " protocol %u", NET_PROTO);
	o->one(ours, 0, l.text, o->arg);
	return 0;
}

/* ---- routes ---- */

/* The kernel's own one, of its addresses, changes as these do. */
static int
is_told(const struct rtmsg *m, uint32_t table)
{
	return is_ip(m->rtm_family) && !(m->rtm_flags & RTM_F_CLONED) &&
	       table != RT_TABLE_LOCAL &&
	       !(m->rtm_protocol == NET_PROTO && table != NET_MAIN &&
		   (m->rtm_type == RTN_UNICAST ||
		       m->rtm_type == RTN_UNREACHABLE));
}

/* Hops without their flags, which say that a link is down. */
static void
put_hops(struct line *l, const struct nlattr *multipath, int family)
{
	const uint8_t *hop = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath), len;
	const struct nlattr *tb[RTA_MAX + 1];
	struct rtnexthop nh;

	for (; left >= sizeof(nh); hop += len, left -= len) {
		memcpy(&nh, hop, sizeof(nh));
		len = MNL_ALIGN(nh.rtnh_len);
		if (nh.rtnh_len < sizeof(nh) || len > left)
			return;
		nl_attrs_of(
		    hop + sizeof(nh), nh.rtnh_len - sizeof(nh), tb, RTA_MAX);
		put_addr(l, "via", tb[RTA_GATEWAY], family);
		put_device(l, (uint32_t)nh.rtnh_ifindex);
		put(l, " weight %u", nh.rtnh_hops + 1u);
	}
}

static void
put_route(struct line *l, const struct rtmsg *m, const struct nlattr **tb,
    uint32_t table, uint32_t oif)
{
	static const uint8_t told[RTA_MAX + 1] = { [RTA_DST] = 1,
		[RTA_OIF] = 1,
		[RTA_GATEWAY] = 1,
		[RTA_PRIORITY] = 1,
		[RTA_MULTIPATH] = 1,
		[RTA_PREFSRC] = 1,
		[RTA_PREF] = 1,
		[RTA_CACHEINFO] = 1,
		[RTA_TABLE] = 1,
		[RTA_EXPIRES] = 1 };
	char text[ADDR_STRLEN];
	struct addr dst;
	int i;

	memset(&dst, 0, sizeof(dst));
	if (tb[RTA_DST] != NULL)
		(void)nl_addr(tb[RTA_DST], m->rtm_family, &dst);
	put(l, "route%s", m->rtm_family == AF_INET6 ? " -6" : "");
	if (m->rtm_type != RTN_UNICAST)
		put(l, " type %u", m->rtm_type);
	if (m->rtm_dst_len == 0)
		put(l, " default");
	else
		put(l, " %s/%u", addr_format(&dst, text, sizeof(text)),
		    m->rtm_dst_len);
	put_addr(l, "via", tb[RTA_GATEWAY], m->rtm_family);
	put_device(l, oif);
	if (tb[RTA_MULTIPATH] != NULL)
		put_hops(l, tb[RTA_MULTIPATH], m->rtm_family);
	put(l, " table %u proto %u", table, m->rtm_protocol);
	put_u32(l, "metric", tb[RTA_PRIORITY]);
	put_addr(l, "src", tb[RTA_PREFSRC], m->rtm_family);
	if (tb[RTA_PREF] != NULL && mnl_attr_get_payload_len(tb[RTA_PREF]) == 1)
		put(l, " pref %u", mnl_attr_get_u8(tb[RTA_PREF]));
	if (m->rtm_tos != 0)
		put(l, " tos %u", m->rtm_tos);
	for (i = 0; i <= RTA_MAX; i++)
		if (tb[i] != NULL && !told[i])
			rest(l, tb[i]);
}

int
others_route_decode(const struct nlmsghdr *h, void *others)
{
	const struct nlattr *tb[RTA_MAX + 1];
	struct others *o = others;
	struct line l = { "", 0 };
	uint32_t table, oif = 0;
	const struct rtmsg *m;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, RTA_MAX) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	table = m->rtm_table;
	if ((tb[RTA_TABLE] != NULL && nl_u32(tb[RTA_TABLE], &table) == -1) ||
	    (tb[RTA_OIF] != NULL && nl_u32(tb[RTA_OIF], &oif) == -1))
		return -1;
	if (!is_told(m, table))
		return 0;
	put_route(&l, m, tb, table, oif);
	put_end(&l);
	o->one(m->rtm_protocol == NET_PROTO, oif, l.text, o->arg);
	return 0;
}

/* ---- nft tables: that they are there ---- */

static const char *
nft_family(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	}
	return "other";
}

int
others_table_decode(const struct nlmsghdr *h, void *others)
{
	const struct nlattr *tb[NFTA_TABLE_MAX + 1];
	struct others *o = others;
	struct line l = { "", 0 };
	const struct nfgenmsg *m;
	char name[NFT_TABLE_MAXNAMELEN];

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE))
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, NFTA_TABLE_MAX) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	if (tb[NFTA_TABLE_NAME] == NULL ||
	    nl_string(tb[NFTA_TABLE_NAME], name, sizeof(name)) == -1)
		return 0;
	if (m->nfgen_family == NFPROTO_INET && strcmp(name, "dialfail") == 0)
		return 0;
	put(&l, "nft table %s %.100s", nft_family(m->nfgen_family), name);
	o->one(0, 0, l.text, o->arg);
	return 0;
}

/* ---- */

/* A kernel without nftables has no tables. */
static int
tables(struct nl *nl, struct others *o)
{
	(void)nl_begin(nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE,
	    NLM_F_DUMP, sizeof(struct nfgenmsg));
	if (nl_request(nl, others_table_decode, o) == -1 && errno != ENOENT &&
	    errno != EOPNOTSUPP)
		return -1;
	return 0;
}

int
others_dump(struct nl *route, struct nl *netfilter, struct others *o)
{
	(void)nl_begin(
	    route, RTM_GETRULE, NLM_F_DUMP, sizeof(struct fib_rule_hdr));
	if (nl_request(route, others_rule_decode, o) == -1)
		return -1;
	(void)nl_begin(route, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
	if (nl_request(route, others_route_decode, o) == -1)
		return -1;
	return tables(netfilter, o);
}
