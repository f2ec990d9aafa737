/* SPDX-License-Identifier: ISC */
/*
 * floor: the requests of one switch and nothing else, by a program that does
 * not understand what it reads.  What a daemon takes longer is its own.
 *
 *	floor GATEWAY INTERFACE GATEWAY6|- MARK MASK
 *
 * Asks for links, addresses, rules, routes and the nft table, lays one default
 * route for each family into table 157, asks again, and lets the kernel forget
 * the flows with the mark.  Prints "bare US route US all US": the change
 * alone, with the asking, and all of it.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>

#include <arpa/inet.h>
#include <err.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TABLE 157

static union {
	struct nlmsghdr hdr;
	uint8_t buf[8192];
} m;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct mnl_socket *
open_bus(int bus)
{
	struct mnl_socket *s = mnl_socket_open(bus);

	if (s == NULL || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == -1)
		err(1, "netlink");
	return s;
}

/* Send what is in the buffer; the kernel says that it is done. */
static void
ask(struct mnl_socket *s)
{
	unsigned int seq = (unsigned int)now_us();
	ssize_t n;

	m.hdr.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	m.hdr.nlmsg_seq = seq;
	if (mnl_socket_sendto(s, &m.hdr, m.hdr.nlmsg_len) == -1 ||
	    (n = mnl_socket_recvfrom(s, m.buf, sizeof(m.buf))) == -1)
		err(1, "netlink");
	if (mnl_cb_run(m.buf, (size_t)n, seq, mnl_socket_get_portid(s), NULL,
		NULL) == -1)
		err(1, "refused");
}

/* A question with many answers, none of which is looked at. */
static void
dump(struct mnl_socket *s, uint16_t type, const void *header, size_t size)
{
	static uint8_t answers[65536];
	unsigned int seq = (unsigned int)now_us();
	ssize_t n;
	int more;

	mnl_nlmsg_put_header(m.buf);
	m.hdr.nlmsg_type = type;
	m.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m.hdr.nlmsg_seq = seq;
	memcpy(mnl_nlmsg_put_extra_header(&m.hdr, size), header, size);
	if (mnl_socket_sendto(s, &m.hdr, m.hdr.nlmsg_len) == -1)
		err(1, "netlink");
	do {
		n = mnl_socket_recvfrom(s, answers, sizeof(answers));
		if (n == -1)
			err(1, "netlink");
		more = mnl_cb_run(answers, (size_t)n, seq,
		    mnl_socket_get_portid(s), NULL, NULL);
	} while (more == MNL_CB_OK);
}

static void
look(struct mnl_socket *route, struct mnl_socket *netfilter)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct ifaddrmsg addr = { .ifa_family = AF_UNSPEC };
	struct nfgenmsg nft = { .nfgen_family = AF_UNSPEC };
	struct rtmsg r;
	size_t i;

	dump(route, RTM_GETLINK, &link, sizeof(link));
	dump(route, RTM_GETADDR, &addr, sizeof(addr));
	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		memset(&r, 0, sizeof(r));
		r.rtm_family = (uint8_t)families[i];
		dump(route, RTM_GETRULE, &r, sizeof(r));
		dump(route, RTM_GETROUTE, &r, sizeof(r));
	}
	dump(netfilter, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, &nft,
	    sizeof(nft));
}

static void
lay_default(struct mnl_socket *s, int family, const char *via, uint32_t out)
{
	uint8_t gateway[16];
	struct rtmsg *r;

	if (inet_pton(family, via, gateway) != 1)
		errx(2, "%s: not an address", via);
	mnl_nlmsg_put_header(m.buf);
	m.hdr.nlmsg_type = RTM_NEWROUTE;
	m.hdr.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	r = mnl_nlmsg_put_extra_header(&m.hdr, sizeof(*r));
	r->rtm_family = (uint8_t)family;
	r->rtm_table = TABLE;
	r->rtm_protocol = TABLE;
	r->rtm_type = RTN_UNICAST;
	r->rtm_flags = RTNH_F_ONLINK;
	mnl_attr_put(&m.hdr, RTA_GATEWAY, family == AF_INET ? 4 : 16, gateway);
	mnl_attr_put_u32(&m.hdr, RTA_OIF, out);
	ask(s);
}

static void
forget(struct mnl_socket *s, uint32_t mark, uint32_t mask)
{
	struct nfgenmsg *g;

	mnl_nlmsg_put_header(m.buf);
	m.hdr.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	g = mnl_nlmsg_put_extra_header(&m.hdr, sizeof(*g));
	g->version = NFNETLINK_V0;
	mnl_attr_put_u32(&m.hdr, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(&m.hdr, CTA_MARK_MASK, htonl(mask));
	ask(s);
}

int
main(int argc, char *argv[])
{
	struct mnl_socket *route, *flows;
	int64_t began, looked, laid, moved;
	uint32_t out;

	if (argc != 6 || (out = if_nametoindex(argv[2])) == 0)
		errx(2, "usage: floor gateway interface gateway6|- mark mask");
	route = open_bus(NETLINK_ROUTE);
	flows = open_bus(NETLINK_NETFILTER);
	began = now_us();
	look(route, flows);
	looked = now_us();
	lay_default(route, AF_INET, argv[1], out);
	if (strcmp(argv[3], "-") != 0)
		lay_default(route, AF_INET6, argv[3], out);
	laid = now_us();
	look(route, flows);
	moved = now_us();
	forget(flows, (uint32_t)strtoul(argv[4], NULL, 0),
	    (uint32_t)strtoul(argv[5], NULL, 0));
	printf("bare %jd route %jd all %jd\n", (intmax_t)(laid - looked),
	    (intmax_t)(moved - began), (intmax_t)(now_us() - began));
	return 0;
}
