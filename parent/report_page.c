/* SPDX-License-Identifier: ISC */
/* The page of a report; see report.h. */
#include <sys/types.h>

#include <string.h>
#include <time.h>

#include "parent/report.h"

/* One column at the width of a phone; paper is light. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--dim:#5b6570;"
    "--page:#fff;--card:#f4f6f8;--line:#d5dae0;--rtt:#0b62c4;"
    "--bad:#c62828;--good:#2e7d32;--slow:#b26a00;--band:#c6282822}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--dim:#9aa5b1;"
    "--page:#14171a;--card:#1e2328;--line:#353c44;--rtt:#6cb2ff;"
    "--bad:#ff7b72;--good:#5fcf6a;--slow:#f0b34a;--band:#ff7b7230}}\n"
    "@media print{:root{--ink:#000;--dim:#444;--page:#fff;--card:#fff;"
    "--line:#999;--rtt:#0b62c4;--bad:#c62828;--good:#2e7d32;"
    "--slow:#b26a00;--band:#0002}figure,tr{break-inside:avoid}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--page);"
    "color:var(--ink);font:1rem/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.4rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"
    "p{margin:.4rem 0}.dim{color:var(--dim)}\n"
    "dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));"
    "gap:.5rem;margin:1rem 0}\n"
    "dl div{background:var(--card);border:1px solid var(--line);"
    "border-radius:.4rem;padding:.4rem .7rem}\n"
    "dt{color:var(--dim);font-size:.85rem}"
    "dd{margin:0;font-variant-numeric:tabular-nums}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}\n"
    "td{border-top:1px solid var(--line);padding:.25rem .6rem .25rem 0;"
    "vertical-align:top;overflow-wrap:anywhere}\n"
    "td:nth-child(-n+3){white-space:nowrap;color:var(--dim);"
    "font-variant-numeric:tabular-nums}\n"
    "@media(max-width:34rem){tr{display:grid;"
    "grid-template-columns:auto auto 1fr;border-top:1px solid var(--line);"
    "padding:.3rem 0}td{border:0;padding:0 .8rem 0 0}"
    "td:last-child{grid-column:1/-1}}\n"
    "figure{margin:.8rem 0 1.2rem}figcaption{font-size:.9rem}\n"
    "svg{display:block;width:100%;height:7rem;background:var(--card);"
    "border:1px solid var(--line)}svg.strip{height:1.4rem}\n"
    ".axis{display:flex;justify-content:space-between;font-size:.8rem;"
    "color:var(--dim);font-variant-numeric:tabular-nums}\n"
    ".band{fill:var(--band)}.rtt{fill:none;stroke:var(--rtt);"
    "stroke-width:2;vector-effect:non-scaling-stroke}\n"
    ".loss{fill:var(--bad)}.good{fill:var(--good)}.bad{fill:var(--bad)}"
    ".congested{fill:var(--slow)}\n";

void
html_text(FILE *f, const char *s)
{
	static const struct {
		char c;
		const char *text;
	} names[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&#39;" } };
	size_t i;

	for (; *s != '\0'; s++) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (names[i].c == *s)
				break;
		if (i < sizeof(names) / sizeof(names[0]))
			fputs(names[i].text, f);
		else
			putc((unsigned char)*s < ' ' ? ' ' : *s, f);
	}
}

const char *
report_time(char *buf, size_t size, int64_t ms, const char *format)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (ms == 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(buf, size, format, &tm) == 0)
		(void)strlcpy(buf, "?", size);
	return buf;
}

static void
figure(FILE *f, const char *name, const char *value)
{
	fprintf(f, "<div><dt>%s</dt><dd>", name);
	html_text(f, value);
	fputs("</dd></div>\n", f);
}

/* "7 s", "44:05 min" or "2:03:00 h" */
static const char *
span(char buf[32], uint32_t s)
{
	if (s < 60)
		snprintf(buf, 32, "%u s", s);
	else if (s < 3600)
		snprintf(buf, 32, "%u:%02u min", s / 60, s % 60);
	else
		snprintf(
		    buf, 32, "%u:%02u:%02u h", s / 3600, s / 60 % 60, s % 60);
	return buf;
}

/* Packets are not known of every octet: records of earlier versions. */
static void
carried(FILE *f, const struct ctl_event *e)
{
	double mb = (double)e->backup_octets / 1e6;
	char text[64];

	if (e->backup_packets > 0)
		snprintf(text, sizeof(text), "%.1f MB, %llu packets", mb,
		    (unsigned long long)e->backup_packets);
	else
		snprintf(text, sizeof(text), "%.1f MB", mb);
	figure(f, "Carried by it", text);
}

/* "2.4 s", or as above, if there was such a time. */
static void
span_figure(FILE *f, const char *what, uint32_t ms)
{
	char text[32];

	if (ms >= 60 * 1000)
		figure(f, what, span(text, ms / 1000));
	else if (ms > 0) {
		snprintf(text, sizeof(text), "%.1f s", ms / 1e3);
		figure(f, what, text);
	}
}

static void
figures(FILE *f, const struct ctl_event *e)
{
	char text[32];

	fputs("<dl>\n", f);
	span_figure(f, "Outage seen by the LAN", e->outage_ms);
	span_figure(f, "Detected in", e->detect_ms);
	span_figure(f, "Dialled in", e->dial_ms);
	span_figure(f, "Proved in", e->prove_ms);
	if (e->backup[0] != '\0') {
		snprintf(text, sizeof(text), "%.1f ms", e->apply_us / 1e3);
		figure(f, "Switched in", text);
		span_figure(f, "All peers knew after", e->peers_ms);
		figure(f, "Time on the backup", span(text, e->backup_s));
		carried(f, e);
		snprintf(text, sizeof(text), "%u", e->dials);
		figure(f, "Calls", text);
		snprintf(text, sizeof(text), "%u", e->flows_cut);
		figure(f, "Connections cut", text);
	}
	if (e->ended)
		figure(f, "From begin to end", span(text, e->duration_s));
	fputs("</dl>\n", f);
}

static void
story(FILE *f, const struct report_event *e)
{
	const struct ctl_line *l;
	char when[32];
	size_t i;

	fputs("<table>\n", f);
	for (i = 0; i < e->nlines; i++) {
		l = &e->lines[i];
		fprintf(f, "<tr><td>%s</td><td>%+.3f s</td><td>",
		    report_time(
			when, sizeof(when), l->time_ns / 1000000, "%H:%M:%S"),
		    (double)l->offset_ms / 1e3);
		html_text(f, l->who);
		fputs("</td><td>", f);
		html_text(f, l->text);
		fputs("</td></tr>\n", f);
	}
	fputs("</table>\n", f);
}

static void
event(FILE *f, const struct report_event *e)
{
	const struct ctl_event *ev = &e->event;
	char when[64];

	fputs("<section>\n<h2>Event ", f);
	html_text(f, ev->id);
	fputs(": ", f);
	html_text(f, ev->cause);
	fprintf(f, "</h2>\n<p>Since %s; ",
	    report_time(when, sizeof(when), ev->began_ns / 1000000,
		"%A, %e %B %Y, %H:%M:%S"));
	if (ev->backup[0] != '\0') {
		fputs("traffic went by the backup ", f);
		html_text(f, ev->backup);
	} else
		fputs("no backup was used", f);
	fprintf(f, "; %s.</p>\n",
	    !ev->ended        ? "it is not over"
	    : ev->end_unknown ? "its end is not known: the daemon ended in it"
	    : ev->clean       ? "it is over, and nothing of it was left behind"
			      : "it is over");
	figures(f, ev);
	story(f, e);
	fputs("</section>\n", f);
}

void
report_page(FILE *f, const struct report *r)
{
	const struct ctl_summary *s = r->summary;
	char from[64], to[64];
	size_t i;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, "
	      "initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<title>",
	    f);
	html_text(f, s->host);
	fprintf(f, ": uplinks</title>\n<style>\n%s</style>\n</head>\n<body>\n",
	    style);
	fputs("<h1>", f);
	html_text(f, s->host);
	fprintf(f, ": uplinks</h1>\n<p class=\"dim\">%s to %s</p>\n",
	    report_time(from, sizeof(from), r->from_ms, "%F %T"),
	    report_time(to, sizeof(to), r->to_ms, "%F %T %Z"));
	fputs("<p><b>Now:</b> ", f);
	html_text(f, s->verdict);
	fputs("</p>\n", f);
	if (r->nevents == 0)
		fputs("<p>No event in this time.</p>\n", f);
	for (i = 0; i < r->nevents; i++)
		event(f, &r->events[i]);
	report_plots(f, r);
	fputs("<p class=\"dim\">dialfail ", f);
	html_text(f, s->version);
	fputs("</p>\n</body>\n</html>\n", f);
}
