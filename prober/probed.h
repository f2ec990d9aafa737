/* SPDX-License-Identifier: ISC */
/*
 * An uplink being probed in one family: what its rounds are made of, what is
 * known of its targets.  What a round proves is in round.c, when the next one
 * is due in schedule.c, the way that probes take in wire.c and socks.c.
 */
#ifndef PROBER_PROBED_H
#define PROBER_PROBED_H

#include "common/conf.h"
#include "common/msg.h"

struct probed;

/* A finished round goes to tell. */
struct probed *probed_new(const struct conf_uplink *, enum family,
    void (*tell)(const struct msg_round *));
void probed_free(struct probed *);
const struct conf_uplink *probed_conf(const struct probed *);
/* Zeros, before any have come. */
const struct msg_facts *probed_known_facts(const struct probed *);
/* The same uplink has another place among the uplinks now. */
void probed_move(struct probed *, uint32_t id);
/* What was known of its interface holds for its successor. */
void probed_inherit(struct probed *, const struct probed *);

void probed_facts(struct probed *, const struct msg_facts *);
void probed_mode(struct probed *, const struct msg_probe *);
/* All but the asker. */
void probed_stats(const struct probed *, uint32_t target, struct msg_stats *);

#endif
