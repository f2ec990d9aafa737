/* SPDX-License-Identifier: ISC */
/*
 * msgbuf: buffers that wait to be written, and messages being read.  A
 * descriptor travels with the first octet of its message, so a write never
 * joins a message with a descriptor to one before it.
 */
#ifndef __OpenBSD__

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ibuf.h"

#define WRITE_MAX 64 /* buffers in one system call */
#define FDS_MAX   16 /* taken from one read; only the first is kept */

TAILQ_HEAD(ibuf_list, ibuf);

struct ibufqueue {
	struct ibuf_list list;
	uint32_t n;
};

struct msgbuf {
	struct ibufqueue out;
	struct ibufqueue in;
	unsigned char *rbuf; /* reader only: read, but no message yet */
	size_t rlen;
	struct ibuf *part; /* a message that is not complete yet */
	size_t hdrsz;
	struct ibuf *(*readhdr)(struct ibuf *, void *, int *);
	void *arg;
	int fd; /* came with the last read, or -1 */
};

static void
queue_init(struct ibufqueue *q)
{
	TAILQ_INIT(&q->list);
	q->n = 0;
}

struct ibufqueue *
ibufq_new(void)
{
	struct ibufqueue *q;

	if ((q = calloc(1, sizeof(*q))) != NULL)
		queue_init(q);
	return q;
}

void
ibufq_free(struct ibufqueue *q)
{
	if (q == NULL)
		return;
	ibufq_flush(q);
	free(q);
}

struct ibuf *
ibufq_pop(struct ibufqueue *q)
{
	struct ibuf *b;

	if ((b = TAILQ_FIRST(&q->list)) == NULL)
		return NULL;
	TAILQ_REMOVE(&q->list, b, entry);
	q->n--;
	return b;
}

void
ibufq_push(struct ibufqueue *q, struct ibuf *b)
{
	if (b->max == IBUF_ON_STACK)
		abort(); /* a view would outlive what it shows */
	TAILQ_INSERT_TAIL(&q->list, b, entry);
	q->n++;
}

uint32_t
ibufq_queuelen(struct ibufqueue *q)
{
	return q->n;
}

void
ibufq_concat(struct ibufqueue *to, struct ibufqueue *from)
{
	TAILQ_CONCAT(&to->list, &from->list, entry);
	to->n += from->n;
	queue_init(from);
}

void
ibufq_flush(struct ibufqueue *q)
{
	struct ibuf *b;

	while ((b = ibufq_pop(q)) != NULL)
		ibuf_free(b);
}

struct msgbuf *
msgbuf_new(void)
{
	struct msgbuf *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	queue_init(&m->out);
	queue_init(&m->in);
	m->fd = -1;
	return m;
}

struct msgbuf *
msgbuf_new_reader(size_t hdrsz,
    struct ibuf *(*readhdr)(struct ibuf *, void *, int *), void *arg)
{
	struct msgbuf *m;

	if (hdrsz == 0 || hdrsz > IBUF_READ_SIZE / 2) {
		errno = EINVAL;
		return NULL;
	}
	if ((m = msgbuf_new()) == NULL)
		return NULL;
	if ((m->rbuf = calloc(1, IBUF_READ_SIZE)) == NULL) {
		free(m);
		return NULL;
	}
	m->hdrsz = hdrsz;
	m->readhdr = readhdr;
	m->arg = arg;
	return m;
}

static void
drop_fd(struct msgbuf *m)
{
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
}

void
msgbuf_clear(struct msgbuf *m)
{
	ibufq_flush(&m->out);
	ibufq_flush(&m->in);
	ibuf_free(m->part);
	m->part = NULL;
	m->rlen = 0;
	drop_fd(m);
}

void
msgbuf_free(struct msgbuf *m)
{
	if (m == NULL)
		return;
	msgbuf_clear(m);
	free(m->rbuf);
	free(m);
}

uint32_t
msgbuf_queuelen(struct msgbuf *m)
{
	return m->out.n;
}

void
msgbuf_concat(struct msgbuf *m, struct ibufqueue *from)
{
	ibufq_concat(&m->out, from);
}

void
ibuf_close(struct msgbuf *m, struct ibuf *b)
{
	ibufq_push(&m->out, b);
}

struct ibuf *
msgbuf_get(struct msgbuf *m)
{
	return ibufq_pop(&m->in);
}

/* So many octets are out: drop the buffers that are done. */
static void
written(struct msgbuf *m, size_t n)
{
	struct ibuf *b;

	while ((b = TAILQ_FIRST(&m->out.list)) != NULL) {
		if (n < ibuf_size(b)) {
			b->rpos += n;
			return;
		}
		n -= ibuf_size(b);
		ibuf_free(ibufq_pop(&m->out));
	}
}

/*
 * What one call may write; at most one descriptor, and only with the first
 * buffer.
 */
static int
gather(struct msgbuf *m, struct iovec iov[WRITE_MAX], struct ibuf **with_fd)
{
	struct ibuf *b;
	int n = 0;

	*with_fd = NULL;
	TAILQ_FOREACH(b, &m->out.list, entry) {
		if (n == WRITE_MAX || (n > 0 && b->fd != -1))
			break;
		if (b->fd != -1)
			*with_fd = b;
		iov[n].iov_base = ibuf_data(b);
		iov[n].iov_len = ibuf_size(b);
		n++;
	}
	return n;
}

static int
write_some(int fd, struct msgbuf *m, int fds)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov[WRITE_MAX];
	struct ibuf *with_fd;
	struct msghdr msg;
	struct cmsghdr *c;
	ssize_t n;
	int count;

	if ((count = gather(m, iov, &with_fd)) == 0)
		return 0;
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = iov;
	msg.msg_iovlen = (size_t)count;
	if (fds && with_fd != NULL) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_len = CMSG_LEN(sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(c), &with_fd->fd, sizeof(int));
	}
	do
		n = fds ? sendmsg(fd, &msg, 0) : writev(fd, iov, count);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
	if (with_fd != NULL) {
		close(with_fd->fd);
		with_fd->fd = -1;
	}
	written(m, (size_t)n);
	return n > 0;
}

static int
write_all(int fd, struct msgbuf *m, int fds)
{
	int n;

	while ((n = write_some(fd, m, fds)) == 1)
		;
	return n;
}

int
ibuf_write(int fd, struct msgbuf *m)
{
	return write_all(fd, m, 0);
}

int
msgbuf_write(int fd, struct msgbuf *m)
{
	return write_all(fd, m, 1);
}

/* Cut what has been read into messages; the rest stays for the next read. */
static int
cut(struct msgbuf *m)
{
	size_t at = 0, n;
	struct ibuf hdr;

	while (m->rlen - at > 0) {
		if (m->part == NULL) {
			if (m->rlen - at < m->hdrsz)
				break;
			ibuf_from_buffer(&hdr, m->rbuf + at, m->hdrsz);
			m->part = m->readhdr(&hdr, m->arg, &m->fd);
			if (m->part == NULL)
				return -1;
			if (ibuf_left(m->part) < m->hdrsz) {
				errno = EBADMSG;
				return -1;
			}
		}
		n = m->rlen - at;
		if (n > ibuf_left(m->part))
			n = ibuf_left(m->part);
		if (ibuf_add(m->part, m->rbuf + at, n) == -1)
			return -1;
		at += n;
		if (ibuf_left(m->part) == 0) {
			ibufq_push(&m->in, m->part);
			m->part = NULL;
		}
	}
	memmove(m->rbuf, m->rbuf + at, m->rlen - at);
	m->rlen -= at;
	if (m->rlen == 0)
		drop_fd(m); /* no message asked for it */
	return 1;
}

/* Keep the first descriptor; whoever sends more loses them. */
static void
take_fds(struct msgbuf *m, struct msghdr *msg)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (m->fd == -1)
				m->fd = fd;
			else
				close(fd);
		}
	}
}

static int
read_some(int fd, struct msgbuf *m, int fds)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control;
	struct msghdr msg;
	struct iovec iov;
	ssize_t n;

	if (m->rbuf == NULL) {
		errno = EINVAL;
		return -1;
	}
	iov.iov_base = m->rbuf + m->rlen;
	iov.iov_len = IBUF_READ_SIZE - m->rlen;
	/* it waits for its header: read no further, or the next comes too */
	if (m->fd != -1)
		iov.iov_len = m->hdrsz - m->rlen;
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (fds) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
	}
	do
		n = fds ? recvmsg(fd, &msg, MSG_CMSG_CLOEXEC)
			: read(fd, iov.iov_base, iov.iov_len);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 1 : -1;
	if (n == 0)
		return 0;
	if (fds)
		take_fds(m, &msg);
	m->rlen += (size_t)n;
	return cut(m);
}

int
ibuf_read(int fd, struct msgbuf *m)
{
	return read_some(fd, m, 0);
}

int
msgbuf_read(int fd, struct msgbuf *m)
{
	return read_some(fd, m, 1);
}

#endif /* !__OpenBSD__ */
