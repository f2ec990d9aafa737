/* SPDX-License-Identifier: ISC */
/*
 * The ledger's file, as a disk may hold it after a crash.  What is taken must
 * be in range, and come out of print and read as it went in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/ledger.h"
#include "regress/fuzz/quiet_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ledger l, again;
	char *text = NULL;
	size_t len;
	FILE *f;

	if (size == 0)
		return 0;
	if ((f = fmemopen((void *)(uintptr_t)data, size, "r")) == NULL)
		return 0;
	(void)ledger_read(f, &l);
	fclose(f);
	if (l.n > LEDGER_MAX || l.nfailed > MACHINE_DIAL_CAP)
		abort();
	if ((f = open_memstream(&text, &len)) == NULL)
		return 0;
	ledger_write(f, &l);
	fclose(f);
	if ((f = fmemopen(text, len, "r")) == NULL)
		abort();
	if (ledger_read(f, &again) != 0 || memcmp(&l, &again, sizeof(l)) != 0)
		abort();
	fclose(f);
	free(text);
	return 0;
}
