/* SPDX-License-Identifier: ISC */
/*
 * The elements of our nft table: which interface is which uplink, whose flows
 * stay where they are, and the networks of the LAN.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "netconf/nft.h"
#include "netconf/plan_int.h"

static const char *const names[NET_SETS] = {
	[NET_SET_UPLINK] = "uplink",
	[NET_SET_STAY] = "stay",
	[NET_SET_LAN] = "lan",
	[NET_SET_LAN6] = "lan6",
};

const char *
plan_set_name(enum net_set set)
{
	return names[set];
}

uint32_t
plan_mark(uint32_t mask, uint32_t uplink)
{
	return (uplink + 1) * (mask & -mask);
}

/* ---- wanted ---- */

static int
same_key(const struct net_element *a, const struct net_element *b)
{
	return a->set == b->set && strcmp(a->ifname, b->ifname) == 0 &&
	       a->mark == b->mark && addr_cmp(&a->first, &b->first) == 0 &&
	       addr_cmp(&a->last, &b->last) == 0;
}

static int
same_element(const struct net_element *a, const struct net_element *b)
{
	return same_key(a, b) && a->uplink == b->uplink;
}

static void
add_element(struct wanted *d, const struct net_element *e)
{
	size_t i;

	for (i = 0; i < d->nelements; i++)
		if (same_key(&d->element[i], e))
			return;
	if (d->nelements == WANTED_MAX)
		d->too_many = 1;
	else
		d->element[d->nelements++] = *e;
}

/*
 * What the LAN sends stays with a flow of a backup, and of a primary that
 * drains; else it would hang on a dead primary until it is forgotten.
 */
static void
want_uplink(struct wanted *d, const struct net_want *w, uint32_t i)
{
	struct net_element e;

	memset(&e, 0, sizeof(e));
	e.set = NET_SET_UPLINK;
	e.uplink = i;
	strlcpy(e.ifname, w->uplink[i].ifname, sizeof(e.ifname));
	add_element(d, &e);
	if (i == 0 && w->drain != 0)
		return;
	memset(&e, 0, sizeof(e));
	e.set = NET_SET_STAY;
	e.uplink = i;
	e.mark = plan_mark(w->mask, i);
	add_element(d, &e);
}

static int
inside(const struct net_element *a, const struct net_element *b)
{
	return a->set == b->set && addr_cmp(&a->first, &b->first) >= 0 &&
	       addr_cmp(&a->last, &b->last) <= 0;
}

static struct addr
last_of(const struct prefix *net)
{
	struct addr last = net->addr;
	size_t i;

	for (i = net->len; i < 8 * addr_len(&last); i++)
		last.octet[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return last;
}

/* Prefixes hold one another or have nothing in common: no set has both. */
static void
want_net(struct wanted *d, const struct prefix *net)
{
	struct net_element e;
	size_t i, kept = 0;

	memset(&e, 0, sizeof(e));
	e.set = net->addr.family == AF_INET ? NET_SET_LAN : NET_SET_LAN6;
	e.first = net->addr;
	e.first.scope = 0;
	e.last = last_of(net);
	e.last.scope = 0;
	for (i = 0; i < d->nelements; i++)
		if (inside(&e, &d->element[i]))
			return;
	for (i = 0; i < d->nelements; i++)
		if (!inside(&d->element[i], &e))
			d->element[kept++] = d->element[i];
	memset(&d->element[kept], 0,
	    (d->nelements - kept) * sizeof(d->element[0]));
	d->nelements = kept;
	add_element(d, &e);
}

/* Networks of the LAN: as written, or those of an interface now. */
static void
want_nets(struct wanted *d, const struct conf_net *n, const struct net_state *s)
{
	const struct net_addr *a;
	const struct net_link *l;
	struct prefix net;
	size_t i;

	if (n->ifname[0] == '\0') {
		want_net(d, &n->prefix);
		return;
	}
	if ((l = net_link_find(s, n->ifname)) == NULL)
		return;
	for (i = 0; i < s->naddrs; i++) {
		a = &s->addrs[i];
		if (a->ifindex != l->ifindex ||
		    addr_family(&a->local) != n->family ||
		    (n->family == FAMILY_INET6 && addr_is_linklocal(&a->local)))
			continue;
		net.addr = a->local;
		net.len = a->prefixlen;
		prefix_mask(&net);
		want_net(d, &net);
	}
}

void
plan_want_elements(
    struct wanted *d, const struct net_want *w, const struct net_state *s)
{
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++)
		if (w->uplink[i].ifname[0] != '\0')
			want_uplink(d, w, i);
	for (i = 0; i < w->nmasq; i++)
		want_nets(d, &w->masq[i], s);
}

/* ---- steps ---- */

const struct net_element *
plan_element_in(
    const struct net_element *list, size_t n, const struct net_element *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (same_element(&list[i], e))
			return &list[i];
	return NULL;
}

/* Those to go are first: one may be in the place of one that comes. */
static void
plan_elements(struct plan *p, const struct wanted *d, const struct net_state *s)
{
	size_t i;

	for (i = 0; i < s->nelements; i++)
		if (plan_element_in(
			d->element, d->nelements, &s->elements[i]) == NULL)
			plan_step(p, STEP_ELEMENT_DEL)->element =
			    s->elements[i];
	for (i = 0; i < d->nelements; i++)
		if (plan_element_in(
			s->elements, s->nelements, &d->element[i]) == NULL)
			plan_step(p, STEP_ELEMENT_ADD)->element = d->element[i];
}

void
plan_nat(struct plan *p, const struct net_want *w, const struct net_state *s)
{
	if (w->clear) {
		strlcpy(p->nat, NFT_DELETE, sizeof(p->nat));
		strlcpy(p->load, NFT_DELETE, sizeof(p->load));
		if (s->nat)
			plan_step(p, STEP_NAT);
		return;
	}
	if (nft_text(w, NULL, p->nat, sizeof(p->nat)) == 0 && s->nat &&
	    w->nat_loaded != NULL && strcmp(p->nat, w->nat_loaded) == 0)
		plan_elements(p, &p->wanted, s);
	else if (nft_text(w, &p->wanted, p->load, sizeof(p->load)) == 0)
		plan_step(p, STEP_NAT); /* and all its elements */
	else
		strlcpy(p->error, "nft: too many networks", sizeof(p->error));
}

/* A table that is to be loaded again is filled after that. */
void
plan_nat_back(
    struct plan *p, const struct net_before *b, const struct net_state *now)
{
	static const struct net_state empty;

	if (b->state.nat == now->nat) {
		if (now->nat != 0 && !p->wanted.too_many)
			plan_elements(p, &p->wanted, now);
		return;
	}
	if (b->state.nat != 0 && b->nat[0] == '\0')
		return;
	strlcpy(
	    p->nat, b->state.nat == 0 ? NFT_DELETE : b->nat, sizeof(p->nat));
	strlcpy(p->load, p->nat, sizeof(p->load));
	plan_step(p, STEP_NAT);
	if (b->state.nat != 0)
		plan_elements(p, &p->wanted, &empty);
}

/* ---- in words ---- */

/* As a prefix, if others did not make it something else. */
static void
range_text(const struct net_element *e, char *buf, size_t size)
{
	char first[ADDR_STRLEN], last[ADDR_STRLEN];
	struct prefix net = { .addr = e->first }, masked;
	struct addr end;

	for (; net.len <= 8 * addr_len(&e->first); net.len++) {
		masked = net;
		prefix_mask(&masked);
		end = last_of(&net);
		if (addr_cmp(&end, &e->last) == 0 &&
		    prefix_cmp(&masked, &net) == 0) {
			prefix_format(&net, buf, size);
			return;
		}
	}
	addr_format(&e->first, first, sizeof(first));
	addr_format(&e->last, last, sizeof(last));
	snprintf(buf, size, "%s-%s", first, last);
}

static void
jump_text(const char *key, const struct net_element *e, const char *chain,
    char *buf, size_t size)
{
	if (e->uplink == NET_UPLINK_ODD)
		snprintf(buf, size, "%s : ?", key);
	else
		snprintf(buf, size, "%s : jump %s%u", key, chain, e->uplink);
}

const char *
plan_element_text(const struct net_element *e, char *buf, size_t size)
{
	char key[IFNAMSIZ + 2];

	if (e->set == NET_SET_UPLINK) {
		snprintf(key, sizeof(key), "\"%s\"", e->ifname);
		jump_text(key, e, "mark", buf, size);
	} else if (e->set == NET_SET_STAY) {
		snprintf(key, sizeof(key), "0x%08x", e->mark);
		jump_text(key, e, "stay", buf, size);
	} else
		range_text(e, buf, size);
	return buf;
}
