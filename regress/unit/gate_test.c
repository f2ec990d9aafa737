/* SPDX-License-Identifier: ISC */
/* Which datagrams pass the prober's gate, and who cannot close it. */
#include <sys/types.h>

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

	return gate_passes(&a, buf, len, now);
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

/* One peer that is mad takes nothing from another one. */
static void
a_mad_peer_is_bounded(void **state)
{
	uint32_t i, passed = 0;

	(void)state;
	for (i = 0; i < 1000; i++)
		passed += says(1, "9.0.0.1");
	assert_in_range(passed, 20, 100);
	assert_true(says(2, "9.0.0.2"));
}

/* More than can be looked at: who is where it was heard is looked at. */
static void
those_at_home_are_looked_at_first(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	size_t len;
	int i;

	(void)state;
	assert_true(says(1, "9.0.0.1"));
	assert_true(says(1, "9.0.1.1")); /* by its backup */
	len = makes(2, PEER_STATEMENT, 1, buf);
	buf[len - 70] ^= 1;
	for (i = 0; i < 30000; i++)
		assert_false(passes(buf, len, "6.6.6.6"));
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
		assert_false(gate_passes(&home, buf, len, now));
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
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
