/* SPDX-License-Identifier: ISC */
/*
 * The page of a report: what it tells, that nothing in it is taken for
 * markup, and that pictures stay within their frame whatever was probed.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/report.h"

#define NOON INT64_C(1790000000000) /* ms */

static struct ctl_summary summary;
static struct ctl_line lines[2];
static struct report_event event;
static struct report r;
static char *page;

static void
site(const char *probes)
{
	memset(&r, 0, sizeof(r));
	memset(&event, 0, sizeof(event));
	strlcpy(summary.host, "b017<script>", sizeof(summary.host));
	strlcpy(summary.verdict, "OK \"primary\" & 'eth1'",
	    sizeof(summary.verdict));
	strlcpy(event.event.id, "4f2b", sizeof(event.event.id));
	strlcpy(event.event.cause, "eth1 <b>upstream</b> dead",
	    sizeof(event.event.cause));
	event.event.began_ns = NOON * 1000000;
	event.event.detect_ms = 2400;
	event.lines = lines;
	event.nlines = 2;
	strlcpy(lines[0].who, "<td>", sizeof(lines[0].who));
	strlcpy(lines[0].text, "a & b\001", sizeof(lines[0].text));
	lines[1].offset_ms = 1199;
	r.summary = &summary;
	r.events = &event;
	r.nevents = 1;
	r.from_ms = NOON - 60000;
	r.to_ms = NOON + 60000;
	sample_list_load(&r.probes, probes);
}

static void
print(void)
{
	size_t size;
	FILE *f;

	free(page);
	page = NULL;
	assert_non_null(f = open_memstream(&page, &size));
	report_page(f, &r);
	fclose(f);
	sample_list_free(&r.probes);
}

static void
has(const char *what)
{
	if (strstr(page, what) == NULL)
		fail_msg("not in the page: %s\n%s", what, page);
}

static void
has_not(const char *what)
{
	if (strstr(page, what) != NULL)
		fail_msg("in the page: %s\n%s", what, page);
}

static void
texts(void **state)
{
	(void)state;
	site("");
	print();
	has("<title>b017&lt;script&gt;: uplinks</title>");
	has("OK &quot;primary&quot; &amp; &#39;eth1&#39;");
	has("Event 4f2b: eth1 &lt;b&gt;upstream&lt;/b&gt; dead");
	has("<td>&lt;td&gt;</td><td>a &amp; b </td>");
	has("<td>+1.199 s</td>");
	has("<dt>Detected in</dt><dd>2.4 s</dd>");
	has("no backup was used; it is not over.");
	has("No probes are kept of this time.");
	has_not("Time on the backup");
	has_not("<script");
	has_not("http:");
	has_not("https:");
	has_not("url(");
}

static void
backup(void **state)
{
	(void)state;
	site("");
	strlcpy(event.event.backup, "lte", sizeof(event.event.backup));
	event.event.dial_ms = 8300;
	event.event.apply_us = 900;
	event.event.prove_ms = 289;
	event.event.peers_ms = 84;
	event.event.outage_ms = 10983;
	event.event.backup_s = 2640;
	event.event.backup_octets = 218000000;
	event.event.backup_packets = 301234;
	event.event.ended = event.event.clean = 1;
	event.event.duration_s = 7384;
	print();
	has("traffic went by the backup lte; it is over, and nothing of it");
	has("<dt>Dialled in</dt><dd>8.3 s</dd>");
	has("<dt>Proved in</dt><dd>0.3 s</dd>");
	has("<dt>Switched in</dt><dd>0.9 ms</dd>");
	has("<dt>All peers knew after</dt><dd>0.1 s</dd>");
	has("<dt>Outage seen by the LAN</dt><dd>11.0 s</dd>");
	has("<dt>Time on the backup</dt><dd>44:00 min</dd>");
	has("<dt>Carried by it</dt><dd>218.0 MB, 301234 packets</dd>");
	has("<dt>From begin to end</dt><dd>2:03:04 h</dd>");
	event.event.backup_packets = 0;
	sample_list_load(&r.probes, "");
	print();
	has("<dt>Carried by it</dt><dd>218.0 MB</dd>");
	site("");
	event.event.detect_ms = 0; /* asked for, or a drill */
	print();
	has_not("Detected in");
	has_not("Outage");
	r.nevents = 0;
	sample_list_load(&r.probes, "");
	print();
	has("No event in this time.");
}

/* A good minute, a gap, a bad one, and what lies outside. */
static void
plots(void **state)
{
	(void)state;
	site(
	    "T\teth1\t0\t0\t0\t0\t198.51.100.7<\n"
	    "T\teth1\t0\t1\t0\t0\tnever answered nor asked\n"
	    "R\t1789999800000\t60000\teth1\t0\t1\t6\t9\t0\t27\t0\t0\t0\t0\n"
	    "R\t1789999940000\t30000\teth1\t0\t0\t0\t9\t27\t0\t11300\t0\t0\t0\n"
	    "R\t1790000000000\t30000\teth1\t0\t1\t6\t9\t3\t9\t40000\t0\t0\t0\n"
	    "R\t1790000060000\t60000\teth1\t0\t2\t6\t9\t1\t0\t90000\t0\t0\t0\n"
	    "R\t1790000160000\t60000\teth1\t0\t1\t6\t9\t0\t9\t0\t0\t0\t0\n");
	print();
	has("198.51.100.7&lt; by eth1: 22.5 % of 40 probes lost; round trip "
	    "16.6 ms on average, upper edge 100 ms");
	has_not("never answered");
	has("<rect class=\"band\" x=\"500.0\" y=\"0.0\" width=\"500.0\"");
	has("<rect class=\"loss\" x=\"500.0\" y=\"25.0\" width=\"250.0\" "
	    "height=\"75.0\"/>");
	has("d=\"M0.0 88.7H250.0L500.0 60.0H750.0L1000.0 10.0H1000.0\"");
	has("<rect class=\"good\" x=\"0.0\"");
	has("<rect class=\"bad\" x=\"500.0\"");
	has("<rect class=\"congested\" x=\"1000.0\"");
	has_not("x=\"-");
	has_not("nan");
	has_not("inf");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(backup),
		cmocka_unit_test(plots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
