/* SPDX-License-Identifier: ISC */
/*
 * Twins of tunnels whose far ends were led elsewhere while they still sent
 * from where they were: for as long as that may be on its way.  Which are
 * still wanted is told to the plan, that takes the others away.
 */
#include <sys/types.h>

#include <event.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"

static struct net_twin twins[NET_TWINS_MAX];
static size_t ntwins;
static struct event timer;

const struct net_twin *
twins_held(size_t *n)
{
	*n = ntwins;
	return twins;
}

static void
rearm(void)
{
	struct monotime first = { 0 };
	struct timeval tv;
	size_t i;

	for (i = 0; i < ntwins; i++)
		if (i == 0 || monotime_cmp(twins[i].until, first) < 0)
			first = twins[i].until;
	evtimer_del(&timer);
	if (ntwins == 0)
		return;
	tv = monotime_until(first, monotime_now());
	evtimer_add(&timer, &tv);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct monotime now = monotime_now();
	size_t i, kept = 0;

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < ntwins; i++)
		if (monotime_cmp(twins[i].until, now) > 0)
			twins[kept++] = twins[i];
	ntwins = kept;
	rearm();
	net_look_again();
}

void
twins_open(void)
{
	evtimer_set(&timer, on_timer, NULL);
}

static struct net_twin *
find(uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < ntwins; i++)
		if (twins[i].ifindex == ifindex)
			return &twins[i];
	return ntwins < NET_TWINS_MAX ? &twins[ntwins] : NULL;
}

/*
 * Where two of the same addresses may be: one is bound to the interface where
 * their packets come in, and the other to none.
 */
static struct net_place
beside(const struct net_link *l)
{
	const struct net_state *s = net_known();
	struct net_place place = { l->local, 0 };
	size_t i;

	for (i = 0; l->bound == 0 && i < s->naddrs; i++)
		if (addr_cmp(&s->addrs[i].local, &l->local) == 0)
			place.bound = s->addrs[i].ifindex;
	return place;
}

void
twin_hold(const struct net_link *l)
{
	const struct net_place place = beside(l);
	struct net_twin *t = find(l->ifindex);
	char name[IFNAMSIZ];

	if (t == NULL || !plan_takes_two_only(l) ||
	    plan_twin_name(l->ifindex, PLAN_TWIN_REMOTE, name) == -1)
		return;
	if (netops->twin(l->ifindex, name, &place) == -1) {
		log_warn("%s: what is on its way from where its far end was "
			 "is lost",
		    l->name);
		return;
	}
	t->ifindex = l->ifindex;
	t->until = monotime_add_ms(monotime_now(), NET_TWIN_MS);
	if (t == &twins[ntwins])
		ntwins++;
	rearm();
}
