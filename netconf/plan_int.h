/* SPDX-License-Identifier: ISC */
/* What the files of the plan share; the interface is plan.h. */
#ifndef NETCONF_PLAN_INT_H
#define NETCONF_PLAN_INT_H

#include "netconf/plan.h"

void plan_wanted(
    const struct net_want *, const struct net_state *, struct wanted *);
/* Shall this link be down while traffic is on a backup? */
int plan_shut(const struct net_want *, const char *ifname);

int plan_same_rule(const struct net_rule *, const struct net_rule *);
/* The same place in a table: one would replace the other. */
int plan_same_place(const struct net_route *, const struct net_route *);
int plan_same_route(const struct net_route *, const struct net_route *);
int plan_ours(const struct net_route *);
/* Is the kernel's list of a family's rules exactly the wanted one? */
int plan_rules_equal(
    const struct wanted *, const struct net_state *, uint32_t family);

void plan_rule_text(
    const struct net_rule *, const char *verb, char *buf, size_t size);
void plan_route_text(const struct net_route *, const struct net_state *,
    const char *verb, char *buf, size_t size);

#endif
