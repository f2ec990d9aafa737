/* SPDX-License-Identifier: ISC */
/*
 * The peers as a table: by key, by address, by what is due first.  Nothing
 * here walks over all of them but a start: a hub has ten thousand.
 */
#include <sys/types.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "parent/peers_int.h"

/* ---- by address ---- */

/*
 * Each peer has a claim for each of its addresses in force and wanted; those
 * that are configured come behind them all.
 */
#define CLAIMS (PEERS_WHICH * FAMILIES)

static struct addr_pair *
which_of(struct peer *p, uint32_t which)
{
	return which == PEERS_IN_FORCE ? &p->address : &p->wanted;
}

static struct addr
claimed(const struct peers *ps, uint32_t claim, uint32_t *peer)
{
	const struct peer_configured *c;
	struct addr a[FAMILIES];

	if (claim >= ps->n * CLAIMS) {
		c = &ps->configured[claim - ps->n * CLAIMS];
		*peer = c->peer;
		return ps->peer[c->peer].conf->address[c->nth];
	}
	*peer = claim / CLAIMS;
	claim %= CLAIMS;
	addr_pair_get(which_of(&ps->peer[*peer], claim / FAMILIES), a);
	return a[claim % FAMILIES];
}

uint32_t
peers_hash(const void *buf, size_t len)
{
	const uint8_t *octet = buf;
	uint32_t hash = 2166136261;

	while (len-- > 0)
		hash = (hash ^ *octet++) * 16777619;
	return hash;
}

/* A peer has but a few that it could make alike. */
static const uint8_t *
address_id(const struct addr *a, uint32_t *id)
{
	*id = peers_hash(a->octet, addr_len(a));
	return (const uint8_t *)id;
}

bool
peers_may_claim(
    const struct peers *ps, const struct peer *p, const struct addr *a)
{
	struct addr other;
	uint32_t id, peer, c;
	size_t i;

	for (i = 0; i < ps->nown; i++)
		if (prefix_contains(&ps->own[i], a))
			return false;
	c = peer_ids_first(&ps->claims, address_id(a, &id));
	for (; c != 0; c = peer_ids_next(&ps->claims, c - 1)) {
		other = claimed(ps, c - 1, &peer);
		if (addr_cmp(&other, a) == 0 && peer != peers_index(ps, p))
			return false;
	}
	return true;
}

static void
release(struct peers *ps, struct peer *p, uint32_t i)
{
	uint32_t claim = peers_index(ps, p) * CLAIMS + i, id, peer;
	struct addr a = claimed(ps, claim, &peer);

	if (p->held & 1u << i)
		peer_ids_remove(&ps->claims, address_id(&a, &id), claim);
	p->held &= (uint8_t) ~(1u << i);
}

static void
hold(struct peers *ps, struct peer *p, uint32_t i)
{
	uint32_t claim = peers_index(ps, p) * CLAIMS + i, id, peer;
	struct addr a = claimed(ps, claim, &peer);

	if (a.family == AF_UNSPEC)
		return;
	peer_ids_add(&ps->claims, address_id(&a, &id), claim);
	p->held |= (uint8_t)(1u << i);
}

uint32_t
peers_held(const struct peer *p, enum peers_which which)
{
	return (uint32_t)p->held >> which * FAMILIES & ((1u << FAMILIES) - 1);
}

void
peers_claim(struct peers *ps, struct peer *p, enum peers_which which,
    const struct addr_pair *address, uint32_t families)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		release(ps, p, which * FAMILIES + f);
	if (address == NULL)
		return;
	*which_of(p, which) = *address;
	for (f = 0; f < FAMILIES; f++)
		if (families & 1u << f)
			hold(ps, p, which * FAMILIES + f);
}

/* By a NAT it may say anything, and takes it from nobody. */
uint32_t
peers_usable(const struct peer *p, const struct addr_pair *address,
    struct addr usable[FAMILIES])
{
	uint32_t wrong = p->heard_nat | p->barred | p->barred_there;
	uint32_t f, families = 0;

	addr_pair_get(address, usable);
	for (f = 0; f < FAMILIES; f++)
		if (wrong & 1u << f)
			memset(&usable[f], 0, sizeof(usable[f]));
		else if (usable[f].family != AF_UNSPEC)
			families |= 1u << f;
	return families;
}

/* ---- where they were heard ---- */

void
peers_seen_set(struct peer_seen *s, const struct peer_place *p)
{
	memset(s, 0, sizeof(*s));
	s->family = p->addr.family & 0x7f;
	memcpy(s->addr, p->addr.octet, addr_len(&p->addr));
	s->has_own = p->own.family != AF_UNSPEC;
	if (s->has_own)
		memcpy(s->own, p->own.octet, addr_len(&p->own));
	s->port = (uint16_t)p->port;
	s->uplink = p->uplink < UINT8_MAX ? (uint8_t)p->uplink : UINT8_MAX;
}

void
peers_seen_get(const struct peer_seen *s, struct peer_place *p)
{
	size_t len = s->family == AF_INET6 ? 16 : 4;

	memset(p, 0, sizeof(*p));
	if (s->family == AF_UNSPEC)
		return;
	(void)addr_set(&p->addr, s->family, s->addr, len);
	if (s->has_own)
		(void)addr_set(&p->own, s->family, s->own, len);
	p->port = s->port;
	p->uplink = s->uplink < UINT8_MAX ? s->uplink : MSG_UPLINK_NONE;
}

/* ---- by key ---- */

uint32_t
peers_index(const struct peers *ps, const struct peer *p)
{
	return (uint32_t)(p - ps->peer);
}

void
peers_pair(const struct peers *ps, const struct peer *p, struct peer_pair *pair)
{
	memcpy(pair->own, ps->secret + PEER_SECRET_LEN - PEER_KEY_LEN,
	    sizeof(pair->own));
	memcpy(pair->peer, p->conf->key, sizeof(pair->peer));
	memcpy(pair->tag_key, p->tag_key, sizeof(pair->tag_key));
}

struct peer *
peers_find(const struct peers *ps, const uint8_t id[PEER_ID_LEN])
{
	uint32_t n = peer_ids_first(&ps->ids, id);

	for (; n != 0; n = peer_ids_next(&ps->ids, n - 1))
		if (memcmp(ps->peer[n - 1].conf->key, id, PEER_ID_LEN) == 0)
			return &ps->peer[n - 1];
	return NULL;
}

/* ---- by time: a heap ---- */

static void
put(struct peers *ps, uint32_t slot, uint32_t peer)
{
	ps->heap[slot] = peer;
	ps->peer[peer].slot = slot + 1;
}

static bool
sooner(const struct peers *ps, uint32_t a, uint32_t b)
{
	return monotime_cmp(ps->peer[a].when, ps->peer[b].when) < 0;
}

static void
sift(struct peers *ps, uint32_t slot)
{
	uint32_t peer = ps->heap[slot], child;

	for (; slot > 0 && sooner(ps, peer, ps->heap[(slot - 1) / 2]);
	     slot = (slot - 1) / 2)
		put(ps, slot, ps->heap[(slot - 1) / 2]);
	for (; (child = 2 * slot + 1) < ps->nheap; slot = child) {
		if (child + 1 < ps->nheap &&
		    sooner(ps, ps->heap[child + 1], ps->heap[child]))
			child++;
		if (!sooner(ps, ps->heap[child], peer))
			break;
		put(ps, slot, ps->heap[child]);
	}
	put(ps, slot, peer);
}

static void
take_out(struct peers *ps, struct peer *p)
{
	uint32_t slot = p->slot - 1, last = ps->heap[--ps->nheap];

	p->slot = 0;
	if (slot == ps->nheap)
		return;
	put(ps, slot, last);
	sift(ps, slot);
}

/*
 * How often one speaks that was not heard yet is not known: it is taken to be
 * configured as we are, and may be on a metered uplink.
 */
static int64_t
its_hello_ms(const struct peer *p)
{
	const struct conf_peer *c = p->conf;

	if (monotime_valid(p->heard))
		return (int64_t)p->hello_s * 1000;
	return c->hello_metered_ms > c->hello_ms ? c->hello_metered_ms
						 : c->hello_ms;
}

static struct monotime
silent_at(const struct peer *p)
{
	struct monotime since =
	    monotime_valid(p->heard) ? p->heard : p->awaited;
	int64_t hello_ms = its_hello_ms(p);

	if (p->silent || hello_ms == 0 || !monotime_valid(since))
		return (struct monotime){ 0 };
	return monotime_add_ms(
	    since, hello_ms * PEERS_SILENT_HELLOS + PEERS_SILENT_MS);
}

static struct monotime
unacked_at(const struct peer *p)
{
	if (p->acked || p->unacked || !monotime_valid(p->said))
		return (struct monotime){ 0 };
	return monotime_add_ms(p->said, PEERS_UNACKED_MS);
}

static void
earlier(struct monotime *first, struct monotime t)
{
	if (monotime_valid(t) &&
	    (!monotime_valid(*first) || monotime_cmp(t, *first) < 0))
		*first = t;
}

void
peers_schedule(struct peers *ps, struct peer *p)
{
	p->when = p->due;
	earlier(&p->when, silent_at(p));
	earlier(&p->when, unacked_at(p));
	if (!monotime_valid(p->when)) {
		if (p->slot != 0)
			take_out(ps, p);
		return;
	}
	if (p->slot == 0)
		put(ps, ps->nheap++, peers_index(ps, p));
	sift(ps, p->slot - 1);
}

static bool
passed(struct monotime t, struct monotime now)
{
	return monotime_valid(t) && monotime_cmp(t, now) <= 0;
}

static void
tick_one(struct peers *ps, struct peer *p, struct monotime now)
{
	uint32_t i = peers_index(ps, p);

	if (passed(silent_at(p), now)) {
		p->silent = true;
		ps->user->notice(ps->arg, i, PEERS_SILENT);
	}
	if (passed(unacked_at(p), now)) {
		p->unacked = true;
		ps->user->notice(ps->arg, i, PEERS_UNACKED);
	}
	if (passed(p->due, now)) {
		if (p->acked)
			peers_say(ps, p, PEER_HELLO, now);
		peers_repeat(ps, p, now);
	}
	peers_schedule(ps, p);
}

void
peers_tick(struct peers *ps, struct monotime now)
{
	struct peer *p;
	uint32_t i;

	for (i = 0; i < PEERS_TOLD_MAX && ps->nheap > 0; i++) {
		p = &ps->peer[ps->heap[0]];
		if (monotime_cmp(p->when, now) > 0)
			break;
		tick_one(ps, p, now);
	}
}

struct monotime
peers_deadline(const struct peers *ps)
{
	return ps->nheap > 0 ? ps->peer[ps->heap[0]].when
			     : (struct monotime){ 0 };
}

/* ---- the table as a whole ---- */

static int
add(struct peers *ps, uint32_t i, const struct conf_peer *c, uint32_t *nconf)
{
	struct peer *p = &ps->peer[i];
	struct peer_pair pair;
	uint32_t j, id;

	p->conf = c;
	if (peer_pair_make(&pair, ps->secret, c->key) == -1)
		return -1;
	memcpy(p->tag_key, pair.tag_key, sizeof(p->tag_key));
	sodium_memzero(&pair, sizeof(pair));
	peer_ids_add(&ps->ids, c->key, i);
	for (j = 0; j < c->naddresses; j++) {
		ps->configured[*nconf] = (struct peer_configured){ i, j };
		peer_ids_add(&ps->claims, address_id(&c->address[j], &id),
		    ps->n * CLAIMS + (*nconf)++);
	}
	return 0;
}

int
peers_init(struct peers *ps, const uint8_t secret[PEER_SECRET_LEN],
    const struct conf_peer *conf, uint32_t n, uint32_t starts,
    const struct peers_user *user, void *arg)
{
	uint32_t i, nconf = 0, naddresses = 0;

	memset(ps, 0, sizeof(*ps));
	ps->user = user;
	ps->arg = arg;
	memcpy(ps->secret, secret, sizeof(ps->secret));
	ps->epoch = (uint64_t)starts << 32;
	for (i = 0; i < n; i++)
		naddresses += conf[i].naddresses;
	ps->n = n;
	ps->peer = calloc(n + 1, sizeof(*ps->peer));
	ps->heap = calloc(n + 1, sizeof(*ps->heap));
	ps->configured = calloc(naddresses + 1, sizeof(*ps->configured));
	if (peer_ids_init(&ps->ids, n) == -1 ||
	    peer_ids_init(&ps->claims, n * CLAIMS + naddresses) == -1 ||
	    ps->peer == NULL || ps->heap == NULL || ps->configured == NULL)
		goto fail;
	for (i = 0; i < n; i++)
		if (add(ps, i, &conf[i], &nconf) == -1)
			goto fail;
	return 0;
fail:
	peers_free(ps);
	return -1;
}

void
peers_free(struct peers *ps)
{
	if (ps->peer != NULL)
		sodium_memzero(ps->peer, ps->n * sizeof(*ps->peer));
	free(ps->peer);
	peer_ids_free(&ps->ids);
	peer_ids_free(&ps->claims);
	free(ps->heap);
	free(ps->configured);
	sodium_memzero(ps, sizeof(*ps));
}

/*
 * What it waits for will not come: it is to say it again, with a nonce.  What
 * it did not ask for, it would not say again.
 */
static void
keep_one(struct peers *ps, struct peer *p, const struct peer *was)
{
	const struct conf_peer *conf = p->conf;
	bool again = was->leading != PEER_LED && was->trusted &&
		     was->meanwhile == PEER_UNCHANGED;

	*p = *was; /* with the same keys */
	p->conf = conf;
	p->slot = 0;
	p->knows = false;
	p->trusted = again || (was->trusted && was->leading == PEER_LED);
	p->leading = PEER_LED;
	p->owed = false; /* by another number of the uplink; it is said again */
	p->meanwhile = PEER_APPLIED;
	memset(p->nat_by, 0, sizeof(p->nat_by)); /* uplinks' numbers change */
	p->held = 0;
	peers_claim(ps, p, PEERS_IN_FORCE, &was->address,
	    peers_held(was, PEERS_IN_FORCE));
	peers_schedule(ps, p);
	if (again)
		peers_lead_again(ps, p);
}

void
peers_keep(struct peers *ps, struct peers *was)
{
	const struct peer *old;
	struct peer *p;
	uint32_t i;

	if (memcmp(ps->secret, was->secret, sizeof(ps->secret)) != 0)
		return;
	ps->strangers = was->strangers;
	ps->malformed = was->malformed;
	ps->forged = was->forged;
	for (i = 0; i < ps->n; i++) {
		p = &ps->peer[i];
		old = peers_find(was, p->conf->key);
		if (old != NULL &&
		    memcmp(old->conf->key, p->conf->key, PEER_KEY_LEN) == 0)
			keep_one(ps, p, old);
	}
}

void
peers_own(struct peers *ps, const struct prefix *own, size_t n)
{
	ps->own = own;
	ps->nown = n;
}
