/* SPDX-License-Identifier: ISC */
/*
 * imsg: a header (type, length, id, pid) before each message.  The top bit
 * of the length says that a descriptor comes with it.  Interface:
 * imsg_init(3).
 */
#ifndef __OpenBSD__

#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ibuf.h"

#define FD_MARK    0x80000000u
#define ALLOW_FDS  0x01
#define SIZE_LIMIT (FD_MARK - 1)

/* A header has come: check it and make room for the whole message. */
static struct ibuf *
read_header(struct ibuf *buf, void *arg, int *fd)
{
	struct imsgbuf *ibuf = arg;
	struct imsg_hdr hdr;
	struct ibuf *b;
	uint32_t len;

	if (ibuf_get(buf, &hdr, sizeof(hdr)) == -1)
		return NULL;
	len = hdr.len & ~FD_MARK;
	if (len < IMSG_HEADER_SIZE || len > ibuf->maxsize) {
		errno = ERANGE;
		return NULL;
	}
	if ((b = ibuf_open(len)) == NULL)
		return NULL;
	if (hdr.len & FD_MARK) {
		ibuf_fd_set(b, *fd);
		*fd = -1;
	}
	return b;
}

int
imsgbuf_init(struct imsgbuf *ibuf, int fd)
{
	memset(ibuf, 0, sizeof(*ibuf));
	ibuf->fd = fd;
	ibuf->pid = getpid();
	ibuf->maxsize = MAX_IMSGSIZE;
	ibuf->w = msgbuf_new_reader(IMSG_HEADER_SIZE, read_header, ibuf);
	return ibuf->w == NULL ? -1 : 0;
}

void
imsgbuf_allow_fdpass(struct imsgbuf *ibuf)
{
	ibuf->flags |= ALLOW_FDS;
}

int
imsgbuf_set_maxsize(struct imsgbuf *ibuf, uint32_t payload)
{
	if (payload == 0 || payload > SIZE_LIMIT - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		return -1;
	}
	ibuf->maxsize = payload + (uint32_t)IMSG_HEADER_SIZE;
	return 0;
}

int
imsgbuf_read(struct imsgbuf *ibuf)
{
	if (ibuf->flags & ALLOW_FDS)
		return msgbuf_read(ibuf->fd, ibuf->w);
	return ibuf_read(ibuf->fd, ibuf->w);
}

int
imsgbuf_write(struct imsgbuf *ibuf)
{
	if (ibuf->flags & ALLOW_FDS)
		return msgbuf_write(ibuf->fd, ibuf->w);
	return ibuf_write(ibuf->fd, ibuf->w);
}

/* Only for sockets that block: it tries until all is out. */
int
imsgbuf_flush(struct imsgbuf *ibuf)
{
	while (imsgbuf_queuelen(ibuf) > 0)
		if (imsgbuf_write(ibuf) == -1)
			return -1;
	return 0;
}

void
imsgbuf_clear(struct imsgbuf *ibuf)
{
	msgbuf_free(ibuf->w);
	ibuf->w = NULL;
}

uint32_t
imsgbuf_queuelen(struct imsgbuf *ibuf)
{
	return msgbuf_queuelen(ibuf->w);
}

/* Unpack the header of a complete message. */
static int
unpack(struct ibuf *b, struct imsg *imsg)
{
	struct imsg_hdr hdr;

	if (ibuf_get(b, &hdr, sizeof(hdr)) == -1)
		return -1;
	imsg->hdr = hdr;
	imsg->hdr.len &= ~FD_MARK;
	imsg->buf = b;
	return 0;
}

int
imsgbuf_get(struct imsgbuf *ibuf, struct imsg *imsg)
{
	struct ibuf *b;

	memset(imsg, 0, sizeof(*imsg));
	if ((b = msgbuf_get(ibuf->w)) == NULL)
		return 0;
	if (unpack(b, imsg) == -1) {
		ibuf_free(b);
		return -1;
	}
	return 1;
}

ssize_t
imsg_get(struct imsgbuf *ibuf, struct imsg *imsg)
{
	int n;

	if ((n = imsgbuf_get(ibuf, imsg)) != 1)
		return n;
	return (ssize_t)imsg->hdr.len;
}

int
imsg_get_ibuf(struct imsg *imsg, struct ibuf *b)
{
	if (ibuf_size(imsg->buf) == 0) {
		errno = EBADMSG;
		return -1;
	}
	return ibuf_get_ibuf(imsg->buf, ibuf_size(imsg->buf), b);
}

int
imsg_get_buf(struct imsg *imsg, void *data, size_t len)
{
	return ibuf_get(imsg->buf, data, len);
}

int
imsg_get_data(struct imsg *imsg, void *data, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_size(imsg->buf) != len) {
		errno = EBADMSG;
		return -1;
	}
	return ibuf_get(imsg->buf, data, len);
}

int
imsg_get_strbuf(struct imsg *imsg, char *text, size_t len)
{
	return ibuf_get_strbuf(imsg->buf, text, len);
}

int
imsg_get_fd(struct imsg *imsg)
{
	return ibuf_fd_get(imsg->buf);
}

uint32_t
imsg_get_id(struct imsg *imsg)
{
	return imsg->hdr.peerid;
}

size_t
imsg_get_len(struct imsg *imsg)
{
	return ibuf_size(imsg->buf);
}

pid_t
imsg_get_pid(struct imsg *imsg)
{
	return (pid_t)imsg->hdr.pid;
}

uint32_t
imsg_get_type(struct imsg *imsg)
{
	return imsg->hdr.type;
}

struct ibuf *
imsg_create(
    struct imsgbuf *ibuf, uint32_t type, uint32_t id, pid_t pid, size_t len)
{
	struct imsg_hdr hdr;
	struct ibuf *b;

	if (len > ibuf->maxsize - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		return NULL;
	}
	hdr.type = type;
	hdr.len = 0; /* known when it is closed */
	hdr.peerid = id;
	hdr.pid = (uint32_t)(pid != 0 ? pid : ibuf->pid);
	if ((b = ibuf_dynamic(len + IMSG_HEADER_SIZE, ibuf->maxsize)) == NULL)
		return NULL;
	if (ibuf_add(b, &hdr, sizeof(hdr)) == -1) {
		ibuf_free(b);
		return NULL;
	}
	return b;
}

int
imsg_set_maxsize(struct ibuf *b, size_t payload)
{
	if (payload > SIZE_LIMIT - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		return -1;
	}
	return ibuf_set_maxsize(b, payload + IMSG_HEADER_SIZE);
}

int
imsg_add(struct ibuf *b, const void *data, size_t len)
{
	if (ibuf_add(b, data, len) == -1) {
		ibuf_free(b);
		return -1;
	}
	return (int)len;
}

void
imsg_close(struct imsgbuf *ibuf, struct ibuf *b)
{
	uint32_t len = (uint32_t)ibuf_size(b);

	if (ibuf_fd_avail(b))
		len |= FD_MARK;
	(void)ibuf_set_h32(b, offsetof(struct imsg_hdr, len), len);
	ibuf_close(ibuf->w, b);
}

int
imsg_composev(struct imsgbuf *ibuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const struct iovec *iov, int n)
{
	struct ibuf *b;
	size_t len = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (iov[i].iov_len > ibuf->maxsize - len) {
			errno = ERANGE;
			return -1;
		}
		len += iov[i].iov_len;
	}
	if ((b = imsg_create(ibuf, type, id, pid, len)) == NULL)
		return -1;
	for (i = 0; i < n; i++)
		if (imsg_add(b, iov[i].iov_base, iov[i].iov_len) == -1)
			return -1;
	ibuf_fd_set(b, fd);
	imsg_close(ibuf, b);
	return 1;
}

int
imsg_compose(struct imsgbuf *ibuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const void *data, size_t len)
{
	struct ibuf *b;

	if ((b = imsg_create(ibuf, type, id, pid, len)) == NULL)
		return -1;
	if (imsg_add(b, data, len) == -1)
		return -1;
	ibuf_fd_set(b, fd);
	imsg_close(ibuf, b);
	return 1;
}

int
imsg_compose_ibuf(struct imsgbuf *ibuf, uint32_t type, uint32_t id, pid_t pid,
    struct ibuf *payload)
{
	int n;

	n = imsg_compose(
	    ibuf, type, id, pid, -1, ibuf_data(payload), ibuf_size(payload));
	ibuf_free(payload);
	return n;
}

/* All of it, whatever has been read of it; a descriptor stays here. */
int
imsg_forward(struct imsgbuf *ibuf, struct imsg *imsg)
{
	ibuf_rewind(imsg->buf);
	if (ibuf_skip(imsg->buf, IMSG_HEADER_SIZE) == -1)
		return -1;
	return imsg_compose(ibuf, imsg->hdr.type, imsg->hdr.peerid,
	    (pid_t)imsg->hdr.pid, -1, ibuf_data(imsg->buf),
	    ibuf_size(imsg->buf));
}

void
imsg_free(struct imsg *imsg)
{
	ibuf_free(imsg->buf);
	imsg->buf = NULL;
}

int
imsg_ibufq_pop(struct ibufqueue *q, struct imsg *imsg)
{
	struct ibuf *b;

	memset(imsg, 0, sizeof(*imsg));
	if ((b = ibufq_pop(q)) == NULL)
		return 0;
	if (unpack(b, imsg) == -1) {
		ibuf_free(b);
		return -1;
	}
	return 1;
}

void
imsg_ibufq_push(struct ibufqueue *q, struct imsg *imsg)
{
	ibuf_rewind(imsg->buf);
	ibufq_push(q, imsg->buf);
	imsg->buf = NULL;
}

#endif /* !__OpenBSD__ */
