/* SPDX-License-Identifier: ISC */
/* What stands in the way; see advice.h. */
#include <sys/types.h>

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/advice.h"
#include "netconf/net.h"

struct advice {
	const struct conf *conf;
	const struct net_state *s;
	const struct net_machine *m;
	plan_line *line;
	void *arg;
};

static void __attribute__((__format__(printf, 2, 3)))
say(const struct advice *a, const char *fmt, ...)
{
	char text[MSG_TEXT_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->line(text, 0, a->arg);
}

/* ---- forwarding ---- */

/* By a table of somebody else's; one by such a name is taken for it, too. */
static int
masqueraded(const char *ruleset)
{
	return strstr(ruleset, "masquerade") != NULL ||
	       strstr(ruleset, "snat") != NULL;
}

static void
forwarding(const struct advice *a)
{
	static const char *const name[FAMILIES] = { "net.ipv4.ip_forward",
		"net.ipv6.conf.all.forwarding" };
	const struct conf_global *g = &a->conf->global;
	uint32_t f, i, n;

	for (f = 0; f < FAMILIES; f++) {
		for (i = n = 0; i < g->nmasq; i++)
			n += g->masq[i].family == f;
		if (n > 0 && !a->m->forwarding[f])
			say(a, "%s is 0: the LAN gets nowhere", name[f]);
	}
	if (a->conf->nuplinks > 1 && g->nmasq == 0 &&
	    a->m->forwarding[FAMILY_INET] && a->m->ruleset != NULL &&
	    !masqueraded(a->m->ruleset))
		say(a,
		    "%s is 1 and nothing is masqueraded: the LAN's own "
		    "addresses leave by a backup",
		    name[FAMILY_INET]);
}

/* ---- the forward chain ---- */

/* A table of a rule set: whether it drops by default, and whom it names. */
struct table {
	char head[64];
	int drops;
	int named[CONF_UPLINKS_MAX];
};

/* Does this line have the interface, or a pattern for it, in quotes? */
static int
names(const char *line, size_t len, const char *ifname)
{
	char word[IFNAMSIZ + 1];
	const char *p, *end, *stop = line + len;

	for (p = line; (p = memchr(p, '"', (size_t)(stop - p))) != NULL;
	     p = end + 1) {
		p++;
		if ((end = memchr(p, '"', (size_t)(stop - p))) == NULL)
			break;
		if ((size_t)(end - p) >= sizeof(word))
			continue;
		memcpy(word, p, (size_t)(end - p));
		word[end - p] = '\0';
		if (fnmatch(word, ifname, 0) == 0)
			return 1;
	}
	return 0;
}

/*
 * What it makes of a packet cannot be foretold but by trying; yet one that
 * lets the LAN out by the primary by its name has one for the backup, too.
 */
static void
table_end(const struct advice *a, const struct table *t)
{
	uint32_t i;

	if (!t->drops || !t->named[0])
		return;
	for (i = 1; i < a->conf->nuplinks; i++)
		if (a->conf->uplink[i].ifname[0] != '\0' && !t->named[i])
			say(a,
			    "nft %s drops what is forwarded by default, and "
			    "has rules for %s but none for %s",
			    t->head, a->conf->uplink[0].ifname,
			    a->conf->uplink[i].ifname);
}

static int
has(const char *line, size_t len, const char *text)
{
	return memmem(line, len, text, strlen(text)) != NULL;
}

static void
table_line(
    const struct advice *a, struct table *t, const char *line, size_t len)
{
	uint32_t i;

	if (strncmp(line, "table ", 6) == 0) {
		memset(t, 0, sizeof(*t));
		snprintf(t->head, sizeof(t->head), "%.*s",
		    (int)strcspn(line, "{\n") - 1, line);
	} else if (line[0] == '}')
		table_end(a, t);
	if (has(line, len, "hook forward") && has(line, len, "policy drop"))
		t->drops = 1;
	for (i = 0; i < a->conf->nuplinks; i++)
		t->named[i] |= names(line, len, a->conf->uplink[i].ifname);
}

/* nft(8) lists a table from its head in the first column to its brace. */
static void
forward_chains(const struct advice *a)
{
	struct table t = { .drops = 0 };
	const char *p;
	size_t n;

	for (p = a->m->ruleset; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		table_line(a, &t, p, n);
	}
}

/* ---- routes, rules and the rest ---- */

static void
same_gateway(const struct advice *a, const struct net_route *r, uint32_t i,
    const struct net_route *other)
{
	char text[ADDR_STRLEN];
	const struct net_link *l =
	    net_link_find(a->s, a->conf->uplink[i].ifname);

	if (l != NULL && other->ifindex == l->ifindex && other->dst.len == 0 &&
	    other->table == NET_MAIN && other->gateway.family != AF_UNSPEC &&
	    addr_cmp(&r->gateway, &other->gateway) == 0)
		say(a,
		    "%s and %s have the same gateway, %s: when it dies, so "
		    "do both",
		    a->conf->uplink[0].ifname, l->name,
		    addr_format(&r->gateway, text, sizeof(text)));
}

static void
gateways(const struct advice *a)
{
	const struct net_link *l =
	    net_link_find(a->s, a->conf->uplink[0].ifname);
	const struct net_route *r;
	uint32_t u;
	size_t i, j;

	for (i = 0; l != NULL && i < a->s->nroutes; i++) {
		r = &a->s->routes[i];
		if (r->ifindex != l->ifindex || r->dst.len != 0 ||
		    r->table != NET_MAIN)
			continue;
		for (j = 0; j < a->s->nroutes; j++)
			for (u = 1; u < a->conf->nuplinks; u++)
				same_gateway(a, r, u, &a->s->routes[j]);
	}
}

static void
strict(const struct advice *a)
{
	const struct net_link *l;
	uint32_t i;

	for (i = 1; i < a->conf->nuplinks; i++) {
		l = net_link_find(a->s, a->conf->uplink[i].ifname);
		if (l != NULL && l->rp_filter == 1)
			say(a,
			    "rp_filter of %s is 1, strict: it is set to 2, "
			    "loose, while the daemon runs",
			    l->name);
	}
}

static void
note(const char *text, int different, void *arg)
{
	const struct advice *a = arg;

	(void)different;
	say(a, "%s", strncmp(text, "note: ", 6) == 0 ? text + 6 : text);
}

/* What show network would tell. */
static void
notes(struct advice *a)
{
	static struct net_want w;
	uint32_t i;

	memset(&w, 0, sizeof(w));
	w.nuplinks = a->conf->nuplinks;
	for (i = 0; i < w.nuplinks; i++)
		(void)strlcpy(w.uplink[i].ifname, a->conf->uplink[i].ifname,
		    sizeof(w.uplink[i].ifname));
	w.nfollow = a->conf->global.nfollow;
	memcpy(w.follow, a->conf->global.follow, sizeof(w.follow));
	plan_lint(&w, a->s, note, a);
}

void
advice_of(const struct conf *conf, const struct net_state *s,
    const struct net_machine *m, plan_line *line, void *arg)
{
	struct advice a = { conf, s, m, line, arg };

	forwarding(&a);
	if (m->ruleset != NULL)
		forward_chains(&a);
	else
		say(&a, "the rule set was not read, which takes nft(8): it may "
			"drop what is forwarded, or not masquerade");
	notes(&a);
	gateways(&a);
	strict(&a);
	if (m->rival != NULL)
		say(&a,
		    "%s moves default routes as well: only one of the two "
		    "can",
		    m->rival);
	if (m->clock_wrong)
		say(&a, "the clock is not synchronised: times in history are "
			"as wrong, and so are hours and drills");
}

void
advice(const struct conf *conf, plan_line *line, void *arg)
{
	struct net_uplinks u = { .n = conf->nuplinks };
	struct net_machine m = { .ruleset = NULL };
	struct net_state s;
	struct advice a = { conf, NULL, NULL, line, arg };
	uint32_t i;

	for (i = 0; i < conf->nuplinks; i++)
		(void)strlcpy(
		    u.ifname[i], conf->uplink[i].ifname, sizeof(u.ifname[i]));
	if (netops->open() == -1 || netops->dump(&s, &u) == -1) {
		say(&a, "the kernel does not tell what is on it: %s",
		    strerror(errno));
		return;
	}
	netops->machine(&m);
	advice_of(conf, &s, &m, line, arg);
	free(m.ruleset);
	net_state_free(&s);
}
