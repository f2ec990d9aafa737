/* SPDX-License-Identifier: ISC */
/* Alarms: raised, kept until they are sent, and repeated; see alarms.c. */
#ifndef PARENT_ALARMS_H
#define PARENT_ALARMS_H

#include <stdint.h>

#include "common/msg.h"
#include "parent/ctl.h"

/* dir: where they outlive us; NULL: nowhere. */
void alarms_open(const char *dir);
/* kind: a word; uplink: that it is about, or MSG_UPLINK_NONE. */
void alarms_raise(const char *kind, uint32_t uplink, const char *text);
/* One that tells its outcome to who asked. */
void alarms_test(uint32_t ctl);
void alarms_done(const struct msg_alarm_done *);
/* The machine's state may have changed: is there something to repeat? */
void alarms_review(void);
/* Traffic has moved, or the program is another: what waits may go out now. */
void alarms_hurry(void);
void alarms_count(struct ctl_summary *);

#endif
