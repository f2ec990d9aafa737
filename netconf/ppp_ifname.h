/* SPDX-License-Identifier: ISC */
/* The name that an option file of pppd(8) gives the interface. */
#ifndef NETCONF_PPP_IFNAME_H
#define NETCONF_PPP_IFNAME_H

#include <net/if.h>

#include <stdio.h>

/*
 * name: as it was if the file gives none, which makes it pppN.  0; or -1: it
 * refers to another file, which may give one.
 */
int ppp_ifname(FILE *, char name[IFNAMSIZ]);

#endif
