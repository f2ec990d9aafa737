/* SPDX-License-Identifier: ISC */
/*
 * What the files of the network share; the interface is in run.h.
 *
 *	net.c		what is wanted, what is there, and when to look
 *	net_fill.c	the configuration as a wish
 *	net_facts.c	uplinks as they are, told to the parent
 *	net_lint.c	what will not move, in the log
 *	net_apply.c	a plan done, step by step, and what it overwrites
 *	net_move.c	its tunnels, several at once
 *	net_tunnel.c	tunnels: named by peers, WireGuard's endpoints
 *	net_peer.c	where a peer is, as it says itself
 *	net_again.c	tunnels of peers that are there again
 *	net_hop.c	and the routes to what is behind it, if it is on-link
 *	net_twin.c	what still comes from where it was
 *	net_behind.c	networks behind peers, tunnels that are encrypted
 *	net_flow.c	old flows: forgotten, or waited for
 *	net_forward.c	whether the LAN gets out by the backup
 *	net_proof.c	that the way back left nothing behind
 *	net_show.c	what is told to people
 *	net_count.c	what uplinks have carried
 */
#ifndef NETCONF_NET_H
#define NETCONF_NET_H

#include "common/monotime.h"
#include "netconf/netops.h"
#include "netconf/plan.h"

#define NET_TURN_MS 500 /* of the loop: who is silent for 5 s is dead */
/*
 * A far end goes on as before until it has our acknowledgement; when that is
 * lost it says again where it is, at the latest after two seconds.
 */
#define NET_TWIN_MS (10 * 1000)
/*
 * WireGuard says again so many times where it is now: nothing answers what it
 * says then, so it does not know who heard it.  Half a minute of that, where
 * three of ten packets are lost, leaves one in two million that are not led
 * here, as those behind a NAT are by this alone.
 */
#define NET_RENEWALS 12
/*
 * So many at once: that takes some tens of milliseconds, more than all to be
 * told of them (a hub may have its ten thousand on one interface).
 */
#define NET_WGPEERS_MAX 1000
/* From the nth time to the next. */
#define NET_RENEW_MS(n) ((n) < 3 ? 1000 : 3000)

/* The backend; a test may put another one here before net_open(). */
extern const struct netops *netops;

/* net.c */
/* The last flow of what drained is gone: what was laid for it goes too. */
void net_drained(void);
void net_look_again(void); /* and set right what is not as wanted */
/* What follows is our own doing, and no fight with others. */
void net_own_doing(const char *what);
/* A fresh look at the kernel, or NULL; the wish is complete after it. */
const struct net_state *net_look(void);
const struct net_want *net_wish(void);
/* The kernel as of the last look; events bring the next one. */
const struct net_state *net_known(void);
/* What the parent asks for, as a wish for the plan. */
void net_take_wish(const struct msg_net_want *, struct net_want *);

/* Bits of marks that are ours now. */
uint32_t net_mask(void);

/* net_fill.c */
/* One uplink; a gateway that is not configured is what was learnt. */
void fill_uplink(struct net_uplink *, const struct conf_uplink *);
/* All of it; gateways that were learnt are kept by label. */
void fill_want(struct net_want *, const struct conf *);

/* net_facts.c; gateways that a state shows are learnt by the wish */
void facts_open(void);
/* The parent hears what is new, or everything. */
void facts_tell(struct net_want *, const struct net_state *, int anyway);
/*
 * A link that is lost is told before the rest of what changes has come: a
 * backup may stand by, and nothing that comes with it makes the link good.
 */
void facts_tell_losses(struct net_want *, const struct net_state *);
void facts_renumbered(void); /* uplinks have other numbers now */
/* FAMILIES of them: the last that the uplink had. */
const struct addr *facts_last_address(uint32_t uplink);

/* net_lint.c */
void net_lint(const struct net_want *, const struct net_state *);

/* net_apply.c */
/* The undo file of an earlier run; why it cannot be used is logged. */
void apply_open(void);
const struct undo *apply_undo(void);
/* Links that are no more have nothing to get back. */
void apply_prune(const struct net_state *);
struct apply {
	const struct net_want *want; /* that the plan is for */
	uint32_t gen; /* what is done is told to the parent under this */
	struct monotime until; /* tunnels that are not moved by then wait, */
	int unfinished; /* and so does what comes behind them */
	struct monotime moved; /* when traffic did, if it did */
};
/*
 * Do all steps.  How many were done: fewer, if time was up or an event
 * overtook the plan, and then another one is to be made; or -1 with the step
 * that failed and why.
 */
int apply_plan(struct plan *, const struct net_state *, struct apply *,
    char *why, size_t size);
/* Traffic has moved, and there is more to be done. */
void net_moved(void);
/* One more step is done. */
void apply_tell(uint32_t gen, const char *text);
void apply_tell_step(
    uint32_t gen, const struct step *, const struct net_state *);
/* What is about to be changed, besides the state; nat: as loaded, or NULL. */
void apply_before(struct net_before *, const char *nat);
/* As it was before, as far as the kernel lets us; what it refuses is logged. */
void apply_back(const struct net_before *, const struct net_state *now);
/*
 * The text of our nft table as this process loaded it; NULL if it did not, or
 * if the one that is there now came from others.
 */
const char *apply_nat_loaded(const struct net_state *);

/* net_move.c */
void move_open(void); /* the undo file of tunnels, of an earlier run */
const struct undo_tunnels *move_undo(void);
/* What tunnels are gone or have it again is no more in it. */
void move_prune(const struct net_state *);
/* What those of the plan begun have is in it.  0, or -1 and why. */
int move_keep(const struct plan *, char *why, size_t size);
void move_begin(void); /* a plan, */
/* n steps of it, NET_MOVES_MAX at most; how many were done. gen as in apply */
int move_tunnels(const struct step *, size_t n, const struct net_state *,
    uint32_t gen); /* 0: nobody is told */
int move_may_wait(struct monotime until); /* the rest of it, and time is up */
void move_end(uint32_t gen);

/* net_proof.c */
/* Traffic has left the primary; what was there before that. */
void proof_leave(const struct net_state *before);
/* It is back, and nothing drains: what is different is told. */
void proof_return(void);
/* Everything of ours goes: there is no way back to prove. */
void proof_forget(void);

/* net_tunnel.c */
void tunnels_open(void);
/* Those of the configuration. */
void tunnels_fill(struct net_want *, const struct conf *);
/* As they are sorted. */
int tunnel_order(const struct net_tunnel *, const struct net_tunnel *);
/* The kernel does not let a tunnel have this: it is tried again later ... */
void tunnel_refused(const char *ifname, const struct net_place *);
void tunnels_allow(void); /* ... or at once */
/* The routes lead to this uplink: so do WireGuard's peers, if it is news. */
void tunnels_follow(
    const struct net_state *, uint32_t uplink, const struct msg_facts *);

/* A new wish; if an uplink drains, each waits for its far end, or so long. */
void tunnels_unacknowledged(int drains);
/* 1: some of this peer's waited. */
int tunnels_acknowledged(
    uint32_t peer, const struct net_want *, const struct net_state *);
void tunnel_alone(const char *ifname); /* it has no twin */
/* 1: it may have one made; not for ever, if others take it away. */
int tunnel_may_try(const char *ifname);
/* 1: one waits, or what was sent to where it was may still be on its way. */
int tunnels_busy(const struct net_want *, const struct net_state *);

/* net_again.c */
/* Those of the next configuration; what was seen of one that stays is known. */
void again_keep(struct net_tunnel *now, size_t nnow,
    const struct net_tunnel *was, size_t nwas);
/* The parent hears whose tunnels are there that were not, or hops are new. */
void again_tell(const struct net_want *, const struct net_state *);

/* net_twin.c */
void twins_open(void);
const struct net_twin *twins_held(size_t *n);
/* It, or its far end, is about to move: what comes as before is taken.  1: so */
int twin_hold(const struct net_state *, const struct net_link *);
/* Its far end has moved while it waits: so does its twin's. */
void twin_renew(const struct net_state *, const struct net_link *);

/*
 * net_behind.c: what the configuration says of networks behind peers; where
 * those are that are next hops is kept by key.  The one before is still there.
 */
void behind_fill(struct net_want *, const struct conf *);
/* Networks whose next hop is this peer: the first one, then each; or NULL. */
size_t behind_first_hop(const struct conf_peer *);
struct net_hop *behind_hop(const struct conf_peer *, size_t);

/* net_hop.c */
/*
 * It is at these addresses, FAMILIES of them; AF_UNSPEC: as before.  NULL, or
 * why one of its networks is not routed there.
 */
const char *hops_lead(
    const struct conf_peer *, const struct addr *to, struct prefix *net);
void hops_looked(void); /* the kernel may be another */

/* net_forward.c */
void forward_open(void);
/* Traffic is on this uplink: the parent is told if the LAN's is dropped. */
void forward_watch(uint32_t active);
void forward_stop(void);

/* net_flow.c */
void flow_open(void);
/*
 * What becomes of the flows of the uplink that is left, in words.  Its number,
 * or MSG_UPLINK_NONE: none is left.
 */
uint32_t flow_text(const struct msg_net_want *, const struct net_want *,
    char *buf, size_t size);
/*
 * Forget an uplink's flows, those with its mark at once, of its addresses a
 * moment later; how many had its mark.
 */
uint32_t flow_flush(uint32_t uplink, const struct addr[FAMILIES]);
/* It is in use again: nothing of it is forgotten late. */
void flow_keep(uint32_t uplink);
/*
 * Tell the parent when its last flow is gone, at the latest after ms; 0: now.
 * 1: it begins, 0: it goes on.
 */
int flow_drain(uint32_t uplink, const struct addr[FAMILIES], uint32_t ms);
/* It goes on when it is asked for again. */
void flow_drain_pause(void);
void flow_drain_stop(void);

#endif
