/* SPDX-License-Identifier: ISC */
/*
 * dialfailctl report: events and probes as one HTML page for whoever asks
 * what happened.  All of it is in the file: no script, nothing is fetched.
 */
#ifndef PARENT_REPORT_H
#define PARENT_REPORT_H

#include <stdio.h>

#include "parent/ctl_client.h"
#include "parent/sample_list.h"

struct report_event {
	struct ctl_event event;
	struct ctl_line *lines;
	size_t nlines;
};

struct report {
	const struct ctl_summary *summary; /* now */
	int64_t from_ms; /* wall clock */
	int64_t to_ms;
	struct report_event *events; /* the newest last */
	size_t nevents;
	struct sample_list probes;
};

void report_page(FILE *, const struct report *);
void report_plots(FILE *, const struct report *); /* a part of it */

/* Text as it stands in HTML, whatever it holds. */
void html_text(FILE *, const char *);
/* Local time by strftime(3); "?" if it is not known. */
const char *report_time(char *, size_t, int64_t ms, const char *format);

/*
 * Ask the daemon for all of it and print the page: of the event id (empty:
 * the last one) or, unless it is 0, since a time in seconds; negative: before
 * now.  Returns an exit code, or exits itself with a reason.
 */
int report(struct ctl_client *, const char *id, int64_t since, FILE *);

#endif
