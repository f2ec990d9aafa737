/* SPDX-License-Identifier: ISC */
/*
 * netconf between a parent that may say anything and a kernel that may hold
 * anything and refuse anything.  Messages that are not sound must be refused
 * by name (fatalx), all others end in plans and answers that are sound.
 * Nothing real is touched: the kernel, the undo file, ttys, pppd and the
 * alarm program are stood in for here.
 *
 * The input is a row of commands: an octet, then what it takes.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keep.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "netconf/net.h"
#include "netconf/netconf.h"
#include "netconf/resolver.h"
#include "netconf/run.h"
#include "regress/fuzz/deliver.h"
#include "regress/fuzz/feed.h"
#include "regress/fuzz/quiet_log.h"

#define COMMANDS 8
#define LINKS    6

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char ppp_name[IFNAMSIZ];
static int ppp_left;

/* --- what netconf's code calls instead ------------------------------------ */

static void
must(int good)
{
	if (!good)
		abort();
}

/* What the parent would call invalid. */
static int
fuzz_compose(struct imsgev *iev, uint32_t type, uint32_t id, pid_t pid, int fd,
    const void *data, size_t len)
{
	(void)iev;
	(void)id;
	(void)pid;
	must(fd == -1 && len > 0 && data != NULL);
	switch (type) {
	case IMSG_FACTS:
		must(len == sizeof(struct msg_facts) && msg_facts_valid(data));
		break;
	case IMSG_NET_STEP:
		must(len == sizeof(struct msg_net_step) &&
		     msg_net_step_valid(data));
		break;
	case IMSG_NET_DONE:
		must(len == sizeof(struct msg_net_done) &&
		     msg_net_done_valid(data));
		break;
	case IMSG_NET_ADOPT:
		must(len == sizeof(struct msg_net_adopt) &&
		     msg_net_adopt_valid(data));
		break;
	case IMSG_NET_DRAINED:
		must(len == sizeof(struct msg_net_drained) &&
		     msg_net_drained_valid(data));
		break;
	case IMSG_NET_LINE:
		must(len == sizeof(struct msg_net_line) &&
		     msg_net_line_valid(data));
		break;
	case IMSG_CONF_TEXT:
		must(len == sizeof(struct msg_conf_text) &&
		     msg_conf_text_valid(data));
		break;
	case IMSG_NET_COUNTED:
		must(len == sizeof(struct msg_net_counted) &&
		     msg_net_counted_valid(data));
		break;
	case IMSG_LINK_UNFIT:
		must(len == sizeof(struct msg_link_text) &&
		     msg_link_text_valid(data));
		break;
	case IMSG_NET_NOTES:
		must(len == sizeof(struct msg_net_notes) &&
		     msg_net_notes_valid(data));
		break;
	case IMSG_NET_BLOCKED:
		must(len == sizeof(struct msg_net_blocked) &&
		     msg_net_blocked_valid(data));
		break;
	case IMSG_NET_PROOF:
		must(len == sizeof(struct msg_net_proof) &&
		     msg_net_proof_valid(data));
		break;
	case IMSG_NET_PLAN_STEP:
		must(len == sizeof(struct msg_net_plan_step) &&
		     msg_net_plan_step_valid(data));
		break;
	case IMSG_NET_PLAN_END:
		must(len == sizeof(struct msg_net_plan_end) &&
		     msg_net_plan_end_valid(data));
		break;
	case IMSG_CONF_UPLINK:
		must(len == sizeof(struct conf_uplink));
		break;
	}
	return 1;
}

/* A file: three uplinks, or as many as the input says; or errors. */
static struct conf *
fuzz_parse(const char *path, const struct conf_macro *m, int check_only,
    conf_report *report, void *arg)
{
	struct conf *c;
	uint32_t i;
	uint8_t n = octet();

	(void)m;
	(void)check_only;
	if (n % 8 == 7) {
		report(path, octet(), "no such word", arg);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		abort();
	c->nuplinks = 1 + n % CONF_UPLINKS_MAX;
	for (i = 0; i < c->nuplinks; i++) {
		struct conf_uplink *u = &c->uplink[i];
		uint8_t how = octet();

		u->id = i;
		u->role = i == 0 ? CONF_PRIMARY : CONF_BACKUP;
		u->kind = i > 0 && how & 1 ? CONF_MODEM : CONF_INTERFACE;
		snprintf(u->label, sizeof(u->label), "u%u", i);
		if (u->kind == CONF_INTERFACE)
			snprintf(u->ifname, IFNAMSIZ, "if%u", how % LINKS);
		u->carrier = how >> 1 & 1 ? CONF_CARRIER_OF : CONF_CARRIER_NONE;
		strlcpy(u->carrier_ifname, "if0", IFNAMSIZ);
		if (how & 4)
			addr_parse("192.0.2.1", &u->gateway[FAMILY_INET]);
		if (how & 32)
			addr_parse("fe80::1", &u->gateway[FAMILY_INET6]);
		u->shutdown = how >> 3 & 1;
		u->mtu = how & 64 ? 1400 : 0;
		u->ncompanions = how >> 4 & 1;
		strlcpy(u->companion[0], "if1", IFNAMSIZ);
	}
	c->global.nfollow = octet() % (CONF_NETS_MAX + 1);
	for (i = 0; i < c->global.nfollow; i++)
		prefix_parse(octet() & 1 ? "10.1.0.0/16" : "fd00::/8",
		    &c->global.follow[i]);
	c->global.mark = CONF_MARK_DEFAULT;
	c->global.nmasq = octet() % (CONF_NETS_MAX + 1);
	for (i = 0; i < c->global.nmasq; i++)
		if (octet() & 1)
			strlcpy(c->global.masq[i].ifname, "if2", IFNAMSIZ);
		else
			prefix_parse("10.1.0.0/16", &c->global.masq[i].prefix);
	return c;
}

static int
fuzz_undo_read(const char *path, struct undo *u)
{
	(void)path;
	u->n = 0;
	return 0;
}

static int
fuzz_undo_write(const char *path, const struct undo *u)
{
	(void)path;
	(void)u;
	return octet() == 255 ? -1 : 0;
}

/* --- ttys, pppd, the alarm ------------------------------------------------- */

/* Whoever is called must be called for an uplink that there is. */
static void
for_uplink(const struct msg_link *m)
{
	must(
	    config_current() != NULL && m->uplink < config_current()->nuplinks);
}

void
tty_open(const struct msg_link *m)
{
	for_uplink(m);
}

void
tty_close(const struct msg_link *m)
{
	for_uplink(m);
}

void
tty_open_status(const struct msg_link *m)
{
	for_uplink(m);
}

void
tty_close_status(const struct msg_link *m)
{
	for_uplink(m);
}

void
pin_wanted(const struct msg_sim *s)
{
	must(msg_sim_valid(s) && s->uplink < config_current()->nuplinks);
}

void
pin_used(const struct msg_sim *s)
{
	pin_wanted(s);
}

void
ppp_stop(const struct msg_link *m)
{
	for_uplink(m);
}

void
ppp_start(const struct msg_link *m)
{
	for_uplink(m);
	snprintf(ppp_name, sizeof(ppp_name), "if%u", octet() % (LINKS + 1));
	net_ppp_changed(m->uplink);
}

void
tty_reloaded(void)
{
}

void
ppp_reloaded(void)
{
}

void
ppp_adopt(void)
{
}

void
tty_clear(void)
{
}

void
ppp_clear(void)
{
	ppp_left = octet() % 3;
}

int
ppp_running(void)
{
	return ppp_left-- > 0;
}

const char *
ppp_interface(uint32_t uplink)
{
	return uplink % 2 ? ppp_name : "";
}

void
alarm_open(void)
{
}

void
alarm_run(const struct msg_alarm *m)
{
	must(msg_alarm_valid(m) && config_current() != NULL);
}

void
hook_open(uint32_t active)
{
	must(active < config_current()->nuplinks);
}

void
hook_link_start(const struct msg_link *m)
{
	for_uplink(m);
}

void
hook_link_stop(const struct msg_link *m)
{
	for_uplink(m);
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
	must(active < config_current()->nuplinks);
}

void
resolver_plan(uint32_t active, int undialled, plan_line *line, void *arg)
{
	must(active < config_current()->nuplinks && undialled <= 1);
	line("resolvers", 0, arg);
}

void
hook_switch_plan(plan_line *line, void *arg)
{
	line("hook", 0, arg);
}

void
resolver_clear(void)
{
}

int
resolver_busy(void)
{
	return 0;
}

void
resolver_show(plan_line *line, void *arg)
{
	line("resolvers", 0, arg);
}

void
hook_switched(const struct msg_hooks *m)
{
	must(msg_hooks_valid(m) && m->uplink < config_current()->nuplinks);
}

void
capture_file(const struct msg_capture *m)
{
	must(msg_capture_valid(m) && config_current() != NULL);
}

static int peers_asked; /* and not led yet */

void
net_peer(const struct msg_net_peer *m)
{
	must(msg_net_peer_valid(m) && config_current() != NULL);
	peers_asked = 1;
}

void
net_peers_lead(void)
{
	peers_asked = 0;
}

/* Their ids are of the configuration before. */
void
capture_reloaded(void)
{
	must(config_current() != NULL && !peers_asked);
}

/* --- the kernel: anything --------------------------------------------------- */

static int
perhaps(void)
{
	errno = octet() & 1 ? ESRCH : EPERM;
	return octet() > 250 ? -1 : 0;
}

static int
fuzz_open(void)
{
	return 0;
}

static struct addr
some_addr(void)
{
	static const char *const text[] = { "192.0.2.2", "192.0.2.1",
		"10.1.0.1", "fd00::1", "2001:db8::1", "fe80::1" };
	struct addr a;
	uint8_t n = octet();

	memset(&a, 0, sizeof(a));
	if (n % 7 < 6)
		addr_parse(text[n % 7], &a);
	return a;
}

static void
some_route(struct net_route *r)
{
	static const uint32_t table[] = { NET_MAIN, NET_TABLE, NET_TABLE_FIRST,
		NET_TABLE_FIRST + 1 };
	uint8_t how = octet();

	r->type = how & 1 ? NET_UNICAST : NET_UNREACHABLE;
	r->table = table[how >> 1 & 3];
	r->proto = how & 8 ? NET_PROTO : 3;
	r->ifindex = 1 + octet() % LINKS;
	r->dst.addr.family = how & 64 ? AF_INET6 : AF_INET;
	if (how & 16)
		prefix_parse("192.0.2.0/24", &r->dst);
	r->gateway = some_addr();
	r->metric = how & 32 ? NET_METRIC_LAST : 0;
}

static void
some_rule(struct net_rule *r)
{
	uint8_t how = octet();

	r->family = how & 32 ? AF_INET6 : AF_INET;
	r->table = how & 1 ? NET_MAIN : NET_TABLE_OWN + how % 4;
	r->suppress = how >> 1 & 1;
	if (how & 4)
		r->from = some_addr();
	if (r->from.family != AF_UNSPEC)
		r->family = r->from.family;
	if (how & 8)
		snprintf(r->oif, IFNAMSIZ, "if%u", octet() % LINKS);
	if (how & 16) {
		r->mask = how & 64 ? CONF_MARK_DEFAULT >> 8 : CONF_MARK_DEFAULT;
		r->mark = plan_mark(r->mask, octet() % CONF_UPLINKS_MAX);
	}
}

static void
some_element(struct net_element *e)
{
	e->set = octet() % NET_SETS;
	e->uplink = octet() % (CONF_UPLINKS_MAX + 1);
	if (e->set == NET_SET_UPLINK)
		snprintf(e->ifname, IFNAMSIZ, "if%u", octet() % LINKS);
	else if (e->set == NET_SET_STAY)
		e->mark =
		    plan_mark(CONF_MARK_DEFAULT, octet() % CONF_UPLINKS_MAX);
	else
		e->first = e->last = some_addr();
}

static void *
several(size_t *n, size_t size, size_t max)
{
	void *p;

	*n = octet() % (max + 1);
	if ((p = calloc(*n + 1, size)) == NULL)
		abort();
	return p;
}

static int
fuzz_dump(struct net_state *s, const struct net_uplinks *u)
{
	uint32_t i;

	(void)u;
	memset(s, 0, sizeof(*s));
	s->links = several(&s->nlinks, sizeof(*s->links), LINKS);
	for (i = 0; i < s->nlinks; i++) {
		uint8_t how = octet();

		s->links[i].ifindex = i + 1;
		snprintf(s->links[i].name, IFNAMSIZ, "if%u", i);
		s->links[i].up = how & 1;
		s->links[i].carrier = how >> 1 & 1;
		s->links[i].pointopoint = how >> 2 & 1;
		s->links[i].ethernet = how >> 6 & 1;
		s->links[i].group = how & 8 ? NET_GROUP : how >> 7;
		s->links[i].rp_filter = how >> 4 & 3;
		how = octet();
		s->links[i].linkdown[FAMILY_INET] = how & 1;
		s->links[i].linkdown[FAMILY_INET6] =
		    how & 2 ? NET_NO_VALUE : how >> 2 & 1;
	}
	s->addrs = several(&s->naddrs, sizeof(*s->addrs), 40);
	for (i = 0; i < s->naddrs; i++) {
		uint8_t how;

		s->addrs[i].ifindex = 1 + octet() % LINKS;
		s->addrs[i].local = some_addr();
		s->addrs[i].prefixlen =
		    octet() % (8 * addr_len(&s->addrs[i].local) + 1);
		how = octet();
		s->addrs[i].secondary = how & 1;
		s->addrs[i].tentative = how >> 1 & 1;
		s->addrs[i].deprecated = how >> 2 & 1;
		s->addrs[i].temporary = how >> 3 & 1;
	}
	s->rules = several(&s->nrules, sizeof(*s->rules), 250);
	for (i = 0; i < s->nrules; i++)
		some_rule(&s->rules[i]);
	s->routes = several(&s->nroutes, sizeof(*s->routes), 250);
	for (i = 0; i < s->nroutes; i++)
		some_route(&s->routes[i]);
	s->nat = octet() & 1;
	s->elements = several(&s->nelements, sizeof(*s->elements), 40);
	for (i = 0; i < s->nelements; i++)
		some_element(&s->elements[i]);
	if (perhaps() == 0)
		return 0;
	net_state_free(s);
	return -1;
}

static int
fuzz_rule(int add, const struct net_rule *r)
{
	(void)add;
	must(r->table != 0 && r->family != AF_UNSPEC &&
	     (r->from.family == AF_UNSPEC || r->from.family == r->family));
	return perhaps();
}

/* Main is never touched. */
static int
fuzz_route(int add, const struct net_route *r)
{
	(void)add;
	must(r->table != NET_MAIN && r->proto == NET_PROTO);
	return perhaps();
}

static int
fuzz_link(uint32_t ifindex, uint32_t value)
{
	must(ifindex >= 1 && ifindex <= LINKS);
	(void)value;
	return perhaps();
}

static int
fuzz_link_up(uint32_t ifindex, int up)
{
	return fuzz_link(ifindex, (uint32_t)up);
}

static int
fuzz_rp_filter(uint32_t ifindex, int *old, int value)
{
	must(ifindex >= 1 && ifindex <= LINKS && value >= -1 && value <= 2);
	*old = octet() % 3;
	return perhaps();
}

static int
fuzz_linkdown(uint32_t ifindex, enum family family, uint32_t value)
{
	must(family < FAMILIES && value <= 1);
	return fuzz_link(ifindex, value);
}

static int
fuzz_nat_load(const char *text, char *why, size_t size)
{
	must(strlen(text) < PLAN_NFT_MAX);
	strlcpy(why, "no", size);
	return perhaps();
}

static int
fuzz_elements(const struct net_element *del, size_t ndel,
    const struct net_element *add, size_t nadd)
{
	size_t i;

	for (i = 0; i < ndel; i++)
		must(del[i].set < NET_SETS);
	for (i = 0; i < nadd; i++)
		must(add[i].set < NET_SETS &&
		     add[i].uplink < CONF_UPLINKS_MAX &&
		     addr_cmp(&add[i].first, &add[i].last) <= 0);
	return perhaps();
}

static int
fuzz_flows(uint32_t mark, uint32_t mask, uint32_t *n)
{
	must(mark != 0 && (mark & ~mask) == 0);
	*n = octet();
	return perhaps();
}

static int
fuzz_forwarded(uint32_t uplink, uint64_t *tried, uint64_t *passed)
{
	must(uplink < CONF_UPLINKS_MAX);
	*tried = octet();
	*passed = octet();
	return perhaps();
}

static int
fuzz_flows_flush(const struct net_flows *f, uint32_t *n)
{
	must(addr_valid(&f->address[0]) && addr_valid(&f->address[1]));
	return fuzz_flows(f->mark, f->mask, n);
}

static int
fuzz_routes_save(uint32_t ifindex, void (*one)(const char *, void *), void *arg)
{
	char line[16];
	uint8_t n = octet();

	(void)ifindex;
	for (; n > 0; n--) {
		snprintf(line, sizeof(line), "route %u", n);
		one(line, arg);
	}
	return perhaps();
}

static int
fuzz_route_restore(const char *line)
{
	must(strncmp(line, "route ", 6) == 0);
	return perhaps();
}

static int
fuzz_monitor(void)
{
	return 0; /* the loop is never run */
}

static void
fuzz_changes(void)
{
}

static int
fuzz_others(void (*one)(int, uint32_t, const char *, void *), void *arg)
{
	one(octet() & 1, octet(), "rule pref 1", arg);
	return (int)(octet() % 8) == 7 ? -1 : 0;
}

static int
fuzz_flows_mark(const struct net_marks *m, int end, uint32_t *n)
{
	size_t i;

	must(m->n <= NET_UPLINKS_MAX && (end == 0 || end == 1));
	for (i = 0; i < m->n; i++)
		must(m->mark[i].was != 0 &&
		     (m->mark[i].was & ~m->was_mask) == 0 &&
		     (m->mark[i].is & ~m->mask) == 0);
	*n = octet();
	return perhaps();
}

static int
fuzz_flows_flush_plain(
    const struct net_element *net, size_t nnets, uint32_t mask, uint32_t *n)
{
	must(mask != 0 && (nnets == 0 || net != NULL) && nnets <= WANTED_MAX);
	*n = octet();
	return perhaps();
}

static int
fuzz_octets(
    uint32_t ifindex, uint64_t *received, uint64_t *sent, uint64_t *packets)
{
	must(ifindex != 0);
	*received = *sent = *packets = octet();
	return 0;
}

static int
fuzz_pppoe(void)
{
	return octet() % 2 == 0 ? 0 : -1;
}

static const struct netops fuzz_ops = {
	.open = fuzz_open,
	.dump = fuzz_dump,
	.rule = fuzz_rule,
	.route = fuzz_route,
	.link_group = fuzz_link,
	.link_up = fuzz_link_up,
	.rp_filter = fuzz_rp_filter,
	.linkdown = fuzz_linkdown,
	.nat_load = fuzz_nat_load,
	.elements = fuzz_elements,
	.forwarded = fuzz_forwarded,
	.flows_flush = fuzz_flows_flush,
	.flows_mark = fuzz_flows_mark,
	.flows_flush_plain = fuzz_flows_flush_plain,
	.flows_count = fuzz_flows,
	.routes_save = fuzz_routes_save,
	.route_restore = fuzz_route_restore,
	.others = fuzz_others,
	.octets = fuzz_octets,
	.pppoe = fuzz_pppoe,
	.monitor = fuzz_monitor,
	.changes = fuzz_changes,
};

#define fatalx(...)                       longjmp(refused, 1)
#define proc_get                          fuzz_get
#define imsg_compose_event                fuzz_compose
#define conf_parse                        fuzz_parse
#define conf_print(c, f)                  fprintf(f, "%u uplinks\n", (c)->nuplinks)
#define conf_check_system(c, report, arg) ((void)(c), 0)
#define keep_read(path, max)              ((void)(path), (void)(max), (char *)NULL)
#define keep_write(path, print, what)     ((void)(path), (void)(print), 0)
#define keep_write_through                keep_write
#define keep_remove(path)                 ((void)(path), 0)
#define undo_read                         fuzz_undo_read
#define undo_write                        fuzz_undo_write

#include "netconf/config.c"
#include "netconf/net_facts.c"
#include "netconf/net_fill.c"
/* after those: what follows has names that they use for arguments */
#include "netconf/net.c"
#include "netconf/net_apply.c"
#include "netconf/net_flow.c"
#include "netconf/net_forward.c"
#include "netconf/net_lint.c"
#include "netconf/net_proof.c"
#include "netconf/netconf.c"

/* --- the commands ----------------------------------------------------------- */

static void
deliver(uint32_t type, const void *data, size_t len)
{
	deliver_to(netconf_dispatch_parent, type, data, len);
}

static void
load(void)
{
	struct msg_conf_load m = { octet(), octet() % 4, octet() % 3 };
	uint8_t then = octet();

	deliver(IMSG_CONF_LOAD, &m, sizeof(m));
	if (then & 7)
		deliver(IMSG_CONF_COMMIT, &m.gen, sizeof(m.gen));
	if (then & 8)
		deliver(IMSG_CONF_KEEP, &m.gen, sizeof(m.gen));
	if ((then & 7) == 0)
		deliver(IMSG_CONF_FORGET, &m.gen, sizeof(m.gen));
}

static uint32_t
some_uplink(void)
{
	uint8_t n = octet();

	return n % 4 == 3 ? MSG_UPLINK_NONE : n % (CONF_UPLINKS_MAX + 1);
}

/* The same wish is carried out, or only foreseen. */
static void
send_want(void)
{
	struct msg_net_plan m;

	m.want.gen = octet();
	m.want.active = octet() % (CONF_UPLINKS_MAX + 1);
	m.want.drain = some_uplink();
	m.want.drain_ms = octet();
	m.want.flush = some_uplink();
	m.want.shut = octet() % 3;
	m.asker = octet();
	if (m.asker % 4 != 0) {
		deliver(IMSG_NET_WANT, &m.want, sizeof(m.want));
		return;
	}
	m.undialled = octet() % 3;
	m.proof = octet() % 3;
	m.shut = octet() % 3;
	deliver(IMSG_NET_PLAN, &m, sizeof(m));
}

static void
send_link(void)
{
	static const uint32_t type[] = { IMSG_TTY_OPEN, IMSG_TTY_CLOSE,
		IMSG_PPP_START, IMSG_PPP_STOP, IMSG_STATUS_OPEN,
		IMSG_STATUS_CLOSE };
	struct msg_link m;
	struct msg_sim s = { .tries = octet() % 12 };
	uint8_t n = octet();

	m.uplink = octet() % (CONF_UPLINKS_MAX + 1);
	m.gen = octet();
	if (n % 8 < 6) {
		deliver(type[n % 8], &m, sizeof(m));
		return;
	}
	s.uplink = m.uplink;
	s.gen = m.gen;
	s.iccid[0] = (char)octet();
	deliver(n % 8 == 6 ? IMSG_PIN_WANTED : IMSG_SIM_USED, &s, sizeof(s));
}

static void
send_raw(void)
{
	uint32_t type = octet() % (IMSG_TYPE_MAX + 2);
	size_t len = octet() | (size_t)octet() << 8;

	if (len > left)
		len = left;
	in += len;
	left -= len;
	deliver(type, in - len, len);
}

/* Timers that are pending come, in any order. */
static void
timers(void)
{
	struct {
		struct event *ev;
		void (*fn)(int, short, void *);
	} t[] = { { &settle, on_settle }, { &later, on_settle },
		{ &clear_timer, on_clear }, { &drain_timer, on_drain },
		{ &sweep_timer, on_sweep } };
	uint8_t n = octet() % (sizeof(t) / sizeof(t[0]));

	if (!evtimer_pending(t[n].ev, NULL))
		return;
	evtimer_del(t[n].ev);
	t[n].fn(-1, EV_TIMEOUT, NULL);
}

static void
command(void)
{
	struct msg_net_count count = { octet(), octet() };
	uint32_t asker = count.gen;

	switch (octet() % COMMANDS) {
	case 0:
		load();
		break;
	case 1:
	case 2:
		send_want();
		break;
	case 3:
		send_link();
		break;
	case 4:
		send_raw();
		break;
	case 5:
		on_monitor(-1, EV_READ, NULL);
		timers();
		break;
	case 6:
		timers();
		break;
	case 7:
		if (asker & 1)
			deliver(IMSG_NET_COUNT, &count, sizeof(count));
		else if (asker & 4)
			deliver(IMSG_CONF_SHOW, &asker, sizeof(asker));
		else
			deliver(asker & 2 ? IMSG_NET_SHOW : IMSG_NET_CLEAR,
			    &asker, sizeof(asker));
		break;
	}
}

/* As after exec. */
static void
forget(void)
{
	static struct event_base *base;

	if (base == NULL)
		base = event_init();
	else {
		event_del(&monitor);
		evtimer_del(&settle);
		evtimer_del(&later);
		evtimer_del(&clear_timer);
		evtimer_del(&drain_timer);
		evtimer_del(&sweep_timer);
	}
	if (pending != previous)
		conf_free(pending);
	conf_free(current);
	conf_free(previous);
	current = pending = previous = NULL;
	net_state_free(&state);
	memset(&want, 0, sizeof(want));
	memset(facts, 0, sizeof(facts));
	memset(last_address, 0, sizeof(last_address));
	memset(missing, 0, sizeof(missing));
	memset(&looks, 0, sizeof(looks));
	memset(&repairs, 0, sizeof(repairs));
	memset(&repaired, 0, sizeof(repaired));
	nat_loaded[0] = ppp_name[0] = '\0';
	want_gen = clear_gen = 0;
	wanted = adopted = drifting = 0;
	drain.uplink = MSG_UPLINK_NONE;
	netops = &fuzz_ops;
	config_open("dialfail.conf", NULL);
	net_open();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	in = data;
	left = len;
	forget();
	if (setjmp(refused) == 0)
		while (left > 0)
			command();
	return 0;
}
