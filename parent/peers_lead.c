/* SPDX-License-Identifier: ISC */
/*
 * Peers that are to be led elsewhere, in turn: the kernel's side is asked for a
 * few at once and for each peer once, since thousands may move in a second
 * and all else that it is asked would stand behind them.  Who moves again while
 * it waits is led to where it is by then.
 */
#include <sys/types.h>

#include "parent/peers_int.h"

static void
ask(struct peers *ps)
{
	struct addr to[FAMILIES];
	struct peer *p;

	while (ps->waits_first != 0 && ps->nasked < PEERS_ASKED_MAX) {
		p = &ps->peer[ps->waits_first - 1];
		ps->waits_first = p->waits_next;
		ps->nasked++;
		p->leading = PEER_ASKED;
		(void)peers_usable(p, &p->wanted, to);
		ps->user->apply(ps->arg, peers_index(ps, p), to, p->heard_nat,
		    p->barred | p->barred_there);
	}
}

void
peers_lead(struct peers *ps, struct peer *p)
{
	uint32_t place = peers_index(ps, p) + 1;

	if (p->leading == PEER_ASKED)
		p->leading = PEER_ASKED_BEFORE;
	if (p->leading != PEER_LED)
		return;
	p->leading = PEER_WAITS;
	p->waits_next = 0;
	if (ps->waits_first == 0)
		ps->waits_first = place;
	else
		ps->peer[ps->waits_last - 1].waits_next = place;
	ps->waits_last = place;
	ask(ps);
}

void
peers_lead_again(struct peers *ps, struct peer *p)
{
	struct addr_pair there = p->wanted;
	struct addr at[FAMILIES];

	if (p->answer != PEER_FAILED) {
		there = p->address;
		p->meanwhile = PEER_UNCHANGED;
	}
	peers_claim(ps, p, PEERS_WANTED, &there, peers_usable(p, &there, at));
	peers_lead(ps, p);
}

/* In vain, and nobody has come to be there since. */
static bool
may_still(const struct peers *ps, const struct peer *p)
{
	struct addr at[FAMILIES];
	uint32_t f;

	if (peers_usable(p, &p->wanted, at) == 0)
		return false;
	for (f = 0; f < FAMILIES; f++)
		if (at[f].family != AF_UNSPEC &&
		    !peers_may_claim(ps, p, &at[f]))
			return false;
	return true;
}

/*
 * Who waits for its turn finds the tunnel there.  What netconf was asked already
 * it may have done, or failed to do, before: as it lays next hops it sees links,
 * tells of them, and answers last.
 */
bool
peers_again(struct peers *ps, uint32_t i)
{
	struct peer *p = &ps->peer[i];
	struct addr at[FAMILIES];

	if (p->leading == PEER_ASKED) {
		p->leading = PEER_ASKED_BEFORE;
		return true;
	}
	if (!p->trusted || p->leading != PEER_LED ||
	    (p->answer <= PEER_UNCHANGED
		    ? peers_usable(p, &p->address, at) == 0
		    : p->answer != PEER_FAILED || !may_still(ps, p)))
		return false;
	peers_lead_again(ps, p);
	return true;
}

bool
peers_led(struct peers *ps, struct peer *p)
{
	enum peer_leading was = p->leading;

	if (was != PEER_ASKED && was != PEER_ASKED_BEFORE)
		return false;
	ps->nasked--;
	p->leading = PEER_LED;
	if (was == PEER_ASKED_BEFORE)
		peers_lead(ps, p);
	else
		ask(ps);
	return was == PEER_ASKED;
}
