/* SPDX-License-Identifier: ISC */
/* The file that holds a provider's password. */
#ifndef NETCONF_PPP_SECRET_H
#define NETCONF_PPP_SECRET_H

#include <stddef.h>

/*
 * The one line of a regular file that root owns and nobody else can read;
 * never through a symbolic link.  0, or -1 with a reason.  The caller wipes
 * buf after use, whatever is returned.
 */
int ppp_secret_read(const char *path, char *buf, size_t size, const char **why);

#endif
