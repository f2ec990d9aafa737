/* SPDX-License-Identifier: ISC */
/*
 * Why a backup failed, in words: what the modem, pppd or a hook said last, or
 * what the rounds of its proof say and which targets were silent.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "parent/parent.h"
#include "parent/target.h"

/* Of one family, whose round was bad. */
static void
round_text(const struct uplink *u, uint32_t family, char *buf, size_t size)
{
	const struct msg_round *r = &u->seen.rounds[family].last;
	const struct conf_target *t;
	char name[TARGET_NAME_LEN];
	uint32_t i, n = 0;

	strlcat(buf, uplink_family(u, family), size);
	strlcat(buf, msg_cause_text(r->cause), size);
	if (machine_link_level(r->cause))
		return;
	for (i = 0; i < r->ntargets; i++) {
		t = &u->conf.target[i];
		if (t->near || target_family(t) != (enum family)family ||
		    r->target[i].state == MSG_TARGET_UP)
			continue;
		strlcat(buf, n++ == 0 ? ": no answer from " : ", ", size);
		strlcat(buf, target_name(t, name, sizeof(name)), size);
	}
}

/* Its link did not come up: in this try, for what was before is no reason. */
static const char *
link_text(const struct uplink *u)
{
	const struct link *l = &u->link;
	const char *why = uplink_lacks(u->conf.id);

	if (l->last_error[0] != '\0' &&
	    monotime_cmp(l->failed_at, l->began) >= 0)
		return l->last_error;
	return why != NULL ? why : "";
}

/* It carried nothing when it was last up, be it hung up since. */
static int
rounds_failed(uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];
	const struct link *l = &u->link;

	return parent->machine.backup[id].stale ||
	       (monotime_valid(u->rounds_failed) &&
		   monotime_cmp(u->rounds_failed, l->began) >= 0 &&
		   monotime_cmp(u->rounds_failed, l->failed_at) >= 0 &&
		   monotime_cmp(u->rounds_failed, u->proved) >= 0);
}

void
failure_text(uint32_t id, char *buf, size_t size)
{
	const struct uplink *u = &parent->uplink[id];
	const struct rounds *r;
	uint32_t f;

	if (!rounds_failed(id)) {
		strlcpy(buf, link_text(u), size);
		return;
	}
	strlcpy(buf, "", size);
	for (f = 0; f < FAMILIES; f++) {
		r = &u->seen.rounds[f];
		if (!(uplink_families(id) & 1u << f) || !r->known ||
		    r->last.verdict != MSG_BAD)
			continue;
		strlcat(buf, buf[0] == '\0' ? "" : "; ", size);
		round_text(u, f, buf, size);
	}
	if (buf[0] == '\0')
		strlcpy(buf, "no verdict in time", size);
}
