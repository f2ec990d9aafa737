/* SPDX-License-Identifier: ISC */
/*
 * A plan done step by step.  Whatever a step overwrites is in the undo file
 * before; a step that fails ends the plan.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"
#include "netconf/run.h"

#define UNDO_FILE    RUNDIR "/undo"
#define TOGETHER_MAX 512 /* elements of one transaction */

static struct undo undo;
static char nat_loaded[PLAN_NFT_MAX];
static uint64_t nat_handle; /* of what was loaded; 0: not looked at yet */

void
apply_open(void)
{
	if (undo_read(UNDO_FILE, &undo) == -1)
		log_warn("%s: ignored", UNDO_FILE);
	move_open();
}

const struct undo *
apply_undo(void)
{
	return &undo;
}

const char *
apply_nat_loaded(const struct net_state *s)
{
	if (nat_handle == 0)
		nat_handle = s->nat;
	return nat_loaded[0] != '\0' && nat_handle == s->nat ? nat_loaded
							     : NULL;
}

static int
save(void)
{
	if (undo_write(UNDO_FILE, &undo) == 0)
		return 0;
	log_warn("%s", UNDO_FILE);
	return -1;
}

/* Its kind and its interface's, with an old value or a route of main. */
static int
keep(const struct step *st, enum undo_kind kind, uint32_t value,
    const char *route)
{
	struct undo_entry e;

	memset(&e, 0, sizeof(e));
	e.kind = kind;
	strlcpy(e.ifname, st->ifname, sizeof(e.ifname));
	e.ifindex = st->ifindex;
	e.value = value;
	if (strlcpy(e.route, route, sizeof(e.route)) < sizeof(e.route) &&
	    undo_add(&undo, &e) == 0)
		return 0;
	errno = ENOSPC;
	return -1;
}

void
apply_prune(const struct net_state *s)
{
	const struct net_link *l;
	struct undo_entry *e;
	size_t i, kept = 0;

	move_prune(s);
	for (i = 0; i < undo.n; i++) {
		e = &undo.entry[i];
		l = net_link_find(s, e->ifname);
		if (l != NULL && l->ifindex == e->ifindex)
			undo.entry[kept++] = *e;
	}
	if (kept == undo.n)
		return;
	undo.n = kept;
	(void)save();
}

static int
set_group(const struct step *st)
{
	if (st->value != NET_GROUP) { /* given back */
		if (netops->link_group(st->ifindex, st->value) == -1)
			return -1;
		undo_drop(&undo, UNDO_GROUP, st->ifname);
		return save();
	}
	if (keep(st, UNDO_GROUP, st->old, "") == -1 || save() == -1)
		return -1;
	return netops->link_group(st->ifindex, NET_GROUP);
}

static int
set_rp_filter(const struct step *st)
{
	int old;

	if (st->value != 2) { /* given back */
		if (netops->rp_filter(st->ifindex, &old, (int)st->value) == -1)
			return -1;
		undo_drop(&undo, UNDO_RP_FILTER, st->ifname);
		return save();
	}
	if (netops->rp_filter(st->ifindex, &old, -1) == -1)
		return -1;
	if (old == 2) /* others were faster: it is not ours to give back */
		return 0;
	if (keep(st, UNDO_RP_FILTER, (uint32_t)old, "") == -1 || save() == -1)
		return -1;
	return netops->rp_filter(st->ifindex, &old, 2);
}

static int
set_linkdown(const struct step *st)
{
	enum undo_kind kind =
	    st->family == FAMILY_INET6 ? UNDO_LINKDOWN6 : UNDO_LINKDOWN;

	if (st->value != 0 && (keep(st, kind, 0, "") == -1 || save() == -1))
		return -1;
	if (netops->linkdown(st->ifindex, st->family, st->value) == -1)
		return -1;
	if (st->value != 0)
		return 0;
	undo_drop(&undo, kind, st->ifname);
	return save();
}

struct saving {
	const struct step *st;
	int failed;
};

static void
save_route(const char *line, void *arg)
{
	struct saving *s = arg;

	if (keep(s->st, UNDO_ROUTE, 0, line) == -1)
		s->failed = 1;
}

static int
set_down(const struct step *st)
{
	struct saving s = { st, 0 };

	if (keep(st, UNDO_DOWN, 0, "") == -1 ||
	    netops->routes_save(st->ifindex, save_route, &s) == -1)
		return -1;
	if (s.failed) { /* better up than without its routes */
		undo_drop(&undo, UNDO_ROUTE, st->ifname);
		undo_drop(&undo, UNDO_DOWN, st->ifname);
		errno = ENOSPC;
		return -1;
	}
	return save() == -1 ? -1 : netops->link_up(st->ifindex, 0);
}

/* Up, and the routes that the kernel took away laid again. */
static int
set_up(const struct step *st)
{
	const struct undo_entry *e;
	size_t i;

	if (netops->link_up(st->ifindex, 1) == -1)
		return -1;
	for (i = 0; i < undo.n; i++) {
		e = &undo.entry[i];
		if (e->kind == UNDO_ROUTE &&
		    strcmp(e->ifname, st->ifname) == 0 &&
		    netops->route_restore(e->route) == -1 && errno != EEXIST)
			log_warn("%s: route %s", e->ifname, e->route);
	}
	undo_drop(&undo, UNDO_ROUTE, st->ifname);
	undo_drop(&undo, UNDO_DOWN, st->ifname);
	return save();
}

static int
give_back(const struct step *st)
{
	static const enum undo_kind linkdown[FAMILIES] = { UNDO_LINKDOWN,
		UNDO_LINKDOWN6 };
	const struct undo_entry *e;
	int old, failed = 0;
	uint32_t f;

	e = undo_find(&undo, UNDO_GROUP, st->ifname);
	if (e != NULL && st->old == NET_GROUP)
		failed |= netops->link_group(st->ifindex, e->value) == -1;
	e = undo_find(&undo, UNDO_RP_FILTER, st->ifname);
	if (e != NULL)
		failed |=
		    netops->rp_filter(st->ifindex, &old, (int)e->value) == -1;
	for (f = 0; f < FAMILIES; f++)
		if (undo_find(&undo, linkdown[f], st->ifname) != NULL)
			failed |= netops->linkdown(st->ifindex, f, 0) == -1;
	if (failed)
		return -1;
	undo_drop(&undo, linkdown[FAMILY_INET], st->ifname);
	undo_drop(&undo, linkdown[FAMILY_INET6], st->ifname);
	undo_drop(&undo, UNDO_GROUP, st->ifname);
	undo_drop(&undo, UNDO_RP_FILTER, st->ifname);
	return save();
}

/* While the table was not there, or before it ever was. */
static void
forget_untranslated(const struct plan *p)
{
	uint32_t n = 0;

	if (p->wanted.nelements == 0)
		return;
	if (netops->flows_flush_plain(
		p->wanted.element, p->wanted.nelements, net_mask(), &n) == -1)
		log_warn("flows without NAT");
	else if (n > 0)
		log_debug("%u flows without NAT forgotten", n);
}

static int
load_nat(const struct plan *p, char *why, size_t size)
{
	nat_loaded[0] = '\0';
	nat_handle = 0;
	if (netops->nat_load(p->load, why, size) == -1)
		return -1;
	strlcpy(nat_loaded, p->nat, sizeof(nat_loaded));
	forget_untranslated(p);
	return 0;
}

/* The elements of n steps, those that go first. */
static int
change_elements(const struct step *st, size_t n)
{
	static struct net_element element[TOGETHER_MAX];
	size_t i, ndel = 0;

	for (i = 0; i < n; i++) {
		element[i] = st[i].element;
		ndel += st[i].type == STEP_ELEMENT_DEL;
	}
	return netops->elements(element, ndel, element + ndel, n - ndel);
}

static int
is_element(const struct step *st)
{
	return st->type == STEP_ELEMENT_DEL || st->type == STEP_ELEMENT_ADD;
}

static int
is_tunnel(const struct step *st)
{
	return st->type == STEP_TUNNEL;
}

static int
is_twin(const struct step *st)
{
	return st->type == STEP_TWIN_AHEAD || st->type == STEP_TWIN_BEHIND ||
	       st->type == STEP_TWIN_DEL;
}

/* How many steps, from the first one on, are done at once. */
static size_t
together(const struct step *st, size_t max)
{
	int (*alike)(const struct step *) =
	    is_tunnel(st) ? is_tunnel : is_element;
	size_t n = 0, most = is_tunnel(st) ? NET_MOVES_MAX : TOGETHER_MAX;

	while (n < max && n < most && alike(&st[n]))
		n++;
	return n == 0 ? 1 : n;
}

/* A kernel that cannot have it holds up nobody.  1: there is one. */
static int
add_twin(const struct step *st, const struct net_state *s)
{
	const struct net_link *l = net_link_find(s, st->ifname);
	char name[IFNAMSIZ];

	if (st->type == STEP_TWIN_BEHIND)
		return l != NULL && twin_hold(s, l);
	if (tunnel_may_try(st->ifname) &&
	    plan_twin_name(st->ifindex, TWIN_LOCAL, name) == 0 &&
	    netops->twin(st->ifindex, name, &st->place) == 0)
		return 1;
	log_warn("%s: what is on its way when it moves is lost", st->ifname);
	tunnel_alone(st->ifname);
	return 0;
}

static int
do_step(const struct step *st, size_t n, const struct plan *p, char *why,
    size_t size)
{
	uint32_t nflows;

	switch (st->type) {
	case STEP_GROUP:
		return set_group(st);
	case STEP_RP_FILTER:
		return set_rp_filter(st);
	case STEP_LINKDOWN:
		return set_linkdown(st);
	case STEP_NAT:
		return load_nat(p, why, size);
	case STEP_ELEMENT_DEL:
	case STEP_ELEMENT_ADD:
		return change_elements(st, n);
	case STEP_MARKS:
	case STEP_MARKS_END:
		return netops->flows_mark(
		    &p->marks, st->type == STEP_MARKS_END, &nflows);
	case STEP_TUNNEL: /* by net_move.c */
		break;
	case STEP_TWIN_AHEAD: /* by add_twin() */
	case STEP_TWIN_BEHIND:
		break;
	case STEP_TWIN_DEL:
		return netops->link_del(st->ifindex);
	case STEP_RULE_ADD:
	case STEP_RULE_DEL:
		return netops->rule(st->type == STEP_RULE_ADD, &st->rule);
	case STEP_ROUTE_ADD:
	case STEP_ROUTE_DEL:
		return netops->route(st->type == STEP_ROUTE_ADD, &st->route);
	case STEP_LINK_UP:
		return set_up(st);
	case STEP_LINK_DOWN:
		return set_down(st);
	case STEP_UNDO:
		return give_back(st);
	}
	fatalx("%s: no such step", __func__);
}

/* What was to be gone, and went by itself meanwhile (a link was lost). */
static int
gone_already(const struct step *st)
{
	return (st->type == STEP_RULE_DEL || st->type == STEP_ROUTE_DEL ||
		   st->type == STEP_TWIN_DEL) &&
	       (errno == ENOENT || errno == ESRCH || errno == ENODEV);
}

/*
 * A link was lost since the dump, or our nft table, or what was in it: the
 * rest of this plan may be wrong.
 */
static int
overtaken(const struct step *st)
{
	return errno == ENODEV || errno == ENETDOWN ||
	       (is_element(st) && errno == ENOENT);
}

void
apply_tell(uint32_t gen, const char *text)
{
	struct msg_net_step m;

	memset(&m, 0, sizeof(m));
	m.gen = gen;
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_NET_STEP, -1, &m, sizeof(m));
}

void
apply_tell_step(uint32_t gen, const struct step *st, const struct net_state *s)
{
	char text[MSG_TEXT_LEN];

	plan_step_text(st, s, text, sizeof(text));
	apply_tell(gen, text);
}

/* How many of these steps were done, or -1. */
static int
do_together(const struct step *st, size_t n, const struct plan *p,
    const struct net_state *s, uint32_t gen, char *reason, size_t size)
{
	size_t i;

	if (is_tunnel(st))
		return move_keep(p, reason, size) == -1
			   ? -1
			   : move_tunnels(st, n, s, gen);
	if (st->type == STEP_TWIN_AHEAD || st->type == STEP_TWIN_BEHIND) {
		if (!add_twin(st, s))
			return 0;
		apply_tell_step(gen, st, s);
		return 1;
	}
	if (do_step(st, n, p, reason, size) == -1)
		return gone_already(st) ? 0 : -1;
	for (i = 0; i < n; i++)
		apply_tell_step(gen, &st[i], s);
	return (int)n;
}

/* Traffic has moved: what comes behind that. */
static int
go_on(struct plan *p, const struct net_state *s, const struct apply *a)
{
	size_t half = p->n;

	if (plan_rest(a->want, s, p) == -1) {
		errno = ENOMEM;
		return -1;
	}
	if (p->n > half)
		net_moved();
	return 0;
}

/* How many were done; *end is the one that was not, or behind the last. */
static int
do_steps(struct plan *p, const struct net_state *s, struct apply *a,
    size_t *end, char *reason, size_t size)
{
	const struct step *st;
	int done = 0, some, saved;
	size_t i, n;

	move_begin();
	for (i = 0; i < p->n; i += n) {
		st = &p->step[i];
		n = together(st, p->n - i);
		reason[0] = '\0';
		a->unfinished = is_tunnel(st) ? move_may_wait(a->until)
					      : is_twin(st) && done > 0 &&
						    monotime_cmp(monotime_now(),
							a->until) >= 0;
		if (a->unfinished)
			break;
		some = do_together(st, n, p, s, a->gen, reason, size);
		if (some == -1)
			break;
		done += some;
		if (plan_moves_traffic(st))
			a->moved = monotime_now();
		if (i + n == p->n && p->half && go_on(p, s, a) == -1)
			break;
	}
	saved = errno;
	move_end(a->gen);
	errno = saved;
	*end = i;
	return done;
}

int
apply_plan(struct plan *p, const struct net_state *s, struct apply *a,
    char *why, size_t size)
{
	char text[MSG_TEXT_LEN], reason[MSG_TEXT_LEN];
	size_t end;
	int done;

	a->unfinished = 0;
	done = do_steps(p, s, a, &end, reason, sizeof(reason));
	if (end == p->n || a->unfinished || overtaken(&p->step[end]))
		return done;
	if (reason[0] == '\0')
		strlcpy(reason, strerror(errno), sizeof(reason));
	plan_step_text(&p->step[end], s, text, sizeof(text));
	snprintf(why, size, "%.110s: %.110s", text, reason);
	return -1;
}

static void
copy_undo(struct undo *to, const struct undo *from)
{
	to->n = from->n;
	memcpy(to->entry, from->entry, from->n * sizeof(from->entry[0]));
}

void
apply_before(struct net_before *b, const char *nat)
{
	copy_undo(&b->undo, &undo);
	strlcpy(b->nat, nat == NULL ? "" : nat, sizeof(b->nat));
}

void
apply_back(const struct net_before *b, const struct net_state *now)
{
	char text[MSG_TEXT_LEN], why[MSG_TEXT_LEN];
	static struct plan back;
	const struct step *st;
	int failed = 0;
	size_t i, n;

	plan_back(b, now, &undo, &back);
	move_begin();
	for (i = 0; i < back.n; i += n) {
		st = &back.step[i];
		n = together(st, back.n - i);
		if (is_tunnel(st)) {
			(void)move_tunnels(st, n, now, 0);
			continue;
		}
		if (do_step(st, n, &back, why, sizeof(why)) != -1 ||
		    gone_already(st) || overtaken(st))
			continue;
		plan_step_text(st, now, text, sizeof(text));
		log_warn("network: cannot take back: %s", text);
		failed = 1;
	}
	if (failed) /* some of it may still have to be given back */
		return;
	copy_undo(&undo, &b->undo);
	(void)save();
}
