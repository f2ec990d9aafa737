/* SPDX-License-Identifier: ISC */
/*
 * The alarm program: run as the daemon's user, one at a time, with the facts
 * in its environment.  It may hang, write for ever or fail; nothing of that
 * holds anybody up.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "common/proc.h"
#include "netconf/run.h"

#define WAITING_MAX 16
#define LAST_READS  64 /* a pipe full; who writes on is not waited for */
#define FACTS       5
#define FACT_LEN    (MSG_TEXT_LEN + 32)

struct alarm {
	TAILQ_ENTRY(alarm) entry;
	struct msg_alarm msg;
	pid_t pid; /* of it and of its process group */
	int words; /* what it writes to standard error */
	int late;
	struct event deadline, writes;
	char line[128]; /* of its words, so far */
	char last[128]; /* the last whole one */
	size_t len;
};

static TAILQ_HEAD(, alarm) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static int nwaiting; /* the first of them runs */
static uid_t uid;
static gid_t gid;

static void begin(void);

void
alarm_open(void)
{
	struct passwd *pw = proc_user();

	uid = pw->pw_uid;
	gid = pw->pw_gid;
}

static void
answer(uint32_t id, int ok, const char *text)
{
	struct msg_alarm_done m;

	memset(&m, 0, sizeof(m));
	m.id = id;
	m.ok = ok != 0;
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_ALARM_DONE, -1, &m, sizeof(m));
}

/* The head of the queue is done with; the next one's turn. */
static void
finish(struct alarm *a, int ok, const char *text)
{
	if (!ok)
		log_warnx("alarm %s: %s", a->msg.kind, text);
	answer(a->msg.id, ok, text);
	TAILQ_REMOVE(&waiting, a, entry);
	nwaiting--;
	if (a->words != -1) {
		event_del(&a->writes);
		close(a->words);
	}
	event_del(&a->deadline);
	free(a);
	begin();
}

static void
one_byte(struct alarm *a, char c)
{
	if (c != '\n') {
		if (a->len < sizeof(a->line) - 1)
			a->line[a->len++] = isprint((unsigned char)c) ? c : '?';
		return;
	}
	a->line[a->len] = '\0';
	if (a->len > 0)
		strlcpy(a->last, a->line, sizeof(a->last));
	a->len = 0;
}

/* A piece, and whether there may be another one. */
static int
read_words(struct alarm *a)
{
	char buf[1024];
	ssize_t n, i;

	n = read(a->words, buf, sizeof(buf));
	for (i = 0; i < n; i++)
		one_byte(a, buf[i]);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		event_del(&a->writes);
	return n > 0;
}

static void
on_writes(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)read_words(arg);
}

static void
on_deadline(int fd, short what, void *arg)
{
	struct alarm *a = arg;

	(void)fd;
	(void)what;
	a->late = 1;
	kill(-a->pid, SIGKILL);
}

static void
on_end(pid_t pid, int status, void *arg)
{
	struct alarm *a = arg;
	char text[MSG_TEXT_LEN];
	int i;

	(void)pid;
	for (i = 0; i < LAST_READS && read_words(a); i++)
		;
	one_byte(a, '\n');
	if (a->late)
		strlcpy(text, "killed, it took too long", sizeof(text));
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "killed by signal %d",
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		snprintf(text, sizeof(text), "exit %d", WEXITSTATUS(status));
	else
		text[0] = '\0';
	if (text[0] != '\0' && a->last[0] != '\0') {
		strlcat(text, ": ", sizeof(text));
		strlcat(text, a->last, sizeof(text));
	}
	finish(a, text[0] == '\0', text);
}

/* The configuration was checked; the file may have been changed since. */
static const char *
unfit(const char *path)
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

static void __attribute__((__noreturn__))
child(const char *path, char *const env[], int words)
{
	char *argv[] = { (char *)(uintptr_t)path, NULL };
	sigset_t none;
	int null, sig;

	setsid(); /* a group of its own, to be killed as a whole */
	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(words, STDERR_FILENO) == -1 ||
	    (null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1 || chdir("/") == -1)
		dprintf(STDERR_FILENO, "cannot become the daemon's user: %s\n",
		    strerror(errno));
	else {
		closefrom(STDERR_FILENO + 1);
		execve(path, argv, env);
		dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	}
	_exit(127);
}

/* Fork it.  0, or -1 with errno. */
static int
spawn(struct alarm *a, const char *path)
{
	const char *const text[FACTS] = { a->msg.kind, a->msg.event,
		a->msg.state, a->msg.uplink, a->msg.text };
	static const char *const name[FACTS] = { "KIND", "EVENT", "STATE",
		"UPLINK", "TEXT" };
	char fact[FACTS][FACT_LEN], *env[FACTS + 2];
	int fd[2], i;

	env[0] = child_environment[0];
	for (i = 0; i < FACTS; i++) {
		snprintf(fact[i], FACT_LEN, "DIALFAIL_%s=%s", name[i], text[i]);
		env[i + 1] = fact[i];
	}
	env[FACTS + 1] = NULL;
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	if ((a->pid = fork()) == 0) {
		/* a writer that finds the pipe full must wait, not fail */
		fcntl(fd[1], F_SETFL, 0);
		child(path, env, fd[1]);
	}
	close(fd[1]);
	if (a->pid == -1) {
		close(fd[0]);
		return -1;
	}
	a->words = fd[0];
	return 0;
}

/* Start the head of the queue, if there is one and it can be. */
static void
begin(void)
{
	struct alarm *a = TAILQ_FIRST(&waiting);
	const struct conf *conf = config_current();
	const char *why;
	struct timeval tv;

	if (a == NULL)
		return;
	if (conf->alarm[0] == '\0')
		finish(a, 1, "logged only, no program is configured");
	else if ((why = unfit(conf->alarm)) != NULL)
		finish(a, 0, why);
	else if (spawn(a, conf->alarm) == -1)
		finish(a, 0, strerror(errno));
	else {
		child_watch(a->pid, on_end, a);
		tv = monotime_ms(conf->alarm_timeout_ms);
		evtimer_add(&a->deadline, &tv);
		event_set(
		    &a->writes, a->words, EV_READ | EV_PERSIST, on_writes, a);
		event_add(&a->writes, NULL);
	}
}

void
alarm_run(const struct msg_alarm *m)
{
	struct alarm *a;

	if (nwaiting == WAITING_MAX) {
		answer(m->id, 0, "too many alarms are waiting");
		return;
	}
	if ((a = calloc(1, sizeof(*a))) == NULL)
		fatal(NULL);
	a->msg = *m;
	a->words = -1;
	evtimer_set(&a->deadline, on_deadline, a);
	TAILQ_INSERT_TAIL(&waiting, a, entry);
	if (nwaiting++ == 0)
		begin();
}
