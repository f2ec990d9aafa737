/* SPDX-License-Identifier: ISC */
/*
 * The text of `table inet dialfail`, for nft -f.  It follows from the
 * configuration alone: what comes and goes (interfaces, networks of the LAN,
 * flows that drain) are elements of its sets and maps, so that nft(8), which
 * takes its time to start, runs at start and reload only.  Flows carry the
 * uplink's id in bits of their mark, so what a switch has to change is routes
 * alone.
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
#include "netconf/plan_int.h"

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

/* Together, since nft(8) compares single ones with those of the old table. */
static void
elements(struct text *t, enum net_set set, const struct wanted *d)
{
	char what[ELEMENT_STRLEN];
	size_t i;
	int n = 0;

	for (i = 0; d != NULL && i < d->nelements; i++)
		if (d->element[i].set == set)
			put(t, "%s%s", n++ == 0 ? "\t\telements = { " : ", ",
			    plan_element_text(
				&d->element[i], what, sizeof(what)));
	put(t, "%s\t}\n", n > 0 ? " }\n" : "");
}

static void
sets(struct text *t, const struct wanted *d)
{
	static const char *const types[NET_SETS] = {
		[NET_SET_UPLINK] = "map uplink {\n\t\ttype ifname : verdict\n",
		[NET_SET_STAY] = "map stay {\n\t\ttype mark : verdict\n",
		[NET_SET_LAN] =
		    "set lan {\n\t\ttype ipv4_addr\n\t\tflags interval\n",
		[NET_SET_LAN6] =
		    "set lan6 {\n\t\ttype ipv6_addr\n\t\tflags interval\n",
	};
	uint32_t i;

	for (i = 0; i < NET_SETS; i++) {
		put(t, "\t%s", types[i]);
		elements(t, i, d);
	}
}

/* What the maps lead to: an uplink's mark for the flow, and for a packet. */
static void
verdicts(struct text *t, const struct net_want *w)
{
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++)
		put(t,
		    "\tchain mark%u {\n"
		    "\t\tct mark set ct mark and 0x%08x or 0x%08x\n\t}\n"
		    "\tchain stay%u {\n"
		    "\t\tmeta mark set meta mark and 0x%08x or 0x%08x\n\t}\n",
		    i, ~w->mask, plan_mark(w->mask, i), i, ~w->mask,
		    plan_mark(w->mask, i));
}

/*
 * A packet that does not come from an uplink stays with its flow's: answers
 * always (inbound by X answers by X), what the LAN sends as map stay says.
 * Only forwarded ones: our own sockets have the source that a rule knows, and
 * a bit more in the mark of a tunnel's outer packets would send them into the
 * tunnel (wg-quick's `not fwmark`).
 */
static void
marks(struct text *t, const struct net_want *w)
{
	put(t,
	    "\tchain prerouting {\n"
	    "\t\ttype filter hook prerouting priority mangle\n"
	    "\t\tct state new iifname vmap @uplink\n"
	    "\t\tiifgroup != %u ct direction reply ct mark and 0x%08x == "
	    "0x%08x jump stay0\n"
	    "\t\tiifgroup != %u ct mark and 0x%08x vmap @stay\n"
	    "\t}\n"
	    "\tchain marks {\n"
	    "\t\ttype filter hook postrouting priority srcnat + 20\n"
	    "\t\toifname vmap @uplink\n"
	    "\t}\n",
	    NET_GROUP, w->mask, plan_mark(w->mask, 0), NET_GROUP, w->mask);
}

/* New connections of the LAN that come into the forward hook, or out of it. */
static void
counted(
    struct text *t, const struct net_want *w, const char *what, int priority)
{
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++)
		put(t, "\tcounter %s%u {\n\t}\n", what, i);
	put(t,
	    "\tchain %s {\n"
	    "\t\ttype filter hook forward priority %d\n"
	    "\t\tct state != new return\n"
	    "\t\tiifgroup %u return\n"
	    "\t\toifname vmap @uplink\n",
	    what, priority, NET_GROUP);
	for (i = 0; i < w->nuplinks; i++)
		put(t,
		    "\t\toifgroup %u ct mark and 0x%08x == 0x%08x "
		    "counter name \"%s%u\"\n",
		    NET_GROUP, w->mask, plan_mark(w->mask, i), what, i);
	put(t, "\t}\n");
}

/*
 * TCP between the LAN and an uplink agrees on segments that fit, both ways,
 * since many paths lose the ICMP that would tell (RFC 2923 2.1): rt mtu is
 * the smaller one of the way out and the way back (nft_rt.c).
 */
static void
segments(struct text *t)
{
	static const char *const side[] = { "iifgroup", "oifgroup" };
	size_t i;

	put(t, "\tchain forward {\n"
	       "\t\ttype filter hook forward priority mangle\n");
	for (i = 0; i < 2; i++)
		put(t,
		    "\t\t%s %u tcp flags & (syn | rst) == syn "
		    "tcp option maxseg size set rt mtu\n",
		    side[i], NET_GROUP);
	put(t, "\t}\n");
}

static int
masquerades(const struct net_want *w, enum family family)
{
	uint32_t i;

	for (i = 0; i < w->nmasq; i++)
		if (w->masq[i].family == family)
			return 1;
	return 0;
}

static void
nat(struct text *t, const struct net_want *w)
{
	static const char *const match[FAMILIES] = {
		"ip saddr @lan ip daddr != @lan",
		"ip6 saddr @lan6 ip6 daddr != @lan6",
	};
	uint32_t f;

	if (w->nmasq == 0)
		return;
	put(t, "\tchain nat {\n"
	       "\t\ttype nat hook postrouting priority srcnat + 10\n");
	for (f = 0; f < FAMILIES; f++)
		if (masquerades(w, f))
			put(t,
			    "\t\toifgroup %u %s rt ipsec missing masquerade\n",
			    NET_GROUP, match[f]);
	put(t, "\t}\n");
}

static void
in_clear(struct text *t, const struct net_outer *o, const char *unless)
{
	put(t, "\t\t%s",
	    o->family == AF_INET    ? "meta nfproto ipv4 "
	    : o->family == AF_INET6 ? "meta nfproto ipv6 "
				    : "");
	if (o->port != 0)
		put(t, "udp dport %u", o->port);
	else
		put(t, "meta l4proto %u", o->proto);
	put(t, " %s missing counter drop\n", unless);
}

/*
 * Outer packets of tunnels that must be encrypted have found their way here,
 * and with it the policy that applies to them, or none.  By whatever way: an
 * uplink that just came is not marked as one yet.  And what comes in clear is
 * not taken: where a tunnel is to be there may be no policy yet.
 */
static void
encrypted(struct text *t, const struct net_want *w)
{
	uint32_t i;

	if (w->nouter == 0)
		return;
	put(t, "\tchain encrypted {\n"
	       "\t\ttype filter hook output priority filter\n");
	for (i = 0; i < w->nouter; i++)
		in_clear(t, &w->outer[i], "rt ipsec");
	put(t, "\t}\n"
	       "\tchain encrypted_in {\n"
	       "\t\ttype filter hook input priority filter\n");
	for (i = 0; i < w->nouter; i++)
		in_clear(t, &w->outer[i], "meta secpath");
	put(t, "\t}\n");
}

int
nft_text(
    const struct net_want *w, const struct wanted *d, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };

	put(&t, "%stable inet dialfail {\n", NFT_DELETE);
	sets(&t, d);
	verdicts(&t, w);
	marks(&t, w);
	counted(&t, w, "tried", -300);
	segments(&t);
	counted(&t, w, "passed", 300);
	nat(&t, w);
	encrypted(&t, w);
	put(&t, "}\n");
	return t.len < size ? 0 : -1;
}
