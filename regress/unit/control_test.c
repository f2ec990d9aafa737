/* SPDX-License-Identifier: ISC */
/*
 * Clients that do what they should not: the control socket answers each
 * request once, and nothing they do costs anybody else anything.  The verbs
 * are the test's own.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/imsg.h"
#include "common/log.h"
#include "parent/control.h"
#include "parent/ctl_output.h"

#define WAIT_MS 10000
#define LONG    CONF_PEERS_MAX /* records before the last of a long answer */

static char dir[] = "/tmp/dialfail-control.XXXXXX";
static char path[sizeof(dir) + 8], readonly_path[sizeof(dir) + 8];
static uint32_t last_ctl; /* of the last request */
static uint32_t last_type;
static unsigned int nrequests;
static int large_hub; /* what its kernel has is long */

static int
is_long(uint32_t what)
{
	return what == CTL_SHOW_PROBES || what == CTL_SHOW_PEER_METRICS ||
	       what == CTL_SHOW_PEER_PROMETHEUS ||
	       (what == CTL_SHOW_NETWORK && large_hub);
}

void
verbs_request(uint32_t ctl, uint32_t type, const void *data)
{
	const struct ctl_show *show = data;
	struct ctl_process p;
	int i;

	last_ctl = ctl;
	last_type = type;
	nrequests++;
	switch (type) {
	case IMSG_CTL_SHOW:
		if (show->what == CTL_SHOW_CONFIG) /* netconf's, later */
			break;
		memset(&p, 0, sizeof(p));
		p.pid = show->what;
		for (i = 0; is_long(show->what) && i < LONG; i++)
			control_record(ctl, IMSG_CTL_PROCESS, &p, sizeof(p));
		control_record(ctl, IMSG_CTL_PROCESS, &p, sizeof(p));
		control_result(ctl, CTL_OK, "done");
		control_result(ctl, CTL_FAILED, "never twice");
		break;
	case IMSG_CTL_MONITOR:
		control_add_monitor(ctl);
		break;
	default: /* answered later, or never */
		break;
	}
}

static int
listener(const char *where)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, where, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/rw", dir);
	snprintf(readonly_path, sizeof(readonly_path), "%s/ro", dir);
	log_init("test", 1, 0);
	signal(SIGPIPE, SIG_IGN); /* as in the daemon */
	event_init();
	control_init(listener(path), listener(readonly_path));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	control_close();
	unlink(path);
	unlink(readonly_path);
	rmdir(dir);
	return 0;
}

static void
run(void)
{
	int i;

	for (i = 0; i < 4; i++)
		event_loop(EVLOOP_NONBLOCK);
}

static void
connect_to(struct imsgbuf *ibuf, const char *where)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, where, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(imsgbuf_init(ibuf, fd), 0);
	run();
}

static void
disconnect(struct imsgbuf *ibuf)
{
	imsgbuf_clear(ibuf);
	close(ibuf->fd);
	run();
}

static void
ask(struct imsgbuf *ibuf, uint32_t type, const void *data, size_t len)
{
	assert_int_equal(imsg_compose(ibuf, type, 0, 0, -1, data, len), 1);
	assert_int_equal(imsgbuf_flush(ibuf), 0);
	run();
}

/* The next message's type; 0: it was closed.  It must come. */
static uint32_t
next(struct imsgbuf *ibuf, void *data, size_t len)
{
	struct imsg imsg;
	uint32_t type;
	int n, ms;

	for (ms = 0; ms < WAIT_MS; ms++) {
		if (imsgbuf_get(ibuf, &imsg) == 1) {
			type = imsg_get_type(&imsg);
			if (data != NULL)
				assert_int_equal(
				    imsg_get_data(&imsg, data, len), 0);
			imsg_free(&imsg);
			return type;
		}
		run();
		n = imsgbuf_read(ibuf);
		if (n != 1)
			return 0;
		usleep(n == 1 ? 100 : 0);
	}
	fail_msg("no answer");
	return 0;
}

static void
expect_result(struct imsgbuf *ibuf, uint32_t code, const char *text)
{
	struct ctl_result r;

	assert_int_equal(next(ibuf, &r, sizeof(r)), IMSG_CTL_RESULT);
	assert_int_equal(r.code, code);
	assert_string_equal(r.text, text);
}

static void
read_long(struct imsgbuf *ibuf)
{
	int i;

	for (i = 0; i <= LONG; i++)
		assert_int_equal(next(ibuf, NULL, 0), IMSG_CTL_PROCESS);
	expect_result(ibuf, CTL_OK, "done");
}

/* Refused, and closed behind it. */
static void
expect_end(struct imsgbuf *ibuf, const char *text)
{
	expect_result(ibuf, CTL_REFUSED, text);
	assert_int_equal(next(ibuf, NULL, 0), 0);
	disconnect(ibuf);
}

static void
test_one_answer(void **state)
{
	struct imsgbuf c;
	struct ctl_show show = { .what = CTL_SHOW_HISTORY };
	struct ctl_process p;
	int i;

	(void)state;
	connect_to(&c, path);
	for (i = 0; i < 3; i++) { /* one after the other */
		ask(&c, IMSG_CTL_SHOW, &show, sizeof(show));
		assert_int_equal(next(&c, &p, sizeof(p)), IMSG_CTL_PROCESS);
		assert_int_equal(p.pid, CTL_SHOW_HISTORY);
		expect_result(&c, CTL_OK, "done");
	}
	disconnect(&c);
}

static void
test_late_answer(void **state)
{
	char text[300] = "", cut[MSG_TEXT_LEN] = "";
	struct imsgbuf c;

	(void)state;
	connect_to(&c, path);
	ask(&c, IMSG_CTL_FALLBACK, NULL, 0);
	assert_int_equal(last_type, IMSG_CTL_FALLBACK);
	control_result(last_ctl, CTL_REFUSED, "not %s", "now");
	expect_result(&c, CTL_REFUSED, "not now");
	ask(&c, IMSG_CTL_FALLBACK, NULL, 0); /* what is cut says so */
	memset(text, 'x', sizeof(text) - 1);
	memset(cut, 'x', sizeof(cut) - 4);
	strlcat(cut, "...", sizeof(cut));
	control_result(last_ctl, CTL_REFUSED, "%s", text);
	expect_result(&c, CTL_REFUSED, cut);
	/* nobody waits for these */
	control_result(last_ctl, CTL_OK, "again");
	control_result(last_ctl + 1000, CTL_OK, "nobody");
	disconnect(&c);
	control_result(last_ctl, CTL_OK, "gone");
}

/* The number is ours; what a client says of itself is not looked at. */
static void
test_claims(void **state)
{
	struct imsgbuf a, b;

	(void)state;
	connect_to(&a, path);
	connect_to(&b, path);
	ask(&a, IMSG_CTL_FALLBACK, NULL, 0);
	assert_int_equal(
	    imsg_compose(&b, IMSG_CTL_RELEASE, last_ctl, 1, -1, NULL, 0), 1);
	assert_int_equal(imsgbuf_flush(&b), 0);
	run();
	control_result(last_ctl, CTL_OK, "yours");
	expect_result(&b, CTL_OK, "yours");
	disconnect(&a);
	disconnect(&b);
}

static void
test_malformed(void **state)
{
	static const uint32_t not_ours[] = { IMSG_NONE, IMSG_NET_CLEAR,
		IMSG_CTL_RESULT, IMSG_TYPE_MAX, UINT32_MAX };
	struct ctl_show show;
	struct imsgbuf c;
	char big[8192];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++) {
		connect_to(&c, path);
		ask(&c, not_ours[i], NULL, 0);
		expect_end(&c, "not a request");
	}
	connect_to(&c, path);
	memset(&show, 'x', sizeof(show)); /* a name without its end */
	ask(&c, IMSG_CTL_SHOW, &show, sizeof(show));
	expect_end(&c, "malformed request (another version?)");
	connect_to(&c, path);
	ask(&c, IMSG_CTL_SHOW, &show, sizeof(show) - 1);
	expect_end(&c, "malformed request (another version?)");
	connect_to(&c, path);
	ask(&c, IMSG_CTL_CLEAR, "x", 1);
	expect_end(&c, "malformed request (another version?)");
	connect_to(&c, path);
	memset(big, 'x', sizeof(big));
	ask(&c, IMSG_CTL_SHOW, big, sizeof(big));
	expect_end(&c, "malformed request (another version?)");
}

static void
test_impossible_length(void **state)
{
	static const uint32_t lengths[] = { 0, 15, 16385, 0x7fffffff,
		0xffffffff };
	struct imsg_hdr hdr = { .type = IMSG_CTL_SHOW };
	struct imsgbuf c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		hdr.len = lengths[i];
		connect_to(&c, path);
		assert_int_equal(write(c.fd, &hdr, sizeof(hdr)), sizeof(hdr));
		run();
		expect_end(&c, "request of impossible length");
	}
}

static void
test_two_at_once(void **state)
{
	struct imsgbuf c;

	(void)state;
	connect_to(&c, path);
	ask(&c, IMSG_CTL_FALLBACK, NULL, 0);
	ask(&c, IMSG_CTL_RELEASE, NULL, 0);
	assert_int_equal(last_type, IMSG_CTL_FALLBACK);
	expect_end(&c, "one request at a time");
	control_result(last_ctl, CTL_OK, "too late");
}

static void
test_large_answers(void **state)
{
	char piece[CTL_PIECE_MAX];
	struct imsgbuf c;
	char got[CTL_PIECE_MAX];

	(void)state;
	memset(piece, 'a', sizeof(piece));
	piece[sizeof(piece) - 1] = '\0';
	connect_to(&c, path);
	ask(&c, IMSG_CTL_FALLBACK, NULL, 0);
	control_record(last_ctl, IMSG_CTL_TEXT, piece, sizeof(piece));
	control_result(last_ctl, CTL_OK, "done");
	assert_int_equal(next(&c, got, sizeof(got)), IMSG_CTL_TEXT);
	assert_memory_equal(piece, got, sizeof(got));
	expect_result(&c, CTL_OK, "done");
	disconnect(&c);
}

static void
test_monitor(void **state)
{
	struct imsgbuf reader, idler;
	struct ctl_line l, got;
	int i, n = 0;

	(void)state;
	memset(&l, 0, sizeof(l));
	strlcpy(l.who, "state", sizeof(l.who));
	connect_to(&reader, path);
	connect_to(&idler, path);
	ask(&reader, IMSG_CTL_MONITOR, NULL, 0);
	ask(&idler, IMSG_CTL_MONITOR, NULL, 0);
	for (i = 0; i < 8000; i++) {
		l.offset_ms = i;
		control_monitor(&l);
		if (i % 16 == 15)
			for (; n <= i; n++) {
				assert_int_equal(
				    next(&reader, &got, sizeof(got)),
				    IMSG_CTL_LINE);
				assert_int_equal(got.offset_ms, n);
			}
	}
	/* who does not read is told so at last, and let go */
	for (i = 0; i < 8000; i++)
		if (next(&idler, NULL, 0) != IMSG_CTL_LINE)
			break;
	assert_true(i > 0 && i < 8000);
	assert_int_equal(next(&idler, NULL, 0), 0);
	disconnect(&idler);
	disconnect(&reader);
}

static void
test_readonly(void **state)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct imsgbuf c;
	struct ctl_process p;

	(void)state;
	connect_to(&c, readonly_path);
	ask(&c, IMSG_CTL_SHOW, &show, sizeof(show));
	assert_int_equal(next(&c, &p, sizeof(p)), IMSG_CTL_PROCESS);
	expect_result(&c, CTL_OK, "done");
	nrequests = 0;
	show.what = CTL_SHOW_CONFIG;
	ask(&c, IMSG_CTL_SHOW, &show, sizeof(show));
	expect_end(&c, "not on the read-only socket");
	connect_to(&c, readonly_path);
	ask(&c, IMSG_CTL_CLEAR, NULL, 0);
	expect_end(&c, "not on the read-only socket");
	assert_int_equal(nrequests, 0);
}

/* Places that are ours: root has more of them than anybody else. */
static int
places(void)
{
	return geteuid() == 0 ? CONTROL_PLACES : 24;
}

static void
test_too_many(void **state)
{
	struct ctl_show show = { .what = 1 };
	struct imsgbuf c[CONTROL_PLACES + 24], other;
	struct ctl_process p;
	int i, n = places(), refused = 0;

	(void)state;
	for (i = 0; i < n; i++)
		connect_to(&c[i], readonly_path);
	connect_to(&c[n], readonly_path);
	expect_result(&c[n], CTL_REFUSED,
	    geteuid() == 0 ? "too many clients"
			   : "too many clients of this user");
	/* those who may act have their own places */
	connect_to(&other, path);
	ask(&other, IMSG_CTL_SHOW, &show, sizeof(show));
	assert_int_equal(next(&other, &p, sizeof(p)), IMSG_CTL_PROCESS);
	disconnect(&other);
	for (i = n + 1; i < n + 24; i++) {
		connect_to(&c[i], readonly_path);
		refused += next(&c[i], NULL, 0) != 0;
	}
	assert_true(refused > 0);
	for (i = 0; i < n + 24; i++)
		disconnect(&c[i]);
	connect_to(&other, readonly_path);
	ask(&other, IMSG_CTL_SHOW, &show, sizeof(show));
	assert_int_equal(next(&other, &p, sizeof(p)), IMSG_CTL_PROCESS);
	disconnect(&other);
}

/* Those who stay leave places for those who ask. */
static void
test_too_many_monitors(void **state)
{
	struct ctl_show show = { .what = 1 };
	struct imsgbuf c[24], other;
	struct ctl_process p;
	int i, n = geteuid() == 0 ? 24 : 23;

	(void)state;
	for (i = 0; i < n; i++) {
		connect_to(&c[i], path);
		ask(&c[i], IMSG_CTL_MONITOR, NULL, 0);
	}
	connect_to(&other, path);
	if (n == 24) {
		ask(&other, IMSG_CTL_MONITOR, NULL, 0);
		expect_end(&other, "too many monitor already");
		connect_to(&other, path);
	}
	ask(&other, IMSG_CTL_SHOW, &show, sizeof(show));
	assert_int_equal(next(&other, &p, sizeof(p)), IMSG_CTL_PROCESS);
	disconnect(&other);
	for (i = 0; i < n; i++)
		disconnect(&c[i]);
}

/*
 * netconf has one question at a time: the next one is that of who may act,
 * and one of who has left is not asked at all.
 */
static void
test_one_for_netconf(void **state)
{
	struct ctl_show show = { .what = CTL_SHOW_NETWORK };
	struct ctl_plan plan = { .kind = CTL_PLAN_FALLBACK };
	struct imsgbuf first, gone, second, admin;
	uint32_t had;

	(void)state;
	connect_to(&first, readonly_path);
	connect_to(&gone, readonly_path);
	connect_to(&second, readonly_path);
	connect_to(&admin, path);
	nrequests = 0;
	ask(&first, IMSG_CTL_PLAN, &plan, sizeof(plan));
	had = last_ctl;
	ask(&gone, IMSG_CTL_PLAN, &plan, sizeof(plan));
	ask(&second, IMSG_CTL_SHOW, &show, sizeof(show));
	ask(&admin, IMSG_CTL_PLAN, &plan, sizeof(plan));
	disconnect(&first);
	disconnect(&gone);
	assert_int_equal(nrequests, 1);
	control_result(had, CTL_OK, "nobody hears it");
	assert_int_equal(nrequests, 2);
	control_result(last_ctl, CTL_OK, "admin");
	expect_result(&admin, CTL_OK, "admin");
	/* this test's verbs answer at once, and it is nobody's turn */
	assert_int_equal(nrequests, 3);
	assert_int_equal(next(&second, NULL, 0), IMSG_CTL_PROCESS);
	expect_result(&second, CTL_OK, "done");
	ask(&admin, IMSG_CTL_PLAN, &plan, sizeof(plan));
	assert_int_equal(nrequests, 4);
	control_result(last_ctl, CTL_OK, "again");
	expect_result(&admin, CTL_OK, "again");
	disconnect(&second);
	disconnect(&admin);
}

/* The configuration is netconf's, too, and the longest answer of all. */
static void
test_configuration(void **state)
{
	struct ctl_show show = { .what = CTL_SHOW_CONFIG };
	struct imsgbuf c[5];
	size_t i;

	(void)state;
	nrequests = 0;
	for (i = 0; i < 5; i++) {
		connect_to(&c[i], path);
		ask(&c[i], IMSG_CTL_SHOW, &show, sizeof(show));
		assert_int_equal(nrequests, 1);
	}
	expect_end(&c[4], "too many such answers are not read yet");
	for (i = 0; i < 4; i++) {
		assert_int_equal(nrequests, i + 1);
		control_record(last_ctl, IMSG_CTL_TEXT, "x", 2);
		assert_int_equal(nrequests, i + 1);
		control_result(last_ctl, CTL_OK, "done");
		run(); /* the next one's turn comes when it is sent */
	}
	assert_int_equal(nrequests, 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(next(&c[i], NULL, 0), IMSG_CTL_TEXT);
		expect_result(&c[i], CTL_OK, "done");
		disconnect(&c[i]);
	}
}

/* Long answers that are not read are bounded for those who only look. */
static void
test_unread(void **state)
{
	struct ctl_show show = { .what = CTL_SHOW_PROBES };
	struct imsgbuf c[5], admin;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		connect_to(&c[i], readonly_path);
		ask(&c[i], IMSG_CTL_SHOW, &show, sizeof(show));
	}
	expect_end(&c[4], "too many such answers are not read yet");
	connect_to(&admin, path);
	ask(&admin, IMSG_CTL_SHOW, &show, sizeof(show));
	read_long(&admin);
	disconnect(&admin);
	read_long(&c[0]);
	connect_to(&c[4], readonly_path);
	ask(&c[4], IMSG_CTL_SHOW, &show, sizeof(show));
	read_long(&c[4]);
	for (size_t i = 0; i < 5; i++)
		disconnect(&c[i]);
}

/* Those of a hub's peers are long, too. */
static void
test_unread_peers(void **state)
{
	struct ctl_show show = { .what = CTL_SHOW_PEER_METRICS };
	struct imsgbuf c[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		connect_to(&c[i], readonly_path);
		ask(&c[i], IMSG_CTL_SHOW, &show, sizeof(show));
		show.what = CTL_SHOW_PEER_PROMETHEUS;
	}
	expect_end(&c[4], "too many such answers are not read yet");
	for (size_t i = 0; i < 5; i++)
		disconnect(&c[i]);
}

/* And what the kernel has of their tunnels. */
static void
test_unread_network(void **state)
{
	struct ctl_show show = { .what = CTL_SHOW_NETWORK };
	struct ctl_plan plan = { .kind = CTL_PLAN_FALLBACK };
	struct imsgbuf c[5], admin;
	unsigned int before;

	(void)state;
	connect_to(&admin, path);
	ask(&admin, IMSG_CTL_PLAN, &plan, sizeof(plan)); /* netconf has it */
	for (size_t i = 0; i < 5; i++) {
		connect_to(&c[i], readonly_path);
		ask(&c[i], IMSG_CTL_SHOW, &show, sizeof(show));
	}
	expect_end(&c[4], "too many such answers are not read yet");
	before = nrequests;
	large_hub = 1;
	control_result(last_ctl, CTL_OK, "done");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(nrequests, before + i + 1); /* one by one */
		read_long(&c[i]);
		disconnect(&c[i]);
	}
	disconnect(&admin);
	large_hub = 0;
}

/* The next request waits until the last answer has been taken. */
static void
test_pipelined(void **state)
{
	struct ctl_show show = { .what = CTL_SHOW_PROBES };
	struct imsgbuf c;

	(void)state;
	connect_to(&c, path);
	nrequests = 0;
	ask(&c, IMSG_CTL_SHOW, &show, sizeof(show));
	ask(&c, IMSG_CTL_SHOW, &show, sizeof(show));
	assert_int_equal(nrequests, 1);
	read_long(&c);
	expect_end(&c, "one request at a time");
}

/* No descriptor is left: the loop does not spin, and the client waits. */
static void
test_no_descriptors(void **state)
{
	struct rlimit old, low;
	struct ctl_show show = { .what = 1 };
	struct imsgbuf c;
	struct ctl_process p;
	int fd;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	connect_to(&c, path);
	disconnect(&c);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_not_equal(fd, -1);
	low = old;
	low.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	close(fd);
	connect_to(&c, path); /* takes the last one */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	ask(&c, IMSG_CTL_SHOW, &show, sizeof(show));
	assert_int_equal(next(&c, &p, sizeof(p)), IMSG_CTL_PROCESS);
	expect_result(&c, CTL_OK, "done");
	disconnect(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_answer),
		cmocka_unit_test(test_late_answer),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_impossible_length),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_large_answers),
		cmocka_unit_test(test_monitor),
		cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_many_monitors),
		cmocka_unit_test(test_one_for_netconf),
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_unread_peers),
		cmocka_unit_test(test_unread_network),
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_no_descriptors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
