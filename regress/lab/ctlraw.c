/* SPDX-License-Identifier: ISC */
/*
 * ctlraw SOCKET: send standard input to the control socket as it is, and
 * print what comes back with everything unprintable as dots; then whether
 * the other end closed ("closed"), or still waits ("open").  For requests
 * that dialfailctl would never make.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <ctype.h>
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 3000 /* for an answer, or the end */

static int
open_socket(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		errx(1, "%s: too long", path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	return fd;
}

/* It may be refused, and the socket closed, before all of it is sent. */
static void
send_all(int fd)
{
	char buf[65536];
	ssize_t n, sent, done;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		for (done = 0; done < n; done += sent) {
			sent = write(fd, buf + done, (size_t)(n - done));
			if (sent == -1)
				return;
		}
	if (n == -1)
		err(1, "standard input");
}

static void
print(const char *buf, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n; i++)
		putchar(isprint((unsigned char)buf[i]) ? buf[i] : '.');
}

int
main(int argc, char *argv[])
{
	char buf[65536];
	struct pollfd pfd = { .events = POLLIN };
	ssize_t n = 1;

	if (argc != 2)
		errx(2, "usage: ctlraw socket");
	signal(SIGPIPE, SIG_IGN);
	pfd.fd = open_socket(argv[1]);
	send_all(pfd.fd);
	while (n > 0 && poll(&pfd, 1, PATIENCE_MS) == 1) {
		n = read(pfd.fd, buf, sizeof(buf));
		print(buf, n);
	}
	printf("%s\n", n > 0 ? "open" : "closed");
	return 0;
}
