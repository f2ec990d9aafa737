/* SPDX-License-Identifier: ISC */
/*
 * Whatever the kernel refuses, it is left as it was.
 */
#include "regress/unit/net_rig.h"
#include "regress/unit/net_story.h"

static struct sim was;
static struct undo undo_was;
static char table_was[PLAN_NFT_MAX];

static void
remember(void)
{
	was = *k;
	undo_was = undo;
	strlcpy(table_was, table, sizeof(table_was));
}

static int
has_route(const struct sim *sim, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < sim->s.nroutes; i++)
		if (memcmp(&sim->route[i], r, sizeof(*r)) == 0)
			return 1;
	return 0;
}

static int
has_entry(const struct undo *u, const struct undo_entry *e)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (memcmp(&u->entry[i], e, sizeof(*e)) == 0)
			return 1;
	return 0;
}

/* Rules in their order; of routes and old values there is none. */
static void
assert_as_it_was(const char *story, int n)
{
	struct undo disk;
	size_t i;
	int same;

	assert_int_equal(undo_read(UNDO_FILE, &disk), 0);
	same = k->s.nlinks == was.s.nlinks && k->s.nrules == was.s.nrules &&
	       k->s.nroutes == was.s.nroutes && undo.n == undo_was.n &&
	       disk.n == undo_was.n && strcmp(table, table_was) == 0 &&
	       k->s.nelements == was.s.nelements &&
	       memcmp(k->link, was.link, sizeof(k->link)) == 0 &&
	       memcmp(k->rule, was.rule, k->s.nrules * sizeof(k->rule[0])) == 0;
	for (i = 0; same && i < k->s.nroutes; i++)
		same = has_route(&was, &k->route[i]);
	for (i = 0; same && i < k->s.nelements; i++)
		same = plan_element_in(was.element, was.s.nelements,
			   &k->element[i]) != NULL;
	for (i = 0; same && i < undo.n; i++)
		same = has_entry(&undo_was, &undo.entry[i]) &&
		       has_entry(&undo_was, &disk.entry[i]);
	if (!same)
		fail_msg("%s, step %d failed (%s): not as it was; told: %s",
		    story, n, strerror(fail_errno), last_done()->text);
}

static const int errnos[] = { EPERM, EBUSY, ENOBUFS, ENODEV };

/* 1: there was an nth change to be refused. */
static int
refuse_nth(size_t story, int n, int error)
{
	struct msg_net_want m;
	int ok;

	end(NULL);
	begin(NULL);
	table[0] = '\0';
	m = stories[story].begin();
	(void)look(0);
	remember();
	calls = 0;
	fail_at = n;
	fail_errno = error;
	ok = (int)ask(&m)->ok;
	if (calls < n)
		return 0;
	/* a link that was lost is no reason to give up */
	assert_int_equal(ok, error == ENODEV);
	if (error != ENODEV)
		assert_as_it_was(stories[story].name, n);
	calls = fail_at = 0;
	/* nothing comes after it by itself */
	on_settle(-1, 0, NULL);
	if (error == ENODEV)
		assert_int_equal(ask(&m)->nsteps, 0);
	else if (!stories[story].more)
		assert_as_it_was(stories[story].name, n);
	assert_int_equal(ask(&m)->ok, 1);
	return 1;
}

static void
test_taken_back(void **arg)
{
	size_t s, e;
	int n;

	(void)arg;
	for (s = 0; s < STORIES; s++)
		for (e = 0; e < sizeof(errnos) / sizeof(errnos[0]); e++) {
			for (n = 1; refuse_nth(s, n, errnos[e]); n++)
				;
			assert_true(n > stories[s].steps);
		}
}

/* Of both families, or of neither. */
static void
test_refused_inet6(void **arg)
{
	int n;

	(void)arg;
	dual(k);
	net_reloaded();
	for (n = 1; n <= 2; n++) {
		assert_int_equal(active(0)->ok, 1);
		calls = 0;
		fail_at = n;
		assert_int_equal(active(1)->ok, 0);
		assert_int_equal(way(k, 0, NULL), ETH1);
		assert_int_equal(way6(k, 0, NULL), ETH1);
		calls = fail_at = 0;
		assert_int_equal(active(1)->nsteps, 2);
		assert_int_equal(way(k, 0, NULL), WAN2);
		assert_int_equal(way6(k, 0, NULL), WAN2);
		calls = 0;
		fail_at = n;
		assert_int_equal(active(0)->ok, 0);
		assert_int_equal(way(k, 0, NULL), WAN2);
		assert_int_equal(way6(k, 0, NULL), WAN2);
		calls = fail_at = 0;
	}
}

/* Killed between the two: one of them says where traffic was to go. */
static void
test_adoption_inet6(void **arg)
{
	struct net_route *r;
	uint32_t f;
	size_t i;

	(void)arg;
	dual(k);
	net_reloaded();
	for (f = 0; f < FAMILIES; f++) {
		assert_int_equal(active(1)->ok, 1);
		for (i = 0; i < k->s.nroutes; i++) {
			r = &k->route[i];
			if (r->table == NET_TABLE && r->dst.len == 0 &&
			    addr_family(&r->dst.addr) == f)
				break;
		}
		assert_true(i < k->s.nroutes);
		kernel_route_del(k, &k->route[i]);
		forget();
		net_reloaded();
		assert_int_equal(sent[nsent - 1].body.adopt.active, 1);
		assert_int_equal(active(1)->ok, 1);
		assert_int_equal(way(k, 0, NULL), WAN2);
		assert_int_equal(way6(k, 0, NULL), WAN2);
	}
}

/* What left from the primary's addresses of either family. */
static void
test_flush_inet6(void **arg)
{
	struct msg_net_want m = wish(1);
	struct addr a = ip("2001:db8:a::2");

	(void)arg;
	dual(k);
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	m.flush = 0;
	assert_int_equal(ask(&m)->ok, 1);
	while (sweeps < 2)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(addr_cmp(&flushed_from[FAMILY_INET6], &a), 0);
	assert_int_equal(flushed_from[FAMILY_INET].family, AF_INET);
}

/* Which family the active backup refuses is told with its facts. */
static void
test_refuses_inet6(void **arg)
{
	const struct msg_facts *f = &facts[1];
	size_t i, n = 0;

	(void)arg;
	dual(k);
	net_reloaded();
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(f->refused, 0);
	for (i = 0; i < k->s.naddrs; i++)
		if (k->addr[i].ifindex != WAN2 ||
		    k->addr[i].local.family == AF_INET)
			k->addr[n++] = k->addr[i];
	k->s.naddrs = n;
	changed();
	loop_quiet();
	assert_int_equal(way6(k, 0, NULL), -1);
	while (f->refused == 0) /* an address may come back soon */
		event_loop(EVLOOP_ONCE);
	assert_int_equal(f->refused, 1u << FAMILY_INET6);
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(f->refused, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_taken_back),
		T(test_refused_inet6),
		T(test_adoption_inet6),
		T(test_flush_inet6),
		T(test_refuses_inet6),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
