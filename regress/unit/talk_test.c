/* SPDX-License-Identifier: ISC */
/*
 * Peers' datagrams on real sockets, in a namespace of the test's own: by
 * which uplink they came and go, and what is not passed on.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <event.h>
#include <poll.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "parent/peer_msg.h"
#include "prober/device.h"
#include "prober/gate.h"
#include "prober/talk.h"
#include "regress/unit/own_net.h"

#define PORT        7157
#define ITS_PORT    7158
#define LO          1 /* its index in each namespace */
#define PATIENCE_MS 5000
#define NOTHING_MS  50
#define FLOOD       100 /* less than a socket's queue */
#define AT_ONCE     32
#define TURNS_MAX   10000

#define SETUP                                                      \
	"ip link set lo up && ip addr add 192.0.2.1/32 dev lo && " \
	"ip addr add 192.0.2.2/32 dev lo && "                      \
	"ip addr add 192.0.2.3/32 dev lo && "                      \
	"ip addr add 192.0.2.4/32 dev lo && "                      \
	"sysctl -qw net.ipv6.conf.all.disable_ipv6=0 "             \
	"net.ipv6.conf.lo.disable_ipv6=0 && "                      \
	"ip addr add 2001:db8::1/128 dev lo nodad && "             \
	"ip addr add 2001:db8::2/128 dev lo nodad"

static uint8_t secret[2][PEER_SECRET_LEN], key[2][PEER_KEY_LEN];
static struct peer_pair pair[2]; /* ours with it, its with us */
static struct msg_peer_packet heard;
static int nheard, nlost, nturns;
static int peer[FAMILIES]; /* its sockets */
static const char *const ours[FAMILIES] = { "192.0.2.1", "2001:db8::1" };
static const char *const its[FAMILIES] = { "192.0.2.2", "2001:db8::2" };

static void
on_heard(const struct msg_peer_packet *p)
{
	heard = *p;
	nheard++;
	assert_int_equal(msg_peer_packet_valid(p), 1);
}

static void
on_lost(void)
{
	nlost++;
}

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void
listen_on(const char *address, uint32_t port)
{
	struct msg_peer_listen l;
	struct msg_peer_known k;

	memset(&l, 0, sizeof(l));
	if (address != NULL)
		l.address = ip(address);
	l.port = port;
	l.npeers = 1;
	memcpy(l.key, key[0], sizeof(l.key));
	talk_listen(&l, on_heard, on_lost);
	memcpy(k.key, key[1], sizeof(k.key));
	memcpy(k.tag_key, pair[0].tag_key, sizeof(k.tag_key));
	assert_int_equal(gate_add(&k), 0);
}

static void
tell_facts(void)
{
	struct msg_facts f;
	uint32_t i;

	memset(&f, 0, sizeof(f));
	f.uplink = 1;
	f.ifindex = LO;
	for (i = 0; i < FAMILIES; i++)
		f.family[i].address = ip(ours[i]);
	talk_facts(&f);
}

static void
bind_peer(enum family f)
{
	struct addr a = ip(its[f]);
	union device_name name;
	socklen_t len = device_name(&a, ITS_PORT, 0, &name);

	peer[f] = socket(name.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(peer[f], -1);
	assert_int_equal(bind(peer[f], &name.any, len), 0);
}

static int
set_up(void **state)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint32_t i;

	(void)state;
	if (own_net(0) == -1)
		return 0;
	if (system(SETUP) != 0) {
		cannot = "no addresses here";
		return 0;
	}
	for (i = 0; i < 2; i++) {
		memset(seed, (int)i + 1, sizeof(seed));
		crypto_sign_seed_keypair(key[i], secret[i], seed);
	}
	assert_int_equal(peer_pair_make(&pair[0], secret[0], key[1]), 0);
	assert_int_equal(peer_pair_make(&pair[1], secret[1], key[0]), 0);
	event_init();
	for (i = 0; i < FAMILIES; i++)
		bind_peer(i);
	return 0;
}

static void
start(void)
{
	needs_root();
	nheard = nlost = 0;
	listen_on(NULL, PORT);
	talk_forget();
	tell_facts();
}

static size_t
statement(uint8_t *buf)
{
	static uint64_t counter = 100;
	struct peer_msg m;

	memset(&m, 0, sizeof(m));
	m.type = PEER_STATEMENT;
	m.counter = ++counter;
	return peer_msg_encode(&m, &pair[1], secret[1], buf);
}

static void
peer_sends_to(enum family f, const char *address, const void *buf, size_t len)
{
	struct addr to = ip(address);
	union device_name name;
	socklen_t n = device_name(&to, PORT, 0, &name);

	assert_int_equal(
	    sendto(peer[f], buf, len, 0, &name.any, n), (ssize_t)len);
}

static void
peer_sends(enum family f, const void *buf, size_t len)
{
	peer_sends_to(f, ours[f], buf, len);
}

/* On a busy machine the kernel hands over what was sent a bit later. */
static void
comes_to(int nheards, int nlosts)
{
	int i;

	for (i = 0; i < PATIENCE_MS && (nheard < nheards || nlost < nlosts);
	     i++) {
		poll(NULL, 0, 1);
		event_loop(EVLOOP_NONBLOCK);
	}
	assert_int_equal(nheard, nheards);
	assert_int_equal(nlost, nlosts);
}

static void
told_by_which_uplink_it_came(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	struct addr from;
	uint32_t f;
	size_t len;

	(void)state;
	start();
	for (f = 0; f < FAMILIES; f++) {
		from = ip(its[f]);
		len = statement(buf);
		peer_sends(f, buf, len);
		comes_to((int)f + 1, 0);
		assert_int_equal(heard.uplink, 1);
		assert_int_equal(heard.port, ITS_PORT);
		assert_int_equal(addr_cmp(&heard.addr, &from), 0);
		assert_int_equal(heard.len, len);
		assert_memory_equal(heard.data, buf, len);
	}
	talk_forget(); /* uplinks have other numbers */
	len = statement(buf);
	peer_sends(FAMILY_INET, buf, len);
	comes_to(FAMILIES + 1, 0);
	assert_int_equal(heard.uplink, MSG_UPLINK_NONE);
}

static void
strangers_are_not_passed_on(void **state)
{
	uint8_t buf[1024];
	size_t len;

	(void)state;
	start();
	memset(buf, 0, sizeof(buf));
	peer_sends(FAMILY_INET, buf, 0);
	peer_sends(FAMILY_INET, buf, 200);
	len = statement(buf);
	buf[30] ^= 1;
	peer_sends(FAMILY_INET6, buf, len);
	buf[30] ^= 1;
	comes_to(0, 3);
	peer_sends(FAMILY_INET, buf, sizeof(buf)); /* longer than any */
	peer_sends(FAMILY_INET, buf, len);
	comes_to(1, 3);
}

/* What the peer gets within ms: its length; from where is in name. */
static ssize_t
peer_gets(
    enum family f, int ms, uint8_t *buf, size_t size, union device_name *name)
{
	struct pollfd p = { peer[f], POLLIN, 0 };
	socklen_t len = sizeof(*name);

	if (poll(&p, 1, ms) != 1)
		return -1;
	return recvfrom(peer[f], buf, size, 0, &name->any, &len);
}

static void
sends_from(uint32_t uplink, enum family f, const char *own)
{
	struct msg_peer_packet p;

	memset(&p, 0, sizeof(p));
	p.uplink = uplink;
	if (own != NULL)
		p.own = ip(own);
	p.addr = ip(its[f]);
	p.port = ITS_PORT;
	p.len = 5;
	memcpy(p.data, "words", 5);
	talk_send(&p);
}

static void
sends(uint32_t uplink, enum family f)
{
	sends_from(uplink, f, NULL);
}

static void
leaves_by_an_uplink_with_its_address(void **state)
{
	union device_name name;
	uint8_t buf[64];
	struct addr from;

	(void)state;
	start();
	sends(1, FAMILY_INET);
	assert_int_equal(
	    peer_gets(FAMILY_INET, PATIENCE_MS, buf, sizeof(buf), &name), 5);
	from = ip(ours[FAMILY_INET]);
	assert_memory_equal(&name.v4.sin_addr, &from.v4, sizeof(from.v4));
	assert_int_equal(ntohs(name.v4.sin_port), PORT);
	sends(1, FAMILY_INET6);
	assert_int_equal(
	    peer_gets(FAMILY_INET6, PATIENCE_MS, buf, sizeof(buf), &name), 5);
	from = ip(ours[FAMILY_INET6]);
	assert_memory_equal(&name.v6.sin6_addr, &from.v6, sizeof(from.v6));
	assert_memory_equal(buf, "words", 5);
	sends(MSG_UPLINK_NONE, FAMILY_INET); /* as the routes say */
	assert_int_equal(
	    peer_gets(FAMILY_INET, PATIENCE_MS, buf, sizeof(buf), &name), 5);
	sends(2, FAMILY_INET); /* there is no such interface */
	assert_int_equal(
	    peer_gets(FAMILY_INET, NOTHING_MS, buf, sizeof(buf), &name), -1);
}

/* Probes are sent and timed by the same loop. */
static void
on_other(int fd, short what, void *arg)
{
	static const struct timeval at_once = { 0, 0 };
	static int before;
	struct event *other = arg;

	(void)fd;
	(void)what;
	if (nturns++ == 0)
		before = nlost;
	assert_in_range(nlost - before, 0, AT_ONCE);
	before = nlost;
	if (nlost < FLOOD && nturns < TURNS_MAX)
		evtimer_add(other, &at_once);
}

static void
a_flood_leaves_time_for_others(void **state)
{
	struct event other;
	uint8_t buf[PEER_MSG_MAX];
	size_t len;
	int i;

	(void)state;
	start();
	nturns = 0;
	len = statement(buf);
	buf[30] ^= 1;
	for (i = 0; i < FLOOD; i++)
		peer_sends(FAMILY_INET, buf, len);
	evtimer_set(&other, on_other, &other);
	on_other(-1, 0, &other);
	comes_to(0, FLOOD);
	assert_true(nturns > FLOOD / AT_ONCE);
	evtimer_del(&other);
}

static void
listens_elsewhere_or_nowhere(void **state)
{
	uint8_t buf[PEER_MSG_MAX];
	size_t len;

	(void)state;
	start();
	listen_on("2001:db8::1", PORT);
	len = statement(buf);
	peer_sends(FAMILY_INET, buf, len);
	len = statement(buf);
	peer_sends(FAMILY_INET6, buf, len);
	comes_to(1, 0);
	listen_on(NULL, 0);
	len = statement(buf);
	peer_sends(FAMILY_INET6, buf, len);
	listen_on(NULL, PORT);
	len = statement(buf);
	peer_sends(FAMILY_INET, buf, len);
	comes_to(2, 0);
}

/* From which address of ours the peer gets what was sent. */
static int
came_from(const char *address)
{
	struct addr a = ip(address);
	union device_name name;
	uint8_t buf[64];

	return peer_gets(FAMILY_INET, PATIENCE_MS, buf, sizeof(buf), &name) ==
		   5 &&
	       memcmp(&name.v4.sin_addr, &a.v4, sizeof(a.v4)) == 0 &&
	       ntohs(name.v4.sin_port) == PORT;
}

/* A statement from another address than the one it tells looks like a NAT. */
static void
listens_at_one_and_says_it_from_the_uplinks(void **state)
{
	static const char *const one = "192.0.2.3";
	struct addr at = ip("192.0.2.3");
	uint8_t buf[PEER_MSG_MAX];

	(void)state;
	start();
	listen_on(one, PORT);
	sends(1, FAMILY_INET);
	assert_true(came_from(ours[FAMILY_INET]));
	peer_sends_to(FAMILY_INET, "192.0.2.4", buf, statement(buf));
	peer_sends_to(FAMILY_INET, one, buf, statement(buf));
	comes_to(1, 0);
	assert_int_equal(addr_cmp(&heard.own, &at), 0);
	peer_sends(FAMILY_INET, buf, statement(buf)); /* it answers there */
	comes_to(2, 0);
	/* and what came here has its answer from here */
	sends_from(1, FAMILY_INET, one);
	assert_true(came_from(one));
	sends_from(MSG_UPLINK_NONE, FAMILY_INET, one);
	assert_true(came_from(one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_by_which_uplink_it_came),
		cmocka_unit_test(strangers_are_not_passed_on),
		cmocka_unit_test(leaves_by_an_uplink_with_its_address),
		cmocka_unit_test(a_flood_leaves_time_for_others),
		cmocka_unit_test(listens_elsewhere_or_nowhere),
		cmocka_unit_test(listens_at_one_and_says_it_from_the_uplinks),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, set_up, NULL);
}
