/* SPDX-License-Identifier: ISC */
/*
 * Frames of the primary into the ring, and out of it into a file.  Frames
 * are not waited for: the kernel keeps them in slots, and a timer collects
 * them once a second, so that a flood costs no more wake-ups than silence.
 * Slots (immediate mode) and not blocks, since those would keep the last
 * frames back just when an outage begins.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <pcap.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "prober/capture.h"
#include "prober/ring.h"
#include "prober/tap.h"

#define COLLECT_MS  1000
#define BUFFER_SIZE (512 * 1024) /* the kernel's: what comes in a second */

static struct ring ring;
static int ring_link = -1; /* DLT of what is in it */
static enum conf_capture which;
static struct msg_facts facts;
static pcap_t *pcap; /* NULL: closed */
static struct event collector;
static int complained;

/*
 * What builds and breaks connections.  PPP's control frames are seen where
 * it is over Ethernet: those of a ppp interface never reach it.
 */
static const char control[] =
    "icmp or icmp6 or udp port 53 or udp port 67 or udp port 68 or "
    "udp port 546 or udp port 547 or "
    "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 or "
    "(ip6[6] = 6 and ip6[53] & 7 != 0)";
/* PPPoE's discovery; in its session, protocols of RFC 1661 2 from 0x8000 */
static const char control_ether[] =
    " or arp or ether proto 0x888e or ether proto 0x8863 or "
    "(ether proto 0x8864 and ether[20:2] >= 0x8000)";

static void
shut(void)
{
	if (pcap == NULL)
		return;
	evtimer_del(&collector);
	pcap_close(pcap);
	pcap = NULL;
}

static void
on_frame(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct timespec stamp = tap_stamp(pcap, h);

	(void)arg;
	ring_add(&ring, stamp.tv_sec * INT64_C(1000000000) + stamp.tv_nsec,
	    data, h->caplen, h->len);
}

/* More than the ring holds need not be read at once. */
static void
collect(void)
{
	if (pcap == NULL ||
	    pcap_dispatch(pcap, RING_FRAMES, on_frame, NULL) >= 0)
		return;
	log_debug("%s: capture: %s", facts.ifname, pcap_geterr(pcap));
	shut(); /* facts open it again */
}

static void
on_collector(int fd, short what, void *arg)
{
	struct timeval tv = monotime_ms(COLLECT_MS);

	(void)fd;
	(void)what;
	(void)arg;
	collect();
	if (pcap != NULL)
		evtimer_add(&collector, &tv);
}

static int
set_filter(char why[PCAP_ERRBUF_SIZE])
{
	char text[sizeof(control) + sizeof(control_ether)];

	if (which == CONF_CAPTURE_ALL)
		return 0;
	snprintf(text, sizeof(text), "%s%s", control,
	    pcap_datalink(pcap) == DLT_EN10MB ? control_ether : "");
	return tap_filter(pcap, text, why);
}

/* A file has one kind of frames: those of another link are of no use. */
static void
take_link(int link)
{
	if (link != ring_link)
		ring_clear(&ring);
	ring_link = link;
}

static void
open_capture(void)
{
	struct timeval tv = monotime_ms(COLLECT_MS);
	char why[PCAP_ERRBUF_SIZE] = "";

	pcap = tap_open(
	    facts.ifname, PCAP_D_INOUT, RING_SNAPLEN, BUFFER_SIZE, why);
	if (pcap != NULL && set_filter(why) == 0) {
		take_link(pcap_datalink(pcap));
		evtimer_set(&collector, on_collector, NULL);
		evtimer_add(&collector, &tv);
		complained = 0;
		return;
	}
	if (!complained)
		log_warnx("%s: capture: %s", facts.ifname, why);
	complained = 1;
	if (pcap != NULL)
		pcap_close(pcap);
	pcap = NULL;
}

void
capture_configure(enum conf_capture c)
{
	if (c == which)
		return;
	collect();
	shut();
	which = c;
	if (which == CONF_CAPTURE_NONE)
		ring_clear(&ring);
	else if (facts.ifindex != 0 && facts.up)
		open_capture();
}

void
capture_facts(const struct msg_facts *f)
{
	int same =
	    f->ifindex == facts.ifindex && strcmp(f->ifname, facts.ifname) == 0;

	if (!same || !f->up) {
		collect();
		shut();
	}
	facts = *f;
	if (which != CONF_CAPTURE_NONE && pcap == NULL && f->ifindex != 0 &&
	    f->up)
		open_capture();
}

static uint32_t
dump(pcap_dumper_t *d)
{
	const struct ring_frame *f;
	struct pcap_pkthdr h;
	uint32_t i;

	for (i = 0; (f = ring_at(&ring, i)) != NULL; i++) {
		h.ts.tv_sec = (time_t)(f->stamp_ns / 1000000000);
		h.ts.tv_usec = (suseconds_t)(f->stamp_ns % 1000000000);
		h.caplen = f->caplen;
		h.len = f->len;
		pcap_dump((u_char *)d, &h, f->data);
	}
	return i;
}

/* The descriptor is the dumper's, or closed. */
static pcap_dumper_t *
begin_file(pcap_t *dead, int fd)
{
	FILE *f;

	if ((f = fdopen(fd, "w")) == NULL) {
		close(fd);
		return NULL;
	}
	/* closes it itself when it cannot write the header */
	return pcap_dump_fopen(dead, f);
}

/* Nothing of no link, if none was ever open, is a file, too.  0, or -1. */
static int
write_all(int fd, uint32_t *frames)
{
	pcap_dumper_t *d;
	pcap_t *dead;
	int n;

	dead = pcap_open_dead_with_tstamp_precision(
	    ring_link == -1 ? DLT_EN10MB : ring_link, RING_SNAPLEN,
	    PCAP_TSTAMP_PRECISION_NANO);
	if (dead == NULL)
		fatal(NULL);
	if ((d = begin_file(dead, fd)) == NULL) {
		pcap_close(dead);
		return -1;
	}
	*frames = dump(d);
	n = pcap_dump_flush(d) == -1 || ferror(pcap_dump_file(d)) ? -1 : 0;
	pcap_dump_close(d);
	pcap_close(dead);
	return n;
}

void
capture_write(const struct msg_capture *m, int fd, struct msg_capture_done *out)
{
	memset(out, 0, sizeof(*out));
	strlcpy(out->event, m->event, sizeof(out->event));
	collect();
	errno = 0;
	if (write_all(fd, &out->frames) == 0)
		out->ok = 1;
	else
		snprintf(
		    out->text, sizeof(out->text), "write: %s", strerror(errno));
}
