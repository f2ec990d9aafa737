/* SPDX-License-Identifier: ISC */
/* A network namespace of the test's own; without one its tests are skipped. */
#ifndef REGRESS_UNIT_OWN_NET_H
#define REGRESS_UNIT_OWN_NET_H

#include <sched.h>
#include <unistd.h>

static const char *cannot; /* why nothing here can run */

/* More namespaces by their CLONE_NEW...; 0, or -1 and cannot is set. */
static inline int
own_net(int more)
{
	if (geteuid() != 0)
		cannot = "not root";
	else if (unshare(CLONE_NEWNET | more) == -1)
		cannot = "no namespaces here";
	return cannot == NULL ? 0 : -1;
}

static inline void
needs_root(void)
{
	if (cannot == NULL)
		return;
	print_message("skipped: %s\n", cannot);
	skip();
}

#endif
