/* SPDX-License-Identifier: ISC */
/*
 * The peers' protocol (peers.h) in the daemon: its datagrams go out and come
 * in by the prober, what peers say of themselves goes to netconf, where we
 * are comes from the engine.
 */
#ifndef PARENT_PEERING_H
#define PARENT_PEERING_H

#include <stdint.h>

#include "common/histogram.h"
#include "parent/parent.h"
#include "parent/peers.h"

/* dir: the state directory as this process sees it, or NULL. */
void peering_open(const char *dir);
/* Another configuration is in force: what is known of its peers stays. */
void peering_reloaded(void);
/* Traffic is on this uplink, and that was read back. */
void peering_carried(uint32_t uplink);
/* An uplink is not as it was. */
void peering_facts(void);
void peering_heard(const struct msg_peer_packet *);
/* What the prober did not pass on. */
void peering_dropped(const struct msg_peer_dropped *);
const struct msg_peer_dropped *peering_drops(void);
/* From a switch to a peer's acknowledgement. */
const struct histogram *peering_acknowledge(void);
/* For show; without any, there are none in it. */
const struct peers *peering_peers(void);
/* A drill proved that uplink: who cannot follow there, as is known, is told. */
void peering_drilled(uint32_t uplink);
/* What this peer said counts no more; 0, or -1: there is none. */
int peering_forget(const char *name);
void peering_done(const struct msg_net_peer_done *);
/* A tunnel to it is there that was not. */
void peering_again(const struct msg_net_peer_again *);

#endif
