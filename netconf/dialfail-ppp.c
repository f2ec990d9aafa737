/* SPDX-License-Identifier: ISC */
/*
 * dialfail-ppp - what pppd runs as its ip-up and its ip-down script.
 *
 * ip-up adds what was negotiated to the record that netconf wrote and then
 * wakes netconf; netconf may have been replaced by another meanwhile, so the
 * file counts and the datagram is a hint.  Nothing here is believed: netconf
 * checks all of it.  pppd gives scripts a clean environment; ours comes from
 * its options, and CONNECT_TIME tells ip-down from ip-up (pppd(8)).
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND_HALF "\ninterface " /* netconf/ppp_record.h */

struct text {
	char buf[PATH_MAX + 1024];
	size_t len;
};

static const char *
variable(const char *name)
{
	const char *v = getenv(name);

	if (v == NULL)
		errx(1, "no %s in the environment", name);
	return v;
}

static void add(struct text *, const char *, ...)
    __attribute__((__format__(printf, 2, 3)));

static void
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(t->buf) - t->len)
		errx(1, "more than a record holds");
	t->len += (size_t)n;
}

/* The first half; a second one is of before a new negotiation. */
static void
read_record(const char *path, struct text *t)
{
	char *second;
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1 ||
	    (n = read(fd, t->buf, sizeof(t->buf) - 1)) == -1)
		err(1, "%s", path);
	close(fd);
	t->buf[n] = '\0';
	if ((second = strstr(t->buf, SECOND_HALF)) != NULL)
		second[1] = '\0';
	t->len = strlen(t->buf);
}

static void
write_record(const char *path, const struct text *t)
{
	char new[PATH_MAX];
	int fd;

	if (snprintf(new, sizeof(new), "%s~", path) >= (int)sizeof(new))
		errx(1, "%s: too long", path);
	fd = open(
	    new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, t->buf, t->len) != (ssize_t)t->len ||
	    close(fd) == -1 || rename(new, path) == -1)
		err(1, "%s", new);
}

static void
record_up(const char *ifname, const char *local, const char *remote)
{
	static const char *const dns[] = { "DNS1", "DNS2" };
	const char *path = variable("DIALFAIL_RECORD"), *v;
	static struct text t;
	size_t i;

	read_record(path, &t);
	add(&t, "interface %s\nlocal %s\nremote %s\npppd %s\nlinkname %s\n",
	    ifname, local, remote, variable("PPPD_PID"), variable("LINKNAME"));
	for (i = 0; i < sizeof(dns) / sizeof(dns[0]); i++)
		if ((v = getenv(dns[i])) != NULL)
			add(&t, "dns %s\n", v);
	write_record(path, &t);
}

int
main(int argc, char **argv)
{
	const char *seconds = getenv("CONNECT_TIME"), *error;
	static struct text t;
	int fd;

	/* pppd(8): interface, tty, speed, local and remote address, ipparam */
	if (argc < 6)
		errx(1, "run by pppd as its ip-up and ip-down script");
	fd = (int)strtonum(variable("DIALFAIL_FD"), 0, INT_MAX, &error);
	if (error != NULL)
		errx(1, "DIALFAIL_FD: %s", error);
	if (seconds == NULL)
		record_up(argv[1], argv[4], argv[5]);
	add(&t, "%s %s %s", seconds == NULL ? "up" : "down",
	    variable("LINKNAME"), variable("PPPD_PID"));
	if (seconds != NULL)
		add(&t, " %s %s %s", seconds, variable("BYTES_SENT"),
		    variable("BYTES_RCVD"));
	/* nobody there: an adopted pppd's netconf looks at the kernel */
	(void)send(fd, t.buf, t.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	return 0;
}
