/* SPDX-License-Identifier: ISC */
/*
 * The dialer's process for real, in its sandbox: the test is its parent on
 * one side and the modem, on ptys, on the other.  Only the change of user
 * and root is left out, since that takes root.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/tty.h> /* N_NULL */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/proc.h"
#define proc_user()            NULL
#define proc_drop(user, where) (void)0
#include "dialer/dialer.c"

#define WAIT_MS   20000
#define OK        "\r\nOK\r\n"
#define NMODEMS   3 /* modem i is uplink i; uplink 0 has none */
#define GOES_AWAY "closes"

static const char text[] =
    "primary eth1 { target 198.51.100.7 }\n"
    "backup a { modem \"/dev/a\" phone \"5551234\" account \"x\"\n"
    "	secret file \"/etc/x\" }\n"
    "backup b { modem \"/dev/b\" phone \"1111\" \"2222\" account \"x\"\n"
    "	secret file \"/etc/x\" }\n";

static struct conf *read_conf;
static struct imsgbuf ibuf; /* our end of the channel */
static pid_t child;

static struct fake_modem {
	int master;
	int ours; /* the slave, once more, as netconf has it */
	const char *dial; /* the answer to ATD, NULL: none */
	int mute; /* no answer to anything */
	int dtr_was_low;
	char line[128];
	size_t len;
	char heard[1024]; /* commands, each ended by | */
} modems[NMODEMS];

static struct {
	uint32_t type;
	struct msg_modem modem;
	struct msg_link_result r; /* or the same fields of another message */
	uint32_t gen;
	char ready[MSG_TEXT_LEN];
} last;

/* --- the modems ----------------------------------------------------------- */

static void
modem_open(struct fake_modem *f)
{
	struct termios t;
	char name[64];

	memset(f, 0, sizeof(*f));
	f->dial = "\r\nCONNECT 33600\r\n";
	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(f->master != -1);
	assert_int_equal(grantpt(f->master), 0);
	assert_int_equal(unlockpt(f->master), 0);
	assert_int_equal(ptsname_r(f->master, name, sizeof(name)), 0);
	/* blocking, as pppd leaves it */
	f->ours = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(f->ours != -1);
	/* raw from the start: a terminal's echo would be the modem's */
	assert_int_equal(tcgetattr(f->ours, &t), 0);
	cfmakeraw(&t);
	assert_int_equal(tcsetattr(f->ours, TCSANOW, &t), 0);
}

static void
modem_close(struct fake_modem *f)
{
	if (f->master != -1)
		close(f->master);
	if (f->ours != -1)
		close(f->ours);
	f->master = f->ours = -1;
}

static void
modem_say(struct fake_modem *f, const char *s)
{
	if (strcmp(s, GOES_AWAY) == 0)
		modem_close(f);
	else
		assert_int_equal(write(f->master, s, strlen(s)), strlen(s));
}

static void
modem_command(struct fake_modem *f)
{
	strlcat(f->heard, f->line, sizeof(f->heard));
	strlcat(f->heard, "|", sizeof(f->heard));
	if (f->mute || strncmp(f->line, "AT", 2) != 0)
		return;
	if (f->line[2] != 'D')
		modem_say(f, OK);
	else if (strcmp(f->line, "ATD1111") == 0)
		modem_say(f, "\r\nBUSY\r\n");
	else if (f->dial != NULL)
		modem_say(f, f->dial);
}

static void
modem_run(struct fake_modem *f)
{
	struct termios t;
	char c;

	if (tcgetattr(f->master, &t) == 0 && cfgetospeed(&t) == B0)
		f->dtr_was_low = 1;
	while (f->master != -1 && read(f->master, &c, 1) == 1) {
		if (c != '\r') {
			assert_true(f->len < sizeof(f->line) - 1);
			f->line[f->len++] = c;
			continue;
		}
		f->line[f->len] = '\0';
		f->len = 0;
		modem_command(f);
	}
}

/* --- the parent ----------------------------------------------------------- */

static void
note(struct imsg *imsg)
{
	struct msg_link_text t;
	struct msg_ready ready;

	memset(&last, 0, sizeof(last));
	last.type = imsg_get_type(imsg);
	switch (last.type) {
	case IMSG_DIAL_PHASE:
		assert_int_equal(imsg_get_data(imsg, &t, sizeof(t)), 0);
		assert_true(msg_link_text_valid(&t));
		last.r.uplink = t.uplink;
		last.r.gen = t.gen;
		break;
	case IMSG_MODEM:
		assert_int_equal(
		    imsg_get_data(imsg, &last.modem, sizeof(last.modem)), 0);
		assert_true(msg_modem_valid(&last.modem));
		last.r.uplink = last.modem.uplink;
		last.r.gen = last.modem.gen;
		break;
	case IMSG_DIAL_RESULT:
	case IMSG_HANGUP_DONE:
		assert_int_equal(
		    imsg_get_data(imsg, &last.r, sizeof(last.r)), 0);
		assert_true(msg_link_result_valid(&last.r));
		break;
	case IMSG_CONF_ACK:
		assert_int_equal(
		    imsg_get_data(imsg, &last.gen, sizeof(last.gen)), 0);
		break;
	case IMSG_READY:
		assert_int_equal(imsg_get_data(imsg, &ready, sizeof(ready)), 0);
		strlcpy(last.ready, ready.sandbox, sizeof(last.ready));
		break;
	default:
		fail_msg("%s", msg_name(last.type));
	}
}

/* Let all run until such a message has come; 0: the channel was closed. */
static int
wait_for(uint32_t type, uint32_t uplink)
{
	struct monotime end = monotime_add_ms(monotime_now(), WAIT_MS);
	struct pollfd pfd[1 + NMODEMS];
	struct imsg imsg;
	int i, n;

	while (monotime_cmp(monotime_now(), end) < 0) {
		while ((n = imsgbuf_get(&ibuf, &imsg)) > 0) {
			note(&imsg);
			imsg_free(&imsg);
			if (last.type == type && last.r.uplink == uplink)
				return 1;
		}
		assert_int_equal(n, 0);
		assert_int_equal(imsgbuf_write(&ibuf), 0);
		pfd[0].fd = ibuf.fd;
		for (i = 0; i < NMODEMS; i++)
			pfd[1 + i].fd = modems[i].master;
		for (i = 0; i < 1 + NMODEMS; i++)
			pfd[i].events = POLLIN;
		assert_true(poll(pfd, 1 + NMODEMS, 20) != -1);
		if (pfd[0].revents != 0 && imsgbuf_read(&ibuf) != 1)
			return 0;
		for (i = 0; i < NMODEMS; i++)
			if (modems[i].master != -1)
				modem_run(&modems[i]);
	}
	fail_msg("%s did not come", msg_name(type));
	return 0;
}

static void
send_child(uint32_t type, int fd, const void *data, size_t len)
{
	assert_int_equal(imsg_compose(&ibuf, type, 0, 0, fd, data, len), 1);
}

static void
send_conf(uint32_t gen)
{
	struct msg_conf_begin b = { .gen = gen,
		.nuplinks = read_conf->nuplinks };
	uint32_t i;

	send_child(IMSG_CONF_BEGIN, -1, &b, sizeof(b));
	for (i = 0; i < read_conf->nuplinks; i++)
		send_child(IMSG_CONF_UPLINK, -1, &read_conf->uplink[i],
		    sizeof(read_conf->uplink[i]));
	send_child(IMSG_CONF_END, -1, &gen, sizeof(gen));
	assert_true(wait_for(IMSG_CONF_ACK, 0));
	assert_int_equal(last.gen, gen);
}

static void
send_tty(uint32_t uplink, uint32_t gen)
{
	struct msg_link m = { uplink, gen };
	int fd;

	assert_true((fd = dup(modems[uplink].ours)) != -1);
	send_child(IMSG_TTY, fd, &m, sizeof(m));
}

static void
send_dial(uint32_t uplink, uint32_t gen)
{
	struct msg_dial d = { uplink, gen, 0, 30000 };

	send_child(IMSG_DIAL, -1, &d, sizeof(d));
}

static void
dial(uint32_t uplink, uint32_t gen)
{
	send_tty(uplink, gen);
	send_dial(uplink, gen);
}

static void
hang_up(uint32_t uplink, uint32_t gen)
{
	struct msg_link m = { uplink, gen };

	send_child(IMSG_HANGUP, -1, &m, sizeof(m));
	assert_true(wait_for(IMSG_HANGUP_DONE, uplink));
	assert_int_equal(last.r.gen, gen);
}

static void
report(const char *file, int line, const char *why, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s\n", file, line, why);
}

static int
read_configuration(void **state)
{
	char path[] = "/tmp/dialer_test.XXXXXX";
	int fd;

	(void)state;
	if ((fd = mkstemp(path)) == -1 ||
	    write(fd, text, sizeof(text) - 1) != sizeof(text) - 1)
		return -1;
	close(fd);
	read_conf = conf_parse(path, NULL, 1, report, NULL);
	unlink(path);
	return read_conf == NULL ? -1 : 0;
}

static int
forget_configuration(void **state)
{
	(void)state;
	conf_free(read_conf);
	return 0;
}

/* LeakSanitizer cannot look at a process in this sandbox. */
static void
leave(int status, void *arg)
{
	(void)arg;
	_exit(status);
}

static int
start(void **state)
{
	int fd[2], i;

	(void)state;
	for (i = 1; i < NMODEMS; i++)
		modem_open(&modems[i]);
	modems[0].master = modems[0].ours = -1;
	proc_socketpair(fd);
	fflush(NULL);
	if ((child = fork()) == -1)
		return -1;
	if (child == 0) {
		if (dup2(fd[1], PROC_CHANNEL) == -1)
			_exit(2);
		closefrom(PROC_CHANNEL + 1);
		on_exit(leave, NULL);
		dialer(1, 0);
	}
	close(fd[1]);
	if (imsgbuf_init(&ibuf, fd[0]) == -1)
		return -1;
	imsgbuf_allow_fdpass(&ibuf);
	assert_true(wait_for(IMSG_READY, 0));
	assert_non_null(strstr(last.ready, "seccomp"));
	send_conf(1);
	return 0;
}

static int
child_status(void)
{
	int status;

	close(ibuf.fd);
	imsgbuf_clear(&ibuf);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Without its parent it ends by itself, and as it should. */
static int
stop(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < NMODEMS; i++)
		modem_close(&modems[i]);
	return child_status();
}

/* --- tests ---------------------------------------------------------------- */

static void
dial_and_hang_up(void **state)
{
	struct fake_modem *f = &modems[1];
	struct pollfd pfd = { .fd = f->master };

	(void)state;
	dial(1, 7);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.gen, 7);
	assert_int_equal(last.r.class, MSG_LINK_OK);
	assert_string_equal(last.r.text, "CONNECT 33600");
	assert_string_equal(
	    f->heard, "AT|ATE0V1Q0X4|AT&C1&D2|ATS0=0|ATD5551234|");
	assert_false(f->dtr_was_low);
	hang_up(1, 7);
	assert_int_equal(last.r.class, MSG_LINK_OK);
	assert_true(f->dtr_was_low);
	/* a silent peer was asked to speak */
	assert_non_null(
	    strstr(f->heard, "ATD5551234|~\xff}#\xc0!}!} } }$}-\xef~ATH|AT|"));
	/* and it holds the port no longer: ours is the last descriptor */
	close(f->ours);
	f->ours = -1;
	assert_true(poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP));
}

/* What a killed pppd leaves; the kernel has this one without its module. */
static void
another_discipline(void **state)
{
	int null = N_NULL;

	(void)state;
	assert_int_equal(ioctl(modems[1].ours, TIOCSETD, &null), 0);
	dial(1, 7);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.class, MSG_LINK_OK);
	hang_up(1, 7);
}

/* Made ready beforehand, it is sent ATD at once, and nothing else. */
static void
warm(void **state)
{
	struct msg_link m = { 1, 7 };
	struct fake_modem *f = &modems[1];

	(void)state;
	send_tty(1, 7);
	send_child(IMSG_WARM, -1, &m, sizeof(m));
	assert_true(wait_for(IMSG_MODEM, 1));
	assert_int_equal(last.modem.state, MSG_MODEM_READY);
	assert_string_equal(f->heard, "AT|ATE0V1Q0X4|AT&C1&D2|ATS0=0|");
	send_dial(1, 7);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.class, MSG_LINK_OK);
	assert_string_equal(
	    f->heard, "AT|ATE0V1Q0X4|AT&C1&D2|ATS0=0|ATD5551234|");
	hang_up(1, 7);
	/* and one that is not dialled is just closed */
	send_tty(1, 8);
	m.gen = 8;
	send_child(IMSG_WARM, -1, &m, sizeof(m));
	assert_true(wait_for(IMSG_MODEM, 1));
	f->heard[0] = '\0';
	hang_up(1, 8);
	assert_string_equal(f->heard, "");
}

static void
warm_and_unplugged(void **state)
{
	struct msg_link m = { 1, 7 };

	(void)state;
	send_tty(1, 7);
	send_child(IMSG_WARM, -1, &m, sizeof(m));
	assert_true(wait_for(IMSG_MODEM, 1));
	modem_close(&modems[1]);
	assert_true(wait_for(IMSG_MODEM, 1));
	assert_int_equal(last.modem.state, MSG_MODEM_LOST);
	assert_int_equal(last.modem.lost, 1);
}

static void
what_follows_connect_is_left(void **state)
{
	struct fake_modem *f = &modems[1];
	struct pollfd pfd = { .fd = f->ours, .events = POLLIN };
	char buf[32];

	(void)state;
	f->dial = "\r\nCONNECT\r\n~\377}#\300!";
	dial(1, 1);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.class, MSG_LINK_OK);
	assert_int_equal(poll(&pfd, 1, 0), 1);
	assert_int_equal(read(f->ours, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "~\377}#\300!", 6);
	/* nor does it read while pppd has the line */
	modem_say(f, "~more");
	send_conf(2);
	assert_int_equal(poll(&pfd, 1, WAIT_MS), 1);
	assert_int_equal(read(f->ours, buf, sizeof(buf)), 5);
}

static void
next_number(void **state)
{
	(void)state;
	dial(2, 3);
	assert_true(wait_for(IMSG_DIAL_RESULT, 2));
	assert_int_equal(last.r.class, MSG_LINK_OK);
	assert_int_equal(last.r.phone, 1);
	assert_non_null(strstr(modems[2].heard, "ATD1111|AT|ATD2222|"));
}

/* One modem is silent, which keeps the other from nothing. */
static void
two_at_once(void **state)
{
	(void)state;
	modems[1].mute = 1;
	dial(1, 1);
	dial(2, 1);
	assert_true(wait_for(IMSG_DIAL_RESULT, 2));
	assert_int_equal(last.r.class, MSG_LINK_OK);
	hang_up(2, 1);
	modems[1].mute = 0;
	hang_up(1, 1);
	assert_int_equal(last.r.class, MSG_LINK_OK);
}

static void
hang_up_a_call(void **state)
{
	struct fake_modem *f = &modems[1];

	(void)state;
	f->dial = NULL;
	dial(1, 1);
	do
		assert_true(wait_for(IMSG_DIAL_PHASE, 1));
	while (strstr(f->heard, "ATD") == NULL);
	hang_up(1, 2);
	assert_int_equal(last.r.class, MSG_LINK_OK);
	/* the lone CR that ends a call */
	assert_non_null(strstr(f->heard, "ATD5551234||ATH|AT|"));
}

static void
unplugged(void **state)
{
	(void)state;
	modems[1].dial = GOES_AWAY;
	dial(1, 1);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.class, MSG_LINK_BACKOFF);
	assert_string_equal(last.r.text, "the port has gone away");
	hang_up(1, 1);
	/* it serves on */
	dial(2, 2);
	assert_true(wait_for(IMSG_DIAL_RESULT, 2));
	assert_int_equal(last.r.class, MSG_LINK_OK);
}

static void
unplugged_while_online(void **state)
{
	(void)state;
	dial(1, 1);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	modem_close(&modems[1]);
	hang_up(1, 1);
}

static void
not_a_tty(void **state)
{
	struct msg_link m = { 1, 1 };
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	send_child(IMSG_TTY, fd[0], &m, sizeof(m));
	send_dial(1, 1);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.class, MSG_LINK_BACKOFF);
	assert_non_null(strstr(last.r.text, "port: "));
	close(fd[1]);
}

/* An answer has the generation of its question, whatever came before. */
static void
generations(void **state)
{
	(void)state;
	hang_up(1, 5);
	send_dial(1, 6);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.gen, 6);
	assert_int_equal(last.r.class, MSG_LINK_BACKOFF);
	send_tty(1, 7);
	send_dial(1, 8);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.gen, 8);
	assert_int_equal(last.r.class, MSG_LINK_BACKOFF);
	/* a newer port takes the place of the one before, also mid-call */
	modems[1].dial = NULL;
	dial(1, 9);
	do
		assert_true(wait_for(IMSG_DIAL_PHASE, 1));
	while (strstr(modems[1].heard, "ATD") == NULL);
	modems[1].dial = "\r\nCONNECT\r\n";
	dial(1, 10);
	assert_true(wait_for(IMSG_DIAL_RESULT, 1));
	assert_int_equal(last.r.gen, 10);
	assert_int_equal(last.r.class, MSG_LINK_OK);
}

/* What is under way goes on with the numbers that it began with. */
static void
reload_in_a_call(void **state)
{
	struct conf_modem *m = &read_conf->uplink[2].modem, saved = *m;

	(void)state;
	dial(2, 1);
	strlcpy(m->phone[1], "3333", sizeof(m->phone[1]));
	send_conf(2);
	assert_true(wait_for(IMSG_DIAL_RESULT, 2));
	assert_int_equal(last.r.phone, 1);
	assert_non_null(strstr(modems[2].heard, "ATD2222|"));
	hang_up(2, 1);
	dial(2, 2);
	assert_true(wait_for(IMSG_DIAL_RESULT, 2));
	assert_non_null(strstr(modems[2].heard, "ATD3333|"));
	*m = saved;
}

static void
no_modem_there(void **state)
{
	struct msg_link m = { 0, 1 };

	(void)state;
	send_child(IMSG_TTY, dup(modems[1].ours), &m, sizeof(m));
	send_dial(0, 1);
	assert_true(wait_for(IMSG_DIAL_RESULT, 0));
	assert_int_equal(last.r.class, MSG_LINK_BACKOFF);
	m.uplink = CONF_UPLINKS_MAX - 1;
	send_child(IMSG_TTY, dup(modems[1].ours), &m, sizeof(m));
	hang_up(CONF_UPLINKS_MAX - 1, 1);
}

/* What cannot be from the parent is not believed: it ends. */
static void
expect_end(void)
{
	assert_false(wait_for(IMSG_TYPE_MAX, 0));
	assert_int_not_equal(child_status(), 0);
	start(NULL);
}

static void
malformed(void **state)
{
	struct msg_conf_begin b = { .nuplinks = CONF_UPLINKS_MAX + 1 };
	struct msg_link l = { CONF_UPLINKS_MAX, 1 };
	struct msg_dial d = { 1, 1, CONF_PHONES_MAX, 1000 };
	uint32_t gen = 1;

	(void)state;
	send_child(IMSG_HANGUP, -1, &l, sizeof(l));
	expect_end();
	send_child(IMSG_HANGUP, -1, &l, sizeof(l) - 1);
	expect_end();
	l.uplink = 1;
	send_child(IMSG_TTY, -1, &l, sizeof(l));
	expect_end();
	send_child(IMSG_DIAL, -1, &d, sizeof(d));
	expect_end();
	send_child(IMSG_CONF_BEGIN, -1, &b, sizeof(b));
	expect_end();
	b.nuplinks = 2;
	send_child(IMSG_CONF_BEGIN, -1, &b, sizeof(b));
	send_child(IMSG_CONF_END, -1, &gen, sizeof(gen));
	expect_end();
	send_child(IMSG_ROUND, -1, &gen, sizeof(gen));
	expect_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(dial_and_hang_up, start, stop),
		cmocka_unit_test_setup_teardown(
		    another_discipline, start, stop),
		cmocka_unit_test_setup_teardown(warm, start, stop),
		cmocka_unit_test_setup_teardown(
		    warm_and_unplugged, start, stop),
		cmocka_unit_test_setup_teardown(
		    what_follows_connect_is_left, start, stop),
		cmocka_unit_test_setup_teardown(next_number, start, stop),
		cmocka_unit_test_setup_teardown(two_at_once, start, stop),
		cmocka_unit_test_setup_teardown(hang_up_a_call, start, stop),
		cmocka_unit_test_setup_teardown(unplugged, start, stop),
		cmocka_unit_test_setup_teardown(
		    unplugged_while_online, start, stop),
		cmocka_unit_test_setup_teardown(not_a_tty, start, stop),
		cmocka_unit_test_setup_teardown(generations, start, stop),
		cmocka_unit_test_setup_teardown(reload_in_a_call, start, stop),
		cmocka_unit_test_setup_teardown(no_modem_there, start, stop),
		cmocka_unit_test_setup_teardown(malformed, start, stop),
	};

	return cmocka_run_group_tests_name(
	    "dialer", tests, read_configuration, forget_configuration);
}
