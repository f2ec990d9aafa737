/* SPDX-License-Identifier: ISC */
/*
 * dialfailctl import: a dialfail.conf(5) from what a site dialled with before.
 * Text in, text out; import_file.c reads and writes the files.
 */
#ifndef PARENT_IMPORT_H
#define PARENT_IMPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/conf.h"

#define IMPORT_TEXT_MAX  65536 /* of a file */
#define IMPORT_VALUE_LEN 256 /* as much as pppd takes for a password */

/* A file that was read. */
struct import_source {
	const char *name; /* for errors and comments */
	const char *text;
};

/* What belongs into a file that only root can read, not into the other. */
struct import_secret {
	char name[CONF_LABEL_LEN + sizeof(".pin")]; /* in the directory */
	char value[IMPORT_VALUE_LEN];
};

struct import_secrets {
	const char *directory; /* from the root */
	uint32_t n;
	struct import_secret secret[2 * CONF_BACKUPS_MAX];
};

/*
 * The configuration to out: from wvdial.conf, or from DialBkup.cfg and, unless
 * it is NULL, ppp-on.  What does not map is a comment, what a human must fill
 * in is marked CHANGE.  The secrets, for the caller to write and to wipe, are
 * named in it by their path.  0, or -1 with the file, the line and what would
 * be valid in why; then what is in out is good for nothing.
 */
int import_print(const struct import_source *config,
    const struct import_source *script, struct import_secrets *, FILE *out,
    char *why, size_t size);

/* All of it with files: 0, or -1 with why; nothing is left behind then. */
int import_files(const char *config, const char *script, const char *directory,
    FILE *out, char *why, size_t size);

#endif
