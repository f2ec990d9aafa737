/* SPDX-License-Identifier: ISC */
/*
 * What the files of the state machine share: the context of one step and
 * each other's functions.  Nobody else includes this.
 */
#ifndef PARENT_MACHINE_INT_H
#define PARENT_MACHINE_INT_H

#include "parent/machine.h"

/* One step: the machine, what it may look at, and where actions go. */
struct mctx {
	struct machine *m;
	const struct machine_conf *conf;
	const struct mevent *ev;
	struct monotime now;
	struct mactions *out;
};

extern const struct monotime machine_never; /* not valid */

/* machine.c */
struct maction *machine_emit(struct mctx *, enum maction_type);
void machine_alarm(struct mctx *, enum malarm, uint32_t, enum mreason);
void machine_alarm_once(struct mctx *, enum malarm, uint32_t, enum mreason);
void machine_reply(struct mctx *, uint32_t, uint32_t, bool, enum mreason);
void machine_finish_request(struct mctx *, bool, enum mreason);
void machine_event_end(struct mctx *, enum mreason);
uint32_t machine_random(struct machine *, uint32_t);
bool machine_passed(const struct mctx *, struct monotime);
struct monotime machine_later(struct monotime, struct monotime);

/* machine_event.c: what an event tells, before any decision */
enum mreason machine_fact(struct mctx *);
void machine_target_clear(struct mctx *);

/* machine_memory.c: what outlives a restart */
void machine_wish_adopt(struct mctx *);

/* machine_op.c: an operator's requests and a new configuration */
enum mreason machine_op(struct mctx *);
enum mreason machine_reload(struct mctx *);

/* machine_try.c: links of backups and the one try at them */
bool machine_asked(const struct machine *);
bool machine_usable(const struct machine *, uint32_t);
bool machine_allowed(const struct machine *, uint32_t);
bool machine_eligible(const struct machine *, uint32_t);
void machine_try_begin(struct mctx *, uint32_t);
void machine_try_end(struct mctx *);
void machine_try_drill(struct mctx *, uint32_t);
void machine_try_failed(struct mctx *, uint32_t, uint32_t);
bool machine_try_run(struct mctx *);
void machine_link_lost(struct mctx *, uint32_t);
void machine_hangup(struct mctx *);
void machine_link_timers(struct mctx *);
struct monotime machine_earliest(
    const struct machine *, const struct machine_conf *, struct monotime);

/* machine_hot.c: backups that stand by hot */
bool machine_is_hot(const struct machine_conf *, uint32_t);
bool machine_keeping(const struct machine *);
uint32_t machine_hot_first(const struct mctx *);
uint32_t machine_keep_ms(const struct machine_conf *, uint32_t);
bool machine_hot_can(const struct mctx *, uint32_t);
bool machine_hot_down(const struct mctx *, uint32_t);
void machine_hot_probes(struct mctx *);
void machine_hot_watch(struct mctx *);
struct monotime machine_hot_deadline(
    const struct machine *, const struct machine_conf *, uint32_t);

/* machine_better.c: from a backup to one written before it */
bool machine_is_better(
    const struct machine *, const struct machine_conf *, uint32_t);
uint32_t machine_better(const struct mctx *);
void machine_better_timers(struct mctx *);
struct monotime machine_better_deadline(
    const struct machine *, const struct machine_conf *);

/* machine_drill.c: a backup tested while nobody needs it */
bool machine_drilling(const struct machine *, uint32_t);
enum mreason machine_drill_begin(struct mctx *);
enum mreason machine_drill_measured(struct mctx *);
uint32_t machine_drill_taken(struct mctx *);
bool machine_drill_proved(struct mctx *);
void machine_drill_end(struct mctx *, bool, enum mreason);
bool machine_drill_review(struct mctx *);

/* machine_net.c: the network as it shall be, and its verification */
void machine_switch(struct mctx *, uint32_t);
void machine_return(struct mctx *);
void machine_want_changed(struct machine *);
void machine_want_review(struct mctx *);
void machine_net_timers(struct mctx *);
void machine_net_run(struct mctx *);
enum mreason machine_applied(struct mctx *, bool);
uint32_t machine_after_ms(const struct machine *, const struct machine_conf *);
struct monotime machine_jitter(
    const struct machine *, struct monotime, uint32_t ms);
struct monotime machine_return_at(
    const struct machine *, const struct machine_conf *);
bool machine_primary_usable(const struct machine *);
struct monotime machine_look_at(
    const struct machine *, const struct machine_conf *);

/* machine_table.c: the only place where the state changes */
enum mreason machine_fire(struct mctx *, enum mevent_type, bool *);
void machine_enter(struct mctx *, enum machine_state, enum mreason);

#endif
