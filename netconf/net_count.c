/* SPDX-License-Identifier: ISC */
/* What each uplink's interface has carried, for the accounts of the parent. */
#include <string.h>

#include "netconf/net.h"
#include "netconf/run.h"

void
net_count(const struct msg_net_count *asked)
{
	const struct net_want *w = net_wish();
	struct msg_net_counted m;
	const struct net_link *l;
	uint32_t i;

	memset(&m, 0, sizeof(m));
	m.asked = *asked;
	for (i = 0; i < w->nuplinks; i++) {
		l = net_link_find(net_known(), w->uplink[i].ifname);
		if (l == NULL ||
		    netops->octets(l->ifindex, &m.uplink[i].received,
			&m.uplink[i].sent, &m.uplink[i].packets) == -1)
			continue;
		m.uplink[i].ifindex = l->ifindex;
		strlcpy(
		    m.uplink[i].ifname, l->name, sizeof(m.uplink[i].ifname));
	}
	netconf_send(IMSG_NET_COUNTED, -1, &m, sizeof(m));
}
