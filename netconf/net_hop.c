/* SPDX-License-Identifier: ISC */
/*
 * Peers that are next hops themselves, led elsewhere: their routes are laid
 * at once, for all of a turn together, and read back.  What cannot be laid
 * now comes when the next look shows that it can.
 */
#include <sys/types.h>

#include <errno.h>
#include <string.h>

#include "netconf/net.h"

static struct plan plan; /* what is still to be done */
static struct onlink onlink;
static int refused; /* an errno, of the last that was */
static int unread; /* an errno: what became of them is not known */

void
hops_take(const struct conf_peer *p, const struct addr *to)
{
	size_t i = behind_first_hop(p);
	const struct addr *a;
	struct net_hop *h;

	for (; (h = behind_hop(p, i)) != NULL; i++) {
		a = &to[addr_family(&h->dst.addr)];
		if (a->family != AF_UNSPEC) /* else nothing better is known */
			h->to = *a;
	}
}

static void
make_plan(const struct net_state *s)
{
	plan.n = 0;
	plan.error[0] = '\0';
	plan_peer_routes(&plan, net_wish(), s);
	if (plan.error[0] != '\0')
		unread = ENOMEM;
}

static void
read_back(void)
{
	const struct net_state *s = net_look();

	plan_onlink_close(&onlink);
	memset(&onlink, 0, sizeof(onlink));
	if (s == NULL)
		unread = EIO;
	else if (plan_onlink_open(&onlink, s) == -1)
		unread = ENOMEM;
	else
		make_plan(s);
}

void
hops_lay(void)
{
	const struct step *st;
	size_t i;

	refused = unread = 0;
	make_plan(net_known());
	for (i = 0; i < plan.n; i++) {
		st = &plan.step[i];
		if (netops->route(st->type == STEP_ROUTE_ADD, &st->route) == -1)
			refused = errno;
	}
	read_back();
}

/* Read back, it is not as wanted. */
static int
is_unlike(const struct net_hop *h)
{
	size_t i;

	for (i = 0; i < plan.n; i++)
		if (prefix_cmp(&plan.step[i].route.dst, &h->dst) == 0)
			return 1;
	return 0;
}

static const char *
hop_led(const struct net_hop *h)
{
	if (unread != 0)
		return strerror(unread);
	if (plan_onlink(&onlink, &h->to) == 0)
		return "not on-link";
	if (is_unlike(h))
		return strerror(refused != 0 ? refused : EAGAIN);
	return NULL;
}

const char *
hops_led(const struct conf_peer *p, const struct addr *to, struct prefix *net)
{
	size_t i = behind_first_hop(p);
	const struct net_hop *h;
	const char *why;

	for (; (h = behind_hop(p, i)) != NULL; i++) {
		if (to[addr_family(&h->dst.addr)].family == AF_UNSPEC ||
		    (why = hop_led(h)) == NULL)
			continue;
		*net = h->dst;
		return why;
	}
	return NULL;
}
