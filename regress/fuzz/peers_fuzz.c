/* SPDX-License-Identifier: ISC */
/*
 * Datagrams of two peers: as they come, or with a right tag and signature over
 * what the fuzzer made up, which is what a stolen key can do, with the nonce of
 * our challenge or another one.  The kernel's side answers at once, later or
 * not well, and may bar more than we know of; tunnels are made again, and the
 * configuration is read again.  What decodes must be the only way to write it; whatever is heard,
 * no peer may be led to where another one is, to us or to loopback, none is
 * asked for twice, and the time that is next must not lie in the past.
 */
#include <sys/types.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "parent/peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define PEERS  2
#define RECORD 26

static uint8_t secret[PEERS + 1][PEER_SECRET_LEN], key[PEERS + 1][PEER_KEY_LEN];
static struct peer_pair pair[PEERS]; /* theirs with us, number 0 */
static struct conf_peer conf[PEERS];
static struct peers peers;
static struct monotime now;
static struct prefix own;

/* What the kernel was asked for of each, and what counts of it. */
static struct kernel {
	struct addr asked[FAMILIES], at[FAMILIES]; /* behind NAT: none */
	uint32_t wrong; /* families that it was not asked for */
	bool waits;
} kernel[PEERS];
static uint8_t challenged[PEERS][PEER_NONCE_LEN];
static bool at_once;
static uint8_t random_octet;

static void
send_away(
    void *arg, const struct peer_place *to, const uint8_t *buf, size_t len)
{
	struct peer_msg m;
	uint32_t i;

	(void)arg;
	if (to->addr.family == AF_UNSPEC || peer_msg_decode(buf, len, &m) == -1)
		abort();
	for (i = 0; i < PEERS; i++)
		if (m.type == PEER_CHALLENGE &&
		    memcmp(buf + PEER_OFF_RECEIVER, conf[i].key, PEER_ID_LEN) ==
			0)
			memcpy(challenged[i], m.nonce, sizeof(m.nonce));
}

/* Families that are not led stay where they were, unless they lead nowhere. */
static void
led(struct kernel *k, enum peer_result result, uint32_t barred)
{
	uint32_t f;
	bool there;

	if (result == PEER_FAILED ||
	    (result != PEER_APPLIED && (k->wrong | barred) == 0))
		return;
	for (f = 0; f < FAMILIES; f++) {
		there = k->asked[f].family != AF_UNSPEC && !(barred & 1u << f);
		if (there)
			k->at[f] = k->asked[f];
		else if (result == PEER_APPLIED)
			memset(&k->at[f], 0, sizeof(k->at[f]));
	}
}

/* What was asked for before the peer moved again does not count. */
static void
answer(uint32_t i, enum peer_result result, uint32_t barred)
{
	struct kernel *k = &kernel[i];
	uint32_t f;

	if (!k->waits)
		return;
	k->waits = false;
	for (f = 0; f < FAMILIES; f++)
		if (k->asked[f].family == AF_UNSPEC)
			barred &= ~(1u << f);
	if (peers.peer[i].leading == PEER_ASKED)
		led(k, result, barred);
	peers_applied(&peers, i, result, barred);
}

static void
apply(void *arg, uint32_t i, const struct addr address[FAMILIES], uint32_t nat,
    uint32_t barred)
{
	struct kernel *k = &kernel[i];
	const struct addr *a;
	uint32_t f;

	(void)arg;
	if (i >= PEERS || k->waits)
		abort();
	for (f = 0; f < FAMILIES; f++) {
		a = &address[f];
		k->asked[f] = *a;
		if (a->family != AF_UNSPEC &&
		    (addr_is_loopback(a) || prefix_contains(&own, a) ||
			addr_cmp(a, &kernel[!i].at[f]) == 0 ||
			(nat | barred) & 1u << f))
			abort();
	}
	k->wrong = nat | barred;
	k->waits = true;
	if (at_once)
		answer(i, PEER_APPLIED, 0);
}

static void
notice(void *arg, uint32_t peer, enum peers_notice n)
{
	(void)arg;
	if (peer >= PEERS || n > PEERS_NOT_MOVED)
		abort();
}

static void
octets(void *arg, void *buf, size_t len)
{
	(void)arg;
	memset(buf, random_octet++, len);
}

static const struct peers_user user = { send_away, apply, notice, octets };

static void
make_keys(void)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint32_t i;

	for (i = 0; i <= PEERS; i++) {
		memset(seed, (int)i + 1, sizeof(seed));
		crypto_sign_seed_keypair(key[i], secret[i], seed);
	}
	for (i = 0; i < PEERS; i++) {
		conf[i].id = (uint16_t)i;
		memcpy(conf[i].key, key[i + 1], PEER_KEY_LEN);
		conf[i].port = 7157;
		conf[i].hello_ms = 60000;
		if (peer_pair_make(&pair[i], secret[i + 1], key[0]) == -1)
			abort();
	}
}

static void
begin(struct peers *was)
{
	struct peers_self self;

	memset(&self, 0, sizeof(self));
	if (peers_init(&peers, secret[0], conf, PEERS, 1, &user, NULL) == -1)
		abort();
	if (was != NULL)
		peers_keep(&peers, was);
	self.usable = 1;
	addr_parse("198.51.100.1", &self.address[0]);
	own.addr = self.address[0];
	own.len = 32;
	peers_own(&peers, &own, 1);
	peers_move(&peers, &self, PEER_START, now);
}

static void
start(void)
{
	memset(kernel, 0, sizeof(kernel));
	memset(challenged, 0, sizeof(challenged));
	at_once = false;
	random_octet = 7;
	now = monotime_from_ns(1000000000);
	begin(NULL);
	/* its clock has been answered before: its word is believed */
	peers.peer[0].trusted = true;
}

/* Answers to what was asked before do not count then. */
static void
reload(void)
{
	struct peers was = peers;
	uint32_t i;

	for (i = 0; i < PEERS; i++)
		kernel[i].waits = false;
	begin(&was);
	peers_free(&was);
}

/* What it says is the fuzzer's; tag and signature are right. */
static size_t
sign(const uint8_t *data, uint8_t *buf)
{
	uint32_t who = data[0] / 3 % PEERS;
	struct peer_msg m;

	memset(&m, 0, sizeof(m));
	m.type = 1 + data[0] % 3;
	m.counter = data[1];
	m.hello_s = data[3];
	m.path = data[2] & 1;
	m.reason = (data[2] >> 1) % PEER_REASON_MAX;
	m.result = (data[2] >> 4) % PEER_RESULT_MAX;
	memset(m.nonce, data[3], sizeof(m.nonce));
	if (data[4] & 8)
		memcpy(m.nonce, challenged[who], sizeof(m.nonce));
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
	return peer_msg_encode(&m, &pair[who], secret[who + 1], buf);
}

static void
decode(const uint8_t *buf, size_t len)
{
	struct peer_msg m, again;
	uint8_t copy[PEER_MSG_MAX];
	size_t n;

	if (peer_msg_decode(buf, len, &m) == -1)
		return;
	n = peer_msg_encode(&m, &pair[0], secret[1], copy);
	if (n != len ||
	    memcmp(copy + 20, buf + 20, len - 20 - PEER_TAIL) != 0 ||
	    peer_msg_decode(copy, n, &again) == -1 ||
	    memcmp(&m, &again, sizeof(m)) != 0)
		abort();
}

/* From that address, or else from where it says that it is. */
static void
hear(const uint8_t *buf, size_t len, uint8_t from)
{
	struct peer_place p = { .port = 7157 };
	struct peer_msg m;

	addr_parse("192.0.2.1", &p.addr);
	p.addr.octet[3] = from;
	if (from % 2 == 0 && peer_msg_decode(buf, len, &m) == 0)
		p.addr = m.address[m.address[0].family == AF_UNSPEC];
	if (p.addr.family != AF_UNSPEC)
		peers_hear(&peers, &p, buf, len, now);
}

/* The kernel answers what it was asked, of one of them or of both. */
static void
answers(uint8_t how, uint8_t what, uint32_t barred)
{
	static const enum peer_result results[] = { PEER_APPLIED, PEER_APPLIED,
		PEER_FAILED, PEER_REFUSED_NAT, PEER_REFUSED_ADDRESS };
	uint32_t i;

	at_once = how & 0x10;
	for (i = 0; i < PEERS; i++)
		if (how & 0x20 << i)
			answer(i, results[what % 5], barred);
}

static void
happens(uint32_t what)
{
	if (what < PEERS)
		(void)peers_again(&peers, what);
	else if (what == PEERS)
		reload();
}

/* Said by one of them, from the address that it announces or another one. */
static void
one_says(const uint8_t *data)
{
	uint8_t buf[PEER_MSG_MAX];
	struct monotime next;
	size_t n = sign(data, buf);

	decode(buf, n);
	hear(buf, n, data[25]);
	now = monotime_add_ms(now, data[25] * 100);
	answers(data[4], data[3], data[0] / 6 & 3);
	if (data[4] & 0x80)
		happens(data[0] / 24 % 4);
	peers_tick(&peers, now);
	next = peers_deadline(&peers);
	/* never: it is for them to speak */
	if (monotime_valid(next) && monotime_cmp(next, now) <= 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (conf[0].port == 0)
		make_keys();
	decode(data, len);
	start();
	hear(data, len, 1);
	for (; len >= RECORD; data += RECORD, len -= RECORD)
		one_says(data);
	peers_free(&peers);
	return 0;
}
