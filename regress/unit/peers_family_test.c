/* SPDX-License-Identifier: ISC */
/*
 * Peers with addresses of both families: each family is accepted, behind NAT
 * or refused by itself, and what is known of one says nothing of the other.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "regress/unit/peers_rig.h"

enum { BRANCH, HUB, OTHER };

#define V4   (1u << FAMILY_INET)
#define V6   (1u << FAMILY_INET6)
#define BOTH (V4 | V6)

#define HUB_4 "4.4.4.4"
#define HUB_6 "2a00:4::4"
#define A_4   "8.8.1.1"
#define A_6   "2a00:8::1"
#define B_4   "9.9.1.1"
#define B_6   "2a00:9::1"
#define NAT_4 "9.8.7.6"

/* Branches know the hub by both; its kernel has a tunnel of each family. */
static void
site(uint32_t nbranches)
{
	static const uint32_t hub = HUB, branch[] = { BRANCH, OTHER };
	uint32_t i;

	rig_new(3, 5);
	for (i = 0; i < nbranches; i++) {
		rig_peers(branch[i], &hub, 1);
		rig.end[branch[i]].conf->naddresses = 2;
		rig.end[branch[i]].conf->address[0] = rig_addr(HUB_4);
		rig.end[branch[i]].conf->address[1] = rig_addr(HUB_6);
	}
	rig_peers(HUB, branch, nbranches);
	rig.end[HUB].no_nat = BOTH;
	rig.end[HUB].address6 = rig_addr(HUB_6);
}

static void
is_at(uint32_t end, const char *v4, const char *v6, enum peer_reason reason)
{
	struct rig_end *e = &rig.end[end];

	memset(&e->address6, 0, sizeof(e->address6));
	if (v6 != NULL)
		e->address6 = rig_addr(v6);
	rig_is_at(end, v4, reason == PEER_FAILOVER, reason);
}

static void
start(const char *v4, const char *v6)
{
	rig_start(HUB, 1);
	rig_is_at(HUB, HUB_4, 0, PEER_START);
	rig_start(BRANCH, 1);
	is_at(BRANCH, v4, v6, PEER_START);
	rig_run(5000);
}

static const struct peer *
hub_sees(void)
{
	return &rig.end[HUB].peers.peer[0];
}

static const struct peer *
branch_sees(void)
{
	return &rig.end[BRANCH].peers.peer[0];
}

static bool
hub_has(const char *v4, const char *v6)
{
	struct addr a4 = rig_addr(v4), a6 = rig_addr(v6);

	return addr_cmp(rig.end[HUB].kernel, &a4) == 0 &&
	       addr_cmp(rig.end[HUB].kernel6, &a6) == 0;
}

/* Copies of one family are on the way for longer. */
static uint32_t late;

static int
one_is_late(struct rig *r, struct rig_datagram *d)
{
	r->delay_ms = d->to.family == late ? 60 : 20;
	return 1;
}

/* Where the branch has moved to has a NAT for IPv4, and none for IPv6. */
static void
nat_beside_native(uint32_t which_is_late)
{
	site(1);
	start(A_4, A_6);
	assert_true(hub_has(A_4, A_6));
	assert_int_equal(hub_sees()->answer, PEER_APPLIED);
	rig.tap = one_is_late;
	late = which_is_late;
	rig.end[BRANCH].outside = rig_addr(NAT_4);
	is_at(BRANCH, "192.168.1.2", B_6, PEER_FAILOVER);
	rig_run(1000);
	assert_true(hub_has(A_4, B_6));
	assert_int_equal(hub_sees()->heard_nat, V4);
	assert_int_equal(hub_sees()->barred, 0);
	assert_int_equal(hub_sees()->answer, PEER_REFUSED_NAT);
	assert_true(branch_sees()->acked);
	assert_int_equal(branch_sees()->nat, V4);
	assert_int_equal(rig.end[HUB].peers.peer[0].held, BOTH);
}

static void
native_is_led_beside_nat(void **state)
{
	(void)state;
	nat_beside_native(AF_INET);
	rig_end();
	nat_beside_native(AF_INET6);
	/* hellos tell both ends the same, and are no moves */
	rig_run(600 * 1000);
	assert_int_equal(branch_sees()->result, PEER_REFUSED_NAT);
	assert_int_equal(branch_sees()->nat, V4);
	assert_int_equal(hub_sees()->stats.refused[PEER_REFUSED_MOVES], 0);
	assert_int_equal(hub_sees()->stats.refused[PEER_REFUSED_ADDRESS], 0);
	rig_end();
}

/* WireGuard by IPv4, as it may be: nothing is refused, and once is enough. */
static void
what_a_nat_leaves_alone_is_applied(void **state)
{
	uint32_t applied, moved;

	(void)state;
	site(1);
	rig.end[HUB].no_nat = V6;
	rig.end[BRANCH].outside = rig_addr(NAT_4);
	rig.tap = one_is_late;
	late = AF_INET;
	start("192.168.1.2", A_6);
	assert_int_equal(hub_sees()->answer, PEER_APPLIED);
	assert_int_equal(hub_sees()->heard_nat, V4);
	assert_int_equal(hub_sees()->held, V6);
	applied = rig.end[HUB].applied;
	moved = rig.end[HUB].notices[PEERS_MOVED];
	assert_int_equal(moved, 1);
	rig_run(600 * 1000);
	assert_int_equal(rig.end[HUB].applied, applied);
	assert_int_equal(rig.end[HUB].notices[PEERS_MOVED], 1);
	assert_int_equal(branch_sees()->result, PEER_UNCHANGED);
	rig_end();
}

static void
what_is_not_accepted_bars_its_family(void **state)
{
	(void)state;
	site(1);
	start(A_4, "fd00::1"); /* of the site itself: no NAT, and of no use */
	assert_int_equal(hub_sees()->barred, V6);
	assert_int_equal(rig.end[HUB].kernel6->family, AF_UNSPEC);
	assert_int_equal(
	    addr_cmp(rig.end[HUB].kernel, &rig.end[BRANCH].address), 0);
	assert_int_equal(hub_sees()->answer, PEER_REFUSED_ADDRESS);
	assert_int_equal(hub_sees()->held, V4);
	/* with tunnels of the other family alone there is nothing to refuse */
	rig.end[HUB].no_nat = V4;
	is_at(BRANCH, B_4, "fd00::1", PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	rig_run(600 * 1000);
	assert_int_equal(rig.end[HUB].applied, 2);
	is_at(BRANCH, "10.0.0.1", "fd00::1", PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_REFUSED_ADDRESS);
	assert_int_equal(rig.end[HUB].applied, 2);
	rig_end();
}

static void
accept_of_one_family_leads_that(void **state)
{
	struct prefix accepted;

	(void)state;
	site(1);
	assert_int_equal(prefix_parse("8.8.0.0/16", &accepted), 0);
	rig.end[HUB].conf->accept = &accepted;
	rig.end[HUB].conf->naccept = 1;
	rig.end[HUB].no_nat = V4;
	start(A_4, A_6);
	assert_int_equal(hub_sees()->barred, V6);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	assert_int_equal(rig.end[HUB].kernel6->family, AF_UNSPEC);
	rig_end();
}

/* Six of them may be in a minute, and each is told in two steps. */
static void
what_a_copy_tells_is_no_move(void **state)
{
	char v4[ADDR_STRLEN], v6[ADDR_STRLEN];
	uint32_t i;

	(void)state;
	site(1);
	rig.tap = one_is_late;
	late = AF_INET;
	rig.end[BRANCH].outside = rig_addr(NAT_4);
	start("192.168.1.2", A_6);
	for (i = 1; i < PEERS_MOVES_MAX; i++) {
		snprintf(v4, sizeof(v4), "192.168.2.%u", i);
		snprintf(v6, sizeof(v6), "2a00:9::%u", i);
		is_at(BRANCH, v4, v6, PEER_FAILOVER);
		rig_run(1000);
		assert_int_equal(hub_sees()->answer, PEER_REFUSED_NAT);
		assert_int_equal(hub_sees()->heard_nat, V4);
	}
	assert_int_equal(hub_sees()->stats.refused[PEER_REFUSED_MOVES], 0);
	rig_end();
}

/* By the copy of its own family, the first one; who repeats it is late. */
static struct rig_datagram copy;

static int
keep_copy(struct rig *r, struct rig_datagram *d)
{
	(void)r;
	if (addr_cmp(&d->from, &copy.from) == 0)
		copy = *d;
	return 1;
}

static void
who_repeats_it_from_elsewhere_is_late(void **state)
{
	struct addr liar = rig_addr("2a00:6::6");
	uint32_t i;

	(void)state;
	site(1);
	rig.tap = keep_copy;
	copy.from = rig_addr(A_6);
	start(A_4, A_6);
	assert_true(copy.len > 0);
	for (i = 0; i < 10; i++)
		rig_hear(&rig.end[HUB], 0, &liar, RIG_PORT, copy.buf, copy.len);
	assert_int_equal(hub_sees()->heard_nat, 0);
	assert_int_equal(rig.end[HUB].applied, 1);
	rig_end();
}

static void
a_family_behind_nat_claims_nothing(void **state)
{
	(void)state;
	site(2);
	rig.end[BRANCH].outside = rig_addr(NAT_4);
	start(B_4, A_6);
	assert_int_equal(hub_sees()->heard_nat, V4);
	rig_start(OTHER, 1);
	is_at(OTHER, B_4, B_6, PEER_START);
	rig_run(5000);
	assert_int_equal(rig.end[HUB].peers.peer[1].answer, PEER_APPLIED);
	/* what is led holds though another family is not */
	is_at(OTHER, B_4, A_6, PEER_ADDRESS);
	rig_run(5000);
	assert_int_equal(rig.end[HUB].peers.peer[1].barred, V6);
	assert_int_equal(
	    rig.end[HUB].peers.peer[1].answer, PEER_REFUSED_ADDRESS);
	assert_true(
	    addr_cmp(&rig.end[HUB].kernel6[1], &rig.end[BRANCH].address6) != 0);
	/* and is free again when it is left */
	is_at(BRANCH, A_4, "2a00:9::7", PEER_ADDRESS);
	rig_run(70 * 1000);
	assert_true(rig.end[HUB].peers.peer[1].answer <= PEER_UNCHANGED);
	assert_int_equal(rig.end[HUB].peers.peer[1].barred, 0);
	assert_int_equal(
	    addr_cmp(&rig.end[HUB].kernel6[1], &rig.end[OTHER].address6), 0);
	rig_end();
}

/* It knows networks of the site that the parent does not. */
static void
what_netconf_bars_is_not_claimed(void **state)
{
	uint32_t applied;

	(void)state;
	site(1);
	rig.end[HUB].no_nat = V6;
	rig.end[HUB].bars = V4;
	start(A_4, A_6);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	assert_int_equal(hub_sees()->held, V6);
	applied = rig.end[HUB].applied;
	rig_run(600 * 1000);
	assert_int_equal(rig.end[HUB].applied, applied);
	assert_int_equal(hub_sees()->held, V6);
	/* nor where it would be refused */
	rig.end[HUB].no_nat = BOTH;
	is_at(BRANCH, B_4, B_6, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_REFUSED_ADDRESS);
	assert_int_equal(hub_sees()->held, V6);
	rig_run(600 * 1000);
	assert_int_equal(hub_sees()->stats.refused[PEER_REFUSED_MOVES], 0);
	rig_end();
}

/* A tunnel that begins anew is led again by the family that can be. */
static void
who_starts_anew_beside_nat_is_led_to_again(void **state)
{
	uint32_t applied;

	(void)state;
	site(1);
	rig.end[HUB].no_nat = V6;
	rig.end[BRANCH].outside = rig_addr(NAT_4);
	start("192.168.1.2", A_6);
	applied = rig.end[HUB].applied;
	rig_run(60 * 1000);
	is_at(BRANCH, "192.168.1.2", A_6, PEER_START);
	rig_run(1000);
	assert_int_equal(rig.end[HUB].applied, applied + 1);
	assert_int_equal(branch_sees()->result, PEER_UNCHANGED);
	assert_int_equal(hub_sees()->held, V6);
	rig_end();
}

static uint32_t
behind_nat_by(enum family f)
{
	return branch_sees()->nat_by[f];
}

/* By the uplink that stands by nothing is announced, so that is no refusal. */
static void
the_nat_of_each_uplink_is_known(void **state)
{
	uint32_t applied;

	(void)state;
	site(1);
	rig.end[BRANCH].other = rig_addr(NAT_4);
	rig.end[BRANCH].standby = rig_addr("192.168.1.2");
	start(A_4, A_6);
	assert_int_equal(behind_nat_by(FAMILY_INET), 1u << 1);
	assert_int_equal(behind_nat_by(FAMILY_INET6), 0);
	assert_int_equal(branch_sees()->nat, 0);
	assert_true(branch_sees()->result <= PEER_UNCHANGED);
	applied = rig.end[HUB].applied;
	/* it has an address of its own there, as the next hello tells */
	rig.end[BRANCH].standby = rig_addr(NAT_4);
	rig_run(120 * 1000);
	assert_int_equal(behind_nat_by(FAMILY_INET), 0);
	assert_int_equal(rig.end[HUB].applied, applied);
	/* what is not told holds: by the one that it leaves, too */
	rig.end[BRANCH].outside = rig_addr(NAT_4);
	rig.end[BRANCH].other = rig_addr("9.8.7.7");
	is_at(BRANCH, "192.168.1.2", B_6, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(branch_sees()->nat, V4);
	assert_int_equal(behind_nat_by(FAMILY_INET), 1u << 1 | 1u << 2);
	memset(&rig.end[BRANCH].outside, 0, sizeof(struct addr));
	memset(&rig.end[BRANCH].other, 0, sizeof(struct addr));
	is_at(BRANCH, A_4, A_6, PEER_FALLBACK);
	rig_run(1000);
	assert_int_equal(branch_sees()->nat, 0);
	assert_int_equal(behind_nat_by(FAMILY_INET), 1u << 1 | 1u << 2);
	rig_end();
}

/* Only the peer itself tells: signed, and of an uplink of ours. */
static int
is_spoilt(struct rig *r, struct rig_datagram *d)
{
	struct addr hub = rig_addr(HUB_4);

	(void)r;
	if (d->port == RIG_NAT_PORT && addr_cmp(&d->from, &hub) == 0)
		d->buf[d->len - 1] ^= 1;
	return 1;
}

static void
a_forged_acknowledgement_tells_of_no_nat(void **state)
{
	(void)state;
	site(1);
	rig.tap = is_spoilt;
	rig.end[BRANCH].other = rig_addr(NAT_4);
	rig.end[BRANCH].standby = rig_addr("192.168.1.2");
	start(A_4, A_6);
	assert_true(branch_sees()->acked);
	assert_true(rig.end[BRANCH].peers.forged > 0);
	assert_int_equal(behind_nat_by(FAMILY_INET), 0);
	rig_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_is_led_beside_nat),
		cmocka_unit_test(what_a_nat_leaves_alone_is_applied),
		cmocka_unit_test(what_is_not_accepted_bars_its_family),
		cmocka_unit_test(accept_of_one_family_leads_that),
		cmocka_unit_test(what_a_copy_tells_is_no_move),
		cmocka_unit_test(who_repeats_it_from_elsewhere_is_late),
		cmocka_unit_test(a_family_behind_nat_claims_nothing),
		cmocka_unit_test(what_netconf_bars_is_not_claimed),
		cmocka_unit_test(who_starts_anew_beside_nat_is_led_to_again),
		cmocka_unit_test(the_nat_of_each_uplink_is_known),
		cmocka_unit_test(a_forged_acknowledgement_tells_of_no_nat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
