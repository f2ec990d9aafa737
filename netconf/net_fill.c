/* SPDX-License-Identifier: ISC */
/*
 * The configuration as a wish for the plan.
 */
#include <sys/types.h>

#include <string.h>

#include "netconf/net.h"
#include "netconf/run.h"

/* A gateway that is not configured is what was learnt. */
static void
fill_gateways(struct net_uplink *u, const struct conf_uplink *c)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++) {
		if (c->gateway[i].family != AF_UNSPEC)
			u->gateway[i] = c->gateway[i];
		else if (u->gateway_configured[i])
			memset(&u->gateway[i], 0, sizeof(u->gateway[i]));
		u->gateway_configured[i] = c->gateway[i].family != AF_UNSPEC;
	}
}

static void
fill_targets(struct net_uplink *u, const struct conf_uplink *c)
{
	const struct conf_target *t;
	uint32_t i;

	memset(u->targets, 0, sizeof(u->targets));
	memset(u->sockets, 0, sizeof(u->sockets));
	for (i = 0; i < c->ntargets; i++) {
		t = &c->target[i];
		u->targets[addr_family(&t->address)] = 1;
		if (t->method == CONF_METHOD_TCP ||
		    t->method == CONF_METHOD_DNS)
			u->sockets[addr_family(&t->address)] = 1;
	}
}

void
fill_uplink(struct net_uplink *u, const struct conf_uplink *c)
{
	const char *ifname = c->ifname;

	if (conf_ppp(c))
		ifname = ppp_interface(c->id);
	u->id = c->id;
	u->role = c->role;
	strlcpy(u->label, c->label, sizeof(u->label));
	if (strcmp(u->ifname, ifname) != 0) {
		strlcpy(u->ifname, ifname, sizeof(u->ifname));
		memset(&u->gateway, 0, sizeof(u->gateway));
	}
	fill_gateways(u, c);
	fill_targets(u, c);
	u->mtu = c->mtu;
	u->shutdown = c->shutdown != 0;
	u->linkdown = c->linkdown != 0;
	u->hot = c->hot_ms != 0;
	u->ncompanions = c->ncompanions;
	memcpy(u->companion, c->companion, sizeof(u->companion));
}

/* From the configuration; gateways that were learnt are kept by label. */
void
fill_want(struct net_want *want, const struct conf *conf)
{
	static struct net_uplink was[CONF_UPLINKS_MAX];
	uint32_t i, j, n = want->nuplinks;

	memcpy(was, want->uplink, sizeof(was));
	memset(want->uplink, 0, sizeof(want->uplink));
	want->nuplinks = conf->nuplinks;
	for (i = 0; i < want->nuplinks; i++) {
		for (j = 0; j < n; j++)
			if (strcmp(was[j].label, conf->uplink[i].label) == 0)
				want->uplink[i] = was[j];
		fill_uplink(&want->uplink[i], &conf->uplink[i]);
	}
	if (strcmp(was[0].ifname, want->uplink[0].ifname) != 0)
		want->nprivate = 0;
	want->nfollow = conf->global.nfollow;
	memcpy(want->follow, conf->global.follow, sizeof(want->follow));
	want->mask = conf->global.mark;
	want->nmasq = conf->global.nmasq;
	memcpy(want->masq, conf->global.masq, sizeof(want->masq));
	tunnels_fill(want, conf);
	behind_fill(want, conf);
}
