/* SPDX-License-Identifier: ISC */
/* Files that stay bounded; see grow.h. */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "parent/grow.h"

static int
open_last(int dirfd, const char *name, off_t max)
{
	struct stat st;
	char old[64];

	snprintf(old, sizeof(old), "%s" GROW_OLD, name);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size >= max && renameat(dirfd, name, dirfd, old) == -1)
		return -1;
	return openat(dirfd, name,
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
}

/* No fsync(2): a slow disk must not hold up the next switch. */
static int
write_all(int fd, const char *text, size_t len)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return -1;
	if ((n = write(fd, text, len)) == (ssize_t)len)
		return 0;
	if (n != -1) {
		(void)ftruncate(fd, st.st_size);
		errno = ENOSPC; /* why else would it be less */
	}
	return -1;
}

int
grow_append(
    int dirfd, const char *name, off_t max, const char *text, size_t len)
{
	int fd, saved, rc;

	if ((fd = open_last(dirfd, name, max)) == -1)
		return -1;
	rc = write_all(fd, text, len);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}
