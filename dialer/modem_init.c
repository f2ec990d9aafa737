/* SPDX-License-Identifier: ISC */
/* Init strings. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dialer/modem.h"

/*
 * No echo, words, result codes given, each kind of them; DCD tells the
 * truth and DTR hangs up; calls are not answered.  V.250 5.2: a command that
 * fails ends its line, so what any modem knows comes first.
 */
static const char *const builtins[] = { "ATE0V1Q0X4", "AT&C1&D2", "ATS0=0" };

#define NBUILTINS (sizeof(builtins) / sizeof(builtins[0]))

static void
begin(struct modem *m)
{
	memset(&m->init, 0, sizeof(m->init));
}

/* It loads a profile, so all that was set before is gone. */
static int
loads_profile(const char *init)
{
	return strncasecmp(init, "ATZ", 3) == 0 ||
	       strcasestr(init, "&F") != NULL;
}

static uint32_t
init_ms(const char *init)
{
	if (loads_profile(init))
		return MODEM_ATZ_MS;
	if (strcasestr(init, "+CFUN") != NULL ||
	    strcasestr(init, "+CGATT") != NULL ||
	    strcasestr(init, "+COPS") != NULL)
		return MODEM_RADIO_MS;
	return MODEM_PLAIN_MS;
}

/* The next of the user's, told by its number: there may be a PIN in it. */
static enum modem_next
user(struct modem *m, struct modem_step *step)
{
	struct modem_init *s = &m->init;
	const char *init = m->conf.init[s->user++];

	if (!conf_init_valid(init))
		return modem_step_fail(
		    m, MSG_LINK_GIVEUP, "init string %u is invalid", s->user);
	if (loads_profile(init)) {
		s->builtin = 0;
		result_reset(&m->reader); /* digits may be what it says now */
	}
	strlcpy(step->text, init, sizeof(step->text));
	snprintf(step->name, sizeof(step->name), "init string %u", s->user);
	step->ms = init_ms(init);
	return MODEM_NEXT_STEP;
}

static enum modem_next
next(struct modem *m, struct monotime now, struct modem_step *step)
{
	struct modem_init *s = &m->init;

	(void)now;
	if (s->error[0] != '\0')
		return modem_step_fail(m, MSG_LINK_BACKOFF,
		    "init string %u: %s", s->user, s->error);
	s->own = s->builtin < NBUILTINS;
	if (s->own) {
		strlcpy(step->text, builtins[s->builtin++], sizeof(step->text));
		step->ms = MODEM_PLAIN_MS;
		return MODEM_NEXT_STEP;
	}
	if (s->user < m->conf.ninits)
		return user(m, step);
	return MODEM_NEXT_PART;
}

static void
result(struct modem *m, enum result_code code, const char *line)
{
	if (code != RESULT_OK && !m->init.own)
		strlcpy(m->init.error, line, sizeof(m->init.error));
}

const struct modem_part modem_init_part = { begin, next, NULL, NULL, result };
