/* SPDX-License-Identifier: ISC */
/*
 * The alarm program: run as the daemon's user, one at a time, with the facts
 * in its environment.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <event.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/proc.h"
#include "netconf/program.h"
#include "netconf/run.h"

#define WAITING_MAX 16
#define FACTS       5
#define FACT_LEN    (MSG_TEXT_LEN + 32)

struct alarm {
	TAILQ_ENTRY(alarm) entry;
	struct msg_alarm msg;
	struct program program;
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
	free(a);
	begin();
}

static void
on_end(int ok, const char *text, void *arg)
{
	finish(arg, ok, text);
}

/* Run it.  0, or -1 with errno. */
static int
spawn(struct alarm *a, const struct conf *conf)
{
	const char *const text[FACTS] = { a->msg.kind, a->msg.event,
		a->msg.state, a->msg.uplink, a->msg.text };
	static const char *const name[FACTS] = { "KIND", "EVENT", "STATE",
		"UPLINK", "TEXT" };
	char fact[FACTS][FACT_LEN], *env[FACTS + 2];
	struct program_how how = { .path = conf->alarm,
		.env = env,
		.uid = uid,
		.gid = gid,
		.umask = 077,
		.deadline_ms = conf->alarm_timeout_ms };
	int i;

	env[0] = child_environment[0];
	for (i = 0; i < FACTS; i++) {
		snprintf(fact[i], FACT_LEN, "DIALFAIL_%s=%s", name[i], text[i]);
		env[i + 1] = fact[i];
	}
	env[FACTS + 1] = NULL;
	return program_start(&a->program, &how, on_end, a);
}

/* Start the head of the queue, if there is one and it can be. */
static void
begin(void)
{
	struct alarm *a = TAILQ_FIRST(&waiting);
	const struct conf *conf = config_current();
	const char *why;

	if (a == NULL)
		return;
	if (conf->alarm[0] == '\0')
		finish(a, 1, "logged only, no program is configured");
	else if ((why = program_unfit(conf->alarm)) != NULL)
		finish(a, 0, why);
	else if (spawn(a, conf) == -1)
		finish(a, 0, strerror(errno));
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
	TAILQ_INSERT_TAIL(&waiting, a, entry);
	if (nwaiting++ == 0)
		begin();
}
