/* SPDX-License-Identifier: ISC */
/*
 * What a backup costs, in the real parent: calls and octets, those too that
 * were not read when the line went; alarms, and that it is used no more; and
 * drills that are due, have to wait, or fail.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent/cost.h"
#include "parent/drilling.h"
#include "parent/ledger.h"
#include "regress/unit/clock.h"
#include "regress/unit/parent_rig.h"

#define PPP0 12
#define DAY  86400
#define NOON 1764150000 /* some day's */

#define SITE_PAUSING(pause, words)                                      \
	"primary eth1 { target 198.51.100.7\n target 198.51.100.8 }\n"  \
	"backup pots {\n"                                               \
	"	modem \"/dev/ttyS0\"\n"                                       \
	"	phone \"5551\"\n"                                             \
	"	account \"b017\" secret file \"/etc/dialfail/private/isp\"\n" \
	"	dial { after 0s timeout 60s redial 5 backoff " pause    \
	" max " pause " }\n" words "	drill every 1d\n"                  \
	"}\n"
#define SITE_WITH(words) SITE_PAUSING("10ms", words)
#define SITE             SITE_WITH("	budget { bytes 100k dials 2 then refuse }\n")

static const char *site =
    SITE "fallback automatic { after 0s stable 0s drain 0s }\n";

static uint64_t
used(enum conf_cost cost)
{
	return cost_entry(1)->budget.used[cost];
}

/* The octets of the line's interface, as the kernel has them; 100 a packet. */
static void
answered(uint32_t event, uint32_t ifindex, uint64_t octets)
{
	struct msg_net_counted c;

	memset(&c, 0, sizeof(c));
	c.asked.gen = parent->conf.gen;
	c.asked.event = event;
	c.uplink[1].ifindex = ifindex;
	strlcpy(c.uplink[1].ifname, "ppp0", sizeof(c.uplink[1].ifname));
	c.uplink[1].received = octets / 2;
	c.uplink[1].sent = octets - octets / 2;
	c.uplink[1].packets = octets / 100;
	rig_send(CHILD_NETCONF, IMSG_NET_COUNTED, &c, sizeof(c));
}

/* Asked just now. */
static void
counted(uint64_t octets)
{
	answered(history_present(), PPP0, octets);
}

/* The question as it left last; others are passed over. */
static uint32_t
asked_in(void)
{
	struct msg_net_count q = { 0, 0 };
	uint32_t type;

	while ((type = rig_any(CHILD_NETCONF, 0)) != 0)
		if (type == IMSG_NET_COUNT)
			CHECK(imsg_get_data(&rig.imsg, &q, sizeof(q)) == 0);
	CHECK(q.gen == parent->conf.gen);
	return q.event;
}

static void
hung_up(uint32_t was_up, uint64_t octets)
{
	struct msg_ppp_down d;

	memset(&d, 0, sizeof(d));
	d.uplink = 1;
	d.gen = parent->uplink[1].link.gen;
	d.class = MSG_LINK_BACKOFF;
	d.was_up = was_up;
	d.octets = octets;
	strlcpy(d.text, "exit 16: hung up", sizeof(d.text));
	rig_send(CHILD_NETCONF, IMSG_PPP_DOWN, &d, sizeof(d));
	rig_link_result(CHILD_DIALER, IMSG_HANGUP_DONE, 1, MSG_LINK_OK, "");
}

/* Its modem is opened, and the dialer is told to dial. */
static void
dialled(void)
{
	struct msg_link m;
	struct msg_dial d;

	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_expect(CHILD_DIALER, IMSG_DIAL, &d, sizeof(d));
}

/* In an outage, pppd has begun. */
static void
negotiating(void)
{
	struct msg_link m;

	rig_home(site);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	dialled();
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_OK, "CONNECT");
	rig_expect(CHILD_NETCONF, IMSG_PPP_START, &m, sizeof(m));
}

static void
up(void)
{
	negotiating();
	rig_ppp_up(1, 0);
	rig_apply();
}

static void
story_last_octets(void)
{
	up();
	CHECK(used(CONF_COST_DIALS) == 1);
	counted(1000); /* the first count of all is others' doing */
	counted(1500);
	CHECK(used(CONF_COST_BYTES) == 500);
	hung_up(1, 2100);
	CHECK(used(CONF_COST_BYTES) == 1100);
	CHECK(cost_entry(1)->counter.octets == 2100);
}

/* What an event has carried; another interface of the same name begins anew. */
static void
story_of_event(void)
{
	up();
	counted(1000);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	counted(1500);
	CHECK(parent->event.backup_octets == 500);
	CHECK(parent->event.backup_packets == 5);
	answered(1, PPP0 + 1, 700);
	CHECK(parent->event.backup_octets == 1200);
	CHECK(parent->event.backup_packets == 12);
}

/* The backup is proved, used, and left for the primary again. */
static void
there_and_back(void)
{
	up();
	counted(1000);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	counted(1500);
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
}

/*
 * The answer to what was asked at the end comes when all is over, and others
 * have been asked, whose answers are of no event.
 */
static void
story_after_event(void)
{
	uint32_t event;

	there_and_back();
	CHECK(parent->event.ended);
	event = asked_in();
	CHECK(event == 1);
	cost_ask_octets();
	CHECK(asked_in() == 0);
	answered(event, PPP0, 1900);
	CHECK(parent->event.backup_octets == 900);
	answered(0, PPP0, 2000);
	CHECK(parent->event.backup_octets == 900);
}

/* Nor of the next outage, though it has begun when the answer comes. */
static void
story_next_event(void)
{
	struct ctl_event e;
	uint32_t event;

	there_and_back();
	event = asked_in();
	hung_up(1, 0);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(strcmp(parent->event.id, "0002") == 0);
	answered(event, PPP0, 1900);
	CHECK(parent->event.backup_octets == 0);
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.backup_octets == 900 && e.backup_packets == 9);
}

/* What was not read when traffic left pppd tells. */
static void
story_hung_up_after_event(void)
{
	there_and_back();
	hung_up(1, 2100);
	CHECK(parent->event.ended);
	CHECK(parent->event.backup_octets == 1100);
}

/* The backup drains while another is asked for: of the event that is over. */
static void
story_drains_into_next(void)
{
	struct mevent ask = { .type = MEV_FAILOVER, .id = 7, .uplink = 2 };
	struct msg_net_drained d = { .uplink = 1 };
	struct ctl_event e;

	site = SITE "backup dsl { interface eth3 }\n"
		    "fallback automatic { after 0s stable 0s drain 30s "
		    "}\n";
	there_and_back();
	rig_facts(2, 1);
	CHECK(parent->machine.state == MACHINE_RETURNING);
	engine_event(&ask);
	CHECK(strcmp(parent->event.id, "0002") == 0);
	CHECK(asked_in() == 1); /* where one ends no other one asks */
	counted(1900);
	rig_send(CHILD_NETCONF, IMSG_NET_DRAINED, &d, sizeof(d));
	hung_up(1, 2100);
	CHECK(parent->event.backup_octets == 0);
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.backup_octets == 1100 && e.ended);
}

/* An answer before netconf said that it goes on: of that event all the same. */
static void
story_before_adoption(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX", path[64];
	int status;
	pid_t pid;

	CHECK(mkdtemp(dir) != NULL);
	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		history_open(dir, "boot");
		up();
		rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
		rig_apply();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	clock_ahead_ms = 30000;
	history_open(dir, "boot");
	rig_configured(site);
	rig_facts(0, 1);
	rig_ppp_up(1, 1);
	CHECK(asked_in() == 1);
	counted(1000);
	counted(1500);
	rig_adopt(1, 1);
	CHECK(strcmp(parent->event.id, "0001") == 0);
	CHECK(parent->event.backup_octets == 500);
	engine_account(); /* and it was no sign of life */
	CHECK(parent->event.backup_s >= 30);
	snprintf(path, sizeof(path), "%s/history", dir);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0);
}

/* Of a drill after it, which is an event of its own. */
static void
story_drill_after_event(void)
{
	int64_t now = NOON;
	struct ctl_event e;

	there_and_back();
	answered(asked_in(), PPP0, 1900);
	hung_up(1, 0);
	(void)drilling_look(now);
	cost_entry(1)->drill.done = 1;
	rig_until(!drilling_look(now + DAY));
	CHECK(parent->machine.drill.uplink == 1 && history_present() == 2);
	counted(5000);
	counted(9000);
	CHECK(parent->event.backup_octets == 900);
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.backup_octets == 900);
	CHECK(history_event("0002", &e, NULL, NULL) == 0 && !e.ended);
}

/* Stranded for hours, without a call: what is known of it is written. */
static void
story_stranded_for_hours(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX", path[64];
	struct ctl_event e;
	int64_t seen_ns;
	int i;

	CHECK(mkdtemp(dir) != NULL);
	history_open(dir, "boot");
	negotiating();
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	seen_ns = e.seen_ns;
	for (i = 0; i < 3; i++) {
		cost_write(); /* as after each dial */
		clock_ahead_ms += 25 * 60 * 1000;
		cost_reloaded();
	}
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK((e.seen_ns - seen_ns) / 1000000000 >= 75 * 60);
	snprintf(path, sizeof(path), "%s/history", dir);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0);
}

/* What came before an event, and was asked for then, is not of it. */
static void
story_before_event(void)
{
	rig_home(site);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(history_present() == 1);
	CHECK(asked_in() == 0);
	cost_ask_octets();
	CHECK(asked_in() == 1);
}

/* pppd of an earlier run told another netconf, or counts in 32 bits. */
static void
story_no_last_octets(void)
{
	up();
	counted(1000);
	counted(1500);
	hung_up(1, 0);
	CHECK(used(CONF_COST_BYTES) == 500);
}

/* What is told of a line that never was has no interface. */
static void
story_never_up(void)
{
	negotiating();
	counted(1000);
	hung_up(0, 9000);
	CHECK(used(CONF_COST_BYTES) == 0);
}

static void
story_alarms(void)
{
	struct msg_alarm a;

	up();
	counted(1000);
	counted(81000);
	rig_alarm("budget", &a);
	CHECK(strstr(a.text, "75 % of its budget: bytes") != NULL);
	hung_up(1, 101000); /* the last of them came with the end */
	rig_alarm("budget", &a);
	CHECK(strstr(a.text, "100 % of its budget: bytes") != NULL);
	CHECK(
	    strstr(a.text, "in 10 minutes it is used for no new call") != NULL);
	CHECK(cost_barred(1) == NULL); /* not without warning */
}

static void
story_drill_due(void)
{
	struct drill_past *past;
	int64_t now = NOON;

	rig_home(site);
	past = &cost_entry(1)->drill;
	CHECK(!drilling_look(now)); /* it is new here */
	CHECK(past->last_s == now);
	past->done = 1;
	CHECK(!drilling_look(now + DAY - 1));
	CHECK(parent->machine.drill.uplink == MACHINE_NONE);
	CHECK(!drilling_look(now + DAY));
	CHECK(parent->machine.drill.uplink == 1);
	dialled();
	CHECK(used(CONF_COST_DIALS) == 1);
	/* one at a time, and not without a clock */
	CHECK(!drilling_look(now + 3 * DAY) && !drilling_look(0));
}

static void
story_drill_waits(void)
{
	int64_t now = NOON;

	rig_home(site);
	(void)drilling_look(now);
	cost_entry(1)->drill.done = 1;
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(drilling_look(now + DAY));
	CHECK(parent->machine.drill.uplink == MACHINE_NONE);
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(!drilling_look(now + DAY));
	CHECK(parent->machine.drill.uplink == 1);
}

/* The clock was ahead when the last one was noted. */
static void
story_drill_clock(void)
{
	int64_t now = NOON;

	rig_home(site);
	cost_entry(1)->drill.last_s = now + 400 * DAY;
	cost_entry(1)->drill.done = 1;
	CHECK(!drilling_look(now));
	CHECK(cost_entry(1)->drill.last_s == now);
}

static void
story_drill_fails(void)
{
	struct msg_alarm a;
	int64_t now = NOON;

	rig_home(site);
	(void)drilling_look(now);
	cost_entry(1)->drill.done = 1;
	CHECK(!drilling_look(now + DAY));
	dialled();
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_BACKOFF, "NO CARRIER");
	rig_link_result(CHILD_DIALER, IMSG_HANGUP_DONE, 1, MSG_LINK_OK, "");
	rig_alarm("drill", &a);
	CHECK(strstr(a.text, "NO CARRIER") != NULL);
	CHECK(strstr(drilling_result(), "failed: ") == drilling_result());
	CHECK(cost_entry(1)->drill.done && !cost_entry(1)->drill.ok);
}

/*
 * Used up, and ten minutes later.  The primary is back in the pause before it
 * would be dialled again.
 */
static void
over_its_budget(void)
{
	up();
	counted(1000);
	counted(102000);
	hung_up(1, 0);
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	(void)drilling_look(NOON);
	cost_entry(1)->drill.done = 1;
	clock_ahead_ms += 11 * 60 * 1000;
	cost_reloaded(); /* what its timer does */
}

static void
story_over_refused(void)
{
	site = SITE_PAUSING("1m", "	budget { bytes 100k dials 2 then "
				  "refuse }\n") "fallback automatic { after 0s "
						"stable 0s drain 0s }\n";
	over_its_budget();
	CHECK(cost_barred(1) != NULL);
	CHECK(drilling_look(NOON + DAY)); /* it waits */
	CHECK(parent->machine.drill.uplink == MACHINE_NONE);
}

/* "then alarm" is an alarm, and nothing else. */
static void
story_over_alarmed(void)
{
	struct msg_alarm a;

	site = SITE_PAUSING("1m",
	    "	budget { bytes 100k then alarm }\n") "fallback automatic { "
						     "after 0s stable 0s drain "
						     "0s }\n";
	over_its_budget();
	rig_alarm("budget", &a);
	CHECK(strstr(a.text, "it goes on") != NULL);
	CHECK(cost_barred(1) == NULL);
	CHECK(!drilling_look(NOON + DAY));
	CHECK(parent->machine.drill.uplink == 1);
	dialled();
}

/* One that takes so long until it is proved. */
static void
good_drill(int64_t ms)
{
	struct mevent ask = { .type = MEV_DRILL, .uplink = 1 };
	struct msg_measured done = { .uplink = 1, .mtu = 1500, .kbps = 40 };
	struct msg_measure m;
	struct msg_link l;

	engine_event(&ask);
	dialled();
	clock_ahead_ms += ms;
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_OK, "CONNECT");
	rig_expect(CHILD_NETCONF, IMSG_PPP_START, &l, sizeof(l));
	rig_ppp_up(1, 0);
	rig_apply();
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_expect(CHILD_PROBER, IMSG_MEASURE, &m, sizeof(m));
	done.gen = m.gen;
	rig_send(CHILD_PROBER, IMSG_MEASURED, &done, sizeof(done));
	CHECK(parent->machine.drill.uplink == MACHINE_NONE);
	hung_up(1, 0);
}

/* It takes twice as long as it did: told once, at the first of them. */
static void
story_drill_slower(void)
{
	struct drill_past *past;
	struct ctl_drill shown;
	struct msg_alarm a;
	int i;

	site = SITE_WITH("") "fallback automatic { after 0s stable 0s }\n";
	rig_home(site);
	past = &cost_entry(1)->drill;
	for (i = 0; i < 10; i++)
		good_drill(5000);
	CHECK(past->n == 10 && !past->slow_told);
	good_drill(11000);
	rig_alarm("drill", &a);
	CHECK(strstr(a.text, "pots: 95 of 100 drills are ready within 11.") ==
	      a.text);
	CHECK(strstr(a.text, "; it was 5.") != NULL);
	while (past->n < 20) {
		good_drill(11000);
		CHECK(past->slow_told);
	}
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	drilling_fill(1, &shown);
	CHECK(shown.samples == 20);
	CHECK(shown.p50_ms >= 5000 && shown.p50_ms < 11000);
	CHECK(shown.p95_ms >= 11000 && shown.p95_ms < 16000);
}

/* A run that ends without a word, on the backup, held for an hour. */
static void
held_run(const char *dir, uint32_t uplink)
{
	struct mevent hold = { .type = MEV_HOLD, .id = 1, .ms = 3600 * 1000 };
	int status;
	pid_t pid;

	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		rig.boot = "first";
		rig.state = dir;
		if (uplink == 0)
			rig_home(site);
		else {
			up();
			rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
			rig_apply();
		}
		engine_event(&hold);
		CHECK(parent->machine.held == uplink);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
next_run(const char *dir, const char *boot, uint32_t uplink)
{
	char path[64];

	rig.boot = boot;
	rig.state = dir;
	rig_configured(site);
	rig_facts(0, 1);
	if (uplink != 0)
		rig_ppp_up(uplink, 1);
	rig_adopt(uplink, 1);
	snprintf(path, sizeof(path), "%s/backups", dir);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0);
}

static int
hold_left(int64_t s)
{
	int64_t ms =
	    monotime_ms_between(monotime_now(), parent->machine.held_until);

	return ms > (s - 60) * 1000 && ms <= s * 1000;
}

static void
story_hold_outlives(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX";

	CHECK(mkdtemp(dir) != NULL);
	held_run(dir, 1);
	clock_ahead_ms = 600 * 1000;
	next_run(dir, "first", 1);
	CHECK(parent->machine.held == 1 && hold_left(3000));
}

/* Of another boot only the clock on the wall knows how long ago that was. */
static void
story_hold_of_other_boot(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX";

	CHECK(mkdtemp(dir) != NULL);
	held_run(dir, 0);
	clock_set_ms = 600 * 1000;
	next_run(dir, "second", 0);
	CHECK(parent->machine.held == 0 && hold_left(3000));
}

static void
story_hold_without_clock(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX";
	struct timespec now;

	CHECK(mkdtemp(dir) != NULL);
	held_run(dir, 0);
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
	clock_set_ms = (1000 - now.tv_sec) * 1000;
	next_run(dir, "second", 0);
	CHECK(parent->machine.held == 0 && hold_left(3600));
}

/* Nor is another one held whose name is a word for it. */
static void
story_hold_before_adoption(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX", path[64];
	struct ledger l;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	held_run(dir, 1);
	site = "primary eth1 { target 198.51.100.7 }\nbackup dsl { interface "
	       "eth3 }\n";
	rig.boot = "first";
	rig.state = dir;
	rig_configured(site);
	cost_write();
	snprintf(path, sizeof(path), "%s/backups", dir);
	CHECK((f = fopen(path, "re")) != NULL);
	CHECK(ledger_read(f, &l) == 0);
	fclose(f);
	CHECK(strcmp(l.held, "pots") == 0);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0);
}

/* The flap cap's failovers have become as much older. */
static void
story_failover_of_other_boot(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX";
	int64_t ms;

	CHECK(mkdtemp(dir) != NULL);
	held_run(dir, 1);
	clock_set_ms = 600 * 1000;
	next_run(dir, "second", 0);
	CHECK(parent->machine.nfailovers == 1);
	ms = monotime_ms_between(parent->machine.failover[0], monotime_now());
	CHECK(ms >= 600 * 1000 && ms < 660 * 1000);
}

/* However far a clock was set. */
static void
story_failover_of_old(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX";
	int64_t ms;

	CHECK(mkdtemp(dir) != NULL);
	held_run(dir, 1);
	clock_set_ms = LEDGER_AGE_MAX_MS + 10 * 1000;
	next_run(dir, "second", 0);
	ms = monotime_ms_between(parent->machine.failover[0], monotime_now());
	CHECK(ms >= LEDGER_AGE_MAX_MS && ms < LEDGER_AGE_MAX_MS + 60 * 1000);
}

/* Of a backup that is configured no more. */
static void
story_hold_of_none(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX";
	struct msg_alarm a;

	CHECK(mkdtemp(dir) != NULL);
	held_run(dir, 1);
	site = "primary eth1 { target 198.51.100.7 }\nbackup dsl { interface "
	       "eth3 }\n";
	next_run(dir, "first", 0);
	CHECK(parent->machine.held == MACHINE_NONE);
	rig_alarm("hold-ended", &a);
}

/* A full disk took no grant: not only after an hour is it tried again. */
static void
story_not_written(void)
{
	char dir[] = "/tmp/dialfail-cost.XXXXXX", path[64];
	struct rlimit files;
	struct stat st;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/backups", dir);
	cost_open(dir);
	rig_home(site);
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &files) == 0);
	files.rlim_cur = 10;
	CHECK(setrlimit(RLIMIT_FSIZE, &files) == 0);
	cost_grant(0, 1, CONF_COST_BYTES, 1000);
	CHECK(stat(path, &st) == -1);
	files.rlim_cur = files.rlim_max;
	CHECK(setrlimit(RLIMIT_FSIZE, &files) == 0);
	cost_reloaded();
	CHECK(stat(path, &st) == 0 && st.st_size > 10);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0); /* and nothing else */
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}

STORY(last_octets)
STORY(of_event)
STORY(after_event)
STORY(next_event)
STORY(hung_up_after_event)
STORY(drains_into_next)
STORY(before_adoption)
STORY(drill_after_event)
STORY(before_event)
STORY(stranded_for_hours)
STORY(no_last_octets)
STORY(never_up)
STORY(alarms)
STORY(drill_due)
STORY(drill_waits)
STORY(drill_clock)
STORY(drill_fails)
STORY(drill_slower)
STORY(over_refused)
STORY(over_alarmed)
STORY(not_written)
STORY(hold_outlives)
STORY(hold_of_other_boot)
STORY(hold_without_clock)
STORY(failover_of_other_boot)
STORY(failover_of_old)
STORY(hold_of_none)
STORY(hold_before_adoption)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_octets),
		cmocka_unit_test(test_of_event),
		cmocka_unit_test(test_after_event),
		cmocka_unit_test(test_next_event),
		cmocka_unit_test(test_hung_up_after_event),
		cmocka_unit_test(test_drains_into_next),
		cmocka_unit_test(test_before_adoption),
		cmocka_unit_test(test_drill_after_event),
		cmocka_unit_test(test_before_event),
		cmocka_unit_test(test_stranded_for_hours),
		cmocka_unit_test(test_no_last_octets),
		cmocka_unit_test(test_never_up),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_drill_due),
		cmocka_unit_test(test_drill_waits),
		cmocka_unit_test(test_drill_clock),
		cmocka_unit_test(test_drill_fails),
		cmocka_unit_test(test_drill_slower),
		cmocka_unit_test(test_over_refused),
		cmocka_unit_test(test_over_alarmed),
		cmocka_unit_test(test_not_written),
		cmocka_unit_test(test_hold_outlives),
		cmocka_unit_test(test_hold_of_other_boot),
		cmocka_unit_test(test_hold_without_clock),
		cmocka_unit_test(test_failover_of_other_boot),
		cmocka_unit_test(test_failover_of_old),
		cmocka_unit_test(test_hold_of_none),
		cmocka_unit_test(test_hold_before_adoption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
