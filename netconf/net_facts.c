/* SPDX-License-Identifier: ISC */
/*
 * Facts of the uplinks: what a dump says of each link, its addresses and its
 * gateway, as the parent is told when it is news.
 */
#include <sys/types.h>

#include <event.h>
#include <string.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/net.h"
#include "netconf/run.h"

#define MISSING_MS 500 /* an address or a route, until it is told */

static struct msg_facts facts[CONF_UPLINKS_MAX]; /* as last told */
static struct monotime missing[CONF_UPLINKS_MAX]; /* since when, or never */
/* The last ones it had. */
static struct addr last_address[CONF_UPLINKS_MAX][FAMILIES];
static struct event held; /* what is missing is to be told then */

static void
on_held(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	net_look_again();
}

void
facts_open(void)
{
	evtimer_set(&held, on_held, NULL);
}

/* Uplinks have other numbers now. */
void
facts_renumbered(void)
{
	memset(last_address, 0, sizeof(last_address));
	memset(missing, 0, sizeof(missing));
}

static int
same_link(const struct msg_facts *a, const struct msg_facts *b)
{
	return a->ifindex == b->ifindex && a->up == b->up &&
	       a->carrier == b->carrier;
}

/*
 * Of a link that is as it was, an address or the route is gone.  Clients of
 * DHCP take the old address away, and the route with it, before they bring
 * the new one: in between it is no outage.  1: too early to call it one.
 */
static int
too_early(uint32_t i, const struct msg_facts *f)
{
	struct monotime now = monotime_now(), until;
	const struct msg_family *had = facts[i].family, *has = f->family;
	struct timeval tv;
	uint32_t n;

	for (n = 0; n < FAMILIES; n++)
		if ((had[n].address.family != AF_UNSPEC &&
			has[n].address.family == AF_UNSPEC) ||
		    (had[n].has_route && !has[n].has_route))
			break;
	if (n == FAMILIES || !same_link(&facts[i], f)) {
		memset(&missing[i], 0, sizeof(missing[i]));
		return 0;
	}
	if (!monotime_valid(missing[i]))
		missing[i] = now;
	until = monotime_add_ms(missing[i], MISSING_MS);
	if (monotime_cmp(now, until) >= 0)
		return 0;
	tv = monotime_until(until, now);
	if (!evtimer_pending(&held, NULL))
		evtimer_add(&held, &tv);
	return 1;
}

/* What the last dump says of an uplink; gateways that it shows are learnt. */
static void
learn(struct net_want *want, const struct net_state *state, uint32_t i,
    struct msg_facts *f)
{
	const struct conf_uplink *c = &config_current()->uplink[i];
	struct net_uplink *u = &want->uplink[i];
	uint32_t n;

	plan_facts(u, c->carrier == CONF_CARRIER_OF ? c->carrier_ifname : "",
	    c->carrier == CONF_CARRIER_NONE, state, f);
	if (i == want->active)
		f->refused = plan_refused(state);
	for (n = 0; n < FAMILIES; n++)
		if (!u->gateway_configured[n])
			u->gateway[n] = f->family[n].gateway;
}

static void
send_facts(const struct net_want *want, const struct net_state *state,
    uint32_t i, const struct msg_facts *f)
{
	const struct net_link *l = net_link_find(state, want->uplink[i].ifname);
	char why[MSG_TEXT_LEN];
	uint32_t n;

	facts[i] = *f;
	if (l != NULL && plan_group_taken(l, why, sizeof(why)))
		log_warnx("%s", why);
	for (n = 0; n < FAMILIES; n++)
		if (f->family[n].address.family != AF_UNSPEC)
			last_address[i][n] = f->family[n].address;
	netconf_send(IMSG_FACTS, -1, f, sizeof(*f));
}

static int
works(const struct msg_facts *f)
{
	return f->ifindex != 0 && f->up && f->carrier;
}

void
facts_tell(struct net_want *want, const struct net_state *state, int anyway)
{
	struct msg_facts f;
	uint32_t i;

	for (i = 0; i < want->nuplinks; i++) {
		learn(want, state, i, &f);
		if (anyway || (!too_early(i, &f) &&
				  memcmp(&f, &facts[i], sizeof(f)) != 0))
			send_facts(want, state, i, &f);
	}
}

void
facts_tell_losses(struct net_want *want, const struct net_state *state)
{
	struct msg_facts f;
	uint32_t i;

	for (i = 0; i < want->nuplinks; i++) {
		learn(want, state, i, &f);
		if (works(&facts[i]) && !works(&f))
			send_facts(want, state, i, &f);
	}
}

const struct msg_facts *
net_facts(uint32_t uplink)
{
	return &facts[uplink];
}

const struct addr *
facts_last_address(uint32_t uplink)
{
	return last_address[uplink];
}
