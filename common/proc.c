/* SPDX-License-Identifier: ISC */
/*
 * Privilege separation: starting processes, their channel, dropping ids.
 * The order chroot, chdir, groups, gid, uid is the only one in which each
 * step still has the right to be done.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/msg.h"
#include "common/os.h"
#include "common/proc.h"

#define BUFFER_SIZE  (256 * 1024)
#define MANY_WAITING 128
#define SELF         "/proc/self/exe"

static pid_t parent_pid; /* of a child's parent */

/* Thousands of messages, as of peers: no others will ever need their room. */
static void
trim_after_many(struct imsgev *iev, uint32_t waiting)
{
	if (waiting >= MANY_WAITING)
		iev->many = 1;
	if (waiting > 0 || !iev->many)
		return;
	iev->many = 0;
	os_memory_trim();
}

void
imsg_event_add(struct imsgev *iev)
{
	uint32_t waiting = imsgbuf_queuelen(&iev->ibuf);
	short events = EV_READ;

	trim_after_many(iev, waiting);
	if (waiting > 0)
		events |= EV_WRITE;
	if (event_initialized(&iev->ev)) {
		if (iev->events == events &&
		    event_pending(&iev->ev, events, NULL))
			return;
		event_del(&iev->ev);
	}
	iev->events = events;
	event_set(&iev->ev, iev->ibuf.fd, (short)(events | EV_PERSIST),
	    iev->handler, iev->data);
	event_add(&iev->ev, NULL);
}

int
imsg_compose_event(struct imsgev *iev, uint32_t type, uint32_t id, pid_t pid,
    int fd, const void *data, size_t len)
{
	int n;

	n = imsg_compose(
	    &iev->ibuf, type, id, pid == -1 ? 0 : pid, fd, data, len);
	if (n != -1)
		imsg_event_add(iev);
	return n;
}

/* What fails now will fail again, where it is looked at. */
void
imsg_event_flush(struct imsgev *iev)
{
	(void)imsgbuf_write(&iev->ibuf);
	imsg_event_add(iev);
}

void
proc_socketpair(int fd[2])
{
	int i, size = BUFFER_SIZE;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		fd) == -1)
		fatal("socketpair");
	for (i = 0; i < 2; i++)
		if (setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size,
			sizeof(size)) == -1)
			log_warn("socket buffer");
}

/* One that stands in the channel's place moves up. */
static void
keep_open(int fd)
{
	if (fd == PROC_CHANNEL) {
		if (fcntl(fd, F_DUPFD, PROC_CHANNEL + 1) == -1)
			fatal("descriptor %d", fd);
	} else if (fcntl(fd, F_SETFD, 0) == -1)
		fatal("descriptor %d", fd);
}

static void
take_channel(int fd)
{
	if (fd == PROC_CHANNEL) {
		if (fcntl(fd, F_SETFD, 0) == -1)
			fatal("channel");
	} else if (dup2(fd, PROC_CHANNEL) == -1)
		fatal("channel");
}

pid_t
proc_start_child(const char *name, char *const argv[], int channel,
    const int *kept, int nkept)
{
	pid_t pid;
	int i;

	switch (pid = fork()) {
	case -1:
		fatal("fork %s", name);
	case 0:
		break;
	default:
		return pid;
	}
	for (i = 0; i < nkept; i++)
		keep_open(kept[i]);
	take_channel(channel);
	execv(SELF, argv);
	fatal("exec %s", name);
}

void
proc_child_init(struct imsgev *iev, const char *name, int debug, int verbose,
    int fdpass, void (*handler)(int, short, void *))
{
	log_init(name, debug, verbose);
	parent_pid = getppid();
	setproctitle("%s", name);
	if (prctl(PR_SET_NAME, name) == -1)
		fatal("prctl");
	/* a terminal's ^C reaches all; the parent alone decides */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (fcntl(PROC_CHANNEL, F_SETFD, FD_CLOEXEC) == -1)
		fatalx("%s is started by dialfaild, not by hand", name);
	event_init();
	if (imsgbuf_init(&iev->ibuf, PROC_CHANNEL) == -1)
		fatal("channel");
	if (fdpass)
		imsgbuf_allow_fdpass(&iev->ibuf);
	iev->handler = handler;
	iev->data = iev;
	imsg_event_add(iev);
}

void
proc_child_ready(struct imsgev *iev, const char *sandbox)
{
	struct msg_ready r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.sandbox, sandbox, sizeof(r.sandbox));
	if (imsg_compose_event(iev, IMSG_READY, 0, 0, -1, &r, sizeof(r)) == -1)
		fatal("READY");
}

void
proc_get(struct imsg *imsg, void *data, size_t len)
{
	if (imsg_get_data(imsg, data, len) == -1)
		fatalx("parent: %s: wrong length %zu",
		    msg_name(imsg_get_type(imsg)), imsg_get_len(imsg));
}

/* In peace it shuts its side only, and is there until we have ended. */
static int
ended_in_peace(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 1 && !(p.revents & (POLLHUP | POLLERR));
}

static void __attribute__((__noreturn__)) parent_gone(int fd)
{
	if (!ended_in_peace(fd))
		log_warnx("parent (pid %d) is gone: exit", (int)parent_pid);
	else
		log_debug("the parent ends: exit");
	_exit(0);
}

/* What is the same in every child.  1: it was such a message. */
static int
common_message(struct imsgev *iev, uint32_t type, struct imsg *imsg)
{
	uint32_t n;

	if (type != IMSG_PING && type != IMSG_VERBOSE)
		return 0;
	proc_get(imsg, &n, sizeof(n));
	if (type == IMSG_VERBOSE)
		log_setverbose(n != 0);
	else if (imsg_compose_event(iev, IMSG_PONG, 0, 0, -1, &n, sizeof(n)) ==
		 -1)
		fatal("PONG");
	return 1;
}

void
proc_child_dispatch(
    struct imsgev *iev, short what, void (*one)(uint32_t, struct imsg *))
{
	struct imsg imsg;
	int n;

	if (what & EV_READ) {
		n = imsgbuf_read(&iev->ibuf);
		/* a reset: it was killed before it read our last words */
		if (n == 0 || (n == -1 && errno == ECONNRESET))
			parent_gone(iev->ibuf.fd);
		if (n == -1)
			fatal("parent: read");
	}
	if (what & EV_WRITE && imsgbuf_write(&iev->ibuf) == -1) {
		if (errno == EPIPE)
			parent_gone(iev->ibuf.fd);
		fatal("parent: write");
	}
	while ((n = imsgbuf_get(&iev->ibuf, &imsg)) > 0) {
		if (!common_message(iev, imsg_get_type(&imsg), &imsg))
			one(imsg_get_type(&imsg), &imsg);
		imsg_free(&imsg);
	}
	if (n == -1)
		fatalx("parent: malformed message");
	imsg_event_add(iev);
}

struct passwd *
proc_user(void)
{
	struct passwd *pw;

	if ((pw = getpwnam(DAEMON_USER)) == NULL)
		fatalx("no such user: " DAEMON_USER);
	return pw;
}

void
proc_drop(const struct passwd *pw, const char *chroot_dir)
{
	if (chroot(chroot_dir) == -1)
		fatal("chroot %s", chroot_dir);
	if (chdir("/") == -1)
		fatal("chdir");
	if (prctl(PR_SET_KEEPCAPS, 1) == -1)
		fatal("prctl");
	if (setgroups(1, &pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		fatal("cannot become " DAEMON_USER);
}
