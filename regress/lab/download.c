/* SPDX-License-Identifier: ISC */
/*
 * download: what long connections see of a switch, octet by octet.
 *
 *	download serve ADDRESS PORT	until killed
 *	download fetch ADDRESS PORT N	N connections until SIGTERM or SIGINT;
 *					what was asked for is awaited, then
 *					the report
 *
 * The client asks for a chunk now and then, by one octet, whether or not it
 * has got the last one; so each connection has something to send when its way
 * changes.  What comes is checked by its place in the stream.
 *
 *	download id=N asked=N octets=N wrong=N end=WORD at=MS
 *
 * END is complete (all that was asked for has come, and the server has closed
 * it), short, or how it broke and when, in milliseconds of the wall clock.
 * That of each which breaks is also told at once.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regress/lab/flow.h"

#define CHUNK     1000
#define ASK_NS    20000000LL
#define LAST_NS   10000000000LL /* for the rest at the end */
#define CONNS_MAX 64

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* No two chunks are alike. */
static uint8_t
octet_at(uint64_t place)
{
	return (uint8_t)(place * 131 + place / CHUNK);
}

/* --- serve ---------------------------------------------------------------- */

static uint64_t place[CONNS_MAX];

static void
drop(struct pollfd *c)
{
	close(c->fd);
	c->fd = -1;
}

/* A slow reader is not what this is about: what does not fit is the end. */
static void
give(struct pollfd *c, uint64_t *at)
{
	uint8_t asked[64], chunk[CHUNK];
	ssize_t n, i;
	size_t j;

	n = recv(c->fd, asked, sizeof(asked), MSG_DONTWAIT);
	if (n <= 0) {
		drop(c);
		return;
	}
	for (i = 0; i < n; i++) {
		for (j = 0; j < CHUNK; j++)
			chunk[j] = octet_at((*at)++);
		if (send(c->fd, chunk, CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT) !=
		    CHUNK) {
			drop(c);
			return;
		}
	}
}

static void
take(int listener, struct pollfd *c)
{
	size_t i;
	int fd;

	if ((fd = accept(listener, NULL, NULL)) == -1)
		return;
	for (i = 0; i < CONNS_MAX && c[i].fd != -1; i++)
		;
	if (i == CONNS_MAX) {
		close(fd);
		return;
	}
	c[i].fd = fd;
	place[i] = 0;
}

static int
serve(const char *host, const char *port)
{
	struct end e = address(host, port);
	struct pollfd p[1 + CONNS_MAX];
	int one = 1;
	size_t i;

	p[0].fd = socket(e.sa.sa_family, SOCK_STREAM, 0);
	setsockopt(p[0].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(p[0].fd, &e.sa, e.len) == -1 ||
	    listen(p[0].fd, CONNS_MAX) == -1)
		err(1, "%s", host);
	for (i = 0; i <= CONNS_MAX; i++) {
		p[i].events = POLLIN;
		if (i > 0)
			p[i].fd = -1;
	}
	for (;;) {
		if (poll(p, 1 + CONNS_MAX, -1) == -1)
			err(1, "poll");
		if (p[0].revents != 0)
			take(p[0].fd, p + 1);
		for (i = 1; i <= CONNS_MAX; i++)
			if (p[i].fd != -1 && p[i].revents != 0)
				give(&p[i], &place[i - 1]);
	}
}

/* --- fetch ---------------------------------------------------------------- */

static struct pollfd conn[CONNS_MAX];
static struct {
	uint64_t asked; /* chunks */
	uint64_t octets;
	uint64_t wrong;
	const char *end;
	int64_t at; /* wall clock */
} had[CONNS_MAX];

static void
tell(size_t i)
{
	printf("download id=%zu asked=%ju octets=%ju wrong=%ju end=%s "
	       "at=%.0f\n",
	    i, (uintmax_t)had[i].asked, (uintmax_t)had[i].octets,
	    (uintmax_t)had[i].wrong, had[i].end, MS(had[i].at));
	fflush(stdout);
}

static void
finish(size_t i, const char *how)
{
	had[i].end = how;
	had[i].at = clock_ns(CLOCK_REALTIME);
	drop(&conn[i]);
	tell(i);
}

static void
get(size_t i)
{
	uint8_t buf[16384];
	ssize_t n, j;

	n = recv(conn[i].fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n == -1) {
		if (errno != EAGAIN)
			finish(i, outcome(errno));
		return;
	}
	if (n == 0) {
		finish(i, had[i].octets == had[i].asked * CHUNK ? "complete"
								: "short");
		return;
	}
	for (j = 0; j < n; j++)
		had[i].wrong += buf[j] != octet_at(had[i].octets++);
}

static void
ask(size_t i)
{
	ssize_t n = send(conn[i].fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == 1)
		had[i].asked++;
	else if (errno != EAGAIN)
		finish(i, outcome(errno));
}

/* Whatever comes until then; 0 when all connections have ended. */
static int
get_until(int64_t when, size_t n)
{
	size_t i, open = 0;
	int64_t left;

	while ((left = when - now()) > 0) {
		(void)poll(conn, n, (int)(left / 1000000) + 1);
		for (i = open = 0; i < n; i++) {
			if (conn[i].fd != -1 && conn[i].revents != 0)
				get(i);
			open += conn[i].fd != -1;
		}
		if (open == 0 || stop)
			break;
	}
	return open > 0;
}

static int
fetch(const char *host, const char *port, const char *count)
{
	struct end to = address(host, port);
	size_t i, n = number(count, CONNS_MAX);
	int64_t end;

	for (i = 0; i < n; i++) {
		conn[i].events = POLLIN;
		conn[i].fd = socket(to.sa.sa_family, SOCK_STREAM, 0);
		if (conn[i].fd == -1 ||
		    connect(conn[i].fd, &to.sa, to.len) == -1)
			err(1, "%s", host);
	}
	do {
		for (i = 0; i < n; i++)
			if (conn[i].fd != -1)
				ask(i);
	} while (get_until(now() + ASK_NS, n) && !stop);
	stop = 0;
	for (i = 0; i < n; i++)
		if (conn[i].fd != -1)
			shutdown(conn[i].fd, SHUT_WR);
	end = now() + LAST_NS;
	(void)get_until(end, n);
	for (i = 0; i < n; i++)
		if (conn[i].fd != -1)
			finish(i, "open");
	return 0;
}

int
main(int argc, char *argv[])
{
	struct sigaction sa;

	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "fetch") == 0) {
		memset(&sa, 0, sizeof(sa));
		sa.sa_handler = on_signal;
		sigaction(SIGINT, &sa, NULL);
		sigaction(SIGTERM, &sa, NULL);
		return fetch(argv[2], argv[3], argv[4]);
	}
	fprintf(stderr, "usage: download serve address port\n"
			"       download fetch address port connections\n");
	return 2;
}
