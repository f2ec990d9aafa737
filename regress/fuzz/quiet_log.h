/* SPDX-License-Identifier: ISC */
/*
 * The log's functions for fuzzers: silent, and what is fatal in a process
 * that reads hostile input is a finding.  Defined here, they are not taken
 * from the archive.
 */
#ifndef REGRESS_FUZZ_QUIET_LOG_H
#define REGRESS_FUZZ_QUIET_LOG_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"

void
log_init(const char *process, int foreground, int verbose)
{
	(void)process;
	(void)foreground;
	(void)verbose;
}

void
log_setverbose(int verbose)
{
	(void)verbose;
}

int
log_getverbose(void)
{
	return 0;
}

void
log_warn(const char *fmt, ...)
{
	(void)fmt;
}

void
log_warnx(const char *fmt, ...)
{
	(void)fmt;
}

void
log_info(const char *fmt, ...)
{
	(void)fmt;
}

void
log_debug(const char *fmt, ...)
{
	(void)fmt;
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt != NULL ? fmt : "no memory", ap);
	va_end(ap);
	abort();
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

#endif
