/* SPDX-License-Identifier: ISC */
/* What we say to peers: statements, repeated until they are acknowledged. */
#include <sys/types.h>

#include <string.h>

#include "parent/peers_int.h"

/* The places where a peer may be, those of its configuration first. */
#define PLACES_MAX (CONF_PEER_ADDRS_MAX + FAMILIES + 2)

struct places {
	uint32_t n;
	struct peer_place place[PLACES_MAX];
};

/*
 * By the active uplink the way in by a NAT is kept open, also if it is metered:
 * nothing else would tell us where a hub moves to.
 */
int64_t
peers_hello_ms(const struct peers *ps, const struct peer *p)
{
	const struct conf_peer *c = p->conf;
	uint32_t ms = ps->self.metered ? c->hello_metered_ms : c->hello_ms;

	if (p->nat && c->hello_nat_ms != 0 && c->hello_nat_ms < ms)
		ms = c->hello_nat_ms;
	return ms;
}

/* Above all that was used, with this start's number in the upper half. */
static uint64_t
next_counter(const struct peers *ps, const struct peer *p)
{
	uint64_t n = ps->epoch;

	if (p->floor > n)
		n = p->floor;
	if (p->counter > n)
		n = p->counter;
	return n + 1;
}

void
peers_say(struct peers *ps, struct peer *p, enum peer_reason reason,
    struct monotime due)
{
	p->counter = next_counter(ps, p);
	p->afresh = 0;
	p->reason = reason;
	p->acked = false;
	p->nat_told = 0;
	p->tries = 0;
	p->says_ms = (uint32_t)peers_hello_ms(ps, p);
	p->said = (struct monotime){ 0 };
	p->due = due;
}

static void
fill(const struct peers *ps, const struct peer *p, struct peer_msg *m)
{
	const struct conf_peer *c = p->conf;
	uint32_t i;

	memset(m, 0, sizeof(*m));
	m->type = PEER_STATEMENT;
	m->counter = p->counter;
	memcpy(m->nonce, p->nonce, sizeof(m->nonce));
	m->reason = p->reason;
	m->hello_s = (p->says_ms + 999) / 1000;
	memcpy(m->address, ps->self.address, sizeof(m->address));
	m->nnets = c->nannounce;
	for (i = 0; i < c->nannounce; i++)
		m->net[i] = c->announce[i];
}

static void
add_place(struct places *places, const struct addr *a, uint32_t port)
{
	uint32_t i;

	if (a->family == AF_UNSPEC)
		return;
	for (i = 0; i < places->n; i++)
		if (addr_cmp(&places->place[i].addr, a) == 0 &&
		    places->place[i].port == port)
			return;
	places->place[places->n++] =
	    (struct peer_place){ .addr = *a, .port = port };
}

static void
add_seen(struct places *places, const struct peer_seen *s)
{
	struct peer_place p;

	peers_seen_get(s, &p);
	add_place(places, &p.addr, p.port);
}

static void
find_places(const struct peer *p, struct places *places)
{
	const struct conf_peer *c = p->conf;
	struct addr at[FAMILIES];
	uint32_t i;

	(void)peers_usable(p, &p->address, at);
	places->n = 0;
	for (i = 0; i < c->naddresses; i++)
		add_place(places, &c->address[i], c->port);
	for (i = 0; i < FAMILIES; i++)
		add_place(places, &at[i], c->port);
	add_seen(places, &p->from);
	add_seen(places, &p->other);
}

/* A copy for all places; it says whether its path is the announced one. */
static void
send_by(struct peers *ps, struct peer *p, uint32_t uplink, struct peer_msg *m,
    const struct places *places)
{
	uint8_t buf[PEER_MSG_MAX];
	struct peer_place to;
	struct peer_pair pair;
	uint32_t i;
	size_t len;

	peers_pair(ps, p, &pair);
	m->path = uplink == ps->self.active;
	len = peer_msg_encode(m, &pair, ps->secret, buf);
	for (i = 0; i < places->n; i++) {
		to = places->place[i];
		to.uplink = uplink;
		ps->user->send(ps->arg, &to, buf, len);
	}
}

/* Up to an eighth more or less, so that a region does not speak in unison. */
static int64_t
jitter(const struct peers *ps, int64_t ms)
{
	uint32_t n;

	ps->user->random(ps->arg, &n, sizeof(n));
	return ms - ms / 8 + (int64_t)(n % (uint64_t)(ms / 4 + 1));
}

static int64_t
retry_ms(const struct peers *ps, const struct peer *p, struct monotime now)
{
	int64_t ms = PEERS_RETRY_MS, hello = peers_hello_ms(ps, p);
	uint32_t i;

	if (monotime_ms_between(p->said, now) >= PEERS_EAGER_MS)
		return hello > 0 &&
			       (ps->self.metered || hello < PEERS_RETRY_SLOW_MS)
			   ? hello
			   : PEERS_RETRY_SLOW_MS;
	for (i = 1; i < p->tries && ms < PEERS_RETRY_MAX_MS; i++)
		ms += ms / 2;
	return ms < PEERS_RETRY_MAX_MS ? ms : PEERS_RETRY_MAX_MS;
}

/*
 * By a metered uplink that stands by goes what is news, at first, and one in
 * the time between two hellos there; and one that is not acknowledged by the
 * other ways.
 */
static bool
goes_by_costly(const struct peer *p, struct monotime now)
{
	bool late =
	    p->tries > 0 && monotime_ms_between(p->said, now) >= PEERS_EAGER_MS;

	if ((p->reason != PEER_HELLO && !late) || !monotime_valid(p->costly))
		return true;
	return (late && monotime_cmp(p->costly, p->said) < 0) ||
	       monotime_ms_between(p->costly, now) >=
		   (int64_t)p->conf->hello_metered_ms;
}

/* Who hears only the same counter again takes us for silent. */
static void
count_afresh(struct peers *ps, struct peer *p, struct monotime now)
{
	if (p->tries == 0 || monotime_ms_between(p->said, now) <
				 (int64_t)PEERS_AFRESH_MS * (p->afresh + 1))
		return;
	p->counter = next_counter(ps, p);
	if (p->afresh < UINT8_MAX)
		p->afresh++;
}

void
peers_repeat(struct peers *ps, struct peer *p, struct monotime now)
{
	struct places places;
	struct peer_msg m;
	uint32_t uplink, by = ps->self.usable;

	find_places(p, &places);
	p->lost = places.n == 0;
	if (p->lost) { /* as most of a hub's are when it starts */
		p->due = (struct monotime){ 0 };
		return;
	}
	count_afresh(ps, p, now);
	fill(ps, p, &m);
	if (!goes_by_costly(p, now))
		by &= ~ps->self.costly;
	else if (by & ps->self.costly)
		p->costly = now;
	for (uplink = 0; uplink < CONF_UPLINKS_MAX; uplink++)
		if (by & 1u << uplink)
			send_by(ps, p, uplink, &m, &places);
	if (p->tries++ == 0)
		p->said = now; /* it may have waited for its turn */
	p->stats.sent++;
	p->due = monotime_add_ms(now, jitter(ps, retry_ms(ps, p, now)));
}

static bool
news(const struct peers_self *a, const struct peers_self *b)
{
	return a->active != b->active ||
	       memcmp(a->address, b->address, sizeof(a->address)) != 0;
}

void
peers_move(struct peers *ps, const struct peers_self *self,
    enum peer_reason reason, struct monotime now)
{
	bool tell = news(&ps->self, self) || reason == PEER_START;
	struct peer *p;
	uint32_t i;

	ps->self = *self;
	if (tell)
		ps->nknow = 0;
	for (i = 0; tell && i < ps->n; i++) {
		p = &ps->peer[i];
		p->nat = 0;
		p->knows = false;
		peers_say(ps, p, reason,
		    monotime_add_ns(now, (int64_t)i * PEERS_PACE_US * 1000));
		if (!monotime_valid(p->awaited))
			p->awaited = now;
		peers_schedule(ps, p);
	}
}
