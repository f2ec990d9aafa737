/* SPDX-License-Identifier: ISC */
/* Which datagrams of peers are passed on; see gate.h. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/peer_tag.h"
#include "prober/gate.h"

struct rate {
	uint32_t second; /* so many */
	uint32_t burst;
};

/* A peer says a few datagrams at a switch, and by each of its uplinks. */
static const struct rate rate_fresh = { 20, 60 };
static const struct rate rate_again = { 10, 40 };
/* All of them: ten thousand may speak at once, but not for long. */
static const struct rate rate_all = { 2000, 30000 };
/*
 * Tags that are looked at: a tenth of a second's work each second for who is
 * anywhere, and as much for who says to be where a peer was heard.
 */
static const struct rate rate_tags = { 100000, 20000 };
/* Of each peer from there, whatever is said from where others are. */
static const struct rate rate_home = { 20, 60 };

#define HOMES 2 /* a primary and a backup */

/* A bucket is the moment when it will be full. */
struct known {
	uint8_t key[PEER_KEY_LEN];
	uint8_t tag_key[PEER_KEY_LEN];
	uint64_t newest[PEER_TYPE_MAX - 1]; /* counter that was passed on */
	struct monotime fresh, again, at_home; /* buckets */
	struct addr home[HOMES]; /* where it was heard */
	uint32_t homes; /* so many were noted */
};

static uint8_t own_key[KEY_LEN];
static struct known *known;
static uint32_t nknown, room;
static struct peer_ids ids;
static struct monotime all, tags, home_tags; /* buckets */
static struct msg_peer_dropped dropped;

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

/* ---- peers ---- */

void
gate_open(const uint8_t own[KEY_LEN], uint32_t n)
{
	memcpy(own_key, own, sizeof(own_key));
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

static bool
is_at_home(const struct known *k, const struct addr *from)
{
	uint32_t i;

	for (i = 0; i < HOMES; i++)
		if (addr_cmp(&k->home[i], from) == 0)
			return true;
	return false;
}

/* ---- what comes ---- */

/* Where a peer was heard is no secret, and anybody can write it on top. */
static bool
may_be_looked_at(struct known *k, const struct addr *from, struct monotime now)
{
	if (!is_at_home(k, from))
		return take(&tags, &rate_tags, now);
	return take(&k->at_home, &rate_home, now) ||
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

/*
 * It was made by the peer, and perhaps recorded by others.  Each type has a
 * counter of its own: acknowledgements have ours.
 */
static bool
passes_on(struct known *k, const struct peer_head *h, const struct addr *from,
    struct monotime now)
{
	uint64_t *newest = &k->newest[h->type - 1];
	bool fresh = h->counter > *newest;

	if (h->counter >= *newest && !is_at_home(k, from))
		k->home[k->homes++ % HOMES] = *from;
	if (!take(fresh ? &k->fresh : &k->again,
		fresh ? &rate_fresh : &rate_again, now) ||
	    !take(&all, &rate_all, now)) {
		dropped.limited++;
		return false;
	}
	if (fresh)
		*newest = h->counter;
	return true;
}

bool
gate_passes(const struct addr *from, const uint8_t *buf, size_t len,
    struct monotime now)
{
	struct peer_head head;
	struct known *k;

	if (peer_head(buf, len, &head) == -1)
		dropped.malformed++;
	else if (memcmp(head.receiver, own_key, PEER_ID_LEN) != 0 ||
		 (k = find(head.sender)) == NULL)
		dropped.strangers++;
	else if (!may_be_looked_at(k, from, now))
		dropped.limited++;
	else if (!has_its_tag(k, buf, len))
		dropped.forged++;
	else
		return passes_on(k, &head, from, now);
	return false;
}

const struct msg_peer_dropped *
gate_dropped(void)
{
	return &dropped;
}
