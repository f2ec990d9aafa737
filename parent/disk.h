/* SPDX-License-Identifier: ISC */
/*
 * A file in the state directory that cannot be written, since the disk is full
 * or may only be read: told once, and when it works again.
 */
#ifndef PARENT_DISK_H
#define PARENT_DISK_H

struct disk {
	int bad;
};

/* After a write of this file: rc as that returned it, -1 with errno; rc. */
int disk_wrote(struct disk *, const char *file, int rc);

#endif
