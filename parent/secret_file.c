/* SPDX-License-Identifier: ISC */
/* A new file for a secret; see secret_file.h. */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent/secret_file.h"

int
secret_file_create(
    const char *path, const void *secret, size_t len, char *why, size_t size)
{
	ssize_t n;
	int fd, bad = 0;

	/* one that is there may be in use */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if ((n = write(fd, secret, len)) == -1 || fsync(fd) == -1)
		bad = errno;
	else if ((size_t)n != len)
		bad = ENOSPC;
	if (close(fd) == -1 && bad == 0)
		bad = errno;
	if (bad == 0)
		return 0;
	snprintf(why, size, "%s: %s", path, strerror(bad));
	(void)unlink(path);
	return -1;
}
