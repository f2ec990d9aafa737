/* SPDX-License-Identifier: ISC */
/* Heads and tags of peers' datagrams; see peer_tag.h. */
#include <sys/types.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/peer_tag.h"

const uint8_t peer_magic[PEER_OFF_TYPE] = { 0xdf, 0x70, 1 };

int
peer_head(const uint8_t *buf, size_t len, struct peer_head *h)
{
	size_t i;

	if (len < PEER_OFF_OWN + PEER_TAIL || len > PEER_MSG_MAX ||
	    memcmp(buf, peer_magic, sizeof(peer_magic)) != 0 ||
	    buf[PEER_OFF_TYPE] == 0 || buf[PEER_OFF_TYPE] >= PEER_TYPE_MAX)
		return -1;
	h->type = buf[PEER_OFF_TYPE];
	memcpy(h->sender, buf + PEER_OFF_SENDER, PEER_ID_LEN);
	memcpy(h->receiver, buf + PEER_OFF_RECEIVER, PEER_ID_LEN);
	h->counter = 0;
	for (i = 0; i < sizeof(h->counter); i++)
		h->counter = h->counter << 8 | buf[PEER_OFF_COUNTER + i];
	return 0;
}

void
peer_tag(const uint8_t *buf, size_t len, const struct peer_pair *pair,
    const uint8_t *from, const uint8_t *to, uint8_t out[PEER_TAG_LEN])
{
	crypto_generichash_state h;

	crypto_generichash_init(
	    &h, pair->tag_key, sizeof(pair->tag_key), PEER_TAG_LEN);
	crypto_generichash_update(&h, from, PEER_KEY_LEN);
	crypto_generichash_update(&h, to, PEER_KEY_LEN);
	crypto_generichash_update(&h, buf, len);
	crypto_generichash_final(&h, out, PEER_TAG_LEN);
}

int
peer_tagged(const uint8_t *buf, size_t len, const struct peer_pair *pair)
{
	uint8_t right[PEER_TAG_LEN];

	len -= PEER_TAIL;
	peer_tag(buf, len, pair, pair->peer, pair->own, right);
	return sodium_memcmp(right, buf + len, PEER_TAG_LEN) == 0;
}

/* ---- by id ---- */

int
peer_ids_init(struct peer_ids *t, uint32_t n)
{
	uint32_t size = 1;

	while (size <= n / 2)
		size *= 2;
	t->mask = size - 1;
	t->first = calloc(size, sizeof(*t->first));
	t->next = calloc((size_t)n + 1, sizeof(*t->next));
	return t->first == NULL || t->next == NULL ? -1 : 0;
}

void
peer_ids_free(struct peer_ids *t)
{
	free(t->first);
	free(t->next);
	memset(t, 0, sizeof(*t));
}

static uint32_t
place(const struct peer_ids *t, const uint8_t *id)
{
	uint32_t n;

	memcpy(&n, id, sizeof(n));
	return n & t->mask;
}

void
peer_ids_add(struct peer_ids *t, const uint8_t *id, uint32_t index)
{
	uint32_t *first = &t->first[place(t, id)];

	t->next[index] = *first;
	*first = index + 1;
}

void
peer_ids_remove(struct peer_ids *t, const uint8_t *id, uint32_t index)
{
	uint32_t *link = &t->first[place(t, id)];

	while (*link != index + 1) {
		if (*link == 0)
			return;
		link = &t->next[*link - 1];
	}
	*link = t->next[index];
}

uint32_t
peer_ids_first(const struct peer_ids *t, const uint8_t *id)
{
	return t->first == NULL ? 0 : t->first[place(t, id)];
}

uint32_t
peer_ids_next(const struct peer_ids *t, uint32_t index)
{
	return t->next[index];
}
