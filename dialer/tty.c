/* SPDX-License-Identifier: ISC */
/*
 * termios(3) and the modem's lines.  Only these ioctls pass the sandbox.
 *
 * A pty has no modem lines (TIOCMGET: ENOTTY), so there DTR is low when the
 * speed is 0, which the other end can read.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "dialer/tty.h"

#define LDISC_TTY  0 /* N_TTY, TTYDISC: the same everywhere */
#define TO_SEND_US 500000 /* the parent wants an answer within 5 s */

static int
has_lines(int fd)
{
	int lines;

	return ioctl(fd, TIOCMGET, &lines) == 0;
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/*
 * TIOCSETD waits until all is sent, and only a signal ends that (tty_ioctl()
 * in the kernel's tty_io.c).  A modem may take nothing more, a USB driver
 * cannot throw away what it has begun to send, and pppd's discipline does not
 * tell how much that is (no TIOCOUTQ in ppp_async.c).  The timer repeats: its
 * first signal may come before the wait begins.
 */
static int
set_discipline(int fd, int ldisc)
{
	static const struct itimerval off;
	const struct itimerval on = { { 0, TO_SEND_US }, { 0, TO_SEND_US } };
	struct sigaction sa = { .sa_handler = on_alarm }; /* no SA_RESTART */
	int n, error;

	if (sigaction(SIGALRM, &sa, NULL) == -1 ||
	    setitimer(ITIMER_REAL, &on, NULL) == -1)
		return -1;
	n = ioctl(fd, TIOCSETD, &ldisc);
	error = errno;
	(void)setitimer(ITIMER_REAL, &off, NULL);
	errno = error == EINTR ? EBUSY : error;
	return n;
}

/*
 * A pppd that was killed leaves its own discipline behind as long as anybody
 * has the port open, and writes then fail with EAGAIN.  It also wants the
 * port blocking, and that flag is shared by all who hold the open file.
 */
static int
take_back(int fd)
{
	int ldisc, flags;

	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    ioctl(fd, TIOCGETD, &ldisc) == -1)
		return -1;
	if (ldisc == LDISC_TTY)
		return 0;
	(void)tcflush(fd, TCOFLUSH); /* not every discipline can */
	return set_discipline(fd, LDISC_TTY);
}

static int
set_raw(int fd, uint32_t speed)
{
	struct termios t;

	if (take_back(fd) == -1 || tcgetattr(fd, &t) == -1)
		return -1;
	cfmakeraw(&t);
	t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	t.c_cflag |= CLOCAL | CREAD | HUPCL;
	if (has_lines(fd))
		t.c_cflag |= CRTSCTS;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (cfsetspeed(&t, speed) == -1)
		return -1;
	return tcsetattr(fd, TCSANOW, &t);
}

/* 0, -1, or 1: the port has no DTR. */
static int
set_dtr(int fd, int high)
{
	int dtr = TIOCM_DTR;

	if (!has_lines(fd))
		return errno == ENOTTY || errno == EINVAL ? 1 : -1;
	return ioctl(fd, high ? TIOCMBIS : TIOCMBIC, &dtr);
}

int
tty_reset(int fd, uint32_t speed)
{
	if (set_raw(fd, speed) == -1 || set_dtr(fd, 1) == -1)
		return -1;
	return tcflush(fd, TCIOFLUSH);
}

int
tty_low(int fd, uint32_t speed)
{
	int dtr;

	if (set_raw(fd, speed) == -1 || tcflush(fd, TCIOFLUSH) == -1)
		return -1;
	if ((dtr = set_dtr(fd, 0)) == 1)
		return set_raw(fd, B0);
	return dtr;
}

int
tty_online(int fd)
{
	struct termios t;
	int lines;

	/* without &C1, or without the wire, there is no carrier to watch */
	if (ioctl(fd, TIOCMGET, &lines) == -1 || !(lines & TIOCM_CAR))
		return 0;
	if (tcgetattr(fd, &t) == -1)
		return -1;
	t.c_cflag &= ~(tcflag_t)CLOCAL;
	return tcsetattr(fd, TCSANOW, &t) == -1 ? -1 : 1;
}

int
tty_no_carrier(int fd)
{
	int lines;

	return ioctl(fd, TIOCMGET, &lines) == 0 && !(lines & TIOCM_CAR);
}

int
tty_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, 0) == -1)
		return errno != EINTR;
	return (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}
