/* SPDX-License-Identifier: ISC */
/*
 * The proof of return, without I/O: what a network was like before traffic
 * left the primary, against what it is like when it is back.  A snapshot is
 * lines of text, each with whose it is, what it is and perhaps its value:
 *
 *	f rule 32766 lookup main
 *	l link eth1/3 rp_filter<TAB>1
 *
 * What the plan watches over is in no snapshot: its steps are read back.
 */
#ifndef NETCONF_SNAPSHOT_H
#define NETCONF_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SNAPSHOT_ROUTES_MAX 4096 /* more are a count and a hash */
#define SNAPSHOT_LINES_MAX  8192
#define SNAPSHOT_LINE_LEN   240

enum snapshot_whose {
	SNAPSHOT_OURS, /* carries our tag: must be as it was */
	SNAPSHOT_LINK, /* we write it: its value must, if it is still there */
	SNAPSHOT_FOREIGN
};

struct snapshot {
	size_t n;
	char **line; /* sorted by snapshot_end() */
	uint64_t routes; /* of others */
	uint64_t hash; /* of these, in whatever order */
};

/* Tells changes, not forgeries. */
uint64_t snapshot_hash(const void *, size_t);
/* An empty value is none.  0, or -1 with errno: no memory, too many. */
int snapshot_add(
    struct snapshot *, enum snapshot_whose, const char *key, const char *value);
int snapshot_end(struct snapshot *);
void snapshot_free(struct snapshot *);

/* As it was printed, or -1; text must end in a NUL, and is changed. */
int snapshot_parse(char *text, struct snapshot *);
void snapshot_print(FILE *, const void *snapshot);

/* Each difference in words. */
typedef void snapshot_diff(enum snapshot_whose, const char *text, void *arg);
void snapshot_compare(const struct snapshot *before, const struct snapshot *now,
    snapshot_diff *, void *arg);

#endif
