/* SPDX-License-Identifier: ISC */
/* Linux: processes by pidfd_open(2) and proc(5); see ppp_process.h. */
#include <sys/types.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netconf/ppp_process.h"

#define STARTTIME 22 /* proc_pid_stat(5) */

/* A small file as text, without the newline at its end.  0 or -1. */
static int
slurp(const char *path, char *buf, size_t size)
{
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return -1;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int
process_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
process_signal(int fd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

int
process_parse_started(const char *stat, uint64_t *started)
{
	unsigned long long n;
	const char *p;
	int i;

	/* the name, field 2, may hold blanks and brackets */
	if ((p = strrchr(stat, ')')) == NULL)
		return -1;
	for (i = 2; i < STARTTIME; i++)
		if ((p = strchr(p + 1, ' ')) == NULL)
			return -1;
	if (sscanf(p, " %llu", &n) != 1)
		return -1;
	*started = n;
	return 0;
}

int
process_started(pid_t pid, uint64_t *started)
{
	char path[64], stat[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (slurp(path, stat, sizeof(stat)) == -1)
		return -1;
	return process_parse_started(stat, started);
}

int
process_boot(char *buf, size_t size)
{
	return slurp("/proc/sys/kernel/random/boot_id", buf, size);
}

void
process_program(pid_t pid, char *buf, size_t size)
{
	char path[64], exe[PATH_MAX];
	const char *base;
	ssize_t n;

	buf[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) <= 0)
		return;
	exe[n] = '\0';
	base = strrchr(exe, '/');
	strlcpy(buf, base == NULL ? exe : base + 1, size);
	/* its file was replaced by an upgrade: " (deleted)" */
	buf[strcspn(buf, " ")] = '\0';
}

void
process_name(pid_t pid, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (slurp(path, buf, size) == -1)
		strlcpy(buf, "?", size);
}
