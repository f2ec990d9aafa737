/* SPDX-License-Identifier: ISC */
/*
 * The peers' protocol: each end tells all its peers where it is now, until
 * they acknowledge, and hears the same from them.  A core without I/O: time
 * is an argument, what is to be done goes to struct peers_user.
 *
 * A statement says everything (addresses, networks), so the last one is the
 * only one that counts and repeats do no harm; a hello is a statement that
 * says the same again.  Its counter only grows.  Who does not know where a
 * peer's counter stands, after a start, or hears one that went back, believes
 * nothing before its nonce was said back to it: nothing of this has to be on
 * disk, and what was recorded cannot be replayed after a restart.
 *
 *	peers.c		the table, and what is due first
 *	peers_say.c	our statements and their repetition
 *	peers_hear.c	what comes in
 *	peers_lead.c	what the kernel is asked for
 *	peer_msg.c	octets
 */
#ifndef PARENT_PEERS_H
#define PARENT_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/conf.h"
#include "common/monotime.h"
#include "parent/peer_msg.h"

/* Until it is acknowledged: at first quickly, since traffic waits. */
#define PEERS_RETRY_MS      500
#define PEERS_RETRY_MAX_MS  2000
#define PEERS_EAGER_MS      30000 /* then more and more rarely */
#define PEERS_RETRY_SLOW_MS 30000
/*
 * It has a new counter each time that so much more has passed: the peer may
 * have heard it, and what is lost is its acknowledgement.  What is new costs it
 * a signature, and silence is no less than this and some hellos.
 */
#define PEERS_AFRESH_MS 10000
/* Between the first datagrams to two peers: thousands are not told at once. */
#define PEERS_PACE_US 200
/* So many are told in one go, of those that are due: others want our time. */
#define PEERS_TOLD_MAX 32
/* Not acknowledged so long after a switch: told to people. */
#define PEERS_UNACKED_MS 60000
/* Silent: so many of its own hellos did not come, and a bit of time. */
#define PEERS_SILENT_HELLOS 3
#define PEERS_SILENT_MS     10000
/*
 * Its kernel failed so often in a row: told to people.  Its WireGuard may have
 * waited for ours to speak, as after its start, which ours then does.
 */
#define PEERS_FAILURES  2
#define PEERS_MOVES_MAX 6 /* a minute */
#define PEERS_MOVES_MS  60000
/* Tunnels to one that began anew are set again, at most so often. */
#define PEERS_RENEW_MS 10000
/* A nonce of ours serves so long. */
#define PEERS_CHALLENGE_MS 30000
/* Copies of a statement may come so late. */
#define PEERS_LATE_MS 2000
/* Answers to what was heard already: a burst, then one in so long. */
#define PEERS_REPEAT_MS    100
#define PEERS_REPEAT_BURST 8
/* The copy by the announced uplink may come so much later than the others. */
#define PEERS_OTHER_MS 250
/* The kernel is asked to lead so many peers at once; the others wait. */
#define PEERS_ASKED_MAX 32

/* Where we are: the uplink that carries traffic, and those that could. */
struct peers_self {
	uint32_t active; /* uplink */
	struct addr address[FAMILIES]; /* of it */
	uint32_t usable; /* bit mask of uplinks that statements go out by */
	uint32_t metered; /* 1: hellos are rarer */
	uint32_t
	    costly; /* bit mask of uplinks but the active: so they are there */
};

/* The prober lets through some tens a second (gate.c): enough for years. */
struct peer_stats {
	uint32_t sent; /* datagrams: statements */
	uint32_t accepted; /* statements, new ones */
	uint32_t refused[PEER_RESULT_MAX]; /* statements, by result */
	uint32_t replayed;
};

/* What the kernel has of it: all, or what is wanted is yet to come. */
enum __attribute__((__packed__)) peer_leading {
	PEER_LED,
	PEER_WAITS, /* for its turn */
	PEER_ASKED,
	PEER_ASKED_BEFORE /* it moved since; the answer does not count */
};

/*
 * Where a datagram came from or goes to, and by which of our uplinks.  Its
 * answer leaves from the address that it came to: a NAT before the other end
 * lets in no other.
 */
struct peer_place {
	struct addr addr;
	struct addr own; /* AF_UNSPEC: that of the uplink */
	uint32_t port;
	uint32_t uplink; /* or any: MSG_UPLINK_NONE */
};

/* The same in fewer octets; link-local addresses are told by the uplink. */
struct peer_seen {
	uint8_t addr[16];
	uint8_t own[16];
	uint16_t port;
	uint8_t uplink; /* UINT8_MAX: MSG_UPLINK_NONE */
	uint8_t family : 7; /* AF_UNSPEC: none yet */
	bool has_own : 1;
};

/* Of thousands: what has few values takes few octets. */
struct peer {
	const struct conf_peer *conf;
	uint8_t tag_key[PEER_KEY_LEN]; /* of the two of us */

	/* what we say */
	uint64_t counter; /* of our last statement */
	uint64_t floor; /* a challenge told it, or 0 */
	uint8_t nonce[PEER_NONCE_LEN]; /* of its challenge, or zeros */
	struct monotime said; /* this statement, first; invalid: not yet */
	struct monotime acked_at;
	int64_t rtt_ns; /* from said to acked_at */
	struct monotime due; /* next datagram; invalid: never */
	uint32_t tries;
	uint32_t says_ms; /* the time between hellos that it tells */
	struct monotime costly; /* last copy by one of these; invalid: none */
	bool acked;
	/* bit masks of families */
	uint8_t nat; /* it saw another address than we announce */
	uint8_t nat_told; /* it told that of this statement, or not */
	uint8_t bound; /* has tunnels that cannot follow behind a NAT */
	uint16_t nat_by[FAMILIES]; /* as it told last: bit masks of uplinks */
	bool lost; /* nobody knows where it is: what we say waits for that */
	bool unacked; /* people were told */
	bool knows; /* it acknowledged something since we moved */
	enum peer_reason reason;
	enum peer_result result; /* once acked */
	uint8_t failures; /* PEER_FAILED in a row, up to those that are told */
	uint8_t afresh; /* so many counters before it said the same */

	/* what we heard */
	enum peer_reason heard_reason;
	enum peer_reason update; /* the last one that was no hello */
	enum peer_result answer; /* ours to it */
	bool trusted; /* heard_counter is known */
	bool told; /* people: that it moved by that */
	bool silent;
	/* bit masks of families: what is the matter with what is wanted */
	uint8_t heard_nat; /* it is not reached where it says it is */
	uint8_t barred; /* it may not be there */
	uint8_t barred_there; /* nor is it, as the kernel's side knows */
	uint8_t shown; /* its last statement came from there as announced */
	uint8_t repeats; /* of its last statement, up to a burst of them */
	uint8_t networks; /* that it announces */
	uint8_t unrouted; /* of them: no route of ours leads there */
	uint32_t hello_s; /* its own */
	uint64_t heard_counter;
	struct addr_pair address; /* in force */
	uint32_t unsettled; /* hash: it said that, not acted on yet; or 0 */
	struct peer_seen from; /* where its last new statement came from */
	struct peer_seen other; /* and by another of our uplinks */
	struct monotime awaited; /* since we first had something to say */
	struct monotime heard; /* invalid: never */
	struct monotime updated; /* update was heard; invalid: none was */
	struct monotime repeated;
	uint8_t challenge[PEER_NONCE_LEN]; /* ours */
	struct monotime challenged; /* when it was made; invalid: none */
	struct monotime renewed; /* its tunnels; invalid: never */
	uint32_t move[PEERS_MOVES_MAX]; /* ring, in tenths of a second */

	/* what the kernel is to have */
	struct addr_pair wanted;
	uint32_t waits_next; /* index + 1, behind it; 0: it is the last */
	enum peer_leading leading;
	/* if the kernel does as it is told; PEER_UNCHANGED: that is no move */
	enum peer_result meanwhile;
	bool owed; /* its statement is yet to be acknowledged */
	uint8_t held; /* of both: nobody else may claim them; bit mask */
	bool ack_path;
	uint8_t moves; /* place in the ring */

	struct peer_stats stats;

	/* what is due first */
	uint32_t slot; /* in the heap, + 1; 0: not in it */
	struct monotime when; /* invalid: nothing */
};

struct peers;

enum peers_notice {
	PEERS_SILENT, /* nothing was heard for too long */
	PEERS_HEARD, /* again */
	PEERS_UNACKED, /* our statement was not acknowledged in time */
	PEERS_ACKED, /* now it was; hellos only if they were late */
	PEERS_REFUSED, /* it refuses where we are; result says why */
	PEERS_MOVED, /* it moved, and we followed */
	PEERS_NOT_MOVED /* it moved, and we did not */
};

struct peers_user {
	void (*send)(void *arg, const struct peer_place *to, const uint8_t *buf,
	    size_t len);
	/*
	 * Re-point what belongs to this peer to where it can be reached, and
	 * see what there is of the families behind NAT, and of those that are
	 * barred (bit masks); answered by peers_applied(), at once or later,
	 * and not asked again before.
	 */
	void (*apply)(void *arg, uint32_t peer,
	    const struct addr address[FAMILIES], uint32_t nat, uint32_t barred);
	void (*notice)(void *arg, uint32_t peer, enum peers_notice);
	void (*random)(void *arg, void *buf, size_t len);
};

struct peers {
	const struct peers_user *user;
	void *arg;
	uint8_t secret[PEER_SECRET_LEN];
	struct peer *peer;
	uint32_t n;
	struct peer_ids ids;
	uint32_t *heap; /* of indexes, by when */
	uint32_t nheap;
	struct peer_ids claims; /* addresses that are held, or configured */
	struct peer_configured {
		uint32_t peer;
		uint32_t nth; /* of its addresses */
	} * configured;
	uint32_t waits_first, waits_last; /* indexes + 1; 0: none waits */
	uint32_t nasked; /* without an answer */
	uint32_t nknow; /* peers that know where we are */
	uint64_t epoch; /* counters begin above it */
	struct peers_self self;
	const struct prefix *own; /* no peer may be there */
	size_t nown;
	/* datagrams that were no peer's */
	uint64_t strangers, malformed, forged;
};

/*
 * The peers of a configuration, which must outlive this.  starts is a number
 * that was never used before with this key (it counts starts).  0, or -1
 * with errno.
 */
int peers_init(struct peers *, const uint8_t secret[PEER_SECRET_LEN],
    const struct conf_peer *, uint32_t n, uint32_t starts,
    const struct peers_user *, void *arg);
void peers_free(struct peers *);
/*
 * What is known of peers that were there before, with the same key of ours;
 * was is then only to be freed.
 */
void peers_keep(struct peers *, struct peers *was);

/* Where we are now; peers are told if it is news to them. */
void peers_move(struct peers *, const struct peers_self *,
    enum peer_reason reason, struct monotime now);
/* What is ours on this machine: refused from whomever. */
void peers_own(struct peers *, const struct prefix *, size_t n);

/* A datagram that came in. */
void peers_hear(struct peers *, const struct peer_place *from,
    const uint8_t *buf, size_t len, struct monotime now);
/* The kernel has it, or not; barred: families where it may not be, too. */
void peers_applied(
    struct peers *, uint32_t peer, enum peer_result, uint32_t barred);
/*
 * A tunnel to it is there that was not, and leads elsewhere, perhaps: it is led
 * to where the peer is, which is no move.  True if that is known.
 */
bool peers_again(struct peers *, uint32_t peer);
/* Nothing it said counts any more; what it says next must be fresh. */
void peers_forget(struct peers *, uint32_t peer);

/* Some of what is due; and when to call it again: invalid: never. */
void peers_tick(struct peers *, struct monotime now);
struct monotime peers_deadline(const struct peers *);

#endif
