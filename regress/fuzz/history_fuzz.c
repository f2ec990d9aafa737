/* SPDX-License-Identifier: ISC */
/*
 * Lines of the history file, as a disk may hold them after a crash.  What is
 * taken must be in range, and come out of print and parse as it went in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/history_file.h"
#include "regress/fuzz/quiet_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char printed[2048];

static FILE *
open_printed(void)
{
	FILE *f = fmemopen(printed, sizeof(printed), "w");

	if (f == NULL)
		abort();
	return f;
}

static void
close_printed(FILE *f)
{
	fclose(f);
	printed[strcspn(printed, "\n")] = '\0';
}

static void
counters(const char *line)
{
	struct history_counters c, again;
	FILE *f;

	if (history_parse_counters(line, &c) == -1)
		return;
	f = open_printed();
	history_print_counters(f, &c);
	close_printed(f);
	if (history_parse_counters(printed, &again) == -1 ||
	    again.failovers != c.failovers || again.last_id != c.last_id)
		abort();
}

static void
event(const char *line)
{
	struct ctl_event e, again;
	FILE *f;

	if (history_parse_event(line, &e) == -1)
		return;
	if (!msg_text_valid(e.cause, sizeof(e.cause)) || e.ended > 1)
		abort();
	f = open_printed();
	history_print_event(f, &e);
	close_printed(f);
	if (history_parse_event(printed, &again) == -1 ||
	    memcmp(&e, &again, sizeof(e)) != 0)
		abort();
}

static void
life(const char *line)
{
	struct history_life l, again;
	FILE *f;

	if (history_parse_life(line, &l) == -1)
		return;
	if (l.boot[0] == '\0' || l.seen_ms < l.began_ms)
		abort();
	f = open_printed();
	history_print_life(f, &l);
	close_printed(f);
	if (history_parse_life(printed, &again) == -1 ||
	    memcmp(&l, &again, sizeof(l)) != 0)
		abort();
}

static void
text_line(const char *line)
{
	struct ctl_line l, again;
	FILE *f;

	if (history_parse_line(line, &l) == -1)
		return;
	if (!msg_text_valid(l.text, sizeof(l.text)))
		abort();
	f = open_printed();
	history_print_line(f, &l);
	close_printed(f);
	if (history_parse_line(printed, &again) == -1 ||
	    memcmp(&l, &again, sizeof(l)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *rest, *line;

	if ((text = malloc(size + 1)) == NULL)
		return -1;
	memcpy(text, data, size);
	text[size] = '\0';
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		counters(line);
		event(line);
		life(line);
		text_line(line);
	}
	free(text);
	return 0;
}
