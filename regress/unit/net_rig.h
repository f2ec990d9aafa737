/* SPDX-License-Identifier: ISC */
/*
 * netconf's network on a simulated kernel, with what it calls besides, and
 * what it says to the parent.
 */
#ifndef REGRESS_UNIT_NET_RIG_H
#define REGRESS_UNIT_NET_RIG_H

#include <sys/types.h>
#include <sys/eventfd.h>

#include <errno.h>
#include <event.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/plan_int.h"
#include "netconf/run.h"
#include "regress/unit/sim_net.h"

/* Its own statics, to be forgotten as by kill -9, and no file of the host. */
#undef RUNDIR
#define RUNDIR "."
#include "netconf/net.h"
#undef NET_TURN_MS
#define NET_TURN_MS turn_ms
static int turn_ms;
#undef NET_TWIN_MS
#define NET_TWIN_MS twin_ms
static int twin_ms;
#undef NET_RENEW_MS
#define NET_RENEW_MS(n) ((void)(n), renew_ms)
static int renew_ms = 1000;
#include "netconf/net_facts.c"
#include "netconf/net_fill.c"
#include "netconf/net_tunnel.c"
#include "netconf/net_twin.c"
/* after those: what follows has names that they use for arguments */
#include "netconf/net.c"
#include "netconf/net_apply.c"
#include "netconf/net_flow.c"
#include "netconf/net_forward.c"
#include "netconf/net_move.c"
#include "netconf/net_proof.c"

#define SENT_MAX    512
#define PATIENCE_MS 20000
#define LOOK_STEP   10

static struct sim *k;
static struct conf conf;
static struct event_base *base;
static int eventfd_;
static int calls, fail_at; /* the nth change is refused; 0: none */
static int fail_errno;
static int nat_loads, sweeps, dumps;
static int plain; /* tables that were loaded, and flows forgotten */
static int marked; /* 100 for each beginning, 1 for each end */
static int dumps_fail; /* so many of the next ones */
static uint64_t tables; /* nft's, so far */
static char table[PLAN_NFT_MAX]; /* text of the present one */
static uint32_t flows[CONF_UPLINKS_MAX];
static struct addr flushed_from[FAMILIES];
static uint64_t forwarded[2]; /* packets that came, and that went */
static uint32_t followed; /* by the resolvers */
static char ppp_ifname[IFNAMSIZ];
static int ppp_ends; /* looks until it has ended */
static char dir[] = "/tmp/net_test.XXXXXX";

union body {
	struct msg_net_peer_again again;
	struct msg_facts facts;
	struct msg_net_step step;
	struct msg_net_done done;
	struct msg_net_adopt adopt;
	struct msg_net_drained drained;
	struct msg_net_notes notes;
	struct msg_net_blocked blocked;
	struct msg_net_proof proof;
	struct msg_net_line line;
	struct msg_net_plan_step plan_step;
	struct msg_net_plan_end plan_end;
	uint32_t number;
};

static struct {
	uint32_t type;
	union body body;
} sent[SENT_MAX];
static size_t nsent;

/* ---- what the network calls ---- */

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	assert_int_equal(fd, -1);
	assert_true(nsent < SENT_MAX && len <= sizeof(sent[0].body));
	sent[nsent].type = type;
	memcpy(&sent[nsent].body, data, len);
	if (type == IMSG_NET_DONE)
		assert_int_equal(msg_net_done_valid(data), 1);
	nsent++;
}

static int unproved; /* no snapshot was there when the parent was told */

void
netconf_flush(void)
{
	unproved = access(PROOF_FILE, F_OK) == -1;
}

const struct conf *
config_current(void)
{
	return &conf;
}

uint32_t
config_gen(void)
{
	return 1;
}

const char *
ppp_interface(uint32_t uplink)
{
	return uplink == 2 ? ppp_ifname : "";
}

void
ppp_adopt(void)
{
	if (ppp_ifname[0] != '\0')
		net_ppp_changed(2);
}

void
hook_open(uint32_t active)
{
	(void)active;
}

static const char *planned_hook; /* and resolvers, or NULL */

void
resolver_plan(uint32_t uplink, int undialled, plan_line *line, void *arg)
{
	(void)undialled;
	if (planned_hook != NULL)
		line(uplink == 0 ? "resolvers as before" : "resolvers", 0, arg);
}

void
hook_switch_plan(plan_line *line, void *arg)
{
	if (planned_hook != NULL)
		line(planned_hook, 0, arg);
}

void
hook_link_clear(void)
{
}

int
hook_link_running(void)
{
	return 0;
}

void
resolver_open(void)
{
}

void
resolver_follow(uint32_t active)
{
	followed = active;
}

void
resolver_clear(void)
{
	followed = 0;
}

int
resolver_busy(void)
{
	return 0;
}

void
resolver_show(plan_line *line, void *arg)
{
	(void)line;
	(void)arg;
}

void
tty_clear(void)
{
}

void
ppp_clear(void)
{
	ppp_ends = 3;
}

int
ppp_running(void)
{
	return ppp_ends-- > 0;
}

/* ---- the backend ---- */

static inline void
changed(void)
{
	uint64_t one = 1;

	assert_int_equal(write(eventfd_, &one, sizeof(one)), sizeof(one));
}

static inline int
refused(void)
{
	calls++;
	if (calls != fail_at) {
		changed();
		return 0;
	}
	errno = fail_errno;
	return 1;
}

static inline int
sim_open(void)
{
	return 0;
}

static inline void *
copy(const void *data, size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	assert_non_null(p);
	memcpy(p, data, n * size);
	return p;
}

static inline int
sim_dump(struct net_state *s, const struct net_uplinks *u)
{
	assert_int_equal(u->n, conf.nuplinks);
	dumps++;
	if (dumps_fail > 0) {
		dumps_fail--;
		errno = ENOBUFS;
		return -1;
	}
	*s = k->s;
	s->links = copy(k->link, s->nlinks, sizeof(k->link[0]));
	s->addrs = copy(k->addr, s->naddrs, sizeof(k->addr[0]));
	s->rules = copy(k->rule, s->nrules, sizeof(k->rule[0]));
	s->routes = copy(k->route, s->nroutes, sizeof(k->route[0]));
	s->elements = copy(k->element, s->nelements, sizeof(k->element[0]));
	return 0;
}

static inline int
sim_rule(int add, const struct net_rule *r)
{
	if (refused())
		return -1;
	if (add) {
		assert_true(k->s.nrules < RULES);
		kernel_rule_add(k, r);
	} else
		kernel_rule_del(k, r);
	return 0;
}

static inline int
sim_route(int add, const struct net_route *r)
{
	if (refused())
		return -1;
	if (add)
		kernel_route_add(k, r);
	else
		kernel_route_del(k, r);
	return 0;
}

static inline struct net_link *
by_index(uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < k->s.nlinks; i++)
		if (k->link[i].ifindex == ifindex)
			return &k->link[i];
	fail_msg("no interface %u", ifindex);
	return NULL;
}

static inline int
sim_link_group(uint32_t ifindex, uint32_t group)
{
	if (refused())
		return -1;
	by_index(ifindex)->group = group;
	return 0;
}

static inline int
sim_link_up(uint32_t ifindex, int up)
{
	struct net_link *l = by_index(ifindex);

	if (refused())
		return -1;
	if (!up && l->up)
		kernel_down(k, ifindex);
	l->up = up;
	return 0;
}

static size_t batches;
static uint32_t refused_tunnel; /* its index; 0: none is */

static inline int
sim_tunnels(struct net_move *m, size_t n)
{
	struct net_link *l;
	size_t i;

	assert_in_range(n, 1, NET_MOVES_MAX);
	batches++;
	if (refused())
		return -1;
	for (i = 0; i < n; i++) {
		m[i].error = m[i].ifindex == refused_tunnel ? EEXIST : 0;
		if (m[i].error != 0)
			continue;
		l = by_index(m[i].ifindex);
		l->local = m[i].place.local;
		l->bound = m[i].place.bound;
	}
	return 0;
}

static uint32_t wireguards; /* endpoints set again */
static uint32_t wgpeers = 1; /* of a link */

static inline int
sim_wireguard(uint32_t ifindex, net_wgpeer *ours, const void *arg,
    const struct addr to[FAMILIES], struct net_wgpeers *n)
{
	static const uint8_t key[KEY_LEN] = { 1 };
	uint32_t i;

	assert_true(by_index(ifindex)->tunnel == NET_WIREGUARD);
	assert_null(to); /* where it was */
	for (n->set = i = 0; i < wgpeers; i++)
		n->set += ours(key, arg) != 0;
	n->meant = n->set;
	assert_in_range(n->set, 1, NET_WGPEERS_MAX);
	wireguards += n->set;
	return 0;
}

static int twins_go; /* others take them away at once */

/* As a new link; not that it would take anything. */
static inline int
sim_twin(uint32_t ifindex, const char *name, const struct net_place *place)
{
	struct net_link *l = &k->link[k->s.nlinks];
	size_t i;

	if (refused())
		return -1;
	for (i = 0; i < k->s.nlinks; i++)
		if (strcmp(k->link[i].name, name) == 0 ||
		    (k->link[i].tunnel == NET_TUNNEL &&
			addr_cmp(&k->link[i].local, &place->local) == 0 &&
			k->link[i].bound == place->bound)) {
			errno = EEXIST;
			return -1;
		}
	*l = *by_index(ifindex);
	l->ifindex = 500 + (uint32_t)k->s.nlinks++;
	strlcpy(l->name, name, sizeof(l->name));
	l->group = NET_GROUP_TWIN;
	l->local = place->local;
	l->bound = place->bound;
	if (twins_go)
		k->s.nlinks--;
	return 0;
}

static inline int
sim_link_del(uint32_t ifindex)
{
	struct net_link *l = by_index(ifindex);

	if (refused())
		return -1;
	memmove(l, l + 1, (size_t)(&k->link[--k->s.nlinks] - l) * sizeof(*l));
	return 0;
}

static inline int
sim_linkdown(uint32_t ifindex, enum family family, uint32_t value)
{
	if (refused())
		return -1;
	by_index(ifindex)->linkdown[family] = value;
	return 0;
}

static inline int
sim_rp_filter(uint32_t ifindex, int *old, int value)
{
	struct net_link *l = by_index(ifindex);

	*old = (int)l->rp_filter;
	if (value == -1)
		return 0;
	if (refused())
		return -1;
	l->rp_filter = (uint32_t)value;
	return 0;
}

static inline void
without_elements(const char *text)
{
	const char *end;

	for (; (end = strchr(text, '\n')) != NULL; text = end + 1)
		if (strstr(text, "\t\telements") != text)
			snprintf(table + strlen(table),
			    sizeof(table) - strlen(table), "%.*s",
			    (int)(end + 1 - text), text);
}

static inline int
sim_nat_load(const char *text, char *why, size_t size)
{
	nat_loads++;
	if (refused()) {
		strlcpy(why, "syntax error", size);
		return -1;
	}
	k->s.nat = strstr(text, "chain") != NULL ? ++tables : 0;
	table[0] = '\0';
	if (k->s.nat != 0)
		without_elements(text);
	k->s.nelements = 0;
	if (strstr(text, "elements") != NULL)
		kernel_elements(
		    k, NULL, 0, plan.wanted.element, plan.wanted.nelements);
	return 0;
}

static inline int
sim_elements(const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd)
{
	if (refused())
		return -1;
	kernel_elements(k, del, ndel, add, nadd);
	return 0;
}

static inline int
sim_forwarded(uint32_t uplink, uint64_t *tried, uint64_t *passed)
{
	assert_true(uplink > 0 && uplink < CONF_UPLINKS_MAX);
	*tried = forwarded[0];
	*passed = forwarded[1];
	return 0;
}

static inline int
sim_octets(uint32_t ifindex, uint64_t *in, uint64_t *out, uint64_t *packets)
{
	if (ifindex == 0)
		return -1;
	*in = 1000 + ifindex;
	*out = ifindex;
	*packets = 10;
	return 0;
}

static inline int
sim_flows_flush(const struct net_flows *f, uint32_t *n)
{
	uint32_t id = f->mark / (f->mask & -f->mask) - 1, i;

	assert_int_equal(f->mask, conf.global.mark);
	assert_true(id < CONF_UPLINKS_MAX);
	*n = flows[id];
	flows[id] = 0;
	sweeps++;
	for (i = 0; i < FAMILIES; i++)
		if (f->address[i].family != AF_UNSPEC) {
			flushed_from[i] = f->address[i];
			++*n;
		}
	return 0;
}

static inline int
sim_flows_mark(const struct net_marks *m, int end, uint32_t *n)
{
	(void)m;
	*n = 0;
	if (refused())
		return -1;
	marked += end ? 1 : 100;
	return 0;
}

static inline int
sim_flows_flush_plain(
    const struct net_element *net, size_t nnets, uint32_t mask, uint32_t *n)
{
	assert_int_equal(net[0].set, NET_SET_UPLINK);
	assert_in_range(nnets, 1, ELEMENTS);
	assert_int_equal(mask, conf.global.mark);
	*n = 0;
	plain++;
	return 0;
}

static inline int
sim_flows_count(uint32_t mark, uint32_t mask, uint32_t *n)
{
	*n = flows[mark / (mask & -mask) - 1];
	return 0;
}

static inline int
sim_routes_save(uint32_t ifindex, void (*one)(const char *, void *), void *arg)
{
	size_t i;
	char line[64];

	for (i = 0; i < k->s.nroutes; i++)
		if (k->route[i].table == NET_MAIN &&
		    k->route[i].ifindex == ifindex) {
			snprintf(line, sizeof(line), "route of %u", ifindex);
			one(line, arg);
		}
	return 0;
}

static inline int
sim_route_restore(const char *line)
{
	assert_string_equal(line, "route of 3");
	assert_true(k->nlost > 0);
	k->route[k->s.nroutes++] = k->lost[--k->nlost];
	return 0;
}

/* What is of others, as told by the test. */
static const char *others[32];
static int others_ours; /* so many of the first of them have our tag */

static inline int
sim_others(void (*one)(int, uint32_t, const char *, void *), void *arg)
{
	int i;

	for (i = 0; i < 32 && others[i] != NULL; i++)
		one(i < others_ours, 0, others[i], arg);
	return 0;
}

static inline int
sim_monitor(void)
{
	return eventfd_;
}

static inline void
sim_changes(void)
{
	uint64_t n;

	(void)!read(eventfd_, &n, sizeof(n));
}

static const struct netops sim_ops = {
	.open = sim_open,
	.dump = sim_dump,
	.rule = sim_rule,
	.route = sim_route,
	.link_group = sim_link_group,
	.link_up = sim_link_up,
	.rp_filter = sim_rp_filter,
	.tunnels = sim_tunnels,
	.twin = sim_twin,
	.link_del = sim_link_del,
	.wireguard = sim_wireguard,
	.linkdown = sim_linkdown,
	.nat_load = sim_nat_load,
	.elements = sim_elements,
	.forwarded = sim_forwarded,
	.octets = sim_octets,
	.flows_flush = sim_flows_flush,
	.flows_mark = sim_flows_mark,
	.flows_flush_plain = sim_flows_flush_plain,
	.flows_count = sim_flows_count,
	.routes_save = sim_routes_save,
	.route_restore = sim_route_restore,
	.others = sim_others,
	.monitor = sim_monitor,
	.changes = sim_changes,
};

/* The backends of the system are not linked. */
const struct netops netops_linux;
const struct netops netops_null;

/* ---- */

/* As after exec: nothing is known. */
static inline void
forget(void)
{
	net_state_free(&state);
	memset(&want, 0, sizeof(want));
	memset(facts, 0, sizeof(facts));
	memset(last_address, 0, sizeof(last_address));
	memset(missing, 0, sizeof(missing));
	memset(&looks, 0, sizeof(looks));
	memset(&repairs, 0, sizeof(repairs));
	memset(&repaired, 0, sizeof(repaired));
	memset(&undo, 0, sizeof(undo));
	nat_loaded[0] = '\0';
	nat_handle = 0;
	want_gen = clear_gen = 0;
	wanted = adopted = drifting = 0;
	drain.uplink = MSG_UPLINK_NONE;
	watch.uplink = MSG_UPLINK_NONE;
	watch.last = 0;
	nsent = 0;
	past_taken = 0;
	turn.under_way = 0;
	undo_tunnels.n = 0;
	clear_tunnels = 0;
	calls = fail_at = nat_loads = sweeps = dumps = 0;
	memset(flushed_from, 0, sizeof(flushed_from));
	fail_errno = ENOBUFS;
	if (base != NULL)
		event_base_free(base);
	base = event_init();
	net_open();
}

static inline void
fill_conf(void)
{
	static const char *const label[] = { "eth1", "lte", "pots" };
	uint32_t i;

	memset(&conf, 0, sizeof(conf));
	conf.nuplinks = 3;
	for (i = 0; i < 3; i++) {
		conf.uplink[i].id = i;
		conf.uplink[i].role = i == 0 ? CONF_PRIMARY : CONF_BACKUP;
		strlcpy(conf.uplink[i].label, label[i], CONF_LABEL_LEN);
	}
	strlcpy(conf.uplink[0].ifname, "eth1", IFNAMSIZ);
	strlcpy(conf.uplink[1].ifname, "wan2", IFNAMSIZ);
	conf.uplink[2].kind = CONF_MODEM;
	conf.global.mark = CONF_MARK_DEFAULT;
	conf.global.nmasq = 1;
	strlcpy(conf.global.masq[0].ifname, "eth0", IFNAMSIZ);
}

static inline int
setup(void **arg)
{
	(void)arg;
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	netops = &sim_ops;
	return 0;
}

static inline int
teardown(void **arg)
{
	(void)arg;
	event_base_free(base);
	return rmdir(dir);
}

static inline int
begin(void **arg)
{
	(void)arg;
	eventfd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	k = site();
	sim_link(k, "wan2")->rp_filter = 1;
	ppp_ifname[0] = '\0';
	ppp_ends = 0;
	memset(flows, 0, sizeof(flows));
	turn_ms = 500;
	twin_ms = PATIENCE_MS;
	ntwins = 0;
	refused_tunnel = 0;
	fill_conf();
	forget();
	net_reloaded();
	return 0;
}

static inline int
end(void **arg)
{
	(void)arg;
	net_state_free(&state);
	free(k);
	close(eventfd_);
	unlink(UNDO_FILE);
	unlink(TUNNELS_FILE);
	unlink(PROOF_FILE);
	return 0;
}

static inline size_t
count(uint32_t type)
{
	size_t i, n = 0;

	for (i = 0; i < nsent; i++)
		n += sent[i].type == type;
	return n;
}

static inline const struct msg_net_done *
last_done(void)
{
	size_t i;

	for (i = nsent; i > 0; i--)
		if (sent[i - 1].type == IMSG_NET_DONE)
			return &sent[i - 1].body.done;
	fail_msg("no NET_DONE");
	return NULL;
}

/* The loop, until so many of these have come. */
static inline void
loop_until(uint32_t type, size_t n)
{
	struct monotime give_up = monotime_add_ms(monotime_now(), PATIENCE_MS);

	while (count(type) < n && monotime_cmp(monotime_now(), give_up) < 0) {
		struct timeval tv = monotime_ms(LOOK_STEP);

		event_loopexit(&tv);
		event_dispatch();
	}
	assert_true(count(type) >= n);
}

/* The loop, until the kernel is as wanted and nothing is under way. */
static inline void
loop_quiet(void)
{
	int quiet = 0, before, i;

	for (i = 0; quiet < 5 && i < PATIENCE_MS / LOOK_STEP; i++) {
		struct timeval tv = monotime_ms(LOOK_STEP);

		before = calls;
		event_loopexit(&tv);
		event_dispatch();
		quiet = before == calls && !evtimer_pending(&settle, NULL)
			    ? quiet + 1
			    : 0;
	}
	assert_int_equal(quiet, 5);
}

static inline struct msg_net_want
wish(uint32_t active)
{
	static uint32_t gen;
	struct msg_net_want m = { .gen = ++gen, .active = active };

	m.drain = m.flush = MSG_UPLINK_NONE;
	return m;
}

static inline const struct msg_net_done *
ask(const struct msg_net_want *m)
{
	nsent = 0;
	net_want(m);
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_DONE);
	assert_int_equal(last_done()->gen, m->gen);
	if (last_done()->ok)
		assert_in_range(count(IMSG_NET_STEP), last_done()->nsteps,
		    last_done()->nsteps + 1); /* and what became of flows */
	return last_done();
}

static inline const struct msg_net_done *
active(uint32_t uplink)
{
	struct msg_net_want m = wish(uplink);

	return ask(&m);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
