/* SPDX-License-Identifier: ISC */
/*
 * Peers' datagrams: octets in, of those that gate.h lets pass, and out; whom
 * to believe is for the parent to say.  One socket for each family serves all
 * uplinks: the kernel tells by which interface a datagram came, and is told
 * by which it is to leave (IP_PKTINFO in ip(7), ipv6(7)).
 */
#ifndef PROBER_TALK_H
#define PROBER_TALK_H

#include "common/msg.h"

typedef void talk_heard(const struct msg_peer_packet *);
/* Something was not passed on: gate_dropped() has changed. */
typedef void talk_dropped(void);

/* Where to listen from now on; port 0: nowhere. */
void talk_listen(const struct msg_peer_listen *, talk_heard *, talk_dropped *);
void talk_facts(const struct msg_facts *);
/* Uplinks have other numbers now: their facts come again. */
void talk_forget(void);
/* Lost where it cannot be sent, as any datagram may be. */
void talk_send(const struct msg_peer_packet *);

#endif
