/* SPDX-License-Identifier: ISC */
/* What is to be given back, in memory and on disk; see undo.h. */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keep.h"
#include "netconf/undo.h"

#define FILE_MAX (UNDO_MAX * (UNDO_ROUTE_LEN + 64))

static const struct {
	const char *word;
	uint32_t max; /* of value; 0: there is none */
} kinds[] = {
	[UNDO_GROUP] = { "group", UINT32_MAX },
	[UNDO_RP_FILTER] = { "rp_filter", 2 },
	[UNDO_DOWN] = { "down", 0 },
	[UNDO_ROUTE] = { "route", 0 },
	[UNDO_LINKDOWN] = { "linkdown", 1 },
	[UNDO_LINKDOWN6] = { "linkdown6", 1 },
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

static int
same(const struct undo_entry *a, const struct undo_entry *b)
{
	return a->kind == b->kind && a->ifindex == b->ifindex &&
	       strcmp(a->ifname, b->ifname) == 0 &&
	       strcmp(a->route, b->route) == 0;
}

int
undo_add(struct undo *u, const struct undo_entry *e)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (same(&u->entry[i], e))
			return 0;
	if (u->n == UNDO_MAX)
		return -1;
	u->entry[u->n++] = *e;
	return 0;
}

const struct undo_entry *
undo_find(const struct undo *u, enum undo_kind kind, const char *ifname)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (u->entry[i].kind == kind &&
		    strcmp(u->entry[i].ifname, ifname) == 0)
			return &u->entry[i];
	return NULL;
}

void
undo_drop(struct undo *u, enum undo_kind kind, const char *ifname)
{
	size_t i, kept = 0;

	for (i = 0; i < u->n; i++)
		if (u->entry[i].kind != kind ||
		    strcmp(u->entry[i].ifname, ifname) != 0)
			u->entry[kept++] = u->entry[i];
	u->n = kept;
}

void
undo_text(const struct undo_entry *e, char *buf, size_t size)
{
	switch (e->kind) {
	case UNDO_GROUP:
	case UNDO_RP_FILTER:
	case UNDO_LINKDOWN:
	case UNDO_LINKDOWN6:
		snprintf(buf, size, "%s %s %u", e->ifname, kinds[e->kind].word,
		    e->value);
		break;
	case UNDO_DOWN:
		snprintf(buf, size, "%s up", e->ifname);
		break;
	case UNDO_ROUTE:
		snprintf(buf, size, "%s route %s", e->ifname, e->route);
		break;
	}
}

static int
parse_entry(const char *line, struct undo_entry *e)
{
	char kind[16];
	size_t i;

	memset(e, 0, sizeof(*e));
	if (keep_word(&line, kind, sizeof(kind)) == -1)
		return -1;
	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i].word, kind) == 0)
			break;
	if (i == NKINDS)
		return -1;
	e->kind = (enum undo_kind)i;
	/* it becomes part of a path below /proc/sys */
	if (keep_word(&line, e->ifname, sizeof(e->ifname)) == -1 ||
	    strchr(e->ifname, '/') != NULL || e->ifname[0] == '.' ||
	    keep_number(&line, 1, INT32_MAX, &e->ifindex) == -1)
		return -1;
	if (kinds[i].max != 0 &&
	    keep_number(&line, 0, kinds[i].max, &e->value) == -1)
		return -1;
	if (e->kind != UNDO_ROUTE)
		return *line == '\0' ? 0 : -1;
	return *line == '\0' || strlcpy(e->route, line, sizeof(e->route)) >=
				    sizeof(e->route)
		   ? -1
		   : 0;
}

static int
parse_line(const char *line, void *undo)
{
	struct undo_entry e;

	return parse_entry(line, &e) == -1 ? -1 : undo_add(undo, &e);
}

int
undo_parse(const char *text, struct undo *u)
{
	u->n = 0;
	return keep_lines(text, UNDO_ROUTE_LEN + 64, parse_line, u);
}

int
undo_read(const char *path, struct undo *u)
{
	char *text;
	int n;

	u->n = 0;
	if ((text = keep_read(path, FILE_MAX)) == NULL)
		return errno == ENOENT ? 0 : -1;
	if ((n = undo_parse(text, u)) == -1) {
		u->n = 0;
		errno = EBADMSG;
	}
	free(text);
	return n;
}

static void
print_entry(FILE *f, const struct undo_entry *e)
{
	fprintf(f, "%s %s %u", kinds[e->kind].word, e->ifname, e->ifindex);
	if (kinds[e->kind].max != 0)
		fprintf(f, " %u", e->value);
	if (e->kind == UNDO_ROUTE)
		fprintf(f, " %s", e->route);
	fputc('\n', f);
}

static void
print(FILE *f, const void *undo)
{
	const struct undo *u = undo;
	size_t i;

	for (i = 0; i < u->n; i++)
		print_entry(f, &u->entry[i]);
}

int
undo_write(const char *path, const struct undo *u)
{
	return u->n == 0 ? keep_remove(path) : keep_write(path, print, u);
}
