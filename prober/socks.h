/* SPDX-License-Identifier: ISC */
/*
 * Probes that need a socket: a TCP connection is made, a DNS query is
 * answered.  Each is one socket of its own, bound to the uplink's interface
 * and address, so that netconf's rule for the device gives it the uplink's
 * own table; its random port (and DNS's id and case) must come back.
 *
 * Only what the target itself did is an answer: a connection that stands, an
 * authentic reply.  A refused connection proves nothing, since any firewall
 * before the target can send a reset.
 */
#ifndef PROBER_SOCKS_H
#define PROBER_SOCKS_H

#include <sys/queue.h>

#include <net/if.h>

#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "common/msg.h"

/*
 * Sockets at once, of one uplink and family.  A dead line has all probes of
 * ROUND_LATE_MS under way: 64 are those of four targets at the default pace,
 * and seven uplinks with both families dead still fit into the usual limit of
 * 1024 descriptors.
 */
#define SOCKS_MAX 64

/* A probe is forgotten before it is told: these may close the struct. */
struct socks_user {
	void (*answer)(void *arg, uint32_t target, uint16_t seq, uint64_t token,
	    struct monotime at);
	/* refused; captive: somebody else answered in its place */
	void (*denied)(void *arg, uint32_t target, uint16_t seq, uint64_t token,
	    int captive);
};

struct socks_probe;

struct socks {
	const struct socks_user *user; /* NULL: closed */
	void *arg;
	int64_t patience_ms;
	char ifname[IFNAMSIZ];
	uint32_t ifindex;
	struct addr own;
	TAILQ_HEAD(, socks_probe) probes; /* under way, oldest first */
	uint32_t nprobes;
};

/* What is open is closed before. */
void socks_open(struct socks *, const struct msg_facts *, enum family,
    int64_t patience_ms, const struct socks_user *, void *arg);
/*
 * 0: on its way, and answered or denied from the event loop within
 * patience_ms if at all.  -1: it could not be sent, and errno says why;
 * ENOBUFS: something of our own was used up, it says nothing of the line.
 */
int socks_send(
    struct socks *, const struct conf_target *, uint16_t seq, uint64_t token);
/* All under way is forgotten; a zeroed struct is closed. */
void socks_close(struct socks *);

#endif
