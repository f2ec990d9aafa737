/* SPDX-License-Identifier: ISC */
/*
 * termios(3) and the modem's lines.  Only these ioctls pass the sandbox.
 *
 * A pty has no modem lines (TIOCMGET: ENOTTY), so there DTR is low when the
 * speed is 0, which the other end can read.
 */
#include <sys/types.h>
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "dialer/tty.h"

#define LDISC_TTY 0 /* N_TTY, TTYDISC: the same everywhere */

static int
has_lines(int fd)
{
	int lines;

	return ioctl(fd, TIOCMGET, &lines) == 0;
}

/*
 * A pppd that was killed leaves its own discipline behind as long as anybody
 * has the port open, and writes then fail with EAGAIN.  It also wants the
 * port blocking, and that flag is shared by all who hold the open file.
 *
 * TIOCSETD waits until all is sent, without end (tty_ioctl() in the kernel's
 * tty_io.c), and a modem may take nothing more.
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
	ldisc = LDISC_TTY;
	if (tcflush(fd, TCOFLUSH) == -1)
		return -1;
	return ioctl(fd, TIOCSETD, &ldisc);
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
