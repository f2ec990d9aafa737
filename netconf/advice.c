/* SPDX-License-Identifier: ISC */
/* What stands in the way; see advice.h. */
#include <sys/types.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/advice.h"
#include "netconf/firewall.h"
#include "netconf/net.h"
#include "netconf/ppp_ifname.h"
#include "netconf/ppp_options.h"

#define ABSENT_MAX 32 /* names that are told: a hub may have thousands */

struct advice {
	const struct conf *conf;
	const struct net_want *w; /* uplinks and follow alone */
	const struct net_state *s;
	const struct net_machine *m;
	plan_line *line;
	void *arg;
	size_t nabsent;
	const char *absent[ABSENT_MAX];
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

static int
has(const char *line, size_t len, const char *text)
{
	return memmem(line, len, text, strlen(text)) != NULL;
}

/* ---- forwarding ---- */

/*
 * By a table of somebody else's; one by such a name is taken for it, too.
 * Ours is what the file says that runs, which may be another one.
 */
static int
masqueraded(const char *ruleset)
{
	static const char head[] = "table inet dialfail {";
	const char *p;
	size_t n;
	int ours = 0;

	for (p = ruleset; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (strncmp(p, "table ", 6) == 0)
			ours = strncmp(p, head, sizeof(head) - 1) == 0;
		if (!ours && (has(p, n, "masquerade") || has(p, n, "snat")))
			return 1;
	}
	return 0;
}

/* Does the file speak of networks that are served, beyond this host? */
static bool
serves(const struct conf *c, enum family family)
{
	const struct conf_global *g = &c->global;
	const struct prefix *net;
	uint32_t i, j;

	for (i = 0; i < g->nmasq; i++)
		if (g->masq[i].family == family)
			return true;
	for (i = 0; i < c->npeers; i++)
		for (j = 0; j < c->peer[i].nannounce; j++) {
			net = &c->peer[i].announce[j];
			if (addr_family(&net->addr) == family &&
			    net->len < 8 * addr_len(&net->addr))
				return true;
		}
	return false;
}

static void
forwarding(const struct advice *a)
{
	static const char *const name[FAMILIES] = { "net.ipv4.ip_forward",
		"net.ipv6.conf.all.forwarding" };
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (serves(a->conf, f) && !a->m->forwarding[f])
			say(a, "%s is 0: the LAN gets nowhere", name[f]);
	if (a->conf->nuplinks > 1 && a->conf->global.nmasq == 0 &&
	    a->m->forwarding[FAMILY_INET] && a->m->ruleset != NULL &&
	    !masqueraded(a->m->ruleset))
		say(a,
		    "%s is 1 and nothing is masqueraded: the LAN's own "
		    "addresses leave by a backup",
		    name[FAMILY_INET]);
}

/* ---- the forward chain ---- */

/* A table of one family is no matter for an uplink that has only the other. */
static bool
has_family(const struct advice *a, uint32_t id, enum family family)
{
	const struct msg_family *has;
	struct msg_facts f;

	plan_facts(&a->w->uplink[id], "", 0, a->s, &f);
	has = &f.family[family];
	if (f.ifindex == 0) /* yet to come: as it is proved then */
		return conf_family_targets(&a->conf->uplink[id], family) > 0;
	return has->has_route || has->address.family != AF_UNSPEC ||
	       has->gateway.family != AF_UNSPEC;
}

static bool
is_meant(const struct advice *a, uint32_t id, const char *head)
{
	if (a->m->ppp_unknown & 1u << id)
		return false;
	if (strncmp(head, "table ip6 ", 10) == 0)
		return has_family(a, id, FAMILY_INET6);
	return strncmp(head, "table ip ", 9) != 0 ||
	       has_family(a, id, FAMILY_INET);
}

static void
not_let_out(const char *head, size_t len, uint32_t id, void *arg)
{
	const struct advice *a = arg;
	const struct conf_uplink *u = &a->conf->uplink[id];
	const char *by = u->ifname[0] != '\0'       ? u->ifname
			 : a->m->ppp[id][0] != '\0' ? a->m->ppp[id]
						    : "ppp*";

	if (!is_meant(a, id, head))
		return;
	say(a,
	    "nft %.*s drops what is forwarded by default, and lets the LAN out "
	    "by %s, but not by %s%s%s",
	    (int)(len < 64 ? len : 64), head, a->conf->uplink[0].ifname, by,
	    by == u->ifname ? "" : ", which is ",
	    by == u->ifname ? "" : u->label);
}

/* ---- interfaces ---- */

/* It may come, but who mistyped it waits for that in vain. */
static void
look_for(
    struct advice *a, const char *what, const char *whose, const char *ifname)
{
	size_t i;

	if (ifname[0] == '\0' || net_link_find(a->s, ifname) != NULL)
		return;
	for (i = 0; i < a->nabsent; i++)
		if (strcmp(a->absent[i], ifname) == 0)
			return;
	if (a->nabsent == ABSENT_MAX)
		return;
	a->absent[a->nabsent++] = ifname;
	say(a, "%s%s: there is no interface %s now%s", what, whose, ifname,
	    a->nabsent == ABSENT_MAX ? "; others are not looked for" : "");
}

/* A backup that is made when it is needed has none now. */
static void
interfaces(struct advice *a)
{
	const struct conf *c = a->conf;
	const struct conf_uplink *primary = &c->uplink[0];
	uint32_t i, j;

	look_for(a, "primary", "", primary->ifname);
	look_for(a, "carrier", "", primary->carrier_ifname);
	for (i = 0; i < primary->ncompanions; i++)
		look_for(a, "companion", "", primary->companion[i]);
	for (i = 1; i < c->nuplinks; i++)
		if (!conf_dialled(&c->uplink[i]))
			look_for(a, "backup ", c->uplink[i].label,
			    c->uplink[i].ifname);
	for (i = 0; i < c->global.nmasq; i++)
		look_for(a, "masquerade", "", c->global.masq[i].ifname);
	for (i = 0; i < c->npeers; i++)
		for (j = 0; j < c->peer[i].ntunnels; j++)
			look_for(a, "tunnel of ", c->peer[i].name,
			    c->peer[i].tunnel[j].ifname);
}

/* ---- modems ---- */

/* A port may be plugged in later; who mistyped it waits for that in vain. */
static void
modems(const struct advice *a)
{
	const struct conf *c = a->conf;
	uint32_t i, n = 0;

	for (i = 1; i < c->nuplinks; i++) {
		n += conf_ppp(&c->uplink[i]);
		if (a->m->no_port & 1u << i)
			say(a, "backup %s: there is no %s now",
			    c->uplink[i].label, c->private[i].tty);
	}
	if (n > 0 && a->m->no_pppd)
		say(a, PPPD_PATH " is missing: no modem can be dialled; it is "
				 "in the package ppp");
}

/* ---- gateways ---- */

/* Of a family whose verdict moves the site. */
static int
has_gateway(const struct advice *a, const struct msg_facts *f)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (conf_family_decides(&a->conf->uplink[0], i) &&
		    f->family[i].gateway.family != AF_UNSPEC)
			return 1;
	return 0;
}

/* The configured one is near; of one that is learnt the file knows nothing. */
static void
far_gateway(const struct advice *a, const struct conf_uplink *u,
    const struct addr *gateway, enum family family)
{
	char text[ADDR_STRLEN];
	uint32_t i, n = 0;

	for (i = 0; i < u->ntargets; i++)
		n += !u->target[i].near &&
		     addr_cmp(&u->target[i].address, gateway) == 0;
	if (n > 0 && n == conf_far_targets(u, family))
		say(a,
		    "target %s of %s is its gateway: it says nothing of what "
		    "is behind it",
		    addr_format(gateway, text, sizeof(text)), u->label);
}

static void
gateways(const struct advice *a)
{
	const struct conf_uplink *u;
	const struct net_link *l;
	struct msg_facts f;
	uint32_t i, n;

	for (i = 0; i < a->conf->nuplinks; i++) {
		u = &a->conf->uplink[i];
		if ((l = net_link_find(a->s, u->ifname)) == NULL)
			continue;
		plan_facts(&a->w->uplink[i], "", 0, a->s, &f);
		for (n = 0; n < FAMILIES; n++)
			far_gateway(a, u, &f.family[n].gateway, n);
		if (i > 0 && !conf_dialled(u) && !l->pointopoint &&
		    !has_gateway(a, &f))
			say(a,
			    "backup %s: no gateway is known by %s: it cannot "
			    "take over; it needs a default route with a "
			    "larger metric than the primary's, or a gateway "
			    "in its block",
			    u->label, l->name);
	}
}

/* ---- routes, rules and the rest ---- */

/* Those of links have one name each; those that are learnt are there now. */
static void
same_gateway(const struct advice *a, uint32_t u, uint32_t v)
{
	struct msg_facts f, g;
	char text[ADDR_STRLEN];
	const struct addr *gateway;
	uint32_t i;

	plan_facts(&a->w->uplink[u], "", 0, a->s, &f);
	plan_facts(&a->w->uplink[v], "", 0, a->s, &g);
	for (i = 0; i < FAMILIES; i++) {
		gateway = &f.family[i].gateway;
		if (gateway->family != AF_UNSPEC &&
		    !addr_is_linklocal(gateway) &&
		    addr_cmp(gateway, &g.family[i].gateway) == 0)
			say(a,
			    "%s and %s have the same gateway, %s: when it "
			    "dies, so do both",
			    a->conf->uplink[u].ifname,
			    a->conf->uplink[v].ifname,
			    addr_format(gateway, text, sizeof(text)));
	}
}

static void
same_gateways(const struct advice *a)
{
	uint32_t i, j;

	for (i = 0; i < a->conf->nuplinks; i++)
		for (j = i + 1; j < a->conf->nuplinks; j++)
			same_gateway(a, i, j);
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

/* The uplinks as the plan knows them, with nothing learnt. */
static const struct net_want *
wish(const struct conf *conf)
{
	static struct net_want w;
	uint32_t i;

	memset(&w, 0, sizeof(w));
	w.nuplinks = conf->nuplinks;
	for (i = 0; i < w.nuplinks; i++)
		fill_uplink(&w.uplink[i], &conf->uplink[i]);
	w.nfollow = conf->global.nfollow;
	memcpy(w.follow, conf->global.follow, sizeof(w.follow));
	return &w;
}

void
advice_of(const struct conf *conf, const struct net_state *s,
    const struct net_machine *m, plan_line *line, void *arg)
{
	struct advice a = { .conf = conf,
		.w = wish(conf),
		.s = s,
		.m = m,
		.line = line,
		.arg = arg };

	interfaces(&a);
	modems(&a);
	forwarding(&a);
	if (m->missing != NULL)
		say(&a, "%s", m->missing);
	else if (m->ruleset != NULL)
		firewall_forward(m->ruleset, conf, m->ppp, not_let_out, &a);
	else
		say(&a, "the rule set was not read, which takes nft(8): it may "
			"drop what is forwarded, or not masquerade");
	plan_lint(a.w, s, note, &a); /* as show network tells it */
	gateways(&a);
	same_gateways(&a);
	strict(&a);
	advice_peers(conf, s, line, arg);
	if (m->rival != NULL)
		say(&a,
		    "%s moves default routes as well: only one of the two "
		    "can",
		    m->rival);
	if (m->clock_wrong)
		say(&a, "the clock is not synchronised: times in history are "
			"as wrong, and so are hours and drills");
}

int
advice_reload_of(const struct conf *conf, const struct conf *old,
    const struct net_state *s, const struct net_machine *m, plan_line *line,
    void *arg)
{
	struct advice a = { .conf = conf,
		.w = wish(conf),
		.s = s,
		.m = m,
		.line = line,
		.arg = arg };

	interfaces(&a);
	modems(&a);
	gateways(&a);
	return net_link_find(s, conf->uplink[0].ifname) == NULL &&
		       net_link_find(s, old->uplink[0].ifname) != NULL
		   ? -1
		   : 0;
}

const char *
advice_missing(void)
{
	return netops->missing();
}

static int
ppp_name_in(const char *path, bool needed, char name[IFNAMSIZ])
{
	FILE *f;
	int rc;

	if ((f = fopen(path, "re")) == NULL)
		return needed || errno != ENOENT ? -1 : 0;
	rc = ppp_ifname(f, name);
	fclose(f);
	return rc;
}

/* Of the option files, the later one counts; -1: they do not tell it. */
static int
ppp_name(const char *call, char name[IFNAMSIZ])
{
	char path[PATH_MAX];

	if (ppp_name_in(PPPD_OPTIONS, false, name) == -1)
		return -1;
	if (call[0] == '\0')
		return 0;
	snprintf(path, sizeof(path), CONF_PEERS_DIR "/%s", call);
	return ppp_name_in(path, true, name);
}

static void
uplinks_of(const struct conf *conf, struct net_uplinks *u)
{
	uint32_t i;

	u->n = conf->nuplinks;
	for (i = 0; i < conf->nuplinks; i++)
		(void)strlcpy(
		    u->ifname[i], conf->uplink[i].ifname, sizeof(u->ifname[i]));
}

/* The kernel that is open, and what modems need.  0, or -1 with errno. */
static int
look(const struct conf *conf, const struct net_uplinks *u, struct net_state *s,
    struct net_machine *m)
{
	uint32_t i;

	for (i = 0; i < conf->nuplinks; i++)
		if (conf->private[i].tty[0] != '\0' &&
		    access(conf->private[i].tty, F_OK) == -1)
			m->no_port |= 1u << i;
	m->no_pppd = access(PPPD_PATH, X_OK) == -1;
	if (netops->dump(s, u) == -1)
		return -1;
	net_state_index(s); /* a hub has thousands of names to look for */
	return 0;
}

void
advice(const struct conf *conf, plan_line *line, void *arg)
{
	struct net_machine m = { .ruleset = NULL };
	struct net_state s;
	struct advice a = { .conf = conf, .line = line, .arg = arg };
	struct net_uplinks u;
	uint32_t i;

	uplinks_of(conf, &u);
	if (netops->open() == -1 || look(conf, &u, &s, &m) == -1) {
		say(&a, "the kernel does not tell what is on it: %s",
		    strerror(errno));
		return;
	}
	for (i = 0; i < conf->nuplinks; i++)
		if (conf_ppp(&conf->uplink[i]) &&
		    ppp_name(conf->private[i].call, m.ppp[i]) == -1)
			m.ppp_unknown |= 1u << i;
	netops->machine(&m, &u);
	advice_of(conf, &s, &m, line, arg);
	free(m.ruleset);
	net_state_free(&s);
}

int
advice_reload(
    const struct conf *conf, const struct conf *old, plan_line *line, void *arg)
{
	struct net_machine m = { .ruleset = NULL };
	struct net_uplinks u;
	struct net_state s;
	int fits;

	uplinks_of(conf, &u);
	if (look(conf, &u, &s, &m) == -1)
		return 0; /* net_reloaded() takes that seriously */
	fits = advice_reload_of(conf, old, &s, &m, line, arg);
	net_state_free(&s);
	return fits;
}
