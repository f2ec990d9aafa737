/* SPDX-License-Identifier: ISC */
/*
 * The configuration as text that parses again to the same structs (-nv), and
 * what it means for a site in comment lines: how soon an outage is seen, how
 * often one is seen that is none, when the way back is taken.  Secrets are
 * known by their files only, so none can be printed.
 */
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

static void
print_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		fputc(*s, f);
	}
	fputc('"', f);
}

/* A name that is also a word of the grammar needs its quotes. */
static void
print_name(FILE *f, const char *name)
{
	if (conf_keyword(name))
		print_string(f, name);
	else
		fputs(name, f);
}

static void
print_duration(FILE *f, const char *word, uint32_t ms)
{
	char buf[CONF_DURATION_LEN];

	fprintf(f, "%s %s\n", word, conf_duration(ms, buf));
}

static void
print_quorum(FILE *f, const char *word, const struct conf_quorum *q)
{
	static const char *const kinds[] = {
		[CONF_QUORUM_ALL] = "all",
		[CONF_QUORUM_MOST] = "most",
		[CONF_QUORUM_ANY] = "any",
	};

	if (q->kind == CONF_QUORUM_NUMBER)
		fprintf(f, "%s %u\n", word, q->number);
	else
		fprintf(f, "%s %s\n", word, kinds[q->kind]);
}

static void
print_size(FILE *f, const char *word, uint64_t octets)
{
	char buf[CONF_SIZE_LEN];

	fprintf(f, "%s %s\n", word, conf_size(octets, buf));
}

static void
print_dns(FILE *f, const struct conf_target *t)
{
	char buf[ADDR_STRLEN];

	fprintf(f, " query ");
	print_string(f, t->query);
	if (t->answer.family != AF_UNSPEC)
		fprintf(
		    f, " answer %s", addr_format(&t->answer, buf, sizeof(buf)));
}

static void
print_target(FILE *f, const struct conf_target *t)
{
	static const char *const methods[] = {
		[CONF_METHOD_ICMP] = "",
		[CONF_METHOD_TCP] = "tcp ",
		[CONF_METHOD_DNS] = "dns ",
	};
	char buf[ADDR_STRLEN];

	fprintf(f, "\ttarget %s%s", methods[t->method],
	    addr_format(&t->address, buf, sizeof(buf)));
	if (t->port != 0)
		fprintf(f, " port %u", t->port);
	if (t->method == CONF_METHOD_DNS)
		print_dns(f, t);
	fprintf(f, "%s\n", t->near ? " near" : "");
}

/* The gateways are the last, one for each family, and written once. */
static void
print_targets(FILE *f, const struct conf_uplink *u)
{
	uint32_t i;

	for (i = 0; i < u->ntargets; i++) {
		if (u->target[i].method == CONF_METHOD_GATEWAY) {
			fprintf(f, "\ttarget gateway\n");
			break;
		}
		print_target(f, &u->target[i]);
	}
}

/* auto is what is not written, of a backup it goes without saying. */
static void
print_gateways(FILE *f, const struct conf_uplink *u)
{
	char buf[ADDR_STRLEN];
	uint32_t i, given = 0;

	for (i = 0; i < FAMILIES; i++) {
		if (u->gateway[i].family == AF_UNSPEC)
			continue;
		fprintf(f, "\tgateway %s\n",
		    addr_format(&u->gateway[i], buf, sizeof(buf)));
		given++;
	}
	if (given == 0 && u->role == CONF_PRIMARY)
		fprintf(f, "\tgateway auto\n");
}

static void
print_probe(FILE *f, const struct conf_probe *p)
{
	fprintf(f, "\tprobe {\n\t\tcount %u\n", p->count);
	print_duration(f, "\t\tinterval", p->interval_ms);
	print_duration(f, "\t\ttimeout", p->timeout_ms);
	print_duration(f, "\t\tdelay", p->delay_ms);
	fprintf(f, "\t\tretry %u\n", p->retry);
	print_quorum(f, "\t\tsuccess", &p->success);
	print_quorum(f, "\t\trequire", &p->require);
	if (p->budget != 0)
		print_size(f, "\t\tbudget", p->budget);
	fprintf(f, "\t}\n");
}

static void
print_primary(FILE *f, const struct conf_uplink *u)
{
	uint32_t i;

	fprintf(f, "primary ");
	print_name(f, u->ifname);
	fprintf(f, " {\n");
	fprintf(f, "\tcarrier ");
	if (u->carrier == CONF_CARRIER_OF)
		print_name(f, u->carrier_ifname);
	else
		fputs(u->carrier == CONF_CARRIER_NONE ? "none" : "itself", f);
	fputc('\n', f);
	print_gateways(f, u);
	print_targets(f, u);
	print_probe(f, &u->probe);
	fprintf(f, "\tdecide %s\n", conf_decide_words[u->decide]);
	fprintf(f, "\tshutdown %s\n", u->shutdown ? "yes" : "no");
	if (u->linkdown)
		fprintf(f, "\tlinkdown ignore\n");
	for (i = 0; i < u->ncompanions; i++) {
		fprintf(f, i == 0 ? "\tcompanion " : " ");
		print_name(f, u->companion[i]);
	}
	fprintf(f, "%s}\n", u->ncompanions > 0 ? "\n" : "");
}

static void
print_radio(FILE *f, const struct conf_modem *m, const struct conf_private *p)
{
	if (m->apn[0] != '\0') {
		fprintf(f, "\tapn ");
		print_string(f, m->apn);
		fprintf(f, " pdp %s\n", conf_pdp_words[m->pdp]);
	}
	if (m->pin) {
		fprintf(f, "\tpin file ");
		print_string(f, p->pin);
		fputc('\n', f);
	}
	if (m->status) {
		fprintf(f, "\tstatus ");
		print_string(f, p->status);
		fputc('\n', f);
	}
}

static void
print_modem(FILE *f, const struct conf_modem *m, const struct conf_private *p)
{
	uint32_t i;

	fprintf(f, "\tmodem ");
	print_string(f, p->tty);
	fprintf(f, " speed %u\n", m->speed);
	for (i = 0; i < m->ninits; i++) {
		fprintf(f, i == 0 ? "\tinit " : " ");
		print_string(f, m->init[i]);
	}
	fprintf(f, "%s\tphone", m->ninits > 0 ? "\n" : "");
	for (i = 0; i < m->nphones; i++) {
		fputc(' ', f);
		print_string(f, m->phone[i]);
	}
	fputc('\n', f);
	print_radio(f, m, p);
	if (p->account[0] != '\0') {
		fprintf(f, "\taccount ");
		print_string(f, p->account);
		fprintf(f, " secret file ");
		print_string(f, p->secret);
		fputc('\n', f);
	}
}

static void
print_hooks(FILE *f, const struct conf_uplink *u, const struct conf_private *p)
{
	char buf[CONF_DURATION_LEN];

	if (u->start_ms == 0)
		return;
	fprintf(f, " { start ");
	print_string(f, p->start);
	fprintf(f, " stop ");
	print_string(f, p->stop);
	fprintf(f, " timeout %s }", conf_duration(u->start_ms, buf));
}

static void
print_dns_servers(FILE *f, const struct conf_private *p)
{
	char buf[ADDR_STRLEN];
	uint32_t i;

	for (i = 0; i < p->ndns; i++)
		fprintf(f, "%s%s", i == 0 ? "\tdns " : " ",
		    addr_format(&p->dns[i], buf, sizeof(buf)));
	if (p->ndns > 0)
		fputc('\n', f);
}

static void
print_backup(FILE *f, const struct conf_uplink *u, const struct conf_private *p)
{
	fprintf(f, "\nbackup ");
	print_name(f, u->label);
	fprintf(f, " {\n");
	if (u->kind == CONF_MODEM) {
		print_modem(f, &u->modem, p);
	} else if (u->kind == CONF_CALL) {
		fprintf(f, "\tcall ");
		print_string(f, p->call);
		fputc('\n', f);
	} else {
		fprintf(f, "\tinterface ");
		print_name(f, u->ifname);
		print_hooks(f, u, p);
		fputc('\n', f);
		print_gateways(f, u);
	}
	print_dns_servers(f, p);
	fprintf(f, "\tmetered %s\n", u->metered ? "yes" : "no");
	if (u->mtu != 0)
		fprintf(f, "\tmtu %u\n", u->mtu);
	if (u->hot_ms != 0)
		print_duration(f, "\tstandby hot every", u->hot_ms);
	print_targets(f, u);
	fprintf(f, "\tdial {\n");
	print_duration(f, "\t\tafter", u->dial.after_ms);
	print_duration(f, "\t\ttimeout", u->dial.timeout_ms);
	fprintf(f, "\t\tredial %u\n", u->dial.redial);
	print_duration(f, "\t\tbackoff", u->dial.backoff_ms);
	print_duration(f, "\t\tmax", u->dial.backoff_max_ms);
	fprintf(f, "\t}\n");
	conf_print_cost(u, f);
	fprintf(f, "}\n");
}

static void
print_fallback(FILE *f, const struct conf_global *g)
{
	if (g->fallback == CONF_FALLBACK_MANUAL) {
		fprintf(f, "\nfallback manual\n");
		return;
	}
	fprintf(f, "\nfallback automatic {\n");
	print_duration(f, "\tafter", g->after_ms);
	print_duration(f, "\tstable", g->stable_ms);
	if (g->drain_ms != CONF_DRAIN_DEFAULT)
		print_duration(f, "\tdrain", g->drain_ms);
	fprintf(f, "}\n");
}

static void
print_masquerade(FILE *f, const struct conf_global *g, enum family family)
{
	char buf[PREFIX_STRLEN];
	uint32_t i, n = 0;

	for (i = 0; i < g->nmasq; i++) {
		if (g->masq[i].family != family)
			continue;
		if (n++ == 0)
			fprintf(f, "masquerade%s from",
			    family == FAMILY_INET6 ? " inet6" : "");
		if (g->masq[i].ifname[0] != '\0')
			fprintf(f, " %s:network", g->masq[i].ifname);
		else
			fprintf(f, " %s",
			    prefix_format(
				&g->masq[i].prefix, buf, sizeof(buf)));
	}
	if (n > 0)
		fputc('\n', f);
}

static void
print_follow(FILE *f, const struct conf_global *g)
{
	char buf[PREFIX_STRLEN];
	uint32_t i;

	for (i = 0; i < g->nfollow; i++)
		fprintf(f, "%s%s", i == 0 ? "follow " : " ",
		    prefix_format(&g->follow[i], buf, sizeof(buf)));
	if (g->nfollow > 0)
		fputc('\n', f);
}

static void
print_capture(FILE *f, const struct conf *conf)
{
	if (conf->capture[0] == '\0')
		return;
	fprintf(f, "capture ");
	print_string(f, conf->capture);
	fprintf(f, " {\n");
	print_size(f, "\tsize", conf->capture_size);
	print_duration(f, "\tkeep", conf->capture_keep_ms);
	fprintf(f, "\tpackets %s\n}\n",
	    conf->uplink[0].capture == CONF_CAPTURE_ALL ? "all" : "control");
}

/* The default is none that can be written: what is written holds for NAT. */
static void
print_hello(FILE *f, const struct conf_peer *p)
{
	char hello[CONF_DURATION_LEN], metered[CONF_DURATION_LEN];
	char nat[CONF_DURATION_LEN];

	fprintf(f, "\t%shello %s metered %s", p->hello_nat_ms != 0 ? "# " : "",
	    conf_duration(p->hello_ms, hello),
	    conf_duration(p->hello_metered_ms, metered));
	if (p->hello_nat_ms != 0)
		fprintf(
		    f, ", behind NAT %s", conf_duration(p->hello_nat_ms, nat));
	fputc('\n', f);
}

static void
print_keyed(FILE *f, const struct conf_peer *p)
{
	char key[KEY_STRLEN], text[PREFIX_STRLEN];
	uint32_t i;

	fprintf(f, "\tkey \"%s\"\n\taddress ", key_format(p->key, key));
	if (p->naddresses == 0)
		fprintf(f, "any");
	else
		fprintf(f, "{");
	for (i = 0; i < p->naddresses; i++)
		fprintf(
		    f, " %s", addr_format(&p->address[i], text, sizeof(text)));
	fprintf(f, "%s port %u\n", p->naddresses == 0 ? "" : " }", p->port);
	for (i = 0; i < p->naccept; i++)
		fprintf(f, "\taccept %s\n",
		    prefix_format(&p->accept[i], text, sizeof(text)));
	for (i = 0; i < p->nannounce; i++)
		fprintf(f, "\tannounce %s\n",
		    prefix_format(&p->announce[i], text, sizeof(text)));
	print_hello(f, p);
}

static void
print_listen(FILE *f, const struct conf *conf)
{
	const struct conf_global *g = &conf->global;
	char text[ADDR_STRLEN];

	if (conf->identity[0] == '\0')
		return;
	fprintf(f, "identity ");
	print_string(f, conf->identity);
	fputc('\n', f);
	if (g->port == 0)
		return;
	fprintf(f, "listen ");
	if (g->listen.family != AF_UNSPEC)
		fprintf(
		    f, "on %s ", addr_format(&g->listen, text, sizeof(text)));
	fprintf(f, "port %u\n", g->port);
}

static void
print_behind(FILE *f, const struct conf_peer *p)
{
	char text[PREFIX_STRLEN];
	uint32_t i;

	for (i = 0; i < p->nroutes; i++) {
		fprintf(f, "\troute %s",
		    prefix_format(&p->route[i].net, text, sizeof(text)));
		if (p->route[i].ifname[0] != '\0') {
			fprintf(f, " via ");
			print_name(f, p->route[i].ifname);
		}
		fputc('\n', f);
	}
}

static void
print_peer(FILE *f, const struct conf_peer *p)
{
	const struct conf_tunnel *t;
	char key[KEY_STRLEN];
	uint32_t i;

	fprintf(f, "\npeer ");
	print_name(f, p->name);
	fprintf(f, " {\n");
	for (i = 0; i < p->ntunnels; i++) {
		t = &p->tunnel[i];
		fprintf(f, "\ttunnel ");
		print_name(f, t->ifname);
		if (t->wgpeer)
			fprintf(f, " wgpeer \"%s\"", key_format(t->key, key));
		if (t->encrypted)
			fprintf(f, " encrypted");
		fputc('\n', f);
	}
	print_behind(f, p);
	if (p->keyed)
		print_keyed(f, p);
	fprintf(f, "}\n");
}

void
conf_print(const struct conf *conf, FILE *f)
{
	const struct conf_global *g = &conf->global;
	uint32_t i;

	print_primary(f, &conf->uplink[0]);
	for (i = 1; i < conf->nuplinks; i++)
		print_backup(f, &conf->uplink[i], &conf->private[i]);
	print_fallback(f, g);
	fprintf(f, "flap {\n\tfailovers %u\n", g->flap_failovers);
	print_duration(f, "\tevery", g->flap_every_ms);
	print_duration(f, "\thold", g->flap_hold_ms);
	fprintf(f, "}\n");
	print_follow(f, g);
	print_masquerade(f, g, FAMILY_INET);
	print_masquerade(f, g, FAMILY_INET6);
	if (g->mark != CONF_MARK_DEFAULT)
		fprintf(f, "mark 0x%08x\n", g->mark);
	if (conf->dns == CONF_DNS_FOLLOW)
		fprintf(f, "dns follow\n");
	if (conf->alarm[0] != '\0') {
		fprintf(f, "alarm ");
		print_string(f, conf->alarm);
		fprintf(f, " {\n");
		print_duration(f, "\trepeat", g->alarm_repeat_ms);
		print_duration(f, "\ttimeout", conf->alarm_timeout_ms);
		print_duration(f, "\tkeep", g->alarm_keep_ms);
		fprintf(f, "}\n");
	}
	print_capture(f, conf);
	fprintf(f, "state ");
	print_string(f, conf->state);
	fputc('\n', f);
	print_listen(f, conf);
	for (i = 0; i < conf->npeers; i++)
		print_peer(f, &conf->peer[i]);
}

const char *
conf_rounded(double n, char buf[CONF_ROUNDED_LEN])
{
	snprintf(
	    buf, CONF_ROUNDED_LEN, "%.*f", n >= 0.05 && n < 100 ? 1 : 0, n);
	return buf;
}

const char *
conf_spaced(uint32_t ms, char buf[CONF_DURATION_LEN])
{
	char packed[CONF_DURATION_LEN];
	size_t n;

	conf_duration(ms, packed);
	n = strspn(packed, "0123456789");
	snprintf(buf, CONF_DURATION_LEN, "%.*s %s", (int)n, packed, packed + n);
	return buf;
}

static void
print_way_back(const struct conf_global *g, FILE *f)
{
	char a[CONF_DURATION_LEN], b[CONF_DURATION_LEN];

	if (g->fallback == CONF_FALLBACK_MANUAL) {
		fprintf(f, "# returns when told to: dialfailctl fallback\n");
		return;
	}
	fprintf(f,
	    "# returns after %s at the earliest, when the primary has "
	    "been good for %s\n",
	    conf_spaced(
		g->after_ms > g->stable_ms ? g->after_ms : g->stable_ms, a),
	    conf_spaced(g->stable_ms, b));
	if (g->flap_failovers > 0)
		fprintf(f,
		    "# at most %u failover%s in %s, then the return "
		    "waits for %s of good primary\n",
		    g->flap_failovers, g->flap_failovers == 1 ? "" : "s",
		    conf_spaced(g->flap_every_ms, a),
		    conf_spaced(g->flap_hold_ms, b));
}

static void
print_dialling(const struct conf_uplink *u, FILE *f)
{
	char a[CONF_DURATION_LEN], b[CONF_DURATION_LEN];
	char c[CONF_DURATION_LEN];

	fprintf(f, "# with %s: %s %s%s", u->label,
	    conf_ppp(u)        ? "dial starts"
	    : u->start_ms != 0 ? "started"
			       : "used",
	    u->dial.after_ms == 0 ? "at once" : "after ",
	    u->dial.after_ms == 0 ? "" : conf_spaced(u->dial.after_ms, a));
	if (conf_dialled(u))
		fprintf(f,
		    ", gives up a %s after %s, tries %u time%s with "
		    "pauses of %s to %s",
		    conf_ppp(u) ? "call" : "start",
		    conf_spaced(
			conf_ppp(u) ? u->dial.timeout_ms : u->start_ms, a),
		    u->dial.redial, u->dial.redial == 1 ? "" : "s",
		    conf_spaced(u->dial.backoff_ms, b),
		    conf_spaced(u->dial.backoff_max_ms, c));
	fputc('\n', f);
}

static void
print_hot(const struct conf_uplink *u, FILE *f)
{
	char every[CONF_DURATION_LEN], octets[CONF_ROUNDED_LEN];
	uint32_t i;

	if (u->hot_ms == 0)
		return;
	fprintf(f,
	    "# keeps %s up and proves it every %s: about %s MB of IP a "
	    "month\n",
	    u->label, conf_spaced(u->hot_ms, every),
	    conf_rounded(conf_hot_octets(u) / 1e6, octets));
	for (i = 0; i < FAMILIES; i++)
		if (conf_far_targets(u, i) == 0)
			fprintf(f,
			    "# no target of %s proves %s: %s moves there "
			    "unproved, if it has any\n",
			    u->label, conf_family_names[i],
			    conf_family_names[i]);
}

static void
print_detection(
    const struct conf_uplink *u, enum family family, bool named, FILE *f)
{
	struct conf_bounds b;

	conf_family_bounds(u, family, &b);
	fprintf(f, "# detects an outage%s%s in %.*f-%.*f s\n",
	    named ? " of " : "", named ? conf_family_names[family] : "",
	    b.detect_min_ms % 100 == 0 ? 1 : 2, b.detect_min_ms / 1e3,
	    b.detect_max_ms % 100 == 0 ? 1 : 2, b.detect_max_ms / 1e3);
}

static void
print_stretched(const struct conf_uplink *u, enum family family, FILE *f)
{
	uint32_t delay = conf_delay_ms(u, family);

	if (delay > u->probe.delay_ms)
		fprintf(f,
		    "# the budget makes the delay between rounds of %s "
		    "%.1f s\n",
		    conf_family_names[family], delay / 1e3);
}

/* Of everybody: Google, Cloudflare, Quad9, OpenDNS. */
static bool
public_resolver(const struct addr *a)
{
	static const char *const known[] = { "8.8.8.8", "8.8.4.4", "1.1.1.1",
		"1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222",
		"208.67.220.220", "2001:4860:4860::8888",
		"2001:4860:4860::8844", "2606:4700:4700::1111",
		"2606:4700:4700::1001", "2620:fe::fe", "2620:fe::9",
		"2620:119:35::35", "2620:119:53::53" };
	struct addr k;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (addr_parse(known[i], &k) == 0 && addr_cmp(&k, a) == 0)
			return true;
	return false;
}

static void
print_lints(const struct conf_uplink *u, enum family family, FILE *f)
{
	uint32_t i, far = conf_far_targets(u, family), dns = 0, public = 0;
	const struct conf_target *t;
	const char *fails = conf_family_names[family];

	if (conf_family_decides(u, family) && u->decide != CONF_DECIDE_ANY)
		fails = "the primary";
	for (i = 0; i < u->ntargets; i++) {
		t = &u->target[i];
		if (t->near || addr_family(&t->address) != family)
			continue;
		dns += t->method == CONF_METHOD_DNS;
		public += public_resolver(&t->address);
	}
	if (far == 1)
		fprintf(f,
		    "# only one far %s target: when it fails, so does %s\n",
		    conf_family_names[family], fails);
	if (dns == far)
		fprintf(f,
		    "# all far %s targets are DNS: when names fail, so does "
		    "%s\n",
		    conf_family_names[family], fails);
	if (public == far)
		fprintf(f,
		    "# all far %s targets are public resolvers, which limit "
		    "how many probes they answer: add one of another kind\n",
		    conf_family_names[family]);
}

static void
print_decision(const struct conf_uplink *u, FILE *f)
{
	uint32_t i;

	if (u->decide == CONF_DECIDE_ANY)
		fprintf(f, "# down when both IPv4 and IPv6 are\n");
	if (u->decide == CONF_DECIDE_ALL)
		fprintf(f, "# down when either IPv4 or IPv6 is\n");
	for (i = 0; i < FAMILIES; i++)
		if (!conf_family_decides(u, i) && conf_far_targets(u, i) > 0)
			fprintf(f, "# an outage of %s alone only alarms\n",
			    conf_family_names[i]);
	if (conf_far_targets(u, FAMILY_INET6) > 0)
		fprintf(f,
		    "# IPv6 moves to a backup with IPv4: one that has none "
		    "refuses it\n");
}

/* Of families that only alarm, too, if they are probed. */
static void
print_expected(const struct conf_uplink *u, FILE *f)
{
	char few[CONF_ROUNDED_LEN], many[CONF_ROUNDED_LEN];
	bool both = conf_far_targets(u, FAMILY_INET) > 0 &&
		    conf_far_targets(u, FAMILY_INET6) > 0;
	uint32_t i;

	for (i = 0; i < FAMILIES; i++) {
		if (conf_far_targets(u, i) == 0)
			continue;
		print_detection(u, i, both, f);
		print_stretched(u, i, f);
		print_lints(u, i, f);
	}
	print_decision(u, f);
	fprintf(f,
	    "# expects %s false failovers a year at 1 %% loss, %s at 5 %%\n",
	    conf_rounded(conf_false_failovers(u, 0.01), few),
	    conf_rounded(conf_false_failovers(u, 0.05), many));
}

static void
print_standby(const struct conf_uplink *u, int backups, FILE *f)
{
	char buf[CONF_ROUNDED_LEN], budget[CONF_SIZE_LEN];

	/* what is slower than the interval costs one more: a budget holds */
	fprintf(f,
	    "# probes over the primary cost about %s MB of IP a month%s%s%s\n",
	    conf_rounded(conf_month_octets(u) / 1e6, buf),
	    u->probe.budget > 0 ? ", at most " : "",
	    u->probe.budget > 0 ? conf_size(u->probe.budget, budget) : "",
	    backups ? "; cold backups are probed only when they are needed"
		    : "");
}

void
conf_print_meaning(const struct conf *conf, FILE *f)
{
	uint32_t i;

	print_expected(&conf->uplink[0], f);
	if (conf->nuplinks > 1)
		print_way_back(&conf->global, f);
	else
		fprintf(f, "# has nowhere to go: an outage only alarms\n");
	for (i = 1; i < conf->nuplinks; i++) {
		print_dialling(&conf->uplink[i], f);
		if (conf->dns == CONF_DNS_FOLLOW &&
		    conf->uplink[i].kind == CONF_INTERFACE &&
		    conf->private[i].ndns == 0)
			fprintf(f, "# %s names no resolvers: dns stays\n",
			    conf->uplink[i].label);
	}
	conf_print_hellos(conf, &conf->uplink[0], f);
	for (i = 1; i < conf->nuplinks; i++) {
		print_hot(&conf->uplink[i], f);
		conf_print_afford(conf, &conf->uplink[i], f);
	}
	print_standby(&conf->uplink[0], conf->nuplinks > 1, f);
	if (conf->alarm[0] == '\0')
		fprintf(f, "# no alarm program: alarms are only logged\n");
}
