/* SPDX-License-Identifier: ISC */
/* The words of dialfailctl's command line. */
#ifndef PARENT_CTL_PARSE_H
#define PARENT_CTL_PARSE_H

#include <stddef.h>

#include "parent/ctl.h"

#define CTL_WAIT_S 10 /* for an answer that takes no time */

#define CTL_ERROR_LEN 2048

struct ctl_command {
	uint32_t type; /* IMSG_CTL_... */
	union ctl_request data;
	const char *file; /* then nothing is for the daemon */
	const char *script; /* import: ppp-on, or NULL */
	const char *directory; /* import: for secrets */
	int64_t since; /* report: seconds since 1970; negative: before now */
	size_t len; /* of data that goes with it */
	unsigned int wait_s; /* for the answer, 0: as long as it takes */
};

/*
 * 0, or -1 with what is wrong and what would be valid in error (several
 * lines).
 */
int ctl_parse(int argc, char *const argv[], struct ctl_command *, char *error,
    size_t size);
/* Append all commands, each on a line with what it takes. */
void ctl_verbs(char *text, size_t size);

#endif
