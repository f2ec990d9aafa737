/* SPDX-License-Identifier: ISC */
/*
 * Ethernet: whole frames by libpcap with our own ARP and ND.  Taps sit before
 * netfilter and routing, so neither can make a dead line look alive or a
 * live one dead, and our questions heal the kernel's table as well.  As long
 * as it is wrong all the same, the site's traffic goes astray, and so do the
 * probes.  What others ask for our address the kernel answers.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/neighbour.h"
#include "prober/tap.h"
#include "prober/wire.h"

#define SNAPLEN     144 /* a tag, an IPv4 header with options, an echo */
#define BUFFER_SIZE (256 * 1024)
#define WARN_MS     60000 /* a quarrel on the link is told once a minute */
#define LOOK_MS     20 /* what the kernel has is looked up for all probes */
#define MAC_STRLEN  18

static const char *
mac_format(const uint8_t *mac, char buf[MAC_STRLEN])
{
	snprintf(buf, MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
	    mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}

/* Once in a while, not as often as somebody sends a frame. */
static int
may_warn(struct monotime *last)
{
	struct monotime now = monotime_now();

	if (monotime_valid(*last) && monotime_ms_between(*last, now) < WARN_MS)
		return 0;
	*last = now;
	return 1;
}

/* Its place, or where there is room for it; WIRE_HOPS: neither. */
static size_t
place(const struct wire *w, const struct addr *ip)
{
	size_t i;

	for (i = 0; i < WIRE_HOPS; i++)
		if (w->hop[i].ip.family == AF_UNSPEC ||
		    addr_cmp(&w->hop[i].ip, ip) == 0)
			break;
	return i;
}

static const struct hop *
find_hop(const struct wire *w, const struct addr *ip)
{
	size_t i = place(w, ip);

	if (i == WIRE_HOPS || w->hop[i].ip.family == AF_UNSPEC)
		return NULL;
	return &w->hop[i];
}

static struct hop *
get_hop(struct wire *w, const struct addr *ip)
{
	size_t i = place(w, ip);

	if (i == WIRE_HOPS || ip->family == AF_UNSPEC)
		return NULL;
	w->hop[i].ip = *ip;
	return &w->hop[i];
}

/* Who gets a packet for this address: itself if on-link, or the gateway. */
static struct hop *
next_hop(struct wire *w, const struct addr *dst)
{
	if (prefix_contains(&w->net, dst) ||
	    (dst->family == AF_INET6 && addr_is_linklocal(dst)))
		return get_hop(w, dst);
	return get_hop(w, &w->gateway);
}

static int
put(struct wire *w, const uint8_t *frame, size_t len)
{
	int n, tries = 0;

	do
		n = pcap_inject(w->pcap, frame, len);
	while (n != (int)len && wire_again(&tries));
	return n == (int)len ? 0 : -1;
}

/* Always to all: a gateway with a new MAC is found at once. */
static int
ask(struct wire *w, struct hop *h)
{
	uint8_t out[FRAME_ASK_MAX];

	if (put(w, out, frame_ask(w->mac, &w->own, &h->ip, out)) == -1)
		return -1;
	hop_asked(h, monotime_now());
	return 0;
}

static int
transmit(struct wire *w, const uint8_t *mac, const struct icmp_echo *e)
{
	uint8_t out[FRAME_MAX];

	return put(w, out, frame_echo(w->mac, mac, e, out));
}

/* Keep it until the next hop is known; of each target, the newest. */
static void
hold(struct wire *w, const struct icmp_echo *e)
{
	size_t i;

	for (i = 0; i < CONF_TARGETS_MAX; i++)
		if (w->held[i].dst.family == AF_UNSPEC ||
		    addr_cmp(&w->held[i].dst, &e->dst) == 0) {
			w->held[i] = *e;
			return;
		}
}

static void
let_go(struct wire *w, struct hop *h)
{
	size_t i;

	for (i = 0; i < CONF_TARGETS_MAX; i++)
		if (w->held[i].dst.family != AF_UNSPEC &&
		    next_hop(w, &w->held[i].dst) == h) {
			(void)hop_probe(h, monotime_now());
			(void)transmit(w, h->mac, &w->held[i]);
			memset(&w->held[i], 0, sizeof(w->held[i]));
		}
}

static void
tell_moved(struct wire *w, const struct hop *h)
{
	char ip[ADDR_STRLEN], is[MAC_STRLEN], was[MAC_STRLEN];

	if (may_warn(&w->warned_hop))
		log_warnx("%s: %s has another MAC now: %s, was %s",
		    w->facts.ifname, addr_format(&h->ip, ip, sizeof(ip)),
		    mac_format(h->mac, is), mac_format(h->other, was));
}

static void
tell_contested(struct wire *w, const struct hop *h, const uint8_t *mac)
{
	char ip[ADDR_STRLEN], is[MAC_STRLEN], also[MAC_STRLEN];

	if (memcmp(mac, h->mac, FRAME_MAC_LEN) == 0)
		mac = h->other;
	if (may_warn(&w->warned_contest))
		log_warnx("%s: two answer for %s: %s, which is used while it "
			  "works, and %s",
		    w->facts.ifname, addr_format(&h->ip, ip, sizeof(ip)),
		    mac_format(h->mac, is), mac_format(mac, also));
}

/* Somebody else says that our own address is his. */
static void
tell_claimed(struct wire *w, const uint8_t *mac)
{
	char ip[ADDR_STRLEN], by[MAC_STRLEN];

	if (may_warn(&w->warned_own))
		log_warnx("%s: our address %s is used by %s too",
		    w->facts.ifname, addr_format(&w->own, ip, sizeof(ip)),
		    mac_format(mac, by));
}

static void
tell_elsewhere(struct wire *w, const struct hop *h)
{
	char ip[ADDR_STRLEN], is[MAC_STRLEN], goes[MAC_STRLEN];

	if (may_warn(&w->warned_elsewhere))
		log_warnx("%s: the kernel has %s at %s, not at %s: traffic "
			  "goes there, and so do the probes",
		    w->facts.ifname, addr_format(&h->ip, ip, sizeof(ip)),
		    mac_format(w->kernels, goes), mac_format(h->mac, is));
}

/*
 * The kernel sends what is for the gateway to another MAC than the one that
 * works: it believed somebody, and a verdict of our own way would be of a
 * line that nobody uses.  The kernel gets the same frames, but within ARP's
 * locktime (a second, arp(7)) it keeps what it had: after a real move, too, it
 * is behind us for so long, and the site's traffic is where the probes are.
 */
static int
is_elsewhere(struct wire *w, const struct hop *h, struct monotime now)
{
	if (w->neighbours == -1 || addr_cmp(&h->ip, &w->gateway) != 0)
		return 0;
	if (!monotime_valid(w->looked) ||
	    monotime_ms_between(w->looked, now) >= LOOK_MS) {
		w->kernel_knows = neighbour_mac(w->neighbours, w->facts.ifindex,
				      &h->ip, w->kernels) == 0;
		w->looked = now;
	}
	return w->kernel_knows &&
	       memcmp(w->kernels, h->mac, FRAME_MAC_LEN) != 0;
}

static void
got_neighbour(struct wire *w, const struct frame *f, struct monotime at)
{
	const uint8_t *mac = f->neighbour.mac;
	enum hop_news news;
	struct hop *h;

	if (addr_cmp(&f->neighbour.ip, &w->own) == 0) {
		if (memcmp(mac, w->mac, FRAME_MAC_LEN) != 0)
			tell_claimed(w, mac);
		return;
	}
	/* only an answer to a question of ours, and to us alone */
	if (!f->neighbour.answer ||
	    memcmp(f->dst, w->mac, FRAME_MAC_LEN) != 0 ||
	    addr_cmp(&f->neighbour.to, &w->own) != 0 ||
	    find_hop(w, &f->neighbour.ip) == NULL)
		return;
	h = get_hop(w, &f->neighbour.ip);
	w->looked = (struct monotime){ 0 };
	news = hop_answer(h, mac, monotime_now());
	if (news == HOP_MOVED)
		tell_moved(w, h);
	if (news == HOP_CONTESTED)
		tell_contested(w, h, mac);
	if (memcmp(mac, h->mac, FRAME_MAC_LEN) != 0 || news == HOP_IGNORED)
		return;
	if (addr_cmp(&h->ip, &w->gateway) == 0)
		w->user->gateway(w->arg, at);
	let_go(w, h);
}

/*
 * Its token says whose answer it is, not the MAC that it comes from: the
 * routers of a VRRP or HSRP group answer ARP with the group's and forward
 * with their own.
 */
static void
got_echo(struct wire *w, const struct frame *f, struct monotime at)
{
	if (memcmp(f->dst, w->mac, FRAME_MAC_LEN) == 0 && f->echo.id == w->id &&
	    addr_cmp(&f->echo.dst, &w->own) == 0)
		w->user->answer(w->arg, &f->echo, at);
}

static void
on_frame(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct wire *w = (struct wire *)(void *)arg;
	struct timespec stamp;
	struct frame f;

	frame_parse(data, h->caplen, &f);
	if (f.kind == FRAME_OTHER)
		return;
	stamp = tap_stamp(w->pcap, h);
	if (f.kind == FRAME_NEIGHBOUR)
		got_neighbour(w, &f, wire_arrived(&stamp));
	else
		got_echo(w, &f, wire_arrived(&stamp));
}

static int
l2_receive(struct wire *w)
{
	if (pcap_dispatch(w->pcap, WIRE_READS_MAX, on_frame, (u_char *)w) >= 0)
		return 0;
	log_debug("%s: %s", w->facts.ifname, pcap_geterr(w->pcap));
	return -1;
}

/*
 * The kernel passes on only what is ours, and wakes us for nothing else: who
 * answers our questions, who claims our address, and replies with our id.
 * The offsets are those of RFC 826, RFC 4443 and RFC 4861.
 */
static void
filter_text(const struct wire *w, char *text, size_t size)
{
	char ip[ADDR_STRLEN];
	uint32_t o[4];

	addr_format(&w->own, ip, sizeof(ip));
	memcpy(o, w->own.octet, sizeof(o));
	if (w->own.family == AF_INET)
		snprintf(text, size,
		    "(arp and ((arp[6:2] = 2 and arp[24:4] = 0x%08x) or "
		    "arp[14:4] = 0x%08x)) or "
		    "(ip dst %s and icmp[0] = 0 and icmp[4:2] = %u)",
		    ntohl(o[0]), ntohl(o[0]), ip, w->id);
	else
		snprintf(text, size,
		    "ip6[6] = 58 and ((ip6 dst %s and (ip6[40] = 136 or "
		    "(ip6[40] = 129 and ip6[44:2] = %u))) or (ip6[40] = 136 "
		    "and ip6[48:4] = 0x%08x and ip6[52:4] = 0x%08x and "
		    "ip6[56:4] = 0x%08x and ip6[60:4] = 0x%08x))",
		    ip, w->id, ntohl(o[0]), ntohl(o[1]), ntohl(o[2]),
		    ntohl(o[3]));
}

static int
set_up(struct wire *w)
{
	char text[320];

	if (pcap_datalink(w->pcap) != DLT_EN10MB ||
	    tap_mac(w->pcap, w->facts.ifname, w->mac) == -1) {
		strlcpy(w->why, "no Ethernet", sizeof(w->why));
		return -1;
	}
	filter_text(w, text, sizeof(text));
	return tap_filter(w->pcap, text, w->why);
}

static void
l2_close(struct wire *w)
{
	pcap_close(w->pcap);
	w->pcap = NULL;
	if (w->neighbours != -1)
		close(w->neighbours);
}

static int
l2_open(struct wire *w)
{
	w->net.addr = w->own;
	w->net.len = w->facts.family[w->family].prefixlen;
	prefix_mask(&w->net);
	w->pcap =
	    tap_open(w->facts.ifname, PCAP_D_IN, SNAPLEN, BUFFER_SIZE, w->why);
	if (w->pcap == NULL)
		return -1;
	w->neighbours = neighbour_open();
	if (set_up(w) == 0)
		return pcap_get_selectable_fd(w->pcap);
	l2_close(w);
	return -1;
}

static int
l2_send(struct wire *w, const struct icmp_echo *e)
{
	struct monotime now = monotime_now();
	struct hop *h;

	if ((h = next_hop(w, &e->dst)) == NULL) {
		errno = ENETUNREACH;
		return -1;
	}
	if (hop_wants_asking(h, now) && ask(w, h) == -1 && !h->known)
		return -1;
	if (!h->known) {
		hold(w, e);
		return 0; /* lost, if nobody answers that */
	}
	if (is_elsewhere(w, h, now)) {
		tell_elsewhere(w, h);
		return transmit(w, w->kernels, e);
	}
	if (hop_probe(h, now))
		tell_moved(w, h);
	return transmit(w, h->mac, e);
}

static int
l2_ask(struct wire *w)
{
	struct hop *h;

	if ((h = get_hop(w, &w->gateway)) == NULL) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return ask(w, h);
}

static int
l2_refresh(struct wire *w)
{
	uint8_t mac[FRAME_MAC_LEN];
	struct hop *h;

	/* whoever gives it another MAC need not set it down for that */
	if (tap_mac(w->pcap, w->facts.ifname, mac) == -1 ||
	    memcmp(mac, w->mac, sizeof(mac)) != 0)
		return -1;
	memset(w->held, 0, sizeof(w->held));
	if ((h = get_hop(w, &w->gateway)) != NULL &&
	    !hop_is_asked(h, monotime_now()))
		(void)ask(w, h);
	return 0;
}

static int
l2_silent(const struct wire *w, struct monotime since)
{
	const struct hop *h = find_hop(w, &w->gateway);

	return h != NULL && monotime_cmp(h->answered, since) < 0;
}

static const uint8_t *
l2_next_hop(const struct wire *w)
{
	const struct hop *h = find_hop(w, &w->gateway);

	return h != NULL && h->known ? h->mac : NULL;
}

static uint32_t
l2_dropped(struct wire *w)
{
	struct pcap_stat st;

	return pcap_stats(w->pcap, &st) == 0 ? st.ps_drop : w->dropped;
}

static void
l2_works(struct wire *w, const struct addr *target)
{
	struct hop *h;

	if ((h = next_hop(w, target)) != NULL)
		hop_works(h, monotime_now());
}

const struct wire_ops wire_l2 = { l2_open, l2_close, l2_send, l2_receive,
	l2_refresh, l2_silent, l2_ask, l2_next_hop, l2_dropped, l2_works };
