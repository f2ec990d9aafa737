/* SPDX-License-Identifier: ISC */
/* Small files that outlive a process: read as a whole, changed by rename. */
#ifndef COMMON_KEEP_H
#define COMMON_KEEP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * All of it and a NUL behind it, to be freed; or NULL with errno: ENOENT, or
 * it is not ours alone (EPERM), or holds a NUL (EBADMSG).
 */
char *keep_read(const char *path, size_t max);
/* 0 or -1 with errno, and the file is as before. */
int keep_write(
    const char *path, void (*print)(FILE *, const void *), const void *);
/* As keep_write, and a power cut does not take it. */
int keep_write_through(
    const char *path, void (*print)(FILE *, const void *), const void *);
/* No such file is fine. */
int keep_remove(const char *path);

/*
 * The next word of a line, which one blank or the end of the line ends, and
 * a word that is a number.  0 and line is behind it, or -1: there is none, it
 * does not fit, or a blank ends the line.
 */
int keep_word(const char **line, char *buf, size_t size);
int keep_number(const char **line, uint32_t min, uint32_t max, uint32_t *);
/*
 * Each line of a text to one, without its end.  0, or -1: one said so, a line
 * is longer than max or not of printable characters, or the last has no end.
 */
int keep_lines(const char *text, size_t max,
    int (*one)(const char *line, void *arg), void *arg);

#endif
