/* SPDX-License-Identifier: ISC */
/*
 * What a round of probes means: a verdict for the machine, a proof of a
 * backup, or far targets that are dead whichever way they are asked.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "common/histogram.h"
#include "parent/history.h"
#include "parent/machine_conf.h"
#include "parent/parent.h"
#include "parent/samples.h"
#include "parent/target.h"

uint32_t
uplink_families(uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];
	bool inet6 = u->facts.family[FAMILY_INET6].address.family != AF_UNSPEC;

	return decide_families(
	    u->conf.decide, uplink_probed(&u->conf), id == 0 || inet6);
}

const char *
uplink_family(const struct uplink *u, uint32_t family)
{
	uint32_t i;

	for (i = 0; i < u->conf.ntargets; i++)
		if (target_family(&u->conf.target[i]) != family)
			return family == FAMILY_INET6 ? "IPv6 " : "IPv4 ";
	return "";
}

/* Both families are of one link. */
static bool
is_of_link(uint32_t cause)
{
	return cause == MSG_CAUSE_NO_INTERFACE ||
	       cause == MSG_CAUSE_LINK_DOWN || cause == MSG_CAUSE_CARRIER;
}

const char *
uplink_faulty_family(uint32_t id, uint32_t cause)
{
	const struct uplink *u = &parent->uplink[id];
	uint32_t f, n = 0, bad = 0;

	for (f = 0; f < FAMILIES; f++)
		if (u->seen.rounds[f].bad > 0) {
			bad = f;
			n++;
		}
	/* one that does not decide may be bad all the time */
	if (n != 1 || is_of_link(cause) || !(uplink_families(id) & 1u << bad))
		return "";
	return uplink_family(u, bad);
}

static struct decide_rule
rule_of(uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];
	struct decide_rule r;

	/* the machine counts every uplink's rounds by the primary's retry */
	decide_rule_of(&r, &u->conf, uplink_families(id),
	    1 + (u->proving ? u->conf.probe.retry : parent->mconf.retry));
	return r;
}

uint32_t
uplink_bad_rounds(uint32_t id)
{
	struct decide_rule rule = rule_of(id);

	return decide_bad(&parent->uplink[id].seen.decide, &rule);
}

/* Bad, though the link is up as far as the first router. */
static bool
upstream_dead(const struct rounds *r)
{
	return r->known && r->last.verdict == MSG_BAD &&
	       !machine_link_level(r->last.cause);
}

/* 1 dead, 0 alive, -1 the primary does not probe this target. */
static int
dead_on_primary(const struct conf_target *t)
{
	const struct uplink *p = &parent->uplink[0];
	const struct rounds *r = &p->seen.rounds[target_family(t)];
	uint32_t i;

	for (i = 0; r->known && i < r->last.ntargets; i++)
		if (conf_target_same(&p->conf.target[i], t))
			return r->last.target[i].state != MSG_TARGET_UP;
	return -1;
}

/* Of one family: how many targets are dead both ways; -1: not the same. */
static int
same_dead(const struct uplink *b, uint32_t family)
{
	const struct rounds *r = &b->seen.rounds[family];
	uint32_t i;
	int dead = 0, on_primary;

	for (i = 0; i < r->last.ntargets; i++) {
		const struct conf_target *t = &b->conf.target[i];

		if (t->near || target_family(t) != family)
			continue;
		on_primary = dead_on_primary(t);
		if (r->last.target[i].state == MSG_TARGET_UP) {
			if (on_primary == 1)
				return -1;
			continue;
		}
		if (on_primary != 1)
			return -1;
		dead++;
	}
	return dead;
}

/*
 * Are the far targets that are dead through this backup those that are dead
 * through the primary?  Only asked while both links are up as far as the
 * first router: else the link is the fault.
 */
static bool
same_targets(uint32_t id)
{
	const struct uplink *b = &parent->uplink[id];
	const struct seen *p = &parent->uplink[0].seen;
	uint32_t f, families = uplink_families(id);
	int dead, all = 0;

	for (f = 0; f < FAMILIES; f++) {
		if (!(families & 1u << f) || !b->seen.rounds[f].known)
			continue;
		if (b->seen.rounds[f].last.verdict == MSG_BAD &&
		    (!upstream_dead(&b->seen.rounds[f]) ||
			!upstream_dead(&p->rounds[f])))
			return false;
		if ((dead = same_dead(b, f)) == -1)
			return false;
		all += dead;
	}
	return all > 0;
}

static void
log_round(const struct uplink *u, const struct msg_round *r)
{
	char text[MSG_TEXT_LEN] = "", one[TARGET_NAME_LEN + 32];
	char name[TARGET_NAME_LEN];
	uint32_t i;

	for (i = 0; i < r->ntargets; i++) {
		if (target_family(&u->conf.target[i]) != r->family)
			continue;
		snprintf(one, sizeof(one), "%s%u/%u %s",
		    text[0] == '\0' ? "" : ", ", r->target[i].received,
		    r->target[i].sent,
		    target_name(&u->conf.target[i], name, sizeof(name)));
		strlcat(text, one, sizeof(text));
	}
	history_detail(u->conf.label, "%sround bad: %s: %s",
	    uplink_family(u, r->family), msg_cause_text(r->cause), text);
}

/* What it says of its own family, whether that decides or not. */
static void
note_round(struct uplink *u, const struct msg_round *r)
{
	struct rounds *n = &u->seen.rounds[r->family];

	n->count[r->verdict]++;
	if (r->verdict == MSG_VOID)
		return;
	n->congested = r->verdict == MSG_CONGESTED;
	if (n->congested)
		return;
	/* said once, then counted: a dead line is no flood of lines */
	if (r->verdict == MSG_BAD &&
	    (n->bad <= u->conf.probe.retry || r->cause != n->last.cause))
		log_round(u, r);
	n->last = *r;
	n->known = 1;
	n->bad = r->verdict == MSG_BAD ? n->bad + 1 : 0;
}

/* What it means for the whole; MSG_VOID: nothing. */
static uint32_t
decide(const struct msg_round *r)
{
	struct seen *s = &parent->uplink[r->uplink].seen;
	struct decide_rule rule = rule_of(r->uplink);
	struct monotime now = monotime_now();
	uint32_t verdict;

	verdict = decide_round(&s->decide, &rule, r->family, r->verdict, now);
	if (verdict == MSG_VOID)
		return verdict;
	s->known = 1;
	s->verdict = verdict;
	if (verdict == MSG_BAD) {
		s->cause = r->cause;
		s->good_since = (struct monotime){ 0 };
	} else if (verdict == MSG_GOOD && !monotime_valid(s->good_since))
		s->good_since = now;
	return verdict;
}

/* The targets' own fault would be no reason against the backup. */
static void
note_failure(uint32_t id, bool same)
{
	if (id != 0 && !same)
		parent->uplink[id].rounds_failed = monotime_now();
}

void
engine_proof_ends(uint32_t id)
{
	struct uplink *u = &parent->uplink[id];

	if (u->proving && monotime_cmp(u->proving_until, monotime_now()) <= 0)
		note_failure(id, same_targets(id));
	u->proving = 0;
}

/* The round of a backup that is to be proved. */
static void
proof_round(uint32_t id, struct uplink *u, uint32_t verdict)
{
	struct monotime now = monotime_now();
	struct mevent ev = { .uplink = id };
	struct ctl_event *of;

	if (verdict == MSG_GOOD) {
		ev.type = MEV_PROVED;
		history_line(u->conf.label, "proved: far targets answer");
		histogram_add(&parent->phase[CTL_PHASE_PROVE],
		    monotime_sub(now, u->proving_since) / 1000);
		if (parent->machine.try.uplink == id &&
		    (of = engine_event_spans(id)) != NULL)
			of->prove_ms = engine_ms_since(u->proving_since);
		u->proved = now;
	} else if (verdict == MSG_BAD &&
		   uplink_bad_rounds(id) > u->conf.probe.retry) {
		ev.type = MEV_PROOF_FAILED;
		ev.same = same_targets(id);
		note_failure(id, ev.same);
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
	uint32_t verdict;

	if (!engine_ready() || r->gen != u->probe_gen ||
	    u->probe_mode == MSG_PROBE_OFF || r->ntargets != u->conf.ntargets)
		return;
	note_round(u, r);
	samples_round(r);
	verdict = decide(r);
	if (u->proving) {
		proof_round(r->uplink, u, verdict);
		return;
	}
	notice_round(r->uplink, r, verdict);
	if (verdict == MSG_VOID)
		return;
	if (verdict == MSG_GOOD && r->uplink != 0)
		u->proved = monotime_now();
	ev.uplink = r->uplink;
	ev.verdict = verdict;
	ev.cause = r->cause;
	ev.same =
	    r->uplink != 0 && verdict == MSG_BAD && same_targets(r->uplink);
	if (verdict == MSG_BAD &&
	    uplink_bad_rounds(r->uplink) > parent->mconf.retry)
		note_failure(r->uplink, ev.same);
	engine_event(&ev);
}
