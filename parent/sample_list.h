/* SPDX-License-Identifier: ISC */
/* Samples read back, as show probes gave them; in the order of time. */
#ifndef PARENT_SAMPLE_LIST_H
#define PARENT_SAMPLE_LIST_H

#include <stddef.h>

#include "parent/sample.h"

struct sample_entry {
	struct sample sample;
	size_t series[CONF_TARGETS_MAX]; /* of each of its targets */
};

struct sample_list {
	size_t n;
	struct sample_entry *entry;
	size_t nseries; /* targets, each once */
	struct sample_target *series;
	size_t broken; /* lines that are none of ours */
};

#define SAMPLE_NO_SERIES SIZE_MAX

/* Of a text of lines; exits when there is no memory.  sample_list_free. */
void sample_list_load(struct sample_list *, const char *text);
void sample_list_free(struct sample_list *);

#endif
