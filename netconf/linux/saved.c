/* SPDX-License-Identifier: ISC */
/*
 * Routes by one link that somebody wrote, in main or in a table of theirs,
 * and that the kernel forgets when the link is set down: as lines in the
 * manner of ip-route(8), since people read them, too, and laid again from
 * these.
 *
 *	10.9.0.0/16 dev eth1 via 192.0.2.1 proto 3 metric 100 table 200
 *
 * What a daemon or the kernel puts there comes back by itself.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

static int
malformed(void)
{
	errno = EBADMSG;
	return -1;
}

/* Written by people, by ifupdown or by a client of DHCP. */
static int
is_static(uint32_t proto)
{
	return proto == RTPROT_BOOT || proto == RTPROT_STATIC ||
	       proto == RTPROT_DHCP;
}

static int
decode_attrs(const struct rtmsg *m, const struct nlattr **tb, struct saved *v)
{
	struct net_route *r = &v->route;
	size_t len;

	if (tb[RTA_VIA] != NULL || tb[RTA_ENCAP] != NULL) {
		/* a line does not hold these: better up than without it */
		errno = EOPNOTSUPP;
		return -1;
	}
	if (tb[RTA_DST] != NULL &&
	    nl_addr(tb[RTA_DST], m->rtm_family, &r->dst.addr) == -1)
		return -1;
	if (tb[RTA_GATEWAY] != NULL &&
	    nl_addr(tb[RTA_GATEWAY], m->rtm_family, &r->gateway) == -1)
		return -1;
	if (tb[RTA_PREFSRC] != NULL &&
	    nl_addr(tb[RTA_PREFSRC], m->rtm_family, &v->source) == -1)
		return -1;
	if (tb[RTA_PRIORITY] != NULL &&
	    nl_u32(tb[RTA_PRIORITY], &r->metric) == -1)
		return -1;
	r->table = m->rtm_table;
	if (tb[RTA_TABLE] != NULL && nl_u32(tb[RTA_TABLE], &r->table) == -1)
		return -1;
	if (r->table == NET_MAIN)
		r->table = 0;
	if (tb[RTA_METRICS] == NULL)
		return 0;
	len = mnl_attr_get_payload_len(tb[RTA_METRICS]);
	if (len > sizeof(v->metrics))
		return malformed();
	memcpy(v->metrics, mnl_attr_get_payload(tb[RTA_METRICS]), len);
	v->nmetrics = (uint32_t)len;
	return 0;
}

/* Over several links it is dead with the last of them only: not here. */
static int
wanted(const struct rtmsg *m, const struct nlattr **tb, uint32_t ifindex)
{
	uint32_t oif = 0;

	if (tb[RTA_OIF] != NULL && nl_u32(tb[RTA_OIF], &oif) == -1)
		return 0;
	return (m->rtm_family == AF_INET || m->rtm_family == AF_INET6) &&
	       m->rtm_type == RTN_UNICAST && !(m->rtm_flags & RTM_F_CLONED) &&
	       is_static(m->rtm_protocol) && oif == ifindex;
}

int
saved_decode(const struct nlmsghdr *h, void *list)
{
	const struct nlattr *tb[RTA_MAX + 1];
	struct saved_list *l = list;
	const struct rtmsg *m;
	struct saved v, *more;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, RTA_MAX) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	if (!wanted(m, tb, l->ifindex))
		return 0;
	memset(&v, 0, sizeof(v));
	v.route.dst.addr.family = m->rtm_family;
	v.route.dst.len = m->rtm_dst_len;
	v.route.proto = m->rtm_protocol;
	v.scope = m->rtm_scope;
	v.tos = m->rtm_tos;
	v.flags = m->rtm_flags & RTNH_F_ONLINK;
	if (decode_attrs(m, tb, &v) == -1)
		return -1;
	if (!prefix_valid(&v.route.dst))
		return malformed();
	prefix_mask(&v.route.dst);
	if ((more = nl_grow(&l->route, &l->n, sizeof(*more))) == NULL)
		return -1;
	*more = v;
	return 0;
}

/* ---- as a line ---- */

/* Numbers that a line may hold, in its order; 0 is left out (table: main). */
struct field {
	const char *word;
	uint32_t max;
	uint32_t *value;
};
#define NFIELDS 6

static void
fields(struct saved *v, struct field *f)
{
	f[0] = (struct field){ "proto", UINT8_MAX, &v->route.proto };
	f[1] = (struct field){ "scope", UINT8_MAX, &v->scope };
	f[2] = (struct field){ "metric", UINT32_MAX, &v->route.metric };
	f[3] = (struct field){ "tos", UINT8_MAX, &v->tos };
	f[4] = (struct field){ "flags", UINT8_MAX, &v->flags };
	f[5] = (struct field){ "table", UINT32_MAX, &v->route.table };
}

static void
add_words(char *line, size_t size, const char *word, const char *value)
{
	strlcat(line, " ", size);
	strlcat(line, word, size);
	strlcat(line, " ", size);
	strlcat(line, value, size);
}

int
saved_format(const struct saved *v, char *line, size_t size)
{
	struct saved copy = *v;
	struct field f[NFIELDS];
	char text[2 * sizeof(v->metrics) + 1];
	uint32_t i;

	prefix_format(&v->route.dst, line, size);
	add_words(line, size, "dev", v->ifname);
	if (v->route.gateway.family != AF_UNSPEC)
		add_words(line, size, "via",
		    addr_format(&v->route.gateway, text, sizeof(text)));
	if (v->source.family != AF_UNSPEC)
		add_words(line, size, "src",
		    addr_format(&v->source, text, sizeof(text)));
	fields(&copy, f);
	for (i = 0; i < NFIELDS; i++)
		if (*f[i].value != 0) {
			snprintf(text, sizeof(text), "%u", *f[i].value);
			add_words(line, size, f[i].word, text);
		}
	for (i = 0; i < v->nmetrics; i++)
		snprintf(text + 2 * i, 3, "%02x", v->metrics[i]);
	if (v->nmetrics > 0)
		add_words(line, size, "metrics", text);
	if (strlen(line) < size - 1)
		return 0;
	errno = ENOSPC;
	return -1;
}

static int
parse_metrics(const char *hex, struct saved *v)
{
	char octet[3] = "";
	size_t len = strlen(hex);

	if (v->nmetrics != 0 || len % 2 != 0 || len > 2 * sizeof(v->metrics) ||
	    strspn(hex, "0123456789abcdef") != len)
		return -1;
	for (; *hex != '\0'; hex += 2) {
		memcpy(octet, hex, 2);
		v->metrics[v->nmetrics++] = (uint8_t)strtoul(octet, NULL, 16);
	}
	return 0;
}

static int
parse_number(const char *word, const char *value, struct saved *v)
{
	struct field f[NFIELDS];
	const char *error;
	size_t i;

	fields(v, f);
	for (i = 0; i < NFIELDS; i++) {
		if (strcmp(word, f[i].word) != 0)
			continue;
		/* given twice, or what strtonum takes besides digits */
		if (*f[i].value != 0 ||
		    strspn(value, "0123456789") != strlen(value))
			return -1;
		*f[i].value = (uint32_t)strtonum(value, 1, f[i].max, &error);
		return error == NULL ? 0 : -1;
	}
	return -1;
}

static int
parse_addr(const char *value, struct addr *a)
{
	return a->family != AF_UNSPEC ? -1 : addr_parse(value, a);
}

static int
parse_pair(const char *word, const char *value, struct saved *v)
{
	if (strcmp(word, "dev") == 0)
		return v->ifname[0] != '\0' ||
			       strlcpy(v->ifname, value, IFNAMSIZ) >= IFNAMSIZ
			   ? -1
			   : 0;
	if (strcmp(word, "via") == 0)
		return parse_addr(value, &v->route.gateway);
	if (strcmp(word, "src") == 0)
		return parse_addr(value, &v->source);
	if (strcmp(word, "metrics") == 0)
		return parse_metrics(value, v);
	return parse_number(word, value, v);
}

/* 1 if it is one that saved_decode() could have taken. */
static int
plausible(const struct saved *v)
{
	uint32_t family = v->route.dst.addr.family;

	return v->ifname[0] != '\0' && is_static(v->route.proto) &&
	       (v->flags & ~(uint32_t)RTNH_F_ONLINK) == 0 &&
	       (v->route.gateway.family == AF_UNSPEC ||
		   v->route.gateway.family == family) &&
	       (v->source.family == AF_UNSPEC || v->source.family == family);
}

int
saved_parse(const char *line, struct saved *v)
{
	char copy[SAVED_LEN], *rest = copy, *word, *value;

	memset(v, 0, sizeof(*v));
	if (strlcpy(copy, line, sizeof(copy)) >= sizeof(copy) ||
	    (word = strsep(&rest, " ")) == NULL ||
	    prefix_parse(word, &v->route.dst) == -1)
		return malformed();
	while ((word = strsep(&rest, " ")) != NULL)
		if ((value = strsep(&rest, " ")) == NULL || *value == '\0' ||
		    parse_pair(word, value, v) == -1)
			return malformed();
	return plausible(v) ? 0 : malformed();
}

/* ---- kept and laid again ---- */

/* Those without a gateway first: the others may need them as their way. */
static int
tell(struct saved_list *l, void (*one)(const char *, void *), void *arg)
{
	char line[SAVED_LEN];
	size_t i;
	int via;

	for (via = 0; via <= 1; via++)
		for (i = 0; i < l->n; i++) {
			if ((l->route[i].route.gateway.family != AF_UNSPEC) !=
			    via)
				continue;
			if (if_indextoname(l->ifindex, l->route[i].ifname) ==
				NULL ||
			    saved_format(&l->route[i], line, sizeof(line)) ==
				-1)
				return -1;
			one(line, arg);
		}
	return 0;
}

int
saved_routes(struct nl *nl, uint32_t ifindex, void (*one)(const char *, void *),
    void *arg)
{
	struct saved_list l = { ifindex, NULL, 0 };
	struct rtmsg *m;
	int n;

	m = nl_begin(nl, RTM_GETROUTE, NLM_F_DUMP, sizeof(*m));
	m->rtm_family = AF_UNSPEC;
	mnl_attr_put_u32(&nl->hdr, RTA_OIF, ifindex);
	n = nl_request(nl, saved_decode, &l);
	if (n == 0)
		n = tell(&l, one, arg);
	free(l.route);
	return n;
}

int
saved_restore(struct nl *nl, const char *line)
{
	uint32_t ifindex;
	struct saved v;
	struct rtmsg *m;

	if (saved_parse(line, &v) == -1 ||
	    (ifindex = if_nametoindex(v.ifname)) == 0)
		return -1;
	m = nl_begin(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*m));
	m->rtm_family = (uint8_t)v.route.dst.addr.family;
	m->rtm_dst_len = (uint8_t)v.route.dst.len;
	m->rtm_protocol = (uint8_t)v.route.proto;
	m->rtm_scope = (uint8_t)v.scope;
	m->rtm_tos = (uint8_t)v.tos;
	m->rtm_type = RTN_UNICAST;
	m->rtm_flags = v.flags;
	mnl_attr_put_u32(
	    &nl->hdr, RTA_TABLE, v.route.table != 0 ? v.route.table : NET_MAIN);
	mnl_attr_put_u32(&nl->hdr, RTA_OIF, ifindex);
	mnl_attr_put_u32(&nl->hdr, RTA_PRIORITY, v.route.metric);
	if (v.route.dst.len > 0)
		nl_put_addr(&nl->hdr, RTA_DST, &v.route.dst.addr);
	if (v.route.gateway.family != AF_UNSPEC)
		nl_put_addr(&nl->hdr, RTA_GATEWAY, &v.route.gateway);
	if (v.source.family != AF_UNSPEC)
		nl_put_addr(&nl->hdr, RTA_PREFSRC, &v.source);
	if (v.nmetrics > 0)
		mnl_attr_put(&nl->hdr, RTA_METRICS | NLA_F_NESTED, v.nmetrics,
		    v.metrics);
	if (nl_request(nl, NULL, NULL) == -1 && errno != EEXIST)
		return -1;
	return 0;
}
