/* SPDX-License-Identifier: ISC */
/*
 * A program that is to end at whatever moment after its birth ends at once,
 * not when it is killed for it.
 */
#include <sys/types.h>

#include <event.h>
#include <setjmp.h>
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

static char *sleeps[] = { "/bin/sh", "-c", "exec sleep 1000", NULL };
static int ended;
static char words[MSG_TEXT_LEN];

static void
on_end(int ok, const char *text, void *arg)
{
	(void)arg;
	ended = 1;
	assert_false(ok);
	strlcpy(words, text, sizeof(words));
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

static void
stopped(int bound)
{
	useconds_t i;

	for (i = 0; i < TIMES; i++) {
		assert_true(stopped_after(i * 20, bound) < PROGRAM_GRACE_MS);
		assert_string_equal(words, "killed, it took too long");
	}
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
	};

	if (getuid() != 0) {
		puts("only root gives a program its groups");
		return 0;
	}
	event_init();
	child_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
