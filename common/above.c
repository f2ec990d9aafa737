/* SPDX-License-Identifier: ISC */
/* The directories above a file; see above.h. */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/above.h"

static const char *
one_unfit(const char *dir, char *buf, size_t size)
{
	struct stat st;

	if (stat(dir, &st) == -1)
		return strerror(errno);
	if (st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return NULL;
	snprintf(buf, size, "others than root can write %s", dir);
	return buf;
}

static const char *
each_unfit(const char *path, char *buf, size_t size)
{
	char dir[PATH_MAX];
	const char *p, *why;

	for (p = path; p != NULL; p = strchr(p + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s",
		    p == path ? 1 : (int)(p - path), path);
		if ((why = one_unfit(dir, buf, size)) != NULL)
			return why;
	}
	return NULL;
}

const char *
above_unfit(const char *path, char *buf, size_t size)
{
	char real[PATH_MAX];
	const char *why;

	if (realpath(path, real) == NULL)
		return strerror(errno);
	why = each_unfit(path, buf, size);
	return why != NULL ? why : each_unfit(real, buf, size);
}
