/* SPDX-License-Identifier: ISC */
/*
 * What proves life upstream and what does not, frame by frame, on a real
 * interface whose other end is this test.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "prober/evidence.h"
#include "prober/frame.h"
#include "regress/unit/own_net.h"

#define PATIENCE_MS 10000
#define ALL_FRAMES  0x0003 /* ETH_P_ALL */
#define MARKER      0x88b5 /* IEEE 802: for experiments */

#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16

/* linux/if_tun.h has these, but cannot stand beside net/if.h. */
#define TUN_DEVICE _IOW('T', 202, int)
#define TUN_IP     (0x0001 | 0x1000) /* no Ethernet, no header of its own */

static const uint8_t gw_mac[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t other_mac[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t all[FRAME_MAC_LEN] = { 255, 255, 255, 255, 255, 255 };
static const uint8_t group[FRAME_MAC_LEN] = { 1, 0, 0x5e, 0, 0, 1 };
static uint8_t our_mac[FRAME_MAC_LEN];

static int raw, witness; /* the other end; and who sees what has arrived */
static struct evidence evidence[FAMILIES];
static struct msg_facts facts;

/* A frame being made: all fields have sound values, a case spoils one. */
struct packet {
	const char *what;
	const char *src; /* of either family */
	const uint8_t *from, *to; /* NULL: the gateway's, ours */
	uint8_t proto; /* 0: TCP */
	uint8_t first; /* octets of the transport header */
	uint8_t flags; /* of TCP; 0: ACK */
	uint16_t port; /* 0: 443 */
	uint16_t fragment; /* of IPv4 */
	uint16_t vlan;
};

static int
bind_to(const char *ifname)
{
	struct sockaddr_ll sll;
	int s;

	s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ALL_FRAMES));
	assert_int_not_equal(s, -1);
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ALL_FRAMES);
	sll.sll_ifindex = (int)if_nametoindex(ifname);
	assert_int_equal(bind(s, (struct sockaddr *)&sll, sizeof(sll)), 0);
	return s;
}

static void
set_family(enum family family, const char *address, uint32_t len,
    const char *gateway, const char *peer)
{
	struct msg_family *f = &facts.family[family];

	assert_int_equal(addr_parse(address, &f->address), 0);
	f->prefixlen = len;
	if (gateway != NULL)
		assert_int_equal(addr_parse(gateway, &f->gateway), 0);
	if (peer != NULL)
		assert_int_equal(addr_parse(peer, &f->peer), 0);
}

static int
set_up(void **state)
{
	struct ifreq ifr;

	(void)state;
	if (own_net(0) == -1)
		return 0;
	assert_int_equal(
	    system(
		"sysctl -qw net.ipv6.conf.default.disable_ipv6=1 && "
		"ip link set lo up && "
		"ip link add wan type veth peer name gw && "
		"ip addr add 192.0.2.10/24 dev wan && "
		"ip link set gw arp off up && ip link set wan promisc on up"),
	    0);
	raw = bind_to("gw");
	witness = bind_to("wan");
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "wan", sizeof(ifr.ifr_name));
	assert_int_equal(ioctl(raw, SIOCGIFHWADDR, &ifr), 0);
	memcpy(our_mac, ifr.ifr_hwaddr.sa_data, sizeof(our_mac));
	strlcpy(facts.ifname, "wan", sizeof(facts.ifname));
	facts.ifindex = if_nametoindex("wan");
	facts.up = facts.carrier = 1;
	set_family(FAMILY_INET, "192.0.2.10", 24, "192.0.2.1", NULL);
	set_family(FAMILY_INET6, "2001:db8:1::10", 64, "fe80::1", NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	evidence_close(&evidence[FAMILY_INET]);
	evidence_close(&evidence[FAMILY_INET6]);
	return 0;
}

static void
begin(void)
{
	uint32_t i;

	needs_root();
	for (i = 0; i < FAMILIES; i++) {
		if (evidence_open(&evidence[i], &facts, i, gw_mac) == -1)
			fail_msg("%s", evidence[i].why);
		assert_true(evidence_is_open(&evidence[i]));
		assert_false(monotime_valid(evidence_last(&evidence[i])));
	}
}

static void
put16(uint8_t *p, unsigned int n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

/* From the IP header on; returns the length. */
static size_t
build_ip(const struct packet *c, uint8_t *p)
{
	uint8_t proto = c->proto == 0 ? 6 : c->proto, *l4;
	struct addr src;
	size_t len;

	assert_int_equal(addr_parse(c->src, &src), 0);
	memset(p, 0, 80);
	if (src.family == AF_INET) {
		len = 20;
		p[0] = 0x45;
		put16(p + 2, 40);
		put16(p + 6, c->fragment);
		p[8] = 64;
		p[9] = proto;
		memcpy(p + 12, src.octet, 4);
		memcpy(p + 16, facts.family[FAMILY_INET].address.octet, 4);
	} else {
		len = 40;
		p[0] = 0x60;
		put16(p + 4, 20);
		p[6] = proto;
		p[7] = 64;
		memcpy(p + 8, src.octet, 16);
		memcpy(p + 24, facts.family[FAMILY_INET6].address.octet, 16);
	}
	l4 = p + len;
	if (proto == 6 || proto == 17) {
		put16(l4, c->port == 0 ? 443 : c->port);
		put16(l4 + 2, 40000);
	} else
		l4[0] = c->first;
	if (proto == 6) {
		l4[12] = 0x50;
		l4[13] = c->flags == 0 ? ACK : c->flags;
	}
	return len + 20;
}

static void
say(int s, const struct packet *c)
{
	uint8_t p[128];
	size_t n = 12;

	memcpy(p, c->to == NULL ? our_mac : c->to, FRAME_MAC_LEN);
	memcpy(p + 6, c->from == NULL ? gw_mac : c->from, FRAME_MAC_LEN);
	if (c->vlan != 0) {
		put16(p + n, 0x8100);
		put16(p + n + 2, c->vlan);
		n += 4;
	}
	put16(p + n, strchr(c->src, ':') == NULL ? 0x0800 : 0x86dd);
	n += 2;
	n += build_ip(c, p + n);
	assert_int_equal(write(s, p, n), (ssize_t)n);
}

/* Behind this one, whatever was said before has arrived. */
static void
arrived(void)
{
	struct pollfd pfd = { witness, POLLIN, 0 };
	uint8_t p[256];
	ssize_t n;

	memcpy(p, all, FRAME_MAC_LEN);
	memcpy(p + 6, other_mac, FRAME_MAC_LEN);
	put16(p + 12, MARKER);
	memset(p + 14, 0, 46);
	assert_int_equal(write(raw, p, 60), 60);
	for (;;) {
		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			fail_msg("the marker did not come");
		n = recv(witness, p, sizeof(p), 0);
		if (n >= 14 && (p[12] << 8 | p[13]) == MARKER)
			return;
	}
}

/* Its family's has a newer proof, the other one's has not. */
static void
count(const struct packet *c, int expected)
{
	enum family is =
	    strchr(c->src, ':') == NULL ? FAMILY_INET : FAMILY_INET6;
	struct monotime before[FAMILIES], now[FAMILIES], sent;
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		before[i] = evidence_last(&evidence[i]);
	sent = monotime_now();
	say(raw, c);
	arrived();
	for (i = 0; i < FAMILIES; i++)
		now[i] = evidence_last(&evidence[i]);
	if ((monotime_cmp(now[is], before[is]) > 0) != expected)
		fail_msg(
		    "%s: %s", c->what, expected ? "does not count" : "counts");
	if (expected) {
		/* two clocks are read one after the other */
		assert_true(monotime_ms_between(sent, now[is]) >= -5);
		assert_true(monotime_cmp(now[is], monotime_now()) <= 0);
	}
	assert_int_equal(monotime_cmp(now[!is], before[!is]), 0);
}

static void
counts(const struct packet *c, size_t n, int expected)
{
	size_t i;

	for (i = 0; i < n; i++)
		count(&c[i], expected);
}

#define FAR                "198.51.100.7"
#define FAR6               "2001:db8:51::7"
#define CASES(c, expected) counts(c, sizeof(c) / sizeof((c)[0]), expected)

static void
must(void **state)
{
	static const struct packet c[] = {
		{ .what = "TCP", .src = FAR },
		{ .what = "UDP", .src = FAR, .proto = 17 },
		{ .what = "echo reply", .src = FAR, .proto = 1, .first = 0 },
		{ .what = "echo request", .src = FAR, .proto = 1, .first = 8 },
		{ .what = "ESP", .src = FAR, .proto = 50 },
		{ .what = "first fragment", .src = FAR, .fragment = 0x2000 },
		{ .what = "do not fragment", .src = FAR, .fragment = 0x4000 },
		{ .what = "TCP 6", .src = FAR6 },
		{ .what = "UDP 6", .src = FAR6, .proto = 17 },
		{ .what = "reply 6", .src = FAR6, .proto = 58, .first = 129 },
		{ .what = "request 6", .src = FAR6, .proto = 58, .first = 128 },
		{ .what = "ESP 6", .src = FAR6, .proto = 50 },
	};

	(void)state;
	begin();
	CASES(c, 1);
}

static void
must_not(void **state)
{
	static const struct packet c[] = {
		{ .what = "the gateway's own", .src = "192.0.2.1" },
		{ .what = "a neighbour's", .src = "192.0.2.99" },
		{ .what = "our own", .src = "192.0.2.10" },
		{ .what = "loopback", .src = "127.0.0.1" },
		{ .what = "link-local", .src = "169.254.1.1" },
		{ .what = "multicast", .src = "224.0.0.5" },
		{ .what = "none", .src = "0.0.0.0" },
		{ .what = "limited broadcast", .src = "255.255.255.255" },
		{ .what = "10/8", .src = "10.1.2.3" },
		{ .what = "172.16/12", .src = "172.31.2.3" },
		{ .what = "192.168/16", .src = "192.168.2.20" },
		{ .what = "100.64/10", .src = "100.127.0.1" },
		{ .what = "to all", .src = FAR, .to = all },
		{ .what = "to a group", .src = FAR, .to = group },
		{ .what = "to another MAC", .src = FAR, .to = other_mac },
		{ .what = "from another MAC", .src = FAR, .from = other_mac },
		{ .what = "of a VLAN", .src = FAR, .vlan = 7 },
		{ .what = "RST", .src = FAR, .flags = RST },
		{ .what = "RST ACK", .src = FAR, .flags = RST | ACK },
		{ .what = "SYN ACK", .src = FAR, .flags = SYN | ACK },
		{ .what = "FIN ACK", .src = FAR, .flags = FIN | ACK },
		{ .what = "a portal's page", .src = FAR, .port = 80 },
		{ .what = "a DNS proxy's",
		    .src = FAR,
		    .proto = 17,
		    .port = 53 },
		{ .what = "unreachable", .src = FAR, .proto = 1, .first = 3 },
		{ .what = "redirect", .src = FAR, .proto = 1, .first = 5 },
		{ .what = "exceeded", .src = FAR, .proto = 1, .first = 11 },
		{ .what = "second fragment",
		    .src = FAR,
		    .proto = 17,
		    .fragment = 0x2005 },
		{ .what = "last fragment",
		    .src = FAR,
		    .proto = 50,
		    .fragment = 5 },
		{ .what = "IGMP", .src = FAR, .proto = 2 },
		{ .what = "the gateway's own 6", .src = "fe80::1" },
		{ .what = "a neighbour's 6", .src = "2001:db8:1::99" },
		{ .what = "our own 6", .src = "2001:db8:1::10" },
		{ .what = "loopback 6", .src = "::1" },
		{ .what = "private 6", .src = "fd00::7" },
		{ .what = "multicast 6", .src = "ff02::1" },
		{ .what = "RST 6", .src = FAR6, .flags = RST },
		{ .what = "SYN ACK 6", .src = FAR6, .flags = SYN | ACK },
		{ .what = "a page 6", .src = FAR6, .port = 80 },
		{ .what = "DNS 6", .src = FAR6, .proto = 17, .port = 53 },
		{ .what = "unreach 6", .src = FAR6, .proto = 58, .first = 1 },
		{ .what = "too big 6", .src = FAR6, .proto = 58, .first = 2 },
		{ .what = "NA", .src = FAR6, .proto = 58, .first = 136 },
		{ .what = "fragment 6", .src = FAR6, .proto = 44 },
		{ .what = "options 6", .src = FAR6, .proto = 60 },
		{ .what = "to another MAC 6", .src = FAR6, .to = other_mac },
		{ .what = "from another 6", .src = FAR6, .from = other_mac },
	};

	(void)state;
	begin();
	CASES(c, 0);
}

/* What leaves by our own interface, whatever it pretends to be. */
static void
not_our_own(void **state)
{
	struct packet c = { .what = "sent by us", .src = FAR };

	(void)state;
	begin();
	say(witness, &c);
	arrived();
	assert_false(monotime_valid(evidence_last(&evidence[FAMILY_INET])));
}

/* A gateway whose address is not on-link, as with a /32 of some hosters. */
static void
gateway_elsewhere(void **state)
{
	static const struct packet no[] = { { .what = "gateway's",
	    .src = FAR } };
	static const struct packet yes[] = { { .what = "far",
	    .src = "198.51.100.8" } };
	struct addr was = facts.family[FAMILY_INET].gateway;

	(void)state;
	assert_int_equal(
	    addr_parse(FAR, &facts.family[FAMILY_INET].gateway), 0);
	begin();
	facts.family[FAMILY_INET].gateway = was;
	CASES(no, 0);
	CASES(yes, 1);
}

/* Frames by the thousand between two looks: a look is short, and right. */
static void
busy(void **state)
{
	struct packet c = { .what = "busy", .src = FAR };
	struct evidence *e = &evidence[FAMILY_INET];
	struct monotime first;
	int i, k;

	(void)state;
	begin();
	for (i = 0; i < 200; i++) {
		for (k = 0; k < 100; k++) /* what the witness can hold */
			say(raw, &c);
		arrived();
	}
	first = evidence_last(e);
	assert_true(monotime_valid(first));
	assert_int_equal(monotime_cmp(evidence_last(e), first), 0);
	count(&c, 1);
}

/* No MAC there: every frame is the other end's. */
static void
point_to_point(void **state)
{
	static const struct packet c[] = { { .src = "203.0.113.1" },
		{ .src = "203.0.113.2" }, { .src = FAR, .flags = RST },
		{ .src = FAR6 }, { .src = FAR }, { .src = "198.51.100.8" } };
	struct evidence *e = &evidence[FAMILY_INET];
	struct msg_facts eth = facts;
	struct monotime before, now;
	struct ifreq ifr;
	uint8_t p[128];
	size_t i, n;
	int tun, ms;

	(void)state;
	begin();
	evidence_close(e);
	if ((tun = open("/dev/net/tun", O_RDWR)) == -1) {
		print_message("skipped: no tun here\n");
		skip();
	}
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = TUN_IP;
	strlcpy(ifr.ifr_name, "tun7", sizeof(ifr.ifr_name));
	assert_int_equal(ioctl(tun, TUN_DEVICE, &ifr), 0);
	assert_int_equal(
	    system("ip addr add 203.0.113.1 peer 203.0.113.2 dev tun7 && "
		   "ip link set tun7 up"),
	    0);
	strlcpy(facts.ifname, "tun7", sizeof(facts.ifname));
	facts.pointopoint = 1;
	memset(facts.family, 0, sizeof(facts.family));
	set_family(FAMILY_INET, "203.0.113.1", 32, NULL, "203.0.113.2");
	if (evidence_open(e, &facts, FAMILY_INET, NULL) == -1)
		fail_msg("%s", e->why);
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		before = evidence_last(e);
		n = build_ip(&c[i], p);
		assert_int_equal(write(tun, p, n), (ssize_t)n);
		now = evidence_last(e);
		for (ms = 0; i >= 4 && ms < PATIENCE_MS &&
			     monotime_cmp(now, before) == 0;
		     ms += 5) {
			poll(NULL, 0, 5);
			now = evidence_last(e);
		}
		/* what does not count would be seen with what follows it */
		assert_int_equal(monotime_cmp(now, before) > 0, i >= 4);
	}
	evidence_close(e);
	close(tun);
	facts = eth;
}

static void
interface_gone(void **state)
{
	struct evidence *e = &evidence[FAMILY_INET];
	int ms;

	(void)state;
	begin();
	assert_int_equal(system("ip link del wan"), 0);
	for (ms = 0; evidence_is_open(e) && ms < PATIENCE_MS; ms += 5) {
		(void)evidence_last(e);
		poll(NULL, 0, 5);
	}
	assert_false(evidence_is_open(e));
	assert_int_equal(evidence_open(e, &facts, FAMILY_INET, gw_mac), -1);
	assert_int_not_equal(e->why[0], '\0');
	assert_false(evidence_is_open(e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(must, tear_down),
		cmocka_unit_test_teardown(must_not, tear_down),
		cmocka_unit_test_teardown(not_our_own, tear_down),
		cmocka_unit_test_teardown(gateway_elsewhere, tear_down),
		cmocka_unit_test_teardown(busy, tear_down),
		cmocka_unit_test_teardown(point_to_point, tear_down),
		cmocka_unit_test_teardown(interface_gone, tear_down),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
