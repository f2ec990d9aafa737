/* SPDX-License-Identifier: ISC */
/*
 * Clients on the control socket.  A client is known by a number that we
 * give, never by what its messages claim; what it asks goes to verbs.c,
 * which answers with any number of records and exactly one result, at once
 * or later.  A client that is gone by then costs nothing.
 */
#ifndef PARENT_CONTROL_H
#define PARENT_CONTROL_H

#include <sys/types.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "parent/ctl.h"

/* On each of the two sockets; and more that are told why they are refused. */
#define CONTROL_PLACES  48
#define CONTROL_REFUSED 8

/* No more can wait for an answer. */
#define CONTROL_CLIENTS_MAX (2 * (CONTROL_PLACES + CONTROL_REFUSED))

/*
 * Serve clients that connect to these listening sockets, which it owns.  On
 * the second one requests that change something are refused.
 */
void control_init(int listener, int readonly_listener);
void control_close(void);

/* One record for a client that waits for its answer; others are ignored. */
void control_record(uint32_t ctl, uint32_t type, const void *, size_t);

/* The final answer to its request. */
void control_result(uint32_t ctl, enum ctl_code, const char *, ...)
    __attribute__((__format__(printf, 3, 4)));

/* As the kernel says; (uid_t)-1: it is gone, or the kernel does not. */
uid_t control_uid(uint32_t ctl);

/* The client is still there. */
int control_present(uint32_t ctl);

/* A line to every client that monitors. */
void control_monitor(const struct ctl_line *);

/* Turn a client into a monitor (its request stays open). */
void control_add_monitor(uint32_t ctl);

/*
 * verbs.c: a well-formed request (exact length for its type, strings
 * terminated).  data is NULL for verbs without payload.
 */
void verbs_request(uint32_t ctl, uint32_t type, const void *data);

#endif
