/* SPDX-License-Identifier: ISC */
/*
 * Lock files of serial ports, as UUCP began them and FHS 5.9 keeps them:
 * LCK..NAME with the holder's pid in ten digits.  Only for the sake of other
 * programs; between ourselves flock(2) decides.
 */
#ifndef NETCONF_TTY_LOCK_H
#define NETCONF_TTY_LOCK_H

#include <sys/types.h>

#define TTY_LOCK_DIR "/var/lock"

/*
 * Take it for a process; one whose holder is dead is broken.  0; or -1 with
 * EBUSY or another errno.
 */
int tty_lock_take(const char *dir, const char *device, pid_t);
/* The living holder, or 0: there is none, or it does not say who. */
pid_t tty_lock_holder(const char *dir, const char *device);
/* It is held by us: name another process in it.  0 or -1. */
int tty_lock_hand_over(const char *dir, const char *device, pid_t);
/* Remove it, if it still names this process. */
void tty_lock_drop(const char *dir, const char *device, pid_t);

#endif
