/* SPDX-License-Identifier: ISC */
/* Which MAC a next hop has; see hop.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/hop.h"

#define AGAIN_MS     150 /* before an unanswered question is put again */
#define ANSWER_MS    3000 /* later than that, it answers no question */
#define MOVE_MS      1000 /* a MAC is not followed more often */
#define CONTESTED_MS 60000 /* two have answered: the one that works stays */
#define DEAD_MS      250 /* no answer for so long: the other one, then */
#define TOOK_MAX_NS  INT64_C(2000000000)

static int
within(struct monotime t, struct monotime now, int64_t ms)
{
	return monotime_valid(t) && monotime_ms_between(t, now) < ms;
}

static int
is_answered(const struct hop *h)
{
	return h->known && monotime_cmp(h->answered, h->asked) >= 0;
}

int
hop_is_asked(const struct hop *h, struct monotime now)
{
	return !is_answered(h) && within(h->asked, now, AGAIN_MS);
}

int
hop_wants_asking(const struct hop *h, struct monotime now)
{
	return !is_answered(h) && !within(h->asked, now, AGAIN_MS);
}

void
hop_asked(struct hop *h, struct monotime now)
{
	h->asked = now;
	h->voice = HOP_NOBODY;
}

static void
move(struct hop *h, const uint8_t *mac, struct monotime now)
{
	uint8_t left[FRAME_MAC_LEN];

	memcpy(left, h->mac, sizeof(left));
	memcpy(h->mac, mac, sizeof(h->mac)); /* may be h->other itself */
	memcpy(h->other, left, sizeof(h->other));
	h->other_said = (struct monotime){ 0 };
	h->moved = now;
	h->waiting = (struct monotime){ 0 };
}

/* Not the MAC in use answers. */
static enum hop_news
another(struct hop *h, const uint8_t *mac, struct monotime now)
{
	int left = memcmp(mac, h->other, FRAME_MAC_LEN) == 0;

	if (h->voice == HOP_NEW && left) {
		/* the one that we know answers as well, only slower */
		move(h, mac, now);
		h->other_said = now;
		h->contested = now;
		h->voice = HOP_KNOWN;
		return HOP_CONTESTED;
	}
	if (h->voice == HOP_NOBODY &&
	    !within(h->contested, now, CONTESTED_MS)) {
		if (within(h->moved, now, MOVE_MS))
			return HOP_IGNORED;
		move(h, mac, now);
		h->voice = HOP_NEW;
		return HOP_MOVED;
	}
	if (h->voice != HOP_NEW) {
		memcpy(h->other, mac, sizeof(h->other));
		h->other_said = now;
	}
	if (h->voice == HOP_KNOWN)
		h->contested = now;
	return HOP_CONTESTED;
}

enum hop_news
hop_answer(struct hop *h, const uint8_t mac[FRAME_MAC_LEN], struct monotime now)
{
	enum hop_news news = HOP_SAME;

	if (!within(h->asked, now, ANSWER_MS))
		return HOP_IGNORED;
	if (!h->known) {
		memcpy(h->mac, mac, sizeof(h->mac));
		h->known = 1;
	} else if (memcmp(mac, h->mac, sizeof(h->mac)) != 0)
		news = another(h, mac, now);
	if (memcmp(mac, h->mac, sizeof(h->mac)) != 0)
		return news;
	if (h->voice == HOP_NOBODY)
		h->voice = HOP_KNOWN;
	h->answered = now;
	return news;
}

int
hop_probe(struct hop *h, struct monotime now)
{
	struct monotime said = h->other_said;
	int64_t patience = 2 * h->took_ns;
	int dead;

	if (patience < DEAD_MS * INT64_C(1000000))
		patience = DEAD_MS * INT64_C(1000000);
	dead = monotime_valid(h->waiting) &&
	       monotime_sub(now, h->waiting) > patience;
	if (dead && within(said, now, ANSWER_MS) &&
	    !within(h->moved, now, MOVE_MS)) {
		move(h, h->other, now);
		h->other_said = h->answered;
		h->answered = said;
		h->waiting = now;
		return 1;
	}
	if (!monotime_valid(h->waiting))
		h->waiting = now;
	return 0;
}

void
hop_works(struct hop *h, struct monotime now)
{
	if (!monotime_valid(h->waiting))
		return;
	h->took_ns = monotime_sub(now, h->waiting);
	if (h->took_ns > TOOK_MAX_NS)
		h->took_ns = TOOK_MAX_NS;
	h->waiting = (struct monotime){ 0 };
}
