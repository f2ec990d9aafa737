/* SPDX-License-Identifier: ISC */
/*
 * probing rounds targets first { address/len gateway interface } ...
 *
 * The prober without its process, for as many targets as wanted: as in the
 * daemon, 16 addresses from the first on are one uplink, with the rounds,
 * statistics, tokens, frames and packet socket that its uplinks have, on the
 * next of the interfaces.  Left out are messages to the parent, two of a
 * process's life in a second.
 *
 * One probe to each target in a second, so many rounds; then it says how many
 * probes these were and how many were answered.
 */
#include <sys/types.h>

#include <net/if.h>

#include <err.h>
#include <event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "prober/probed.h"

#define UPLINKS_MAX 64
#define SPREAD_MS   15 /* between the uplinks' rounds, as far as they fit */

static struct {
	uint64_t sent;
	uint64_t received;
	uint32_t rounds; /* each uplink is to do */
	uint32_t open; /* uplinks with rounds to do */
	uint32_t did[UPLINKS_MAX];
} count;

static struct {
	struct probed *probed[UPLINKS_MAX];
	struct msg_facts facts[UPLINKS_MAX];
	struct event timer;
	uint32_t n;
	uint32_t begun;
} site;

static void
on_round(const struct msg_round *r)
{
	uint32_t i;

	for (i = 0; i < r->ntargets; i++) {
		count.sent += r->target[i].sent;
		count.received += r->target[i].received;
	}
	if (++count.did[r->uplink] == count.rounds && --count.open == 0)
		event_loopexit(NULL);
}

static void
next_address(struct addr *a)
{
	a->v4.s_addr = htonl(ntohl(a->v4.s_addr) + 1);
}

/* Every answer is waited for. */
static void
uplink(uint32_t id, uint32_t ntargets, struct addr *next)
{
	struct conf_uplink u;

	memset(&u, 0, sizeof(u));
	u.id = id;
	snprintf(u.label, sizeof(u.label), "uplink%" PRIu32, id);
	strlcpy(u.ifname, site.facts[id].ifname, sizeof(u.ifname));
	u.probe.count = 1;
	u.probe.interval_ms = u.probe.delay_ms = 1000;
	u.probe.timeout_ms = 1000;
	u.probe.success.kind = u.probe.require.kind = CONF_QUORUM_ALL;
	for (u.ntargets = 0; u.ntargets < ntargets; u.ntargets++) {
		u.target[u.ntargets].id = u.ntargets;
		u.target[u.ntargets].address = *next;
		next_address(next);
	}
	site.probed[id] = probed_new(&u, FAMILY_INET, on_round);
}

/* Not all at once: uplinks have nothing to do with one another. */
static void
begin(int fd, short what, void *arg)
{
	static const struct timeval soon = { 0, SPREAD_MS * 1000 };
	struct msg_probe mode = { site.begun, 1, MSG_PROBE_ROUNDS, 0 };

	(void)fd;
	(void)what;
	(void)arg;
	probed_facts(site.probed[site.begun], &site.facts[site.begun]);
	probed_mode(site.probed[site.begun], &mode);
	if (++site.begun < site.n)
		evtimer_add(&site.timer, &soon);
}

static void
interface(
    uint32_t id, const char *address, const char *gateway, const char *name)
{
	struct msg_facts *m = &site.facts[id];
	struct msg_family *f = &m->family[FAMILY_INET];
	char own[PREFIX_STRLEN];
	char *slash;
	const char *bad;

	strlcpy(own, address, sizeof(own));
	if ((slash = strchr(own, '/')) == NULL)
		errx(1, "%s: no prefix length", address);
	*slash = '\0';
	f->prefixlen = (uint32_t)strtonum(slash + 1, 1, 32, &bad);
	if (bad != NULL || addr_parse(own, &f->address) == -1 ||
	    addr_parse(gateway, &f->gateway) == -1)
		errx(1, "%s, %s: no addresses", address, gateway);
	strlcpy(m->ifname, name, sizeof(m->ifname));
	if ((m->ifindex = if_nametoindex(name)) == 0)
		err(1, "%s", name);
	m->uplink = id;
	m->up = m->carrier = f->has_route = 1;
	m->mtu = 1500;
}

int
main(int argc, char *argv[])
{
	struct addr next;
	uint32_t targets, i;
	const char *bad;

	if (argc < 4)
		errx(1,
		    "rounds targets first { address/len gateway interface }");
	count.rounds = (uint32_t)strtonum(argv[1], 1, 3600, &bad);
	if (bad != NULL)
		errx(1, "%s: %s rounds", argv[1], bad);
	targets = (uint32_t)strtonum(
	    argv[2], 1, UPLINKS_MAX * CONF_TARGETS_MAX, &bad);
	if (bad != NULL)
		errx(1, "%s: %s targets", argv[2], bad);
	if (addr_parse(argv[3], &next) == -1)
		errx(1, "%s: no address", argv[3]);
	argv += 4;
	log_init("probing", 1, 0);
	event_init();
	while (targets > 0) {
		i = targets > CONF_TARGETS_MAX ? CONF_TARGETS_MAX : targets;
		if (argv[0] == NULL || argv[1] == NULL || argv[2] == NULL)
			errx(1, "no interface for the %" PRIu32 "th uplink",
			    site.n + 1);
		interface(site.n, argv[0], argv[1], argv[2]);
		argv += 3;
		uplink(site.n++, i, &next);
		targets -= i;
	}
	count.open = site.n;
	evtimer_set(&site.timer, begin, NULL);
	begin(-1, 0, NULL);
	event_dispatch();
	printf("sent=%" PRIu64 " received=%" PRIu64 "\n", count.sent,
	    count.received);
	for (i = 0; i < site.n; i++)
		probed_free(site.probed[i]);
	return count.received == 0;
}
