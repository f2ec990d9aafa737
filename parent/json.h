/* SPDX-License-Identifier: ISC */
/*
 * A JSON writer (RFC 8259): commas and quoting are its business.  A key is
 * NULL inside an array.  Octets that are not UTF-8 come out as U+FFFD.
 */
#ifndef PARENT_JSON_H
#define PARENT_JSON_H

#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *f;
	int more; /* something stands before in this object or array */
};

void json_open(struct json *, const char *key, char bracket); /* { or [ */
void json_close(struct json *, char bracket); /* } or ] */
void json_string(struct json *, const char *key, const char *);
/* An empty string is null. */
void json_string_or_null(struct json *, const char *key, const char *);
void json_int(struct json *, const char *key, int64_t);
void json_ms(struct json *, const char *key, int64_t ns); /* 0: null */
void json_tenths(struct json *, const char *key, double);
void json_bool(struct json *, const char *key, int);
void json_null(struct json *, const char *key);
/* RFC 3339 with milliseconds, UTC; 0: null. */
void json_time(struct json *, const char *key, int64_t wall_ns);

#endif
