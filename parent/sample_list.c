/* SPDX-License-Identifier: ISC */
/* Samples read back; see sample_list.h. */
#include <sys/types.h>

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parent/sample_list.h"

#define ENTRIES_MAX 100000
#define SERIES_MAX  256

/* What stands at each place of an uplink's rounds by now. */
struct place {
	char uplink[CONF_LABEL_LEN];
	size_t series[CONF_TARGETS_MAX];
};

struct loading {
	struct sample_list *list;
	struct place place[CONF_UPLINKS_MAX];
	size_t nplaces;
	size_t room;
};

static struct place *
place_of(struct loading *l, const char *uplink)
{
	struct place *p;
	size_t i;

	for (i = 0; i < l->nplaces; i++)
		if (strcmp(l->place[i].uplink, uplink) == 0)
			return &l->place[i];
	if (l->nplaces == CONF_UPLINKS_MAX)
		return NULL;
	p = &l->place[l->nplaces++];
	(void)strlcpy(p->uplink, uplink, sizeof(p->uplink));
	for (i = 0; i < CONF_TARGETS_MAX; i++)
		p->series[i] = SAMPLE_NO_SERIES;
	return p;
}

static size_t
series_of(struct sample_list *s, const struct sample_target *t)
{
	size_t i;

	for (i = 0; i < s->nseries; i++)
		if (strcmp(s->series[i].uplink, t->uplink) == 0 &&
		    strcmp(s->series[i].name, t->name) == 0 &&
		    s->series[i].near == t->near)
			return i;
	if (s->nseries == SERIES_MAX)
		return SAMPLE_NO_SERIES;
	s->series[s->nseries] = *t;
	return s->nseries++;
}

static void
take_target(struct loading *l, const struct sample_target *t)
{
	struct place *p = place_of(l, t->uplink);

	if (p != NULL)
		p->series[t->target] = series_of(l->list, t);
}

static void
take_sample(struct loading *l, const struct sample *s)
{
	struct sample_list *list = l->list;
	struct place *p = place_of(l, s->uplink);
	struct sample_entry *e;

	if (p == NULL || list->n == ENTRIES_MAX)
		return;
	if (list->n == l->room) {
		l->room = l->room == 0 ? 256 : 2 * l->room;
		list->entry =
		    reallocarray(list->entry, l->room, sizeof(*list->entry));
		if (list->entry == NULL)
			err(1, NULL);
	}
	e = &list->entry[list->n++];
	e->sample = *s;
	memcpy(e->series, p->series, sizeof(e->series));
}

static void
take_line(struct loading *l, const char *line)
{
	struct sample_target t;
	struct sample s;

	if (sample_parse(line, &s) == 0)
		take_sample(l, &s);
	else if (sample_parse_target(line, &t) == 0)
		take_target(l, &t);
	else
		l->list->broken++;
}

static int
by_time(const void *a, const void *b)
{
	const struct sample *x = &((const struct sample_entry *)a)->sample;
	const struct sample *y = &((const struct sample_entry *)b)->sample;

	if (x->began_ms != y->began_ms)
		return x->began_ms < y->began_ms ? -1 : 1;
	return strcmp(x->uplink, y->uplink);
}

void
sample_list_load(struct sample_list *list, const char *text)
{
	struct loading l = { .list = list };
	char line[SAMPLE_LINE_MAX];
	size_t len;

	memset(list, 0, sizeof(*list));
	if ((list->series = calloc(SERIES_MAX, sizeof(*list->series))) == NULL)
		err(1, NULL);
	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len >= sizeof(line)) {
			list->broken++;
			continue;
		}
		memcpy(line, text, len);
		line[len] = '\0';
		take_line(&l, line);
	}
	if (list->n > 0)
		qsort(list->entry, list->n, sizeof(*list->entry), by_time);
}

void
sample_list_free(struct sample_list *list)
{
	free(list->entry);
	free(list->series);
}
