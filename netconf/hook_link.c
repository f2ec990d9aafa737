/* SPDX-License-Identifier: ISC */
/*
 * A backup's interface that hooks bring up and down.  Its start hook has
 * done its work when it ends well; whether there is an address then, the
 * parent sees for itself.  One hook of a link runs at a time: a stop ends the
 * start that it finds, and comes after it.  A hook that our own end cut off
 * may have left anything: the next netconf stops the link.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/hook.h"
#include "netconf/hook_record.h"
#include "netconf/run.h"

#define GEN_OWED 0 /* no answer to the parent: it counts from 1 */

/* One that runs. */
struct link_hook {
	TAILQ_ENTRY(link_hook) entry;
	char label[CONF_LABEL_LEN];
	uint32_t gen;
	int stops; /* it is the stop hook */
	int then_stop; /* it is being ended, for its stop hook's sake */
	int then_start; /* it is what an earlier netconf left to do */
	struct hook hook;
};

static TAILQ_HEAD(, link_hook) running = TAILQ_HEAD_INITIALIZER(running);

static struct link_hook *
find(uint32_t uplink)
{
	const char *label = config_current()->uplink[uplink].label;
	struct link_hook *h;

	TAILQ_FOREACH(h, &running, entry)
		if (strcmp(h->label, label) == 0)
			return h;
	return NULL;
}

static void
answer(uint32_t uplink, uint32_t gen, int ok, const char *text)
{
	struct msg_link_result m;

	memset(&m, 0, sizeof(m));
	m.uplink = uplink;
	m.gen = gen;
	m.class = ok ? MSG_LINK_OK : MSG_LINK_BACKOFF;
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_LINK_DONE, -1, &m, sizeof(m));
}

static void run(uint32_t uplink, uint32_t gen, int stops);

static void
on_done(int ok, const char *why, void *arg)
{
	struct link_hook *h = arg;
	uint32_t uplink = config_uplink(h->label), gen = h->gen;
	int then_stop = h->then_stop, then_start = h->then_start;
	char text[MSG_TEXT_LEN] = "";

	if (!ok)
		snprintf(text, sizeof(text), "%s hook %s: %.140s",
		    h->stops ? "stop" : "start", h->hook.name, why);
	TAILQ_REMOVE(&running, h, entry);
	hook_record_link(h->label, 0);
	free(h);
	if (uplink == MSG_UPLINK_NONE ||
	    config_current()->uplink[uplink].start_ms == 0)
		return; /* a reload took it away */
	if (then_stop || then_start)
		run(uplink, gen, then_stop);
	else if (gen != GEN_OWED)
		answer(uplink, gen, ok, text);
}

static void
run(uint32_t uplink, uint32_t gen, int stops)
{
	const struct conf *conf = config_current();
	const struct conf_private *p = &conf->private[uplink];
	struct hook_facts facts;
	struct link_hook *h;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		fatal(NULL);
	strlcpy(h->label, conf->uplink[uplink].label, sizeof(h->label));
	h->gen = gen;
	h->stops = stops;
	TAILQ_INSERT_TAIL(&running, h, entry);
	hook_record_link(h->label, 1);
	memset(&facts, 0, sizeof(facts));
	hook_fact(&facts, "KIND", stops ? "stop" : "start");
	hook_facts_uplink(&facts, uplink);
	hook_run(&h->hook, stops ? p->stop : p->start, &facts,
	    conf->uplink[uplink].start_ms, on_done, h);
}

void
hook_link_start(const struct msg_link *m)
{
	struct link_hook *h = find(m->uplink);

	if (h == NULL)
		run(m->uplink, m->gen, 0);
	else if (h->gen == GEN_OWED) {
		h->gen = m->gen;
		h->then_start = 1;
	} else
		answer(m->uplink, m->gen, 0, "an earlier hook still runs");
}

void
hook_link_stop(const struct msg_link *m)
{
	struct link_hook *h = find(m->uplink);

	if (h == NULL) {
		run(m->uplink, m->gen, 1);
		return;
	}
	h->gen = m->gen;
	h->then_start = 0;
	if (h->stops || h->then_stop)
		return; /* its end is the answer */
	h->then_stop = 1;
	program_stop(&h->hook.program);
}

/* Whoever gave it its address: with hooks it is ours to take down. */
void
hook_link_clear(void)
{
	const struct conf *conf = config_current();
	const struct msg_facts *f;
	struct msg_link m;
	uint32_t i;

	for (i = 0; i < conf->nuplinks; i++) {
		f = net_facts(i);
		m = (struct msg_link){ .uplink = i };
		if (conf->uplink[i].start_ms != 0 &&
		    (find(i) != NULL ||
			f->family[FAMILY_INET].address.family != AF_UNSPEC ||
			f->family[FAMILY_INET6].address.family != AF_UNSPEC))
			hook_link_stop(&m);
	}
}

/* One that carries traffic does so, whatever its hook has not done. */
void
hook_link_open(uint32_t active)
{
	const struct conf *conf = config_current();
	const char *label;
	uint32_t i;

	for (i = 0; i < conf->nuplinks; i++) {
		label = conf->uplink[i].label;
		if (!hook_record_has_link(label))
			continue;
		hook_record_link(label, 0);
		if (conf->uplink[i].start_ms == 0 || i == active)
			continue;
		log_info("%s: its hook was cut off: stopped", label);
		run(i, GEN_OWED, 1);
	}
}

int
hook_link_running(void)
{
	return !TAILQ_EMPTY(&running);
}
