/* SPDX-License-Identifier: ISC */
/*
 * What two dialfailds say to each other, as octets: one datagram is one
 * struct peer_msg, authenticated by a key that only the two can compute and
 * signed by its sender.  dialfail-peers(7) has the layout, octet by octet;
 * nothing here does I/O or knows the time.
 *
 * The tag (keyed BLAKE2b) costs a hundredth of a signature, so that a flood
 * of forged datagrams costs little; the signature is what a peer is believed
 * for.  Both cover the two whole public keys, so a datagram is of no use in
 * another pair or in the other direction.
 */
#ifndef PARENT_PEER_MSG_H
#define PARENT_PEER_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/peer_tag.h"

#define PEER_SECRET_LEN 64 /* as libsodium keeps it: seed, public key */
#define PEER_NONCE_LEN  16

/* Why a statement is made.  One octet, as below: peers are thousands. */
enum __attribute__((__packed__)) peer_reason {
	PEER_HELLO,
	PEER_FAILOVER,
	PEER_FALLBACK,
	PEER_ADDRESS, /* an uplink's address changed */
	PEER_START,
	PEER_REASON_MAX
};

/* What became of it. */
enum __attribute__((__packed__)) peer_result {
	PEER_APPLIED, /* done, and read back */
	PEER_UNCHANGED,
	PEER_REFUSED_ADDRESS, /* not where this peer may be */
	PEER_REFUSED_NAT, /* its tunnels cannot reach it there */
	PEER_REFUSED_MOVES, /* too many of them */
	PEER_FAILED, /* the receiver's kernel refused */
	PEER_RESULT_MAX
};

struct peer_msg {
	uint32_t type; /* enum peer_msg_type */
	uint64_t counter; /* of a statement; CHALLENGE: the last one known */
	uint8_t nonce[PEER_NONCE_LEN]; /* zeros: none */
	uint32_t path; /* 1: sent by the uplink that is announced */
	/* a statement */
	uint32_t reason; /* enum peer_reason */
	uint32_t hello_s; /* it is made again so often; 0: it is not */
	struct addr address[FAMILIES]; /* AF_UNSPEC: has none */
	uint32_t nnets;
	struct prefix net[PEER_NETS_MAX]; /* behind the sender */
	/* an acknowledgement */
	uint32_t result; /* enum peer_result */
	struct addr seen; /* where the statement came from */
	uint32_t port;
};

/* 0, or -1: no such key is possible (it has no point on the curve). */
int peer_pair_make(struct peer_pair *, const uint8_t secret[PEER_SECRET_LEN],
    const uint8_t peer[PEER_KEY_LEN]);

/* Tagged and signed; its length.  buf has PEER_MSG_MAX octets. */
size_t peer_msg_encode(const struct peer_msg *, const struct peer_pair *,
    const uint8_t secret[PEER_SECRET_LEN], uint8_t *buf);

/* Exactly the layout and all in range: 0 or -1.  Proves nothing. */
int peer_msg_decode(const uint8_t *buf, size_t len, struct peer_msg *);
/* 1 if this peer has made it, for us; of what decodes. */
int peer_msg_signed(const uint8_t *buf, size_t len, const struct peer_pair *);

const char *peer_reason_text(uint32_t reason);
const char *peer_result_text(uint32_t result);

#endif
