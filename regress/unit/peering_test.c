/* SPDX-License-Identifier: ISC */
/*
 * The peers' protocol in the real parent: what goes out by the prober, what
 * comes in by it and goes to netconf, and what a prober that lies can do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "parent/peering.h"
#include "regress/unit/clock.h"
#include "regress/unit/parent_rig.h"

#define HUB_ADDRESS  "8.8.4.4" /* it is the peer */
#define HUB_ADDRESS2 "9.9.9.10"

static const char *const site =
    "primary eth1 { target 198.51.100.7 }\n"
    "backup dsl { interface eth3 }\n"
    "fallback automatic { after 0s stable 0s drain %s }\n"
    "identity \"/etc/dialfail/private/key\"\n"
    "peer left { tunnel gre0 }\n"
    "peer hub {\n"
    "  key \"%s\"\n"
    "  address " HUB_ADDRESS "\n"
    "  tunnel gre1\n"
    "  hello 10m\n"
    "}\n";

static const char *drain = "0s";
static uint8_t hub_secret[PEER_SECRET_LEN], hub_key[PEER_KEY_LEN];
static struct peer_pair pair; /* the hub's with us */
static char dir[] = "/tmp/peering_test.XXXXXX";
static uint32_t starts; /* with this directory, if it is there already */
static uint64_t counter = 1000;

static void
make_keys(void)
{
	uint8_t seed[crypto_sign_SEEDBYTES], secret[PEER_SECRET_LEN];
	uint8_t key[PEER_KEY_LEN];

	CHECK(sodium_init() != -1);
	memset(seed, 1, sizeof(seed)); /* rig_offer_peers() */
	crypto_sign_seed_keypair(key, secret, seed);
	memset(seed, 2, sizeof(seed));
	crypto_sign_seed_keypair(hub_key, hub_secret, seed);
	CHECK(peer_pair_make(&pair, hub_secret, key) == 0);
}

static void
configure(void)
{
	char text[1024], key[KEY_STRLEN];

	make_keys();
	CHECK(starts > 0 || mkdtemp(dir) != NULL);
	peering_open(dir);
	snprintf(text, sizeof(text), site, drain, key_format(hub_key, key));
	rig_configured(text);
}

static struct addr
at(const char *text)
{
	struct addr a;

	CHECK(addr_parse(text, &a) == 0);
	return a;
}

/* What we say next: to where and by which uplink is in out. */
static struct msg_peer_packet out;

static struct peer_msg
said(void)
{
	struct peer_msg m;

	rig_expect(CHILD_PROBER, IMSG_PEER_OUT, &out, sizeof(out));
	CHECK(msg_peer_packet_valid(&out));
	CHECK(peer_msg_decode(out.data, out.len, &m) == 0);
	CHECK(peer_tagged(out.data, out.len, &pair));
	CHECK(peer_msg_signed(out.data, out.len, &pair));
	return m;
}

static struct peer_msg
said_next(enum peer_msg_type type, uint32_t uplink)
{
	struct peer_msg m;

	do
		m = said();
	while (m.type != type || out.uplink != uplink);
	return m;
}

/* The hub says this; the prober passes it on as it is in packet. */
static struct msg_peer_packet packet;

static void
write_packet(const struct peer_msg *m, const char *from)
{
	memset(&packet, 0, sizeof(packet));
	packet.addr = at(from);
	packet.port = 7157;
	packet.len =
	    (uint32_t)peer_msg_encode(m, &pair, hub_secret, packet.data);
}

static void
pass(void)
{
	rig_send(CHILD_PROBER, IMSG_PEER_IN, &packet, sizeof(packet));
}

static struct peer_msg
statement(const char *address, const uint8_t *nonce)
{
	struct peer_msg m;

	memset(&m, 0, sizeof(m));
	m.type = PEER_STATEMENT;
	m.counter = ++counter;
	m.path = 1;
	m.reason = PEER_FAILOVER;
	m.hello_s = 600;
	m.address[FAMILY_INET] = at(address);
	if (nonce != NULL)
		memcpy(m.nonce, nonce, sizeof(m.nonce));
	return m;
}

static void
hub_says(const char *address, const uint8_t *nonce)
{
	struct peer_msg m = statement(address, nonce);

	write_packet(&m, address);
	pass();
}

static void
hub_acknowledges(const struct peer_msg *s, enum peer_result result)
{
	struct peer_msg m;

	memset(&m, 0, sizeof(m));
	m.type = PEER_ACK;
	m.counter = s->counter;
	m.path = s->path;
	m.result = result;
	m.seen = s->address[FAMILY_INET];
	m.port = 7157;
	write_packet(&m, HUB_ADDRESS);
	packet.uplink = out.uplink;
	pass();
}

static const struct peer *
hub(void)
{
	return &peering_peers()->peer[0];
}

/* On the primary, and the hub knows it. */
static struct peer_msg
home(void)
{
	struct msg_peer_listen l;
	struct peer_msg m;

	configure();
	rig_expect(CHILD_PROBER, IMSG_PEER_LISTEN, &l, sizeof(l));
	CHECK(msg_peer_listen_valid(&l) && l.port == 7157);
	rig_facts(0, 1);
	rig_facts(1, 1);
	rig_adopt(0, 0);
	rig_apply();
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	m = said_next(PEER_STATEMENT, 0);
	CHECK(m.reason == PEER_START && m.path == 1);
	hub_acknowledges(&m, PEER_APPLIED);
	CHECK(hub()->acked && !hub()->nat);
	return m;
}

/* What netconf was asked, and answered; 1: the peer drains where it was. */
static uint32_t
answer(enum msg_net_peer_result result, const char *why)
{
	struct msg_net_peer_done d;
	struct msg_net_peer m;

	rig_expect(CHILD_NETCONF, IMSG_NET_PEER, &m, sizeof(m));
	CHECK(msg_net_peer_valid(&m));
	memset(&d, 0, sizeof(d));
	d.gen = m.gen;
	d.id = m.id;
	d.result = result;
	strlcpy(d.text, why, sizeof(d.text));
	rig_send(CHILD_NETCONF, IMSG_NET_PEER_DONE, &d, sizeof(d));
	return m.drains;
}

/* The hub is believed from now on. */
static void
trusted(void)
{
	struct peer_msg m;

	home();
	hub_says(HUB_ADDRESS, NULL);
	m = said_next(PEER_CHALLENGE, packet.uplink);
	hub_says(HUB_ADDRESS, m.nonce);
	answer(MSG_PEER_APPLIED, "");
	m = said_next(PEER_ACK, packet.uplink);
	CHECK(m.counter == counter && m.result == PEER_APPLIED);
}

static int
is_at(const char *address)
{
	struct addr a = at(address);

	return memcmp(&hub()->address.v4, &a.v4, sizeof(a.v4)) == 0;
}

/* ---- what we say ---- */

static void
fail_over(void)
{
	struct mevent e = { .type = MEV_FAILOVER, .uplink = 1, .id = 1 };

	engine_event(&e);
	rig_round(1, MSG_GOOD, MSG_CAUSE_NONE);
	rig_apply();
}

/* How often all peers knew of a failover. */
static uint64_t
all_knew(void)
{
	return histogram_count(&parent->phase[CTL_PHASE_PEERS]);
}

static void
told_at_each_switch(void)
{
	struct addr there = at("203.0.113.17"), hq = at(HUB_ADDRESS);
	struct peer_msg m = home();
	uint64_t first = m.counter;

	CHECK(addr_cmp(&out.addr, &hq) == 0 && out.port == 7157);
	fail_over();
	m = said_next(PEER_STATEMENT, 0);
	CHECK(m.path == 0); /* not where it says that it is */
	m = said_next(PEER_STATEMENT, 1);
	CHECK(m.path == 1 && m.reason == PEER_FAILOVER);
	CHECK(m.counter > first);
	CHECK(addr_cmp(&m.address[FAMILY_INET], &there) == 0);
	CHECK(all_knew() == 0); /* that at the start was no failover */
	CHECK(parent->event.peers_ms == 0);
	hub_acknowledges(&m, PEER_REFUSED_NAT);
	CHECK(all_knew() == 1);
	CHECK(parent->event.peers_ms > 0);
	hub_acknowledges(&m, PEER_REFUSED_NAT);
	CHECK(all_knew() == 1);
	CHECK(hub()->acked && hub()->result == PEER_REFUSED_NAT);
}

/* While the old uplink drains, tunnels wait for that. */
static void
netconf_hears_who_knows(void)
{
	struct msg_net_follow f;
	struct peer_msg m;

	drain = "1m";
	home();
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_FOLLOW) == 0);
	fail_over();
	do
		m = said_next(PEER_STATEMENT, 1);
	while (m.reason != PEER_FAILOVER);
	hub_acknowledges(&m, PEER_APPLIED);
	rig_expect(CHILD_NETCONF, IMSG_NET_FOLLOW, &f, sizeof(f));
	CHECK(f.gen == parent->conf.gen && f.id == hub()->conf->id);
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_FOLLOW) == 0);
	peering_carried(1); /* a new netconf has laid it again */
	rig_expect(CHILD_NETCONF, IMSG_NET_FOLLOW, &f, sizeof(f));
}

static void
where_it_was_it_may_still_be(void)
{
	struct peer_msg m;

	trusted();
	m = statement(HUB_ADDRESS2, NULL);
	m.reason = PEER_FALLBACK;
	write_packet(&m, HUB_ADDRESS2);
	pass();
	CHECK(answer(MSG_PEER_APPLIED, "") == 1);
	/* but not when the same is set again for its WireGuard */
	fail_over();
	do
		m = said_next(PEER_STATEMENT, 1);
	while (m.reason != PEER_FAILOVER);
	hub_acknowledges(&m, PEER_FAILED);
	CHECK(answer(MSG_PEER_APPLIED, "") == 0);
}

/* What it could not take would stand before its answer to a ping. */
static void
a_busy_prober_is_not_told_to_say_more(void)
{
	uint32_t i, verbose = 0;
	uint64_t said_before;

	home();
	fail_over();
	for (i = 0; i < 50000; i++)
		parent_send(
		    CHILD_PROBER, IMSG_VERBOSE, -1, &verbose, sizeof(verbose));
	said_before = hub()->stats.sent;
	for (i = 0; i < 150; i++) {
		usleep(10000);
		rig_run();
	}
	CHECK(hub()->stats.sent <= said_before + 1);
	said_before++;
	/* it takes all of them */
	for (i = 0; i < 1000 && hub()->stats.sent <= said_before; i++)
		(void)said();
	CHECK(hub()->stats.sent > said_before);
}

static void
told_of_another_address(void)
{
	struct peer_msg m = home();
	struct msg_facts f = parent->uplink[0].facts;

	f.family[FAMILY_INET].address = at("192.0.2.99");
	rig_send(CHILD_NETCONF, IMSG_FACTS, &f, sizeof(f));
	m = said_next(PEER_STATEMENT, 0);
	CHECK(m.reason == PEER_ADDRESS);
	CHECK(m.address[FAMILY_INET].octet[3] == 99);
	CHECK(!hub()->acked);
}

/* ---- what people are told ---- */

static void
people_hear(const char *text)
{
	struct msg_alarm a;

	rig_alarm("peer", &a);
	CHECK(strcmp(a.text, text) == 0);
}

static void
people_hear_who_does_not_follow(void)
{
	struct peer_msg m = home();

	fail_over();
	do
		m = said_next(PEER_STATEMENT, 1);
	while (m.reason != PEER_FAILOVER);
	clock_ahead_ms += PEERS_UNACKED_MS;
	people_hear("hub does not acknowledge where we are");
	hub_acknowledges(&m, PEER_REFUSED_NAT);
	people_hear("hub refuses where we are: behind NAT");
	CHECK(all_knew() == 0); /* so late it tells of something else */
}

static void
people_hear_who_is_silent(void)
{
	trusted();
	clock_ahead_ms += PEERS_SILENT_HELLOS * 600 * 1000 + PEERS_SILENT_MS;
	people_hear("hub is silent on every uplink");
}

/* Its number is above all that an earlier run used. */
static void
starts_once_more(void)
{
	struct peer_msg m = home();

	CHECK(m.counter >> 32 == starts);
}

/* In a process of its own each, by a clock that is wrong by years. */
static void
starts_are_counted(void)
{
	static const int64_t years[] = { 0, -20, 10, -20 };
	char path[64], text[16] = "";
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	for (starts = 1; starts <= 4; starts++) {
		clock_set_ms = years[starts - 1] * 365 * 86400 * 1000;
		CHECK(rig_story(starts_once_more) == 0);
	}
	snprintf(path, sizeof(path), "%s/starts", dir);
	CHECK((f = fopen(path, "r")) != NULL);
	CHECK(fgets(text, sizeof(text), f) != NULL && fclose(f) == 0);
	CHECK(strcmp(text, "4\n") == 0);
}

static void
a_reload_keeps_what_is_known(void)
{
	uint64_t heard;

	trusted();
	heard = hub()->heard_counter;
	CHECK(reload_begin(MSG_CONF_FILE, 0, 0) == 0);
	rig_offer(rig.conf, parent->conf.gen + 1);
	rig_accept();
	CHECK(hub()->trusted && hub()->heard_counter == heard);
	CHECK(is_at(HUB_ADDRESS));
}

static void
without_peers_nobody_listens(void)
{
	struct msg_peer_listen l;

	trusted();
	rig.conf->npeers = rig.conf->nkeyed = 0;
	CHECK(reload_begin(MSG_CONF_FILE, 0, 0) == 0);
	rig_offer(rig.conf, parent->conf.gen + 1);
	rig_accept();
	rig_expect(CHILD_PROBER, IMSG_PEER_LISTEN, &l, sizeof(l));
	CHECK(l.port == 0 && peering_peers()->n == 0);
	hub_says(HUB_ADDRESS2, NULL); /* one that was on its way */
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_PEER) == 0);
	CHECK(!parent->quitting);
}

/* ---- what we hear ---- */

static void
followed(void)
{
	struct peer_msg m;

	trusted();
	hub_says(HUB_ADDRESS2, NULL);
	CHECK(rig_count(CHILD_PROBER, IMSG_PEER_OUT) == 0); /* not yet */
	answer(MSG_PEER_APPLIED, "");
	m = said_next(PEER_ACK, packet.uplink);
	CHECK(m.result == PEER_APPLIED && m.counter == counter);
	CHECK(is_at(HUB_ADDRESS2));
}

static void
not_followed(void)
{
	static const struct {
		enum msg_net_peer_result is;
		enum peer_result told;
	} result[] = { { MSG_PEER_ADDRESS, PEER_REFUSED_ADDRESS },
		{ MSG_PEER_NAT, PEER_REFUSED_NAT },
		{ MSG_PEER_FAILED, PEER_FAILED } };
	struct peer_msg m;
	size_t i;

	trusted();
	for (i = 0; i < sizeof(result) / sizeof(*result); i++) {
		hub_says(HUB_ADDRESS2, NULL);
		answer(result[i].is, "gre1: why");
		m = said_next(PEER_ACK, packet.uplink);
		CHECK(m.result == result[i].told);
		CHECK(is_at(HUB_ADDRESS));
	}
}

static void
netconf_answers_what_was_not_asked(void)
{
	struct msg_net_peer_done d;

	trusted();
	memset(&d, 0, sizeof(d));
	d.gen = parent->conf.gen - 1; /* of a configuration that was */
	d.id = 77;
	rig_send(CHILD_NETCONF, IMSG_NET_PEER_DONE, &d, sizeof(d));
	CHECK(!parent->quitting);
	d.gen = parent->conf.gen;
	d.id = 0; /* it has no key: the parent does not know it */
	rig_send(CHILD_NETCONF, IMSG_NET_PEER_DONE, &d, sizeof(d));
	CHECK(parent->quitting);
}

/* A NAT before the hub lets in no other address than it spoke to. */
static void
answered_from_there(void)
{
	struct addr there = at("198.51.100.99");
	struct peer_msg m;

	home();
	m = statement(HUB_ADDRESS, NULL);
	write_packet(&m, HUB_ADDRESS);
	packet.own = there;
	pass();
	(void)said_next(PEER_CHALLENGE, packet.uplink);
	CHECK(addr_cmp(&out.own, &there) == 0);
}

/* A tunnel to the hub was made again. */
static void
led_again(void)
{
	struct msg_net_peer_again a;
	struct msg_net_peer m;

	trusted();
	a.gen = parent->conf.gen - 1; /* of a configuration that was */
	a.id = 77;
	rig_send(CHILD_NETCONF, IMSG_NET_PEER_AGAIN, &a, sizeof(a));
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_PEER) == 0);
	a.gen = parent->conf.gen;
	a.id = hub()->conf->id;
	rig_send(CHILD_NETCONF, IMSG_NET_PEER_AGAIN, &a, sizeof(a));
	rig_expect(CHILD_NETCONF, IMSG_NET_PEER, &m, sizeof(m));
	CHECK(m.id == a.id && m.drains == 0);
	CHECK(memcmp(&m.address[FAMILY_INET].v4, &hub()->address.v4, 4) == 0);
	CHECK(!parent->quitting);
	a.id = 0; /* it has no key */
	rig_send(CHILD_NETCONF, IMSG_NET_PEER_AGAIN, &a, sizeof(a));
	CHECK(parent->quitting);
}

/* The same key on new hardware: its counter begins anew. */
static void
proves_itself_again(void)
{
	struct peer_msg m;
	uint64_t before;

	trusted();
	before = counter;
	CHECK(peering_forget("left") == -1); /* it has no key */
	CHECK(peering_forget("hub") == 0);
	hub_says(HUB_ADDRESS2, NULL); /* newer, but nothing counts */
	m = said_next(PEER_CHALLENGE, packet.uplink);
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_PEER) == 0);
	CHECK(is_at(HUB_ADDRESS));
	counter = 5;
	hub_says(HUB_ADDRESS2, m.nonce);
	answer(MSG_PEER_APPLIED, "");
	CHECK(is_at(HUB_ADDRESS2) && hub()->heard_counter == 6);
	CHECK(before > 6);
}

/* ---- a prober that lies ---- */

/* Whatever it does, nothing goes to netconf that the hub did not say. */
static void
nothing_comes_of_it(void)
{
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_PEER) == 0);
	CHECK(!parent->quitting);
	CHECK(is_at(HUB_ADDRESS));
}

static void
alters(void)
{
	struct peer_msg m;
	uint32_t i;

	trusted();
	m = statement(HUB_ADDRESS2, NULL);
	write_packet(&m, HUB_ADDRESS2);
	for (i = 0; i < packet.len; i++) {
		packet.data[i] ^= (uint8_t)(1u << i % 8);
		pass();
		packet.data[i] ^= (uint8_t)(1u << i % 8);
	}
	for (i = packet.len; i-- > 0;) {
		packet.len = i;
		if (i > 0)
			pass();
	}
	nothing_comes_of_it();
	write_packet(&m, HUB_ADDRESS2);
	pass(); /* unaltered, it is as good as ever */
	answer(MSG_PEER_APPLIED, "");
	CHECK(is_at(HUB_ADDRESS2));
}

/* It knows the tag key, not the hub's: its own signs it. */
static void
write_forged(const struct peer_msg *m, const char *from)
{
	uint8_t seed[crypto_sign_SEEDBYTES], secret[PEER_SECRET_LEN];
	uint8_t key[PEER_KEY_LEN];

	memset(seed, 3, sizeof(seed));
	crypto_sign_seed_keypair(key, secret, seed);
	write_packet(m, from);
	packet.len = (uint32_t)peer_msg_encode(m, &pair, secret, packet.data);
}

static void
forges(void)
{
	struct peer_msg m;
	uint64_t before;

	trusted();
	m = statement(HUB_ADDRESS2, NULL);
	write_forged(&m, HUB_ADDRESS2);
	before = peering_peers()->forged;
	pass();
	CHECK(peering_peers()->forged == before + 1);
	nothing_comes_of_it();
}

/* We would say no more, and the hub would lead its tunnels to nowhere. */
static void
forges_an_acknowledgement(void)
{
	struct peer_msg m, ack = { .type = PEER_ACK, .path = 1 };
	uint64_t before;

	home();
	fail_over();
	do
		m = said_next(PEER_STATEMENT, 1);
	while (m.reason != PEER_FAILOVER);
	ack.counter = m.counter;
	ack.seen = m.address[FAMILY_INET];
	before = peering_peers()->forged;
	write_forged(&ack, HUB_ADDRESS);
	pass();
	CHECK(peering_peers()->forged == before + 1);
	CHECK(!hub()->acked && all_knew() == 0);
	CHECK(rig_count(CHILD_NETCONF, IMSG_NET_FOLLOW) == 0);
	(void)said_next(PEER_STATEMENT, 1); /* it goes on */
	hub_acknowledges(&m, PEER_APPLIED);
	CHECK(hub()->acked && all_knew() == 1);
}

/* We would say it by a nonce that is not the hub's, or with a last counter. */
static void
forges_a_challenge(void)
{
	struct peer_msg m, ask = { .type = PEER_CHALLENGE };
	uint64_t before;

	home();
	fail_over();
	do
		m = said_next(PEER_STATEMENT, 1);
	while (m.reason != PEER_FAILOVER);
	ask.counter = UINT64_MAX / 2;
	memset(ask.nonce, 9, sizeof(ask.nonce));
	before = peering_peers()->forged;
	write_forged(&ask, HUB_ADDRESS);
	pass();
	CHECK(peering_peers()->forged == before + 1);
	CHECK(hub()->counter == m.counter && hub()->floor == 0);
	ask.counter = m.counter + 5;
	write_packet(&ask, HUB_ADDRESS);
	pass(); /* it is the hub's own */
	do
		m = said_next(PEER_STATEMENT, 1);
	while (m.counter <= ask.counter);
	CHECK(memcmp(m.nonce, ask.nonce, sizeof(m.nonce)) == 0);
}

/* It keeps what it passed on, and passes it on again later. */
static void
replays(void)
{
	struct msg_peer_packet kept;
	int i;

	trusted();
	hub_says(HUB_ADDRESS2, NULL);
	kept = packet;
	answer(MSG_PEER_APPLIED, "");
	hub_says(HUB_ADDRESS, NULL);
	answer(MSG_PEER_APPLIED, "");
	packet = kept;
	for (i = 0; i < 10; i++)
		pass();
	CHECK(hub()->stats.replayed == 10);
	nothing_comes_of_it();
}

/* That makes a NAT of it, which leads nothing anywhere. */
static void
lies_about_where_it_came_from(void)
{
	struct msg_net_peer n;
	struct peer_msg m;

	trusted();
	m = statement(HUB_ADDRESS, NULL);
	write_packet(&m, "6.6.6.6");
	pass();
	rig_expect(CHILD_NETCONF, IMSG_NET_PEER, &n, sizeof(n));
	CHECK(n.nat == 1u << FAMILY_INET && n.barred == 0);
	CHECK(n.address[FAMILY_INET].family == AF_UNSPEC);
	CHECK(is_at(HUB_ADDRESS));
}

/* Then it is said again, and in the end told to people. */
static void
drops(void)
{
	struct peer_msg m;
	int i;

	home();
	fail_over();
	for (i = 0; i < 3; i++) {
		do
			m = said_next(PEER_STATEMENT, 1);
		while (m.reason != PEER_FAILOVER);
	}
	CHECK(!hub()->acked);
}

static void
says_what_cannot_be(void)
{
	trusted();
	hub_says(HUB_ADDRESS, NULL);
	packet.len = sizeof(packet.data) + 1;
	pass();
	CHECK(parent->quitting);
}

#define STORY(name)                                   \
	static void test_##name(void **state)         \
	{                                             \
		(void)state;                          \
		assert_int_equal(rig_story(name), 0); \
	}

STORY(told_at_each_switch)
STORY(netconf_hears_who_knows)
STORY(where_it_was_it_may_still_be)
STORY(a_busy_prober_is_not_told_to_say_more)
STORY(told_of_another_address)
STORY(people_hear_who_does_not_follow)
STORY(people_hear_who_is_silent)
STORY(starts_are_counted)
STORY(a_reload_keeps_what_is_known)
STORY(without_peers_nobody_listens)
STORY(followed)
STORY(not_followed)
STORY(netconf_answers_what_was_not_asked)
STORY(answered_from_there)
STORY(led_again)
STORY(proves_itself_again)
STORY(alters)
STORY(forges)
STORY(forges_an_acknowledgement)
STORY(forges_a_challenge)
STORY(replays)
STORY(lies_about_where_it_came_from)
STORY(drops)
STORY(says_what_cannot_be)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_at_each_switch),
		cmocka_unit_test(test_netconf_hears_who_knows),
		cmocka_unit_test(test_where_it_was_it_may_still_be),
		cmocka_unit_test(test_a_busy_prober_is_not_told_to_say_more),
		cmocka_unit_test(test_told_of_another_address),
		cmocka_unit_test(test_people_hear_who_does_not_follow),
		cmocka_unit_test(test_people_hear_who_is_silent),
		cmocka_unit_test(test_starts_are_counted),
		cmocka_unit_test(test_a_reload_keeps_what_is_known),
		cmocka_unit_test(test_without_peers_nobody_listens),
		cmocka_unit_test(test_followed),
		cmocka_unit_test(test_not_followed),
		cmocka_unit_test(test_netconf_answers_what_was_not_asked),
		cmocka_unit_test(test_answered_from_there),
		cmocka_unit_test(test_led_again),
		cmocka_unit_test(test_proves_itself_again),
		cmocka_unit_test(test_alters),
		cmocka_unit_test(test_forges),
		cmocka_unit_test(test_forges_an_acknowledgement),
		cmocka_unit_test(test_forges_a_challenge),
		cmocka_unit_test(test_replays),
		cmocka_unit_test(test_lies_about_where_it_came_from),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_says_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
