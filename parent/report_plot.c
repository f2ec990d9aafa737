/* SPDX-License-Identifier: ISC */
/*
 * Probes as pictures: of each uplink a strip of its rounds, of each target
 * its round-trip times as a line with what was lost as bars from below.  The
 * pictures stretch to any width, so what is written stands outside of them.
 */
#include <sys/types.h>

#include <stdbool.h>
#include <string.h>

#include "parent/report.h"

#define WIDTH  1000.0
#define HEIGHT 100.0
#define GAP_MS (2 * SAMPLE_SPAN_MS) /* without samples: the line is broken */

static double
x_of(const struct report *r, int64_t ms)
{
	double x;

	x = WIDTH * (double)(ms - r->from_ms) / (double)(r->to_ms - r->from_ms);
	return x < 0 ? 0 : x > WIDTH ? WIDTH : x;
}

static bool
within(const struct report *r, const struct sample *s)
{
	return s->began_ms + s->span_ms >= r->from_ms &&
	       s->began_ms <= r->to_ms;
}

/* At least a hair wide. */
static void
bar(FILE *f, const struct report *r, const char *class, int64_t from_ms,
    int64_t to_ms, double height)
{
	double x = x_of(r, from_ms), w = x_of(r, to_ms) - x;

	fprintf(f,
	    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	    "height=\"%.1f\"/>\n",
	    class, x, HEIGHT - height, w < 1 ? 1.0 : w, height);
}

static void
picture(FILE *f, const struct report *r, const char *class, const char *label)
{
	const struct ctl_event *e;
	size_t i;

	fprintf(f,
	    "<svg class=\"%s\" viewBox=\"0 0 %.0f %.0f\" "
	    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
	    class, WIDTH, HEIGHT);
	html_text(f, label);
	fputs("\">\n", f);
	for (i = 0; i < r->nevents; i++) {
		e = &r->events[i].event;
		if (e->began_ns != 0)
			bar(f, r, "band", e->began_ns / 1000000,
			    e->ended && e->ended_ns != 0 ? e->ended_ns / 1000000
							 : r->to_ms,
			    HEIGHT);
	}
}

static void
axis(FILE *f, const struct report *r)
{
	const char *format =
	    r->to_ms - r->from_ms < 86400000 ? "%H:%M:%S" : "%e %b %H:%M";
	char when[32];
	int i;

	fputs("</svg>\n<div class=\"axis\">", f);
	for (i = 0; i <= 2; i++)
		fprintf(f, "<span>%s</span>",
		    report_time(when, sizeof(when),
			r->from_ms + (r->to_ms - r->from_ms) * i / 2, format));
	fputs("</div>\n</figure>\n", f);
}

/* What a target has shown in this time. */
struct shown {
	uint64_t received;
	uint64_t lost;
	double rtt_sum; /* of those received, us */
	uint32_t rtt_max_us;
};

typedef void one_sample(const struct sample *, uint32_t target, void *arg);

/* Each sample in which the series has a place. */
static void
each(const struct report *r, size_t series, one_sample *one, void *arg)
{
	const struct sample_entry *e;
	uint32_t t;
	size_t i;

	for (i = 0; i < r->probes.n; i++) {
		e = &r->probes.entry[i];
		if (!within(r, &e->sample))
			continue;
		for (t = 0; t < e->sample.ntargets; t++)
			if (e->series[t] == series &&
			    e->sample.target[t].received +
				    e->sample.target[t].lost >
				0)
				one(&e->sample, t, arg);
	}
}

static void
count(const struct sample *s, uint32_t t, void *arg)
{
	struct shown *n = arg;

	n->received += s->target[t].received;
	n->lost += s->target[t].lost;
	n->rtt_sum += (double)s->target[t].received * s->target[t].rtt_us;
	if (s->target[t].rtt_us > n->rtt_max_us)
		n->rtt_max_us = s->target[t].rtt_us;
}

struct drawing {
	FILE *f;
	const struct report *r;
	double scale_us; /* at the upper edge */
	int64_t last_ms; /* the end of the line so far; 0: none */
};

static void
draw_loss(const struct sample *s, uint32_t t, void *arg)
{
	const struct drawing *d = arg;
	uint32_t lost = s->target[t].lost;

	if (lost > 0)
		bar(d->f, d->r, "loss", s->began_ms, s->began_ms + s->span_ms,
		    HEIGHT * lost / (lost + s->target[t].received));
}

static void
draw_rtt(const struct sample *s, uint32_t t, void *arg)
{
	struct drawing *d = arg;
	bool goes_on = d->last_ms != 0 && s->began_ms - d->last_ms < GAP_MS;

	d->last_ms = 0;
	if (s->target[t].received == 0)
		return;
	d->last_ms = s->began_ms + s->span_ms;
	fprintf(d->f, "%c%.1f %.1fH%.1f", goes_on ? 'L' : 'M',
	    x_of(d->r, s->began_ms),
	    HEIGHT - HEIGHT * s->target[t].rtt_us / d->scale_us,
	    x_of(d->r, d->last_ms));
}

/* The next of 1, 2, 5, 10 ... ms. */
static double
scale_of(uint32_t us)
{
	static const double steps[] = { 1, 2, 5 };
	double unit = 1000;
	int i;

	for (;; unit *= 10)
		for (i = 0; i < 3; i++)
			if (us <= unit * steps[i])
				return unit * steps[i];
}

static void
target(FILE *f, const struct report *r, size_t series)
{
	const struct sample_target *t = &r->probes.series[series];
	struct shown n = { 0 };
	struct drawing d = { .f = f, .r = r };
	char text[TARGET_NAME_LEN + CONF_LABEL_LEN + 128];

	each(r, series, count, &n);
	if (n.received + n.lost == 0)
		return;
	d.scale_us = scale_of(n.rtt_max_us);
	snprintf(text, sizeof(text),
	    "%s by %s: %.1f %% of %llu probes lost; round trip %.1f ms on "
	    "average, upper edge %.0f ms",
	    t->name, t->uplink,
	    100.0 * (double)n.lost / (double)(n.received + n.lost),
	    (unsigned long long)(n.received + n.lost),
	    n.received > 0 ? n.rtt_sum / (double)n.received / 1000 : 0.0,
	    d.scale_us / 1000);
	fputs("<figure>\n<figcaption>", f);
	html_text(f, text);
	fputs("</figcaption>\n", f);
	picture(f, r, "plot", text);
	each(r, series, draw_loss, &d);
	fputs("<path class=\"rtt\" d=\"", f);
	each(r, series, draw_rtt, &d);
	fputs("\"/>\n", f);
	axis(f, r);
}

/* The rounds of an uplink: green is good, red bad, and between congested. */
static void
strip(FILE *f, const struct report *r, const char *uplink)
{
	char text[CONF_LABEL_LEN + 64];
	const struct sample *s;
	size_t i;

	snprintf(
	    text, sizeof(text), "Rounds by %s: good, bad or congested", uplink);
	fputs("<figure>\n<figcaption>", f);
	html_text(f, text);
	fputs("</figcaption>\n", f);
	picture(f, r, "strip", text);
	for (i = 0; i < r->probes.n; i++) {
		s = &r->probes.entry[i].sample;
		if (within(r, s) && s->verdict != MSG_VOID &&
		    strcmp(s->uplink, uplink) == 0)
			bar(f, r, sample_verdicts[s->verdict], s->began_ms,
			    s->began_ms + s->span_ms,
			    s->verdict == MSG_GOOD ? HEIGHT / 2 : HEIGHT);
	}
	axis(f, r);
}

static bool
probed(const struct report *r, const char *uplink)
{
	size_t i;

	for (i = 0; i < r->probes.n; i++)
		if (within(r, &r->probes.entry[i].sample) &&
		    strcmp(r->probes.entry[i].sample.uplink, uplink) == 0)
			return true;
	return false;
}

/* By uplink, in the order in which they are first named. */
void
report_plots(FILE *f, const struct report *r)
{
	const struct sample_list *l = &r->probes;
	bool any = false;
	size_t i, j;

	fputs("<section>\n<h2>Probes</h2>\n", f);
	for (i = 0; i < l->nseries && r->to_ms > r->from_ms; i++) {
		for (j = 0; j < i; j++)
			if (strcmp(l->series[j].uplink, l->series[i].uplink) ==
			    0)
				break;
		if (j < i || !probed(r, l->series[i].uplink))
			continue;
		any = true;
		strip(f, r, l->series[i].uplink);
		for (j = i; j < l->nseries; j++)
			if (strcmp(l->series[j].uplink, l->series[i].uplink) ==
			    0)
				target(f, r, j);
	}
	if (!any)
		fputs("<p>No probes are kept of this time.</p>\n", f);
	fputs("</section>\n", f);
}
