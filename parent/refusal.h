/* SPDX-License-Identifier: ISC */
/* What is behind a refusal, and for how long it holds. */
#ifndef PARENT_REFUSAL_H
#define PARENT_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

#include "parent/machine.h"

#define REFUSAL_LEN 400

/*
 * Why in full; uplink: the one that the request was about, or MACHINE_NONE.
 * Of what there is no more to tell it is mreason_text().  Returns text.
 */
const char *refusal(enum mreason, uint32_t uplink, char text[REFUSAL_LEN]);

#endif
