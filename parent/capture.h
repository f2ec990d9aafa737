/* SPDX-License-Identifier: ISC */
/*
 * The frames around the beginning of an outage, kept in a file: asked for
 * here, opened by netconf, written by the prober.
 */
#ifndef PARENT_CAPTURE_H
#define PARENT_CAPTURE_H

#include "common/imsg.h"
#include "parent/parent.h"

/* An event begins because the primary is down. */
void capture_ask(const char *event);
/* From netconf: the file. */
void capture_got_file(struct imsg *);
/* From either: what became of it. */
void capture_got_done(enum child_id from, struct imsg *);

#endif
