/* SPDX-License-Identifier: ISC */
/*
 * The birth of a pppd.  It is forked and waits, so that its record can be
 * written before it becomes pppd; then it is let go.
 */
#ifndef NETCONF_PPP_EXEC_H
#define NETCONF_PPP_EXEC_H

#include <sys/types.h>

#include "netconf/ppp_options.h"

struct ppp_exec {
	pid_t pid;
	int log; /* what it says */
	int event; /* datagrams of the ip-up program */
	int failed; /* errno, if it could not be executed */
	int go; /* it waits at the other end */
};

/*
 * Fork, with the line as standard input and output and the account, if any,
 * as a sealed file.  All descriptors of ours are nonblocking.  0; or -1 with
 * errno, and nothing is left.
 */
int ppp_exec_fork(
    struct ppp_exec *, const struct ppp_args *, int tty, const char *account);
/* Become pppd. */
void ppp_exec_go(struct ppp_exec *);
/* Never mind: it ends, unseen, with status 127. */
void ppp_exec_forget(struct ppp_exec *);
/* After its end: why it could not be executed, or 0. */
int ppp_exec_error(struct ppp_exec *);
void ppp_exec_close(struct ppp_exec *);

#endif
