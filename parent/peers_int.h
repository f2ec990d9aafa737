/* SPDX-License-Identifier: ISC */
/* What the files of the peers' protocol share; the interface is peers.h. */
#ifndef PARENT_PEERS_INT_H
#define PARENT_PEERS_INT_H

#include "parent/peers.h"

/* What is due of it has changed. */
void peers_schedule(struct peers *, struct peer *);
uint32_t peers_index(const struct peers *, const struct peer *);
/* What the two of us share, for what is made or looked at now. */
void peers_pair(const struct peers *, const struct peer *, struct peer_pair *);
void peers_seen_set(struct peer_seen *, const struct peer_place *);
void peers_seen_get(const struct peer_seen *, struct peer_place *);
/* FNV-1a: whoever could make them alike is a peer, and gains nothing. */
uint32_t peers_hash(const void *, size_t);
/* The peer with this key's first octets, or NULL. */
struct peer *peers_find(const struct peers *, const uint8_t id[PEER_ID_LEN]);
/* May it say that it is there?  Not if it is ours, or another's. */
bool peers_may_claim(
    const struct peers *, const struct peer *, const struct addr *);
/*
 * Its addresses in force, or those wanted, are these from now on, and nobody
 * else may claim those of these families (bit mask).  NULL: they stay as they
 * are, for anybody.
 */
enum peers_which { PEERS_IN_FORCE, PEERS_WANTED, PEERS_WHICH };
void peers_claim(struct peers *, struct peer *, enum peers_which,
    const struct addr_pair *, uint32_t families);
/* Families in which nobody else may claim those. */
uint32_t peers_held(const struct peer *, enum peers_which);
/* Of these addresses those that nothing is the matter with; their families. */
uint32_t peers_usable(const struct peer *, const struct addr_pair *,
    struct addr usable[FAMILIES]);

/* A statement of its own to this peer, from now on. */
void peers_say(
    struct peers *, struct peer *, enum peer_reason, struct monotime due);
/* The one under way, again, to all places where the peer may be. */
void peers_repeat(struct peers *, struct peer *, struct monotime now);
/* The kernel is to have what is wanted, when it is its turn. */
void peers_lead(struct peers *, struct peer *);
/* To where it is already, or was to be led in vain: that is no move. */
void peers_lead_again(struct peers *, struct peer *);
/* Asked, it answered: does that count? */
bool peers_led(struct peers *, struct peer *);
/* When the next hello is due, in ms; 0: never. */
int64_t peers_hello_ms(const struct peers *, const struct peer *);

#endif
