/* SPDX-License-Identifier: ISC */
/*
 * Private networks on a backup: they stay with their uplink, are refused when
 * it is gone, or follow; and a backup's MTU.  The plan is done on a simulated
 * kernel, and table 157 is compared in words.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/sim_net.h"

#define MANY (2 * PRIVATE_MAX)

static struct plan plan;

static void
step(struct sim *k, const struct step *st)
{
	if (st->type == STEP_RULE_ADD)
		k->rule[k->s.nrules++] = st->rule;
	else if (st->type == STEP_RULE_DEL)
		kernel_rule_del(k, &st->rule);
	else if (st->type == STEP_ROUTE_ADD)
		kernel_route_add(k, &st->route);
	else if (st->type == STEP_ROUTE_DEL)
		kernel_route_del(k, &st->route);
	else if (st->type == STEP_GROUP)
		sim_link(k, st->ifname)->group = NET_GROUP;
	else if (st->type == STEP_NAT) {
		k->s.nat = 1;
		strlcpy(k->nat, plan.nat, sizeof(k->nat));
		k->s.nelements = 0;
		kernel_elements(
		    k, NULL, 0, plan.wanted.element, plan.wanted.nelements);
	} else if (st->type == STEP_ELEMENT_DEL)
		kernel_elements(k, &st->element, 1, NULL, 0);
	else if (st->type == STEP_ELEMENT_ADD)
		kernel_elements(k, NULL, 0, &st->element, 1);
}

static void
run(struct sim *k)
{
	size_t i;

	own(k);
	if (plan_make(&k->w, &k->s, &plan) == -1)
		fail_msg("%s", plan.error);
	for (i = 0; i < plan.n; i++)
		step(k, &plan.step[i]);
	own(k);
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	assert_int_equal(plan.n, 0);
}

static struct sim *
on_backup(void)
{
	struct sim *k = site();

	run(k);
	k->w.active = 1;
	return k;
}

static struct net_route *
add_net(struct sim *k, const char *net, const char *gateway, uint32_t ifindex)
{
	struct net_route *r = &k->route[k->s.nroutes++];

	memset(r, 0, sizeof(*r));
	r->table = NET_MAIN;
	assert_int_equal(prefix_parse(net, &r->dst), 0);
	if (gateway != NULL)
		r->gateway = ip(gateway);
	r->ifindex = ifindex;
	r->metric = r->dst.addr.family == AF_INET6 ? NET_METRIC_V6 : 0;
	r->proto = 3;
	return r;
}

static void
follow(struct sim *k, const char *net)
{
	assert_int_equal(prefix_parse(net, &k->w.follow[k->w.nfollow++]), 0);
}

/* What `show network` says of one, without connected networks. */
struct table {
	const char *word;
	const char *const *text;
	size_t n;
};

static void
compare(const char *text, int different, void *arg)
{
	struct table *t = arg;

	if (strncmp(text, "route", 5) != 0 || strstr(text, t->word) == NULL ||
	    strstr(text, "192.0.2.0/24") != NULL ||
	    strstr(text, "198.51.100.0/30") != NULL ||
	    strstr(text, "2001:db8:") != NULL)
		return;
	assert_false(different);
	if (t->text[t->n] == NULL)
		fail_msg("one more: %s", text);
	assert_string_equal(text, t->text[t->n++]);
}

static void
expect(struct sim *k, const char *word, const char *const *text)
{
	struct table t = { word, text, 0 };

	run(k);
	plan_show(&k->w, &k->s, compare, &t);
	assert_null(text[t.n]);
}

#define EXPECT_IN(k, table, ...)                                         \
	do {                                                             \
		static const char *const text_[] = { __VA_ARGS__ NULL }; \
		expect(k, table, text_);                                 \
	} while (0)
#define EXPECT(k, ...) EXPECT_IN(k, "table 157", __VA_ARGS__)

/* How many private networks it holds, of a kind. */
static size_t
in_157(const struct sim *k, enum net_route_type type)
{
	size_t i, n = 0;

	for (i = 0; i < k->s.nroutes; i++)
		n += k->route[i].table == NET_TABLE &&
		     k->route[i].type == type &&
		     k->route[i].dst.addr.octet[0] == 10;
	return n;
}

#define BY_WAN2 "route default via 198.51.100.1 dev wan2 table 157"

/* By a gateway, by another one, without one; the best of two. */
static void
test_stay(void **arg)
{
	struct sim *k = on_backup();

	(void)arg;
	add_net(k, "10.9.0.0/16", "192.0.2.9", ETH1)->metric = 5;
	add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	add_net(k, "10.9.0.0/16", "192.0.2.8", ETH1)->metric = 7;
	add_net(k, "172.16.1.1", "192.0.2.254", ETH1);
	add_net(k, "100.64.0.0/10", NULL, ETH1);
	EXPECT(k, BY_WAN2, "route 10.9.0.0/16 via 192.0.2.1 dev eth1 table 157",
	    "route unreachable 10.9.0.0/16 table 157",
	    "route 172.16.1.1/32 via 192.0.2.254 dev eth1 table 157",
	    "route unreachable 172.16.1.1/32 table 157",
	    "route 100.64.0.0/10 dev eth1 table 157",
	    "route unreachable 100.64.0.0/10 table 157", );
	k->w.active = 0;
	EXPECT(k, );
	free(k);
}

/* It is never refused while it has a way: cut off after each step. */
static void
test_never_refused(void **arg)
{
	struct sim *k = on_backup();
	size_t i, way, refused;
	uint32_t active;

	(void)arg;
	add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	add_net(k, "10.10.0.0/16", "192.0.2.1", ETH1);
	for (active = 1; active <= 1; active--) {
		k->w.active = active;
		own(k);
		assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
		assert_int_equal(plan.n, 5);
		for (i = 0; i < plan.n; i++) {
			step(k, &plan.step[i]);
			way = in_157(k, NET_UNICAST);
			refused = in_157(k, NET_UNREACHABLE);
			assert_true(refused <= way);
		}
	}
	free(k);
}

static void
test_move(void **arg)
{
	struct sim *k = on_backup();

	(void)arg;
	add_net(k, "203.0.113.0/24", "192.0.2.1", ETH1);
	add_net(k, "0.0.0.0/1", "192.0.2.1", ETH1);
	add_net(k, "10.5.0.0/16", "10.1.0.9", ETH0);
	add_net(k, "10.6.0.0/16", "192.0.2.1", ETH1)->type = NET_UNREACHABLE;
	add_net(k, "10.7.0.0/16", "192.0.2.1", ETH1)->table = 100;
	EXPECT(k, BY_WAN2, );
	free(k);
}

/* One backup's private network is not another one's. */
static void
test_of_another_backup(void **arg)
{
	struct sim *k = on_backup();

	(void)arg;
	dial(k);
	add_net(k, "10.0.0.0/8", "192.0.2.1", ETH1);
	add_net(k, "10.20.0.0/16", NULL, PPP0);
	EXPECT(k, BY_WAN2, "route 10.0.0.0/8 via 192.0.2.1 dev eth1 table 157",
	    "route unreachable 10.0.0.0/8 table 157",
	    "route 10.20.0.0/16 dev ppp0 table 157",
	    "route unreachable 10.20.0.0/16 table 157", );
	free(k);
}

static void
test_follow(void **arg)
{
	struct sim *k = on_backup();

	(void)arg;
	follow(k, "10.8.0.0/15");
	follow(k, "172.16.0.0/24");
	follow(k, "203.0.113.0/24");
	follow(k, "fd00::/8");
	add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	add_net(k, "172.16.0.0/12", "192.0.2.1", ETH1);
	add_net(k, "192.168.0.0/16", "192.0.2.1", ETH1);
	k->w.uplink[1].mtu = 1400;
	EXPECT(k, BY_WAN2 " mtu 1400",
	    "route 172.16.0.0/12 via 192.0.2.1 dev eth1 table 157",
	    "route unreachable 172.16.0.0/12 table 157",
	    "route 192.168.0.0/16 via 192.0.2.1 dev eth1 table 157",
	    "route unreachable 192.168.0.0/16 table 157",
	    "route 172.16.0.0/24 via 198.51.100.1 dev wan2 table 157 mtu "
	    "1400", );
	follow(k, "0.0.0.0/0");
	EXPECT(k, BY_WAN2 " mtu 1400", );
	free(k);
}

/* Its routes went with it, but not what they were there for. */
static void
test_interface_gone(void **arg)
{
	struct sim *k = on_backup();

	(void)arg;
	add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	add_net(k, "172.16.1.0/24", "192.0.2.1", ETH1);
	run(k);
	sim_link(k, "eth1")->up = 0;
	kernel_down(k, ETH1);
	EXPECT(k, BY_WAN2, "route unreachable 10.9.0.0/16 table 157",
	    "route unreachable 172.16.1.0/24 table 157", );
	follow(k, "172.16.0.0/12");
	EXPECT(k, BY_WAN2, "route unreachable 10.9.0.0/16 table 157", );
	sim_link(k, "eth1")->up = 1;
	EXPECT(k, BY_WAN2, );
	free(k);
}

/* Set down by us, it is up before its routes are given back. */
static void
test_routes_not_back(void **arg)
{
	struct undo_entry down = { .kind = UNDO_DOWN, .ifname = "eth1" };
	struct sim *k = on_backup();

	(void)arg;
	add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	run(k);
	sim_link(k, "eth1")->up = 0;
	kernel_down(k, ETH1);
	EXPECT(k, BY_WAN2, "route unreachable 10.9.0.0/16 table 157", );
	sim_link(k, "eth1")->up = 1;
	assert_int_equal(undo_add(&k->undo, &down), 0);
	k->w.shut = 1;
	plan_note_private(&k->w, &k->s);
	EXPECT(k, BY_WAN2, "route unreachable 10.9.0.0/16 table 157", );
	free(k);
}

/* The same when it was gone before traffic moved: nothing was refused yet. */
static void
test_gone_before(void **arg)
{
	struct sim *k = site();

	(void)arg;
	follow(k, "172.16.0.0/12");
	add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	add_net(k, "172.16.1.0/24", "192.0.2.1", ETH1);
	add_net(k, "203.0.113.0/24", "192.0.2.1", ETH1);
	add_net(k, "10.5.0.0/16", "10.1.0.9", ETH0);
	plan_note_private(&k->w, &k->s);
	run(k);
	sim_link(k, "eth1")->up = 0;
	kernel_down(k, ETH1);
	plan_note_private(&k->w, &k->s);
	k->w.active = 1;
	EXPECT(k, BY_WAN2, "route unreachable 10.9.0.0/16 table 157", );
	/* it is there again, and does not lead there any more */
	sim_link(k, "eth1")->up = 1;
	plan_note_private(&k->w, &k->s);
	EXPECT(k, BY_WAN2, );
	free(k);
}

static void
test_inet6(void **arg)
{
	struct sim *k = on_backup();

	(void)arg;
	dual(k);
	follow(k, "fd00:9:1::/48");
	k->w.uplink[1].mtu = 1000;
	add_net(k, "fd00:9::/32", "fe80::1", ETH1)->gateway.scope = ETH1;
	add_net(k, "2001:db8:9::/48", "fe80::1", ETH1)->gateway.scope = ETH1;
	EXPECT(k, BY_WAN2 " mtu 1000",
	    "route -6 default via fe80::9 dev wan2 table 157 mtu 1280",
	    "route -6 fd00:9::/32 via fe80::1 dev eth1 table 157",
	    "route -6 unreachable fd00:9::/32 table 157",
	    "route -6 fd00:9:1::/48 via fe80::9 dev wan2 table 157 mtu "
	    "1280", );
	free(k);
}

/* A network that the primary is in itself is copied once. */
static void
test_connected(void **arg)
{
	struct sim *k = on_backup();

	(void)arg;
	add_addr(k, ETH1, "192.168.1.2", 24);
	add_net(k, "192.168.1.0/24", NULL, ETH1);
	EXPECT(k, "route 192.168.1.0/24 dev eth1 table 157", BY_WAN2,
	    "route unreachable 192.168.1.0/24 table 157", );
	free(k);
}

static void
compare_note(const char *text, int different, void *arg)
{
	struct table *t = arg;

	assert_false(different);
	if (t->text[t->n] == NULL)
		fail_msg("one more: %s", text);
	assert_string_equal(text, t->text[t->n++]);
}

#define EXPECT_NOTES(k, ...)                                             \
	do {                                                             \
		static const char *const text_[] = { __VA_ARGS__ NULL }; \
		struct table t_ = { NULL, text_, 0 };                    \
                                                                         \
		plan_lint(&(k)->w, &(k)->s, compare_note, &t_);          \
		assert_null(text_[t_.n]);                                \
	} while (0)

/* What keeps traffic where it is, whatever we do. */
static void
test_notes(void **arg)
{
	struct sim *k = on_backup();
	struct net_route *r;

	(void)arg;
	EXPECT_NOTES(k, );
	k->s.nforeign = 2;
	k->s.foreign[0] = (struct net_foreign){ AF_INET, 5210, 0 };
	k->s.foreign[1] = (struct net_foreign){ AF_INET6, 32764, 1 };
	r = add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	r->beside = ETH0;
	add_net(k, "10.9.0.0/16", "10.1.0.9", ETH0)->beside = ETH1;
	EXPECT_NOTES(k,
	    "note: rule pref 5210 looks up main before ours: what it takes "
	    "does not move",
	    "note: rule -6 pref 32764 looks up main before ours: what it "
	    "takes does not move, but by a default route",
	    "note: route 10.9.0.0/16 leaves by eth1 and by eth0: it moves if "
	    "the first of them is an uplink", );
	k->s.nforeign = 0;
	r->beside = WAN2;
	EXPECT_NOTES(k, );
	k->w.nmasq = 3; /* of both families, and a prefix */
	strlcpy(k->w.masq[0].ifname, "lan5", IFNAMSIZ);
	strlcpy(k->w.masq[1].ifname, "lan5", IFNAMSIZ);
	k->w.masq[2].ifname[0] = '\0';
	EXPECT_NOTES(k,
	    "note: masquerade: there is no interface lan5: its networks get "
	    "nowhere", );
	free(k);
}

/* More than we copy: the site moves, and none of them is sent elsewhere. */
static void
test_too_many(void **arg)
{
	static struct net_route many[ROUTES + MANY];
	struct sim *k = on_backup();
	struct net_route r;
	size_t i, refused = 0;

	(void)arg;
	run(k);
	r = *add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	k->s.nroutes--;
	memcpy(many, k->route, sizeof(k->route));
	for (i = 0; i < MANY; i++) {
		r.dst.addr.octet[1] = (uint8_t)(i / 256);
		r.dst.addr.octet[2] = (uint8_t)i;
		r.dst.len = 24;
		many[k->s.nroutes++] = r;
	}
	k->s.routes = many;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	for (i = 0; i < plan.wanted.nroutes; i++) {
		assert_false(plan.wanted.route[i].dst.len == 24 &&
			     plan.wanted.route[i].gateway.family == AF_INET);
		refused += plan.wanted.route[i].type == NET_UNREACHABLE &&
			   plan.wanted.route[i].table == NET_TABLE;
	}
	assert_int_equal(refused, 4);
	EXPECT_NOTES(k,
	    "note: more than 200 routes to private networks: on a backup all "
	    "of a family are refused", );
	/* as many as there may be */
	k->s.nroutes -= MANY - PRIVATE_MAX;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	assert_int_equal(plan.n, 2 * PRIVATE_MAX);
	free(k);
}

/* Both families are full of them: the site moves all the same. */
static void
test_too_many_of_both(void **arg)
{
	static struct net_route many[ROUTES + MANY];
	struct sim *k = on_backup();
	struct net_route r[2];
	size_t i, refused = 0;

	(void)arg;
	dual(k);
	run(k);
	r[0] = *add_net(k, "10.9.0.0/24", "192.0.2.1", ETH1);
	r[1] = *add_net(k, "fd00:9::/48", "fe80::1", ETH1);
	k->s.nroutes -= 2;
	memcpy(many, k->route, sizeof(k->route));
	for (i = 0; i < MANY; i++) {
		r[i % 2].dst.addr.octet[2] = (uint8_t)(i / 2);
		many[k->s.nroutes++] = r[i % 2];
	}
	k->s.routes = many;
	if (plan_make(&k->w, &k->s, &plan) == -1)
		fail_msg("%s", plan.error);
	for (i = 0; i < plan.wanted.nroutes; i++)
		refused += plan.wanted.route[i].metric == NET_METRIC_LAST &&
			   plan.wanted.route[i].table == NET_TABLE;
	assert_int_equal(refused, PRIVATE_MAX + 1); /* and fc00::/7 */
	free(k);
}

/* The rules of this family behind those of table 157, as tables. */
static void
behind_157(const struct sim *k, uint32_t family, const uint32_t *table)
{
	size_t i;

	for (i = 0; i < k->s.nrules; i++)
		if (k->rule[i].family == family &&
		    k->rule[i].table == NET_TABLE)
			break;
	for (i++; i < k->s.nrules && k->rule[i].family != family; i++)
		;
	for (; i < k->s.nrules && k->rule[i].family == family; i++) {
		assert_int_equal(
		    k->rule[i].no_default, k->rule[i].table == NET_MAIN);
		assert_int_equal(k->rule[i].table, *table++);
	}
	assert_int_equal(*table, 0);
}

static const uint32_t held[] = { NET_MAIN, NET_TABLE_HELD, NET_TABLE_FIRST, 0 };
static const uint32_t hot[] = { NET_TABLE_FIRST, 0 };

/* A hot backup gets no private network, unless it follows, all along. */
static void
test_hot(void **arg)
{
	struct sim *k = site();

	(void)arg;
	k->w.uplink[1].hot = 1;
	add_net(k, "203.0.113.0/24", "192.0.2.1", ETH1);
	add_net(k, "10.20.0.0/16", "198.51.100.1", WAN2);
	plan_note_private(&k->w, &k->s);
	EXPECT_IN(k, "table 155", );
	behind_157(k, AF_INET, hot);
	add_net(k, "10.9.0.0/16", "192.0.2.1", ETH1);
	add_net(k, "10.9.0.0/16", "192.0.2.9", ETH1)->metric = 5;
	add_net(k, "172.16.0.0/16", "192.0.2.1", ETH1);
	follow(k, "172.16.0.0/12");
	follow(k, "10.9.7.0/24");
	follow(k, "10.10.7.0/24");
	plan_note_private(&k->w, &k->s);
	EXPECT_IN(k, "table 155", "route unreachable 10.9.0.0/16 table 155",
	    "route throw 10.9.7.0/24 table 155", );
	behind_157(k, AF_INET, held);
	k->w.active = 1;
	EXPECT_IN(k, "table 155", "route unreachable 10.9.0.0/16 table 155",
	    "route throw 10.9.7.0/24 table 155", );
	k->w.active = 0;
	run(k);
	/* it is gone, and its routes */
	kernel_down(k, ETH1);
	sim_link(k, "eth1")->up = 0;
	plan_note_private(&k->w, &k->s);
	own(k);
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	assert_int_equal(plan.n, 0);
	/* so is who noted them */
	k->w.nprivate = 0;
	own(k);
	assert_int_equal(plan_make(&k->w, &k->s, &plan), 0);
	assert_int_equal(plan.n, 0);
	/* it comes back without them */
	sim_link(k, "eth1")->up = 1;
	plan_note_private(&k->w, &k->s);
	EXPECT_IN(k, "table 155", );
	behind_157(k, AF_INET, hot);
	free(k);
}

static void
test_hot_inet6(void **arg)
{
	struct sim *k = site();

	(void)arg;
	k->w.uplink[1].hot = 1;
	dual(k);
	add_net(k, "fd00:9::/48", "fe80::1", ETH1);
	follow(k, "fd00:9:0:7::/64");
	plan_note_private(&k->w, &k->s);
	EXPECT_IN(k, "table 155", "route -6 unreachable fd00:9::/48 table 155",
	    "route -6 throw fd00:9:0:7::/64 table 155", );
	behind_157(k, AF_INET, hot);
	behind_157(k, AF_INET6, held);
	/* one that nobody takes over from needs none of it */
	k->w.uplink[1].hot = 0;
	EXPECT_IN(k, "table 155", );
	free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stay),
		cmocka_unit_test(test_never_refused),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_of_another_backup),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_interface_gone),
		cmocka_unit_test(test_routes_not_back),
		cmocka_unit_test(test_gone_before),
		cmocka_unit_test(test_inet6),
		cmocka_unit_test(test_connected),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_many_of_both),
		cmocka_unit_test(test_hot),
		cmocka_unit_test(test_hot_inet6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
