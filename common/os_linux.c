/* SPDX-License-Identifier: ISC */
#include <sys/types.h>

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/os.h"

#define LARGE (128 * 1024)

/*
 * glibc takes a size that was freed once for one that comes often, and keeps
 * twice as much of all that follows (mallopt(3)): after it has read a
 * configuration of thousands of peers that is tens of megabytes.
 */
void
os_memory_thrifty(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void
os_memory_trim(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

int
os_process_open(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* proc_pid_stat(5): the state is behind the name, which may hold anything. */
int
os_process_waits(int fd)
{
	char stat[128];
	const char *end;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) == -1 ||
	    (n = read(fd, stat, sizeof(stat) - 1)) <= 0)
		return 0;
	stat[n] = '\0';
	end = strrchr(stat, ')');
	return end != NULL && strncmp(end, ") D ", 4) == 0;
}
