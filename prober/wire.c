/* SPDX-License-Identifier: ISC */
/* Choosing the way a probe takes, and waiting on it; see wire.h. */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>
#include <net/if_arp.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/wire.h"

#define STAMP_AGE_MAX INT64_C(10000000000) /* older: the clock was set */

/*
 * A wake-up for each frame of a flood would cost all of a small CPU: after
 * so many in a row we look only once a millisecond.  The kernel keeps
 * the frames meanwhile, and their stamps are its own.
 */
#define HURRY_MAX 64
#define HURRY_NS  1000000
#define REST_US   1000

static int
hurried(struct wire *w)
{
	struct monotime now = monotime_now();
	int64_t since = monotime_sub(now, w->woken);

	w->woken = now;
	if (since > HURRY_NS)
		w->hurry = 0;
	else if (w->hurry < HURRY_MAX)
		w->hurry++;
	return w->hurry == HURRY_MAX;
}

static void
take(struct wire *w)
{
	wire_drain(w);
	w->user->done(w->arg);
}

static void
on_read(int fd, short what, void *arg)
{
	static const struct timeval rest = { 0, REST_US };
	struct wire *w = arg;

	(void)fd;
	(void)what;
	if (hurried(w)) {
		event_del(&w->ev);
		evtimer_add(&w->rest, &rest);
	} else
		take(w);
}

static void
on_rested(int fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd;
	(void)what;
	w->woken = monotime_now();
	event_add(&w->ev, NULL);
	take(w);
}

/*
 * A kind of link that has Ethernet's header and neighbours with MACs.  VLANs,
 * bridges and taps are; ppp, tun, WireGuard and ipvlan in layer 3 are not.
 */
static int
is_ethernet(const struct msg_facts *facts)
{
	struct ifreq hw, flags;
	int s, n;

	if (facts->pointopoint)
		return 0;
	memset(&hw, 0, sizeof(hw));
	strlcpy(hw.ifr_name, facts->ifname, sizeof(hw.ifr_name));
	flags = hw;
	if ((s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return 1;
	n = ioctl(s, SIOCGIFHWADDR, &hw) | ioctl(s, SIOCGIFFLAGS, &flags);
	close(s);
	if (n == -1)
		return 1; /* a missing one is said so by wire_l2 */
	return hw.ifr_hwaddr.sa_family == ARPHRD_ETHER &&
	       !(flags.ifr_flags & (IFF_NOARP | IFF_POINTOPOINT));
}

int
wire_open(struct wire *w, const struct msg_facts *facts, enum family family,
    uint16_t id, const struct wire_user *user, void *arg)
{
	const struct wire_ops *ops;
	int fd;

	wire_close(w);
	memset(w, 0, sizeof(*w));
	w->fd = -1;
	w->facts = *facts;
	w->family = family;
	w->own = facts->family[family].address;
	w->gateway = facts->family[family].gateway;
	w->own.scope = w->gateway.scope = 0; /* as frames have it */
	w->id = id;
	w->user = user;
	w->arg = arg;
	if (w->own.family == AF_UNSPEC) {
		strlcpy(w->why, "no address", sizeof(w->why));
		return -1;
	}
	ops = is_ethernet(facts) ? &wire_l2 : &wire_bound;
	if ((fd = ops->open(w)) == -1)
		return -1;
	w->ops = ops;
	event_set(&w->ev, fd, EV_READ | EV_PERSIST, on_read, w);
	event_add(&w->ev, NULL);
	evtimer_set(&w->rest, on_rested, w);
	return 0;
}

void
wire_close(struct wire *w)
{
	if (w->ops == NULL)
		return;
	event_del(&w->ev);
	evtimer_del(&w->rest);
	w->ops->close(w);
	w->ops = NULL;
}

int
wire_is_open(const struct wire *w)
{
	return w->ops != NULL;
}

void
wire_drain(struct wire *w)
{
	if (w->ops != NULL && w->ops->receive(w) == -1)
		wire_close(w); /* facts or the next round open it again */
}

void
wire_sleep(struct wire *w)
{
	if (w->ops == NULL)
		return;
	event_del(&w->ev);
	evtimer_del(&w->rest);
}

void
wire_wake(struct wire *w)
{
	if (w->ops != NULL)
		event_add(&w->ev, NULL);
}

int
wire_again(int *tries)
{
	if (errno == EAGAIN)
		errno = ENOBUFS;
	return errno == ENOBUFS && ++*tries < 2;
}

void
wire_works(struct wire *w, const struct addr *target)
{
	if (w->ops != NULL)
		w->ops->works(w, target);
}

int
wire_dropped(struct wire *w)
{
	uint32_t before = w->dropped;

	if (w->ops == NULL)
		return 0;
	w->dropped = w->ops->dropped(w);
	return (int)(w->dropped - before);
}

struct monotime
wire_arrived(const struct timespec *stamp)
{
	struct monotime now = monotime_now();
	struct timespec wall;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &wall);
	age = ((int64_t)wall.tv_sec - stamp->tv_sec) * 1000000000 +
	      (wall.tv_nsec - stamp->tv_nsec);
	if (age < 0 || age > STAMP_AGE_MAX)
		age = 0;
	return monotime_add_ns(now, -age);
}
