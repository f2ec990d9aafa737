/* SPDX-License-Identifier: ISC */
/* Taps by libpcap; see tap.h. */
#include <sys/types.h>
#include <sys/ioctl.h>

#include <net/if.h>

#include <string.h>

#include "prober/tap.h"

/* 0, or -1 and why. */
static int
activate(pcap_t *p, pcap_direction_t direction, int snaplen, int size,
    char why[PCAP_ERRBUF_SIZE])
{
	int n;

	/* these fail only once it is active: pcap_set_snaplen(3PCAP) */
	(void)pcap_set_snaplen(p, snaplen);
	(void)pcap_set_promisc(p, 0);
	(void)pcap_set_immediate_mode(p, 1);
	(void)pcap_set_buffer_size(p, size);
	/* this one where the system has microseconds: tap_stamp */
	(void)pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	if ((n = pcap_activate(p)) < 0) {
		strlcpy(why,
		    n == PCAP_ERROR ? pcap_geterr(p) : pcap_statustostr(n),
		    PCAP_ERRBUF_SIZE);
		return -1;
	}
	if (pcap_setdirection(p, direction) == -1) {
		strlcpy(why, pcap_geterr(p), PCAP_ERRBUF_SIZE);
		return -1;
	}
	return pcap_setnonblock(p, 1, why);
}

pcap_t *
tap_open(const char *ifname, pcap_direction_t direction, int snaplen, int size,
    char why[PCAP_ERRBUF_SIZE])
{
	pcap_t *p;

	if ((p = pcap_create(ifname, why)) == NULL)
		return NULL;
	if (activate(p, direction, snaplen, size, why) == 0)
		return p;
	pcap_close(p);
	return NULL;
}

int
tap_filter(pcap_t *p, const char *text, char why[PCAP_ERRBUF_SIZE])
{
	struct bpf_program prog;
	int n;

	n = pcap_compile(p, &prog, text, 1, PCAP_NETMASK_UNKNOWN);
	if (n == 0) {
		n = pcap_setfilter(p, &prog);
		pcap_freecode(&prog);
	}
	if (n == 0)
		return 0;
	strlcpy(why, pcap_geterr(p), PCAP_ERRBUF_SIZE);
	return -1;
}

struct timespec
tap_stamp(pcap_t *p, const struct pcap_pkthdr *h)
{
	struct timespec stamp = { h->ts.tv_sec, h->ts.tv_usec };

	if (pcap_get_tstamp_precision(p) != PCAP_TSTAMP_PRECISION_NANO)
		stamp.tv_nsec *= 1000;
	return stamp;
}

int
tap_mac(pcap_t *p, const char *ifname, uint8_t mac[FRAME_MAC_LEN])
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, ifname, sizeof(ifr.ifr_name));
	if (ioctl(pcap_fileno(p), SIOCGIFHWADDR, &ifr) == -1)
		return -1;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, FRAME_MAC_LEN);
	return 0;
}
