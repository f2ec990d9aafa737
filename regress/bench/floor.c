/* SPDX-License-Identifier: ISC */
/*
 * floor: the requests of one switch and nothing else, by a program that does
 * not understand what it reads.  What a daemon takes longer is its own.
 *
 *	floor GATEWAY INTERFACE GATEWAY6|- MARK MASK [LOCAL]
 *
 * Asks for links, addresses, rules, routes and the nft table, lays one default
 * route for each family into table 157, asks again, and lets the kernel forget
 * the flows with the mark.  With LOCAL all tunnels (GRE, VXLAN) get that address
 * before the route, by requests that are ready beforehand.  Prints "bare US route US
 * all US": the change alone, with the asking, and all of it.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h> /* before what includes linux/if.h */

#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>

#include <arpa/inet.h>
#include <err.h>
#include <libmnl/libmnl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TABLE       157
#define TUNNELS_MAX 4096
#define TUNNEL_MAX  512 /* octets of a request */
#define SEND_MAX    32768 /* at once */

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

/* A question with many answers. */
static void
dump(struct mnl_socket *s, uint16_t type, const void *header, size_t size,
    mnl_cb_t each)
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
		    mnl_socket_get_portid(s), each, NULL);
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

	dump(route, RTM_GETLINK, &link, sizeof(link), NULL);
	dump(route, RTM_GETADDR, &addr, sizeof(addr), NULL);
	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		memset(&r, 0, sizeof(r));
		r.rtm_family = (uint8_t)families[i];
		dump(route, RTM_GETRULE, &r, sizeof(r), NULL);
		dump(route, RTM_GETROUTE, &r, sizeof(r), NULL);
	}
	dump(netfilter, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, &nft,
	    sizeof(nft), NULL);
}

/* ---- tunnels ---- */

/* By SIOCCHGTUNNEL, where there is one, since it takes the kernel least. */
static struct {
	struct in_addr local; /* for all of them */
	struct parm {
		struct ifreq ifr;
		struct ip_tunnel_parm p;
	} parm[TUNNELS_MAX];
	size_t nparms;
	uint8_t requests[TUNNELS_MAX * TUNNEL_MAX];
	size_t len;
	unsigned int n;
} tunnels;

static const struct kind {
	const char *name;
	uint16_t local;
	int parm;
} kinds[] = {
	{ "gre", IFLA_GRE_LOCAL, 1 },
	{ "vxlan", IFLA_VXLAN_LOCAL, 0 },
};

struct found {
	const struct kind *kind;
	const struct nlattr *info, *name, *data, *local;
};

static int
take_data(const struct nlattr *a, void *found)
{
	struct found *f = found;

	if (mnl_attr_get_type(a) == f->kind->local)
		f->local = a;
	return MNL_CB_OK;
}

static int
take_info(const struct nlattr *a, void *found)
{
	struct found *f = found;

	if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
		f->name = a;
	else if (mnl_attr_get_type(a) == IFLA_INFO_DATA)
		f->data = a;
	return MNL_CB_OK;
}

static int
take_link(const struct nlattr *a, void *found)
{
	struct found *f = found;

	if (mnl_attr_get_type(a) == IFLA_LINKINFO)
		f->info = a;
	return MNL_CB_OK;
}

/* One with an address: those that the kernel makes itself have none. */
static int
is_tunnel(struct found *f)
{
	static const struct in_addr any;
	size_t i;

	if (f->info == NULL)
		return 0;
	mnl_attr_parse_nested(f->info, take_info, f);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (f->name != NULL && f->data != NULL &&
		    strcmp(mnl_attr_get_str(f->name), kinds[i].name) == 0)
			f->kind = &kinds[i];
	if (f->kind == NULL)
		return 0;
	mnl_attr_parse_nested(f->data, take_data, f);
	return f->local != NULL &&
	       memcmp(mnl_attr_get_payload(f->local), &any, sizeof(any)) != 0;
}

static void
prepare(int ifindex, const struct found *f)
{
	struct nlmsghdr *h =
	    mnl_nlmsg_put_header(tunnels.requests + tunnels.len);
	struct nlattr *info, *data;
	struct ifinfomsg *i;

	h->nlmsg_type = RTM_NEWLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	i->ifi_index = ifindex;
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, f->kind->name);
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put(h, f->kind->local, sizeof(tunnels.local), &tunnels.local);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	tunnels.len += h->nlmsg_len;
}

static void
prepare_parm(int ifindex)
{
	struct parm *p = &tunnels.parm[tunnels.nparms++];
	static int s = -1;

	if (s == -1 && (s = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		err(1, "socket");
	if_indextoname((unsigned int)ifindex, p->ifr.ifr_name);
	p->ifr.ifr_data = (void *)&p->p;
	if (ioctl(s, SIOCGETTUNNEL, &p->ifr) == -1)
		err(1, "%s", p->ifr.ifr_name);
	p->p.iph.saddr = tunnels.local.s_addr;
}

static int
prepare_link(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct found f;

	(void)arg;
	memset(&f, 0, sizeof(f));
	mnl_attr_parse(h, sizeof(*i), take_link, &f);
	if (!is_tunnel(&f))
		return MNL_CB_OK;
	if (tunnels.n++ == TUNNELS_MAX)
		errx(1, "too many tunnels");
	if (f.kind->parm)
		prepare_parm(i->ifi_index);
	else
		prepare(i->ifi_index, &f);
	return MNL_CB_OK;
}

static void
move_parms(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	size_t i;

	for (i = 0; i < tunnels.nparms; i++)
		if (ioctl(s, SIOCCHGTUNNEL, &tunnels.parm[i].ifr) == -1)
			err(1, "%s", tunnels.parm[i].ifr.ifr_name);
	close(s);
}

/* The last of each sending is acknowledged; so is what fails. */
static void
move_tunnels(struct mnl_socket *s)
{
	uint8_t *at = tunnels.requests, *end = at + tunnels.len, *first;
	struct nlmsghdr *h = NULL;
	ssize_t n;

	while (at < end) {
		for (first = at; at < end && at - first < SEND_MAX;
		     at += h->nlmsg_len)
			h = (struct nlmsghdr *)(void *)at;
		h->nlmsg_flags |= NLM_F_ACK;
		if (mnl_socket_sendto(s, first, (size_t)(at - first)) == -1 ||
		    (n = mnl_socket_recvfrom(s, m.buf, sizeof(m.buf))) == -1)
			err(1, "netlink");
		if (mnl_cb_run(m.buf, (size_t)n, 0, mnl_socket_get_portid(s),
			NULL, NULL) == -1)
			err(1, "tunnel refused");
	}
	move_parms();
}

/* ---- the switch ---- */

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
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct mnl_socket *route, *flows;
	int64_t began, looked, laid, moved;
	uint32_t out;

	if (argc < 6 || argc > 7 || (out = if_nametoindex(argv[2])) == 0)
		errx(2, "usage: floor gateway interface gateway6|- mark mask"
			" [local]");
	route = open_bus(NETLINK_ROUTE);
	flows = open_bus(NETLINK_NETFILTER);
	if (argc == 7) {
		if (inet_pton(AF_INET, argv[6], &tunnels.local) != 1)
			errx(2, "%s: not an address", argv[6]);
		dump(route, RTM_GETLINK, &link, sizeof(link), prepare_link);
	}
	began = now_us();
	look(route, flows);
	looked = now_us();
	move_tunnels(route);
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
