/* SPDX-License-Identifier: ISC */
/*
 * Packet modems: their second ports, which are kept open as long as there is
 * a configuration; what they tell of card and network; and PINs, which pass
 * through in a pipe that nobody here reads.
 */
#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "parent/alarms.h"
#include "parent/history.h"
#include "parent/link_int.h"

#define AGAIN_MS (15 * 1000) /* a second port that is not there */

/* The uplink's number is its index; on a reload the label finds it. */
static struct radio_state {
	char label[CONF_LABEL_LEN];
	uint32_t gen; /* of the second port */
	struct event timer;
	char why[MSG_TEXT_LEN]; /* it could not be opened, as told */
	int known;
	struct msg_radio last;
	struct monotime at;
} states[CONF_UPLINKS_MAX];

static void
open_second(uint32_t id)
{
	struct msg_link m = { id, ++states[id].gen };

	parent_send(CHILD_NETCONF, IMSG_STATUS_OPEN, -1, &m, sizeof(m));
}

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_second((uint32_t)((struct radio_state *)arg - states));
}

static void
again(uint32_t id)
{
	struct timeval tv = monotime_ms(AGAIN_MS);

	evtimer_add(&states[id].timer, &tv);
}

/* Generations go on, so that what was asked before is not taken. */
static void
take_place(uint32_t id, const struct radio_state *was)
{
	const struct conf_uplink *u = &parent->uplink[id].conf;
	struct radio_state *s = &states[id];
	uint32_t i, gen = s->gen;

	memset(s, 0, sizeof(*s));
	s->gen = gen;
	evtimer_set(&s->timer, on_timer, s);
	strlcpy(s->label, u->label, sizeof(s->label));
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		if (was[i].known && strcmp(was[i].label, s->label) == 0) {
			s->known = 1;
			s->last = was[i].last;
			s->at = was[i].at;
		}
	if (u->kind == CONF_MODEM && u->modem.status)
		open_second(id);
}

void
link_radio_reloaded(void)
{
	static struct radio_state was[CONF_UPLINKS_MAX];
	struct msg_link m = { 0, 0 };

	memcpy(was, states, sizeof(was));
	for (m.uplink = 0; m.uplink < CONF_UPLINKS_MAX; m.uplink++) {
		if (states[m.uplink].label[0] == '\0')
			continue;
		evtimer_del(&states[m.uplink].timer);
		parent_send(CHILD_DIALER, IMSG_STATUS_CLOSE, -1, &m, sizeof(m));
		states[m.uplink].label[0] = '\0';
	}
	for (m.uplink = 1; m.uplink < parent->conf.nuplinks; m.uplink++)
		take_place(m.uplink, was);
}

const struct msg_radio *
link_radio(uint32_t id, uint32_t *age_s)
{
	const struct radio_state *s = &states[id];

	if (!s->known)
		return NULL;
	*age_s = (uint32_t)(monotime_ms_between(s->at, monotime_now()) / 1000);
	return &s->last;
}

/* --- messages ------------------------------------------------------------- */

static void
got_pin(const struct msg_link *m, struct imsg *imsg)
{
	int fd;

	if ((fd = imsg_get_fd(imsg)) == -1)
		parent_distrust(CHILD_NETCONF, IMSG_PIN);
	else if (link_addressed(m->uplink, m->gen) != NULL)
		parent_send(CHILD_DIALER, IMSG_PIN, fd, m, sizeof(*m));
	else
		close(fd);
}

static void
got_no_pin(const struct msg_link_result *r)
{
	if (link_addressed(r->uplink, r->gen) != NULL)
		parent_send(CHILD_DIALER, IMSG_PIN_REFUSED, -1, r, sizeof(*r));
}

static void
got_second(const struct msg_link *m, struct imsg *imsg)
{
	int fd;

	if ((fd = imsg_get_fd(imsg)) == -1)
		parent_distrust(CHILD_NETCONF, IMSG_STATUS_TTY);
	else if (m->uplink < parent->conf.nuplinks &&
		 m->gen == states[m->uplink].gen) {
		states[m->uplink].why[0] = '\0';
		parent_send(CHILD_DIALER, IMSG_STATUS_TTY, fd, m, sizeof(*m));
	} else
		close(fd);
}

static void
second_failed(const struct msg_link_result *r)
{
	struct radio_state *s = &states[r->uplink];

	if (r->uplink >= parent->conf.nuplinks || r->gen != s->gen)
		return;
	if (strcmp(s->why, r->text) != 0)
		history_line(s->label, "status: %s", r->text);
	strlcpy(s->why, r->text, sizeof(s->why));
	if (r->class != MSG_LINK_GIVEUP)
		again(r->uplink);
}

/* netconf must let go of it, too, or it comes back under another name. */
static void
second_gone(const struct msg_link *m)
{
	if (m->uplink >= parent->conf.nuplinks ||
	    m->gen != states[m->uplink].gen)
		return;
	states[m->uplink].known = 0;
	parent_send(CHILD_NETCONF, IMSG_STATUS_CLOSE, -1, m, sizeof(*m));
	again(m->uplink);
}

static void
sim_changed(const struct msg_link_text *t)
{
	struct uplink *u;

	if ((u = link_addressed(t->uplink, t->gen)) != NULL)
		alarms_raise("sim", u->conf.id, t->text);
}

/* What the second port knows is newer than what was read before a call. */
static void
got_radio(const struct msg_radio *r)
{
	struct radio_state *s = &states[r->uplink];

	if (r->uplink >= parent->conf.nuplinks ||
	    (r->second ? r->gen != s->gen
		       : link_addressed(r->uplink, r->gen) == NULL))
		return;
	s->known = 1;
	s->last = *r;
	s->at = monotime_now();
}

static void
got_sim(uint32_t type, const struct msg_sim *s)
{
	if (link_addressed(s->uplink, s->gen) != NULL)
		parent_send(CHILD_NETCONF, type, -1, s, sizeof(*s));
}

void
link_radio_dispatch(enum child_id from, uint32_t type, struct imsg *imsg)
{
	union {
		struct msg_link link;
		struct msg_link_result result;
		struct msg_link_text text;
		struct msg_radio radio;
		struct msg_sim sim;
	} m;
	int valid = 0;

/* One message: its struct, its check, and who takes it. */
#define TAKE(type_, sender, field, check, taker)                             \
	case IMSG_##type_:                                                   \
		if (from != (sender))                                        \
			break;                                               \
		if (parent_get(from, imsg, &m.field, sizeof(m.field)) == -1) \
			return;                                              \
		if ((valid = check(&m.field)))                               \
			taker;                                               \
		break
	switch (type) {
		TAKE(PIN, CHILD_NETCONF, link, msg_link_valid,
		    got_pin(&m.link, imsg));
		TAKE(STATUS_TTY, CHILD_NETCONF, link, msg_link_valid,
		    got_second(&m.link, imsg));
		TAKE(STATUS_FAILED, CHILD_NETCONF, result,
		    msg_link_result_valid, second_failed(&m.result));
		TAKE(SIM_CHANGED, CHILD_NETCONF, text, msg_link_text_valid,
		    sim_changed(&m.text));
		TAKE(PIN_REFUSED, CHILD_NETCONF, result, msg_link_result_valid,
		    got_no_pin(&m.result));
		TAKE(STATUS_GONE, CHILD_DIALER, link, msg_link_valid,
		    second_gone(&m.link));
		TAKE(RADIO, CHILD_DIALER, radio, msg_radio_valid,
		    got_radio(&m.radio));
		TAKE(PIN_WANTED, CHILD_DIALER, sim, msg_sim_valid,
		    got_sim(type, &m.sim));
		TAKE(SIM_USED, CHILD_DIALER, sim, msg_sim_valid,
		    got_sim(type, &m.sim));
	}
#undef TAKE
	if (!valid)
		parent_distrust(from, type);
}
