/* SPDX-License-Identifier: ISC */
/*
 * What top lays out: the pictures of regress/unit/top for terminals of two
 * sizes, and that nothing is written outside of any.  With TOP_UPDATE in the
 * environment the pictures are written down: look at the difference.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/top.h"

static struct top t;
static struct top_grid grid;
static struct ctl_answer a;
static struct ctl_uplink uplinks[2];
static struct ctl_target targets[3];

static void
site(void)
{
	static const char *const addresses[] = { "192.0.2.1", "198.51.100.7",
		"2001:db8:ffff:ffff:ffff:ffff:ffff:fff9" };
	size_t i;

	free(t.line);
	memset(&t, 0, sizeof(t));
	memset(&a, 0, sizeof(a));
	memset(uplinks, 0, sizeof(uplinks));
	memset(targets, 0, sizeof(targets));
	a.has_summary = 1;
	strlcpy(a.summary.host, "b017", sizeof(a.summary.host));
	strlcpy(a.summary.verdict, "ON BACKUP pots for 0:43:12",
	    sizeof(a.summary.verdict));
	strlcpy(a.summary.event, "4f2b", sizeof(a.summary.event));
	strlcpy(a.summary.event_text, "eth1 upstream dead",
	    sizeof(a.summary.event_text));
	a.uplinks = uplinks;
	a.nuplinks = 2;
	strlcpy(uplinks[0].name, "eth1", sizeof(uplinks[0].name));
	strlcpy(uplinks[0].status, "down", sizeof(uplinks[0].status));
	strlcpy(uplinks[0].cause, "upstream dead", sizeof(uplinks[0].cause));
	assert_int_equal(
	    addr_parse("192.0.2.17", &uplinks[0].family[0].address), 0);
	strlcpy(uplinks[1].name, "pots", sizeof(uplinks[1].name));
	strlcpy(uplinks[1].status, "up", sizeof(uplinks[1].status));
	uplinks[1].active = 1;
	a.targets = targets;
	a.ntargets = 3;
	for (i = 0; i < 3; i++) {
		strlcpy(targets[i].via, i == 1 ? "pots" : "eth1",
		    sizeof(targets[i].via));
		assert_int_equal(
		    addr_parse(addresses[i], &targets[i].target.address), 0);
	}
}

/* n looks, between which each target was probed thrice. */
static void
looks(int n)
{
	int i;

	for (i = 0; i < n; i++) {
		targets[0].stats.sent += 3;
		targets[0].stats.received += 3;
		targets[0].stats.rtt_last_ns = 1000000 * (1 + i % 8);
		targets[1].stats.sent += 3;
		targets[1].stats.received += i % 10 == 5 ? 0 : 3;
		targets[1].stats.rtt_last_ns = 48000000 - 400000 * (i % 3);
		targets[2].stats.sent += 3;
		top_take(&t, &a);
	}
}

static void
event(int nlines)
{
	struct ctl_event e = { .id = "4f2b", .cause = "eth1 upstream dead" };
	struct ctl_answer story = { .events = &e, .nevents = 1 };
	int i;

	assert_non_null(
	    story.lines = calloc((size_t)nlines, sizeof(*story.lines)));
	story.nlines = (size_t)nlines;
	for (i = 0; i < nlines; i++) {
		story.lines[i].offset_ms = i * 1234;
		strlcpy(
		    story.lines[i].who, "network", sizeof(story.lines[i].who));
		snprintf(story.lines[i].text, sizeof(story.lines[i].text),
		    "step %d of what is done about it", i);
	}
	top_take_event(&t, &story);
	assert_null(story.lines);
}

/* The grid as lines without blanks at their ends. */
static void
text_of(char *to, size_t size)
{
	char line[TOP_COLS_MAX + 1];
	unsigned int y, x;

	to[0] = '\0';
	for (y = 0; y < grid.rows; y++) {
		for (x = 0; x < grid.cols; x++) {
			assert_true(isprint(grid.cell[y][x].c));
			line[x] = grid.cell[y][x].c;
		}
		while (x > 0 && line[x - 1] == ' ')
			x--;
		line[x] = '\0';
		strlcat(to, line, size);
		strlcat(to, "\n", size);
	}
}

static void
like(const char *name)
{
	static char now[65536], then[65536];
	char path[128];
	size_t n;
	FILE *f;

	text_of(now, sizeof(now));
	snprintf(path, sizeof(path), "regress/unit/top/%s", name);
	if (getenv("TOP_UPDATE") != NULL) {
		assert_non_null(f = fopen(path, "w"));
		fputs(now, f);
		fclose(f);
	}
	assert_non_null(f = fopen(path, "r"));
	n = fread(then, 1, sizeof(then) - 1, f);
	fclose(f);
	then[n] = '\0';
	if (strcmp(now, then) != 0)
		fail_msg("not as in %s:\n%s", path, now);
}

static void
pictures(void **state)
{
	(void)state;
	site();
	top_layout(&t, &grid, 24, 80);
	like("nothing-known");
	looks(60);
	event(30);
	top_layout(&t, &grid, 24, 80);
	like("80x24");
	top_layout(&t, &grid, 12, 40);
	like("40x12");
	top_layout(&t, &grid, 40, 132);
	like("132x40");
	strlcpy(t.why,
	    "/run/dialfail/dialfail.sock: Connection refused: is "
	    "dialfaild running?",
	    sizeof(t.why));
	top_layout(&t, &grid, 24, 80);
	like("daemon-gone");
	t.why[0] = '\0';
	t.has_event = 0;
	t.summary.event[0] = '\0';
	top_layout(&t, &grid, 24, 80);
	like("no-event");
}

/* However small or large: the verdict is there, and nothing outside. */
static void
sizes(void **state)
{
	unsigned int rows, cols;

	(void)state;
	site();
	looks(TOP_POINTS_MAX + 10);
	assert_int_equal(t.graph[0].n, TOP_POINTS_MAX);
	event(300);
	for (rows = 0; rows <= TOP_ROWS_MAX + 2; rows += rows < 30 ? 1 : 17)
		for (cols = 0; cols <= TOP_COLS_MAX + 2;
		     cols += cols < 90 ? 1 : 23) {
			top_layout(&t, &grid, rows, cols);
			assert_true(grid.rows <= TOP_ROWS_MAX &&
				    grid.cols <= TOP_COLS_MAX);
			if (rows > 0 && cols > 0)
				assert_int_equal(grid.cell[0][0].c, 'b');
		}
}

/* Counted anew after a restart; and a target that is no more goes. */
static void
restarts(void **state)
{
	(void)state;
	site();
	looks(3);
	assert_int_equal(t.graph[0].point[2].lost, 0);
	assert_int_equal(t.graph[2].point[2].lost, 3);
	assert_int_equal(t.graph[2].point[2].rtt_us, 0);
	targets[0].stats.sent = 2;
	targets[0].stats.received = 2;
	targets[1] = targets[2];
	a.ntargets = 2;
	top_take(&t, &a);
	assert_int_equal(t.ngraphs, 2);
	assert_int_equal(t.graph[0].point[3].sent, 2);
	assert_int_equal(t.graph[0].point[3].lost, 0);
	/* a probe on its way is not lost */
	targets[0].stats.sent = 5;
	targets[0].stats.received = 4;
	top_take(&t, &a);
	assert_int_equal(t.graph[0].point[4].lost, 0);
}

/* What was before the first look: good, then losses, then dead for 4 s. */
static void
past(void **state)
{
	static const char probes[] =
	    "T\teth1\t0\t0\t0\t1\t192.0.2.1\n"
	    "T\teth1\t0\t1\t1\t0\t"
	    "2001:db8:ffff:ffff:ffff:ffff:ffff:fff9\n"
	    "T\tpots\t1\t0\t0\t0\t198.51.100.7\n"
	    /* ten minutes ago, and of a target that is no more */
	    "R\t400000\t60000\teth1\t0\t0\t0\t40\t120\t0\t900\n"
	    "T\teth1\t0\t2\t0\t0\t198.51.100.99\n"
	    "R\t970000\t19000\teth1\t0\t0\t0\t13\t39\t0\t1000\n"
	    "R\t990100\t800\teth1\t0\t0\t0\t1\t2\t1\t2000\n"
	    "R\t995000\t4000\teth1\t0\t1\t2\t3\t0\t9\t0\n";
	const struct top_graph *g = &t.graph[0];
	unsigned int i, y = 0;

	(void)state;
	site();
	a.summary.time_ns = INT64_C(1000) * 1000000000;
	targets[0].stats.sent = 300;
	targets[0].stats.received = 280;
	top_take(&t, &a);
	assert_int_equal(g->n, 1);
	top_past(&t, probes);
	assert_int_equal(g->n, 31); /* seconds since 970, and the look */
	for (i = 0; i < 20; i++)
		assert_int_equal(g->point[i].rtt_us, 1000);
	assert_int_equal(g->point[20].rtt_us, 2000);
	assert_int_equal(g->point[20].lost, 1);
	assert_int_equal(g->point[21].sent, 0); /* a pause */
	assert_int_equal(g->point[25].lost, 9);
	assert_int_equal(g->point[25].rtt_us, 0);
	assert_int_equal(t.graph[1].n, 1); /* never probed */
	top_layout(&t, &grid, 24, 80);
	while (y < grid.rows && grid.cell[y][0].c != '1')
		y++;
	assert_int_equal(grid.cell[y][79].c, ' '); /* the present second */
	assert_int_equal(grid.cell[y][78].c, 'x');
	assert_int_equal(grid.cell[y][69].c, 'x');
	assert_int_equal(grid.cell[y][68].c, '-');
	/* and goes on from there */
	looks(2);
	assert_int_equal(g->n, 33);
	assert_int_equal(g->point[32].rtt_us, 2000);
	for (i = 0; i < TOP_POINTS_MAX; i++)
		looks(1);
	assert_int_equal(g->n, TOP_POINTS_MAX);
}

/* Without a clock nobody knows when that was; and what is none is none. */
static void
no_past(void **state)
{
	(void)state;
	site();
	top_take(&t, &a);
	top_past(&t, "T\teth1\t0\t0\t0\t1\t192.0.2.1\n"
		     "R\t0\t4000\teth1\t0\t1\t2\t3\t0\t9\t0\n");
	assert_int_equal(t.graph[0].n, 1);
	a.summary.time_ns = INT64_C(1000) * 1000000000;
	top_take(&t, &a);
	top_past(&t, "R\tx\n\n");
	assert_int_equal(t.graph[0].n, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures),
		cmocka_unit_test(sizes),
		cmocka_unit_test(restarts),
		cmocka_unit_test(past),
		cmocka_unit_test(no_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
