/* SPDX-License-Identifier: ISC */
/*
 * The grammar of dialfail.conf(5), in the manner of pf.conf(5) and
 * bgpd.conf(5).  Inside braces blanks, commas and newlines are the same;
 * outside a statement ends with its line.  After an error the rest of the
 * line is skipped, with any block that is opened there, or the rest of the
 * block if it ends first: so each mistake of a file is told once.  Words are
 * kept by conf_src.c until the end, so no path has anything to free.
 */

%{
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

#define TOKEN_MAX  1024
#define MACRO_CHARS                  \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define BLOCKS_MAX 4
#define WORDS_MAX  32 /* different words in one block */

typedef struct {
	struct conf_text text; /* of every token */
	struct conf_quorum quorum;
	struct conf_target_words target;
	struct conf_tunnel_words tunnel;
	uint32_t number;
} YYSTYPE;
#define YYSTYPE_IS_DECLARED 1

/* Where a word may stand. */
#define IN_GLOBAL    0x001U
#define IN_PRIMARY   0x002U
#define IN_BACKUP    0x004U
#define IN_PROBE     0x008U
#define IN_DIAL	     0x010U
#define IN_FALLBACK  0x020U
#define IN_FLAP	     0x040U
#define IN_ALARM     0x080U
#define IN_INTERFACE 0x100U
#define IN_NETWORKS  0x200U
#define IN_CAPTURE   0x400U
#define IN_PEER      0x800U
#define IN_VALUE     0x1000U /* not at the start of anything */
#define IN_FOLLOW    0x2000U
#define IN_ADDRESSES 0x4000U
#define IN_BUDGET    0x8000U
#define IN_GROUP     0x10000U

struct block {
	unsigned int in;
	struct conf_text open;
	uint32_t nseen; /* words that may be written once only */
	const char *seen[WORDS_MAX];
};

static struct {
	struct conf_src *src;
	struct conf_build build;
	struct block block[BLOCKS_MAX];
	uint32_t nblocks; /* the file itself is block 0 */
	uint32_t braces; /* open now, as the lexer sees it */
	int recovering; /* from an error, until a newline or brace */
	int skip; /* the block that the wrong brace opened */
	int line_given; /* a newline at the end of this file */
	int token; /* the last one, and the one before */
	int before;
	enum family family; /* of a masquerade's networks */
	int begins; /* the one before is the first of its line */
	struct conf_text text, text_before;
} ps;

static int	yylex(void);
static int	yyparse(void);
static void	yyerror(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
static void	enter(unsigned int);
static void	leave(void);
static void	once(const struct conf_text *);

#define BUILD	(&ps.build)
#define GLOBAL	(&ps.build.conf->global)
#define UPLINK	(conf_build_uplink(&ps.build))

/* After an error production: what follows may be told again. */
#define RECOVERED				\
	do {					\
		ps.recovering = 0;		\
		yyerrok;			\
	} while (0)

/* A word that is not there. */
#define NOTHING	((struct conf_text){ NULL, NULL, 0 })

/* At the line of the text, not where the parser has come meanwhile. */
#define BAD(text, ...)	conf_src_error(ps.src, &(text), __VA_ARGS__)
%}

%token	<text>	ACCEPT ACCOUNT ADDRESS AFTER ALARM ALL ANNOUNCE ANSWER ANY APN AUTO
%token	<text>	AUTOMATIC
%token	<text>	BACKOFF BACKUP BOTH BUDGET CALL CAPTURE CARRIER COLD COMPANION
%token	<text>	CONTROL COUNT
%token	<text>	DECIDE DELAY DIAL DNS DRAIN ENCRYPTED
%token	<text>	EVERY FAILOVERS FALLBACK FILENAME FLAP FOLLOW FROM GATEWAY GROUP
%token	<text>	HELLO HOLD
%token	<text>	HOT IDENTITY IGNORE INCLUDE INET INET6 INIT INTERFACE INTERVAL ITSELF
%token	<text>	KEEP KEY LINKDOWN LISTEN MANUAL MARK MASQUERADE MAX METERED MODEM MOST MTU
%token	<text>	NEAR NO NONE ON PACKETS PDP PEER PHONE PIN PORT PRIMARY PROBE QUERY
%token	<text>	REDIAL REPEAT REQUIRE RETRY ROUTE SECRET SHUTDOWN SIZE SPEED STABLE
%token	<text>	STANDBY START STATE STATUS STOP SUCCESS TARGET TCP TIMEOUT TUNNEL
%token	<text>	VIA WGPEER YES
%token	<text>	AT BYTES DAILY DIALS DRILL HOURS MONTHLY REFUSE SPREAD THEN TIME
%token	<text>	WEEKLY
%token	<text>	WORD QUOTED JUNK
%type	<text>	string macro_value port query answer metered listen_on
%type	<text>	via
%type	<text>	at spread
%type	<tunnel> tunnel_how
%type	<quorum> quorum
%type	<number> yesno near decide packets pdp
%type	<target> target

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar INCLUDE string '\n'	{
			ps.line_given = 0;
			conf_src_include(ps.src, &$3);
		}
		| grammar macro '\n'
		| grammar primary '\n'
		| grammar backup '\n'
		| grammar fallback '\n'
		| grammar flap '\n'
		| grammar follow '\n'
		| grammar masquerade '\n'
		| grammar dns '\n'
		| grammar mark '\n'
		| grammar alarm '\n'
		| grammar capture '\n'
		| grammar state '\n'
		| grammar identity '\n'
		| grammar listen '\n'
		| grammar peer '\n'
		| grammar group '\n'
		| grammar error '\n'		{ RECOVERED; }
		;

macro		: WORD '=' macro_value		{
			if ($1.s[strspn($1.s, MACRO_CHARS)] != '\0')
				BAD($1, "macro names hold letters, digits and "
				    "_ only");
			else
				conf_src_macro(ps.src, &$1, $3.s, 0);
		}
		;

macro_value	: string
		| macro_value string		{
			char both[2 * TOKEN_MAX];

			snprintf(both, sizeof(both), "%s %s", $1.s, $2.s);
			if (strlen(both) >= TOKEN_MAX)
				BAD($2, "macro too long");
			else
				$$.s = conf_src_keep(ps.src, both,
				    strlen(both));
		}
		;

string		: WORD
		| QUOTED
		;

yesno		: YES				{ $$ = 1; }
		| NO				{ $$ = 0; }
		;

close		: '}'				{ leave(); }
		| error '}'			{ RECOVERED; leave(); }
		;

primary		: PRIMARY string		{
			conf_build_primary(BUILD, &$2);
		} '{'				{ enter(IN_PRIMARY); }
		  primary_words close		{
			conf_build_uplink_end(BUILD, 1);
		}
		;

primary_words	: /* empty */
		| primary_words primary_word
		| primary_words error '\n'	{ RECOVERED; }
		;

gateway		: GATEWAY AUTO			{
			conf_build_gateway(BUILD, &$1, NULL);
		}
		| GATEWAY string		{
			conf_build_gateway(BUILD, &$1, &$2);
		}
		;

primary_word	: CARRIER string		{
			once(&$1);
			UPLINK->carrier = CONF_CARRIER_OF;
			conf_build_ifname(BUILD, UPLINK->carrier_ifname, &$2);
		}
		| CARRIER ITSELF		{
			once(&$1);
			UPLINK->carrier = CONF_CARRIER_ITSELF;
		}
		| CARRIER NONE			{
			once(&$1);
			UPLINK->carrier = CONF_CARRIER_NONE;
		}
		| gateway
		| TARGET target			{
			conf_build_target(BUILD, &$2);
		}
		| TARGET GATEWAY		{
			conf_build_target_gateway(BUILD, &$2);
		}
		| DECIDE decide			{
			once(&$1);
			UPLINK->decide = $2;
		}
		| PROBE '{'			{
			once(&$1);
			enter(IN_PROBE);
		} probe_words close
		| SHUTDOWN yesno		{
			once(&$1);
			UPLINK->shutdown = $2;
		}
		| LINKDOWN IGNORE		{
			once(&$1);
			UPLINK->linkdown = 1;
		}
		| LINKDOWN KEEP			{
			once(&$1);
			UPLINK->linkdown = 0;
		}
		| COMPANION companions
		;

target		: string near			{
			$$ = (struct conf_target_words){ CONF_METHOD_ICMP, $2,
				$1, NOTHING, NOTHING, NOTHING };
		}
		| TCP string port near		{
			$$ = (struct conf_target_words){ CONF_METHOD_TCP, $4,
				$2, $3, NOTHING, NOTHING };
		}
		| DNS string port query answer near {
			$$ = (struct conf_target_words){ CONF_METHOD_DNS, $6,
				$2, $3, $4, $5 };
		}
		;

port		: /* empty */			{ $$ = NOTHING; }
		| PORT string			{ $$ = $2; }
		;

query		: /* empty */			{ $$ = NOTHING; }
		| QUERY string			{ $$ = $2; }
		;

answer		: /* empty */			{ $$ = NOTHING; }
		| ANSWER string			{ $$ = $2; }
		;

near		: /* empty */			{ $$ = 0; }
		| NEAR				{ $$ = 1; }
		;

decide		: INET				{ $$ = CONF_DECIDE_INET; }
		| INET6				{ $$ = CONF_DECIDE_INET6; }
		| ANY				{ $$ = CONF_DECIDE_ANY; }
		| ALL				{ $$ = CONF_DECIDE_ALL; }
		;

companions	: string			{
			conf_build_companion(BUILD, &$1);
		}
		| companions string		{
			conf_build_companion(BUILD, &$2);
		}
		;

probe_words	: /* empty */
		| probe_words probe_word
		| probe_words error '\n'	{ RECOVERED; }
		;

probe_word	: COUNT string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_COUNT,
			    &UPLINK->probe.count, &$2);
		}
		| INTERVAL string		{
			once(&$1);
			conf_build_number(BUILD, CONF_F_INTERVAL,
			    &UPLINK->probe.interval_ms, &$2);
		}
		| TIMEOUT string		{
			once(&$1);
			conf_build_number(BUILD, CONF_F_TIMEOUT,
			    &UPLINK->probe.timeout_ms, &$2);
		}
		| DELAY string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_DELAY,
			    &UPLINK->probe.delay_ms, &$2);
		}
		| RETRY string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_RETRY,
			    &UPLINK->probe.retry, &$2);
		}
		| SUCCESS quorum		{
			once(&$1);
			UPLINK->probe.success = $2;
		}
		| REQUIRE quorum		{
			once(&$1);
			UPLINK->probe.require = $2;
		}
		| BUDGET string			{
			once(&$1);
			conf_build_size(BUILD, CONF_S_BUDGET,
			    &UPLINK->probe.budget, &$2);
		}
		;

quorum		: ALL		{ $$ = (struct conf_quorum){ CONF_QUORUM_ALL, 0 }; }
		| MOST		{ $$ = (struct conf_quorum){ CONF_QUORUM_MOST, 0 }; }
		| ANY		{ $$ = (struct conf_quorum){ CONF_QUORUM_ANY, 0 }; }
		| string	{ conf_build_quorum(BUILD, &$$, &$1); }
		;

backup		: BACKUP string			{
			conf_build_backup(BUILD, &$2);
		} backup_block
		;

backup_block	: /* empty */			{
			conf_build_uplink_end(BUILD, 0);
		}
		| '{'				{ enter(IN_BACKUP); }
		  backup_words close		{
			conf_build_uplink_end(BUILD, 1);
		}
		;

backup_words	: /* empty */
		| backup_words backup_word
		| backup_words error '\n'	{ RECOVERED; }
		;

backup_word	: INTERFACE			{
			once(&$1);
			conf_build_interface(BUILD, NULL);
		}
		| INTERFACE string		{
			once(&$1);
			conf_build_interface(BUILD, &$2);
		}
		| INTERFACE string '{'		{
			once(&$1);
			enter(IN_INTERFACE);
			conf_build_interface(BUILD, &$2);
		} interface_words close
		| MODEM string			{
			once(&$1);
			conf_build_modem(BUILD, &$2, NULL);
		}
		| MODEM string SPEED string	{
			once(&$1);
			conf_build_modem(BUILD, &$2, &$4);
		}
		| CALL string			{
			once(&$1);
			conf_build_call(BUILD, &$2);
		}
		| INIT				{ once(&$1); } inits
		| PHONE				{ once(&$1); } phones
		| ACCOUNT string		{
			once(&$1);
			conf_build_account(BUILD, &$2);
		}
		| SECRET FILENAME string	{
			once(&$1);
			conf_build_secret(BUILD, &$3);
		}
		| SECRET string			{
			BAD($1, "secrets live in a file: "
			    "secret file \"/etc/dialfail/private/NAME\"");
		}
		| APN QUOTED			{
			once(&$1);
			conf_build_apn(BUILD, &$2);
		}
		| PDP pdp			{
			once(&$1);
			conf_build_pdp(BUILD, &$1, $2);
		}
		| PIN FILENAME string		{
			once(&$1);
			conf_build_pin(BUILD, &$3);
		}
		| PIN string			{
			BAD($1, "a PIN lives in a file: "
			    "pin file \"/etc/dialfail/private/NAME\"");
		}
		| STATUS string			{
			once(&$1);
			conf_build_status(BUILD, &$2);
		}
		| METERED yesno			{
			once(&$1);
			conf_build_metered(BUILD, $2);
		}
		| MTU string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_MTU, &UPLINK->mtu,
			    &$2);
		}
		| STANDBY COLD			{
			once(&$1);
			UPLINK->hot_ms = 0;
		}
		| STANDBY HOT			{
			once(&$1);
			UPLINK->hot_ms = conf_range[CONF_F_HOT].value;
		}
		| STANDBY HOT EVERY string	{
			once(&$1);
			conf_build_number(BUILD, CONF_F_HOT,
			    &UPLINK->hot_ms, &$4);
		}
		| gateway
		| TARGET target			{
			conf_build_target(BUILD, &$2);
		}
		| TARGET GATEWAY		{
			conf_build_target_gateway(BUILD, &$2);
		}
		| DNS				{ once(&$1); } resolvers
		| DIAL '{'			{
			once(&$1);
			enter(IN_DIAL);
		} dial_words close
		| BUDGET '{'			{
			once(&$1);
			BUILD->uplink[BUILD->now].budget = $1;
			enter(IN_BUDGET);
		} budget_words close
		| HOURS				{ once(&$1); } hours
		| DRILL EVERY string at spread	{
			once(&$1);
			conf_build_drill(BUILD, &$3, &$4, &$5);
		}
		;

budget_words	: /* empty */
		| budget_words budget_word
		| budget_words error '\n'	{ RECOVERED; }
		;

budget_word	: TIME string			{
			once(&$1);
			conf_build_limit(BUILD, CONF_COST_TIME, &$2);
		}
		| BYTES string			{
			once(&$1);
			conf_build_limit(BUILD, CONF_COST_BYTES, &$2);
		}
		| DIALS string			{
			once(&$1);
			BUILD->uplink[BUILD->now].dials = $1;
			conf_build_limit(BUILD, CONF_COST_DIALS, &$2);
		}
		| MONTHLY string		{
			once(&$1);
			conf_build_period(BUILD, CONF_MONTHLY, &$1, &$2);
		}
		| WEEKLY string			{
			once(&$1);
			conf_build_period(BUILD, CONF_WEEKLY, &$1, &$2);
		}
		| DAILY				{
			once(&$1);
			conf_build_period(BUILD, CONF_DAILY, &$1, NULL);
		}
		| THEN ALARM			{
			once(&$1);
			UPLINK->budget.refuse = 0;
		}
		| THEN REFUSE			{
			once(&$1);
			UPLINK->budget.refuse = 1;
		}
		;

hours		: QUOTED		{ conf_build_hours(BUILD, &$1); }
		| hours QUOTED		{ conf_build_hours(BUILD, &$2); }
		;

at		: /* empty */			{ $$ = NOTHING; }
		| AT string			{ $$ = $2; }
		;

spread		: /* empty */			{ $$ = NOTHING; }
		| SPREAD string			{ $$ = $2; }
		;

pdp		: INET		{ $$ = CONF_PDP_INET; }
		| INET6		{ $$ = CONF_PDP_INET6; }
		| BOTH		{ $$ = CONF_PDP_BOTH; }
		;

interface_words	: /* empty */
		| interface_words interface_word
		| interface_words error '\n'	{ RECOVERED; }
		;

interface_word	: START string			{
			once(&$1);
			conf_build_hook(BUILD, &$1, &$2);
		}
		| STOP string			{
			once(&$1);
			conf_build_hook(BUILD, &$1, &$2);
		}
		| TIMEOUT string		{
			once(&$1);
			conf_build_hook_timeout(BUILD, &$2);
		}
		;

resolvers	: string		{ conf_build_dns(BUILD, &$1); }
		| resolvers string	{ conf_build_dns(BUILD, &$2); }
		;

inits		: QUOTED		{ conf_build_init_string(BUILD, &$1); }
		| inits QUOTED		{ conf_build_init_string(BUILD, &$2); }
		;

phones		: QUOTED		{ conf_build_phone(BUILD, &$1); }
		| phones QUOTED		{ conf_build_phone(BUILD, &$2); }
		;

dial_words	: /* empty */
		| dial_words dial_word
		| dial_words error '\n'		{ RECOVERED; }
		;

dial_word	: AFTER string			{
			once(&$1);
			BUILD->uplink[BUILD->now].have_after = 1;
			conf_build_number(BUILD, CONF_F_DIAL_AFTER,
			    &UPLINK->dial.after_ms, &$2);
		}
		| TIMEOUT string		{
			once(&$1);
			conf_build_number(BUILD, CONF_F_DIAL_TIMEOUT,
			    &UPLINK->dial.timeout_ms, &$2);
		}
		| REDIAL string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_REDIAL,
			    &UPLINK->dial.redial, &$2);
		}
		| BACKOFF string		{
			once(&$1);
			conf_build_number(BUILD, CONF_F_BACKOFF,
			    &UPLINK->dial.backoff_ms, &$2);
		}
		| MAX string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_BACKOFF_MAX,
			    &UPLINK->dial.backoff_max_ms, &$2);
		}
		;

fallback	: FALLBACK AUTOMATIC		{
			once(&$1);
			GLOBAL->fallback = CONF_FALLBACK_AUTOMATIC;
		}
		| FALLBACK AUTOMATIC '{'	{
			once(&$1);
			GLOBAL->fallback = CONF_FALLBACK_AUTOMATIC;
			enter(IN_FALLBACK);
		} fallback_words close
		| FALLBACK MANUAL		{
			once(&$1);
			GLOBAL->fallback = CONF_FALLBACK_MANUAL;
		}
		;

fallback_words	: /* empty */
		| fallback_words fallback_word
		| fallback_words error '\n'	{ RECOVERED; }
		;

fallback_word	: AFTER string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_AFTER,
			    &GLOBAL->after_ms, &$2);
		}
		| STABLE string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_STABLE,
			    &GLOBAL->stable_ms, &$2);
		}
		| DRAIN string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_DRAIN,
			    &GLOBAL->drain_ms, &$2);
		}
		;

flap		: FLAP '{'			{
			once(&$1);
			enter(IN_FLAP);
		} flap_words close
		;

flap_words	: /* empty */
		| flap_words flap_word
		| flap_words error '\n'		{ RECOVERED; }
		;

flap_word	: FAILOVERS string		{
			once(&$1);
			conf_build_number(BUILD, CONF_F_FAILOVERS,
			    &GLOBAL->flap_failovers, &$2);
		}
		| EVERY string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_EVERY,
			    &GLOBAL->flap_every_ms, &$2);
		}
		| HOLD string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_HOLD,
			    &GLOBAL->flap_hold_ms, &$2);
		}
		;

follow		: FOLLOW followers
		;

followers	: follower
		| followers follower
		;

follower	: string	{ conf_build_follow(BUILD, &$1); }
		| '{'		{ enter(IN_FOLLOW); } follow_list close
		;

follow_list	: /* empty */
		| follow_list string		{
			conf_build_follow(BUILD, &$2);
		}
		| follow_list error '\n'	{ RECOVERED; }
		;

masquerade	: MASQUERADE FROM		{
			ps.family = FAMILY_INET;
		} networks
		| MASQUERADE INET6 FROM		{
			ps.family = FAMILY_INET6;
		} networks
		;

mark		: MARK string			{
			once(&$1);
			conf_build_mark(BUILD, &$2);
		}
		;

networks	: network
		| networks network
		;

network		: string			{
			conf_build_masquerade(BUILD, ps.family, &$1);
		}
		| '{'		{ enter(IN_NETWORKS); } network_list close
		;

network_list	: /* empty */
		| network_list string		{
			conf_build_masquerade(BUILD, ps.family, &$2);
		}
		| network_list error '\n'	{ RECOVERED; }
		;

dns		: DNS KEEP			{
			once(&$1);
			BUILD->conf->dns = CONF_DNS_KEEP;
		}
		| DNS FOLLOW			{
			once(&$1);
			BUILD->conf->dns = CONF_DNS_FOLLOW;
		}
		;

alarm		: ALARM string			{
			once(&$1);
			conf_build_alarm(BUILD, &$2);
		}
		| ALARM string '{'		{
			once(&$1);
			enter(IN_ALARM);
			conf_build_alarm(BUILD, &$2);
		} alarm_words close
		;

alarm_words	: /* empty */
		| alarm_words alarm_word
		| alarm_words error '\n'	{ RECOVERED; }
		;

alarm_word	: TIMEOUT string		{
			once(&$1);
			conf_build_number(BUILD, CONF_F_ALARM_TIMEOUT,
			    &BUILD->conf->alarm_timeout_ms, &$2);
		}
		| REPEAT string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_ALARM_REPEAT,
			    &BUILD->conf->global.alarm_repeat_ms, &$2);
		}
		| KEEP string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_ALARM_KEEP,
			    &BUILD->conf->global.alarm_keep_ms, &$2);
		}
		;

capture		: CAPTURE string		{
			once(&$1);
			conf_build_capture(BUILD, &$2);
		}
		| CAPTURE string '{'		{
			once(&$1);
			enter(IN_CAPTURE);
			conf_build_capture(BUILD, &$2);
		} capture_words close
		;

capture_words	: /* empty */
		| capture_words capture_word
		| capture_words error '\n'	{ RECOVERED; }
		;

capture_word	: SIZE string			{
			once(&$1);
			conf_build_size(BUILD, CONF_S_CAPTURE,
			    &BUILD->conf->capture_size, &$2);
		}
		| KEEP string			{
			once(&$1);
			conf_build_number(BUILD, CONF_F_CAPTURE_KEEP,
			    &BUILD->conf->capture_keep_ms, &$2);
		}
		| PACKETS packets		{
			once(&$1);
			BUILD->capture = $2;
		}
		;

packets		: CONTROL			{ $$ = CONF_CAPTURE_CONTROL; }
		| ALL				{ $$ = CONF_CAPTURE_ALL; }
		;

state		: STATE string			{
			once(&$1);
			conf_build_path(BUILD, BUILD->conf->state, &$2,
			    "state");
		}
		;

identity	: IDENTITY string		{
			once(&$1);
			conf_build_identity(BUILD, &$2);
		}
		;

listen		: LISTEN listen_on port	{
			once(&$1);
			conf_build_listen(BUILD, &$1, &$2, &$3);
		}
		;

listen_on	: /* empty */			{ $$ = NOTHING; }
		| ON string			{ $$ = $2; }
		;

peer		: PEER string			{
			conf_build_peer(BUILD, &$2);
		} '{'				{ enter(IN_PEER); }
		  peer_words close		{ conf_build_peer_end(BUILD); }
		;

peer_words	: /* empty */
		| peer_words peer_word
		| peer_words error '\n'		{ RECOVERED; }
		;

group		: GROUP string			{
			conf_build_group(BUILD, &$2);
		} '{'				{ enter(IN_GROUP); }
		  group_words close		{ conf_build_group_end(BUILD); }
		;

group_words	: /* empty */
		| group_words peer
		| group_words peer_default
		| group_words error '\n'	{ RECOVERED; }
		;

peer_word	: TUNNEL string tunnel_how	{
			conf_build_tunnel(BUILD, &$2, &$3);
		}
		| KEY string			{
			once(&$1);
			conf_build_key(BUILD, &$2);
		}
		| ADDRESS			{ once(&$1); }
		  addresses port		{
			conf_build_peer_port(BUILD, &$4);
		}
		| ROUTE string via		{
			conf_build_route(BUILD, &$2, &$3);
		}
		| peer_default
		;

via		: /* empty */			{ $$ = NOTHING; }
		| VIA string			{ $$ = $2; }
		;

peer_default	: ACCEPT accepted
		| ANNOUNCE announced
		| HELLO string metered		{
			once(&$1);
			conf_build_hello(BUILD, &$2, &$3);
		}
		;

addresses	: ANY
		| string	{ conf_build_peer_address(BUILD, &$1); }
		| '{'		{ enter(IN_ADDRESSES); } address_list close
		;

address_list	: /* empty */
		| address_list string		{
			conf_build_peer_address(BUILD, &$2);
		}
		| address_list error '\n'	{ RECOVERED; }
		;

accepted	: string	{ conf_build_accept(BUILD, &$1); }
		| '{'		{ enter(IN_FOLLOW); } accept_list close
		;

accept_list	: /* empty */
		| accept_list string		{
			conf_build_accept(BUILD, &$2);
		}
		| accept_list error '\n'	{ RECOVERED; }
		;

announced	: string	{ conf_build_announce(BUILD, &$1); }
		| '{'		{ enter(IN_FOLLOW); } announce_list close
		;

announce_list	: /* empty */
		| announce_list string		{
			conf_build_announce(BUILD, &$2);
		}
		| announce_list error '\n'	{ RECOVERED; }
		;

metered		: /* empty */			{ $$ = NOTHING; }
		| METERED string		{ $$ = $2; }
		;

tunnel_how	: /* empty */			{
			memset(&$$, 0, sizeof($$));
		}
		| WGPEER string			{
			memset(&$$, 0, sizeof($$));
			$$.wgpeer = $2;
		}
		| ENCRYPTED			{
			memset(&$$, 0, sizeof($$));
			$$.encrypted = $1;
		}
		;

%%

/* In strcmp order: looked up by bisection. */
static const struct keyword {
	const char *word;
	int token;
	unsigned int in; /* where it may begin something */
	const char *needs; /* what must follow, in words */
} keywords[] = {
	{ "accept", ACCEPT, IN_PEER | IN_GROUP, "a network" },
	{ "account", ACCOUNT, IN_BACKUP, "a name" },
	{ "address", ADDRESS, IN_PEER, "addresses, or any" },
	{ "after", AFTER, IN_DIAL | IN_FALLBACK, "a duration" },
	{ "alarm", ALARM, IN_GLOBAL, "a path" },
	{ "all", ALL, IN_VALUE, NULL },
	{ "announce", ANNOUNCE, IN_PEER | IN_GROUP, "a network" },
	{ "answer", ANSWER, IN_VALUE, "an address" },
	{ "any", ANY, IN_VALUE, NULL },
	{ "apn", APN, IN_BACKUP, "a quoted name" },
	{ "at", AT, IN_VALUE, "a time of the day" },
	{ "auto", AUTO, IN_VALUE, NULL },
	{ "automatic", AUTOMATIC, IN_VALUE, NULL },
	{ "backoff", BACKOFF, IN_DIAL, "a duration" },
	{ "backup", BACKUP, IN_GLOBAL, "a name" },
	{ "both", BOTH, IN_VALUE, NULL },
	{ "budget", BUDGET, IN_PROBE | IN_BACKUP,
	    "a size, or of a backup a block in braces" },
	{ "bytes", BYTES, IN_BUDGET, "a size" },
	{ "call", CALL, IN_BACKUP, "a name" },
	{ "capture", CAPTURE, IN_GLOBAL, "a path" },
	{ "carrier", CARRIER, IN_PRIMARY, "an interface, itself or none" },
	{ "cold", COLD, IN_VALUE, NULL },
	{ "companion", COMPANION, IN_PRIMARY, "an interface" },
	{ "control", CONTROL, IN_VALUE, NULL },
	{ "count", COUNT, IN_PROBE, "a number" },
	{ "daily", DAILY, IN_BUDGET, NULL },
	{ "decide", DECIDE, IN_PRIMARY, "inet, inet6, any or all" },
	{ "delay", DELAY, IN_PROBE, "a duration" },
	{ "dial", DIAL, IN_BACKUP, "a block in braces" },
	{ "dials", DIALS, IN_BUDGET, "a number" },
	{ "dns", DNS, IN_GLOBAL | IN_BACKUP,
	    "an address, or keep or follow outside of blocks" },
	{ "drain", DRAIN, IN_FALLBACK, "a duration" },
	{ "drill", DRILL, IN_BACKUP, "every and a duration" },
	{ "encrypted", ENCRYPTED, IN_VALUE, NULL },
	{ "every", EVERY, IN_FLAP, "a duration" },
	{ "failovers", FAILOVERS, IN_FLAP, "a number" },
	{ "fallback", FALLBACK, IN_GLOBAL, "automatic or manual" },
	{ "file", FILENAME, IN_VALUE, "a path" },
	{ "flap", FLAP, IN_GLOBAL, "a block in braces" },
	{ "follow", FOLLOW, IN_GLOBAL, "a network" },
	{ "from", FROM, IN_VALUE, "a network or an interface" },
	{ "gateway", GATEWAY, IN_PRIMARY | IN_BACKUP, "auto or an address" },
	{ "group", GROUP, IN_GLOBAL, "a name" },
	{ "hello", HELLO, IN_PEER | IN_GROUP, "a duration" },
	{ "hold", HOLD, IN_FLAP, "a duration" },
	{ "hot", HOT, IN_VALUE, NULL },
	{ "hours", HOURS, IN_BACKUP, "quoted hours" },
	{ "identity", IDENTITY, IN_GLOBAL, "a path" },
	{ "ignore", IGNORE, IN_VALUE, NULL },
	{ "include", INCLUDE, IN_GLOBAL, "a path" },
	{ "inet", INET, IN_VALUE, NULL },
	{ "inet6", INET6, IN_VALUE, NULL },
	{ "init", INIT, IN_BACKUP, "quoted strings" },
	{ "interface", INTERFACE, IN_BACKUP, NULL },
	{ "interval", INTERVAL, IN_PROBE, "a duration" },
	{ "itself", ITSELF, IN_VALUE, NULL },
	{ "keep", KEEP, IN_CAPTURE | IN_ALARM, "a duration" },
	{ "key", KEY, IN_PEER, "a key" },
	{ "linkdown", LINKDOWN, IN_PRIMARY, "ignore or keep" },
	{ "listen", LISTEN, IN_GLOBAL,
	    "port and a number, or on and an address" },
	{ "manual", MANUAL, IN_VALUE, NULL },
	{ "mark", MARK, IN_GLOBAL, "a mask of bits" },
	{ "masquerade", MASQUERADE, IN_GLOBAL, "from or inet6 from" },
	{ "max", MAX, IN_DIAL, "a duration" },
	{ "metered", METERED, IN_BACKUP, "yes or no" },
	{ "modem", MODEM, IN_BACKUP, "a path" },
	{ "monthly", MONTHLY, IN_BUDGET, "a day of the month" },
	{ "most", MOST, IN_VALUE, NULL },
	{ "mtu", MTU, IN_BACKUP, "a number" },
	{ "near", NEAR, IN_VALUE, NULL },
	{ "no", NO, IN_VALUE, NULL },
	{ "none", NONE, IN_VALUE, NULL },
	{ "on", ON, IN_VALUE, "an address" },
	{ "packets", PACKETS, IN_CAPTURE, "control or all" },
	{ "pdp", PDP, IN_BACKUP, "inet, inet6 or both" },
	{ "peer", PEER, IN_GLOBAL | IN_GROUP, "a name" },
	{ "phone", PHONE, IN_BACKUP, "quoted telephone numbers" },
	{ "pin", PIN, IN_BACKUP, "file and a path" },
	{ "port", PORT, IN_VALUE, "a number" },
	{ "primary", PRIMARY, IN_GLOBAL, "an interface" },
	{ "probe", PROBE, IN_PRIMARY, "a block in braces" },
	{ "query", QUERY, IN_VALUE, "a name" },
	{ "redial", REDIAL, IN_DIAL, "a number" },
	{ "refuse", REFUSE, IN_VALUE, NULL },
	{ "repeat", REPEAT, IN_ALARM, "a duration" },
	{ "require", REQUIRE, IN_PROBE, "all, most, any or a number" },
	{ "retry", RETRY, IN_PROBE, "a number" },
	{ "route", ROUTE, IN_PEER, "a network" },
	{ "secret", SECRET, IN_BACKUP, "file and a path" },
	{ "shutdown", SHUTDOWN, IN_PRIMARY, "yes or no" },
	{ "size", SIZE, IN_CAPTURE, "a size" },
	{ "speed", SPEED, IN_VALUE, "a number" },
	{ "spread", SPREAD, IN_VALUE, "a duration" },
	{ "stable", STABLE, IN_FALLBACK, "a duration" },
	{ "standby", STANDBY, IN_BACKUP, "hot or cold" },
	{ "start", START, IN_INTERFACE, "the name of a hook" },
	{ "state", STATE, IN_GLOBAL, "a path" },
	{ "status", STATUS, IN_BACKUP, "a path" },
	{ "stop", STOP, IN_INTERFACE, "the name of a hook" },
	{ "success", SUCCESS, IN_PROBE, "all, most, any or a number" },
	{ "target", TARGET, IN_PRIMARY | IN_BACKUP,
	    "an address, gateway, tcp or dns" },
	{ "tcp", TCP, IN_VALUE, "an address" },
	{ "then", THEN, IN_BUDGET, "alarm or refuse" },
	{ "time", TIME, IN_BUDGET, "a duration" },
	{ "timeout", TIMEOUT, IN_PROBE | IN_DIAL | IN_ALARM | IN_INTERFACE,
	    "a duration" },
	{ "tunnel", TUNNEL, IN_PEER, "an interface" },
	{ "via", VIA, IN_VALUE, "an interface" },
	{ "weekly", WEEKLY, IN_BUDGET, "a day of the week" },
	{ "wgpeer", WGPEER, IN_VALUE, "a key" },
	{ "yes", YES, IN_VALUE, NULL },
};
#define NKEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static int
keyword_cmp(const void *word, const void *keyword)
{
	return strcmp(word, ((const struct keyword *)keyword)->word);
}

static const struct keyword *
keyword_find(const char *word)
{
	return bsearch(word, keywords, NKEYWORDS, sizeof(keywords[0]),
	    keyword_cmp);
}

int
conf_keyword(const char *word)
{
	return keyword_find(word) != NULL;
}

static void
enter(unsigned int in)
{
	struct block *b;

	if (ps.nblocks == BLOCKS_MAX)
		return; /* the grammar nests no deeper */
	b = &ps.block[ps.nblocks++];
	b->in = in;
	b->open = ps.text;
	b->nseen = 0;
}

static void
leave(void)
{
	if (ps.nblocks > 1)
		ps.nblocks--;
}

/* A word that is written twice was edited in a hurry: which one counts? */
static void
once(const struct conf_text *word)
{
	struct block *b = &ps.block[ps.nblocks - 1];
	uint32_t i;

	for (i = 0; i < b->nseen; i++)
		if (strcmp(b->seen[i], word->s) == 0) {
			conf_src_error(ps.src, word, "\"%s\" is written twice",
			    word->s);
			return;
		}
	if (b->nseen < WORDS_MAX)
		b->seen[b->nseen++] = word->s;
}

/* "valid here: count, interval, ..." */
static const char *
valid_words(char *buf, size_t size)
{
	unsigned int in = ps.block[ps.nblocks - 1].in;
	size_t i, n = 0;

	(void)strlcpy(buf, in == IN_GLOBAL ? "NAME = \"VALUE\"" : "", size);
	n = strlen(buf);
	for (i = 0; i < NKEYWORDS; i++)
		if ((keywords[i].in & in) && n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%s",
			    n > 0 ? ", " : "", keywords[i].word);
	if (in == IN_NETWORKS)
		(void)strlcpy(buf, "networks and interfaces", size);
	else if (in == IN_ADDRESSES)
		(void)strlcpy(buf, "addresses", size);
	else if (in == IN_FOLLOW)
		(void)strlcpy(buf, "networks", size);
	else if (n == 0)
		(void)strlcpy(buf, "}", size);
	return buf;
}

/* What was found, in words; a string's contents might be a password. */
static const char *
found(char *buf, size_t size)
{
	switch (ps.token) {
	case '\n':
		return "the end of the line";
	case QUOTED:
		return "a string";
	default:
		snprintf(buf, size, "\"%.64s\"", ps.text.s);
		return buf;
	}
}

/* A word that begins a statement, in a block that should have ended. */
static int
of_the_file(void)
{
	const struct keyword *k;

	if (ps.nblocks < 2 || ps.text.s == NULL || ps.token == QUOTED)
		return 0;
	k = keyword_find(ps.text.s);
	return k != NULL && (k->in & IN_GLOBAL);
}

static void
syntax_error(void)
{
	const struct keyword *prev = NULL;
	char here[64 + 3], valid[512];

	if (ps.before != QUOTED && ps.before != WORD && ps.text_before.s)
		prev = keyword_find(ps.text_before.s);
	if (ps.token == 0 && ps.nblocks > 1)
		BAD(ps.block[ps.nblocks - 1].open,
		    "the block that begins here has no end: } is missing");
	else if (ps.token == 0)
		BAD(ps.text, "a block is missing");
	else if (ps.token == JUNK)
		; /* the lexer has told already */
	else if (prev != NULL && prev->needs != NULL)
		BAD(ps.text, "\"%s\" needs %s, not %s", prev->word,
		    prev->needs, found(here, sizeof(here)));
	else if (ps.begins && ps.before == WORD)
		BAD(ps.text_before, "unknown word \"%.64s\": valid are %s",
		    ps.text_before.s, valid_words(valid, sizeof(valid)));
	else if (ps.token == '\n')
		BAD(ps.text, "unexpected end of the line%s%s%s",
		    ps.before == WORD ? " after \"" : "",
		    ps.before == WORD ? ps.text_before.s : "",
		    ps.before == WORD ? "\"" : "");
	else if (ps.token == '{' && ps.before == '\n')
		BAD(ps.text, "\"{\" stands on the line of the block's name");
	else
		BAD(ps.text, "%s%s: valid are %s%s",
		    ps.token == WORD ? "unknown word " : "not valid here: ",
		    found(here, sizeof(here)),
		    valid_words(valid, sizeof(valid)),
		    of_the_file() ? ", or } is missing before" : "");
}

/* Called by yacc: with "syntax error", or when its stack is exhausted. */
static void
yyerror(const char *fmt, ...)
{
	va_list ap;
	char text[128];

	if (strncmp(fmt, "syntax error", 12) == 0) {
		syntax_error();
	} else {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		BAD(ps.text, "%s", text);
	}
	ps.recovering = 1;
	if (ps.token == '{') {
		ps.skip = 1;
		ps.braces--;
	}
}

static int
word_char(int c)
{
	return c != CONF_SRC_EOF &&
	    (isalnum(c) || strchr("._-:/@%+~*", c) != NULL) && c != '\0';
}

/* Tell what is wrong, but not within what is skipped anyway. */
static int
lex_junk(const char *why)
{
	if (!ps.recovering && ps.skip == 0)
		BAD(ps.text, "%s", why);
	ps.text.s = NULL;
	return JUNK;
}

static int
lex_junk_char(int c)
{
	char why[64];

	if (isprint(c))
		snprintf(why, sizeof(why),
		    "unexpected character \"%c\": quote it or leave it out",
		    c);
	else
		snprintf(why, sizeof(why), "unexpected character 0x%02x",
		    (unsigned int)c);
	return lex_junk(why);
}

/* "text" or 'text'; \" and \\ stand for themselves without the backslash. */
static int
lex_quoted(int quote)
{
	char buf[TOKEN_MAX];
	size_t n = 0;
	int c;

	while ((c = conf_src_peek(ps.src)) != quote) {
		if (c == CONF_SRC_EOF || c == '\n')
			return lex_junk("the string has no end");
		(void)conf_src_getc(ps.src);
		if (c == '\\' && (conf_src_peek(ps.src) == quote ||
		    conf_src_peek(ps.src) == '\\'))
			c = conf_src_getc(ps.src);
		if (iscntrl(c))
			return lex_junk("control character in a string");
		if (n == sizeof(buf))
			return lex_junk("the string is too long");
		buf[n++] = (char)c;
	}
	(void)conf_src_getc(ps.src);
	ps.text.s = conf_src_keep(ps.src, buf, n);
	return QUOTED;
}

static int
lex_word(int first)
{
	const struct keyword *k;
	char buf[TOKEN_MAX];
	size_t n = 0;

	buf[n++] = (char)first;
	while (word_char(conf_src_peek(ps.src))) {
		if (n == sizeof(buf))
			return lex_junk("the word is too long");
		buf[n++] = (char)conf_src_getc(ps.src);
	}
	ps.text.s = conf_src_keep(ps.src, buf, n);
	k = keyword_find(ps.text.s);
	return k != NULL ? k->token : WORD;
}

/* $name: its value is read as if it stood there; 0 if there is none. */
static int
lex_macro(void)
{
	char buf[64];
	size_t n = 0;
	int c, errors;

	while (isalnum(c = conf_src_peek(ps.src)) || c == '_') {
		if (n == sizeof(buf))
			return lex_junk("the macro's name is too long");
		buf[n++] = (char)conf_src_getc(ps.src);
	}
	if (n == 0)
		return lex_junk("the name of a macro must follow $");
	ps.text.s = conf_src_keep(ps.src, buf, n);
	errors = conf_src_errors(ps.src);
	conf_src_expand(ps.src, &ps.text);
	return conf_src_errors(ps.src) != errors ? JUNK : 0;
}

/* At the end of a file its line ends, too, and the one below goes on. */
static int
lex_eof(void)
{
	if (ps.braces > 0 || ps.skip > 0)
		return 0;
	if (!ps.line_given) {
		ps.line_given = 1;
		return '\n';
	}
	ps.line_given = 0;
	return conf_src_next_file(ps.src) ? '\n' : 0;
}

static int
lex_blank(int c)
{
	if (c == '\\' && conf_src_peek(ps.src) == '\n') {
		(void)conf_src_getc(ps.src);
		return 1;
	}
	if (c == '#')
		while ((c = conf_src_peek(ps.src)) != '\n' &&
		    c != CONF_SRC_EOF)
			c = conf_src_getc(ps.src);
	else
		return c == ' ' || c == '\t' || c == '\r' || c == ',';
	return 1;
}

static int
lex_token(void)
{
	int c, token;

	for (;;) {
		do {
			conf_src_here(ps.src, &ps.text);
			c = conf_src_getc(ps.src);
		} while (c != CONF_SRC_EOF && lex_blank(c));
		switch (c) {
		case CONF_SRC_EOF:
			return lex_eof();
		case '"':
		case '\'':
			return lex_quoted(c);
		case '\n':
		case '{':
		case '}':
		case '=':
			ps.text.s = conf_src_keep(ps.src, &(char){ (char)c },
			    1);
			return c;
		case '$':
			if (conf_src_expanding(ps.src))
				return lex_junk("$ in the value of a macro");
			if ((token = lex_macro()) != 0)
				return token;
			continue;
		default:
			if (!word_char(c))
				return lex_junk_char(c);
			return lex_word(c);
		}
	}
}

static int
yylex(void)
{
	struct conf_text before = ps.text;
	int token, before_token = ps.token;

	for (;;) {
		if ((token = lex_token()) == 0)
			break;
		if (token == '{' && (ps.recovering || ps.skip > 0))
			ps.skip++;
		else if (token == '}' && ps.skip > 0)
			ps.skip--;
		else if (ps.skip > 0 ||
		    (token == '\n' && ps.braces > 0 && !ps.recovering))
			continue;
		else
			break;
	}
	if (token == '{')
		ps.braces++;
	else if (token == '}' && ps.braces > 0)
		ps.braces--;
	ps.begins = ps.before == '\n' || ps.before == 0;
	ps.before = before_token;
	ps.text_before = before;
	ps.token = token;
	yylval.text = ps.text;
	return token;
}

/* -D name=value */
static void
command_line_macros(const struct conf_macro *m)
{
	struct conf_text name = { NULL, "-D", 0 };
	size_t n;

	for (; m != NULL; m = m->next) {
		n = strspn(m->text, MACRO_CHARS);
		if (n == 0 || m->text[n] != '=') {
			conf_src_error(ps.src, &name,
			    "\"%s\" is not name=value", m->text);
			continue;
		}
		name.s = conf_src_keep(ps.src, m->text, n);
		conf_src_macro(ps.src, &name, m->text + n + 1, 1);
	}
}

struct conf *
conf_parse(const char *path, const struct conf_macro *macros, int check_only,
    conf_report *report, void *arg)
{
	struct conf_text file = { NULL, NULL, 0 };
	struct conf *conf;

	memset(&ps, 0, sizeof(ps));
	if ((conf = calloc(1, sizeof(*conf))) == NULL ||
	    (ps.src = conf_src_new(check_only, report, arg)) == NULL) {
		report(path, 0, "out of memory", arg);
		free(conf);
		return NULL;
	}
	(void)strlcpy(conf->path, path, sizeof(conf->path));
	ps.block[ps.nblocks++].in = IN_GLOBAL;
	conf_build_init(&ps.build, ps.src, conf);
	command_line_macros(macros);
	file.s = conf_src_keep(ps.src, path, strlen(path));
	conf_src_open(ps.src, &file);
	if (yyparse() != 0 && conf_src_errors(ps.src) == 0)
		conf_src_error(ps.src, &file, "syntax error");
	conf_build_finish(&ps.build);
	conf_src_unused(ps.src);
	conf_src_sha256(ps.src, conf->sha256);
	if (conf_src_errors(ps.src) > 0) {
		conf_free(conf);
		conf = NULL;
	}
	conf_src_free(ps.src);
	memset(&ps, 0, sizeof(ps));
	return conf;
}
