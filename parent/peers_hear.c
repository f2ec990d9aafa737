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
	struct addr_pair says; /* a statement */
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

static bool
may_be_there(const struct peers *ps, const struct peer *p, const struct addr *a)
{
	return conf_peer_accepts(p->conf, a) && peers_may_claim(ps, p, a);
}

static bool
is_as_wanted(const struct peer *p, const struct heard *h)
{
	return memcmp(&p->wanted, &h->says, sizeof(p->wanted)) == 0;
}

/*
 * Behind a NAT: what it sent by the uplink that it announces came from
 * elsewhere.  Then its address is of no use to us, nor held against it.  What
 * came by another uplink does not tell: as long as it says the same as before,
 * what was known holds.
 */
static bool
is_behind_nat(const struct peer *p, const struct heard *h)
{
	const struct addr *a = &h->m.address[addr_family(&h->from.addr)];

	if (h->m.path == 0)
		return is_as_wanted(p, h) && p->heard_nat;
	return addr_cmp(a, &h->from.addr) != 0;
}

/* Or on the way there. */
static bool
is_there(const struct peer *p, const struct heard *h, bool nat)
{
	if (p->leading != PEER_LED)
		return p->heard_nat == nat && is_as_wanted(p, h);
	return memcmp(&p->address, &h->says, sizeof(p->address)) == 0 &&
	       p->heard_nat == nat &&
	       (p->answer == PEER_APPLIED || p->answer == PEER_UNCHANGED);
}

/* It was tried already, in vain: to try again is no move. */
static bool
is_again(const struct peer *p, const struct heard *h, bool nat)
{
	return (p->answer == PEER_FAILED || p->answer == PEER_REFUSED_NAT) &&
	       p->heard_nat == nat && is_as_wanted(p, h);
}

/* And what was tried was to set again what leads there. */
static bool
is_renewed(const struct peer *p, const struct heard *h, bool nat)
{
	return p->meanwhile == PEER_UNCHANGED && is_again(p, h, nat);
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
judge(struct peers *ps, struct peer *p, const struct heard *h, bool nat)
{
	const struct addr *a;
	uint32_t f;

	if (is_there(p, h, nat))
		return PEER_UNCHANGED;
	for (f = 0; !nat && f < FAMILIES; f++) {
		a = &h->m.address[f];
		if (a->family != AF_UNSPEC && !may_be_there(ps, p, a))
			return PEER_REFUSED_ADDRESS;
	}
	if (is_again(p, h, nat))
		return PEER_APPLIED;
	return too_many_moves(p, h->now) ? PEER_REFUSED_MOVES : PEER_APPLIED;
}

/* The answer is known: it is told, and to people if it is news. */
static void
settle(struct peers *ps, struct peer *p, enum peer_result result)
{
	bool news = p->meanwhile != PEER_UNCHANGED &&
		    (result != p->answer || result == PEER_APPLIED);

	p->answer = result;
	if (result > PEER_UNCHANGED)
		p->stats.refused[result]++;
	if (p->owed)
		acknowledge(ps, p, p->ack_path, &p->from);
	p->owed = false;
	if (news && result != PEER_UNCHANGED)
		ps->user->notice(ps->arg, peers_index(ps, p),
		    result == PEER_APPLIED ? PEERS_MOVED : PEERS_NOT_MOVED);
}

/*
 * It is known by now where what we say reaches it: that waits no longer, as a
 * hub's tunnels may until it is heard.
 */
static void
is_found(struct peers *ps, struct peer *p, const struct heard *h)
{
	bool there = p->from.port == h->from.port &&
		     addr_cmp(&p->from.addr, &h->from.addr) == 0;

	p->from = h->from;
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
	if (!p->trusted || p->heard_nat || p->leading != PEER_LED ||
	    p->answer > PEER_UNCHANGED ||
	    within(p->renewed, PEERS_RENEW_MS, now))
		return false;
	p->renewed = now;
	peers_lead_again(ps, p);
	return true;
}

static void
consider(struct peers *ps, struct peer *p, const struct heard *h)
{
	bool nat = is_behind_nat(p, h);
	enum peer_result result = judge(ps, p, h, nat);

	p->unsettled = false;
	p->owed = true;
	is_found(ps, p, h);
	p->ack_path = h->m.path == 1;
	if (result == PEER_UNCHANGED && h->m.reason == PEER_START &&
	    renew(ps, p, h->now))
		return;
	if (p->meanwhile > PEER_UNCHANGED ||
	    (result != PEER_UNCHANGED && !is_renewed(p, h, nat)))
		p->meanwhile = result > PEER_UNCHANGED ? result : PEER_APPLIED;
	if (result == PEER_APPLIED) {
		p->heard_nat = nat;
		/* its turn may come late */
		peers_claim(ps, p, PEERS_WANTED, &h->says);
		peers_lead(ps, p);
	} else if (p->leading == PEER_LED)
		settle(ps, p, result);
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
 * waits for the copy that tells.
 */
static void
believe(struct peers *ps, struct peer *p, const struct heard *h)
{
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
	p->unsettled = true;
	memset(&p->challenged, 0, sizeof(p->challenged));
	p->stats.accepted++;
	if (p->silent) {
		p->silent = false;
		ps->user->notice(ps->arg, peers_index(ps, p), PEERS_HEARD);
	}
	if (h->m.path == 1 || is_there(p, h, is_behind_nat(p, h)))
		consider(ps, p, h);
	peers_schedule(ps, p);
}

/*
 * Does this copy tell more than those before?  By the announced path it tells
 * whether there is a NAT; when others are sent again, that one was lost.
 */
static bool
tells_more(const struct peer *p, const struct heard *h)
{
	if (p->unsettled)
		return h->m.path == 1 ||
		       !within(p->heard, PEERS_OTHER_MS, h->now);
	return h->m.path == 1 && !p->ack_path && is_behind_nat(p, h);
}

/* The same statement by another path, or its acknowledgement was lost. */
static void
hear_repeat(struct peers *ps, struct peer *p, const struct heard *h)
{
	bool more = tells_more(p, h);

	if (h->from.uplink != p->from.uplink)
		p->other = h->from;
	if (!more && (p->unsettled || p->leading != PEER_LED))
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
hear_statement(struct peers *ps, struct peer *p, const struct heard *h)
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

void
peers_applied(struct peers *ps, uint32_t i, enum peer_result result)
{
	struct peer *p = &ps->peer[i];

	if (!peers_led(ps, p))
		return; /* a later one counts */
	peers_claim(ps, p, PEERS_WANTED, NULL);
	if (result == PEER_APPLIED)
		peers_claim(ps, p, PEERS_IN_FORCE, &p->wanted);
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

static void
hear_ack(struct peers *ps, struct peer *p, const struct heard *h)
{
	const struct addr *announced;
	int64_t ms;

	if (p->acked || h->m.counter != p->counter || p->tries == 0)
		return;
	if (!peer_msg_signed(h->buf, h->len, &h->pair)) {
		ps->forged++;
		return;
	}
	p->acked = true;
	ps->nknow += !p->knows;
	p->knows = true;
	p->acked_at = h->now;
	p->rtt_ns = monotime_sub(h->now, p->said);
	memset(p->nonce, 0, sizeof(p->nonce));
	announced = &ps->self.address[addr_family(&h->m.seen)];
	if (h->m.path == 1)
		p->nat = addr_cmp(announced, &h->m.seen) != 0;
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
