/* SPDX-License-Identifier: ISC */
/*
 * What an outcome is worth: a modem's result code or pppd's exit, turned
 * into what to do next (enum msg_link_class) and a text for people.  Pure
 * functions; the pauses between tries are the parent's.
 */
#ifndef DIALER_POLICY_H
#define DIALER_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"
#include "dialer/result.h"

/* What is to be done after the result of one dialled number. */
enum policy_step {
	POLICY_CONNECTED,
	POLICY_NEXT_NUMBER, /* at once, if one is left in this attempt */
	POLICY_AGAIN, /* initialise and dial the same number, once */
	POLICY_STOP /* no other number will do better */
};

/*
 * The outcome of one number.  *class is what the attempt comes to if no
 * number is left (or with POLICY_STOP).  RESULT_NONE: silence.
 */
enum policy_step policy_result(enum result_code, uint32_t *class);

/* Of an attempt over several numbers: the class that promises most. */
uint32_t policy_combine(uint32_t class, uint32_t other);

/* How pppd ended. */
enum policy_end {
	POLICY_EXITED, /* status is its exit code */
	POLICY_KILLED, /* status is the signal */
	POLICY_GONE /* adopted, so without a status */
};

/* What was seen of a pppd before its end. */
struct policy_seen {
	int refused; /* a line of its log was a refusal */
	int up; /* the ip-up program had come, */
	uint32_t up_ms; /* so long before the end */
};

/* Does this line of pppd's log say that the peer refused our account? */
int policy_is_refusal(const char *line);

/*
 * pppd's end.  Returns the class and writes "exit 19: authentication failed"
 * to text.
 */
uint32_t policy_pppd(enum policy_end, int status, const struct policy_seen *,
    char *text, size_t len);

#endif
