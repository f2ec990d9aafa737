/* SPDX-License-Identifier: ISC */
/* The ring of headers, and the file that it becomes. */
#include <sys/types.h>
#include <sys/stat.h>

#include <pcap.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "prober/capture.h"
#include "prober/ring.h"

static struct ring ring;
static uint8_t data[2 * RING_SNAPLEN];

static int
set_up(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	memset(&ring, 0, sizeof(ring));
	return 0;
}

static void
in_order(void **state)
{
	uint32_t i;

	(void)state;
	assert_null(ring_at(&ring, 0));
	for (i = 0; i < 3; i++)
		ring_add(&ring, 1000 + i, data, 60 + i, 60 + i);
	for (i = 0; i < 3; i++) {
		assert_int_equal(ring_at(&ring, i)->stamp_ns, 1000 + i);
		assert_int_equal(ring_at(&ring, i)->caplen, 60 + i);
		assert_memory_equal(ring_at(&ring, i)->data, data, 60 + i);
	}
	assert_null(ring_at(&ring, 3));
	assert_null(ring_at(&ring, UINT32_MAX));
	ring_clear(&ring);
	assert_null(ring_at(&ring, 0));
}

/* Headers only, even if more is given. */
static void
cut(void **state)
{
	(void)state;
	ring_add(&ring, 1, data, sizeof(data), 1514);
	ring_add(&ring, 2, data, 0, 1514);
	assert_int_equal(ring_at(&ring, 0)->caplen, RING_SNAPLEN);
	assert_int_equal(ring_at(&ring, 0)->len, 1514);
	assert_int_equal(ring_at(&ring, 1)->caplen, 0);
}

/* The newest are there, whatever number came before. */
static void
oldest_go(void **state)
{
	uint32_t added, i;

	(void)state;
	for (added = 0; added < 3 * RING_FRAMES + 7;) {
		ring_add(&ring, added++, data, 60, 60);
		if (added % 977 != 0 && added > 2)
			continue;
		for (i = 0; ring_at(&ring, i) != NULL; i++)
			assert_int_equal(ring_at(&ring, i)->stamp_ns,
			    added < RING_FRAMES ? i : added - RING_FRAMES + i);
		assert_int_equal(i, added < RING_FRAMES ? added : RING_FRAMES);
	}
}

static void
fixed_memory(void **state)
{
	(void)state;
	assert_true(sizeof(ring) <= 256 * 1024);
	assert_true(RING_FILE_MAX <= 256 * 1024);
}

/* Nothing was ever captured: a file that can be read all the same. */
static void
empty_file(void **state)
{
	struct msg_capture m = { .event = "002a" };
	struct msg_capture_done done;
	char path[] = "/tmp/dialfail-ring.XXXXXX", why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *p;
	pcap_t *file;

	(void)state;
	capture_write(&m, mkstemp(path), &done);
	assert_true(msg_capture_done_valid(&done));
	assert_int_equal(done.ok, 1);
	assert_int_equal(done.frames, 0);
	assert_string_equal(done.event, "002a");
	assert_non_null(file = pcap_open_offline(path, why));
	assert_int_equal(pcap_next_ex(file, &h, &p), PCAP_ERROR_BREAK);
	assert_int_equal(pcap_snapshot(file), RING_SNAPLEN);
	pcap_close(file);
	unlink(path);
}

/* A descriptor that takes nothing: it is said why, and nothing leaks. */
static void
no_room(void **state)
{
	struct msg_capture m = { .event = "002b" };
	struct msg_capture_done done;
	int fd[2], i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(pipe(fd), 0);
		close(fd[0]);
		if (i == 1)
			close(fd[1]); /* nor is it a descriptor */
		capture_write(&m, fd[1], &done);
		assert_true(msg_capture_done_valid(&done));
		assert_int_equal(done.ok, 0);
		assert_int_not_equal(done.text[0], '\0');
		assert_int_equal(close(fd[1]), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, set_up),
		cmocka_unit_test_setup(cut, set_up),
		cmocka_unit_test_setup(oldest_go, set_up),
		cmocka_unit_test_setup(fixed_memory, set_up),
		cmocka_unit_test(empty_file),
		cmocka_unit_test(no_room),
	};

	signal(SIGPIPE, SIG_IGN); /* as in every process of ours */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
