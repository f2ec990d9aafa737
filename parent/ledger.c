/* SPDX-License-Identifier: ISC */
/*
 * What outlives a run; see ledger.h.  As text:
 *
 *	V 1 boot monotonic-ms sha256
 *	F ms ms ...				failed dials, so long before
 *	O wall-s held hold-ms manual go-back confirm-ms flapping
 *	T ms ms ...				failovers, the oldest first
 *	B label since used*3 granted*3 told*3 ifname ifindex octets
 *	  fails refused gave-up wait-ms
 *	D label last done ok dial negotiate prove ready mtu kbps slow-told
 *	R label ms ...				drills, the oldest first
 *
 * with - for what is empty.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parent/ctl.h"
#include "parent/ledger.h"
#include "parent/record.h"

#define VERSION_NUMBER 1
#define B_FIELDS       (9 + 3 * CONF_COSTS)
#define STAY_MAX_MS    (CTL_FOR_MAX * INT64_C(1000))
#define LINE_MAX_LEN   1024

struct ledger_entry *
ledger_find(struct ledger *l, const char *label)
{
	uint32_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->entry[i].label, label) == 0)
			return &l->entry[i];
	return NULL;
}

static void
drop(struct ledger *l, int (*needed)(const char *))
{
	uint32_t i;

	for (i = 0; i < l->n - 1 && needed(l->entry[i].label); i++)
		;
	l->n--;
	memmove(
	    &l->entry[i], &l->entry[i + 1], (l->n - i) * sizeof(l->entry[0]));
}

struct ledger_entry *
ledger_get(struct ledger *l, const char *label, int (*needed)(const char *))
{
	struct ledger_entry *e;

	if ((e = ledger_find(l, label)) != NULL)
		return e;
	_Static_assert(LEDGER_MAX > CONF_BACKUPS_MAX, "all that are needed");
	if (l->n == LEDGER_MAX)
		drop(l, needed);
	e = &l->entry[l->n++];
	memset(e, 0, sizeof(*e));
	strlcpy(e->label, label, sizeof(e->label));
	return e;
}

uint64_t
ledger_count(struct ledger_counter *c, const char *ifname, uint32_t ifindex,
    uint64_t octets, int same_boot)
{
	int known = c->ifname[0] != '\0';
	int same = known && same_boot && c->ifindex == ifindex &&
		   strcmp(c->ifname, ifname) == 0 && octets >= c->octets;
	uint64_t before = same ? c->octets : 0;

	strlcpy(c->ifname, ifname, sizeof(c->ifname));
	c->ifindex = ifindex;
	c->octets = octets;
	/* of one that is seen for the first time it was others' doing */
	return known ? octets - before : 0;
}

static const char *
or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

static int
or_empty(char *to, size_t size, const char *from)
{
	memset(to, 0, size); /* nothing of a line before it stays behind */
	return record_word(to, size, strcmp(from, "-") == 0 ? "" : from);
}

static int
parse_sha256(const char *text, uint8_t sum[32])
{
	char octet[3] = "";
	size_t i;

	if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
		return -1;
	for (i = 0; i < 32; i++) {
		memcpy(octet, text + 2 * i, 2);
		sum[i] = (uint8_t)strtoul(octet, NULL, 16);
	}
	return 0;
}

static int
parse_version(char *text, struct ledger *l)
{
	char *f[RECORD_FIELDS_MAX];
	int64_t version;

	return record_split(text, 'V', f) == 4 &&
		       record_number(f[0], VERSION_NUMBER, VERSION_NUMBER,
			   &version) == 0 &&
		       or_empty(l->boot, sizeof(l->boot), f[1]) == 0 &&
		       record_number(f[2], 0, INT64_MAX / 2, &l->mono_ms) ==
			   0 &&
		       parse_sha256(f[3], l->sha256) == 0
		   ? 0
		   : -1;
}

/* How long ago, the oldest first. */
static int
parse_ages(char *text, char kind, int most, int64_t oldest, int64_t ms[])
{
	char *f[RECORD_FIELDS_MAX];
	int n = record_split(text, kind, f), i;

	if (n < 0 || n > most)
		return -1;
	memset(ms, 0, (size_t)most * sizeof(*ms));
	for (i = 0; i < n; i++)
		if (record_number(
			f[i], 0, i == 0 ? oldest : ms[i - 1], &ms[i]) == -1)
			return -1;
	return n;
}

static int
parse_failed(char *text, struct ledger *l)
{
	int n = parse_ages(text, 'F', MACHINE_DIAL_CAP,
	    MACHINE_DIAL_CAP_EVERY_MS, l->failed_ms);

	l->nfailed = (uint32_t)n;
	return n == -1 ? -1 : 0;
}

static int
parse_failovers(char *text, struct ledger *l)
{
	int n = parse_ages(
	    text, 'T', CONF_FLAP_MAX, LEDGER_AGE_MAX_MS, l->failover_ms);

	_Static_assert(CONF_FLAP_MAX <= RECORD_FIELDS_MAX, "all fields");
	_Static_assert(
	    LEDGER_AGE_MAX_MS < INT64_C(10000000000000) &&
		CONF_FLAP_MAX * sizeof("1234567890123") + 2 <= LINE_MAX_LEN,
	    "all are read that are written");

	l->nfailovers = (uint32_t)n;
	return n == -1 ? -1 : 0;
}

static int
parse_asked(char *text, struct ledger *l)
{
	struct machine_stay *s = &l->stay;
	char *f[RECORD_FIELDS_MAX];

	return record_split(text, 'O', f) == 7 &&
		       record_number(f[0], 0, INT64_MAX / 2000, &l->wall_s) ==
			   0 &&
		       or_empty(l->held, sizeof(l->held), f[1]) == 0 &&
		       record_number(f[2], 0, STAY_MAX_MS, &s->hold_ms) == 0 &&
		       record_number32(f[3], &s->manual) == 0 &&
		       s->manual <= 1 &&
		       record_number32(f[4], &s->go_back) == 0 &&
		       s->go_back <= 1 &&
		       record_number(f[5], 0, STAY_MAX_MS, &s->confirm_ms) ==
			   0 &&
		       record_number32(f[6], &s->flapping) == 0 &&
		       s->flapping <= 1
		   ? 0
		   : -1;
}

static int
parse_budget(char *const f[], struct budget *b)
{
	uint32_t i;

	if (record_number(f[0], 0, INT64_MAX, &b->since_s) == -1)
		return -1;
	for (i = 0; i < CONF_COSTS; i++)
		if (record_number64(f[1 + i], &b->used[i]) == -1 ||
		    record_number64(f[1 + CONF_COSTS + i], &b->granted[i]) ==
			-1 ||
		    record_number32(f[1 + 2 * CONF_COSTS + i], &b->told[i]) ==
			-1 ||
		    b->told[i] > 100)
			return -1;
	return 0;
}

static int
parse_entry(char *text, struct ledger *l)
{
	struct ledger_entry e = { 0 };
	char *f[RECORD_FIELDS_MAX], **at;

	if (l->n == LEDGER_MAX || record_split(text, 'B', f) != B_FIELDS ||
	    record_word(e.label, sizeof(e.label), f[0]) == -1 ||
	    e.label[0] == '\0' || ledger_find(l, e.label) != NULL ||
	    parse_budget(f + 1, &e.budget) == -1)
		return -1;
	at = f + 2 + 3 * CONF_COSTS;
	if (or_empty(e.counter.ifname, sizeof(e.counter.ifname), at[0]) == -1 ||
	    record_number32(at[1], &e.counter.ifindex) == -1 ||
	    record_number64(at[2], &e.counter.octets) == -1 ||
	    record_number32(at[3], &e.grudge.fails) == -1 ||
	    record_number32(at[4], &e.grudge.refused) == -1 ||
	    e.grudge.refused > MACHINE_REFUSED_MAX ||
	    record_number32(at[5], &e.grudge.gave_up) == -1 ||
	    e.grudge.gave_up > 1 ||
	    record_number(
		at[6], 0, MACHINE_TARGET_DIAL_MAX_MS, &e.grudge.wait_ms) == -1)
		return -1;
	l->entry[l->n++] = e;
	return 0;
}

/* Of an entry that has come already. */
static int
parse_drill(char *text, struct ledger *l)
{
	char *f[RECORD_FIELDS_MAX];
	struct ledger_entry *e;
	struct drill_past *d;

	if (record_split(text, 'D', f) != 11 ||
	    (e = ledger_find(l, f[0])) == NULL)
		return -1;
	d = &e->drill;
	return record_number(f[1], 0, INT64_MAX, &d->last_s) == 0 &&
		       record_number32(f[2], &d->done) == 0 && d->done <= 1 &&
		       record_number32(f[3], &d->ok) == 0 && d->ok <= 1 &&
		       record_number32(f[4], &d->dial_ms) == 0 &&
		       record_number32(f[5], &d->negotiate_ms) == 0 &&
		       record_number32(f[6], &d->prove_ms) == 0 &&
		       record_number32(f[7], &d->ready_ms) == 0 &&
		       record_number32(f[8], &d->mtu) == 0 &&
		       record_number32(f[9], &d->kbps) == 0 &&
		       record_number32(f[10], &d->slow_told) == 0 &&
		       d->slow_told <= 1
		   ? 0
		   : -1;
}

static int
parse_samples(char *text, struct ledger *l)
{
	int n, i;
	char *f[RECORD_FIELDS_MAX];
	struct ledger_entry *e;

	n = record_split(text, 'R', f);
	if (n < 2 || n > 1 + DRILL_SAMPLES ||
	    (e = ledger_find(l, f[0])) == NULL)
		return -1;
	memset(e->drill.sample, 0, sizeof(e->drill.sample));
	for (i = 1; i < n; i++)
		if (record_number32(f[i], &e->drill.sample[i - 1]) == -1)
			return -1;
	e->drill.n = (uint32_t)n - 1;
	return 0;
}

/* Each to its own; a copy, since cutting it leaves nothing of the line. */
static int
parse(const char *line, struct ledger *l)
{
	static int (*const kind[])(char *, struct ledger *) = { parse_version,
		parse_failed, parse_asked, parse_failovers, parse_entry,
		parse_drill, parse_samples };
	struct ledger was = *l;
	char copy[LINE_MAX_LEN];
	size_t i;

	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		if (strlcpy(copy, line, sizeof(copy)) >= sizeof(copy))
			return -1;
		if (kind[i](copy, l) == 0)
			return 0;
		*l = was;
	}
	return -1;
}

unsigned int
ledger_read(FILE *f, struct ledger *l)
{
	unsigned int broken = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	memset(l, 0, sizeof(*l));
	while ((n = getline(&line, &size, f)) != -1) {
		/* without its newline it was cut short */
		if (n == 0 || line[n - 1] != '\n') {
			broken++;
			break;
		}
		line[n - 1] = '\0';
		broken += parse(line, l) == -1;
	}
	free(line);
	return broken;
}

static void
write_entry(FILE *f, const struct ledger_entry *e)
{
	const struct budget *b = &e->budget;
	uint32_t i;

	fprintf(f, "B\t%s\t%" PRId64, e->label, b->since_s);
	for (i = 0; i < CONF_COSTS; i++)
		fprintf(f, "\t%" PRIu64, b->used[i]);
	for (i = 0; i < CONF_COSTS; i++)
		fprintf(f, "\t%" PRIu64, b->granted[i]);
	for (i = 0; i < CONF_COSTS; i++)
		fprintf(f, "\t%u", b->told[i]);
	fprintf(f, "\t%s\t%u\t%" PRIu64 "\t%u\t%u\t%u\t%" PRId64 "\n",
	    or_dash(e->counter.ifname), e->counter.ifindex, e->counter.octets,
	    e->grudge.fails, e->grudge.refused, e->grudge.gave_up,
	    e->grudge.wait_ms);
}

static void
write_drill(FILE *f, const char *label, const struct drill_past *d)
{
	uint32_t i;

	fprintf(f, "D\t%s\t%" PRId64 "\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u\n",
	    label, d->last_s, d->done, d->ok, d->dial_ms, d->negotiate_ms,
	    d->prove_ms, d->ready_ms, d->mtu, d->kbps, d->slow_told);
	if (d->n == 0)
		return;
	fprintf(f, "R\t%s", label);
	for (i = 0; i < d->n; i++)
		fprintf(f, "\t%u", d->sample[i]);
	fputc('\n', f);
}

static void
write_ages(FILE *f, char kind, uint32_t n, const int64_t ms[])
{
	uint32_t i;

	if (n == 0)
		return;
	fputc(kind, f);
	for (i = 0; i < n; i++)
		fprintf(f, "\t%" PRId64, ms[i]);
	fputc('\n', f);
}

void
ledger_write(FILE *f, const struct ledger *l)
{
	const struct machine_stay *s = &l->stay;
	char sum[CONF_HASH_LEN];
	uint32_t i;

	conf_hash(l->sha256, sum);
	fprintf(f, "V\t%d\t%s\t%" PRId64 "\t%s\n", VERSION_NUMBER,
	    or_dash(l->boot), l->mono_ms, sum);
	write_ages(f, 'F', l->nfailed, l->failed_ms);
	fprintf(f, "O\t%" PRId64 "\t%s\t%" PRId64 "\t%u\t%u\t%" PRId64 "\t%u\n",
	    l->wall_s, or_dash(l->held), s->hold_ms, s->manual, s->go_back,
	    s->confirm_ms, s->flapping);
	write_ages(f, 'T', l->nfailovers, l->failover_ms);
	for (i = 0; i < l->n; i++) {
		write_entry(f, &l->entry[i]);
		write_drill(f, l->entry[i].label, &l->entry[i].drill);
	}
}
