/* SPDX-License-Identifier: ISC */
/*
 * Lines from a modem, and which of them are final result codes (V.250 5.7).
 * A line counts only as a whole: a modem, or what answers in its place, may
 * say anything, and "ERROR" in the middle of a line is no error of ours.
 */
#ifndef DIALER_RESULT_H
#define DIALER_RESULT_H

#include <stddef.h>
#include <stdint.h>

#define RESULT_LINE_MAX 128 /* with its NUL; longer lines count as noise */

enum result_code {
	RESULT_NONE, /* informational, unsolicited, noise */
	RESULT_OK,
	RESULT_CONNECT,
	RESULT_NO_CARRIER,
	RESULT_ERROR, /* +CME ERROR and +CMS ERROR, too (3GPP TS 27.007) */
	RESULT_NO_DIALTONE,
	RESULT_BUSY,
	RESULT_NO_ANSWER,
	RESULT_DELAYED,
	RESULT_BLACKLISTED
};

struct result_reader {
	char line[RESULT_LINE_MAX]; /* complete after result_byte() == 1 */
	size_t len;
	int noisy; /* this line is too long or holds no text */
	char end; /* how the last line ended: CR or LF */
	uint32_t
	    flags; /* HDLC's 0x7e since result_reset(): frames, not words */
	int verbose; /* words have been seen: a digit is no result now */
};

void result_reset(struct result_reader *);

/* 1: a line that is not empty is complete.  0: go on. */
int result_byte(struct result_reader *, uint8_t byte);

/* As a modem would say it in words; "" for RESULT_NONE. */
const char *result_text(enum result_code);

/* What the complete line means.  Turns off digits at the first word. */
enum result_code result_of_line(struct result_reader *);

#endif
