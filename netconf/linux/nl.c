/* SPDX-License-Identifier: ISC */
/*
 * Requests over netlink(7).  The kernel does what is asked within send(2)
 * and queues the answer, so reading it does not block; a timeout guards
 * against a kernel of another mind.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

#define TIMEOUT_S 2
#define RCVBUF    (1024 * 1024)
#define SEND_MAX  16384 /* octets of requests at once, and a bit */

/* The kernel makes parts of a dump as large as 32 KB (af_netlink.c). */
static union {
	struct nlmsghdr hdr;
	uint8_t buf[32768];
} in;

int
nl_open(struct nl *nl, int bus)
{
	struct timeval tv = { TIMEOUT_S, 0 };
	int size = RCVBUF, one = 1, fd;

	nl->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (nl->sock == NULL ||
	    mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) == -1)
		return -1;
	fd = mnl_socket_get_fd(nl->sock);
	/* without it errors come with a copy of the request */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	nl->strict = setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one,
			 sizeof(one)) == 0;
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

void *
nl_begin(struct nl *nl, uint16_t type, uint16_t flags, size_t header)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = ++nl->seq;
	return mnl_nlmsg_put_extra_header(h, header);
}

/* One datagram of the kernel's, of nobody else's. */
static ssize_t
receive(struct nl *nl)
{
	struct sockaddr_nl from;
	struct iovec iov = { in.buf, sizeof(in.buf) };
	struct msghdr msg;
	ssize_t n;

	do {
		memset(&msg, 0, sizeof(msg));
		msg.msg_name = &from;
		msg.msg_namelen = sizeof(from);
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		n = recvmsg(mnl_socket_get_fd(nl->sock), &msg, 0);
	} while (
	    (n == -1 && errno == EINTR) ||
	    (n != -1 && (msg.msg_namelen != sizeof(from) || from.nl_pid != 0)));
	if (n != -1 && msg.msg_flags & MSG_TRUNC) {
		errno = EMSGSIZE;
		return -1;
	}
	return n;
}

/* The errno in an acknowledgement or in the end of a dump. */
static int
code(const struct nlmsghdr *h)
{
	int error;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(error))
		return h->nlmsg_type == NLMSG_DONE ? 0 : EBADMSG;
	memcpy(&error, mnl_nlmsg_get_payload(h), sizeof(error));
	return error > 0 ? EBADMSG : -error;
}

/* libmnl 1.0.4 takes a length above 2^31 for a negative one, which fits. */
int
nl_whole(const struct nlmsghdr *h, int left)
{
	return mnl_nlmsg_ok(h, left) && h->nlmsg_len <= (uint32_t)left;
}

struct reply {
	nl_each *each;
	void *arg;
	int error; /* the first one */
	int interrupted; /* the dump is not of one moment */
};

/* 1: that was the last one. */
static int
one_reply(const struct nlmsghdr *h, struct reply *r)
{
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		r->interrupted = 1;
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
		if (r->error == 0)
			r->error = code(h);
		return 1;
	}
	if (h->nlmsg_type >= NLMSG_MIN_TYPE && r->each != NULL &&
	    r->error == 0 && r->each(h, r->arg) == -1)
		r->error = errno;
	return 0;
}

/* Answers to what was asked before and given up are passed over. */
static int
replies(struct nl *nl, struct reply *r)
{
	struct nlmsghdr *h;
	ssize_t n;
	int left;

	for (;;) {
		if ((n = receive(nl)) == -1)
			return -1;
		left = (int)n;
		for (h = &in.hdr; nl_whole(h, left);
		     h = mnl_nlmsg_next(h, &left))
			if (mnl_nlmsg_seq_ok(h, nl->seq) && one_reply(h, r))
				return 0;
	}
}

int
nl_request(struct nl *nl, nl_each *each, void *arg)
{
	struct reply r = { each, arg, 0, 0 };

	if (mnl_socket_sendto(nl->sock, nl->buf, nl->hdr.nlmsg_len) == -1 ||
	    replies(nl, &r) == -1)
		return -1;
	if (r.error == 0 && r.interrupted)
		r.error = EINTR;
	errno = r.error;
	return r.error == 0 ? 0 : -1;
}

void
nl_forget(void)
{
	explicit_bzero(&in, sizeof(in));
}

/* An error comes before any acknowledgement of what is behind it. */
int
nl_batch(struct nl *nl, uint8_t *requests, size_t len)
{
	struct reply r = { NULL, NULL, 0, 0 };
	struct nlmsghdr *h;
	int left = (int)len;

	nl->seq++;
	for (h = (struct nlmsghdr *)(void *)requests; nl_whole(h, left);
	     h = mnl_nlmsg_next(h, &left))
		h->nlmsg_seq = nl->seq;
	if (mnl_socket_sendto(nl->sock, requests, len) == -1 ||
	    replies(nl, &r) == -1)
		return -1;
	errno = r.error;
	return r.error == 0 ? 0 : -1;
}

/* 1: that was about the last one. */
static int
one_of_many(const struct nlmsghdr *h, uint32_t first, uint32_t last,
    size_t before, const struct nl_many *m)
{
	uint32_t nth = h->nlmsg_seq - first;

	if (nth > last - first)
		return 0; /* about what was given up earlier */
	if (h->nlmsg_type != NLMSG_ERROR) {
		if (h->nlmsg_type >= NLMSG_MIN_TYPE && m->each != NULL)
			return m->each(h, m->arg);
		return 0;
	}
	if (code(h) != 0 && m->failed != NULL)
		m->failed(before + nth, code(h), m->arg);
	return nth == last - first;
}

/* Only the last is acknowledged, but each that fails is told of. */
static int
answers(struct nl *nl, uint32_t first, size_t before, const struct nl_many *m)
{
	struct nlmsghdr *h;
	int left, result, error = 0;
	ssize_t n;

	for (;;) {
		if ((n = receive(nl)) == -1)
			return -1;
		left = (int)n;
		for (h = &in.hdr; nl_whole(h, left);
		     h = mnl_nlmsg_next(h, &left)) {
			result = one_of_many(h, first, nl->seq, before, m);
			if (result == -1)
				error = errno;
			if (result == 1) {
				errno = error;
				return error == 0 ? 0 : -1;
			}
		}
	}
}

int
nl_send_all(
    struct nl *nl, uint8_t *requests, size_t len, const struct nl_many *many)
{
	struct nlmsghdr *h = NULL;
	uint32_t first;
	size_t end, before = 0;

	for (; len > 0; requests += end, len -= end) {
		first = nl->seq + 1;
		for (end = 0; end < len && end < SEND_MAX;
		     end += h->nlmsg_len) {
			h = (struct nlmsghdr *)(void *)(requests + end);
			h->nlmsg_seq = ++nl->seq;
			h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		}
		h->nlmsg_flags |= NLM_F_ACK;
		if (mnl_socket_sendto(nl->sock, requests, end) == -1 ||
		    answers(nl, first, before, many) == -1)
			return -1;
		before += nl->seq - first + 1;
	}
	return 0;
}

/* By hand: of thousands of links most time would go to libmnl's calls. */
void
nl_attrs_of(
    const void *payload, size_t len, const struct nlattr **tb, uint16_t max)
{
	const uint8_t *at = payload;
	const struct nlattr *a;
	size_t step;

	memset(tb, 0, ((size_t)max + 1) * sizeof(*tb));
	while (len >= sizeof(*a)) {
		a = (const struct nlattr *)(const void *)at;
		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			return;
		if ((a->nla_type & NLA_TYPE_MASK) <= max)
			tb[a->nla_type & NLA_TYPE_MASK] = a;
		if ((step = NLA_ALIGN(a->nla_len)) > len)
			return;
		at += step;
		len -= step;
	}
}

/* Not by mnl_attr_parse(), whose end is rounded up. */
int
nl_attrs(const struct nlmsghdr *h, size_t header, const struct nlattr **tb,
    uint16_t max)
{
	size_t len = mnl_nlmsg_get_payload_len(h), skip = NLMSG_ALIGN(header);

	if (len < header) {
		errno = EBADMSG;
		return -1;
	}
	if (skip > len)
		skip = len;
	nl_attrs_of((const uint8_t *)mnl_nlmsg_get_payload(h) + skip,
	    len - skip, tb, max);
	return 0;
}

void
nl_nested(const struct nlattr *nest, const struct nlattr **tb, uint16_t max)
{
	if (nest == NULL)
		nl_attrs_of("", 0, tb, max);
	else
		nl_attrs_of(mnl_attr_get_payload(nest),
		    mnl_attr_get_payload_len(nest), tb, max);
}

static int
fits(int yes)
{
	if (yes)
		return 0;
	errno = EBADMSG;
	return -1;
}

int
nl_u32(const struct nlattr *a, uint32_t *n)
{
	if (fits(mnl_attr_get_payload_len(a) == sizeof(*n)) == -1)
		return -1;
	memcpy(n, mnl_attr_get_payload(a), sizeof(*n));
	return 0;
}

int
nl_string(const struct nlattr *a, char *buf, size_t size)
{
	size_t len = mnl_attr_get_payload_len(a);

	if (fits(len > 0 && len <= size &&
		 memchr(mnl_attr_get_payload(a), '\0', len) != NULL) == -1)
		return -1;
	strlcpy(buf, mnl_attr_get_payload(a), size);
	return 0;
}

int
nl_addr(const struct nlattr *a, int family, struct addr *addr)
{
	return fits(addr_set(addr, family, mnl_attr_get_payload(a),
			mnl_attr_get_payload_len(a)) == 0);
}

void
nl_put_addr(struct nlmsghdr *h, uint16_t type, const struct addr *a)
{
	mnl_attr_put(h, type, addr_len(a), a->octet);
}

void *
nl_grow(void *array, size_t *n, size_t size)
{
	void **p = array, *more;

	/* room doubles: what n has just reached a power of two needs more */
	if ((*n & (*n - 1)) == 0) {
		more = reallocarray(*p, *n == 0 ? 1 : *n * 2, size);
		if (more == NULL)
			return NULL;
		*p = more;
	}
	return memset((uint8_t *)*p + (*n)++ * size, 0, size);
}

void
nl_fit(void *array, size_t n, size_t size)
{
	void **p = array, *less;

	if (n > 0 && (less = reallocarray(*p, n, size)) != NULL)
		*p = less;
}
