/* SPDX-License-Identifier: ISC */
/*
 * A backup's interface that hooks bring up and down.  Its start hook has
 * done its work when it ends well; whether there is an address then, the
 * parent sees for itself.  One hook of a link runs at a time: a stop ends the
 * start that it finds, and comes after it.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/hook.h"
#include "netconf/run.h"

/* One that runs. */
struct link_hook {
	TAILQ_ENTRY(link_hook) entry;
	char label[CONF_LABEL_LEN];
	uint32_t gen;
	int stops; /* it is the stop hook */
	int then_stop; /* it is being ended, for its stop hook's sake */
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
	int then_stop = h->then_stop;
	char text[MSG_TEXT_LEN] = "";

	if (!ok)
		snprintf(text, sizeof(text), "%s hook %s: %.140s",
		    h->stops ? "stop" : "start", h->hook.name, why);
	TAILQ_REMOVE(&running, h, entry);
	free(h);
	if (uplink == MSG_UPLINK_NONE ||
	    config_current()->uplink[uplink].start_ms == 0)
		return; /* a reload took it away */
	if (then_stop)
		run(uplink, gen, 1);
	else
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
	memset(&facts, 0, sizeof(facts));
	hook_fact(&facts, "KIND", stops ? "stop" : "start");
	hook_facts_uplink(&facts, uplink);
	hook_run(&h->hook, stops ? p->stop : p->start, &facts,
	    conf->uplink[uplink].start_ms, on_done, h);
}

void
hook_link_start(const struct msg_link *m)
{
	if (find(m->uplink) != NULL)
		answer(m->uplink, m->gen, 0, "an earlier hook still runs");
	else
		run(m->uplink, m->gen, 0);
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

int
hook_link_running(void)
{
	return !TAILQ_EMPTY(&running);
}
