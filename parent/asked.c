/* SPDX-License-Identifier: ISC */
/*
 * Operators in the story of an event; see asked.h.  Whoever asks again and
 * again must not push out what the story is about: what is said already is
 * not said again, and there is an end to it.
 */
#include <sys/types.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "parent/asked.h"
#include "parent/control.h"
#include "parent/history.h"
#include "parent/request.h"

#define SAID_MAX    20 /* lines of one event */
#define PENDING_MAX 2 /* one under way, and that which calls it off */

/* Those whose results the story wants. */
static struct {
	uint32_t ctl; /* 0: free */
	uint32_t type;
} pending[PENDING_MAX];

/* In the story of this event. */
static struct {
	uint32_t event;
	unsigned int n;
	char request[MSG_TEXT_LEN]; /* the last ones */
	char refusal[MSG_TEXT_LEN];
} said;

/* Who reads what was asked in an event must learn what came of it. */
static int
moves_traffic(uint32_t type)
{
	return type == IMSG_CTL_FAILOVER || type == IMSG_CTL_FALLBACK ||
	       type == IMSG_CTL_CONFIRM || type == IMSG_CTL_HOLD ||
	       type == IMSG_CTL_RELEASE;
}

static int
is_of_story(uint32_t type)
{
	return moves_traffic(type) || type == IMSG_CTL_DRILL ||
	       type == IMSG_CTL_RELOAD || type == IMSG_CTL_CLEAR;
}

/* Is it news in this event, and is there room? */
static int
is_news(char last[MSG_TEXT_LEN], const char *text)
{
	uint32_t event = history_present();

	if (event != said.event) {
		memset(&said, 0, sizeof(said));
		said.event = event;
	}
	if (event == 0)
		return 1;
	if (said.n > SAID_MAX || strcmp(last, text) == 0)
		return 0;
	strlcpy(last, text, MSG_TEXT_LEN);
	if (said.n++ < SAID_MAX)
		return 1;
	history_line("operator", "what else is asked for, the log has");
	return 0;
}

static void
say_request(const char *text)
{
	if (is_news(said.request, text))
		history_asked("%s", text);
	else
		log_info("operator: %s", text);
}

/* The length of " N s" at this place, or 0. */
static size_t
seconds(const char *p)
{
	size_t n;

	if (*p != ' ' || (n = strspn(p + 1, "0123456789")) == 0)
		return 0;
	return strncmp(p + 1 + n, " s", 2) == 0 &&
		       !isalnum((unsigned char)p[n + 3])
		   ? n + 3
		   : 0;
}

/* How long it still holds is no news. */
static void
say_refusal(const char *text)
{
	char what[MSG_TEXT_LEN];
	const char *p = text;
	size_t n = 0, skip;

	while (*p != '\0' && n < sizeof(what) - 1)
		if ((skip = seconds(p)) > 0)
			p += skip;
		else
			what[n++] = *p++;
	what[n] = '\0';
	if (is_news(said.refusal, what))
		history_refused("%s", text);
	else
		log_info("operator: %s", text);
}

static void
await(uint32_t ctl, uint32_t type)
{
	uint32_t i;

	for (i = 0; i < PENDING_MAX - 1 && pending[i].ctl != 0; i++)
		;
	pending[i].ctl = ctl;
	pending[i].type = type;
}

void
asked_note(uint32_t ctl, uint32_t type, const void *data)
{
	char text[MSG_TEXT_LEN];

	request_text(type, data, control_uid(ctl), text, sizeof(text));
	if (!is_of_story(type)) {
		log_info("operator: %s", text);
		return;
	}
	if (moves_traffic(type))
		await(ctl, type);
	say_request(text);
}

void
asked_result(uint32_t ctl, int done, const char *what)
{
	char text[MSG_TEXT_LEN];
	uint32_t i;

	for (i = 0; i < PENDING_MAX; i++)
		if (ctl != 0 && pending[i].ctl == ctl)
			break;
	if (i == PENDING_MAX)
		return;
	pending[i].ctl = 0;
	if (done)
		return;
	snprintf(text, sizeof(text), "%s not done: %.200s",
	    request_word(pending[i].type), what);
	say_refusal(text);
}
