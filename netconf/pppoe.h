/* SPDX-License-Identifier: ISC */
/*
 * Calls by PPPoE, for which the system must let the service make sockets of
 * their own family: a service manager may not, and pppd would tell only when
 * it dials.
 */
#ifndef NETCONF_PPPOE_H
#define NETCONF_PPPOE_H

/* Does an option file of pppd(8) load a plugin for it?  text is changed. */
int pppoe_is(char *text);
/* Calls of the configuration in force that cannot be made: LINK_UNFIT. */
void pppoe_reloaded(void);

#endif
