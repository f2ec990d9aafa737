/* SPDX-License-Identifier: ISC */
/* Rounds of probes as they are kept; see sample.h. */
#include <sys/types.h>

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "parent/record.h"
#include "parent/sample.h"

#define TIME_MAX (INT64_MAX / 1000000 - UINT32_MAX) /* ms, for sums in ns */
#define HEAD     7 /* fields before those of targets */
#define LONG_MS  (2 * 60 * 60 * 1000) /* the longest round, and some more */

const char *const sample_verdicts[] = { [MSG_GOOD] = "good",
	[MSG_BAD] = "bad",
	[MSG_CONGESTED] = "congested",
	[MSG_VOID] = "void" };

void
sample_of_round(struct sample *s, const struct msg_round *r, const char *uplink,
    int64_t began_ms)
{
	uint32_t i;

	memset(s, 0, sizeof(*s));
	(void)strlcpy(s->uplink, uplink, sizeof(s->uplink));
	s->began_ms = began_ms;
	s->span_ms = (uint32_t)((r->ended_ns - r->began_ns) / 1000000);
	s->family = r->family;
	s->verdict = r->verdict;
	s->cause = r->cause;
	s->rounds = 1;
	s->ntargets = r->ntargets;
	for (i = 0; i < r->ntargets; i++) {
		s->target[i].received = r->target[i].received;
		s->target[i].lost = r->target[i].lost;
		s->target[i].rtt_us = r->target[i].rtt_us;
	}
}

/* All answered, none answered, or exactly as many of both in each round. */
static bool
alike(const struct sample *a, const struct sample *b, uint32_t i)
{
	uint64_t received = b->target[i].received, lost = b->target[i].lost;

	if (a->target[i].lost == 0 || lost == 0)
		return a->target[i].lost == lost &&
		       (a->target[i].received == 0) == (received == 0);
	if (a->target[i].received == 0 || received == 0)
		return a->target[i].received == received;
	return received * a->rounds ==
		   (uint64_t)a->target[i].received * b->rounds &&
	       lost * a->rounds == (uint64_t)a->target[i].lost * b->rounds;
}

/* Average of the answers of both; one that has none has no say. */
static uint32_t
average(uint32_t rtt, uint32_t n, uint32_t other, uint32_t m)
{
	if (n + m == 0)
		return 0;
	return (uint32_t)(((uint64_t)rtt * n + (uint64_t)other * m) / (n + m));
}

int
sample_merge(struct sample *s, const struct sample *n)
{
	int64_t span = n->began_ms + n->span_ms - s->began_ms;
	uint32_t i;

	if (strcmp(s->uplink, n->uplink) != 0 || s->family != n->family ||
	    s->verdict != n->verdict || s->cause != n->cause ||
	    s->ntargets != n->ntargets || n->began_ms < s->began_ms ||
	    span > SAMPLE_SPAN_MS)
		return 0;
	for (i = 0; i < s->ntargets; i++)
		if (!alike(s, n, i))
			return 0;
	for (i = 0; i < s->ntargets; i++) {
		s->target[i].rtt_us =
		    average(s->target[i].rtt_us, s->target[i].received,
			n->target[i].rtt_us, n->target[i].received);
		s->target[i].received += n->target[i].received;
		s->target[i].lost += n->target[i].lost;
	}
	s->span_ms = (uint32_t)span;
	s->rounds += n->rounds;
	return 1;
}

void
sample_print(FILE *f, const struct sample *s)
{
	uint32_t i;

	fprintf(f, "R\t%" PRId64 "\t%u\t%s\t%u\t%u\t%u\t%u", s->began_ms,
	    s->span_ms, s->uplink, s->family, s->verdict, s->cause, s->rounds);
	for (i = 0; i < s->ntargets; i++)
		fprintf(f, "\t%u\t%u\t%u", s->target[i].received,
		    s->target[i].lost, s->target[i].rtt_us);
	putc('\n', f);
}

void
sample_print_target(FILE *f, const struct sample_target *t)
{
	fprintf(f, "T\t%s\t%u\t%u\t%u\t%u\t%s\n", t->uplink, t->backup,
	    t->target, t->family, t->near, t->name);
}

int
sample_parse_target(const char *text, struct sample_target *t)
{
	char *f[RECORD_FIELDS_MAX], copy[SAMPLE_LINE_MAX];

	memset(t, 0, sizeof(*t));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    record_split(copy, 'T', f) != 6 ||
	    record_word(t->uplink, sizeof(t->uplink), f[0]) == -1 ||
	    record_number32(f[1], &t->backup) == -1 ||
	    record_number32(f[2], &t->target) == -1 ||
	    record_number32(f[3], &t->family) == -1 ||
	    record_number32(f[4], &t->near) == -1 ||
	    record_word(t->name, sizeof(t->name), f[5]) == -1)
		return -1;
	return t->backup > 1 || t->target >= CONF_TARGETS_MAX ||
		       t->family >= FAMILIES || t->near > 1
		   ? -1
		   : 0;
}

/* So many rounds of so many probes fit a minute, and no more. */
static int
in_range(const struct sample *s)
{
	uint32_t i;

	if (s->family >= FAMILIES || s->verdict > MSG_VOID ||
	    s->cause >= MSG_CAUSE_MAX || s->rounds == 0 ||
	    s->rounds > SAMPLE_SPAN_MS ||
	    s->span_ms > (s->rounds == 1 ? LONG_MS : SAMPLE_SPAN_MS))
		return 0;
	for (i = 0; i < s->ntargets; i++)
		if (s->target[i].received > 100 * s->rounds ||
		    s->target[i].lost > 100 * s->rounds ||
		    s->target[i].rtt_us > MSG_RTT_MAX_US)
			return 0;
	return 1;
}

int
sample_parse(const char *text, struct sample *s)
{
	char *f[RECORD_FIELDS_MAX], copy[SAMPLE_LINE_MAX];
	int n, i;

	memset(s, 0, sizeof(*s));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    (n = record_split(copy, 'R', f)) < HEAD || (n - HEAD) % 3 != 0 ||
	    (n - HEAD) / 3 > CONF_TARGETS_MAX ||
	    record_number(f[0], 0, TIME_MAX, &s->began_ms) == -1 ||
	    record_number32(f[1], &s->span_ms) == -1 ||
	    record_word(s->uplink, sizeof(s->uplink), f[2]) == -1 ||
	    record_number32(f[3], &s->family) == -1 ||
	    record_number32(f[4], &s->verdict) == -1 ||
	    record_number32(f[5], &s->cause) == -1 ||
	    record_number32(f[6], &s->rounds) == -1)
		return -1;
	s->ntargets = (uint32_t)(n - HEAD) / 3;
	for (i = 0; i < (int)s->ntargets; i++)
		if (record_number32(f[HEAD + 3 * i], &s->target[i].received) ==
			-1 ||
		    record_number32(f[HEAD + 3 * i + 1], &s->target[i].lost) ==
			-1 ||
		    record_number32(
			f[HEAD + 3 * i + 2], &s->target[i].rtt_us) == -1)
			return -1;
	return in_range(s) ? 0 : -1;
}
