/* SPDX-License-Identifier: ISC */
/*
 * The last headers on the primary, for the story of an outage: kept in
 * memory all the time, written to a file when an event begins.
 */
#ifndef PROBER_CAPTURE_H
#define PROBER_CAPTURE_H

#include "common/conf.h"
#include "common/msg.h"

/* Which frames; NONE forgets those that are kept. */
void capture_configure(enum conf_capture);
/* The primary's: it may have come, gone, or be another one. */
void capture_facts(const struct msg_facts *);
/*
 * All frames that are kept go to this file, which is closed; out tells how
 * many, or why not.
 */
void capture_write(
    const struct msg_capture *, int fd, struct msg_capture_done *out);

#endif
