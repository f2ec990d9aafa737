/* SPDX-License-Identifier: ISC */
/*
 * A site's own key (identity in dialfail.conf(5)): its file holds the seed of
 * an Ed25519 secret key (RFC 8032 5.1.5), in base64 on one line.
 */
#ifndef PARENT_KEYS_H
#define PARENT_KEYS_H

#include <stddef.h>

#include "common/key.h"

/* A new file with a new key; 0, or -1 with why. */
int keys_generate(const char *path, char *why, size_t size);
/* The public key of the secret one that is there; 0, or -1 with why. */
int keys_public(
    const char *path, char text[KEY_STRLEN], char *why, size_t size);

#endif
