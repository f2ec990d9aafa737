/* SPDX-License-Identifier: ISC */
/* What main() does with the parent: prepare, take the children, run. */
#ifndef PARENT_RUN_H
#define PARENT_RUN_H

#include <sys/types.h>

#include "parent/parent.h"

struct parent *parent_init(void);
/* fd is our end of its channel. */
void parent_adopt_child(enum child_id, pid_t, int fd);
/*
 * Serve until the end.  control and readonly are the listening sockets;
 * history the state directory as seen after chroot, or NULL.  Returns the
 * exit code.
 */
int parent_loop(int control, int readonly, const char *history);

#endif
