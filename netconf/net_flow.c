/* SPDX-License-Identifier: ISC */
/*
 * Old flows after a switch: forgotten at once, so that they begin anew over
 * the new uplink instead of hanging; or, while the old uplink still works,
 * left alone until the last has ended or their time is up (drain).
 */
#include <sys/types.h>

#include <event.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/net.h"
#include "netconf/run.h"

#define LOOK_MS  500 /* between two looks at flows that drain */
#define SWEEP_MS 100 /* packets on their way while the route moved */

static struct {
	uint32_t uplink; /* or MSG_UPLINK_NONE: nothing drains */
	struct addr address[FAMILIES];
	struct monotime until;
} drain = { .uplink = MSG_UPLINK_NONE };

static struct {
	uint32_t uplink;
	struct addr address[FAMILIES];
	int again;
} swept;

static struct event drain_timer, sweep_timer;

uint32_t
flow_text(const struct msg_net_want *m, const struct net_want *w, char *buf,
    size_t size)
{
	if (m->flush != MSG_UPLINK_NONE) {
		snprintf(
		    buf, size, "forget flows of %s", w->uplink[m->flush].label);
		return m->flush;
	}
	if (m->drain != MSG_UPLINK_NONE)
		snprintf(buf, size, "let flows of %s end, for %u s at most",
		    w->uplink[m->drain].label, m->drain_ms / 1000);
	return m->drain;
}

/*
 * By address: flows from before our marks; whose marks others wrote over; or
 * that were marked as the new uplink's by a packet between the switch and
 * now, but have the old one's address by somebody's own SNAT.
 */
static uint32_t
flush_once(uint32_t uplink, const struct addr address[FAMILIES])
{
	struct net_flows f;
	uint32_t n = 0;

	memset(&f, 0, sizeof(f));
	f.mask = net_mask();
	f.mark = plan_mark(f.mask, uplink);
	memcpy(f.address, address, sizeof(f.address));
	if (netops->flows_flush(&f, &n) == -1)
		log_warn("flows of uplink %u", uplink);
	return n;
}

/*
 * At once by address, too, and a bit later again: a flow may have been made
 * anew on the old side in the gap.
 */
static void
on_sweep(int fd, short what, void *arg)
{
	struct timeval tv = monotime_ms(SWEEP_MS);
	uint32_t n;

	(void)fd;
	(void)what;
	(void)arg;
	n = flush_once(swept.uplink, swept.address);
	if (!swept.again)
		evtimer_add(&sweep_timer, &tv);
	swept.again = 1;
	if (n > 0)
		log_debug(
		    "%u flows of uplink %u forgotten late", n, swept.uplink);
}

/*
 * Those with our marks now, by one message.  To find the others the kernel
 * looks at each place of its table under a lock, which takes 20 ms with its
 * usual size: that comes when the parent has its answer.
 */
uint32_t
flow_flush(uint32_t uplink, const struct addr address[FAMILIES])
{
	static const struct addr none[FAMILIES];
	struct timeval tv = monotime_ms(0);
	uint32_t n = flush_once(uplink, none);

	swept.uplink = uplink;
	swept.again = 0;
	memcpy(swept.address, address, sizeof(swept.address));
	evtimer_add(&sweep_timer, &tv);
	return n;
}

void
flow_keep(uint32_t uplink)
{
	if (swept.uplink == uplink)
		evtimer_del(&sweep_timer);
}

static void
drained(void)
{
	struct msg_net_drained m;

	memset(&m, 0, sizeof(m));
	m.uplink = drain.uplink;
	m.cut = flow_flush(drain.uplink, drain.address);
	drain.uplink = MSG_UPLINK_NONE;
	net_drained();
	netconf_send(IMSG_NET_DRAINED, -1, &m, sizeof(m));
}

static void
look_again(struct monotime now)
{
	struct monotime next = monotime_add_ms(now, LOOK_MS);
	struct timeval tv;

	if (monotime_cmp(next, drain.until) > 0)
		next = drain.until;
	tv = monotime_until(next, now);
	evtimer_add(&drain_timer, &tv);
}

uint32_t
net_draining(void)
{
	uint32_t n;

	if (drain.uplink == MSG_UPLINK_NONE || net_in_turn() ||
	    netops->flows_count(
		plan_mark(net_mask(), drain.uplink), net_mask(), &n) == -1)
		return MSG_FLOWS_NONE;
	return n;
}

static void
on_drain(int fd, short what, void *arg)
{
	struct monotime now = monotime_now();
	struct timeval tv = monotime_ms(LOOK_MS);
	uint32_t n = 1;

	(void)fd;
	(void)what;
	(void)arg;
	if (net_in_turn()) { /* perhaps it is not even wanted any more */
		evtimer_add(&drain_timer, &tv);
		return;
	}
	if (netops->flows_count(
		plan_mark(net_mask(), drain.uplink), net_mask(), &n) == -1)
		log_warn("flows of uplink %u", drain.uplink);
	if ((n == 0 && !tunnels_busy(net_wish(), net_known())) ||
	    monotime_cmp(now, drain.until) >= 0)
		drained();
	else
		look_again(now);
}

/* Asked for again it goes on: its time began with the switch, or ends now. */
int
flow_drain(uint32_t uplink, const struct addr address[FAMILIES], uint32_t ms)
{
	struct monotime now = monotime_now();

	memcpy(drain.address, address, sizeof(drain.address));
	if (drain.uplink == uplink) {
		if (ms == 0)
			drain.until = now;
		look_again(now);
		return 0;
	}
	drain.uplink = uplink;
	drain.until = monotime_add_ms(now, ms);
	look_again(now);
	return 1;
}

/* Marks are not what they were, and not yet what they will be. */
void
flow_drain_pause(void)
{
	evtimer_del(&drain_timer);
}

void
flow_drain_stop(void)
{
	drain.uplink = MSG_UPLINK_NONE;
	evtimer_del(&drain_timer);
}

void
flow_open(void)
{
	evtimer_set(&drain_timer, on_drain, NULL);
	evtimer_set(&sweep_timer, on_sweep, NULL);
}
