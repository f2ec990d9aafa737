/* SPDX-License-Identifier: ISC */
/*
 * The failover state machine: a pure function of (state, event, time).
 *
 *	           good                    1 + retry bad
 *	starting -------> primary <------> suspect ----.
 *	    |                ^  ^   good               |
 *	    | 1+retry bad    |  '--------------------. | (or carrier lost)
 *	    |                | verified, drained     | v
 *	    '----------------|--------------------> dialing <---> stranded
 *	                     |                         | proved   (tries used
 *	                 returning <---- backup <------'           up; either
 *	                          due, or asked                    uplink works)
 *
 * It knows no descriptor, no clock and no address: events come in by
 * machine_step, what is to be done goes out in a bounded, ordered list.  The
 * table of transitions is in machine_table.c; machine_event.c counts rounds
 * and follows links, machine_try.c runs the one try at a backup, machine_net.c
 * keeps the wanted network, machine_hot.c backups that stand by hot,
 * machine_better.c the way from a backup to one written before it,
 * machine_drill.c tests of backups, machine_op.c takes requests and reloads.
 *
 * Invariants, explored by regress/unit/machine_explore_test.c (those that one
 * state shows are in machine_check):
 *
 *  1. There is always exactly one wanted uplink, and it is configured.
 *  2. At most one uplink is being started, proved or waited for at a time,
 *     and none is started while another is being started or hung up.
 *  3. No link is hung up while traffic may be on it: neither while it is
 *     wanted or drained, nor before another uplink is verified (applied and
 *     read back) as active.
 *  4. Traffic goes to a backup only when that has been proved since its link
 *     came up; to a hot one without a new proof only while its last one is
 *     fresh.  But for: it was found carrying traffic, or still drains; the
 *     site is stranded and the primary has no carrier; or the primary was
 *     seen dead while the far targets lived, and now they are dead through
 *     both.
 *  5. The primary may be set down (want.shut) only in state backup, after
 *     the backup was proved and verified.
 *  6. Every state but primary and backup has a deadline; so has backup when
 *     a return is only a matter of time, and stranded, however often dials
 *     failed, as long as there is a backup: it never stops trying.
 *  7. A congested or void round never moves traffic and never counts as bad.
 *  8. A hold moves no traffic, both ways, until it ends or an operator asks.
 *  9. Each operator's request gets exactly one MACT_REPLY.
 * 10. A hot backup's link that works is never hung up; without traffic on
 *     it, and no try under way, it is being kept up and proved.
 * 11. Where budget or hours allow no call, none is placed, a hot one is not
 *     kept up, and no traffic moves there, unless an operator asks.  A link
 *     that carries traffic stays.
 * 12. A drill begins only while the primary works and nothing is under way,
 *     moves no traffic, and ends exactly once.
 *
 * The loop around it calls machine_step with MEV_TICK when machine_deadline
 * has come, and before any other event that comes later than that.
 */
#ifndef PARENT_MACHINE_H
#define PARENT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "common/msg.h"

#define MACHINE_PRIMARY     0u
#define MACHINE_BACKUPS_MAX CONF_BACKUPS_MAX
#define MACHINE_UPLINKS     CONF_UPLINKS_MAX
#define MACHINE_NONE        MSG_UPLINK_NONE

/* Dials that failed within an hour before only one each 10 minutes is left. */
#define MACHINE_DIAL_CAP          12
#define MACHINE_DIAL_CAP_EVERY_MS (60 * 60 * 1000)
#define MACHINE_DIAL_CAP_GAP_MS   (10 * 60 * 1000)
/* A link must have been up so long before its back-off starts afresh. */
#define MACHINE_BACKOFF_RESET_MS (60 * 1000)
/* No verdict by then, from adoption: starting and suspect end without one. */
#define MACHINE_START_MS   (10 * 1000)
#define MACHINE_SUSPECT_MS (30 * 1000)
/* netconf's answer to an apply, and the pause before the next try. */
#define MACHINE_APPLY_MS        (10 * 1000)
#define MACHINE_APPLY_PAUSE_MS  (1 * 1000)
#define MACHINE_APPLY_TRIES     3 /* of a return, before it is put off */
#define MACHINE_RETURN_PAUSE_MS (60 * 1000)
/* A hang-up takes at most so long (ppp.md: SIGTERM, SIGKILL, DTR, ATZ). */
#define MACHINE_STOP_MS (20 * 1000)
/* netconf reports the end of a drain; so long after it was due we end it. */
#define MACHINE_DRAIN_GRACE_MS (10 * 1000)
/* The operator's fallback waits so long for a primary that was set down. */
#define MACHINE_FALLBACK_MS (30 * 1000)
/* An account that was refused may be locked by more tries. */
#define MACHINE_REFUSED_MAX 3
#define MACHINE_REFUSED_MS  (5 * 60 * 1000)
/* A try that placed no call (the port is missing) costs nothing. */
#define MACHINE_UNCALLED_MS (30 * 1000)
/* A backup that gave up is tried again when nothing else is left. */
#define MACHINE_GIVEUP_MS (60 * 60 * 1000)
/* Between proofs of a backup without a back-off of its own, doubled. */
#define MACHINE_BACKOFF_MS     (10 * 1000)
#define MACHINE_BACKOFF_MAX_MS (5 * 60 * 1000)
/* A back-off that was doubled differs by so many per mille, from -20 %. */
#define MACHINE_SPREAD 400
/* Between rounds through a better backup that does not stand by hot. */
#define MACHINE_BETTER_MS (10 * 1000)
/* A backup that may not be tried for longer loses its turn to the next. */
#define MACHINE_TURN_WAIT_MS (30 * 1000)

/*
 * Far targets dead through every uplink: looked at again after so long,
 * doubled each time; a backup that must be dialled far less often.
 */
#define MACHINE_TARGET_MS          (60 * 1000)
#define MACHINE_TARGET_MAX_MS      (10 * 60 * 1000)
#define MACHINE_TARGET_DIAL_MS     (10 * 60 * 1000)
#define MACHINE_TARGET_DIAL_MAX_MS (24 * 60 * 60 * 1000)

enum machine_state {
	MACHINE_STARTING,
	MACHINE_ON_PRIMARY,
	MACHINE_SUSPECT,
	MACHINE_DIALING,
	MACHINE_ON_BACKUP,
	MACHINE_RETURNING,
	MACHINE_STRANDED,
	MACHINE_STATE_MAX
};

/*
 * What happened.  The fields of struct mevent that go with it are named
 * behind it; all others are ignored.  Adopt must be the first event, or
 * starting ends by its deadline as if nothing had been found.
 */
enum mevent_type {
	MEV_ADOPT, /* uplink: carries traffic; up: its link is there */
	MEV_ROUND, /* uplink, verdict, cause, same */
	MEV_CARRIER, /* of the primary; up */
	MEV_LINK_UP, /* uplink: has addresses (asked for, or found) */
	MEV_LINK_FAILED, /* uplink, class, uncalled, ms: wait at least; down */
	MEV_LINK_DOWN, /* uplink: hung up as asked, or lost */
	MEV_PROVED, /* uplink */
	MEV_PROOF_FAILED, /* uplink, same */
	MEV_APPLIED, /* gen: done and read back equal */
	MEV_APPLY_FAILED, /* gen */
	MEV_DRAINED, /* uplink: its last old flow has gone or was cut */
	MEV_ALLOW, /* uplink, up: its budget and hours allow a call */
	MEV_MEASURED, /* uplink, as asked by MACT_MEASURE */
	MEV_TICK, /* machine_deadline has come */
	/* an operator's requests; id is never 0 */
	MEV_FAILOVER, /* id, uplink or MACHINE_NONE (first), ms or 0 */
	MEV_FALLBACK, /* id */
	MEV_CONFIRM, /* id */
	MEV_HOLD, /* id, ms or 0: for ever */
	MEV_RELEASE, /* id */
	MEV_DRILL, /* id, or 0: the schedule; uplink or MACHINE_NONE (first) */
	MEV_RELOAD, /* map; the conf passed with it is the new one */
	MEV_STOP, /* the daemon is asked to end; id: 0, or who asked to clear */
	MEVENT_MAX
};

struct mevent {
	enum mevent_type type;
	uint32_t uplink;
	uint32_t verdict; /* enum msg_verdict */
	uint32_t cause; /* enum msg_cause, with MSG_BAD */
	/*
	 * Through this backup, whose link is up, exactly those far targets
	 * are dead which are dead through the primary as well, and there are
	 * some: then it may be the targets' fault.
	 */
	bool same;
	bool up;
	uint32_t class; /* enum msg_link_class */
	bool uncalled; /* it failed before a call was placed */
	uint32_t gen;
	uint32_t ms;
	uint32_t id; /* of the operator's request, comes back in MACT_REPLY */
	/*
	 * map[old] is the new id of an unchanged uplink, MACHINE_NONE if it
	 * was removed or changed.  map[0] is 0 or MACHINE_NONE.
	 */
	uint32_t map[MACHINE_UPLINKS];
};

enum maction_type {
	MACT_STATE, /* from, to, reason: for the log and the history */
	MACT_APPLY, /* gen: send machine.want to netconf */
	MACT_START, /* uplink: open and dial, or run its start hook */
	MACT_STOP, /* uplink: hang up; answered by MEV_LINK_DOWN */
	MACT_PROVE, /* uplink, ms: rounds through it until the first verdict */
	MACT_PROBE, /* uplink: round after round from now (active backup) */
	MACT_KEEP, /* uplink, ms: a round so often (hot backup in standby) */
	MACT_PROBE_OFF, /* uplink */
	MACT_BURST, /* the primary: rounds without delay until MACT_PROBE 0 */
	MACT_DRILL_BEGIN, /* uplink */
	MACT_MEASURE, /* uplink, ms: answered by MEV_MEASURED */
	MACT_DRILL_END, /* uplink (MACHINE_NONE: it is no more), ok, reason */
	MACT_EVENT_BEGIN, /* reason: an outage or a switch asked for begins */
	MACT_EVENT_END, /* reason */
	MACT_ALARM, /* alarm, uplink or MACHINE_NONE, reason */
	MACT_REPLY, /* id, uplink it was about, ok, reason */
	MACT_EXIT, /* ok, id: take everything of ours out; else leave it */
	MACTION_MAX
};

enum malarm {
	MALARM_FAILOVER, /* traffic is on a backup */
	MALARM_FALLBACK, /* back on the primary */
	MALARM_STRANDED, /* no uplink works */
	MALARM_TARGET, /* far targets are dead through every uplink */
	MALARM_BACKUP, /* the active backup was lost */
	MALARM_GIVE_UP, /* a backup needs a person: credentials, device */
	MALARM_DIAL_CAP, /* too many failed dials: fewer from now on */
	MALARM_FLAP, /* too many failovers: the return waits longer */
	MALARM_HELD, /* the held uplink is down and stays wanted */
	MALARM_HOLD_ENDED,
	MALARM_UNCONFIRMED, /* failover for: nobody confirmed */
	MALARM_APPLY, /* the network could not be set as wanted */
	MALARM_NOT_READY, /* a hot backup could not take over at once */
	MALARM_READY, /* and now it can */
	MALARM_DRILL, /* a backup failed its drill */
	MALARM_MAX
};

/* Why: of a transition, a refused request, an ignored event. */
enum mreason {
	MWHY_NONE,
	/* transitions and causes */
	MWHY_START,
	MWHY_GOOD,
	MWHY_BAD,
	MWHY_DOWN,
	MWHY_CARRIER,
	MWHY_MOMENTARY,
	MWHY_CONGESTED,
	MWHY_NO_VERDICT,
	MWHY_ADOPTED,
	MWHY_PROVED,
	MWHY_PROVED_BEFORE,
	MWHY_NOT_UP,
	MWHY_NO_ANSWER,
	MWHY_PROOF_OLD,
	MWHY_TARGET,
	MWHY_TARGET_AGAIN,
	MWHY_TRIES_USED_UP,
	MWHY_NO_BACKUP,
	MWHY_BACKUP_LOST,
	MWHY_BACKUP_REMOVED,
	MWHY_DUE,
	MWHY_BETTER,
	MWHY_ASKED,
	MWHY_UNCONFIRMED,
	MWHY_HELD,
	MWHY_HOLD_ENDED,
	MWHY_HELD_ELSEWHERE,
	MWHY_DONE,
	MWHY_NEXT,
	MWHY_APPLY_FAILED,
	MWHY_PRIMARY_BAD,
	MWHY_PRIMARY_GOOD,
	MWHY_NOT_DOWN,
	MWHY_RELOADED,
	MWHY_FLAP,
	MWHY_DIAL_CAP,
	MWHY_GAVE_UP,
	MWHY_BARRED,
	MWHY_STOP,
	/* answers to an operator */
	MWHY_OK,
	MWHY_ALREADY,
	MWHY_DRAINS,
	MWHY_CUT,
	MWHY_STAYS,
	MWHY_STAYS_FOR,
	MWHY_STAYS_UNTIMED,
	MWHY_BUSY,
	MWHY_NO_SUCH_UPLINK,
	MWHY_LINK_FAILED,
	MWHY_NOT_PROVED,
	MWHY_PRIMARY_NOT_GOOD,
	MWHY_NOTHING_TO_CONFIRM,
	MWHY_NOT_HELD,
	MWHY_SUPERSEDED,
	MWHY_NOT_CALM,
	MWHY_IS_DOWN,
	MWHY_IS_HELD,
	MWHY_AWAY,
	MWHY_DRILLED,
	MWHY_TAKEN,
	MWHY_CALLED_OFF,
	MWHY_NOT_STARTED,
	/* events that change nothing */
	MWHY_NOTED,
	MWHY_NOT_YET,
	MWHY_NOT_OURS,
	MWHY_STALE,
	MWHY_STOPPING,
	MREASON_MAX
};

struct maction {
	enum maction_type type;
	uint32_t uplink;
	uint32_t ms;
	uint32_t gen;
	uint32_t id;
	bool ok;
	enum mreason reason;
	enum malarm alarm;
	enum machine_state from;
	enum machine_state to;
};

#define MACTIONS_MAX 48
struct mactions {
	size_t n;
	bool overflow; /* a bug: the list was too short */
	struct maction list[MACTIONS_MAX];
};

/* What the machine has to know of an uplink; [0] is the primary. */
struct machine_uplink_conf {
	bool needs_dial; /* must be started and stopped */
	uint32_t dial_after_ms; /* of an outage before it may cost money */
	uint32_t start_ms; /* bound of a try, from MACT_START to link up */
	uint32_t prove_ms; /* bound of a proof */
	uint32_t redial; /* tries per turn, at least 1 */
	uint32_t backoff_ms;
	uint32_t backoff_max_ms;
	uint32_t drain_ms; /* when traffic leaves it; [0]: the primary */
	uint32_t hot_ms; /* kept up and proved so often; 0: cold */
	bool free; /* it costs nothing to probe it */
};

struct machine_conf {
	uint32_t nuplinks; /* the primary and its backups, at least 1 */
	struct machine_uplink_conf uplink[MACHINE_UPLINKS];
	uint32_t retry;
	bool automatic; /* fallback */
	bool shutdown; /* the primary is set down while on backup */
	uint32_t after_ms;
	uint32_t stable_ms;
	uint32_t flap_failovers; /* 0: no cap */
	uint32_t flap_every_ms;
	uint32_t flap_hold_ms;
};

enum machine_link {
	MACHINE_LINK_DOWN,
	MACHINE_LINK_STARTING,
	MACHINE_LINK_UP,
	MACHINE_LINK_STOPPING,
	MACHINE_LINK_MAX
};

/* Of a backup. */
struct machine_backup {
	enum machine_link link; /* without needs_dial: UP unless seen down */
	bool proved; /* since its link came up */
	bool stale; /* failed its proof: to be hung up before the next try */
	bool same; /* failed it at the primary's dead targets */
	bool gave_up; /* needs a person; tried again if nothing else is left */
	bool drilled; /* its link came up for a drill, which is over */
	bool barred; /* its budget or its hours allow no call */
	uint32_t tries; /* failed ones of this turn */
	uint32_t refused; /* the account, in a row */
	uint32_t fails; /* since the last 60 s up: exponent of the back-off */
	uint32_t bad; /* rounds in a row, while active */
	struct monotime since; /* of link */
	struct monotime not_before; /* back-off; invalid: at once */
	struct monotime good_at; /* the last good round through it */
	struct monotime good_since; /* the first of them in a row */
	/* while it stands by hot */
	bool kept; /* rounds go through it */
	bool eager; /* one after the other: the primary is in doubt */
	bool told; /* that it is not ready */
	struct monotime unready; /* since then; invalid: it is */
};

/* The primary, as seen through itself. */
struct machine_health {
	bool known; /* a round has counted */
	bool good; /* the last round that counted was */
	bool down; /* 1 + retry bad in a row, or carrier lost */
	bool carrier;
	bool congested; /* the latest round */
	uint32_t bad; /* in a row */
	uint32_t cause; /* enum msg_cause of the last bad one */
	struct monotime last_bad;
	struct monotime bad_since; /* the first one in a row */
	struct monotime good_since; /* first good round after the last bad */
	struct monotime anew; /* a reload made it another one; or never */
};

/* The network as it shall be: becomes struct msg_net_want. */
struct machine_want {
	uint32_t active;
	uint32_t drain; /* uplink that old flows may still use, or NONE */
	uint32_t drain_ms; /* 0: it ends now */
	uint32_t flush; /* uplink whose flows are forgotten, or NONE */
	bool shut; /* the primary may be set down */
};

enum machine_phase {
	MACHINE_TRY_NONE,
	MACHINE_TRY_WAIT, /* for dial after, back-off or a hang-up */
	MACHINE_TRY_START,
	MACHINE_TRY_PROVE,
	MACHINE_TRY_PROVED,
	MACHINE_TRY_FAILED,
	MACHINE_TRY_MAX
};

/* The one try at a backup that is under way. */
struct machine_try {
	enum machine_phase phase;
	uint32_t uplink;
	uint32_t done; /* bit mask: uplinks that had their turn */
	uint32_t class; /* enum msg_link_class, of the failure */
	uint32_t ms; /* to wait at least after it */
	bool dialed; /* MACT_START went out for this try */
	bool uncalled; /* but nothing was placed that costs */
	bool hangup; /* waits until its stale link is hung up */
	bool before; /* proved before there was need: it stood by hot */
	struct monotime deadline;
};

/* A test of a backup, under way by the one try. */
struct machine_drill {
	uint32_t uplink; /* MACHINE_NONE: none is */
	uint32_t id; /* of the operator's request, or 0 */
	bool measuring; /* it is proved */
	bool measured;
};

/* What operators asked for, and flaps: where traffic stays, and how long. */
struct machine_wish {
	uint32_t held; /* uplink, or MACHINE_NONE */
	struct monotime held_until;
	bool manual;
	bool go_back;
	struct monotime manual_until;
	bool flapping;
};

/* Fields are for reading (show); only machine_*.c writes them. */
struct machine {
	enum machine_state state;
	struct monotime since; /* of state */
	struct monotime deadline; /* of state; invalid: none */
	enum mreason reason; /* of the last transition */
	bool adopted;
	bool stopped;

	struct machine_want want;
	bool dirty; /* want changed in this step */
	uint32_t gen; /* of want */
	uint32_t verified; /* uplink last read back as active, or NONE */
	bool applying; /* gen is not answered yet */
	bool applied; /* gen was read back equal */
	uint32_t apply_fails; /* in a row */
	struct monotime apply_at; /* answer overdue, or next try */
	uint32_t announced; /* uplink last told to people as active */
	uint32_t probing; /* active backup in rounds, or NONE */
	uint32_t proving; /* backup in the rounds of a proof, or NONE */
	bool burst; /* the primary is probed without delay */
	bool burst_known;
	struct monotime drain_until;

	struct machine_health primary;
	struct machine_backup backup[MACHINE_UPLINKS]; /* [0] unused */
	struct machine_try try;
	struct machine_drill drill;

	bool event; /* an event is open */
	bool returned; /* and its return was verified */
	struct monotime down_at; /* declaration of the outage */
	struct monotime failover_at; /* traffic went to a backup */
	uint32_t jitter; /* per mille, of this return */
	struct monotime not_before; /* a return that failed was put off */
	bool go_back; /* at the primary's next good round */

	bool target; /* far targets are dead through every uplink */
	uint32_t target_fails;
	struct monotime target_again;

	bool manual; /* an operator put traffic where it is */
	struct monotime manual_until; /* unless confirmed */
	uint32_t held; /* uplink that is held, or NONE */
	struct monotime held_until; /* invalid: for ever */
	uint32_t request; /* id of the operator's pending switch, 0: none */
	uint32_t request_uplink;
	uint32_t request_ms;
	struct monotime request_until;
	bool request_cuts; /* it is to end the drain */

	struct monotime failover[CONF_FLAP_MAX]; /* ring */
	uint32_t nfailovers; /* ever, but those asked for */
	bool flapping; /* since the last failover */
	struct monotime failed_dial[MACHINE_DIAL_CAP]; /* ring */
	uint32_t nfailed_dials; /* ever */
	uint32_t alarmed; /* bit mask by malarm: told in this spell */
	/* an earlier run's, until what was found is adopted */
	struct machine_wish wish;
	uint64_t seed; /* of the jitter */
};

/*
 * Begin: state starting, primary wanted, nothing applied; out gets the
 * burst.  seed feeds the jitter only: the same seed and events give the same
 * actions, so a recorded event can be replayed.
 */
void machine_init(struct machine *, const struct machine_conf *, uint64_t seed,
    struct monotime now, struct mactions *out);

/*
 * One event.  out is emptied first; its order matters.  Returns the reason
 * of the last transition, or why the event changed no state.
 */
enum mreason machine_step(struct machine *, const struct machine_conf *,
    const struct mevent *, struct monotime now, struct mactions *out);

/*
 * What must outlive a restart, so that a power cut allows no more tries than
 * there were: in lengths, since moments of another boot mean nothing.
 */
struct machine_memory {
	uint32_t nfailed;
	int64_t failed_ms[MACHINE_DIAL_CAP]; /* dials, so long ago, in order */
	struct machine_grudge {
		uint32_t fails;
		uint32_t refused;
		uint32_t gave_up;
		int64_t wait_ms; /* before the next try */
	} backup[MACHINE_UPLINKS];
	/* machine_wish */
	uint32_t held;
	struct machine_stay {
		int64_t hold_ms; /* left; 0: for ever */
		uint32_t manual;
		uint32_t go_back;
		int64_t confirm_ms; /* left; 0: for good */
		uint32_t flapping;
	} stay;
	uint32_t nfailovers;
	int64_t failover_ms[CONF_FLAP_MAX]; /* so long ago, in order */
};
/* What is asked for now, also before it is adopted. */
void machine_wish_of(const struct machine *, struct machine_wish *);
void machine_remember(
    const struct machine *, struct monotime now, struct machine_memory *);
/* After machine_init: as it was elapsed_ms ago, as far as that is known. */
void machine_recall(struct machine *, const struct machine_conf *,
    struct monotime now, const struct machine_memory *, int64_t elapsed_ms);

/* When MEV_TICK is due; invalid: never, may lie in the past. */
struct monotime machine_deadline(
    const struct machine *, const struct machine_conf *);

/*
 * The network that a switch to this uplink asks for, or the end of a drain, if
 * traffic is there; nothing is changed.
 */
void machine_switch_want(const struct machine *, const struct machine_conf *,
    uint32_t uplink, struct machine_want *);
/*
 * The backup that a failover asked for now would bring traffic to (uplink:
 * the one that is named, or MACHINE_NONE), and whether a fallback may be
 * asked for: MWHY_OK, MWHY_STAYS, MWHY_DRAINS (it ends a drain) or
 * MWHY_ALREADY, or why not.
 */
enum mreason machine_may_failover(
    const struct machine *, const struct machine_conf *, uint32_t *uplink);
enum mreason machine_may_fallback(const struct machine *);
/* The same of a drill of that backup, or of the first. */
enum mreason machine_may_drill(
    const struct machine *, const struct machine_conf *, uint32_t *uplink);

/*
 * The way back, for show: what is still to be waited for, in ms, with the
 * jitter of after and stable.
 */
struct machine_return {
	bool possible; /* on a backup, automatic (or for D), not held */
	bool good; /* the primary's last round was */
	int64_t after_ms;
	int64_t stable_ms;
	int64_t put_off_ms; /* after one that failed; 0: none did, or served */
	int64_t flap_ms; /* 0: not flapping, or served */
	int64_t due_ms; /* all of it; -1: not to be told yet */
};
void machine_return_due(const struct machine *, const struct machine_conf *,
    struct monotime now, struct machine_return *);

/* The pause after the fails-th failure in a row; spread: 0-MACHINE_SPREAD. */
uint32_t machine_pause_ms(
    const struct machine_uplink_conf *, uint32_t fails, uint32_t spread);

/* MWHY_OK: this hot backup can take over at once; or why it cannot. */
enum mreason machine_ready(const struct machine *, const struct machine_conf *,
    uint32_t uplink, struct monotime now);

/* The first invariant that does not hold after a step; NULL if all do. */
const char *machine_check(const struct machine *, const struct machine_conf *,
    const struct mactions *);

/* Does a bad round's cause lie in the uplink itself, never in a target? */
bool machine_link_level(uint32_t cause);

/* "backup" and so on; "unknown" for a number out of range. */
const char *machine_state_name(enum machine_state);
const char *machine_link_name(enum machine_link);
const char *mevent_name(enum mevent_type);
const char *maction_name(enum maction_type);
const char *malarm_name(enum malarm);
/* A few words for the log and for an operator. */
const char *mreason_text(enum mreason);

#endif
