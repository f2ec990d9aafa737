/* SPDX-License-Identifier: ISC */
/*
 * modemu: a modem on a pseudo-terminal, with a real peer behind it.
 *
 *	modemu [-els] [-b bit/s] [-c file] [-d ms] [-r ms] [-p command]
 *	    [-n file] [-t link] [-u monitor] link
 *
 * "link" becomes a symbolic link to the terminal that a dialer opens.  When a
 * call is answered a second one is made, PEER_TTY names it, and "command" is
 * started by sh(1) as the other end of the line; bytes are relayed at a line
 * rate (-b) and with a one-way delay (-d).  -r: time to answer a dial.
 *
 * How a dial ends is a word of the table below.  The control file (-c) holds
 * words, one per dial, the last for all that follow; it may be replaced at
 * any time.  Without one the last two digits of the number choose, and other
 * numbers are answered.
 *
 * -e: CONNECT comes only when the peer has begun to speak, its first bytes
 * right behind it, as LTE modems do.  -l: only when it listens, as access
 * servers do before they answer.  -s: the modem starts stuck on line.
 * SIGUSR1: the carrier is lost.  SIGUSR2, and AT+CFUN=1,1: the port goes away
 * and comes back as another, as USB ports do.
 *
 * -n: it is a packet modem, its card and network are in a file
 * (modemu_radio.h).  -t: a second port of it, where nothing can be dialled.
 *
 * -u: "link" is no link but the modem's own side of a USB port, "monitor" a
 * usbmon device (modemu_usb.h).
 *
 * A dialer hangs up by DTR or by speed B0 (a pseudo-terminal has no DTR, but
 * its settings can be read from the other side), by the last close, or by +++
 * with its guard time and then ATH.  Standard error tells all, one line each.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "modemu_radio.h"
#include "modemu_usb.h"

#define GUARD_MS 1000 /* S12: 50 * 20 ms */
#define DROP_MS  3000 /* outcome "drop" */
#define LOOK_MS  10 /* speed B0 and an opener wake nobody */
#define FULL_MS  2 /* until a full terminal is tried again */
#define CHUNK    512
#define QUEUE    1024 /* chunks under way */
#define NEVER    INT64_MAX

enum act {
	ACT_RESULT, /* only a result code */
	ACT_ANSWER,
	ACT_SILENCE, /* no result at all */
	ACT_DROP, /* answers, carrier lost after DROP_MS */
	ACT_VANISH, /* answers, the port is gone after DROP_MS */
	ACT_LOGIN, /* answers, a login prompt comes first */
	ACT_ECHO, /* the line is looped back */
	ACT_MUTE, /* answers, nobody speaks */
	ACT_GARBAGE, /* noise for a result */
	ACT_URC, /* unsolicited lines before the result */
	ACT_STUCK /* answers; a close does not hang up */
};

struct outcome {
	const char *word;
	int digits; /* of the dialled number */
	enum act act;
	int code; /* V.250 table 1 */
	const char *text;
};

static const struct outcome outcomes[] = {
	{ "ok", 0, ACT_ANSWER, 1, "CONNECT 115200" },
	{ "busy", 1, ACT_RESULT, 7, "BUSY" },
	{ "no-carrier", 2, ACT_RESULT, 3, "NO CARRIER" },
	{ "no-dialtone", 3, ACT_RESULT, 6, "NO DIALTONE" },
	{ "error", 4, ACT_RESULT, 4, "ERROR" },
	{ "silence", 5, ACT_SILENCE, 0, NULL },
	{ "drop", 6, ACT_DROP, 1, "CONNECT 115200" },
	{ "vanish", 7, ACT_VANISH, 1, "CONNECT 115200" },
	{ "login", 8, ACT_LOGIN, 1, "CONNECT 115200" },
	{ "echo", 9, ACT_ECHO, 1, "CONNECT 115200" },
	{ "mute", 10, ACT_MUTE, 1, "CONNECT 115200" },
	{ "no-answer", 11, ACT_RESULT, 8, "NO ANSWER" },
	{ "delayed", 12, ACT_RESULT, 99, "DELAYED 30" },
	{ "cme-error", 13, ACT_RESULT, 99, "+CME ERROR: 10" },
	{ "unsolicited", 14, ACT_URC, 1, "CONNECT 115200" },
	{ "garbage", 15, ACT_GARBAGE, 0, NULL },
	{ "stuck", 16, ACT_STUCK, 1, "CONNECT 115200" },
};
#define NOUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

enum state {
	ST_COMMAND,
	ST_DIALING, /* the result is due at answer_at */
	ST_AWAITING, /* -e: the peer's first byte, -l: its line discipline */
	ST_ONLINE,
	ST_ESCAPED /* on line, in command state: +++ */
};

struct chunk {
	int64_t due;
	size_t len;
	char bytes[CHUNK];
};

/* Bytes under way in one direction. */
struct pipe {
	struct chunk chunk[QUEUE];
	size_t head;
	size_t tail;
	int64_t free_at; /* the line has sent what is in it */
};

static struct {
	const char *link;
	const char *command; /* the peer's */
	const char *control;
	int64_t delay_ms;
	int64_t rate;
	int64_t ring_ms;
	int early; /* -e */
	int listened; /* -l */

	enum state state;
	const struct outcome *outcome; /* of the present call */
	int port; /* the dialer's side, -1: DTR of USB is low */
	pid_t peer;
	int line; /* the peer's side, -1: none */
	int opened; /* the dialer has the port open */
	int line_opened; /* and the peer its side */
	int echo;
	int numeric; /* ATV0 */
	int64_t answer_at;
	int64_t drop_at;
	char command_line[256];
	size_t command_len;
	int pluses;
	int64_t last_rx;
	struct pipe up; /* dialer to peer */
	struct pipe down;
} modem = {
	.echo = 1, .ring_ms = 50, .port = -1, .line = -1, .drop_at = NEVER
};

/* The second port knows the radio's commands, and AT. */
static struct {
	const char *link; /* NULL: none */
	int port;
	int opened;
	char line[256];
	size_t len;
} second = { .port = -1 };

static volatile sig_atomic_t lose_carrier, lose_port;

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		lose_carrier = 1;
	else
		lose_port = 1;
}

static void __dead
usage(void)
{
	fprintf(stderr, "usage: modemu [-els] [-b rate] [-c file] [-d ms] "
			"[-n file] [-p command] [-r ms] [-t link] "
			"[-u monitor] link\n");
	exit(2);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void __attribute__((__format__(printf, 1, 2))) say(const char *fmt, ...)
{
	struct timespec t;
	va_list ap;

	clock_gettime(CLOCK_REALTIME, &t);
	fprintf(
	    stderr, "%lld.%03ld ", (long long)t.tv_sec, t.tv_nsec / 1000000);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* --- the two terminals ---------------------------------------------------- */

/* Raw before anybody opens it, so that nothing is echoed. */
static int
new_pty(char *name, size_t size)
{
	struct termios t;
	int master, slave;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
	    ptsname_r(master, name, size) != 0)
		err(1, "pty");
	if ((slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1 ||
	    tcgetattr(slave, &t) == -1)
		err(1, "%s", name);
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	tcsetattr(slave, TCSANOW, &t);
	close(slave);
	return master;
}

static int
named_pty(const char *path)
{
	char name[64];
	int fd;

	fd = new_pty(name, sizeof(name));
	if (unlink(path) == -1 && errno != ENOENT)
		err(1, "%s", path);
	if (symlink(name, path) == -1)
		err(1, "%s", path);
	say("port %s", name);
	return fd;
}

static void
open_port(void)
{
	modem.port =
	    usb.monitor != NULL ? usb_open(modem.link) : named_pty(modem.link);
	modem.opened = 0;
	if (second.link != NULL)
		second.port = named_pty(second.link);
}

/* DCD falls. */
static void
usb_close(void)
{
	if (modem.port != -1)
		close(modem.port);
	modem.port = -1;
	modem.opened = 0;
	modem.command_len = 0;
}

static void
put(const char *text)
{
	if (modem.port != -1 && write(modem.port, text, strlen(text)) == -1)
		say("write: %s", strerror(errno));
}

static void
result(int code, const char *text)
{
	char buf[80];

	say("-> %s", text);
	if (modem.numeric)
		snprintf(buf, sizeof(buf), "%d\r", code);
	else
		snprintf(buf, sizeof(buf), "\r\n%s\r\n", text);
	put(buf);
}

static void
ok(void)
{
	result(0, "OK");
}

/* --- bytes under way ------------------------------------------------------ */

static void
pipe_put(struct pipe *p, const char *bytes, size_t len)
{
	struct chunk *c;
	int64_t now = now_ms();

	while (len > 0) {
		if ((p->tail + 1) % QUEUE == p->head)
			return; /* overrun: lost, as on a line */
		c = &p->chunk[p->tail];
		c->len = len < CHUNK ? len : CHUNK;
		if (p->free_at < now)
			p->free_at = now;
		if (modem.rate > 0)
			p->free_at += (int64_t)c->len * 10000 / modem.rate;
		c->due = p->free_at + modem.delay_ms;
		memcpy(c->bytes, bytes, c->len);
		bytes += c->len;
		len -= c->len;
		p->tail = (p->tail + 1) % QUEUE;
	}
}

/* Write what is due; when the next is.  A full terminal takes a part. */
static int64_t
pipe_flush(struct pipe *p, int fd, int64_t now)
{
	struct chunk *c;
	ssize_t n;

	while (p->head != p->tail && p->chunk[p->head].due <= now) {
		c = &p->chunk[p->head];
		n = fd == -1 ? (ssize_t)c->len : write(fd, c->bytes, c->len);
		if (n == -1 && errno == EAGAIN)
			return now + FULL_MS;
		if (n > 0 && (size_t)n < c->len) {
			c->len -= (size_t)n;
			memmove(c->bytes, c->bytes + n, c->len);
			return now + FULL_MS;
		}
		p->head = (p->head + 1) % QUEUE;
	}
	return p->head == p->tail ? NEVER : p->chunk[p->head].due;
}

static void
pipe_clear(struct pipe *p)
{
	p->head = p->tail = 0;
}

/* --- calls ---------------------------------------------------------------- */

static void
start_peer(void)
{
	char name[64];

	modem.line = new_pty(name, sizeof(name));
	modem.line_opened = 0;
	switch (modem.peer = fork()) {
	case -1:
		err(1, "fork");
	case 0:
		setsid();
		setenv("PEER_TTY", name, 1);
		execl("/bin/sh", "sh", "-c", modem.command, (char *)NULL);
		_exit(127);
	}
}

static void
hang_up(const char *why)
{
	if (modem.state == ST_COMMAND)
		return;
	say("hang-up: %s", why);
	modem.state = ST_COMMAND;
	modem.drop_at = NEVER;
	modem.pluses = 0;
	pipe_clear(&modem.up);
	pipe_clear(&modem.down);
	if (modem.line != -1)
		close(modem.line); /* the peer's terminal hangs up */
	modem.line = -1;
	if (usb.monitor != NULL) {
		usb_close();
		if (usb.dtr)
			open_port();
	}
}

static void
on_line(void)
{
	modem.state = ST_ONLINE;
	modem.last_rx = now_ms();
	result(modem.outcome->code, modem.outcome->text);
	if (modem.outcome->act == ACT_LOGIN)
		put("\r\nWelcome\r\nlogin: ");
}

static void
answer(enum act act)
{
	int peer = modem.command != NULL && act != ACT_MUTE && act != ACT_ECHO;

	if (act == ACT_URC)
		put("\r\nRING\r\n\r\n+CREG: 1\r\n");
	if (act == ACT_DROP || act == ACT_VANISH)
		modem.drop_at = now_ms() + DROP_MS;
	if (peer)
		start_peer();
	if (peer && (modem.early || modem.listened))
		modem.state = ST_AWAITING;
	else
		on_line();
}

/* The time to answer has come. */
static void
answer_dial(void)
{
	const struct outcome *o = modem.outcome;

	switch (o->act) {
	case ACT_SILENCE:
		modem.answer_at = NEVER;
		return;
	case ACT_RESULT:
		modem.state = ST_COMMAND;
		result(o->code, o->text);
		return;
	case ACT_GARBAGE:
		modem.state = ST_COMMAND;
		put("\r\n\x7e\xff}#\xc0!}!}!} }8}\"\x01\x02OKBUSCONN\xff\r\n");
		return;
	default:
		answer(o->act);
	}
}

static const struct outcome *
outcome_by_word(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < NOUTCOMES; i++)
		if (strlen(outcomes[i].word) == len &&
		    strncmp(outcomes[i].word, word, len) == 0)
			return &outcomes[i];
	errx(1, "%s: no such outcome", word);
}

/* Take the first word; one that is alone stays. */
static const struct outcome *
outcome_by_control(void)
{
	const struct outcome *o;
	char text[256], *rest;
	size_t len;
	FILE *f;

	if (modem.control == NULL || (f = fopen(modem.control, "r")) == NULL)
		return NULL;
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	rest = text + strspn(text, " \n");
	if (*rest == '\0')
		return NULL;
	o = outcome_by_word(rest, strcspn(rest, " \n"));
	rest += strcspn(rest, " \n");
	rest += strspn(rest, " \n");
	if (*rest != '\0' && (f = fopen(modem.control, "w")) != NULL) {
		fputs(rest, f);
		fclose(f);
	}
	return o;
}

static const struct outcome *
outcome_of(const char *number)
{
	const struct outcome *o;
	size_t i, len = strlen(number);
	int digits;

	if ((o = outcome_by_control()) != NULL)
		return o;
	if (strchr(number, '*') == NULL && len >= 2) {
		digits = atoi(number + len - 2);
		for (i = 0; i < NOUTCOMES; i++)
			if (outcomes[i].digits == digits)
				return &outcomes[i];
	}
	return &outcomes[0];
}

static void
dial(const char *number)
{
	modem.outcome = outcome_of(number);
	say("dial %s: %s", number, modem.outcome->word);
	if (strchr(number, '*') != NULL && !radio_carries(now_ms())) {
		result(3, "NO CARRIER");
		return;
	}
	modem.state = ST_DIALING;
	modem.answer_at = now_ms() + modem.ring_ms;
}

/* --- commands ------------------------------------------------------------- */

/* An extended command: 1 done, 0 not known. */
static int
extended(const char *s)
{
	static const struct {
		const char *command;
		const char *answer; /* empty: only OK */
	} known[] = {
		{ "+CPIN?", "\r\n+CPIN: READY\r\n" },
		{ "+CREG?", "\r\n+CREG: 0,1\r\n" },
		{ "+CEREG?", "\r\n+CEREG: 0,1\r\n" },
		{ "+CSQ", "\r\n+CSQ: 17,99\r\n" },
		{ "+CGDCONT=", "" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncasecmp(
			s, known[i].command, strlen(known[i].command)) == 0) {
			put(known[i].answer);
			return 1;
		}
	return 0;
}

static void
extended_answer(const char *s)
{
	switch (radio_command(s, now_ms())) {
	case RADIO_NOT_MINE:
		if (!extended(s)) {
			result(4, "ERROR");
			return;
		}
		/* FALLTHROUGH */
	case RADIO_OK:
		ok();
		break;
	case RADIO_ERROR:
		result(4, "ERROR");
		break;
	case RADIO_TOLD:
		break;
	}
}

/* TS 27.007 8.2: it starts anew, and so does its port. */
static void
start_anew(void)
{
	ok();
	radio.unlocked = 0;
	radio.ready_at = 0;
	lose_port = 1;
}

static void
resume(void)
{
	if (modem.state == ST_ESCAPED) {
		modem.state = ST_ONLINE;
		result(1, "CONNECT");
	} else
		result(3, "NO CARRIER");
}

/* What follows AT, one letter and its number after the other. */
static void
run_commands(const char *s)
{
	for (; *s != '\0'; s += 1 + strspn(s + 1, "0123456789"))
		switch (tolower((unsigned char)*s)) {
		case '&': /* the letter behind it is a command of its own */
			s += s[1] != '\0';
			break;
		case 'd':
			dial(s + 1 + strspn(s + 1, "tTpP"));
			return;
		case 'e':
			modem.echo = s[1] != '0';
			break;
		case 'v':
			modem.numeric = s[1] == '0';
			break;
		case 'h':
			hang_up("ATH");
			break;
		case 'z':
			modem.echo = 1;
			modem.numeric = 0;
			hang_up("ATZ");
			break;
		case 'o':
			resume();
			return;
		case '^': /* extended commands, and vendors' */
		case '#':
		case '!':
			result(4, "ERROR");
			return;
		case '+':
			if (strcasecmp(s, "+CFUN=1,1") == 0) {
				start_anew();
				return;
			}
			radio.put = put;
			extended_answer(s);
			return;
		}
	ok();
}

/* V.250 5.2: a line that does not begin with AT is no command line. */
static void
run_line(void)
{
	modem.command_line[modem.command_len] = '\0';
	modem.command_len = 0;
	say("<- %s", modem.command_line);
	if (strncasecmp(modem.command_line, "AT", 2) == 0)
		run_commands(modem.command_line + 2);
}

/* --- the second port ------------------------------------------------------ */

static void
second_put(const char *text)
{
	if (write(second.port, text, strlen(text)) == -1)
		say("second port: %s", strerror(errno));
}

static void
second_line(void)
{
	enum radio_answer a = RADIO_OK;

	second.line[second.len] = '\0';
	second.len = 0;
	radio.put = second_put;
	if (strncasecmp(second.line, "AT+", 3) == 0)
		a = radio_command(second.line + 2, now_ms());
	if (a != RADIO_TOLD)
		second_put(a == RADIO_OK ? "\r\nOK\r\n" : "\r\nERROR\r\n");
}

static void
from_second(void)
{
	char bytes[CHUNK];
	ssize_t i, n;

	if ((n = read(second.port, bytes, sizeof(bytes))) <= 0)
		return;
	for (i = 0; i < n; i++)
		if (bytes[i] == '\r') {
			if (second.len > 0)
				second_line();
		} else if (second.len < sizeof(second.line) - 1)
			second.line[second.len++] = bytes[i];
}

static void
command_byte(char c)
{
	if (modem.state == ST_DIALING) { /* V.250 5.6.1: any byte aborts */
		modem.state = ST_COMMAND;
		result(3, "NO CARRIER");
		return;
	}
	if (modem.echo && write(modem.port, &c, 1) == -1)
		say("echo: %s", strerror(errno));
	if (c == '\r' || c == '\n') {
		if (modem.command_len > 0)
			run_line();
	} else if ((c == '\b' || c == 127) && modem.command_len > 0)
		modem.command_len--;
	else if (modem.command_len < sizeof(modem.command_line) - 1)
		modem.command_line[modem.command_len++] = c;
}

/* --- events --------------------------------------------------------------- */

static void
online_bytes(const char *bytes, size_t len)
{
	int64_t now = now_ms();

	if (len <= 3 && strncmp(bytes, "+++", len) == 0 &&
	    (modem.pluses > 0 || now - modem.last_rx >= GUARD_MS))
		modem.pluses += (int)len;
	else
		modem.pluses = 0;
	modem.last_rx = now;
	if (modem.outcome->act == ACT_ECHO)
		pipe_put(&modem.down, bytes, len);
	else
		pipe_put(&modem.up, bytes, len);
}

/* Until it is plugged in again, and opened. */
static void
unplugged(void)
{
	usb.dtr = 0;
	hang_up("unplugged");
	usb_close();
}

static void
from_dialer(void)
{
	char bytes[CHUNK];
	ssize_t i, n;

	n = read(modem.port, bytes, sizeof(bytes));
	if (usb.monitor != NULL && (n == 0 || (n == -1 && errno == EIO)))
		unplugged();
	if (n <= 0)
		return;
	if (modem.state == ST_ONLINE || modem.state == ST_AWAITING)
		online_bytes(bytes, (size_t)n);
	else
		for (i = 0; i < n; i++)
			command_byte(bytes[i]);
}

/* A peer that has not opened its side yet looks like one that has gone. */
static void
from_peer(void)
{
	char bytes[CHUNK];
	ssize_t n;

	if ((n = read(modem.line, bytes, sizeof(bytes))) > 0) {
		if (modem.state == ST_AWAITING)
			on_line();
		if (modem.state == ST_ONLINE)
			pipe_put(&modem.down, bytes, (size_t)n);
	} else if (waitpid(modem.peer, NULL, WNOHANG) == modem.peer) {
		hang_up("the peer ended the call");
		result(3, "NO CARRIER");
	}
}

static int
speed_is_zero(void)
{
	struct termios t;

	return tcgetattr(modem.port, &t) == 0 && cfgetospeed(&t) == B0;
}

/* DTR of USB, and the port that goes with it. */
static void
look_at_usb(void)
{
	int was = usb.dtr;

	usb_return(now_ms());
	usb_look();
	if (usb.dtr != was)
		say("DTR %s", usb.dtr ? "high" : "low");
	if (was && !usb.dtr)
		hang_up("DTR low");
	if (!usb.dtr)
		usb_close();
	else if (modem.port == -1)
		open_port();
}

/* pppd flushes its side until it has set its line discipline. */
static int
peer_listens(void)
{
	char name[64];
	int discipline = N_TTY, fd;

	if (ptsname_r(modem.line, name, sizeof(name)) != 0 ||
	    (fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1)
		return 0;
	if (ioctl(fd, TIOCGETD, &discipline) == -1)
		say("%s: %s", name, strerror(errno));
	close(fd);
	return discipline == N_PPP;
}

/*
 * A port forgets with its last close the line discipline that a killed pppd
 * has left; a pseudo-terminal does not as long as our side is open.
 */
static void
forget_discipline(void)
{
	const int plain = N_TTY;
	char name[64];
	int fd;

	if (usb.monitor != NULL || modem.port == -1 ||
	    ptsname_r(modem.port, name, sizeof(name)) != 0 ||
	    (fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1)
		return;
	if (ioctl(fd, TIOCSETD, &plain) == -1)
		say("%s: %s", name, strerror(errno));
	close(fd);
}

static void
port_closed(void)
{
	modem.command_len = 0;
	forget_discipline();
	if (modem.outcome == NULL || modem.outcome->act != ACT_STUCK)
		hang_up("the port was closed");
}

static void
vanish(void)
{
	if (usb.monitor != NULL) {
		unplugged();
		usb_leave(now_ms());
		return;
	}
	hang_up("the port vanished");
	close(modem.port);
	if (second.port != -1)
		close(second.port);
	open_port();
}

static void
look_at_signals(int64_t now)
{
	int drop = now >= modem.drop_at;

	if (lose_port || (drop && modem.outcome->act == ACT_VANISH)) {
		lose_port = 0;
		vanish();
	} else if ((lose_carrier || drop) && modem.state >= ST_AWAITING) {
		hang_up("carrier lost");
		result(3, "NO CARRIER");
	}
	lose_carrier = 0;
	if (usb.monitor != NULL)
		look_at_usb();
	else if (modem.state != ST_COMMAND && modem.opened && speed_is_zero()) {
		hang_up("speed B0: DTR dropped");
		result(3, "NO CARRIER");
	}
	if (modem.pluses == 3 && now - modem.last_rx >= GUARD_MS) {
		modem.pluses = 0;
		modem.state = ST_ESCAPED;
		ok();
	}
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A side that nobody has open is ready all the time: it is only looked at. */
static void
wait_for_events(int64_t due)
{
	struct pollfd p[4] = { { modem.opened ? modem.port : -1, POLLIN, 0 },
		{ modem.line_opened ? modem.line : -1, POLLIN, 0 },
		{ second.opened ? second.port : -1, POLLIN, 0 },
		{ usb.fd, POLLIN, 0 } };
	int64_t left = due - now_ms();

	if (poll(p, 4, left > 0 ? (int)left : 0) == -1 && errno != EINTR)
		err(1, "poll");
}

static int
look_at(int fd, int *opened)
{
	struct pollfd p = { fd, POLLIN, 0 };

	if (poll(&p, 1, 0) == -1)
		return 0;
	*opened = (p.revents & (POLLIN | POLLHUP)) != POLLHUP;
	return p.revents;
}

/* One round of the loop: what is due, then wait for what comes first. */
static void
turn(void)
{
	int64_t now = now_ms(), due = now + LOOK_MS;
	int events, was_open = modem.opened;

	look_at_signals(now);
	if (modem.state == ST_DIALING && now >= modem.answer_at)
		answer_dial();
	due = earlier(due, pipe_flush(&modem.up, modem.line, now));
	due = earlier(due, pipe_flush(&modem.down, modem.port, now));
	wait_for_events(due);
	events = look_at(modem.port, &modem.opened);
	if (events & POLLIN)
		from_dialer();
	else if (was_open && !modem.opened)
		port_closed();
	if (modem.state == ST_AWAITING && modem.listened && peer_listens())
		on_line();
	if (modem.line != -1 && look_at(modem.line, &modem.line_opened) != 0)
		from_peer();
	if (second.port != -1 && look_at(second.port, &second.opened) & POLLIN)
		from_second();
}

static void
catch_signals(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char *argv[])
{
	int c, stuck = 0;

	while ((c = getopt(argc, argv, "b:c:d:eln:p:r:st:u:")) != -1)
		switch (c) {
		case 'b':
			modem.rate = atoi(optarg);
			break;
		case 'c':
			modem.control = optarg;
			break;
		case 'd':
			modem.delay_ms = atoi(optarg);
			break;
		case 'e':
			modem.early = 1;
			break;
		case 'l':
			modem.listened = 1;
			break;
		case 'n':
			radio.path = optarg;
			break;
		case 'p':
			modem.command = optarg;
			break;
		case 'r':
			modem.ring_ms = atoi(optarg);
			break;
		case 's':
			stuck = 1;
			break;
		case 't':
			second.link = optarg;
			break;
		case 'u':
			usb.monitor = optarg;
			break;
		default:
			usage();
		}
	if (optind + 1 != argc)
		usage();
	modem.link = argv[optind];
	catch_signals();
	if (usb.monitor != NULL)
		usb_monitor();
	else
		open_port();
	if (stuck) {
		modem.outcome = outcome_by_word("stuck", strlen("stuck"));
		modem.state = ST_ONLINE;
	}
	for (;;)
		turn();
}
