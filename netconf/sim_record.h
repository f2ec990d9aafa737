/* SPDX-License-Identifier: ISC */
/*
 * What is kept of a modem's card so that no PIN is wasted: three wrong ones
 * lock a card, and what a locked one needs is in a drawer far away.  Pure
 * functions; pin.c has the files.
 */
#ifndef NETCONF_SIM_RECORD_H
#define NETCONF_SIM_RECORD_H

#include <stdint.h>
#include <stdio.h>

#include "common/msg.h"

struct sim_record {
	/* The card that the network took last; empty: none yet. */
	char used[MSG_ICCID_LEN];
	int64_t used_ns; /* when the PIN's file was written, as of then */
	/* To whom a PIN was said that has not been proved; empty: none. */
	char tried[MSG_ICCID_LEN];
	int64_t tried_ns;
	uint32_t tries; /* that were left before, or MSG_TRIES_UNKNOWN */
};

/* 0, or -1: damaged, and what could be read is in it. */
int sim_record_parse(const char *text, struct sim_record *);
void sim_record_print(FILE *, const void *); /* a struct sim_record */

/*
 * May the PIN of a file written at written_ns be said to this card?  0; or -1
 * with the reason, a class of msg.h being MSG_LINK_GIVEUP.
 */
int sim_record_allows(const struct sim_record *, const struct msg_sim *,
    int64_t written_ns, char *why, size_t size);

/* It is said now: to be kept before it is. */
void sim_record_try(
    struct sim_record *, const struct msg_sim *, int64_t written_ns);
/*
 * The network took this card.  1: the record has changed; *other: another
 * card was used before.
 */
int sim_record_used(struct sim_record *, const struct msg_sim *,
    int64_t written_ns, int *other);

/* The last digits of a card's number, for people. */
const char *sim_record_end(const char *iccid);

#endif
