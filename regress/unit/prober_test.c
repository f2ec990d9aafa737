/* SPDX-License-Identifier: ISC */
/*
 * The prober as it runs: its process in its sandbox, on a network of its own
 * whose other end is the kernel of another namespace.  Each test leaves the
 * network as it found it.
 */
#include <sys/types.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/imsg.h"
#include "common/monotime.h"
#include "common/msg.h"
#include "common/proc.h"
#include "prober/prober.h"
#include "regress/unit/own_net.h"

#define PATIENCE_MS 30000 /* generous: a loaded machine is no failure */
#define FAR_1       "198.51.100.7"
#define FAR_2       "198.51.100.8"
#define FAR_6       "2001:db8:100::7"

static pid_t peer_pid, prober_pid;
static struct imsgbuf ibuf;
static struct conf_uplink conf[CONF_UPLINKS_MAX];
static struct msg_facts facts[2];
static uint32_t gen;

/* --- the network ---------------------------------------------------------- */

static int __attribute__((__format__(printf, 1, 2))) try(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

#define sh(...) assert_int_equal(try(__VA_ARGS__), 0)
/* The same at the other end. */
#define peer(fmt, ...) \
	sh("nsenter -t %d -n " fmt, (int)peer_pid __VA_OPT__(, ) __VA_ARGS__)

static void
make_wan(void)
{
	sh("ip link add wan type veth peer name gw netns %d", (int)peer_pid);
	sh("ip addr add 192.0.2.10/24 dev wan && ip link set wan up");
	peer("ip addr add 192.0.2.1/24 dev gw");
	peer("ip link set gw up");
}

static void
make_net(void)
{
	sh("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 "
	   "net.ipv6.conf.all.disable_ipv6=1");
	sh("ip link set lo up");
	peer("ip link set lo up");
	peer("ip addr add " FAR_1 "/32 dev lo");
	peer("ip addr add " FAR_2 "/32 dev lo");
	make_wan();
	sh("ip link add bak type veth peer name bgw netns %d", (int)peer_pid);
	sh("ip addr add 203.0.113.2/24 dev bak && ip link set bak up");
	peer("ip addr add 203.0.113.1/24 dev bgw");
	peer("ip link set bgw up");
	sh("ip route add default via 203.0.113.1 dev bak table 158");
	sh("ip route add unreachable default metric 4000 table 158");
	sh("ip rule add pref 1000 oif bak lookup 158");
}

static void
start_peer(void)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	if ((peer_pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == -1 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

/* The daemon's account, in our own view of the file if there is none. */
static void
make_user(void)
{
	if (getpwnam(DAEMON_USER) != NULL)
		return;
	sh("cp /etc/passwd /run/passwd && "
	   "echo '" DAEMON_USER ":x:64157:64157::/:/bin/false' >>/run/passwd");
	assert_int_equal(
	    mount("/run/passwd", "/etc/passwd", NULL, MS_BIND, NULL), 0);
}

/* Frames that left by an interface. */
static unsigned long
sent_by(const char *ifname)
{
	unsigned long packets = 0;
	char line[512], *p;
	FILE *f = fopen("/proc/self/net/dev", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if ((p = strchr(line, ':')) == NULL)
			continue;
		*p++ = '\0';
		if (strcmp(line + strspn(line, " "), ifname) == 0)
			(void)sscanf(p,
			    "%*u %*u %*u %*u %*u %*u %*u %*u %*u %lu",
			    &packets);
	}
	fclose(f);
	return packets;
}

/* --- the channel ---------------------------------------------------------- */

static void
tell(uint32_t type, const void *data, size_t len)
{
	assert_int_not_equal(
	    imsg_compose(&ibuf, type, 0, 0, -1, data, len), -1);
	assert_int_equal(imsgbuf_flush(&ibuf), 0);
}

/* The next message of this type; others are dropped. */
static void
hear(uint32_t type, void *data, size_t len)
{
	struct monotime end = monotime_add_ms(monotime_now(), PATIENCE_MS);
	struct pollfd pfd = { ibuf.fd, POLLIN, 0 };
	struct imsg imsg;
	int n, found = 0;

	while (!found) {
		while ((n = imsgbuf_get(&ibuf, &imsg)) == 1 && !found) {
			if (imsg_get_type(&imsg) == type) {
				assert_int_equal(
				    imsg_get_data(&imsg, data, len), 0);
				found = 1;
			}
			imsg_free(&imsg);
			if (found)
				return;
		}
		assert_int_equal(n, 0);
		if (monotime_cmp(monotime_now(), end) > 0)
			fail_msg("no %s came", msg_name(type));
		if (poll(&pfd, 1, 1000) > 0)
			assert_int_equal(imsgbuf_read(&ibuf), 1);
	}
}

static struct msg_round
next_round_of(uint32_t uplink, uint32_t family)
{
	struct msg_round r;

	do {
		hear(IMSG_ROUND, &r, sizeof(r));
		assert_true(msg_round_valid(&r));
	} while (r.uplink != uplink || r.family != family || r.gen != gen);
	return r;
}

static struct msg_round
next_round(uint32_t uplink)
{
	return next_round_of(uplink, FAMILY_INET);
}

/* Wait for such a round; returns it. */
static struct msg_round
await_of(uint32_t uplink, uint32_t family, uint32_t verdict, uint32_t cause)
{
	struct monotime end = monotime_add_ms(monotime_now(), PATIENCE_MS);
	struct msg_round r;

	do {
		r = next_round_of(uplink, family);
		if (monotime_cmp(monotime_now(), end) > 0)
			fail_msg("verdict %u cause %s, not %u %s", r.verdict,
			    msg_cause_text(r.cause), verdict,
			    msg_cause_text(cause));
	} while (r.verdict != verdict || r.cause != cause);
	return r;
}

static struct msg_round
await(uint32_t uplink, uint32_t verdict, uint32_t cause)
{
	return await_of(uplink, FAMILY_INET, verdict, cause);
}

static void
probe(uint32_t uplink, uint32_t mode)
{
	struct msg_probe m = { uplink, ++gen, mode, 0 };

	tell(IMSG_PROBE, &m, sizeof(m));
}

static void
send_conf(uint32_t n)
{
	struct msg_conf_begin b;
	uint32_t i, ack;

	memset(&b, 0, sizeof(b));
	b.gen = ++gen;
	b.nuplinks = n;
	tell(IMSG_CONF_BEGIN, &b, sizeof(b));
	for (i = 0; i < n; i++)
		tell(IMSG_CONF_UPLINK, &conf[i], sizeof(conf[i]));
	tell(IMSG_CONF_END, &b.gen, sizeof(b.gen));
	hear(IMSG_CONF_ACK, &ack, sizeof(ack));
	assert_int_equal(ack, b.gen);
}

/* What netconf would say of it now. */
static void
send_facts(uint32_t uplink)
{
	facts[uplink].ifindex = if_nametoindex(facts[uplink].ifname);
	tell(IMSG_FACTS, &facts[uplink], sizeof(facts[uplink]));
}

static void
get_stats(uint32_t uplink, struct msg_stats *s)
{
	uint32_t asker = 4711;

	tell(IMSG_STATS_REQ, &asker, sizeof(asker));
	do {
		hear(IMSG_STATS, s, sizeof(*s));
		assert_true(msg_stats_valid(s));
		assert_int_equal(s->asker, 4711);
	} while (s->uplink != uplink || s->target != 0);
	hear(IMSG_STATS_END, &asker, sizeof(asker));
}

static size_t
descriptors(void)
{
	char path[64];
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)prober_pid);
	assert_non_null(d = opendir(path));
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* --- the start ------------------------------------------------------------ */

static void
fill_conf(struct conf_uplink *u, uint32_t id, const char *ifname)
{
	memset(u, 0, sizeof(*u));
	u->id = id;
	u->role = id == 0 ? CONF_PRIMARY : CONF_BACKUP;
	u->kind = CONF_INTERFACE;
	strlcpy(u->label, ifname, sizeof(u->label));
	strlcpy(u->ifname, ifname, sizeof(u->ifname));
	u->probe.count = 3;
	u->probe.interval_ms = 50;
	u->probe.timeout_ms = 300;
	u->probe.delay_ms = 100;
	u->probe.retry = 1;
	u->probe.success.kind = CONF_QUORUM_MOST;
	u->probe.require.kind = CONF_QUORUM_ANY;
	u->dial.timeout_ms = 60000;
	u->dial.redial = 5;
	u->dial.backoff_ms = 5000;
	u->dial.backoff_max_ms = 300000;
	u->ntargets = 2;
	u->target[1].id = 1;
	addr_parse(FAR_1, &u->target[0].address);
	addr_parse(FAR_2, &u->target[1].address);
	assert_true(conf_uplink_valid(u));
}

static void
fill_facts(uint32_t uplink, const char *ifname, const char *ip, const char *gw)
{
	struct msg_facts *f = &facts[uplink];

	memset(f, 0, sizeof(*f));
	f->uplink = uplink;
	f->up = f->carrier = f->family[FAMILY_INET].has_route = 1;
	f->mtu = 1500;
	f->family[FAMILY_INET].prefixlen = 24;
	strlcpy(f->ifname, ifname, sizeof(f->ifname));
	addr_parse(ip, &f->family[FAMILY_INET].address);
	addr_parse(gw, &f->family[FAMILY_INET].gateway);
}

static void
start_prober(void)
{
	struct msg_ready ready;
	int fd[2];

	proc_socketpair(fd);
	if ((prober_pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd[0]);
		if (fd[1] != PROC_CHANNEL && dup2(fd[1], PROC_CHANNEL) == -1)
			_exit(1);
		prober(1, 0);
	}
	close(fd[1]);
	assert_int_equal(imsgbuf_init(&ibuf, fd[0]), 0);
	hear(IMSG_READY, &ready, sizeof(ready));
}

static int
set_up(void **state)
{
	(void)state;
	if (own_net(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		cannot = "/ is no mount point"; /* a plain chroot */
	if (cannot != NULL)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(mount("none", "/run", "tmpfs", 0, NULL), 0);
	sh("mkdir -p " RUNDIR "/empty");
	make_user();
	start_peer();
	make_net();
	fill_conf(&conf[0], 0, "wan");
	fill_conf(&conf[1], 1, "bak");
	fill_facts(0, "wan", "192.0.2.10", "192.0.2.1");
	fill_facts(1, "bak", "203.0.113.2", "203.0.113.1");
	start_prober();
	send_conf(2);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (cannot != NULL)
		return 0;
	if (prober_pid > 0) {
		kill(prober_pid, SIGKILL);
		waitpid(prober_pid, NULL, 0);
	}
	if (peer_pid > 0) {
		kill(peer_pid, SIGKILL);
		waitpid(peer_pid, NULL, 0);
	}
	return 0;
}

/* --- the tests ------------------------------------------------------------ */

static void
good_rounds(void **state)
{
	struct msg_round r;
	struct msg_stats s;
	unsigned long other;
	int i;

	(void)state;
	needs_root();
	other = sent_by("bak");
	send_facts(1);
	/* no facts yet: silence, and no verdict from ignorance */
	probe(0, MSG_PROBE_ROUNDS);
	send_facts(0);
	r = next_round(0);
	assert_int_equal(
	    r.verdict, MSG_GOOD); /* the first probe waits for ARP */
	for (i = 0; i < 10; i++)
		r = await(0, MSG_GOOD, MSG_CAUSE_NONE);
	assert_int_equal(r.ntargets, 2);
	assert_true(r.last_answer_ns <= r.ended_ns);
	assert_true(r.last_answer_ns >= r.began_ns);
	get_stats(0, &s);
	assert_true(s.up && s.known && s.received >= 20);
	assert_true(s.rtt_last_ns > 0 && s.rtt_last_ns < 300000000);
	assert_true(
	    s.rtt_min_ns <= s.rtt_avg_ns && s.rtt_avg_ns <= s.rtt_max_ns);
	assert_int_equal(sent_by("bak"), other);
}

/* Frames pass where packets do not. */
static void
filters_do_not_matter(void **state)
{
	int i;

	(void)state;
	needs_root();
	sh("sysctl -qw net.ipv4.conf.wan.rp_filter=1 "
	   "net.ipv4.conf.all.rp_filter=1");
	sh("ip route add default via 203.0.113.1 dev bak");
	sh("nft 'add table inet t; "
	   "add chain inet t i { type filter hook prerouting priority -400; "
	   "policy drop; }; "
	   "add chain inet t o { type filter hook output priority 0; "
	   "policy drop; }'");
	for (i = 0; i < 5; i++)
		assert_int_equal(next_round(0).verdict, MSG_GOOD);
	sh("nft delete table inet t");
	sh("ip route del default");
	sh("sysctl -qw net.ipv4.conf.wan.rp_filter=0 "
	   "net.ipv4.conf.all.rp_filter=0");
}

static void
upstream_dead(void **state)
{
	struct msg_stats s;
	struct msg_round r;

	(void)state;
	needs_root();
	peer("ip addr del " FAR_1 "/32 dev lo");
	await(0, MSG_GOOD, MSG_CAUSE_NONE); /* any of two is enough */
	peer("ip addr del " FAR_2 "/32 dev lo");
	r = await(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	assert_true(r.ended_ns - r.began_ns >= 300 * 1000000);
	assert_int_equal(r.target[0].received, 0);
	r = await(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	get_stats(0, &s);
	assert_true(!s.up && s.known && s.recent_lost > 0);
	peer("ip addr add " FAR_1 "/32 dev lo");
	peer("ip addr add " FAR_2 "/32 dev lo");
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

static void
gateway_dead(void **state)
{
	(void)state;
	needs_root();
	peer("ip link set gw arp off");
	await(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	peer("ip link set gw arp on");
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* The other router takes over, or ours gets another card. */
static void
mac_changes(void **state)
{
	uint32_t i, bad = 0;

	(void)state;
	needs_root();
	peer("ip link set gw address 02:00:5e:00:01:57");
	for (i = 0; i < 6; i++)
		bad += next_round(0).verdict != MSG_GOOD;
	assert_true(bad <= 1);
	sh("ip link set wan address 02:00:5e:00:02:57");
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	for (i = 0; i < 4; i++)
		next_round(0);
	assert_int_equal(next_round(0).verdict, MSG_GOOD);
}

static void
facts_are_rounds(void **state)
{
	struct msg_facts *f = &facts[0], was = facts[0];
	struct monotime told;
	int64_t us;

	(void)state;
	needs_root();
	f->carrier = 0;
	told = monotime_now();
	send_facts(0);
	await(0, MSG_BAD, MSG_CAUSE_CARRIER);
	us = monotime_sub(monotime_now(), told) / 1000;
	print_message(
	    "lost carrier is a bad round in %lld us\n", (long long)us);
	f->up = 0;
	send_facts(0);
	await(0, MSG_BAD, MSG_CAUSE_LINK_DOWN);
	*f = was;
	f->family[FAMILY_INET].address.family = AF_UNSPEC;
	send_facts(0);
	await(0, MSG_BAD, MSG_CAUSE_NO_ADDRESS);
	*f = was;
	f->family[FAMILY_INET].has_route = 0;
	send_facts(0);
	await(0, MSG_BAD, MSG_CAUSE_NO_ROUTE);
	*f = was;
	send_facts(0);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

static void
address_changes(void **state)
{
	(void)state;
	needs_root();
	sh("ip addr del 192.0.2.10/24 dev wan");
	sh("ip addr add 192.0.2.99/24 dev wan");
	fill_facts(0, "wan", "192.0.2.99", "192.0.2.1");
	send_facts(0);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	sh("ip addr del 192.0.2.99/24 dev wan");
	sh("ip addr add 192.0.2.10/24 dev wan");
	fill_facts(0, "wan", "192.0.2.10", "192.0.2.1");
	send_facts(0);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* Ticks of CPU that it has used. */
static unsigned long
cpu_ticks(void)
{
	unsigned long user = 0, system_ = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)prober_pid);
	assert_non_null(f = fopen(path, "r"));
	(void)fscanf(f,
	    "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	    &user, &system_);
	fclose(f);
	return user + system_;
}

/* Gone before anybody says so, said so, and back as another one. */
static void
interface_returns(void **state)
{
	size_t before = 0;
	unsigned long ticks;
	int i;

	(void)state;
	needs_root();
	for (i = 0; i < 5; i++) {
		sh("ip link del wan");
		ticks = cpu_ticks();
		await(0, MSG_BAD, MSG_CAUSE_SEND);
		await(0, MSG_BAD, MSG_CAUSE_SEND);
		await(0, MSG_BAD, MSG_CAUSE_SEND);
		/* a loop that spins would have used all of this time */
		assert_true(cpu_ticks() - ticks < 10);
		send_facts(0);
		await(0, MSG_BAD, MSG_CAUSE_NO_INTERFACE);
		make_wan();
		send_facts(0);
		await(0, MSG_GOOD, MSG_CAUSE_NONE);
		if (i == 0)
			before = descriptors();
	}
	assert_int_equal(descriptors(), before);
}

/* Re-created so fast that its facts are late: nothing is stuck. */
static void
interface_replaced(void **state)
{
	int i;

	(void)state;
	needs_root();
	sh("ip link del wan");
	make_wan();
	for (i = 0; i < 4; i++) /* those of before */
		(void)next_round(0);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	send_facts(0);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* Not scheduled for a while: what came meanwhile is not late. */
static void
stopped_is_not_dead(void **state)
{
	static const int ms[] = { 400, 400, 400, 1500 };
	struct msg_round r;
	size_t i;
	int n;

	(void)state;
	needs_root();
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	for (i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		kill(prober_pid, SIGSTOP);
		poll(NULL, 0, ms[i]);
		kill(prober_pid, SIGCONT);
		for (n = 0; n < 4; n++) {
			r = next_round(0);
			assert_true(
			    r.verdict == MSG_GOOD || r.verdict == MSG_VOID);
		}
	}
}

/* How often it has slept, and so been woken. */
static unsigned long
wakes(void)
{
	unsigned long n = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)prober_pid);
	assert_non_null(f = fopen(path, "r"));
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "voluntary_ctxt_switches: %lu", &n);
	fclose(f);
	return n;
}

/* The kernel's filter keeps other programs' pings from waking it. */
static void
sleeps_through_others(void **state)
{
	unsigned long before;

	(void)state;
	needs_root();
	if (try("command -v ping >/dev/null") != 0) {
		print_message("skipped: no ping\n");
		skip();
	}
	before = wakes();
	sh("ping -q -c 1000 -i 0.001 192.0.2.1 >/dev/null");
	assert_true(wakes() - before < 700);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* The primary is dead and goes on being probed; the backup proves itself. */
static void
two_uplinks(void **state)
{
	struct msg_round r;
	int good = 0, bad = 0;

	(void)state;
	needs_root();
	peer("ip link set gw arp off");
	await(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	probe(0, MSG_PROBE_ROUNDS);
	probe(1, MSG_PROBE_BURST);
	while (good < 5 || bad < 3) {
		hear(IMSG_ROUND, &r, sizeof(r));
		good += r.uplink == 1 && r.verdict == MSG_GOOD;
		bad += r.uplink == 0 && r.verdict == MSG_BAD;
		assert_false(r.uplink == 0 && r.verdict == MSG_GOOD);
	}
	probe(1, MSG_PROBE_OFF);
	probe(0, MSG_PROBE_ROUNDS);
	peer("ip link set gw arp on");
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

static void
point_to_point(void **state)
{
	unsigned long other;

	(void)state;
	needs_root();
	probe(0, MSG_PROBE_OFF);
	other = sent_by("wan");
	facts[1].pointopoint = 1;
	send_facts(1);
	probe(1, MSG_PROBE_ROUNDS);
	await(1, MSG_GOOD, MSG_CAUSE_NONE);
	await(1, MSG_GOOD, MSG_CAUSE_NONE);
	sh("nft 'add table inet t; "
	   "add chain inet t o { type filter hook output priority 0; "
	   "policy drop; }'");
	await(1, MSG_BAD, MSG_CAUSE_SEND);
	sh("nft delete table inet t");
	await(1, MSG_GOOD, MSG_CAUSE_NONE);
	sh("ip link set bak down"); /* its table ends in unreachable */
	await(1, MSG_BAD, MSG_CAUSE_SEND);
	sh("ip link set bak up");
	sh("ip route replace default via 203.0.113.1 dev bak table 158");
	await(1, MSG_GOOD, MSG_CAUSE_NONE);
	assert_true(sent_by("wan") <= other + 2); /* ARP of the kernel's */
	probe(1, MSG_PROBE_OFF);
	facts[1].pointopoint = 0;
	send_facts(1);
	probe(0, MSG_PROBE_ROUNDS);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* How its configuration differs in a test; back with conf_of(was). */
static void
conf_of(const struct conf_uplink *u)
{
	conf[0] = *u;
	assert_true(conf_uplink_valid(u));
	send_conf(2);
	send_facts(0);
	probe(0, MSG_PROBE_ROUNDS);
}

/* Each has its own rounds: what one loses does not disturb the other. */
static void
two_families(void **state)
{
	struct conf_uplink was = conf[0], u = was;
	struct msg_facts facts_were = facts[0];
	struct msg_family *six = &facts[0].family[FAMILY_INET6];
	struct msg_round r;
	int i, n;

	(void)state;
	needs_root();
	sh("sysctl -qw net.ipv6.conf.wan.disable_ipv6=0");
	peer("ip addr add " FAR_6 "/128 dev lo nodad");
	sh("ip addr add 2001:db8:1::2/64 dev wan nodad");
	peer("ip addr add 2001:db8:1::1/64 dev gw nodad");
	u.ntargets = 3;
	u.target[2].id = 2;
	addr_parse(FAR_6, &u.target[2].address);
	six->prefixlen = 64;
	six->has_route = 1;
	addr_parse("2001:db8:1::2", &six->address);
	addr_parse("2001:db8:1::1", &six->gateway);
	conf_of(&u);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	r = await_of(0, FAMILY_INET6, MSG_GOOD, MSG_CAUSE_NONE);
	assert_int_equal(r.target[0].sent, 0);
	assert_int_equal(r.target[2].state, MSG_TARGET_UP);
	peer("ip addr del " FAR_6 "/128 dev lo");
	for (i = n = 0; i < 5; i++)
		n += next_round(0).verdict == MSG_GOOD;
	assert_int_equal(n, 5);
	r = await_of(0, FAMILY_INET6, MSG_BAD, MSG_CAUSE_UPSTREAM);
	assert_int_equal(r.target[2].state, MSG_TARGET_DOWN);
	peer("ip addr add " FAR_6 "/128 dev lo nodad");
	/* an address that comes and goes beside the other family's rounds */
	for (i = 0; i < 20; i++) {
		six->address.octet[15] = (uint8_t)(2 + i);
		send_facts(0);
		assert_int_equal(next_round(0).verdict, MSG_GOOD);
	}
	memset(six, 0, sizeof(*six));
	send_facts(0);
	await_of(0, FAMILY_INET6, MSG_BAD, MSG_CAUSE_NO_ADDRESS);
	assert_int_equal(next_round(0).verdict, MSG_GOOD);
	sh("sysctl -qw net.ipv6.conf.wan.disable_ipv6=1");
	facts[0] = facts_were;
	conf_of(&was);
}

static void
gateway_target(void **state)
{
	struct conf_uplink was = conf[0], u = was;
	struct msg_round r;

	(void)state;
	needs_root();
	u.ntargets = 3;
	u.target[2].id = 2;
	u.target[2].near = 1;
	u.target[2].method = CONF_METHOD_GATEWAY;
	u.target[2].address.family = AF_INET;
	u.probe.require.kind = CONF_QUORUM_ALL;
	conf_of(&u);
	r = await(0, MSG_GOOD, MSG_CAUSE_NONE);
	assert_true(r.target[2].received >= 2);
	assert_int_equal(r.target[2].state, MSG_TARGET_UP);
	peer("ip link set gw arp off");
	r = await(0, MSG_BAD, MSG_CAUSE_GATEWAY);
	peer("ip link set gw arp on");
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	/* nobody can be asked: it counts neither way */
	probe(0, MSG_PROBE_OFF);
	sh("ip route add default via 192.0.2.1 dev wan");
	facts[0].pointopoint = 1;
	send_facts(0);
	probe(0, MSG_PROBE_ROUNDS);
	r = await(0, MSG_GOOD, MSG_CAUSE_NONE);
	r = await(0, MSG_GOOD, MSG_CAUSE_NONE);
	assert_int_equal(r.target[2].sent, 0);
	assert_int_equal(r.target[2].state, MSG_TARGET_UNKNOWN);
	facts[0].pointopoint = 0;
	sh("ip route del default");
	conf_of(&was);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* Somebody at the other end takes connections to this port. */
static pid_t
listener(uint16_t port)
{
	struct sockaddr_in sin;
	char path[32];
	pid_t pid;
	int fd, s, ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) != 0) {
		close(ready[1]);
		assert_int_equal(read(ready[0], &c, 1), 1);
		close(ready[0]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)peer_pid);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(port);
	if ((fd = open(path, O_RDONLY)) == -1 || setns(fd, CLONE_NEWNET) ||
	    (s = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(s, 100) == -1 || write(ready[1], "", 1) != 1)
		_exit(1);
	for (;;)
		close(accept(s, NULL, NULL));
}

/* A connection is an answer; a refusal is a loss at once, and no answer. */
static void
tcp_targets(void **state)
{
	struct conf_uplink was = conf[0], u = was;
	struct msg_round r;
	struct msg_stats s;
	pid_t pid;

	(void)state;
	needs_root();
	sh("ip route add default via 192.0.2.1 dev wan");
	u.ntargets = 1;
	u.target[0].method = CONF_METHOD_TCP;
	u.target[0].port = 7157;
	u.probe.timeout_ms = 10000;
	conf_of(&u);
	r = await(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	assert_true(r.ended_ns - r.began_ns < 9000 * INT64_C(1000000));
	assert_int_equal(r.target[0].received, 0);
	pid = listener(7157);
	r = await(0, MSG_GOOD, MSG_CAUSE_NONE);
	assert_true(r.target[0].received >= 2);
	get_stats(0, &s);
	assert_true(s.up && s.rtt_last_ns > 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	await(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	sh("ip route del default");
	conf_of(&was);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* Somebody beyond the gateway who is heard whatever probes do. */
static pid_t
traffic(void)
{
	pid_t pid = fork();
	char net[32];

	if (pid != 0)
		return pid;
	snprintf(net, sizeof(net), "--net=/proc/%d/ns/net", (int)peer_pid);
	execlp("nsenter", "nsenter", net, "ping", "-q", "-i", "0.02", "-I",
	    FAR_1, "192.0.2.10", NULL);
	_exit(1);
}

static void
end_traffic(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* No probe is answered, but others are heard: full, for ten seconds. */
static void
full_or_dead(void **state)
{
	struct msg_round r;
	int64_t heard;
	pid_t pid;

	(void)state;
	needs_root();
	if (try("command -v ping >/dev/null") != 0)
		skip();
	heard = await(0, MSG_GOOD, MSG_CAUSE_NONE).last_answer_ns;
	pid = traffic();
	peer("nft 'add table inet t; add chain inet t i "
	     "{ type filter hook input priority 0; }; "
	     "add rule inet t i icmp type echo-request drop'");
	r = await(0, MSG_CONGESTED, MSG_CAUSE_CONGESTED);
	assert_int_equal(r.target[0].received, 0);
	r = await(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	assert_true(r.ended_ns - heard > 9000 * INT64_C(1000000));
	peer("nft delete table inet t");
	end_traffic(pid);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* With a budget a round is hours away, unless a busy line goes silent. */
static void
silence_asks(void **state)
{
	struct conf_uplink was = conf[0], u = was;
	pid_t pid;
	struct msg_round r;

	(void)state;
	needs_root();
	if (try("command -v ping >/dev/null") != 0)
		skip();
	u.probe.budget = 300000;
	assert_true(conf_delay_ms(&u, FAMILY_INET) > 1000000);
	conf_of(&u);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	pid = traffic();
	poll(NULL, 0, 2 * (int)u.probe.timeout_ms + 500);
	end_traffic(pid);
	r = next_round(0);
	assert_int_equal(r.verdict, MSG_GOOD);
	conf_of(&was);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

/* Ten targets once a second: answers are read together. */
static void
few_wake_ups(void **state)
{
	struct conf_uplink was = conf[0], u = was;
	unsigned long before;
	struct msg_round first, last;
	double s;
	uint32_t i;

	(void)state;
	needs_root();
	u.ntargets = 10;
	u.probe.count = 1;
	u.probe.delay_ms = 1000;
	for (i = 0; i < 10; i++) {
		u.target[i].id = i;
		addr_parse(FAR_1, &u.target[i].address);
		u.target[i].address.octet[3] = (uint8_t)(100 + i);
		peer("ip addr add 198.51.100.%u/32 dev lo", 100 + i);
	}
	conf_of(&u);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
	first = await(0, MSG_GOOD, MSG_CAUSE_NONE);
	before = wakes();
	for (i = 0; i < 5; i++)
		last = await(0, MSG_GOOD, MSG_CAUSE_NONE);
	s = (double)(last.ended_ns - first.ended_ns) / 1e9;
	print_message(
	    "%.1f wake-ups a second\n", (double)(wakes() - before) / s);
	assert_true((double)(wakes() - before) < 10 * s);
	conf_of(&was);
	await(0, MSG_GOOD, MSG_CAUSE_NONE);
}

static void
reload_keeps(void **state)
{
	struct msg_stats before, after;
	struct conf_uplink bak = conf[1];

	(void)state;
	needs_root();
	get_stats(0, &before);
	get_stats(1, &after);
	assert_true(before.received > 0 && after.received > 0);
	/* another backup comes first, the old one moves */
	fill_conf(&conf[1], 1, "dsl");
	conf[2] = bak;
	conf[2].id = 2;
	send_conf(3);
	get_stats(0, &after);
	assert_true(after.sent >= before.sent);
	get_stats(1, &after);
	assert_int_equal(after.sent, 0);
	get_stats(2, &after);
	assert_true(after.sent > 0);
	/* the primary changes: its interface is known all the same */
	conf[0].probe.count = 2;
	conf[1] = bak;
	send_conf(2);
	get_stats(0, &after);
	assert_int_equal(after.sent, 0);
	probe(0, MSG_PROBE_ROUNDS);
	assert_int_equal(next_round(0).verdict, MSG_GOOD);
}

/* What cannot come from a sound parent ends it, with a word. */
static void
malformed_ends_it(void **state)
{
	struct msg_probe m = { 99, 1, MSG_PROBE_ROUNDS, 0 };
	int status;

	(void)state;
	needs_root();
	tell(IMSG_PROBE, &m, sizeof(m));
	assert_int_equal(waitpid(prober_pid, &status, 0), prober_pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	imsgbuf_clear(&ibuf);
	close(ibuf.fd);
	/* and the parent's end ends it without one */
	start_prober();
	close(ibuf.fd);
	assert_int_equal(waitpid(prober_pid, &status, 0), prober_pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	prober_pid = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_rounds),
		cmocka_unit_test(filters_do_not_matter),
		cmocka_unit_test(upstream_dead),
		cmocka_unit_test(gateway_dead),
		cmocka_unit_test(mac_changes),
		cmocka_unit_test(facts_are_rounds),
		cmocka_unit_test(address_changes),
		cmocka_unit_test(interface_returns),
		cmocka_unit_test(interface_replaced),
		cmocka_unit_test(stopped_is_not_dead),
		cmocka_unit_test(sleeps_through_others),
		cmocka_unit_test(two_uplinks),
		cmocka_unit_test(point_to_point),
		cmocka_unit_test(two_families),
		cmocka_unit_test(gateway_target),
		cmocka_unit_test(tcp_targets),
		cmocka_unit_test(full_or_dead),
		cmocka_unit_test(silence_asks),
		cmocka_unit_test(few_wake_ups),
		cmocka_unit_test(reload_keeps),
		cmocka_unit_test(malformed_ends_it),
	};

	return cmocka_run_group_tests_name("prober", tests, set_up, tear_down);
}
