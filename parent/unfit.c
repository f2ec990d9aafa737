/* SPDX-License-Identifier: ISC */
/*
 * Why a backup could not take over, as far as is known before it has to: what
 * it lacks, may not, or failed of when it was last tried.  Of one that has
 * done nothing yet nothing is known, and that is no reason.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "dialer/radio.h"
#include "parent/cost.h"
#include "parent/ledger.h"
#include "parent/parent.h"

/* A round through it was good since then. */
static int
proved_since(const struct uplink *u, struct monotime then)
{
	return monotime_valid(u->proved) &&
	       (!monotime_valid(then) || monotime_cmp(u->proved, then) > 0);
}

/* No person has to do with what a network searches for. */
static const char *
radio_refuses(uint32_t id)
{
	static char text[64];
	const struct msg_radio *r;
	uint32_t age_s;

	if ((r = link_radio(id, &age_s)) == NULL)
		return NULL;
	switch (r->sim) {
	case RADIO_SIM_PUK:
	case RADIO_SIM_LOCKED:
	case RADIO_SIM_NONE:
	case RADIO_SIM_BROKEN:
		snprintf(text, sizeof(text), "SIM %s", radio_sim_text(r->sim));
		return text;
	default:
		return r->stat == RADIO_DENIED ? "registration denied" : NULL;
	}
}

static const char *
modem_refuses(uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];

	if (u->link.phase == LINK_UP)
		return NULL;
	return u->link.not_ready[0] != '\0' ? u->link.not_ready
					    : radio_refuses(id);
}

/* What came of it when it was last tried; NULL: nothing bad, or not yet. */
static const char *
tried_in_vain(uint32_t id)
{
	const struct machine_backup *b = &parent->machine.backup[id];
	const struct uplink *u = &parent->uplink[id];

	if (b->gave_up)
		return "gave up";
	if (b->refused > 0)
		return "its account was refused";
	if (monotime_valid(u->rounds_failed) &&
	    !proved_since(u, u->rounds_failed))
		return "its last try failed";
	/* a link that was lost after it had stood was no try */
	if (b->fails > 0 && u->link.last_error[0] != '\0' &&
	    !u->link.was_proved && !proved_since(u, u->link.failed_at))
		return "its last try failed";
	return NULL;
}

/* The same of a test, also one in an earlier run. */
static int
drill_failed(uint32_t id)
{
	const struct drill_past *drill = &cost_entry(id)->drill;
	const struct uplink *u = &parent->uplink[id];

	return drill->done && !drill->ok && !proved_since(u, u->drill_failed);
}

static const char *
known_before(uint32_t id)
{
	const char *why = uplink_lacks(id);

	if (why == NULL)
		why = cost_barred(id);
	return why != NULL ? why : modem_refuses(id);
}

/* Of one that stands by hot, and has had its time to become ready. */
static const char *
not_hot(uint32_t id, enum mreason ready)
{
	return parent->machine.backup[id].told ? mreason_text(ready) : NULL;
}

int
uplink_unfit(uint32_t id, char *buf, size_t size)
{
	enum mreason ready =
	    machine_ready(&parent->machine, &parent->mconf, id, monotime_now());
	const char *why;
	char more[MSG_TEXT_LEN];

	buf[0] = '\0';
	if (parent->uplink[id].conf.hot_ms != 0 && ready == MWHY_OK)
		return 0;
	if ((why = known_before(id)) != NULL) {
		strlcpy(buf, why, size);
		return 1;
	}
	if ((why = tried_in_vain(id)) != NULL) {
		failure_text(id, more, sizeof(more));
		snprintf(buf, size, "%s%s%.160s", why,
		    more[0] != '\0' ? ": " : "", more);
		return 1;
	}
	why = drill_failed(id) ? "its last drill failed" : not_hot(id, ready);
	if (why != NULL)
		strlcpy(buf, why, size);
	return why != NULL;
}
