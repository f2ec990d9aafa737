/* SPDX-License-Identifier: ISC */
/*
 * ctlraw SOCKET: send standard input to the control socket as it is, and
 * print what comes back with everything unprintable as dots; then whether
 * the other end closed ("closed"), or still waits ("open").  For requests
 * that dialfailctl would never make.
 *
 * ctlraw -n COUNT [-cm] SOCKET [REQUEST]: a crowd of so many connections, each
 * of which sends that, or this request.  They stay, and take what comes, until
 * this is killed or the other end has closed all; with -m (mute) they never
 * read, with -c each is closed behind what it has sent.  Prints "sent" when
 * all have.
 */
#include <sys/types.h>
#include <sys/resource.h>
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

#include "common/imsg.h"
#include "parent/ctl.h"

#define PATIENCE_MS 3000 /* for an answer, or the end */

/* What a crowd asks for. */
static const struct request {
	const char *word;
	uint32_t type;
	uint32_t len;
	struct ctl_show show;
} requests[] = {
	{ "monitor", IMSG_CTL_MONITOR, 0, { 0 } },
	{ "network", IMSG_CTL_SHOW, sizeof(struct ctl_show),
	    { .what = CTL_SHOW_NETWORK } },
	{ "probes", IMSG_CTL_SHOW, sizeof(struct ctl_show),
	    { .what = CTL_SHOW_PROBES } },
	{ "summary", IMSG_CTL_SHOW, sizeof(struct ctl_show),
	    { .what = CTL_SHOW_SUMMARY } },
};

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
send_all(int fd, const char *buf, size_t len)
{
	size_t done;
	ssize_t n;

	for (done = 0; done < len; done += (size_t)n)
		if ((n = write(fd, buf + done, len - done)) == -1)
			return;
}

static size_t
standard_input(char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size &&
	       (n = read(STDIN_FILENO, buf + len, size - len)) != 0) {
		if (n == -1)
			err(1, "standard input");
		len += (size_t)n;
	}
	return len;
}

static size_t
request(char *buf, const char *word)
{
	struct imsg_hdr hdr = { 0 };
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (strcmp(requests[i].word, word) != 0)
			continue;
		hdr.type = requests[i].type;
		hdr.len = (uint32_t)sizeof(hdr) + requests[i].len;
		memcpy(buf, &hdr, sizeof(hdr));
		memcpy(buf + sizeof(hdr), &requests[i].show, requests[i].len);
		return hdr.len;
	}
	errx(2, "%s: no such request", word);
}

static void
print(const char *buf, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n; i++)
		putchar(isprint((unsigned char)buf[i]) ? buf[i] : '.');
}

static void
one(const char *path, const char *buf, size_t len)
{
	struct pollfd pfd = { .events = POLLIN };
	char answer[65536];
	ssize_t n = 1;

	pfd.fd = open_socket(path);
	send_all(pfd.fd, buf, len);
	while (n > 0 && poll(&pfd, 1, PATIENCE_MS) == 1) {
		n = read(pfd.fd, answer, sizeof(answer));
		print(answer, n);
	}
	printf("%s\n", n > 0 ? "open" : "closed");
}

/* Until the other end has closed all of them. */
static void
stay(struct pollfd *pfd, nfds_t count)
{
	char answer[65536];
	nfds_t i, left = count;

	while (left > 0) {
		if (poll(pfd, count, -1) == -1)
			err(1, "poll");
		for (i = 0; i < count; i++) {
			if (pfd[i].revents == 0 ||
			    (!(pfd[i].revents & (POLLHUP | POLLERR)) &&
				read(pfd[i].fd, answer, sizeof(answer)) > 0))
				continue;
			close(pfd[i].fd);
			pfd[i].fd = -1; /* poll(2) leaves it out */
			left--;
		}
	}
}

static void
crowd(const char *path, const char *buf, size_t len, nfds_t count, int mute,
    int leave)
{
	struct rlimit files = { count + 16, count + 16 };
	struct pollfd *pfd;
	nfds_t i;

	if ((pfd = calloc(count, sizeof(*pfd))) == NULL)
		err(1, NULL);
	if (setrlimit(RLIMIT_NOFILE, &files) == -1)
		err(1, "setrlimit");
	for (i = 0; i < count; i++) {
		pfd[i].fd = open_socket(path);
		pfd[i].events = mute ? 0 : POLLIN;
		send_all(pfd[i].fd, buf, len);
		if (leave)
			close(pfd[i].fd);
	}
	puts("sent");
	fflush(stdout);
	if (!leave)
		stay(pfd, count);
}

static __dead void
usage(void)
{
	errx(2, "usage: ctlraw [-n count [-cm]] socket [request]");
}

int
main(int argc, char *argv[])
{
	static char buf[1024 * 1024];
	nfds_t count = 0;
	int c, mute = 0, leave = 0;
	size_t len;

	while ((c = getopt(argc, argv, "cmn:")) != -1)
		switch (c) {
		case 'c':
			leave = 1;
			break;
		case 'm':
			mute = 1;
			break;
		case 'n':
			count = (nfds_t)strtonum(optarg, 1, 10000, NULL);
			break;
		default:
			usage();
		}
	argc -= optind;
	argv += optind;
	if (argc < 1 || argc > 2 || ((mute || leave) && count == 0))
		usage();
	signal(SIGPIPE, SIG_IGN);
	len = argc == 2 ? request(buf, argv[1])
			: standard_input(buf, sizeof(buf));
	if (count > 0)
		crowd(argv[0], buf, len, count, mute, leave);
	else
		one(argv[0], buf, len);
	return 0;
}
