/* SPDX-License-Identifier: ISC */
/* Files that stay bounded; see grow.h. */
#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>

#include "parent/grow.h"

int
grow_open(int dirfd, const char *name, off_t max)
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
