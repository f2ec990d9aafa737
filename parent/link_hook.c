/* SPDX-License-Identifier: ISC */
/*
 * One backup that is an interface, brought up and down by hooks:
 *
 *	STARTING    netconf runs the start hook
 *	AWAITING    the hook said that it is up: an address and a router must
 *		    show, in what is left of the time
 *	PREPARING   netconf gives it its own table
 *	UP	    the machine may prove and use it
 *	STOPPING    netconf runs the stop hook, also after a start that failed,
 *		    since nobody knows how far that came; then it must be
 *		    seen to be down
 *
 * What hooks say is checked by what the kernel says, never believed.
 */
#include <sys/types.h>

#include <string.h>

#include "common/log.h"
#include "parent/alarms.h"
#include "parent/history.h"
#include "parent/link_int.h"

/* netconf ends a hook in time; this is for a netconf that does not. */
#define GRACE_MS (5 * 1000)
/* A hook may take all of its time: what it did shows at once, or soon. */
#define AWAIT_MIN_MS   1000
#define STOPPED_MAX_MS 1000

static void
stop(struct uplink *u)
{
	link_phase(u, LINK_STOPPING);
	u->link.stopped = 0;
	u->link.gen++; /* what its start hook still says comes too late */
	/* of a start hook's end, and of the stop hook */
	link_timer(&u->link, u->conf.start_ms + 2 * GRACE_MS);
	link_tell(u, CHILD_NETCONF, IMSG_LINK_STOP);
}

/* Badly ended, not at all, or without what it is for. */
static void
start_failed(struct uplink *u, uint32_t class, const char *why)
{
	parent->hook_failures++;
	link_fail(u, class, why);
	stop(u);
}

void
link_hook_start(struct uplink *u)
{
	link_called(u);
	history_line(u->conf.label, "start hook runs");
	link_phase(u, LINK_STARTING);
	u->link.strays = 0;
	link_timer(&u->link, u->conf.start_ms + GRACE_MS);
	link_tell(u, CHILD_NETCONF, IMSG_LINK_START);
}

void
link_hook_end(struct uplink *u)
{
	if (u->link.phase == LINK_IDLE)
		link_rest(u);
	else if (u->link.phase != LINK_STOPPING)
		stop(u);
}

static const char *
missing(const struct uplink *u)
{
	const struct msg_facts *f = &u->facts;

	return f->ifindex == 0 ? "there is no such interface"
	       : !f->up        ? "it is down"
	       : !f->carrier   ? "it has no carrier"
	       : f->family[FAMILY_INET].address.family == AF_UNSPEC &&
		       f->family[FAMILY_INET6].address.family == AF_UNSPEC
		   ? "it has no address"
		   : "it has no router";
}

/* It may go on to cost money, and nobody would know. */
static void
still_up(struct uplink *u)
{
	const char *why = "still up after its stop hook";
	char text[MSG_TEXT_LEN];

	parent->hook_failures++;
	link_error(u, why);
	snprintf(text, sizeof(text), "%s: %s", u->conf.label, why);
	alarms_raise("hook", u->conf.id, text);
}

void
link_hook_late(struct uplink *u)
{
	char text[MSG_TEXT_LEN];

	if (u->link.phase == LINK_STOPPING) {
		if (u->link.stopped)
			still_up(u);
		else {
			parent->hook_failures++;
			log_warnx(
			    "%s: the stop hook does not end", u->conf.label);
		}
		link_rest(u);
		return;
	}
	if (u->link.phase == LINK_STARTING)
		strlcpy(text, "the start hook does not end", sizeof(text));
	else
		snprintf(text, sizeof(text),
		    "%s after its start hook has ended: %s", u->conf.ifname,
		    missing(u));
	start_failed(u, MSG_LINK_BACKOFF, text);
}

static void
await(struct uplink *u)
{
	int64_t ms = u->conf.start_ms -
		     monotime_ms_between(u->link.began, monotime_now());

	u->link.answered = monotime_now();
	link_phase(u, LINK_AWAITING);
	link_timer(&u->link, ms > AWAIT_MIN_MS ? (uint32_t)ms : AWAIT_MIN_MS);
	if (u->was_up)
		link_seen(u->conf.id);
}

/* The kernel may tell after the hook's end what that did. */
static void
stopped(struct uplink *u, const struct msg_link_result *r)
{
	if (r->class != MSG_LINK_OK) {
		parent->hook_failures++;
		history_line(u->conf.label, "%s", r->text);
	}
	if (!u->was_up) {
		link_rest(u);
		return;
	}
	u->link.stopped = 1;
	link_timer(&u->link, STOPPED_MAX_MS);
}

void
link_hook_done(struct uplink *u, const struct msg_link_result *r)
{
	switch (u->link.phase) {
	case LINK_STARTING:
		if (r->class == MSG_LINK_OK) {
			await(u);
			return;
		}
		start_failed(u, r->class, r->text);
		break;
	case LINK_STOPPING:
		stopped(u, r);
		break;
	default:
		break;
	}
}

/* Before we were started somebody brought it up: us, for all we know. */
void
link_found(uint32_t id)
{
	struct uplink *u = &parent->uplink[id];
	struct mevent ev = { .type = MEV_LINK_UP, .uplink = id };

	history_line(u->conf.label, "found up on %s", u->conf.ifname);
	link_phase(u, LINK_UP);
	engine_event(&ev);
}

/*
 * What a hook has left to come may come after its time.  Not more than once:
 * it could be somebody's wish.
 */
static void
stray(struct uplink *u)
{
	/* a reload has all of them told again, in their new places */
	if (reload_changing() || u->link.strays++ > 0)
		return;
	history_line(
	    u->conf.label, "%s came up by itself: stopped", u->conf.ifname);
	stop(u);
}

void
link_seen(uint32_t id)
{
	struct uplink *u = &parent->uplink[id];
	struct mevent ev = { .type = MEV_LINK_DOWN, .uplink = id };

	if (u->link.phase == LINK_IDLE && u->was_up)
		stray(u);
	else if (u->link.phase == LINK_STOPPING && u->link.stopped &&
		 !u->was_up)
		link_rest(u);
	else if (u->link.phase == LINK_AWAITING && u->was_up) {
		link_timer(&u->link, GRACE_MS);
		link_phase(u, LINK_PREPARING);
		history_line(u->conf.label, "%s up", u->conf.ifname);
		engine_prepare(id);
	} else if (u->link.phase == LINK_PREPARING && !u->was_up) {
		link_fail(u, MSG_LINK_BACKOFF, missing(u));
		stop(u);
	} else if (u->link.phase == LINK_UP && !u->was_up) {
		link_error(u, missing(u));
		history_line(u->conf.label, "lost: %s", missing(u));
		stop(u);
		engine_event(&ev);
	}
}
