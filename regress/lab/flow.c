/* SPDX-License-Identifier: ISC */
/*
 * flow: what a host behind the router sees of a switch, packet by packet.
 *
 *	flow echo ADDRESS PORT [RATE]	answer UDP and TCP, until killed; RATE:
 *					also push that many packets a second
 *					to all flows that it was asked by, in
 *					turn, wherever each was heard of last
 *	flow udp ADDRESS PORT RATE [FLOWS]
 *					RATE numbered packets a second, by so
 *					many sockets in turn, until SIGTERM or
 *					SIGINT, then the report
 *	flow tcp ADDRESS PORT		connect; then each line of standard
 *					input is sent and its echo awaited
 *	flow spray ADDRESS PORT N	one packet to each of N ports from this
 *					one on: so many flows for a router
 *
 * The report is lines of words and key=value pairs; times are milliseconds
 * of the wall clock, as bash's EPOCHREALTIME, so that they can be compared
 * with others taken on the same machine:
 *
 *	flow sent=N received=N lost=N began=MS ended=MS	all there and back
 *	one flow=N sent=N received=N lost=N longest=MS pushed=N missing=N
 *	gap lost=N from=MS to=MS offset=MS length=MS	a row of lost packets
 *	lost at=MS flow=N				each lost packet
 *	missing at=MS flow=N				each that was pushed
 *
 * A gap is of one flow, from its first lost packet's sending to the first one
 * after it that was answered.  When one was pushed that did not come is
 * reckoned from those before and after it, since they are sent evenly.
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

#include "regress/lab/flow.h"

#define PACKETS_MAX 1000000
#define FLOWS_MAX   256
#define MISSING_MAX 65536
#define CLIENTS_MAX 64
#define MAGIC       0x64666c77U
#define PAYLOAD     64 /* as ping's */
#define BUFFER      (16 << 20) /* what waits for us is not lost */
#define LINGER_NS   1000000000LL /* for answers under way at the end */
#define TCP_WAIT_MS 10000

struct packet {
	uint32_t magic;
	uint32_t number; /* of all, or of those pushed to the flow */
	uint32_t flow;
	uint32_t pushed; /* nobody asked for it */
	uint64_t at;
	uint8_t rest[PAYLOAD - 24];
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
	fprintf(stderr, "usage: flow echo address port [rate]\n"
			"       flow udp address port rate [flows]\n"
			"       flow tcp address port\n"
			"       flow spray address port n\n");
	exit(2);
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

/* Where each flow was heard of last, after whatever NAT. */
static struct {
	int64_t step; /* 0: nothing is pushed */
	int64_t due;
	uint32_t last;
	struct end to[FLOWS_MAX];
	uint32_t sent[FLOWS_MAX];
} push;

static void
echo_udp(int fd)
{
	struct end from = { .len = sizeof(struct sockaddr_in6) };
	union {
		struct packet packet;
		char buf[2048];
	} m;
	ssize_t n;

	n = recvfrom(fd, &m, sizeof(m), 0, &from.sa, &from.len);
	if (n <= 0)
		return;
	(void)sendto(fd, &m, (size_t)n, 0, &from.sa, from.len);
	if (n == (ssize_t)sizeof(m.packet) && m.packet.magic == htonl(MAGIC) &&
	    ntohl(m.packet.flow) < FLOWS_MAX)
		push.to[ntohl(m.packet.flow)] = from;
}

static void
push_one(int fd)
{
	struct packet packet;
	const struct end *to;
	uint32_t i, n;

	for (n = 0; n < FLOWS_MAX; n++) {
		i = (push.last + 1 + n) % FLOWS_MAX;
		if (push.to[i].len != 0)
			break;
	}
	if (n == FLOWS_MAX)
		return;
	push.last = i;
	to = &push.to[i];
	memset(&packet, 0, sizeof(packet));
	packet.magic = htonl(MAGIC);
	packet.number = htonl(push.sent[i]++);
	packet.flow = htonl(i);
	packet.pushed = htonl(1);
	packet.at = (uint64_t)now();
	(void)sendto(fd, &packet, sizeof(packet), 0, &to->sa, to->len);
}

/* What is due is pushed; then wait for whatever comes. */
static void
push_and_wait(struct pollfd *p, nfds_t n)
{
	struct timespec t;
	int64_t left;

	if (push.step != 0 && now() >= push.due) {
		push_one(p[0].fd);
		push.due += push.step;
		if (push.due < now())
			push.due = now() + push.step;
	}
	left = push.step == 0 ? 0 : push.due - now();
	if (left < 0)
		left = 0;
	t.tv_sec = left / 1000000000;
	t.tv_nsec = left % 1000000000;
	if (ppoll(p, n, push.step == 0 ? NULL : &t, NULL) == -1)
		err(1, "poll");
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
echo(const char *host, const char *port, const char *rate)
{
	struct end e = address(host, port);
	struct pollfd p[2 + CLIENTS_MAX];
	size_t i;

	if (rate != NULL)
		push.step = 1000000000 / (int64_t)number(rate, 100000);
	push.due = now();
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
		push_and_wait(p, 2 + CLIENTS_MAX);
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

/* The site's side of each flow: packet n belongs to flow n % nflows. */
static struct pollfd flow[FLOWS_MAX];
static uint32_t nflows;

/* What was pushed to each, in order; one that comes late is missing. */
static struct {
	uint32_t next;
	uint32_t received;
	uint64_t last; /* the time of the one before */
} pushed[FLOWS_MAX];

static struct {
	uint32_t flow;
	int64_t at;
} missing[MISSING_MAX];
static uint32_t nmissing;

static void
send_one(struct sent *sent, uint32_t n)
{
	struct packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.magic = htonl(MAGIC);
	packet.number = htonl(n);
	packet.flow = htonl(n % nflows);
	sent->at = now();
	/* an unreachable network is a loss like any other */
	(void)send(flow[n % nflows].fd, &packet, sizeof(packet), 0);
}

static void
take_pushed(uint32_t f, const struct packet *packet)
{
	uint32_t i, n = ntohl(packet->number);
	int64_t apart, rows;

	if (n < pushed[f].next)
		return;
	rows = n - pushed[f].next + 1;
	apart = (int64_t)(packet->at - pushed[f].last) / rows;
	for (i = 1; pushed[f].received > 0 && i < rows; i++) {
		if (nmissing == MISSING_MAX)
			errx(1, "too many are missing");
		missing[nmissing].flow = f;
		missing[nmissing++].at = (int64_t)pushed[f].last + i * apart;
	}
	pushed[f].next = n + 1;
	pushed[f].received++;
	pushed[f].last = packet->at;
}

static void
take_answers(struct sent *sent, uint32_t n)
{
	struct packet packet;
	uint32_t f, i;

	for (f = 0; f < nflows; f++) {
		while (flow[f].revents != 0 &&
		       recv(flow[f].fd, &packet, sizeof(packet),
			   MSG_DONTWAIT) == (ssize_t)sizeof(packet)) {
			i = ntohl(packet.number);
			if (packet.magic != htonl(MAGIC) ||
			    ntohl(packet.flow) != f)
				continue;
			if (packet.pushed != 0)
				take_pushed(f, &packet);
			else if (i < n)
				sent[i].answered = 1;
		}
	}
}

static void
wait_until(int64_t when)
{
	struct timespec t;
	int64_t left = when - now();

	if (left < 0)
		left = 0;
	t.tv_sec = left / 1000000000;
	t.tv_nsec = left % 1000000000;
	(void)ppoll(flow, nflows, &t, NULL);
}

static void
report_gap(const struct sent *sent, uint32_t first, uint32_t lost,
    uint32_t after, int64_t wall)
{
	printf("gap lost=%u from=%.0f to=%.0f offset=%.0f length=%.0f\n", lost,
	    MS(sent[first].at + wall), MS(sent[after].at + wall),
	    MS(sent[first].at - sent[0].at),
	    MS(sent[after].at - sent[first].at));
}

static void
report_flow(const struct sent *sent, uint32_t n, uint32_t f, int64_t wall)
{
	uint32_t i, first, row = 0, lost = 0, all = 0, away = 0;
	int64_t longest = 0;

	for (i = first = f; i < n; i += nflows) {
		all++;
		if (!sent[i].answered && row++ == 0)
			first = i;
		if (row == 0 || (!sent[i].answered && i + nflows < n))
			continue;
		report_gap(sent, first, row, i, wall);
		if (sent[i].at - sent[first].at > longest)
			longest = sent[i].at - sent[first].at;
		lost += row;
		row = 0;
	}
	for (i = 0; i < nmissing; i++)
		away += missing[i].flow == f;
	printf("one flow=%u sent=%u received=%u lost=%u longest=%.0f pushed=%u "
	       "missing=%u\n",
	    f, all, all - lost, lost, MS(longest), pushed[f].received, away);
}

/* Monotonic times are printed as of the wall clock at the end. */
static void
report(const struct sent *sent, uint32_t n)
{
	int64_t wall = clock_ns(CLOCK_REALTIME) - now();
	uint32_t i, lost = 0;

	for (i = 0; i < n; i++)
		lost += !sent[i].answered;
	printf("flow sent=%u received=%u lost=%u began=%.0f ended=%.0f\n", n,
	    n - lost, lost, MS(sent[0].at + wall), MS(sent[n - 1].at + wall));
	for (i = 0; i < nflows; i++)
		report_flow(sent, n, i, wall);
	for (i = 0; i < n; i++)
		if (!sent[i].answered)
			printf("lost at=%.0f flow=%u\n", MS(sent[i].at + wall),
			    i % nflows);
	for (i = 0; i < nmissing; i++)
		printf("missing at=%.0f flow=%u\n", MS(missing[i].at + wall),
		    missing[i].flow);
}

static void
open_flows(const struct end *to)
{
	uint32_t f;
	int fd;

	for (f = 0; f < nflows; f++) {
		fd = socket(to->sa.sa_family, SOCK_DGRAM, 0);
		if (fd == -1 || connect(fd, &to->sa, to->len) == -1)
			err(1, "socket");
		flow[f].fd = fd;
		flow[f].events = POLLIN;
	}
}

static int
udp(const char *host, const char *port, const char *rate, const char *flows)
{
	struct end to = address(host, port);
	int64_t due, step, end;
	struct sent *sent;
	uint32_t n = 0;

	step = 1000000000 / (int64_t)number(rate, 100000);
	nflows = flows == NULL ? 1 : (uint32_t)number(flows, FLOWS_MAX);
	if ((sent = calloc(PACKETS_MAX, sizeof(*sent))) == NULL)
		err(1, NULL);
	open_flows(&to);
	due = now();
	while (!stop && n < PACKETS_MAX) {
		if (now() >= due) {
			send_one(&sent[n], n);
			n++;
			due += step;
		}
		/* one that was held up itself does not catch up by a burst */
		if (due < now())
			due = now() + step;
		wait_until(due);
		take_answers(sent, n);
	}
	for (end = now() + LINGER_NS; now() < end;) {
		wait_until(end);
		take_answers(sent, n);
	}
	if (n > 0)
		report(sent, n);
	free(sent);
	return 0;
}

/* --- tcp ------------------------------------------------------------------ */

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

/* --- spray ---------------------------------------------------------------- */

static int
spray(const char *host, const char *port, const char *many)
{
	struct end to = address(host, port);
	uint32_t first = ntohs(to.sin.sin_port), i;
	uint32_t n = (uint32_t)number(many, UINT16_MAX + 1 - first);
	int fd = udp_socket(to.sa.sa_family);

	for (i = 0; i < n; i++) {
		/* of either family: the port is at the same place */
		to.sin.sin_port = htons((uint16_t)(first + i));
		if (sendto(fd, "", 1, 0, &to.sa, to.len) == -1)
			err(1, "send");
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	if (argc >= 5 && argc <= 6 && strcmp(argv[1], "udp") == 0) {
		sigaction(SIGINT, &sa, NULL);
		sigaction(SIGTERM, &sa, NULL);
		return udp(argv[2], argv[3], argv[4], argv[5]);
	}
	if (argc >= 4 && argc <= 5 && strcmp(argv[1], "echo") == 0)
		return echo(argv[2], argv[3], argv[4]);
	if (argc == 4 && strcmp(argv[1], "tcp") == 0)
		return tcp(argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "spray") == 0)
		return spray(argv[2], argv[3], argv[4]);
	usage();
}
