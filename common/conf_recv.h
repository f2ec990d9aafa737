/* SPDX-License-Identifier: ISC */
/*
 * A configuration that comes in messages, as prober and dialer get theirs:
 * CONF_BEGIN, each CONF_UPLINK once, CONF_END.  Nothing of it counts before
 * all of it has come.
 */
#ifndef COMMON_CONF_RECV_H
#define COMMON_CONF_RECV_H

#include "common/msg.h"

/* A struct of zeros expects CONF_BEGIN. */
struct conf_recv {
	int begun;
	uint32_t gen;
	uint32_t nuplinks;
	uint32_t got; /* a bit for each uplink */
	struct conf_uplink uplink[CONF_UPLINKS_MAX];
};

/* 0, or -1: it cannot be.  After conf_recv_end() all of it is here. */
int conf_recv_begin(struct conf_recv *, const struct msg_conf_begin *);
int conf_recv_uplink(struct conf_recv *, const struct conf_uplink *);
int conf_recv_end(struct conf_recv *, uint32_t gen);

#endif
