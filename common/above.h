/* SPDX-License-Identifier: ISC */
/*
 * Who may write above a file may put another one in its place: what root is
 * to run or believe lies in directories of root's alone, from the root on,
 * and so does what it is a link to.
 */
#ifndef COMMON_ABOVE_H
#define COMMON_ABOVE_H

#include <stddef.h>

/* NULL, or why not, in words that name the directory; path is absolute. */
const char *above_unfit(const char *path, char *buf, size_t size);

#endif
