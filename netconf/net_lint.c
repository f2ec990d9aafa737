/* SPDX-License-Identifier: ISC */
/* What will not move is logged once, as soon as it is seen, and counted. */
#include <sys/types.h>

#include <string.h>

#include "common/log.h"
#include "netconf/net.h"
#include "netconf/run.h"

#define NOTES_MAX 32

struct notes {
	size_t n;
	char text[NOTES_MAX][MSG_TEXT_LEN];
};

static struct notes told;

static int
has_note(const struct notes *notes, const char *text)
{
	size_t i;

	for (i = 0; i < notes->n; i++)
		if (strcmp(notes->text[i], text) == 0)
			return 1;
	return 0;
}

static void
add_note(const char *text, int different, void *arg)
{
	struct notes *now = arg;

	(void)different;
	if (now->n == NOTES_MAX || has_note(now, text))
		return;
	if (!has_note(&told, text))
		log_warnx("network: %s", text);
	strlcpy(now->text[now->n++], text, MSG_TEXT_LEN);
}

/* For the page that everybody looks at. */
static void
tell_notes(const struct notes *now)
{
	struct msg_net_notes m;

	if (now->n == told.n &&
	    (now->n == 0 || strcmp(now->text[0], told.text[0]) == 0))
		return;
	memset(&m, 0, sizeof(m));
	m.n = (uint32_t)now->n;
	if (now->n > 0)
		strlcpy(m.text, now->text[0], sizeof(m.text));
	netconf_send(IMSG_NET_NOTES, -1, &m, sizeof(m));
}

void
net_lint(const struct net_want *w, const struct net_state *s)
{
	static struct notes now;

	now.n = 0;
	plan_lint(w, s, add_note, &now);
	tell_notes(&now);
	told = now;
}
