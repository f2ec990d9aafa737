/* SPDX-License-Identifier: ISC */
/*
 * The modem engine: one modem's conversation (V.250, 3GPP TS 27.007) without
 * I/O and without a clock.  Bytes and moments go in; what is to be done comes
 * out in a struct modem_out, to be done in the order of its members.
 *
 *	dial:	 AT -> steps (modem_step.h) -> ATD number -> CONNECT
 *		 | no answer			| BUSY, ...: next number
 *		 DTR low, high -> +++ ATH -> ATZ -> AT+CFUN=1,1 -> failed
 *	warm:	 AT -> steps -> at rest, AT from time to time -> ATD number
 *	hang up: [CR if dialling] -> [AT if not on line] -> DTR low, high -> AT
 *		 | no answer
 *		 +++ ATH -> ATZ -> failed
 *
 * Every state has a deadline, and each rung of the recovery ladder is used at
 * most once in an attempt, so an attempt ends whatever the modem says.  The
 * last rung is the caller's: to close the port and wait until it is back.
 *
 * DTR stays low no longer than it takes to see that the call has ended: by a
 * result code or by DCD (modem_no_carrier()).
 */
#ifndef DIALER_MODEM_H
#define DIALER_MODEM_H

#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "common/msg.h"
#include "dialer/modem_init.h"
#include "dialer/modem_packet.h"
#include "dialer/modem_step.h"
#include "dialer/result.h"

#define MODEM_READ_MAX 64 /* most that modem_read_max() says */

/* Times of one state, ms. */
#define MODEM_SYNC_MS     300 /* AT to OK, tried MODEM_SYNC_TRIES times */
#define MODEM_SYNC_TRIES  3
#define MODEM_LATE_MS     450 /* for late answers, MODEM_SYNC_MS apart */
#define MODEM_DTR_MIN_MS  100 /* V.250 S25 is 50 ms */
#define MODEM_DTR_LOW_MS  700 /* at most: until the call is seen to end */
#define MODEM_DTR_HIGH_MS 100 /* before the first AT */
#define MODEM_GUARD_MS    1200 /* around +++: S12 is 1 s */
#define MODEM_CFUN_MS     15000 /* +CFUN=1,1 to its OK, or the port's end */
#define MODEM_BOOT_MS     30000 /* to answer again, if the port stays */
#define MODEM_BOOT_AT_MS  1000 /* between two ATs meanwhile */
#define MODEM_WARM_MS     30000 /* between two ATs to a warm modem */
#define MODEM_ABORT_MS    1000 /* CR to NO CARRIER */
#define MODEM_LF_MS       200 /* CONNECT<CR> to its <LF> */
#define MODEM_CALL_MS     60000 /* ATD to a result: a telephone number */
#define MODEM_SERVICE_MS  30000 /* the same for *99# and its kin */
/* Above all hang-ups, with abort and the whole ladder. */
#define MODEM_HANGUP_MAX_MS                                             \
	(MODEM_ABORT_MS + MODEM_DTR_LOW_MS + MODEM_DTR_HIGH_MS +        \
	    2 * MODEM_SYNC_TRIES * MODEM_SYNC_MS + 2 * MODEM_GUARD_MS + \
	    MODEM_PLAIN_MS + MODEM_ATZ_MS)

enum modem_state {
	MODEM_IDLE,
	MODEM_SYNC, /* AT sent, OK awaited */
	MODEM_DTR_LOW,
	MODEM_DTR_HIGH,
	MODEM_ESC_QUIET, /* silence before +++ */
	MODEM_ESC_WAIT, /* +++ sent */
	MODEM_ESC_HANGUP, /* ATH sent */
	MODEM_RESET, /* ATZ sent to one that does not listen */
	MODEM_CFUN, /* AT+CFUN=1,1 sent: it goes away, or says OK and boots */
	MODEM_BOOT, /* it does */
	MODEM_STEP, /* a step's command sent (modem_step.h) */
	MODEM_CALLING, /* ATD sent */
	MODEM_CONNECT_LF, /* CONNECT<CR> seen */
	MODEM_ABORTING, /* CR sent to end a call */
	MODEM_ONLINE, /* connected: reads nothing */
	MODEM_WARM, /* initialised, at rest until it is dialled or asked again */
	MODEM_STATE_MAX
};

/* What to do to the line. */
enum modem_line {
	MODEM_LINE_KEEP,
	MODEM_LINE_RESET, /* line discipline 0, raw, flushed */
	MODEM_LINE_LOW, /* the same, and DTR low */
	MODEM_LINE_HIGH, /* DTR high, flushed */
	MODEM_LINE_ONLINE /* connected: from now on, DCD is watched */
};

enum modem_event {
	MODEM_EV_NONE,
	MODEM_EV_PHASE, /* text tells how it goes */
	MODEM_EV_WARM, /* it answers, and everything but ATD is done */
	MODEM_EV_PIN, /* modem_pin() is awaited, packet.radio tells for what */
	MODEM_EV_CONNECT,
	MODEM_EV_FAILED, /* the attempt ended with class, phone and text */
	MODEM_EV_HUNG_UP /* class MSG_LINK_OK, or the modem is silent */
};

struct modem_out {
	enum modem_line line; /* first */
	size_t len; /* then write these bytes */
	char data[MODEM_TEXT_MAX + 1]; /* with a CR */
	enum modem_event event; /* then tell */
	uint32_t class; /* enum msg_link_class */
	uint32_t phone; /* index of the number used last */
	char text[MSG_TEXT_LEN];
};

/* The ladder of means; how far up it an attempt has got. */
enum modem_rung {
	MODEM_RUNG_AT,
	MODEM_RUNG_DTR,
	MODEM_RUNG_ESCAPE,
	MODEM_RUNG_ATZ,
	MODEM_RUNG_CFUN, /* packet modems: 3GPP TS 27.007 8.2 */
	MODEM_RUNG_NONE
};

_Static_assert(MSG_MODEM_RUNGS == MODEM_RUNG_NONE, "all of them are told");

/* In all attempts since the process began, by rung. */
struct modem_counts {
	uint32_t tried[MODEM_RUNG_NONE];
	uint32_t helped[MODEM_RUNG_NONE];
	uint32_t closed; /* none did: the port was closed */
	uint32_t lost; /* the port went away */
};

/* So many calls refused in a row by a packet modem that answers: CFUN. */
#define MODEM_REFUSALS 3

/*
 * One modem.  A struct of zeros is idle; read it, but change nothing.  It is
 * kept as long as the modem: what it has learned serves the next attempt.
 */
struct modem {
	enum modem_state state;
	struct monotime deadline; /* of this state; never when at rest */
	int hanging_up; /* else dialling, */
	int warm; /* or only made ready for it */
	struct monotime limit; /* of the attempt to dial; never if warm */
	uint32_t limit_ms;
	struct conf_modem conf;
	enum modem_rung rung;
	int climbed; /* that was tried, and nothing has answered since */
	uint32_t tries; /* of AT on this rung */
	uint32_t answers; /* to them, so that a late one is not the next's */
	int synced; /* one of them was OK */
	uint32_t part; /* of the way to ATD, modem_step.h */
	struct modem_step step; /* under way */
	struct modem_init init;
	struct modem_packet packet;
	uint32_t phone; /* index of the current number */
	uint32_t used; /* numbers used up */
	int again; /* ERROR to ATD has been forgiven once */
	int data; /* AT+CGDATA, since no service code is known */
	uint32_t class; /* of the numbers used up */
	char why[MSG_TEXT_LEN - 32]; /* the last failure; more may be said */
	char sent[MODEM_TEXT_MAX]; /* to know its echo */
	struct monotime dtr_until; /* low at least so long */
	struct monotime boot_until;
	int listens; /* the last that it said was a result: not on line */
	uint32_t refusals; /* of calls, in a row, over all attempts */
	struct modem_counts counts; /* over all attempts */
	int echo_seen; /* what came instead of an answer to AT */
	int noise_seen;
	struct result_reader reader;
};

/*
 * Begin an attempt with number phone (an index, wrapped): the numbers are
 * called in turn, each once, until CONNECT or for limit_ms.  The engine keeps
 * a copy of conf.
 */
void modem_dial(struct modem *, const struct conf_modem *conf, uint32_t phone,
    uint32_t limit_ms, struct monotime now, struct modem_out *);

/*
 * Make it ready to be dialled, without a limit but the ladder's, and look from
 * time to time whether it still is: MODEM_EV_WARM each time, or
 * MODEM_EV_FAILED.  modem_dial() then goes on from where it is: a warm one is
 * sent ATD at once.
 */
void modem_warm(struct modem *, const struct conf_modem *conf, struct monotime,
    struct modem_out *);

/* End whatever it does; ends within MODEM_HANGUP_MAX_MS. */
void modem_hangup(struct modem *, struct monotime now, struct modem_out *);

/*
 * One byte has come.  Hand over no further byte that was read together with
 * it unless modem_read_max() allows more than one.
 */
void modem_input(
    struct modem *, uint8_t byte, struct monotime now, struct modem_out *);

/* DTR is low, and DCD, that was high during the call, has fallen. */
void modem_no_carrier(struct modem *, struct monotime now, struct modem_out *);

/* The port is closed: it forgets all that does not outlive an attempt. */
void modem_forget(struct modem *);
/* The same, and the port has gone away by itself. */
void modem_lost(struct modem *);

/* The deadline has passed. */
void modem_timeout(struct modem *, struct monotime now, struct modem_out *);

/*
 * The PIN for MODEM_EV_PIN, of which the caller wipes its copy; or NULL and
 * why there is none, with a class.
 */
void modem_pin(struct modem *, const char *pin, uint32_t class, const char *why,
    struct monotime now, struct modem_out *);

/*
 * How many bytes may be read from the line at once.  1 while dialling: what
 * follows CONNECT belongs to pppd; 0 when nothing may be read.
 */
size_t modem_read_max(const struct modem *);

const char *modem_state_name(enum modem_state);
const char *modem_rung_name(enum modem_rung);

#endif
