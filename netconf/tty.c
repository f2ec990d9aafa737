/* SPDX-License-Identifier: ISC */
/*
 * Modem ports: opened, locked and passed to the dialer, which can open
 * nothing.  A duplicate stays here for pppd, and so that locks outlive the
 * dialer's use.
 *
 * Three locks, since nobody looks at all of them: flock(2), which also tells
 * us whether a pppd from before a crash is still there (it shares the open
 * file); TIOCEXCL; and the lock file of UUCP.
 */
#include <sys/types.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/log.h"
#include "netconf/ppp_process.h"
#include "netconf/run.h"
#include "netconf/tty_lock.h"

/* A packet modem may have a second port, where its state is asked for. */
enum which { FIRST, SECOND };

struct port {
	TAILQ_ENTRY(port) entry;
	char label[CONF_LABEL_LEN];
	enum which which;
	char device[PATH_MAX]; /* resolved */
	int fd;
	pid_t holder; /* whom the lock file names */
};

static TAILQ_HEAD(, port) ports = TAILQ_HEAD_INITIALIZER(ports);

static struct port *
port_find(const char *label, enum which which)
{
	struct port *p;

	TAILQ_FOREACH(p, &ports, entry)
		if (p->which == which && strcmp(p->label, label) == 0)
			return p;
	return NULL;
}

static const struct port *
port_on(const char *device)
{
	const struct port *p;

	TAILQ_FOREACH(p, &ports, entry)
		if (strcmp(p->device, device) == 0)
			return p;
	return NULL;
}

const struct conf_uplink *
tty_modem(uint32_t uplink)
{
	const struct conf *conf = config_current();

	if (conf == NULL || uplink >= conf->nuplinks ||
	    conf->uplink[uplink].kind != CONF_MODEM)
		return NULL;
	return &conf->uplink[uplink];
}

static void
failed(const struct msg_link *m, enum which which, uint32_t class,
    const char *text)
{
	struct msg_link_result r;

	memset(&r, 0, sizeof(r));
	r.uplink = m->uplink;
	r.gen = m->gen;
	r.class = class;
	strlcpy(r.text, text, sizeof(r.text));
	if (which == SECOND) /* asked for again and again */
		log_debug("%s", text);
	else
		log_info("%s", text);
	netconf_send(which == SECOND ? IMSG_STATUS_FAILED : IMSG_TTY_FAILED, -1,
	    &r, sizeof(r));
}

static void
name_holder(struct port *p, pid_t pid)
{
	if (tty_lock_hand_over(TTY_LOCK_DIR, p->device, pid) == -1) {
		log_warn("%s: lock file", p->device);
		return;
	}
	p->holder = pid;
}

/*
 * What is still to be sent when all that can be thrown away is.  pppd's
 * discipline does not tell (ppp_async.c in the kernel): it is still there if
 * the dialer could not take the port back.  EIO: unplugged, or hung up.
 */
static int
unsent(int fd)
{
	int n;

	(void)tcflush(fd, TCOFLUSH);
	if (ioctl(fd, TIOCOUTQ, &n) == -1)
		return errno != EIO;
	return n > 0;
}

static void
port_free(struct port *p)
{
	tty_lock_drop(TTY_LOCK_DIR, p->device, p->holder);
	free(p);
}

static void
on_closed(pid_t pid, int status, void *arg)
{
	(void)pid;
	(void)status;
	port_free(arg);
}

/*
 * Ends, and with it the port, when netconf has closed its own.  The dialer's
 * is not waited for: it is closed before the dialer says that it has hung up,
 * and a modem that was only kept ready is being sent nothing.
 */
static void __dead
last_close(int fd, int ours)
{
	char c;

	child_signals();
	if (dup2(fd, STDERR_FILENO) != -1 && dup2(ours, STDIN_FILENO) != -1) {
		closefrom(STDERR_FILENO + 1);
		(void)!read(STDIN_FILENO, &c, 1); /* end of file: they have */
	}
	_exit(0);
}

/*
 * The last close of a port waits until all is sent, for 30 s by default
 * (closing_wait in setserial(8)), and so does who would open it meanwhile.
 * A modem may take nothing more, and USB ports cannot throw away what they
 * have begun to send.  So a process of its own is the last, with the lock.
 */
static int
close_slowly(struct port *p)
{
	int gate[2];
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork()) == 0)
		last_close(p->fd, gate[0]);
	if (pid != -1) {
		log_info("%s: %s takes nothing more", p->label, p->device);
		name_holder(p, pid);
		child_watch(pid, NULL, on_closed, p);
		close(p->fd);
	}
	close(gate[0]);
	close(gate[1]);
	return pid == -1 ? -1 : 0;
}

static void
port_close(struct port *p)
{
	TAILQ_REMOVE(&ports, p, entry);
	if (unsent(p->fd)) {
		if (close_slowly(p) == 0)
			return;
		log_warnx("%s: %s: no process for its last close, which may "
			  "take 30 s here",
		    p->label, p->device);
	}
	close(p->fd);
	port_free(p);
}

/* A longer path is cut: the reason counts. */
static void
explain(char *why, size_t size, const char *path, const char *reason)
{
	snprintf(why, size, "%.*s: %s", (int)(size / 2), path, reason);
}

/* Its lock file knows who, whichever lock was found first. */
static void
in_use(const char *path, const char *device, char *why, size_t size)
{
	char name[32], reason[96];
	pid_t holder;

	if ((holder = tty_lock_holder(TTY_LOCK_DIR, device)) == 0) {
		explain(why, size, path, "busy: used by another program");
		return;
	}
	process_name(holder, name, sizeof(name));
	snprintf(reason, sizeof(reason), "busy: locked by pid %d (%s)",
	    (int)holder, name);
	explain(why, size, path, reason);
}

/* Why the device cannot be opened, and what that is worth. */
static uint32_t
why_not(const char *path, const char *device, int error, char *why, size_t size)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EIO: /* unplugged, or not yet ready after it came back */
		explain(why, size, path, "no such device: waiting");
		return MSG_LINK_BACKOFF;
	case EBUSY:
		in_use(path, device, why, size);
		return MSG_LINK_BACKOFF;
	default:
		explain(why, size, path, strerror(error));
		return error == EACCES || error == EPERM || error == ELOOP ||
			       error == ENOTDIR
			   ? MSG_LINK_GIVEUP
			   : MSG_LINK_BACKOFF;
	}
}

/*
 * A pseudo-terminal stays exclusive as long as its other end is open, also
 * after a crash of ours, and only CAP_SYS_ADMIN could open it then: the port
 * would be lost (ioctl_tty(2)).  A real port is not, once all have closed it.
 */
static int
exclusive(const struct port *p)
{
	return strncmp(p->device, "/dev/pts/", 9) == 0 ||
	       ioctl(p->fd, TIOCEXCL) == 0;
}

/*
 * A driver may keep the settings of the last call, carrier watched, and with
 * them the news of that call's end, which would hang up the port now that it
 * is open (acm_process_notification() in the kernel's cdc-acm.c).
 */
static void
ignore_carrier(const struct port *p)
{
	struct termios t;

	if (tcgetattr(p->fd, &t) == -1)
		return; /* the dialer will see why */
	t.c_cflag |= CLOCAL;
	(void)tcsetattr(p->fd, TCSANOW, &t);
}

/*
 * Taken before the port is opened: one of others' is not touched, nor that of
 * another backup, whose number in it would be ours.  A class.
 */
static uint32_t
lock_file(struct port *p, const char *path, char *why, size_t size)
{
	const struct port *other;
	char reason[32 + CONF_LABEL_LEN];

	if ((other = port_on(p->device)) != NULL) {
		snprintf(reason, sizeof(reason), "busy: used by backup %s",
		    other->label);
		explain(why, size, path, reason);
		return MSG_LINK_BACKOFF;
	}
	p->holder = getpid();
	if (tty_lock_take(TTY_LOCK_DIR, p->device, p->holder) == 0)
		return MSG_LINK_OK;
	if (errno == EBUSY) {
		in_use(path, p->device, why, size);
		return MSG_LINK_BACKOFF;
	}
	log_warn("%s: no lock file", p->device);
	return MSG_LINK_OK;
}

/* The other two, and what does not bear waiting.  A class. */
static uint32_t
take(struct port *p, const char *path, char *why, size_t size)
{
	int hung_up;

	if (!isatty(p->fd)) {
		hung_up = errno == EIO;
		explain(why, size, path,
		    hung_up ? "hung up by the modem: waiting"
			    : "not a serial port");
		return hung_up ? MSG_LINK_BACKOFF : MSG_LINK_GIVEUP;
	}
	if (flock(p->fd, LOCK_EX | LOCK_NB) == -1) {
		in_use(path, p->device, why, size);
		return MSG_LINK_BACKOFF;
	}
	ignore_carrier(p);
	if (!exclusive(p))
		log_warn("%s: TIOCEXCL", p->device);
	return MSG_LINK_OK;
}

static uint32_t
open_and_lock(struct port *p, const char *path, char *why, size_t size)
{
	uint32_t class;

	/* lock the port, not the name by which it was found (by-id links) */
	if (realpath(path, p->device) == NULL)
		return why_not(path, path, errno, why, size);
	if ((class = lock_file(p, path, why, size)) != MSG_LINK_OK)
		return class;
	p->fd = open(p->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->fd == -1)
		class = why_not(path, p->device, errno, why, size);
	else if ((class = take(p, path, why, size)) != MSG_LINK_OK)
		close(p->fd);
	if (class != MSG_LINK_OK)
		tty_lock_drop(TTY_LOCK_DIR, p->device, p->holder);
	return class;
}

static struct port *
port_open(
    const struct msg_link *m, const struct conf_uplink *u, enum which which)
{
	const struct conf_private *private =
	    &config_current()->private[m->uplink];
	const char *path = which == SECOND ? private->status : private->tty;
	char why[MSG_TEXT_LEN];
	struct port *p;
	uint32_t class;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal(NULL);
	if ((class = open_and_lock(p, path, why, sizeof(why))) != MSG_LINK_OK) {
		free(p);
		failed(m, which, class, why);
		return NULL;
	}
	p->which = which;
	strlcpy(p->label, u->label, sizeof(p->label));
	TAILQ_INSERT_TAIL(&ports, p, entry);
	log_debug("%s: %s is open", p->label, p->device);
	return p;
}

static void
open_port(const struct msg_link *m, enum which which)
{
	const struct conf_uplink *u;
	struct port *p;
	int fd;

	if ((u = tty_modem(m->uplink)) == NULL ||
	    (which == SECOND && !u->modem.status)) {
		failed(
		    m, which, MSG_LINK_GIVEUP, "no modem in the configuration");
		return;
	}
	/* one left from a try that was broken off may have been unplugged */
	if ((p = port_find(u->label, which)) != NULL)
		port_close(p);
	if ((p = port_open(m, u, which)) == NULL)
		return;
	if ((fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 0)) == -1)
		fatal("%s", p->device);
	netconf_send(
	    which == SECOND ? IMSG_STATUS_TTY : IMSG_TTY, fd, m, sizeof(*m));
}

static void
close_port(const struct msg_link *m, enum which which)
{
	const struct conf_uplink *u = tty_modem(m->uplink);
	struct port *p;

	if (u != NULL && (p = port_find(u->label, which)) != NULL)
		port_close(p);
}

void
tty_open(const struct msg_link *m)
{
	open_port(m, FIRST);
}

void
tty_close(const struct msg_link *m)
{
	close_port(m, FIRST);
}

void
tty_open_status(const struct msg_link *m)
{
	open_port(m, SECOND);
}

void
tty_close_status(const struct msg_link *m)
{
	close_port(m, SECOND);
}

int
tty_descriptor(const char *label, const char **device)
{
	struct port *p;

	if ((p = port_find(label, FIRST)) == NULL)
		return -1;
	*device = p->device;
	return p->fd;
}

static void
set_blocking(const struct port *p, int blocking)
{
	int flags;

	if ((flags = fcntl(p->fd, F_GETFL)) == -1 ||
	    fcntl(p->fd, F_SETFL,
		blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == -1)
		log_warn("%s: flags", p->device);
}

/*
 * The lock file names pppd, so that it holds as long as pppd does, also when
 * we are gone.
 */
void
tty_lend(const char *label, pid_t pid)
{
	struct port *p;

	if ((p = port_find(label, FIRST)) == NULL)
		return;
	set_blocking(p, 1);
	name_holder(p, pid);
}

/* The dialer has it again, to hang up. */
void
tty_return(const char *label)
{
	struct port *p;

	if ((p = port_find(label, FIRST)) == NULL)
		return;
	set_blocking(p, 0);
	name_holder(p, getpid());
}

/* Whoever still talks to a modem, hanging it up: closing does that, too. */
void
tty_clear(void)
{
	struct port *p;

	while ((p = TAILQ_FIRST(&ports)) != NULL)
		port_close(p);
}

/* A port of a backup that is no longer there has nobody to close it. */
void
tty_reloaded(void)
{
	const struct conf_uplink *u;
	struct port *p, *next;

	TAILQ_FOREACH_SAFE(p, &ports, entry, next)
		if ((u = tty_modem(config_uplink(p->label))) == NULL ||
		    (p->which == SECOND && !u->modem.status))
			port_close(p);
}
