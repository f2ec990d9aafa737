/* SPDX-License-Identifier: ISC */
/*
 * What peers say to us.  A datagram is looked at in the order of what a look
 * costs: its form, whose it says it is, its tag; then whether it is news, and
 * only then its signature.
 */
#include <sys/types.h>

#include <sodium.h>
#include <string.h>

#include "common/msg.h"
#include "parent/peers_int.h"

/* A datagram, as it came. */
struct heard {
	struct peer_place from;
	const uint8_t *buf;
	size_t len;
	struct monotime now;
	struct peer_pair pair;
	struct peer_msg m;
	/* a statement, and bit masks of families */
	struct addr_pair says;
	uint8_t announced; /* it has an address of them, */
	uint8_t nat; /* is not reached there, */
	uint8_t barred; /* or may not be there */
	uint8_t shows; /* by this copy: where it comes from */
};

static void
answer(struct peers *ps, struct peer *p, struct peer_msg *m,
    const struct peer_place *to)
{
	uint8_t buf[PEER_MSG_MAX];
	struct peer_pair pair;
	size_t len;

	peers_pair(ps, p, &pair);
	len = peer_msg_encode(m, &pair, ps->secret, buf);
	ps->user->send(ps->arg, to, buf, len);
}

/* To where the statement came from: the way back through a NAT is open. */
static void
acknowledge(struct peers *ps, struct peer *p, uint32_t path,
    const struct peer_place *to)
{
	struct peer_msg m;

	memset(&m, 0, sizeof(m));
	m.type = PEER_ACK;
	m.counter = p->heard_counter;
	m.path = path;
	m.result = p->answer;
	m.seen = to->addr;
	m.seen.scope = 0;
	m.port = to->port;
	answer(ps, p, &m, to);
}

static bool
within(struct monotime then, int64_t ms, struct monotime now)
{
	return monotime_valid(then) && monotime_ms_between(then, now) < ms;
}

/* ---- what may be believed ---- */

/*
 * The nonce stays the same for a while: its answer may be on the way.  Each
 * statement is asked about that the prober lets through: by a pause of ours
 * who repeats an old one could have all the challenges.  But right behind one
 * that is believed come copies of those before it; each would be answered by
 * another statement, with copies of its own.
 */
static void
challenge(struct peers *ps, struct peer *p, const struct heard *h)
{
	struct peer_msg m;

	if (p->trusted && within(p->heard, PEERS_LATE_MS, h->now))
		return;
	if (!within(p->challenged, PEERS_CHALLENGE_MS, h->now)) {
		ps->user->random(ps->arg, p->challenge, sizeof(p->challenge));
		p->challenged = h->now;
	}
	memset(&m, 0, sizeof(m));
	m.type = PEER_CHALLENGE;
	m.counter = p->heard_counter;
	memcpy(m.nonce, p->challenge, sizeof(m.nonce));
	answer(ps, p, &m, &h->from);
}

static bool
answers_challenge(const struct peer *p, const struct heard *h)
{
	return within(p->challenged, 2 * PEERS_CHALLENGE_MS, h->now) &&
	       sodium_memcmp(p->challenge, h->m.nonce, PEER_NONCE_LEN) == 0;
}

/* Where it is already it may stay. */
static bool
may_be_there(const struct peers *ps, const struct peer *p, enum family f,
    const struct addr *a)
{
	struct addr at[FAMILIES];

	addr_pair_get(&p->address, at);
	if (peers_held(p, PEERS_IN_FORCE) & 1u << f && addr_cmp(&at[f], a) == 0)
		return true;
	return conf_peer_accepts(p->conf, a) && peers_may_claim(ps, p, a);
}

/*
 * Behind a NAT: what it sent by the uplink that it announces came from
 * elsewhere.  Then its address is of no use to us, nor held against it.  What
 * came by another uplink, or is of the other family, does not tell: as long as
 * it says the same as before, what was known holds.
 */
static bool
is_behind_nat(const struct peer *p, const struct heard *h, enum family f)
{
	const struct addr *a = &h->m.address[f];
	struct addr was[FAMILIES];

	if (h->shows & 1u << f)
		return addr_cmp(a, &h->from.addr) != 0;
	addr_pair_get(&p->wanted, was);
	return p->heard_nat & 1u << f && addr_cmp(a, &was[f]) == 0;
}

/* Each family by itself. */
static void
look(const struct peers *ps, const struct peer *p, struct heard *h)
{
	const struct addr *a;
	enum family f;
	uint8_t bit;

	h->shows = (uint8_t)(h->m.path << addr_family(&h->from.addr));
	h->announced = h->nat = h->barred = 0;
	for (f = 0; f < FAMILIES; f++) {
		a = &h->m.address[f];
		bit = (uint8_t)(1u << f);
		if (a->family == AF_UNSPEC)
			continue;
		h->announced |= bit;
		if (is_behind_nat(p, h, f))
			h->nat |= bit;
		else if (!may_be_there(ps, p, f, a))
			h->barred |= bit;
	}
}

static bool
is_same_place(const struct addr_pair *a, const struct heard *h)
{
	return memcmp(a, &h->says, sizeof(*a)) == 0;
}

static bool
is_as_known(const struct peer *p, const struct heard *h)
{
	return p->heard_nat == h->nat && p->barred == h->barred;
}

/* Or on the way there. */
static bool
is_there(const struct peer *p, const struct heard *h)
{
	if (p->leading != PEER_LED)
		return is_same_place(&p->wanted, h) && is_as_known(p, h);
	return is_same_place(&p->address, h) && is_as_known(p, h) &&
	       (p->answer == PEER_APPLIED || p->answer == PEER_UNCHANGED);
}

static bool
is_in_vain(const struct peer *p, const struct heard *h)
{
	return (p->answer == PEER_FAILED || p->answer == PEER_REFUSED_NAT ||
		   p->answer == PEER_REFUSED_ADDRESS) &&
	       is_same_place(&p->wanted, h) && is_as_known(p, h);
}

/*
 * It was tried already, in vain, or more is known of it since another copy of
 * the same statement came: to try again is no move.
 */
static bool
is_again(const struct peer *p, const struct heard *h)
{
	return is_in_vain(p, h) ||
	       (p->unsettled == 0 && is_same_place(&p->wanted, h));
}

/* And what was tried was to set again what leads there. */
static bool
is_renewed(const struct peer *p, const struct heard *h)
{
	return p->meanwhile == PEER_UNCHANGED && is_in_vain(p, h);
}

/* Its clock goes round in thirteen years. */
static bool
too_many_moves(struct peer *p, struct monotime now)
{
	uint32_t *oldest = &p->move[p->moves];
	uint32_t tenths = (uint32_t)(now.ns / 100000000);

	if (*oldest != 0 && tenths - *oldest < PEERS_MOVES_MS / 100)
		return true;
	*oldest = tenths;
	p->moves = (uint8_t)((p->moves + 1) % PEERS_MOVES_MAX);
	return false;
}

/* ---- a statement ---- */

/* PEER_APPLIED: to be done. */
static enum peer_result
judge(struct peer *p, const struct heard *h)
{
	if (is_there(p, h))
		return PEER_UNCHANGED;
	if (h->announced != 0 && h->barred == h->announced)
		return PEER_REFUSED_ADDRESS;
	if (is_again(p, h))
		return PEER_APPLIED;
	return too_many_moves(p, h->now) ? PEER_REFUSED_MOVES : PEER_APPLIED;
}

/* The answer is known: it is told, and to people if it is news. */
static void
settle(struct peers *ps, struct peer *p, enum peer_result result)
{
	struct peer_place to;
	bool news =
	    p->meanwhile != PEER_UNCHANGED &&
	    (result != p->answer || (result == PEER_APPLIED && !p->told));

	p->answer = result;
	if (result > PEER_UNCHANGED)
		p->stats.refused[result]++;
	if (p->owed) {
		peers_seen_get(&p->from, &to);
		acknowledge(ps, p, p->ack_path, &to);
	}
	p->owed = false;
	if (!news || result == PEER_UNCHANGED)
		return;
	p->told = result == PEER_APPLIED;
	ps->user->notice(ps->arg, peers_index(ps, p),
	    p->told ? PEERS_MOVED : PEERS_NOT_MOVED);
}

/*
 * It is known by now where what we say reaches it: that waits no longer, as a
 * hub's tunnels may until it is heard.
 */
static void
is_found(struct peers *ps, struct peer *p, const struct heard *h)
{
	struct peer_place was;
	bool there;

	peers_seen_get(&p->from, &was);
	there =
	    was.port == h->from.port && addr_cmp(&was.addr, &h->from.addr) == 0;
	peers_seen_set(&p->from, &h->from);
	if (!p->lost && (there || p->acked || p->tries == 0))
		return;
	p->lost = false;
	p->due = h->now;
	peers_schedule(ps, p);
}

/*
 * It is where its tunnels lead, and they are set again: by that our WireGuard
 * speaks to one that knows nothing of us any more, since the kernel forgets
 * with a restart where it was spoken to from.  True if that is under way.
 */
static bool
renew(struct peers *ps, struct peer *p, struct monotime now)
{
	struct addr at[FAMILIES];

	if (!p->trusted || p->leading != PEER_LED ||
	    peers_usable(p, &p->address, at) == 0 ||
	    p->answer > PEER_UNCHANGED ||
	    within(p->renewed, PEERS_RENEW_MS, now))
		return false;
	p->renewed = now;
	peers_lead_again(ps, p);
	return true;
}

/* What is refused of the place that was tried last is known from now on. */
static void
note_known(struct peer *p, const struct heard *h)
{
	if (!is_same_place(&p->wanted, h))
		return;
	p->heard_nat = h->nat;
	p->barred = h->barred;
	p->barred_there &= (uint8_t)~h->nat; /* netconf is told one of them */
}

/* To there; its turn may come late. */
static void
want(struct peers *ps, struct peer *p, const struct heard *h)
{
	struct addr to[FAMILIES];

	p->heard_nat = h->nat;
	p->barred = h->barred;
	p->barred_there = 0;
	peers_claim(
	    ps, p, PEERS_WANTED, &h->says, peers_usable(p, &h->says, to));
	peers_lead(ps, p);
}

static void
consider(struct peers *ps, struct peer *p, const struct heard *h)
{
	enum peer_result result = judge(p, h);

	p->unsettled = 0;
	p->shown |= h->shows;
	p->owed = true;
	is_found(ps, p, h);
	p->ack_path = h->m.path == 1;
	if (result == PEER_UNCHANGED && h->m.reason == PEER_START &&
	    renew(ps, p, h->now))
		return;
	if (p->meanwhile > PEER_UNCHANGED ||
	    (result != PEER_UNCHANGED && !is_renewed(p, h)))
		p->meanwhile = result > PEER_UNCHANGED ? result : PEER_APPLIED;
	if (result == PEER_APPLIED)
		want(ps, p, h);
	else if (p->leading == PEER_LED) {
		note_known(p, h);
		settle(ps, p, result);
	}
}

/* Which networks there are is configured here; a difference is only told. */
static void
count_networks(struct peer *p, const struct peer_msg *m)
{
	const struct conf_peer *c = p->conf;
	uint32_t i, j;

	p->networks = (uint8_t)m->nnets;
	p->unrouted = 0;
	for (i = 0; i < m->nnets; i++) {
		for (j = 0; j < c->nroutes; j++)
			if (prefix_covers(&c->route[j].net, &m->net[i]))
				break;
		if (j == c->nroutes)
			p->unrouted++;
	}
}

/*
 * Believed: it is the last one that counts.  One that came by another uplink
 * than announced would be acted on without knowing of a NAT: what it changes
 * waits for the copy that tells, unless the one before said the same, and waited
 * for that in vain.
 */
static void
believe(struct peers *ps, struct peer *p, struct heard *h)
{
	uint32_t says = peers_hash(&h->says, sizeof(h->says)) | 1;
	bool in_vain =
	    p->unsettled == says && !within(p->heard, PEERS_OTHER_MS, h->now);

	look(ps, p, h);
	p->trusted = true;
	p->heard_counter = h->m.counter;
	p->heard_reason = (enum peer_reason)h->m.reason;
	if (h->m.reason != PEER_HELLO) {
		p->update = p->heard_reason;
		p->updated = h->now;
	}
	count_networks(p, &h->m);
	p->hello_s = h->m.hello_s;
	p->heard = h->now;
	p->repeats = 0;
	p->unsettled = says;
	p->told = false;
	p->shown = 0;
	memset(&p->challenged, 0, sizeof(p->challenged));
	p->stats.accepted++;
	if (p->silent) {
		p->silent = false;
		ps->user->notice(ps->arg, peers_index(ps, p), PEERS_HEARD);
	}
	if (h->m.path == 1 || in_vain || is_there(p, h))
		consider(ps, p, h);
	peers_schedule(ps, p);
}

/*
 * Does this copy tell more than those before?  By the announced path it tells
 * whether its family has a NAT, once: who repeats it from elsewhere comes too
 * late.  When others are sent again, that one was lost.
 */
static bool
tells_more(const struct peer *p, const struct heard *h)
{
	if (p->unsettled != 0)
		return h->m.path == 1 ||
		       !within(p->heard, PEERS_OTHER_MS, h->now);
	return h->shows & ~p->shown &&
	       !(is_same_place(&p->wanted, h) && is_as_known(p, h));
}

/* The same statement by another path, or its acknowledgement was lost. */
static void
hear_repeat(struct peers *ps, struct peer *p, struct heard *h)
{
	bool more;

	look(ps, p, h);
	more = tells_more(p, h);
	if (!more)
		p->shown |= h->shows;
	if ((uint8_t)h->from.uplink != p->from.uplink)
		peers_seen_set(&p->other, &h->from);
	if (!more && (p->unsettled != 0 || p->leading != PEER_LED))
		return;
	if (p->repeats == PEERS_REPEAT_BURST &&
	    within(p->repeated, PEERS_REPEAT_MS, h->now))
		return;
	if (p->repeats < PEERS_REPEAT_BURST)
		p->repeats++;
	p->repeated = h->now;
	if (!more)
		acknowledge(ps, p, h->m.path, &h->from);
	else if (peer_msg_signed(h->buf, h->len, &h->pair))
		consider(ps, p, h);
	else
		ps->forged++;
}

static void
hear_statement(struct peers *ps, struct peer *p, struct heard *h)
{
	bool fresh = p->trusted && h->m.counter > p->heard_counter;

	if (!fresh && !answers_challenge(p, h)) {
		if (p->trusted && h->m.counter == p->heard_counter)
			hear_repeat(ps, p, h);
		else {
			p->stats.replayed += p->trusted;
			challenge(ps, p, h);
		}
		return;
	}
	if (peer_msg_signed(h->buf, h->len, &h->pair))
		believe(ps, p, h);
	else
		ps->forged++;
}

/* All of it, or what is not of the families that something is wrong with. */
static bool
is_partly_led(const struct peer *p, enum peer_result result)
{
	return result == PEER_APPLIED ||
	       (result != PEER_FAILED &&
		   (p->heard_nat | p->barred | p->barred_there) != 0);
}

/* If tunnels of some families cannot be led, those stay where they were. */
static void
note_led(struct peers *ps, struct peer *p, enum peer_result result)
{
	struct addr at[FAMILIES], was[FAMILIES];
	uint32_t f, usable = peers_usable(p, &p->wanted, at);
	struct addr_pair there = p->wanted;

	if (result != PEER_APPLIED) {
		addr_pair_get(&p->address, was);
		for (f = 0; f < FAMILIES; f++)
			if (!(usable & 1u << f))
				at[f] = was[f];
		addr_pair_set(&there, at);
		usable |= peers_held(p, PEERS_IN_FORCE);
	}
	peers_claim(ps, p, PEERS_IN_FORCE, &there, usable);
}

void
peers_applied(
    struct peers *ps, uint32_t i, enum peer_result result, uint32_t barred)
{
	struct peer *p = &ps->peer[i];

	if (!peers_led(ps, p))
		return; /* a later one counts */
	p->barred_there |= (uint8_t)barred;
	peers_claim(ps, p, PEERS_WANTED, NULL, 0);
	if (is_partly_led(p, result))
		note_led(ps, p, result);
	if (result == PEER_APPLIED || p->meanwhile > PEER_UNCHANGED)
		result = p->meanwhile;
	settle(ps, p, result);
}

/* ---- answers to our own ---- */

/* Where no hello follows, the first failure is the last that is heard of. */
static bool
fails_for_good(const struct peers *ps, struct peer *p)
{
	if (p->failures == PEERS_FAILURES)
		return false;
	p->failures = peers_hello_ms(ps, p) > 0 ? (uint8_t)(p->failures + 1)
						: PEERS_FAILURES;
	return p->failures == PEERS_FAILURES;
}

static void
take_result(struct peers *ps, struct peer *p, enum peer_result result)
{
	bool news = result > PEER_UNCHANGED && result != p->result;
	uint32_t i = peers_index(ps, p);

	p->result = result;
	if (result == PEER_FAILED)
		news = fails_for_good(ps, p);
	else
		p->failures = 0;
	if (news)
		ps->user->notice(ps->arg, i, PEERS_REFUSED);
	if (p->unacked || p->reason != PEER_HELLO)
		ps->user->notice(ps->arg, i, PEERS_ACKED);
	p->unacked = false;
}

/* Of its family; one by another uplink than announced tells nothing. */
static uint8_t
tells_of_nat(const struct peer *p, const struct heard *h)
{
	enum family f = addr_family(&h->m.seen);

	if (h->m.path == 0 || h->m.seen.family == AF_UNSPEC)
		return 0;
	return (uint8_t)(1u << f & ~p->nat_told);
}

static bool
is_behind_by(const struct peer *p, enum family f, uint32_t uplink)
{
	return p->nat_by[f] & 1u << uplink;
}

static void
note_by(struct peer *p, enum family f, uint32_t uplink, bool nat)
{
	p->nat_by[f] &= (uint16_t) ~(1u << uplink);
	p->nat_by[f] |= (uint16_t)(nat << uplink);
}

/*
 * One by an uplink that stands by came to the address that the statement left
 * from.  It is looked at closer only if it is news.
 */
static bool
tells_of_standby(
    const struct peers *ps, const struct peer *p, const struct heard *h)
{
	const struct addr *own = &h->from.own, *seen = &h->m.seen;
	uint32_t by = h->from.uplink;

	if (h->m.path == 1 || by == ps->self.active || by >= CONF_UPLINKS_MAX ||
	    own->family == AF_UNSPEC || own->family != seen->family)
		return false;
	return is_behind_by(p, addr_family(seen), by) !=
	       (addr_cmp(own, seen) != 0);
}

static void
note_nat(const struct peers *ps, struct peer *p, const struct heard *h)
{
	enum family f = addr_family(&h->m.seen);
	const struct addr *a = &ps->self.address[f];
	uint8_t told = tells_of_nat(p, h);
	bool nat = a->family != AF_UNSPEC && addr_cmp(a, &h->m.seen) != 0;

	if (tells_of_standby(ps, p, h))
		note_by(
		    p, f, h->from.uplink, !is_behind_by(p, f, h->from.uplink));
	if (told == 0)
		return;
	p->nat_told |= told;
	p->nat &= (uint8_t)~told;
	if (nat)
		p->nat |= told;
	note_by(p, f, ps->self.active, nat);
}

/* Where all is slow it may be for one of the counters before this one. */
static bool
is_of_ours(const struct peer *p, uint64_t counter)
{
	return p->tries > 0 && counter <= p->counter &&
	       p->counter - counter <= p->afresh;
}

/* The first one counts; another may tell of the other family, or uplink. */
static void
hear_ack(struct peers *ps, struct peer *p, const struct heard *h)
{
	int64_t ms;

	if (!is_of_ours(p, h->m.counter) ||
	    (p->acked && tells_of_nat(p, h) == 0 &&
		!tells_of_standby(ps, p, h)))
		return;
	if (!peer_msg_signed(h->buf, h->len, &h->pair)) {
		ps->forged++;
		return;
	}
	note_nat(ps, p, h);
	if (p->acked)
		return;
	p->acked = true;
	ps->nknow += !p->knows;
	p->knows = true;
	p->acked_at = h->now;
	p->rtt_ns = monotime_sub(h->now, p->said);
	memset(p->nonce, 0, sizeof(p->nonce));
	take_result(ps, p, (enum peer_result)h->m.result);
	if (p->result == PEER_FAILED)
		(void)renew(ps, p, h->now); /* it may wait for our WireGuard */
	ms = peers_hello_ms(ps, p);
	if (ms > p->says_ms)
		ms = p->says_ms; /* it is waited for */
	p->due = ms > 0 ? monotime_add_ms(h->now, ms) : (struct monotime){ 0 };
	peers_schedule(ps, p);
}

/* It asks whether we are there now, and says what we must be above. */
static void
hear_challenge(struct peers *ps, struct peer *p, const struct heard *h)
{
	if (p->acked || p->tries == 0 || h->m.counter > UINT64_MAX / 2 ||
	    memcmp(p->nonce, h->m.nonce, sizeof(p->nonce)) == 0)
		return;
	if (!peer_msg_signed(h->buf, h->len, &h->pair)) {
		ps->forged++;
		return;
	}
	memcpy(p->nonce, h->m.nonce, sizeof(p->nonce));
	if (h->m.counter > p->floor)
		p->floor = h->m.counter;
	peers_say(ps, p, p->reason, h->now);
	peers_schedule(ps, p);
}

/* ---- anything ---- */

void
peers_hear(struct peers *ps, const struct peer_place *from, const uint8_t *buf,
    size_t len, struct monotime now)
{
	struct heard h = { .from = *from, .buf = buf, .len = len, .now = now };
	struct peer_head head;
	const uint8_t *own = ps->secret + PEER_SECRET_LEN - PEER_KEY_LEN;
	struct peer *p;

	if (peer_head(buf, len, &head) == -1) {
		ps->malformed++;
		return;
	}
	if (memcmp(head.receiver, own, PEER_ID_LEN) != 0 ||
	    (p = peers_find(ps, head.sender)) == NULL) {
		ps->strangers++;
		return;
	}
	peers_pair(ps, p, &h.pair);
	if (!peer_tagged(buf, len, &h.pair))
		ps->forged++;
	else if (peer_msg_decode(buf, len, &h.m) == -1)
		ps->malformed++;
	else if (h.m.type == PEER_STATEMENT) {
		addr_pair_set(&h.says, h.m.address);
		hear_statement(ps, p, &h);
	} else if (h.m.type == PEER_ACK)
		hear_ack(ps, p, &h);
	else
		hear_challenge(ps, p, &h);
}

void
peers_forget(struct peers *ps, uint32_t i)
{
	struct peer *p = &ps->peer[i];

	p->trusted = false;
	p->heard_counter = 0;
	memset(&p->challenged, 0, sizeof(p->challenged));
}
