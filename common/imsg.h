/* SPDX-License-Identifier: ISC */
/*
 * imsg and ibuf: messages with a type and perhaps a descriptor over a
 * socketpair.  The interface is OpenBSD's, imsg_init(3) and ibuf_add(3) as
 * of 2026; the code is our own, and not used where libutil has it.
 *
 * Functions that return int: 0 or the like is good and -1 an error with
 * errno, unless said otherwise.
 */
#ifndef COMMON_IMSG_H
#define COMMON_IMSG_H

#ifdef __OpenBSD__
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include_next <imsg.h>
#else

#include <sys/types.h>
#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#define IBUF_READ_SIZE   65535
#define IMSG_HEADER_SIZE sizeof(struct imsg_hdr)
#define MAX_IMSGSIZE     16384

struct ibuf;
struct msgbuf;
struct ibufqueue;

struct imsg_hdr {
	uint32_t type;
	uint32_t len; /* header and payload; top bit: a descriptor comes too */
	uint32_t peerid;
	uint32_t pid;
};

/* Filled by imsgbuf_get; use only through the imsg_get functions. */
struct imsg {
	struct imsg_hdr hdr;
	struct ibuf *buf;
};

struct imsgbuf {
	struct msgbuf *w;
	pid_t pid;
	uint32_t maxsize; /* of a payload with its header */
	int fd;
	int flags;
};

/* --- ibuf: a buffer that is written at its end and read at its front */
struct ibuf *ibuf_open(size_t len);
struct ibuf *ibuf_dynamic(size_t len, size_t max);
int ibuf_add(struct ibuf *, const void *, size_t);
int ibuf_add_ibuf(struct ibuf *, const struct ibuf *);
int ibuf_add_zero(struct ibuf *, size_t);
int ibuf_add_strbuf(struct ibuf *, const char *, size_t);
int ibuf_add_n8(struct ibuf *, uint64_t);
int ibuf_add_n16(struct ibuf *, uint64_t);
int ibuf_add_n32(struct ibuf *, uint64_t);
int ibuf_add_n64(struct ibuf *, uint64_t);
int ibuf_add_h16(struct ibuf *, uint64_t);
int ibuf_add_h32(struct ibuf *, uint64_t);
int ibuf_add_h64(struct ibuf *, uint64_t);
void *ibuf_reserve(struct ibuf *, size_t);
void *ibuf_seek(struct ibuf *, size_t pos, size_t len);
int ibuf_set(struct ibuf *, size_t pos, const void *, size_t);
int ibuf_set_n8(struct ibuf *, size_t, uint64_t);
int ibuf_set_n16(struct ibuf *, size_t, uint64_t);
int ibuf_set_n32(struct ibuf *, size_t, uint64_t);
int ibuf_set_n64(struct ibuf *, size_t, uint64_t);
int ibuf_set_h16(struct ibuf *, size_t, uint64_t);
int ibuf_set_h32(struct ibuf *, size_t, uint64_t);
int ibuf_set_h64(struct ibuf *, size_t, uint64_t);
int ibuf_set_maxsize(struct ibuf *, size_t);
void *ibuf_data(const struct ibuf *);
size_t ibuf_size(const struct ibuf *);
size_t ibuf_left(const struct ibuf *);
int ibuf_truncate(struct ibuf *, size_t);
void ibuf_rewind(struct ibuf *);
void ibuf_close(struct msgbuf *, struct ibuf *);
void ibuf_from_buffer(struct ibuf *, void *, size_t);
void ibuf_from_ibuf(struct ibuf *, const struct ibuf *);
int ibuf_get(struct ibuf *, void *, size_t);
int ibuf_get_ibuf(struct ibuf *, size_t, struct ibuf *);
int ibuf_get_n8(struct ibuf *, uint8_t *);
int ibuf_get_n16(struct ibuf *, uint16_t *);
int ibuf_get_n32(struct ibuf *, uint32_t *);
int ibuf_get_n64(struct ibuf *, uint64_t *);
int ibuf_get_h16(struct ibuf *, uint16_t *);
int ibuf_get_h32(struct ibuf *, uint32_t *);
int ibuf_get_h64(struct ibuf *, uint64_t *);
char *ibuf_get_string(struct ibuf *, size_t);
int ibuf_get_strbuf(struct ibuf *, char *, size_t);
int ibuf_skip(struct ibuf *, size_t);
void ibuf_free(struct ibuf *);
int ibuf_fd_avail(struct ibuf *);
int ibuf_fd_get(struct ibuf *);
void ibuf_fd_set(struct ibuf *, int);

/* --- ibufqueue: a list of buffers */
struct ibufqueue *ibufq_new(void);
void ibufq_free(struct ibufqueue *);
struct ibuf *ibufq_pop(struct ibufqueue *);
void ibufq_push(struct ibufqueue *, struct ibuf *);
uint32_t ibufq_queuelen(struct ibufqueue *);
void ibufq_concat(struct ibufqueue *to, struct ibufqueue *from);
void ibufq_flush(struct ibufqueue *);

/* --- msgbuf: what waits to be written to a descriptor, or was read */
struct msgbuf *msgbuf_new(void);
/*
 * readhdr is called with hdrsz octets, and with a descriptor or -1; it
 * returns a buffer as large as the whole message, or NULL with errno.  If it
 * takes the descriptor it sets it to -1.
 */
struct msgbuf *msgbuf_new_reader(size_t hdrsz,
    struct ibuf *(*readhdr)(struct ibuf *, void *, int *), void *);
void msgbuf_free(struct msgbuf *);
void msgbuf_clear(struct msgbuf *);
uint32_t msgbuf_queuelen(struct msgbuf *);
void msgbuf_concat(struct msgbuf *, struct ibufqueue *);
struct ibuf *msgbuf_get(struct msgbuf *);
/* 0 or -1 (EAGAIN keeps the queue and is no error). */
int ibuf_write(int, struct msgbuf *);
int msgbuf_write(int, struct msgbuf *); /* with descriptors */
/* 1 go on, 0 the other end is closed, -1 error. */
int ibuf_read(int, struct msgbuf *);
int msgbuf_read(int, struct msgbuf *); /* with descriptors */

/* --- imsgbuf and imsg */
int imsgbuf_init(struct imsgbuf *, int);
void imsgbuf_allow_fdpass(struct imsgbuf *);
int imsgbuf_set_maxsize(struct imsgbuf *, uint32_t payload);
int imsgbuf_read(struct imsgbuf *); /* 1, 0 closed, -1 */
int imsgbuf_write(struct imsgbuf *);
int imsgbuf_flush(struct imsgbuf *);
void imsgbuf_clear(struct imsgbuf *);
uint32_t imsgbuf_queuelen(struct imsgbuf *);
/* 1 there is one, which imsg_free ends; 0 none is complete; -1 error. */
int imsgbuf_get(struct imsgbuf *, struct imsg *);
/* As imsgbuf_get, but returns the whole length instead of 1. */
ssize_t imsg_get(struct imsgbuf *, struct imsg *);
int imsg_get_ibuf(struct imsg *, struct ibuf *);
int imsg_get_buf(struct imsg *, void *, size_t); /* may be repeated */
int imsg_get_data(struct imsg *, void *, size_t); /* exactly so long */
int imsg_get_strbuf(struct imsg *, char *, size_t);
int imsg_get_fd(struct imsg *); /* -1: none; the caller owns it */
uint32_t imsg_get_id(struct imsg *);
size_t imsg_get_len(struct imsg *);
pid_t imsg_get_pid(struct imsg *);
uint32_t imsg_get_type(struct imsg *);
/* 1 or -1; on success the descriptor is no longer the caller's. */
int imsg_compose(struct imsgbuf *, uint32_t type, uint32_t id, pid_t, int fd,
    const void *, size_t);
int imsg_composev(struct imsgbuf *, uint32_t type, uint32_t id, pid_t, int fd,
    const struct iovec *, int);
/* Takes the ibuf in any case. */
int imsg_compose_ibuf(
    struct imsgbuf *, uint32_t type, uint32_t id, pid_t, struct ibuf *);
struct ibuf *imsg_create(
    struct imsgbuf *, uint32_t type, uint32_t id, pid_t, size_t);
/* What may be added in all, less than was allowed. */
int imsg_set_maxsize(struct ibuf *, size_t payload);
/* len or -1; frees the ibuf on error. */
int imsg_add(struct ibuf *, const void *, size_t);
void imsg_close(struct imsgbuf *, struct ibuf *);
/* May be repeated; a descriptor is not forwarded. */
int imsg_forward(struct imsgbuf *, struct imsg *);
void imsg_free(struct imsg *);
int imsg_ibufq_pop(struct ibufqueue *, struct imsg *);
void imsg_ibufq_push(struct ibufqueue *, struct imsg *);

#endif /* !__OpenBSD__ */
#endif
