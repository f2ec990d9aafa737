/* SPDX-License-Identifier: ISC */
/*
 * A wire on a real interface whose other end is the test: a veth pair, wan
 * and gw, in a namespace of its own.  What the test says for others is made
 * by words of the RFCs, not by the code under test.
 */
#ifndef UNIT_WIRE_RIG_H
#define UNIT_WIRE_RIG_H

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>

#include <errno.h>
#include <event.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "prober/wire.h"
#include "regress/unit/own_net.h"

#define PATIENCE_MS 10000
#define ID          0x1571
#define FRAME_BUF   256

/* Once with IPv4, and once with a state that says IPv6. */
#define BOTH(f)                               \
	{ #f, f, NULL, NULL, NULL },          \
	{                                     \
#f "6", f, NULL, NULL, &inet6 \
	}

static int inet6;

static const uint8_t gw_mac[FRAME_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };

static enum family fam;
static int end = -1; /* the other end: of a packet socket, or of a tun */
static struct wire wire;
static struct msg_facts facts;
static struct addr ours, gateway, target;
static uint32_t answers, gateways, dones;
static struct icmp_echo last;

static void
on_answer(void *arg, const struct icmp_echo *e, struct monotime at)
{
	assert_ptr_equal(arg, &wire);
	assert_true(monotime_cmp(at, monotime_now()) <= 0);
	answers++;
	last = *e;
}

static void
on_gateway(void *arg, struct monotime at)
{
	assert_ptr_equal(arg, &wire);
	assert_true(monotime_cmp(at, monotime_now()) <= 0);
	gateways++;
}

static void
on_done(void *arg)
{
	(void)arg;
	dones++;
}

static const struct wire_user user = { on_answer, on_gateway, on_done };

static void
try(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void
use(enum family family, const char *ifname)
{
	struct msg_family *f = &facts.family[family];

	fam = family;
	addr_parse(
	    family == FAMILY_INET ? "192.0.2.10" : "2001:db8:1::10", &ours);
	addr_parse(family == FAMILY_INET ? "192.0.2.1" : "fe80::1", &gateway);
	addr_parse(
	    family == FAMILY_INET ? "198.51.100.7" : "2001:db8:99::7", &target);
	memset(&facts, 0, sizeof(facts));
	strlcpy(facts.ifname, ifname, sizeof(facts.ifname));
	facts.ifindex = if_nametoindex(ifname);
	facts.up = facts.carrier = 1;
	f->address = ours;
	f->prefixlen = family == FAMILY_INET ? 24 : 64;
	f->gateway = gateway;
	f->gateway.scope = family == FAMILY_INET ? 0 : facts.ifindex;
}

/* As `make` says: an interface with both addresses and its other end. */
static int
rig(const char *make)
{
	if (own_net(0) == -1)
		return 0;
	try("sysctl -qw net.ipv6.conf.default.disable_ipv6=1");
	try("ip link set lo up");
	try(make);
	event_init();
	return 0;
}

static void
run(void)
{
	struct pollfd p = { wire_is_open(&wire) ? event_get_fd(&wire.ev) : -1,
		POLLIN, 0 };

	if (wire_is_open(&wire) && evtimer_pending(&wire.rest, NULL))
		p.fd = -1; /* it does not look just now */
	poll(&p, 1, p.fd == -1 ? 2 : 20);
	event_loop(EVLOOP_NONBLOCK);
}

/* Until the count has come so far, or patience has an end. */
static void
until(const uint32_t *count, uint32_t n)
{
	int i;

	for (i = 0; i < PATIENCE_MS / 20 && *count < n; i++)
		run();
	assert_int_equal(*count, n);
}

/* What has been said to the wire has arrived, whatever came of it. */
static void
settle(void)
{
	int i;

	for (i = 0; i < 3; i++)
		run();
}

static void
open_wire(const struct wire_ops *ops)
{
	assert_int_equal(wire_open(&wire, &facts, fam, ID, &user, &wire), 0);
	assert_ptr_equal(wire.ops, ops);
	answers = gateways = dones = 0;
}

static size_t
ip_len(void)
{
	return fam == FAMILY_INET ? 20 : 40;
}

static void
say(const uint8_t *p, size_t len)
{
	assert_int_equal(write(end, p, len), (ssize_t)len);
}

/* --- what others say ------------------------------------------------------- */

/* The checksum of the ICMPv6 message in this frame, by RFC 1071's words. */
static void
seal6(uint8_t *p, size_t len)
{
	unsigned long s = 58 + (unsigned long)(len - 54);
	size_t i;

	p[56] = p[57] = 0;
	for (i = 22; i < len; i++)
		s += i % 2 == 0 ? (unsigned long)p[i] << 8 : p[i];
	while (s > 0xffff)
		s = (s >> 16) + (s & 0xffff);
	p[56] = (uint8_t)(~s >> 8);
	p[57] = (uint8_t)~s;
}

static void
seal4(uint8_t *p, size_t len)
{
	unsigned long s = 0;
	size_t i;

	p[36] = p[37] = 0;
	for (i = 34; i < len; i++)
		s += i % 2 == 0 ? (unsigned long)p[i] << 8 : p[i];
	while (s > 0xffff)
		s = (s >> 16) + (s & 0xffff);
	p[36] = (uint8_t)(~s >> 8);
	p[37] = (uint8_t)~s;
}

static struct icmp_echo
request(uint16_t seq)
{
	struct icmp_echo e;

	memset(&e, 0, sizeof(e));
	e.src = ours;
	e.dst = target;
	e.id = ID;
	e.seq = seq;
	e.token = UINT64_C(0x1570000000000000) + seq;
	return e;
}

static struct icmp_echo
reply(uint16_t seq)
{
	struct icmp_echo e = request(seq);

	e.dst = e.src;
	e.src = target;
	return e;
}

/* A reply's frame: the request with its type changed. */
static size_t
replies(const uint8_t *from, const uint8_t *to, const struct icmp_echo *e,
    uint8_t p[FRAME_BUF])
{
	size_t len = frame_echo(from, to, e, p);

	p[FRAME_HEADER + ip_len()] = fam == FAMILY_INET ? 0 : 129;
	if (fam == FAMILY_INET)
		seal4(p, len);
	else
		seal6(p, len);
	return len;
}

#endif
