/* SPDX-License-Identifier: ISC */
/* The long option that everybody tries first, and getopt(3) does not know. */
#ifndef COMMON_HELP_H
#define COMMON_HELP_H

#include <string.h>
#include <unistd.h>

/* Is --help what getopt(3) would look at next? */
static inline int
help_next(int argc, char *const argv[])
{
	return optind < argc && strcmp(argv[optind], "--help") == 0;
}

#endif
