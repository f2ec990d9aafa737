/* SPDX-License-Identifier: ISC */
/* A site's own key, made and read; see keys.h. */
#include <sys/types.h>

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/keys.h"
#include "parent/secret_file.h"

static int
fail(char *why, size_t size, const char *path, const char *reason)
{
	snprintf(why, size, "%s: %s", path, reason);
	return -1;
}

int
keys_generate(const char *path, char *why, size_t size)
{
	char text[KEY_STRLEN + 1];
	uint8_t seed[KEY_LEN];
	int result;

	arc4random_buf(seed, sizeof(seed));
	(void)key_format(seed, text);
	text[KEY_STRLEN - 1] = '\n';
	/* one that is there may be in use: its peers would not know us */
	result = secret_file_create(path, text, KEY_STRLEN, why, size);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(text, sizeof(text));
	return result;
}

int
keys_public(const char *path, char text[KEY_STRLEN], char *why, size_t size)
{
	uint8_t seed[KEY_LEN], public[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	char line[KEY_STRLEN + 2];
	FILE *f;
	int bad;

	if ((f = fopen(path, "re")) == NULL)
		return fail(why, size, path, strerror(errno));
	bad = fgets(line, sizeof(line), f) == NULL;
	fclose(f);
	if (!bad) {
		line[strcspn(line, "\r\n")] = '\0';
		bad = key_parse(line, seed) == -1;
	}
	if (!bad)
		(void)crypto_sign_seed_keypair(public, secret, seed);
	sodium_memzero(line, sizeof(line));
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(secret, sizeof(secret));
	if (bad)
		return fail(why, size, path,
		    "not a key as dialfailctl keygen writes it");
	(void)key_format(public, text);
	return 0;
}
