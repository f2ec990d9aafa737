/* SPDX-License-Identifier: ISC */
/*
 * What the path through an uplink can carry: the largest packet that comes
 * back whole, and roughly how fast.  Echo requests with padding to one far
 * target, not more than some 100,000 octets, over a socket of its own.
 */
#ifndef PROBER_MEASURE_H
#define PROBER_MEASURE_H

#include "common/msg.h"

/*
 * Begin, and tell once, within the time that is given; what is under way for
 * another is over without a word.
 */
void measure_begin(const struct msg_measure *, const struct conf_uplink *,
    const struct msg_facts *, void (*tell)(const struct msg_measured *));

#endif
