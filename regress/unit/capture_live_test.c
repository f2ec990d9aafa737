/* SPDX-License-Identifier: ISC */
/*
 * Frames of a real interface into the ring and into a file: which of them,
 * and what remains when the interface goes and comes back.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h>

#include <arpa/inet.h>
#include <event.h>
#include <netpacket/packet.h>
#include <pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "prober/capture.h"
#include "prober/ring.h"
#include "regress/unit/own_net.h"

#define ALL_FRAMES 0x0003 /* ETH_P_ALL */

static int raw; /* the other end */
static struct msg_facts facts;

static void
wires(void)
{
	struct sockaddr_ll sll;

	assert_int_equal(
	    system("ip link add wan type veth peer name gw && "
		   "ip link set gw arp off up && ip link set wan arp off up"),
	    0);
	raw = socket(AF_PACKET, SOCK_RAW, htons(ALL_FRAMES));
	assert_int_not_equal(raw, -1);
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ALL_FRAMES);
	sll.sll_ifindex = (int)if_nametoindex("gw");
	assert_int_equal(bind(raw, (struct sockaddr *)&sll, sizeof(sll)), 0);
	facts.ifindex = if_nametoindex("wan");
	facts.up = facts.carrier = 1;
}

static int
set_up(void **state)
{
	(void)state;
	if (own_net(0) == -1)
		return 0;
	event_init();
	assert_int_equal(
	    system("sysctl -qw net.ipv6.conf.default.disable_ipv6=1"), 0);
	strlcpy(facts.ifname, "wan", sizeof(facts.ifname));
	wires();
	return 0;
}

static void
begin(void)
{
	needs_root();
	capture_configure(CONF_CAPTURE_NONE); /* what was kept is forgotten */
}

/* Protocol, where it goes, and an octet of its header that tells the kind. */
static void
say(unsigned int type, uint8_t proto, uint16_t port, uint8_t flags)
{
	uint8_t p[1000] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	size_t l4 = type == 0x86dd ? 54 : 34;

	p[12] = (uint8_t)(type >> 8);
	p[13] = (uint8_t)type;
	if (type == 0x0800) {
		p[14] = 0x45;
		p[16] = (sizeof(p) - 14) >> 8;
		p[17] = (sizeof(p) - 14) & 0xff;
		p[23] = proto;
	} else if (type == 0x86dd) {
		p[14] = 0x60;
		p[20] = proto;
	} else if (type == 0x8864)
		p[20] = proto; /* PPP's protocol, its first octet */
	p[l4 + 2] = (uint8_t)(port >> 8);
	p[l4 + 3] = (uint8_t)port;
	if (proto == 6) {
		p[l4 + 12] = 0x50;
		p[l4 + 13] = flags;
	}
	assert_int_equal(write(raw, p, sizeof(p)), (ssize_t)sizeof(p));
}

/* What is kept by now, as the file tells; its link in *link. */
static uint32_t
kept(int *link)
{
	struct msg_capture m = { .event = "0001" };
	struct msg_capture_done done;
	char path[] = "/tmp/dialfail-live.XXXXXX", why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *p;
	uint32_t n = 0;
	int64_t at, last = 0;
	pcap_t *file;

	capture_write(&m, mkstemp(path), &done);
	assert_int_equal(done.ok, 1);
	file = pcap_open_offline_with_tstamp_precision(
	    path, PCAP_TSTAMP_PRECISION_NANO, why);
	assert_non_null(file);
	for (; pcap_next_ex(file, &h, &p) == 1; n++) {
		at = h->ts.tv_sec * INT64_C(1000000000) + h->ts.tv_usec;
		assert_true(at >= last);
		assert_true(h->caplen <= RING_SNAPLEN);
		assert_true(h->len >= h->caplen);
		last = at;
	}
	if (link != NULL)
		*link = pcap_datalink(file);
	pcap_close(file);
	unlink(path);
	assert_int_equal(n, done.frames);
	return n;
}

static const struct frame {
	unsigned int type;
	uint8_t proto;
	uint16_t port;
	uint8_t flags;
	uint32_t control;
} frames[] = {
	{ 0x0806, 0, 0, 0, 1 }, /* ARP */
	{ 0x0800, 1, 0, 0, 1 }, /* ICMP */
	{ 0x86dd, 58, 0, 0, 1 }, /* ICMPv6 */
	{ 0x0800, 17, 53, 0, 1 }, /* DNS */
	{ 0x86dd, 17, 53, 0, 1 },
	{ 0x0800, 17, 67, 0, 1 }, /* DHCP */
	{ 0x86dd, 17, 547, 0, 1 },
	{ 0x0800, 6, 443, 2, 1 }, /* SYN, FIN, RST */
	{ 0x0800, 6, 443, 1, 1 },
	{ 0x86dd, 6, 443, 4, 1 },
	{ 0x888e, 0, 0, 0, 1 }, /* EAPOL */
	{ 0x8863, 0, 0, 0, 1 }, /* PPPoE discovery */
	{ 0x8864, 0xc0, 0, 0, 1 }, /* LCP in it */
	{ 0x8864, 0x00, 0, 0, 0 }, /* IPv4 in it */
	{ 0x0800, 6, 443, 16, 0 }, /* users' data */
	{ 0x86dd, 6, 443, 16, 0 },
	{ 0x0800, 17, 443, 0, 0 },
	{ 0x0800, 50, 0, 0, 0 },
};
#define NFRAMES (sizeof(frames) / sizeof(frames[0]))

static void
which(void **state)
{
	uint32_t i, n = 0, before;

	(void)state;
	begin();
	capture_configure(CONF_CAPTURE_CONTROL);
	capture_facts(&facts);
	for (i = 0; i < NFRAMES; i++) {
		before = n;
		say(frames[i].type, frames[i].proto, frames[i].port,
		    frames[i].flags);
		n = kept(NULL);
		if (n - before != frames[i].control)
			fail_msg("frame %u: %u kept", i, n - before);
	}
	capture_configure(CONF_CAPTURE_ALL); /* and what is there is kept */
	for (i = 0; i < NFRAMES; i++)
		say(frames[i].type, frames[i].proto, frames[i].port,
		    frames[i].flags);
	assert_int_equal(kept(NULL), n + NFRAMES);
	capture_configure(CONF_CAPTURE_NONE);
	say(0x0806, 0, 0, 0);
	assert_int_equal(kept(NULL), 0);
}

static void
both_directions(void **state)
{
	(void)state;
	begin();
	capture_configure(CONF_CAPTURE_CONTROL);
	capture_facts(&facts);
	assert_int_equal(system("ip addr add 192.0.2.10/24 dev wan && "
				"ping -c 1 -W 1 192.0.2.1 >/dev/null; "
				"ip addr del 192.0.2.10/24 dev wan"),
	    0);
	assert_int_equal(kept(NULL), 1);
}

/* A flood: the ring is full of the newest, and that is all. */
static void
flood(void **state)
{
	uint32_t i;

	(void)state;
	begin();
	capture_configure(CONF_CAPTURE_ALL);
	capture_facts(&facts);
	for (i = 0; i < 10 * RING_FRAMES; i++) {
		say(0x0800, 17, 443, 0);
		if (i % 1000 == 0)
			capture_facts(&facts); /* the same: nothing happens */
	}
	i = kept(NULL);
	assert_true(i > RING_FRAMES / 2 && i <= RING_FRAMES);
}

static void
comes_and_goes(void **state)
{
	struct msg_facts gone;
	int link;

	(void)state;
	begin();
	capture_configure(CONF_CAPTURE_CONTROL);
	capture_facts(&facts);
	say(0x0806, 0, 0, 0);
	assert_int_equal(system("ip link del wan"), 0);
	close(raw);
	assert_int_equal(kept(NULL), 1); /* before anybody has told us */
	gone = facts;
	gone.ifindex = gone.up = 0;
	capture_facts(&gone);
	assert_int_equal(kept(NULL), 1);
	wires();
	capture_facts(&facts);
	say(0x0806, 0, 0, 0);
	assert_int_equal(kept(&link), 2);
	assert_int_equal(link, DLT_EN10MB);
	/* under the same name, but another kind of link */
	assert_int_equal(system("ip link del wan && "
				"ip tuntap add wan mode tun && "
				"ip link set wan up"),
	    0);
	facts.ifindex = if_nametoindex("wan");
	capture_facts(&facts);
	assert_int_equal(kept(&link), 0);
	assert_int_equal(link, DLT_RAW);
	capture_facts(&gone);
	assert_int_equal(system("ip link del wan"), 0);
}

/* Down and up again before anybody looks is no news to netconf. */
static void
blinks(void **state)
{
	uint32_t had;
	int i;

	(void)state;
	begin();
	wires();
	capture_configure(CONF_CAPTURE_CONTROL);
	capture_facts(&facts);
	assert_int_equal(
	    system("ip link set wan down && ip link set wan up"), 0);
	had = kept(NULL);
	for (i = 0; i < 100 && kept(NULL) == had; i++) {
		say(0x0806, 0, 0, 0);
		usleep(50000);
		event_loop(EVLOOP_NONBLOCK);
	}
	assert_true(kept(NULL) > had);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which),
		cmocka_unit_test(both_directions),
		cmocka_unit_test(flood),
		cmocka_unit_test(comes_and_goes),
		cmocka_unit_test(blinks),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
