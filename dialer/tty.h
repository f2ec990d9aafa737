/* SPDX-License-Identifier: ISC */
/*
 * What is done to a modem's line, on a descriptor that is given.  Functions
 * return 0, or -1 with errno; EIO and its kin mean that the port is gone.
 */
#ifndef DIALER_TTY_H
#define DIALER_TTY_H

#include <stddef.h>
#include <stdint.h>

/* Line discipline 0, raw 8N1 at this speed, DTR high, queues empty. */
int tty_reset(int fd, uint32_t speed);
/* DTR low, or speed 0 where there is no DTR (a pty). */
int tty_low(int fd, uint32_t speed);
/* Connected.  1: from now on the loss of carrier (DCD) ends the line. */
int tty_online(int fd);
/* 1: DCD is low; 0: it is not, or cannot be told. */
int tty_no_carrier(int fd);
/* 1: the other end, or the device itself, is gone. */
int tty_gone(int fd);

#endif
