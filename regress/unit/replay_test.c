/* SPDX-License-Identifier: ISC */
/*
 * Recorded rounds with another configuration: the same story as the daemon's
 * with the one that was in force, another one with another.
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
#include <unistd.h>

#include "parent/replay.h"

#define NOON INT64_C(1790000000000) /* ms */

#define PRIMARY   "primary eth1 { target 198.51.100.7 target 198.51.100.8 "
#define AUTOMATIC "fallback automatic { after 30s stable 10s }\n"

static char probes[65536];
static int64_t now; /* ms since noon */
static struct replay r;

static void
said(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	fail_msg("%s:%d: %s", file, line, text);
}

static struct conf *
conf_of(const char *text)
{
	char path[] = "/tmp/dialfail-replay.XXXXXX";
	struct conf *conf;
	int fd;

	assert_int_not_equal(fd = mkstemp(path), -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	conf = conf_parse(path, NULL, 1, said, NULL);
	unlink(path);
	return conf;
}

static void
begin(void)
{
	strlcpy(probes,
	    "T\teth1\t0\t0\t0\t0\t198.51.100.7\n"
	    "T\teth1\t0\t1\t0\t0\t198.51.100.8\n",
	    sizeof(probes));
	now = 0;
}

/* n rounds of 1.4 s in which each target loses so many of 3 probes. */
static void
rounds(int n, int lost0, int lost1)
{
	int bad = lost0 > 1 && lost1 > 1;
	char line[128];

	snprintf(line, sizeof(line),
	    "R\t%lld\t%d\teth1\t0\t%d\t%d\t%d\t%d\t%d\t900\t%d\t%d\t900\n",
	    (long long)(NOON + now), n * 1400, bad,
	    bad ? MSG_CAUSE_UPSTREAM : 0, n, n * (3 - lost0), n * lost0,
	    n * (3 - lost1), n * lost1);
	strlcat(probes, line, sizeof(probes));
	now += n * 1400;
}

/* A family's rounds, one a second, in one line that the other's overlap. */
static void
family_rounds(int inet6, int from_s, int to_s, int bad)
{
	int n = to_s - from_s, good = bad ? 0 : 3 * n, lost = 3 * n - good;
	char line[128];

	snprintf(line, sizeof(line),
	    "R\t%lld\t%d\teth1\t%d\t%d\t%d\t%d\t%d\t%d\t0\t%d\t%d\t0\n",
	    (long long)NOON + from_s * 1000, n * 1000, inet6, bad,
	    bad ? MSG_CAUSE_UPSTREAM : 0, n, inet6 ? 0 : good, inet6 ? 0 : lost,
	    inet6 ? good : 0, inet6 ? lost : 0);
	strlcat(probes, line, sizeof(probes));
}

static void
run(const char *text)
{
	struct conf *conf = conf_of(text);
	struct sample_list l;

	replay_free(&r);
	sample_list_load(&l, probes);
	assert_int_equal(l.broken, 0);
	replay_run(&r, &l, conf);
	sample_list_free(&l);
	conf_free(conf);
}

static void
outage(void **state)
{
	(void)state;
	begin();
	rounds(40, 0, 0);
	rounds(40, 3, 3);
	rounds(40, 0, 0);
	run(PRIMARY "}\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.rounds, 120);
	assert_true(r.from_ms == NOON && r.to_ms == NOON + now);
	assert_int_equal(r.failovers, 1);
	assert_int_equal(r.fallbacks, 1);
	assert_int_equal(r.n, 2);
	/* two bad rounds, and the backup is proved */
	assert_in_range(r.moment[0].ms - NOON, 58800, 61000);
	assert_int_equal(r.moment[0].uplink, 1);
	assert_int_equal(r.moment[0].cause, MSG_CAUSE_UPSTREAM);
	assert_int_equal(r.moment[1].uplink, 0);
	/* stable for 10 s, and up to 20 % more */
	assert_in_range(r.moment[1].ms - NOON, 122000, 130000);
	assert_true(r.backup_ms == r.moment[1].ms - r.moment[0].ms);
	assert_int_equal(r.unknown, 0);
}

/* The same with less patience, more, and an operator. */
static void
otherwise(void **state)
{
	int i;

	(void)state;
	begin();
	for (i = 0; i < 3; i++) {
		rounds(40, 0, 0);
		rounds(2, 3, 3);
	}
	rounds(40, 0, 0);
	run(PRIMARY "}\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 3);
	run(PRIMARY "probe { retry 4 } }\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 0);
	run(PRIMARY "}\nbackup wan2\nfallback manual\n");
	assert_int_equal(r.failovers, 1);
	assert_int_equal(r.fallbacks, 0);
	assert_true(r.backup_ms > 100000);
	/* it is over before a call is placed */
	run(PRIMARY "}\nbackup pots { modem \"/dev/ttyS0\" phone \"5551234\" "
		    "}\n" AUTOMATIC);
	assert_int_equal(r.failovers, 0);
}

/* One target dies, or one probe in three is lost. */
static void
quorums(void **state)
{
	(void)state;
	begin();
	rounds(40, 0, 0);
	rounds(40, 0, 3);
	rounds(40, 0, 0);
	run(PRIMARY "}\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 0);
	run(PRIMARY "probe { require all } }\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 1);
	begin();
	rounds(40, 0, 0);
	rounds(40, 1, 1);
	rounds(40, 0, 0);
	run(PRIMARY "}\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 0);
	run(PRIMARY "probe { success all } }\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 1);
	assert_int_equal(r.moment[0].cause, MSG_CAUSE_SOME_TARGETS);
}

/* Of targets that were not probed nothing is known. */
static void
targets(void **state)
{
	(void)state;
	begin();
	rounds(40, 0, 0);
	rounds(40, 0, 3);
	rounds(40, 0, 0);
	run("primary eth1 { target 198.51.100.9 target 198.51.100.8 }\n"
	    "backup wan2\n" AUTOMATIC);
	assert_int_equal(r.unknown, 1);
	assert_int_equal(r.failovers, 1);
	run("primary eth1 { target 198.51.100.9 }\nbackup wan2\n");
	assert_int_equal(r.rounds, 0);
	assert_int_equal(r.unknown, 1);
	run("primary eth7 { target 198.51.100.8 }\nbackup wan2\n");
	assert_int_equal(r.rounds, 0);
}

/* Lost carrier decides at once, congestion never. */
static void
causes(void **state)
{
	(void)state;
	begin();
	rounds(40, 0, 0);
	strlcat(probes,
	    "R\t1790000056000\t0\teth1\t0\t1\t3\t1\t0\t0\t0\t0\t0\t0\n",
	    sizeof(probes));
	now += 5000;
	rounds(40, 0, 0);
	run(PRIMARY "}\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 1);
	assert_int_equal(r.moment[0].cause, MSG_CAUSE_CARRIER);
	begin();
	rounds(40, 0, 0);
	strlcat(probes,
	    "R\t1790000056000\t50000\teth1\t0\t2\t12\t30\t0\t90\t0\t0\t90\t0\n",
	    sizeof(probes));
	now += 50000;
	rounds(40, 0, 0);
	run(PRIMARY "}\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 0);
}

/*
 * Both families are dead from 20 to 38, which is long enough for a call: they
 * are taken round by round, though their lines overlap.
 */
static void
families(void **state)
{
	static const char *const site =
	    "primary eth1 { target 198.51.100.7 target 2001:db8:5::7\n"
	    "decide %s }\n"
	    "backup pots { modem \"/dev/ttyS0\" phone \"5551234\"\n"
	    "dial { after 0s } }\n" AUTOMATIC;
	char text[512];

	(void)state;
	strlcpy(probes,
	    "T\teth1\t0\t0\t0\t0\t198.51.100.7\n"
	    "T\teth1\t0\t1\t1\t0\t2001:db8:5::7\n",
	    sizeof(probes));
	family_rounds(0, 0, 10, 0);
	family_rounds(1, 0, 20, 0);
	family_rounds(0, 10, 40, 1);
	family_rounds(1, 20, 38, 1);
	family_rounds(1, 38, 98, 0);
	family_rounds(0, 40, 100, 0);
	snprintf(text, sizeof(text), site, "any");
	run(text);
	assert_int_equal(r.failovers, 1);
	assert_in_range(r.moment[0].ms - NOON, 32000, 33000);
	assert_true(r.from_ms == NOON && r.to_ms == NOON + 100000);
	snprintf(text, sizeof(text), site, "all");
	run(text);
	assert_int_equal(r.failovers, 1);
	assert_in_range(r.moment[0].ms - NOON, 22000, 23000);
}

/* A hot backup is kept proved, however long nothing happens. */
static void
hot(void **state)
{
	int i;

	(void)state;
	begin();
	for (i = 0; i < 100; i++)
		rounds(40, 0, 0);
	rounds(40, 3, 3);
	rounds(40, 0, 0);
	run(PRIMARY
	    "}\nbackup wan2 { interface standby hot every 5s }\n" AUTOMATIC);
	assert_int_equal(r.failovers, 1);
	assert_int_equal(r.fallbacks, 1);
}

/* Years without a round, which the clock may have jumped, are no outage. */
static void
gap(void **state)
{
	(void)state;
	begin();
	rounds(40, 0, 0);
	rounds(40, 3, 3);
	now += INT64_C(400) * 86400 * 1000;
	rounds(40, 0, 0);
	run(PRIMARY
	    "}\nbackup wan2 { interface standby hot every 1s }\n" AUTOMATIC);
	assert_int_equal(r.failovers, 1);
	assert_int_equal(r.fallbacks, 0);
	assert_in_range(r.backup_ms, 3600 * 1000, 3700 * 1000);
	assert_int_equal(r.rounds, 120);
}

/* A round that lasts 90 minutes is no gap: traffic stays where it is. */
static void
long_round(void **state)
{
	(void)state;
	begin();
	rounds(40, 0, 0);
	rounds(2, 3, 3);
	strlcat(probes,
	    "R\t1790000059000\t5400000\teth1\t0\t1\t3\t1\t0\t9\t0\t0\t9\t0\n",
	    sizeof(probes));
	now += 5400200;
	rounds(40, 0, 0);
	run(PRIMARY "probe { retry 0 } }\nbackup wan2\n" AUTOMATIC);
	assert_int_equal(r.failovers, 1);
	assert_int_equal(r.fallbacks, 1);
	assert_in_range(r.backup_ms, 5400000, 5500000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outage),
		cmocka_unit_test(otherwise),
		cmocka_unit_test(quorums),
		cmocka_unit_test(targets),
		cmocka_unit_test(causes),
		cmocka_unit_test(families),
		cmocka_unit_test(hot),
		cmocka_unit_test(gap),
		cmocka_unit_test(long_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
