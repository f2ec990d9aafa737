/* SPDX-License-Identifier: ISC */
/*
 * A world for the dialer in virtual time: its own code (dialer.c and the
 * engine), netconf's ports with their locks (tty.c), and a fake modem.  The
 * port is a real pseudo-terminal, so what is done to it can be looked at;
 * bytes and time are the world's.
 *
 *	world_open()		the port is opened and locked, the dialer has it
 *	world_dial()		until DIAL_RESULT has come
 *	world_hang_up()		until HANGUP_DONE has come
 *	world_close()		the port is closed and unlocked
 */
#ifndef REGRESS_UNIT_MODEM_WORLD_H
#define REGRESS_UNIT_MODEM_WORLD_H

#include <sys/types.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/ioctl.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "common/log.h"
#include "common/proc.h"
#include "dialer/tty.h"
#include "netconf/run.h"
#include "netconf/tty_lock.h"
#include "regress/unit/modem_fake.h"

#define WORLD_LINK "/tmp/dialfail-modem"

static struct monotime world_clock(void);
static int world_say(
    struct imsgev *, uint32_t, uint32_t, pid_t, int, const void *, size_t);
static int world_event_add(struct event *, const struct timeval *);
static int world_event_del(struct event *);
static ssize_t world_read(int, void *, size_t);
static ssize_t world_write(int, const void *, size_t);
static int world_tty_reset(int, uint32_t);
static int world_tty_low(int, uint32_t);
#define monotime_now       world_clock
#define imsg_compose_event world_say
#define event_add          world_event_add
#define event_del          world_event_del
#define read               world_read
#define write              world_write
#define tty_reset          world_tty_reset
#define tty_low            world_tty_low
#include "dialer/dialer.c"
#undef monotime_now
#undef imsg_compose_event
#undef event_add
#undef event_del
#undef read
#undef write
#undef tty_reset
#undef tty_low

#define WORLD_UPLINK 1u

static struct {
	struct monotime now;
	struct fake fake;
	struct conf *conf;
	char link[64]; /* the port's name in the configuration */
	int master; /* of the port, -1: it is unplugged */
	int slave; /* so that it can be looked at */
	int touched; /* since it was plugged in */
	int readable; /* awaited */
	struct monotime timer; /* or never */
	uint32_t gen;
	uint32_t answer; /* the message that came, or NONE */
	struct msg_link_result result;
	struct msg_modem modem;
	struct msg_radio radio;
	const char *pin; /* what netconf answers, */
	const char *no_pin; /* or why not */
	int pin_wanted;
	char phases[2048]; /* all that was told, each ended by | */
	char error[MSG_TEXT_LEN]; /* what must not have happened */
} world;

static void
world_broken(const char *what)
{
	if (world.error[0] == '\0')
		strlcpy(world.error, what, sizeof(world.error));
}

static struct port *
world_port(void)
{
	return &ports[WORLD_UPLINK];
}

/* --- what stands around the dialer ---------------------------------------- */

static struct monotime
world_clock(void)
{
	return world.now;
}

static int
world_say(struct imsgev *iev, uint32_t type, uint32_t id, pid_t pid, int fd,
    const void *data, size_t len)
{
	const struct msg_link_text *t = data;

	(void)iev;
	(void)id;
	(void)pid;
	if (fd != -1)
		world_broken("a descriptor was sent");
	switch (type) {
	case IMSG_DIAL_PHASE:
		if (len != sizeof(*t) || !msg_link_text_valid(t))
			world_broken("DIAL_PHASE is invalid");
		strlcat(world.phases, t->text, sizeof(world.phases));
		strlcat(world.phases, "|", sizeof(world.phases));
		break;
	case IMSG_MODEM:
		memcpy(&world.modem, data, sizeof(world.modem));
		if (len != sizeof(world.modem) ||
		    !msg_modem_valid(&world.modem) ||
		    world.modem.gen != world.gen)
			world_broken("MODEM is invalid");
		break;
	case IMSG_RADIO:
		memcpy(&world.radio, data, sizeof(world.radio));
		if (len != sizeof(world.radio) ||
		    !msg_radio_valid(&world.radio) ||
		    world.radio.gen != world.gen)
			world_broken("RADIO is invalid");
		break;
	case IMSG_PIN_WANTED:
	case IMSG_SIM_USED:
		if (len != sizeof(struct msg_sim) || !msg_sim_valid(data))
			world_broken("a card that is invalid");
		world.pin_wanted |= type == IMSG_PIN_WANTED;
		break;
	case IMSG_DIAL_RESULT:
	case IMSG_HANGUP_DONE:
		if (world.answer != IMSG_NONE)
			world_broken("two answers to one question");
		memcpy(&world.result, data, sizeof(world.result));
		if (len != sizeof(world.result) ||
		    !msg_link_result_valid(&world.result))
			world_broken("the answer is invalid");
		if (world.result.gen != world.gen)
			world_broken("the answer is another question's");
		world.answer = type;
		break;
	default:
		world_broken("a message that was not asked for");
		break;
	}
	return 1;
}

static int
world_event_add(struct event *ev, const struct timeval *tv)
{
	if (ev == &world_port()->readable)
		world.readable = 1;
	else
		world.timer = monotime_add_ns(
		    world.now, (int64_t)tv->tv_sec * 1000000000 +
				   (int64_t)tv->tv_usec * 1000);
	return 0;
}

static int
world_event_del(struct event *ev)
{
	if (ev == &world_port()->readable)
		world.readable = 0;
	else
		world.timer = monotime_from_ns(0);
	return 0;
}

static ssize_t
world_read(int fd, void *buf, size_t size)
{
	struct fake *f = &world.fake;

	if (world.master == -1 || fd != world_port()->fd)
		return read(fd, buf, size); /* as its end is told */
	if (f->nready == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (size > f->nready)
		size = f->nready;
	memcpy(buf, f->ready, size);
	f->nready -= size;
	memmove(f->ready, f->ready + size, f->nready);
	return (ssize_t)size;
}

static ssize_t
world_write(int fd, const void *bytes, size_t len)
{
	if (world.master == -1)
		return write(fd, bytes, len);
	fake_hears(&world.fake, world.now, bytes, len);
	return (ssize_t)len;
}

/* The modem sees its DTR by the speed, as a pty's other end can. */
static void
world_look_at_dtr(void)
{
	struct termios t;

	world.fake.nready = 0; /* both flush */
	world.touched = 1;
	if (world.master != -1 && tcgetattr(world.master, &t) == 0)
		fake_dtr(&world.fake, world.now, cfgetospeed(&t) != B0);
}

static int
world_tty_reset(int fd, uint32_t speed)
{
	if (tty_reset(fd, speed) == -1)
		return -1; /* its other end is gone */
	world_look_at_dtr();
	return 0;
}

static int
world_tty_low(int fd, uint32_t speed)
{
	if (tty_low(fd, speed) == -1)
		return -1;
	world_look_at_dtr();
	return 0;
}

/* --- what stands around netconf's ports ----------------------------------- */

const struct conf *
config_current(void)
{
	return world.conf;
}

uint32_t
config_uplink(const char *label)
{
	uint32_t i;

	for (i = 0; i < world.conf->nuplinks; i++)
		if (strcmp(world.conf->uplink[i].label, label) == 0)
			return i;
	return MSG_UPLINK_NONE;
}

/* The parent, in so far as it hands a port from one to the other. */
void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	struct msg_link m;

	if (type == IMSG_TTY && len == sizeof(m)) {
		memcpy(&m, data, sizeof(m));
		got_tty(&m, fd);
		return;
	}
	world.answer = type;
	memcpy(&world.result, data, sizeof(world.result));
}

/* --- the port ------------------------------------------------------------- */

static void
world_plug(void)
{
	struct termios t;
	char name[64];

	world.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (world.master == -1 || grantpt(world.master) == -1 ||
	    unlockpt(world.master) == -1 ||
	    ptsname_r(world.master, name, sizeof(name)) != 0 ||
	    (world.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1 ||
	    tcgetattr(world.slave, &t) == -1)
		err(1, "pty");
	cfmakeraw(&t);
	(void)tcsetattr(world.slave, TCSANOW, &t);
	world.touched = 0;
	if (unlink(world.link) == -1 && errno != ENOENT)
		err(1, "%s", world.link);
	if (symlink(name, world.link) == -1)
		err(1, "%s", world.link);
}

static void
world_unplug(void)
{
	if (world.master == -1)
		return;
	(void)unlink(world.link);
	close(world.master);
	close(world.slave);
	world.master = world.slave = -1;
}

/* The modem may have gone, or come back. */
static void
world_plugged(void)
{
	if (world.fake.gone)
		world_unplug();
	else if (world.master == -1)
		world_plug();
}

/* netconf has the PIN, and has looked at the card. */
static void
world_answer_pin(void)
{
	struct msg_link m = { WORLD_UPLINK, world.gen };
	struct msg_link_result r = { .uplink = WORLD_UPLINK,
		.gen = world.gen,
		.class = MSG_LINK_GIVEUP };
	int fd[2];

	world.pin_wanted = 0;
	if (world.pin == NULL) {
		strlcpy(r.text, world.no_pin, sizeof(r.text));
		got_no_pin(&r);
		return;
	}
	if (pipe2(fd, O_CLOEXEC) == -1 ||
	    write(fd[1], world.pin, strlen(world.pin)) == -1)
		err(1, "pipe");
	close(fd[1]);
	got_pin(&m, fd[0]);
}

/* How often the modem was told what begins so. */
static uint32_t
world_heard(const char *prefix)
{
	const char *s = world.fake.heard;
	uint32_t n = 0;

	for (; *s != '\0'; s += strcspn(s, "|") + 1)
		n += strncmp(s, prefix, strlen(prefix)) == 0;
	return n;
}

/* --- time ----------------------------------------------------------------- */

static int
world_turn(void)
{
	struct port *p = world_port();
	struct monotime due;

	fake_run(&world.fake, world.now);
	world_plugged();
	if (world.pin_wanted && (world.pin != NULL || world.no_pin != NULL)) {
		world_answer_pin();
		return 1;
	}
	if (p->open && world.readable &&
	    (world.fake.nready > 0 || world.master == -1)) {
		on_readable(p->fd, EV_READ, p);
		return 1;
	}
	if (monotime_valid(world.timer) &&
	    monotime_cmp(world.timer, world.now) <= 0) {
		world.timer = monotime_from_ns(0);
		on_timer(-1, EV_TIMEOUT, p);
		return 1;
	}
	due = fake_earlier(world.timer, fake_due(&world.fake));
	if (!monotime_valid(due))
		return 0; /* nothing will ever happen again */
	world.now = due;
	return 1;
}

/* Let this pass, or until an answer has come; the ms that it took. */
static int64_t
world_pass(int64_t ms, int any)
{
	struct monotime began = world.now, end = monotime_add_ms(began, ms);
	struct monotime before;

	for (;;) {
		if (!any && world.answer != IMSG_NONE)
			break;
		before = world.now;
		if (!world_turn() || monotime_cmp(world.now, end) > 0) {
			/* what is due later stays due */
			world.now =
			    monotime_cmp(before, end) < 0 ? end : before;
			break;
		}
	}
	return monotime_ms_between(began, world.now);
}

/* --- what the parent asks ------------------------------------------------- */

/* 0; or -1: there is no port, world.result says why. */
static int
world_open(void)
{
	struct msg_link m = { WORLD_UPLINK, ++world.gen };

	world.answer = IMSG_NONE;
	tty_open(&m);
	if (!world_port()->open)
		return -1;
	(void)fake_rules(&world.fake, world.now, FAKE_ON_OPEN, "");
	return 0;
}

/* The ms that it took; -1: it never came to an end. */
static int64_t
world_dial(uint32_t phone, uint32_t limit_ms)
{
	struct msg_dial d = { WORLD_UPLINK, world.gen, phone, limit_ms };
	int64_t ms;

	world.answer = IMSG_NONE;
	got_dial(&d);
	ms = world_pass(limit_ms + 60000, 0);
	return world.answer == IMSG_DIAL_RESULT ? ms : -1;
}

static int64_t
world_hang_up(void)
{
	struct msg_link m = { WORLD_UPLINK, world.gen };
	int64_t ms;

	world.answer = IMSG_NONE;
	got_hangup(&m);
	ms = world_pass(10 * MODEM_HANGUP_MAX_MS, 0);
	return world.answer == IMSG_HANGUP_DONE ? ms : -1;
}

/* Raw, at its speed, discipline 0, DTR up: anybody could use it. */
static void
world_look_at_tty(void)
{
	struct termios t;
	int ldisc = -1;

	if (world.master == -1 || !world.touched)
		return;
	if (ioctl(world.slave, TIOCGETD, &ldisc) == -1 || ldisc != 0)
		world_broken("the line discipline is not 0");
	if (tcgetattr(world.slave, &t) == -1)
		world_broken("no termios");
	if (cfgetospeed(&t) == B0)
		world_broken("DTR was left low");
	if ((t.c_lflag & (ICANON | ECHO | ISIG)) || (t.c_oflag & OPOST) ||
	    (t.c_iflag & (IXON | ICRNL)) || (t.c_cflag & CSIZE) != CS8 ||
	    !(t.c_cflag & CLOCAL))
		world_broken("the line is not raw");
}

/* As somebody leaves it who is killed in the middle. */
static void
world_spoil_tty(void)
{
	struct termios t;

	if (world.master == -1 || tcgetattr(world.slave, &t) == -1)
		return;
	t.c_lflag |= ICANON | ECHO | ISIG;
	t.c_iflag |= ICRNL | IXON;
	t.c_cflag &= ~(tcflag_t)CLOCAL;
	(void)tcsetattr(world.slave, TCSANOW, &t);
}

/* The port is closed: no lock is left, and the modem sees its DTR fall. */
static void
world_close(void)
{
	struct msg_link m = { WORLD_UPLINK, world.gen };
	char device[PATH_MAX];

	tty_close(&m);
	if (world_port()->open)
		world_broken("the dialer kept the port");
	if (world.master == -1)
		return;
	if (ttyname_r(world.slave, device, sizeof(device)) != 0 ||
	    tty_lock_holder(TTY_LOCK_DIR, device) != 0)
		world_broken("the lock file was left behind");
	if (flock(world.slave, LOCK_EX | LOCK_NB) == -1)
		world_broken("the port was left locked");
	(void)flock(world.slave, LOCK_UN);
	fake_dtr(&world.fake, world.now, 0);
	world.fake.nready = 0;
}

/* --- one world after the other -------------------------------------------- */

static uint32_t
world_descriptors(void)
{
	uint32_t n = 0;
	DIR *d;

	if ((d = opendir("/proc/self/fd")) == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Lock files of our own, where that is possible. */
static void
world_init(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		(void)mount("locks", TTY_LOCK_DIR, "tmpfs", 0, NULL);
	snprintf(
	    world.link, sizeof(world.link), WORLD_LINK ".%d", (int)getpid());
}

static void
world_begin(struct conf *c)
{
	char name[sizeof(world.link)];

	strlcpy(name, world.link, sizeof(name));
	memset(&world, 0, sizeof(world));
	strlcpy(world.link, name, sizeof(world.link));
	world.conf = c;
	world.now = monotime_from_ns(INT64_C(1000000000));
	memset(ports, 0, sizeof(ports));
	memcpy(conf, c->uplink, sizeof(conf));
	nconf = c->nuplinks;
	world.fake.echo = 1;
	world_plug();
}

static void
world_end(void)
{
	world_unplug();
	(void)unlink(world.link);
}

#endif
