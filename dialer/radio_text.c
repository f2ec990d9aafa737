/* SPDX-License-Identifier: ISC */
/* Words for what a packet modem tells in numbers: 3GPP TS 27.007. */
#include <sys/types.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dialer/radio.h"

/* 9.2.1 and 9.2.2; those from 103 on are causes of TS 24.008, 100 added. */
static const struct {
	uint32_t code;
	const char *text;
	enum radio_sim sim;
} errors[] = {
	{ 3, "operation not allowed", RADIO_SIM_UNKNOWN },
	{ 4, "operation not supported", RADIO_SIM_UNKNOWN },
	{ 5, "PH-SIM PIN required", RADIO_SIM_LOCKED },
	{ 10, "SIM not inserted", RADIO_SIM_NONE },
	{ 11, "SIM PIN required", RADIO_SIM_PIN },
	{ 12, "SIM PUK required", RADIO_SIM_PUK },
	{ 13, "SIM failure", RADIO_SIM_BROKEN },
	{ 14, "SIM busy", RADIO_SIM_BUSY },
	{ 15, "SIM wrong", RADIO_SIM_BROKEN },
	{ 16, "incorrect password", RADIO_SIM_UNKNOWN },
	{ 17, "SIM PIN2 required", RADIO_SIM_UNKNOWN },
	{ 18, "SIM PUK2 required", RADIO_SIM_UNKNOWN },
	{ 30, "no network service", RADIO_SIM_UNKNOWN },
	{ 31, "network timeout", RADIO_SIM_UNKNOWN },
	{ 32, "network not allowed - emergency calls only", RADIO_SIM_UNKNOWN },
	{ 40, "network personalization PIN required", RADIO_SIM_LOCKED },
	{ 41, "network personalization PUK required", RADIO_SIM_LOCKED },
	{ 100, "unknown", RADIO_SIM_UNKNOWN },
	{ 103, "illegal MS", RADIO_SIM_UNKNOWN },
	{ 106, "illegal ME", RADIO_SIM_UNKNOWN },
	{ 107, "GPRS services not allowed", RADIO_SIM_UNKNOWN },
	{ 111, "PLMN not allowed", RADIO_SIM_UNKNOWN },
	{ 112, "location area not allowed", RADIO_SIM_UNKNOWN },
	{ 113, "roaming not allowed in this location area", RADIO_SIM_UNKNOWN },
	{ 114, "GPRS services not allowed in this PLMN", RADIO_SIM_UNKNOWN },
	{ 126, "insufficient resources", RADIO_SIM_UNKNOWN },
	{ 127, "missing or unknown APN", RADIO_SIM_UNKNOWN },
	{ 128, "unknown PDP address or PDP type", RADIO_SIM_UNKNOWN },
	{ 129, "user authentication failed", RADIO_SIM_UNKNOWN },
	{ 132, "service option not supported", RADIO_SIM_UNKNOWN },
	{ 133, "requested service option not subscribed", RADIO_SIM_UNKNOWN },
	{ 134, "service option temporarily out of order", RADIO_SIM_UNKNOWN },
	{ 148, "unspecified GPRS error", RADIO_SIM_UNKNOWN },
	{ 149, "PDP authentication failure", RADIO_SIM_UNKNOWN },
	{ 150, "invalid mobile class", RADIO_SIM_UNKNOWN },
};

#define NERRORS    (sizeof(errors) / sizeof(errors[0]))
#define CME_PREFIX "+CME ERROR:"

uint32_t
radio_error(const char *line)
{
	size_t i, len = strlen(CME_PREFIX);
	char *end;
	unsigned long code;

	if (strncasecmp(line, CME_PREFIX, len) != 0)
		return RADIO_UNKNOWN;
	line += len + strspn(line + len, " ");
	if (isdigit((unsigned char)*line)) {
		code = strtoul(line, &end, 10);
		return *end == '\0' && code <= 9999 ? (uint32_t)code
						    : RADIO_UNKNOWN;
	}
	for (i = 0; i < NERRORS; i++)
		if (strcasecmp(line, errors[i].text) == 0)
			return errors[i].code;
	return RADIO_UNKNOWN;
}

const char *
radio_error_text(uint32_t code)
{
	size_t i;

	for (i = 0; i < NERRORS; i++)
		if (errors[i].code == code)
			return errors[i].text;
	return "";
}

enum radio_sim
radio_error_sim(uint32_t code)
{
	size_t i;

	for (i = 0; i < NERRORS; i++)
		if (errors[i].code == code)
			return errors[i].sim;
	return RADIO_SIM_UNKNOWN;
}

/* --- registration --------------------------------------------------------- */

int
radio_stat_registered(uint32_t stat)
{
	return stat == RADIO_HOME || stat == RADIO_ROAMING ||
	       stat == RADIO_HOME_NO_CSFB || stat == RADIO_ROAMING_NO_CSFB;
}

/* Telephony alone carries no data, unless the modem knows no other. */
enum radio_domain
radio_registered(const struct radio *r)
{
	enum radio_domain d;

	for (d = RADIO_5GS; d > RADIO_CS; d--)
		if (radio_stat_registered(r->stat[d]))
			return d;
	for (d = RADIO_5GS; d > RADIO_CS; d--)
		if (r->stat[d] != RADIO_UNKNOWN)
			return RADIO_DOMAINS;
	return radio_stat_registered(r->stat[RADIO_CS]) ? RADIO_CS
							: RADIO_DOMAINS;
}

enum radio_domain
radio_denied(const struct radio *r)
{
	enum radio_domain d, denied = RADIO_DOMAINS;

	if (radio_registered(r) != RADIO_DOMAINS)
		return RADIO_DOMAINS;
	for (d = RADIO_CS; d < RADIO_DOMAINS; d++) {
		if (r->stat[d] == RADIO_SEARCHING)
			return RADIO_DOMAINS;
		if (r->stat[d] == RADIO_DENIED)
			denied = d;
	}
	return denied;
}

uint32_t
radio_stat(const struct radio *r)
{
	enum radio_domain d;
	uint32_t stat = RADIO_UNKNOWN;

	if ((d = radio_registered(r)) != RADIO_DOMAINS ||
	    (d = radio_denied(r)) != RADIO_DOMAINS)
		return r->stat[d];
	for (d = RADIO_CS; d < RADIO_DOMAINS; d++)
		if (r->stat[d] == RADIO_SEARCHING)
			return RADIO_SEARCHING;
		else if (r->stat[d] != RADIO_UNKNOWN)
			stat = r->stat[d];
	/* telephony works, and is of no use here */
	return radio_stat_registered(stat) ? RADIO_IDLE : stat;
}

/* --- words ---------------------------------------------------------------- */

static const char *
word(const char *const *words, size_t n, uint32_t i)
{
	return i < n ? words[i] : "unknown";
}

#define WORD(words, i) word(words, sizeof(words) / sizeof(words[0]), i)

const char *
radio_stat_text(uint32_t stat)
{
	static const char *const words[] = { "not registered", "home",
		"searching", "denied", "out of coverage", "roaming", "SMS only",
		"SMS only, roaming", "emergency calls only", "home",
		"roaming" };

	_Static_assert(
	    sizeof(words) / sizeof(words[0]) == RADIO_STAT_MAX, "one each");
	return WORD(words, stat);
}

/* <AcT>, 7.2: what the user of a telephone would read on it */
const char *
radio_tech_text(uint32_t tech)
{
	static const char *const words[] = { "GSM", "GSM", "UMTS", "EDGE",
		"HSPA", "HSPA", "HSPA", "LTE", "EC-GSM", "NB-IoT", "LTE", "5G",
		"5G", "LTE+5G" };

	return tech == RADIO_UNKNOWN ? "" : WORD(words, tech);
}

/* The power of a reference signal is some 20 dB below that of all. */
const char *
radio_signal_text(int32_t dbm, uint32_t rsrp)
{
	static const struct {
		int32_t rssi, rsrp;
		const char *word;
	} levels[] = { { -70, -85, "excellent" }, { -85, -100, "good" },
		{ -97, -112, "fair" }, { INT32_MIN, INT32_MIN, "weak" } };
	size_t i = 0;

	if (dbm == 0)
		return "unknown";
	while (dbm < (rsrp ? levels[i].rsrp : levels[i].rssi))
		i++;
	return levels[i].word;
}

const char *
radio_sim_text(uint32_t sim)
{
	static const char *const words[] = { "unknown", "ready", "asks for PIN",
		"locked, asks for PUK", "locked to another network or device",
		"missing", "not ready", "broken" };

	_Static_assert(
	    sizeof(words) / sizeof(words[0]) == RADIO_SIM_MAX, "one each");
	return WORD(words, sim);
}

const char *
radio_domain_text(enum radio_domain d)
{
	static const char *const words[] = { "+CREG", "+CGREG", "+CEREG",
		"+C5GREG" };

	return WORD(words, d);
}
