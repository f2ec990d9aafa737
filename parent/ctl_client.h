/* SPDX-License-Identifier: ISC */
/* dialfailctl's side of the control socket: one request, and its answer. */
#ifndef PARENT_CTL_CLIENT_H
#define PARENT_CTL_CLIENT_H

#include <stddef.h>

#include "parent/ctl_output.h"
#include "parent/ctl_parse.h"

#define CTL_SOCKET RUNDIR "/dialfail.sock"

/* dialfailctl's exit codes. */
enum { CTL_EXIT_DONE, CTL_EXIT_REFUSED, CTL_EXIT_USAGE, CTL_EXIT_NO_DAEMON };

struct ctl_client {
	const char *socket; /* path */
	void (*line)(const struct ctl_line *); /* of monitor, at once */
	struct ctl_answer answer; /* grows; ctl_client_free */
	struct ctl_result result; /* CTL_EXIT_DONE: it has come */
	char why[256]; /* for the other codes */
};

/*
 * Ask the daemon and collect what it says in answer and result, refused or
 * not.  Returns CTL_EXIT_DONE, or another one of them with why.
 */
int ctl_client_ask(struct ctl_client *, const struct ctl_command *);
/* The same for show WHAT, name empty or an event's id or a peer. */
int ctl_client_show(struct ctl_client *, uint32_t what, const char *name);
/*
 * The same where nothing can go on without: the new answer, in place of the
 * one before, or it exits with a reason.
 */
struct ctl_answer *ctl_client_need(
    struct ctl_client *, uint32_t what, const char *name);
void ctl_client_free(struct ctl_client *); /* what it has collected */

#endif
