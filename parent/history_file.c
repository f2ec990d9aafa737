/* SPDX-License-Identifier: ISC */
/*
 * Records of the history file (record.h); a line that does not fit is none
 * of ours.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <string.h>

#include "parent/history_file.h"
#include "parent/record.h"

static int
event_id(char *to, const char *from)
{
	if (strspn(from, "0123456789abcdef") != strlen(from) ||
	    strlen(from) < 4 || strlen(from) > 8)
		return -1;
	return record_word(to, CTL_EVENT_LEN, from);
}

int
history_parse_counters(const char *text, struct history_counters *c)
{
	char *f[RECORD_FIELDS_MAX], copy[128];
	int64_t a, b;

	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    record_split(copy, 'C', f) != 3 ||
	    record_number(f[0], 0, INT64_MAX, &a) == -1 ||
	    record_number(f[1], 0, INT64_MAX, &b) == -1 ||
	    record_number32(f[2], &c->last_id) == -1)
		return -1;
	c->failovers = (uint64_t)a;
	c->fallbacks = (uint64_t)b;
	return 0;
}

/* What earlier versions did not measure. */
static int
parse_spans(char *f[], struct ctl_event *ev)
{
	return record_number32(f[0], &ev->prove_ms) == -1 ||
		       record_number32(f[1], &ev->peers_ms) == -1 ||
		       record_number32(f[2], &ev->outage_ms) == -1
		   ? -1
		   : 0;
}

int
history_parse_event(const char *text, struct ctl_event *ev)
{
	char *f[RECORD_FIELDS_MAX], copy[512];
	int n;

	memset(ev, 0, sizeof(*ev));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    (n = record_split(copy, 'E', f)) < 14 || n > 22 || n == 19 ||
	    n == 20 || /* nobody wrote these */
	    event_id(ev->id, f[0]) == -1 ||
	    record_number(f[1], 0, INT64_MAX, &ev->began_ns) == -1 ||
	    record_number(f[2], 0, INT64_MAX, &ev->ended_ns) == -1 ||
	    record_number32(f[3], &ev->ended) == -1 ||
	    record_number32(f[4], &ev->clean) == -1 ||
	    record_number32(f[5], &ev->detect_ms) == -1 ||
	    record_number32(f[6], &ev->dial_ms) == -1 ||
	    record_number32(f[7], &ev->apply_us) == -1 ||
	    record_number32(f[8], &ev->backup_s) == -1 ||
	    record_number32(f[9], &ev->dials) == -1 ||
	    record_number32(f[10], &ev->flows_cut) == -1 ||
	    record_number32(f[11], &ev->duration_s) == -1 ||
	    record_word(ev->backup, sizeof(ev->backup), f[12]) == -1 ||
	    record_word(ev->cause, sizeof(ev->cause), f[13]) == -1 ||
	    ev->ended > 1 || ev->clean > 1)
		return -1;
	/* earlier versions did not count them */
	if (n > 14 && record_number64(f[14], &ev->backup_octets) == -1)
		return -1;
	if (n > 15 && record_number64(f[15], &ev->backup_packets) == -1)
		return -1;
	/* nor did they tell how long they lived */
	if (n > 16 && record_number(f[16], 0, INT64_MAX, &ev->seen_ns) == -1)
		return -1;
	if (n > 17 && record_number32(f[17], &ev->end_unknown) == -1)
		return -1;
	if (n > 18 && parse_spans(f + 18, ev) == -1)
		return -1;
	/* nor whose times these are: the last backup was the first mostly */
	if (record_word(ev->by, sizeof(ev->by), f[n > 21 ? 21 : 12]) == -1)
		return -1;
	return ev->end_unknown > ev->ended ? -1 : 0;
}

int
history_parse_life(const char *text, struct history_life *life)
{
	const int64_t max = MSG_TIME_MAX_NS / 1000000;
	char *f[RECORD_FIELDS_MAX], copy[256];

	memset(life, 0, sizeof(*life));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    record_split(copy, 'M', f) != 4 || event_id(life->id, f[0]) == -1 ||
	    record_word(life->boot, sizeof(life->boot), f[1]) == -1 ||
	    life->boot[0] == '\0' ||
	    record_number(f[2], -max, max, &life->began_ms) == -1 ||
	    record_number(f[3], life->began_ms, max, &life->seen_ms) == -1)
		return -1;
	return 0;
}

int
history_parse_line(const char *text, struct ctl_line *l)
{
	char *f[RECORD_FIELDS_MAX], copy[512];

	memset(l, 0, sizeof(*l));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    record_split(copy, 'L', f) != 5 || event_id(l->event, f[0]) == -1 ||
	    record_number(f[1], 0, INT64_MAX, &l->time_ns) == -1 ||
	    record_number(f[2], INT64_MIN, INT64_MAX, &l->offset_ms) == -1 ||
	    record_word(l->who, sizeof(l->who), f[3]) == -1 ||
	    record_word(l->text, sizeof(l->text), f[4]) == -1)
		return -1;
	return 0;
}

void
history_print_counters(FILE *f, const struct history_counters *c)
{
	fprintf(f, "C\t%" PRIu64 "\t%" PRIu64 "\t%u\n", c->failovers,
	    c->fallbacks, c->last_id);
}

void
history_print_event(FILE *f, const struct ctl_event *ev)
{
	fprintf(f,
	    "E\t%s\t%" PRId64 "\t%" PRId64
	    "\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%s\t%s\t%" PRIu64
	    "\t%" PRIu64 "\t%" PRId64 "\t%u\t%u\t%u\t%u\t%s\n",
	    ev->id, ev->began_ns, ev->ended_ns, ev->ended, ev->clean,
	    ev->detect_ms, ev->dial_ms, ev->apply_us, ev->backup_s, ev->dials,
	    ev->flows_cut, ev->duration_s, ev->backup, ev->cause,
	    ev->backup_octets, ev->backup_packets, ev->seen_ns, ev->end_unknown,
	    ev->prove_ms, ev->peers_ms, ev->outage_ms, ev->by);
}

void
history_print_life(FILE *f, const struct history_life *life)
{
	fprintf(f, "M\t%s\t%s\t%" PRId64 "\t%" PRId64 "\n", life->id,
	    life->boot, life->began_ms, life->seen_ms);
}

void
history_print_line(FILE *f, const struct ctl_line *l)
{
	fprintf(f, "L\t%s\t%" PRId64 "\t%" PRId64 "\t%s\t%s\n", l->event,
	    l->time_ns, l->offset_ms, l->who, l->text);
}
