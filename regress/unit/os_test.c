/* SPDX-License-Identifier: ISC */
/* A process that waits within the kernel, and those that do not. */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/os.h"

#define LOOKS   500
#define LOOK_US 10000

static int fd[2]; /* it ends when we close ours */

/* It sleeps until its child, which has its memory, ends (vfork(2)). */
static void __attribute__((__noreturn__)) wait_in_kernel(void)
{
	char c;

	close(fd[1]);
	if (vfork() == 0) {
		(void)!read(fd[0], &c, 1);
		_exit(0);
	}
	(void)!read(fd[0], &c, 1);
	_exit(0);
}

static void __attribute__((__noreturn__)) wait_for_us(void)
{
	char c;

	close(fd[1]);
	(void)!read(fd[0], &c, 1);
	_exit(0);
}

static void __attribute__((__noreturn__)) run(void)
{
	for (;;)
		;
}

static pid_t
start(void (*what)(void), const char *name)
{
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	if ((pid = fork()) == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_NAME, name);
		what();
	}
	assert_int_not_equal(pid, -1);
	close(fd[0]);
	return pid;
}

static void
stop(pid_t pid, int sig)
{
	close(fd[1]);
	if (sig != 0)
		(void)kill(pid, sig);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
who_waits_is_seen(void **state)
{
	pid_t pid = start(wait_in_kernel, "a) S 1 (b");
	int s = os_process_open(pid), i;

	(void)state;
	assert_int_not_equal(s, -1);
	for (i = 0; i < LOOKS && !os_process_waits(s); i++)
		usleep(LOOK_US);
	assert_int_equal(os_process_waits(s), 1);
	stop(pid, 0);
	/* what is gone waits for nothing */
	assert_int_equal(os_process_waits(s), 0);
	close(s);
}

static void
who_sleeps_or_runs_does_not_wait(void **state)
{
	static void (*const what[])(void) = { wait_for_us, run };
	size_t n;
	pid_t pid;
	int s, i;

	(void)state;
	for (n = 0; n < 2; n++) {
		pid = start(what[n], "a) D 1 (b");
		s = os_process_open(pid);
		assert_int_not_equal(s, -1);
		for (i = 0; i < 10; i++, usleep(LOOK_US))
			assert_int_equal(os_process_waits(s), 0);
		stop(pid, SIGKILL);
		close(s);
	}
}

static void
nobody(void **state)
{
	(void)state;
	assert_int_equal(os_process_open(0), -1);
	assert_int_equal(os_process_waits(-1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_is_seen),
		cmocka_unit_test(who_sleeps_or_runs_does_not_wait),
		cmocka_unit_test(nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
