/* SPDX-License-Identifier: ISC */
/* The birth of a pppd; see ppp_exec.h. */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "netconf/ppp_exec.h"
#include "netconf/run.h"

#define FD_FAILED (PPP_FD_OPTIONS + 1) /* closes at exec */
#define FD_HIGH   16 /* above all that is put in its place */

/* The child's ends. */
struct ends {
	int tty;
	int log;
	int event;
	int options; /* -1: none */
	int failed;
	int go;
};

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/*
 * The account as a file that has no name, cannot change and that only root
 * could open: on no disk and on no command line.
 */
static int
sealed(const char *text)
{
	size_t len = strlen(text);
	int fd;

	if ((fd = memfd_create(
		 "ppp-options", MFD_CLOEXEC | MFD_ALLOW_SEALING)) == -1)
		return -1;
	/* a memfd is 0777, which pppd 2.5.3 does not read options from */
	if (fchmod(fd, 0600) == -1 || write(fd, text, len) != (ssize_t)len ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -1)
		close_fd(&fd);
	return fd;
}

/* A pipe from the child to us, or with to_child the other way. */
static int
make_pipe(int *ours, int *childs, int to_child)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return -1;
	*ours = fd[to_child ? 1 : 0];
	*childs = fd[to_child ? 0 : 1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

static int
make_ends(struct ppp_exec *x, struct ends *e, const char *account)
{
	int fd[2];

	if (make_pipe(&x->log, &e->log, 0) == -1 ||
	    make_pipe(&x->failed, &e->failed, 0) == -1 ||
	    make_pipe(&x->go, &e->go, 1) == -1 ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		fd) == -1)
		return -1;
	x->event = fd[0];
	e->event = fd[1];
	if (account != NULL && (e->options = sealed(account)) == -1)
		return -1;
	return 0;
}

static void
close_ends(struct ends *e)
{
	close_fd(&e->log);
	close_fd(&e->event);
	close_fd(&e->options);
	close_fd(&e->failed);
	close_fd(&e->go);
}

/* Each to its number; first all out of the way, so that none is lost. */
static int
place(struct ends *e)
{
	int *fd[] = { &e->tty, &e->log, &e->event, &e->options, &e->failed,
		&e->go };
	size_t i;

	for (i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		if (*fd[i] != -1 &&
		    (*fd[i] = fcntl(*fd[i], F_DUPFD_CLOEXEC, FD_HIGH)) == -1)
			return -1;
	if (dup2(e->tty, STDIN_FILENO) == -1 ||
	    dup2(e->tty, STDOUT_FILENO) == -1 ||
	    dup2(e->log, STDERR_FILENO) == -1 ||
	    dup2(e->event, PPP_FD_EVENT) == -1 ||
	    dup3(e->failed, FD_FAILED, O_CLOEXEC) == -1)
		return -1;
	if (e->options == -1)
		close(PPP_FD_OPTIONS);
	else if (dup2(e->options, PPP_FD_OPTIONS) == -1)
		return -1;
	return 0;
}

/* What it is told of the account is not to be on a disk if it crashes. */
static int
leaves_no_core(void)
{
	static const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none) == 0;
}

static void __attribute__((__noreturn__))
child(struct ends *e, const struct ppp_args *args)
{
	int error;
	char c;

	/* a session of its own: signals to us are not for it, and its
	 * copying child can be found by the process group */
	setsid();
	child_signals();
	umask(022); /* others read the resolv.conf that it writes */
	/* end of file: our parent is gone, or does not want us */
	if (read(e->go, &c, 1) != 1)
		_exit(127);
	if (chdir("/") == 0 && leaves_no_core() && place(e) == 0) {
		closefrom(FD_FAILED + 1);
		execve(PPPD_PATH, (char *const *)(uintptr_t)args->argv,
		    child_environment);
	}
	error = errno;
	(void)!write(FD_FAILED, &error, sizeof(error));
	_exit(127);
}

int
ppp_exec_fork(struct ppp_exec *x, const struct ppp_args *args, int tty,
    const char *account)
{
	struct ends e = { tty, -1, -1, -1, -1, -1 };
	int saved;

	*x = (struct ppp_exec){ -1, -1, -1, -1, -1 };
	if (make_ends(x, &e, account) == 0 && (x->pid = fork()) == 0) {
		close_fd(&x->go); /* or end of file would never come */
		child(&e, args);
	}
	saved = errno;
	close_ends(&e);
	if (x->pid == -1)
		ppp_exec_close(x);
	errno = saved;
	return x->pid == -1 ? -1 : 0;
}

void
ppp_exec_go(struct ppp_exec *x)
{
	/* its buffer is empty and its reader waits: this cannot fail */
	(void)!write(x->go, "", 1);
	close_fd(&x->go);
}

void
ppp_exec_forget(struct ppp_exec *x)
{
	close_fd(&x->go);
}

int
ppp_exec_error(struct ppp_exec *x)
{
	int error;

	if (read(x->failed, &error, sizeof(error)) != sizeof(error))
		return 0;
	return error;
}

void
ppp_exec_close(struct ppp_exec *x)
{
	close_fd(&x->log);
	close_fd(&x->event);
	close_fd(&x->failed);
	close_fd(&x->go);
}
