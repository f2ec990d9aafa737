/* SPDX-License-Identifier: ISC */
/*
 * The text of `table inet dialfail`, for nft -f.  Loaded when interfaces'
 * names change, never at a switch: flows carry the uplink's id in bits of
 * their mark, so what a switch has to change is routes alone.
 *
 * Masquerading stands at srcnat + 10, where a user's own SNAT wins in any
 * load order, and the marks are set again at srcnat + 20, because others
 * write the whole mark.
 */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netconf/nft.h"

struct text {
	char *buf;
	size_t size;
	size_t len;
};

static void put(struct text *, const char *, ...)
    __attribute__((__format__(printf, 2, 3)));

static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
}

static void
element(struct text *t, const struct prefix *net, int *n)
{
	char p[PREFIX_STRLEN];

	put(t, "%s%s", (*n)++ == 0 ? "\t\telements = { " : ", ",
	    prefix_format(net, p, sizeof(p)));
}

/* Networks of the LAN: as written, or those of an interface now. */
static void
networks(struct text *t, const struct net_want *w, const struct net_state *s)
{
	const struct net_link *l;
	struct prefix net;
	uint32_t i;
	size_t j;
	int n = 0;

	put(t, "\tset lan {\n\t\ttype ipv4_addr\n\t\tflags interval\n"
	       "\t\tauto-merge\n");
	for (i = 0; i < w->nmasq; i++) {
		if (w->masq[i].ifname[0] == '\0') {
			element(t, &w->masq[i].prefix, &n);
			continue;
		}
		if ((l = net_link_find(s, w->masq[i].ifname)) == NULL)
			continue;
		for (j = 0; j < s->naddrs; j++) {
			if (s->addrs[j].ifindex != l->ifindex ||
			    s->addrs[j].local.family != AF_INET)
				continue;
			net.addr = s->addrs[j].local;
			net.len = s->addrs[j].prefixlen;
			prefix_mask(&net);
			element(t, &net, &n);
		}
	}
	put(t, "%s\t}\n", n > 0 ? " }\n" : "");
}

static void
remark(struct text *t, const char *field, uint32_t mark)
{
	put(t, "%s set %s and 0x%08x or 0x%08x\n", field, field, ~NET_MARK_MASK,
	    mark);
}

/*
 * A packet that does not come from an uplink stays with its flow's: answers
 * always (inbound by X answers by X), what the LAN sends only with a backup,
 * or with a primary that drains; else it would hang on a dead primary until
 * its flow is forgotten.  Only forwarded ones: our own sockets have the
 * source that a rule knows, and a bit more in the mark of a tunnel's outer
 * packets would send them into the tunnel (wg-quick's `not fwmark`).
 */
static void
restore(struct text *t, const struct net_want *w)
{
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		if (w->uplink[i].ifname[0] == '\0')
			continue;
		put(t, "\t\tiifgroup != %u %sct mark and 0x%08x == 0x%08x ",
		    NET_GROUP,
		    i == 0 && w->drain != 0 ? "ct direction reply " : "",
		    NET_MARK_MASK, plan_mark(w->uplink[i].id));
		remark(t, "meta mark", plan_mark(w->uplink[i].id));
	}
}

/* For each uplink: its interface, a condition, and its mark for the flow. */
static void
mark_flows(struct text *t, const struct net_want *w, const char *interface,
    const char *when)
{
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++) {
		if (w->uplink[i].ifname[0] == '\0')
			continue;
		put(t, "\t\t%s \"%s\" %s", interface, w->uplink[i].ifname,
		    when);
		remark(t, "ct mark", plan_mark(w->uplink[i].id));
	}
}

static void
marks(struct text *t, const struct net_want *w)
{
	put(t, "\tchain prerouting {\n\t\ttype filter hook prerouting "
	       "priority mangle\n");
	mark_flows(t, w, "iifname", "ct state new ");
	restore(t, w);
	put(t, "\t}\n\tchain marks {\n\t\ttype filter hook postrouting "
	       "priority srcnat + 20\n");
	mark_flows(t, w, "oifname", "");
	put(t, "\t}\n");
}

int
nft_text(
    const struct net_want *w, const struct net_state *s, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };

	buf[0] = '\0';
	put(&t, "%stable inet dialfail {\n", NFT_DELETE);
	if (w->nmasq > 0) {
		networks(&t, w, s);
		put(&t,
		    "\tchain nat {\n"
		    "\t\ttype nat hook postrouting priority srcnat + 10\n"
		    "\t\toifgroup %u ip saddr @lan ip daddr != @lan "
		    "rt ipsec missing masquerade\n"
		    "\t}\n",
		    NET_GROUP);
	}
	marks(&t, w);
	put(&t, "}\n");
	return t.len < size ? 0 : -1;
}
