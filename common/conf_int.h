/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the configuration share and nobody else needs:
 * conf_src.c gives characters (files, includes, macros), parse.y makes
 * statements of them, conf_build.c, conf_target.c and conf_peer.c make the
 * structs and their defaults, conf.c knows which values are valid.
 */
#ifndef COMMON_CONF_INT_H
#define COMMON_CONF_INT_H

#include "common/conf.h"

/* Every number and duration of the file: its word, bounds and default. */
enum conf_field {
	CONF_F_COUNT,
	CONF_F_INTERVAL,
	CONF_F_TIMEOUT,
	CONF_F_DELAY,
	CONF_F_RETRY,
	CONF_F_QUORUM,
	CONF_F_DIAL_AFTER,
	CONF_F_DIAL_TIMEOUT,
	CONF_F_REDIAL,
	CONF_F_BACKOFF,
	CONF_F_BACKOFF_MAX,
	CONF_F_HOT,
	CONF_F_AFTER,
	CONF_F_STABLE,
	CONF_F_DRAIN,
	CONF_F_FAILOVERS,
	CONF_F_EVERY,
	CONF_F_HOLD,
	CONF_F_ALARM_TIMEOUT,
	CONF_F_ALARM_REPEAT,
	CONF_F_ALARM_KEEP,
	CONF_F_CAPTURE_KEEP,
	CONF_F_HOOK_TIMEOUT,
	CONF_F_PORT,
	CONF_F_PEER_PORT,
	CONF_F_HELLO,
	CONF_F_BUDGET_TIME,
	CONF_F_DIALS,
	CONF_F_MONTHLY,
	CONF_F_DRILL,
	CONF_F_SPREAD,
	CONF_F_MTU,
	CONF_F_LAST
};

/* Every number of octets. */
enum conf_size_field {
	CONF_S_BUDGET,
	CONF_S_BYTES,
	CONF_S_CAPTURE,
	CONF_S_LAST
};

struct conf_range {
	const char *word;
	uint32_t min; /* a number, or milliseconds */
	uint32_t max;
	uint32_t value; /* the default */
	int duration;
};
extern const struct conf_range conf_range[CONF_F_LAST];

struct conf_size_range {
	const char *word;
	uint64_t min;
	uint64_t max;
	uint64_t value;
};
extern const struct conf_size_range conf_size_range[CONF_S_LAST];

#define CONF_SPEED_DEFAULT        115200
#define CONF_DIAL_AFTER_TELEPHONE 10000 /* a call that costs: ms */
#define CONF_DURATION_LEN         16
#define CONF_SIZE_LEN             24
#define CONF_ROUNDED_LEN          32

int conf_in_range(enum conf_field, uint32_t);
const char *conf_duration(uint32_t ms, char buf[CONF_DURATION_LEN]);
const char *conf_size(uint64_t octets, char buf[CONF_SIZE_LEN]);
/* For people: "5 m"; with one decimal where it says something. */
const char *conf_spaced(uint32_t ms, char buf[CONF_DURATION_LEN]);
const char *conf_rounded(double, char buf[CONF_ROUNDED_LEN]);
int conf_name_valid(const char *); /* of an uplink or an interface */
int conf_speed_valid(uint32_t);
int conf_address_valid(const struct addr *); /* something to talk to */
int conf_gateway_valid(const struct addr *, enum family); /* next to us */
int conf_query_valid(const char *); /* a domain name without its last dot */

/* conf_reckon.c */
uint64_t conf_budget_least(const struct conf_uplink *, uint32_t delay_ms);
double conf_month_octets(const struct conf_uplink *); /* of good rounds */
double conf_hot_octets(const struct conf_uplink *); /* the same, in standby */
#define CONF_HELLO_NAT_MS 25000 /* where no hello is configured */
/*
 * A month's of hellos to all peers, answered, by an uplink that stands by, or
 * by the one that carries traffic, behind NAT.
 */
enum conf_hellos { CONF_STANDING_BY, CONF_BEHIND_NAT };
double conf_hello_octets(
    const struct conf *, const struct conf_uplink *, enum conf_hellos);
uint64_t conf_drill_octets(const struct conf_uplink *); /* of one, about */
uint64_t conf_drill_ms(const struct conf_uplink *); /* connected, at most */

/* A piece of the file and where it stands; s lives as long as the source. */
struct conf_text {
	char *s;
	const char *file;
	int line;
};

/* target ...: what is not written has no text. */
struct conf_target_words {
	enum conf_method method;
	uint32_t near;
	struct conf_text address;
	struct conf_text port;
	struct conf_text query;
	struct conf_text answer;
};

/* tunnel ...: likewise. */
struct conf_tunnel_words {
	struct conf_text wgpeer;
	struct conf_text encrypted;
};

struct conf_src;

#define CONF_SRC_EOF (-1)

struct conf_src *conf_src_new(int check_only, conf_report *, void *arg);
void conf_src_free(struct conf_src *);
void conf_src_open(struct conf_src *, const struct conf_text *path);
void conf_src_include(struct conf_src *, const struct conf_text *path);
int conf_src_getc(struct conf_src *); /* CONF_SRC_EOF: end of one file */
int conf_src_peek(struct conf_src *);
int conf_src_next_file(struct conf_src *); /* 0: there is none */
void conf_src_here(struct conf_src *, struct conf_text *);
char *conf_src_keep(struct conf_src *, const char *, size_t);
void conf_src_macro(struct conf_src *, const struct conf_text *name,
    const char *value, int persist);
int conf_src_expanding(struct conf_src *);
void conf_src_expand(struct conf_src *, const struct conf_text *name);
void conf_src_unused(struct conf_src *); /* warn of macros never used */
void conf_src_sha256(struct conf_src *, uint8_t digest[32]);
int conf_src_errors(struct conf_src *);
void conf_src_error(struct conf_src *, const struct conf_text *,
    const char *fmt, ...) __attribute__((__format__(printf, 3, 4)));
void conf_src_warn(struct conf_src *, const struct conf_text *, const char *fmt,
    ...) __attribute__((__format__(printf, 3, 4)));

/* The configuration under construction; parse.y's actions fill it. */
struct conf_build {
	struct conf_src *src;
	struct conf *conf;
	uint32_t now; /* index of the uplink being read */
	uint32_t nbackups;
	struct conf_text mark;
	uint32_t capture; /* enum conf_capture, if there is a directory */
	int have_primary;
	int errors_before; /* the uplink's block */
	struct conf_uplink_build {
		struct conf_text where;
		struct conf_text tty, account, secret, phone, init, iface;
		struct conf_text call;
		struct conf_text target[CONF_TARGETS_MAX];
		struct conf_text target_gateway;
		struct conf_text gateway; /* the first of them */
		struct conf_text start, stop; /* hooks */
		struct conf_text apn, pdp, pin, status;
		struct conf_text dns;
		struct conf_text budget, dials, period;
		uint32_t hook_ms;
		uint32_t ngateways; /* addresses given */
		int gateway_auto;
		int broken; /* had an error: what it lacks is not told */
		int have_after;
		int have_metered;
	} uplink[CONF_UPLINKS_MAX + 1]; /* the last: one too many */
	struct conf_uplink spare;
	struct conf_private spare_private;
	struct conf_peer_build {
		struct conf_peer is; /* but for its lists: */
		struct conf_tunnel tunnel[CONF_TUNNELS_MAX];
		struct addr address[CONF_PEER_ADDRS_MAX];
		struct prefix announce[CONF_PEER_NETS_MAX];
		struct prefix accept[CONF_PEER_NETS_MAX];
		struct conf_behind route[CONF_PEER_NETS_MAX];
		struct conf_text where;
		struct conf_text tunnel_where[CONF_TUNNELS_MAX];
		struct conf_text key_where;
		struct conf_text route_where[CONF_PEER_NETS_MAX];
		struct conf_text alone; /* a word that needs a key */
		struct conf_text hop; /* likewise: a route without via */
	} * peer; /* conf->npeers of them, which are its at the end */
	int in_peer;
	int in_group; /* and not in a peer of it: its words hold for all */
	uint32_t group_first; /* its first peer */
	struct conf_peer_build group; /* what holds for each of them */
	struct conf_text listen;
};

void conf_build_init(struct conf_build *, struct conf_src *, struct conf *);
void conf_build_finish(struct conf_build *);
struct conf_uplink *conf_build_uplink(struct conf_build *);
struct conf_private *conf_build_private(struct conf_build *);
/* The place of a word, for conf_check.c. */
void conf_build_where(struct conf_where *, const struct conf_text *);
void conf_build_primary(struct conf_build *, const struct conf_text *);
void conf_build_backup(struct conf_build *, const struct conf_text *);
void conf_build_uplink_end(struct conf_build *, int block);
void conf_build_number(
    struct conf_build *, enum conf_field, uint32_t *, const struct conf_text *);
void conf_build_quorum(
    struct conf_build *, struct conf_quorum *, const struct conf_text *);
void conf_build_size(struct conf_build *, enum conf_size_field, uint64_t *,
    const struct conf_text *);
void conf_build_ifname(
    struct conf_build *, char ifname[IFNAMSIZ], const struct conf_text *);
void conf_build_label(
    struct conf_build *, char label[CONF_LABEL_LEN], const struct conf_text *);
void conf_build_companion(struct conf_build *, const struct conf_text *);
void conf_build_interface(struct conf_build *, const struct conf_text *);
void conf_build_modem(struct conf_build *, const struct conf_text *tty,
    const struct conf_text *speed);
void conf_build_init_string(struct conf_build *, const struct conf_text *);
void conf_build_phone(struct conf_build *, const struct conf_text *);
void conf_build_account(struct conf_build *, const struct conf_text *);
void conf_build_secret(struct conf_build *, const struct conf_text *);
void conf_build_metered(struct conf_build *, uint32_t);
void conf_build_follow(struct conf_build *, const struct conf_text *);
void conf_build_alarm(struct conf_build *, const struct conf_text *);
void conf_build_capture(struct conf_build *, const struct conf_text *);
void conf_build_path(struct conf_build *, char path[PATH_MAX],
    const struct conf_text *, const char *what);

void conf_build_dns(struct conf_build *, const struct conf_text *address);

/* conf_hook.c */
void conf_build_hook(struct conf_build *, const struct conf_text *word,
    const struct conf_text *name);
void conf_build_hook_timeout(struct conf_build *, const struct conf_text *);
void conf_build_hooks_end(struct conf_build *); /* of one interface */

/* conf_call.c */
void conf_build_call(struct conf_build *, const struct conf_text *name);

/* conf_cost.c */
void conf_build_limit(
    struct conf_build *, enum conf_cost, const struct conf_text *);
void conf_build_hours(struct conf_build *, const struct conf_text *);
/* day: none of a daily one */
void conf_build_period(struct conf_build *, enum conf_period,
    const struct conf_text *word, const struct conf_text *day);
void conf_build_drill(struct conf_build *, const struct conf_text *every,
    const struct conf_text *at, const struct conf_text *spread);
void conf_build_cost_end(struct conf_build *); /* of one backup */
int conf_cost_valid(const struct conf_uplink *);
void conf_print_cost(const struct conf_uplink *, FILE *);

/* conf_afford.c */
void conf_print_hellos(const struct conf *, const struct conf_uplink *, FILE *);
void conf_print_afford(const struct conf *, const struct conf_uplink *, FILE *);

/* conf_radio.c */
void conf_build_apn(struct conf_build *, const struct conf_text *);
void conf_build_pdp(
    struct conf_build *, const struct conf_text *word, enum conf_pdp);
void conf_build_pin(struct conf_build *, const struct conf_text *path);
void conf_build_status(struct conf_build *, const struct conf_text *path);
void conf_build_radio_end(struct conf_build *); /* of one modem */

/* conf_nat.c */
void conf_build_masquerade(
    struct conf_build *, enum family, const struct conf_text *);
void conf_build_mark(struct conf_build *, const struct conf_text *);
void conf_build_nat_finish(struct conf_build *);

/* conf_target.c */
void conf_build_gateway(struct conf_build *, const struct conf_text *word,
    const struct conf_text *address);
void conf_build_target(struct conf_build *, const struct conf_target_words *);
void conf_build_target_gateway(struct conf_build *, const struct conf_text *);
void conf_build_targets_finish(struct conf_build *);

/* conf_peer.c */
/* The one being read, or its group, or NULL: told already. */
struct conf_peer_build *conf_build_peer_now(struct conf_build *);
/* For a word that only peers have that talk to us. */
struct conf_peer_build *conf_build_peer_keyed(
    struct conf_build *, const struct conf_text *word);
void conf_build_peer(struct conf_build *, const struct conf_text *);
void conf_build_peer_end(struct conf_build *);
void conf_build_tunnel(struct conf_build *, const struct conf_text *ifname,
    const struct conf_tunnel_words *);
void conf_build_key(struct conf_build *, const struct conf_text *);
void conf_build_peer_address(struct conf_build *, const struct conf_text *);
void conf_build_peer_port(struct conf_build *, const struct conf_text *);
void conf_build_accept(struct conf_build *, const struct conf_text *);
void conf_build_hello(struct conf_build *, const struct conf_text *,
    const struct conf_text *metered);
void conf_build_identity(struct conf_build *, const struct conf_text *);
void conf_build_listen(struct conf_build *, const struct conf_text *word,
    const struct conf_text *address, const struct conf_text *port);
void conf_build_peers_finish(struct conf_build *);

/* conf_group.c: peers in groups, and networks behind them and behind us */
void conf_build_group(struct conf_build *, const struct conf_text *name);
void conf_build_group_end(struct conf_build *);
void conf_build_announce(struct conf_build *, const struct conf_text *);
void conf_build_route(struct conf_build *, const struct conf_text *net,
    const struct conf_text *ifname);
void conf_build_routes_finish(struct conf_build *);

int conf_keyword(const char *); /* must be quoted to be a name */

#endif
