/* SPDX-License-Identifier: ISC */
/* What both kinds of import share: lines, comments, and a backup's block. */
#ifndef PARENT_IMPORT_INT_H
#define PARENT_IMPORT_INT_H

#include "parent/import.h"

#define IMPORT_LINE_LEN 512

struct import {
	struct import_secrets *secrets;
	FILE *out;
	char *why;
	size_t size;
	const char *name; /* of the file that is read */
	const char *rest; /* of its text */
	int line;
};

/* A modem and its provider, as far as they are known. */
struct import_modem {
	char label[CONF_LABEL_LEN];
	char tty[IMPORT_VALUE_LEN];
	struct conf_modem modem; /* speed 0: the default */
	uint32_t timeout_s; /* of a dial, 0: the default */
	uint32_t redial; /* likewise */
	char account[CONF_ACCOUNT_LEN];
	char password[IMPORT_VALUE_LEN];
	char pin[CONF_PIN_LEN];
};

void import_open(struct import *, const struct import_source *);
/* The next line, blanks around it left out; 1, 0 at the end, -1 with why. */
int import_line(struct import *, char line[IMPORT_LINE_LEN]);
/* NAME = VALUE: the value, and the line ends behind the name; or NULL. */
char *import_value(char *line);
/* Always -1: file and line of what is wrong, and what. */
int import_fail(struct import *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A comment about a line (0: the file) of what is read. */
void import_note(struct import *, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int import_number(const char *, uint32_t min, uint32_t max, uint32_t *);

/* Into the modem, or a comment about the line why not. */
void import_phone(struct import *, struct import_modem *, int line,
    const char *prefix, const char *number);
void import_account(
    struct import *, struct import_modem *, int line, const char *);
void import_password(
    struct import *, struct import_modem *, int line, const char *);

void import_quoted(struct import *, const char *);
/* 0, or -1 with why: no place for a secret. */
int import_backup(struct import *, const struct import_modem *);

int import_seed(struct import *, const struct import_source *config,
    const struct import_source *script);
int import_wvdial(struct import *, const struct import_source *);
/* Has it sections, as wvdial.conf(5) has? */
int import_is_wvdial(const char *text);

#endif
