/* SPDX-License-Identifier: ISC */
/*
 * Keys in base64 (RFC 4648 4).  32 octets are ten groups of four characters
 * and one of three with a "=", whose last two bits must be 0 (3.5): so a key
 * has one text only.
 */
#include <string.h>

#include "common/key.h"

#define CHARS (KEY_STRLEN - 2) /* without "=" and NUL */

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
key_parse(const char *text, uint8_t key[KEY_LEN])
{
	const char *c;
	uint32_t bits = 0, nbits = 0, n = 0, i;

	if (strlen(text) != KEY_STRLEN - 1 || text[CHARS] != '=')
		return -1;
	for (i = 0; i < CHARS; i++) {
		if ((c = strchr(alphabet, text[i])) == NULL)
			return -1;
		bits = bits << 6 | (uint32_t)(c - alphabet);
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			key[n++] = (uint8_t)(bits >> nbits);
		}
	}
	return (bits & 3) == 0 ? 0 : -1;
}

const char *
key_format(const uint8_t key[KEY_LEN], char buf[KEY_STRLEN])
{
	uint32_t bits = 0, nbits = 0, n = 0, i;

	for (i = 0; i <= KEY_LEN; i++) {
		bits = bits << 8 | (i < KEY_LEN ? key[i] : 0U);
		for (nbits += 8; nbits >= 6 && n < CHARS; nbits -= 6)
			buf[n++] = alphabet[bits >> (nbits - 6) & 0x3f];
	}
	buf[n++] = '=';
	buf[n] = '\0';
	return buf;
}
