/* SPDX-License-Identifier: ISC */
/* The record of a running pppd; see ppp_record.h. */
#include <sys/types.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/ppp_record.h"

struct cursor {
	const char *p;
	const char *end;
};

int
ppp_record_format(const struct ppp_record *r, char *buf, size_t size)
{
	int n;

	n = snprintf(buf, size,
	    "pid %d\nstarted %llu\nboot %s\ntty %s\nbackup %s\ngen %u\n",
	    (int)r->pid, (unsigned long long)r->started, r->boot, r->tty,
	    r->label, r->gen);
	return n < 0 || (size_t)n >= size ? -1 : n;
}

/* The next line must be this key and a value of printable characters. */
static int
field(struct cursor *c, const char *key, char *value, size_t size)
{
	size_t klen = strlen(key), len, i;
	const char *nl;

	if ((size_t)(c->end - c->p) <= klen || memcmp(c->p, key, klen) != 0 ||
	    c->p[klen] != ' ')
		return -1;
	c->p += klen + 1;
	if ((nl = memchr(c->p, '\n', (size_t)(c->end - c->p))) == NULL)
		return -1;
	len = (size_t)(nl - c->p);
	if (len == 0 || len >= size)
		return -1;
	for (i = 0; i < len; i++)
		if (!isprint((unsigned char)c->p[i]))
			return -1;
	memcpy(value, c->p, len);
	value[len] = '\0';
	c->p = nl + 1;
	return 0;
}

static int
number(struct cursor *c, const char *key, long long min, long long max,
    long long *n)
{
	const char *error;
	char v[24];

	if (field(c, key, v, sizeof(v)) == -1 || !isdigit((unsigned char)*v))
		return -1;
	*n = strtonum(v, min, max, &error);
	return error == NULL ? 0 : -1;
}

static int
address(struct cursor *c, const char *key, struct addr *a)
{
	char v[ADDR_STRLEN];

	return field(c, key, v, sizeof(v)) == -1 ? -1 : addr_parse(v, a);
}

static int
first_half(struct cursor *c, struct ppp_record *r)
{
	long long pid, started, gen;

	if (number(c, "pid", 2, INT_MAX, &pid) == -1 ||
	    number(c, "started", 1, LLONG_MAX, &started) == -1 ||
	    field(c, "boot", r->boot, sizeof(r->boot)) == -1 ||
	    field(c, "tty", r->tty, sizeof(r->tty)) == -1 ||
	    field(c, "backup", r->label, sizeof(r->label)) == -1 ||
	    number(c, "gen", 0, UINT32_MAX, &gen) == -1)
		return -1;
	r->pid = (pid_t)pid;
	r->started = (uint64_t)started;
	r->gen = (uint32_t)gen;
	return 0;
}

static int
second_half(struct cursor *c, struct ppp_record *r)
{
	long long pid;
	size_t i;

	if (field(c, "interface", r->ifname, sizeof(r->ifname)) == -1 ||
	    address(c, "local", &r->local) == -1 ||
	    address(c, "remote", &r->remote) == -1 ||
	    number(c, "pppd", 2, INT_MAX, &pid) == -1 ||
	    field(c, "linkname", r->linkname, sizeof(r->linkname)) == -1)
		return -1;
	r->reporter = (pid_t)pid;
	for (i = 0; i < 2 && c->p != c->end; i++)
		if (address(c, "dns", &r->dns[i]) == -1)
			return -1;
	r->up = 1;
	return 0;
}

int
ppp_record_parse(const char *text, size_t len, struct ppp_record *r)
{
	struct cursor c = { text, text + len };

	memset(r, 0, sizeof(*r));
	if (first_half(&c, r) == -1)
		return -1;
	if (c.p != c.end && second_half(&c, r) == -1)
		return -1;
	return c.p == c.end ? 0 : -1;
}

int
ppp_record_same(const struct ppp_record *a, const struct ppp_record *b)
{
	return a->pid == b->pid && a->started == b->started &&
	       strcmp(a->boot, b->boot) == 0 && strcmp(a->label, b->label) == 0;
}

int
ppp_record_names(const char *linkname, const char *label)
{
	size_t n = strlen(PPP_LINKNAME);

	return strncmp(linkname, PPP_LINKNAME, n) == 0 &&
	       strcmp(linkname + n, label) == 0;
}

int
ppp_record_coherent(const struct ppp_record *r)
{
	return r->up && r->reporter == r->pid &&
	       ppp_record_names(r->linkname, r->label) &&
	       r->local.family == AF_INET && r->remote.family == AF_INET;
}
