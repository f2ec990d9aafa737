/* SPDX-License-Identifier: ISC */
/* Lines of before against lines of now; see snapshot.h. */
#include <sys/types.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/snapshot.h"

#define ROUTE "f route "

static const char letters[] = {
	[SNAPSHOT_OURS] = 'o', [SNAPSHOT_LINK] = 'l', [SNAPSHOT_FOREIGN] = 'f'
};

/* FNV-1a. */
uint64_t
snapshot_hash(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = 0xcbf29ce484222325u;

	while (len-- > 0)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}

static int
is_route(const char *line)
{
	return strncmp(line, ROUTE, strlen(ROUTE)) == 0;
}

static int
push(struct snapshot *s, const char *line)
{
	char **more;

	if (s->n == SNAPSHOT_LINES_MAX) {
		errno = ENOSPC;
		return -1;
	}
	/* n counts, so room doubles with it */
	if ((s->n & (s->n - 1)) == 0) {
		more = reallocarray(
		    s->line, s->n == 0 ? 1 : 2 * s->n, sizeof(*more));
		if (more == NULL)
			return -1;
		s->line = more;
	}
	if ((s->line[s->n] = strdup(line)) == NULL)
		return -1;
	s->n++;
	return 0;
}

int
snapshot_add(struct snapshot *s, enum snapshot_whose whose, const char *key,
    const char *value)
{
	char line[SNAPSHOT_LINE_LEN];
	size_t i;

	snprintf(line, sizeof(line), "%c %s", letters[whose], key);
	/* names of interfaces and tables may hold anything */
	for (i = 0; line[i] != '\0'; i++)
		if (!isprint((unsigned char)line[i]))
			line[i] = '?';
	snprintf(line + i, sizeof(line) - i, "%s%s",
	    value[0] == '\0' ? "" : "\t", value);
	if (is_route(line)) {
		s->hash += snapshot_hash(line, strlen(line));
		if (++s->routes > SNAPSHOT_ROUTES_MAX)
			return 0;
	}
	return push(s, line);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort(struct snapshot *s)
{
	if (s->n > 0) /* an empty one has no array */
		qsort(s->line, s->n, sizeof(*s->line), compare);
}

/* A tab sorts before all that a key may hold, so keys are in order, too. */
int
snapshot_end(struct snapshot *s)
{
	char value[64];
	size_t i, kept = 0;

	if (s->routes > SNAPSHOT_ROUTES_MAX) {
		for (i = 0; i < s->n; i++)
			if (is_route(s->line[i]))
				free(s->line[i]);
			else
				s->line[kept++] = s->line[i];
		s->n = kept;
		snprintf(value, sizeof(value), "%" PRIu64 ", hash %016" PRIx64,
		    s->routes, s->hash);
		if (snapshot_add(s, SNAPSHOT_FOREIGN, "routes", value) == -1)
			return -1;
	}
	sort(s);
	return 0;
}

void
snapshot_free(struct snapshot *s)
{
	while (s->n > 0)
		free(s->line[--s->n]);
	free(s->line);
	memset(s, 0, sizeof(*s));
}

/* ---- as text ---- */

void
snapshot_print(FILE *f, const void *arg)
{
	const struct snapshot *s = arg;
	size_t i;

	for (i = 0; i < s->n; i++)
		fprintf(f, "%s\n", s->line[i]);
}

static int
line_ok(const char *line)
{
	size_t i;

	if (memchr(letters, line[0], sizeof(letters)) == NULL ||
	    line[1] != ' ' || line[2] == '\0' ||
	    strlen(line) >= SNAPSHOT_LINE_LEN)
		return 0;
	for (i = 2; line[i] != '\0'; i++)
		if (!isprint((unsigned char)line[i]) && line[i] != '\t')
			return 0;
	return 1;
}

int
snapshot_parse(char *text, struct snapshot *s)
{
	char *line;

	memset(s, 0, sizeof(*s));
	while ((line = strsep(&text, "\n")) != NULL && text != NULL)
		if (!line_ok(line) || push(s, line) == -1)
			break;
	if (line != NULL && line[0] == '\0' && text == NULL) {
		sort(s); /* as sorted as its file is */
		return 0;
	}
	snapshot_free(s);
	return -1;
}

/* ---- compared ---- */

static enum snapshot_whose
whose(const char *line)
{
	return line[0] == 'o'   ? SNAPSHOT_OURS
	       : line[0] == 'l' ? SNAPSHOT_LINK
				: SNAPSHOT_FOREIGN;
}

static int
compare_keys(const char *a, const char *b)
{
	size_t n = strcspn(a, "\t"), m = strcspn(b, "\t");
	int c = strncmp(a, b, n < m ? n : m);

	return c != 0 ? c : (n > m) - (n < m);
}

static const char *
value_of(const char *line)
{
	const char *tab = strchr(line, '\t');

	return tab == NULL ? "" : tab + 1;
}

static void
tell(const char *line, const char *what, snapshot_diff *diff, void *arg)
{
	char text[SNAPSHOT_LINE_LEN + 16];
	const char *value = value_of(line);

	snprintf(text, sizeof(text), "%.*s%s%s: %s",
	    (int)strcspn(line + 2, "\t"), line + 2, value[0] == '\0' ? "" : " ",
	    value, what);
	diff(whose(line), text, arg);
}

static void
tell_change(const char *was, const char *is, snapshot_diff *diff, void *arg)
{
	char text[2 * SNAPSHOT_LINE_LEN];

	snprintf(text, sizeof(text), "%.*s: %s, was %s",
	    (int)strcspn(is + 2, "\t"), is + 2, value_of(is), value_of(was));
	diff(whose(is), text, arg);
}

/* A link of ours that came or went is told by what is foreign of it. */
static int
counts(const char *line)
{
	return whose(line) != SNAPSHOT_LINK;
}

void
snapshot_compare(const struct snapshot *before, const struct snapshot *now,
    snapshot_diff *diff, void *arg)
{
	const char *a, *b;
	size_t i = 0, j = 0;
	int c;

	while (i < before->n || j < now->n) {
		a = i < before->n ? before->line[i] : NULL;
		b = j < now->n ? now->line[j] : NULL;
		c = a == NULL ? 1 : b == NULL ? -1 : compare_keys(a, b);
		if (c < 0 && counts(a))
			tell(a, "gone", diff, arg);
		else if (c > 0 && counts(b))
			tell(b, "new", diff, arg);
		else if (c == 0 && strcmp(value_of(a), value_of(b)) != 0)
			tell_change(a, b, diff, arg);
		i += c <= 0;
		j += c >= 0;
	}
}
