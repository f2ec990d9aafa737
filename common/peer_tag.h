/* SPDX-License-Identifier: ISC */
/*
 * What all peers' datagrams begin and end with, and their tag (see
 * dialfail-peers(7)).  The prober looks at it, so that the parent hears what
 * a peer has made and little else; for what a peer is believed is its
 * signature, which the parent alone looks at (parent/peer_msg.h).
 */
#ifndef COMMON_PEER_TAG_H
#define COMMON_PEER_TAG_H

#include <stddef.h>
#include <stdint.h>

#define PEER_KEY_LEN  32 /* RFC 8032: a public key, or a secret's seed */
#define PEER_ID_LEN   8 /* first octets of a public key */
#define PEER_TAG_LEN  16
#define PEER_SIGN_LEN 64
#define PEER_NETS_MAX 16
#define PEER_MSG_MAX  436 /* a statement of PEER_NETS_MAX networks */

/* Offsets: magic and version, type, who, for whom, counter, its own part. */
#define PEER_OFF_TYPE     3
#define PEER_OFF_SENDER   4
#define PEER_OFF_RECEIVER 12
#define PEER_OFF_COUNTER  20
#define PEER_OFF_OWN      28
#define PEER_TAIL         (PEER_TAG_LEN + PEER_SIGN_LEN)

extern const uint8_t peer_magic[PEER_OFF_TYPE];

enum peer_msg_type {
	PEER_STATEMENT = 1, /* where I am now, and what is behind me */
	PEER_ACK, /* what became of a statement */
	PEER_CHALLENGE, /* say it again with this nonce */
	PEER_TYPE_MAX
};

/* What a pair of peers share. */
struct peer_pair {
	uint8_t own[PEER_KEY_LEN]; /* public keys */
	uint8_t peer[PEER_KEY_LEN];
	uint8_t tag_key[PEER_KEY_LEN];
};

/* What it says it is; nothing of this is proved. */
struct peer_head {
	uint32_t type; /* enum peer_msg_type */
	uint8_t sender[PEER_ID_LEN];
	uint8_t receiver[PEER_ID_LEN];
	uint64_t counter;
};

/* Is this one of ours by its looks?  0 or -1. */
int peer_head(const uint8_t *buf, size_t len, struct peer_head *);

/* Of len octets that from wrote to to; both are public keys. */
void peer_tag(const uint8_t *buf, size_t len, const struct peer_pair *,
    const uint8_t *from, const uint8_t *to, uint8_t out[PEER_TAG_LEN]);
/* 1 if only this peer can have made it, or we; of what has a head. */
int peer_tagged(const uint8_t *buf, size_t len, const struct peer_pair *);

/*
 * A table of peers, or of what they have, by ids, of which the first four
 * octets are as good as random.
 */
struct peer_ids {
	uint32_t *first; /* by place: index + 1, 0: none */
	uint32_t *next; /* by index: likewise */
	uint32_t mask;
};

/* Room for n; 0, or -1 with errno. */
int peer_ids_init(struct peer_ids *, uint32_t n);
void peer_ids_free(struct peer_ids *);
void peer_ids_add(struct peer_ids *, const uint8_t *id, uint32_t index);
/* One that was not added by this id stays away. */
void peer_ids_remove(struct peer_ids *, const uint8_t *id, uint32_t index);
/* Indexes + 1 of those that may have this id, one after the other; 0: end. */
uint32_t peer_ids_first(const struct peer_ids *, const uint8_t *id);
uint32_t peer_ids_next(const struct peer_ids *, uint32_t index);

#endif
