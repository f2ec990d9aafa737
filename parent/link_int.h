/* SPDX-License-Identifier: ISC */
/* What link.c, link_hook.c and link_radio.c share; the interface is in parent.h. */
#ifndef PARENT_LINK_INT_H
#define PARENT_LINK_INT_H

#include "parent/parent.h"

/* link.c */
void link_phase(struct uplink *, enum link_phase);
void link_timer(struct link *, uint32_t ms);
void link_tell(const struct uplink *, enum child_id, uint32_t type);
/* What it last failed of. */
void link_error(struct uplink *, const char *text);
/* This try is over; why is told when the link has come to rest. */
void link_fail(struct uplink *, uint32_t class, const char *text);
/* It is called now; an event has its own, not those that keep one hot. */
void link_called(struct uplink *);
/* At rest: tell the machine, unless it knows. */
void link_rest(struct uplink *);

/* The one whose present try this is about, or NULL. */
struct uplink *link_addressed(uint32_t id, uint32_t gen);

/* link_warm.c */
void link_warm_init(struct uplink *);
void link_warm_rest(struct uplink *); /* the link has come to rest */
void link_warm_tty(struct uplink *, int fd); /* the port is open */
void link_warm_failed(struct uplink *, const char *text); /* or it is not */
void link_warm_told(struct uplink *, const struct msg_modem *);
/* A dial begins: 1, and the port is open (dialer_has_tty) or on its way. */
int link_warm_take(struct uplink *);

/* link_hook.c */
void link_hook_start(struct uplink *);
void link_hook_end(struct uplink *); /* from whatever step it is in */
void link_hook_late(struct uplink *); /* a step has taken too long */
void link_hook_done(struct uplink *, const struct msg_link_result *);

#endif
