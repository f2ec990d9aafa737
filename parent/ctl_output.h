/* SPDX-License-Identifier: ISC */
/*
 * How answers look: a table of functions, one for text and one for JSON.
 * The loop in dialfailctl.c collects the records of an answer in struct
 * ctl_answer and knows neither.
 */
#ifndef PARENT_CTL_OUTPUT_H
#define PARENT_CTL_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "parent/ctl.h"

struct ctl_answer {
	int has_summary;
	struct ctl_summary summary;
	struct ctl_uplink *uplinks;
	size_t nuplinks;
	struct ctl_target *targets;
	size_t ntargets;
	struct ctl_process *processes;
	size_t nprocesses;
	struct ctl_peer *peers;
	size_t npeers;
	struct ctl_event *events;
	size_t nevents;
	struct ctl_line *lines;
	size_t nlines;
	struct ctl_plan plan;
	struct ctl_step *steps;
	size_t nsteps;
	char *text; /* CTL_TEXT, joined */
	size_t textlen;
	size_t textsize; /* there is room for */
	size_t octets; /* of all that came */
};

struct ctl_output {
	/* a whole answer to show WHAT */
	void (*show)(FILE *, uint32_t what, const struct ctl_answer *);
	/* the answer to plan, and what its result says */
	void (*plan)(
	    FILE *, const struct ctl_answer *, const struct ctl_result *);
	/* a line of monitor, at once */
	void (*line)(FILE *, const struct ctl_line *);
	/* how a request that shows nothing ended */
	void (*result)(FILE *, const struct ctl_result *);
};

/* OpenMetrics or the text format 0.0.4, of us or of each peer: as asked. */
void ctl_metrics(FILE *, uint32_t what, const struct ctl_answer *);

extern const struct ctl_output ctl_text;
extern const struct ctl_output ctl_json;

/* WHAT and TEXT under an uplink's line, folded; parent/ctl_text.c. */
void ctl_below(FILE *, const char *what, const char *text);

/* Lines under a backup; parent/ctl_cost.c. */
void ctl_cost_text(FILE *, const struct ctl_uplink *);
struct json;
void ctl_cost_json(struct json *, const struct ctl_uplink *);

/* 1: the text output may use colours. */
extern int ctl_colours;
/* Whoever runs us wants none, on whatever screen. */
bool ctl_no_colours(void);

#endif
