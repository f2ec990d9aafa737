/* SPDX-License-Identifier: ISC */
/* Lock files of serial ports; see tty_lock.h. */
#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/tty_lock.h"

/* The device's name without /dev/, and no further folders: pts_3. */
static void
lock_path(const char *dir, const char *device, char *buf, size_t size)
{
	size_t n;

	if (strncmp(device, "/dev/", 5) == 0)
		device += 5;
	n = strlen(dir) + 1;
	snprintf(buf, size, "%s/LCK..%s", dir, device);
	for (; n < size && buf[n] != '\0'; n++)
		if (buf[n] == '/')
			buf[n] = '_';
}

/* Complete before anybody can see it: under a name of its own first. */
static int
write_new(const char *dir, pid_t holder, char *path, size_t size)
{
	char text[16];
	int fd, n;
	ssize_t done;

	snprintf(path, size, "%s/LTMP..%d", dir, (int)getpid());
	unlink(path);
	fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	n = snprintf(text, sizeof(text), "%10d\n", (int)holder);
	done = write(fd, text, (size_t)n);
	(void)fchmod(fd, 0644); /* for others, whatever our umask is */
	if (close(fd) == -1 || done != n) {
		unlink(path);
		errno = EIO;
		return -1;
	}
	return 0;
}

/*
 * Digits, with or without blanks before and words behind; or, as version 2 of
 * UUCP had it and kermit still does, an int, of which one octet is always
 * zero, since no process has such a high number (pid_max in proc(5)).
 */
static long
parse_holder(const char *text, size_t len)
{
	char *end;
	long pid;
	int n;

	if (len == sizeof(n) && memchr(text, 0, len) != NULL) {
		memcpy(&n, text, sizeof(n));
		return n;
	}
	pid = strtol(text, &end, 10);
	return *end == '\0' || isspace((unsigned char)*end) ? pid : 0;
}

/* Who holds it; 0: cannot be told. */
static pid_t
read_holder(const char *path)
{
	char text[16];
	long pid;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	pid = parse_holder(text, (size_t)n);
	return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static int
stale(pid_t holder)
{
	/* our number in a file that we did not write: from before a boot */
	return holder == getpid() ||
	       (holder != 0 && kill(holder, 0) == -1 && errno == ESRCH);
}

int
tty_lock_take(const char *dir, const char *device, pid_t pid)
{
	char path[PATH_MAX], new[PATH_MAX];
	int n, saved;

	lock_path(dir, device, path, sizeof(path));
	if (write_new(dir, pid, new, sizeof(new)) == -1)
		return -1;
	n = link(new, path);
	saved = errno;
	if (n == -1 && saved == EEXIST) {
		saved = EBUSY;
		if (stale(read_holder(path)) && unlink(path) == 0)
			n = link(new, path);
	}
	unlink(new);
	errno = saved;
	return n;
}

pid_t
tty_lock_holder(const char *dir, const char *device)
{
	char path[PATH_MAX];
	pid_t holder;

	lock_path(dir, device, path, sizeof(path));
	holder = read_holder(path);
	return stale(holder) ? 0 : holder;
}

int
tty_lock_hand_over(const char *dir, const char *device, pid_t pid)
{
	char path[PATH_MAX], new[PATH_MAX];

	lock_path(dir, device, path, sizeof(path));
	if (write_new(dir, pid, new, sizeof(new)) == -1)
		return -1;
	return rename(new, path);
}

void
tty_lock_drop(const char *dir, const char *device, pid_t pid)
{
	char path[PATH_MAX];

	lock_path(dir, device, path, sizeof(path));
	if (read_holder(path) == pid)
		unlink(path);
}
