/* SPDX-License-Identifier: ISC */
/*
 * dialfailctl top: the page of show, each target's last minutes as a graph,
 * and the story of the present event, as they change.  top_grid.c lays them
 * out into characters and knows no terminal; top_past.c has what was before;
 * top.c has the terminal.
 */
#ifndef PARENT_TOP_H
#define PARENT_TOP_H

#include <stdint.h>

#include "parent/ctl_client.h"
#include "parent/target.h"

#define TOP_ROWS_MAX   200
#define TOP_COLS_MAX   300
#define TOP_POINTS_MAX TOP_COLS_MAX /* of a graph */

/* How a character is shown: TOP_PLAIN needs no colours. */
enum top_style { TOP_PLAIN, TOP_DIM, TOP_BOLD, TOP_GOOD, TOP_BAD, TOP_SLOW };

struct top_cell {
	char c; /* ASCII, always printable */
	unsigned char style; /* enum top_style */
};

struct top_grid {
	unsigned int rows; /* at most TOP_ROWS_MAX */
	unsigned int cols;
	struct top_cell cell[TOP_ROWS_MAX][TOP_COLS_MAX];
};

/* A target between two looks at it. */
struct top_point {
	uint32_t rtt_us; /* 0: no answer */
	uint32_t sent;
	uint32_t lost;
};

struct top_graph {
	char via[CTL_NAME_LEN];
	char name[TARGET_NAME_LEN];
	uint64_t sent; /* by then */
	uint64_t received;
	unsigned int n; /* points, the newest last */
	struct top_point point[TOP_POINTS_MAX];
};

/* What is known: as of the last answer, which may be some time ago. */
struct top {
	int known; /* an answer has come */
	char why[256]; /* the last question was in vain; empty: it was not */
	struct ctl_summary summary;
	struct ctl_uplink uplink[CONF_UPLINKS_MAX];
	unsigned int nuplinks;
	struct top_graph graph[CONF_UPLINKS_MAX * CONF_TARGETS_MAX];
	unsigned int ngraphs;
	struct ctl_line *line; /* of the present event, or of the last */
	size_t nlines;
	struct ctl_event event;
	int has_event;
};

/* A new answer to show summary: a point more for each graph. */
void top_take(struct top *, const struct ctl_answer *);
/*
 * The text of show probes, behind the first such answer: what graphs would
 * have by now if top had been there.
 */
void top_past(struct top *, const char *probes);
/* The answer to show event; takes its lines. */
void top_take_event(struct top *, struct ctl_answer *);
/* Lay all of it out; at least a line is shown, however small it is. */
void top_layout(const struct top *, struct top_grid *, unsigned int rows,
    unsigned int cols);

/* Until q is pressed; an exit code. */
int top(struct ctl_client *);

#endif
