/* SPDX-License-Identifier: ISC */
/*
 * What top shows of the time before it was started: the rounds that the daemon
 * keeps, a column for each second as if it had been there to look.
 */
#include <sys/types.h>

#include <string.h>

#include "parent/sample_list.h"
#include "parent/top.h"

#define COLUMN_MS 1000

/* Where the entry has this target; CONF_TARGETS_MAX: nowhere. */
static uint32_t
place_in(const struct top_graph *g, const struct sample_list *l,
    const struct sample_entry *e)
{
	uint32_t i;

	for (i = 0; i < e->sample.ntargets; i++)
		if (e->series[i] != SAMPLE_NO_SERIES &&
		    strcmp(l->series[e->series[i]].name, g->name) == 0 &&
		    strcmp(l->series[e->series[i]].uplink, g->via) == 0)
			return i;
	return CONF_TARGETS_MAX;
}

/* Into each column that it has a part in. */
static void
add_sample(struct top_point *past, int64_t began_ms, const struct sample *s,
    uint32_t target)
{
	int64_t from = s->began_ms - began_ms, to = from + s->span_ms, i;

	if (to < 0 || s->target[target].received + s->target[target].lost == 0)
		return;
	for (i = from < 0 ? 0 : from / COLUMN_MS;
	     i < TOP_POINTS_MAX && i <= to / COLUMN_MS; i++) {
		past[i].sent +=
		    s->target[target].received + s->target[target].lost;
		past[i].lost += s->target[target].lost;
		if (s->target[target].received > 0)
			past[i].rtt_us = s->target[target].rtt_us;
	}
}

/* In front of what it has, as far back as something is known. */
static void
put_before(struct top_graph *g, const struct top_point *past)
{
	unsigned int skip = g->n, n;

	while (skip < TOP_POINTS_MAX && past[skip].sent == 0)
		skip++;
	n = TOP_POINTS_MAX - skip;
	memmove(g->point + n, g->point, g->n * sizeof(*g->point));
	memcpy(g->point, past + skip, n * sizeof(*g->point));
	g->n += n;
}

static void
fill_graph(struct top_graph *g, const struct sample_list *l, int64_t now_ms)
{
	struct top_point past[TOP_POINTS_MAX] = { { 0 } };
	uint32_t target;
	size_t i;

	for (i = 0; i < l->n; i++) {
		target = place_in(g, l, &l->entry[i]);
		if (target < CONF_TARGETS_MAX)
			add_sample(past,
			    now_ms - (int64_t)TOP_POINTS_MAX * COLUMN_MS,
			    &l->entry[i].sample, target);
	}
	put_before(g, past);
}

void
top_past(struct top *t, const char *probes)
{
	struct sample_list l;
	unsigned int i;

	if (t->summary.time_ns == 0) /* nobody knows how long ago they were */
		return;
	sample_list_load(&l, probes);
	for (i = 0; i < t->ngraphs; i++)
		fill_graph(&t->graph[i], &l, t->summary.time_ns / 1000000);
	sample_list_free(&l);
}
