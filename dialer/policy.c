/* SPDX-License-Identifier: ISC */
/*
 * What outcomes are worth.  pppd's exit codes are in pppd(8), EXIT STATUS;
 * they alone do not tell enough: when a timer of pppd's own ends the link,
 * its last read overwrites 0, 10 and 15 by 16, as a peer that hangs up right
 * behind its refusal does with 19.  What was seen decides there.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "dialer/policy.h"

/* A link that falls at once was no success: no redial without a pause. */
#define PROVEN_MS 10000

static const struct {
	enum policy_step step;
	uint32_t class;
} outcomes[] = {
	[RESULT_NONE] = { POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
	[RESULT_OK] = { POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
	[RESULT_CONNECT] = { POLICY_CONNECTED, MSG_LINK_OK },
	[RESULT_NO_CARRIER] = { POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
	[RESULT_ERROR] = { POLICY_AGAIN, MSG_LINK_BACKOFF },
	/* the line is out or somebody talks on it: another backup, now */
	[RESULT_NO_DIALTONE] = { POLICY_STOP, MSG_LINK_NEXT },
	[RESULT_BUSY] = { POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
	[RESULT_NO_ANSWER] = { POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
	/* the modem itself refuses this number: for minutes, and for good */
	[RESULT_DELAYED] = { POLICY_NEXT_NUMBER, MSG_LINK_NEXT },
	[RESULT_BLACKLISTED] = { POLICY_NEXT_NUMBER, MSG_LINK_GIVEUP },
};

/* SEEN: redial at once if the link had been up, else after a pause, or not. */
#define SEEN         UINT32_MAX
#define EXIT_REFUSED 19

static const struct {
	const char *text;
	uint32_t class;
} exits[] = {
	[0] = { "ended by the peer", SEEN },
	[1] = { "fatal error", MSG_LINK_BACKOFF },
	[2] = { "bad options", MSG_LINK_GIVEUP },
	[3] = { "not root", MSG_LINK_GIVEUP },
	[4] = { "no PPP in the kernel", MSG_LINK_GIVEUP },
	[5] = { "ended by a signal", MSG_LINK_BACKOFF },
	[6] = { "port is locked", MSG_LINK_BACKOFF },
	[7] = { "port cannot be opened", MSG_LINK_BACKOFF },
	[8] = { "connect script failed", MSG_LINK_BACKOFF },
	[9] = { "pty command failed", MSG_LINK_GIVEUP },
	[10] = { "negotiation failed", SEEN },
	[11] = { "peer did not authenticate itself", MSG_LINK_GIVEUP },
	[12] = { "idle", MSG_LINK_RETRY },
	[13] = { "connect time limit", MSG_LINK_RETRY },
	[14] = { "callback is not supported", MSG_LINK_GIVEUP },
	[15] = { "peer is dead", SEEN },
	[16] = { "hung up", SEEN },
	[17] = { "line is looped back", MSG_LINK_BACKOFF },
	[18] = { "init script failed", MSG_LINK_BACKOFF },
	/* more tries could lock the account */
	[EXIT_REFUSED] = { "authentication failed", MSG_LINK_REFUSED },
	[20] = { "traffic limit", MSG_LINK_GIVEUP },
	[21] = { "refused by caller id", MSG_LINK_GIVEUP },
	[127] = { "pppd cannot be run", MSG_LINK_GIVEUP },
};

enum policy_step
policy_result(enum result_code code, uint32_t *class)
{
	*class = outcomes[code].class;
	return outcomes[code].step;
}

/* The classes stand in the order of what they promise. */
uint32_t
policy_combine(uint32_t class, uint32_t other)
{
	return class < other ? class : other;
}

/* In upap.c, chap.c and eap.c of pppd; more may follow. */
static const char *const refusals[] = { "PAP authentication failed",
	"CHAP authentication failed",
	"EAP: peer reports authentication failure" };

int
policy_is_refusal(const char *line)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strncmp(line, refusals[i], strlen(refusals[i])) == 0)
			return 1;
	return 0;
}

static uint32_t
by_what_was_seen(const struct policy_seen *seen)
{
	return seen->up && seen->up_ms >= PROVEN_MS ? MSG_LINK_RETRY
						    : MSG_LINK_BACKOFF;
}

uint32_t
policy_pppd(enum policy_end end, int status, const struct policy_seen *seen,
    char *text, size_t len)
{
	const size_t n = sizeof(exits) / sizeof(exits[0]);
	int refused;

	if (end == POLICY_GONE) {
		strlcpy(text, "ended without a status", len);
		return by_what_was_seen(seen);
	}
	if (end == POLICY_KILLED) {
		snprintf(text, len, "killed by signal %d", status);
		return MSG_LINK_BACKOFF;
	}
	if (status < 0 || (size_t)status >= n || exits[status].text == NULL) {
		snprintf(text, len, "exit %d", status);
		return MSG_LINK_BACKOFF;
	}
	refused = exits[status].class == SEEN && seen->refused;
	snprintf(text, len, "exit %d: %s", status,
	    exits[refused ? EXIT_REFUSED : status].text);
	if (refused)
		return MSG_LINK_REFUSED;
	return exits[status].class == SEEN ? by_what_was_seen(seen)
					   : exits[status].class;
}
