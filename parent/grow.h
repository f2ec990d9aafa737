/* SPDX-License-Identifier: ISC */
/* Files that are appended to and stay bounded: the old one goes. */
#ifndef PARENT_GROW_H
#define PARENT_GROW_H

#include <sys/types.h>

#define GROW_OLD ".0" /* behind the name of the one before */

/*
 * Open the file to append to it; when it has grown to max, it first becomes
 * the old one.  A descriptor, or -1 with errno.
 */
int grow_open(int dirfd, const char *name, off_t max);

#endif
