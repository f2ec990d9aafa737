/* SPDX-License-Identifier: ISC */
/*
 * What a packet modem says of its card and its network: lines of 3GPP TS
 * 27.007, and those of vendors where that has none or came late.  Answers
 * and unsolicited lines are read alike.  Pure functions.
 */
#ifndef DIALER_RADIO_H
#define DIALER_RADIO_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/msg.h"

#define RADIO_UNKNOWN UINT32_MAX

enum radio_sim {
	RADIO_SIM_UNKNOWN,
	RADIO_SIM_READY,
	RADIO_SIM_PIN, /* asks for it */
	RADIO_SIM_PUK, /* locked by wrong PINs */
	RADIO_SIM_LOCKED, /* to another network or device */
	RADIO_SIM_NONE, /* not inserted */
	RADIO_SIM_BUSY, /* not yet */
	RADIO_SIM_BROKEN,
	RADIO_SIM_MAX
};

/* +CREG and its kin, 7.2: <stat> is one of these, or RADIO_UNKNOWN. */
enum radio_stat {
	RADIO_IDLE, /* and not searching */
	RADIO_HOME,
	RADIO_SEARCHING,
	RADIO_DENIED,
	RADIO_NO_COVERAGE, /* "unknown": out of it, say */
	RADIO_ROAMING,
	RADIO_SMS_HOME,
	RADIO_SMS_ROAMING,
	RADIO_EMERGENCY,
	RADIO_HOME_NO_CSFB,
	RADIO_ROAMING_NO_CSFB,
	RADIO_STAT_MAX
};

/* Each has a registration of its own. */
enum radio_domain {
	RADIO_CS, /* +CREG */
	RADIO_PS, /* +CGREG: GPRS, UMTS */
	RADIO_EPS, /* +CEREG: LTE */
	RADIO_5GS, /* +C5GREG */
	RADIO_DOMAINS
};

/* What was said so far; radio_reset() before the first line. */
struct radio {
	uint32_t sim; /* enum radio_sim */
	uint32_t tries; /* of the PIN that are left, or RADIO_UNKNOWN */
	uint32_t stat[RADIO_DOMAINS]; /* enum radio_stat, or RADIO_UNKNOWN */
	uint32_t tech; /* <AcT>, 7.3 and 7.2; or RADIO_UNKNOWN */
	uint32_t function; /* +CFUN: <fun>, or RADIO_UNKNOWN */
	int32_t dbm; /* signal, 0: unknown */
	uint32_t rsrp; /* it is the power of one LTE or 5G reference signal */
	struct addr address; /* of the context, AF_UNSPEC: none */
	char operator[MSG_OPERATOR_LEN]; /* a name or digits, or empty */
	char iccid[MSG_ICCID_LEN]; /* digits, or empty */
};

/* What a line told. */
enum radio_told {
	RADIO_TOLD_NOTHING,
	RADIO_TOLD_SIM,
	RADIO_TOLD_TRIES,
	RADIO_TOLD_STAT,
	RADIO_TOLD_SIGNAL,
	RADIO_TOLD_OPERATOR,
	RADIO_TOLD_ADDRESS,
	RADIO_TOLD_ICCID,
	RADIO_TOLD_FUNCTION
};

void radio_reset(struct radio *);

/* One whole line without its end; what does not parse changes nothing. */
enum radio_told radio_line(struct radio *, const char *line);

/*
 * The code of a line "+CME ERROR: ...", 9.2, from its number or its words;
 * RADIO_UNKNOWN: another line, or another vendor's words.
 */
uint32_t radio_error(const char *line);
/* Its words, or "" */
const char *radio_error_text(uint32_t code);
/* What a code says of the card; RADIO_SIM_UNKNOWN: nothing. */
enum radio_sim radio_error_sim(uint32_t code);

int radio_stat_registered(uint32_t stat);
/* May data be sent?  The domain that says so, or RADIO_DOMAINS: none does. */
enum radio_domain radio_registered(const struct radio *);
/* The same of a refusal, where no other domain helps or still searches. */
enum radio_domain radio_denied(const struct radio *);
/* The one of most weight: registered, denied, searching; or UNKNOWN. */
uint32_t radio_stat(const struct radio *);

/* As the parent is told, but for uplink, gen and second. */
void radio_tell(const struct radio *, struct msg_radio *);

/*
 * Ways to ask for a card's number, each known to some vendor, up to NULL.
 */
extern const char *const radio_ask_iccid[];

/* For people: "home", "LTE", "good", "ready", "+CEREG". */
const char *radio_stat_text(uint32_t stat);
const char *radio_tech_text(uint32_t tech);
const char *radio_signal_text(int32_t dbm, uint32_t rsrp);
const char *radio_sim_text(uint32_t sim);
const char *radio_domain_text(enum radio_domain);

#endif
