/* SPDX-License-Identifier: ISC */
/*
 * Forward chains as nft(8) 1.0.6 prints them: those that let the LAN out by
 * the primary and surely not by a backup are found, and no other is.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/firewall.h"

#define TABLE(policy, rules)                                           \
	"table inet fw {\n"                                            \
	"\tcounter isp {\n"                                            \
	"\t\tpackets 0 bytes 0\n"                                      \
	"\t}\n"                                                        \
	"\n"                                                           \
	"\tset wans {\n"                                               \
	"\t\ttype ifname\n"                                            \
	"\t\telements = { \"eth1\",\n"                                 \
	"\t\t\t     \"wan2\" }\n"                                      \
	"\t}\n"                                                        \
	"\n"                                                           \
	"\tmap ways {\n"                                               \
	"\t\ttype ifname : verdict\n"                                  \
	"\t\telements = { \"eth1\" : accept }\n"                       \
	"\t}\n"                                                        \
	"\n"                                                           \
	"\tchain isp {\n"                                              \
	"\t\toifname \"eth1\" accept\n"                                \
	"\t}\n"                                                        \
	"\n"                                                           \
	"\tchain through {\n"                                          \
	"\t\tgoto isp\n"                                               \
	"\t\tdrop\n"                                                   \
	"\t}\n"                                                        \
	"\n"                                                           \
	"\tchain refuse {\n"                                           \
	"\t\tmeta l4proto tcp reject with tcp reset\n"                 \
	"\t\treject comment \"no { wan2\"\n"                           \
	"\t}\n"                                                        \
	"\n"                                                           \
	"\tchain all {\n"                                              \
	"\t\tip daddr 192.0.2.0/24 return\n"                           \
	"\t\taccept\n"                                                 \
	"\t}\n"                                                        \
	"\n"                                                           \
	"\tchain forward {\n"                                          \
	"\t\ttype filter hook forward priority filter; policy " policy \
	";\n" rules "\t}\n"                                            \
	"}\n"

#define OUT "\t\tiifname \"lan\" oifname \"eth1\" accept\n"

static struct conf conf;
static char names[CONF_UPLINKS_MAX][IFNAMSIZ];
static char found[256];

static void
take(const char *head, size_t len, uint32_t uplink, void *arg)
{
	size_t n = strlen(found);

	(void)arg;
	snprintf(found + n, sizeof(found) - n, "%s%.*s %u", n > 0 ? ", " : "",
	    (int)len, head, uplink);
}

/* Backups: an interface, and a modem whose interface pppd names. */
static int
site(void **unused)
{
	(void)unused;
	memset(&conf, 0, sizeof(conf));
	memset(names, 0, sizeof(names));
	conf.nuplinks = 3;
	strlcpy(conf.uplink[0].ifname, "eth1", IFNAMSIZ);
	strlcpy(conf.uplink[1].ifname, "wan2", IFNAMSIZ);
	conf.uplink[2].kind = CONF_MODEM;
	return 0;
}

static void
check(const char *ruleset, const char *what, int line)
{
	found[0] = '\0';
	firewall_forward(ruleset, &conf, names, take, NULL);
	if (strcmp(found, what) != 0)
		print_error("line %d:\n%s", line, ruleset);
	assert_string_equal(found, what);
}

#define EXPECT(rules, what) check(TABLE("drop", rules), what, __LINE__)

#define NEITHER  "table inet fw 1, table inet fw 2"
#define NO_MODEM "table inet fw 2"
#define NO_WAN2  "table inet fw 1"

static void
test_names(void **unused)
{
	(void)unused;
	EXPECT(OUT, NEITHER);
	EXPECT(OUT "\t\toifname \"wan2\" accept\n", NO_MODEM);
	EXPECT(OUT "\t\toifname { \"wan2\", \"ppp3\" } accept\n", "");
	EXPECT(OUT "\t\toifname \"wan*\" accept\n", NO_MODEM);
	EXPECT(OUT "\t\toifname \"ppp*\" accept\n", NO_WAN2);
	EXPECT(OUT "\t\toifname \"p*\" accept\n", NO_WAN2);
	EXPECT("\t\toifname @wans accept\n", NO_MODEM);
	EXPECT(OUT "\t\toifname @nowhere accept\n", "");
	EXPECT("\t\toifname vmap { \"eth1\" : accept }\n", NEITHER);
	EXPECT("\t\toifname vmap { \"eth1\" : jump refuse, "
	       "\"ppp0\" : accept }\n",
	    NO_WAN2);
	EXPECT("\t\toifname vmap @ways\n", NEITHER);
	strlcpy(names[2], "isp7", IFNAMSIZ);
	EXPECT(OUT "\t\toifname \"ppp*\" accept\n", NEITHER);
	EXPECT(OUT "\t\toifname \"isp7\" accept\n", NO_WAN2);
}

/* Pairs: what comes in by an uplink goes to the LAN. */
static void
test_pairs(void **unused)
{
	(void)unused;
	EXPECT(
	    "\t\tiifname . oifname { \"lan\" . \"eth1\" } accept\n", NEITHER);
	EXPECT("\t\tiifname . oifname { \"eth1\" . \"lan\", \"wan2\" . "
	       "\"lan\" } accept\n",
	    "");
	EXPECT("\t\tiifname . oifname { \"lan\" . \"eth1\", \"lan\" . "
	       "\"wan2\" } accept\n",
	    NO_MODEM);
	EXPECT("\t\toifname . ip daddr { \"eth1\" . 192.0.2.1 } accept\n", "");
}

/* Whatever lets the LAN out without a name, or may do so. */
static void
test_no_names(void **unused)
{
	(void)unused;
	EXPECT(OUT "\t\tiifname \"lan\" accept\n", "");
	EXPECT(OUT "\t\tiifgroup 5 accept\n", "");
	EXPECT(OUT "\t\toifgroup 157 accept\n", "");
	EXPECT(OUT "\t\toifname != \"eth0\" accept\n", "");
	EXPECT(OUT "\t\toifname != { \"eth0\", \"eth3\" } accept\n", "");
	EXPECT(OUT "\t\tip saddr 10.0.0.0/8 accept\n", "");
	EXPECT(OUT "\t\tct state { new, untracked } accept\n", "");
	EXPECT(OUT "\t\tct state new accept\n", "");
	EXPECT(OUT "\t\tct state vmap { new : accept, invalid : drop }\n", "");
	EXPECT(OUT "\t\tct state != invalid accept\n", "");
	EXPECT(OUT "\t\tiifname vmap { \"lan\" : jump all }\n", "");
	EXPECT(OUT "\t\tip saddr @vips queue to 1\n", "");
	EXPECT(OUT "\t\txt match \"owner\" counter packets 0 bytes 0\n", "");
	EXPECT(OUT "\t\tmeta l4proto { icmp, tcp } accept\n", "");
	EXPECT(OUT "\t\tmeta l4proto != icmp accept\n", "");
	EXPECT("\t\taccept\n", "");
	/* neither, or by other means */
	EXPECT("\t\tct state established accept\n", "");
}

/* What is about answers, or what comes from outside, lets nobody out. */
static void
test_not_out(void **unused)
{
	(void)unused;
	EXPECT(OUT "\t\tct state established,related accept\n", NEITHER);
	EXPECT(OUT "\t\tct state { established, related } accept\n", NEITHER);
	EXPECT("\t\tct state vmap { invalid : drop, established : accept, "
	       "related : accept }\n" OUT,
	    NEITHER);
	EXPECT(OUT "\t\tct status dnat accept\n", NEITHER);
	EXPECT(OUT "\t\ticmp type echo-request accept\n", NEITHER);
	EXPECT(OUT "\t\tip6 nexthdr ipv6-icmp accept\n", NEITHER);
	EXPECT(OUT "\t\tiifname { \"eth1\", \"wan2\" } tcp dport 443 accept\n",
	    NEITHER);
	EXPECT(OUT "\t\tiifname { \"eth1\", \"vpn\" } accept\n", "");
	EXPECT(OUT "\t\toifname \"wan2\" drop comment \"accept\"\n", NEITHER);
	EXPECT(OUT "\t\toifname \"lan\" log prefix \"ppp0 \" level info "
		   "counter packets 1 bytes 2 accept\n",
	    NEITHER);
	EXPECT(OUT "\t\ttcp flags syn / syn,rst tcp option maxseg size set rt "
		   "mtu\n",
	    NEITHER);
}

static void
test_chains(void **unused)
{
	(void)unused;
	/* not the counter of this name */
	EXPECT("\t\tiifname \"lan\" jump isp\n", NEITHER);
	EXPECT("\t\toifname { \"eth1\", \"wan2\" } goto all\n", NO_MODEM);
	EXPECT(OUT "\t\tjump refuse\n\t\taccept\n", NEITHER);
	EXPECT(OUT "\t\tiifname \"dmz\" jump refuse\n\t\taccept\n", "");
	EXPECT(OUT "\t\tjump nowhere\n", "");
	EXPECT(OUT "\t\treturn\n\t\taccept\n", NEITHER);
	EXPECT(OUT "\t\tiifname \"dmz\" return\n\t\taccept\n", "");
	EXPECT(OUT "\t\tiifname \"lan\" jump {\n\t\t\taccept\n\t\t}\n", "");
	EXPECT(OUT "\t\tjump forward\n", ""); /* the kernel has no such loop */
	/* from a goto nothing comes back */
	EXPECT(OUT "\t\tgoto isp\n\t\taccept\n", NEITHER);
	EXPECT(OUT "\t\tjump isp\n\t\taccept\n", "");
	EXPECT(OUT "\t\tiifname \"lan\" goto isp\n\t\taccept\n", "");
	EXPECT(OUT "\t\tjump through\n\t\taccept\n", "");
}

/* A last rule is as good as a policy. */
static void
test_last_rule(void **unused)
{
	static const char *const last[] = { "drop", "reject",
		"counter packets 0 bytes 0 drop",
		"counter name \"isp\" reject with icmpx admin-prohibited",
		"log prefix \"fw: \" flags all drop", "jump refuse" };
	static const char *const not_last[] = { "accept",
		"iifname \"lan\" drop", "limit rate over 5/second drop", "",
		("oifname \"wan2\" return\n\t\toifname \"ppp*\" return\n"
		 "\t\tdrop"),
		"iifname \"lan\" goto isp\n\t\tdrop", "goto isp\n\t\tdrop" };
	char text[4096];
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		snprintf(text, sizeof(text), TABLE("accept", OUT "\t\t%s\n"),
		    last[i]);
		check(text, NEITHER, __LINE__);
	}
	for (i = 0; i < sizeof(not_last) / sizeof(not_last[0]); i++) {
		snprintf(text, sizeof(text), TABLE("accept", OUT "\t\t%s\n"),
		    not_last[i]);
		check(text, "", __LINE__);
	}
}

/* As iptables-nft leaves it, in a table of each family. */
#define FILTER(family)                                                   \
	"# Warning: table " family                                       \
	" filter is managed by iptables-nft, do not touch!\n"            \
	"table " family " filter {\n"                                    \
	"\tchain FORWARD {\n"                                            \
	"\t\tcomment \"of the site\"\n"                                  \
	"\t\ttype filter hook forward priority filter; policy accept;\n" \
	"\t\tiifname \"lan\" oifname \"eth1\" ct state new,established " \
	"counter packets 0 bytes 0 accept\n"                             \
	"\t\tct state related,established counter packets 0 bytes 0 "    \
	"accept\n"                                                       \
	"\t\tcounter packets 0 bytes 0 reject\n"                         \
	"\t}\n"                                                          \
	"}\n"

#define FORWARD(name)                                                      \
	"\tchain " name " {\n"                                             \
	"\t\ttype filter hook forward priority filter; policy drop;\n" OUT \
	"\t}\n"

static void
test_tables(void **unused)
{
	(void)unused;
	check(FILTER("ip") FILTER("ip6"),
	    "table ip filter 1, table ip filter 2, table ip6 filter 1, table "
	    "ip6 filter 2",
	    __LINE__);
	check(FILTER("bridge"), "", __LINE__);
	check("table ip fw { # progname firewalld\n" FORWARD("a")
		  FORWARD("b") "}\n",
	    "table ip fw 1, table ip fw 2", __LINE__);
	conf.nuplinks = 1; /* a hub */
	check(FILTER("ip"), "", __LINE__);
}

/* Cut off, or no rule set at all; and one with no end of chains. */
static void
test_odd(void **unused)
{
	static const char whole[] = FILTER("ip");
	char part[sizeof(whole)], *many, *p;
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(whole) - 2; i++) {
		memcpy(part, whole, i);
		part[i] = '\0';
		check(part, "", __LINE__);
	}
	check("table", "", __LINE__);
	check("table ip x {\n}\n", "", __LINE__);
	assert_non_null(p = many = malloc(100000));
	p += sprintf(p, "table ip x {\n");
	for (i = 0; i < FIREWALL_BLOCKS_MAX; i++)
		p += sprintf(p, "\tchain c%zu {\n\t}\n", i);
	(void)strlcpy(p,
	    "\tchain f {\n\t\ttype filter hook forward priority 0; policy "
	    "drop;\n" OUT "\t}\n}\n",
	    1000);
	check(many, "", __LINE__);
	free(many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names, site),
		cmocka_unit_test_setup(test_pairs, site),
		cmocka_unit_test_setup(test_no_names, site),
		cmocka_unit_test_setup(test_not_out, site),
		cmocka_unit_test_setup(test_chains, site),
		cmocka_unit_test_setup(test_last_rule, site),
		cmocka_unit_test_setup(test_tables, site),
		cmocka_unit_test_setup(test_odd, site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
