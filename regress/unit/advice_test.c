/* SPDX-License-Identifier: ISC */
/* What of a machine stands in the way: each is told, and nothing else is. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "netconf/advice.h"

#define ETH1 2
#define WAN2 3

/* A firewall that lets the LAN out, by two names or by a pattern of both. */
#define FIREWALL(backup)                    \
	"table ip nat {\n"                  \
	"\tchain out {\n"                   \
	"\t\toifname \"eth1\" masquerade\n" \
	"\t}\n"                             \
	"}\n" FORWARD("inet", backup)
#define FORWARD(family, backup)                                       \
	"table " family " fw {\n"                                     \
	"\tchain forward {\n"                                         \
	"\t\ttype filter hook forward priority 0; policy drop;\n"     \
	"\t\tiifname \"eth0\" oifname { \"eth1\"" backup "} accept\n" \
	"\t}\n"                                                       \
	"}\n"

static struct conf conf;
static struct net_link links[] = { { .ifindex = ETH1, .name = "eth1" },
	{ .ifindex = WAN2, .name = "wan2" } };
static struct net_route routes[2];
static struct net_state state;
static struct net_machine machine;
static char said[2048];

static void
take(const char *text, int different, void *arg)
{
	(void)different;
	(void)arg;
	(void)strlcat(said, text, sizeof(said));
	(void)strlcat(said, "\n", sizeof(said));
}

static void
target_is(const char *address)
{
	assert_int_equal(
	    addr_parse(address, &conf.uplink[0].target[0].address), 0);
}

static int
site(void **unused)
{
	size_t i;

	(void)unused;
	memset(&conf, 0, sizeof(conf));
	conf.nuplinks = 2;
	strlcpy(conf.uplink[0].ifname, "eth1", IFNAMSIZ);
	strlcpy(conf.uplink[0].label, "eth1", CONF_LABEL_LEN);
	conf.uplink[1].id = 1;
	strlcpy(conf.uplink[1].ifname, "wan2", IFNAMSIZ);
	strlcpy(conf.uplink[1].label, "lte", CONF_LABEL_LEN);
	conf.global.nmasq = 1;
	conf.uplink[0].ntargets = 1;
	target_is("198.51.100.7");
	memset(routes, 0, sizeof(routes));
	for (i = 0; i < 2; i++) {
		routes[i].table = NET_MAIN;
		routes[i].dst.addr.family = AF_INET;
		routes[i].ifindex = links[i].ifindex;
		links[i].rp_filter = 0;
		links[i].pointopoint = 0;
	}
	assert_int_equal(addr_parse("192.0.2.1", &routes[0].gateway), 0);
	assert_int_equal(addr_parse("192.0.2.9", &routes[1].gateway), 0);
	memset(&state, 0, sizeof(state));
	state.links = links;
	state.nlinks = 2;
	state.routes = routes;
	state.nroutes = 2;
	memset(&machine, 0, sizeof(machine));
	machine.forwarding[FAMILY_INET] = 1;
	machine.ruleset = FIREWALL(", \"wan2\"");
	return 0;
}

static void
expect(const char *text)
{
	said[0] = '\0';
	advice_of(&conf, &state, &machine, take, NULL);
	assert_string_equal(said, text);
}

static void
test_nothing(void **unused)
{
	(void)unused;
	expect("");
	conf.global.nmasq = 0;
	machine.forwarding[FAMILY_INET] = 0; /* a host, or routed otherwise */
	expect("");
}

static void
test_forwarding(void **unused)
{
	(void)unused;
	machine.forwarding[FAMILY_INET] = 0;
	expect("net.ipv4.ip_forward is 0: the LAN gets nowhere\n");
	conf.global.masq[0].family = FAMILY_INET6;
	expect("net.ipv6.conf.all.forwarding is 0: the LAN gets nowhere\n");
	conf.global.nmasq = 0;
	machine.forwarding[FAMILY_INET] = 1;
	expect(""); /* the rule set masquerades */
	machine.ruleset = "table ip nat {\n\tsnat to 192.0.2.2\n}\n";
	expect("");
	machine.ruleset = "";
	expect("net.ipv4.ip_forward is 1 and nothing is masqueraded: the "
	       "LAN's own addresses leave by a backup\n");
	conf.nuplinks = 1; /* a hub: there is no backup */
	expect("");
}

/* Peers are told of a network behind this machine, or of this one alone. */
static void
test_announced(void **unused)
{
	struct prefix nets[2];
	struct conf_peer peer = { .nannounce = 2, .announce = nets };

	(void)unused;
	conf.global.nmasq = 0;
	conf.peer = &peer;
	conf.npeers = 1;
	machine.forwarding[FAMILY_INET] = 0;
	assert_int_equal(prefix_parse("10.7.0.1", &nets[0]), 0);
	assert_int_equal(prefix_parse("2001:db8::1", &nets[1]), 0);
	expect("");
	assert_int_equal(prefix_parse("2001:db8:7::/48", &nets[1]), 0);
	expect("net.ipv6.conf.all.forwarding is 0: the LAN gets nowhere\n");
	assert_int_equal(prefix_parse("10.7.0.0/16", &nets[0]), 0);
	machine.forwarding[FAMILY_INET6] = 1;
	expect("net.ipv4.ip_forward is 0: the LAN gets nowhere\n");
}

/* Our own table is what an earlier file said; a name like it is not ours. */
static void
test_own_table(void **unused)
{
	static const char unmasked[] =
	    "net.ipv4.ip_forward is 1 and nothing is masqueraded: the LAN's "
	    "own addresses leave by a backup\n";

	(void)unused;
	conf.global.nmasq = 0;
	machine.ruleset =
	    "table inet dialfail {\n\toifgroup 157 masquerade\n}\n"
	    "table ip x {\n}\n";
	expect(unmasked);
	machine.ruleset =
	    "table inet dialfail {\n\toifgroup 157 masquerade\n}\n"
	    "table ip x {\n\tmasquerade\n}\n";
	expect("");
	machine.ruleset = "table inet dialfail2 {\n\tmasquerade\n}\n";
	expect("");
}

static void
test_interfaces(void **unused)
{
	struct conf_tunnel tunnels[] = { { .ifname = "wan2" },
		{ .ifname = "wg7" } };
	struct conf_peer peers[2] = { { .ntunnels = 2, .name = "b1" },
		{ .ntunnels = 2, .name = "b2" } };

	(void)unused;
	strlcpy(conf.uplink[0].ifname, "eth7", IFNAMSIZ);
	strlcpy(conf.uplink[0].carrier_ifname, "eth8", IFNAMSIZ);
	conf.uplink[0].ncompanions = 2;
	strlcpy(conf.uplink[0].companion[0], "wan2", IFNAMSIZ);
	strlcpy(conf.uplink[0].companion[1], "wan6", IFNAMSIZ);
	strlcpy(conf.uplink[1].ifname, "wwan7", IFNAMSIZ);
	conf.global.nmasq = 3; /* of both families, and a prefix */
	strlcpy(conf.global.masq[0].ifname, "eth9", IFNAMSIZ);
	strlcpy(conf.global.masq[1].ifname, "eth9", IFNAMSIZ);
	peers[0].tunnel = peers[1].tunnel = tunnels;
	conf.peer = peers; /* one WireGuard interface to both */
	conf.npeers = 2;
	expect("primary: there is no interface eth7 now\n"
	       "carrier: there is no interface eth8 now\n"
	       "companion: there is no interface wan6 now\n"
	       "backup lte: there is no interface wwan7 now\n"
	       "masquerade: there is no interface eth9 now\n"
	       "tunnel of b1: there is no interface wg7 now\n");
}

/* One that a hook or pppd makes is not there before. */
static void
test_made(void **unused)
{
	(void)unused;
	machine.ruleset = FIREWALL(", \"wwan*\"");
	strlcpy(conf.uplink[1].ifname, "wwan7", IFNAMSIZ);
	conf.uplink[1].start_ms = 1000;
	expect("");
	conf.uplink[1].start_ms = 0;
	conf.uplink[1].kind = CONF_MODEM;
	conf.uplink[1].ifname[0] = '\0';
	expect("nft table inet fw drops what is forwarded by default, and lets "
	       "the LAN out by eth1, but not by ppp*, which is lte\n");
	machine.ruleset = FIREWALL(", \"ppp*\"");
	expect("");
	conf.uplink[1].kind = CONF_CALL;
	strlcpy(machine.ppp[1], "isp7", IFNAMSIZ);
	expect("nft table inet fw drops what is forwarded by default, and lets "
	       "the LAN out by eth1, but not by isp7, which is lte\n");
	machine.ppp_unknown = 1u << 1;
	expect("");
	machine.ppp_unknown = 0;
	machine.ruleset = FIREWALL(", \"isp*\"");
	expect("");
}

/* A hub before its tunnels are made: its reader gets a page, no book. */
static void
test_many_absent(void **unused)
{
	static struct conf_tunnel tunnels[40];
	static struct conf_peer peers[40];
	const char *p;
	size_t i, lines = 0;

	(void)unused;
	for (i = 0; i < 40; i++) {
		snprintf(tunnels[i].ifname, IFNAMSIZ, "gre%zu", i);
		snprintf(peers[i].name, CONF_LABEL_LEN, "b%zu", i);
		peers[i].ntunnels = 1;
		peers[i].tunnel = &tunnels[i];
	}
	conf.peer = peers;
	conf.npeers = 40;
	said[0] = '\0';
	advice_of(&conf, &state, &machine, take, NULL);
	for (p = said; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_int_equal(lines, 32);
	assert_non_null(strstr(said,
	    "tunnel of b31: there is no interface gre31 now; others are not "
	    "looked for\n"));
}

static void
test_backup_gateway(void **unused)
{
	static const char unusable[] =
	    "backup lte: no gateway is known by wan2: it cannot take over; it "
	    "needs a default route with a larger metric than the primary's, "
	    "or a gateway in its block\n";

	(void)unused;
	state.nroutes = 1; /* the primary's */
	expect(unusable);
	links[1].pointopoint = 1;
	expect("");
	links[1].pointopoint = 0;
	conf.uplink[1].start_ms = 1000; /* its hook sees to it */
	expect("");
	conf.uplink[1].start_ms = 0;
	assert_int_equal(
	    addr_parse("192.0.2.9", &conf.uplink[1].gateway[FAMILY_INET]), 0);
	expect("");
	conf.uplink[1].gateway[FAMILY_INET].family = AF_UNSPEC;
	state.nroutes = 2;
	routes[1].dst.addr.family = AF_INET6;
	assert_int_equal(addr_parse("2001:db8::1", &routes[1].gateway), 0);
	expect(unusable); /* IPv4 decides */
	conf.uplink[0].decide = CONF_DECIDE_ANY;
	expect("");
	conf.uplink[0].decide = CONF_DECIDE_INET;
	routes[1].dst.addr.family = AF_INET;
	assert_int_equal(addr_parse("192.0.2.9", &routes[1].gateway), 0);
	routes[1].table = NET_TABLE_FIRST; /* the daemon's, since it knew one */
	expect("");
	routes[1].table = NET_MAIN; /* one that leads directly */
	routes[1].gateway.family = AF_UNSPEC;
	expect(unusable);
}

/* The gateway that main knows, as the only thing that decides. */
static void
test_far_gateway(void **unused)
{
	static const char itself[] =
	    "target 192.0.2.1 of eth1 is its gateway: it says nothing of what "
	    "is behind it\n";
	struct conf_uplink *u = &conf.uplink[0];

	(void)unused;
	target_is("192.0.2.1");
	expect(itself);
	u->ntargets = 2; /* by two methods */
	u->target[1] = u->target[0];
	u->target[1].method = CONF_METHOD_TCP;
	expect(itself);
	assert_int_equal(addr_parse("198.51.100.7", &u->target[1].address), 0);
	expect(""); /* another one decides as well */
	u->target[1].near = 1;
	expect(itself);
	u->target[1].near = 0;
	u->target[0].near = 1; /* it is known for what it is */
	expect("");
}

/* What could not be looked at is not taken for what is in order. */
static void
test_unread(void **unused)
{
	(void)unused;
	conf.global.nmasq = 0;
	machine.ruleset = NULL;
	expect("the rule set was not read, which takes nft(8): it may drop "
	       "what is forwarded, or not masquerade\n");
}

/* Nothing can be set without it, and there is one word for that. */
static void
test_missing(void **unused)
{
	(void)unused;
	machine.ruleset = NULL;
	machine.missing = "nft(8) is missing";
	expect("nft(8) is missing\n");
}

static void
test_modem(void **unused)
{
	(void)unused;
	machine.ruleset = FIREWALL(", \"wan2\", \"ppp*\"");
	machine.no_pppd = 1; /* of no interest without a modem */
	expect("");
	conf.uplink[1].kind = CONF_MODEM;
	conf.uplink[1].ifname[0] = '\0';
	strlcpy(conf.private[1].tty, "/dev/ttyUSB9", PATH_MAX);
	expect("/usr/sbin/pppd is missing: no modem can be dialled; it is in "
	       "the package ppp\n");
	machine.no_pppd = 0;
	machine.no_port = 1u << 1;
	expect("backup lte: there is no /dev/ttyUSB9 now\n");
	conf.private[1].tty[0] = '\0'; /* a call: pppd knows of what */
	conf.uplink[1].kind = CONF_CALL;
	machine.no_port = 0;
	machine.no_pppd = 1;
	expect("/usr/sbin/pppd is missing: no modem can be dialled; it is in "
	       "the package ppp\n");
}

/* A reload: what is mistyped, and whether the primary would be lost. */
static void
test_reload(void **unused)
{
	static struct conf old;

	(void)unused;
	old = conf;
	links[1].rp_filter = 1; /* of no interest then */
	said[0] = '\0';
	assert_int_equal(
	    advice_reload_of(&conf, &old, &state, &machine, take, NULL), 0);
	assert_string_equal(said, "");
	strlcpy(conf.uplink[0].ifname, "eth7", IFNAMSIZ);
	strlcpy(conf.global.masq[0].ifname, "lan5", IFNAMSIZ);
	state.nroutes = 1;
	machine.no_port = 1u << 1;
	strlcpy(conf.private[1].tty, "/dev/ttyUSB9", PATH_MAX);
	assert_int_equal(
	    advice_reload_of(&conf, &old, &state, &machine, take, NULL), -1);
	assert_string_equal(said,
	    "primary: there is no interface eth7 now\n"
	    "masquerade: there is no interface lan5 now\n"
	    "backup lte: there is no /dev/ttyUSB9 now\n"
	    "backup lte: no gateway is known by wan2: it cannot take over; it "
	    "needs a default route with a larger metric than the primary's, "
	    "or a gateway in its block\n");
	strlcpy(old.uplink[0].ifname, "eth8", IFNAMSIZ); /* gone as well */
	assert_int_equal(
	    advice_reload_of(&conf, &old, &state, &machine, take, NULL), 0);
}

/* What is in it, firewall_test.c tries. */
static void
test_forward_chain(void **unused)
{
	(void)unused;
	machine.ruleset = FIREWALL("");
	expect("nft table inet fw drops what is forwarded by default, and lets "
	       "the LAN out by eth1, but not by wan2\n");
	machine.ruleset = FIREWALL(", \"wan*\"");
	expect("");
}

/* Who has no IPv6 is not missed in its table. */
static void
test_forward_family(void **unused)
{
	static const char no_backup[] =
	    "nft table ip6 fw drops what is forwarded by default, and lets the "
	    "LAN out by eth1, but not by wan2\n";
	struct conf_uplink *u = &conf.uplink[1];

	(void)unused;
	machine.ruleset = FORWARD("ip", "");
	expect("nft table ip fw drops what is forwarded by default, and lets "
	       "the LAN out by eth1, but not by wan2\n");
	machine.ruleset = FORWARD("ip6", "");
	expect("");
	assert_int_equal(
	    addr_parse("2001:db8::1", &u->gateway[FAMILY_INET6]), 0);
	expect(no_backup);
	u->gateway[FAMILY_INET6].family = AF_UNSPEC;
	u->start_ms = 1000; /* not there yet */
	state.nlinks = 1;
	expect("");
	u->ntargets = 1;
	assert_int_equal(addr_parse("2001:db8::7", &u->target[0].address), 0);
	expect(no_backup);
}

static void
test_routes(void **unused)
{
	(void)unused;
	routes[1].gateway = routes[0].gateway;
	expect("eth1 and wan2 have the same gateway, 192.0.2.1: when it dies, "
	       "so do both\n");
	routes[1].gateway.family = routes[0].gateway.family = AF_UNSPEC;
	links[1].pointopoint = 1;
	expect("");
	/* written for one that is not there, and learnt by the other */
	assert_int_equal(addr_parse("192.0.2.1", &routes[0].gateway), 0);
	conf.uplink[1].gateway[FAMILY_INET] = routes[0].gateway;
	strlcpy(conf.uplink[1].ifname, "wan7", IFNAMSIZ);
	conf.uplink[1].start_ms = 1000;
	machine.ruleset = FIREWALL(", \"wan*\"");
	expect("eth1 and wan7 have the same gateway, 192.0.2.1: when it dies, "
	       "so do both\n");
	assert_int_equal(
	    addr_parse("192.0.2.8", &conf.uplink[0].gateway[FAMILY_INET]), 0);
	expect("");
	conf.uplink[1].gateway[FAMILY_INET] =
	    conf.uplink[0].gateway[FAMILY_INET];
	expect("eth1 and wan7 have the same gateway, 192.0.2.8: when it dies, "
	       "so do both\n");
	/* each link has its own fe80::1 */
	assert_int_equal(
	    addr_parse("fe80::1", &conf.uplink[0].gateway[FAMILY_INET6]), 0);
	conf.uplink[1].gateway[FAMILY_INET6] =
	    conf.uplink[0].gateway[FAMILY_INET6];
	conf.uplink[1].gateway[FAMILY_INET].family = AF_UNSPEC;
	expect("");
	state.nforeign = 1;
	state.foreign[0].family = AF_INET;
	state.foreign[0].pref = 100;
	expect("rule pref 100 looks up main before ours: what it takes does "
	       "not move\n");
}

static void
test_the_rest(void **unused)
{
	(void)unused;
	links[1].rp_filter = 1;
	expect("rp_filter of wan2 is 1, strict: it is set to 2, loose, while "
	       "the daemon runs\n");
	links[1].rp_filter = 2;
	machine.rival = "mwan3";
	expect("mwan3 moves default routes as well: only one of the two can\n");
	machine.rival = NULL;
	machine.clock_wrong = 1;
	expect("the clock is not synchronised: times in history are as wrong, "
	       "and so are hours and drills\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing, site),
		cmocka_unit_test_setup(test_forwarding, site),
		cmocka_unit_test_setup(test_announced, site),
		cmocka_unit_test_setup(test_own_table, site),
		cmocka_unit_test_setup(test_interfaces, site),
		cmocka_unit_test_setup(test_made, site),
		cmocka_unit_test_setup(test_many_absent, site),
		cmocka_unit_test_setup(test_backup_gateway, site),
		cmocka_unit_test_setup(test_far_gateway, site),
		cmocka_unit_test_setup(test_unread, site),
		cmocka_unit_test_setup(test_missing, site),
		cmocka_unit_test_setup(test_modem, site),
		cmocka_unit_test_setup(test_reload, site),
		cmocka_unit_test_setup(test_forward_chain, site),
		cmocka_unit_test_setup(test_forward_family, site),
		cmocka_unit_test_setup(test_routes, site),
		cmocka_unit_test_setup(test_the_rest, site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
