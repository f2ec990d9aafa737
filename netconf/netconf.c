/* SPDX-License-Identifier: ISC */
/*
 * netconf's process: what the parent says, checked against the running
 * configuration before anybody acts on it.
 */
#include <sys/types.h>

#include <event.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "netconf/netconf.h"
#include "netconf/run.h"

static struct imsgev iev_parent;

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	if (imsg_compose_event(&iev_parent, type, 0, 0, fd, data, len) == -1)
		fatal("%s", msg_name(type));
}

void
netconf_flush(void)
{
	imsg_event_flush(&iev_parent);
}

static int
is_uplink(uint32_t id)
{
	const struct conf *conf = config_current();

	return conf != NULL && id < conf->nuplinks;
}

static int
is_uplink_or_none(uint32_t id)
{
	return id == MSG_UPLINK_NONE || is_uplink(id);
}

static int
want_fits(const struct msg_net_want *w)
{
	return msg_net_want_valid(w) && is_uplink(w->active) &&
	       is_uplink_or_none(w->drain) && is_uplink_or_none(w->flush);
}

static int
plan_fits(const struct msg_net_plan *p)
{
	return msg_net_plan_valid(p) && want_fits(&p->want);
}

static int
link_fits(const struct msg_link *l)
{
	return msg_link_valid(l) && is_uplink(l->uplink);
}

static int
started_fits(const struct msg_link *l)
{
	return link_fits(l) &&
	       config_current()->uplink[l->uplink].start_ms != 0;
}

static int
sim_fits(const struct msg_sim *s)
{
	return msg_sim_valid(s) && is_uplink(s->uplink);
}

static int
hooks_fit(const struct msg_hooks *h)
{
	return msg_hooks_valid(h) && is_uplink(h->uplink);
}

static int
load_fits(const struct msg_conf_load *m)
{
	return m->limited <= 1 && (m->source < MSG_CONF_CONFIRMED ||
				      (m->source == MSG_CONF_CONFIRMED &&
					  config_current() == NULL));
}

/* Only what may come before there is a configuration need not fit one. */
void
netconf_dispatch_parent(uint32_t type, struct imsg *imsg)
{
	union {
		struct msg_conf_load load;
		struct msg_link link;
		struct msg_sim sim;
		struct msg_net_want want;
		struct msg_net_plan plan;
		struct msg_net_count count;
		struct msg_net_peer peer;
		struct msg_net_follow follow;
		struct msg_alarm alarm;
		struct msg_capture capture;
		struct msg_hooks hooks;
		uint32_t number;
	} m;
	int valid = 0, ready = config_current() != NULL;

/* One message: its struct, its check, and who takes it. */
#define TAKE(type_, field, check, taker)                   \
	case IMSG_##type_:                                 \
		proc_get(imsg, &m.field, sizeof(m.field)); \
		if ((valid = (check)))                     \
			taker;                             \
		break
	if (type != IMSG_NET_PEER)
		net_peers_lead();
	switch (type) {
		TAKE(CONF_LOAD, load, load_fits(&m.load), config_load(&m.load));
		TAKE(CONF_COMMIT, number, 1, config_commit(m.number));
		TAKE(CONF_FORGET, number, 1, config_forget(m.number));
		TAKE(CONF_SHOW, number, ready, config_show(m.number));
		TAKE(CONF_KEEP, number, ready, config_keep(m.number));
		TAKE(TTY_OPEN, link, link_fits(&m.link), tty_open(&m.link));
		TAKE(TTY_CLOSE, link, link_fits(&m.link), tty_close(&m.link));
		TAKE(STATUS_OPEN, link, link_fits(&m.link),
		    tty_open_status(&m.link));
		TAKE(STATUS_CLOSE, link, link_fits(&m.link),
		    tty_close_status(&m.link));
		TAKE(PIN_WANTED, sim, sim_fits(&m.sim), pin_wanted(&m.sim));
		TAKE(SIM_USED, sim, sim_fits(&m.sim), pin_used(&m.sim));
		TAKE(PPP_START, link, link_fits(&m.link), ppp_start(&m.link));
		TAKE(PPP_STOP, link, link_fits(&m.link), ppp_stop(&m.link));
		TAKE(LINK_START, link, started_fits(&m.link),
		    hook_link_start(&m.link));
		TAKE(LINK_STOP, link, started_fits(&m.link),
		    hook_link_stop(&m.link));
		TAKE(NET_WANT, want, want_fits(&m.want), net_want(&m.want));
		TAKE(NET_CLEAR, number, ready, net_clear(m.number));
		TAKE(NET_SHOW, number, ready, net_show(m.number));
		TAKE(GLANCE, number, ready, config_glance(m.number));
		TAKE(NET_COUNT, count, ready, net_count(&m.count));
		TAKE(NET_PLAN, plan, plan_fits(&m.plan), net_plan(&m.plan));
		TAKE(NET_PEER, peer, ready && msg_net_peer_valid(&m.peer),
		    net_peer(&m.peer));
		TAKE(NET_FOLLOW, follow, ready, net_follow(&m.follow));
		TAKE(ALARM, alarm, ready && msg_alarm_valid(&m.alarm),
		    alarm_run(&m.alarm));
		TAKE(CAPTURE, capture, ready && msg_capture_valid(&m.capture),
		    capture_file(&m.capture));
		TAKE(
		    HOOKS, hooks, hooks_fit(&m.hooks), hook_switched(&m.hooks));
	}
#undef TAKE
	if (!valid)
		fatalx("parent: %s: invalid", msg_name(type));
}

static void
on_channel(int fd, short what, void *arg)
{
	(void)fd;
	proc_child_dispatch(arg, what, netconf_dispatch_parent);
	net_peers_lead();
}

void
netconf(
    int debug, int verbose, const char *file, const struct conf_macro *macros)
{
	char sandbox[MSG_TEXT_LEN];

	proc_child_init(&iev_parent, "netconf", debug, verbose, 1, on_channel);
	config_open(file, macros);
	child_init();
	alarm_open();
	net_open();
	sandbox_enter(SANDBOX_NETCONF, sandbox, sizeof(sandbox));
	proc_child_ready(&iev_parent, sandbox);
	event_dispatch();
	exit(0);
}
