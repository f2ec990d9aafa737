/* SPDX-License-Identifier: ISC */
/*
 * The way from a modem that answers AT to ATD: parts, each of which gives
 * steps one by one and hears what is said to them.
 *
 *	AT -> part: step, step, ... -> part: step, ... -> ATD, or warm
 *
 * A part knows commands and answers; the engine (modem.h) sends them, keeps
 * time, and climbs its ladder when there is no answer.  After that the way
 * begins anew, with the first step of the first part.  So it does after ERROR
 * to a call, but not between one number and the next.
 */
#ifndef DIALER_MODEM_STEP_H
#define DIALER_MODEM_STEP_H

#include <stdint.h>

#include "common/monotime.h"
#include "common/msg.h"
#include "dialer/result.h"

#define MODEM_TEXT_MAX (CONF_APN_LEN + 32) /* a command, with its NUL */
#define MODEM_NAME_MAX 32
#define MODEM_WHY_MAX  (MSG_TEXT_LEN - 32) /* more may be said behind it */

/* How long the answer to a step may take, ms. */
#define MODEM_PLAIN_MS 2000
#define MODEM_ATZ_MS   5000 /* ATZ and AT&F load a whole profile */
#define MODEM_RADIO_MS 60000 /* +CFUN, +CGATT, +COPS wait for the network */

struct modem;

struct modem_step {
	char text[MODEM_TEXT_MAX]; /* without its CR; empty: only listen */
	char
	    name[MODEM_NAME_MAX]; /* for people, where text is none of theirs */
	char phase[MODEM_NAME_MAX]; /* told when it begins; empty: nothing is */
	uint32_t ms; /* for its result, or to listen */
	int optional; /* no answer to it is no fault: RESULT_NONE */
	int secret; /* no copy is kept once it has been sent */
	int pin; /* listens for modem_pin() */
};

enum modem_next {
	MODEM_NEXT_STEP, /* *step is filled; it comes zeroed */
	MODEM_NEXT_PART, /* nothing more is to be done here */
	MODEM_NEXT_FAIL /* the attempt ends, by modem_step_fail() */
};

struct modem_part {
	/* The way begins anew. */
	void (*begin)(struct modem *);
	enum modem_next (*next)(
	    struct modem *, struct monotime now, struct modem_step *);
	/* It has been warm for a while: what may have changed is asked again.
	 * NULL: nothing may. */
	void (*again)(struct modem *);
	/*
	 * A line that is no result code, whether asked for or not.  1: what
	 * was listened for has come (a step with a text waits for its result
	 * all the same).  A warm modem's are told to all parts.  NULL: it
	 * hears none.
	 */
	int (*line)(struct modem *, const char *line);
	/*
	 * The result of the step: OK, ERROR or another one, as the modem said
	 * it.  RESULT_NONE: an optional one got none, or the time to listen is
	 * over.
	 */
	void (*result)(struct modem *, enum result_code, const char *line);
};

/* For a part's next(): the reason of MODEM_NEXT_FAIL, a class of msg.h. */
enum modem_next modem_step_fail(struct modem *, uint32_t class, const char *fmt,
    ...) __attribute__((__format__(printf, 3, 4)));

#endif
