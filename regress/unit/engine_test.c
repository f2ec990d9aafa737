/* SPDX-License-Identifier: ISC */
/*
 * The parent as a whole, but for its processes: configuration in, rounds in,
 * and what it asks of netconf, dialer and prober.  The state machine has its
 * own tests; here it is about messages, their order and who may send what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "regress/unit/clock.h"
#include "regress/unit/parent_rig.h"

#define ALONE                                                          \
	"primary eth1 {\n"                                             \
	"	target 198.51.100.7\n	target 198.51.100.8\n"                 \
	"	target 192.0.2.1 near\n"                                     \
	"}\n"                                                          \
	"backup pots {\n"                                              \
	"	modem \"/dev/ttyS0\" speed 115200\n"                         \
	"	phone \"5551\" \"5552\"\n"                                   \
	"	account \"b017\" secret file "                               \
	"\"/etc/dialfail/private/isp\"\n"                              \
	"	dial { after 0s timeout 60s redial 2 backoff 10ms max 10ms " \
	"}\n"                                                          \
	"}\n"                                                          \
	"fallback automatic { after 0s stable 0s drain 0s }\n"
#define SITE ALONE "backup dsl { interface eth3 }\n"

static void
home(void)
{
	rig_home(SITE);
}

static void
primary_dies(void)
{
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state == MACHINE_SUSPECT);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state == MACHINE_DIALING);
}

/* From the dial command to a proved link. */
static void
dial(void)
{
	struct msg_link m;
	struct msg_dial d;
	struct msg_probe p;

	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	CHECK(m.uplink == 1);
	rig_tty(1);
	rig_expect(CHILD_DIALER, IMSG_TTY, &m, sizeof(m));
	rig_expect(CHILD_DIALER, IMSG_DIAL, &d, sizeof(d));
	CHECK(msg_dial_valid(&d) && d.deadline_ms <= 60000);
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_OK, "CONNECT 115200");
	rig_expect(CHILD_NETCONF, IMSG_PPP_START, &m, sizeof(m));
	rig_ppp_up(1, 0);
	rig_apply(); /* its own table */
	do
		rig_expect(CHILD_PROBER, IMSG_PROBE, &p, sizeof(p));
	while (p.uplink != 1 || p.mode != MSG_PROBE_BURST);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
}

static void
story_outage(void)
{
	struct msg_net_want w;
	struct msg_link m;
	struct msg_alarm a;

	home();
	primary_dies();
	CHECK(parent->event.id[0] != '\0' && !parent->event.ended);
	dial();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	w = rig_apply();
	CHECK(w.active == 1);
	rig_expect(CHILD_NETCONF, IMSG_ALARM, &a, sizeof(a));
	CHECK(strcmp(a.kind, "failover") == 0);
	CHECK(history_counters()->failovers == 1);
	CHECK(parent->event.dials == 1);
	CHECK(strcmp(parent->event.backup, "pots") == 0);
	CHECK(strcmp(parent->event.cause, "eth1 upstream dead") == 0);
	CHECK(parent->event.detect_ms >= 1200);

	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_RETURNING);
	w = rig_apply();
	CHECK(w.active == 0);
	rig_expect(CHILD_NETCONF, IMSG_PPP_STOP, &m, sizeof(m));
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	CHECK(history_counters()->fallbacks == 1);
	CHECK(parent->event.ended && parent->event.clean);
}

/* BUSY, then the next number; hung up before each new try. */
static void
story_busy(void)
{
	struct msg_link m;
	struct msg_dial d;

	rig_home(ALONE); /* nothing else is tried while it pauses */
	primary_dies();
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_expect(CHILD_DIALER, IMSG_DIAL, &d, sizeof(d));
	CHECK(d.phone == 0);
	/* at once: in a pause the other backup would be tried */
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_RETRY, "BUSY");
	rig_expect(CHILD_DIALER, IMSG_HANGUP, &m, sizeof(m));
	CHECK(parent->uplink[1].link.phase == LINK_HANGING_UP);
	rig_link_result(
	    CHILD_DIALER, IMSG_HANGUP_DONE, 1, MSG_LINK_OK, "hung up");
	rig_expect(CHILD_NETCONF, IMSG_TTY_CLOSE, &m, sizeof(m));
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_expect(CHILD_DIALER, IMSG_DIAL, &d, sizeof(d));
	CHECK(d.phone == 1);
	CHECK(parent->machine.nfailed_dials == 1);
	/* an answer to the try before is out of date */
	d.gen--;
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_OK, "CONNECT");
	CHECK(parent->uplink[1].link.phase == LINK_NEGOTIATING);
}

/* In standby the modem is made ready; a dial then takes the port over. */
static void
story_warm(void)
{
	struct msg_modem modem = { .uplink = 1, .state = MSG_MODEM_READY };
	struct msg_link m;
	struct msg_dial d;
	char text[MSG_TEXT_LEN];

	home();
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	CHECK(parent->uplink[1].link.phase == LINK_IDLE);
	rig_tty(1);
	rig_expect(CHILD_DIALER, IMSG_TTY, &m, sizeof(m));
	rig_expect(CHILD_DIALER, IMSG_WARM, &m, sizeof(m));
	modem.gen = m.gen;
	modem.tried[1] = 3;
	modem.helped[1] = 2;
	rig_send(CHILD_DIALER, IMSG_MODEM, &modem, sizeof(modem));
	link_modem_text(&parent->uplink[1], text, sizeof(text));
	CHECK(strcmp(text, "ready, DTR helped 2 of 3 times") == 0);
	primary_dies();
	rig_expect(CHILD_DIALER, IMSG_DIAL, &d, sizeof(d));
	CHECK(d.gen == m.gen);
	CHECK(rig_count(CHILD_NETCONF, IMSG_TTY_OPEN) == 0);
	CHECK(parent->uplink[1].link.dials == 1);
}

/* One that is not ready is closed, and told of when it stays so. */
static void
story_not_ready(void)
{
	struct msg_modem modem = { .uplink = 1,
		.state = MSG_MODEM_SILENT,
		.text = "no answer to ATZ" };
	struct msg_link m;
	struct msg_dial d;
	char text[MSG_TEXT_LEN];

	home();
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_expect(CHILD_DIALER, IMSG_WARM, &m, sizeof(m));
	modem.gen = m.gen;
	rig_send(CHILD_DIALER, IMSG_MODEM, &modem, sizeof(modem));
	rig_expect(CHILD_NETCONF, IMSG_TTY_CLOSE, &m, sizeof(m));
	link_modem_text(&parent->uplink[1], text, sizeof(text));
	CHECK(strcmp(text, "not ready: no answer to ATZ") == 0);
	CHECK(parent->uplink[1].link.refused == 1);
	/* it is dialled all the same, from the start */
	primary_dies();
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_expect(CHILD_DIALER, IMSG_DIAL, &d, sizeof(d));
	CHECK(d.gen == modem.gen + 1);
}

/* netconf could not open the port. */
static void
no_port(uint32_t class)
{
	struct msg_link m;

	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_link_result(CHILD_NETCONF, IMSG_TTY_FAILED, 1, class,
	    "/dev/ttyS0: hung up by the modem: waiting");
}

/* A port that is not there at once is no alarm; nor is the next one's first. */
static void
story_no_port(void)
{
	struct msg_alarm a;
	struct msg_link m;
	uint32_t got;

	rig_home(ALONE);
	primary_dies();
	no_port(MSG_LINK_BACKOFF);
	while ((got = rig_any(CHILD_NETCONF, 100)) != IMSG_TTY_OPEN)
		CHECK(got != 0 && got != IMSG_ALARM);
	rig_link_result(CHILD_NETCONF, IMSG_TTY_FAILED, 1, MSG_LINK_BACKOFF,
	    "/dev/ttyS0: hung up by the modem: waiting");
	rig_alarm("no-modem", &a);
	CHECK(strcmp(a.text, "pots: /dev/ttyS0: hung up by the modem: "
			     "waiting") == 0);
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	CHECK(parent->uplink[1].link.absent == 0);
}

/* One that a person has to see to is told at once. */
static void
story_unfit_port(void)
{
	struct msg_alarm a;

	rig_home(ALONE);
	primary_dies();
	no_port(MSG_LINK_GIVEUP);
	rig_alarm("no-modem", &a);
}

/* Found on a pppd from before: backup, 0 dials, probes through it. */
static void
adopted(int manual)
{
	char text[1024];
	struct msg_probe p;
	struct msg_net_want w;

	snprintf(text, sizeof(text), "%s%s", SITE,
	    manual ? "fallback manual\n" : "");
	if (manual) {
		char *end = strstr(text, "fallback automatic");

		strlcpy(end, "fallback manual\n",
		    sizeof(text) - (size_t)(end - text));
	}
	rig_configured(text);
	rig_facts(0, 1);
	rig_ppp_up(1, 1);
	CHECK(parent->uplink[1].link.phase == LINK_UP);
	CHECK(parent->machine.state == MACHINE_STARTING);
	rig_adopt(1, 1);
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	CHECK(parent->machine.want.active == 1);
	w = rig_apply();
	CHECK(w.active == 1);
	do
		rig_expect(CHILD_PROBER, IMSG_PROBE, &p, sizeof(p));
	while (p.uplink != 1 || p.mode != MSG_PROBE_ROUNDS);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_round(1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.want.active == 1);
	CHECK(parent->event.dials == 0 && parent->uplink[1].link.dials == 0);
	CHECK(rig_count(CHILD_NETCONF, IMSG_TTY_OPEN) == 0);
	CHECK(history_counters()->failovers == 0);
}

static void
story_adopted(void)
{
	adopted(0);
	/* and it comes back: an adopted tty is opened again to hang up */
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_RETURNING);
}

static void
story_adopted_manual(void)
{
	adopted(1);
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
}

static char told[1024];

static void
tell(const struct ctl_line *l, void *arg)
{
	if (strcmp(l->who, arg) == 0) {
		strlcat(told, l->text, sizeof(told));
		strlcat(told, "|", sizeof(told));
	}
}

/* What the event under way says of it. */
static int
tells(char *who, const char *text)
{
	struct ctl_event ev;

	told[0] = '\0';
	CHECK(history_event(parent->event.id, &ev, tell, who) >= 0);
	if (strcmp(told, text) != 0)
		fprintf(stderr, "%s: %s\n", who, told);
	return strcmp(told, text) == 0;
}

/* An interface loses one thing after the other, and has all of it again. */
static void
story_lacks(void)
{
	static const char *const text[] = { "no gateway known", "no address",
		"no carrier", "interface down", "interface missing" };
	struct msg_facts f;
	uint32_t i;

	home();
	rig_facts(2, 1);
	primary_dies();
	CHECK(uplink_lacks(2) == NULL && uplink_lacks(0) == NULL);
	f = parent->uplink[2].facts;
	for (i = 0; i < 5; i++) {
		memset(&f.family[FAMILY_INET].gateway, 0,
		    sizeof(f.family[FAMILY_INET].gateway));
		if (i > 0)
			f.family[FAMILY_INET].address.family = AF_UNSPEC;
		f.carrier = i < 2;
		f.up = i < 3;
		f.ifindex = i < 4 ? 12 : 0;
		rig_send(CHILD_NETCONF, IMSG_FACTS, &f, sizeof(f));
		CHECK(strcmp(uplink_lacks(2), text[i]) == 0);
	}
	rig_facts(2, 1);
	CHECK(tells("dsl", "cannot take over: no gateway known|"
			   "cannot take over: no address|"
			   "cannot take over: no carrier|"
			   "cannot take over: interface down|"
			   "cannot take over: interface missing|"
			   "can take over now|"));
}

/* An outage that was there before us was not detected in no time. */
static void
story_dead_at_start(void)
{
	const struct histogram *h;
	char state[] = "state";
	struct msg_round r;
	int i;

	rig_configured(SITE);
	rig_facts(0, 1);
	rig_adopt(0, 0);
	rig_apply();
	for (i = 0; i < 2; i++) {
		rig_fill_round(&r, 0, FAMILY_INET, MSG_BAD, MSG_CAUSE_UPSTREAM);
		r.last_answer_ns = 0;
		rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
	}
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(parent->event.detect_ms == 0);
	(void)tells(state, "");
	CHECK(strstr(told, "eth1 upstream dead: no answer was seen before|") !=
	      NULL);
	CHECK(strstr(told, "detected") == NULL);
	h = &parent->phase[CTL_PHASE_DETECT];
	for (i = 0; i <= HISTOGRAM_BOUNDS; i++)
		CHECK(h->bucket[i] == 0);
}

/* A failover that fails tells so, and of which backup. */
static void
story_asked_failed(void)
{
	struct mevent ask = { .type = MEV_FAILOVER, .id = 7, .uplink = 2 };
	char why[MSG_TEXT_LEN];
	int i;

	home();
	rig_facts(2, 1);
	engine_event(&ask);
	CHECK(strcmp(parent->event.cause, "asked for") == 0);
	for (i = 0; i < 10 && !parent->event.ended; i++)
		rig_round(2, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->event.ended && parent->event.backup[0] == '\0');
	CHECK(strcmp(parent->event.cause, "asked for, dsl failed") == 0);
	failure_text(2, why, sizeof(why));
	CHECK(strcmp(why, "upstream dead: no answer from 198.51.100.7, "
			  "198.51.100.8") == 0);
}

/* The same where no link came up. */
static void
story_asked_not_started(void)
{
	struct mevent ask = { .type = MEV_FAILOVER, .id = 7, .uplink = 1 };
	struct msg_link m;
	char state[] = "state";

	rig_home(ALONE);
	engine_event(&ask);
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_NEXT, "NO DIALTONE");
	rig_link_result(
	    CHILD_DIALER, IMSG_HANGUP_DONE, 1, MSG_LINK_OK, "hung up");
	CHECK(parent->event.ended);
	CHECK(strcmp(parent->event.cause, "asked for, pots failed") == 0);
	CHECK(!tells(state, ""));
	CHECK(strstr(told, "dialing -> primary: the backup could not be "
			   "brought up|") != NULL);
}

/* A drill's alarm says what its reply does. */
static void
story_drill_failed(void)
{
	struct mevent ask = { .type = MEV_DRILL, .id = 7, .uplink = 2 };
	struct msg_alarm a;
	int i;

	home();
	rig_facts(2, 1);
	engine_event(&ask);
	for (i = 0; i < 10 && parent->machine.drill.uplink == 2; i++)
		rig_round(2, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_alarm("drill", &a);
	CHECK(strcmp(a.text,
		  "dsl: the backup could not be proved: upstream "
		  "dead: no answer from 198.51.100.7, 198.51.100.8") == 0);
}

/* What an earlier try failed of says nothing of this one. */
static void
story_failed_before(void)
{
	struct mevent ask = { .type = MEV_FAILOVER, .id = 7, .uplink = 1 };
	struct msg_link m;
	char why[MSG_TEXT_LEN];

	home();
	primary_dies();
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_RETRY, "BUSY");
	failure_text(1, why, sizeof(why));
	CHECK(strcmp(why, "BUSY") == 0);
	rig_link_result(
	    CHILD_DIALER, IMSG_HANGUP_DONE, 1, MSG_LINK_OK, "hung up");
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	engine_event(&ask);
	rig_until(parent->uplink[1].link.phase == LINK_OPENING);
	failure_text(1, why, sizeof(why));
	CHECK(why[0] == '\0');
	CHECK(strcmp(parent->uplink[1].link.last_error, "BUSY") == 0);
	rig_facts(2, 0);
	failure_text(2, why, sizeof(why));
	CHECK(strcmp(why, "no carrier") == 0);
}

static void
carry_on_backup(void)
{
	home();
	primary_dies();
	dial();
	rig_apply();
}

/* What is cleared is over, with its time on the backup. */
static void
story_clear_on_backup(void)
{
	struct mevent stop = { .type = MEV_STOP, .id = 7 };
	struct msg_net_done d;
	uint32_t gen;

	carry_on_backup();
	CHECK(strcmp(parent->event.backup, "pots") == 0);
	clock_ahead_ms += 1100;
	engine_event(&stop);
	rig_expect(CHILD_NETCONF, IMSG_NET_CLEAR, &gen, sizeof(gen));
	CHECK(!parent->event.ended);
	memset(&d, 0, sizeof(d));
	d.gen = gen;
	d.ok = 1;
	rig_send(CHILD_NETCONF, IMSG_NET_DONE, &d, sizeof(d));
	CHECK(parent->quitting);
	CHECK(parent->event.ended && !parent->event.clean);
	CHECK(parent->event.ended_ns != 0 && parent->event.duration_s >= 1);
	CHECK(parent->event.backup_s >= 1);
}

/* A run that leaves traffic on the backup leaves its time there, too. */
static void
story_left_on_backup(void)
{
	struct ctl_event ev;

	carry_on_backup();
	clock_ahead_ms += 1100;
	engine_account();
	CHECK(history_event("", &ev, NULL, NULL) == 0);
	CHECK(!ev.ended && ev.backup_s >= 1);
}

/*
 * Killed on the backup, which carries on; half a minute later, after the
 * clock was set, the next run counts so many seconds there.
 */
static uint32_t
killed_on_backup(const char *boot, int64_t set_s)
{
	char dir[] = "/tmp/dialfail-engine.XXXXXX", path[64];
	int status;
	pid_t pid;

	CHECK(mkdtemp(dir) != NULL);
	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		history_open(dir, "boot");
		carry_on_backup();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	clock_ahead_ms = 30000;
	clock_set_ms = set_s * 1000;
	history_open(dir, boot);
	rig_configured(SITE);
	rig_facts(0, 1);
	rig_ppp_up(1, 1);
	rig_adopt(1, 1);
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	CHECK(strcmp(parent->event.id, "0001") == 0);
	engine_account();
	snprintf(path, sizeof(path), "%s/history", dir);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0);
	return parent->event.backup_s;
}

static void
story_killed_on_backup(void)
{
	uint32_t s = killed_on_backup("boot", 0);

	CHECK(s >= 30 && s < 60);
}

static void
story_killed_clock_ahead(void)
{
	uint32_t s = killed_on_backup("boot", 157000000);

	CHECK(s >= 30 && s < 60);
}

static void
story_killed_clock_back(void)
{
	uint32_t s = killed_on_backup("boot", -86400);

	CHECK(s >= 30 && s < 60);
}

/* How long there was no power nobody knows. */
static void
story_killed_other_boot(void)
{
	CHECK(killed_on_backup("another", 0) < 30);
}

/* The only backup is up and is to be proved. */
static void
proving(void)
{
	struct msg_link m;

	rig_home(ALONE);
	primary_dies();
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_OK, "CONNECT");
	rig_ppp_up(1, 0);
	rig_apply();
	CHECK(parent->uplink[1].proving);
}

/* The primary works again, and the backup is hung up. */
static int
unfit_at_home(const char *text)
{
	struct mevent down = { .type = MEV_LINK_DOWN, .uplink = 1 };
	char why[MSG_TEXT_LEN];

	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	engine_event(&down);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	CHECK(uplink_unfit(1, why, sizeof(why)) == (text[0] != '\0'));
	if (strcmp(why, text) != 0)
		fprintf(stderr, "unfit: %s\n", why);
	return strcmp(why, text) == 0;
}

/* A link that came up and carried nothing was a try that failed. */
static void
story_unproved_is_unfit(void)
{
	int i;

	proving();
	for (i = 0; i < 10 && parent->uplink[1].proving; i++)
		rig_round(1, MSG_BAD, MSG_CAUSE_GATEWAY);
	CHECK(unfit_at_home("its last try failed: gateway silent"));
	parent->uplink[1].proved = monotime_now();
	CHECK(unfit_at_home(""));
}

/* The same without a verdict in time; one called off has shown nothing. */
static void
story_unproved_in_time(void)
{
	proving();
	clock_ahead_ms += 10 * 60 * 1000;
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(!parent->uplink[1].proving);
	CHECK(unfit_at_home("its last try failed: no verdict in time"));
}

static void
story_proof_called_off(void)
{
	proving();
	CHECK(unfit_at_home(""));
}

/* Nor is one that had been proved before it was lost. */
static void
story_lost_is_fit(void)
{
	struct msg_ppp_down d = { .class = MSG_LINK_BACKOFF };

	rig_home(ALONE);
	primary_dies();
	dial();
	rig_apply();
	d.uplink = 1;
	d.gen = parent->uplink[1].link.gen;
	strlcpy(d.text, "carrier lost", sizeof(d.text));
	rig_send(CHILD_NETCONF, IMSG_PPP_DOWN, &d, sizeof(d));
	CHECK(parent->machine.backup[1].fails > 0);
	CHECK(parent->uplink[1].link.last_error[0] != '\0');
	CHECK(unfit_at_home(""));
}

/* What failed at the targets' fault says nothing of the backup. */
static void
story_blamed_is_fit(void)
{
	char why[MSG_TEXT_LEN];
	int i;

	rig_home("primary eth1 { target 198.51.100.7 }\n"
		 "backup dsl { interface eth3 }\n");
	rig_facts(1, 1);
	primary_dies();
	for (i = 0; i < 10 && parent->uplink[1].proving; i++)
		rig_round(1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.target);
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(!uplink_unfit(1, why, sizeof(why)));
}

/* Somebody asks just before an outage: that began with the last answer. */
static void
story_asked_is_not_the_outage(void)
{
	home();
	parent->asked = monotime_now();
	clock_ahead_ms += 60000;
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	parent->machine.request = 7;
	parent->machine.request_uplink = 1;
	engine_event_begin(MWHY_DOWN);
	CHECK(parent->event.detect_ms < 60000);
}

/* Traffic is back on the primary, verified, and the backup drains. */
static void
draining(void)
{
	rig_home("primary eth1 { target 198.51.100.7 }\n"
		 "backup dsl { interface eth3 }\n"
		 "backup lte { interface eth4 }\n"
		 "fallback automatic { after 0s stable 0s drain 30s }\n");
	rig_facts(1, 1);
	rig_facts(2, 1);
	primary_dies();
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_RETURNING);
	CHECK(strcmp(parent->event.cause, "eth1 upstream dead") == 0);
	CHECK(strcmp(parent->event.id, "0001") == 0);
}

/* What comes while the backup drains has its own cause, and its account. */
static void
story_outage_while_draining(void)
{
	struct ctl_event e;
	char eth1[] = "eth1";
	int i;

	draining();
	clock_ahead_ms += 10000;
	for (i = 0; i < 2; i++)
		rig_round(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	CHECK(strcmp(parent->event.id, "0002") == 0 && !parent->event.ended);
	CHECK(strcmp(parent->event.cause, "eth1 gateway silent") == 0);
	CHECK(strcmp(parent->event.backup, "dsl") == 0);
	CHECK(parent->event.detect_ms >= 1200);
	CHECK(tells(eth1, "round bad: gateway silent: 0/3 198.51.100.7|"
			  "round bad: gateway silent: 0/3 198.51.100.7|"));
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.ended && !e.clean);
	CHECK(strcmp(e.cause, "eth1 upstream dead") == 0);
	/* over when traffic had returned, before the other began */
	CHECK(e.duration_s < 9);
	CHECK(parent->event.began_ns - e.ended_ns > INT64_C(8000000000));
}

/* Dead since before the return was verified: since then, for this event. */
static void
story_outage_at_once(void)
{
	struct ctl_event e;

	draining();
	rig_round(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	rig_round(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	CHECK(strcmp(parent->event.id, "0002") == 0);
	CHECK(parent->event.detect_ms < 1200);
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(parent->event.began_ns - e.ended_ns < 1000000);
	CHECK(e.ended_ns - parent->event.began_ns < 1000000);
}

/* What drains is of the event that is over, and so is the proof of it. */
static void
story_drains_into_next(void)
{
	struct mevent ask = { .type = MEV_FAILOVER, .id = 7, .uplink = 2 };
	struct msg_net_drained d = { .uplink = 1, .cut = 3 };
	struct msg_net_proof p;
	struct ctl_event e;

	draining();
	engine_event(&ask);
	CHECK(strcmp(parent->event.id, "0002") == 0);
	CHECK(strcmp(parent->event.cause, "asked for") == 0);
	memset(&p, 0, sizeof(p));
	p.kind = MSG_PROOF_END;
	p.n = 1;
	strlcpy(p.text, "a rule", sizeof(p.text));
	rig_send(CHILD_NETCONF, IMSG_NET_PROOF, &p, sizeof(p));
	CHECK(parent->left == 0);
	rig_send(CHILD_NETCONF, IMSG_NET_DRAINED, &d, sizeof(d));
	CHECK(parent->event.flows_cut == 0);
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.flows_cut == 3);
	rig_send(CHILD_NETCONF, IMSG_NET_DRAINED, &d, sizeof(d));
	CHECK(parent->event.flows_cut == 3); /* it is no more of the other */
}

/* A pppd that does not end: the machine goes on, the link catches up. */
static void
story_stop_outlasts_machine(void)
{
	struct mevent down = { .type = MEV_LINK_DOWN, .uplink = 1 };
	struct msg_link m;

	home();
	primary_dies();
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_tty(1);
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->uplink[1].link.phase == LINK_HANGING_UP);
	engine_event(&down); /* as if its time was over */
	usleep(30 * 1000); /* its back-off */
	primary_dies();
	rig_until(parent->uplink[1].link.again);
	CHECK(parent->machine.backup[1].link == MACHINE_LINK_STARTING);
	rig_link_result(
	    CHILD_DIALER, IMSG_HANGUP_DONE, 1, MSG_LINK_OK, "hung up");
	CHECK(parent->machine.backup[1].link == MACHINE_LINK_STARTING);
	CHECK(parent->uplink[1].link.phase == LINK_OPENING);
}

/* On the primary; hooks bring up the backup. */
static void
hooked(void)
{
	rig_configured("primary eth1 { target 198.51.100.7 }\n"
		       "backup lte { interface wwan0 { start \"up\" "
		       "stop \"down\" }\n	dial { after 0s } }\n"
		       "fallback automatic { after 0s stable 0s drain 0s }\n");
	rig_facts(0, 1);
	rig_facts(1, 0);
	rig_adopt(0, 0);
	rig_apply();
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* A start hook that ends as it is stopped: its word is not the stop's. */
static void
story_start_ends_while_stopped(void)
{
	struct msg_link_result r;
	struct msg_link start, end;

	hooked();
	primary_dies();
	rig_expect(CHILD_NETCONF, IMSG_LINK_START, &start, sizeof(start));
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	rig_expect(CHILD_NETCONF, IMSG_LINK_STOP, &end, sizeof(end));
	memset(&r, 0, sizeof(r));
	r.uplink = 1;
	r.class = MSG_LINK_OK;
	r.gen = start.gen; /* sent before that was read */
	rig_send(CHILD_NETCONF, IMSG_LINK_DONE, &r, sizeof(r));
	CHECK(parent->uplink[1].link.phase == LINK_STOPPING);
	r.gen = end.gen;
	rig_send(CHILD_NETCONF, IMSG_LINK_DONE, &r, sizeof(r));
	CHECK(parent->uplink[1].link.phase == LINK_IDLE);
	CHECK(parent->hook_failures == 0);
}

/* Those of a link, and of a switch. */
static void
story_failed_hooks_are_counted(void)
{
	struct msg_hook_done d = { .uplink = 1, .ms = 7, .name = "50-x" };
	struct msg_link_result r = { .uplink = 1, .class = MSG_LINK_BACKOFF };
	struct msg_link start, end;

	hooked();
	primary_dies();
	rig_expect(CHILD_NETCONF, IMSG_LINK_START, &start, sizeof(start));
	r.gen = start.gen;
	rig_send(CHILD_NETCONF, IMSG_LINK_DONE, &r, sizeof(r));
	CHECK(parent->hook_failures == 1);
	rig_expect(CHILD_NETCONF, IMSG_LINK_STOP, &end, sizeof(end));
	r.gen = end.gen;
	rig_send(CHILD_NETCONF, IMSG_LINK_DONE, &r, sizeof(r));
	CHECK(parent->hook_failures == 2);
	rig_send(CHILD_NETCONF, IMSG_HOOK_DONE, &d, sizeof(d));
	CHECK(parent->hook_failures == 3);
	d.ok = 1;
	rig_send(CHILD_NETCONF, IMSG_HOOK_DONE, &d, sizeof(d));
	CHECK(parent->hook_failures == 3);
}

/* Of a configuration that is not in force, or of no uplink, it is nothing. */
static void
story_unfit(void)
{
	struct msg_link_text t;
	struct msg_alarm a;

	rig_home(SITE);
	memset(&t, 0, sizeof(t));
	t.uplink = 1;
	t.gen = parent->conf.gen + 1;
	strlcpy(t.text, "wan2: of another one", sizeof(t.text));
	rig_send(CHILD_NETCONF, IMSG_LINK_UNFIT, &t, sizeof(t));
	t.gen = parent->conf.gen;
	t.uplink = 7;
	rig_send(CHILD_NETCONF, IMSG_LINK_UNFIT, &t, sizeof(t));
	CHECK(rig_count(CHILD_NETCONF, IMSG_ALARM) == 0);
	t.uplink = 1;
	strlcpy(t.text, "wan2: closed", sizeof(t.text));
	rig_send(CHILD_NETCONF, IMSG_LINK_UNFIT, &t, sizeof(t));
	rig_alarm("not-ready", &a);
	CHECK(strcmp(a.text, "wan2: closed") == 0);
}

static void
gives_up(enum child_id from, uint32_t type, const void *data, size_t len)
{
	rig_send(from, type, data, len);
	CHECK(parent->quitting && parent->exit_code == 1);
}

static void
story_prober_lies(void)
{
	struct msg_round r;

	home();
	memset(&r, 0, sizeof(r));
	/* out of date, of no uplink, of other targets: not taken */
	r.uplink = 8;
	rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
	r.uplink = 0;
	r.gen = parent->uplink[0].probe_gen - 1;
	r.verdict = MSG_BAD;
	r.ntargets = 3;
	rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
	r.gen++;
	r.ntargets = 2;
	rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	/* an answer from the future is no detection in the past */
	r.ntargets = 3;
	r.cause = MSG_CAUSE_UPSTREAM;
	r.last_answer_ns = MSG_TIME_MAX_NS;
	r.ended_ns = MSG_TIME_MAX_NS;
	rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
	r.gen = parent->uplink[0].probe_gen;
	rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(parent->event.detect_ms == 0);
	r.verdict = MSG_VOID + 1;
	gives_up(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
}

static void
story_prober_short(void)
{
	struct msg_round r = { 0 };

	home();
	gives_up(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r) - 1);
}

/* The prober has nothing to say about modems and networks. */
static void
story_prober_oversteps(void)
{
	struct msg_net_adopt a = { 0 };

	home();
	gives_up(CHILD_PROBER, IMSG_NET_ADOPT, &a, sizeof(a));
}

static void
story_dialer_oversteps(void)
{
	struct msg_round r = { 0 };

	home();
	gives_up(CHILD_DIALER, IMSG_ROUND, &r, sizeof(r));
}

static void
story_adopt_twice(void)
{
	struct msg_net_adopt a = { 0 };

	home();
	gives_up(CHILD_NETCONF, IMSG_NET_ADOPT, &a, sizeof(a));
}

/* Rounds before netconf said what it found are not held against anybody. */
static void
story_early_rounds(void)
{
	int i;

	rig_configured(SITE);
	for (i = 0; i < 500; i++)
		rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_facts(0, 1);
	rig_adopt(0, 0);
	CHECK(!parent->quitting);
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
}

/* The proof of a backup is a round of this try, not an older one. */
static void
story_old_proof(void)
{
	home();
	rig_facts(2, 1);
	parent->uplink[1].seen.known = 1;
	parent->uplink[1].seen.verdict = MSG_GOOD;
	primary_dies();
	CHECK(rig_count(CHILD_NETCONF, IMSG_TTY_OPEN) == 1);
	rig_tty(1);
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_OK, "CONNECT");
	rig_ppp_up(1, 0);
	rig_apply();
	CHECK(parent->uplink[1].proving);
	rig_round(1, MSG_CONGESTED, MSG_CAUSE_NONE);
	rig_round(1, MSG_VOID, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(parent->uplink[1].proving);
}

static void
story_carrier(void)
{
	home();
	rig_facts(0, 0);
	CHECK(parent->machine.state == MACHINE_DIALING);
	CHECK(!parent->machine.primary.carrier);
}

/* One far target dead through both uplinks: no switch, nothing set down. */
static void
story_target(void)
{
	int i;

	home();
	rig_facts(2, 1);
	primary_dies();
	CHECK(rig_count(CHILD_NETCONF, IMSG_TTY_OPEN) == 1);
	rig_tty(1);
	rig_link_result(
	    CHILD_DIALER, IMSG_DIAL_RESULT, 1, MSG_LINK_OK, "CONNECT");
	rig_ppp_up(1, 0);
	rig_apply();
	for (i = 0; i < 4 && parent->uplink[1].proving; i++)
		rig_round(1, MSG_BAD, MSG_CAUSE_TARGET);
	rig_until(parent->uplink[2].proving);
	for (i = 0; i < 4 && parent->uplink[2].proving; i++)
		rig_round(2, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	CHECK(parent->machine.target);
	CHECK(strncmp(parent->event.cause, "target", 6) == 0);
	CHECK(!parent->machine.want.shut);
	CHECK(parent->machine.want.active == 0);
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}
STORY(outage)
STORY(busy)
STORY(warm)
STORY(not_ready)
STORY(unfit)
STORY(no_port)
STORY(unfit_port)
STORY(adopted)
STORY(adopted_manual)
STORY(lacks)
STORY(dead_at_start)
STORY(asked_failed)
STORY(asked_not_started)
STORY(drill_failed)
STORY(failed_before)
STORY(clear_on_backup)
STORY(left_on_backup)
STORY(killed_on_backup)
STORY(killed_clock_ahead)
STORY(killed_clock_back)
STORY(killed_other_boot)
STORY(unproved_is_unfit)
STORY(unproved_in_time)
STORY(proof_called_off)
STORY(lost_is_fit)
STORY(blamed_is_fit)
STORY(asked_is_not_the_outage)
STORY(outage_while_draining)
STORY(outage_at_once)
STORY(drains_into_next)
STORY(stop_outlasts_machine)
STORY(start_ends_while_stopped)
STORY(failed_hooks_are_counted)
STORY(prober_lies)
STORY(prober_short)
STORY(prober_oversteps)
STORY(dialer_oversteps)
STORY(adopt_twice)
STORY(early_rounds)
STORY(old_proof)
STORY(carrier)
STORY(target)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_warm),
		cmocka_unit_test(test_not_ready),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_no_port),
		cmocka_unit_test(test_unfit_port),
		cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_adopted_manual),
		cmocka_unit_test(test_lacks),
		cmocka_unit_test(test_dead_at_start),
		cmocka_unit_test(test_asked_failed),
		cmocka_unit_test(test_asked_not_started),
		cmocka_unit_test(test_drill_failed),
		cmocka_unit_test(test_failed_before),
		cmocka_unit_test(test_clear_on_backup),
		cmocka_unit_test(test_left_on_backup),
		cmocka_unit_test(test_killed_on_backup),
		cmocka_unit_test(test_killed_clock_ahead),
		cmocka_unit_test(test_killed_clock_back),
		cmocka_unit_test(test_killed_other_boot),
		cmocka_unit_test(test_unproved_is_unfit),
		cmocka_unit_test(test_unproved_in_time),
		cmocka_unit_test(test_proof_called_off),
		cmocka_unit_test(test_lost_is_fit),
		cmocka_unit_test(test_blamed_is_fit),
		cmocka_unit_test(test_asked_is_not_the_outage),
		cmocka_unit_test(test_outage_while_draining),
		cmocka_unit_test(test_outage_at_once),
		cmocka_unit_test(test_drains_into_next),
		cmocka_unit_test(test_stop_outlasts_machine),
		cmocka_unit_test(test_start_ends_while_stopped),
		cmocka_unit_test(test_failed_hooks_are_counted),
		cmocka_unit_test(test_prober_lies),
		cmocka_unit_test(test_prober_short),
		cmocka_unit_test(test_prober_oversteps),
		cmocka_unit_test(test_dialer_oversteps),
		cmocka_unit_test(test_adopt_twice),
		cmocka_unit_test(test_early_rounds),
		cmocka_unit_test(test_old_proof),
		cmocka_unit_test(test_carrier),
		cmocka_unit_test(test_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
