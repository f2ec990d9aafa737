/* SPDX-License-Identifier: ISC */
/*
 * Files of captures: where they may be, what they are named, and which go
 * when others come.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "netconf/capture.h"
#include "netconf/run.h"
#include "prober/ring.h"

#define NOW 1790000000
#define DAY 86400

static char base[64], path[128], why[MSG_TEXT_LEN];
static int dir;
static struct conf conf;

/* ---- what capture.c calls ---- */

static struct {
	uint32_t type;
	int fd;
	struct msg_capture file;
	struct msg_capture_done done;
} sent;

const struct conf *
config_current(void)
{
	return &conf;
}

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	memset(&sent, 0, sizeof(sent));
	sent.type = type;
	sent.fd = fd;
	if (type == IMSG_CAPTURE_FILE) {
		assert_int_equal(len, sizeof(sent.file));
		memcpy(&sent.file, data, len);
		assert_true(msg_capture_valid(&sent.file));
	} else {
		assert_int_equal(type, IMSG_CAPTURE_DONE);
		assert_int_equal(len, sizeof(sent.done));
		memcpy(&sent.done, data, len);
		assert_true(msg_capture_done_valid(&sent.done));
	}
}

/* ---- a directory ---- */

static int
set_up(void **state)
{
	(void)state;
	umask(022);
	strlcpy(base, "/tmp/dialfail-capture.XXXXXX", sizeof(base));
	if (mkdtemp(base) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/capture", base);
	dir = capture_directory(path, why, sizeof(why));
	memset(&conf, 0, sizeof(conf));
	strlcpy(conf.capture, path, sizeof(conf.capture));
	conf.capture_size = 4 << 20;
	conf.capture_keep_ms = 3u * DAY * 1000;
	return dir == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	close(dir);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

/* A file of so many octets, so many days old. */
static void
put(const char *name, off_t size, int days)
{
	struct timespec t[2] = { { NOW - days * DAY, 0 },
		{ NOW - days * DAY, 0 } };
	int fd;

	fd = openat(dir, name, O_WRONLY | O_CREAT, 0640);
	assert_int_not_equal(fd, -1);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(futimens(fd, t), 0);
	close(fd);
}

static int
there(const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
room(uint64_t size, uint64_t largest, int64_t keep_s)
{
	struct capture_bounds b = { size, largest, keep_s };

	why[0] = '\0';
	return capture_make_room(dir, &b, NOW, why, sizeof(why));
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

/* ---- the tests ---- */

static void
names(void **state)
{
	static const char *const bad[] = { "", "1", "00a", "000000000", "00AF",
		"00x1", "../0001", "0001/", "0001.pcap", "-001", "0001 " };
	char name[CAPTURE_NAME_LEN];
	size_t i;

	(void)state;
	assert_int_equal(capture_name("4f2b", name), 0);
	assert_string_equal(name, "4f2b.pcap");
	assert_int_equal(capture_name("00012345", name), 0);
	assert_string_equal(name, "00012345.pcap");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(capture_name(bad[i], name), -1);
}

static void
created(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(mode_of("."), 0750);
	fd = capture_create(dir, "0001.pcap", why, sizeof(why));
	assert_int_not_equal(fd, -1);
	assert_int_equal(mode_of("0001.pcap"), 0640);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
}

/* Counters begin again after a loss of history; a link leads nowhere. */
static void
in_place_of_another(void **state)
{
	static const char *const all[] = { "0001.pcap", "0002.pcap",
		"0003.pcap" };
	struct stat st;
	size_t i;
	int fd;

	(void)state;
	put("victim", 7, 0);
	put("0001.pcap", 9, 0);
	assert_int_equal(symlinkat("victim", dir, "0002.pcap"), 0);
	assert_int_equal(linkat(dir, "victim", dir, "0003.pcap", 0), 0);
	for (i = 0; i < 3; i++) {
		fd = capture_create(dir, all[i], why, sizeof(why));
		assert_int_not_equal(fd, -1);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_size, 0);
		assert_true(S_ISREG(st.st_mode));
		close(fd);
	}
	assert_int_equal(fstatat(dir, "victim", &st, 0), 0);
	assert_int_equal(st.st_size, 7);
	assert_int_equal(mkdirat(dir, "0004.pcap", 0755), 0);
	assert_int_equal(
	    capture_create(dir, "0004.pcap", why, sizeof(why)), -1);
	assert_int_equal(strncmp(why, "0004.pcap: ", 11), 0);
}

static void
too_old(void **state)
{
	(void)state;
	put("0001.pcap", 10, 15);
	put("0002.pcap", 10, 14);
	put("0003.pcap", 10, 1);
	assert_int_equal(room(1000, 100, 14 * DAY), 0);
	assert_false(there("0001.pcap"));
	assert_true(there("0002.pcap"));
	assert_true(there("0003.pcap"));
	/* the clock was set back: what is of tomorrow is not old */
	put("0004.pcap", 10, -30);
	assert_int_equal(room(1000, 100, 0), 0);
	assert_false(there("0002.pcap"));
	assert_false(there("0003.pcap"));
	assert_true(there("0004.pcap"));
}

/* Whoever has no outage for months keeps nothing for months. */
static void
expired(void **state)
{
	time_t now = time(NULL);
	int days = (int)((NOW - now) / DAY);

	(void)state;
	put("0001.pcap", 10, days + 4);
	put("0002.pcap", 10, days + 2);
	capture_reloaded();
	assert_false(there("0001.pcap"));
	assert_true(there("0002.pcap"));
	/* what is there has room, whatever the next one will need */
	conf.capture_size = 10;
	capture_reloaded();
	assert_true(there("0002.pcap"));
	/* and none is made for that */
	strlcat(conf.capture, ".missing", sizeof(conf.capture));
	capture_reloaded();
	assert_int_equal(access(conf.capture, F_OK), -1);
}

static void
too_large(void **state)
{
	(void)state;
	put("0004.pcap", 300, 1); /* by time, not by name */
	put("0003.pcap", 300, 2);
	put("0001.pcap", 300, 3);
	put("0002.pcap", 300, 4);
	assert_int_equal(room(1300, 100, DAY * 14), 0);
	assert_true(there("0002.pcap"));
	assert_int_equal(room(1299, 100, DAY * 14), 0);
	assert_false(there("0002.pcap"));
	assert_true(there("0001.pcap"));
	assert_int_equal(room(700, 100, DAY * 14), 0);
	assert_false(there("0001.pcap"));
	assert_true(there("0003.pcap"));
	assert_true(there("0004.pcap"));
	assert_int_equal(room(100, 100, DAY * 14), 0);
	assert_false(there("0004.pcap"));
	assert_int_equal(room(99, 100, DAY * 14), -1);
	assert_int_not_equal(why[0], '\0');
}

/* Whatever else is there is not counted, and never removed. */
static void
not_ours(void **state)
{
	static const char *const others[] = { "keep.pcap", "0001.pcapng",
		"0001.PCAP", "1.pcap", "0001", "000000001.pcap", "00AB.pcap",
		"history", ".pcap" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		put(others[i], 1 << 20, 1000);
	assert_int_equal(symlinkat("history", dir, "0005.pcap"), 0);
	assert_int_equal(mkdirat(dir, "0006.pcap", 0755), 0);
	assert_int_equal(room(200, 100, 1), 0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(there(others[i]));
	assert_true(there("0005.pcap"));
	assert_true(there("0006.pcap"));
}

/* Processes without privileges write in the directory above. */
static void
directories(void **state)
{
	char link[160];

	(void)state;
	snprintf(link, sizeof(link), "%s/link", base);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(capture_directory(link, why, sizeof(why)), -1);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(fchmod(dir, 0770), 0);
	assert_int_equal(capture_directory(path, why, sizeof(why)), -1);
	assert_int_equal(fchmod(dir, 0707), 0);
	assert_int_equal(capture_directory(path, why, sizeof(why)), -1);
	assert_int_equal(fchmod(dir, 0750), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(dir, 65534, 0), 0);
		assert_int_equal(capture_directory(path, why, sizeof(why)), -1);
		assert_int_equal(fchown(dir, 0, 0), 0);
	}
	assert_int_equal(
	    capture_directory("/nonexistent/capture", why, sizeof(why)), -1);
	assert_int_equal(capture_directory("/dev/null", why, sizeof(why)), -1);
}

static void
asked(void **state)
{
	struct msg_capture m = { .event = "002a" };
	char expected[160];

	(void)state;
	capture_file(&m);
	assert_int_equal(sent.type, IMSG_CAPTURE_FILE);
	assert_int_not_equal(sent.fd, -1);
	close(sent.fd);
	assert_string_equal(sent.file.event, "002a");
	snprintf(expected, sizeof(expected), "%s/002a.pcap", path);
	assert_string_equal(sent.file.path, expected);
	assert_true(there("002a.pcap"));

	strlcpy(m.event, "no-id", sizeof(m.event));
	capture_file(&m);
	assert_int_equal(sent.type, IMSG_CAPTURE_DONE);
	assert_int_equal(sent.done.ok, 0);
	assert_string_equal(sent.done.event, "no-id");

	strlcpy(m.event, "002b", sizeof(m.event));
	conf.capture_size = RING_FILE_MAX - 1;
	capture_file(&m);
	assert_int_equal(sent.type, IMSG_CAPTURE_DONE);
	assert_int_not_equal(sent.done.text[0], '\0');
	assert_false(there("002b.pcap"));
	assert_true(there("002a.pcap"));

	conf.capture[0] = '\0';
	capture_file(&m);
	assert_int_equal(sent.type, IMSG_CAPTURE_DONE);
	assert_string_equal(sent.done.text, "no directory is configured");

	memset(conf.capture, 'x', sizeof(conf.capture) - 1);
	conf.capture[0] = '/';
	capture_file(&m); /* a path too long for the kernel and for us */
	assert_int_equal(sent.type, IMSG_CAPTURE_DONE);
	assert_int_not_equal(sent.done.text[0], '\0');
}

/* Outage after outage: never more than the size, the newest is there. */
static void
for_years(void **state)
{
	struct msg_capture m = { .event = "" };
	struct stat st;
	uint64_t size = 0;
	struct dirent *d;
	int i, n = 0;
	DIR *all;

	(void)state;
	conf.capture_size = 10 * RING_FILE_MAX + 5;
	for (i = 1; i <= 40; i++) {
		snprintf(m.event, sizeof(m.event), "%04x", i);
		capture_file(&m);
		assert_int_equal(sent.type, IMSG_CAPTURE_FILE);
		assert_int_equal(ftruncate(sent.fd, RING_FILE_MAX), 0);
		close(sent.fd);
	}
	assert_true(there("0028.pcap"));
	assert_non_null(all = fdopendir(dup(dir)));
	while ((d = readdir(all)) != NULL)
		if (d->d_name[0] != '.' &&
		    fstatat(dir, d->d_name, &st, 0) == 0) {
			size += (uint64_t)st.st_size;
			n++;
		}
	closedir(all);
	assert_int_equal(n, 10);
	assert_true(size <= conf.capture_size);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(created),
		TEST(in_place_of_another),
		TEST(too_old),
		TEST(expired),
		TEST(too_large),
		TEST(not_ours),
		TEST(directories),
		TEST(asked),
		TEST(for_years),
	};

	event_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
