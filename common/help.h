/* SPDX-License-Identifier: ISC */
/* The long options that everybody tries first, and getopt(3) does not know. */
#ifndef COMMON_HELP_H
#define COMMON_HELP_H

#include <string.h>
#include <unistd.h>

/* As getopt(3); --help is -h, --version is -V. */
static inline int
next_option(int argc, char *argv[], const char *options)
{
	if (optind < argc && strcmp(argv[optind], "--help") == 0)
		return 'h';
	if (optind < argc && strcmp(argv[optind], "--version") == 0)
		return 'V';
	return getopt(argc, argv, options);
}

#endif
