/* SPDX-License-Identifier: ISC */
/*
 * imsg against its manual page, imsg_init(3), over real socket pairs: whole
 * messages whatever the pieces they come in, each descriptor at the message
 * it was sent with and closed if nobody takes it, and nothing believed of a
 * malformed header.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/ibuf.h"

#define FD_MARK    0x80000000u
#define MANY       5000
#define SOCKET_FDS 40

struct pair {
	int fd[2];
	struct imsgbuf a, b; /* a sends, b reads */
};

static int
setup(void **state)
{
	struct pair *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		p->fd) == -1)
		return -1;
	if (imsgbuf_init(&p->a, p->fd[0]) == -1 ||
	    imsgbuf_init(&p->b, p->fd[1]) == -1)
		return -1;
	imsgbuf_allow_fdpass(&p->a);
	imsgbuf_allow_fdpass(&p->b);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	imsgbuf_clear(&p->a);
	imsgbuf_clear(&p->b);
	close(p->fd[0]);
	close(p->fd[1]);
	free(p);
	return 0;
}

static int
lowest_free_fd(void)
{
	int fd;

	assert_true((fd = dup(0)) != -1);
	close(fd);
	return fd;
}

/* Another descriptor of the same pipe has the same inode. */
static ino_t
inode(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static int
open_pipe(ino_t *ino)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	close(fd[1]);
	*ino = inode(fd[0]);
	return fd[0];
}

static void
transfer(struct pair *p)
{
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_int_equal(imsgbuf_read(&p->b), 1);
}

/* What somebody sends who does not keep to the format. */
static void
send_raw(struct pair *p, uint32_t len, size_t payload)
{
	struct imsg_hdr hdr = { 7, len, 0, 0 };
	unsigned char buf[sizeof(hdr) + 64] = { 0 };

	memcpy(buf, &hdr, sizeof(hdr));
	assert_int_equal(
	    write(p->fd[0], buf, sizeof(hdr) + payload), sizeof(hdr) + payload);
}

static void
test_round_trip(void **state)
{
	struct pair *p = *state;
	struct imsg m;
	uint32_t n = 42;

	assert_int_equal(imsg_compose(&p->a, 3, 4, 0, -1, &n, sizeof(n)), 1);
	assert_int_equal(imsg_compose(&p->a, 5, 6, 77, -1, NULL, 0), 1);
	assert_int_equal(imsgbuf_queuelen(&p->a), 2);
	assert_int_equal(imsgbuf_get(&p->b, &m), 0);
	transfer(p);
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);

	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_type(&m), 3);
	assert_int_equal(imsg_get_id(&m), 4);
	assert_int_equal(imsg_get_pid(&m), getpid());
	assert_int_equal(imsg_get_len(&m), sizeof(n));
	assert_int_equal(imsg_get_fd(&m), -1);
	n = 0;
	assert_int_equal(imsg_get_data(&m, &n, sizeof(n)), 0);
	assert_int_equal(n, 42);
	imsg_free(&m);

	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_pid(&m), 77);
	assert_int_equal(imsg_get_len(&m), 0);
	imsg_free(&m);
	imsg_free(&m); /* no harm */
	assert_int_equal(imsgbuf_get(&p->b, &m), 0);
}

static void
test_old_name_returns_the_length(void **state)
{
	struct pair *p = *state;
	struct imsg m;

	assert_int_equal(imsg_get(&p->b, &m), 0);
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, "abc", 3), 1);
	transfer(p);
	assert_int_equal(imsg_get(&p->b, &m), IMSG_HEADER_SIZE + 3);
	imsg_free(&m);
}

static void
test_get_data_is_exact(void **state)
{
	struct pair *p = *state;
	struct imsg m;
	char buf[8];

	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, "abcd", 4), 1);
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, NULL, 0), 1);
	transfer(p);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_data(&m, buf, 3), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(imsg_get_data(&m, buf, 5), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(imsg_get_data(&m, buf, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(imsg_get_data(&m, buf, 4), 0);
	assert_memory_equal(buf, "abcd", 4);
	assert_int_equal(imsg_get_data(&m, buf, 4), -1); /* it is read */
	imsg_free(&m);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_data(&m, buf, 1), -1);
	imsg_free(&m);
}

static void
test_other_ways_to_read(void **state)
{
	struct pair *p = *state;
	struct ibuf *b, view;
	struct imsg m;
	uint16_t n16;
	char text[8], c;

	assert_non_null(b = imsg_create(&p->a, 1, 0, 0, 0));
	assert_int_equal(ibuf_add_strbuf(b, "lte", 8), 0);
	assert_int_equal(imsg_add(b, "x", 1), 1);
	assert_int_equal(imsg_add(b, NULL, 0), 0);
	assert_int_equal(ibuf_add_n16(b, 0x1234), 0);
	imsg_close(&p->a, b);
	transfer(p);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_strbuf(&m, text, sizeof(text)), 0);
	assert_string_equal(text, "lte");
	assert_int_equal(imsg_get_buf(&m, &c, 1), 0);
	assert_int_equal(c, 'x');
	assert_int_equal(imsg_get_ibuf(&m, &view), 0);
	assert_int_equal(ibuf_get_n16(&view, &n16), 0);
	assert_int_equal(n16, 0x1234);
	assert_int_equal(ibuf_size(&view), 0);
	assert_int_equal(imsg_get_ibuf(&m, &view), -1); /* nothing is left */
	imsg_free(&m);
}

static void
test_composev_and_ibuf(void **state)
{
	struct pair *p = *state;
	struct iovec iov[3] = { { (char[]){ "ab" }, 2 }, { NULL, 0 },
		{ (char[]){ "cde" }, 3 } };
	struct ibuf *b;
	struct imsg m;
	char buf[5];

	assert_int_equal(imsg_composev(&p->a, 1, 0, 0, -1, iov, 3), 1);
	assert_non_null(b = ibuf_dynamic(0, 16));
	assert_int_equal(ibuf_add(b, "fghij", 5), 0);
	assert_int_equal(imsg_compose_ibuf(&p->a, 2, 0, 0, b), 1);
	transfer(p);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_data(&m, buf, 5), 0);
	assert_memory_equal(buf, "abcde", 5);
	imsg_free(&m);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_data(&m, buf, 5), 0);
	assert_memory_equal(buf, "fghij", 5);
	imsg_free(&m);

	iov[2].iov_len = SIZE_MAX;
	assert_int_equal(imsg_composev(&p->a, 1, 0, 0, -1, iov, 3), -1);
	assert_int_equal(errno, ERANGE);
	assert_non_null(b = ibuf_dynamic(0, MAX_IMSGSIZE));
	assert_int_equal(ibuf_add_zero(b, MAX_IMSGSIZE), 0);
	assert_int_equal(imsg_compose_ibuf(&p->a, 2, 0, 0, b), -1); /* freed */
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);
}

static void
test_sizes_have_a_limit(void **state)
{
	struct pair *p = *state;
	size_t most = MAX_IMSGSIZE - IMSG_HEADER_SIZE;
	char *big = calloc(1, MAX_IMSGSIZE * 2);
	struct ibuf *b;
	struct imsg m;

	assert_non_null(big);
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, big, most), 1);
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, big, most + 1), -1);
	assert_int_equal(errno, ERANGE);
	transfer(p);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_len(&m), most);
	imsg_free(&m);

	/* the limit is of the payload, without its header */
	assert_int_equal(imsgbuf_set_maxsize(&p->a, 0), -1);
	assert_int_equal(imsgbuf_set_maxsize(&p->a, UINT32_MAX), -1);
	assert_int_equal(imsgbuf_set_maxsize(&p->a, MAX_IMSGSIZE * 2), 0);
	assert_int_equal(
	    imsg_compose(&p->a, 1, 0, 0, -1, big, MAX_IMSGSIZE * 2), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_int_equal(imsgbuf_read(&p->b), -1);
	assert_int_equal(errno, ERANGE);

	assert_non_null(b = imsg_create(&p->a, 1, 0, 0, 0));
	assert_int_equal(imsg_set_maxsize(b, SIZE_MAX), -1);
	assert_int_equal(imsg_set_maxsize(b, MAX_IMSGSIZE * 2 + 1), -1);
	assert_int_equal(imsg_set_maxsize(b, 3), 0);
	assert_int_equal(imsg_add(b, "abc", 3), 3);
	assert_int_equal(imsg_add(b, "d", 1), -1); /* freed */
	free(big);
}

static void
test_malformed_lengths(void **state)
{
	static const uint32_t wrong[] = { 0, 1, IMSG_HEADER_SIZE - 1,
		MAX_IMSGSIZE + 1, UINT32_MAX, FD_MARK, FD_MARK | 3 };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pair *p = *state;

		send_raw(p, wrong[i], 0);
		assert_int_equal(imsgbuf_read(&p->b), -1);
		assert_int_equal(errno, ERANGE);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

static void
test_a_promised_descriptor_that_does_not_come(void **state)
{
	struct pair *p = *state;
	struct imsg m;

	send_raw(p, (IMSG_HEADER_SIZE + 4) | FD_MARK, 4);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_len(&m), 4);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);
}

static void
test_octet_by_octet(void **state)
{
	struct pair *p = *state;
	unsigned char stream[256];
	struct imsg m;
	ssize_t len, i;
	int got = 0;
	char buf[16];

	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, "first", 5), 1);
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, -1, NULL, 0), 1);
	assert_int_equal(imsg_compose(&p->a, 3, 0, 0, -1, "third", 5), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	len = read(p->fd[1], stream, sizeof(stream));
	assert_int_equal(len, 3 * IMSG_HEADER_SIZE + 10);
	for (i = 0; i < len; i++) {
		assert_int_equal(write(p->fd[0], &stream[i], 1), 1);
		assert_int_equal(imsgbuf_read(&p->b), 1);
		if (imsgbuf_get(&p->b, &m) == 0)
			continue;
		assert_int_equal(imsg_get_type(&m), ++got);
		if (got != 2)
			assert_int_equal(imsg_get_data(&m, buf, 5), 0);
		imsg_free(&m);
	}
	assert_int_equal(got, 3);
}

static void
test_nothing_to_read_and_the_end(void **state)
{
	struct pair *p = *state;

	assert_int_equal(imsgbuf_read(&p->b), 1); /* EAGAIN */
	assert_int_equal(shutdown(p->fd[0], SHUT_WR), 0);
	assert_int_equal(imsgbuf_read(&p->b), 0);
}

static void
test_the_reader_is_gone(void **state)
{
	struct pair *p = *state;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(shutdown(p->fd[1], SHUT_RDWR), 0);
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->a), -1);
	assert_int_equal(errno, EPIPE);
}

/* More than the socket holds: writes are partial, nothing is lost. */
static void
test_many_queued(void **state)
{
	struct pair *p = *state;
	uint32_t payload[64] = { 0 }, i, next = 0;
	struct imsg m;

	for (i = 0; i < MANY; i++) {
		payload[0] = i;
		assert_int_equal(imsg_compose(&p->a, 1, i, 0, -1, payload,
				     (1 + i % 64) * sizeof(uint32_t)),
		    1);
	}
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_true(imsgbuf_queuelen(&p->a) > 0);
	while (next < MANY) {
		assert_int_equal(imsgbuf_write(&p->a), 0);
		assert_int_equal(imsgbuf_read(&p->b), 1);
		while (imsgbuf_get(&p->b, &m) == 1) {
			assert_int_equal(imsg_get_id(&m), next);
			assert_int_equal(imsg_get_len(&m),
			    (1 + next % 64) * sizeof(uint32_t));
			assert_int_equal(imsg_get_buf(&m, &i, sizeof(i)), 0);
			assert_int_equal(i, next++);
			imsg_free(&m);
		}
	}
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);
}

static void
test_flush_of_a_blocking_socket(void **state)
{
	struct pair *p = *state;
	int i;

	assert_int_equal(fcntl(p->fd[0], F_SETFL, 0), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, "x", 1), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);
}

static void
test_descriptors_at_their_messages(void **state)
{
	struct pair *p = *state;
	ino_t ino[SOCKET_FDS];
	struct imsg m;
	int i, fd, before = lowest_free_fd();

	for (i = 0; i < SOCKET_FDS; i++) {
		fd = i % 3 == 2 ? -1 : open_pipe(&ino[i]);
		assert_int_equal(
		    imsg_compose(&p->a, 1, (uint32_t)i, 0, fd, "x", 1), 1);
	}
	for (i = 0; i < SOCKET_FDS;) {
		transfer(p);
		while (imsgbuf_get(&p->b, &m) == 1) {
			assert_int_equal(imsg_get_id(&m), i);
			fd = imsg_get_fd(&m);
			if (i % 3 == 2) {
				assert_int_equal(fd, -1);
			} else {
				assert_true(inode(fd) == ino[i]);
				assert_int_equal(
				    fcntl(fd, F_GETFD), FD_CLOEXEC);
				assert_int_equal(imsg_get_fd(&m), -1);
				close(fd);
			}
			imsg_free(&m);
			i++;
		}
	}
	/* sent ones are closed here, too */
	assert_int_equal(lowest_free_fd(), before);
}

/* So many small messages that a read ends within a header, somewhere. */
static void
test_descriptors_across_reads(void **state)
{
	struct pair *p = *state;
	ino_t ino[3];
	struct imsg m;
	uint32_t i, pad, seen;
	int fd[3], k, before = lowest_free_fd();

	for (pad = 0; pad <= IMSG_HEADER_SIZE + 2; pad++) {
		char filler[64] = { 0 };
		size_t room = IBUF_READ_SIZE - pad;

		for (k = 0; k < 3; k++)
			fd[k] = open_pipe(&ino[k]);
		/* fill one read up to pad octets short of its end */
		for (i = 0; room > 2 * (IMSG_HEADER_SIZE + 48); i++) {
			assert_int_equal(
			    imsg_compose(&p->a, 0, 0, 0, -1, filler, 48), 1);
			room -= IMSG_HEADER_SIZE + 48;
		}
		assert_int_equal(imsg_compose(&p->a, 0, 0, 0, -1, filler,
				     room / 2 - IMSG_HEADER_SIZE),
		    1);
		room -= room / 2;
		assert_int_equal(imsg_compose(&p->a, 0, 0, 0, -1, filler,
				     room - IMSG_HEADER_SIZE),
		    1);
		for (k = 0; k < 3; k++)
			assert_int_equal(imsg_compose(&p->a, 1, (uint32_t)k, 0,
					     fd[k], NULL, 0),
			    1);
		for (seen = 0; seen < 3;) {
			transfer(p);
			while (imsgbuf_get(&p->b, &m) == 1) {
				k = imsg_get_fd(&m);
				if (imsg_get_type(&m) == 1) {
					assert_int_equal(imsg_get_id(&m), seen);
					assert_true(inode(k) == ino[seen++]);
					close(k);
				} else
					assert_int_equal(k, -1);
				imsg_free(&m);
			}
		}
	}
	assert_int_equal(lowest_free_fd(), before);
}

static void
test_descriptors_nobody_takes(void **state)
{
	struct pair *p = *state;
	int before = lowest_free_fd();
	struct imsg m;
	ino_t ino;

	assert_int_equal(
	    imsg_compose(&p->a, 1, 0, 0, open_pipe(&ino), NULL, 0), 1);
	assert_int_equal(
	    imsg_compose(&p->a, 2, 0, 0, open_pipe(&ino), NULL, 0), 1);
	assert_int_equal(
	    imsg_compose(&p->a, 3, 0, 0, open_pipe(&ino), NULL, 0), 1);
	transfer(p);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	imsg_free(&m); /* one in a message, one queued, one not read yet */
	imsgbuf_clear(&p->b);
	assert_int_equal(imsgbuf_init(&p->b, p->fd[1]), 0);
	imsgbuf_allow_fdpass(&p->b);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	imsgbuf_clear(&p->b);
	assert_int_equal(imsgbuf_init(&p->b, p->fd[1]), 0);
	assert_int_equal(lowest_free_fd(), before);
}

/* Several at once, and with a message that does not announce any. */
static void
test_descriptors_nobody_asked_for(void **state)
{
	struct pair *p = *state;
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int) * 8)];
	} control = { 0 };
	struct imsg_hdr hdr = { 7, IMSG_HEADER_SIZE, 0, 0 };
	struct iovec iov = { &hdr, sizeof(hdr) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	int before = lowest_free_fd(), fds[8] = { 0 };
	struct imsg m;

	control.hdr.cmsg_len = CMSG_LEN(sizeof(fds));
	control.hdr.cmsg_level = SOL_SOCKET;
	control.hdr.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.hdr), fds, sizeof(fds));
	assert_int_equal(sendmsg(p->fd[0], &msg, 0), sizeof(hdr));
	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(lowest_free_fd(), before);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);
}

static void
test_descriptors_are_off_unless_allowed(void **state)
{
	struct pair *p = *state;
	int before = lowest_free_fd();
	struct imsg m;
	ino_t ino;

	imsgbuf_clear(&p->b);
	assert_int_equal(imsgbuf_init(&p->b, p->fd[1]), 0);
	assert_int_equal(
	    imsg_compose(&p->a, 1, 0, 0, open_pipe(&ino), "x", 1), 1);
	transfer(p);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);
	assert_int_equal(lowest_free_fd(), before);
}

static void
test_failed_compose_leaves_the_descriptor(void **state)
{
	struct pair *p = *state;
	char big[MAX_IMSGSIZE];
	ino_t ino;
	int fd = open_pipe(&ino);

	memset(big, 0, sizeof(big));
	assert_int_equal(
	    imsg_compose(&p->a, 1, 0, 0, fd, big, sizeof(big)), -1);
	assert_true(inode(fd) == ino);
	close(fd);
}

static void
test_forward(void **state)
{
	struct pair *p = *state;
	struct imsg m;
	char buf[5];
	ino_t ino;
	int i, fd;

	assert_int_equal(
	    imsg_compose(&p->a, 9, 8, 7, open_pipe(&ino), "hello", 5), 1);
	transfer(p);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_buf(&m, buf, 2), 0); /* does not matter */
	assert_int_equal(imsg_forward(&p->a, &m), 1);
	assert_int_equal(imsg_forward(&p->a, &m), 1);
	fd = imsg_get_fd(&m); /* it has stayed here */
	assert_true(inode(fd) == ino);
	close(fd);
	imsg_free(&m);
	transfer(p);
	for (i = 0; i < 2; i++) {
		assert_int_equal(imsgbuf_get(&p->b, &m), 1);
		assert_int_equal(imsg_get_type(&m), 9);
		assert_int_equal(imsg_get_id(&m), 8);
		assert_int_equal(imsg_get_pid(&m), 7);
		assert_int_equal(imsg_get_fd(&m), -1);
		assert_int_equal(imsg_get_data(&m, buf, 5), 0);
		assert_memory_equal(buf, "hello", 5);
		imsg_free(&m);
	}
}

static void
test_queue_of_messages(void **state)
{
	struct pair *p = *state;
	struct ibufqueue *q = ibufq_new();
	struct imsg m;
	char buf[5];

	assert_non_null(q);
	assert_int_equal(imsg_ibufq_pop(q, &m), 0);
	assert_int_equal(imsg_compose(&p->a, 9, 8, 7, -1, "hello", 5), 1);
	transfer(p);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	assert_int_equal(imsg_get_data(&m, buf, 5), 0);
	imsg_ibufq_push(q, &m);
	assert_int_equal(imsg_ibufq_pop(q, &m), 1);
	assert_int_equal(imsg_get_type(&m), 9);
	assert_int_equal(imsg_get_data(&m, buf, 5), 0); /* from its start */
	assert_memory_equal(buf, "hello", 5);
	imsg_free(&m);
	ibufq_free(q);
}

static struct ibuf *
one_octet_length(struct ibuf *hdr, void *arg, int *fd)
{
	uint8_t len;

	(void)fd;
	if (ibuf_get_n8(hdr, &len) == -1)
		return NULL;
	if (len == 0xff)
		return *(struct ibuf **)arg = ibuf_open(1);
	return ibuf_open((size_t)len + 1);
}

/* msgbuf with another format than imsg's. */
static void
test_reader_of_ones_own(void **state)
{
	static const unsigned char data[] = { 2, 'a', 'b', 0, 1, 'c', 3, 'd' };
	struct pair *p = *state;
	struct msgbuf *m;
	struct ibuf *b;

	assert_null(msgbuf_new_reader(0, one_octet_length, NULL));
	assert_null(msgbuf_new_reader(IBUF_READ_SIZE, one_octet_length, NULL));
	assert_non_null(m = msgbuf_new_reader(1, one_octet_length, NULL));
	assert_int_equal(write(p->fd[0], data, sizeof(data)), sizeof(data));
	assert_int_equal(ibuf_read(p->fd[1], m), 1);
	assert_non_null(b = msgbuf_get(m));
	assert_int_equal(ibuf_size(b), 3);
	assert_memory_equal(ibuf_data(b), data, 3);
	ibuf_free(b);
	assert_non_null(b = msgbuf_get(m));
	assert_int_equal(ibuf_size(b), 1);
	ibuf_free(b);
	assert_non_null(b = msgbuf_get(m));
	ibuf_free(b);
	assert_null(msgbuf_get(m));
	msgbuf_free(m);
	msgbuf_free(NULL);

	assert_non_null(m = msgbuf_new());
	assert_int_equal(ibuf_read(p->fd[1], m), -1);
	assert_int_equal(errno, EINVAL);
	assert_non_null(b = ibuf_dynamic(0, 1));
	ibuf_close(m, b); /* empty ones do not stand in the way */
	assert_int_equal(msgbuf_queuelen(m), 1);
	assert_int_equal(ibuf_write(p->fd[0], m), 0);
	assert_int_equal(msgbuf_queuelen(m), 0);
	msgbuf_free(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_old_name_returns_the_length),
		TEST(test_get_data_is_exact),
		TEST(test_other_ways_to_read),
		TEST(test_composev_and_ibuf),
		TEST(test_sizes_have_a_limit),
		TEST(test_malformed_lengths),
		TEST(test_a_promised_descriptor_that_does_not_come),
		TEST(test_octet_by_octet),
		TEST(test_nothing_to_read_and_the_end),
		TEST(test_the_reader_is_gone),
		TEST(test_many_queued),
		TEST(test_flush_of_a_blocking_socket),
		TEST(test_descriptors_at_their_messages),
		TEST(test_descriptors_across_reads),
		TEST(test_descriptors_nobody_takes),
		TEST(test_descriptors_nobody_asked_for),
		TEST(test_descriptors_are_off_unless_allowed),
		TEST(test_failed_compose_leaves_the_descriptor),
		TEST(test_forward),
		TEST(test_queue_of_messages),
		TEST(test_reader_of_ones_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
