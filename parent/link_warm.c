/* SPDX-License-Identifier: ISC */
/*
 * The modem of a cold backup in standby: its port is open and locked, it has
 * been initialised and is asked again and again whether it answers.  So a
 * dial begins with ATD, and a modem that would not dial is known before.
 *
 *	COLD -- at rest for a while --> OPENING -- its tty --> WARM
 *	  ^--- no port, in use by others, silent, unplugged ---'
 *
 * Either way a dial takes the port over as it is.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "parent/alarms.h"
#include "parent/link_int.h"

#define REST_MS     1000 /* a redial comes first */
#define AGAIN_MS    (10 * 1000)
#define DOUBLED     6 /* times at most, if it is silent */
#define ALARM_AFTER 2 /* attempts in a row to make it ready */

static void on_timer(int, short, void *);

static int
wanted(const struct uplink *u)
{
	return u->conf.kind == CONF_MODEM && u->conf.hot_ms == 0;
}

static void
later(struct uplink *u, int64_t ms)
{
	struct timeval tv = monotime_ms(ms);

	evtimer_add(&u->link.warm_timer, &tv);
}

void
link_warm_init(struct uplink *u)
{
	evtimer_set(&u->link.warm_timer, on_timer, u);
	link_warm_rest(u);
}

void
link_warm_end(struct uplink *u)
{
	if (evtimer_initialized(&u->link.warm_timer))
		evtimer_del(&u->link.warm_timer);
}

void
link_warm_rest(struct uplink *u)
{
	if (wanted(u) && u->link.warm == LINK_COLD)
		later(u, REST_MS);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct uplink *u = arg;
	struct link *l = &u->link;

	(void)fd;
	(void)what;
	if (l->phase != LINK_IDLE || l->warm != LINK_COLD)
		return; /* it comes to rest again */
	if (u->conf.id >= parent->conf.nuplinks)
		return; /* there is no such uplink any more */
	if (reload_changing()) {
		later(u, REST_MS);
		return;
	}
	l->gen++;
	l->warm = LINK_WARM_OPENING;
	link_tell(u, CHILD_NETCONF, IMSG_TTY_OPEN);
}

/* It could not dial now: told once, and again when it can. */
static void
not_ready(struct uplink *u, const char *text)
{
	struct link *l = &u->link;
	char alarm[MSG_TEXT_LEN];

	l->warm = LINK_COLD;
	strlcpy(l->not_ready, text, sizeof(l->not_ready));
	if (++l->refused != ALARM_AFTER)
		return;
	snprintf(alarm, sizeof(alarm), "modem is not ready: %.200s", text);
	alarms_raise("not-ready", u->conf.id, alarm);
}

void
link_warm_tty(struct uplink *u, int fd)
{
	struct msg_link m = { u->conf.id, u->link.gen };

	u->link.warm = LINK_WARM;
	parent_send(CHILD_DIALER, IMSG_TTY, fd, &m, sizeof(m));
	link_tell(u, CHILD_DIALER, IMSG_WARM);
}

void
link_warm_failed(struct uplink *u, const char *text)
{
	later(u, AGAIN_MS);
	not_ready(u, text);
}

/*
 * What the ladder does to a modem is not for every minute, nor is what a card
 * or a network has refused.
 */
static int64_t
pause_ms(const struct link *l, uint32_t class)
{
	uint32_t doubled = l->refused < DOUBLED ? l->refused : DOUBLED;

	if (class == MSG_LINK_REFUSED || class == MSG_LINK_GIVEUP)
		doubled = DOUBLED;
	return (int64_t)AGAIN_MS << doubled;
}

void
link_warm_told(struct uplink *u, const struct msg_modem *m)
{
	struct link *l = &u->link;

	if (l->warm != LINK_WARM || m->gen != l->gen)
		return;
	switch (m->state) {
	case MSG_MODEM_READY:
		if (l->refused >= ALARM_AFTER)
			alarms_raise(
			    "ready", u->conf.id, "modem is ready again");
		l->refused = 0;
		l->not_ready[0] = '\0';
		break;
	case MSG_MODEM_SILENT:
	case MSG_MODEM_LOST:
		link_tell(u, CHILD_NETCONF, IMSG_TTY_CLOSE);
		later(u, m->state == MSG_MODEM_LOST ? AGAIN_MS
						    : pause_ms(l, m->class));
		not_ready(u, m->text);
		break;
	default:
		break;
	}
}

int
link_warm_take(struct uplink *u)
{
	enum link_warm was = u->link.warm;

	u->link.warm = LINK_COLD;
	evtimer_del(&u->link.warm_timer);
	u->link.dialer_has_tty = was == LINK_WARM;
	return was != LINK_COLD;
}

void
link_cool(uint32_t id)
{
	struct uplink *u = &parent->uplink[id];

	if (u->link.warm == LINK_WARM)
		link_tell(u, CHILD_DIALER, IMSG_HANGUP);
	if (u->link.warm != LINK_COLD)
		link_tell(u, CHILD_NETCONF, IMSG_TTY_CLOSE);
	u->link.warm = LINK_COLD;
	link_warm_rest(u);
}
