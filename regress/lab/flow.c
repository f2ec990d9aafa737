/* SPDX-License-Identifier: ISC */
/*
 * flow: what a host behind the router sees of a switch, packet by packet.
 *
 *	flow echo ADDRESS PORT		answer UDP and TCP, until killed
 *	flow udp ADDRESS PORT RATE	RATE numbered packets a second until
 *					SIGTERM or SIGINT, then the report
 *	flow tcp ADDRESS PORT		connect; then each line of standard
 *					input is sent and its echo awaited
 *
 * The report is lines of words and key=value pairs; times are milliseconds
 * of the wall clock, as bash's EPOCHREALTIME, so that they can be compared
 * with others taken on the same machine:
 *
 *	flow sent=N received=N lost=N began=MS ended=MS
 *	gap lost=N from=MS to=MS offset=MS length=MS	a row of lost packets
 *	lost at=MS					each lost packet
 *
 * A gap is from its first lost packet's sending to the first one after it
 * that was answered.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PACKETS_MAX 1000000
#define CLIENTS_MAX 64
#define MAGIC       0x64666c77U
#define PAYLOAD     64 /* as ping's */
#define BUFFER      (16 << 20) /* what waits for us is not lost */
#define LINGER_NS   1000000000LL /* for answers under way at the end */
#define TCP_WAIT_MS 10000
#define MS(ns)      ((double)(ns) / 1e6)

struct packet {
	uint32_t magic;
	uint32_t number;
	uint8_t rest[PAYLOAD - 8];
};

struct sent {
	int64_t at; /* monotonic */
	int answered;
};

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void __dead
usage(void)
{
	fprintf(stderr, "usage: flow echo address port\n"
			"       flow udp address port rate\n"
			"       flow tcp address port\n");
	exit(2);
}

static int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static unsigned long
number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || n == 0 || n > max)
		errx(2, "%s: not a number from 1 to %lu", text, max);
	return n;
}

/* Of either family. */
struct end {
	union {
		struct sockaddr sa;
		struct sockaddr_in sin;
		struct sockaddr_in6 sin6;
	};
	socklen_t len;
};

static struct end
address(const char *host, const char *port)
{
	struct end e;
	uint16_t n = htons((uint16_t)number(port, UINT16_MAX));

	memset(&e, 0, sizeof(e));
	if (inet_pton(AF_INET, host, &e.sin.sin_addr) == 1) {
		e.sin.sin_family = AF_INET;
		e.sin.sin_port = n;
		e.len = sizeof(e.sin);
	} else if (inet_pton(AF_INET6, host, &e.sin6.sin6_addr) == 1) {
		e.sin6.sin6_family = AF_INET6;
		e.sin6.sin6_port = n;
		e.len = sizeof(e.sin6);
	} else
		errx(2, "%s: not an address", host);
	return e;
}

/* On a busy machine some hundred packets come before we are scheduled. */
static int
udp_socket(int family)
{
	int fd, size = BUFFER;

	if ((fd = socket(family, SOCK_DGRAM, 0)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ==
		-1)
		err(1, "socket");
	return fd;
}

/* --- echo ----------------------------------------------------------------- */

static int
bound(int fd, const struct end *e)
{
	int one = 1;

	if (fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &e->sa, e->len) == -1)
		err(1, "bind");
	return fd;
}

static void
echo_udp(int fd)
{
	struct end from = { .len = sizeof(struct sockaddr_in6) };
	char buf[2048];
	ssize_t n;

	n = recvfrom(fd, buf, sizeof(buf), 0, &from.sa, &from.len);
	if (n > 0)
		(void)sendto(fd, buf, (size_t)n, 0, &from.sa, from.len);
}

static void
echo_tcp(struct pollfd *client)
{
	char buf[2048];
	ssize_t n;

	n = recv(client->fd, buf, sizeof(buf), 0);
	if (n > 0 &&
	    send(client->fd, buf, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n)
		return;
	close(client->fd);
	client->fd = -1;
}

static void
accept_client(int fd, struct pollfd *clients, size_t n)
{
	size_t i;
	int client;

	if ((client = accept(fd, NULL, NULL)) == -1)
		return;
	for (i = 0; i < n && clients[i].fd != -1; i++)
		;
	if (i == n) {
		close(client);
		return;
	}
	clients[i].fd = client;
}

/* The target's side: every packet and byte goes back where it came from. */
static int
echo(const char *host, const char *port)
{
	struct end e = address(host, port);
	struct pollfd p[2 + CLIENTS_MAX];
	size_t i;

	p[0].fd = bound(udp_socket(e.sa.sa_family), &e);
	p[1].fd = bound(socket(e.sa.sa_family, SOCK_STREAM, 0), &e);
	if (listen(p[1].fd, CLIENTS_MAX) == -1)
		err(1, "listen");
	for (i = 0; i < 2 + CLIENTS_MAX; i++) {
		p[i].events = POLLIN;
		if (i >= 2)
			p[i].fd = -1;
	}
	for (;;) {
		if (poll(p, 2 + CLIENTS_MAX, -1) == -1)
			err(1, "poll");
		if (p[0].revents != 0)
			echo_udp(p[0].fd);
		if (p[1].revents != 0)
			accept_client(p[1].fd, p + 2, CLIENTS_MAX);
		for (i = 2; i < 2 + CLIENTS_MAX; i++)
			if (p[i].fd != -1 && p[i].revents != 0)
				echo_tcp(&p[i]);
	}
}

/* --- udp ------------------------------------------------------------------ */

static void
send_one(int fd, struct sent *sent, uint32_t n)
{
	struct packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.magic = htonl(MAGIC);
	packet.number = htonl(n);
	sent->at = now();
	/* an unreachable network is a loss like any other */
	(void)send(fd, &packet, sizeof(packet), 0);
}

static void
take_answers(int fd, struct sent *sent, uint32_t n)
{
	struct packet packet;
	uint32_t i;

	while (recv(fd, &packet, sizeof(packet), MSG_DONTWAIT) ==
	       (ssize_t)sizeof(packet)) {
		i = ntohl(packet.number);
		if (packet.magic == htonl(MAGIC) && i < n)
			sent[i].answered = 1;
	}
}

static void
wait_until(int fd, int64_t when)
{
	struct pollfd p = { fd, POLLIN, 0 };
	struct timespec t;
	int64_t left = when - now();

	if (left <= 0)
		return;
	t.tv_sec = left / 1000000000;
	t.tv_nsec = left % 1000000000;
	(void)ppoll(&p, 1, &t, NULL);
}

/* Monotonic times are printed as of the wall clock at the end. */
static void
report(const struct sent *sent, uint32_t n)
{
	int64_t wall = clock_ns(CLOCK_REALTIME) - now();
	uint32_t i, first, lost = 0;

	for (i = 0; i < n; i++)
		lost += !sent[i].answered;
	printf("flow sent=%u received=%u lost=%u began=%.0f ended=%.0f\n", n,
	    n - lost, lost, MS(sent[0].at + wall), MS(sent[n - 1].at + wall));
	for (i = 0; i < n; i++) {
		if (sent[i].answered)
			continue;
		for (first = i; i + 1 < n && !sent[i + 1].answered; i++)
			;
		printf("gap lost=%u from=%.0f to=%.0f offset=%.0f "
		       "length=%.0f\n",
		    i - first + 1, MS(sent[first].at + wall),
		    MS(sent[i + 1 < n ? i + 1 : i].at + wall),
		    MS(sent[first].at - sent[0].at),
		    MS(sent[i + 1 < n ? i + 1 : i].at - sent[first].at));
	}
	for (i = 0; i < n; i++)
		if (!sent[i].answered)
			printf("lost at=%.0f\n", MS(sent[i].at + wall));
}

static int
udp(const char *host, const char *port, const char *rate)
{
	struct end to = address(host, port);
	int64_t due, step, end;
	struct sent *sent;
	uint32_t n = 0;
	int fd;

	step = 1000000000 / (int64_t)number(rate, 100000);
	if ((sent = calloc(PACKETS_MAX, sizeof(*sent))) == NULL)
		err(1, NULL);
	if ((fd = socket(to.sa.sa_family, SOCK_DGRAM, 0)) == -1 ||
	    connect(fd, &to.sa, to.len) == -1)
		err(1, "socket");
	due = now();
	while (!stop && n < PACKETS_MAX) {
		if (now() >= due) {
			send_one(fd, &sent[n], n);
			n++;
			due += step;
		}
		/* one that was held up itself does not catch up by a burst */
		if (due < now())
			due = now() + step;
		wait_until(fd, due);
		take_answers(fd, sent, n);
	}
	for (end = now() + LINGER_NS; now() < end;) {
		wait_until(fd, end);
		take_answers(fd, sent, n);
	}
	if (n > 0)
		report(sent, n);
	free(sent);
	return 0;
}

/* --- tcp ------------------------------------------------------------------ */

static const char *
outcome(int error)
{
	switch (error) {
	case ECONNRESET:
	case EPIPE:
		return "reset";
	case ECONNREFUSED:
		return "refused";
	case ETIMEDOUT:
		return "timeout";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "unreachable";
	default:
		return strerror(error);
	}
}

/* Print what came of it and how long it took; 0 if it went well. */
static int
tell(const char *what, int error, int64_t began)
{
	printf("%s %s ms=%.0f\n", what, error == 0 ? "ok" : outcome(error),
	    MS(now() - began));
	fflush(stdout);
	return error;
}

static int
pending(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&p, 1, TCP_WAIT_MS) == 0)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

static int
connect_to(int fd, const struct end *to)
{
	if (connect(fd, &to->sa, to->len) == 0)
		return 0;
	return errno == EINPROGRESS ? pending(fd, POLLOUT) : errno;
}

/* A line there and back. */
static int
exchange(int fd, const char *line, size_t len)
{
	char buf[256];
	size_t have = 0;
	ssize_t n;
	int error;

	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		return errno;
	while (have < len) {
		if ((error = pending(fd, POLLIN)) != 0)
			return error;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n == 0)
			return ECONNRESET;
		if (n == -1)
			return errno;
		have += (size_t)n;
	}
	return 0;
}

static int
tcp(const char *host, const char *port)
{
	struct end to = address(host, port);
	char line[256];
	int64_t began = now();
	int fd;

	fd = socket(to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd == -1)
		err(1, "socket");
	if (tell("connect", connect_to(fd, &to), began) != 0)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		began = now();
		if (tell("echo", exchange(fd, line, strlen(line)), began) != 0)
			return 1;
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	if (argc >= 2 && strcmp(argv[1], "udp") == 0) {
		if (argc != 5)
			usage();
		sigaction(SIGINT, &sa, NULL);
		sigaction(SIGTERM, &sa, NULL);
		return udp(argv[2], argv[3], argv[4]);
	}
	if (argc == 4 && strcmp(argv[1], "echo") == 0)
		return echo(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "tcp") == 0)
		return tcp(argv[2], argv[3]);
	usage();
}
