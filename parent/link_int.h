/* SPDX-License-Identifier: ISC */
/* What link.c, link_hook.c and link_radio.c share; the interface is in parent.h. */
#ifndef PARENT_LINK_INT_H
#define PARENT_LINK_INT_H

#include "parent/parent.h"

/* link.c */
void link_phase(struct uplink *, enum link_phase);
void link_timer(struct link *, uint32_t ms);
void link_tell(const struct uplink *, enum child_id, uint32_t type);
/* This try is over; why is told when the link has come to rest. */
void link_fail(struct uplink *, uint32_t class, const char *text);
/* It is called now; an event has its own, not those that keep one hot. */
void link_called(struct uplink *);
/* At rest: tell the machine, unless it knows. */
void link_rest(struct uplink *);

/* The one whose present try this is about, or NULL. */
struct uplink *link_addressed(uint32_t id, uint32_t gen);

/* link_hook.c */
void link_hook_start(struct uplink *);
void link_hook_end(struct uplink *); /* from whatever step it is in */
void link_hook_late(struct uplink *); /* a step has taken too long */
void link_hook_done(struct uplink *, const struct msg_link_result *);

#endif
