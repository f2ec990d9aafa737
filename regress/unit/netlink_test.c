/* SPDX-License-Identifier: ISC */
/*
 * The decoders of dumps on messages made here: what no kernel in reach
 * sends, what is cut short, and main's routes as lines.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <arpa/inet.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "netconf/linux/nl.h"
#include "regress/unit/netlink_message.h"

static struct rtmsg *
begin_route(int family, uint8_t proto, uint8_t len)
{
	struct rtmsg *r = message(RTM_NEWROUTE, sizeof(*r));

	r->rtm_family = (uint8_t)family;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_type = RTN_UNICAST;
	r->rtm_protocol = proto;
	r->rtm_dst_len = len;
	return r;
}

static void
put_addr(uint16_t type, const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	nl_put_addr(&m.hdr, type, &a);
}

static void
put_lifetime(int32_t ticks)
{
	struct rta_cacheinfo ci = { .rta_expires = ticks };

	mnl_attr_put(&m.hdr, RTA_CACHEINFO, sizeof(ci), &ci);
}

/*
 * Whatever of it is cut off, nothing behind the end is read (a copy of just
 * that size, for the sanitizer), and attributes that are not whole are none.
 */
static void
cut_short(nl_each *decode)
{
	uint32_t len;
	uint8_t *copy;

	for (len = sizeof(struct nlmsghdr); len < m.hdr.nlmsg_len; len++) {
		struct net_state s;

		memset(&s, 0, sizeof(s));
		assert_non_null(copy = malloc(len));
		memcpy(copy, m.buf, len);
		((struct nlmsghdr *)(void *)copy)->nlmsg_len = len;
		(void)decode((const struct nlmsghdr *)(void *)copy, &s);
		free(copy);
		net_state_free(&s);
	}
}

static void
refused(nl_each *decode, int error)
{
	struct net_state s;

	memset(&s, 0, sizeof(s));
	errno = 0;
	assert_int_equal(decode(&m.hdr, &s), -1);
	assert_int_equal(errno, error);
	net_state_free(&s);
}

static void
links(void **state)
{
	struct net_state s;
	struct ifinfomsg *i = message(RTM_NEWLINK, sizeof(*i));

	(void)state;
	memset(&s, 0, sizeof(s));
	i->ifi_index = 7;
	i->ifi_flags = IFF_UP | IFF_RUNNING | IFF_POINTOPOINT;
	mnl_attr_put_strz(&m.hdr, IFLA_IFNAME, "ppp0");
	mnl_attr_put_u8(&m.hdr, IFLA_CARRIER, 1);
	mnl_attr_put_u32(&m.hdr, IFLA_MTU, 1492);
	assert_int_equal(link_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nlinks, 1);
	assert_true(s.links[0].up && s.links[0].carrier);
	assert_true(s.links[0].pointopoint && s.links[0].rp_filter == 0);
	assert_false(s.links[0].ethernet);
	assert_string_equal(s.links[0].name, "ppp0");
	cut_short(link_decode);
	net_state_free(&s);

	/* a name without its end, one too long, none */
	i = message(RTM_NEWLINK, sizeof(*i));
	i->ifi_index = 7;
	mnl_attr_put_str(&m.hdr, IFLA_IFNAME, "ppp0");
	refused(link_decode, EBADMSG);
	i = message(RTM_NEWLINK, sizeof(*i));
	i->ifi_index = 7;
	mnl_attr_put_strz(&m.hdr, IFLA_IFNAME, "a-name-of-16-oct");
	refused(link_decode, EBADMSG);
	i = message(RTM_NEWLINK, sizeof(*i));
	i->ifi_index = 7;
	refused(link_decode, EBADMSG);
}

static void
addresses(void **state)
{
	struct net_state s;
	struct ifaddrmsg *a = message(RTM_NEWADDR, sizeof(*a));

	(void)state;
	memset(&s, 0, sizeof(s));
	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 64;
	a->ifa_index = 7;
	put_addr(IFA_ADDRESS, "fe80::1");
	assert_int_equal(addr_decode(&m.hdr, &s), 0);
	assert_int_equal(s.naddrs, 1);
	assert_int_equal(s.addrs[0].local.scope, 7);
	cut_short(addr_decode);
	net_state_free(&s);

	a->ifa_prefixlen = 129;
	refused(addr_decode, EBADMSG);
	a->ifa_family = AF_INET; /* of 16 octets */
	refused(addr_decode, EBADMSG);
	a = message(RTM_NEWADDR, sizeof(*a));
	a->ifa_family = AF_INET;
	refused(addr_decode, EBADMSG);
}

static void
address_flags(void **state)
{
	static const struct {
		uint32_t flags;
		int tentative;
	} c[] = {
		{ IFA_F_PERMANENT, 0 },
		{ IFA_F_TENTATIVE, 1 },
		{ IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, 0 },
		{ IFA_F_OPTIMISTIC, 0 },
		{ IFA_F_DADFAILED, 1 },
		{ IFA_F_DADFAILED | IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, 1 },
	};
	struct net_state s;
	struct ifaddrmsg *a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		memset(&s, 0, sizeof(s));
		a = message(RTM_NEWADDR, sizeof(*a));
		a->ifa_family = AF_INET6;
		a->ifa_flags = IFA_F_TEMPORARY; /* IFA_FLAGS counts */
		put_addr(IFA_ADDRESS, "2001:db8::1");
		mnl_attr_put_u32(&m.hdr, IFA_FLAGS, c[i].flags);
		assert_int_equal(addr_decode(&m.hdr, &s), 0);
		assert_int_equal(s.addrs[0].tentative, c[i].tentative);
		assert_false(s.addrs[0].temporary || s.addrs[0].secondary);
		net_state_free(&s);
	}
	/* one bit, two meanings */
	memset(&s, 0, sizeof(s));
	a = message(RTM_NEWADDR, sizeof(*a));
	a->ifa_family = AF_INET6;
	a->ifa_flags = IFA_F_TEMPORARY | IFA_F_DEPRECATED;
	put_addr(IFA_ADDRESS, "2001:db8::1");
	assert_int_equal(addr_decode(&m.hdr, &s), 0);
	a = message(RTM_NEWADDR, sizeof(*a));
	a->ifa_family = AF_INET;
	a->ifa_flags = IFA_F_SECONDARY;
	put_addr(IFA_ADDRESS, "192.0.2.1");
	assert_int_equal(addr_decode(&m.hdr, &s), 0);
	assert_true(s.addrs[0].temporary && s.addrs[0].deprecated);
	assert_false(s.addrs[0].secondary || s.addrs[1].temporary);
	assert_true(s.addrs[1].secondary);
	net_state_free(&s);
}

static void
rules(void **state)
{
	struct net_state s;
	struct fib_rule_hdr *r = message(RTM_NEWRULE, sizeof(*r));
	size_t i;

	(void)state;
	memset(&s, 0, sizeof(s));
	r->family = AF_INET;
	r->action = FR_ACT_TO_TBL;
	r->src_len = 32;
	mnl_attr_put_u32(&m.hdr, FRA_PRIORITY, NET_PREF);
	mnl_attr_put_u32(&m.hdr, FRA_TABLE, 1158);
	mnl_attr_put_u8(&m.hdr, FRA_PROTOCOL, NET_PROTO);
	put_addr(FRA_SRC, "192.0.2.2");
	assert_int_equal(rule_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nrules, 1);
	assert_int_equal(s.rules[0].table, 1158);
	cut_short(rule_decode);
	/* of multicast; from a network; not to a table: none of ours */
	r->family = RTNL_FAMILY_IPMR;
	assert_int_equal(rule_decode(&m.hdr, &s), 0);
	r->family = AF_INET;
	r->src_len = 24;
	assert_int_equal(rule_decode(&m.hdr, &s), 0);
	r->src_len = 32;
	/* of others, to main, before ours and behind */
	r = message(RTM_NEWRULE, sizeof(*r));
	r->family = AF_INET6;
	r->action = FR_ACT_TO_TBL;
	r->table = NET_MAIN;
	mnl_attr_put_u32(&m.hdr, FRA_PRIORITY, NET_PREF + 1);
	assert_int_equal(rule_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nforeign, 0);
	mnl_attr_put_u32(&m.hdr, FRA_PRIORITY, 5210);
	for (i = 0; i < NET_FOREIGN_MAX + 1; i++)
		assert_int_equal(rule_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nforeign, NET_FOREIGN_MAX);
	assert_int_equal(s.foreign[0].family, AF_INET6);
	assert_int_equal(s.foreign[0].pref, 5210);
	assert_false(s.foreign[0].no_default);
	s.nforeign = 0;
	mnl_attr_put_u32(&m.hdr, FRA_SUPPRESS_PREFIXLEN, 0);
	assert_int_equal(rule_decode(&m.hdr, &s), 0);
	assert_true(s.foreign[0].no_default);
	r->action = FR_ACT_UNREACHABLE;
	assert_int_equal(rule_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nrules, 1);
	net_state_free(&s);
}

static void
routes(void **state)
{
	struct rtnexthop *nh;
	struct net_state s;
	struct nlattr *nest;
	struct rtmsg *r;

	(void)state;
	memset(&s, 0, sizeof(s));
	(void)begin_route(AF_INET, RTPROT_BOOT, 0);
	nest = mnl_attr_nest_start(&m.hdr, RTA_MULTIPATH);
	nh = mnl_nlmsg_put_extra_header(&m.hdr, sizeof(*nh));
	nh->rtnh_ifindex = 3;
	nh->rtnh_len = sizeof(*nh) + sizeof(struct nlattr) + 4;
	put_addr(RTA_GATEWAY, "192.0.2.1");
	mnl_attr_nest_end(&m.hdr, nest);
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nroutes, 1);
	assert_int_equal(s.routes[0].ifindex, 3);
	assert_int_equal(s.routes[0].gateway.family, AF_INET);
	cut_short(route_decode);
	nh->rtnh_len = sizeof(*nh) - 1; /* would go on for ever */
	refused(route_decode, EBADMSG);
	nh->rtnh_len = UINT16_MAX;
	refused(route_decode, EBADMSG);

	/* IPv6 holds its unreachable routes on lo, which is none of ours */
	r = begin_route(AF_INET6, NET_PROTO, 0);
	r->rtm_type = RTN_UNREACHABLE;
	mnl_attr_put_u32(&m.hdr, RTA_OIF, 1);
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nroutes, 2);
	assert_int_equal(s.routes[1].type, NET_UNREACHABLE);
	assert_int_equal(s.routes[1].ifindex, 0);

	/* a gateway of the link, as a router tells it */
	(void)begin_route(AF_INET6, RTPROT_RA, 0);
	mnl_attr_put_u32(&m.hdr, RTA_OIF, 3);
	put_addr(RTA_GATEWAY, "fe80::1");
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nroutes, 3);
	assert_int_equal(s.routes[2].gateway.scope, 3);
	assert_int_equal(s.routes[2].expires_ms, 0);
	put_lifetime(3 * (int32_t)sysconf(_SC_CLK_TCK));
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nroutes, 4);
	assert_int_equal(s.routes[3].expires_ms, 3000);
	cut_short(route_decode);

	/* its time is over, the kernel will soon notice */
	(void)begin_route(AF_INET6, RTPROT_RA, 0);
	mnl_attr_put_u32(&m.hdr, RTA_OIF, 3);
	put_lifetime(-1);
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nroutes, 4);

	/* others' that are no defaults, caches, local ones */
	(void)begin_route(AF_INET, RTPROT_BOOT, 8);
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	begin_route(AF_INET, NET_PROTO, 8)->rtm_flags = RTM_F_CLONED;
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	begin_route(AF_INET, NET_PROTO, 8)->rtm_type = RTN_LOCAL;
	assert_int_equal(route_decode(&m.hdr, &s), 0);
	assert_int_equal(s.nroutes, 4);
	(void)begin_route(AF_INET, NET_PROTO, 33);
	refused(route_decode, EBADMSG);
	net_state_free(&s);
}

static void
lengths(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	m.hdr.nlmsg_len = 15;
	assert_false(nl_whole(&m.hdr, 100));
	m.hdr.nlmsg_len = 101;
	assert_false(nl_whole(&m.hdr, 100));
	m.hdr.nlmsg_len = 0x80000010;
	assert_false(nl_whole(&m.hdr, 100));
	m.hdr.nlmsg_len = 100;
	assert_true(nl_whole(&m.hdr, 100));
}

static void
lines(void **state)
{
	static const char *const good[] = {
		"0.0.0.0/0 dev eth1 via 192.0.2.1 src 192.0.2.2 proto 16",
		"10.9.0.0/16 dev eth1.7 proto 3 scope 253 metric 4294967295",
		"10.7.0.0/16 dev eth1 via 10.64.0.1 proto 4 tos 16 flags 4",
		"2001:db8::/32 dev eth1 via fe80::1 proto 3 metrics 08000200",
		"0.0.0.0/0 dev eth1 via 192.0.2.1 proto 3 table 200",
	};
	static const char *const bad[] = {
		"",
		"10.9.0.0/16",
		"10.9.0.0/33 dev eth1 proto 3",
		"10.9.0.0/16 proto 3",
		"10.9.0.0/16 dev eth1",
		"10.9.0.0/16 dev eth1 proto 2", /* the kernel's */
		"10.9.0.0/16 dev eth1 proto 157",
		"10.9.0.0/16 dev eth1 proto 3 proto 3",
		"10.9.0.0/16 dev eth1 dev eth1 proto 3",
		"10.9.0.0/16 dev a-name-of-16-oct proto 3",
		"10.9.0.0/16 dev eth1 proto 3 metric",
		"10.9.0.0/16 dev eth1 proto 3 metric ",
		"10.9.0.0/16 dev eth1 proto 3  metric 1",
		"10.9.0.0/16 dev eth1 proto 3 metric -1",
		"10.9.0.0/16 dev eth1 proto 3 metric 4294967296",
		"10.9.0.0/16 dev eth1 proto 3 flags 1",
		"10.9.0.0/16 dev eth1 proto 3 via fe80::1",
		"10.9.0.0/16 dev eth1 proto 3 src fe80::1",
		"10.9.0.0/16 dev eth1 proto 3 table 0",
		"10.9.0.0/16 dev eth1 proto 3 metrics 080",
		"10.9.0.0/16 dev eth1 proto 3 metrics 0g",
	};
	char line[SAVED_LEN];
	struct saved v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(saved_parse(good[i], &v), 0);
		assert_int_equal(saved_format(&v, line, sizeof(line)), 0);
		assert_string_equal(line, good[i]);
		assert_int_equal(saved_format(&v, line, 40), -1);
		assert_int_equal(errno, ENOSPC);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (saved_parse(bad[i], &v) == 0)
			fail_msg("taken: %s", bad[i]);
}

/* What is laid without touching anything is found again. */
static void
null_remembers(void **state)
{
	const struct netops *ops = &netops_null;
	struct net_route r;
	static const struct net_uplinks uplinks;
	struct net_rule rule;
	struct net_state s;

	(void)state;
	memset(&r, 0, sizeof(r));
	memset(&rule, 0, sizeof(rule));
	r.table = rule.table = NET_TABLE;
	r.dst.addr.family = AF_INET;
	r.proto = NET_PROTO;
	assert_int_equal(ops->rule(1, &rule), 0);
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(ops->route(1, &r), 0);
	assert_int_equal(ops->dump(&s, &uplinks), 0);
	assert_true(s.nrules == 1 && s.nroutes == 1 && s.nlinks == 0);
	assert_memory_equal(&s.routes[0], &r, sizeof(r));
	net_state_free(&s);
	assert_int_equal(ops->rule(0, &rule), 0);
	assert_int_equal(ops->rule(0, &rule), 0);
	assert_int_equal(ops->route(0, &r), 0);
	assert_int_equal(ops->dump(&s, &uplinks), 0);
	assert_true(s.nrules == 0 && s.nroutes == 0);
	net_state_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(addresses),
		cmocka_unit_test(address_flags),
		cmocka_unit_test(rules),
		cmocka_unit_test(routes),
		cmocka_unit_test(lengths),
		cmocka_unit_test(lines),
		cmocka_unit_test(null_remembers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
