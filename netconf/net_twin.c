/* SPDX-License-Identifier: ISC */
/*
 * Twins of tunnels that have moved, or whose far ends have: they take what
 * comes as before for as long as that may be on its way.  Which are still
 * wanted is told to the plan, that takes the others away.
 */
#include <sys/types.h>

#include <event.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"

static struct net_twin twins[NET_TWINS_MAX];
static size_t ntwins;
static struct event twin_timer;

const struct net_twin *
twins_held(size_t *n)
{
	*n = ntwins;
	return twins;
}

static void
rearm_twins(void)
{
	struct monotime first = { 0 };
	struct timeval tv;
	size_t i;

	for (i = 0; i < ntwins; i++)
		if (i == 0 || monotime_cmp(twins[i].until, first) < 0)
			first = twins[i].until;
	evtimer_del(&twin_timer);
	if (ntwins == 0)
		return;
	tv = monotime_until(first, monotime_now());
	evtimer_add(&twin_timer, &tv);
}

static void
on_twin_timer(int fd, short what, void *arg)
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
	rearm_twins();
	net_own_doing("since nothing is on its way any more");
}

void
twins_open(void)
{
	evtimer_set(&twin_timer, on_twin_timer, NULL);
}

static void
forget_twin(uint32_t ifindex)
{
	size_t i, kept = 0;

	for (i = 0; i < ntwins; i++)
		if (twins[i].ifindex != ifindex)
			twins[kept++] = twins[i];
	ntwins = kept;
}

int
twin_hold(const struct net_state *s, const struct net_link *l)
{
	const struct net_place is = { l->local, l->bound };
	const struct net_place place = plan_beside(s, &is);
	const struct net_link *older = plan_twin(s, l->ifindex, TWIN_REMOTE);
	char name[IFNAMSIZ];

	if (net_wish()->clear)
		return 0;
	if (older != NULL && netops->link_del(older->ifindex) == 0)
		forget_twin(l->ifindex);
	if (ntwins == NET_TWINS_MAX ||
	    plan_twin_name(l->ifindex, TWIN_REMOTE, name) == -1 ||
	    netops->twin(l->ifindex, name, &place) == -1) {
		log_warn("%s: what comes as before is lost", l->name);
		return 0;
	}
	twins[ntwins++] = (struct net_twin){ l->ifindex,
		monotime_add_ms(monotime_now(), NET_TWIN_MS) };
	rearm_twins();
	return 1;
}

/* The plan makes it anew when the kernel tells that it is gone. */
void
twin_renew(const struct net_state *s, const struct net_link *l)
{
	const struct net_link *twin = plan_twin(s, l->ifindex, TWIN_LOCAL);

	if (twin != NULL && netops->link_del(twin->ifindex) == -1)
		log_warn("%s", twin->name);
}
