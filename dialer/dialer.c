/* SPDX-License-Identifier: ISC */
/*
 * The dialer's process: a descriptor and a question come in from the parent,
 * an answer goes out.  What is said to a modem is in modem.c, how its line is
 * set in tty.c; here bytes, time and messages are carried between them.
 *
 * After CONNECT nothing is read any more, not even the first byte: it is
 * pppd's.  That it is there is waited for, since pppd should neither speak
 * before the other end listens (LCP would wait 3 s for its second try) nor
 * be long in coming.  Many speak at once; one that does not may wait to be
 * spoken to, and is: by a frame of ours that pppd need not know of.  One whose
 * first words are on a long way has it, too, and then pppd's request in its
 * place.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf_recv.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "dialer/dialer.h"
#include "dialer/modem.h"
#include "dialer/run.h"
#include "dialer/tty.h"

#define FIRST_BYTE_MS 1000
#define ASK_MS        10 /* who is near and speaks unasked has begun by then */
#define READS_MAX     64 /* in a row, then the others have their turn */
#define CARRIER_MS    20 /* DCD wakes nobody: it is looked at so often */

enum asked { ASKED_NOTHING, ASKED_DIAL, ASKED_HANGUP };

/* A modem's port; the uplink's number is its index. */
struct port {
	int open;
	int fd;
	uint32_t gen;
	uint32_t speed;
	char label[CONF_LABEL_LEN];
	enum asked asked;
	int connected; /* and the first byte is waited for */
	int peer_asked; /* for it */
	int watched; /* DCD was high in the last call */
	int proved; /* the card was, and that was told */
	char connect[MSG_TEXT_LEN]; /* what the modem said */
	struct modem modem;
	struct event readable, timer;
};

/*
 * LCP's Configure-Request without options, which every PPP answers.  Its
 * identifier is 0 and pppd's first is 1, so pppd drops the answer, which is
 * not to the request that it sent last (RFC 1661, 5.2).
 */
static const uint8_t lcp_request[] = { 0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21, 0x7d,
	0x21, 0x7d, 0x20, 0x7d, 0x20, 0x7d, 0x24, 0x7d, 0x2d, 0xef, 0x7e };

static struct imsgev iev_parent;
static struct port ports[CONF_UPLINKS_MAX];
static struct conf_uplink conf[CONF_UPLINKS_MAX];
static uint32_t nconf; /* in force */
static struct conf_recv pending;

void
dialer_send(uint32_t type, const void *data, size_t len)
{
	if (imsg_compose_event(&iev_parent, type, 0, 0, -1, data, len) == -1)
		fatal("%s", msg_name(type));
}

static uint32_t
number(const struct port *p)
{
	return (uint32_t)(p - ports);
}

static void
send_result(uint32_t type, uint32_t uplink, uint32_t gen, uint32_t class,
    uint32_t phone, const char *text)
{
	struct msg_link_result r;

	memset(&r, 0, sizeof(r));
	r.uplink = uplink;
	r.gen = gen;
	r.class = class;
	r.phone = phone;
	strlcpy(r.text, text, sizeof(r.text));
	dialer_send(type, &r, sizeof(r));
}

/* How the modem is, and what has been done to bring it to answer. */
static void
tell_modem(
    const struct port *p, uint32_t state, uint32_t class, const char *text)
{
	const struct modem_counts *c = &p->modem.counts;
	struct msg_modem m;

	memset(&m, 0, sizeof(m));
	m.uplink = number(p);
	m.gen = p->gen;
	m.state = state;
	m.class = class;
	memcpy(m.tried, c->tried, sizeof(m.tried));
	memcpy(m.helped, c->helped, sizeof(m.helped));
	m.closed = c->closed;
	m.lost = c->lost;
	strlcpy(m.text, text, sizeof(m.text));
	dialer_send(IMSG_MODEM, &m, sizeof(m));
}

/* The answer to what was asked, exactly once. */
static void
answer(struct port *p, uint32_t class, uint32_t phone, const char *text)
{
	enum asked asked = p->asked;

	p->asked = ASKED_NOTHING;
	p->connected = 0;
	log_debug("%s: %s", p->label, text);
	if (asked != ASKED_NOTHING) {
		tell_modem(p, MSG_MODEM_ASKED, class, text);
		send_result(
		    asked == ASKED_DIAL ? IMSG_DIAL_RESULT : IMSG_HANGUP_DONE,
		    number(p), p->gen, class, phone, text);
	}
}

static void
tell_phase(const struct port *p, const char *text)
{
	struct msg_link_text t;

	memset(&t, 0, sizeof(t));
	t.uplink = number(p);
	t.gen = p->gen;
	strlcpy(t.text, text, sizeof(t.text));
	dialer_send(IMSG_DIAL_PHASE, &t, sizeof(t));
}

static void
tell_sim(const struct port *p, uint32_t type)
{
	const struct radio *r = &p->modem.packet.radio;
	struct msg_sim s;

	memset(&s, 0, sizeof(s));
	s.uplink = number(p);
	s.gen = p->gen;
	s.tries = r->tries;
	strlcpy(s.iccid, r->iccid, sizeof(s.iccid));
	dialer_send(type, &s, sizeof(s));
}

/* What the modem has said on its way to the call. */
static void
tell_radio(const struct port *p)
{
	struct msg_radio m;

	if (!conf_modem_packet(&p->modem.conf))
		return;
	memset(&m, 0, sizeof(m));
	m.uplink = number(p);
	m.gen = p->gen;
	radio_tell(&p->modem.packet.radio, &m);
	dialer_send(IMSG_RADIO, &m, sizeof(m));
}

static void
port_close(struct port *p)
{
	if (!p->open)
		return;
	event_del(&p->readable);
	evtimer_del(&p->timer);
	close(p->fd);
	modem_forget(&p->modem);
	p->open = p->watched = 0;
}

/*
 * Unplugged, or without carrier: a descriptor that is held on to keeps the
 * device from coming back under its name.
 */
static void
port_lost(struct port *p, int error)
{
	uint32_t phone = p->modem.phone;
	char text[MSG_TEXT_LEN];

	if (error == 0 || error == EIO || error == ENXIO || error == ENODEV)
		strlcpy(text, "the port has gone away", sizeof(text));
	else
		snprintf(text, sizeof(text), "port: %s", strerror(error));
	modem_lost(&p->modem);
	port_close(p);
	if (p->asked == ASKED_NOTHING)
		tell_modem(p, MSG_MODEM_LOST, MSG_LINK_BACKOFF, text);
	answer(p, MSG_LINK_BACKOFF, phone, text);
}

/* The engine's deadline, or before it, to see whether DTR has ended the call. */
static struct monotime
next_look(const struct port *p)
{
	struct monotime soon = monotime_add_ms(monotime_now(), CARRIER_MS);

	if (p->modem.state == MODEM_DTR_LOW && p->watched &&
	    monotime_cmp(soon, p->modem.deadline) < 0)
		return soon;
	return p->modem.deadline;
}

/* Sleep until the modem speaks or the engine's deadline comes. */
static void
port_wait(struct port *p)
{
	struct timeval tv;

	if (!p->open || p->connected)
		return;
	if (modem_read_max(&p->modem) > 0)
		event_add(&p->readable, NULL);
	else
		event_del(&p->readable);
	if (monotime_valid(p->modem.deadline)) {
		tv = monotime_until(next_look(p), monotime_now());
		evtimer_add(&p->timer, &tv);
	} else
		evtimer_del(&p->timer);
}

static void
connected(struct port *p, const struct modem_out *out)
{
	struct timeval tv = monotime_ms(ASK_MS);

	p->connected = 1;
	p->peer_asked = 0;
	strlcpy(p->connect, out->text, sizeof(p->connect));
	event_add(&p->readable, NULL);
	evtimer_add(&p->timer, &tv);
}

static int
set_line(struct port *p, enum modem_line line)
{
	switch (line) {
	case MODEM_LINE_KEEP:
		break;
	case MODEM_LINE_RESET:
	case MODEM_LINE_HIGH:
		return tty_reset(p->fd, p->speed);
	case MODEM_LINE_LOW:
		return tty_low(p->fd, p->speed);
	case MODEM_LINE_ONLINE:
		return p->watched = tty_online(p->fd);
	}
	return 0;
}

/* A full queue is a modem that does not listen: its silence will tell. */
static int
put_line(struct port *p, const void *data, size_t len)
{
	if (len == 0 || write(p->fd, data, len) != -1)
		return 0;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* Not even when nobody needs it: the port may do better when reopened. */
static void
not_ready(struct port *p, uint32_t class, const char *text)
{
	log_info("%s: modem is not ready: %s", p->label, text);
	port_close(p);
	tell_modem(p, MSG_MODEM_SILENT, class, text);
}

/* Do what the engine says, in its order. */
static void
carry_out(struct port *p, const struct modem_out *out)
{
	if (set_line(p, out->line) == -1 ||
	    put_line(p, out->data, out->len) == -1) {
		port_lost(p, errno);
		return;
	}
	if (!p->proved && modem_packet_proved(&p->modem)) {
		p->proved = 1;
		tell_sim(p, IMSG_SIM_USED);
	}
	switch (out->event) {
	case MODEM_EV_NONE:
		break;
	case MODEM_EV_PHASE:
		tell_phase(p, out->text);
		tell_radio(p);
		break;
	case MODEM_EV_PIN:
		tell_sim(p, IMSG_PIN_WANTED);
		break;
	case MODEM_EV_CONNECT:
		tell_radio(p);
		connected(p, out);
		break;
	case MODEM_EV_WARM:
		tell_radio(p);
		tell_modem(p, MSG_MODEM_READY, out->class, out->text);
		break;
	case MODEM_EV_FAILED:
		tell_radio(p);
		if (p->asked == ASKED_NOTHING)
			not_ready(p, out->class, out->text);
		else
			answer(p, out->class, out->phone, out->text);
		break;
	case MODEM_EV_HUNG_UP:
		port_close(p);
		answer(p, out->class, 0, out->text);
		break;
	}
}

static void
read_line(struct port *p)
{
	uint8_t buf[MODEM_READ_MAX];
	struct modem_out out;
	size_t max;
	ssize_t i, n;
	int reads;

	for (reads = 0; reads < READS_MAX && p->open; reads++) {
		if ((max = modem_read_max(&p->modem)) == 0)
			break;
		n = read(p->fd, buf, max);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			port_lost(p, n == 0 ? 0 : errno);
			break;
		}
		/* once a call is made, what came before it says nothing */
		for (i = 0;
		     i < n && p->open && modem_read_max(&p->modem) >= (size_t)n;
		     i++) {
			modem_input(&p->modem, buf[i], monotime_now(), &out);
			carry_out(p, &out);
		}
	}
}

/* The line is there for pppd, unless it ended in the same moment. */
static void
hand_over(struct port *p)
{
	event_del(&p->readable);
	evtimer_del(&p->timer);
	if (tty_gone(p->fd))
		port_lost(p, 0);
	else
		answer(p, MSG_LINK_OK, p->modem.phone, p->connect);
}

/* The peer has not spoken for so long. */
static void
peer_silent(struct port *p)
{
	struct timeval tv = monotime_ms(FIRST_BYTE_MS - ASK_MS);

	if (p->peer_asked)
		hand_over(p);
	else if (put_line(p, lcp_request, sizeof(lcp_request)) == -1)
		port_lost(p, errno);
	else {
		p->peer_asked = 1;
		evtimer_add(&p->timer, &tv);
	}
}

static void
on_readable(int fd, short what, void *arg)
{
	struct port *p = arg;

	(void)fd;
	(void)what;
	if (p->connected) {
		hand_over(p);
		return;
	}
	read_line(p);
	port_wait(p);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct port *p = arg;
	struct monotime now = monotime_now();
	struct modem_out out;

	(void)fd;
	(void)what;
	if (p->connected) {
		peer_silent(p);
		return;
	}
	/* the loop's clock may be a little ahead of ours */
	if (monotime_cmp(now, p->modem.deadline) >= 0) {
		log_debug("%s: %s: time is up", p->label,
		    modem_state_name(p->modem.state));
		modem_timeout(&p->modem, now, &out);
		carry_out(p, &out);
	} else if (p->watched && tty_no_carrier(p->fd)) {
		modem_no_carrier(&p->modem, now, &out);
		carry_out(p, &out);
	}
	port_wait(p);
}

/* --- what the parent says ------------------------------------------------- */

static void
got_tty(const struct msg_link *m, int fd)
{
	struct port *p = &ports[m->uplink];

	if (m->uplink >= nconf || conf[m->uplink].kind != CONF_MODEM) {
		log_warnx("uplink %u is no modem", m->uplink);
		close(fd);
		return;
	}
	port_close(p);
	p->open = 1;
	p->fd = fd;
	p->gen = m->gen;
	p->speed = conf[m->uplink].modem.speed;
	strlcpy(p->label, conf[m->uplink].label, sizeof(p->label));
	p->asked = ASKED_NOTHING;
	p->connected = 0;
	event_set(&p->readable, fd, EV_READ | EV_PERSIST, on_readable, p);
	evtimer_set(&p->timer, on_timer, p);
}

static void
got_dial(const struct msg_dial *m)
{
	struct port *p = &ports[m->uplink];
	struct modem_out out;

	if (!p->open || p->gen != m->gen) {
		send_result(IMSG_DIAL_RESULT, m->uplink, m->gen,
		    MSG_LINK_BACKOFF, m->phone, "there is no port");
		return;
	}
	p->asked = ASKED_DIAL;
	p->connected = p->proved = 0;
	modem_dial(&p->modem, &conf[m->uplink].modem, m->phone, m->deadline_ms,
	    monotime_now(), &out);
	carry_out(p, &out);
	port_wait(p);
}

static void
got_warm(const struct msg_link *m)
{
	struct port *p = &ports[m->uplink];
	struct modem_out out;

	/* one that was lost has been told of; one in use is warm enough */
	if (!p->open || p->gen != m->gen || p->asked != ASKED_NOTHING)
		return;
	modem_warm(&p->modem, &conf[m->uplink].modem, monotime_now(), &out);
	carry_out(p, &out);
	port_wait(p);
}

static void
got_hangup(const struct msg_link *m)
{
	struct port *p = &ports[m->uplink];
	struct modem_out out;

	if (!p->open) {
		send_result(IMSG_HANGUP_DONE, m->uplink, m->gen, MSG_LINK_OK, 0,
		    "the port is closed");
		return;
	}
	p->gen = m->gen;
	p->asked = ASKED_HANGUP;
	p->connected = 0;
	modem_hangup(&p->modem, monotime_now(), &out);
	carry_out(p, &out);
	port_wait(p);
}

/* One line, that netconf has checked, and no more of it in memory after. */
static void
got_pin(const struct msg_link *m, int fd)
{
	struct port *p = &ports[m->uplink];
	struct modem_out out;
	char pin[CONF_PIN_LEN];
	ssize_t n;

	n = read(fd, pin, sizeof(pin) - 1);
	close(fd);
	if (n > 0 && p->open && p->gen == m->gen) {
		pin[n] = '\0';
		modem_pin(
		    &p->modem, pin, MSG_LINK_OK, NULL, monotime_now(), &out);
		carry_out(p, &out);
		explicit_bzero(&out, sizeof(out));
		port_wait(p);
	}
	explicit_bzero(pin, sizeof(pin));
}

static void
got_no_pin(const struct msg_link_result *r)
{
	struct port *p = &ports[r->uplink];
	struct modem_out out;

	if (!p->open || p->gen != r->gen)
		return;
	modem_pin(&p->modem, NULL, r->class, r->text, monotime_now(), &out);
	carry_out(p, &out);
	port_wait(p);
}

static void
got_status_tty(const struct msg_link *m, int fd)
{
	if (m->uplink >= nconf || conf[m->uplink].kind != CONF_MODEM) {
		log_warnx("uplink %u is no modem", m->uplink);
		close(fd);
		return;
	}
	status_open(m, fd, conf[m->uplink].modem.speed, conf[m->uplink].label);
}

/* What is under way goes on as it began. */
static void
got_conf(uint32_t type, struct imsg *imsg)
{
	struct msg_conf_begin b;
	struct conf_uplink u;
	uint32_t gen;

	switch (type) {
	case IMSG_CONF_BEGIN:
		proc_get(imsg, &b, sizeof(b));
		if (conf_recv_begin(&pending, &b) == -1)
			fatalx("parent: CONF_BEGIN: invalid");
		break;
	case IMSG_CONF_UPLINK:
		proc_get(imsg, &u, sizeof(u));
		if (conf_recv_uplink(&pending, &u) == -1)
			fatalx("parent: CONF_UPLINK: invalid");
		break;
	case IMSG_CONF_END:
		proc_get(imsg, &gen, sizeof(gen));
		if (conf_recv_end(&pending, gen) == -1)
			fatalx("parent: CONF_END: invalid");
		memcpy(conf, pending.uplink, sizeof(conf));
		nconf = pending.nuplinks;
		dialer_send(IMSG_CONF_ACK, &gen, sizeof(gen));
		break;
	}
}

static void
got_link(uint32_t type, struct imsg *imsg)
{
	struct msg_link m;
	int fd;

	proc_get(imsg, &m, sizeof(m));
	if (!msg_link_valid(&m))
		fatalx("parent: %s: invalid", msg_name(type));
	switch (type) {
	case IMSG_HANGUP:
		got_hangup(&m);
		return;
	case IMSG_STATUS_CLOSE:
		status_close(m.uplink);
		return;
	case IMSG_WARM:
		got_warm(&m);
		return;
	}
	if ((fd = imsg_get_fd(imsg)) == -1)
		fatalx("parent: %s: without a descriptor", msg_name(type));
	switch (type) {
	case IMSG_TTY:
		got_tty(&m, fd);
		break;
	case IMSG_STATUS_TTY:
		got_status_tty(&m, fd);
		break;
	case IMSG_PIN:
		got_pin(&m, fd);
		break;
	}
}

static void
dialer_dispatch_parent(uint32_t type, struct imsg *imsg)
{
	struct msg_dial d;
	struct msg_link_result r;

	switch (type) {
	case IMSG_CONF_BEGIN:
	case IMSG_CONF_UPLINK:
	case IMSG_CONF_END:
		got_conf(type, imsg);
		break;
	case IMSG_TTY:
	case IMSG_HANGUP:
	case IMSG_WARM:
	case IMSG_PIN:
	case IMSG_STATUS_TTY:
	case IMSG_STATUS_CLOSE:
		got_link(type, imsg);
		break;
	case IMSG_PIN_REFUSED:
		proc_get(imsg, &r, sizeof(r));
		if (!msg_link_result_valid(&r))
			fatalx("parent: PIN_REFUSED: invalid");
		got_no_pin(&r);
		break;
	case IMSG_DIAL:
		proc_get(imsg, &d, sizeof(d));
		if (!msg_dial_valid(&d))
			fatalx("parent: DIAL: invalid");
		got_dial(&d);
		break;
	default:
		fatalx("parent: %s: not for the dialer", msg_name(type));
	}
}

static void
on_channel(int fd, short what, void *arg)
{
	(void)fd;
	proc_child_dispatch(arg, what, dialer_dispatch_parent);
}

void
dialer(int debug, int verbose)
{
	char sandbox[MSG_TEXT_LEN];

	proc_child_init(&iev_parent, "dialer", debug, verbose, 1, on_channel);
	proc_drop(proc_user(), RUNDIR "/empty");
	sandbox_enter(SANDBOX_DIALER, sandbox, sizeof(sandbox));
	proc_child_ready(&iev_parent, sandbox);
	event_dispatch();
	exit(0);
}
