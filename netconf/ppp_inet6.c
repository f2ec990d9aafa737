/* SPDX-License-Identifier: ISC */
/* IPv6 on the interface of a pppd; see ppp_inet6.h. */
#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h>

#include <string.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/net.h"
#include "netconf/ppp_inet6.h"
#include "netconf/run.h"

/* RFC 4861 10: MAX_RTR_SOLICITATIONS, RTR_SOLICITATION_INTERVAL */
#define SOLICITATIONS 3
#define INTERVAL_MS   4000

int
ppp_inet6_wanted(const char *label)
{
	uint32_t uplink = config_uplink(label);

	return uplink != MSG_UPLINK_NONE &&
	       conf_family_targets(
		   &config_current()->uplink[uplink], FAMILY_INET6) > 0;
}

static int
has_address(const char *label)
{
	uint32_t uplink = config_uplink(label);

	return uplink != MSG_UPLINK_NONE &&
	       net_facts(uplink)->family[FAMILY_INET6].address.family !=
		   AF_UNSPEC;
}

static void
ask(struct ppp_inet6 *p)
{
	struct timeval tv = monotime_ms(INTERVAL_MS);

	if (netops->router_ask(p->ifindex) == -1)
		log_warn("%s: IPv6: router not asked", p->label);
	else if (--p->left > 0)
		evtimer_add(&p->timer, &tv);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct ppp_inet6 *p = arg;

	(void)fd;
	(void)what;
	if (!has_address(p->label))
		ask(p);
}

void
ppp_inet6_init(struct ppp_inet6 *p, const char *label)
{
	memset(p, 0, sizeof(*p));
	p->label = label;
	evtimer_set(&p->timer, on_timer, p);
}

void
ppp_inet6_up(struct ppp_inet6 *p, const char *ifname)
{
	if (!ppp_inet6_wanted(p->label))
		return;
	p->ifindex = if_nametoindex(ifname);
	p->left = SOLICITATIONS;
	ask(p);
}

void
ppp_inet6_end(struct ppp_inet6 *p)
{
	event_del(&p->timer);
}
