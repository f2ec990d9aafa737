/* SPDX-License-Identifier: ISC */
/*
 * Peers' datagrams: as they come, or with a right tag and signature over what
 * the fuzzer made up, which is what a stolen key can do.  What decodes must
 * be the only way to write it; whatever is heard, no peer may be where
 * another one is, and the time that is next must not lie in the past.
 */
#include <sys/types.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "parent/peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint8_t secret[3][PEER_SECRET_LEN], key[3][PEER_KEY_LEN];
static struct peer_pair pair; /* peer 1's with us, number 0 */
static struct conf_peer conf[2];
static struct peers peers;
static struct monotime now;

static void
send_away(void *arg, uint32_t uplink, const struct addr *to, uint32_t port,
    const uint8_t *buf, size_t len)
{
	struct peer_msg m;

	(void)arg;
	(void)uplink;
	(void)port;
	if (to->family == AF_UNSPEC || peer_msg_decode(buf, len, &m) == -1)
		abort();
}

static void
apply(void *arg, uint32_t peer, const struct addr address[FAMILIES], bool nat)
{
	(void)arg;
	if (!nat && addr_is_loopback(&address[0]))
		abort();
	peers_applied(&peers, peer, PEER_APPLIED);
}

static void
notice(void *arg, uint32_t peer, enum peers_notice n)
{
	(void)arg;
	if (peer > 1 || n > PEERS_NOT_MOVED)
		abort();
}

static void
octets(void *arg, void *buf, size_t len)
{
	(void)arg;
	memset(buf, 7, len);
}

static const struct peers_user user = { send_away, apply, notice, octets };

static void
make_keys(void)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint32_t i;

	for (i = 0; i < 3; i++) {
		memset(seed, (int)i + 1, sizeof(seed));
		crypto_sign_seed_keypair(key[i], secret[i], seed);
	}
	for (i = 0; i < 2; i++) {
		conf[i].id = i;
		memcpy(conf[i].key, key[i + 1], PEER_KEY_LEN);
		conf[i].port = 7157;
		conf[i].hello_ms = 60000;
	}
	if (peer_pair_make(&pair, secret[1], key[0]) == -1)
		abort();
}

static void
start(void)
{
	struct peers_self self;

	memset(&self, 0, sizeof(self));
	now = monotime_from_ns(1000000000);
	if (peers_init(&peers, secret[0], conf, 2, 1, &user, NULL) == -1)
		abort();
	self.usable = 1;
	addr_parse("198.51.100.1", &self.address[0]);
	peers_move(&peers, &self, PEER_START, now);
	/* its clock has been answered before: its word is believed */
	peers.peer[0].trusted = true;
}

/* What it says is the fuzzer's; tag and signature are right. */
static size_t
sign(const uint8_t *data, uint8_t *buf)
{
	struct peer_msg m;

	memset(&m, 0, sizeof(m));
	m.type = 1 + data[0] % 3;
	m.counter = data[1];
	m.path = data[2] & 1;
	m.reason = (data[2] >> 1) % PEER_REASON_MAX;
	m.result = (data[2] >> 4) % PEER_RESULT_MAX;
	memset(m.nonce, data[3], sizeof(m.nonce));
	if (data[4] & 1)
		addr_set(&m.address[0], AF_INET, data + 5, 4);
	if (data[4] & 2)
		addr_set(&m.address[1], AF_INET6, data + 9, 16);
	if (addr_is_any(&m.address[0]))
		memset(&m.address[0], 0, sizeof(m.address[0]));
	if (addr_is_any(&m.address[1]))
		memset(&m.address[1], 0, sizeof(m.address[1]));
	if (data[4] & 4)
		addr_set(&m.seen, AF_INET, data + 5, 4);
	return peer_msg_encode(&m, &pair, secret[1], buf);
}

static void
decode(const uint8_t *buf, size_t len)
{
	struct peer_msg m, again;
	uint8_t copy[PEER_MSG_MAX];
	size_t n;

	if (peer_msg_decode(buf, len, &m) == -1)
		return;
	n = peer_msg_encode(&m, &pair, secret[1], copy);
	if (n != len || memcmp(copy + 20, buf + 20, len - 20 - 80) != 0 ||
	    peer_msg_decode(copy, n, &again) == -1 ||
	    memcmp(&m, &again, sizeof(m)) != 0)
		abort();
}

static void
hear(const uint8_t *buf, size_t len, uint8_t from)
{
	struct addr a;

	addr_parse("192.0.2.1", &a);
	a.octet[3] = from;
	peers_hear(&peers, 0, &a, 7157, buf, len, now);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t buf[PEER_MSG_MAX];
	struct monotime next;
	size_t n;

	if (conf[0].port == 0)
		make_keys();
	decode(data, len);
	start();
	hear(data, len, 1);
	for (; len >= 26; data += 26, len -= 26) {
		n = sign(data, buf);
		decode(buf, n);
		hear(buf, n, data[25]);
		now = monotime_add_ms(now, data[25] * 100);
		peers_tick(&peers, now);
		next = peers_deadline(&peers);
		if (!monotime_valid(next) || monotime_cmp(next, now) <= 0)
			abort();
	}
	peers_free(&peers);
	return 0;
}
