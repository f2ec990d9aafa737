/* SPDX-License-Identifier: ISC */
/*
 * The network plan, without I/O: what is wanted against what was found gives
 * ordered steps.  Each prefix of a plan leaves a working network, so it may
 * be cut off anywhere; the plan for what it led to ends in the same.
 *
 *	plan_want.c	what is wanted, and what the kernel says of an uplink
 *	plan_private.c	private networks that stay with their uplink
 *	plan_nat.c	the elements of our nft table
 *	plan_marks.c	flows that get other marks
 *	plan_lint.c	what others have done that a switch cannot move
 *	plan.c		the steps from found to wanted
 *	plan_tunnel.c	tunnels that follow the active uplink
 *	plan_twin.c	what takes their packets meanwhile
 *	plan_peer.c	networks behind peers; what leaves encrypted only
 *	plan_hop.c	those whose next hop is the peer, and where it is
 *	plan_text.c	steps and differences in words
 *	nft.c		the text of our nft table
 */
#ifndef NETCONF_PLAN_H
#define NETCONF_PLAN_H

#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "common/msg.h"
#include "netconf/netops.h"
#include "netconf/undo.h"
#include "netconf/undo_tunnel.h"

#define PLAN_NFT_MAX 49152
#define WANTED_MAX   512
#define ROUTES_MAX   768
#define PRIVATE_MAX  200 /* networks of both families, three routes each */

struct net_uplink {
	uint32_t id;
	uint32_t role; /* enum conf_role */
	char label[CONF_LABEL_LEN];
	char ifname[IFNAMSIZ]; /* empty: there is none now */
	struct addr gateway[FAMILIES]; /* last known, or configured */
	int gateway_configured[FAMILIES];
	int targets[FAMILIES]; /* it has some */
	int sockets[FAMILIES]; /* it has some that only sockets can probe */
	uint32_t mtu; /* of its default routes; 0: its interface's */
	int shutdown;
	int linkdown; /* primary: the kernel ignores routes without carrier */
	int hot; /* backup: main's routes lacking, the kernel takes it */
	uint32_t ncompanions;
	char companion[CONF_COMPANIONS_MAX][IFNAMSIZ];
};

/* Its far end does not know yet; it does; or it has, or can have, no twin. */
enum tunnel_follows { TUNNEL_WAITS, TUNNEL_FOLLOWS, TUNNEL_ALONE };

/* An interface whose far end is a peer; of WireGuard one for each key. */
struct net_tunnel {
	const struct conf_tunnel *conf;
	struct net_place *refused; /* by the kernel, for this wish; or NULL */
	uint32_t peer; /* its place in the configuration */
	uint8_t acknowledges; /* its far end tells when it knows where we are */
	uint8_t follows; /* enum tunnel_follows */
	uint8_t tries; /* of its twin, for this drain */
	uint32_t there; /* index of its link as last seen up; 0: it is new */
	uint32_t whose; /* first octets of its peer's key; 0: that has none */
};

/* A tunnel whose twin takes what comes as before. */
struct net_twin {
	uint32_t ifindex;
	struct monotime until;
};
#define NET_TWINS_MAX 64

/* A network behind a peer, by one of its tunnels. */
struct net_behind {
	char ifname[IFNAMSIZ];
	struct prefix dst;
};

/* A network behind a peer that is itself the next hop. */
struct net_hop {
	struct prefix dst;
	struct addr to; /* where it was last led, or AF_UNSPEC */
	const struct conf_peer *peer;
	int is_new; /* it has no other of its family: the parent may know */
};

/* A tunnel's outer packets, none of which may leave without IPsec. */
struct net_outer {
	uint32_t family; /* AF_UNSPEC: any */
	uint32_t proto;
	uint32_t port; /* of UDP, that they are sent to */
};
#define OUTER_MAX 16

struct net_want {
	int clear; /* nothing of ours at all; only undo counts beside it */
	uint32_t nuplinks;
	struct net_uplink uplink[CONF_UPLINKS_MAX];
	uint32_t active;
	uint32_t drain; /* old flows stay on it, or MSG_UPLINK_NONE */
	int shut; /* the primary may be set down, if it asks for it */
	uint32_t nfollow;
	struct prefix follow[CONF_NETS_MAX]; /* private, but moved, too */
	uint32_t mask; /* bits of marks that are ours */
	size_t nprivate;
	struct prefix private[PRIVATE_MAX]; /* the primary's, last seen */
	uint32_t nmasq;
	struct conf_net masq[CONF_NETS_MAX];
	const char *
	    nat_loaded; /* text of our nft table as last loaded, without elements */
	const struct undo *undo; /* what is overwritten already */
	size_t ntunnels;
	struct net_tunnel *tunnel; /* by name and key */
	const struct undo_tunnels *undo_tunnels; /* their own addresses */
	size_t ntwins;
	const struct net_twin *twin; /* behind, that are still wanted */
	int hurry; /* traffic waits: what nobody needs goes later */
	size_t nbehind;
	const struct net_behind *behind; /* by interface */
	size_t nhops;
	struct net_hop *hop; /* by peer */
	int hops_noted; /* where an earlier run had them */
	size_t nencrypted;
	const char (*encrypted)[IFNAMSIZ]; /* tunnels, sorted */
	uint32_t nouter;
	struct net_outer outer[OUTER_MAX]; /* of those that were seen */
};

enum step_type {
	STEP_GROUP,
	STEP_RP_FILTER,
	STEP_LINKDOWN,
	STEP_NAT, /* and all elements of it */
	STEP_MARKS, /* flows get new marks around that: */
	STEP_MARKS_END, /* before, and after it */
	STEP_ELEMENT_DEL, /* several that follow are one transaction, */
	STEP_ELEMENT_ADD, /* those that go before those that come */
	STEP_TUNNEL, /* several that follow are done together */
	STEP_TWIN_AHEAD, /* where a tunnel is to be, */
	STEP_TWIN_BEHIND, /* and where it was, before it moves */
	STEP_TWIN_DEL,
	STEP_RULE_ADD,
	STEP_RULE_DEL,
	STEP_ROUTE_ADD,
	STEP_ROUTE_DEL,
	STEP_LINK_UP, /* and its routes of others, from undo */
	STEP_LINK_DOWN,
	STEP_UNDO, /* a link gets back its group and its rp_filter */
};

/* What a tunnel had of its own is written down, forgotten, or neither. */
enum step_own { STEP_OWN_AS_IS, STEP_OWN_KEEP, STEP_OWN_DROP };

struct step {
	enum step_type type;
	char ifname[IFNAMSIZ];
	uint32_t ifindex;
	uint32_t old; /* group before, or bits of marks */
	uint32_t value; /* of what is set: ours, or that of before */
	uint32_t family; /* enum family, of linkdown */
	struct net_rule rule;
	struct net_route route;
	struct net_place place; /* of a tunnel, and before */
	struct net_place before;
	enum step_own own;
	struct net_element element;
};

/* Rules, routes and elements as a whole. */
struct wanted {
	struct net_rule rule[WANTED_MAX];
	size_t nrules;
	struct net_route route[ROUTES_MAX];
	size_t nroutes;
	struct net_element element[WANTED_MAX];
	size_t nelements;
	int too_many;
};

struct plan {
	struct wanted wanted; /* what it leads to */
	size_t n;
	size_t room;
	struct step *step;
	int half; /* it ends where traffic has moved */
	char nat[PLAN_NFT_MAX]; /* the table's text without elements, */
	char load[PLAN_NFT_MAX]; /* and with them, for STEP_NAT */
	struct net_marks marks; /* for STEP_MARKS */
	char error[MSG_TEXT_LEN]; /* not empty: it cannot be done */
};

/* What was there before a plan was begun. */
struct net_before {
	struct net_state state;
	struct undo undo;
	char nat[PLAN_NFT_MAX]; /* text of our nft table; empty: not known */
};

/* 0, or -1 with plan->error and no steps; a plan is made again and again. */
int plan_make(const struct net_want *, const struct net_state *, struct plan *);
/*
 * The same, but half of it, up to where traffic has moved, if it moves: the
 * rest, with all tunnels, can be made when that is done.
 */
int plan_begin(
    const struct net_want *, const struct net_state *, struct plan *);
int plan_rest(const struct net_want *, const struct net_state *, struct plan *);
/* The steps back to what was before, from what is there now. */
void plan_back(const struct net_before *, const struct net_state *now,
    const struct undo *, struct plan *);
/* What it is about: "route", "link". */
const char *plan_step_word(const struct step *);
/* It moves traffic from one uplink to another. */
int plan_moves_traffic(const struct step *);
/* A step in the words of ip(8), for people. */
void plan_step_text(
    const struct step *, const struct net_state *, char *, size_t);
/* Each thing that is wanted or ours, and whether both agree on it. */
typedef void plan_line(const char *text, int different, void *arg);
void plan_show(
    const struct net_want *, const struct net_state *, plan_line *, void *arg);

/* One of this name, or NULL. */
struct net_tunnel *plan_tunnel_find(
    const struct net_want *, const char *ifname);

/* plan_twin.c; of a link's name the last letter */
enum twin_side { TWIN_LOCAL = 'l', TWIN_REMOTE = 'r' };
/* 0, or -1: there is no such name. */
int plan_twin_name(uint32_t ifindex, enum twin_side side, char name[IFNAMSIZ]);
int plan_is_twin(const struct net_link *);
/* The one of this tunnel, or NULL. */
const struct net_link *plan_twin(
    const struct net_state *, uint32_t ifindex, enum twin_side);
/* What comes for its other place is not taken without one, and may be. */
int plan_may_have_twin(const struct net_link *);
/* A place with the same address, where a twin can be. */
struct net_place plan_beside(
    const struct net_state *, const struct net_place *);
/* It stays where it is until its far end knows; is there any such? */
int plan_tunnel_waits(
    const struct net_want *, const struct net_state *, const struct net_link *);
int plan_any_waits(const struct net_want *, const struct net_state *);
/* Nobody needs it any more. */
int plan_any_twin_left(const struct net_want *, const struct net_state *);

/* What will not move as one might think. */
void plan_lint(
    const struct net_want *, const struct net_state *, plan_line *, void *arg);

/* Its mark in these bits, and its own table. */
uint32_t plan_mark(uint32_t mask, uint32_t uplink);
uint32_t plan_table(uint32_t uplink);

/* Is this interface an uplink's? */
int plan_is_uplinks(
    const struct net_want *, const struct net_state *, uint32_t ifindex);
/* What the kernel says of an uplink. */
void plan_facts(const struct net_uplink *, const char *carrier_of,
    int carrier_none, const struct net_state *, struct msg_facts *);
/* The uplink that table 157 leads traffic to: 0 if it holds no default. */
uint32_t plan_active(const struct net_want *, const struct net_state *);
/* Families, as bits, whose default there leads nowhere. */
uint32_t plan_refused(const struct net_state *);
/* Is it in a group of somebody else's?  Then why says so. */
int plan_group_taken(const struct net_link *, char *why, size_t);
/* Private networks that the primary leads to, as long as it is there. */
void plan_note_private(struct net_want *, const struct net_state *);
/* One more kind of steps: routes to networks behind peers. */
void plan_peer_routes(
    struct plan *, const struct net_want *, const struct net_state *);
/* Where next hops were, as long as none is led. */
void plan_note_hops(struct net_want *, const struct net_state *);
/* What is on this machine's links, and is a host there. */
struct onlink {
	struct onlink_net {
		struct prefix net;
		uint32_t ifindex; /* 0: no other host can be there */
	} * net; /* sorted */
	size_t n;
	uint64_t lens[FAMILIES][3]; /* bits: there are some so long */
};
int plan_onlink_open(struct onlink *, const struct net_state *); /* 0 or -1 */
void plan_onlink_close(struct onlink *);
/* The link that this host is on, or 0. */
uint32_t plan_onlink(const struct onlink *, const struct addr *);
/* The route to what is behind it; 0: none is possible, and it is to go. */
int plan_hop_route(
    const struct net_hop *, const struct onlink *, struct net_route *);
/* Of which kinds the tunnels are that must be encrypted. */
void plan_note_encrypted(struct net_want *, const struct net_state *);
/* Is anything that carries our tag there? */
int plan_found(const struct net_state *);

#endif
