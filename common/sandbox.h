/* SPDX-License-Identifier: ISC */
/* What each process may do, and a word that says what really holds. */
#ifndef COMMON_SANDBOX_H
#define COMMON_SANDBOX_H

#include <stddef.h>

enum sandbox_role {
	SANDBOX_PARENT,
	SANDBOX_PROBER,
	SANDBOX_DIALER,
	SANDBOX_NETCONF
};

/*
 * Give up for good what the role does not need; after proc_drop(), except in
 * netconf, which stays root.  describe is filled from what the kernel says
 * afterwards.  Failure is fatal.
 */
void sandbox_enter(enum sandbox_role, char *describe, size_t size);

#endif
