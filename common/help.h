/* SPDX-License-Identifier: ISC */
/* The long options that everybody tries first, and getopt(3) does not know. */
#ifndef COMMON_HELP_H
#define COMMON_HELP_H

#include <string.h>
#include <unistd.h>

/* As getopt(3), but --help is h and --version is V, and ends the program. */
static inline int
help_getopt(int argc, char *const argv[], const char *letters)
{
	if (optind < argc && strcmp(argv[optind], "--help") == 0)
		return 'h';
	if (optind < argc && strcmp(argv[optind], "--version") == 0)
		return 'V';
	return getopt(argc, argv, letters);
}

#endif
