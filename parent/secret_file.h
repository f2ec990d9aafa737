/* SPDX-License-Identifier: ISC */
/* A new file for a secret, which nobody else can read. */
#ifndef PARENT_SECRET_FILE_H
#define PARENT_SECRET_FILE_H

#include <stddef.h>

/* 0, or -1 with why, and then there is no such file that was not before. */
int secret_file_create(
    const char *path, const void *secret, size_t len, char *why, size_t size);

#endif
