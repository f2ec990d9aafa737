/* SPDX-License-Identifier: ISC */
/* Targets in words: the same in the log, on screens and in labels. */
#ifndef PARENT_TARGET_H
#define PARENT_TARGET_H

#include <stddef.h>

#include "common/conf.h"

/* "inet", "inet6": where programs read. */
const char *family_word(enum family);
enum family target_family(const struct conf_target *);
/* "icmp", "gateway", "tcp" or "dns". */
const char *target_method(const struct conf_target *);
/*
 * "198.51.100.7", "198.51.100.9 port 443", "198.51.100.10 a.example.net",
 * "gateway", "IPv6 gateway".
 */
char *target_name(const struct conf_target *, char *buf, size_t size);
/* Everything in range: of a target that somebody else sent. */
int target_valid(const struct conf_target *);

#define TARGET_NAME_LEN (ADDR_STRLEN + CONF_QUERY_LEN + 16)

#endif
