/* SPDX-License-Identifier: ISC */
/*
 * What proves life upstream: a frame of the gateway's to us with a source
 * that is neither the gateway nor anything that is on this side of the line.
 * A router in front of us speaks in others' names, too: ICMP errors, resets,
 * the pages and the names of a portal; those prove nothing.
 */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "prober/evidence.h"
#include "prober/tap.h"
#include "prober/wire.h"

/*
 * One page of ring, for a score of headers: once it is full the kernel
 * drops what passes the filter before it copies anything, so that a line at
 * full speed costs the filter alone.
 */
#define RING_SIZE 4096
#define SNAPLEN   96 /* all that the filter looks at: pcap runs it, too */
#define READS_MAX 64

#define FILTER_MAX 1536

struct text {
	char s[FILTER_MAX];
	size_t len; /* as it would be: FILTER_MAX and more is too long */
};

static void __attribute__((__format__(printf, 2, 3)))
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->len < FILTER_MAX ? t->s + t->len : NULL,
	    t->len < FILTER_MAX ? FILTER_MAX - t->len : 0, fmt, ap);
	va_end(ap);
	t->len += n < 0 ? FILTER_MAX : (size_t)n;
}

static void
add_not_from(struct text *t, const struct addr *a, uint32_t prefixlen)
{
	char ip[ADDR_STRLEN];
	struct prefix p = { *a, prefixlen };

	if (a->family == AF_UNSPEC)
		return;
	prefix_mask(&p);
	p.addr.scope = 0;
	add(t, " and not src net %s/%u", addr_format(&p.addr, ip, sizeof(ip)),
	    prefixlen);
}

/* Neither on-link, nor ours, nor the gateway or the other end. */
static void
add_not_near(struct text *t, const struct msg_family *f)
{
	add_not_from(t, &f->address, f->prefixlen);
	add_not_from(t, &f->peer, (uint32_t)addr_len(&f->peer) * 8);
	add_not_from(t, &f->gateway, (uint32_t)addr_len(&f->gateway) * 8);
}

/*
 * IPv4: no fragment behind the first, whose header tells nothing.  Private
 * sources (RFC 1918, RFC 6598) may be another network of the router in front
 * of us.
 */
static void
add_inet(struct text *t)
{
	add(t,
	    "ip and ip[6:2] & 0x1fff = 0 and "
	    "(icmp[icmptype] = icmp-echo or icmp[icmptype] = icmp-echoreply or "
	    "(tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) = 0 and "
	    "not tcp src port 80) or "
	    "(udp and not udp src port 53) or ip proto 50)"
	    " and not src net 0.0.0.0/8 and not src net 127.0.0.0/8"
	    " and not src net 169.254.0.0/16 and not src net 224.0.0.0/3"
	    " and not src net 10.0.0.0/8 and not src net 172.16.0.0/12"
	    " and not src net 192.168.0.0/16 and not src net 100.64.0.0/10");
}

/*
 * IPv6: global unicast (RFC 4291 2.4), with no header in between.  pcap has
 * no tcp[] there: the header's 40 octets are counted by hand.
 */
static void
add_inet6(struct text *t)
{
	add(t, "ip6 and src net 2000::/3 and "
	       "((ip6[6] = 58 and (ip6[40] = 128 or ip6[40] = 129)) or "
	       "(ip6[6] = 6 and ip6[53] & 7 = 0 and ip6[40:2] != 80) or "
	       "(ip6[6] = 17 and ip6[40:2] != 53) or ip6[6] = 50)");
}

static void
add_mac(struct text *t, const char *which, const uint8_t *m)
{
	add(t, "ether %s %02x:%02x:%02x:%02x:%02x:%02x and ", which, m[0], m[1],
	    m[2], m[3], m[4], m[5]);
}

/*
 * Of one family, since either may be dead while the other works.  `vlan`
 * moves what is behind it in the text, so it comes last.
 */
static int
set_filter(struct evidence *e, const struct msg_facts *f, enum family family,
    const uint8_t *gw)
{
	struct text t = { .len = 0 };
	uint8_t mac[FRAME_MAC_LEN];

	if (gw != NULL) {
		if (pcap_datalink(e->pcap) != DLT_EN10MB ||
		    tap_mac(e->pcap, f->ifname, mac) == -1) {
			strlcpy(e->why, "no Ethernet", sizeof(e->why));
			return -1;
		}
		add_mac(&t, "src", gw);
		add_mac(&t, "dst", mac);
	}
	if (family == FAMILY_INET)
		add_inet(&t);
	else
		add_inet6(&t);
	add_not_near(&t, &f->family[family]);
	add(&t, "%s", gw != NULL ? " and not vlan" : "");
	if (t.len >= FILTER_MAX)
		fatalx("%s: filter too long", f->ifname);
	return tap_filter(e->pcap, t.s, e->why);
}

int
evidence_open(struct evidence *e, const struct msg_facts *f, enum family family,
    const uint8_t *gw)
{
	evidence_close(e);
	memset(e, 0, sizeof(*e));
	e->pcap = tap_open(f->ifname, PCAP_D_IN, SNAPLEN, RING_SIZE, e->why);
	if (e->pcap == NULL)
		return -1;
	if (set_filter(e, f, family, gw) == 0)
		return 0;
	evidence_close(e);
	return -1;
}

int
evidence_is_open(const struct evidence *e)
{
	return e->pcap != NULL;
}

/* Frames come in order: the last one counts. */
static void
on_frame(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct pcap_pkthdr *last = (struct pcap_pkthdr *)(void *)arg;

	(void)data;
	*last = *h;
}

struct monotime
evidence_last(struct evidence *e)
{
	struct pcap_pkthdr last;
	struct timespec stamp;
	int n;

	if (e->pcap == NULL)
		return e->last;
	n = pcap_dispatch(e->pcap, READS_MAX, on_frame, (u_char *)&last);
	if (n > 0) {
		stamp = tap_stamp(e->pcap, &last);
		e->last = wire_arrived(&stamp);
	} else if (n < 0)
		evidence_close(e);
	return e->last;
}

void
evidence_close(struct evidence *e)
{
	if (e->pcap != NULL)
		pcap_close(e->pcap);
	e->pcap = NULL;
}
