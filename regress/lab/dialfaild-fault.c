/* SPDX-License-Identifier: ISC */
/*
 * dialfaild-fault: the daemon with faults, for the lab.  It is dialfaild, and
 * before main() a wrapper is put around what netconf asks of the network
 * (netops.h).  Each call has a text, and the file /run/lab/fault says what
 * comes of which call:
 *
 *	3 before change *		kill -9 of netconf before the third one
 *	3 after change *		the same, when it is done
 *	3 EBUSY change *		the third one fails and nothing is done
 *	0 EPERM change route *		each one that matches fails
 *
 * The pattern is fnmatch(3)'s.  What has come true once is removed, so that
 * it does not meet the process that is started next.  If there is a file
 * /run/lab/fault.calls, each call is a line in it.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netconf/net.h"

#define FAULT_FILE "/run/lab/fault"
#define CALLS_FILE "/run/lab/fault.calls"

struct fault {
	unsigned int n;
	char what[16];
	char pattern[80];
};

static struct netops faulty;
static const struct netops *real;
static int kill_after;

static int hit(const char *, ...) __attribute__((__format__(printf, 1, 2)));

/* 1 if there is one; again is 0 if it is another one than before. */
static int
fault_read(struct fault *f, int *again)
{
	static struct timespec seen;
	struct stat st;
	FILE *file;
	int n;

	if ((file = fopen(FAULT_FILE, "re")) == NULL)
		return 0;
	n = fscanf(file, "%u %15s %79[^\n]", &f->n, f->what, f->pattern);
	if (n != 3 || fstat(fileno(file), &st) == -1) {
		fclose(file);
		return 0;
	}
	fclose(file);
	*again = memcmp(&seen, &st.st_mtim, sizeof(seen)) == 0;
	seen = st.st_mtim;
	return 1;
}

static int
number_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {
		{ "EPERM", EPERM },
		{ "EBUSY", EBUSY },
		{ "ENOBUFS", ENOBUFS },
		{ "ENODEV", ENODEV },
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	return EINVAL;
}

static void
note(const char *call)
{
	FILE *f;

	/* only if somebody wants to know: it is not made */
	if (access(CALLS_FILE, F_OK) == -1 ||
	    (f = fopen(CALLS_FILE, "ae")) == NULL)
		return;
	fprintf(f, "%s\n", call);
	fclose(f);
}

/* Before each call: -1 if it fails, with errno. */
static int
hit(const char *fmt, ...)
{
	static unsigned int matched;
	char call[128];
	struct fault f;
	int again;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(call, sizeof(call), fmt, ap);
	va_end(ap);
	note(call);
	if (!fault_read(&f, &again))
		return 0;
	if (!again)
		matched = 0;
	if (fnmatch(f.pattern, call, 0) != 0 || (f.n != 0 && ++matched != f.n))
		return 0;
	if (f.n != 0)
		unlink(FAULT_FILE);
	if (strcmp(f.what, "before") == 0)
		kill(getpid(), SIGKILL);
	kill_after = strcmp(f.what, "after") == 0;
	if (kill_after)
		return 0;
	errno = number_of(f.what);
	return -1;
}

/* After each call, whose result it passes on. */
static int
done(int result)
{
	if (kill_after)
		kill(getpid(), SIGKILL);
	return result;
}

static const char *
verb(int add)
{
	return add ? "add" : "del";
}

static const char *
family(uint32_t af)
{
	return af == AF_INET6 ? "inet6" : "inet";
}

static const char *
destination(const struct net_route *r)
{
	static char buf[PREFIX_STRLEN];

	return r->dst.len == 0 ? "default"
			       : prefix_format(&r->dst, buf, sizeof(buf));
}

/*
 * Each call that asks the kernel for something: its name, its parameters, the
 * same as arguments, and its text.
 */
/* clang-format off */
#define WRAPPED(WRAP)                                                         \
	WRAP(dump, (struct net_state *s, const struct net_uplinks *u),        \
	    (s, u),                                                           \
	    "read dump")                                                      \
	WRAP(rule, (int add, const struct net_rule *r), (add, r),             \
	    "change rule %s %s table %u", verb(add), family(r->family),       \
	    r->table)                                                         \
	WRAP(route, (int add, const struct net_route *r), (add, r),           \
	    "change route %s %s table %u %s metric %u", verb(add),            \
	    family(r->dst.addr.family), r->table, destination(r), r->metric)  \
	WRAP(link_group, (uint32_t i, uint32_t group), (i, group),            \
	    "change group %u of %u", group, i)                                \
	WRAP(link_up, (uint32_t i, int up), (i, up),                          \
	    "change link %s %u", up ? "up" : "down", i)                       \
	WRAP(rp_filter, (uint32_t i, int *old, int value), (i, old, value),   \
	    "%s rp_filter of %u", value == -1 ? "read" : "change", i)         \
	WRAP(tunnels, (struct net_move *m, size_t n), (m, n),                 \
	    "change tunnels %zu", n)                                          \
	WRAP(tunnels_lead, (struct net_lead *l, size_t n), (l, n),            \
	    "change remotes of tunnels %zu", n)                               \
	WRAP(twin,                                                            \
	    (uint32_t i, const char *name, const struct net_place *p),        \
	    (i, name, p),                                                     \
	    "change twin of %u", i)                                           \
	WRAP(link_del, (uint32_t i), (i),                                     \
	    "change link %u: gone", i)                                        \
	WRAP(wireguard,                                                       \
	    (uint32_t i, net_wgpeer *ours, const void *arg,                   \
		const struct addr to[FAMILIES], struct net_wgpeers *n),       \
	    (i, ours, arg, to, n),                                            \
	    "change wireguard %u", i)                                         \
	WRAP(linkdown, (uint32_t i, enum family f, uint32_t value),           \
	    (i, f, value),                                                    \
	    "change linkdown of %u", i)                                       \
	WRAP(router_ask, (uint32_t i), (i),                                   \
	    "change routers of %u", i)                                        \
	WRAP(nat_load, (const char *text, char *why, size_t size),            \
	    (text, why, size),                                                \
	    "change nat")                                                     \
	WRAP(elements,                                                        \
	    (const struct net_element *d, size_t nd,                          \
		const struct net_element *a, size_t na),                      \
	    (d, nd, a, na),                                                   \
	    "change elements -%zu +%zu", nd, na)                              \
	WRAP(forwarded, (uint32_t u, uint64_t *tried, uint64_t *passed),      \
	    (u, tried, passed),                                               \
	    "read forwarded %u", u)                                           \
	WRAP(octets,                                                          \
	    (uint32_t i, uint64_t *received, uint64_t *sent, uint64_t *n),    \
	    (i, received, sent, n),                                           \
	    "read octets of %u", i)                                           \
	WRAP(flows_flush, (const struct net_flows *f, uint32_t *n), (f, n),   \
	    "change flows of mark 0x%x", f->mark)                             \
	WRAP(flows_mark, (const struct net_marks *m, int end, uint32_t *n),   \
	    (m, end, n),                                                      \
	    "change marks in 0x%x to 0x%x", m->was_mask, m->mask)             \
	WRAP(flows_flush_plain,                                               \
	    (const struct net_element *e, size_t ne, uint32_t mask,           \
		uint32_t *n),                                                 \
	    (e, ne, mask, n),                                                 \
	    "change flows without a mark in 0x%x", mask)                      \
	WRAP(flows_count, (uint32_t mark, uint32_t mask, uint32_t *n),        \
	    (mark, mask, n),                                                  \
	    "read flows of mark 0x%x", mark)                                  \
	WRAP(routes_save,                                                     \
	    (uint32_t i, void (*one)(const char *, void *), void *arg),       \
	    (i, one, arg),                                                    \
	    "read routes of %u", i)                                           \
	WRAP(others,                                                          \
	    (void (*one)(int, uint32_t, const char *, void *), void *arg),    \
	    (one, arg),                                                       \
	    "read others")                                                    \
	WRAP(route_restore, (const char *line), (line),                       \
	    "change restore %s", line)
/* clang-format on */
#define PASSED \
	6 /* open, missing, machine, pppoe, monitor, changes: no requests */

#define FUNCTION(name, parameters, arguments, ...) \
	static int fault_##name parameters         \
	{                                          \
		if (hit(__VA_ARGS__) == -1)        \
			return -1;                 \
		return done(real->name arguments); \
	}
WRAPPED(FUNCTION)

#define COUNT(...) +1
_Static_assert(
    sizeof(struct netops) == (PASSED WRAPPED(COUNT)) * sizeof(void (*)(void)),
    "struct netops has another member: it belongs above");

static void __attribute__((__constructor__)) wrap(void)
{
	real = netops;
	faulty = *real;
#define SET(name, ...) faulty.name = fault_##name;
	WRAPPED(SET)
	netops = &faulty;
}
