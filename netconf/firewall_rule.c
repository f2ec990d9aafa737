/* SPDX-License-Identifier: ISC */
/*
 * One rule as nft(8) prints it: its verdict, and whether it could be about a
 * new connection that leaves by an interface.  Conditions that are not known
 * here may hold or not; see firewall.h.
 */
#include <sys/types.h>

#include <fnmatch.h>
#include <string.h>

#include "netconf/firewall.h"

struct word {
	const char *p;
	size_t len;
	bool quoted;
};

struct reader {
	const char *p, *end;
	const struct firewall_table *table;
	const struct firewall_exit *exit;
	struct firewall_rule *rule;
};

/* ---- words ---- */

/* Braces and quoted names are words of their own, commas none. */
static bool
next(struct reader *r, struct word *w)
{
	const char *p = r->p;

	while (p < r->end && strchr(" \t,", *p) != NULL)
		p++;
	if (p == r->end)
		return false;
	w->quoted = *p == '"';
	w->p = p + w->quoted;
	for (p = w->p; p < r->end; p++)
		if (w->quoted ? *p == '"' : *p == ' ' || *p == '\t')
			break;
	w->len = (size_t)(p - w->p);
	r->p = p + (p < r->end);
	if (!w->quoted && w->len > 1 && w->p[w->len - 1] == ',')
		w->len--;
	return true;
}

static bool
is(const struct word *w, const char *text)
{
	return !w->quoted && w->len == strlen(text) &&
	       memcmp(w->p, text, w->len) == 0;
}

static bool
peek(const struct reader *r, struct word *w)
{
	struct reader ahead = *r;

	return next(&ahead, w);
}

/* Passes it over if it comes next. */
static bool
take(struct reader *r, const char *text)
{
	struct word w;

	return peek(r, &w) && is(&w, text) && next(r, &w);
}

static void
skip(struct reader *r, int n)
{
	struct word w;

	while (n-- > 0 && next(r, &w))
		;
}

/* ---- names of interfaces ---- */

/* Of pppd's names only the number is not known. */
static bool
is_exit(const struct reader *r, const char *name)
{
	const char *ifname = r->exit->ifname;

	if (ifname[0] != '\0')
		return fnmatch(name, ifname, 0) == 0;
	return strncmp(name, "ppp", 3) == 0 || fnmatch(name, "ppp0", 0) == 0;
}

static bool
is_uplink(const struct reader *r, const char *name)
{
	uint32_t i;

	for (i = 0; i < r->exit->conf->nuplinks; i++)
		if (strcmp(r->exit->conf->uplink[i].ifname, name) == 0)
			return true;
	return false;
}

/* Of those that a condition names. */
struct names {
	uint32_t n;
	uint32_t exits;
	uint32_t uplinks;
	bool second; /* of pairs, only what is behind the dot counts */
	bool dot;
};

static void
count(const struct reader *r, const struct word *w, struct names *n)
{
	bool counts = w->quoted && (!n->second || n->dot);
	char name[IFNAMSIZ];

	n->dot = is(w, ".");
	if (!counts)
		return;
	n->n++;
	if (w->len >= sizeof(name))
		return;
	memcpy(name, w->p, w->len);
	name[w->len] = '\0';
	n->exits += is_exit(r, name);
	n->uplinks += is_uplink(r, name);
}

/* The elements of a set, or of a map. */
static void
count_set(const struct reader *r, const struct word *name, struct names *n)
{
	const struct firewall_block *b =
	    firewall_block(r->table, FIREWALL_SET, name->p + 1, name->len - 1);
	struct reader in = *r;
	struct word w;

	if (b == NULL || (in.end = strstr(b->body, "\n\t}")) == NULL)
		return;
	in.p = b->body;
	while (next(&in, &w))
		count(r, &w, n);
}

/* What an interface is compared with; n->n 0: that is not known. */
static void
compared(struct reader *r, struct names *n)
{
	struct reader before;
	struct word w;

	if (take(r, "vmap"))
		r->rule->verdict = FIREWALL_ACCEPT;
	before = *r;
	if (!next(r, &w))
		return;
	if (is(&w, "{"))
		while (next(r, &w) && !is(&w, "}"))
			count(r, &w, n);
	else if (w.quoted) {
		n->second = false;
		count(r, &w, n);
	} else if (w.p[0] == '@')
		count_set(r, &w, n);
	else
		*r = before;
}

/* ---- conditions ---- */

/* Does it ask for nothing but answers?  "established,related" is one word. */
static bool
states_are_old(struct reader *r)
{
	bool many, old = true;
	struct word w;

	if (take(r, "!="))
		return false;
	if (take(r, "vmap"))
		r->rule->verdict = FIREWALL_ACCEPT;
	many = take(r, "{");
	while (next(r, &w) && !is(&w, "}")) {
		if (w.p[0] == '@' || memmem(w.p, w.len, "new", 3) != NULL ||
		    memmem(w.p, w.len, "untracked", 9) != NULL)
			old = false;
		if (!many)
			break;
	}
	return old;
}

static void
conntrack(struct reader *r)
{
	if (take(r, "state"))
		r->rule->other |= states_are_old(r);
	else if (take(r, "status")) /* from outside, to a port of the LAN */
		r->rule->other |= take(r, "dnat");
}

/* second: of a pair that is compared as one. */
static void
interface(struct reader *r, bool out, bool second)
{
	struct names n = { .second = second };
	struct word w;

	if (peek(r, &w) && (is(&w, "!=") || is(&w, ".")))
		return;
	compared(r, &n);
	if (n.n > 0 && (out ? n.exits == 0 : n.uplinks == n.n))
		r->rule->other = true;
}

/* ---- what stands for nothing ---- */

static bool
is_remark(struct reader *r, const struct word *w)
{
	static const char *const of_log[] = { "prefix", "level", "group",
		"snaplen", "queue-threshold", "flags" };
	size_t i, n = sizeof(of_log) / sizeof(of_log[0]);

	if (is(w, "comment"))
		skip(r, 1);
	else if (is(w, "counter")) {
		if (take(r, "packets"))
			skip(r, 3); /* N bytes N */
		else if (take(r, "name"))
			skip(r, 1);
	} else if (is(w, "log")) {
		for (i = 0; i < n; i++)
			if (take(r, of_log[i]))
				skip(r, 1);
	} else
		return false;
	return true;
}

/* ---- verdicts ---- */

static bool
is_verdict(struct reader *r, const struct word *w)
{
	struct word chain;

	if (is(w, "drop") || is(w, "reject"))
		r->rule->verdict = FIREWALL_DROP;
	else if (is(w, "return"))
		r->rule->verdict = FIREWALL_RETURN;
	else if ((is(w, "jump") || is(w, "goto")) && next(r, &chain) &&
		 !is(&chain, "{")) {
		r->rule->verdict =
		    is(w, "goto") ? FIREWALL_GOTO : FIREWALL_JUMP;
		r->rule->chain = chain.p;
		r->rule->len = chain.len;
	} else if (is(w, "accept") || is(w, "queue") || is(w, "xt") ||
		   is(w, "vmap") || is(w, "jump") || is(w, "goto"))
		r->rule->verdict = FIREWALL_ACCEPT;
	else
		return false;
	return true;
}

/* What only lets through what keeps a network going is no way out. */
static bool
is_icmp(const struct word *w)
{
	return is(w, "icmp") || is(w, "icmpv6") || is(w, "ipv6-icmp");
}

static void
condition(struct reader *r, const struct word *w, bool second)
{
	r->rule->always = false;
	if (is(w, "oifname") || is(w, "oif"))
		interface(r, true, second);
	else if (is(w, "iifname") || is(w, "iif"))
		interface(r, false, second);
	else if (is(w, "ct"))
		conntrack(r);
	else if (is_icmp(w))
		r->rule->other = true;
}

void
firewall_rule(struct firewall_rule *rule, const struct firewall_table *table,
    const struct firewall_exit *exit, const char *line, size_t len)
{
	struct reader r = { line, line + len, table, exit, rule };
	struct word w, not ;
	bool dot = false;
	int depth = 0;

	*rule = (struct firewall_rule){ .always = true };
	while (next(&r, &w)) {
		if (depth == 0 && is_remark(&r, &w))
			continue;
		if (depth == 0 && is_verdict(&r, &w))
			return;
		depth += is(&w, "{") - is(&w, "}");
		if (is(&w, "!=") && peek(&r, &not ) && !is(&not, "{"))
			skip(&r, 1);
		else if (depth == 0)
			condition(&r, &w, dot);
		dot = is(&w, ".");
	}
}
