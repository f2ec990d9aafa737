/* SPDX-License-Identifier: ISC */
/*
 * Programs that run, and how they ended.  Only those are waited for that
 * were named here: others (nft) are waited for where they are run.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/wait.h>

#include <event.h>
#include <signal.h>
#include <stdlib.h>

#include "common/log.h"
#include "netconf/run.h"

struct child {
	TAILQ_ENTRY(child) entry;
	pid_t pid;
	child_last *last;
	child_done *done;
	void *arg;
};

static TAILQ_HEAD(, child) children = TAILQ_HEAD_INITIALIZER(children);
static struct event sigchld;

char *const child_environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	NULL
};

void
child_signals(void)
{
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* One that has ended, off the list, or NULL. */
static struct child *
ended(void)
{
	siginfo_t si = { .si_pid = 0 };
	struct child *c;

	TAILQ_FOREACH(c, &children, entry)
		if (waitid(P_PID, (id_t)c->pid, &si,
			WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    si.si_pid == c->pid) {
			TAILQ_REMOVE(&children, c, entry);
			return c;
		}
	return NULL;
}

/* done may start another one, so the list is looked at from its head. */
static void
on_sigchld(int sig, short what, void *arg)
{
	struct child *c;
	int status;

	(void)sig;
	(void)what;
	(void)arg;
	while ((c = ended()) != NULL) {
		if (c->last != NULL)
			c->last(c->pid, c->arg);
		if (waitpid(c->pid, &status, 0) != c->pid)
			fatal("waitpid");
		c->done(c->pid, status, c->arg);
		free(c);
	}
}

void
child_init(void)
{
	signal_set(&sigchld, SIGCHLD, on_sigchld, NULL);
	signal_add(&sigchld, NULL);
}

void
child_watch(pid_t pid, child_last *last, child_done *done, void *arg)
{
	struct child *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal(NULL);
	c->pid = pid;
	c->last = last;
	c->done = done;
	c->arg = arg;
	TAILQ_INSERT_TAIL(&children, c, entry);
}
