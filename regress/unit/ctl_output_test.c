/* SPDX-License-Identifier: ISC */
/*
 * The screens and the JSON.  Screens fit 80 columns whatever they show, and
 * nothing in them moves a cursor; the JSON has the keys and types that
 * scripts rely on, as jq(1) sees them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/ctl_output.h"

static struct ctl_answer a;
static struct ctl_uplink uplinks[3];
#define TARGETS 5
static struct ctl_target targets[TARGETS];
static struct ctl_process processes[4];
static struct ctl_event events[2];
static struct ctl_line lines[3];
static char text[32768];

static struct ctl_peer peer;

static void
address(struct addr *to, const char *from)
{
	assert_int_equal(addr_parse(from, to), 0);
}

static void
site_uplinks(void)
{
	struct ctl_uplink *u = &uplinks[0];
	struct ctl_family *v;

	u->role = CONF_PRIMARY;
	strlcpy(u->name, "eth1", sizeof(u->name));
	strlcpy(u->ifname, "eth1", sizeof(u->ifname));
	strlcpy(u->status, "down", sizeof(u->status));
	strlcpy(u->cause, "upstream dead", sizeof(u->cause));
	u->retry = 1;
	u->bad_rounds = 12;
	v = &u->family[FAMILY_INET];
	address(&v->address, "192.0.2.17");
	address(&v->gateway, "192.0.2.1");
	v->probed = v->known = 1;
	v->bad_rounds = 12;
	strlcpy(v->cause, "upstream dead", sizeof(v->cause));
	v->recent_sent = 300;
	v->recent_lost = 300;
	v->rounds[MSG_GOOD] = 4000;
	v->rounds[MSG_BAD] = 12;
	v = &u->family[FAMILY_INET6];
	address(&v->address, "2001:db8:5::17");
	v->probed = v->known = v->good = 1;
	v->recent_sent = 100;
	v->rtt_ns = 11300000;
	u->facts_known = u->carrier = 1;
	u = &uplinks[1];
	u->id = 1;
	u->role = CONF_BACKUP;
	u->kind = CONF_MODEM;
	u->active = 1;
	strlcpy(u->name, "pots", sizeof(u->name));
	strlcpy(u->ifname, "ppp0", sizeof(u->ifname));
	strlcpy(u->status, "up", sizeof(u->status));
	v = &u->family[FAMILY_INET];
	address(&v->address, "100.64.7.2");
	address(&v->gateway, "100.64.0.1");
	v->probed = v->known = v->good = 1;
	v->recent_sent = 250;
	v->recent_lost = 3;
	v->rtt_ns = 48000000;
	u->dials = 1;
	u->dialed = 1;
	u->active_ms = 2592500;
	u = &uplinks[2];
	u->id = 2;
	u->role = CONF_BACKUP;
	strlcpy(u->name, "a-backup-with-a-very-long-name", sizeof(u->name));
	strlcpy(u->ifname, "enp0s31f6.1234", sizeof(u->ifname));
	strlcpy(u->status, "waiting", sizeof(u->status));
	strlcpy(u->last_error, "exit 19: authentication failed, and so on",
	    sizeof(u->last_error));
	strlcpy(u->unfit, "its last try failed", sizeof(u->unfit));
	u->next_s = 299;
	strlcpy(u->modem,
	    "not ready: /dev/serial/by-id/usb-example-if02: no such device: "
	    "waiting",
	    sizeof(u->modem));
	u->drill.scheduled = u->drill.done = u->drill.ok = 1;
	u->drill.last_ns = INT64_C(1795722346) * 1000000000;
	u->drill.next_ns = u->drill.last_ns + INT64_C(604800) * 1000000000;
	u->drill.ready_ms = 118900;
	u->drill.mtu = 1492;
	u->drill.kbps = 689700;
	u->drill.samples = 40;
	u->drill.p50_ms = 118900;
	u->drill.p95_ms = 240349;
}

static void
site_targets(void)
{
	static const char *const addresses[] = { "192.0.2.1", "198.51.100.7",
		"2001:db8:ffff:ffff:ffff:ffff:ffff:fff9", "198.51.100.10",
		"0.0.0.0" };
	size_t i;

	for (i = 0; i < TARGETS; i++) {
		struct ctl_target *t = &targets[i];

		strlcpy(t->via, "eth1", sizeof(t->via));
		address(&t->target.address, addresses[i]);
		t->target.near = i == 0 || i == 4;
		t->stats.known = 1;
		t->stats.up = i == 0;
		t->stats.sent = 1000;
		t->stats.received = 990;
		t->stats.late = 2;
		t->stats.recent_sent = 300;
		t->stats.recent_lost = 3;
		t->stats.rtt_last_ns = 123456789;
		t->stats.rtt_avg_ns = 123456789;
		t->stats.rtt_min_ns = 1;
		t->stats.rtt_max_ns = 987654321;
		t->stats.rtt_mdev_ns = 5000000;
		t->stats.rtt_p50_ns = 11000000;
		t->stats.rtt_p95_ns = 60000000000;
		t->stats.rtt_p99_ns = 60000000000;
	}
	targets[2].target.method = CONF_METHOD_TCP;
	targets[2].target.port = 443;
	targets[3].target.method = CONF_METHOD_DNS;
	targets[3].target.port = 53;
	strlcpy(targets[3].target.query, "probe.example.net",
	    sizeof(targets[3].target.query));
	targets[4].target.method = CONF_METHOD_GATEWAY;
	address(&targets[4].gateway, "192.0.2.1");
}

static void
site_summary(void)
{
	struct ctl_summary *s = &a.summary;

	a.has_summary = 1;
	s->pid = 4711;
	s->clock_sane = 1;
	s->time_ns = INT64_C(1795575063) * 1000000000 + 412000000;
	s->uptime_s = 3600;
	strlcpy(s->version, "0.1", sizeof(s->version));
	strlcpy(s->host, "b017", sizeof(s->host));
	strlcpy(s->verdict,
	    "ON BACKUP pots for 0:43:12; returns to eth1 in "
	    "48 s if it stays good",
	    sizeof(s->verdict));
	strlcpy(s->state, "backup", sizeof(s->state));
	s->since_ns = s->time_ns - INT64_C(2592) * 1000000000;
	s->since_s = 2592;
	strlcpy(s->event, "4f2b", sizeof(s->event));
	strlcpy(s->event_text, "eth1 upstream dead", sizeof(s->event_text));
	s->held = 1;
	s->hold_s = 5400;
	s->active = 1;
	s->fallback_due = 1;
	s->due_s = 48;
	strlcpy(s->fallback_text, "after 5m: met; stable 1m: 12 s",
	    sizeof(s->fallback_text));
	s->loaded_ns = s->time_ns;
	s->confirm_due = 1;
	s->confirm_s = 17;
	s->file = MSG_FILE_BAD;
	s->file_errors = 2;
	strlcpy(s->file_where, "/etc/dialfail.conf:12", sizeof(s->file_where));
	s->alarms_waiting = 2;
	s->alarm_oldest_s = 90;
	strlcpy(s->alarm_why,
	    "exit 75: no route to mail.example.net, which was asked for by all",
	    sizeof(s->alarm_why));
	s->network_known = 1;
	s->network_ok = 1;
	s->notes.n = 2;
	strlcpy(s->notes.text, "note: masquerade: there is no interface lan5",
	    sizeof(s->notes.text));
	s->failovers = 3;
	s->fallbacks = 2;
	s->detect_ms = 2400;
	s->dial_ms = 8300;
	s->moved_us = 400;
	s->apply_us = 900;
}

static int
site(void **state)
{
	static const char *const names[] = { "parent", "prober", "dialer",
		"netconf" };
	size_t i;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(uplinks, 0, sizeof(uplinks));
	memset(targets, 0, sizeof(targets));
	memset(events, 0, sizeof(events));
	memset(lines, 0, sizeof(lines));
	memset(&peer, 0, sizeof(peer));
	site_uplinks();
	site_targets();
	site_summary();
	for (i = 0; i < 4; i++) {
		processes[i].pid = (uint32_t)(4711 + i);
		strlcpy(processes[i].name, names[i], sizeof(processes[i].name));
		strlcpy(processes[i].sandbox,
		    "uid 999, chroot, no capabilities, no_new_privs, seccomp "
		    "filter, and a few more words",
		    sizeof(processes[i].sandbox));
	}
	strlcpy(events[0].id, "4f2b", sizeof(events[0].id));
	events[0].began_ns = a.summary.since_ns;
	strlcpy(events[0].cause, "eth1 upstream dead", sizeof(events[0].cause));
	strlcpy(events[0].backup, "pots", sizeof(events[0].backup));
	events[0].backup_s = 2634;
	events[0].detect_ms = 2400;
	events[0].prove_ms = 289;
	events[0].peers_ms = 84;
	events[0].outage_ms = 10983;
	for (i = 0; i < 3; i++) {
		lines[i].time_ns = a.summary.since_ns;
		lines[i].offset_ms = (int64_t)i * 1199;
		strlcpy(lines[i].event, "4f2b", sizeof(lines[i].event));
		strlcpy(lines[i].who, "network", sizeof(lines[i].who));
		memset(lines[i].text, 'w', 60 * i);
		strlcat(lines[i].text,
		    " 7 steps in 0.9 ms, read back equal; 37 flows forgotten",
		    sizeof(lines[i].text));
	}
	uplinks[1].budget = (struct ctl_budget){ .limited = 1,
		.refuse = 1,
		.used = { 840000, 12000000, 31 },
		.limit = { 36000000, 0, 30 },
		.barred = "its dials are used up" };
	a.uplinks = uplinks;
	a.nuplinks = 3;
	a.targets = targets;
	a.ntargets = TARGETS;
	strlcpy(peer.name, "hq", sizeof(peer.name));
	address(&peer.address[FAMILY_INET], "203.0.113.10");
	peer.heard = peer.acknowledged = 1;
	peer.heard_s = 3;
	peer.acknowledged_s = 12;
	peer.rtt_ms = 84;
	strlcpy(peer.update, "failover", sizeof(peer.update));
	peer.updated_s = 240;
	peer.networks = 2;
	peer.unrouted = 1;
	strlcpy(peer.answer, "moves too often", sizeof(peer.answer));
	a.peers = &peer;
	a.npeers = 1;
	a.summary.peers = 2;
	a.summary.peers_acknowledged = a.summary.peers_silent = 1;
	a.processes = processes;
	a.nprocesses = 4;
	a.events = events;
	a.nevents = 1;
	a.lines = lines;
	a.nlines = 3;
	a.text = (char *)(uintptr_t) "# dump\n";
	ctl_colours = 0;
	return 0;
}

static void
write_answer(const struct ctl_output *out, uint32_t what)
{
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	out->show(f, what, &a);
	assert_int_equal(fclose(f), 0);
}

static void
contains(const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void
fits(void)
{
	const char *line = text, *end;

	for (; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (end - line >= 80)
			fail_msg("%d columns: %.*s", (int)(end - line),
			    (int)(end - line), line);
	}
}

static void
test_summary(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	fits();
	assert_int_equal(
	    strncmp(text, "b017  ON BACKUP pots for 0:43:12", 32), 0);
	contains("\n      event 4f2b, ");
	contains("HELD for another 1:30:00");
	contains("NOT CONFIRMED, goes back in 17 s;\n         THE FILE HAS 2 "
		 "ERRORS, see dialfaild -n: /etc/dialfail.conf:12\n");
	contains("eth1         down        192.0.2.17      100.0 %");
	contains(
	    "\n             IPv6 up     2001:db8:5::17    0.0 %    11.3\n");
	contains("gateway 192.0.2.1\n");
	contains(" arp   down ");
	contains("198.51.100.10 probe.example.net\n");
	contains("pots (ppp0)  ACTIVE      100.64.7.2        1.2 %    48.0  "
		 "gateway 100.64.0.1\n");
	contains("authentication failed, and so on; next try in 299 s");
	contains("drill Thu 26 Nov 19:45 good (118.9 s, MTU 1492, "
		 "689.7 Mbit/s)\n             ready in 40 drills: p50 118.9 s, "
		 "p95 240.3 s\n             next drill Thu  3 Dec 19:45\n");
	contains("Network  as wanted; 2 NOTES, see show network: note: ");
	contains("Alarms   2 waiting for 90 s: exit 75: no route to");
	contains("seccomp");
	contains("last proved: not yet");
	uplinks[2].drill.done = 0;
	uplinks[2].proved_known = 1;
	uplinks[2].proved_s = 3 * 86400 + 7200;
	write_answer(&ctl_text, CTL_SHOW_BACKUP);
	contains("\n             next drill Thu  3 Dec 19:45\n");
	contains("\n             last proved: 3 d ago\n");
	uplinks[2].proved_s = 119;
	write_answer(&ctl_text, CTL_SHOW_BACKUP);
	contains("last proved: 119 s ago\n");
	uplinks[2].proved_s = 120;
	write_answer(&ctl_text, CTL_SHOW_BACKUP);
	contains("last proved: 2 min ago\n");
	uplinks[2].proved_s = 7200;
	write_answer(&ctl_text, CTL_SHOW_BACKUP);
	contains("last proved: 2 h ago\n");
	uplinks[2].takes_ms = 75001;
	write_answer(&ctl_text, CTL_SHOW_BACKUP);
	contains("last proved: 2 h ago\n             would carry traffic in "
		 "76 s at most\n");
	uplinks[2].takes_ms = 120000;
	uplinks[2].takes_measured = 1;
	uplinks[2].last_outage_ms = 10983;
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	contains("\n             would carry traffic in about 0:02:00 "
		 "(last time 11.0 s)\n");
	uplinks[2].proved_known = 0;
	uplinks[2].drill.done = 1;
}

/* Routers give IPv6 addresses to sites that make nothing of them. */
static void
test_no_inet6(void **state)
{
	struct ctl_family *v = &uplinks[0].family[FAMILY_INET6];

	(void)state;
	v->probed = v->known = 0;
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	assert_null(strstr(text, "2001:db8:5::17"));
	uplinks[1].family[FAMILY_INET6].probed = 1;
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	contains("IPv6        2001:db8:5::17");
	uplinks[1].family[FAMILY_INET6].probed = 0;
	v->probed = v->known = 1;
}

static void
test_every_screen_fits(void **state)
{
	uint32_t what;

	(void)state;
	for (what = 0; what < CTL_SHOW_METRICS; what++) {
		write_answer(&ctl_text, what);
		fits();
		assert_true(text[0] != '\0');
	}
}

static void
fill(char *field, size_t size, const char *words)
{
	field[0] = '\0';
	while (strlcat(field, words, size) < size)
		continue;
}

/* Everything there is of an uplink, as long as it may be. */
static void
long_uplink(struct ctl_uplink *u)
{
	fill(u->name, sizeof(u->name), "a-name-");
	fill(u->ifname, sizeof(u->ifname), "enp0s31f6-");
	strlcpy(u->status, "negotiating", sizeof(u->status));
	u->cause[0] = '\0';
	fill(u->note, sizeof(u->note), "cannot take over: no carrier ");
	fill(u->standby, sizeof(u->standby), "not one far target ");
	fill(u->modem, sizeof(u->modem), "not ready: ");
	address(&u->family[FAMILY_INET].address, "192.168.100.100");
	u->family[FAMILY_INET].rtt_ns = INT64_C(100000000000);
	u->family[FAMILY_INET].recent_lost = u->family[FAMILY_INET].recent_sent;
	u->budget = (struct ctl_budget){ .limited = 1,
		.since_ns = INT64_C(1795722346) * 1000000000,
		.used = { INT64_C(1200) * 3600000, UINT64_C(1234567800000),
		    12345 },
		.limit = {
		    INT64_C(2400) * 3600000, UINT64_C(5000000000000), 30000 } };
	fill(u->budget.barred, sizeof(u->budget.barred), "its hours are ");
	u->drill = uplinks[2].drill;
	u->radio.known = 1;
	fill(u->radio.operator, sizeof(u->radio.operator), "Example ");
	fill(u->radio.sim, sizeof(u->radio.sim), "asks for PIN ");
}

static void
long_site(void)
{
	struct ctl_summary *s = &a.summary;
	size_t i;

	for (i = 0; i < a.nuplinks; i++)
		long_uplink(&uplinks[i]);
	for (i = 0; i < TARGETS; i++) {
		fill(targets[i].via, sizeof(targets[i].via), "a-name-");
		targets[i].target.near = 1;
		targets[i].stats.recent_lost = targets[i].stats.recent_sent;
		targets[i].stats.rtt_last_ns = INT64_C(60000000000);
		targets[i].stats.rtt_avg_ns = INT64_C(60000000000);
		targets[i].stats.rtt_max_ns = INT64_C(600000000000);
	}
	fill(targets[3].target.query, sizeof(targets[3].target.query),
	    "a-label.of-a-name.");
	fill(s->host, sizeof(s->host), "a-host-with-a-name-");
	fill(s->verdict, sizeof(s->verdict), "STRANDED for 0:07:31; ");
	fill(s->event_text, sizeof(s->event_text), "eth1 no carrier; ");
	s->hold_s = CTL_FOREVER;
	fill(events[0].cause, sizeof(events[0].cause), "a-name-of-31-octets ");
	fill(events[0].backup, sizeof(events[0].backup), "a-name-");
	events[0].ended = events[0].end_unknown = 1;
	fill(peer.name, sizeof(peer.name), "a-name-");
	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		fill(peer.own_nat[i].uplink, sizeof(peer.own_nat[i].uplink),
		    "a-name-");
		peer.own_nat[i].families = peer.own_nat[i].bound = 3;
	}
	for (i = 0; i < 3; i++)
		fill(lines[i].who, sizeof(lines[i].who), "a-name-");
}

/* Nor does a line become longer by what it tells. */
static void
test_long_words_fit(void **state)
{
	uint32_t what;

	(void)state;
	long_site();
	for (what = 0; what < CTL_SHOW_METRICS; what++) {
		write_answer(&ctl_text, what);
		fits();
	}
}

static void
test_budget_is_folded(void **state)
{
	(void)state;
	uplinks[1].budget.since_ns = INT64_C(1795722346) * 1000000000;
	uplinks[1].budget.limit[CONF_COST_BYTES] = 500000000;
	write_answer(&ctl_text, CTL_SHOW_BACKUP);
	fits();
	contains("\n             budget since 26 Nov: 0:14 of 10:00 h, 12.0 of "
		 "500.0 MB, 31 of 30\n                    dials\n"
		 "             no new call: its dials are used up\n");
}

static void
test_story(void **state)
{
	(void)state;
	write_answer(&ctl_text, CTL_SHOW_EVENT);
	contains("event 4f2b  eth1 upstream dead  2026-11-25 ");
	contains("still open");
	contains("   +1.199  network  ");
	contains("\noutage seen by the LAN 11.0 s, detected in 2.4 s, "
		 "proved in 0.3 s, switched in\n");
	contains("all peers knew after 0.1 s; 0 dials, 0:43:54 on");
	assert_null(strstr(text, "packets")); /* none are known */
	events[0].backup_packets = 1234;
	write_answer(&ctl_text, CTL_SHOW_EVENT);
	contains(" MB in 1234");
	events[0].detect_ms = events[0].outage_ms = 0; /* asked for, a drill */
	events[0].dials = 1;
	events[0].dial_ms = 8300;
	write_answer(&ctl_text, CTL_SHOW_EVENT);
	assert_null(strstr(text, "detected in"));
	contains("\ndialled in ");
	assert_null(strstr(text, "outage"));
	events[0].dial_ms = 0;
	events[0].backup[0] = '\0';
	write_answer(&ctl_text, CTL_SHOW_EVENT);
	assert_null(strstr(text, "dialled in"));
	assert_null(strstr(text, "\n\n"));
}

/* The newest of them first. */
static void
test_last_events(void **state)
{
	(void)state;
	events[1] = events[0];
	strlcpy(events[1].id, "4f2c", sizeof(events[1].id));
	a.nevents = 2;
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	contains("\nLast     4f2c 2026");
	contains("\n         4f2b 2026");
	assert_true(strstr(text, "4f2c 2026") < strstr(text, "4f2b 2026"));
}

static void
own_nat(void)
{
	static const struct ctl_peer_nat by[] = { { "eth1", 1, 1, 1 },
		{ "lte", 0, 3, 1 }, { "dsl", 0, 3, 0 } };

	memcpy(peer.own_nat, by, sizeof(by));
}

static void
test_peers(void **state)
{
	(void)state;
	write_answer(&ctl_text, CTL_SHOW_PEERS);
	contains("hq         at 203.0.113.10, heard 3 s ago, "
		 "failover 4 min ago, 2 networks (no\n");
	contains(" route for 1), NOT FOLLOWED: moves too often; "
		 "acknowledged 12 s ago\n           (84 ms)");
	assert_null(strstr(text, "NAT"));
	own_nat();
	write_answer(&ctl_text, CTL_SHOW_PEERS);
	contains("\n           we are behind NAT (IPv4)\n"
		 "           cannot follow to lte: behind NAT (IPv4)\n"
		 "           by dsl we are behind NAT (IPv4 and IPv6)\n");
	peer.update[0] = '\0';
	peer.heard = peer.networks = peer.unrouted = 0;
	write_answer(&ctl_text, CTL_SHOW_PEERS);
	contains("hq         at 203.0.113.10, not heard yet, NOT FOLLOWED: ");
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	contains("Peers    1 of 2 follow, 1 silent");
}

static void
test_no_cursor(void **state)
{
	(void)state;
	strlcpy(uplinks[2].last_error, "\033[2Jgone",
	    sizeof(uplinks[2].last_error));
	strlcpy(a.summary.host, "a\033b", sizeof(a.summary.host));
	strlcpy(lines[0].who, "w\033", sizeof(lines[0].who));
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	assert_null(strchr(text, '\033'));
	write_answer(&ctl_text, CTL_SHOW_EVENT);
	assert_null(strchr(text, '\033'));
	ctl_colours = 1;
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	assert_non_null(strchr(text, '\033'));
}

/* Green is what nobody has to look at. */
static void
test_no_colours(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_false(ctl_no_colours());
	assert_int_equal(setenv("NO_COLOR", "", 1), 0);
	assert_false(ctl_no_colours());
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	assert_true(ctl_no_colours());
}

static void
test_colours(void **state)
{
	(void)state;
	ctl_colours = 1;
	strlcpy(a.summary.verdict, "OK  primary eth1 for 0:43:12",
	    sizeof(a.summary.verdict));
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	contains("\033[32mb017  OK");
	strlcpy(a.summary.verdict,
	    "OK, but no backup can take over: lte: SIM missing; primary eth1",
	    sizeof(a.summary.verdict));
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	contains("\033[33mb017  OK, but no backup");
}

/* Ask jq whether what is in text is as the filter says. */
static void
jq(const char *filter)
{
	char command[4096];
	FILE *f;

	snprintf(command, sizeof(command), "jq -e '%s' >/dev/null", filter);
	assert_non_null(f = popen(command, "w"));
	assert_int_not_equal(fputs(text, f), EOF);
	if (pclose(f) != 0)
		fail_msg("not so: %s\n%s", filter, text);
}

static void
need_jq(void)
{
	if (system("command -v jq >/dev/null") != 0)
		skip();
}

/* Every key that scripts rely on, and its type. */
static void
test_json_keys(void **state)
{
	static const char *const keys[] = {
		".schema == 1",
		".version | type == \"string\"",
		".pid | type == \"number\"",
		".time | test(\"^[0-9-]{10}T[0-9:]{8}\\\\.[0-9]{3}Z$\")",
		".uptime_s | type == \"number\"",
		".verdict | type == \"string\"",
		".state == \"backup\"",
		".since | type == \"string\"",
		".since_s | type == \"number\"",
		".event == \"4f2b\"",
		".hold.left_s == 5400",
		".active | .role == \"backup\" and .name == \"pots\" and "
		".interface == \"ppp0\" and .inet6 == null",
		".active.inet == {\"address\": \"100.64.7.2\", "
		"\"gateway\": \"100.64.0.1\"}",
		".primary | .interface == \"eth1\" and .status == \"down\" "
		"and .cause == \"upstream dead\" and .bad_rounds == 12 and "
		".retry == 1",
		".primary.targets | length == 5",
		".primary.targets[0] | .address == \"192.0.2.1\" and "
		".method == \"icmp\" and .family == \"inet\" and .port == null "
		"and .query == null and .near == true and .status == \"up\" "
		"and .sent == 1000 and .received == 990 and .loss_pct == 1.0",
		".primary.targets[1] | .near == false and .status == \"down\"",
		".primary.targets[0].rtt_ms | [.last, .avg, .min, .max, "
		".mdev, .p50, .p95, .p99] | all(type == \"number\")",
		".primary.targets[2] | .family == \"inet6\" and .method == "
		"\"tcp\" and .port == 443",
		".primary.targets[3] | .method == \"dns\" and .port == 53 and "
		".query == \"probe.example.net\"",
		".primary.targets[4] | .method == \"gateway\" and .address == "
		"\"192.0.2.1\"",
		".primary | .decide == \"inet\" and .inet.status == \"down\" "
		"and .inet.cause == \"upstream dead\" and .inet6.status == "
		"\"up\" and .inet6.cause == null and .inet6.address == "
		"\"2001:db8:5::17\"",
		".backups | length == 2",
		".backups[0] | .name == \"pots\" and .kind == \"modem\" and "
		".status == \"up\" and .interface == \"ppp0\" and .address == "
		"\"100.64.7.2\" and .remote == \"100.64.0.1\" and .dials == 1 "
		"and .last_error == null and .note == null",
		".backups[1] | .kind == \"interface\" and .next_s == 299 and "
		".cannot_take_over == \"its last try failed\"",
		".backups[0].cannot_take_over == null",
		".backups[1].drill | .samples == 40 and .p50_ms == 118900 and "
		".p95_ms == 240349",
		".fallback | .mode == \"automatic\" and .due_s == 48",
		".config | (.sha256 | length == 64) and .confirm_s == 17 and "
		"(.loaded | type == \"string\") and .file == \"errors\" and "
		".file_errors == 2 and .file_error == "
		"\"/etc/dialfail.conf:12\"",
		".alarms | .waiting == 2 and .oldest_s == 90 and "
		"(.why | test(\"exit 75\"))",
		".network_notes == 2 and (.network_note | test(\"lan5\"))",
		".primary.targets[0].late == 2",
		".clock == \"sane\"",
		".failovers == 3 and .fallbacks == 2",
		".last_switch == {\"detect_ms\": 2400, \"dial_ms\": 8300, "
		"\"moved_us\": 400, \"apply_us\": 900}",
		".processes | length == 4",
		".processes[1] | .name == \"prober\" and .pid == 4712 and "
		"(.sandbox | type == \"string\")",
		".peers == {\"total\": 2, \"acknowledged\": 1, \"silent\": 1}",
	};
	size_t i;

	(void)state;
	need_jq();
	write_answer(&ctl_json, CTL_SHOW_SUMMARY);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		jq(keys[i]);
}

/* What a backup has cost, its drill, its modem. */
static void
test_json_backup(void **state)
{
	(void)state;
	need_jq();
	uplinks[1].last_dial_ms = 8349;
	uplinks[1].takes_ms = 14349;
	uplinks[1].takes_measured = 1;
	uplinks[1].last_outage_ms = 10983;
	uplinks[2].hot = 1;
	strlcpy(uplinks[2].standby, "no carrier", sizeof(uplinks[2].standby));
	uplinks[2].radio = (struct ctl_radio){ .known = 1,
		.age_s = 30,
		.sim = "ready",
		.card = "1234",
		.tries = 3,
		.registered = 1,
		.registration = "home",
		.technology = "LTE",
		.operator= "Example",
		.dbm = -87,
		.signal = "good" };
	write_answer(&ctl_json, CTL_SHOW_BACKUP);
	jq(".backups[0] | .budget == {\"since\": null, \"time_s\": "
	   "{\"used\": 840, \"limit\": 36000, \"left\": 35160}, "
	   "\"bytes\": null, \"dials\": {\"used\": 31, \"limit\": 30, "
	   "\"left\": 0}, \"then\": \"refuse\"} and .drill == null and "
	   ".no_new_call == \"its dials are used up\" and .radio == null and "
	   ".standby == \"cold\" and .ready == null and "
	   ".last_dial_ms == 8349 and .takes_over_ms == 14349 and "
	   ".takes_over_measured and .last_outage_ms == 10983");
	jq(".backups[1] | .takes_over_ms == null and .last_outage_ms == null");
	jq(".backups[1] | .drill == {\"going_on\": false, \"next\": "
	   "\"2026-12-03T19:45:46.000Z\", \"last\": "
	   "\"2026-11-26T19:45:46.000Z\", \"ok\": true, \"ready_ms\": "
	   "118900, \"dial_ms\": 0, \"negotiate_ms\": 0, \"prove_ms\": 0, "
	   "\"mtu\": 1492, \"kbps\": 689700, \"samples\": 40, "
	   "\"p50_ms\": 118900, \"p95_ms\": 240349}");
	jq(".backups[1] | .standby == \"hot\" and .ready == false and "
	   ".not_ready == \"no carrier\" and .proved_s == null and "
	   ".radio == {\"sim\": \"ready\", \"card\": \"1234\", "
	   "\"pin_tries\": 3, \"registered\": true, \"registration\": "
	   "\"home\", \"technology\": \"LTE\", \"operator\": "
	   "\"Example\", \"signal_dbm\": -87, \"signal\": \"good\", "
	   "\"address\": null, \"age_s\": 30}");
}

static void
test_json_peer(void **state)
{
	(void)state;
	need_jq();
	peer.silent = peer.nat = 1;
	peer.sent = 7;
	peer.accepted = 5;
	peer.refused = 3;
	peer.replayed = 1;
	write_answer(&ctl_json, CTL_SHOW_PEERS);
	jq(".peers == [{\"name\": \"hq\", \"inet\": \"203.0.113.10\", "
	   "\"inet6\": null, \"heard_s\": 3, \"silent\": true, "
	   "\"update\": \"failover\", \"updated_s\": 240, "
	   "\"networks\": 2, \"unrouted\": 1, \"nat\": true, \"not_followed\": "
	   "\"moves too often\", "
	   "\"acknowledged\": true, \"acknowledged_s\": 12, \"rtt_ms\": "
	   "84, \"refuses\": null, \"own_nat\": [], \"sent\": 7, "
	   "\"accepted\": 5, \"refused\": 3, \"replayed\": 1}]");
	own_nat();
	write_answer(&ctl_json, CTL_SHOW_PEERS);
	jq(".peers[0].own_nat == [{\"uplink\": \"eth1\", \"active\": true, "
	   "\"inet\": true, \"inet6\": false, \"cannot_follow\": true}, "
	   "{\"uplink\": \"lte\", \"active\": false, \"inet\": true, "
	   "\"inet6\": true, \"cannot_follow\": true}, "
	   "{\"uplink\": \"dsl\", \"active\": false, \"inet\": true, "
	   "\"inet6\": true, \"cannot_follow\": false}]");
}

static void
test_json_probes(void **state)
{
	(void)state;
	need_jq();
	a.text = (char *)(uintptr_t) "T\teth1\t0\t0\t0\t0\t198.51.100.7\n"
				     "R\t1795722346500\t1420\teth1\t0\t0\t0"
				     "\t2\t5\t1\t11300\n";
	write_answer(&ctl_json, CTL_SHOW_PROBES);
	jq(".probes == [{\"time\": \"2026-11-26T19:45:46.500Z\", "
	   "\"span_ms\": 1420, \"uplink\": \"eth1\", \"family\": "
	   "\"inet\", \"verdict\": \"good\", \"cause\": null, "
	   "\"rounds\": 2, \"targets\": [{\"name\": \"198.51.100.7\", "
	   "\"received\": 5, \"lost\": 1, \"rtt_ms\": 11.3}]}]");
}

static void
test_plan(void **state)
{
	static struct ctl_step steps[2] = { { .flows = MSG_FLOWS_NONE,
						.what = "rule",
						.text = "rule added" },
		{ .flows = 14, .what = "flows" } };
	const struct ctl_result r = { .code = CTL_OK };
	FILE *f;

	(void)state;
	fill(steps[1].text, sizeof(steps[1].text), "flows on eth1 forgotten ");
	a.steps = steps;
	a.nsteps = 2;
	strlcpy(a.plan.name, "pots", sizeof(a.plan.name));
	assert_non_null(f = fmemopen(text, sizeof(text), "w"));
	ctl_text.plan(f, &a, &r);
	assert_int_equal(fclose(f), 0);
	fits();
	contains("  1  rule added\n  2  flows on eth1 forgotten ");
	contains(" (14 now)\n");
	need_jq();
	strlcpy(steps[1].text, "forgotten", sizeof(steps[1].text));
	assert_non_null(f = fmemopen(text, sizeof(text), "w"));
	ctl_json.plan(f, &a, &r);
	assert_int_equal(fclose(f), 0);
	jq(". == {\"schema\": 1, \"kind\": \"failover\", \"uplink\": "
	   "\"pots\", \"steps\": [{\"n\": 1, \"what\": \"rule\", "
	   "\"text\": \"rule added\"}, {\"n\": 2, \"what\": \"flows\", "
	   "\"text\": \"forgotten\", \"flows\": 14}]}");
}

static void
test_json_unknown_is_null(void **state)
{
	(void)state;
	need_jq();
	a.summary.held = 0;
	a.summary.event[0] = '\0';
	a.summary.fallback_due = 0;
	a.summary.confirm_due = 0;
	a.summary.file = MSG_FILE_OTHER;
	write_answer(&ctl_text, CTL_SHOW_SUMMARY);
	contains("; THE FILE IS ANOTHER ONE by now:");
	a.summary.file = MSG_FILE_UNKNOWN;
	a.summary.alarms_waiting = 0;
	a.summary.since_ns = 0;
	a.summary.clock_sane = 0;
	memset(&targets[1].stats, 0, sizeof(targets[1].stats));
	memset(&uplinks[1].family[FAMILY_INET].address, 0, sizeof(struct addr));
	write_answer(&ctl_json, CTL_SHOW_SUMMARY);
	jq(".hold == null and .event == null and .fallback.due_s == null");
	jq(".config.file == null");
	jq(".config.confirm_s == null and .alarms.oldest_s == null");
	jq(".since == null and .clock == \"unknown\"");
	jq(".primary.targets[1] | .loss_pct == null and .rtt_ms.avg == null "
	   "and .status == \"unknown\"");
	jq(".active.inet == null");
	a.summary.detect_ms = 0; /* so from the start, or asked for */
	write_answer(&ctl_json, CTL_SHOW_SUMMARY);
	jq(".last_switch | .detect_ms == null and .apply_us == 900");
	write_answer(&ctl_json, CTL_SHOW_EVENT);
	jq(".event | .outage_ms == 10983 and .prove_ms == 289 and "
	   ".peers_ms == 84");
	events[0].detect_ms = events[0].outage_ms = 0;
	events[0].prove_ms = events[0].peers_ms = 0;
	write_answer(&ctl_json, CTL_SHOW_EVENT);
	jq(".event | .detect_ms == null and .outage_ms == null and "
	   ".prove_ms == null and .peers_ms == null");
}

static void
test_json_of_each(void **state)
{
	static const char *const filters[CTL_SHOW_MAX] = { ".schema",
		".targets | length == 5", ".backups | length == 2",
		".peers[0] | .name == \"hq\" and .inet == "
		"\"203.0.113.10\" and .heard_s == 3 and .rtt_ms == 84 and "
		".refuses == null and .not_followed == \"moves too often\" and "
		".update == \"failover\" and .updated_s == 240 and "
		".networks == 2 and .unrouted == 1",
		".lines[1].different and (.as_wanted | not)",
		".events[0].id == \"4f2b\"",
		".event.cause == \"eth1 upstream dead\"",
		".config == \"# dump\\n\"", ".metrics | endswith(\"# EOF\\n\")",
		".metrics | startswith(\"# HELP dialfail_build_info\")",
		".metrics | startswith(\"# HELP dialfail_peer_silent\")",
		".metrics | endswith(\"# EOF\\n\") | not",
		".probes | length == 0" };
	uint32_t what;

	(void)state;
	need_jq();
	write_answer(&ctl_json, CTL_SHOW_EVENT);
	jq(".lines[1].offset_ms == 1199");
	lines[1].different = 1;
	for (what = 0; what < CTL_SHOW_MAX; what++) {
		write_answer(&ctl_json, what);
		jq(filters[what]);
		jq(".schema == 1");
	}
}

/* Quotes, control characters and what is no UTF-8 at all. */
static void
test_json_text(void **state)
{
	(void)state;
	need_jq();
	strlcpy(lines[0].text, "a \"b\" \\ \001\x7f \xc3\xa9 \xff\xed\xa0\x80",
	    sizeof(lines[0].text));
	write_answer(&ctl_json, CTL_SHOW_EVENT);
	jq(".lines[0].text | startswith(\"a \\\"b\\\" \\\\ \\u0001\\u007f "
	   "\\u00e9 \\ufffd\")");
}

static void
test_json_line_and_result(void **state)
{
	struct ctl_result r = { .code = CTL_REFUSED };
	FILE *f;

	(void)state;
	need_jq();
	strlcpy(r.text, "the primary is not good", sizeof(r.text));
	assert_non_null(f = fmemopen(text, sizeof(text), "w"));
	ctl_json.result(f, &r);
	assert_int_equal(fclose(f), 0);
	jq(".result == \"refused\" and .text == \"the primary is not good\"");
	assert_non_null(f = fmemopen(text, sizeof(text), "w"));
	ctl_json.line(f, &lines[1]);
	assert_int_equal(fclose(f), 0);
	jq(".who == \"network\" and .event == \"4f2b\"");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_summary, site),
		cmocka_unit_test_setup(test_no_inet6, site),
		cmocka_unit_test_setup(test_every_screen_fits, site),
		cmocka_unit_test_setup(test_long_words_fit, site),
		cmocka_unit_test_setup(test_budget_is_folded, site),
		cmocka_unit_test_setup(test_story, site),
		cmocka_unit_test_setup(test_last_events, site),
		cmocka_unit_test_setup(test_peers, site),
		cmocka_unit_test_setup(test_no_cursor, site),
		cmocka_unit_test(test_no_colours),
		cmocka_unit_test_setup(test_colours, site),
		cmocka_unit_test_setup(test_json_keys, site),
		cmocka_unit_test_setup(test_json_backup, site),
		cmocka_unit_test_setup(test_json_peer, site),
		cmocka_unit_test_setup(test_json_probes, site),
		cmocka_unit_test_setup(test_plan, site),
		cmocka_unit_test_setup(test_json_unknown_is_null, site),
		cmocka_unit_test_setup(test_json_of_each, site),
		cmocka_unit_test_setup(test_json_text, site),
		cmocka_unit_test_setup(test_json_line_and_result, site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
