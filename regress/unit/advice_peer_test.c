/* SPDX-License-Identifier: ISC */
/* Which peers NAT is in the way of, by what uplinks and tunnels there are. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "netconf/advice.h"

#define STUCK(ifname, address, peers)                                     \
	ifname " has " address                                            \
	       ", so that it may be behind NAT: of the tunnels to " peers \
	       " only WireGuard can follow there\n"
#define FORGOTTEN(ifname, address, peers)                                   \
	ifname " has " address                                              \
	       ", so that it may be behind NAT: it may forget us within a " \
	       "minute; hello to " peers                                    \
	       " should be 30s at most there, and WireGuard "               \
	       "needs PersistentKeepalive\n"

#define QUIET(ifname, address, peers)                                          \
	ifname                                                                 \
	    " has " address                                                    \
	    ", so that it may be behind NAT: it may forget us within a "       \
	    "minute; hellos go out often enough then, and WireGuard to " peers \
	    " needs PersistentKeepalive\n"

static struct conf conf;
static struct conf_peer peers[3];
static struct conf_tunnel tunnels[] = { { .ifname = "gre1" },
	{ .ifname = "wg0" } };
static struct addr far;
static struct net_link links[] = { { .ifindex = 2, .name = "eth1" },
	{ .ifindex = 3, .name = "wan2" },
	{ .ifindex = 4, .name = "gre1", .tunnel = NET_TUNNEL },
	{ .ifindex = 5, .name = "wg0", .tunnel = NET_WIREGUARD } };
static struct net_addr addrs[2];
static struct net_state state;
static char said[2048];

static void
take(const char *text, int different, void *arg)
{
	(void)different;
	(void)arg;
	(void)strlcat(said, text, sizeof(said));
	(void)strlcat(said, "\n", sizeof(said));
}

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* One peer, by WireGuard; the backup is behind a carrier's NAT. */
static int
site(void **unused)
{
	uint32_t i;

	(void)unused;
	memset(&conf, 0, sizeof(conf));
	memset(peers, 0, sizeof(peers));
	conf.nuplinks = 2;
	strlcpy(conf.uplink[0].ifname, "eth1", IFNAMSIZ);
	strlcpy(conf.uplink[1].ifname, "wan2", IFNAMSIZ);
	conf.uplink[1].metered = 1;
	conf.peer = peers;
	conf.npeers = 1;
	for (i = 0; i < 3; i++) {
		snprintf(peers[i].name, CONF_LABEL_LEN, "b%u", i);
		peers[i].keyed = true;
		peers[i].ntunnels = 1;
		peers[i].tunnel = &tunnels[1];
		peers[i].hello_ms = 20000;
		peers[i].hello_metered_ms = 600000;
	}
	addrs[0] = (struct net_addr){ .ifindex = 2, .local = ip("192.0.2.2") };
	addrs[1] = (struct net_addr){ .ifindex = 3, .local = ip("100.64.0.7") };
	links[2].local = ip("192.0.2.2");
	memset(&state, 0, sizeof(state));
	state.links = links;
	state.nlinks = 4;
	state.addrs = addrs;
	state.naddrs = 2;
	return 0;
}

static void
expect(const char *text)
{
	said[0] = '\0';
	advice_peers(&conf, &state, take, NULL);
	assert_string_equal(said, text);
}

static void
by_an_uplink_behind_nat_hellos_are_often(void **unused)
{
	(void)unused;
	expect(FORGOTTEN("wan2", "100.64.0.7", "b0"));
	peers[0].hello_metered_ms = 30000;
	expect("");
	peers[0].hello_ms = 60000; /* by eth1, which is not */
	expect("");
	addrs[0].local = ip("192.168.1.2");
	expect(FORGOTTEN("eth1", "192.168.1.2", "b0"));
	addrs[0].secondary = 1; /* the first one is what is announced */
	expect("");
}

/* Where nobody has reckoned how often. */
static void
by_default_they_are_often_enough(void **unused)
{
	(void)unused;
	peers[0].hello_nat_ms = 25000;
	expect(QUIET("wan2", "100.64.0.7", "b0"));
	peers[0].ntunnels = 0;
	expect("");
}

static void
what_cannot_follow_is_told_before(void **unused)
{
	(void)unused;
	peers[0].hello_metered_ms = 30000;
	peers[0].ntunnels = 2;
	peers[0].tunnel = tunnels;
	expect(STUCK("wan2", "100.64.0.7", "b0"));
	links[2].local = ip("2001:db8::2"); /* nobody translates that */
	expect("");
}

static void
many_are_told_in_a_line(void **unused)
{
	uint32_t i;

	(void)unused;
	conf.npeers = 3;
	for (i = 0; i < 3; i++) {
		peers[i].ntunnels = 2;
		peers[i].tunnel = tunnels;
	}
	expect(STUCK("wan2", "100.64.0.7", "b0 and 2 more")
		FORGOTTEN("wan2", "100.64.0.7", "b0 and 2 more"));
	peers[0].keyed = false; /* nobody is told where we are */
	expect(STUCK("wan2", "100.64.0.7", "b1 and 1 more")
		FORGOTTEN("wan2", "100.64.0.7", "b1 and 1 more"));
}

static void
within_a_network_of_ones_own_is_no_nat(void **unused)
{
	(void)unused;
	peers[0].naddresses = 1;
	peers[0].address = &far;
	far = ip("100.64.9.1");
	expect("");
	far = ip("203.0.113.10");
	expect(FORGOTTEN("wan2", "100.64.0.7", "b0"));
}

static void
what_is_not_there_is_no_matter(void **unused)
{
	(void)unused;
	state.nlinks = 3; /* no WireGuard yet */
	expect("");
	state.nlinks = 4;
	state.naddrs = 1;
	expect("");
	state.naddrs = 2;
	strlcpy(conf.uplink[1].ifname, "ppp0", IFNAMSIZ);
	expect("");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, site)
	const struct CMUnitTest tests[] = {
		T(by_an_uplink_behind_nat_hellos_are_often),
		T(by_default_they_are_often_enough),
		T(what_cannot_follow_is_told_before),
		T(many_are_told_in_a_line),
		T(within_a_network_of_ones_own_is_no_nat),
		T(what_is_not_there_is_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
