/* SPDX-License-Identifier: ISC */
/*
 * Passive evidence: frames which others sent and which prove, by having come,
 * that the line works beyond the gateway.  Nothing of it is in the event
 * loop, so that a busy line costs no wake-up: whoever judges silence asks.
 *
 * What comes while nobody asks is not kept.  So the stamp is that of one of
 * the first frames after the last call: call when what is to be judged
 * begins, too.  It errs only towards an older proof.
 */
#ifndef PROBER_EVIDENCE_H
#define PROBER_EVIDENCE_H

#include <pcap.h>
#include <stdint.h>

#include "common/monotime.h"
#include "common/msg.h"

struct evidence { /* zeroed: closed */
	pcap_t *pcap;
	struct monotime last;
	char why[PCAP_ERRBUF_SIZE]; /* it could not be opened */
};

/*
 * On the interface of these facts, of one family; gateway_mac NULL: a link
 * without MACs.  0, or -1 and why is set.
 */
int evidence_open(struct evidence *, const struct msg_facts *, enum family,
    const uint8_t *gateway_mac);
int evidence_is_open(const struct evidence *);
/*
 * When the newest frame came that proves life; invalid: none since the
 * opening.  Closes itself when the interface has gone.
 */
struct monotime evidence_last(struct evidence *);
void evidence_close(struct evidence *);

#endif
