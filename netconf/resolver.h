/* SPDX-License-Identifier: ISC */
/*
 * Whom the router itself asks for names while traffic is on a backup: the
 * primary's resolvers often answer its customers only.
 *
 *	resolver.c	what to write, without I/O
 *	resolver_file.c	files: read whole, and replaced
 *	resolver_set.c	who keeps resolvers here, and what they are told
 */
#ifndef NETCONF_RESOLVER_H
#define NETCONF_RESOLVER_H

#include <net/if.h>

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/conf.h"
#include "netconf/plan.h"

#define RESOLVER_TEXT_MAX 16384 /* of a resolv.conf */

enum resolver_how {
	RESOLVER_NONE,
	RESOLVER_RESOLVED, /* systemd-resolved(8), by resolvectl(1) */
	RESOLVER_RESOLVCONF, /* resolvconf(8) */
	RESOLVER_FILE, /* resolv.conf(5), its old content is kept */
	RESOLVER_MADE, /* the same, and there was none before */
	RESOLVER_HOW_MAX
};

struct resolver {
	enum resolver_how how;
	char ifname[IFNAMSIZ];
	uint32_t n;
	struct addr server[CONF_DNS_MAX];
	char path[PATH_MAX]; /* of the file itself, no link; or empty */
};

/* Do both want the same of the same interface, however? */
int resolver_same(const struct resolver *, const struct resolver *);
/* The servers with this between them. */
void resolver_servers(
    const struct resolver *, const char *between, char *buf, size_t size);
/* "nameserver ADDRESS" for each.  0, or -1: no room. */
int resolver_lines(const struct resolver *, char *buf, size_t size);
/*
 * A resolv.conf(5) with these, and all else of the old one, whose servers are
 * comments in it; and the old one again, without any other knowledge (-1: it
 * is not such a text).  0 or -1 with errno.
 */
int resolver_text(
    const struct resolver *, const char *old, char *buf, size_t size);
int resolver_old(const char *text, char *buf, size_t size);
/* As one line, to be found after kill -9; and read again.  0 or -1. */
void resolver_format(const struct resolver *, char *buf, size_t size);
int resolver_parse(const char *line, struct resolver *);

/* resolver_file.c: 0 or -1 with errno; text ends in a NUL. */
int resolver_file_read(const char *path, char *text, size_t size);
/*
 * By rename, with the mode and owner that it had, else 0644; where it is
 * mounted (containers) it is written over.
 */
int resolver_file_write(const char *path, const char *text);

/* resolver_set.c */
void resolver_open(void); /* what an earlier run has set */
/* Those of the uplink that carries traffic now, if it is a backup. */
void resolver_follow(uint32_t active);
/* The same as one line in words, if it would change anything. */
void resolver_plan(uint32_t active, int undialled, plan_line *, void *arg);
void resolver_clear(void); /* as it was before */
int resolver_busy(void); /* a program still runs */
void resolver_show(plan_line *, void *arg);

#endif
