/* SPDX-License-Identifier: ISC */
/*
 * Peers' datagrams.  The vectors are read from dialfail-peers(7): they were
 * checked with another implementation of its primitives.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parent/peer_msg.h"

struct end {
	uint8_t secret[PEER_SECRET_LEN], key[PEER_KEY_LEN];
	struct peer_pair pair;
};

static struct end alice, bob;

static int
setup(void **state)
{
	uint8_t seed[crypto_sign_SEEDBYTES];

	(void)state;
	memset(seed, 1, sizeof(seed));
	crypto_sign_seed_keypair(alice.key, alice.secret, seed);
	memset(seed, 2, sizeof(seed));
	crypto_sign_seed_keypair(bob.key, bob.secret, seed);
	return peer_pair_make(&alice.pair, alice.secret, bob.key) == -1 ||
	       peer_pair_make(&bob.pair, bob.secret, alice.key) == -1;
}

static void
statement(struct peer_msg *m)
{
	memset(m, 0, sizeof(*m));
	m->type = PEER_STATEMENT;
	m->counter = ((uint64_t)3 << 32) + 7;
	memset(m->nonce, 0xa5, sizeof(m->nonce));
	m->path = 1;
	m->reason = PEER_FAILOVER;
	m->hello_s = 60;
	assert_int_equal(addr_parse("198.51.100.17", &m->address[0]), 0);
	assert_int_equal(addr_parse("2001:db8:7::1", &m->address[1]), 0);
	m->nnets = 2;
	assert_int_equal(prefix_parse("10.7.0.0/24", &m->net[0]), 0);
	assert_int_equal(prefix_parse("2001:db8:7::/48", &m->net[1]), 0);
}

static void
acknowledgement(struct peer_msg *m)
{
	memset(m, 0, sizeof(*m));
	m->type = PEER_ACK;
	m->counter = ((uint64_t)3 << 32) + 7;
	m->path = 1;
	m->result = PEER_REFUSED_NAT;
	assert_int_equal(addr_parse("203.0.113.9", &m->seen), 0);
	m->port = 40123;
}

static void
the_challenge(struct peer_msg *m)
{
	memset(m, 0, sizeof(*m));
	m->type = PEER_CHALLENGE;
	m->counter = 99;
	memset(m->nonce, 0x5a, sizeof(m->nonce));
}

static void (*const kinds[])(
    struct peer_msg *) = { statement, acknowledgement, the_challenge };
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static void
what_is_said_is_heard(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	struct peer_msg m, back;
	struct peer_head head;
	size_t i, len;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		kinds[i](&m);
		len = peer_msg_encode(&m, &alice.pair, alice.secret, buf);
		assert_int_equal(peer_head(buf, len, &head), 0);
		assert_int_equal(head.type, m.type);
		assert_true(head.counter == m.counter);
		assert_memory_equal(head.sender, alice.key, PEER_ID_LEN);
		assert_memory_equal(head.receiver, bob.key, PEER_ID_LEN);
		assert_int_equal(peer_msg_decode(buf, len, &back), 0);
		assert_memory_equal(&m, &back, sizeof(m));
		assert_true(peer_tagged(buf, len, &bob.pair));
		assert_true(peer_msg_signed(buf, len, &bob.pair));
		/* not the other way round */
		assert_false(peer_tagged(buf, len, &alice.pair));
		assert_false(peer_msg_signed(buf, len, &alice.pair));
	}
}

static void
each_octet_counts(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	struct peer_msg m;
	size_t i, j, len;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		kinds[i](&m);
		len = peer_msg_encode(&m, &alice.pair, alice.secret, buf);
		for (j = 0; j < len; j++) {
			buf[j] ^= 0x10;
			assert_false(peer_msg_signed(buf, len, &bob.pair));
			if (j < len - 64)
				assert_false(peer_tagged(buf, len, &bob.pair));
			buf[j] ^= 0x10;
		}
		for (j = 0; j < len; j++)
			if (peer_msg_decode(buf, j, &m) == 0)
				assert_int_equal((len - j) % 18, 0);
		assert_int_equal(peer_msg_decode(buf, len + 1, &m), -1);
	}
}

/* Changes one octet of a sound datagram; it must not decode any more. */
static void
refuses(void (*kind)(struct peer_msg *), size_t offset, uint8_t value)
{
	uint8_t buf[PEER_MSG_MAX];
	struct peer_msg m;
	size_t len;

	kind(&m);
	len = peer_msg_encode(&m, &alice.pair, alice.secret, buf);
	buf[offset] = value;
	assert_int_equal(peer_msg_decode(buf, len, &m), -1);
}

static void
what_is_out_of_range_is_refused(void **state)
{
	(void)state;
	refuses(statement, 0, 0xde);
	refuses(statement, 2, 2); /* version */
	refuses(statement, 3, 0);
	refuses(statement, 3, 4);
	refuses(statement, 44, 2); /* path */
	refuses(statement, 45, PEER_REASON_MAX);
	refuses(statement, 68, 5); /* a network's version */
	refuses(statement, 69, 33); /* and length */
	refuses(statement, 73, 1); /* host bits */
	refuses(statement, 74, 1); /* behind an IPv4 address */
	refuses(acknowledgement, 28, 2);
	refuses(acknowledgement, 29, PEER_RESULT_MAX);
	refuses(acknowledgement, 30, 5);
	refuses(acknowledgement, 31, 1);
	refuses(acknowledgement, 36, 1);
	refuses(acknowledgement, 51, 1);
}

static void
the_longest_fits(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	struct peer_msg m, back;
	size_t len;

	(void)state;
	statement(&m);
	for (m.nnets = 0; m.nnets < PEER_NETS_MAX; m.nnets++)
		m.net[m.nnets] = m.net[m.nnets % 2];
	len = peer_msg_encode(&m, &alice.pair, alice.secret, buf);
	assert_int_equal(len, PEER_MSG_MAX);
	assert_int_equal(peer_msg_decode(buf, len, &back), 0);
	assert_memory_equal(&m, &back, sizeof(m));
}

static void
no_key_without_a_point(void **state)
{
	uint8_t zero[PEER_KEY_LEN] = { 0 };
	struct peer_pair pair;

	(void)state;
	assert_int_equal(peer_pair_make(&pair, alice.secret, zero), -1);
}

static const char *
hex(const uint8_t *buf, size_t len)
{
	static char text[2 * PEER_MSG_MAX + 1];

	return sodium_bin2hex(text, sizeof(text), buf, len);
}

/* The manual's next vector: lines of digits up to one that is none. */
static const char *
next_vector(FILE *manual)
{
	static char text[2 * PEER_MSG_MAX + 1];
	char line[256];
	size_t len = 0, n;

	while (fgets(line, sizeof(line), manual) != NULL) {
		n = strspn(line, "0123456789abcdef");
		if (n == 0 || line[n] != '\n') {
			if (len > 0)
				break;
			continue;
		}
		assert_true(len + n < sizeof(text));
		memcpy(text + len, line, n);
		len += n;
	}
	text[len] = '\0';
	return text;
}

static FILE *
open_vectors(void)
{
	FILE *manual = fopen("parent/dialfail-peers.7", "r");
	char line[256] = "";

	assert_non_null(manual);
	while (strcmp(line, ".Ss Test vectors\n") != 0)
		assert_non_null(fgets(line, sizeof(line), manual));
	return manual;
}

static void
vectors_are_those_of_the_manual(void **state)
{
	FILE *manual = open_vectors();
	uint8_t buf[PEER_MSG_MAX];
	struct peer_msg m;
	size_t i, len;

	(void)state;
	assert_string_equal(next_vector(manual), hex(alice.key, PEER_KEY_LEN));
	assert_string_equal(next_vector(manual), hex(bob.key, PEER_KEY_LEN));
	assert_string_equal(
	    next_vector(manual), hex(alice.pair.tag_key, PEER_KEY_LEN));
	assert_memory_equal(alice.pair.tag_key, bob.pair.tag_key, PEER_KEY_LEN);
	for (i = 0; i < KINDS; i++) {
		kinds[i](&m);
		len = peer_msg_encode(&m, &alice.pair, alice.secret, buf);
		assert_string_equal(next_vector(manual), hex(buf, len));
	}
	assert_string_equal(next_vector(manual), "");
	fclose(manual);
}

/* Whoever has that place stays. */
static void
what_was_not_added_is_not_removed(void **state)
{
	struct peer_ids ids;

	(void)state;
	assert_int_equal(peer_ids_init(&ids, 4), 0);
	peer_ids_remove(&ids, alice.key, 2);
	peer_ids_add(&ids, alice.key, 1);
	peer_ids_remove(&ids, alice.key, 2);
	assert_int_equal(peer_ids_first(&ids, alice.key), 2);
	peer_ids_remove(&ids, alice.key, 1);
	assert_int_equal(peer_ids_first(&ids, alice.key), 0);
	peer_ids_free(&ids);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_is_heard),
		cmocka_unit_test(each_octet_counts),
		cmocka_unit_test(what_is_out_of_range_is_refused),
		cmocka_unit_test(the_longest_fits),
		cmocka_unit_test(no_key_without_a_point),
		cmocka_unit_test(vectors_are_those_of_the_manual),
		cmocka_unit_test(what_was_not_added_is_not_removed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
