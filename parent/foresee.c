/* SPDX-License-Identifier: ISC */
/*
 * What a switch would do, for an operator who asks before.  The wish is the
 * state machine's own, and netconf tells the steps that it would take for it:
 * asker is the client's number, which comes back with each of them.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "parent/control.h"
#include "parent/parent.h"
#include "parent/refusal.h"

/* Its last proof will do. */
static bool
stands_by(uint32_t id)
{
	return parent->mconf.uplink[id].hot_ms != 0 &&
	       machine_ready(&parent->machine, &parent->mconf, id,
		   monotime_now()) == MWHY_OK;
}

static void
ask(uint32_t ctl, uint32_t id)
{
	const struct machine *m = &parent->machine;
	struct machine_want w;
	struct msg_net_plan q;

	machine_switch_want(m, &parent->mconf, id, &w);
	memset(&q, 0, sizeof(q));
	q.asker = ctl;
	q.undialled = id != MACHINE_PRIMARY &&
		      parent->mconf.uplink[id].needs_dial &&
		      m->backup[id].link != MACHINE_LINK_UP;
	q.shut = id != MACHINE_PRIMARY && parent->mconf.shutdown;
	engine_fill_want(&w, &q.want);
	q.proof = id != MACHINE_PRIMARY && !stands_by(id);
	parent_send(CHILD_NETCONF, IMSG_NET_PLAN, -1, &q, sizeof(q));
}

void
foresee(uint32_t ctl, uint32_t kind, uint32_t id)
{
	const struct machine *m = &parent->machine;
	char text[REFUSAL_LEN];
	struct ctl_plan r;
	enum mreason why;

	if (kind == CTL_PLAN_FALLBACK) {
		id = MACHINE_PRIMARY;
		why = machine_may_fallback(m);
	} else
		why = machine_may_failover(m, &parent->mconf, &id);
	if (why != MWHY_OK && why != MWHY_STAYS && why != MWHY_DRAINS &&
	    why != MWHY_ALREADY) {
		control_result(ctl, CTL_REFUSED, "%s", refusal(why, id, text));
		return;
	}
	memset(&r, 0, sizeof(r));
	r.kind = kind;
	strlcpy(r.name, uplink_name(id), sizeof(r.name));
	control_record(ctl, IMSG_CTL_PLAN, &r, sizeof(r));
	if (why == MWHY_OK || why == MWHY_DRAINS)
		ask(ctl, id);
	else
		control_result(ctl, CTL_OK, "%s", mreason_text(why));
}

void
foresee_step(const struct msg_net_plan_step *s)
{
	struct ctl_step r;

	memset(&r, 0, sizeof(r));
	r.flows = s->flows;
	strlcpy(r.what, s->what, sizeof(r.what));
	strlcpy(r.text, s->text, sizeof(r.text));
	control_record(s->asker, IMSG_CTL_STEP, &r, sizeof(r));
}

void
foresee_end(const struct msg_net_plan_end *e)
{
	control_result(e->asker, e->ok ? CTL_OK : CTL_REFUSED, "%s",
	    e->ok ? "done" : e->text);
}
