/* SPDX-License-Identifier: ISC */
/* What is told of peers: of one, of all, and how many there are. */
#include <sys/types.h>

#include <string.h>

#include "parent/control.h"
#include "parent/peering.h"

static uint32_t
seconds_since(struct monotime t)
{
	if (!monotime_valid(t))
		return 0;
	return (uint32_t)(monotime_ms_between(t, monotime_now()) / 1000);
}

/* It took where we are, and follows. */
static bool
follows(const struct peer *p)
{
	return p->acked && p->result <= PEER_UNCHANGED;
}

/* By this uplink of ours, in which families. */
static uint32_t
nat_by(const struct peer *p, uint32_t uplink, uint32_t active)
{
	uint32_t f, families = 0;

	if (uplink == active)
		return p->nat;
	for (f = 0; f < FAMILIES; f++)
		families |= (uint32_t)(p->nat_by[f] >> uplink & 1) << f;
	return families;
}

static void
fill_nat(struct ctl_peer_nat *n, const struct peer *p)
{
	uint32_t i, families, active = peering_peers()->self.active;

	for (i = 0; i < parent->conf.nuplinks; i++) {
		families = nat_by(p, i, active);
		if (families == 0)
			continue;
		strlcpy(n->uplink, uplink_name(i), sizeof(n->uplink));
		n->active = i == active;
		n->families = families;
		n->bound = families & p->bound;
		n++;
	}
}

static void
send_peer(uint32_t ctl, const struct peer *p)
{
	struct ctl_peer r;
	uint32_t i;

	memset(&r, 0, sizeof(r));
	strlcpy(r.name, p->conf->name, sizeof(r.name));
	addr_pair_get(&p->address, r.address);
	r.heard = monotime_valid(p->heard);
	r.heard_s = seconds_since(p->heard);
	r.silent = p->silent;
	if (monotime_valid(p->updated))
		strlcpy(
		    r.update, peer_reason_text(p->update), sizeof(r.update));
	r.updated_s = seconds_since(p->updated);
	r.networks = p->networks;
	r.unrouted = p->unrouted;
	r.nat = p->heard_nat != 0;
	if (p->answer > PEER_UNCHANGED)
		strlcpy(
		    r.answer, peer_result_text(p->answer), sizeof(r.answer));
	r.acknowledged = p->acked;
	r.acknowledged_s = seconds_since(p->acked_at);
	r.rtt_ms = (uint32_t)(p->rtt_ns / 1000000);
	if (p->acked && p->result > PEER_UNCHANGED)
		strlcpy(
		    r.result, peer_result_text(p->result), sizeof(r.result));
	fill_nat(r.own_nat, p);
	r.sent = p->stats.sent;
	r.accepted = p->stats.accepted;
	r.replayed = p->stats.replayed;
	for (i = 0; i < PEER_RESULT_MAX; i++)
		r.refused += p->stats.refused[i];
	control_record(ctl, IMSG_CTL_PEER, &r, sizeof(r));
}

void
show_peers(uint32_t ctl, const char *name)
{
	const struct peers *ps = peering_peers();
	uint32_t i, n = 0;

	for (i = 0; i < ps->n; i++)
		if (name[0] == '\0' ||
		    strcmp(name, ps->peer[i].conf->name) == 0) {
			send_peer(ctl, &ps->peer[i]);
			n++;
		}
	if (n == 0 && name[0] != '\0')
		control_result(ctl, CTL_REFUSED,
		    "no peer %s that has a key: see show peers", name);
	else
		control_result(ctl, CTL_OK, "done");
}

static void
count_refused(struct ctl_peering *c, const struct peer *p)
{
	static const enum ctl_refusal by[PEER_RESULT_MAX] = {
		[PEER_REFUSED_ADDRESS] = CTL_REFUSAL_ADDRESS,
		[PEER_REFUSED_NAT] = CTL_REFUSAL_NAT,
		[PEER_REFUSED_MOVES] = CTL_REFUSAL_MOVES,
		[PEER_FAILED] = CTL_REFUSAL_FAILED,
	};
	uint32_t i;

	for (i = PEER_UNCHANGED + 1; i < PEER_RESULT_MAX; i++)
		c->refused[by[i]] += p->stats.refused[i];
	c->refused[CTL_REFUSAL_REPLAYED] += p->stats.replayed;
	c->sent += p->stats.sent;
	c->accepted += p->stats.accepted;
}

/* What the prober dropped, and what the parent did itself. */
static void
count_dropped(struct ctl_peering *c, const struct peers *ps)
{
	const struct msg_peer_dropped *d = peering_drops();

	c->refused[CTL_REFUSAL_MALFORMED] = d->malformed + ps->malformed;
	c->refused[CTL_REFUSAL_STRANGER] = d->strangers + ps->strangers;
	c->refused[CTL_REFUSAL_FORGED] = d->forged + ps->forged;
	c->refused[CTL_REFUSAL_LIMITED] = d->limited;
	c->acknowledge = *peering_acknowledge();
}

void
show_count_peers(struct ctl_summary *s)
{
	const struct peers *ps = peering_peers();
	uint32_t i;

	count_dropped(&s->peering, ps);
	s->peers = ps->n;
	for (i = 0; i < ps->n; i++) {
		s->peers_acknowledged += follows(&ps->peer[i]);
		s->peers_silent += ps->peer[i].silent;
		count_refused(&s->peering, &ps->peer[i]);
	}
}
