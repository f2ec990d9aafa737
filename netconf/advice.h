/* SPDX-License-Identifier: ISC */
/*
 * What on this machine stands in the way of a switch, or of what is seen of
 * one: dialfaild -nv tells it before there is any outage.
 */
#ifndef NETCONF_ADVICE_H
#define NETCONF_ADVICE_H

#include "netconf/plan.h"

/* A line for each, also for what cannot be looked at; nothing is changed. */
void advice(const struct conf *, plan_line *, void *arg);

/* Why no switch could be done here whatever the configuration; or NULL. */
const char *advice_missing(void);

/* The same of what has been found; no I/O. */
void advice_of(const struct conf *, const struct net_state *,
    const struct net_machine *, plan_line *, void *arg);

#endif
