/* SPDX-License-Identifier: ISC */
/*
 * The way a probe takes: through exactly one interface, whatever routes,
 * rp_filter and firewall say.  Two kinds: whole frames by libpcap with our
 * own ARP and ND where the link is Ethernet (wire_l2.c), a raw socket bound
 * to the device elsewhere (wire_bound.c).
 */
#ifndef PROBER_WIRE_H
#define PROBER_WIRE_H

#include <event.h>
#include <pcap.h>
#include <stdint.h>
#include <time.h>

#include "common/monotime.h"
#include "common/msg.h"
#include "prober/hop.h"
#include "prober/icmp.h"

#define WIRE_HOPS      (CONF_TARGETS_MAX + 1)
#define WIRE_READS_MAX 1280 /* at once; more than the kernel keeps for us */

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

struct wire {
	const struct wire_ops *ops; /* NULL: closed */
	struct msg_facts facts;
	enum family family;
	struct addr own; /* of that family; these have no scope */
	struct addr gateway;
	uint16_t id; /* of our echo requests */
	uint32_t dropped; /* as told already */
	struct event ev;
	struct event rest; /* from a flood */
	struct monotime woken;
	uint32_t hurry; /* wake-ups in a row without a pause between */
	const struct wire_user *user;
	void *arg;
	char why[PCAP_ERRBUF_SIZE]; /* it could not be opened */
	/* wire_l2 */
	pcap_t *pcap;
	uint8_t mac[FRAME_MAC_LEN];
	struct prefix net;
	struct hop hop[WIRE_HOPS];
	struct icmp_echo held[CONF_TARGETS_MAX]; /* until ARP is answered */
	struct monotime warned_hop; /* that its MAC is another */
	struct monotime warned_contest; /* that two claim to be it */
	struct monotime warned_own; /* that our address has two owners */
	struct monotime warned_elsewhere; /* that traffic takes another way */
	int neighbours; /* a socket to the kernel's table, or -1 */
	uint8_t kernels[FRAME_MAC_LEN]; /* the gateway's, as it has it */
	int kernel_knows;
	struct monotime looked; /* when that was so */
	/* wire_bound */
	int fd;
	int ifindex; /* that fd is bound to */
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
	/* what has arrived, at most WIRE_READS_MAX; -1: the interface has gone */
	int (*receive)(struct wire *);
	/* a round begins: ask for the next hop; -1: must be opened again */
	int (*refresh)(struct wire *);
	/* the next hop was asked and has been silent since this moment */
	int (*silent)(const struct wire *, struct monotime since);
	/*
	 * Ask the gateway now.  -1: it could not be sent, as above, or, with
	 * EOPNOTSUPP, nobody can be asked on this link.
	 */
	int (*ask)(struct wire *);
	/* the gateway's MAC; NULL: not known, or there is none */
	const uint8_t *(*next_hop)(const struct wire *);
	/* frames for us that the kernel had no room for, since the opening */
	uint32_t (*dropped)(struct wire *);
	/* see wire_works */
	void (*works)(struct wire *, const struct addr *target);
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
/* Whatever arrives waits, until wire_wake or wire_drain. */
void wire_sleep(struct wire *);
void wire_wake(struct wire *);
/*
 * For whoever sends: after a failure, once more?  A full queue is our own, and
 * often has room again at once; errno is ENOBUFS then, whatever it was called.
 */
int wire_again(int *tries);
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
