/* SPDX-License-Identifier: ISC */
/* Files that are appended to and stay bounded: the old one goes. */
#ifndef PARENT_GROW_H
#define PARENT_GROW_H

#include <sys/types.h>

#define GROW_OLD ".0" /* behind the name of the one before */

/*
 * Append len octets of text to the file; when it has grown to max, it first
 * becomes the old one.  All of it or nothing: half a line would spoil the one
 * after it.  0, or -1 with errno.
 */
int grow_append(
    int dirfd, const char *name, off_t max, const char *text, size_t len);

#endif
