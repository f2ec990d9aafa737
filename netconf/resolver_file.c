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

static int
fill(int fd, const char *text)
{
	ssize_t len = (ssize_t)strlen(text), n;
	int saved;

	if ((n = write(fd, text, (size_t)len)) != len && n != -1)
		errno = ENOSPC;
	saved = errno;
	if (close(fd) == -1 || n != len) {
		errno = n != len ? saved : errno;
		return -1;
	}
	return 0;
}

static int
write_over(const char *path, const char *text)
{
	int fd;

	fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	return fd == -1 ? -1 : fill(fd, text);
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
	} else if (fill(fd, text) == 0 && rename(new, path) == 0)
		return 0;
	else
		saved = errno;
	unlink(new);
	errno = saved;
	return saved == EBUSY ? write_over(path, text) : -1;
}
