/* SPDX-License-Identifier: ISC */
/* The plan in words, after ip(8): steps as they are done, and differences. */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netconf/nft.h"
#include "netconf/plan_int.h"

static const char *
name_of(const struct net_state *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (s->links[i].ifindex == ifindex)
			return s->links[i].name;
	return "?";
}

void
plan_rule_text(
    const struct net_rule *r, const char *verb, char *buf, size_t size)
{
	char from[ADDR_STRLEN] = "", what[128] = "", table[16];

	if (r->from.family != AF_UNSPEC) {
		addr_format(&r->from, from, sizeof(from));
		snprintf(what, sizeof(what), "from %s ", from);
	} else if (r->mask != 0)
		snprintf(
		    what, sizeof(what), "fwmark 0x%x/0x%x ", r->mark, r->mask);
	else if (r->oif[0] != '\0')
		snprintf(what, sizeof(what), "oif %s ", r->oif);
	snprintf(table, sizeof(table), "%u", r->table);
	snprintf(buf, size, "rule%s%s pref %u %slookup %s%s%s", verb,
	    r->family == AF_INET6 ? " -6" : "", r->pref, what,
	    r->table == NET_MAIN ? "main" : table,
	    r->suppress ? " suppress_ifgroup 157" : "",
	    r->no_default ? " suppress_prefixlength 0" : "");
}

void
plan_route_text(const struct net_route *r, const struct net_state *s,
    const char *verb, char *buf, size_t size)
{
	char dst[PREFIX_STRLEN] = "default", via[ADDR_STRLEN + 8] = "";
	char gateway[ADDR_STRLEN], mtu[16] = "";
	const char *family = r->dst.addr.family == AF_INET6 ? " -6" : "";

	if (r->dst.len > 0)
		prefix_format(&r->dst, dst, sizeof(dst));
	if (r->type != NET_UNICAST) {
		snprintf(buf, size, "route%s%s %s %s table %u", verb, family,
		    r->type == NET_THROW ? "throw" : "unreachable", dst,
		    r->table);
		return;
	}
	if (r->gateway.family != AF_UNSPEC) {
		addr_format(&r->gateway, gateway, sizeof(gateway));
		snprintf(via, sizeof(via), "via %s ", gateway);
	}
	if (r->mtu != 0)
		snprintf(mtu, sizeof(mtu), " mtu %u", r->mtu);
	snprintf(buf, size, "route%s%s %s %sdev %s table %u%s", verb, family,
	    dst, via, name_of(s, r->ifindex), r->table, mtu);
}

const char *
plan_step_word(const struct step *st)
{
	switch (st->type) {
	case STEP_RP_FILTER:
	case STEP_LINKDOWN:
		return "sysctl";
	case STEP_NAT:
	case STEP_ELEMENT_DEL:
	case STEP_ELEMENT_ADD:
		return "nft";
	case STEP_MARKS:
	case STEP_MARKS_END:
		return "flows";
	case STEP_TUNNEL:
	case STEP_TWIN_AHEAD:
	case STEP_TWIN_BEHIND:
	case STEP_TWIN_DEL:
		return "tunnel";
	case STEP_RULE_ADD:
	case STEP_RULE_DEL:
		return "rule";
	case STEP_ROUTE_ADD:
	case STEP_ROUTE_DEL:
		return "route";
	case STEP_GROUP:
	case STEP_LINK_UP:
	case STEP_LINK_DOWN:
	case STEP_UNDO:
		break;
	}
	return "link";
}

static void
element_text(
    const struct net_element *e, const char *verb, char *buf, size_t size)
{
	char text[ELEMENT_STRLEN];

	snprintf(buf, size, "nft %selement %s { %s }", verb,
	    plan_set_name(e->set), plan_element_text(e, text, sizeof(text)));
}

static void
marks_text(const struct step *st, char *buf, size_t size)
{
	if (st->type == STEP_MARKS_END)
		snprintf(buf, size, "flows: new marks in 0x%08x", st->value);
	else if ((st->old & st->value) != 0)
		snprintf(buf, size, "flows: note marks in 0x%08x", st->old);
	else
		snprintf(buf, size, "flows: marks in 0x%08x beside 0x%08x",
		    st->value, st->old);
}

void
plan_step_text(
    const struct step *st, const struct net_state *s, char *buf, size_t size)
{
	switch (st->type) {
	case STEP_GROUP:
		snprintf(
		    buf, size, "link set %s group %u", st->ifname, st->value);
		break;
	case STEP_RP_FILTER:
		snprintf(buf, size, "sysctl net.ipv4.conf.%s.rp_filter=%u",
		    st->ifname, st->value);
		break;
	case STEP_LINKDOWN:
		snprintf(buf, size,
		    "sysctl net.ipv%u.conf.%s.ignore_routes_with_linkdown=%u",
		    st->family == FAMILY_INET6 ? 6 : 4, st->ifname, st->value);
		break;
	case STEP_NAT:
		strlcpy(buf, "nft table inet dialfail", size);
		break;
	case STEP_MARKS:
	case STEP_MARKS_END:
		marks_text(st, buf, size);
		break;
	case STEP_TUNNEL:
		plan_tunnel_text(st, s, buf, size);
		break;
	case STEP_TWIN_AHEAD:
	case STEP_TWIN_BEHIND:
	case STEP_TWIN_DEL:
		plan_twin_text(st, buf, size);
		break;
	case STEP_ELEMENT_DEL:
		element_text(&st->element, "delete ", buf, size);
		break;
	case STEP_ELEMENT_ADD:
		element_text(&st->element, "add ", buf, size);
		break;
	case STEP_RULE_ADD:
		plan_rule_text(&st->rule, " add", buf, size);
		break;
	case STEP_RULE_DEL:
		plan_rule_text(&st->rule, " del", buf, size);
		break;
	case STEP_ROUTE_ADD:
		plan_route_text(&st->route, s, " add", buf, size);
		break;
	case STEP_ROUTE_DEL:
		plan_route_text(&st->route, s, " del", buf, size);
		break;
	case STEP_LINK_UP:
		snprintf(buf, size, "link set %s up", st->ifname);
		break;
	case STEP_LINK_DOWN:
		snprintf(buf, size, "link set %s down", st->ifname);
		break;
	case STEP_UNDO:
		snprintf(buf, size, "give back what was overwritten on %s",
		    st->ifname);
		break;
	}
}

struct show {
	const struct net_want *w;
	const struct net_state *s;
	plan_line *line;
	void *arg;
};

static void __attribute__((__format__(printf, 3, 4)))
say(const struct show *sh, int different, const char *fmt, ...)
{
	char text[MSG_TEXT_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sh->line(text, different, sh->arg);
}

/* For one that is not there nothing can be laid, unless traffic is on it. */
static void
show_links(const struct show *sh)
{
	const struct net_uplink *u;
	const struct net_link *l;
	uint32_t i;

	for (i = 0; !sh->w->clear && i < sh->w->nuplinks; i++) {
		u = &sh->w->uplink[i];
		if ((l = net_link_find(sh->s, u->ifname)) == NULL) {
			say(sh, u->ifname[0] != '\0' && i == sh->w->active,
			    "link %s: %s",
			    u->ifname[0] != '\0' ? u->ifname : u->label,
			    u->ifname[0] != '\0' ? "no such interface"
						 : "not connected");
			continue;
		}
		say(sh, l->group != NET_GROUP, "link %s group %u", l->name,
		    l->group);
		if (i > 0)
			say(sh, l->rp_filter == 1, "sysctl %s.rp_filter=%u",
			    l->name, l->rp_filter);
		if (plan_shut(sh->w, l->name))
			say(sh, l->up, "link %s %s", l->name,
			    l->up ? "up, to be down" : "down (shutdown)");
	}
}

static void
show_rules(const struct show *sh, const struct wanted *d)
{
	char text[MSG_TEXT_LEN];
	size_t i, j;

	for (i = 0; i < d->nrules; i++) {
		for (j = 0; j < sh->s->nrules; j++)
			if (plan_same_rule(&sh->s->rules[j], &d->rule[i]))
				break;
		plan_rule_text(&d->rule[i], "", text, sizeof(text));
		say(sh, j == sh->s->nrules, "%s%s", text,
		    j == sh->s->nrules ? ": missing" : "");
	}
	for (j = 0; j < sh->s->nrules; j++) {
		for (i = 0; i < d->nrules; i++)
			if (plan_same_rule(&sh->s->rules[j], &d->rule[i]))
				break;
		if (i < d->nrules)
			continue;
		plan_rule_text(&sh->s->rules[j], "", text, sizeof(text));
		say(sh, 1, "%s: not wanted", text);
	}
	if (sh->s->nrules >= d->nrules &&
	    !(plan_rules_equal(d, sh->s, AF_INET) &&
		plan_rules_equal(d, sh->s, AF_INET6)))
		say(sh, 1, "rules: in another order, or more than once");
}

static void
show_routes(const struct show *sh, const struct wanted *d)
{
	const struct net_state *s = sh->s;
	char text[MSG_TEXT_LEN];
	size_t i, j;

	for (i = 0; i < d->nroutes; i++) {
		for (j = 0; j < s->nroutes; j++)
			if (plan_ours(&s->routes[j]) &&
			    plan_same_route(&s->routes[j], &d->route[i]))
				break;
		plan_route_text(&d->route[i], s, "", text, sizeof(text));
		say(sh, j == s->nroutes, "%s%s", text,
		    j == s->nroutes ? ": missing" : "");
	}
	for (j = 0; j < s->nroutes; j++) {
		if (!plan_ours(&s->routes[j]))
			continue;
		for (i = 0; i < d->nroutes; i++)
			if (plan_same_route(&s->routes[j], &d->route[i]))
				break;
		if (i < d->nroutes)
			continue;
		plan_route_text(&s->routes[j], s, "", text, sizeof(text));
		say(sh, 1, "%s: not wanted", text);
	}
}

static void
show_elements(const struct show *sh, const struct wanted *d)
{
	const struct net_state *s = sh->s;
	char text[MSG_TEXT_LEN];
	size_t i;
	int missing;

	for (i = 0; i < d->nelements; i++) {
		missing = plan_element_in(s->elements, s->nelements,
			      &d->element[i]) == NULL;
		element_text(&d->element[i], "", text, sizeof(text));
		say(sh, missing, "%s%s", text, missing ? ": missing" : "");
	}
	for (i = 0; i < s->nelements; i++) {
		if (plan_element_in(
			d->element, d->nelements, &s->elements[i]) != NULL)
			continue;
		element_text(&s->elements[i], "", text, sizeof(text));
		say(sh, 1, "%s: not wanted", text);
	}
}

/* What is overwritten and would be given back. */
static void
show_undo(const struct show *sh)
{
	char text[UNDO_ROUTE_LEN + 64];
	size_t i;

	for (i = 0; i < sh->w->undo->n; i++) {
		undo_text(&sh->w->undo->entry[i], text, sizeof(text));
		say(sh, sh->w->clear, "before: %.200s", text);
	}
}

void
plan_show(const struct net_want *w, const struct net_state *s, plan_line *line,
    void *arg)
{
	struct show sh = { w, s, line, arg };
	static char text[PLAN_NFT_MAX];
	struct wanted d;
	int wanted;

	memset(&d, 0, sizeof(d));
	plan_wanted(w, s, &d);
	show_links(&sh);
	show_rules(&sh, &d);
	show_routes(&sh, &d);
	plan_show_tunnels(w, s, line, arg);
	plan_show_twins(w, s, line, arg);
	plan_show_peer_routes(w, s, line, arg);
	if (nft_text(w, NULL, text, sizeof(text)) == -1)
		text[0] = '\0';
	wanted = !w->clear;
	if (wanted || s->nat)
		say(&sh,
		    (s->nat != 0) != wanted ||
			(wanted && (w->nat_loaded == NULL ||
				       strcmp(w->nat_loaded, text) != 0)),
		    "nft table inet dialfail%s", s->nat ? "" : ": missing");
	show_elements(&sh, &d);
	show_undo(&sh);
	if (wanted)
		plan_lint(w, s, line, arg);
}
