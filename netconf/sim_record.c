/* SPDX-License-Identifier: ISC */
/*
 * Cards and PINs; see sim_record.h.  Two lines of text:
 *
 *	used ICCID WRITTEN
 *	tried ICCID WRITTEN TRIES
 *
 * WRITTEN is the time of the PIN's file in ns, as the file system has it: it
 * is compared with itself only, so the clock may be wrong.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/sim_record.h"

#define WORDS_MAX 4

static int
number(const char *text, int64_t min, int64_t max, int64_t *n)
{
	const char *error;

	*n = strtonum(text, min, max, &error);
	return error == NULL ? 0 : -1;
}

static int
card(const char *text, char to[MSG_ICCID_LEN])
{
	size_t len = strlen(text);

	if (len == 0 || len >= MSG_ICCID_LEN ||
	    strspn(text, "0123456789ABCDEF") != len)
		return -1;
	memcpy(to, text, len + 1);
	return 0;
}

static int
parse_line(char *line, struct sim_record *r)
{
	char *word[WORDS_MAX + 1] = { NULL };
	int64_t tries;
	size_t n;

	for (n = 0; n <= WORDS_MAX && line != NULL; n++)
		word[n] = strsep(&line, " ");
	if (n == 3 && strcmp(word[0], "used") == 0)
		return card(word[1], r->used) == -1 ||
			       number(word[2], 0, INT64_MAX, &r->used_ns) == -1
			   ? -1
			   : 0;
	if (n != 4 || strcmp(word[0], "tried") != 0 ||
	    number(word[2], 0, INT64_MAX, &r->tried_ns) == -1 ||
	    number(word[3], 0, UINT32_MAX, &tries) == -1)
		return -1;
	r->tries = (uint32_t)tries;
	return card(word[1], r->tried);
}

int
sim_record_parse(const char *text, struct sim_record *r)
{
	char copy[256], *rest = copy, *line;
	int result = 0;

	memset(r, 0, sizeof(*r));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		return -1;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0' && parse_line(line, r) == -1)
			result = -1;
	return result;
}

void
sim_record_print(FILE *f, const void *record)
{
	const struct sim_record *r = record;

	if (r->used[0] != '\0')
		fprintf(f, "used %s %" PRId64 "\n", r->used, r->used_ns);
	if (r->tried[0] != '\0')
		fprintf(f, "tried %s %" PRId64 " %u\n", r->tried, r->tried_ns,
		    r->tries);
}

const char *
sim_record_end(const char *iccid)
{
	size_t len = strlen(iccid), end = MSG_CARD_LEN - 1;

	return len > end ? iccid + len - end : iccid;
}

/*
 * The one that was said and not proved: a power cut in between is no reason
 * to be silent for ever, since a card counts what was wrong.
 */
static int
was_refused(const struct sim_record *r, const struct msg_sim *s, int64_t ns)
{
	return strcmp(r->tried, s->iccid) == 0 && r->tried_ns == ns &&
	       (r->tries == MSG_TRIES_UNKNOWN ||
		   s->tries == MSG_TRIES_UNKNOWN || s->tries < r->tries);
}

int
sim_record_allows(const struct sim_record *r, const struct msg_sim *s,
    int64_t written_ns, char *why, size_t size)
{
	if (s->iccid[0] == '\0') {
		strlcpy(
		    why, "PIN not said: the SIM card tells no number", size);
		return -1;
	}
	if (s->tries <= 1) {
		snprintf(why, size, "PIN not said: the SIM card has %u %s left",
		    s->tries, s->tries == 1 ? "try" : "tries");
		return -1;
	}
	if (r->used[0] != '\0' && strcmp(r->used, s->iccid) != 0 &&
	    r->used_ns == written_ns) {
		snprintf(why, size,
		    "PIN not said: SIM changed, it ends in %s and the last "
		    "in %s; write the PIN's file to allow it",
		    sim_record_end(s->iccid), sim_record_end(r->used));
		return -1;
	}
	if (was_refused(r, s, written_ns)) {
		strlcpy(why,
		    "PIN not said: it was refused before; write its "
		    "file anew",
		    size);
		return -1;
	}
	return 0;
}

void
sim_record_try(
    struct sim_record *r, const struct msg_sim *s, int64_t written_ns)
{
	strlcpy(r->tried, s->iccid, sizeof(r->tried));
	r->tried_ns = written_ns;
	r->tries = s->tries;
}

int
sim_record_used(struct sim_record *r, const struct msg_sim *s,
    int64_t written_ns, int *other)
{
	int same = strcmp(r->used, s->iccid) == 0;

	*other = r->used[0] != '\0' && !same;
	if (same && r->used_ns == written_ns && r->tried[0] == '\0')
		return 0;
	strlcpy(r->used, s->iccid, sizeof(r->used));
	r->used_ns = written_ns;
	r->tried[0] = '\0';
	return 1;
}
