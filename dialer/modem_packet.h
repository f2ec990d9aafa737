/* SPDX-License-Identifier: ISC */
/*
 * A packet modem made ready to be dialled: card, PIN, context, registration,
 * signal; a part of the way to ATD (modem_step.h).
 *
 *	+CFUN? -> +CPIN? -> ICCID [-> tries -> PIN] -> +CGDCONT?
 *	  -> +CEREG?, +CGREG?, +CREG? until registered -> +CSQ, +COPS? -> ATD
 *
 * A modem that does not know a command is no packet modem in that respect,
 * and the dial goes on without; a card or a network that says no ends it.
 */
#ifndef DIALER_MODEM_PACKET_H
#define DIALER_MODEM_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "dialer/modem_step.h"
#include "dialer/radio.h"

#define MODEM_POLL_MS   1000 /* between two questions, or until it tells */
#define MODEM_ABSENT_MS 8000 /* a card that is not seen at once */
#define MODEM_BUSY_MS   20000 /* or not ready */
#define MODEM_DENIED_MS 5000 /* other networks are tried in it */
#define MODEM_SEARCH_MS 180000 /* for a network, if nothing limits it */
#define MODEM_PIN_MS    5000 /* to get the PIN from its file */

enum packet_phase {
	PACKET_FUNCTION, /* AT+CFUN? */
	PACKET_POWER, /* AT+CFUN=1 */
	PACKET_SIM, /* AT+CPIN? */
	PACKET_SIM_WAIT,
	PACKET_ICCID,
	PACKET_TRIES,
	PACKET_PIN_WAIT, /* until modem_packet_pin() or _no_pin() */
	PACKET_PIN, /* AT+CPIN="..." */
	PACKET_CONTEXTS, /* AT+CGDCONT? */
	PACKET_CONTEXT, /* AT+CGDCONT=1,... */
	PACKET_ATTACHED, /* AT+CGATT? */
	PACKET_DETACH,
	PACKET_ATTACH,
	PACKET_REPORT, /* AT+CEREG=2 */
	PACKET_REGISTERED, /* AT+CEREG? */
	PACKET_REGISTERED_WAIT,
	PACKET_STATUS, /* AT+CSQ */
	PACKET_READY,
	PACKET_FAILED,
	PACKET_PHASES
};

struct modem_packet {
	enum packet_phase phase;
	struct radio radio; /* what it said in this attempt */
	size_t command; /* of this phase's */
	size_t way; /* that the card's number was asked for with success */
	struct monotime since; /* the trouble with the card began */
	struct monotime denied; /* invalid: registration is not */
	struct monotime searched; /* the first time it was not there */
	struct monotime now; /* of the last step */
	uint32_t code; /* of the last +CME ERROR, or RADIO_UNKNOWN */
	uint32_t refusals; /* of AT+CPIN?, without a code */
	int pin_sent; /* once is all there is in an attempt */
	int pin_taken; /* and the card was ready then */
	char pin[CONF_PIN_LEN]; /* until it is said */
	int same; /* the context is what it should be */
	int single; /* IPv4 alone, where both are refused */
	int attached;
	char told[MODEM_NAME_MAX]; /* what is waited for */
	uint32_t class; /* with PACKET_FAILED, and why */
	char why[MODEM_WHY_MAX];
};

extern const struct modem_part modem_packet_part;

/* Its PIN, or the network, took the card whose number is known. */
int modem_packet_proved(const struct modem *);

/* The answer to a step that asks for the PIN; NULL: why there is none. */
void modem_packet_pin(
    struct modem *, const char *pin, uint32_t class, const char *why);

#endif
