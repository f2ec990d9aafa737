/* SPDX-License-Identifier: ISC */
/* Peers' datagrams: encoded, decoded, tagged and signed. */
#include <sys/types.h>

#include <sodium.h>
#include <string.h>

#include "parent/peer_msg.h"

#define STATEMENT_LEN 40 /* and its networks */
#define NET_LEN       18
#define ACK_LEN       24
#define CHALLENGE_LEN PEER_NONCE_LEN

static const char context[] = "dialfail peers 1";

_Static_assert(
    PEER_OFF_OWN + STATEMENT_LEN + PEER_NETS_MAX * NET_LEN + PEER_TAIL ==
	PEER_MSG_MAX,
    "the longest datagram");
_Static_assert(crypto_sign_PUBLICKEYBYTES == PEER_KEY_LEN &&
		   crypto_sign_SECRETKEYBYTES == PEER_SECRET_LEN &&
		   crypto_sign_BYTES == PEER_SIGN_LEN,
    "Ed25519");

/* ---- octets ---- */

static void
put(uint8_t **p, uint64_t value, size_t octets)
{
	while (octets-- > 0)
		*(*p)++ = (uint8_t)(value >> 8 * octets);
}

static uint64_t
get(const uint8_t **p, size_t octets)
{
	uint64_t value = 0;

	while (octets-- > 0)
		value = value << 8 | *(*p)++;
	return value;
}

static void
put_bytes(uint8_t **p, const void *bytes, size_t len)
{
	memcpy(*p, bytes, len);
	*p += len;
}

static void
get_bytes(const uint8_t **p, void *bytes, size_t len)
{
	memcpy(bytes, *p, len);
	*p += len;
}

/* An address of a known family; zeros: none. */
static void
put_addr(uint8_t **p, const struct addr *a, size_t len)
{
	memset(*p, 0, len);
	memcpy(*p, a->octet, addr_len(a));
	*p += len;
}

static void
get_addr(const uint8_t **p, struct addr *a, int family, size_t len)
{
	memset(a, 0, sizeof(*a));
	if (!sodium_is_zero(*p, len))
		(void)addr_set(a, family, *p, len);
	*p += len;
}

/* ---- a type's own part ---- */

static void
put_statement(uint8_t **p, const struct peer_msg *m)
{
	uint32_t i;

	put_bytes(p, m->nonce, PEER_NONCE_LEN);
	put(p, m->path, 1);
	put(p, m->reason, 1);
	put(p, m->hello_s, 2);
	put_addr(p, &m->address[FAMILY_INET], 4);
	put_addr(p, &m->address[FAMILY_INET6], 16);
	for (i = 0; i < m->nnets; i++) {
		put(p, m->net[i].addr.family == AF_INET ? 4 : 6, 1);
		put(p, m->net[i].len, 1);
		put_addr(p, &m->net[i].addr, 16);
	}
}

static int
get_net(const uint8_t **p, struct prefix *net)
{
	static const uint8_t none[16];
	uint64_t version = get(p, 1);
	size_t len = version == 4 ? 4 : 16;
	const uint8_t *octets;
	struct prefix masked;

	memset(net, 0, sizeof(*net));
	net->len = (uint32_t)get(p, 1);
	octets = *p;
	*p += 16;
	if ((version != 4 && version != 6) ||
	    memcmp(octets + len, none, 16 - len) != 0)
		return -1;
	(void)addr_set(
	    &net->addr, version == 4 ? AF_INET : AF_INET6, octets, len);
	if (!prefix_valid(net))
		return -1;
	masked = *net;
	prefix_mask(&masked);
	return prefix_cmp(&masked, net) == 0 ? 0 : -1;
}

static int
get_statement(const uint8_t *p, size_t len, struct peer_msg *m)
{
	uint32_t i;

	if (len < STATEMENT_LEN || (len - STATEMENT_LEN) % NET_LEN != 0 ||
	    (len - STATEMENT_LEN) / NET_LEN > PEER_NETS_MAX)
		return -1;
	m->nnets = (uint32_t)(len - STATEMENT_LEN) / NET_LEN;
	get_bytes(&p, m->nonce, PEER_NONCE_LEN);
	m->path = (uint32_t)get(&p, 1);
	m->reason = (uint32_t)get(&p, 1);
	m->hello_s = (uint32_t)get(&p, 2);
	get_addr(&p, &m->address[FAMILY_INET], AF_INET, 4);
	get_addr(&p, &m->address[FAMILY_INET6], AF_INET6, 16);
	for (i = 0; i < m->nnets; i++)
		if (get_net(&p, &m->net[i]) == -1)
			return -1;
	return m->path <= 1 && m->reason < PEER_REASON_MAX ? 0 : -1;
}

static void
put_ack(uint8_t **p, const struct peer_msg *m)
{
	int v4 = m->seen.family == AF_INET;

	put(p, m->path, 1);
	put(p, m->result, 1);
	put(p, m->seen.family == AF_UNSPEC ? 0 : v4 ? 4 : 6, 1);
	put(p, 0, 1);
	put_addr(p, &m->seen, 16);
	put(p, m->port, 2);
	put(p, 0, 2);
}

static int
get_ack(const uint8_t *p, size_t len, struct peer_msg *m)
{
	uint64_t version, zero;

	if (len != ACK_LEN)
		return -1;
	m->path = (uint32_t)get(&p, 1);
	m->result = (uint32_t)get(&p, 1);
	version = get(&p, 1);
	zero = get(&p, 1);
	if (version == 4)
		(void)addr_set(&m->seen, AF_INET, p, 4);
	else if (version == 6)
		(void)addr_set(&m->seen, AF_INET6, p, 16);
	else if (version != 0)
		return -1;
	/* one way to write each: what is not used is 0 */
	if (!sodium_is_zero(p + addr_len(&m->seen), 16 - addr_len(&m->seen)))
		return -1;
	p += 16;
	m->port = (uint32_t)get(&p, 2);
	zero |= get(&p, 2);
	return zero == 0 && m->path <= 1 && m->result < PEER_RESULT_MAX ? 0
									: -1;
}

static int
get_challenge(const uint8_t *p, size_t len, struct peer_msg *m)
{
	if (len != CHALLENGE_LEN)
		return -1;
	get_bytes(&p, m->nonce, PEER_NONCE_LEN);
	return sodium_is_zero(m->nonce, PEER_NONCE_LEN) ? -1 : 0;
}

/* ---- what proves it ---- */

/* X25519 of the two keys (RFC 7748), and both keys in a fixed order. */
int
peer_pair_make(struct peer_pair *pair, const uint8_t secret[PEER_SECRET_LEN],
    const uint8_t peer[PEER_KEY_LEN])
{
	uint8_t scalar[crypto_scalarmult_SCALARBYTES];
	uint8_t point[crypto_scalarmult_BYTES], shared[crypto_scalarmult_BYTES];
	crypto_generichash_state h;
	int swapped, failed;

	memset(pair, 0, sizeof(*pair));
	memcpy(
	    pair->own, secret + PEER_SECRET_LEN - PEER_KEY_LEN, PEER_KEY_LEN);
	memcpy(pair->peer, peer, PEER_KEY_LEN);
	failed = crypto_sign_ed25519_sk_to_curve25519(scalar, secret) == -1 ||
		 crypto_sign_ed25519_pk_to_curve25519(point, peer) == -1 ||
		 crypto_scalarmult(shared, scalar, point) == -1;
	if (!failed) {
		swapped = memcmp(pair->own, pair->peer, PEER_KEY_LEN) > 0;
		crypto_generichash_init(&h, NULL, 0, PEER_KEY_LEN);
		crypto_generichash_update(
		    &h, (const uint8_t *)context, sizeof(context));
		crypto_generichash_update(&h, shared, sizeof(shared));
		crypto_generichash_update(
		    &h, swapped ? pair->peer : pair->own, PEER_KEY_LEN);
		crypto_generichash_update(
		    &h, swapped ? pair->own : pair->peer, PEER_KEY_LEN);
		crypto_generichash_final(&h, pair->tag_key, PEER_KEY_LEN);
	}
	sodium_memzero(scalar, sizeof(scalar));
	sodium_memzero(shared, sizeof(shared));
	return failed ? -1 : 0;
}

/* What is signed: context, both keys, the datagram up to the signature. */
static size_t
to_sign(const uint8_t *buf, size_t len, const uint8_t *from, const uint8_t *to,
    uint8_t *out)
{
	uint8_t *p = out;

	put_bytes(&p, context, sizeof(context));
	put_bytes(&p, from, PEER_KEY_LEN);
	put_bytes(&p, to, PEER_KEY_LEN);
	put_bytes(&p, buf, len);
	return (size_t)(p - out);
}

#define TO_SIGN_MAX (sizeof(context) + 2 * PEER_KEY_LEN + PEER_MSG_MAX)

size_t
peer_msg_encode(const struct peer_msg *m, const struct peer_pair *pair,
    const uint8_t secret[PEER_SECRET_LEN], uint8_t *buf)
{
	uint8_t text[TO_SIGN_MAX], *p = buf;
	size_t len;

	put_bytes(&p, peer_magic, sizeof(peer_magic));
	put(&p, m->type, 1);
	put_bytes(&p, pair->own, PEER_ID_LEN);
	put_bytes(&p, pair->peer, PEER_ID_LEN);
	put(&p, m->counter, 8);
	if (m->type == PEER_STATEMENT)
		put_statement(&p, m);
	else if (m->type == PEER_ACK)
		put_ack(&p, m);
	else
		put_bytes(&p, m->nonce, PEER_NONCE_LEN);
	peer_tag(buf, (size_t)(p - buf), pair, pair->own, pair->peer, p);
	p += PEER_TAG_LEN;
	len = to_sign(buf, (size_t)(p - buf), pair->own, pair->peer, text);
	crypto_sign_detached(p, NULL, text, len, secret);
	return (size_t)(p - buf) + PEER_SIGN_LEN;
}

int
peer_msg_signed(const uint8_t *buf, size_t len, const struct peer_pair *pair)
{
	uint8_t text[TO_SIGN_MAX];
	size_t n;

	n = to_sign(buf, len - PEER_SIGN_LEN, pair->peer, pair->own, text);
	return crypto_sign_verify_detached(
		   buf + len - PEER_SIGN_LEN, text, n, pair->peer) == 0;
}

int
peer_msg_decode(const uint8_t *buf, size_t len, struct peer_msg *m)
{
	const uint8_t *p = buf + PEER_OFF_OWN;
	struct peer_head h;

	memset(m, 0, sizeof(*m));
	if (peer_head(buf, len, &h) == -1)
		return -1;
	m->type = h.type;
	m->counter = h.counter;
	len -= PEER_OFF_OWN + PEER_TAIL;
	switch (m->type) {
	case PEER_STATEMENT:
		return get_statement(p, len, m);
	case PEER_ACK:
		return get_ack(p, len, m);
	case PEER_CHALLENGE:
		return get_challenge(p, len, m);
	}
	return -1;
}

/* ---- for people ---- */

const char *
peer_reason_text(uint32_t reason)
{
	static const char *const text[PEER_REASON_MAX] = { "hello", "failover",
		"fallback", "address changed", "start" };

	return reason < PEER_REASON_MAX ? text[reason] : "unknown";
}

const char *
peer_result_text(uint32_t result)
{
	static const char *const text[PEER_RESULT_MAX] = { "applied",
		"unchanged", "address not accepted", "behind NAT",
		"moves too often", "could not be applied" };

	return result < PEER_RESULT_MAX ? text[result] : "unknown";
}
