/* SPDX-License-Identifier: ISC */
/*
 * Ethernet: whole frames by libpcap with our own ARP.  Taps sit before
 * netfilter and routing, so neither can make a dead line look alive or a
 * live one dead, and our ARP heals the kernel's table as well.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "prober/wire.h"

#define SNAPLEN      192
#define BUFFER_SIZE  (256 * 1024)
#define ARP_AGAIN_MS 150 /* an unanswered question is asked again */

static struct wire_neighbour *
neighbour(struct wire *w, const struct addr *ip)
{
	struct wire_neighbour *n;
	size_t i;

	for (i = 0; i < WIRE_NEIGHBOURS; i++) {
		n = &w->neighbour[i];
		if (n->ip.family != AF_UNSPEC && addr_cmp(&n->ip, ip) == 0)
			return n;
	}
	for (i = 0; i < WIRE_NEIGHBOURS; i++) {
		n = &w->neighbour[i];
		if (n->ip.family == AF_UNSPEC) {
			n->ip = *ip;
			return n;
		}
	}
	return NULL;
}

/* Who gets a packet for this address: itself if on-link, or the gateway. */
static struct wire_neighbour *
next_hop(struct wire *w, const struct addr *dst)
{
	struct prefix net;

	net.addr = w->facts.family[FAMILY_INET].address;
	net.len = w->facts.family[FAMILY_INET].prefixlen;
	prefix_mask(&net);
	if (prefix_contains(&net, dst))
		return neighbour(w, dst);
	if (w->facts.family[FAMILY_INET].gateway.family != AF_INET)
		return NULL;
	return neighbour(w, &w->facts.family[FAMILY_INET].gateway);
}

static void
ask(struct wire *w, struct wire_neighbour *n)
{
	uint8_t out[FRAME_ARP_LEN];
	struct monotime now = monotime_now();

	if (monotime_valid(n->asked) &&
	    monotime_ms_between(n->asked, now) < ARP_AGAIN_MS)
		return;
	n->asked = now;
	/* always to all: a gateway with a new MAC is found at once */
	frame_arp_request(
	    w->mac, &w->facts.family[FAMILY_INET].address, &n->ip, out);
	(void)pcap_inject(w->pcap, out, sizeof(out));
}

static int
transmit(
    struct wire *w, const struct wire_neighbour *n, const struct icmp_echo *e)
{
	uint8_t out[FRAME_ICMP_LEN];

	frame_echo(w->mac, n->mac, e, out);
	if (pcap_inject(w->pcap, out, sizeof(out)) == (int)sizeof(out))
		return 0;
	log_debug("%s: send: %s", w->facts.ifname, pcap_geterr(w->pcap));
	return -1;
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
let_go(struct wire *w, const struct wire_neighbour *n)
{
	size_t i;

	for (i = 0; i < CONF_TARGETS_MAX; i++)
		if (w->held[i].dst.family != AF_UNSPEC &&
		    next_hop(w, &w->held[i].dst) == n) {
			(void)transmit(w, n, &w->held[i]);
			memset(&w->held[i], 0, sizeof(w->held[i]));
		}
}

static void
got_arp(struct wire *w, const struct frame *f, const struct timespec *stamp)
{
	struct wire_neighbour *n;
	size_t i;

	if (memcmp(f->dst, w->mac, FRAME_MAC_LEN) != 0 ||
	    addr_cmp(&f->arp_for, &w->facts.family[FAMILY_INET].address) != 0)
		return;
	for (i = 0; i < WIRE_NEIGHBOURS; i++) {
		n = &w->neighbour[i];
		/* only an answer to a question of ours */
		if (n->ip.family == AF_UNSPEC || !monotime_valid(n->asked) ||
		    addr_cmp(&n->ip, &f->arp_ip) != 0)
			continue;
		if (n->known && memcmp(n->mac, f->arp_mac, FRAME_MAC_LEN) != 0)
			log_info("%s: next hop has another MAC now",
			    w->facts.ifname);
		memcpy(n->mac, f->arp_mac, FRAME_MAC_LEN);
		n->known = 1;
		n->answered = monotime_now();
		n->asked = (struct monotime){ 0 };
		if (addr_cmp(&n->ip, &w->facts.family[w->family].gateway) == 0)
			w->user->gateway(w->arg, wire_arrived(stamp));
		let_go(w, n);
		return;
	}
}

/*
 * Its token says whose answer it is, not the MAC that it comes from: the
 * routers of a VRRP or HSRP group answer ARP with the group's and forward
 * with their own.
 */
static void
got_echo(struct wire *w, const struct frame *f, const struct timespec *stamp)
{
	if (memcmp(f->dst, w->mac, FRAME_MAC_LEN) == 0 && f->echo.id == w->id &&
	    addr_cmp(&f->echo.dst, &w->facts.family[FAMILY_INET].address) == 0)
		w->user->answer(w->arg, &f->echo, wire_arrived(stamp));
}

static void
on_frame(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct wire *w = (struct wire *)(void *)arg;
	struct timespec stamp;
	struct frame f;

	stamp.tv_sec = h->ts.tv_sec;
	stamp.tv_nsec = h->ts.tv_usec; /* nanoseconds, as asked for */
	if (pcap_get_tstamp_precision(w->pcap) != PCAP_TSTAMP_PRECISION_NANO)
		stamp.tv_nsec *= 1000;
	frame_parse(data, h->caplen, &f);
	if (f.kind == FRAME_ARP_REPLY)
		got_arp(w, &f, &stamp);
	else if (f.kind == FRAME_ECHO_REPLY)
		got_echo(w, &f, &stamp);
}

static int
l2_receive(struct wire *w)
{
	/* WIRE_READS_MAX bounds what a flood can make us do at once */
	if (pcap_dispatch(w->pcap, WIRE_READS_MAX, on_frame, (u_char *)w) >= 0)
		return 0;
	log_debug("%s: %s", w->facts.ifname, pcap_geterr(w->pcap));
	return -1;
}

static int
own_mac(struct wire *w, uint8_t mac[FRAME_MAC_LEN])
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, w->facts.ifname, sizeof(ifr.ifr_name));
	if (ioctl(pcap_fileno(w->pcap), SIOCGIFHWADDR, &ifr) == -1)
		return -1;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, FRAME_MAC_LEN);
	return 0;
}

/* The kernel passes on only what is ours, and wakes us for nothing else. */
static int
set_filter(struct wire *w)
{
	struct bpf_program prog;
	char text[224], ip[ADDR_STRLEN];
	int n;

	addr_format(&w->facts.family[FAMILY_INET].address, ip, sizeof(ip));
	snprintf(text, sizeof(text),
	    "(arp[6:2] = 2 and arp[24:4] = 0x%08x) or "
	    "(ip dst %s and icmp[icmptype] = icmp-echoreply and "
	    "icmp[4:2] = %u)",
	    ntohl(w->facts.family[FAMILY_INET].address.v4.s_addr), ip, w->id);
	if (pcap_compile(w->pcap, &prog, text, 1, PCAP_NETMASK_UNKNOWN) == -1)
		return -1;
	n = pcap_setfilter(w->pcap, &prog);
	pcap_freecode(&prog);
	return n;
}

static int
activate(struct wire *w)
{
	int n;

	if (pcap_set_snaplen(w->pcap, SNAPLEN) != 0 ||
	    pcap_set_promisc(w->pcap, 0) != 0 ||
	    pcap_set_immediate_mode(w->pcap, 1) != 0 ||
	    pcap_set_buffer_size(w->pcap, BUFFER_SIZE) != 0)
		return -1;
	(void)pcap_set_tstamp_precision(w->pcap, PCAP_TSTAMP_PRECISION_NANO);
	if ((n = pcap_activate(w->pcap)) < 0) {
		strlcpy(w->why, pcap_statustostr(n), sizeof(w->why));
		return -1;
	}
	if (pcap_datalink(w->pcap) != DLT_EN10MB || own_mac(w, w->mac) == -1) {
		strlcpy(w->why, "no Ethernet", sizeof(w->why));
		return -1;
	}
	if (pcap_setdirection(w->pcap, PCAP_D_IN) == -1 ||
	    set_filter(w) == -1 || pcap_setnonblock(w->pcap, 1, w->why) == -1) {
		strlcpy(w->why, pcap_geterr(w->pcap), sizeof(w->why));
		return -1;
	}
	return 0;
}

static int
l2_open(struct wire *w)
{
	if ((w->pcap = pcap_create(w->facts.ifname, w->why)) == NULL)
		return -1;
	if (activate(w) == -1) {
		pcap_close(w->pcap);
		w->pcap = NULL;
		return -1;
	}
	return pcap_get_selectable_fd(w->pcap);
}

static void
l2_close(struct wire *w)
{
	pcap_close(w->pcap);
	w->pcap = NULL;
}

static int
l2_send(struct wire *w, const struct icmp_echo *e)
{
	struct wire_neighbour *n;

	if ((n = next_hop(w, &e->dst)) == NULL)
		return -1;
	if (!n->known || monotime_valid(n->asked))
		ask(w, n);
	if (n->known)
		return transmit(w, n, e);
	hold(w, e);
	return 0; /* lost, if nobody answers that */
}

static int
l2_refresh(struct wire *w)
{
	struct wire_neighbour *n;
	uint8_t mac[FRAME_MAC_LEN];

	/* whoever gives it another MAC need not set it down for that */
	if (own_mac(w, mac) == -1 || memcmp(mac, w->mac, sizeof(mac)) != 0)
		return -1;
	memset(w->held, 0, sizeof(w->held));
	if (w->facts.family[FAMILY_INET].gateway.family == AF_INET &&
	    (n = neighbour(w, &w->facts.family[FAMILY_INET].gateway)) != NULL)
		ask(w, n);
	return 0;
}

static int
l2_silent(const struct wire *w, struct monotime since)
{
	size_t i;

	for (i = 0; i < WIRE_NEIGHBOURS; i++)
		if (w->neighbour[i].ip.family != AF_UNSPEC &&
		    addr_cmp(&w->neighbour[i].ip,
			&w->facts.family[FAMILY_INET].gateway) == 0)
			return monotime_cmp(w->neighbour[i].answered, since) <
			       0;
	return 0;
}

static int
l2_ask(struct wire *w)
{
	struct wire_neighbour *n;

	if (w->facts.family[w->family].gateway.family == AF_UNSPEC ||
	    (n = neighbour(w, &w->facts.family[w->family].gateway)) == NULL)
		return -1;
	n->asked = (struct monotime){ 0 };
	ask(w, n);
	return 0;
}

static const uint8_t *
l2_next_hop(const struct wire *w)
{
	const struct addr *gateway = &w->facts.family[w->family].gateway;
	size_t i;

	for (i = 0; i < WIRE_NEIGHBOURS; i++)
		if (w->neighbour[i].known &&
		    addr_cmp(&w->neighbour[i].ip, gateway) == 0)
			return w->neighbour[i].mac;
	return NULL;
}

static uint32_t
l2_dropped(struct wire *w)
{
	struct pcap_stat st;

	return pcap_stats(w->pcap, &st) == 0 ? st.ps_drop : w->dropped;
}

const struct wire_ops wire_l2 = { l2_open, l2_close, l2_send, l2_receive,
	l2_refresh, l2_silent, l2_ask, l2_next_hop, l2_dropped };
