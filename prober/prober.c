/* SPDX-License-Identifier: ISC */
/*
 * The prober's process: configuration, facts and modes come in, rounds and
 * statistics go out.  What happens to an uplink is in probed.c.
 */
#include <sys/types.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "prober/probed.h"
#include "prober/prober.h"

static struct imsgev iev_parent;
static struct probed *probed[CONF_UPLINKS_MAX];

/* A configuration that is still coming. */
static struct {
	int begun;
	uint32_t gen;
	uint32_t n;
	uint32_t got; /* a bit for each */
	struct conf_uplink uplink[CONF_UPLINKS_MAX];
} pending;

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

static void
got_stats_req(uint32_t asker)
{
	struct msg_stats s;
	uint32_t i, j;

	for (i = 0; i < CONF_UPLINKS_MAX && probed[i] != NULL; i++)
		for (j = 0; j < probed_conf(probed[i])->ntargets; j++) {
			probed_stats(probed[i], j, &s);
			s.asker = asker;
			send_parent(IMSG_STATS, &s, sizeof(s));
		}
	send_parent(IMSG_STATS_END, &asker, sizeof(asker));
}

/* An uplink that did not change keeps everything, but perhaps its place. */
static struct probed *
take_unchanged(const struct conf_uplink *u)
{
	struct conf_uplink was;
	struct probed *p;
	uint32_t i;

	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		if ((p = probed[i]) == NULL)
			continue;
		was = *probed_conf(p);
		was.id = u->id;
		if (memcmp(&was, u, sizeof(was)) != 0)
			continue;
		probed[i] = NULL;
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
	uint32_t i;

	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		if (probed[i] == NULL)
			continue;
		was = probed_conf(probed[i]);
		if (strcmp(was->label, is->label) == 0 &&
		    strcmp(was->ifname, is->ifname) == 0)
			probed_inherit(p, probed[i]);
	}
}

static void
install(void)
{
	struct probed *next[CONF_UPLINKS_MAX] = { NULL };
	uint32_t i;

	for (i = 0; i < pending.n; i++)
		next[i] = take_unchanged(&pending.uplink[i]);
	for (i = 0; i < pending.n; i++)
		if (next[i] == NULL) {
			next[i] = probed_new(&pending.uplink[i], tell_round);
			inherit(next[i]);
		}
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		probed_free(probed[i]);
	memcpy(probed, next, sizeof(probed));
}

static void
got_conf_begin(const struct msg_conf_begin *b)
{
	if (b->nuplinks == 0 || b->nuplinks > CONF_UPLINKS_MAX)
		fatalx("parent: CONF_BEGIN: %u uplinks", b->nuplinks);
	memset(&pending, 0, sizeof(pending));
	pending.begun = 1;
	pending.gen = b->gen;
	pending.n = b->nuplinks;
}

static void
got_conf_uplink(const struct conf_uplink *u)
{
	if (!pending.begun || !conf_uplink_valid(u) || u->id >= pending.n)
		fatalx("parent: CONF_UPLINK: invalid");
	pending.uplink[u->id] = *u;
	pending.got |= 1u << u->id;
}

static void
got_conf_end(uint32_t gen)
{
	if (!pending.begun || gen != pending.gen ||
	    pending.got != (1u << pending.n) - 1)
		fatalx("parent: CONF_END: not complete");
	pending.begun = 0;
	install();
	send_parent(IMSG_CONF_ACK, &gen, sizeof(gen));
}

static void
prober_dispatch_parent(uint32_t type, struct imsg *imsg)
{
	struct msg_conf_begin b;
	struct conf_uplink u;
	struct msg_facts f;
	struct msg_probe m;
	uint32_t n;

	switch (type) {
	case IMSG_CONF_BEGIN:
		proc_get(imsg, &b, sizeof(b));
		got_conf_begin(&b);
		break;
	case IMSG_CONF_UPLINK:
		proc_get(imsg, &u, sizeof(u));
		got_conf_uplink(&u);
		break;
	case IMSG_CONF_END:
		proc_get(imsg, &n, sizeof(n));
		got_conf_end(n);
		break;
	case IMSG_FACTS:
		proc_get(imsg, &f, sizeof(f));
		if (!msg_facts_valid(&f))
			fatalx("parent: FACTS: invalid");
		if (probed[f.uplink] != NULL)
			probed_facts(probed[f.uplink], &f);
		break;
	case IMSG_PROBE:
		proc_get(imsg, &m, sizeof(m));
		if (!msg_probe_valid(&m))
			fatalx("parent: PROBE: invalid");
		if (probed[m.uplink] != NULL)
			probed_mode(probed[m.uplink], &m);
		break;
	case IMSG_STATS_REQ:
		proc_get(imsg, &n, sizeof(n));
		got_stats_req(n);
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

	proc_child_init(&iev_parent, "prober", debug, verbose, 0, on_channel);
	proc_drop(proc_user(), RUNDIR "/empty");
	sandbox_enter(SANDBOX_PROBER, sandbox, sizeof(sandbox));
	proc_child_ready(&iev_parent, sandbox);
	event_dispatch();
	exit(0);
}
