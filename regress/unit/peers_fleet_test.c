/* SPDX-License-Identifier: ISC */
/*
 * A fleet in virtual time: 400 branches of one hub that fail over within 10
 * seconds, half of them to a backup behind NAT, while three datagrams of ten
 * are lost.  Tunnels are led by the hub, but for those behind NAT: these have
 * WireGuard, which tells where it is now by packets of its own, as netconf has
 * it send them.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "netconf/net.h"
#include "regress/unit/peers_rig.h"

#define FLEET       400
#define HUB         FLEET
#define HUB_AT      "4.4.4.4"
#define REGION_MS   10000
#define FOLLOWED_MS 30000
#define SEEDS       3 /* each is another fleet */

static int64_t arrived_ms[FLEET]; /* the first packet that tells; -1: none */

static bool
has_nat(uint32_t branch)
{
	return branch % 2 == 1;
}

static const char *
place(uint32_t net, uint32_t branch)
{
	static char text[ADDR_STRLEN];

	snprintf(
	    text, sizeof(text), "9.%u.%u.%u", net, branch >> 8, branch & 255);
	return text;
}

static void
fleet(uint64_t seed)
{
	static const uint32_t hub = HUB;
	static uint32_t branches[FLEET];
	uint32_t i;

	rig_new(FLEET + 1, seed);
	rig.spread_ms = 30;
	for (i = 0; i < FLEET; i++) {
		branches[i] = i;
		rig_peers(i, &hub, 1);
		rig.end[i].conf->naddresses = 1;
		rig.end[i].conf->address[0] = rig_addr(HUB_AT);
	}
	rig_peers(HUB, branches, FLEET);
	for (i = 0; i <= FLEET; i++)
		rig_start(i, 1);
	rig_is_at(HUB, HUB_AT, 0, PEER_START);
	for (i = 0; i < FLEET; i++)
		rig_is_at(i, place(0, i), 0, PEER_START);
	rig_run(20000);
}

/* When the first of WireGuard's packets comes through. */
static int64_t
arrives(void)
{
	int64_t ms = 0;
	int n;

	for (n = 1; rig_random(1000) < rig.loss; n++) {
		if (n == NET_RENEWALS)
			return -1;
		ms += NET_RENEW_MS(n);
	}
	return ms + rig.delay_ms + rig_random((uint32_t)rig.spread_ms + 1);
}

static void
fails_over(uint32_t i)
{
	char text[ADDR_STRLEN];

	arrived_ms[i] = arrives();
	if (!has_nat(i)) {
		rig_is_at(i, place(1, i), 1, PEER_FAILOVER);
		return;
	}
	rig.end[i].outside = rig_addr(place(2, i));
	snprintf(text, sizeof(text), "100.64.%u.%u", i >> 8, i & 255);
	rig_is_at(i, text, 1, PEER_FAILOVER);
}

/* Its tunnel carries traffic: the hub leads it there, or its own does. */
static bool
is_followed(uint32_t i)
{
	const struct peer *p = &rig.end[HUB].peers.peer[i];
	struct addr a = rig_addr(place(1, i));

	if (has_nat(i))
		return p->heard_nat && p->answer <= PEER_UNCHANGED &&
		       arrived_ms[i] >= 0 && arrived_ms[i] <= FOLLOWED_MS;
	return addr_cmp(&rig.end[HUB].kernel[i], &a) == 0;
}

static void
region_fails_over(uint64_t seed)
{
	uint32_t i;

	fleet(seed);
	for (i = 0; i < FLEET; i++)
		assert_true(rig.end[i].peers.peer[0].acked);
	rig.loss = 300;
	for (i = 0; i < FLEET; i++) {
		fails_over(i);
		rig_run(REGION_MS / FLEET);
	}
	/* each so long after its own */
	rig_run(FOLLOWED_MS - REGION_MS);
	for (i = 0; i < FLEET; i++) {
		if (!is_followed(i))
			fail_msg("seed %llu: branch %u is not followed",
			    (unsigned long long)seed, i);
		rig_run(REGION_MS / FLEET);
	}
	/* and each of them knows; nobody is taken for silent meanwhile */
	rig_run(6 * 60 * 1000);
	for (i = 0; i < FLEET; i++) {
		assert_true(is_followed(i));
		assert_true(monotime_valid(rig.end[i].peers.peer[0].acked_at));
		assert_int_equal(rig.end[i].notices[PEERS_SILENT], 0);
		assert_int_equal(rig.end[i].notices[PEERS_UNACKED], 0);
	}
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 0);
	rig_end();
}

static void
a_region_fails_over(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++)
		region_fails_over(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_fails_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
