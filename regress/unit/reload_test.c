/* SPDX-License-Identifier: ISC */
/*
 * A configuration on its way in: whatever goes wrong leaves the old one in
 * force, and a good one leaves unchanged uplinks alone.  What clients are
 * told is looked at through a real control socket.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dialer/radio.h"
#include "parent/asked.h"
#include "parent/cost.h"
#include "parent/ledger.h"
#include "parent/link_int.h"
#include "parent/request.h"
#include "regress/unit/clock.h"
#include "regress/unit/parent_rig.h"

#define PRIMARY "primary eth1 { target 198.51.100.7 target 198.51.100.8 }\n"
#define POTS                                                               \
	"backup pots { modem \"/dev/ttyS0\" speed 115200 phone \"5551\"\n" \
	"	account \"a\" secret file \"/etc/dialfail/private/isp\"\n"       \
	"	dial { after 0s } }\n"
#define DSL      "backup dsl { interface eth3 }\n"
#define OWN      "backup dsl { interface eth3, target 198.51.100.7 }\n"
#define FALLBACK "fallback automatic { after 5m stable 1m }\n"
#define HUB                                                             \
	"identity \"/etc/dialfail/private/key\"\n"                      \
	"peer branch { key "                                            \
	"\"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\" tunnel gre1 " \
	"accept { 198.51.100.0/24 203.0.113.0/24 } }\n"

static struct imsgbuf client, other;

static int
listener(const char *name)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, name, sizeof(sun.sun_path));
	CHECK((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) != -1);
	CHECK(bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	CHECK(listen(fd, 8) == 0);
	return fd;
}

static void
come(struct imsgbuf *ibuf, const char *path)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	CHECK((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) != -1);
	CHECK(connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	CHECK(imsgbuf_init(ibuf, fd) == 0);
}

/* Two clients that may ask. */
static void
clients(void)
{
	char dir[] = "/tmp/dialfail-reload.XXXXXX", path[64], ro[64];

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/rw", dir);
	snprintf(ro, sizeof(ro), "%s/ro", dir);
	control_init(listener(path), listener(ro));
	come(&client, path);
	come(&other, ro);
	CHECK(unlink(path) == 0 && unlink(ro) == 0 && rmdir(dir) == 0);
}

/* At work on the primary, and there are clients. */
static void
home(const char *text)
{
	rig_configured(text);
	rig_facts(0, 1);
	rig_adopt(0, 0);
	rig_apply();
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	clients();
}

static void
ask(uint32_t type, const void *data, size_t len)
{
	CHECK(imsg_compose(&client, type, 0, 0, -1, data, len) == 1);
	CHECK(imsgbuf_flush(&client) == 0);
	rig_run();
}

/* The next record of this type; others are passed over. */
static void
answer(uint32_t type, void *data, size_t len)
{
	struct imsg imsg;
	uint32_t got;
	int ms;

	for (ms = 0; ms < RIG_WAIT_MS; ms++) {
		while (imsgbuf_get(&client, &imsg) == 1) {
			got = imsg_get_type(&imsg);
			if (got == type)
				CHECK(imsg_get_data(&imsg, data, len) == 0);
			imsg_free(&imsg);
			if (got == type)
				return;
		}
		rig_run();
		CHECK(imsgbuf_read(&client) == 1);
		usleep(1000);
	}
	fprintf(stderr, "no answer\n");
	_exit(1);
}

static void
answered(uint32_t code, const char *text)
{
	struct ctl_result r;

	answer(IMSG_CTL_RESULT, &r, sizeof(r));
	if (r.code != code || strstr(r.text, text) == NULL)
		fprintf(stderr, "answer: %u %s\n", r.code, r.text);
	CHECK(r.code == code && strstr(r.text, text) != NULL);
}

/* Ask for it, and see that netconf is asked to load. */
static struct msg_conf_load
reload(uint32_t for_s)
{
	struct ctl_time t = { for_s };
	struct msg_conf_load load;

	ask(IMSG_CTL_RELOAD, &t, sizeof(t));
	rig_expect(CHILD_NETCONF, IMSG_CONF_LOAD, &load, sizeof(load));
	return load;
}

static void
story_good(void)
{
	struct msg_conf_load load;
	struct conf *conf = rig_parse(PRIMARY DSL POTS FALLBACK);

	home(PRIMARY POTS DSL FALLBACK);
	load = reload(0);
	CHECK(load.source == MSG_CONF_FILE);
	rig_offer(conf, load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
	CHECK(strcmp(uplink_name(1), "dsl") == 0);
	CHECK(strcmp(uplink_name(2), "pots") == 0);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
	CHECK(parent->uplink[0].seen.known); /* its statistics stay */
	CHECK(rig_count(CHILD_NETCONF, IMSG_CONF_KEEP) == 1);
	CHECK(parent->conf_source == MSG_CONF_FILE);
}

static void
story_broken(void)
{
	static const char why[] = "/etc/dialfail.conf:7: unknown word \"x\"";
	struct msg_conf_load load;
	char text[sizeof(why) + 1];
	uint32_t gen;

	home(PRIMARY POTS FALLBACK);
	load = reload(0);
	rig_send(CHILD_NETCONF, IMSG_CONF_ERROR, why, sizeof(why));
	rig_send(CHILD_NETCONF, IMSG_CONF_FAILED, &load.gen, sizeof(load.gen));
	answer(IMSG_CTL_TEXT, text, sizeof(text));
	CHECK(strncmp(text, why, sizeof(why) - 1) == 0);
	CHECK(strcmp(text + sizeof(why) - 1, "\n") == 0);
	answered(CTL_FAILED, "the old one stays");
	rig_expect(CHILD_NETCONF, IMSG_CONF_FORGET, &gen, sizeof(gen));
	CHECK(gen == load.gen);
	CHECK(parent->conf.nuplinks == 2);
	/* and the next one works */
	load = reload(0);
	rig_offer(rig.conf, load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
}

static void
story_one_at_a_time(void)
{
	struct msg_conf_load load;
	struct ctl_time t = { 0 };

	home(PRIMARY POTS FALLBACK);
	CHECK(reload_begin(MSG_CONF_FILE, 0, 0) == 0);
	rig_expect(CHILD_NETCONF, IMSG_CONF_LOAD, &load, sizeof(load));
	ask(IMSG_CTL_RELOAD, &t, sizeof(t));
	answered(CTL_REFUSED, "a reload is under way, for 50 s at most");
	rig_offer(rig.conf, load.gen);
	rig_accept();
	load = reload(0);
	CHECK(reload_begin(MSG_CONF_FILE, 0, 0) == 1);
	/* of another generation: no part of it is taken */
	rig_offer(rig.conf, load.gen - 1);
	CHECK(!reload_changing());
	rig_offer(rig.conf, load.gen);
	CHECK(reload_changing());
	rig_accept();
	answered(CTL_OK, "in force");
	t.for_s = CTL_FOR_MAX + 1;
	ask(IMSG_CTL_RELOAD, &t, sizeof(t));
	answered(CTL_REFUSED, "7 days");
}

/* Nobody confirms: the configuration before it comes back. */
static void
story_goes_back(void)
{
	struct msg_conf_load load;
	struct msg_alarm a;
	struct ctl_time t = { 20 };
	struct conf *wrong = rig_parse(PRIMARY DSL FALLBACK);

	home(PRIMARY POTS FALLBACK);
	load = reload(1);
	rig_offer(wrong, load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
	CHECK(reload_confirm_s() == 1);
	ask(IMSG_CTL_RELOAD, &t, sizeof(t));
	answered(CTL_REFUSED, "waits for confirm");
	rig_expect(CHILD_NETCONF, IMSG_CONF_LOAD, &load, sizeof(load));
	CHECK(load.source == MSG_CONF_PREVIOUS);
	rig_offer(rig.conf, load.gen);
	rig_accept();
	rig_expect(CHILD_NETCONF, IMSG_ALARM, &a, sizeof(a));
	CHECK(strcmp(a.kind, "unconfirmed") == 0);
	CHECK(strstr(a.text, "back in force") != NULL);
	CHECK(strcmp(uplink_name(1), "pots") == 0);
	CHECK(reload_confirm_s() == 0);
	CHECK(rig_count(CHILD_NETCONF, IMSG_CONF_KEEP) == 0);
	CHECK(parent->conf_source == MSG_CONF_PREVIOUS);
}

/* It cannot go back yet: told once, and nothing else comes in between. */
static void
story_stuck(void)
{
	struct msg_conf_load load;
	struct msg_alarm a;
	struct ctl_time t = { 0 };
	struct ctl_failover f = { .name = "dsl" };
	uint32_t gen;

	home(PRIMARY "backup dsl { interface eth4 }\n" FALLBACK);
	load = reload(1);
	rig_offer(rig_parse(PRIMARY DSL FALLBACK), load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
	rig_apply();
	rig_facts(1, 1);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	answered(CTL_OK, "done");
	CHECK(parent->machine.want.active == 1);
	rig_alarm("failover", &a);
	rig_expect(CHILD_NETCONF, IMSG_CONF_LOAD, &load, sizeof(load));
	CHECK(load.source == MSG_CONF_PREVIOUS);
	ask(IMSG_CTL_CONFIRM, NULL, 0);
	answered(CTL_REFUSED, "nothing waits"); /* it is going back */
	rig_offer(rig.conf, load.gen);
	rig_alarm("unconfirmed", &a);
	CHECK(strstr(a.text, "as soon as it can") != NULL);
	ask(IMSG_CTL_RELOAD, &t, sizeof(t));
	answered(CTL_REFUSED, "waits for confirm");
	ask(IMSG_CTL_CONFIRM, NULL, 0);
	answered(CTL_OK, "stays");
	CHECK(reload_confirm_s() == 0);
	rig_expect(CHILD_NETCONF, IMSG_CONF_KEEP, &gen, sizeof(gen));
	CHECK(gen == parent->conf.gen);
	load = reload(0);
	CHECK(load.source == MSG_CONF_FILE);
}

/* Why alarms wait is not told of a program that may be another by now. */
static void
story_alarm_program(void)
{
	struct msg_conf_load load;
	struct ctl_summary s = { .alarms_waiting = 0 };
	struct msg_alarm_done d = { .ok = 0, .text = "exit 3" };
	struct msg_alarm a;

	home(PRIMARY POTS FALLBACK);
	alarms_raise("hook", MSG_UPLINK_NONE, "failed");
	rig_expect(CHILD_NETCONF, IMSG_ALARM, &a, sizeof(a));
	d.id = a.id;
	rig_send(CHILD_NETCONF, IMSG_ALARM_DONE, &d, sizeof(d));
	alarms_count(&s);
	CHECK(s.alarms_waiting == 1 && strcmp(s.alarm_why, "exit 3") == 0);
	load = reload(0);
	rig_offer(rig.conf, load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
	memset(&s, 0, sizeof(s));
	alarms_count(&s);
	CHECK(s.alarms_waiting == 1 && s.alarm_why[0] == '\0');
	rig_expect(CHILD_NETCONF, IMSG_ALARM, &a, sizeof(a)); /* at once */
	d.id = a.id;
	d.ok = 1;
	rig_send(CHILD_NETCONF, IMSG_ALARM_DONE, &d, sizeof(d));
}

static void
story_confirmed(void)
{
	struct msg_conf_load load;

	home(PRIMARY POTS FALLBACK);
	load = reload(600);
	rig_offer(rig.conf, load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
	CHECK(reload_confirm_s() > 590);
	ask(IMSG_CTL_CONFIRM, NULL, 0);
	answered(CTL_OK, "stays");
	CHECK(reload_confirm_s() == 0);
	ask(IMSG_CTL_CONFIRM, NULL, 0);
	answered(CTL_REFUSED, "nothing waits");
}

/* The backup that carries traffic comes out as it went in, or not at all. */
static void
story_in_use(void)
{
	struct msg_conf_load load;
	struct ctl_failover f = { .name = "dsl" };
	struct conf *conf =
	    rig_parse(PRIMARY POTS "backup dsl { interface eth4 }\n" FALLBACK);

	home(PRIMARY POTS DSL FALLBACK);
	rig_facts(2, 1);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	rig_round(2, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	answered(CTL_OK, "done");
	CHECK(parent->machine.want.active == 2);
	load = reload(0);
	rig_offer(conf, load.gen);
	answered(CTL_REFUSED, "fall back first");
	CHECK(parent->machine.want.active == 2);
	CHECK(strcmp(parent->conf.uplink[2].ifname, "eth3") == 0);
	parent->machine.want.active = 0;
	parent->machine.want.drain = 2;
	load = reload(0);
	rig_offer(conf, load.gen);
	answered(CTL_REFUSED, "old flows still drain off");
}

/* What netconf said of the old order is not believed of the new one. */
static void
story_order(void)
{
	struct msg_conf_load load;
	static const char lte[] = "backup lte { interface wwan0 }\n";
	char was[256], is[256];
	struct msg_facts f;

	snprintf(was, sizeof(was), "%s%s%s", PRIMARY, DSL, lte);
	snprintf(is, sizeof(is), "%s%s%s", PRIMARY, lte, DSL);
	home(was);
	rig_facts(1, 1);
	rig_facts(2, 1);
	f = parent->uplink[2].facts;
	f.family[FAMILY_INET].gateway.family = AF_UNSPEC;
	rig_send(CHILD_NETCONF, IMSG_FACTS, &f, sizeof(f));
	load = reload(0);
	rig_offer(rig_parse(is), load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
	/* what one lacks was told */
	CHECK(strcmp(parent->uplink[1].lacks_told, "no gateway known") == 0);
	CHECK(parent->uplink[2].lacks_told == NULL);
	rig_facts_of(1, "eth3", 0); /* dsl's, by its old number */
	CHECK(parent->machine.backup[1].link == MACHINE_LINK_UP);
	CHECK(!parent->uplink[1].facts_known);
	rig_facts(1, 0);
	CHECK(parent->machine.backup[1].link == MACHINE_LINK_DOWN);
}

/* While processes change over no link is started; then it is. */
static void
story_start_waits(void)
{
	struct msg_conf_load load;

	home(PRIMARY POTS FALLBACK);
	load = reload(0);
	rig_offer(rig.conf, load.gen);
	CHECK(reload_changing());
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.backup[1].link == MACHINE_LINK_STARTING);
	CHECK(parent->uplink[1].link.phase == LINK_IDLE);
	/* nor is the prober told of uplinks that it may not know any more */
	rig_facts(0, 1);
	CHECK(rig_count(CHILD_PROBER, IMSG_CONF_END) == 1);
	rig_facts(0, 1);
	CHECK(rig_count(CHILD_PROBER, IMSG_FACTS) == 0);
	rig_send(CHILD_PROBER, IMSG_CONF_ACK, &load.gen, sizeof(load.gen));
	rig_send(CHILD_DIALER, IMSG_CONF_ACK, &load.gen, sizeof(load.gen));
	CHECK(!reload_changing());
	CHECK(rig_count(CHILD_PROBER, IMSG_PROBE) >= 2);
	rig_until(parent->uplink[1].link.phase == LINK_OPENING);
	answered(CTL_OK, "in force");
}

/* What no configuration may be ends the daemon, not the network. */
static void
story_impossible(void)
{
	struct conf_uplink u;
	struct msg_conf_load load;
	struct msg_conf_begin b;

	home(PRIMARY POTS FALLBACK);
	load = reload(0);
	memset(&b, 0, sizeof(b));
	b.gen = load.gen;
	b.nuplinks = 2;
	rig_send(CHILD_NETCONF, IMSG_CONF_BEGIN, &b, sizeof(b));
	u = rig.conf->uplink[1];
	u.modem.nphones = 0;
	rig_send(CHILD_NETCONF, IMSG_CONF_UPLINK, &u, sizeof(u));
	CHECK(parent->quitting && parent->exit_code == 1);
}

/* One peer, whose lists are announced to be so long. */
static uint32_t
begin_lists(uint32_t announced)
{
	struct msg_conf_load load;
	struct msg_conf_begin b;

	home(PRIMARY HUB);
	load = reload(0);
	memset(&b, 0, sizeof(b));
	b.gen = load.gen;
	b.nuplinks = rig.conf->nuplinks;
	b.npeers = 1;
	b.peer_lists = announced;
	rig_send(CHILD_NETCONF, IMSG_CONF_BEGIN, &b, sizeof(b));
	return b.gen;
}

/* All but the end. */
static uint32_t
offer_lists(uint32_t announced)
{
	uint32_t gen = begin_lists(announced), i;
	struct msg_conf_peer m;
	size_t len;

	rig_send(CHILD_NETCONF, IMSG_CONF_GLOBAL, &rig.conf->global,
	    sizeof(rig.conf->global));
	for (i = 0; i < rig.conf->nuplinks; i++)
		rig_send(CHILD_NETCONF, IMSG_CONF_UPLINK, &rig.conf->uplink[i],
		    sizeof(rig.conf->uplink[i]));
	CHECK(!parent->quitting);
	len = msg_conf_peer_encode(&m, &rig.conf->peer[0]);
	rig_send(CHILD_NETCONF, IMSG_CONF_PEER, &m, len);
	return gen;
}

static void
end_lists(uint32_t gen)
{
	CHECK(!parent->quitting);
	rig_send(CHILD_NETCONF, IMSG_CONF_END, &gen, sizeof(gen));
}

static void
story_lists(void)
{
	struct conf_peer *p;

	end_lists(offer_lists(2 * sizeof(struct prefix)));
	rig_accept();
	answered(CTL_OK, "in force");
	CHECK(!parent->quitting && parent->conf.npeers == 1);
	p = parent->conf.peer;
	CHECK(p->naccept == 2 && p->ntunnels == 0);
	CHECK(memcmp(p->accept, rig.conf->peer[0].accept,
		  2 * sizeof(struct prefix)) == 0);
}

static void
story_lists_short(void)
{
	(void)offer_lists(sizeof(struct prefix));
	CHECK(parent->quitting && parent->exit_code == 1);
}

static void
story_lists_long(void)
{
	end_lists(offer_lists(3 * sizeof(struct prefix)));
	CHECK(parent->quitting && parent->exit_code == 1);
}

static void
story_lists_endless(void)
{
	(void)begin_lists(MSG_PEER_LISTS_MAX + 1);
	CHECK(parent->quitting && parent->exit_code == 1);
}

/* Both of those whom a summary waits for. */
static void
others_answer(uint32_t asker, uint32_t file)
{
	struct msg_glance g = { .asker = asker, .file = file, .draining = 14 };

	if (file == MSG_FILE_BAD) {
		g.errors = 2;
		strlcpy(g.where, "/etc/dialfail.conf:12", sizeof(g.where));
	}
	rig_send(CHILD_PROBER, IMSG_STATS_END, &asker, sizeof(asker));
	rig_send(CHILD_NETCONF, IMSG_GLANCED, &g, sizeof(g));
}

/* The whole page, of which the summary is kept. */
static struct ctl_summary
page(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct ctl_summary s;
	uint32_t asker;

	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_NETCONF, IMSG_GLANCE, &asker, sizeof(asker));
	others_answer(asker, MSG_FILE_SAME);
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	answered(CTL_OK, "done");
	return s;
}

/* How long it is so is not compared. */
static void
verdict_is(const char *text)
{
	struct ctl_summary s = page();

	if (strncmp(s.verdict, text, strlen(text)) != 0)
		fprintf(stderr, "verdict: %s\n", s.verdict);
	CHECK(strncmp(s.verdict, text, strlen(text)) == 0);
}

/* One that could not take over is no news in the outage. */
static void
story_show_unfit(void)
{
	home(PRIMARY OWN FALLBACK);
	verdict_is("OK  primary eth1 for ");
	rig_facts(1, 0);
	verdict_is("OK, but no backup can take over: dsl: no carrier; "
		   "primary eth1 for 0:0");
	rig_facts(1, 1);
	verdict_is("OK  primary eth1 for ");
	parent->uplink[1].rounds_failed = monotime_now();
	verdict_is("OK, but no backup can take over: dsl: its last try "
		   "failed: no verdict in time; primary eth1 for 0:0");
}

/* All that is known of a modem, the hardest first; and the other one works. */
static void
story_show_unfit_modem(void)
{
#define BUT "OK, but no backup can take over: "
	struct msg_radio radio = { .uplink = 1,
		.sim = RADIO_SIM_NONE,
		.tries = MSG_TRIES_UNKNOWN,
		.stat = RADIO_UNKNOWN,
		.tech = RADIO_UNKNOWN };
	struct msg_link m;
	struct uplink *u;

	home(PRIMARY POTS DSL FALLBACK);
	u = &parent->uplink[1];
	rig_facts(2, 0);
	verdict_is("OK  primary eth1 for ");
	cost_entry(1)->drill.done = 1;
	verdict_is(BUT "pots: its last drill failed; dsl: no carrier; ");
	u->proved = monotime_now();
	verdict_is("OK  primary eth1 for ");
	u->proved = (struct monotime){ 0 };
	link_error(u, "NO CARRIER");
	verdict_is(BUT "pots: its last drill failed; dsl: no ");
	parent->machine.backup[1].fails = 1;
	verdict_is(BUT "pots: its last try failed: NO CARRIER; dsl: no ");
	parent->machine.backup[1].gave_up = true;
	verdict_is(BUT "pots: gave up: NO CARRIER; dsl: no carrier; primary ");
	radio.gen = u->link.gen;
	rig_send(CHILD_DIALER, IMSG_RADIO, &radio, sizeof(radio));
	verdict_is(BUT "pots: SIM missing; dsl: no carrier; primary ");
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &m, sizeof(m));
	rig_link_result(CHILD_NETCONF, IMSG_TTY_FAILED, 1, MSG_LINK_BACKOFF,
	    "/dev/ttyS0: no such device");
	verdict_is(BUT "pots: /dev/ttyS0: no such device; dsl: no carrier; ");
	u->account.barred = "its dials are used up";
	verdict_is(BUT "pots: its dials are used up; dsl: no carrier; ");
	rig_facts(2, 1);
	verdict_is("OK  primary eth1 for ");
}

/* Eight of them: each has its share, and the primary is still told. */
static void
story_show_unfit_many(void)
{
	char text[1024] = PRIMARY, one[64];
	struct ctl_summary s;
	uint32_t i;

	for (i = 1; i <= CONF_BACKUPS_MAX; i++) {
		snprintf(
		    one, sizeof(one), "backup b%u { interface w%u }\n", i, i);
		strlcat(text, one, sizeof(text));
	}
	home(text);
	for (i = 1; i <= CONF_BACKUPS_MAX; i++)
		rig_facts(i, 0);
	s = page();
	CHECK(strncmp(s.verdict, BUT "b1: no carrier; b2: no carrier; ",
		  strlen(BUT "b1: no carrier; b2: no carrier; ")) == 0);
	CHECK(strstr(s.verdict, "; b8: no carrier; primary") != NULL);
	CHECK(strstr(s.verdict, "; primary eth1 for 0:0") != NULL);
}

/* While one that stands by hot comes up it is not given up yet. */
static void
story_show_unfit_hot(void)
{
	home(PRIMARY "backup dsl { interface eth3 standby hot every 1m, "
		     "target 198.51.100.7 }\n" FALLBACK);
	rig_facts(1, 1);
	verdict_is("OK  primary eth1 for ");
	rig_round(1, MSG_BAD, MSG_CAUSE_UPSTREAM);
	verdict_is("OK  primary eth1 for ");
	parent->machine.backup[1].told = true;
	verdict_is(BUT "dsl: not ready: no answer through it; ");
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	cost_entry(1)->drill.done = 1;
	verdict_is("OK  primary eth1 for ");
}

static int
verdict_has(const char *text)
{
	struct ctl_summary s = page();

	if (strstr(s.verdict, text) == NULL)
		fprintf(stderr, "verdict: %s\n", s.verdict);
	return strstr(s.verdict, text) != NULL;
}

/* A backup that waits is not said to be brought up. */
static void
story_show_waits(void)
{
	struct msg_link link;
	struct machine *m;

	home(PRIMARY
	    "backup pots { modem \"/dev/ttyS0\" speed 115200 "
	    "phone \"5551\" account \"a\" secret file "
	    "\"/etc/dialfail/private/isp\" dial { after 1s } }\n" DSL FALLBACK);
	m = &parent->machine;
	rig_facts(2, 0);
	m->backup[2].gave_up = true;
	m->backup[2].not_before = monotime_add_ms(monotime_now(), 3600000);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(verdict_has("DOWN  primary eth1: upstream dead; "
			  "pots is tried in 1 s: dial after"));
	rig_until(m->try.phase == MACHINE_TRY_START);
	CHECK(verdict_has("upstream dead; bringing up pots"));
	rig_expect(CHILD_NETCONF, IMSG_TTY_OPEN, &link, sizeof(link));
	rig_link_result(CHILD_NETCONF, IMSG_TTY_FAILED, 1, MSG_LINK_BACKOFF,
	    "/dev/ttyS0: no such device");
	CHECK(verdict_has("; pots is tried in "));
	CHECK(verdict_has(" s: its last try failed"));
}

/* The same for a line that has to come down before. */
static void
story_show_waits_for_line(void)
{
	struct ctl_summary s = { .since_s = 1 };
	struct machine *m;

	home(PRIMARY POTS DSL FALLBACK);
	m = &parent->machine;
	m->state = MACHINE_DIALING;
	m->try.phase = MACHINE_TRY_WAIT;
	m->try.uplink = 2;
	m->backup[1].link = MACHINE_LINK_STOPPING;
	show_verdict(&s);
	CHECK(strcmp(s.verdict, "SWITCHING  dsl waits until pots is hung up; "
				"traffic is on eth1") == 0);
	m->backup[1].link = MACHINE_LINK_STARTING;
	show_verdict(&s);
	CHECK(strcmp(s.verdict, "SWITCHING  dsl waits until pots is brought "
				"up; traffic is on eth1") == 0);
	m->backup[1].link = MACHINE_LINK_STOPPING;
	m->try.uplink = 1;
	show_verdict(&s);
	CHECK(strcmp(s.verdict, "SWITCHING  pots is hung up before it is "
				"tried; traffic is on eth1") == 0);
	m->backup[1].link = MACHINE_LINK_STARTING;
	show_verdict(&s);
	CHECK(strcmp(s.verdict, "SWITCHING  bringing up pots; traffic is on "
				"eth1") == 0);
	m->backup[1].link = MACHINE_LINK_DOWN;
	m->try.deadline = monotime_add_ms(monotime_now(), 600000);
	show_verdict(&s);
	CHECK(strcmp(s.verdict, "SWITCHING  pots is tried in 600 s: too many "
				"failed dials; traffic is on eth1") == 0);
}

/* A drain ends when netconf was told to end it. */
static void
story_show_drain(void)
{
	struct ctl_failover f = { .name = "dsl" };
	struct msg_net_want w;
	unsigned int left;
	struct ctl_summary s;
	const char *within;

	home(
	    PRIMARY OWN "fallback automatic { after 5m stable 1m drain 3s }\n");
	rig_facts(1, 1);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	answered(CTL_OK, "done");
	ask(IMSG_CTL_FALLBACK, NULL, 0);
	do
		w = rig_apply();
	while (w.active != 0);
	CHECK(w.drain == 1 && w.drain_ms == 3000);
	answered(CTL_OK, "for 3 s at most");
	s = page();
	CHECK((within = strstr(s.verdict, "off dsl within 0:00:")) != NULL);
	CHECK(sscanf(within, "off dsl within 0:00:%u;", &left) == 1);
	CHECK(left <= 3);
	/* it is overdue: there is nothing more to say of it */
	clock_ahead_ms = 3500;
	s = page();
	CHECK(strncmp(s.verdict, "RETURNING to eth1 for ", 22) == 0);
	CHECK(strstr(s.verdict, "within") == NULL);
}

/* What is on disk, as it is now. */
static void
story_show_file(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct ctl_summary s;
	uint32_t asker;

	home(PRIMARY POTS FALLBACK);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_NETCONF, IMSG_GLANCE, &asker, sizeof(asker));
	others_answer(asker, MSG_FILE_BAD);
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	CHECK(s.file == MSG_FILE_BAD && s.file_errors == 2);
	CHECK(strcmp(s.file_where, "/etc/dialfail.conf:12") == 0);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_NETCONF, IMSG_GLANCE, &asker, sizeof(asker));
	others_answer(asker, MSG_FILE_SAME);
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	CHECK(s.file == MSG_FILE_SAME && s.file_where[0] == '\0');
}

/* In the middle of an outage: what is not known any more is not called bad. */
static void
story_primary_anew(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct conf *conf =
	    rig_parse("primary eth1 { target 198.51.100.9 }\n" OWN FALLBACK);
	struct msg_conf_load load;
	struct ctl_summary s;
	struct ctl_uplink u;
	uint32_t asker;

	home(PRIMARY OWN FALLBACK);
	rig_facts(1, 1);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	CHECK(parent->machine.state == MACHINE_ON_BACKUP);
	load = reload(0);
	rig_offer(conf, load.gen);
	rig_accept();
	answered(CTL_OK, "in force");
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_NETCONF, IMSG_GLANCE, &asker, sizeof(asker));
	others_answer(asker, MSG_FILE_SAME);
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	CHECK(strncmp(s.fallback_text, "primary unknown; ", 17) == 0);
	answer(IMSG_CTL_UPLINK, &u, sizeof(u));
	CHECK(strcmp(u.status, "unknown") == 0);
	CHECK(strncmp(u.note, "unknown since the reload, ", 26) == 0);
	answer(IMSG_CTL_UPLINK, &u, sizeof(u));
	CHECK(u.proved_known && u.proved_s < 60);
	answered(CTL_OK, "done");
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_NETCONF, IMSG_GLANCE, &asker, sizeof(asker));
	others_answer(asker, MSG_FILE_SAME);
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	CHECK(strncmp(s.fallback_text, "primary bad; ", 13) == 0);
	answer(IMSG_CTL_UPLINK, &u, sizeof(u));
	CHECK(strcmp(u.status, "down") == 0 && u.note[0] == '\0');
}

/* The prober does not answer: the summary tells what was known before. */
static void
story_show_without_prober(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct ctl_summary s;
	uint32_t asker;

	home(PRIMARY POTS FALLBACK);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_PROBER, IMSG_STATS_REQ, &asker, sizeof(asker));
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	CHECK(strncmp(s.verdict, "OK  primary eth1", 16) == 0);
	CHECK(strcmp(s.host, "b017") == 0);
	answered(CTL_OK, "done");
	/* and its answer, when it comes at last, is nobody's */
	rig_send(CHILD_PROBER, IMSG_STATS_END, &asker, sizeof(asker));
	CHECK(!parent->quitting);
}

/* What was never laid is not said to be in use. */
static void
story_show_not_set(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct msg_net_done d = { .text = "nft table inet dialfail: no" };
	struct msg_net_want w;
	struct ctl_summary s;

	rig_configured(PRIMARY DSL FALLBACK);
	rig_facts(0, 1);
	rig_adopt(0, 0);
	rig_expect(CHILD_NETCONF, IMSG_NET_WANT, &w, sizeof(w));
	d.gen = w.gen;
	rig_send(CHILD_NETCONF, IMSG_NET_DONE, &d, sizeof(d));
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	clients();
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	CHECK(strcmp(s.verdict, "NETWORK NOT SET  nft table inet dialfail: no; "
				"traffic is wanted on eth1") == 0);
	rig_apply();
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	answer(IMSG_CTL_SUMMARY, &s, sizeof(s));
	CHECK(strncmp(s.verdict, "OK  primary eth1", 16) == 0);
}

static void
the_other_asks(void)
{
	struct imsgbuf this = client;

	client = other;
	other = this;
}

/* The prober is asked once, for all who wait. */
static void
story_show_to_two(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	uint32_t asker;

	home(PRIMARY POTS FALLBACK);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_PROBER, IMSG_STATS_REQ, &asker, sizeof(asker));
	the_other_asks();
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	CHECK(rig_any(CHILD_PROBER, 20) == 0);
	others_answer(asker, MSG_FILE_SAME);
	answered(CTL_OK, "done");
	the_other_asks();
	answered(CTL_OK, "done");
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_PROBER, IMSG_STATS_REQ, &asker, sizeof(asker));
}

/* Who gives up having joined a question does not give up a younger one. */
static void
story_show_to_one_after_another(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct monotime again;
	uint32_t asker, asked;

	home(PRIMARY POTS FALLBACK);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_PROBER, IMSG_STATS_REQ, &asker, sizeof(asker));
	usleep(500000);
	the_other_asks();
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	the_other_asks();
	answered(CTL_OK, "done"); /* after a second */
	again = monotime_now();
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_PROBER, IMSG_STATS_REQ, &asker, sizeof(asker));
	the_other_asks();
	answered(CTL_OK, "done"); /* half a second later */
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	asked = rig_any(CHILD_PROBER, 20);
	/* unless this machine was so busy that it is given up itself */
	CHECK(asked == 0 || monotime_ms_between(again, monotime_now()) >= 1000);
}

static void
story_show(void)
{
	struct ctl_show show = { .what = CTL_SHOW_TARGETS };
	struct ctl_target t;
	struct ctl_process p;
	struct ctl_uplink u;
	struct msg_stats st;
	uint32_t asker;

	home(PRIMARY POTS FALLBACK);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_PROBER, IMSG_STATS_REQ, &asker, sizeof(asker));
	memset(&st, 0, sizeof(st));
	st.asker = asker;
	st.target = 1;
	st.known = 1;
	st.sent = 5;
	st.received = st.rtt.bucket[1] = 4;
	rig_send(CHILD_PROBER, IMSG_STATS, &st, sizeof(st));
	others_answer(asker, MSG_FILE_SAME);
	answer(IMSG_CTL_TARGET, &t, sizeof(t));
	answer(IMSG_CTL_TARGET, &t, sizeof(t));
	CHECK(t.stats.sent == 5 && strcmp(t.via, "eth1") == 0);
	answered(CTL_OK, "done");
	show.what = CTL_SHOW_BACKUP;
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	answer(IMSG_CTL_UPLINK, &u, sizeof(u));
	CHECK(strcmp(u.name, "pots") == 0 && strcmp(u.status, "idle") == 0);
	answered(CTL_OK, "done");
	show.what = CTL_SHOW_SUMMARY;
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	answer(IMSG_CTL_PROCESS, &p, sizeof(p));
	CHECK(strcmp(p.name, "parent") == 0);
	answered(CTL_OK, "done");
	show.what = CTL_SHOW_EVENT;
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	answered(CTL_REFUSED, "no event yet");
	show.what = CTL_SHOW_MAX;
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	answered(CTL_REFUSED, "nothing to show");
}

/* It is netconf's: what comes is passed on. */
static void
story_show_config(void)
{
	struct ctl_show show = { .what = CTL_SHOW_CONFIG };
	struct msg_conf_text m = { .text = "primary eth1 {\n" };
	char text[sizeof("primary eth1 {\n")];

	home(PRIMARY POTS FALLBACK);
	ask(IMSG_CTL_SHOW, &show, sizeof(show));
	rig_expect(CHILD_NETCONF, IMSG_CONF_SHOW, &m.asker, sizeof(m.asker));
	rig_send(CHILD_NETCONF, IMSG_CONF_TEXT, &m, sizeof(m));
	answer(IMSG_CTL_TEXT, text, sizeof(text));
	CHECK(strcmp(text, "primary eth1 {\n") == 0);
	rig_send(CHILD_NETCONF, IMSG_CONF_TEXT_END, &m.asker, sizeof(m.asker));
	answered(CTL_OK, "done");
}

static char told[2048];

static void
tell(const struct ctl_line *l, void *arg)
{
	if (strcmp(l->who, arg) == 0) {
		strlcat(told, l->text, sizeof(told));
		strlcat(told, "|", sizeof(told));
	}
}

/* What the last event has of operators; BY stands for who asks here. */
static int
asked_is(const char *text)
{
	char operator[] = "operator", by[40], expected[1024] = "";
	struct ctl_event ev;
	const char *at;

	if (getuid() == 0)
		strlcpy(by, "asked by root", sizeof(by));
	else
		snprintf(by, sizeof(by), "asked by uid %u", getuid());
	for (; (at = strstr(text, "BY")) != NULL; text = at + strlen("BY")) {
		strncat(expected, text, (size_t)(at - text));
		strlcat(expected, by, sizeof(expected));
	}
	strlcat(expected, text, sizeof(expected));
	told[0] = '\0';
	CHECK(history_event("", &ev, tell, operator) >= 0);
	if (strcmp(told, expected) != 0)
		fprintf(stderr, "operator: %s\n", told);
	return strcmp(told, expected) == 0;
}

/* Who asked for what, and in vain, is in the story; and that it began so. */
static void
story_asked(void)
{
	struct ctl_failover f = { .name = "dsl", .for_s = 600 };
	struct ctl_time t = { .for_s = 7200 };

	home(PRIMARY OWN FALLBACK);
	rig_facts(1, 1);
	ask(IMSG_CTL_RELEASE, NULL, 0);
	answered(CTL_REFUSED, "nothing is held");
	usleep(1000); /* that was before */
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	answered(CTL_OK, "done");
	CHECK(parent->event.detect_ms == 0);
	ask(IMSG_CTL_HOLD, &t, sizeof(t));
	answered(CTL_OK, "done");
	t.for_s = CTL_FOREVER;
	ask(IMSG_CTL_HOLD, &t, sizeof(t));
	answered(CTL_OK, "done");
	f.for_s = 0;
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	answered(CTL_OK, "no longer for a time");
	ask(IMSG_CTL_RELEASE, NULL, 0);
	answered(CTL_OK, "done");
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	parent->mconf.automatic = false; /* no time is told */
	ask(IMSG_CTL_FALLBACK, NULL, 0);
	answered(CTL_REFUSED, "the primary is not good");
	CHECK(asked_is("failover dsl for 600 s, BY|hold for 7200 s, BY|"
		       "hold forever, BY|failover dsl, BY|release, BY|"
		       "fallback, BY|fallback not done: the primary is not "
		       "good: upstream dead|"));
}

static size_t
lines_told(void)
{
	char operator[] = "operator";
	struct ctl_event ev;
	const char *at;
	size_t n = 0;

	told[0] = '\0';
	CHECK(history_event("", &ev, tell, operator) >= 0);
	for (at = told; (at = strchr(at, '|')) != NULL; at++)
		n++;
	return n;
}

/* In vain once more, but that it takes less time now, is no news. */
static void
story_asked_in_time(void)
{
	struct ctl_failover f = { .name = "dsl", .for_s = 600 };
	size_t n;

	home(PRIMARY OWN FALLBACK);
	rig_facts(1, 1);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	answered(CTL_OK, "done");
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	ask(IMSG_CTL_FALLBACK, NULL, 0);
	answered(CTL_REFUSED, "dead; traffic returns by itself in ");
	n = lines_told();
	clock_ahead_ms = 50000;
	ask(IMSG_CTL_FALLBACK, NULL, 0);
	answered(CTL_REFUSED, "dead; traffic returns by itself in 5");
	CHECK(lines_told() == n);
}

/* The primary has died. */
static void
dies(void)
{
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->machine.state != MACHINE_ON_PRIMARY);
}

/* Who asks in vain again and again pushes no line out of the story. */
static void
story_asked_in_a_loop(void)
{
	char operator[] = "operator";
	struct ctl_event ev;
	int i;

	home(PRIMARY POTS FALLBACK);
	dies();
	for (i = 0; i < 3; i++) {
		ask(IMSG_CTL_FALLBACK, NULL, 0);
		answered(CTL_REFUSED, "the primary is not good");
	}
	CHECK(asked_is("fallback, BY|fallback not done: the primary is not "
		       "good: upstream dead|"));
	for (i = 0; i < 100; i++) {
		ask(i % 2 ? IMSG_CTL_FALLBACK : IMSG_CTL_RELEASE, NULL, 0);
		answered(CTL_REFUSED, "");
	}
	told[0] = '\0';
	CHECK(history_event("", &ev, tell, operator) >= 0);
	for (i = 0; strchr(told, '|') != NULL; i++)
		*strchr(told, '|') = ' ';
	CHECK(i == 21); /* the last one says so */
}

static void
in_vain(const char *name, const char *what)
{
	struct ctl_failover f = { .for_s = 0 };

	strlcpy(f.name, name, sizeof(f.name));
	asked_note(7, IMSG_CTL_FAILOVER, &f);
	asked_result(7, 0, what);
}

/* One name is not another, though only by its number. */
static void
story_asked_for_another(void)
{
	home(PRIMARY POTS FALLBACK);
	dies();
	in_vain("wan2", "busy: wan2 is stopped, for 20 s at most");
	in_vain("wan3", "busy: wan3 is stopped, for 20 s at most");
	in_vain("wan3", "busy: wan3 is stopped, for 9 s at most");
	CHECK(asked_is(
	    "failover wan2, asked by unknown|failover not done: busy: wan2 is "
	    "stopped, for 20 s at most|failover wan3, asked by "
	    "unknown|failover "
	    "not done: busy: wan3 is stopped, for 20 s at most|"));
}

/* Nor the lines with which one has begun. */
static void
story_asked_in_vain_before(void)
{
	char who[] = "eth1";
	struct ctl_event ev;
	int i;

	home(PRIMARY POTS FALLBACK);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	for (i = 0; i < 10; i++) {
		ask(IMSG_CTL_RELEASE, NULL, 0);
		answered(CTL_REFUSED, "nothing is held");
	}
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(asked_is(""));
	told[0] = '\0';
	CHECK(history_event("", &ev, tell, who) >= 0);
	CHECK(strstr(told, "round bad: upstream dead: 0/3 198.51.100.7, 0/3 "
			   "198.51.100.8|round bad: ") == told);
}

/* What moves no traffic is for the log alone. */
static void
story_asked_of_no_story(void)
{
	struct ctl_log l = { .verbose = 0 };

	home(PRIMARY POTS FALLBACK);
	dies();
	ask(IMSG_CTL_LOG, &l, sizeof(l));
	answered(CTL_OK, "log is brief");
	CHECK(asked_is(""));
	request_text(IMSG_CTL_LOG, &l, (uid_t)-1, told, sizeof(told));
	CHECK(strcmp(told, "log, asked by unknown") == 0);
}

/* Who does not wait for it: what came of it is told all the same. */
static void
story_asked_and_left(void)
{
	struct ctl_failover f = { .name = "dsl" };
	int i;

	home(PRIMARY OWN FALLBACK);
	rig_facts(1, 1);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	close(client.fd);
	rig_run();
	for (i = 0; i < 10 && !parent->event.ended; i++)
		rig_round(1, MSG_BAD, MSG_CAUSE_GATEWAY);
	CHECK(asked_is("failover dsl, BY|failover not done: the backup could "
		       "not be proved: dsl: gateway silent|"));
}

/* Each refusal says why. */
static void
story_refusals(void)
{
	struct ctl_failover f = { .name = "lte" };
	struct ctl_time t = { 0 };

	home(PRIMARY POTS FALLBACK);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	answered(CTL_REFUSED, "no such backup: lte");
	f.for_s = UINT32_MAX;
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	answered(CTL_REFUSED, "7 days");
	ask(IMSG_CTL_HOLD, &t, sizeof(t));
	answered(CTL_REFUSED, "forever");
	ask(IMSG_CTL_RELEASE, NULL, 0);
	answered(CTL_REFUSED, "nothing is held");
	ask(IMSG_CTL_FALLBACK, NULL, 0);
	answered(CTL_OK, "already");
}

static void
story_hub(void)
{
	struct ctl_failover f = { .name = "lte" };

	home(PRIMARY HUB);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	answered(CTL_REFUSED, "there is no backup");
}

/* Whatever ends while everything goes, nothing of it is laid again. */
static void
story_clear(void)
{
	struct msg_net_done d = { .ok = 1 };
	struct ctl_failover f = { .name = "dsl" };

	home(PRIMARY DSL FALLBACK);
	rig_facts(1, 1);
	ask(IMSG_CTL_FAILOVER, &f, sizeof(f));
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
	answered(CTL_OK, "done");
	ask(IMSG_CTL_CLEAR, NULL, 0);
	rig_expect(CHILD_NETCONF, IMSG_NET_CLEAR, &d.gen, sizeof(d.gen));
	rig_facts(1, 0);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_WANT) == 0);
	CHECK(parent->machine.want.active == 1);
	rig_send(CHILD_NETCONF, IMSG_NET_DONE, &d, sizeof(d));
	CHECK(parent->quitting && parent->exit_code == 0);
	control_close(); /* as parent_loop does; the answer goes out */
	answered(CTL_OK, "everything is out");
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}
STORY(good)
STORY(broken)
STORY(one_at_a_time)
STORY(goes_back)
STORY(stuck)
STORY(alarm_program)
STORY(confirmed)
STORY(in_use)
STORY(order)
STORY(start_waits)
STORY(impossible)
STORY(lists)
STORY(lists_short)
STORY(lists_long)
STORY(lists_endless)
STORY(show_without_prober)
STORY(show_unfit)
STORY(show_unfit_modem)
STORY(show_unfit_many)
STORY(show_unfit_hot)
STORY(show_waits)
STORY(show_waits_for_line)
STORY(show_drain)
STORY(show_file)
STORY(primary_anew)
STORY(show_not_set)
STORY(show_to_two)
STORY(show_to_one_after_another)
STORY(show)
STORY(show_config)
STORY(asked)
STORY(asked_in_time)
STORY(asked_in_a_loop)
STORY(asked_for_another)
STORY(asked_in_vain_before)
STORY(asked_of_no_story)
STORY(asked_and_left)
STORY(refusals)
STORY(hub)
STORY(clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_goes_back),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_alarm_program),
		cmocka_unit_test(test_confirmed),
		cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_start_waits),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_lists_short),
		cmocka_unit_test(test_lists_long),
		cmocka_unit_test(test_lists_endless),
		cmocka_unit_test(test_show_without_prober),
		cmocka_unit_test(test_show_unfit),
		cmocka_unit_test(test_show_unfit_modem),
		cmocka_unit_test(test_show_unfit_many),
		cmocka_unit_test(test_show_unfit_hot),
		cmocka_unit_test(test_show_waits),
		cmocka_unit_test(test_show_waits_for_line),
		cmocka_unit_test(test_show_drain),
		cmocka_unit_test(test_show_file),
		cmocka_unit_test(test_primary_anew),
		cmocka_unit_test(test_show_not_set),
		cmocka_unit_test(test_show_to_two),
		cmocka_unit_test(test_show_to_one_after_another),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_show_config),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_asked_in_time),
		cmocka_unit_test(test_asked_in_a_loop),
		cmocka_unit_test(test_asked_for_another),
		cmocka_unit_test(test_asked_in_vain_before),
		cmocka_unit_test(test_asked_of_no_story),
		cmocka_unit_test(test_asked_and_left),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_hub),
		cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
