/* SPDX-License-Identifier: ISC */
/*
 * ibuf against its manual page, ibuf_add(3): what goes in comes out, in the
 * order and width written, and nothing is ever read or written outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/ibuf.h"

#define assert_fails(call, why)               \
	do {                                  \
		errno = 0;                    \
		assert_int_equal(call, -1);   \
		assert_int_equal(errno, why); \
	} while (0)

#define assert_null_for(call, why)            \
	do {                                  \
		errno = 0;                    \
		assert_null(call);            \
		assert_int_equal(errno, why); \
	} while (0)

static int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static void
test_open(void **state)
{
	struct ibuf *b;

	(void)state;
	assert_null_for(ibuf_open(0), EINVAL);
	assert_null_for(ibuf_dynamic(1, 0), EINVAL);
	assert_null_for(ibuf_dynamic(2, 1), EINVAL);
	assert_non_null(b = ibuf_open(4));
	assert_int_equal(ibuf_size(b), 0);
	assert_int_equal(ibuf_left(b), 4);
	assert_int_equal(ibuf_add(b, "abcd", 4), 0);
	assert_int_equal(ibuf_left(b), 0);
	assert_fails(ibuf_add(b, "e", 1), ERANGE);
	assert_int_equal(ibuf_size(b), 4);
	assert_memory_equal(ibuf_data(b), "abcd", 4);
	ibuf_free(b);
	ibuf_free(NULL);
}

static void
test_dynamic_grows_to_its_maximum(void **state)
{
	struct ibuf *b;
	int i;

	(void)state;
	assert_non_null(b = ibuf_dynamic(0, 1000));
	for (i = 0; i < 1000; i++)
		assert_int_equal(ibuf_add_n8(b, (uint64_t)i & 0xff), 0);
	assert_fails(ibuf_add_n8(b, 1), ERANGE);
	assert_fails(ibuf_add_zero(b, 1), ERANGE);
	assert_null_for(ibuf_reserve(b, SIZE_MAX), ERANGE);
	assert_int_equal(ibuf_size(b), 1000);
	ibuf_free(b);
}

static void
test_empty_ones_are_no_error(void **state)
{
	struct ibuf *b, view;

	(void)state;
	assert_non_null(b = ibuf_dynamic(0, 8));
	assert_int_equal(ibuf_add(b, NULL, 0), 0);
	assert_int_equal(ibuf_add_zero(b, 0), 0);
	assert_non_null(ibuf_reserve(b, 0));
	assert_non_null(ibuf_seek(b, 0, 0));
	assert_int_equal(ibuf_set(b, 0, "", 0), 0);
	assert_int_equal(ibuf_get(b, &view, 0), 0);
	assert_int_equal(ibuf_skip(b, 0), 0);
	assert_int_equal(ibuf_get_ibuf(b, 0, &view), 0);
	assert_int_equal(ibuf_size(&view), 0);
	assert_int_equal(ibuf_add_ibuf(b, &view), 0);
	ibuf_from_buffer(&view, NULL, 0);
	assert_int_equal(ibuf_add_ibuf(b, &view), 0);
	assert_fails(ibuf_get(&view, b, 1), EBADMSG);
	ibuf_free(b);
}

static void
test_numbers(void **state)
{
	static const uint8_t net[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };
	struct ibuf *b;
	uint8_t n8;
	uint16_t n16;
	uint32_t n32;
	uint64_t n64;

	(void)state;
	assert_non_null(b = ibuf_dynamic(0, 64));
	assert_int_equal(ibuf_add_n8(b, 0x01), 0);
	assert_int_equal(ibuf_add_n16(b, 0x0203), 0);
	assert_int_equal(ibuf_add_n32(b, 0x04050607), 0);
	assert_int_equal(ibuf_add_n64(b, 0x08090a0b0c0d0e0f), 0);
	assert_int_equal(ibuf_size(b), sizeof(net));
	assert_memory_equal(ibuf_data(b), net, sizeof(net));
	assert_int_equal(ibuf_get_n8(b, &n8), 0);
	assert_int_equal(n8, 0x01);
	assert_int_equal(ibuf_get_n16(b, &n16), 0);
	assert_int_equal(n16, 0x0203);
	assert_int_equal(ibuf_get_n32(b, &n32), 0);
	assert_int_equal(n32, 0x04050607);
	assert_fails(ibuf_get(b, &n64, 9), EBADMSG);
	assert_int_equal(ibuf_get_n64(b, &n64), 0);
	assert_int_equal(n64, 0x08090a0b0c0d0e0f);
	assert_fails(ibuf_get_n8(b, &n8), EBADMSG);
	ibuf_rewind(b);
	assert_int_equal(ibuf_size(b), sizeof(net));

	assert_int_equal(ibuf_add_h16(b, UINT16_MAX), 0);
	assert_int_equal(ibuf_add_h32(b, UINT32_MAX - 1), 0);
	assert_int_equal(ibuf_add_h64(b, UINT64_MAX - 2), 0);
	assert_int_equal(ibuf_skip(b, sizeof(net)), 0);
	assert_int_equal(ibuf_get_h16(b, &n16), 0);
	assert_int_equal(n16, UINT16_MAX);
	assert_int_equal(ibuf_get_h32(b, &n32), 0);
	assert_int_equal(n32, UINT32_MAX - 1);
	assert_int_equal(ibuf_get_h64(b, &n64), 0);
	assert_true(n64 == UINT64_MAX - 2);
	ibuf_free(b);
}

static void
test_numbers_that_do_not_fit(void **state)
{
	struct ibuf *b;

	(void)state;
	assert_non_null(b = ibuf_dynamic(0, 64));
	assert_fails(ibuf_add_n8(b, 0x100), EINVAL);
	assert_fails(ibuf_add_n16(b, 0x10000), EINVAL);
	assert_fails(ibuf_add_n32(b, UINT64_C(0x100000000)), EINVAL);
	assert_fails(ibuf_add_h16(b, 0x10000), EINVAL);
	assert_fails(ibuf_add_h32(b, UINT64_C(0x100000000)), EINVAL);
	assert_int_equal(ibuf_size(b), 0);
	assert_int_equal(ibuf_add_zero(b, 8), 0);
	assert_fails(ibuf_set_n8(b, 0, 0x100), EINVAL);
	assert_fails(ibuf_set_n16(b, 0, 0x10000), EINVAL);
	assert_fails(ibuf_set_n32(b, 0, UINT64_C(0x100000000)), EINVAL);
	ibuf_free(b);
}

static void
test_set_and_seek_stay_inside(void **state)
{
	struct ibuf *b;
	uint32_t n32;
	uint64_t n64;

	(void)state;
	assert_non_null(b = ibuf_open(8));
	assert_int_equal(ibuf_add_zero(b, 8), 0);
	assert_int_equal(ibuf_set_n32(b, 4, 7), 0);
	assert_fails(ibuf_set_n32(b, 5, 7), ERANGE);
	assert_fails(ibuf_set_n64(b, 1, 7), ERANGE);
	assert_fails(ibuf_set_h16(b, SIZE_MAX, 7), ERANGE);
	assert_null_for(ibuf_seek(b, 0, 9), ERANGE);
	assert_null_for(ibuf_seek(b, 9, 0), ERANGE);
	assert_null_for(ibuf_seek(b, SIZE_MAX, 2), ERANGE);
	assert_non_null(ibuf_seek(b, 8, 0));
	assert_int_equal(ibuf_get_n32(b, &n32), 0);
	assert_int_equal(n32, 0);
	/* positions count from what is not read yet */
	assert_int_equal(ibuf_set_n32(b, 0, 9), 0);
	assert_fails(ibuf_set_n32(b, 1, 9), ERANGE);
	assert_int_equal(ibuf_get_n32(b, &n32), 0);
	assert_int_equal(n32, 9);
	ibuf_rewind(b);
	assert_int_equal(ibuf_set_n8(b, 0, 1), 0);
	assert_int_equal(ibuf_set_n64(b, 0, 2), 0);
	assert_int_equal(ibuf_get_n64(b, &n64), 0);
	assert_int_equal(n64, 2);
	ibuf_free(b);
}

static void
test_strings(void **state)
{
	static const char raw[6] = { 'a', 'b', '\0', 'x', 'y', 'z' };
	struct ibuf *b;
	char text[8], *s;

	(void)state;
	assert_non_null(b = ibuf_dynamic(0, 64));
	assert_int_equal(ibuf_add_strbuf(b, "seven77", 8), 0);
	assert_int_equal(ibuf_add_strbuf(b, "ab", 8), 0);
	assert_fails(ibuf_add_strbuf(b, "eight888", 8), EOVERFLOW);
	assert_fails(ibuf_add_strbuf(b, "", 0), EOVERFLOW);
	assert_int_equal(ibuf_size(b), 16);
	assert_int_equal(ibuf_get_strbuf(b, text, 8), 0);
	assert_string_equal(text, "seven77");
	assert_int_equal(ibuf_get_strbuf(b, text, 8), 0);
	assert_memory_equal(text, "ab\0\0\0\0\0\0", 8);
	assert_fails(ibuf_get_strbuf(b, text, 0), EINVAL);
	assert_fails(ibuf_get_strbuf(b, text, 8), EBADMSG);

	assert_int_equal(ibuf_add(b, "notended", 8), 0);
	assert_fails(ibuf_get_strbuf(b, text, 8), EOVERFLOW);
	assert_string_equal(text, "notende");

	assert_int_equal(ibuf_add(b, raw, sizeof(raw)), 0);
	assert_null_for(ibuf_get_string(b, sizeof(raw) + 1), EBADMSG);
	assert_non_null(s = ibuf_get_string(b, sizeof(raw)));
	assert_string_equal(s, "ab");
	assert_int_equal(ibuf_size(b), 0);
	free(s);
	ibuf_free(b);
}

static void
test_views(void **state)
{
	struct ibuf *b, peek, part;
	char two[2];

	(void)state;
	assert_non_null(b = ibuf_open(6));
	assert_int_equal(ibuf_add(b, "abcdef", 6), 0);
	ibuf_from_ibuf(&peek, b);
	assert_int_equal(ibuf_skip(&peek, 4), 0);
	assert_int_equal(ibuf_size(b), 6);
	assert_int_equal(ibuf_get_ibuf(b, 3, &part), 0);
	assert_int_equal(ibuf_size(b), 3);
	assert_int_equal(ibuf_size(&part), 3);
	assert_int_equal(ibuf_left(&part), 0);
	assert_int_equal(ibuf_get(&part, two, 2), 0);
	assert_memory_equal(two, "ab", 2);
	assert_fails(ibuf_get(&part, two, 2), EBADMSG);
	assert_fails(ibuf_get_ibuf(b, 4, &part), EBADMSG);
	assert_fails(ibuf_skip(b, 4), EBADMSG);
	assert_fails(ibuf_add(&part, "x", 1), ERANGE);
	assert_fails(ibuf_truncate(&part, 100), ERANGE);
	assert_fails(ibuf_set_maxsize(&part, 1), EINVAL);
	ibuf_free(b);
}

static void
test_truncate_and_maxsize(void **state)
{
	struct ibuf *b;

	(void)state;
	assert_non_null(b = ibuf_dynamic(4, 10));
	assert_int_equal(ibuf_add(b, "abcdef", 6), 0);
	assert_int_equal(ibuf_truncate(b, 3), 0);
	assert_int_equal(ibuf_size(b), 3);
	assert_int_equal(ibuf_truncate(b, 5), 0);
	assert_memory_equal(ibuf_data(b), "abc\0\0", 5);
	assert_fails(ibuf_truncate(b, 11), ERANGE);
	assert_fails(ibuf_set_maxsize(b, 11), EINVAL);
	assert_fails(ibuf_set_maxsize(b, 4), EINVAL);
	assert_int_equal(ibuf_set_maxsize(b, 6), 0);
	assert_int_equal(ibuf_left(b), 1);
	assert_fails(ibuf_add(b, "xy", 2), ERANGE);
	assert_int_equal(ibuf_add(b, "x", 1), 0);
	ibuf_free(b);
}

static void
test_descriptors_have_one_owner(void **state)
{
	struct ibuf *b;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_non_null(b = ibuf_open(1));
	assert_false(ibuf_fd_avail(b));
	assert_int_equal(ibuf_fd_get(b), -1);
	ibuf_fd_set(b, fd[0]);
	assert_true(ibuf_fd_avail(b));
	assert_int_equal(ibuf_fd_get(b), fd[0]);
	assert_false(ibuf_fd_avail(b));
	assert_true(is_open(fd[0]));
	ibuf_fd_set(b, fd[0]);
	ibuf_fd_set(b, fd[1]); /* the first is closed */
	assert_false(is_open(fd[0]));
	ibuf_free(b);
	assert_false(is_open(fd[1]));
}

static void
test_queues(void **state)
{
	struct ibufqueue *a, *z;
	struct ibuf *b;
	uint8_t n;
	int i;

	(void)state;
	assert_non_null(a = ibufq_new());
	assert_non_null(z = ibufq_new());
	assert_null(ibufq_pop(a));
	for (i = 0; i < 5; i++) {
		assert_non_null(b = ibuf_open(1));
		assert_int_equal(ibuf_add_n8(b, (uint64_t)i), 0);
		ibufq_push(i < 2 ? a : z, b);
	}
	assert_int_equal(ibufq_queuelen(a), 2);
	assert_int_equal(ibufq_queuelen(z), 3);
	ibufq_concat(a, z);
	assert_int_equal(ibufq_queuelen(a), 5);
	assert_int_equal(ibufq_queuelen(z), 0);
	assert_null(ibufq_pop(z));
	for (i = 0; i < 3; i++) {
		assert_non_null(b = ibufq_pop(a));
		assert_int_equal(ibuf_get_n8(b, &n), 0);
		assert_int_equal(n, i);
		ibuf_free(b);
	}
	ibufq_flush(a);
	assert_int_equal(ibufq_queuelen(a), 0);
	ibufq_free(a);
	ibufq_free(z);
	ibufq_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_dynamic_grows_to_its_maximum),
		cmocka_unit_test(test_empty_ones_are_no_error),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_numbers_that_do_not_fit),
		cmocka_unit_test(test_set_and_seek_stay_inside),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_truncate_and_maxsize),
		cmocka_unit_test(test_descriptors_have_one_owner),
		cmocka_unit_test(test_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
