/* SPDX-License-Identifier: ISC */
/*
 * The log: syslog, or standard error in the foreground.  A line said again
 * and again is counted instead, so that a bad line is no flood.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "common/log.h"
#include "common/monotime.h"

#define LINE_LEN  1024
#define REPEAT_MS (60 * 1000) /* a repeated line is told again so often */

static const char *process = "dialfail";
static int foreground = 1;
static int verbose;
static int levels; /* sd-daemon(3): <N> before each line */
static char last[LINE_LEN];
static int last_level;
static unsigned int repeats;
static struct monotime last_at;

void
log_init(const char *name, int to_stderr, int more)
{
	process = name;
	foreground = to_stderr;
	verbose = more;
	levels = getenv("JOURNAL_STREAM") != NULL;
	tzset();
	if (!foreground)
		openlog("dialfaild", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	else
		setvbuf(stderr, NULL, _IOLBF, 0);
}

void
log_setverbose(int more)
{
	verbose = more;
}

int
log_getverbose(void)
{
	return verbose;
}

static void
emit(int level, const char *text)
{
	char when[32];
	struct timespec ts;
	struct tm tm;

	if (!foreground) {
		syslog(level, "%s: %s", process, text);
		return;
	}
	if (levels) {
		fprintf(stderr, "<%d>%s: %s\n", level, process, text);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%H:%M:%S", &tm);
	fprintf(stderr, "%s.%03ld %s: %s\n", when, ts.tv_nsec / 1000000,
	    process, text);
}

static void
say_repeats(void)
{
	char text[64];

	if (repeats == 0)
		return;
	snprintf(text, sizeof(text), "last message repeated %u time%s", repeats,
	    repeats == 1 ? "" : "s");
	emit(last_level, text);
	repeats = 0;
}

static void
line(int level, const char *text)
{
	struct monotime now = monotime_now();

	if (strcmp(text, last) == 0 && level == last_level) {
		repeats++;
		if (monotime_ms_between(last_at, now) < REPEAT_MS)
			return;
		say_repeats();
		last_at = now;
		return;
	}
	say_repeats();
	strlcpy(last, text, sizeof(last));
	last_level = level;
	last_at = now;
	emit(level, text);
}

/* with_errno: append what it says, as it was before anything here ran. */
static void
vlog(int level, int with_errno, const char *fmt, va_list ap)
{
	char text[LINE_LEN];
	int saved = errno;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (with_errno) {
		strlcat(text, ": ", sizeof(text));
		strlcat(text, strerror(saved), sizeof(text));
	}
	line(level, text);
	errno = saved;
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_ERR, 1, fmt, ap);
	va_end(ap);
}

void
log_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_ERR, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	vlog(LOG_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	if (fmt == NULL) {
		log_warn("fatal");
		exit(1);
	}
	va_start(ap, fmt);
	vlog(LOG_CRIT, 1, fmt, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_CRIT, 0, fmt, ap);
	va_end(ap);
	exit(1);
}
