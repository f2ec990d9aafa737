/* SPDX-License-Identifier: ISC */
/*
 * What the real parent tells a client that asks: the test is the control
 * socket, and takes the records of an answer as dialfailctl would.
 */
#ifndef REGRESS_UNIT_SHOW_RIG_H
#define REGRESS_UNIT_SHOW_RIG_H

#include <stdarg.h>

#include "parent/ctl_output.h"
#include "regress/unit/parent_rig.h"

#define ASKER 7

static struct {
	struct ctl_answer a;
	struct ctl_uplink uplink[CONF_UPLINKS_MAX];
	struct ctl_event event[CTL_SUMMARY_EVENTS];
	int done;
} shown;

void
control_record(uint32_t ctl, uint32_t type, const void *data, size_t len)
{
	CHECK(ctl == ASKER);
	if (type == IMSG_CTL_SUMMARY) {
		memcpy(&shown.a.summary, data, len);
		shown.a.has_summary = 1;
	} else if (type == IMSG_CTL_UPLINK)
		memcpy(&shown.uplink[shown.a.nuplinks++], data, len);
	else if (type == IMSG_CTL_EVENT)
		memcpy(&shown.event[shown.a.nevents++], data, len);
}

void
control_result(uint32_t ctl, enum ctl_code code, const char *fmt, ...)
{
	(void)fmt;
	CHECK(ctl == ASKER && code == CTL_OK);
	shown.done = 1;
}

int
control_present(uint32_t ctl)
{
	return ctl == ASKER;
}

uid_t
control_uid(uint32_t ctl)
{
	(void)ctl;
	return 0;
}

void
control_monitor(const struct ctl_line *l)
{
	(void)l;
}

void
control_add_monitor(uint32_t ctl)
{
	(void)ctl;
}

void
control_init(int fd, int readonly_fd)
{
	(void)fd;
	(void)readonly_fd;
}

void
control_close(void)
{
}

/* As prober and netconf answer what the parent asks them for it. */
static inline const struct ctl_answer *
show_summary(void)
{
	struct ctl_show show = { .what = CTL_SHOW_SUMMARY };
	struct msg_glance g = { .asker = ASKER };
	uint32_t asker;

	memset(&shown, 0, sizeof(shown));
	shown.a.uplinks = shown.uplink;
	shown.a.events = shown.event;
	show_send(ASKER, &show);
	rig_expect(CHILD_PROBER, IMSG_STATS_REQ, &asker, sizeof(asker));
	rig_send(CHILD_PROBER, IMSG_STATS_END, &asker, sizeof(asker));
	g.draining = MSG_FLOWS_NONE;
	rig_send(CHILD_NETCONF, IMSG_GLANCED, &g, sizeof(g));
	CHECK(shown.done && shown.a.has_summary);
	return &shown.a;
}

#endif
