/* SPDX-License-Identifier: ISC */
/*
 * What netconf asks of an operating system's network: one dump of all that
 * matters, and single changes that are acknowledged.  A backend holds system
 * calls and their encoding only; what is to be done is in plan.c.
 *
 * Every function returns 0 or -1 with errno from the kernel.
 */
#ifndef NETCONF_NETOPS_H
#define NETCONF_NETOPS_H

#include <net/if.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/key.h"

#define NET_PROTO         157 /* of our routes and rules */
#define NET_GROUP         157 /* of every uplink's interface */
#define NET_GROUP_TWIN    158 /* of what takes packets for tunnels that move */
#define NET_TABLE_HOPS    154 /* networks whose next hop is a peer */
#define NET_TABLE_HELD    155 /* private networks that no hot backup gets */
#define NET_TABLE_OWN     156 /* the primary's, for sockets bound to it */
#define NET_TABLE         157 /* the active uplink's, when it is a backup */
#define NET_TABLE_FIRST   158 /* of the first backup; the next ones follow */
#define NET_PREF          32765 /* just before the main table's 32766 */
#define NET_PREF_HOPS     32764 /* before all others of ours */
#define NET_PREF_HOT      32767 /* and behind it */
#define NET_MAIN          254
#define NET_METRIC_BEHIND 157 /* of routes to what is behind a peer, */
#define NET_METRIC_REFUSE 158 /* and of what refuses it without them */
#define NET_METRIC_LAST   9999 /* of the unreachable end of a table */
#define NET_NO_VALUE      UINT32_MAX
#define NET_METRIC_V6     1024 /* of all others in IPv6: there 0 is this one */

/* A link that carries packets in others. */
enum __attribute__((__packed__)) net_tunnel_kind {
	NET_NO_TUNNEL, /* or of a kind that we cannot lead */
	NET_TUNNEL, /* it has one outer address */
	NET_WIREGUARD /* it has endpoints */
};

/* A hub has thousands: in this order there is no hole between them. */
struct net_link {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	char kind[10]; /* as the system calls it; empty: none, or a long name */
	uint16_t port; /* of a tunnel in UDP, to which it sends; or 0 */
	enum net_tunnel_kind tunnel;
	bool up : 1; /* administratively */
	bool carrier : 1;
	bool pointopoint : 1;
	bool ethernet : 1; /* or like it: it has frames and neighbours */
	uint32_t mtu;
	uint32_t group;
	uint32_t rp_filter; /* in force: the larger of all's and its own */
	struct addr local; /* outer; AF_UNSPEC: by the routes */
	uint32_t bound; /* outer packets leave by this index only; 0: any */
	/* its own ignore_routes_with_linkdown; NET_NO_VALUE: it has none */
	uint32_t linkdown[FAMILIES];
};

struct net_addr {
	uint32_t ifindex;
	struct addr local;
	struct addr peer; /* point-to-point: the other end */
	uint32_t prefixlen;
	int secondary;
	/* IPv6 (RFC 4862, RFC 8981) */
	int tentative; /* may be another's, or is */
	int deprecated;
	int temporary;
};

/* A rule that leads to a table. */
struct net_rule {
	uint32_t pref; /* one of NET_PREF* */
	uint32_t family; /* AF_INET, AF_INET6: each has a list of its own */
	uint32_t table;
	uint32_t mark; /* with mask; 0 mask: any */
	uint32_t mask;
	struct addr from; /* AF_UNSPEC: any */
	char oif[IFNAMSIZ]; /* empty: any */
	int suppress; /* routes that leave by NET_GROUP do not count */
	int no_default; /* default routes do not count */
};

/* A rule of others that leads to main before ours. */
struct net_foreign {
	uint32_t family;
	uint32_t pref;
	int no_default; /* only to routes that are none */
};
#define NET_FOREIGN_MAX 16 /* more are not told */

/* NET_THROW: as if the table had no route for it. */
enum net_route_type { NET_UNICAST, NET_UNREACHABLE, NET_THROW };

struct net_route {
	enum net_route_type type;
	uint32_t table;
	struct prefix dst; /* len 0: the default */
	struct addr gateway; /* AF_UNSPEC: directly by the interface */
	uint32_t ifindex; /* 0 but with NET_UNICAST */
	uint32_t beside; /* another link of the same route; 0: it is the one */
	uint32_t metric;
	uint32_t proto;
	uint32_t mtu; /* 0: the interface's */
	int64_t expires_ms; /* after the dump; 0: it stays */
};

/* The sets and maps of our nft table. */
enum net_set {
	NET_SET_UPLINK, /* interface: jump to an uplink's chain */
	NET_SET_STAY, /* mark of a flow: likewise */
	NET_SET_LAN, /* networks */
	NET_SET_LAN6,
	NET_SETS
};

#define NET_UPLINK_ODD UINT32_MAX /* a verdict that we never give */

/* An element; what its set has no use for is zero. */
struct net_element {
	enum net_set set;
	uint32_t uplink; /* whose chain a map leads to */
	uint32_t mark;
	char ifname[IFNAMSIZ];
	struct addr first, last; /* of a network */
};

/* What the kernel holds: ours, and of the others what we must know. */
struct net_state {
	struct net_link *links;
	size_t nlinks;
	uint32_t *byname; /* their places, sorted; NULL: not sorted yet */
	struct net_addr *addrs;
	size_t naddrs;
	struct net_rule
	    *rules; /* with our protocol, as the kernel tries them */
	size_t nrules;
	struct net_foreign foreign[NET_FOREIGN_MAX];
	size_t nforeign;
	/* ours; and main's by an uplink: defaults, and private networks */
	struct net_route *routes;
	size_t nroutes;
	uint64_t nat; /* which one our nft table is; 0: it is not there */
	struct net_element *elements; /* of its sets */
	size_t nelements;
};

/* Interfaces by which main's routes are told. */
#define NET_UPLINKS_MAX 16
struct net_uplinks {
	size_t n;
	char ifname[NET_UPLINKS_MAX][IFNAMSIZ]; /* may be missing, or empty */
};

void net_state_free(struct net_state *);
/* So that each of thousands of links is found at once. */
void net_state_index(struct net_state *);
const struct net_link *net_link_find(
    const struct net_state *, const char *name);

/* Of a tunnel, for its outer packets. */
struct net_place {
	struct addr local;
	uint32_t bound; /* to the interface of this index; 0: to none */
};

/* A tunnel that shall be elsewhere. */
struct net_move {
	uint32_t ifindex;
	struct net_place place;
	int error; /* 0, or an errno: it is where it was */
};
/* A tunnel whose far end shall be elsewhere. */
struct net_lead {
	uint32_t ifindex;
	const struct addr *to; /* FAMILIES of them; AF_UNSPEC: it stays */
	struct addr is; /* read back */
	int error; /* 0, or an errno, and is says nothing */
};
#define NET_MOVES_MAX 32 /* at once: to move one may take milliseconds */

/* Is the peer with this key one of those that are meant? */
typedef int net_wgpeer(const uint8_t key[KEY_LEN], const void *arg);
struct net_wgpeers {
	uint32_t meant; /* that there are */
	uint32_t set; /* of them: they have an endpoint */
	uint32_t left; /* they have one, and are left alone */
};

/*
 * Flows of an uplink: whose marks say so, or that leave from an address of
 * it, whatever their marks.
 */
struct net_flows {
	uint32_t mark;
	uint32_t mask;
	struct addr address[FAMILIES]; /* AF_UNSPEC: none is known */
};

/* What flows of uplinks are marked with, and what they are to be. */
struct net_mark {
	uint32_t was, is;
};
struct net_marks {
	uint32_t was_mask, mask; /* bits that were ours, and that are */
	size_t n;
	struct net_mark mark[NET_UPLINKS_MAX];
};

/* Settings and programs of the machine, as dialfaild -nv looks at them. */
struct net_machine {
	int forwarding[FAMILIES];
	int clock_wrong; /* nothing keeps it right */
	const char *missing; /* as (*missing) says */
	int no_pppd; /* this and the next three are found by advice() */
	uint32_t no_port; /* bit mask: uplinks whose tty is not there */
	char ppp[NET_UPLINKS_MAX][IFNAMSIZ]; /* if pppd's options name it */
	uint32_t ppp_unknown; /* bit mask: they were not read, or not all */
	const char *rival; /* that moves default routes, too; or NULL */
	char *ruleset; /* all of nft's, to be freed; NULL: not known */
};

struct netops {
	int (*open)(void);
	/* frees nothing that was there */
	int (*dump)(struct net_state *, const struct net_uplinks *);
	int (*rule)(int add, const struct net_rule *); /* add: at the end */
	/*
	 * add: or replace what has the same table, prefix and metric; a
	 * gateway is taken as on-link (RTNH_F_ONLINK).
	 */
	int (*route)(int add, const struct net_route *);
	int (*link_group)(uint32_t ifindex, uint32_t group);
	int (*link_up)(uint32_t ifindex, int up);
	/* Its own value, not all's; value -1: only read it. */
	int (*rp_filter)(uint32_t ifindex, int *old, int value);
	/*
	 * Outer addresses and bindings; all else of a tunnel stays.  Each one
	 * that the kernel refuses has its error; -1: they could not be asked.
	 */
	int (*tunnels)(struct net_move *, size_t n);
	/*
	 * Lead their far ends, each to the address of its family, and read
	 * back how they are then.  -1: they could not be asked.
	 */
	int (*tunnels_lead)(struct net_lead *, size_t n);
	/*
	 * Its twin: a link of this name that takes packets as it does now, but
	 * at this place, and hands them to it.  The place is another one than
	 * the tunnel's, or will be.
	 */
	int (*twin)(
	    uint32_t ifindex, const char *name, const struct net_place *);
	int (*link_del)(uint32_t ifindex);
	/*
	 * Forget by which address peers of a WireGuard interface were talked
	 * to, and tell them where we are now; those without an endpoint are
	 * left alone.  With to they are there, at the ports that they had:
	 * those with an endpoint of a family at to of that family, which may
	 * be of the other one, or AF_UNSPEC: left alone.
	 * Each is asked about once, in an order that stays.
	 */
	int (*wireguard)(uint32_t ifindex, net_wgpeer *ours, const void *arg,
	    const struct addr to[FAMILIES], struct net_wgpeers *n);
	/* Its own value of ignore_routes_with_linkdown. */
	int (*linkdown)(uint32_t ifindex, enum family, uint32_t value);
	/*
	 * What routers of IPv6 tell on this link gives it an address, though
	 * we forward, but no default route; and they are asked for it now.
	 */
	int (*router_ask)(uint32_t ifindex);
	/* Load text by nft -f; why gets its words on failure. */
	int (*nat_load)(const char *text, char *why, size_t size);
	/* Elements of its sets, all of them or none: some go, some come. */
	int (*elements)(const struct net_element *del, size_t ndel,
	    const struct net_element *add, size_t nadd);
	/* Packets of new connections that the LAN sends out by an uplink. */
	int (*forwarded)(uint32_t uplink, uint64_t *tried, uint64_t *passed);
	/*
	 * What an interface has carried since it came to be: octets, and
	 * packets both ways.
	 */
	int (*octets)(uint32_t ifindex, uint64_t *received, uint64_t *sent,
	    uint64_t *packets);
	/* Forget these flows; how many there were, about. */
	int (*flows_flush)(const struct net_flows *, uint32_t *n);
	/*
	 * Flows with marks as they were get new ones, how many is told: called
	 * before what gives and reads marks is changed, and after it (end).
	 * In between they may have both, if the bits allow it.
	 */
	int (*flows_mark)(const struct net_marks *, int end, uint32_t *n);
	/*
	 * Forget unanswered flows from these networks to others that have no
	 * mark in mask, and were not translated: they were born while our nft
	 * table was not there, and would stay so.
	 */
	int (*flows_flush_plain)(const struct net_element *net, size_t nnets,
	    uint32_t mask, uint32_t *n);
	/* Flows with this mark that are still alive. */
	int (*flows_count)(uint32_t mark, uint32_t mask, uint32_t *n);
	/*
	 * Routes of others by this interface that will not come back by
	 * themselves when it is set down and up, as opaque lines; and one of
	 * them put back.
	 */
	int (*routes_save)(
	    uint32_t ifindex, void (*)(const char *, void *), void *);
	int (*route_restore)(const char *line);
	/*
	 * Rules, routes and nft tables that are not in the state, as lines
	 * for people, without lifetimes; ifindex: that they go with, or 0;
	 * ours: it carries our tag all the same.
	 */
	int (*others)(
	    void (*)(int ours, uint32_t ifindex, const char *line, void *),
	    void *);
	/* The program without which nothing can be set, in words; or NULL. */
	const char *(*missing)(void);
	void (*machine)(struct net_machine *, const struct net_uplinks *);
	/* May we, and so pppd, make sockets of PPPoE? */
	int (*pppoe)(void);
	/* Readable when something changed; changes() empties it. */
	int (*monitor)(void);
	void (*changes)(void);
};

extern const struct netops netops_linux;
extern const struct netops netops_null;

#endif
