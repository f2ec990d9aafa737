/* SPDX-License-Identifier: ISC */
/*
 * netconf's network on a simulated kernel: what it tells the parent, in
 * which order, and what is left when the kernel refuses a step, when others
 * change what is ours, and when it was killed and comes again.
 */
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
#include "netconf/net_facts.c"
#include "netconf/net_fill.c"
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
	struct msg_facts facts;
	struct msg_net_step step;
	struct msg_net_done done;
	struct msg_net_adopt adopt;
	struct msg_net_drained drained;
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

const struct conf *
config_current(void)
{
	return &conf;
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

static void
changed(void)
{
	uint64_t one = 1;

	assert_int_equal(write(eventfd_, &one, sizeof(one)), sizeof(one));
}

static int
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

static int
sim_open(void)
{
	return 0;
}

static void *
copy(const void *data, size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	assert_non_null(p);
	memcpy(p, data, n * size);
	return p;
}

static int
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

static int
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

static int
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

static struct net_link *
by_index(uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < k->s.nlinks; i++)
		if (k->link[i].ifindex == ifindex)
			return &k->link[i];
	fail_msg("no interface %u", ifindex);
	return NULL;
}

static int
sim_link_group(uint32_t ifindex, uint32_t group)
{
	if (refused())
		return -1;
	by_index(ifindex)->group = group;
	return 0;
}

static int
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

static int
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

static int
sim_linkdown(uint32_t ifindex, enum family family, uint32_t value)
{
	if (refused())
		return -1;
	by_index(ifindex)->linkdown[family] = value;
	return 0;
}

static int
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

static void
without_elements(const char *text)
{
	const char *end;

	for (; (end = strchr(text, '\n')) != NULL; text = end + 1)
		if (strstr(text, "\t\telements") != text)
			snprintf(table + strlen(table),
			    sizeof(table) - strlen(table), "%.*s",
			    (int)(end + 1 - text), text);
}

static int
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

static int
sim_elements(const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd)
{
	if (refused())
		return -1;
	kernel_elements(k, del, ndel, add, nadd);
	return 0;
}

static int
sim_forwarded(uint32_t uplink, uint64_t *tried, uint64_t *passed)
{
	assert_true(uplink > 0 && uplink < CONF_UPLINKS_MAX);
	*tried = forwarded[0];
	*passed = forwarded[1];
	return 0;
}

static int
sim_octets(uint32_t ifindex, uint64_t *in, uint64_t *out)
{
	if (ifindex == 0)
		return -1;
	*in = 1000 + ifindex;
	*out = ifindex;
	return 0;
}

static int
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

static int
sim_flows_mark(const struct net_marks *m, int end, uint32_t *n)
{
	(void)m;
	*n = 0;
	if (refused())
		return -1;
	marked += end ? 1 : 100;
	return 0;
}

static int
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

static int
sim_flows_count(uint32_t mark, uint32_t mask, uint32_t *n)
{
	*n = flows[mark / (mask & -mask) - 1];
	return 0;
}

static int
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

static int
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

static int
sim_others(void (*one)(int, uint32_t, const char *, void *), void *arg)
{
	int i;

	for (i = 0; i < 32 && others[i] != NULL; i++)
		one(i < others_ours, 0, others[i], arg);
	return 0;
}

static int
sim_monitor(void)
{
	return eventfd_;
}

static void
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
static void
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

static void
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

static int
setup(void **arg)
{
	(void)arg;
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	netops = &sim_ops;
	return 0;
}

static int
teardown(void **arg)
{
	(void)arg;
	event_base_free(base);
	return rmdir(dir);
}

static int
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
	refused_tunnel = 0;
	fill_conf();
	forget();
	net_reloaded();
	return 0;
}

static int
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

static size_t
count(uint32_t type)
{
	size_t i, n = 0;

	for (i = 0; i < nsent; i++)
		n += sent[i].type == type;
	return n;
}

static const struct msg_net_done *
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
static void
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
static void
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

static struct msg_net_want
wish(uint32_t active)
{
	static uint32_t gen;
	struct msg_net_want m = { .gen = ++gen, .active = active };

	m.drain = m.flush = MSG_UPLINK_NONE;
	return m;
}

static const struct msg_net_done *
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

static const struct msg_net_done *
active(uint32_t uplink)
{
	struct msg_net_want m = wish(uplink);

	return ask(&m);
}

static void
test_begin(void **arg)
{
	(void)arg;
	assert_int_equal(nsent, 4);
	assert_int_equal(count(IMSG_FACTS), 3);
	assert_int_equal(sent[0].body.facts.ifindex, ETH1);
	assert_int_equal(
	    sent[1].body.facts.family[FAMILY_INET].gateway.family, AF_INET);
	assert_int_equal(sent[3].type, IMSG_NET_ADOPT);
	assert_int_equal(sent[3].body.adopt.found, 0);
	assert_int_equal(sent[3].body.adopt.active, 0);
	assert_int_equal(calls, 0);
}

static void
test_want(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_true(last_done()->nsteps > 10);
	assert_int_equal(access(UNDO_FILE, F_OK), 0);
	assert_int_equal(active(0)->nsteps, 0);
	flows[0] = 7;
	m.flush = 0;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(last_done()->nsteps, 1);
	assert_int_equal(last_done()->flows, 7);
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(nat_loads, 1);
	/* those without our mark, and what slipped through in between */
	assert_int_equal(flushed_from[FAMILY_INET].family, AF_UNSPEC);
	while (sweeps < 2)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(flushed_from[FAMILY_INET].family, AF_INET);
	flows[0] = 1;
	while (sweeps < 3)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(flows[0], 0);
	assert_int_equal(active(0)->nsteps, 1);
	assert_int_equal(way(k, 0, NULL), ETH1);
}

/* Any change may be refused: traffic stays, and the next try succeeds. */
static void
test_refused(void **arg)
{
	int n, steps = 0;

	(void)arg;
	for (n = 1;; n++) {
		end(NULL);
		begin(NULL);
		assert_int_equal(active(0)->ok, 1);
		/* both: a new link's rules, and the switch to it */
		dial(k);
		strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
		net_ppp_changed(2);
		calls = 0;
		fail_at = n;
		if (active(2)->ok)
			break;
		steps++;
		if (strstr(last_done()->text, "No buffer space") == NULL &&
		    strstr(last_done()->text, "syntax error") == NULL)
			fail_msg("%s", last_done()->text);
		assert_int_equal(way(k, 0, NULL), ETH1);
		fail_at = 0;
		assert_int_equal(active(2)->ok, 1);
		assert_int_equal(way(k, 0, NULL), PPP0);
	}
	assert_true(steps > 20);
}

/* ---- the kernel as it was, whatever failed ---- */

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

/* The stories: what is there, and what is asked for. */
static struct msg_net_want
story_start(void)
{
	return wish(0);
}

static struct msg_net_want
story_dialled(void)
{
	assert_int_equal(active(0)->ok, 1);
	dial(k);
	strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
	net_ppp_changed(2);
	return wish(2);
}

static struct msg_net_want
story_failover(void)
{
	(void)story_dialled();
	assert_int_equal(active(0)->ok, 1);
	return wish(2);
}

static struct msg_net_want
story_fallback(void)
{
	struct msg_net_want m = story_failover();

	assert_int_equal(ask(&m)->ok, 1);
	return wish(0);
}

/* A good primary is left: it drains. */
static struct msg_net_want
story_drain(void)
{
	struct msg_net_want m = wish(1);

	sim_link(k, "eth1")->rp_filter = 1;
	assert_int_equal(active(0)->ok, 1);
	m.drain = 0;
	m.drain_ms = 600 * 1000;
	return m;
}

static struct msg_net_want
story_shut(void)
{
	struct msg_net_want m = wish(1);

	dual(k);
	conf.uplink[0].shutdown = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	m.shut = 1;
	return m;
}

static struct msg_net_want
story_up(void)
{
	struct msg_net_want m = story_shut();

	assert_int_equal(ask(&m)->ok, 1);
	return wish(0);
}

/* An uplink leaves, another address has come. */
static struct msg_net_want
story_reload(void)
{
	assert_int_equal(active(0)->ok, 1);
	conf.nuplinks = 1;
	add_addr(k, ETH1, "192.0.2.9", 24);
	add_addr(k, ETH1, "2001:db8::2", 64);
	net_reloaded();
	return wish(0);
}

static const struct {
	const char *name;
	struct msg_net_want (*begin)(void);
	int steps; /* at least */
	int more; /* of them, what is watched over brings some by itself */
} stories[] = {
	{ "start", story_start, 15, 0 },
	{ "dialled", story_dialled, 15, 1 },
	{ "failover", story_failover, 1, 0 },
	{ "fallback", story_fallback, 1, 0 },
	{ "drain", story_drain, 3, 0 },
	{ "shut", story_shut, 3, 0 },
	{ "up", story_up, 3, 0 },
	{ "reload", story_reload, 15, 0 },
};
#define STORIES (sizeof(stories) / sizeof(stories[0]))

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

/* A link that was lost since the dump is no reason to give up. */
static void
test_overtaken(void **arg)
{
	int n;

	(void)arg;
	for (n = 1;; n++) {
		end(NULL);
		begin(NULL);
		calls = 0;
		fail_at = n;
		fail_errno = ENODEV;
		assert_int_equal(active(1)->ok, 1);
		assert_int_equal(way(k, 0, NULL), WAN2);
		if (calls < n)
			break;
		loop_quiet();
		assert_int_equal(active(1)->nsteps, 0);
	}
	assert_true(n > 10);
}

/* The link goes down last; if that is refused, traffic goes back too. */
static void
test_refused_shutdown(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	conf.uplink[0].shutdown = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	m.shut = 1;
	calls = 0;
	fail_at = 2;
	assert_int_equal(ask(&m)->ok, 0);
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(sim_link(k, "eth1")->up, 1);
	fail_at = 0;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(sim_link(k, "eth1")->up, 0);
	assert_int_equal(way(k, 0, NULL), WAN2);
	/* its default route is gone; killed, and begun again */
	forget();
	net_reloaded();
	assert_int_equal(sent[nsent - 1].body.adopt.active, 1);
	assert_int_equal(sent[nsent - 1].body.adopt.found, 1);
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(sim_link(k, "eth1")->up, 1);
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(way(k, 0, NULL), ETH1);
}

static void
test_cannot(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(2)->ok, 0);
	assert_string_equal(last_done()->text, "pots: no interface");
	assert_int_equal(way(k, 0, NULL), ETH1);
}

static void
test_drain(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	flows[1] = 2;
	assert_int_equal(ask(&m)->ok, 1);
	while (count(IMSG_NET_DRAINED) == 0 && flows[1] > 0) {
		event_loop(EVLOOP_ONCE);
		assert_int_equal(count(IMSG_NET_DRAINED), 0);
		if (evtimer_pending(&drain_timer, NULL))
			flows[1]--;
	}
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].body.drained.uplink, 1);
	/* by time, and asked for twice it is no longer */
	assert_int_equal(active(1)->ok, 1);
	flows[1] = 5;
	m.drain_ms = 300;
	assert_int_equal(ask(&m)->ok, 1);
	m.drain_ms = 600 * 1000;
	assert_int_equal(ask(&m)->ok, 1);
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].body.drained.cut, 5);
	/* called off */
	assert_int_equal(active(1)->ok, 1);
	m.drain_ms = 1;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DRAINED), 0);
}

/* What a draining primary needs goes when it has drained. */
/* A reload with other bits: a drain waits for flows to get them. */
static void
test_other_marks(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	m.drain = 1;
	m.drain_ms = 1;
	flows[1] = 2;
	assert_int_equal(ask(&m)->ok, 1);
	conf.global.mark = CONF_MARK_DEFAULT >> 8;
	marked = 0;
	net_reloaded();
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DRAINED), 0);
	assert_int_equal(marked, 0);
	fail_at = calls + 20; /* it is taken back, flows and all */
	fail_errno = ENOBUFS;
	assert_int_equal(ask(&m)->ok, 0);
	assert_int_equal(marked, 202);
	assert_int_equal(k->rule[0].mask, CONF_MARK_DEFAULT);
	marked = 0;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(marked, 101);
	assert_int_equal(k->rule[0].mask, CONF_MARK_DEFAULT >> 8);
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].body.drained.cut, 2);
	assert_int_equal(marked, 101);
}

static void
test_drain_primary(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	sim_link(k, "eth1")->rp_filter = 1;
	assert_int_equal(active(0)->ok, 1);
	m.drain = 0;
	m.drain_ms = 600 * 1000;
	flows[0] = 1;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(sim_link(k, "eth1")->rp_filter, 2);
	flows[0] = 0;
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sim_link(k, "eth1")->rp_filter, 1);
	assert_null(undo_find(&undo, UNDO_RP_FILTER, "eth1"));
	assert_int_equal(nat_loads, 1);
}

static int
primary_stays(void)
{
	size_t i;

	for (i = 0; i < k->s.nelements; i++)
		if (k->element[i].set == NET_SET_STAY &&
		    k->element[i].uplink == 0)
			return 1;
	return 0;
}

/* What follows a drain is our own doing, however often: nobody fights. */
static void
test_drain_often(void **arg)
{
	struct msg_net_want m;
	int i;

	(void)arg;
	for (i = 0; i < PACE + 3; i++) {
		assert_int_equal(active(0)->ok, 1);
		m = wish(1);
		m.drain = 0;
		m.drain_ms = 1;
		assert_int_equal(ask(&m)->ok, 1);
		assert_true(primary_stays());
		loop_until(IMSG_NET_DRAINED, 1);
		assert_false(primary_stays());
	}
}

static void
test_recreated(void **arg)
{
	size_t i;

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	loop_quiet();
	nsent = 0;
	kernel_down(k, ETH1);
	sim_link(k, "eth1")->group = 0;
	sim_link(k, "eth1")->ifindex = 9;
	for (i = 0; i < k->s.naddrs; i++)
		if (k->addr[i].ifindex == ETH1)
			k->addr[i].ifindex = 9;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	assert_int_equal(sent[0].body.facts.ifindex, 9);
	assert_int_equal(sent[0].body.facts.family[FAMILY_INET].has_route, 0);
	/* the last known one */
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET].gateway.family, AF_INET);
	assert_int_equal(sim_link(k, "eth1")->group, NET_GROUP);
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(undo_find(&undo, UNDO_GROUP, "eth1")->ifindex, 9);
}

static void
test_others_change(void **arg)
{
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	for (i = 0; i < PACE + 3; i++) {
		kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
		changed();
		loop_quiet();
		assert_int_equal(k->s.nrules, i < PACE ? 7 : 6 + PACE - i);
	}
	/* told once */
	assert_int_equal(count(IMSG_NET_DONE), 1);
	assert_int_equal(last_done()->ok, 0);
	/* when it may be tried again, it is told to be well again */
	memset(&repairs, 0, sizeof(repairs));
	on_settle(-1, 0, NULL);
	assert_int_equal(k->s.nrules, 7);
	assert_int_equal(count(IMSG_NET_DONE), 2);
	assert_int_equal(last_done()->ok, 1);
}

/* After a quiet time a lost link is told before anything is repaired. */
static void
test_lost(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	looked = monotime_add_ms(monotime_now(), -QUIET_MS);
	nsent = 0;
	kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
	sim_link(k, "eth1")->carrier = 0;
	changed();
	event_loop(EVLOOP_ONCE);
	assert_int_equal(nsent, 1);
	assert_int_equal(sent[0].body.facts.ifindex, ETH1);
	assert_int_equal(sent[0].body.facts.carrier, 0);
	assert_int_equal(k->s.nrules, 6);
	loop_quiet();
	assert_int_equal(k->s.nrules, 7);
	assert_int_equal(count(IMSG_FACTS), 1);

	/* what comes then is looked at when all of it has come, */
	sim_link(k, "wan2")->carrier = 0;
	looked = monotime_now();
	changed();
	event_loop(EVLOOP_ONCE);
	assert_int_equal(count(IMSG_FACTS), 1);
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 2);
	/* and so is good news */
	looked = monotime_add_ms(monotime_now(), -QUIET_MS);
	sim_link(k, "eth1")->carrier = 1;
	changed();
	event_loop(EVLOOP_ONCE);
	assert_int_equal(count(IMSG_FACTS), 2);
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 3);
}

/* An uplink that is gone is told as that; a failure it is if that lasts. */
static void
test_gone(void **arg)
{
	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	loop_quiet();
	nsent = 0;
	kernel_down(k, WAN2);
	sim_link(k, "wan2")->up = 0;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DONE), 0);
	lost = monotime_add_ms(lost, -LOST_MS);
	on_settle(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_DONE), 1);
	assert_int_equal(last_done()->ok, 0);
	assert_int_equal(active(0)->ok, 1);
	assert_false(monotime_valid(lost));
}

/* What could not be repaired is tried again, though nobody says anything. */
static void
test_repair_refused(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
	fail_at = calls + 1;
	fail_errno = ENOBUFS;
	on_settle(-1, 0, NULL);
	assert_int_equal(last_done()->ok, 0);
	loop_until(IMSG_NET_DONE, 2);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(k->s.nrules, 7);

	loop_quiet();
	nsent = 0;
	kernel_rule_del(k, &k->rule[k->s.nrules - 1]);
	dumps_fail = 1;
	on_settle(-1, 0, NULL);
	assert_int_equal(k->s.nrules, 6);
	loop_until(IMSG_NET_STEP, 1);
	assert_int_equal(k->s.nrules, 7);
}

/* A router tells its lifetimes again and again: that is no news. */
static void
test_advertised(void **arg)
{
	struct net_route *r, advertised;
	struct monotime began;
	int64_t ms;
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	add_addr(k, ETH1, "2001:db8::2", 64);
	r = add_main(k, ETH1, "fe80::1", 1024);
	r->gateway.scope = ETH1;
	advertised = *r;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 1);
	assert_int_equal(count(IMSG_NET_STEP), 5); /* its rules */
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET6].address.octet[15], 2);
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET6].gateway.scope, ETH1);
	nsent = 0;

	dumps = 0;
	began = monotime_now();
	for (i = 0; i < 20000; i++) {
		changed();
		event_loop(EVLOOP_NONBLOCK);
	}
	loop_quiet();
	ms = monotime_sub(monotime_now(), began) / 1000000;
	assert_in_range(dumps, 1, (ms / LOOKS_MS + 2) * PACE);
	assert_int_equal(nsent, 0);
	/* the last one it had */
	kernel_route_del(k, &advertised);
	changed();
	loop_until(IMSG_FACTS, 1);
	assert_int_equal(sent[0].body.facts.family[FAMILY_INET6].has_route, 0);
	assert_int_equal(
	    sent[0].body.facts.family[FAMILY_INET6].gateway.octet[15], 1);
}

/* What a router has told ends by itself, and nobody says so. */
static void
test_expired(void **arg)
{
	struct net_route *r;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	add_addr(k, ETH1, "2001:db8::2", 64);
	r = add_main(k, ETH1, "fe80::1", 1024);
	r->gateway.scope = ETH1;
	r->expires_ms = 100;
	nsent = 0;
	on_settle(-1, 0, NULL);
	assert_int_equal(count(IMSG_FACTS), 1);
	assert_int_equal(sent[0].body.facts.family[FAMILY_INET6].has_route, 1);
	kernel_route_del(k, r);
	loop_until(IMSG_FACTS, 2);
	assert_int_equal(sent[1].body.facts.family[FAMILY_INET6].has_route, 0);
	assert_false(evtimer_pending(&expiry, NULL));
}

/* A provider that gives another address each time is nobody to fight. */
static void
test_many_addresses(void **arg)
{
	char text[16];
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	for (i = 0; i < 3 * PACE; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", 10 + i);
		k->addr[1].local = ip(text);
		changed();
		loop_until(IMSG_FACTS, (size_t)i + 1);
	}
	loop_quiet();
	assert_int_equal(count(IMSG_FACTS), 3 * PACE);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	assert_int_equal(addr_cmp(&k->rule[2].from, &k->addr[1].local), 0);
	assert_int_equal(k->s.nrules, 7);
}

/*
 * Taken away to be given anew it was never gone; what is really gone is told,
 * a bit late, but with the rules at once.  A link that is lost does not wait.
 */
static void
test_address_gone(void **arg)
{
	struct net_addr had = k->addr[1];
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	nsent = 0;
	for (i = 0; i < 3; i++) {
		k->addr[1].ifindex = 77;
		on_settle(-1, 0, NULL);
		assert_int_equal(k->s.nrules, 6);
		k->addr[1] = had;
		on_settle(-1, 0, NULL);
		assert_int_equal(k->s.nrules, 7);
	}
	assert_int_equal(count(IMSG_FACTS), 0);
	k->addr[1].ifindex = 77;
	changed();
	loop_until(IMSG_FACTS, 1);
	assert_int_equal(
	    sent[nsent - 1].body.facts.family[0].address.family, AF_UNSPEC);
	nsent = 0;
	k->addr[1] = had;
	changed();
	loop_until(IMSG_FACTS, 1);
	loop_quiet();
	nsent = 0;
	k->addr[1].ifindex = 77;
	sim_link(k, "eth1")->carrier = 0;
	on_settle(-1, 0, NULL);
	assert_int_equal(count(IMSG_FACTS), 1);
}

/* Only what sockets must probe has the primary's own table. */
static void
test_socket_targets(void **arg)
{
	struct conf_uplink *u = &conf.uplink[0];

	(void)arg;
	u->ntargets = 2;
	u->target[0].address = ip("203.0.113.7");
	u->target[1].address = ip("2001:db8:1::7");
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(way_of(k, 0, NULL, "eth1"), ETH1);
	assert_int_equal(k->s.nrules, 7);
	u->target[0].method = CONF_METHOD_TCP;
	u->target[1].method = CONF_METHOD_DNS;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(k->s.nrules, 8); /* it has no address of IPv6 */
	assert_string_equal(k->rule[2].oif, "eth1");
	add_addr(k, ETH1, "2001:db8::2", 64);
	changed();
	loop_quiet();
	assert_int_equal(k->s.nrules, 8 + 5);
	kernel_route_del(k, &k->route[0]); /* main's default */
	changed();
	loop_quiet();
	assert_int_equal(way(k, 0, NULL), WAN2);
	assert_int_equal(way_of(k, 0, NULL, "eth1"), ETH1);
	u->target[0].method = u->target[1].method = CONF_METHOD_ICMP;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(k->s.nrules, 7 + 4);
}

/* Configured in one family, learnt in the other; and no more configured. */
static void
test_gateways(void **arg)
{
	struct net_uplink *u = &want.uplink[0];
	struct addr own = ip("192.0.2.254"), learnt = ip("192.0.2.1");

	(void)arg;
	add_main(k, ETH1, "fe80::1", 1024)->gateway.scope = ETH1;
	conf.uplink[0].gateway[FAMILY_INET] = own;
	net_reloaded();
	assert_int_equal(addr_cmp(&u->gateway[FAMILY_INET], &own), 0);
	assert_int_equal(u->gateway[FAMILY_INET6].family, AF_INET6);
	kernel_route_del(k, &k->route[2]);
	memset(&conf.uplink[0].gateway, 0, sizeof(conf.uplink[0].gateway));
	net_reloaded();
	assert_int_equal(addr_cmp(&u->gateway[FAMILY_INET], &learnt), 0);
	assert_int_equal(u->gateway[FAMILY_INET6].family, AF_INET6);
	kernel_down(k, ETH1);
	conf.uplink[0].gateway[FAMILY_INET] = own;
	net_reloaded();
	memset(&conf.uplink[0].gateway, 0, sizeof(conf.uplink[0].gateway));
	net_reloaded();
	assert_int_equal(u->gateway[FAMILY_INET].family, AF_UNSPEC);
}

/* Flushed, or put back from a copy of another time: ours is laid again. */
static void
test_others_table(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	loop_quiet();
	assert_int_equal(nat_loads, 1);
	k->s.nat = 0;
	changed();
	loop_quiet();
	assert_int_equal(nat_loads, 2);
	k->s.nat = ++tables;
	changed();
	loop_quiet();
	assert_int_equal(nat_loads, 3);
	assert_int_equal(active(0)->nsteps, 0);
}

/* At two looks packets had come, and none had gone: told once. */
static void
test_blocked(void **arg)
{
	(void)arg;
	forwarded[0] = forwarded[1] = 7;
	assert_int_equal(active(0)->ok, 1);
	assert_false(evtimer_pending(&forward_timer, NULL));
	assert_int_equal(active(1)->ok, 1);
	assert_true(evtimer_pending(&forward_timer, NULL));
	on_forward(-1, 0, NULL);
	forwarded[0] += 2;
	on_forward(-1, 0, NULL);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 0);
	forwarded[0] += 1;
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 0);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 1);
	assert_int_equal(sent[nsent - 1].body.blocked.uplink, 1);
	assert_int_equal(sent[nsent - 1].body.blocked.tried, 3);
	evtimer_del(&forward_timer);
	assert_int_equal(active(1)->ok, 1);
	assert_false(evtimer_pending(&forward_timer, NULL));

	/* again after another failover; the table is loaded anew meanwhile */
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	forwarded[0] = forwarded[1] = 0;
	on_forward(-1, 0, NULL);
	forwarded[0] = 9;
	on_forward(-1, 0, NULL);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 1);
	assert_int_equal(sent[nsent - 1].body.blocked.tried, 9);

	/* one that went out is enough */
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	forwarded[0] += 5;
	on_forward(-1, 0, NULL);
	forwarded[1]++;
	evtimer_del(&forward_timer);
	on_forward(-1, 0, NULL);
	assert_int_equal(count(IMSG_NET_BLOCKED), 0);
	assert_false(evtimer_pending(&forward_timer, NULL));
}

/* Another uplink's number: the address of before was not its own. */
static void
test_renumbered(void **arg)
{
	struct msg_net_want m = wish(0);
	struct conf_uplink lte = conf.uplink[1];

	(void)arg;
	assert_int_equal(active(1)->ok, 1);
	strlcpy(conf.uplink[1].label, "dsl", CONF_LABEL_LEN);
	strlcpy(conf.uplink[1].ifname, "wan9", IFNAMSIZ);
	conf.uplink[2] = lte;
	conf.uplink[2].id = 2;
	net_reloaded();
	memset(flushed_from, 0, sizeof(flushed_from));
	m.flush = 1;
	sweeps = 0;
	assert_int_equal(ask(&m)->ok, 1);
	while (sweeps < 2)
		event_loop(EVLOOP_ONCE);
	assert_int_equal(flushed_from[FAMILY_INET].family, AF_UNSPEC);
}

static void
test_adoption(void **arg)
{
	int laid;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	dial(k);
	strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
	net_ppp_changed(2);
	assert_int_equal(active(2)->ok, 1);
	/* main's default of the other backup is gone meanwhile */
	kernel_route_del(k, &k->route[1]);
	forget();
	net_reloaded();
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_ADOPT);
	assert_int_equal(sent[nsent - 1].body.adopt.active, 2);
	assert_int_equal(sent[nsent - 1].body.adopt.found, 1);
	assert_int_equal(active(2)->ok, 1);
	/* the table's text is not in the kernel: loaded once, by one commit */
	assert_int_equal(last_done()->nsteps, 1);
	laid = calls;
	assert_int_equal(laid, 1);
	/* what was overwritten is still known */
	assert_int_equal(undo_find(&undo, UNDO_RP_FILTER, "wan2")->value, 1);
}

static void
test_clear(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	dial(k);
	strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
	net_ppp_changed(2);
	assert_int_equal(active(2)->ok, 1);
	nsent = 0;
	net_clear(99);
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->gen, 99);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(plan_found(&k->s), 0);
	assert_int_equal(sim_link(k, "wan2")->rp_filter, 1);
	assert_int_equal(sim_link(k, "eth1")->group, 0);
	assert_int_equal(access(UNDO_FILE, F_OK), -1);
	/* nothing comes back by itself */
	changed();
	loop_quiet();
	assert_int_equal(plan_found(&k->s), 0);
}

static void
test_uplink_leaves(void **arg)
{
	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	conf.nuplinks = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(sim_link(k, "wan2")->group, 0);
	assert_int_equal(sim_link(k, "wan2")->rp_filter, 1);
	assert_int_equal(undo.n, 1);
}

/* The primary's interface goes, and with it what told of its networks. */
static void
test_private_remembered(void **arg)
{
	struct net_route *r = &k->route[k->s.nroutes];
	size_t i, refused = 0;

	(void)arg;
	*r = (struct net_route){ .table = NET_MAIN, .ifindex = ETH1 };
	assert_int_equal(prefix_parse("10.9.0.0/16", &r->dst), 0);
	k->s.nroutes++;
	assert_int_equal(active(0)->ok, 1);
	sim_link(k, "eth1")->up = 0;
	kernel_down(k, ETH1);
	assert_int_equal(active(1)->ok, 1);
	for (i = 0; i < k->s.nroutes; i++)
		refused += k->route[i].table == NET_TABLE &&
			   k->route[i].type == NET_UNREACHABLE &&
			   k->route[i].dst.len == 16;
	assert_int_equal(refused, 1);
}

/* ---- the proof of return ---- */

static void
assert_proof(size_t at, uint32_t kind, uint32_t n, const char *text)
{
	size_t i;

	for (i = 0; i < nsent; i++)
		if (sent[i].type == IMSG_NET_PROOF && at-- == 0)
			break;
	assert_true(i < nsent);
	assert_int_equal(sent[i].body.proof.kind, kind);
	assert_int_equal(sent[i].body.proof.n, n);
	assert_string_equal(sent[i].body.proof.text, text);
}

static void
others_are(const char *a, const char *b, int ours)
{
	memset(others, 0, sizeof(others));
	others[0] = a;
	others[1] = b;
	others_ours = ours;
}

/* Clean; what others changed; what is ours and is not as it was. */
static void
test_proof(void **arg)
{
	(void)arg;
	others_are("rule pref 0 lookup 255", NULL, 0);
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(access(PROOF_FILE, F_OK), -1);
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(access(PROOF_FILE, F_OK), 0);
	assert_int_equal(count(IMSG_NET_PROOF), 0);
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 1);
	assert_proof(0, MSG_PROOF_END, 0, "");
	assert_int_equal(access(PROOF_FILE, F_OK), -1);
	/* killed meanwhile; others add a rule, a link has another MTU */
	assert_int_equal(active(1)->ok, 1);
	forget();
	net_reloaded();
	assert_int_equal(active(1)->ok, 1);
	others_are("rule pref 0 lookup 255", "rule pref 7 lookup 8", 0);
	sim_link(k, "eth0")->mtu = 1400;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 3);
	assert_proof(0, MSG_PROOF_FOREIGN, 1,
	    "link eth0: 2 up mtu 1400 group 0 rp_filter 0, was 2 up mtu 1500 "
	    "group 0 rp_filter 0");
	assert_proof(1, MSG_PROOF_FOREIGN, 2, "rule pref 7 lookup 8: new");
	assert_proof(2, MSG_PROOF_END, 0, "");
	/* a rule with our tag, and another rp_filter */
	assert_int_equal(active(1)->ok, 1);
	others_are("rule pref 9 lookup 157", "rule pref 0 lookup 255", 1);
	sim_link(k, "eth1")->rp_filter = 0;
	sim_link(k, "wan2")->rp_filter = 0;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 4);
	assert_proof(0, MSG_PROOF_FOREIGN, 1, "rule pref 7 lookup 8: gone");
	assert_proof(1, MSG_PROOF_LEFT, 1, "link wan2/4 rp_filter: 0, was 2");
	assert_proof(2, MSG_PROOF_LEFT, 2, "rule pref 9 lookup 157: new");
	assert_proof(3, MSG_PROOF_END, 2, "link wan2/4 rp_filter: 0, was 2");
	others_are(NULL, NULL, 0);
}

/* When the backup has drained, not before. */
static void
test_proof_drained(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	flows[1] = 1;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 0);
	flows[1] = 0;
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_DRAINED);
	assert_int_equal(count(IMSG_NET_PROOF), 1);
}

/* Many differences are a few lines and a number. */
static void
test_proof_many(void **arg)
{
	char text[32][16];
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	for (i = 0; i < 25; i++) {
		snprintf(text[i], sizeof(text[i]), "rule pref %d", i);
		others[i] = text[i];
	}
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), TOLD_MAX + 2);
	assert_proof(TOLD_MAX, MSG_PROOF_FOREIGN, 25, "and 15 more");
	assert_proof(TOLD_MAX + 1, MSG_PROOF_END, 0, "");
	others_are(NULL, NULL, 0);
}

/* ---- tunnels ---- */

#define TUNNELS 40

/* More than are moved at once. */
static void
tunnels_to_hub(void)
{
	static struct conf_peer peers[TUNNELS];
	struct net_link *l;
	uint32_t i;

	_Static_assert(TUNNELS > NET_MOVES_MAX, "more than one batch");
	for (i = 0; i < TUNNELS; i++) {
		l = &k->link[k->s.nlinks++];
		memset(l, 0, sizeof(*l));
		l->ifindex = 100 + i;
		snprintf(l->name, sizeof(l->name), "gre%u", i);
		l->up = l->carrier = l->pointopoint = 1;
		l->tunnel = NET_TUNNEL;
		l->local = ip("192.0.2.2");
		memset(&peers[i], 0, sizeof(peers[i]));
		peers[i].ntunnels = 1;
		strlcpy(peers[i].tunnel[0].ifname, l->name, IFNAMSIZ);
	}
	conf.npeers = TUNNELS;
	conf.peer = peers;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	batches = 0;
}

static size_t
tunnels_with(const char *local)
{
	struct addr a = ip(local);
	size_t i, n = 0;

	for (i = 0; i < k->s.nlinks; i++)
		n += k->link[i].tunnel == NET_TUNNEL &&
		     addr_cmp(&k->link[i].local, &a) == 0;
	return n;
}

static size_t
told_of(const char *text)
{
	size_t i, n = 0;

	for (i = 0; i < nsent; i++)
		n += sent[i].type == IMSG_NET_STEP &&
		     strstr(sent[i].body.step.text, text) != NULL;
	return n;
}

static void
test_tunnels(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	tunnels_to_hub();
	nsent = 0;
	net_want(&m);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
	assert_int_equal(batches, 2);
	assert_int_equal(told_of("tunnel gre"), TELL_TUNNELS);
	assert_int_equal(told_of("32 more tunnels alike"), 1);
	assert_int_equal(access(TUNNELS_FILE, F_OK), 0);
	/* and after a crash nothing is to be done */
	forget();
	net_reloaded();
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(batches, 2);
	m = wish(0);
	net_want(&m);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(access(TUNNELS_FILE, F_OK), -1);
}

static void
test_tunnel_refused(void **arg)
{
	struct msg_net_want m = wish(1);
	int i;

	(void)arg;
	tunnels_to_hub();
	refused_tunnel = 105;
	nsent = 0;
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(last_done()->nsteps, TUNNELS);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS - 1);
	assert_int_equal(told_of("tunnel gre5 cannot have local 198.51.100.2:"
				 " File exists"),
	    1);
	assert_int_equal(way(k, 0, NULL), WAN2);
	/* once is enough, until the next wish */
	batches = 0;
	loop_quiet();
	assert_int_equal(batches, 0);
	refused_tunnel = 0;
	assert_int_equal(active(1)->nsteps, 1);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
	/* or for a while, if none comes */
	refused_tunnel = 105;
	m = wish(0);
	net_want(&m);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS - 1);
	refused_tunnel = 0;
	for (i = 0; i < PATIENCE_MS / LOOK_STEP; i++) {
		struct timeval tv = monotime_ms(LOOK_STEP);

		if (tunnels_with("192.0.2.2") == TUNNELS)
			break;
		event_loopexit(&tv);
		event_dispatch();
	}
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	m = wish(1);
	net_want(&m);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	/* a whole batch: the others of it wait for the next wish, too */
	calls = 0;
	fail_at = 2; /* the route back comes first */
	m = wish(0);
	nsent = 0;
	net_want(&m);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS - NET_MOVES_MAX);
	assert_int_equal(told_of("24 more tunnels cannot have theirs"), 1);
	m = wish(0);
	net_want(&m);
	assert_int_equal(last_done()->nsteps, NET_MOVES_MAX);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
}

/* There is no time: one batch in each turn of the loop, traffic after them. */
static void
test_turns(void **arg)
{
	struct msg_net_want m = wish(1), other = wish(0);

	(void)arg;
	tunnels_to_hub();
	turn_ms = 0;
	nsent = 0;
	net_want(&m);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	assert_int_equal(tunnels_with("198.51.100.2"), NET_MOVES_MAX);
	assert_int_equal(way(k, 0, NULL), ETH1);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->gen, m.gen);
	assert_int_equal(last_done()->nsteps, TUNNELS + 1);
	assert_int_equal(tunnels_with("198.51.100.2"), TUNNELS);
	assert_int_equal(way(k, 0, NULL), WAN2);
	loop_quiet();
	/* traffic first, on the way back; then all is said to be done */
	nsent = 0;
	net_want(&other);
	assert_int_equal(way(k, 0, NULL), ETH1);
	assert_int_equal(count(IMSG_NET_DONE), 0);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DONE), 1);
}

/* What comes between two turns: another wish, or the end. */
static void
test_turns_overtaken(void **arg)
{
	struct msg_net_want m = wish(1), other = wish(0);

	(void)arg;
	tunnels_to_hub();
	turn_ms = 0;
	nsent = 0;
	net_want(&m);
	net_want(&other);
	loop_until(IMSG_NET_DONE, 1);
	loop_quiet();
	assert_int_equal(count(IMSG_NET_DONE), 1);
	assert_int_equal(last_done()->gen, other.gen);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(access(TUNNELS_FILE, F_OK), -1);
	/* killed */
	m = wish(1);
	net_want(&m);
	forget();
	net_reloaded();
	assert_int_equal(tunnels_with("198.51.100.2"), NET_MOVES_MAX);
	m = wish(0);
	net_want(&m);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	/* cleared */
	m = wish(1);
	net_want(&m);
	nsent = 0;
	net_clear(7);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->gen, 7);
	assert_int_equal(last_done()->ok, 1);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(access(TUNNELS_FILE, F_OK), -1);
}

/* The route behind them is refused: those of earlier turns go back, too. */
static void
test_turns_taken_back(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	tunnels_to_hub();
	turn_ms = 0;
	calls = 0;
	fail_at = 3;
	nsent = 0;
	net_want(&m);
	loop_until(IMSG_NET_DONE, 1);
	assert_int_equal(last_done()->ok, 0);
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
	assert_int_equal(way(k, 0, NULL), ETH1);
	loop_quiet();
	assert_int_equal(tunnels_with("192.0.2.2"), TUNNELS);
}

/* ---- foreseen ---- */

#define FORESEEN_MAX 64

static struct msg_net_plan_step foreseen[FORESEEN_MAX];
static size_t nforeseen;

static const struct msg_net_plan_end *
ask_plan(const struct msg_net_want *m, uint32_t undialled, int shut)
{
	struct msg_net_plan q = { .asker = 7, .want = *m };
	int before = calls;
	size_t i;

	q.undialled = q.proof = undialled;
	q.shut = shut != 0;
	nsent = nforeseen = 0;
	net_plan(&q);
	assert_int_equal(calls, before);
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_PLAN_END);
	for (i = 0; i < nsent - 1; i++) {
		assert_int_equal(sent[i].type, IMSG_NET_PLAN_STEP);
		assert_int_equal(sent[i].body.plan_step.asker, 7);
		assert_true(nforeseen < FORESEEN_MAX);
		foreseen[nforeseen++] = sent[i].body.plan_step;
	}
	return &sent[nsent - 1].body.plan_end;
}

/* What was foreseen is what is done, but for what a link up brings. */
static void
test_plan(void **arg)
{
	struct msg_net_want m;
	size_t s, i, n;

	(void)arg;
	for (s = 0; s < STORIES; s++) {
		end(NULL);
		begin(NULL);
		if (stories[s].begin == story_up)
			continue;
		m = stories[s].begin();
		if (m.drain == MSG_UPLINK_NONE)
			m.flush = m.active == 0 ? 2 : 0;
		assert_int_equal(ask_plan(&m, 0, 0)->ok, 1);
		assert_int_equal(ask(&m)->ok, 1);
		assert_true(nforeseen >= (size_t)stories[s].steps);
		for (i = n = 0; i < nsent; i++) {
			if (sent[i].type != IMSG_NET_STEP)
				continue;
			assert_true(n < nforeseen);
			assert_string_equal(
			    sent[i].body.step.text, foreseen[n++].text);
		}
		assert_int_equal(n, nforeseen);
	}
}

static void
test_plan_flows(void **arg)
{
	struct msg_net_want m = wish(1);

	(void)arg;
	conf.uplink[0].shutdown = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	flows[0] = 7;
	m.flush = 0;
	assert_int_equal(ask_plan(&m, 0, 1)->ok, 1);
	assert_int_equal(nforeseen, 3);
	assert_string_equal(foreseen[0].what, "route");
	assert_int_equal(foreseen[0].flows, MSG_FLOWS_NONE);
	assert_string_equal(foreseen[1].text, "forget flows of eth1");
	assert_int_equal(foreseen[1].flows, 7);
	assert_string_equal(foreseen[2].text, "link set eth1 down");
	assert_int_equal(flows[0], 7);
	/* not there, or yet to come */
	m.active = 2;
	assert_int_equal(ask_plan(&m, 0, 1)->ok, 0);
	assert_string_equal(
	    sent[nsent - 1].body.plan_end.text, "pots: no interface");
	assert_int_equal(ask_plan(&m, 1, 1)->ok, 1);
	assert_int_equal(nforeseen, 4);
	assert_string_equal(foreseen[0].text, "dial pots");
	assert_string_equal(foreseen[1].what, "prove");
	assert_string_equal(foreseen[3].what, "flows");
	/* and the wish is what it was */
	assert_int_equal(active(0)->nsteps, 0);
}

/* Programs come behind the flows, and before the primary is set down. */
static void
test_plan_programs(void **arg)
{
	static const char *const what[] = { "route", "flows", "resolvers",
		"hook", "link" };
	struct msg_net_want m = wish(1);
	size_t i;

	(void)arg;
	conf.uplink[0].shutdown = 1;
	conf.uplink[1].start_ms = 1000;
	strlcpy(conf.private[1].start, "up", CONF_HOOK_LEN);
	strlcpy(conf.private[1].stop, "down", CONF_HOOK_LEN);
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	planned_hook = "hook switch.d/1";
	m.flush = 0;
	assert_int_equal(ask_plan(&m, 0, 1)->ok, 1);
	assert_int_equal(nforeseen, 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(foreseen[i].what, what[i]);
	assert_int_equal(ask_plan(&m, 1, 1)->ok, 1);
	assert_string_equal(foreseen[0].text, "hook up");
	assert_int_equal(active(1)->ok, 1);
	m.active = 0;
	m.flush = 1;
	assert_int_equal(ask_plan(&m, 0, 0)->ok, 1);
	assert_string_equal(foreseen[nforeseen - 2].text, planned_hook);
	assert_string_equal(foreseen[nforeseen - 1].text, "hook down");
	planned_hook = NULL;
	memset(&conf.private[1], 0, sizeof(conf.private[1]));
}

static void
test_show(void **arg)
{
	size_t i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	nsent = 0;
	net_show(77);
	assert_true(nsent > 10);
	for (i = 0; i < nsent - 1; i++) {
		assert_int_equal(sent[i].type, IMSG_NET_LINE);
		assert_int_equal(sent[i].body.line.asker, 77);
		if (sent[i].body.line.different)
			fail_msg("%s", sent[i].body.line.text);
	}
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_LINE_END);
	assert_int_equal(sent[nsent - 1].body.number, 77);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_begin),
		T(test_want),
		T(test_refused),
		T(test_taken_back),
		T(test_refused_inet6),
		T(test_adoption_inet6),
		T(test_flush_inet6),
		T(test_refuses_inet6),
		T(test_overtaken),
		T(test_refused_shutdown),
		T(test_cannot),
		T(test_drain),
		T(test_other_marks),
		T(test_drain_primary),
		T(test_drain_often),
		T(test_recreated),
		T(test_others_change),
		T(test_lost),
		T(test_gone),
		T(test_repair_refused),
		T(test_advertised),
		T(test_expired),
		T(test_many_addresses),
		T(test_address_gone),
		T(test_socket_targets),
		T(test_gateways),
		T(test_others_table),
		T(test_blocked),
		T(test_renumbered),
		T(test_adoption),
		T(test_clear),
		T(test_uplink_leaves),
		T(test_private_remembered),
		T(test_proof),
		T(test_proof_drained),
		T(test_proof_many),
		T(test_tunnels),
		T(test_tunnel_refused),
		T(test_turns),
		T(test_turns_overtaken),
		T(test_turns_taken_back),
		T(test_plan),
		T(test_plan_flows),
		T(test_plan_programs),
		T(test_show),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
