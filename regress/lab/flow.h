/* SPDX-License-Identifier: ISC */
/* What the lab's programs that send traffic share. */
#ifndef REGRESS_LAB_FLOW_H
#define REGRESS_LAB_FLOW_H

#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS(ns) ((double)(ns) / 1e6)

static inline int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t
now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static inline unsigned long
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

static inline struct end
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

static inline const char *
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

#endif
