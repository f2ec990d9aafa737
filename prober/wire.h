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

struct wire;

/* An echo reply from the right place; stamp is the kernel's, wall clock. */
typedef void wire_answer(void *arg, const struct icmp_echo *,
    const struct timespec *stamp);

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
	struct event ev;
	wire_answer *answer;
	void *arg;
	/* wire_l2 */
	pcap_t *pcap;
	uint8_t mac[FRAME_MAC_LEN];
	struct wire_neighbour neighbour[WIRE_NEIGHBOURS];
	/* wire_bound */
	int fd;
};

struct wire_ops {
	int (*open)(struct wire *); /* 0, or -1 after a log line */
	void (*close)(struct wire *);
	/* 0: it is on its way; -1: it could not be sent */
	int (*send)(struct wire *, const struct icmp_echo *);
	/* refresh what is known of the next hop */
	void (*refresh)(struct wire *);
	/* the next hop was asked and has been silent since this moment */
	int (*silent)(const struct wire *, struct monotime since);
};

extern const struct wire_ops wire_l2;
extern const struct wire_ops wire_bound;

/* Open by the kind of the link; answers come from the event loop. */
int wire_open(struct wire *, const struct msg_facts *, wire_answer *,
    void *arg);
void wire_close(struct wire *);
int wire_is_open(const struct wire *);

#endif
