/* SPDX-License-Identifier: ISC */
/*
 * What an operator may ask for.  control.c has checked the form; here each
 * verb becomes an event for the state machine, a reload or an answer.
 */
#include <sys/types.h>

#include <string.h>

#include "common/log.h"
#include "parent/alarms.h"
#include "parent/asked.h"
#include "parent/control.h"
#include "parent/cost.h"
#include "parent/parent.h"
#include "parent/peering.h"

/* The machine answers by MACT_REPLY with the client's number. */
static void
ask_machine(
    enum mevent_type type, uint32_t ctl, uint32_t uplink, uint32_t for_s)
{
	struct mevent ev = { .type = type };

	ev.id = ctl;
	ev.uplink = uplink;
	ev.ms = for_s * 1000;
	engine_event(&ev);
}

/* A wrong name: what would be right. */
static void
no_such_backup(uint32_t ctl, const char *name)
{
	char text[MSG_TEXT_LEN] = "";
	uint32_t i;

	if (strcmp(name, uplink_name(0)) == 0) {
		control_result(ctl, CTL_REFUSED,
		    "no such backup: %s is the primary; see fallback", name);
		return;
	}
	if (parent->conf.nuplinks == 1) {
		control_result(ctl, CTL_REFUSED,
		    "no such backup: %s; there is no backup", name);
		return;
	}
	for (i = 1; i < parent->conf.nuplinks; i++) {
		strlcat(text, i > 1 ? ", " : "", sizeof(text));
		strlcat(text, uplink_name(i), sizeof(text));
	}
	control_result(
	    ctl, CTL_REFUSED, "no such backup: %s; valid: %s", name, text);
}

/* The backup of this name; -1: none is, and that is said. */
static int
find_backup(uint32_t ctl, const char *name, uint32_t *id)
{
	uint32_t i;

	*id = MACHINE_NONE;
	if (name[0] == '\0')
		return 0;
	for (i = 1; i < parent->conf.nuplinks; i++)
		if (strcmp(uplink_name(i), name) == 0)
			*id = i;
	if (*id != MACHINE_NONE)
		return 0;
	no_such_backup(ctl, name);
	return -1;
}

static void
failover(uint32_t ctl, const struct ctl_failover *f)
{
	uint32_t id;

	if (f->for_s > CTL_FOR_MAX) {
		control_result(ctl, CTL_REFUSED, "at most 7 days");
		return;
	}
	if (find_backup(ctl, f->name, &id) == 0)
		ask_machine(MEV_FAILOVER, ctl, id, f->for_s);
}

static void
plan(uint32_t ctl, const struct ctl_plan *p)
{
	uint32_t id;

	if (p->kind > CTL_PLAN_FALLBACK)
		control_result(ctl, CTL_REFUSED, "no such switch");
	else if (find_backup(ctl, p->name, &id) == 0)
		foresee(ctl, p->kind, id);
}

static void
reloading(uint32_t ctl)
{
	control_result(ctl, CTL_REFUSED,
	    "a reload is under way, for %u s at most", reload_left_s());
}

static void
drill(uint32_t ctl, const struct ctl_name *n)
{
	uint32_t id;

	if (reload_changing())
		reloading(ctl);
	else if (find_backup(ctl, n->name, &id) == 0)
		ask_machine(MEV_DRILL, ctl, id, 0);
}

static void
grant(uint32_t ctl, const struct ctl_grant *g)
{
	uint32_t id;

	if (g->cost >= CONF_COSTS || g->amount == 0 ||
	    g->amount > CTL_GRANT_MAX)
		control_result(ctl, CTL_REFUSED, "no such amount");
	else if (g->name[0] == '\0')
		control_result(ctl, CTL_REFUSED, "to which backup?");
	else if (find_backup(ctl, g->name, &id) == 0)
		cost_grant(ctl, id, (enum conf_cost)g->cost, g->amount);
}

static void
hold(uint32_t ctl, const struct ctl_time *t)
{
	if (t->for_s != CTL_FOREVER &&
	    (t->for_s == 0 || t->for_s > CTL_FOR_MAX)) {
		control_result(
		    ctl, CTL_REFUSED, "hold for 1 s to 7 days, or forever");
		return;
	}
	ask_machine(MEV_HOLD, ctl, MACHINE_NONE,
	    t->for_s == CTL_FOREVER ? 0 : t->for_s);
}

static void
reload(uint32_t ctl, const struct ctl_time *t)
{
	if (t->for_s > CTL_FOR_MAX)
		control_result(ctl, CTL_REFUSED, "at most 7 days");
	else if (reload_confirm_s() != 0)
		control_result(ctl, CTL_REFUSED,
		    "the last reload waits for confirm, or goes back in %u s",
		    reload_confirm_s());
	else if (reload_begin(MSG_CONF_FILE, t->for_s, ctl) != 0)
		reloading(ctl);
}

static void
forget(uint32_t ctl, const struct ctl_forget *f)
{
	if (peering_forget(f->name) == 0)
		control_result(
		    ctl, CTL_OK, "%s must prove that it is there now", f->name);
	else
		control_result(ctl, CTL_REFUSED,
		    "no peer %s that has a key: see show peers", f->name);
}

/* One word for both: a reload and a failover may wait for it. */
static void
confirm(uint32_t ctl)
{
	if (reload_confirm() == 0)
		control_result(ctl, CTL_OK, "the configuration stays");
	else
		ask_machine(MEV_CONFIRM, ctl, MACHINE_NONE, 0);
}

static void
verbose(uint32_t ctl, const struct ctl_log *l)
{
	uint32_t i, on = l->verbose != 0;

	log_setverbose((int)on);
	for (i = 0; i < CHILD_MAX; i++)
		parent_send(i, IMSG_VERBOSE, -1, &on, sizeof(on));
	control_result(ctl, CTL_OK, "log is %s", on ? "verbose" : "brief");
}

/* The machine stops first: what is taken out must not come back. */
static void
clear(uint32_t ctl)
{
	ask_machine(MEV_STOP, ctl, MACHINE_NONE, 0);
}

/* The event of a failover begins now, unless another one is under way. */
static void
note(uint32_t ctl, uint32_t type, const void *data)
{
	if (type == IMSG_CTL_FAILOVER && parent->machine.request == 0)
		parent->asked = monotime_now();
	asked_note(ctl, type, data);
}

void
verbs_request(uint32_t ctl, uint32_t type, const void *data)
{
	if (!engine_ready()) {
		control_result(ctl, CTL_REFUSED, CTL_STARTING);
		return;
	}
	if (parent->machine.stopped && type != IMSG_CTL_SHOW &&
	    type != IMSG_CTL_MONITOR) {
		control_result(ctl, CTL_REFUSED, "stopping already");
		return;
	}
	if (type != IMSG_CTL_SHOW && !ctl_only_looks(type, data))
		note(ctl, type, data);
	switch (type) {
	case IMSG_CTL_SHOW:
		show_send(ctl, data);
		break;
	case IMSG_CTL_FAILOVER:
		failover(ctl, data);
		break;
	case IMSG_CTL_PLAN:
		plan(ctl, data);
		break;
	case IMSG_CTL_DRILL:
		drill(ctl, data);
		break;
	case IMSG_CTL_GRANT:
		grant(ctl, data);
		break;
	case IMSG_CTL_FALLBACK:
		ask_machine(MEV_FALLBACK, ctl, MACHINE_NONE, 0);
		break;
	case IMSG_CTL_CONFIRM:
		confirm(ctl);
		break;
	case IMSG_CTL_HOLD:
		hold(ctl, data);
		break;
	case IMSG_CTL_RELEASE:
		ask_machine(MEV_RELEASE, ctl, MACHINE_NONE, 0);
		break;
	case IMSG_CTL_FORGET:
		forget(ctl, data);
		break;
	case IMSG_CTL_RELOAD:
		reload(ctl, data);
		break;
	case IMSG_CTL_CLEAR:
		clear(ctl);
		break;
	case IMSG_CTL_LOG:
		verbose(ctl, data);
		break;
	case IMSG_CTL_TEST:
		alarms_test(ctl);
		break;
	case IMSG_CTL_MONITOR:
		control_add_monitor(ctl);
		break;
	default:
		control_result(
		    ctl, CTL_REFUSED, "not a request: %s", msg_name(type));
	}
}
