/* SPDX-License-Identifier: ISC */
/* The peers' protocol in the daemon; see peering.h. */
#include <sys/types.h>

#include <event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/keep.h"
#include "common/log.h"
#include "parent/alarms.h"
#include "parent/history.h"
#include "parent/peering.h"

/* Messages that the prober has not taken yet: it is given no more to say. */
#define PROBER_WAITING 256
#define PROBER_BUSY_MS 10

static const char *state_dir; /* NULL: nothing outlives us */
static struct peers peers;
static int running; /* peers is in use */
static int told; /* peers know where we are */
static uint32_t carrying = MSG_UPLINK_NONE;
static struct peers_self self;
static struct prefix own[CONF_UPLINKS_MAX * FAMILIES];
static struct msg_peer_dropped drops;
static struct histogram acknowledge;
static struct monotime moved; /* to a backup; invalid: that is counted */
static struct event timer;
static int timer_set;

_Static_assert(PEER_MSG_MAX <= MSG_PACKET_MAX, "each fits in a message");
_Static_assert(PEER_KEY_LEN == KEY_LEN, "the same keys");

static void on_timer(int, short, void *);

static int
prober_is_busy(void)
{
	return imsgbuf_queuelen(&parent->child[CHILD_PROBER].iev.ibuf) >=
	       PROBER_WAITING;
}

static void
rearm(void)
{
	struct monotime due = peers_deadline(&peers);
	struct timeval tv;

	if (!timer_set)
		evtimer_set(&timer, on_timer, NULL);
	timer_set = 1;
	evtimer_del(&timer);
	if (!running || !monotime_valid(due))
		return;
	tv = prober_is_busy() ? monotime_ms(PROBER_BUSY_MS)
			      : monotime_until(due, monotime_now());
	evtimer_add(&timer, &tv);
}

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!prober_is_busy())
		peers_tick(&peers, monotime_now());
	rearm();
}

/* ---- what the protocol asks for ---- */

static void
send_datagram(
    void *arg, const struct peer_place *to, const uint8_t *buf, size_t len)
{
	struct msg_peer_packet p;

	(void)arg;
	if (reload_changing())
		return; /* uplinks' numbers change: it is said again */
	memset(&p, 0, sizeof(p));
	p.uplink = to->uplink;
	p.addr = to->addr;
	p.own = to->own;
	p.port = to->port;
	p.len = (uint32_t)len;
	memcpy(p.data, buf, len);
	parent_send(CHILD_PROBER, IMSG_PEER_OUT, -1, &p, sizeof(p));
}

static void
apply(void *arg, uint32_t i, const struct addr address[FAMILIES], uint32_t nat,
    uint32_t barred)
{
	const struct peer *p = &peers.peer[i];
	struct msg_net_peer m;

	(void)arg;
	memset(&m, 0, sizeof(m));
	m.gen = parent->conf.gen;
	m.id = p->conf->id;
	memcpy(m.address, address, sizeof(m.address));
	m.nat = nat;
	m.barred = barred;
	m.drains =
	    p->heard_reason == PEER_FALLBACK && p->meanwhile != PEER_UNCHANGED;
	parent_send(CHILD_NETCONF, IMSG_NET_PEER, -1, &m, sizeof(m));
}

static void
alarm_peer(const struct peer *p, const char *what, const char *why)
{
	char text[MSG_TEXT_LEN];

	snprintf(text, sizeof(text), "%s %s%s", p->conf->name, what, why);
	alarms_raise("peer", MSG_UPLINK_NONE, text);
}

/* Where it can be reached, if anywhere. */
static const char *
where(const struct peer *p, char *buf, size_t size)
{
	uint32_t f, wrong = p->heard_nat | p->barred | p->barred_there;
	struct addr at[FAMILIES];
	char a[ADDR_STRLEN];

	buf[0] = '\0';
	addr_pair_get(&p->address, at);
	for (f = 0; f < FAMILIES; f++) {
		if (at[f].family == AF_UNSPEC || wrong & 1u << f)
			continue;
		if (buf[0] != '\0')
			strlcat(buf, " and ", size);
		strlcat(buf, addr_format(&at[f], a, sizeof(a)), size);
	}
	return buf;
}

static void
tell_moved(const struct peer *p)
{
	static const char *const nat[1u << FAMILIES] = {
		[1u << FAMILY_INET] = ", by IPv4 behind NAT",
		[1u << FAMILY_INET6] = ", by IPv6 behind NAT"
	};
	const char *why = peer_reason_text(p->heard_reason);
	char text[2 * ADDR_STRLEN + 8];

	if (where(p, text, sizeof(text))[0] == '\0' && p->heard_nat != 0)
		history_line(
		    "peers", "%s moved (%s), behind NAT", p->conf->name, why);
	else
		history_line("peers", "%s moved (%s): it is at %s%s",
		    p->conf->name, why, text,
		    p->heard_nat != 0 ? nat[p->heard_nat] : "");
}

/* It knows where we are: what waited for that need not any more. */
static void
follow(const struct peer *p)
{
	const struct msg_net_follow m = { parent->conf.gen, p->conf->id };
	const struct machine_want *w = &parent->machine.want;

	if (w->drain == MACHINE_NONE || w->active != self.active ||
	    p->result > PEER_UNCHANGED)
		return; /* nothing waits, or not for this */
	parent_send(CHILD_NETCONF, IMSG_NET_FOLLOW, -1, &m, sizeof(m));
}

/*
 * One may know that traffic has moved: is it the last?  Who comes late was
 * away, and says nothing of how fast the others were told.
 */
static void
count_knowing(void)
{
	struct monotime now = monotime_now();

	if (!monotime_valid(moved))
		return;
	if (monotime_ms_between(moved, now) >= PEERS_UNACKED_MS)
		moved = (struct monotime){ 0 };
	else if (peers.nknow == peers.n) {
		histogram_add(&parent->phase[CTL_PHASE_PEERS],
		    monotime_sub(now, moved) / 1000);
		if (engine_event_open())
			parent->event.peers_ms = engine_ms_since(moved);
		moved = (struct monotime){ 0 };
	}
}

static void
notice(void *arg, uint32_t i, enum peers_notice n)
{
	const struct peer *p = &peers.peer[i];

	(void)arg;
	switch (n) {
	case PEERS_SILENT:
		alarm_peer(p, "is silent on every uplink", "");
		break;
	case PEERS_HEARD:
		history_line("peers", "%s is heard again", p->conf->name);
		break;
	case PEERS_UNACKED:
		alarm_peer(p, "does not acknowledge where we are", "");
		break;
	case PEERS_ACKED:
		if (p->reason != PEER_HELLO)
			histogram_add(&acknowledge, p->rtt_ns / 1000);
		history_line("peers", "%s acknowledged (%lld ms)",
		    p->conf->name, (long long)(p->rtt_ns / 1000000));
		count_knowing();
		follow(p);
		break;
	case PEERS_REFUSED:
		alarm_peer(
		    p, "refuses where we are: ", peer_result_text(p->result));
		break;
	case PEERS_MOVED:
		tell_moved(p);
		break;
	case PEERS_NOT_MOVED:
		history_line("peers", "%s moved, and was not followed: %s",
		    p->conf->name, peer_result_text(p->answer));
		break;
	}
}

static void
fill_random(void *arg, void *buf, size_t len)
{
	(void)arg;
	arc4random_buf(buf, len);
}

static const struct peers_user user = { send_datagram, apply, notice,
	fill_random };

/* ---- where we are ---- */

static int
has_address(const struct msg_facts *f)
{
	return f->family[FAMILY_INET].address.family != AF_UNSPEC ||
	       f->family[FAMILY_INET6].address.family != AF_UNSPEC;
}

/* Statements may go out by it, whether or not it works. */
static int
is_usable(const struct uplink *u)
{
	return u->facts_known && u->facts.ifindex != 0 && u->facts.up &&
	       u->facts.carrier && has_address(&u->facts);
}

static void
fill_self(struct peers_self *s)
{
	const struct uplink *u = &parent->uplink[carrying];
	uint32_t i;

	memset(s, 0, sizeof(*s));
	s->active = carrying;
	s->metered = u->conf.metered != 0;
	for (i = 0; i < FAMILIES; i++)
		s->address[i] = u->facts.family[i].address;
	for (i = 0; i < parent->conf.nuplinks; i++)
		if (is_usable(&parent->uplink[i])) {
			s->usable |= 1u << i;
			if (i != carrying && parent->uplink[i].conf.metered)
				s->costly |= 1u << i;
		}
}

static void
fill_own(void)
{
	const struct addr *a;
	uint32_t i, f;
	size_t n = 0;

	for (i = 0; i < parent->conf.nuplinks; i++)
		for (f = 0; f < FAMILIES; f++) {
			a = &parent->uplink[i].facts.family[f].address;
			if (a->family == AF_UNSPEC)
				continue;
			own[n].addr = *a;
			own[n++].len = (uint32_t)addr_len(a) * 8;
		}
	peers_own(&peers, own, n);
}

/* One that lost its address says nothing until it has one again. */
static void
tell(void)
{
	enum peer_reason reason = PEER_ADDRESS;
	uint32_t before = self.active;

	if (!running || carrying >= parent->conf.nuplinks ||
	    !has_address(&parent->uplink[carrying].facts))
		return;
	fill_own();
	fill_self(&self);
	if (!told)
		reason = PEER_START;
	else if (before != carrying)
		reason = carrying == 0 ? PEER_FALLBACK : PEER_FAILOVER;
	told = 1;
	if (reason == PEER_FAILOVER)
		moved = monotime_now();
	else if (reason != PEER_ADDRESS)
		moved = (struct monotime){ 0 };
	peers_move(&peers, &self, reason, monotime_now());
	rearm();
}

/* A netconf that began anew does not know who knew already. */
void
peering_carried(uint32_t uplink)
{
	uint32_t i;

	carrying = uplink;
	tell();
	for (i = 0; running && i < peers.n; i++)
		if (peers.peer[i].acked)
			follow(&peers.peer[i]);
}

void
peering_facts(void)
{
	tell();
}

/* ---- what comes in ---- */

void
peering_heard(const struct msg_peer_packet *p)
{
	const struct peer_place from = { p->addr, p->own, p->port, p->uplink };

	if (!running || (p->uplink != MSG_UPLINK_NONE &&
			    p->uplink >= parent->conf.nuplinks))
		return; /* of a configuration that was */
	peers_hear(&peers, &from, p->data, p->len, monotime_now());
	rearm();
}

void
peering_dropped(const struct msg_peer_dropped *d)
{
	drops = *d;
}

const struct msg_peer_dropped *
peering_drops(void)
{
	return &drops;
}

const struct histogram *
peering_acknowledge(void)
{
	return &acknowledge;
}

const struct peers *
peering_peers(void)
{
	static const struct peers none;

	return running ? &peers : &none;
}

static bool
cannot_follow(const struct peer *p, uint32_t uplink)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (p->bound & 1u << f && p->nat_by[f] & 1u << uplink)
			return true;
	return false;
}

void
peering_drilled(uint32_t uplink)
{
	const char *one = "";
	uint32_t i, n = 0;

	for (i = 0; running && i < peers.n; i++)
		if (cannot_follow(&peers.peer[i], uplink)) {
			one = peers.peer[i].conf->name;
			n++;
		}
	if (n == 1)
		history_line("peers", "%s cannot follow to %s: behind NAT", one,
		    uplink_name(uplink));
	else if (n > 1)
		history_line("peers", "%u cannot follow to %s: behind NAT", n,
		    uplink_name(uplink));
}

int
peering_forget(const char *name)
{
	uint32_t i;

	for (i = 0; running && i < peers.n; i++)
		if (strcmp(peers.peer[i].conf->name, name) == 0) {
			peers_forget(&peers, i);
			history_line("peers", "%s forgotten, as asked", name);
			return 0;
		}
	return -1;
}

static const struct conf_peer *
find(uint32_t id)
{
	const struct config *c = &parent->conf;
	uint32_t low = 0, high = c->npeers, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (c->peer[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->npeers && c->peer[low].id == id ? &c->peer[low] : NULL;
}

void
peering_done(const struct msg_net_peer_done *d)
{
	static const enum peer_result results[] = {
		[MSG_PEER_APPLIED] = PEER_APPLIED,
		[MSG_PEER_ADDRESS] = PEER_REFUSED_ADDRESS,
		[MSG_PEER_NAT] = PEER_REFUSED_NAT,
		[MSG_PEER_FAILED] = PEER_FAILED,
	};
	const struct conf_peer *c = find(d->id);
	uint32_t i;

	if (!running || d->gen != parent->conf.gen)
		return; /* of peers as they were */
	if (c == NULL) {
		parent_distrust(CHILD_NETCONF, IMSG_NET_PEER_DONE);
		return;
	}
	i = (uint32_t)(c - parent->conf.peer);
	/* its ends are of the same kind; where it may not be none is read */
	if (d->result != MSG_PEER_ADDRESS)
		peers.peer[i].bound = (uint8_t)d->bound;
	/* it is tried again with each hello, which is no news */
	if (d->text[0] != '\0' && peers.peer[i].answer != results[d->result])
		history_line("peers", "%s: %s", c->name, d->text);
	peers_applied(&peers, i, results[d->result], d->barred);
	rearm();
}

void
peering_again(const struct msg_net_peer_again *a)
{
	const struct conf_peer *c = find(a->id);

	if (!running || a->gen != parent->conf.gen)
		return; /* of peers as they were */
	if (c == NULL) {
		parent_distrust(CHILD_NETCONF, IMSG_NET_PEER_AGAIN);
		return;
	}
	(void)peers_again(&peers, (uint32_t)(c - parent->conf.peer));
	rearm();
}

/* ---- begin, and begin again ---- */

static void
print_number(FILE *f, const void *n)
{
	fprintf(f, "%u\n", *(const uint32_t *)n);
}

/*
 * A number that was never used before with our key.  Where nothing can be
 * written it is, and then peers ask us whether it is really us.
 */
static uint32_t
count_start(void)
{
	char path[64];
	uint32_t n = 0;
	FILE *f;

	if (state_dir == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/starts", state_dir);
	if ((f = fopen(path, "re")) != NULL) {
		if (fscanf(f, "%10u", &n) != 1)
			n = 0;
		fclose(f);
	}
	n++;
	if (keep_write_through(path, print_number, &n) == -1)
		log_warn("%s", path);
	return n;
}

void
peering_open(const char *dir)
{
	state_dir = dir;
	if (sodium_init() == -1)
		fatalx("libsodium");
}

static int
begin(void)
{
	const struct config *c = &parent->conf;
	uint8_t secret[PEER_SECRET_LEN], key[PEER_KEY_LEN];
	static uint32_t starts;
	static int counted;
	int result;

	sodium_memzero(&peers, sizeof(peers)); /* what it held is moved away */
	if (c->npeers == 0)
		return 0;
	if (!counted)
		starts = count_start();
	counted = 1;
	(void)crypto_sign_seed_keypair(key, secret, c->identity.seed);
	result =
	    peers_init(&peers, secret, c->peer, c->npeers, starts, &user, NULL);
	sodium_memzero(secret, sizeof(secret));
	if (result == -1)
		log_warnx("peers: a key that is none, or no memory");
	return result == 0;
}

/* The prober passes on what these may have made. */
static void
listen_to_peers(void)
{
	struct msg_peer_listen l;
	struct msg_peer_known k;
	uint32_t i;

	memset(&l, 0, sizeof(l));
	if (running) {
		l.address = parent->conf.global.listen;
		l.port = parent->conf.global.port;
		l.npeers = peers.n;
		memcpy(l.key, peers.secret + PEER_SECRET_LEN - PEER_KEY_LEN,
		    sizeof(l.key));
	}
	parent_send(CHILD_PROBER, IMSG_PEER_LISTEN, -1, &l, sizeof(l));
	for (i = 0; i < l.npeers; i++) {
		memcpy(k.key, peers.peer[i].conf->key, sizeof(k.key));
		memcpy(k.tag_key, peers.peer[i].tag_key, sizeof(k.tag_key));
		parent_send(CHILD_PROBER, IMSG_PEER_KNOWN, -1, &k, sizeof(k));
	}
	sodium_memzero(&k, sizeof(k));
}

void
peering_reloaded(void)
{
	struct peers was = peers;
	int had = running;

	running = begin();
	told = 0;
	if (had && running)
		peers_keep(&peers, &was);
	if (had)
		peers_free(&was);
	listen_to_peers();
	tell();
	rearm();
}
