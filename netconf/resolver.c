/* SPDX-License-Identifier: ISC */
/* What is written of resolvers; see resolver.h. */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/resolver.h"

#define HEAD "# by dialfail, while traffic is on a backup\n"
#define WAS  "#dialfail: " /* before a line of the old one */

static const char *const hows[] = {
	[RESOLVER_NONE] = "none",
	[RESOLVER_RESOLVED] = "resolved",
	[RESOLVER_RESOLVCONF] = "resolvconf",
	[RESOLVER_FILE] = "file",
	[RESOLVER_MADE] = "made",
};
_Static_assert(
    sizeof(hows) / sizeof(hows[0]) == RESOLVER_HOW_MAX, "a word for each way");

int
resolver_same(const struct resolver *a, const struct resolver *b)
{
	uint32_t i;

	if (a->n != b->n || strcmp(a->ifname, b->ifname) != 0)
		return 0;
	for (i = 0; i < a->n; i++)
		if (addr_cmp(&a->server[i], &b->server[i]) != 0)
			return 0;
	return 1;
}

void
resolver_servers(
    const struct resolver *r, const char *between, char *buf, size_t size)
{
	char text[ADDR_STRLEN];
	uint32_t i;

	buf[0] = '\0';
	for (i = 0; i < r->n; i++) {
		if (i > 0)
			strlcat(buf, between, size);
		addr_format(&r->server[i], text, sizeof(text));
		strlcat(buf, text, size);
	}
}

int
resolver_lines(const struct resolver *r, char *buf, size_t size)
{
	char text[ADDR_STRLEN];
	uint32_t i;

	for (i = 0; i < r->n; i++) {
		addr_format(&r->server[i], text, sizeof(text));
		strlcat(buf, "nameserver ", size);
		strlcat(buf, text, size);
		if (strlcat(buf, "\n", size) >= size)
			return -1;
	}
	return 0;
}

/* A server of the old one, in a line that may begin with blanks. */
static int
names_server(const char *line)
{
	static const char word[] = "nameserver";

	line += strspn(line, " \t");
	return strncmp(line, word, sizeof(word) - 1) == 0 &&
	       strchr(" \t", line[sizeof(word) - 1]) != NULL;
}

/* -1: no room. */
static int
append(char *buf, size_t size, const char *text, size_t len)
{
	size_t used = strlen(buf);

	if (len >= size - used) {
		errno = EFBIG;
		return -1;
	}
	memcpy(buf + used, text, len);
	buf[used + len] = '\0';
	return 0;
}

static size_t
line_len(const char *text)
{
	size_t len = strcspn(text, "\n");

	return len + (text[len] == '\n');
}

int
resolver_text(const struct resolver *r, const char *old, char *buf, size_t size)
{
	size_t len;

	strlcpy(buf, HEAD, size);
	if (resolver_lines(r, buf, size) == -1)
		return -1;
	for (; *old != '\0'; old += len) {
		len = line_len(old);
		if ((names_server(old) &&
			append(buf, size, WAS, strlen(WAS)) == -1) ||
		    append(buf, size, old, len) == -1)
			return -1;
	}
	return 0;
}

int
resolver_old(const char *text, char *buf, size_t size)
{
	size_t len;

	buf[0] = '\0';
	if (strncmp(text, HEAD, strlen(HEAD)) != 0) {
		errno = ENOENT;
		return -1;
	}
	for (text += strlen(HEAD); names_server(text); text += line_len(text))
		;
	for (; *text != '\0'; text += len) {
		if (strncmp(text, WAS, strlen(WAS)) == 0)
			text += strlen(WAS);
		len = line_len(text);
		if (append(buf, size, text, len) == -1)
			return -1;
	}
	return 0;
}

void
resolver_format(const struct resolver *r, char *buf, size_t size)
{
	char servers[CONF_DNS_MAX * ADDR_STRLEN];

	resolver_servers(r, ",", servers, sizeof(servers));
	snprintf(buf, size, "%s %s %s %s\n", hows[r->how], r->ifname, servers,
	    r->path[0] != '\0' ? r->path : "-");
}

static int
parse_servers(char *list, struct resolver *r)
{
	char *one;

	while ((one = strsep(&list, ",")) != NULL)
		if (r->n == CONF_DNS_MAX ||
		    addr_parse(one, &r->server[r->n++]) == -1)
			return -1;
	return 0;
}

/* 1 if the path goes with the way. */
static int
path_fits(const struct resolver *r)
{
	int file = r->how == RESOLVER_FILE || r->how == RESOLVER_MADE;

	return file ? r->path[0] == '/' : r->path[0] == '\0';
}

int
resolver_parse(const char *line, struct resolver *r)
{
	char copy[PATH_MAX + 256], *rest = copy, *how, *ifname, *servers;
	int i;

	memset(r, 0, sizeof(*r));
	if (strlcpy(copy, line, sizeof(copy)) >= sizeof(copy))
		return -1;
	copy[strcspn(copy, "\n")] = '\0';
	how = strsep(&rest, " ");
	ifname = strsep(&rest, " ");
	servers = strsep(&rest, " ");
	if (rest == NULL || ifname[0] == '\0' ||
	    strlcpy(r->ifname, ifname, IFNAMSIZ) >= IFNAMSIZ ||
	    parse_servers(servers, r) == -1)
		return -1;
	if (strcmp(rest, "-") != 0 &&
	    strlcpy(r->path, rest, sizeof(r->path)) >= sizeof(r->path))
		return -1;
	for (i = RESOLVER_RESOLVED; i < RESOLVER_HOW_MAX; i++)
		if (strcmp(hows[i], how) == 0)
			r->how = (enum resolver_how)i;
	return r->how != RESOLVER_NONE && path_fits(r) ? 0 : -1;
}
