/* SPDX-License-Identifier: ISC */
/*
 * The prober: a process without rights but raw sockets.  It probes targets
 * through exactly the uplink that it is told, and reports rounds.
 */
#ifndef PROBER_PROBER_H
#define PROBER_PROBER_H

void prober(int debug, int verbose) __attribute__((__noreturn__));

#endif
