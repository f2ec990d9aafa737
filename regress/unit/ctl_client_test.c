/* SPDX-License-Identifier: ISC */
/*
 * Answers of any length: all of a hub with as many peers as there may be is
 * taken, and what is beyond all bounds is an error, never a part that looks
 * like the whole.  The daemon is a process of the test.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/imsg.h"
#include "parent/ctl_client.h"

#define LINES (2 * CONF_PEERS_MAX) /* a tunnel and a route of each */

typedef void serve(struct imsgbuf *);

static char dir[] = "/tmp/dialfail-client.XXXXXX";
static char path[sizeof(dir) + 8];
static int listening;

/* -1: the client is gone. */
static int
say(struct imsgbuf *ibuf, uint32_t type, const void *data, size_t len)
{
	if (imsg_compose(ibuf, type, 0, 0, -1, data, len) == -1)
		_exit(1);
	return imsgbuf_flush(ibuf);
}

static void
done(struct imsgbuf *ibuf)
{
	struct ctl_result r = { .code = CTL_OK, .text = "done" };

	(void)say(ibuf, IMSG_CTL_RESULT, &r, sizeof(r));
}

static void
serve_client(serve *answer)
{
	struct imsgbuf ibuf;
	struct imsg imsg;
	int fd = accept(listening, NULL, NULL);

	signal(SIGPIPE, SIG_IGN);
	if (fd == -1 || imsgbuf_init(&ibuf, fd) == -1 ||
	    imsgbuf_read(&ibuf) != 1 || imsgbuf_get(&ibuf, &imsg) != 1)
		_exit(1);
	imsg_free(&imsg);
	answer(&ibuf);
	_exit(0);
}

static int
ask(struct ctl_client *c, uint32_t what, serve *answer)
{
	int code, status;
	pid_t pid;

	memset(c, 0, sizeof(*c));
	c->socket = path;
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		serve_client(answer);
	code = ctl_client_show(c, what, "");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return code;
}

static void
serve_text(struct imsgbuf *ibuf)
{
	char piece[CTL_PIECE_MAX];
	int i;

	memset(piece, '#', sizeof(piece));
	piece[sizeof(piece) - 1] = '\0';
	for (i = 0; i < CONF_PEERS_MAX; i++)
		(void)say(ibuf, IMSG_CTL_TEXT, piece, sizeof(piece));
	done(ibuf);
}

/* A line of 4 kB for each peer, which is more than one may have. */
static void
test_long_text(void **state)
{
	struct ctl_client c;

	(void)state;
	assert_int_equal(ask(&c, CTL_SHOW_CONFIG, serve_text), CTL_EXIT_DONE);
	assert_int_equal(c.result.code, CTL_OK);
	assert_int_equal(
	    c.answer.textlen, (size_t)CONF_PEERS_MAX * (CTL_PIECE_MAX - 1));
	assert_int_equal(strlen(c.answer.text), c.answer.textlen);
	ctl_client_free(&c);
}

static void
serve_lines(struct imsgbuf *ibuf)
{
	struct ctl_line l = { .who = "network" };
	int i;

	for (i = 0; i < LINES; i++) {
		snprintf(l.text, sizeof(l.text), "tunnel gre%d", i);
		(void)say(ibuf, IMSG_CTL_LINE, &l, sizeof(l));
	}
	l.different = 1;
	strlcpy(l.text, "nft table inet dialfail: missing", sizeof(l.text));
	(void)say(ibuf, IMSG_CTL_LINE, &l, sizeof(l));
	done(ibuf);
}

/* What comes behind all tunnels of a hub is seen, too. */
static void
test_many_lines(void **state)
{
	char *text = NULL;
	struct ctl_client c;
	size_t len;
	FILE *f;

	(void)state;
	assert_int_equal(ask(&c, CTL_SHOW_NETWORK, serve_lines), CTL_EXIT_DONE);
	assert_int_equal(c.answer.nlines, LINES + 1);
	assert_string_equal(c.answer.lines[LINES - 1].text, "tunnel gre19999");
	assert_non_null(f = open_memstream(&text, &len));
	ctl_json.show(f, CTL_SHOW_NETWORK, &c.answer);
	fclose(f);
	assert_non_null(strstr(text, "\"as_wanted\":false"));
	free(text);
	ctl_client_free(&c);
}

static void
serve_endless(struct imsgbuf *ibuf)
{
	char piece[CTL_PIECE_MAX];

	memset(piece, '#', sizeof(piece));
	piece[sizeof(piece) - 1] = '\0';
	while (say(ibuf, IMSG_CTL_TEXT, piece, sizeof(piece)) == 0)
		;
}

static void
test_endless(void **state)
{
	struct ctl_client c;

	(void)state;
	assert_int_equal(
	    ask(&c, CTL_SHOW_CONFIG, serve_endless), CTL_EXIT_REFUSED);
	assert_string_equal(c.why, "the answer is longer than 128 MB");
	ctl_client_free(&c);
}

static int
setup(void **state)
{
	struct sockaddr_un sun;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(listening, -1);
	assert_int_equal(
	    bind(listening, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(listening, 1), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close(listening);
	unlink(path);
	rmdir(dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
