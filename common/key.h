/* SPDX-License-Identifier: ISC */
/* Public keys of 32 octets as text, in the manner of wg(8). */
#ifndef COMMON_KEY_H
#define COMMON_KEY_H

#include <stdint.h>

#define KEY_LEN    32
#define KEY_STRLEN 45 /* RFC 4648 4, with its padding and a NUL */

/* 0, or -1: not exactly such a key. */
int key_parse(const char *, uint8_t key[KEY_LEN]);
/* Returns buf. */
const char *key_format(const uint8_t key[KEY_LEN], char buf[KEY_STRLEN]);

#endif
