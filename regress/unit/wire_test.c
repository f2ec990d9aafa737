/* SPDX-License-Identifier: ISC */
/*
 * The wire of an Ethernet: what goes out, what is believed of what comes in.
 * Each test is done with IPv4 and with IPv6.
 */
#include "regress/unit/wire_rig.h"

#include <arpa/inet.h>
#include <netpacket/packet.h>

#define VLAN       5
#define ALL_FRAMES 0x0003 /* ETH_P_ALL */

enum saying { ASK, ECHO };

static const uint8_t other_mac[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t all[FRAME_MAC_LEN] = { 255, 255, 255, 255, 255, 255 };

static int
set_up(void **state)
{
	(void)state;
	return rig("ip link add wan type veth peer name gw && "
		   "sysctl -qw net.ipv6.conf.wan.disable_ipv6=0 "
		   "net.ipv6.conf.wan.accept_ra=0 "
		   "net.ipv6.conf.wan.router_solicitations=0 && "
		   "ip addr add 192.0.2.10/24 dev wan && "
		   "ip addr add 2001:db8:1::10/64 dev wan nodad && "
		   "ip link set gw arp off up && ip link set wan up");
}

static void
end_is(const char *ifname)
{
	struct sockaddr_ll sll;

	if (end != -1)
		close(end);
	end = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ALL_FRAMES));
	assert_int_not_equal(end, -1);
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ALL_FRAMES);
	sll.sll_ifindex = (int)if_nametoindex(ifname);
	assert_int_equal(bind(end, (struct sockaddr *)&sll, sizeof(sll)), 0);
}

/* Is this frame of that sort?  The kernel says things of its own as well. */
static int
is(const uint8_t *p, size_t len, enum saying what)
{
	unsigned int type;

	if (len < FRAME_ARP_LEN)
		return 0;
	type = (unsigned int)(p[12] << 8 | p[13]);
	if (fam == FAMILY_INET6)
		return type == 0x86dd && p[20] == 58 && len > 54 &&
		       memcmp(p + 22, ours.octet, 16) == 0 &&
		       p[54] == (what == ASK ? 135 : 128);
	if (what == ASK)
		return type == 0x0806 && p[21] == 1;
	return type == 0x0800 && p[23] == 1 && p[34] == 8;
}

/* The next one of this sort from the wire; its length. */
static size_t
take(enum saying what, uint8_t p[FRAME_BUF])
{
	struct pollfd pfd = { end, POLLIN, 0 };
	struct sockaddr_ll from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			fail_msg("the wire said nothing");
		len = sizeof(from);
		n = recvfrom(
		    end, p, FRAME_BUF, 0, (struct sockaddr *)&from, &len);
		if (n > 0 && from.sll_pkttype != PACKET_OUTGOING &&
		    is(p, (size_t)n, what))
			return (size_t)n;
	}
}

/* Forget what nobody took; has one of this sort been there? */
static int
came(enum saying what)
{
	uint8_t p[FRAME_BUF];
	ssize_t n;
	int found = 0;

	while ((n = recv(end, p, sizeof(p), 0)) > 0)
		found |= is(p, (size_t)n, what);
	return found;
}

/* "ip is at mac", said to that address at that MAC; its length. */
static size_t
tells(const struct addr *ip, const uint8_t *mac, const struct addr *whom,
    const uint8_t *to, uint8_t p[FRAME_BUF])
{
	static const uint8_t arp[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 2 };
	static const uint8_t nd[] = { 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58,
		255 };

	memset(p, 0, FRAME_BUF);
	memcpy(p, to, FRAME_MAC_LEN);
	memcpy(p + 6, mac, FRAME_MAC_LEN);
	if (fam == FAMILY_INET) {
		memcpy(p + 12, arp, sizeof(arp));
		memcpy(p + 22, mac, FRAME_MAC_LEN);
		memcpy(p + 28, ip->octet, 4);
		memcpy(p + 32, to, FRAME_MAC_LEN);
		memcpy(p + 38, whom->octet, 4);
		return 42;
	}
	memcpy(p + 12, nd, sizeof(nd));
	memcpy(p + 22, ip->octet, 16);
	memcpy(p + 38, whom->octet, 16);
	p[54] = 136;
	p[58] = addr_is_multicast(whom) ? 0x20 : 0x60; /* solicited, override */
	memcpy(p + 62, ip->octet, 16);
	p[78] = 2;
	p[79] = 1;
	memcpy(p + 80, mac, FRAME_MAC_LEN);
	seal6(p, 86);
	return 86;
}

static void
say_is_at(const struct addr *ip, const uint8_t *mac, const struct addr *whom,
    const uint8_t *to)
{
	uint8_t p[FRAME_BUF];

	say(p, tells(ip, mac, whom, to, p));
}

static void
gateway_is_at(const uint8_t *mac)
{
	say_is_at(&gateway, mac, &ours, wire.mac);
}

static void
say_reply(const uint8_t *from, const uint8_t *to, const struct icmp_echo *e)
{
	uint8_t p[FRAME_BUF];

	say(p, replies(from, to, e, p));
}

static void
start(void **state)
{
	needs_root();
	use(*state == NULL ? FAMILY_INET : FAMILY_INET6, "wan");
	end_is("gw");
	open_wire(&wire_l2);
	(void)came(ASK);
}

/* The same, but the kernel is not asked: it believes most of what is said. */
static void
start_alone(void **state)
{
	start(state);
	close(wire.neighbours);
	wire.neighbours = -1;
}

/* Send one; the MAC that it went to must be this. */
static void
goes_to(uint16_t seq, const uint8_t *mac)
{
	struct icmp_echo e = request(seq);
	uint8_t p[FRAME_BUF];
	size_t at = FRAME_HEADER + (fam == FAMILY_INET ? 12 : 8);
	size_t n = addr_len(&ours);

	assert_int_equal(wire.ops->send(&wire, &e), 0);
	assert_int_equal(take(ECHO, p), FRAME_HEADER + ip_len() + ICMP_LEN);
	assert_memory_equal(p, mac, FRAME_MAC_LEN);
	assert_memory_equal(p + 6, wire.mac, FRAME_MAC_LEN);
	assert_memory_equal(p + at, ours.octet, n);
	assert_memory_equal(p + at + n, target.octet, n);
}

static void
asks_for(const struct addr *ip)
{
	static const uint8_t group[2] = { 0x33, 0x33 };
	uint8_t p[FRAME_BUF];

	take(ASK, p);
	if (fam == FAMILY_INET) {
		assert_memory_equal(p, all, FRAME_MAC_LEN);
		assert_memory_equal(p + 38, ip->octet, 4);
		return;
	}
	assert_memory_equal(p, group, 2);
	assert_memory_equal(p + 3, ip->octet + 13, 3);
	assert_memory_equal(p + 22, ours.octet, 16);
	assert_memory_equal(p + 62, ip->octet, 16);
}

static void
learn(const uint8_t *mac)
{
	assert_int_equal(wire.ops->refresh(&wire), 0);
	asks_for(&gateway);
	gateway_is_at(mac);
	until(&gateways, 1);
}

static void
waits_for_neighbour(void **state)
{
	struct icmp_echo e;
	uint8_t p[FRAME_BUF];
	int i;

	start(state);
	assert_int_equal(wire.ops->refresh(&wire), 0);
	for (i = 1; i <= 3; i++) {
		e = request((uint16_t)i);
		assert_int_equal(wire.ops->send(&wire, &e), 0);
	}
	assert_null(wire.ops->next_hop(&wire));
	asks_for(&gateway);
	assert_false(came(ECHO));
	gateway_is_at(gw_mac);
	until(&gateways, 1);
	assert_memory_equal(wire.ops->next_hop(&wire), gw_mac, FRAME_MAC_LEN);
	/* the newest of a target, not a burst */
	take(ECHO, p);
	assert_int_equal(p[FRAME_HEADER + ip_len() + 7], 3);
	assert_false(came(ECHO));
	e = reply(3);
	say_reply(gw_mac, wire.mac, &e);
	until(&answers, 1);
	assert_true(dones >= 1);
	assert_true(last.token == request(3).token);
	assert_int_equal(addr_cmp(&last.src, &target), 0);
	wire_close(&wire);
}

/* Only an answer to our question, to us, changes the next hop. */
static void
not_believed(void **state)
{
	struct addr none = gateway;

	start_alone(state);
	gateway_is_at(other_mac); /* nobody asked */
	settle();
	assert_null(wire.ops->next_hop(&wire));
	learn(gw_mac);
	goes_to(1, gw_mac);
	assert_int_equal(wire.ops->refresh(&wire), 0); /* now somebody did */
	say_is_at(&gateway, other_mac, &ours, all);
	none = target;
	say_is_at(&gateway, other_mac, &none, wire.mac);
	say_is_at(&target, other_mac, &ours, wire.mac);
	gateway_is_at(all); /* of a group */
	settle();
	assert_int_equal(gateways, 1);
	goes_to(2, gw_mac);
	/* a new router, by whoever answers alone */
	gateway_is_at(other_mac);
	until(&gateways, 2);
	goes_to(3, other_mac);
	wire_close(&wire);
}

/* Two answer: the one that we know stays, whoever is the first. */
static void
contested(void **state)
{
	start_alone(state);
	learn(gw_mac);
	wire_works(&wire, &target);
	assert_int_equal(wire.ops->ask(&wire), 0);
	gateway_is_at(other_mac);
	gateway_is_at(gw_mac);
	until(&gateways, 3);
	goes_to(1, gw_mac);
	assert_int_equal(wire.ops->ask(&wire), 0);
	gateway_is_at(other_mac);
	settle();
	goes_to(2, gw_mac);
	wire_close(&wire);
}

/* The kernel's table is where the site's traffic goes. */
static void
kernel_has(const char *words)
{
	char command[128], ip[ADDR_STRLEN];

	snprintf(command, sizeof(command), "ip neigh %s dev wan to %s", words,
	    addr_format(&gateway, ip, sizeof(ip)));
	try(command);
	gateways = 0;
	learn(gw_mac); /* it is looked up again after an answer */
}

/* It believed somebody: our probes go astray as well, for as long as that. */
static void
astray(void **state)
{
	start(state);
	learn(gw_mac);
	kernel_has("replace nud incomplete");
	goes_to(1, gw_mac);
	kernel_has("replace lladdr 02:00:00:00:00:02 nud permanent");
	goes_to(2, other_mac);
	assert_true(monotime_valid(wire.warned_elsewhere));
	assert_memory_equal(wire.ops->next_hop(&wire), gw_mac, FRAME_MAC_LEN);
	kernel_has("replace lladdr 02:00:00:00:00:01 nud permanent");
	goes_to(3, gw_mac);
	kernel_has("replace nud incomplete");
	goes_to(4, gw_mac);
	kernel_has("replace lladdr 02:00:00:00:00:02 nud permanent");
	goes_to(5, other_mac);
	kernel_has("del");
	goes_to(6, gw_mac);
	wire_close(&wire);
}

static void
only_ours(void **state)
{
	struct icmp_echo e;
	uint8_t p[FRAME_BUF];
	size_t len;

	start(state);
	learn(gw_mac);
	e = reply(1);
	e.id++;
	say_reply(gw_mac, wire.mac, &e);
	e = reply(1);
	e.dst = target;
	say_reply(gw_mac, wire.mac, &e);
	e = reply(1);
	say_reply(gw_mac, all, &e);
	say_reply(gw_mac, other_mac, &e);
	len = replies(gw_mac, wire.mac, &e, p);
	say(p, len - 1); /* truncated */
	p[len - 1] ^= 1;
	say(p, len); /* of a bad checksum */
	memset(p, 0, 12);
	say(p, len);
	/* from another router of the group: taken, and the last to come */
	e = reply(2);
	say_reply(other_mac, wire.mac, &e);
	until(&answers, 1);
	assert_int_equal(last.seq, 2);
	wire_close(&wire);
}

/* A frame of another VLAN is seen by a tap on its parent, but is not ours. */
static size_t
tagged(const uint8_t *p, size_t len, unsigned int type, unsigned int tag,
    uint8_t out[FRAME_BUF])
{
	memcpy(out, p, 12);
	out[12] = (uint8_t)(type >> 8);
	out[13] = (uint8_t)type;
	out[14] = (uint8_t)(tag >> 8);
	out[15] = (uint8_t)tag;
	memcpy(out + 16, p + 12, len - 12);
	return len + 4;
}

static void
tags(void **state)
{
	static const struct {
		unsigned int type, tag;
	} foreign[] = { { 0x8100, 100 }, { 0x88a8, 100 }, { 0x88a8, 0 } };
	uint8_t p[FRAME_BUF], t[FRAME_BUF], tt[FRAME_BUF];
	struct icmp_echo e;
	size_t i, len;

	start(state);
	learn(gw_mac);
	e = reply(1);
	len = replies(gw_mac, wire.mac, &e, p);
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		say(t, tagged(p, len, foreign[i].type, foreign[i].tag, t));
	/* a tag in a tag, both of nobody's and ours within another's */
	say(tt, tagged(t, tagged(p, len, 0x8100, 0, t), 0x88a8, 7, tt));
	say(tt, tagged(t, tagged(p, len, 0x8100, 7, t), 0x8100, 0, tt));
	assert_int_equal(wire.ops->ask(&wire), 0);
	len = tells(&gateway, other_mac, &ours, wire.mac, p);
	say(t, tagged(p, len, 0x8100, 100, t));
	settle();
	assert_int_equal(answers, 0);
	assert_int_equal(gateways, 1);
	/* of a priority alone: ours */
	e = reply(2);
	len = replies(gw_mac, wire.mac, &e, p);
	say(t, tagged(p, len, 0x8100, 0xe000, t));
	until(&answers, 1);
	assert_int_equal(last.seq, 2);
	wire_close(&wire);
}

static void
next_hop_silent(void **state)
{
	struct monotime before;

	start(state);
	before = monotime_now();
	assert_int_equal(wire.ops->refresh(&wire), 0);
	assert_true(wire.ops->silent(&wire, before));
	gateway_is_at(gw_mac);
	until(&gateways, 1);
	assert_false(wire.ops->silent(&wire, before));
	assert_true(wire.ops->silent(&wire, monotime_now()));
	wire_close(&wire);
}

static void
asks(void **state)
{
	uint32_t i;

	start(state);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(wire.ops->ask(&wire), 0);
		asks_for(&gateway);
		gateway_is_at(gw_mac);
		until(&gateways, i);
	}
	memset(&facts.family[fam].gateway, 0, sizeof(struct addr));
	open_wire(&wire_l2);
	assert_int_equal(wire.ops->ask(&wire), -1);
	wire_close(&wire);
}

/* Who is on the link is asked himself. */
static void
on_link(void **state)
{
	struct addr far = target;
	struct icmp_echo e;

	start(state);
	target = ours;
	target.octet[addr_len(&target) - 1] ^= 1;
	e = request(1);
	assert_int_equal(wire.ops->send(&wire, &e), 0);
	asks_for(&target);
	say_is_at(&target, other_mac, &ours, wire.mac);
	settle();
	goes_to(1, other_mac);
	assert_int_equal(gateways, 0);
	if (fam == FAMILY_INET6) {
		addr_parse("fe80::77", &target);
		e = request(2);
		assert_int_equal(wire.ops->send(&wire, &e), 0);
		asks_for(&target);
	}
	target = far;
	wire_close(&wire);
}

/* Our address has another owner: that is told, and changes nothing. */
static void
claimed(void **state)
{
	struct addr everybody = ours;

	start(state);
	learn(gw_mac);
	say_is_at(&ours, other_mac, &everybody, all);
	if (fam == FAMILY_INET6)
		addr_parse("ff02::1", &everybody);
	say_is_at(&ours, other_mac, &everybody, all);
	say_is_at(&ours, wire.mac, &everybody, all);
	settle();
	assert_true(monotime_valid(wire.warned_own));
	assert_int_equal(gateways, 1);
	goes_to(1, gw_mac);
	wire_close(&wire);
}

/* More than the kernel keeps: we are told, and the next answer counts. */
static void
flood(void **state)
{
	uint8_t p[FRAME_BUF];
	struct icmp_echo e = reply(1);
	size_t len;
	int i;

	start(state);
	learn(gw_mac);
	assert_int_equal(wire_dropped(&wire), 0);
	e = reply(1);
	len = replies(gw_mac, wire.mac, &e, p);
	for (i = 0; i < 4 * WIRE_READS_MAX; i++)
		say(p, len);
	assert_true(wire_dropped(&wire) > 0);
	wire_drain(&wire);
	assert_in_range(answers, 1, WIRE_READS_MAX);
	(void)wire_dropped(&wire);
	wire_drain(&wire);
	answers = 0;
	e = reply(2);
	say_reply(gw_mac, wire.mac, &e);
	until(&answers, 1);
	assert_int_equal(last.seq, 2);
	assert_int_equal(wire_dropped(&wire), 0);
	wire_close(&wire);
}

/* After many wake-ups in a row it rests, and goes on by itself. */
static void
rests(void **state)
{
	struct icmp_echo e;
	uint32_t i, dropped = 0;

	start(state);
	learn(gw_mac);
	for (i = 1; i <= 2000; i++) {
		e = reply((uint16_t)i);
		say_reply(gw_mac, wire.mac, &e);
		event_loop(EVLOOP_NONBLOCK);
	}
	assert_true(dones < 1000);
	for (i = 0; i < PATIENCE_MS / 20 && answers + dropped < 2000; i++) {
		run();
		dropped += (uint32_t)wire_dropped(&wire);
	}
	assert_int_equal(answers + dropped, 2000);
	wire_close(&wire);
}

static void
narrow(void)
{
	if (system("tc qdisc add dev wan root tbf rate 8kbit burst 200 "
		   "limit 200 2>/dev/null") == 0)
		return;
	wire_close(&wire);
	skip();
}

/* Our own queue is full. */
static void
no_buffers(void **state)
{
	struct icmp_echo e = request(1);
	int i, n = 0;

	start(state);
	learn(gw_mac);
	narrow();
	e = request(1);
	for (i = 0; i < 100 && n == 0; i++) {
		errno = 0;
		n = wire.ops->send(&wire, &e);
	}
	assert_int_equal(n, -1);
	assert_int_equal(errno, ENOBUFS);
	try("tc qdisc del dev wan root");
	goes_to(2, gw_mac);
	wire_close(&wire);
}

/* So full that nobody can be asked where the probe has to go. */
static void
no_buffers_to_ask(void **state)
{
	struct icmp_echo e;
	int i, n = 0;

	start(state);
	narrow();
	for (i = 0; i < 100 && n == 0; i++)
		n = wire.ops->ask(&wire);
	assert_int_equal(n, -1);
	assert_int_equal(errno, ENOBUFS);
	e = request(1);
	e.dst = ours; /* a neighbour */
	e.dst.octet[addr_len(&ours) - 1] = 77;
	errno = 0;
	assert_int_equal(wire.ops->send(&wire, &e), -1);
	assert_int_equal(errno, ENOBUFS);
	try("tc qdisc del dev wan root");
	wire_close(&wire);
}

/* Another index and another MAC under the same name. */
static void
recreated(void **state)
{
	int i;

	start(state);
	learn(gw_mac);
	try("ip link del wan && ip link add wan type veth peer name gw && "
	    "sysctl -qw net.ipv6.conf.wan.disable_ipv6=0 "
	    "net.ipv6.conf.wan.accept_ra=0 "
	    "net.ipv6.conf.wan.router_solicitations=0 && "
	    "ip addr add 192.0.2.10/24 dev wan && "
	    "ip addr add 2001:db8:1::10/64 dev wan nodad && "
	    "ip link set gw arp off up && ip link set wan up && "
	    "n=0; until ip link show dev gw | grep -q 'state UP'; do "
	    "sleep 0.01; [ $((n += 1)) -lt 500 ] || exit 1; done");
	for (i = 0;
	     i < 100 && wire_is_open(&wire) && wire.ops->refresh(&wire) == 0;
	     i++)
		run();
	assert_true(i < 100);
	start(state);
	learn(gw_mac);
	goes_to(1, gw_mac);
	wire_close(&wire);
}

/* The same by way of a bridge, and of a VLAN's device. */
static void
bridge(void **state)
{
	needs_root();
	use(*state == NULL ? FAMILY_INET : FAMILY_INET6, "br0");
	if (system("ip link add name br0 type bridge 2>/dev/null") != 0)
		skip();
	try("ip link add port type veth peer name far && "
	    "ip link set port master br0 up && ip link set far arp off up && "
	    "ip link set br0 up");
	end_is("far");
	open_wire(&wire_l2);
	learn(gw_mac);
	goes_to(1, gw_mac);
	wire_close(&wire);
	try("ip link del br0 && ip link del port");
}

static void
vlan(void **state)
{
	uint8_t p[FRAME_BUF], t[FRAME_BUF];
	struct icmp_echo e;

	needs_root();
	use(*state == NULL ? FAMILY_INET : FAMILY_INET6, "wan.5");
	if (system("ip link add link wan name wan.5 type vlan id 5 "
		   "2>/dev/null") != 0)
		skip();
	try("ip link set wan.5 up");
	end_is("gw");
	open_wire(&wire_l2);
	assert_int_equal(wire.ops->refresh(&wire), 0);
	asks_for(&gateway);
	say(t, tagged(p, tells(&gateway, gw_mac, &ours, wire.mac, p), 0x8100,
		   VLAN, t));
	until(&gateways, 1);
	goes_to(1, gw_mac);
	e = reply(1);
	say_reply(gw_mac, wire.mac, &e);
	say(t,
	    tagged(p, replies(gw_mac, wire.mac, &e, p), 0x8100, VLAN + 1, t));
	settle();
	assert_int_equal(answers, 0);
	e = reply(2);
	say(t, tagged(p, replies(gw_mac, wire.mac, &e, p), 0x8100, VLAN, t));
	until(&answers, 1);
	assert_int_equal(last.seq, 2);
	wire_close(&wire);
	try("ip link del wan.5");
}

/* A device of Ethernet's kind without ARP has no neighbours to ask. */
static void
no_arp(void **state)
{
	start(state);
	try("ip link set wan arp off");
	open_wire(&wire_bound);
	try("ip link set wan arp on");
	open_wire(&wire_l2);
	wire_close(&wire);
}

/* What is probed how, as far as this kernel has it. */
static void
kinds(void **state)
{
	static const struct {
		const char *make;
		const struct wire_ops *ops;
	} kind[] = {
		{ "ip link add name x0 type dummy", &wire_bound }, /* NOARP */
		{ "ip link add name x0 type wireguard", &wire_bound },
		{ "ip tuntap add x0 mode tun", &wire_bound },
		{ "ip link add name x0 type gre local 192.0.2.10 "
		  "remote 192.0.2.1",
		    &wire_bound },
		{ "ip link add name x0 link wan type ipvlan mode l3",
		    &wire_bound },
		{ "ip tuntap add x0 mode tap", &wire_l2 },
		{ "ip link add name x0 link wan type macvlan", &wire_l2 },
		{ "ip link add name x0 type vxlan id 7 remote 192.0.2.1 "
		  "dstport 4789",
		    &wire_l2 },
	};
	char command[160];
	size_t i;

	(void)state;
	needs_root();
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		snprintf(
		    command, sizeof(command), "%s 2>/dev/null", kind[i].make);
		if (system(command) != 0)
			continue;
		try("ip addr add 192.0.2.10/24 dev x0 && ip link set x0 up");
		use(FAMILY_INET, "x0");
		open_wire(kind[i].ops);
		wire_close(&wire);
		try("ip link del x0");
	}
}

static void
stamps(void **state)
{
	/* the two clocks are not read at one moment */
	struct monotime before = monotime_add_ms(monotime_now(), -500);
	struct timespec ts;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &ts);
	assert_true(monotime_cmp(wire_arrived(&ts), before) >= 0);
	ts.tv_sec -= 3;
	assert_in_range(
	    monotime_ms_between(wire_arrived(&ts), monotime_now()), 2990, 9000);
	ts.tv_sec += 3600; /* the clock went back meanwhile */
	assert_true(monotime_cmp(wire_arrived(&ts), before) >= 0);
	ts.tv_sec -= 7200; /* or forth */
	assert_true(monotime_cmp(wire_arrived(&ts), before) >= 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps),
		cmocka_unit_test(kinds),
		BOTH(waits_for_neighbour),
		BOTH(not_believed),
		BOTH(contested),
		BOTH(astray),
		BOTH(only_ours),
		BOTH(tags),
		BOTH(next_hop_silent),
		BOTH(asks),
		BOTH(on_link),
		BOTH(claimed),
		BOTH(flood),
		BOTH(rests),
		BOTH(no_buffers),
		BOTH(no_buffers_to_ask),
		BOTH(bridge),
		BOTH(vlan),
		BOTH(no_arp),
		BOTH(recreated),
	};

	return cmocka_run_group_tests_name("wire", tests, set_up, NULL);
}
