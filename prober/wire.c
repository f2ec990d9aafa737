/* SPDX-License-Identifier: ISC */
/* Choosing the way a probe takes, and waiting on it; see wire.h. */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>
#include <net/if_arp.h>

#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/wire.h"

#define STAMP_AGE_MAX INT64_C(10000000000) /* older: the clock was set */

static void
on_read(int fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd;
	(void)what;
	wire_drain(w);
	w->user->done(w->arg);
}

/* A kind of link that has Ethernet's header and ARP. */
static int
is_ethernet(const struct msg_facts *facts)
{
	struct ifreq ifr;
	int s, n;

	if (facts->pointopoint)
		return 0;
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, facts->ifname, sizeof(ifr.ifr_name));
	if ((s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return 1;
	n = ioctl(s, SIOCGIFHWADDR, &ifr);
	close(s);
	/* a missing one is said so by wire_l2 */
	return n == -1 || ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER;
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
	w->id = id;
	w->user = user;
	w->arg = arg;
	ops = is_ethernet(facts) ? &wire_l2 : &wire_bound;
	if ((fd = ops->open(w)) == -1)
		return -1;
	w->ops = ops;
	event_set(&w->ev, fd, EV_READ | EV_PERSIST, on_read, w);
	event_add(&w->ev, NULL);
	return 0;
}

void
wire_close(struct wire *w)
{
	if (w->ops == NULL)
		return;
	event_del(&w->ev);
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
wire_works(struct wire *w, const struct addr *target)
{
	(void)w;
	(void)target;
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
