/* SPDX-License-Identifier: ISC */
/*
 * The record of a running pppd, RUNDIR/ppp/NAME: what a later dialfaild must
 * know to adopt it.  netconf writes the first half between fork and exec, so
 * that no pppd is ever without one; the ip-up program (dialfail-ppp) adds
 * the second half and replaces the file by rename.  Text, one "key value" a
 * line, each key once and in this order:
 *
 *	pid 812				interface ppp0
 *	started 48213			local 10.99.0.2
 *	boot 5f0c...-...		remote 10.99.0.1
 *	tty /dev/ttyUSB2 (- if none)	pppd 812
 *	backup lte			linkname dialfail-lte
 *	gen 3				dns 10.99.0.53 (none, one or two)
 *
 * No I/O here.
 */
#ifndef NETCONF_PPP_RECORD_H
#define NETCONF_PPP_RECORD_H

#include <sys/types.h>

#include <net/if.h>

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/conf.h"

#define PPP_BOOT_LEN     37 /* a UUID as text, with its NUL */
#define PPP_LINKNAME     "dialfail-" /* the backup's label follows */
#define PPP_LINKNAME_LEN (sizeof(PPP_LINKNAME) - 1 + CONF_LABEL_LEN)
#define PPP_TTY_NONE     "-" /* it dials by itself */
#define PPP_RECORD_MAX   (PATH_MAX + 1024)

struct ppp_record {
	pid_t pid;
	uint64_t started; /* proc_pid_stat(5): field 22 */
	char boot[PPP_BOOT_LEN];
	char tty[PATH_MAX];
	char label[CONF_LABEL_LEN];
	uint32_t gen;
	int up; /* the ip-up program was there: */
	char ifname[IFNAMSIZ];
	struct addr local;
	struct addr remote;
	pid_t reporter; /* PPPD_PID */
	char linkname[PPP_LINKNAME_LEN];
	struct addr dns[2];
};

/* The first half as text.  Its length, or -1: does not fit. */
int ppp_record_format(const struct ppp_record *, char *buf, size_t size);
/*
 * Exactly what is described above, or -1.  Addresses are addresses and names
 * are names; whether they are true is for the caller to see.
 */
int ppp_record_parse(const char *text, size_t len, struct ppp_record *);
/* Are both of the same process? */
int ppp_record_same(const struct ppp_record *, const struct ppp_record *);
/* Is this the linkname of that backup's pppd? */
int ppp_record_names(const char *linkname, const char *label);
/* The second half is there and comes from the pppd of the first. */
int ppp_record_coherent(const struct ppp_record *);

#endif
