/* SPDX-License-Identifier: ISC */
/* A length of time for people: as on a clock, from two days on in days. */
#ifndef PARENT_LENGTH_H
#define PARENT_LENGTH_H

#include <stdint.h>

#define LENGTH_LEN 24

/* "0:43:12", "3 days" */
const char *length_text(char buf[LENGTH_LEN], uint32_t seconds);
/* "119 s ago", "3 d ago" */
const char *length_ago(char buf[LENGTH_LEN], uint32_t seconds);

#endif
