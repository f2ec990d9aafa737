/* SPDX-License-Identifier: ISC */
/*
 * The alarm program: run as the daemon's user, one at a time, with the facts
 * in its environment.
 */
#include <sys/types.h>

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

#define FACTS    7
#define FACT_LEN (MSG_TEXT_LEN + 32)

/* The one that runs; the others wait in the parent. */
static struct {
	int busy;
	struct msg_alarm msg;
	struct program program;
} alarm_now;
static uid_t uid;
static gid_t gid;

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

static void
finish(int ok, const char *text)
{
	if (!ok)
		log_warnx("alarm %s: %s", alarm_now.msg.kind, text);
	alarm_now.busy = 0;
	answer(alarm_now.msg.id, ok, text);
}

static void
on_end(int ok, const char *text, void *arg)
{
	(void)arg;
	finish(ok, text);
}

/* Run it.  0, or -1 with errno. */
static int
spawn(const struct msg_alarm *m, const struct conf *conf)
{
	static const char *const name[FACTS] = { "KIND", "EVENT", "STATE",
		"UPLINK", "TIME", "COUNT", "TEXT" };
	char count[16], fact[FACTS][FACT_LEN], *env[FACTS + 2];
	const char *const text[FACTS] = { m->kind, m->event, m->state,
		m->uplink, m->time, count, m->text };
	struct program_how how = { .path = conf->alarm,
		.env = env,
		.uid = uid,
		.gid = gid,
		.umask = 077,
		.deadline_ms = conf->alarm_timeout_ms };
	int i;

	snprintf(count, sizeof(count), "%u", m->count);
	env[0] = child_environment[0];
	for (i = 0; i < FACTS; i++) {
		snprintf(fact[i], FACT_LEN, "DIALFAIL_%s=%s", name[i], text[i]);
		env[i + 1] = fact[i];
	}
	env[FACTS + 1] = NULL;
	return program_start(&alarm_now.program, &how, on_end, NULL);
}

void
alarm_run(const struct msg_alarm *m)
{
	const struct conf *conf = config_current();
	const char *why;

	if (alarm_now.busy) {
		answer(m->id, 0, "another alarm is being sent");
		return;
	}
	alarm_now.busy = 1;
	alarm_now.msg = *m;
	if (conf->alarm[0] == '\0')
		finish(1, "logged only, no program is configured");
	else if ((why = program_unfit(conf->alarm)) != NULL)
		finish(0, why);
	else if (spawn(m, conf) == -1)
		finish(0, strerror(errno));
}
