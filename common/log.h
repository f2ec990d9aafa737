/* SPDX-License-Identifier: ISC */
/*
 * The log.  Each line carries the process's name.  Lower case, no full stop;
 * functions without an x at the end append what errno says.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <sys/cdefs.h>

/*
 * To standard error if foreground, else to syslog, facility daemon.  Call
 * it before chroot(2): the connection to syslogd is made here.
 */
void log_init(const char *process, int foreground, int verbose);
void log_setverbose(int);
int log_getverbose(void);

void log_warn(const char *, ...) __attribute__((__format__(printf, 1, 2)));
void log_warnx(const char *, ...) __attribute__((__format__(printf, 1, 2)));
void log_info(const char *, ...) __attribute__((__format__(printf, 1, 2)));
void log_debug(const char *, ...) __attribute__((__format__(printf, 1, 2)));

/* The end of this process, exit code 1.  fatal(NULL): no memory. */
void fatal(const char *, ...)
    __attribute__((__noreturn__, __format__(printf, 1, 2)));
void fatalx(const char *, ...)
    __attribute__((__noreturn__, __format__(printf, 1, 2)));

#endif
