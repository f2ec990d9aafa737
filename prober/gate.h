/* SPDX-License-Identifier: ISC */
/*
 * Which of the datagrams that anybody may send are passed on to the parent.
 * A tag that only a peer can make costs little to look at, and without a
 * right one nothing takes anything from anybody: each peer has buckets of
 * its own, apart for what is new and for what may be a replay, so that who has
 * recorded what a peer said and says it again does not keep it from being
 * heard (gate.c says what of this holds when).
 *
 * Looking at tags is bounded, too: from where a peer was heard last, a few of
 * each are looked at whatever is sent elsewhere, and the rest shares a bucket
 * that who is at any other place takes nothing from, nor it from theirs.
 */
#ifndef PROBER_GATE_H
#define PROBER_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/monotime.h"
#include "common/msg.h"

/* With this public key of ours, and room for n peers; fatal without memory. */
void gate_open(const uint8_t own[KEY_LEN], uint32_t n);
/* 0, or -1: there is no room for more. */
int gate_add(const struct msg_peer_known *);
bool gate_passes(const struct addr *from, uint32_t port, const uint8_t *buf,
    size_t len, struct monotime now);
/* What did not pass since the start. */
const struct msg_peer_dropped *gate_dropped(void);

#endif
