/* SPDX-License-Identifier: ISC */
/* What a report is made of, from the daemon; see report.h. */
#include <sys/types.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "common/wall.h"
#include "parent/report.h"

#define AROUND_MS (5 * 60 * 1000) /* of an event: before it and after */

static void
add_event(struct report *r, struct ctl_client *c, const char *id)
{
	struct ctl_answer *a = ctl_client_need(c, CTL_SHOW_EVENT, id);
	struct report_event *e;

	if (a->nevents == 0)
		return;
	r->events = reallocarray(r->events, r->nevents + 1, sizeof(*e));
	if (r->events == NULL)
		err(CTL_EXIT_REFUSED, NULL);
	e = &r->events[r->nevents++];
	e->event = a->events[0];
	e->lines = a->lines; /* ours now */
	e->nlines = a->nlines;
	a->lines = NULL;
	a->nlines = 0;
}

/* Those that had not ended before the time from which on we report. */
static void
add_events(struct report *r, struct ctl_client *c)
{
	const struct ctl_answer *a = ctl_client_need(c, CTL_SHOW_HISTORY, "");
	char(*ids)[CTL_EVENT_LEN] = calloc(a->nevents, sizeof(*ids));
	const struct ctl_event *e;
	size_t i, n = 0;

	if (ids == NULL && a->nevents > 0)
		err(CTL_EXIT_REFUSED, NULL);
	for (i = 0; i < a->nevents; i++) {
		e = &a->events[i];
		if (!e->ended ||
		    (e->ended_ns != 0 ? e->ended_ns : e->began_ns) / 1000000 >=
			r->from_ms)
			memcpy(ids[n++], e->id, sizeof(ids[0]));
	}
	for (i = 0; i < n; i++)
		add_event(r, c, ids[i]);
	free(ids);
}

/* An event and what was around it. */
static void
frame_event(struct report *r)
{
	const struct ctl_event *e = &r->events[0].event;

	if (e->began_ns != 0)
		r->from_ms = e->began_ns / 1000000 - AROUND_MS;
	if (e->ended && e->ended_ns != 0 &&
	    e->ended_ns / 1000000 + AROUND_MS < r->to_ms)
		r->to_ms = e->ended_ns / 1000000 + AROUND_MS;
}

static void
free_report(struct report *r)
{
	size_t i;

	for (i = 0; i < r->nevents; i++)
		free(r->events[i].lines);
	free(r->events);
	sample_list_free(&r->probes);
}

int
report(struct ctl_client *c, const char *id, int64_t since, FILE *f)
{
	struct ctl_summary summary =
	    ctl_client_need(c, CTL_SHOW_SUMMARY, "")->summary;
	struct report r = { .summary = &summary };
	const char *text;

	r.to_ms = wall_now() / 1000000;
	r.from_ms = since > 0 ? since * 1000 : r.to_ms + since * 1000;
	if (since != 0)
		add_events(&r, c);
	else
		add_event(&r, c, id);
	if (since == 0 && r.nevents > 0)
		frame_event(&r);
	text = ctl_client_need(c, CTL_SHOW_PROBES, "")->text;
	sample_list_load(&r.probes, text != NULL ? text : "");
	report_page(f, &r);
	free_report(&r);
	ctl_client_free(c);
	return CTL_EXIT_DONE;
}
