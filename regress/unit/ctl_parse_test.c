/* SPDX-License-Identifier: ISC */
/* The words of dialfailctl: what is taken, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parent/ctl_parse.h"

static struct ctl_command c;
static char error[2048];

static int
parse(const char *line)
{
	char copy[256], *argv[16], *rest = copy, *word;
	int argc = 0;

	strlcpy(copy, line, sizeof(copy));
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			argv[argc++] = word;
	error[0] = '\0';
	return ctl_parse(argc, argv, &c, error, sizeof(error));
}

static void
taken(const char *line, uint32_t type)
{
	if (parse(line) != 0)
		fail_msg("%s: %s", line, error);
	assert_int_equal(c.type, type);
}

static void
refused(const char *line, const char *why)
{
	assert_int_equal(parse(line), -1);
	if (strstr(error, why) == NULL)
		fail_msg("%s: said \"%s\"", line, error);
}

static void
test_verbs(void **state)
{
	static const struct {
		const char *line;
		uint32_t type;
	} all[] = { { "show", IMSG_CTL_SHOW }, { "monitor", IMSG_CTL_MONITOR },
		{ "plan failover", IMSG_CTL_PLAN },
		{ "plan fallback", IMSG_CTL_PLAN },
		{ "failover", IMSG_CTL_FAILOVER },
		{ "fallback", IMSG_CTL_FALLBACK },
		{ "confirm", IMSG_CTL_CONFIRM },
		{ "hold forever", IMSG_CTL_HOLD },
		{ "release", IMSG_CTL_RELEASE },
		{ "forget hq", IMSG_CTL_FORGET }, { "reload", IMSG_CTL_RELOAD },
		{ "clear", IMSG_CTL_CLEAR }, { "test alarm", IMSG_CTL_TEST },
		{ "log brief", IMSG_CTL_LOG } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		taken(all[i].line, all[i].type);
		/* each waits, but not for ever; monitor is one that does */
		assert_int_equal(
		    c.wait_s == 0, all[i].type == IMSG_CTL_MONITOR);
	}
}

static void
test_prefixes(void **state)
{
	(void)state;
	taken("s", IMSG_CTL_SHOW);
	taken("sh t", IMSG_CTL_SHOW);
	assert_int_equal(c.data.show.what, CTL_SHOW_TARGETS);
	taken("failo", IMSG_CTL_FAILOVER);
	taken("fallb", IMSG_CTL_FALLBACK);
	taken("rele", IMSG_CTL_RELEASE);
	taken("m", IMSG_CTL_MONITOR);
	taken("to", IMSG_CTL_TOP);
	refused("top 5", "one word too many: 5");
	refused("fa", "fa: ambiguous command; valid:");
	refused("fa", "failover");
	refused("fa", "fallback");
	refused("re", "reload");
}

static void
test_wrong_words(void **state)
{
	(void)state;
	refused("", "is missing");
	refused("", "show");
	refused("frobnicate", "frobnicate: unknown command; valid:");
	refused("frobnicate", "hold");
	refused("show colour", "summary");
	refused("show colour", "history");
	refused("log loud", "verbose");
	refused("log", "brief");
	refused("show summary now", "one word too many: now");
	refused("confirm it", "too many");
	refused("replay", "which file?");
	refused("replay a b", "one word too many: b");
	refused("f", "f: ambiguous command");
	refused("for 10m failover", "one word too many: failover");
	refused("forget", "which peer?");
	refused("forget me not", "one word too many: not");
	refused("show peers hq branch", "one word too many: branch");
	refused("show metrics json", "json: unknown format");
	refused("show metrics peers hq", "hq: unknown format");
}

static void
test_grant(void **state)
{
	(void)state;
	taken("drill", IMSG_CTL_DRILL);
	assert_string_equal(c.data.name.name, "");
	taken("drill pots", IMSG_CTL_DRILL);
	assert_string_equal(c.data.name.name, "pots");
	refused("drill pots now", "one word too many");
	taken("grant pots time 2h", IMSG_CTL_GRANT);
	assert_string_equal(c.data.grant.name, "pots");
	assert_int_equal(c.data.grant.cost, CONF_COST_TIME);
	assert_int_equal(c.data.grant.amount, 7200000);
	taken("grant pots bytes 500M", IMSG_CTL_GRANT);
	assert_int_equal(c.data.grant.cost, CONF_COST_BYTES);
	assert_int_equal(c.data.grant.amount, 500000000);
	taken("grant pots dials 30", IMSG_CTL_GRANT);
	assert_int_equal(c.data.grant.cost, CONF_COST_DIALS);
	assert_int_equal(c.data.grant.amount, 30);
	refused("grant", "to which backup");
	refused("grant pots", "kind of cost is missing");
	refused("grant pots money 5", "money: unknown kind of cost");
	refused("grant pots time", "how much more");
	refused("grant pots time 5", "not a time");
	refused("grant pots time 0s", "not a time");
	refused("grant pots bytes 500", "not a size");
	refused("grant pots bytes 5MM", "not a size");
	refused("grant pots bytes M", "not a size");
	refused("grant pots bytes 9999999G", "not a size");
	refused("grant pots dials 5k", "not a number");
	refused("grant pots dials -5", "not a number");
	refused("grant pots dials 0", "not a number");
	refused("grant pots dials 5 6", "one word too many");
}

static void
test_show(void **state)
{
	static const char *const words[CTL_SHOW_MAX] = { "summary", "targets",
		"backup", "peers", "network", "history", "event", "config",
		"metrics", "metrics prom", "metrics peers",
		"metrics peers prom", "probes" };
	char line[64];
	uint32_t i;

	(void)state;
	taken("show", IMSG_CTL_SHOW);
	assert_int_equal(c.data.show.what, CTL_SHOW_SUMMARY);
	assert_int_equal(c.len, sizeof(c.data.show));
	for (i = 0; i < CTL_SHOW_MAX; i++) {
		snprintf(line, sizeof(line), "show %s", words[i]);
		taken(line, IMSG_CTL_SHOW);
		assert_int_equal(c.data.show.what, i);
	}
	taken("show event 4f2b", IMSG_CTL_SHOW);
	assert_string_equal(c.data.show.name, "4f2b");
	taken("show event 3", IMSG_CTL_SHOW);
	assert_string_equal(c.data.show.name, "0003");
	taken("show event 00012F2B", IMSG_CTL_SHOW);
	assert_string_equal(c.data.show.name, "12f2b");
	taken("show event nosuch", IMSG_CTL_SHOW);
	assert_string_equal(c.data.show.name, "nosuch");
	refused("show event 4f2b4f2b4f2b4f2b4f2b4f2b4f2b4f2b", "no such name");
	refused("show event \033[2J", "no such name");
}

static void
test_failover(void **state)
{
	(void)state;
	taken("failover", IMSG_CTL_FAILOVER);
	assert_string_equal(c.data.failover.name, "");
	assert_int_equal(c.data.failover.for_s, 0);
	taken("failover pots", IMSG_CTL_FAILOVER);
	assert_string_equal(c.data.failover.name, "pots");
	taken("failover pots for 10m", IMSG_CTL_FAILOVER);
	assert_string_equal(c.data.failover.name, "pots");
	assert_int_equal(c.data.failover.for_s, 600);
	taken("failover for 10m", IMSG_CTL_FAILOVER);
	assert_string_equal(c.data.failover.name, "");
	assert_int_equal(c.data.failover.for_s, 600);
	refused("failover pots 10m", "too many");
	refused("failover pots for", "for what time");
}

static void
test_report(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	taken("report", IMSG_CTL_REPORT);
	assert_string_equal(c.data.show.name, "");
	assert_int_equal(c.since, 0);
	taken("report 4f2b", IMSG_CTL_REPORT);
	assert_string_equal(c.data.show.name, "4f2b");
	taken("report b", IMSG_CTL_REPORT);
	assert_string_equal(c.data.show.name, "000b");
	taken("report --since 2h", IMSG_CTL_REPORT);
	assert_int_equal(c.since, -7200);
	taken("report --since 2026-11-26", IMSG_CTL_REPORT);
	assert_int_equal(c.since, 1795651200);
	taken("report --since 2026-11-26T14:30", IMSG_CTL_REPORT);
	assert_int_equal(c.since, 1795651200 + 14 * 3600 + 30 * 60);
	refused("report --since", "since when?");
	refused("report --since yesterday", "neither a time");
	refused("report --since 2026-11-26T14:30:10", "neither a time");
	refused("report --since 8d", "neither a time");
	refused("report 4f2b now", "one word too many: now");
}

static void
test_import(void **state)
{
	(void)state;
	taken("import a.cfg", IMSG_CTL_IMPORT);
	assert_string_equal(c.file, "a.cfg");
	assert_null(c.script);
	assert_string_equal(c.directory, SYSCONFDIR "/dialfail/private");
	taken("import a.cfg ppp-on", IMSG_CTL_IMPORT);
	assert_string_equal(c.script, "ppp-on");
	taken("import a.cfg secrets /tmp", IMSG_CTL_IMPORT);
	assert_null(c.script);
	assert_string_equal(c.directory, "/tmp");
	taken("import a.cfg ppp-on secrets /tmp", IMSG_CTL_IMPORT);
	assert_string_equal(c.script, "ppp-on");
	assert_string_equal(c.directory, "/tmp");
	refused("import", "which file?");
	refused("import a.cfg secrets", "a directory, from the root");
	refused("import a.cfg secrets here", "a directory, from the root");
	refused("import a.cfg ppp-on more", "one word too many: more");
	refused("import a.cfg secrets /tmp more", "one word too many: more");
}

static void
test_durations(void **state)
{
	static const char *const bad[] = { "0s", "8d", "169h", "604801s", "10",
		"m", "-1s", "+1s", "1.5h", "1h30m", "10 m",
		"99999999999999999999s" };
	char line[64];
	size_t i;

	(void)state;
	taken("hold for 1s", IMSG_CTL_HOLD);
	assert_int_equal(c.data.time.for_s, 1);
	taken("hold for 90m", IMSG_CTL_HOLD);
	assert_int_equal(c.data.time.for_s, 5400);
	taken("hold for 2h", IMSG_CTL_HOLD);
	assert_int_equal(c.data.time.for_s, 7200);
	taken("hold for 7d", IMSG_CTL_HOLD);
	assert_int_equal(c.data.time.for_s, CTL_FOR_MAX);
	taken("hold forever", IMSG_CTL_HOLD);
	assert_int_equal(c.data.time.for_s, CTL_FOREVER);
	refused("hold", "forever");
	taken("reload", IMSG_CTL_RELOAD);
	assert_int_equal(c.data.time.for_s, 0);
	taken("reload for 20s", IMSG_CTL_RELOAD);
	assert_int_equal(c.data.time.for_s, 20);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "reload for %s", bad[i]);
		refused(line, "not a time from 1s to 7d");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
