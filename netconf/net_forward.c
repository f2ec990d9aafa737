/* SPDX-License-Identifier: ISC */
/*
 * Is what the LAN sends let out by the backup?  That was proved by packets of
 * the router's own, which pass no forward chain; one that knows the primary
 * alone drops all the others.  Our nft table counts what comes into that hook
 * and what comes out of it, of new connections that leave by each uplink.
 */
#include <sys/types.h>

#include <event.h>
#include <string.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/net.h"
#include "netconf/run.h"

#define FORWARD_MS 3000
#define TRIED_MIN  3 /* of one or two, nobody knows whose will it was */

static struct {
	uint32_t uplink; /* or MSG_UPLINK_NONE: nothing is in question */
	uint32_t last; /* that it was asked for; 0: the primary */
	int tried; /* at the look before */
	uint64_t base_tried, base_passed;
} watch = { .uplink = MSG_UPLINK_NONE };

static struct event forward_timer;

static void
forward_later(void)
{
	struct timeval tv = monotime_ms(FORWARD_MS);

	evtimer_add(&forward_timer, &tv);
}

static void
tell_blocked(uint64_t tried)
{
	struct msg_net_blocked m;

	memset(&m, 0, sizeof(m));
	m.uplink = watch.uplink;
	m.tried = tried > UINT32_MAX ? UINT32_MAX : (uint32_t)tried;
	netconf_send(IMSG_NET_BLOCKED, -1, &m, sizeof(m));
}

/* A table that was loaded anew counts from 0. */
static void
on_forward(int fd, short what, void *arg)
{
	uint64_t tried, passed;

	(void)fd;
	(void)what;
	(void)arg;
	if (netops->forwarded(watch.uplink, &tried, &passed) == -1 ||
	    tried < watch.base_tried || passed < watch.base_passed) {
		watch.base_tried = watch.base_passed = 0;
		watch.tried = 0;
	} else if (passed > watch.base_passed) {
		watch.uplink = MSG_UPLINK_NONE;
		return;
	} else if (tried - watch.base_tried >= TRIED_MIN) {
		if (watch.tried) {
			tell_blocked(tried - watch.base_tried);
			watch.uplink = MSG_UPLINK_NONE;
			return;
		}
		watch.tried = 1;
	}
	forward_later();
}

void
forward_watch(uint32_t active)
{
	if (active == watch.last)
		return;
	forward_stop();
	watch.last = active;
	if (active == 0)
		return;
	watch.uplink = active;
	watch.tried = 0;
	if (netops->forwarded(active, &watch.base_tried, &watch.base_passed) ==
	    -1)
		watch.base_tried = watch.base_passed = 0;
	forward_later();
}

void
forward_stop(void)
{
	watch.uplink = MSG_UPLINK_NONE;
	watch.last = 0;
	evtimer_del(&forward_timer);
}

void
forward_open(void)
{
	evtimer_set(&forward_timer, on_forward, NULL);
}
