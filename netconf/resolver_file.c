/* SPDX-License-Identifier: ISC */
/* Small text files, whole; see resolver.h. */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netconf/resolver.h"

int
resolver_file_read(const char *path, char *text, size_t size)
{
	ssize_t n;
	int fd, saved;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, text, size);
	saved = errno;
	close(fd);
	errno = saved;
	if (n == -1)
		return -1;
	if ((size_t)n == size || memchr(text, '\0', (size_t)n) != NULL) {
		errno = EFBIG;
		return -1;
	}
	text[n] = '\0';
	return 0;
}

/* All of it, or -1. */
static int
fill(int fd, const char *text)
{
	ssize_t len = (ssize_t)strlen(text), n;

	if ((n = write(fd, text, (size_t)len)) == len)
		return 0;
	if (n != -1)
		errno = ENOSPC;
	return -1;
}

static int
close_well(int fd, int result)
{
	int saved = errno;

	if (close(fd) == -1 && result == 0)
		return -1;
	errno = saved;
	return result;
}

/*
 * Its room first, and what it held is cut off last: who reads it meanwhile, or
 * finds it after a crash or on a full disk, has servers to ask.
 */
static int
write_over(const char *path, const char *text)
{
	off_t len = (off_t)strlen(text);
	struct stat st;
	int fd, result;

	/* posix_fallocate(3) reads where a file system has no such call */
	if ((fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return -1;
	if ((result = fstat(fd, &st)) == 0 && len > st.st_size &&
	    (errno = posix_fallocate(fd, 0, len)) != 0)
		result = -1;
	if (result == 0 && (result = fill(fd, text)) == 0)
		result = ftruncate(fd, len);
	return close_well(fd, result);
}

int
resolver_file_write(const char *path, const char *text)
{
	struct stat st = { .st_mode = 0644 };
	char new[PATH_MAX];
	int fd, saved;

	if (snprintf(new, sizeof(new), "%s.dialfail", path) >=
	    (int)sizeof(new)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (stat(path, &st) == -1 && errno != ENOENT)
		return -1;
	if (unlink(new) == -1 && errno != ENOENT)
		return errno == EROFS ? write_over(path, text) : -1;
	fd = open(
	    new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return errno == EROFS ? write_over(path, text) : -1;
	if (fchown(fd, st.st_uid, st.st_gid) == -1 ||
	    fchmod(fd, st.st_mode & 07777) == -1) {
		saved = errno;
		close(fd);
	} else if (close_well(fd, fill(fd, text)) == 0 &&
		   rename(new, path) == 0)
		return 0;
	else
		saved = errno;
	unlink(new);
	errno = saved;
	return saved == EBUSY ? write_over(path, text) : -1;
}
