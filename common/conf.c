/* SPDX-License-Identifier: ISC */
/*
 * Which values a configuration may hold.  The same table serves the grammar
 * (defaults, errors that name the range) and the processes that get a struct
 * in a message and believe nothing.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

#define SECOND 1000U
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define KILO 1000ULL
#define MEGA (1000 * KILO)
#define GIGA (1000 * MEGA)

/* Defaults: design of the probing schedule and the policies of a site. */
const struct conf_range conf_range[CONF_F_LAST] = {
	[CONF_F_COUNT] = { "count", 1, 100, 3, 0 },
	[CONF_F_INTERVAL] = { "interval", 10, MINUTE, 200, 1 },
	[CONF_F_TIMEOUT] = { "timeout", 10, MINUTE, SECOND, 1 },
	[CONF_F_DELAY] = { "delay", 10, HOUR, SECOND, 1 },
	[CONF_F_RETRY] = { "retry", 0, 100, 1, 0 },
	[CONF_F_QUORUM] = { "the number", 1, 100, 1, 0 },
	[CONF_F_DIAL_AFTER] = { "after", 0, HOUR, 0, 1 },
	[CONF_F_DIAL_TIMEOUT] = { "timeout", SECOND, HOUR, MINUTE, 1 },
	[CONF_F_REDIAL] = { "redial", 1, 1000, 5, 0 },
	[CONF_F_BACKOFF] = { "backoff", 10, HOUR, 5 * SECOND, 1 },
	[CONF_F_BACKOFF_MAX] = { "max", 10, DAY, 5 * MINUTE, 1 },
	[CONF_F_HOT] = { "every", SECOND, CONF_HOT_MAX_MS, MINUTE, 1 },
	[CONF_F_AFTER] = { "after", 0, 7 * DAY, 5 * MINUTE, 1 },
	[CONF_F_STABLE] = { "stable", 0, 7 * DAY, MINUTE, 1 },
	[CONF_F_DRAIN] = { "drain", 0, DAY, CONF_DRAIN_DEFAULT, 1 },
	[CONF_F_FAILOVERS] = { "failovers", 0, CONF_FLAP_MAX, 3, 0 },
	[CONF_F_EVERY] = { "every", SECOND, 30 * DAY, HOUR, 1 },
	[CONF_F_HOLD] = { "hold", 0, 7 * DAY, HOUR, 1 },
	[CONF_F_ALARM_TIMEOUT] = { "timeout", SECOND, 10 * MINUTE, 30 * SECOND,
	    1 },
	[CONF_F_ALARM_REPEAT] = { "repeat", HOUR, 49 * DAY, DAY, 1 },
	[CONF_F_ALARM_KEEP] = { "keep", HOUR, 49 * DAY, 7 * DAY, 1 },
	[CONF_F_CAPTURE_KEEP] = { "keep", HOUR, 49 * DAY, 14 * DAY, 1 },
	[CONF_F_HOOK_TIMEOUT] = { "timeout", SECOND, HOUR, MINUTE, 1 },
	[CONF_F_PORT] = { "port", 1, 65535, 0, 0 },
	/* the prober may not take a lower one */
	[CONF_F_PEER_PORT] = { "port", 1024, 65535, 7157, 0 },
	[CONF_F_HELLO] = { "hello", 5 * SECOND, DAY, MINUTE, 1 },
	[CONF_F_BUDGET_TIME] = { "time", MINUTE, 31 * DAY, 0, 1 },
	[CONF_F_DIALS] = { "dials", 1, 100000, 0, 0 },
	[CONF_F_MONTHLY] = { "monthly", 1, 28, 1, 0 },
	[CONF_F_DRILL] = { "every", HOUR, 31 * DAY, 0, 1 },
	[CONF_F_SPREAD] = { "spread", 0, 12 * HOUR, 0, 1 },
	/* RFC 791: what every host forwards whole */
	[CONF_F_MTU] = { "mtu", 68, 65535, 0, 0 },
};

/* A directory of captures must hold one: prober/ring.h. */
const struct conf_size_range conf_size_range[CONF_S_LAST] = {
	[CONF_S_BUDGET] = { "budget", 100 * KILO, 1000 * GIGA, 0 },
	[CONF_S_BYTES] = { "bytes", 100 * KILO, 1000 * GIGA, 0 },
	[CONF_S_CAPTURE] = { "size", 300 * KILO, GIGA, 4 * MEGA },
};

const char *const conf_family_names[FAMILIES] = { "IPv4", "IPv6" };
const char *const conf_kind_words[] = { "interface", "modem", "call" };

const char *const conf_decide_words[] = {
	[CONF_DECIDE_INET] = "inet",
	[CONF_DECIDE_INET6] = "inet6",
	[CONF_DECIDE_ANY] = "any",
	[CONF_DECIDE_ALL] = "all",
};

/* What termios(3) of every system we run on can set. */
static const uint32_t speeds[] = { 300, 600, 1200, 2400, 4800, 9600, 19200,
	38400, 57600, 115200, 230400, 460800, 921600 };

void
conf_hash(const uint8_t sum[32], char buf[CONF_HASH_LEN])
{
	size_t i;

	for (i = 0; i < 32; i++)
		snprintf(&buf[2 * i], 3, "%02x", sum[i]);
}

void
conf_free(struct conf *conf)
{
	if (conf != NULL) {
		free(conf->peer);
		free(conf->peer_lists);
	}
	free(conf);
}

int
conf_in_range(enum conf_field field, uint32_t value)
{
	return value >= conf_range[field].min && value <= conf_range[field].max;
}

/* In the largest unit that loses nothing. */
const char *
conf_duration(uint32_t ms, char buf[CONF_DURATION_LEN])
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = { { "d", DAY }, { "h", HOUR }, { "m", MINUTE },
		{ "s", SECOND }, { "ms", 1 } };
	size_t i;

	for (i = 0; ms != 0 && ms % units[i].ms != 0; i++)
		;
	if (ms == 0)
		(void)strlcpy(buf, "0s", CONF_DURATION_LEN);
	else
		snprintf(buf, CONF_DURATION_LEN, "%u%s", ms / units[i].ms,
		    units[i].unit);
	return buf;
}

const char *
conf_size(uint64_t octets, char buf[CONF_SIZE_LEN])
{
	static const struct {
		char unit;
		uint64_t octets;
	} units[] = { { 'G', GIGA }, { 'M', MEGA }, { 'k', KILO } };
	size_t i;

	/* the grammar knows nothing smaller */
	for (i = 0; octets % units[i].octets != 0 && units[i].unit != 'k'; i++)
		;
	snprintf(buf, CONF_SIZE_LEN, "%llu%c",
	    (unsigned long long)(octets / units[i].octets), units[i].unit);
	return buf;
}

/* Letters, digits and . - _ : as in eth1.7, br-wan, pppoe_wan, eth0:1. */
int
conf_name_valid(const char *name)
{
	const char *p;

	if (*name == '\0' || *name == '-' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return 0;
	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr(".-_:", *p) == NULL)
			return 0;
	return 1;
}

/*
 * V.250 6.3.1 with the pauses that people use: a semicolon would return to
 * the command state, a line end would start another command.
 */
int
conf_phone_valid(const char *phone)
{
	size_t len = strlen(phone);

	return len > 0 && len < CONF_PHONE_LEN &&
	       strspn(phone, "0123456789*#+,WTP") == len &&
	       strpbrk(phone, "0123456789") != NULL;
}

int
conf_phone_telephone(const char *phone)
{
	return strpbrk(phone, "*#") == NULL;
}

int
conf_init_valid(const char *init)
{
	const char *p;

	for (p = init; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			return 0;
	return p - init < CONF_INIT_LEN &&
	       (strncmp(init, "AT", 2) == 0 || strncmp(init, "at", 2) == 0);
}

int
conf_hook_valid(const char *name)
{
	return conf_name_valid(name) && name[0] != '.' &&
	       strlen(name) < CONF_HOOK_LEN;
}

int
conf_call_valid(const char *name)
{
	return conf_name_valid(name) && name[0] != '.' &&
	       strlen(name) < CONF_CALL_LEN;
}

int
conf_speed_valid(uint32_t speed)
{
	size_t i;

	for (i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i] == speed)
			return 1;
	return 0;
}

/* A link-local one of IPv6 means nothing without its link. */
int
conf_address_valid(const struct addr *a)
{
	if (addr_len(a) == 0 || a->scope != 0 || addr_is_any(a) ||
	    addr_is_loopback(a) || addr_is_multicast(a))
		return 0;
	if (a->family == AF_INET)
		return a->v4.s_addr != INADDR_BROADCAST;
	return !addr_is_linklocal(a) && !IN6_IS_ADDR_V4MAPPED(&a->v6);
}

/* The link is the uplink's: routers of IPv6 are often known like this. */
int
conf_gateway_valid(const struct addr *a, enum family family)
{
	if (addr_family(a) != family)
		return 0;
	return conf_address_valid(a) ||
	       (a->family == AF_INET6 && addr_is_linklocal(a) && a->scope == 0);
}

/* A string of a message: ended within its array. */
#define ENDED(array) (memchr((array), '\0', sizeof(array)) != NULL)

static int
ifname_valid(const char ifname[IFNAMSIZ], int may_be_empty)
{
	if (memchr(ifname, '\0', IFNAMSIZ) == NULL)
		return 0;
	return ifname[0] == '\0' ? may_be_empty : conf_name_valid(ifname);
}

static int
quorum_valid(const struct conf_quorum *q)
{
	return q->kind == CONF_QUORUM_NUMBER
		   ? conf_in_range(CONF_F_QUORUM, q->number)
		   : q->kind < CONF_QUORUM_NUMBER && q->number == 0;
}

static int
size_in_range(enum conf_size_field field, uint64_t octets)
{
	return octets >= conf_size_range[field].min &&
	       octets <= conf_size_range[field].max;
}

static int
probe_valid(const struct conf_probe *p)
{
	return conf_in_range(CONF_F_COUNT, p->count) &&
	       conf_in_range(CONF_F_INTERVAL, p->interval_ms) &&
	       conf_in_range(CONF_F_TIMEOUT, p->timeout_ms) &&
	       conf_in_range(CONF_F_DELAY, p->delay_ms) &&
	       conf_in_range(CONF_F_RETRY, p->retry) &&
	       (p->budget == 0 || size_in_range(CONF_S_BUDGET, p->budget)) &&
	       quorum_valid(&p->success) && quorum_valid(&p->require);
}

static int
dial_valid(const struct conf_dial *d)
{
	return conf_in_range(CONF_F_DIAL_AFTER, d->after_ms) &&
	       conf_in_range(CONF_F_DIAL_TIMEOUT, d->timeout_ms) &&
	       conf_in_range(CONF_F_REDIAL, d->redial) &&
	       conf_in_range(CONF_F_BACKOFF, d->backoff_ms) &&
	       conf_in_range(CONF_F_BACKOFF_MAX, d->backoff_max_ms) &&
	       d->backoff_ms <= d->backoff_max_ms;
}

static int
modem_valid(const struct conf_modem *m)
{
	uint32_t i;

	if (!conf_speed_valid(m->speed) || m->ninits > CONF_INITS_MAX ||
	    m->nphones == 0 || m->nphones > CONF_PHONES_MAX ||
	    m->pdp > CONF_PDP_BOTH || m->pin > 1 || m->status > 1 ||
	    !ENDED(m->apn) || !conf_apn_valid(m->apn))
		return 0;
	for (i = 0; i < m->ninits; i++)
		if (!ENDED(m->init[i]) || !conf_init_valid(m->init[i]))
			return 0;
	for (i = 0; i < m->nphones; i++)
		if (!ENDED(m->phone[i]) || !conf_phone_valid(m->phone[i]))
			return 0;
	return 1;
}

static int
query_valid(const struct conf_target *t)
{
	if (!ENDED(t->query) || !addr_valid(&t->answer))
		return 0;
	if (t->method == CONF_METHOD_DNS)
		return conf_query_valid(t->query);
	return t->query[0] == '\0' && t->answer.family == AF_UNSPEC;
}

static int
target_valid(const struct conf_target *t)
{
	int port = 0;

	switch (t->method) {
	case CONF_METHOD_GATEWAY:
		if (!addr_is_any(&t->address) || t->address.scope != 0 ||
		    !t->near)
			return 0;
		break;
	case CONF_METHOD_TCP:
	case CONF_METHOD_DNS:
		port = 1;
		/* FALLTHROUGH */
	case CONF_METHOD_ICMP:
		if (!conf_address_valid(&t->address))
			return 0;
		break;
	default:
		return 0;
	}
	if (port ? !conf_in_range(CONF_F_PORT, t->port) : t->port != 0)
		return 0;
	return t->near <= 1 && query_valid(t);
}

static int
targets_valid(const struct conf_uplink *u)
{
	uint32_t i;

	if (u->ntargets > CONF_TARGETS_MAX)
		return 0;
	for (i = 0; i < u->ntargets; i++)
		if (u->target[i].id != i || !target_valid(&u->target[i]) ||
		    (u->target[i].near && u->role == CONF_BACKUP))
			return 0;
	for (i = 0; i < FAMILIES; i++)
		if (conf_family_decides(u, i) && conf_far_targets(u, i) == 0)
			return 0;
	return 1;
}

static int
gateways_valid(const struct conf_uplink *u)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (u->gateway[i].family != AF_UNSPEC &&
		    (conf_ppp(u) || !conf_gateway_valid(&u->gateway[i], i)))
			return 0;
	return 1;
}

static int
names_valid(const struct conf_uplink *u)
{
	uint32_t i;

	if (!ENDED(u->label) || !conf_name_valid(u->label) ||
	    !ifname_valid(u->ifname, conf_ppp(u)) ||
	    !ifname_valid(u->carrier_ifname, u->carrier != CONF_CARRIER_OF) ||
	    u->ncompanions > CONF_COMPANIONS_MAX)
		return 0;
	for (i = 0; i < u->ncompanions; i++)
		if (!ifname_valid(u->companion[i], 0))
			return 0;
	return 1;
}

int
conf_uplink_valid(const struct conf_uplink *u)
{
	if (u->id >= CONF_UPLINKS_MAX || u->role > CONF_BACKUP ||
	    (u->role == CONF_PRIMARY) != (u->id == 0) || u->kind > CONF_CALL ||
	    (u->role == CONF_PRIMARY && u->kind != CONF_INTERFACE) ||
	    u->carrier > CONF_CARRIER_NONE || u->shutdown > 1 || u->metered > 1)
		return 0;
	if (u->role == CONF_PRIMARY
		? u->linkdown > 1 || u->hot_ms != 0
		: u->linkdown != 0 ||
		      (u->hot_ms != 0 && !conf_in_range(CONF_F_HOT, u->hot_ms)))
		return 0;
	if (u->decide > CONF_DECIDE_ALL || u->capture > CONF_CAPTURE_ALL ||
	    (u->role == CONF_BACKUP && u->capture != CONF_CAPTURE_NONE) ||
	    !gateways_valid(u))
		return 0;
	if (u->mtu != 0 &&
	    (u->role == CONF_PRIMARY || !conf_in_range(CONF_F_MTU, u->mtu)))
		return 0;
	if (u->kind == CONF_MODEM && !modem_valid(&u->modem))
		return 0;
	if (u->start_ms != 0 &&
	    (u->role == CONF_PRIMARY || conf_ppp(u) ||
		!conf_in_range(CONF_F_HOOK_TIMEOUT, u->start_ms)))
		return 0;
	return names_valid(u) && targets_valid(u) && probe_valid(&u->probe) &&
	       dial_valid(&u->dial) && conf_cost_valid(u);
}

bool
conf_dialled(const struct conf_uplink *u)
{
	return conf_ppp(u) || u->start_ms != 0;
}

bool
conf_ppp(const struct conf_uplink *u)
{
	return u->kind == CONF_MODEM || u->kind == CONF_CALL;
}

int
conf_uplink_same(const struct conf_uplink *a, const struct conf_uplink *b)
{
	struct conf_uplink c = *b;

	/* targets' ids are their places, so only the uplink's own differs */
	c.id = a->id;
	c.budget = a->budget;
	c.hours = a->hours;
	c.drill = a->drill;
	return memcmp(a, &c, sizeof(c)) == 0;
}

bool
conf_target_same(const struct conf_target *a, const struct conf_target *b)
{
	return a->method == b->method &&
	       addr_cmp(&a->address, &b->address) == 0 && a->port == b->port &&
	       strcasecmp(a->query, b->query) == 0;
}

int
conf_global_valid(const struct conf_global *g)
{
	uint32_t i;

	if (g->fallback > CONF_FALLBACK_MANUAL ||
	    !conf_in_range(CONF_F_AFTER, g->after_ms) ||
	    !conf_in_range(CONF_F_STABLE, g->stable_ms) ||
	    (g->drain_ms != CONF_DRAIN_DEFAULT &&
		!conf_in_range(CONF_F_DRAIN, g->drain_ms)) ||
	    !conf_in_range(CONF_F_FAILOVERS, g->flap_failovers) ||
	    !conf_in_range(CONF_F_EVERY, g->flap_every_ms) ||
	    !conf_in_range(CONF_F_HOLD, g->flap_hold_ms) ||
	    !conf_in_range(CONF_F_ALARM_REPEAT, g->alarm_repeat_ms) ||
	    !conf_in_range(CONF_F_ALARM_KEEP, g->alarm_keep_ms) ||
	    !conf_mark_valid(g->mark, 2) ||
	    (g->port != 0 && !conf_in_range(CONF_F_PEER_PORT, g->port)) ||
	    (g->listen.family != AF_UNSPEC &&
		!conf_address_valid(&g->listen)) ||
	    g->nfollow > CONF_NETS_MAX || g->nmasq > CONF_NETS_MAX)
		return 0;
	for (i = 0; i < g->nfollow; i++)
		if (!prefix_valid(&g->follow[i]))
			return 0;
	for (i = 0; i < g->nmasq; i++) {
		if (g->masq[i].family >= FAMILIES ||
		    !ifname_valid(g->masq[i].ifname, 1))
			return 0;
		if (g->masq[i].ifname[0] == '\0' &&
		    (!prefix_valid(&g->masq[i].prefix) ||
			g->masq[i].prefix.len == 0 ||
			addr_family(&g->masq[i].prefix.addr) !=
			    g->masq[i].family))
			return 0;
	}
	return 1;
}
