/* SPDX-License-Identifier: ISC */
/*
 * The alarm program: what it finds, how it may end, and that it never holds
 * anybody up.  As root, since only root's programs are run.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <event.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/monotime.h"
#include "common/proc.h"
#include "netconf/run.h"

#define PATIENCE_S 30
#define NOBODY     65534

static char dir[] = "/tmp/alarm_test.XXXXXX";
static char program[64], output[64];
static struct conf conf;
static struct msg_alarm_done done[64];
static size_t ndone, expected;

/* ---- what alarm.c calls ---- */

const struct conf *
config_current(void)
{
	return &conf;
}

struct passwd *
proc_user(void)
{
	static struct passwd pw = { .pw_uid = NOBODY, .pw_gid = NOBODY };

	return &pw;
}

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	assert_int_equal(type, IMSG_ALARM_DONE);
	assert_int_equal(fd, -1);
	assert_int_equal(len, sizeof(done[0]));
	assert_true(ndone < sizeof(done) / sizeof(done[0]));
	memcpy(&done[ndone], data, len);
	assert_int_equal(msg_alarm_done_valid(&done[ndone]), 1);
	if (++ndone == expected)
		event_loopexit(NULL);
}

/* ---- */

static int
setup(void **arg)
{
	(void)arg;
	if (mkdtemp(dir) == NULL || chmod(dir, 0777) == -1)
		return -1;
	snprintf(program, sizeof(program), "%s/alarm", dir);
	snprintf(output, sizeof(output), "%s/output", dir);
	event_init();
	child_init();
	alarm_open();
	return 0;
}

static int
teardown(void **arg)
{
	(void)arg;
	unlink(program);
	unlink(output);
	return rmdir(dir);
}

static void
put(const char *script)
{
	FILE *f;

	if (geteuid() != 0)
		skip();
	unlink(output);
	unlink(program);
	f = fopen(program, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(program, 0755), 0);
	strlcpy(conf.alarm, program, sizeof(conf.alarm));
	conf.alarm_timeout_ms = PATIENCE_S * 1000;
	ndone = expected = 0;
}

static void
run(uint32_t id, const char *text)
{
	struct msg_alarm m;

	memset(&m, 0, sizeof(m));
	m.id = id;
	strlcpy(m.kind, "failover", sizeof(m.kind));
	strlcpy(m.event, "20261125-1", sizeof(m.event));
	strlcpy(m.state, "backup", sizeof(m.state));
	strlcpy(m.uplink, "lte", sizeof(m.uplink));
	strlcpy(m.time, "2026-11-25T08:00:00Z", sizeof(m.time));
	m.count = 3;
	strlcpy(m.text, text, sizeof(m.text));
	expected++;
	alarm_run(&m);
}

static void
wait_all(void)
{
	struct timeval tv = monotime_ms(PATIENCE_S * 1000);

	if (ndone < expected) {
		event_loopexit(&tv);
		event_dispatch();
	}
	assert_int_equal(ndone, expected);
}

static void
read_output(char *buf, size_t size)
{
	ssize_t n;
	int fd = open(output, O_RDONLY);

	assert_true(fd != -1);
	n = read(fd, buf, size - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
}

static void
test_facts(void **arg)
{
	char script[256], text[4096];

	(void)arg;
	snprintf(script, sizeof(script),
	    "{ env | sort | grep -v ^_= | grep -v ^PWD=; id -u; id -G; "
	    "ls /proc/self/fd | wc -l; } >%s",
	    output);
	put(script);
	run(1, "eth1 upstream dead; $(reboot) \"quoted\"");
	wait_all();
	assert_int_equal(done[0].id, 1);
	assert_string_equal(done[0].text, "");
	assert_int_equal(done[0].ok, 1);
	read_output(text, sizeof(text));
	assert_string_equal(text,
	    "DIALFAIL_COUNT=3\n"
	    "DIALFAIL_EVENT=20261125-1\n"
	    "DIALFAIL_KIND=failover\n"
	    "DIALFAIL_STATE=backup\n"
	    "DIALFAIL_TEXT=eth1 upstream dead; $(reboot) \"quoted\"\n"
	    "DIALFAIL_TIME=2026-11-25T08:00:00Z\n"
	    "DIALFAIL_UPLINK=lte\n"
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin\n"
	    "65534\n65534\n4\n");
}

static void
test_fails(void **arg)
{
	(void)arg;
	put("echo no relay >&2; printf 'mail: \\033[2Jrefused' >&2; exit 75");
	run(2, "");
	wait_all();
	assert_int_equal(done[0].ok, 0);
	assert_string_equal(done[0].text, "exit 75: mail: ?[2Jrefused");
	put("kill -KILL $$");
	run(3, "");
	wait_all();
	assert_string_equal(done[0].text, "killed by signal 9");
}

/* With all it started; its words are no reason to wait either. */
static void
test_hangs(void **arg)
{
	(void)arg;
	put("echo slow >&2; sleep 1000 & sleep 1000");
	conf.alarm_timeout_ms = 100;
	run(4, "");
	wait_all();
	assert_int_equal(done[0].ok, 0);
	assert_non_null(strstr(done[0].text, "killed, it took too long"));
}

static void
test_talks(void **arg)
{
	(void)arg;
	put("head -c 1000000 /dev/zero >&2; echo >&2; echo end >&2; exit 1");
	run(5, "");
	wait_all();
	assert_string_equal(done[0].text, "exit 1: end");
}

/* One at a time: the others wait in the parent. */
static void
test_one(void **arg)
{
	(void)arg;
	put("exit 0");
	run(1, "");
	run(2, "");
	wait_all();
	assert_int_equal(done[0].id, 2);
	assert_string_equal(done[0].text, "another alarm is being sent");
	assert_int_equal(done[1].id, 1);
	assert_int_equal(done[1].ok, 1);
}

static void
test_unfit(void **arg)
{
	(void)arg;
	put("exit 0");
	assert_int_equal(chmod(program, 0777), 0);
	run(6, "");
	assert_string_equal(done[0].text, "others than root can write it");
	assert_int_equal(unlink(program), 0);
	run(7, "");
	assert_string_equal(done[1].text, "No such file or directory");
	conf.alarm[0] = '\0';
	run(8, "");
	assert_int_equal(done[2].ok, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_unfit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
