/* SPDX-License-Identifier: ISC */
/*
 * A fleet in virtual time: 400 branches of one hub that fail over within 10
 * seconds, half of them to a backup behind NAT, while three datagrams of ten
 * are lost.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "regress/unit/peers_rig.h"

#define FLEET       400
#define HUB         FLEET
#define HUB_AT      "4.4.4.4"
#define REGION_MS   10000
#define FOLLOWED_MS 30000

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

static void
fails_over(uint32_t i)
{
	char text[ADDR_STRLEN];

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
		return p->heard_nat && p->answer <= PEER_UNCHANGED;
	return addr_cmp(&rig.end[HUB].kernel[i], &a) == 0;
}

static void
a_region_fails_over(void **state)
{
	uint32_t i;

	(void)state;
	fleet(1);
	for (i = 0; i < FLEET; i++)
		assert_true(rig.end[i].peers.peer[0].acked);
	rig.loss = 300;
	for (i = 0; i < FLEET; i++) {
		fails_over(i);
		rig_run(REGION_MS / FLEET);
	}
	rig_run(FOLLOWED_MS);
	for (i = 0; i < FLEET; i++)
		if (!is_followed(i))
			fail_msg("branch %u is not followed", i);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_fails_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
