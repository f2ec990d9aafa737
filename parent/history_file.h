/* SPDX-License-Identifier: ISC */
/* Records of the history file, as text lines without their newline. */
#ifndef PARENT_HISTORY_FILE_H
#define PARENT_HISTORY_FILE_H

#include <stdio.h>

#include "parent/ctl.h"
#include "parent/history.h"
#include "parent/ledger.h"

/*
 * When an event that is not over began, and when it was written last, by the
 * monotonic clock of a boot: the one on the wall may have been set since.
 */
struct history_life {
	char id[CTL_EVENT_LEN];
	char boot[LEDGER_BOOT_LEN];
	int64_t began_ms; /* negative: before that boot */
	int64_t seen_ms;
};

/* 0: text was such a record and all of it is in range. */
int history_parse_counters(const char *text, struct history_counters *);
int history_parse_event(const char *text, struct ctl_event *);
int history_parse_life(const char *text, struct history_life *);
int history_parse_line(const char *text, struct ctl_line *);

void history_print_counters(FILE *, const struct history_counters *);
void history_print_event(FILE *, const struct ctl_event *);
void history_print_life(FILE *, const struct history_life *);
void history_print_line(FILE *, const struct ctl_line *);

#endif
