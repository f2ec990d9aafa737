/* SPDX-License-Identifier: ISC */
/*
 * What the files of the parent share.  The parent decides and does nothing
 * itself: facts and rounds come in from the children, go through the state
 * machine (machine.h), and leave as wishes to the children.
 *
 *	parent.c	the loop, the children, what comes from whom
 *	reload.c	a configuration on its way in
 *	engine.c	events into the machine, its actions out
 *	engine_event.c	the account of an event
 *	engine_facts.c	what the kernel says of an uplink
 *	engine_round.c	what a round of probes means
 *	decide.c	one verdict of an uplink's two families
 *	failure.c	why a backup failed, in words
 *	unfit.c		why one could not take over, before it has to
 *	notice.c	what is told of rounds that move nothing
 *	link.c		one backup being brought up or hung up, step by step
 *	link_hook.c	the same of an interface, by hooks
 *	cost.c		what backups cost, and may
 *	drilling.c	tests of backups, when and how they went
 *	link_radio.c	cards and networks of packet modems
 *	history.c	events on disk
 *	samples.c	rounds on disk, for reports and replays
 *	control.c	clients; show.c the facts they ask for
 *	verbs.c		what operators ask for; request.c that in words
 *	asked.c		the same in the story of an event
 *	show_verdict.c	how things stand, in a few words
 *	peering.c	the peers' protocol (peers.h) in the daemon
 *	foresee.c	the steps of a switch, before it is asked for
 */
#ifndef PARENT_PARENT_H
#define PARENT_PARENT_H

#include <sys/types.h>

#include <event.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/imsg.h"
#include "common/monotime.h"
#include "common/msg.h"
#include "common/proc.h"
#include "parent/ctl.h"
#include "parent/decide.h"
#include "parent/heartbeat.h"
#include "parent/machine.h"

enum child_id { CHILD_PROBER, CHILD_DIALER, CHILD_NETCONF, CHILD_MAX };

struct child {
	struct imsgev iev;
	const char *name;
	pid_t pid;
	int ready;
	int state; /* for os_process_waits() */
	struct heartbeat heartbeat;
	char sandbox[MSG_TEXT_LEN];
};

/* Steps of bringing a backup up and down; see link.c. */
enum link_phase {
	LINK_IDLE,
	LINK_OPENING, /* TTY_OPEN sent */
	LINK_DIALING, /* DIAL sent */
	LINK_NEGOTIATING, /* PPP_START sent */
	LINK_PREPARING, /* NET_WANT sent, for its own table */
	LINK_UP,
	LINK_ENDING, /* PPP_STOP sent */
	LINK_REOPENING, /* TTY_OPEN sent, to hang up what was adopted */
	LINK_HANGING_UP, /* HANGUP sent */
	LINK_STARTING, /* LINK_START sent; see link_hook.c */
	LINK_AWAITING, /* what the start hook has promised */
	LINK_STOPPING, /* LINK_STOP sent */
	LINK_PHASE_MAX
};

/* A modem in standby; see link_warm.c. */
enum link_warm { LINK_COLD, LINK_WARM_OPENING, LINK_WARM };

/* What the machine is told when the link has come to rest. */
enum link_report { LINK_REPORT_NONE, LINK_REPORT_FAILED, LINK_REPORT_DOWN };

struct link {
	enum link_phase phase;
	uint32_t gen; /* of this try */
	uint32_t phone; /* index of the next number */
	enum link_report report;
	uint32_t class; /* with LINK_REPORT_FAILED: enum msg_link_class */
	int again; /* to be started as soon as it is idle */
	int dialer_has_tty;
	struct event timer;
	struct monotime began;
	struct monotime answered; /* the call, or the start hook has ended */
	struct monotime prepared; /* it is up */
	int called; /* this try got so far as to place a call */
	int stopped; /* its stop hook has ended, but it is still up */
	uint32_t strays; /* times that it came up after that */
	uint32_t absent; /* times in a row that its port was not opened */
	uint64_t dials;
	uint64_t dialed; /* that ended in a link */
	uint64_t failed; /* and that did not */
	char last_error[MSG_TEXT_LEN];
	struct monotime failed_at; /* when that was */
	int was_proved; /* and it had been, before it was lost */
	struct msg_modem modem; /* as the dialer told last */
	enum link_warm warm;
	struct event warm_timer;
	uint32_t refused; /* times in a row that it was not ready */
	char not_ready[MSG_TEXT_LEN]; /* and why; empty: it is, or may be */
	struct msg_ppp_up ppp;
};

/* The rounds of one family through an uplink. */
struct rounds {
	struct msg_round last; /* the last one that was good or bad */
	int known; /* last holds one */
	int congested; /* the latest was */
	uint32_t bad; /* in a row */
	uint64_t count[MSG_VOID + 1]; /* by verdict */
	int alarmed; /* that it is down, while the site stays */
};

/* A far target that is silent while others answer. */
struct silence {
	uint32_t rounds; /* in a row */
	uint32_t answered; /* rounds in a row since it was told */
	int told;
	struct monotime alarmed; /* invalid: never yet */
};

/* What rounds through an uplink have shown. */
struct seen {
	struct rounds rounds[FAMILIES];
	struct decide decide; /* what counts of them */
	int known; /* verdict holds one */
	uint32_t verdict; /* enum msg_verdict, the last that counted */
	uint32_t cause; /* enum msg_cause, of the last bad one */
	struct monotime good_since; /* invalid: the last was not good */
	struct monotime congested_since; /* invalid: it is not */
	int congested_told;
	struct silence silence[CONF_TARGETS_MAX];
};

/* Of a backup: what budget and hours allow, see cost.c. */
struct account {
	struct monotime connected; /* counted until then; invalid: it is not */
	struct monotime used_up; /* since then; invalid: it is not */
	int told; /* an alarm of its budget went out */
	int hours_told; /* that its hours end */
	const char *barred; /* why no call may be placed, or NULL */
};

struct uplink {
	struct conf_uplink conf;
	struct msg_facts facts;
	int facts_known;
	int told; /* the machine knows what was_up says */
	int was_up; /* interface backups, and the primary's carrier */
	const char *lacks_told; /* as uplink_lacks had it */
	struct link link;
	struct seen seen;
	struct monotime proved; /* the last good round; invalid: never yet */
	struct monotime drill_failed; /* invalid: none, or not in this run */
	struct monotime
	    rounds_failed; /* not the targets' fault; invalid: never */
	int proving;
	struct monotime proving_since;
	struct monotime proving_until;
	struct account account;
	int octets_known; /* of its interface, since that came to be */
	uint64_t received;
	uint64_t sent;
	int64_t active_ms; /* that it carried traffic, until the last switch */
	uint32_t probe_mode; /* enum msg_probe_mode */
	uint32_t probe_every_ms; /* of a hot backup in standby */
	uint32_t probe_gen;
	struct msg_stats stats[CONF_TARGETS_MAX]; /* as last asked for */
};

struct config {
	uint32_t gen;
	int complete; /* all of it has come */
	int has_global;
	uint8_t sha256[32];
	struct conf_global global;
	uint32_t nuplinks; /* announced */
	uint32_t got; /* uplinks that have come, bit mask */
	struct conf_uplink uplink[CONF_UPLINKS_MAX];
	struct msg_identity identity; /* if there are peers */
	uint32_t npeers; /* that have come */
	uint32_t peers_due; /* announced */
	struct conf_peer *peer;
	uint8_t *peer_lists; /* of all of them, as announced */
	uint8_t *lists_end; /* behind what has come */
	size_t lists_left;
};

struct parent {
	struct child child[CHILD_MAX];
	struct config conf; /* in force */
	struct uplink uplink[CONF_UPLINKS_MAX];
	struct machine machine;
	struct machine_conf mconf;
	struct monotime started;
	int64_t loaded_ns; /* wall clock of the last good load */
	int64_t since_ns; /* wall clock of the last change of state */
	int verbose;
	char boot[40]; /* which one this is; empty: unknown */
	uint32_t failed_dials; /* of the machine, as written to disk */
	char host[64];
	char sandbox[MSG_TEXT_LEN];
	int exit_code;
	int quitting;
	int network_known;
	int network_ok;
	uint32_t left; /* of ours, by the proof of the last return */
	char network_why[MSG_TEXT_LEN]; /* if not: step and reason */
	struct msg_net_notes notes;
	struct msg_glance glance; /* as last asked for */
	struct ctl_event event; /* the present one, or the last */
	struct monotime event_began;
	struct monotime outage_began; /* invalid: there is none, or unknown */
	struct monotime returned; /* it has, verified; invalid: not yet */
	struct monotime asked; /* the last failover that an operator wanted */
	uint32_t draining; /* number of the one before, which still drains */
	struct monotime backup_since; /* invalid: traffic is on the primary */
	uint32_t detect_ms;
	uint32_t dial_ms;
	uint32_t apply_us;
	uint32_t moved_us; /* of it, until traffic was */
	/* for the metrics, since the start */
	int reload_failed; /* the last one */
	enum msg_conf_source conf_source; /* of what is in force */
	int restore; /* -r: the last confirmed one is better than none */
	int unconfirmed; /* what is started with has yet to be confirmed */
	uint32_t event_cause; /* enum msg_cause, or CTL_CAUSE_ASKED */
	uint64_t failovers[CTL_CAUSES];
	uint64_t fallbacks[CTL_CAUSES];
	struct histogram phase[CTL_PHASES];
	uint64_t hook_failures; /* of switches and of links */
	uint32_t active; /* uplink, as counted in its active_ms */
	struct monotime active_since;
};

extern struct parent *parent;

/* parent.c */
/* Send to a child; failure to queue is fatal. */
void parent_send(enum child_id, uint32_t type, int fd, const void *, size_t);
/* Exactly so long: 0; else -1, and its sender is given up. */
int parent_get(enum child_id from, struct imsg *, void *, size_t);
/* A message that cannot be: like the death of its sender. */
void parent_distrust(enum child_id, uint32_t type);
/* A message from a child, whatever it says. */
void parent_dispatch_one(enum child_id from, struct imsg *);
/* End the loop with this exit code, leaving the network as it is. */
void parent_quit(int code);

/* reload.c */
/* 0: on its way, 1: another one is under way.  ctl: whom to answer, or 0. */
int reload_begin(enum msg_conf_source, uint32_t for_s, uint32_t ctl);
int reload_confirm(void); /* 0, or -1: nothing to confirm */
/* Seconds until it goes back, or 0: nothing to confirm. */
uint32_t reload_confirm_s(void);
void reload_dispatch_netconf(uint32_t type, struct imsg *);
void reload_ack(enum child_id, uint32_t gen);
/* Processes change over just now: no link may be started. */
int reload_changing(void);
uint32_t reload_left_s(void); /* at most, of the one under way */
/* A link has come to rest: a reload may have waited for it. */
void reload_link_idle(void);

/* engine.c */
void engine_start(void); /* the first configuration is in force */
int engine_ready(void); /* and netconf said what it found */
void engine_reloaded(const struct config *old);
void engine_event(struct mevent *);
void engine_net_step(const struct msg_net_step *);
void engine_net_done(const struct msg_net_done *);
void engine_adopt(const struct msg_net_adopt *);
void engine_drained(const struct msg_net_drained *);
void engine_net_blocked(const struct msg_net_blocked *);
void engine_net_proof(const struct msg_net_proof *);
void engine_hook_done(const struct msg_hook_done *);
/* A wish of the machine's as netconf is told of it. */
void engine_fill_want(const struct machine_want *, struct msg_net_want *);
/* Ask netconf to lay what a new link needs; link_prepared comes later. */
void engine_prepare(uint32_t uplink);
/* The prober has a new configuration: tell it the uplink's mode again. */
void engine_probe_again(uint32_t uplink);
/* What is wrong with it; of a link that is lost the kernel knows more. */
uint32_t engine_primary_cause(void);
const char *uplink_name(uint32_t id);

/* engine_event.c */
void engine_event_begin(enum mreason);
void engine_event_end(enum mreason);
/* The event of that number, the present one or one that is over, or NULL. */
struct ctl_event *engine_event_of(uint32_t number);
bool engine_event_open(void);
/*
 * Where times of an uplink go that is tried; NULL: there is no event, or a
 * backup is in use already.
 */
struct ctl_event *engine_event_spans(uint32_t uplink);
void engine_event_state(enum machine_state to, enum mreason);
void engine_event_moved(void); /* traffic is on a backup: a failover */
/* In ms, rounded up, as 0 stands for what is not known. */
uint32_t engine_ms_since(struct monotime);
/* More became known of it. */
void engine_amend(struct ctl_event *);
/* The one that still drains off this uplink while another has begun, or NULL. */
struct ctl_event *engine_draining(uint32_t uplink);
/* What this uplink carries from now on is of no event before. */
void engine_event_anew(uint32_t uplink);
/* Time with traffic on a backup goes to the account. */
void engine_backup_time(void);
void engine_account(void); /* of the event, written for a next run */

/* engine_facts.c */
/*
 * Why a backup that needs no call could carry no traffic now, or NULL: it
 * can, needs a call, or nothing is known of it.
 */
const char *uplink_lacks(uint32_t id);
void engine_facts(const struct msg_facts *);
/* The machine is told of the link as it was last known, if it has changed. */
void engine_tell_link(uint32_t id);

/* engine_round.c */
void engine_round(const struct msg_round *);
/* Its rounds are no proof any more: without a verdict in time they failed. */
void engine_proof_ends(uint32_t id);
uint32_t uplink_families(uint32_t id); /* mask: whose rounds count */
/* In a row, of all that counts. */
uint32_t uplink_bad_rounds(uint32_t id);
/* "IPv6 " if it has to be told apart, else "". */
const char *uplink_family(const struct uplink *, uint32_t family);
/* The same of the one that is down for this cause; "" if both are. */
const char *uplink_faulty_family(uint32_t id, uint32_t cause);

/* failure.c */
/* Why this backup could not be brought up or proved just now; or empty. */
void failure_text(uint32_t id, char *buf, size_t size);

/* unfit.c */
/* Could this backup not take over, as far as is known, and why; else empty. */
int uplink_unfit(uint32_t id, char *why, size_t size);

/* notice.c */
/* verdict: what the round meant for the whole, MSG_VOID: nothing. */
void notice_round(uint32_t id, const struct msg_round *, uint32_t verdict);

/* link.c */
void link_init(uint32_t uplink);
void link_start(uint32_t uplink);
void link_stop(uint32_t uplink);
/* Start those that had to wait for a reload. */
void link_resume(void);
void link_prepared(uint32_t uplink);
/* Of an interface with hooks: it was up already, or came or went. */
void link_found(uint32_t uplink);
void link_seen(uint32_t uplink);
void link_dispatch_netconf(uint32_t type, struct imsg *);
void link_dispatch_dialer(uint32_t type, struct imsg *);
const char *link_status(const struct uplink *);

/* link_warm.c */
void link_cool(uint32_t uplink); /* let go of the port, for a reload */
void link_warm_end(struct uplink *); /* it will be another one */

/* link_modem.c */
void link_got_modem(struct imsg *);
/* Is it ready to be dialled, and what had to be done to bring it there? */
void link_modem_text(const struct uplink *, char *text, size_t size);

/* link_radio.c */
void link_radio_reloaded(void); /* another configuration is in force */
void link_radio_dispatch(enum child_id, uint32_t type, struct imsg *);
/* What a packet modem told last and how long ago; NULL: nothing. */
const struct msg_radio *link_radio(uint32_t id, uint32_t *age_s);

/* foresee.c */
/* kind: enum ctl_plan_kind; id: the backup, or MACHINE_NONE. */
void foresee(uint32_t ctl, uint32_t kind, uint32_t id);
void foresee_step(const struct msg_net_plan_step *);
void foresee_end(const struct msg_net_plan_end *);

/* show.c */
/* Whole seconds until then, 0 if it has come. */
uint32_t show_seconds_left(struct monotime);
/* The same of what drains off a backup; show_verdict.c. */
uint32_t show_drain_left(void);
void show_send(uint32_t ctl, const struct ctl_show *);
void show_peers(uint32_t ctl, const char *name); /* show_peers.c */
void show_radio(struct ctl_radio *, uint32_t id); /* show_radio.c */
void show_count_peers(struct ctl_summary *);
void show_verdict(struct ctl_summary *); /* show_verdict.c */
void show_stats(const struct msg_stats *);
void show_stats_end(uint32_t asker);
void show_glance(const struct msg_glance *);
void show_net_line(const struct msg_net_line *);
void show_conf_text(const struct msg_conf_text *);
void show_text_end(uint32_t asker);
/* What its past tells; show_backup.c. */
void show_backup(struct ctl_uplink *, uint32_t id);
/* When it was last proved, by the wall clock, 0: unknown; 0: it is not known. */
int show_proved(uint32_t id, int64_t *at_ns, uint32_t *ago_s);

#endif
