/* SPDX-License-Identifier: ISC */
/* Any file as a record: what is taken can be written and read again. */
#include <sys/types.h>

#include <stdlib.h>

#include "netconf/ppp_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[PPP_RECORD_MAX];
	static struct ppp_record r, again;
	int n;

	if (ppp_record_parse((const char *)data, size, &r) == -1)
		return 0;
	if (r.pid < 2 || (r.up && r.local.family == AF_UNSPEC) ||
	    (n = ppp_record_format(&r, text, sizeof(text))) == -1 ||
	    ppp_record_parse(text, (size_t)n, &again) == -1 ||
	    !ppp_record_same(&r, &again))
		abort();
	return 0;
}
