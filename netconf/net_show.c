/* SPDX-License-Identifier: ISC */
/*
 * The network for people: what is wanted and found, and the steps of a switch
 * that nobody has asked for yet.  Those are made by what makes those of a
 * switch, from the same wish and a fresh look at the kernel.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "netconf/net.h"
#include "netconf/resolver.h"
#include "netconf/run.h"

static void
show_line(const char *text, int different, void *arg)
{
	struct msg_net_line m;

	memset(&m, 0, sizeof(m));
	m.asker = *(uint32_t *)arg;
	m.different = different != 0;
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_NET_LINE, -1, &m, sizeof(m));
}

void
net_show(uint32_t asker)
{
	const struct net_state *s = net_look();

	if (s != NULL) {
		plan_show(net_wish(), s, show_line, &asker);
		resolver_show(show_line, &asker);
	} else
		show_line("the kernel does not tell", 1, &asker);
	netconf_send(IMSG_NET_LINE_END, -1, &asker, sizeof(asker));
}

/* ---- what a switch would do ---- */

static void
tell(uint32_t asker, const char *what, uint32_t flows, const char *text)
{
	struct msg_net_plan_step m;

	memset(&m, 0, sizeof(m));
	m.asker = asker;
	m.flows = flows;
	strlcpy(m.what, what, sizeof(m.what));
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_NET_PLAN_STEP, -1, &m, sizeof(m));
}

/* last: only those that come when traffic was seen to have moved. */
static void
tell_steps(
    uint32_t asker, const struct plan *p, const struct net_state *s, int last)
{
	char text[MSG_TEXT_LEN];
	const struct step *st;
	size_t i;

	for (i = 0; i < p->n; i++) {
		st = &p->step[i];
		if (last && st->type != STEP_LINK_DOWN)
			continue;
		plan_step_text(st, s, text, sizeof(text));
		tell(asker, plan_step_word(st), MSG_FLOWS_NONE, text);
	}
}

static void
tell_flows(const struct msg_net_plan *q)
{
	uint32_t n = MSG_FLOWS_NONE, uplink;
	char text[MSG_TEXT_LEN];

	if ((uplink = flow_text(&q->want, net_wish(), text, sizeof(text))) ==
	    MSG_UPLINK_NONE)
		return;
	if (netops->flows_count(
		plan_mark(net_mask(), uplink), net_mask(), &n) == -1)
		n = MSG_FLOWS_NONE;
	tell(q->asker, "flows", n, text);
}

static void
tell_end(uint32_t asker, const char *error)
{
	struct msg_net_plan_end m;

	memset(&m, 0, sizeof(m));
	m.asker = asker;
	m.ok = error[0] == '\0';
	strlcpy(m.text, error, sizeof(m.text));
	netconf_send(IMSG_NET_PLAN_END, -1, &m, sizeof(m));
}

static void
tell_hook(const char *text, int different, void *arg)
{
	(void)different;
	tell(*(uint32_t *)arg, "hook", MSG_FLOWS_NONE, text);
}

static void
tell_resolvers(const char *text, int different, void *arg)
{
	(void)different;
	tell(*(uint32_t *)arg, "resolvers", MSG_FLOWS_NONE, text);
}

/* Make before break: it is brought up and proved while nothing moves. */
static void
tell_before(const struct msg_net_plan *q)
{
	const struct conf *conf = config_current();
	const struct conf_uplink *u = &conf->uplink[q->want.active];
	char text[MSG_TEXT_LEN];

	if (q->undialled && u->start_ms != 0) {
		snprintf(text, sizeof(text), "hook %s",
		    conf->private[q->want.active].start);
		tell(q->asker, "hook", MSG_FLOWS_NONE, text);
	} else if (q->undialled) {
		snprintf(text, sizeof(text), "dial %s", u->label);
		tell(q->asker, "dial", MSG_FLOWS_NONE, text);
	}
	snprintf(text, sizeof(text), "prove %s by its targets", u->label);
	if (q->proof)
		tell(q->asker, "prove", MSG_FLOWS_NONE, text);
}

/* Nobody needs it any more when its last flow has ended. */
static void
tell_after(const struct msg_net_plan *q)
{
	const struct conf *conf = config_current();
	uint32_t left = net_wish()->active;
	const struct conf_uplink *u;
	char text[MSG_TEXT_LEN];

	if (left == q->want.active) /* it is left already, but for its flows */
		left = q->want.flush != MSG_UPLINK_NONE ? q->want.flush
							: q->want.drain;
	if (q->want.active != 0 || left == MSG_UPLINK_NONE)
		return;
	u = &conf->uplink[left];
	if (u->start_ms == 0 || u->hot_ms != 0)
		return;
	snprintf(text, sizeof(text), "hook %s", conf->private[left].stop);
	tell(q->asker, "hook", MSG_FLOWS_NONE, text);
}

/* The link goes down later, by a wish of its own. */
void
net_plan(const struct msg_net_plan *q)
{
	static struct net_want w;
	static struct plan p;
	const struct net_state *s;
	uint32_t asker = q->asker;

	if ((s = net_look()) == NULL) {
		tell_end(asker, "the kernel does not tell");
		return;
	}
	w = *net_wish();
	net_take_wish(&q->want, &w);
	w.hurry = 1;
	if (!q->undialled && plan_make(&w, s, &p) == -1) {
		tell_end(asker, p.error);
		return;
	}
	tell_before(q);
	if (q->undialled)
		tell(asker, "network", MSG_FLOWS_NONE,
		    "rules and routes for the address that it gets");
	else
		tell_steps(asker, &p, s, 0);
	tell_flows(q);
	resolver_plan(
	    q->want.active, q->undialled != 0, tell_resolvers, &asker);
	if (q->want.active != net_wish()->active)
		hook_switch_plan(tell_hook, &asker);
	w.shut = q->shut != 0;
	if (!q->undialled && plan_make(&w, s, &p) == 0)
		tell_steps(asker, &p, s, 1);
	tell_after(q);
	tell_end(asker, "");
}
