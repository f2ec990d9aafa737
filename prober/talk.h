/* SPDX-License-Identifier: ISC */
/*
 * Peers' datagrams: octets in and out, which mean nothing here; whom to
 * believe is for the parent to say.  One socket for each family serves all
 * uplinks: the kernel tells by which interface a datagram came, and is told
 * by which it is to leave (IP_PKTINFO in ip(7), ipv6(7)).
 *
 * Anybody may send to it, so what is passed on is bounded: for each source,
 * so that one that floods takes nothing from the others, and in all, so that
 * many cannot take the parent's time.
 */
#ifndef PROBER_TALK_H
#define PROBER_TALK_H

#include "common/msg.h"

typedef void talk_heard(const struct msg_peer_packet *);

/* Where to listen from now on; port 0: nowhere. */
void talk_listen(const struct msg_peer_listen *, talk_heard *);
void talk_facts(const struct msg_facts *);
/* Uplinks have other numbers now: their facts come again. */
void talk_forget(void);
/* Lost where it cannot be sent, as any datagram may be. */
void talk_send(const struct msg_peer_packet *);

#endif
