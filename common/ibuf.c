/* SPDX-License-Identifier: ISC */
/*
 * ibuf: a buffer that is written at its end and read at its front; each
 * access is checked against what is there.  Interface: ibuf_add(3).
 */
#ifndef __OpenBSD__

#include <sys/types.h>

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ibuf.h"

struct ibuf *
ibuf_open(size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return NULL;
	}
	return ibuf_dynamic(len, len);
}

struct ibuf *
ibuf_dynamic(size_t len, size_t max)
{
	struct ibuf *b;

	if (max == 0 || max < len) {
		errno = EINVAL;
		return NULL;
	}
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return NULL;
	/* never NULL: an empty one has an address, too */
	if ((b->buf = calloc(len > 0 ? len : 1, 1)) == NULL) {
		free(b);
		return NULL;
	}
	b->size = len;
	b->max = max;
	b->fd = -1;
	return b;
}

void *
ibuf_reserve(struct ibuf *b, size_t len)
{
	unsigned char *bigger;
	void *p;

	if (len > SIZE_MAX - b->wpos || b->max == IBUF_ON_STACK ||
	    b->wpos + len > b->max) {
		errno = ERANGE;
		return NULL;
	}
	if (b->wpos + len > b->size) {
		if ((bigger = realloc(b->buf, b->wpos + len)) == NULL)
			return NULL;
		memset(bigger + b->size, 0, b->wpos + len - b->size);
		b->buf = bigger;
		b->size = b->wpos + len;
	}
	p = b->buf + b->wpos;
	b->wpos += len;
	return p;
}

int
ibuf_add(struct ibuf *b, const void *data, size_t len)
{
	void *p;

	if (len == 0)
		return 0;
	if ((p = ibuf_reserve(b, len)) == NULL)
		return -1;
	memcpy(p, data, len);
	return 0;
}

int
ibuf_add_ibuf(struct ibuf *b, const struct ibuf *from)
{
	return ibuf_add(b, ibuf_data(from), ibuf_size(from));
}

int
ibuf_add_zero(struct ibuf *b, size_t len)
{
	void *p;

	if (len == 0)
		return 0;
	if ((p = ibuf_reserve(b, len)) == NULL)
		return -1;
	memset(p, 0, len);
	return 0;
}

/* A string in a field of len octets, the rest of which is zero. */
int
ibuf_add_strbuf(struct ibuf *b, const char *text, size_t len)
{
	size_t n = strlen(text);
	char *p;

	if (n >= len) {
		errno = EOVERFLOW;
		return -1;
	}
	if ((p = ibuf_reserve(b, len)) == NULL)
		return -1;
	memcpy(p, text, n);
	memset(p + n, 0, len - n);
	return 0;
}

/*
 * Numbers by width and order: n in network, h in host order.  A value that
 * does not fit its field is an error, not a truncation.
 */
#define NUMBER(name, type, convert, revert)                             \
	static int pack_##name(uint64_t value, type *packed)            \
	{                                                               \
		if (value > (type)-1) {                                 \
			errno = EINVAL;                                 \
			return -1;                                      \
		}                                                       \
		*packed = convert((type)value);                         \
		return 0;                                               \
	}                                                               \
	int ibuf_add_##name(struct ibuf *b, uint64_t value)             \
	{                                                               \
		type v;                                                 \
                                                                        \
		if (pack_##name(value, &v) == -1)                       \
			return -1;                                      \
		return ibuf_add(b, &v, sizeof(v));                      \
	}                                                               \
	int ibuf_set_##name(struct ibuf *b, size_t pos, uint64_t value) \
	{                                                               \
		type v;                                                 \
                                                                        \
		if (pack_##name(value, &v) == -1)                       \
			return -1;                                      \
		return ibuf_set(b, pos, &v, sizeof(v));                 \
	}                                                               \
	int ibuf_get_##name(struct ibuf *b, type *value)                \
	{                                                               \
		if (ibuf_get(b, value, sizeof(*value)) == -1)           \
			return -1;                                      \
		*value = revert(*value);                                \
		return 0;                                               \
	}

#define SAME(x) (x)
NUMBER(n8, uint8_t, SAME, SAME)
NUMBER(n16, uint16_t, htobe16, be16toh)
NUMBER(n32, uint32_t, htobe32, be32toh)
NUMBER(n64, uint64_t, htobe64, be64toh)
NUMBER(h16, uint16_t, SAME, SAME)
NUMBER(h32, uint32_t, SAME, SAME)
NUMBER(h64, uint64_t, SAME, SAME)

/* Where len octets stand, pos behind what has been read; NULL: not there. */
void *
ibuf_seek(struct ibuf *b, size_t pos, size_t len)
{
	if (ibuf_size(b) < pos || ibuf_size(b) - pos < len) {
		errno = ERANGE;
		return NULL;
	}
	return b->buf == NULL ? NULL : b->buf + b->rpos + pos;
}

int
ibuf_set(struct ibuf *b, size_t pos, const void *data, size_t len)
{
	void *p;

	if ((p = ibuf_seek(b, pos, len)) == NULL)
		return -1;
	memcpy(p, data, len);
	return 0;
}

int
ibuf_set_maxsize(struct ibuf *b, size_t max)
{
	if (b->max == IBUF_ON_STACK || max > b->max || max < b->wpos) {
		errno = EINVAL;
		return -1;
	}
	b->max = max;
	return 0;
}

void *
ibuf_data(const struct ibuf *b)
{
	return b->buf == NULL ? NULL : b->buf + b->rpos;
}

size_t
ibuf_size(const struct ibuf *b)
{
	return b->wpos - b->rpos;
}

size_t
ibuf_left(const struct ibuf *b)
{
	return b->max == IBUF_ON_STACK ? 0 : b->max - b->wpos;
}

/* To this size exactly; what is new is zero. */
int
ibuf_truncate(struct ibuf *b, size_t len)
{
	if (ibuf_size(b) >= len) {
		b->wpos = b->rpos + len;
		return 0;
	}
	if (b->max == IBUF_ON_STACK) {
		errno = ERANGE;
		return -1;
	}
	return ibuf_add_zero(b, len - ibuf_size(b));
}

void
ibuf_rewind(struct ibuf *b)
{
	b->rpos = 0;
}

/* A view of foreign memory, or of what another holds: read only. */
void
ibuf_from_buffer(struct ibuf *b, void *data, size_t len)
{
	memset(b, 0, sizeof(*b));
	b->buf = data;
	b->size = b->wpos = len;
	b->max = IBUF_ON_STACK;
	b->fd = -1;
}

void
ibuf_from_ibuf(struct ibuf *b, const struct ibuf *from)
{
	ibuf_from_buffer(b, ibuf_data(from), ibuf_size(from));
}

int
ibuf_get(struct ibuf *b, void *data, size_t len)
{
	if (ibuf_size(b) < len) {
		errno = EBADMSG;
		return -1;
	}
	if (len > 0)
		memcpy(data, ibuf_data(b), len);
	b->rpos += len;
	return 0;
}

int
ibuf_get_ibuf(struct ibuf *b, size_t len, struct ibuf *part)
{
	if (ibuf_size(b) < len) {
		errno = EBADMSG;
		return -1;
	}
	ibuf_from_buffer(part, ibuf_data(b), len);
	b->rpos += len;
	return 0;
}

/* A copy, terminated; the caller frees it. */
char *
ibuf_get_string(struct ibuf *b, size_t len)
{
	char *text;

	if (ibuf_size(b) < len) {
		errno = EBADMSG;
		return NULL;
	}
	if ((text = strndup(len > 0 ? ibuf_data(b) : "", len)) == NULL)
		return NULL;
	b->rpos += len;
	return text;
}

/* A field that ibuf_add_strbuf wrote: it must be terminated. */
int
ibuf_get_strbuf(struct ibuf *b, char *text, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_get(b, text, len) == -1)
		return -1;
	if (text[len - 1] != '\0') {
		text[len - 1] = '\0';
		errno = EOVERFLOW;
		return -1;
	}
	return 0;
}

int
ibuf_skip(struct ibuf *b, size_t len)
{
	if (ibuf_size(b) < len) {
		errno = EBADMSG;
		return -1;
	}
	b->rpos += len;
	return 0;
}

void
ibuf_free(struct ibuf *b)
{
	int saved = errno;

	if (b == NULL)
		return;
	if (b->max == IBUF_ON_STACK)
		abort(); /* a view is nobody's to free */
	if (b->fd != -1)
		close(b->fd);
	if (b->buf != NULL)
		explicit_bzero(b->buf, b->size);
	free(b->buf);
	free(b);
	errno = saved;
}

int
ibuf_fd_avail(struct ibuf *b)
{
	return b->fd != -1;
}

/* The caller's from now on. */
int
ibuf_fd_get(struct ibuf *b)
{
	int fd = b->fd;

	b->fd = -1;
	return fd;
}

/* Takes it; one that was there is closed. */
void
ibuf_fd_set(struct ibuf *b, int fd)
{
	if (b->max == IBUF_ON_STACK)
		abort(); /* a view owns nothing */
	if (b->fd != -1)
		close(b->fd);
	b->fd = fd >= 0 ? fd : -1;
}

#endif /* !__OpenBSD__ */
