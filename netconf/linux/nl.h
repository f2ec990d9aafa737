/* SPDX-License-Identifier: ISC */
/*
 * What the files of this folder share.
 *
 *	nl.c		requests over netlink, acknowledgements, dumps
 *	link.c		links: found, their group, up and down, rp_filter
 *	tunnel.c	tunnels: their outer addresses
 *	tunnel_parm.c	of some kinds, in half of the time
 *	twin.c		what takes packets in their place
 *	wireguard.c	WireGuard's peers: their endpoints
 *	addr.c		addresses
 *	rule.c		rules
 *	route.c		routes
 *	saved.c		routes of others that a link set down takes along
 *	ct.c		flows
 *	others.c	what is of others, as lines
 *	nft.c		our nft table: is it there, load it
 *	set.c		elements of its sets
 *	ruleset.c	both, read again only if others are there
 *	counter.c	its counters
 *	octets.c	what a link has carried
 *	monitor.c	something has changed
 *	netops.c	all of it as struct netops
 *
 * Decoders take one message of a dump and add what it holds to the state:
 * 0, or -1 with EBADMSG when it is not what linux/rtnetlink.h says, ENOMEM.
 * They believe no length.
 */
#ifndef NETCONF_LINUX_NL_H
#define NETCONF_LINUX_NL_H

#include <linux/netlink.h>

#include <stddef.h>
#include <stdint.h>

#include "netconf/netops.h"

struct mnl_socket;

/* A long-lived socket, and the request being built for it. */
struct nl {
	struct mnl_socket *sock;
	int strict; /* dumps tell only what was asked for (Linux 4.20) */
	uint32_t seq;
	union {
		struct nlmsghdr hdr; /* for its alignment */
		uint8_t buf[4096];
	};
};

/* 0 to go on, or -1 with errno: the rest is read but not looked at. */
typedef int nl_each(const struct nlmsghdr *, void *arg);

int nl_open(struct nl *, int bus);
/* A new request; its family's own header, zeroed, is returned. */
void *nl_begin(struct nl *, uint16_t type, uint16_t flags, size_t header);
/* Send it; what comes before the acknowledgement is handed to each. */
int nl_request(struct nl *, nl_each *, void *arg);
/* Answers held a secret: nothing of the last ones stays. */
void nl_forget(void);
/* What comes of several requests; each of both may be NULL. */
struct nl_many {
	nl_each *each; /* an answer */
	void (*failed)(size_t nth, int error, void *arg); /* a request */
	void *arg;
};
/*
 * Whole requests of this socket, many at once.  0: each was done or has
 * failed; or -1 with errno: what became of the rest is not known.
 */
int nl_send_all(
    struct nl *, uint8_t *requests, size_t len, const struct nl_many *);

/* A transaction of nfnetlink, whose last request asks for an answer. */
int nl_batch(struct nl *, uint8_t *requests, size_t len);

/* Is this a whole message? */
int nl_whole(const struct nlmsghdr *, int left);
/* Attributes behind a family's header, the last of each; -1: too short. */
int nl_attrs(const struct nlmsghdr *, size_t header, const struct nlattr **tb,
    uint16_t max);
void nl_attrs_of(
    const void *payload, size_t len, const struct nlattr **tb, uint16_t max);
/* As of one without any, if there is no nest. */
void nl_nested(const struct nlattr *, const struct nlattr **tb, uint16_t max);
/* 0, or -1: it has another length. */
int nl_u32(const struct nlattr *, uint32_t *);
int nl_string(const struct nlattr *, char *buf, size_t size);
int nl_addr(const struct nlattr *, int family, struct addr *);
void nl_put_addr(struct nlmsghdr *, uint16_t type, const struct addr *);
/* One more in an array of n; zeroed, or NULL. */
void *nl_grow(void *array, size_t *n, size_t size);
/* It grows no more: its room for others is given back. */
void nl_fit(void *array, size_t n, size_t size);

/* link.c */
int link_decode(const struct nlmsghdr *, void *state);
int link_all_rp_filter(const struct nlmsghdr *, void *value);
int link_dump(struct nl *, struct net_state *);
int link_group(struct nl *, uint32_t ifindex, uint32_t group);
int link_up(struct nl *, uint32_t ifindex, int up);
int link_del(struct nl *, uint32_t ifindex);
int link_rp_filter(struct nl *, uint32_t ifindex, int *old, int value);
int link_linkdown(struct nl *, uint32_t ifindex, enum family, uint32_t value);
/* A value that IPv6 has of this link, by its name in sysctl(8). */
int link_inet6(uint32_t ifindex, const char *what, uint32_t value);

/* router.c */
int router_ask(uint32_t ifindex);

/* octets.c */
int octets_decode(const struct nlmsghdr *, void *octets); /* and packets: 3 */
int octets_read(struct nl *, uint32_t ifindex, uint64_t *received,
    uint64_t *sent, uint64_t *packets);

/* tunnel.c */
void tunnel_decode(const struct nlattr *linkinfo, struct net_link *);
int tunnel_move(struct nl *, struct net_move *, size_t n);
int tunnel_lead(struct nl *, struct net_lead *, size_t n);

/* tunnel_parm.c */
/*
 * An address of IPv4.  What others have changed until then stays, but a
 * firewall mark is lost, and the MTU with one, or with another interface.
 * -1: nothing was changed, which says nothing of netlink.
 */
int tunnel_parm_move(uint32_t ifindex, const struct addr *local);

/* A link of this name like it, but at this place. */
int tunnel_copy(
    struct nl *, uint32_t ifindex, const char *name, const struct net_place *);

/* twin.c */
int twin_add(
    struct nl *, uint32_t tunnel, const char *name, const struct net_place *);

/* wireguard.c */
struct wg_peer {
	uint8_t key[KEY_LEN];
	uint16_t keepalive;
	uint16_t endpointlen; /* 0: it has none */
	uint8_t endpoint[28]; /* sockaddr_in or sockaddr_in6 */
};
struct wg_peers {
	struct wg_peer *peer;
	size_t n;
};
int wireguard_decode(const struct nlmsghdr *, void *peers);
int wireguard_renew(struct nl *, uint32_t ifindex, net_wgpeer *ours,
    const void *arg, const struct addr to[FAMILIES], struct net_wgpeers *);

/* addr.c */
int addr_decode(const struct nlmsghdr *, void *state);
int addr_dump(struct nl *, struct net_state *);

/* rule.c */
int rule_decode(const struct nlmsghdr *, void *state);
int rule_dump(struct nl *, struct net_state *);
int rule_change(struct nl *, int add, const struct net_rule *);

/* route.c */
int route_decode(const struct nlmsghdr *, void *state);
int route_dump(struct nl *, struct net_state *, const struct net_uplinks *);
int route_change(struct nl *, int add, const struct net_route *);

/* saved.c */
#define SAVED_LEN 512 /* of a line, with its NUL */
struct saved {
	struct net_route route;
	char ifname[IFNAMSIZ];
	struct addr source;
	uint32_t scope;
	uint32_t flags;
	uint32_t tos;
	uint32_t nmetrics; /* octets of attributes RTAX_... */
	uint8_t metrics[96];
};
struct saved_list {
	uint32_t ifindex;
	struct saved *route;
	size_t n;
};
int saved_decode(const struct nlmsghdr *, void *list);
int saved_format(const struct saved *, char *line, size_t size);
int saved_parse(const char *line, struct saved *);
int saved_routes(
    struct nl *, uint32_t ifindex, void (*)(const char *, void *), void *);
int saved_restore(struct nl *, const char *line);

/* ct.c */
struct ct_list { /* requests, each about one flow */
	uint32_t n;
	uint8_t *requests;
	size_t len;
	size_t room;
};
#define CT(x) (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_##x)
void ct_begin(
    struct nl *, uint16_t type, uint16_t flags, uint32_t mark, uint32_t mask);
/* A flow of a dump, with its addresses?  -1: malformed. */
int ct_is_flow(const struct nlmsghdr *, const struct nlattr **tb);
/* Let it get this mark; with a mask of 0, let it be forgotten. */
int ct_request(struct ct_list *, const struct nlmsghdr *flow,
    const struct nlattr **tb, uint32_t mark, uint32_t mask);
/* Send them.  0 or -1 with errno: a flow that is gone is no failure. */
int ct_send(struct nl *, const struct ct_list *);
struct ct_from { /* flows that leave from an address */
	struct addr address[FAMILIES];
	struct ct_list list;
};
struct ct_plain { /* flows of these networks that were not translated */
	const struct net_element *net;
	size_t n;
	uint32_t mask; /* and have no mark in these bits */
	struct ct_list list;
};
int ct_plain_decode(const struct nlmsghdr *, void *plain);
int ct_flush_plain(struct nl *, const struct net_element *, size_t nnets,
    uint32_t mask, uint32_t *n);
int ct_count_decode(const struct nlmsghdr *, void *count);
int ct_entries_decode(const struct nlmsghdr *, void *count);
int ct_from_decode(const struct nlmsghdr *, void *from);
int ct_flush(struct nl *, const struct net_flows *, uint32_t *n);
int ct_count(struct nl *, uint32_t mark, uint32_t mask, uint32_t *n);

/* ct_mark.c */
struct ct_marks { /* flows that get another mark, in these bits */
	const struct net_marks *marks;
	uint32_t mask;
	struct ct_list list;
};
int ct_marks_decode(const struct nlmsghdr *, void *marks);
int ct_marks(struct nl *, const struct net_marks *, int end, uint32_t *n);

/* others.c */
struct others {
	void (*one)(int ours, uint32_t ifindex, const char *line, void *arg);
	void *arg;
};
int others_rule_decode(const struct nlmsghdr *, void *others);
int others_route_decode(const struct nlmsghdr *, void *others);
int others_table_decode(const struct nlmsghdr *, void *others);
int others_dump(struct nl *route, struct nl *netfilter, struct others *);

/* machine.c */
void machine_look(struct net_machine *, const struct net_uplinks *);
/* What runs, as these two directories tell it, and has uplinks; or NULL. */
const char *machine_rival(
    const char *run, const char *proc, const struct net_uplinks *);

/* nft.c */
int pppoe_try(void);
int nft_handle(struct nl *, uint64_t *handle); /* 0: no such table */
const char *nft_missing(void); /* that, and what brings it; or NULL */
int nft_load(const char *text, char *why, size_t size);

/* set.c */
struct set_point {
	struct addr addr;
	int end; /* the first address behind a network */
};
struct set_dump {
	enum net_set set;
	struct net_state *state;
	struct set_point *point; /* where networks begin and end */
	size_t npoints;
};
int set_decode(const struct nlmsghdr *, void *dump);
int set_networks(struct set_dump *); /* from its points to the state */
int set_dump_all(struct nl *, struct net_state *);
int set_change(struct nl *, const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd);

/* ruleset.c */
int ruleset_dump(struct nl *, struct net_state *);

/* counter.c */
int counter_decode(const struct nlmsghdr *, void *packets);
int counter_forwarded(
    struct nl *, uint32_t uplink, uint64_t *tried, uint64_t *passed);

/* monitor.c */
int monitor_open(void);
void monitor_changes(void);

#endif
