/* SPDX-License-Identifier: ISC */
/*
 * The way a probe takes: through exactly one interface, whatever routes,
 * rp_filter and firewall say.  Two kinds: whole frames by libpcap with our
 * own ARP where the link is Ethernet (wire_l2.c), a raw socket bound to the
 * device elsewhere (wire_bound.c).
 */
#ifndef PROBER_WIRE_H
#define PROBER_WIRE_H

#include <event.h>
#include <pcap.h>
#include <stdint.h>
#include <time.h>

#include "common/monotime.h"
#include "common/msg.h"
#include "prober/frame.h"
#include "prober/icmp.h"

#define WIRE_NEIGHBOURS (CONF_TARGETS_MAX + 1)
#define WIRE_READS_MAX  64 /* per wake-up */

struct wire;

/* None of these may close the wire, but for done. */
struct wire_user {
	/* an echo reply to our id, and when the kernel got it */
	void (*answer)(void *arg, const struct icmp_echo *, struct monotime);
	/* the gateway has answered a question of ours, by ARP or ND */
	void (*gateway)(void *arg, struct monotime);
	/* after a number of them */
	void (*done)(void *arg);
};

struct wire_neighbour {
	struct addr ip; /* AF_UNSPEC: slot is free */
	uint8_t mac[FRAME_MAC_LEN];
	int known;
	struct monotime answered;
	struct monotime asked; /* unanswered since; invalid: not asked */
};

struct wire {
	const struct wire_ops *ops; /* NULL: closed */
	struct msg_facts facts;
	enum family family;
	uint16_t id; /* of our echo requests */
	uint32_t dropped; /* as told already */
	struct event ev;
	const struct wire_user *user;
	void *arg;
	char why[PCAP_ERRBUF_SIZE]; /* it could not be opened */
	/* wire_l2 */
	pcap_t *pcap;
	uint8_t mac[FRAME_MAC_LEN];
	struct wire_neighbour neighbour[WIRE_NEIGHBOURS];
	struct icmp_echo held[CONF_TARGETS_MAX]; /* until ARP is answered */
	/* wire_bound */
	int fd;
};

struct wire_ops {
	/* the descriptor to wait for, or -1 and why is set */
	int (*open)(struct wire *);
	void (*close)(struct wire *);
	/*
	 * 0: it is on its way; -1: it could not be sent, and errno says why.
	 * ENOBUFS: our own queue was full, twice; it says nothing of the line.
	 */
	int (*send)(struct wire *, const struct icmp_echo *);
	/* what has arrived, at most so many; -1: the interface has gone */
	int (*receive)(struct wire *);
	/* a round begins: ask for the next hop; -1: must be opened again */
	int (*refresh)(struct wire *);
	/* the next hop was asked and has been silent since this moment */
	int (*silent)(const struct wire *, struct monotime since);
	/* ask the gateway now; -1: none, or nobody can be asked on this link */
	int (*ask)(struct wire *);
	/* the gateway's MAC; NULL: not known, or there is none */
	const uint8_t *(*next_hop)(const struct wire *);
	/* frames for us that the kernel had no room for, since the opening */
	uint32_t (*dropped)(struct wire *);
};

extern const struct wire_ops wire_l2;
extern const struct wire_ops wire_bound;

/*
 * Open by the kind of the link, for what its facts have of one family;
 * answers come from the event loop, those to echo requests with this id.
 * 0, or -1 and w->why is set.
 */
int wire_open(struct wire *w, const struct msg_facts *, enum family,
    uint16_t id, const struct wire_user *, void *arg);
void wire_close(struct wire *);
int wire_is_open(const struct wire *);
/* Take what has arrived already, before silence is judged. */
void wire_drain(struct wire *);
/*
 * An answer from this target was authentic: the way to it works, whoever
 * else says that he is the next hop.
 */
void wire_works(struct wire *, const struct addr *target);
/*
 * How many frames for us the kernel had no room for since the last call (or
 * the opening): an answer may have been among them, so that silence means
 * nothing.
 */
int wire_dropped(struct wire *);

/* When a frame with this stamp of the wall clock arrived. */
struct monotime wire_arrived(const struct timespec *stamp);

#endif
