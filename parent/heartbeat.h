/* SPDX-License-Identifier: ISC */
/*
 * Does a child still answer?  It is asked by pings, each with the next number,
 * and what it does instead of an answer tells whether it hangs.  A core
 * without I/O.
 */
#ifndef PARENT_HEARTBEAT_H
#define PARENT_HEARTBEAT_H

#include <stdint.h>

#define HEARTBEAT_MS 2500 /* between two pings */
/* Unanswered for 5 s, it is dead. */
#define HEARTBEAT_SILENT_MAX 2
/*
 * Unless it waits within the kernel for what is not in its hands: as for the
 * lock of all interfaces while somebody removes thousands of them, or for a
 * disk.  Some of these waits not even SIGKILL ends, and what would be started
 * in its place would wait for the same.
 */
#define HEARTBEAT_WAITS_MAX 24 /* a minute */
/* Who does not answer so long after it was asked anything never will. */
#define HEARTBEAT_DEAD_MS \
	((HEARTBEAT_WAITS_MAX + HEARTBEAT_SILENT_MAX) * HEARTBEAT_MS)

struct heartbeat {
	uint32_t ping; /* number of the last one sent */
	uint32_t pong; /* and of the last one answered */
	uint32_t silent; /* in a row without an answer in time */
	uint32_t waits; /* likewise, since it could not */
};

enum heartbeat_says {
	HEARTBEAT_GOOD,
	HEARTBEAT_WAITS, /* from now on; told once */
	HEARTBEAT_AGAIN, /* it waited, and has answered */
	HEARTBEAT_DEAD
};

/*
 * Before each ping but the first.  waits: it is in the kernel now; late: we
 * did not run either, so its silence tells nothing.
 */
enum heartbeat_says heartbeat_look(struct heartbeat *, int waits, int late);

#endif
