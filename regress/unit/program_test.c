/* SPDX-License-Identifier: ISC */
/*
 * A program that is to end at whatever moment after its birth ends at once,
 * not when it is killed for it; another user's too, without CAP_KILL.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include <event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/monotime.h"
#include "netconf/program.h"
#include "netconf/run.h"

#define PATIENCE_S 30
#define TIMES      50
#define NOBODY     65534

static char *sleeps[] = { "/bin/sh", "-c", "exec sleep 1000", NULL };
static char *deaf[] = { "/bin/sh", "-c",
	"trap '' TERM; sleep 1000 & echo deaf >&2; wait; sleep 1000", NULL };
static int ended, strays;
static char words[MSG_TEXT_LEN];

static void
on_end(int ok, const char *text, void *arg)
{
	(void)arg;
	ended = 1;
	assert_false(ok);
	strlcpy(words, text, sizeof(words));
}

/* Instead of libc's: none to a number that the kernel may give to others. */
int
kill(pid_t pid, int sig)
{
	siginfo_t si;

	if (waitid(P_PID, (id_t)(pid < 0 ? -pid : pid), &si,
		WEXITED | WNOHANG | WNOWAIT) == -1)
		strays++;
	return (int)syscall(SYS_kill, pid, sig);
}

/* From start to end in ms; stopped so many microseconds after its birth. */
static int64_t
stopped_after(useconds_t us, int bound)
{
	struct program_how how = { .path = "/bin/sh",
		.argv = sleeps,
		.env = child_environment,
		.uid = getuid(),
		.gid = getgid(),
		.deadline_ms = PATIENCE_S * 1000,
		.bound = bound };
	struct monotime began = monotime_now();
	struct program p;

	ended = 0;
	assert_int_equal(program_start(&p, &how, on_end, NULL), 0);
	if (us > 0)
		usleep(us);
	program_stop(&p);
	while (!ended)
		event_loop(EVLOOP_ONCE);
	return monotime_ms_between(began, monotime_now());
}

/* As from a bounding set without it. */
static void
drop_cap_kill(void)
{
	struct __user_cap_header_struct h = { .version =
						  _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	assert_int_equal(syscall(SYS_capget, &h, d), 0);
	d[0].effective &= ~(1U << CAP_KILL);
	d[0].permitted &= ~(1U << CAP_KILL);
	d[0].inheritable &= ~(1U << CAP_KILL);
	assert_int_equal(syscall(SYS_capset, &h, d), 0);
}

static void
test_of_another_user(void **arg)
{
	struct program_how how = { .path = "/bin/sh",
		.argv = deaf,
		.env = child_environment,
		.uid = NOBODY,
		.gid = NOBODY,
		.deadline_ms = PATIENCE_S * 1000 };
	struct monotime began = monotime_now();
	struct program p;
	int i;

	(void)arg;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	drop_cap_kill();
	ended = 0;
	assert_int_equal(program_start(&p, &how, on_end, NULL), 0);
	while (p.last[0] == '\0')
		event_loop(EVLOOP_ONCE);
	assert_string_equal(p.last, "deaf");
	assert_int_equal(kill(p.pid, 0), -1); /* not ours to signal, as root */
	program_stop(&p);
	while (!ended)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(geteuid(), 0);
	assert_true(monotime_ms_between(began, monotime_now()) <
		    PROGRAM_GRACE_MS + PATIENCE_S * 100);
	/* what it started is gone too: ours now, to be waited for */
	for (i = 0; i < 100 && waitpid(-p.pid, NULL, WNOHANG) == 0; i++)
		usleep(10 * 1000);
	assert_true(i < 100);
}

static void
stopped(int bound)
{
	useconds_t i;

	for (i = 0; i < TIMES; i++) {
		assert_true(stopped_after(i * 20, bound) < PROGRAM_GRACE_MS);
		assert_string_equal(words, "killed, it took too long");
	}
	assert_int_equal(strays, 0);
}

static void
test_stopped(void **arg)
{
	(void)arg;
	stopped(0);
}

static void
test_stopped_bound(void **arg)
{
	(void)arg;
	stopped(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_stopped_bound),
		cmocka_unit_test(test_of_another_user),
	};

	if (getuid() != 0) {
		puts("only root gives a program its groups");
		return 0;
	}
	event_init();
	child_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
