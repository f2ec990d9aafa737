/* SPDX-License-Identifier: ISC */
/*
 * The wires on a real interface whose other end is this test: what goes out,
 * what is believed of what comes in.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <event.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "prober/wire.h"

#define PATIENCE_MS 10000
#define ID          0x1571
#define ALL_FRAMES  0x0003 /* ETH_P_ALL */

static const uint8_t gw_mac[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t other_mac[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t all[FRAME_MAC_LEN] = { 255, 255, 255, 255, 255, 255 };

static const char *cannot; /* why nothing here can run */
static int raw; /* the other end */
static struct wire wire;
static struct msg_facts facts;
static struct addr ours, gateway, target;
static uint32_t answers, gateways, dones;
static struct icmp_echo last;

static void
on_answer(void *arg, const struct icmp_echo *e, struct monotime at)
{
	assert_ptr_equal(arg, &wire);
	assert_true(monotime_cmp(at, monotime_now()) <= 0);
	answers++;
	last = *e;
}

static void
on_done(void *arg)
{
	(void)arg;
	dones++;
}

static void
on_gateway(void *arg, struct monotime at)
{
	assert_ptr_equal(arg, &wire);
	assert_true(monotime_cmp(at, monotime_now()) <= 0);
	gateways++;
}

static const struct wire_user user = { on_answer, on_gateway, on_done };

static void
needs_root(void)
{
	if (cannot == NULL)
		return;
	print_message("skipped: %s\n", cannot);
	skip();
}

static int
set_up(void **state)
{
	struct sockaddr_ll sll;

	(void)state;
	if (geteuid() != 0)
		cannot = "not root";
	else if (unshare(CLONE_NEWNET) == -1)
		cannot = "no namespaces here";
	if (cannot != NULL)
		return 0;
	assert_int_equal(
	    system("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 && "
		   "ip link set lo up && "
		   "ip link add wan type veth peer name gw && "
		   "ip addr add 192.0.2.10/24 dev wan && "
		   "ip link set gw arp off up && ip link set wan up"),
	    0);
	raw = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ALL_FRAMES));
	assert_int_not_equal(raw, -1);
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ALL_FRAMES);
	sll.sll_ifindex = (int)if_nametoindex("gw");
	assert_int_equal(bind(raw, (struct sockaddr *)&sll, sizeof(sll)), 0);
	event_init();
	addr_parse("192.0.2.10", &ours);
	addr_parse("192.0.2.1", &gateway);
	addr_parse("198.51.100.7", &target);
	strlcpy(facts.ifname, "wan", sizeof(facts.ifname));
	facts.ifindex = if_nametoindex("wan");
	facts.up = facts.carrier = 1;
	facts.family[FAMILY_INET].address = ours;
	facts.family[FAMILY_INET].prefixlen = 24;
	facts.family[FAMILY_INET].gateway = gateway;
	return 0;
}

static void
run(void)
{
	struct pollfd p = { event_initialized(&wire.ev) ? event_get_fd(&wire.ev)
							: -1,
		POLLIN, 0 };

	poll(&p, 1, 20);
	event_loop(EVLOOP_NONBLOCK);
}

/* The next frame of this type from the wire; its length. */
static size_t
take(unsigned int type, uint8_t *p, size_t size)
{
	struct pollfd pfd = { raw, POLLIN, 0 };
	struct sockaddr_ll from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			fail_msg("nothing of type %04x came", type);
		len = sizeof(from);
		n = recvfrom(raw, p, size, 0, (struct sockaddr *)&from, &len);
		if (n >= 14 && from.sll_pkttype != PACKET_OUTGOING &&
		    (unsigned int)(p[12] << 8 | p[13]) == type)
			return (size_t)n;
	}
}

/* Has a frame of this type come that nobody took? */
static int
came(unsigned int type)
{
	uint8_t p[256];
	ssize_t n;
	int found = 0;

	while ((n = recv(raw, p, sizeof(p), 0)) > 0)
		found |= n >= 14 && (unsigned int)(p[12] << 8 | p[13]) == type;
	return found;
}

static void
say(const uint8_t *p, size_t len)
{
	assert_int_equal(write(raw, p, len), (ssize_t)len);
}

static void
say_arp(const uint8_t *mac, const struct addr *for_ip, const uint8_t *to)
{
	uint8_t p[FRAME_ARP_LEN];

	frame_arp_request(mac, &gateway, for_ip, p);
	memcpy(p, to, FRAME_MAC_LEN);
	p[21] = 2;
	memcpy(p + 32, wire.mac, FRAME_MAC_LEN);
	say(p, sizeof(p));
}

static void
say_echo(const uint8_t *from, const uint8_t *to, const struct icmp_echo *e)
{
	uint8_t p[FRAME_ICMP_LEN];
	unsigned int sum;

	frame_echo(from, to, e, p);
	/* the request's type 8 becomes 0: the sum grows by as much */
	sum = (unsigned int)(p[36] << 8 | p[37]) + 0x800;
	sum = (sum & 0xffff) + (sum >> 16);
	p[34] = 0;
	p[36] = (uint8_t)(sum >> 8);
	p[37] = (uint8_t)sum;
	say(p, sizeof(p));
}

static struct icmp_echo
request(uint16_t seq)
{
	struct icmp_echo e;

	memset(&e, 0, sizeof(e));
	e.src = wire.facts.family[FAMILY_INET].address;
	e.dst = target;
	e.id = ID;
	e.seq = seq;
	e.token = UINT64_C(0x1570000000000000) + seq;
	return e;
}

static struct icmp_echo
reply(uint16_t seq)
{
	struct icmp_echo e = request(seq);

	e.dst = e.src;
	e.src = target;
	return e;
}

static void
open_wan(void)
{
	assert_int_equal(
	    wire_open(&wire, &facts, FAMILY_INET, ID, &user, &wire), 0);
	assert_ptr_equal(wire.ops, &wire_l2);
	answers = dones = 0;
	(void)came(0);
}

/* Send one; the MAC that it went to must be this. */
static void
goes_to(uint16_t seq, const uint8_t *mac)
{
	struct icmp_echo e = request(seq);
	uint8_t p[256];

	assert_int_equal(wire.ops->send(&wire, &e), 0);
	assert_int_equal(take(0x0800, p, sizeof(p)), FRAME_ICMP_LEN);
	assert_memory_equal(p, mac, FRAME_MAC_LEN);
	assert_memory_equal(p + 6, wire.mac, FRAME_MAC_LEN);
	assert_memory_equal(p + 26, ours.octet, 4);
	assert_memory_equal(p + 30, target.octet, 4);
}

static void
learn(const uint8_t *mac)
{
	uint8_t p[256];

	assert_int_equal(wire.ops->refresh(&wire), 0);
	take(0x0806, p, sizeof(p));
	assert_memory_equal(p, all, FRAME_MAC_LEN);
	assert_memory_equal(p + 38, gateway.octet, 4);
	say_arp(mac, &ours, wire.mac);
	run();
}

static void
waits_for_arp(void **state)
{
	struct icmp_echo e;
	uint8_t p[256];
	int i;

	(void)state;
	needs_root();
	open_wan();
	assert_int_equal(wire.ops->refresh(&wire), 0);
	for (i = 1; i <= 3; i++) {
		e = request((uint16_t)i);
		assert_int_equal(wire.ops->send(&wire, &e), 0);
	}
	take(0x0806, p, sizeof(p));
	assert_false(came(0x0800));
	say_arp(gw_mac, &ours, wire.mac);
	for (i = 0; i < 100 && !wire.neighbour[0].known; i++)
		run();
	/* the newest of a target, not a burst */
	assert_int_equal(take(0x0800, p, sizeof(p)), FRAME_ICMP_LEN);
	assert_int_equal(p[41], 3);
	assert_false(came(0x0800));
	e = reply(3);
	say_echo(gw_mac, wire.mac, &e);
	for (i = 0; i < 100 && answers == 0; i++)
		run();
	assert_int_equal(answers, 1);
	assert_true(dones >= 1);
	assert_true(last.token == request(3).token);
	assert_int_equal(addr_cmp(&last.src, &target), 0);
	wire_close(&wire);
}

/* Only an answer to our question, to us, changes the next hop. */
static void
arp_is_not_believed(void **state)
{
	(void)state;
	needs_root();
	open_wan();
	learn(gw_mac);
	goes_to(1, gw_mac);
	say_arp(other_mac, &ours, wire.mac); /* nobody asked */
	run();
	goes_to(2, gw_mac);
	assert_int_equal(wire.ops->refresh(&wire), 0); /* now somebody did */
	say_arp(other_mac, &ours, all);
	run();
	say_arp(other_mac, &target, wire.mac);
	run();
	goes_to(3, gw_mac);
	say_arp(other_mac, &ours, wire.mac);
	run();
	goes_to(4, other_mac);
	wire_close(&wire);
}

static void
only_ours(void **state)
{
	struct icmp_echo e;
	int i;

	(void)state;
	needs_root();
	open_wan();
	learn(gw_mac);
	e = reply(1);
	e.id++;
	say_echo(gw_mac, wire.mac, &e);
	e = reply(1);
	e.dst = gateway;
	say_echo(gw_mac, wire.mac, &e);
	e = reply(1);
	say_echo(gw_mac, all, &e);
	say_echo(gw_mac, other_mac, &e);
	/* from another router of the group: taken, and the last to come */
	e = reply(2);
	say_echo(other_mac, wire.mac, &e);
	for (i = 0; i < 100 && answers == 0; i++)
		run();
	assert_int_equal(answers, 1);
	assert_int_equal(last.seq, 2);
	wire_close(&wire);
}

static void
next_hop_silent(void **state)
{
	struct monotime before;

	(void)state;
	needs_root();
	open_wan();
	before = monotime_now();
	assert_int_equal(wire.ops->refresh(&wire), 0);
	assert_true(wire.ops->silent(&wire, before));
	say_arp(gw_mac, &ours, wire.mac);
	run();
	assert_false(wire.ops->silent(&wire, before));
	assert_true(wire.ops->silent(&wire, monotime_now()));
	wire_close(&wire);
}

/* No Ethernet, though not point-to-point either: the other wire. */
static void
loopback(void **state)
{
	struct msg_facts lo;
	struct icmp_echo e;
	int i;

	(void)state;
	needs_root();
	lo = facts;
	strlcpy(lo.ifname, "lo", sizeof(lo.ifname));
	addr_parse("127.0.0.1", &lo.family[FAMILY_INET].address);
	assert_int_equal(
	    wire_open(&wire, &lo, FAMILY_INET, ID, &user, &wire), 0);
	assert_ptr_equal(wire.ops, &wire_bound);
	answers = 0;
	e = request(9);
	e.dst = lo.family[FAMILY_INET].address;
	assert_int_equal(wire.ops->send(&wire, &e), 0);
	for (i = 0; i < 100 && answers == 0; i++)
		run();
	assert_int_equal(answers, 1);
	assert_true(last.token == e.token);
	wire_close(&wire);
}

static void
missing(void **state)
{
	struct msg_facts none;

	(void)state;
	needs_root();
	none = facts;
	strlcpy(none.ifname, "nowhere", sizeof(none.ifname));
	assert_int_equal(
	    wire_open(&wire, &none, FAMILY_INET, ID, &user, &wire), -1);
	assert_true(wire.why[0] != '\0');
	assert_false(wire_is_open(&wire));
	none.pointopoint = 1;
	assert_int_equal(
	    wire_open(&wire, &none, FAMILY_INET, ID, &user, &wire), -1);
	assert_true(wire.why[0] != '\0');
	wire_close(&wire);
}

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
no_leak(void **state)
{
	size_t before;
	int i;

	(void)state;
	needs_root();
	before = descriptors();
	for (i = 0; i < 10; i++) {
		facts.pointopoint = i & 1;
		assert_int_equal(
		    wire_open(&wire, &facts, FAMILY_INET, ID, &user, &wire), 0);
	}
	wire_close(&wire);
	facts.pointopoint = 0;
	missing(state);
	assert_int_equal(descriptors(), before);
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
		cmocka_unit_test(waits_for_arp),
		cmocka_unit_test(arp_is_not_believed),
		cmocka_unit_test(only_ours),
		cmocka_unit_test(next_hop_silent),
		cmocka_unit_test(loopback),
		cmocka_unit_test(missing),
		cmocka_unit_test(no_leak),
	};

	return cmocka_run_group_tests_name("wire", tests, set_up, NULL);
}
