/* SPDX-License-Identifier: ISC */
/* The inside of struct ibuf, for ibuf.c, msgbuf.c, imsg.c and their tests. */
#ifndef COMMON_IBUF_H
#define COMMON_IBUF_H

#include <sys/queue.h>

#include "common/imsg.h"

struct ibuf {
	TAILQ_ENTRY(ibuf) entry;
	unsigned char *buf;
	size_t size; /* allocated */
	size_t max; /* it may grow so far; 0: not ours, read only */
	size_t wpos; /* written so far */
	size_t rpos; /* read so far */
	int fd; /* -1: none */
};

#define IBUF_ON_STACK 0 /* max of one that is only a view of another */

#endif
