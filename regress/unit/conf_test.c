/* SPDX-License-Identifier: ISC */
/*
 * The configuration where golden files do not reach: what a process believes
 * of a struct in a message, files that must be refused for their owner or
 * mode, and that the promises of dialfaild -nv are kept by the prober's own
 * rounds.
 */
#include <sys/stat.h>

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/conf.h"
#include "prober/icmp.h"
#include "prober/ring.h"
#include "prober/round.h"

#define GOOD_FILE                                \
	"primary eth1 { target 198.51.100.7 }\n" \
	"backup wwan0\n"

/* --- a file, and what was said of it */

struct said {
	char text[8192];
	uint32_t n;
};

static void
say(const char *file, int line, const char *text, void *arg)
{
	struct said *said = arg;
	size_t len = strlen(said->text);

	said->n++;
	snprintf(said->text + len, sizeof(said->text) - len, "%s:%d: %s\n",
	    file, line, text);
}

static char dir[] = "/tmp/conf_test.XXXXXX";
static char path[64];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/conf", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f;

	unlink(name);
	assert_non_null(f = fopen(name, "w"));
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(name, mode), 0);
}

static struct conf *
parse(int check_only, struct said *said)
{
	memset(said, 0, sizeof(*said));
	return conf_parse(path, NULL, check_only, say, said);
}

static void
test_only_roots_files(void **state)
{
	struct conf *conf;
	struct said said;

	(void)state;
	if (geteuid() != 0)
		skip();
	write_file(path, GOOD_FILE, 0600);
	assert_non_null(conf = parse(0, &said));
	assert_int_equal(said.n, 0);
	conf_free(conf);

	write_file(path, GOOD_FILE, 0620);
	assert_null(parse(0, &said));
	assert_int_equal(said.n, 1);
	assert_non_null(strstr(said.text, path));
	assert_non_null(strstr(said.text, "writable by group or others\n"));
	write_file(path, GOOD_FILE, 0602);
	assert_null(parse(0, &said));
	write_file(path, GOOD_FILE, 0600);
	assert_int_equal(chown(path, 1, 0), 0);
	assert_null(parse(0, &said));
	assert_non_null(strstr(said.text, "not owned by root"));
}

static void
test_anybody_may_check(void **state)
{
	struct conf *conf;
	struct said said;

	(void)state;
	write_file(path, GOOD_FILE, 0666);
	assert_non_null(conf = parse(1, &said));
	assert_int_equal(said.n, 1);
	assert_non_null(strstr(said.text, "the daemon will refuse it"));
	conf_free(conf);
}

static void
test_files_that_cannot_be_read(void **state)
{
	struct said said;

	(void)state;
	unlink(path);
	assert_null(parse(1, &said));
	assert_non_null(strstr(said.text, "cannot open"));
	assert_int_equal(mkdir(path, 0755), 0);
	assert_null(parse(1, &said));
	assert_non_null(strstr(said.text, "is not a file"));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_null(parse(1, &said)); /* and does not wait for a writer */
	assert_non_null(strstr(said.text, "is not a file"));
	if (geteuid() == 0)
		return; /* root reads everything */
	write_file(path, GOOD_FILE, 0);
	assert_null(parse(1, &said));
	assert_non_null(strstr(said.text, "Permission denied"));
}

/*
 * A hub needs no backup, though some of its branches have an address; a branch
 * that calls one has forgotten it.
 */
static void
test_no_backup(void **state)
{
	static const char site[] =
	    "primary eth1 { target 198.51.100.7 }\n%s"
	    "identity \"/etc/dialfail/private/key\"\n"
	    "peer hq {\n"
	    "  address %s\n"
	    "  key \"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\"\n"
	    "  tunnel gre1\n"
	    "}\n"
	    "%s";
	static const char other[] =
	    "peer other { key "
	    "\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\" "
	    "tunnel gre2 }\n"
	    "peer foreign { tunnel gre3 }\n";
	static const char *const way[][3] = { { "", "any", "" },
		{ "backup wwan0\n", "203.0.113.10", "" },
		{ "", "203.0.113.10", other },
		{ "", "203.0.113.10", "peer foreign { tunnel gre3 }\n" } };
	char text[512];
	struct said said;
	struct conf *conf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(way) / sizeof(*way); i++) {
		snprintf(
		    text, sizeof(text), site, way[i][0], way[i][1], way[i][2]);
		write_file(path, text, 0600);
		assert_non_null(conf = parse(1, &said));
		conf_free(conf);
		if (i < 3)
			assert_int_equal(said.n, 0);
	}
	assert_int_equal(said.n, 1);
	assert_non_null(strstr(
	    said.text, "warning: no backup, and peer hq has an address"));
}

static void
test_the_hash_is_of_all_files(void **state)
{
	struct conf *a, *b, *c;
	struct said said;
	char other[80], text[256];

	(void)state;
	snprintf(other, sizeof(other), "%s/other", dir);
	snprintf(text, sizeof(text), "%sinclude \"other\"\n", GOOD_FILE);
	write_file(path, text, 0600);
	write_file(other, "# one\n", 0600);
	assert_non_null(a = parse(1, &said));
	assert_non_null(b = parse(1, &said));
	write_file(other, "# two\n", 0600);
	assert_non_null(c = parse(1, &said));
	assert_memory_equal(a->sha256, b->sha256, sizeof(a->sha256));
	assert_memory_not_equal(a->sha256, c->sha256, sizeof(a->sha256));
	assert_string_equal(a->path, path);
	conf_free(a);
	conf_free(b);
	conf_free(c);
	unlink(other);
}

/* --- what only the machine knows */

static void
system_says(const char *file, mode_t mode, const char *what)
{
	char text[512];
	struct conf *conf;
	struct said said;

	snprintf(text, sizeof(text),
	    "primary eth1 { target 198.51.100.7 }\n"
	    "backup pots {\n"
	    "	modem \"/dev/ttyS0\" phone \"1\"\n"
	    "	account \"x\" secret file \"%s\"\n"
	    "}\n"
	    "alarm \"%s\"\n",
	    file, file);
	write_file(path, text, 0600);
	assert_non_null(conf = parse(1, &said));
	if (mode != 0)
		assert_int_equal(chmod(file, mode), 0);
	memset(&said, 0, sizeof(said));
	assert_int_equal(
	    conf_check_system(conf, say, &said), *what == '\0' ? 0 : -1);
	if (strstr(said.text, what) == NULL)
		fail_msg("\"%s\" not in: %s", what, said.text);
	conf_free(conf);
}

static void
test_secrets_and_programs(void **state)
{
	char file[80], expect[512];

	(void)state;
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(expect, sizeof(expect),
	    "%s:4: secret file \"%s\": No such file or directory\n"
	    "%s:6: alarm \"%s\": No such file or directory\n",
	    path, file, path, file);
	system_says(file, 0, expect);
	assert_int_equal(mkdir(file, 0700), 0);
	system_says(file, 0, "secret file \"");
	system_says(file, 0, "\": not a file\n");
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	system_says(file, 0, ":4: secret file");
	write_file(file, "#!/bin/sh\n", 0700);
	if (geteuid() != 0) {
		system_says(file, 0700, ": not owned by root\n");
		unlink(file);
		skip();
	}
	system_says(file, 0700, "");
	system_says(file, 0600, ":6: alarm");
	system_says(file, 0600, ": not executable\n");
	system_says(file, 0740, ":4: secret file");
	system_says(file, 0740, ": readable by group or others\n");
	system_says(file, 0701, ": readable by group or others\n");
	system_says(file, 0720, ": writable by group or others\n");
	assert_int_equal(chown(file, 1, 0), 0);
	system_says(file, 0700, ": not owned by root\n");
	unlink(file);
}

static void
capture_says(const char *directory, const char *what)
{
	char text[512];
	struct conf *conf;
	struct said said;

	snprintf(
	    text, sizeof(text), "%scapture \"%s\"\n", GOOD_FILE, directory);
	write_file(path, text, 0600);
	assert_non_null(conf = parse(1, &said));
	memset(&said, 0, sizeof(said));
	assert_int_equal(
	    conf_check_system(conf, say, &said), *what == '\0' ? 0 : -1);
	if (strstr(said.text, what) == NULL)
		fail_msg("\"%s\" not in: %s", what, said.text);
	if (*what != '\0')
		assert_non_null(strstr(said.text, "conf:3: capture \""));
	conf_free(conf);
}

static void
test_a_directory_for_captures(void **state)
{
	char sub[80], file[96];

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(sub, sizeof(sub), "%s/captures", dir);
	snprintf(file, sizeof(file), "%s/captures/x", dir);
	capture_says(sub, ""); /* it will be made */
	assert_int_equal(mkdir(sub, 0700), 0);
	capture_says(sub, "");
	assert_int_equal(chmod(sub, 0770), 0);
	capture_says(sub, ": writable by group or others\n");
	assert_int_equal(chmod(sub, 0702), 0);
	capture_says(sub, ": writable by group or others\n");
	assert_int_equal(chmod(sub, 0755), 0);
	capture_says(sub, "");
	assert_int_equal(chown(sub, 1, 0), 0);
	capture_says(sub, ": not owned by root\n");
	assert_int_equal(rmdir(sub), 0);
	assert_int_equal(symlink("/", sub), 0);
	capture_says(sub, ": not a directory\n");
	write_file(sub, "", 0600);
	capture_says(sub, ": not a directory\n");
	capture_says(file, ": Not a directory\n");
	unlink(sub);
}

/* --- structs in messages */

static void
a_conf(struct conf *conf)
{
	static const char text[] =
	    "primary eth1 { carrier eth3 gateway 192.0.2.1 gateway fe80::1\n"
	    "	target 198.51.100.7 target 198.51.100.8 companion sps0\n"
	    "	target tcp 198.51.100.9 port 443 target 2001:db8::7 near\n"
	    "	target dns 198.51.100.9 query \"a.net\" answer 192.0.2.80\n"
	    "	target gateway probe { budget 1G } }\n"
	    "backup pots { modem \"/dev/ttyS0\" init \"ATZ\" phone \"1\" }\n"
	    "follow 10.1.0.0/16 fd00::/8\n"
	    "masquerade from 10.0.0.0/8 eth0\n"
	    "capture \"/c\" { packets all }\n";
	struct conf *c;
	struct said said;

	write_file(path, text, 0600);
	assert_non_null(c = parse(1, &said));
	*conf = *c;
	conf_free(c);
}

#define UPLINK_REFUSED(i, field, value)                 \
	do {                                            \
		struct conf_uplink u_ = conf.uplink[i]; \
                                                        \
		assert_true(conf_uplink_valid(&u_));    \
		u_.field = (value);                     \
		assert_false(conf_uplink_valid(&u_));   \
	} while (0)
#define UPLINK_TEXT(i, field)                            \
	do {                                             \
		struct conf_uplink u_ = conf.uplink[i];  \
                                                         \
		memset(u_.field, '1', sizeof(u_.field)); \
		assert_false(conf_uplink_valid(&u_));    \
	} while (0)
#define GLOBAL_REFUSED(field, value)                  \
	do {                                          \
		struct conf_global g_ = conf.global;  \
                                                      \
		assert_true(conf_global_valid(&g_));  \
		g_.field = (value);                   \
		assert_false(conf_global_valid(&g_)); \
	} while (0)

static void
test_uplinks_in_messages(void **state)
{
	static struct conf conf;

	(void)state;
	a_conf(&conf);
	UPLINK_REFUSED(0, id, CONF_UPLINKS_MAX);
	UPLINK_REFUSED(0, id, 1); /* the primary is 0 */
	UPLINK_REFUSED(1, id, 0);
	UPLINK_REFUSED(0, role, CONF_BACKUP + 1);
	UPLINK_REFUSED(0, kind, CONF_MODEM); /* it is never dialled */
	UPLINK_REFUSED(1, kind, CONF_CALL + 1);
	UPLINK_REFUSED(0, carrier, CONF_CARRIER_NONE + 1);
	UPLINK_REFUSED(0, carrier_ifname[0], '\0');
	UPLINK_REFUSED(0, carrier_ifname[0], '/');
	UPLINK_REFUSED(0, gateway[FAMILY_INET].family, 99);
	UPLINK_REFUSED(0, gateway[FAMILY_INET].octet[0], 224);
	UPLINK_REFUSED(0, shutdown, 2);
	UPLINK_REFUSED(0, metered, 2);
	UPLINK_REFUSED(0, ntargets, 0);
	UPLINK_REFUSED(0, ntargets, CONF_TARGETS_MAX + 1);
	UPLINK_REFUSED(0, target[1].id, 0);
	UPLINK_REFUSED(0, target[1].method, CONF_METHOD_DNS + 1);
	UPLINK_REFUSED(0, target[1].method, CONF_METHOD_GATEWAY);
	UPLINK_REFUSED(0, target[1].method, CONF_METHOD_TCP); /* no port */
	UPLINK_REFUSED(0, target[1].near, 2);
	UPLINK_REFUSED(0, target[1].port, 53);
	UPLINK_REFUSED(0, target[1].query[0], 'a');
	UPLINK_REFUSED(0, target[1].answer.family, AF_INET);
	UPLINK_REFUSED(0, target[2].port, 0);
	UPLINK_REFUSED(0, target[2].port, 65536);
	UPLINK_REFUSED(0, target[3].address.scope, 1);
	UPLINK_REFUSED(0, target[3].address.octet[0], 0xff);
	UPLINK_REFUSED(0, target[4].port, 0);
	UPLINK_REFUSED(0, target[4].query[0], '\0');
	UPLINK_REFUSED(0, target[4].query[0], '.');
	UPLINK_REFUSED(0, target[4].query[1], '\n');
	UPLINK_TEXT(0, target[4].query);
	UPLINK_REFUSED(0, target[4].answer.family, 99);
	UPLINK_REFUSED(0, target[5].near, 0);
	UPLINK_REFUSED(0, target[5].address.octet[3], 1);
	UPLINK_REFUSED(0, target[5].address.family, AF_UNSPEC);
	UPLINK_REFUSED(1, target[0].near, 1); /* proves no backup */
	UPLINK_REFUSED(0, gateway[FAMILY_INET].family, AF_INET6);
	UPLINK_REFUSED(0, gateway[FAMILY_INET6].family, AF_INET);
	UPLINK_REFUSED(0, gateway[FAMILY_INET6].scope, 1);
	UPLINK_REFUSED(0, gateway[FAMILY_INET6].octet[0], 0xff);
	UPLINK_REFUSED(0, decide, CONF_DECIDE_ALL + 1);
	UPLINK_REFUSED(0, decide, CONF_DECIDE_INET6); /* none is far */
	UPLINK_REFUSED(0, decide, CONF_DECIDE_ANY);
	UPLINK_REFUSED(0, decide, CONF_DECIDE_ALL);
	UPLINK_REFUSED(0, capture, CONF_CAPTURE_ALL + 1);
	UPLINK_REFUSED(1, capture, CONF_CAPTURE_CONTROL);
	UPLINK_REFUSED(0, probe.budget, 99999);
	UPLINK_REFUSED(0, probe.budget, UINT64_MAX);
	UPLINK_REFUSED(0, target[1].address.family, AF_UNSPEC);
	UPLINK_REFUSED(0, target[1].address.octet[0], 127);
	UPLINK_REFUSED(0, ncompanions, CONF_COMPANIONS_MAX + 1);
	UPLINK_REFUSED(0, companion[0][0], '\0');
	UPLINK_REFUSED(0, label[0], '\0');
	UPLINK_REFUSED(0, label[0], '\n');
	UPLINK_REFUSED(0, ifname[0], '\0');
	UPLINK_REFUSED(0, ifname[0], '.' + 1); /* a slash */
	UPLINK_TEXT(0, label);
	UPLINK_TEXT(0, ifname);
	UPLINK_TEXT(0, carrier_ifname);
	UPLINK_TEXT(0, companion[0]);
	UPLINK_REFUSED(0, mtu, 1400); /* its interface's own */
	UPLINK_REFUSED(1, mtu, 67);
	UPLINK_REFUSED(1, mtu, 65536);
	UPLINK_REFUSED(0, probe.count, 0);
	UPLINK_REFUSED(0, probe.count, 101);
	UPLINK_REFUSED(0, probe.interval_ms, 0);
	UPLINK_REFUSED(0, probe.timeout_ms, UINT32_MAX);
	UPLINK_REFUSED(0, probe.delay_ms, 0);
	UPLINK_REFUSED(0, probe.retry, 101);
	UPLINK_REFUSED(0, probe.success.kind, CONF_QUORUM_NUMBER + 1);
	UPLINK_REFUSED(0, probe.success.kind, CONF_QUORUM_NUMBER);
	UPLINK_REFUSED(0, probe.require.number, 1);
	UPLINK_REFUSED(1, dial.after_ms, UINT32_MAX);
	UPLINK_REFUSED(1, dial.timeout_ms, 0);
	UPLINK_REFUSED(1, dial.redial, 0);
	UPLINK_REFUSED(1, dial.backoff_ms, 0);
	UPLINK_REFUSED(1, dial.backoff_max_ms, 4999); /* below backoff */
	UPLINK_REFUSED(1, modem.speed, 115201);
	UPLINK_REFUSED(1, modem.ninits, CONF_INITS_MAX + 1);
	UPLINK_REFUSED(1, modem.nphones, 0);
	UPLINK_REFUSED(1, modem.nphones, CONF_PHONES_MAX + 1);
	UPLINK_REFUSED(1, modem.phone[0][0], ';');
	UPLINK_REFUSED(1, modem.phone[0][0], '\r');
	UPLINK_REFUSED(1, modem.init[0][2], '\r');
	UPLINK_REFUSED(1, modem.init[0][0], 'X');
	UPLINK_TEXT(1, modem.phone[0]);
	UPLINK_TEXT(1, modem.init[0]);
	conf.uplink[0].target[0].near = 1;
	conf.uplink[0].target[2].near = 1;
	conf.uplink[0].target[4].near = 1;
	UPLINK_REFUSED(0, target[1].near, 1); /* none is far */
}

/* A reload must notice whatever was edited. */
static void
test_the_same_uplink(void **state)
{
	static const struct {
		const char *from, *to;
	} edits[] = { { "fe80::1", "fe80::2" }, { "port 443", "port 80" },
		{ "a.net", "b.net" }, { "192.0.2.80", "192.0.2.81" },
		{ "query", "port 5353 query" }, { "target gateway", "" },
		{ "1G", "2G" }, { "near", "decide any" },
		{ "all", "control" } };
	static const char text[] =
	    "primary eth1 { gateway fe80::1 target 198.51.100.7\n"
	    "	target tcp 198.51.100.9 port 443 target 2001:db8::7 near\n"
	    "	target dns 198.51.100.9 query a.net answer 192.0.2.80\n"
	    "	target gateway probe { budget 1G } }\n"
	    "backup wwan0\ncapture \"/c\" { packets all }\n";
	struct conf *a, *b;
	struct said said;
	char other[512];
	size_t i;
	char *at;

	(void)state;
	write_file(path, text, 0600);
	assert_non_null(a = parse(1, &said));
	assert_non_null(b = parse(1, &said));
	assert_true(conf_uplink_same(&a->uplink[0], &b->uplink[0]));
	conf_free(b);
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		assert_non_null(at = strstr(text, edits[i].from));
		snprintf(other, sizeof(other), "%.*s%s%s", (int)(at - text),
		    text, edits[i].to, at + strlen(edits[i].from));
		write_file(path, other, 0600);
		if ((b = parse(1, &said)) == NULL)
			fail_msg("%s", said.text);
		if (conf_uplink_same(&a->uplink[0], &b->uplink[0]))
			fail_msg("%s: not noticed", edits[i].to);
		conf_free(b);
	}
	conf_free(a);
}

static void
test_globals_in_messages(void **state)
{
	static struct conf conf;

	(void)state;
	a_conf(&conf);
	GLOBAL_REFUSED(fallback, CONF_FALLBACK_MANUAL + 1);
	GLOBAL_REFUSED(after_ms, UINT32_MAX);
	GLOBAL_REFUSED(stable_ms, UINT32_MAX);
	GLOBAL_REFUSED(drain_ms, UINT32_MAX - 1);
	GLOBAL_REFUSED(flap_failovers, 1001);
	GLOBAL_REFUSED(flap_every_ms, 0);
	GLOBAL_REFUSED(flap_hold_ms, UINT32_MAX);
	GLOBAL_REFUSED(nfollow, CONF_NETS_MAX + 1);
	GLOBAL_REFUSED(nfollow, 3); /* the third is empty */
	GLOBAL_REFUSED(follow[0].len, 33);
	GLOBAL_REFUSED(follow[1].addr.family, 0);
	GLOBAL_REFUSED(nmasq, CONF_NETS_MAX + 1);
	GLOBAL_REFUSED(nmasq, 3); /* the third is empty */
	GLOBAL_REFUSED(masq[0].prefix.len, 33);
	GLOBAL_REFUSED(masq[0].prefix.addr.family, AF_INET6);
	GLOBAL_REFUSED(masq[1].ifname[0], '/');
	GLOBAL_REFUSED(masq[1].ifname[0], '\0');
}

/* --- arithmetic */

static void
test_quorums(void **state)
{
	static const struct {
		struct conf_quorum q;
		uint32_t n, need;
	} cases[] = {
		{ { CONF_QUORUM_ALL, 0 }, 5, 5 },
		{ { CONF_QUORUM_ANY, 0 }, 5, 1 },
		{ { CONF_QUORUM_MOST, 0 }, 1, 1 },
		{ { CONF_QUORUM_MOST, 0 }, 2, 2 },
		{ { CONF_QUORUM_MOST, 0 }, 3, 2 },
		{ { CONF_QUORUM_MOST, 0 }, 4, 3 },
		{ { CONF_QUORUM_NUMBER, 2 }, 5, 2 },
		{ { CONF_QUORUM_NUMBER, 9 }, 5, 5 },
		{ { CONF_QUORUM_ALL, 0 }, 0, 0 },
		{ { CONF_QUORUM_ANY, 0 }, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    conf_quorum_need(&cases[i].q, cases[i].n), cases[i].need);
}

/* Three probes 200 ms apart, 1 s patience, a round a second, one retry. */
static struct conf_uplink
schedule(uint32_t targets, enum conf_quorum_kind success,
    enum conf_quorum_kind require)
{
	struct conf_uplink u = { .probe = { 3, 200, 1000, 1000, 1,
				     { success, 0 }, { require, 0 }, 0 } };

	for (u.ntargets = 0; u.ntargets < targets; u.ntargets++)
		u.target[u.ntargets].id = u.ntargets;
	return u;
}

static void
about(double found, double expected)
{
	if (fabs(found - expected) > 0.01 * expected)
		fail_msg("%g, expected %g", found, expected);
}

/*
 * Against sums done by hand, for independent losses of p: a target is lost in
 * a round with q = p^3 + 3 p^2 (1 - p), which is 2.98e-4 at 1 % and 7.25e-3
 * at 5 %.  A round begins every 1.2 s: 2 answers, then the delay.
 */
static void
test_false_failovers(void **state)
{
	const double rounds = 365.25 * 86400 / 1.2, q1 = 2.98e-4, q5 = 7.25e-3;
	struct conf_uplink u;

	(void)state;
	u = schedule(1, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	about(conf_false_failovers(&u, 0.01), rounds * q1 * q1);
	about(conf_false_failovers(&u, 0.05), rounds * q5 * q5);
	/* the published figures: 0.53 in 10,000 rounds, 2 a year (1.42 s) */
	about(conf_false_failovers(&u, 0.05) / rounds * 1e4, 0.5256);
	about(conf_false_failovers(&u, 0.01) * 1.2 / 1.42, 1.97);

	u = schedule(2, CONF_QUORUM_MOST, CONF_QUORUM_ALL);
	about(conf_false_failovers(&u, 0.01), rounds * 4 * q1 * q1);
	about(conf_false_failovers(&u, 0.01) * 1.2 / 1.42, 7.9);
	about(conf_false_failovers(&u, 0.05) / rounds * 1e4, 2.09);

	u = schedule(2, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	about(conf_false_failovers(&u, 0.01), rounds * q1 * q1 * q1 * q1);
	about(conf_false_failovers(&u, 0.05) / rounds * 1e4, 2.76e-5);

	/* three lost in a row, no retry: 1.25 in 10,000 rounds */
	u = schedule(1, CONF_QUORUM_ANY, CONF_QUORUM_ANY);
	u.probe.retry = 0;
	about(conf_false_failovers(&u, 0.05) * 1000 / (365.25 * 86400e3) * 1e4,
	    1.25);

	u = schedule(1, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	assert_true(conf_false_failovers(&u, 0) == 0);
	u.probe.count = 100;
	assert_true(conf_false_failovers(&u, 0.5) > 0);
	assert_true(isfinite(conf_false_failovers(&u, 1)));
}

/* As many targets of IPv6. */
static void
add_inet6(struct conf_uplink *u, uint32_t targets)
{
	for (; targets > 0; targets--) {
		u->target[u->ntargets].id = u->ntargets;
		u->target[u->ntargets++].address.family = AF_INET6;
	}
}

static void
test_false_failovers_of_families(void **state)
{
	struct conf_uplink u;
	double inet, inet6, both;

	(void)state;
	u = schedule(1, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	inet = conf_false_failovers(&u, 0.01);
	add_inet6(&u, 2);
	about(conf_false_failovers(&u, 0.01), inet);
	u.decide = CONF_DECIDE_INET6;
	inet6 = conf_false_failovers(&u, 0.01);
	assert_true(inet6 > 0 && inet6 < inet / 1e6);
	u.decide = CONF_DECIDE_ALL;
	about(conf_false_failovers(&u, 0.01), inet + inet6);
	/* each is down for a period of 1.2 s */
	u = schedule(1, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	add_inet6(&u, 1);
	u.decide = CONF_DECIDE_ANY;
	both = conf_false_failovers(&u, 0.05);
	u.decide = CONF_DECIDE_INET;
	inet = conf_false_failovers(&u, 0.05);
	about(both, 2 * inet * inet * 1.2 / (365.25 * 86400));
}

static void
test_what_rounds_cost(void **state)
{
	struct conf_uplink u;
	struct conf_target *t;

	(void)state;
	assert_int_equal(CONF_ECHO_LEN, ICMP_LEN);
	u = schedule(2, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	add_inet6(&u, 1);
	assert_int_equal(
	    conf_round_octets(&u, FAMILY_INET), 2 * 2 * 2 * ICMP_IP4_LEN);
	assert_int_equal(
	    conf_round_octets(&u, FAMILY_INET6), 2 * 2 * ICMP_IP6_LEN);
	u = schedule(1, CONF_QUORUM_ANY, CONF_QUORUM_ANY);
	t = &u.target[0];
	t->method = CONF_METHOD_GATEWAY;
	assert_int_equal(conf_round_octets(&u, FAMILY_INET), 0);
	t->method = CONF_METHOD_TCP;
	assert_int_equal(conf_round_octets(&u, FAMILY_INET), 224);
	/* 3www7example3net0 are 17 octets */
	t->method = CONF_METHOD_DNS;
	strlcpy(t->query, "www.example.net", sizeof(t->query));
	assert_int_equal(conf_round_octets(&u, FAMILY_INET), 61 + 61 + 16);
	t->answer.family = AF_INET6;
	assert_int_equal(conf_round_octets(&u, FAMILY_INET), 61 + 61 + 28);
	t->address.family = AF_INET6;
	assert_int_equal(conf_round_octets(&u, FAMILY_INET), 0);
	assert_int_equal(conf_round_octets(&u, FAMILY_INET6), 81 + 81 + 28);
	t->method = CONF_METHOD_TCP;
	assert_int_equal(conf_round_octets(&u, FAMILY_INET6), 304);
	t->method = CONF_METHOD_GATEWAY;
	assert_int_equal(conf_round_octets(&u, FAMILY_INET6), 0);
}

/* Good rounds of a month, one every 200 ms and the delay. */
static double
month(const struct conf_uplink *u, enum family family)
{
	return (double)CONF_MONTH_MS / (200 + conf_delay_ms(u, family)) *
	       (double)conf_round_octets(u, family);
}

static void
test_budgets(void **state)
{
	struct conf_uplink u;
	struct conf_bounds b;

	(void)state;
	u = schedule(2, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	assert_int_equal(conf_delay_ms(&u, FAMILY_INET), 1000);
	u.probe.budget = 2000000000; /* they cost 1.5 G */
	assert_int_equal(conf_delay_ms(&u, FAMILY_INET), 1000);
	u.probe.budget = 20000000;
	assert_true(month(&u, FAMILY_INET) <= 20e6);
	about(month(&u, FAMILY_INET), 20e6);
	conf_bounds(&u, &b);
	assert_int_equal(b.detect_min_ms, 2400);
	assert_int_equal(
	    b.detect_max_ms, 2400 + conf_delay_ms(&u, FAMILY_INET));
	add_inet6(&u, 1);
	about(month(&u, FAMILY_INET), 10e6);
	about(month(&u, FAMILY_INET6), 10e6);
	u.probe.budget = 1;
	assert_int_equal(conf_delay_ms(&u, FAMILY_INET), UINT32_MAX);
}

static void
test_bounds_of_families(void **state)
{
	struct conf_uplink u;
	struct conf_bounds inet, inet6, b;

	(void)state;
	u = schedule(2, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	add_inet6(&u, 1);
	u.probe.budget = 20000000;
	conf_bounds(&u, &inet);
	u.decide = CONF_DECIDE_INET6;
	conf_bounds(&u, &inet6);
	assert_true(inet6.detect_max_ms < inet.detect_max_ms);
	u.decide = CONF_DECIDE_ANY;
	conf_bounds(&u, &b);
	assert_int_equal(b.detect_max_ms, inet.detect_max_ms);
	u.decide = CONF_DECIDE_ALL;
	conf_bounds(&u, &b);
	assert_int_equal(b.detect_max_ms, inet6.detect_max_ms);
}

/* The smallest directory of captures holds one. */
static void
test_a_capture_fits(void **state)
{
	struct conf *conf;
	struct said said;

	(void)state;
	write_file(path, GOOD_FILE "capture \"/c\" { size 300k }\n", 0600);
	assert_non_null(conf = parse(1, &said));
	assert_int_equal(conf->uplink[0].capture, CONF_CAPTURE_CONTROL);
	assert_int_equal(conf->uplink[1].capture, CONF_CAPTURE_NONE);
	assert_int_equal(conf->capture_size, 300000);
	assert_true(conf->capture_size >= RING_FILE_MAX);
	assert_int_equal(conf->capture_keep_ms, 14 * 86400000);
	conf_free(conf);
}

/*
 * The prober's rounds on simulated time: answers come at once until the
 * outage and never after.  Milliseconds from the outage to "down".
 */
static int64_t
detected_after(struct conf_uplink *u, int64_t outage_ms)
{
	static const struct round_signs signs;
	static struct round r;
	struct msg_round out;
	struct monotime start = monotime_from_ns(1000000000);
	struct monotime now = start, next, sent;
	uint32_t bad = 0, pause;
	uint16_t seq;
	int t;

	memset(&r, 0, sizeof(r));
	round_init(&r, u, FAMILY_INET);
	round_begin(&r, now);
	for (;;) {
		while ((t = round_next(&r, now)) != -1) {
			seq = round_sent(&r, (uint32_t)t, 7, now);
			if (monotime_ms_between(start, now) < outage_ms)
				assert_int_equal(round_answer(&r, (uint32_t)t,
						     seq, 7, now, &sent),
				    ROUND_IN_TIME);
		}
		if (!round_check(&r, now, &signs, &out, &next)) {
			now = next;
			continue;
		}
		if (out.verdict == MSG_BAD && ++bad > u->probe.retry)
			return monotime_ms_between(start, now) - outage_ms;
		pause = 0;
		if (out.verdict == MSG_GOOD) {
			bad = 0;
			pause = u->probe.delay_ms;
		}
		if (pause < CONF_QUICK_MS &&
		    out.ended_ns - out.began_ns < CONF_QUICK_MS * 1000000)
			pause = CONF_QUICK_MS;
		now = monotime_add_ms(now, pause);
		round_begin(&r, now);
	}
}

static void
check_bounds(struct conf_uplink *u)
{
	struct conf_bounds b;
	int64_t ms, least = INT64_MAX, most = 0, outage, until;

	conf_bounds(u, &b);
	until = 5000 + 2 * ((int64_t)u->probe.count * u->probe.interval_ms +
			       u->probe.delay_ms);
	/* one just after a probe is the worst, one just before it the best */
	for (outage = 5000; outage < until; outage++) {
		ms = detected_after(u, outage);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_int_equal(least, b.detect_min_ms);
	/* the moment just after is the next whole millisecond here */
	assert_int_equal(most, b.detect_max_ms - 1);
}

static void
test_bounds_are_what_rounds_do(void **state)
{
	static const enum conf_quorum_kind kinds[] = { CONF_QUORUM_ALL,
		CONF_QUORUM_MOST, CONF_QUORUM_ANY };
	struct conf_uplink u;
	size_t s, r;

	(void)state;
	for (s = 0; s < 3; s++)
		for (r = 0; r < 3; r++) {
			u = schedule(3, kinds[s], kinds[r]);
			u.probe.delay_ms = 600;
			check_bounds(&u);
			/* the pause between probes is the longest */
			u.probe.interval_ms = 300;
			u.probe.delay_ms = 100;
			u.probe.timeout_ms = 250;
			u.probe.retry = 2;
			check_bounds(&u);
		}
	u = schedule(1, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	u.probe.count = 1;
	u.probe.retry = 0;
	check_bounds(&u);
	/* so quick that the prober makes pauses of its own */
	u.probe.retry = 3;
	u.probe.timeout_ms = 10;
	u.probe.delay_ms = 20;
	check_bounds(&u);
	u.probe.count = 5;
	u.probe.interval_ms = 30;
	u.probe.timeout_ms = 35;
	check_bounds(&u);
}

/* The sentence in the design: 2.4-3.4 s by default, 2.8-3.8 s with any. */
static void
test_default_bounds(void **state)
{
	struct conf_uplink u;
	struct conf_bounds b;

	(void)state;
	u = schedule(2, CONF_QUORUM_MOST, CONF_QUORUM_ANY);
	conf_bounds(&u, &b);
	assert_int_equal(b.detect_min_ms, 2400);
	assert_int_equal(b.detect_max_ms, 3400);
	u = schedule(2, CONF_QUORUM_ANY, CONF_QUORUM_ANY);
	conf_bounds(&u, &b);
	assert_int_equal(b.detect_min_ms, 2800);
	assert_int_equal(b.detect_max_ms, 3800);
	u.probe.count = 100;
	u.probe.retry = 100;
	u.probe.interval_ms = u.probe.timeout_ms = 3600000;
	conf_bounds(&u, &b);
	assert_int_equal(b.detect_max_ms, UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_roots_files),
		cmocka_unit_test(test_anybody_may_check),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_no_backup),
		cmocka_unit_test(test_the_hash_is_of_all_files),
		cmocka_unit_test(test_secrets_and_programs),
		cmocka_unit_test(test_a_directory_for_captures),
		cmocka_unit_test(test_uplinks_in_messages),
		cmocka_unit_test(test_the_same_uplink),
		cmocka_unit_test(test_globals_in_messages),
		cmocka_unit_test(test_quorums),
		cmocka_unit_test(test_false_failovers),
		cmocka_unit_test(test_false_failovers_of_families),
		cmocka_unit_test(test_what_rounds_cost),
		cmocka_unit_test(test_budgets),
		cmocka_unit_test(test_bounds_of_families),
		cmocka_unit_test(test_a_capture_fits),
		cmocka_unit_test(test_bounds_are_what_rounds_do),
		cmocka_unit_test(test_default_bounds),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
