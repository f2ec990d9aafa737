/* SPDX-License-Identifier: ISC */
/*
 * Files of captured frames: each is named by its event, EVENT.pcap, in a
 * directory that nobody but root writes.  They are users' data, so they do
 * not stay longer than they must, nor take more room than they may.
 */
#ifndef NETCONF_CAPTURE_H
#define NETCONF_CAPTURE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CAPTURE_NAME_LEN 16 /* "0000002a.pcap" with its NUL */

struct capture_bounds {
	uint64_t size; /* octets, of all files with the next one */
	uint64_t largest; /* octets, that the next one may have */
	int64_t keep_s;
};

/* Made if it is not there.  A descriptor, or -1 and why. */
int capture_directory(const char *path, char *why, size_t size);
/* The name of an event's file; -1: this is no event's id. */
int capture_name(const char *event, char name[CAPTURE_NAME_LEN]);
/*
 * Remove files that are too old, then the oldest ones, until there is room
 * for the next one.  0, or -1 and why.
 */
int capture_make_room(
    int dir, const struct capture_bounds *, time_t now, char *why, size_t size);
/* A new file, in place of one of that name.  A descriptor, or -1 and why. */
int capture_create(int dir, const char *name, char *why, size_t size);

#endif
