/* SPDX-License-Identifier: ISC */
/*
 * When the next round of an uplink's family is due.  No I/O, no clock.
 *
 * Without a budget: after the delay, and at once while a bad round is being
 * tried again.  With one (`probe { budget ... }`, for a metered line in
 * standby), rounds are farther apart, and what others send over the line
 * helps: while frames from beyond the gateway come, the line works and no
 * round is needed before its time; when they cease, a round is due at once.
 *
 * The budget is a purse that is filled all the time.  Every probe is paid
 * from it; half of what it can hold is kept for rounds that silence asks for,
 * which are left out when it is empty.  Bad rounds and their retries are
 * never refused, since a verdict is worth more than octets: rounds that
 * follow wait up to twice as long until it is paid back.
 */
#ifndef PROBER_SCHEDULE_H
#define PROBER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/monotime.h"
#include "common/msg.h"

struct schedule {
	const struct conf_uplink *conf;
	uint32_t delay_ms; /* between good rounds */
	uint32_t every_ms; /* at least, of what only stands by */
	uint32_t bad; /* rounds in a row */
	struct monotime due; /* the next round */
	/* with a budget; octets */
	double size; /* what the purse can hold, 0: no budget */
	double per_ms;
	double purse;
	double probe; /* what one costs */
	double cost; /* of a good round */
	double worst; /* of a bad one */
	double paid; /* for this round so far */
	struct monotime filled;
	struct monotime looked; /* for signs of life */
	bool busy; /* there were some */
};

/* conf must live as long as the schedule. */
void schedule_init(struct schedule *, const struct conf_uplink *, enum family,
    struct monotime now);
/* Whether it wants to know of signs of life between rounds. */
bool schedule_listens(const struct schedule *);
/* A probe was sent, to whichever target. */
void schedule_sent(struct schedule *);
/* A round is over; burst: the next one is wanted at once. */
void schedule_round(
    struct schedule *, const struct msg_round *, bool burst, struct monotime);
/* Good rounds are farther apart from now on; 0: as configured. */
void schedule_every(struct schedule *, uint32_t ms);
/* Whatever it was planned for, a round is due now. */
void schedule_hurry(struct schedule *, struct monotime now);
/* true: a round is due.  false: look again at *next. */
bool schedule_look(struct schedule *, struct monotime life, struct monotime now,
    struct monotime *next);

#endif
