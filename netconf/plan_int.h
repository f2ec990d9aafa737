/* SPDX-License-Identifier: ISC */
/* What the files of the plan share; the interface is plan.h. */
#ifndef NETCONF_PLAN_INT_H
#define NETCONF_PLAN_INT_H

#include "netconf/plan.h"

#define WANTED_MAX 128

struct wanted {
	struct net_rule rule[WANTED_MAX];
	size_t nrules;
	struct net_route route[WANTED_MAX];
	size_t nroutes;
	int too_many;
};

void plan_wanted(
    const struct net_want *, const struct net_state *, struct wanted *);
/* Shall this link be down while traffic is on a backup? */
int plan_shut(const struct net_want *, const char *ifname);

int plan_same_rule(const struct net_rule *, const struct net_rule *);
/* The same place in a table: one would replace the other. */
int plan_same_place(const struct net_route *, const struct net_route *);
int plan_same_route(const struct net_route *, const struct net_route *);
int plan_ours(const struct net_route *);
/* Is the kernel's list of rules exactly the wanted one? */
int plan_rules_equal(const struct wanted *, const struct net_state *);

void plan_rule_text(
    const struct net_rule *, const char *verb, char *buf, size_t size);
void plan_route_text(const struct net_route *, const struct net_state *,
    const char *verb, char *buf, size_t size);

#endif
