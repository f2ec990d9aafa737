/* SPDX-License-Identifier: ISC */
/*
 * Peers that are next hops themselves, led elsewhere: their routes are laid at
 * once, and no others, since thousands may come in a second.  What the kernel
 * has acknowledged is so, and it tells of all that becomes of it; what cannot
 * be laid now comes when the next look shows that it can.
 */
#include <sys/types.h>

#include <errno.h>
#include <string.h>

#include "netconf/net.h"

static struct onlink onlink;
static int opened; /* it is as of the last look */

void
hops_looked(void)
{
	if (opened)
		plan_onlink_close(&onlink);
	opened = 0;
}

/* Sorted once for all until the next look. */
static int
open_onlink(void)
{
	const struct net_state *s = net_known();

	if (opened)
		return 0;
	if (s->nlinks == 0) { /* not even lo: the last look failed */
		errno = EIO;
		return -1;
	}
	if (plan_onlink_open(&onlink, s) == -1) {
		plan_onlink_close(&onlink);
		errno = ENOMEM;
		return -1;
	}
	opened = 1;
	return 0;
}

/* NULL, or why it is not routed there. */
static const char *
lay(const struct net_hop *h)
{
	struct net_route r;
	int led;

	if (open_onlink() == -1)
		return strerror(errno);
	led = plan_hop_route(h, &onlink, &r);
	if (!net_wish()->clear && netops->route(led, &r) == -1)
		return strerror(errno);
	return led ? NULL : "not on-link";
}

const char *
hops_lead(const struct conf_peer *p, const struct addr *to, struct prefix *net)
{
	size_t i = behind_first_hop(p);
	const char *one, *why = NULL;
	const struct addr *a;
	struct net_hop *h;

	for (; (h = behind_hop(p, i)) != NULL; i++) {
		a = &to[addr_family(&h->dst.addr)];
		if (a->family == AF_UNSPEC)
			continue; /* nothing better is known */
		h->to = *a;
		if ((one = lay(h)) == NULL || why != NULL)
			continue;
		why = one;
		*net = h->dst;
	}
	return why;
}
