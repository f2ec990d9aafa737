/* SPDX-License-Identifier: ISC */
/* A process that is there as long as the test wants. */
#ifndef REGRESS_UNIT_SOMEBODY_H
#define REGRESS_UNIT_SOMEBODY_H

#include <sys/types.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

static inline pid_t
somebody(void)
{
	pid_t pid;

	if ((pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static inline void
somebody_ends(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

#endif
