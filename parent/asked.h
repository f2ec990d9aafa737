/* SPDX-License-Identifier: ISC */
/*
 * What operators asked for, and what was not done of it, in the story of an
 * event; the log has all of it.
 */
#ifndef PARENT_ASKED_H
#define PARENT_ASKED_H

#include <stdint.h>

/* A request of this client is carried out from now on. */
void asked_note(uint32_t ctl, uint32_t type, const void *data);
/* Its result; the client need not be there any more. */
void asked_result(uint32_t ctl, int done, const char *text);

#endif
