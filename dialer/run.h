/* SPDX-License-Identifier: ISC */
/*
 * What the files of the dialer's process share.
 *
 *	dialer.c	the loop, the ports and what the parent says
 *	status.c	second ports, where state is asked for
 */
#ifndef DIALER_RUN_H
#define DIALER_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"

/* dialer.c: to the parent */
void dialer_send(uint32_t type, const void *, size_t);

/* status.c */
/* Takes the descriptor; one that was open before is closed. */
void status_open(
    const struct msg_link *, int fd, uint32_t speed, const char *label);
void status_close(uint32_t uplink);

#endif
