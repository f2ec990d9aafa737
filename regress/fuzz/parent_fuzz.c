/* SPDX-License-Identifier: ISC */
/*
 * Whatever its children say to the parent: any message from any of them, of
 * the right length or not, with fields in and out of range.  It may give up
 * a sender; it may not crash, nor break a rule of the state machine.
 *
 * One input is a conversation: for each message an octet for the sender, one
 * for the type, and its fields.  The parent lives on from input to input, as
 * its children would see it.
 */
#include <stddef.h>
#include <stdint.h>

#include "regress/fuzz/feed.h"
#include "regress/fuzz/quiet_log.h"
#include "regress/unit/parent_rig.h"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const site =
    "primary eth1 {\n"
    "	target 198.51.100.7 target 198.51.100.8 target 2001:db8::7\n"
    "	decide all\n"
    "}\n"
    "backup pots {\n"
    "	modem \"/dev/ttyS0\" speed 115200\n	phone \"5551\" \"5552\"\n"
    "	account \"a\" secret file \"/etc/dialfail/private/isp\"\n"
    "	dial { after 0s backoff 10ms max 10ms redial 2 }\n"
    "	budget { dials 9 bytes 100k time 1m then refuse }\n"
    "	hours \"08:00-09:00\" \"mon-fri 10:00-09:00\"\n"
    "}\n"
    "backup dsl { interface eth3 }\n"
    "fallback automatic { after 0s stable 0s drain 0s }\n";

/* Mostly in range, now and then anything. */
static uint32_t
number(uint32_t below)
{
	uint8_t o = octet();

	if (o < 250)
		return o % below;
	return o == 250 ? UINT32_MAX : ((uint32_t)o << 8) + octet();
}

static int64_t
moment(void)
{
	switch (octet() % 8) {
	case 0:
		return INT64_MAX;
	case 1:
		return -1;
	case 2:
		return 0;
	default:
		return monotime_now().ns - (int64_t)octet() * 10000000;
	}
}

static void
words(char *to, size_t size)
{
	size_t i, n = number((uint32_t)size);

	for (i = 0; i < n && i < size; i++)
		to[i] = (char)(octet() | 0x20);
}

static void
say(enum child_id from, uint32_t type, const void *data, size_t len)
{
	if (octet() == 255 && len > 0)
		len--;
	if (!parent->quitting)
		rig_send(from, type, data, len);
}

static void
send_round(enum child_id from)
{
	struct msg_round r;
	uint32_t i;

	memset(&r, 0, sizeof(r));
	r.uplink = number(4);
	if (r.uplink < CONF_UPLINKS_MAX) {
		r.gen = parent->uplink[r.uplink].probe_gen - number(2);
		r.ntargets = parent->uplink[r.uplink].conf.ntargets;
	}
	r.family = number(FAMILIES);
	r.verdict = number(4);
	r.cause = number(MSG_CAUSE_MAX);
	r.began_ns = moment();
	r.ended_ns = moment();
	if (r.ended_ns < r.began_ns && octet() != 0)
		r.ended_ns = r.began_ns;
	r.last_answer_ns = moment();
	for (i = 0; i < r.ntargets && i < CONF_TARGETS_MAX; i++) {
		r.target[i].sent = number(4);
		r.target[i].received = number(r.target[i].sent % 4 + 1);
		r.target[i].state = number(3);
	}
	say(from, IMSG_ROUND, &r, sizeof(r));
}

static void
send_stats(enum child_id from)
{
	struct msg_stats s;

	memset(&s, 0, sizeof(s));
	s.asker = number(4);
	s.uplink = number(4);
	s.target = number(4);
	s.known = number(2);
	s.late = s.rtt.bucket[octet() % 4] = number(2);
	s.rtt_avg_ns = moment();
	s.rtt_p99_ns = moment();
	say(from, IMSG_STATS, &s, sizeof(s));
}

static void
send_facts(enum child_id from)
{
	struct msg_facts f;

	memset(&f, 0, sizeof(f));
	f.uplink = number(4);
	f.ifindex = number(3);
	f.up = number(2);
	f.carrier = number(2);
	f.family[FAMILY_INET].address.family = number(2) ? AF_INET : AF_UNSPEC;
	f.family[FAMILY_INET6].address.family =
	    number(2) ? AF_INET6 : AF_UNSPEC;
	f.family[FAMILY_INET6].address.octet[15] = octet();
	words(f.ifname, sizeof(f.ifname));
	say(from, IMSG_FACTS, &f, sizeof(f));
}

static uint32_t
link_gen(uint32_t id)
{
	return id < CONF_UPLINKS_MAX ? parent->uplink[id].link.gen - number(2)
				     : 0;
}

static void
send_link(enum child_id from, uint32_t type)
{
	struct msg_link_result r;

	memset(&r, 0, sizeof(r));
	r.uplink = number(4);
	r.gen = link_gen(r.uplink);
	r.class = number(MSG_LINK_GIVEUP + 1);
	r.phone = number(3);
	words(r.text, sizeof(r.text));
	say(from, type, &r, sizeof(r));
}

static void
send_modem(enum child_id from)
{
	struct msg_modem m;

	memset(&m, 0, sizeof(m));
	m.uplink = number(4);
	m.gen = link_gen(m.uplink);
	m.state = number(MSG_MODEM_LOST + 2);
	m.tried[1] = m.helped[1] = number(3);
	words(m.text, sizeof(m.text));
	say(from, IMSG_MODEM, &m, sizeof(m));
}

static void
send_tty(enum child_id from)
{
	struct msg_link m;
	int fd = -1;

	m.uplink = number(4);
	m.gen = link_gen(m.uplink);
	if (octet() > 10)
		fd = dup(STDERR_FILENO);
	rig_send_fd(from, IMSG_TTY, fd, &m, sizeof(m));
}

static void
send_phase(enum child_id from)
{
	struct msg_link_text t;

	memset(&t, 0, sizeof(t));
	t.uplink = number(4);
	t.gen = link_gen(t.uplink);
	words(t.text, sizeof(t.text));
	say(from, IMSG_DIAL_PHASE, &t, sizeof(t));
}

static void
send_ppp(enum child_id from)
{
	struct msg_ppp_up u;
	struct msg_ppp_down d;

	if (octet() & 1) {
		memset(&u, 0, sizeof(u));
		u.uplink = number(4);
		u.gen = link_gen(u.uplink);
		u.adopted = number(2);
		u.local.family = u.remote.family = AF_INET;
		strlcpy(u.ifname, "ppp0", sizeof(u.ifname));
		say(from, IMSG_PPP_UP, &u, sizeof(u));
		return;
	}
	memset(&d, 0, sizeof(d));
	d.uplink = number(4);
	d.gen = link_gen(d.uplink);
	d.class = number(MSG_LINK_GIVEUP + 1);
	d.was_up = number(2);
	words(d.text, sizeof(d.text));
	say(from, IMSG_PPP_DOWN, &d, sizeof(d));
}

/* netconf's answer to the last message that asks for one. */
static void
send_done(enum child_id from)
{
	struct msg_net_done d;
	struct msg_net_want w;
	uint32_t type;

	memset(&d, 0, sizeof(d));
	while ((type = rig_any(CHILD_NETCONF, 0)) != 0)
		if (type == IMSG_NET_WANT &&
		    imsg_get_data(&rig.imsg, &w, sizeof(w)) == 0) {
			if (!msg_net_want_valid(&w))
				abort();
			d.gen = w.gen;
		}
	d.gen -= number(2);
	d.ok = number(2);
	d.nsteps = number(9);
	d.apply_us = octet();
	d.moved_us = number((uint32_t)d.apply_us + 1);
	say(from, IMSG_NET_DONE, &d, sizeof(d));
}

static void
send_alarm_done(enum child_id from)
{
	struct msg_alarm_done d;

	memset(&d, 0, sizeof(d));
	d.id = number(9);
	d.ok = number(2);
	words(d.text, sizeof(d.text));
	say(from, IMSG_ALARM_DONE, &d, sizeof(d));
}

static void
send_capture(enum child_id from)
{
	struct msg_capture_done d;
	struct msg_capture m;
	int fd = -1;

	if (octet() & 1) {
		memset(&d, 0, sizeof(d));
		strlcpy(d.event, parent->event.id, sizeof(d.event));
		d.ok = number(2);
		d.frames = octet();
		words(d.text, sizeof(d.text));
		say(from, IMSG_CAPTURE_DONE, &d, sizeof(d));
		return;
	}
	memset(&m, 0, sizeof(m));
	strlcpy(m.event, parent->event.id, sizeof(m.event));
	words(m.path, sizeof(m.path));
	if (octet() > 10)
		fd = dup(STDERR_FILENO);
	rig_send_fd(from, IMSG_CAPTURE_FILE, fd, &m, sizeof(m));
}

static void
send_drained(enum child_id from)
{
	struct msg_net_drained d;

	d.uplink = number(4);
	d.cut = octet();
	say(from, IMSG_NET_DRAINED, &d, sizeof(d));
}

static void
send_notes(enum child_id from)
{
	struct msg_net_notes n;

	memset(&n, 0, sizeof(n));
	n.n = number(4);
	if (n.n > 0)
		strlcpy(n.text, "note", sizeof(n.text));
	say(from, IMSG_NET_NOTES, &n, sizeof(n));
}

static void
send_blocked(enum child_id from)
{
	struct msg_net_blocked b;

	b.uplink = number(4);
	b.tried = octet();
	say(from, IMSG_NET_BLOCKED, &b, sizeof(b));
}

static void
send_counted(enum child_id from)
{
	struct msg_net_counted c;
	uint32_t i;

	memset(&c, 0, sizeof(c));
	c.asked.gen = parent->conf.gen - number(2);
	c.asked.event = number(3);
	for (i = 0; i < 3; i++) {
		c.uplink[i].received = (uint64_t)moment();
		c.uplink[i].sent = octet();
		c.uplink[i].packets = (uint64_t)moment();
		c.uplink[i].ifindex = number(3);
		words(c.uplink[i].ifname, sizeof(c.uplink[i].ifname));
	}
	say(from, IMSG_NET_COUNTED, &c, sizeof(c));
}

/* A type of any name, with octets behind it. */
static void
send_anything(enum child_id from)
{
	uint8_t data[256];
	size_t i, n = octet();

	for (i = 0; i < n; i++)
		data[i] = octet();
	say(from, number(IMSG_TYPE_MAX + 1), data, n);
}

static void
reload_in_between(void)
{
	struct msg_conf_load load;

	if (reload_begin(MSG_CONF_FILE, number(3), 0) != 0)
		return;
	while (rig_any(CHILD_NETCONF, 0) != IMSG_CONF_LOAD)
		if (!rig.taken)
			return;
	if (imsg_get_data(&rig.imsg, &load, sizeof(load)) == 0)
		rig_offer(rig.conf, load.gen - number(2));
}

static void
one_message(void)
{
	enum child_id from = (enum child_id)(octet() % CHILD_MAX);
	struct mevent ev = { .uplink = MACHINE_NONE, .id = 1 };

	switch (octet() % 19) {
	case 0:
	case 1:
	case 2:
		send_round(CHILD_PROBER);
		break;
	case 3:
		send_stats(CHILD_PROBER);
		break;
	case 4:
		send_facts(CHILD_NETCONF);
		break;
	case 5:
		send_link(CHILD_DIALER, IMSG_DIAL_RESULT);
		break;
	case 6:
		send_link(CHILD_DIALER, IMSG_HANGUP_DONE);
		break;
	case 7:
		send_tty(CHILD_NETCONF);
		break;
	case 8:
		send_link(CHILD_NETCONF, IMSG_TTY_FAILED);
		break;
	case 9:
		if (octet() & 1)
			send_phase(CHILD_DIALER);
		else
			send_modem(CHILD_DIALER);
		break;
	case 10:
		send_ppp(CHILD_NETCONF);
		break;
	case 11:
	case 12:
		send_done(CHILD_NETCONF);
		break;
	case 13:
		send_alarm_done(CHILD_NETCONF);
		break;
	case 14:
		if (octet() & 1)
			send_blocked(CHILD_NETCONF);
		else if (octet() & 1)
			send_counted(CHILD_NETCONF);
		else if (octet() & 1)
			send_notes(CHILD_NETCONF);
		else
			send_drained(CHILD_NETCONF);
		break;
	case 15: /* an operator */
		ev.type = (enum mevent_type)(MEV_FAILOVER + number(5));
		ev.ms = number(2) * 1000;
		if (ev.type <= MEV_RELEASE)
			engine_event(&ev);
		break;
	case 16:
		reload_in_between();
		break;
	case 18: /* 17 is anything, as in the seeds */
		send_capture(octet() & 1 ? CHILD_PROBER : CHILD_NETCONF);
		break;
	default:
		send_anything(from);
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	rig_configured(site);
	parent->uplink[0].conf.capture = CONF_CAPTURE_ALL;
	rig.conf->uplink[0].capture = CONF_CAPTURE_ALL;
	rig_facts(0, 1);
	rig_adopt(0, 0);
	rig_apply();
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	return 0;
}

static void
check(void)
{
	struct mactions none = { 0 };
	const char *broken;

	broken = machine_check(&parent->machine, &parent->mconf, &none);
	if (broken != NULL) {
		fprintf(stderr, "broken rule: %s\n", broken);
		abort();
	}
}

/* Nobody reads what the parent says but us; what it gave up is forgiven. */
static void
forgive(void)
{
	int i;

	do {
		parent->quitting = 0;
		for (i = 0; i < CHILD_MAX; i++) {
			if (!event_initialized(&parent->child[i].iev.ev) ||
			    !event_pending(
				&parent->child[i].iev.ev, EV_READ, NULL))
				imsg_event_add(&parent->child[i].iev);
			while (rig_any((enum child_id)i, 0) != 0)
				;
		}
	} while (parent->quitting);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int n;

	in = data;
	left = size;
	for (n = 0; left > 0 && n < 64 && !parent->quitting; n++) {
		one_message();
		check();
	}
	forgive();
	return 0;
}
