/* SPDX-License-Identifier: ISC */
/*
 * hub: thousands of branches of one hub, by the same code as the daemon's,
 * and what their moves would cost alone.
 *
 *	hub conf N [fleet]	the hub's peers, as its configuration has them
 *	hub play N HUB PID...	branch I is at 9.0.I.I and speaks to that
 *				address; once all are followed, all of them move
 *				to 9.1.I.I within a second
 *	hub fleet N HUB		the same within ten seconds, and three datagrams
 *				of ten are lost from then on; every other branch
 *				is behind NAT now
 *	hub floor N NET		N signatures checked, and N changes of tunnels
 *				t0... to 9.NET.I.I acknowledged by the kernel
 *
 * With HUB_COPIES=2 in the environment each branch speaks by two uplinks at once,
 * the second of which is at 9.3.I.I.
 *
 * "play" prints what happened in the second part: when the last branch had
 * its acknowledgement, and what each process PID used of CPU (ms); "fleet" how
 * long a branch waited for its own at most, and how many were refused for their
 * NAT.  The branches stay, and answer, until it is killed.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h> /* before what includes linux/if.h */

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <arpa/inet.h>
#include <err.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/key.h"
#include "parent/peers.h"

#define PORT      7157
#define STARTS_US 700 /* between two branches that start */
#define MOVE_US   1000000 /* all of them move in this */
#define REGION_US 10000000 /* or in this, where some are lost */
#define LOST      3 /* of ten, then */
#define QUIET_MS  5000
#define TICK_MS   50 /* what is due is looked for: the hub needs the caches */
#define NET_OTHER 3 /* as in 9.3.I.I */
#define HELLO_MS  10000 /* of a fleet */
#define ALL_MS    240000 /* or it is given up */
#define PIDS_MAX  8

struct branch {
	struct peers peers;
	struct conf_peer conf;
	struct addr hub;
	struct addr at; /* as others see it */
	struct monotime moved, acked;
	uint32_t sent, heard; /* datagrams, lost ones, too */
	bool nat;
};

static struct branch *branch;
static uint32_t n, nacked, sent;
static uint32_t hello_ms = 3600000, nat_every, lost_of_ten;
static uint32_t copies = 1; /* of each datagram, by so many uplinks */
static int s;
static struct monotime now;

static void
keys_of(uint32_t who, uint8_t *key, uint8_t *secret)
{
	uint8_t seed[crypto_sign_SEEDBYTES] = { 0 };

	memcpy(seed, &who, sizeof(who));
	seed[31] = 0x77;
	crypto_sign_seed_keypair(key, secret, seed);
}

#define HUB UINT32_MAX

static void
conf(void)
{
	uint8_t key[PEER_KEY_LEN], secret[PEER_SECRET_LEN];
	char text[KEY_STRLEN];
	uint32_t i;

	keys_of(HUB, key, secret);
	fprintf(stderr, "%s\n", key_format(secret, text)); /* its seed */
	printf(
	    "group branches { accept 9.0.0.0/8 hello %us\n", hello_ms / 1000);
	for (i = 0; i < n; i++) {
		keys_of(i, key, secret);
		printf("peer b%u { key \"%s\" tunnel t%u }\n", i,
		    key_format(key, text), i);
	}
	printf("}\n");
}

/* ---- branches ---- */

/* By its own count, and so the same whenever it is. */
static bool
is_lost(const struct branch *b, uint32_t count)
{
	static const uint8_t key[crypto_shorthash_KEYBYTES];
	uint32_t which[] = { (uint32_t)(b - branch), count };
	uint8_t hash[crypto_shorthash_BYTES];

	crypto_shorthash(hash, (uint8_t *)which, sizeof(which), key);
	return hash[0] % 10 < lost_of_ten;
}

static void
send_from(
    void *arg, const struct peer_place *to, const uint8_t *buf, size_t len)
{
	union {
		struct cmsghdr head;
		uint8_t octet[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	struct branch *b = arg;
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	struct in_pktinfo info = { .ipi_spec_dst = b->at.v4 };
	struct msghdr msg = { .msg_name = &sin,
		.msg_namelen = sizeof(sin),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	if (is_lost(b, b->sent++))
		return;
	if (to->uplink == 1) /* the address of the other one */
		((uint8_t *)&info.ipi_spec_dst)[1] = NET_OTHER;
	memset(&control, 0, sizeof(control));
	control.head.cmsg_level = IPPROTO_IP;
	control.head.cmsg_type = IP_PKTINFO;
	control.head.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&control.head), &info, sizeof(info));
	sin.sin_port = htons((uint16_t)to->port);
	sin.sin_addr = to->addr.v4;
	if (sendmsg(s, &msg, 0) == -1)
		err(1, "send");
	sent++;
}

static void
apply(void *arg, uint32_t peer, const struct addr at[FAMILIES], uint32_t nat,
    uint32_t barred)
{
	struct branch *b = arg;

	(void)at;
	(void)nat;
	(void)barred;
	peers_applied(&b->peers, peer, PEER_APPLIED, 0);
}

static void
notice(void *arg, uint32_t peer, enum peers_notice what)
{
	struct branch *b = arg;

	(void)peer;
	if (what == PEERS_SILENT)
		warnx("branch %u takes the hub for silent",
		    (uint32_t)(b - branch));
	if (what == PEERS_REFUSED &&
	    (!b->nat || b->peers.peer[0].result != PEER_REFUSED_NAT))
		errx(1, "a branch is refused: %s",
		    peer_result_text(b->peers.peer[0].result));
}

static void
octets(void *arg, void *buf, size_t len)
{
	(void)arg;
	arc4random_buf(buf, len);
}

static const struct peers_user user = { send_from, apply, notice, octets };

static void
move(uint32_t i, uint8_t net, enum peer_reason reason)
{
	struct branch *b = &branch[i];
	struct peers_self self;

	(void)addr_set(&b->at, AF_INET,
	    (uint8_t[]){ 9, net, (uint8_t)(i >> 8), (uint8_t)i }, 4);
	memset(&self, 0, sizeof(self));
	self.address[FAMILY_INET] = b->at;
	b->nat = nat_every != 0 && i % nat_every == 1;
	if (b->nat) /* what it announces is nobody else's, and nowhere */
		self.address[FAMILY_INET].octet[1] ^= 0x80;
	self.usable = (1u << copies) - 1;
	b->moved = now;
	b->acked = (struct monotime){ 0 };
	peers_move(&b->peers, &self, reason, now);
}

static void
hear_one(void)
{
	union {
		struct cmsghdr head;
		uint8_t octet[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	uint8_t buf[PEER_MSG_MAX];
	struct sockaddr_in sin;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_name = &sin,
		.msg_namelen = sizeof(sin),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct in_pktinfo info;
	struct peer_place from = { .uplink = 0 };
	uint32_t i;
	ssize_t len = recvmsg(s, &msg, 0);

	if (len == -1)
		err(1, "receive");
	memcpy(&info, CMSG_DATA(&control.head), sizeof(info));
	i = ntohl(info.ipi_addr.s_addr) & 0xffff;
	if (i >= n)
		return;
	/* where it was is dead */
	if (memcmp(&info.ipi_addr, &branch[i].at.v4, sizeof(info.ipi_addr)) !=
		0 ||
	    is_lost(&branch[i], UINT32_MAX - branch[i].heard++))
		return;
	(void)addr_set(&from.addr, AF_INET, (uint8_t *)&sin.sin_addr, 4);
	from.port = ntohs(sin.sin_port);
	peers_hear(&branch[i].peers, &from, buf, (size_t)len, now);
	if (branch[i].peers.peer[0].acked && !monotime_valid(branch[i].acked)) {
		branch[i].acked = now;
		nacked++;
	}
}

static void
tick_all(void)
{
	static struct monotime ticked;
	struct monotime due;
	uint32_t i;

	if (monotime_ms_between(ticked, now) < TICK_MS)
		return;
	ticked = now;
	for (i = 0; i < n; i++) {
		due = peers_deadline(&branch[i].peers);
		if (monotime_valid(due) && monotime_cmp(due, now) <= 0)
			peers_tick(&branch[i].peers, now);
	}
}

/* What is due, and what comes, for a moment. */
static void
serve(void)
{
	struct pollfd p = { s, POLLIN, 0 };
	uint32_t k;

	tick_all();
	for (k = 0; k < 64 && poll(&p, 1, k == 0 ? 1 : 0) == 1; k++) {
		now = monotime_now();
		hear_one();
	}
	now = monotime_now();
}

/* All of them, us microseconds apart, until each has its acknowledgement. */
static struct monotime
all_move(uint8_t net, int64_t us, enum peer_reason reason)
{
	struct monotime began = monotime_now();
	uint32_t moved = 0;

	nacked = sent = 0;
	now = began;
	while (nacked < n) {
		if (monotime_ms_between(began, now) > ALL_MS)
			errx(1, "only %u of %u were acknowledged", nacked, n);
		for (; moved < n &&
		       monotime_sub(now, began) >= (int64_t)moved * us * 1000;
		     moved++)
			move(moved, net, reason);
		serve();
	}
	return began;
}

/* ---- what it costs ---- */

static long
cpu_ms(const char *pid)
{
	unsigned long u = 0, k = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if ((f = fopen(path, "r")) == NULL ||
	    fscanf(f,
		"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu "
		"%lu",
		&u, &k) != 2)
		errx(1, "%s", path);
	fclose(f);
	return (long)((u + k) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

static int
by_time(const void *p, const void *q)
{
	const struct monotime *a = p, *b = q;

	return monotime_cmp(*a, *b);
}

static void
open_socket(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(PORT) };
	int on = 1, size = 8 << 20;

	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s == -1 ||
	    setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ==
		-1 ||
	    bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "socket");
}

static void
make_branches(const char *hub)
{
	uint8_t key[PEER_KEY_LEN], secret[PEER_SECRET_LEN];
	struct conf_peer *c;
	uint32_t i;

	if ((branch = calloc(n, sizeof(*branch))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		c = &branch[i].conf;
		keys_of(HUB, c->key, secret);
		c->port = PORT;
		c->hello_ms = c->hello_metered_ms = hello_ms;
		c->naddresses = 1;
		c->address = &branch[i].hub;
		if (addr_parse(hub, &branch[i].hub) == -1)
			errx(1, "not an address: %s", hub);
		keys_of(i, key, secret);
		if (peers_init(&branch[i].peers, secret, c, 1, 1, &user,
			&branch[i]) == -1)
			err(1, NULL);
	}
}

static void
all_start(void)
{
	struct monotime began;

	open_socket();
	began = all_move(0, STARTS_US, PEER_START);
	printf(
	    "hub began_ms=%lld\n", (long long)monotime_ms_between(began, now));
	/* what the hub itself has to say is said meanwhile */
	for (began = now; monotime_ms_between(began, now) < QUIET_MS;)
		serve();
}

static void
fleet(void)
{
	int64_t ms, latest = 0;
	uint32_t i, refused = 0;

	all_start();
	nat_every = 2;
	lost_of_ten = LOST;
	(void)all_move(1, REGION_US / (int64_t)n, PEER_FAILOVER);
	for (i = 0; i < n; i++) {
		ms = monotime_ms_between(branch[i].moved, branch[i].acked);
		if (ms > latest)
			latest = ms;
		refused += branch[i].peers.peer[0].result == PEER_REFUSED_NAT;
	}
	printf("hub latest_ms=%lld nat=%u sent=%u\n", (long long)latest,
	    refused, sent);
	for (;;)
		serve();
}

static void
play(char *const pid[], int npids)
{
	struct monotime began, *at;
	long before[PIDS_MAX];
	uint32_t j;
	int i;

	all_start();
	for (i = 0; i < npids; i++)
		before[i] = cpu_ms(pid[i]);
	began = all_move(1, MOVE_US / (int64_t)n, PEER_FAILOVER);
	if ((at = calloc(n, sizeof(*at))) == NULL)
		err(1, NULL);
	for (j = 0; j < n; j++)
		at[j] = branch[j].acked;
	qsort(at, n, sizeof(*at), by_time);
	printf("hub half_ms=%lld all_ms=%lld sent=%u\n",
	    (long long)monotime_ms_between(began, at[n / 2]),
	    (long long)monotime_ms_between(began, at[n - 1]), sent);
	for (i = 0; i < npids; i++)
		printf("hub pid=%s cpu_ms=%ld\n", pid[i],
		    cpu_ms(pid[i]) - before[i]);
	for (;;)
		serve();
}

/* ---- the same without a daemon ---- */

static double
cpu_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void
check_signatures(void)
{
	uint8_t key[PEER_KEY_LEN], secret[PEER_SECRET_LEN];
	uint8_t own[PEER_KEY_LEN], own_secret[PEER_SECRET_LEN];
	uint8_t buf[PEER_MSG_MAX];
	struct peer_pair theirs, ours;
	struct peer_msg m;
	double began;
	size_t len;
	uint32_t i;

	keys_of(HUB, own, own_secret);
	keys_of(0, key, secret);
	if (peer_pair_make(&theirs, secret, own) == -1 ||
	    peer_pair_make(&ours, own_secret, key) == -1)
		errx(1, "keys");
	memset(&m, 0, sizeof(m));
	m.type = PEER_STATEMENT;
	len = peer_msg_encode(&m, &theirs, secret, buf);
	began = cpu_now_ms();
	for (i = 0; i < n; i++)
		if (!peer_msg_signed(buf, len, &ours))
			errx(1, "a signature");
	printf("hub signatures_ms=%.0f\n", cpu_now_ms() - began);
}

static void
lead(struct mnl_socket *bus, uint32_t i, uint8_t net)
{
	union {
		struct nlmsghdr hdr;
		uint8_t buf[8192];
	} m;
	struct nlattr *info, *data;
	struct ifinfomsg *l;
	char name[IFNAMSIZ];
	ssize_t len;

	snprintf(name, sizeof(name), "t%u", i);
	mnl_nlmsg_put_header(&m);
	m.hdr.nlmsg_type = RTM_NEWLINK;
	m.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m.hdr.nlmsg_seq = i + 1;
	l = mnl_nlmsg_put_extra_header(&m.hdr, sizeof(*l));
	l->ifi_index = (int)if_nametoindex(name);
	info = mnl_attr_nest_start(&m.hdr, IFLA_LINKINFO);
	mnl_attr_put_strz(&m.hdr, IFLA_INFO_KIND, "vxlan");
	data = mnl_attr_nest_start(&m.hdr, IFLA_INFO_DATA);
	mnl_attr_put_u32(&m.hdr, IFLA_VXLAN_ID, i + 1);
	mnl_attr_put_u32(&m.hdr, IFLA_VXLAN_GROUP,
	    htonl(0x09000000 | (uint32_t)net << 16 | (i & 0xffff)));
	mnl_attr_nest_end(&m.hdr, data);
	mnl_attr_nest_end(&m.hdr, info);
	if (mnl_socket_sendto(bus, &m.hdr, m.hdr.nlmsg_len) == -1 ||
	    (len = mnl_socket_recvfrom(bus, &m, sizeof(m))) == -1 ||
	    mnl_cb_run(&m, (size_t)len, i + 1, mnl_socket_get_portid(bus), NULL,
		NULL) == -1)
		err(1, "%s", name);
}

static void
change_tunnels(uint8_t net)
{
	struct mnl_socket *bus = mnl_socket_open(NETLINK_ROUTE);
	double began = cpu_now_ms();
	uint32_t i;

	if (bus == NULL || mnl_socket_bind(bus, 0, MNL_SOCKET_AUTOPID) == -1)
		err(1, "netlink");
	for (i = 0; i < n; i++)
		lead(bus, i, net);
	printf("hub tunnels_ms=%.0f\n", cpu_now_ms() - began);
}

int
main(int argc, char *argv[])
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3 || sodium_init() == -1)
		errx(2, "usage: hub conf|play|fleet|floor N [HUB PID...|NET]");
	n = (uint32_t)atoi(argv[2]);
	if (n == 0 || n > 65536)
		errx(2, "from 1 to 65536 branches");
	if (getenv("HUB_COPIES") != NULL &&
	    strcmp(getenv("HUB_COPIES"), "2") == 0)
		copies = 2;
	if (argc == 4 &&
	    (strcmp(argv[1], "fleet") == 0 || strcmp(argv[3], "fleet") == 0))
		hello_ms = HELLO_MS;
	if (strcmp(argv[1], "conf") == 0)
		conf();
	else if (strcmp(argv[1], "floor") == 0 && argc == 4) {
		check_signatures();
		change_tunnels((uint8_t)atoi(argv[3]));
	} else if (argc > 3 && argc - 4 <= PIDS_MAX) {
		make_branches(argv[3]);
		if (strcmp(argv[1], "fleet") == 0)
			fleet();
		play(argv + 4, argc - 4);
	}
	return 0;
}
