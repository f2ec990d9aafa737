/* SPDX-License-Identifier: ISC */
/* The first part of the way to ATD: init strings, our own and the user's. */
#ifndef DIALER_MODEM_INIT_H
#define DIALER_MODEM_INIT_H

#include <stdint.h>

#include "dialer/modem_step.h"

struct modem_init {
	uint32_t builtin; /* next of our own */
	uint32_t user; /* next of the user's */
	int own; /* the one that was sent is ours: it may fail */
	char error[RESULT_LINE_MAX]; /* the answer to the user's, if not OK */
};

extern const struct modem_part modem_init_part;

#endif
