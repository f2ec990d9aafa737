/* SPDX-License-Identifier: ISC */
/*
 * The message catalogue: every message between two processes of dialfaild is
 * named here and carries exactly the struct named beside it.
 *
 *	                 prober (probes, statistics)
 *	                   |
 *	dialfailctl --- parent (decides) --- netconf (root: files, kernel, pppd)
 *	                   |
 *	                 dialer (talks to the modem)
 *
 * No child talks to a child.  Structs are plain data of one binary on one
 * machine; the receiver checks the exact length and, by the functions at the
 * end, each range.  "gen" is a generation: an answer to an older question is
 * dropped.  Times named *_ns are CLOCK_MONOTONIC, those named *_ms lengths.
 */
#ifndef COMMON_MSG_H
#define COMMON_MSG_H

#include <net/if.h>

#include <stdint.h>

#include "common/addr.h"
#include "common/conf.h"
#include "common/histogram.h"

#define MSG_TEXT_LEN    240 /* a line for people, with its NUL */
#define MSG_EVENT_LEN   16 /* an event's id, with its NUL */
#define MSG_TIME_LEN    24 /* 2026-11-26T04:47:16Z */
#define MSG_HOOK_LEN    64 /* "switch.d/" and a name, with its NUL */
#define MSG_UPLINK_NONE UINT32_MAX

#define MSG_ICCID_LEN     24 /* ITU-T E.118: at most 22 digits */
#define MSG_CARD_LEN      5 /* no more of it is shown */
#define MSG_OPERATOR_LEN  32
#define MSG_TRIES_UNKNOWN UINT32_MAX
#define MSG_TRIES_MAX     10
#define MSG_DBM_MIN       (-200)

/*
 * name, what it carries; the direction is told by the comments:
 * P parent, N netconf, R prober, D dialer, C dialfailctl.
 */
#define MSG_TYPES(X)                                                          \
	X(NONE)                                                               \
	/* any child and the parent */                                        \
	X(READY) /* child>P struct msg_ready, once, in its sandbox */         \
	X(PING) /* P>child uint32_t */                                        \
	X(PONG) /* child>P the same uint32_t */                               \
	X(VERBOSE) /* P>child uint32_t 0 or 1 */                              \
	/* configuration, N>P, then P>R and P>D */                            \
	X(CONF_LOAD) /* P>N struct msg_conf_load */                           \
	X(CONF_BEGIN) /* N>P, P>R, P>D struct msg_conf_begin */               \
	X(CONF_GLOBAL) /* N>P struct conf_global */                           \
	X(CONF_UPLINK) /* N>P, P>R, P>D struct conf_uplink */                 \
	X(CONF_IDENTITY) /* N>P struct msg_identity, if peers have keys */    \
	X(CONF_PEER) /* N>P struct msg_conf_peer, one with a key */           \
	X(CONF_SHOW) /* P>N uint32_t id of the asker */                       \
	X(CONF_TEXT) /* N>P struct msg_conf_text: a piece of it */            \
	X(CONF_TEXT_END) /* N>P uint32_t id */                                \
	X(CONF_ERROR) /* N>P text: file:line: reason; or a warning */         \
	X(CONF_FAILED) /* N>P uint32_t gen */                                 \
	X(CONF_END) /* N>P, P>R, P>D uint32_t gen */                          \
	X(CONF_ACK) /* R>P, D>P uint32_t gen: in force */                     \
	X(CONF_KEEP) /* P>N uint32_t gen: it is confirmed */                  \
	X(CONF_COMMIT) /* P>N uint32_t gen: the pending one is the current */ \
	X(CONF_FORGET) /* P>N uint32_t gen: drop the pending one */           \
	/* facts of interfaces, N>P, P>R */                                   \
	X(FACTS) /* struct msg_facts */                                       \
	/* probing */                                                         \
	X(PROBE) /* P>R struct msg_probe */                                   \
	X(ROUND) /* R>P struct msg_round */                                   \
	X(STATS_REQ) /* P>R uint32_t id of the asker */                       \
	X(STATS) /* R>P struct msg_stats, one per target */                   \
	X(STATS_END) /* R>P uint32_t id */                                    \
	/* what a path can carry */                                           \
	X(MEASURE) /* P>R struct msg_measure */                               \
	X(MEASURED) /* R>P struct msg_measured */                             \
	/* what peers say: octets, which only the parent understands */       \
	X(PEER_LISTEN) /* P>R struct msg_peer_listen */                       \
	X(PEER_KNOWN) /* P>R struct msg_peer_known, as many as there are */   \
	X(PEER_IN) /* R>P struct msg_peer_packet */                           \
	X(PEER_OUT) /* P>R struct msg_peer_packet */                          \
	X(PEER_DROPPED) /* R>P struct msg_peer_dropped, when it changed */    \
	/* frames kept for the story of an outage */                          \
	X(CAPTURE) /* P>N struct msg_capture: a file, please */               \
	X(CAPTURE_FILE) /* N>P, P>R struct msg_capture with the descriptor */ \
	X(CAPTURE_DONE) /* N>P, R>P struct msg_capture_done */                \
	/* dialling */                                                        \
	X(TTY_OPEN) /* P>N struct msg_link */                                 \
	X(TTY) /* N>P, P>D struct msg_link with the descriptor */             \
	X(TTY_FAILED) /* N>P struct msg_link_result */                        \
	X(DIAL) /* P>D struct msg_dial; the tty came before */                \
	X(DIAL_PHASE) /* D>P struct msg_link_text */                          \
	X(DIAL_RESULT) /* D>P struct msg_link_result */                       \
	X(HANGUP) /* P>D struct msg_link */                                   \
	X(HANGUP_DONE) /* D>P struct msg_link_result; the tty is closed */    \
	X(WARM) /* P>D struct msg_link: make the modem ready to be dialled */ \
	X(MODEM) /* D>P struct msg_modem: how it is, by itself */             \
	X(PPP_START) /* P>N struct msg_link */                                \
	X(PPP_STOP) /* P>N struct msg_link */                                 \
	X(PPP_UP) /* N>P struct msg_ppp_up */                                 \
	X(PPP_DOWN) /* N>P struct msg_ppp_down */                             \
	X(TTY_CLOSE) /* P>N struct msg_link: close and unlock */              \
	X(PIN_WANTED) /* D>P, P>N struct msg_sim: the card asks for it */     \
	X(PIN) /* N>P, P>D struct msg_link with a pipe that holds it */       \
	X(PIN_REFUSED) /* N>P, P>D struct msg_link_result: why not */         \
	X(SIM_USED) /* D>P, P>N struct msg_sim: the network took it */        \
	X(SIM_CHANGED) /* N>P struct msg_link_text: the last was another */   \
	X(STATUS_OPEN) /* P>N struct msg_link: the second port */             \
	X(STATUS_TTY) /* N>P, P>D struct msg_link with the descriptor */      \
	X(STATUS_FAILED) /* N>P struct msg_link_result */                     \
	X(STATUS_GONE) /* D>P struct msg_link: it was unplugged */            \
	X(STATUS_CLOSE) /* P>N, P>D struct msg_link */                        \
	X(RADIO) /* D>P struct msg_radio, as often as it changes */           \
	X(LINK_UNFIT) /* N>P struct msg_link_text: of this conf; cannot be */ \
	X(LINK_START) /* P>N struct msg_link: run its start hook */           \
	X(LINK_STOP) /* P>N struct msg_link: run its stop hook */             \
	X(LINK_DONE) /* N>P struct msg_link_result, of the hook asked for */  \
	/* the network */                                                     \
	X(NET_WANT) /* P>N struct msg_net_want */                             \
	X(NET_STEP) /* N>P struct msg_net_step */                             \
	X(NET_DONE) /* N>P struct msg_net_done */                             \
	X(NET_CLEAR) /* P>N uint32_t gen: everything of ours out */           \
	X(NET_ADOPT) /* N>P struct msg_net_adopt, once, after CONF_END */     \
	X(NET_DRAINED) /* N>P struct msg_net_drained */                       \
	X(NET_BLOCKED) /* N>P struct msg_net_blocked */                       \
	X(NET_NOTES) /* N>P struct msg_net_notes, when they are others */     \
	X(NET_PROOF) /* N>P struct msg_net_proof, when traffic is back */     \
	X(NET_PEER) /* P>N struct msg_net_peer: a peer is elsewhere */        \
	X(NET_PEER_DONE) /* N>P struct msg_net_peer_done, for each of them */ \
	X(NET_PEER_AGAIN) /* N>P struct msg_net_peer_again */                 \
	X(NET_FOLLOW) /* P>N struct msg_net_follow: a peer knows it */        \
	X(NET_SHOW) /* P>N uint32_t id of the asker */                        \
	X(NET_LINE) /* N>P struct msg_net_line: wanted, found, difference */  \
	X(NET_LINE_END) /* N>P uint32_t id */                                 \
	X(NET_COUNT) /* P>N struct msg_net_count */                           \
	X(NET_COUNTED) /* N>P struct msg_net_counted */                       \
	X(NET_PLAN) /* P>N struct msg_net_plan: what would this do? */        \
	X(NET_PLAN_STEP) /* N>P struct msg_net_plan_step */                   \
	X(NET_PLAN_END) /* N>P struct msg_net_plan_end */                     \
	/* what only root sees, for show */                                   \
	X(GLANCE) /* P>N uint32_t id of the asker */                          \
	X(GLANCED) /* N>P struct msg_glance */                                \
	/* alarms */                                                          \
	X(ALARM) /* P>N struct msg_alarm */                                   \
	X(ALARM_DONE) /* N>P struct msg_alarm_done */                         \
	/* the site's own programs */                                         \
	X(HOOKS) /* P>N struct msg_hooks: traffic has moved */                \
	X(HOOK_DONE) /* N>P struct msg_hook_done, for each of them */         \
	/* dialfailctl, see parent/control.h */                               \
	X(CTL_SHOW)                                                           \
	X(CTL_FAILOVER)                                                       \
	X(CTL_FALLBACK)                                                       \
	X(CTL_CONFIRM)                                                        \
	X(CTL_HOLD)                                                           \
	X(CTL_RELEASE)                                                        \
	X(CTL_FORGET)                                                         \
	X(CTL_RELOAD)                                                         \
	X(CTL_CLEAR)                                                          \
	X(CTL_LOG)                                                            \
	X(CTL_TEST)                                                           \
	X(CTL_MONITOR)                                                        \
	X(CTL_DRILL)                                                          \
	X(CTL_GRANT)                                                          \
	X(CTL_PLAN)                                                           \
	X(CTL_KEYGEN) /* these are no requests: dialfailctl does it */        \
	X(CTL_PUBKEY)                                                         \
	X(CTL_IMPORT)                                                         \
	X(CTL_REPORT)                                                         \
	X(CTL_REPLAY)                                                         \
	X(CTL_TOP)                                                            \
	X(CTL_SUMMARY)                                                        \
	X(CTL_UPLINK)                                                         \
	X(CTL_TARGET)                                                         \
	X(CTL_PROCESS)                                                        \
	X(CTL_PEER)                                                           \
	X(CTL_EVENT)                                                          \
	X(CTL_LINE)                                                           \
	X(CTL_TEXT)                                                           \
	X(CTL_STEP)                                                           \
	X(CTL_RESULT)

enum imsg_type {
#define X(name) IMSG_##name,
	MSG_TYPES(X)
#undef X
	    IMSG_TYPE_MAX
};

/* "ROUND", or "unknown" for a number out of range. */
const char *msg_name(uint32_t type);

struct msg_ready {
	char sandbox[MSG_TEXT_LEN]; /* what it runs in, for show */
};

/*
 * What to read: the file again, the one that ran before (reload for), or the
 * last one that was confirmed, since the file has errors or was not (at start).
 */
enum msg_conf_source { MSG_CONF_FILE, MSG_CONF_PREVIOUS, MSG_CONF_CONFIRMED };
struct msg_conf_load {
	uint32_t gen;
	uint32_t source; /* enum msg_conf_source; CONFIRMED: the first one */
	uint32_t limited; /* 1: it goes back unless it is confirmed */
};

struct msg_conf_begin {
	uint32_t gen;
	uint32_t nuplinks;
	uint32_t npeers; /* with a key; the prober and the dialer get none */
	uint32_t peer_lists; /* octets of their lists, of all of them */
	uint8_t sha256[32];
};

#define MSG_PEER_LISTS_MAX                                   \
	(CONF_PEER_ADDRS_MAX * sizeof(struct addr) +         \
	    2 * CONF_PEER_NETS_MAX * sizeof(struct prefix) + \
	    CONF_PEER_NETS_MAX * sizeof(struct conf_behind))

/* A peer as the parent needs it: not its tunnels.  As long as its lists. */
struct msg_conf_peer {
	uint32_t id;
	uint32_t port;
	uint32_t hello_ms;
	uint32_t hello_metered_ms;
	uint32_t hello_nat_ms; /* or 0 */
	uint32_t naddresses;
	uint32_t nannounce;
	uint32_t naccept;
	uint32_t nroutes;
	uint8_t key[KEY_LEN];
	char name[CONF_LABEL_LEN];
	uint32_t lists[MSG_PEER_LISTS_MAX / sizeof(uint32_t)];
};

/* What msg_conf_begin says of them. */
uint32_t msg_conf_lists(const struct conf *);
/* Its length. */
size_t msg_conf_peer_encode(struct msg_conf_peer *, const struct conf_peer *);
/*
 * 0, or -1: of another length than it says, or out of range.  The lists stay
 * in the message.
 */
int msg_conf_peer_decode(
    struct msg_conf_peer *, size_t len, struct conf_peer *);

#define MSG_CONF_TEXT_MAX 2048 /* of a CONF_TEXT and of a CONF_ERROR */

struct msg_conf_text {
	uint32_t asker;
	char text[MSG_CONF_TEXT_MAX]; /* lines, or parts of them */
};

/* The seed of our secret key (RFC 8032). */
struct msg_identity {
	uint8_t seed[KEY_LEN];
};

/* What an interface has of one family. */
struct msg_family {
	struct addr address; /* AF_UNSPEC: has none */
	struct addr peer; /* point-to-point: the other end */
	uint32_t prefixlen;
	uint32_t has_route; /* a default route leaves by it, in main or ours */
	struct addr gateway; /* in force; the last known one is kept */
};

/* What the kernel says of an uplink's interface. */
struct msg_facts {
	uint32_t uplink;
	uint32_t ifindex; /* 0: there is no such interface */
	uint32_t up; /* administratively */
	uint32_t carrier; /* of it, or of the interface named by carrier */
	uint32_t pointopoint;
	uint32_t mtu;
	uint32_t refused; /* families that it does not carry, as bits */
	char ifname[IFNAMSIZ];
	struct msg_family family[FAMILIES];
};

/* How an uplink is probed. */
enum msg_probe_mode {
	MSG_PROBE_OFF,
	MSG_PROBE_ROUNDS, /* round after round with delay */
	MSG_PROBE_BURST, /* rounds without delay, until the mode changes */
};
struct msg_probe {
	uint32_t uplink;
	uint32_t gen; /* comes back in each round */
	uint32_t mode; /* enum msg_probe_mode */
	uint32_t
	    every_ms; /* rounds are at least so far apart; 0: as configured */
};

enum msg_verdict {
	MSG_GOOD,
	MSG_BAD,
	MSG_CONGESTED, /* authentic answers, but late */
	MSG_VOID /* our own lateness, clock gap: says nothing */
};

/* Why a round was bad, in the order in which the first that fits is told. */
#define MSG_CAUSES(X)                        \
	X(NONE, "none")                      \
	X(NO_INTERFACE, "interface missing") \
	X(LINK_DOWN, "interface down")       \
	X(CARRIER, "no carrier")             \
	X(NO_ADDRESS, "no address")          \
	X(NO_ROUTE, "no route")              \
	X(SEND, "cannot send")               \
	X(GATEWAY, "gateway silent")         \
	X(UPSTREAM, "upstream dead")         \
	X(CAPTIVE, "captive network")        \
	X(DNS, "DNS only")                   \
	X(SOME_TARGETS, "some targets dead") \
	X(CONGESTED, "congested")            \
	X(TARGET, "target")

enum msg_cause {
#define X(name, text) MSG_CAUSE_##name,
	MSG_CAUSES(X)
#undef X
	    MSG_CAUSE_MAX
};
const char *msg_cause_text(uint32_t cause);

/* A target as its last probes say, of this round and earlier ones. */
enum msg_target_state { MSG_TARGET_UNKNOWN, MSG_TARGET_UP, MSG_TARGET_DOWN };

struct msg_round {
	uint32_t uplink;
	uint32_t gen;
	uint32_t family; /* enum family: whose targets were probed */
	uint32_t verdict; /* enum msg_verdict */
	uint32_t cause; /* enum msg_cause, with MSG_BAD and MSG_CONGESTED */
	int64_t began_ns;
	int64_t ended_ns;
	int64_t last_answer_ns; /* of any far target, 0: never yet */
	uint32_t ntargets;
	struct {
		uint32_t sent;
		uint32_t received; /* in time */
		uint32_t lost; /* the others may still be answered */
		uint32_t rtt_us; /* of those received; 0: none */
		uint32_t state; /* enum msg_target_state */
	} target[CONF_TARGETS_MAX];
};

#define MSG_RTT_MAX_US  3600000000u /* nothing is waited for so long */
#define MSG_TIME_MAX_NS (INT64_MAX / 4) /* 73 years of uptime */

struct msg_stats {
	uint32_t asker;
	uint32_t uplink;
	uint32_t target; /* index */
	uint32_t up; /* good in its last finished round */
	uint32_t known; /* it was probed at all */
	uint64_t sent;
	uint64_t received; /* in time */
	uint64_t late;
	uint32_t recent_sent; /* the last 5 minutes */
	uint32_t recent_lost;
	int64_t rtt_last_ns; /* 0: none yet; these over the recent ones */
	int64_t rtt_min_ns;
	int64_t rtt_avg_ns;
	int64_t rtt_max_ns;
	int64_t rtt_mdev_ns;
	int64_t rtt_p50_ns; /* percentiles */
	int64_t rtt_p95_ns;
	int64_t rtt_p99_ns;
	struct histogram rtt; /* of all that were answered, late ones too */
};

/* By echo requests through this uplink, for so long at most. */
struct msg_measure {
	uint32_t uplink;
	uint32_t gen;
	uint32_t ms;
};
struct msg_measured {
	uint32_t uplink;
	uint32_t gen;
	uint32_t mtu; /* of the path to the first far target; 0: unknown */
	uint32_t kbps; /* there and back, roughly; 0: unknown */
};

struct msg_peer_listen {
	struct addr address; /* AF_UNSPEC: all of ours */
	uint32_t port; /* 0: nowhere */
	uint32_t npeers; /* that follow, each by a PEER_KNOWN */
	uint8_t key[KEY_LEN]; /* our public one */
};

/* By whom a datagram may be: its tag is looked at, no more. */
struct msg_peer_known {
	uint8_t key[KEY_LEN]; /* public */
	uint8_t tag_key[KEY_LEN]; /* of the two of us */
};

/* Datagrams that the prober did not pass on, since its start. */
struct msg_peer_dropped {
	uint64_t malformed;
	uint64_t strangers; /* not for us, or by no peer */
	uint64_t forged;
	uint64_t limited; /* too many */
};

#define MSG_PACKET_MAX 512
struct msg_peer_packet {
	uint32_t uplink; /* by which it came or goes; NONE: as routes say */
	struct addr addr; /* of the other end */
	struct addr own; /* ours; AF_UNSPEC: the uplink's, or as routes say */
	uint32_t port;
	uint32_t len;
	uint8_t data[MSG_PACKET_MAX];
};

struct msg_capture {
	char event[MSG_EVENT_LEN]; /* its id, the file's name */
	char path[MSG_TEXT_LEN]; /* N>P: where it is, for people; else empty */
};

/* The frames are in the file, or why they are not. */
struct msg_capture_done {
	char event[MSG_EVENT_LEN];
	uint32_t ok;
	uint32_t frames;
	char text[MSG_TEXT_LEN];
};

struct msg_link {
	uint32_t uplink;
	uint32_t gen;
};

struct msg_dial {
	uint32_t uplink;
	uint32_t gen;
	uint32_t phone; /* index of the number to begin with */
	uint32_t deadline_ms; /* for the whole attempt */
};

struct msg_link_text {
	uint32_t uplink;
	uint32_t gen;
	char text[MSG_TEXT_LEN];
};

/* What to do after a try to bring a link up (ppp.md's policy in short). */
enum msg_link_class {
	MSG_LINK_OK,
	MSG_LINK_RETRY, /* at once, once */
	MSG_LINK_BACKOFF,
	MSG_LINK_NEXT, /* this backup cannot help now: the next one */
	MSG_LINK_REFUSED, /* the account is: thrice in a row is to give up */
	MSG_LINK_GIVEUP, /* until a reload: configuration or credentials */
};

struct msg_link_result {
	uint32_t uplink;
	uint32_t gen;
	uint32_t class; /* enum msg_link_class */
	uint32_t phone; /* index of the number used last */
	char text[MSG_TEXT_LEN]; /* "BUSY", "no answer to AT", ... */
};

enum msg_modem_state {
	MSG_MODEM_ASKED, /* a question has been answered, no more is known */
	MSG_MODEM_READY, /* it is warm: DIAL is ATD at once */
	MSG_MODEM_SILENT, /* it does not answer; its port is closed */
	MSG_MODEM_LOST /* its port has gone away, and is closed */
};

#define MSG_MODEM_RUNGS 5 /* of the dialer's ladder (dialer/modem.h) */

struct msg_modem {
	uint32_t uplink;
	uint32_t gen;
	uint32_t state; /* enum msg_modem_state */
	uint32_t class; /* enum msg_link_class: what it would come to */
	uint32_t tried[MSG_MODEM_RUNGS]; /* since the process began */
	uint32_t helped[MSG_MODEM_RUNGS];
	uint32_t closed; /* nothing helped, and the port was closed */
	uint32_t lost; /* the port went away */
	char text[MSG_TEXT_LEN];
};

/* A card in a modem.  Its number is asked for since PINs are for one only. */
struct msg_sim {
	uint32_t uplink;
	uint32_t gen;
	uint32_t tries; /* of the PIN that are left, or MSG_TRIES_UNKNOWN */
	char iccid[MSG_ICCID_LEN]; /* digits, or empty: it does not tell */
};

/* What a modem says of its card and network, in numbers of dialer/radio.h. */
struct msg_radio {
	uint32_t uplink;
	uint32_t gen; /* of the try, or of the second port */
	uint32_t second; /* by it */
	uint32_t sim; /* enum radio_sim */
	uint32_t tries;
	uint32_t stat; /* enum radio_stat, or UINT32_MAX */
	uint32_t tech; /* <AcT>, or UINT32_MAX */
	int32_t dbm; /* 0: unknown */
	uint32_t rsrp; /* of a reference signal only */
	struct addr address; /* of its context, or AF_UNSPEC */
	char operator[MSG_OPERATOR_LEN]; /* empty: unknown */
	char card[MSG_CARD_LEN]; /* the end of its number, or empty */
};

struct msg_ppp_up {
	uint32_t uplink;
	uint32_t gen;
	uint32_t pid; /* of pppd */
	uint32_t adopted; /* from an earlier run */
	char ifname[IFNAMSIZ];
	struct addr local;
	struct addr remote;
	struct addr dns[2];
};

struct msg_ppp_down {
	uint64_t octets; /* both ways, by pppd; 0: it did not say */
	uint32_t uplink;
	uint32_t gen;
	uint32_t class; /* enum msg_link_class */
	uint32_t was_up; /* ip-up had come */
	uint32_t up_ms;
	uint32_t reserved;
	char text[MSG_TEXT_LEN]; /* "exit 19: authentication failed" */
};

struct msg_net_want {
	uint32_t gen;
	uint32_t active; /* uplink */
	uint32_t drain; /* uplink that old flows may still use, or NONE */
	uint32_t drain_ms;
	uint32_t flush; /* uplink whose flows are forgotten, or NONE */
	uint32_t shut; /* the primary may be set down (it asks for it) */
};

struct msg_net_step {
	uint32_t gen;
	char text[MSG_TEXT_LEN];
};

struct msg_net_done {
	uint32_t gen;
	uint32_t ok; /* done and read back equal */
	uint32_t nsteps;
	uint32_t flows; /* forgotten */
	int64_t apply_us;
	int64_t moved_us; /* until traffic was; 0: it was not */
	char text[MSG_TEXT_LEN]; /* the step that failed and why */
};

struct msg_net_adopt {
	uint32_t active; /* uplink that the kernel's routes say; 0 if none */
	uint32_t found; /* anything of ours was there */
};

struct msg_net_drained {
	uint32_t uplink;
	uint32_t cut; /* flows that were cut at the end */
};

/* The LAN's new connections are dropped on their way out by this uplink. */
/* What show network has notes of. */
struct msg_net_notes {
	uint32_t n; /* 32 is "or more" */
	char text[MSG_TEXT_LEN]; /* the first; empty: none */
};

struct msg_net_blocked {
	uint32_t uplink;
	uint32_t tried; /* packets; none of them passed */
};

/* What is not as it was before traffic left the primary. */
enum msg_proof {
	MSG_PROOF_FOREIGN, /* by others: a line for the story */
	MSG_PROOF_LEFT, /* of ours */
	MSG_PROOF_END /* n of ours, and the first of them */
};
struct msg_net_proof {
	uint32_t kind; /* enum msg_proof */
	uint32_t n; /* of its kind so far */
	char text[MSG_TEXT_LEN];
};

struct msg_net_peer {
	uint32_t gen; /* of the configuration: ids are its */
	uint32_t id; /* of struct conf_peer */
	struct addr address[FAMILIES]; /* where it can be reached, if it can */
	/* bit masks of families; an address of these is not told */
	uint32_t nat; /* it cannot be reached where it says it is */
	uint32_t barred; /* it may not be there */
	uint32_t drains; /* where it was it still is, for a while */
};

/* It has acknowledged where we are: tunnels that waited for it may follow. */
struct msg_net_follow {
	uint32_t gen; /* as above */
	uint32_t id;
};

/*
 * A tunnel to it was made, or is named since now: it leads to where it was made
 * for, which may not be where the peer is.
 */
struct msg_net_peer_again {
	uint32_t gen; /* as above */
	uint32_t id;
};

/* As enum peer_result, of those that netconf can tell. */
enum msg_net_peer_result {
	MSG_PEER_APPLIED, /* and read back */
	MSG_PEER_ADDRESS, /* it may not be there */
	MSG_PEER_NAT, /* its tunnels cannot reach it */
	MSG_PEER_FAILED /* the kernel refused */
};
struct msg_net_peer_done {
	uint32_t gen;
	uint32_t id;
	uint32_t result; /* enum msg_net_peer_result */
	uint32_t barred; /* as above: more than the parent knew of */
	uint32_t bound; /* families of tunnels that no NAT lets follow */
	char text[MSG_TEXT_LEN]; /* the tunnel and why, if not applied */
};

struct msg_net_line {
	uint32_t asker;
	uint32_t different; /* wanted and found do not agree here */
	char text[MSG_TEXT_LEN];
};

struct msg_net_count {
	uint32_t gen; /* of the configuration whose uplinks are meant */
	uint32_t event; /* of the parent's, which comes back */
};

/* Octets, and packets, of each uplink's interface since that came to be. */
struct msg_net_counted {
	struct {
		uint64_t received;
		uint64_t sent;
		uint64_t packets; /* both ways */
		uint32_t ifindex; /* 0: there is none, or it has no count */
		char ifname[IFNAMSIZ];
		uint32_t reserved;
	} uplink[CONF_UPLINKS_MAX];
	struct msg_net_count asked;
};

/* A wish that is not carried out, but told in steps. */
struct msg_net_plan {
	uint32_t asker;
	uint32_t undialled; /* its link is still to be brought up */
	uint32_t proof; /* it is proved first */
	uint32_t shut; /* the primary would be set down when it is verified */
	struct msg_net_want want;
};

#define MSG_FLOWS_NONE UINT32_MAX
struct msg_net_plan_step {
	uint32_t asker;
	uint32_t flows; /* that it is about, now; or MSG_FLOWS_NONE */
	char what[16]; /* "route", "rule", "link", ... */
	char text[MSG_TEXT_LEN];
};

struct msg_net_plan_end {
	uint32_t asker;
	uint32_t ok;
	char text[MSG_TEXT_LEN]; /* why it cannot be done */
};

/* The configuration on disk, beside the one in force; and the network. */
enum msg_file { MSG_FILE_UNKNOWN, MSG_FILE_SAME, MSG_FILE_OTHER, MSG_FILE_BAD };
struct msg_glance {
	uint32_t asker;
	uint32_t draining; /* flows of what drains; MSG_FLOWS_NONE: not known */
	uint32_t file; /* enum msg_file */
	uint32_t errors; /* in it, with BAD */
	uint32_t differences; /* of the network from what is wanted */
	uint32_t repairs; /* of it, since the start */
	char where[MSG_TEXT_LEN]; /* file:line of the first */
};

/* Facts that the alarm program finds in its environment. */
struct msg_alarm {
	uint32_t id;
	char kind[32]; /* failover, fallback, stranded, ... */
	char event[MSG_EVENT_LEN];
	char state[16];
	char uplink[CONF_LABEL_LEN];
	char time[MSG_TIME_LEN]; /* RFC 3339; empty: not known */
	uint32_t count; /* of them since, this one told for all */
	char text[MSG_TEXT_LEN];
};

struct msg_alarm_done {
	uint32_t id;
	uint32_t ok;
	char text[MSG_TEXT_LEN];
};

struct msg_hooks {
	uint32_t uplink; /* that carries traffic now */
	uint32_t found; /* 1: as we were started, it may be no news */
	char event[MSG_EVENT_LEN]; /* empty: none */
};

struct msg_hook_done {
	uint32_t uplink; /* or NONE */
	uint32_t ok;
	uint32_t ms; /* that it took */
	char name[MSG_HOOK_LEN];
	char text[MSG_TEXT_LEN];
};

/* 1 if each field is in its range, 0 if not; strings must end in a NUL. */
int msg_text_valid(const char *text, size_t size);
int msg_facts_valid(const struct msg_facts *);
int msg_probe_valid(const struct msg_probe *);
int msg_round_valid(const struct msg_round *);
int msg_stats_valid(const struct msg_stats *);
int msg_measure_valid(const struct msg_measure *);
int msg_measured_valid(const struct msg_measured *);
int msg_peer_listen_valid(const struct msg_peer_listen *);
int msg_peer_packet_valid(const struct msg_peer_packet *);
int msg_net_peer_valid(const struct msg_net_peer *);
int msg_net_peer_done_valid(const struct msg_net_peer_done *);
/* An event's id is digits, letters and - : it names a file, too. */
int msg_capture_valid(const struct msg_capture *);
int msg_capture_done_valid(const struct msg_capture_done *);
int msg_link_valid(const struct msg_link *);
int msg_dial_valid(const struct msg_dial *);
int msg_link_text_valid(const struct msg_link_text *);
int msg_link_result_valid(const struct msg_link_result *);
int msg_modem_valid(const struct msg_modem *);
int msg_sim_valid(const struct msg_sim *);
int msg_radio_valid(const struct msg_radio *);
int msg_ppp_up_valid(const struct msg_ppp_up *);
int msg_ppp_down_valid(const struct msg_ppp_down *);
int msg_net_want_valid(const struct msg_net_want *);
int msg_net_step_valid(const struct msg_net_step *);
int msg_net_done_valid(const struct msg_net_done *);
int msg_net_adopt_valid(const struct msg_net_adopt *);
int msg_net_drained_valid(const struct msg_net_drained *);
int msg_net_notes_valid(const struct msg_net_notes *);
int msg_net_blocked_valid(const struct msg_net_blocked *);
int msg_net_proof_valid(const struct msg_net_proof *);
int msg_net_line_valid(const struct msg_net_line *);
int msg_conf_text_valid(const struct msg_conf_text *);
int msg_net_counted_valid(const struct msg_net_counted *);
int msg_net_plan_valid(const struct msg_net_plan *);
int msg_net_plan_step_valid(const struct msg_net_plan_step *);
int msg_net_plan_end_valid(const struct msg_net_plan_end *);
int msg_glance_valid(const struct msg_glance *);
int msg_alarm_valid(const struct msg_alarm *);
int msg_alarm_done_valid(const struct msg_alarm_done *);
int msg_hooks_valid(const struct msg_hooks *);
int msg_hook_done_valid(const struct msg_hook_done *);

#endif
