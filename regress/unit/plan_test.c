/* SPDX-License-Identifier: ISC */
/*
 * The network plan on a simulated kernel: the steps of each story in words;
 * and for every story cut off after any step that packets still find a way,
 * the old one or the new one, and that the plan made then ends in the same.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/nft.h"
#include "netconf/plan_int.h"
#include "netconf/plan.h"
#include "regress/unit/sim_net.h"

static struct plan plan;

static void
keep(struct sim *k, const struct step *st, enum undo_kind kind, uint32_t value)
{
	struct undo_entry e = { .kind = kind, .value = value };

	strlcpy(e.ifname, st->ifname, sizeof(e.ifname));
	e.ifindex = st->ifindex;
	assert_int_equal(undo_add(&k->undo, &e), 0);
}

static void
give_back(struct sim *k, struct net_link *l)
{
	const struct undo_entry *e;

	if ((e = undo_find(&k->undo, UNDO_GROUP, l->name)) != NULL)
		l->group = e->value;
	if ((e = undo_find(&k->undo, UNDO_RP_FILTER, l->name)) != NULL)
		l->rp_filter = e->value;
	undo_drop(&k->undo, UNDO_GROUP, l->name);
	undo_drop(&k->undo, UNDO_RP_FILTER, l->name);
	if (undo_find(&k->undo, UNDO_LINKDOWN, l->name) != NULL)
		l->linkdown[FAMILY_INET] = 0;
	if (undo_find(&k->undo, UNDO_LINKDOWN6, l->name) != NULL)
		l->linkdown[FAMILY_INET6] = 0;
	undo_drop(&k->undo, UNDO_LINKDOWN, l->name);
	undo_drop(&k->undo, UNDO_LINKDOWN6, l->name);
}

static void
sim_linkdown(struct sim *k, const struct step *st, struct net_link *l)
{
	enum undo_kind kind =
	    st->family == FAMILY_INET6 ? UNDO_LINKDOWN6 : UNDO_LINKDOWN;

	if (st->value != 0)
		keep(k, st, kind, l->linkdown[st->family]);
	else
		undo_drop(&k->undo, kind, l->name);
	l->linkdown[st->family] = st->value;
}

static void
sim_link_step(struct sim *k, const struct step *st)
{
	struct net_link *l = sim_link(k, st->ifname);

	switch (st->type) {
	case STEP_GROUP:
		keep(k, st, UNDO_GROUP, l->group);
		l->group = NET_GROUP;
		break;
	case STEP_RP_FILTER:
		if (st->value == 2)
			keep(k, st, UNDO_RP_FILTER, l->rp_filter);
		else
			undo_drop(&k->undo, UNDO_RP_FILTER, l->name);
		l->rp_filter = st->value;
		break;
	case STEP_LINKDOWN:
		sim_linkdown(k, st, l);
		break;
	case STEP_LINK_DOWN:
		keep(k, st, UNDO_DOWN, 0);
		l->up = 0;
		kernel_down(k, l->ifindex);
		break;
	case STEP_LINK_UP:
		l->up = 1;
		while (k->nlost > 0)
			k->route[k->s.nroutes++] = k->lost[--k->nlost];
		undo_drop(&k->undo, UNDO_DOWN, l->name);
		break;
	default:
		give_back(k, l);
	}
}

static void
sim_step(struct sim *k, const struct step *st)
{
	switch (st->type) {
	case STEP_NAT:
		k->s.nat = strcmp(plan.nat, NFT_DELETE) != 0;
		strlcpy(k->nat, plan.nat, sizeof(k->nat));
		k->s.nelements = 0;
		kernel_elements(k, NULL, 0, plan.wanted.element,
		    k->s.nat ? plan.wanted.nelements : 0);
		own(k);
		break;
	case STEP_MARKS: /* it has no flows */
	case STEP_MARKS_END:
		break;
	case STEP_ELEMENT_DEL:
		kernel_elements(k, &st->element, 1, NULL, 0);
		break;
	case STEP_ELEMENT_ADD:
		kernel_elements(k, NULL, 0, &st->element, 1);
		break;
	case STEP_RULE_ADD:
		assert_true(k->s.nrules < RULES);
		kernel_rule_add(k, &st->rule);
		break;
	case STEP_RULE_DEL:
		kernel_rule_del(k, &st->rule);
		break;
	case STEP_ROUTE_ADD:
		kernel_route_add(k, &st->route);
		break;
	case STEP_ROUTE_DEL:
		kernel_route_del(k, &st->route);
		break;
	default:
		sim_link_step(k, st);
	}
}

/* ---- stories ---- */

static void
make(struct sim *k)
{
	own(k);
	if (plan_make(&k->w, &k->s, &plan) == -1)
		fail_msg("%s", plan.error);
}

/* To the end; each round is read back. */
static void
run(struct sim *k)
{
	size_t i;
	int rounds;

	for (rounds = 0; rounds < 4; rounds++) {
		make(k);
		if (plan.n == 0)
			return;
		for (i = 0; i < plan.n; i++)
			sim_step(k, &plan.step[i]);
	}
	make(k);
	assert_int_equal(plan.n, 0);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct net_route));
}

/* The order of rules counts, that of routes does not. */
static void
assert_same(struct sim *a, struct sim *b)
{
	assert_int_equal(a->s.nat, b->s.nat);
	if (a->s.nat)
		assert_string_equal(a->nat, b->nat);
	assert_int_equal(a->s.nrules, b->s.nrules);
	assert_memory_equal(a->rule, b->rule, a->s.nrules * sizeof(a->rule[0]));
	assert_memory_equal(a->link, b->link, a->s.nlinks * sizeof(a->link[0]));
	assert_int_equal(a->s.nroutes, b->s.nroutes);
	qsort(a->route, a->s.nroutes, sizeof(a->route[0]), compare);
	qsort(b->route, b->s.nroutes, sizeof(b->route[0]), compare);
	assert_memory_equal(
	    a->route, b->route, a->s.nroutes * sizeof(a->route[0]));
	assert_int_equal(a->undo.n, b->undo.n);
}

/* Packets find the old way or the new one; so do those of each uplink. */
static void
assert_ways_in(struct sim *k, uint32_t family, const struct sim *old,
    const struct sim *new)
{
	uint32_t i;
	int out, was;

	out = way_in(k, family, 0, NULL, "");
	if (out != way_in(old, family, 0, NULL, "") &&
	    out != way_in(new, family, 0, NULL, ""))
		fail_msg("a packet leaves by %d", out);
	for (i = 0; i < k->w.nuplinks; i++) {
		out = way_in(
		    k, family, plan_mark(CONF_MARK_DEFAULT, i), NULL, "");
		was = way_in(
		    old, family, plan_mark(CONF_MARK_DEFAULT, i), NULL, "");
		if (out != was &&
		    out != way_in(new, family, plan_mark(CONF_MARK_DEFAULT, i),
			       NULL, ""))
			fail_msg("a packet of uplink %u leaves by %d", i, out);
	}
}

static void
assert_ways(struct sim *k, const struct sim *old, const struct sim *new)
{
	assert_ways_in(k, AF_INET, old, new);
	assert_ways_in(k, AF_INET6, old, new);
}

/* Cut off after each step, and begun again from there. */
static void
cut_anywhere(const struct sim *start)
{
	struct sim *end, *k;
	size_t cut, i, n;

	end = malloc(sizeof(*end));
	k = malloc(sizeof(*k));
	assert_non_null(end);
	assert_non_null(k);
	*end = *start;
	run(end);
	*k = *start;
	make(k);
	n = plan.n;
	for (cut = 0; cut <= n; cut++) {
		*k = *start;
		make(k);
		for (i = 0; i < cut; i++)
			sim_step(k, &plan.step[i]);
		assert_ways(k, start, end);
		/* netconf was killed: it does not know what nft holds */
		k->nat[0] = '\0';
		run(k);
		assert_same(k, end);
	}
	free(end);
	free(k);
}

/* All steps of the plan in words, and then they are done. */
static void
expect(struct sim *k, const char *const *text)
{
	char line[MSG_TEXT_LEN];
	size_t i;

	cut_anywhere(k);
	make(k);
	for (i = 0; i < plan.n; i++) {
		plan_step_text(&plan.step[i], &k->s, line, sizeof(line));
		if (text[i] == NULL)
			fail_msg("one more: %s", line);
		assert_string_equal(line, text[i]);
	}
	assert_null(text[i]);
	run(k);
}

#define EXPECT(k, ...)                                                   \
	do {                                                             \
		static const char *const text_[] = { __VA_ARGS__ NULL }; \
		expect(k, text_);                                        \
	} while (0)

static struct sim *
started(void)
{
	struct sim *k = site();

	run(k);
	return k;
}

static void
test_start(void **arg)
{
	struct sim *k = site();

	(void)arg;
	sim_link(k, "wan2")->rp_filter = 1;
	EXPECT(k, "link set eth1 group 157", "link set wan2 group 157",
	    "sysctl net.ipv4.conf.wan2.rp_filter=2", "nft table inet dialfail",
	    "route add 192.0.2.0/24 dev eth1 table 157",
	    "route add 198.51.100.0/30 dev wan2 table 157",
	    "route add 198.51.100.0/30 dev wan2 table 158",
	    "route add default via 198.51.100.1 dev wan2 table 158",
	    "route add unreachable default table 158",
	    "rule add pref 32765 fwmark 0x1000000/0xf000000 lookup main",
	    "rule add pref 32765 fwmark 0x2000000/0xf000000 lookup 158",
	    "rule add pref 32765 from 192.0.2.2 lookup main",
	    "rule add pref 32765 oif wan2 lookup 158",
	    "rule add pref 32765 from 198.51.100.2 lookup 158",
	    "rule add pref 32765 lookup main suppress_ifgroup 157",
	    "rule add pref 32765 lookup 157", );
	assert_int_equal(way(k, 0, NULL), ETH1);
	free(k);
}

static void
test_twice(void **arg)
{
	struct sim *k = started();

	(void)arg;
	make(k);
	assert_int_equal(plan.n, 0);
	k->w.active = 1;
	run(k);
	make(k);
	assert_int_equal(plan.n, 0);
	free(k);
}

static void
test_failover(void **arg)
{
	struct sim *k = started();
	struct addr primary = ip("192.0.2.2");

	(void)arg;
	k->w.active = 1;
	EXPECT(k, "route add default via 198.51.100.1 dev wan2 table 157", );
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(way(k, 0, &primary), ETH1);
	assert_int_equal(plan_active(&k->w, &k->s), 1);
	k->w.active = 0;
	EXPECT(k, "route del default via 198.51.100.1 dev wan2 table 157", );
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(plan_active(&k->w, &k->s), 0);
	free(k);
}

static void
test_dialled(void **arg)
{
	struct sim *k = started();

	(void)arg;
	dial(k);
	EXPECT(k, "link set ppp0 group 157",
	    "nft add element uplink { \"ppp0\" : jump mark2 }",
	    "nft add element stay { 0x03000000 : jump stay2 }",
	    "route add default dev ppp0 table 159",
	    "route add unreachable default table 159",
	    "rule add pref 32765 fwmark 0x1000000/0xf000000 lookup main",
	    "rule add pref 32765 fwmark 0x2000000/0xf000000 lookup 158",
	    "rule add pref 32765 fwmark 0x3000000/0xf000000 lookup 159",
	    "rule add pref 32765 from 192.0.2.2 lookup main",
	    "rule add pref 32765 oif wan2 lookup 158",
	    "rule add pref 32765 from 198.51.100.2 lookup 158",
	    "rule add pref 32765 oif ppp0 lookup 159",
	    "rule add pref 32765 from 10.99.0.2 lookup 159",
	    "rule add pref 32765 lookup main suppress_ifgroup 157",
	    "rule add pref 32765 lookup 157", "rule del pref 32765 lookup 157",
	    "rule del pref 32765 lookup main suppress_ifgroup 157",
	    "rule del pref 32765 from 198.51.100.2 lookup 158",
	    "rule del pref 32765 oif wan2 lookup 158",
	    "rule del pref 32765 from 192.0.2.2 lookup main",
	    "rule del pref 32765 fwmark 0x2000000/0xf000000 lookup 158",
	    "rule del pref 32765 fwmark 0x1000000/0xf000000 lookup main", );
	k->w.active = 2;
	EXPECT(k, "route add default dev ppp0 table 157", );
	assert_int_equal(way(k, 0, NULL), PPP0);
	free(k);
}

/* One atomic replacement, not a hole between two routes. */
static void
test_other_backup(void **arg)
{
	struct sim *k = started();

	(void)arg;
	dial(k);
	k->w.active = 1;
	run(k);
	k->w.active = 2;
	EXPECT(k, "route add default dev ppp0 table 157", );
	assert_int_equal(way(k, 0, NULL), PPP0);
	free(k);
}

/* The kernel itself goes over to a hot backup, as the primary says it may. */
static void
test_hot(void **arg)
{
	struct sim *k = started();

	(void)arg;
	k->w.uplink[1].hot = 1;
	k->w.uplink[2].hot = 1; /* which is not there yet */
	k->w.uplink[0].linkdown = 1;
	sim_link(k, "eth1")->linkdown[FAMILY_INET6] = NET_NO_VALUE;
	cut_anywhere(k);
	run(k);
	assert_int_equal(sim_link(k, "eth1")->linkdown[FAMILY_INET], 1);
	assert_int_equal(k->rule[k->s.nrules - 1].pref, NET_PREF_HOT);
	assert_int_equal(k->rule[k->s.nrules - 1].table, NET_TABLE_FIRST);
	k->route[1] = k->route[--k->s.nroutes]; /* main has none by wan2 */
	assert_int_equal(way(k, 0, NULL), ETH1);
	sim_link(k, "eth1")->carrier = 0;
	assert_int_equal(way(k, 0, NULL), WAN2);
	/* flows of the primary, too */
	assert_int_equal(way(k, plan_mark(k->w.mask, 0), NULL), WAN2);
	dial(k);
	run(k);
	assert_int_equal(k->rule[k->s.nrules - 1].table, NET_TABLE_FIRST + 1);
	assert_int_equal(k->rule[k->s.nrules - 2].table, NET_TABLE_FIRST);
	/* the route that is laid then keeps a carrier that returns from it */
	k->w.active = 1;
	run(k);
	sim_link(k, "eth1")->carrier = 1;
	assert_int_equal(way(k, 0, NULL), WAN2);
	/* one that is down, or cold, has no rule */
	k->w.active = 0;
	sim_link(k, "wan2")->up = 0;
	k->w.uplink[2].hot = 0;
	run(k);
	assert_int_equal(k->rule[k->s.nrules - 1].pref, NET_PREF);
	k->w.uplink[0].linkdown = 0;
	EXPECT(k, "sysctl net.ipv4.conf.eth1.ignore_routes_with_linkdown=0", );
	k->w.uplink[0].linkdown = 1;
	EXPECT(k, "sysctl net.ipv4.conf.eth1.ignore_routes_with_linkdown=1", );
	k->w.clear = 1;
	run(k);
	assert_int_equal(sim_link(k, "eth1")->linkdown[FAMILY_INET], 0);
	assert_int_equal(k->undo.n, 0);
	free(k);
}

/* In IPv6 only who has it is taken. */
static void
test_hot_inet6(void **arg)
{
	struct sim *k = started();
	size_t i;

	(void)arg;
	dual(k);
	dial(k);
	k->w.uplink[1].hot = k->w.uplink[2].hot = 1;
	k->w.uplink[0].linkdown = 1;
	run(k);
	sim_link(k, "eth1")->carrier = 0;
	for (i = 0; i < k->s.nroutes; i++)
		if (k->route[i].table == NET_MAIN &&
		    k->route[i].ifindex == WAN2)
			k->route[i].table = 1000;
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(way6(k, 0, NULL), WAN2);
	assert_int_equal(k->rule[k->s.nrules - 1].table, NET_TABLE_FIRST);
	free(k);
}

/* Old flows stay on the backup, whatever is cut off where. */
static void
test_drain(void **arg)
{
	struct sim *k = started();

	(void)arg;
	k->w.active = 1;
	run(k);
	k->w.active = 0;
	k->w.drain = 1;
	EXPECT(k, "route del default via 198.51.100.1 dev wan2 table 157", );
	assert_int_equal(way(k, plan_mark(CONF_MARK_DEFAULT, 1), NULL), WAN2);
	free(k);
}

/* A primary that works still is left by hand: its flows stay as well. */
static void
test_drain_primary(void **arg)
{
	struct sim *k = started();

	(void)arg;
	sim_link(k, "eth1")->rp_filter = 1;
	k->w.active = 1;
	k->w.drain = 0;
	EXPECT(k, "sysctl net.ipv4.conf.eth1.rp_filter=2",
	    "nft add element stay { 0x01000000 : jump stay0 }",
	    "route add default via 198.51.100.1 dev wan2 table 157", );
	assert_int_equal(way(k, plan_mark(CONF_MARK_DEFAULT, 0), NULL), ETH1);
	k->w.drain = MSG_UPLINK_NONE;
	EXPECT(k, "sysctl net.ipv4.conf.eth1.rp_filter=1",
	    "nft delete element stay { 0x01000000 : jump stay0 }", );
	free(k);
}

/* A flow of each of the first two uplinks, and what nft(8) knows of marks. */
struct marked {
	uint32_t flow[2];
	uint32_t mask;
};

static void
marked_step(struct sim *k, struct marked *m, const struct step *st)
{
	const struct net_marks *to = &plan.marks;
	uint32_t gone = to->mask;
	size_t i, j;

	if (st->type == STEP_NAT)
		m->mask = k->w.mask;
	if (st->type != STEP_MARKS && st->type != STEP_MARKS_END) {
		sim_step(k, st);
		return;
	}
	if (st->type == STEP_MARKS_END)
		gone |= to->was_mask;
	for (i = 0; i < 2; i++)
		for (j = 0; j < to->n; j++)
			if ((m->flow[i] & to->was_mask) == to->mark[j].was) {
				m->flow[i] &= ~gone;
				m->flow[i] |= to->mark[j].is;
				break;
			}
}

/* Each of them stays on its uplink, whatever is done when. */
static void
assert_marked(const struct sim *k, const struct marked *m)
{
	uint32_t i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(m->flow[i] & m->mask, plan_mark(m->mask, i));
		assert_int_equal(
		    way(k, m->flow[i] & m->mask, NULL), i == 0 ? ETH1 : WAN2);
	}
}

/* Other bits for marks: flows get them with the rules and the nft table. */
static void
test_marks(void **arg)
{
	struct sim *k = started();
	struct marked m = { { 0 }, CONF_MARK_DEFAULT };
	static struct net_before was;
	size_t i;

	(void)arg;
	k->w.active = 1;
	k->w.drain = 0;
	run(k);
	own(k);
	was.state = k->s;
	was.state.rules = calloc(RULES, sizeof(k->rule[0]));
	assert_non_null(was.state.rules);
	memcpy(was.state.rules, k->rule, sizeof(k->rule));
	strlcpy(was.nat, k->nat, sizeof(was.nat));
	for (i = 0; i < 2; i++)
		m.flow[i] = plan_mark(m.mask, (uint32_t)i) | 0x77;
	k->w.mask = 0x00f00000;
	make(k);
	for (i = 0; i < plan.n; i++) {
		marked_step(k, &m, &plan.step[i]);
		assert_marked(k, &m);
	}
	assert_int_equal(m.flow[0], 0x00100077);
	assert_int_equal(m.flow[1], 0x00200077);
	for (i = 0; i < k->s.nrules; i++)
		assert_true(
		    k->rule[i].mask == 0 || k->rule[i].mask == 0x00f00000);
	make(k);
	assert_int_equal(plan.n, 0);
	/* if it was to be taken back */
	plan_back(&was, &k->s, &k->undo, &plan);
	assert_int_equal(plan.marks.was_mask, 0x00f00000);
	for (i = 0; i < plan.n; i++)
		if (plan.step[i].type == STEP_MARKS ||
		    plan.step[i].type == STEP_MARKS_END)
			marked_step(k, &m, &plan.step[i]);
	assert_int_equal(m.flow[0], 0x01000077);
	assert_int_equal(m.flow[1], 0x02000077);
	free(was.state.rules);
	free(k);
}

/* Other numbers: marks go with the interfaces. */
static void
test_other_numbers(void **arg)
{
	struct sim *k = started();
	char line[MSG_TEXT_LEN];

	(void)arg;
	strlcpy(k->w.uplink[1].ifname, "", IFNAMSIZ);
	strlcpy(k->w.uplink[2].ifname, "wan2", IFNAMSIZ);
	make(k);
	assert_int_equal(plan.marks.n, 2);
	assert_int_equal(plan.marks.mark[0].was, plan.marks.mark[0].is);
	assert_int_equal(
	    plan.marks.mark[1].was, plan_mark(CONF_MARK_DEFAULT, 1));
	assert_int_equal(
	    plan.marks.mark[1].is, plan_mark(CONF_MARK_DEFAULT, 2));
	run(k);
	/* one that is none any more leaves no mark */
	strlcpy(k->w.uplink[2].ifname, "", IFNAMSIZ);
	make(k);
	assert_int_equal(plan.marks.mark[1].is, 0);
	while (plan.n > 0 && plan.step[plan.n - 1].type != STEP_MARKS_END)
		plan.n--;
	assert_true(plan.n > 0);
	plan_step_text(&plan.step[plan.n - 1], &k->s, line, sizeof(line));
	assert_string_equal(line, "flows: new marks in 0x0f000000");
	free(k);
}

static void
test_recreated(void **arg)
{
	struct sim *k = started();
	struct net_link *l;
	size_t i;

	(void)arg;
	l = sim_link(k, "eth1");
	kernel_down(k, ETH1);
	l->group = 0;
	l->ifindex = 9;
	for (i = 0; i < k->s.naddrs; i++)
		if (k->addr[i].ifindex == ETH1)
			k->addr[i].ifindex = 9;
	undo_drop(&k->undo, UNDO_GROUP, "eth1");
	EXPECT(k, "link set eth1 group 157",
	    "route add 192.0.2.0/24 dev eth1 table 157", );
	free(k);
}

static void
test_interface_gone(void **arg)
{
	struct sim *k = started();

	(void)arg;
	dial(k);
	k->w.active = 2;
	run(k);
	/* pppd ended: the kernel took what hung on its interface */
	kernel_down(k, PPP0);
	k->s.nlinks--;
	k->s.naddrs--;
	undo_drop(&k->undo, UNDO_GROUP, "ppp0");
	k->w.uplink[2].ifname[0] = '\0';
	assert_int_equal(plan_make(&k->w, &k->s, &plan), -1);
	assert_string_equal(plan.error, "pots: no interface");
	assert_int_equal(plan.n, 0);
	k->w.active = 0;
	cut_anywhere(k);
	run(k);
	assert_int_equal(way(k, 0, NULL), ETH1);
	free(k);
}

static void
test_group_taken(void **arg)
{
	struct sim *k = site();

	(void)arg;
	sim_link(k, "wan2")->group = 7;
	/* not used: left alone, and nobody is held up */
	run(k);
	assert_int_equal(sim_link(k, "wan2")->group, 7);
	assert_int_equal(sim_link(k, "eth1")->group, NET_GROUP);
	k->w.active = 1;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), -1);
	assert_string_equal(plan.error,
	    "wan2 is in interface group 7 already: dialfail needs it in group "
	    "157");
	assert_int_equal(plan.n, 0);
	sim_link(k, "eth1")->group = 8;
	k->w.active = 0;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), -1);
	free(k);
}

static void
test_no_gateway(void **arg)
{
	struct sim *k = started();

	(void)arg;
	memset(&k->w.uplink[1].gateway[FAMILY_INET], 0, sizeof(struct addr));
	k->w.active = 1;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), -1);
	assert_string_equal(plan.error, "lte: no gateway is known");
	sim_link(k, "wan2")->up = 0;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), -1);
	assert_string_equal(plan.error, "lte: its interface is down");
	free(k);
}

static void
test_shutdown(void **arg)
{
	struct sim *k = started();

	(void)arg;
	k->w.uplink[0].shutdown = 1;
	k->w.uplink[0].ncompanions = 1;
	strlcpy(k->w.uplink[0].companion[0], "sps0", IFNAMSIZ);
	add_link(k, 8, "sps0", 1, "10.3.0.1", 32);
	k->w.active = 1;
	k->w.shut = 1;
	EXPECT(k, "route add default via 198.51.100.1 dev wan2 table 157",
	    "link set eth1 down", "link set sps0 down", );
	k->w.shut = 0;
	EXPECT(k, "link set eth1 up", "link set sps0 up", );
	assert_int_equal(way(k, 0, NULL), WAN2);
	k->w.active = 0;
	run(k);
	assert_int_equal(way(k, 0, NULL), ETH1);
	/* what somebody else set down stays down */
	sim_link(k, "eth1")->up = 0;
	kernel_down(k, ETH1);
	run(k);
	assert_int_equal(sim_link(k, "eth1")->up, 0);
	free(k);
}

/* The router's own default went: with a configured gateway we lay it. */
static void
test_configured_gateway(void **arg)
{
	struct sim *k = started();

	(void)arg;
	k->w.uplink[0].gateway[FAMILY_INET] = ip("192.0.2.1");
	k->w.uplink[0].gateway_configured[FAMILY_INET] = 1;
	kernel_route_del(k, &k->route[0]);
	EXPECT(k, "route add default via 192.0.2.1 dev eth1 table 157", );
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(plan_active(&k->w, &k->s), 0);
	free(k);
}

/* An uplink leaves the configuration: its interface is as it was. */
static void
test_uplink_leaves(void **arg)
{
	struct sim *k = site();

	(void)arg;
	sim_link(k, "wan2")->rp_filter = 1;
	run(k);
	k->w.nuplinks = 1;
	cut_anywhere(k);
	run(k);
	assert_int_equal(sim_link(k, "wan2")->group, 0);
	assert_int_equal(sim_link(k, "wan2")->rp_filter, 1);
	assert_int_equal(sim_link(k, "eth1")->group, NET_GROUP);
	free(k);
}

static void
test_clear(void **arg)
{
	struct sim *k = site(), *before = malloc(sizeof(*before));

	(void)arg;
	assert_non_null(before);
	sim_link(k, "wan2")->rp_filter = 1;
	*before = *k;
	run(k);
	dial(k);
	k->w.active = 1;
	k->w.shut = 1;
	k->w.uplink[0].shutdown = 1;
	run(k);
	assert_int_equal(sim_link(k, "eth1")->up, 0);
	k->w.clear = 1;
	cut_anywhere(k);
	run(k);
	assert_int_equal(plan_found(&k->s), 0);
	assert_int_equal(k->undo.n, 0);
	assert_int_equal(way(k, 0, NULL), ETH1);
	k->s.nlinks--; /* ppp0 */
	assert_same(k, before);
	free(before);
	free(k);
}

/* Killed again and again in the middle of the rules, and rules of others'. */
static void
test_rules_in_disorder(void **arg)
{
	struct sim *k = started();
	struct net_rule stranger = { .family = AF_INET, .table = 999 };

	(void)arg;
	k->rule[k->s.nrules++] = k->rule[0];
	k->rule[k->s.nrules++] = k->rule[4];
	k->rule[k->s.nrules++] = stranger;
	k->rule[k->s.nrules++] = k->rule[1];
	cut_anywhere(k);
	run(k);
	assert_int_equal(k->s.nrules, 7);
	free(k);
}

static void
test_facts(void **arg)
{
	struct sim *k = started();
	struct msg_facts f;

	(void)arg;
	plan_facts(&k->w.uplink[0], "", 0, &k->s, &f);
	assert_int_equal(f.ifindex, ETH1);
	assert_int_equal(f.family[FAMILY_INET].has_route, 1);
	assert_int_equal(f.family[FAMILY_INET].prefixlen, 24);
	assert_int_equal(
	    addr_cmp(&f.family[FAMILY_INET].gateway, &(struct addr){ 0 }) != 0,
	    1);
	/* the last known gateway stays, the route is gone */
	k->w.uplink[0].gateway[FAMILY_INET] = f.family[FAMILY_INET].gateway;
	kernel_route_del(k, &k->route[0]);
	plan_facts(&k->w.uplink[0], "", 0, &k->s, &f);
	assert_int_equal(f.family[FAMILY_INET].has_route, 0);
	assert_int_equal(addr_cmp(&f.family[FAMILY_INET].gateway,
			     &k->w.uplink[0].gateway[FAMILY_INET]),
	    0);
	/* after a restart a backup's comes from its own table */
	memset(&k->w.uplink[1].gateway[FAMILY_INET], 0, sizeof(struct addr));
	kernel_down(k, 0);
	plan_facts(&k->w.uplink[1], "", 0, &k->s, &f);
	assert_int_equal(f.family[FAMILY_INET].gateway.family, AF_INET);
	/* a missing interface, and one that is a port of another */
	plan_facts(&k->w.uplink[2], "", 0, &k->s, &f);
	assert_int_equal(f.ifindex, 0);
	sim_link(k, "eth0")->carrier = 0;
	plan_facts(&k->w.uplink[0], "eth0", 0, &k->s, &f);
	assert_int_equal(f.carrier, 0);
	plan_facts(&k->w.uplink[0], "", 1, &k->s, &f);
	assert_int_equal(f.carrier, 1);
	assert_int_equal(msg_facts_valid(&f), 1);
	free(k);
}

static const struct msg_family *
inet6_facts(struct sim *k, uint32_t uplink)
{
	static struct msg_facts f;
	struct net_uplink *u = &k->w.uplink[uplink];

	plan_facts(u, "", 0, &k->s, &f);
	assert_int_equal(msg_facts_valid(&f), 1);
	if (!u->gateway_configured[FAMILY_INET6])
		u->gateway[FAMILY_INET6] = f.family[FAMILY_INET6].gateway;
	return &f.family[FAMILY_INET6];
}

static void
assert_addr(const struct addr *a, const char *text)
{
	char buf[ADDR_STRLEN];

	assert_string_equal(addr_format(a, buf, sizeof(buf)), text);
}

/* The best one there is, for what goes far. */
static void
test_facts_inet6(void **arg)
{
	struct sim *k = site();
	struct net_addr *a;

	(void)arg;
	add_addr(k, ETH1, "fe80::2", 64)->local.scope = ETH1;
	assert_addr(&inet6_facts(k, 0)->address, "none");
	add_addr(k, ETH1, "2001:db8::bad", 64)->tentative = 1;
	add_addr(k, WAN2, "2001:db8:1::2", 64);
	assert_addr(&inet6_facts(k, 0)->address, "none");
	add_addr(k, ETH1, "2001:db8::dd", 64)->deprecated = 1;
	assert_addr(&inet6_facts(k, 0)->address, "2001:db8::dd");
	add_addr(k, ETH1, "fd00::2", 48);
	assert_addr(&inet6_facts(k, 0)->address, "fd00::2");
	add_addr(k, ETH1, "2001:db8::77", 64)->temporary = 1;
	assert_addr(&inet6_facts(k, 0)->address, "2001:db8::77");
	add_addr(k, ETH1, "2001:db8::2", 64);
	add_addr(k, ETH1, "2001:db8::3", 64);
	assert_addr(&inet6_facts(k, 0)->address, "2001:db8::2");
	assert_int_equal(inet6_facts(k, 0)->prefixlen, 64);

	assert_int_equal(inet6_facts(k, 0)->has_route, 0);
	(void)add_main(k, ETH1, "fe80::bad", 1024);
	(void)add_main(k, ETH1, "fe80::1", 512);
	(void)add_main(k, WAN2, "fe80::9", 1);
	assert_addr(&inet6_facts(k, 0)->gateway, "fe80::1");
	assert_int_equal(inet6_facts(k, 0)->gateway.scope, ETH1);
	assert_int_equal(inet6_facts(k, 0)->has_route, 1);
	assert_addr(&inet6_facts(k, 1)->gateway, "fe80::9");
	/* gone, but known; and the interface is another one meanwhile */
	kernel_down(k, ETH1);
	sim_link(k, "eth1")->ifindex = 9;
	assert_addr(&inet6_facts(k, 0)->gateway, "fe80::1");
	assert_int_equal(inet6_facts(k, 0)->gateway.scope, 9);
	assert_int_equal(inet6_facts(k, 0)->has_route, 0);
	k->w.uplink[0].gateway[FAMILY_INET6] = ip("2001:db8::1");
	k->w.uplink[0].gateway_configured[FAMILY_INET6] = 1;
	assert_addr(&inet6_facts(k, 0)->gateway, "2001:db8::1");
	assert_int_equal(inet6_facts(k, 0)->has_route, 1);
	/* the other end */
	dial(k);
	a = add_addr(k, PPP0, "2001:db8:2::2", 128);
	a->peer = ip("2001:db8:2::1");
	assert_addr(&inet6_facts(k, 2)->peer, "2001:db8:2::1");
	free(k);
}

/* What is bound to the primary leaves by it or not at all. */
static void
test_own_table(void **arg)
{
	struct addr primary = ip("192.0.2.2");
	struct sim *k = started();

	(void)arg;
	k->w.uplink[0].gateway[FAMILY_INET] = ip("192.0.2.1");
	k->w.uplink[0].sockets[FAMILY_INET] = 1;
	EXPECT(k, "route add 192.0.2.0/24 dev eth1 table 156",
	    "route add default via 192.0.2.1 dev eth1 table 156",
	    "route add unreachable default table 156",
	    "rule add pref 32765 fwmark 0x1000000/0xf000000 lookup main",
	    "rule add pref 32765 fwmark 0x2000000/0xf000000 lookup 158",
	    "rule add pref 32765 oif eth1 lookup 156",
	    "rule add pref 32765 from 192.0.2.2 lookup main",
	    "rule add pref 32765 oif wan2 lookup 158",
	    "rule add pref 32765 from 198.51.100.2 lookup 158",
	    "rule add pref 32765 lookup main suppress_ifgroup 157",
	    "rule add pref 32765 lookup 157", "rule del pref 32765 lookup 157",
	    "rule del pref 32765 lookup main suppress_ifgroup 157",
	    "rule del pref 32765 from 198.51.100.2 lookup 158",
	    "rule del pref 32765 oif wan2 lookup 158",
	    "rule del pref 32765 from 192.0.2.2 lookup main",
	    "rule del pref 32765 fwmark 0x2000000/0xf000000 lookup 158",
	    "rule del pref 32765 fwmark 0x1000000/0xf000000 lookup main", );
	assert_int_equal(way_of(k, 0, &primary, "eth1"), ETH1);
	/* main's default is gone, and traffic on a backup */
	kernel_route_del(k, &k->route[0]);
	k->w.active = 1;
	run(k);
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(way_of(k, 0, NULL, "eth1"), ETH1);
	assert_int_equal(way_of(k, 0, &primary, "eth1"), ETH1);
	/* so is its gateway */
	memset(&k->w.uplink[0].gateway, 0, sizeof(k->w.uplink[0].gateway));
	EXPECT(k, "route del default via 192.0.2.1 dev eth1 table 156", );
	assert_int_equal(way_of(k, 0, NULL, "eth1"), -1);
	k->w.uplink[0].sockets[FAMILY_INET] = 0;
	cut_anywhere(k);
	run(k);
	assert_int_equal(k->s.nrules, 7);
	k->w.clear = 1;
	run(k);
	assert_int_equal(plan_found(&k->s), 0);
	free(k);
}

static const char *const inet6_text[] = {
	"route add -6 2001:db8:a::/64 dev eth1 table 157",
	"route add -6 2001:db8:b::/64 dev wan2 table 157",
	"route add -6 2001:db8:b::/64 dev wan2 table 158",
	"route add -6 fe80::/64 dev wan2 table 158",
	"route add -6 default via fe80::9 dev wan2 table 158",
	"route add -6 unreachable default table 158",
	"rule add -6 pref 32765 fwmark 0x1000000/0xf000000 lookup main",
	"rule add -6 pref 32765 fwmark 0x2000000/0xf000000 lookup 158",
	"rule add -6 pref 32765 from 2001:db8:a::2 lookup main",
	"rule add -6 pref 32765 oif wan2 lookup 158",
	"rule add -6 pref 32765 from 2001:db8:b::2 lookup 158",
	"rule add -6 pref 32765 lookup main suppress_ifgroup 157",
	"rule add -6 pref 32765 lookup 157",
	NULL,
};

static struct sim *
dual_started(void)
{
	struct sim *k = started();

	dual(k);
	run(k);
	return k;
}

/* It comes to a site that had IPv4 alone, and goes again. */
static void
test_inet6_comes(void **arg)
{
	struct sim *k = started(), *before = malloc(sizeof(*before));
	size_t i;

	(void)arg;
	assert_non_null(before);
	*before = *k;
	dual(k);
	expect(k, inet6_text);
	assert_int_equal(way6(k, 0, NULL), ETH1);
	k->s.naddrs = before->s.naddrs;
	for (i = k->s.nroutes; i > 0; i--)
		if (k->route[i - 1].table == NET_MAIN &&
		    k->route[i - 1].dst.addr.family == AF_INET6)
			kernel_route_del(k, &k->route[i - 1]);
	cut_anywhere(k);
	run(k);
	assert_same(k, before);
	free(before);
	free(k);
}

/* One route for each family, there and back. */
static void
test_inet6_failover(void **arg)
{
	struct sim *k = dual_started();
	struct addr primary = ip("2001:db8:a::2"), lte = ip("2001:db8:b::2");
	struct net_route *r;

	(void)arg;
	k->w.active = 1;
	EXPECT(k, "route add default via 198.51.100.1 dev wan2 table 157",
	    "route add -6 default via fe80::9 dev wan2 table 157", );
	assert_int_equal(way6(k, 0, NULL), WAN2);
	assert_int_equal(way6(k, 0, &primary), ETH1);
	assert_int_equal(way6(k, 0, &lte), WAN2);
	/* a router tells its default again, as the best there can be */
	r = add_main(k, ETH1, "fe80::1", 1);
	r->gateway.scope = ETH1;
	r->proto = 9; /* ra */
	make(k);
	assert_int_equal(plan.n, 0);
	assert_int_equal(way6(k, 0, NULL), WAN2);
	k->w.active = 0;
	k->w.drain = 1;
	EXPECT(k, "route del default via 198.51.100.1 dev wan2 table 157",
	    "route del -6 default via fe80::9 dev wan2 table 157", );
	assert_int_equal(way6(k, 0, NULL), ETH1);
	assert_int_equal(way6(k, plan_mark(CONF_MARK_DEFAULT, 1), NULL), WAN2);
	free(k);
}

/* A backup without IPv6: refused at once, whatever main says. */
static void
test_inet6_refused(void **arg)
{
	struct addr primary = ip("2001:db8:a::2"), lte = ip("2001:db8:b::2");
	struct sim *k = dual_started();

	(void)arg;
	dial(k);
	run(k);
	k->w.active = 2;
	cut_anywhere(k);
	run(k);
	assert_int_equal(way(k, 0, NULL), PPP0);
	assert_int_equal(way6(k, 0, NULL), -1);
	assert_int_equal(plan_active(&k->w, &k->s), 2);
	/* nor with the source that the kernel picks instead */
	assert_int_equal(way6(k, 0, &primary), -1);
	assert_int_equal(way6(k, 0, &lte), -1);
	/* but answers to whom the LAN is asked by */
	assert_int_equal(way6(k, plan_mark(CONF_MARK_DEFAULT, 0), NULL), ETH1);
	/* to one that has it, and back */
	k->w.active = 1;
	cut_anywhere(k);
	run(k);
	assert_int_equal(way6(k, 0, NULL), WAN2);
	assert_int_equal(way6(k, 0, &primary), ETH1);
	k->w.active = 2;
	cut_anywhere(k);
	run(k);
	/* the line came with an address after all: its rules come, too */
	add_addr(k, PPP0, "2001:db8:c::2", 128);
	run(k);
	assert_int_equal(way6(k, 0, NULL), PPP0);
	assert_int_equal(inet6_facts(k, 2)->has_route, 1);
	k->s.naddrs--;
	run(k);
	assert_int_equal(way6(k, 0, NULL), -1);
	k->w.active = 0;
	cut_anywhere(k);
	run(k);
	assert_int_equal(way6(k, 0, NULL), ETH1);
	assert_int_equal(way6(k, 0, &primary), ETH1);
	free(k);
}

/* No router, or no address that is its own: no IPv6. */
static void
test_inet6_lacking(void **arg)
{
	struct net_addr *a;
	struct net_route *r;
	struct net_uplink *u;
	struct sim *k = site();

	(void)arg;
	dual(k);
	a = &k->addr[k->s.naddrs - 2];
	r = &k->route[k->s.nroutes - 1];
	u = &k->w.uplink[1];
	k->w.active = 1;
	run(k);
	assert_int_equal(way6(k, 0, NULL), WAN2);
	a->tentative = 1;
	run(k);
	assert_int_equal(way6(k, 0, NULL), -1);
	assert_int_equal(way(k, 0, NULL), WAN2);
	a->tentative = 0;
	a->deprecated = 1;
	run(k);
	assert_int_equal(way6(k, 0, NULL), -1);
	assert_int_equal(way6(k, plan_mark(CONF_MARK_DEFAULT, 1), NULL), WAN2);
	a->deprecated = 0;
	run(k);
	assert_int_equal(way6(k, 0, NULL), WAN2);
	/* its router has told that it is none any more */
	kernel_route_del(k, r);
	run(k);
	assert_int_equal(way6(k, 0, NULL), -1);
	assert_int_equal(way6(k, plan_mark(CONF_MARK_DEFAULT, 1), NULL), -1);
	assert_int_equal(inet6_facts(k, 1)->has_route, 0);
	u->gateway_configured[FAMILY_INET6] = 1;
	run(k);
	assert_int_equal(way6(k, 0, NULL), WAN2);
	memset(&u->gateway[FAMILY_INET6], 0, sizeof(struct addr));
	u->gateway_configured[FAMILY_INET6] = 0;
	run(k);
	assert_int_equal(way6(k, 0, NULL), -1);
	free(k);
}

/* IPv6 alone can be a backup; but what has IPv4 must know its router. */
static void
test_inet6_alone(void **arg)
{
	struct sim *k = dual_started();

	(void)arg;
	memset(&k->w.uplink[1].gateway[FAMILY_INET], 0, sizeof(struct addr));
	k->w.active = 1;
	assert_int_equal(plan_make(&k->w, &k->s, &plan), -1);
	assert_string_equal(plan.error, "lte: no gateway is known");
	k->w.active = 0;
	k->addr[2] = k->addr[--k->s.naddrs];
	run(k);
	k->w.active = 1;
	EXPECT(k, "route add unreachable default table 157",
	    "route add -6 default via fe80::9 dev wan2 table 157", );
	assert_int_equal(way(k, 0, NULL), -1);
	assert_int_equal(way6(k, 0, NULL), WAN2);
	assert_int_equal(plan_active(&k->w, &k->s), 1);
	free(k);
}

/* A provider that gives networks only; and a router that is written down. */
static void
test_inet6_unnumbered(void **arg)
{
	struct sim *k = started();

	(void)arg;
	k->w.uplink[0].gateway[FAMILY_INET6] = ip("fe80::1");
	k->w.uplink[0].gateway_configured[FAMILY_INET6] = 1;
	make(k);
	assert_int_equal(plan.n, 0); /* no IPv6 on it, or none at all */
	add_addr(k, ETH1, "fe80::2", 64)->local.scope = ETH1;
	EXPECT(k,
	    "rule add -6 pref 32765 fwmark 0x1000000/0xf000000 lookup main",
	    "rule add -6 pref 32765 lookup main suppress_ifgroup 157",
	    "rule add -6 pref 32765 lookup 157", );
	k->w.active = 1;
	EXPECT(k, "route add default via 198.51.100.1 dev wan2 table 157",
	    "route add -6 unreachable default table 157", );
	k->w.active = 0;
	run(k);
	/* main has none: with an address of its own we lay it */
	add_addr(k, ETH1, "2001:db8:a::2", 64);
	run(k);
	assert_int_equal(way6(k, 0, NULL), ETH1);
	assert_int_equal(plan_active(&k->w, &k->s), 0);
	free(k);
}

static void
test_inet6_clear(void **arg)
{
	struct sim *k = site(), *before = malloc(sizeof(*before));

	(void)arg;
	assert_non_null(before);
	dual(k);
	*before = *k;
	run(k);
	k->w.active = 1;
	run(k);
	k->w.clear = 1;
	cut_anywhere(k);
	run(k);
	assert_int_equal(plan_found(&k->s), 0);
	assert_same(k, before);
	free(before);
	free(k);
}

/* IPv6 has its own rules, which come and go without those of IPv4. */
static void
test_own_table_inet6(void **arg)
{
	struct sim *k = dual_started();

	(void)arg;
	k->w.uplink[0].targets[FAMILY_INET6] = 1;
	k->w.uplink[0].sockets[FAMILY_INET6] = 1;
	cut_anywhere(k);
	run(k);
	assert_int_equal(way_in(k, AF_INET6, 0, NULL, "eth1"), ETH1);
	k->w.active = 1;
	run(k);
	assert_int_equal(way_in(k, AF_INET6, 0, NULL, "eth1"), ETH1);
	/* not even by a default of main's that is another's */
	memset(&k->w.uplink[0].gateway[FAMILY_INET6], 0, sizeof(struct addr));
	EXPECT(k, "route del -6 default via fe80::1 dev eth1 table 156", );
	assert_int_equal(way_in(k, AF_INET6, 0, NULL, "eth1"), -1);
	k->addr[3].tentative = 1; /* without one it is of no use */
	run(k);
	assert_int_equal(way_in(k, AF_INET6, 0, NULL, "eth1"), WAN2);
	free(k);
}

/* No frames, no neighbours: all its probes are sockets'. */
static void
test_own_table_ppp(void **arg)
{
	struct sim *k = site();

	(void)arg;
	dial(k);
	add_addr(k, PPP0, "2001:db8:2::2", 128);
	strlcpy(k->w.uplink[0].ifname, "ppp0", IFNAMSIZ);
	k->w.uplink[0].targets[FAMILY_INET6] = 1;
	k->w.uplink[2].ifname[0] = '\0';
	run(k);
	kernel_route_del(k, &k->route[0]); /* main's default */
	assert_int_equal(way_of(k, 0, NULL, "ppp0"), PPP0);
	/* it went, and comes back as another one */
	cut_anywhere(k);
	kernel_down(k, PPP0);
	sim_link(k, "ppp0")->ifindex = 7;
	sim_link(k, "ppp0")->group = 0;
	undo_drop(&k->undo, UNDO_GROUP, "ppp0");
	k->addr[k->s.naddrs - 1].ifindex = 7;
	k->addr[k->s.naddrs - 2].ifindex = 7;
	EXPECT(k, "link set ppp0 group 157",
	    "route add default dev ppp0 table 156",
	    "route add -6 default dev ppp0 table 156", );
	assert_int_equal(way_in(k, AF_INET6, 0, NULL, "ppp0"), 7);
	assert_int_equal(way_of(k, 0, NULL, "ppp0"), 7);
	/* a tunnel with many ends needs its router */
	sim_link(k, "ppp0")->pointopoint = 0;
	run(k);
	assert_int_equal(way_of(k, 0, NULL, "ppp0"), -1);
	free(k);
}

/* At each moment a rule for the old address is in force, or for the new. */
static void
test_renumbered(void **arg)
{
	struct addr old = ip("192.0.2.2"), new = ip("192.0.2.3");
	struct sim *k = started();
	size_t i;
	int oldway, newway;

	(void)arg;
	k->w.active = 1;
	run(k);
	add_addr(k, ETH1, "192.0.2.3", 24);
	k->addr[1] = k->addr[--k->s.naddrs];
	cut_anywhere(k);
	make(k);
	for (i = 0; i < plan.n; i++) {
		sim_step(k, &plan.step[i]);
		oldway = way(k, 0, &old);
		newway = way(k, 0, &new);
		assert_true(oldway == ETH1 || newway == ETH1);
	}
	assert_int_equal(way(k, 0, &new), ETH1);
	free(k);
}

struct shown {
	int lines;
	int different;
};

static void
count_line(const char *text, int different, void *arg)
{
	struct shown *n = arg;

	assert_true(text[0] != '\0');
	n->lines++;
	n->different += different != 0;
}

static void
test_show(void **arg)
{
	struct sim *k = site();
	struct shown n = { 0, 0 };

	(void)arg;
	plan_show(&k->w, &k->s, count_line, &n);
	assert_true(n.different > 10);
	run(k);
	own(k);
	n = (struct shown){ 0, 0 };
	plan_show(&k->w, &k->s, count_line, &n);
	assert_int_equal(n.different, 0);
	assert_true(n.lines > 10);
	k->w.active = 1;
	plan_show(&k->w, &k->s, count_line, &n);
	assert_int_equal(n.different, 1);
	free(k);
}

/* A backup that is not there is told, and is no difference until it is used. */
static void
test_show_missing(void **arg)
{
	struct sim *k = site();
	struct shown n = { 0, 0 };

	(void)arg;
	strlcpy(k->w.uplink[1].ifname, "wan9", IFNAMSIZ);
	run(k);
	own(k);
	plan_show(&k->w, &k->s, count_line, &n);
	assert_int_equal(n.different, 0);
	k->w.active = 1;
	plan_show(&k->w, &k->s, count_line, &n);
	assert_int_equal(n.different, 1);
	free(k);
}

/* Of the configuration alone. */
static void
test_nft(void **arg)
{
	struct sim *k = site();
	static char text[PLAN_NFT_MAX], other[PLAN_NFT_MAX];
	static struct wanted d;

	(void)arg;
	k->w.nuplinks = 1;
	assert_int_equal(nft_text(&k->w, NULL, text, sizeof(text)), 0);
	assert_string_equal(text,
	    "table inet dialfail\n"
	    "delete table inet dialfail\n"
	    "table inet dialfail {\n"
	    "\tmap uplink {\n\t\ttype ifname : verdict\n\t}\n"
	    "\tmap stay {\n\t\ttype mark : verdict\n\t}\n"
	    "\tset lan {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t}\n"
	    "\tset lan6 {\n\t\ttype ipv6_addr\n\t\tflags interval\n\t}\n"
	    "\tchain mark0 {\n"
	    "\t\tct mark set ct mark and 0xf0ffffff or 0x01000000\n\t}\n"
	    "\tchain stay0 {\n"
	    "\t\tmeta mark set meta mark and 0xf0ffffff or 0x01000000\n"
	    "\t}\n"
	    "\tchain prerouting {\n"
	    "\t\ttype filter hook prerouting priority mangle\n"
	    "\t\tct state new iifname vmap @uplink\n"
	    "\t\tiifgroup != 157 ct direction reply "
	    "ct mark and 0x0f000000 == 0x01000000 jump stay0\n"
	    "\t\tiifgroup != 157 ct mark and 0x0f000000 vmap @stay\n"
	    "\t}\n"
	    "\tchain marks {\n"
	    "\t\ttype filter hook postrouting priority srcnat + 20\n"
	    "\t\toifname vmap @uplink\n"
	    "\t}\n"
	    "\tcounter tried0 {\n\t}\n"
	    "\tchain tried {\n"
	    "\t\ttype filter hook forward priority -300\n"
	    "\t\tct state != new return\n"
	    "\t\tiifgroup 157 return\n"
	    "\t\toifname vmap @uplink\n"
	    "\t\toifgroup 157 ct mark and 0x0f000000 == 0x01000000 "
	    "counter name \"tried0\"\n"
	    "\t}\n"
	    "\tchain forward {\n"
	    "\t\ttype filter hook forward priority mangle\n"
	    "\t\tiifgroup 157 tcp flags & (syn | rst) == syn "
	    "tcp option maxseg size set rt mtu\n"
	    "\t\toifgroup 157 tcp flags & (syn | rst) == syn "
	    "tcp option maxseg size set rt mtu\n"
	    "\t}\n"
	    "\tcounter passed0 {\n\t}\n"
	    "\tchain passed {\n"
	    "\t\ttype filter hook forward priority 300\n"
	    "\t\tct state != new return\n"
	    "\t\tiifgroup 157 return\n"
	    "\t\toifname vmap @uplink\n"
	    "\t\toifgroup 157 ct mark and 0x0f000000 == 0x01000000 "
	    "counter name \"passed0\"\n"
	    "\t}\n"
	    "\tchain nat {\n"
	    "\t\ttype nat hook postrouting priority srcnat + 10\n"
	    "\t\toifgroup 157 ip saddr @lan ip daddr != @lan rt ipsec missing "
	    "masquerade\n"
	    "\t}\n"
	    "}\n");
	assert_int_equal(nft_text(&k->w, NULL, text, 64), -1);
	memset(&d, 0, sizeof(d));
	plan_wanted(&k->w, &k->s, &d);
	assert_int_equal(nft_text(&k->w, &d, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "type mark : verdict\n\t}\n"));
	assert_non_null(
	    strstr(text, "type ifname : verdict\n"
			 "\t\telements = { \"eth1\" : jump mark0 }\n\t}\n"));
	assert_non_null(strstr(
	    text, "flags interval\n\t\telements = { 10.1.0.0/24 }\n\t}\n"));
	k->w.nuplinks = 3;
	assert_int_equal(nft_text(&k->w, NULL, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "chain mark2 {"));
	dial(k);
	add_masq(k, "nosuch");
	k->w.drain = 0;
	assert_int_equal(nft_text(&k->w, NULL, other, sizeof(other)), 0);
	assert_string_equal(text, other);
	k->w.masq[0].family = FAMILY_INET6;
	k->w.nmasq = 1;
	assert_int_equal(nft_text(&k->w, NULL, text, sizeof(text)), 0);
	assert_null(strstr(text, "ip saddr"));
	assert_non_null(strstr(text, "ip6 saddr @lan6 ip6 daddr != @lan6 "));
	k->w.nmasq = 0;
	assert_int_equal(nft_text(&k->w, NULL, text, sizeof(text)), 0);
	assert_null(strstr(text, "masquerade"));
	k->w.mask = 0x3c000;
	assert_int_equal(nft_text(&k->w, NULL, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "meta mark and 0xfffc3fff or 0x0000c000"));
	free(k);
}

/* The largest configuration fits. */
static void
test_nft_largest(void **arg)
{
	static char text[PLAN_NFT_MAX];
	static struct wanted d;
	struct sim *k = site();

	(void)arg;
	while (k->w.nuplinks < CONF_UPLINKS_MAX)
		add_uplink(k, "b", "");
	k->w.masq[1].family = FAMILY_INET6;
	k->w.nmasq = 2;
	for (; d.nelements < WANTED_MAX; d.nelements++) {
		struct net_element *e = &d.element[d.nelements];

		e->set = NET_SET_LAN6;
		e->first = ip("2001:db8:1111:2222:3333:4444:5555:6661");
		e->last = ip("2001:db8:1111:2222:3333:4444:5555:6662");
	}
	assert_int_equal(nft_text(&k->w, &d, text, sizeof(text)), 0);
	free(k);
}

static void
add_net(struct sim *k, const char *net)
{
	struct conf_net *n = &k->w.masq[k->w.nmasq++];

	assert_int_equal(prefix_parse(net, &n->prefix), 0);
	n->family = addr_family(&n->prefix.addr);
}

/* Networks that hold others are enough, and each is there once. */
static void
test_elements(void **arg)
{
	struct sim *k = started();
	struct net_element odd;

	(void)arg;
	add_link(k, 7, "lan7", 0, "fd00::1", 64);
	add_addr(k, 7, "fe80::1", 64);
	add_addr(k, 7, "10.7.0.1", 24);
	add_net(k, "10.1.0.0/24");
	add_net(k, "10.1.0.0/25");
	add_net(k, "10.2.0.0/16");
	add_net(k, "10.3.0.7");
	add_masq(k, "nosuch");
	add_masq(k, "lan7");
	EXPECT(k, "nft add element lan { 10.2.0.0/16 }",
	    "nft add element lan { 10.3.0.7/32 }",
	    "nft add element lan { 10.7.0.0/24 }", );
	add_net(k, "10.0.0.0/8");
	k->w.masq[k->w.nmasq].family = FAMILY_INET6;
	add_masq(k, "lan7");
	EXPECT(k, "nft table inet dialfail", );
	assert_int_equal(k->s.nelements, 2 + 1 + 1 + 1);

	/* others' */
	memset(&odd, 0, sizeof(odd));
	odd.set = NET_SET_LAN;
	odd.first = ip("192.168.0.1");
	odd.last = ip("192.168.0.6");
	kernel_elements(k, NULL, 0, &odd, 1);
	EXPECT(k, "nft delete element lan { 192.168.0.1-192.168.0.6 }", );
	k->element[0].uplink = NET_UPLINK_ODD;
	EXPECT(k, "nft delete element uplink { \"eth1\" : ? }",
	    "nft add element uplink { \"eth1\" : jump mark0 }", );
	free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_dialled),
		cmocka_unit_test(test_other_backup),
		cmocka_unit_test(test_hot),
		cmocka_unit_test(test_hot_inet6),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_drain_primary),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_other_numbers),
		cmocka_unit_test(test_recreated),
		cmocka_unit_test(test_interface_gone),
		cmocka_unit_test(test_group_taken),
		cmocka_unit_test(test_no_gateway),
		cmocka_unit_test(test_shutdown),
		cmocka_unit_test(test_configured_gateway),
		cmocka_unit_test(test_uplink_leaves),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_rules_in_disorder),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_facts_inet6),
		cmocka_unit_test(test_own_table),
		cmocka_unit_test(test_own_table_inet6),
		cmocka_unit_test(test_inet6_comes),
		cmocka_unit_test(test_inet6_failover),
		cmocka_unit_test(test_inet6_refused),
		cmocka_unit_test(test_inet6_lacking),
		cmocka_unit_test(test_inet6_alone),
		cmocka_unit_test(test_inet6_unnumbered),
		cmocka_unit_test(test_inet6_clear),
		cmocka_unit_test(test_own_table_ppp),
		cmocka_unit_test(test_renumbered),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_show_missing),
		cmocka_unit_test(test_nft),
		cmocka_unit_test(test_nft_largest),
		cmocka_unit_test(test_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
