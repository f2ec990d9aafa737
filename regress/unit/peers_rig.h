/* SPDX-License-Identifier: ISC */
/*
 * Ends that talk by a channel that loses, repeats and reorders, in virtual
 * time.  An end's addresses lead to it as long as it has them; those of IPv6
 * are beside those of IPv4, if it has any.
 */
#ifndef REGRESS_PEERS_RIG_H
#define REGRESS_PEERS_RIG_H

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "parent/peers.h"

#define RIG_ENDS_MAX  512
#define RIG_QUEUE_MAX 65536
#define RIG_PORT      7157
#define RIG_NAT_PORT  40000

struct rig_end {
	struct peers peers;
	struct conf_peer *conf;
	uint32_t nconf;
	struct addr *configured; /* addresses of them all */
	uint8_t secret[PEER_SECRET_LEN], key[PEER_KEY_LEN];
	struct addr address; /* where it is reached; unspec: nowhere */
	struct addr outside; /* of its NAT; unspec: none */
	struct addr other; /* of its other uplink's NAT; unspec: it has none */
	struct addr standby; /* that other uplink's own; unspec: not known */
	struct addr address6, outside6, other6; /* likewise */
	/* what its kernel has of each peer: a tunnel of each family */
	struct addr *kernel, *kernel6;
	uint32_t no_nat; /* families that cannot follow behind a NAT */
	uint32_t bars; /* families that its kernel's side bars */
	bool metered; /* and its active uplink */
	bool costly; /* its other one is metered */
	bool refuses;
	bool slow; /* it does not answer by itself */
	uint32_t applied, notices[PEERS_NOT_MOVED + 1];
};

struct rig_datagram {
	struct monotime at;
	struct addr from, to;
	uint32_t from_port, port;
	size_t len;
	uint8_t buf[PEER_MSG_MAX];
};

struct rig {
	struct monotime now;
	uint32_t nends;
	struct rig_end end[RIG_ENDS_MAX];
	struct rig_datagram *queue[RIG_QUEUE_MAX];
	uint32_t nqueue;
	uint32_t loss, twice; /* per mille */
	int64_t delay_ms, spread_ms;
	uint64_t seed;
	uint64_t sent;
	/* sees each datagram; returns 0 to keep it away */
	int (*tap)(struct rig *, struct rig_datagram *);
};

static struct rig rig;

static uint32_t
rig_random(uint32_t below)
{
	rig.seed = rig.seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rig.seed >> 33) % below;
}

static struct addr
rig_addr(const char *text)
{
	struct addr a;

	if (addr_parse(text, &a) == -1)
		abort();
	return a;
}

static void
rig_queue(const struct rig_datagram *d)
{
	struct rig_datagram *copy;

	if (rig.nqueue == RIG_QUEUE_MAX || (copy = malloc(sizeof(*d))) == NULL)
		abort();
	*copy = *d;
	copy->at = monotime_add_ms(
	    rig.now, rig.delay_ms + rig_random((uint32_t)rig.spread_ms + 1));
	rig.queue[rig.nqueue++] = copy;
}

static void
rig_send(void *arg, const struct peer_place *to, const uint8_t *buf, size_t len)
{
	struct rig_end *e = arg;
	bool v6 = to->addr.family == AF_INET6;
	const struct addr *address = v6 ? &e->address6 : &e->address;
	const struct addr *outside = v6 ? &e->outside6 : &e->outside;
	struct rig_datagram d;

	memset(&d, 0, sizeof(d));
	d.from = *address;
	if (outside->family != AF_UNSPEC)
		d.from = *outside;
	if (to->uplink != e->peers.self.active)
		d.from = v6 ? e->other6 : e->other;
	d.from_port = addr_cmp(&d.from, address) == 0 ? RIG_PORT : RIG_NAT_PORT;
	d.to = to->addr;
	d.port = to->port;
	d.len = len;
	memcpy(d.buf, buf, len);
	rig.sent++;
	if (d.from.family == AF_UNSPEC ||
	    (rig.tap != NULL && !rig.tap(&rig, &d)) ||
	    rig_random(1000) < rig.loss)
		return;
	rig_queue(&d);
	if (rig_random(1000) < rig.twice)
		rig_queue(&d);
}

/* Each tunnel by its own family, as netconf does it. */
static enum peer_result
rig_lead(struct rig_end *e, uint32_t peer, const struct addr address[FAMILIES],
    uint32_t nat, uint32_t barred)
{
	if (address[FAMILY_INET].family != AF_UNSPEC && !(e->bars & 1))
		e->kernel[peer] = address[FAMILY_INET];
	if (address[FAMILY_INET6].family != AF_UNSPEC && !(e->bars & 2))
		e->kernel6[peer] = address[FAMILY_INET6];
	if (nat & e->no_nat)
		return PEER_REFUSED_NAT;
	return barred & e->no_nat ? PEER_REFUSED_ADDRESS : PEER_APPLIED;
}

static void
rig_apply(void *arg, uint32_t peer, const struct addr address[FAMILIES],
    uint32_t nat, uint32_t barred)
{
	struct rig_end *e = arg;

	e->applied++;
	if (e->refuses)
		peers_applied(&e->peers, peer, PEER_FAILED, 0);
	else if (e->slow)
		e->kernel[peer] = address[FAMILY_INET];
	else
		peers_applied(&e->peers, peer,
		    rig_lead(e, peer, address, nat, barred | e->bars), e->bars);
}

static void
rig_notice(void *arg, uint32_t peer, enum peers_notice notice)
{
	struct rig_end *e = arg;

	(void)peer;
	e->notices[notice]++;
}

static void
rig_octets(void *arg, void *buf, size_t len)
{
	uint8_t *p = buf;

	(void)arg;
	while (len-- > 0)
		*p++ = (uint8_t)rig_random(256);
}

static const struct peers_user rig_user = { rig_send, rig_apply, rig_notice,
	rig_octets };

static void
rig_new(uint32_t n, uint64_t seed)
{
	uint8_t from[crypto_sign_SEEDBYTES];
	uint32_t i;

	memset(&rig, 0, sizeof(rig));
	rig.now = monotime_from_ns(1000000000);
	rig.seed = seed;
	rig.delay_ms = 20;
	rig.nends = n;
	for (i = 0; i < n; i++) {
		memset(from, 0, sizeof(from));
		memcpy(from, &i, sizeof(i));
		crypto_sign_seed_keypair(
		    rig.end[i].key, rig.end[i].secret, from);
	}
}

/* Its peers are those ends; to be changed before rig_start(). */
static void
rig_peers(uint32_t end, const uint32_t *others, uint32_t n)
{
	struct rig_end *e = &rig.end[end];
	struct conf_peer *c;
	uint32_t i;

	e->nconf = n;
	e->conf = calloc(n, sizeof(*e->conf));
	e->kernel = calloc(n, sizeof(*e->kernel));
	e->kernel6 = calloc(n, sizeof(*e->kernel6));
	e->configured =
	    calloc((size_t)n * CONF_PEER_ADDRS_MAX, sizeof(*e->configured));
	if (e->conf == NULL || e->kernel == NULL || e->kernel6 == NULL ||
	    e->configured == NULL)
		abort();
	for (i = 0; i < n; i++) {
		c = &e->conf[i];
		c->id = (uint16_t)i;
		memcpy(c->key, rig.end[others[i]].key, sizeof(c->key));
		c->port = RIG_PORT;
		c->address = &e->configured[i * CONF_PEER_ADDRS_MAX];
		c->hello_ms = 60000;
		c->hello_metered_ms = 600000;
	}
}

static void
rig_start(uint32_t end, uint32_t starts)
{
	struct rig_end *e = &rig.end[end];

	if (peers_init(&e->peers, e->secret, e->conf, e->nconf, starts,
		&rig_user, e) == -1)
		abort();
}

/* It is here now, on this uplink. */
static void
rig_is_at(
    uint32_t end, const char *address, uint32_t uplink, enum peer_reason reason)
{
	struct rig_end *e = &rig.end[end];
	struct peers_self self;

	memset(&self, 0, sizeof(self));
	self.active = uplink;
	self.address[FAMILY_INET] = e->address = rig_addr(address);
	self.address[FAMILY_INET6] = e->address6;
	self.usable = 1u << uplink;
	if (e->other.family != AF_UNSPEC || e->other6.family != AF_UNSPEC)
		self.usable |= 1u << (uplink + 1);
	if (e->costly)
		self.costly = 1u << (uplink + 1);
	self.metered = e->metered;
	peers_move(&e->peers, &self, reason, rig.now);
}

/* By which uplink it comes to this end; MSG_UPLINK_NONE: by none. */
static uint32_t
rig_reaches(const struct rig_datagram *d, const struct rig_end *e)
{
	bool v6 = d->to.family == AF_INET6, nat = d->port == RIG_NAT_PORT;
	const struct addr *outside = v6 ? &e->outside6 : &e->outside;
	const struct addr *address = v6 ? &e->address6 : &e->address;
	const struct addr *other = v6 ? &e->other6 : &e->other;

	if (addr_cmp(nat ? outside : address, &d->to) == 0 &&
	    (nat || outside->family == AF_UNSPEC))
		return e->peers.self.active;
	return nat && addr_cmp(other, &d->to) == 0 ? e->peers.self.active + 1
						   : MSG_UPLINK_NONE;
}

static void
rig_hear(struct rig_end *e, uint32_t uplink, const struct addr *from,
    uint32_t port, const uint8_t *buf, size_t len)
{
	struct peer_place place = {
		.addr = *from, .port = port, .uplink = uplink
	};

	if (uplink != e->peers.self.active && from->family == AF_INET)
		place.own = e->standby;
	peers_hear(&e->peers, &place, buf, len, rig.now);
}

static void
rig_deliver(struct rig_datagram *d)
{
	struct rig_end *e;
	uint32_t i, uplink;

	for (i = 0; i < rig.nends; i++) {
		e = &rig.end[i];
		uplink = rig_reaches(d, e);
		if (e->peers.n > 0 && uplink != MSG_UPLINK_NONE)
			rig_hear(
			    e, uplink, &d->from, d->from_port, d->buf, d->len);
	}
	free(d);
}

/* What is next: a datagram, or an end's deadline; UINT32_MAX: nothing. */
static uint32_t
rig_first(struct monotime *when)
{
	struct monotime t;
	uint32_t i, first = UINT32_MAX;

	for (i = 0; i < rig.nqueue; i++)
		if (first == UINT32_MAX ||
		    monotime_cmp(rig.queue[i]->at, *when) < 0) {
			first = i;
			*when = rig.queue[i]->at;
		}
	for (i = 0; i < rig.nends; i++) {
		t = peers_deadline(&rig.end[i].peers);
		if (monotime_valid(t) &&
		    (first == UINT32_MAX || monotime_cmp(t, *when) < 0)) {
			first = RIG_QUEUE_MAX + i;
			*when = t;
		}
	}
	return first;
}

/* Virtual time goes on by ms. */
static void
rig_run(int64_t ms)
{
	struct monotime end = monotime_add_ms(rig.now, ms), when;
	struct rig_datagram *d;
	uint32_t first;

	while ((first = rig_first(&when)) != UINT32_MAX &&
	       monotime_cmp(when, end) <= 0) {
		if (monotime_cmp(when, rig.now) > 0)
			rig.now = when;
		if (first >= RIG_QUEUE_MAX) {
			peers_tick(
			    &rig.end[first - RIG_QUEUE_MAX].peers, rig.now);
			continue;
		}
		d = rig.queue[first];
		rig.queue[first] = rig.queue[--rig.nqueue];
		rig_deliver(d);
	}
	rig.now = end;
}

static void
rig_end(void)
{
	uint32_t i;

	while (rig.nqueue > 0)
		free(rig.queue[--rig.nqueue]);
	for (i = 0; i < rig.nends; i++) {
		peers_free(&rig.end[i].peers);
		free(rig.end[i].conf);
		free(rig.end[i].kernel);
		free(rig.end[i].kernel6);
		free(rig.end[i].configured);
		rig.end[i].conf = NULL;
		rig.end[i].kernel = rig.end[i].kernel6 = NULL;
	}
}

#endif
