/* SPDX-License-Identifier: ISC */
/* How long an outage lasts with each backup, for dialfaild -nv. */
#ifndef PARENT_OUTLOOK_H
#define PARENT_OUTLOOK_H

#include <stdio.h>

#include "common/conf.h"

void outlook_print(const struct conf *, FILE *);

#endif
