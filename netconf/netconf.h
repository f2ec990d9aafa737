/* SPDX-License-Identifier: ISC */
/*
 * netconf: the one process that stays root.  It reads the configuration,
 * opens ttys, changes the network, and runs programs: pppd, nft, the alarm.
 */
#ifndef NETCONF_NETCONF_H
#define NETCONF_NETCONF_H

#include <sys/cdefs.h>

#include "common/conf.h"

/*
 * Started by exec as "dialfaild -P netconf", with its channel on fd 3; file
 * and macros are the command line's.
 */
void netconf(int debug, int verbose, const char *file,
    const struct conf_macro *macros) __attribute__((__noreturn__));

#endif
