/* SPDX-License-Identifier: ISC */
/* What a configuration would have done; see replay.h. */
#include <sys/types.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "parent/machine_conf.h"
#include "parent/replay.h"

#define APPLY_MS    1 /* netconf's answer */
#define STOP_MS     1000 /* a hang-up */
#define PENDING_MAX 32
#define STEPS_MAX   100000 /* between two rounds: else it does not end */
#define GAP_MS      (60 * 60 * 1000) /* without a round: a new beginning */

/* Something that will happen by then. */
struct pending {
	struct monotime when; /* invalid: a free place */
	struct mevent ev;
};

struct world {
	const struct conf *conf;
	struct replay *out;
	struct machine m;
	struct machine_conf mc;
	struct decide decide;
	struct decide_rule rule;
	struct monotime now;
	struct monotime backup_since; /* invalid: traffic is on the primary */
	bool carrier;
	struct pending pending[PENDING_MAX];
	struct {
		uint32_t ms; /* a round so often; 0: none */
		struct monotime next;
	} kept[MACHINE_UPLINKS];
};

static void
later(struct world *w, int64_t ms, struct mevent ev)
{
	size_t i;

	for (i = 0; i < PENDING_MAX; i++)
		if (!monotime_valid(w->pending[i].when)) {
			w->pending[i].when = monotime_add_ms(w->now, ms);
			w->pending[i].ev = ev;
			return;
		}
}

static void
backup_over(struct world *w)
{
	if (!monotime_valid(w->backup_since))
		return;
	w->out->backup_ms += monotime_ms_between(w->backup_since, w->now);
	w->backup_since = (struct monotime){ 0 };
}

static void
moved(struct world *w, uint32_t to)
{
	struct replay *r = w->out;
	struct replay_moment *m;

	if (to == 0) {
		backup_over(w);
	} else if (to != 0 && !monotime_valid(w->backup_since)) {
		w->backup_since = w->now;
	}
	r->moment = reallocarray(r->moment, r->n + 1, sizeof(*r->moment));
	if (r->moment == NULL)
		err(1, NULL);
	m = &r->moment[r->n++];
	m->ms = w->now.ns / 1000000;
	m->uplink = to;
	m->cause = to != 0 ? w->m.primary.cause : MSG_CAUSE_NONE;
	if (to != 0)
		r->failovers++;
	else
		r->fallbacks++;
}

static void
apply(struct world *w, const struct maction *a)
{
	const struct machine_want *want = &w->m.want;

	later(
	    w, APPLY_MS, (struct mevent){ .type = MEV_APPLIED, .gen = a->gen });
	if (want->drain != MACHINE_NONE)
		later(w, want->drain_ms,
		    (struct mevent){
			.type = MEV_DRAINED, .uplink = want->drain });
}

/* Children that do at once, or soon, what they are asked for. */
static void
act(struct world *w, const struct maction *a)
{
	struct mevent ev = { .uplink = a->uplink };

	switch (a->type) {
	case MACT_APPLY:
		apply(w, a);
		break;
	case MACT_START:
		ev.type = MEV_LINK_UP;
		later(w, REPLAY_DIAL_MS, ev);
		break;
	case MACT_STOP:
		ev.type = MEV_LINK_DOWN;
		later(w, STOP_MS, ev);
		break;
	case MACT_PROVE:
		ev.type = MEV_PROVED;
		later(w, REPLAY_PROVE_MS, ev);
		break;
	case MACT_KEEP:
		w->kept[a->uplink].ms = a->ms;
		w->kept[a->uplink].next = w->now;
		break;
	case MACT_PROBE:
	case MACT_PROBE_OFF:
		w->kept[a->uplink].ms = 0;
		break;
	case MACT_ALARM:
		if (a->alarm == MALARM_FAILOVER || a->alarm == MALARM_FALLBACK)
			moved(w, w->m.want.active);
		break;
	default:
		break;
	}
}

static void
step(struct world *w, const struct mevent *ev)
{
	struct mactions out;
	size_t i;

	(void)machine_step(&w->m, &w->mc, ev, w->now, &out);
	for (i = 0; i < out.n; i++)
		act(w, &out.list[i]);
}

/* The next thing that happens by itself, and takes it out; 0: nothing. */
static int
next(struct world *w, struct monotime until, struct mevent *ev)
{
	struct monotime first = machine_deadline(&w->m, &w->mc);
	size_t i, found = PENDING_MAX;
	uint32_t k, round = 0;

	*ev = (struct mevent){ .type = MEV_TICK };
	for (i = 0; i < PENDING_MAX; i++)
		if (monotime_valid(w->pending[i].when) &&
		    (!monotime_valid(first) ||
			monotime_cmp(w->pending[i].when, first) < 0)) {
			first = w->pending[i].when;
			found = i;
		}
	for (k = 1; k < w->mc.nuplinks; k++)
		if (w->kept[k].ms != 0 &&
		    (!monotime_valid(first) ||
			monotime_cmp(w->kept[k].next, first) < 0)) {
			first = w->kept[k].next;
			round = k;
		}
	if (!monotime_valid(first) || monotime_cmp(first, until) > 0)
		return 0;
	if (monotime_cmp(first, w->now) > 0)
		w->now = first;
	if (round != 0) {
		w->kept[round].next = monotime_add_ms(first, w->kept[round].ms);
		*ev = (struct mevent){
			.type = MEV_ROUND, .uplink = round, .verdict = MSG_GOOD
		};
	} else if (found < PENDING_MAX) {
		*ev = w->pending[found].ev;
		w->pending[found].when = (struct monotime){ 0 };
	}
	return 1;
}

static void
run_until(struct world *w, struct monotime until)
{
	struct mevent ev;
	int steps;

	for (steps = 0; steps < STEPS_MAX && next(w, until, &ev); steps++)
		step(w, &ev);
	if (steps == STEPS_MAX)
		errx(1, "replay: does not come to rest");
	w->now = until;
}

/* The primary's target that a series is of, or NULL: it has none such. */
static const struct conf_target *
target_of(const struct conf_uplink *u, const struct sample_target *t)
{
	char name[TARGET_NAME_LEN];
	uint32_t i;

	for (i = 0; i < u->ntargets; i++) {
		target_name(&u->target[i], name, sizeof(name));
		if (target_family(&u->target[i]) == t->family &&
		    strcmp(name, t->name) == 0)
			return &u->target[i];
	}
	return NULL;
}

/* As good as it would have been to the end of the round; -1: not known. */
static int
target_good(const struct conf_probe *p, uint32_t received, uint32_t lost)
{
	if (received + lost == 0)
		return -1;
	return (uint64_t)p->count * received >=
	       (uint64_t)conf_quorum_need(&p->success, p->count) *
		   (received + lost);
}

/* What the round would have been; MSG_VOID: it says nothing. */
static uint32_t
verdict_of(const struct world *w, const struct sample_list *l,
    const struct sample_entry *e)
{
	const struct conf_uplink *u = &w->conf->uplink[0];
	bool all = u->probe.require.kind == CONF_QUORUM_ALL;
	const struct sample *s = &e->sample;
	const struct conf_target *t;
	uint32_t i, n = 0, good = 0;
	int is;

	if (s->verdict == MSG_VOID || s->verdict == MSG_CONGESTED ||
	    (s->verdict == MSG_BAD && (machine_link_level(s->cause) ||
					  s->cause == MSG_CAUSE_CAPTIVE)))
		return s->verdict;
	for (i = 0; i < s->ntargets; i++) {
		if (e->series[i] == SAMPLE_NO_SERIES ||
		    (t = target_of(u, &l->series[e->series[i]])) == NULL ||
		    (t->near && !all))
			continue;
		is = target_good(
		    &u->probe, s->target[i].received, s->target[i].lost);
		n += is != -1;
		good += is == 1;
	}
	if (n == 0)
		return MSG_VOID;
	return good >= conf_quorum_need(&u->probe.require, n) ? MSG_GOOD
							      : MSG_BAD;
}

static void
tell_carrier(struct world *w, bool up)
{
	struct mevent ev = { .type = MEV_CARRIER, .up = up };

	if (w->carrier == up)
		return;
	w->carrier = up;
	step(w, &ev);
}

static void
one_round(struct world *w, const struct sample *s, uint32_t verdict)
{
	struct mevent ev = { .type = MEV_ROUND };
	bool dead = s->verdict == MSG_BAD && s->cause == MSG_CAUSE_CARRIER;

	tell_carrier(w, !dead);
	ev.verdict =
	    decide_round(&w->decide, &w->rule, s->family, verdict, w->now);
	if (ev.verdict == MSG_VOID)
		return;
	w->out->rounds++;
	if (ev.verdict == MSG_BAD)
		ev.cause =
		    s->verdict == MSG_BAD ? s->cause : MSG_CAUSE_SOME_TARGETS;
	step(w, &ev);
}

/* Which of the primary's targets nobody has ever probed. */
static uint32_t
never_seen(const struct sample_list *l, const struct conf_uplink *u)
{
	uint32_t mask = (1u << u->ntargets) - 1;
	const struct conf_target *t;
	size_t i;

	for (i = 0; i < l->nseries; i++)
		if (strcmp(l->series[i].uplink, u->label) == 0 &&
		    (t = target_of(u, &l->series[i])) != NULL)
			mask &= ~(1u << (t - u->target));
	return mask;
}

static void
begin(struct world *w, struct monotime now)
{
	const struct conf *c = w->conf;
	struct mevent adopt = { .type = MEV_ADOPT, .up = true };
	struct mactions out;
	size_t i;

	*w = (struct world){ .conf = c, .out = w->out };
	w->now = now;
	w->carrier = true;
	machine_conf_of(&w->mc, &c->global, c->uplink, c->nuplinks);
	decide_rule_of(&w->rule, &c->uplink[0],
	    decide_families(
		c->uplink[0].decide, uplink_probed(&c->uplink[0]), true),
	    1 + w->mc.retry);
	machine_init(&w->m, &w->mc, 0, now, &out);
	for (i = 0; i < out.n; i++)
		act(w, &out.list[i]);
	step(w, &adopt);
}

/* ---- the rounds of the primary's families, in the order of their time ---- */

struct reader {
	const struct sample_list *list;
	const char *uplink;
	struct {
		size_t entry; /* list->n: there is none any more */
		uint32_t round; /* of it, from 1 */
	} at[FAMILIES];
};

static const struct sample *
sample_at(const struct reader *rd, uint32_t family)
{
	return &rd->list->entry[rd->at[family].entry].sample;
}

/* From this entry on. */
static void
find_entry(struct reader *rd, uint32_t family, size_t i)
{
	const struct sample_list *l = rd->list;

	while (i < l->n && (l->entry[i].sample.family != family ||
			       strcmp(l->entry[i].sample.uplink, rd->uplink)))
		i++;
	rd->at[family].entry = i;
	rd->at[family].round = 1;
}

/* When the next round of this family ended, evenly over the sample's time. */
static int64_t
ended_ms(const struct reader *rd, uint32_t family)
{
	const struct sample *s = sample_at(rd, family);

	return s->began_ms +
	       (int64_t)s->span_ms * rd->at[family].round / s->rounds;
}

/* The family whose round is the next; FAMILIES: there is none. */
static uint32_t
next_family(const struct reader *rd)
{
	uint32_t f, found = FAMILIES;

	for (f = 0; f < FAMILIES; f++)
		if (rd->at[f].entry < rd->list->n &&
		    (found == FAMILIES ||
			ended_ms(rd, f) < ended_ms(rd, found)))
			found = f;
	return found;
}

static void
take_round(struct reader *rd, uint32_t family)
{
	if (++rd->at[family].round > sample_at(rd, family)->rounds)
		find_entry(rd, family, rd->at[family].entry + 1);
}

/* After a long time without any it begins anew; a round itself may be long. */
static void
go_to(struct world *w, const struct sample *s, int64_t ms)
{
	struct monotime at = monotime_from_ns(ms * 1000000);
	struct monotime began = monotime_from_ns(s->began_ms * 1000000 + 1);

	if (monotime_valid(w->now) &&
	    monotime_ms_between(w->now, began) > GAP_MS) {
		run_until(w, monotime_add_ms(w->now, GAP_MS));
		backup_over(w);
		w->now = (struct monotime){ 0 };
	}
	if (!monotime_valid(w->now))
		begin(w, began);
	if (w->out->from_ms == 0 || s->began_ms < w->out->from_ms)
		w->out->from_ms = s->began_ms;
	w->out->to_ms = ms;
	if (monotime_cmp(at, w->now) > 0)
		run_until(w, at);
}

static void
run_rounds(struct world *w, struct reader *rd)
{
	const struct sample *s;
	uint32_t f, verdict[FAMILIES] = { 0 };

	for (f = 0; f < FAMILIES; f++)
		find_entry(rd, f, 0);
	while ((f = next_family(rd)) != FAMILIES) {
		s = sample_at(rd, f);
		if (rd->at[f].round == 1)
			verdict[f] = verdict_of(
			    w, rd->list, &rd->list->entry[rd->at[f].entry]);
		go_to(w, s, ended_ms(rd, f));
		one_round(w, s, verdict[f]);
		take_round(rd, f);
	}
}

void
replay_run(
    struct replay *r, const struct sample_list *l, const struct conf *conf)
{
	const struct conf_uplink *u = &conf->uplink[0];
	struct reader rd = { .list = l, .uplink = u->label };
	struct world *w;

	memset(r, 0, sizeof(*r));
	r->unknown = never_seen(l, u);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		err(1, NULL);
	w->conf = conf;
	w->out = r;
	run_rounds(w, &rd);
	backup_over(w);
	free(w);
}

void
replay_free(struct replay *r)
{
	free(r->moment);
}
