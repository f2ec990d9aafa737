/* SPDX-License-Identifier: ISC */
/*
 * A program that somebody else wrote, run beside the loop: in a session and
 * process group of its own, with its environment and nothing else of ours,
 * until its deadline.  It may hang, write for ever or fail; nothing of that
 * holds anybody up.  What it has started as users other than root and its own
 * is left alone when it is ended.
 */
#ifndef NETCONF_PROGRAM_H
#define NETCONF_PROGRAM_H

#include <sys/types.h>

#include <event.h>
#include <stdint.h>

#include "common/msg.h"

#define PROGRAM_GRACE_MS 2000 /* from SIGTERM to SIGKILL */

typedef void program_line(const char *line, void *arg);
/* text: "" or "exit 3: its last line", "killed, it took too long", ... */
typedef void program_end(int ok, const char *text, void *arg);

struct program_how {
	const char *path;
	char *const *argv; /* NULL: the path alone */
	char *const *env;
	uid_t uid;
	gid_t gid;
	mode_t umask;
	uint32_t deadline_ms;
	const char *input; /* a pipe full at most; NULL: /dev/null */
	/*
	 * What it writes, line by line, at most a hundred; NULL: standard
	 * output goes nowhere, of the other the last line is told at the end.
	 */
	program_line *said;
	int bound; /* it and its group end when we do, however we end */
	/* Of one that is bound, before its first instruction. */
	void (*born)(pid_t group, void *arg);
};

struct program {
	pid_t pid; /* of it, or its keeper, and of the process group */
	uid_t uid;
	program_line *said;
	program_end *end;
	void *arg;
	int words; /* what it writes */
	int leash; /* -1: it is not bound to us */
	int late;
	struct event deadline, writes;
	char line[128]; /* of its words, so far */
	char last[128]; /* the last whole one */
	size_t len;
	uint32_t nlines;
};

/* Why root must not run it, or NULL: others could have written it. */
const char *program_unfit(const char *path);
/* Before its deadline. */
void program_stop(struct program *);
/* 0, and end is called once from the loop; or -1 with errno. */
int program_start(
    struct program *, const struct program_how *, program_end *, void *arg);

#endif
