/* SPDX-License-Identifier: ISC */
/* Which datagrams pass the prober's gate, and who cannot close it. */
#include <sys/types.h>

#include <arpa/inet.h>

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parent/peer_msg.h"
#include "prober/gate.h"

#define PEERS 3 /* us, and two others */

static uint8_t secret[PEERS][PEER_SECRET_LEN], key[PEERS][PEER_KEY_LEN];
static struct peer_pair to_us[PEERS]; /* of those others */
static struct monotime now;
static uint64_t counter;

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static int
begin(void **state)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	struct msg_peer_known k;
	struct peer_pair pair;
	uint32_t i;

	(void)state;
	for (i = 0; i < PEERS; i++) {
		memset(seed, (int)i + 1, sizeof(seed));
		crypto_sign_seed_keypair(key[i], secret[i], seed);
	}
	gate_open(key[0], PEERS - 1);
	for (i = 1; i < PEERS; i++) {
		assert_int_equal(
		    peer_pair_make(&to_us[i], secret[i], key[0]), 0);
		assert_int_equal(peer_pair_make(&pair, secret[0], key[i]), 0);
		memcpy(k.key, pair.peer, sizeof(k.key));
		memcpy(k.tag_key, pair.tag_key, sizeof(k.tag_key));
		assert_int_equal(gate_add(&k), 0);
	}
	assert_int_equal(gate_add(&k), -1); /* more than was said */
	now = monotime_valid(now) ? monotime_add_ms(now, 100000)
				  : monotime_from_ns(1000000000);
	counter = 1000;
	return 0;
}

static size_t
makes(uint32_t peer, enum peer_msg_type type, uint64_t n, uint8_t *buf)
{
	struct peer_msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	m.counter = n;
	if (type == PEER_CHALLENGE)
		m.nonce[0] = 1;
	return peer_msg_encode(&m, &to_us[peer], secret[peer], buf);
}

static bool
passes(const uint8_t *buf, size_t len, const char *from)
{
	struct addr a = ip(from);

	return gate_passes(&a, 7157, buf, len, now);
}

/* A new statement of this peer. */
static bool
says(uint32_t peer, const char *from)
{
	uint8_t buf[PEER_MSG_MAX];
	size_t len = makes(peer, PEER_STATEMENT, ++counter, buf);

	return passes(buf, len, from);
}

static void
peers_pass(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	uint32_t type;
	size_t len;

	(void)state;
	for (type = PEER_STATEMENT; type < PEER_TYPE_MAX; type++) {
		len = makes(1, type, 7, buf);
		assert_true(passes(buf, len, "9.0.0.1"));
		assert_true(passes(buf, len, "9.0.0.1")); /* and again */
	}
	assert_true(says(2, "9.0.0.2"));
}

static void
others_do_not(void **state)
{
	struct msg_peer_dropped was = *gate_dropped();
	uint8_t buf[PEER_MSG_MAX], other[PEER_MSG_MAX];
	size_t len, i;

	(void)state;
	len = makes(1, PEER_STATEMENT, 7, buf);
	for (i = 0; i < len; i++) {
		memcpy(other, buf, len);
		other[i] ^= 4;
		now = monotime_add_ms(now, 1000);
		/* the signature is not looked at here */
		assert_true(passes(other, len, "9.0.0.1") == (i >= len - 64));
	}
	for (i = 0; i < len; i++)
		assert_false(passes(buf, i, "9.0.0.1"));
	assert_true(gate_dropped()->malformed > was.malformed);
	assert_true(gate_dropped()->strangers == was.strangers + 16);
	assert_true(gate_dropped()->forged > was.forged);
	/* another pair's is not ours */
	gate_open(key[1], PEERS - 1);
	assert_false(passes(buf, len, "9.0.0.1"));
}

/* Forged ones in its name take nothing from it. */
static void
forged_ones_close_nothing(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	char from[ADDR_STRLEN];
	size_t len;
	int i;

	(void)state;
	len = makes(1, PEER_STATEMENT, 99999, buf);
	buf[len - 70] ^= 1; /* the tag */
	for (i = 0; i < 50000; i++) {
		snprintf(
		    from, sizeof(from), "6.6.%d.%d", i >> 8 & 255, i & 255);
		assert_false(passes(buf, len, from));
		if (i % 10 == 0)
			now = monotime_add_ms(now, 1);
	}
	assert_true(says(1, "9.0.0.1"));
	assert_true(says(2, "9.0.0.2"));
}

/* Nor do recorded ones: what is new passes. */
static void
recorded_ones_close_nothing(void **state)
{
	uint8_t old[PEER_MSG_MAX], ack[PEER_MSG_MAX];
	uint32_t i, passed = 0;
	size_t len, acklen;

	(void)state;
	len = makes(1, PEER_STATEMENT, counter, old);
	assert_true(says(1, "9.0.0.1"));
	for (i = 0; i < 10000; i++)
		passed += passes(old, len, "6.6.6.6");
	assert_in_range(passed, 1, 100);
	assert_true(says(1, "9.0.0.7"));
	acklen = makes(1, PEER_ACK, 5, ack);
	assert_true(passes(ack, acklen, "9.0.0.1"));
	assert_false(passes(old, len, "6.6.6.6"));
	now = monotime_add_ms(now, 1000);
	assert_true(passes(old, len, "6.6.6.6")); /* a few each second */
}

/* One peer that is mad takes nothing from another one, wherever it is. */
static void
a_mad_peer_is_bounded(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	uint32_t i, passed = 0;
	char from[ADDR_STRLEN];
	size_t len;

	(void)state;
	for (i = 0; i < 2000; i++) {
		snprintf(from, sizeof(from), "9.0.1.%u", i / 2 % 250);
		passed += says(1, from);
		len = makes(1, PEER_ACK, i, buf);
		passed += passes(buf, len, from);
	}
	assert_in_range(passed, 20, 130);
	assert_true(says(2, "9.0.0.2"));
}

/* More than can be looked at, in no time. */
static void
forge_all(void)
{
	uint8_t buf[PEER_MSG_MAX];
	size_t len;
	int i;

	len = makes(2, PEER_STATEMENT, 1, buf);
	buf[len - 70] ^= 1;
	for (i = 0; i < 30000; i++)
		assert_false(passes(buf, len, "6.6.6.6"));
}

/* Who is where it was heard is looked at, whatever comes. */
static void
those_at_home_are_looked_at_first(void **state)
{
	(void)state;
	assert_true(says(1, "9.0.0.1"));
	assert_true(says(1, "9.0.1.1")); /* by its backup */
	forge_all();
	assert_false(says(2, "9.0.0.2")); /* until there is time again */
	assert_true(says(1, "9.0.0.1"));
	assert_true(says(1, "9.0.1.1"));
	now = monotime_add_ms(now, 10);
	assert_true(says(2, "9.0.0.2"));
}

/* Nor does who writes on top that it is there take it all: in a second. */
static void
forged_ones_from_home_are_bounded(void **state)
{
	struct msg_peer_dropped was = *gate_dropped();
	uint8_t buf[PEER_MSG_MAX];
	struct addr home = ip("9.0.0.1");
	size_t len;
	int i;

	(void)state;
	assert_true(says(1, "9.0.0.1"));
	assert_true(says(2, "9.0.0.2"));
	len = makes(1, PEER_STATEMENT, 1, buf);
	buf[len - 70] ^= 1;
	for (i = 0; i < 1000000; i++) {
		if (i % 1000 == 0)
			now = monotime_add_ms(now, 1);
		assert_false(gate_passes(&home, 7157, buf, len, now));
	}
	assert_in_range(gate_dropped()->forged - was.forged, 90000, 130000);
	assert_int_equal(gate_dropped()->forged - was.forged +
			     gate_dropped()->limited - was.limited,
	    1000000);
	assert_true(says(2, "9.0.0.2")); /* at home */
	assert_true(says(2, "9.0.2.2")); /* elsewhere */
	assert_true(says(1, "9.0.1.1")); /* it fails over */
	assert_false(says(1, "9.0.0.1")); /* one of all those */
	now = monotime_add_ms(now, 50);
	assert_true(says(1, "9.0.0.1"));
}

/* ---- who has recorded what a peer said ---- */

#define HOME      "9.0.0.1" /* its primary, and its backup */
#define AWAY      "9.0.1.1"
#define ELSEWHERE "6.6.6.6"

struct record {
	uint8_t buf[PEER_MSG_MAX];
	size_t len;
};

/* A copy says by the announced path, or not: they are two. */
static void
copies_of(uint32_t peer, uint64_t n, struct record copy[2])
{
	struct peer_msg m;
	uint32_t i;

	memset(&m, 0, sizeof(m));
	m.type = PEER_STATEMENT;
	m.counter = n;
	for (i = 0; i < 2; i++) {
		m.path = i;
		copy[i].len = peer_msg_encode(
		    &m, &to_us[peer], secret[peer], copy[i].buf);
	}
}

static struct record
challenge(uint64_t n, uint8_t nonce)
{
	struct peer_msg m;
	struct record r;

	memset(&m, 0, sizeof(m));
	m.type = PEER_CHALLENGE;
	m.counter = n;
	memset(m.nonce, nonce, sizeof(m.nonce));
	r.len = peer_msg_encode(&m, &to_us[1], secret[1], r.buf);
	return r;
}

/* What was said by that path, as seen from that address. */
static struct record
ack_of(uint64_t n, uint32_t path, const char *seen)
{
	struct peer_msg m;
	struct record r;

	memset(&m, 0, sizeof(m));
	m.type = PEER_ACK;
	m.counter = n;
	m.path = path;
	m.seen = ip(seen);
	r.len = peer_msg_encode(&m, &to_us[1], secret[1], r.buf);
	return r;
}

static struct record
ack(uint64_t n)
{
	return ack_of(n, 1, "192.0.2.1");
}

static bool
comes(const struct record *r, const char *from)
{
	return passes(r->buf, r->len, from);
}

/* A thousand a second of them in turn, from there or (NULL) from anywhere. */
static uint32_t
replayed(const struct record *r, size_t n, const char *from, uint32_t ms)
{
	static uint32_t sources;
	char anywhere[ADDR_STRLEN];
	uint32_t i, passed = 0;

	for (i = 0; i < ms; i++) {
		sources = sources * 1664525 + 1013904223;
		snprintf(anywhere, sizeof(anywhere), "6.%u.%u.%u",
		    sources >> 24, sources >> 16 & 255, sources >> 8 & 255);
		now = monotime_add_ms(now, 1);
		passed += comes(&r[i % n], from == NULL ? anywhere : from);
	}
	return passed;
}

/* It is at both places now. */
static void
is_at_home(void)
{
	struct record copy[2];

	copies_of(1, ++counter, copy);
	assert_true(comes(&copy[1], HOME));
	assert_true(comes(&copy[0], AWAY));
}

static void
says_by_both(const struct record copy[2])
{
	assert_true(comes(&copy[0], HOME));
	assert_true(comes(&copy[1], AWAY)); /* the one that decides */
}

/* From anywhere, and from where it was: it fails over, and says it again. */
static void
replays_starve_no_update(void **state)
{
	static const char *const from[] = { ELSEWHERE, NULL, HOME, AWAY };
	struct record old[2], copy[2];
	size_t i;

	(void)state;
	copies_of(1, ++counter, old);
	is_at_home();
	for (i = 0; i < sizeof(from) / sizeof(*from); i++) {
		assert_in_range(replayed(old, 2, from[i], 10000), 1, 800);
		copies_of(1, ++counter, copy);
		says_by_both(copy);
		replayed(old, 2, from[i], 500);
		says_by_both(copy); /* again: it had no answer */
	}
}

/* What it said last is as good as what it says again, from where it is. */
static void
replays_of_the_newest_starve_no_repeat(void **state)
{
	struct record copy[2];
	uint32_t i;

	(void)state;
	is_at_home();
	copies_of(1, ++counter, copy);
	says_by_both(copy);
	for (i = 0; i < 10; i++) {
		replayed(copy, 2, i % 2 ? ELSEWHERE : NULL, 500);
		says_by_both(copy);
		replayed(copy, 2, HOME, 500); /* its answers go to HOME */
		assert_true(comes(&copy[1], AWAY));
	}
}

/* Another port of a NAT is another place: answers there are lost. */
static void
a_home_has_a_port(void **state)
{
	struct addr home = ip(HOME);
	struct record copy[2];
	uint32_t i;

	(void)state;
	is_at_home();
	copies_of(1, ++counter, copy);
	says_by_both(copy);
	for (i = 0; i < 10000; i++) {
		now = monotime_add_ms(now, 1);
		(void)gate_passes(&home, 1, copy[0].buf, copy[0].len, now);
	}
	says_by_both(copy);
}

static void
replays_move_no_home(void **state)
{
	struct record copy[2];

	(void)state;
	copies_of(1, ++counter, copy);
	says_by_both(copy);
	assert_true(replayed(copy, 2, NULL, 3000) > 10); /* they pass */
	forge_all();
	assert_false(says(2, "9.0.0.2")); /* no time for who is anywhere */
	assert_true(comes(&copy[1], AWAY));
}

/*
 * Their counter says nothing of when they were made: who restarts knows 0.
 * What was recorded passed once, and is known.
 */
static void
replays_starve_no_challenge(void **state)
{
	struct record old[4], fresh;
	uint8_t i, round;

	(void)state;
	for (i = 0; i < 4; i++) {
		old[i] = challenge(i % 2 ? 1000 : 0, i + 1);
		assert_true(comes(&old[i], HOME));
	}
	is_at_home();
	for (round = 0; round < 3; round++) {
		replayed(old, 4, HOME, 3000);
		replayed(old, 4, NULL, 3000);
		fresh = challenge(round ? 5 : 0, round + 0x80);
		assert_true(comes(&fresh, HOME));
	}
}

static void
replays_starve_no_acknowledgement(void **state)
{
	struct record old[3], fresh;
	uint64_t i;

	(void)state;
	is_at_home();
	for (i = 0; i < 3; i++) {
		old[i] = ack(i + 5);
		assert_true(comes(&old[i], HOME));
	}
	for (i = 0; i < 3; i++) {
		replayed(old, 3, i % 2 ? HOME : NULL, 3000);
		fresh = ack(i + 100);
		assert_true(comes(&fresh, AWAY));
	}
}

/* By another path the first may come; of each family one tells of a NAT. */
static void
replays_starve_no_further_acknowledgement(void **state)
{
	static const char *const seen[] = { "192.0.2.1", "2001:db8::1" };
	struct record old[3], fresh;
	uint32_t i, path, f;

	(void)state;
	is_at_home();
	for (i = 0; i < 3; i++) {
		old[i] = ack(i + 5);
		assert_true(comes(&old[i], HOME));
	}
	for (path = 0; path < 2; path++)
		for (f = 0; f < 2; f++) {
			replayed(old, 3, HOME, 3000);
			fresh = ack_of(100, path, seen[f]);
			assert_true(comes(&fresh, HOME));
		}
}

/*
 * After a start nothing is known, and all that was ever recorded is new once,
 * in its order: until the peer itself says something.
 */
static void
records_of_years_starve_nobody(void **state)
{
	struct record copy[2], old[2];
	uint64_t i;
	bool heard;

	(void)state;
	for (i = 1; i < 3000; i++) {
		copies_of(1, i, old);
		replayed(old, 2, NULL, 2);
	}
	copies_of(1, i + 1, copy);
	heard = comes(&copy[0], HOME) && comes(&copy[1], AWAY);
	assert_false(heard); /* or nothing was tried here */
	replayed(old, 2, ELSEWHERE, 500);
	says_by_both(copy);
}

/* It may be said before the peer says it: one place does not close it. */
static void
one_place_does_not_close_another(void **state)
{
	struct record copy[2];
	uint32_t i;

	(void)state;
	copies_of(1, ++counter, copy);
	for (i = 0; i < 10; i++) {
		replayed(copy, 2, ELSEWHERE, 1500);
		says_by_both(copy);
	}
}

/* ---- a region ---- */

#define MANY 10000

/* Whose key is its number. */
static void
known_by_number(uint32_t n, struct peer_pair *p)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->own, &n, sizeof(n));
	p->own[8] = 1;
	memcpy(p->tag_key, &n, sizeof(n));
	memcpy(p->peer, key[0], sizeof(p->peer));
}

static void
one_of_many(uint32_t who, enum peer_msg_type type, uint8_t path, uint32_t n,
    struct record *r)
{
	struct peer_pair p;
	size_t len = PEER_OFF_OWN + 40;

	known_by_number(who, &p);
	memset(r, 0, sizeof(*r));
	memcpy(r->buf, peer_magic, sizeof(peer_magic));
	r->buf[PEER_OFF_TYPE] = (uint8_t)type;
	memcpy(r->buf + PEER_OFF_SENDER, p.own, PEER_ID_LEN);
	memcpy(r->buf + PEER_OFF_RECEIVER, key[0], PEER_ID_LEN);
	n = htonl(n);
	memcpy(r->buf + PEER_OFF_COUNTER + 4, &n, sizeof(n));
	r->buf[PEER_OFF_OWN] = path;
	peer_tag(r->buf, len, &p, p.own, p.peer, r->buf + len);
	r->len = len + PEER_TAIL;
}

static void
begin_many(void)
{
	struct msg_peer_known k;
	struct peer_pair p;
	uint32_t i;

	gate_open(key[0], MANY);
	for (i = 0; i < MANY; i++) {
		known_by_number(i, &p);
		memcpy(k.key, p.own, sizeof(k.key));
		memcpy(k.tag_key, p.tag_key, sizeof(k.tag_key));
		assert_int_equal(gate_add(&k), 0);
	}
}

/* By each uplink to each of two addresses of ours; those that were new. */
static uint32_t
all_say(uint32_t first, uint32_t n)
{
	char from[ADDR_STRLEN];
	struct record r;
	uint32_t i, path, to, passed = 0;

	for (i = first; i < MANY; i++)
		for (path = 0; path < 2; path++) {
			one_of_many(i, PEER_STATEMENT, (uint8_t)path, n, &r);
			for (to = 0; to < 2; to++) {
				snprintf(from, sizeof(from), "9.%u.%u.%u", path,
				    i >> 8, i & 255);
				now = monotime_add_ns(now, 25000);
				passed += comes(&r, from) && to == 0;
			}
		}
	return passed;
}

/* They fail over in one second, while what each said before is replayed. */
static void
a_region_passes(void **state)
{
	struct record r;
	uint32_t i;

	(void)state;
	begin_many();
	assert_int_equal(all_say(0, 1), 2 * MANY);
	for (i = 0; i < 20 * MANY; i++) {
		one_of_many(i % MANY, PEER_STATEMENT, 0, 1, &r);
		(void)comes(&r, ELSEWHERE);
		now = monotime_add_ns(now, 50000);
	}
	assert_int_equal(all_say(0, 2), 2 * MANY);
	now = monotime_add_ms(now, 10000);
	assert_int_equal(all_say(0, 3), 2 * MANY);
}

#define STOLEN 40

/* All that such a key can make, from one new place after the other. */
static uint32_t
stolen_say(uint32_t n)
{
	struct record r;
	char from[ADDR_STRLEN];
	uint32_t i, type, passed = 0;

	snprintf(from, sizeof(from), "6.0.%u.%u", n >> 9 & 255, n >> 1 & 255);
	for (i = 0; i < STOLEN; i++)
		for (type = PEER_STATEMENT; type < PEER_TYPE_MAX; type++) {
			one_of_many(i, type, 0, n, &r);
			passed += comes(&r, from);
		}
	return passed;
}

static void
stolen_keys_starve_no_region(void **state)
{
	uint32_t n;

	(void)state;
	begin_many();
	assert_int_equal(all_say(STOLEN, 1), 2 * (MANY - STOLEN));
	now = monotime_add_ms(now, 20000);
	for (n = 1; n <= 1500; n++) {
		assert_in_range(stolen_say(n), 0, 3 * STOLEN);
		now = monotime_add_ms(now, 10);
	}
	assert_int_equal(all_say(STOLEN, 2), 2 * (MANY - STOLEN));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(peers_pass, begin),
		cmocka_unit_test_setup(others_do_not, begin),
		cmocka_unit_test_setup(forged_ones_close_nothing, begin),
		cmocka_unit_test_setup(recorded_ones_close_nothing, begin),
		cmocka_unit_test_setup(a_mad_peer_is_bounded, begin),
		cmocka_unit_test_setup(
		    those_at_home_are_looked_at_first, begin),
		cmocka_unit_test_setup(
		    forged_ones_from_home_are_bounded, begin),
		cmocka_unit_test_setup(replays_starve_no_update, begin),
		cmocka_unit_test_setup(
		    replays_of_the_newest_starve_no_repeat, begin),
		cmocka_unit_test_setup(a_home_has_a_port, begin),
		cmocka_unit_test_setup(replays_move_no_home, begin),
		cmocka_unit_test_setup(replays_starve_no_challenge, begin),
		cmocka_unit_test_setup(
		    replays_starve_no_acknowledgement, begin),
		cmocka_unit_test_setup(
		    replays_starve_no_further_acknowledgement, begin),
		cmocka_unit_test_setup(records_of_years_starve_nobody, begin),
		cmocka_unit_test_setup(one_place_does_not_close_another, begin),
		cmocka_unit_test_setup(a_region_passes, begin),
		cmocka_unit_test_setup(stolen_keys_starve_no_region, begin),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
