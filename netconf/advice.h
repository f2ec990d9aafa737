/* SPDX-License-Identifier: ISC */
/*
 * What on this machine stands in the way of a switch, or of what is seen of
 * one: dialfaild -nv and a reload tell it before there is any outage.
 */
#ifndef NETCONF_ADVICE_H
#define NETCONF_ADVICE_H

#include "netconf/plan.h"

/* A line for each, also for what cannot be looked at; nothing is changed. */
void advice(const struct conf *, plan_line *, void *arg);

/* Why no switch could be done here whatever the configuration; or NULL. */
const char *advice_missing(void);

/*
 * Interfaces, ports and gateways alone, when this comes after old and the
 * kernel is open.  0; or -1: traffic would leave a primary that is there for
 * one that is not.
 */
int advice_reload(
    const struct conf *, const struct conf *old, plan_line *, void *arg);

/* Peers by an uplink that is behind NAT; it is told as by advice_of(). */
void advice_peers(
    const struct conf *, const struct net_state *, plan_line *, void *arg);

/* Both of what has been found; no I/O. */
void advice_of(const struct conf *, const struct net_state *,
    const struct net_machine *, plan_line *, void *arg);
int advice_reload_of(const struct conf *, const struct conf *old,
    const struct net_state *, const struct net_machine *, plan_line *,
    void *arg);

#endif
