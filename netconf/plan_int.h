/* SPDX-License-Identifier: ISC */
/* What the files of the plan share; the interface is plan.h. */
#ifndef NETCONF_PLAN_INT_H
#define NETCONF_PLAN_INT_H

#include "netconf/plan.h"

/* To what is empty: all zero. */
void plan_wanted(
    const struct net_want *, const struct net_state *, struct wanted *);
/*
 * With these rules, does what has this address not go with the traffic when
 * that moves?  Each backup's own table ends in an unreachable route; main,
 * which is the primary's, may have lost its default, and then it would.
 */
int plan_stays(const struct wanted *, const struct net_want *,
    const struct net_state *, const struct addr *from);
struct net_route *plan_add_route(
    struct wanted *, enum family family, uint32_t table);
/*
 * Private networks while a backup is active.  What follows nevertheless goes
 * as moved says: the backup's default, or NULL if it has none.
 */
void plan_want_private(struct wanted *, enum family, const struct net_want *,
    const struct net_state *, const struct net_route *moved);
/*
 * Private networks of the primary while a backup stands by hot: what keeps
 * them from it is put into table 155.  How many there are.
 */
size_t plan_want_held(struct wanted *, enum family, const struct net_want *,
    const struct net_state *);
/* Are there too many of them? */
int plan_private_too_many(const struct net_want *, const struct net_state *);
/* Shall this link be down while traffic is on a backup? */
int plan_shut(const struct net_want *, const char *ifname);

/* An uplink's source for what goes far, or NULL. */
const struct net_addr *plan_address(
    const struct net_state *, uint32_t ifindex, enum family);
struct step *plan_link_step(
    struct plan *, enum step_type, const struct net_link *);
/*
 * Steps that bring tunnels to the active uplink: those that must be there
 * before traffic is, or all others; and to where they were.
 */
void plan_tunnels(struct plan *, const struct net_want *,
    const struct net_state *, int ahead);
void plan_tunnels_back(
    struct plan *, const struct net_state *before, const struct net_state *now);
void plan_show_tunnels(
    const struct net_want *, const struct net_state *, plan_line *, void *arg);
void plan_tunnel_text(
    const struct step *, const struct net_state *, char *buf, size_t size);
/* plan_twin.c */
/* Where it is to be; it waits. */
void plan_twin_ahead(struct plan *, const struct net_state *,
    const struct net_link *, const struct net_place *to);
/* Where it is; it moves. */
void plan_twin_behind(struct plan *, const struct net_want *,
    const struct net_state *, const struct net_link *);
void plan_twins_del(
    struct plan *, const struct net_want *, const struct net_state *);
void plan_twin_text(const struct step *, char *buf, size_t size);
void plan_show_twins(
    const struct net_want *, const struct net_state *, plan_line *, void *);
/* plan_peer.c: routes to networks behind peers */
int plan_behind(const struct net_route *);
/* With ifindex 0 one that refuses. */
void plan_behind_route(struct net_route *, uint32_t table,
    const struct prefix *dst, uint32_t ifindex);
/* Those that are there, sorted; the caller frees them. */
struct net_route *plan_behind_found(const struct net_state *, size_t *n);
int plan_behind_order(const void *, const void *); /* by network, as sorted */
int plan_has_behind(const struct net_want *, enum family);
/* Whose packets IPsec must have seen. */
int plan_is_encrypted(const struct net_want *, const char *ifname);
void plan_show_peer_routes(
    const struct net_want *, const struct net_state *, plan_line *, void *arg);
/* plan_hop.c: those whose next hop is the peer */
int plan_has_hops(const struct net_want *, enum family);
/* Up to two for each behind *n others; 0, or -1: no memory. */
int plan_want_hops(const struct net_want *, const struct net_state *,
    struct net_route *, size_t *n);
/* One more step of this type, zeroed. */
struct step *plan_step(struct plan *, enum step_type);

/* plan_nat.c */
#define ELEMENT_STRLEN 128
void plan_want_elements(
    struct wanted *, const struct net_want *, const struct net_state *);
/* Our nft table, and what of it comes and goes. */
void plan_nat(struct plan *, const struct net_want *, const struct net_state *);
void plan_nat_back(
    struct plan *, const struct net_before *, const struct net_state *now);
const char *plan_set_name(enum net_set);

/* plan_marks.c */
/* 1: flows have other marks than they are to have, told in plan->marks. */
int plan_marks_differ(
    struct plan *, const struct net_want *, const struct net_state *);
/* Then: rules and our nft table, and flows with them. */
void plan_change_marks(
    struct plan *, const struct net_want *, const struct net_state *);
/* Our nft table as it was, and the marks of flows. */
void plan_marks_back(
    struct plan *, const struct net_before *, const struct net_state *now);
/* From rules that are there to those wanted, of a family. */
void plan_rules(struct plan *, const struct wanted *, const struct net_state *,
    uint32_t family);
/* As nft(8) takes it. */
const char *plan_element_text(const struct net_element *, char *, size_t);
/* The one in a list that is the same, or NULL. */
const struct net_element *plan_element_in(
    const struct net_element *list, size_t n, const struct net_element *);

int plan_same_rule(const struct net_rule *, const struct net_rule *);
/* The same place in a table: one would replace the other. */
int plan_same_place(const struct net_route *, const struct net_route *);
int plan_same_route(const struct net_route *, const struct net_route *);
/* Of ours, but for what is behind peers. */
int plan_ours(const struct net_route *);
/* Is the kernel's list of a family's rules exactly the wanted one? */
int plan_rules_equal(
    const struct wanted *, const struct net_state *, uint32_t family);

void plan_rule_text(
    const struct net_rule *, const char *verb, char *buf, size_t size);
void plan_route_text(const struct net_route *, const struct net_state *,
    const char *verb, char *buf, size_t size);

#endif
