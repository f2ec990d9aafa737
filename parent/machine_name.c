/* SPDX-License-Identifier: ISC */
/*
 * Names of states, events, actions, alarms and reasons, for the log, the
 * history and operators.
 */
#include "parent/machine.h"

#define NAMES(table, max)                                         \
	_Static_assert(sizeof(table) / sizeof(table[0]) == (max), \
	    "each value of the enum has its name")

#define LOOKUP(table, i) \
	((size_t)(i) < sizeof(table) / sizeof(table[0]) ? table[i] : "unknown")

static const char *const states[] = { "starting", "primary", "suspect",
	"dialing", "backup", "returning", "stranded" };
NAMES(states, MACHINE_STATE_MAX);

static const char *const links[] = { "down", "starting", "up", "stopping" };
NAMES(links, MACHINE_LINK_MAX);

static const char *const events[] = { "adopt", "round", "carrier", "link up",
	"link failed", "link down", "proved", "proof failed", "applied",
	"apply failed", "drained", "allow", "measured", "tick", "failover",
	"fallback", "confirm", "hold", "release", "drill", "reload", "stop" };
NAMES(events, MEVENT_MAX);

static const char *const actions[] = { "state", "apply", "start", "stop",
	"prove", "probe", "keep", "probe off", "burst", "drill begin",
	"measure", "drill end", "event begin", "event end", "alarm", "reply",
	"exit" };
NAMES(actions, MACTION_MAX);

static const char *const alarms[] = { "failover", "fallback", "stranded",
	"target", "backup", "give-up", "dial-cap", "flap", "held", "hold-ended",
	"unconfirmed", "apply", "not-ready", "ready", "drill" };
NAMES(alarms, MALARM_MAX);

static const char *const reasons[] = {
	[MWHY_NONE] = "none",
	[MWHY_START] = "start",
	[MWHY_GOOD] = "first round good",
	[MWHY_BAD] = "round bad",
	[MWHY_DOWN] = "primary down",
	[MWHY_CARRIER] = "no carrier",
	[MWHY_MOMENTARY] = "a momentary outage",
	[MWHY_CONGESTED] = "congested",
	[MWHY_NO_VERDICT] = "no verdict in time",
	[MWHY_ADOPTED] = "found on the backup",
	[MWHY_PROVED] = "backup proved",
	[MWHY_PROVED_BEFORE] = "hot backup, proved before",
	[MWHY_NOT_UP] = "not ready: its link is not up",
	[MWHY_NO_ANSWER] = "not ready: no answer through it",
	[MWHY_PROOF_OLD] = "not ready: not proved lately",
	[MWHY_TARGET] = "far targets dead through every uplink",
	[MWHY_TARGET_AGAIN] = "looking at dead targets again",
	[MWHY_TRIES_USED_UP] = "every backup failed",
	[MWHY_NO_BACKUP] = "there is no backup",
	[MWHY_BACKUP_LOST] = "backup lost",
	[MWHY_BACKUP_REMOVED] = "backup removed from the configuration",
	[MWHY_DUE] = "primary stable",
	[MWHY_BETTER] = "a better backup works",
	[MWHY_ASKED] = "asked by an operator",
	[MWHY_UNCONFIRMED] = "not confirmed in time",
	[MWHY_HELD] = "down, and held",
	[MWHY_HOLD_ENDED] = "the hold has ended",
	[MWHY_HELD_ELSEWHERE] =
	    "the hold has ended: traffic was found elsewhere at the start",
	[MWHY_DONE] = "verified and drained",
	[MWHY_NEXT] = "another one begins",
	[MWHY_APPLY_FAILED] = "the network could not be set",
	[MWHY_PRIMARY_BAD] = "primary bad again",
	[MWHY_PRIMARY_GOOD] = "primary good again",
	[MWHY_NOT_DOWN] = "primary not down",
	[MWHY_RELOADED] = "the primary's configuration changed",
	[MWHY_FLAP] = "too many failovers",
	[MWHY_DIAL_CAP] = "too many failed dials",
	[MWHY_GAVE_UP] = "backup gave up",
	[MWHY_BARRED] = "budget or hours allow no call",
	[MWHY_STOP] = "asked to stop",
	[MWHY_OK] = "done",
	[MWHY_ALREADY] = "it is so already",
	[MWHY_DRAINS] = "old flows still drain",
	[MWHY_CUT] = "the drain has ended",
	[MWHY_STAYS] = "traffic is there already, and stays until fallback",
	[MWHY_STAYS_UNTIMED] =
	    "traffic is there already, and stays, no longer for a time",
	[MWHY_STAYS_FOR] =
	    "traffic is there already, and returns unless confirmed in time",
	[MWHY_BUSY] = "another switch is under way",
	[MWHY_NO_SUCH_UPLINK] = "no such backup",
	[MWHY_LINK_FAILED] = "the backup was lost",
	[MWHY_NOT_PROVED] = "the backup could not be proved",
	[MWHY_PRIMARY_NOT_GOOD] = "the primary is not good",
	[MWHY_NOTHING_TO_CONFIRM] = "nothing waits to be confirmed",
	[MWHY_NOT_HELD] = "nothing is held",
	[MWHY_SUPERSEDED] = "superseded by another request",
	[MWHY_AWAY] = "traffic is on the backup",
	[MWHY_NOT_CALM] = "not while the primary is in doubt",
	[MWHY_IS_DOWN] = "not while the primary is down",
	[MWHY_IS_HELD] = "not while traffic is held",
	[MWHY_DRILLED] = "the backup works",
	[MWHY_TAKEN] = "an outage came, or a switch: it is used as it is",
	[MWHY_CALLED_OFF] = "called off",
	[MWHY_NOT_STARTED] = "the backup could not be brought up",
	[MWHY_NOTED] = "noted",
	[MWHY_NOT_YET] = "starting: nothing is known yet",
	[MWHY_NOT_OURS] = "not about this",
	[MWHY_STALE] = "out of date",
	[MWHY_STOPPING] = "stopping",
};
NAMES(reasons, MREASON_MAX);

const char *
machine_state_name(enum machine_state s)
{
	return (LOOKUP(states, s));
}

const char *
machine_link_name(enum machine_link l)
{
	return (LOOKUP(links, l));
}

const char *
mevent_name(enum mevent_type t)
{
	return (LOOKUP(events, t));
}

const char *
maction_name(enum maction_type t)
{
	return (LOOKUP(actions, t));
}

const char *
malarm_name(enum malarm a)
{
	return (LOOKUP(alarms, a));
}

const char *
mreason_text(enum mreason r)
{
	return (LOOKUP(reasons, r));
}
