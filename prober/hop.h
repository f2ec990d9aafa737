/* SPDX-License-Identifier: ISC */
/*
 * A next hop on an Ethernet: which MAC gets our frames when more than one
 * says that the address is his.  ARP and ND believe whoever speaks last;
 * here that would let any neighbour make a live line look dead, which costs
 * a call.  So a MAC that works is kept for as long as it works, and a lone
 * answer by another one is followed at once, since that is a new router.
 *
 * Time comes in as an argument, so that tests have their own.
 */
#ifndef PROBER_HOP_H
#define PROBER_HOP_H

#include <stdint.h>

#include "common/addr.h"
#include "common/monotime.h"
#include "prober/frame.h"

/* Who answered the last question first: the MAC in use, or a new one. */
enum hop_voice { HOP_NOBODY, HOP_KNOWN, HOP_NEW };

/* What came of an answer. */
enum hop_news {
	HOP_SAME, /* the MAC in use, or the first that we hear of */
	HOP_MOVED, /* another one, which is in use now */
	HOP_CONTESTED, /* another one; both answer */
	HOP_IGNORED, /* nobody asked, or it may not change again so soon */
};

struct hop {
	struct addr ip; /* AF_UNSPEC: slot is free */
	uint8_t mac[FRAME_MAC_LEN]; /* the one in use */
	int known;
	enum hop_voice voice;
	struct monotime asked;
	struct monotime answered; /* by the one in use */
	struct monotime waiting; /* first probe by it that nothing answered */
	int64_t took_ns; /* the last such wait that an answer ended */
	uint8_t other[FRAME_MAC_LEN]; /* which we left, or did not follow */
	struct monotime other_said; /* when it answered last */
	struct monotime contested;
	struct monotime moved; /* when the one in use became that */
};

/* A question has been put just now; its answer may still come. */
int hop_is_asked(const struct hop *, struct monotime now);
/* Without an answer to the last question it is time for another one. */
int hop_wants_asking(const struct hop *, struct monotime now);
void hop_asked(struct hop *, struct monotime now);
enum hop_news hop_answer(
    struct hop *, const uint8_t mac[FRAME_MAC_LEN], struct monotime now);
/* A probe goes by it; 1: by the other MAC from now on, as this one is dead. */
int hop_probe(struct hop *, struct monotime now);
/* Something authentic came back from what went by it. */
void hop_works(struct hop *, struct monotime now);

#endif
