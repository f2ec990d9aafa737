/* SPDX-License-Identifier: ISC */
/*
 * The second port of a packet modem: what it tells is asked for now and then
 * and nothing is changed by it.  Without I/O and without a clock.
 */
#ifndef DIALER_WATCH_H
#define DIALER_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "common/monotime.h"
#include "dialer/radio.h"
#include "dialer/result.h"

#define WATCH_EVERY_MS  30000
#define WATCH_ANSWER_MS 3000
#define WATCH_TEXT_MAX  32

struct watch {
	struct radio radio; /* as told last; read it */
	struct monotime deadline; /* when to call watch_timeout() */
	size_t at; /* of the questions of a round */
	size_t card; /* of the ways to ask for the card's number */
	int waiting; /* for the answer to one */
	int heard; /* something, in this round */
	struct result_reader reader;
};

struct watch_out {
	size_t len; /* write these bytes */
	char data[WATCH_TEXT_MAX];
	int told; /* radio may have changed */
};

void watch_begin(struct watch *, struct monotime now, struct watch_out *);
void watch_input(
    struct watch *, uint8_t byte, struct monotime now, struct watch_out *);
void watch_timeout(struct watch *, struct monotime now, struct watch_out *);

#endif
