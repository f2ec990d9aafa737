/* SPDX-License-Identifier: ISC */
/*
 * What reaches the log: the process's name in each line, errno's text where
 * it is asked for, a line said again and again counted instead.
 */
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

static char said[16384];

/* Run it in a process of its own with a log of its own; the exit code. */
static int
capture(void (*say)(void), int verbose)
{
	size_t len = 0;
	ssize_t n;
	pid_t pid;
	int fd[2], status;

	assert_int_equal(pipe(fd), 0);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(fd[1], STDERR_FILENO);
		unsetenv("JOURNAL_STREAM");
		log_init("prober", 1, verbose);
		say();
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static uint32_t
lines(void)
{
	const char *p = said;
	uint32_t n = 0;

	while ((p = strchr(p, '\n')) != NULL) {
		n++;
		p++;
	}
	return n;
}

static void
say_something(void)
{
	log_info("eth1: good");
	errno = ENOENT;
	log_warn("open %s", "x");
	if (errno != ENOENT)
		log_warnx("errno was lost");
	log_warnx("no errno");
	log_debug("details");
}

static void
test_lines(void **state)
{
	(void)state;
	assert_int_equal(capture(say_something, 0), 0);
	assert_int_equal(lines(), 3);
	assert_non_null(strstr(said, " prober: eth1: good\n"));
	assert_non_null(
	    strstr(said, " prober: open x: No such file or directory\n"));
	assert_non_null(strstr(said, " prober: no errno\n"));
	assert_int_equal(capture(say_something, 1), 0);
	assert_int_equal(lines(), 4);
	assert_non_null(strstr(said, " prober: details\n"));
}

static void
say_again_and_again(void)
{
	int i;

	for (i = 0; i < 1000; i++)
		log_warnx("round bad");
	log_info("round good");
	log_info("round good");
	log_warnx("round good"); /* another level is another line */
}

static void
test_repeats_are_counted(void **state)
{
	(void)state;
	assert_int_equal(capture(say_again_and_again, 0), 0);
	assert_int_equal(lines(), 5);
	assert_non_null(
	    strstr(said, "prober: last message repeated 999 times\n"));
	assert_non_null(strstr(said, "prober: last message repeated 1 time\n"));
}

static void
say_too_much(void)
{
	char text[4096];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	errno = EIO;
	log_warn("%s", text);
}

static void
test_long_lines_are_cut(void **state)
{
	(void)state;
	assert_int_equal(capture(say_too_much, 0), 0);
	assert_int_equal(lines(), 1);
	assert_true(strlen(said) < 1100);
}

static void
die_with_errno(void)
{
	errno = EPERM;
	fatal("chroot");
}

static void
die_without(void)
{
	fatalx("no such user: %s", "x");
}

static void
die_of_memory(void)
{
	errno = ENOMEM;
	fatal(NULL);
}

static void
test_the_end(void **state)
{
	(void)state;
	assert_int_equal(capture(die_with_errno, 0), 1);
	assert_non_null(strstr(said, "chroot: Operation not permitted\n"));
	assert_int_equal(capture(die_without, 0), 1);
	assert_non_null(strstr(said, " prober: no such user: x\n"));
	assert_int_equal(capture(die_of_memory, 0), 1);
	assert_non_null(strstr(said, "Cannot allocate memory\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_repeats_are_counted),
		cmocka_unit_test(test_long_lines_are_cut),
		cmocka_unit_test(test_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
