/* SPDX-License-Identifier: ISC */
/* Which datagrams of peers are passed on; see gate.h. */
#include <sys/types.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/peer_tag.h"
#include "prober/gate.h"

/*
 * Who records datagrams can send them again, from anywhere and with any
 * source on top, but cannot make one.  So what is new is told from what may
 * be a replay, and each sort has buckets of its own:
 *
 * - A statement with a greater counter, or with the greatest one and another
 *   tag than its first copy (by the announced path, and by others: they are
 *   two), is a peer's own.  After our start all that was ever recorded is
 *   new once, in its order, and may leave no room; but a right tag proves the
 *   counter of what is not passed on, too, so that with one copy of the peer
 *   all of that is old, and the next copy finds room.
 *   Their bucket is one for all places, since who has a peer's key may be at any.
 * - So are acknowledgements of the greatest counter: one of each path and
 *   family, and by two of our addresses a NAT shows another port.  Their bucket
 *   is another one: after our start it may be long before a peer has one to
 *   say that makes those recorded old.
 * - A challenge's counter is what its sender knows of ours, which says
 *   nothing of when it was made.  It is new if its tag is not among the last
 *   few that passed.  Who has recorded more of them, which takes half a minute
 *   of talking to the peer for each, and says to be where the peer is, can
 *   keep them from us, but nothing else: each place has a bucket of them, and
 *   those of all peers have one that statements do not share.
 * - The newest statement again: it had no answer, or is replayed.  Answers go
 *   to where it came from: if that is where the peer was heard (address and
 *   port: a home), one is as good as the other, so each home has a bucket.
 *   Anywhere else each place has a small one, since who replays has few
 *   places, unless nobody checks what is written on top of what is sent.
 *   Then a peer that has moved since it first said it may wait for its next
 *   statement.
 * - An older statement is the peer's own only if it has lost its counter; the
 *   answer is a challenge, and the same holds.
 * - Nothing is lost with older acknowledgements, nor with challenges that are
 *   known.
 *
 * A home is noted by what is new alone: what is replayed moves none.
 */
enum sort {
	NEW_STATEMENT,
	NEW_ACK,
	GREATER, /* so many sorts: by their counter */
	NEW_CHALLENGE = GREATER,
	AGAIN, /* the newest statement */
	OLD, /* statements */
	USELESS,
	SORTS
};

struct rate {
	uint32_t second; /* so many */
	uint32_t burst;
};

/* A peer says a few datagrams at a switch, and by each of its uplinks. */
static const struct rate rate_new = { 20, 60 };
/* From a home, as challenges from anywhere. */
static const struct rate rate_again = { 10, 40 };
static const struct rate rate_elsewhere = { 50, 100 };
static const struct rate rate_place = { 2, 8 }; /* of elsewhere */
/*
 * All peers: each may say two copies and an acknowledgement at once, as when
 * a region fails, but not for long; and a few that are mad do not take it all.
 */
static struct rate rate_all = { 2000, 0 };
#define ALL_BURST(npeers) (1000 + 4 * (npeers))
/*
 * Tags that are looked at: a tenth of a second's work each second for who is
 * anywhere, and as much for who says to be where a peer was heard.
 */
static const struct rate rate_tags = { 100000, 20000 };
/* Of each home, whatever is said from where others are. */
static const struct rate rate_home = { 20, 60 };

/* Where it was heard: by a primary and by a backup; or anywhere else. */
enum place { HOMES = 2, ELSEWHERE = HOMES, PLACES };

/* The tags that passed, of a type: of the newest counter, or the last ones. */
static const struct kept {
	uint32_t first, n;
} kept[PEER_TYPE_MAX - 1] = { { 0, 2 }, { 2, 6 }, { 8, 6 } };
#define KEPT 14

/* A bucket is the ms when it will be full, which go round in 49 days. */
struct known {
	uint8_t key[PEER_KEY_LEN];
	uint8_t tag_key[PEER_KEY_LEN];
	uint64_t newest[PEER_CHALLENGE - 1]; /* counter that was seen */
	uint32_t home[HOMES]; /* place_of(), 0: none */
	uint32_t latest; /* of them */
	uint32_t tag[KEPT]; /* see kept; 0: none */
	uint32_t looked[HOMES]; /* buckets */
	uint32_t greater[GREATER];
	uint32_t bucket[SORTS - GREATER][PLACES];
};

/* Thousands of peers: 10,000 with 100 octets more are a megabyte. */
_Static_assert(sizeof(struct known) <= 216, "no more than is needed");

static uint8_t own_key[KEY_LEN];
static struct known *known;
static uint32_t nknown, room;
static struct peer_ids ids;
static struct monotime tags, home_tags; /* buckets */
static struct monotime all_greater, all_challenges, all_homes, all_elsewhere;
static struct msg_peer_dropped dropped;
/* So that nobody can choose who shares a bucket with whom. */
static uint8_t place_key[crypto_shorthash_KEYBYTES];
static uint32_t place_bucket[4096];

/* ---- buckets ---- */

static bool
take(struct monotime *full, const struct rate *r, struct monotime now)
{
	int64_t one = 1000000000 / r->second;
	struct monotime then = monotime_cmp(*full, now) > 0 ? *full : now;

	then = monotime_add_ns(then, one);
	if (monotime_sub(then, now) > one * r->burst)
		return false;
	*full = then;
	return true;
}

/* What is further ahead than a burst goes was full long ago. */
static bool
take_ms(uint32_t *full, const struct rate *r, struct monotime now)
{
	int64_t ms = now.ns / 1000000;
	uint32_t ahead = *full - (uint32_t)ms;
	struct monotime then;

	if (ahead > 1000 / r->second * r->burst)
		ahead = 0;
	then = monotime_from_ns((ms + ahead) * 1000000);
	if (!take(&then, r, now))
		return false;
	*full = (uint32_t)(then.ns / 1000000);
	return true;
}

/* ---- peers ---- */

void
gate_open(const uint8_t own[KEY_LEN], uint32_t n)
{
	memcpy(own_key, own, sizeof(own_key));
	arc4random_buf(place_key, sizeof(place_key));
	free(known);
	peer_ids_free(&ids);
	nknown = 0;
	room = n;
	known = calloc((size_t)n + 1, sizeof(*known));
	if (known == NULL || peer_ids_init(&ids, n) == -1)
		fatal(NULL);
}

int
gate_add(const struct msg_peer_known *m)
{
	struct known *k;

	if (nknown == room)
		return -1;
	k = &known[nknown];
	memcpy(k->key, m->key, sizeof(k->key));
	memcpy(k->tag_key, m->tag_key, sizeof(k->tag_key));
	peer_ids_add(&ids, m->key, nknown++);
	rate_all.burst = ALL_BURST(nknown);
	return 0;
}

static struct known *
find(const uint8_t id[PEER_ID_LEN])
{
	uint32_t n;

	for (n = peer_ids_first(&ids, id); n != 0;
	     n = peer_ids_next(&ids, n - 1))
		if (memcmp(known[n - 1].key, id, PEER_ID_LEN) == 0)
			return &known[n - 1];
	return NULL;
}

/* ---- places ---- */

/* Address and port as a number, never 0. */
static uint32_t
place_of(const struct addr *from, uint32_t port)
{
	uint8_t text[sizeof(from->octet) + sizeof(port)] = { 0 };
	uint8_t hash[crypto_shorthash_BYTES];
	uint32_t place;

	memcpy(text, from->octet, addr_len(from));
	memcpy(text + sizeof(from->octet), &port, sizeof(port));
	crypto_shorthash(hash, text, sizeof(text), place_key);
	memcpy(&place, hash, sizeof(place));
	return place | 1u << 31;
}

static enum place
where(const struct known *k, uint32_t place)
{
	enum place i;

	for (i = 0; i < HOMES && k->home[i] != place; i++)
		;
	return i;
}

/* In place of the one that something new came from longest ago. */
static void
note_home(struct known *k, uint32_t place)
{
	enum place i = where(k, place);

	if (i == ELSEWHERE)
		i = 1 - k->latest;
	k->home[i] = place;
	k->latest = i;
}

/* ---- what comes ---- */

/* Where a peer was heard is no secret, and anybody can write it on top. */
static bool
may_be_looked_at(struct known *k, enum place place, struct monotime now)
{
	if (place == ELSEWHERE)
		return take(&tags, &rate_tags, now);
	return take_ms(&k->looked[place], &rate_home, now) ||
	       take(&home_tags, &rate_tags, now);
}

static bool
has_its_tag(const struct known *k, const uint8_t *buf, size_t len)
{
	struct peer_pair pair;

	memcpy(pair.own, own_key, sizeof(pair.own));
	memcpy(pair.peer, k->key, sizeof(pair.peer));
	memcpy(pair.tag_key, k->tag_key, sizeof(pair.tag_key));
	return peer_tagged(buf, len, &pair);
}

/* As good as random; never 0. */
static uint32_t
tag_of(const uint8_t *buf, size_t len)
{
	uint32_t tag;

	memcpy(&tag, buf + len - PEER_TAIL, sizeof(tag));
	return tag | 1u << 31;
}

static bool
has_passed(const struct known *k, uint32_t type, uint32_t tag)
{
	const struct kept *t = &kept[type - 1];
	uint32_t i;

	for (i = t->first; i < t->first + t->n; i++)
		if (k->tag[i] == tag)
			return true;
	return false;
}

/* The last one comes first, the longest ago goes. */
static void
note_tag(struct known *k, uint32_t type, uint32_t tag)
{
	uint32_t *first = &k->tag[kept[type - 1].first];

	memmove(first + 1, first, (kept[type - 1].n - 1) * sizeof(*first));
	*first = tag;
}

/* Counters begin again with none of its tags. */
static void
note_counter(struct known *k, const struct peer_head *h)
{
	const struct kept *t = &kept[h->type - 1];

	if (h->type == PEER_CHALLENGE || h->counter <= k->newest[h->type - 1])
		return;
	k->newest[h->type - 1] = h->counter;
	memset(&k->tag[t->first], 0, t->n * sizeof(*k->tag));
}

/* It was made by the peer, and perhaps recorded by others. */
static enum sort
sort_of(const struct known *k, const struct peer_head *h, uint32_t tag)
{
	const struct kept *t = &kept[h->type - 1];
	bool passed = has_passed(k, h->type, tag);
	bool is_newest;

	if (h->type == PEER_CHALLENGE)
		return passed ? USELESS : NEW_CHALLENGE;
	is_newest = h->counter == k->newest[h->type - 1];
	if (is_newest && !passed && k->tag[t->first + t->n - 1] == 0)
		return h->type == PEER_ACK ? NEW_ACK : NEW_STATEMENT;
	if (h->type == PEER_ACK)
		return USELESS;
	return is_newest ? AGAIN : OLD;
}

static bool
has_room(struct known *k, enum sort sort, enum place place, uint32_t from,
    struct monotime now)
{
	uint32_t size = sizeof(place_bucket) / sizeof(*place_bucket);
	uint32_t *bucket;

	if (sort < GREATER)
		return take_ms(&k->greater[sort], &rate_new, now) &&
		       take(&all_greater, &rate_all, now);
	bucket = &k->bucket[sort - GREATER][place];
	if (sort == NEW_CHALLENGE)
		return take_ms(bucket, &rate_again, now) &&
		       take(&all_challenges, &rate_all, now);
	if (place != ELSEWHERE)
		return take_ms(bucket, &rate_again, now) &&
		       take(&all_homes, &rate_all, now);
	return take_ms(&place_bucket[from % size], &rate_place, now) &&
	       take_ms(bucket, &rate_elsewhere, now) &&
	       take(&all_elsewhere, &rate_all, now);
}

static bool
passes_on(struct known *k, const struct peer_head *h, uint32_t tag,
    uint32_t from, struct monotime now)
{
	enum sort sort;

	note_counter(k, h);
	sort = sort_of(k, h, tag);
	if (!has_room(k, sort, where(k, from), from, now)) {
		dropped.limited++;
		return false;
	}
	if (sort <= NEW_CHALLENGE)
		note_tag(k, h->type, tag);
	if (sort < GREATER)
		note_home(k, from);
	return true;
}

bool
gate_passes(const struct addr *from, uint32_t port, const uint8_t *buf,
    size_t len, struct monotime now)
{
	uint32_t place = place_of(from, port);
	struct peer_head head;
	struct known *k;

	if (peer_head(buf, len, &head) == -1)
		dropped.malformed++;
	else if (memcmp(head.receiver, own_key, PEER_ID_LEN) != 0 ||
		 (k = find(head.sender)) == NULL)
		dropped.strangers++;
	else if (!may_be_looked_at(k, where(k, place), now))
		dropped.limited++;
	else if (!has_its_tag(k, buf, len))
		dropped.forged++;
	else
		return passes_on(k, &head, tag_of(buf, len), place, now);
	return false;
}

const struct msg_peer_dropped *
gate_dropped(void)
{
	return &dropped;
}
