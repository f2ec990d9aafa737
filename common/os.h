/* SPDX-License-Identifier: ISC */
/* Memory and processes, as each system has them. */
#ifndef COMMON_OS_H
#define COMMON_OS_H

#include <sys/types.h>

/* Whatever is large goes back to the system when it is freed; once. */
void os_memory_thrifty(void);
/* So does all that was small, after much of it was freed. */
void os_memory_trim(void);

/*
 * A descriptor by which os_process_waits() asks, also from where the process
 * could not be looked up any more; -1 with errno.
 */
int os_process_open(pid_t);
/*
 * 1: it is in the kernel, for something that no signal cuts short, but perhaps
 * SIGKILL: a lock, a disk, another process that it waits for.
 */
int os_process_waits(int fd);

#endif
