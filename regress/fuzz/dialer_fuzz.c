/* SPDX-License-Identifier: ISC */
/*
 * The dialer's process: what its parent says, in and out of order, in and
 * out of range, while modems on ptys say anything and time passes.  What is
 * malformed may end the process, in order; nothing else may, each question
 * has one answer, and no port is forgotten.
 *
 * One input is a life: an octet for what happens next, then its fields.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "common/monotime.h"
#include "common/proc.h"
#include "regress/fuzz/feed.h"
#include "regress/fuzz/quiet_log.h"

#define NEED(x) ((x) ? (void)0 : abort())

/* The dialer's clock, its end, and its words are ours. */
static struct monotime fuzz_now(void);
static void fuzz_end(const char *, ...)
    __attribute__((__noreturn__, __format__(printf, 1, 2)));
static void fuzz_get(struct imsg *, void *, size_t);
static int fuzz_say(
    struct imsgev *, uint32_t, uint32_t, pid_t, int, const void *, size_t);
#define monotime_now       fuzz_now
#define fatalx             fuzz_end
#define proc_get           fuzz_get
#define imsg_compose_event fuzz_say
#include "dialer/dialer.c"
#undef imsg_compose_event

#define NPTYS 2 /* for uplinks 1 and 2 */

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char site[] = "primary eth1 { target 198.51.100.7 }\n"
			   "backup a { modem \"/dev/a\" phone \"5551234\"\n"
			   "	account \"x\" secret file \"/etc/x\" }\n"
			   "backup b { modem \"/dev/b\" phone \"1\" \"*99#\"\n"
			   "	init \"ATZ\" apn \"internet\"\n"
			   "	pin file \"/etc/p\" status \"/dev/c\"\n"
			   "	account \"x\" secret file \"/etc/x\" }\n";

static struct monotime now;
static jmp_buf over;
static struct conf *good;
static int master[NPTYS], slave[NPTYS];
static struct imsgbuf from, to; /* the channel */
static uint32_t open_questions; /* of hang-ups, a bit for each uplink */

static struct monotime
fuzz_now(void)
{
	return now;
}

static void
fuzz_end(const char *fmt, ...)
{
	(void)fmt;
	longjmp(over, 1);
}

static void
fuzz_get(struct imsg *imsg, void *data, size_t len)
{
	if (imsg_get_data(imsg, data, len) == -1)
		longjmp(over, 1);
}

static int
fuzz_say(struct imsgev *iev, uint32_t type, uint32_t id, pid_t pid, int fd,
    const void *data, size_t len)
{
	const struct msg_link_result *r = data;

	(void)iev;
	(void)id;
	(void)pid;
	NEED(fd == -1);
	switch (type) {
	case IMSG_CONF_ACK:
		NEED(len == sizeof(uint32_t));
		break;
	case IMSG_DIAL_PHASE:
		NEED(len == sizeof(struct msg_link_text) &&
		     msg_link_text_valid(data));
		break;
	case IMSG_MODEM:
		NEED(len == sizeof(struct msg_modem) && msg_modem_valid(data));
		break;
	case IMSG_RADIO:
		NEED(len == sizeof(struct msg_radio) && msg_radio_valid(data));
		break;
	case IMSG_PIN_WANTED:
	case IMSG_SIM_USED:
		NEED(len == sizeof(struct msg_sim) && msg_sim_valid(data));
		break;
	case IMSG_STATUS_GONE:
		NEED(len == sizeof(struct msg_link) && msg_link_valid(data));
		break;
	case IMSG_DIAL_RESULT:
		NEED(len == sizeof(*r) && msg_link_result_valid(r));
		break;
	case IMSG_HANGUP_DONE:
		NEED(len == sizeof(*r) && msg_link_result_valid(r));
		NEED(open_questions & (1u << r->uplink));
		NEED(!ports[r->uplink].open);
		open_questions &= ~(1u << r->uplink);
		break;
	default:
		abort();
	}
	return 1;
}

/* By the channel, as a message comes in life. */
static void
deliver(uint32_t type, int fd, const void *data, size_t len)
{
	struct imsg imsg;
	int ended;

	NEED(imsg_compose(&from, type, 0, 0, fd, data, len) == 1);
	NEED(imsgbuf_write(&from) == 0);
	NEED(imsgbuf_read(&to) == 1);
	while (imsgbuf_get(&to, &imsg) == 1) {
		if ((ended = setjmp(over)) == 0)
			dialer_dispatch_parent(imsg_get_type(&imsg), &imsg);
		imsg_free(&imsg);
		if (ended)
			left = 0;
	}
}

static void
configure(void)
{
	struct msg_conf_begin b = { .gen = octet(),
		.nuplinks = octet() % 8 != 0 ? good->nuplinks : octet() };
	struct conf_uplink u;
	uint32_t i;

	deliver(IMSG_CONF_BEGIN, -1, &b, sizeof(b));
	for (i = 0; i < good->nuplinks; i++) {
		u = good->uplink[i];
		if (octet() == 255)
			((uint8_t *)&u)[(size_t)octet() * 256 % sizeof(u)] =
			    octet();
		deliver(IMSG_CONF_UPLINK, -1, &u, sizeof(u));
	}
	deliver(IMSG_CONF_END, -1, &b.gen, sizeof(b.gen));
}

/* A pty of ours, one whose other end is gone, or none at all. */
static int
some_port(uint32_t uplink)
{
	int fd[2];

	switch (octet() % 16) {
	case 0:
		NEED(pipe2(fd, O_CLOEXEC) == 0);
		close(fd[1]);
		return fd[0];
	case 1:
		NEED((fd[0] = posix_openpt(O_RDWR | O_NOCTTY)) != -1);
		return fd[0]; /* a master will do as a poor tty */
	default:
		return fcntl(slave[uplink % NPTYS], F_DUPFD_CLOEXEC, 0);
	}
}

static void
ask(uint32_t type)
{
	struct msg_link l = { octet() % 4, octet() % 4 };
	struct msg_dial d = { l.uplink, l.gen, octet() % 10, octet() * 500u };

	switch (type) {
	case IMSG_TTY:
		/* in place of another: what was asked of that is void */
		if (l.uplink < nconf && conf[l.uplink].kind == CONF_MODEM)
			open_questions &= ~(1u << l.uplink);
		deliver(type, some_port(l.uplink), &l, sizeof(l));
		break;
	case IMSG_DIAL:
		if (ports[l.uplink].open && ports[l.uplink].gen == l.gen &&
		    msg_dial_valid(&d))
			open_questions &= ~(1u << l.uplink);
		deliver(type, -1, &d, sizeof(d));
		break;
	case IMSG_WARM:
		deliver(type, -1, &l, sizeof(l));
		break;
	default:
		open_questions |= 1u << l.uplink;
		deliver(type, -1, &l, sizeof(l));
		break;
	}
}

/* A PIN in its pipe, or none, or why not. */
static void
answer_pin(void)
{
	struct msg_link l = { octet() % 4, octet() % 4 };
	struct msg_link_result r = { .uplink = l.uplink, .gen = l.gen };
	char pin[16];
	size_t i, n = octet() % sizeof(pin);
	int fd[2];

	if (octet() % 4 == 0) {
		r.class = octet() % 8;
		strlcpy(r.text, "PIN not said", sizeof(r.text));
		deliver(IMSG_PIN_REFUSED, -1, &r, sizeof(r));
		return;
	}
	for (i = 0; i < n; i++)
		pin[i] = (char)('0' + octet() % 10);
	NEED(pipe2(fd, O_CLOEXEC) == 0);
	NEED(write(fd[1], pin, n) == (ssize_t)n);
	close(fd[1]);
	deliver(IMSG_PIN, fd[0], &l, sizeof(l));
}

static void
second_port(void)
{
	struct msg_link l = { octet() % 4, octet() % 4 };

	if (octet() % 2 == 0)
		deliver(IMSG_STATUS_TTY, some_port(l.uplink), &l, sizeof(l));
	else
		deliver(IMSG_STATUS_CLOSE, -1, &l, sizeof(l));
}

static void
anything(void)
{
	uint32_t type = octet() % (IMSG_TYPE_MAX + 1);
	uint8_t data[256];
	size_t i, len = octet();

	for (i = 0; i < len; i++)
		data[i] = octet();
	/* a hang-up without a question would be one more answer */
	if (type != IMSG_HANGUP)
		deliver(type, -1, data, len);
}

static void
modem_says(void)
{
	uint32_t which = octet() % NPTYS;
	uint8_t data[64];
	size_t i, n, len = octet() % sizeof(data);
	char heard[512];

	for (n = 0; n < len && left > 0; n++)
		data[n] = octet();
	while (read(master[which], heard, sizeof(heard)) > 0)
		continue;
	(void)!write(master[which], data, n);
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		if (ports[i].open &&
		    event_pending(&ports[i].readable, EV_READ, NULL))
			on_readable(ports[i].fd, EV_READ, &ports[i]);
}

static void
time_passes(void)
{
	int64_t ms = octet() * (octet() % 2 == 0 ? 10 : 1000);
	uint32_t i;

	now = monotime_add_ms(now, ms);
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		if (ports[i].open &&
		    event_pending(&ports[i].timer, EV_TIMEOUT, NULL))
			on_timer(-1, EV_TIMEOUT, &ports[i]);
}

/* Whatever was: a hang-up ends, and then the port is closed. */
static void
all_ends(void)
{
	uint32_t i, n;

	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		struct msg_link l = { i, 99 };

		open_questions |= 1u << i;
		got_hangup(&l);
		for (n = 0; ports[i].open; n++) {
			NEED(n < 100);
			now = monotime_add_ms(now, 1000);
			on_timer(-1, EV_TIMEOUT, &ports[i]);
		}
		status_close(i);
		NEED(!(open_questions & (1u << i)));
	}
}

static void
report(const char *file, int line, const char *why, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s\n", file, line, why);
}

static void
open_pty(int i)
{
	struct termios t;
	char name[64];

	NEED((master[i] = posix_openpt(
		  O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) != -1);
	NEED(grantpt(master[i]) == 0 && unlockpt(master[i]) == 0 &&
	     ptsname_r(master[i], name, sizeof(name)) == 0);
	NEED((slave[i] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) != -1);
	NEED(tcgetattr(slave[i], &t) == 0);
	cfmakeraw(&t);
	NEED(tcsetattr(slave[i], TCSANOW, &t) == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[] = "/tmp/dialer_fuzz.XXXXXX";
	int fd, i, pair[2];

	(void)argc;
	(void)argv;
	NEED((fd = mkstemp(path)) != -1);
	NEED(write(fd, site, sizeof(site) - 1) == sizeof(site) - 1);
	close(fd);
	NEED((good = conf_parse(path, NULL, 1, report, NULL)) != NULL);
	unlink(path);
	for (i = 0; i < NPTYS; i++)
		open_pty(i);
	event_init();
	proc_socketpair(pair);
	NEED(imsgbuf_init(&from, pair[0]) == 0);
	NEED(imsgbuf_init(&to, pair[1]) == 0);
	imsgbuf_allow_fdpass(&from);
	imsgbuf_allow_fdpass(&to);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = data;
	left = size;
	now = monotime_from_ns(1000000000);
	open_questions = 0;
	memset(&pending, 0, sizeof(pending));
	memcpy(conf, good->uplink, sizeof(conf));
	nconf = good->nuplinks;
	while (left > 0)
		switch (octet() % 11) {
		case 0:
			configure();
			break;
		case 1:
			ask(IMSG_TTY);
			break;
		case 2:
			ask(IMSG_DIAL);
			break;
		case 3:
			ask(IMSG_HANGUP);
			break;
		case 4:
		case 5:
			modem_says();
			break;
		case 6:
			time_passes();
			break;
		case 7:
			ask(IMSG_WARM);
			break;
		case 8:
			answer_pin();
			break;
		case 9:
			second_port();
			break;
		default:
			anything();
			break;
		}
	all_ends();
	memset(ports, 0, sizeof(ports));
	return 0;
}
