/* SPDX-License-Identifier: ISC */
/*
 * The prober's process: configuration, facts and modes come in, rounds and
 * statistics go out.  What happens to an uplink is in probed.c.
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
#include "prober/probed.h"
#include "prober/prober.h"

static struct imsgev iev_parent;
static struct probed *probed[CONF_UPLINKS_MAX];
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
take_unchanged(const struct conf_uplink *u)
{
	struct probed *p;
	uint32_t i;

	for (i = 0; i < CONF_UPLINKS_MAX; i++) {
		if ((p = probed[i]) == NULL ||
		    !conf_uplink_same(probed_conf(p), u))
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

	for (i = 0; i < pending.nuplinks; i++)
		next[i] = take_unchanged(&pending.uplink[i]);
	for (i = 0; i < pending.nuplinks; i++)
		if (next[i] == NULL) {
			next[i] = probed_new(&pending.uplink[i], tell_round);
			inherit(next[i]);
		}
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		probed_free(probed[i]);
	memcpy(probed, next, sizeof(probed));
	capture_configure((enum conf_capture)pending.uplink[0].capture);
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
		if (f.uplink == 0)
			capture_facts(&f);
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
	event_dispatch();
	exit(0);
}
