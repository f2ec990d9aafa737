/* SPDX-License-Identifier: ISC */
/*
 * Privilege separation: processes started by fork and exec of the same
 * program with a channel on descriptor 3, and the channel's place in the
 * event loop.
 */
#ifndef COMMON_PROC_H
#define COMMON_PROC_H

#include <sys/types.h>

#include <event.h>
#include <pwd.h>

#include "common/imsg.h"

#define PROC_CHANNEL 3 /* a child's end of its channel */

struct imsgev {
	struct imsgbuf ibuf;
	void (*handler)(int, short, void *);
	void *data; /* for the handler */
	struct event ev;
	short events;
	int many; /* messages were waiting at once */
};

/* Wait for input, and for room as long as something is queued. */
void imsg_event_add(struct imsgev *);
/* As imsg_compose, and see that it is sent. */
int imsg_compose_event(struct imsgev *, uint32_t type, uint32_t id, pid_t,
    int fd, const void *, size_t);
/* What is queued, as far as there is room at once. */
void imsg_event_flush(struct imsgev *);

/* A pair of nonblocking close-on-exec sockets with large buffers. */
void proc_socketpair(int fd[2]);
/*
 * Run this same program with these arguments, channel on PROC_CHANNEL; the
 * nkept descriptors besides stay open across exec, all others do not; they
 * may have other numbers there.
 * name becomes the process's.  Returns the pid; failure is fatal.
 */
pid_t proc_start_child(const char *name, char *const argv[], int channel,
    const int *kept, int nkept);

/*
 * What every child does first: log, name, channel in the loop, signals that
 * only the parent answers ignored.  handler gets events of the channel.
 */
void proc_child_init(struct imsgev *, const char *name, int debug, int verbose,
    int fdpass, void (*handler)(int, short, void *));
/* Tell the parent that we stand, and in what. */
void proc_child_ready(struct imsgev *, const char *sandbox);
/*
 * Read and hand each message to one; answers PING and VERBOSE itself.  Ends
 * the process when the parent is gone.
 */
void proc_child_dispatch(
    struct imsgev *, short what, void (*one)(uint32_t type, struct imsg *));
/* Exactly so long, or fatal naming sender, message and length. */
void proc_get(struct imsg *, void *, size_t);

/* The account of the processes without privileges; missing is fatal. */
struct passwd *proc_user(void);
/* chroot, groups, ids, each checked; the capabilities stay for sandbox.c. */
void proc_drop(const struct passwd *, const char *chroot_dir);

#endif
