/* SPDX-License-Identifier: ISC */
/* The datagram of the ip-up and ip-down program; see ppp_event.h. */
#include <sys/types.h>

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/ppp_event.h"

static int
number(const char *word, long long min, long long max, uint64_t *n)
{
	const char *error;

	if (word == NULL || !isdigit((unsigned char)*word))
		return -1;
	*n = (uint64_t)strtonum(word, min, max, &error);
	return error == NULL ? 0 : -1;
}

static int
words(char *rest, struct ppp_event *e)
{
	const char *kind = strsep(&rest, " ");
	const char *linkname = strsep(&rest, " ");
	uint64_t pid;

	if (linkname == NULL ||
	    strlcpy(e->linkname, linkname, sizeof(e->linkname)) >=
		sizeof(e->linkname) ||
	    number(strsep(&rest, " "), 2, INT_MAX, &pid) == -1)
		return -1;
	e->pid = (pid_t)pid;
	if (strcmp(kind, "up") == 0)
		e->kind = PPP_EVENT_UP;
	else if (strcmp(kind, "down") == 0 &&
		 number(strsep(&rest, " "), 0, LLONG_MAX, &e->seconds) == 0 &&
		 number(strsep(&rest, " "), 0, LLONG_MAX, &e->sent) == 0 &&
		 number(strsep(&rest, " "), 0, LLONG_MAX, &e->received) == 0)
		e->kind = PPP_EVENT_DOWN;
	else
		return -1;
	return rest == NULL ? 0 : -1;
}

int
ppp_event_parse(const char *data, size_t len, struct ppp_event *e)
{
	char text[PPP_EVENT_MAX];

	memset(e, 0, sizeof(*e));
	if (len == 0 || len >= sizeof(text) || memchr(data, '\0', len) != NULL)
		return -1;
	memcpy(text, data, len);
	text[len] = '\0';
	return words(text, e);
}
