/* SPDX-License-Identifier: ISC */
#include <sys/types.h>

#include <malloc.h>

#include "common/process.h"

#define LARGE (128 * 1024)

/*
 * glibc takes a size that was freed once for one that comes often, and keeps
 * twice as much of all that follows (mallopt(3)): after it has read a
 * configuration of thousands of peers that is tens of megabytes.
 */
void
process_thrifty(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void
process_trim(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}
