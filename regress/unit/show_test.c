/* SPDX-License-Identifier: ISC */
/* What the real parent tells of itself, and what screens make of it. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/clock.h"
#include "regress/unit/show_rig.h"

static const char site[] =
    "primary eth1 { target 198.51.100.7\n target 198.51.100.8 }\n"
    "backup wan2\n"
    "fallback automatic { after 0s stable 0s drain 0s }\n"
    "alarm \"/bin/true\"\n";

/* The metrics that are moments; the caller frees them. */
static char *
moments(void)
{
	char *all = NULL, *text = NULL, *next, *line;
	size_t size;
	FILE *f = open_memstream(&all, &size);

	ctl_metrics(f, CTL_SHOW_METRICS, show_summary());
	fclose(f);
	f = open_memstream(&text, &size);
	for (next = all; (line = strsep(&next, "\n")) != NULL;)
		if (line[0] != '#' && (strstr(line, "timestamp_") != NULL ||
					  strstr(line, "start_time") != NULL))
			fprintf(f, "%s\n", line);
	fclose(f);
	free(all);
	return text;
}

static double
value(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	CHECK(p != NULL && strchr(p, ' ') != NULL);
	return strtod(strchr(p, ' '), NULL);
}

/* A gauge that changes says that something happened: it must not by itself. */
static void
story_moments(void)
{
	char *first, *later, *set;
	double hold, oldest, proved;

	rig_home(site);
	alarms_raise("test", MSG_UPLINK_NONE, "waits");
	parent->machine.held = MACHINE_PRIMARY;
	parent->machine.held_until = monotime_add_ms(monotime_now(), 90000);
	parent->uplink[1].proved = monotime_now();
	first = moments();
	clock_ahead_ms = 12345;
	later = moments();
	if (strcmp(first, later) != 0)
		fprintf(stderr, "%s-- and then\n%s", first, later);
	CHECK(strcmp(first, later) == 0);
	clock_set_ms = 5000; /* all of them were at another time */
	set = moments();
	CHECK(value(set, "start_time") - value(first, "start_time") > 4);
	hold = value(first, "hold_until");
	CHECK(value(set, "hold_until") - hold > 4);
	oldest = value(first, "alarm_oldest");
	CHECK(value(set, "alarm_oldest") - oldest > 4);
	CHECK(hold - oldest > 80 && hold - oldest <= 91);
	proved = value(first, "backup_proved");
	CHECK(value(set, "backup_proved") - proved > 4);
	free(first);
	free(later);
	free(set);
}

static void
test_moments(void **state)
{
	(void)state;
	assert_int_equal(rig_story(story_moments), 0);
}

/* Found after 1.2 s, proved in 8 s, and the network takes 0.9 ms. */
static void
use_backup(void)
{
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_facts(1, 1);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state == MACHINE_DIALING);
	clock_ahead_ms += 8000;
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
}

static void
story_outage(void)
{
	const struct ctl_event *e = shown.event;

	rig_home(site);
	use_backup();
	show_summary();
	CHECK(shown.a.nevents == 1 && e->detect_ms >= 1200);
	CHECK(e->prove_ms >= 8000 && e->prove_ms < 60000);
	CHECK(e->outage_ms + 2 >= e->detect_ms + e->prove_ms); /* rounded */
	CHECK(e->outage_ms < 90000);
	CHECK(e->peers_ms == 0); /* there are none */
}

/* It ended nobody's outage. */
static void
story_asked(void)
{
	struct mevent ev = { .type = MEV_FAILOVER, .uplink = 1, .id = ASKER };

	rig_home(site);
	rig_facts(1, 1);
	engine_event(&ev);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	show_summary();
	CHECK(shown.event[0].outage_ms == 0 && shown.event[0].prove_ms > 0);
}

static const char two[] =
    "primary eth1 { target 198.51.100.7\n target 198.51.100.8 }\n"
    "backup wan2\nbackup wan3\n";

/* The backup in use loses its link, and the next one is proved in a minute. */
static void
use_next(void)
{
	rig_facts(1, 0);
	CHECK(parent->machine.state == MACHINE_DIALING);
	clock_ahead_ms += 9000;
	rig_round(2, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	CHECK(parent->machine.want.active == 2);
}

/* Each backup has the times that were its own. */
static void
story_second(void)
{
	struct ctl_event first;

	rig_home(two);
	rig_facts(2, 1);
	use_backup();
	show_summary();
	first = shown.event[0];
	use_next();
	show_summary();
	CHECK(strcmp(shown.event[0].backup, "wan3") == 0);
	CHECK(shown.event[0].outage_ms == first.outage_ms);
	CHECK(shown.event[0].prove_ms == first.prove_ms);
	CHECK(shown.uplink[2].last_outage_ms == 0);
	CHECK(shown.uplink[1].last_outage_ms == first.outage_ms);
}

/* The targets die for everybody, and hours later are looked at again. */
static void
targets_die(void)
{
	int i;

	rig_home(site);
	rig_facts(1, 1);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state == MACHINE_DIALING);
	for (i = 0; i < 9 && !parent->machine.target; i++)
		rig_round(1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	CHECK(parent->machine.target);
	clock_ahead_ms += INT64_C(5) * 3600000;
}

/* The LAN was online meanwhile, and nobody knows until when. */
static void
story_target_again(void)
{
	targets_die();
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state == MACHINE_DIALING);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	show_summary();
	CHECK(shown.event[0].detect_ms > 0 && shown.event[0].outage_ms == 0);
}

/* When the link itself fails they do. */
static void
story_target_link(void)
{
	targets_die();
	parent->machine.target_again = monotime_add_ms(monotime_now(), 3600000);
	rig_round(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	CHECK(parent->machine.state == MACHINE_SUSPECT);
	clock_ahead_ms += 4000;
	rig_round(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	CHECK(parent->machine.state == MACHINE_DIALING);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	show_summary();
	CHECK(shown.event[0].outage_ms >= 4000);
	CHECK(shown.event[0].outage_ms < 60000);
}

/* What another run or version has left open says nothing of a later switch. */
static void
story_adopted(void)
{
	static const char left[] =
	    "E\t0001\t1700000000000000000\t0\t0\t0\t3000\t0\t5\t6\t7\t8\t0\t"
	    "wan2\teth1 upstream dead\t0\t0\t1700000000000000000\t0\n";
	char dir[] = "/tmp/dialfail-show.XXXXXX", path[64];
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/history", dir);
	CHECK((f = fopen(path, "w")) != NULL);
	CHECK(fputs(left, f) >= 0 && fclose(f) == 0);
	history_open(dir, "boot");
	rig_configured(two);
	rig_facts(0, 1);
	rig_facts(1, 1);
	rig_adopt(1, 1);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	clock_ahead_ms += INT64_C(5) * 3600000;
	engine_event_moved(); /* to the other one */
	show_summary();
	unlink(path);
	rmdir(dir);
	CHECK(strcmp(shown.event[0].id, "0001") == 0);
	CHECK(shown.event[0].detect_ms == 3000);
	CHECK(shown.event[0].outage_ms == 0);
}

static void
go_back(void)
{
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_RETURNING);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
}

static void
verdict_ends(const char *end)
{
	const char *verdict = shown.a.summary.verdict;
	size_t len = strlen(verdict), n = strlen(end);

	if (len < n || strcmp(verdict + len - n, end) != 0)
		fprintf(stderr, "%s\n", verdict);
	CHECK(len >= n && strcmp(verdict + len - n, end) == 0);
}

/* Before it was ever used bounds are all that is known. */
static void
story_readiness(void)
{
	const struct ctl_uplink *u = &shown.uplink[1];
	uint32_t bound;

	rig_home(site);
	rig_facts(1, 1);
	show_summary();
	verdict_ends("; backup not proved yet");
	bound = u->takes_ms;
	CHECK(bound > 2000 && bound < 60000);
	CHECK(!u->takes_measured && u->last_outage_ms == 0);
	CHECK(shown.uplink[0].takes_ms == 0);
	rig_facts(1, 0); /* nobody knows how long it would be */
	show_summary();
	CHECK(u->takes_ms == 0 && u->unfit[0] != '\0');
	rig_facts(1, 1);
	use_backup();
	show_summary();
	CHECK(u->takes_ms == 0); /* it does */
	go_back();
	clock_ahead_ms += INT64_C(60) * 3600000;
	show_summary();
	verdict_ends("; backup proved 2 d ago");
	CHECK(u->takes_measured && u->takes_ms >= 8000);
	CHECK(u->last_outage_ms == shown.event[0].outage_ms);
	/* as after a restart: history remembers */
	parent->uplink[1].proved = (struct monotime){ 0 };
	show_summary();
	verdict_ends("; backup proved 2 d ago");
	CHECK(u->proved_known && u->proved_s >= 60 * 3600);
}

static void
test_readiness(void **state)
{
	(void)state;
	assert_int_equal(rig_story(story_readiness), 0);
}

static void
test_outage(void **state)
{
	(void)state;
	assert_int_equal(rig_story(story_outage), 0);
	assert_int_equal(rig_story(story_asked), 0);
	assert_int_equal(rig_story(story_second), 0);
	assert_int_equal(rig_story(story_target_again), 0);
	assert_int_equal(rig_story(story_target_link), 0);
	assert_int_equal(rig_story(story_adopted), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_readiness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
