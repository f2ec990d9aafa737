/* SPDX-License-Identifier: ISC */
/*
 * What a round of probes means: a verdict for the machine, a proof of a
 * backup, or far targets that are dead whichever way they are asked.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "parent/history.h"
#include "parent/parent.h"

static int
upstream_cause(uint32_t cause)
{
	return cause == MSG_CAUSE_UPSTREAM || cause == MSG_CAUSE_SOME_TARGETS ||
	       cause == MSG_CAUSE_TARGET;
}

/* 1 dead, 0 alive, -1 the primary does not probe this address. */
static int
dead_on_primary(const struct addr *a)
{
	const struct uplink *p = &parent->uplink[0];
	uint32_t i;

	for (i = 0; i < p->last.ntargets; i++)
		if (addr_cmp(&p->conf.target[i].address, a) == 0)
			return p->last.target[i].state != MSG_TARGET_UP;
	return -1;
}

/*
 * Are the far targets that are dead through this backup those that are dead
 * through the primary?  Only asked while both links are up as far as the
 * first router: else the link is the fault.
 */
static bool
same_targets(const struct uplink *b)
{
	const struct uplink *p = &parent->uplink[0];
	uint32_t i, dead = 0;

	if (!p->known || p->last.verdict != MSG_BAD ||
	    !upstream_cause(p->last.cause) || !upstream_cause(b->last.cause))
		return false;
	for (i = 0; i < b->last.ntargets; i++) {
		int on_primary;

		if (b->conf.target[i].near)
			continue;
		on_primary = dead_on_primary(&b->conf.target[i].address);
		if (b->last.target[i].state == MSG_TARGET_UP) {
			if (on_primary == 1)
				return false;
			continue;
		}
		if (on_primary != 1)
			return false;
		dead++;
	}
	return dead > 0;
}

static void
log_round(const struct uplink *u, const struct msg_round *r)
{
	char text[MSG_TEXT_LEN], one[96], a[ADDR_STRLEN];
	uint32_t i;

	text[0] = '\0';
	for (i = 0; i < r->ntargets; i++) {
		addr_format(&u->conf.target[i].address, a, sizeof(a));
		snprintf(one, sizeof(one), "%s%u/%u %s", i == 0 ? "" : ", ",
		    r->target[i].received, r->target[i].sent, a);
		strlcat(text, one, sizeof(text));
	}
	history_detail(
	    u->conf.label, "round bad: %s: %s", msg_cause_text(r->cause), text);
}

/* The round of a backup that is to be proved. */
static void
proof_round(uint32_t id, struct uplink *u, uint32_t verdict)
{
	struct mevent ev = { .uplink = id };

	if (verdict == MSG_GOOD) {
		ev.type = MEV_PROVED;
		history_line(u->conf.label, "proved: far targets answer");
	} else if (verdict == MSG_BAD && u->bad_rounds > u->conf.probe.retry) {
		ev.type = MEV_PROOF_FAILED;
		ev.same = same_targets(u);
	} else
		return;
	u->proving = 0;
	engine_event(&ev);
}

void
engine_round(const struct msg_round *r)
{
	struct uplink *u = &parent->uplink[r->uplink];
	struct mevent ev = { .type = MEV_ROUND };

	if (!engine_ready() || r->gen != u->probe_gen ||
	    u->probe_mode == MSG_PROBE_OFF || r->ntargets != u->conf.ntargets)
		return;
	if (r->verdict == MSG_GOOD || r->verdict == MSG_BAD) {
		/* said once, then counted: a dead line is no flood of lines */
		if (r->verdict == MSG_BAD &&
		    (u->bad_rounds <= u->conf.probe.retry ||
			r->cause != u->last.cause))
			log_round(u, r);
		u->last = *r;
		u->known = 1;
		u->bad_rounds = r->verdict == MSG_BAD ? u->bad_rounds + 1 : 0;
		if (r->verdict == MSG_BAD)
			u->good_since = (struct monotime){ 0 };
		else if (!monotime_valid(u->good_since))
			u->good_since = monotime_now();
	}
	if (u->proving) {
		proof_round(r->uplink, u, r->verdict);
		return;
	}
	ev.uplink = r->uplink;
	ev.verdict = r->verdict;
	ev.cause = r->cause;
	ev.same = r->uplink != 0 && r->verdict == MSG_BAD && same_targets(u);
	engine_event(&ev);
}
