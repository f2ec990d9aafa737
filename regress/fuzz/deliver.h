/* SPDX-License-Identifier: ISC */
/*
 * A message without a channel: the process under test takes it with
 * fuzz_get, in place of proc_get, and what it refuses ends the input.
 */
#ifndef REGRESS_FUZZ_DELIVER_H
#define REGRESS_FUZZ_DELIVER_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/imsg.h"

static const void *message;
static size_t message_len;
static jmp_buf refused;

static void
fuzz_get(struct imsg *imsg, void *data, size_t len)
{
	(void)imsg;
	if (message_len != len)
		longjmp(refused, 1);
	memcpy(data, message, len);
}

static void
deliver_to(void (*dispatch)(uint32_t, struct imsg *), uint32_t type,
    const void *data, size_t len)
{
	message = data;
	message_len = len;
	dispatch(type, NULL);
}

#endif
