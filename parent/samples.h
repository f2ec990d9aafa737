/* SPDX-License-Identifier: ISC */
/*
 * The samples of this machine (sample.h) on disk: written at each switch and
 * once an hour, since flash wears out; in two files of a fixed size, of which
 * the older one goes.  Without a clock that was set a round has no place in
 * them.
 */
#ifndef PARENT_SAMPLES_H
#define PARENT_SAMPLES_H

#include <stdint.h>

#include "common/msg.h"

/* The directory as history_open has it; NULL: the last hour, in memory. */
void samples_open(const char *dir);
void samples_round(const struct msg_round *);
/* What is kept is of the uplinks before: called before they change. */
void samples_reload(void);
void samples_write(void);
/* All of them, as records for this client. */
void samples_send(uint32_t ctl);

#endif
