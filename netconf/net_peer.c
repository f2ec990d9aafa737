/* SPDX-License-Identifier: ISC */
/*
 * A peer is elsewhere: exactly its tunnels and next hops are led there, each by
 * its own family.  The parent has verified that the peer said so; what it may
 * say is checked here again, since the parent talks to strangers.  It stays
 * where it is when we leave: our routes go, the peer does not.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"
#include "netconf/run.h"

#define NET_PEERS_MAX 16 /* at once */

/* ---- where it may be ---- */

/*
 * Ours, or in a network of our site; an uplink's may have others, too.  So may
 * one where a next hop is, if that is named.
 */
static int
is_ours(
    const struct conf_peer *p, const struct net_state *s, const struct addr *a)
{
	int shared = conf_peer_is_hop(p) && conf_peer_names(p, a);
	struct prefix net;
	size_t i;

	for (i = 0; i < s->naddrs; i++) {
		net.addr = s->addrs[i].local;
		net.len = s->addrs[i].prefixlen;
		if (addr_cmp(&net.addr, a) == 0)
			return 1;
		prefix_mask(&net);
		if (!shared && net.len > 0 && prefix_contains(&net, a) &&
		    !plan_is_uplinks(net_wish(), s, s->addrs[i].ifindex))
			return 1;
	}
	return 0;
}

/* An address where it must not be is taken away: which families had one. */
static uint32_t
bar(const struct conf_peer *p, const struct net_state *s,
    struct msg_net_peer *m)
{
	uint32_t f, barred = 0;

	for (f = 0; f < FAMILIES; f++)
		if (m->address[f].family != AF_UNSPEC &&
		    (!conf_peer_accepts(p, &m->address[f]) ||
			is_ours(p, s, &m->address[f]))) {
			memset(&m->address[f], 0, sizeof(m->address[f]));
			barred |= 1u << f;
		}
	m->barred |= barred;
	return barred;
}

/* It can be reached by one family at least; NULL: by none. */
static const struct addr *
reached_at(const struct msg_net_peer *m)
{
	uint32_t f;

	for (f = 0; f < FAMILIES; f++)
		if (m->address[f].family != AF_UNSPEC)
			return &m->address[f];
	return NULL;
}

/* What becomes of tunnels of a family that is not led. */
static enum msg_net_peer_result
is_refused(const struct msg_net_peer *m, enum family f)
{
	if (m->nat & 1u << f)
		return MSG_PEER_NAT;
	return m->barred & 1u << f ? MSG_PEER_ADDRESS : MSG_PEER_APPLIED;
}

/* ---- its tunnels ---- */

static int
is_meant(const uint8_t key[KEY_LEN], const void *tunnel)
{
	const struct conf_tunnel *t = tunnel;

	return !t->wgpeer || memcmp(t->key, key, KEY_LEN) == 0;
}

/* ---- several peers at once ---- */

/*
 * For all twins of a turn: one takes the kernel some milliseconds, or a tenth
 * of a second where a slow machine has much to do beside it.
 */
#define TWINS_MS 1000

/*
 * What came together is done together: a hub is told of thousands in a second,
 * and the kernel takes many requests for little more than one.
 */
static struct {
	size_t n;
	struct msg_net_peer question[NET_PEERS_MAX];
	struct msg_net_peer_done answer[NET_PEERS_MAX];
	size_t nleads;
	struct net_lead lead[NET_MOVES_MAX];
	const char *ifname[NET_MOVES_MAX];
	size_t whose[NET_MOVES_MAX]; /* question */
	struct monotime until; /* links take their time: no more after that */
} asked;

/* All tunnels are tried; the worst of what became of them is told. */
static void
not_led(size_t i, const char *ifname, enum msg_net_peer_result result,
    const char *why)
{
	struct msg_net_peer_done *done = &asked.answer[i];

	if (result <= done->result)
		return;
	done->result = result;
	snprintf(done->text, sizeof(done->text), "%s: %s", ifname, why);
}

static const char *
refusal_text(enum msg_net_peer_result result)
{
	return result == MSG_PEER_NAT ? "behind NAT" : "not where it may be";
}

/* EAGAIN: somebody else wrote it in between. */
static int
lead_error(const struct net_lead *l)
{
	const struct addr *to = &l->to[addr_family(&l->is)];

	if (l->error != 0)
		return l->error;
	return to->family == AF_UNSPEC || addr_cmp(&l->is, to) == 0 ? 0
								    : EAGAIN;
}

/* Of which family it is was read with it. */
static void
judge_led(size_t i, int error)
{
	const struct net_lead *l = &asked.lead[i];
	enum msg_net_peer_result refused;

	refused =
	    is_refused(&asked.question[asked.whose[i]], addr_family(&l->is));
	if (l->is.family != AF_UNSPEC)
		asked.answer[asked.whose[i]].bound |= 1u << addr_family(&l->is);
	if (error != 0)
		not_led(asked.whose[i], asked.ifname[i], MSG_PEER_FAILED,
		    strerror(error));
	else
		not_led(asked.whose[i], asked.ifname[i], refused,
		    refusal_text(refused));
}

static void
lead_tunnels(void)
{
	int failed = 0;
	size_t i;

	if (asked.nleads > 0 &&
	    netops->tunnels_lead(asked.lead, asked.nleads) == -1)
		failed = errno;
	for (i = 0; i < asked.nleads; i++)
		judge_led(i, failed != 0 ? failed : lead_error(&asked.lead[i]));
	asked.nleads = 0;
}

static void
add_tunnel(size_t i, const char *ifname, uint32_t ifindex)
{
	size_t n;

	if (asked.nleads == NET_MOVES_MAX)
		lead_tunnels();
	n = asked.nleads++;
	asked.lead[n] = (struct net_lead){ .ifindex = ifindex,
		.to = asked.question[i].address };
	asked.ifname[n] = ifname;
	asked.whose[n] = i;
}

/*
 * Not read back: each packet of the peer's own may have changed it since
 * (wg_socket_set_peer_endpoint() in the kernel).  Which family it talks is
 * for its side to choose: it is led by the one that it talked last, and if
 * that is behind NAT, the handshake that it sends tells more.  One that was
 * not heard since it was made has no endpoint, if none was set, and what port
 * it has nobody says: until its own packets do, nothing reaches it.
 */
static void
lead_wireguard(size_t i, const struct conf_tunnel *t, uint32_t ifindex)
{
	const struct msg_net_peer *m = &asked.question[i];
	const struct addr *any = reached_at(m);
	struct addr to[FAMILIES];
	struct net_wgpeers n;
	uint32_t f;

	if (any == NULL)
		return;
	for (f = 0; f < FAMILIES; f++) {
		to[f] = m->address[f];
		if (to[f].family == AF_UNSPEC && !(m->nat & 1u << f))
			to[f] = *any;
	}
	if (netops->wireguard(ifindex, is_meant, t, to, &n) == -1)
		not_led(i, t->ifname, MSG_PEER_FAILED, strerror(errno));
	else if (n.set + n.left == 0)
		not_led(i, t->ifname, MSG_PEER_FAILED,
		    n.meant == 0 ? "no such peer" : "no endpoint");
}

/* As far as is known before it is read. */
static int
may_be_led(const struct net_link *l, const struct msg_net_peer *m)
{
	if (l->local.family == AF_UNSPEC)
		return reached_at(m) != NULL;
	return m->address[addr_family(&l->local)].family != AF_UNSPEC;
}

/* Moved from where it may still send for a while. */
static int
leaves(const struct net_link *l, const struct msg_net_peer *m)
{
	static const struct addr only_read[FAMILIES];
	struct net_lead now = { .ifindex = l->ifindex, .to = only_read };
	const struct addr *to;

	if (!m->drains || monotime_cmp(monotime_now(), asked.until) > 0 ||
	    !plan_may_have_twin(l) || netops->tunnels_lead(&now, 1) == -1 ||
	    now.error != 0)
		return 0;
	to = &m->address[addr_family(&now.is)];
	return to->family != AF_UNSPEC && addr_cmp(&now.is, to) != 0;
}

static void
lead(size_t i, const struct conf_tunnel *t)
{
	const struct msg_net_peer *m = &asked.question[i];
	const struct net_link *l = net_link_find(net_known(), t->ifname);

	if (l == NULL)
		not_led(i, t->ifname, MSG_PEER_FAILED, strerror(ENODEV));
	else if (l->tunnel == NET_WIREGUARD)
		lead_wireguard(i, t, l->ifindex);
	else {
		if (leaves(l, m))
			twin_hold(net_known(), l);
		if (may_be_led(l, m))
			twin_renew(net_known(), l);
		add_tunnel(i, t->ifname, l->ifindex);
	}
}

/* ---- networks whose next hop it is ---- */

static const struct conf_peer *
peer_of(size_t i)
{
	return &config_current()->peer[asked.question[i].id];
}

/* Each by its own family, as tunnels are. */
static void
lead_hops(size_t i)
{
	const struct msg_net_peer *m = &asked.question[i];
	const struct conf_peer *p = peer_of(i);
	enum msg_net_peer_result result;
	const struct net_hop *h;
	char net[PREFIX_STRLEN];
	struct prefix dst;
	const char *why;
	size_t j;

	for (j = behind_first_hop(p); (h = behind_hop(p, j)) != NULL; j++) {
		result = is_refused(m, addr_family(&h->dst.addr));
		if (result != MSG_PEER_APPLIED)
			not_led(i, prefix_format(&h->dst, net, sizeof(net)),
			    result, refusal_text(result));
	}
	if ((why = hops_lead(p, m->address, &dst)) != NULL)
		not_led(i, prefix_format(&dst, net, sizeof(net)),
		    MSG_PEER_FAILED, why);
}

/* ---- all of it ---- */

static void
lead_peer(size_t i)
{
	struct msg_net_peer *m = &asked.question[i];
	struct msg_net_peer_done *done = &asked.answer[i];
	const struct conf_peer *p = peer_of(i);
	uint32_t j;

	memset(done, 0, sizeof(*done));
	done->gen = m->gen;
	done->id = m->id;
	done->barred = bar(p, net_known(), m);
	if (m->barred != 0 && m->nat == 0 && reached_at(m) == NULL) {
		done->result = MSG_PEER_ADDRESS;
		strlcpy(
		    done->text, refusal_text(done->result), sizeof(done->text));
		return;
	}
	for (j = 0; j < p->ntunnels; j++)
		lead(i, &p->tunnel[j]);
	lead_hops(i);
}

void
net_peers_lead(void)
{
	size_t i;

	asked.until = monotime_add_ms(monotime_now(), TWINS_MS);
	for (i = 0; i < asked.n; i++)
		lead_peer(i);
	lead_tunnels();
	for (i = 0; i < asked.n; i++)
		netconf_send(IMSG_NET_PEER_DONE, -1, &asked.answer[i],
		    sizeof(asked.answer[i]));
	asked.n = 0;
}

void
net_peer(const struct msg_net_peer *m)
{
	const struct conf *conf = config_current();

	if (m->gen != config_gen())
		return; /* ids may be others' now; the parent asks again */
	if (m->id >= conf->npeers || !conf->peer[m->id].keyed)
		fatalx("parent: NET_PEER: no such peer");
	asked.question[asked.n++] = *m;
	if (asked.n == NET_PEERS_MAX)
		net_peers_lead();
}
