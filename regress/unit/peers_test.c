/* SPDX-License-Identifier: ISC */
/* The peers' protocol between ends of its own, in virtual time. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "regress/unit/peers_rig.h"

enum { BRANCH, HUB };

#define ADDR_A    "8.8.1.1"
#define ADDR_B    "9.9.1.1"
#define ADDR_HUB  "4.4.4.4"
#define ADDR_HUB2 "5.5.5.5"

/* A branch and its hub; the branch knows where the hub is. */
static void
two_ends(uint64_t seed)
{
	static const uint32_t hub = HUB, branch = BRANCH;

	rig_new(2, seed);
	rig_peers(BRANCH, &hub, 1);
	rig_peers(HUB, &branch, 1);
	rig.end[BRANCH].conf->naddresses = 1;
	rig.end[BRANCH].conf->address[0] = rig_addr(ADDR_HUB);
}

static void
start(void)
{
	rig_start(BRANCH, 1);
	rig_start(HUB, 1);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_is_at(BRANCH, ADDR_A, 0, PEER_START);
	rig_run(5000);
}

static struct peer *
hub_sees(void)
{
	return &rig.end[HUB].peers.peer[0];
}

static struct peer *
branch_sees(void)
{
	return &rig.end[BRANCH].peers.peer[0];
}

static bool
hub_has(const char *address)
{
	struct addr a = rig_addr(address);

	return addr_cmp(&rig.end[HUB].kernel[0], &a) == 0;
}

static void
a_branch_that_moves_is_followed(void **state)
{
	(void)state;
	two_ends(1);
	start();
	assert_true(hub_has(ADDR_A));
	assert_true(branch_sees()->acked);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(2 * rig.delay_ms);
	assert_true(hub_has(ADDR_B));
	assert_true(branch_sees()->acked);
	assert_false(branch_sees()->nat);
	assert_int_equal(hub_sees()->heard_reason, PEER_FAILOVER);
	assert_int_equal(branch_sees()->rtt_ns, 2 * rig.delay_ms * 1000000);
	rig_is_at(BRANCH, ADDR_A, 0, PEER_FALLBACK);
	rig_run(2 * rig.delay_ms);
	assert_true(hub_has(ADDR_A));
	assert_int_equal(rig.end[HUB].applied, 3);
	rig_end();
}

static void
a_hub_that_moves_tells_its_branch(void **state)
{
	struct addr there = rig_addr(ADDR_HUB2);

	(void)state;
	two_ends(1);
	start();
	rig_is_at(HUB, ADDR_HUB2, 1, PEER_FAILOVER);
	rig_run(2 * rig.delay_ms);
	assert_int_equal(addr_cmp(&rig.end[BRANCH].kernel[0], &there), 0);
	assert_true(hub_sees()->acked);
	/* and the branch finds it there when it moves itself */
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(2 * rig.delay_ms);
	assert_true(hub_has(ADDR_B));
	rig_end();
}

/* The branch knows both of the hub's addresses. */
static void
both_move_at_once(void **state)
{
	struct addr there = rig_addr(ADDR_HUB2);

	(void)state;
	two_ends(1);
	rig.end[BRANCH].conf->naddresses = 2;
	rig.end[BRANCH].conf->address[1] = there;
	start();
	rig_is_at(HUB, ADDR_HUB2, 1, PEER_FAILOVER);
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(5000);
	assert_true(hub_has(ADDR_B));
	assert_int_equal(addr_cmp(&rig.end[BRANCH].kernel[0], &there), 0);
	assert_true(branch_sees()->acked);
	assert_true(hub_sees()->acked);
	rig_end();
}

static void
hellos_tell_who_is_silent(void **state)
{
	uint32_t *notices;

	(void)state;
	two_ends(1);
	start();
	notices = rig.end[HUB].notices;
	rig_run(3600 * 1000);
	assert_int_equal(notices[PEERS_SILENT], 0);
	/* about one a minute; three would be twice of each */
	assert_in_range(hub_sees()->stats.accepted, 50, 70);
	memset(&rig.end[BRANCH].address, 0, sizeof(struct addr));
	rig_run(180 * 1000);
	assert_int_equal(notices[PEERS_SILENT], 0);
	rig_run(60 * 1000);
	assert_int_equal(notices[PEERS_SILENT], 1);
	rig_run(3600 * 1000);
	assert_int_equal(notices[PEERS_SILENT], 1);
	rig.end[BRANCH].address = rig_addr(ADDR_A);
	rig_run(60 * 1000);
	assert_int_equal(notices[PEERS_HEARD], 1);
	rig_end();
}

static void
its_last_update_is_no_hello(void **state)
{
	struct monotime then;

	(void)state;
	two_ends(1);
	start();
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(rig.delay_ms);
	then = rig.now;
	rig_run(600 * 1000);
	assert_int_equal(hub_sees()->heard_reason, PEER_HELLO);
	assert_int_equal(hub_sees()->update, PEER_FAILOVER);
	assert_int_equal(monotime_cmp(hub_sees()->updated, then), 0);
	rig_end();
}

static void
networks_are_counted(void **state)
{
	static const char *const announced[] = { "10.7.1.0/24", "10.7.0.0/16",
		"10.8.0.0/24", "2001:db8:7::/48" };
	static struct conf_behind route[2];
	static struct prefix net[4];
	uint32_t i;

	(void)state;
	two_ends(1);
	for (i = 0; i < 4; i++)
		assert_int_equal(prefix_parse(announced[i], &net[i]), 0);
	rig.end[BRANCH].conf->announce = net;
	rig.end[BRANCH].conf->nannounce = 4;
	assert_int_equal(prefix_parse("10.7.0.0/16", &route[0].net), 0);
	assert_int_equal(prefix_parse("10.8.0.0/25", &route[1].net), 0);
	rig.end[HUB].conf->route = route;
	rig.end[HUB].conf->nroutes = 2;
	start();
	assert_int_equal(hub_sees()->networks, 4);
	assert_int_equal(hub_sees()->unrouted, 2);
	rig.end[BRANCH].conf->nannounce = 1; /* what it says last counts */
	rig_run(61 * 1000);
	assert_int_equal(hub_sees()->networks, 1);
	assert_int_equal(hub_sees()->unrouted, 0);
	rig_end();
}

static void
who_does_not_acknowledge_is_told_once(void **state)
{
	uint32_t *notices;

	(void)state;
	two_ends(1);
	start();
	notices = rig.end[BRANCH].notices;
	notices[PEERS_ACKED] = 0;
	memset(&rig.end[HUB].address, 0, sizeof(struct addr));
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig.sent = 0;
	rig_run(PEERS_UNACKED_MS - 100);
	assert_int_equal(notices[PEERS_UNACKED], 0);
	rig_run(600 * 1000);
	assert_int_equal(notices[PEERS_UNACKED], 1);
	/* 30 s of eagerness, then twice a minute; both ends speak */
	assert_in_range(rig.sent, 30, 90);
	rig.end[HUB].address = rig_addr(ADDR_HUB);
	rig_run(60 * 1000);
	assert_int_equal(notices[PEERS_ACKED], 1);
	assert_true(hub_has(ADDR_B));
	rig_end();
}

/* A hub that starts knows of no branch where it is. */
static void
one_that_is_nowhere_is_sent_nothing(void **state)
{
	(void)state;
	two_ends(1);
	rig_start(HUB, 1);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_run(20 * PEERS_UNACKED_MS);
	assert_int_equal(hub_sees()->stats.sent, 0);
	/* what it was not told it cannot acknowledge */
	assert_int_equal(rig.end[HUB].notices[PEERS_UNACKED], 0);
	rig_start(BRANCH, 1);
	rig_is_at(BRANCH, ADDR_A, 0, PEER_START);
	/* said, asked, proved; and at once the other way, and acknowledged */
	rig_run(7 * rig.delay_ms);
	assert_true(hub_has(ADDR_A));
	assert_true(hub_sees()->acked);
	assert_int_equal(hub_sees()->stats.sent, 2);
	assert_int_equal(hub_sees()->rtt_ns, 2 * rig.delay_ms * 1000000);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 0);
	rig_end();
}

/* Told since it was heard, it has so long from then on. */
static void
who_is_found_has_its_time_from_then_on(void **state)
{
	(void)state;
	two_ends(1);
	rig_start(HUB, 1);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_run(10 * PEERS_UNACKED_MS);
	rig_start(BRANCH, 1);
	rig_is_at(BRANCH, ADDR_A, 0, PEER_START);
	rig_run(3 * rig.delay_ms);
	assert_int_equal(hub_sees()->stats.sent, 1);
	memset(&rig.end[BRANCH].address, 0, sizeof(struct addr));
	rig_run(PEERS_UNACKED_MS - 1000);
	assert_int_equal(rig.end[HUB].notices[PEERS_UNACKED], 0);
	rig_run(2000);
	assert_int_equal(rig.end[HUB].notices[PEERS_UNACKED], 1);
	rig_end();
}

/* It is not where it was configured: nor is what we say. */
static void
who_is_heard_elsewhere_is_told_there_at_once(void **state)
{
	(void)state;
	two_ends(1);
	rig.end[HUB].conf->naddresses = 1;
	rig.end[HUB].conf->address[0] = rig_addr(ADDR_B);
	rig_start(HUB, 1);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_run(PEERS_EAGER_MS + 10 * 1000);
	rig_start(BRANCH, 1);
	rig_is_at(BRANCH, ADDR_A, 0, PEER_START);
	rig_run(7 * rig.delay_ms);
	assert_true(hub_sees()->acked);
	rig_end();
}

/* Dead since the hub's start: by the hub's own hellos, of the rarer kind. */
static void
who_is_never_heard_is_silent(void **state)
{
	int64_t hellos = PEERS_SILENT_HELLOS * 600 * 1000;

	(void)state;
	two_ends(1);
	rig_start(HUB, 1);
	rig_run(3600 * 1000);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_run(hellos + PEERS_SILENT_MS - 1000);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 0);
	rig_run(2000);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 1);
	assert_true(hub_sees()->silent);
	rig_run(2 * hellos);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 1);
	rig_start(BRANCH, 1);
	rig_is_at(BRANCH, ADDR_A, 0, PEER_START);
	rig_run(1000);
	assert_int_equal(rig.end[HUB].notices[PEERS_HEARD], 1);
	rig_end();
}

/* ---- NAT ---- */

static void
behind_nat(bool follows)
{
	two_ends(1);
	rig.end[HUB].no_nat = !follows;
	start();
	rig.end[BRANCH].outside = rig_addr("9.9.9.9");
	rig_is_at(BRANCH, "100.64.0.7", 1, PEER_FAILOVER);
	rig_run(2 * rig.delay_ms);
	assert_true(hub_sees()->heard_nat);
	assert_true(branch_sees()->acked);
	assert_true(branch_sees()->nat);
}

/*
 * NAT on both uplinks, and what is sent by the one that carries no traffic
 * comes first, or alone.
 */
static int
other_uplink_is_faster(struct rig *r, struct rig_datagram *d)
{
	r->delay_ms = addr_cmp(&d->from, &r->end[BRANCH].other) == 0 ? 10 : 30;
	return 1;
}

static int
only_the_other_uplink(struct rig *r, struct rig_datagram *d)
{
	struct addr by = d->from.octet[0] == 9 ? d->from : d->to;

	return addr_cmp(&by, &r->end[BRANCH].outside) != 0;
}

static void
nat_on_both(bool follows)
{
	two_ends(1);
	rig.end[BRANCH].conf->hello_ms = 5000;
	rig.end[HUB].no_nat = !follows;
	rig.end[BRANCH].outside = rig_addr("9.9.9.9");
	rig.end[BRANCH].other = rig_addr("9.8.8.8");
	rig.tap = other_uplink_is_faster;
	rig_start(BRANCH, 1);
	rig_start(HUB, 1);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_is_at(BRANCH, "192.168.1.2", 0, PEER_START);
	rig_run(60 * 1000);
	assert_true(hub_sees()->heard_nat);
}

static void
the_uplink_that_is_announced_tells_of_its_nat(void **state)
{
	(void)state;
	nat_on_both(true);
	assert_int_equal(rig.end[HUB].applied, 1);
	rig.end[BRANCH].outside = rig_addr("9.8.8.8");
	rig.end[BRANCH].other = rig_addr("9.9.9.9");
	rig_is_at(BRANCH, "100.64.1.2", 1, PEER_FAILOVER);
	rig_run(2 * 30);
	assert_true(branch_sees()->acked);
	assert_true(branch_sees()->nat);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	rig_run(60 * 1000);
	/* no hello is a move */
	assert_int_equal(rig.end[HUB].applied, 2);
	assert_int_equal(rig.end[HUB].kernel[0].family, AF_UNSPEC);
	assert_int_equal(rig.end[HUB].notices[PEERS_NOT_MOVED], 0);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_REFUSED], 0);
	rig_end();
}

/* A carrier's may forget in less than a minute. */
static void
the_way_in_by_a_nat_is_kept_open(bool metered)
{
	uint32_t sent;

	two_ends(1);
	rig.end[BRANCH].conf->hello_nat_ms = 25000;
	rig.end[BRANCH].metered = metered;
	start();
	sent = branch_sees()->stats.sent;
	rig_run(10 * 60 * 1000);
	assert_int_equal(branch_sees()->stats.sent - sent, metered ? 1 : 10);
	rig.end[BRANCH].outside = rig_addr("9.9.9.9");
	rig_is_at(BRANCH, "100.64.0.7", 1, PEER_FAILOVER);
	rig_run(30 * 1000);
	assert_int_equal(hub_sees()->hello_s, 25);
	sent = branch_sees()->stats.sent;
	rig_run(10 * 60 * 1000);
	assert_in_range(branch_sees()->stats.sent - sent, 23, 24);
	/* what the far end waits for comes, though it is there no more */
	memset(&rig.end[BRANCH].outside, 0, sizeof(struct addr));
	rig_run(60 * 60 * 1000);
	assert_false(branch_sees()->nat);
	assert_int_equal(hub_sees()->hello_s, metered ? 600 : 60);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 0);
	rig_end();
}

static void
behind_nat_hellos_are_often(void **state)
{
	(void)state;
	the_way_in_by_a_nat_is_kept_open(false);
	the_way_in_by_a_nat_is_kept_open(true);
}

/* It is not for us to know better. */
static void
a_hello_that_is_configured_is_kept_behind_nat(void **state)
{
	uint32_t sent;

	(void)state;
	behind_nat(true);
	sent = branch_sees()->stats.sent;
	rig_run(10 * 60 * 1000);
	assert_in_range(branch_sees()->stats.sent - sent, 9, 10);
	assert_int_equal(hub_sees()->hello_s, 60);
	rig_end();
}

static uint32_t by_other; /* so many went out by it */

static int
no_acks_of_the_hub(struct rig *r, struct rig_datagram *d)
{
	struct peer_head head;

	assert_int_equal(peer_head(d->buf, d->len, &head), 0);
	return head.type != PEER_ACK ||
	       addr_cmp(&d->from, &r->end[HUB].address) != 0;
}

/* It is heard, and says so in vain. */
static void
whose_acknowledgements_are_lost_hears_it(void **state)
{
	(void)state;
	two_ends(1);
	rig.end[BRANCH].conf->hello_ms = 5000;
	start();
	rig.tap = no_acks_of_the_hub;
	rig_run(60 * 1000);
	assert_false(branch_sees()->acked);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 0);
	/* at a signature for each that is new, not all of them are */
	assert_in_range(hub_sees()->stats.accepted, 5, 12);
	rig.tap = NULL;
	rig_run(PEERS_RETRY_SLOW_MS * 2);
	assert_int_equal(hub_sees()->heard_counter, branch_sees()->counter);
	assert_true(branch_sees()->acked);
	rig_end();
}

/* Longer than from one repetition to the next. */
static void
a_slow_way_is_one(void **state)
{
	(void)state;
	two_ends(1);
	rig.delay_ms = 4000;
	start();
	rig_run(20 * 1000); /* all of them are sent while traffic waits */
	assert_true(branch_sees()->acked);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_UNACKED], 0);
	rig_end();
}

static int
count_by_other(struct rig *r, struct rig_datagram *d)
{
	struct peer_head head;

	assert_int_equal(peer_head(d->buf, d->len, &head), 0);
	by_other += head.type == PEER_STATEMENT &&
		    addr_cmp(&d->from, &r->end[BRANCH].other) == 0;
	return 1;
}

static int
only_by_other(struct rig *r, struct rig_datagram *d)
{
	(void)count_by_other(r, d);
	return addr_cmp(&d->from, &r->end[BRANCH].address) != 0;
}

/* It stands by, and is paid for by the octet. */
static void
a_metered_standby_is_spoken_by_rarely(void **state)
{
	(void)state;
	two_ends(1);
	rig.end[BRANCH].other = rig_addr("9.8.8.8");
	rig.end[BRANCH].costly = true;
	rig.tap = count_by_other;
	start();
	by_other = 0;
	rig_run(60 * 60 * 1000);
	assert_in_range(by_other, 5, 6);
	/* news goes by all, while somebody may wait for it */
	by_other = 0;
	rig_is_at(BRANCH, ADDR_B, 0, PEER_ADDRESS);
	rig_run(1000);
	assert_int_equal(by_other, 1);
	/* and so does what has no other way: it is not silent */
	rig.tap = only_by_other;
	by_other = 0;
	rig_run(60 * 60 * 1000);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 0);
	assert_in_range(by_other, 20, 60);
	/* nobody hears: that costs no more than hellos do */
	memset(&rig.end[HUB].address, 0, sizeof(struct addr));
	rig_run(2 * 60 * 1000);
	by_other = 0;
	rig_run(60 * 60 * 1000);
	assert_in_range(by_other, 5, 7);
	rig_end();
}

static void
what_cannot_follow_is_told_so_for_good(void **state)
{
	(void)state;
	nat_on_both(false);
	assert_int_equal(branch_sees()->result, PEER_REFUSED_NAT);
	assert_int_equal(hub_sees()->stats.refused[PEER_REFUSED_MOVES], 0);
	assert_int_equal(hub_sees()->stats.refused[PEER_REFUSED_ADDRESS], 0);
	assert_int_equal(rig.end[HUB].notices[PEERS_NOT_MOVED], 1);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_REFUSED], 1);
	rig_end();
}

static void
by_the_other_uplink_alone_it_is_followed(void **state)
{
	(void)state;
	nat_on_both(true);
	rig.tap = only_the_other_uplink;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	assert_true(hub_has(ADDR_B));
	assert_true(branch_sees()->acked);
	rig_end();
}

static int
nothing_comes(struct rig *r, struct rig_datagram *d)
{
	(void)r;
	(void)d;
	return 0;
}

/* What is repeated rarely is new each time, and has one copy by each uplink. */
static void
by_the_other_uplink_alone_it_is_followed_late(void **state)
{
	static const int64_t late[] = { 6000, 12000, 40000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		nat_on_both(true);
		rig.end[BRANCH].conf->hello_ms = 60000;
		rig.tap = nothing_comes;
		rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
		rig_run(late[i]);
		rig.tap = only_the_other_uplink;
		rig_run(3 * PEERS_RETRY_SLOW_MS);
		assert_true(hub_has(ADDR_B));
		assert_true(branch_sees()->acked);
		rig_end();
	}
}

/*
 * A NAT has a port for each address of ours that the branch speaks to, and
 * lets in there what comes from that address alone.
 */
static struct rig_datagram hello;
static uint32_t ports; /* those that the hub has spoken to: bits */

static int
note_hellos(struct rig *r, struct rig_datagram *d)
{
	if (addr_cmp(&d->from, &r->end[BRANCH].outside) == 0)
		hello = *d;
	else
		ports |= 1u << (d->port - RIG_NAT_PORT);
	return 1;
}

static void
a_nat_is_spoken_to_at_each_port(void **state)
{
	(void)state;
	behind_nat(true);
	rig.tap = note_hellos;
	rig_run(61 * 1000);
	rig_hear(&rig.end[HUB], 1, &hello.from, RIG_NAT_PORT + 1, hello.buf,
	    hello.len);
	ports = 0;
	rig_is_at(HUB, ADDR_HUB2, 1, PEER_FAILOVER);
	rig_run(100);
	assert_int_equal(ports, 3);
	rig_end();
}

static void
a_hello_from_where_it_is_configured_is_no_move(void **state)
{
	(void)state;
	two_ends(1);
	start();
	rig_run(10 * 60 * 1000);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_MOVED], 1);
	assert_int_equal(rig.end[BRANCH].applied, 1);
	assert_int_equal(rig.end[HUB].notices[PEERS_MOVED], 1);
	rig_end();
}

static void
a_reload_forgets_no_peer(void **state)
{
	struct peers was;

	(void)state;
	two_ends(1);
	start();
	was = rig.end[HUB].peers;
	rig_start(HUB, 1);
	peers_keep(&rig.end[HUB].peers, &was);
	assert_true(hub_sees()->trusted);
	assert_true(hub_sees()->heard_counter == was.peer[0].heard_counter);
	peers_free(&was);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_run(10 * 60 * 1000);
	assert_int_equal(rig.end[HUB].notices[PEERS_MOVED], 1);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_MOVED], 1);
	assert_int_equal(rig.end[HUB].notices[PEERS_SILENT], 0);
	rig_end();
}

static void
wireguard_is_left_to_its_handshake_behind_nat(void **state)
{
	(void)state;
	behind_nat(true);
	assert_int_equal(hub_sees()->answer, PEER_APPLIED);
	assert_true(hub_has(ADDR_A));
	rig_end();
}

static void
other_tunnels_are_refused_behind_nat(void **state)
{
	(void)state;
	behind_nat(false);
	assert_int_equal(hub_sees()->answer, PEER_REFUSED_NAT);
	assert_int_equal(hub_sees()->stats.refused[PEER_REFUSED_NAT], 1);
	assert_int_equal(rig.end[HUB].notices[PEERS_NOT_MOVED], 1);
	rig_end();
}

/* ---- refused ---- */

static void
moves_to(const char *address, enum peer_result result)
{
	rig_is_at(BRANCH, address, 1, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(hub_sees()->answer, result);
	rig.now = monotime_add_ms(rig.now, PEERS_MOVES_MS);
}

/* Behind NAT an address means nothing: any may be announced. */
static void
nobody_claims_by_a_nat_what_another_has(void **state)
{
	struct addr a = rig_addr(ADDR_B), outside = rig_addr("198.51.100.99");

	(void)state;
	two_ends(1);
	rig.end[BRANCH].outside = outside;
	start();
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(5000);
	assert_true(hub_sees()->heard_nat);
	assert_int_equal(hub_sees()->held, 0);
	assert_memory_equal(&hub_sees()->address.v4, &a.v4, sizeof(a.v4));
	rig_end();
}

static void
no_peer_may_be_where_it_must_not(void **state)
{
	static struct prefix own;

	(void)state;
	two_ends(1);
	start();
	assert_int_equal(prefix_parse("7.7.7.0/24", &own), 0);
	peers_own(&rig.end[HUB].peers, &own, 1);
	moves_to("7.7.7.1", PEER_REFUSED_ADDRESS);
	moves_to("10.0.0.1", PEER_REFUSED_ADDRESS);
	moves_to("100.127.0.1", PEER_REFUSED_ADDRESS);
	moves_to("127.0.0.1", PEER_REFUSED_ADDRESS);
	moves_to("169.254.1.1", PEER_REFUSED_ADDRESS);
	moves_to("172.31.0.1", PEER_REFUSED_ADDRESS);
	moves_to("192.168.0.1", PEER_REFUSED_ADDRESS);
	moves_to("224.0.0.1", PEER_REFUSED_ADDRESS);
	moves_to("255.255.255.255", PEER_REFUSED_ADDRESS);
	moves_to(ADDR_B, PEER_APPLIED);
	rig_end();
}

static void
accept_says_where_it_may_be(void **state)
{
	struct prefix accepted;
	struct conf_peer *c;

	(void)state;
	two_ends(1);
	c = rig.end[HUB].conf;
	c->naccept = 1;
	c->accept = &accepted;
	assert_int_equal(prefix_parse("10.9.0.0/16", &accepted), 0);
	c->naddresses = 1;
	c->address[0] = rig_addr(ADDR_A);
	start();
	assert_int_equal(hub_sees()->answer, PEER_APPLIED); /* as configured */
	moves_to(ADDR_B, PEER_REFUSED_ADDRESS);
	moves_to("10.9.1.1", PEER_APPLIED);
	moves_to("10.8.1.1", PEER_REFUSED_ADDRESS);
	moves_to(ADDR_A, PEER_APPLIED);
	rig_end();
}

static void
more_than_six_moves_a_minute_are_refused(void **state)
{
	char text[ADDR_STRLEN];
	uint32_t i;

	(void)state;
	two_ends(1);
	start();
	for (i = 0; i < PEERS_MOVES_MAX + 2; i++) {
		snprintf(text, sizeof(text), "9.9.2.%u", i);
		rig_is_at(BRANCH, text, 1, PEER_ADDRESS);
		rig_run(1000);
	}
	assert_int_equal(hub_sees()->answer, PEER_REFUSED_MOVES);
	/* a hello says it again when there is room */
	rig_run(120 * 1000);
	assert_true(hub_sees()->answer <= PEER_UNCHANGED);
	assert_true(hub_has(text));
	rig_end();
}

static void
what_the_kernel_refuses_is_told(void **state)
{
	(void)state;
	two_ends(1);
	start();
	rig.end[HUB].refuses = true;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_FAILED);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_REFUSED], 0);
	rig_run(600 * 1000);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_REFUSED], 1);
	rig.end[HUB].refuses = false;
	rig_run(70 * 1000);
	assert_true(hub_has(ADDR_B));
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	rig_end();
}

/* A hub's WireGuard has heard nothing since its start: ours speaks to it. */
static void
what_the_kernel_refuses_once_is_no_news(void **state)
{
	uint32_t *notices;

	(void)state;
	two_ends(1);
	start();
	notices = rig.end[BRANCH].notices;
	rig.end[HUB].refuses = true;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	rig.end[HUB].refuses = false;
	rig_run(600 * 1000);
	assert_true(hub_has(ADDR_B));
	assert_int_equal(notices[PEERS_REFUSED], 0);
	/* but it is where nothing is said again */
	rig.end[BRANCH].conf->hello_ms = 0;
	rig.end[HUB].refuses = true;
	rig_is_at(BRANCH, ADDR_A, 0, PEER_FALLBACK);
	rig_run(1000);
	assert_int_equal(notices[PEERS_REFUSED], 1);
	rig_end();
}

/* ---- tunnels that begin anew ---- */

/* The hub's WireGuard has forgotten where the branch is: ours is to speak. */
static void
who_starts_anew_is_led_to_again(void **state)
{
	struct rig_end *branch = &rig.end[BRANCH];

	(void)state;
	two_ends(1);
	start();
	assert_int_equal(branch->applied, 1);
	peers_free(&rig.end[HUB].peers);
	rig_start(HUB, 2);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_run(61 * 1000);
	assert_int_equal(branch->applied, 2);
	assert_true(hub_sees()->acked);
	assert_int_equal(hub_sees()->result, PEER_UNCHANGED);
	/* it is no move, and a hello is no start */
	rig_run(600 * 1000);
	assert_int_equal(branch->applied, 2);
	assert_int_equal(branch->notices[PEERS_MOVED], 1);
	rig_end();
}

static void
one_that_always_starts_is_led_to_now_and_then(void **state)
{
	uint32_t i;

	(void)state;
	two_ends(1);
	start();
	for (i = 0; i < 100; i++) {
		rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
		rig_run(100);
		assert_int_equal(hub_sees()->result, PEER_UNCHANGED);
	}
	assert_int_equal(rig.end[BRANCH].applied, 2);
	/* and where it is then it is followed all the same */
	rig_is_at(HUB, ADDR_HUB2, 1, PEER_FAILOVER);
	rig_run(100);
	assert_int_equal(hub_sees()->result, PEER_APPLIED);
	rig_end();
}

static void
our_kernel_refuses_to_lead_there_again(void **state)
{
	(void)state;
	two_ends(1);
	start();
	rig.end[BRANCH].refuses = true;
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig_run(100);
	assert_int_equal(hub_sees()->result, PEER_FAILED);
	rig_run(61 * 1000);
	assert_int_equal(hub_sees()->result, PEER_FAILED);
	rig.end[BRANCH].refuses = false;
	rig_run(70 * 1000);
	assert_int_equal(hub_sees()->result, PEER_UNCHANGED);
	/* it never was elsewhere */
	assert_int_equal(rig.end[BRANCH].notices[PEERS_MOVED], 1);
	assert_int_equal(rig.end[BRANCH].notices[PEERS_NOT_MOVED], 0);
	rig_end();
}

/* What a hub's WireGuard does not know our own packets tell it. */
static void
who_could_not_lead_there_is_led_to_again(void **state)
{
	struct rig_end *branch = &rig.end[BRANCH], *hub = &rig.end[HUB];

	(void)state;
	two_ends(1);
	start();
	rig_run(60 * 1000);
	hub->refuses = true;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_FAILED);
	assert_int_equal(branch->applied, 2);
	rig.sent = 0;
	rig_run(10 * 1000);
	assert_int_equal(branch->applied, 2);
	assert_int_equal(rig.sent, 0); /* and nobody is answered for it */
	rig_run(600 * 1000);
	assert_in_range(branch->applied, 9, 13); /* with each hello */
	hub->refuses = false;
	rig_run(70 * 1000);
	assert_true(hub_has(ADDR_B));
	branch->applied = 0;
	rig_run(600 * 1000);
	assert_int_equal(branch->applied, 0);
	assert_int_equal(branch->notices[PEERS_MOVED], 1);
	rig_end();
}

/* ---- a kernel that takes its time ---- */

static void
kernel_answers(struct rig_end *e, uint32_t peer)
{
	peers_applied(&e->peers, peer, PEER_APPLIED, 0);
}

/* At its first address, the kernel's answer is to come; then elsewhere. */
static void
slow_kernel(const char *address)
{
	two_ends(1);
	start();
	rig.end[HUB].slow = true;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(rig.end[HUB].applied, 2);
	assert_false(branch_sees()->acked);
	rig_is_at(BRANCH, address, 1, PEER_ADDRESS);
	rig_run(1000);
	/* one question at a time */
	assert_int_equal(rig.end[HUB].applied, 2);
}

static void
the_newest_wins(void **state)
{
	(void)state;
	slow_kernel("9.9.1.2");
	rig_is_at(BRANCH, "9.9.1.3", 1, PEER_ADDRESS);
	rig_run(1000);
	kernel_answers(&rig.end[HUB], 0);
	rig_run(1000);
	assert_int_equal(rig.end[HUB].applied, 3);
	assert_true(hub_has("9.9.1.3"));
	assert_false(branch_sees()->acked);
	kernel_answers(&rig.end[HUB], 0);
	rig_run(1000);
	assert_true(branch_sees()->acked);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	kernel_answers(&rig.end[HUB], 0); /* nobody asked */
	assert_int_equal(rig.end[HUB].applied, 3);
	rig_end();
}

static void
back_again_is_not_where_it_was(void **state)
{
	(void)state;
	slow_kernel(ADDR_A);
	kernel_answers(&rig.end[HUB], 0);
	assert_true(hub_has(ADDR_A));
	kernel_answers(&rig.end[HUB], 0);
	rig_run(1000);
	assert_true(branch_sees()->acked);
	assert_true(hub_has(ADDR_A));
	rig_end();
}

static void
the_same_once_more_asks_nothing(void **state)
{
	(void)state;
	slow_kernel(ADDR_B);
	kernel_answers(&rig.end[HUB], 0);
	rig_run(1000);
	assert_int_equal(rig.end[HUB].applied, 2);
	assert_true(branch_sees()->acked);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	rig_end();
}

static void
what_is_refused_meanwhile_stays_refused(void **state)
{
	(void)state;
	slow_kernel("10.0.0.1");
	kernel_answers(&rig.end[HUB], 0);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_REFUSED_ADDRESS);
	assert_int_equal(rig.end[HUB].notices[PEERS_NOT_MOVED], 1);
	assert_true(hub_has(ADDR_B));
	rig_is_at(BRANCH, ADDR_A, 0, PEER_FALLBACK);
	rig_run(1000);
	kernel_answers(&rig.end[HUB], 0);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	rig_end();
}

#define MANY (3 * PEERS_ASKED_MAX)

/* A hub, the last of the ends, and its branches; only they know where it is. */
static struct rig_end *
many_branches(void)
{
	static uint32_t branch[MANY];
	static const uint32_t hub = MANY;
	uint32_t i;

	rig_new(MANY + 1, 3);
	for (i = 0; i < MANY; i++) {
		branch[i] = i;
		rig_peers(i, &hub, 1);
		rig.end[i].conf->naddresses = 1;
		rig.end[i].conf->address[0] = rig_addr(ADDR_HUB);
		rig_start(i, 1);
	}
	rig_peers(hub, branch, MANY);
	rig_start(hub, 1);
	rig_is_at(hub, ADDR_HUB, 0, PEER_START);
	return &rig.end[hub];
}

static void
branches_start(void)
{
	char text[ADDR_STRLEN];
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "8.8.1.%u", i + 1);
		rig_is_at(i, text, 0, PEER_START);
	}
	rig_run(5000);
}

/* A hub that asked for all at once would hear nothing else for long. */
static void
the_kernel_is_asked_a_few_at_once(void **state)
{
	struct rig_end *e = many_branches();
	uint32_t i, j;

	(void)state;
	e->slow = true;
	branches_start();
	assert_int_equal(e->applied, PEERS_ASKED_MAX);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(e->applied,
		    i + PEERS_ASKED_MAX < MANY ? i + PEERS_ASKED_MAX : MANY);
		for (j = 0; e->peers.peer[j].leading != PEER_ASKED; j++)
			assert_true(j < MANY);
		kernel_answers(e, j);
	}
	rig_run(5000);
	for (i = 0; i < MANY; i++)
		assert_true(rig.end[i].peers.peer[0].acked);
	rig_end();
}

/* The first branch, from this one on, that the kernel is so far with. */
static uint32_t
branch_that(const struct rig_end *e, enum peer_leading leading, uint32_t from)
{
	while (e->peers.peer[from].leading != leading)
		assert_true(++from < MANY);
	return from;
}

static void
branch_gets(uint32_t branch, const char *address, enum peer_result result)
{
	rig_is_at(branch, address, 1, PEER_ADDRESS);
	rig_run(1000);
	assert_int_equal(rig.end[branch].peers.peer[0].result, result);
}

/* It goes where another one is led; the kernel is slow. */
static uint32_t
intruder(struct rig_end *e, enum peer_leading leading)
{
	uint32_t owner = branch_that(e, leading, 0);
	uint32_t i = branch_that(e, leading, owner + 1);
	char text[ADDR_STRLEN];

	addr_format(&rig.end[owner].address, text, sizeof(text));
	rig_is_at(i, text, 1, PEER_ADDRESS);
	return i;
}

static void
what_another_is_led_to_is_refused(void **state)
{
	struct rig_end *e = many_branches();
	uint32_t i, first, second, refused = 0;

	(void)state;
	e->slow = true;
	branches_start();
	first = intruder(e, PEER_ASKED);
	second = intruder(e, PEER_WAITS);
	rig_run(1000);
	while (e->peers.nasked > 0)
		for (i = 0; i < MANY; i++)
			kernel_answers(e, i);
	e->slow = false;
	rig_run(1000);
	for (i = 0; i < MANY; i++)
		refused += rig.end[i].peers.peer[0].result != PEER_APPLIED;
	assert_int_equal(refused, 2);
	branch_gets(first, "8.8.2.1", PEER_APPLIED);
	/* and nothing is kept that nobody is led to any more */
	branch_gets(second, "8.8.2.2", PEER_APPLIED);
	branch_gets(first, "8.8.2.3", PEER_APPLIED);
	branch_gets(second, "8.8.2.1", PEER_APPLIED);
	rig_end();
}

/* It moves on while its first move waits: where it was is anybody's. */
static void
where_it_is_not_led_any_more_is_free(void **state)
{
	struct rig_end *e = many_branches();
	char text[ADDR_STRLEN];
	uint32_t i, waits;

	(void)state;
	branches_start();
	e->slow = true;
	for (i = 0; i <= PEERS_ASKED_MAX; i++) {
		snprintf(text, sizeof(text), "8.8.2.%u", i + 1);
		rig_is_at(i, text, 1, PEER_ADDRESS);
	}
	rig_run(1000);
	waits = branch_that(e, PEER_WAITS, 0);
	rig_is_at(waits, "8.8.3.2", 1, PEER_ADDRESS);
	rig_run(1000);
	rig_is_at(waits, "8.8.3.3", 1, PEER_ADDRESS);
	rig_run(1000);
	assert_int_equal(e->peers.peer[waits].leading, PEER_WAITS);
	e->slow = false;
	for (i = 0; i < MANY; i++)
		kernel_answers(e, i);
	rig_run(1000);
	assert_int_equal(e->peers.nasked, 0);
	branch_gets(MANY - 1, "8.8.3.2", PEER_APPLIED);
	branch_gets(MANY - 2, "8.8.3.2", PEER_REFUSED_ADDRESS);
	branch_gets(MANY - 2, "8.8.3.3", PEER_REFUSED_ADDRESS);
	rig_end();
}

static void
what_one_could_not_be_led_to_is_free(void **state)
{
	struct rig_end *e = many_branches();

	(void)state;
	branches_start();
	e->refuses = true;
	branch_gets(0, "8.8.2.1", PEER_FAILED);
	e->refuses = false;
	branch_gets(1, "8.8.2.1", PEER_APPLIED);
	rig_end();
}

/* Made for where the branch was, while each hello says what is known. */
static void
a_tunnel_that_is_made_again_is_led(void **state)
{
	struct rig_end *e = &rig.end[HUB];
	uint32_t moved;

	(void)state;
	two_ends(1);
	start();
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	moved = e->notices[PEERS_MOVED];
	e->kernel[0] = rig_addr(ADDR_A);
	rig_run(10 * 60 * 1000);
	assert_true(hub_has(ADDR_A));
	assert_true(peers_again(&e->peers, 0));
	assert_true(hub_has(ADDR_B));
	assert_int_equal(e->notices[PEERS_MOVED], moved);
	assert_int_equal(hub_sees()->answer, PEER_UNCHANGED);
	/* at once again: links that come and go are netconf's to pace */
	assert_true(peers_again(&e->peers, 0));
	peers_forget(&e->peers, 0);
	assert_false(peers_again(&e->peers, 0));
	rig_end();
}

/* It was not there when the branch moved: the next hello is far away. */
static void
a_tunnel_that_comes_late_is_led(void **state)
{
	struct rig_end *e = &rig.end[HUB];

	(void)state;
	two_ends(1);
	start();
	e->refuses = true;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_FAILED);
	e->refuses = false;
	assert_true(peers_again(&e->peers, 0));
	assert_true(hub_has(ADDR_B));
	assert_int_equal(e->notices[PEERS_MOVED], 2);
	rig_run(61 * 1000);
	assert_int_equal(branch_sees()->result, PEER_UNCHANGED);
	rig_end();
}

/* It came while netconf had been asked, and had failed, before it was there. */
static void
a_tunnel_that_overtakes_an_answer_is_led(void **state)
{
	struct rig_end *e = &rig.end[HUB];

	(void)state;
	two_ends(1);
	start();
	e->slow = true;
	e->applied = 0;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	assert_int_equal(e->applied, 1);
	assert_true(peers_again(&e->peers, 0));
	assert_false(peers_again(&e->peers, 0));
	peers_applied(&e->peers, 0, PEER_FAILED, 0);
	assert_int_equal(e->applied, 2);
	peers_applied(&e->peers, 0, PEER_APPLIED, 0);
	rig_run(1000);
	assert_int_equal(branch_sees()->result, PEER_APPLIED);
	rig_end();
}

/* It was asked of a netconf that then had other numbers for its peers. */
static void
a_reload_forgets_no_tunnel_that_was_to_be_led(void **state)
{
	struct rig_end *e = &rig.end[HUB];
	struct peers was;

	(void)state;
	two_ends(1);
	start();
	e->slow = true;
	e->applied = 0;
	assert_true(peers_again(&e->peers, 0));
	assert_int_equal(e->applied, 1);
	hub_sees()->owed = true;
	was = e->peers;
	rig_start(HUB, 1);
	peers_keep(&e->peers, &was);
	peers_free(&was);
	assert_int_equal(e->applied, 2);
	rig.sent = 0;
	peers_applied(&e->peers, 0, PEER_APPLIED, 0);
	assert_int_equal(rig.sent, 0); /* the uplink may be another one now */
	assert_true(hub_sees()->trusted);
	assert_int_equal(hub_sees()->answer, PEER_UNCHANGED);
	rig_end();
}

/* In vain, and another one is there by now. */
static void
a_tunnel_that_comes_late_takes_nothing(void **state)
{
	struct rig_end *e = many_branches();

	(void)state;
	branches_start();
	e->refuses = true;
	branch_gets(0, "8.8.2.1", PEER_FAILED);
	e->refuses = false;
	branch_gets(1, "8.8.2.1", PEER_APPLIED);
	e->applied = 0;
	assert_false(peers_again(&e->peers, 0));
	assert_int_equal(e->applied, 0);
	rig_end();
}

static void
after_a_reload_each_has_its_own(void **state)
{
	struct rig_end *e = many_branches();
	struct peers was;

	(void)state;
	branches_start();
	was = e->peers;
	rig_start(MANY, 1);
	peers_keep(&e->peers, &was);
	peers_free(&was);
	rig_is_at(MANY, ADDR_HUB, 0, PEER_START);
	branch_gets(1, "8.8.1.1", PEER_REFUSED_ADDRESS);
	branch_gets(0, "8.8.2.1", PEER_APPLIED);
	branch_gets(2, "8.8.1.1", PEER_APPLIED);
	rig_end();
}

/* Nor one that said all that is due in one go. */
static void
a_few_are_told_at_once(void **state)
{
	struct rig_end *e = many_branches();
	uint64_t all = 0;

	(void)state;
	branches_start();
	rig_is_at(MANY, ADDR_HUB2, 1, PEER_FAILOVER);
	rig.now = monotime_add_ms(rig.now, 100);
	while (monotime_cmp(peers_deadline(&e->peers), rig.now) <= 0) {
		rig.sent = 0;
		peers_tick(&e->peers, rig.now);
		assert_in_range(rig.sent, 1, PEERS_TOLD_MAX);
		all += rig.sent;
	}
	assert_int_equal(all, MANY);
	rig_end();
}

/* That it says hello meanwhile does not make it one that does not know. */
static void
who_knows_is_counted_once(void **state)
{
	struct rig_end *e = many_branches();
	struct peers was;
	uint32_t i;

	(void)state;
	branches_start();
	assert_int_equal(e->peers.nknow, MANY);
	rig_is_at(MANY, ADDR_HUB2, 1, PEER_FAILOVER);
	assert_int_equal(e->peers.nknow, 0);
	memset(&rig.end[1].address, 0, sizeof(struct addr));
	rig_run(2000);
	assert_int_equal(e->peers.nknow, MANY - 1);
	memset(&rig.end[0].address, 0, sizeof(struct addr));
	rig_run(300 * 1000); /* hellos, to one that does not answer */
	assert_false(e->peers.peer[0].acked);
	assert_int_equal(e->peers.nknow, MANY - 1);
	rig.end[1].address = rig_addr("8.8.1.2");
	rig_run(61 * 1000);
	assert_int_equal(e->peers.nknow, MANY);
	was = e->peers;
	rig_start(MANY, 1);
	peers_keep(&e->peers, &was);
	peers_free(&was);
	for (i = 0; i < MANY; i++)
		assert_false(e->peers.peer[i].knows);
	rig_end();
}

/* ---- who lies ---- */

static struct rig_datagram kept;

static int
keep_statement(struct rig *r, struct rig_datagram *d)
{
	(void)r;
	if (d->len > 140 && d->from.octet[0] == 9)
		kept = *d;
	return 1;
}

static void
hub_hears(const struct rig_datagram *d)
{
	struct addr liar = rig_addr("6.6.6.6");

	rig_hear(&rig.end[HUB], 0, &liar, RIG_PORT, d->buf, d->len);
}

static void
keep_one(void)
{
	two_ends(1);
	start();
	rig.tap = keep_statement;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(1000);
	rig.tap = NULL;
	rig_is_at(BRANCH, ADDR_A, 0, PEER_FALLBACK);
	rig_run(1000);
	assert_true(hub_has(ADDR_A));
	assert_true(kept.len > 0);
}

static void
a_replay_changes_nothing(void **state)
{
	(void)state;
	keep_one();
	hub_hears(&kept);
	rig_run(1000);
	assert_true(hub_has(ADDR_A));
	assert_int_equal(hub_sees()->stats.replayed, 1);
	/* nor after a restart that remembers nothing */
	peers_free(&rig.end[HUB].peers);
	rig_start(HUB, 2);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	hub_hears(&kept);
	rig_run(1000);
	assert_true(hub_has(ADDR_A));
	/* but what is true is heard: its next hello answers the challenge */
	rig_run(61 * 1000);
	assert_true(hub_sees()->trusted);
	assert_true(hub_has(ADDR_A));
	rig_end();
}

static void
no_octet_may_be_another(void **state)
{
	struct rig_datagram d;
	uint64_t bad;
	size_t i;

	(void)state;
	keep_one();
	peers_forget(&rig.end[HUB].peers, 0);
	for (i = 0; i < kept.len; i++) {
		d = kept;
		d.buf[i] ^= (uint8_t)(1u << i % 8);
		hub_hears(&d);
	}
	for (i = 0; i < kept.len; i++) {
		d = kept;
		d.len = i;
		hub_hears(&d);
	}
	bad = rig.end[HUB].peers.malformed + rig.end[HUB].peers.strangers +
	      rig.end[HUB].peers.forged;
	/* all but those of the signature, which a challenge comes before */
	assert_int_equal(bad, 2 * kept.len - 64);
	assert_int_equal(hub_sees()->stats.accepted, 3);
	assert_true(hub_has(ADDR_A));
	rig_end();
}

/* As above, but the nonce is right: only the signature can tell. */
static int
break_signature(struct rig *r, struct rig_datagram *d)
{
	(void)r;
	d->buf[d->len - 1 - rig_random(64)] ^= 4;
	return 1;
}

static void
a_tag_alone_is_not_believed(void **state)
{
	(void)state;
	two_ends(1);
	start();
	rig.tap = break_signature;
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	rig_run(10 * 1000);
	assert_true(hub_has(ADDR_A));
	assert_true(rig.end[HUB].peers.forged > 0);
	assert_false(branch_sees()->acked);
	rig_end();
}

static void
another_pair_has_no_use_for_it(void **state)
{
	static const uint32_t others[] = { 0, 1 }, two = 2;

	(void)state;
	rig_new(3, 1);
	rig_peers(0, &two, 1);
	rig_peers(1, &two, 1);
	rig_peers(2, others, 2);
	rig.end[0].conf->naddresses = 1;
	rig.end[0].conf->address[0] = rig_addr(ADDR_HUB);
	rig_start(0, 1);
	rig_start(1, 1);
	rig_start(2, 1);
	rig_is_at(2, ADDR_HUB, 0, PEER_START);
	rig.tap = keep_statement;
	rig_is_at(0, ADDR_B, 0, PEER_START);
	rig_run(1000);
	assert_true(kept.len > 0);
	/* to another, and in another's name */
	rig_hear(&rig.end[1], 0, &kept.from, RIG_PORT, kept.buf, kept.len);
	assert_int_equal(rig.end[1].peers.strangers, 1);
	memcpy(kept.buf + 4, rig.end[1].key, PEER_ID_LEN);
	rig_hear(&rig.end[2], 0, &kept.from, RIG_PORT, kept.buf, kept.len);
	assert_int_equal(rig.end[2].peers.forged, 1);
	/* nor may a peer be where another one is */
	rig_is_at(1, ADDR_A, 0, PEER_START);
	rig.end[1].conf->naddresses = 1;
	rig.end[1].conf->address[0] = rig_addr(ADDR_HUB);
	rig_run(3000);
	assert_int_equal(rig.end[2].peers.peer[1].answer, PEER_APPLIED);
	rig_is_at(1, ADDR_B, 0, PEER_ADDRESS);
	rig_run(3000);
	assert_int_equal(rig.end[2].peers.peer[1].answer, PEER_REFUSED_ADDRESS);
	rig_end();
}

/*
 * Who repeats to a hub that begins anew what was said long ago is asked as
 * often as he speaks, with less than he says; so is who speaks the truth.
 */
static uint32_t asked_elsewhere;

static int
count_challenges(struct rig *r, struct rig_datagram *d)
{
	struct addr liar = rig_addr("6.6.6.6");

	(void)r;
	if (addr_cmp(&d->to, &liar) == 0) {
		assert_in_range(d->len, 1, kept.len);
		asked_elsewhere++;
	}
	return 1;
}

static void
a_replay_diverts_no_challenge(void **state)
{
	uint32_t i;

	(void)state;
	keep_one();
	peers_free(&rig.end[HUB].peers);
	rig_start(HUB, 2);
	rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	rig.tap = count_challenges;
	asked_elsewhere = 0;
	for (i = 0; i < 200; i++) {
		hub_hears(&kept);
		rig_run(100);
	}
	assert_int_equal(asked_elsewhere, i);
	rig_is_at(BRANCH, ADDR_B, 1, PEER_FAILOVER);
	for (i = 0; i < 5; i++) {
		hub_hears(&kept);
		rig_run(100);
	}
	assert_true(hub_sees()->trusted);
	assert_true(hub_has(ADDR_B));
	assert_true(branch_sees()->acked);
	rig_end();
}

/* ---- counters ---- */

static void
new_hardware_with_the_old_key_is_heard(void **state)
{
	(void)state;
	two_ends(1);
	start();
	peers_free(&rig.end[BRANCH].peers);
	rig_start(BRANCH, 0); /* it has lost count */
	rig_is_at(BRANCH, ADDR_B, 1, PEER_START);
	rig_run(5000);
	assert_true(hub_has(ADDR_B));
	assert_true(branch_sees()->acked);
	/* above all that was recorded of the old one */
	assert_true(branch_sees()->counter > (uint64_t)1 << 32);
	rig_end();
}

/* ---- many ends, bad lines ---- */

#define CONVERSATIONS 500 /* PEERS_CONVERSATIONS in the environment: so many */

/* What is the matter with where the branch is: bit masks of families. */
static uint32_t announces, has_nat, is_private;

/* In a family it is there, behind a NAT, or within its site alone. */
static void
draw_family(enum family f, struct addr *address, struct addr *outside)
{
	bool v6 = f == FAMILY_INET6;
	uint32_t kind = rig_random(v6 ? 4 : 3);
	char public[ADDR_STRLEN];

	snprintf(public, sizeof(public), v6 ? "2a00::%x:%x" : "9.9.%u.%u",
	    rig_random(200), 1 + rig_random(200));
	memset(address, 0, sizeof(*address));
	memset(outside, 0, sizeof(*outside));
	if (kind == 3)
		return;
	announces |= 1u << f;
	if (kind == 0) {
		*address = rig_addr(public);
		return;
	}
	*address = rig_addr(v6 ? "fd00::7" : "100.64.0.7");
	if (kind == 1) {
		*outside = rig_addr(public);
		has_nat |= 1u << f;
	} else
		is_private |= 1u << f;
}

/* A branch that may begin anew, anywhere. */
static void
branch_goes(uint32_t starts)
{
	struct rig_end *e = &rig.end[BRANCH];
	bool anew = rig_random(4) == 0;
	char text[ADDR_STRLEN];

	if (anew) {
		peers_free(&e->peers);
		rig_start(BRANCH, starts);
	}
	announces = has_nat = is_private = 0;
	draw_family(FAMILY_INET, &e->address, &e->outside);
	draw_family(FAMILY_INET6, &e->address6, &e->outside6);
	memset(&e->other, 0, sizeof(e->other));
	memset(&e->other6, 0, sizeof(e->other6));
	if (rig_random(2) == 0)
		e->other = rig_addr("9.8.0.1");
	if (rig_random(2) == 0)
		e->other6 = rig_addr("2a00:1::1");
	rig_is_at(BRANCH, addr_format(&e->address, text, sizeof(text)),
	    rig_random(2), anew ? PEER_START : PEER_FAILOVER);
}

static void
hub_goes(uint32_t starts, bool must)
{
	struct rig_end *e = &rig.end[HUB];
	bool anew = rig_random(4) == 0;

	if (anew) {
		peers_free(&e->peers);
		rig_start(HUB, starts);
	}
	if (rig_random(3) == 0 || must)
		rig_is_at(HUB, rig_random(2) ? ADDR_HUB : ADDR_HUB2,
		    rig_random(2), PEER_START);
}

/* What the hub answers: APPLIED is UNCHANGED, too. */
static enum peer_result
its_answer(void)
{
	uint32_t follows = rig.end[HUB].no_nat;

	if (is_private == announces)
		return PEER_REFUSED_ADDRESS;
	if (has_nat & follows)
		return PEER_REFUSED_NAT;
	return is_private & follows ? PEER_REFUSED_ADDRESS : PEER_APPLIED;
}

/* Of the families by which it can be reached. */
static bool
the_hub_follows(void)
{
	const struct rig_end *hub = &rig.end[HUB], *branch = &rig.end[BRANCH];
	uint32_t led = announces & ~(has_nat | is_private);

	if (is_private == announces)
		return true; /* nothing of it counts */
	return hub_sees()->heard_nat == has_nat &&
	       hub_sees()->barred == is_private &&
	       (!(led & 1u << FAMILY_INET) ||
		   addr_cmp(hub->kernel, &branch->address) == 0) &&
	       (!(led & 1u << FAMILY_INET6) ||
		   addr_cmp(hub->kernel6, &branch->address6) == 0);
}

/* Each has what the other said last, as far as it can. */
static bool
they_agree(void)
{
	const struct rig_end *hub = &rig.end[HUB], *branch = &rig.end[BRANCH];
	enum peer_result result = branch_sees()->result;

	if (result == PEER_UNCHANGED)
		result = PEER_APPLIED;
	return branch_sees()->acked && hub_sees()->acked &&
	       branch_sees()->nat == has_nat && result == its_answer() &&
	       the_hub_follows() &&
	       addr_cmp(branch->kernel, &hub->address) == 0 &&
	       addr_cmp(branch->kernel6, &hub->address6) == 0;
}

static void
converge(uint64_t seed)
{
	uint32_t i, moves;

	two_ends(seed);
	rig.loss = rig_random(600);
	rig.twice = rig_random(500);
	rig.spread_ms = rig_random(3000);
	rig.end[HUB].no_nat = rig_random(1u << FAMILIES);
	rig.end[HUB].address6 = rig_addr("2a00:4::4");
	rig.end[BRANCH].conf->naddresses = 3;
	rig.end[BRANCH].conf->address[1] = rig_addr(ADDR_HUB2);
	rig.end[BRANCH].conf->address[2] = rig.end[HUB].address6;
	start();
	moves = 1 + rig_random(PEERS_MOVES_MAX - 2);
	for (i = 0; i < moves; i++) {
		hub_goes(2 + i, i == 0);
		branch_goes(2 + i);
		rig_run(rig_random(3000));
		if (rig.end[HUB].peers.self.usable == 0)
			rig_is_at(HUB, ADDR_HUB, 0, PEER_START);
	}
	rig_run(600 * 1000);
	/* a hello may be on its way just now */
	rig.loss = 0;
	for (i = 0; i < 100 && !they_agree(); i++)
		rig_run(1000);
	if (!they_agree())
		fail_msg(
		    "seed %llu: they do not agree", (unsigned long long)seed);
	rig_end();
}

static void
two_ends_always_come_to_agree(void **state)
{
	const char *n = getenv("PEERS_CONVERSATIONS");
	uint64_t seed, last = n == NULL ? CONVERSATIONS : strtoull(n, NULL, 10);

	(void)state;
	for (seed = 1; seed <= last; seed++)
		converge(seed);
}

/* Of 400 branches that fail over within 10 s, 30 % loss, half behind NAT. */
static void
a_region_moves_at_once(void **state)
{
	static uint32_t branch[400];
	static const uint32_t hub = 400;
	char text[ADDR_STRLEN];
	struct addr a;
	uint32_t i, n;

	(void)state;
	n = sizeof(branch) / sizeof(*branch);
	rig_new(n + 1, 7);
	for (i = 0; i < n; i++) {
		branch[i] = i;
		rig_peers(i, &hub, 1);
		rig.end[i].conf->naddresses = 1;
		rig.end[i].conf->address[0] = rig_addr(ADDR_HUB);
		rig_start(i, 1);
	}
	rig_peers(hub, branch, n);
	rig_start(hub, 1);
	rig_is_at(hub, ADDR_HUB, 0, PEER_START);
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "8.8.%u.%u", i / 200, 1 + i % 200);
		rig_is_at(i, text, 0, PEER_START);
		rig_run(5);
	}
	rig_run(60 * 1000);
	rig.loss = 300;
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "9.9.%u.%u", i / 200, 1 + i % 200);
		if (i % 2 == 0) {
			rig.end[i].outside = rig_addr(text);
			snprintf(text, sizeof(text), "100.64.0.7");
		}
		rig_is_at(i, text, 1, PEER_FAILOVER);
		rig_run(10000 / n);
	}
	rig_run(20 * 1000);
	for (i = 0; i < n; i++) {
		assert_true(rig.end[i].peers.peer[0].acked);
		/* or unchanged, where that was lost */
		assert_in_range(rig.end[i].peers.peer[0].result, PEER_APPLIED,
		    PEER_UNCHANGED);
		snprintf(text, sizeof(text), "9.9.%u.%u", i / 200, 1 + i % 200);
		a = rig_addr(text);
		if (i % 2 == 1)
			assert_int_equal(
			    addr_cmp(&rig.end[hub].kernel[i], &a), 0);
	}
	rig_run(600 * 1000);
	assert_int_equal(rig.end[hub].notices[PEERS_SILENT], 0);
	rig_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_branch_that_moves_is_followed),
		cmocka_unit_test(a_hub_that_moves_tells_its_branch),
		cmocka_unit_test(both_move_at_once),
		cmocka_unit_test(hellos_tell_who_is_silent),
		cmocka_unit_test(its_last_update_is_no_hello),
		cmocka_unit_test(networks_are_counted),
		cmocka_unit_test(who_does_not_acknowledge_is_told_once),
		cmocka_unit_test(one_that_is_nowhere_is_sent_nothing),
		cmocka_unit_test(who_is_found_has_its_time_from_then_on),
		cmocka_unit_test(who_is_heard_elsewhere_is_told_there_at_once),
		cmocka_unit_test(who_is_never_heard_is_silent),
		cmocka_unit_test(
		    a_hello_from_where_it_is_configured_is_no_move),
		cmocka_unit_test(a_reload_forgets_no_peer),
		cmocka_unit_test(wireguard_is_left_to_its_handshake_behind_nat),
		cmocka_unit_test(other_tunnels_are_refused_behind_nat),
		cmocka_unit_test(a_nat_is_spoken_to_at_each_port),
		cmocka_unit_test(the_uplink_that_is_announced_tells_of_its_nat),
		cmocka_unit_test(behind_nat_hellos_are_often),
		cmocka_unit_test(a_hello_that_is_configured_is_kept_behind_nat),
		cmocka_unit_test(whose_acknowledgements_are_lost_hears_it),
		cmocka_unit_test(a_slow_way_is_one),
		cmocka_unit_test(a_metered_standby_is_spoken_by_rarely),
		cmocka_unit_test(what_cannot_follow_is_told_so_for_good),
		cmocka_unit_test(by_the_other_uplink_alone_it_is_followed),
		cmocka_unit_test(by_the_other_uplink_alone_it_is_followed_late),
		cmocka_unit_test(nobody_claims_by_a_nat_what_another_has),
		cmocka_unit_test(no_peer_may_be_where_it_must_not),
		cmocka_unit_test(accept_says_where_it_may_be),
		cmocka_unit_test(more_than_six_moves_a_minute_are_refused),
		cmocka_unit_test(what_the_kernel_refuses_is_told),
		cmocka_unit_test(what_the_kernel_refuses_once_is_no_news),
		cmocka_unit_test(who_starts_anew_is_led_to_again),
		cmocka_unit_test(one_that_always_starts_is_led_to_now_and_then),
		cmocka_unit_test(our_kernel_refuses_to_lead_there_again),
		cmocka_unit_test(who_could_not_lead_there_is_led_to_again),
		cmocka_unit_test(the_newest_wins),
		cmocka_unit_test(back_again_is_not_where_it_was),
		cmocka_unit_test(the_same_once_more_asks_nothing),
		cmocka_unit_test(what_is_refused_meanwhile_stays_refused),
		cmocka_unit_test(the_kernel_is_asked_a_few_at_once),
		cmocka_unit_test(what_another_is_led_to_is_refused),
		cmocka_unit_test(where_it_is_not_led_any_more_is_free),
		cmocka_unit_test(what_one_could_not_be_led_to_is_free),
		cmocka_unit_test(a_tunnel_that_is_made_again_is_led),
		cmocka_unit_test(a_tunnel_that_comes_late_is_led),
		cmocka_unit_test(a_tunnel_that_overtakes_an_answer_is_led),
		cmocka_unit_test(a_reload_forgets_no_tunnel_that_was_to_be_led),
		cmocka_unit_test(a_tunnel_that_comes_late_takes_nothing),
		cmocka_unit_test(after_a_reload_each_has_its_own),
		cmocka_unit_test(a_few_are_told_at_once),
		cmocka_unit_test(who_knows_is_counted_once),
		cmocka_unit_test(a_replay_changes_nothing),
		cmocka_unit_test(no_octet_may_be_another),
		cmocka_unit_test(a_tag_alone_is_not_believed),
		cmocka_unit_test(another_pair_has_no_use_for_it),
		cmocka_unit_test(a_replay_diverts_no_challenge),
		cmocka_unit_test(new_hardware_with_the_old_key_is_heard),
		cmocka_unit_test(two_ends_always_come_to_agree),
		cmocka_unit_test(a_region_moves_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
