/* SPDX-License-Identifier: ISC */
/*
 * Children and their channel, with real ones: this program started again, as
 * dialfaild starts itself.
 */
#include <sys/file.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/msg.h"
#include "common/proc.h"

#define PATIENCE_MS 30000

/* --- the child */

static struct imsgev channel;

/* What it is told beyond its own words it sends back. */
static void
echo(uint32_t type, struct imsg *imsg)
{
	(void)type;
	if (imsg_forward(&channel.ibuf, imsg) == -1)
		_exit(9);
}

static void
dispatch(int fd, short what, void *arg)
{
	(void)fd;
	(void)arg;
	proc_child_dispatch(&channel, what, echo);
}

static void
child(void)
{
	proc_child_init(&channel, "tester", 1, 0, 0, dispatch);
	proc_child_ready(&channel, "none");
	event_dispatch();
	_exit(8);
}

/* --- its parent */

struct kid {
	pid_t pid;
	struct imsgbuf ibuf;
};

static void
start(struct kid *kid, const int *kept, int nkept)
{
	char *argv[] = { (char[]){ "proc_test" }, (char[]){ "-P" }, NULL };
	int fd[2];

	proc_socketpair(fd);
	kid->pid = proc_start_child("tester", argv, fd[1], kept, nkept);
	close(fd[1]);
	assert_int_equal(imsgbuf_init(&kid->ibuf, fd[0]), 0);
}

static void
hear(struct kid *kid, uint32_t type, void *data, size_t len)
{
	struct pollfd p = { .fd = kid->ibuf.fd, .events = POLLIN };
	struct imsg imsg;

	while (imsgbuf_get(&kid->ibuf, &imsg) == 0) {
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		assert_int_equal(imsgbuf_read(&kid->ibuf), 1);
	}
	assert_int_equal(imsg_get_type(&imsg), type);
	assert_int_equal(imsg_get_data(&imsg, data, len), 0);
	imsg_free(&imsg);
}

static void
tell(struct kid *kid, uint32_t type, const void *data, size_t len)
{
	assert_int_equal(
	    imsg_compose(&kid->ibuf, type, 0, 0, -1, data, len), 1);
	assert_int_equal(imsgbuf_write(&kid->ibuf), 0);
}

static void
hear_ready(struct kid *kid)
{
	struct msg_ready r;

	hear(kid, IMSG_READY, &r, sizeof(r));
	assert_string_equal(r.sandbox, "none");
}

/* Leave it alone; its exit code. */
static int
leave(struct kid *kid)
{
	int status;

	close(kid->ibuf.fd);
	imsgbuf_clear(&kid->ibuf);
	assert_int_equal(waitpid(kid->pid, &status, 0), kid->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_talk(void **state)
{
	struct kid kid;
	uint32_t n = 4711, loud = 1;

	(void)state;
	start(&kid, NULL, 0);
	hear_ready(&kid);
	tell(&kid, IMSG_VERBOSE, &loud, sizeof(loud));
	tell(&kid, IMSG_PING, &n, sizeof(n));
	n = 0;
	hear(&kid, IMSG_PONG, &n, sizeof(n));
	assert_int_equal(n, 4711);
	tell(&kid, IMSG_CONF_END, &n, sizeof(n));
	hear(&kid, IMSG_CONF_END, &n, sizeof(n));
	assert_int_equal(leave(&kid), 0); /* it goes with its parent */
}

/* A parent that was killed did not read all: no reason to call it an error. */
static void
test_unread_words(void **state)
{
	struct kid kid;
	struct pollfd p;
	uint32_t n = 1;

	(void)state;
	start(&kid, NULL, 0);
	hear_ready(&kid);
	tell(&kid, IMSG_PING, &n, sizeof(n));
	p = (struct pollfd){ .fd = kid.ibuf.fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(leave(&kid), 0);
}

static void
test_malformed_is_fatal(void **state)
{
	struct kid kid;
	struct imsg_hdr hdr = { IMSG_PING, 3, 0, 0 };

	(void)state;
	start(&kid, NULL, 0);
	hear_ready(&kid);
	tell(&kid, IMSG_PING, "two", 2); /* not the length of a number */
	assert_int_equal(leave(&kid), 1);

	start(&kid, NULL, 0);
	hear_ready(&kid);
	assert_int_equal(write(kid.ibuf.fd, &hdr, sizeof(hdr)), sizeof(hdr));
	assert_int_equal(leave(&kid), 1);
}

/*
 * The lock is the first descriptor that is opened, so it has the channel's
 * number: the child must hold it nevertheless, until it ends.
 */
static void
test_a_kept_lock_in_the_channels_place(void **state)
{
	char name[] = "/tmp/proc_test.XXXXXX";
	struct kid kid;
	int fd, again, kept = PROC_CHANNEL;

	(void)state;
	assert_true((fd = mkstemp(name)) != -1);
	assert_true((again = open(name, O_RDWR | O_CLOEXEC)) != -1);
	unlink(name);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	if (fd != kept) {
		/* whatever the test was started with there is of no use */
		assert_int_equal(dup3(fd, kept, O_CLOEXEC), kept);
		close(fd);
	}
	start(&kid, &kept, 1);
	close(kept);
	hear_ready(&kid);
	assert_int_equal(flock(again, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(leave(&kid), 0);
	assert_int_equal(flock(again, LOCK_EX | LOCK_NB), 0);
	close(again);
}

/* One that is not named is not there. */
static void
test_nothing_else_is_kept(void **state)
{
	char name[] = "/tmp/proc_test.XXXXXX";
	struct kid kid;
	int fd, again;

	(void)state;
	assert_true((fd = mkostemp(name, O_CLOEXEC)) != -1);
	assert_true((again = open(name, O_RDWR | O_CLOEXEC)) != -1);
	unlink(name);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	start(&kid, NULL, 0);
	close(fd);
	hear_ready(&kid);
	assert_int_equal(flock(again, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(leave(&kid), 0);
	close(again);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk),
		cmocka_unit_test(test_unread_words),
		cmocka_unit_test(test_malformed_is_fatal),
		cmocka_unit_test(test_a_kept_lock_in_the_channels_place),
		cmocka_unit_test(test_nothing_else_is_kept),
	};

	if (argc > 1 && strcmp(argv[1], "-P") == 0)
		child();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
