/* SPDX-License-Identifier: ISC */
/*
 * Rules (linux/fib_rules.h) with our protocol at our preferences.  The kernel
 * puts a new one behind all of the same preference, takes the same one
 * twice, and lists them in the order in which it tries them.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "netconf/linux/nl.h"

static int
is_ours(const struct fib_rule_hdr *m, const struct nlattr **tb, uint32_t *pref)
{
	return (m->family == AF_INET || m->family == AF_INET6) &&
	       m->action == FR_ACT_TO_TBL && tb[FRA_PROTOCOL] != NULL &&
	       mnl_attr_get_payload_len(tb[FRA_PROTOCOL]) == 1 &&
	       mnl_attr_get_u8(tb[FRA_PROTOCOL]) == NET_PROTO &&
	       tb[FRA_PRIORITY] != NULL &&
	       nl_u32(tb[FRA_PRIORITY], pref) == 0 &&
	       (*pref == NET_PREF_HOPS || *pref == NET_PREF ||
		   *pref == NET_PREF_HOT);
}

static int
decode_attrs(
    const struct fib_rule_hdr *m, const struct nlattr **tb, struct net_rule *r)
{
	uint32_t group, len;

	r->family = m->family;
	r->table = m->table;
	if (tb[FRA_TABLE] != NULL && nl_u32(tb[FRA_TABLE], &r->table) == -1)
		return -1;
	if (tb[FRA_FWMARK] != NULL && nl_u32(tb[FRA_FWMARK], &r->mark) == -1)
		return -1;
	if (tb[FRA_FWMASK] != NULL && nl_u32(tb[FRA_FWMASK], &r->mask) == -1)
		return -1;
	if (tb[FRA_SRC] != NULL &&
	    nl_addr(tb[FRA_SRC], m->family, &r->from) == -1)
		return -1;
	if (tb[FRA_OIFNAME] != NULL &&
	    nl_string(tb[FRA_OIFNAME], r->oif, sizeof(r->oif)) == -1)
		return -1;
	if (tb[FRA_SUPPRESS_IFGROUP] != NULL) {
		if (nl_u32(tb[FRA_SUPPRESS_IFGROUP], &group) == -1)
			return -1;
		r->suppress = group == NET_GROUP;
	}
	if (tb[FRA_SUPPRESS_PREFIXLEN] != NULL) {
		if (nl_u32(tb[FRA_SUPPRESS_PREFIXLEN], &len) == -1)
			return -1;
		r->no_default = len == 0;
	}
	return 0;
}

/* At our preference it may be before ours, or behind. */
static void
push_foreign(
    struct net_state *s, const struct fib_rule_hdr *m, const struct nlattr **tb)
{
	uint32_t table = m->table, pref = 0, len = UINT32_MAX;
	struct net_foreign *f;

	if ((m->family != AF_INET && m->family != AF_INET6) ||
	    m->action != FR_ACT_TO_TBL || s->nforeign == NET_FOREIGN_MAX ||
	    (tb[FRA_TABLE] != NULL && nl_u32(tb[FRA_TABLE], &table) == -1) ||
	    (tb[FRA_PRIORITY] != NULL &&
		nl_u32(tb[FRA_PRIORITY], &pref) == -1) ||
	    (tb[FRA_SUPPRESS_PREFIXLEN] != NULL &&
		nl_u32(tb[FRA_SUPPRESS_PREFIXLEN], &len) == -1) ||
	    table != NET_MAIN || pref > NET_PREF)
		return;
	f = &s->foreign[s->nforeign++];
	f->family = m->family;
	f->pref = pref;
	f->no_default = len != UINT32_MAX;
}

int
rule_decode(const struct nlmsghdr *h, void *state)
{
	const struct nlattr *tb[FRA_MAX + 1];
	struct net_state *s = state;
	const struct fib_rule_hdr *m;
	struct net_rule r, *more;

	if (h->nlmsg_type != RTM_NEWRULE)
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, FRA_MAX) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	memset(&r, 0, sizeof(r));
	if (!is_ours(m, tb, &r.pref)) {
		push_foreign(s, m, tb);
		return 0;
	}
	if (decode_attrs(m, tb, &r) == -1)
		return -1;
	if (m->src_len != 8 * addr_len(&r.from))
		return 0; /* from a network: whatever it is, not from here */
	if ((more = nl_grow(&s->rules, &s->nrules, sizeof(*more))) == NULL)
		return -1;
	*more = r;
	return 0;
}

int
rule_dump(struct nl *nl, struct net_state *s)
{
	struct fib_rule_hdr *m;

	m = nl_begin(nl, RTM_GETRULE, NLM_F_DUMP, sizeof(*m));
	m->family = AF_UNSPEC;
	return nl_request(nl, rule_decode, s);
}

/*
 * When deleting, what is not named matches anything (rule_find() in
 * net/core/fib_rules.c): a rule without any selector takes the first one
 * that leads to its table.
 */
int
rule_change(struct nl *nl, int add, const struct net_rule *r)
{
	struct fib_rule_hdr *m;

	m = nl_begin(nl, add ? RTM_NEWRULE : RTM_DELRULE,
	    add ? NLM_F_CREATE : 0, sizeof(*m));
	m->family = (uint8_t)r->family;
	m->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(&nl->hdr, FRA_TABLE, r->table);
	mnl_attr_put_u32(&nl->hdr, FRA_PRIORITY, r->pref);
	mnl_attr_put_u8(&nl->hdr, FRA_PROTOCOL, NET_PROTO);
	if (r->mask != 0) {
		mnl_attr_put_u32(&nl->hdr, FRA_FWMARK, r->mark);
		mnl_attr_put_u32(&nl->hdr, FRA_FWMASK, r->mask);
	}
	if (r->from.family != AF_UNSPEC) {
		m->src_len = (uint8_t)(8 * addr_len(&r->from));
		nl_put_addr(&nl->hdr, FRA_SRC, &r->from);
	}
	if (r->oif[0] != '\0')
		mnl_attr_put_strz(&nl->hdr, FRA_OIFNAME, r->oif);
	if (r->suppress)
		mnl_attr_put_u32(&nl->hdr, FRA_SUPPRESS_IFGROUP, NET_GROUP);
	if (r->no_default)
		mnl_attr_put_u32(&nl->hdr, FRA_SUPPRESS_PREFIXLEN, 0);
	if (nl_request(nl, NULL, NULL) == -1 && (add || errno != ENOENT))
		return -1;
	return 0;
}
