/* SPDX-License-Identifier: ISC */
/* Small files that outlive a process: read as a whole, changed by rename. */
#ifndef COMMON_KEEP_H
#define COMMON_KEEP_H

#include <stddef.h>
#include <stdio.h>

/*
 * All of it and a NUL behind it, to be freed; or NULL with errno: ENOENT, or
 * it is not ours alone (EPERM), or holds a NUL (EBADMSG).
 */
char *keep_read(const char *path, size_t max);
/* 0 or -1 with errno. */
int keep_write(
    const char *path, void (*print)(FILE *, const void *), const void *);
/* No such file is fine. */
int keep_remove(const char *path);

#endif
