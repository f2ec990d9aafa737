/* SPDX-License-Identifier: ISC */
/*
 * Records of files in the state directory: a line each, a letter for its
 * kind, tabs between fields.  A disk that lost power may hold anything, so
 * each field is checked.
 */
#ifndef PARENT_RECORD_H
#define PARENT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_FIELDS_MAX 64

/* Cut text at tabs; the number of fields, or -1: too many, or another kind. */
int record_split(char *text, char kind, char *field[RECORD_FIELDS_MAX]);
/* 0, or -1: it is none, or out of range. */
int record_number(const char *, int64_t min, int64_t max, int64_t *);
int record_number32(const char *, uint32_t *);
int record_number64(const char *, uint64_t *); /* up to INT64_MAX */
/* 0, or -1: too long, or nothing that is printed. */
int record_word(char *to, size_t size, const char *from);

#endif
