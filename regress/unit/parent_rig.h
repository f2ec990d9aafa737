/* SPDX-License-Identifier: ISC */
/*
 * The real parent without its processes: the test holds the other end of
 * each channel, and so is prober, dialer and netconf.  Everything in it has
 * static state, so each story runs in a process of its own (rig_story).
 */
#ifndef REGRESS_UNIT_PARENT_RIG_H
#define REGRESS_UNIT_PARENT_RIG_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "parent/alarms.h"
#include "parent/control.h"
#include "parent/cost.h"
#include "parent/history.h"
#include "parent/parent.h"
#include "parent/run.h"

#define RIG_WAIT_MS 10000

#define CHECK(x)                                                         \
	do {                                                             \
		if (!(x)) {                                              \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #x);                               \
			_exit(1);                                        \
		}                                                        \
	} while (0)

struct rig {
	struct imsgbuf peer[CHILD_MAX]; /* our ends */
	struct conf *conf;
	const char *boot, *state; /* its id and the state directory, or NULL */
	struct imsg imsg; /* the message last taken */
	int taken;
};

static struct rig rig;

/* Its own process, so that static state begins afresh; 0: all was so. */
static inline int
rig_story(void (*story)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	switch (pid = fork()) {
	case -1:
		return -1;
	case 0:
		story();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* What the parent has to do now. */
static inline void
rig_run(void)
{
	int i;

	for (i = 0; i < 3 && !parent->quitting; i++)
		event_loop(EVLOOP_NONBLOCK);
}

static inline void
rig_send_fd(
    enum child_id from, uint32_t type, int fd, const void *data, size_t len)
{
	CHECK(imsg_compose(&rig.peer[from], type, 0, 0, fd, data, len) == 1);
	CHECK(imsgbuf_flush(&rig.peer[from]) == 0);
	rig_run();
}

static inline void
rig_send(enum child_id from, uint32_t type, const void *data, size_t len)
{
	rig_send_fd(from, type, -1, data, len);
}

/* The next message to this child, whatever it is; 0: none within ms. */
static inline uint32_t
rig_any(enum child_id to, int ms)
{
	struct imsgbuf *ibuf = &rig.peer[to];
	struct pollfd p = { ibuf->fd, POLLIN, 0 };

	if (rig.taken)
		imsg_free(&rig.imsg);
	rig.taken = 0;
	for (;; ms -= 5) {
		rig_run();
		if (imsgbuf_get(ibuf, &rig.imsg) == 1)
			break;
		if (poll(&p, 1, 0) == 1 && imsgbuf_read(ibuf) == 1)
			continue;
		if (ms <= 0)
			return 0;
		poll(&p, 1, 5);
	}
	rig.taken = 1;
	return imsg_get_type(&rig.imsg);
}

/* Wait for a message of this type; others are passed over. */
static inline void
rig_expect(enum child_id to, uint32_t type, void *data, size_t len)
{
	uint32_t got;

	while ((got = rig_any(to, RIG_WAIT_MS)) != type)
		if (got == 0) {
			fprintf(stderr, "no %s came to %s\n", msg_name(type),
			    parent->child[to].name);
			_exit(1);
		}
	CHECK(imsg_get_data(&rig.imsg, data, len) == 0);
}

/* An alarm of this kind comes; it and those before it are sent. */
static inline void
rig_alarm(const char *kind, struct msg_alarm *a)
{
	struct msg_alarm_done d = { .ok = 1 };

	do {
		rig_expect(CHILD_NETCONF, IMSG_ALARM, a, sizeof(*a));
		d.id = a->id;
		rig_send(CHILD_NETCONF, IMSG_ALARM_DONE, &d, sizeof(d));
	} while (strcmp(a->kind, kind) != 0);
}

/* How many of this type are on their way by now; all are taken. */
static inline unsigned int
rig_count(enum child_id to, uint32_t type)
{
	unsigned int n = 0;
	uint32_t got;

	while ((got = rig_any(to, 20)) != 0)
		n += got == type;
	return n;
}

/* Until it is so, or not within reason. */
#define rig_until(x)                                    \
	do {                                            \
		int left_ = RIG_WAIT_MS;                \
                                                        \
		for (; !(x) && left_ > 0; left_ -= 5) { \
			rig_run();                      \
			usleep(5000);                   \
		}                                       \
		CHECK(x);                               \
	} while (0)

static inline void
rig_report(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static inline struct conf *
rig_parse(const char *text)
{
	char path[] = "/tmp/dialfail-rig.XXXXXX";
	struct conf *conf;
	FILE *f;
	int fd;

	CHECK((fd = mkstemp(path)) != -1);
	CHECK((f = fdopen(fd, "w")) != NULL);
	CHECK(fputs(text, f) != EOF && fclose(f) == 0);
	conf = conf_parse(path, NULL, 1, rig_report, NULL);
	unlink(path);
	CHECK(conf != NULL);
	return conf;
}

/* The seed of a site's own key: octets of 1. */
static inline void
rig_offer_peers(const struct conf *conf)
{
	struct msg_identity id;
	struct msg_conf_peer m;
	uint32_t i;

	if (conf->nkeyed == 0)
		return;
	memset(&id, 1, sizeof(id));
	rig_send(CHILD_NETCONF, IMSG_CONF_IDENTITY, &id, sizeof(id));
	for (i = 0; i < conf->npeers; i++)
		if (conf->peer[i].keyed)
			rig_send(CHILD_NETCONF, IMSG_CONF_PEER, &m,
			    msg_conf_peer_encode(&m, &conf->peer[i]));
}

/* As netconf sends a configuration. */
static inline void
rig_offer(const struct conf *conf, uint32_t gen)
{
	struct msg_conf_begin b;
	uint32_t i;

	memset(&b, 0, sizeof(b));
	b.gen = gen;
	b.nuplinks = conf->nuplinks;
	b.npeers = conf->nkeyed;
	b.peer_lists = msg_conf_lists(conf);
	memcpy(b.sha256, conf->sha256, sizeof(b.sha256));
	rig_send(CHILD_NETCONF, IMSG_CONF_BEGIN, &b, sizeof(b));
	rig_send(CHILD_NETCONF, IMSG_CONF_GLOBAL, &conf->global,
	    sizeof(conf->global));
	for (i = 0; i < conf->nuplinks; i++)
		rig_send(CHILD_NETCONF, IMSG_CONF_UPLINK, &conf->uplink[i],
		    sizeof(conf->uplink[i]));
	rig_offer_peers(conf);
	rig_send(CHILD_NETCONF, IMSG_CONF_END, &gen, sizeof(gen));
}

/* prober and dialer take what they are offered; netconf commits. */
static inline void
rig_accept(void)
{
	uint32_t gen;

	rig_expect(CHILD_PROBER, IMSG_CONF_END, &gen, sizeof(gen));
	rig_send(CHILD_PROBER, IMSG_CONF_ACK, &gen, sizeof(gen));
	rig_expect(CHILD_DIALER, IMSG_CONF_END, &gen, sizeof(gen));
	rig_send(CHILD_DIALER, IMSG_CONF_ACK, &gen, sizeof(gen));
	rig_expect(CHILD_NETCONF, IMSG_CONF_COMMIT, &gen, sizeof(gen));
}

/* An interface is there, with carrier or without, as the kernel says. */
static inline void
rig_facts_of(uint32_t id, const char *ifname, int carrier)
{
	struct msg_facts f;

	memset(&f, 0, sizeof(f));
	f.uplink = id;
	f.ifindex = 10 + id;
	f.up = 1;
	f.carrier = carrier != 0;
	f.mtu = 1500;
	f.family[FAMILY_INET].prefixlen = 24;
	f.family[FAMILY_INET].has_route = 1;
	strlcpy(f.ifname, ifname, sizeof(f.ifname));
	CHECK(addr_parse(id == 0 ? "192.0.2.17" : "203.0.113.17",
		  &f.family[FAMILY_INET].address) == 0);
	CHECK(addr_parse(id == 0 ? "192.0.2.1" : "203.0.113.1",
		  &f.family[FAMILY_INET].gateway) == 0);
	rig_send(CHILD_NETCONF, IMSG_FACTS, &f, sizeof(f));
}

static inline void
rig_facts(uint32_t id, int carrier)
{
	rig_facts_of(id, parent->conf.uplink[id].ifname, carrier);
}

static inline void
rig_adopt(uint32_t active, uint32_t found)
{
	struct msg_net_adopt a = { active, found };

	rig_send(CHILD_NETCONF, IMSG_NET_ADOPT, &a, sizeof(a));
}

/* The parent with its channels; no configuration yet. */
static inline void
rig_begin(void)
{
	struct msg_ready r;
	int i, fd[2];

	log_init("test", 1, getenv("RIG_VERBOSE") != NULL);
	event_init();
	parent_init();
	alarms_open(NULL);
	strlcpy(parent->host, "b017", sizeof(parent->host));
	if (rig.state != NULL) {
		strlcpy(parent->boot, rig.boot, sizeof(parent->boot));
		cost_open(rig.state);
	}
	for (i = 0; i < CHILD_MAX; i++) {
		CHECK(socketpair(AF_UNIX,
			  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			  fd) == 0);
		parent_adopt_child((enum child_id)i, getpid(), fd[0]);
		imsg_event_add(&parent->child[i].iev);
		CHECK(imsgbuf_init(&rig.peer[i], fd[1]) == 0);
		imsgbuf_allow_fdpass(&rig.peer[i]);
	}
	memset(&r, 0, sizeof(r));
	strlcpy(r.sandbox, "none, in a test", sizeof(r.sandbox));
	for (i = 0; i < CHILD_MAX; i++)
		rig_send((enum child_id)i, IMSG_READY, &r, sizeof(r));
}

/* And a first configuration in force; netconf has not said what it found. */
static inline void
rig_configured(const char *text)
{
	struct msg_conf_load load;

	rig_begin();
	rig.conf = rig_parse(text);
	rig_expect(CHILD_NETCONF, IMSG_CONF_LOAD, &load, sizeof(load));
	rig_offer(rig.conf, load.gen);
	rig_accept();
}

/* A round of this uplink and family, as its generation wants it. */
static inline void
rig_fill_round(struct msg_round *r, uint32_t id, uint32_t family,
    uint32_t verdict, uint32_t cause)
{
	const struct uplink *u = &parent->uplink[id];
	uint32_t i;

	memset(r, 0, sizeof(*r));
	r->uplink = id;
	r->gen = u->probe_gen;
	r->family = family;
	r->verdict = verdict;
	r->cause = cause;
	r->ended_ns = monotime_now().ns;
	r->began_ns = r->ended_ns - 600 * 1000000;
	r->last_answer_ns = r->ended_ns - 1200 * 1000000;
	r->ntargets = u->conf.ntargets;
	for (i = 0; i < r->ntargets; i++) {
		if (addr_family(&u->conf.target[i].address) != family)
			continue;
		r->target[i].sent = u->conf.probe.count;
		r->target[i].state = MSG_TARGET_DOWN;
		if (verdict == MSG_GOOD || u->conf.target[i].near) {
			r->target[i].state = MSG_TARGET_UP;
			r->target[i].received = r->target[i].sent;
		}
	}
}

static inline void
rig_round(uint32_t id, uint32_t verdict, uint32_t cause)
{
	struct msg_round r;

	rig_fill_round(&r, id, FAMILY_INET, verdict, cause);
	rig_send(CHILD_PROBER, IMSG_ROUND, &r, sizeof(r));
}

/* netconf does what is wanted. */
static inline struct msg_net_want
rig_apply(void)
{
	struct msg_net_want w;
	struct msg_net_done d;

	rig_expect(CHILD_NETCONF, IMSG_NET_WANT, &w, sizeof(w));
	CHECK(msg_net_want_valid(&w));
	memset(&d, 0, sizeof(d));
	d.gen = w.gen;
	d.ok = 1;
	d.nsteps = 7;
	d.apply_us = 900;
	d.moved_us = 400;
	rig_send(CHILD_NETCONF, IMSG_NET_DONE, &d, sizeof(d));
	return w;
}

/* Of a link's step, as the dialer or netconf tells it. */
static inline void
rig_link_result(enum child_id from, uint32_t type, uint32_t id, uint32_t class,
    const char *text)
{
	struct msg_link_result r;

	memset(&r, 0, sizeof(r));
	r.uplink = id;
	r.gen = parent->uplink[id].link.gen;
	r.class = class;
	strlcpy(r.text, text, sizeof(r.text));
	rig_send(from, type, &r, sizeof(r));
}

static inline void
rig_ppp_up(uint32_t id, int adopted)
{
	struct msg_ppp_up m;

	memset(&m, 0, sizeof(m));
	m.uplink = id;
	m.gen = adopted ? 77 : parent->uplink[id].link.gen;
	m.pid = 4711;
	m.adopted = adopted != 0;
	strlcpy(m.ifname, "ppp0", sizeof(m.ifname));
	CHECK(addr_parse("100.64.7.2", &m.local) == 0);
	CHECK(addr_parse("100.64.0.1", &m.remote) == 0);
	rig_send(CHILD_NETCONF, IMSG_PPP_UP, &m, sizeof(m));
}

static inline void
rig_tty(uint32_t id)
{
	struct msg_link m = { id, parent->uplink[id].link.gen };
	int fd = dup(STDERR_FILENO);

	rig_send_fd(CHILD_NETCONF, IMSG_TTY, fd, &m, sizeof(m));
}

/* On the primary, which works; the backups' links are unknown. */
static inline void
rig_home(const char *text)
{
	rig_configured(text);
	rig_facts(0, 1);
	rig_adopt(0, 0);
	rig_apply();
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
}

#endif
