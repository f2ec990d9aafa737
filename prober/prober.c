/* SPDX-License-Identifier: ISC */
/*
 * The prober's process: configuration, facts and modes come in, rounds and
 * statistics go out.  What happens to an uplink is in probed.c, once for each
 * family in which it has targets.
 */
#include <sys/types.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_recv.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "prober/capture.h"
#include "prober/gate.h"
#include "prober/measure.h"
#include "prober/probed.h"
#include "prober/prober.h"
#include "prober/talk.h"

#define TALK_WAITING 500 /* datagrams that the parent has not taken yet */

static struct imsgev iev_parent;
static struct probed *probed[CONF_UPLINKS_MAX][FAMILIES]; /* or NULL */
static struct event drops;
static struct conf_recv pending; /* a configuration that still comes */

static void
send_parent(uint32_t type, const void *data, size_t len)
{
	if (imsg_compose_event(&iev_parent, type, 0, 0, -1, data, len) == -1)
		fatal("%s", msg_name(type));
}

static void
tell_round(const struct msg_round *r)
{
	send_parent(IMSG_ROUND, r, sizeof(*r));
}

/* What is not passed on is told as a number, not one by one. */
static void
on_drops(int fd, short what, void *arg)
{
	static struct msg_peer_dropped told;
	const struct msg_peer_dropped *now = gate_dropped();

	(void)fd;
	(void)what;
	(void)arg;
	if (memcmp(now, &told, sizeof(told)) == 0)
		return;
	told = *now;
	send_parent(IMSG_PEER_DROPPED, &told, sizeof(told));
}

static void
tell_drops(void)
{
	struct timeval second = { 1, 0 };

	if (!evtimer_pending(&drops, NULL))
		evtimer_add(&drops, &second);
}

/* A parent that is busy is not given more of it. */
static void
tell_heard(const struct msg_peer_packet *p)
{
	if (imsgbuf_queuelen(&iev_parent.ibuf) < TALK_WAITING)
		send_parent(IMSG_PEER_IN, p, sizeof(*p));
}

static void
send_stats(const struct probed *p, enum family family, uint32_t asker)
{
	const struct conf_uplink *u = probed_conf(p);
	struct msg_stats s;
	uint32_t i;

	for (i = 0; i < u->ntargets; i++) {
		if (addr_family(&u->target[i].address) != family)
			continue;
		probed_stats(p, i, &s);
		s.asker = asker;
		send_parent(IMSG_STATS, &s, sizeof(s));
	}
}

static void
got_stats_req(uint32_t asker)
{
	uint32_t i, f;

	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		for (f = 0; f < FAMILIES; f++)
			if (probed[i][f] != NULL)
				send_stats(probed[i][f], f, asker);
	send_parent(IMSG_STATS_END, &asker, sizeof(asker));
}

static void
tell_measured(const struct msg_measured *m)
{
	send_parent(IMSG_MEASURED, m, sizeof(*m));
}

/* Both families have the same uplink and the same interface. */
static void
got_measure(const struct msg_measure *m)
{
	struct msg_measured none = { .uplink = m->uplink, .gen = m->gen };
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (probed[m->uplink][i] != NULL) {
			measure_begin(m, probed_conf(probed[m->uplink][i]),
			    probed_known_facts(probed[m->uplink][i]),
			    tell_measured);
			return;
		}
	tell_measured(&none);
}

static void
got_capture_file(struct imsg *imsg)
{
	struct msg_capture_done done;
	struct msg_capture m;
	int fd;

	proc_get(imsg, &m, sizeof(m));
	if (!msg_capture_valid(&m) || (fd = imsg_get_fd(imsg)) == -1)
		fatalx("parent: CAPTURE_FILE: invalid");
	capture_write(&m, fd, &done);
	send_parent(IMSG_CAPTURE_DONE, &done, sizeof(done));
}

/* An uplink that did not change keeps everything, but perhaps its place. */
static struct probed *
take_unchanged(const struct conf_uplink *u, enum family family)
{
	struct probed *p;
	uint32_t i;

	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		if ((p = probed[i][family]) == NULL ||
		    !conf_uplink_same(probed_conf(p), u))
			continue;
		probed[i][family] = NULL;
		probed_move(p, u->id);
		return p;
	}
	return NULL;
}

/* Another way to probe the same interface: its facts are known already. */
static void
inherit(struct probed *p)
{
	const struct conf_uplink *is = probed_conf(p), *was;
	uint32_t i, f;

	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		for (f = 0; f < FAMILIES; f++) {
			if (probed[i][f] == NULL)
				continue;
			was = probed_conf(probed[i][f]);
			if (strcmp(was->label, is->label) == 0 &&
			    strcmp(was->ifname, is->ifname) == 0)
				probed_inherit(p, probed[i][f]);
		}
}

static void
install(void)
{
	struct probed *next[CONF_UPLINKS_MAX][FAMILIES] = { { NULL } };
	const struct conf_uplink *u = pending.uplink;
	uint32_t i, f;

	for (i = 0; i < pending.nuplinks; i++)
		for (f = 0; f < FAMILIES; f++)
			next[i][f] = take_unchanged(&u[i], f);
	for (i = 0; i < pending.nuplinks; i++)
		for (f = 0; f < FAMILIES; f++) {
			if (next[i][f] != NULL ||
			    conf_family_targets(&u[i], f) == 0)
				continue;
			next[i][f] = probed_new(&u[i], f, tell_round);
			inherit(next[i][f]);
		}
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		for (f = 0; f < FAMILIES; f++)
			probed_free(probed[i][f]);
	memcpy(probed, next, sizeof(probed));
	talk_forget();
	capture_configure((enum conf_capture)u[0].capture);
}

static void
got_facts(const struct msg_facts *f)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (probed[f->uplink][i] != NULL)
			probed_facts(probed[f->uplink][i], f);
	talk_facts(f);
	if (f->uplink == 0)
		capture_facts(f);
}

static void
got_mode(const struct msg_probe *m)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (probed[m->uplink][i] != NULL)
			probed_mode(probed[m->uplink][i], m);
}

static void
prober_dispatch_parent(uint32_t type, struct imsg *imsg)
{
	struct msg_conf_begin b;
	struct conf_uplink u;
	struct msg_facts f;
	struct msg_probe m;
	struct msg_measure measure;
	struct msg_peer_listen l;
	struct msg_peer_known k;
	struct msg_peer_packet d;
	uint32_t n;

	switch (type) {
	case IMSG_CONF_BEGIN:
		proc_get(imsg, &b, sizeof(b));
		if (conf_recv_begin(&pending, &b) == -1)
			fatalx("parent: CONF_BEGIN: invalid");
		break;
	case IMSG_CONF_UPLINK:
		proc_get(imsg, &u, sizeof(u));
		if (conf_recv_uplink(&pending, &u) == -1)
			fatalx("parent: CONF_UPLINK: invalid");
		break;
	case IMSG_CONF_END:
		proc_get(imsg, &n, sizeof(n));
		if (conf_recv_end(&pending, n) == -1)
			fatalx("parent: CONF_END: invalid");
		install();
		send_parent(IMSG_CONF_ACK, &n, sizeof(n));
		break;
	case IMSG_FACTS:
		proc_get(imsg, &f, sizeof(f));
		if (!msg_facts_valid(&f))
			fatalx("parent: FACTS: invalid");
		got_facts(&f);
		break;
	case IMSG_PROBE:
		proc_get(imsg, &m, sizeof(m));
		if (!msg_probe_valid(&m))
			fatalx("parent: PROBE: invalid");
		got_mode(&m);
		break;
	case IMSG_MEASURE:
		proc_get(imsg, &measure, sizeof(measure));
		if (!msg_measure_valid(&measure))
			fatalx("parent: MEASURE: invalid");
		got_measure(&measure);
		break;
	case IMSG_STATS_REQ:
		proc_get(imsg, &n, sizeof(n));
		got_stats_req(n);
		break;
	case IMSG_PEER_LISTEN:
		proc_get(imsg, &l, sizeof(l));
		if (!msg_peer_listen_valid(&l))
			fatalx("parent: PEER_LISTEN: invalid");
		talk_listen(&l, tell_heard, tell_drops);
		break;
	case IMSG_PEER_KNOWN:
		proc_get(imsg, &k, sizeof(k));
		if (gate_add(&k) == -1)
			fatalx("parent: PEER_KNOWN: invalid");
		break;
	case IMSG_PEER_OUT:
		proc_get(imsg, &d, sizeof(d));
		if (!msg_peer_packet_valid(&d))
			fatalx("parent: PEER_OUT: invalid");
		talk_send(&d);
		break;
	case IMSG_CAPTURE_FILE:
		got_capture_file(imsg);
		break;
	default:
		fatalx("parent: %s: not for the prober", msg_name(type));
	}
}

static void
on_channel(int fd, short what, void *arg)
{
	(void)fd;
	proc_child_dispatch(arg, what, prober_dispatch_parent);
}

void
prober(int debug, int verbose)
{
	char sandbox[MSG_TEXT_LEN];

	proc_child_init(&iev_parent, "prober", debug, verbose, 1, on_channel);
	proc_drop(proc_user(), RUNDIR "/empty");
	sandbox_enter(SANDBOX_PROBER, sandbox, sizeof(sandbox));
	proc_child_ready(&iev_parent, sandbox);
	evtimer_set(&drops, on_drops, NULL);
	event_dispatch();
	exit(0);
}
