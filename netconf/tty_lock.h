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
 * EBUSY and the holder (0: not told), or another errno.
 */
int tty_lock_take(const char *dir, const char *device, pid_t, pid_t *holder);
/* It is held by us: name another process in it.  0 or -1. */
int tty_lock_hand_over(const char *dir, const char *device, pid_t);
/* Remove it, if it still names this process. */
void tty_lock_drop(const char *dir, const char *device, pid_t);

#endif
