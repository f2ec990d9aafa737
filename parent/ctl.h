/* SPDX-License-Identifier: ISC */
/*
 * What dialfailctl and the parent say to each other over the control socket.
 * A request is one message; its answer is any number of records and exactly
 * one CTL_RESULT.  Records are facts, not prose: dialfailctl makes text or
 * JSON of them.  Wall-clock times are for printing only; 0 means unknown,
 * since a clock that was never set has no dates (design: times at boot).
 */
#ifndef PARENT_CTL_H
#define PARENT_CTL_H

#include <net/if.h>

#include <stdint.h>

#include "common/addr.h"
#include "common/conf.h"
#include "common/histogram.h"
#include "common/msg.h"

#define CTL_NAME_LEN        CONF_LABEL_LEN
#define CTL_WORD_LEN        32
#define CTL_EVENT_LEN       16 /* an event's id, with its NUL */
#define CTL_FOREVER         UINT32_MAX
#define CTL_FOR_MAX         (7 * 86400) /* seconds, longest hold or "for" */
#define CTL_PIECE_MAX       4096 /* of a CTL_TEXT */
#define CTL_READONLY_SUFFIX ".ro" /* of the socket beside, for monitoring */

enum ctl_what {
	CTL_SHOW_SUMMARY, /* SUMMARY, UPLINKs, TARGETs, PROCESSes, EVENTs */
	CTL_SHOW_TARGETS, /* TARGETs */
	CTL_SHOW_BACKUP, /* UPLINKs of backups */
	CTL_SHOW_PEERS, /* PEERs */
	CTL_SHOW_NETWORK, /* LINEs: differences first marked */
	CTL_SHOW_HISTORY, /* EVENTs, newest last */
	CTL_SHOW_EVENT, /* EVENT, then its LINEs */
	CTL_SHOW_CONFIG, /* TEXTs */
	CTL_SHOW_METRICS, /* as SUMMARY */
	CTL_SHOW_PROMETHEUS, /* as SUMMARY */
	CTL_SHOW_PEER_METRICS, /* PEERs */
	CTL_SHOW_PEER_PROMETHEUS, /* PEERs */
	CTL_SHOW_PROBES, /* TEXTs: lines as in sample.h */
	CTL_SHOW_MAX
};

#define CTL_SUMMARY_EVENTS 3 /* the last ones, newest last */

/* CTL_SHOW */
struct ctl_show {
	uint32_t what; /* enum ctl_what */
	char name[CTL_NAME_LEN]; /* event's id, or peer; empty: last, all */
};

/* CTL_FAILOVER */
struct ctl_failover {
	char name[CTL_NAME_LEN]; /* backup; empty: the first that works */
	uint32_t for_s; /* goes back by itself; 0: does not */
};

/* CTL_PLAN, and the first record of its answer: then it has a name */
enum ctl_plan_kind { CTL_PLAN_FAILOVER, CTL_PLAN_FALLBACK };
struct ctl_plan {
	uint32_t kind; /* enum ctl_plan_kind */
	char name[CTL_NAME_LEN]; /* backup; empty: as failover takes it */
};

/* CTL_DRILL */
struct ctl_name {
	char name[CTL_NAME_LEN]; /* backup; empty: the first */
};

/* CTL_GRANT */
struct ctl_grant {
	char name[CTL_NAME_LEN];
	uint32_t cost; /* enum conf_cost */
	uint32_t reserved;
	uint64_t amount; /* more, once: ms, octets, calls */
};
#define CTL_GRANT_MAX (1ULL << 50)

/* CTL_FORGET */
struct ctl_forget {
	char name[CTL_NAME_LEN]; /* of a peer */
};

/* CTL_HOLD (CTL_FOREVER possible), CTL_RELOAD (0: no confirmation needed) */
struct ctl_time {
	uint32_t for_s;
};

/* CTL_LOG */
struct ctl_log {
	uint32_t verbose; /* 0 or 1 */
};

/* What comes with any request. */
union ctl_request {
	struct ctl_show show;
	struct ctl_failover failover;
	struct ctl_name name;
	struct ctl_grant grant;
	struct ctl_plan plan;
	struct ctl_forget forget;
	struct ctl_time time;
	struct ctl_log log;
};

/* Requests that only look; the configuration may name accounts. */
static inline int
ctl_only_looks(uint32_t type, const union ctl_request *r)
{
	if (type == IMSG_CTL_SHOW)
		return r->show.what != CTL_SHOW_CONFIG;
	return type == IMSG_CTL_MONITOR || type == IMSG_CTL_PLAN;
}

/* Why traffic moved: an enum msg_cause (NONE: unknown), or asked for. */
#define CTL_CAUSE_ASKED MSG_CAUSE_MAX
#define CTL_CAUSES      (MSG_CAUSE_MAX + 1)

/* What a failover consists of. */
enum ctl_phase {
	CTL_PHASE_DETECT, /* last answer to verdict */
	CTL_PHASE_DIAL, /* dial command to link */
	CTL_PHASE_PROVE, /* link to first good round */
	CTL_PHASE_APPLY, /* change of the network */
	CTL_PHASE_PEERS, /* from then until the last of them knows */
	CTL_PHASES
};

/*
 * CTL_FALLBACK, CTL_CONFIRM, CTL_RELEASE, CTL_CLEAR, CTL_MONITOR, CTL_TEST:
 * nothing
 */

/* Why a datagram in a peer's name, or a peer's statement, did nothing. */
enum ctl_refusal {
	CTL_REFUSAL_MALFORMED,
	CTL_REFUSAL_STRANGER, /* by no peer, or not for us */
	CTL_REFUSAL_FORGED,
	CTL_REFUSAL_LIMITED, /* too many */
	CTL_REFUSAL_REPLAYED,
	CTL_REFUSAL_ADDRESS,
	CTL_REFUSAL_NAT,
	CTL_REFUSAL_MOVES,
	CTL_REFUSAL_FAILED, /* by the kernel */
	CTL_REFUSALS
};

/* All peers together, since the start. */
struct ctl_peering {
	uint64_t sent; /* statements */
	uint64_t accepted;
	uint64_t refused[CTL_REFUSALS];
	struct histogram acknowledge; /* after a switch */
};

struct ctl_summary {
	uint32_t pid;
	uint32_t clock_sane;
	int64_t time_ns; /* wall clock now */
	uint32_t uptime_s;
	/* moments that do not change while the clock is not set; 0: unknown */
	int64_t started_ns;
	int64_t alarm_oldest_ns;
	int64_t hold_until_ns; /* 0: for ever, too */
	char version[CTL_WORD_LEN];
	char host[64];
	char verdict[MSG_TEXT_LEN];
	char state[CTL_WORD_LEN];
	int64_t since_ns; /* wall clock of the last change of state */
	uint32_t since_s;
	char event[CTL_EVENT_LEN]; /* empty: none is going on */
	char event_text[MSG_TEXT_LEN];
	uint32_t held;
	uint32_t hold_s; /* left, or CTL_FOREVER */
	uint32_t active; /* uplink */
	uint32_t fallback; /* enum conf_fallback */
	uint32_t fallback_due; /* 1: due_s counts */
	uint32_t due_s;
	char fallback_text[MSG_TEXT_LEN]; /* what the return waits for */
	uint8_t sha256[32];
	int64_t loaded_ns;
	uint32_t file; /* enum msg_file: the one on disk */
	uint32_t file_errors;
	char file_where[MSG_TEXT_LEN]; /* the first; empty: none */
	uint32_t confirm_due; /* 1: confirm_s counts */
	uint32_t confirm_s;
	uint32_t alarms_waiting;
	uint32_t alarm_oldest_s;
	/* of the last try that failed, or empty */
	char alarm_why[MSG_TEXT_LEN];
	uint32_t network_known; /* 1: network_ok counts */
	uint32_t network_ok;
	char network_why[MSG_TEXT_LEN]; /* if not: step and reason */
	uint32_t network_differences; /* with network_known */
	uint32_t network_repairs; /* since the start */
	struct msg_net_notes notes; /* of show network */
	uint32_t peers; /* with a key */
	uint32_t peers_acknowledged; /* where we are, and follow */
	uint32_t peers_silent;
	uint64_t failovers;
	uint64_t fallbacks;
	uint32_t detect_ms; /* of the last failover */
	uint32_t dial_ms;
	uint32_t apply_us;
	uint32_t moved_us; /* of it, until traffic was */
	uint32_t decide; /* enum conf_decide, of the primary */
	/* since the start */
	uint32_t reload_failed; /* the last one */
	uint32_t conf_source; /* enum msg_conf_source */
	uint64_t failovers_by[CTL_CAUSES];
	uint64_t fallbacks_by[CTL_CAUSES];
	struct histogram phase[CTL_PHASES];
	uint64_t hook_failures;
	struct ctl_peering peering;
};

/* What a backup has cost in this period, and may. */
struct ctl_budget {
	uint32_t limited; /* 1: it has a budget */
	uint32_t refuse; /* then: 1 refuse, 0 alarm */
	int64_t since_ns; /* wall clock, 0: unknown */
	uint64_t used[CONF_COSTS];
	uint64_t limit[CONF_COSTS]; /* with what was granted; 0: none */
	uint32_t hours; /* 1: it has hours */
	char barred[64]; /* why no call may be placed; empty: one may */
};

/* What the last drill of a backup has shown. */
struct ctl_drill {
	uint32_t going_on;
	uint32_t scheduled;
	uint32_t done; /* 1: there was one, and the next ones are its */
	uint32_t ok;
	int64_t last_ns; /* wall clock, 0: unknown */
	uint32_t dial_ms; /* these of the last good one */
	uint32_t negotiate_ms;
	uint32_t prove_ms;
	uint32_t ready_ms;
	uint32_t mtu; /* 0: unknown */
	uint32_t kbps; /* 0: unknown */
	uint32_t samples; /* good ones that the next two are of */
	uint32_t p50_ms; /* of ready_ms */
	uint32_t p95_ms;
	int64_t next_ns; /* wall clock, 0: unknown */
};

/* An uplink as one family sees it. */
struct ctl_family {
	uint32_t probed; /* it has targets of this family */
	uint32_t known; /* a round has counted */
	uint32_t good; /* the last one that did was */
	char cause[CTL_WORD_LEN]; /* empty: none */
	uint32_t bad_rounds; /* in a row */
	struct addr address;
	struct addr gateway; /* or the other end of a point-to-point link */
	uint32_t recent_sent; /* probes of the last 5 minutes, far targets */
	uint32_t recent_lost;
	int64_t rtt_ns; /* average, 0: none */
	uint64_t rounds[MSG_VOID + 1]; /* by enum msg_verdict */
};

/* A packet modem's card and network, as last told. */
struct ctl_radio {
	uint32_t known;
	uint32_t age_s;
	char sim[48]; /* ready, asks for PIN, missing, ... */
	char card[MSG_CARD_LEN]; /* the end of its number, or empty */
	uint32_t tries; /* of the PIN, or MSG_TRIES_UNKNOWN */
	uint32_t registered;
	char registration[CTL_WORD_LEN]; /* home, roaming, denied, ... */
	char technology[CTL_WORD_LEN]; /* LTE, ...; empty: unknown */
	char operator[MSG_OPERATOR_LEN]; /* or empty */
	int32_t dbm; /* 0: unknown */
	char signal[CTL_WORD_LEN]; /* good, weak, ... */
	struct addr address; /* of the context, or AF_UNSPEC */
};

struct ctl_uplink {
	uint32_t id;
	uint32_t role; /* enum conf_role */
	uint32_t kind; /* enum conf_kind */
	uint32_t active;
	uint32_t dialled; /* by a call or a hook: dials and so on count */
	char name[CTL_NAME_LEN];
	char ifname[IFNAMSIZ]; /* empty: has none now */
	/* primary: up down unknown; backup: idle waiting dialing negotiating
	 * proving up failed */
	char status[CTL_WORD_LEN];
	char cause[CTL_WORD_LEN]; /* empty: none */
	uint32_t bad_rounds; /* in a row, of what decides */
	uint32_t retry;
	uint32_t good_s; /* good for so long */
	uint32_t facts_known; /* 1: carrier counts */
	uint32_t carrier;
	struct ctl_family family[FAMILIES];
	int64_t active_ms; /* carried traffic for so long */
	int64_t proved_ns; /* wall clock, 0: not yet, or unknown */
	uint32_t proved_known; /* 1: proved_s counts; of a hot one if ready */
	uint32_t proved_s; /* since its last proof */
	uint32_t last_dial_ms; /* it took so long, 0: unknown */
	/* an outage would last so long; 0: it is in use, or could not end one */
	uint32_t takes_ms;
	uint32_t takes_measured; /* by how long it took; 0: at most */
	uint32_t last_outage_ms; /* the last one that it ended, 0: unknown */
	uint32_t hot; /* the next ones are of those that stand by hot */
	uint32_t ready; /* it could take over at once, or is in use */
	char standby[64]; /* that in words, or why it is not ready */
	/* why it could not take over, as far as is known; empty: it could */
	char unfit[MSG_TEXT_LEN];
	struct ctl_radio radio;
	uint64_t dials;
	uint64_t dialed; /* of them: ended in a link */
	uint64_t failed; /* or did not */
	char modem[MSG_TEXT_LEN]; /* how it is; empty: has none */
	uint32_t next_s; /* next try, with status waiting */
	uint32_t octets_known; /* 1: the next two count */
	uint64_t received; /* octets, since its interface came to be */
	uint64_t sent;
	struct ctl_budget budget; /* of a backup */
	struct ctl_drill drill;
	char last_error[MSG_TEXT_LEN];
	char note[MSG_TEXT_LEN];
};

struct ctl_target {
	uint32_t uplink;
	char via[CTL_NAME_LEN]; /* the uplink's name */
	struct conf_target target;
	struct addr gateway; /* of CONF_METHOD_GATEWAY, as known by now */
	struct msg_stats stats;
};

/* That we are behind NAT by an uplink of ours, as a peer sees us. */
struct ctl_peer_nat {
	char uplink[CTL_NAME_LEN]; /* empty: it is the last one */
	uint32_t active; /* 1: where we are reached now */
	uint32_t families; /* bit mask */
	uint32_t bound; /* of them: tunnels cannot follow there */
};

struct ctl_peer {
	char name[CTL_NAME_LEN];
	struct addr address[FAMILIES]; /* where its tunnels lead */
	uint32_t heard; /* 1: heard_s counts */
	uint32_t heard_s; /* its last new statement, so long ago */
	uint32_t silent;
	char update[CTL_WORD_LEN]; /* its last one, no hello; empty: none */
	uint32_t updated_s; /* so long ago */
	uint32_t networks; /* that it announces */
	uint32_t unrouted; /* of them: no route of ours leads there */
	uint32_t nat;
	char answer[CTL_WORD_LEN]; /* why it is not followed; empty: it is */
	uint32_t acknowledged; /* 1: it has taken where we are */
	uint32_t acknowledged_s; /* so long ago */
	uint32_t rtt_ms; /* from what we said until then */
	char result[CTL_WORD_LEN]; /* why it does not follow; empty: it does */
	struct ctl_peer_nat own_nat[CONF_UPLINKS_MAX];
	uint64_t sent;
	uint64_t accepted;
	uint64_t refused;
	uint64_t replayed;
};

struct ctl_process {
	uint32_t pid;
	char name[CTL_WORD_LEN];
	char sandbox[MSG_TEXT_LEN];
};

struct ctl_event {
	char id[CTL_EVENT_LEN];
	int64_t began_ns; /* wall clock */
	int64_t ended_ns; /* 0: still going on, or unknown */
	int64_t seen_ns; /* the daemon lived: when this was last written */
	uint32_t duration_s;
	uint32_t ended;
	uint32_t end_unknown; /* ended_ns is the last sign of life */
	uint32_t clean; /* returned, and nothing of it was left behind */
	char cause[64];
	char backup[CTL_NAME_LEN]; /* empty: none was used */
	uint32_t detect_ms;
	char by[CTL_NAME_LEN]; /* whose dial_ms, prove_ms and outage_ms are */
	uint32_t dial_ms;
	uint32_t apply_us;
	/* from the link to a good round; 0: none was needed */
	uint32_t prove_ms;
	uint32_t peers_ms; /* until all knew of it; 0: not within a minute */
	/* from the last answer until traffic first moved; 0: unknown, or none */
	uint32_t outage_ms;
	uint32_t backup_s; /* time on backup */
	uint32_t dials;
	uint32_t flows_cut;
	uint64_t backup_octets; /* both ways, while a backup was in use */
	uint64_t backup_packets;
};

struct ctl_line {
	int64_t time_ns; /* wall clock, 0: unknown */
	int64_t offset_ms; /* since the event began */
	uint32_t different; /* show network: wanted and found disagree */
	char event[CTL_EVENT_LEN]; /* empty: of no event */
	char who[CTL_WORD_LEN]; /* uplink, state, network, alarm, ... */
	char text[MSG_TEXT_LEN];
};

struct ctl_step {
	uint32_t flows; /* or MSG_FLOWS_NONE */
	char what[CTL_WORD_LEN];
	char text[MSG_TEXT_LEN];
};

/* Refused with this: nothing was done, and soon it may be asked again. */
#define CTL_STARTING "starting: the configuration is being read"

enum ctl_code {
	CTL_OK,
	CTL_REFUSED, /* and text says why, and for how long */
	CTL_FAILED
};

struct ctl_result {
	uint32_t code; /* enum ctl_code */
	char text[MSG_TEXT_LEN];
};

#endif
