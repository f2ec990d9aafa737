/* SPDX-License-Identifier: ISC */
/*
 * The file that holds a provider's password.  The configuration was checked
 * for it when it was read; the file may have been changed since.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "netconf/ppp_secret.h"

static const char *
unfit(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a file";
	if (st.st_uid != 0)
		return "not owned by root";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "open to group or others";
	return NULL;
}

/* One line, with or without its end. */
static const char *
one_line(char *buf, size_t len)
{
	if (memchr(buf, '\0', len) != NULL)
		return "holds a NUL";
	buf[len] = '\0';
	if (len > 0 && buf[len - 1] == '\n')
		buf[--len] = '\0';
	if (len > 0 && buf[len - 1] == '\r')
		buf[--len] = '\0';
	if (strpbrk(buf, "\r\n") != NULL)
		return "more than one line";
	return len == 0 ? "empty" : NULL;
}

int
ppp_secret_read(const char *path, char *buf, size_t size, const char **why)
{
	ssize_t n;
	int fd;

	buf[0] = '\0';
	/* O_NONBLOCK: a FIFO must not hold up the loop */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		*why = errno == ELOOP ? "a symbolic link" : strerror(errno);
		return -1;
	}
	if ((*why = unfit(fd)) == NULL) {
		if ((n = read(fd, buf, size)) == -1)
			*why = strerror(errno);
		else if ((size_t)n == size)
			*why = "too long";
		else
			*why = one_line(buf, (size_t)n);
	}
	close(fd);
	return *why == NULL ? 0 : -1;
}
