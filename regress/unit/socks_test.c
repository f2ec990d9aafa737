/* SPDX-License-Identifier: ISC */
/*
 * Probes by TCP and DNS on a real link, whose other end is a server that the
 * test plays in a namespace of its own.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <net/if.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "prober/device.h"
#include "prober/dns.h"
#include "prober/round.h"
#include "prober/socks.h"
#include "regress/unit/own_net.h"

#define PATIENCE_MS 30000
#define TCP_PORT    80
#define DNS_PORT    53
#define NOT_OPEN    81 /* refused */
#define DROPPED     82
#define TOKEN       UINT64_C(0x1571000000000000)

/* The far side's addresses: the server's, and another that lies for it. */
static const char *const server[FAMILIES] = { "192.0.2.1", "2001:db8::1" };
static const char *const own[FAMILIES] = { "192.0.2.10", "2001:db8::10" };

static int near_ns, far_ns;
static int dns[FAMILIES]; /* the server's sockets */
static struct socks socks;
static struct msg_facts facts;
static uint32_t answers, denials, captives;
static uint32_t last_target;
static uint16_t last_seq;
static uint64_t last_token;
static struct monotime last_at;
static int close_inside; /* the user closes as soon as it is told */

static void
told(uint32_t target, uint16_t seq, uint64_t token)
{
	last_target = target;
	last_seq = seq;
	last_token = token;
	if (close_inside)
		socks_close(&socks);
}

static void
on_answer(void *arg, uint32_t target, uint16_t seq, uint64_t token,
    struct monotime at)
{
	assert_ptr_equal(arg, &socks);
	assert_true(monotime_cmp(at, monotime_now()) <= 0);
	answers++;
	last_at = at;
	told(target, seq, token);
}

static void
on_denied(void *arg, uint32_t target, uint16_t seq, uint64_t token, int captive)
{
	assert_ptr_equal(arg, &socks);
	denials++;
	captives += captive != 0;
	told(target, seq, token);
}

static const struct socks_user user = { on_answer, on_denied };

static void
enter(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

/* A socket of the server's, in its namespace. */
static int
serve(enum family family, int type, uint32_t port)
{
	union device_name name;
	struct addr at;
	int fd, on = 1;

	addr_parse(server[family], &at);
	enter(far_ns);
	fd = socket((int)at.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	enter(near_ns);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(
	    bind(fd, &name.any, device_name(&at, port, 0, &name)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 128), 0);
	return fd;
}

/* The link, from its two ends; the server's is `far`. */
static void
make_link(void)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd),
	    "ip link add wan type veth peer name far netns /proc/%d/fd/%d && "
	    "ip link set wan up && ip addr add 192.0.2.10/24 dev wan && "
	    "ip addr add 2001:db8::10/64 dev wan nodad",
	    (int)getpid(), far_ns);
	assert_int_equal(system(cmd), 0);
	enter(far_ns);
	assert_int_equal(
	    system("ip link set far up && ip addr add 192.0.2.1/24 dev far && "
		   "ip addr add 192.0.2.9/24 dev far && "
		   "ip addr add 2001:db8::1/64 dev far nodad && "
		   "ip addr add 2001:db8::9/64 dev far nodad"),
	    0);
	enter(near_ns);
	facts.ifindex = if_nametoindex("wan");
}

static int
new_ns(void)
{
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	return fd;
}

static int
set_up(void **state)
{
	enum family f;

	(void)state;
	if (own_net(0) == -1)
		return 0;
	far_ns = new_ns();
	assert_int_equal(
	    system("ip link set lo up && nft add table inet t && "
		   "nft 'add chain inet t c { type filter hook input "
		   "priority 0; }' && nft add rule inet t c tcp dport 82 drop"),
	    0);
	near_ns = new_ns();
	strlcpy(facts.ifname, "wan", sizeof(facts.ifname));
	facts.up = facts.carrier = 1;
	make_link();
	event_init();
	for (f = 0; f < FAMILIES; f++) {
		addr_parse(own[f], &facts.family[f].address);
		facts.family[f].prefixlen = f == FAMILY_INET ? 24 : 64;
		dns[f] = serve(f, SOCK_DGRAM, DNS_PORT);
	}
	return 0;
}

/* Each test begins with nothing under way. */
static void
open_socks(enum family f)
{
	needs_root();
	socks_open(&socks, &facts, f, ROUND_LATE_MS, &user, &socks);
	answers = denials = captives = 0;
	close_inside = 0;
}

static struct conf_target
to(enum family f, enum conf_method method, uint32_t port)
{
	struct conf_target t;

	memset(&t, 0, sizeof(t));
	t.id = 3;
	t.method = method;
	t.port = port;
	addr_parse(server[f], &t.address);
	if (method == CONF_METHOD_DNS)
		strlcpy(t.query, "www.example", sizeof(t.query));
	return t;
}

static void
probe(const struct conf_target *t, uint16_t seq)
{
	assert_int_equal(socks_send(&socks, t, seq, TOKEN + seq), 0);
}

static void
loop(void)
{
	struct timeval tv = { 0, 5000 };

	event_loopexit(&tv);
	event_dispatch();
}

/* Until so many were told in all. */
static void
wait_told(uint32_t n)
{
	struct monotime began = monotime_now();

	while (answers + denials < n) {
		loop();
		if (monotime_ms_between(began, monotime_now()) > PATIENCE_MS)
			fail_msg("%u of %u", answers + denials, n);
	}
	assert_int_equal(answers + denials, n);
}

static void
wait_forgotten(void)
{
	struct monotime began = monotime_now();

	while (socks.nprobes > 0) {
		loop();
		if (monotime_ms_between(began, monotime_now()) > PATIENCE_MS)
			fail_msg("%u are left", socks.nprobes);
	}
}

/* A query that came to the server, and who asked. */
struct asked {
	uint8_t octet[DNS_ANSWER_MAX];
	size_t len;
	union device_name from;
	socklen_t fromlen;
};

static void
take_query(enum family f, struct asked *a)
{
	struct pollfd p = { dns[f], POLLIN, 0 };
	ssize_t n;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	a->fromlen = sizeof(a->from);
	n = recvfrom(
	    dns[f], a->octet, sizeof(a->octet), 0, &a->from.any, &a->fromlen);
	assert_true(n > DNS_HEADER);
	a->len = (size_t)n;
}

static void
say_from(int fd, const struct asked *a, const uint8_t *p, size_t len)
{
	assert_int_equal(
	    sendto(fd, p, len, 0, &a->from.any, a->fromlen), (ssize_t)len);
}

/* An answer with one address; how long it is. */
static size_t
make_answer(const struct asked *a, const char *address, uint8_t *out)
{
	struct addr of;
	size_t n = a->len;

	addr_parse(address, &of);
	memcpy(out, a->octet, n);
	out[2] |= 0x80;
	out[7] = 1;
	memcpy(out + n, "\xc0\x0c\0\x01\0\1\0\0\0\x3c\0", 11);
	out[n + 3] = of.family == AF_INET ? 1 : 28;
	out[n + 11] = (uint8_t)addr_len(&of);
	memcpy(out + n + 12, of.octet, addr_len(&of));
	return n + 12 + addr_len(&of);
}

static void
say(enum family f, const struct asked *a, const char *address)
{
	uint8_t out[DNS_ANSWER_MAX];

	say_from(dns[f], a, out, make_answer(a, address, out));
}

/* ---- TCP ---- */

static void
tcp_answered(void **state)
{
	struct conf_target t;
	struct tcp_info info;
	socklen_t len = sizeof(info);
	enum family f;
	int listener, fd;

	(void)state;
	for (f = 0; f < FAMILIES; f++) {
		open_socks(f);
		listener = serve(f, SOCK_STREAM, TCP_PORT);
		t = to(f, CONF_METHOD_TCP, TCP_PORT);
		probe(&t, 7);
		wait_told(1);
		assert_int_equal(answers, 1);
		assert_int_equal(last_target, 3);
		assert_int_equal(last_seq, 7);
		assert_true(last_token == TOKEN + 7);
		assert_int_equal(socks.nprobes, 0);
		/* it ended by a reset: no TIME_WAIT on either side */
		assert_int_not_equal(fd = accept(listener, NULL, NULL), -1);
		assert_int_equal(
		    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
		assert_int_equal(info.tcpi_state, TCP_CLOSE);
		close(fd);
		close(listener);
		socks_close(&socks);
	}
}

static void
tcp_refused(void **state)
{
	struct conf_target t;
	enum family f;

	(void)state;
	for (f = 0; f < FAMILIES; f++) {
		open_socks(f);
		t = to(f, CONF_METHOD_TCP, NOT_OPEN);
		probe(&t, 1);
		wait_told(1);
		assert_int_equal(denials, 1);
		assert_int_equal(captives, 0);
		socks_close(&socks);
	}
}

/* ---- DNS ---- */

static void
dns_answered(void **state)
{
	static const char *const address[] = { "192.0.2.80", "2001:db8::80" };
	struct conf_target t;
	struct asked a;
	enum family f, wanted;

	(void)state;
	for (f = 0; f < FAMILIES; f++) {
		open_socks(f);
		t = to(f, CONF_METHOD_DNS, DNS_PORT);
		for (wanted = 0; wanted < FAMILIES; wanted++) {
			addr_parse(address[wanted], &t.answer);
			probe(&t, 1);
			take_query(f, &a);
			say(f, &a, address[wanted]);
			wait_told(wanted + 1);
			assert_int_equal(answers, wanted + 1);
		}
		socks_close(&socks);
	}
}

static void
dns_wrong(void **state)
{
	struct conf_target t;
	struct asked a;

	(void)state;
	open_socks(FAMILY_INET);
	t = to(FAMILY_INET, CONF_METHOD_DNS, DNS_PORT);
	probe(&t, 1);
	take_query(FAMILY_INET, &a);
	a.octet[3] |= 2; /* server failure */
	say(FAMILY_INET, &a, "192.0.2.80");
	wait_told(1);
	assert_int_equal(denials, 1);
	assert_int_equal(captives, 0);
	addr_parse("192.0.2.80", &t.answer);
	probe(&t, 2);
	take_query(FAMILY_INET, &a);
	say(FAMILY_INET, &a, "192.0.2.81");
	wait_told(2);
	assert_int_equal(denials, 2);
	assert_int_equal(captives, 1);
	assert_int_equal(last_seq, 2);
	socks_close(&socks);
}

/* No port of the server's is open any more: ICMP says so. */
static void
dns_refused(void **state)
{
	struct conf_target t;
	enum family f;

	(void)state;
	for (f = 0; f < FAMILIES; f++) {
		open_socks(f);
		t = to(f, CONF_METHOD_DNS, NOT_OPEN);
		probe(&t, 1);
		wait_told(1);
		assert_int_equal(denials, 1);
		assert_int_equal(captives, 0);
		socks_close(&socks);
	}
}

/* From another address, though to the right port. */
static void
forge_source(enum family f, const struct asked *a)
{
	static const char *const liar[] = { "192.0.2.9", "2001:db8::9" };
	union device_name name;
	uint8_t out[DNS_ANSWER_MAX];
	struct addr from;
	int fd;

	addr_parse(liar[f], &from);
	enter(far_ns);
	fd = socket((int)from.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	enter(near_ns);
	assert_int_equal(
	    bind(fd, &name.any, device_name(&from, 5353, 0, &name)), 0);
	say_from(fd, a, out, make_answer(a, "192.0.2.66", out));
	close(fd);
}

/* Whatever comes before it, the server's own answer counts. */
static void
dns_foreign(void **state)
{
	struct conf_target t;
	struct asked a, b;
	uint8_t out[DNS_ANSWER_MAX * 2] = { 0 };
	enum family f;
	size_t i;

	(void)state;
	for (f = 0; f < FAMILIES; f++) {
		open_socks(f);
		t = to(f, CONF_METHOD_DNS, DNS_PORT);
		addr_parse("192.0.2.80", &t.answer);
		probe(&t, 1);
		take_query(f, &a);
		forge_source(f, &a);
		b = a;
		b.octet[1] ^= 1; /* id */
		say(f, &b, "192.0.2.66");
		b = a;
		b.octet[DNS_HEADER + 1] ^= 0x20; /* case */
		say(f, &b, "192.0.2.66");
		say_from(dns[f], &a, a.octet, a.len); /* the query itself */
		say_from(dns[f], &a, out, 0); /* empty */
		(void)make_answer(&a, "192.0.2.66", out);
		say_from(dns[f], &a, out, sizeof(out)); /* oversized */
		for (i = 0; i < 50; i++) /* more than are read at once */
			say_from(dns[f], &a, out, a.len + 3);
		for (i = 0; i < 20; i++)
			loop();
		assert_int_equal(answers + denials, 0);
		assert_int_equal(socks.nprobes, 1);
		say(f, &a, "192.0.2.80");
		wait_told(1);
		assert_int_equal(answers, 1);
		socks_close(&socks);
	}
}

/* A port and a case for each, and no two alike by more than chance. */
static void
dns_random(void **state)
{
	enum { N = 16 };
	struct conf_target t;
	struct asked a[N];
	int i, ports = 0, ids = 0, cases = 0;

	(void)state;
	open_socks(FAMILY_INET);
	t = to(FAMILY_INET, CONF_METHOD_DNS, DNS_PORT);
	for (i = 0; i < N; i++) {
		probe(&t, (uint16_t)i);
		take_query(FAMILY_INET, &a[i]);
		if (i == 0)
			continue;
		assert_int_equal(a[i].len, a[0].len);
		ports += a[i].from.v4.sin_port != a[i - 1].from.v4.sin_port;
		ids += memcmp(a[i].octet, a[i - 1].octet, 2) != 0;
		cases += memcmp(a[i].octet + DNS_HEADER,
			     a[i - 1].octet + DNS_HEADER, 13) != 0;
	}
	assert_true(ports >= N - 2 && ids >= N - 2 && cases >= N - 3);
	/* the last one is answered, out of order */
	say(FAMILY_INET, &a[N - 1], "192.0.2.80");
	wait_told(1);
	assert_int_equal(last_seq, N - 1);
	assert_int_equal(socks.nprobes, N - 1);
	socks_close(&socks);
}

/* ---- both ---- */

/* The kernel knew it long before we looked. */
static void
looked_late(void)
{
	struct monotime began = monotime_now(), now;

	do
		now = monotime_now();
	while (monotime_ms_between(began, now) < 500);
	wait_told(1);
	assert_int_equal(answers, 1);
	assert_true(monotime_ms_between(last_at, now) >= 400);
}

static void
stamped(void **state)
{
	struct conf_target t;
	struct asked a;
	int listener;

	(void)state;
	open_socks(FAMILY_INET);
	t = to(FAMILY_INET, CONF_METHOD_DNS, DNS_PORT);
	probe(&t, 1);
	take_query(FAMILY_INET, &a);
	say(FAMILY_INET, &a, "192.0.2.80");
	looked_late();
	open_socks(FAMILY_INET);
	listener = serve(FAMILY_INET, SOCK_STREAM, TCP_PORT);
	t = to(FAMILY_INET, CONF_METHOD_TCP, TCP_PORT);
	probe(&t, 1);
	looked_late();
	close(listener);
	socks_close(&socks);
}

/* A late answer is told; silence is forgotten, and costs no descriptor. */
static void
late_and_silent(void **state)
{
	struct conf_target tcp, name;
	struct monotime began;
	struct asked a;

	(void)state;
	open_socks(FAMILY_INET);
	tcp = to(FAMILY_INET, CONF_METHOD_TCP, DROPPED);
	name = to(FAMILY_INET, CONF_METHOD_DNS, DNS_PORT);
	began = monotime_now();
	probe(&tcp, 1);
	probe(&name, 2);
	take_query(FAMILY_INET, &a);
	probe(&name, 3); /* never answered */
	while (monotime_ms_between(began, monotime_now()) < ROUND_LATE_MS / 2) {
		loop();
		/* what is not its answer makes no life longer */
		say_from(dns[FAMILY_INET], &a, a.octet, a.len);
	}
	assert_int_equal(socks.nprobes, 3);
	say(FAMILY_INET, &a, "192.0.2.80");
	wait_told(1);
	assert_int_equal(answers, 1);
	assert_int_equal(last_seq, 2);
	wait_forgotten();
	assert_int_equal(answers + denials, 1);
	/* the loop's timers are coarse */
	assert_true(
	    monotime_ms_between(began, monotime_now()) > ROUND_LATE_MS - 100);
	take_query(FAMILY_INET, &a);
	socks_close(&socks);
}

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* The oldest goes first when there are too many. */
static void
too_many(void **state)
{
	struct conf_target t;
	struct asked first, second, a;
	size_t before;
	uint16_t i;

	(void)state;
	open_socks(FAMILY_INET);
	before = descriptors();
	t = to(FAMILY_INET, CONF_METHOD_DNS, DNS_PORT);
	for (i = 0; i < SOCKS_MAX + 1; i++) {
		probe(&t, i);
		take_query(FAMILY_INET, &a);
		if (i == 0)
			first = a;
		else if (i == 1)
			second = a;
	}
	assert_int_equal(socks.nprobes, SOCKS_MAX);
	assert_int_equal(descriptors(), before + SOCKS_MAX);
	say(FAMILY_INET, &first, "192.0.2.80");
	say(FAMILY_INET, &second, "192.0.2.80");
	wait_told(1);
	assert_int_equal(last_seq, 1);
	assert_int_equal(descriptors(), before + SOCKS_MAX - 1);
	/* opened again: nothing of what was under way is told */
	socks_open(&socks, &facts, FAMILY_INET, ROUND_LATE_MS, &user, &socks);
	assert_int_equal(descriptors(), before);
	say(FAMILY_INET, &a, "192.0.2.80");
	loop();
	assert_int_equal(answers + denials, 1);
	socks_close(&socks);
}

static void
closed_inside(void **state)
{
	struct conf_target tcp, name;
	size_t before;

	(void)state;
	open_socks(FAMILY_INET);
	before = descriptors();
	tcp = to(FAMILY_INET, CONF_METHOD_TCP, NOT_OPEN);
	name = to(FAMILY_INET, CONF_METHOD_DNS, NOT_OPEN);
	close_inside = 1;
	probe(&tcp, 1);
	probe(&name, 2);
	probe(&tcp, 3);
	wait_told(1);
	loop();
	assert_int_equal(answers + denials, 1);
	assert_int_equal(descriptors(), before);
	errno = 0;
	assert_int_equal(socks_send(&socks, &tcp, 4, TOKEN), -1);
	assert_int_not_equal(errno, 0);
	socks_close(&socks); /* is closed already */
	memset(&socks, 0, sizeof(socks));
	socks_close(&socks);
}

static void
cannot_send(const struct conf_target *t, int error)
{
	size_t before = descriptors();

	errno = 0;
	assert_int_equal(socks_send(&socks, t, 1, TOKEN), -1);
	assert_int_equal(errno, error);
	assert_int_equal(descriptors(), before);
	assert_int_equal(socks.nprobes, 0);
}

static void
not_sent(void **state)
{
	struct rlimit all, few;
	struct conf_target t;
	size_t before;

	(void)state;
	/* IPv4 of a bound socket takes every address for a neighbour's then */
	open_socks(FAMILY_INET6);
	t = to(FAMILY_INET6, CONF_METHOD_TCP, TCP_PORT);
	addr_parse("2001:db8:ffff::1", &t.address);
	cannot_send(&t, ENETUNREACH);
	t.method = CONF_METHOD_DNS;
	strlcpy(t.query, "a", sizeof(t.query));
	cannot_send(&t, ENETUNREACH);
	open_socks(FAMILY_INET);
	cannot_send(&t, EADDRNOTAVAIL); /* of the other family */
	t = to(FAMILY_INET, CONF_METHOD_DNS, DNS_PORT);
	strlcpy(t.query, "a..b", sizeof(t.query));
	cannot_send(&t, EINVAL);
	addr_parse("192.0.2.11", &socks.own); /* not ours any more */
	t = to(FAMILY_INET, CONF_METHOD_TCP, TCP_PORT);
	cannot_send(&t, EADDRNOTAVAIL);
	socks_close(&socks);

	/* no descriptor is left: nothing of the line */
	open_socks(FAMILY_INET);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	before = descriptors();
	few = all;
	few.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	errno = 0;
	assert_int_equal(socks_send(&socks, &t, 1, TOKEN), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_int_equal(descriptors(), before);
	socks_close(&socks);
}

/* Deleted under way, and back under another index. */
static void
interface_deleted(void **state)
{
	struct conf_target tcp, name;
	struct asked a;
	size_t before;

	(void)state;
	open_socks(FAMILY_INET);
	before = descriptors();
	tcp = to(FAMILY_INET, CONF_METHOD_TCP, DROPPED);
	name = to(FAMILY_INET, CONF_METHOD_DNS, DNS_PORT);
	probe(&tcp, 1);
	probe(&name, 2);
	take_query(FAMILY_INET, &a);
	assert_int_equal(system("ip link del wan"), 0);
	loop();
	assert_int_equal(answers, 0);
	assert_int_equal(socks_send(&socks, &name, 3, TOKEN), -1);
	assert_int_equal(errno, ENODEV);
	socks_close(&socks);
	assert_int_equal(descriptors(), before);
	make_link();
	open_socks(FAMILY_INET);
	probe(&name, 4);
	take_query(FAMILY_INET, &a);
	say(FAMILY_INET, &a, "192.0.2.80");
	wait_told(1);
	assert_int_equal(answers, 1);
	assert_int_equal(last_seq, 4);
	socks_close(&socks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_answered),
		cmocka_unit_test(tcp_refused),
		cmocka_unit_test(dns_answered),
		cmocka_unit_test(dns_wrong),
		cmocka_unit_test(dns_refused),
		cmocka_unit_test(dns_foreign),
		cmocka_unit_test(dns_random),
		cmocka_unit_test(stamped),
		cmocka_unit_test(late_and_silent),
		cmocka_unit_test(too_many),
		cmocka_unit_test(closed_inside),
		cmocka_unit_test(not_sent),
		cmocka_unit_test(interface_deleted),
	};

	return cmocka_run_group_tests_name("socks", tests, set_up, NULL);
}
