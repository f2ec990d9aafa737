/* SPDX-License-Identifier: ISC */
/*
 * The configuration as structs.  netconf, the root process, is the only one
 * that parses (parse.y) and keeps a whole struct conf; what the others need
 * of it, struct conf_global and struct conf_uplink, are plain data of fixed
 * size and travel as they are in messages (msg.h).  Everything here that
 * names a file or a program stays in netconf.
 */
#ifndef COMMON_CONF_H
#define COMMON_CONF_H

#include <net/if.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/addr.h"
#include "common/key.h"

#define CONF_LABEL_LEN      32 /* an uplink's or peer's name, with its NUL */
#define CONF_BACKUPS_MAX    8
#define CONF_UPLINKS_MAX    (CONF_BACKUPS_MAX + 1)
#define CONF_TARGETS_MAX    16 /* per uplink */
#define CONF_COMPANIONS_MAX 4
#define CONF_NETS_MAX       16 /* masquerade from ..., follow ... */
#define CONF_PEERS_MAX      10000 /* fits in 16 bits: struct conf_peer */
#define CONF_TUNNELS_MAX    4 /* per peer */
#define CONF_PHONES_MAX     8
#define CONF_INITS_MAX      8
#define CONF_PHONE_LEN      48 /* V.250 5.6: digits and modifiers only */
#define CONF_INIT_LEN       64
#define CONF_APN_LEN        64 /* 3GPP TS 23.003, 9.1, with its NUL */
#define CONF_PIN_LEN        9 /* 3GPP TS 31.101, 9.5.1: 4 to 8 digits */
#define CONF_ACCOUNT_LEN    128
#define CONF_HOOK_LEN       48 /* a file in hooks/ */
#define CONF_CALL_LEN       48 /* a file in CONF_PEERS_DIR */
#define CONF_PEERS_DIR      "/etc/ppp/peers" /* pppd(8), "call" */
#define CONF_DNS_MAX        3 /* resolv.conf(5): MAXNS */
#define CONF_FLAP_MAX       64 /* failovers that are counted */
#define CONF_HOT_MAX_MS     3600000 /* between two proofs of a hot backup */
#define CONF_SPANS_MAX      8 /* of allowed hours */
#define CONF_QUERY_LEN      254 /* RFC 1035 2.3.4, as text, with its NUL */

enum conf_role { CONF_PRIMARY, CONF_BACKUP };
enum conf_kind { CONF_INTERFACE, CONF_MODEM, CONF_CALL };
enum conf_carrier { CONF_CARRIER_ITSELF, CONF_CARRIER_OF, CONF_CARRIER_NONE };

/* How many of a number of things must be good. */
enum conf_quorum_kind {
	CONF_QUORUM_ALL,
	CONF_QUORUM_MOST, /* more than half */
	CONF_QUORUM_ANY,
	CONF_QUORUM_NUMBER
};

struct conf_quorum {
	uint32_t kind; /* enum conf_quorum_kind */
	uint32_t number; /* for CONF_QUORUM_NUMBER: at least 1 */
};

struct conf_probe {
	uint32_t count; /* probes per target and round, 1-100 */
	uint32_t interval_ms; /* between two probes of a round */
	uint32_t timeout_ms; /* a later reply is lost */
	uint32_t delay_ms; /* between rounds */
	uint32_t retry; /* bad rounds tried again, 0-100 */
	struct conf_quorum success; /* of the count */
	struct conf_quorum require; /* of the far targets; all: near too */
	uint64_t budget; /* octets that probes may cost a month, 0: any */
};

enum conf_method {
	CONF_METHOD_ICMP, /* echo, ICMPv6 by its address */
	CONF_METHOD_GATEWAY, /* ARP or neighbour discovery */
	CONF_METHOD_TCP, /* a connection is made */
	CONF_METHOD_DNS /* a query is answered */
};

struct conf_target {
	uint32_t id; /* index in its uplink */
	uint32_t method; /* enum conf_method */
	uint32_t near; /* tells the cause, decides only by require all */
	struct addr address; /* CONF_METHOD_GATEWAY: only its family */
	uint32_t port; /* tcp, dns */
	char query[CONF_QUERY_LEN]; /* dns: the name */
	struct addr answer; /* dns: must be among the answers; or none */
};

/* Which family's verdict moves the site; the others' only alarm. */
enum conf_decide {
	CONF_DECIDE_INET,
	CONF_DECIDE_INET6,
	CONF_DECIDE_ANY, /* down when every family is */
	CONF_DECIDE_ALL /* down when one family is */
};

/* Which frames of the primary are kept for the story of an outage. */
enum conf_capture {
	CONF_CAPTURE_NONE,
	CONF_CAPTURE_CONTROL, /* what builds and breaks connections */
	CONF_CAPTURE_ALL
};

struct conf_dial {
	uint32_t after_ms; /* primary down so long before it costs money */
	uint32_t timeout_ms; /* from the dial command to IP up */
	uint32_t redial; /* tries in a row before the next backup, 1-1000 */
	uint32_t backoff_ms; /* first pause between tries, doubled each time */
	uint32_t backoff_max_ms;
};

/* What a packet modem's context carries: 3GPP TS 27.007, 10.1.1. */
enum conf_pdp { CONF_PDP_INET, CONF_PDP_INET6, CONF_PDP_BOTH };

/* What the dialer must know of a modem: nothing that names a file. */
struct conf_modem {
	uint32_t speed; /* bit/s */
	uint32_t ninits;
	uint32_t nphones;
	uint32_t pdp; /* enum conf_pdp, with an apn */
	uint32_t pin; /* there is a file that holds it */
	uint32_t status; /* there is a second port */
	char apn[CONF_APN_LEN]; /* empty: the modem's own context */
	char init[CONF_INITS_MAX][CONF_INIT_LEN];
	char phone[CONF_PHONES_MAX][CONF_PHONE_LEN];
};

/* What costs money. */
enum conf_cost {
	CONF_COST_TIME, /* connected, ms */
	CONF_COST_BYTES, /* both ways */
	CONF_COST_DIALS, /* calls placed, or start hooks run */
	CONF_COSTS
};

enum conf_period { CONF_MONTHLY, CONF_DAILY, CONF_WEEKLY };

/* What a backup may cost in a period. */
struct conf_budget {
	uint64_t limit[CONF_COSTS]; /* 0: any */
	uint32_t period; /* enum conf_period */
	/* on which it begins: of the month, 1-28, or week, 0-6 from Sunday */
	uint32_t day;
	uint32_t refuse; /* beyond it no call is placed; else it alarms */
	uint32_t reserved; /* 0: no padding */
};

#define CONF_DAY_MINUTES 1440u
#define CONF_WEEK_DAYS   7u

/* Some hours of some days of the week, by local time. */
struct conf_span {
	uint32_t days; /* bit mask: 1 is Sunday, 1 << 6 Saturday */
	uint32_t from; /* minutes since midnight, 0-1439 */
	uint32_t to; /* 1-1440; before from: on the next day */
};

/* When a call may be placed. */
struct conf_hours {
	uint32_t nspans; /* 0: always */
	struct conf_span span[CONF_SPANS_MAX];
};

/* A test of a backup while nobody needs it. */
struct conf_drill {
	uint32_t every_ms; /* 0: only by hand */
	uint32_t timed; /* at counts */
	uint32_t at; /* minutes since midnight, local time */
	uint32_t spread_ms; /* later by up to so much, each site by its own */
};

/* An uplink: id 0 is the primary, 1 and up the backups in order. */
struct conf_uplink {
	uint32_t id;
	uint32_t role; /* enum conf_role */
	uint32_t kind; /* enum conf_kind */
	char label[CONF_LABEL_LEN]; /* the primary's is its interface */
	char ifname[IFNAMSIZ]; /* empty with modem or call: pppd chooses */
	uint32_t carrier; /* enum conf_carrier */
	char carrier_ifname[IFNAMSIZ]; /* for CONF_CARRIER_OF */
	struct addr gateway[FAMILIES]; /* AF_UNSPEC: from its default route */
	uint32_t decide; /* enum conf_decide; a backup's is the primary's */
	uint32_t capture; /* enum conf_capture, of the primary */
	struct conf_probe probe;
	uint32_t ntargets;
	struct conf_target target[CONF_TARGETS_MAX];
	uint32_t shutdown; /* set down while on backup */
	uint32_t linkdown; /* the kernel ignores routes without carrier */
	uint32_t ncompanions;
	char companion[CONF_COMPANIONS_MAX][IFNAMSIZ];
	uint32_t metered;
	uint32_t mtu; /* of what is sent by a backup; 0: its interface's */
	uint32_t hot_ms; /* kept up, and proved so often; 0: cold */
	struct conf_dial dial;
	uint32_t start_ms; /* a hook brings it up in so long; 0: none does */
	struct conf_budget budget; /* these three may change under way */
	struct conf_hours hours;
	struct conf_drill drill;
	struct conf_modem modem;
};

enum conf_fallback { CONF_FALLBACK_AUTOMATIC, CONF_FALLBACK_MANUAL };

/* Whom the router asks for names on a backup: the same, or the backup's. */
enum conf_dns { CONF_DNS_KEEP, CONF_DNS_FOLLOW };

/* masquerade from: a prefix, or an interface's networks at the time. */
struct conf_net {
	uint32_t family; /* enum family */
	char ifname[IFNAMSIZ]; /* empty: the prefix counts */
	struct prefix prefix;
};

struct conf_global {
	uint32_t port; /* where peers are heard; 0: nowhere */
	struct addr listen; /* AF_UNSPEC: on every address */
	uint32_t fallback; /* enum conf_fallback */
	uint32_t after_ms; /* since the failover */
	uint32_t stable_ms; /* since the primary's last bad round */
	uint32_t drain_ms; /* UINT32_MAX: 30 s metered, 10 min else */
	uint32_t flap_failovers; /* 0: no cap */
	uint32_t flap_every_ms;
	uint32_t flap_hold_ms;
	uint32_t alarm_repeat_ms; /* while the site is not as it should be */
	uint32_t alarm_keep_ms; /* until the program takes it */
	uint32_t nfollow;
	struct prefix follow[CONF_NETS_MAX]; /* private, but moved, too */
	uint32_t mark; /* bits of packets' and flows' marks for us */
	uint32_t nmasq;
	struct conf_net masq[CONF_NETS_MAX];
};

#define CONF_DRAIN_DEFAULT UINT32_MAX
#define CONF_MARK_DEFAULT  0x0f000000u /* bits that few others use */

#define CONF_PEER_ADDRS_MAX 4
#define CONF_PEER_NETS_MAX  8

/*
 * An interface whose far end is a peer.  What kind of tunnel it is, the
 * kernel knows; a WireGuard one may lead to several peers.
 */
struct conf_tunnel {
	char ifname[IFNAMSIZ];
	uint32_t wgpeer; /* only the one with this key */
	uint32_t encrypted; /* nothing of its kind leaves without IPsec */
	uint8_t key[KEY_LEN];
};

/*
 * A network behind a peer, and the tunnel that leads there; empty: the peer
 * itself is the next hop.
 */
struct conf_behind {
	struct prefix net;
	char ifname[IFNAMSIZ];
};

/*
 * The far end of tunnels; with a key it runs dialfail, too.  A hub has
 * thousands, most with little in their lists: those are as long as need be,
 * and of all peers of a configuration in one piece (conf_peers.c).
 */
struct conf_peer {
	uint32_t port;
	uint32_t hello_ms;
	uint32_t hello_metered_ms;
	uint32_t hello_nat_ms; /* at most, behind NAT; 0: as above */
	uint16_t id; /* place in the list */
	bool keyed;
	uint8_t ntunnels;
	uint8_t naddresses; /* 0: any */
	uint8_t nannounce;
	uint8_t naccept; /* 0: any public one */
	uint8_t nroutes;
	struct conf_tunnel *tunnel;
	struct addr *address;
	struct prefix *announce; /* behind us */
	struct prefix *accept;
	struct conf_behind *route;
	uint8_t key[KEY_LEN]; /* Ed25519, RFC 8032 */
	char name[CONF_LABEL_LEN];
};

/* netconf's own: files, devices and programs. */
struct conf_private {
	char tty[PATH_MAX]; /* modem "/dev/..." */
	char account[CONF_ACCOUNT_LEN];
	char secret[PATH_MAX]; /* the file that holds the password */
	char call[CONF_CALL_LEN]; /* of CONF_CALL */
	char pin[PATH_MAX]; /* the same of the card's PIN */
	char status[PATH_MAX]; /* status "/dev/...", or empty */
	uint32_t ndns; /* of an interface; pppd tells a modem's */
	struct addr dns[CONF_DNS_MAX];
	char start[CONF_HOOK_LEN]; /* hooks of an interface, or empty */
	char stop[CONF_HOOK_LEN];
};

/* The place of a word in the files, for what is checked later. */
struct conf_where {
	char file[PATH_MAX];
	int line;
};

struct conf {
	char path[PATH_MAX]; /* of the file it was read from */
	uint8_t sha256[32]; /* of all files read, in order */
	struct conf_global global;
	uint32_t nuplinks; /* 0 only in a fresh struct */
	struct conf_uplink uplink[CONF_UPLINKS_MAX];
	struct conf_private private[CONF_UPLINKS_MAX];
	uint32_t dns; /* enum conf_dns */
	uint32_t npeers;
	struct conf_peer *peer;
	void *peer_lists; /* of all of them */
	uint32_t nkeyed; /* of them: run dialfail, too */
	char identity[PATH_MAX]; /* our secret key's file, or empty */
	char alarm[PATH_MAX]; /* empty: none */
	uint32_t alarm_timeout_ms;
	char capture[PATH_MAX]; /* directory, empty: none */
	uint64_t capture_size; /* octets, of all files in it */
	uint32_t capture_keep_ms;
	char state[PATH_MAX];
	struct conf_where secret_where[CONF_UPLINKS_MAX];
	struct conf_where pin_where[CONF_UPLINKS_MAX];
	struct conf_where hook_where[CONF_UPLINKS_MAX];
	struct conf_where call_where[CONF_UPLINKS_MAX];
	struct conf_where identity_where;
	struct conf_where alarm_where;
	struct conf_where capture_where;
};

/* A macro given on the command line: -D name=value. */
struct conf_macro {
	const char *text;
	struct conf_macro *next;
};

/*
 * Receives one error or warning: file, line and what is wrong and what would
 * be valid.  line 0: of the file as a whole.
 */
typedef void conf_report(
    const char *file, int line, const char *text, void *arg);

/*
 * Read the file and all it includes.  Returns a new struct, which the caller
 * frees with conf_free, or NULL after at least one report: all errors of a
 * file are reported, not just the first.  Only root-owned files that nobody
 * else can write are taken, unless check_only (dialfaild -n by a user).
 */
struct conf *conf_parse(const char *path, const struct conf_macro *macros,
    int check_only, conf_report *report, void *arg);
void conf_free(struct conf *);

/*
 * What can only be checked on the machine itself: secrets, programs.  -1
 * after at least one report, else 0.
 */
int conf_check_system(const struct conf *, conf_report *report, void *arg);

#define CONF_FILE SYSCONFDIR "/dialfail.conf" /* if nothing else is said */

/*
 * The last one of CONF_FILE that was confirmed, as conf_print() writes it, and
 * the hash of one that has yet to be.  Beside the state directory, which is
 * not root's alone.
 */
#define CONF_CONFIRMED_FILE   STATEDIR ".confirmed"
#define CONF_UNCONFIRMED_FILE STATEDIR ".unconfirmed"
#define CONF_HASH_LEN         65
/* A SHA-256 sum as text, with a NUL. */
void conf_hash(const uint8_t sum[32], char buf[CONF_HASH_LEN]);

/* The effective configuration in a form that parses again. */
void conf_print(const struct conf *, FILE *);
/* What it means in time and money, as comment lines (dialfaild -nv). */
void conf_print_meaning(const struct conf *, FILE *);

/* Range checks of what came in a message: 1 valid, 0 not. */
int conf_global_valid(const struct conf_global *);
/* Bits that adjoin and can number so many uplinks. */
int conf_mark_valid(uint32_t mask, uint32_t nuplinks);
int conf_uplink_valid(const struct conf_uplink *);
int conf_peer_valid(const struct conf_peer *); /* with lists, no tunnels */
/* How many octets its lists have. */
size_t conf_peer_lists(const struct conf_peer *);
/* Its own lists at *at, which has room for them; *at is then behind them. */
void conf_peer_copy(
    struct conf_peer *to, const struct conf_peer *from, uint8_t **at);
/* By `address` and `accept`, may it say that it is there? */
bool conf_peer_accepts(const struct conf_peer *, const struct addr *);
/* And is it written there, not only public? */
bool conf_peer_names(const struct conf_peer *, const struct addr *);
/* Is it itself the next hop to a network behind it? */
bool conf_peer_is_hop(const struct conf_peer *);
/*
 * Whether two are the same but for their place in the order and for budget,
 * hours and drill, which change nothing of a link that is up.
 */
int conf_uplink_same(const struct conf_uplink *, const struct conf_uplink *);

/* Must it be brought up, at a price, and be hung up again? */
bool conf_dialled(const struct conf_uplink *);
/* Is it pppd that makes its interface? */
bool conf_ppp(const struct conf_uplink *);
extern const char *const conf_kind_words[]; /* by enum conf_kind */

/* Is there any limit? */
bool conf_budgeted(const struct conf_budget *);
/* At this minute, 0-1439, of the day of the week, 0 for Sunday. */
bool conf_hours_allow(const struct conf_hours *, uint32_t day, uint32_t minute);
extern const char *const conf_cost_words[]; /* by enum conf_cost */

/* What may be sent to a modem: nothing that ends or begins a command. */
int conf_phone_valid(const char *);
int conf_phone_telephone(const char *); /* not an LTE service code: *99# */
int conf_apn_valid(const char *); /* a name, or empty: none is set */
int conf_modem_packet(const struct conf_modem *); /* dialled by such a code */
extern const char *const conf_pdp_words[]; /* by enum conf_pdp */
int conf_init_valid(const char *);
/* A file among the hooks, not a hidden one, nor an editor's copy. */
int conf_hook_valid(const char *);
/* The same of pppd's option files. */
int conf_call_valid(const char *);

/* A round that gets no answer, at its longest. */
uint32_t conf_round_ms(const struct conf_probe *);
/* A proof, with all its tries. */
uint32_t conf_prove_ms(const struct conf_uplink *);

/* A quorum over n things: how many must be good (at least 1 if n > 0). */
uint32_t conf_quorum_need(const struct conf_quorum *, uint32_t n);

/* After a round that took less than this comes a pause of at least this. */
#define CONF_QUICK_MS 50

/* The longest one: a budget is kept in every month. */
#define CONF_MONTH_MS (31 * 86400000ULL)

/* A drill's packets, there and back: of each size, since one may be lost, for
 * the MTU; and of that size for the rate. */
#define CONF_MEASURE_COPIES 2
#define CONF_MEASURE_BURST  16
/* What it wants to know of a link that is proved, at most so long. */
#define CONF_MEASURE_MS (15 * 1000)

/* So late a drill that is due at a time of the day may still begin. */
#define CONF_DRILL_WINDOW_MIN 120

/* ICMP header and payload of an echo. */
#define CONF_ECHO_LEN 64

/* Whether this family's verdict moves the site. */
bool conf_family_decides(const struct conf_uplink *, enum family);
extern const char *const conf_decide_words[]; /* by enum conf_decide */
extern const char *const conf_family_names[FAMILIES];
/* One address may be probed by several methods, at several ports. */
bool conf_target_same(const struct conf_target *, const struct conf_target *);
uint32_t conf_family_targets(const struct conf_uplink *, enum family);
uint32_t conf_far_targets(const struct conf_uplink *, enum family);
/* What each family that has targets may cost: an even share of the budget. */
double conf_family_budget(const struct conf_uplink *);
/* What a good round of a family costs, octets of IP both ways. */
uint64_t conf_round_octets(const struct conf_uplink *, enum family);
/* Between two good rounds of a family: delay, longer to keep the budget. */
uint32_t conf_delay_ms(const struct conf_uplink *, enum family);

/* Bounds of the time from the beginning of an outage to "down". */
struct conf_bounds {
	uint32_t detect_min_ms;
	uint32_t detect_max_ms;
};
void conf_bounds(const struct conf_uplink *, struct conf_bounds *);
void conf_family_bounds(
    const struct conf_uplink *, enum family, struct conf_bounds *);
/* Expected in a year while each probe is lost with probability loss. */
double conf_false_failovers(const struct conf_uplink *, double loss);

#endif
