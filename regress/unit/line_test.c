/* SPDX-License-Identifier: ISC */
/* A modem that takes nothing more, as far as the kernel's side tells. */
#include <sys/types.h>
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define LDISC_PPP 3 /* N_PPP */

/* As tty_ioctl() does while a driver has octets that nobody takes. */
static int
stuck_ioctl(int fd, unsigned long request, int *arg)
{
	if (request == TIOCGETD) {
		*arg = LDISC_PPP;
		return 0;
	}
	return request == TIOCSETD ? pause() : ioctl(fd, request, arg);
}

#define ioctl stuck_ioctl
#include "dialer/tty.c"

/* It would wait for ever, and the dialer with it. */
static void
the_wait_ends(void **state)
{
	int fd;

	(void)state;
	assert_int_not_equal(fd = posix_openpt(O_RDWR | O_NOCTTY), -1);
	alarm(20);
	assert_int_equal(tty_low(fd, B115200), -1);
	assert_int_equal(errno, EBUSY);
	/* and no signal comes later */
	assert_int_equal(alarm(0), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
