/* SPDX-License-Identifier: ISC */
/* The one place that runs programs of others; see program.h. */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/program.h"
#include "netconf/run.h"

#define LAST_READS 64 /* a pipe full; who writes on is not waited for */
#define LINES_MAX  100

/* The program's ends of the pipes; -1: none. */
struct ends {
	int words;
	int input;
	int leash;
};

const char *
program_unfit(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a file";
	if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		return "others than root can write it";
	return NULL;
}

/* ---- what it says and how it ends ---- */

static void
one_byte(struct program *p, char c)
{
	if (c != '\n') {
		if (p->len < sizeof(p->line) - 1)
			p->line[p->len++] = isprint((unsigned char)c) ? c : '?';
		return;
	}
	p->line[p->len] = '\0';
	if (p->len > 0) {
		strlcpy(p->last, p->line, sizeof(p->last));
		if (p->said != NULL && p->nlines++ < LINES_MAX)
			p->said(p->line, p->arg);
	}
	p->len = 0;
}

/* A piece, and whether there may be another one. */
static int
read_words(struct program *p)
{
	char buf[1024];
	ssize_t n, i;

	n = read(p->words, buf, sizeof(buf));
	for (i = 0; i < n; i++)
		one_byte(p, buf[i]);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		event_del(&p->writes);
	return n > 0;
}

static void
on_writes(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)read_words(arg);
}

/* As root and as its user, without CAP_KILL.  0, or -1 with errno. */
static int
signal_as_user(const struct program *p, pid_t to, int sig)
{
	uid_t own = geteuid();
	int rc;

	if (seteuid(p->uid) == -1)
		fatal("seteuid");
	rc = kill(to, sig);
	if (seteuid(own) == -1)
		fatal("seteuid");
	return rc;
}

/* First asked, then made. */
void
program_stop(struct program *p)
{
	struct timeval tv = monotime_ms(PROGRAM_GRACE_MS);
	int sig = p->late ? SIGKILL : SIGTERM;

	if (signal_as_user(p, -p->pid, sig) == -1 && errno == ESRCH) {
		/* it is not the leader of its group yet, or is by now */
		(void)signal_as_user(p, p->pid, sig);
		(void)signal_as_user(p, -p->pid, sig);
	}
	p->late = 1;
	evtimer_add(&p->deadline, &tv);
}

static void
on_deadline(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	program_stop(arg);
}

static void
describe(const struct program *p, int status, char *text, size_t size)
{
	text[0] = '\0';
	if (p->late)
		strlcpy(text, "killed, it took too long", size);
	else if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		snprintf(text, size, "exit %d", WEXITSTATUS(status));
	if (text[0] != '\0' && p->last[0] != '\0') {
		strlcat(text, ": ", size);
		strlcat(text, p->last, size);
	}
}

/* What it leaves behind. */
static void
on_last(pid_t pid, void *arg)
{
	struct program *p = arg;

	if (p->late)
		(void)signal_as_user(p, -pid, SIGKILL);
}

static void
on_end(pid_t pid, int status, void *arg)
{
	struct program *p = arg;
	char text[MSG_TEXT_LEN];
	int i;

	(void)pid;
	for (i = 0; i < LAST_READS && read_words(p); i++)
		;
	one_byte(p, '\n');
	describe(p, status, text, sizeof(text));
	event_del(&p->writes);
	event_del(&p->deadline);
	close(p->words);
	if (p->leash != -1)
		close(p->leash);
	p->end(text[0] == '\0', text, p->arg);
}

/* ---- its birth ---- */

static void __attribute__((__noreturn__))
become(const struct program_how *how, const struct ends *e)
{
	char *alone[] = { (char *)(uintptr_t)how->path, NULL };
	int null;

	child_signals();
	umask(how->umask);
	/* a writer that finds the pipe full must wait, not fail */
	fcntl(e->words, F_SETFL, 0);
	if (dup2(e->words, STDERR_FILENO) == -1 ||
	    (null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(e->input != -1 ? e->input : null, STDIN_FILENO) == -1 ||
	    dup2(how->said != NULL ? STDERR_FILENO : null, STDOUT_FILENO) ==
		-1 ||
	    setgroups(0, NULL) == -1 ||
	    setresgid(how->gid, how->gid, how->gid) == -1 ||
	    setresuid(how->uid, how->uid, how->uid) == -1 || chdir("/") == -1)
		dprintf(STDERR_FILENO, "cannot become its user: %s\n",
		    strerror(errno));
	else {
		closefrom(STDERR_FILENO + 1);
		execve(
		    how->path, how->argv != NULL ? how->argv : alone, how->env);
		dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	}
	_exit(127);
}

static void
wake(int sig)
{
	(void)sig;
}

static void __attribute__((__noreturn__)) end_like(int status)
{
	if (WIFSIGNALED(status)) {
		child_signals();
		kill(getpid(), WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 127);
}

/*
 * Between us and it.  Whatever ends us lets go of the leash, and then the
 * whole group goes, since nobody would hear of its end; else this one ends
 * as the program did.  A signal at our death (prctl(2)) would reach the
 * program alone, not what it has started, and on Linux alone.
 *
 * SIGTERM is the program's: the group gets it, or, if it came before there
 * was a program, it is passed on.
 */
static void __attribute__((__noreturn__))
keep(const struct program_how *how, const struct ends *e)
{
	struct pollfd leash = { STDIN_FILENO, POLLIN, 0 };
	sigset_t others, came;
	int status;
	pid_t pid;
	char go;

	if (read(e->leash, &go, 1) != 1)
		_exit(127); /* nobody wrote down that it was born */
	signal(SIGCHLD, wake); /* which comes while it waits */
	sigfillset(&others);
	sigdelset(&others, SIGCHLD);
	if ((pid = fork()) == 0)
		become(how, e);
	if (pid == -1 || dup2(e->leash, STDIN_FILENO) == -1)
		_exit(127);
	if (sigpending(&came) == 0 && sigismember(&came, SIGTERM))
		kill(pid, SIGTERM);
	closefrom(STDIN_FILENO + 1);
	do {
		if (ppoll(&leash, 1, NULL, &others) == 1)
			kill(0, SIGKILL);
	} while (waitpid(pid, &status, WNOHANG) != pid);
	end_like(status);
}

/* A pipe to it that is full already. */
static int
fill(const char *input, int *its)
{
	ssize_t len = (ssize_t)strlen(input);
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	*its = fd[0];
	if (write(fd[1], input, (size_t)len) != len) {
		errno = EMSGSIZE;
		len = -1;
	}
	close(fd[1]);
	return len == -1 ? -1 : 0;
}

static int
make_pipes(struct program *p, const struct program_how *how, struct ends *e)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	p->words = fd[0];
	e->words = fd[1];
	if (how->bound) {
		if (pipe2(fd, O_CLOEXEC) == -1)
			return -1;
		e->leash = fd[0];
		p->leash = fd[1];
	}
	return how->input != NULL ? fill(how->input, &e->input) : 0;
}

static void
close_fd(int fd)
{
	if (fd != -1)
		close(fd);
}

/* Signals wait until child_signals(): our handlers are not for it. */
static pid_t
fork_deaf(void)
{
	sigset_t all, ours;
	int saved;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &ours);
	if ((pid = fork()) == 0)
		return 0;
	saved = errno;
	sigprocmask(SIG_SETMASK, &ours, NULL);
	errno = saved;
	return pid;
}

/* Fork it, or its keeper.  0, or -1 with errno. */
static int
give_birth(struct program *p, const struct program_how *how)
{
	struct ends e = { -1, -1, -1 };
	int saved;

	p->pid = -1;
	if (make_pipes(p, how, &e) == 0 && (p->pid = fork_deaf()) == 0) {
		setsid(); /* a group of its own, to be ended as a whole */
		close_fd(p->leash);
		if (how->bound)
			keep(how, &e);
		become(how, &e);
	}
	saved = errno;
	close_fd(e.words);
	close_fd(e.input);
	close_fd(e.leash);
	if (p->pid == -1) {
		close_fd(p->words);
		close_fd(p->leash);
	}
	errno = saved;
	return p->pid == -1 ? -1 : 0;
}

int
program_start(struct program *p, const struct program_how *how,
    program_end *end, void *arg)
{
	struct timeval tv = monotime_ms(how->deadline_ms);

	memset(p, 0, sizeof(*p));
	p->words = p->leash = -1;
	p->uid = how->uid;
	p->said = how->said;
	p->end = end;
	p->arg = arg;
	if (give_birth(p, how) == -1)
		return -1;
	if (how->born != NULL)
		how->born(p->pid, arg);
	if (how->bound)
		(void)write(p->leash, "", 1); /* unless it was killed */
	child_watch(p->pid, on_last, on_end, p);
	evtimer_set(&p->deadline, on_deadline, p);
	evtimer_add(&p->deadline, &tv);
	event_set(&p->writes, p->words, EV_READ | EV_PERSIST, on_writes, p);
	event_add(&p->writes, NULL);
	return 0;
}
