/* SPDX-License-Identifier: ISC */
/* Where the records of running pppds are kept: RUNDIR/ppp/LABEL. */
#ifndef NETCONF_PPP_FILE_H
#define NETCONF_PPP_FILE_H

#include <stddef.h>

#include "netconf/ppp_record.h"

#define PPP_DIR RUNDIR "/ppp"

/* The label is a valid one, so it cannot leave the folder. */
void ppp_file_path(const char *label, char *buf, size_t size);
/* All 0, or -1 with errno; EBADMSG: there, but no record. */
int ppp_file_write(const struct ppp_record *);
int ppp_file_read(const char *label, struct ppp_record *);
void ppp_file_remove(const char *label);
/* Each file in the folder once, whatever it holds. */
void ppp_file_each(void (*)(const char *label));

#endif
