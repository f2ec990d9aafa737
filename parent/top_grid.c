/* SPDX-License-Identifier: ISC */
/*
 * What top shows, in a grid of characters; see top.h.  The verdict comes
 * first, since it is what is left on the smallest terminal; then uplinks, a
 * graph for each target, and with the rest of the rows the newest lines of
 * the event.
 */
#include <sys/types.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "parent/top.h"

#define NARROW    60 /* columns: below, what is behind is left out */
#define NAME_MAX_ 26 /* of a target */
#define GRAPH_MIN 10 /* columns */

/* From low to high; a loss is an x, nothing a blank. */
static const char levels[] = "_.:-=+*#";

static struct top_graph *
graph_of(struct top *t, const struct ctl_target *target)
{
	char name[TARGET_NAME_LEN];
	struct top_graph *g;
	unsigned int i;

	target_name(&target->target, name, sizeof(name));
	for (i = 0; i < t->ngraphs; i++)
		if (strcmp(t->graph[i].via, target->via) == 0 &&
		    strcmp(t->graph[i].name, name) == 0)
			return &t->graph[i];
	if (t->ngraphs == sizeof(t->graph) / sizeof(t->graph[0]))
		return NULL;
	g = &t->graph[t->ngraphs++];
	memset(g, 0, sizeof(*g));
	(void)strlcpy(g->via, target->via, sizeof(g->via));
	(void)strlcpy(g->name, name, sizeof(g->name));
	g->sent = target->stats.sent;
	g->received = target->stats.received;
	return g;
}

static void
add_point(struct top_graph *g, const struct msg_stats *s)
{
	struct top_point *p;
	uint64_t sent, received;

	/* counted anew after a restart or a reload */
	if (s->sent < g->sent || s->received < g->received)
		g->sent = g->received = 0;
	sent = s->sent - g->sent;
	received = s->received - g->received;
	g->sent = s->sent;
	g->received = s->received;
	if (g->n == TOP_POINTS_MAX)
		memmove(g->point, g->point + 1, --g->n * sizeof(*g->point));
	p = &g->point[g->n++];
	p->sent = (uint32_t)sent;
	/* what has just been sent may still be answered */
	p->lost =
	    sent > 1 && received < sent - 1 ? (uint32_t)(sent - received) : 0;
	p->rtt_us = received > 0 ? (uint32_t)(s->rtt_last_ns / 1000) : 0;
}

/* Targets that are no more, by a reload, go. */
static void
forget_graphs(struct top *t, const int *seen)
{
	unsigned int i, n = 0;

	for (i = 0; i < t->ngraphs; i++)
		if (seen[i])
			t->graph[n++] = t->graph[i];
	t->ngraphs = n;
}

void
top_take(struct top *t, const struct ctl_answer *a)
{
	int seen[sizeof(t->graph) / sizeof(t->graph[0])] = { 0 };
	struct top_graph *g;
	size_t i;

	t->known = a->has_summary;
	t->summary = a->summary;
	t->nuplinks = 0;
	for (i = 0; i < a->nuplinks && i < CONF_UPLINKS_MAX; i++)
		t->uplink[t->nuplinks++] = a->uplinks[i];
	for (i = 0; i < a->ntargets; i++) {
		if ((g = graph_of(t, &a->targets[i])) == NULL)
			continue;
		seen[g - t->graph] = 1;
		add_point(g, &a->targets[i].stats);
	}
	forget_graphs(t, seen);
}

void
top_take_event(struct top *t, struct ctl_answer *a)
{
	free(t->line);
	t->line = a->lines;
	t->nlines = a->nlines;
	a->lines = NULL;
	a->nlines = 0;
	if ((t->has_event = a->nevents > 0))
		t->event = a->events[0];
}

struct page {
	struct top_grid *g;
	unsigned int row; /* the next one */
};

/* The rest of a row from col on; returns the column behind. */
static unsigned int
put(struct top_grid *g, unsigned int row, unsigned int col,
    enum top_style style, const char *text)
{
	for (; *text != '\0' && row < g->rows && col < g->cols; text++) {
		g->cell[row][col].c =
		    isprint((unsigned char)*text) ? *text : '?';
		g->cell[row][col++].style = (unsigned char)style;
	}
	return col;
}

static unsigned int __attribute__((format(printf, 4, 5))) putf(struct page *p,
    unsigned int col, enum top_style style, const char *fmt, ...)
{
	char text[TOP_COLS_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return put(p->g, p->row, col, style, text);
}

static enum top_style
verdict_style(const char *verdict)
{
	if (strncmp(verdict, "OK ", 3) == 0) /* without a but */
		return TOP_GOOD;
	if (strncmp(verdict, "DOWN", 4) == 0 ||
	    strncmp(verdict, "STRANDED", 8) == 0)
		return TOP_BAD;
	return TOP_SLOW;
}

static void
head(struct page *p, const struct top *t)
{
	const struct ctl_summary *s = &t->summary;
	unsigned int col;

	if (!t->known) {
		putf(p, 0, TOP_BAD, "%s",
		    t->why[0] != '\0' ? t->why : "asking dialfaild ...");
		p->row++;
		return;
	}
	col = putf(p, 0, TOP_BOLD, "%s  ", s->host);
	putf(p, col, verdict_style(s->verdict), "%s", s->verdict);
	p->row++;
	if (t->why[0] != '\0') {
		putf(p, 0, TOP_BAD, "as it was: %s", t->why);
		p->row++;
	}
	if (s->event[0] != '\0') {
		putf(p, 0, TOP_PLAIN, "event %s: %s", s->event, s->event_text);
		p->row++;
	}
}

static void
uplink(struct page *p, const struct ctl_uplink *u)
{
	const struct ctl_family *f = &u->family[FAMILY_INET];
	int good = u->active || strcmp(u->status, "up") == 0;
	char address[ADDR_STRLEN] = "-";
	unsigned int col;

	if (f->address.family != AF_UNSPEC)
		addr_format(&f->address, address, sizeof(address));
	col = putf(p, 0, TOP_PLAIN, "%-12.12s ", u->name);
	col = putf(p, col,
	    u->cause[0] != '\0' || strcmp(u->status, "failed") == 0 ? TOP_BAD
	    : good                                                  ? TOP_GOOD
								    : TOP_DIM,
	    "%-11.11s ", u->active ? "ACTIVE" : u->status);
	if (p->g->cols >= NARROW)
		col = putf(p, col, TOP_PLAIN, "%-15.15s ", address);
	putf(p, col, TOP_DIM, "%s", u->cause[0] != '\0' ? u->cause : u->note);
	p->row++;
}

/* The highest of what is shown. */
static uint32_t
highest(const struct top_graph *g, unsigned int width)
{
	unsigned int i = g->n > width ? g->n - width : 0;
	uint32_t max = 0;

	for (; i < g->n; i++)
		if (g->point[i].rtt_us > max)
			max = g->point[i].rtt_us;
	return max;
}

static void
curve(struct page *p, const struct top_graph *g, unsigned int col,
    unsigned int width)
{
	uint32_t max = highest(g, width);
	unsigned int i = g->n > width ? g->n - width : 0, level;
	const struct top_point *q;
	char c[2] = "";

	col += width - (g->n - i);
	for (; i < g->n; i++, col++) {
		q = &g->point[i];
		level = max == 0 ? 0
				 : (unsigned int)((uint64_t)q->rtt_us *
						  (sizeof(levels) - 2) / max);
		c[0] = q->lost > 0 ? 'x' : q->rtt_us > 0 ? levels[level] : ' ';
		put(p->g, p->row, col,
		    q->lost > 0 ? (q->rtt_us > 0 ? TOP_SLOW : TOP_BAD)
				: TOP_GOOD,
		    c);
	}
}

static void
graph(struct page *p, const struct top_graph *g)
{
	const struct top_point *last = g->n > 0 ? &g->point[g->n - 1] : NULL;
	unsigned int col, name = p->g->cols >= NARROW ? NAME_MAX_ : 15;
	uint32_t max = 0;

	col = putf(p, 0, TOP_PLAIN, "%-*.*s ", (int)name, (int)name, g->name);
	if (p->g->cols >= NARROW)
		col = putf(p, col, TOP_DIM, "%-10.10s ", g->via);
	if (last != NULL && last->rtt_us > 0)
		col = putf(p, col, TOP_PLAIN, "%6.1f", last->rtt_us / 1000.0);
	else
		col = putf(p, col, TOP_DIM, "%6s", "-");
	if (col + 2 + GRAPH_MIN > p->g->cols) {
		p->row++;
		return;
	}
	max = highest(g, p->g->cols - col - 2);
	if (p->g->cols >= NARROW && max > 0)
		col = putf(p, col, TOP_DIM, "/%-6.1f", max / 1000.0);
	else if (p->g->cols >= NARROW) /* nothing was measured */
		col = putf(p, col, TOP_DIM, "/%-6s", "-");
	curve(p, g, col + 1, p->g->cols - col - 1);
	p->row++;
}

/* The newest lines that fit, and how the event began above them. */
static void
story(struct page *p, const struct top *t, unsigned int end)
{
	const struct ctl_line *l;
	size_t i, room;

	if (!t->has_event || p->row + 2 > end)
		return;
	putf(p, 0, TOP_BOLD, "%s event %s: %s",
	    t->event.ended ? "Last" : "Present", t->event.id, t->event.cause);
	p->row++;
	room = end - p->row;
	for (i = t->nlines > room ? t->nlines - room : 0; i < t->nlines; i++) {
		l = &t->line[i];
		putf(p, 0, TOP_DIM, "%+9.3f %-8.8s",
		    (double)l->offset_ms / 1000, l->who);
		putf(p, 19, TOP_PLAIN, "%s", l->text);
		p->row++;
	}
}

/* Rows of graphs, so that each block keeps a part of a small terminal. */
static unsigned int
graph_rows(const struct top *t, unsigned int row, unsigned int rows)
{
	unsigned int left = rows > row + 1 ? rows - row - 1 : 0;
	unsigned int story_rows = !t->has_event ? 0 : left > 8 ? left / 3 : 0;

	return left > story_rows ? left - story_rows : 0;
}

void
top_layout(const struct top *t, struct top_grid *g, unsigned int rows,
    unsigned int cols)
{
	struct page p = { .g = g };
	unsigned int i, n, end;

	memset(g, 0, sizeof(*g));
	g->rows = rows < TOP_ROWS_MAX ? rows : TOP_ROWS_MAX;
	g->cols = cols < TOP_COLS_MAX ? cols : TOP_COLS_MAX;
	for (i = 0; i < g->rows; i++)
		for (n = 0; n < g->cols; n++)
			g->cell[i][n].c = ' ';
	head(&p, t);
	if (!t->known)
		return;
	for (i = 0; i < t->nuplinks && p.row + 1 < g->rows; i++)
		uplink(&p, &t->uplink[i]);
	end = p.row + graph_rows(t, p.row + 2, g->rows);
	if (end > p.row && t->ngraphs > 0) {
		p.row++;
		putf(&p, 0, TOP_BOLD, "%s",
		    g->cols >= NARROW
			? "TARGET                     VIA        RTT/highest ms"
			: "TARGET          RTT ms");
		p.row++;
		end += 2;
		for (i = 0; i < t->ngraphs && p.row < end; i++)
			graph(&p, &t->graph[i]);
		p.row++;
	}
	story(&p, t, g->rows > 0 ? g->rows - 1 : 0);
	p.row = g->rows > 0 ? g->rows - 1 : 0;
	if (g->rows > 3)
		putf(&p, 0, TOP_DIM, "q ends");
}
