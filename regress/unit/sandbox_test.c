/* SPDX-License-Identifier: ISC */
/*
 * Each role entered in a process of its own: what the kernel says of it, and
 * for each thing that one might try whether it is done, refused or fatal.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
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
#include "common/sandbox.h"

#define ROLES 3 /* netconf has no filter */

enum outcome { DONE, REFUSED, FATAL, ABORTED, OTHER };

static char root[] = "/tmp/sandbox-test-XXXXXX";
static struct passwd *pw;
static int tty; /* opened before, as netconf does for the dialer */
static int udp; /* so was this, for who may make none */
static int status_fd; /* /proc/PID/status cannot be opened inside */
static pid_t victim; /* of the same uid */

/* ---- what one might try: -1 with errno if it is refused ---- */

static int
read_file(void)
{
	return open("/file", O_RDONLY);
}

static int
create_file(void)
{
	return open("/made", O_WRONLY | O_CREAT, 0600);
}

static int
cut_file(void)
{
	int fd = create_file();

	return fd == -1 ? -1 : ftruncate(fd, 0);
}

static int
take_file_away(void)
{
	return create_file() == -1 ? -1 : unlink("/made");
}

static int
run_program(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int
signal_other(void)
{
	return kill(victim, 0);
}

static int
trace_other(void)
{
	return (int)ptrace(PTRACE_ATTACH, victim, NULL, NULL);
}

static int
mount_something(void)
{
	return mount("none", "/", "tmpfs", 0, NULL);
}

static int
fork_one(void)
{
	return (int)syscall(SYS_fork);
}

static int
become_root(void)
{
	return setresuid(0, 0, 0);
}

static int
tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static int
tcp6_socket(void)
{
	return socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int
udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
}

static int
udp6_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
}

static int
mptcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
}

static int
sctp_socket(void)
{
	return socket(AF_INET6, SOCK_STREAM, IPPROTO_SCTP);
}

static int
ping_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static int
icmp_socket(void)
{
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
}

static int
icmp6_socket(void)
{
	return socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
}

static int
raw_tcp6_socket(void)
{
	return socket(AF_INET6, SOCK_RAW, IPPROTO_TCP);
}

static int
raw_tcp_socket(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
}

static int
packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int
route_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
listen_on(void)
{
	return listen(0, 1);
}

static int
accept_from(void)
{
	return accept4(udp, NULL, NULL, 0);
}

static int
connect_to(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(53);
	return connect(udp, (struct sockaddr *)&sin, sizeof(sin));
}

static int
stamp_datagrams(void)
{
	int on = 1;

	return setsockopt(udp, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

static int
tty_settings(void)
{
	struct termios t;

	return tcgetattr(tty, &t);
}

static int
tty_input(void)
{
	return ioctl(tty, TIOCSTI, "x");
}

static int
write_all(void)
{
	return write(tty, "", 0) == 0 ? 0 : -1;
}

static int
die_by_abort(void)
{
	abort();
}

static const struct {
	const char *name;
	int (*try)(void);
	enum outcome expect[ROLES]; /* parent, prober, dialer */
} tries[] = {
	{ "read a file of its root", read_file, { DONE, REFUSED, REFUSED } },
	{ "create a file there", create_file, { DONE, REFUSED, REFUSED } },
	{ "cut it", cut_file, { DONE, REFUSED, REFUSED } },
	{ "take it away", take_file_away, { DONE, REFUSED, REFUSED } },
	{ "run a program", run_program, { FATAL, FATAL, FATAL } },
	{ "signal another", signal_other, { FATAL, FATAL, FATAL } },
	{ "trace another", trace_other, { FATAL, FATAL, FATAL } },
	{ "mount", mount_something, { FATAL, FATAL, FATAL } },
	{ "fork", fork_one, { REFUSED, REFUSED, REFUSED } },
	{ "become root", become_root, { REFUSED, REFUSED, REFUSED } },
	{ "TCP", tcp_socket, { REFUSED, DONE, REFUSED } },
	{ "TCP of IPv6", tcp6_socket, { REFUSED, DONE, REFUSED } },
	{ "UDP", udp_socket, { REFUSED, DONE, REFUSED } },
	{ "UDP of IPv6", udp6_socket, { REFUSED, DONE, REFUSED } },
	{ "MPTCP", mptcp_socket, { REFUSED, REFUSED, REFUSED } },
	{ "SCTP", sctp_socket, { REFUSED, REFUSED, REFUSED } },
	{ "ping", ping_socket, { REFUSED, REFUSED, REFUSED } },
	{ "raw ICMP", icmp_socket, { REFUSED, DONE, REFUSED } },
	{ "raw ICMPv6", icmp6_socket, { REFUSED, DONE, REFUSED } },
	{ "raw TCP", raw_tcp_socket, { REFUSED, REFUSED, REFUSED } },
	{ "raw TCP of IPv6", raw_tcp6_socket, { REFUSED, REFUSED, REFUSED } },
	{ "frames", packet_socket, { REFUSED, DONE, REFUSED } },
	{ "neighbours", route_socket, { REFUSED, DONE, REFUSED } },
	{ "listen", listen_on, { REFUSED, REFUSED, REFUSED } },
	{ "accept", accept_from, { OTHER, REFUSED, REFUSED } },
	{ "connect", connect_to, { REFUSED, DONE, REFUSED } },
	{ "stamps", stamp_datagrams, { REFUSED, DONE, REFUSED } },
	{ "settings of a tty", tty_settings, { REFUSED, REFUSED, DONE } },
	{ "input into a tty", tty_input, { REFUSED, REFUSED, REFUSED } },
	{ "write", write_all, { DONE, DONE, DONE } },
	{ "abort", die_by_abort, { ABORTED, ABORTED, ABORTED } },
};

/* ---- */

static void
enter(enum sandbox_role role, char *words, size_t size)
{
	static const struct rlimit none;

	setrlimit(RLIMIT_CORE, &none);
	if (role != SANDBOX_NETCONF)
		proc_drop(pw, root);
	sandbox_enter(role, words, size);
}

static enum outcome
try_one(enum sandbox_role role, int (*try)(void))
{
	char words[256];
	int status, n;
	pid_t pid;

	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		enter(role, words, sizeof(words));
		n = try();
		_exit(n != -1 ? DONE : errno == EPERM ? REFUSED : OTHER);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS    ? FATAL
		       : WTERMSIG(status) == SIGABRT ? ABORTED
						     : OTHER;
	return (enum outcome)WEXITSTATUS(status);
}

static void
what_each_may(void **state)
{
	static const char *const outcomes[] = { "done", "refused", "fatal",
		"aborted", "otherwise" };
	static const char *const roles[] = { "parent", "prober", "dialer" };
	enum outcome n;
	size_t i, role;
	int wrong = 0;

	(void)state;
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		for (role = 0; role < ROLES; role++) {
			n = try_one((enum sandbox_role)role, tries[i].try);
			if (n == tries[i].expect[role])
				continue;
			print_message("%s: %s: %s\n", roles[role],
			    tries[i].name, outcomes[n]);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

/* The value behind a word of /proc/self/status, of a child in this role. */
static void
status_of(enum sandbox_role role, char *text, size_t size, char *words)
{
	int fd[2], status;
	char c = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		status_fd = open("/proc/self/status", O_RDONLY);
		enter(role, words, 256);
		n = read(status_fd, text, size);
		if (write(fd[1], words, 256) != 256 || n <= 0 ||
		    write(fd[1], text, (size_t)n) != n)
			c = 1;
		_exit(c);
	}
	close(fd[1]);
	assert_int_equal(read(fd[0], words, 256), 256);
	assert_true((n = read(fd[0], text, size - 1)) > 0);
	text[n] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static uint64_t
field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 16);
}

static void
expect_status(enum sandbox_role role, uint64_t caps, const char *in_words)
{
	char text[4096], words[256];
	int confined = role != SANDBOX_NETCONF;

	status_of(role, text, sizeof(text), words);
	assert_int_equal(field(text, "\nCapPrm:"), caps);
	assert_int_equal(field(text, "\nCapEff:"), caps);
	/* what netconf runs as root may signal others, too */
	assert_int_equal(
	    field(text, "\nCapBnd:"), confined ? caps : caps | 1 << 5);
	assert_int_equal(field(text, "\nCapInh:"), 0);
	assert_int_equal(field(text, "\nCapAmb:"), 0);
	assert_int_equal(field(text, "\nNoNewPrivs:"), confined);
	assert_int_equal(field(text, "\nSeccomp:"), confined ? 2 : 0);
	assert_int_equal(strtoul(strstr(text, "\nUid:") + 5, NULL, 10),
	    confined ? pw->pw_uid : 0);
	if (strstr(words, in_words) == NULL)
		fail_msg("%s", words);
}

static void
what_the_kernel_says(void **state)
{
	(void)state;
	expect_status(SANDBOX_PARENT, 0, "no capabilities");
	expect_status(SANDBOX_PROBER, 1 << 13 /* CAP_NET_RAW */, ", net_raw,");
	expect_status(SANDBOX_DIALER, 0, "seccomp");
	/* chown dac_override fowner setgid setuid, and those of net */
	expect_status(SANDBOX_NETCONF,
	    1 << 0 | 1 << 1 | 1 << 3 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 12 |
		1 << 13,
	    "net_admin");
}

/* ---- */

static void
not_root(void **state)
{
	(void)state;
	print_message("not root: no role to enter\n");
	skip();
}

static int
set_up(void **state)
{
	char path[64];
	int fd;

	(void)state;
	assert_non_null(pw = getpwnam("nobody"));
	assert_non_null(mkdtemp(root));
	assert_int_equal(chown(root, pw->pw_uid, pw->pw_gid), 0);
	snprintf(path, sizeof(path), "%s/file", root);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_not_equal(tty = posix_openpt(O_RDWR | O_NOCTTY), -1);
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(udp, -1);
	assert_int_not_equal(victim = fork(), -1);
	if (victim == 0) {
		if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == 0)
			pause();
		_exit(1);
	}
	return 0;
}

static int
tear_down(void **state)
{
	char path[64];

	(void)state;
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	snprintf(path, sizeof(path), "%s/file", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/made", root);
	unlink(path);
	return rmdir(root);
}

int
main(void)
{
	const struct CMUnitTest none[] = {
		cmocka_unit_test(not_root),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_says),
		cmocka_unit_test(what_each_may),
	};

	if (geteuid() != 0)
		return cmocka_run_group_tests(none, NULL, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
