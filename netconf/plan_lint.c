/* SPDX-License-Identifier: ISC */
/*
 * What others have done that keeps traffic from moving with the rest, and a
 * LAN that is not there.  It is theirs to do, and is not touched; but who is
 * on call at an outage should have read of it before.
 */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netconf/plan_int.h"

struct lint {
	const struct net_want *w;
	const struct net_state *s;
	plan_line *line;
	void *arg;
};

static void __attribute__((__format__(printf, 2, 3)))
say(const struct lint *lint, const char *fmt, ...)
{
	char text[MSG_TEXT_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lint->line(text, 0, lint->arg);
}

static void
lint_rules(const struct lint *lint)
{
	const struct net_foreign *f;
	size_t i;

	for (i = 0; i < lint->s->nforeign; i++) {
		f = &lint->s->foreign[i];
		say(lint,
		    "note: rule%s pref %u looks up main before ours: what it "
		    "takes does not move%s",
		    f->family == AF_INET6 ? " -6" : "", f->pref,
		    f->no_default ? ", but by a default route" : "");
	}
}

static const char *
name(const struct lint *lint, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < lint->s->nlinks; i++)
		if (lint->s->links[i].ifindex == ifindex)
			return lint->s->links[i].name;
	return "?";
}

/* The rule that suppresses looks at a route's first hop alone. */
static void
lint_shared(const struct lint *lint)
{
	char dst[PREFIX_STRLEN];
	const struct net_route *r;
	size_t i;

	for (i = 0; i < lint->s->nroutes; i++) {
		r = &lint->s->routes[i];
		if (r->table != NET_MAIN || r->beside == 0 ||
		    !plan_is_uplinks(lint->w, lint->s, r->ifindex) ||
		    plan_is_uplinks(lint->w, lint->s, r->beside))
			continue;
		say(lint,
		    "note: route %s leaves by %s and by %s: it moves if the "
		    "first of them is an uplink",
		    prefix_format(&r->dst, dst, sizeof(dst)),
		    name(lint, r->ifindex), name(lint, r->beside));
	}
}

/* Named once for each family. */
static int
named_before(const struct net_want *w, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (strcmp(w->masq[i].ifname, w->masq[n].ifname) == 0)
			return 1;
	return 0;
}

static void
lint_lan(const struct lint *lint)
{
	const struct net_want *w = lint->w;
	uint32_t i;

	for (i = 0; i < w->nmasq; i++)
		if (w->masq[i].ifname[0] != '\0' && !named_before(w, i) &&
		    net_link_find(lint->s, w->masq[i].ifname) == NULL)
			say(lint,
			    "note: masquerade: there is no interface %s: its "
			    "networks get nowhere",
			    w->masq[i].ifname);
}

void
plan_lint(const struct net_want *w, const struct net_state *s, plan_line *line,
    void *arg)
{
	const struct lint lint = { w, s, line, arg };

	lint_rules(&lint);
	lint_shared(&lint);
	lint_lan(&lint);
	if (plan_private_too_many(w, s))
		say(&lint,
		    "note: more than %u routes to private networks: on a "
		    "backup all of a family are refused",
		    PRIVATE_MAX);
}
