/* SPDX-License-Identifier: ISC */
/*
 * The dialer: the process that talks to modems.  It opens nothing; it is
 * given a descriptor for each modem and hands back what happened on it.
 */
#ifndef DIALER_DIALER_H
#define DIALER_DIALER_H

#include <sys/cdefs.h>

/* Started by exec as "dialfaild -P dialer", with its channel on fd 3. */
__dead void dialer(int debug, int verbose);

#endif
