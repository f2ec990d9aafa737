/* SPDX-License-Identifier: ISC */
/*
 * The wire of links without neighbours, on a tun whose other end is the
 * test.  Each test is done with IPv4 and with IPv6.
 */
#include "regress/unit/wire_rig.h"

#include <linux/if_tun.h>

#include <dirent.h>
#include <fcntl.h>

#define LINK                                                               \
	"sysctl -qw net.ipv6.conf.tun7.disable_ipv6=0 && "                 \
	"ip addr add 192.0.2.10/32 peer 192.0.2.1 dev tun7 && "            \
	"ip addr add 2001:db8:1::10/64 dev tun7 nodad && "                 \
	"ip link set tun7 up && ip route add 198.51.100.0/24 dev tun7 && " \
	"ip route add 2001:db8:99::/64 dev tun7"

/* linux/if.h cannot stand beside net/if.h. */
static void
make_tun(void)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "tun7", sizeof(ifr.ifr_name));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	end = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (end == -1 || ioctl(end, TUNSETIFF, &ifr) == -1) {
		cannot = "no tun here";
		return;
	}
	try(LINK);
}

static int
set_up(void **state)
{
	(void)state;
	rig("true");
	if (cannot == NULL)
		make_tun();
	return 0;
}

static void
start(void **state)
{
	needs_root();
	use(*state == NULL ? FAMILY_INET : FAMILY_INET6, "tun7");
	facts.pointopoint = 1;
	open_wire(&wire_bound);
}

/* The next echo request that comes out of the tun. */
static void
request_comes(const struct icmp_echo *e)
{
	struct pollfd pfd = { end, POLLIN, 0 };
	uint8_t want[ICMP_IP6_LEN], p[FRAME_BUF];
	ssize_t n;

	icmp_build_ip(e, want);
	do {
		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			fail_msg("nothing came");
		n = read(end, p, sizeof(p));
	} while (n != (ssize_t)(ip_len() + ICMP_LEN) ||
		 memcmp(p + ip_len(), want + ip_len(), ICMP_LEN) != 0);
	assert_int_equal(p[fam == FAMILY_INET ? 8 : 7], 64);
}

static void
replies_with(const struct icmp_echo *e)
{
	uint8_t p[FRAME_BUF];
	size_t len = replies(gw_mac, gw_mac, e, p);

	say(p + FRAME_HEADER, len - FRAME_HEADER);
}

static void
asks_and_hears(void **state)
{
	struct icmp_echo e = request(1);

	start(state);
	e = request(1);
	assert_int_equal(wire.ops->refresh(&wire), 0);
	assert_int_equal(wire.ops->send(&wire, &e), 0);
	request_comes(&e);
	e = reply(1);
	replies_with(&e);
	until(&answers, 1);
	assert_true(last.token == e.token);
	assert_int_equal(last.seq, 1);
	assert_int_equal(addr_cmp(&last.src, &target), 0);
	assert_int_equal(addr_cmp(&last.dst, &ours), 0);
	wire_close(&wire);
}

static void
only_ours(void **state)
{
	uint8_t p[FRAME_BUF];
	struct icmp_echo e;
	size_t len;

	start(state);
	e = reply(1);
	e.id++;
	replies_with(&e);
	e = request(1);
	e.dst = ours;
	e.src = target; /* a request, not a reply */
	say(p, icmp_build_ip(&e, p));
	e = reply(1);
	len = replies(gw_mac, gw_mac, &e, p);
	p[len - 1] ^= 1;
	say(p + FRAME_HEADER, len - FRAME_HEADER);
	p[len - 1] ^= 1;
	say(p + FRAME_HEADER, len - FRAME_HEADER - 1);
	e = reply(2);
	replies_with(&e);
	until(&answers, 1);
	assert_int_equal(last.seq, 2);
	wire_close(&wire);
}

/* ICMP errors, true or forged, end nothing. */
static void
errors(void **state)
{
	static const uint8_t unreachable[2] = { 3, 1 };
	uint8_t p[FRAME_BUF];
	struct icmp_echo e;
	size_t len;

	start(state);
	e = request(1);
	assert_int_equal(wire.ops->send(&wire, &e), 0);
	request_comes(&e);
	e = reply(1);
	len = replies(gw_mac, gw_mac, &e, p);
	memcpy(p + FRAME_HEADER + ip_len(), unreachable, 2);
	if (fam == FAMILY_INET6)
		p[FRAME_HEADER + ip_len()] = 1;
	memset(p + FRAME_HEADER + ip_len() + 4, 0, 4);
	e = request(1);
	icmp_build_ip(&e, p + FRAME_HEADER + ip_len() + 8);
	if (fam == FAMILY_INET)
		seal4(p, len);
	else
		seal6(p, len);
	say(p + FRAME_HEADER, len - FRAME_HEADER);
	settle();
	e = request(2);
	assert_int_equal(wire.ops->send(&wire, &e), 0);
	request_comes(&e);
	e = reply(2);
	replies_with(&e);
	until(&answers, 1);
	assert_int_equal(last.seq, 2);
	wire_close(&wire);
}

static void
nobody_to_ask(void **state)
{
	start(state);
	assert_int_equal(wire.ops->ask(&wire), -1);
	assert_null(wire.ops->next_hop(&wire));
	assert_false(wire.ops->silent(&wire, monotime_now()));
	wire_works(&wire, &target);
	wire_close(&wire);
}

static void
flood(void **state)
{
	struct icmp_echo e;
	int i;

	start(state);
	assert_int_equal(wire_dropped(&wire), 0);
	e = reply(1);
	for (i = 0; i < 4 * WIRE_READS_MAX; i++)
		replies_with(&e);
	assert_true(wire_dropped(&wire) > 0);
	assert_int_equal(wire_dropped(&wire), 0);
	for (i = 0; i < 4; i++)
		wire_drain(&wire);
	answers = 0;
	e = reply(2);
	replies_with(&e);
	until(&answers, 1);
	assert_int_equal(last.seq, 2);
	wire_close(&wire);
}

/* Another index under the same name. */
static void
recreated(void **state)
{
	struct icmp_echo e;
	int i;

	start(state);
	close(end);
	for (i = 0; i < 200 && if_nametoindex("tun7") != 0; i++)
		poll(NULL, 0, 20);
	assert_int_not_equal(wire.ops->refresh(&wire), 0);
	e = request(1);
	assert_int_equal(wire.ops->send(&wire, &e), -1);
	assert_int_not_equal(errno, ENOBUFS);
	make_tun();
	assert_int_equal(wire.ops->refresh(&wire), -1);
	asks_and_hears(state);
}

/* No Ethernet, though not point-to-point either. */
static void
loopback(void **state)
{
	struct icmp_echo e;

	needs_root();
	use(*state == NULL ? FAMILY_INET : FAMILY_INET6, "lo");
	if (fam == FAMILY_INET6)
		try("sysctl -qw net.ipv6.conf.lo.disable_ipv6=0");
	addr_parse(fam == FAMILY_INET ? "127.0.0.1" : "::1", &ours);
	facts.family[fam].address = ours;
	open_wire(&wire_bound);
	e = request(9);
	e.dst = ours;
	assert_int_equal(wire.ops->send(&wire, &e), 0);
	until(&answers, 1);
	assert_true(last.token == e.token);
	wire_close(&wire);
}

static void
missing(void **state)
{
	needs_root();
	use(*state == NULL ? FAMILY_INET : FAMILY_INET6, "nowhere");
	assert_int_equal(wire_open(&wire, &facts, fam, ID, &user, &wire), -1);
	assert_true(wire.why[0] != '\0');
	assert_false(wire_is_open(&wire));
	assert_int_equal(wire_dropped(&wire), 0);
	facts.pointopoint = 1;
	assert_int_equal(wire_open(&wire, &facts, fam, ID, &user, &wire), -1);
	assert_true(wire.why[0] != '\0');
	memset(&facts.family[fam].address, 0, sizeof(struct addr));
	assert_int_equal(wire_open(&wire, &facts, fam, ID, &user, &wire), -1);
	assert_string_equal(wire.why, "no address");
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

	needs_root();
	before = descriptors();
	for (i = 0; i < 10; i++)
		start(state);
	wire_close(&wire);
	missing(state);
	assert_int_equal(descriptors(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(loopback),
		BOTH(missing),
		BOTH(asks_and_hears),
		BOTH(only_ours),
		BOTH(errors),
		BOTH(nobody_to_ask),
		BOTH(flood),
		BOTH(recreated),
		BOTH(no_leak),
	};

	return cmocka_run_group_tests_name("wire_bound", tests, set_up, NULL);
}
