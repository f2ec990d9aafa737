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
#include <net/if_arp.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "prober/wire.h"

#define SNAPLEN	    192
#define FRAMES_MAX  64 /* per wake-up */
#define BUFFER_SIZE (256 * 1024)
#define ARP_AGAIN_MS 500 /* an unanswered question is asked again */

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

	net.addr = w->facts.address;
	net.len = w->facts.prefixlen;
	prefix_mask(&net);
	if (prefix_contains(&net, dst))
		return neighbour(w, dst);
	if (w->facts.gateway.family != AF_INET)
		return NULL;
	return neighbour(w, &w->facts.gateway);
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
	frame_arp_request(w->mac, &w->facts.address, NULL, &n->ip, out);
	(void)pcap_inject(w->pcap, out, sizeof(out));
}

static void
got_arp(struct wire *w, const struct frame *f)
{
	struct wire_neighbour *n;
	size_t i;

	if (memcmp(f->dst, w->mac, FRAME_MAC_LEN) != 0 ||
	    memcmp(f->src, f->arp_mac, FRAME_MAC_LEN) != 0)
		return;
	for (i = 0; i < WIRE_NEIGHBOURS; i++) {
		n = &w->neighbour[i];
		/* only an answer to a question of ours */
		if (n->ip.family == AF_UNSPEC || !monotime_valid(n->asked) ||
		    addr_cmp(&n->ip, &f->arp_ip) != 0)
			continue;
		if (n->known && memcmp(n->mac, f->arp_mac, 6) != 0)
			log_info("%s: next hop has another MAC now",
			    w->facts.ifname);
		memcpy(n->mac, f->arp_mac, FRAME_MAC_LEN);
		n->known = 1;
		n->answered = monotime_now();
		n->asked = (struct monotime) { 0 };
		return;
	}
}

static void
got_echo(struct wire *w, const struct frame *f, const struct timespec *stamp)
{
	const struct wire_neighbour *n;

	if (memcmp(f->dst, w->mac, FRAME_MAC_LEN) != 0 ||
	    addr_cmp(&f->echo.dst, &w->facts.address) != 0)
		return;
	n = next_hop(w, &f->echo.src);
	if (n == NULL || !n->known ||
	    memcmp(n->mac, f->src, FRAME_MAC_LEN) != 0)
		return; /* not by way of the next hop */
	w->answer(w->arg, &f->echo, stamp);
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
		got_arp(w, &f);
	else if (f.kind == FRAME_ECHO_REPLY)
		got_echo(w, &f, &stamp);
}

static void
on_read(int fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd;
	(void)what;
	if (pcap_dispatch(w->pcap, FRAMES_MAX, on_frame, arg) < 0) {
		log_debug("%s: %s", w->facts.ifname, pcap_geterr(w->pcap));
		wire_close(w); /* it has gone; opened again by the facts */
	}
}

static int
own_mac(struct wire *w)
{
	struct ifreq ifr;
	int s, n;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, w->facts.ifname, sizeof(ifr.ifr_name));
	if ((s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	n = ioctl(s, SIOCGIFHWADDR, &ifr);
	close(s);
	if (n == -1 || ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -1;
	memcpy(w->mac, ifr.ifr_hwaddr.sa_data, FRAME_MAC_LEN);
	return 0;
}

/* The kernel passes on only what may concern us. */
static int
set_filter(struct wire *w)
{
	struct bpf_program prog;
	char text[160], ip[ADDR_STRLEN];
	int n;

	addr_format(&w->facts.address, ip, sizeof(ip));
	snprintf(text, sizeof(text),
	    "(arp and arp[6:2] = 2) or (ip dst %s and icmp[icmptype] = 0)",
	    ip);
	if (pcap_compile(w->pcap, &prog, text, 1, PCAP_NETMASK_UNKNOWN) == -1)
		return -1;
	n = pcap_setfilter(w->pcap, &prog);
	pcap_freecode(&prog);
	return n;
}

static int
activate(struct wire *w)
{
	char why[PCAP_ERRBUF_SIZE];

	if (pcap_set_snaplen(w->pcap, SNAPLEN) != 0 ||
	    pcap_set_promisc(w->pcap, 0) != 0 ||
	    pcap_set_immediate_mode(w->pcap, 1) != 0 ||
	    pcap_set_buffer_size(w->pcap, BUFFER_SIZE) != 0 ||
	    pcap_set_timeout(w->pcap, 10) != 0)
		return -1;
	(void)pcap_set_tstamp_precision(w->pcap,
	    PCAP_TSTAMP_PRECISION_NANO);
	if (pcap_activate(w->pcap) < 0 ||
	    pcap_datalink(w->pcap) != DLT_EN10MB ||
	    pcap_setdirection(w->pcap, PCAP_D_IN) == -1 ||
	    set_filter(w) == -1 || pcap_setnonblock(w->pcap, 1, why) == -1)
		return -1;
	return 0;
}

static int
l2_open(struct wire *w)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	if ((w->pcap = pcap_create(w->facts.ifname, why)) == NULL) {
		log_warnx("%s: %s", w->facts.ifname, why);
		return -1;
	}
	if (own_mac(w) == -1 || activate(w) == -1) {
		log_warnx("%s: capture: %s", w->facts.ifname,
		    pcap_geterr(w->pcap));
		pcap_close(w->pcap);
		w->pcap = NULL;
		return -1;
	}
	event_set(&w->ev, pcap_get_selectable_fd(w->pcap),
	    EV_READ | EV_PERSIST, on_read, w);
	event_add(&w->ev, NULL);
	return 0;
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
	uint8_t out[FRAME_ICMP_LEN];
	struct wire_neighbour *n;

	if ((n = next_hop(w, &e->dst)) == NULL)
		return -1;
	if (!n->known) {
		ask(w, n);
		return 0; /* lost, if nobody answers that */
	}
	frame_echo(w->mac, n->mac, e, out);
	if (pcap_inject(w->pcap, out, sizeof(out)) != (int)sizeof(out)) {
		log_debug("%s: send: %s", w->facts.ifname,
		    pcap_geterr(w->pcap));
		return -1;
	}
	return 0;
}

static void
l2_refresh(struct wire *w)
{
	struct wire_neighbour *n;

	if (w->facts.gateway.family == AF_INET &&
	    (n = neighbour(w, &w->facts.gateway)) != NULL)
		ask(w, n);
}

static int
l2_silent(const struct wire *w, struct monotime since)
{
	size_t i;

	for (i = 0; i < WIRE_NEIGHBOURS; i++)
		if (w->neighbour[i].ip.family != AF_UNSPEC &&
		    addr_cmp(&w->neighbour[i].ip, &w->facts.gateway) == 0)
			return monotime_cmp(w->neighbour[i].answered, since) <
			    0;
	return 0;
}

const struct wire_ops wire_l2 = { l2_open, l2_close, l2_send, l2_refresh,
	l2_silent };
