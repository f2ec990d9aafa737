/* SPDX-License-Identifier: ISC */
/*
 * A tap on an interface by libpcap, as all of ours are: never waited in,
 * with the kernel's stamps.  Immediate mode has a ring of slots (TPACKET_V2)
 * whose newest frame can be read at once; the other one has blocks that are
 * handed over when they are full or old.
 */
#ifndef PROBER_TAP_H
#define PROBER_TAP_H

#include <pcap.h>
#include <stdint.h>
#include <time.h>

#include "prober/frame.h"

/* The kernel's buffer has so many octets.  NULL: it cannot be, and why. */
pcap_t *tap_open(const char *ifname, pcap_direction_t, int snaplen, int size,
    char why[PCAP_ERRBUF_SIZE]);
/* Only frames of which pcap-filter(7) says so.  0, or -1 and why. */
int tap_filter(pcap_t *, const char *text, char why[PCAP_ERRBUF_SIZE]);
/* When a frame came, by the wall clock. */
struct timespec tap_stamp(pcap_t *, const struct pcap_pkthdr *);
/* The MAC that the interface has now; 0, or -1: it has gone. */
int tap_mac(pcap_t *, const char *ifname, uint8_t mac[FRAME_MAC_LEN]);

#endif
