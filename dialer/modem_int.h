/* SPDX-License-Identifier: ISC */
/* What the files of the engine share; the interface is in modem.h. */
#ifndef DIALER_MODEM_INT_H
#define DIALER_MODEM_INT_H

#include "dialer/modem.h"

/* modem_say.c: what is to be done, and states. */

/* How long a state may last; an attempt to dial has a limit besides. */
void modem_enter(
    struct modem *, enum modem_state, uint32_t ms, struct monotime now);
void modem_rest(struct modem *, enum modem_state);
void modem_put(struct modem_out *, const char *data);
void modem_command(
    struct modem *, struct modem_out *, const char *text, const char *more);
void modem_phase(struct modem_out *, const char *text, const char *more);
/* The attempt has failed, as m->why tells. */
void modem_fail(struct modem *, struct modem_out *, uint32_t class);
void modem_hung_up(
    struct modem *, struct modem_out *, uint32_t class, const char *text);
/* A result as the modem said it, or in words. */
const char *modem_said(const struct modem *, enum result_code);

/* modem_ladder.c: a modem that does not do as told. */

/* AT until OK, then go on with the steps where they are. */
void modem_sync(struct modem *, struct monotime now, struct modem_out *);
/* What was tried got no OK; text says what.  The next means, or the end. */
void modem_unheard(
    struct modem *, const char *text, struct monotime now, struct modem_out *);
/* It is in command state, as it seems: AT, and the ladder if it is not. */
void modem_hang_up_idle(
    struct modem *, struct monotime now, struct modem_out *);
/* AT+CFUN=1,1. */
void modem_boot(struct modem *, struct monotime now, struct modem_out *);
/* Hang up by all means, one after the other. */
void modem_ladder(struct modem *, struct monotime now, struct modem_out *);
/* In one of the ladder's states: a line, or the end of its time. */
void modem_ladder_result(
    struct modem *, enum result_code, struct monotime now, struct modem_out *);
void modem_ladder_timeout(
    struct modem *, struct monotime now, struct modem_out *);

/* modem_step.c: the way to ATD. */

/* From its beginning, when it is walked next. */
void modem_steps_anew(struct modem *);
/* A warm modem is asked whether it still is. */
void modem_steps_again(struct modem *, struct monotime now, struct modem_out *);
/* It has said something by itself. */
void modem_warm_line(struct modem *);
/* The next step, or ATD, or it is warm. */
void modem_steps(struct modem *, struct monotime now, struct modem_out *);
void modem_step_line(
    struct modem *, enum result_code, struct monotime now, struct modem_out *);
void modem_step_timeout(
    struct modem *, struct monotime now, struct modem_out *);

/* modem_call.c: ATD and what becomes of it. */
void modem_call(struct modem *, struct monotime now, struct modem_out *);
void modem_call_line(
    struct modem *, enum result_code, struct monotime now, struct modem_out *);
void modem_call_abort(struct modem *, struct monotime now, struct modem_out *);
/* The call that was aborted is over, or is taken for it. */
void modem_call_aborted(
    struct modem *, struct monotime now, struct modem_out *);
void modem_call_online(struct modem *, struct modem_out *);
/* The attempt has taken too long. */
int modem_late(const struct modem *, struct monotime now);
void modem_fail_late(struct modem *, struct modem_out *);

#endif
