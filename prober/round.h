/* SPDX-License-Identifier: ISC */
/*
 * One round of probes to every target that an uplink has in one family, and
 * what it says.  No I/O, no clock: probes that are due are asked for, answers
 * are told, time is an argument.
 *
 * A target is good when `success` of its `count` probes were answered within
 * `timeout`; the round is good when `require` of the far targets are (of all
 * targets with `require all`) and none is answered by somebody else, as in a
 * captive network.  It ends as soon as its verdict can no longer change.
 *
 * A full uplink is told apart from a dead one: a round that would be bad is
 * congested when authentic answers came late; or when none came in time, but
 * frames from beyond the gateway did, and the last answer is not older than
 * ROUND_LATE_MS.  So a buffer that fills at once makes no outage, and traffic
 * that only comes in hides one for ten seconds at most.
 */
#ifndef PROBER_ROUND_H
#define PROBER_ROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "common/msg.h"

#define ROUND_PROBES  128 /* remembered per target, for late answers */
#define ROUND_LATE_MS 10000 /* an authentic answer so late: congested */
/* We were so much later than planned that silence proves nothing. */
#define ROUND_OVERSLEPT_MS 1000

enum round_fate { ROUND_FREE, ROUND_OPEN, ROUND_ANSWERED, ROUND_LOST };

struct round_probe {
	enum round_fate fate;
	struct monotime sent;
	uint64_t token;
	uint32_t serial; /* of the round */
	uint16_t seq;
};

struct round_target {
	struct round_probe probe[ROUND_PROBES];
	uint16_t seq; /* of the next probe */
	uint16_t oldest; /* that may be open */
	uint32_t sent; /* these of this round */
	uint32_t received;
	uint32_t lost; /* timed out, or could not be sent */
	uint32_t late; /* answers too late, to any round's probes */
	int64_t rtt_ns; /* of those received, together */
	uint32_t failed; /* could not be sent */
	uint32_t postponed; /* our own queue was full */
	uint32_t wrong; /* answers by somebody else, since one of its own */
	bool told; /* what it answers, or that it does not, is known */
	bool absent; /* there is no such thing on this link */
	struct monotime due; /* of the next probe */
};

struct round {
	const struct conf_uplink *conf;
	enum family family;
	uint32_t serial;
	bool running;
	struct monotime began;
	struct monotime planned; /* when we wanted to look again */
	struct monotime last_answer; /* of a far target, in time */
	struct monotime last_heard; /* in time or late */
	struct round_target target[CONF_TARGETS_MAX];
};

/* What else is known of the line while a round runs. */
struct round_signs {
	bool gateway_silent; /* it was asked and does not answer */
	struct monotime life; /* the last frame from beyond the gateway, or 0 */
};

/* What an answer was worth. */
enum round_credit {
	ROUND_FOREIGN, /* not an answer to a probe of ours, or a second one */
	ROUND_IN_TIME,
	ROUND_TOO_LATE
};

/*
 * Forget all but when an answer came last; conf must live as long as the
 * round.  Targets of the other family are not touched.
 */
void round_init(struct round *, const struct conf_uplink *, enum family);
/* Answers that come later say nothing: ROUND_LATE_MS, or a longer timeout. */
int64_t round_patience_ms(const struct conf_probe *);
/* Whether a target is of its family. */
bool round_has(const struct round *, uint32_t target);
void round_begin(struct round *, struct monotime now);
/* It says nothing, and who lied before is forgotten: the link may be another.
 */
void round_abort(struct round *);

/* The next target to be probed now, or -1; call again until -1. */
int round_next(const struct round *, struct monotime now);
/* Its probe goes out with this token; returns its sequence number. */
uint16_t round_sent(
    struct round *, uint32_t target, uint64_t token, struct monotime now);
/* The probe just registered could not be sent. */
void round_unsent(struct round *, uint32_t target);
/*
 * Nor could it because of our own queue, which says nothing of the line: it
 * is tried again after the interval.  false: too often, it is lost.
 */
bool round_postpone(struct round *, uint32_t target);
/* Nor can any: the link has no such thing, the target counts neither way. */
void round_absent(struct round *, uint32_t target);
/*
 * Forget one probe of a target whose answer we would not see, of any round:
 * true, and which; false: there is none left.
 */
bool round_forget(struct round *, uint32_t target, uint16_t *seq);
/* An answer that arrived at this moment; *sent is when its probe left. */
enum round_credit round_answer(struct round *, uint32_t target, uint16_t seq,
    uint64_t token, struct monotime at, struct monotime *sent);

/* It is lost at once: refused, or (captive) answered by somebody else. */
void round_denied(struct round *, uint32_t target, uint16_t seq, uint64_t token,
    bool captive);
/* The newest open probe of a target whose answers quote no token. */
bool round_newest(
    const struct round *, uint32_t target, uint16_t *seq, uint64_t *token);
/* No far probe of it was lost, nor came an answer late. */
bool round_lossless(const struct round *);
/*
 * It runs, and a far probe was lost, late, or has waited for half its time:
 * the verdict may need signs of life.
 */
bool round_doubtful(const struct round *, struct monotime now);

/*
 * Look at the time.  true: the round is over, verdict, cause and counts are
 * in *out.  false: look again at *next.
 */
bool round_check(struct round *, struct monotime now,
    const struct round_signs *, struct msg_round *out, struct monotime *next);
/* End it as bad for a cause that needs no probe (carrier, address, ...). */
void round_bad(
    struct round *, struct monotime now, enum msg_cause, struct msg_round *out);
/* End it as void: what it saw says nothing. */
void round_void(struct round *, struct monotime now, struct msg_round *out);
/* 1: the target is good, 0: it can no longer be, -1: not known yet. */
int round_target(const struct round *, uint32_t target);

#endif
