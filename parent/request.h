/* SPDX-License-Identifier: ISC */
/*
 * What a client asks for, in the words in which an operator asked: for the
 * log, and for the story of an event.
 */
#ifndef PARENT_REQUEST_H
#define PARENT_REQUEST_H

#include <sys/types.h>

#include <stdint.h>

#include "parent/ctl.h"

/* "failover"; of one that changes something. */
const char *request_word(uint32_t type);
/* "failover lte for 600 s, asked by root" */
void request_text(
    uint32_t type, const void *data, uid_t, char *buf, size_t size);

#endif
